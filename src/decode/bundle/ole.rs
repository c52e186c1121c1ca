//! OLE compound files ([MS-CFB]): mails of Outlook, documents of Word before 2007, and files that were put into a document.

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use super::super::error::{ByteOrder, OpenError};
use super::super::open::Opening;
use super::super::{ARCHIVE_BYTES_LIMIT, Container, Opened, UnsupportedFormat, text};
use super::files::Files;
use super::outlook;

/// The text and the properties of a Word document, and the streams that say where the text is ([MS-DOC] section 2.1).
const WORD: &str = "/WordDocument";
const TABLES: [&str; 2] = ["/0Table", "/1Table"];

/// The stream of a file that was put into a document ([MS-OLEDS] section 2.3.6).
const PACKAGE: &str = "\u{1}Ole10Native";

/// Opens a mail or a document.
pub(in crate::decode) fn open<'a>(
    bytes: &[u8],
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    let other = || OpenError::UnsupportedFormat(UnsupportedFormat::OutlookOrWord);
    if bytes.len() as u64 > opening.limits.room() {
        return Err(OpenError::ArchiveTooLarge {
            container: Container::Mail,
            limit: ARCHIVE_BYTES_LIMIT,
        });
    }
    let Ok(mut file) = CompoundFile::open(Cursor::new(bytes)) else {
        return Err(other());
    };
    let end = end(bytes).unwrap_or(bytes.len());
    let behind = bytes.get(end..).unwrap_or_default();
    if file.is_stream("/__properties_version1.0") {
        return outlook::open(&mut file, (behind, end), opening);
    }
    let packages: Vec<_> = file
        .walk()
        .filter(|entry| entry.is_stream() && entry.name() == PACKAGE)
        .map(|entry| entry.path().to_owned())
        .collect();
    opening.limits.files(Container::Office, packages.len())?;
    let mut files = Files::of(Container::Office, opening);
    let text = match stream(&mut file, WORD, opening) {
        Some(main) => {
            let is_second = main.get(0x0b).is_some_and(|flags| flags & 2 != 0);
            let [first, second] = TABLES;
            let table = if is_second { second } else { first };
            let table = stream(&mut file, table, opening);
            table.and_then(|table| word(&main, &table))
        }
        None => None,
    };
    let has_text = text.is_some();
    if let Some(text) = text {
        files.add_prose("text", text.into_bytes())?;
    }
    let is_package = !packages.is_empty();
    for (number, path) in (1..).zip(packages) {
        let name = || format!("embedded file {number}");
        let Some(native) = stream(&mut file, path, opening) else {
            files.leave_out(name(), UnsupportedFormat::OutlookOrWord)?;
            continue;
        };
        let packed = native.get(4..).unwrap_or_default();
        match package(packed) {
            Some((label, data)) => files.add(label, data.to_vec())?,
            // Of some programs the data stands there alone.
            None => files.add(name(), packed.to_vec())?,
        }
    }
    files.add_rest(behind, end)?;
    match has_text || is_package || files.objects() > 0 {
        true => files.finish(),
        false => Err(other()),
    }
}

/// Where the last sector in use ends ([MS-CFB] sections 2.2 and 2.3); `None` where the table of sectors is longer than its
/// header tells, or is not there.
fn end(bytes: &[u8]) -> Option<usize> {
    const TABLE: usize = 0x4c;
    const TABLE_LENGTH: usize = 109;
    const FREE: u32 = 0xffff_ffff;
    let shift = *bytes.get(0x1e)?;
    let sector = 1_usize.checked_shl(u32::from(shift))?;
    let count = usize::try_from(number(bytes, 0x2c)?).ok()?;
    if !matches!(shift, 9 | 12) || count > TABLE_LENGTH {
        return None;
    }
    let mut last = None;
    for part in 0..count {
        let at = usize::try_from(number(bytes, TABLE + 4 * part)?).ok()?;
        let start = at.checked_add(1)?.checked_mul(sector)?;
        let entries = bytes.get(start..start.checked_add(sector)?)?;
        let is_used = |entry: &[u8]| entry != FREE.to_le_bytes();
        let used = entries.chunks_exact(4).rposition(is_used);
        last = used.map(|used| part * (sector / 4) + used).or(last);
    }
    let end = last?.checked_add(2)?.checked_mul(sector)?;
    (end <= bytes.len()).then_some(end)
}

/// The bytes of a stream; `None` where there is none, or it is damaged.
pub(super) fn stream(
    file: &mut CompoundFile<Cursor<&[u8]>>,
    path: impl AsRef<std::path::Path>,
    opening: &Opening<'_>,
) -> Option<Vec<u8>> {
    if !file.is_stream(&path) {
        return None;
    }
    let mut bytes = Vec::new();
    file.open_stream(&path)
        .ok()?
        .take(opening.limits.room() + 1)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(bytes)
}

/// The name and the content of a file that was put into a document: what OLE's packager wrote, without the length in
/// front ([MS-OLEDS] section 2.3.6 has it as opaque; the layout is that of Windows' packager since version 3.1).
pub(super) fn package(bytes: &[u8]) -> Option<(String, &[u8])> {
    let rest = bytes.strip_prefix(&[2, 0])?;
    let (label, rest) = terminated(rest)?;
    let (_, rest) = terminated(rest)?;
    let rest = rest.get(4..)?;
    let (_, rest) = counted(rest)?;
    let (data, _) = counted(rest)?;
    let (label, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(label);
    Some((label.into_owned(), data))
}

/// Bytes up to a NUL, and what follows it.
fn terminated(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(0, bytes)?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

/// Bytes behind their number in four octets, and what follows them.
pub(super) fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::try_from(number(bytes, 0)?).ok()?;
    bytes.get(4..)?.split_at_checked(length)
}

/// Four octets, the lowest first.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let octets = bytes.get(at..at.checked_add(4)?)?;
    octets.try_into().ok().map(u32::from_le_bytes)
}

/// The text of a Word document ([MS-DOC] section 2.4.1): the pieces that its table names, each in Windows-1252 or UTF-16.
fn word(main: &[u8], table: &[u8]) -> Option<String> {
    /// Where the table of pieces is said to be ([MS-DOC] section 2.5.6, `fcClx` and `lcbClx`).
    const PIECES: usize = 0x01a2;
    /// The parts of it: properties, which are passed over, and the pieces.
    const PROPERTIES: u8 = 1;
    let start = usize::try_from(number(main, PIECES)?).ok()?;
    let length = usize::try_from(number(main, PIECES + 4)?).ok()?;
    let mut rest = table.get(start..start.checked_add(length)?)?;
    while let [PROPERTIES, low, high, behind @ ..] = rest {
        rest = behind.get(usize::from(u16::from_le_bytes([*low, *high]))..)?;
    }
    let (pieces, _) = counted(rest.strip_prefix(&[2])?)?;
    // One more position than pieces; four octets each, and eight of a piece.
    let count = pieces.len().checked_sub(4)? / 12;
    let mut text = String::new();
    for piece in 0..count {
        let (from, to) = (number(pieces, 4 * piece)?, number(pieces, 4 * piece + 4)?);
        let characters = usize::try_from(to.checked_sub(from)?).ok()?;
        let place = number(pieces, 4 * (count + 1) + 8 * piece + 2)?;
        let at = usize::try_from(place & 0x3fff_ffff).ok()?;
        match place & 0x4000_0000 {
            0 => {
                let octets = main.get(at..at.checked_add(characters.checked_mul(2)?)?)?;
                let decoded = text::decode_utf16(octets, ByteOrder::LittleEndian);
                text.push_str(&String::from_utf8_lossy(&decoded));
            }
            _ => {
                let octets = main.get(at / 2..(at / 2).checked_add(characters)?)?;
                let (decoded, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(octets);
                text.push_str(&decoded);
            }
        }
        // Pieces that name the same bytes again and again are no text.
        if text.len() > 4 * main.len() {
            return None;
        }
    }
    let line = |character| match character {
        // Ends of paragraphs, lines, cells, pages and columns ([MS-DOC] section 2.8.35 and 2.9.51).
        '\r' | '\u{7}' | '\u{b}' | '\u{c}' | '\u{e}' => '\n',
        // Hyphens that do not break, and that show where the line breaks only.
        '\u{1e}' => '-',
        '\u{1f}' => '\u{ad}',
        // Fields, pictures and marks of notes.
        '\u{0}'..='\u{8}' | '\u{13}'..='\u{15}' => ' ',
        other => other,
    };
    Some(text.chars().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Word document of these pieces: their bytes, and whether each is in one octet a character.
    fn document(pieces: &[(&[u8], bool)]) -> (Vec<u8>, Vec<u8>) {
        let mut main = vec![0; 0x200];
        let (mut positions, mut places) = (vec![0_u32], Vec::new());
        for (bytes, is_narrow) in pieces {
            let at = u32::try_from(main.len()).unwrap();
            let place = if *is_narrow {
                0x4000_0000 | (at * 2)
            } else {
                at
            };
            let width = if *is_narrow { 1 } else { 2 };
            main.extend(*bytes);
            positions.push(positions.last().unwrap() + u32::try_from(bytes.len() / width).unwrap());
            places.extend([&[0, 0][..], &place.to_le_bytes(), &[0, 0]].concat());
        }
        let positions: Vec<u8> = positions.iter().flat_map(|at| at.to_le_bytes()).collect();
        let length = u32::try_from(positions.len() + places.len()).unwrap();
        let table = [
            &[9, 9, 9][..],
            &[1, 2, 0, 7, 7, 2],
            &length.to_le_bytes(),
            &positions,
            &places,
        ]
        .concat();
        main[0x1a2..0x1a6].copy_from_slice(&3_u32.to_le_bytes());
        let length = u32::try_from(table.len() - 3).unwrap();
        main[0x1a6..0x1aa].copy_from_slice(&length.to_le_bytes());
        (main, table)
    }

    #[test]
    fn the_pieces_of_a_word_document_are_one_text() {
        let wide: Vec<u8> = "–b\r".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (main, table) = document(&[(b"a\x96\x0b", true), (&wide, false)]);
        assert_eq!(word(&main, &table).unwrap(), "a–\n–b\n");
        for length in 0..main.len() {
            assert_eq!(word(&main[..length], &table), None);
        }
        for length in 0..table.len() {
            assert_eq!(word(&main, &table[..length]), None);
        }
    }

    #[test]
    fn a_piece_that_is_named_without_end_is_no_text() {
        let (mut main, _) = document(&[(b"a", true)]);
        let text = vec![b'a'; 1000];
        main.extend(&text);
        let at = u32::try_from(2 * (main.len() - 1000)).unwrap() | 0x4000_0000;
        let count = 1000_u32;
        let positions: Vec<u8> = (0..=count).flat_map(|n| (n * 1000).to_le_bytes()).collect();
        let piece = [&[0, 0][..], &at.to_le_bytes(), &[0, 0]].concat();
        let places = piece.repeat(1000);
        let length = u32::try_from(positions.len() + places.len()).unwrap();
        let table = [&[2][..], &length.to_le_bytes(), &positions, &places].concat();
        main[0x1a2..0x1a6].copy_from_slice(&0_u32.to_le_bytes());
        let length = u32::try_from(table.len()).unwrap();
        main[0x1a6..0x1aa].copy_from_slice(&length.to_le_bytes());
        assert_eq!(word(&main, &table), None);
    }
}
