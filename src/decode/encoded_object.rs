//! One object of an input: where it is, and its decoding.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::bytes::{self, Bytes, Holder, Slice};
use super::error::{Damage, EncodedObjectError, TooMuchWork};
use super::limits::Work;
use super::pem_lines::{Beside, label_of, oddity};
use super::{
    Blob, Label, OpenError, ROUNDS_LIMIT, UnsupportedFormat, ber, body, der, openssl_pem, pbe,
    pem_lines, text,
};
use crate::input::{Origin, Source};

/// How many bytes are looked at to tell what an object is: a PFX is known after about thirty.
pub(super) const PEEK: usize = 48;

/// What a container says of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Certificate,
    Crl,
    EncryptedKey,
    Unknown,
}

/// Where objects come from, and what may be spent on all of them together.
#[derive(Debug)]
pub(super) struct About {
    pub(super) source: Arc<Source>,
    pub(super) work: Arc<Work>,
}

/// What a container keeps beside an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tags {
    /// PKCS#12's friendly name, or a key store's alias.
    pub(super) name: Option<Arc<str>>,
    /// PKCS#12's local key id, which says that a key and a certificate belong together; in hexadecimal.
    pub(super) local_key_id: Option<Arc<str>>,
    /// Damage that is reported with this object and was repaired before it was found.
    pub(super) damage: Vec<Damage>,
    /// Of an encrypted key: whether its key derivation was taken from what is left for the input, before it is done.
    pub(super) derivation: Option<Result<(), TooMuchWork>>,
}

/// One object of an input, not yet decoded: small, cheap to make by the ten thousand, and independent
/// of all others, so that each can be decoded on any thread.
#[derive(Clone)]
pub struct EncodedObject<'a> {
    about: Arc<About>,
    /// From 1; 0 where the input has no lines.
    line: u32,
    /// From 1; 0 outside a container.
    member: u32,
    tags: Option<Box<Tags>>,
    /// It is data of an unknown kind, which nothing but its characters tells.
    is_unknown: bool,
    /// What holds it was opened with the empty password or with none.
    is_unprotected: bool,
    holding: Holding<'a>,
}

#[derive(Clone)]
enum Holding<'a> {
    Pem {
        text: Slice<'a>,
        head: u16,
        tail: u16,
        beside: Beside,
    },
    Der {
        bytes: Slice<'a>,
        claim: Claim,
    },
    Key(Arc<Zeroizing<Vec<u8>>>),
    Broken(Arc<EncodedObjectError>),
}

impl<'a> EncodedObject<'a> {
    fn new(about: &Arc<About>, line: u32, holding: Holding<'a>) -> EncodedObject<'a> {
        EncodedObject {
            about: Arc::clone(about),
            line,
            member: 0,
            tags: None,
            is_unknown: false,
            is_unprotected: false,
            holding,
        }
    }

    pub(super) fn in_pem(
        about: &Arc<About>,
        text: &Slice<'a>,
        section: &pem_lines::Section,
    ) -> EncodedObject<'a> {
        let text = text.part(section.start, section.end - section.start);
        let holding = Holding::Pem {
            text,
            head: section.head,
            tail: section.tail,
            beside: section.beside,
        };
        EncodedObject::new(about, section.line, holding)
    }

    /// One object of binary data; of BER, what it is in DER.
    pub(super) fn der(about: &Arc<About>, bytes: Slice<'a>, claim: Claim) -> EncodedObject<'a> {
        let repaired = ber::repaired(bytes.as_slice());
        let damage = repaired.iter().map(|_| Damage::Ber).collect();
        let bytes = repaired.map_or(bytes, Slice::shared);
        EncodedObject::new(about, 0, Holding::Der { bytes, claim }).with_damage(damage)
    }

    pub(super) fn key(about: &Arc<About>, bytes: Arc<Zeroizing<Vec<u8>>>) -> EncodedObject<'a> {
        EncodedObject::new(about, 0, Holding::Key(bytes))
    }

    pub(super) fn broken(about: &Arc<About>, error: EncodedObjectError) -> EncodedObject<'a> {
        EncodedObject::new(about, 0, Holding::Broken(Arc::new(error)))
    }

    /// Says of something that was not understood that it may be nothing of ours.
    pub(super) fn of_unknown_kind(self) -> EncodedObject<'a> {
        EncodedObject {
            is_unknown: true,
            ..self
        }
    }

    /// Says that what holds it was opened with the empty password or with none.
    pub(super) fn unprotected(self) -> EncodedObject<'a> {
        EncodedObject {
            is_unprotected: true,
            ..self
        }
    }

    /// Whether what holds it was opened with the empty password or with none, as anyone can.
    pub(crate) fn is_unprotected(&self) -> bool {
        self.is_unprotected
    }

    /// Whether it may be nothing of ours.
    pub(super) fn is_of_unknown_kind(&self) -> bool {
        self.is_unknown
    }

    pub(super) fn at(self, line: u32, member: u32) -> EncodedObject<'a> {
        EncodedObject {
            line,
            member,
            ..self
        }
    }

    pub(super) fn tagged(self, tags: Tags) -> EncodedObject<'a> {
        match tags == Tags::default() {
            true => self,
            false => EncodedObject {
                tags: Some(Box::new(tags)),
                ..self
            },
        }
    }

    /// With damage in front of what is found when it is decoded.
    pub(super) fn with_damage(mut self, mut damage: Vec<Damage>) -> EncodedObject<'a> {
        if !damage.is_empty() {
            let mut tags = self.tags.take().unwrap_or_default();
            damage.append(&mut tags.damage);
            tags.damage = damage;
            self.tags = Some(tags);
        }
        self
    }

    /// What the PEM label holds, decoded, where that is no DER and so may be text.
    pub(super) fn undecided(&self) -> Option<Vec<u8>> {
        let Holding::Pem {
            text, head, tail, ..
        } = &self.holding
        else {
            return None;
        };
        let text = text.as_slice();
        let body = text.get(usize::from(*head)..text.len().saturating_sub(usize::from(*tail)))?;
        let mut body = body::careful(body, self.line as usize, 1).ok()?;
        let is_open = body.dek_info.is_none();
        is_open.then(|| std::mem::take(&mut *body.bytes))
    }

    /// Why nothing can be read of it, where that is known already.
    pub(super) fn into_error(self) -> Option<EncodedObjectError> {
        match self.holding {
            Holding::Broken(error) => Some(EncodedObjectError::clone(&error)),
            _ => None,
        }
    }

    /// The error of an archive of which only the beginning could be unpacked, where this is one.
    pub(super) fn cut(&self) -> Option<Arc<OpenError>> {
        match &self.holding {
            Holding::Broken(error) => match error.as_ref() {
                EncodedObjectError::Bundle(error)
                    if matches!(error.as_ref(), OpenError::OnlyTheBeginning { .. }) =>
                {
                    Some(Arc::clone(error))
                }
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn is_broken(&self) -> bool {
        matches!(self.holding, Holding::Broken(_))
    }

    /// Whether it is a binary member of a container, which says what it is; there is no PEM label.
    pub(crate) fn is_member(&self) -> bool {
        matches!(&self.holding, Holding::Der { .. } | Holding::Key(_)) && self.label().is_some()
    }

    /// Where the object is.
    pub fn origin(&self) -> Origin {
        let some = |number: u32| (number > 0).then_some(number as usize);
        let tags = self.tags.as_deref();
        Origin {
            source: Arc::clone(&self.about.source),
            line: some(self.line),
            member: some(self.member),
            name: tags.and_then(|tags| tags.name.clone()),
            local_key_id: tags.and_then(|tags| tags.local_key_id.clone()),
        }
    }

    /// What the PEM label or the container calls the object; `None` for bare DER.
    pub fn label(&self) -> Option<Label> {
        match &self.holding {
            Holding::Pem { .. } => Some(Label::read(label_of(self.head()))),
            Holding::Der {
                claim: Claim::Certificate,
                ..
            } => Some(Label::Certificate),
            Holding::Der {
                claim: Claim::Crl, ..
            } => Some(Label::Crl),
            Holding::Key(_) => Some(Label::PrivateKey),
            Holding::Der {
                claim: Claim::EncryptedKey,
                ..
            } => Some(Label::EncryptedPrivateKey),
            Holding::Der {
                claim: Claim::Unknown,
                ..
            }
            | Holding::Broken(_) => None,
        }
    }

    /// The first bytes of what the PEM label holds, decoded: enough to tell what it is. `None` where the text is not plain
    /// base64 from its first character on.
    pub(super) fn peek(&self) -> Option<Zeroizing<[u8; PEEK]>> {
        let Holding::Pem {
            text, head, tail, ..
        } = &self.holding
        else {
            return None;
        };
        let text = text.as_slice();
        let body = text.get(usize::from(*head)..text.len().saturating_sub(usize::from(*tail)))?;
        let mut characters = Zeroizing::new([b'A'; PEEK / 3 * 4]);
        let mut count = 0;
        for byte in body {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {
                    *characters.get_mut(count)? = *byte;
                    count += 1;
                    if count == characters.len() {
                        break;
                    }
                }
                byte if byte.is_ascii_whitespace() => {}
                // Shorter than what is looked for.
                b'=' if count > 0 => break,
                _ => return None,
            }
        }
        let mut bytes = Zeroizing::new([0; PEEK]);
        body::decode_into(&*characters, &mut *bytes)?;
        (count > 0).then_some(bytes)
    }

    /// Whether it may be an encrypted key (`EncryptedPrivateKeyInfo`), which begins with an algorithm; looks at no more than its
    /// first bytes.
    pub(super) fn may_be_encrypted_key(&self) -> bool {
        match &self.holding {
            Holding::Pem { .. } => self
                .peek()
                .is_none_or(|first| der::begins_with_algorithm(&*first)),
            Holding::Der { bytes, .. } => der::begins_with_algorithm(bytes.as_slice()),
            Holding::Key(bytes) => der::begins_with_algorithm(bytes),
            Holding::Broken(_) => false,
        }
    }

    /// Takes the key derivation of an encrypted key from what is left for its input.
    pub(super) fn allot(&mut self) {
        let Ok(blob) = self.decode() else { return };
        if blob.dek_info.is_some() {
            return;
        }
        // What cannot be followed, or asks for too much by itself, is not derived.
        let cost = pbe::Sealed::read(&blob.bytes).map(|sealed| sealed.cost());
        if let Some(cost) = cost.ok().filter(|cost| *cost <= ROUNDS_LIMIT) {
            let tags = self.tags.get_or_insert_default();
            tags.derivation = Some(self.about.work.spend(cost));
        }
    }

    fn derivation(&self) -> Option<Result<(), TooMuchWork>> {
        self.tags.as_ref()?.derivation
    }

    /// Whether the PEM label says that it holds parameters and no object of ours, and it does.
    pub(super) fn is_parameters(&self) -> bool {
        let label = label_of(self.head());
        text::foreign_label(label) == Some(UnsupportedFormat::Parameters)
            && matches!(
                self.decode(),
                Err(EncodedObjectError::UnsupportedFormat(
                    UnsupportedFormat::Parameters
                ))
            )
    }

    /// Whether the PEM label says that it is the OpenPGP signature of something else.
    pub(super) fn is_pgp_signature(&self) -> bool {
        text::foreign_label(label_of(self.head())) == Some(UnsupportedFormat::PgpSignature)
    }

    fn head(&self) -> &[u8] {
        match &self.holding {
            Holding::Pem { text, head, .. } => text
                .as_slice()
                .get(..usize::from(*head))
                .unwrap_or_default(),
            _ => &[],
        }
    }

    /// Decodes the object: base64 to DER, exactly one DER object.
    ///
    /// What the DER means is for [`crate::document`] to say.
    ///
    /// # Errors
    /// What is wrong with this object; other objects are not touched by it.
    pub fn decode(&self) -> Result<Blob<'a>, EncodedObjectError> {
        let earlier = self.tags.as_ref().map(|tags| tags.damage.as_slice());
        let earlier = earlier.unwrap_or_default();
        let bytes = match &self.holding {
            Holding::Pem {
                text,
                head,
                tail,
                beside,
            } => {
                let mut blob = self.decode_pem(text.as_slice(), *head, *tail, *beside)?;
                let label = text::foreign_label(label_of(self.head()));
                if label == Some(UnsupportedFormat::Parameters) && der::is_parameters(&blob.bytes) {
                    return Err(EncodedObjectError::UnsupportedFormat(
                        UnsupportedFormat::Parameters,
                    ));
                }
                blob.damage.splice(0..0, earlier.iter().cloned());
                return Ok(blob);
            }
            Holding::Broken(error) => return Err(EncodedObjectError::clone(error)),
            Holding::Key(bytes) => Bytes(Holder::Secret(Arc::clone(bytes))),
            Holding::Der { bytes, .. } => Bytes(Holder::Slice(bytes.clone())),
        };
        Ok(Blob {
            origin: self.origin(),
            label: self.label(),
            dek_info: None,
            bytes,
            damage: earlier.to_vec(),
            work: Arc::clone(&self.about.work),
            derivation: self.derivation(),
        })
    }

    fn decode_pem(
        &self,
        text: &[u8],
        head: u16,
        tail: u16,
        beside: Beside,
    ) -> Result<Blob<'a>, EncodedObjectError> {
        let (head, rest) = text.split_at_checked(head.into()).unwrap_or((text, &[]));
        let (base64, tail) = rest
            .split_at_checked(rest.len().saturating_sub(tail.into()))
            .unwrap_or((rest, &[]));
        let written = label_of(head);
        match text::foreign_label(written) {
            // Whatever it is, its content identifies it.
            None | Some(UnsupportedFormat::Parameters) => {}
            Some(foreign) => return Err(EncodedObjectError::UnsupportedFormat(foreign)),
        }
        let label = Label::read(written);
        // Objects we know are SEQUENCEs; others, such as EC PARAMETERS, need not be.
        let expected = (!matches!(label, Label::Other(_))).then_some(der::SEQUENCE);
        let blob = |bytes, label, dek_info, damage| Blob {
            origin: self.origin(),
            label: Some(label),
            dek_info,
            bytes,
            damage,
            work: Arc::clone(&self.about.work),
            derivation: self.derivation(),
        };

        let mut compact = Vec::new();
        let clean = body::clean(base64, &mut compact);
        // The label is only a claim: a key may be under any of them.
        bytes::wipe(&mut compact);
        let clean = clean.map(|bytes| {
            if label.is_secret() {
                Bytes::secret(bytes)
            } else {
                Bytes::from(bytes)
            }
        });
        let same_label = label_of(tail) == written;
        let line = self.line as usize;
        let odd_head = oddity(head, line);
        let regular = odd_head.is_none() && oddity(tail, 0).is_none();
        if let Some(bytes) = clean
            && same_label
            && regular
            && beside == Beside::default()
            && der::exactly_one(&bytes, expected).is_ok()
            && ber::repaired(&bytes).is_none()
        {
            return Ok(blob(bytes, label, None, Vec::new()));
        }

        let body_lines = base64.split(|&byte| byte == b'\n').count() - 1;
        let no_end = |error| {
            let last = line + base64.trim_ascii_end().split(|&byte| byte == b'\n').count() - 1;
            if tail.is_empty() {
                EncodedObjectError::NoEnd {
                    label: written.to_owned(),
                    line,
                    last,
                }
            } else {
                error
            }
        };
        let mut read = match body::careful(base64, line, head.len() + 1) {
            Ok(read) => read,
            Err(error) => framed(base64, line).ok_or_else(|| no_end(error))?,
        };
        if read.dek_info.is_none()
            && der::exactly_one(&read.bytes, expected).is_err()
            && let Some(other) = framed(base64, line)
        {
            read = other;
        }
        if written == "TRUSTED CERTIFICATE"
            && let Ok((object, extra @ 1..)) = der::first(&read.bytes)
        {
            let length = object.len();
            read.bytes.truncate(length);
            read.damage.push(Damage::TrustSettings { bytes: extra });
        }
        let is_sequence = read.bytes.first() == Some(&der::SEQUENCE);
        if read.dek_info.is_none()
            && (is_sequence || expected.is_none())
            && let Some(der) = ber::repaired(&read.bytes)
        {
            read.bytes = Zeroizing::new(der);
            read.damage.push(Damage::Ber);
        }
        // Encrypted in the traditional way, the bytes are not DER before they are decrypted.
        if read.dek_info.is_none()
            && let Err(error) = der::exactly_one(&read.bytes, expected)
        {
            let inside = read
                .soft_break
                .map(|(line, column)| EncodedObjectError::PaddingInside { line, column });
            return Err(no_end(inside.unwrap_or(EncodedObjectError::Der(error))));
        }
        read.damage.extend(odd_head);
        if tail.is_empty() {
            // Encrypted bytes have no length to be checked against.
            if read.dek_info.is_some() {
                return Err(no_end(EncodedObjectError::EmptyBody { line }));
            }
            read.damage.push(Damage::EndMissing);
        } else if let Some(odd) = oddity(tail, line + body_lines)
            && !read.damage.contains(&odd)
        {
            read.damage.push(odd);
        }
        if !tail.is_empty() && !same_label {
            let end = label_of(tail).to_owned();
            read.damage.push(Damage::LabelsDiffer {
                begin: written.to_owned(),
                end,
            });
        }
        // What was taken out of something else is no file that a server reads.
        let is_file = !matches!(*self.about.source, Source::Member { .. });
        let was_damaged = self
            .tags
            .as_ref()
            .is_some_and(|tags| !tags.damage.is_empty());
        if read.damage.is_empty() && !was_damaged && is_file {
            read.damage
                .extend(unlike_openssl(base64, line, body_lines, beside));
        }
        let bytes = std::mem::take(&mut *read.bytes);
        let bytes = if label.is_secret() {
            Bytes::secret(bytes)
        } else {
            Bytes::from(bytes)
        };
        Ok(blob(bytes, label, read.dek_info, read.damage))
    }
}

/// What keeps OpenSSL from reading a block that is as it should be otherwise. It wants BEGIN and END at the start of their lines
/// with nothing behind them (`PEM_read_bio_ex`), and takes neither blank lines nor headers between them.
fn unlike_openssl(base64: &[u8], line: usize, body_lines: usize, beside: Beside) -> Option<Damage> {
    let is_blank = |text: &[u8]| text.trim_ascii().is_empty();
    let lone_return = |at: usize| base64.get(at + 1) != Some(&b'\n');
    let feed = memchr::memchr(b'\n', base64);
    let behind_begin = base64.get(..feed.unwrap_or(base64.len()));
    let before_end = base64.split(|byte| *byte == b'\n').next_back();
    let end_line = line + body_lines;
    if memchr::memchr_iter(b'\r', base64).any(lone_return) {
        return Some(Damage::LoneReturns);
    }
    if !behind_begin.is_some_and(is_blank) {
        return Some(Damage::LineGoesOn { line });
    }
    if beside.before {
        return Some(Damage::NotAtLineStart { line });
    }
    if before_end.is_none_or(|text| !text.is_empty()) {
        return Some(Damage::NotAtLineStart { line: end_line });
    }
    if beside.after {
        return Some(Damage::LineGoesOn { line: end_line });
    }
    openssl_pem::refusal_of_body(base64).map(|reason| Damage::RefusedByOpenssl { reason })
}

/// A body whose lines have something around them, where it holds exactly one object.
fn framed(base64: &[u8], line: usize) -> Option<body::Body> {
    let found = super::framed::unframed(base64)?;
    found.into_iter().find_map(|lines| {
        let mut body = body::careful(&lines, line, 1).ok()?;
        der::exactly_one(&body.bytes, Some(der::SEQUENCE)).ok()?;
        body.damage.insert(0, Damage::Framed);
        Some(body)
    })
}

impl fmt::Debug for EncodedObject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedObject")
            .field("origin", &self.origin())
            .field("label", &self.label())
            .finish_non_exhaustive()
    }
}
