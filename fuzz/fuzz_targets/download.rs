#![no_main]
//! What a server sent is taken apart in a time that grows with its length, without a panic, and nothing but DER comes out.
//!
//! `cargo +nightly fuzz run download`; the input is the answer's body.

use libfuzzer_sys::fuzz_target;
use ptl_cert::decode::downloaded;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(objects) = downloaded(bytes) {
        assert!(!objects.is_empty());
        let length: usize = objects.iter().map(|object| object.len()).sum();
        assert!(length <= bytes.len().max(1) * 3);
    }
});
