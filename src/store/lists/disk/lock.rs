//! One writer at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::store::lists::error::CacheError;
use crate::store::named::is_still_named;

const LOCK: &str = "lock";
/// Beside the lock and not in it: Windows lets nobody read a file that somebody else has locked.
const HOLDER: &str = "lock.pid";

/// How often a lock that is held is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// How often the lock file may lose its name while it is being locked, because somebody removes it.
const ATTEMPTS: u32 = 16;

/// The longest process id that is read.
const PID_LIMIT: u64 = 20;

/// The writers' lock. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(in super::super) struct Lock {
    file: File,
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
            match file.try_lock() {
                // A lock on a file without a name excludes nobody.
                Ok(()) if is_still_named(&file, &path) => {
                    // For those who wait: nothing depends on it.
                    let _ = fs::write(&holder, std::process::id().to_string());
                    return Ok(Lock { file, holder });
                }
                Ok(()) if vanished < ATTEMPTS => vanished += 1,
                Err(TryLockError::WouldBlock) if waited < wait => {
                    let pause = PAUSE.min(wait.saturating_sub(waited));
                    thread::sleep(pause);
                    waited += pause;
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {
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

/// Lets go of the lock by name. Closing the file would not do while another thread is between fork and exec: the
/// child has a copy of the descriptor, and the lock would live on in it for a moment.
impl Drop for Lock {
    fn drop(&mut self) {
        // Before the lock is free, or it would be the next holder's that is removed.
        let _ = fs::remove_file(&self.holder);
        let _ = self.file.unlock();
    }
}

/// The process that holds the lock, as it wrote itself down.
fn pid(holder: &Path) -> Option<u32> {
    let bytes = super::read_small(holder, PID_LIMIT).ok()?;
    std::str::from_utf8(&bytes).ok()?.trim().parse().ok()
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    super::point(&super::Step::Create(path))?;
    options.open(path)
}
