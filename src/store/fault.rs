//! The points at which the tests let the disk fail or the process die: one before every system call that changes
//! something. Whoever writes more than a file at a time has them, so that each of its steps can be the last.

#[cfg(not(test))]
use std::io;

/// Does nothing; in tests, crashes or fails where it was set to.
#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "its twin for tests fails")]
#[inline]
pub(super) fn point() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) use injected::{Times, after, disarm, point};

#[cfg(test)]
mod injected {
    use std::cell::RefCell;
    use std::io;

    /// How often something is done.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub(in crate::store) enum Times {
        /// At one point.
        Once,
        /// At that point and at every later one.
        FromThenOn,
    }

    struct Plan {
        /// The points that come before it; `None` once it has been done.
        left: Option<u32>,
        times: Times,
        action: Box<dyn FnMut() -> io::Result<()>>,
    }

    thread_local! {
        static PLAN: RefCell<Option<Plan>> = const { RefCell::new(None) };
    }

    /// Runs `action` before the system call that comes after `skipped` others of this thread.
    pub(in crate::store) fn after(
        skipped: u32,
        times: Times,
        action: impl FnMut() -> io::Result<()> + 'static,
    ) {
        PLAN.set(Some(Plan {
            left: Some(skipped),
            times,
            action: Box::new(action),
        }));
    }

    /// Forgets what is planned; says whether it has not been done even once.
    pub(in crate::store) fn disarm() -> bool {
        PLAN.take().is_some_and(|plan| plan.left.is_some())
    }

    pub(in crate::store) fn point() -> io::Result<()> {
        // Taken out while it runs: what the action does to the disk is no point.
        let Some(mut plan) = PLAN.take() else {
            return Ok(());
        };
        let done = match plan.left {
            Some(left) if left > 0 => {
                plan.left = Some(left - 1);
                Ok(())
            }
            None if plan.times == Times::Once => Ok(()),
            Some(_) | None => {
                plan.left = None;
                (plan.action)()
            }
        };
        PLAN.set(Some(plan));
        done
    }
}
