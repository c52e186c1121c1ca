//! Where the files of one name are.

use std::io;
use std::path::{Path, PathBuf};

use super::disk;
use super::error::PairError;
use crate::fqdn::Fqdn;
use crate::store::owner;

/// Before and behind the name of a staging directory.
const STAGE_PREFIX: &str = ".";
const STAGE_SUFFIX: &str = ".ptl-cert";

/// Which of a pair's two names are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presence {
    /// None.
    Neither,
    /// `NAME.key` without `NAME.csr`.
    KeyOnly,
    /// `NAME.csr` without `NAME.key`.
    RequestOnly,
    /// Both.
    Both,
}

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Key,
    Request,
}

impl Member {
    pub(super) fn extension(self) -> &'static str {
        match self {
            Member::Key => "key",
            Member::Request => "csr",
        }
    }
}

/// A directory and a name in it.
pub(super) struct Place {
    directory: PathBuf,
    name: String,
}

impl Place {
    pub(super) fn new(directory: &Path, name: &Fqdn) -> Place {
        let here = Path::new(".");
        let directory = if directory.as_os_str().is_empty() {
            here
        } else {
            directory
        };
        Place {
            directory: directory.to_owned(),
            name: name.as_str().to_owned(),
        }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn file(&self, member: Member) -> PathBuf {
        self.directory
            .join(format!("{}.{}", self.name, member.extension()))
    }

    pub(super) fn aside(&self, member: Member, suffix: &str) -> PathBuf {
        let name = format!("{}.{}.{suffix}", self.name, member.extension());
        self.directory.join(name)
    }

    pub(super) fn stage(&self) -> PathBuf {
        self.directory
            .join(format!("{STAGE_PREFIX}{}{STAGE_SUFFIX}", self.name))
    }

    /// The host name that a directory entry is the stage of.
    pub(super) fn staged_name(entry: &str) -> Option<Fqdn> {
        let name = entry
            .strip_prefix(STAGE_PREFIX)?
            .strip_suffix(STAGE_SUFFIX)?;
        // A name that is not written as we write it is not ours.
        Fqdn::parse(name).ok().filter(|fqdn| fqdn.as_str() == name)
    }

    pub(super) fn presence(&self) -> Result<Presence, PairError> {
        let key = disk::is_taken(&self.file(Member::Key))?;
        let request = disk::is_taken(&self.file(Member::Request))?;
        Ok(match (key, request) {
            (false, false) => Presence::Neither,
            (true, false) => Presence::KeyOnly,
            (false, true) => Presence::RequestOnly,
            (true, true) => Presence::Both,
        })
    }

    /// Makes the directory where it is missing, with its parents.
    pub(super) fn prepare_directory(&self) -> Result<(), PairError> {
        let path = &self.directory;
        owner::check(path)?;
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => return Ok(()),
            Ok(_) => return Err(PairError::NotADirectory { path: path.clone() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(PairError::io("examine", path)(error)),
        }
        let mut missing = Vec::new();
        for ancestor in path.ancestors() {
            let is_here = ancestor.as_os_str().is_empty();
            if is_here || disk::is_taken(ancestor)? {
                break;
            }
            missing.push(ancestor);
        }
        for directory in missing.into_iter().rev() {
            disk::make_private_directory(directory)?;
            if let Some(parent) = directory.parent() {
                let here = Path::new(".");
                disk::sync_directory(if parent.as_os_str().is_empty() {
                    here
                } else {
                    parent
                })?;
            }
        }
        // Another process may have been faster.
        owner::check(path)?;
        // A dangling symbolic link is taken, and still no directory.
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => Ok(()),
            _ => Err(PairError::NotADirectory { path: path.clone() }),
        }
    }
}
