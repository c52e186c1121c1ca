//! The one writer of a cache.

mod clean;
mod incoming;
mod install;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use incoming::{Incoming, ReceivedFile};
pub use install::Repaired;

use super::about::{About, CrlOrigin};
use super::attempt::{self, Attempt, Tried};
use super::disk::{self, Draft, Lock};
use super::error::{CacheDamage, CacheError};
use super::reading::{CachedCrl, Damaged};
use super::record::{Record, SlotFolder};
use super::{CRLS, Cache, DRAFTS};
use crate::document::Moment;
use crate::revocation::Slot;

/// The right to change a cache: no other process has it until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Writer {
    cache: Cache,
    /// How many drafts were made: their names.
    drafts: AtomicU64,
    /// Let go of last.
    _lock: Lock,
}

/// What a slot has.
#[derive(Debug)]
#[non_exhaustive]
pub enum SlotState {
    /// Nothing: no CRL was ever installed, or it was removed.
    Empty,
    /// A CRL that can be used. Only now may a source be asked whether it has anything newer.
    Sound(Box<About>),
    /// A CRL that cannot be used: it has to be fetched whole. What is known of it still counts against a
    /// CRL that is older.
    Damaged(Box<Damaged>),
}

impl SlotState {
    /// What is known of the CRL.
    pub fn about(&self) -> Option<&About> {
        match self {
            SlotState::Empty => None,
            SlotState::Sound(about) => Some(about),
            SlotState::Damaged(damaged) => damaged.about.as_deref(),
        }
    }
}

impl Writer {
    pub(super) fn lock(cache: Cache, wait: Duration) -> Result<Writer, CacheError> {
        disk::make_folder(cache.folder())?;
        for folder in [CRLS, DRAFTS] {
            disk::make_folder(&cache.folder().join(folder))?;
        }
        let lock = Lock::take(cache.folder(), wait)?;
        Ok(Writer {
            cache,
            drafts: AtomicU64::new(0),
            _lock: lock,
        })
    }

    /// The cache, to be read.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// A file to receive a CRL in, to be read and examined before anything is installed. Several may be open at once.
    ///
    /// # Errors
    /// [`CacheError::Disk`] when it cannot be made.
    pub fn receive(&self) -> Result<Incoming, CacheError> {
        self.cache.receive()
    }

    /// What is known of the CRL of a slot, usable or not; `None` where there is none, and where its record is damaged,
    /// so that nothing is known. It is what a new CRL must not be older than; whether a source may be asked
    /// only for changes is for [`Writer::slot_state`].
    ///
    /// # Errors
    /// [`CacheError::Disk`] when the system refuses to have it read.
    pub fn installed(&self, slot: &Slot) -> Result<Option<About>, CacheError> {
        match self.folder(slot).read() {
            Ok(record) => Ok(record.map(|record| record.about)),
            Err(CacheDamage::Unreadable(source)) => Err(CacheError::Disk {
                action: "read",
                path: self.folder(slot).record(),
                source,
            }),
            Err(_) => Ok(None),
        }
    }

    /// What a slot has, its files looked at.
    pub fn slot_state(&self, slot: &Slot) -> SlotState {
        match CachedCrl::open(&self.folder(slot), &|_| true) {
            Ok(None) => SlotState::Empty,
            Ok(Some(crl)) => SlotState::Sound(Box::new(crl.about().clone())),
            Err(damaged) => SlotState::Damaged(damaged),
        }
    }

    /// Notes that the source of a slot's CRL had nothing newer at this moment; heals its index where that is needed.
    ///
    /// # Errors
    /// [`CacheError::NotInstalled`]; [`CacheError::Damaged`] for a CRL that has to be fetched again;
    /// [`CacheError::Disk`] when the system refuses.
    pub fn confirm(&mut self, slot: &Slot, at: Moment) -> Result<About, CacheError> {
        let folder = self.folder(slot);
        let damaged = |path: PathBuf| move |source| CacheError::Damaged { path, source };
        let record = folder.read().map_err(damaged(folder.record()))?;
        let Some(mut record) = record else {
            return Err(CacheError::NotInstalled {
                folder: self.cache.folder().to_owned(),
                slot: slot.id().to_owned(),
            });
        };
        record.about.checked_at = at;
        // Fetched by a clock that was ahead: no later than now, at least. Kept, that date would call every right clock
        // one that was set back.
        record.about.fetched_at = record.about.fetched_at.min(at);
        let (crl, _) = CachedCrl::open_recorded(&folder, &record)
            .map_err(damaged(folder.crl(&record.about.sha256)))?;
        self.adopt(&folder, &crl, &record)?;
        Ok(record.about)
    }

    /// Remembers the result of trying sources, all of it in one step.
    ///
    /// # Errors
    /// [`CacheError::Disk`] when the system refuses.
    pub fn record(&mut self, tried: impl IntoIterator<Item = Tried>) -> Result<(), CacheError> {
        let folder = self.cache.folder();
        let known = match attempt::read(folder) {
            // Nothing depends on what was remembered.
            Err(CacheError::Damaged { .. }) => Vec::new(),
            known => known?,
        };
        self.write_attempts(known, tried)
    }

    /// Forgets the result of trying these sources; says which of them were known, each once.
    ///
    /// # Errors
    /// [`CacheError::Disk`] when the system refuses; everything is remembered then.
    pub fn forget(
        &mut self,
        unwanted: impl Fn(&CrlOrigin) -> bool,
    ) -> Result<Vec<CrlOrigin>, CacheError> {
        let folder = self.cache.folder();
        let known = match attempt::read(folder) {
            // Nothing is remembered there, and the next record begins a new one.
            Err(CacheError::Damaged { .. }) => return Ok(Vec::new()),
            known => known?,
        };
        let (forgotten, kept): (Vec<_>, Vec<_>) = known
            .into_iter()
            .partition(|attempt| unwanted(&attempt.source));
        let mut sources: Vec<CrlOrigin> = forgotten.into_iter().map(|one| one.source).collect();
        sources.dedup();
        if !sources.is_empty() {
            self.write_attempts(kept, [])?;
        }
        Ok(sources)
    }

    fn write_attempts(
        &self,
        known: Vec<Attempt>,
        tried: impl IntoIterator<Item = Tried>,
    ) -> Result<(), CacheError> {
        let path = self.cache.folder().join(attempt::FILE);
        let text = attempt::after(known, tried)
            .map_err(|error| CacheError::disk("write", &path)(error.into()))?;
        disk::replace(&path, self.draft_path(), &text)
    }

    /// Removes the CRL of a slot, usable or not; says what is known of it, if there was one. [`Slot::parse`] makes a
    /// slot of what [`About::slot`] and [`Damaged::slot`] have.
    ///
    /// # Errors
    /// [`CacheError::Disk`] when the system refuses; the CRL is then there or not, but never half.
    pub fn remove(&mut self, slot: &Slot) -> Result<Option<About>, CacheError> {
        let folder = self.folder(slot);
        let about = folder.read().ok().flatten().map(|record| record.about);
        disk::remove(&folder.record())?;
        self.prune(&folder);
        Ok(about)
    }

    fn folder(&self, slot: &Slot) -> SlotFolder {
        SlotFolder::of(&self.cache.crls_folder(), slot)
    }

    /// A name that no draft of this writer has.
    fn draft_path(&self) -> PathBuf {
        let number = self.drafts.fetch_add(1, Ordering::Relaxed);
        self.cache.drafts_folder().join(format!("{number}.part"))
    }

    fn draft(&self) -> Result<Draft, CacheError> {
        Draft::create(self.draft_path())
    }

    /// Makes a record the slot's: the moment at which a CRL is installed.
    fn commit(&self, folder: &SlotFolder, record: &Record) -> Result<(), CacheError> {
        disk::replace(&folder.record(), self.draft_path(), &record.text()?)
    }
}
