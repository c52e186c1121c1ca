//! Why a private key could not be read or written.

use std::fmt;

use crate::input::{Cause, amount};

use super::{ITERATION_LIMIT, MODULUS_LIMIT, PASSWORD_LIMIT};

/// Why a private key could not be read or written. No field ever holds key material or a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is encrypted and no password was given.
    #[error(
        "the private key is encrypted ({scheme}) and no password was given; give the password that protects it"
    )]
    PasswordNeeded {
        /// How it is encrypted.
        scheme: String,
    },
    /// The password does not open the key. With CBC encryption a damaged key looks the same.
    #[error(
        "the password does not open the private key ({scheme}); give the password it was encrypted with"
    )]
    WrongPassword {
        /// How it is encrypted.
        scheme: String,
    },
    /// The bytes are not a whole private key.
    #[error("not a valid private key: {fault}")]
    Malformed {
        /// What is wrong.
        fault: KeyFault,
        /// What OpenSSL said, where it was asked.
        source: Option<Cause>,
    },
    /// What is encrypted in the input needs more key derivation together than is done for one, so that this key was not opened.
    #[error(
        "all that is encrypted in its input needs more than {limit} rounds of key derivation together, so it was not opened; give \
         this key in a file of its own"
    )]
    InputBudget {
        /// The most that are done for one input.
        limit: u64,
    },
    /// A kind of private key that cannot be handled, in whatever form.
    #[error(
        "{algorithm} is not supported; make a new RSA key of at least 2048 bits, and a request for it"
    )]
    Unsupported {
        /// The algorithm.
        algorithm: String,
    },
    /// An encryption of a private key that cannot be undone here.
    #[error(
        "{scheme} is not supported; convert the key with a tool that knows it, to PKCS#8 with PBES2 and AES"
    )]
    UnsupportedEncryption {
        /// The encryption scheme.
        scheme: String,
    },
    /// A password that the key must not or cannot be encrypted with.
    #[error(
        "the password for a private key must have 1 to {PASSWORD_LIMIT} bytes; this one has {length}"
    )]
    UnusablePassword {
        /// How many bytes the password has.
        length: usize,
    },
    /// OpenSSL could not do its part.
    #[error("OpenSSL cannot {action}")]
    OpenSsl {
        /// What it was asked to do.
        action: &'static str,
        /// What it said.
        source: Cause,
    },
}

/// What is wrong with bytes that should have been a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyFault {
    /// The DER structure breaks off or does not add up.
    Structure,
    /// A structure that is sound, and is none of the private key formats.
    NotAPrivateKey,
    /// Bytes follow the key.
    TrailingBytes {
        /// How many.
        count: usize,
    },
    /// The structure of a private key, with contents that OpenSSL refuses.
    Contents,
    /// The numbers in the key do not belong together.
    Inconsistent,
    /// Ciphertext of an impossible length: the file was cut.
    Ciphertext {
        /// How many bytes there are.
        length: usize,
    },
    /// The `DEK-Info` header is not a cipher, a comma and an initialisation vector in hex.
    EncryptionHeader,
    /// The key's encryption alone asks for more work than [`ITERATION_LIMIT`].
    Iterations {
        /// What it asks for, in rounds of PBKDF2.
        count: u64,
    },
    /// A key longer than any sound one of its kind.
    Length {
        /// How many octets it has.
        length: usize,
    },
    /// A modulus longer than [`MODULUS_LIMIT`].
    Modulus {
        /// How many bits it has.
        bits: u32,
    },
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyFault::Structure => f.write_str("its DER structure is truncated or inconsistent; copy the whole file again"),
            KeyFault::NotAPrivateKey => f.write_str("it is some other object; expected PKCS#8, PKCS#1 or SEC 1"),
            KeyFault::TrailingBytes { count: 1 } => f.write_str("1 byte follows it; give one key with nothing after it"),
            KeyFault::TrailingBytes { count } => write!(f, "{count} bytes follow it; give one key with nothing after it"),
            KeyFault::Contents => f.write_str("its structure is correct but its contents are not; copy the whole file again"),
            KeyFault::Inconsistent => f.write_str("its numbers are inconsistent; restore it from a backup, or make a new pair"),
            KeyFault::Ciphertext { length } => {
                write!(f, "its ciphertext of {} is not a whole number of blocks; copy the whole file again", amount(*length as u64, "byte"))
            }
            KeyFault::EncryptionHeader => {
                f.write_str("its DEK-Info header is not a cipher, a comma and hex digits; copy the whole file again")
            }
            KeyFault::Iterations { count } => write!(
                f,
                "its encryption needs {count} rounds of key derivation; the limit is {ITERATION_LIMIT}; encrypt it again with fewer"
            ),
            KeyFault::Length { length } => {
                write!(f, "it has {length} bytes, more than any valid key of its kind; make a new pair")
            }
            KeyFault::Modulus { bits } => {
                write!(f, "its modulus has {bits} bits; the limit is {MODULUS_LIMIT}; make a new pair")
            }
        }
    }
}
