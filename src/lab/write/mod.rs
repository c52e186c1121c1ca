//! DER as the lab's CAs write it.
//!
//! Certificates and CRLs are written manually and not by `rcgen` or OpenSSL's builders, for three reasons: the old
//! generations need SHA-1, directory names as distribution points and basic constraints that are not critical, which
//! `rcgen` does not write; OpenSSL's builders sign by the system's policy, which may forbid SHA-1; and half of
//! what is written here is broken on purpose. What comes out is judged by others in `tests/lab`.

mod certificate;
pub(super) mod der;
pub(super) mod extension;
mod name;
pub(super) mod signature;

pub(super) use certificate::Draft;
pub(super) use extension::{Extension, Point};
pub(super) use name::Dn;
pub(super) use signature::Digest;

use crate::document::{Moment, sha256};

/// The moment this many seconds later, or earlier where they are negative; the moment itself at the ends of time.
pub(super) fn shifted(moment: Moment, seconds: i64) -> Moment {
    moment
        .unix()
        .checked_add(seconds)
        .and_then(Moment::from_unix)
        .unwrap_or(moment)
}

/// A positive serial number of this many octets (at most 32), the same for the same parts.
pub(super) fn serial(octets: usize, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"ptl-cert lab serial number".to_vec();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    let digest = sha256(&bytes);
    let mut serial: Vec<u8> = digest.as_bytes().iter().copied().take(octets).collect();
    if let Some(first) = serial.first_mut() {
        // Positive, and as long as was asked for.
        *first = *first & 0x3f | 0x40;
    }
    serial
}
