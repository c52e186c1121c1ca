#![expect(clippy::print_stdout, reason = "an example is its own program")]
//! The chain as a structure: `cargo run --example draw_the_chain`
//!
//! Task 4 of the crate's front page.

use std::error::Error;

use ptl_cert::environment::Facts;
use ptl_cert::ops::gather::Reading;
use ptl_cert::verdict::chains;

fn main() -> Result<(), Box<dyn Error>> {
    let bytes = include_bytes!("../tests/data/pki/reply.zip");
    let reading = Reading::of("the reply", &bytes[..], None);
    for chain in chains(&reading.items, &Facts::built_in()?) {
        for link in &chain.links {
            println!("{} ({:?})", link.certificate.subject, link.found);
        }
        println!("{:?}", chain.end);
    }
    Ok(())
}
