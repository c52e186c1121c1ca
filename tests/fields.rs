//! One field damaged in an object that is sound otherwise: what else it says is shown, the field is named, and nothing is
//! verified, matched or installed by it.

use std::path::Path;

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use serde_json::Value;

use crate::program::ptl_cert;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const UTF8: u8 = 0x0c;
const IA5: u8 = 0x16;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

const AT: &str = "2027-01-01T00:00:00Z";

fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match length {
        0..0x80 => vec![tag, length as u8],
        0x80..0x100 => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [head, content.to_vec()].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    wrap(SEQUENCE, &parts.concat())
}

fn algorithm() -> Vec<u8> {
    sequence(&[wrap(OID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])])
}

/// A part of a name: an attribute of this type (2.5.4.x).
fn part(kind: u8, value: &str) -> Vec<u8> {
    let attribute = sequence(&[wrap(OID, &[0x55, 4, kind]), wrap(UTF8, value.as_bytes())]);
    wrap(SET, &attribute)
}

fn name(common_name: &str) -> Vec<u8> {
    sequence(&[part(10, "nhs"), part(3, common_name)])
}

fn time(text: &str) -> Vec<u8> {
    wrap(UTC_TIME, text.as_bytes())
}

fn extension(oid: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[wrap(OID, &[0x55, 29, oid]), wrap(OCTETS, value)])
}

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// The parts of an object, each as its DER.
#[derive(Clone)]
struct Parts {
    /// Those of the signed part, in their order.
    signed: Vec<Vec<u8>>,
    /// The extensions, and the tag around them.
    extensions: (u8, Vec<Vec<u8>>),
    algorithm: Vec<u8>,
    signature_tag: u8,
}

/// The fields of a certificate by their place.
const VERSION: usize = 0;
const SERIAL: usize = 1;
const ALGORITHM: usize = 2;
const ISSUER: usize = 3;
const VALIDITY: usize = 4;
const SUBJECT: usize = 5;
const KEY: usize = 6;

impl Parts {
    fn signed_by(&self, key: &PKey<Private>) -> Vec<u8> {
        let mut signed = self.signed.concat();
        let (tag, extensions) = &self.extensions;
        if *tag != 0 {
            signed.extend(wrap(*tag, &sequence(extensions)));
        }
        let signed = wrap(SEQUENCE, &signed);
        let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
        let signature = signer.sign_oneshot_to_vec(&signed).unwrap();
        let signature = wrap(self.signature_tag, &[&[0], &signature[..]].concat());
        sequence(&[signed, self.algorithm.clone(), signature])
    }
}

fn validity(not_before: Vec<u8>, not_after: Vec<u8>) -> Vec<u8> {
    sequence(&[not_before, not_after])
}

fn certificate(subject: &str, key: &PKey<Private>, extensions: Vec<Vec<u8>>) -> Parts {
    Parts {
        signed: vec![
            vec![0xa0, 3, INTEGER, 1, 2],
            wrap(INTEGER, &[0x5a, 1, 2, 3]),
            algorithm(),
            name("Practice CA"),
            validity(time("260101000000Z"), time("280101000000Z")),
            name(subject),
            key.public_key_to_der().unwrap(),
        ],
        extensions: (0xa3, extensions),
        algorithm: algorithm(),
        signature_tag: BIT_STRING,
    }
}

fn endpoint(key: &PKey<Private>) -> Parts {
    let names = sequence(&[wrap(0x82, b"a.nhs.uk")]);
    let usages = sequence(&[
        wrap(OID, &[0x2b, 6, 1, 5, 5, 7, 3, 1]),
        wrap(OID, &[0x2b, 6, 1, 5, 5, 7, 3, 2]),
    ]);
    certificate(
        "a.nhs.uk",
        key,
        vec![
            extension(15, &[BIT_STRING, 2, 7, 0x80]),
            extension(37, &usages),
            extension(17, &names),
        ],
    )
}

fn authority(key: &PKey<Private>) -> Vec<u8> {
    let constraints = sequence(&[vec![1, 1, 0xff]]);
    let extensions = vec![
        extension(19, &constraints),
        extension(15, &[BIT_STRING, 2, 1, 6]),
    ];
    certificate("Practice CA", key, extensions).signed_by(key)
}

fn request(key: &PKey<Private>) -> Parts {
    Parts {
        signed: vec![
            wrap(INTEGER, &[0]),
            name("a.nhs.uk"),
            key.public_key_to_der().unwrap(),
            wrap(0xa0, &[]),
        ],
        extensions: (0, Vec::new()),
        algorithm: algorithm(),
        signature_tag: BIT_STRING,
    }
}

fn crl() -> Parts {
    Parts {
        signed: vec![
            wrap(INTEGER, &[1]),
            algorithm(),
            name("Practice CA"),
            time("261231000000Z"),
            time("270107000000Z"),
        ],
        extensions: (0xa0, vec![extension(20, &[INTEGER, 1, 7])]),
        algorithm: algorithm(),
        signature_tag: BIT_STRING,
    }
}

struct Folder {
    folder: tempfile::TempDir,
    ca: PKey<Private>,
    key: PKey<Private>,
}

impl Folder {
    fn new() -> Folder {
        let folder = tempfile::tempdir().unwrap();
        let (ca, key) = (key(), key());
        std::fs::write(folder.path().join("ca.cer"), authority(&ca)).unwrap();
        Folder { folder, ca, key }
    }

    fn put(&self, name: &str, parts: &Parts) {
        let path = self.folder.path().join(name);
        let label = match name.rsplit('.').next() {
            Some("csr") => "CERTIFICATE REQUEST",
            Some("crl") => "X509 CRL",
            _ => "CERTIFICATE",
        };
        let pem = pem::encode(&pem::Pem::new(label, parts.signed_by(&self.ca)));
        std::fs::write(path, pem).unwrap();
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        run(self.folder.path(), args)
    }

    /// The status of `inspect`, the codes of its findings, and the fields that were not read.
    fn inspected(&self, name: &str) -> (i32, Vec<String>, Vec<String>, Value) {
        let (status, text) = self.run(&["inspect", name, "--at", AT, "--format", "json"]);
        let report: Value = serde_json::from_str(&text).unwrap();
        let codes = report["findings"].as_array().unwrap().iter();
        let codes = codes.map(|finding| finding["code"].as_str().unwrap().to_owned());
        let partial = report["unread"][0]["partial"].clone();
        let fields = partial["fields"].as_array().into_iter().flatten();
        let fields = fields.map(|field| field["field"].as_str().unwrap().to_owned());
        (status, codes.collect(), fields.collect(), partial)
    }

    fn verified(&self, name: &str) -> i32 {
        let args = [
            "verify",
            name,
            "--trust",
            "ca.cer",
            "--revocation",
            "off",
            "--at",
            AT,
            "--fqdn",
            "a.nhs.uk",
        ];
        self.run(&args).0
    }
}

fn run(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = ptl_cert(folder).args(args).output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

#[test]
fn a_certificate_with_one_field_that_does_not_read_is_shown_and_never_verified() {
    let folder = Folder::new();
    let sound = endpoint(&folder.key);
    folder.put("sound.cer", &sound);
    assert_eq!(
        folder.verified("sound.cer"),
        0,
        "the object is sound but for the field"
    );
    let with = |place: usize, field: Vec<u8>| {
        let mut parts = sound.clone();
        parts.signed[place] = field;
        parts
    };
    let without = |place: usize| {
        let mut parts = sound.clone();
        parts.signed.remove(place);
        parts
    };
    let from = |not_before| with(VALIDITY, validity(not_before, time("280101000000Z")));
    let to = |not_after| with(VALIDITY, validity(time("260101000000Z"), not_after));
    let extended = |entry: Vec<u8>| {
        let mut parts = sound.clone();
        parts.extensions.1.push(entry);
        parts
    };
    let oid = wrap(OID, &[0x55, 29, 14]);
    let bare = wrap(SET, &sequence(&[wrap(OID, &[0x55, 4, 3])]));
    for (field, parts) in [
        ("version", with(VERSION, vec![0xa0, 3, UTF8, 1, b'3'])),
        ("serialNumber", with(SERIAL, wrap(OCTETS, &[1]))),
        ("serialNumber", without(SERIAL)),
        ("signature algorithm of the signed part", without(ALGORITHM)),
        ("issuer", without(ISSUER)),
        (
            "part 1 of the issuer",
            with(ISSUER, sequence(&[wrap(SEQUENCE, &[])])),
        ),
        (
            "part 1 of the subject",
            with(SUBJECT, sequence(&[bare.clone(), part(3, "a.nhs.uk")])),
        ),
        (
            "part 2 of the subject",
            with(
                SUBJECT,
                sequence(&[part(3, "a.nhs.uk"), wrap(OCTETS, b"x")]),
            ),
        ),
        ("subject", without(SUBJECT)),
        ("notBefore", from(time("270230000000Z"))),
        ("notBefore", from(time("271301000000Z"))),
        ("notBefore", from(time("270101250000Z"))),
        ("notBefore", from(time("a long time ago"))),
        ("notAfter", to(time("280230000000Z"))),
        ("notAfter", to(wrap(GENERALIZED_TIME, b"20281301000000Z"))),
        ("notAfter", to(wrap(IA5, b"280101000000Z"))),
        ("notAfter", to(Vec::new())),
        (
            "what follows notAfter",
            with(
                VALIDITY,
                sequence(&[
                    time("260101000000Z"),
                    time("280101000000Z"),
                    time("290101000000Z"),
                ]),
            ),
        ),
        ("validity", without(VALIDITY)),
        (
            "subjectPublicKeyInfo",
            with(KEY, sequence(&[algorithm(), wrap(OCTETS, &[0])])),
        ),
        ("subjectPublicKeyInfo", without(KEY)),
        (
            "entry 4 of the extensions (2.5.29.14)",
            extended(sequence(&[oid.clone(), wrap(INTEGER, &[1])])),
        ),
        (
            "entry 4 of the extensions (2.5.29.14)",
            extended(sequence(std::slice::from_ref(&oid))),
        ),
        ("entry 4 of the extensions", extended(wrap(OCTETS, &[1]))),
        (
            "entry 4 of the extensions (2.5.29.14)",
            extended(sequence(&[oid.clone(), vec![OCTETS, 9, 1]])),
        ),
        (
            "what follows the extensions",
            Parts {
                extensions: (0xa4, Vec::new()),
                ..sound.clone()
            },
        ),
        (
            "signatureAlgorithm",
            Parts {
                algorithm: sequence(&[wrap(INTEGER, &[1])]),
                ..sound.clone()
            },
        ),
        (
            "signature",
            Parts {
                signature_tag: OCTETS,
                ..sound.clone()
            },
        ),
    ] {
        folder.put("damaged.cer", &parts);
        let (status, codes, fields, partial) = folder.inspected("damaged.cer");
        assert_eq!(
            (status, codes),
            (3, vec!["field-unread".to_owned()]),
            "{field}"
        );
        assert_eq!(fields, [field], "{partial}");
        assert_eq!(folder.verified("damaged.cer"), 3, "{field}");
        // What is not about the field is there.
        let is = |name: &str, value: &str, is_it: bool| {
            assert!(
                is_it || partial[name] == *value,
                "{field}: {name} in {partial}"
            );
        };
        is("serial", "5a010203", field == "serialNumber");
        is("subject", "CN=a.nhs.uk,O=nhs", field.contains("subject"));
        is("issuer", "CN=Practice CA,O=nhs", field.contains("issuer"));
        is(
            "not_before",
            "2026-01-01T00:00:00Z",
            field == "notBefore" || field == "validity",
        );
        is(
            "not_after",
            "2028-01-01T00:00:00Z",
            field == "notAfter" || field == "validity",
        );
        let (status, text) = folder.run(&["inspect", "damaged.cer", "--at", AT]);
        assert!(
            status == 3 && text.contains("certificate, not read in full"),
            "{text}"
        );
        assert!(text.contains(&format!("not read    {field}")), "{text}");
    }
}

#[test]
fn a_certificate_with_one_extension_that_does_not_read_is_shown_and_never_verified() {
    let folder = Folder::new();
    let sound = endpoint(&folder.key);
    let nonsense = wrap(UTF8, b"hello");
    let address = |octets: &[u8]| sequence(&[wrap(0x82, b"a.nhs.uk"), wrap(0x87, octets)]);
    let replace = |oid: u8, value: &[u8]| {
        let mut parts = sound.clone();
        let entries = &mut parts.extensions.1;
        entries.retain(|entry| !entry.starts_with(&[SEQUENCE, entry[1], OID, 3, 0x55, 29, oid]));
        entries.push(extension(oid, value));
        parts
    };
    let known = [14, 15, 16, 17, 18, 19, 30, 31, 32, 33, 35, 36, 37, 46, 54];
    let mut cases: Vec<(u8, Vec<u8>)> = known.map(|oid| (oid, nonsense.clone())).to_vec();
    cases.extend([
        (17, address(&[1, 2, 3])),
        (17, address(&[1, 2, 3, 4, 5])),
        (
            17,
            sequence(&[wrap(0x82, b"a.nhs.uk"), wrap(0x82, b"\xff.nhs.uk")]),
        ),
        (
            17,
            sequence(&[wrap(0x82, b"a.nhs.uk"), wrap(0x86, b"http://\xff")]),
        ),
        (17, sequence(&[])),
        (17, sequence(&[vec![0x82, 9, b'a']])),
    ]);
    for (oid, value) in cases {
        folder.put("damaged.cer", &replace(oid, &value));
        let (status, codes, ..) = folder.inspected("damaged.cer");
        let called = format!("2.5.29.{oid} {value:02x?}");
        assert_eq!(status, 0, "{called}");
        assert!(
            codes.iter().any(|code| code == "malformed-extension"),
            "{called} {codes:?}"
        );
        assert_eq!(folder.verified("damaged.cer"), 1, "{called}");
    }
    folder.put("good.cer", &replace(17, &address(&[10, 0, 0, 1])));
    assert_eq!(folder.verified("good.cer"), 0);
}

#[test]
fn a_request_with_one_field_that_does_not_read_is_shown_and_matches_nothing() {
    let folder = Folder::new();
    let sound = request(&folder.key);
    let with = |place: usize, field: Vec<u8>| {
        let mut parts = sound.clone();
        parts.signed[place] = field;
        parts
    };
    for (field, parts) in [
        ("version", with(0, wrap(INTEGER, &[0xff]))),
        (
            "part 2 of the subject",
            with(
                1,
                sequence(&[part(3, "a.nhs.uk"), wrap(SET, &[INTEGER, 1, 1])]),
            ),
        ),
        (
            "subjectPublicKeyInfo",
            with(2, sequence(&[algorithm(), wrap(OCTETS, &[0])])),
        ),
        (
            "signatureAlgorithm",
            Parts {
                algorithm: sequence(&[wrap(INTEGER, &[1])]),
                ..sound.clone()
            },
        ),
        (
            "signature",
            Parts {
                signature_tag: OCTETS,
                ..sound.clone()
            },
        ),
    ] {
        folder.put("damaged.csr", &parts);
        let (status, codes, fields, partial) = folder.inspected("damaged.csr");
        assert_eq!(
            (status, codes),
            (3, vec!["field-unread".to_owned()]),
            "{field}"
        );
        assert_eq!(
            (fields, &partial["kind"]),
            (vec![field.to_owned()], &Value::from("request")),
            "{partial}"
        );
        let (status, _) = folder.run(&["match", "damaged.csr", "ca.cer"]);
        assert_eq!(status, 3, "{field}");
    }
}

#[test]
fn a_crl_with_one_field_that_does_not_read_is_shown_and_never_installed() {
    let folder = Folder::new();
    let sound = crl();
    folder.put("sound.crl", &sound);
    let import = ["--issuer", "ca.cer", "--cache", "cache", "--at", AT];
    let import = |name: &str| {
        folder
            .run(&[&["crl", "import", name][..], &import].concat())
            .0
    };
    let with = |place: usize, field: Vec<u8>| {
        let mut parts = sound.clone();
        parts.signed[place] = field;
        parts
    };
    let extended = |entry: Vec<u8>| {
        let mut parts = sound.clone();
        parts.extensions.1.push(entry);
        parts
    };
    let nonsense = wrap(UTF8, b"hello");
    for (field, parts) in [
        ("version", with(0, wrap(INTEGER, &[2]))),
        (
            "part 1 of the issuer",
            with(2, sequence(&[wrap(SEQUENCE, &[]), part(3, "Practice CA")])),
        ),
        ("thisUpdate", with(3, time("260230000000Z"))),
        ("thisUpdate", with(3, wrap(IA5, b"261231000000Z"))),
        ("nextUpdate", with(4, time("271301000000Z"))),
        (
            "entry 2 of the extensions (2.5.29.27)",
            extended(extension(27, &nonsense)),
        ),
        (
            "entry 2 of the extensions (2.5.29.28)",
            extended(extension(28, &nonsense)),
        ),
        (
            "entry 2 of the extensions (2.5.29.35)",
            extended(extension(35, &nonsense)),
        ),
        (
            "entry 2 of the extensions (2.5.29.20)",
            extended(extension(20, &[INTEGER, 1, 8])),
        ),
        ("entry 2 of the extensions", extended(wrap(OCTETS, &[1]))),
        (
            "what follows the extensions",
            Parts {
                extensions: (0xa1, Vec::new()),
                ..sound.clone()
            },
        ),
        (
            "signatureAlgorithm",
            Parts {
                algorithm: sequence(&[wrap(INTEGER, &[1])]),
                ..sound.clone()
            },
        ),
        (
            "signature",
            Parts {
                signature_tag: OCTETS,
                ..sound.clone()
            },
        ),
    ] {
        folder.put("damaged.crl", &parts);
        let (status, codes, fields, partial) = folder.inspected("damaged.crl");
        assert_eq!(
            (status, codes),
            (3, vec!["field-unread".to_owned()]),
            "{field}"
        );
        assert_eq!(
            (fields, &partial["kind"]),
            (vec![field.to_owned()], &Value::from("crl")),
            "{partial}"
        );
        assert_eq!(import("damaged.crl"), 3, "{field}");
    }
    assert_eq!(
        import("sound.crl"),
        0,
        "the object is sound but for the field"
    );
}
