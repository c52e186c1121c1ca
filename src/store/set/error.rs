//! What keeps a set from being written.

use std::io;
use std::path::{Path, PathBuf};

use crate::input::Shown;
use crate::store::UnsafeFolder;

/// Why a set of files was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// Another process has hold of the folder.
    #[error("another run is writing to {}; wait for it to finish and try again", folder.shown())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// A file is in the way.
    #[error(
        "{} exists with other contents and was not written by ptl-cert; nothing was changed", path.shown()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A name that is not that of a plain file, or that was given twice.
    #[error(
        "{name:?} cannot be the name of a file of the set; expected letters, digits, '.', '-' and '_', each name once"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// Others could exchange what is written there.
    #[error(transparent)]
    Unsafe(#[from] UnsafeFolder),
    /// The folder in which a set is prepared is none that this program made.
    #[error("{} is not a private folder made by ptl-cert; move it away and run again", path.shown())]
    ForeignWork {
        /// The folder.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot {doing} {}", path.shown())]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl SetError {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SetError {
        let path = path.to_owned();
        move |source| SetError::Io {
            doing,
            path,
            source,
        }
    }
}
