//! Saved mails (.eml, RFC 5322 with MIME): the text and the attachments, each read as if it had been given by itself.
//!
//! Of a signed mail the content is read; the signature beside it holds the sender's certificates, which nobody asked for.

use mail_parser::decoders::html::html_to_text;
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use memchr::memmem;

use super::super::error::{Damage, OpenError};
use super::super::limits::deeper;
use super::super::open::Opening;
use super::super::{Container, LAYERS_LIMIT, Opened};
use super::files::Files;

/// How far the headers are looked at; mail servers keep them below 64 KiB.
const HEADERS_LIMIT: usize = 64 * 1024;

/// The most lines that may be the beginning of a part, or a BEGIN or END line of PEM.
const LINES_LIMIT: usize = 100_000;

/// Whether a text is a mail: it begins with header fields alone, and with some that only mails have.
pub(in crate::decode) fn is(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let head = text.get(..HEADERS_LIMIT).unwrap_or(text);
    // Most texts are something else at the first word.
    let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if !(first.starts_with(b"From ") || first.contains(&b':')) || first.starts_with(b"-") {
        return false;
    }
    let (mut mime, mut from, mut about) = (false, false, false);
    for (number, line) in head.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        if matches!(line.first(), Some(b' ' | b'\t')) && number > 0 {
            continue;
        }
        // A mailbox's mark before its mail.
        if number == 0 && line.starts_with(b"From ") {
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return false;
        };
        let name = line.get(..colon).unwrap_or_default();
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        if name.is_empty() || !name.iter().all(is_name) {
            return false;
        }
        match name.to_ascii_lowercase().as_slice() {
            b"mime-version" | b"message-id" | b"received" | b"return-path" => mime = true,
            b"content-type" => mime |= line.contains(&b'/'),
            b"from" => from = true,
            b"subject" | b"date" | b"to" => about = true,
            _ => {}
        }
    }
    mime || (from && about)
}

/// Opens a mail.
pub(in crate::decode) fn open<'a>(
    bytes: &[u8],
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    // The parser keeps mails within mails as such, and a chain of thousands is no mail.
    let nested = memmem::find_iter(bytes, b"essage/rfc822").count();
    if nested > LAYERS_LIMIT {
        return Err(OpenError::TooDeep {
            limit: LAYERS_LIMIT,
        });
    }
    // Each part takes memory before it can be counted, and begins with a line like this.
    let lines = memmem::find_iter(bytes, b"\n--").count();
    if lines > LINES_LIMIT {
        return Err(OpenError::ArchiveTooMany {
            container: Container::Mail,
            found: lines,
            limit: LINES_LIMIT,
        });
    }
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or(OpenError::NoArmour)?;
    let mut files = Files::of(Container::Mail, opening);
    let is_signed = read(&message, opening, &mut files, opening.depth)?;
    if is_signed && files.has_objects() {
        files.note(Damage::SignatureLeftOut);
    }
    files.finish()
}

/// Reads all parts, and says whether a signature was among them.
fn read(
    message: &Message<'_>,
    opening: &Opening<'_>,
    files: &mut Files<'_, '_>,
    depth: usize,
) -> Result<bool, OpenError> {
    opening.limits.files(Container::Mail, message.parts.len())?;
    let is_plain = |body: &PartType<'_>| matches!(body, PartType::Text(_));
    let has_text = message.parts.iter().any(|part| is_plain(&part.body));
    let mut is_signed = false;
    for (number, part) in (1..).zip(&message.parts) {
        let name = part.attachment_name().map(str::to_owned);
        match &part.body {
            PartType::Text(text) => match name {
                Some(name) => files.add(name, text.as_bytes().to_vec())?,
                None => files.add_prose("text", text.as_bytes().to_vec())?,
            },
            // What a mail says in HTML it says in plain text too.
            PartType::Html(_) if has_text && name.is_none() => {}
            PartType::Html(html) => {
                let text = html_to_text(html).into_bytes();
                files.add_prose(name.as_deref().unwrap_or("text"), text)?;
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                let is_signature = part.content_type().is_some_and(|kind| {
                    let subtype = kind.c_subtype.as_deref().unwrap_or_default();
                    subtype.to_ascii_lowercase().ends_with("pkcs7-signature")
                });
                if is_signature {
                    is_signed = true;
                } else {
                    let name = name.unwrap_or_else(|| format!("attachment {number}"));
                    files.add(name, bytes.to_vec())?;
                }
            }
            PartType::Message(inner) => is_signed |= read(inner, opening, files, deeper(depth)?)?,
            PartType::Multipart(_) => {}
        }
    }
    Ok(is_signed)
}

/// The text of an HTML page.
pub(super) fn text_of(html: &str) -> String {
    html_to_text(html)
}
