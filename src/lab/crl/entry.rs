//! The entries of a CRL, as a stream: a CRL of ten million entries is never in memory.

use super::PublishedCrl;
use crate::document::{Moment, Serial, sha256};
use crate::lab::write::der;

/// One entry.
#[derive(Clone, Debug)]
pub(in crate::lab) struct Entry {
    pub(in crate::lab) serial: Vec<u8>,
    pub(in crate::lab) at: Moment,
    /// The number of the reason (RFC 5280 section 5.3.1).
    pub(in crate::lab) reason: Option<u8>,
    pub(in crate::lab) oddity: Option<Oddity>,
}

/// What is odd about an entry.
#[derive(Clone, Debug)]
pub(in crate::lab) enum Oddity {
    UnknownCritical,
    /// The DER of a name.
    OtherIssuer(Vec<u8>),
    Unreadable,
}

/// Entries for certificates that never were, so that a CRL is as large as a real one: the same for the same count
/// and CRL. Serial numbers have nine octets and are all different; about half of the entries give a reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filling {
    entries: u64,
}

impl Filling {
    /// Nothing.
    pub const NONE: Filling = Filling { entries: 0 };

    /// This many entries. Each takes 28 or 42 octets.
    pub fn new(entries: u64) -> Filling {
        Filling { entries }
    }

    /// The serial number of the entry of this number, from 0, in this CRL: to ask the CRL for it.
    pub fn serial(place: &PublishedCrl, number: u64) -> Serial {
        Serial::from_octets(&serial(seed(&place.path()), number))
    }
}

/// All entries of a CRL.
pub(super) struct Entries {
    own: Vec<Entry>,
    filling: Filling,
    seed: u64,
    at: i64,
}

/// Three years, in seconds: how far back certificates are revoked that may still be valid.
const PAST: u64 = 3 * 365 * 24 * 60 * 60;
const DAY: i64 = 24 * 60 * 60;

impl Entries {
    pub(super) fn new(own: Vec<Entry>, filling: Filling, seed_from: &str, at: Moment) -> Entries {
        Entries {
            own,
            filling,
            seed: seed(seed_from),
            at: at.unix(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.filling.entries == 0
    }

    /// The octets of all of them.
    pub(super) fn length(&self) -> u64 {
        let own: usize = self.own.iter().map(|entry| entry.der().len()).sum();
        let filling =
            (0..self.filling.entries).map(|number| match has_reason(mixed(self.seed, number)) {
                true => WITH_REASON as u64,
                false => PLAIN as u64,
            });
        own as u64 + filling.sum::<u64>()
    }

    /// Hands each of them over, in order.
    pub(super) fn each<E>(&self, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        for entry in &self.own {
            take(&entry.der())?;
        }
        let mut days = Days::default();
        for number in 0..self.filling.entries {
            let (entry, length) = filling(self.seed, number, self.at, &mut days);
            take(entry.get(..length).unwrap_or(&entry))?;
        }
        Ok(())
    }
}

impl Entry {
    fn der(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        if let Some(reason) = self.reason {
            extensions.push(extension(REASON, false, &[0x0a, 1, reason]));
        }
        match &self.oddity {
            None => {}
            Some(Oddity::UnknownCritical) => {
                extensions.push(extension(
                    "1.3.6.1.4.1.32473.1275.101.2",
                    true,
                    &der::null(),
                ));
            }
            Some(Oddity::OtherIssuer(name)) => {
                let names = der::sequence(&[der::context(4, name)]);
                extensions.push(extension("2.5.29.29", true, &names));
            }
            Some(Oddity::Unreadable) => return der::sequence(&[der::octets(b"LAB")]),
        }
        let extensions = match extensions.is_empty() {
            true => Vec::new(),
            false => der::sequence(&extensions),
        };
        der::sequence(&[der::integer(&self.serial), der::time(self.at), extensions])
    }
}

/// `id-ce-cRLReasons`.
const REASON: &str = "2.5.29.21";

fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { der::yes() } else { Vec::new() };
    der::sequence(&[der::oid(oid), critical, der::octets(value)])
}

/// The octets of an entry of [`Filling`] without a reason: SEQUENCE, INTEGER of nine octets, UTCTime.
const PLAIN: usize = 2 + 11 + 15;
/// And with one: SEQUENCE OF one Extension of an OID of three octets and an OCTET STRING of three.
const WITH_REASON: usize = PLAIN + 14;

/// One entry of a filling, and its length.
fn filling(seed: u64, number: u64, at: i64, days: &mut Days) -> ([u8; WITH_REASON], usize) {
    let mixed = mixed(seed, number);
    let length = match has_reason(mixed) {
        true => WITH_REASON,
        false => PLAIN,
    };
    let mut entry = [0; WITH_REASON];
    let mut rest = entry.as_mut_slice();
    let mut put = |bytes: &[u8]| {
        if let Some((place, behind)) = std::mem::take(&mut rest).split_at_mut_checked(bytes.len()) {
            place.copy_from_slice(bytes);
            rest = behind;
        }
    };
    // The lengths are those of the constants, below 0x80.
    put(&[0x30, length as u8 - 2, 0x02, 9]);
    put(&serial(seed, number));
    let moment = at - (mixed.rotate_left(17) % PAST) as i64;
    put(&[0x17, 13]);
    put(&days.digits(moment.div_euclid(DAY)));
    let second = moment.rem_euclid(DAY);
    for part in [second / 3600, second / 60 % 60, second % 60] {
        put(&[b'0' + (part / 10) as u8, b'0' + (part % 10) as u8]);
    }
    put(b"Z");
    // The reasons that a CA gives for what others asked it to revoke.
    let reason = [1, 3, 4, 5, 9]
        .get((mixed >> 8) as usize % 5)
        .copied()
        .unwrap_or(1);
    put(&[
        0x30, 12, 0x30, 10, 0x06, 3, 0x55, 29, 21, 0x04, 3, 0x0a, 1, reason,
    ]);
    (entry, length)
}

fn has_reason(mixed: u64) -> bool {
    mixed & 1 == 1
}

/// One octet that keeps it positive and nine octets long, and eight that are different for every number.
fn serial(seed: u64, number: u64) -> [u8; 9] {
    let mut serial = [b'L'; 9];
    if let Some(place) = serial.get_mut(1..) {
        place.copy_from_slice(&mixed(seed, number).to_be_bytes());
    }
    serial
}

fn seed(from: &str) -> u64 {
    let digest = sha256(from.as_bytes());
    let first = digest.as_bytes().first_chunk().copied().unwrap_or_default();
    u64::from_be_bytes(first)
}

/// SplitMix64's output function (Steele, Lea and Flood, 2014): it maps numbers one to one, so none comes twice.
fn mixed(seed: u64, number: u64) -> u64 {
    let mut z = number
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(seed);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// The dates of days, each worked out once: there are a few thousand, and millions of entries.
#[derive(Default)]
struct Days(std::collections::HashMap<i64, [u8; 6]>);

impl Days {
    /// A day, counted from 1970-01-01, as YYMMDD.
    fn digits(&mut self, day: i64) -> [u8; 6] {
        *self.0.entry(day).or_insert_with(|| {
            let date = Moment::from_unix(day.saturating_mul(DAY));
            let encoded = date.map(der::time).unwrap_or_default();
            // Years up to 2049: two octets of header, then YYMMDD. A CRL of a later time has wrong dates here, and
            // no reader that minds.
            encoded
                .get(2..8)
                .and_then(|digits| digits.first_chunk().copied())
                .unwrap_or(*b"491231")
        })
    }
}
