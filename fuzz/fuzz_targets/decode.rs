#![no_main]
//! Whatever stands before a certificate, it is found, or something is said not to have been understood.
//!
//! `cargo +nightly fuzz run decode`

use libfuzzer_sys::fuzz_target;
use ptl_cert::decode::{self, Damage, Password};
use ptl_cert::document::Document;
use ptl_cert::input::{Input, Source};

const CERTIFICATE: &[u8] = include_bytes!("../../tests/data/pki/leaf.pem");

fuzz_target!(|bytes: &[u8]| {
    let password = Password::new("practice");
    let alone = Input::new(Source::Stdin, bytes);
    if let Ok(opened) = decode::open(&alone, Some(&password)) {
        for object in &opened.objects {
            let _ = object.decode();
        }
    }
    let wanted = Input::new(Source::Stdin, CERTIFICATE);
    let wanted = decode::open(&wanted, None).unwrap();
    let wanted = wanted.objects[0].decode().unwrap();
    let bytes = [bytes, b"\n", CERTIFICATE].concat();
    let both = Input::new(Source::Stdin, &bytes);
    let Ok(opened) = decode::open(&both, Some(&password)) else {
        return;
    };
    let told = opened.objects.iter().any(|object| match object.decode() {
        // An object around it that means nothing is reported as not understood.
        Ok(blob) => blob.bytes[..] == wanted.bytes[..] || Document::read(&blob, None).is_err(),
        Err(_) => true,
    });
    let not_read = |damage: &Damage| matches!(damage, Damage::ContentLeftOut { .. });
    let left_out = !opened.left_out.is_empty() || opened.damage.iter().any(not_read);
    assert!(told || left_out);
});
