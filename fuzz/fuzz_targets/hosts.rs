#![no_main]
//! A list of hosts of any bytes is read or refused, without a panic, and what it refuses is said on one line that is safe
//! to show.
//!
//! `cargo +nightly fuzz run hosts`; the input is the file.

use libfuzzer_sys::fuzz_target;
use ptl_cert::generate::hosts::Hosts;
use ptl_cert::input::{disturbing, printable};

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = Hosts::read(bytes) {
        let said = printable(&error.to_string());
        assert!(!said.chars().any(disturbing));
    }
});
