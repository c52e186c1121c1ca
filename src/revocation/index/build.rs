//! Making an index.
//!
//! One pass over the CRL puts every record into its part of the index, a few hundred buckets, in the CRL's order. Then each
//! part, which fits into the processor's first-level cache, is put in order and written. Records that do not fit into memory
//! are left to a further pass over the CRL. Nothing is on the disk in between. Tried and rejected: records scattered over
//! temporary files, which writes and reads every record twice; entries counted bucket by bucket before they are placed, which
//! takes a pass more, and memory that no cache holds.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::mpsc;
use std::thread;

use super::error::IndexError;
use super::hash::Key;
use super::layout::{DIRECTORY_STEP, Header, RECORD, Record};
use super::{BUCKET_LIMIT, bucket_of, tag_of};
use crate::document::{Sha256Digest, shortest};
use crate::revocation::crl::{CrlError, SearchableCrl};
use crate::revocation::scan;

/// How many records are in memory at a time: 47 MiB with what is kept of each. With the directory that stays below 64 MiB for
/// 25,000,000 entries.
pub(super) const ROUND: u64 = 5_500_000;

/// The same where there may be more: 103 MiB, and for fewer entries about what the index takes.
pub(super) const LARGE_ROUND: u64 = 12_000_000;

/// Records on average in a bucket: two or three cache lines.
const PER_BUCKET: u64 = 16;

/// Buckets in a part, so that a bucket's place in its part is one octet.
const PART: u32 = 256;

/// Records of a part that lie together, in a piece of memory of their own.
const CHUNK: usize = 128;

/// Below this many entries a second thread costs more than it saves.
const ALONE: u64 = 20_000;

/// What is written at a time.
const PIECE: usize = 64 * 1024;

/// How many pieces wait to be written.
const WAITING: usize = 4;

/// Makes the index with so many records in memory at a time, which makes no difference to what is written.
pub(in crate::revocation) fn build(
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
    let key = Key::of(list_sha256);
    let half = |bytes, start| Half {
        bytes,
        start,
        crl_start: range.start as u64,
        key,
        buckets: header.buckets,
    };
    let middle = usize::try_from(pass.middle).unwrap_or(0);
    let (first, second) = entries.split_at_checked(middle).unwrap_or((entries, &[]));
    let halves = [half(first, 0), half(second, first.len())];
    let side_by_side = pass.entries >= ALONE;
    out.write_all(&header.write())?;
    let mut sorter = Sorter {
        key,
        piece: Vec::with_capacity(2 * PIECE),
        directory: Vec::with_capacity((header.buckets as usize + 1) * DIRECTORY_STEP),
        written: 0,
    };
    // The hash spreads the entries evenly; a sixteenth is kept in reserve.
    let rounds = (pass.entries + pass.entries / 16).div_ceil(round).max(1);
    let mut length = u64::from(header.buckets).div_ceil(rounds) as u32;
    let room = usize::try_from(round.min(2 * pass.entries) / 2).unwrap_or(usize::MAX);
    let mut start = 0;
    while start < header.buckets {
        let end = header.buckets.min(start.saturating_add(length));
        let parted = both(&halves, side_by_side, |half| half.part(start..end, room))?;
        if parted.iter().any(|parted| parted.is_full) {
            check_alike(&parted)?;
            // One bucket alone has room, unless it has more records than it may.
            length = (end - start).div_ceil(2);
            continue;
        }
        sorter.put(&parted, start..end, out, side_by_side)?;
        start = end;
    }
    // What is mapped may be changed by another process between two passes.
    if u64::from(sorter.written) != pass.entries {
        return Err(IndexError::CrlChanged {
            offset: range.start as u64,
        });
    }
    sorter.finish(out)
}

/// The same for both halves of the entries, on two threads where there is enough to do.
fn both<T: Send>(
    halves: &[Half<'_>; 2],
    side_by_side: bool,
    work: impl Fn(&Half<'_>) -> Result<T, IndexError> + Sync,
) -> Result<[T; 2], IndexError> {
    let [one, two] = halves;
    let (one, two) = match side_by_side {
        true => rayon::join(|| work(one), || work(two)),
        false => (work(one), work(two)),
    };
    Ok([one?, two?])
}

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
    /// The records of these buckets, each in its part; those of the first entries only, where there is no room for all.
    fn part(&self, buckets: Range<u32>, room: usize) -> Result<Parted, IndexError> {
        let length = buckets.end - buckets.start;
        let mut parted = Parted::new(length.div_ceil(PART) as usize, room);
        let mut offset = 0;
        while let Some(rest) = self.bytes.get(offset..).filter(|rest| !rest.is_empty()) {
            let Some((entry, whole)) = scan::first_entry(rest) else {
                return Err(IndexError::SearchableCrl(CrlError::Malformed {
                    offset: self.crl_start + (self.start + offset) as u64,
                }));
            };
            let hash = self.key.serial(shortest(entry.serial));
            let place = bucket_of(hash, self.buckets).wrapping_sub(buckets.start);
            if place < length {
                let record = Record {
                    offset: (self.start + offset) as u32,
                    tag: tag_of(hash),
                    check: self.key.entry(whole),
                };
                if !parted.put(place, record.packed()) {
                    break;
                }
            }
            offset += whole.len();
        }
        Ok(parted)
    }
}

/// Records, part by part, each part's in the order in which they were put there.
///
/// All parts share the memory; each has as many chunks of it as it needs, one after the other.
struct Parted {
    records: Vec<u64>,
    /// For each record: its bucket, counted from the first of its part.
    places: Vec<u8>,
    /// For each chunk: the next one of the same part.
    next: Vec<u32>,
    /// For each part: its first chunk.
    first: Vec<u32>,
    /// For each part: where its next record goes; 0 where it has none yet, and else at the end of a chunk where that is full.
    ends: Vec<u32>,
    /// Whether there were more records than fit.
    is_full: bool,
}

impl Parted {
    /// Room for so many records, however they are spread over the parts.
    fn new(parts: usize, room: usize) -> Parted {
        let chunks = room.div_ceil(CHUNK).max(BUCKET_LIMIT as usize / CHUNK) + parts;
        Parted {
            // Zeros that the system gives are no memory until they are written to.
            records: vec![0; chunks * CHUNK],
            places: vec![0; chunks * CHUNK],
            next: Vec::with_capacity(chunks),
            first: vec![0; parts],
            ends: vec![0; parts],
            is_full: false,
        }
    }

    /// Says whether there was room.
    #[inline]
    fn put(&mut self, place: u32, record: u64) -> bool {
        let part = (place / PART) as usize;
        let Some(&end) = self.ends.get(part) else {
            return false;
        };
        let mut at = end as usize;
        if at.is_multiple_of(CHUNK) {
            match self.chunk(part, at) {
                Some(start) => at = start,
                None => return false,
            }
        }
        if let (Some(slot), Some(of), Some(end)) = (
            self.records.get_mut(at),
            self.places.get_mut(at),
            self.ends.get_mut(part),
        ) {
            (*slot, *of, *end) = (record, place as u8, at as u32 + 1);
        }
        true
    }

    /// Where the part's next chunk begins, whose last one ends here.
    #[cold]
    fn chunk(&mut self, part: usize, end: usize) -> Option<usize> {
        let chunk = self.next.len();
        if (chunk + 1) * CHUNK > self.records.len() {
            self.is_full = true;
            return None;
        }
        let before = match end {
            0 => self.first.get_mut(part),
            end => self.next.get_mut(end / CHUNK - 1),
        };
        *before? = chunk as u32;
        self.next.push(0);
        Some(chunk * CHUNK)
    }

    /// The records of a part and their places, chunk by chunk.
    fn of(&self, part: usize) -> impl Iterator<Item = (&[u64], &[u8])> {
        let end = self.ends.get(part).map_or(0, |end| *end as usize);
        let first = self.first.get(part).copied().filter(|_| end > 0);
        let mut next = first.map(|chunk| chunk as usize);
        std::iter::from_fn(move || {
            let chunk = next?;
            let start = chunk * CHUNK;
            let is_last = (start + 1..=start + CHUNK).contains(&end);
            next = match is_last {
                true => None,
                false => self.next.get(chunk).map(|chunk| *chunk as usize),
            };
            let range = start..if is_last { end } else { start + CHUNK };
            Some((self.records.get(range.clone())?, self.places.get(range)?))
        })
    }

    fn parts(&self) -> usize {
        self.first.len()
    }
}

/// How many records each bucket of a part has.
fn counts(parted: &[Parted; 2], part: usize) -> Result<[u32; PART as usize], IndexError> {
    let mut counts = [0; PART as usize];
    for place in parted.iter().flat_map(|half| half.of(part)) {
        for place in place.1 {
            if let Some(count) = counts.get_mut(usize::from(*place)) {
                *count += 1;
            }
        }
    }
    match counts.iter().any(|count| *count > BUCKET_LIMIT) {
        true => Err(IndexError::TooManyAlike {
            limit: BUCKET_LIMIT,
        }),
        false => Ok(counts),
    }
}

/// Errors when any bucket has more records than it may have.
fn check_alike(parted: &[Parted; 2]) -> Result<(), IndexError> {
    let parts = parted.iter().map(Parted::parts).max().unwrap_or(0);
    (0..parts).try_for_each(|part| counts(parted, part).map(|_| ()))
}

/// Puts the records of each part in the order of their buckets, and makes the directory that comes after all of them.
struct Sorter {
    key: Key,
    /// What is still to be written.
    piece: Vec<u8>,
    directory: Vec<u8>,
    /// Records so far.
    written: u32,
}

impl Sorter {
    /// Writes these buckets, which come after those before; puts them in order meanwhile, on a thread of its own where there
    /// is enough to do.
    fn put(
        &mut self,
        parted: &[Parted; 2],
        buckets: Range<u32>,
        out: &mut impl Write,
        side_by_side: bool,
    ) -> Result<(), IndexError> {
        if side_by_side {
            let (give, pieces) = mpsc::sync_channel::<Vec<u8>>(WAITING);
            let (sorter, range) = (&mut *self, buckets.clone());
            let done = thread::scope(|threads| {
                let sort = move || sorter.sort(parted, range, |piece| give.send(piece).is_ok());
                let other = thread::Builder::new().spawn_scoped(threads, sort).ok()?;
                // The other thread ends early when its pieces are no longer taken.
                let written = pieces
                    .into_iter()
                    .try_for_each(|piece| out.write_all(&piece));
                match other.join() {
                    Ok(sorted) => Some(sorted.and(written.map_err(IndexError::from))),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            });
            if let Some(done) = done {
                return done;
            }
            // A system that has no more threads to give is no reason to make no index.
        }
        let mut written: io::Result<()> = Ok(());
        self.sort(parted, buckets, |piece| {
            written = out.write_all(&piece);
            written.is_ok()
        })?;
        Ok(written?)
    }

    /// Gives away pieces of these buckets for as long as they are taken.
    fn sort(
        &mut self,
        parted: &[Parted; 2],
        buckets: Range<u32>,
        mut give: impl FnMut(Vec<u8>) -> bool,
    ) -> Result<(), IndexError> {
        for (part, start) in buckets.clone().step_by(PART as usize).enumerate() {
            let counts = counts(parted, part)?;
            let length = (buckets.end - start).min(PART) as usize;
            self.put_in_order(parted, part, &counts);
            self.enter(start, counts.get(..length).unwrap_or_default());
            if self.piece.len() >= PIECE {
                let next = Vec::with_capacity(self.piece.capacity());
                if !give(std::mem::replace(&mut self.piece, next)) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Appends the records of a part, bucket by bucket, each bucket's in the CRL's order.
    fn put_in_order(&mut self, parted: &[Parted; 2], part: usize, counts: &[u32; PART as usize]) {
        let mut total = 0;
        let mut next = counts.map(|count| {
            total += count as usize;
            total - count as usize
        });
        let begin = self.piece.len();
        self.piece.resize(begin + total * RECORD, 0);
        let (slots, _) = self
            .piece
            .get_mut(begin..)
            .unwrap_or_default()
            .as_chunks_mut::<RECORD>();
        for (records, places) in parted.iter().flat_map(|half| half.of(part)) {
            for (record, place) in records.iter().zip(places) {
                if let Some(next) = next.get_mut(usize::from(*place))
                    && let Some(slot) = slots.get_mut(*next)
                {
                    *slot = record.to_le_bytes();
                    *next += 1;
                }
            }
        }
    }

    /// Enters the last buckets of the piece in the directory; the first of them has this number.
    fn enter(&mut self, first: u32, counts: &[u32]) {
        let total: u32 = counts.iter().sum();
        let mut rest = self
            .piece
            .get(self.piece.len() - total as usize * RECORD..)
            .unwrap_or_default();
        for (bucket, count) in (first..).zip(counts) {
            let (records, after) = rest
                .split_at_checked(*count as usize * RECORD)
                .unwrap_or_default();
            let (start, end) = (self.written, self.written + count);
            let checksum = self.key.bucket(u64::from(bucket), start, end, records);
            self.directory.extend(start.to_le_bytes());
            self.directory.extend(checksum.to_le_bytes());
            (rest, self.written) = (after, end);
        }
    }

    fn finish(mut self, out: &mut impl Write) -> Result<(), IndexError> {
        out.write_all(&self.piece)?;
        self.directory.extend(self.written.to_le_bytes());
        self.directory.extend([0; 4]);
        out.write_all(&self.directory)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_of_a_part_are_in_the_order_in_which_they_were_put_there() {
        let lengths = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7];
        let mut parted = Parted::new(lengths.len(), lengths.iter().sum());
        let mut expected = vec![Vec::new(); lengths.len()];
        for number in 0..4 * CHUNK {
            for (part, length) in lengths.iter().enumerate() {
                if number < *length {
                    let place = part as u32 * PART + number as u32 % PART;
                    assert!(parted.put(place, number as u64));
                    expected[part].push((number as u64, (number as u32 % PART) as u8));
                }
            }
        }
        for (part, expected) in expected.iter().enumerate() {
            let chunks = parted.of(part);
            let found: Vec<(u64, u8)> = chunks
                .flat_map(|(records, places)| records.iter().copied().zip(places.iter().copied()))
                .collect();
            assert_eq!(&found, expected, "{part}");
        }
        assert!(!parted.is_full);
    }

    #[test]
    fn there_is_room_for_what_was_asked_for_and_then_none() {
        let room = 3_000;
        let mut parted = Parted::new(2, room);
        let fit = (0u32..)
            .take_while(|number| parted.put(number % (2 * PART), 1))
            .count();
        assert!((room..room + 4 * CHUNK).contains(&fit), "{fit}");
        assert!(parted.is_full);
    }
}
