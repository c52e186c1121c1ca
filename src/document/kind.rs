//! Which kind of object some DER is, judging by its structure alone.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::der;

/// The kinds of object that are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// An X.509 certificate.
    Certificate,
    /// A PKCS#10 certificate signing request.
    Request,
    /// An X.509 certificate CRL.
    Crl,
    /// A private key of any encoding.
    PrivateKey,
    /// An encrypted PKCS#8 private key.
    EncryptedPrivateKey,
    /// A SubjectPublicKeyInfo, or a PKCS#1 RSAPublicKey.
    PublicKey,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;

impl Kind {
    /// The kind that the outermost elements of `bytes` have the shape of; `None` where they have none of them.
    pub fn of(bytes: &[u8]) -> Option<Kind> {
        let content = der::only(bytes, SEQUENCE).ok()?;
        let (tags, count) = tags::<4>(content).ok()?;
        match tags.get(..count)? {
            [SEQUENCE, SEQUENCE, BIT_STRING] => {
                Some(Kind::of_signed(der::first(content).ok()?.0.content))
            }
            [SEQUENCE, BIT_STRING] | [INTEGER, INTEGER] => Some(Kind::PublicKey),
            [SEQUENCE, OCTET_STRING] => Some(Kind::EncryptedPrivateKey),
            // PKCS#8; SEC 1; PKCS#1.
            [INTEGER, SEQUENCE, OCTET_STRING, ..]
            | [INTEGER, OCTET_STRING, ..]
            | [INTEGER, INTEGER, INTEGER, ..] => Some(Kind::PrivateKey),
            _ => None,
        }
    }

    /// Tells apart the three structures that are signed the same way: a CRL has times directly in its signed
    /// part; a request has three or four fields, the last being `[0]` attributes.
    fn of_signed(signed: &[u8]) -> Kind {
        let (tags, count) = match tags::<5>(signed) {
            Ok(found) | Err(found) => found,
        };
        match tags.get(..count).unwrap_or_default() {
            tags if tags.iter().any(|tag| matches!(tag, 0x17 | 0x18)) => Kind::Crl,
            [INTEGER, SEQUENCE, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE, 0xa0] => Kind::Request,
            _ => Kind::Certificate,
        }
    }
}

/// The identifier octets of the first elements, and how many there are; as an error where one is malformed, with those
/// before it.
fn tags<const LIMIT: usize>(content: &[u8]) -> Result<([u8; LIMIT], usize), ([u8; LIMIT], usize)> {
    let (mut tags, mut count) = ([0; LIMIT], 0);
    for (tag, element) in tags.iter_mut().zip(der::elements(content)) {
        let Ok(element) = element else {
            return Err((tags, count));
        };
        *tag = element.identifier;
        count += 1;
    }
    Ok((tags, count))
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Certificate => "certificate",
            Kind::Request => "certificate signing request",
            Kind::Crl => "CRL",
            Kind::PrivateKey => "private key",
            Kind::EncryptedPrivateKey => "encrypted private key",
            Kind::PublicKey => "public key",
        })
    }
}
