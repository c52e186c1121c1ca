use std::sync::{Arc, OnceLock};

use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::rsa::Rsa;

use super::*;
use crate::generate::tests::foreign;
use crate::input::{Origin, Source};

mod encryption;

fn rsa() -> &'static PKey<Private> {
    static KEY: OnceLock<PKey<Private>> = OnceLock::new();
    KEY.get_or_init(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap())
}

fn blob(bytes: &[u8], dek_info: Option<&str>) -> Blob<'static> {
    Blob {
        origin: Origin::whole(&Arc::new(Source::BuiltIn("test"))),
        label: None,
        dek_info: dek_info.map(str::to_owned),
        bytes: bytes.to_vec().into(),
        damage: Vec::new(),
        work: Arc::default(),
        derivation: None,
    }
}

fn read(bytes: &[u8], password: Option<&str>) -> Result<PrivateKey, KeyError> {
    let password = password.map(Password::new);
    PrivateKey::read(&blob(bytes, None), password.as_ref())
}

/// Runs `openssl`; `None`, said out loud, where it is not installed.
fn openssl(arguments: &[&str], input: &[u8]) -> Option<(bool, Vec<u8>)> {
    let output = foreign::ask("openssl", arguments, input)?;
    Some((output.status.success(), output.stdout))
}

/// The key as `openssl` writes it with `arguments`; `None` where it is not installed or refuses.
fn written_by_openssl(arguments: &[&str], key: &PKey<Private>) -> Option<Vec<u8>> {
    let pem = key.private_key_to_pem_pkcs8().unwrap();
    let (success, stdout) = openssl(arguments, &pem)?;
    if !success {
        eprintln!("SKIPPED: this openssl refuses {arguments:?}");
    }
    success.then_some(stdout)
}

fn pem_blob(text: &[u8]) -> Blob<'static> {
    let parsed = pem::parse(text).unwrap();
    blob(parsed.contents(), parsed.headers().get("DEK-Info"))
}

#[test]
fn the_same_key_is_read_from_pkcs8_and_pkcs1() {
    let pkcs8 = read(&rsa().private_key_to_pkcs8().unwrap(), None).unwrap();
    let pkcs1 = read(&rsa().rsa().unwrap().private_key_to_der().unwrap(), None).unwrap();
    assert_eq!(
        pkcs8.algorithm(),
        &KeyAlgorithm::Rsa {
            bits: 2048,
            exponent: Some(65_537),
            pss: false,
        }
    );
    assert_eq!(pkcs8.algorithm().to_string(), "RSA 2048");
    assert_eq!(pkcs8.public_key().info(), pkcs1.public_key().info());
    assert_eq!(
        pkcs8.public_key().spki_sha256,
        pkcs1.public_key().spki_sha256
    );
}

#[test]
fn an_elliptic_curve_key_is_read_from_sec1_and_pkcs8() {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = EcKey::generate(&group).unwrap();
    let sec1 = read(&key.private_key_to_der().unwrap(), None).unwrap();
    let pkey = PKey::from_ec_key(key).unwrap();
    let pkcs8 = read(&pkey.private_key_to_pkcs8().unwrap(), None).unwrap();
    assert_eq!(sec1.algorithm().to_string(), "EC P-256");
    assert_eq!(
        sec1.public_key().spki_sha256,
        pkcs8.public_key().spki_sha256
    );
}

#[test]
fn an_edwards_key_is_read() {
    let key = PKey::generate_ed25519().unwrap();
    let key = read(&key.private_key_to_pkcs8().unwrap(), None).unwrap();
    assert_eq!(key.algorithm(), &KeyAlgorithm::Ed25519);
}

#[test]
fn a_weak_key_is_a_fact_and_not_an_error() {
    let weak = PKey::from_rsa(Rsa::generate(512).unwrap()).unwrap();
    let key = read(&weak.private_key_to_pkcs8().unwrap(), None).unwrap();
    assert_eq!(
        key.algorithm(),
        &KeyAlgorithm::Rsa {
            bits: 512,
            exponent: Some(65_537),
            pss: false,
        }
    );
}

#[test]
fn a_key_whose_numbers_do_not_belong_together_is_refused() {
    let key = rsa().rsa().unwrap();
    let own = |number: &openssl::bn::BigNumRef| number.to_owned().unwrap();
    let mut exponent = own(key.d());
    exponent.add_word(2).unwrap();
    let broken = Rsa::from_private_components(
        own(key.n()),
        own(key.e()),
        exponent,
        own(key.p().unwrap()),
        own(key.q().unwrap()),
        own(key.dmp1().unwrap()),
        own(key.dmq1().unwrap()),
        own(key.iqmp().unwrap()),
    )
    .unwrap();
    let error = read(&broken.private_key_to_der().unwrap(), None).unwrap_err();
    assert!(
        matches!(
            error,
            KeyError::Malformed {
                fault: KeyFault::Inconsistent,
                ..
            }
        ),
        "{error}"
    );
}

/// The same numbers as a key that makes RSASSA-PSS signatures only.
fn as_pss(pkcs1: &[u8]) -> Vec<u8> {
    use crate::document::der::wrap;
    let algorithm = wrap(0x30, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10]);
    wrap(
        0x30,
        &[&[2, 1, 0][..], &algorithm, &wrap(0x04, pkcs1)].concat(),
    )
}

#[test]
fn the_numbers_of_a_key_for_pss_signatures_are_compared_as_well() {
    let sound = rsa().rsa().unwrap().private_key_to_der().unwrap();
    let key = read(&as_pss(&sound), None).unwrap();
    assert!(matches!(
        key.algorithm(),
        KeyAlgorithm::Rsa { pss: true, .. }
    ));
    let prime = rsa().rsa().unwrap().p().unwrap().to_vec();
    let at = sound
        .windows(prime.len())
        .position(|window| window == prime)
        .unwrap();
    let mut broken = sound.clone();
    broken[at + prime.len() / 2] ^= 1;
    let error = read(&as_pss(&broken), None).unwrap_err();
    assert!(
        matches!(
            error,
            KeyError::Malformed {
                fault: KeyFault::Inconsistent,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_modulus_beyond_all_measure_is_refused_without_computing() {
    let mut modulus = BigNum::new().unwrap();
    modulus.set_bit(20_000).unwrap();
    modulus.add_word(1).unwrap();
    let one = || BigNum::from_u32(3).unwrap();
    let key =
        Rsa::from_private_components(modulus, one(), one(), one(), one(), one(), one(), one())
            .unwrap();
    let error = read(&key.private_key_to_der().unwrap(), None).unwrap_err();
    assert!(
        matches!(
            error,
            KeyError::Malformed {
                fault: KeyFault::Modulus { bits: 20_001 },
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_public_key_is_not_taken_for_a_private_one() {
    let error = read(&rsa().public_key_to_der().unwrap(), None).unwrap_err();
    assert!(
        matches!(
            error,
            KeyError::Malformed {
                fault: KeyFault::NotAPrivateKey,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_key_cut_short_or_followed_by_bytes_is_refused() {
    let der = rsa().private_key_to_pkcs8().unwrap();
    for length in [0, 1, 2, 5, 30, der.len() / 2, der.len() - 1] {
        let error = read(&der[..length], None).unwrap_err();
        assert!(
            matches!(
                error,
                KeyError::Malformed {
                    fault: KeyFault::Structure,
                    ..
                }
            ),
            "{length}: {error}"
        );
    }
    let error = read(&[&der[..], &[0, 0]].concat(), None).unwrap_err();
    assert!(
        matches!(
            error,
            KeyError::Malformed {
                fault: KeyFault::TrailingBytes { count: 2 },
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn debug_shows_the_algorithm_and_nothing_else() {
    let key = PrivateKey::of(rsa().clone()).unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey(RSA 2048, …)");
}

#[test]
fn the_clear_pem_is_pkcs8_with_line_feeds() {
    let key = PrivateKey::of(rsa().clone()).unwrap();
    let pem = key.to_pkcs8_pem().unwrap();
    assert!(pem.starts_with(b"-----BEGIN PRIVATE KEY-----\n"));
    assert!(!pem.contains(&b'\r'));
    assert_eq!(
        PrivateKey::read(&pem_blob(&pem), None)
            .unwrap()
            .public_key()
            .info(),
        key.public_key().info()
    );
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), header in proptest::option::of("\\PC{0,40}")) {
        let password = Password::new("secret");
        let _ = PrivateKey::read(&blob(&bytes, header.as_deref()), Some(&password));
    }
}
