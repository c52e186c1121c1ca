//! The system calls, one function each; every one that changes something is a point at which the tests can kill
//! the process or fail.

mod draft;
#[cfg(test)]
pub(super) mod fault;
mod lock;

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::error::{CacheDamage, CacheError};
use crate::store::{UnsafeFolder, mode, named, owner};

pub(super) use draft::Draft;
pub(super) use lock::Lock;

/// What is about to be done to the disk.
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the tests look at what is done, and in which order"
    )
)]
enum Step<'p> {
    MakeFolder(&'p Path),
    Create(&'p Path),
    Sync(&'p Path),
    Rename(&'p Path, &'p Path),
    SyncFolder(&'p Path),
    Remove(&'p Path),
}

/// Does nothing; in tests, dies or fails where it was set to.
#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "its twin for tests fails")]
#[inline]
fn point(_step: &Step<'_>) -> io::Result<()> {
    Ok(())
}

/// Makes the bytes of a file durable.
#[cfg(not(test))]
fn sync(file: &File) -> io::Result<()> {
    file.sync_all()
}

#[cfg(not(test))]
use crate::store::named::sync_folder as sync_names;

#[cfg(test)]
use fault::{point, sync, sync_names};

/// Which file it is, as far as the file system can tell without reading it: as long as this stays the same, so do
/// the bytes.
///
/// The time of the last change of the inode cannot be set by anybody, unlike that of the last change of the bytes.
/// Windows has no such thing for us to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// In bytes.
    pub(super) length: u64,
    /// Seconds and nanoseconds since 1970 of the last change of the bytes.
    modified: (i64, u32),
    /// The inode, and the seconds and nanoseconds of its last change.
    #[serde(skip_serializing_if = "Option::is_none")]
    inode: Option<(u64, i64, i64)>,
}

impl Identity {
    pub(super) fn of(facts: &Metadata) -> Identity {
        let modified = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let modified = match modified.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => (
                i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
                since.subsec_nanos(),
            ),
            Err(before) => {
                let before = before.duration();
                (
                    i64::try_from(before.as_secs()).map_or(i64::MIN, |seconds| -seconds),
                    before.subsec_nanos(),
                )
            }
        };
        #[cfg(unix)]
        let inode = {
            use std::os::unix::fs::MetadataExt;
            Some((facts.ino(), facts.ctime(), facts.ctime_nsec()))
        };
        #[cfg(not(unix))]
        let inode = None;
        Identity {
            length: facts.len(),
            modified,
            inode,
        }
    }
}

/// The permission bits, where they let others than the owner write.
#[cfg(unix)]
pub(super) fn open_to_others(facts: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = facts.permissions().mode() & 0o7777;
    (mode & 0o022 != 0).then_some(mode)
}

/// Windows has access control lists that std cannot read: they are inherited from the folder above.
#[cfg(not(unix))]
pub(super) fn open_to_others(_facts: &Metadata) -> Option<u32> {
    None
}

/// Whether a folder is there; refuses one that others may write to or could put another one in the place of, and what is no
/// folder.
pub(super) fn check_folder(path: &Path) -> Result<Presence, CacheError> {
    match fs::metadata(path) {
        Ok(facts) if !facts.is_dir() => Err(CacheError::NotAFolder {
            path: path.to_owned(),
        }),
        Ok(_) => owner::check(path)
            .map(|()| Presence::There)
            .map_err(foreign),
        // Something above it is a file, for which Windows has no error of its own.
        Err(error)
            if error.kind() == io::ErrorKind::NotADirectory
                || path.ancestors().any(|above| above.is_file()) =>
        {
            Err(CacheError::NotAFolder {
                path: path.to_owned(),
            })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Presence::Missing),
        Err(error) => Err(CacheError::disk("examine", path)(error)),
    }
}

fn foreign(found: UnsafeFolder) -> CacheError {
    match found {
        UnsafeFolder::Mode { path, mode } => CacheError::OpenToOthers { path, mode },
        UnsafeFolder::Owner { path, owner } | UnsafeFolder::Link { path, owner } => {
            CacheError::OfAnother { path, owner }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    There,
    Missing,
}

/// Makes a folder, and those above it, where they are missing: durable, everyone may read it, its owner may write.
pub(super) fn make_folder(path: &Path) -> Result<(), CacheError> {
    if check_folder(path)? == Presence::There {
        return Ok(());
    }
    owner::check_way(path).map_err(foreign)?;
    let above = match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => Some(above),
        _ => None,
    };
    if let Some(above) = above.filter(|above| !above.exists()) {
        make_folder(above)?;
    }
    match point(&Step::MakeFolder(path)).and_then(|()| mode::folder(0o755).create(path)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(CacheError::disk("make the folder", path)(error));
        }
        _ => {}
    }
    sync_folder(above.unwrap_or(Path::new(".")))?;
    // Another user may have been faster.
    check_folder(path).map(|_| ())
}

/// The names in a folder; none where it is missing.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        // A name that is not Unicode is none of ours.
        if let Ok(name) = entry?.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Opens a regular file that only its owner may change.
pub(super) fn open(path: &Path) -> Result<(File, Metadata), CacheDamage> {
    // Looked at first: opening a pipe would wait for its writer.
    let facts = fs::symlink_metadata(path).map_err(gone_or_unreadable)?;
    if !facts.is_file() {
        return Err(CacheDamage::NotAFile);
    }
    let file = File::open(path).map_err(gone_or_unreadable)?;
    let facts = file.metadata().map_err(CacheDamage::Unreadable)?;
    match open_to_others(&facts) {
        Some(mode) => Err(CacheDamage::OpenToOthers { mode }),
        None => Ok((file, facts)),
    }
}

fn gone_or_unreadable(error: io::Error) -> CacheDamage {
    match error.kind() {
        io::ErrorKind::NotFound => CacheDamage::Missing,
        // A file that is being removed or replaced can be seen there, and cannot be opened.
        io::ErrorKind::PermissionDenied if cfg!(windows) => CacheDamage::Missing,
        _ => CacheDamage::Unreadable(error),
    }
}

/// Reads a small file whole; [`CacheDamage::Missing`] where it is not there.
pub(super) fn read_small(path: &Path, limit: u64) -> Result<Vec<u8>, CacheDamage> {
    let (file, facts) = open(path)?;
    if facts.len() > limit {
        return Err(CacheDamage::TooLong { limit });
    }
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(CacheDamage::Unreadable)?;
    match bytes.len() as u64 > limit {
        true => Err(CacheDamage::TooLong { limit }),
        false => Ok(bytes),
    }
}

/// Renames a file that is complete and durable into its place, over whatever has the name.
fn rename(from: &Path, to: &Path) -> Result<(), CacheError> {
    point(&Step::Rename(from, to))
        .and_then(|()| named::replace(from, to))
        .map_err(CacheError::disk("rename a file to", to))
}

/// Removes a file that may be missing.
pub(super) fn remove(path: &Path) -> Result<(), CacheError> {
    match point(&Step::Remove(path)).and_then(|()| fs::remove_file(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(CacheError::disk("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// Removes an empty folder.
pub(super) fn remove_folder(path: &Path) -> Result<(), CacheError> {
    point(&Step::Remove(path))
        .and_then(|()| fs::remove_dir(path))
        .map_err(CacheError::disk("remove the folder", path))
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), CacheError> {
    point(&Step::SyncFolder(path))
        .and_then(|()| sync_names(path))
        .map_err(CacheError::disk("flush the folder", path))
}

/// Writes a small file whole or not at all; its readers see the old one or the new.
pub(super) fn replace(path: &Path, draft: PathBuf, bytes: &[u8]) -> Result<(), CacheError> {
    let mut draft = Draft::create(draft)?;
    io::Write::write_all(&mut draft, bytes).map_err(CacheError::disk("write", path))?;
    draft.publish(path)?;
    match path.parent() {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}
