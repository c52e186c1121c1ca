//! Why the cache could not be used, and what is wrong with one CRL of it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::document::{Moment, Sha256Digest};
use crate::input::{Shown, amount};
use crate::revocation::{CrlError, IndexError};

/// Why something could not be done with the cache. The CRLs that were installed are as they were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Another process is writing, and did not finish while we waited.
    #[error(
        "the CRL cache {} is being written by {}{}; wait for it to finish, then run again",
        folder.shown(), Holder(*pid), Waited(*waited)
    )]
    Busy {
        /// The cache.
        folder: PathBuf,
        /// The process that holds the lock, as it wrote itself down; absent where it has not done so yet.
        pid: Option<u32>,
        /// How long was waited, at most.
        waited: Duration,
    },
    /// What was given as the cache is a file, or a folder inside it is.
    #[error("{} is not a folder; give a folder as the CRL cache", path.shown())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// Others may write to the cache, so that nothing in it proves anything.
    #[error(
        "the CRL cache cannot be trusted: {} has mode {mode:04o}, so others could change what is in it; remove that permission (chmod go-w) and import the CRLs again, or give another folder",
        path.shown()
    )]
    OpenToOthers {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to another user.
    #[error(
        "the CRL cache cannot be trusted: {} belongs to another user (uid {owner}), who could hide revocations; use your own folder, or root's", path.shown()
    )]
    OfAnother {
        /// The folder.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// The disk refused.
    #[error("cannot {action} {}; {}", path.shown(), remedy(source))]
    Disk {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There are more CRLs in the cache than are read.
    #[error("{} has more than {limit} CRLs, too many for a CRL cache; give another folder", path.shown())]
    TooManyLists {
        /// The folder of the CRLs.
        path: PathBuf,
        /// The most that are read.
        limit: usize,
    },
    /// What was to be installed is not what had been checked: the CRL changed in between.
    #[error(
        "the CRL changed while it was being installed: SHA-256 {expected} was checked and {found} was written; nothing was installed, run again"
    )]
    Changed {
        /// Of the CRL that was checked.
        expected: Sha256Digest,
        /// Of what was written.
        found: Sha256Digest,
    },
    /// The CRL is older than the installed one, and that was not permitted.
    #[error(
        "the CRL was issued at {found}, the installed one at {installed}; the installed one stays"
    )]
    Older {
        /// thisUpdate of the installed CRL.
        installed: Moment,
        /// thisUpdate of the CRL to be installed.
        found: Moment,
    },
    /// What is known of the CRL is longer than any sound CRL's facts.
    #[error(
        "the CRL's description takes {found} bytes; the limit is {limit}, and no valid CRL has names that long"
    )]
    TooMuchToSay {
        /// The length, in bytes.
        found: usize,
        /// The most.
        limit: u64,
    },
    /// The index of a CRL could not be built.
    #[error("the index of a CRL could not be built in {}", path.shown())]
    Index {
        /// Where it was being built.
        path: PathBuf,
        /// Why not.
        source: IndexError,
    },
    /// There is no such CRL.
    #[error("the CRL cache {} has no CRL {slot}; fetch or import it first", folder.shown())]
    NotInstalled {
        /// The cache.
        folder: PathBuf,
        /// The slot's id.
        slot: String,
    },
    /// A file of the cache is not what was written.
    #[error("{} is damaged; {}", path.shown(), source.remedy())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: CacheDamage,
    },
}

impl CacheError {
    /// Adds what was attempted to a refusal of the disk.
    pub(super) fn disk(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CacheError {
        let path = path.to_owned();
        move |source| CacheError::Disk {
            action,
            path,
            source,
        }
    }
}

/// What is wrong with a file of the cache. Nothing is concluded from such a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheDamage {
    /// The record names a file that is not there.
    #[error("the file is missing")]
    Missing,
    /// Something that is not a file has its name.
    #[error("it is not a regular file")]
    NotAFile,
    /// Others may change it.
    #[error("it has mode {mode:04o}, so others can change it")]
    OpenToOthers {
        /// Its permission bits.
        mode: u32,
    },
    /// The bytes are not those that were installed.
    #[error("its SHA-256 is {found}, expected {expected}")]
    Digest {
        /// By the record.
        expected: Sha256Digest,
        /// By the bytes.
        found: Sha256Digest,
    },
    /// The length is not the one that was installed.
    #[error("it has {}, expected {expected}", amount(*.found, "byte"))]
    Length {
        /// By the record.
        expected: u64,
        /// By the file system.
        found: u64,
    },
    /// The file is longer than what is read of its kind.
    #[error("it has more than the {limit} bytes that such a file may have")]
    TooLong {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The file's text is not what was written.
    #[error("it is not valid JSON of this kind")]
    Text(#[source] serde_json::Error),
    /// The file is of another format.
    #[error("its schema is {found:?}, expected {expected:?}")]
    Schema {
        /// As it says.
        found: String,
        /// What this version reads.
        expected: &'static str,
    },
    /// The record is about another slot than the folder it is in.
    #[error("it is about the slot {found:?}, expected {expected}")]
    Slot {
        /// By the record.
        found: String,
        /// By the folder.
        expected: String,
    },
    /// The record and the CRL disagree.
    #[error("its {fact} differs from that of the CRL itself")]
    Fact {
        /// About what.
        fact: &'static str,
    },
    /// The bytes are those that were installed, and still are no CRL.
    #[error("it is not a CRL")]
    NotACrl(#[source] CrlError),
    /// The system refuses to read it.
    #[error("it cannot be read")]
    Unreadable(#[source] io::Error),
}

impl CacheDamage {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            CacheDamage::Unreadable(_) => "give the user running this read access",
            CacheDamage::OpenToOthers { .. } => {
                "remove that permission (chmod go-w), then fetch or import the CRL again"
            }
            CacheDamage::Schema { .. } => {
                "if a newer ptl-cert wrote it, use that one; otherwise fetch or import the CRL again"
            }
            _ => "fetch or import the CRL again",
        }
    }
}

/// What helps against a refusal of the disk.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: free some space, then run again; the installed CRLs are untouched"
        }
        io::ErrorKind::PermissionDenied => {
            "give the user running this access to it, or use another folder"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "the disk is read-only: make it writable, or use another folder"
        }
        io::ErrorKind::NotFound => "check that the folder is still there, then run again",
        _ => "the installed CRLs are untouched",
    }
}

/// Another process, as well as it is known.
struct Holder(Option<u32>);

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pid) => write!(f, "process {pid}"),
            None => f.write_str("another process"),
        }
    }
}

struct Waited(Duration);

impl fmt::Display for Waited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Duration::ZERO => Ok(()),
            waited => write!(f, " and did not finish within {} s", waited.as_secs_f32()),
        }
    }
}
