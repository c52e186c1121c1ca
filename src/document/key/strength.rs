//! How strong a public key is.

use openssl::pkey::PKey;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{KeyAlgorithm, PublicKey};

/// Bits of security that a key has to have to count as strong: 112, the least that NIST SP 800-131A revision 2 allows since
/// 2014 – RSA and DSA of 2048 bits, elliptic curves of 224 – and what OpenSSL's security level 2 asks for.
pub const LEAST_SECURITY: u32 = 112;

impl PublicKey {
    /// Its bits of security by NIST SP 800-57 part 1, table 2; `None` if unknown: a key that cannot be read, is of
    /// a kind that OpenSSL does not know, or has its parameters in another certificate
    /// ([`PublicKey::inherits_parameters`]).
    pub fn security_bits(&self) -> Option<u32> {
        match &self.algorithm {
            KeyAlgorithm::Rsa { bits, .. } => Some(of_modulus(*bits)),
            // Explicit parameters may be a large field with a small group.
            KeyAlgorithm::Ec {
                bits,
                explicit: false,
                ..
            } if *bits >= 256 => Some(bits / 2),
            KeyAlgorithm::Ed25519 => Some(128),
            KeyAlgorithm::Ed448 => Some(224),
            // The size of a curve, named or explicit, is that of its order, and that of a DSA key depends on both of its
            // primes.
            KeyAlgorithm::Ec { .. } | KeyAlgorithm::Other { .. } => {
                if !self.is_bounded() {
                    return None;
                }
                crate::decode::crypto::ready();
                let key = PKey::public_key_from_der(self.info()).ok()?;
                let bits = key.security_bits();
                (bits > 0).then_some(bits)
            }
        }
    }

    /// Whether it is an RSA key that cannot be: the modulus is a product of odd primes, and the exponent an odd number between
    /// 3 and the modulus less 1 (RFC 8017 section 3.1). An exponent of 1 encrypts nothing, an even one cannot be undone.
    pub(crate) fn is_impossible(&self) -> bool {
        let Some((modulus, exponent)) = self.rsa_numbers() else {
            return false;
        };
        let is_even = |number: &[u8]| number.last().is_none_or(|octet| octet % 2 == 0);
        let (modulus, exponent) = (digits(modulus), digits(exponent));
        is_even(modulus)
            || is_even(exponent)
            || exponent == [1]
            || (exponent.len(), exponent) >= (modulus.len(), modulus)
    }

    /// Whether it is an EC key that is the point at infinity, to which anybody can make signatures (SEC 1 section 3.2.2.1).
    pub(crate) fn is_at_infinity(&self) -> bool {
        let is_ec = matches!(self.algorithm, KeyAlgorithm::Ec { .. });
        is_ec
            && SubjectPublicKeyInfo::from_der(self.info())
                .is_ok_and(|(_, info)| info.subject_public_key.data.as_ref() == [0])
    }

    /// Whether it is a DSA key without parameters, which has those of its issuer (RFC 3279 section 2.3.2).
    pub fn inherits_parameters(&self) -> bool {
        const DSA: &str = "1.2.840.10040.4.1";
        if !matches!(&self.algorithm, KeyAlgorithm::Other { oid } if oid == DSA) {
            return false;
        }
        crate::decode::crypto::ready();
        PKey::public_key_from_der(self.info())
            .ok()
            .and_then(|key| key.dsa().ok())
            .is_none_or(|key| key.p().num_bits() == 0)
    }
}

/// A number without leading zeros.
fn digits(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|octet| *octet != 0);
    start
        .and_then(|start| number.get(start..))
        .unwrap_or_default()
}

/// NIST SP 800-57 part 1, table 2, as OpenSSL's `BN_security_bits` rounds it.
fn of_modulus(bits: u32) -> u32 {
    match bits {
        15360.. => 256,
        7680.. => 192,
        3072.. => 128,
        2048.. => 112,
        1024.. => 80,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use openssl::dsa::Dsa;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::nid::Nid;
    use openssl::rsa::Rsa;

    use super::*;

    fn bits(key: PKey<openssl::pkey::Private>) -> Option<u32> {
        let info = key.public_key_to_der().unwrap();
        PublicKey::read(&info).unwrap().security_bits()
    }

    fn of_curve(nid: Nid, form: openssl::ec::Asn1Flag) -> Option<u32> {
        let mut group = EcGroup::from_curve_name(nid).unwrap();
        group.set_asn1_flag(form);
        bits(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap())
    }

    #[test]
    fn a_curve_is_as_strong_as_its_real_size_named_or_explicit() {
        use openssl::ec::Asn1Flag;
        for form in [Asn1Flag::NAMED_CURVE, Asn1Flag::EXPLICIT_CURVE] {
            assert!(of_curve(Nid::X9_62_PRIME192V1, form) < Some(LEAST_SECURITY));
            assert_eq!(of_curve(Nid::SECP224R1, form), Some(112));
            assert_eq!(of_curve(Nid::SECP256K1, form), Some(128));
            assert_eq!(of_curve(Nid::X9_62_PRIME256V1, form), Some(128));
            assert!(of_curve(Nid::SECP160R1, form) < Some(LEAST_SECURITY));
        }
    }

    #[test]
    fn an_rsa_key_of_one_bit_less_than_2048_is_weak() {
        assert_eq!(of_modulus(2047), 80);
        assert_eq!(of_modulus(2048), 112);
        let key = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
        assert_eq!(bits(key), Some(80));
    }

    #[test]
    fn an_rsa_key_whose_numbers_cannot_be_is_recognised_and_no_other() {
        let odd = [vec![0xc1; 255], vec![0x01]].concat();
        let even = [vec![0xc1; 255], vec![0x02]].concat();
        let long_even = [vec![0x40; 11], vec![0x02]].concat();
        let larger = [vec![0xc2; 255], vec![0x01]].concat();
        for (modulus, exponent, expected) in [
            (&odd, &[1, 0, 1][..], false),
            (&odd, &[3], false),
            (&odd, &[1], true),
            (&odd, &[4], true),
            (&odd, &long_even, true),
            (&odd, &odd, true),
            (&odd, &larger, true),
            (&even, &[1, 0, 1], true),
        ] {
            let number = |octets| openssl::bn::BigNum::from_slice(octets).unwrap();
            let key = Rsa::from_public_components(number(modulus), number(exponent)).unwrap();
            let key = PublicKey::from_bytes(&key.public_key_to_der().unwrap()).unwrap();
            assert_eq!(key.is_impossible(), expected, "{exponent:?}");
        }
    }

    #[test]
    fn an_ec_key_at_infinity_is_recognised_and_no_other() {
        let info = |point: &[u8]| {
            let algorithm = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
            let key = [&[3, point.len() as u8 + 1, 0], point].concat();
            let content = [&algorithm[..], &key].concat();
            [&[0x30, content.len() as u8], &content[..]].concat()
        };
        let at_infinity = PublicKey::from_bytes(&info(&[0])).unwrap();
        assert!(at_infinity.is_at_infinity());
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let other = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let other = PublicKey::from_bytes(&other.public_key_to_der().unwrap()).unwrap();
        assert!(!other.is_at_infinity());
    }

    #[test]
    fn a_dsa_key_is_as_strong_as_its_primes() {
        let key = PKey::from_dsa(Dsa::generate(1024).unwrap()).unwrap();
        assert!(bits(key) < Some(LEAST_SECURITY));
        let key = PKey::from_dsa(Dsa::generate(2048).unwrap()).unwrap();
        assert_eq!(bits(key), Some(112));
    }
}
