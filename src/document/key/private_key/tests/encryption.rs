//! Keys under a password: what we write, and what others wrote.

use super::*;

#[test]
fn an_encrypted_key_without_a_password_asks_for_one_and_names_its_scheme() {
    let pem = PrivateKey::of(rsa().clone())
        .unwrap()
        .to_encrypted_pem(&Password::new("long enough"))
        .unwrap();
    let blob = pem_blob(&pem);
    let error = PrivateKey::read(&blob, None).unwrap_err();
    assert!(
        matches!(&error, KeyError::PasswordNeeded { scheme } if scheme == "PBES2 (PBKDF2 with hmacWithSHA256, aes-256-cbc)"),
        "{error}"
    );
    let error = PrivateKey::read(&blob, Some(&Password::new("another"))).unwrap_err();
    assert!(matches!(error, KeyError::WrongPassword { .. }), "{error}");
    let error = PrivateKey::read(&blob, Some(&Password::new("with\0nul"))).unwrap_err();
    assert!(matches!(error, KeyError::WrongPassword { .. }), "{error}");
    let key = PrivateKey::read(&blob, Some(&Password::new("long enough"))).unwrap();
    assert_eq!(key.public_key().info(), rsa().public_key_to_der().unwrap());
}

#[test]
fn openssl_opens_what_we_encrypt_and_sees_the_promised_parameters() {
    let key = PrivateKey::of(rsa().clone()).unwrap();
    let pem = key
        .to_encrypted_pem(&Password::new("correct horse"))
        .unwrap();
    let Some((success, public)) = openssl(
        &[
            "pkey",
            "-passin",
            "pass:correct horse",
            "-pubout",
            "-outform",
            "DER",
        ],
        &pem,
    ) else {
        return;
    };
    assert!(success);
    assert_eq!(public, key.public_key().info());
    assert!(
        !openssl(&["pkey", "-passin", "pass:wrong", "-noout"], &pem)
            .unwrap()
            .0
    );
    let (_, structure) = openssl(&["asn1parse"], &pem).unwrap();
    let structure = String::from_utf8(structure).unwrap();
    for expected in [
        "PBES2",
        "PBKDF2",
        "hmacWithSHA256",
        "aes-256-cbc",
        ":0927C0",
    ] {
        assert!(
            structure.contains(expected),
            "{expected} is not in\n{structure}"
        );
    }
}

#[test]
fn two_encryptions_of_one_key_differ() {
    let key = PrivateKey::of(rsa().clone()).unwrap();
    let password = Password::new("correct horse");
    assert_ne!(
        key.to_encrypted_pem(&password).unwrap(),
        key.to_encrypted_pem(&password).unwrap()
    );
}

#[test]
fn an_empty_or_endless_password_never_encrypts_a_key() {
    let key = PrivateKey::of(rsa().clone()).unwrap();
    for length in [0, PASSWORD_LIMIT + 1] {
        let error = key
            .to_encrypted_pem(&Password::new(vec![b'x'; length]))
            .unwrap_err();
        assert!(matches!(error, KeyError::UnusablePassword { length: found } if found == length));
    }
}

#[test]
fn a_password_of_the_greatest_length_opens_what_it_closed() {
    let key = PrivateKey::of(rsa().clone()).unwrap();
    let password = Password::new(vec![b'x'; PASSWORD_LIMIT]);
    let pem = key.to_encrypted_pem(&password).unwrap();
    assert!(PrivateKey::read(&pem_blob(&pem), Some(&password)).is_ok());
}

#[test]
fn every_encryption_openssl_offers_is_opened() {
    let schemes: &[&[&str]] = &[
        &["-v2", "aes128"],
        &["-v2", "des3"],
        &["-scrypt"],
        &["-v1", "PBE-SHA1-3DES"],
        &[
            "-v1",
            "PBE-SHA1-RC2-40",
            "-provider",
            "legacy",
            "-provider",
            "default",
        ],
        &[
            "-v1",
            "PBE-MD5-DES",
            "-provider",
            "legacy",
            "-provider",
            "default",
        ],
    ];
    for scheme in schemes {
        let arguments = [&["pkcs8", "-topk8", "-passout", "pass:secret"], *scheme].concat();
        let Some(pem) = written_by_openssl(&arguments, rsa()) else {
            continue;
        };
        let blob = pem_blob(&pem);
        let password = Password::new("secret");
        let key = PrivateKey::read(&blob, Some(&password))
            .unwrap_or_else(|error| panic!("{scheme:?}: {error}"));
        assert_eq!(
            key.public_key().info(),
            rsa().public_key_to_der().unwrap(),
            "{scheme:?}"
        );
        let error = PrivateKey::read(&blob, Some(&Password::new("wrong"))).unwrap_err();
        assert!(
            matches!(error, KeyError::WrongPassword { .. }),
            "{scheme:?}: {error}"
        );
        let error = PrivateKey::read(&blob, None).unwrap_err();
        assert!(
            matches!(error, KeyError::PasswordNeeded { .. }),
            "{scheme:?}: {error}"
        );
    }
}

#[test]
fn the_traditional_encryption_is_opened() {
    for cipher in ["-aes256", "-des3", "-des"] {
        let Some(pem) = written_by_openssl(
            &[
                "rsa",
                "-traditional",
                cipher,
                "-passout",
                "pass:secret",
                "-provider",
                "legacy",
                "-provider",
                "default",
            ],
            rsa(),
        ) else {
            continue;
        };
        let blob = pem_blob(&pem);
        assert!(blob.dek_info.is_some());
        let key = PrivateKey::read(&blob, Some(&Password::new("secret"))).unwrap();
        assert_eq!(key.public_key().info(), rsa().public_key_to_der().unwrap());
        let error = PrivateKey::read(&blob, Some(&Password::new("wrong"))).unwrap_err();
        assert!(
            matches!(error, KeyError::WrongPassword { .. }),
            "{cipher}: {error}"
        );
        let error = PrivateKey::read(&blob, None).unwrap_err();
        assert!(
            matches!(error, KeyError::PasswordNeeded { .. }),
            "{cipher}: {error}"
        );
    }
}

#[test]
fn a_broken_encryption_header_is_said_and_an_unknown_cipher_too() {
    let password = Password::new("secret");
    for header in [
        "",
        "AES-256-CBC",
        "AES-256-CBC,",
        "AES-256-CBC,xyz",
        "AES-256-CBC,0011",
        "\n,00",
    ] {
        let error = PrivateKey::read(&blob(&[0; 32], Some(header)), Some(&password)).unwrap_err();
        assert!(
            matches!(
                error,
                KeyError::Malformed {
                    fault: KeyFault::EncryptionHeader,
                    ..
                }
            ),
            "{header}: {error}"
        );
    }
    let error = PrivateKey::read(
        &blob(&[0; 32], Some("ROT-13,0011223344556677")),
        Some(&password),
    )
    .unwrap_err();
    let is_encryption = matches!(error, KeyError::UnsupportedEncryption { .. });
    assert!(is_encryption, "{error}");
    assert!(error.to_string().contains("convert the key"), "{error}");
}

#[test]
fn a_count_of_iterations_that_would_take_for_ever_is_refused() {
    let endless = hostile_pkcs12_scheme();
    let error = read(&endless, Some("secret")).unwrap_err();
    assert!(
        matches!(
            error,
            KeyError::Malformed {
                fault: KeyFault::Iterations {
                    count: 0x7fff_ffff..
                },
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_key_that_its_input_has_no_rounds_left_for_is_not_called_damaged() {
    let key = rsa()
        .private_key_to_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"secret")
        .unwrap();
    let mut one = blob(&key, None);
    one.derivation = Some(one.work.spend(u64::MAX));
    let error = PrivateKey::read(&one, Some(&Password::new("secret"))).unwrap_err();
    assert!(matches!(error, KeyError::InputBudget { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("in a file of its own"), "{said}");
    // The advice works.
    one.derivation = None;
    assert!(PrivateKey::read(&one, Some(&Password::new("secret"))).is_ok());
}

fn hostile_pkcs12_scheme() -> Vec<u8> {
    yasna::construct_der(|writer| {
        writer.write_sequence(|info| {
            info.next().write_sequence(|algorithm| {
                let oid =
                    yasna::models::ObjectIdentifier::from_slice(&[1, 2, 840, 113549, 1, 12, 1, 3]);
                algorithm.next().write_oid(&oid);
                algorithm.next().write_sequence(|parameters| {
                    parameters.next().write_bytes(&[0; 8]);
                    parameters.next().write_u32(0x7fff_ffff);
                });
            });
            info.next().write_bytes(&[0; 16]);
        });
    })
}
