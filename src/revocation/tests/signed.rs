//! Signatures of every kind in use.

use openssl::rsa::{Padding, Rsa};
use openssl::sign::RsaPssSaltlen;

use super::*;

const RSA_SHA256: &[u8] = &[
    0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0,
];
const RSA_SHA1: &[u8] = &[
    0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0,
];
const RSA_MD5: &[u8] = &[
    0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4, 5, 0,
];
const ED25519: &[u8] = &[0x30, 5, 6, 3, 0x2b, 0x65, 112];
const SHA256: &[u8] = &[
    0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0,
];

fn pss() -> Vec<u8> {
    pss_with(&[])
}

/// The parameters with this after the others.
fn pss_with(trailer: &[u8]) -> Vec<u8> {
    let mgf1 = [&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8], SHA256].concat();
    let parameters = [
        wrap(0xa0, SHA256),
        wrap(0xa1, &wrap(SEQUENCE, &mgf1)),
        wrap(0xa2, &[2, 1, 32]),
        trailer.to_vec(),
    ];
    let oid = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    wrap(
        SEQUENCE,
        &[&oid[..], &wrap(SEQUENCE, &parameters.concat())].concat(),
    )
}

fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap()
}

fn draft(algorithm: &[u8]) -> Draft {
    let mut draft = Draft::of(&["CA"]).entry(1, &[]);
    draft.algorithm = algorithm.to_vec();
    draft
}

fn bearer(key: &PKey<Private>) -> Arc<Certificate> {
    certificate("CA", key, ("CA", &new_key()), &[1], &[])
}

/// Verifies with its own key, in parts and whole, and with no other.
fn assert_signed(bytes: Vec<u8>, key: &PKey<Private>, other: &PKey<Private>) {
    let own = bearer(key);
    let found = scan(bytes.as_slice(), &Serials::new([])).unwrap();
    assert!(found.signed_by(&own) || found.digest().is_none());
    assert!(!found.signed_by(&bearer(other)));
    let crl = read(bytes.clone()).unwrap();
    assert!(signed_by(&crl, &own));
    assert!(!signed_by(&crl, &bearer(other)));
    let mut changed = bytes;
    let place = changed
        .windows(2)
        .position(|window| window == b"CA")
        .unwrap();
    changed[place] = b'B';
    assert!(!signed_by(&read(changed).unwrap(), &own));
}

#[test]
fn ecdsa_verifies() {
    let key = new_key();
    assert_signed(draft(ECDSA_SHA256).signed(&key), &key, &new_key());
}

#[test]
fn rsa_pkcs1_verifies() {
    let key = rsa();
    assert_signed(draft(RSA_SHA256).signed(&key), &key, &rsa());
}

#[test]
fn rsa_pkcs1_with_sha_1_verifies_because_that_is_a_fact() {
    let (key, draft) = (rsa(), draft(RSA_SHA1));
    let mut signer = Signer::new(MessageDigest::sha1(), &key).unwrap();
    let signature = signer.sign_oneshot_to_vec(&draft.tbs()).unwrap();
    assert_signed(draft.sealed(&signature), &key, &rsa());
}

/// A CRL that names these parameters, signed with a salt of 32 octets.
fn sealed_by_pss(algorithm: &[u8], key: &PKey<Private>) -> Vec<u8> {
    let draft = draft(algorithm);
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
    signer
        .set_rsa_pss_saltlen(RsaPssSaltlen::custom(32))
        .unwrap();
    draft.sealed(&signer.sign_oneshot_to_vec(&draft.tbs()).unwrap())
}

#[test]
fn rsa_pss_verifies() {
    let key = rsa();
    assert_signed(sealed_by_pss(&pss(), &key), &key, &rsa());
}

#[test]
fn rsa_pss_has_one_trailer_and_no_other() {
    let key = rsa();
    let bytes = sealed_by_pss(&pss_with(&wrap(0xa3, &[2, 1, 2])), &key);
    let found = scan_slice(&bytes, &Serials::new([])).unwrap();
    assert!(!found.signed_by(&bearer(&key)));
}

#[test]
fn ed25519_verifies_over_the_whole_crl_but_not_from_a_stream() {
    let (key, draft) = (PKey::generate_ed25519().unwrap(), draft(ED25519));
    let mut signer = Signer::new_without_digest(&key).unwrap();
    let bytes = draft.sealed(&signer.sign_oneshot_to_vec(&draft.tbs()).unwrap());
    let found = scan_slice(&bytes, &Serials::new([])).unwrap();
    assert!(found.digest().is_none() && !found.signed_by(&bearer(&key)));
    assert_signed(bytes, &key, &PKey::generate_ed25519().unwrap());
}

#[test]
fn md5_never_verifies() {
    let (key, draft) = (rsa(), draft(RSA_MD5));
    let mut signer = Signer::new(MessageDigest::md5(), &key).unwrap();
    let signature = signer.sign_oneshot_to_vec(&draft.tbs()).unwrap();
    let crl = read(draft.sealed(&signature)).unwrap();
    assert!(!signed_by(&crl, &bearer(&key)));
}

#[test]
fn an_rsa_key_does_not_verify_what_says_it_is_ecdsa() {
    let key = rsa();
    let crl = read(draft(ECDSA_SHA256).signed(&key)).unwrap();
    assert!(!signed_by(&crl, &bearer(&key)));
}
