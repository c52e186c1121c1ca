//! Whole processes of `ptl-cert` beside its peers, in one run.
//!
//! ```text
//! cargo bench --bench compare                 all contests
//! cargo bench --bench compare -- one bundle   some of: one, bundle, pair, batch
//! cargo bench --bench compare -- --write      and the table goes into docs/performance.md
//! cargo bench --bench compare -- --quick      tiny sizes: shows that it runs, measures nothing
//! ```
//! The contestants of a contest take turns, so that whatever else the machine does meets all of them. A peer that
//! is not installed is said to be missing and never silently left out.

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
// The certificates that are read: made once, kept in target/.
mod input;
// What this program does when it starts itself: the bare loops that others are compared with.
mod inner;
// Turns, times, memory.
mod measure;
// Tables, and the page they go into.
mod page;

// What was typed, and work in a process of its own.
mod start;

use std::env;

use page::Report;
use start::Asked;

/// The names by which contests are chosen.
const CONTESTS: [&str; 4] = ["one", "bundle", "pair", "batch"];

/// How large and how often.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    /// Turns in a contest of short processes.
    pub(crate) short_turns: usize,
    /// Turns in a contest of processes that take a fraction of a second.
    pub(crate) long_turns: usize,
    /// Turns in the contest of single keys; RSA generation varies, its mean needs many.
    pub(crate) key_turns: usize,
    /// Turns in the contest of batches.
    pub(crate) batch_turns: usize,
    /// Certificates in the bundle; four times as many are in the larger one.
    pub(crate) certificates: usize,
    /// Hosts in a batch.
    pub(crate) hosts: usize,
}

const FULL: Scale = Scale {
    short_turns: 200,
    long_turns: 7,
    key_turns: 40,
    batch_turns: 3,
    certificates: 10_000,
    hosts: 100,
};

const QUICK: Scale = Scale {
    short_turns: 2,
    long_turns: 1,
    key_turns: 1,
    batch_turns: 1,
    certificates: 1_200,
    hosts: 4,
};

fn main() {
    if let Ok(work) = env::var(start::WORK) {
        return inner::run(&work);
    }
    let asked = Asked::read();
    let mut chosen: Vec<&str> = asked.words.iter().map(String::as_str).collect();
    let unknown = chosen.iter().find(|word| !CONTESTS.contains(word));
    assert_eq!(unknown, None, "only {CONTESTS:?} are known");
    if chosen.is_empty() {
        chosen = CONTESTS.to_vec();
    }
    let scale = if asked.quick { QUICK } else { FULL };
    let mut report = Report::new(page::circumstances());
    for name in chosen {
        let section = match name {
            "one" => contest::one(scale),
            "bundle" => contest::bundle(scale),
            "pair" => contest::pair(scale),
            _ => contest::batch(scale),
        };
        report.add(&section);
    }
    report.end(&asked, page::COMPARED);
}
