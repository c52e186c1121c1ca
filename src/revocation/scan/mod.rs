//! One pass over a CRL of any size: digest and look-up together, in constant memory.
//!
//! The CRL comes in chunks of any size. The part before the entries and the part after them are small and are
//! kept; from what remains of them when the entries are left out, [`Crl`] reads the header. Entries
//! are parsed where they lie in the window, compared and forgotten.

mod part;
mod scanner;

use std::io::{ErrorKind, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use self::part::Head;
use self::scanner::Scanner;
use super::crl::CrlError;
use super::entry::{Entry, RawEntry};
use super::serials::Serials;
use super::signature::{self, Seal};
use crate::decode::crypto::Signature;
use crate::document::{Certificate, Crl};

/// The most bytes that one entry, the part before the entries or the part after them may have: 64 KiB. Entries
/// have about 40 bytes, the other parts a few hundred, and a few thousand in the largest anyone has seen.
pub const PART_LIMIT: usize = 64 * 1024;

/// How much is hashed and searched at a time: well above [`PART_LIMIT`], so that a part always fits, and small
/// enough to stay in the second-level cache between the two.
const WINDOW: usize = 128 * 1024;

/// From this length on a CRL available is hashed and searched on two threads: below, starting the second one takes
/// a good part of what it saves.
const APART: usize = 512 * 1024;

/// How much is hashed between two looks at whether it is still wanted.
const PIECE: usize = 1024 * 1024;

/// The most entries kept for one serial number. Indirect CRLs may have one number under several issuers;
/// more than this is an attack on memory.
pub(super) const HITS_PER_SERIAL: usize = 64;

/// The most OIDs kept of unknown critical extensions in entries. One is enough to refuse a CRL.
pub(in crate::revocation) const OIDS_KEPT: usize = 16;

/// What one pass over a CRL found. Its signature has not been checked; [`Scan::signed_by`] does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scan {
    /// What the CRL says about itself.
    pub header: Crl,
    /// How many entries there are.
    pub entries_seen: u64,
    /// The entries whose serial number was looked for, in the CRL's order. In an indirect CRL the number
    /// alone does not say whose certificate is meant.
    pub hits: Vec<Entry>,
    /// OIDs of critical extensions in any of the entries that are not understood here, at most 16: such a CRL
    /// may not be relied on (RFC 5280 section 5.3).
    pub unknown_critical: Vec<String>,
    /// Whether any entry names a certificate issuer, which only an indirect CRL may (section 5.3.3).
    pub names_issuers: bool,
    pub(super) seal: Seal,
    /// Where an entry near the middle begins, counted from the first, so that two threads can share the entries.
    pub(super) middle: u64,
}

impl Scan {
    /// Whether `issuer`'s key made the CRL's signature.
    ///
    /// Does not check names, dates, or whether the key may sign CRLs. Always false for an algorithm that cannot
    /// be checked from a digest (Ed25519, Ed448): use [`signed_by`](super::signed_by) with the whole CRL.
    pub fn signed_by(&self, issuer: &Certificate) -> bool {
        self.check_signature(issuer) == Signature::Made
    }

    /// [`Scan::signed_by`], with the answer that it could not be checked.
    pub(crate) fn check_signature(&self, issuer: &Certificate) -> Signature {
        self.seal.verifies(&issuer.key, None)
    }

    /// The digest over the tbsCertList by the signature's hash; `None` for an algorithm without one, or with one
    /// that proves nothing any more (MD5).
    pub fn digest(&self) -> Option<&[u8]> {
        self.seal.digest.as_deref()
    }
}

/// Reads a DER CRL to its end and looks for all of `serials` on the way.
///
/// Memory does not depend on the CRL's length. Errors when the reader does, and when the CRL is malformed or
/// has a part above [`PART_LIMIT`]; then nothing may be concluded from it.
///
/// # Errors
/// When the stream breaks, the CRL is malformed, or has more entries of one number than are returned.
pub fn scan(mut reader: impl Read, serials: &Serials) -> Result<Scan, CrlError> {
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

/// The same over bytes available.
///
/// # Errors
/// Those of [`scan`], but for those of a stream.
pub fn scan_slice(bytes: &[u8], serials: &Serials) -> Result<Scan, CrlError> {
    run(bytes, serials, Hashing::Compute)
}

/// The entry at the start of `bytes`, and the bytes that it is; `None` if there is no entry.
#[inline]
pub(super) fn first_entry(bytes: &[u8]) -> Option<(RawEntry<'_>, &[u8])> {
    let (entry, length) = part::split(bytes).ok()?;
    Some((entry, bytes.get(..length)?))
}

/// Whether a pass computes the digest, the greater part of its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hashing {
    Compute,
    /// It is known already.
    Skip,
}

pub(super) fn run(bytes: &[u8], serials: &Serials, hashing: Hashing) -> Result<Scan, CrlError> {
    if hashing == Hashing::Compute
        && bytes.len() >= APART
        && thread::available_parallelism().is_ok_and(|cores| cores.get() > 1)
        && let Ok(head) = part::read_head(bytes)
    {
        return run_apart(bytes, serials, &head);
    }
    let mut scanner = Scanner::new(serials, hashing);
    go_over(&mut scanner, bytes)?;
    scanner.finish()
}

fn go_over(scanner: &mut Scanner<'_>, bytes: &[u8]) -> Result<(), CrlError> {
    let mut rest = bytes;
    loop {
        let window = rest.get(..WINDOW).unwrap_or(rest);
        let at_end = window.len() == rest.len();
        let used = scanner.feed(window, at_end)?;
        if at_end {
            return Ok(());
        }
        rest = rest.get(used..).unwrap_or_default();
    }
}

/// Hashes on one thread and searches on another. Searching takes a fifth of the time of hashing, so that it is
/// over long before, and has by then imported a mapped file into memory for both.
fn run_apart(bytes: &[u8], serials: &Serials, head: &Head) -> Result<Scan, CrlError> {
    let algorithm = bytes.get(head.algorithm.clone()).unwrap_or_default();
    if signature::hasher(algorithm).is_none() {
        return run(bytes, serials, Hashing::Skip);
    }
    let end = usize::try_from(head.signed_end).unwrap_or(usize::MAX);
    let signed = bytes.get(head.signed..end).unwrap_or_default();
    let given_up = AtomicBool::new(false);
    let hash = || {
        let mut hasher = signature::hasher(algorithm)?;
        for piece in signed.chunks(PIECE) {
            if given_up.load(Ordering::Relaxed) {
                break;
            }
            hasher.update(piece);
        }
        Some(hasher.finish())
    };
    let mut scanner = Scanner::new(serials, Hashing::Skip);
    let (searched, digest) = thread::scope(|threads| {
        let other = thread::Builder::new().spawn_scoped(threads, hash);
        let searched = go_over(&mut scanner, bytes);
        // A CRL that turns out to be malformed has no digest that anybody needs.
        given_up.store(searched.is_err(), Ordering::Relaxed);
        let digest = other.ok().map(|other| match other.join() {
            Ok(digest) => digest,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        (searched, digest)
    });
    searched?;
    // A system that has no more threads to give is no reason to give no answer.
    let digest = digest.unwrap_or_else(hash);
    scanner.finish_with(digest)
}
