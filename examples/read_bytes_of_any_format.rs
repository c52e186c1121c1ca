#![expect(clippy::print_stdout, reason = "an example is its own program")]
//! Bytes of unknown format → objects: `cargo run --example read_bytes_of_any_format`
//!
//! Task 3 of the crate's front page.

use std::error::Error;

use ptl_cert::chain::role;
use ptl_cert::environment::Facts;
use ptl_cert::ops::gather::Reading;
use ptl_cert::verdict::identify;

fn main() -> Result<(), Box<dyn Error>> {
    let bytes = include_bytes!("../tests/data/pki/reply.zip");
    let facts = Facts::built_in()?;
    let reading = Reading::of("the reply", &bytes[..], None); // PEM, DER, PKCS#7, PKCS#12, mail, ZIP …
    for (given, identity) in identify(&reading.items, &facts) {
        let (subject, points) = (
            &given.certificate.subject,
            given.certificate.distribution_points(),
        );
        println!("{subject} {:?} {points:?}", role(&given.certificate));
        println!(
            "{:?}",
            identity.map(|known| (known.environments, known.generation))
        );
    }
    assert!(reading.unread.is_empty());
    Ok(())
}
