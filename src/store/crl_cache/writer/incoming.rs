//! A CRL that is being received.

use std::fmt;
use std::io::{self, Write};
use std::ops::Deref;

use crate::store::crl_cache::disk::Draft;
use crate::store::crl_cache::error::CacheError;
use crate::store::read::FileBytes;

/// A temporary file of the cache, to be written to; removed when it is dropped.
pub struct Incoming {
    draft: Draft,
}

/// What was received: bytes of a temporary file, which is removed when they are dropped.
pub struct Received {
    /// Let go of first: Windows does not remove what is mapped.
    bytes: FileBytes,
    _draft: Draft,
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
    pub fn finish(mut self) -> Result<Received, CacheError> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        Ok(Received {
            bytes: self.draft.bytes()?,
            _draft: self.draft,
        })
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

impl Deref for Received {
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

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Received").field(&self.bytes).finish()
    }
}
