//! Public keys.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::private_key::MODULUS_LIMIT;
use crate::document::der::{self, Malformed};
use crate::document::{Sha256Digest, sha256, shortest};

mod curve;

/// A public key: what kind, how large, and a digest.
///
/// Two are equal when they are the same key, however each is written: an RSA key with or without the NULL behind its
/// algorithm, a point of a curve compressed or not, a known curve by name or by its parameters.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct PublicKey {
    /// The kind of key and its size.
    #[serde(flatten)]
    pub algorithm: KeyAlgorithm,
    /// SHA-256 over the DER SubjectPublicKeyInfo as it is written. Two objects with the same value hold the same key.
    pub spki_sha256: Sha256Digest,
    #[serde(skip)]
    identity: Sha256Digest,
    #[serde(skip)]
    info: Vec<u8>,
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &PublicKey) -> bool {
        self.identity == other.identity
    }
}

impl Eq for PublicKey {}

/// A kind of key and its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "algorithm")]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSA, by the length of its modulus.
    #[serde(rename = "RSA")]
    Rsa {
        /// Bits in the modulus.
        bits: u32,
        /// The public exponent, where it fits 64 bits; 65537 in every sound key.
        #[serde(skip_serializing_if = "Option::is_none")]
        exponent: Option<u64>,
        /// Whether it makes RSASSA-PSS signatures only (RFC 4055 section 1.2).
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pss: bool,
    },
    /// An elliptic curve.
    #[serde(rename = "EC")]
    Ec {
        /// The curve's common name, such as `P-256`, or its dotted OID.
        curve: Cow<'static, str>,
        /// Bits in the curve's field; 0 where the curve is unknown.
        bits: u32,
        /// Whether the curve is written as its parameters and not by name, which RFC 5480 section 2.1.1 forbids.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        explicit: bool,
    },
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// Ed448 (RFC 8410).
    Ed448,
    /// Anything else.
    Other {
        /// The dotted OID.
        oid: String,
    },
}

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo that fills `bytes` exactly (RFC 5280 section 4.1.2.7).
    pub(crate) fn read(bytes: &[u8]) -> Result<PublicKey, Malformed> {
        match SubjectPublicKeyInfo::from_der(bytes) {
            Ok(([], info)) => Ok(PublicKey::from_parsed(&info)),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn from_parsed(info: &SubjectPublicKeyInfo<'_>) -> PublicKey {
        let spki_sha256 = sha256(info.raw);
        let (algorithm, usual) = match info.algorithm.algorithm.as_bytes() {
            curve::EC_PUBLIC_KEY => curve::read(info),
            _ => {
                let algorithm = KeyAlgorithm::of(info);
                let usual = match &algorithm {
                    // Parameters of a PSS key limit its signatures.
                    KeyAlgorithm::Rsa { pss: false, .. } => usual_rsa(info),
                    _ => None,
                };
                (algorithm, usual)
            }
        };
        PublicKey {
            algorithm,
            spki_sha256,
            identity: usual.map_or(spki_sha256, |usual| sha256(&usual)),
            info: info.raw.to_vec(),
        }
    }

    /// What two keys have in common exactly when they are the same key: the SHA-256 of the SubjectPublicKeyInfo in its
    /// usual form, which is [`PublicKey::spki_sha256`] for nearly every key.
    pub fn identity(&self) -> Sha256Digest {
        self.identity
    }

    /// Whether computing with it takes milliseconds at most: a modulus of at most [`MODULUS_LIMIT`] bits, an exponent of
    /// at most 256 (64 where the modulus has more than 3,072, as in OpenSSL), and no parameters beyond measure. Nothing
    /// is verified with any other key.
    pub(crate) fn is_bounded(&self) -> bool {
        let KeyAlgorithm::Rsa { bits: size, .. } = self.algorithm else {
            return self.info.len() <= INFO_LIMIT;
        };
        let limit = if size > 3072 { 64 } else { 256 };
        size <= MODULUS_LIMIT
            && self
                .rsa_numbers()
                .is_some_and(|(_, exponent)| bits(exponent) <= limit)
    }

    /// How much a signature costs to check, in such of RSA 2048 with the exponent 65537 or of P-256, some 20 to 60 µs.
    pub(crate) fn cost(&self) -> usize {
        match self.algorithm {
            KeyAlgorithm::Rsa { bits: size, .. } => {
                let words = usize::try_from(size.div_ceil(2048))
                    .unwrap_or(usize::MAX)
                    .max(1);
                let exponent = self
                    .rsa_numbers()
                    .map_or(17, |(_, exponent)| bits(exponent));
                let rounds = usize::try_from(exponent.div_ceil(17))
                    .unwrap_or(usize::MAX)
                    .max(1);
                words.saturating_mul(words).saturating_mul(rounds)
            }
            KeyAlgorithm::Ec {
                bits: 256,
                explicit: false,
                ..
            }
            | KeyAlgorithm::Ed25519 => 1,
            // Other curves, and curves by their parameters, take OpenSSL up to a millisecond.
            _ => 10,
        }
    }

    /// Reads a PKCS#1 RSAPublicKey by putting it into the SubjectPublicKeyInfo that it abbreviates (RFC 8017 A.1.1).
    ///
    /// Two numbers alone could be other things too, such as DH parameters with the generator 2: an exponent is odd and at
    /// least 3 (RFC 8017 section 3.1).
    pub(crate) fn read_pkcs1(bytes: &[u8]) -> Result<PublicKey, Malformed> {
        let bits = der::wrap(0x03, &[&[0], bytes].concat());
        let key = PublicKey::read(&der::wrap(0x30, &[RSA_ENCRYPTION, &bits].concat()))?;
        match key.algorithm {
            KeyAlgorithm::Rsa { bits: 0, .. }
            | KeyAlgorithm::Rsa {
                exponent: Some(..3),
                ..
            } => Err(Malformed),
            KeyAlgorithm::Rsa { exponent, .. } if exponent.is_none_or(|e| e % 2 == 1) => Ok(key),
            _ => Err(Malformed),
        }
    }

    /// Modulus and public exponent of an RSA key, big-endian (RFC 8017 appendix A.1.1); `None` where one of them is
    /// written as a negative number.
    pub(crate) fn rsa_numbers(&self) -> Option<(&[u8], &[u8])> {
        let KeyAlgorithm::Rsa { .. } = self.algorithm else {
            return None;
        };
        let (modulus, exponent) = rsa_contents(&self.info)?;
        let is_positive = |content: &[u8]| content.first().is_some_and(|octet| *octet < 0x80);
        (is_positive(modulus) && is_positive(exponent)).then_some((modulus, exponent))
    }

    /// Whether a key of this kind can sign anything. Keys that agree on or encrypt other keys cannot: Diffie-Hellman ones,
    /// X25519 and X448 among them, those for RSAES-OAEP, and ML-KEM's. A kind that is not known is not said to be one of these.
    pub fn can_sign(&self) -> bool {
        /// ML-KEM-512, -768 and -1024 (RFC 9935).
        const ML_KEM: &str = "2.16.840.1.101.3.4.4.";
        const CANNOT: [&str; 7] = [
            // X25519 and X448 (RFC 8410).
            "1.3.101.110",
            "1.3.101.111",
            // Diffie-Hellman, by PKCS #3 and by X9.42 (RFC 3279 section 2.3.3).
            "1.2.840.113549.1.3.1",
            "1.2.840.10046.2.1",
            // id-ecDH and id-ecMQV (RFC 5480 section 2.1.2).
            "1.3.132.1.12",
            "1.3.132.1.13",
            // id-RSAES-OAEP (RFC 4055 section 1.2).
            "1.2.840.113549.1.1.7",
        ];
        match &self.algorithm {
            KeyAlgorithm::Other { oid } => {
                !CANNOT.contains(&oid.as_str()) && !oid.starts_with(ML_KEM)
            }
            _ => true,
        }
    }

    /// The DER SubjectPublicKeyInfo.
    pub fn info(&self) -> &[u8] {
        &self.info
    }
}

impl KeyAlgorithm {
    fn of(info: &SubjectPublicKeyInfo<'_>) -> KeyAlgorithm {
        let oid = info.algorithm.algorithm.as_bytes();
        let rsa = [RSA_OID, PSS_OID].contains(&oid);
        let rsa = rsa.then(|| rsa_contents(info.raw)).flatten();
        if let Some((modulus, exponent)) = rsa {
            let is_short = bits(exponent) <= 64;
            let number = |octets: &[u8]| {
                let octets = octets.iter();
                octets.fold(0, |number, octet| number << 8 | u64::from(*octet))
            };
            return KeyAlgorithm::Rsa {
                bits: bits(modulus),
                exponent: is_short.then(|| number(exponent)),
                pss: oid == PSS_OID,
            };
        }
        match oid {
            [0x2b, 0x65, 112] => KeyAlgorithm::Ed25519,
            [0x2b, 0x65, 113] => KeyAlgorithm::Ed448,
            _ => KeyAlgorithm::Other {
                oid: der::dotted(info.algorithm.algorithm.as_bytes()),
            },
        }
    }
}

/// The longest SubjectPublicKeyInfo of another kind than RSA with which anything is computed: the largest DSA key that
/// OpenSSL verifies with (10,000 bits) has less than 4 KiB.
const INFO_LIMIT: usize = 8 * 1024;

/// The AlgorithmIdentifier of RSA keys as RFC 4055 section 1.2 has it, with NULL.
const RSA_ENCRYPTION: &[u8] = &[
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// The contents of the modulus and the public exponent in a SubjectPublicKeyInfo, as they are written.
fn rsa_contents(info: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = der::elements(der::only(info, 0x30).ok()?);
    let algorithm = parts.next()?.ok()?;
    let [0, key @ ..] = parts.next()?.ok()?.content else {
        return None;
    };
    let mut numbers = der::elements(der::only(key, 0x30).ok()?);
    let mut number = || {
        let number = numbers.next()?.ok()?;
        (number.identifier == 0x02).then_some(number.content)
    };
    let found = (number()?, number()?);
    // OpenSSL reads no key with anything behind them, or behind the parameters of its algorithm.
    let is_whole = numbers.next().is_none() && der::elements(algorithm.content).count() <= 2;
    is_whole.then_some(found)
}

/// `rsaEncryption` (RFC 8017 appendix A.1).
const RSA_OID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];

/// `id-RSASSA-PSS` (RFC 4055 section 1.2).
const PSS_OID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];

/// The usual form of an RSA key that is written in another: with NULL as parameters, and numbers without needless
/// zeros; `None` where it is written so, or cannot be read.
fn usual_rsa(info: &SubjectPublicKeyInfo<'_>) -> Option<Vec<u8>> {
    let (algorithm, _) = der::first(der::only(info.raw, 0x30).ok()?).ok()?;
    let (modulus, exponent) = rsa_contents(info.raw)?;
    let (shortest_modulus, shortest_exponent) = (shortest(modulus), shortest(exponent));
    if algorithm.raw == RSA_ENCRYPTION
        && (shortest_modulus, shortest_exponent) == (modulus, exponent)
    {
        return None;
    }
    let numbers = [
        der::wrap(0x02, shortest_modulus),
        der::wrap(0x02, shortest_exponent),
    ];
    let key = der::wrap(0x30, &numbers.concat());
    let bits = der::wrap(0x03, &[&[0], &key[..]].concat());
    Some(der::wrap(0x30, &[RSA_ENCRYPTION, &bits].concat()))
}

/// The bits in a big-endian number, leading zeros not counted.
pub(super) fn bits(number: &[u8]) -> u32 {
    let number = number
        .iter()
        .position(|byte| *byte != 0)
        .and_then(|start| number.get(start..));
    match number {
        Some([first, rest @ ..]) => {
            8 - first.leading_zeros() + 8 * u32::try_from(rest.len()).unwrap_or(u32::MAX / 8 - 1)
        }
        _ => 0,
    }
}

/// `RSA 2048`, `EC P-256`, `Ed25519`.
impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyAlgorithm::Rsa {
                bits,
                exponent,
                pss,
            } => {
                let name = if *pss { "RSASSA-PSS" } else { "RSA" };
                write!(f, "{name} {bits}")?;
                match exponent {
                    // 65537 is what everyone uses, so only another exponent is news.
                    Some(65537) => Ok(()),
                    Some(exponent) => write!(f, " with exponent {exponent}"),
                    None => f.write_str(" with an exponent over 64 bits"),
                }
            }
            KeyAlgorithm::Ec {
                curve,
                explicit: true,
                bits: 1..,
            } => write!(f, "EC {curve}, explicit parameters"),
            KeyAlgorithm::Ec { curve, .. } => write!(f, "EC {curve}"),
            KeyAlgorithm::Ed25519 => f.write_str("Ed25519"),
            KeyAlgorithm::Ed448 => f.write_str("Ed448"),
            KeyAlgorithm::Other { oid } => match oid.as_str() {
                "1.2.840.113549.1.1.10" => f.write_str("RSASSA-PSS"),
                "1.2.840.10040.4.1" => f.write_str("DSA"),
                // Only where its numbers do not read.
                "1.2.840.113549.1.1.1" => f.write_str("RSA, damaged: its numbers cannot be read"),
                "1.3.101.110" => f.write_str("X25519"),
                "1.3.101.111" => f.write_str("X448"),
                _ => write!(f, "of kind {oid}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_without_leading_zeros() {
        assert_eq!(
            (bits(&[0, 0x80, 0]), bits(&[0x7f]), bits(&[]), bits(&[0])),
            (16, 7, 0, 0)
        );
    }

    #[test]
    fn dh_parameters_are_no_rsa_key() {
        // A prime-like modulus with the generator 2, and the same with the exponent of an RSA key.
        let numbers = |exponent: &[u8]| {
            let modulus = der::wrap(0x02, &[&[0, 0xcf], [0x55; 63].as_slice()].concat());
            der::wrap(0x30, &[modulus, der::wrap(0x02, exponent)].concat())
        };
        assert!(PublicKey::read_pkcs1(&numbers(&[2])).is_err());
        assert!(PublicKey::read_pkcs1(&numbers(&[1])).is_err());
        assert!(PublicKey::read_pkcs1(&numbers(&[1, 0, 1])).is_ok());
    }

    fn spki(algorithm: &[u8], key: &[u8]) -> PublicKey {
        let bits = der::wrap(0x03, &[&[0], key].concat());
        PublicKey::read(&der::wrap(0x30, &[algorithm, &bits].concat())).unwrap()
    }

    #[test]
    fn an_rsa_key_is_the_same_key_without_the_null_and_with_needless_zeros() {
        let numbers = |padding: &[u8], exponent: &[u8]| {
            let modulus = [padding, &[0, 0xcf], [0x55; 255].as_slice()].concat();
            der::wrap(
                0x30,
                &[der::wrap(0x02, &modulus), der::wrap(0x02, exponent)].concat(),
            )
        };
        let without_null = der::wrap(0x30, &RSA_ENCRYPTION[2..13]);
        let usual = spki(RSA_ENCRYPTION, &numbers(&[], &[1, 0, 1]));
        assert_eq!(usual.identity(), usual.spki_sha256);
        for other in [
            spki(&without_null, &numbers(&[], &[1, 0, 1])),
            spki(RSA_ENCRYPTION, &numbers(&[0], &[0, 1, 0, 1])),
        ] {
            assert_eq!(other, usual);
            assert_ne!(other.spki_sha256, usual.spki_sha256);
        }
        assert_ne!(spki(&without_null, &numbers(&[], &[1, 0, 3])), usual);
    }

    #[test]
    fn nothing_is_computed_with_a_key_beyond_measure() {
        let key = |modulus: usize, exponent: usize| {
            let number = |octets| der::wrap(0x02, &[&[0][..], &vec![0xcf; octets]].concat());
            spki(
                RSA_ENCRYPTION,
                &der::wrap(0x30, &[number(modulus), number(exponent)].concat()),
            )
        };
        for (modulus, exponent, bounded) in [
            (256, 3, true),
            (256, 32, true),
            (256, 33, false),
            (2048, 3, true),
            (2048, 9, false),
            (2049, 3, false),
        ] {
            assert_eq!(key(modulus, exponent).is_bounded(), bounded);
        }
        assert!(key(2048, 8).cost() > 64 * key(256, 3).cost());
    }

    /// The AlgorithmIdentifier of a kind of key without parameters.
    fn kind(oid: &[u8]) -> Vec<u8> {
        der::wrap(0x30, &der::wrap(0x06, oid))
    }

    #[test]
    fn a_key_that_only_signs_with_pss_is_measured_as_any_rsa_key() {
        let numbers = |octets: usize, exponent: &[u8]| {
            let modulus = der::wrap(0x02, &[&[0, 0xcf][..], &vec![0x55; octets - 1]].concat());
            der::wrap(0x30, &[modulus, der::wrap(0x02, exponent)].concat())
        };
        let key = |octets, exponent: &[u8]| spki(&kind(PSS_OID), &numbers(octets, exponent));
        let usual = key(256, &[1, 0, 1]);
        assert_eq!(usual.algorithm.to_string(), "RSASSA-PSS 2048");
        assert_eq!(usual.security_bits(), Some(112));
        assert_eq!(key(255, &[1, 0, 1]).security_bits(), Some(80));
        assert_eq!(
            key(256, &[3]).algorithm.to_string(),
            "RSASSA-PSS 2048 with exponent 3"
        );
        assert!(usual.is_bounded() && !key(256, &[0xcf; 33]).is_bounded());
        // No other key is the same, and no signature by PKCS #1 v1.5 is its.
        let plain = spki(RSA_ENCRYPTION, &numbers(256, &[1, 0, 1]));
        assert_ne!(usual, plain);
        assert!(crate::document::RsaKey::of(&usual).is_none());
        assert!(crate::document::RsaKey::of(&plain).is_some());
    }

    #[test]
    fn keys_that_only_agree_on_others_cannot_sign() {
        let of = |oid: &[u8]| spki(&kind(oid), &[7; 32]);
        let (x25519, x448) = ([0x2b, 0x65, 110], [0x2b, 0x65, 111]);
        let ml_kem = [0x60, 0x86, 0x48, 0x01, 0x65, 3, 4, 4, 2];
        for oid in [&x25519[..], &x448, &ml_kem] {
            assert!(!of(oid).can_sign(), "{}", of(oid).algorithm);
        }
        // Ed25519, RSA and ML-DSA.
        let ml_dsa = [0x60, 0x86, 0x48, 0x01, 0x65, 3, 4, 3, 18];
        for oid in [&[0x2b, 0x65, 112][..], RSA_OID, &ml_dsa] {
            assert!(of(oid).can_sign(), "{}", of(oid).algorithm);
        }
    }
}
