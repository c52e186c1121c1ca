//! A file on its way into the cache: nothing names it until it is complete and durable.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;

use super::{Step, point};
use crate::store::crl_cache::error::CacheError;
use crate::store::mode;
use crate::store::read::{self, FileBytes};

/// A temporary file that is removed unless it is published.
pub(in super::super) struct Draft {
    path: PathBuf,
    /// `None` once it is closed.
    file: Option<File>,
    /// What the disk said when it last refused to write: whoever writes through us may hide it in an error of its own.
    refusal: Option<io::Error>,
}

impl Draft {
    /// Makes the file; whatever has its name was left by a process that was killed.
    pub(in super::super) fn create(path: PathBuf) -> Result<Draft, CacheError> {
        let mut options = mode::file(0o644);
        options.read(true).create_new(true);
        let file = point(&Step::Create(&path))
            .and_then(|()| match options.open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    fs::remove_file(&path)?;
                    options.open(&path)
                }
                opened => opened,
            })
            .map_err(CacheError::disk("make", &path))?;
        Ok(Draft {
            path,
            file: Some(file),
            refusal: None,
        })
    }

    pub(in super::super) fn path(&self) -> &Path {
        &self.path
    }

    /// Everything that was written.
    pub(in super::super) fn bytes(&self) -> Result<FileBytes, CacheError> {
        let rewound = |mut file: &File| {
            file.rewind()?;
            read::opened(file)
        };
        self.file()
            .and_then(rewound)
            .map_err(CacheError::disk("read", &self.path))
    }

    fn file(&self) -> io::Result<&File> {
        self.file.as_ref().ok_or_else(closed)
    }

    /// What the disk said when it last refused to write.
    pub(in super::super) fn take_refusal(&mut self) -> Option<io::Error> {
        self.refusal.take()
    }

    /// Has the system begin to make the bytes durable while other work is done. A hint: [`Draft::publish`] waits for it, and
    /// says what became of it.
    pub(in super::super) fn begin_to_sync(&self) {
        // A file opened once more: what it reports is reported to us as well.
        if let Ok(file) = File::open(&self.path) {
            let _ = thread::Builder::new().spawn(move || file.sync_data());
        }
    }

    /// Makes the bytes durable and gives the file its name, over whatever has it. The name itself is not yet
    /// durable.
    pub(in super::super) fn publish(mut self, place: &Path) -> Result<(), CacheError> {
        let synced = point(&Step::Sync(&self.path)).and_then(|()| super::sync(self.file()?));
        synced.map_err(CacheError::disk("flush", place))?;
        // Closed first: Windows does not rename what is open everywhere.
        self.file = None;
        super::rename(&self.path, place)?;
        self.path = PathBuf::new();
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.file = None;
        if !self.path.as_os_str().is_empty() {
            // What stays is removed by the next writer.
            let _ = super::remove(&self.path);
        }
    }
}

fn closed() -> io::Error {
    io::Error::from(io::ErrorKind::InvalidInput)
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Draft { path, file, .. } = self;
        let mut file: &File = file.as_ref().ok_or_else(closed)?;
        let written = allowed(path, bytes.len()).and_then(|allowed| {
            if let Some(fault) = allowed.then {
                let part = bytes.get(..allowed.bytes).unwrap_or(bytes);
                file.write_all(part)?;
                return Err(fault);
            }
            file.write(bytes)
        });
        if let Err(error) = &written
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.refusal = Some(match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::from(error.kind()),
            });
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How much of a write is done before the disk fails, in the tests; otherwise all of it is.
pub(super) struct Allowed {
    pub(super) bytes: usize,
    pub(super) then: Option<io::Error>,
}

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "its twin for tests fails")]
#[inline]
fn allowed(_path: &Path, bytes: usize) -> io::Result<Allowed> {
    Ok(Allowed { bytes, then: None })
}

#[cfg(test)]
use super::fault::allowed;
