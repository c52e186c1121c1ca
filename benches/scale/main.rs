//! How the cost of each command that takes many things grows with their number.
//!
//! ```text
//! cargo bench --bench scale                every command
//! cargo bench --bench scale -- verify      those with this word in their name
//! cargo bench --bench scale -- --write     and the table goes into docs/performance.md
//! cargo bench --bench scale -- --quick     tiny sizes: shows that it runs, judges nothing
//! ```
//! Every command runs with three numbers of the same things, and the exponent is fitted to its processor time less that of
//! a process that does nothing. One above 1.15 fails the run: twice the work may take little more than twice the time.
//! No time by itself is judged. Inputs are made in target/ and kept.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::exit,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the walls are for the product; a benchmark touches the disk and the clock, and fails by panicking"
)]

// What is read: certificates, keys, requests, CRLs, lists of hosts.
mod input;
// The commands, and with which numbers they run.
mod rows;

// Turns, times, memory.
#[path = "../compare/measure.rs"]
#[allow(
    dead_code,
    reason = "the contests of the other benchmarks use the rest"
)]
mod measure;
// The page that the table goes into.
#[path = "../compare/page.rs"]
#[allow(dead_code, reason = "the other benchmarks use the rest")]
mod page;

// What was typed.
#[path = "../compare/start.rs"]
mod start;

use std::fmt::Write;
use std::process::{Command, ExitCode};

use measure::{Contestant, race};
use rows::{Row, rows};
use start::Asked;

/// The largest exponent: above it something is done to each pair of things.
const LIMIT: f64 = 1.15;

/// Turns of each size; the fastest counts, which other work on the machine disturbs least.
const TURNS: usize = 3;

/// Where this benchmark writes.
const GROWTH: page::Place = ["<!-- growth: begin -->", "<!-- growth: end -->"];

/// What one number of things took.
struct Point {
    things: usize,
    wall: f64,
    cpu: f64,
    peak: f64,
}

fn main() -> ExitCode {
    if let Ok(work) = std::env::var(start::WORK) {
        make(&work);
        return ExitCode::SUCCESS;
    }
    let asked = Asked::read();
    let mut report = page::circumstances();
    println!("{report}");
    let started = started();
    let head = format!(
        "Fastest of {TURNS} runs, whole processes. A process that does nothing takes {started:.1} ms of the processor, which the \
         exponent leaves out; more than {LIMIT} fails the run.\n\n\
         | command, for each number of things | things | ms | CPU ms | peak MiB | exponent |\n|---|--:|--:|--:|--:|--:|\n"
    );
    println!("{head}");
    writeln!(report, "\n{head}").unwrap();
    report = report.replace("|\n\n", "|\n");
    let mut steep = Vec::new();
    let chosen = rows().into_iter().enumerate();
    let chosen = chosen.filter(|(_, row)| {
        let mut words = asked.words.iter();
        words.all(|word| row.command.contains(word))
    });
    for (number, row) in chosen {
        let points = measured(number, &row, asked.quick);
        let exponent = exponent(&points, started);
        let lines = lines(&row, &points, exponent);
        print!("{lines}");
        report.push_str(&lines);
        if exponent > LIMIT {
            steep.push(format!("{}: {exponent:.2}", row.command));
        }
    }
    if asked.quick {
        println!("{}", page::QUICK);
        return ExitCode::SUCCESS;
    }
    if asked.write {
        page::write(GROWTH, &report);
    }
    for row in &steep {
        eprintln!("grows faster than {LIMIT} allows: {row}");
    }
    match steep.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// The processor time of a process that does nothing worth mentioning, in milliseconds.
fn started() -> f64 {
    let nothing = Contestant::new("explain", |_| {
        let mut command = Command::new(rows::PROGRAM);
        command.args(["explain", "no-san"]);
        command
    });
    let all = race(5, &[nothing]);
    smallest(&all[0].cpus())
}

/// Makes the inputs of a row, in a process of its own: Linux counts the memory of a process from before `exec`, so that
/// what this one had ever needed would be every command's peak.
fn make(work: &str) {
    let [number, things] = work.split_once(' ').unwrap().into();
    let row = &rows()[number.parse::<usize>().unwrap()];
    drop((row.make)(things.parse().unwrap()));
}

fn measured(number: usize, row: &Row, quick: bool) -> Vec<Point> {
    let sizes = if quick { row.quick } else { row.full };
    let turns = if quick { 1 } else { TURNS };
    let point = |things: &usize| {
        let made = start::command(&format!("{number} {things}")).status();
        assert!(made.unwrap().success());
        let make = (row.make)(*things);
        let contestant = Contestant::new(format!("{}: {}", row.command, row.what), make);
        let all = race(turns, &[contestant]);
        Point {
            things: *things,
            wall: smallest(&all[0].walls()),
            cpu: smallest(&all[0].cpus()),
            peak: all[0].peak(),
        }
    };
    sizes.iter().map(point).collect()
}

fn smallest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The slope of the straight line through the logarithms, by least squares.
fn exponent(points: &[Point], started: f64) -> f64 {
    // Less than a tenth of a millisecond of work cannot be told from none.
    let logarithms: Vec<(f64, f64)> = points
        .iter()
        .map(|point| {
            (
                (point.things as f64).ln(),
                (point.cpu - started).max(0.1).ln(),
            )
        })
        .collect();
    let count = logarithms.len() as f64;
    let (x, y) = logarithms.iter().fold((0.0, 0.0), |(x, y), (one, other)| {
        (x + one / count, y + other / count)
    });
    let (above, below) = logarithms
        .iter()
        .fold((0.0, 0.0), |(above, below), (one, other)| {
            (
                above + (one - x) * (other - y),
                below + (one - x) * (one - x),
            )
        });
    above / below
}

fn lines(row: &Row, points: &[Point], exponent: f64) -> String {
    let mut text = String::new();
    for (number, point) in points.iter().enumerate() {
        let (command, exponent) = match number + 1 == points.len() {
            true => (String::new(), format!("{exponent:.2}")),
            false if number == 0 => (
                format!("`ptl-cert {}`, {}", row.command, row.what),
                String::new(),
            ),
            false => (String::new(), String::new()),
        };
        writeln!(
            text,
            "| {command} | {} | {:.0} | {:.0} | {:.0} | {exponent} |",
            point.things, point.wall, point.cpu, point.peak
        )
        .unwrap();
    }
    text
}
