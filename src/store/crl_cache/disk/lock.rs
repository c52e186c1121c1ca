//! One writer at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::store::crl_cache::error::CacheError;
use crate::store::mode;
use crate::store::named::Locked;

const LOCK: &str = "lock";
/// Beside the lock and not in it: on Windows a locked file cannot be read by other processes.
const HOLDER: &str = "lock.pid";

/// How often a lock that is held is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// How often the lock file may lose its name while it is being locked, because another process removes it.
const ATTEMPTS: u32 = 16;

/// The longest process id that is read.
const PID_LIMIT: u64 = 20;

/// The writers' lock. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(in super::super) struct Lock {
    // Held, and never asked.
    _locked: Locked,
    holder: PathBuf,
}

impl Lock {
    /// Takes the lock of a cache whose folder is there; tries for as long as `wait` says, and at least once.
    pub(in super::super) fn take(folder: &Path, wait: Duration) -> Result<Lock, CacheError> {
        let path = folder.join(LOCK);
        let holder = folder.join(HOLDER);
        let mut waited = Duration::ZERO;
        let mut vanished = 0;
        loop {
            let file = open(&path).map_err(CacheError::disk("open the lock", &path))?;
            #[cfg(test)]
            super::fault::opened(&path);
            match Locked::try_lock(file) {
                // A lock on a file without a name excludes no one.
                Ok(locked) if locked.is_still_named(&path) => {
                    // For those who wait: nothing depends on it.
                    let _ = fs::write(&holder, std::process::id().to_string());
                    return Ok(Lock {
                        _locked: locked,
                        holder,
                    });
                }
                Ok(_) if vanished < ATTEMPTS => vanished += 1,
                Err(TryLockError::WouldBlock) if waited < wait => {
                    let pause = PAUSE.min(wait.saturating_sub(waited));
                    thread::sleep(pause);
                    waited += pause;
                }
                Ok(_) | Err(TryLockError::WouldBlock) => {
                    return Err(CacheError::Busy {
                        folder: folder.to_owned(),
                        pid: pid(&holder),
                        waited: wait,
                    });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(CacheError::disk("lock", &path)(error));
                }
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before the lock is free, or it would be the next holder's that is removed.
        let _ = fs::remove_file(&self.holder);
    }
}

/// The process that holds the lock, as it wrote itself down.
fn pid(holder: &Path) -> Option<u32> {
    let bytes = super::read_small(holder, PID_LIMIT).ok()?;
    std::str::from_utf8(&bytes).ok()?.trim().parse().ok()
}

fn open(path: &Path) -> io::Result<File> {
    super::point(&super::Step::Create(path))?;
    mode::file(0o644).create(true).truncate(false).open(path)
}
