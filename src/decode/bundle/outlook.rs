//! Mails as Outlook saves them (.msg): the text and the attachments ([MS-OXMSG] section 2).

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use super::super::error::{ByteOrder, OpenError};
use super::super::open::Opening;
use super::super::{ARCHIVE_BYTES_LIMIT, Container, Opened, UnsupportedFormat, text};
use super::files::Files;
use super::html;

/// The streams of a mail and of an attachment, by property: the body as text, as HTML and as rich text; the data, the long name, and
/// the short one. `001F` are texts in UTF-16, `001E` in an older code, `0102` bytes.
const BODY: &str = "__substg1.0_1000001F";
const BODY_NARROW: &str = "__substg1.0_1000001E";
const HTML: &str = "__substg1.0_10130102";
const RICH_TEXT: &str = "__substg1.0_10090102";
const DATA: &str = "__substg1.0_37010102";
const NAMES: [&str; 4] = [
    "__substg1.0_3707001F",
    "__substg1.0_3707001E",
    "__substg1.0_3704001F",
    "__substg1.0_3704001E",
];

/// Opens a mail; other OLE documents, such as old Word files, are named.
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
    let Ok(mut mail) = CompoundFile::open(Cursor::new(bytes)) else {
        return Err(other());
    };
    if !mail.is_stream("/__properties_version1.0") {
        return Err(other());
    }
    let attachments: Vec<String> = mail
        .read_root_storage()
        .map(|entry| entry.name().to_owned())
        .filter(|name| name.starts_with("__attach_version1.0_"))
        .collect();
    opening
        .limits
        .files(Container::Mail, attachments.len() + 1)?;
    let mut files = Files::of(Container::Mail, opening);
    let body = match stream(&mut mail, BODY, opening) {
        Some(wide) => Some(text::decode_utf16(&wide, ByteOrder::LittleEndian)),
        None => stream(&mut mail, BODY_NARROW, opening),
    };
    let has_body = body.is_some();
    if let Some(body) = body {
        files.add_prose("text", body)?;
    }
    let plain = files.objects();
    match stream(&mut mail, HTML, opening) {
        Some(source) => {
            let page = html::read(&String::from_utf8_lossy(&source));
            files.add_prose("text", page.text.into_bytes())?;
            files.add_beside(Some("text"), page.beside.as_bytes(), 0, 1)?;
            files.forget_known(0..plain, plain);
        }
        None if !has_body && mail.is_stream(RICH_TEXT) => {
            files.leave_out("text".to_owned(), UnsupportedFormat::RichText)?;
        }
        None => {}
    }
    for (number, attachment) in (1..).zip(attachments) {
        let path = |name: &str| format!("/{attachment}/{name}");
        let name = NAMES.iter().find_map(|name| {
            let bytes = stream(&mut mail, &path(name), opening)?;
            let wide = name.ends_with("1F");
            let text = match wide {
                true => text::decode_utf16(&bytes, ByteOrder::LittleEndian),
                false => bytes,
            };
            let text = String::from_utf8_lossy(&text)
                .trim_end_matches('\0')
                .to_owned();
            (!text.is_empty()).then_some(text)
        });
        let name = name.unwrap_or_else(|| format!("attachment {number}"));
        match stream(&mut mail, &path(DATA), opening) {
            Some(data) => files.add(name, data)?,
            // A mail within the mail, or an object of another program.
            None => files.leave_out(name, UnsupportedFormat::OutlookOrWord)?,
        }
    }
    files.finish()
}

/// The bytes of a stream; `None` where there is none, or it is damaged.
fn stream(
    mail: &mut CompoundFile<Cursor<&[u8]>>,
    path: &str,
    opening: &Opening<'_>,
) -> Option<Vec<u8>> {
    if !mail.is_stream(path) {
        return None;
    }
    let mut bytes = Vec::new();
    mail.open_stream(path)
        .ok()?
        .take(opening.limits.room() + 1)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(bytes)
}
