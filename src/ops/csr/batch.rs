//! Many hosts: all cores make keys while the disk takes those that are made.

use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::thread;

use rayon::prelude::*;

use super::hosts::Asked;
use super::maker::{Maker, Ready};
use super::{CsrError, HostMade, HostPair};
use crate::generate::hosts::Host;
use crate::ops::Context;

/// How many threads write. They mostly wait for the disk, which brings the writes of several to an end together.
const WRITERS: usize = 4;

/// What waits for a writer, in pairs: should the disk be slower than the cores, they wait and memory does not grow.
const WAITING: usize = 16;

/// A host whose key is made.
struct Queued {
    place: usize,
    line: Option<usize>,
    given: String,
    host: Host,
    ready: Ready,
}

/// Makes and writes what all of them need, in any order; answers in the order in which they were asked for.
///
/// A host of a batch is independent: whatever happens to it, the others go on.
pub(super) fn run(maker: &Maker<'_>, asked: Vec<Asked>, context: &Context<'_>) -> Vec<HostMade> {
    match <[Asked; 1]>::try_from(asked) {
        // Threads cost more than they bring.
        Ok([only]) => vec![alone(maker, only)],
        Err(several) => all(maker, several, context),
    }
}

fn alone(maker: &Maker<'_>, Asked { line, given, host }: Asked) -> HostMade {
    let pair = host.and_then(|host| maker.write(&host, maker.make(&host)?));
    HostMade { given, line, pair }
}

fn all(maker: &Maker<'_>, asked: Vec<Asked>, context: &Context<'_>) -> Vec<HostMade> {
    let hosts: Mutex<Vec<Option<HostMade>>> = Mutex::new(asked.iter().map(|_| None).collect());
    let conclude = |place: usize, given, line, pair: Result<HostPair, CsrError>| {
        let mut hosts = hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = hosts.get_mut(place) {
            *slot = Some(HostMade { given, line, pair });
        }
        context.observer.step();
    };
    let (sender, queue) = sync_channel::<Queued>(WAITING);
    let queue = Mutex::new(queue);
    let next = || {
        let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.recv().ok()
    };
    let write = || {
        while let Some(queued) = next() {
            let pair = maker.write(&queued.host, queued.ready);
            conclude(queued.place, queued.given, queued.line, pair);
        }
    };
    thread::scope(|scope| {
        for _ in 0..WRITERS.min(asked.len()) {
            scope.spawn(write);
        }
        // Each thread's sender goes with its work, and the writers end with the last one.
        asked.into_par_iter().enumerate().for_each_with(
            sender,
            |sender, (place, Asked { line, given, host })| {
                let made = host.and_then(|host| {
                    let ready = maker.make(&host)?;
                    Ok((host, ready))
                });
                match made {
                    // All writers can only be gone by a panic, which the scope passes on.
                    Ok((host, ready)) => drop(sender.send(Queued {
                        place,
                        line,
                        given,
                        host,
                        ready,
                    })),
                    Err(error) => conclude(place, given, line, Err(error)),
                }
            },
        );
    });
    let hosts = hosts.into_inner().unwrap_or_else(PoisonError::into_inner);
    hosts.into_iter().flatten().collect()
}
