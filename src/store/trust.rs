//! The user's own trust entries: a folder with one small file for each CA, named after its SHA-256.
//!
//! ```text
//! <folder>/<sha256>.toml     the CA's certificate, what it is for, who added it, when, why, and how it was confirmed
//! ```
//!
//! # The guarantee
//! An entry is written whole, made durable and then given its name; what is there is replaced only by what is to be in its
//! place ([`TrustStore::renew`]). One that does not
//! read is [`DamagedEntry`] and named; the others count. What an entry means, and whether the certificate is the one that its
//! name pins, is decided by whoever reads it ([`crate::environment::Facts`]). Owners and permissions are what protects the
//! entries: on Unix a folder or an entry that another user owns or may write to is refused, and so is a folder that another
//! user could exchange because of one above it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::named::sync_folder;
use super::{UnsafeFolder, mode, owner};
use crate::document::Sha256Digest;
use crate::input::Shown;

/// The most entries: far more than there are CAs in any hierarchy.
#[doc(hidden)]
pub const ENTRIES_LIMIT: usize = 1000;

/// The longest entry: a certificate with its text has a few kilobytes.
#[doc(hidden)]
pub const ENTRY_LIMIT: u64 = 256 * 1024;

/// A folder of trust entries; it need not exist.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustStore {
    folder: PathBuf,
}

/// An entry as it is on the disk.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredEntry {
    /// The SHA-256 that its name pins.
    pub sha256: Sha256Digest,
    /// Its file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// An entry that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DamagedEntry {
    /// Its file.
    pub path: PathBuf,
    /// What is wrong with it, in a sentence.
    pub why: String,
}

/// Why the folder could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// Others may write to it.
    #[error("{} is writable by its group or others, so its entries cannot be trusted", path.shown())]
    OpenToOthers {
        /// The folder or file.
        path: PathBuf,
    },
    /// Another user could exchange it.
    #[error(
        "{} belongs to another user (uid {owner}), who could replace your trust entries, so they cannot be trusted; use your own folder, or run this as that user",
        path.shown()
    )]
    Foreign {
        /// The folder, one above it, or a link on the way to it.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// There is an entry for this CA already.
    #[error("{} exists: this CA already has an entry", path.shown())]
    Exists {
        /// Its file.
        path: PathBuf,
    },
    /// There are more entries than anybody needs.
    #[error("{} holds more than {ENTRIES_LIMIT} entries", folder.shown())]
    TooMany {
        /// The folder.
        folder: PathBuf,
    },
    /// There would be more entries than anybody needs.
    #[error(
        "{} holds {present} of at most {ENTRIES_LIMIT} entries, so {more} more cannot be added; nothing was added",
        folder.shown()
    )]
    Full {
        /// The folder.
        folder: PathBuf,
        /// How many entries there are.
        present: usize,
        /// How many were to be added.
        more: usize,
    },
    /// The system refused.
    #[error("cannot {doing} {}", path.shown())]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TrustError {
    let path = path.to_owned();
    move |source| TrustError::Io {
        doing,
        path,
        source,
    }
}

impl TrustStore {
    /// The entries in a folder. Nothing is opened yet.
    pub fn open(folder: impl Into<PathBuf>) -> TrustStore {
        TrustStore {
            folder: folder.into(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Every entry, sorted by digest, and those that do not read.
    ///
    /// # Errors
    /// When there are more than [`ENTRIES_LIMIT`]; when the folder cannot be read, or another user could exchange it; a single
    /// entry is [`DamagedEntry`] instead.
    pub fn entries(&self) -> Result<(Vec<StoredEntry>, Vec<DamagedEntry>), TrustError> {
        let paths = self.paths()?;
        if paths.len() > ENTRIES_LIMIT {
            return Err(TrustError::TooMany {
                folder: self.folder.clone(),
            });
        }
        Ok(read_all(paths))
    }

    /// The same, however many there are: to list them and to remove some.
    ///
    /// # Errors
    /// When the folder cannot be read, or another user could exchange it.
    pub fn entries_beyond_limit(
        &self,
    ) -> Result<(Vec<StoredEntry>, Vec<DamagedEntry>), TrustError> {
        Ok(read_all(self.paths()?))
    }

    /// Refuses so many more entries where they would exceed [`ENTRIES_LIMIT`].
    ///
    /// # Errors
    /// [`TrustError::Full`]; when the folder cannot be read, or another user could exchange it.
    pub fn check_room(&self, more: usize) -> Result<(), TrustError> {
        let present = self.paths()?.len();
        match more > 0 && present.saturating_add(more) > ENTRIES_LIMIT {
            true => Err(TrustError::Full {
                folder: self.folder.clone(),
                present,
                more,
            }),
            false => Ok(()),
        }
    }

    /// The entries' files, sorted; none where there is no folder.
    fn paths(&self) -> Result<Vec<PathBuf>, TrustError> {
        let folder = &self.folder;
        let found = match fs::read_dir(folder) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("read the folder", folder)(error)),
        };
        check(folder)?;
        let mut paths = Vec::new();
        for one in found {
            let path = one.map_err(failed("read the folder", folder))?.path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// Writes an entry; the folder is made if it is missing.
    ///
    /// # Errors
    /// [`TrustError::Exists`] where there is one of this digest; nothing is replaced. When another user could exchange the
    /// folder, and when the system refuses.
    pub fn add(&self, sha256: &Sha256Digest, text: &str) -> Result<PathBuf, TrustError> {
        let folder = &self.folder;
        check(folder)?;
        let mut maker = mode::folder(0o755);
        maker
            .recursive(true)
            .create(folder)
            .map_err(failed("make the folder", folder))?;
        check(folder)?;
        let path = folder.join(format!("{sha256}.toml"));
        let write = || {
            let mut file = mode::temporary(0o644).tempfile_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        let file = write().map_err(failed("write", &path))?;
        match file.persist_noclobber(&path) {
            Ok(_) => {}
            Err(refusal) if refusal.error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(TrustError::Exists { path });
            }
            Err(refusal) => return Err(failed("write", &path)(refusal.error)),
        }
        sync_folder(folder).map_err(failed("flush the folder", folder))?;
        Ok(path)
    }

    /// Writes an entry in place of the one of this digest, or where there is none.
    ///
    /// # Errors
    /// When another user could exchange the folder, and when the system refuses; the entry is as it was then.
    pub fn renew(&self, sha256: &Sha256Digest, text: &str) -> Result<PathBuf, TrustError> {
        let folder = &self.folder;
        check(folder)?;
        let path = folder.join(format!("{sha256}.toml"));
        let write = || {
            let mut file = mode::temporary(0o644).tempfile_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|refusal| refusal.error)
        };
        write().map_err(failed("write", &path))?;
        sync_folder(folder).map_err(failed("flush the folder", folder))?;
        Ok(path)
    }

    /// Removes an entry, damaged or not; says whether there was one.
    ///
    /// # Errors
    /// When another user could exchange the folder, and when the system refuses.
    pub fn remove(&self, sha256: &Sha256Digest) -> Result<bool, TrustError> {
        check(&self.folder)?;
        let path = self.folder.join(format!("{sha256}.toml"));
        match fs::remove_file(&path) {
            Ok(()) => {
                sync_folder(&self.folder).map_err(failed("flush the folder", &self.folder))?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed("remove", &path)(error)),
        }
    }
}

fn read_all(paths: Vec<PathBuf>) -> (Vec<StoredEntry>, Vec<DamagedEntry>) {
    let (mut entries, mut damaged) = (Vec::new(), Vec::new());
    for path in paths {
        match read(&path) {
            Ok((sha256, text)) => entries.push(StoredEntry { sha256, path, text }),
            Err(why) => damaged.push(DamagedEntry { path, why }),
        }
    }
    (entries, damaged)
}

fn read(path: &Path) -> Result<(Sha256Digest, String), String> {
    let sentence = |error: io::Error| format!("it cannot be read: {error}");
    let found = fs::symlink_metadata(path).map_err(sentence)?;
    if !found.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if found.len() > ENTRY_LIMIT {
        return Err(format!("it is longer than {ENTRY_LIMIT} bytes"));
    }
    match owner::check_own(path, &found) {
        Ok(()) => {}
        Err(UnsafeFolder::Mode { .. }) => {
            return Err("it is writable by its group or others".to_owned());
        }
        Err(UnsafeFolder::Owner { owner, .. } | UnsafeFolder::Link { owner, .. }) => {
            return Err(format!("it belongs to another user (uid {owner})"));
        }
    }
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let sha256 = stem
        .and_then(Sha256Digest::parse)
        .ok_or("its name is not a SHA-256 in hex")?;
    let bytes = fs::read(path).map_err(sentence)?;
    let text = String::from_utf8(bytes).map_err(|_error| "it is not UTF-8 text".to_owned())?;
    Ok((sha256, text))
}

/// Refuses a folder that another user could exchange.
fn check(folder: &Path) -> Result<(), TrustError> {
    owner::check(folder).map_err(|unsafe_folder| match unsafe_folder {
        UnsafeFolder::Mode { path, .. } => TrustError::OpenToOthers { path },
        UnsafeFolder::Owner { path, owner } | UnsafeFolder::Link { path, owner } => {
            TrustError::Foreign { path, owner }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_entries_are_added_than_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = TrustStore::open(folder.path().join("trust"));
        let digest = |number: usize| Sha256Digest::parse(&format!("{number:064x}")).unwrap();
        store.check_room(ENTRIES_LIMIT).unwrap();
        let refused = store.check_room(ENTRIES_LIMIT + 1);
        assert!(matches!(refused, Err(TrustError::Full { present: 0, .. })));
        store.add(&digest(0), "x").unwrap();
        for number in 1..ENTRIES_LIMIT {
            let path = store.folder().join(format!("{}.toml", digest(number)));
            fs::write(path, "x").unwrap();
        }
        assert_eq!(store.entries().unwrap().0.len(), ENTRIES_LIMIT);
        store.check_room(0).unwrap();
        let refused = store.check_room(1);
        assert!(matches!(
            refused,
            Err(TrustError::Full { present: 1000, .. })
        ));
        // As an earlier version may have left it.
        store.add(&digest(ENTRIES_LIMIT), "x").unwrap();
        assert!(matches!(store.entries(), Err(TrustError::TooMany { .. })));
        let (entries, damaged) = store.entries_beyond_limit().unwrap();
        assert_eq!((entries.len(), damaged.len()), (ENTRIES_LIMIT + 1, 0));
        store.check_room(0).unwrap();
    }
}
