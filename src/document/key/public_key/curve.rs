//! Keys of elliptic curves: which curve, and the one usual form of each key (RFC 5480).

use std::borrow::Cow;

use openssl::asn1::Asn1Object;
use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey, EcPoint, PointConversionForm};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use x509_parser::asn1_rs::Tag;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::KeyAlgorithm;
use crate::document::der;

/// `id-ecPublicKey` (RFC 5480 section 2.1.1).
pub(super) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];

const OBJECT_IDENTIFIER: u8 = 0x06;

/// The longest SubjectPublicKeyInfo that is given to OpenSSL to find out which curve its parameters are: P-521's take
/// some 600 octets. It bounds the size of a field itself, at 661 bits.
const EXPLICIT_LIMIT: usize = 2048;

/// How the parameters say which curve it is.
enum Curve<'a> {
    Named(&'a [u8]),
    Explicit,
    Implicit,
}

/// What the key is, and its usual form where it is written in another: the curve by name, the point uncompressed.
pub(super) fn read(info: &SubjectPublicKeyInfo<'_>) -> (KeyAlgorithm, Option<Vec<u8>>) {
    let parameters = info.algorithm.parameters.as_ref();
    let curve = match parameters {
        Some(any) if any.tag() == Tag::Oid => Curve::Named(any.data),
        Some(any) if any.tag() == Tag::Sequence => Curve::Explicit,
        _ => Curve::Implicit,
    };
    match curve {
        Curve::Named(oid) => {
            let (curve, bits) = named(oid);
            let algorithm = KeyAlgorithm::Ec {
                curve,
                bits,
                explicit: false,
            };
            // What begins with 4 is uncompressed (SEC 1 section 2.3.3).
            let is_usual = info.subject_public_key.data.first() == Some(&4);
            let usual = (!is_usual && bits != 0)
                .then(|| point_of(info, oid))
                .flatten();
            (algorithm, usual)
        }
        Curve::Explicit => match known(info) {
            Some((oid, usual)) => {
                let (curve, bits) = named(&oid);
                let explicit = true;
                (
                    KeyAlgorithm::Ec {
                        curve,
                        bits,
                        explicit,
                    },
                    Some(usual),
                )
            }
            None => (unnamed("explicit parameters", true), None),
        },
        Curve::Implicit => (unnamed("implicit parameters", false), None),
    }
}

fn unnamed(curve: &'static str, explicit: bool) -> KeyAlgorithm {
    KeyAlgorithm::Ec {
        curve: curve.into(),
        bits: 0,
        explicit,
    }
}

/// What a curve is called and how large its field is.
fn named(oid: &[u8]) -> (Cow<'static, str>, u32) {
    match oid {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7] => ("P-256".into(), 256),
        [0x2b, 0x81, 4, 0, 34] => ("P-384".into(), 384),
        [0x2b, 0x81, 4, 0, 35] => ("P-521".into(), 521),
        [0x2b, 0x81, 4, 0, 33] => ("P-224".into(), 224),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1] => ("P-192".into(), 192),
        _ => {
            let dotted = der::dotted(oid);
            match nid_of(&dotted).and_then(|nid| Some((nid, EcGroup::from_curve_name(nid).ok()?))) {
                Some((nid, group)) => (
                    nid.short_name().map_or(dotted.into(), Cow::Borrowed),
                    group.degree(),
                ),
                None => (dotted.into(), 0),
            }
        }
    }
}

fn nid_of(dotted: &str) -> Option<Nid> {
    crate::decode::crypto::ready();
    let nid = Asn1Object::from_str(dotted).ok()?.nid();
    (nid != Nid::UNDEF).then_some(nid)
}

/// The key as OpenSSL reads it; points that are not on their curve do not read.
fn openssl(info: &SubjectPublicKeyInfo<'_>) -> Option<EcKey<Public>> {
    crate::decode::crypto::ready();
    if info.raw.len() > EXPLICIT_LIMIT {
        return None;
    }
    PKey::public_key_from_der(info.raw).ok()?.ec_key().ok()
}

/// The usual form of a key whose point is compressed, or in both forms at once.
fn point_of(info: &SubjectPublicKeyInfo<'_>, oid: &[u8]) -> Option<Vec<u8>> {
    crate::decode::crypto::ready();
    let key = openssl(info)?;
    let mut context = BigNumContext::new().ok()?;
    let point = key
        .public_key()
        .to_bytes(key.group(), PointConversionForm::UNCOMPRESSED, &mut context)
        .ok()?;
    Some(written(oid, &point))
}

/// The curve whose parameters these are, and the key's usual form.
fn known(info: &SubjectPublicKeyInfo<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    crate::decode::crypto::ready();
    let key = openssl(info)?;
    let nid = key.group().curve_name()?;
    let group = EcGroup::from_curve_name(nid).ok()?;
    let oid = Asn1Object::from_str(nid.short_name().ok()?).ok()?;
    let mut context = BigNumContext::new().ok()?;
    let form = PointConversionForm::UNCOMPRESSED;
    let point = key
        .public_key()
        .to_bytes(key.group(), form, &mut context)
        .ok()?;
    // Once more on the curve of that name: OpenSSL's word is checked and not believed.
    EcPoint::from_bytes(&group, &point, &mut context).ok()?;
    let oid = oid.as_slice().to_vec();
    let usual = written(&oid, &point);
    Some((oid, usual))
}

/// The SubjectPublicKeyInfo of a point on a named curve.
fn written(oid: &[u8], point: &[u8]) -> Vec<u8> {
    let algorithm = [
        der::wrap(OBJECT_IDENTIFIER, EC_PUBLIC_KEY),
        der::wrap(OBJECT_IDENTIFIER, oid),
    ];
    let bits = der::wrap(0x03, &[&[0], point].concat());
    der::wrap(0x30, &[der::wrap(0x30, &algorithm.concat()), bits].concat())
}

#[cfg(test)]
mod tests {
    use openssl::ec::Asn1Flag;

    use super::*;
    use crate::document::PublicKey;

    /// A key of the curve, as the flags and the form write it.
    fn key(group: &EcGroup, key: &EcKey<openssl::pkey::Private>) -> PublicKey {
        let point = key.public_key();
        let public = EcKey::from_public_key(group, point).unwrap();
        let der = PKey::from_ec_key(public)
            .unwrap()
            .public_key_to_der()
            .unwrap();
        PublicKey::read(&der).unwrap()
    }

    #[test]
    fn a_compressed_point_and_explicit_parameters_are_the_same_key() {
        for (nid, name) in [
            (Nid::X9_62_PRIME256V1, "P-256"),
            (Nid::SECP384R1, "P-384"),
            (Nid::BRAINPOOL_P256R1, "brainpoolP256r1"),
        ] {
            let mut group = EcGroup::from_curve_name(nid).unwrap();
            group.set_asn1_flag(Asn1Flag::NAMED_CURVE);
            let made = EcKey::generate(&group).unwrap();
            let usual = key(&group, &made);
            assert_eq!(usual.algorithm.to_string(), format!("EC {name}"));
            assert_eq!(usual.identity(), usual.spki_sha256);

            let mut context = BigNumContext::new().unwrap();
            let oid = Asn1Object::from_str(nid.short_name().unwrap()).unwrap();
            for form in [PointConversionForm::COMPRESSED, PointConversionForm::HYBRID] {
                let point = made
                    .public_key()
                    .to_bytes(&group, form, &mut context)
                    .unwrap();
                let compressed = PublicKey::read(&written(oid.as_slice(), &point)).unwrap();
                assert_eq!(compressed, usual, "{name}");
                assert_ne!(compressed.spki_sha256, usual.spki_sha256);
            }

            group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
            let explicit = key(&group, &made);
            assert_ne!(explicit.spki_sha256, usual.spki_sha256);
            assert_eq!(explicit, usual, "{name}");
            assert_eq!(
                explicit.algorithm.to_string(),
                format!("EC {name}, explicit parameters")
            );
        }
    }

    #[test]
    fn parameters_of_no_known_curve_are_named_as_what_they_are() {
        let algorithm = |parameters: &[u8]| {
            let oid = der::wrap(OBJECT_IDENTIFIER, EC_PUBLIC_KEY);
            let algorithm = der::wrap(0x30, &[&oid[..], parameters].concat());
            let key = der::wrap(0x30, &[algorithm, vec![3, 2, 0, 4]].concat());
            PublicKey::read(&key).unwrap().algorithm.to_string()
        };
        assert_eq!(
            algorithm(&der::wrap(0x30, &[2, 1, 1])),
            "EC explicit parameters"
        );
        assert_eq!(algorithm(&[5, 0]), "EC implicit parameters");
        assert_eq!(algorithm(&[]), "EC implicit parameters");
        assert_eq!(algorithm(&[6, 3, 0x2a, 3, 4]), "EC 1.2.3.4");
    }

    #[test]
    fn a_small_curve_has_its_size() {
        let oid = Asn1Object::from_str("sect163k1").unwrap();
        assert_eq!(named(oid.as_slice()).1, 163);
    }
}
