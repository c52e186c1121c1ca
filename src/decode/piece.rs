//! One object of an input: where it stands, and its decoding.

use std::fmt;
use std::sync::Arc;

use zeroize::{Zeroize, Zeroizing};

use super::armour::{is_regular, label_of};
use super::bytes::{Bytes, Holder, Slice};
use super::error::{Damage, PieceError};
use super::{Blob, Foreign, Label, armour, body, der, text};
use crate::input::{Origin, Source};

/// What a container says of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Certificate,
    Crl,
    Unknown,
}

/// One object of an input, not yet decoded: small, cheap to make by the ten thousand, and independent
/// of all others, so that each can be decoded on any thread.
#[derive(Clone)]
pub struct Piece<'a> {
    source: Arc<Source>,
    /// From 1; 0 where the input has no lines.
    line: u32,
    /// From 1; 0 outside a container.
    member: u32,
    holding: Holding<'a>,
}

#[derive(Clone)]
enum Holding<'a> {
    Armour {
        text: Slice<'a>,
        head: u16,
        tail: u16,
    },
    Der {
        bytes: Slice<'a>,
        claim: Claim,
    },
    Key(Arc<Zeroizing<Vec<u8>>>),
    Broken(Arc<PieceError>),
}

impl<'a> Piece<'a> {
    pub(super) fn armoured(
        source: &Arc<Source>,
        text: &Slice<'a>,
        section: &armour::Section,
    ) -> Piece<'a> {
        let text = text.part(section.start, section.end - section.start);
        let holding = Holding::Armour {
            text,
            head: section.head,
            tail: section.tail,
        };
        Piece {
            source: Arc::clone(source),
            line: section.line,
            member: 0,
            holding,
        }
    }

    pub(super) fn der(source: &Arc<Source>, bytes: Slice<'a>, claim: Claim) -> Piece<'a> {
        Piece {
            source: Arc::clone(source),
            line: 0,
            member: 0,
            holding: Holding::Der { bytes, claim },
        }
    }

    pub(super) fn key(source: &Arc<Source>, bytes: Arc<Zeroizing<Vec<u8>>>) -> Piece<'a> {
        Piece {
            source: Arc::clone(source),
            line: 0,
            member: 0,
            holding: Holding::Key(bytes),
        }
    }

    pub(super) fn broken(source: &Arc<Source>, error: PieceError) -> Piece<'a> {
        Piece {
            source: Arc::clone(source),
            line: 0,
            member: 0,
            holding: Holding::Broken(Arc::new(error)),
        }
    }

    pub(super) fn at(self, line: u32, member: u32) -> Piece<'a> {
        Piece {
            line,
            member,
            ..self
        }
    }

    /// Where the object stands.
    pub fn origin(&self) -> Origin {
        let some = |number: u32| (number > 0).then_some(number as usize);
        Origin {
            source: Arc::clone(&self.source),
            line: some(self.line),
            member: some(self.member),
        }
    }

    /// What the armour or the container calls the object; `None` for bare DER.
    pub fn label(&self) -> Option<Label> {
        match &self.holding {
            Holding::Armour { .. } => Some(Label::from_armour(label_of(self.head(), b"BEGIN "))),
            Holding::Der {
                claim: Claim::Certificate,
                ..
            } => Some(Label::Certificate),
            Holding::Der {
                claim: Claim::Crl, ..
            } => Some(Label::Crl),
            Holding::Key(_) => Some(Label::PrivateKey),
            Holding::Der {
                claim: Claim::Unknown,
                ..
            }
            | Holding::Broken(_) => None,
        }
    }

    /// Whether the armour holds a PKCS#7 bundle whatever it is called, by the base64 of the content type.
    pub(super) fn resembles_pkcs7(&self) -> bool {
        // 06 09 2a 86 48 86 f7 0d 01 07 02 in base64, at each of the three ways it can be aligned, without
        // the characters that share bits with the bytes around it.
        const CODED: [&[u8]; 3] = [b"BgkqhkiG9w0BBw", b"YJKoZIhvcNAQcC", b"GCSqGSIb3DQEHA"];
        let Holding::Armour { text, head, .. } = &self.holding else {
            return false;
        };
        let start = usize::from(*head);
        let body = text
            .as_slice()
            .get(start..)
            .unwrap_or_default()
            .trim_ascii_start();
        // The type begins within the first six bytes of DER, eight characters.
        let coded_at = |at: usize| {
            let rest = body.get(at..).unwrap_or_default();
            CODED.iter().any(|coded| rest.starts_with(coded))
        };
        body.starts_with(b"MI") && (2..=8).any(coded_at)
    }

    /// Whether the armour says that it holds parameters and no object of ours.
    pub(super) fn is_parameters(&self) -> bool {
        let label = label_of(self.head(), b"BEGIN ");
        text::foreign_label(label) == Some(Foreign::Parameters)
    }

    fn head(&self) -> &[u8] {
        match &self.holding {
            Holding::Armour { text, head, .. } => text
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
    /// What is wrong with this object; other pieces are not touched by it.
    pub fn decode(&self) -> Result<Blob<'a>, PieceError> {
        let bytes = match &self.holding {
            Holding::Armour { text, head, tail } => {
                return self.decode_armour(text.as_slice(), *head, *tail);
            }
            Holding::Broken(error) => return Err(PieceError::clone(error)),
            Holding::Key(bytes) => Bytes(Holder::Secret(Arc::clone(bytes))),
            Holding::Der { bytes, .. } => Bytes(Holder::Slice(bytes.clone())),
        };
        Ok(Blob {
            origin: self.origin(),
            label: self.label(),
            dek_info: None,
            bytes,
            damage: Vec::new(),
        })
    }

    fn decode_armour(&self, text: &[u8], head: u16, tail: u16) -> Result<Blob<'a>, PieceError> {
        let (head, rest) = text.split_at_checked(head.into()).unwrap_or((text, &[]));
        let (base64, tail) = rest
            .split_at_checked(rest.len().saturating_sub(tail.into()))
            .unwrap_or((rest, &[]));
        let written = label_of(head, b"BEGIN ");
        if let Some(foreign) = text::foreign_label(written) {
            return Err(PieceError::Foreign(foreign));
        }
        let label = Label::from_armour(written);
        // Objects we know are SEQUENCEs; others, such as EC PARAMETERS, need not be.
        let expected = (!matches!(label, Label::Other(_))).then_some(der::SEQUENCE);
        let blob = |bytes, label, dek_info, damage| Blob {
            origin: self.origin(),
            label: Some(label),
            dek_info,
            bytes,
            damage,
        };

        let mut compact = Vec::new();
        let clean = body::clean(base64, &mut compact);
        if label.is_secret() {
            compact.zeroize();
        }
        let clean = clean.map(|bytes| {
            if label.is_secret() {
                Bytes::secret(bytes)
            } else {
                Bytes::from(bytes)
            }
        });
        let same_label = label_of(tail, b"END ") == written;
        let regular = is_regular(head, b"BEGIN ") && is_regular(tail, b"END ");
        if let Some(bytes) = clean
            && same_label
            && regular
            && der::exactly_one(&bytes, expected).is_ok()
        {
            return Ok(blob(bytes, label, None, Vec::new()));
        }

        let line = self.line as usize;
        let body_lines = base64.split(|&byte| byte == b'\n').count() - 1;
        let no_end = |error| {
            let last = line + base64.trim_ascii_end().split(|&byte| byte == b'\n').count() - 1;
            if tail.is_empty() {
                PieceError::NoEnd {
                    label: written.to_owned(),
                    line,
                    last,
                }
            } else {
                error
            }
        };
        let mut read = body::careful(base64, line, head.len() + 1).map_err(no_end)?;
        if written == "TRUSTED CERTIFICATE"
            && let Ok((object, extra @ 1..)) = der::first(&read.bytes)
        {
            let length = object.len();
            read.bytes.truncate(length);
            read.damage.push(Damage::TrustSettings { bytes: extra });
        }
        // Encrypted in the traditional way, the bytes are not DER before they are decrypted.
        if read.dek_info.is_none()
            && let Err(error) = der::exactly_one(&read.bytes, expected)
        {
            let inside = read
                .soft_break
                .map(|(line, column)| PieceError::PaddingInside { line, column });
            return Err(no_end(inside.unwrap_or(PieceError::Der(error))));
        }
        if !is_regular(head, b"BEGIN ") {
            read.damage.push(Damage::Dashes { line });
        }
        if tail.is_empty() {
            // Encrypted bytes have no length to be checked against.
            if read.dek_info.is_some() {
                return Err(no_end(PieceError::EmptyBody { line }));
            }
            read.damage.push(Damage::EndMissing);
        } else if !is_regular(tail, b"END ") {
            read.damage.push(Damage::Dashes {
                line: line + body_lines,
            });
        }
        if !tail.is_empty() && !same_label {
            let end = label_of(tail, b"END ").to_owned();
            read.damage.push(Damage::LabelsDiffer {
                begin: written.to_owned(),
                end,
            });
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

impl fmt::Debug for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece")
            .field("origin", &self.origin())
            .field("label", &self.label())
            .finish_non_exhaustive()
    }
}
