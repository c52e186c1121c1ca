//! Digests of what was read.
//!
//! OpenSSL's one-shot `SHA256()` looks the algorithm up among its providers at each call, and the first call
//! initialises the whole library: 30 % of the time of reading one certificate. Its contexts do neither.

use openssl::sha::{Sha1, Sha256};

use super::{Hex, Sha1Digest, Sha256Digest};

/// The SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Sha256Digest {
    let mut context = Sha256::new();
    context.update(bytes);
    Hex(context.finish())
}

/// The SHA-1 of some bytes; an identifier, never a proof.
pub(crate) fn sha1(bytes: &[u8]) -> Sha1Digest {
    let mut context = Sha1::new();
    context.update(bytes);
    Hex(context.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_standard() {
        // FIPS 180-4's example of one block, "abc".
        assert_eq!(
            sha1(b"abc").to_string(),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        assert_eq!(
            sha256(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
