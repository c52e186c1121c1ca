//! Why an index cannot be made or used.

use std::fmt;

use crate::document::Sha256Digest;
use crate::revocation::crl::CrlError;

/// An index that cannot be made or must not be used; the CRL itself is none the worse for it, and a pass over it
/// gives every answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The bytes do not begin as an index does.
    #[error("this is not a CRL index; build it again from the CRL")]
    NotAnIndex,
    /// Another version of this program made it.
    #[error(
        "the index has format {found}; this program reads format {expected}; build it again from the CRL"
    )]
    Version {
        /// The index's.
        found: u32,
        /// This program's.
        expected: u32,
    },
    /// It is the index of another CRL.
    #[error("the index belongs to a CRL of {} bytes with SHA-256 {}, this CRL has {} bytes and {}; build it again", found.0, found.1, expected.0, expected.1)]
    OtherCrl {
        /// Length in bytes and SHA-256 of the CRL that it was made from.
        found: (u64, Sha256Digest),
        /// Those of the CRL available.
        expected: (u64, Sha256Digest),
    },
    /// Its bytes are not the ones that were written.
    #[error("the index is damaged in {part} at byte {offset}; build it again from the CRL")]
    Damaged {
        /// Which part.
        part: IndexPart,
        /// Where that part begins.
        offset: u64,
    },
    /// The CRL's bytes are not the ones that the index was made from.
    #[error(
        "the CRL was changed after its index was built: byte {offset} is not what the index says; fetch the CRL again"
    )]
    CrlChanged {
        /// Where the entry begins, or the part before or after all entries.
        offset: u64,
    },
    /// The CRL's entries name their certificates' issuers (RFC 5280 section 5.3.3): what an entry means depends
    /// on those before it, and a look-up sees one entry only.
    #[error(
        "the CRL is indirect, its entries depend on the ones before them; such a CRL has no index and is searched as a whole"
    )]
    Indirect,
    /// Too many entries fall into one bucket, because they have the same serial number.
    #[error(
        "more than {limit} entries of the CRL have one serial number or nearly so, which no valid CRL has; such a CRL has no index and is searched as a whole"
    )]
    TooManyAlike {
        /// The most entries in one bucket.
        limit: u32,
    },
    /// The CRL cannot be read.
    #[error("the CRL cannot be read to its end, so no index can be built")]
    SearchableCrl(#[from] CrlError),
    /// The index could not be written.
    #[error("the index could not be written")]
    Write(#[from] std::io::Error),
}

/// A part of an index, with a checksum of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexPart {
    /// What it says about the CRL.
    Header,
    /// The records of the entries that fall into one bucket.
    Bucket,
}

impl fmt::Display for IndexPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            IndexPart::Header => "its header",
            IndexPart::Bucket => "a bucket of records",
        })
    }
}
