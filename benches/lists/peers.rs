//! What others do with a CRL.

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, Instant};

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Verifier;
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm,
    UnixTime, alg_id,
};
use webpki::{
    BorrowedCertRevocationList, CertRevocationList, EndEntityCert, KeyUsage,
    OwnedCertRevocationList, RevocationOptionsBuilder, anchor_from_trusted_cert,
};
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::inner;
use crate::input::SERIAL;

/// 2026-06-01, within all validities here.
const AT: u64 = 1_780_272_000;

/// The whole CRL as a structure, and a set of its numbers: what people write who look up often. The signature is
/// not checked. Says how many nanoseconds a look-up takes once that is done.
pub(crate) fn x509_parser(bytes: &[u8], many: &[[u8; SERIAL]]) {
    let (_, crl) = CertificateRevocationList::from_der(bytes).unwrap();
    let set: HashSet<&[u8]> = crl
        .iter_revoked_certificates()
        .map(|entry| entry.raw_serial())
        .collect();
    let start = Instant::now();
    let found = many
        .iter()
        .filter(|serial| set.contains(&serial[..]))
        .count();
    let taken = start.elapsed();
    assert_eq!(found, many.len() / 2);
    inner::say(taken.as_secs_f64() * 1e9 / many.len() as f64);
}

/// rustls-webpki: one certificate verified with the borrowed list, the signatures by the same OpenSSL as ours.
pub(crate) fn webpki(crl: &[u8], ca: &[u8], leaf: &[u8]) {
    let crl = CertRevocationList::from(BorrowedCertRevocationList::from_der(crl).unwrap());
    let crls = [&crl];
    let revocation = RevocationOptionsBuilder::new(&crls).unwrap().build();
    let (ca, leaf) = (CertificateDer::from(ca), CertificateDer::from(leaf));
    let anchors = [anchor_from_trusted_cert(&ca).unwrap()];
    let leaf = EndEntityCert::try_from(&leaf).unwrap();
    leaf.verify_for_usage(
        &[&OpenSsl],
        &anchors,
        &[],
        UnixTime::since_unix_epoch(Duration::from_secs(AT)),
        KeyUsage::server_auth(),
        Some(revocation),
        None,
    )
    .unwrap();
}

/// rustls-webpki: many certificates verified below a root and a sub CA, each CRL read once into a map.
pub(crate) fn webpki_leaves(crls: &[&[u8]], root: &[u8], sub: &[u8], leaves: &[Vec<u8>]) {
    let crls: Vec<CertRevocationList<'_>> = crls
        .iter()
        .map(|crl| OwnedCertRevocationList::from_der(crl).unwrap().into())
        .collect();
    let crls: Vec<&CertRevocationList<'_>> = crls.iter().collect();
    let root = CertificateDer::from(root);
    let anchors = [anchor_from_trusted_cert(&root).unwrap()];
    let between = [CertificateDer::from(sub)];
    for leaf in leaves {
        let leaf = CertificateDer::from(&leaf[..]);
        let leaf = EndEntityCert::try_from(&leaf).unwrap();
        leaf.verify_for_usage(
            &[&OpenSsl],
            &anchors,
            &between,
            UnixTime::since_unix_epoch(Duration::from_secs(AT)),
            KeyUsage::server_auth(),
            Some(RevocationOptionsBuilder::new(&crls).unwrap().build()),
            None,
        )
        .unwrap();
    }
}

/// RSA with SHA-256 by our OpenSSL.
struct OpenSsl;

impl fmt::Debug for OpenSsl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenSsl")
    }
}

impl SignatureVerificationAlgorithm for OpenSsl {
    fn verify_signature(
        &self,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = PKey::from_rsa(Rsa::public_key_from_der_pkcs1(key).unwrap()).unwrap();
        let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
        match verifier.verify_oneshot(signature, message) {
            Ok(true) => Ok(()),
            _ => Err(InvalidSignature),
        }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_PKCS1_SHA256
    }
}
