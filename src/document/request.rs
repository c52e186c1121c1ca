//! Certificate signing requests (RFC 2986).

use openssl::x509::X509Req;
use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::prelude::FromDer;

use super::der::{Malformed, dotted};
use super::extension::GeneralName;
use super::{Extensions, Name, PublicKey, Sha256Digest, SignatureAlgorithm, sha256};

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
    /// The extensions asked for.
    pub extensions: Extensions,
    /// Whether a challenge password travels in clear in the request (RFC 2985 section 5.4.1).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub challenge_password: bool,
    /// The OIDs of other attributes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_attributes: Vec<String>,
    /// SHA-256 over the whole DER.
    pub sha256: Sha256Digest,
    #[serde(skip)]
    der: Vec<u8>,
}

impl Request {
    /// Reads a DER request that fills `bytes` exactly, and checks its signature.
    pub(crate) fn read(bytes: &[u8]) -> Result<Request, Malformed> {
        let Ok(([], parsed)) = X509CertificationRequest::from_der(bytes) else {
            return Err(Malformed);
        };
        let info = &parsed.certification_request_info;
        let subject = Name::from_parsed(&info.subject);
        let mut extensions = Extensions::default();
        let mut challenge_password = false;
        let mut other_attributes = Vec::new();
        for attribute in info.iter_attributes() {
            match attribute.parsed_attribute() {
                ParsedCriAttribute::ExtensionRequest(asked) => {
                    extensions = Extensions::read(&asked.extensions, &subject);
                }
                ParsedCriAttribute::ChallengePassword(_) => challenge_password = true,
                ParsedCriAttribute::UnsupportedAttribute => {
                    other_attributes.push(dotted(attribute.oid.as_bytes()))
                }
            }
        }
        Ok(Request {
            key: PublicKey::from_parsed(&info.subject_pki),
            signature: SignatureAlgorithm::read(&parsed.signature_algorithm),
            signature_valid: signed_by_itself(bytes),
            sha256: sha256(bytes),
            subject,
            extensions,
            challenge_password,
            other_attributes,
            der: bytes.to_vec(),
        })
    }

    /// The request's DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The subject alternative names asked for.
    pub fn alternative_names(&self) -> &[GeneralName] {
        self.extensions.alternative_names()
    }

    /// The host names among them.
    pub fn dns_names(&self) -> impl Iterator<Item = &str> {
        self.extensions.dns_names()
    }
}

/// Whether OpenSSL can verify the request under its own key; an algorithm it does not know counts as no.
fn signed_by_itself(der: &[u8]) -> bool {
    crate::decode::crypto::ready();
    X509Req::from_der(der).is_ok_and(|request| {
        request
            .public_key()
            .is_ok_and(|key| request.verify(&key).unwrap_or(false))
    })
}
