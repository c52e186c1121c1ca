#![no_main]
//! Whatever is given to complete a chain and as CRLs, it ends, and a certificate whose signature does not hold is never
//! verified.
//!
//! `cargo +nightly fuzz run verify_pool`; the input is a file of certificates and CRLs.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ptl_cert::document::Moment;
use ptl_cert::environment::Facts;
use ptl_cert::ops::Context;
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::verify::{Decision, Options, Revocation, verify};

const ROOT: &[u8] = include_bytes!("../../tests/data/pki/root.pem");
const SUB: &[u8] = include_bytes!("../../tests/data/pki/sub.pem");
const GOOD: &[u8] = include_bytes!("../../tests/data/pki/leaf.pem");
const FORGED: &[u8] = include_bytes!("../../tests/data/pki/signature-mismatch.pem");

static CONTEXT: LazyLock<Context<'static>> = LazyLock::new(|| {
    let at = Moment::from_unix(1_800_000_000).unwrap();
    Context::new(at, Facts::built_in().unwrap())
});

fn named(name: &'static str, bytes: &[u8]) -> Named {
    Named::given(name, bytes.to_vec())
}

fuzz_target!(|bytes: &[u8]| {
    for certificate in [GOOD, FORGED] {
        let options = Options::new([named("certificate", certificate)])
            .anchors([named("root", ROOT)])
            .chain([named("sub", SUB), named("pool", bytes)])
            .crls([named("pool", bytes)])
            .revocation(Revocation::Off);
        let with_crls = options.clone().revocation(Revocation::Chain);
        for options in [options, with_crls] {
            let Ok(verification) = verify(&options, &CONTEXT) else {
                continue;
            };
            for answer in &verification.answers {
                let decision = answer.answer.decision;
                assert!(certificate != FORGED || decision != Decision::Verified);
            }
        }
    }
});
