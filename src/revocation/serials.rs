//! The serial numbers that a scan looks for.

use std::collections::HashSet;
use std::fmt;

/// Serial numbers to look for in one pass, by their contents octets ([`Certificate::serial_octets`]).
///
/// Numbers are compared as DER has them: 255 (`00 ff`) is not −1 (`ff`), but a needless leading octet makes no
/// difference.
///
/// [`Certificate::serial_octets`]: crate::document::Certificate::serial_octets
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
    pub fn new<'s>(serials: impl IntoIterator<Item = &'s [u8]>) -> Serials {
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
    #[inline]
    pub fn contains(&self, serial: &[u8]) -> bool {
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

/// The number without the leading octets that DER would not have (X.690 section 8.3.2).
pub(super) fn shortest(mut serial: &[u8]) -> &[u8] {
    while let [first, second, ..] = serial {
        match (first, second) {
            (0, 0..=0x7f) | (0xff, 0x80..) => serial = serial.get(1..).unwrap_or_default(),
            _ => break,
        }
    }
    serial
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_and_fifty_five_is_not_minus_one() {
        let serials = Serials::new([&[0, 0xff][..]]);
        assert!(serials.contains(&[0, 0xff]));
        assert!(serials.contains(&[0, 0, 0xff]));
        assert!(!serials.contains(&[0xff]));
    }

    #[test]
    fn a_needless_leading_octet_makes_no_difference() {
        assert!(Serials::new([&[5][..]]).contains(&[0, 5]));
        assert!(Serials::new([&[0, 5][..]]).contains(&[5]));
        assert!(Serials::new([&[0xff][..]]).contains(&[0xff, 0xff]));
    }

    #[test]
    fn numbers_with_the_same_ending_are_told_apart() {
        let serials = Serials::new([&[1, 2, 3][..], &[9, 2, 3]]);
        assert!(serials.contains(&[9, 2, 3]));
        assert!(!serials.contains(&[8, 2, 3]));
        assert!(!serials.contains(&[2, 3]));
    }
}
