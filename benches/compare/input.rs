//! The certificates that are read: made once, kept in target/.
//!
//! They have the shape of the NHS's endpoint certificates (RSA 2048, SHA-256, two distribution points of which one is a
//! directory name, a policy, both key identifiers, both extended usages) and an issuer that nobody has heard of.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name};
use rayon::prelude::*;

use crate::start;

/// How many are made before they are written.
const BATCH: usize = 1_000;

/// 2026-01-01 and 2028-01-01, in seconds since 1970.
const VALID: (i64, i64) = (1_767_225_600, 1_830_297_600);

/// The folder of everything that is made here.
pub(crate) fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The CA certificate of the NHS that is built in: its chain is drawn, its signatures are checked.
pub(crate) fn real() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/environment/data/NHS-INT-Level-1C.pem")
}

/// An endpoint certificate that a CA built in has issued: its chain is drawn to the root, and three signatures are checked.
pub(crate) fn issued() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/readme/int.api.service.nhs.uk.pem")
}

/// A bundle of so many distinct certificates; made in a process of its own, so that this one stays small.
pub(crate) fn bundle(count: usize) -> PathBuf {
    let path = folder().join(format!("{count}.pem"));
    if !path.exists() {
        eprintln!("making {count} certificates, once");
        let made = path.with_extension("part");
        let work = format!("make {count} {}", made.display());
        assert!(start::command(&work).status().unwrap().success());
        fs::rename(made, &path).unwrap();
    }
    path
}

/// Makes a bundle; all certificates hold one key, because distinct keys would take a quarter of an hour.
pub(crate) fn make(count: usize, path: &Path) {
    let key = || PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let (issuer_key, own_key) = (key(), key());
    let issuer_name = name(&[
        ("O", "Benchmark"),
        ("OU", "CA"),
        ("CN", "Benchmark Level 1C"),
    ]);
    let mut builder = X509Builder::new().unwrap();
    fill(&mut builder, 0, &issuer_name, &issuer_name, &issuer_key);
    let critical = BasicConstraints::new().critical().ca().build().unwrap();
    builder.append_extension(critical).unwrap();
    let identifier = SubjectKeyIdentifier::new();
    let identifier = identifier.build(&builder.x509v3_context(None, None));
    builder.append_extension(identifier.unwrap()).unwrap();
    builder.sign(&issuer_key, MessageDigest::sha256()).unwrap();
    let issuer = builder.build();

    let mut file = BufWriter::new(File::create(path).unwrap());
    let numbers: Vec<usize> = (1..=count).collect();
    for batch in numbers.chunks(BATCH) {
        let made: Vec<Vec<u8>> = batch
            .par_iter()
            .map(|&number| endpoint(number, &issuer, &issuer_key, &own_key))
            .collect();
        for pem in made {
            file.write_all(&pem).unwrap();
        }
    }
    file.flush().unwrap();
}

fn endpoint(
    number: usize,
    issuer: &X509,
    issuer_key: &PKey<Private>,
    own_key: &PKey<Private>,
) -> Vec<u8> {
    let host = format!("endpoint-{number:06}.benchmark.thirdparty.nhs.uk");
    let subject = name(&[("O", "Benchmark"), ("OU", "Endpoints"), ("CN", &host)]);
    let mut builder = X509Builder::new().unwrap();
    fill(
        &mut builder,
        number,
        &subject,
        issuer.subject_name(),
        own_key,
    );
    let context = builder.x509v3_context(Some(issuer), None);
    let extensions = [
        KeyUsage::new()
            .critical()
            .digital_signature()
            .key_encipherment()
            .build(),
        ExtendedKeyUsage::new().server_auth().client_auth().build(),
        SubjectAlternativeName::new().dns(&host).build(&context),
        SubjectKeyIdentifier::new().build(&context),
        AuthorityKeyIdentifier::new().keyid(true).build(&context),
        extension("2.5.29.31", &distribution_points(issuer.subject_name())),
        extension("2.5.29.32", &wrap(0x30, &wrap(0x30, POLICY))),
        extension("2.5.29.16", PRIVATE_KEY_USAGE_PERIOD),
    ];
    for extension in extensions {
        builder.append_extension(extension.unwrap()).unwrap();
    }
    builder.sign(issuer_key, MessageDigest::sha256()).unwrap();
    builder.build().to_pem().unwrap()
}

fn fill(
    builder: &mut X509Builder,
    number: usize,
    subject: &openssl::x509::X509NameRef,
    issuer: &openssl::x509::X509NameRef,
    key: &PKey<Private>,
) {
    // Eight octets, as CAs give them.
    let serial = BigNum::from_slice(&(0x5dc9_db79_0000_0000 + number as u64).to_be_bytes());
    let serial = serial.unwrap().to_asn1_integer().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(subject).unwrap();
    builder.set_issuer_name(issuer).unwrap();
    builder
        .set_not_before(&Asn1Time::from_unix(VALID.0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_unix(VALID.1).unwrap())
        .unwrap();
    builder.set_pubkey(key).unwrap();
}

fn name(attributes: &[(&str, &str)]) -> X509Name {
    let mut builder = X509Name::builder().unwrap();
    for (kind, value) in attributes {
        builder.append_entry_by_text(kind, value).unwrap();
    }
    builder.build()
}

/// A PolicyInformation's contents: an OID under 2.999, which is for examples.
const POLICY: &[u8] = &[0x06, 0x03, 0x88, 0x37, 0x01];

/// GeneralizedTime 20260101000000Z to 20271001000000Z.
const PRIVATE_KEY_USAGE_PERIOD: &[u8] = b"\x30\x22\x80\x0f20260101000000Z\x81\x0f20271001000000Z";

/// Two points: a directory name and a URL, as in "NHS Level 1C".
fn distribution_points(issuer: &openssl::x509::X509NameRef) -> Vec<u8> {
    let url = b"http://crl.benchmark.thirdparty.nhs.uk/1c/crlc1.crl";
    let directory = wrap(0xa4, &issuer.to_der().unwrap());
    let point = |general_name: &[u8]| wrap(0x30, &wrap(0xa0, &wrap(0xa0, general_name)));
    wrap(0x30, &[point(&directory), point(&wrap(0x86, url))].concat())
}

fn extension(oid: &str, value: &[u8]) -> Result<X509Extension, openssl::error::ErrorStack> {
    let value = Asn1OctetString::new_from_bytes(value)?;
    let oid = Asn1Object::from_str(oid)?;
    X509Extension::new_from_der(&oid, false, &value)
}

/// A DER element; the contents here have fewer than 65,536 octets.
fn wrap(identifier: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let header = match length {
        0..128 => vec![identifier, low],
        128..256 => vec![identifier, 0x81, low],
        _ => vec![identifier, 0x82, high, low],
    };
    [header, content.to_vec()].concat()
}
