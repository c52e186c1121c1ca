//! Work on all cores whose results are taken in order.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

/// How many results may be waiting, for each thread of the pool; more would only take memory when whoever takes them is slow.
const AHEAD: usize = 4;

/// Makes so many things on all cores and hands them over in order, on this thread, a few at a time.
///
/// No thread of the pool waits for a result to be taken: callers share the pool, and two of them could each wait for what the
/// other's work keeps from beginning.
///
/// # Errors
/// The first of `sink`, which ends it.
pub(crate) fn in_order<R: Send, E>(
    count: usize,
    make: impl Fn(usize) -> R + Sync,
    mut sink: impl FnMut(usize, R) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    // A thread of the pool would wait for tasks that only it is left to run.
    if count < 2 || rayon::current_thread_index().is_some() {
        for number in 0..count {
            if sink(number, make(number))?.is_break() {
                break;
            }
        }
        return Ok(());
    }
    let ahead = AHEAD * rayon::current_num_threads();
    let is_over = AtomicBool::new(false);
    rayon::in_place_scope(|scope| {
        let (make, is_over) = (&make, &is_over);
        let mut begun: VecDeque<Receiver<R>> = VecDeque::with_capacity(ahead);
        let mut take = || {
            let mut next = 0;
            for number in 0..count {
                while next < count && begun.len() < ahead {
                    let (sender, result) = sync_channel(1);
                    begun.push_back(result);
                    scope.spawn(move |_| {
                        if !is_over.load(Ordering::Relaxed) {
                            // Its only result always has room; it may be wanted no longer.
                            let _ = sender.send(make(next));
                        }
                    });
                    next += 1;
                }
                // A task that is gone has panicked; the scope says so when it ends.
                let Some(Ok(made)) = begun.pop_front().map(|result| result.recv()) else {
                    break;
                };
                if sink(number, made)?.is_break() {
                    break;
                }
            }
            Ok(())
        };
        let done = take();
        is_over.store(true, Ordering::Relaxed);
        done
    })
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// More callers than threads, each slow to take what it gets.
    #[test]
    fn callers_that_share_the_pool_do_not_wait_for_each_other() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = pool.unwrap();
        thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| {
                    let mut taken = Vec::new();
                    let done: Result<(), ()> = in_order(
                        100,
                        |number| number * 2,
                        |number, made| {
                            thread::sleep(Duration::from_micros(100));
                            taken.push((number, made));
                            Ok(ControlFlow::Continue(()))
                        },
                    );
                    assert_eq!(done, Ok(()));
                    let expected: Vec<_> = (0..100).map(|number| (number, number * 2)).collect();
                    assert_eq!(taken, expected);
                });
            }
            // In the pool itself it is done by this thread.
            pool.install(|| {
                let mut sum = 0;
                let done: Result<(), ()> = in_order(
                    10,
                    |number| number,
                    |_, made| {
                        sum += made;
                        Ok(ControlFlow::Continue(()))
                    },
                );
                assert_eq!((done, sum), (Ok(()), 45));
            });
        });
    }

    #[test]
    fn what_is_taken_ends_with_the_first_error_or_when_it_is_enough() {
        let mut taken = 0;
        let ends = in_order(
            1000,
            |number| number,
            |number, _| match number {
                7 => Err("no more"),
                _ => {
                    taken += 1;
                    Ok(ControlFlow::Continue(()))
                }
            },
        );
        assert_eq!((ends, taken), (Err("no more"), 7));
        let mut last = 0;
        let ends: Result<(), ()> = in_order(
            1000,
            |number| number,
            |number, _| {
                last = number;
                Ok(match number {
                    5 => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                })
            },
        );
        assert_eq!((ends, last), (Ok(()), 5));
    }
}
