//! Under which policies a certificate was issued (RFC 5280 sections 4.2.1.4 and 4.2.1.5).

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::extensions as parsed;

use crate::document::der;
use crate::document::{Hex, HexBytes};

/// A policy, and where its practice statement is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CertificatePolicy {
    /// The policy's dotted OID.
    pub oid: String,
    /// Addresses of certification practice statements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub practice_statements: Vec<String>,
    /// Qualifiers of other kinds, such as user notices: dotted OID and DER.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub qualifiers: Vec<Qualifier>,
}

/// A policy qualifier kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Qualifier {
    /// The qualifier's dotted OID.
    pub oid: String,
    /// Its DER.
    pub value: HexBytes,
}

/// `id-qt-cps`, 1.3.6.1.5.5.7.2.1.
const PRACTICE_STATEMENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 2, 1];
/// IA5String.
const IA5: u8 = 0x16;

impl CertificatePolicy {
    pub(in crate::document) fn of_parsed(
        parsed: &parsed::PolicyInformation<'_>,
    ) -> CertificatePolicy {
        let mut policy = CertificatePolicy {
            oid: der::dotted(parsed.policy_id.as_bytes()),
            practice_statements: Vec::new(),
            qualifiers: Vec::new(),
        };
        for qualifier in parsed.policy_qualifiers.iter().flatten() {
            let address = match qualifier.policy_qualifier_id.as_bytes() {
                PRACTICE_STATEMENT => der::only(qualifier.qualifier, IA5).ok(),
                _ => None,
            };
            match address.and_then(|address| std::str::from_utf8(address).ok()) {
                Some(address) => policy.practice_statements.push(address.to_owned()),
                None => policy.qualifiers.push(Qualifier {
                    oid: der::dotted(qualifier.policy_qualifier_id.as_bytes()),
                    value: Hex(qualifier.qualifier.to_vec()),
                }),
            }
        }
        policy
    }
}

/// Two policies that count as the same, one of the issuer's and one of the subject's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct PolicyMapping {
    /// The issuer's policy.
    pub issuer: String,
    /// The subject's policy.
    pub subject: String,
}

impl PolicyMapping {
    pub(in crate::document) fn of_parsed(parsed: &parsed::PolicyMapping<'_>) -> PolicyMapping {
        PolicyMapping {
            issuer: der::dotted(parsed.issuer_domain_policy.as_bytes()),
            subject: der::dotted(parsed.subject_domain_policy.as_bytes()),
        }
    }
}
