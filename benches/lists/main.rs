//! CRLs of 10,000 to 10,000,000 entries, beside the programs and libraries that others use.
//!
//! ```text
//! cargo bench --bench lists                every size
//! cargo bench --bench lists -- 1000000     some of: 10000, 100000, 1000000, 10000000
//! cargo bench --bench lists -- --write     and the tables go into docs/performance.md
//! cargo bench --bench lists -- --quick     10,000 entries and one turn: shows that it runs, measures nothing
//! ```
//! The CRLs and the indexes are made first, in target/, 0.6 GB for all sizes, and kept. Whole processes take
//! turns, as in the other benchmark, and each starts with the file in the page cache.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::exit,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the walls are for the product; a benchmark touches the disk and the clock, and fails by panicking"
)]

// What runs: each contest with its contestants.
mod contest;
// What this program does when it starts itself.
mod inner;
// The CRLs: made once, kept in target/.
mod input;
// Certificates that are verified with them.
mod leaves;
// What others do with a CRL.
mod peers;

// Turns, times, memory.
#[path = "../compare/measure.rs"]
mod measure;
// Tables, and the page they go into.
#[path = "../compare/page.rs"]
mod page;

// What was typed, and work in a process of its own.
#[path = "../compare/start.rs"]
mod start;

use std::env;

use page::Report;
use start::Asked;

const SIZES: [u64; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

fn main() {
    if let Ok(work) = env::var(start::WORK) {
        return inner::run(&work);
    }
    let asked = Asked::read();
    let size = |word: &String| {
        let size = word.parse().ok().filter(|size| SIZES.contains(size));
        size.unwrap_or_else(|| panic!("{word:?} is not one of {SIZES:?}"))
    };
    let mut sizes: Vec<u64> = asked.words.iter().map(size).collect();
    let quick = asked.quick;
    match (quick, sizes.is_empty()) {
        (true, true) => sizes.push(SIZES[0]),
        (false, true) => sizes.extend(SIZES),
        _ => {}
    }
    let peer = page::locked_version("rustls-webpki");
    let circumstances = format!("{}- rustls-webpki: {peer}\n", page::circumstances());
    let mut report = Report::new(circumstances);
    let mut growth = Vec::new();
    for size in sizes {
        let (section, line) = contest::size(size, quick);
        report.add(&section);
        growth.push(line);
        if let Some((_, aim)) = leaves::AIMS.into_iter().find(|(aimed, _)| *aimed == size) {
            report.add(&leaves::contest(size, aim, quick));
        }
    }
    report.add(&contest::growth(&growth));
    report.end(&asked, page::LISTS);
}
