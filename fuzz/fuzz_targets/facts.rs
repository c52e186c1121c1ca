#![no_main]
//! A facts file of any bytes extends the built-in facts or is refused; the built-in CAs stay known either way.
//!
//! `cargo +nightly fuzz run facts`; the input is the file.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ptl_cert::environment::Facts;

static BUILT_IN: LazyLock<Facts> = LazyLock::new(|| Facts::built_in().unwrap());

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(facts) = BUILT_IN.extended(text) {
        for authority in &BUILT_IN.authorities {
            assert!(facts.recognise(&authority.sha256).is_some());
        }
    }
});
