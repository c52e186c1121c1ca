//! The record of a slot: which CRL is the installed one. Replacing it is what installs a CRL.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::about::About;
use super::disk::{self, Identity};
use super::error::{CacheDamage, CacheError};
use crate::document::Sha256Digest;
use crate::revocation::Slot;

const SCHEMA: &str = "ptl-cert/cached-crl/1";

/// The longest record, in bytes; one of the NHS's CRLs takes two thousand.
pub(super) const RECORD_LIMIT: u64 = 256 * 1024;

/// What a slot's `current.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    schema: String,
    pub(super) about: About,
    /// Which file was seen to have the CRL's bytes.
    pub(super) crl: Identity,
    /// Absent where the CRL has no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) index: Option<IndexFile>,
}

/// The index of the CRL, as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IndexFile {
    /// SHA-256 over the whole index.
    pub(super) sha256: Sha256Digest,
    /// Which file was seen to have its bytes.
    pub(super) identity: Identity,
}

#[derive(Deserialize)]
struct Schema {
    schema: String,
}

impl Record {
    pub(super) fn new(about: About, crl: Identity, index: Option<IndexFile>) -> Record {
        Record {
            schema: SCHEMA.to_owned(),
            about,
            crl,
            index,
        }
    }

    /// Reads the text of a record of the slot with this id.
    pub(super) fn parse(bytes: &[u8], slot: &str) -> Result<Record, CacheDamage> {
        // First, so that a record of a later format is called that.
        let Schema { schema } = serde_json::from_slice(bytes).map_err(CacheDamage::Text)?;
        if schema != SCHEMA {
            return Err(CacheDamage::Schema {
                found: schema,
                expected: SCHEMA,
            });
        }
        let record: Record = serde_json::from_slice(bytes).map_err(CacheDamage::Text)?;
        if record.about.slot != slot {
            return Err(CacheDamage::Slot {
                found: record.about.slot,
                expected: slot.to_owned(),
            });
        }
        Ok(record)
    }

    pub(super) fn text(&self) -> Result<Vec<u8>, CacheError> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| CacheError::Disk {
            action: "write the record of",
            path: PathBuf::from(&self.about.slot),
            source: error.into(),
        })?;
        text.push(b'\n');
        match text.len() as u64 > RECORD_LIMIT {
            true => Err(CacheError::TooMuchToSay {
                found: text.len(),
                limit: RECORD_LIMIT,
            }),
            false => Ok(text),
        }
    }
}

/// The folder of one slot, and the names of what is in it.
#[derive(Clone, Debug)]
pub(super) struct SlotFolder {
    path: PathBuf,
    id: String,
}

/// What a file of a slot's folder is, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Record,
    SearchableCrl(Sha256Digest),
    Index(Sha256Digest),
}

const RECORD: &str = "current.json";

impl SlotFolder {
    /// The folder of a slot.
    pub(super) fn of(crls: &Path, slot: &Slot) -> SlotFolder {
        SlotFolder {
            path: crls.join(slot.id()),
            id: slot.id().to_owned(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn record(&self) -> PathBuf {
        self.path.join(RECORD)
    }

    pub(super) fn crl(&self, sha256: &Sha256Digest) -> PathBuf {
        self.path.join(format!("{sha256}.crl"))
    }

    pub(super) fn index(&self, sha256: &Sha256Digest) -> PathBuf {
        self.path.join(format!("{sha256}.index"))
    }

    /// What a file in the folder is; `None` for what is none of ours.
    pub(super) fn name(file: &str) -> Option<Name> {
        if file == RECORD {
            return Some(Name::Record);
        }
        let (stem, extension) = file.split_once('.')?;
        let sha256 = Sha256Digest::parse(stem)?;
        match extension {
            "crl" => Some(Name::SearchableCrl(sha256)),
            "index" => Some(Name::Index(sha256)),
            _ => None,
        }
    }

    /// The record as it is now; `None` where there is none, so that nothing is installed.
    pub(super) fn read(&self) -> Result<Option<Record>, CacheDamage> {
        self.bytes()?
            .map(|bytes| Record::parse(&bytes, &self.id))
            .transpose()
    }

    /// The text of the record.
    pub(super) fn bytes(&self) -> Result<Option<Vec<u8>>, CacheDamage> {
        match disk::read_small(&self.record(), RECORD_LIMIT) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(CacheDamage::Missing) => Ok(None),
            Err(damage) => Err(damage),
        }
    }
}
