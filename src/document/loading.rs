//! Whether OpenSSL, by which most servers load their files, reads an object that was read here.

use openssl::error::ErrorStack;
use openssl::x509::{X509, X509Req};

use super::Document;
use crate::decode::der::{Element, Walk};

/// Why OpenSSL does not read a certificate or a request, in its words; `None` where it does, and of other objects.
///
/// The facts come from another parser, which takes some encodings that DER forbids.
pub(crate) fn openssl_refusal(document: &Document) -> Option<String> {
    crate::decode::crypto::ready();
    let read = match document {
        // Loading one takes ten times as long as everything else that is done with it.
        Document::Certificate(certificate) if is_plain(certificate.der()) => return None,
        Document::Certificate(certificate) => X509::from_der(certificate.der()).map(drop),
        Document::Request(request) => X509Req::from_der(request.der()).map(drop),
        _ => return None,
    };
    read.err().map(|error| reason(&error))
}

/// Whether a certificate with a key of RSA or of a usual curve is encoded so plainly that OpenSSL loads it for certain: `d2i_X509` looks at no more than
/// is looked at here, and leaves what is in the extensions for later.
fn is_plain(der: &[u8]) -> bool {
    plain_certificate(der).is_some()
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// AlgorithmIdentifier of rsaEncryption, with its NULL (RFC 3279 section 2.3.1).
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// AlgorithmIdentifiers of id-ecPublicKey with the curves P-256 and P-384 (RFC 5480 section 2.1.1), with the length of a point.
const CURVES: [(&[u8], usize); 2] = [
    (
        b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
        65,
    ),
    (
        b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22",
        97,
    ),
];

/// OpenSSL takes names of up to 1 MiB.
const NAME_LIMIT: usize = 1 << 16;

fn plain_certificate(der: &[u8]) -> Option<()> {
    let mut outer = Walk::over(der);
    let mut whole = inside(&mut outer, SEQUENCE)?;
    end(&outer)?;
    let mut signed = inside(&mut whole, SEQUENCE)?;
    algorithm(&mut whole)?;
    bits(take(&mut whole, BIT_STRING)?)?;
    end(&whole)?;

    let mut first = signed.any().ok()?;
    if first.tag == 0xa0 {
        let mut version = Walk::over(first.contents);
        integer(take(&mut version, INTEGER)?)?;
        end(&version)?;
        first = signed.any().ok()?;
    }
    integer((first.tag == INTEGER).then_some(first.contents)?)?;
    algorithm(&mut signed)?;
    name(&mut signed)?;
    let mut validity = inside(&mut signed, SEQUENCE)?;
    for _ in 0..2 {
        time(validity.any().ok()?)?;
    }
    end(&validity)?;
    name(&mut signed)?;
    let mut info = inside(&mut signed, SEQUENCE)?;
    let kind = info.any().ok()?.whole;
    let key = bits(take(&mut info, BIT_STRING)?)?;
    end(&info)?;
    match CURVES.iter().find(|(curve, _)| *curve == kind) {
        Some((_, length)) => (key.len() == *length && key.first() == Some(&4)).then_some(())?,
        None if kind == RSA => rsa_key(key)?,
        None => return None,
    }
    if end(&signed).is_some() {
        return Some(());
    }
    let mut tagged = inside(&mut signed, 0xa3)?;
    end(&signed)?;
    let mut extensions = inside(&mut tagged, SEQUENCE)?;
    end(&tagged)?;
    while end(&extensions).is_none() {
        let mut extension = inside(&mut extensions, SEQUENCE)?;
        identifier(take(&mut extension, OBJECT_IDENTIFIER)?)?;
        let mut value = extension.any().ok()?;
        if value.tag == 0x01 {
            (value.contents.len() == 1).then_some(())?;
            value = extension.any().ok()?;
        }
        (value.tag == OCTET_STRING).then_some(())?;
        end(&extension)?;
    }
    Some(())
}

/// An RSAPublicKey (RFC 8017 appendix A.1.1).
fn rsa_key(der: &[u8]) -> Option<()> {
    let mut key = Walk::over(der);
    let mut numbers = inside(&mut key, SEQUENCE)?;
    end(&key)?;
    for _ in 0..2 {
        integer(take(&mut numbers, INTEGER)?)?;
    }
    end(&numbers)
}

/// The contents of the next element, which has this tag.
fn take<'a>(walk: &mut Walk<'a>, tag: u8) -> Option<&'a [u8]> {
    let element = walk.any().ok()?;
    (element.tag == tag).then_some(element.contents)
}

fn inside<'a>(walk: &mut Walk<'a>, tag: u8) -> Option<Walk<'a>> {
    take(walk, tag).map(Walk::over)
}

/// That nothing is left.
fn end(walk: &Walk<'_>) -> Option<()> {
    walk.rest().is_empty().then_some(())
}

/// A UTCTime or GeneralizedTime of the length that RFC 5280 section 4.1.2.5 gives it.
fn time(element: Element<'_>) -> Option<()> {
    let length = match element.tag {
        0x17 => 13,
        0x18 => 15,
        _ => return None,
    };
    let (last, digits) = element.contents.split_last()?;
    let is_usual = *last == b'Z' && digits.iter().all(u8::is_ascii_digit);
    (is_usual && element.contents.len() == length).then_some(())
}

/// An INTEGER without needless octets (X.690 section 8.3.2).
fn integer(contents: &[u8]) -> Option<()> {
    let is_long = match contents {
        [] => return None,
        [0, second, ..] => second & 0x80 == 0,
        [0xff, second, ..] => second & 0x80 != 0,
        _ => false,
    };
    (!is_long).then_some(())
}

/// An OBJECT IDENTIFIER without padding (X.690 section 8.19.2).
fn identifier(contents: &[u8]) -> Option<()> {
    let mut begins = true;
    for octet in contents {
        if begins && *octet == 0x80 {
            return None;
        }
        begins = octet & 0x80 == 0;
    }
    (begins && !contents.is_empty()).then_some(())
}

/// What is in a BIT STRING of whole octets.
fn bits(contents: &[u8]) -> Option<&[u8]> {
    match contents {
        [0, octets @ ..] => Some(octets),
        _ => None,
    }
}

/// An algorithm whose parameters are absent or NULL.
fn algorithm(walk: &mut Walk<'_>) -> Option<()> {
    let mut algorithm = inside(walk, SEQUENCE)?;
    identifier(take(&mut algorithm, OBJECT_IDENTIFIER)?)?;
    matches!(algorithm.rest(), [] | [0x05, 0x00]).then_some(())
}

/// A name of which every value is text of a usual kind.
fn name(walk: &mut Walk<'_>) -> Option<()> {
    let mut sequence = inside(walk, SEQUENCE)?;
    (sequence.rest().len() < NAME_LIMIT).then_some(())?;
    while end(&sequence).is_none() {
        let mut set = inside(&mut sequence, SET)?;
        loop {
            let mut attribute = inside(&mut set, SEQUENCE)?;
            identifier(take(&mut attribute, OBJECT_IDENTIFIER)?)?;
            let value = attribute.any().ok()?;
            let is_text = match value.tag {
                // UTF8String; then PrintableString and IA5String.
                0x0c => std::str::from_utf8(value.contents).is_ok(),
                0x13 | 0x16 => value.contents.is_ascii(),
                _ => false,
            };
            is_text.then_some(())?;
            end(&attribute)?;
            if end(&set).is_some() {
                break;
            }
        }
    }
    Some(())
}

/// The first of OpenSSL's reasons, which is the innermost.
fn reason(error: &ErrorStack) -> String {
    let mut reasons = error.errors().iter().filter_map(|error| error.reason());
    reasons.next().unwrap_or("it cannot be decoded").to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// With a key of RSA, and of a curve.
    fn certificates() -> [Vec<u8>; 2] {
        let rsa: &[u8] = include_bytes!("../../tests/data/pki/leaf.pem");
        let curve = include_bytes!("../../tests/data/pki/p384.pem");
        [rsa, curve].map(|pem| X509::from_pem(pem).unwrap().to_der().unwrap())
    }

    #[test]
    fn an_ordinary_certificate_is_plain() {
        assert!(certificates().iter().all(|one| is_plain(one)));
        for authority in crate::environment::Facts::built_in()
            .unwrap()
            .certificates()
        {
            assert!(is_plain(authority.der()), "{:?}", authority.subject);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn openssl_loads_what_is_plain(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..3),
        ) {
            crate::decode::crypto::ready();
            for mut der in certificates() {
                for (at, octet) in &changes {
                    *at.get_mut(&mut der) = *octet;
                }
                prop_assert!(!is_plain(&der) || X509::from_der(&der).is_ok());
            }
        }
    }

    /// Every octet that is not in the key, the signature or the contents of an extension, with each of its neighbours.
    #[test]
    fn openssl_loads_what_is_plain_after_one_octet_was_changed() {
        crate::decode::crypto::ready();
        for whole in certificates() {
            let mut plain = 0;
            for at in 0..whole.len() {
                for change in 1..=0xff {
                    let mut der = whole.clone();
                    der[at] ^= change;
                    if is_plain(&der) {
                        plain += 1;
                        assert!(X509::from_der(&der).is_ok(), "octet {at} with {change:#x}");
                    }
                }
            }
            assert!(plain > whole.len(), "{plain}");
        }
    }
}
