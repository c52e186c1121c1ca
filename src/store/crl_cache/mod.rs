//! The cache of CRLs: each verified once, kept with an index beside it, replaced in one step.
//!
//! ```text
//! <cache>/lock                              held by the one writer; lock.pid beside it names the process
//! <cache>/attempts.json                     the result of the last try of each source
//! <cache>/drafts/                           what is being written; emptied by the next writer
//! <cache>/crls/<slot>/current.json         the record: which CRL is installed, and what is known of it
//! <cache>/crls/<slot>/<sha256>.crl         its DER
//! <cache>/crls/<slot>/<sha256>.index       its index
//! ```
//!
//! # What is guaranteed
//! A CRL is written, its index is built, and both are made durable under names that no record has yet: their digests.
//! Renaming the record into place is the moment at which the CRL is installed. What the old record named is
//! removed after that is durable. So a process that is killed and a machine that loses power at any instant leave the
//! old CRL or the new one, whole; a disk that is full, or any other failure, leaves the old one. Readers take no lock:
//! the record that they read names files that do not change. A reader whose files are removed before it has
//! opened them reads the record again.
//!
//! Writers exclude each other by a lock that ends with its process. The guarantee is that of the file system, which must
//! keep renames in order and what was synced, as ext4, XFS, Btrfs, ZFS, APFS and NTFS do.
//!
//! # What is believed
//! The signature of a CRL is checked when it is installed ([`Admitted`](crate::verdict::admission::Admitted) is the
//! proof) and not again. The record has the CRL's SHA-256, and which file was seen to have it: length, time of change,
//! and on Unix inode and time of the inode's change. A file for which all of these are the same is treated as the same
//! bytes, so that a look-up need not hash a CRL of hundreds of megabytes (a change within the tick of the
//! file system's clock in which it was installed, some milliseconds, is not noticed by this). A file for which they differ is hashed: if
//! the digest is the recorded one, the cache was copied, and the CRL is used; if not, it is [`Damaged`] and never used.
//! The same holds for the index, which is bound to the CRL's length and digest by itself besides; without
//! a sound index a CRL is searched in one pass, with the same answers.
//!
//! **The folder's permissions are therefore what protects the cache**: whoever may write to it may say that nothing
//! is revoked. CRLs are public, so that everyone may read it (0755), a server that runs as another user for one. On
//! Unix a cache that its group or others may write to is refused, by readers as well as writers, and so is a single CRL
//! that others may write to. So is one that belongs to
//! neither the user who runs this nor root: a monitor of another user reads a cache that root's job writes. On Windows the access control list is inherited and not checked: keep the cache below a folder
//! that only administrators, or the service's own account, may change, such as one in `%ProgramData%` with that access control
//! list, or in the user's own profile.

mod about;
mod attempt;
mod disk;
mod error;
mod reading;
mod record;
#[cfg(test)]
mod tests;
mod writer;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use about::{About, CrlOrigin, Provenance, VALIDATOR_LIMIT};
pub use attempt::{ATTEMPTS_LIMIT, Attempt, AttemptOutcome, Point, SENTENCE_LIMIT, Tried};
pub use error::{CacheDamage, CacheError};
pub use reading::{CachedCrl, Damaged, NoIndex};
pub use writer::{Incoming, ReceivedFile, Repaired, SlotState, Writer};

use crate::revocation::Slot;
use disk::Presence;
use record::SlotFolder;

/// The most CRLs that are read from one cache: twenty times the partitions of the NHS's that have been seen.
pub const LISTS_LIMIT: usize = 100_000;

const CRLS: &str = "crls";
const DRAFTS: &str = "drafts";

/// A cache of CRLs: a folder.
///
/// ```
/// use ptl_cert::store::crl_cache::Cache;
///
/// # fn main() -> Result<(), ptl_cert::store::crl_cache::CacheError> {
/// let crls = Cache::open("no/such/folder").crls()?;
/// for crl in &crls.sound {
///     println!("{}: good until {:?}", crl.about().issuer, crl.about().next_update);
/// }
/// for damaged in &crls.damaged {
///     eprintln!("{damaged}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    folder: PathBuf,
}

/// The CRLs of a cache.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Crls {
    /// Those that can be used, sorted by slot.
    pub sound: Vec<CachedCrl>,
    /// Those that cannot. Whoever needed one of them has no CRL.
    pub damaged: Vec<Damaged>,
}

impl Cache {
    /// The cache in a folder. Nothing is opened yet; a folder that is missing is an empty cache, and is made by the
    /// first writer.
    pub fn open(folder: impl Into<PathBuf>) -> Cache {
        Cache {
            folder: folder.into(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens every CRL. Takes no lock, and sees of each slot the CRL before or after whatever a writer does.
    ///
    /// # Errors
    /// [`CacheError::OpenToOthers`] for a cache that others may write to, and when the system refuses. A CRL that
    /// is damaged is no error here: it is in [`Crls::damaged`].
    pub fn crls(&self) -> Result<Crls, CacheError> {
        self.search(|_| true)
    }

    /// Opens the CRLs that are wanted, by what is known of them; the others cost one small file each.
    ///
    /// A CRL whose record is damaged may have been wanted: it is in [`Crls::damaged`] with no [`Damaged::about`].
    ///
    /// # Errors
    /// Those of [`Cache::crls`].
    pub fn search(&self, wanted: impl Fn(&About) -> bool) -> Result<Crls, CacheError> {
        let mut crls = Crls::default();
        for folder in self.slots()? {
            match CachedCrl::open(&folder, &wanted) {
                Ok(None) => {}
                Ok(Some(crl)) => crls.sound.push(crl),
                Err(damaged) => crls.damaged.push(*damaged),
            }
        }
        Ok(crls)
    }

    /// Opens the CRL of one slot.
    ///
    /// # Errors
    /// [`CacheError::Damaged`] where there is one that cannot be used; otherwise those of [`Cache::crls`].
    pub fn crl(&self, slot: &Slot) -> Result<Option<CachedCrl>, CacheError> {
        if self.check()? == Presence::Missing {
            return Ok(None);
        }
        let folder = SlotFolder::of(&self.crls_folder(), slot);
        CachedCrl::open(&folder, &|_| true).map_err(|damaged| CacheError::from(*damaged))
    }

    /// The result of the last try of each source for each of its points, sorted by source.
    ///
    /// # Errors
    /// [`CacheError::Damaged`] where the file cannot be read, which hides no CRL; the next [`Writer::record`] begins
    /// a new one. Otherwise those of [`Cache::crls`].
    pub fn attempts(&self) -> Result<Vec<Attempt>, CacheError> {
        match self.check()? {
            Presence::Missing => Ok(Vec::new()),
            Presence::There => attempt::read(&self.folder),
        }
    }

    /// Becomes the one writer; makes the folder where it is missing, and removes what killed writers left.
    ///
    /// Waits for another writer for as long as `wait` says, and not at all for `None`.
    ///
    /// # Errors
    /// [`CacheError::Busy`] while another process, or another thread of this one, is the writer;
    /// [`CacheError::OpenToOthers`] for a cache that others may write to; [`CacheError::Disk`] with path and cause
    /// otherwise.
    pub fn lock(&self, wait: Option<Duration>) -> Result<Writer, CacheError> {
        let writer = self.lock_again(wait.unwrap_or(Duration::ZERO))?;
        writer.clean()?;
        Ok(writer)
    }

    /// The same without removing what killed writers left, for who has done that in this run.
    ///
    /// # Errors
    /// Those of [`Cache::lock`].
    pub fn lock_again(&self, wait: Duration) -> Result<Writer, CacheError> {
        Writer::lock(self.clone(), wait)
    }

    /// A file to receive a CRL in, to be read and examined before anything is installed. Several may be open at once, and
    /// no lock is needed: a download may take minutes, in which others may write.
    ///
    /// # Errors
    /// [`CacheError::Disk`] when it cannot be made; [`CacheError::OpenToOthers`] for a cache that others may write to.
    pub fn receive(&self) -> Result<Incoming, CacheError> {
        /// What this process has received: the files' names.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        disk::make_folder(&self.folder)?;
        disk::make_folder(&self.drafts_folder())?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Processes of different containers may have one number: what one received must never be another's.
        let random = RandomState::new().build_hasher().finish();
        let name = format!("{}-{number}-{random:016x}.part", std::process::id());
        disk::Draft::create(self.drafts_folder().join(name)).map(Incoming::new)
    }

    /// Refuses a cache that others may change.
    fn check(&self) -> Result<Presence, CacheError> {
        match disk::check_folder(&self.folder)? {
            Presence::Missing => Ok(Presence::Missing),
            Presence::There => disk::check_folder(&self.crls_folder()).map(|_| Presence::There),
        }
    }

    /// The folders of all slots, sorted; other names are left alone.
    fn slots(&self) -> Result<Vec<SlotFolder>, CacheError> {
        if self.check()? == Presence::Missing {
            return Ok(Vec::new());
        }
        let crls = self.crls_folder();
        let names = disk::names(&crls).map_err(CacheError::disk("list the folder", &crls))?;
        if names.len() > LISTS_LIMIT {
            return Err(CacheError::TooManyLists {
                path: crls,
                limit: LISTS_LIMIT,
            });
        }
        let slots = names.iter().filter_map(|name| Slot::parse(name));
        Ok(slots.map(|slot| SlotFolder::of(&crls, &slot)).collect())
    }

    fn crls_folder(&self) -> PathBuf {
        self.folder.join(CRLS)
    }

    fn drafts_folder(&self) -> PathBuf {
        self.folder.join(DRAFTS)
    }
}

impl From<Damaged> for CacheError {
    fn from(damaged: Damaged) -> CacheError {
        CacheError::Damaged {
            path: damaged.path,
            source: damaged.damage,
        }
    }
}
