//! A folder to work in that goes away with its owner, unless it is kept.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::mode;

use crate::input::Shown;

/// A folder of one's own, 0700.
#[derive(Debug)]
pub enum Scratch {
    /// In the system's folder for temporary files; removed when dropped.
    Temporary(TempDir),
    /// Where it was asked for; it stays.
    Named(PathBuf),
}

/// Why there is no folder to work in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScratchError {
    /// Something of that name is there already.
    #[error("{} exists already", path.shown())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot make the folder {}", path.shown())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Scratch {
    /// Makes the folder `named`, which must not exist, or a temporary one.
    ///
    /// # Errors
    /// When it exists, or the system refuses.
    pub fn new(named: Option<&Path>) -> Result<Scratch, ScratchError> {
        let Some(path) = named else {
            let mut builder = mode::temporary_folder(0o700);
            return match builder.prefix("ptl-cert-").tempdir() {
                Ok(folder) => Ok(Scratch::Temporary(folder)),
                Err(source) => Err(ScratchError::Io {
                    path: std::env::temp_dir(),
                    source,
                }),
            };
        };
        match mode::folder(0o700).create(path) {
            Ok(()) => Ok(Scratch::Named(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(ScratchError::Exists {
                    path: path.to_owned(),
                })
            }
            Err(source) => Err(ScratchError::Io {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        match self {
            Scratch::Temporary(folder) => folder.path(),
            Scratch::Named(path) => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_away_with_all_that_is_in_it() {
        let scratch = Scratch::new(None).unwrap();
        let path = scratch.path().to_owned();
        std::fs::write(path.join("file"), "x").unwrap();
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn a_named_folder_stays_and_is_never_one_that_was_there() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("named");
        drop(Scratch::new(Some(&path)).unwrap());
        assert!(path.is_dir());
        assert!(matches!(
            Scratch::new(Some(&path)),
            Err(ScratchError::Exists { .. })
        ));
    }
}
