//! Why a CRL cannot be read.

use std::fmt;

use crate::document::der::{Misread, OUTLINE};
use crate::input::amount;
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
        "the CRL is truncated: it has {}, {}; fetch it again",
        amount(*.found, "byte"),
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
        "the CRL ends after {} but more bytes follow; expected one CRL and nothing else",
        amount(*.expected, "byte")
    )]
    TrailingBytes {
        /// The length by the CRL's own header.
        expected: u64,
    },
    /// A part is longer than in any sound CRL.
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
    /// It was in BER and its signature is not one of what it is in DER.
    #[error(
        "the CRL is in BER, not DER as RFC 5280 requires, and its signature cannot be checked; ask its issuer for a valid one"
    )]
    Rewritten,
    /// One serial number has more entries than in any sound CRL.
    #[error("the CRL has more than {limit} entries for one serial number, which no valid CRL has")]
    TooManyHits {
        /// The most entries for each number.
        limit: usize,
    },
    /// The reader failed.
    #[error("the CRL could not be read to its end")]
    Read(#[from] std::io::Error),
}

impl CrlError {
    /// Why these bytes, which were to be one CRL, do not read: whether they are cut off, or too many, is said before
    /// what is wrong inside.
    pub(super) fn of_whole(misread: Misread, bytes: &[u8]) -> CrlError {
        let found = bytes.len() as u64;
        match outline_length(bytes) {
            Some(Outline::Whole(expected)) if expected > found => CrlError::Truncated {
                expected: Some(expected),
                found,
            },
            Some(Outline::Whole(expected)) if expected < found => {
                CrlError::TrailingBytes { expected }
            }
            Some(Outline::Whole(_)) | None => misread.into(),
            Some(Outline::CutOff) => CrlError::Truncated {
                expected: None,
                found,
            },
        }
    }
}

/// What the first bytes of a DER SEQUENCE say of its length.
enum Outline {
    /// This many bytes, the header's included.
    Whole(u64),
    /// They end before that is said.
    CutOff,
}

/// `None` for bytes that begin with something else, or with a length that DER does not have.
fn outline_length(bytes: &[u8]) -> Option<Outline> {
    let (first, rest) = match bytes {
        [0x30, first, rest @ ..] => (*first, rest),
        [0x30] => return Some(Outline::CutOff),
        _ => return None,
    };
    let octets = usize::from(first & 0x7f);
    if first < 0x80 {
        return Some(Outline::Whole(2 + u64::from(first)));
    }
    if octets == 0 || octets > 7 {
        return None;
    }
    let Some(length) = rest.get(..octets) else {
        return Some(Outline::CutOff);
    };
    let length = length
        .iter()
        .fold(0, |length, octet| length << 8 | u64::from(*octet));
    Some(Outline::Whole(2 + octets as u64 + length))
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
