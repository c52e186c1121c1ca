//! How something was signed.

use std::fmt;

use openssl::error::ErrorStack;
use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::prelude::FromDer;
use x509_parser::signature_algorithm::SignatureAlgorithm as Parsed;
use x509_parser::x509::AlgorithmIdentifier;

use crate::decode::crypto::Signature;
use crate::document::der::{self, Malformed, dotted};

/// A signature algorithm: its name and the hash it relies on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct SignatureAlgorithm {
    /// The standard's name, such as `sha256WithRSAEncryption`, or the dotted OID.
    pub name: std::borrow::Cow<'static, str>,
    /// The hash; `None` where the algorithm is unknown or brings its own (Ed25519).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
}

/// A hash function, as far as signatures on certificates use one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the names are the standards' and say all there is to say"
)]
pub enum Hash {
    #[serde(rename = "MD2")]
    Md2,
    #[serde(rename = "MD5")]
    Md5,
    #[serde(rename = "SHA-1")]
    Sha1,
    #[serde(rename = "SHA-224")]
    Sha224,
    #[serde(rename = "SHA-256")]
    Sha256,
    #[serde(rename = "SHA-384")]
    Sha384,
    #[serde(rename = "SHA-512")]
    Sha512,
}

impl Hash {
    /// `MD`, `SHA-1` or `SHA-2`: the word that distinguishes the two NHS generations.
    pub fn family(self) -> &'static str {
        match self {
            Hash::Md2 | Hash::Md5 => "MD",
            Hash::Sha1 => "SHA-1",
            Hash::Sha224 | Hash::Sha256 | Hash::Sha384 | Hash::Sha512 => "SHA-2",
        }
    }

    /// Whether collisions are known, so that a signature over it no longer proves what was signed.
    pub fn is_broken(self) -> bool {
        matches!(self, Hash::Md2 | Hash::Md5 | Hash::Sha1)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Hash::Md2 => "MD2",
            Hash::Md5 => "MD5",
            Hash::Sha1 => "SHA-1",
            Hash::Sha224 => "SHA-224",
            Hash::Sha256 => "SHA-256",
            Hash::Sha384 => "SHA-384",
            Hash::Sha512 => "SHA-512",
        })
    }
}

impl SignatureAlgorithm {
    /// What a check of a signature by this algorithm came to. One that is not known here may not be known to OpenSSL
    /// either, which is no failure of its own.
    pub(crate) fn judge(&self, checked: Result<bool, ErrorStack>) -> Signature {
        let is_known = self.hash.is_some() || ["Ed25519", "Ed448"].contains(&self.name.as_ref());
        match Signature::of(checked) {
            Signature::Unchecked if !is_known => Signature::NotMade,
            found => found,
        }
    }

    /// Reads a DER AlgorithmIdentifier that fills `raw` exactly.
    pub(crate) fn of_der(raw: &[u8]) -> Result<SignatureAlgorithm, Malformed> {
        const OBJECT_IDENTIFIER: u8 = 0x06;
        // The parser takes any element for the OID.
        let first = der::only(raw, 0x30).and_then(der::first);
        let is_named = first.is_ok_and(|(first, _)| first.identifier == OBJECT_IDENTIFIER);
        match AlgorithmIdentifier::from_der(raw) {
            Ok(([], identifier)) if is_named => Ok(SignatureAlgorithm::read(&identifier)),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn read(identifier: &AlgorithmIdentifier<'_>) -> SignatureAlgorithm {
        let (name, hash) = match identifier.algorithm.as_bytes() {
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last] => match last {
                2 => ("md2WithRSAEncryption", Some(Hash::Md2)),
                4 => ("md5WithRSAEncryption", Some(Hash::Md5)),
                5 => ("sha1WithRSAEncryption", Some(Hash::Sha1)),
                10 => ("rsassaPss", pss_hash(identifier)),
                11 => ("sha256WithRSAEncryption", Some(Hash::Sha256)),
                12 => ("sha384WithRSAEncryption", Some(Hash::Sha384)),
                13 => ("sha512WithRSAEncryption", Some(Hash::Sha512)),
                14 => ("sha224WithRSAEncryption", Some(Hash::Sha224)),
                _ => ("", None),
            },
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1] => ("ecdsa-with-SHA1", Some(Hash::Sha1)),
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, last] => match last {
                1 => ("ecdsa-with-SHA224", Some(Hash::Sha224)),
                2 => ("ecdsa-with-SHA256", Some(Hash::Sha256)),
                3 => ("ecdsa-with-SHA384", Some(Hash::Sha384)),
                4 => ("ecdsa-with-SHA512", Some(Hash::Sha512)),
                _ => ("", None),
            },
            [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3] => ("dsa-with-SHA1", Some(Hash::Sha1)),
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 1] => ("dsa-with-SHA224", Some(Hash::Sha224)),
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2] => ("dsa-with-SHA256", Some(Hash::Sha256)),
            [0x2b, 0x65, 112] => ("Ed25519", None),
            [0x2b, 0x65, 113] => ("Ed448", None),
            [0x2b, 14, 3, 2, 29] => ("sha1WithRSASignature", Some(Hash::Sha1)),
            _ => ("", None),
        };
        let name = if name.is_empty() {
            dotted(identifier.algorithm.as_bytes()).into()
        } else {
            name.into()
        };
        SignatureAlgorithm { name, hash }
    }
}

/// RSASSA-PSS names its hash in the parameters; absent ones mean SHA-1 (RFC 4055 section 3.1).
fn pss_hash(identifier: &AlgorithmIdentifier<'_>) -> Option<Hash> {
    let Ok(Parsed::RSASSA_PSS(parameters)) = Parsed::try_from(identifier) else {
        return None;
    };
    match parameters.hash_algorithm_oid().as_bytes() {
        [0x2b, 14, 3, 2, 26] => Some(Hash::Sha1),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1] => Some(Hash::Sha256),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2] => Some(Hash::Sha384),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3] => Some(Hash::Sha512),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4] => Some(Hash::Sha224),
        _ => None,
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
