//! Why a lab could not be kept or opened.

use std::io;
use std::path::{Path, PathBuf};

use crate::decode::{EncodedObjectError, OpenError};
use crate::document::KeyError;
use crate::input::Shown;
use crate::lab::LabError;
use crate::store::UnsafeFolder;
use crate::store::read::ReadError;
use crate::store::write::WriteError;

/// Why a lab could not be kept or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is one already.
    #[error("there is already a lab in {}; give another folder, or remove it", path.shown())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// There is something else.
    #[error("{} is not empty; give a new folder", path.shown())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file of this name says something else.
    #[error("{} already exists with other contents; give another folder", path.shown())]
    Differs {
        /// The file.
        path: PathBuf,
    },
    /// Others could exchange what is written there.
    #[error(transparent)]
    Unsafe(#[from] UnsafeFolder),
    /// There is none.
    #[error("there is no lab in {}", path.shown())]
    NotALab {
        /// The folder.
        path: PathBuf,
    },
    /// Another process is changing it.
    #[error("another process has locked {} for ten seconds; try again when it has finished", path.shown())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// Its state is none, or of another version.
    #[error("{} is not the state of a lab of this version", path.shown())]
    State {
        /// The file.
        path: PathBuf,
        /// Where it differs.
        source: serde_json::Error,
    },
    /// A key file that holds no PEM, DER or PKCS#12.
    #[error("{} is not a lab key", path.shown())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// A key file that holds something else, or more than one key.
    #[error("{} holds {found} objects, expected one private key", path.shown())]
    KeyCount {
        /// The file.
        path: PathBuf,
        /// How many there are.
        found: usize,
    },
    /// A key that is damaged.
    #[error("{} is damaged", path.shown())]
    KeyDamaged {
        /// The file.
        path: PathBuf,
        /// How.
        source: EncodedObjectError,
    },
    /// A key that cannot be read or written.
    #[error("the lab key {} cannot be used", path.shown())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// The lab itself.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// A file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The system refused something else.
    #[error("cannot {action} {}", path.shown())]
    Io {
        /// What was to be done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl StoreError {
    /// For `map_err`.
    pub(super) fn io(
        action: &'static str,
        path: &Path,
    ) -> impl Fn(io::Error) -> StoreError + use<> {
        let path = path.to_owned();
        move |source| StoreError::Io {
            action,
            path: path.clone(),
            source: match source.raw_os_error() {
                // tempfile's own error hides the system's words behind a made-up name.
                None => io::Error::from(source.kind()),
                Some(_) => source,
            },
        }
    }
}
