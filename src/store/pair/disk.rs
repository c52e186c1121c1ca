//! The system calls, one function each, every one a point at which the tests can crash or fail.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use openssl::sha::sha256;
use tempfile::TempPath;
use zeroize::Zeroizing;

use super::error::PairError;
use super::place::Member;
use crate::store::fault::point;
use crate::store::{mode, named};

/// The longest file that is compared: keys and requests have some kilobytes. A longer one is none of ours.
const COMPARED_LIMIT: u64 = 1024 * 1024;

/// Returns whether a regular file is there, or a link to one: reading a pipe might never end.
pub fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|facts| facts.is_file())
}

/// Whether anything has this name, a dangling symbolic link included.
pub(super) fn is_taken(path: &Path) -> Result<bool, PairError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(PairError::io("examine", path)(error)),
    }
}

/// Makes a directory that only its owner may enter; one that is there already is left alone.
pub(super) fn make_private_directory(path: &Path) -> Result<(), PairError> {
    match point().and_then(|()| mode::folder(0o700).create(path)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(PairError::io("make the directory", path)(error))
        }
        _ => Ok(()),
    }
}

/// Writes a new file with a key's or a request's mode from its first byte; durable only after [`sync`].
pub(super) fn write_new(path: &Path, member: Member, bytes: &[u8]) -> Result<File, PairError> {
    let mode = match member {
        Member::Key => 0o600,
        Member::Request => 0o644,
    };
    let mut file = point()
        .and_then(|()| mode::file(mode).create_new(true).open(path))
        .map_err(PairError::io("make", path))?;
    point()
        .and_then(|()| file.write_all(bytes))
        .map_err(PairError::io("write", path))?;
    Ok(file)
}

/// Makes the bytes of a file durable.
pub(super) fn sync(path: &Path, file: &File) -> Result<(), PairError> {
    point()
        .and_then(|()| file.sync_all())
        .map_err(PairError::io("flush", path))
}

/// Renames without replacing, whatever the file system: `Exists` when the new name is taken.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), PairError> {
    let renamed = point().and_then(|()| {
        // tempfile knows how to do this on each system (renameat2, renamex_np, MoveFileEx; else link and unlink), but
        // deletes what it could not rename unless configured not to.
        let mut path = TempPath::try_from_path(from)?;
        path.disable_cleanup(true);
        path.persist_noclobber(to).map_err(|refusal| refusal.error)
    });
    match renamed {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(PairError::Exists {
            path: to.to_owned(),
        }),
        Err(error) => Err(PairError::io("rename a file to", to)(error)),
    }
}

/// Removes a file that may be missing.
pub(super) fn remove(path: &Path) -> Result<(), PairError> {
    match point().and_then(|()| fs::remove_file(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PairError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// Removes a directory if it is empty.
pub(super) fn remove_directory(path: &Path) -> Result<(), PairError> {
    point()
        .and_then(|()| fs::remove_dir(path))
        .map_err(PairError::io("remove the directory", path))
}

/// Makes the names in a directory durable.
pub(super) fn sync_directory(path: &Path) -> Result<(), PairError> {
    point()
        .and_then(|()| named::sync_folder(path))
        .map_err(PairError::io("flush the directory", path))
}

/// Reads a small regular file; `None` for anything else, a missing one included.
pub(super) fn read_small(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, PairError> {
    let failed = || PairError::io("read", path);
    let length = match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() && found.len() <= COMPARED_LIMIT => found.len(),
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed()(error)),
    };
    // Room for all of it from the start: growing would leave copies of a key behind.
    let capacity = usize::try_from(length).unwrap_or_default() + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    File::open(path)
        .and_then(|file| file.take(length).read_to_end(&mut bytes))
        .map_err(failed())?;
    Ok(Some(bytes))
}

/// The SHA-256 of a small regular file; `None` for anything else.
pub(super) fn digest(path: &Path) -> Result<Option<[u8; 32]>, PairError> {
    crate::decode::crypto::ready();
    Ok(read_small(path)?.map(|bytes| sha256(&bytes)))
}
