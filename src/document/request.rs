//! Certificate signing requests (RFC 2986).

use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey};
use openssl::sign::Verifier;
use openssl::x509::X509Req;
use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::certificate::small;
use super::der::{self, Malformed, Misread, dotted};
use super::extension::GeneralName;
use super::{Extensions, Hash, Name, PublicKey, RsaKey, Sha256Digest, SignatureAlgorithm, sha256};
use crate::decode::crypto::Signature;

/// Everything a CSR asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Request {
    /// The name asked for.
    pub subject: Name,
    /// The key to be certified.
    pub key: PublicKey,
    /// How it was signed.
    pub signature: SignatureAlgorithm,
    /// Whether the signature verifies under the request's own key: proof that the sender has the private key.
    pub signature_valid: bool,
    /// Whether that could not be checked, because OpenSSL does not know the algorithm: the signature may be right.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub signature_unchecked: bool,
    /// The extensions asked for, in all of the request's attributes together.
    pub extensions: Extensions,
    /// Whether a challenge password travels in clear in the request (RFC 2985 section 5.4.1).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub challenge_password: bool,
    /// The OIDs of other attributes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_attributes: Vec<String>,
    /// What about it is not as RFC 2986 has it, although it can be read and its signature checked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub oddities: Vec<RequestOddity>,
    /// SHA-256 over the whole DER.
    pub sha256: Sha256Digest,
    #[serde(skip)]
    der: Vec<u8>,
}

/// Why a request was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// It is not what its structure promises.
    Misread(Misread),
    /// OpenSSL could not check its signature, because of an error of its own.
    Unchecked,
}

impl From<Misread> for RequestError {
    fn from(misread: Misread) -> RequestError {
        RequestError::Misread(misread)
    }
}

impl From<Malformed> for RequestError {
    fn from(malformed: Malformed) -> RequestError {
        RequestError::Misread(malformed.into())
    }
}

/// Something about a request that is not as RFC 2986 and RFC 2985 have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RequestOddity {
    /// Its version is not 0, which is written as 1 (RFC 2986 section 4.1).
    Version {
        /// The version as it is written, counted from 0.
        version: u32,
    },
    /// It has no attributes field, which may be empty but not absent (section 4.1).
    NoAttributes,
    /// It has more than one set of requested extensions (RFC 2985 section 5.4.2 allows one). All of them count here.
    SeveralExtensionRequests {
        /// How many.
        count: usize,
    },
    /// A set of requested extensions cannot be read, so that what is requested is not fully known.
    ExtensionsUnread,
    /// An attribute that cannot be read.
    AttributeUnread {
        /// Its OID, where that much reads.
        oid: Option<String>,
    },
}

/// extensionRequest (RFC 2985 section 5.4.2), and what Microsoft's tools used before.
const EXTENSION_REQUESTS: [&[u8]; 2] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14],
    &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 14],
];
const CHALLENGE_PASSWORD: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 7];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const ATTRIBUTES: u8 = 0xa0;

impl Request {
    /// Reads a DER request that fills `bytes` exactly, and checks its signature.
    pub(crate) fn read(bytes: &[u8]) -> Result<Request, RequestError> {
        Request::read_known(bytes, None)
    }

    /// Reads a DER request that fills `bytes` exactly, and checks its signature, unless `known` says what a check of the
    /// same bytes found.
    ///
    /// # Errors
    /// When it does not read, and when OpenSSL could not check its signature because of an error of its own: that is no
    /// signature that fails.
    pub(crate) fn read_known(bytes: &[u8], known: Option<bool>) -> Result<Request, RequestError> {
        let mut outer = der::elements(der::only(bytes, SEQUENCE)?);
        let mut part = |identifier, field: &'static str| match outer.next() {
            Some(Ok(element)) if element.identifier == identifier => Ok(element),
            _ => Err(Misread::of(field)(Malformed)),
        };
        let info = part(SEQUENCE, "its signed part")?;
        let algorithm = part(SEQUENCE, "its signature algorithm")?;
        let signature = part(BIT_STRING, "its signature")?;
        if outer.next().is_some() {
            return Err(Malformed.into());
        }
        let signature_algorithm = SignatureAlgorithm::of_der(algorithm.raw)
            .map_err(Misread::of("its signature algorithm"))?;
        let mut fields = der::elements(info.content);
        let mut field = |identifier, field: &'static str| match fields.next() {
            Some(Ok(element)) if element.identifier == identifier => Ok(element),
            _ => Err(Misread::of(field)(Malformed)),
        };
        let version = field(INTEGER, "its version")?;
        let version = small(version.raw).map_err(Misread::of("its version"))?;
        let subject = field(SEQUENCE, "its subject's name")?;
        let subject = Name::read(subject.raw).map_err(Misread::of("its subject's name"))?;
        let key = field(SEQUENCE, "its public key")?;
        let Ok(([], key)) = SubjectPublicKeyInfo::from_der(key.raw) else {
            return Err(Misread::of("its public key")(Malformed).into());
        };
        let attributes = match fields.next().transpose()? {
            Some(attributes) if attributes.identifier == ATTRIBUTES => Some(attributes.content),
            Some(_) => return Err(Misread::of("its list of attributes")(Malformed).into()),
            None => None,
        };
        if fields.next().is_some() {
            return Err(Misread::of("its list of attributes")(Malformed).into());
        }
        let mut asked = Asked::default();
        if version != 0 {
            asked.oddities.push(RequestOddity::Version { version });
        }
        match attributes {
            Some(attributes) => asked.read(attributes),
            None => asked.oddities.push(RequestOddity::NoAttributes),
        }
        let key = PublicKey::from_parsed(&key);
        let signature = match signature.content {
            [0, signature @ ..] => signature,
            _ => &[],
        };
        let by_any = || match signed_by_itself(bytes, &signature_algorithm) {
            Signature::Made => Signature::Made,
            other => match verifies(info.raw, &key, &signature_algorithm, signature) {
                Signature::NotMade => other,
                found => found,
            },
        };
        let check = || {
            signed_by_rsa(info.raw, &key, &signature_algorithm, signature).unwrap_or_else(by_any)
        };
        let checked = match known {
            Some(true) => Signature::Made,
            None if key.is_bounded() => check(),
            Some(false) | None => Signature::NotMade,
        };
        let signature_valid = match checked {
            Signature::Made => true,
            Signature::NotMade => false,
            Signature::Unchecked => return Err(RequestError::Unchecked),
        };
        Ok(Request {
            signature_unchecked: !signature_valid && !signature_algorithm.is_checkable(),
            signature: signature_algorithm,
            signature_valid,
            key,
            sha256: sha256(bytes),
            extensions: Extensions::read_all(&asked.extensions, &subject),
            subject,
            challenge_password: asked.challenge_password,
            other_attributes: asked.others,
            oddities: asked.oddities,
            der: bytes.to_vec(),
        })
    }

    /// The request's DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The request in PEM (`CERTIFICATE REQUEST`, RFC 7468 section 7), with LF at the end of each line.
    pub fn pem(&self) -> String {
        let layout = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("CERTIFICATE REQUEST", self.der()), layout)
    }

    /// The subject alternative names asked for.
    pub fn alternative_names(&self) -> &[GeneralName] {
        self.extensions.alternative_names()
    }

    /// The host names among them.
    pub fn dns_names(&self) -> impl Iterator<Item = &str> {
        self.extensions.dns_names()
    }

    /// Whether some of what is asked for could not be read, so that no certificate can be said to answer all of it.
    pub fn is_partly_unread(&self) -> bool {
        self.oddities.contains(&RequestOddity::ExtensionsUnread)
            || self.extensions.has_malformed_alternative_names()
    }
}

/// What the attributes of a request ask for.
#[derive(Default)]
struct Asked<'a> {
    /// The contents of each set of requested extensions.
    extensions: Vec<&'a [u8]>,
    challenge_password: bool,
    others: Vec<String>,
    oddities: Vec<RequestOddity>,
}

impl<'a> Asked<'a> {
    fn read(&mut self, attributes: &'a [u8]) {
        let mut lists = 0;
        for attribute in der::elements(attributes) {
            let Some((oid, values)) = attribute.ok().and_then(attribute_parts) else {
                self.oddities
                    .push(RequestOddity::AttributeUnread { oid: None });
                continue;
            };
            if EXTENSION_REQUESTS.contains(&oid) {
                for value in der::elements(values) {
                    lists += 1;
                    match value {
                        Ok(value) if value.identifier == SEQUENCE && is_readable(value.raw) => {
                            self.extensions.push(value.raw);
                        }
                        _ => self.note(RequestOddity::ExtensionsUnread),
                    }
                }
            } else if oid == CHALLENGE_PASSWORD {
                self.challenge_password = true;
            } else {
                self.others.push(dotted(oid));
            }
        }
        if lists > 1 {
            let count = lists;
            self.note(RequestOddity::SeveralExtensionRequests { count });
        }
    }

    fn note(&mut self, oddity: RequestOddity) {
        if !self.oddities.contains(&oddity) {
            self.oddities.push(oddity);
        }
    }
}

/// The type and the values of an attribute; where the SET around the values is missing, which some tools forget, the
/// one value that is there.
fn attribute_parts(attribute: der::Element<'_>) -> Option<(&[u8], &[u8])> {
    if attribute.identifier != SEQUENCE {
        return None;
    }
    let (oid, values) = der::first(attribute.content).ok()?;
    if oid.identifier != OBJECT_IDENTIFIER {
        return None;
    }
    match der::first(values) {
        Ok((set, [])) if set.identifier == SET => Some((oid.content, set.content)),
        Ok((_, [])) => Some((oid.content, values)),
        _ => None,
    }
}

/// Whether a set of extensions can be parsed.
fn is_readable(list: &[u8]) -> bool {
    Extensions::read(list, &Name::empty()).is_ok()
}

/// Whether the request's own key made the signature, for RSASSA-PKCS1-v1_5 with a hash that counts; `None` where it is something
/// else.
fn signed_by_rsa(
    signed: &[u8],
    key: &PublicKey,
    algorithm: &SignatureAlgorithm,
    signature: &[u8],
) -> Option<Signature> {
    let hash = algorithm
        .hash
        .filter(|hash| !matches!(hash, Hash::Md2 | Hash::Md5))?;
    if !algorithm.name.ends_with("WithRSAEncryption") {
        return None;
    }
    RsaKey::of(key)?.signed_message(signature, hash, signed)
}

/// Whether OpenSSL can verify the request under its own key; an algorithm it does not know counts as no.
fn signed_by_itself(der: &[u8], algorithm: &SignatureAlgorithm) -> Signature {
    crate::decode::crypto::ready();
    let verified = || {
        let request = X509Req::from_der(der)?;
        request.verify(&*request.public_key()?)
    };
    algorithm.judge(verified())
}

/// The same over the bytes of the signed part, for requests that OpenSSL does not take as a whole: it refuses other
/// versions than 0 and an absent field of attributes, and neither makes a signature wrong.
fn verifies(
    signed: &[u8],
    key: &PublicKey,
    algorithm: &SignatureAlgorithm,
    signature: &[u8],
) -> Signature {
    let digest = algorithm.hash.and_then(digest);
    let verified = || {
        let key = PKey::public_key_from_der(key.info())?;
        let mut verifier = match (key.id(), digest) {
            (Id::ED25519 | Id::ED448, _) => Verifier::new_without_digest(&key)?,
            // RSASSA-PSS has parameters of its own; OpenSSL's way above is the only one for it.
            (Id::RSA, Some(digest)) if algorithm.name.ends_with("WithRSAEncryption") => {
                Verifier::new(digest, &key)?
            }
            (Id::EC | Id::DSA, Some(digest)) => Verifier::new(digest, &key)?,
            _ => return Ok(false),
        };
        verifier.verify_oneshot(signature, signed)
    };
    algorithm.judge(verified())
}

fn digest(hash: Hash) -> Option<MessageDigest> {
    Some(match hash {
        Hash::Sha1 => MessageDigest::sha1(),
        Hash::Sha224 => MessageDigest::sha224(),
        Hash::Sha256 => MessageDigest::sha256(),
        Hash::Sha384 => MessageDigest::sha384(),
        Hash::Sha512 => MessageDigest::sha512(),
        Hash::Md5 => MessageDigest::md5(),
        Hash::Md2 => return None,
    })
}

#[cfg(test)]
mod tests;
