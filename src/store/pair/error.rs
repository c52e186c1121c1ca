//! Why a pair was not written.

use std::io;
use std::path::{Path, PathBuf};

use crate::input::Shown;
use crate::store::UnsafeFolder;

/// Why a pair was not written or recovered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// Something of that name is there already.
    #[error("{} exists and is never overwritten", path.shown())]
    Exists {
        /// What is in the way.
        path: PathBuf,
    },
    /// A key is there without its request, which is neither a pair to skip nor a free name.
    #[error("{} exists but {} is missing", present.shown(), missing.shown())]
    KeyWithoutRequest {
        /// The key.
        present: PathBuf,
        /// The request.
        missing: PathBuf,
    },
    /// A request is there without its key.
    #[error("{} exists but its key {} is missing", present.shown(), missing.shown())]
    RequestWithoutKey {
        /// The request.
        present: PathBuf,
        /// The key.
        missing: PathBuf,
    },
    /// A live process holds the name.
    #[error("another ptl-cert is writing {name}; wait for it to finish, then run again")]
    Busy {
        /// The host name.
        name: String,
    },
    /// The output directory is something else.
    #[error("{} is not a directory; give a directory", path.shown())]
    NotADirectory {
        /// The path given.
        path: PathBuf,
    },
    /// What has the staging directory's name was not made by us: it is no directory, or others may enter it.
    #[error(
        "{} is not a private directory made by ptl-cert; move it away and run again", path.shown()
    )]
    ForeignStage {
        /// The staging directory.
        path: PathBuf,
    },
    /// A pair that a crash interrupted cannot be put in place, because something is in its way now.
    #[error(
        "a crash left a finished pair in {}, but {} is in the way; move that and run again", stage.shown(), path.shown()
    )]
    Blocked {
        /// What is in the way.
        path: PathBuf,
        /// The staging directory, with the waiting files.
        stage: PathBuf,
    },
    /// A staging directory whose marker or files are not what was written.
    #[error(
        "{} was left by a crash and is damaged, or comes from a newer ptl-cert; check it, then move it away and run again", stage.shown()
    )]
    Damaged {
        /// The staging directory.
        stage: PathBuf,
    },
    /// Others could exchange what is written there.
    #[error(transparent)]
    Unsafe(#[from] UnsafeFolder),
    /// The disk refused.
    #[error("cannot {action} {}", path.shown())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl PairError {
    /// Adds what was attempted to a refusal of the disk.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PairError {
        let path = path.to_owned();
        move |source| PairError::Io {
            action,
            path,
            source,
        }
    }
}
