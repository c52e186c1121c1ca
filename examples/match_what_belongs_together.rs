#![expect(clippy::print_stdout, reason = "an example is its own program")]
//! Which key, request and certificate belong together?: `cargo run --example match_what_belongs_together`
//!
//! Task 10 of the crate's front page.

use std::error::Error;

use ptl_cert::ops::gather::Reading;
use ptl_cert::ops::matching::Matching;

fn main() -> Result<(), Box<dyn Error>> {
    let bytes = include_bytes!("../tests/data/pki/leaf.key");
    let matching = Matching::of(Reading::of("what was uploaded", &bytes[..], None));
    for group in &matching.keys {
        println!("{}: objects {:?}", group.spki_sha256, group.members);
    }
    println!("complete: {}", matching.is_complete());
    Ok(())
}
