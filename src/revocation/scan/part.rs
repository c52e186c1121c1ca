//! The parts of a CRL, as they lie in a window that may end in the middle of one.

use crate::revocation::entry::RawEntry;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const TIMES: [u8; 2] = [0x17, 0x18];

/// Offsets in the part before the entries.
pub(super) struct Head {
    pub(super) length: u64,
    pub(super) signed: usize,
    pub(super) signed_end: u64,
    pub(super) fields: usize,
    pub(super) fields_end: usize,
    pub(super) algorithm: std::ops::Range<usize>,
    pub(super) end: usize,
    pub(super) entries_length: u64,
}

/// Reads the part before the entries, from the start of `bytes`.
pub(super) fn read_head(bytes: &[u8]) -> Result<Head, Step> {
    let outer = header(bytes, 0)?.of(SEQUENCE, 0)?;
    let length = outer.end(0);
    let signed = outer.header;
    let tbs = header(bytes, signed)?.of(SEQUENCE, signed)?;
    let signed_end = tbs.end(signed);
    let fields = signed + tbs.header;
    if signed_end > length {
        return Err(Step::Malformed(signed));
    }
    let mut position = fields;
    // One element of the tbsCertList that lies in the window whole; its range.
    let mut take = |wanted: &[u8], optional: bool| {
        if position as u64 == signed_end && optional {
            return Ok(position..position);
        }
        let element = header(bytes, position)?;
        let end = element.end(position);
        match wanted.contains(&element.identifier) {
            false if optional => return Ok(position..position),
            true if end <= signed_end => {}
            _ => return Err(Step::Malformed(position)),
        }
        match usize::try_from(end) {
            Ok(end) if end <= bytes.len() => Ok(std::mem::replace(&mut position, end)..end),
            _ => Err(Step::More),
        }
    };
    take(&[INTEGER], true)?;
    let algorithm = take(&[SEQUENCE], false)?;
    take(&[SEQUENCE], false)?; // the issuer
    take(&TIMES, false)?;
    let fields_end = take(&TIMES, true)?.end;
    let (mut end, mut entries_length) = (fields_end, 0);
    if (fields_end as u64) < signed_end {
        let next = header(bytes, fields_end)?;
        if next.identifier == SEQUENCE {
            if next.end(fields_end) > signed_end {
                return Err(Step::Malformed(fields_end));
            }
            end += next.header;
            entries_length = next.content;
        }
    }
    Ok(Head {
        length,
        signed,
        signed_end,
        fields,
        fields_end,
        algorithm,
        end,
        entries_length,
    })
}

/// Why a part cannot be read now.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// It goes on beyond the window.
    More,
    /// It is malformed, at this offset.
    Malformed(usize),
}

/// The identifier and the lengths of an element.
#[derive(Clone, Copy)]
struct Header {
    identifier: u8,
    header: usize,
    content: u64,
}

impl Header {
    fn end(self, start: usize) -> u64 {
        start as u64 + self.header as u64 + self.content
    }

    fn of(self, identifier: u8, position: usize) -> Result<Header, Step> {
        match self.identifier == identifier {
            true => Ok(self),
            false => Err(Step::Malformed(position)),
        }
    }
}

/// Reads the header of the element at `position`; definite lengths of at most four octets, in their shortest form.
#[inline]
fn header(bytes: &[u8], position: usize) -> Result<Header, Step> {
    let bytes = bytes.get(position..).unwrap_or_default();
    let [identifier, first, rest @ ..] = bytes else {
        return Err(Step::More);
    };
    if *first < 0x80 {
        return Ok(Header {
            identifier: *identifier,
            header: 2,
            content: u64::from(*first),
        });
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        return Err(Step::Malformed(position));
    }
    let octets = rest.get(..count).ok_or(Step::More)?;
    let content = octets
        .iter()
        .fold(0, |length, octet| length << 8 | u64::from(*octet));
    if content < 0x80 || octets.first() == Some(&0) {
        return Err(Step::Malformed(position));
    }
    Ok(Header {
        identifier: *identifier,
        header: 2 + count,
        content,
    })
}

/// Takes the entry at the start of `bytes` apart, and its length.
#[inline]
pub(super) fn split(bytes: &[u8]) -> Result<(RawEntry<'_>, usize), Step> {
    match split_usual(bytes) {
        Some(split) => Ok(split),
        None => split_any(bytes),
    }
}

/// An entry as nearly all are: lengths of one octet, and a UTCTime with seconds and `Z`. Every other one, and
/// every faulty one, is `None`. Without it, the pass over a large CRL, digest included, took at
/// least half as long again.
#[inline(always)]
fn split_usual(bytes: &[u8]) -> Option<(RawEntry<'_>, usize)> {
    let [
        SEQUENCE,
        length @ 20..0x80,
        INTEGER,
        serial_length @ 1..0x60,
        ..,
    ] = bytes
    else {
        return None;
    };
    let end = 2 + usize::from(*length);
    let (serial, rest) = bytes
        .get(4..end)?
        .split_at_checked(usize::from(*serial_length))?;
    let (time, rest) = rest.split_at_checked(15)?;
    let [0x17, 13, ..] = time else {
        return None;
    };
    let extensions = match rest {
        [] => rest,
        [SEQUENCE, length, extensions @ ..] if usize::from(*length) == extensions.len() => {
            extensions
        }
        _ => return None,
    };
    let entry = RawEntry {
        serial,
        time,
        extensions,
    };
    Some((entry, end))
}

fn split_any(bytes: &[u8]) -> Result<(RawEntry<'_>, usize), Step> {
    let outer = header(bytes, 0)?.of(SEQUENCE, 0)?;
    let end = usize::try_from(outer.end(0)).unwrap_or(usize::MAX);
    let Some(entry) = bytes.get(outer.header..end) else {
        return Err(Step::More);
    };
    // Inside the entry nothing is missing that could still come.
    let bad = Step::Malformed(0);
    let (serial, rest) = element(entry, &[INTEGER]).ok_or(bad)?;
    let (time, rest) = element(rest, &TIMES).ok_or(bad)?;
    let extensions = match rest {
        [] => &[][..],
        rest => match element(rest, &[SEQUENCE]).ok_or(bad)? {
            (extensions, []) => extensions.1,
            _ => return Err(bad),
        },
    };
    if serial.1.is_empty() {
        return Err(bad);
    }
    let entry = RawEntry {
        serial: serial.1,
        time: time.0,
        extensions,
    };
    Ok((entry, end))
}

/// An element whole, and its contents.
type Split<'a> = (&'a [u8], &'a [u8]);

#[inline]
fn element<'a>(bytes: &'a [u8], wanted: &[u8]) -> Option<(Split<'a>, &'a [u8])> {
    let header = header(bytes, 0).ok()?;
    let end = usize::try_from(header.end(0)).ok()?;
    let (raw, rest) = bytes.split_at_checked(end)?;
    wanted
        .contains(&header.identifier)
        .then_some(((raw, raw.get(header.header..)?), rest))
}
