//! What is known of an installed CRL without opening it.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::extension::Scope;
use crate::document::{Crl, CrlNumber, HexBytes, Moment, Name, Sha256Digest, printable};
use crate::input::{Source, without_userinfo};
use crate::verdict::admission::{Admitted, Installed};

/// The longest validator of HTTP that is kept, in bytes; servers send some dozens. A longer one is forgotten, which
/// costs a download and nothing else.
pub const VALIDATOR_LIMIT: usize = 1024;

/// Where a CRL came from.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CrlOrigin {
    /// A download.
    Url {
        /// The URL that was asked for, without a user's name and password.
        url: String,
    },
    /// A file that was imported.
    File {
        /// Its path, as it was given; characters that are not Unicode are lost.
        path: String,
    },
    /// Standard input, or something else that cannot be gone back to.
    Stream {
        /// What it is called in messages.
        name: String,
    },
}

impl CrlOrigin {
    /// The URL, where it was a download.
    pub fn url(&self) -> Option<&str> {
        match self {
            CrlOrigin::Url { url } => Some(url),
            CrlOrigin::File { .. } | CrlOrigin::Stream { .. } => None,
        }
    }

    /// In the words in which the rest of the product names sources.
    pub fn source(&self) -> Source {
        match self {
            CrlOrigin::Url { url } => Source::Url(url.clone()),
            CrlOrigin::File { path } => Source::File(PathBuf::from(path)),
            CrlOrigin::Stream { .. } => Source::Stdin,
        }
    }
}

/// A user name and password in a URL are left out: everyone may read the cache.
impl From<&Source> for CrlOrigin {
    fn from(source: &Source) -> CrlOrigin {
        match source {
            Source::Url(url) => CrlOrigin::Url {
                url: without_userinfo(url),
            },
            Source::File(path) => CrlOrigin::File {
                path: path.to_string_lossy().into_owned(),
            },
            other => CrlOrigin::Stream {
                name: other.to_string(),
            },
        }
    }
}

impl fmt::Display for CrlOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (CrlOrigin::Url { url: text }
        | CrlOrigin::File { path: text }
        | CrlOrigin::Stream { name: text }) = self;
        write!(f, "{}", printable(text))
    }
}

/// Where a CRL that is to be installed came from, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Where from.
    pub place: CrlOrigin,
    /// When.
    pub at: Moment,
    /// The ETag that came with it, quotes included.
    pub etag: Option<String>,
    /// The Last-Modified that came with it, as it was written.
    pub last_modified: Option<String>,
}

impl Provenance {
    /// A CRL from a source that gives no validators.
    pub fn new(source: &Source, at: Moment) -> Provenance {
        Provenance {
            place: CrlOrigin::from(source),
            at,
            etag: None,
            last_modified: None,
        }
    }
}

/// What is known of an installed CRL without opening it. Everything about the CRL itself is taken from the CRL,
/// and compared with it whenever it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct About {
    /// The [id](crate::revocation::Slot::id) of its slot.
    pub slot: String,
    /// Who signed it, as it says.
    #[serde(with = "stored_name")]
    #[schemars(with = "stored_name::Stored")]
    pub issuer: Name,
    /// SHA-256 over the SubjectPublicKeyInfo of the key that made its signature.
    pub issuer_spki_sha256: Sha256Digest,
    /// SHA-256 over the certificate with that key which was there when the CRL was installed.
    pub issuer_sha256: Sha256Digest,
    /// The names of its issuing distribution point: URLs, names of directory entries; none where it has no point.
    pub distribution_point: Vec<String>,
    /// Which kind of certificates it answers for.
    pub scope: Scope,
    /// Whether it is indirect, so that it may contain certificates of any CA; `None` in a record of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indirect: Option<bool>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<CrlNumber>,
    /// For a delta CRL: the number of the CRL it builds on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_number: Option<CrlNumber>,
    /// When it was made.
    pub this_update: Moment,
    /// By when there will be a newer one; every CRL that is admitted has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Moment>,
    /// How many certificates it contains.
    pub entries: u64,
    /// Its length, in bytes.
    pub length: u64,
    /// SHA-256 over the whole CRL.
    pub sha256: Sha256Digest,
    /// Where it came from.
    pub source: CrlOrigin,
    /// When it was fetched or imported.
    pub fetched_at: Moment,
    /// When its source was last seen to have nothing newer; not before `fetched_at`.
    pub checked_at: Moment,
    /// The ETag that came with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The Last-Modified that came with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

impl About {
    pub(super) fn new(admitted: &Admitted<'_>, provenance: &Provenance) -> About {
        let header = admitted.crl().header();
        let point = header.issuing_distribution_point.as_ref();
        let issuer = admitted.issuer();
        About {
            slot: admitted.slot().id().to_owned(),
            issuer: header.issuer.clone(),
            issuer_spki_sha256: issuer.key.identity(),
            issuer_sha256: issuer.sha256,
            distribution_point: header.point_names(),
            scope: header.scope(),
            indirect: Some(point.is_some_and(|point| point.indirect)),
            number: header.number.clone(),
            base_number: header.base_number.clone(),
            this_update: header.this_update,
            next_update: header.next_update,
            entries: admitted.entries(),
            length: header.length as u64,
            sha256: admitted.sha256(),
            source: provenance.place.clone(),
            fetched_at: provenance.at,
            checked_at: provenance.at,
            etag: bounded(provenance.etag.as_ref()),
            last_modified: bounded(provenance.last_modified.as_ref()),
        }
    }

    /// What a new CRL of the slot is compared with.
    pub fn installed(&self) -> Installed {
        Installed {
            number: self.number.clone(),
            this_update: self.this_update,
            next_update: self.next_update,
            entries: self.entries,
            sha256: self.sha256,
        }
    }

    /// The fact about which the CRL itself says something else. The names of the point are for people, and how
    /// names are written may differ between versions.
    pub(super) fn disagrees(&self, header: &Crl) -> Option<&'static str> {
        let facts = [
            ("issuer", self.issuer == header.issuer),
            ("scope", self.scope == header.scope()),
            ("number", self.number == header.number),
            ("base number", self.base_number == header.base_number),
            ("thisUpdate", self.this_update == header.this_update),
            ("nextUpdate", self.next_update == header.next_update),
        ];
        facts
            .iter()
            .find(|(_, agrees)| !agrees)
            .map(|(fact, _)| *fact)
    }
}

fn bounded(validator: Option<&String>) -> Option<String> {
    validator
        .filter(|text| text.len() <= VALIDATOR_LIMIT)
        .cloned()
}

/// A name as its DER, which is what counts, with its text beside it for people.
mod stored_name {
    use super::{Deserialize, HexBytes, JsonSchema, Name, Serialize};
    use crate::document::Hex;

    /// A distinguished name.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[schemars(rename = "StoredName")]
    pub(super) struct Stored {
        /// As RFC 4514 writes it.
        name: String,
        /// Its DER.
        der: HexBytes,
    }

    pub(super) fn serialize<S: serde::Serializer>(
        name: &Name,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let stored = Stored {
            name: name.rfc4514(),
            der: Hex(name.der().to_vec()),
        };
        stored.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Name, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        Name::read(stored.der.as_bytes())
            .map_err(|malformed| serde::de::Error::custom(format_args!("no name: {malformed:?}")))
    }
}
