//! Certificates (RFC 5280 section 4).

use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::der::{Malformed, Misread};
use super::extension::{BasicConstraints, DistributionPoint, GeneralName};
use super::value::written_time;
use super::{
    Extensions, Moment, Name, OddTime, PublicKey, Serial, Sha1Digest, Sha256Digest,
    SignatureAlgorithm, TimeField, der, sha1, sha256,
};
use crate::decode::crypto::Signature;

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
    /// Which of the two are written in a form that RFC 5280 section 4.1.2.5 forbids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub odd_times: Vec<OddTime>,
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
    #[serde(skip)]
    signs_itself: Remembered,
}

/// Whether a certificate's own key made its signature, once that was checked: it is asked for every chain that ends there.
#[derive(Clone, Debug, Default)]
struct Remembered(OnceLock<bool>);

/// What was found out about a certificate makes it no other.
impl PartialEq for Remembered {
    fn eq(&self, _: &Remembered) -> bool {
        true
    }
}

impl Eq for Remembered {}

/// What kind of bearer a certificate is for, by what it says of itself and by whose key signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A CA that signed its own certificate.
    Root,
    /// A CA whose certificate was issued under its own name and signed by another key than its own (RFC 5280 section
    /// 3.2): with one, a CA vouches for its next key, or for its last.
    SelfIssuedCa,
    /// A CA below another.
    SubCa,
    /// A server or client.
    Endpoint,
    /// A server or client that signed for itself.
    SelfSignedEndpoint,
}

impl Certificate {
    /// Reads a DER certificate that fills `bytes` exactly.
    ///
    /// A field that is not as RFC 5280 defines it is named; extensions, names and times that break its rules and
    /// can be understood are read, and say so.
    pub(crate) fn read(bytes: &[u8]) -> Result<Certificate, Misread> {
        let mut outer = der::elements(der::only(bytes, SEQUENCE)?);
        let mut part = |identifier| match outer.next().ok_or(Malformed)?? {
            element if element.identifier == identifier => Ok(element),
            _ => Err(Malformed),
        };
        let tbs = part(SEQUENCE)?;
        let algorithm = part(SEQUENCE).map_err(Misread::of("its signature algorithm"))?;
        part(BIT_STRING).map_err(Misread::of("its signature"))?;
        if outer.next().is_some() {
            return Err(Malformed.into());
        }
        let signature = SignatureAlgorithm::of_der(algorithm.raw)
            .map_err(Misread::of("its signature algorithm"))?;

        let mut fields = der::elements(tbs.content).peekable();
        let mut take = |identifier: u8| match fields.peek() {
            Some(Ok(element)) if element.identifier == identifier => fields.next().transpose(),
            Some(Err(malformed)) => Err(*malformed),
            _ => Ok(None),
        };
        let version = match take(VERSION)? {
            None => 0,
            Some(version) => small(version.content).map_err(Misread::of("its version"))?,
        };
        let mut required = |identifier, field: &'static str| {
            take(identifier)
                .and_then(|element| element.ok_or(Malformed))
                .map_err(Misread::of(field))
        };
        let serial = required(INTEGER, "its serial number")?;
        let inner_algorithm = required(SEQUENCE, "its signature algorithm")?;
        let issuer = required(SEQUENCE, "its issuer's name")?;
        let validity = required(SEQUENCE, "its validity")?;
        let subject = required(SEQUENCE, "its subject's name")?;
        let key = required(SEQUENCE, "its public key")?;
        // issuerUniqueID and subjectUniqueID: bit strings that are unused in practice (RFC 5280 section 4.1.2.8).
        for identifier in [0x81, 0xa1, 0x82, 0xa2] {
            take(identifier)?;
        }
        let extensions = take(EXTENSIONS).map_err(Misread::of("its list of extensions"))?;
        if fields.next().is_some() {
            return Err(Misread::of("its list of extensions")(Malformed));
        }

        let issuer = Name::read(issuer.raw).map_err(Misread::of("its issuer's name"))?;
        let mut odd_times = Vec::new();
        let mut times = der::elements(validity.content);
        let mut time = |field, name: &'static str| {
            let element = times.next().ok_or(Malformed).and_then(|element| element);
            let (moment, odd) = element
                .and_then(|element| written_time::read(element.raw, field))
                .map_err(Misread::of(name))?;
            odd_times.extend(odd);
            Ok::<_, Misread>(moment)
        };
        let not_before = time(TimeField::NotBefore, "its validity's date notBefore")?;
        let not_after = time(TimeField::NotAfter, "its validity's date notAfter")?;
        if times.next().is_some() {
            return Err(Misread::of("its validity")(Malformed));
        }
        let Ok(([], key)) = SubjectPublicKeyInfo::from_der(key.raw) else {
            return Err(Misread::of("its public key")(Malformed));
        };
        Ok(Certificate {
            version: version.saturating_add(1),
            serial: Serial::from_octets(serial.content),
            subject: Name::read(subject.raw).map_err(Misread::of("its subject's name"))?,
            not_before,
            not_after,
            odd_times,
            key: PublicKey::from_parsed(&key),
            signature,
            signature_mismatch: inner_algorithm.raw != algorithm.raw,
            sha256: sha256(bytes),
            sha1: sha1(bytes),
            extensions: match extensions {
                None => Extensions::default(),
                Some(wrapped) => Extensions::read(wrapped.content, &issuer)
                    .map_err(Misread::of("one of its extensions"))?,
            },
            issuer,
            der: bytes.to_vec(),
            signs_itself: Remembered::default(),
        })
    }

    /// Whether its own key made its signature, by `check`, whose answer is remembered.
    pub(crate) fn signs_itself(&self, check: impl FnOnce() -> Signature) -> Signature {
        let found = match self.signs_itself.0.get() {
            Some(true) => return Signature::Made,
            Some(false) => return Signature::NotMade,
            None => check(),
        };
        if found != Signature::Unchecked {
            self.signs_itself.0.get_or_init(|| found == Signature::Made);
        }
        found
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

    /// Where it says that CRLs for it are; none where the extension is absent.
    pub fn distribution_points(&self) -> &[DistributionPoint] {
        let points = self.extensions.crl_distribution_points.as_ref();
        points.map_or(&[], |marked| &marked.value)
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

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;

/// An INTEGER of up to four octets that is not negative.
pub(super) fn small(bytes: &[u8]) -> Result<u32, Malformed> {
    match der::only(bytes, INTEGER)? {
        octets @ [0..0x80, ..] if octets.len() <= 4 => Ok(octets
            .iter()
            .fold(0, |number, octet| number << 8 | u32::from(*octet))),
        _ => Err(Malformed),
    }
}
