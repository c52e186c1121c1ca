//! Names in folders: giving them, making them durable, and locks that others find by them.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use super::mode;

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

/// Renames a file over whatever has the name.
#[cfg(not(windows))]
pub(super) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Renames a file over whatever has the name. Windows may refuse while another process has that open, which readers here have for
/// a moment, and virus scanners for a little longer.
#[cfg(windows)]
pub(super) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);
    const PAUSES: u32 = 100;
    for _ in 0..PAUSES {
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                std::thread::sleep(PAUSE);
            }
            renamed => return renamed,
        }
    }
    fs::rename(from, to)
}

/// Removes the temporary files of runs that were killed; those of a living one are [held](Locked::hold).
pub(super) fn remove_abandoned(folder: &Path, prefix: &str) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let is_ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(prefix));
        if is_ours
            && let Ok(file) = mode::file(0o644).open(entry.path())
            && Locked::try_lock(file).is_ok()
        {
            // What stays costs room and nothing else.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A file that this process alone has locked, until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Locked(File);

impl Locked {
    /// Locks a file, if no other process has.
    pub(super) fn try_lock(file: File) -> Result<Locked, TryLockError> {
        file.try_lock()?;
        Ok(Locked(file))
    }

    /// Locks a temporary file as long as it is written, so that no other process treats it as abandoned; `None` where the file
    /// system has no locks.
    pub(super) fn hold(file: &File) -> Option<Locked> {
        Locked::try_lock(file.try_clone().ok()?).ok()
    }

    /// Whether it still has its name: whoever holds a lock on a file that was removed holds nothing.
    pub(super) fn is_still_named(&self, path: &Path) -> bool {
        is_still_named(&self.0, path)
    }
}

/// Lets go of the lock by name. Closing the file would not do while another thread is between fork and exec: the
/// child has a copy of the descriptor, and the lock would live on in it for a moment.
impl Drop for Locked {
    fn drop(&mut self) {
        // If the system does not unlock, closing the file is what is left, and happens next.
        let _ = self.0.unlock();
    }
}

#[cfg(unix)]
fn is_still_named(lock: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (lock.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(named)) => (held.dev(), held.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Windows keeps the name of an open file from being used again.
#[cfg(not(unix))]
fn is_still_named(_lock: &File, path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
