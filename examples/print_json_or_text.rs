#![expect(clippy::print_stdout, reason = "an example is its own program")]
//! Any result → JSON, or text with or without ANSI: `cargo run --example print_json_or_text`
//!
//! Task 8 of the crate's front page.

use std::error::Error;

use ptl_cert::ops::gather::Reading;
use ptl_cert::ops::matching::Matching;
use ptl_cert::report;

fn main() -> Result<(), Box<dyn Error>> {
    let bytes = include_bytes!("../tests/data/pki/reply.zip");
    let matching = Matching::of(Reading::of("the reply", &bytes[..], None));
    let report = report::matching::MatchingReport::new(&matching);
    println!("{}", report::json(&report)?);
    print!(
        "{}",
        report::plain(&report.render(report::Detail::Usual, 80))
    );
    Ok(())
}
