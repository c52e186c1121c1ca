//! The bytes of objects: whose they are, and when they are wiped.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use zeroize::{Zeroize, Zeroizing};

/// Bytes of one object: borrowed from the input, shared with other objects, or its own.
///
/// All that are not borrowed are wiped when the last copy is dropped, because what is not a key may yet hold one. `Debug` says how many there
/// are and never which.
#[derive(Clone)]
pub struct Bytes<'a>(pub(super) Holder<'a>);

#[derive(Clone)]
pub(super) enum Holder<'a> {
    Slice(Slice<'a>),
    Owned(Wiped),
    Secret(Arc<Zeroizing<Vec<u8>>>),
}

/// Bytes that are wiped when they are dropped.
#[derive(Clone)]
pub(super) struct Wiped(Vec<u8>);

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl Deref for Wiped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Overwrites all that a vector holds, and what it held before it became shorter. `zeroize` wipes a vector octet by octet
/// and a slice at the speed of memory, which counts with 10,000 objects.
pub(super) fn wipe(bytes: &mut Vec<u8>) {
    bytes.as_mut_slice().zeroize();
    bytes.spare_capacity_mut().zeroize();
    bytes.clear();
}

impl Bytes<'_> {
    /// Takes bytes that hold a private key.
    pub fn secret(bytes: Vec<u8>) -> Bytes<'static> {
        Bytes(Holder::Secret(Arc::new(Zeroizing::new(bytes))))
    }
}

impl From<Vec<u8>> for Bytes<'static> {
    fn from(bytes: Vec<u8>) -> Bytes<'static> {
        Bytes(Holder::Owned(Wiped(bytes)))
    }
}

impl<'a> From<&'a [u8]> for Bytes<'a> {
    fn from(bytes: &'a [u8]) -> Bytes<'a> {
        Bytes(Holder::Slice(Slice::Borrowed(bytes)))
    }
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Holder::Slice(slice) => slice.as_slice(),
            Holder::Owned(bytes) => bytes,
            Holder::Secret(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Bytes<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// A part of the input, or of text or DER that was made from it.
#[derive(Clone)]
pub(super) enum Slice<'a> {
    Borrowed(&'a [u8]),
    // A `Vec` behind the `Arc`, not a slice: the pointer is thin, which counts with 10,000 objects.
    Shared {
        whole: Arc<Wiped>,
        start: u32,
        length: u32,
    },
}

impl<'a> Slice<'a> {
    pub(super) fn shared(whole: Vec<u8>) -> Slice<'a> {
        let length = narrow(whole.len());
        Slice::Shared {
            whole: Arc::new(Wiped(whole)),
            start: 0,
            length,
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Slice::Borrowed(bytes) => bytes,
            Slice::Shared {
                whole,
                start,
                length,
            } => {
                let start = *start as usize;
                whole
                    .get(start..start + *length as usize)
                    .unwrap_or_default()
            }
        }
    }

    /// A part of this part; empty where it would reach outside.
    pub(super) fn part(&self, from: usize, count: usize) -> Slice<'a> {
        match self {
            Slice::Borrowed(bytes) => {
                Slice::Borrowed(bytes.get(from..from + count).unwrap_or_default())
            }
            Slice::Shared {
                whole,
                start,
                length,
            } => {
                let inside = from + count <= *length as usize;
                let (from, count) = if inside {
                    (narrow(from), narrow(count))
                } else {
                    (0, 0)
                };
                Slice::Shared {
                    whole: Arc::clone(whole),
                    start: start + from,
                    length: count,
                }
            }
        }
    }
}

/// Inputs end at 256 MiB ([`crate::input::SIZE_LIMIT`]) and UTF-8 made of UTF-16 at half as much again.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
