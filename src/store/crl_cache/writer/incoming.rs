//! A CRL that is being received.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Deref;
use std::path::Path;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use crate::input::CRL_LIMIT;
use crate::store::crl_cache::Cache;
use crate::store::crl_cache::disk::Draft;
use crate::store::crl_cache::error::CacheError;
use crate::store::read::{FileBytes, MAP_THRESHOLD};

/// How much of a file is copied at a time.
const PIECE: usize = 1024 * 1024;

/// How many pieces may be read before they are written.
const AHEAD: usize = 4;

/// A temporary file of the cache, to be written to; removed when it is dropped.
pub struct Incoming {
    draft: Draft,
}

/// What was received: bytes of a temporary file, which is removed when they are dropped.
pub struct ReceivedFile {
    /// Let go of first: Windows does not remove what is mapped.
    bytes: FileBytes,
    /// Taken when the file is installed.
    draft: Mutex<Option<Draft>>,
}

impl Cache {
    /// Receives a large CRL in DER from a file. It is copied, so that no other process can change what is examined before it is
    /// installed, and so that what was examined can be installed as it is.
    ///
    /// `None` for whatever else it is, which is better read where it is: small files, text, pipes, what cannot be read.
    ///
    /// # Errors
    /// [`CacheError::Disk`] when it cannot be written; [`CacheError::OpenToOthers`] for a cache that others may write to.
    pub fn receive_file(&self, path: &Path) -> Result<Option<ReceivedFile>, CacheError> {
        let Ok(facts) = std::fs::metadata(path) else {
            return Ok(None);
        };
        let length = facts.len();
        if !facts.is_file() || !(MAP_THRESHOLD..=CRL_LIMIT).contains(&length) {
            return Ok(None);
        }
        let Ok(file) = File::open(path) else {
            return Ok(None);
        };
        let mut file = file.take(length);
        let mut piece = vec![0; PIECE];
        let Ok(filled) = read(&mut file, &mut piece) else {
            return Ok(None);
        };
        if !begins_as_a_crl(&piece) {
            return Ok(None);
        }
        piece.truncate(filled);
        let mut incoming = self.receive()?;
        let place = incoming.draft.path().to_owned();
        let copied = copy(file, piece, &mut incoming);
        match (copied, incoming.refusal()) {
            (_, Some(refusal)) => return Err(refusal),
            (Copied::Refused(error), None) => return Err(CacheError::disk("write", &place)(error)),
            (Copied::Unread, None) => return Ok(None),
            (Copied::Whole, None) => {}
        }
        incoming.draft.begin_to_sync();
        incoming.finish().map(Some)
    }
}

impl Incoming {
    pub(in crate::store::crl_cache) fn new(draft: Draft) -> Incoming {
        Incoming { draft }
    }

    /// Why the disk refused to write, where it did: whoever writes through an [`io::Write`] may not say so.
    pub fn refusal(&mut self) -> Option<CacheError> {
        let refusal = self.draft.take_refusal()?;
        Some(CacheError::disk("write", self.draft.path())(refusal))
    }

    /// The bytes that were written, mapped where they are many.
    ///
    /// # Errors
    /// [`CacheError::Disk`] when the disk refused to write, now or before, or refuses to read.
    pub fn finish(mut self) -> Result<ReceivedFile, CacheError> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        Ok(ReceivedFile {
            bytes: self.draft.bytes()?,
            draft: Mutex::new(Some(self.draft)),
        })
    }
}

/// What became of a copy.
enum Copied {
    Whole,
    /// The file was not read to its end.
    Unread,
    /// What was read was not written.
    Refused(io::Error),
}

/// Copies a file, of which the first piece has been read. Another thread reads it: reading takes a third of the time even where
/// the file is in memory.
fn copy(mut file: impl Read + Send, first: Vec<u8>, incoming: &mut Incoming) -> Copied {
    thread::scope(|threads| {
        let (give, pieces) = mpsc::sync_channel(AHEAD);
        let (give_back, spare) = mpsc::channel();
        let read_all = move || -> io::Result<()> {
            let mut next = first;
            while !next.is_empty() && give.send(next).is_ok() {
                next = spare.try_recv().unwrap_or_default();
                next.resize(PIECE, 0);
                let filled = read(&mut file, &mut next)?;
                next.truncate(filled);
            }
            Ok(())
        };
        let Ok(reader) = thread::Builder::new().spawn_scoped(threads, read_all) else {
            return Copied::Unread;
        };
        for piece in pieces {
            if let Err(error) = incoming.write_all(&piece) {
                return Copied::Refused(error);
            }
            // To be filled again, unless the reader is at the end.
            let _ = give_back.send(piece);
        }
        match reader.join() {
            Ok(Ok(())) => Copied::Whole,
            Ok(Err(_)) => Copied::Unread,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn read(file: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            answer => return answer,
        }
    }
}

/// Whether it may be a CRL in DER, as far as its first bytes tell: a SEQUENCE of a SEQUENCE that begins with a version or an
/// algorithm (RFC 5280 section 5.1). What holds a private key begins otherwise, and must not be copied to where everyone
/// may read it.
fn begins_as_a_crl(bytes: &[u8]) -> bool {
    const SEQUENCE: u8 = 0x30;
    const INTEGER: u8 = 0x02;
    let content = |bytes: &'_ [u8]| -> Option<usize> {
        match bytes {
            [SEQUENCE, 0..=0x7f, ..] => Some(2),
            [SEQUENCE, long @ 0x81..=0x84, ..] => Some(2 + usize::from(long & 0x7f)),
            _ => None,
        }
    };
    let inner = content(bytes).and_then(|at| bytes.get(at..));
    let first = inner.and_then(|inner| inner.get(content(inner)?..));
    matches!(first, Some([SEQUENCE | INTEGER, ..]))
}

impl ReceivedFile {
    /// The file, to be given another name, if it is the CRL with these very bytes and nothing else. For a writer: while it
    /// has the lock no other process removes the file.
    pub(super) fn take_if_all_is(&self, crl: &[u8]) -> Option<Draft> {
        // Windows does not rename what is mapped.
        let is_all = std::ptr::eq(crl, &self.bytes[..]) && !cfg!(windows);
        let mut draft = self.draft.lock().unwrap_or_else(PoisonError::into_inner);
        // Another writer may have mistaken it for what a killed one left, and removed it: its bytes are still here.
        draft.take_if(|draft| is_all && std::fs::symlink_metadata(draft.path()).is_ok())
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.draft.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}

impl Deref for ReceivedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Incoming").field(&self.draft.path()).finish()
    }
}

impl fmt::Debug for ReceivedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Received").field(&self.bytes).finish()
    }
}
