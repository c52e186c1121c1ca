#![no_main]
//! Whatever stands where an index should, no reader panics, and an answer that comes from it is the scan's.
//!
//! `cargo +nightly fuzz run changed_index`; the input is triples of a place (two bytes) and what that byte becomes.

#[path = "../shared/index.rs"]
mod index;

use std::sync::LazyLock;

use index::Indexed;
use libfuzzer_sys::fuzz_target;
use ptl_cert::document::Serial;

/// An unsigned CRL of 200 entries.
static SOUND: LazyLock<Indexed> = LazyLock::new(|| {
    const ALGORITHM: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let entries: Vec<u8> = (0..200u8).flat_map(entry).collect();
    let name = [
        &[0x30, 13, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 3, 12, 2][..],
        b"CA",
    ]
    .concat();
    let tbs = [
        &[2, 1, 1][..],
        ALGORITHM,
        &name,
        b"\x17\x0d260101000000Z",
        &wrap(&entries),
    ]
    .concat();
    Indexed::new(wrap(&[&wrap(&tbs)[..], ALGORITHM, &[3, 2, 0, 1]].concat()))
});

fn entry(number: u8) -> Vec<u8> {
    [
        &[0x30, 20, 2, 3, 1, 1, number][..],
        b"\x17\x0d250101000000Z",
    ]
    .concat()
}

/// A SEQUENCE with a length of two octets.
fn wrap(content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    [&[0x30, 0x82, high, low], content].concat()
}

fuzz_target!(|input: &[u8]| {
    let index = SOUND.changed(input);
    let Some(crl) = SOUND.with(&index) else {
        return;
    };
    for number in 0..=255u8 {
        let found = crl
            .entries_of(&Serial::from_octets(&[1, 1, number]))
            .unwrap()
            .len();
        assert_eq!(found, usize::from(number < 200), "{number}");
    }
});
