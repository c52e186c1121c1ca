//! The terminal as the follower of an operation.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;
use ptl_cert::input::Source;
use ptl_cert::ops::{Observer, Password};
use zeroize::Zeroizing;

use super::{PassphraseError, into_password, progress};

/// Shows how far an operation has come, and asks for passwords.
pub(crate) struct Console {
    is_quiet: AtomicBool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Console {
    pub(super) fn new(is_quiet: bool) -> Console {
        Console {
            is_quiet: AtomicBool::new(is_quiet),
            bar: Mutex::new(None),
        }
    }

    /// Shows no bar from now on.
    pub(crate) fn hush(&self) {
        if !self.is_quiet.swap(true, Ordering::Relaxed) {
            self.end();
        }
    }

    fn with_bar(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        act(&mut self.bar.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Observer for Console {
    fn begin(&self, stage: &'static str, steps: usize) {
        let is_quiet = self.is_quiet.load(Ordering::Relaxed);
        self.with_bar(|bar| *bar = Some(progress(is_quiet, steps, stage)));
    }

    fn step(&self) {
        self.with_bar(|bar| {
            if let Some(bar) = bar {
                bar.inc(1);
            }
        });
    }

    fn end(&self) {
        self.with_bar(|bar| {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
        });
    }

    fn password(&self, source: &Source) -> Option<Password> {
        let what = source.to_string();
        let ask = || ask(&format!("Passphrase for {what}: "), &what);
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = match bar.as_ref() {
            // It would be drawn over the question.
            Some(bar) => bar.suspend(ask),
            None => ask(),
        };
        asked.ok().map(into_password)
    }
}

/// Asks without echo.
pub(super) fn ask(prompt: &str, what: &str) -> Result<Zeroizing<String>, PassphraseError> {
    // rpassword opens the controlling terminal, which a scheduled job may have although no user is there.
    if !io::stdin().is_terminal() && !io::stderr().is_terminal() {
        return Err(PassphraseError::NoTerminal {
            what: what.to_owned(),
        });
    }
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(PassphraseError::Terminal)
}
