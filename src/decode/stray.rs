//! What is outside everything that was recognised: whether it is prose, something of ours in an unexpected
//! form, or not understood.
//!
//! Nothing is dropped: a part of an input is irrelevant prose, or becomes objects, or an object that says that it was
//! not understood. Only what has one possible meaning is repaired.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;
use zeroize::Zeroizing;

use super::bytes::Slice;
use super::error::{ByteOrder, Damage};
use super::notation::{self, Content, Written};
use super::open::{Opening, adopt, at_line};
use super::{EncodedObject, EncodedObjectError, OpenError, body, bundle, der, pem_lines, text};

/// The fewest characters of base64 in one word that are looked at: the shortest line of a body that is still whole has
/// 64, and prose has no words of 40 letters.
const WORD_LIMIT: usize = 40;

/// The fewest characters of a line of base64 in lines that are shorter than that: they show an object's beginning.
const NARROW_LEAST: usize = 8;

/// The fewest characters of a line of such base64 where its beginning is lost; property lists have no lines that are shorter.
const NARROW_BLOCK: usize = 16;

/// This many lines of base64 in a row are no accident, whatever they hold.
const BLOCK_LINES: usize = 4;

/// The fewest characters of base64 that are no accident where they have their lines to themselves: one line of PEM.
const BLOCK_LEAST: usize = 64;

/// The fewest characters of base64 or hexadecimal digits among other text that are looked at as data: identifiers and
/// digests (SHA-512 has 128 digits) have fewer or as many, and the smallest certificate has 360.
const DATA_LEAST: usize = 129;

/// The fewest bytes of an object within other binary data; anything of ours has more.
pub(super) const OBJECT_LEAST: usize = 32;

/// How a Rich Text document begins.
const RICH_TEXT: &[u8] = b"{\\rtf1";

/// How often an indefinite length is followed to its end within one part of an input, each time at its own cost.
const ATTEMPTS: usize = 8;

/// Where a part of an input begins.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// In bytes, from 0.
    pub(super) offset: usize,
    /// From 1; `None` in binary data.
    pub(super) line: Option<u32>,
    /// It contains an END line without its BEGIN line.
    pub(super) orphan: bool,
    /// It was searched for PEM label before.
    pub(super) scanned: bool,
    /// It may be a page, and nothing else reads it as one.
    pub(super) is_page: bool,
}

/// Whether text is prose, for certain and at little cost: plain characters, words of a sane length, no dashes beside
/// words that PEM label has.
pub(super) fn is_prose(bytes: &[u8]) -> bool {
    let mut word = 0;
    let mut dashes = 0;
    let mut before = b' ';
    for (at, &byte) in bytes.iter().enumerate() {
        let begins = is_base64_character(&byte) && !is_base64_character(&before);
        before = byte;
        if begins && narrow_width(bytes.get(at..).unwrap_or_default()).is_some() {
            return false;
        }
        let in_word = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        word = if in_word { word + 1 } else { 0 };
        dashes = match byte {
            b'-' => dashes + 1,
            _ if byte.is_ascii_whitespace() => dashes,
            _ => 0,
        };
        if word >= WORD_LIMIT
            || dashes >= 4
            || is_control(byte)
            || matches!(byte, b'%' | b'\\' | b'&')
        {
            return false;
        }
    }
    !notation::is_in(bytes)
}

/// Control characters that no text has.
fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0e..=0x19 | 0x1c..=0x1f | 0x7f)
}

/// Whether the bytes, which were base64, are text or a file once more: PEM, or what begins like it.
pub(super) fn begins_encoded(bytes: &[u8]) -> bool {
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    text.starts_with(b"-----BEGIN") || text.starts_with(b"Bag Attributes")
}

/// Whether all of a text is base64, but for what [`body::careful`] repairs.
pub(super) fn is_base64(text: &[u8]) -> bool {
    let is_base64 = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || byte.is_ascii_whitespace()
            || matches!(byte, b'+' | b'/' | b'=')
    };
    let (_, rest) = match text.iter().position(|byte| !is_base64(byte)) {
        Some(at) => text.split_at_checked(at).unwrap_or((text, &[])),
        None => return true,
    };
    // The first line or two suffice: the rest may be what is damaged.
    text.len() - rest.len() >= 2 * WORD_LIMIT
}

impl Opening<'_> {
    /// Reads what is outside everything that was recognised, or says that it was not understood.
    pub(super) fn leftover<'a>(
        &self,
        part: &Slice<'a>,
        place: Place,
    ) -> Result<Vec<EncodedObject<'a>>, OpenError> {
        let bytes = part.as_slice();
        if !bytes.iter().any(|byte| is_control(*byte)) {
            return self.stray_text(part, place);
        }
        let mut found = Vec::new();
        let mut binary = Binary {
            part,
            place,
            lines: Lines::of(bytes, place.line),
            at: 0,
            control: 0,
            unknown: None,
            attempts: ATTEMPTS,
        };
        while binary.at < bytes.len() {
            let Some((length, mut objects)) = self.next_in_binary(&mut binary)? else {
                binary.unknown.get_or_insert(binary.at);
                binary.at += 1;
                continue;
            };
            found.extend(self.unknown(&mut binary)?);
            found.append(&mut objects);
            binary.at += length;
        }
        found.extend(self.unknown(&mut binary)?);
        // Blank bytes before an object are no reason to call it anything but whole.
        if place.offset == 0
            && let Some(first) = found.first()
            && first.origin().line.is_none()
            && !first.is_broken()
            && bytes.first().is_some_and(|byte| is_blank(*byte))
        {
            let first = found.remove(0);
            found.insert(0, first.with_damage(vec![Damage::BlankBefore]));
        }
        Ok(found)
    }

    /// What begins here in binary data, and its length; `None` where nothing does.
    fn next_in_binary<'a>(
        &self,
        binary: &mut Binary<'a, '_>,
    ) -> Result<Option<(usize, Vec<EncodedObject<'a>>)>, OpenError> {
        let (bytes, at) = (binary.part.as_slice(), binary.at);
        let rest = bytes.get(at..).unwrap_or_default();
        match rest {
            [der::SEQUENCE, 0x80, 0x02 | 0x06 | 0x30, ..] if binary.attempts > 0 => {
                binary.attempts -= 1;
                return self.object(binary.part, at, &mut Vec::new());
            }
            // Of a certificate cut short its key is left, which is no object of its own.
            [der::SEQUENCE, 0x81..=0x84, ..]
                if resembles_der(rest) && !binary.is_key_of_cut(rest) =>
            {
                return self.object(binary.part, at, &mut Vec::new());
            }
            [der::SEQUENCE, 0x20..=0x7f, ..]
                if is_short_object(rest) && !binary.is_key_of_cut(rest) =>
            {
                return self.object(binary.part, at, &mut Vec::new());
            }
            [b'P', b'K', 3, 4, ..]
            | [0x1f, 0x8b, 8, ..]
            | [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 1 | 2, ..]
            | [0xce, 0xce, 0xce, 0xce, 0, 0, 0, 1 | 2, ..]
                if binary.attempts > 0 =>
            {
                binary.attempts -= 1;
                // To the end: what follows an archive is looked at there.
                let opened = self.inside(None)?.file(binary.part.part(at, rest.len()));
                match opened {
                    Ok(opened) => return Ok(Some((rest.len(), adopt(opened, Vec::new())))),
                    Err(error) if error.is_a_limit() => return Err(error),
                    Err(error @ OpenError::PasswordNeeded { .. }) => return Err(error),
                    Err(_) => {}
                }
            }
            _ => {}
        }
        if let Some(order) = text::begins_wide(rest) {
            let length = text::wide_length(rest, order).max(2);
            let wide = rest.get(..length).unwrap_or_default();
            let line = binary.lines.line(at);
            return Ok(Some((length, self.wide(wide, order, line)?)));
        }
        // Text of one byte a character between other things.
        let starts =
            binary.unknown.is_none() || bytes.get(at - 1).is_some_and(|byte| is_control(*byte));
        if !starts {
            return Ok(None);
        }
        let length = text_length(rest, binary.before_control());
        if length >= WORD_LIMIT && rest.get(..length).is_some_and(is_mostly_ascii) {
            let text = rest.get(..length).unwrap_or_default();
            let inner = Place {
                offset: binary.place.offset + at,
                line: Some(binary.lines.line(at)),
                orphan: binary.place.orphan,
                scanned: binary.place.scanned,
                is_page: self.may_be_page(text),
            };
            let objects = self.stray_text(&binary.part.part(at, length), inner)?;
            return Ok(Some((length, objects)));
        }
        Ok(None)
    }

    /// UTF-16 within an input that is not all UTF-16.
    fn wide<'a>(
        &self,
        wide: &[u8],
        order: ByteOrder,
        line: u32,
    ) -> Result<Vec<EncodedObject<'a>>, OpenError> {
        let marked = wide.starts_with(b"\xff\xfe") || wide.starts_with(b"\xfe\xff");
        let decoded = text::decode_utf16(wide, order);
        if is_prose(&decoded) {
            return Ok(Vec::new());
        }
        let inside = Opening {
            first_line: line,
            ..self.inside(None)?
        };
        match inside.text(&Slice::shared(decoded), Vec::new()) {
            Ok(opened) => Ok(adopt(opened, vec![Damage::Utf16 { order, marked }])),
            Err(error) if error.is_a_limit() => Err(error),
            Err(OpenError::Empty | OpenError::NoPemLines) => Ok(Vec::new()),
            Err(error) => {
                let error = EncodedObjectError::Bundle(Arc::new(error));
                Ok(vec![EncodedObject::broken(&self.about, error).at(line, 0)])
            }
        }
    }

    /// Says that the bytes up to here were not understood; nothing where there are none, or blank ones.
    fn unknown<'a>(
        &self,
        binary: &mut Binary<'a, '_>,
    ) -> Result<Option<EncodedObject<'a>>, OpenError> {
        let Some(from) = binary.unknown.take() else {
            return Ok(None);
        };
        let part = binary
            .part
            .as_slice()
            .get(from..binary.at)
            .unwrap_or_default();
        if part.iter().all(|byte| is_blank(*byte)) {
            return Ok(None);
        }
        // A few words between other things, too short to have been looked at as text, or for anything of ours.
        let is_short = part.len() < WORD_LIMIT && !resembles_pem_lines(part);
        if is_mostly_ascii(part)
            && !part.iter().any(|byte| is_control(*byte))
            && (is_short || is_prose(part))
        {
            return Ok(None);
        }
        self.limits.objects(1)?;
        let part_begins = part.len() - part.trim_ascii_start().len();
        let error = EncodedObjectError::NotUnderstood {
            offset: binary.place.offset + from + part_begins,
            bytes: part.len() - part_begins,
            cause: None,
        };
        let line = match binary.place.line {
            Some(_) => binary.lines.line(from),
            None => 0,
        };
        Ok(Some(EncodedObject::broken(&self.about, error).at(line, 0)))
    }

    /// Text without PEM label: base64 under any key, PEM label behind an encoding, prose.
    fn stray_text<'a>(
        &self,
        part: &Slice<'a>,
        place: Place,
    ) -> Result<Vec<EncodedObject<'a>>, OpenError> {
        let bytes = part.as_slice();
        if !place.orphan && !place.is_page && is_prose(bytes) {
            return Ok(Vec::new());
        }
        let rich_text = memmem::find(bytes, RICH_TEXT).filter(|_| !self.is_beside);
        if let Some(at) = rich_text.filter(|at| !is_in_dump(bytes, *at)) {
            let mut found = self.stray_text(&part.part(0, at), place)?;
            let line = Lines::of(bytes, place.line).line(at);
            let rest = part.part(at, bytes.len() - at);
            match self.inside(None).and_then(|inside| inside.file(rest)) {
                Ok(opened) => found.extend(at_line(adopt(opened, Vec::new()), line)),
                Err(error) if error.is_a_limit() => return Err(error),
                Err(error) if error.is_something_else() => {}
                Err(error) => {
                    let error = EncodedObjectError::Bundle(Arc::new(error));
                    found.push(EncodedObject::broken(&self.about, error).at(line, 0));
                }
            }
            return Ok(found);
        }
        if !place.scanned && !pem_lines::scan(bytes, 1)?.sections.is_empty() {
            let inside = Opening {
                first_line: place.line.unwrap_or(1),
                ..self.inside(None)?
            };
            return match inside.text(part, Vec::new()) {
                Ok(opened) => Ok(adopt(opened, Vec::new())),
                Err(error) if error.is_a_limit() => Err(error),
                Err(error) => {
                    let cause = EncodedObjectError::Bundle(Arc::new(error));
                    Ok(vec![self.not_understood(bytes, &place, Some(cause))])
                }
            };
        }
        if let Some((plain, damage)) = unescaped(bytes) {
            let inside = Opening {
                first_line: place.line.unwrap_or(1),
                ..self.inside(None)?
            };
            return match inside.text(&Slice::shared(plain), Vec::new()) {
                Ok(opened) => Ok(adopt(opened, vec![damage])),
                Err(error) if error.is_a_limit() => Err(error),
                Err(error) => Ok(vec![self.not_understood(
                    bytes,
                    &place,
                    Some(EncodedObjectError::Bundle(Arc::new(error))),
                )]),
            };
        }
        let mut found = Vec::new();
        let mut from = 0;
        let mut lines = Lines::of(bytes, place.line);
        for written in notation::all(bytes) {
            self.runs((bytes, from..written.start), &mut lines, &place, &mut found)?;
            from = written.end;
            let line = lines.line(written.start);
            found.append(&mut self.written(bytes, written, line, &place)?);
        }
        self.runs((bytes, from..bytes.len()), &mut lines, &place, &mut found)?;
        if found.is_empty() && (place.orphan || resembles_pem_lines(bytes)) {
            found.push(self.not_understood(bytes, &place, None));
        }
        if place.is_page {
            found = self.or_page(bytes, place.line.unwrap_or(1), found);
        }
        Ok(found)
    }

    fn not_understood<'a>(
        &self,
        bytes: &[u8],
        place: &Place,
        cause: Option<EncodedObjectError>,
    ) -> EncodedObject<'a> {
        let start = bytes.len() - bytes.trim_ascii_start().len();
        let error = EncodedObjectError::NotUnderstood {
            offset: place.offset + start,
            bytes: bytes.trim_ascii().len(),
            cause: cause.map(Box::new),
        };
        let line = place.line.unwrap_or(0);
        EncodedObject::broken(&self.about, error).at(line, 0)
    }

    /// Reads the runs of base64 in a part of a text.
    fn runs<'a>(
        &self,
        (bytes, part): (&[u8], Range<usize>),
        lines: &mut Lines<'_>,
        place: &Place,
        found: &mut Vec<EncodedObject<'a>>,
    ) -> Result<(), OpenError> {
        let bytes = bytes.get(..part.end).unwrap_or(bytes);
        let mut from = part.start;
        while let Some(run) = Run::next(bytes, from) {
            let line = lines.line(run.start);
            let (mut objects, end) = self.run(bytes, &run, line, place)?;
            found.append(&mut objects);
            from = end;
        }
        Ok(())
    }

    /// Reads data in another notation than base64.
    fn written<'a>(
        &self,
        bytes: &[u8],
        written: Written,
        line: u32,
        place: &Place,
    ) -> Result<Vec<EncodedObject<'a>>, OpenError> {
        let not_understood = |cause| -> Result<Vec<EncodedObject<'a>>, OpenError> {
            self.limits.objects(1)?;
            let error = EncodedObjectError::NotUnderstood {
                offset: place.offset + written.start,
                bytes: written.end - written.start,
                cause,
            };
            Ok(vec![EncodedObject::broken(&self.about, error).at(line, 0)])
        };
        let is_text = is_text(&written.bytes);
        if written.content == Content::Unknown && !is_text && !is_file(&written.bytes) {
            return not_understood(None);
        }
        // Numbers in a table may look like text.
        let may_be_nothing = written.content != Content::Object && !is_file(&written.bytes);
        let name = written.name.or_else(|| key_before(bytes, written.start));
        let opened = self
            .inside(name)
            .and_then(|inside| inside.file(Slice::shared(written.bytes)));
        match opened {
            Ok(opened) if may_be_nothing && opened.objects.iter().all(EncodedObject::is_broken) => {
                Ok(Vec::new())
            }
            Ok(opened) => Ok(at_line(adopt(opened, vec![written.damage]), line)),
            Err(error) if error.is_a_limit() => Err(error),
            Err(error @ OpenError::PasswordNeeded { .. }) => Err(error),
            Err(error) if error.holds_nothing() => Ok(Vec::new()),
            Err(_) if may_be_nothing => Ok(Vec::new()),
            Err(error) => {
                let cause = EncodedObjectError::Bundle(Arc::new(error));
                not_understood(Some(Box::new(cause)))
            }
        }
    }

    /// Reads a run of base64 in text, and says where it ends.
    fn run<'a>(
        &self,
        bytes: &[u8],
        run: &Run,
        line: u32,
        place: &Place,
    ) -> Result<(Vec<EncodedObject<'a>>, usize), OpenError> {
        let (mut failed, mut partly) = (None, None);
        let mut is_ours = false;
        // The last word may be the first one of what follows.
        for end in [run.end, run.before_last] {
            let Some(encoded) = bytes.get(run.start..end).filter(|run| !run.is_empty()) else {
                continue;
            };
            match self.encoded(bytes, (run.start, encoded), line)? {
                Encoded::Opened(objects) if objects.iter().any(EncodedObject::is_broken) => {
                    partly.get_or_insert((objects, end));
                }
                Encoded::Opened(objects) => return Ok((objects, end)),
                Encoded::OwnCertificate(error) => {
                    is_ours = true;
                    failed.get_or_insert(error);
                }
                Encoded::Unknown(error) => {
                    failed = failed.or(error);
                }
            }
        }
        if let Some(partly) = partly {
            return Ok(partly);
        }
        // The first word may be the last one of what precedes, such as the name of a key.
        if let Some((first, second)) = run.first.clone()
            && resembles_object(bytes.get(second..run.end).unwrap_or_default())
            && !resembles_object(bytes.get(first.clone()).unwrap_or_default())
        {
            let first = Run {
                start: first.start,
                end: first.end,
                before_last: first.start,
                first: None,
                lines: 1,
            };
            let (objects, _) = self.run(bytes, &first, line, place)?;
            return Ok((objects, second));
        }
        let encoded = bytes.get(run.start..run.end).unwrap_or_default();
        let looks_like_ours = resembles_object(encoded) || encoded.starts_with(b"LS0tLS1CRUdJ");
        let is_block =
            || (run.lines >= BLOCK_LINES || is_alone(bytes, run)) && !has_known_name(bytes, run);
        let is_ours = is_ours || looks_like_ours || place.orphan || !self.is_beside && is_block();
        if !is_ours && (self.is_beside || !is_unknown_data(bytes, run)) {
            return Ok((Vec::new(), run.end));
        }
        self.limits.objects(1)?;
        let error = EncodedObjectError::NotUnderstood {
            offset: place.offset + run.start,
            bytes: encoded.len(),
            cause: failed.map(Box::new),
        };
        let mut object = EncodedObject::broken(&self.about, error).at(line, 0);
        if !is_ours {
            object = object.of_unknown_kind();
        }
        Ok((vec![object], run.end))
    }

    /// Decodes what may be base64 or hexadecimal digits, and opens what it holds.
    fn encoded<'a>(
        &self,
        bytes: &[u8],
        (start, encoded): (usize, &[u8]),
        line: u32,
    ) -> Result<Encoded<'a>, OpenError> {
        let is_url = encoded.iter().any(|byte| matches!(byte, b'-' | b'_'))
            && !encoded.iter().any(|byte| matches!(byte, b'+' | b'/'));
        let body = match is_url {
            true => {
                let standard = |byte: &u8| match byte {
                    b'-' => b'+',
                    b'_' => b'/',
                    other => *other,
                };
                let translated = Zeroizing::new(encoded.iter().map(standard).collect::<Vec<u8>>());
                body::careful(&translated, line as usize, 1)
            }
            false => body::careful(encoded, line as usize, 1),
        };
        let mut failed = None;
        match body {
            Err(error) => failed = Some(error),
            Ok(mut body) => {
                let decoded = std::mem::take(&mut *body.bytes);
                let mut damage = std::mem::take(&mut body.damage);
                if is_url {
                    // There it is left out by custom.
                    damage.retain(|one| !matches!(one, Damage::Padding { .. }));
                    damage.insert(0, Damage::Base64Url);
                }
                let is_object = decoded.first() == Some(&der::SEQUENCE);
                let is_file = is_file(&decoded);
                if is_object || is_file || is_text(&decoded) {
                    let inside = self.inside(key_before(bytes, start))?;
                    let decoded = Slice::shared(decoded);
                    let opened = match (is_object, is_file) {
                        (true, _) => {
                            damage.insert(0, Damage::LabelsMissing);
                            inside.der(decoded, Vec::new())
                        }
                        (false, true) => {
                            damage = vec![Damage::EncodedAgain];
                            inside.file(decoded)
                        }
                        (false, false) => {
                            damage = vec![Damage::EncodedAgain];
                            inside.text(&decoded, Vec::new())
                        }
                    };
                    match opened {
                        Ok(opened) => {
                            let objects = at_line(adopt(opened, damage), line);
                            return Ok(Encoded::Opened(objects));
                        }
                        Err(error) if error.is_a_limit() => return Err(error),
                        Err(error @ OpenError::PasswordNeeded { .. }) => return Err(error),
                        Err(OpenError::Der(error)) if is_object => {
                            failed = Some(EncodedObjectError::Der(error));
                        }
                        // Text that is no more than text.
                        Err(error) if !is_object && !is_file && error.is_something_else() => {
                            return Ok(Encoded::Opened(Vec::new()));
                        }
                        Err(error) => {
                            let error = EncodedObjectError::Bundle(Arc::new(error));
                            if !is_object && !is_file {
                                return Ok(Encoded::OwnCertificate(error));
                            }
                            failed = Some(error);
                        }
                    }
                }
            }
        }
        let Some((digits, content)) = hexadecimal(encoded) else {
            return Ok(Encoded::Unknown(failed));
        };
        let may_be_nothing = content != Content::Object && !is_file(&digits);
        let opened = self
            .inside(key_before(bytes, start))
            .and_then(|inside| inside.file(Slice::shared(digits)));
        match opened {
            Ok(opened) => {
                let objects = at_line(adopt(opened, vec![Damage::Hexadecimal]), line);
                Ok(Encoded::Opened(objects))
            }
            Err(error) if error.is_a_limit() => Err(error),
            Err(error @ OpenError::PasswordNeeded { .. }) => Err(error),
            Err(_) if may_be_nothing => Ok(Encoded::Unknown(failed)),
            Err(error) => Ok(Encoded::OwnCertificate(EncodedObjectError::Bundle(
                Arc::new(error),
            ))),
        }
    }
}

/// The result of a run of base64 or hexadecimal digits.
enum Encoded<'a> {
    /// Its objects; none where it is text without any.
    Opened(Vec<EncodedObject<'a>>),
    /// It is something of ours that cannot be read.
    OwnCertificate(EncodedObjectError),
    /// It is not known what it is.
    Unknown(Option<EncodedObjectError>),
}

/// Whether what is here is the text beside the bytes in a line of a dump.
fn is_in_dump(bytes: &[u8], at: usize) -> bool {
    /// A dump has more than that before the text beside it: offset and bytes.
    const LEAST: usize = 24;
    let before = bytes
        .get(at.saturating_sub(4 * LEAST)..at)
        .unwrap_or_default();
    let line = before
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let is_dump = |byte: &u8| {
        byte.is_ascii_hexdigit() || matches!(byte, b' ' | b'\t' | b':' | b'-' | b'|' | b'>' | b'*')
    };
    line.len() >= LEAST
        && line.iter().all(is_dump)
        && line.iter().filter(|byte| byte.is_ascii_hexdigit()).count() >= LEAST / 2
}

/// Whether decoded bytes are text.
fn is_text(bytes: &[u8]) -> bool {
    !bytes.is_empty() && std::str::from_utf8(bytes).is_ok_and(|text| !text.bytes().any(is_control))
}

/// Whether decoded bytes are a file of a kind that is worth opening: text with PEM label, an archive, a key store.
fn is_file(bytes: &[u8]) -> bool {
    text::foreign_binary(bytes).is_some_and(text::UnsupportedFormat::is_container)
        || bundle::tar::is(bytes)
        || text::from_utf32(bytes).is_some()
        || text::from_utf16(bytes).is_some()
        || memmem::find(bytes, b"-----BEGIN ").is_some()
        || begins_encoded(bytes)
        // Base64 of base64 of PEM.
        || bytes.starts_with(b"LS0tLS1CRUdJTi")
        || bytes.starts_with(b"MII") && is_base64(bytes)
}

/// Whether base64 begins like a SEQUENCE that holds another element, which is nothing that prose or other data does often.
fn resembles_object(encoded: &[u8]) -> bool {
    let mut head = [0; 6];
    let group = encoded.get(..8).unwrap_or_default();
    if body::decode_into(group, &mut head).is_none() {
        return false;
    }
    match head {
        [0x30, 0x82, _, _, 0x30 | 0x02 | 0x06, _]
        | [0x30, 0x81, _, 0x30 | 0x02 | 0x06, ..]
        | [0x30, 0x83, _, _, _, 0x30]
        | [0x30, 0x80, 0x06 | 0x02 | 0x30, ..]
        // Keys on curves are short.
        | [0x30, 0x20..0x80, 0x02, 1, 0..=2, _] => true,
        [0x30, outer @ 0x20..0x80, 0x30, inner, ..] => inner < outer,
        _ => false,
    }
}

/// The bytes that hexadecimal digits denote, and what they begin like; half a byte at the end is lost. `None` for other digits:
/// digests and moduli are of no use here.
fn hexadecimal(digits: &[u8]) -> Option<(Vec<u8>, Content)> {
    const PREFIXES: [&[u8]; 4] = [b"0x", b"0X", b"x", b"X"];
    let prefix = PREFIXES.iter().find(|prefix| digits.starts_with(prefix));
    let digits = digits.get(prefix.map_or(0, |prefix| prefix.len())..)?;
    let values: Vec<u32> = digits
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| char::from(*byte).to_digit(16))
        .collect::<Option<_>>()?;
    let pair = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    let bytes: Vec<u8> = values.chunks_exact(2).map(pair).collect::<Option<_>>()?;
    let content = Content::of(bytes.get(..Content::HEAD)?)?;
    // A short object shows by its whole length that it is one, be there fewer digits than a digest may have.
    let is_object =
        der::exactly_one(&bytes, Some(der::SEQUENCE)).is_ok() && bytes.len() >= OBJECT_LEAST;
    let is_long = digits.len() >= DATA_LEAST;
    let begins =
        bytes.starts_with(&[der::SEQUENCE]) && bytes.get(1).is_some_and(|length| *length >= 0x80);
    let is_sure = begins || !bytes.starts_with(&[der::SEQUENCE]) || resembles_der(&bytes);
    (is_object || is_long && is_sure).then_some((bytes, content))
}

/// Whether one long word of base64 among other text holds unidentified binary data, judging by its characters:
/// damaged base64 need not decode. What a key calls a signature or a digest, pictures, tokens and addresses are known to be
/// nothing of ours.
fn is_unknown_data(bytes: &[u8], run: &Run) -> bool {
    /// How SSH's public keys begin: the length of the algorithm's name, and the name.
    const SSH: [&[u8]; 3] = [b"AAAAB3NzaC1", b"AAAAC3NzaC1", b"AAAAE2VjZHNh"];
    let word = bytes.get(run.start..run.end).unwrap_or_default();
    if word.len() < DATA_LEAST || !is_dense(word) || word.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    let (before, behind) = (
        bytes.get(..run.start).unwrap_or_default(),
        bytes.get(run.end..).unwrap_or_default(),
    );
    // A web token (RFC 7519) has parts, of which the first two are JSON.
    let is_token = before.ends_with(b".") || behind.starts_with(b".") || word.starts_with(b"eyJ");
    let is_ssh = SSH.iter().any(|begin| word.starts_with(begin));
    if is_token || is_ssh || is_in_address(before) || is_in_media(before) {
        return false;
    }
    !has_known_name(bytes, run)
}

/// Whether the name of a value, if it has one, says that it is nothing of ours.
fn has_known_name(bytes: &[u8], run: &Run) -> bool {
    key_before(bytes, run.start).is_some_and(|name| is_known_name(&name))
}

/// Whether a name is that of binary data which is nothing of ours.
pub(super) fn is_known_name(name: &str) -> bool {
    /// What the names of values have that hold binary data which is not a certificate, CRL, request or key.
    const KNOWN: [&str; 5] = ["signature", "digest", "cipher", "nonce", "modulus"];
    /// The members of a JSON web key that are numbers (RFC 7518 section 6) are among these.
    const KNOWN_WORDS: [&str; 12] = [
        "hash", "mac", "salt", "token", "sig", "sha1", "sha256", "sha384", "sha512", "n", "x", "y",
    ];
    /// What they have where that is not so.
    const OURS: [&str; 5] = ["cert", "crt", "key", "crl", "x509"];
    let name = name.to_ascii_lowercase();
    let is_known = KNOWN.iter().any(|known| name.contains(known))
        || name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| KNOWN_WORDS.contains(&word));
    is_known && !OURS.iter().any(|ours| name.contains(ours))
}

/// Whether the characters of a word are spread as in base64: paths, identifiers and rows of zeros are not.
fn is_dense(word: &[u8]) -> bool {
    let share = |kind: fn(&u8) -> bool, least: usize| {
        let found = word.iter().filter(|byte| kind(byte)).count();
        found * 100 >= word.len() * least
    };
    // Of random base64 40, 40 and 16 in a hundred.
    share(u8::is_ascii_uppercase, 12)
        && share(u8::is_ascii_lowercase, 12)
        && share(u8::is_ascii_digit, 3)
}

/// The last word before something: back to white space or a quotation mark.
fn word_before(before: &[u8]) -> &[u8] {
    /// Far enough back for the begin of an address.
    const LOOK: usize = 300;
    let look = before
        .get(before.len().saturating_sub(LOOK)..)
        .unwrap_or(before);
    let is_end =
        |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>');
    let start = look.iter().rposition(is_end).map_or(0, |at| at + 1);
    look.get(start..).unwrap_or(look)
}

/// Whether what follows is in the address of a web page.
fn is_in_address(before: &[u8]) -> bool {
    memmem::find(word_before(before), b"://").is_some()
}

/// Whether what follows is a picture, a font or a sound.
fn is_in_media(before: &[u8]) -> bool {
    const KINDS: [&[u8]; 4] = [
        b"data:image/",
        b"data:font/",
        b"data:audio/",
        b"data:video/",
    ];
    let word = word_before(before);
    word.ends_with(b";base64,") && KINDS.iter().any(|kind| memmem::find(word, kind).is_some())
}

/// Whether base64 has its lines to itself and is no digest in hexadecimal: no prose looks like that.
fn is_alone(bytes: &[u8], run: &Run) -> bool {
    let (Some(before), Some(word), Some(behind)) = (
        bytes.get(..run.start),
        bytes.get(run.start..run.end),
        bytes.get(run.end..),
    ) else {
        return false;
    };
    let is_gap = |byte: &u8| matches!(byte, b' ' | b'\t' | b'>' | b'|');
    let begins = before.iter().rev().find(|byte| !is_gap(byte));
    let ends = behind.iter().find(|byte| !is_gap(byte));
    let is_end = |byte: Option<&u8>| matches!(byte, None | Some(b'\n' | b'\r'));
    let is_hexadecimal = word
        .iter()
        .all(|byte| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace());
    is_end(begins) && is_end(ends) && word.len() >= BLOCK_LEAST && !is_hexadecimal
}

/// Whether text has what looks like a BEGIN or END line and was not read as one: dashes, what is in it, and the word or what is left
/// of it, or as many dashes as it has around it. Headings have other words and more dashes, and boundaries of mails name what
/// a mail holds.
fn resembles_pem_lines(bytes: &[u8]) -> bool {
    const WORDS: [&[u8]; 5] = [
        b"CERTIFICATE",
        b"PRIVATE KEY",
        b"X509 CRL",
        b"PKCS7",
        b"PKCS12",
    ];
    const BEGIN: &[u8] = b"BEGIN";
    /// What is left of the words where there is something between their letters.
    const PARTS: [&[u8]; 6] = [b"BEGIN", b"B EGIN", b"BE GIN", b"BEG IN", b"END", b"EN D"];
    // With a letter lost, changed, doubled or in the wrong place.
    let is_like_begin = |word: &[u8]| {
        let has = |letter: &&u8| word.contains(letter);
        let letters = BEGIN.iter().filter(has).count();
        let least = word.len().saturating_sub(1).max(BEGIN.len() - 1);
        word.len() <= BEGIN.len() + 1 && letters >= least.min(BEGIN.len())
    };
    let has_beginning = |label: &[u8]| {
        let mut words = label.split(|byte| !byte.is_ascii_alphanumeric());
        let has = |part: &[u8]| memmem::find(label, part).is_some();
        words.any(is_like_begin) || PARTS.into_iter().any(has)
    };
    let is_marked = |line: &[u8], word: &[u8]| {
        let Some(at) = memmem::find(line, word) else {
            return false;
        };
        let (before, behind) = line.split_at_checked(at).unwrap_or_default();
        let behind = behind.get(word.len()..).unwrap_or_default();
        // A label that has lost its word.
        let is_label = before.ends_with(b"-----")
            && !before.ends_with(b"------")
            && behind.starts_with(b"-----")
            && !behind.starts_with(b"------");
        has_beginning(before) || is_label
    };
    let line_has = |line: &[u8]| {
        let dashes = line.iter().filter(|byte| **byte == b'-').count();
        let upper = line.to_ascii_uppercase();
        dashes >= 6 && WORDS.iter().any(|word| is_marked(&upper, word))
    };
    bytes
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter(|line| line.len() <= 256)
        .any(line_has)
}

fn is_blank(byte: u8) -> bool {
    // Control-Z ends a file of DOS; zero bytes fill up blocks.
    byte.is_ascii_whitespace() || matches!(byte, 0 | 0x1a | 0x0b)
}

fn is_mostly_ascii(bytes: &[u8]) -> bool {
    let others = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    others * 4 <= bytes.len()
}

/// Binary data while it is looked through.
struct Binary<'a, 'p> {
    part: &'p Slice<'a>,
    place: Place,
    lines: Lines<'p>,
    at: usize,
    /// Where the next control character is, as far as it was looked for.
    control: usize,
    /// Where bytes begin that were not understood so far.
    unknown: Option<usize>,
    attempts: usize,
}

impl Binary<'_, '_> {
    /// Whether an object is the public key within one that is cut short, of which what was not understood is the beginning.
    fn is_key_of_cut(&self, rest: &[u8]) -> bool {
        let unknown = self
            .unknown
            .and_then(|from| self.part.as_slice().get(from..));
        let is_cut = unknown.is_some_and(|unknown| {
            matches!(unknown, [der::SEQUENCE, 0x81..=0x84, ..])
                && matches!(der::first(unknown), Err(super::DerError::Truncated { .. }))
        });
        is_cut && der::first(rest).is_ok_and(|(object, _)| is_public_key(object))
    }

    /// How many bytes from here on are before the next control character; each byte is looked at once.
    fn before_control(&mut self) -> usize {
        if self.control <= self.at {
            let bytes = self.part.as_slice();
            let rest = bytes.get(self.at..).unwrap_or_default();
            let length = rest.iter().position(|byte| is_control(*byte));
            self.control = self.at + length.unwrap_or(rest.len());
        }
        self.control - self.at
    }
}

/// Counts lines forward through a part of an input, each byte once.
struct Lines<'b> {
    bytes: &'b [u8],
    counted: usize,
    line: u32,
}

impl<'b> Lines<'b> {
    fn of(bytes: &'b [u8], first: Option<u32>) -> Lines<'b> {
        Lines {
            bytes,
            // The position of a part is that of its first line that is not blank.
            counted: bytes.len() - bytes.trim_ascii_start().len(),
            line: first.unwrap_or(1),
        }
    }

    /// The line of an offset that is not before the last one asked for.
    fn line(&mut self, at: usize) -> u32 {
        if let Some(passed) = self.bytes.get(self.counted..at) {
            let feeds = memchr::memchr_iter(b'\n', passed).count();
            self.line = self
                .line
                .saturating_add(u32::try_from(feeds).unwrap_or(u32::MAX));
            self.counted = at;
        }
        self.line
    }
}

/// Whether binary data begins like a whole object: a SEQUENCE of some length that holds another element.
pub(super) fn resembles_der(bytes: &[u8]) -> bool {
    der::first(bytes).is_ok_and(|(object, _)| {
        let inside = der::Walk::over(object).enter(der::SEQUENCE);
        object.len() >= OBJECT_LEAST
            && inside.is_ok_and(|inside| matches!(inside.peek(), Some(der::SEQUENCE | 0x02 | 0x06)))
    })
}

/// How many bytes of text the bytes begin with, of those before a control character: before something binary whose first bytes look
/// like text.
fn text_length(bytes: &[u8], length: usize) -> usize {
    let (text, behind) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
    let is_object = |at: &usize| {
        let rest = bytes.get(*at..).unwrap_or_default();
        matches!(rest, [_, 0x80, 0x02 | 0x06, ..])
            || matches!(rest, [_, 0x81..=0x84, ..]) && resembles_der(rest)
    };
    if let Some(at) = memchr::memchr_iter(der::SEQUENCE, text).find(is_object) {
        return at;
    }
    if let Some(before) = text.strip_suffix(b"PK")
        && behind.starts_with(b"\x03\x04")
    {
        return before.len();
    }
    // Keys on curves are short: their first bytes are text up to the version, or the algorithm in its SEQUENCE.
    let short = (2..=4).filter_map(|count| length.checked_sub(count));
    let mut short = short.filter(|at| bytes.get(*at..).is_some_and(is_short_object));
    if let Some(at) = short.next() {
        return at;
    }
    // UTF-16 begins with a letter that is text by itself, and after a mark that may be.
    let begins_wide = |at: &usize| {
        let order = bytes.get(*at..).and_then(text::begins_wide);
        order.is_some_and(|order| order == ByteOrder::LittleEndian || *at == length)
    };
    let wide = [length.checked_sub(1), Some(length)];
    match wide.into_iter().flatten().find(begins_wide) {
        Some(at) => {
            let before = bytes.get(..at).unwrap_or_default();
            let marks: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
            let unmarked = marks.iter().find_map(|mark| before.strip_suffix(*mark));
            unmarked.map_or(at, <[u8]>::len)
        }
        None => length,
    }
}

/// Whether binary data begins with a whole object of less than 128 bytes, which only keys on curves are.
fn is_short_object(bytes: &[u8]) -> bool {
    matches!(bytes, [der::SEQUENCE, 0x20..=0x7f, ..])
        && notation::is_object_head(bytes)
        && resembles_der(bytes)
        && der::first(bytes).is_ok_and(|(object, _)| der::is_sound(object))
}

/// Whether an object is a public key and nothing else: an algorithm and a BIT STRING, or the two numbers of RSA.
fn is_public_key(object: &[u8]) -> bool {
    const BIT_STRING: u8 = 0x03;
    const INTEGER: u8 = 0x02;
    let has = |first: u8, second: u8| {
        let mut inside = der::Walk::over(object).enter(der::SEQUENCE)?;
        inside.expect(first)?;
        inside.expect(second)?;
        Ok::<_, super::DerError>(inside.is_done())
    };
    has(der::SEQUENCE, BIT_STRING).unwrap_or(false) || has(INTEGER, INTEGER).unwrap_or(false)
}

/// Text whose BEGIN lines are hidden by an encoding, decoded: as for URLs, in JSON, or in XML.
fn unescaped(bytes: &[u8]) -> Option<(Vec<u8>, Damage)> {
    /// How often text is encoded as for a URL; twice is what a proxy does to what an application did.
    const ROUNDS: usize = 3;
    let has = |needle: &[u8]| memmem::find(bytes, needle).is_some();
    if !(has(b"BEGIN") || has(b"begin") || has(b"END")) {
        return None;
    }
    let mut text = bytes.to_vec();
    let is_form = has(b"BEGIN+") || has(b"begin+");
    for _ in 0..ROUNDS {
        let mut plain = Vec::with_capacity(text.len());
        let mut rest = text.as_slice();
        while let Some(&byte) = rest.first() {
            let (length, character) = match body::written_as_number(rest) {
                Some((character, length)) => (length, Some(character)),
                None if byte == b'+' && is_form => (1, Some(' ')),
                None => (1, None),
            };
            match character {
                Some(character) => {
                    plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                None => plain.push(byte),
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        if plain == text {
            return None;
        }
        let has_pem_lines = |scan: pem_lines::Scan| {
            !scan.sections.is_empty() || scan.gaps.iter().any(|gap| gap.orphan)
        };
        if pem_lines::scan(&plain, 1).is_ok_and(has_pem_lines) {
            let url = has(b"%2") || has(b"%0") || is_form;
            let damage = if url {
                Damage::UrlEncoded
            } else {
                Damage::Escapes
            };
            return Some((plain, damage));
        }
        text = plain;
    }
    None
}

/// The name of the value that begins at `at`: `key: value`, `"key": "value"`, `<tag>value`, `key=value`.
fn key_before(bytes: &[u8], at: usize) -> Option<String> {
    /// Far enough back for any key that a person would recognise.
    const LOOK: usize = 160;
    let before = bytes.get(at.saturating_sub(LOOK)..at)?;
    let before = before.trim_ascii_end();
    // A block of YAML: `key: |` on the line before.
    let before = before
        .strip_suffix(b"|-")
        .or_else(|| before.strip_suffix(b">-"))
        .or_else(|| before.strip_suffix(b"|"))
        .or_else(|| before.strip_suffix(b"!!binary"))
        .unwrap_or(before)
        .trim_ascii_end();
    let is_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    if let Some(tag) = before.strip_suffix(b">") {
        let start = tag.iter().rposition(|byte| *byte == b'<')?;
        let name: Vec<u8> = tag
            .get(start + 1..)?
            .iter()
            .copied()
            .take_while(|byte| is_name(byte))
            .collect();
        return String::from_utf8(name).ok().filter(|name| !name.is_empty());
    }
    let quotes: &[u8] = b"\"'[\\ ";
    let mut rest = before;
    while let Some((last, shorter)) = rest.split_last()
        && (quotes.contains(last) || last.is_ascii_whitespace())
    {
        rest = shorter;
    }
    let rest = rest
        .strip_suffix(b":")
        .or_else(|| rest.strip_suffix(b"="))?;
    let mut rest = rest;
    while let Some((last, shorter)) = rest.split_last()
        && (quotes.contains(last) || last.is_ascii_whitespace())
    {
        rest = shorter;
    }
    let start = rest
        .iter()
        .rposition(|byte| !is_name(byte))
        .map_or(0, |at| at + 1);
    let name = rest.get(start..)?;
    String::from_utf8(name.to_vec())
        .ok()
        .filter(|name| !name.is_empty())
}

/// Words of base64 that belong together.
struct Run {
    start: usize,
    end: usize,
    /// Where it ends without its last word; the start where it has one only.
    before_last: usize,
    /// The first word, and where the second one begins, where there is one.
    first: Option<(Range<usize>, usize)>,
    lines: usize,
}

impl Run {
    /// The next run from `from` on.
    fn next(bytes: &[u8], from: usize) -> Option<Run> {
        let mut at = from;
        // Up to where it is known that no base64 for URLs begins.
        let mut looked = from;
        let least = loop {
            let rest = bytes.get(at..)?;
            let first = rest.first()?;
            if at >= looked && is_url_character(first) {
                let (length, is_run) = url_length(rest);
                if is_run {
                    let end = at + length;
                    let padding = rest.get(length..).unwrap_or_default();
                    let padding = padding.iter().take_while(|byte| **byte == b'=').count();
                    return Some(Run {
                        start: at,
                        end: end + padding,
                        before_last: at,
                        first: None,
                        lines: 1,
                    });
                }
                looked = at + length.max(1);
            }
            let blank = separator_length(rest);
            if blank > 0 {
                at += blank;
                continue;
            }
            if !(is_base64_character(first) || matches!(first, b'\\' | b'%' | b'&')) {
                at += 1;
                continue;
            }
            let length = word_length(rest);
            let narrow = || (length < WORD_LIMIT).then(|| narrow_width(rest)).flatten();
            if length >= WORD_LIMIT {
                break WORD_LIMIT;
            }
            if let Some(width) = narrow() {
                break width;
            }
            at += length.max(1);
        };
        let is_more = |word: usize| match least {
            WORD_LIMIT => word >= WORD_LIMIT,
            width => word == width,
        };
        let mut run = Run {
            start: at,
            end: at,
            before_last: at,
            first: None,
            lines: 0,
        };
        let mut next = at;
        loop {
            let length = word_length(bytes.get(next..)?);
            run.before_last = run.end;
            run.end = next + length;
            run.lines += 1;
            let rest = bytes.get(run.end..)?;
            // Padding is the end.
            let padding = rest.iter().take_while(|byte| **byte == b'=').count();
            if padding > 0 {
                run.end += padding;
                return Some(run);
            }
            let gap = separator_length(rest);
            let ahead = bytes.get(run.end + gap..)?;
            let word = word_length(ahead);
            let behind = ahead.get(word..)?;
            let ends_line = separator_length(behind) > 0
                || matches!(
                    behind.first(),
                    None | Some(b'=' | b'"' | b'\'' | b'<' | b'\\')
                );
            let is_last = is_more(length) && ends_line && (least == WORD_LIMIT || word < least);
            if gap == 0 || word == 0 || !(is_more(word) || is_last) {
                return Some(run);
            }
            next = run.end + gap;
            run.first.get_or_insert((run.start..run.end, next));
        }
    }
}

/// How long the words that begin here are, where they are base64 in lines shorter than [`WORD_LIMIT`]: words of the same
/// length, of which the first is the beginning of an object or of PEM; or so many of them that they are no accident, with
/// characters that identifiers do not have.
fn narrow_width(bytes: &[u8]) -> Option<usize> {
    // Nearly all words are shorter.
    let head = bytes.get(..NARROW_LEAST)?;
    if !head.iter().all(is_base64_character) {
        return None;
    }
    // An M is the beginning of a SEQUENCE.
    let is_ours =
        bytes.starts_with(b"M") && resembles_object(bytes) || bytes.starts_with(b"LS0tLS1C");
    let least = if is_ours { NARROW_LEAST } else { NARROW_BLOCK };
    let (enough, lines) = if is_ours {
        (BLOCK_LEAST, 1)
    } else {
        (DATA_LEAST, BLOCK_LINES)
    };
    let width = bytes
        .iter()
        .take(WORD_LIMIT)
        .take_while(|byte| is_base64_character(byte))
        .count();
    if !(least..WORD_LIMIT).contains(&width) {
        return None;
    }
    let mut block = bytes.get(..width)?.to_vec();
    let (mut at, mut count) = (width, 1);
    while block.len() < enough {
        let rest = bytes.get(at..)?;
        let gap = separator_length(rest);
        let word = rest.get(gap..)?.iter().take(width + 1);
        let word: Vec<u8> = word.copied().take_while(is_base64_character).collect();
        if gap == 0 || word.is_empty() || word.len() > width {
            return None;
        }
        at += gap + word.len();
        count += usize::from(word.len() == width);
        block.extend(&word);
        // A shorter one is the last one.
        if word.len() < width {
            break;
        }
    }
    let has_signs = || block.iter().any(|byte| matches!(byte, b'+' | b'/')) && is_dense(&block);
    (block.len() >= enough && count >= lines && (is_ours || has_signs())).then_some(width)
}

fn is_url_character(byte: &u8) -> bool {
    is_base64_character(byte) || matches!(byte, b'-' | b'_')
}

/// How long a word of base64 is in which `-` and `_` replace two of the characters, or are damage, and whether it is
/// one. Where it is not, the length is how much was examined.
fn url_length(bytes: &[u8]) -> (usize, bool) {
    /// This many characters show it.
    const LOOK: usize = 512;
    let length = |bytes: &[u8]| {
        bytes
            .iter()
            .take_while(|byte| is_url_character(byte))
            .count()
    };
    let head = bytes.get(..LOOK).unwrap_or(bytes);
    let looked = length(head);
    let word = head.get(..looked).unwrap_or_default();
    let is_mark = |byte: &&u8| matches!(byte, b'-' | b'_');
    let marks = word.iter().filter(is_mark).count();
    // Rulers and word lists have more; random data has three in a hundred.
    let is_run = looked >= DATA_LEAST && marks > 0 && marks * 10 <= looked && is_dense(word);
    match is_run {
        true => (length(bytes), true),
        false => (looked, false),
    }
}

fn is_base64_character(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// How many bytes of base64 characters the bytes begin with, written plainly or as numbers.
fn word_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        if is_base64_character(byte) {
            length += 1;
            continue;
        }
        match bytes.get(length..).and_then(body::written_as_number) {
            Some(('+' | '/' | '=', width)) => length += width,
            _ => break,
        }
    }
    length
}

/// How many bytes of line ends, white space and marks of a mail reply the bytes begin with, plain or escaped.
fn separator_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    while let Some(&byte) = bytes.get(length) {
        let rest = bytes.get(length..).unwrap_or_default();
        let width = match rest {
            [b'\\', ..] => {
                let slashes = rest
                    .iter()
                    .take(8)
                    .take_while(|byte| **byte == b'\\')
                    .count();
                match rest.get(slashes) {
                    Some(b'n' | b'r' | b't') => slashes + 1,
                    // A line that goes on in the next one.
                    Some(b'\n' | b'\r') => slashes,
                    _ => break,
                }
            }
            [b'&' | b'%', ..] => match body::written_as_number(rest) {
                Some((character, width)) if character.is_ascii_whitespace() => width,
                _ => break,
            },
            _ if byte.is_ascii_whitespace() || (length > 0 && matches!(byte, b'>' | b'|')) => 1,
            _ => break,
        };
        length += width;
    }
    length
}
