//! Mails as Outlook saves them (.msg): the text and the attachments ([MS-OXMSG] section 2).

use std::io::Cursor;

use cfb::CompoundFile;

use super::super::error::{ByteOrder, OpenError};
use super::super::open::Opening;
use super::super::{Container, Opened, UnsupportedFormat, text};
use super::files::Files;
use super::markup::{self, Dialect};
use super::ole::stream;
use super::rtf;

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

/// Opens a mail, and what is behind it from a place on.
pub(super) fn open<'a>(
    mail: &mut CompoundFile<Cursor<&[u8]>>,
    (behind, end): (&[u8], usize),
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    let attachments: Vec<String> = mail
        .read_root_storage()
        .map(|entry| entry.name().to_owned())
        .filter(|name| name.starts_with("__attach_version1.0_"))
        .collect();
    opening
        .limits
        .files(Container::Mail, attachments.len() + 1)?;
    let mut files = Files::of(Container::Mail, opening);
    let body = match stream(mail, BODY, opening) {
        Some(wide) => Some(text::decode_utf16(&wide, ByteOrder::LittleEndian)),
        None => stream(mail, BODY_NARROW, opening),
    };
    let has_body = body.is_some();
    if let Some(body) = body {
        files.add_prose("text", body)?;
    }
    let plain = files.objects();
    let rich = stream(mail, RICH_TEXT, opening);
    if let Some(source) = stream(mail, HTML, opening) {
        let page = markup::read(&String::from_utf8_lossy(&source), Dialect::Html);
        files.add_page("text", page)?;
        files.forget_known(0..plain, plain);
    }
    // What a mail says in Rich Text it says in the others too, unless it does not.
    if let Some(packed) = rich {
        let known = files.objects();
        match rtf::unpacked(&packed, opening.limits.room()) {
            Some(source) => {
                rtf::add(&source, &mut files)?;
                files.forget_known(0..known, known);
            }
            None if !has_body => files.leave_out("text".to_owned(), UnsupportedFormat::RichText)?,
            None => {}
        }
    }
    for (number, attachment) in (1..).zip(attachments) {
        let path = |name: &str| format!("/{attachment}/{name}");
        let name = NAMES.iter().find_map(|name| {
            let bytes = stream(mail, path(name), opening)?;
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
        match stream(mail, path(DATA), opening) {
            Some(data) => files.add(name, data)?,
            // A mail within the mail, or an object of another program.
            None => files.leave_out(name, UnsupportedFormat::OutlookOrWord)?,
        }
    }
    files.add_rest(behind, end)?;
    files.finish()
}
