//! Building a certificate signing request (RFC 2986).

use std::cell::RefCell;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::sign::Signer;
use rcgen::string::{Ia5String, PrintableString};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, DnValue, PKCS_RSA_SHA256, PublicKeyData, SanType,
    SignatureAlgorithm, SigningKey,
};

use super::error::{GenerateError, Mismatch};
use super::plan::Plan;
use super::read_back::read_back;
use super::subject::SubjectAttribute;
use crate::document::{KeyAlgorithm, PrivateKey, PublicKey, Request};

/// The least RSA modulus in bits that the NHS accepts in a request.
const LEAST_BITS: u32 = 2048;

/// A certificate signing request that was read back and found to say what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningRequest {
    der: Vec<u8>,
    request: Request,
}

impl SigningRequest {
    /// A request that was read back.
    pub(super) fn new(der: Vec<u8>) -> Result<SigningRequest, GenerateError> {
        match Request::read(&der) {
            Ok(request) => Ok(SigningRequest { der, request }),
            Err(_unread) => Err(GenerateError::ReadBack {
                mismatch: Mismatch::Unreadable,
            }),
        }
    }

    /// What it asks for, as whoever receives it reads it.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The request's DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The request as PEM (`CERTIFICATE REQUEST`, RFC 7468 §7), with line feeds.
    pub fn pem(&self) -> String {
        self.request.pem()
    }
}

/// Makes a request for `plan`, signed with `key` by sha256WithRSAEncryption.
///
/// The subject is C, ST, L, O, OU, serialNumber, as far as they are given, and CN. The only extension asked for is the
/// subjectAltName, not critical, with the names of [`Names::dns_names`](super::Names::dns_names).
///
/// The finished request is read back by another parser and compared with the plan field by field; its signature is
/// verified by OpenSSL with the key inside the request.
///
/// # Errors
/// [`GenerateError::UnsuitableKey`] unless the key is RSA of 2048 bits or more, [`GenerateError::ImpossibleKey`] for an
/// exponent such as 1, [`GenerateError::CommonNameTooLong`],
/// and [`GenerateError::ReadBack`] when the request does not say what was asked for.
pub fn request(key: &PrivateKey, plan: &Plan) -> Result<SigningRequest, GenerateError> {
    crate::decode::crypto::ready();
    plan.check()?;
    suitable(key.public_key())?;
    let signing = OpensslKey::new(key)?;
    let built = parameters(plan).and_then(|made| made.serialize_request(&signing));
    if let Some(source) = signing.refusal.take() {
        return Err(GenerateError::OpenSsl {
            action: "sign the request",
            source: source.into(),
        });
    }
    let der = built.map_err(GenerateError::build)?.der().to_vec();
    read_back(&der, key.public_key(), plan)?;
    SigningRequest::new(der)
}

/// Refuses a key for which no certificate that works can be had.
pub(super) fn suitable(key: &PublicKey) -> Result<(), GenerateError> {
    let found = key.algorithm.clone();
    if !matches!(found, KeyAlgorithm::Rsa { bits, pss: false, .. } if bits >= LEAST_BITS) {
        return Err(GenerateError::UnsuitableKey { found });
    }
    match key.is_impossible() {
        true => Err(GenerateError::ImpossibleKey { found }),
        false => Ok(()),
    }
}

pub(super) fn parameters(plan: &Plan) -> Result<CertificateParams, rcgen::Error> {
    let mut subject = DistinguishedName::new();
    for (attribute, value) in plan.subject().iter() {
        subject.push(kind(attribute), text(attribute, value)?);
    }
    subject.push(DnType::CommonName, plan.names().common_name().as_str());

    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = subject;
    for name in plan.names().dns_names() {
        let name = Ia5String::try_from(name.as_str())?;
        parameters.subject_alt_names.push(SanType::DnsName(name));
    }
    Ok(parameters)
}

fn kind(attribute: SubjectAttribute) -> DnType {
    match attribute {
        SubjectAttribute::Country => DnType::CountryName,
        SubjectAttribute::State => DnType::StateOrProvinceName,
        SubjectAttribute::Locality => DnType::LocalityName,
        SubjectAttribute::Organisation => DnType::OrganizationName,
        SubjectAttribute::OrganisationalUnit => DnType::OrganizationalUnitName,
        SubjectAttribute::SerialNumber => DnType::CustomDnType(attribute.oid().to_vec()),
    }
}

fn text(attribute: SubjectAttribute, value: &str) -> Result<DnValue, rcgen::Error> {
    if attribute.is_printable() {
        PrintableString::try_from(value).map(DnValue::PrintableString)
    } else {
        Ok(DnValue::Utf8String(value.to_owned()))
    }
}

/// An OpenSSL RSA key as rcgen wants one.
struct OpensslKey<'k> {
    key: &'k PrivateKey,
    /// RSAPublicKey (RFC 8017 appendix A.1.1), what an RSA SubjectPublicKeyInfo wraps.
    public: Vec<u8>,
    /// What OpenSSL said, because rcgen's error for foreign keys carries no cause.
    refusal: RefCell<Option<ErrorStack>>,
}

impl<'k> OpensslKey<'k> {
    fn new(key: &'k PrivateKey) -> Result<OpensslKey<'k>, GenerateError> {
        let public = key
            .handle()
            .rsa()
            .and_then(|rsa| rsa.public_key_to_der_pkcs1())
            .map_err(|source| GenerateError::OpenSsl {
                action: "write the public key",
                source: source.into(),
            })?;
        Ok(OpensslKey {
            key,
            public,
            refusal: RefCell::new(None),
        })
    }
}

impl PublicKeyData for OpensslKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl SigningKey for OpensslKey<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Signer::new(MessageDigest::sha256(), self.key.handle())
            .and_then(|mut signer| signer.sign_oneshot_to_vec(message))
            .map_err(|refusal| {
                self.refusal.replace(Some(refusal));
                rcgen::Error::RemoteKeyError
            })
    }
}
