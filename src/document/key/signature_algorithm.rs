//! How something was signed.

use std::fmt;

use openssl::asn1::Asn1Object;
use openssl::error::ErrorStack;
use openssl::md::{Md, MdRef};
use openssl::nid::Nid;
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

    /// It as OpenSSL names it; `None` for those by which no signature verifies here.
    pub(crate) fn md(self) -> Option<&'static MdRef> {
        Some(match self {
            Hash::Sha1 => Md::sha1(),
            Hash::Sha224 => Md::sha224(),
            Hash::Sha256 => Md::sha256(),
            Hash::Sha384 => Md::sha384(),
            Hash::Sha512 => Md::sha512(),
            Hash::Md2 | Hash::Md5 => return None,
        })
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

/// Why a signature proves nothing, whichever key made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Its hash: MD2 or MD5.
    BrokenHash(Hash),
    /// The strength of its algorithm is not known here.
    Unsupported,
}

impl SignatureAlgorithm {
    /// Why a signature by it proves nothing. SHA-1 has no flaw here: whether it is acceptable is for the terms of a question
    /// to say, and the oldest CAs have nothing else.
    pub(crate) fn flaw(&self) -> Option<Flaw> {
        match self.hash {
            Some(hash @ (Hash::Md2 | Hash::Md5)) => Some(Flaw::BrokenHash(hash)),
            None if !self.is_supported() => Some(Flaw::Unsupported),
            _ => None,
        }
    }

    /// What a check of a signature by this algorithm came to. One that is not known here may not be known to OpenSSL
    /// either, which is no failure of its own.
    pub(crate) fn judge(&self, checked: Result<bool, ErrorStack>) -> Signature {
        match Signature::of(checked) {
            Signature::Unchecked if !self.is_supported() => Signature::NotMade,
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

    /// Whether it is one of those by which signatures of certificates, CRLs and requests count here, each with a hash of
    /// which is known whether it is broken. Whatever else OpenSSL can check (RIPEMD-160, SHA-3) proves nothing here.
    pub fn is_supported(&self) -> bool {
        self.hash.is_some() || ["Ed25519", "Ed448"].contains(&self.name.as_ref())
    }

    /// Whether OpenSSL has all that a check of a signature by it takes: without that, one that does not verify may be right.
    pub(crate) fn is_checkable(&self) -> bool {
        match self.hash {
            Some(Hash::Md2) => false,
            Some(_) => true,
            None => self.is_supported() || is_known(&self.name),
        }
    }

    pub(crate) fn read(identifier: &AlgorithmIdentifier<'_>) -> SignatureAlgorithm {
        let (name, hash) = match identifier.algorithm.as_bytes() {
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last] => match last {
                2 => ("md2WithRSAEncryption", Some(Hash::Md2)),
                4 => ("md5WithRSAEncryption", Some(Hash::Md5)),
                5 => ("sha1WithRSAEncryption", Some(Hash::Sha1)),
                10 => return of_pss(identifier),
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
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, last] => match last {
                1 => ("dsa-with-SHA224", Some(Hash::Sha224)),
                2 => ("dsa-with-SHA256", Some(Hash::Sha256)),
                3 => ("dsa-with-SHA384", Some(Hash::Sha384)),
                4 => ("dsa-with-SHA512", Some(Hash::Sha512)),
                _ => ("", None),
            },
            [0x2b, 0x65, 112] => ("Ed25519", None),
            [0x2b, 0x65, 113] => ("Ed448", None),
            // The OIW's, which OpenSSL checks to this day.
            [0x2b, 14, 3, 2, last] => match last {
                3 => ("md5WithRSA", Some(Hash::Md5)),
                24 => ("md2WithRSASignature", Some(Hash::Md2)),
                25 => ("md5WithRSASignature", Some(Hash::Md5)),
                27 => ("dsaWithSHA1", Some(Hash::Sha1)),
                28 => ("dsaWithCommonSHA1", Some(Hash::Sha1)),
                29 => ("sha1WithRSASignature", Some(Hash::Sha1)),
                _ => ("", None),
            },
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

/// Whether OpenSSL knows of what key and hash this algorithm consists. Of RSASSA-PSS its parameters say that, and these were not
/// understood.
fn is_known(name: &str) -> bool {
    crate::decode::crypto::ready();
    let object = Asn1Object::from_str(name).ok();
    let parts = object.and_then(|object| object.nid().signature_algorithms());
    parts.is_some_and(|parts| parts.digest != Nid::UNDEF)
}

/// RSASSA-PSS names its hash in the parameters; absent ones mean SHA-1 (RFC 4055 section 3.1).
fn of_pss(identifier: &AlgorithmIdentifier<'_>) -> SignatureAlgorithm {
    let parsed = match Parsed::try_from(identifier) {
        Ok(Parsed::RSASSA_PSS(parameters)) => Some(parameters),
        _ => None,
    };
    let of_parameters = parsed.as_ref().map(|parsed| parsed.hash_algorithm_oid());
    let hash = of_parameters.and_then(|oid| hash_of(oid.as_bytes()));
    let is_whole = hash.is_some_and(Hash::is_broken) || PssParameters::read(identifier).is_some();
    let name = match of_parameters {
        Some(oid) if hash.is_none() => format!("rsassaPss with {}", dotted(oid.as_bytes())).into(),
        _ => "rsassaPss".into(),
    };
    SignatureAlgorithm {
        name,
        hash: hash.filter(|_| is_whole),
    }
}

/// The parameters of an RSASSA-PSS signature (RFC 4055 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PssParameters {
    /// The hash of the mask generation function. It should be that of the message, but Java's default is SHA-1, and nothing
    /// depends on its strength.
    pub(crate) mask: Hash,
    /// How long the salt is.
    pub(crate) salt: i32,
}

impl PssParameters {
    /// `None` where they cannot be read, or name a mask generation function or a trailer that is not supported.
    pub(crate) fn read(identifier: &AlgorithmIdentifier<'_>) -> Option<PssParameters> {
        let Ok(Parsed::RSASSA_PSS(parameters)) = Parsed::try_from(identifier) else {
            return None;
        };
        // The only one there is.
        if parameters.trailer_field() != 1 {
            return None;
        }
        let mask = hash_of(parameters.mask_gen_algorithm().ok()?.hash.as_bytes())?;
        Some(PssParameters {
            mask: Some(mask).filter(|mask| !matches!(mask, Hash::Md2 | Hash::Md5))?,
            salt: i32::try_from(parameters.salt_length()).ok()?,
        })
    }
}

/// The hash with this OID.
fn hash_of(oid: &[u8]) -> Option<Hash> {
    match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 2] => Some(Hash::Md2),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5] => Some(Hash::Md5),
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
