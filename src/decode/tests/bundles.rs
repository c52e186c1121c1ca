//! PKCS#7 and PKCS#12, made here and by others.

use openssl::pkcs7::{Pkcs7, Pkcs7Flags};
use openssl::pkcs12::Pkcs12;
use openssl::stack::Stack;

use super::*;

pub(super) fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
    let header = match length {
        [0, short @ ..0x80] => vec![tag, short],
        [0, long] => vec![tag, 0x81, long],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [header, contents].concat()
}

pub(super) fn indefinite(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    [&[tag, 0x80], &contents.concat()[..], &[0, 0]].concat()
}

pub(super) type Write = fn(u8, &[&[u8]]) -> Vec<u8>;

/// A bundle of certificates and CRLs without signers, as `openssl crl2pkcs7` and Windows make them.
pub(super) fn certificates_only(certificates: &[&[u8]], crls: &[&[u8]], write: Write) -> Vec<u8> {
    let content = element(0x30, &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"]);
    let sets = [
        write(0xa0, certificates),
        if crls.is_empty() {
            Vec::new()
        } else {
            write(0xa1, crls)
        },
    ]
    .concat();
    let signed = write(
        0x30,
        &[b"\x02\x01\x01", b"\x31\x00", &content, &sets, b"\x31\x00"],
    );
    write(0x30, &[der::SIGNED_DATA, &write(0xa0, &[&signed])])
}

/// A CRL with no entries and a signature of one byte: enough for OpenSSL to read.
pub(super) fn crl() -> Vec<u8> {
    let algorithm = element(
        0x30,
        &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", b"\x05\x00"],
    );
    let body = element(0x30, &[&algorithm, b"\x30\x00", b"\x17\x0d300101000000Z"]);
    element(0x30, &[&body, &algorithm, b"\x03\x02\x00\x01"])
}

#[test]
fn a_bundle_gives_certificates_and_crls_in_file_order() {
    let (first, second) = (
        fixture_pair(1).1.to_der().unwrap(),
        fixture_pair(2).1.to_der().unwrap(),
    );
    let crl = crl();
    for write in [element as Write, indefinite] {
        let bundle = certificates_only(&[&first, &second], &[&crl], write);
        assert_eq!(
            Pkcs7::from_der(&bundle)
                .unwrap()
                .signed()
                .unwrap()
                .certificates()
                .unwrap()
                .len(),
            2
        );
        let opened = opened(&bundle);
        assert_eq!(opened.container, Container::Pkcs7);
        let blobs: Vec<_> = opened
            .objects
            .iter()
            .map(|object| object.decode().unwrap())
            .collect();
        let found: Vec<_> = blobs
            .iter()
            .map(|blob| {
                (
                    blob.origin.member,
                    blob.label.clone().unwrap(),
                    &blob.bytes[..],
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (Some(1), Label::Certificate, &first[..]),
                (Some(2), Label::Certificate, &second[..]),
                (Some(3), Label::Crl, &crl[..])
            ]
        );
    }
}

#[test]
fn a_signed_message_gives_its_certificates() {
    let (key, certificate) = fixture_pair(1);
    let message = Pkcs7::sign(
        &certificate,
        &key,
        &Stack::new().unwrap(),
        b"practice",
        Pkcs7Flags::BINARY,
    )
    .unwrap();
    let bytes = message.to_der().unwrap();
    let opened = opened(&bytes);
    assert_eq!(opened.objects.len(), 1);
    assert_eq!(
        &opened.objects[0].decode().unwrap().bytes[..],
        certificate.to_der().unwrap()
    );
}

#[test]
fn pem_lines_around_a_bundle_are_opened_whatever_its_label() {
    let (der, pem) = practice_certificate();
    let bundle = certificates_only(&[&der, &der], &[], element);
    for label in ["PKCS7", "CMS", "PKCS #7 SIGNED DATA", "CERTIFICATE"] {
        let text = format!(
            "{pem}{}",
            pem::encode(&pem::Pem::new(label, bundle.clone()))
        );
        let opened = opened(text.as_bytes());
        assert_eq!(opened.container, Container::Pem);
        assert_eq!(opened.objects.len(), 3, "{label}");
        let origin = opened.objects[2].origin();
        assert_eq!(
            (origin.line, origin.member),
            (Some(pem.lines().count() + 1), Some(2))
        );
        assert_eq!(&opened.objects[2].decode().unwrap().bytes[..], der);
        assert_eq!(
            opened.damage.contains(&Damage::BundleMislabelled),
            label == "CERTIFICATE"
        );
    }
}

#[test]
fn a_bundle_that_is_not_signed_data_is_named() {
    let bundle = element(
        0x30,
        &[
            b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
            &element(0xa0, &[b"\x30\x00"]),
        ],
    );
    assert!(
        matches!(refused(&bundle), OpenError::Pkcs7NotSigned { found } if found == "1.2.840.113549.1.7.3")
    );
}

#[test]
fn a_damaged_bundle_in_pem_hides_nothing() {
    let (der, pem) = practice_certificate();
    let mut bundle = certificates_only(&[&der], &[], element);
    assert_eq!(bundle[15], 0xa0);
    bundle[15] = 0xa5;
    let text = format!("{}{pem}", pem::encode(&pem::Pem::new("PKCS7", bundle)));
    let opened = opened(text.as_bytes());
    assert!(matches!(
        opened.objects[0].decode(),
        Err(EncodedObjectError::Bundle(_))
    ));
    assert_eq!(&opened.objects[1].decode().unwrap().bytes[..], der);
}

fn pkcs12(password: &str) -> (PKey<Private>, X509, Vec<u8>) {
    let (key, certificate) = fixture_pair(1);
    let mut others = Stack::new().unwrap();
    others.push(fixture_pair(2).1).unwrap();
    let file = Pkcs12::builder()
        .name("practice")
        .pkey(&key)
        .cert(&certificate)
        .ca(others)
        .build2(password)
        .unwrap();
    let bytes = file.to_der().unwrap();
    (key, certificate, bytes)
}

fn open_with<'a>(bytes: &'a [u8], password: &str) -> Result<Opened<'a>, OpenError> {
    open(
        &Input::new(Source::Stdin, bytes),
        Some(&Password::from(password.to_owned())),
    )
}

#[test]
fn a_modern_pkcs12_gives_certificates_and_the_key() {
    let (key, certificate, bytes) = pkcs12("practice");
    let opened = open_with(&bytes, "practice").unwrap();
    assert_eq!(opened.container, Container::Pkcs12);
    let blobs: Vec<_> = opened
        .objects
        .iter()
        .map(|object| object.decode().unwrap())
        .collect();
    let labels: Vec<_> = blobs
        .iter()
        .map(|blob| blob.label.clone().unwrap())
        .collect();
    assert_eq!(
        labels,
        [Label::Certificate, Label::Certificate, Label::PrivateKey]
    );
    assert_eq!(&blobs[0].bytes[..], certificate.to_der().unwrap());
    assert!(
        PKey::private_key_from_pkcs8(&blobs[2].bytes)
            .unwrap()
            .public_eq(&key)
    );
    assert_eq!(
        format!("{:?}", blobs[2].bytes),
        format!("{} bytes", blobs[2].bytes.len())
    );
}

#[test]
fn a_missing_and_a_wrong_password_are_distinguished_and_the_algorithms_named() {
    let (_, _, bytes) = pkcs12("practice");
    match refused(&bytes) {
        OpenError::PasswordNeeded { algorithms } => {
            assert_eq!(algorithms.integrity.as_deref(), Some("sha256"))
        }
        other => panic!("{other:?}"),
    }
    let error = open_with(&bytes, "wrong").unwrap_err();
    let said = error.to_string();
    assert!(matches!(error, OpenError::WrongPassword { .. }), "{said}");
    assert!(
        said.contains("PBES2 (PBKDF2 with hmacWithSHA256, aes-256-cbc)"),
        "{said}"
    );
    assert!(matches!(
        open_with(&bytes, "a\0b").unwrap_err(),
        OpenError::PasswordNotText
    ));
}

#[test]
fn an_empty_password_need_not_be_given() {
    let (_, _, bytes) = pkcs12("");
    assert_eq!(opened(&bytes).objects.len(), 3);
    // It is meant for another file of the same run.
    assert_eq!(open_with(&bytes, "practice").unwrap().objects.len(), 3);
}

#[test]
fn pem_lines_around_a_pkcs12_are_opened_with_the_password() {
    let (_, _, bytes) = pkcs12("practice");
    let text = pem::encode(&pem::Pem::new("PKCS12", bytes));
    assert_eq!(
        open_with(text.as_bytes(), "practice")
            .unwrap()
            .objects
            .len(),
        3
    );
    match opened(text.as_bytes()).objects[0].decode() {
        Err(EncodedObjectError::Bundle(error)) => {
            assert!(matches!(*error, OpenError::PasswordNeeded { .. }))
        }
        other => panic!("{other:?}"),
    }
}

/// Its password is `practice`; tests/data/README.md says how it was made.
const LEGACY: &[u8] = include_bytes!("../../../tests/data/legacy-rc2.p12");

#[test]
fn a_legacy_pkcs12_with_rc2_is_opened() {
    let labels: Vec<_> = open_with(LEGACY, "practice")
        .unwrap()
        .objects
        .iter()
        .map(|object| object.label().unwrap())
        .collect();
    assert_eq!(labels, [Label::Certificate, Label::PrivateKey]);
    let said = refused(LEGACY).to_string();
    assert!(
        said.contains("sha1")
            && said.contains("pbeWithSHA1And40BitRC2-CBC")
            && said.contains("pbeWithSHA1And3-KeyTripleDES-CBC"),
        "{said}"
    );
}

#[test]
fn a_pkcs12_that_asks_for_endless_work_is_refused() {
    let (_, _, mut bytes) = pkcs12("practice");
    // The last element is the MAC's round count, 2048: make it the largest that fits two bytes, then lower the
    // bar instead of waiting.
    let end = bytes.len();
    assert_eq!(bytes[end - 4..], [0x02, 0x02, 0x08, 0x00]);
    bytes.truncate(end - 4);
    bytes.extend([0x02, 0x04, 0x7f, 0xff, 0xff, 0xff]);
    lengthen(&mut bytes, 2);
    assert!(matches!(
        refused(&bytes),
        OpenError::TooManyRounds(TooMuchWork {
            found: 0x7fff_ffff..,
            limit: ROUNDS_LIMIT
        })
    ));
}

/// Adds to the length of the outermost SEQUENCE and of the last one in it.
fn lengthen(bytes: &mut [u8], by: u8) {
    let mut length = u16::from_be_bytes([bytes[2], bytes[3]]);
    length += u16::from(by);
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    let mut walk = der::Walk::over(&bytes[4..]);
    walk.any().unwrap();
    let safe = walk.any().unwrap().whole.len();
    let mac = 4 + 3 + safe;
    assert_eq!(bytes[mac], 0x30);
    bytes[mac + 1] += by;
}

#[test]
fn a_pkcs12_with_nonsense_inside_is_refused_with_a_reason() {
    let bytes = element(
        0x30,
        &[
            b"\x02\x01\x03",
            &element(0x30, &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"]),
        ],
    );
    assert!(matches!(refused(&bytes), OpenError::Pkcs12 { .. }));
}

#[test]
fn what_a_bundle_holds_beside_certificates_and_crls_is_called_what_it_is() {
    let (der, _) = practice_certificate();
    const OCSP: &[u8] = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x10\x02";
    const OTHER: &[u8] = b"\x06\x03\x2a\x03\x04";
    let said = |certificates: &[&[u8]], crls: &[&[u8]]| {
        let bytes = certificates_only(certificates, crls, element);
        let errors: Vec<String> = opened(&bytes)
            .objects
            .iter()
            .filter_map(|object| Some(object.decode().err()?.to_string()))
            .collect();
        errors.join("; ")
    };
    for (format, name) in [
        (OCSP, "an OCSP response in the bundle is not read"),
        (
            OTHER,
            "revocation information of another format in the bundle is not read",
        ),
    ] {
        let other = element(0xa1, &[format, b"\x30\x00"]);
        assert_eq!(said(&[&der], &[&other]), name);
        assert_eq!(said(&[], &[&other]), name);
    }
    let attributes = element(0xa1, &[&element(0x30, &[&[0; 40]])]);
    let name = "an attribute certificate in the bundle is not read";
    assert_eq!(said(&[&der, &attributes], &[]), name);
    let name = "an empty member of a bundle is not read";
    assert_eq!(said(&[&der, b"\x30\x00"], &[]), name);
}
