//! Both sides against each other and against OpenSSL.

mod asked;
mod called;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::OnceLock;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name, X509NameBuilder};

use super::*;
use crate::wire::host::{Host, Limits, Question, Reply};

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// One key for everything: nothing here depends on whose it is.
fn key() -> PKey<Private> {
    static KEY: OnceLock<PKey<Private>> = OnceLock::new();
    KEY.get_or_init(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap())
        .clone()
}

fn name(common: &str) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("O", "lab").unwrap();
    name.append_entry_by_text("CN", common).unwrap();
    name.build()
}

fn certificate(subject: &str, issuer: &str, digest: MessageDigest) -> X509 {
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name(subject)).unwrap();
    builder.set_issuer_name(&name(issuer)).unwrap();
    // Long over or far from over, so that no clock matters.
    builder
        .set_not_before(&Asn1Time::from_str("20200101000000Z").unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_str("21200101000000Z").unwrap())
        .unwrap();
    builder.set_pubkey(&key()).unwrap();
    if subject.starts_with("LAB") {
        let constraints = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(constraints).unwrap();
    }
    if subject == "127.0.0.1" {
        let context = builder.x509v3_context(None, None);
        let names = SubjectAlternativeName::new()
            .ip(subject)
            .build(&context)
            .unwrap();
        builder.append_extension(names).unwrap();
    }
    builder.sign(&key(), digest).unwrap();
    builder.build()
}

/// A leaf of this name under a CA, and that CA, both signed with SHA-1: the oldest generation.
fn old_chain(leaf: &str) -> Vec<Vec<u8>> {
    let sha1 = MessageDigest::sha1();
    let chain = [
        certificate(leaf, "LAB CA", sha1),
        certificate("LAB CA", "LAB Root", sha1),
    ];
    chain
        .iter()
        .map(|certificate| certificate.to_der().unwrap())
        .collect()
}

fn identity(leaf: &str) -> Identity {
    Identity::of(&old_chain(leaf), key()).unwrap()
}

fn authorities() -> Vec<Vec<u8>> {
    ["LAB CA", "LAB CA G2"]
        .map(|common| name(common).to_der().unwrap())
        .to_vec()
}

/// A server of ours that answers 200 to whoever shows a certificate and 403 to whoever does not.
fn server() -> Host {
    let answer = |caller: &Caller, _: &Question| {
        let status = if caller.chain.is_empty() { 403 } else { 200 };
        Reply {
            status,
            ..Reply::ok("text/plain", format!("{caller:?}").into_bytes())
        }
    };
    let identity = identity("provider.lab.invalid");
    serve(
        loopback(),
        &identity,
        &authorities(),
        Limits::default(),
        answer,
        |_| {},
    )
    .unwrap()
}

fn call_to(host: &Host) -> String {
    format!("https://{}/https://provider/path", host.address())
}

fn plain(url: &str) -> Call<'_> {
    Call {
        url,
        at: None,
        headers: &[],
        identity: None,
        limits: CallLimits::default(),
    }
}

#[test]
fn a_key_of_another_certificate_is_no_identity() {
    let other = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    assert!(matches!(
        Identity::of(&old_chain("a"), other),
        Err(IdentityError::Key)
    ));
    assert!(matches!(
        Identity::of(&[], key()),
        Err(IdentityError::Empty)
    ));
    assert!(matches!(
        Identity::of(&[vec![0x30, 0]], key()),
        Err(IdentityError::Certificate { number: 1, .. })
    ));
}
