//! RSASSA-PKCS1-v1_5, which all of the NHS's CAs sign with.

use openssl::error::ErrorStack;
use openssl::pkey::Public;
use openssl::rsa::{Padding, Rsa};

use super::{Hash, KeyAlgorithm, PublicKey};
use crate::decode::crypto::{Signature, number, own};
use crate::document::Hasher;
use crate::document::der::wrap;

/// An RSA key, made ready to check many signatures: what OpenSSL computes of it for the first is kept for the others.
///
/// Needs nothing of OpenSSL but arithmetic. Its decoders, and the providers they are looked up in, cost the first check
/// of a process a millisecond and a half, and registering its algorithms more instructions than checking a signature;
/// and the system's policy, which may refuse SHA-1, has no say.
#[derive(Clone, Debug)]
pub(crate) struct RsaKey(Rsa<Public>);

impl RsaKey {
    /// The key, if it is an RSA key for any scheme (`rsaEncryption`).
    pub(crate) fn of(key: &PublicKey) -> Option<RsaKey> {
        // One for RSASSA-PSS alone makes no signature of this kind (RFC 4055 section 1.2).
        if let KeyAlgorithm::Rsa { pss: true, .. } = key.algorithm {
            return None;
        }
        let (modulus, exponent) = key.rsa_numbers()?;
        rsa(modulus, exponent).ok().map(RsaKey)
    }

    /// Whether the key made the signature on the message; `None` where OpenSSL does not hash it.
    pub(crate) fn signed_message(
        &self,
        signature: &[u8],
        hash: Hash,
        message: &[u8],
    ) -> Option<Signature> {
        let mut hasher = Hasher::new(hash)?;
        hasher.update(message);
        Some(self.signed(signature, hash, &hasher.finish()))
    }

    /// Whether the key made the signature on what has this digest. Never with a hash under which none counts.
    pub(crate) fn signed(&self, signature: &[u8], hash: Hash, digest: &[u8]) -> Signature {
        match digest_info(hash, digest).map(|expected| self.recovers(signature, &expected)) {
            Some(Ok(true)) => Signature::Made,
            Some(Err(error)) if own(&error).is_some() => Signature::Unchecked,
            Some(Ok(false) | Err(_)) | None => Signature::NotMade,
        }
    }

    /// RFC 8017 section 8.2.2 compares whole encodings: OpenSSL checks and removes the padding, and what is left must be
    /// the one encoding of the digest, to the last octet.
    fn recovers(&self, signature: &[u8], expected: &[u8]) -> Result<bool, ErrorStack> {
        let Ok(size) = usize::try_from(self.0.size()) else {
            return Ok(false);
        };
        let mut recovered = vec![0; size];
        let length = self
            .0
            .public_decrypt(signature, &mut recovered, Padding::PKCS1)?;
        Ok(signature.len() == size && recovered.get(..length) == Some(expected))
    }
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Rsa<Public>, ErrorStack> {
    Rsa::from_public_components(number(modulus)?, number(exponent)?)
}

/// The DER DigestInfo of a digest, by the prefixes of RFC 8017 section 9.2 note 1.
fn digest_info(hash: Hash, digest: &[u8]) -> Option<Vec<u8>> {
    let sha_2 = |last| vec![0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last];
    let oid = match hash {
        Hash::Sha1 => vec![0x2b, 0x0e, 0x03, 0x02, 0x1a],
        Hash::Sha256 => sha_2(1),
        Hash::Sha384 => sha_2(2),
        Hash::Sha512 => sha_2(3),
        Hash::Sha224 => sha_2(4),
        Hash::Md2 | Hash::Md5 => return None,
    };
    let algorithm = wrap(0x30, &[wrap(0x06, &oid), wrap(0x05, &[])].concat());
    Some(wrap(0x30, &[algorithm, wrap(0x04, digest)].concat()))
}
