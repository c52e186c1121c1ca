//! Many hosts: all cores make keys while the disk takes those that are made.

use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::thread;

use indicatif::ProgressBar;
use ptl_cert::generate::hosts::Host;
use ptl_cert::input::printable;
use ptl_cert::report::csr::{HostReport, Status};
use rayon::prelude::*;

use super::hosts::Asked;
use super::make::{Made, Maker};
use crate::outcome::explain;

/// How many threads write. They mostly wait for the disk, which brings the writes of several to an end together.
const WRITERS: usize = 4;

/// What waits for a writer, in pairs: should the disk be slower than the cores, they wait and memory does not grow.
const WAITING: usize = 16;

/// A host whose key is made.
struct Ready {
    place: usize,
    line: Option<usize>,
    given: String,
    host: Host,
    made: Made,
}

/// Makes and writes what all of them need, in any order; reports in the order in which they were asked for.
///
/// A host of a batch stands alone: whatever happens to it, the others go on.
pub(super) fn run(maker: &Maker, asked: Vec<Asked>, bar: &ProgressBar) -> Vec<HostReport> {
    let reports: Mutex<Vec<Option<HostReport>>> = Mutex::new(asked.iter().map(|_| None).collect());
    let conclude = |place: usize, report: HostReport| {
        let mut reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = reports.get_mut(place) {
            *slot = Some(report);
        }
        bar.inc(1);
    };
    let (sender, queue) = sync_channel::<Ready>(WAITING);
    let queue = Mutex::new(queue);
    let next = || {
        let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.recv().ok()
    };
    let write = || {
        while let Some(ready) = next() {
            let report = match maker.write(&ready.host, ready.made) {
                Ok(report) => HostReport {
                    line: ready.line,
                    ..report
                },
                Err(error) => failed(ready.line, &ready.given, &error),
            };
            conclude(ready.place, report);
        }
    };
    thread::scope(|scope| {
        for _ in 0..WRITERS.min(asked.len()) {
            scope.spawn(write);
        }
        let make = |place, Asked { line, given, host }: Asked| {
            let host = host?;
            let made = maker.make(&host)?;
            Ok(Ready {
                place,
                line,
                given,
                host,
                made,
            })
        };
        // Each thread's sender goes with its work, and the writers end with the last one.
        asked
            .into_par_iter()
            .enumerate()
            .for_each_with(sender, |sender, (place, asked)| {
                let (line, given) = (asked.line, asked.given.clone());
                match make(place, asked) {
                    // All writers can only be gone by a panic, which the scope passes on.
                    Ok(ready) => drop(sender.send(ready)),
                    Err(error) => conclude(place, failed(line, &given, &error)),
                }
            });
    });
    let reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
    reports.into_iter().flatten().collect()
}

fn failed(line: Option<usize>, given: &str, error: &anyhow::Error) -> HostReport {
    HostReport {
        fqdn: shown(given),
        status: Status::Failed,
        line,
        files: None,
        request: None,
        notes: Vec::new(),
        error: Some(explain(error).0),
    }
}

/// What stands on a bad line, cut short and without what a terminal would obey.
fn shown(given: &str) -> String {
    const SHOWN_LIMIT: usize = 80;
    let end = given.char_indices().nth(SHOWN_LIMIT).map(|(end, _)| end);
    let mut shown = printable(given.get(..end.unwrap_or(given.len())).unwrap_or_default());
    if end.is_some() {
        shown.push('…');
    }
    shown
}
