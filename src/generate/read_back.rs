//! Reading a finished request with another parser than the one that wrote it, and comparing it with its plan.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Verifier;
use x509_parser::asn1_rs::{Any, FromDer, Oid, Tag};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::extensions::{GeneralName, ParsedExtension};

use super::error::{GenerateError, Mismatch};
use super::plan::Plan;
use crate::document::PublicKey;
use crate::document::der::dotted;

const COMMON_NAME: &str = "2.5.4.3";
/// PKCS #9, emailAddress.
const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";
/// RFC 8017 appendix A.2.4.
const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";

/// Compares a request with the key and plan it was made from: subject, names, extensions, key, algorithm, signature.
pub(super) fn read_back(der: &[u8], key: &PublicKey, plan: &Plan) -> Result<(), GenerateError> {
    crate::decode::crypto::ready();
    compare(der, key, plan)
        .and_then(|()| verify(der))
        .map_err(|mismatch| GenerateError::ReadBack { mismatch })
}

fn compare(der: &[u8], key: &PublicKey, plan: &Plan) -> Result<(), Mismatch> {
    let (behind, request) =
        X509CertificationRequest::from_der(der).map_err(|_unread| Mismatch::Unreadable)?;
    if !behind.is_empty() {
        return Err(Mismatch::Unreadable);
    }
    let information = &request.certification_request_info;
    let subject = subject(information.subject.as_raw())?;
    if subject.iter().any(|(oid, _)| oid == EMAIL_ADDRESS) {
        return Err(field("e-mail field", "blank", "filled"));
    }
    let mut expected: Vec<(String, String)> = plan
        .subject()
        .iter()
        .map(|(attribute, value)| (written(attribute.oid()), value.to_owned()))
        .collect();
    let common_name = plan.names().common_name().as_str();
    expected.push((COMMON_NAME.to_owned(), common_name.to_owned()));
    same("subject", &expected, &subject)?;

    let expected: Vec<&str> = plan
        .names()
        .dns_names()
        .iter()
        .map(|name| name.as_str())
        .collect();
    same("subjectAltName", &expected, &names(&request)?)?;
    if information.subject_pki.raw != key.info() {
        return Err(field("public key", "that of the private key", "another"));
    }
    let algorithm = dotted(request.signature_algorithm.algorithm.as_bytes());
    same("signature algorithm", &SHA256_WITH_RSA, &algorithm.as_str())
}

/// The subject's attributes in order, as OID and text; each in an RDN of its own.
fn subject(name: &[u8]) -> Result<Vec<(String, String)>, Mismatch> {
    let mut attributes = Vec::new();
    let mut rest = content(name, Tag::Sequence)?.0;
    while !rest.is_empty() {
        let (rdn, behind) = content(rest, Tag::Set)?;
        let (attribute, others) = content(rdn, Tag::Sequence)?;
        if !others.is_empty() {
            return Err(field("subject", "one attribute an RDN", "several"));
        }
        let (value, oid) = Oid::from_der(attribute).map_err(|_unread| Mismatch::Unreadable)?;
        let (behind_value, value) = Any::from_der(value).map_err(|_unread| Mismatch::Unreadable)?;
        if !behind_value.is_empty()
            || !matches!(value.tag(), Tag::Utf8String | Tag::PrintableString)
        {
            return Err(Mismatch::Unreadable);
        }
        let text = str::from_utf8(value.data).map_err(|_unread| Mismatch::Unreadable)?;
        attributes.push((dotted(oid.as_bytes()), text.to_owned()));
        rest = behind;
    }
    Ok(attributes)
}

/// The contents of the element at the front, which must have this tag, and what is behind it.
fn content(der: &[u8], tag: Tag) -> Result<(&[u8], &[u8]), Mismatch> {
    match Any::from_der(der) {
        Ok((behind, any)) if any.tag() == tag => Ok((any.data, behind)),
        _ => Err(Mismatch::Unreadable),
    }
}

/// The dNSNames asked for; any other attribute, extension or kind of name is a mismatch.
fn names<'a>(request: &'a X509CertificationRequest<'_>) -> Result<Vec<&'a str>, Mismatch> {
    let mut names = Vec::new();
    for attribute in request.certification_request_info.iter_attributes() {
        let ParsedCriAttribute::ExtensionRequest(asked) = attribute.parsed_attribute() else {
            return Err(field(
                "attributes",
                "extensionRequest",
                &dotted(attribute.oid.as_bytes()),
            ));
        };
        for extension in &asked.extensions {
            let ParsedExtension::SubjectAlternativeName(alternative) = extension.parsed_extension()
            else {
                return Err(field(
                    "extensions",
                    "subjectAltName",
                    &dotted(extension.oid.as_bytes()),
                ));
            };
            for name in &alternative.general_names {
                match name {
                    GeneralName::DNSName(name) => names.push(*name),
                    other => return Err(field("subjectAltName", "dNSName", &format!("{other:?}"))),
                }
            }
        }
    }
    Ok(names)
}

/// Whether OpenSSL verifies the signature by RSA and SHA-256, which [`compare`] has seen is the algorithm, with the key
/// inside the request. Reading the request by OpenSSL too would say no more of it, and looks for decoders among all
/// that OpenSSL's providers have: a millisecond in the first request of a process.
fn verify(der: &[u8]) -> Result<(), Mismatch> {
    let (_, request) =
        X509CertificationRequest::from_der(der).map_err(|_unread| Mismatch::Unreadable)?;
    let information = &request.certification_request_info;
    let key = &information.subject_pki.subject_public_key.data;
    let verified = Rsa::public_key_from_der_pkcs1(key)
        .and_then(PKey::from_rsa)
        .and_then(|key| {
            Verifier::new(MessageDigest::sha256(), &key)?
                .verify_oneshot(&request.signature_value.data, information.raw)
        });
    match verified {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(Mismatch::Signature),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(
    name: &'static str,
    expected: &T,
    found: &T,
) -> Result<(), Mismatch> {
    if expected == found {
        return Ok(());
    }
    Err(field(name, &format!("{expected:?}"), &format!("{found:?}")))
}

fn field(field: &'static str, expected: &str, found: &str) -> Mismatch {
    Mismatch::Field {
        field,
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

fn written(oid: &[u64]) -> String {
    oid.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}
