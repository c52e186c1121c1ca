#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example is its own program"
)]
//! Reads what the NHS sent back and says what it is: `cargo run --example read_what_came_back FILE…`
//!
//! Without a file, the certificates of one generation that are built in stand for the reply.

use std::env;
use std::error::Error;
use std::path::PathBuf;

use ptl_cert::decode;
use ptl_cert::document::{Item, Moment};
use ptl_cert::environment::{Authority, Facts};
use ptl_cert::input::{Input, Source};
use ptl_cert::report::inspection::{self, Inspection};
use ptl_cert::store;
use ptl_cert::verdict::{self, Policy};

fn main() -> Result<(), Box<dyn Error>> {
    let facts = Facts::built_in()?;
    let mut files: Vec<(Source, Vec<u8>)> = Vec::new();
    for path in env::args_os().skip(1).map(PathBuf::from) {
        let bytes = store::read::file(&path)?.to_vec();
        files.push((Source::File(path), bytes));
    }
    if files.is_empty() {
        let of_int = facts
            .authorities
            .iter()
            .filter(|authority| authority.environments == ["int"]);
        for certificate in of_int.filter_map(Authority::certificate) {
            files.push((Source::BuiltIn("example"), certificate.der().to_vec()));
        }
    }

    let mut items = Vec::new();
    for (source, bytes) in &files {
        let opened = decode::open(&Input::new(source.clone(), bytes), None)?;
        for piece in &opened.pieces {
            items.push(Item::read(piece, opened.container, None)?);
        }
    }

    // The library never asks the clock: the moment is an argument, so that an answer can be given again.
    let at = Moment::new(time::OffsetDateTime::now_utc());
    let examination = verdict::examine(&items, &facts, Policy { at, soon_days: 60 });
    let report = Inspection::new(&items, &examination, Vec::new(), at);
    for line in inspection::render(&report, 80).lines() {
        println!("{}", anstream::adapter::strip_str(line));
    }
    Ok(())
}
