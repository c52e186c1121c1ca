//! Steps through DER, one element at a time; for the few structures `x509-parser` does not keep the bytes of.

pub(crate) use crate::decode::der::dotted;
use crate::decode::der::{Element as Whole, Walk, length_octets};

/// Whether these are the contents of an OBJECT IDENTIFIER: at least one number, each ended and none with zeros before it (X.690
/// section 8.19).
pub(crate) fn is_oid(contents: &[u8]) -> bool {
    let is_last = |octet: &u8| octet & 0x80 == 0;
    contents.last().is_some_and(is_last)
        && contents
            .split_inclusive(is_last)
            .all(|number| number.first() != Some(&0x80))
}

/// One DER element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    /// The identifier octet; multi-octet tags do not occur in X.509 and are refused.
    pub(crate) identifier: u8,
    /// The contents, without the header.
    pub(crate) content: &'a [u8],
    /// The whole element, header included.
    pub(crate) raw: &'a [u8],
}

/// How a structure that does not match its definition is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not well-formed DER of this structure")]
pub(crate) struct Malformed;

/// The same, with the field that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} does not follow the standard")]
pub(crate) struct Misread {
    /// The field, as the subject of a sentence.
    pub(crate) field: &'static str,
}

/// What is said where no field can be named.
pub(crate) const OUTLINE: &str = "its outline";

impl Misread {
    /// Names the field that turned out to be malformed.
    pub(crate) fn of(field: &'static str) -> impl Fn(Malformed) -> Misread {
        move |Malformed| Misread { field }
    }
}

/// The bytes that tell nothing but that a structure is wrong somewhere.
impl From<Malformed> for Misread {
    fn from(_: Malformed) -> Misread {
        Misread { field: OUTLINE }
    }
}

/// The first element and what follows it.
pub(crate) fn first(bytes: &[u8]) -> Result<(Element<'_>, &[u8]), Malformed> {
    let mut walk = Walk::over(bytes);
    match walk.any() {
        Ok(Whole {
            tag,
            contents,
            whole,
        }) if tag & 0x1f != 0x1f => Ok((
            Element {
                identifier: tag,
                content: contents,
                raw: whole,
            },
            walk.rest(),
        )),
        _ => Err(Malformed),
    }
}

/// Exactly one element, of the given identifier octet; its contents.
pub(crate) fn only(bytes: &[u8], identifier: u8) -> Result<&[u8], Malformed> {
    match first(bytes)? {
        (element, []) if element.identifier == identifier => Ok(element.content),
        _ => Err(Malformed),
    }
}

/// All elements of some contents, in order.
pub(crate) fn elements(mut content: &[u8]) -> impl Iterator<Item = Result<Element<'_>, Malformed>> {
    std::iter::from_fn(move || {
        if content.is_empty() {
            return None;
        }
        match first(content) {
            Ok((element, rest)) => {
                content = rest;
                Some(Ok(element))
            }
            Err(malformed) => {
                content = &[];
                Some(Err(malformed))
            }
        }
    })
}

/// The bytes that encode a constructed element of this identifier octet and contents.
pub(crate) fn wrap(identifier: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![identifier];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let octets: Vec<u8> = length
                .to_be_bytes()
                .into_iter()
                .skip_while(|byte| *byte == 0)
                .collect();
            // A length has at most eight octets, so the sum stays below 0x89.
            bytes.push(0x80 | u8::try_from(octets.len()).unwrap_or(8));
            bytes.extend(octets);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// Whether the bytes are one element in DER and nothing else, as far as headers and values of type BOOLEAN tell (X.690 sections
/// 10.1 and 11.1): lengths of no more octets than they need, and true written as `ff`.
pub(crate) fn is_distinguished(bytes: &[u8]) -> bool {
    const BOOLEAN: u8 = 0x01;
    if !matches!(first(bytes), Ok((_, []))) {
        return false;
    }
    // Room for what extensions have, at once.
    let mut open = Vec::with_capacity(8);
    open.push(bytes);
    while let Some(contents) = open.pop() {
        for element in elements(contents) {
            let Ok(element) = element else {
                return false;
            };
            let shortest = 1 + length_octets(element.content.len());
            let is_boolean = element.identifier == BOOLEAN;
            if element.raw.len() != shortest + element.content.len()
                || is_boolean && !matches!(element.content, [0 | 0xff])
            {
                return false;
            }
            if element.identifier & 0x20 != 0 {
                open.push(element.content);
            }
        }
    }
    true
}

/// How deep DER is followed in search of a fault; X.509 nests about a dozen levels.
const DEPTH_LIMIT: usize = 32;

/// The offset of the first element whose header or length is wrong; `None` when lengths and tags are in order
/// throughout, whatever they mean.
pub(crate) fn first_fault(bytes: &[u8]) -> Option<usize> {
    fault_in(bytes, 0, DEPTH_LIMIT)
}

fn fault_in(mut content: &[u8], mut offset: usize, depth: usize) -> Option<usize> {
    while !content.is_empty() {
        let Ok((element, rest)) = first(content) else {
            return Some(offset);
        };
        if element.identifier & 0x20 != 0 && depth > 0 {
            let start = offset + (element.raw.len() - element.content.len());
            if let Some(fault) = fault_in(element.content, start, depth - 1) {
                return Some(fault);
            }
        }
        offset += element.raw.len();
        content = rest;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_length_of_any_size_reads_back() {
        for length in [0, 1, 127, 128, 255, 256, 65_536] {
            let content = vec![7; length];
            assert_eq!(
                only(&wrap(4, &content), 4),
                Ok(content.as_slice()),
                "{length}"
            );
        }
    }

    #[test]
    fn what_der_forbids_in_lengths_and_truth_values_is_seen_at_any_depth() {
        for (bytes, distinguished) in [
            (&b"\x30\x03\x01\x01\xff"[..], true),
            (b"\x30\x05\xa0\x03\x01\x01\x00", true),
            (b"\x30\x03\x01\x01\x05", false),
            (b"\x30\x05\xa0\x03\x01\x01\x01", false),
            (b"\x30\x04\x01\x02\xff\xff", false),
            (b"\x30\x81\x03\x01\x01\xff", false),
            (b"\x30\x04\x01\x81\x01\xff", false),
            (b"\x30\x03\x01\x01\xff\0\0", false),
            // Only those of type BOOLEAN are known to be one.
            (b"\x30\x03\x81\x01\x05", true),
            (b"", false),
        ] {
            assert_eq!(is_distinguished(bytes), distinguished, "{bytes:x?}");
        }
    }

    #[test]
    fn the_first_fault_is_found_inside_nested_elements() {
        let inner = [0x04, 0x05, 1, 2]; // says five bytes, has two
        let outer = wrap(0x30, &[wrap(0x02, &[1]), wrap(0x30, &inner)].concat());
        assert_eq!(first_fault(&outer), Some(7));
        assert_eq!(first_fault(&wrap(0x30, &wrap(0x02, &[1]))), None);
    }
}
