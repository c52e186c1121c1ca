//! The hash that places serial numbers and finds damage.
//!
//! Folded multiplication (wyhash's way): two words of 64 bits at a step, a nanosecond for a serial number. It is no
//! cryptographic hash and need not be one: what it finds is confirmed in the CRL itself. It is written out here
//! because it is part of the file format, which no dependency's next version may change.

use crate::document::Sha256Digest;

/// The hash's key, derived from the SHA-256 of the CRL: choosing serial numbers so that they all fall into
/// one bucket changes the key.
#[derive(Clone, Copy)]
pub(super) struct Key {
    words: [u64; 4],
}

impl Key {
    pub(super) fn of(crl: &Sha256Digest) -> Key {
        let bytes = crl.as_bytes();
        Key {
            words: [0, 8, 16, 24].map(|at| word(bytes, at)),
        }
    }

    /// The hash of a serial number, which has to be in its shortest form.
    #[inline]
    pub(super) fn serial(&self, serial: &[u8]) -> u64 {
        self.hash(serial, self.words[0])
    }

    /// 16 bits over all bytes of an entry.
    #[inline]
    pub(super) fn entry(&self, entry: &[u8]) -> u16 {
        self.hash(entry, self.words[2]) as u16
    }

    /// 32 bits over a bucket's place and its records.
    #[inline]
    pub(super) fn bucket(&self, place: u64, start: u32, end: u32, records: &[u8]) -> u32 {
        let edges = u64::from(start) << 32 | u64::from(end);
        let seed = fold(self.words[3] ^ place, self.words[1] ^ edges);
        self.hash(records, seed) as u32
    }

    #[inline]
    fn hash(&self, bytes: &[u8], seed: u64) -> u64 {
        let length = bytes.len();
        let mut state = seed ^ length as u64;
        let step = |state: u64, low: u64, high: u64| fold(state ^ low, self.words[1] ^ high);
        // The last words overlap the ones before them, so that no bytes have to be copied.
        let (low, high) = match length {
            17.. => {
                let mut at = 0;
                while at + 16 < length {
                    state = step(state, word(bytes, at), word(bytes, at + 8));
                    at += 16;
                }
                (word(bytes, length - 16), word(bytes, length - 8))
            }
            8..=16 => (word(bytes, 0), word(bytes, length - 8)),
            4..=7 => (half(bytes, 0), half(bytes, length - 4)),
            _ => (
                bytes
                    .iter()
                    .fold(0, |low, octet| low << 8 | u64::from(*octet)),
                0,
            ),
        };
        fold(step(state, low, high), self.words[3])
    }
}

/// Both halves of the product, one upon the other.
#[inline]
fn fold(one: u64, other: u64) -> u64 {
    // Zero on either side would forget the other: the constant (the golden ratio's) makes that as rare as any value.
    let product = u128::from(one ^ 0x9e37_79b9_7f4a_7c15) * u128::from(other);
    product as u64 ^ (product >> 64) as u64
}

#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    let octets = bytes
        .get(at..at + 8)
        .and_then(|octets| octets.try_into().ok());
    octets.map_or(0, u64::from_le_bytes)
}

#[inline]
fn half(bytes: &[u8], at: usize) -> u64 {
    let octets = bytes
        .get(at..at + 4)
        .and_then(|octets| octets.try_into().ok());
    octets.map_or(0, |octets| u64::from(u32::from_le_bytes(octets)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Hex;

    fn key() -> Key {
        Key::of(&Hex(openssl::sha::sha256(b"a list")))
    }

    #[test]
    fn the_hash_is_the_one_that_files_were_written_with() {
        let bytes: Vec<u8> = (0..40).collect();
        let found = [0, 1, 3, 4, 7, 8, 16, 17, 33, 40].map(|length| key().serial(&bytes[..length]));
        assert_eq!(
            found,
            [
                0x5a48_8f42_6818_122c,
                0x4cb1_d36a_7c3c_c9bb,
                0xeeb7_1fc7_827d_fb28,
                0x5f3c_e97e_962b_55e9,
                0xf106_e2d8_086e_be8a,
                0x22f7_3979_95ef_bbc8,
                0xdcdb_6621_1228_c9e2,
                0xb5f3_afe4_de90_c1d4,
                0xcba2_8a5e_b8c6_59a5,
                0x3411_0033_5da0_7be0
            ]
        );
    }

    #[test]
    fn every_octet_changes_every_hash() {
        for length in 1..80usize {
            let bytes: Vec<u8> = (0..length).map(|octet| octet as u8).collect();
            for place in 0..length {
                let mut changed = bytes.clone();
                changed[place] ^= 0x10;
                assert_ne!(key().serial(&bytes), key().serial(&changed));
                assert_ne!(
                    key().bucket(1, 2, 3, &bytes),
                    key().bucket(1, 2, 3, &changed)
                );
            }
        }
        assert_ne!(key().serial(&[0]), key().serial(&[]));
    }

    #[test]
    fn numbers_that_are_counted_upwards_spread_evenly() {
        let mut places = [0u32; 256];
        for number in 0..25_600u32 {
            let hash = key().serial(&number.to_be_bytes());
            places[(hash >> 56) as usize] += 1;
        }
        // 100 on average; 5 standard deviations are 50.
        assert!(
            places.iter().all(|count| (50..150).contains(count)),
            "{places:?}"
        );
    }
}
