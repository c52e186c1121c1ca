//! Which key signed a certificate: the authority key identifier (RFC 5280 section 4.2.1.1).

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::extensions as parsed;

use super::GeneralName;
use crate::document::{Hex, HexBytes, Serial};

/// How a certificate names its issuer's key. A hint for the search, never a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct AuthorityKeyIdentifier {
    /// The issuer's subject key identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<HexBytes>,
    /// The names of the issuer's own issuer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issuer: Vec<GeneralName>,
    /// The serial number of the issuer's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<Serial>,
}

impl AuthorityKeyIdentifier {
    pub(in crate::document) fn of_parsed(
        parsed: &parsed::AuthorityKeyIdentifier<'_>,
    ) -> AuthorityKeyIdentifier {
        AuthorityKeyIdentifier {
            key: parsed
                .key_identifier
                .as_ref()
                .map(|key| Hex(key.0.to_vec())),
            issuer: parsed
                .authority_cert_issuer
                .as_deref()
                .map(GeneralName::all_in)
                .unwrap_or_default(),
            serial: parsed.authority_cert_serial.map(Serial::from_octets),
        }
    }
}
