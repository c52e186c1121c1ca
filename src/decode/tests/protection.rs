//! PKCS#12 files: all their bags, and what opening them may cost.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::symm::Cipher;

use super::bundles::{crl, element, indefinite};
use super::*;

const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";

fn bag(kind: u8, value: &[u8], attributes: &[&[u8]]) -> Vec<u8> {
    let oid = [
        b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01",
        &[kind][..],
    ]
    .concat();
    let set = match attributes {
        [] => Vec::new(),
        attributes => element(0x31, attributes),
    };
    element(0x30, &[&oid, &element(0xa0, &[value]), &set])
}

fn friendly_name(name: &str) -> Vec<u8> {
    let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let values = element(0x31, &[&element(0x1e, &[&wide])]);
    element(
        0x30,
        &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14", &values],
    )
}

fn local_key_id(id: &[u8]) -> Vec<u8> {
    let values = element(0x31, &[&element(0x04, &[id])]);
    element(
        0x30,
        &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15", &values],
    )
}

fn certificate_bag(der: &[u8], attributes: &[&[u8]]) -> Vec<u8> {
    let oid = b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
    let value = element(0x30, &[oid, &element(0xa0, &[&element(0x04, &[der])])]);
    bag(3, &value, attributes)
}

fn crl_bag(der: &[u8]) -> Vec<u8> {
    let oid = b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x17\x01";
    bag(
        4,
        &element(0x30, &[oid, &element(0xa0, &[&element(0x04, &[der])])]),
        &[],
    )
}

type Write = fn(u8, &[&[u8]]) -> Vec<u8>;

/// A PKCS#12 file of plain bags without an integrity check.
fn pfx(bags: &[&[u8]], write: Write) -> Vec<u8> {
    let octets = |bytes: &[u8]| write(0xa0, &[&element(0x04, &[bytes])]);
    let safe = write(0x30, &[DATA, &octets(&write(0x30, bags))]);
    let content = write(0x30, &[DATA, &octets(&write(0x30, &[&safe]))]);
    write(0x30, &[b"\x02\x01\x03", &content])
}

fn shrouded(key: &PKey<Private>, password: &[u8]) -> Vec<u8> {
    key.private_key_to_pkcs8_passphrase(Cipher::aes_256_cbc(), password)
        .unwrap()
}

#[test]
fn every_bag_is_read_with_its_names_in_der_and_in_ber() {
    let ((one, first), (two, second)) = (fixture_pair(1), fixture_pair(2));
    let (first, second) = (first.to_der().unwrap(), second.to_der().unwrap());
    let plain = |key: &PKey<Private>| key.private_key_to_pkcs8().unwrap();
    let nested = bag(
        6,
        &element(0x30, &[&bag(1, &plain(&two), &[&local_key_id(&[2])])]),
        &[],
    );
    let bags: [&[u8]; 5] = [
        &certificate_bag(&first, &[&friendly_name("ca")]),
        &crl_bag(&crl()),
        &certificate_bag(
            &second,
            &[&friendly_name("endpoint \u{e9}"), &local_key_id(&[2])],
        ),
        &nested,
        &bag(1, &plain(&one), &[]),
    ];
    for write in [element as Write, indefinite] {
        let bytes = pfx(&bags, write);
        let opened = opened(&bytes);
        let found: Vec<_> = opened
            .objects
            .iter()
            .map(|object| {
                let origin = object.origin();
                let blob = object.decode().unwrap();
                (
                    object.label().unwrap(),
                    origin.name,
                    origin.local_key_id,
                    blob.bytes.to_vec(),
                )
            })
            .collect();
        let id = || Some("02".into());
        assert_eq!(
            found,
            [
                (
                    Label::Certificate,
                    Some("endpoint \u{e9}".into()),
                    id(),
                    second.clone()
                ),
                (Label::Certificate, Some("ca".into()), None, first.clone()),
                (Label::Crl, None, None, crl()),
                (Label::PrivateKey, None, id(), plain(&two)),
                (Label::PrivateKey, None, None, plain(&one)),
            ]
        );
    }
}

#[test]
fn a_key_with_a_password_of_its_own_hides_nothing_else() {
    let (key, certificate) = fixture_pair(1);
    let bags = [
        certificate_bag(&certificate.to_der().unwrap(), &[]),
        bag(2, &shrouded(&key, b"practice"), &[]),
        bag(2, &shrouded(&key, b"other"), &[]),
    ];
    let bags: Vec<&[u8]> = bags.iter().map(Vec::as_slice).collect();
    let bytes = pfx(&bags, element);
    let input = Input::new(Source::Stdin, &bytes);
    let opened = open(&input, Some(&Password::new("practice"))).unwrap();
    let labels: Vec<_> = opened
        .objects
        .iter()
        .map(|object| object.label().unwrap())
        .collect();
    assert_eq!(
        labels,
        [
            Label::Certificate,
            Label::PrivateKey,
            Label::EncryptedPrivateKey
        ]
    );
}

#[test]
fn a_part_that_is_not_read_is_said() {
    let (_, certificate) = fixture_pair(1);
    let bytes = pfx(
        &[
            &certificate_bag(&certificate.to_der().unwrap(), &[]),
            &bag(5, b"\x30\x00", &[]),
        ],
        element,
    );
    let opened = opened(&bytes);
    assert!(matches!(
        opened.objects[1].decode(),
        Err(EncodedObjectError::Member(_))
    ));
}

#[test]
fn a_file_without_bags_is_said_to_hold_nothing() {
    assert!(matches!(
        refused(&pfx(&[], element)),
        OpenError::Nothing {
            container: Container::Pkcs12
        }
    ));
    let empty = super::bundles::certificates_only(&[], &[], element);
    assert!(matches!(
        refused(&empty),
        OpenError::Nothing {
            container: Container::Pkcs7
        }
    ));
}

/// EncryptedPrivateKeyInfo under PBES2 with this derivation of the key, and AES-256-CBC.
fn sealed(derivation: &[u8]) -> Vec<u8> {
    let cipher = element(
        0x30,
        &[
            b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a",
            &element(0x04, &[&[2; 16]]),
        ],
    );
    let scheme = element(
        0x30,
        &[
            b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d",
            &element(0x30, &[derivation, &cipher]),
        ],
    );
    element(0x30, &[&scheme, &element(0x04, &[&[3; 64]])])
}

/// EncryptedPrivateKeyInfo under PBES2 that asks for so many rounds.
fn expensive(rounds: u32) -> Vec<u8> {
    let salt = element(0x04, &[&[1; 8]]);
    let count = element(0x02, &[&[0], &rounds.to_be_bytes()]);
    let derivation = element(
        0x30,
        &[
            b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c",
            &element(0x30, &[&salt, &count]),
        ],
    );
    sealed(&derivation)
}

#[test]
fn the_rounds_of_all_keys_are_added_up_before_any_are_done() {
    let key = expensive(u32::try_from(ROUNDS_LIMIT / 8).unwrap());
    let bags: Vec<_> = (0..8).map(|_| bag(2, &key, &[])).collect();
    let bags: Vec<&[u8]> = bags.iter().map(Vec::as_slice).collect();
    for write in [element as Write, indefinite] {
        let error = refused(&pfx(&bags, write));
        assert!(matches!(error, OpenError::TooManyRounds(_)), "{error:?}");
    }
}

#[test]
fn the_budget_is_one_for_the_whole_input() {
    let work = limits::Work::default();
    assert!(work.spend(ROUNDS_LIMIT).is_ok());
    assert_eq!(
        work.spend(1),
        Err(TooMuchWork {
            found: ROUNDS_LIMIT + 1,
            limit: ROUNDS_LIMIT
        })
    );
    assert!(limits::Work::default().spend(u64::MAX).is_err());
}

#[test]
fn the_first_keys_that_fit_are_opened_in_whatever_order_they_are_read() {
    // A key of 256 bits takes two blocks of SHA-1.
    let part = |of: u64| u32::try_from(ROUNDS_LIMIT / 12 / 2 * of).unwrap();
    let keys = [8, 6, 13, 3, 2, 1].map(|of| expensive(part(of)));
    // The label of the fourth is wrong, the base64 of the fifth has a character that does not belong there.
    let labels = [
        "ENCRYPTED PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "CERTIFICATE",
        "ENCRYPTED PRIVATE KEY",
        "PRIVATE KEY",
    ];
    let mut text = String::new();
    for (number, (key, label)) in keys.iter().zip(labels).enumerate() {
        let mut base64 = STANDARD.encode(key);
        if number == 4 {
            base64.insert(2, '\u{a0}');
        }
        text += &format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n");
    }
    let password = Password::new("secret");
    let opened = |password| {
        let input = Input::new(Source::BuiltIn("test"), text.as_bytes());
        let opened = open(&input, password).unwrap();
        opened.objects.into_iter().rev()
    };
    let fits: Vec<Option<bool>> = opened(Some(&password))
        .map(|object| Some(object.decode().unwrap().derivation?.is_ok()))
        .collect();
    // 8, not 6 more, never 13, 3, not 2 more, 1.
    let mut expected = [
        Some(true),
        Some(false),
        None,
        Some(true),
        Some(false),
        Some(true),
    ];
    expected.reverse();
    assert_eq!(fits, expected);
    // Without a password nothing is derived.
    assert!(opened(None).all(|object| object.decode().unwrap().derivation.is_none()));
}

#[test]
fn what_cannot_be_followed_has_no_price_and_is_refused() {
    // The salt in parts, a second count behind the first one, and no count at all.
    let parts = element(0x24, &[&element(0x04, &[&[1; 8]])]);
    let count = element(0x02, &[&[1]]);
    for parameters in [
        element(0x30, &[&parts, &count]),
        element(0x30, &[&element(0x04, &[&[1; 8]]), &count, &count, &count]),
        element(0x30, &[&element(0x04, &[&[1; 8]])]),
    ] {
        let scheme = element(
            0x30,
            &[
                b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03",
                &parameters,
            ],
        );
        let key = element(0x30, &[&scheme, &element(0x04, &[&[3; 64]])]);
        let answer = pbe::Sealed::read(&key).map(|sealed| sealed.cost());
        assert!(
            matches!(answer, Err(ProtectionError::Structure(_))),
            "{answer:?}"
        );
    }
}

#[test]
fn scrypt_costs_what_its_three_numbers_make_together() {
    let number = |n: u32| element(0x02, &[&[0], &n.to_be_bytes()]);
    let salt = element(0x04, &[&[1; 8]]);
    let parameters = element(
        0x30,
        &[&salt, &number(16_384), &number(8), &number(1_000_000)],
    );
    let derivation = element(
        0x30,
        &[b"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b", &parameters],
    );
    let key = sealed(&derivation);
    let sealed = pbe::Sealed::read(&key).unwrap();
    assert_eq!(sealed.cost(), 16_384 * 8 * 1_000_000);
}

#[test]
fn a_password_in_windows_1252_opens_and_the_remedy_is_said() {
    let (key, certificate) = fixture_pair(1);
    let file = openssl::pkcs12::Pkcs12::builder()
        .name("a")
        .pkey(&key)
        .cert(&certificate)
        .build2("pass\u{20ac}word\u{e9}")
        .unwrap();
    let bytes = file.to_der().unwrap();
    let input = Input::new(Source::Stdin, &bytes);
    let opened = open(&input, Some(&Password::new(b"pass\x80word\xe9".to_vec()))).unwrap();
    assert_eq!(
        opened.objects[0].decode().unwrap().damage,
        [Damage::NarrowPassword]
    );
    let error = open(&input, Some(&Password::new(b"p\xe9".to_vec()))).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("save the password file as UTF-8"),
        "{error}"
    );
}

#[test]
fn members_of_nothing_are_counted_and_reported_once() {
    let (der, _) = practice_certificate();
    let nothing: &[u8] = b"\x30\x00";
    let bundle =
        super::bundles::certificates_only(&[nothing, &der, nothing, nothing], &[], element);
    let opened = opened(&bundle);
    let read: Vec<_> = opened
        .objects
        .iter()
        .map(|object| object.decode().is_ok())
        .collect();
    assert_eq!(read, [true, false]);
}
