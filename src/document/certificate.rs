//! Certificates (RFC 5280 section 4).

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use super::der::Malformed;
use super::extension::{BasicConstraints, GeneralName};
use super::{
    Extensions, Moment, Name, PublicKey, Serial, Sha1Digest, Sha256Digest, SignatureAlgorithm, der,
    sha1, sha256,
};

/// Everything an X.509 certificate says. Nothing here has been judged: dates, signature and issuer are as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Certificate {
    /// The version as people count it: 1, 2 or 3.
    pub version: u32,
    /// The serial number.
    pub serial: Serial,
    /// Whose certificate it is.
    pub subject: Name,
    /// Who signed it.
    pub issuer: Name,
    /// The first second of validity.
    pub not_before: Moment,
    /// The last second of validity (RFC 5280 section 4.1.2.5: inclusive).
    pub not_after: Moment,
    /// The subject's key.
    pub key: PublicKey,
    /// How it was signed.
    pub signature: SignatureAlgorithm,
    /// Whether the signature algorithm inside the signed part differs from the one outside, which RFC 5280
    /// section 4.1.1.2 forbids.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub signature_mismatch: bool,
    /// SHA-256 over the whole DER.
    pub sha256: Sha256Digest,
    /// SHA-1 over the whole DER: what Windows calls the thumbprint.
    pub sha1: Sha1Digest,
    /// The extensions.
    pub extensions: Extensions,
    #[serde(skip)]
    der: Vec<u8>,
}

/// What kind of bearer a certificate says it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A CA whose issuer is itself.
    Root,
    /// A CA below another.
    SubCa,
    /// A server or client.
    Endpoint,
    /// A server or client that signed for itself.
    SelfSignedEndpoint,
}

impl Certificate {
    /// Reads a DER certificate that fills `bytes` exactly.
    pub(crate) fn read(bytes: &[u8]) -> Result<Certificate, Malformed> {
        let Ok(([], parsed)) = X509Certificate::from_der(bytes) else {
            return Err(Malformed);
        };
        let tbs = &parsed.tbs_certificate;
        let issuer = Name::from_parsed(&tbs.issuer);
        Ok(Certificate {
            version: tbs.version.0.saturating_add(1),
            serial: Serial::from_octets(tbs.raw_serial()),
            subject: Name::from_parsed(&tbs.subject),
            not_before: moment(&tbs.validity.not_before)?,
            not_after: moment(&tbs.validity.not_after)?,
            key: PublicKey::from_parsed(&tbs.subject_pki),
            signature: SignatureAlgorithm::read(&parsed.signature_algorithm),
            signature_mismatch: tbs.signature != parsed.signature_algorithm,
            sha256: sha256(bytes),
            sha1: sha1(bytes),
            extensions: Extensions::read(tbs.extensions(), &issuer),
            issuer,
            der: bytes.to_vec(),
        })
    }

    /// The certificate's DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in PEM, with LF at the end of each line.
    pub fn pem(&self) -> String {
        let layout = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("CERTIFICATE", self.der()), layout)
    }

    /// What was signed, the DER of the TBSCertificate, and the octets of the signature on it (RFC 5280 section 4.1.1).
    pub(crate) fn signed(&self) -> Option<(&[u8], &[u8])> {
        let mut parts = der::elements(der::only(&self.der, 0x30).ok()?);
        let (to_be_signed, _algorithm) = (parts.next()?.ok()?, parts.next()?.ok()?);
        match parts.next()?.ok()?.content {
            // A signature is whole octets: no bits of the last one are unused.
            [0, signature @ ..] => Some((to_be_signed.raw, signature)),
            _ => None,
        }
    }

    /// Whether subject and issuer are the same name; says nothing about who signed.
    pub fn is_self_issued(&self) -> bool {
        self.subject.matches(&self.issuer)
    }

    /// The basic constraints, where there are any.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions
            .basic_constraints
            .as_ref()
            .map(|marked| marked.value)
    }

    /// Whether it says it is a CA's. A version 1 certificate cannot say so; it counts as a CA when it is
    /// self-issued, as old roots are.
    pub fn is_ca(&self) -> bool {
        match self.basic_constraints() {
            Some(constraints) => constraints.ca,
            None => self.version < 3 && self.is_self_issued(),
        }
    }

    /// Its role, as far as it says so itself.
    pub fn role(&self) -> Role {
        match (self.is_ca(), self.is_self_issued()) {
            (true, true) => Role::Root,
            (true, false) => Role::SubCa,
            (false, false) => Role::Endpoint,
            (false, true) => Role::SelfSignedEndpoint,
        }
    }

    /// The subject alternative names, none where the extension is absent.
    pub fn alternative_names(&self) -> &[GeneralName] {
        self.extensions.alternative_names()
    }

    /// The host names among the subject alternative names.
    pub fn dns_names(&self) -> impl Iterator<Item = &str> {
        self.extensions.dns_names()
    }
}

pub(super) fn moment(time: &ASN1Time) -> Result<Moment, Malformed> {
    Moment::from_unix(time.timestamp()).ok_or(Malformed)
}
