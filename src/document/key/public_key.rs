//! Public keys.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey as Parsed;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::document::der::{self, Malformed};
use crate::document::{Sha256Digest, sha256};

/// A public key: what kind, how large, and the digest by which keys are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PublicKey {
    /// The kind of key and its size.
    #[serde(flatten)]
    pub algorithm: KeyAlgorithm,
    /// SHA-256 over the DER SubjectPublicKeyInfo. Two objects with the same value hold the same key.
    pub spki_sha256: Sha256Digest,
    #[serde(skip)]
    info: Vec<u8>,
}

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
    },
    /// An elliptic curve.
    #[serde(rename = "EC")]
    Ec {
        /// The curve's common name, such as `P-256`, or its dotted OID.
        curve: Cow<'static, str>,
        /// Bits in the curve's field; 0 where the curve is unknown.
        bits: u32,
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
        PublicKey {
            algorithm: KeyAlgorithm::of(info),
            spki_sha256: sha256(info.raw),
            info: info.raw.to_vec(),
        }
    }

    /// Reads a PKCS#1 RSAPublicKey by putting it into the SubjectPublicKeyInfo that it abbreviates (RFC 8017 A.1.1).
    ///
    /// Two numbers alone could be other things too, such as DH parameters with the generator 2: an exponent is odd and at
    /// least 3 (RFC 8017 section 3.1).
    pub(crate) fn read_pkcs1(bytes: &[u8]) -> Result<PublicKey, Malformed> {
        const RSA_ENCRYPTION: &[u8] = &[
            0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
            0x00,
        ];
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
        let bits = der::elements(der::only(&self.info, 0x30).ok()?).nth(1)?;
        let [0, key @ ..] = bits.ok()?.content else {
            return None;
        };
        let mut numbers = der::elements(der::only(key, 0x30).ok()?);
        let mut positive = || {
            let content = numbers.next()?.ok()?.content;
            content
                .first()
                .is_some_and(|octet| *octet < 0x80)
                .then_some(content)
        };
        Some((positive()?, positive()?))
    }

    /// The DER SubjectPublicKeyInfo.
    pub fn info(&self) -> &[u8] {
        &self.info
    }
}

impl KeyAlgorithm {
    fn of(info: &SubjectPublicKeyInfo<'_>) -> KeyAlgorithm {
        match (info.algorithm.algorithm.as_bytes(), info.parsed()) {
            (_, Ok(Parsed::RSA(key))) => KeyAlgorithm::Rsa {
                bits: bits(key.modulus),
                exponent: key.try_exponent().ok(),
            },
            ([0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1], _) => {
                let curve = info
                    .algorithm
                    .parameters
                    .as_ref()
                    .and_then(|any| any.as_oid().ok());
                let (curve, bits) = match curve {
                    Some(oid) => match oid.as_bytes() {
                        [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7] => ("P-256".into(), 256),
                        [0x2b, 0x81, 4, 0, 34] => ("P-384".into(), 384),
                        [0x2b, 0x81, 4, 0, 35] => ("P-521".into(), 521),
                        _ => (Cow::Owned(der::dotted(oid.as_bytes())), 0),
                    },
                    None => ("explicit parameters".into(), 0),
                };
                KeyAlgorithm::Ec { curve, bits }
            }
            ([0x2b, 0x65, 112], _) => KeyAlgorithm::Ed25519,
            ([0x2b, 0x65, 113], _) => KeyAlgorithm::Ed448,
            _ => KeyAlgorithm::Other {
                oid: der::dotted(info.algorithm.algorithm.as_bytes()),
            },
        }
    }
}

/// The bits in a big-endian number, leading zeros not counted.
fn bits(number: &[u8]) -> u32 {
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
            // 65537 is what everybody uses, so only another exponent is news.
            KeyAlgorithm::Rsa {
                bits,
                exponent: Some(65537),
            } => write!(f, "RSA {bits}"),
            KeyAlgorithm::Rsa {
                bits,
                exponent: Some(exponent),
            } => write!(f, "RSA {bits} with exponent {exponent}"),
            KeyAlgorithm::Rsa {
                bits,
                exponent: None,
            } => write!(f, "RSA {bits} with an exponent over 64 bits"),
            KeyAlgorithm::Ec { curve, .. } => write!(f, "EC {curve}"),
            KeyAlgorithm::Ed25519 => f.write_str("Ed25519"),
            KeyAlgorithm::Ed448 => f.write_str("Ed448"),
            KeyAlgorithm::Other { oid } => match oid.as_str() {
                "1.2.840.113549.1.1.10" => f.write_str("RSASSA-PSS"),
                "1.2.840.10040.4.1" => f.write_str("DSA"),
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

    #[test]
    fn a_key_that_only_signs_with_pss_is_named() {
        let oid = "1.2.840.113549.1.1.10".to_owned();
        assert_eq!(KeyAlgorithm::Other { oid }.to_string(), "RSASSA-PSS");
    }
}
