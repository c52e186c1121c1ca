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

use std::env;

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
    if let Ok(work) = env::var(inner::VARIABLE) {
        return inner::run(&work);
    }
    // cargo adds --bench of its own.
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    let asked_for = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let (quick, write) = (asked_for("--quick"), asked_for("--write"));
    let mut chosen: Vec<&str> = Vec::new();
    for argument in &arguments {
        match CONTESTS.iter().find(|contest| *contest == argument) {
            Some(contest) => chosen.push(contest),
            None if argument == "--quick" || argument == "--write" => {}
            None => panic!("{argument:?} is neither --quick, --write nor one of {CONTESTS:?}"),
        }
    }
    if chosen.is_empty() {
        chosen = CONTESTS.to_vec();
    }
    assert!(
        !write || !quick && chosen.len() == CONTESTS.len(),
        "--write is for a full run"
    );
    let scale = if quick { QUICK } else { FULL };
    let mut report = page::circumstances();
    println!("{report}");
    for name in chosen {
        let section = match name {
            "one" => contest::one(scale),
            "bundle" => contest::bundle(scale),
            "pair" => contest::pair(scale),
            _ => contest::batch(scale),
        };
        println!("{section}");
        report.push('\n');
        report.push_str(&section);
    }
    if write {
        page::write(page::COMPARED, &report);
    }
    if quick {
        println!("--quick: everything ran; the figures mean nothing");
    }
}
