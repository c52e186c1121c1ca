//! Opening an installed CRL, without a lock.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::about::About;
use super::disk::{self, Identity};
use super::error::{CacheDamage, CacheError};
use super::record::{Record, SlotFolder};
use crate::document::{Name, Sha256Digest, sha256};
use crate::input::{Origin, Shown, Source};
use crate::revocation::{Index, IndexError, SearchableCrl};
use crate::store::read::{self, FileBytes};

/// How often a reader starts again because a CRL was replaced under its hands. Each time takes a writer that has
/// installed another CRL meanwhile.
const ATTEMPTS: u32 = 32;

/// An installed CRL, opened: its bytes stay readable whatever becomes of the cache.
#[derive(Debug)]
pub struct CachedCrl {
    about: About,
    path: PathBuf,
    bytes: FileBytes,
    index: Result<FileBytes, NoIndex>,
}

/// Why a CRL is used without its index: its look-ups take a pass each, and its answers are the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoIndex {
    /// It cannot have one ([`IndexError::Indirect`], [`IndexError::TooManyAlike`]).
    #[error("the CRL is of a kind that has no index")]
    None,
    /// The file is not the one that was installed.
    #[error("the index of the CRL is damaged; it is rebuilt by the next update")]
    Damaged(#[source] CacheDamage),
    /// The file is the one that was installed, and is not understood.
    #[error("the index of the CRL is not usable; it is rebuilt by the next update")]
    Unusable(#[source] IndexError),
}

/// A CRL of the cache that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{} is damaged and is not used; {}", path.shown(), damage.remedy())]
#[non_exhaustive]
pub struct Damaged {
    /// The id of its slot.
    pub slot: String,
    /// The file.
    pub path: PathBuf,
    /// What was installed there, as far as its record can be read.
    pub about: Option<Box<About>>,
    /// What is wrong.
    #[source]
    pub damage: CacheDamage,
}

impl Damaged {
    /// Whose CRL it is, where that is known.
    pub fn issuer(&self) -> Option<Name> {
        self.about.as_ref().map(|about| about.issuer.clone())
    }
}

/// Which files were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Those that the record was written for.
    Recorded,
    /// Others with the same bytes: the cache was copied, or restored.
    Copied,
}

impl CachedCrl {
    /// What is known of it.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The file with its DER. A newer CRL that is installed takes it away.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its DER.
    pub fn der(&self) -> &[u8] {
        &self.bytes
    }

    /// The CRL, with its index where that is sound.
    ///
    /// Its signature need not be checked again: that was done when it was installed, and that these are the same
    /// bytes is what opening it made sure of, as far as the [module](super) says.
    ///
    /// # Errors
    /// [`CacheError::Damaged`] where the index shows that the bytes have changed although the file has not, as a
    /// failing disk changes them; whoever opens the CRL after that finds it among [`Crls::damaged`](super::Crls).
    pub fn crl(&self) -> Result<SearchableCrl<'_>, CacheError> {
        if let Some(index) = self.read_index() {
            match SearchableCrl::indexed(&self.bytes[..], origin(&self.path), index) {
                Ok(crl) => return Ok(crl),
                Err(IndexError::CrlChanged { .. }) => self.check_digest()?,
                Err(_) => {}
            }
        }
        self.plain()
    }

    /// What [`Crls::damaged`](super::Crls) would have of it, had it been seen when it was opened that it is damaged.
    ///
    /// # Errors
    /// The error itself, where it is about something else.
    pub(crate) fn damaged_by(&self, error: CacheError) -> Result<Damaged, CacheError> {
        match error {
            CacheError::Damaged { path, source } => Ok(Damaged {
                slot: self.about.slot.clone(),
                path,
                about: Some(Box::new(self.about.clone())),
                damage: source,
            }),
            error => Err(error),
        }
    }

    /// The CRL without its index.
    pub(super) fn plain(&self) -> Result<SearchableCrl<'_>, CacheError> {
        SearchableCrl::read(&self.bytes[..], origin(&self.path))
            .map_err(|error| self.damaged(CacheDamage::NotACrl(error)))
    }

    /// Hashes the CRL, whatever file it is.
    pub(super) fn check_digest(&self) -> Result<(), CacheError> {
        check_digest(&self.bytes, &self.about.sha256).map_err(|damage| self.damaged(damage))
    }

    fn damaged(&self, source: CacheDamage) -> CacheError {
        CacheError::Damaged {
            path: self.path.clone(),
            source,
        }
    }

    /// Why it has no index to look things up in; `None` where it has one.
    pub fn without_index(&self) -> Option<&NoIndex> {
        self.index.as_ref().err()
    }

    fn read_index(&self) -> Option<Index<'_>> {
        let index = self.index.as_ref().ok()?;
        Index::read(index, self.about.length, &self.about.sha256).ok()
    }

    /// Opens what a slot has; `None` where it has nothing, or what it has is not `wanted`.
    pub(super) fn open(
        folder: &SlotFolder,
        wanted: &dyn Fn(&About) -> bool,
    ) -> Result<Option<CachedCrl>, Box<Damaged>> {
        let damaged = |path: PathBuf, about: Option<&About>, damage| {
            Box::new(Damaged {
                slot: folder.id().to_owned(),
                path,
                about: about.cloned().map(Box::new),
                damage,
            })
        };
        check_folder(folder).map_err(|damage| damaged(folder.path().to_owned(), None, damage))?;
        let record_is_damaged = |damage| damaged(folder.record(), None, damage);
        let mut last = None;
        for attempt in 0.. {
            let Some(bytes) = folder.bytes().map_err(record_is_damaged)? else {
                return Ok(None);
            };
            let record = Record::parse(&bytes, folder.id()).map_err(record_is_damaged)?;
            if !wanted(&record.about) {
                return Ok(None);
            }
            let is_last = attempt == ATTEMPTS || last.as_ref() == Some(&bytes);
            match CachedCrl::open_recorded(folder, &record) {
                // The record was replaced after we read it, and the files that it named are gone.
                Err(CacheDamage::Missing) if !is_last => last = Some(bytes),
                Err(damage) => {
                    let path = folder.crl(&record.about.sha256);
                    return Err(damaged(path, Some(&record.about), damage));
                }
                Ok((crl, _))
                    if !is_last
                        && matches!(crl.index, Err(NoIndex::Damaged(CacheDamage::Missing))) =>
                {
                    last = Some(bytes);
                }
                Ok((crl, _)) => return Ok(Some(crl)),
            }
        }
        Ok(None)
    }

    /// Opens the files that a record names, and says whether they are those that it was written for.
    pub(super) fn open_recorded(
        folder: &SlotFolder,
        record: &Record,
    ) -> Result<(CachedCrl, Seen), CacheDamage> {
        let about = &record.about;
        let path = folder.crl(&about.sha256);
        let (bytes, seen) = open_file(&path, record.crl, about.length, &about.sha256)?;
        let crl = SearchableCrl::read(&bytes[..], origin(&path)).map_err(CacheDamage::NotACrl)?;
        if let Some(fact) = about.disagrees(crl.header()) {
            return Err(CacheDamage::Fact { fact });
        }
        drop(crl);
        let (index, index_seen) = match open_index(folder, record) {
            Ok((bytes, seen)) => (Ok(bytes), seen),
            Err(why) => (Err(why), Seen::Recorded),
        };
        let entries = |bytes| {
            Some(
                Index::read(bytes, about.length, &about.sha256)
                    .ok()?
                    .entries(),
            )
        };
        if let Ok(bytes) = &index
            && entries(bytes) != Some(about.entries)
        {
            return Err(CacheDamage::Fact {
                fact: "number of entries",
            });
        }
        let seen = match (seen, index_seen) {
            (Seen::Recorded, Seen::Recorded) => Seen::Recorded,
            _ => Seen::Copied,
        };
        let crl = CachedCrl {
            about: about.clone(),
            path,
            bytes,
            index,
        };
        // What only its use would show, shown to everyone alike: a file that is the recorded one by its facts, and
        // whose bytes the disk has changed.
        match crl.crl() {
            Err(CacheError::Damaged { source, .. }) => Err(source),
            _ => Ok((crl, seen)),
        }
    }
}

/// The folder of a slot is a folder of its owner.
fn check_folder(folder: &SlotFolder) -> Result<(), CacheDamage> {
    match fs::symlink_metadata(folder.path()) {
        Ok(facts) if !facts.is_dir() => Err(CacheDamage::NotAFile),
        Ok(facts) => match disk::open_to_others(&facts) {
            Some(mode) => Err(CacheDamage::OpenToOthers { mode }),
            None => Ok(()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(CacheDamage::Unreadable(error)),
    }
}

fn origin(path: &Path) -> Origin {
    Origin::whole(&Arc::new(Source::Cached(path.to_owned())))
}

fn open_index(folder: &SlotFolder, record: &Record) -> Result<(FileBytes, Seen), NoIndex> {
    let expected = record.index.ok_or(NoIndex::None)?;
    let about = &record.about;
    let path = folder.index(&about.sha256);
    let identity = expected.identity;
    let (bytes, seen) =
        open_file(&path, identity, identity.length, &expected.sha256).map_err(NoIndex::Damaged)?;
    match Index::read(&bytes, about.length, &about.sha256) {
        Ok(_) => Ok((bytes, seen)),
        Err(error) => Err(NoIndex::Unusable(error)),
    }
}

/// Opens a file with these bytes. They are hashed unless it is the very file that was recorded.
pub(super) fn open_file(
    path: &Path,
    recorded: Identity,
    length: u64,
    expected: &Sha256Digest,
) -> Result<(FileBytes, Seen), CacheDamage> {
    let (file, facts) = disk::open(path)?;
    if facts.len() != length {
        return Err(CacheDamage::Length {
            expected: length,
            found: facts.len(),
        });
    }
    let bytes = read::opened(&file).map_err(CacheDamage::Unreadable)?;
    if bytes.len() as u64 != length {
        return Err(CacheDamage::Length {
            expected: length,
            found: bytes.len() as u64,
        });
    }
    if Identity::of(&facts) == recorded {
        return Ok((bytes, Seen::Recorded));
    }
    check_digest(&bytes, expected)?;
    Ok((bytes, Seen::Copied))
}

fn check_digest(bytes: &[u8], expected: &Sha256Digest) -> Result<(), CacheDamage> {
    let found = sha256(bytes);
    match found == *expected {
        true => Ok(()),
        false => Err(CacheDamage::Digest {
            expected: *expected,
            found,
        }),
    }
}
