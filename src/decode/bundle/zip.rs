//! ZIP archives: unpacked in memory, each file opened as if it had been given by itself, but for those of a text document.
//!
//! Names in the archive are shown and never used as paths.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::sync::Arc;

use zip::ZipArchive;
use zip::read::read_zipfile_from_stream;
use zip::result::ZipError;

use super::super::error::OpenError;
use super::super::open::Opening;
use super::super::{Container, Opened};
use super::files::Files;
use super::office::Office;

/// Opens an archive.
pub(in crate::decode) fn open<'a>(
    bytes: &[u8],
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    let damaged = |error: ZipError| OpenError::Archive(Arc::new(error));
    // Counted before the directory is read, of which each entry takes memory.
    opening.limits.files(Container::Zip, entries(bytes))?;
    let mut archive = match ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(error) => return open_beginning(bytes, opening, error),
    };
    let mut office = Office::of(archive.file_names_raw());
    let container = match office {
        Some(_) => Container::Office,
        None => Container::Zip,
    };
    let mut files = Files::of(container, opening);
    let (mut failed, mut is_damaged) = (None, true);
    for number in 0..archive.len() {
        let name = archive
            .name_for_index(number)
            .transpose()
            .map_err(damaged)?;
        let name = name.map_or_else(|| format!("file {}", number + 1), Cow::into_owned);
        let member = match archive.by_index(number) {
            Ok(member) => member,
            // The others may be whole.
            Err(error) => {
                files.add_damaged(name, failed.insert(damaged(error)))?;
                continue;
            }
        };
        if member.is_dir() {
            continue;
        }
        // What the archive says of its sizes is not believed: the bytes are counted.
        let room = opening.limits.room();
        let mut unpacked = Vec::with_capacity(capacity(member.size(), bytes.len(), room));
        if let Err(error) = member.take(room + 1).read_to_end(&mut unpacked) {
            // What was unpacked in vain counts: there may be many such files in an input.
            opening.limits.unpack(Container::Zip, unpacked.len())?;
            files.add_damaged(name, failed.insert(damaged(error.into())))?;
            continue;
        }
        is_damaged = false;
        match &mut office {
            Some(office) => office.add(name, unpacked, &mut files)?,
            None => files.add(name, unpacked)?,
        }
    }
    // Of a password, or a way to pack that is not read, all have one sentence.
    if let Some(error) = failed.filter(|_| is_damaged) {
        return Err(error);
    }
    if let Some(office) = office {
        office.finish(&mut files)?;
    }
    // The directory counts from the archive's first byte, which need not be the file's.
    let before = usize::try_from(archive.offset()).unwrap_or(0);
    files.add_rest(bytes.get(..before).unwrap_or_default(), 0)?;
    let end = end(bytes).unwrap_or(bytes.len());
    files.add_rest(bytes.get(end..).unwrap_or_default(), end)?;
    files.finish()
}

/// Opens what can be unpacked of an archive whose directory, which is at its end, cannot be read.
fn open_beginning<'a>(
    bytes: &[u8],
    opening: &Opening<'_>,
    error: ZipError,
) -> Result<Opened<'a>, OpenError> {
    let mut files = Files::of(Container::Zip, opening);
    let mut rest = bytes;
    let mut is_unpacked = false;
    while let Ok(Some(member)) = read_zipfile_from_stream(&mut rest) {
        opening.limits.files(Container::Zip, 1)?;
        if member.is_dir() {
            continue;
        }
        let name = member
            .name()
            .map_or_else(|_| "file".to_owned(), Cow::into_owned);
        let room = opening.limits.room();
        let mut unpacked = Vec::with_capacity(capacity(member.size(), bytes.len(), room));
        // The sum of a member that is cut short is missing, too.
        let read = member.take(room + 1).read_to_end(&mut unpacked);
        is_unpacked |= !unpacked.is_empty();
        files.add(name, unpacked)?;
        if read.is_err() {
            break;
        }
    }
    match is_unpacked {
        true => files.cut(error.into())?,
        false => return Err(OpenError::Archive(Arc::new(error))),
    }
    files.finish()
}

/// Where the last end record ends; its comment counts as what follows.
fn end(bytes: &[u8]) -> Option<usize> {
    const END: &[u8] = b"PK\x05\x06";
    const LENGTH: usize = 22;
    let at = memchr::memmem::rfind(bytes, END)?;
    Some((at + LENGTH).min(bytes.len()))
}

/// How many entries the archive says that its directory has: the most of all that it says.
fn entries(bytes: &[u8]) -> usize {
    const END: &[u8] = b"PK\x05\x06";
    const END_64: &[u8] = b"PK\x06\x06";
    const LOCATOR_64: &[u8] = b"PK\x06\x07";
    // The end record has 22 bytes and a comment of at most 65,535 behind it, and the 64-bit ones 76 before it.
    let start = bytes.len().saturating_sub(76 + 22 + 65_535);
    let tail = bytes.get(start..).unwrap_or(bytes);
    let number = |at: usize, length: usize| {
        let octets = bytes.get(at..at.checked_add(length)?)?;
        let number = octets.iter().rev();
        Some(number.fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet)))
    };
    let found = |mark| memchr::memmem::find_iter(tail, mark).map(|at| start + at);
    let located = found(LOCATOR_64).filter_map(|at| usize::try_from(number(at + 8, 8)?).ok());
    let wide = found(END_64)
        .chain(located)
        .filter_map(|at| number(at.checked_add(32)?, 8));
    let narrow = found(END).filter_map(|at| number(at + 10, 2));
    let entries = wide.chain(narrow).max().unwrap_or(0);
    usize::try_from(entries).unwrap_or(usize::MAX)
}

/// Room for what is unpacked, so that nothing is copied while it grows: what the archive says, as far as it is likely.
pub(super) fn capacity(said: u64, packed: usize, room: u64) -> usize {
    /// More is unpacked of a CRL at most; a bomb says more and gets its memory object by object.
    const RATIO: usize = 8;
    usize::try_from(said.min(room))
        .unwrap_or(usize::MAX)
        .min(packed.saturating_mul(RATIO))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::decode::{
        self, ARCHIVE_BYTES_LIMIT, ARCHIVE_MEMBERS_LIMIT, EncodedObject, EncodedObjectError,
        Password,
    };
    use crate::input::{Input, Source};

    const CERTIFICATE: &[u8] = include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/pki/leaf.pem"
    ));

    fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn opened(bytes: &[u8]) -> Result<Opened<'_>, OpenError> {
        let input = Input::new(Source::File("reply.zip".into()), bytes);
        decode::open(&input, None::<&Password>)
    }

    #[test]
    fn each_object_says_in_which_file_of_the_archive_it_stands() {
        let bytes = packed(&[("a/leaf.crt", CERTIFICATE), ("../sub.crt", CERTIFICATE)]);
        let opened = opened(&bytes).unwrap();
        let places: Vec<String> = opened
            .objects
            .iter()
            .map(|object| object.origin().to_string())
            .collect();
        assert_eq!(places, ["reply.zip!a/leaf.crt:1", "reply.zip!../sub.crt:1"]);
        assert!(opened.objects.iter().all(|object| object.decode().is_ok()));
    }

    #[test]
    fn instructions_in_the_archive_are_left_out_by_name() {
        let bytes = packed(&[
            ("leaf.crt", CERTIFICATE),
            ("READ\x1bME.txt", b"How to install"),
        ]);
        let opened = opened(&bytes).unwrap();
        let names: Vec<String> = opened
            .left_out
            .iter()
            .map(|one| one.source.to_string())
            .collect();
        assert_eq!(names, ["reply.zip!READ\\u{1b}ME.txt"]);
        assert!(opened.left_out[0].error.holds_nothing());
        assert_eq!(opened.objects.len(), 1);
    }

    #[test]
    fn an_archive_in_the_archive_is_opened_and_both_are_named() {
        let inner = packed(&[("leaf.crt", CERTIFICATE)]);
        let bytes = packed(&[("inner.zip", &inner)]);
        let opened = opened(&bytes).unwrap();
        let place = opened.objects[0].origin().to_string();
        assert_eq!(place, "reply.zip!inner.zip!leaf.crt:1");
        assert!(opened.objects[0].decode().is_ok());
    }

    #[test]
    fn archives_in_archives_without_end_are_refused() {
        let mut bytes = CERTIFICATE.to_vec();
        for _ in 0..=decode::LAYERS_LIMIT {
            bytes = packed(&[("inner", &bytes)]);
        }
        let error = opened(&bytes).unwrap().objects[0].decode().unwrap_err();
        assert!(matches!(error, EncodedObjectError::Bundle(_)), "{error}");
    }

    #[test]
    fn an_archive_without_anything_of_ours_is_an_error() {
        let bytes = packed(&[("notes.txt", b"nothing")]);
        assert!(matches!(
            opened(&bytes),
            Err(OpenError::ArchiveWithout { .. })
        ));
    }

    #[test]
    fn an_archive_that_unpacks_to_too_much_is_refused_whatever_it_says_of_itself() {
        let zeros = vec![0; 1 + usize::try_from(ARCHIVE_BYTES_LIMIT).unwrap()];
        let bytes = packed(&[("zeros", &zeros)]);
        assert!(bytes.len() < 1024 * 1024);
        assert!(matches!(
            opened(&bytes),
            Err(OpenError::ArchiveTooLarge { .. })
        ));
    }

    #[test]
    fn an_archive_of_too_many_files_is_refused_before_any_is_unpacked() {
        let names: Vec<String> = (0..=ARCHIVE_MEMBERS_LIMIT)
            .map(|n| format!("{n}"))
            .collect();
        let files: Vec<(&str, &[u8])> = names
            .iter()
            .map(|name| (name.as_str(), CERTIFICATE))
            .collect();
        let bytes = packed(&files);
        assert!(matches!(
            opened(&bytes),
            Err(OpenError::ArchiveTooMany { .. })
        ));
    }

    #[test]
    fn an_archive_cut_short_is_never_whole() {
        let bytes = packed(&[("leaf.crt", CERTIFICATE)]);
        for length in 4..bytes.len() {
            let is_whole = opened(&bytes[..length])
                .is_ok_and(|opened| !opened.objects.iter().any(|object| object.is_broken()));
            assert!(!is_whole, "{length}");
        }
    }

    #[test]
    fn what_came_before_the_end_of_an_archive_cut_short_is_read() {
        let bytes = packed(&[("leaf.crt", CERTIFICATE), ("again.crt", CERTIFICATE)]);
        let second = memchr::memmem::find(&bytes, b"again.crt").unwrap();
        let opened = opened(&bytes[..second + 20]).unwrap();
        let read: Vec<_> = opened.objects.iter().map(EncodedObject::decode).collect();
        assert!(read[0].is_ok());
        let Err(EncodedObjectError::Bundle(last)) = &read[read.len() - 1] else {
            panic!("{:?}", read.last());
        };
        assert!(last.to_string().contains("only its beginning"), "{last}");
    }
}
