//! Making an index.
//!
//! The entries are counted bucket by bucket, and then put where they belong: no sorting, nothing on the disk in between, and
//! as much memory as one round of records takes. Tried and rejected: records scattered over temporary files and
//! sorted part by part, which writes and reads every record twice.

use std::io::Write;
use std::ops::Range;

use super::error::IndexError;
use super::hash::Key;
use super::layout::{DIRECTORY_STEP, Header, RECORD, Record};
use super::{BUCKET_LIMIT, bucket_of, tag_of};
use crate::document::{Sha256Digest, shortest};
use crate::revocation::crl::{CrlError, SearchableCrl};
use crate::revocation::scan;

/// How many records are in memory at a time: 40 MiB. With the counts and the directory that stays below 64 MiB for
/// 10,000,000 entries and more.
const ROUND: u64 = 5 * 1024 * 1024;

/// Records on average in a bucket: two or three cache lines.
const PER_BUCKET: u64 = 16;

/// Below this many entries a second thread costs more than it saves.
const ALONE: u64 = 20_000;

/// How many entries are parsed before they are put in their buckets.
const BATCH: usize = 256;

/// What is written at a time.
const PIECE: usize = 256 * 1024;

pub(super) fn build(
    crl: &SearchableCrl<'_>,
    list_sha256: &Sha256Digest,
    out: &mut impl Write,
) -> Result<(), IndexError> {
    build_in_rounds(crl, list_sha256, out, ROUND)
}

/// The same with so many records in memory at a time, which makes no difference to what is written.
pub(in crate::revocation) fn build_in_rounds(
    crl: &SearchableCrl<'_>,
    list_sha256: &Sha256Digest,
    out: &mut impl Write,
    round: u64,
) -> Result<(), IndexError> {
    let pass = crl.pass()?;
    if pass.names_issuers {
        return Err(IndexError::Indirect);
    }
    let range = crl.entries_range();
    let header = Header {
        crl_length: crl.der().len() as u64,
        list_sha256: *list_sha256,
        entries: pass.entries,
        entries_start: range.start as u64,
        entries_length: range.len() as u64,
        // A CRL has fewer than 2³² bytes, and so has it entries.
        buckets: u32::try_from(pass.entries / PER_BUCKET).unwrap_or(u32::MAX - 1) + 1,
        frame_sha256: crl.frame_sha256(),
        digest: pass.digest().map(<[u8]>::to_vec),
        unknown_critical: pass.unknown_critical,
    };
    let entries = crl.der().get(range.clone()).unwrap_or_default();
    let half = |bytes, start| Half {
        bytes,
        start,
        crl_start: range.start as u64,
        key: Key::of(list_sha256),
        buckets: header.buckets,
    };
    let middle = usize::try_from(pass.middle).unwrap_or(0);
    let (first, second) = entries.split_at_checked(middle).unwrap_or((entries, &[]));
    let halves = [half(first, 0), half(second, first.len())];
    let side_by_side = pass.entries >= ALONE;
    let counts = both(&halves, side_by_side, |half, _| half.count())?;
    let most = sums(&counts).max().unwrap_or(0);
    if most > BUCKET_LIMIT {
        return Err(IndexError::TooManyAlike {
            limit: BUCKET_LIMIT,
        });
    }
    out.write_all(&header.write())?;
    let mut writer = Writer {
        out,
        key: Key::of(list_sha256),
        piece: Vec::with_capacity(PIECE + BUCKET_LIMIT as usize * RECORD),
        directory: Vec::with_capacity((header.buckets as usize + 1) * DIRECTORY_STEP),
        written: 0,
    };
    for round in rounds(&counts, round) {
        let records = both(&halves, side_by_side, |half, place| {
            let counts = counts.get(place).map_or(&[][..], Vec::as_slice);
            half.place(counts_of(counts, &round), round.clone())
        })?;
        writer.put(&counts, round, &records)?;
    }
    writer.finish()
}

/// The same for both halves of the entries, on two threads where there is enough to do.
fn both<T: Send>(
    halves: &[Half<'_>; 2],
    side_by_side: bool,
    work: impl Fn(&Half<'_>, usize) -> Result<T, IndexError> + Sync,
) -> Result<[T; 2], IndexError> {
    let [one, two] = halves;
    let (one, two) = match side_by_side {
        true => rayon::join(|| work(one, 0), || work(two, 1)),
        false => (work(one, 0), work(two, 1)),
    };
    Ok([one?, two?])
}

/// How many entries each bucket gets from one half.
type Counts = Vec<u32>;

/// The bytes of one half of the CRL's entries, and where these go. A thread takes a half, so that no entry is
/// looked at twice in a round; of each bucket the first half's records come first, which is the CRL's order.
struct Half<'a> {
    bytes: &'a [u8],
    /// Where they begin, counted from the first entry.
    start: usize,
    /// Where the first entry begins in the CRL.
    crl_start: u64,
    key: Key,
    buckets: u32,
}

impl Half<'_> {
    fn count(&self) -> Result<Counts, IndexError> {
        let mut counts = vec![0u32; self.buckets as usize];
        let all = 0..self.buckets;
        self.walk(
            all,
            |_, _, _| 0,
            |items| {
                for (bucket, _) in items {
                    if let Some(count) = counts.get_mut(*bucket as usize) {
                        *count += 1;
                    }
                }
            },
        )?;
        Ok(counts)
    }

    /// The records of these buckets, one bucket behind the other, each in the CRL's order.
    fn place(&self, counts: &[u32], buckets: Range<u32>) -> Result<Vec<u64>, IndexError> {
        let mut total = 0u32;
        let mut next: Vec<u32> = counts
            .iter()
            .map(|count| {
                let first = total;
                total += count;
                first
            })
            .collect();
        let mut records = vec![0u64; total as usize];
        let record = |hash, entry: &[u8], offset: usize| {
            let record = Record {
                offset: offset as u32,
                tag: tag_of(hash),
                check: self.key.entry(entry),
            };
            record.packed()
        };
        self.walk(buckets, record, |items| {
            for (bucket, record) in items {
                let Some(next) = next.get_mut(*bucket as usize) else {
                    continue;
                };
                if let Some(place) = records.get_mut(*next as usize) {
                    *place = *record;
                    *next += 1;
                }
            }
        })?;
        Ok(records)
    }

    /// Every entry that falls into these buckets: its bucket, counted from the first of them, and what `item` makes of
    /// its serial number's hash, its bytes and its offset.
    ///
    /// `take` gets many at once: where they go is all over the memory, and a processor waits for many addresses
    /// at a time if nothing else comes in between. One by one this took twice as long.
    #[inline]
    fn walk(
        &self,
        buckets: Range<u32>,
        item: impl Fn(u64, &[u8], usize) -> u64,
        mut take: impl FnMut(&[(u32, u64)]),
    ) -> Result<(), IndexError> {
        let mut items = Vec::with_capacity(BATCH);
        let mut offset = 0;
        while let Some(rest) = self.bytes.get(offset..).filter(|rest| !rest.is_empty()) {
            let Some((entry, whole)) = scan::first_entry(rest) else {
                return Err(IndexError::SearchableCrl(CrlError::Malformed {
                    offset: self.crl_start + (self.start + offset) as u64,
                }));
            };
            let hash = self.key.serial(shortest(entry.serial));
            let bucket = bucket_of(hash, self.buckets);
            if buckets.contains(&bucket) {
                let item = item(hash, whole, self.start + offset);
                items.push((bucket - buckets.start, item));
                if items.len() == BATCH {
                    take(&items);
                    items.clear();
                }
            }
            offset += whole.len();
        }
        take(&items);
        Ok(())
    }
}

/// How many records each bucket gets.
fn sums(counts: &[Counts; 2]) -> impl Iterator<Item = u32> {
    let [one, two] = counts;
    one.iter().zip(two).map(|(one, two)| one + two)
}

/// Ranges of buckets with as many records as fit into memory.
fn rounds(counts: &[Counts; 2], limit: u64) -> Vec<Range<u32>> {
    let (mut rounds, mut start, mut end, mut records) = (Vec::new(), 0, 0, 0);
    for count in sums(counts).map(u64::from) {
        if records + count > limit {
            rounds.push(start..end);
            (start, records) = (end, 0);
        }
        records += count;
        end += 1;
    }
    rounds.push(start..end);
    rounds
}

fn counts_of<'c>(counts: &'c [u32], buckets: &Range<u32>) -> &'c [u32] {
    counts
        .get(buckets.start as usize..buckets.end as usize)
        .unwrap_or_default()
}

/// Writes buckets in their order, and the directory behind them.
struct Writer<'w, W> {
    out: &'w mut W,
    key: Key,
    piece: Vec<u8>,
    directory: Vec<u8>,
    /// Records so far.
    written: u32,
}

impl<W: Write> Writer<'_, W> {
    fn put(
        &mut self,
        counts: &[Counts; 2],
        buckets: Range<u32>,
        records: &[Vec<u64>; 2],
    ) -> Result<(), IndexError> {
        let [one, two] = counts;
        let [mut first, mut second] = [0, 1].map(|half: usize| {
            let records = records.get(half).map_or(&[][..], Vec::as_slice);
            records.iter()
        });
        let counts = counts_of(one, &buckets)
            .iter()
            .zip(counts_of(two, &buckets));
        for (bucket, (one, two)) in buckets.clone().zip(counts) {
            let begin = self.piece.len();
            let own = first.by_ref().take(*one as usize);
            for record in own.chain(second.by_ref().take(*two as usize)) {
                self.piece.extend_from_slice(&record.to_le_bytes());
            }
            let (start, end) = (self.written, self.written + one + two);
            let bytes = self.piece.get(begin..).unwrap_or_default();
            let checksum = self.key.bucket(u64::from(bucket), start, end, bytes);
            self.directory.extend(start.to_le_bytes());
            self.directory.extend(checksum.to_le_bytes());
            self.written = end;
            if self.piece.len() >= PIECE {
                self.out.write_all(&self.piece)?;
                self.piece.clear();
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), IndexError> {
        self.out.write_all(&self.piece)?;
        self.directory.extend(self.written.to_le_bytes());
        self.directory.extend([0; 4]);
        self.out.write_all(&self.directory)?;
        Ok(())
    }
}
