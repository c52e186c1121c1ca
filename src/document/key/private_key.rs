//! Private keys: what they are, and the two forms they are written in.
//!
//! Here live reading (every form that decode hands over, encrypted or not), the facts of a key and its PEM.
//! Here may not live: asking for a password, opinions about sizes, and writing files.

use std::fmt;
use std::ops::Deref;

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, PKeyRef, Private};
use zeroize::Zeroizing;

use super::public_key::{KeyAlgorithm, PublicKey};
use crate::decode::{Blob, Password};

mod bound;
mod consistency;
mod error;
mod reading;
mod sealing;
#[cfg(test)]
mod tests;

pub use error::{KeyError, KeyFault};
pub use reading::{ITERATION_LIMIT, MODULUS_LIMIT};
pub use sealing::{PASSWORD_LIMIT, PBKDF2_ITERATIONS};

/// A private key, with the facts that can be stated without revealing it.
///
/// Having one is the proof that its bytes are a whole private key of an algorithm that OpenSSL knows.
/// OpenSSL wipes the key when the last clone is dropped. `Debug` shows the algorithm and nothing else.
#[derive(Clone)]
pub struct PrivateKey {
    pkey: PKey<Private>,
    public: PublicKey,
}

/// A private key as PEM, in the clear or encrypted, to be written or handed on; wiped when dropped. `Debug` shows nothing
/// of it.
///
/// A type of its own, so that no function that takes a key can be given something else, nor the other way round.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKeyPem(Zeroizing<Vec<u8>>);

impl PrivateKeyPem {
    /// The text, with line feeds.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

impl Deref for PrivateKeyPem {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PrivateKeyPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKeyPem(…)")
    }
}

impl PrivateKey {
    /// Reads a private key from one object, whatever its PEM label claims it to be.
    ///
    /// Understood are PKCS#8 (RFC 5958), PKCS#1 (RFC 8017), SEC 1 (RFC 5915), encrypted PKCS#8 under PBES2,
    /// PBES1 (RFC 8018) or the PKCS#12 schemes (RFC 7292), and OpenSSL's traditional encryption (`DEK-Info`).
    /// A password that is not needed is ignored. Nothing ever prompts.
    ///
    /// An RSA or EC key is checked for consistency, so that a key damaged on its way is refused here and not by
    /// the server that loads it; whether RSA's primes are prime is not asked.
    ///
    /// # Errors
    /// [`KeyError`] tells a password that is missing from one that is wrong, and both from damage. An iteration
    /// count over [`ITERATION_LIMIT`] and a modulus over [`MODULUS_LIMIT`] are refused before they are computed.
    pub fn read(blob: &Blob<'_>, password: Option<&Password>) -> Result<PrivateKey, KeyError> {
        let pkey = reading::read(blob, password)?;
        // A file may hold the same key thousands of times.
        let digest = openssl::sha::sha256(&blob.bytes);
        // What traditional encryption makes of them depends on a header too.
        let is_alone = blob.dek_info.is_none();
        if !(is_alone && blob.work.checked(&digest) == Some(true)) {
            consistency::check(&pkey)?;
            if is_alone {
                blob.work.note(digest, true);
            }
        }
        PrivateKey::of(pkey)
    }

    /// Takes a key that OpenSSL already holds, without the consistency check of [`PrivateKey::read`].
    ///
    /// # Errors
    /// [`KeyError::OpenSsl`] when the public half cannot be written.
    #[cfg(feature = "openssl-types")]
    pub fn from_pkey(pkey: PKey<Private>) -> Result<PrivateKey, KeyError> {
        PrivateKey::of(pkey)
    }

    pub(crate) fn of(pkey: PKey<Private>) -> Result<PrivateKey, KeyError> {
        crate::decode::crypto::ready();
        let public_key_info = pkey
            .public_key_to_der()
            .map_err(|source| KeyError::openssl("write the public key", source))?;
        match PublicKey::read(&public_key_info) {
            Ok(public) => Ok(PrivateKey { pkey, public }),
            Err(_) => Err(KeyError::UnsupportedKind {
                algorithm: "this kind of key".to_owned(),
            }),
        }
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The algorithm and size.
    pub fn algorithm(&self) -> &KeyAlgorithm {
        &self.public.algorithm
    }

    /// OpenSSL's handle, for signing and for handshakes.
    #[cfg(feature = "openssl-types")]
    pub fn pkey(&self) -> &PKeyRef<Private> {
        &self.pkey
    }

    pub(crate) fn handle(&self) -> &PKeyRef<Private> {
        &self.pkey
    }

    /// The key in the clear as PKCS#8 PEM (`PRIVATE KEY`), with line feeds; wiped when dropped.
    ///
    /// # Errors
    /// [`KeyError::OpenSsl`] when OpenSSL cannot write this kind of key.
    pub fn to_pkcs8_pem(&self) -> Result<PrivateKeyPem, KeyError> {
        // OpenSSL's own writer, because its memory buffers are wiped when they are freed; the `pem` crate's are not.
        self.pkey
            .private_key_to_pem_pkcs8()
            .map(|pem| PrivateKeyPem(Zeroizing::new(pem)))
            .map_err(|source| KeyError::openssl("write the private key", source))
    }

    /// The key as encrypted PKCS#8 PEM (`ENCRYPTED PRIVATE KEY`), with line feeds.
    ///
    /// PBES2 (RFC 8018 §6.2) with AES-256-CBC under a key from PBKDF2-HMAC-SHA256 of [`PBKDF2_ITERATIONS`]
    /// iterations; a salt and an initialisation vector of 16 random bytes each. It takes about a third of a second.
    ///
    /// # Errors
    /// [`KeyError::UnusablePassword`] for an empty password or one over [`PASSWORD_LIMIT`] bytes;
    /// [`KeyError::OpenSsl`] when OpenSSL has no randomness or cannot write this kind of key.
    pub fn to_encrypted_pem(&self, password: &Password) -> Result<PrivateKeyPem, KeyError> {
        sealing::seal(&self.pkey, password).map(PrivateKeyPem)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, …)", self.public.algorithm)
    }
}

impl KeyError {
    fn openssl(action: &'static str, source: ErrorStack) -> KeyError {
        KeyError::OpenSsl {
            action,
            source: source.into(),
        }
    }
}
