//! Why no key or request was made.

use std::fmt;

use crate::input::Cause;

use super::plan::COMMON_NAME_LIMIT;
use crate::document::{KeyAlgorithm, KeyError};

/// Why no key or request was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The common name would be longer than X.520 allows.
    #[error(
        "{name} has {length} characters; a common name holds at most {COMMON_NAME_LIMIT} (X.520, ub-common-name); register a shorter FQDN"
    )]
    CommonNameTooLong {
        /// The name.
        name: String,
        /// How many characters it has.
        length: usize,
    },
    /// A reused key that the NHS does not accept.
    #[error(
        "the key is {found}; the NHS requires RSA of at least 2048 bits; without a key, a new one is made"
    )]
    UnsuitableKey {
        /// What the key is.
        found: KeyAlgorithm,
    },
    /// A reused key whose numbers give no protection, or none that software takes.
    #[error(
        "the key is {found}, with a modulus or an exponent that no RSA key may have (RFC 8017 section 3.1); without a key, a new one is made"
    )]
    ImpossibleKey {
        /// What the key is.
        found: KeyAlgorithm,
    },
    /// The key could not be handled.
    #[error("the key cannot be used")]
    Key(#[from] KeyError),
    /// OpenSSL could not do its part.
    #[error("OpenSSL cannot {action}")]
    OpenSsl {
        /// What it was asked to do.
        action: &'static str,
        /// What it said.
        source: Cause,
    },
    /// The request could not be built.
    #[error("the request cannot be built")]
    Build(#[source] Cause),
    /// The finished request does not say what was asked for, and is withheld.
    #[error(
        "the new CSR was read back and {mismatch}; nothing was returned; please report this bug in ptl-cert"
    )]
    ReadBack {
        /// Where it differs.
        mismatch: Mismatch,
    },
}

/// Where a request that was read back differs from its plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// It is not a whole certification request (RFC 2986).
    Unreadable,
    /// A field holds something else.
    Field {
        /// Which field.
        field: &'static str,
        /// What the plan says.
        expected: String,
        /// What the request says.
        found: String,
    },
    /// The signature is not by the key in the request.
    Signature,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::Unreadable => f.write_str("does not parse"),
            Mismatch::Field {
                field,
                expected,
                found,
            } => write!(f, "its {field} is {found}, expected {expected}"),
            Mismatch::Signature => f.write_str("its signature does not verify"),
        }
    }
}

/// A number of bits that is none of the sizes keys are made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bits} is not a supported key size; give 2048, 3072 or 4096")]
#[non_exhaustive]
pub struct KeySizeError {
    /// The bits asked for.
    pub bits: u32,
}

impl GenerateError {
    pub(super) fn build(source: rcgen::Error) -> GenerateError {
        GenerateError::Build(source.into())
    }
}
