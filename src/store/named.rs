//! Whether a lock is still the one that others will find.

use std::fs::{self, File};
use std::path::Path;

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
