//! One pass over a list of any size: digest and look-up together, in constant memory.
//!
//! The list comes in pieces of any size. The part before the entries and the part after them are small and are
//! kept; from what remains of them when the entries are left out, [`RevocationList`] reads the header. Entries
//! are taken apart where they lie in the window, compared and forgotten.

mod part;
mod scanner;

use std::io::{ErrorKind, Read};

use self::scanner::Scanner;
use super::entry::Entry;
use super::list::ListError;
use super::serials::Serials;
use super::signature::Seal;
use crate::document::{Certificate, RevocationList};

/// The most bytes that one entry, the part before the entries or the part after them may have: 64 KiB. Entries
/// have about 40 bytes, the other parts some hundreds, and a few thousand in the largest anyone has seen.
pub const PART_LIMIT: usize = 64 * 1024;

/// How much is hashed and searched at a time: well above [`PART_LIMIT`], so that a part always fits, and small
/// enough to stay in the second-level cache between the two.
const WINDOW: usize = 128 * 1024;

/// The most entries kept for one serial number. Indirect lists may have one number under several issuers;
/// more than this is an attack on memory.
const HITS_PER_SERIAL: usize = 64;

/// The most OIDs kept of unknown critical extensions in entries. One is enough to refuse a list.
const OIDS_KEPT: usize = 16;

/// What one pass over a list found. Its signature has not been checked; [`Scan::signed_by`] does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scan {
    /// What the list says about itself.
    pub header: RevocationList,
    /// How many entries there are.
    pub entries_seen: u64,
    /// The entries whose serial number was looked for, in the list's order. In an indirect list the number
    /// alone does not say whose certificate is meant.
    pub hits: Vec<Entry>,
    /// OIDs of critical extensions in any of the entries that are not understood here, at most 16: such a list
    /// may not be relied on (RFC 5280 section 5.3).
    pub unknown_critical: Vec<String>,
    /// Whether any entry names a certificate issuer, which only an indirect list may (section 5.3.3).
    pub names_issuers: bool,
    pub(super) seal: Seal,
}

impl Scan {
    /// Whether `issuer`'s key made the list's signature.
    ///
    /// Does not check names, dates, or whether the key may sign lists. Always false for an algorithm that cannot
    /// be checked from a digest (Ed25519, Ed448): use [`signed_by`](super::signed_by) with the whole list.
    pub fn signed_by(&self, issuer: &Certificate) -> bool {
        self.seal.verifies(&issuer.key, None)
    }

    /// The digest over the tbsCertList by the signature's hash; `None` for an algorithm without one, or with one
    /// that proves nothing any more (MD5).
    pub fn digest(&self) -> Option<&[u8]> {
        self.seal.digest.as_deref()
    }
}

/// Reads a DER list to its end and looks for all of `serials` on the way.
///
/// Memory does not depend on the list's length. Errors when the reader does, and when the list is malformed or
/// has a part above [`PART_LIMIT`]; then nothing may be concluded from it.
pub fn scan(mut reader: impl Read, serials: &Serials) -> Result<Scan, ListError> {
    let mut scanner = Scanner::new(serials, Hashing::Compute);
    let mut window = vec![0; WINDOW];
    let mut filled = 0;
    loop {
        let free = window.get_mut(filled..).unwrap_or_default();
        let got = match reader.read(free) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            got => got?.min(WINDOW - filled),
        };
        filled += got;
        let used = scanner.feed(window.get(..filled).unwrap_or_default(), got == 0)?;
        if got == 0 {
            return scanner.finish();
        }
        window.copy_within(used..filled, 0);
        filled -= used;
    }
}

/// The same over bytes at hand.
pub fn scan_slice(bytes: &[u8], serials: &Serials) -> Result<Scan, ListError> {
    run(bytes, serials, Hashing::Compute)
}

/// Whether a pass computes the digest, the greater part of its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hashing {
    Compute,
    /// It is known already.
    Skip,
}

pub(super) fn run(bytes: &[u8], serials: &Serials, hashing: Hashing) -> Result<Scan, ListError> {
    let mut scanner = Scanner::new(serials, hashing);
    let mut rest = bytes;
    loop {
        let window = rest.get(..WINDOW).unwrap_or(rest);
        let at_end = window.len() == rest.len();
        let used = scanner.feed(window, at_end)?;
        if at_end {
            return scanner.finish();
        }
        rest = rest.get(used..).unwrap_or_default();
    }
}
