//! The outermost layer of DER: where an object ends, and whether it is a container.

mod dotted;

use x509_parser::asn1_rs::{FromBer, Header, Length};

pub(crate) use dotted::dotted;

use super::error::DerError;

/// The tag byte of a SEQUENCE, with which every object we read begins.
pub(super) const SEQUENCE: u8 = 0x30;

/// 1.2.840.113549.1.7.2, signedData (RFC 2315 section 14), as a whole element.
pub(super) const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
/// The arc of PKCS#7 content types, 1.2.840.113549.1.7, as the beginning of an element with one more byte.
const PKCS7_ARC: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
/// INTEGER 3, the version of a PFX (RFC 7292 section 4).
const PFX_VERSION: &[u8] = b"\x02\x01\x03";

/// One element: its tag byte, its contents, and the whole of it.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) contents: &'a [u8],
    pub(crate) whole: &'a [u8],
}

const OBJECT_IDENTIFIER: u8 = 0x06;

/// What a DER object is at first sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Pkcs7,
    Pkcs12,
    Object,
}

/// A cursor over consecutive elements.
///
/// It holds slices only and never recurses, so that hostile nesting costs nothing.
#[derive(Clone, Copy)]
pub(crate) struct Walk<'a> {
    rest: &'a [u8],
    /// Where `rest` begins in the whole, for messages.
    offset: usize,
}

/// Whether the bytes are one element with the outline of what a CA signs, a SEQUENCE that begins with another one;
/// looks at two headers only.
pub(super) fn is_signed_object(bytes: &[u8]) -> bool {
    let outer = Walk::over(bytes).any().ok();
    outer.is_some_and(|outer| {
        outer.tag == SEQUENCE
            && outer.whole.len() == bytes.len()
            && Walk::over(outer.contents).peek() == Some(SEQUENCE)
    })
}

/// Whether the bytes begin as a SEQUENCE that begins with an AlgorithmIdentifier, a SEQUENCE that begins with an OBJECT
/// IDENTIFIER; looks at two headers only, which need not be followed by all of their contents.
pub(super) fn begins_with_algorithm(bytes: &[u8]) -> bool {
    let inside = |bytes: &'_ [u8]| -> Option<usize> {
        let (&tag, rest) = bytes.split_first()?;
        let (&length, _) = rest.split_first()?;
        let more = if length < 0x80 { 0 } else { length & 0x7f };
        (tag == SEQUENCE).then_some(2 + usize::from(more))
    };
    let outer = inside(bytes).and_then(|at| bytes.get(at..));
    let inner = outer.and_then(|outer| outer.get(inside(outer)?..));
    inner.and_then(<[u8]>::first) == Some(&OBJECT_IDENTIFIER)
}

impl<'a> Walk<'a> {
    pub(crate) fn over(bytes: &'a [u8]) -> Walk<'a> {
        Walk {
            rest: bytes,
            offset: 0,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The tag byte of the next element.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Takes the next element, whatever it is.
    pub(crate) fn any(&mut self) -> Result<Element<'a>, DerError> {
        let offset = self.offset;
        let tag = self.peek().ok_or(DerError::Empty)?;
        let (contents, length) = match usual_header(self.rest) {
            Some(read) => read,
            None => {
                let Ok((contents, header)) = Header::from_ber(self.rest) else {
                    return Err(header_error(self.rest, offset));
                };
                let Length::Definite(length) = header.length() else {
                    return Err(DerError::Indefinite { offset });
                };
                (contents, length)
            }
        };
        let truncated = || DerError::Truncated {
            offset,
            // A length of eight octets may be the greatest there is.
            expected: ((self.rest.len() - contents.len()) as u64).saturating_add(length as u64),
            found: self.rest.len(),
        };
        let (contents, rest) = contents.split_at_checked(length).ok_or_else(truncated)?;
        let (whole, _) = self
            .rest
            .split_at_checked(self.rest.len() - rest.len())
            .ok_or_else(truncated)?;
        self.offset += whole.len();
        self.rest = rest;
        Ok(Element {
            tag,
            contents,
            whole,
        })
    }

    /// Takes the next element, which must have this tag byte.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Element<'a>, DerError> {
        match self.peek() {
            Some(found) if found == tag => self.any(),
            Some(found) => Err(DerError::Tag {
                offset: self.offset,
                found,
                expected: tag,
            }),
            None => Err(DerError::Empty),
        }
    }

    /// Goes into the next element, which must have this tag byte, and past it.
    pub(super) fn enter(&mut self, tag: u8) -> Result<Walk<'a>, DerError> {
        let start = self.offset;
        let element = self.expect(tag)?;
        Ok(Walk {
            rest: element.contents,
            offset: start + element.whole.len() - element.contents.len(),
        })
    }
}

/// What follows the header, and the length that it says, where both are written as nearly all are in X.509: a tag of one octet,
/// a length of up to three. Reading a certificate takes some two hundred of them.
fn usual_header(bytes: &[u8]) -> Option<(&[u8], usize)> {
    match bytes {
        [tag, ..] if tag & 0x1f == 0x1f => None,
        [_, length @ ..=0x7f, contents @ ..] => Some((contents, usize::from(*length))),
        [_, 0x81, length, contents @ ..] => Some((contents, usize::from(*length))),
        [_, 0x82, high, low, contents @ ..] => {
            Some((contents, usize::from(u16::from_be_bytes([*high, *low]))))
        }
        _ => None,
    }
}

/// Says whether a header that does not parse was cut off or is malformed.
fn header_error(bytes: &[u8], offset: usize) -> DerError {
    match bytes {
        [_, length, rest @ ..]
            if *length > 0x80 && *length < 0xff && rest.len() < usize::from(length & 0x7f) =>
        {
            DerError::Truncated {
                offset,
                expected: 2 + u64::from(length & 0x7f),
                found: bytes.len(),
            }
        }
        [_] => DerError::Truncated {
            offset,
            expected: 2,
            found: 1,
        },
        _ => DerError::Header { offset },
    }
}

/// How many octets a length has in DER.
pub(crate) fn length_octets(length: usize) -> usize {
    match length {
        ..0x80 => 1,
        _ => 1 + (usize::BITS - length.leading_zeros()).div_ceil(8) as usize,
    }
}

/// Returns the first object of the bytes and how many bytes follow it.
pub(super) fn first(bytes: &[u8]) -> Result<(&[u8], usize), DerError> {
    let mut walk = Walk::over(bytes);
    let element = walk.any()?;
    Ok((element.whole, walk.rest().len()))
}

/// Checks that the bytes are exactly one object, a SEQUENCE where `sequence` says so.
pub(super) fn exactly_one(bytes: &[u8], expected: Option<u8>) -> Result<(), DerError> {
    if let (Some(&found), Some(expected)) = (bytes.first(), expected)
        && found != expected
    {
        return Err(DerError::Tag {
            offset: 0,
            found,
            expected,
        });
    }
    match first(bytes)? {
        (_, 0) => Ok(()),
        (object, extra) => Err(DerError::TrailingBytes {
            offset: object.len(),
            extra,
        }),
    }
}

/// Whether the bytes are a container, or have the outline of what is signed: a SEQUENCE of a SEQUENCE, another one and a
/// BIT STRING.
pub(super) fn is_object(bytes: &[u8]) -> bool {
    const BIT_STRING: u8 = 0x03;
    if shape(bytes) != Shape::Object {
        return true;
    }
    let signed = || -> Result<bool, DerError> {
        let mut inside = Walk::over(bytes).enter(SEQUENCE)?;
        inside.expect(SEQUENCE)?;
        inside.expect(SEQUENCE)?;
        inside.expect(BIT_STRING)?;
        Ok(inside.is_done())
    };
    signed().unwrap_or(false)
}

/// Whether the elements of an object fill it, however deep they are.
pub(super) fn is_sound(object: &[u8]) -> bool {
    const CONSTRUCTED: u8 = 0x20;
    let mut open = vec![Walk::over(object)];
    while let Some(mut walk) = open.pop() {
        while !walk.is_done() {
            match walk.any() {
                Ok(element) if element.tag & CONSTRUCTED != 0 => {
                    open.push(Walk::over(element.contents));
                }
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }
    true
}

/// Whether the object's length is BER's indefinite one.
pub(super) fn is_indefinite(bytes: &[u8]) -> bool {
    matches!(bytes, [_, 0x80, ..])
}

/// Tells a container from a plain object by its first bytes; damage further on is found later.
pub(super) fn shape(bytes: &[u8]) -> Shape {
    let Ok((contents, _)) = Header::from_ber(bytes) else {
        return Shape::Object;
    };
    if bytes.first() != Some(&SEQUENCE) {
        Shape::Object
    } else if contents.starts_with(PKCS7_ARC) {
        Shape::Pkcs7
    } else if contents.strip_prefix(PFX_VERSION).is_some_and(|rest| {
        // The version alone is not enough: other structures also begin with INTEGER 3. A PFX goes on with
        // a ContentInfo.
        Header::from_ber(rest).is_ok_and(|(inside, _)| {
            rest.first() == Some(&SEQUENCE) && inside.starts_with(PKCS7_ARC)
        })
    }) {
        Shape::Pkcs12
    } else {
        Shape::Object
    }
}
/// Whether a DER object has the shape of what is found under `DH PARAMETERS`, `X9.42 DH PARAMETERS`, `DSA PARAMETERS` (PKCS#3,
/// RFC 2631 section 3.3, RFC 3279 section 2.3.2: two to four numbers) or `EC PARAMETERS` (RFC 3279 section 2.3.5).
pub(super) fn is_parameters(object: &[u8]) -> bool {
    const INTEGER: u8 = 0x02;
    const NULL: u8 = 0x05;
    let Some(&first) = object.first() else {
        return false;
    };
    if matches!(first, OBJECT_IDENTIFIER | NULL) {
        return true;
    }
    let Ok(mut inside) = Walk::over(object).enter(SEQUENCE) else {
        return false;
    };
    let mut tags = Vec::new();
    while !inside.is_done() {
        match inside.any() {
            Ok(element) if tags.len() < 8 => tags.push(element.tag),
            _ => return false,
        }
    }
    match tags.as_slice() {
        // The version, the field, the curve.
        [INTEGER, SEQUENCE, SEQUENCE, ..] => true,
        [numbers @ .., SEQUENCE] | numbers => {
            (2..=4).contains(&numbers.len()) && numbers.iter().all(|tag| *tag == INTEGER)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_header_reads_as_the_library_reads_it() {
        let mut usual = 0;
        for tag in 0..=u8::MAX {
            for length in 0..=u8::MAX {
                for rest in [
                    &b""[..],
                    b"\0",
                    b"\x7f",
                    b"\0\x05",
                    b"\x80\xff",
                    b"\xff\0\x01\x02",
                ] {
                    let bytes = [&[tag, length], rest].concat();
                    let Some((contents, said)) = usual_header(&bytes) else {
                        continue;
                    };
                    let (expected, header) = Header::from_ber(&bytes).unwrap();
                    assert_eq!(contents, expected, "{bytes:x?}");
                    assert_eq!(header.length(), Length::Definite(said), "{bytes:x?}");
                    usual += 1;
                }
            }
        }
        assert!(usual > 100_000);
    }
}
