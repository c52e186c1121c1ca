//! Small values that facts are made of.

mod digest;
mod hex;
mod moment;
mod quoted;
mod serial;
pub(crate) mod written_time;

pub(crate) use digest::{Hasher, sha1, sha256};
pub use hex::{Hex, HexBytes, Sha1Digest, Sha256Digest};
pub use moment::{Moment, MomentError};
pub(crate) use quoted::{has_unseen, quoted};
pub(crate) use serial::shortest;
pub use serial::{CrlNumber, Serial, SerialError};
pub use written_time::{OddTime, TimeFault, TimeField};
