//! What a key may be used for (RFC 5280 sections 4.2.1.3 and 4.2.1.12).

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use x509_parser::extensions as parsed;

use crate::document::der::dotted;
use crate::input::{NAME_LIMIT, shortened};

/// One bit of the key usage extension, by the name RFC 5280 gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the names are the standard's and say all there is to say"
)]
pub enum KeyUsage {
    DigitalSignature,
    NonRepudiation,
    KeyEncipherment,
    DataEncipherment,
    KeyAgreement,
    KeyCertSign,
    #[serde(rename = "cRLSign")]
    CrlSign,
    EncipherOnly,
    DecipherOnly,
}

impl KeyUsage {
    const ALL: [KeyUsage; 9] = [
        KeyUsage::DigitalSignature,
        KeyUsage::NonRepudiation,
        KeyUsage::KeyEncipherment,
        KeyUsage::DataEncipherment,
        KeyUsage::KeyAgreement,
        KeyUsage::KeyCertSign,
        KeyUsage::CrlSign,
        KeyUsage::EncipherOnly,
        KeyUsage::DecipherOnly,
    ];

    /// The bits that are set, in the standard's order.
    pub(super) fn all_in(parsed: &parsed::KeyUsage) -> Vec<KeyUsage> {
        KeyUsage::ALL
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| parsed.flags >> bit & 1 == 1)
            .map(|(_, usage)| usage)
            .collect()
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyUsage::DigitalSignature => "digitalSignature",
            KeyUsage::NonRepudiation => "nonRepudiation",
            KeyUsage::KeyEncipherment => "keyEncipherment",
            KeyUsage::DataEncipherment => "dataEncipherment",
            KeyUsage::KeyAgreement => "keyAgreement",
            KeyUsage::KeyCertSign => "keyCertSign",
            KeyUsage::CrlSign => "cRLSign",
            KeyUsage::EncipherOnly => "encipherOnly",
            KeyUsage::DecipherOnly => "decipherOnly",
        })
    }
}

/// One purpose of the extended key usage extension.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the names are the standard's and say all there is to say"
)]
pub enum ExtendedKeyUsage {
    Any,
    ServerAuth,
    ClientAuth,
    CodeSigning,
    EmailProtection,
    TimeStamping,
    OcspSigning,
    /// Any other purpose, by its dotted OID.
    Other(String),
}

impl ExtendedKeyUsage {
    /// As it is shown where it is said of many certificates: an OID that is longer than any is shortened.
    pub(crate) fn shortened(&self) -> ExtendedKeyUsage {
        match self {
            ExtendedKeyUsage::Other(oid) => {
                ExtendedKeyUsage::Other(shortened(oid, NAME_LIMIT).into_owned())
            }
            known => known.clone(),
        }
    }

    pub(super) fn all_in(parsed: &parsed::ExtendedKeyUsage<'_>) -> Vec<ExtendedKeyUsage> {
        let known = [
            (parsed.any, ExtendedKeyUsage::Any),
            (parsed.server_auth, ExtendedKeyUsage::ServerAuth),
            (parsed.client_auth, ExtendedKeyUsage::ClientAuth),
            (parsed.code_signing, ExtendedKeyUsage::CodeSigning),
            (parsed.email_protection, ExtendedKeyUsage::EmailProtection),
            (parsed.time_stamping, ExtendedKeyUsage::TimeStamping),
            (parsed.ocsp_signing, ExtendedKeyUsage::OcspSigning),
        ];
        let others = parsed
            .other
            .iter()
            .map(|oid| ExtendedKeyUsage::Other(dotted(oid.as_bytes())));
        known
            .into_iter()
            .filter(|(set, _)| *set)
            .map(|(_, usage)| usage)
            .chain(others)
            .collect()
    }
}

impl fmt::Display for ExtendedKeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExtendedKeyUsage::Any => "anyExtendedKeyUsage",
            ExtendedKeyUsage::ServerAuth => "serverAuth",
            ExtendedKeyUsage::ClientAuth => "clientAuth",
            ExtendedKeyUsage::CodeSigning => "codeSigning",
            ExtendedKeyUsage::EmailProtection => "emailProtection",
            ExtendedKeyUsage::TimeStamping => "timeStamping",
            ExtendedKeyUsage::OcspSigning => "OCSPSigning",
            ExtendedKeyUsage::Other(oid) => oid,
        })
    }
}

impl Serialize for ExtendedKeyUsage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for ExtendedKeyUsage {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ExtendedKeyUsage".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "RFC 5280's name of the purpose, or its dotted OID" })
    }
}
