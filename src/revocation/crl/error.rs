//! Why a CRL cannot be read.

use std::fmt;

use crate::document::der::{Misread, OUTLINE};
use crate::revocation::scan::PART_LIMIT;

/// A CRL that cannot be read; nothing may be concluded from what was seen of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrlError {
    /// The bytes are not what RFC 5280 section 5.1 defines.
    #[error(
        "the CRL is damaged: byte {offset} is not what RFC 5280 requires there; fetch the CRL again"
    )]
    Malformed {
        /// The offset of the part with the fault.
        offset: u64,
    },
    /// One of its fields is not what RFC 5280 section 5 defines.
    #[error(
        "the CRL does not follow RFC 5280: {field} cannot be read; ask its issuer for a valid one"
    )]
    Field {
        /// The field, as the subject of a sentence.
        field: &'static str,
    },
    /// The bytes end before the CRL does.
    #[error(
        "the CRL is truncated: it has {found} bytes, {}; fetch it again",
        match expected { Some(expected) => format!("its header says {expected}"), None => "too few for its first fields".to_owned() }
    )]
    Truncated {
        /// The length by the CRL's own header, where that much is here.
        expected: Option<u64>,
        /// The bytes there are.
        found: u64,
    },
    /// Bytes follow the CRL.
    #[error(
        "the CRL ends after {expected} bytes but more bytes follow; expected one CRL and nothing else"
    )]
    TrailingBytes {
        /// The length by the CRL's own header.
        expected: u64,
    },
    /// A part is longer than any sound list has it.
    #[error(
        "{part} at byte {offset} of the CRL is longer than {} bytes, which no valid CRL needs",
        PART_LIMIT
    )]
    TooLong {
        /// Which part.
        part: Part,
        /// Where it begins.
        offset: u64,
    },
    /// The signature algorithm inside the signed part differs from the one outside.
    #[error(
        "the CRL names one signature algorithm in its signed part and another outside it; they must be the same (RFC 5280 section 5.1.1.2)"
    )]
    AlgorithmMismatch,
    /// The signature is not a whole number of octets.
    #[error("the CRL's signature is not a whole number of octets, so it is invalid")]
    SignatureBits,
    /// One serial number has more entries than any sound list.
    #[error("the CRL has more than {limit} entries for one serial number, which no valid CRL has")]
    TooManyHits {
        /// The most entries for each number.
        limit: usize,
    },
    /// The reader failed.
    #[error("the CRL could not be read to its end")]
    Read(#[from] std::io::Error),
}

impl From<Misread> for CrlError {
    fn from(Misread { field }: Misread) -> CrlError {
        match field {
            OUTLINE => CrlError::Malformed { offset: 0 },
            field => CrlError::Field { field },
        }
    }
}

/// A part of a CRL with a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything before the entries.
    Head,
    /// One entry.
    Entry,
    /// Everything after the entries.
    Tail,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Head => "the part before the entries",
            Part::Entry => "the entry",
            Part::Tail => "the part after the entries",
        })
    }
}
