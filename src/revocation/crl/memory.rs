//! What a CRL remembers, and how it is asked.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread;

use super::{CrlError, SearchableCrl};
use crate::decode::crypto::Signature;
use crate::document::crl::Parts;
use crate::document::der::Malformed;
use crate::document::{Crl, PublicKey, Serial, Sha256Digest};
use crate::revocation::entry::Entry;
use crate::revocation::index::{Index, IndexError};
use crate::revocation::scan::{self, HITS_PER_SERIAL, Hashing, Scan};
use crate::revocation::serials::Serials;
use crate::revocation::signature::Seal;

/// How many look-ups go side by side: as many as a processor can wait for, and what they read still fits into
/// its first-level cache.
const AT_ONCE: usize = 32;

/// How many serial numbers are remembered: a service asks for ever, and what it asked before is forgotten.
const REMEMBERED: usize = 65_536;

/// How many look-ups a further thread is worth: they take about a millisecond, and starting it some twentieth of one.
const APART: usize = 4096;

/// What earlier passes found. Never larger than what was asked.
#[derive(Default)]
pub(super) struct Memory {
    pass: Option<Pass>,
    hits: HashMap<Vec<u8>, Vec<Entry>>,
    verified: HashMap<Sha256Digest, Signature>,
}

/// What every pass finds, whatever it looked for.
#[derive(Clone)]
pub(in crate::revocation) struct Pass {
    seal: Seal,
    /// How many there are.
    pub(in crate::revocation) entries: u64,
    /// Where one of them begins near the middle, counted from the first; 0 where none is known.
    pub(in crate::revocation) middle: u64,
    /// Of all entries.
    pub(in crate::revocation) unknown_critical: Vec<String>,
    pub(in crate::revocation) names_issuers: bool,
}

impl Pass {
    fn of(scan: &Scan) -> Pass {
        Pass {
            seal: scan.seal.clone(),
            entries: scan.entries_seen,
            middle: scan.middle,
            unknown_critical: scan.unknown_critical.clone(),
            names_issuers: scan.names_issuers,
        }
    }

    /// The digest over the tbsCertList, where the signature's algorithm has one that counts.
    pub(in crate::revocation) fn digest(&self) -> Option<&[u8]> {
        self.seal.digest.as_deref()
    }
}

impl Memory {
    /// What a pass would have found, as the index says.
    pub(super) fn of(crl: &SearchableCrl<'_>, index: &Index<'_>) -> Result<Memory, CrlError> {
        let (_, parts): (_, Parts<'_>) = Crl::read_parts(&crl.bytes)?;
        let pass = Pass {
            seal: Seal::new(&parts, index.header().digest.clone())?,
            entries: index.entries(),
            middle: 0,
            unknown_critical: index.header().unknown_critical.clone(),
            names_issuers: false,
        };
        Ok(Memory {
            pass: Some(pass),
            ..Memory::default()
        })
    }
}

impl SearchableCrl<'_> {
    /// Looks for all of the serial numbers: in the index where there is one, else by one pass over the whole CRL,
    /// hashing and searching side by side where it is large.
    ///
    /// Remembers no entries; the digest is computed in the first pass only. What [`scan_slice`](scan::scan_slice)
    /// does, it does over these bytes each time.
    ///
    /// # Errors
    /// When the CRL cannot be read to its end, or has more entries of one number than are returned.
    pub fn scan(&self, serials: &Serials) -> Result<Scan, CrlError> {
        if let Some(index) = self.index_in_use() {
            match self.by_index(index, serials) {
                Ok(hits) => return Ok(self.pass()?.scan(self, hits)),
                Err(IndexError::SearchableCrl(error)) => return Err(error),
                Err(damage) => self.distrust(&mut self.memory(), damage),
            }
        }
        let known = self.memory().pass.clone();
        let mut scan = scan::run(&self.bytes, serials, hashing(known.as_ref()))?;
        match known {
            Some(pass) => scan.seal = pass.seal,
            None => self.memory().pass = Some(Pass::of(&scan)),
        }
        Ok(scan)
    }

    /// The entries with this serial number, in the CRL's order.
    ///
    /// A look-up where the CRL has an index. Without one it takes a pass, unless the number is one of those that
    /// [`SearchableCrl::prepare`] was given. In an indirect CRL the number alone does not say whose certificate is meant.
    ///
    /// # Errors
    /// Those of [`SearchableCrl::scan`].
    pub fn entries_of(&self, serial: &Serial) -> Result<Vec<Entry>, CrlError> {
        let entries = self.each_of(&[serial.as_octets()])?;
        Ok(entries.into_iter().next().unwrap_or_default())
    }

    /// The entries with each of these serial numbers, for each one in the CRL's order.
    ///
    /// Many at once are look-ups at several times the speed where the CRL has an index, and one pass where it has
    /// none.
    ///
    /// # Errors
    /// Those of [`SearchableCrl::scan`].
    pub fn entries_of_each<'s>(
        &self,
        serials: impl IntoIterator<Item = &'s Serial>,
    ) -> Result<Vec<Vec<Entry>>, CrlError> {
        let octets: Vec<&[u8]> = serials.into_iter().map(Serial::as_octets).collect();
        self.each_of(&octets)
    }

    fn each_of(&self, serials: &[&[u8]]) -> Result<Vec<Vec<Entry>>, CrlError> {
        if let Some(index) = self.index_in_use() {
            let asked = side_by_side(serials, |serials| {
                let mut entries: Vec<Vec<Entry>> = vec![Vec::new(); serials.len()];
                self.each_by_index(index, serials, |place, _, entry| {
                    if let Some(entries) = entries.get_mut(place) {
                        // Nearly every number has one entry at most; room for four would have to be written to memory.
                        entries.reserve_exact(1);
                        entries.push(entry);
                    }
                })?;
                Ok(entries)
            });
            match asked {
                Ok(entries) => {
                    let most = entries.iter().map(Vec::len).max();
                    check_count(most.unwrap_or(0), 1)?;
                    return Ok(entries);
                }
                Err(IndexError::SearchableCrl(error)) => return Err(error),
                Err(damage) => self.distrust(&mut self.memory(), damage),
            }
        }
        self.prepare(&Serials::of(serials.iter().copied()))?;
        serials
            .iter()
            .map(|serial| {
                self.look_up(&Serial::from_octets(serial))
                    .map(|(_, hits)| hits)
            })
            .collect()
    }

    /// Looks for many serial numbers at once and remembers what it finds, so that questions about them need no
    /// further pass. Numbers already known are not looked for again.
    ///
    /// # Errors
    /// Those of [`SearchableCrl::scan`].
    pub fn prepare(&self, serials: &Serials) -> Result<(), CrlError> {
        self.prepare_in(&mut self.memory(), serials)
    }

    fn prepare_in(&self, memory: &mut Memory, serials: &Serials) -> Result<(), CrlError> {
        let mut unknown = memory.unknown(serials);
        if unknown.is_empty() && memory.pass.is_some() {
            return Ok(());
        }
        if let Some(index) = self.index_in_use() {
            match self.by_index(index, &unknown) {
                Ok(hits) => {
                    memory.remember(&unknown, hits);
                    return Ok(());
                }
                Err(IndexError::SearchableCrl(error)) => return Err(error),
                Err(damage) => {
                    self.distrust(memory, damage);
                    unknown = memory.unknown(serials);
                }
            }
        }
        let scan = scan::run(&self.bytes, &unknown, hashing(memory.pass.as_ref()))?;
        let pass = Pass::of(&scan);
        memory.pass.get_or_insert(pass);
        memory.remember(&unknown, scan.hits);
        Ok(())
    }

    /// The entries with this serial number, and what is known of all entries; by a pass where it must be.
    pub(in crate::revocation) fn look_up(
        &self,
        serial: &Serial,
    ) -> Result<(Pass, Vec<Entry>), CrlError> {
        let known = |memory: &Memory| {
            let hits = memory.hits.get(serial.as_octets())?;
            Some((memory.pass.clone()?, hits.clone()))
        };
        let mut memory = self.memory();
        if let Some(known) = known(&memory) {
            return Ok(known);
        }
        self.prepare_in(&mut memory, &Serials::new([serial]))?;
        known(&memory).ok_or(CrlError::Malformed { offset: 0 })
    }

    /// What is known of all entries; by a pass where it must be.
    pub(in crate::revocation) fn pass(&self) -> Result<Pass, CrlError> {
        let known = || self.memory().pass.clone();
        if let Some(pass) = known() {
            return Ok(pass);
        }
        self.prepare(&Serials::new([]))?;
        known().ok_or(CrlError::Malformed { offset: 0 })
    }

    /// Whether the key made the signature; a key is tried once.
    pub(in crate::revocation) fn verifies(&self, key: &PublicKey) -> Signature {
        if self.pass().is_err() {
            return Signature::NotMade;
        }
        let mut memory = self.memory();
        if let Some(known) = memory.verified.get(&key.spki_sha256) {
            return *known;
        }
        let signed = self.bytes.get(self.signed.clone());
        let verified = memory
            .pass
            .as_ref()
            .map_or(Signature::NotMade, |pass| pass.seal.verifies(key, signed));
        if verified != Signature::Unchecked {
            memory.verified.insert(key.spki_sha256, verified);
        }
        verified
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A panic elsewhere leaves at worst less remembered.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_in_use(&self) -> Option<&Index<'_>> {
        self.index.as_ref().filter(|_| self.fault.get().is_none())
    }

    /// Forgets the index and everything that may have come from it.
    fn distrust(&self, memory: &mut Memory, damage: IndexError) {
        // Another thread may have found the same first.
        if self.fault.set(Arc::new(damage)).is_ok() {
            *memory = Memory::default();
        }
    }

    /// What a pass would find, in the CRL's order, and with its limit.
    fn by_index(&self, index: &Index<'_>, serials: &Serials) -> Result<Vec<Entry>, IndexError> {
        let serials: Vec<&[u8]> = serials.iter().collect();
        let mut hits = side_by_side(&serials, |serials| {
            let mut hits = Vec::new();
            self.each_by_index(index, serials, |_, found, entry| hits.push((found, entry)))?;
            Ok(hits)
        })?;
        check_count(hits.len(), serials.len())?;
        hits.sort_by_key(|(offset, _)| *offset);
        Ok(hits.into_iter().map(|(_, entry)| entry).collect())
    }

    /// Every entry with one of these serial numbers: the number's index among them, the entry's offset, the entry.
    fn each_by_index(
        &self,
        index: &Index<'_>,
        serials: &[&[u8]],
        mut each: impl FnMut(usize, u32, Entry),
    ) -> Result<(), IndexError> {
        let entries = self.bytes.get(self.entries.clone()).unwrap_or_default();
        for (group, serials) in serials.chunks(AT_ONCE).enumerate() {
            let mut malformed = None;
            index.find(entries, serials, |place, found| {
                // An index is never of an indirect CRL: no entry depends on another.
                match found.entry.read(None) {
                    Ok(entry) => each(group * AT_ONCE + place, found.offset, entry),
                    Err(Malformed) => malformed = Some(found.offset),
                }
            })?;
            if let Some(offset) = malformed {
                return Err(IndexError::SearchableCrl(CrlError::Malformed {
                    offset: self.entries.start as u64 + u64::from(offset),
                }));
            }
        }
        Ok(())
    }
}

impl Memory {
    fn unknown(&self, serials: &Serials) -> Serials {
        let unknown = |serial: &&[u8]| !self.hits.contains_key(*serial);
        Serials::of(serials.iter().filter(unknown))
    }

    fn remember(&mut self, asked: &Serials, hits: Vec<Entry>) {
        if self.hits.len() >= REMEMBERED {
            self.hits = HashMap::new();
        }
        for serial in asked.iter() {
            self.hits.insert(serial.to_vec(), Vec::new());
        }
        for hit in hits {
            if let Some(hits) = self.hits.get_mut(hit.serial.as_octets()) {
                hits.push(hit);
            }
        }
    }
}

impl Pass {
    fn scan(self, crl: &SearchableCrl<'_>, hits: Vec<Entry>) -> Scan {
        Scan {
            header: crl.header.clone(),
            entries_seen: self.entries,
            middle: self.middle,
            hits,
            unknown_critical: self.unknown_critical,
            names_issuers: self.names_issuers,
            seal: self.seal,
        }
    }
}

/// What `work` makes of the serial numbers, in their order; on every core where there are many.
///
/// On threads of its own: a pool's thread that waits for the others takes up other work, and that may ask the same CRL,
/// whose memory is locked.
fn side_by_side<T: Send>(
    serials: &[&[u8]],
    work: impl Fn(&[&[u8]]) -> Result<Vec<T>, IndexError> + Sync,
) -> Result<Vec<T>, IndexError> {
    if serials.len() < 2 * APART {
        return work(serials);
    }
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = serials.len().div_ceil(cores).max(APART);
    let (own, others) = serials.split_at_checked(share).unwrap_or((serials, &[]));
    thread::scope(|threads| {
        let others: Vec<_> = others
            .chunks(share)
            .map(|serials| {
                let other = thread::Builder::new().spawn_scoped(threads, || work(serials));
                (serials, other)
            })
            .collect();
        let mut all = work(own)?;
        for (serials, other) in others {
            let part = match other.map(thread::ScopedJoinHandle::join) {
                Ok(Ok(part)) => part,
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                // A system that has no more threads to give is no reason to give no answer.
                Err(_) => work(serials),
            };
            all.extend(part?);
        }
        Ok(all)
    })
}

fn hashing(known: Option<&Pass>) -> Hashing {
    match known {
        Some(_) => Hashing::Skip,
        None => Hashing::Compute,
    }
}

fn check_count(hits: usize, serials: usize) -> Result<(), CrlError> {
    match hits > HITS_PER_SERIAL.saturating_mul(serials) {
        true => Err(CrlError::TooManyHits {
            limit: HITS_PER_SERIAL,
        }),
        false => Ok(()),
    }
}
