//! Where to ask about a certificate's issuer: OCSP responders and issuer downloads (RFC 5280 section 4.2.2).

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::extensions::AccessDescription;

use super::GeneralName;
use crate::document::der::dotted;

/// One address, and what is found there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Access {
    /// What is found there.
    pub method: AccessMethod,
    /// The address.
    pub location: GeneralName,
}

/// What an address offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccessMethod {
    /// An OCSP responder.
    Ocsp,
    /// The issuer's own certificate.
    CaIssuers,
    /// A CA's repository.
    CaRepository,
    /// A time stamping service.
    TimeStamping,
    /// Anything else, by its dotted OID.
    Other(String),
}

impl Access {
    pub(super) fn all_in(parsed: &[AccessDescription<'_>]) -> Vec<Access> {
        parsed
            .iter()
            .map(|access| Access {
                method: match access.access_method.as_bytes() {
                    [0x2b, 6, 1, 5, 5, 7, 48, 1] => AccessMethod::Ocsp,
                    [0x2b, 6, 1, 5, 5, 7, 48, 2] => AccessMethod::CaIssuers,
                    [0x2b, 6, 1, 5, 5, 7, 48, 3] => AccessMethod::TimeStamping,
                    [0x2b, 6, 1, 5, 5, 7, 48, 5] => AccessMethod::CaRepository,
                    _ => AccessMethod::Other(dotted(access.access_method.as_bytes())),
                },
                location: GeneralName::of_parsed(&access.access_location),
            })
            .collect()
    }
}

impl fmt::Display for AccessMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AccessMethod::Ocsp => "OCSP",
            AccessMethod::CaIssuers => "issuer",
            AccessMethod::CaRepository => "repository",
            AccessMethod::TimeStamping => "time stamping",
            AccessMethod::Other(oid) => oid,
        })
    }
}
