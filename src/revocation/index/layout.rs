//! The format of an index. All numbers are little-endian.
//!
//! ```text
//! header      magic and version         12 bytes
//!             length of the header       4
//!             CRL: length                8
//!             CRL: SHA-256              32
//!             CRL: entries               8
//!             CRL: first entry at        8
//!             CRL: bytes of entries      8
//!             buckets                    4
//!             the frame's SHA-256       32   the CRL without its entries
//!             the signature's digest     4 + 0 to 64
//!             unknown critical OIDs      4, and for each 4 + its text
//!             zeros up to the last 32 bytes of a multiple of 64
//!             SHA-256 of all of this    32
//! records     offset of the entry        4   from the first entry
//!             tag                        2   the low bits of its serial number's hash
//!             check                      2   over the entry
//! directory   first record of a bucket   4   for each bucket, and for the end of the last
//!             checksum of the bucket     4   zero for the end
//! ```

use super::error::{IndexError, IndexPart};
use crate::document::{Hex, Sha256Digest, sha256};

const MAGIC: [u8; 8] = *b"ptlcrlix";
/// Changed with every change of the format or of the hash.
const VERSION: u32 = 1;

/// Bytes of a record.
pub(super) const RECORD: usize = 8;
/// Bytes of a slot in the directory.
pub(super) const DIRECTORY_STEP: usize = 8;

/// What an index says about its CRL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::revocation) struct Header {
    pub(super) crl_length: u64,
    pub(super) list_sha256: Sha256Digest,
    pub(super) entries: u64,
    /// Where the entries begin in the CRL, and how many bytes they are.
    pub(in crate::revocation) entries_start: u64,
    pub(in crate::revocation) entries_length: u64,
    pub(super) buckets: u32,
    /// Over everything in the CRL but its entries.
    pub(in crate::revocation) frame_sha256: Sha256Digest,
    /// The digest over the tbsCertList by the signature's hash, where it has one that counts.
    pub(in crate::revocation) digest: Option<Vec<u8>>,
    pub(in crate::revocation) unknown_critical: Vec<String>,
}

/// An entry's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) offset: u32,
    pub(super) tag: u16,
    pub(super) check: u16,
}

impl Record {
    /// In the order of the file, once the number is written little-endian.
    #[inline]
    pub(super) fn packed(self) -> u64 {
        u64::from(self.offset) | u64::from(self.tag) << 32 | u64::from(self.check) << 48
    }

    #[inline]
    pub(super) fn read(bytes: &[u8]) -> Record {
        let packed = bytes.try_into().map_or(0, u64::from_le_bytes);
        Record {
            offset: packed as u32,
            tag: (packed >> 32) as u16,
            check: (packed >> 48) as u16,
        }
    }
}

/// One slot of the directory: a bucket's first record, and its checksum.
#[inline]
pub(super) fn read_step(bytes: &[u8]) -> Option<(u32, u32)> {
    let packed = u64::from_le_bytes(*bytes.first_chunk()?);
    Some((packed as u32, (packed >> 32) as u32))
}

impl Header {
    /// How many bytes it has in the file.
    pub(super) fn length(&self) -> usize {
        let texts: usize = self.unknown_critical.iter().map(|oid| 4 + oid.len()).sum();
        let digest = self.digest.as_ref().map_or(0, Vec::len);
        let fields = 8 + 4 + 4 + 8 + 32 + 8 + 8 + 8 + 4 + 32 + 4 + digest + 4 + texts;
        (fields + 32).next_multiple_of(64)
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let length = self.length();
        let mut bytes = Vec::with_capacity(length);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((length as u32).to_le_bytes());
        bytes.extend(self.crl_length.to_le_bytes());
        bytes.extend(self.list_sha256.as_bytes());
        bytes.extend(self.entries.to_le_bytes());
        bytes.extend(self.entries_start.to_le_bytes());
        bytes.extend(self.entries_length.to_le_bytes());
        bytes.extend(self.buckets.to_le_bytes());
        bytes.extend(self.frame_sha256.as_bytes());
        put(&mut bytes, self.digest.as_deref().unwrap_or_default());
        bytes.extend((self.unknown_critical.len() as u32).to_le_bytes());
        for oid in &self.unknown_critical {
            put(&mut bytes, oid.as_bytes());
        }
        bytes.resize(length - 32, 0);
        let seal = sha256(&bytes);
        bytes.extend(seal.as_bytes());
        bytes
    }

    /// The header, and how long it is.
    pub(super) fn read(bytes: &[u8]) -> Result<(Header, usize), IndexError> {
        let damaged = || IndexError::Damaged {
            part: IndexPart::Header,
            offset: 0,
        };
        let mut start = Fields(bytes);
        if start.take::<8>() != Some(MAGIC) {
            return Err(IndexError::NotAnIndex);
        }
        let version = start.number().ok_or_else(damaged)?;
        if version != VERSION {
            return Err(IndexError::Version {
                found: version,
                expected: VERSION,
            });
        }
        let length = start.number().ok_or_else(damaged)? as usize;
        let sealed = bytes
            .get(..length)
            .and_then(|header| header.split_last_chunk::<32>());
        let (fields, seal) = sealed.ok_or_else(damaged)?;
        if sha256(fields) != Hex(*seal) {
            return Err(damaged());
        }
        let header = Header::fields(start.0).ok_or_else(damaged)?;
        Ok((header, length))
    }

    fn fields(bytes: &[u8]) -> Option<Header> {
        let mut fields = Fields(bytes);
        Some(Header {
            crl_length: fields.long()?,
            list_sha256: Hex(fields.take()?),
            entries: fields.long()?,
            entries_start: fields.long()?,
            entries_length: fields.long()?,
            buckets: fields.number().filter(|buckets| *buckets > 0)?,
            frame_sha256: Hex(fields.take()?),
            digest: Some(fields.text()?.to_vec()).filter(|digest| !digest.is_empty()),
            unknown_critical: (0..fields.number()?)
                .map(|_| String::from_utf8(fields.text()?.to_vec()).ok())
                .collect::<Option<_>>()?,
        })
    }
}

fn put(bytes: &mut Vec<u8>, text: &[u8]) {
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text);
}

/// What is left of the header.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }
}
