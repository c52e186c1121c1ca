//! Signatures by RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), which has no random part.

use openssl::hash::{Hasher, MessageDigest};
use openssl::rsa::Padding;

use super::der;
use crate::document::PrivateKey;
use crate::lab::LabError;

/// What a CA hashes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lab) enum Digest {
    /// Broken; for a certificate that must never be accepted.
    Md5,
    /// What the oldest generation has.
    Sha1,
    /// What is usual.
    Sha256,
    /// What the roots of the second generation have.
    Sha384,
}

impl Digest {
    /// The AlgorithmIdentifier of RSA signatures with this digest.
    pub(in crate::lab) fn algorithm(self) -> Vec<u8> {
        let number = match self {
            Digest::Md5 => 4,
            Digest::Sha1 => 5,
            Digest::Sha256 => 11,
            Digest::Sha384 => 12,
        };
        let oid = der::oid(&format!("1.2.840.113549.1.1.{number}"));
        der::sequence(&[oid, der::null()])
    }

    /// A computation of this digest.
    pub(in crate::lab) fn hasher(self) -> Result<Hasher, LabError> {
        crate::decode::crypto::ready();
        let digest = match self {
            Digest::Md5 => MessageDigest::md5(),
            Digest::Sha1 => MessageDigest::sha1(),
            Digest::Sha256 => MessageDigest::sha256(),
            Digest::Sha384 => MessageDigest::sha384(),
        };
        Hasher::new(digest).map_err(LabError::openssl("hash what is to be signed"))
    }

    /// The DER DigestInfo of a digest (RFC 8017 section 9.2 note 1).
    fn info(self, digest: &[u8]) -> Vec<u8> {
        let oid = der::oid(match self {
            Digest::Md5 => "1.2.840.113549.2.5",
            Digest::Sha1 => "1.3.14.3.2.26",
            Digest::Sha256 => "2.16.840.1.101.3.4.2.1",
            Digest::Sha384 => "2.16.840.1.101.3.4.2.2",
        });
        let algorithm = der::sequence(&[oid, der::null()]);
        der::sequence(&[algorithm, der::octets(digest)])
    }

    /// The signature on a digest.
    ///
    /// Only the arithmetic is OpenSSL's: its own signing asks the system's policy, and RHEL 9's forbids SHA-1.
    pub(in crate::lab) fn sign(self, digest: &[u8], key: &PrivateKey) -> Result<Vec<u8>, LabError> {
        let sign = || {
            let rsa = key.handle().rsa()?;
            let mut signature = vec![0; rsa.size() as usize];
            let length = rsa.private_encrypt(&self.info(digest), &mut signature, Padding::PKCS1)?;
            signature.truncate(length);
            Ok(signature)
        };
        sign().map_err(LabError::openssl("sign with a lab key"))
    }

    /// The signature on a message.
    pub(in crate::lab) fn sign_message(
        self,
        message: &[u8],
        key: &PrivateKey,
    ) -> Result<Vec<u8>, LabError> {
        let mut hasher = self.hasher()?;
        let digest = hasher
            .update(message)
            .and_then(|()| hasher.finish())
            .map_err(LabError::openssl("hash what is to be signed"))?;
        self.sign(&digest, key)
    }
}
