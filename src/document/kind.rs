//! Which kind of object some DER is, told by its structure alone.

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
    /// An X.509 certificate revocation list.
    RevocationList,
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
        let outer: Vec<_> = der::elements(content)
            .take(4)
            .collect::<Result<_, _>>()
            .ok()?;
        let tags: Vec<u8> = outer.iter().map(|element| element.identifier).collect();
        match tags.as_slice() {
            [SEQUENCE, SEQUENCE, BIT_STRING] => Some(Kind::of_signed(outer.first()?.content)),
            [SEQUENCE, BIT_STRING] | [INTEGER, INTEGER] => Some(Kind::PublicKey),
            [SEQUENCE, OCTET_STRING] => Some(Kind::EncryptedPrivateKey),
            // PKCS#8; SEC 1; PKCS#1.
            [INTEGER, SEQUENCE, OCTET_STRING, ..]
            | [INTEGER, OCTET_STRING, ..]
            | [INTEGER, INTEGER, INTEGER, ..] => Some(Kind::PrivateKey),
            _ => None,
        }
    }

    /// Tells apart the three structures that are signed the same way: a list has times directly in its signed
    /// part; a request has three or four fields, the last being `[0]` attributes.
    fn of_signed(signed: &[u8]) -> Kind {
        let tags: Vec<u8> = der::elements(signed)
            .take(5)
            .map_while(Result::ok)
            .map(|element| element.identifier)
            .collect();
        match tags.as_slice() {
            tags if tags.iter().any(|tag| matches!(tag, 0x17 | 0x18)) => Kind::RevocationList,
            [INTEGER, SEQUENCE, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE, 0xa0] => Kind::Request,
            _ => Kind::Certificate,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Certificate => "certificate",
            Kind::Request => "certificate signing request",
            Kind::RevocationList => "certificate revocation list",
            Kind::PrivateKey => "private key",
            Kind::EncryptedPrivateKey => "encrypted private key",
            Kind::PublicKey => "public key",
        })
    }
}
