#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example is its own program"
)]
//! Reads what the NHS sent back and says what it is: `cargo run --example read_what_came_back FILE…`
//!
//! Without a file, the built-in certificates of CAs that serve only INT stand in for the reply.

use std::env;
use std::error::Error;
use std::path::PathBuf;

use ptl_cert::environment::{Authority, Facts};
use ptl_cert::input::Source;
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::inspect::{Options, inspect};
use ptl_cert::ops::{Context, Moment};
use ptl_cert::report::inspection::InspectionReport;
use ptl_cert::report::layout::Detail;

fn main() -> Result<(), Box<dyn Error>> {
    let facts = Facts::built_in()?;
    let mut files: Vec<Named> = env::args_os()
        .skip(1)
        .map(PathBuf::from)
        .map(Named::from)
        .collect();
    if files.is_empty() {
        let of_int = facts
            .authorities
            .iter()
            .filter(|authority| authority.environments == ["int"]);
        for certificate in of_int.filter_map(Authority::certificate) {
            files.push(Named::bytes(
                Source::BuiltIn("example"),
                certificate.der().to_vec(),
            ));
        }
    }
    // The library never reads the clock: the time is an argument, so that an answer can be repeated.
    let at = Moment::new(time::OffsetDateTime::now_utc());
    let inspected = inspect(&Options::new(files), &Context::new(at, facts));
    let report = InspectionReport::new(&inspected);
    for line in report.render(Detail::Usual, 80).lines() {
        println!("{}", anstream::adapter::strip_str(line));
    }
    Ok(())
}
