//! What one input may cost, however deep its containers are nested.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::error::{OpenError, TooMuchWork};
use super::{
    ARCHIVE_BYTES_LIMIT, ARCHIVE_MEMBERS_LIMIT, Container, LAYERS_LIMIT, LeftOut, OBJECT_BYTES,
    OBJECTS_LIMIT, ROUNDS_LIMIT, SMALL_OBJECTS_LIMIT,
};

/// The key derivation done for one input, in rounds of PBKDF2; shared with its encrypted keys, which are opened later.
#[derive(Debug, Default)]
pub(crate) struct Work {
    spent: AtomicU64,
    /// Digests of what was checked already, and whether it was found sound, so that copies are not checked again.
    checked: Mutex<HashMap<[u8; 32], bool>>,
}

/// The most digests of checked objects that are kept for one input.
const CHECKED_LIMIT: usize = 65_536;

impl Work {
    /// Whether an object with this digest is sound, where that was checked before.
    pub(crate) fn checked(&self, digest: &[u8; 32]) -> Option<bool> {
        self.checked
            .lock()
            .ok()
            .and_then(|checked| checked.get(digest).copied())
    }

    /// Notes what the check of an object found.
    pub(crate) fn note(&self, digest: [u8; 32], is_sound: bool) {
        if let Ok(mut checked) = self.checked.lock()
            && checked.len() < CHECKED_LIMIT
        {
            checked.insert(digest, is_sound);
        }
    }

    /// Takes the cost of a derivation from what is left, before it is done.
    pub(crate) fn spend(&self, rounds: u64) -> Result<(), TooMuchWork> {
        let spent = self
            .spent
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |spent| {
                spent.checked_add(rounds).filter(|sum| *sum <= ROUNDS_LIMIT)
            });
        match spent {
            Ok(_) => Ok(()),
            Err(spent) => Err(TooMuchWork {
                found: spent.saturating_add(rounds),
                limit: ROUNDS_LIMIT,
            }),
        }
    }
}

/// What is left for one input, and what is noted of it as a whole.
pub(super) struct Limits {
    pub(super) work: Arc<Work>,
    bytes: Cell<u64>,
    files: Cell<usize>,
    objects: Cell<usize>,
    /// How many objects there may be.
    most_objects: usize,
    left_out: RefCell<Vec<LeftOut>>,
}

impl Limits {
    /// What an input of so many bytes may cost.
    pub(super) fn new(bytes: usize) -> Limits {
        let most = OBJECTS_LIMIT.min(SMALL_OBJECTS_LIMIT + bytes / OBJECT_BYTES);
        Limits {
            work: Arc::default(),
            bytes: Cell::new(ARCHIVE_BYTES_LIMIT),
            files: Cell::new(ARCHIVE_MEMBERS_LIMIT),
            objects: Cell::new(most),
            most_objects: most,
            left_out: RefCell::default(),
        }
    }

    /// Notes that a file in the input was left out.
    pub(super) fn leave_out(&self, one: LeftOut) {
        self.left_out.borrow_mut().push(one);
    }

    /// How many files were left out so far.
    pub(super) fn left_out(&self) -> usize {
        self.left_out.borrow().len()
    }

    /// Takes back what was noted after so many.
    pub(super) fn left_out_after(&self, count: usize) -> Vec<LeftOut> {
        let mut left_out = self.left_out.borrow_mut();
        let count = count.min(left_out.len());
        left_out.split_off(count)
    }

    /// How many bytes may still be unpacked.
    pub(super) fn room(&self) -> u64 {
        self.bytes.get()
    }

    /// Takes unpacked bytes from what is left.
    pub(super) fn unpack(&self, container: Container, bytes: usize) -> Result<(), OpenError> {
        let left = self.bytes.get().checked_sub(bytes as u64);
        self.bytes.set(left.unwrap_or(0));
        match left {
            Some(_) => Ok(()),
            None => Err(OpenError::ArchiveTooLarge {
                container,
                limit: ARCHIVE_BYTES_LIMIT,
            }),
        }
    }

    /// Takes files of an archive from what is left.
    pub(super) fn files(&self, container: Container, found: usize) -> Result<(), OpenError> {
        match self.files.get().checked_sub(found) {
            Some(left) => {
                self.files.set(left);
                Ok(())
            }
            None => Err(OpenError::ArchiveTooMany {
                container,
                found,
                limit: ARCHIVE_MEMBERS_LIMIT,
            }),
        }
    }

    /// Takes objects from what is left.
    pub(super) fn objects(&self, found: usize) -> Result<(), OpenError> {
        match self.objects.get().checked_sub(found) {
            Some(left) => {
                self.objects.set(left);
                Ok(())
            }
            None => Err(OpenError::TooManyObjects {
                limit: self.most_objects,
            }),
        }
    }
}

/// One layer fewer, if there is one left.
pub(super) fn deeper(depth: usize) -> Result<usize, OpenError> {
    match depth < LAYERS_LIMIT {
        true => Ok(depth + 1),
        false => Err(OpenError::TooDeep {
            limit: LAYERS_LIMIT,
        }),
    }
}
