//! Look-ups in a CRL of any size without a pass over it.
//!
//! An index is a file beside the CRL: a header, one record of 8 bytes for each entry, and a directory that says
//! which records belong to which hash of a serial number. A look-up reads one slot of the directory and the
//! dozen records there, and then the entry itself in the CRL, where it compares the serial number: the CRL has
//! the last word on what it contains.
//!
//! # What is promised
//!
//! An index is made from a CRL whose pass has been made, and is bound to it by length and SHA-256. The header has
//! a SHA-256 of its own, and one of everything in the CRL but the entries; each bucket of records has a checksum
//! of 32 bits; each record has 16 bits over its entry. All that an answer rests on is checked before it is given,
//! each time: a changed bit in the index, in the CRL's header, in the entry that was found, or in an entry that
//! should have been found is an error (by chance it is missed once in 2³² in a bucket, once in 65,536 in the part
//! of an entry behind its serial number). [`SearchableCrl`](super::SearchableCrl) then forgets the index and makes a pass.
//!
//! These are checksums: they find what disks, crashes and mistakes do. They do not find deliberate
//! changes by someone who may write to the index and can compute them too, and could hide an entry, or vouch for a CRL that
//! was never signed. Only the permissions of the folder prevent that. The same is true of the CRL's bytes: a caller that
//! gives an index and a CRL to [`Index::read`] and [`SearchableCrl::indexed`](super::SearchableCrl::indexed) says that the CRL's
//! SHA-256 was that when it was put there, and it is not computed again.

mod build;
mod error;
mod hash;
mod layout;

#[cfg(test)]
pub(super) use build::build as build_in_rounds;
pub use error::{IndexError, IndexPart};

use std::fmt;
use std::io::Write;

use self::hash::Key;
use self::layout::{DIRECTORY_STEP, Header, RECORD, Record};
use super::crl::SearchableCrl;
use super::entry::RawEntry;
use super::scan;
use crate::document::{Sha256Digest, shortest};

/// The most records in one bucket. There are 16 on average, and with a hash that spreads them 60 are rarer than
/// once in a thousand million; serial numbers are given once.
const BUCKET_LIMIT: u32 = 1024;

/// How many bytes a processor fetches at once.
const LINE: usize = 64;

/// An index, as the bytes it is: usually a mapped file.
///
/// Give it to [`SearchableCrl::indexed`](super::SearchableCrl::indexed); the CRL then answers from it.
#[derive(Clone)]
pub struct Index<'a> {
    header: Header,
    key: Key,
    records: &'a [u8],
    directory: &'a [u8],
}

/// The records of the serial numbers whose hashes are near one another.
#[derive(Clone, Copy)]
struct Bucket<'a> {
    number: u32,
    /// Its first record, and the one behind its last.
    edges: (u32, u32),
    sum: u32,
    records: &'a [u8],
}

/// An entry that was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'l> {
    /// Where it begins, counted from the first entry.
    pub(super) offset: u32,
    pub(super) entry: RawEntry<'l>,
}

impl<'a> Index<'a> {
    /// Makes the index of a CRL and writes it to `out`, from its beginning to its end and in large chunks.
    ///
    /// Takes a pass over the CRL unless there was one, then one without the digest for every 5,000,000 entries; less than 64 MiB of
    /// memory for 25,000,000 entries. `list_sha256` is that of the whole CRL ([`SearchableCrl::der`]); it is believed. Does not
    /// check the CRL's signature: an index says what a CRL says.
    ///
    /// Errors when the CRL cannot be read to its end, when it is indirect, and when one serial number has very many
    /// entries: such CRLs are searched by [`SearchableCrl::scan`]. What was written until then is no index.
    ///
    /// # Errors
    /// When the CRL cannot be read to its end, cannot have an index, or `out` cannot be written.
    pub fn build(
        crl: &SearchableCrl<'_>,
        list_sha256: &Sha256Digest,
        mut out: impl Write,
    ) -> Result<(), IndexError> {
        build::build(crl, list_sha256, &mut out, build::ROUND)
    }

    /// The same with one pass for every 11,000,000 entries and more memory: about as much as the index takes, and less than
    /// 128 MiB for 30,000,000 entries. A caller that hashes the index while it is written needs no more than one that maps it
    /// afterwards.
    pub(crate) fn build_in_large_rounds(
        crl: &SearchableCrl<'_>,
        list_sha256: &Sha256Digest,
        mut out: impl Write,
    ) -> Result<(), IndexError> {
        build::build(crl, list_sha256, &mut out, build::LARGE_ROUND)
    }

    /// Reads an index and checks that it belongs to the CRL of this length and SHA-256.
    ///
    /// Costs microseconds whatever its size: the buckets are checked when they are used.
    ///
    /// # Errors
    /// When the index is damaged, or belongs to another CRL.
    pub fn read(
        bytes: &'a [u8],
        crl_length: u64,
        list_sha256: &Sha256Digest,
    ) -> Result<Index<'a>, IndexError> {
        let (header, length) = Header::read(bytes)?;
        let damaged = IndexError::Damaged {
            part: IndexPart::Header,
            offset: 0,
        };
        if (header.crl_length, header.list_sha256) != (crl_length, *list_sha256) {
            return Err(IndexError::OtherCrl {
                found: (header.crl_length, header.list_sha256),
                expected: (crl_length, *list_sha256),
            });
        }
        let rest = bytes.get(length..).unwrap_or_default();
        let parts = usize::try_from(header.entries)
            .ok()
            .and_then(|entries| entries.checked_mul(RECORD))
            .and_then(|records| rest.split_at_checked(records));
        match parts {
            Some((records, directory))
                if directory.len() as u64
                    == (u64::from(header.buckets) + 1) * DIRECTORY_STEP as u64 =>
            {
                Ok(Index {
                    key: Key::of(list_sha256),
                    header,
                    records,
                    directory,
                })
            }
            _ => Err(damaged),
        }
    }

    /// How many entries the CRL has.
    pub fn entries(&self) -> u64 {
        self.header.entries
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// The entries with each of these serial numbers, each with the number's index among them; those of one number in
    /// the CRL's order. `entries` are the bytes of all of the CRL's.
    ///
    /// A look-up waits for the memory three times in a row, for the directory, the records and the entry. Many wait
    /// together: each loop here first touches what the next one reads, at addresses that do not depend on one another.
    /// With a few dozen numbers that is three times as fast as one by one where the files are larger than the caches.
    pub(super) fn find<'l>(
        &self,
        entries: &'l [u8],
        serials: &[&[u8]],
        mut found: impl FnMut(usize, Found<'l>),
    ) -> Result<(), IndexError> {
        let mut touched = 0;
        let mut buckets = Vec::with_capacity(serials.len());
        for serial in serials {
            let hash = self.key.serial(shortest(serial));
            let bucket = self.bucket(bucket_of(hash, self.header.buckets))?;
            let lines = bucket.records.iter().step_by(LINE);
            lines
                .chain(bucket.records.last())
                .for_each(|line| touched ^= line);
            buckets.push((hash, bucket));
        }
        let mut candidates = Vec::with_capacity(serials.len());
        for (place, (hash, bucket)) in buckets.iter().enumerate() {
            let tag = tag_of(*hash);
            for record in self.intact(bucket)? {
                if record.tag == tag {
                    touched ^= entries.get(record.offset as usize).unwrap_or(&0);
                    candidates.push((place, *hash, record));
                }
            }
        }
        std::hint::black_box(touched);
        for (place, hash, record) in candidates {
            let serial = serials.get(place).copied().unwrap_or_default();
            if let Some(entry) = self.confirm(entries, record, hash, shortest(serial))? {
                let offset = record.offset;
                found(place, Found { offset, entry });
            }
        }
        Ok(())
    }

    /// A bucket and where the directory says it is.
    #[inline]
    fn bucket(&self, number: u32) -> Result<Bucket<'a>, IndexError> {
        let place = number as usize * DIRECTORY_STEP;
        let edges = self.directory.get(place..place + 2 * DIRECTORY_STEP);
        let bucket = edges.and_then(|edges| {
            let (start, sum) = layout::read_step(edges)?;
            let (end, _) = layout::read_step(edges.get(DIRECTORY_STEP..)?)?;
            if end.checked_sub(start)? > BUCKET_LIMIT {
                return None;
            }
            let records = self
                .records
                .get(start as usize * RECORD..end as usize * RECORD)?;
            Some(Bucket {
                number,
                edges: (start, end),
                sum,
                records,
            })
        });
        bucket.ok_or_else(|| self.damaged(number))
    }

    /// The records of a bucket, once its checksum holds.
    #[inline]
    fn intact(
        &self,
        bucket: &Bucket<'a>,
    ) -> Result<impl Iterator<Item = Record> + use<'a>, IndexError> {
        let Bucket {
            number,
            edges: (start, end),
            sum,
            records,
        } = *bucket;
        match self.key.bucket(u64::from(number), start, end, records) == sum {
            true => Ok(records.chunks_exact(RECORD).map(Record::read)),
            false => Err(self.damaged(number)),
        }
    }

    fn damaged(&self, bucket: u32) -> IndexError {
        let place = bucket as usize * DIRECTORY_STEP;
        IndexError::Damaged {
            part: IndexPart::Bucket,
            offset: (self.header.length() + self.records.len() + place) as u64,
        }
    }

    /// The entry that a record refers to, if it has this serial number of this hash; once it is the one that the
    /// record was made from.
    #[inline]
    fn confirm<'l>(
        &self,
        entries: &'l [u8],
        record: Record,
        hash: u64,
        serial: &[u8],
    ) -> Result<Option<RawEntry<'l>>, IndexError> {
        let rest = entries.get(record.offset as usize..).unwrap_or_default();
        let confirmed = scan::first_entry(rest).and_then(|(entry, whole)| {
            let own = shortest(entry.serial);
            let wanted = own == serial;
            let belongs = wanted || {
                let own = self.key.serial(own);
                bucket_of(own, self.header.buckets) == bucket_of(hash, self.header.buckets)
                    && tag_of(own) == record.tag
            };
            let intact = belongs && self.key.entry(whole) == record.check;
            intact.then_some(Some(entry).filter(|_| wanted))
        });
        confirmed.ok_or_else(|| IndexError::CrlChanged {
            offset: self.header.entries_start + u64::from(record.offset),
        })
    }
}

impl fmt::Debug for Index<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index")
            .field("list_sha256", &self.header.list_sha256)
            .field("entries", &self.header.entries)
            .finish_non_exhaustive()
    }
}

/// Where a hash belongs: the buckets divide the range of hashes evenly.
#[inline]
fn bucket_of(hash: u64, buckets: u32) -> u32 {
    // Less than 2⁶⁴ times `buckets`, over 2⁶⁴: less than `buckets`.
    ((u128::from(hash) * u128::from(buckets)) >> 64) as u32
}

/// What tells the hashes of one bucket apart: the low bits, on which the bucket does not depend.
#[inline]
fn tag_of(hash: u64) -> u16 {
    hash as u16
}
