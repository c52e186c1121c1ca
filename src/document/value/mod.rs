//! Small values that facts are made of.

mod digest;
mod hex;
mod moment;
mod serial;

pub(crate) use digest::{Hasher, sha1, sha256};
pub use hex::{Hex, HexBytes, Sha1Digest, Sha256Digest};
pub use moment::Moment;
pub(crate) use serial::shortest;
pub use serial::{CrlNumber, Serial, SerialError};
