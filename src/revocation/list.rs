//! A list whose bytes are at hand.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use openssl::error::ErrorStack;
use schemars::JsonSchema;
use serde::Serialize;

use super::entry::Entry;
use super::scan::{self, Hashing, PART_LIMIT, Scan};
use super::serials::{Serials, shortest};
use super::signature::Seal;
use crate::document::der::Malformed;
use crate::document::extension::IssuingDistributionPoint;
use crate::document::{HexBytes, Moment, Name, PublicKey, RevocationList, Sha256Digest};
use crate::input::Origin;

/// A revocation list: its header, and its entries as the bytes they are.
///
/// Remembers what was looked up and which keys were tried, so that many questions to one list cost one pass:
/// say them all beforehand with [`List::prepare`]. Nothing about it has been checked but its form.
pub struct List<'a> {
    bytes: Cow<'a, [u8]>,
    origin: Origin,
    header: RevocationList,
    signed: Range<usize>,
    entries: Range<usize>,
    signature: Range<usize>,
    memory: Mutex<Memory>,
}

/// What earlier passes found. Never larger than what was asked.
#[derive(Default)]
struct Memory {
    pass: Option<Pass>,
    hits: HashMap<Vec<u8>, Vec<Entry>>,
    verified: HashMap<Sha256Digest, bool>,
}

/// What every pass finds, whatever it looked for.
#[derive(Clone)]
pub(super) struct Pass {
    seal: Seal,
    /// Of all entries.
    pub(super) unknown_critical: Vec<String>,
    pub(super) names_issuers: bool,
}

/// Which list: enough to find it again and to see why another one is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ListId {
    /// Its place among the lists of the question, from 0.
    pub index: usize,
    /// Where it was read.
    pub origin: Origin,
    /// Who signed it, as it says.
    pub issuer: Name,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<HexBytes>,
    /// For a delta list: the number of the list it builds on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_number: Option<HexBytes>,
    /// When it was made.
    pub this_update: Moment,
    /// By when there will be a newer one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Moment>,
    /// Which certificates it answers for; absent means all of its issuer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuing_distribution_point: Option<IssuingDistributionPoint>,
}

/// A list that cannot be read; nothing may be concluded from what was seen of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The bytes are not what RFC 5280 section 5.1 defines.
    #[error(
        "the CRL is damaged: what stands at byte {offset} is not what RFC 5280 has there; fetch the list again"
    )]
    Malformed {
        /// The offset of the part with the fault.
        offset: u64,
    },
    /// The bytes end before the list does.
    #[error(
        "the CRL is cut off: {found} bytes are here, {}; fetch the list again",
        match expected { Some(expected) => format!("it says it has {expected}"), None => "too few for its first fields".to_owned() }
    )]
    Truncated {
        /// The length by the list's own header, where that much is here.
        expected: Option<u64>,
        /// The bytes there are.
        found: u64,
    },
    /// Bytes follow the list.
    #[error(
        "the CRL ends after {expected} bytes but more bytes follow; expected one list and nothing else"
    )]
    TrailingBytes {
        /// The length by the list's own header.
        expected: u64,
    },
    /// A part is longer than any sound list has it.
    #[error(
        "{part} at byte {offset} of the CRL is longer than {} bytes, which no sound list needs",
        PART_LIMIT
    )]
    TooLong {
        /// Which part.
        part: Part,
        /// Where it begins.
        offset: u64,
    },
    /// The signature algorithm inside the signed part differs from the one outside.
    #[error(
        "the CRL names one signature algorithm in its signed part and another outside it; they must be the same (RFC 5280 section 5.1.1.2)"
    )]
    AlgorithmMismatch,
    /// The signature is not a whole number of octets.
    #[error("the CRL's signature is not a whole number of octets, so that it cannot be one")]
    SignatureBits,
    /// One serial number has more entries than any sound list.
    #[error("the CRL has more than {limit} entries for one serial number, which no sound list has")]
    TooManyHits {
        /// The most entries for each number.
        limit: usize,
    },
    /// The reader failed.
    #[error("the CRL could not be read to its end")]
    Read(#[from] std::io::Error),
    /// The digest could not be computed.
    #[error("the digest over the CRL could not be computed")]
    Digest(#[from] ErrorStack),
}

/// A part of a list with a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything before the entries.
    Head,
    /// One entry.
    Entry,
    /// Everything after the entries.
    Tail,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Head => "the part before the entries",
            Part::Entry => "the entry",
            Part::Tail => "the part after the entries",
        })
    }
}

impl<'a> List<'a> {
    /// Reads a DER list that fills `bytes` exactly; borrowed bytes, such as a mapped file, are not copied.
    ///
    /// The entries are stepped over: a fault inside them shows when the list is first searched.
    pub fn read(bytes: impl Into<Cow<'a, [u8]>>, origin: Origin) -> Result<List<'a>, ListError> {
        let bytes = bytes.into();
        let (header, parts) = RevocationList::read_parts(&bytes)
            .map_err(|Malformed| ListError::Malformed { offset: 0 })?;
        // Checks what can be checked without a digest.
        Seal::new(&parts, None)?;
        let range = |part: &[u8]| {
            let start = (part.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
            match part.is_empty() {
                true => 0..0,
                false => start..start + part.len(),
            }
        };
        let (signed, entries) = (range(parts.signed), range(parts.entries));
        let signature = range(parts.signature.get(1..).unwrap_or_default());
        Ok(List {
            signed,
            entries,
            signature,
            header,
            origin,
            memory: Mutex::default(),
            bytes,
        })
    }

    /// What the list says about itself.
    pub fn header(&self) -> &RevocationList {
        &self.header
    }

    /// Where it was read.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The whole list's DER.
    pub fn der(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the tbsCertList, which is what was signed, stands in [`List::der`].
    pub fn signed_range(&self) -> Range<usize> {
        self.signed.clone()
    }

    /// Where the entries stand in [`List::der`], without the header around them; empty where there are none.
    pub fn entries_range(&self) -> Range<usize> {
        self.entries.clone()
    }

    /// The signature's octets.
    pub fn signature(&self) -> &[u8] {
        self.bytes.get(self.signature.clone()).unwrap_or_default()
    }

    /// How the list is called in an answer; `index` is its place among the lists of the question.
    pub fn id(&self, index: usize) -> ListId {
        ListId {
            index,
            origin: self.origin.clone(),
            issuer: self.header.issuer.clone(),
            number: self.header.number.clone(),
            base_number: self.header.base_number.clone(),
            this_update: self.header.this_update,
            next_update: self.header.next_update,
            issuing_distribution_point: self.header.issuing_distribution_point.clone(),
        }
    }

    /// One pass over the whole list; remembers nothing.
    pub fn scan(&self, serials: &Serials) -> Result<Scan, ListError> {
        scan::scan_slice(&self.bytes, serials)
    }

    /// Looks for many serial numbers in one pass and remembers what it finds, so that questions about them need
    /// no further pass. Numbers already known are not looked for again.
    pub fn prepare(&self, serials: &Serials) -> Result<(), ListError> {
        let mut memory = self.memory();
        let unknown = Serials::new(
            serials
                .iter()
                .filter(|serial| !memory.hits.contains_key(*serial)),
        );
        if unknown.is_empty() && memory.pass.is_some() {
            return Ok(());
        }
        let hashing = match memory.pass {
            Some(_) => Hashing::Skip,
            None => Hashing::Compute,
        };
        let scan = scan::run(&self.bytes, &unknown, hashing)?;
        for serial in unknown.iter() {
            memory.hits.insert(serial.to_vec(), Vec::new());
        }
        for hit in scan.hits {
            if let Some(hits) = memory.hits.get_mut(shortest(hit.serial.as_bytes())) {
                hits.push(hit);
            }
        }
        memory.pass.get_or_insert(Pass {
            seal: scan.seal,
            unknown_critical: scan.unknown_critical,
            names_issuers: scan.names_issuers,
        });
        Ok(())
    }

    /// The entries with this serial number, and what is known of all entries; by a pass where it must be.
    pub(super) fn look_up(&self, serial: &[u8]) -> Result<(Pass, Vec<Entry>), ListError> {
        self.prepare(&Serials::new([serial]))?;
        let memory = self.memory();
        let hits = memory.hits.get(shortest(serial));
        match (&memory.pass, hits) {
            (Some(pass), Some(hits)) => Ok((pass.clone(), hits.clone())),
            _ => Err(ListError::Malformed { offset: 0 }),
        }
    }

    /// Whether the key made the signature; a key is tried once.
    pub(super) fn verifies(&self, key: &PublicKey) -> bool {
        if self.prepare(&Serials::new([])).is_err() {
            return false;
        }
        let mut memory = self.memory();
        if let Some(known) = memory.verified.get(&key.spki_sha256) {
            return *known;
        }
        let signed = self.bytes.get(self.signed.clone());
        let verified = memory
            .pass
            .as_ref()
            .is_some_and(|pass| pass.seal.verifies(key, signed));
        memory.verified.insert(key.spki_sha256, verified);
        verified
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A panic elsewhere leaves at worst less remembered.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("origin", &self.origin)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}
