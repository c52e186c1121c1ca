//! What the module promises, with inputs made here.

mod accounted;
mod ber;
mod beside;
mod bundles;
mod copied;
mod damaged_text;
mod documents;
mod files;
mod layers;
mod notations;
mod openssl_pem;
mod properties;
mod protection;
mod refused_text;
mod whole_inputs;

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::{X509, X509Name};

use super::*;
use crate::input::Source;

/// A key and a self-signed certificate for it, of no use to anybody.
fn fixture_pair(serial: u32) -> (PKey<Private>, X509) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("O", "ptl-cert practice").unwrap();
    // Long enough for the base64 to have several lines.
    name.append_entry_by_text("CN", &format!("practice-{serial}.example"))
        .unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&Asn1Integer::from_bn(&BigNum::from_u32(serial).unwrap()).unwrap())
        .unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder
        .set_not_before(&Asn1Time::from_unix(1_700_000_000).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_unix(1_800_000_000).unwrap())
        .unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (key, builder.build())
}

/// A certificate as DER and as PEM.
fn practice_certificate() -> (Vec<u8>, String) {
    let (_, certificate) = fixture_pair(1);
    (
        certificate.to_der().unwrap(),
        String::from_utf8(certificate.to_pem().unwrap()).unwrap(),
    )
}

fn opened(bytes: &[u8]) -> Opened<'_> {
    open(&Input::new(Source::Stdin, bytes), None).unwrap()
}

fn refused(bytes: &[u8]) -> OpenError {
    open(&Input::new(Source::Stdin, bytes), None)
        .map(|opened| opened.objects.len())
        .unwrap_err()
}

/// The only object of an input that has one.
fn only(bytes: &[u8]) -> Result<Blob<'_>, EncodedObjectError> {
    let opened = opened(bytes);
    assert_eq!(opened.objects.len(), 1);
    opened.objects[0].decode()
}

fn error_of(bytes: &[u8]) -> EncodedObjectError {
    only(bytes).map(|blob| blob.bytes.len()).unwrap_err()
}

/// The base64 lines of a PEM text, without its PEM label.
fn base64_of(pem: &str) -> String {
    let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with('-')).collect();
    lines.join("\n")
}
