//! ZIP archives: unpacked in memory, each file opened as if it had been given by itself.
//!
//! Names in the archive are shown and never used as paths. An archive inside the archive is named, not opened, so
//! that the limits hold for all there is.

use std::io::{Cursor, Read};
use std::sync::Arc;

use zip::ZipArchive;
use zip::result::ZipError;

use super::super::bytes::Slice;
use super::super::error::{Damage, OpenError, PieceError};
use super::super::open::Opening;
use super::super::{
    ARCHIVE_BYTES_LIMIT, ARCHIVE_MEMBERS_LIMIT, Container, Opened, PIECES_LIMIT, Piece,
};
use crate::input::Source;

/// Opens an archive.
pub(in crate::decode) fn open<'a>(
    bytes: &[u8],
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    let damaged = |error: ZipError| OpenError::Archive(Arc::new(error));
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > ARCHIVE_MEMBERS_LIMIT {
        return Err(OpenError::ArchiveTooMany {
            found: archive.len(),
            limit: ARCHIVE_MEMBERS_LIMIT,
        });
    }
    let mut opened = Opened {
        container: Container::Zip,
        damage: Vec::new(),
        pieces: Vec::new(),
        stray_text: None,
    };
    let mut room = ARCHIVE_BYTES_LIMIT;
    let mut names = Vec::new();
    for number in 0..archive.len() {
        let member = archive.by_index(number).map_err(damaged)?;
        if member.is_dir() {
            continue;
        }
        let name = member.name().map_err(damaged)?.into_owned();
        // What the archive says of its sizes is not believed: the bytes are counted.
        let mut unpacked = Vec::new();
        member
            .take(room + 1)
            .read_to_end(&mut unpacked)
            .map_err(|error| damaged(error.into()))?;
        let Some(left) = room.checked_sub(unpacked.len() as u64) else {
            return Err(OpenError::ArchiveTooLarge {
                limit: ARCHIVE_BYTES_LIMIT,
            });
        };
        room = left;
        let shown = name.escape_debug().to_string();
        let source = Arc::new(Source::Member {
            archive: Arc::clone(opening.source),
            name,
        });
        let within = Opening {
            source: &source,
            password: opening.password,
        };
        match within.file(Slice::shared(unpacked)) {
            Ok(file) => {
                opened.damage.extend(file.damage);
                opened.pieces.extend(file.pieces);
            }
            // Whoever can be asked for the password is asked for the whole archive's.
            Err(error @ OpenError::PasswordNeeded { .. }) => return Err(error),
            Err(error) if error.is_something_else() => names.push(shown),
            Err(error) => {
                let error = PieceError::Bundle(Arc::new(error));
                opened.pieces.push(Piece::broken(&source, error));
            }
        }
    }
    if opened.pieces.len() > PIECES_LIMIT {
        return Err(OpenError::TooManyPieces {
            limit: PIECES_LIMIT,
        });
    }
    if opened.pieces.is_empty() {
        return Err(OpenError::ArchiveWithout { names });
    }
    if !names.is_empty() {
        opened.damage.push(Damage::FilesLeftOut { names });
    }
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::decode::{self, Password};
    use crate::input::Input;

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
            .pieces
            .iter()
            .map(|piece| piece.origin().to_string())
            .collect();
        assert_eq!(places, ["reply.zip!a/leaf.crt:1", "reply.zip!../sub.crt:1"]);
        assert!(opened.pieces.iter().all(|piece| piece.decode().is_ok()));
    }

    #[test]
    fn instructions_in_the_archive_are_left_out_by_name() {
        let bytes = packed(&[
            ("leaf.crt", CERTIFICATE),
            ("READ\x1bME.txt", b"How to install"),
        ]);
        let names = vec!["READ\\u{1b}ME.txt".to_owned()];
        let opened = opened(&bytes).unwrap();
        assert_eq!(opened.damage, [Damage::FilesLeftOut { names }]);
        assert_eq!(opened.pieces.len(), 1);
    }

    #[test]
    fn an_archive_in_the_archive_is_named_and_not_opened() {
        let inner = packed(&[("leaf.crt", CERTIFICATE)]);
        let bytes = packed(&[("inner.zip", &inner)]);
        let error = opened(&bytes).unwrap().pieces[0].decode().unwrap_err();
        assert!(matches!(error, PieceError::Bundle(_)), "{error}");
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
    fn an_archive_cut_short_is_refused() {
        let bytes = packed(&[("leaf.crt", CERTIFICATE)]);
        for length in [4, 30, bytes.len() / 2, bytes.len() - 1] {
            assert!(opened(&bytes[..length]).is_err(), "{length}");
        }
    }
}
