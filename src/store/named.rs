//! Names in folders: making them durable, and whether a lock is still the one that others will find.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Makes the names in a folder durable, where the file system can; an empty path is the current folder.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    match File::open(folder)?.sync_all() {
        // Some network file systems cannot, and keep their names durable by themselves.
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Windows has no such call: NTFS keeps its names in a journal.
#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether an open file still has its name: whoever holds a lock on one that was removed holds nothing.
#[cfg(unix)]
pub(super) fn is_still_named(lock: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (lock.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(named)) => (held.dev(), held.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Windows keeps the name of an open file from being used again.
#[cfg(not(unix))]
pub(super) fn is_still_named(_lock: &File, path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
