//! Saved mails (.eml, RFC 5322 with MIME) and mailboxes of them: the text and the attachments, each read as if it had been
//! given by itself, and what is outside them.
//!
//! Of a signed mail the content is read; the signature beside it holds only the sender's certificates.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use memchr::memmem;

use super::super::error::{Damage, OpenError};
use super::super::limits::deeper;
use super::super::open::Opening;
use super::super::{Container, LAYERS_LIMIT, Opened};
use super::files::Files;
use super::markup::{self, Dialect};

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

/// Opens a mail, or a mailbox.
pub(in crate::decode) fn open<'a>(
    bytes: &[u8],
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    let mut files = Files::of(Container::Mail, opening);
    match mails(bytes).as_slice() {
        [] | [_] => open_one(bytes, opening, &mut files)?,
        several => {
            opening.limits.files(Container::Mail, several.len())?;
            for (number, mail) in (1..).zip(several) {
                let mail = bytes.get(mail.clone()).unwrap_or_default();
                files.add(format!("mail {number}"), mail.to_vec())?;
            }
        }
    }
    files.finish()
}

/// The mails of a mailbox (RFC 4155): each begins with a line `From `, and is preceded by a blank line.
fn mails(bytes: &[u8]) -> Vec<Range<usize>> {
    const MARK: &[u8] = b"\nFrom ";
    if !bytes.trim_ascii_start().starts_with(b"From ") {
        return Vec::new();
    }
    let begins_mail = |at: &usize| {
        let before = bytes.get(..*at).unwrap_or_default();
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        before.ends_with(b"\n") && bytes.get(at + 1..).is_some_and(is)
    };
    let mut starts = vec![0];
    let marks = memmem::find_iter(bytes, MARK).filter(begins_mail);
    starts.extend(marks.map(|at| at + 1));
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(start, end)| start..end)
        .collect()
}

fn open_one(
    bytes: &[u8],
    opening: &Opening<'_>,
    files: &mut Files<'_, '_>,
) -> Result<(), OpenError> {
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
        .ok_or(OpenError::NoPemLines)?;
    let is_signed = read(&message, opening, files, opening.depth)?;
    if is_signed && files.has_objects() {
        files.note(Damage::SignatureLeftOut);
    }
    beside(&message, opening.first_line, files)
}

/// Reads all parts, and says whether a signature was among them.
fn read(
    message: &Message<'_>,
    opening: &Opening<'_>,
    files: &mut Files<'_, '_>,
    depth: usize,
) -> Result<bool, OpenError> {
    opening.limits.files(Container::Mail, message.parts.len())?;
    let parents = Parents::of(message);
    // Of each set of alternatives the objects that were found in it as plain text.
    let mut plain: HashMap<u32, Range<usize>> = HashMap::new();
    let mut is_signed = false;
    for (number, part) in (0..).zip(&message.parts) {
        let name = part.attachment_name().map(str::to_owned);
        let alternatives = parents.find(number, "alternative");
        let first = files.objects();
        match &part.body {
            PartType::Text(text) => {
                match name {
                    Some(name) => files.add(name, whole(message, part, text).into_owned())?,
                    None => files.add_prose("text", text.as_bytes().to_vec())?,
                }
                if let Some(alternatives) = alternatives {
                    plain.insert(alternatives, first..files.objects());
                }
            }
            PartType::Html(text) => {
                let page = markup::read(text, Dialect::Html);
                let name = name.as_deref().unwrap_or("text");
                files.add_page(name, page)?;
                // What a mail says in HTML it says in plain text too, unless it does not.
                let plain = alternatives.and_then(|alternatives| plain.get(&alternatives));
                if let Some(plain) = plain {
                    files.forget_known(plain.clone(), first);
                }
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                if is_signature(part)
                    && (parents.find(number, "signed").is_some()
                        || name.as_deref().is_none_or(|name| name.ends_with(".p7s")))
                {
                    is_signed = true;
                } else {
                    let name = name.unwrap_or_else(|| format!("attachment {}", number + 1));
                    files.add(name, bytes.to_vec())?;
                }
            }
            PartType::Message(inner) => is_signed |= read(inner, opening, files, deeper(depth)?)?,
            PartType::Multipart(_) => {}
        }
    }
    Ok(is_signed)
}

/// Whether a part says that it is the signature of a mail (RFC 8551 section 3.5.3).
fn is_signature(part: &MessagePart<'_>) -> bool {
    part.content_type().is_some_and(|kind| {
        let subtype = kind.c_subtype.as_deref().unwrap_or_default();
        subtype.to_ascii_lowercase().ends_with("pkcs7-signature")
    })
}

/// The bytes of an attachment that is called text: what is not a text in the code that it names was lost to it.
fn whole<'m>(message: &'m Message<'_>, part: &'m MessagePart<'_>, text: &'m str) -> Cow<'m, [u8]> {
    let decoded = Cow::Borrowed(text.as_bytes());
    if !text.contains(char::REPLACEMENT_CHARACTER) {
        return decoded;
    }
    let place = part.offset_body as usize..part.offset_end as usize;
    let Some(raw) = message.raw_message.get(place) else {
        return decoded;
    };
    match part.encoding {
        Encoding::None => Cow::Borrowed(raw),
        Encoding::Base64 => {
            let characters = raw.iter().copied();
            let packed: Vec<u8> = characters
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect();
            STANDARD.decode(packed).map_or(decoded, Cow::Owned)
        }
        Encoding::QuotedPrintable => decoded,
    }
}

/// Which part of a message contains which.
struct Parents<'m, 'x> {
    message: &'m Message<'x>,
    of: HashMap<u32, u32>,
}

impl<'m, 'x> Parents<'m, 'x> {
    fn of(message: &'m Message<'x>) -> Parents<'m, 'x> {
        let mut of = HashMap::new();
        for (number, part) in (0..).zip(&message.parts) {
            if let PartType::Multipart(children) = &part.body {
                of.extend(children.iter().map(|child| (*child, number)));
            }
        }
        Parents { message, of }
    }

    /// The nearest part around another one that is a multipart of this kind.
    fn find(&self, number: u32, kind: &str) -> Option<u32> {
        let mut at = number;
        // The parser numbers a part after the part that contains it.
        while let Some(&parent) = self.of.get(&at).filter(|parent| **parent < at) {
            let part = self.message.parts.get(parent as usize)?;
            let subtype = part
                .content_type()
                .and_then(|kind| kind.c_subtype.as_deref());
            if subtype.is_some_and(|subtype| subtype.eq_ignore_ascii_case(kind)) {
                return Some(parent);
            }
            at = parent;
        }
        None
    }
}

/// Reads what is outside the parts: header fields, and what other programs wrote before, between and behind the
/// parts.
fn beside(
    message: &Message<'_>,
    mut line: u32,
    files: &mut Files<'_, '_>,
) -> Result<(), OpenError> {
    let raw = message.raw_message.as_ref();
    let mut bodies = Vec::new();
    collect(message, &mut bodies);
    bodies.sort_by_key(|body| body.start);
    bodies.push(raw.len()..raw.len());
    let mut from = 0;
    for body in bodies {
        if let Some(gap) = raw.get(from..body.start) {
            files.add_beside(None, gap, from, line)?;
        }
        let passed = raw.get(from..body.end).unwrap_or_default();
        let feeds = memchr::memchr_iter(b'\n', passed).count();
        line = line.saturating_add(u32::try_from(feeds).unwrap_or(u32::MAX));
        from = from.max(body.end);
    }
    Ok(())
}

/// The ranges of all parts that were read, in the same bytes.
fn collect(message: &Message<'_>, bodies: &mut Vec<Range<usize>>) {
    for part in &message.parts {
        match &part.body {
            PartType::Multipart(_) => {}
            // One that was encoded has bytes of its own.
            PartType::Message(inner) if part.encoding == Encoding::None => collect(inner, bodies),
            _ => bodies.push(part.offset_body as usize..part.offset_end as usize),
        }
    }
}
