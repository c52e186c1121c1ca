//! The way from bytes to objects, once it is known whether they are text or binary.

use std::sync::Arc;

use super::bundle::{pkcs7, pkcs12};
use super::bytes::Slice;
use super::der::Shape;
use super::encoded_object::{About, Claim};
use super::limits::{Limits, deeper};
use super::{
    Container, Damage, DerError, EncodedObject, EncodedObjectError, Label, LeftOut, OpenError,
    Opened, PKCS12_LABEL, Password, UnsupportedFormat, ber, body, bundle, der, pem_lines, stray,
    text,
};
use crate::input::Source;

/// What every step of opening one input needs.
#[derive(Clone)]
pub(super) struct Opening<'o> {
    pub(super) about: Arc<About>,
    pub(super) password: Option<&'o Password>,
    pub(super) limits: &'o Limits,
    /// How many layers enclose the bytes.
    pub(super) depth: usize,
    /// The number of the first line, where the bytes are a part of a text.
    pub(super) first_line: u32,
    /// The bytes are outside the texts and files of a mail: header fields, tags. Long data there belongs to programs,
    /// unless it looks like something of ours.
    pub(super) is_beside: bool,
    /// How many pages stand around the bytes: a text with tags is read twice, as it is and as a page.
    pub(super) pages: usize,
    /// What is between the objects of a text is read as pages of its own: as a page, the whole text shows less than it
    /// does as it is.
    pub(super) has_pages: bool,
}

/// How many pages are read within each other: a page, and one that is shown in it as text.
const PAGES_LIMIT: usize = 2;

impl<'o> Opening<'o> {
    /// For what is encoded once more within the same file, or in a file of that name in it.
    pub(super) fn inside(&self, name: Option<String>) -> Result<Opening<'o>, OpenError> {
        let about = match name {
            None => Arc::clone(&self.about),
            Some(name) => Arc::new(About {
                source: Arc::new(Source::member(&self.about.source, &name)),
                work: Arc::clone(&self.about.work),
            }),
        };
        Ok(Opening {
            about,
            depth: deeper(self.depth)?,
            first_line: 1,
            has_pages: false,
            ..self.clone()
        })
    }

    /// Says that nothing was recognised in the file that this is for.
    pub(super) fn leave_out(&self, error: OpenError) {
        self.limits.leave_out(LeftOut {
            source: Arc::clone(&self.about.source),
            error,
        });
    }

    /// Opens one file, whatever it is.
    pub(super) fn file<'a>(&self, bytes: Slice<'a>) -> Result<Opened<'a>, OpenError> {
        let all = bytes.as_slice();
        match text::foreign_binary(all) {
            Some(UnsupportedFormat::Zip) => return bundle::zip::open(all, self),
            Some(UnsupportedFormat::Gzip) => return bundle::gzip::open(all, self),
            Some(UnsupportedFormat::RichText) => return bundle::rtf::open(all, self),
            Some(UnsupportedFormat::OutlookOrWord) => return bundle::ole::open(all, self),
            Some(UnsupportedFormat::JavaKeystore | UnsupportedFormat::JavaCryptoKeystore) => {
                return bundle::java::open(&bytes, self);
            }
            Some(foreign) => return Err(OpenError::UnsupportedFormat(foreign)),
            None => {}
        }
        if bundle::tar::is(all) {
            return bundle::tar::open(all, self);
        }
        if let Some((repaired, damage)) = text::from_utf32(all).or_else(|| text::from_utf16(all)) {
            return self.text(&Slice::shared(repaired), vec![damage]);
        }
        if text::begins_wide(all).is_some() {
            return self.mixed(&bytes, Vec::new());
        }
        if let Some(rest) = all.strip_prefix(b"\xef\xbb\xbf") {
            let rest = bytes.part(all.len() - rest.len(), rest.len());
            return self.text(&rest, vec![Damage::ByteOrderMark]);
        }
        // 0x30 is also the digit 0; a length of 0x80 and above is no ASCII.
        match all {
            [der::SEQUENCE, length, ..] if !length.is_ascii() => self.der(bytes, Vec::new()),
            [der::SEQUENCE, ..] if !text::begins_like_text(all) => self.der(bytes, Vec::new()),
            _ => self.text(&bytes, Vec::new()),
        }
    }

    pub(super) fn text<'a>(
        &self,
        text: &Slice<'a>,
        mut damage: Vec<Damage>,
    ) -> Result<Opened<'a>, OpenError> {
        let left_out = self.limits.left_out();
        if !self.is_beside && bundle::mail::is(text.as_slice()) {
            // What only begins like a mail, or is a damaged one, is text.
            match bundle::mail::open(text.as_slice(), self) {
                Ok(mut opened) if opened.objects.iter().any(|object| !object.is_broken()) => {
                    opened.damage.splice(0..0, damage);
                    return Ok(opened);
                }
                Err(error @ OpenError::PasswordNeeded { .. }) => return Err(error),
                Err(error) if error.is_a_limit() => return Err(error),
                answer => {
                    let scan = pem_lines::scan(text.as_slice(), self.first_line)?;
                    if scan.sections.is_empty() {
                        return answer;
                    }
                }
            }
            self.limits.left_out_after(left_out);
        }
        let plain = self.plain_text(text, damage.clone());
        if !self.may_be_page(text.as_slice()) {
            return plain;
        }
        let read = self.limits.left_out_after(left_out);
        let page = self.page(text.as_slice());
        let counted = |opened: &Opened<'_>| Counted::of(&opened.objects);
        let as_page = page.as_ref().map(counted).ok();
        let is_better = match (&plain, as_page) {
            (_, None) => false,
            (Ok(plain), Some(page)) => page.is_more_than(counted(plain)),
            (Err(error), Some(page)) => {
                page.read > 0 || error.is_something_else() && page.unread > 0
            }
        };
        match page {
            Ok(mut page) if is_better => {
                damage.append(&mut page.damage);
                page.damage = damage;
                return Ok(page);
            }
            Err(error @ OpenError::PasswordNeeded { .. }) if plain.is_err() => return Err(error),
            _ => {}
        }
        self.limits.left_out_after(left_out);
        let read_as_page = as_page.map_or(0, |page| page.read);
        if plain
            .as_ref()
            .is_ok_and(|plain| counted(plain).read > read_as_page)
        {
            let parted = Opening {
                has_pages: true,
                ..self.clone()
            };
            return parted.plain_text(text, damage);
        }
        read.into_iter().for_each(|one| self.limits.leave_out(one));
        plain
    }

    /// Whether a text is read as a page too.
    pub(super) fn may_be_page(&self, text: &[u8]) -> bool {
        !self.is_beside
            && self.pages < PAGES_LIMIT
            && (may_have_tags(text) || bundle::rtf::is_part(text))
    }

    /// Reads a text as the source of a page or of a document.
    fn page<'a>(&self, text: &[u8]) -> Result<Opened<'a>, OpenError> {
        let within = Opening {
            pages: self.pages + 1,
            has_pages: false,
            ..self.clone()
        };
        match may_have_tags(text) {
            true => bundle::office::page(text, &within),
            false => bundle::rtf::open(text, &within),
        }
    }

    /// Of a part of a text, what was read of it as it is, or as a page where that is more; and what is damaged in the page, where
    /// nothing else says so.
    pub(super) fn or_page<'a>(
        &self,
        part: &[u8],
        line: u32,
        mut plain: Vec<EncodedObject<'a>>,
    ) -> Vec<EncodedObject<'a>> {
        let left_out = self.limits.left_out();
        let as_it_is = Counted::of(&plain);
        match self.page(part) {
            Ok(page) if Counted::of(&page.objects).is_more_than(as_it_is) => {
                at_line(adopt(page, Vec::new()), line)
            }
            Ok(page) if as_it_is.damaged == 0 => {
                self.limits.left_out_after(left_out);
                let mut damaged = page.objects;
                damaged.retain(|object| !object.is_of_unknown_kind() && object.decode().is_err());
                plain.extend(at_line(damaged, line));
                plain
            }
            _ => {
                self.limits.left_out_after(left_out);
                plain
            }
        }
    }

    /// Text as it is, without a look at tags in it.
    fn plain_text<'a>(
        &self,
        text: &Slice<'a>,
        mut damage: Vec<Damage>,
    ) -> Result<Opened<'a>, OpenError> {
        let scan = pem_lines::scan(text.as_slice(), self.first_line)?;
        if scan.sections.is_empty() {
            let orphan = scan.gaps.iter().any(|gap| gap.orphan);
            return self.without_pem_lines(text, damage, orphan);
        }
        self.limits.objects(scan.sections.len())?;
        let mut objects = Vec::with_capacity(scan.sections.len());
        let mut gaps = scan.gaps.iter().peekable();
        let (mut parameters, mut signatures) = (0, 0);
        for (number, section) in scan.sections.iter().enumerate() {
            while let Some(gap) = gaps.next_if(|gap| gap.before <= number) {
                objects.append(&mut self.gap(text, gap)?);
            }
            let object = EncodedObject::in_pem(&self.about, text, section);
            // Servers keep DH parameters in the certificate's file, and `openssl ecparam -genkey` writes the curve before
            // the key. DH parameters are two numbers, as an RSA public key is, and must not be mistaken for one.
            if object.is_parameters() {
                parameters += 1;
                continue;
            }
            // What it signs is around it.
            if object.is_pgp_signature() {
                signatures += 1;
                continue;
            }
            match self.inside_pem(&object, section.line, &mut damage) {
                Some(mut members) => objects.append(&mut members),
                None => objects.push(object),
            }
        }
        for gap in gaps {
            objects.append(&mut self.gap(text, gap)?);
        }
        if objects.is_empty() && parameters + signatures == scan.sections.len() {
            return Err(OpenError::UnsupportedFormat(match signatures {
                0 => UnsupportedFormat::Parameters,
                _ => UnsupportedFormat::PgpSignature,
            }));
        }
        Ok(Opened {
            container: Container::Pem,
            damage,
            objects,
            stray_text: scan.stray,
            left_out: Vec::new(),
        })
    }

    fn gap<'a>(
        &self,
        text: &Slice<'a>,
        gap: &pem_lines::Gap,
    ) -> Result<Vec<EncodedObject<'a>>, OpenError> {
        let bytes = text.as_slice().get(gap.start..gap.end).unwrap_or_default();
        let place = stray::Place {
            offset: gap.start,
            line: Some(gap.line),
            orphan: gap.orphan,
            scanned: true,
            is_page: self.has_pages && self.may_be_page(bytes),
        };
        if !place.orphan && !place.is_page && stray::is_prose(bytes) {
            return Ok(Vec::new());
        }
        let part = text.part(gap.start, bytes.len());
        self.leftover(&part, place)
    }

    /// Opens a PEM block that holds more than one object, whatever its label; `None` where it holds one, or the block is
    /// damaged.
    fn inside_pem<'a>(
        &self,
        object: &EncodedObject<'a>,
        line: u32,
        damage: &mut Vec<Damage>,
    ) -> Option<Vec<EncodedObject<'a>>> {
        let label = object.label()?;
        let pkcs12 = matches!(&label, Label::Other(written) if written == PKCS12_LABEL);
        let claims = label == Label::Pkcs7 || pkcs12;
        // Most are one object in clean base64, and a look at its first bytes shows that.
        let (mut shape, mut again) = (Shape::Object, false);
        let looked = object.peek();
        if let Some(head) = &looked {
            shape = der::shape(head.as_slice());
            again = stray::begins_encoded(head.as_slice());
            if shape == Shape::Object && !again && !claims {
                return None;
            }
        }
        let blob = object.decode().ok();
        if looked.is_none()
            && let Some(blob) = &blob
        {
            shape = der::shape(&blob.bytes);
        }
        let Some(blob) = blob else {
            // What is no DER may be text once more.
            let bytes = object.undecided()?;
            if !(again || stray::begins_encoded(&bytes)) {
                return None;
            }
            let opened = self
                .inside(None)
                .and_then(|inside| inside.file(Slice::shared(bytes)));
            return Some(match opened {
                Ok(opened) => at_line(adopt(opened, vec![Damage::EncodedAgain]), line),
                Err(error) => {
                    let error = EncodedObjectError::Bundle(Arc::new(error));
                    vec![EncodedObject::broken(&self.about, error).at(line, 0)]
                }
            });
        };
        if shape == Shape::Object {
            // The label promises a bundle, and one object is there.
            return None;
        }
        damage.extend(blob.damage.iter().cloned());
        let promised = if pkcs12 { Shape::Pkcs12 } else { Shape::Pkcs7 };
        if !claims || promised != shape {
            damage.push(match shape {
                Shape::Pkcs12 => Damage::Pkcs12Mislabelled,
                _ => Damage::BundleMislabelled,
            });
        }
        let members = self
            .members(&Slice::shared(blob.bytes.to_vec()), shape, damage)
            .unwrap_or_else(|error| {
                vec![EncodedObject::broken(
                    &self.about,
                    EncodedObjectError::Bundle(Arc::new(error)),
                )]
            });
        Some(at_line(members, line))
    }

    /// Text without BEGIN and END lines, or binary data that begins with neither DER nor anything known.
    fn without_pem_lines<'a>(
        &self,
        whole: &Slice<'a>,
        mut damage: Vec<Damage>,
        orphan: bool,
    ) -> Result<Opened<'a>, OpenError> {
        let text = whole.as_slice().trim_ascii();
        let &first = text.first().ok_or(OpenError::Empty)?;
        let is_text = text::begins_like_text(text);
        let mut failed = None;
        if is_text {
            let (base64, missing) = match pem_lines::without_end(text) {
                Some(base64) => (base64, Damage::BeginMissing),
                None => (text, Damage::LabelsMissing),
            };
            // "MI" is 0x30 0x82 or near it, in base64.
            let is_object = text.starts_with(b"M");
            if is_object {
                match body::careful(base64, 1, 1).and_then(|body| self.is_one(body)) {
                    Ok(mut body) => {
                        damage.push(missing);
                        damage.append(&mut body.damage);
                        let bytes = std::mem::take(&mut *body.bytes);
                        return self.der(Slice::shared(bytes), damage);
                    }
                    Err(error) => failed = Some(error),
                }
            }
        }
        let place = stray::Place {
            offset: 0,
            line: Some(self.first_line),
            orphan,
            scanned: true,
            is_page: self.has_pages && self.may_be_page(text),
        };
        let objects = self.leftover(whole, place)?;
        if objects.iter().any(|object| !object.is_broken()) {
            return Ok(self.found(objects, damage));
        }
        if !is_text {
            return Err(OpenError::NotDer { found: first });
        }
        if let Some(foreign) = text::foreign_text(text) {
            return Err(OpenError::UnsupportedFormat(foreign));
        }
        match failed {
            Some(error) if text.starts_with(b"MI") && stray::is_base64(text) => {
                Err(OpenError::BareBase64(error))
            }
            _ => Err(
                match objects
                    .into_iter()
                    .next()
                    .and_then(EncodedObject::into_error)
                {
                    Some(error) => OpenError::NotUnderstood(error),
                    None => OpenError::NoPemLines,
                },
            ),
        }
    }

    /// Whether base64 without a PEM label holds one object.
    fn is_one(&self, body: body::Body) -> Result<body::Body, EncodedObjectError> {
        if der::is_indefinite(&body.bytes) {
            let translated = ber::first(&body.bytes).map_err(EncodedObjectError::Der)?;
            let extra = body.bytes.len() - translated.length;
            return match extra {
                0 => Ok(body),
                extra => Err(EncodedObjectError::Der(DerError::TrailingBytes {
                    offset: translated.length,
                    extra,
                })),
            };
        }
        match der::exactly_one(&body.bytes, Some(der::SEQUENCE)) {
            Ok(()) => Ok(body),
            Err(error) => Err(EncodedObjectError::Der(error)),
        }
    }

    /// Text of different encodings, or with binary data in it.
    fn mixed<'a>(&self, whole: &Slice<'a>, damage: Vec<Damage>) -> Result<Opened<'a>, OpenError> {
        let place = stray::Place {
            offset: 0,
            line: Some(self.first_line),
            orphan: false,
            scanned: false,
            is_page: false,
        };
        let objects = self.leftover(whole, place)?;
        match objects.is_empty() {
            true => Err(OpenError::NoPemLines),
            false => Ok(self.found(objects, damage)),
        }
    }

    fn found<'a>(&self, objects: Vec<EncodedObject<'a>>, damage: Vec<Damage>) -> Opened<'a> {
        let is_text = objects.iter().any(|object| object.origin().line.is_some());
        Opened {
            container: if is_text {
                Container::Pem
            } else {
                Container::Der
            },
            damage,
            objects,
            stray_text: None,
            left_out: Vec::new(),
        }
    }

    pub(super) fn der<'a>(
        &self,
        bytes: Slice<'a>,
        mut damage: Vec<Damage>,
    ) -> Result<Opened<'a>, OpenError> {
        let all = bytes.as_slice();
        let shape = der::shape(all);
        let container = match shape {
            Shape::Pkcs7 => Container::Pkcs7,
            Shape::Pkcs12 => Container::Pkcs12,
            Shape::Object => Container::Der,
        };
        let (object, length) = if der::is_indefinite(all) {
            let translated = ber::first(all).map_err(OpenError::Der)?;
            if shape == Shape::Object {
                damage.push(Damage::Ber);
            }
            indefinite(&bytes, 0, shape, translated, &mut damage)
        } else {
            let length = match der::first(all) {
                Ok((object, _)) => object.len(),
                Err(_) if text::are_all_line_ends_long(all) => {
                    return Err(OpenError::UnsupportedFormat(
                        UnsupportedFormat::LineEndsChanged,
                    ));
                }
                Err(error) => return Err(OpenError::Der(error)),
            };
            (bytes.part(0, length), length)
        };
        let rest = all.get(length..).unwrap_or_default();
        if rest.is_empty() || matches!(rest, b"\n" | b"\r\n") {
            if !rest.is_empty() {
                damage.push(Damage::TrailingLineEnd);
            }
            self.limits.objects(1)?;
            let objects = match shape {
                Shape::Object => vec![EncodedObject::der(&self.about, object, Claim::Unknown)],
                _ => numbered(self.members(&object, shape, &mut damage)?),
            };
            return Ok(Opened {
                container,
                damage,
                objects,
                stray_text: None,
                left_out: Vec::new(),
            });
        }
        if text::is_line_ends_changed(all, rest.len()) {
            return Err(OpenError::UnsupportedFormat(
                UnsupportedFormat::LineEndsChanged,
            ));
        }
        let objects = self.several(&bytes, &mut damage)?;
        Ok(Opened {
            container: Container::Der,
            damage,
            objects,
            stray_text: None,
            left_out: Vec::new(),
        })
    }

    /// Splits consecutive DER objects; what cannot be read becomes a broken object.
    fn several<'a>(
        &self,
        bytes: &Slice<'a>,
        damage: &mut Vec<Damage>,
    ) -> Result<Vec<EncodedObject<'a>>, OpenError> {
        let all = bytes.as_slice();
        let mut objects = Vec::new();
        let (mut at, mut count) = (0, 0);
        while all.get(at) == Some(&der::SEQUENCE) {
            let Some((length, mut found)) = self.object(bytes, at, damage)? else {
                break;
            };
            objects.append(&mut found);
            at += length;
            count += 1;
        }
        if count > 1 {
            damage.push(Damage::SeveralObjects { count });
        }
        let rest = all.get(at..).unwrap_or_default();
        if !rest.is_empty() {
            let place = stray::Place {
                offset: at,
                line: None,
                orphan: false,
                scanned: false,
                is_page: self.may_be_page(rest),
            };
            let mut others = self.leftover(&bytes.part(at, rest.len()), place)?;
            // One object cut short says more by its own words.
            if let [only] = others.as_slice()
                && only.is_broken()
                && rest.first() == Some(&der::SEQUENCE)
                && let Err(error) = der::first(rest)
            {
                others = vec![EncodedObject::broken(
                    &self.about,
                    EncodedObjectError::Binary(error),
                )];
            }
            if others.is_empty() && !rest.trim_ascii().is_empty() {
                let error = DerError::TrailingBytes {
                    offset: at,
                    extra: rest.len(),
                };
                others.push(EncodedObject::broken(
                    &self.about,
                    EncodedObjectError::Binary(error),
                ));
            }
            objects.append(&mut others);
        }
        Ok(numbered(objects))
    }

    /// Opens the object that begins at `at` within binary data, and says how long it is; `None` where none does.
    pub(super) fn object<'a>(
        &self,
        bytes: &Slice<'a>,
        at: usize,
        damage: &mut Vec<Damage>,
    ) -> Result<Option<(usize, Vec<EncodedObject<'a>>)>, OpenError> {
        let rest = bytes.as_slice().get(at..).unwrap_or_default();
        let shape = der::shape(rest);
        let (object, length) = if der::is_indefinite(rest) {
            let Ok(translated) = ber::first(rest) else {
                return Ok(None);
            };
            indefinite(bytes, at, shape, translated, damage)
        } else {
            let Ok((object, _)) = der::first(rest) else {
                return Ok(None);
            };
            (bytes.part(at, object.len()), object.len())
        };
        self.limits.objects(1)?;
        let is_indefinite = der::is_indefinite(rest);
        let objects = match shape {
            Shape::Object => {
                let object = EncodedObject::der(&self.about, object, Claim::Unknown);
                let damage = is_indefinite.then_some(Damage::Ber);
                vec![object.with_damage(damage.into_iter().collect())]
            }
            shape => match self.members(&object, shape, damage) {
                Ok(members) => members,
                Err(error) => vec![EncodedObject::broken(
                    &self.about,
                    EncodedObjectError::Bundle(Arc::new(error)),
                )],
            },
        };
        Ok(Some((length, objects)))
    }

    /// The members of a container in DER.
    fn members<'a>(
        &self,
        bundle: &Slice<'a>,
        shape: Shape,
        damage: &mut Vec<Damage>,
    ) -> Result<Vec<EncodedObject<'a>>, OpenError> {
        match shape {
            Shape::Pkcs7 => pkcs7::members(bundle, self, damage),
            _ => pkcs12::members(bundle.as_slice(), self),
        }
    }
}

/// What was read of a text in one way.
#[derive(Clone, Copy)]
struct Counted {
    /// How many objects were read.
    read: usize,
    /// How many parts were not.
    unread: usize,
    /// How many of these are certainly ours.
    damaged: usize,
}

impl Counted {
    fn of(objects: &[EncodedObject<'_>]) -> Counted {
        let mut counted = Counted {
            read: 0,
            unread: 0,
            damaged: 0,
        };
        for object in objects {
            match object.decode() {
                Ok(_) => counted.read += 1,
                Err(_) => {
                    counted.unread += 1;
                    counted.damaged += usize::from(!object.is_of_unknown_kind());
                }
            }
        }
        counted
    }

    /// Whether more was read, or as much and fewer parts were not, or more of what is damaged was found.
    fn is_more_than(self, other: Counted) -> bool {
        let has_fewer_unread = self.read > 0 && self.unread < other.unread;
        let has_more_damaged = self.damaged > other.damaged;
        self.read > other.read || self.read == other.read && (has_fewer_unread || has_more_damaged)
    }
}

/// Whether a text may be the source of a page or of a document, whose tags stand in the middle of what people paste into it.
fn may_have_tags(text: &[u8]) -> bool {
    const TAGS: [&[u8]; 9] = [
        b"<br", b"<p", b"<div", b"<span", b"<b", b"<td", b"<code", b"<text:", b"<w:",
    ];
    // Nearly all texts have none.
    let Some(first) = memchr::memchr(b'<', text) else {
        return memchr::memmem::find(text, b"&nbsp;").is_some();
    };
    let foreign = text::foreign_text(text);
    if matches!(
        foreign,
        Some(UnsupportedFormat::Html | UnsupportedFormat::Xml)
    ) {
        return true;
    }
    let tagged = text.get(first..).unwrap_or_default();
    memchr::memchr_iter(b'<', tagged).any(|at| {
        let behind = tagged.get(at..).unwrap_or_default();
        TAGS.into_iter().any(|tag| {
            let (name, behind) = behind.split_at_checked(tag.len()).unwrap_or_default();
            // Dumps and uuencode have all kinds of characters behind a letter, and lines that end with one.
            let ends = match behind {
                _ if tag.ends_with(b":") => true,
                [b'>' | b'/' | b' ' | b'\t', ..] => true,
                [b'\r' | b'\n', behind @ ..] => has_attribute(behind),
                _ => false,
            };
            ends && name.eq_ignore_ascii_case(tag)
        })
    })
}

/// Whether a line begins with the attribute of a tag.
fn has_attribute(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let name = line.iter().take_while(|byte| byte.is_ascii_alphabetic());
    let length = name.count();
    length > 0 && line.get(length) == Some(&b'=')
}

/// The objects of a part of an input; damage to the part as a whole is reported with the first of them.
pub(super) fn adopt(opened: Opened<'_>, mut damage: Vec<Damage>) -> Vec<EncodedObject<'_>> {
    damage.extend(opened.damage);
    let mut objects = opened.objects;
    if let Some(place) = objects.iter().position(|object| !object.is_broken()) {
        let object = objects.remove(place);
        objects.insert(place, object.with_damage(damage));
    }
    objects
}

/// Members of something on this line.
pub(super) fn at_line(objects: Vec<EncodedObject<'_>>, line: u32) -> Vec<EncodedObject<'_>> {
    (1..)
        .zip(objects)
        .map(|(member, object)| match object.origin().line {
            Some(_) => object,
            None => object.at(line, member),
        })
        .collect()
}

/// What begins at `at` with an indefinite length, and how long it is there: in DER, but for a bundle, which is translated where its
/// members are taken out and compared with what they were. Of a single object the caller says that it was in BER.
fn indefinite<'a>(
    bytes: &Slice<'a>,
    at: usize,
    shape: Shape,
    translated: ber::Translated<'_>,
    damage: &mut Vec<Damage>,
) -> (Slice<'a>, usize) {
    let length = translated.length;
    if shape == Shape::Pkcs7 {
        return (bytes.part(at, length), length);
    }
    if shape != Shape::Object && translated.has_long_lengths {
        damage.push(Damage::Ber);
    }
    (Slice::shared(translated.der.into_owned()), length)
}

fn numbered(objects: Vec<EncodedObject<'_>>) -> Vec<EncodedObject<'_>> {
    at_line(objects, 0)
}
