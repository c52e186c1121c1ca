//! Digests of what was read.
//!
//! OpenSSL's one-shot `SHA256()` and its `EVP_MD_CTX` look the algorithm up among its providers, and the first call
//! initialises the whole library: 30 % of the time of reading one certificate. The contexts of one algorithm do neither.

use openssl::sha::{Sha1, Sha224, Sha256, Sha384, Sha512};

use super::{Hex, Sha1Digest, Sha256Digest};
use crate::document::Hash;

/// A digest being computed, by one of the hashes that signatures may have.
pub(crate) enum Hasher {
    /// SHA-1.
    Sha1(Sha1),
    /// SHA-224.
    Sha224(Sha224),
    /// SHA-256.
    Sha256(Sha256),
    /// SHA-384.
    Sha384(Sha384),
    /// SHA-512.
    Sha512(Sha512),
}

impl Hasher {
    /// Begins; `None` for hashes under which no signature counts.
    pub(crate) fn new(hash: Hash) -> Option<Hasher> {
        Some(match hash {
            Hash::Sha1 => Hasher::Sha1(Sha1::new()),
            Hash::Sha224 => Hasher::Sha224(Sha224::new()),
            Hash::Sha256 => Hasher::Sha256(Sha256::new()),
            Hash::Sha384 => Hasher::Sha384(Sha384::new()),
            Hash::Sha512 => Hasher::Sha512(Sha512::new()),
            Hash::Md2 | Hash::Md5 => return None,
        })
    }

    /// Takes more bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha1(context) => context.update(bytes),
            Hasher::Sha224(context) => context.update(bytes),
            Hasher::Sha256(context) => context.update(bytes),
            Hasher::Sha384(context) => context.update(bytes),
            Hasher::Sha512(context) => context.update(bytes),
        }
    }

    /// The digest of all of them.
    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Hasher::Sha1(context) => context.finish().to_vec(),
            Hasher::Sha224(context) => context.finish().to_vec(),
            Hasher::Sha256(context) => context.finish().to_vec(),
            Hasher::Sha384(context) => context.finish().to_vec(),
            Hasher::Sha512(context) => context.finish().to_vec(),
        }
    }
}

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
    fn every_hash_is_openssl_s_own() {
        use openssl::hash::{MessageDigest, hash};
        let bytes: Vec<u8> = (0..=255).collect();
        for (own, theirs) in [
            (Hash::Sha1, MessageDigest::sha1()),
            (Hash::Sha224, MessageDigest::sha224()),
            (Hash::Sha256, MessageDigest::sha256()),
            (Hash::Sha384, MessageDigest::sha384()),
            (Hash::Sha512, MessageDigest::sha512()),
        ] {
            let mut hasher = Hasher::new(own).unwrap();
            let (one, other) = bytes.split_at(100);
            hasher.update(one);
            hasher.update(other);
            assert_eq!(hasher.finish(), hash(theirs, &bytes).unwrap().to_vec());
        }
        assert!(Hasher::new(Hash::Md5).is_none());
    }

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
