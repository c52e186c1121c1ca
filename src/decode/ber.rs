//! BER → DER, as far as objects and their containers need it.
//!
//! Programs that write containers in one go (Java, Bouncy Castle, OpenSSL's streams, Microsoft's) use lengths that are
//! not known yet and strings in parts; others reserve more octets for a length than it needs. OpenSSL reads them, but says
//! nothing of where an object ends and reads no fragments, and Java and Go refuse what X.690 section 10.1 forbids. So the
//! translation is done here: bounded in depth, in one pass, and never touching an element that is DER already, because
//! signatures are over its bytes. A signature over DER (X.509 section 6.1) holds again afterwards; one over BER does not.

use std::borrow::Cow;

use super::der::length_octets;
use super::error::DerError;

/// How deep elements may be nested; a PKCS#7 bundle with a CRL has under twenty levels.
const DEPTH_LIMIT: usize = 48;

/// The most elements looked at in one object, so that elements of two bytes cannot take hours.
const ELEMENTS_LIMIT: usize = 4_000_000;

const CONSTRUCTED: u8 = 0x20;
/// OCTET STRING in parts.
const OCTET_STRING_IN_PARTS: u8 = 0x24;
const OCTET_STRING: u8 = 0x04;

/// An element in DER, and how many bytes it had in BER.
pub(super) struct Translated<'b> {
    pub(super) der: Cow<'b, [u8]>,
    pub(super) length: usize,
    /// A length had more octets than it needs, which no program that writes in one go has a reason for.
    pub(super) has_long_lengths: bool,
}

/// Translates the first element of the bytes.
///
/// # Errors
/// When an element is malformed or cut short, or nested too deep to be anything of ours.
pub(super) fn first(bytes: &[u8]) -> Result<Translated<'_>, DerError> {
    let mut reader = Reader {
        elements: 0,
        has_long_lengths: false,
    };
    let element = reader.element(bytes, 0, 0)?;
    Ok(Translated {
        der: element.der,
        length: element.length,
        has_long_lengths: reader.has_long_lengths,
    })
}

/// The bytes in DER, where they are one element that has what [`first`] translates; `None` where they are DER already, as nearly
/// always, or no element of ours.
pub(super) fn repaired(bytes: &[u8]) -> Option<Vec<u8>> {
    if !has_ber(bytes) {
        return None;
    }
    let translated = first(bytes).ok()?;
    match translated.der {
        Cow::Owned(der) if translated.length == bytes.len() => Some(der),
        _ => None,
    }
}

/// Whether an element in the bytes is not in DER; a look at each header, without a look at where elements should end.
fn has_ber(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    for _ in 0..ELEMENTS_LIMIT {
        let Ok(header) = header(rest, 0) else {
            return false;
        };
        let Some(contents) = header.contents else {
            return true;
        };
        if header.is_long || header.tag == OCTET_STRING_IN_PARTS {
            return true;
        }
        let inside = match header.tag & CONSTRUCTED {
            0 => header.length.saturating_add(contents),
            _ => header.length,
        };
        match rest.get(inside..) {
            Some(behind) if !behind.is_empty() => rest = behind,
            _ => return false,
        }
    }
    false
}

struct Header {
    tag: u8,
    /// The bytes of tag and length.
    length: usize,
    /// `None` where it is indefinite.
    contents: Option<usize>,
    /// The length has more octets than it needs.
    is_long: bool,
}

/// One element in DER, and how many bytes it had in BER.
struct Element<'b> {
    der: Cow<'b, [u8]>,
    length: usize,
}

struct Reader {
    elements: usize,
    has_long_lengths: bool,
}

impl Reader {
    fn element<'b>(
        &mut self,
        bytes: &'b [u8],
        offset: usize,
        depth: usize,
    ) -> Result<Element<'b>, DerError> {
        self.elements += 1;
        let header = header(bytes, offset)?;
        self.has_long_lengths |= header.is_long;
        if depth > DEPTH_LIMIT || self.elements > ELEMENTS_LIMIT {
            return Err(DerError::Header { offset });
        }
        let rest = bytes.get(header.length..).unwrap_or_default();
        let contents = match header.contents {
            Some(length) => {
                let found = bytes.len();
                let truncated = || DerError::Truncated {
                    offset,
                    expected: (header.length as u64).saturating_add(length as u64),
                    found,
                };
                Some(rest.get(..length).ok_or_else(truncated)?)
            }
            None => None,
        };
        if header.tag & CONSTRUCTED == 0 {
            let contents = contents.ok_or(DerError::Header { offset })?;
            let length = header.length + contents.len();
            let whole = bytes.get(..length).unwrap_or_default();
            let der = match header.is_long {
                true => Cow::Owned(element(header.tag, contents)),
                false => Cow::Borrowed(whole),
            };
            return Ok(Element { der, length });
        }
        let joins = header.tag == OCTET_STRING_IN_PARTS;
        let (mut at, mut changed) = (0, contents.is_none() || joins || header.is_long);
        let mut parts: Vec<Cow<'b, [u8]>> = Vec::new();
        let within = contents.unwrap_or(rest);
        loop {
            let left = within.get(at..).unwrap_or_default();
            if contents.is_some() && left.is_empty() {
                break;
            }
            if contents.is_none() && left.starts_with(&[0, 0]) {
                at += 2;
                break;
            }
            if left.is_empty() {
                return Err(DerError::Truncated {
                    offset,
                    expected: (header.length + at + 2) as u64,
                    found: bytes.len(),
                });
            }
            let inner = self.element(left, offset + header.length + at, depth + 1)?;
            at += inner.length;
            changed |= matches!(inner.der, Cow::Owned(_));
            parts.push(inner.der);
        }
        let length = header.length + at;
        if !changed {
            return Ok(Element {
                der: Cow::Borrowed(bytes.get(..length).unwrap_or_default()),
                length,
            });
        }
        let mut joined = Vec::with_capacity(at);
        for part in &parts {
            let part = match joins {
                true => string_contents(part, offset)?,
                false => part,
            };
            joined.extend_from_slice(part);
        }
        let tag = match joins {
            true => OCTET_STRING,
            false => header.tag,
        };
        let der = Cow::Owned(element(tag, &joined));
        Ok(Element { der, length })
    }
}

/// An element in DER.
fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut der = Vec::with_capacity(contents.len() + 6);
    der.push(tag);
    push_length(&mut der, contents.len());
    der.extend_from_slice(contents);
    der
}

/// The contents of one part of a string; a part may not be anything else.
fn string_contents(part: &[u8], offset: usize) -> Result<&[u8], DerError> {
    let header = header(part, offset)?;
    if header.tag != OCTET_STRING {
        return Err(DerError::Tag {
            offset,
            found: header.tag,
            expected: OCTET_STRING,
        });
    }
    Ok(part.get(header.length..).unwrap_or_default())
}

fn header(bytes: &[u8], offset: usize) -> Result<Header, DerError> {
    let short = || DerError::Truncated {
        offset,
        expected: 2,
        found: bytes.len(),
    };
    let (&tag, &first) = match bytes {
        [tag, first, ..] => (tag, first),
        _ => return Err(short()),
    };
    // Tags of more than one byte are in nothing that we read.
    if tag & 0x1f == 0x1f || first == 0xff {
        return Err(DerError::Header { offset });
    }
    let (length, contents) = match first {
        0x80 if tag & CONSTRUCTED == 0 => return Err(DerError::Header { offset }),
        0x80 => (2, None),
        ..0x80 => (2, Some(usize::from(first))),
        _ => {
            let count = usize::from(first & 0x7f);
            let octets = bytes.get(2..2 + count).ok_or_else(short)?;
            let number = octets.iter().try_fold(0_usize, |number, octet| {
                number.checked_mul(256)?.checked_add(usize::from(*octet))
            });
            let contents = number.ok_or(DerError::Header { offset })?;
            (2 + count, Some(contents))
        }
    };
    let is_long = contents.is_some_and(|contents| length > 1 + length_octets(contents));
    Ok(Header {
        tag,
        length,
        contents,
        is_long,
    })
}

fn push_length(der: &mut Vec<u8>, length: usize) {
    if let Ok(short @ ..0x80) = u8::try_from(length) {
        der.push(short);
        return;
    }
    let octets = length.to_be_bytes();
    let skip = octets.iter().take_while(|octet| **octet == 0).count();
    let octets = octets.get(skip..).unwrap_or_default();
    der.push(0x80 | u8::try_from(octets.len()).unwrap_or(8));
    der.extend_from_slice(octets);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_no_more_octets_than_it_needs_is_der() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let der = element(0x04, &vec![0; length]);
            let element = element(0x30, &der);
            assert!(repaired(&element).is_none(), "{length}");
            assert_eq!(der.len(), 1 + length_octets(length) + length);
        }
    }

    #[test]
    fn a_length_of_more_octets_than_it_needs_becomes_der_however_deep_it_is() {
        let der = b"\x30\x05\xa0\x03\x02\x01\x05";
        for ber in [
            &b"\x30\x81\x05\xa0\x03\x02\x01\x05"[..],
            b"\x30\x84\0\0\0\x05\xa0\x03\x02\x01\x05",
            b"\x30\x06\xa0\x81\x03\x02\x01\x05",
            b"\x30\x06\xa0\x04\x02\x81\x01\x05",
            b"\x30\x07\xa0\x80\x02\x01\x05\0\0",
        ] {
            assert_eq!(repaired(ber).unwrap(), der, "{ber:x?}");
        }
        // Bytes behind it are for others to judge.
        assert!(repaired(b"\x30\x81\x03\x02\x01\x05rest").is_none());
    }

    #[test]
    fn an_indefinite_length_and_a_string_in_parts_become_der_and_what_is_der_stays_as_it_is() {
        // SEQUENCE (indefinite) { [0] { OCTET STRING in parts { 01 02, 03 } }, INTEGER with a long length }.
        let ber =
            b"\x30\x80\xa0\x80\x24\x80\x04\x02\x01\x02\x04\x01\x03\0\0\0\0\x02\x81\x01\x05\0\0rest";
        let translated = first(ber).unwrap();
        assert_eq!(translated.length, ber.len() - 4);
        assert!(translated.has_long_lengths);
        assert_eq!(
            translated.der[..],
            b"\x30\x0a\xa0\x05\x04\x03\x01\x02\x03\x02\x01\x05"[..]
        );
        let der = b"\x30\x03\x02\x01\x05";
        assert!(matches!(first(der).unwrap().der, Cow::Borrowed(same) if same == der));
    }

    #[test]
    fn what_never_ends_or_is_nested_without_end_is_refused() {
        for ber in [&b"\x30\x80\x02\x01\x05"[..], b"\x30\x80", b"\x04\x80\0\0"] {
            assert!(first(ber).is_err(), "{ber:x?}");
        }
        assert!(first(&b"\x30\x80".repeat(1_000_000)).is_err());
    }
}
