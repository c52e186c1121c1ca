//! The way from bytes to pieces, once it is known whether they are text or binary.

use std::sync::Arc;

use memchr::memmem;

use super::bundle::{pkcs7, pkcs12};
use super::bytes::Slice;
use super::der::Shape;
use super::piece::Claim;
use super::{
    Container, Damage, DerError, Foreign, Label, OpenError, Opened, PIECES_LIMIT, PKCS12_LABEL,
    Password, Piece, PieceError, armour, body, der, text,
};
use crate::input::Source;

/// What every step of opening one input needs.
pub(super) struct Opening<'o> {
    pub(super) source: &'o Arc<Source>,
    pub(super) password: Option<&'o Password>,
}

impl Opening<'_> {
    /// Opens one file that is no archive.
    pub(super) fn file<'a>(&self, bytes: Slice<'a>) -> Result<Opened<'a>, OpenError> {
        let all = bytes.as_slice();
        if let Some(foreign) = text::foreign_binary(all) {
            return Err(OpenError::Foreign(foreign));
        }
        if let Some((repaired, damage)) = text::from_utf16(all) {
            return self.text(&Slice::shared(repaired), vec![damage]);
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
        let scan = armour::scan(text.as_slice())?;
        if scan.sections.is_empty() {
            return self.without_armour(text.as_slice(), damage);
        }
        let mut pieces = Vec::with_capacity(scan.sections.len());
        let mut parameters = 0;
        for section in &scan.sections {
            let piece = Piece::armoured(self.source, text, section);
            // Servers keep DH parameters in the certificate's file, and `openssl ecparam -genkey` writes the curve before
            // the key. DH parameters are two numbers, as an RSA public key is, and must not be taken for one.
            if piece.is_parameters() {
                parameters += 1;
                continue;
            }
            match self.bundle_in_armour(&piece, section.line, &mut damage) {
                Some(members) => pieces.extend(members),
                None => pieces.push(piece),
            }
        }
        if parameters == scan.sections.len() {
            return Err(OpenError::Foreign(Foreign::Parameters));
        }
        if pieces.len() > PIECES_LIMIT {
            return Err(OpenError::TooManyPieces {
                limit: PIECES_LIMIT,
            });
        }
        Ok(Opened {
            container: Container::Pem,
            damage,
            pieces,
            stray_text: scan.stray,
        })
    }

    /// Opens a PKCS#7 or PKCS#12 bundle inside armour; `None` where there is none or the armour is damaged.
    fn bundle_in_armour<'a>(
        &self,
        piece: &Piece<'a>,
        line: u32,
        damage: &mut Vec<Damage>,
    ) -> Option<Vec<Piece<'a>>> {
        let label = piece.label()?;
        let pkcs12 = matches!(&label, Label::Other(written) if written == PKCS12_LABEL);
        let mislabelled = label != Label::Pkcs7 && piece.resembles_pkcs7();
        if !(label == Label::Pkcs7 || mislabelled || pkcs12) {
            return None;
        }
        let blob = piece.decode().ok()?;
        damage.extend(blob.damage.iter().cloned());
        if mislabelled {
            damage.push(Damage::BundleMislabelled);
        }
        let shape = if pkcs12 { Shape::Pkcs12 } else { Shape::Pkcs7 };
        let members = self
            .members(&Slice::shared(blob.bytes.to_vec()), shape)
            .unwrap_or_else(|error| {
                vec![Piece::broken(
                    self.source,
                    PieceError::Bundle(Arc::new(error)),
                )]
            });
        Some(
            (1..)
                .zip(members)
                .map(|(member, piece)| piece.at(line, member))
                .collect(),
        )
    }

    fn without_armour<'a>(
        &self,
        text: &[u8],
        mut damage: Vec<Damage>,
    ) -> Result<Opened<'a>, OpenError> {
        const NO_BREAK_SPACE: &str = "\u{a0}";
        if memmem::find(text, b"-----BEGIN\xc2\xa0").is_some()
            && let Ok(text) = std::str::from_utf8(text)
        {
            damage.push(Damage::NoBreakSpaces);
            let text = text.replace(NO_BREAK_SPACE, " ").into_bytes();
            return self.text(&Slice::shared(text), damage);
        }
        let text = text.trim_ascii();
        let &first = text.first().ok_or(OpenError::Empty)?;
        if !text::begins_like_text(text) {
            return Err(OpenError::NotDer { found: first });
        }
        let (base64, missing) = match without_end(text) {
            Some(base64) => (base64, Damage::BeginMissing),
            None => (text, Damage::ArmourMissing),
        };
        let bare = body::careful(base64, 1, 1).and_then(|body| {
            der::exactly_one(&body.bytes, Some(der::SEQUENCE))
                .map(|()| body)
                .map_err(PieceError::Der)
        });
        match bare {
            Ok(mut body) => {
                damage.push(missing);
                damage.append(&mut body.damage);
                self.der(Slice::shared(std::mem::take(&mut *body.bytes)), damage)
            }
            // "MI" is 0x30 0x82 or near it, in base64.
            Err(error) if text.starts_with(b"MI") => Err(OpenError::BareBase64(error)),
            Err(_) => Err(text::foreign_text(text).map_or(OpenError::NoArmour, OpenError::Foreign)),
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
        if shape != Shape::Object && der::is_indefinite(all) {
            let pieces = numbered(self.members(&bytes, shape)?);
            return Ok(Opened {
                container,
                damage,
                pieces,
                stray_text: None,
            });
        }
        let (length, extra) = der::first(all)
            .map(|(object, extra)| (object.len(), extra))
            .map_err(OpenError::Der)?;
        if extra == 0 || matches!(all.get(length..), Some(b"\n" | b"\r\n")) {
            if extra > 0 {
                damage.push(Damage::TrailingLineEnd);
            }
            let object = bytes.part(0, length);
            let pieces = match shape {
                Shape::Object => vec![Piece::der(self.source, object, Claim::Unknown)],
                _ => numbered(self.members(&object, shape)?),
            };
            return Ok(Opened {
                container,
                damage,
                pieces,
                stray_text: None,
            });
        }
        let pieces = self.several(&bytes, &mut damage)?;
        Ok(Opened {
            container: Container::Der,
            damage,
            pieces,
            stray_text: None,
        })
    }

    /// Takes apart DER objects that stand one after the other; what cannot be read becomes a broken piece.
    fn several<'a>(
        &self,
        bytes: &Slice<'a>,
        damage: &mut Vec<Damage>,
    ) -> Result<Vec<Piece<'a>>, OpenError> {
        let mut walk = der::Walk::over(bytes.as_slice());
        let mut pieces = Vec::new();
        let mut count = 0;
        while !walk.is_done() {
            if pieces.len() >= PIECES_LIMIT {
                return Err(OpenError::TooManyPieces {
                    limit: PIECES_LIMIT,
                });
            }
            let offset = walk.offset();
            match walk.expect(der::SEQUENCE) {
                Ok(element) => {
                    count += 1;
                    let object = bytes.part(offset, element.whole.len());
                    match der::shape(element.whole) {
                        Shape::Object => {
                            pieces.push(Piece::der(self.source, object, Claim::Unknown))
                        }
                        shape => match self.members(&object, shape) {
                            Ok(members) => pieces.extend(members),
                            Err(error) => pieces.push(Piece::broken(
                                self.source,
                                PieceError::Bundle(Arc::new(error)),
                            )),
                        },
                    }
                }
                Err(error) => {
                    let error = match error {
                        DerError::Tag { .. } => DerError::TrailingBytes {
                            offset,
                            extra: walk.rest().len(),
                        },
                        other => other,
                    };
                    pieces.push(Piece::broken(self.source, PieceError::Binary(error)));
                    break;
                }
            }
        }
        if count > 1 {
            damage.push(Damage::SeveralObjects { count });
        }
        Ok(numbered(pieces))
    }

    fn members<'a>(&self, bundle: &Slice<'a>, shape: Shape) -> Result<Vec<Piece<'a>>, OpenError> {
        if shape == Shape::Pkcs7 {
            let members = pkcs7::members(bundle)?;
            if members.len() > PIECES_LIMIT {
                return Err(OpenError::TooManyPieces {
                    limit: PIECES_LIMIT,
                });
            }
            return Ok(members
                .into_iter()
                .map(|(claim, bytes)| Piece::der(self.source, bytes, claim))
                .collect());
        }
        let pkcs12::Members { certificates, keys } =
            pkcs12::members(bundle.as_slice(), self.password)?;
        let certificates = certificates
            .into_iter()
            .map(|der| Piece::der(self.source, Slice::shared(der), Claim::Certificate));
        let keys = keys.into_iter().map(|der| Piece::key(self.source, der));
        Ok(certificates.chain(keys).collect())
    }
}

/// The text before its last line, where that is an END line.
fn without_end(text: &[u8]) -> Option<&[u8]> {
    let (before, last) = text.split_at_checked(memmem::rfind(text, b"-----END ")?)?;
    let is_line = last.ends_with(b"-----") && !last.contains(&b'\n');
    is_line.then(|| before.trim_ascii_end())
}

fn numbered(pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    (1..)
        .zip(pieces)
        .map(|(member, piece)| piece.at(0, member))
        .collect()
}
