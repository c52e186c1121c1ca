//! How much time is left.

use std::time::{Duration, Instant};

/// A limit on the time that something takes altogether, however many steps it has.
///
/// It measures, and does not tell the time: nothing but "this took too long" ever depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    start: Instant,
    limit: Duration,
}

impl Deadline {
    /// Starts to measure.
    pub(crate) fn start(limit: Duration) -> Deadline {
        Deadline {
            start: Instant::now(),
            limit,
        }
    }

    /// What is left; `None` once it is over.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.limit
            .checked_sub(self.start.elapsed())
            .filter(|left| !left.is_zero())
    }

    /// The whole limit.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }
}
