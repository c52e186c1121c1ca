//! Requests of every kind that occurs, made here octet by octet.

use std::collections::BTreeSet;

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::Private;
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::X509ReqBuilder;
use proptest::prelude::*;

use super::*;

const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A request with this version and, where there are any, these attributes.
fn request(version: u8, attributes: Option<&[u8]>) -> Vec<u8> {
    let key = key();
    let name = der::wrap(
        SET,
        &der::wrap(
            SEQUENCE,
            &[&[6, 3, 0x55, 4, 3][..], &der::wrap(12, b"a.nhs.uk")].concat(),
        ),
    );
    let mut info = [
        &[INTEGER, 1, version][..],
        &der::wrap(SEQUENCE, &name),
        &key.public_key_to_der().unwrap(),
    ]
    .concat();
    if let Some(attributes) = attributes {
        info.extend(der::wrap(ATTRIBUTES, attributes));
    }
    let info = der::wrap(SEQUENCE, &info);
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    let signature = signer.sign_oneshot_to_vec(&info).unwrap();
    let bits = der::wrap(BIT_STRING, &[&[0], &signature[..]].concat());
    der::wrap(SEQUENCE, &[&info[..], ECDSA_SHA256, &bits].concat())
}

fn names(names: &[&str]) -> Vec<u8> {
    let names: Vec<u8> = names
        .iter()
        .flat_map(|name| der::wrap(0x82, name.as_bytes()))
        .collect();
    let value = der::wrap(4, &der::wrap(SEQUENCE, &names));
    der::wrap(SEQUENCE, &[&[6, 3, 0x55, 29, 17][..], &value].concat())
}

fn list(extensions: &[Vec<u8>]) -> Vec<u8> {
    der::wrap(SEQUENCE, &extensions.concat())
}

fn attribute(oid: &[u8], values: &[Vec<u8>]) -> Vec<u8> {
    let oid = der::wrap(OBJECT_IDENTIFIER, oid);
    der::wrap(SEQUENCE, &[oid, der::wrap(SET, &values.concat())].concat())
}

fn dns(request: &Request) -> Vec<&str> {
    request.dns_names().collect()
}

#[test]
fn a_usual_request_is_not_odd() {
    let asked = attribute(EXTENSION_REQUESTS[0], &[list(&[names(&["a.nhs.uk"])])]);
    let read = Request::read(&request(0, Some(&asked))).unwrap();
    assert!(read.signature_valid && read.oddities.is_empty());
    assert_eq!(dns(&read), ["a.nhs.uk"]);
    assert!(!read.is_partly_unread());
}

#[test]
fn names_in_two_attributes_two_values_and_microsoft_s_attribute_all_count() {
    let (one, two) = (list(&[names(&["a.nhs.uk"])]), list(&[names(&["b.nhs.uk"])]));
    let [usual, microsoft] = EXTENSION_REQUESTS;
    for attributes in [
        [
            attribute(usual, std::slice::from_ref(&one)),
            attribute(usual, std::slice::from_ref(&two)),
        ]
        .concat(),
        attribute(usual, &[one.clone(), two.clone()]),
        [
            attribute(microsoft, std::slice::from_ref(&one)),
            attribute(usual, std::slice::from_ref(&two)),
        ]
        .concat(),
        attribute(
            usual,
            &[list(&[
                names(&["a.nhs.uk"]),
                names(&["b.nhs.uk", "a.nhs.uk"]),
            ])],
        ),
    ] {
        let read = Request::read(&request(0, Some(&attributes))).unwrap();
        assert_eq!(dns(&read), ["a.nhs.uk", "b.nhs.uk"]);
        assert!(read.signature_valid);
    }
}

#[test]
fn another_version_and_absent_attributes_invalidate_no_signature() {
    let read = Request::read(&request(1, Some(&[]))).unwrap();
    assert!(read.signature_valid);
    assert_eq!(read.oddities, [RequestOddity::Version { version: 1 }]);
    let read = Request::read(&request(0, None)).unwrap();
    assert!(read.signature_valid);
    assert_eq!(read.oddities, [RequestOddity::NoAttributes]);
}

#[test]
fn a_signature_by_an_algorithm_that_openssl_does_not_know_is_neither_right_nor_wrong() {
    let sound = request(0, Some(&[]));
    assert!(!Request::read(&sound).unwrap().signature_unchecked);
    // ecdsa-with-SHA256, and beside it one that is not assigned.
    let place = sound
        .windows(ECDSA_SHA256.len())
        .position(|octets| octets == ECDSA_SHA256)
        .unwrap();
    let mut unknown = sound.clone();
    unknown[place + ECDSA_SHA256.len() - 1] = 99;
    let read = Request::read(&unknown).unwrap();
    assert!(!read.signature_valid && read.signature_unchecked);
    // A right one of SHA-384 would not be wrong for its algorithm: OpenSSL knows that.
    let mut other = sound;
    other[place + ECDSA_SHA256.len() - 1] = 3;
    let read = Request::read(&other).unwrap();
    assert!(!read.signature_valid && !read.signature_unchecked);
}

#[test]
fn a_changed_octet_invalidates_the_signature_of_an_odd_request() {
    let mut der = request(1, None);
    let place = der
        .windows(8)
        .position(|octets| octets == b"a.nhs.uk")
        .unwrap();
    der[place] = b'b';
    assert!(!Request::read(&der).unwrap().signature_valid);
}

#[test]
fn an_odd_attribute_is_named_and_the_rest_is_read() {
    let asked = attribute(EXTENSION_REQUESTS[0], &[list(&[names(&["a.nhs.uk"])])]);
    let read = Request::read(&request(0, Some(&[&[5, 0][..], &asked].concat()))).unwrap();
    assert_eq!(
        read.oddities,
        [RequestOddity::AttributeUnread { oid: None }]
    );
    assert!(read.signature_valid && !read.is_partly_unread());
    assert_eq!(dns(&read), ["a.nhs.uk"]);
}

#[test]
fn extensions_that_cannot_be_read_are_not_taken_for_none() {
    let broken = der::wrap(SEQUENCE, &[4, 1, 0]);
    let unread = attribute(EXTENSION_REQUESTS[1], &[broken]);
    assert!(
        Request::read(&request(0, Some(&unread)))
            .unwrap()
            .is_partly_unread()
    );
    // Nor is a second set of names that cannot be read, after one that can.
    let value = der::wrap(4, &[0xff]);
    let damaged = der::wrap(SEQUENCE, &[&[6, 3, 0x55, 29, 17][..], &value].concat());
    let asked = attribute(
        EXTENSION_REQUESTS[0],
        &[list(&[names(&["a.nhs.uk"]), damaged])],
    );
    assert!(
        Request::read(&request(0, Some(&asked)))
            .unwrap()
            .is_partly_unread()
    );
}

#[test]
fn a_field_that_does_not_read_is_named() {
    let mut der = request(0, Some(&[]));
    let place = der
        .windows(5)
        .position(|octets| octets == [6, 3, 0x55, 4, 3])
        .unwrap();
    der[place] = 5;
    let misread = Misread {
        field: "its subject's name",
    };
    assert_eq!(
        Request::read(&der).unwrap_err(),
        RequestError::Misread(misread)
    );
}

#[test]
fn twenty_thousand_of_anything_take_no_longer_than_their_length() {
    // Quadratic work would take minutes here.
    const MANY: usize = 20_000;
    let name = |number: usize| format!("n{number}.nhs.uk");
    let each: Vec<Vec<u8>> = (0..MANY).map(|number| names(&[&name(number)])).collect();
    let different: Vec<u8> = (0..MANY as u32)
        .flat_map(|number| {
            let [_, a, b, c] = number.to_be_bytes();
            let oid = der::wrap(6, &[0x2a, a | 1, b & 0x7f, c & 0x7f]);
            let extension = der::wrap(SEQUENCE, &[oid, vec![4, 0]].concat());
            extension.repeat(2)
        })
        .collect();
    let attributes = attribute(
        EXTENSION_REQUESTS[0],
        &[list(&each), der::wrap(SEQUENCE, &different)],
    );
    let read = Request::read(&request(0, Some(&attributes))).unwrap();
    assert_eq!(read.dns_names().count(), MANY);
    assert!(read.extensions.repeated.len() > 1000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_name_asked_for_is_found_wherever_it_is_asked_for(
        lists in proptest::collection::vec(
            (any::<bool>(), proptest::collection::vec(proptest::collection::vec("[a-z]{1,8}\\.nhs\\.uk", 1..4), 1..4)),
            0..4,
        ),
    ) {
        let attributes: Vec<u8> = lists
            .iter()
            .flat_map(|(microsoft, values)| {
                let values: Vec<Vec<u8>> = values
                    .iter()
                    .map(|value| list(&[names(&value.iter().map(String::as_str).collect::<Vec<_>>())]))
                    .collect();
                attribute(EXTENSION_REQUESTS[usize::from(*microsoft)], &values)
            })
            .collect();
        let read = Request::read(&request(0, Some(&attributes))).unwrap();
        prop_assert!(read.signature_valid);
        let asked: BTreeSet<&str> = lists.iter().flat_map(|(_, values)| values.iter().flatten()).map(String::as_str).collect();
        let found: BTreeSet<&str> = read.dns_names().collect();
        prop_assert_eq!(asked, found);
    }
}

#[test]
fn an_rsa_signature_is_judged_as_openssl_judges_the_whole_request() {
    let new = || PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let (own, other) = (new(), new());
    let says = |der: &[u8]| {
        let request = X509Req::from_der(der).unwrap();
        let key = request.public_key().unwrap();
        request.verify(&key).unwrap_or(false)
    };
    for hash in [
        MessageDigest::sha1(),
        MessageDigest::sha224(),
        MessageDigest::sha256(),
        MessageDigest::sha384(),
        MessageDigest::sha512(),
    ] {
        let made = |by: &PKey<Private>| {
            let mut request = X509ReqBuilder::new().unwrap();
            request.set_pubkey(&own).unwrap();
            request.sign(by, hash).unwrap();
            request.build().to_der().unwrap()
        };
        let sound = made(&own);
        let changed = |at: usize| {
            let mut der = sound.clone();
            der[at] ^= 1;
            der
        };
        // The last octet of the signature, its first one, and one of the modulus.
        let last = sound.len() - 1;
        let others = [
            changed(last),
            changed(last - 255),
            changed(60),
            made(&other),
        ];
        assert!(Request::read(&sound).unwrap().signature_valid && says(&sound));
        for der in others {
            let read = Request::read(&der).unwrap();
            assert!(
                !read.signature_valid && !says(&der),
                "{hash:?}",
                hash = hash.type_()
            );
        }
    }
}

#[test]
fn a_request_whose_rsa_key_is_followed_by_more_is_not_verified() {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let numbers = key.rsa().unwrap().public_key_to_der_pkcs1().unwrap();
    let numbers = der::only(&numbers, SEQUENCE).unwrap();
    let made = |behind_numbers: &[u8], behind_parameters: &[u8]| {
        let oid = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
        let algorithm = der::wrap(SEQUENCE, &[&oid[..], &[5, 0], behind_parameters].concat());
        let numbers = der::wrap(SEQUENCE, &[numbers, behind_numbers].concat());
        let bits = der::wrap(BIT_STRING, &[&[0], &numbers[..]].concat());
        let info = der::wrap(SEQUENCE, &[algorithm, bits].concat());
        let parts = [
            &[INTEGER, 1, 0][..],
            &[SEQUENCE, 0],
            &info,
            &[ATTRIBUTES, 0],
        ];
        let signed = der::wrap(SEQUENCE, &parts.concat());
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        let signature = signer.sign_oneshot_to_vec(&signed).unwrap();
        let signature = der::wrap(BIT_STRING, &[&[0], &signature[..]].concat());
        let by = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
        der::wrap(SEQUENCE, &[&signed[..], by, &signature].concat())
    };
    for (der, is_valid) in [
        (made(&[], &[]), true),
        (made(&[5, 0], &[]), false),
        (made(&[INTEGER, 1, 1], &[]), false),
        (made(&[], &[5, 0]), false),
    ] {
        let by_openssl = X509Req::from_der(&der)
            .and_then(|request| request.verify(&*request.public_key()?))
            .unwrap_or(false);
        let read = Request::read(&der).is_ok_and(|read| read.signature_valid);
        assert_eq!((read, by_openssl), (is_valid, is_valid));
    }
}
