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

use std::env;
use std::fmt::Write;

const SIZES: [u64; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

fn main() {
    if let Ok(work) = env::var(inner::VARIABLE) {
        return inner::run(&work);
    }
    // cargo adds --bench of its own.
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    let asked_for = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let (quick, write) = (asked_for("--quick"), asked_for("--write"));
    let mut sizes = Vec::new();
    for argument in arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
    {
        let size = argument.parse().ok().filter(|size| SIZES.contains(size));
        sizes.push(size.unwrap_or_else(|| panic!("{argument:?} is not one of {SIZES:?}")));
    }
    let flags = ["--quick", "--write"];
    let unknown =
        |argument: &&String| argument.starts_with("--") && !flags.contains(&argument.as_str());
    assert_eq!(
        arguments.iter().find(unknown),
        None,
        "only {flags:?} are known"
    );
    assert!(
        !write || !quick && sizes.is_empty(),
        "--write is for a full run"
    );
    match (quick, sizes.is_empty()) {
        (true, true) => sizes.push(SIZES[0]),
        (false, true) => sizes.extend(SIZES),
        _ => {}
    }
    let mut report = page::circumstances();
    let peer = page::locked_version("rustls-webpki");
    writeln!(report, "- rustls-webpki: {peer}").unwrap();
    println!("{report}");
    let mut growth = Vec::new();
    for size in sizes {
        let (section, line) = contest::size(size, quick);
        println!("{section}");
        report.push('\n');
        report.push_str(&section);
        growth.push(line);
        if let Some((_, aim)) = leaves::AIMS.into_iter().find(|(aimed, _)| *aimed == size) {
            let section = leaves::contest(size, aim, quick);
            println!("{section}");
            report.push('\n');
            report.push_str(&section);
        }
    }
    let section = contest::growth(&growth);
    println!("{section}");
    report.push('\n');
    report.push_str(&section);
    if write {
        page::write(page::LISTS, &report);
    }
    if quick {
        println!("--quick: everything ran; the figures mean nothing");
    }
}
