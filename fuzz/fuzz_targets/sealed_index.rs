#![no_main]
//! An index that somebody changed and sealed again may hide entries – the permissions of its folder keep him out – but it
//! makes no reader panic or run away, and what is found through it is in the CRL.
//!
//! `cargo +nightly fuzz run sealed_index`; the input is triples of a place (two bytes) and what that byte becomes.

#[path = "../shared/index.rs"]
mod index;

use std::sync::LazyLock;

use index::Indexed;
use libfuzzer_sys::fuzz_target;
use ptl_cert::document::Serial;
use ptl_cert::revocation::{SearchableCrl, Serials};

const CRL: &[u8] = include_bytes!("../../tests/data/verify/sub.crl");

static SOUND: LazyLock<Indexed> = LazyLock::new(|| {
    let crl =
        openssl::x509::X509Crl::from_pem(CRL).or_else(|_| openssl::x509::X509Crl::from_der(CRL));
    Indexed::new(crl.unwrap().to_der().unwrap())
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
    let mut index = SOUND.changed(input);
    seal(&mut index);
    let plain = SearchableCrl::read(&SOUND.crl[..], index::origin()).unwrap();
    let Some(indexed) = SOUND.with(&index) else {
        return;
    };
    let mut asked: Vec<Serial> = (0..=255u8)
        .map(|number| Serial::from_octets(&[number]))
        .collect();
    asked.extend([&[0x10, 0x01][..], &[0x7f; 20], &[]].map(Serial::from_octets));
    for serial in &asked {
        let real = plain.entries_of(serial).unwrap();
        if let Ok(found) = indexed.entries_of(serial) {
            assert!(found.iter().all(|entry| real.contains(entry)));
        }
    }
    let _ = indexed.scan(&Serials::new(&asked));
});
