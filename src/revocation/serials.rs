//! The serial numbers that a scan looks for.

use std::collections::HashSet;
use std::fmt;

use crate::document::{Serial, shortest};

/// Serial numbers to look for in one pass.
#[derive(Clone)]
pub struct Serials {
    wanted: HashSet<Vec<u8>>,
    /// One bit for each pair of last octets: rules out nearly every entry without hashing or comparing. 8 KiB
    /// stay in the first-level cache, and the last octets vary even where a CA counts upwards.
    filter: Vec<u64>,
}

const FILTER_BITS: usize = 1 << 16;

impl Serials {
    /// The numbers to look for; none is fine, when only the digest is wanted.
    pub fn new<'s>(serials: impl IntoIterator<Item = &'s Serial>) -> Serials {
        Serials::of(serials.into_iter().map(Serial::as_octets))
    }

    /// The same, by the contents octets of the INTEGERs.
    pub(crate) fn of<'s>(serials: impl IntoIterator<Item = &'s [u8]>) -> Serials {
        let mut set = Serials {
            wanted: HashSet::new(),
            filter: vec![0; FILTER_BITS / 64],
        };
        for serial in serials {
            let serial = shortest(serial);
            let bit = place(serial);
            if let Some(word) = set.filter.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
            set.wanted.insert(serial.to_vec());
        }
        set
    }

    /// How many different numbers there are.
    pub fn len(&self) -> usize {
        self.wanted.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Whether this number is one of them.
    pub fn contains(&self, serial: &Serial) -> bool {
        self.has(serial.as_octets())
    }

    /// The same, by the contents octets of the INTEGER.
    #[inline]
    pub(super) fn has(&self, serial: &[u8]) -> bool {
        let bit = place(serial);
        self.filter
            .get(bit / 64)
            .is_some_and(|word| word >> (bit % 64) & 1 == 1)
            && self.wanted.contains(shortest(serial))
    }

    /// The numbers, without needless octets, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.wanted.iter().map(Vec::as_slice)
    }
}

impl fmt::Debug for Serials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} serials", self.wanted.len())
    }
}

/// The bit of the filter: the last two octets, a single one extended by its sign, so that a number and its
/// longer form have the same.
#[inline]
fn place(serial: &[u8]) -> usize {
    let (high, low) = match serial {
        [.., high, low] => (*high, *low),
        [low] if *low >= 0x80 => (0xff, *low),
        [low] => (0, *low),
        [] => (0, 0),
    };
    usize::from(high) << 8 | usize::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_and_fifty_five_is_not_minus_one() {
        let serials = Serials::of([&[0, 0xff][..]]);
        assert!(serials.has(&[0, 0xff]));
        assert!(serials.has(&[0, 0, 0xff]));
        assert!(!serials.has(&[0xff]));
    }

    #[test]
    fn a_needless_leading_octet_makes_no_difference() {
        assert!(Serials::of([&[5][..]]).has(&[0, 5]));
        assert!(Serials::of([&[0, 5][..]]).has(&[5]));
        assert!(Serials::of([&[0xff][..]]).has(&[0xff, 0xff]));
    }

    #[test]
    fn numbers_with_the_same_ending_are_distinguished() {
        let serials = Serials::of([&[1, 2, 3][..], &[9, 2, 3]]);
        assert!(serials.has(&[9, 2, 3]));
        assert!(!serials.has(&[8, 2, 3]));
        assert!(!serials.has(&[2, 3]));
    }
}
