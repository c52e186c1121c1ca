//! The pass itself, fed with windows of the CRL.

use super::part::{Step, read_head, split};
use super::{HITS_PER_SERIAL, Hashing, OIDS_KEPT, PART_LIMIT, Scan};
use crate::document::crl::read_time;
use crate::document::{Crl, Hasher, der};
use crate::revocation::crl::{CrlError, Part};
use crate::revocation::entry::{CERTIFICATE_ISSUER, Entry, RawEntry};
use crate::revocation::serials::Serials;
use crate::revocation::signature::{self, Seal};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Head,
    /// Bytes of entries still to come.
    Entries(u64),
    /// Bytes of the tbsCertList, and of the CRL, still to come.
    Tail(u64, u64),
    Done,
}

pub(super) struct Scanner<'s> {
    serials: &'s Serials,
    hashing: Hashing,
    stage: Stage,
    hasher: Option<Hasher>,
    /// How many bytes were consumed.
    offset: u64,
    /// How long the CRL says it is.
    length: u64,
    /// Where its tbsCertList and its entries end.
    signed_end: u64,
    entries_length: u64,
    entries_end: u64,
    /// The fields of the tbsCertList before the entries.
    head: Vec<u8>,
    /// Everything after the entries.
    tail: Vec<u8>,
    /// The value of the certificateIssuer extension in force.
    issuer: Option<Vec<u8>>,
    entries_seen: u64,
    /// Where an entry near the middle begins, counted from the first.
    middle: u64,
    hits: Vec<Entry>,
    unknown_critical: Vec<String>,
}

const SEQUENCE: u8 = 0x30;
const EXTENSIONS: u8 = 0xa0;

impl<'s> Scanner<'s> {
    pub(super) fn new(serials: &'s Serials, hashing: Hashing) -> Scanner<'s> {
        Scanner {
            serials,
            hashing,
            stage: Stage::Head,
            hasher: None,
            offset: 0,
            length: 0,
            signed_end: 0,
            entries_length: 0,
            entries_end: 0,
            head: Vec::new(),
            tail: Vec::new(),
            issuer: None,
            entries_seen: 0,
            middle: 0,
            hits: Vec::new(),
            unknown_critical: Vec::new(),
        }
    }

    /// Takes in as many whole parts as `window` has and returns how many bytes they are.
    pub(super) fn feed(&mut self, window: &[u8], at_end: bool) -> Result<usize, CrlError> {
        let mut used = 0;
        loop {
            let rest = window.get(used..).unwrap_or_default();
            let before = self.stage;
            let step = match self.stage {
                Stage::Head => self.take_head(rest)?,
                Stage::Entries(left) => self.take_entries(rest, left)?,
                Stage::Tail(signed, left) => self.take_tail(rest, signed, left)?,
                Stage::Done if rest.is_empty() => return Ok(used),
                Stage::Done => {
                    return Err(CrlError::TrailingBytes {
                        expected: self.length,
                    });
                }
            };
            used += step;
            self.offset += step as u64;
            if self.stage == before {
                if at_end {
                    return Err(CrlError::Truncated {
                        expected: (self.length > 0).then_some(self.length),
                        found: self.offset + (window.len() - used) as u64,
                    });
                }
                return Ok(used);
            }
        }
    }

    fn malformed(&self, position: usize) -> CrlError {
        CrlError::Malformed {
            offset: self.offset + position as u64,
        }
    }

    /// From the first byte to the first entry, or to where the entries would be.
    fn take_head(&mut self, bytes: &[u8]) -> Result<usize, CrlError> {
        match read_head(bytes) {
            Err(Step::More) if bytes.len() >= PART_LIMIT => Err(CrlError::TooLong {
                part: Part::Head,
                offset: 0,
            }),
            Err(Step::More) => Ok(0),
            Err(Step::Malformed(position)) => Err(self.malformed(position)),
            Ok(head) => {
                self.length = head.length;
                self.signed_end = head.signed_end;
                self.entries_length = head.entries_length;
                self.entries_end = head.end as u64 + head.entries_length;
                self.head = bytes
                    .get(head.fields..head.fields_end)
                    .unwrap_or_default()
                    .to_vec();
                let algorithm = bytes.get(head.algorithm).unwrap_or_default();
                if self.hashing == Hashing::Compute {
                    self.hasher = signature::hasher(algorithm);
                }
                self.hash(bytes.get(head.signed..head.end).unwrap_or_default());
                self.stage = Stage::Entries(head.entries_length);
                Ok(head.end)
            }
        }
    }

    fn take_entries(&mut self, bytes: &[u8], left: u64) -> Result<usize, CrlError> {
        let whole = usize::try_from(left)
            .ok()
            .and_then(|left| bytes.get(..left));
        let bytes = whole.unwrap_or(bytes);
        let mut position = 0;
        while let Some(rest) = bytes.get(position..).filter(|rest| !rest.is_empty()) {
            match split(rest) {
                Ok((entry, length)) => {
                    self.look_at(&entry, position)?;
                    position += length;
                }
                Err(Step::More) if whole.is_some() => return Err(self.malformed(position)),
                Err(Step::More) if rest.len() >= PART_LIMIT => {
                    return Err(CrlError::TooLong {
                        part: Part::Entry,
                        offset: self.offset + position as u64,
                    });
                }
                Err(Step::More) => break,
                Err(Step::Malformed(at)) => return Err(self.malformed(position + at)),
            }
        }
        self.hash(bytes.get(..position).unwrap_or_default());
        // The first window that ends in the second half ends at an entry, near enough to the middle.
        let taken = self.entries_length - left + position as u64;
        if self.middle == 0 && taken >= self.entries_length / 2 {
            self.middle = taken;
        }
        self.stage = match left - position as u64 {
            0 => Stage::Tail(
                self.signed_end - self.entries_end,
                self.length - self.entries_end,
            ),
            left => Stage::Entries(left),
        };
        // A stage that stays as it is means "more bytes, please"; entries that were consumed change what is left.
        Ok(position)
    }

    #[inline]
    fn look_at(&mut self, raw: &RawEntry<'_>, position: usize) -> Result<(), CrlError> {
        self.entries_seen += 1;
        if !raw.has_usual_time() {
            read_time(raw.time).map_err(|der::Malformed| self.malformed(position))?;
        }
        if !raw.has_at_most_a_reason() {
            self.look_at_extensions(raw)
                .map_err(|der::Malformed| self.malformed(position))?;
        }
        if self.serials.has(raw.serial) {
            if self.hits.len() >= HITS_PER_SERIAL.saturating_mul(self.serials.len()) {
                return Err(CrlError::TooManyHits {
                    limit: HITS_PER_SERIAL,
                });
            }
            let hit = raw
                .read(self.issuer.as_deref())
                .map_err(|der::Malformed| self.malformed(position))?;
            self.hits.push(hit);
        }
        Ok(())
    }

    #[cold]
    fn look_at_extensions(&mut self, raw: &RawEntry<'_>) -> Result<(), der::Malformed> {
        for extension in raw.extensions() {
            let extension = extension?;
            if extension.oid == CERTIFICATE_ISSUER {
                let issuer = self.issuer.get_or_insert_default();
                issuer.clear();
                issuer.extend_from_slice(extension.value);
            } else if extension.is_unknown_critical() && self.unknown_critical.len() < OIDS_KEPT {
                let oid = extension.dotted();
                if !self.unknown_critical.contains(&oid) {
                    self.unknown_critical.push(oid);
                }
            }
        }
        Ok(())
    }

    /// Everything after the entries, at once.
    fn take_tail(&mut self, bytes: &[u8], signed: u64, left: u64) -> Result<usize, CrlError> {
        let Some(left) = usize::try_from(left)
            .ok()
            .filter(|left| *left <= PART_LIMIT)
        else {
            return Err(CrlError::TooLong {
                part: Part::Tail,
                offset: self.offset,
            });
        };
        let Some(tail) = bytes.get(..left) else {
            return Ok(0);
        };
        let signed = usize::try_from(signed).unwrap_or(left).min(left);
        self.hash(tail.get(..signed).unwrap_or_default());
        self.tail = tail.to_vec();
        self.stage = Stage::Done;
        Ok(left)
    }

    fn hash(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
    }

    /// What was found, with the digest that was computed on the way.
    pub(super) fn finish(mut self) -> Result<Scan, CrlError> {
        let digest = self.hasher.take().map(Hasher::finish);
        self.finish_with(digest)
    }

    /// What was found, with a digest that was computed elsewhere.
    pub(super) fn finish_with(self, digest: Option<Vec<u8>>) -> Result<Scan, CrlError> {
        let signed = usize::try_from(self.signed_end - self.entries_end).unwrap_or(0);
        let (extensions, after) = self.tail.split_at_checked(signed).unwrap_or_default();
        // Nothing but crlExtensions may follow the entries. Once the entries are left out, a second sequence of entries
        // or a second nextUpdate would be where the first one may be.
        if !matches!(extensions, [] | [EXTENSIONS, ..]) {
            return Err(CrlError::Malformed {
                offset: self.entries_end,
            });
        }
        // The CRL as it would be without its entries: short, and read by the code that reads every header.
        let tbs = der::wrap(SEQUENCE, &[&self.head, extensions].concat());
        let short = der::wrap(SEQUENCE, &[&tbs, after].concat());
        let tail_offset = self.entries_end;
        let (mut header, parts) =
            Crl::read_parts(&short).map_err(|misread| match CrlError::from(misread) {
                CrlError::Malformed { .. } => CrlError::Malformed {
                    offset: tail_offset,
                },
                other => other,
            })?;
        header.length = usize::try_from(self.length).unwrap_or(usize::MAX);
        header.entries_length = usize::try_from(self.entries_length).unwrap_or(usize::MAX);
        Ok(Scan {
            seal: Seal::new(&parts, digest)?,
            header,
            entries_seen: self.entries_seen,
            middle: self.middle,
            hits: self.hits,
            unknown_critical: self.unknown_critical,
            names_issuers: self.issuer.is_some(),
        })
    }
}
