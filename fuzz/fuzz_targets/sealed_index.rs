#![no_main]
//! An index that somebody changed and sealed again may hide entries – the permissions of its folder keep him out – but it
//! makes no reader panic or run away, and what is found through it is in the CRL.
//!
//! `cargo +nightly fuzz run sealed_index`; the input is triples of a place (two bytes) and what that byte becomes.

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ptl_cert::document::{Hex, Serial, Sha256Digest};
use ptl_cert::input::{Origin, Source};
use ptl_cert::revocation::{Index, SearchableCrl, Serials};

const CRL: &[u8] = include_bytes!("../../tests/data/verify/sub.crl");

/// The CRL's DER, its index and its SHA-256.
static SOUND: LazyLock<(Vec<u8>, Vec<u8>, Sha256Digest)> = LazyLock::new(|| {
    let crl = openssl::x509::X509Crl::from_pem(CRL)
        .or_else(|_| openssl::x509::X509Crl::from_der(CRL))
        .unwrap()
        .to_der()
        .unwrap();
    let sha256 = Hex(openssl::sha::sha256(&crl));
    let mut index = Vec::new();
    let plain = SearchableCrl::read(&crl[..], Origin::whole(&Arc::new(Source::Stdin))).unwrap();
    Index::build(&plain, &sha256, &mut index).unwrap();
    drop(plain);
    (crl, index, sha256)
});

/// Computes the header's SHA-256 again, as somebody could who may write to the file.
fn seal(index: &mut [u8]) {
    let Some(length) = index.get(12..16) else {
        return;
    };
    let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
    if let Some(end) = length.checked_sub(32)
        && length <= index.len()
    {
        let seal = openssl::sha::sha256(&index[..end]);
        index[end..length].copy_from_slice(&seal);
    }
}

fuzz_target!(|input: &[u8]| {
    let (crl, index, sha256) = &*SOUND;
    let mut index = index.clone();
    for change in input.chunks_exact(3) {
        let place = usize::from(u16::from_be_bytes([change[0], change[1]])) % index.len();
        index[place] = change[2];
    }
    seal(&mut index);
    let Ok(index) = Index::read(&index, crl.len() as u64, sha256) else {
        return;
    };
    let origin = Origin::whole(&Arc::new(Source::Stdin));
    let plain = SearchableCrl::read(&crl[..], origin.clone()).unwrap();
    let Ok(indexed) = SearchableCrl::indexed(&crl[..], origin, index) else {
        return;
    };
    let mut asked: Vec<Serial> = (0..=255u8).map(|number| Serial::from_octets(&[number])).collect();
    asked.extend([&[0x10, 0x01][..], &[0x7f; 20], &[]].map(Serial::from_octets));
    for serial in &asked {
        let real = plain.entries_of(serial).unwrap();
        if let Ok(found) = indexed.entries_of(serial) {
            assert!(found.iter().all(|entry| real.contains(entry)));
        }
    }
    let _ = indexed.scan(&Serials::new(&asked));
});
