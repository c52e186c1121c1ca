//! What may be read of one configuration.

use std::cell::Cell;

/// The most words and marks of one configuration, includes and all; the largest in use have a few tens of
/// thousands.
pub const WORDS_LIMIT: usize = 1_000_000;

/// The most files that one configuration includes, each as often as it is: a snippet for each of a few thousand sites.
pub const FILES_LIMIT: usize = 10_000;

/// The most bytes of one configuration, each file as often as it is included: 16 MiB, for two kilobytes of each of some
/// thousand sites.
pub const BYTES_LIMIT: u64 = 16 * 1024 * 1024;

/// A configuration of which more would have to be read than any server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TooLarge {
    /// Too many words.
    #[error("the configuration has more than {WORDS_LIMIT} words, with what it includes")]
    Words,
    /// Too many files.
    #[error("the configuration includes more than {FILES_LIMIT} files")]
    Files,
    /// Too many bytes.
    #[error("the configuration has more than {BYTES_LIMIT} bytes, with what it includes")]
    Bytes,
}

/// What may still be read of one configuration, with all that it includes.
#[derive(Debug)]
pub struct ConfigurationBudget {
    words: Cell<usize>,
    files: Cell<usize>,
    bytes: Cell<u64>,
    spent: Cell<Option<TooLarge>>,
}

impl Default for ConfigurationBudget {
    fn default() -> ConfigurationBudget {
        ConfigurationBudget {
            words: Cell::new(WORDS_LIMIT),
            files: Cell::new(FILES_LIMIT),
            bytes: Cell::new(BYTES_LIMIT),
            spent: Cell::new(None),
        }
    }
}

impl ConfigurationBudget {
    /// Which limit was reached, where one was.
    pub fn spent(&self) -> Option<TooLarge> {
        self.spent.get()
    }

    /// Takes a file of this many bytes; false where it may not be read.
    pub fn file(&self, bytes: u64) -> bool {
        match self.files.get().checked_sub(1) {
            Some(left) => self.files.set(left),
            None => return self.over(TooLarge::Files),
        }
        self.bytes(bytes)
    }

    /// Takes this many bytes.
    pub fn bytes(&self, bytes: u64) -> bool {
        match self.bytes.get().checked_sub(bytes) {
            Some(left) => self.bytes.set(left),
            None => return self.over(TooLarge::Bytes),
        }
        self.spent().is_none()
    }

    /// Takes so many words, or names of files that are compared with a pattern.
    pub fn words(&self, words: usize) -> bool {
        match self.words.get().checked_sub(words) {
            Some(left) => self.words.set(left),
            None => return self.over(TooLarge::Words),
        }
        self.spent().is_none()
    }

    /// Says that a limit was reached.
    pub(super) fn over(&self, limit: TooLarge) -> bool {
        // The first one is what is said.
        self.spent.set(self.spent().or(Some(limit)));
        false
    }
}
