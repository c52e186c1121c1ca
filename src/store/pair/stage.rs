//! The hidden directory in which a pair is written before it is put in place.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::disk;
use super::error::PairError;
use super::marker::Marker;
use super::place::{Member, Place};
use crate::store::fault::point;
use crate::store::mode;
use crate::store::named::Locked;
#[cfg(unix)]
use crate::store::owner;

const LOCK: &str = "lock";
/// The marker before and after it counts.
const DRAFT: &str = "commit.part";
const COMMIT: &str = "commit";

/// How often the stage may vanish while it is being opened, because the process that held it finished.
const ATTEMPTS: u32 = 64;

/// Whether a missing stage is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    Make,
    OnlyIfThere,
}

/// A staging directory that this process alone holds, whatever was left in it.
pub(super) struct Stage {
    path: PathBuf,
    lock: Locked,
}

impl Stage {
    /// Opens and locks the stage of a name; `None` if it is not there and is not to be made.
    pub(super) fn open(place: &Place, opening: Opening) -> Result<Option<Stage>, PairError> {
        let path = place.stage();
        for _ in 0..ATTEMPTS {
            if opening == Opening::Make {
                disk::make_private_directory(&path)?;
            }
            match fs::symlink_metadata(&path) {
                Ok(found) if is_private_directory(&found) => {}
                Ok(_) => return Err(PairError::ForeignStage { path }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => match opening {
                    Opening::Make => continue,
                    Opening::OnlyIfThere => return Ok(None),
                },
                Err(error) => return Err(PairError::io("examine", &path)(error)),
            }
            let lock_path = path.join(LOCK);
            let lock = match open_lock(&lock_path) {
                Ok(lock) => lock,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(PairError::io("open", &lock_path)(error)),
            };
            point().map_err(PairError::io("lock", &lock_path))?;
            let lock = match Locked::try_lock(lock) {
                Ok(lock) => lock,
                Err(TryLockError::WouldBlock) => {
                    return Err(PairError::Busy {
                        name: place.name().to_owned(),
                    });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(PairError::io("lock", &lock_path)(error));
                }
            };
            // The holder before us may have removed the stage between our opening its lock and our getting it: a lock
            // on a file without a name excludes no one.
            if lock.is_still_named(&lock_path) {
                return Ok(Some(Stage { path, lock }));
            }
        }
        Err(PairError::Busy {
            name: place.name().to_owned(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self, member: Member) -> PathBuf {
        self.path.join(member.extension())
    }

    /// Writes one file of the pair; [`Stage::commit`] makes it durable.
    pub(super) fn put(&self, member: Member, bytes: &[u8]) -> Result<(PathBuf, File), PairError> {
        let path = self.file(member);
        let file = disk::write_new(&path, member, bytes)?;
        Ok((path, file))
    }

    /// Promises the pair: once this returns it will be put in place, whatever happens.
    ///
    /// The files and the draft of the marker are made durable one after the other when all of them have been written, so
    /// that the file system does it in one go; only then the marker gets the name by which it counts.
    pub(super) fn commit(
        &self,
        marker: &Marker,
        mut files: Vec<(PathBuf, File)>,
    ) -> Result<(), PairError> {
        let draft = self.path.join(DRAFT);
        // As private as the key: only its owner has to recover it.
        let file = disk::write_new(&draft, Member::Key, marker.to_text().as_bytes())?;
        files.push((draft.clone(), file));
        for (path, file) in &files {
            disk::sync(path, file)?;
        }
        // Windows does not rename what is open.
        drop(files);
        disk::rename(&draft, &self.path.join(COMMIT))?;
        // Once for all names in here. Should a crash make the marker's durable and another's not, `lacks_a_file` tells. The
        // stage's own name came before every name that is moved out of the stage, and the file system keeps that order.
        disk::sync_directory(&self.path)
    }

    /// What the stage promises, if it was committed.
    pub(super) fn marker(&self) -> Result<Option<Marker>, PairError> {
        let path = self.path.join(COMMIT);
        if !disk::is_taken(&path)? {
            return Ok(None);
        }
        let bytes = disk::read_small(&path)?;
        match bytes.and_then(|bytes| Marker::parse(&bytes)) {
            Some(marker) => Ok(Some(marker)),
            None => Err(PairError::Damaged {
                stage: self.path.clone(),
            }),
        }
    }

    /// Whether the marker became durable and the name of a file did not, so that the pair was never promised: members
    /// leave in their order, and so none is missing while one before it is still here.
    pub(super) fn lacks_a_file(&self, marker: &Marker) -> Result<bool, PairError> {
        let mut is_one_here = false;
        for (member, _) in marker.members() {
            if disk::is_taken(&self.file(member))? {
                is_one_here = true;
            } else if is_one_here {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Empties the stage, the promise first: what remains after a crash in here must not be mistaken for one.
    pub(super) fn clear(&self) -> Result<(), PairError> {
        let request = self.file(Member::Request);
        let key = self.file(Member::Key);
        for path in [self.path.join(COMMIT), self.path.join(DRAFT), request, key] {
            disk::remove(&path)?;
        }
        Ok(())
    }

    /// Empties and removes the stage.
    pub(super) fn remove(self) -> Result<(), PairError> {
        self.clear()?;
        let Stage { path, lock } = self;
        disk::remove(&path.join(LOCK))?;
        // Windows may keep the name of a removed file until it is closed, and its folder with it.
        drop(lock);
        match disk::remove_directory(&path) {
            // Another process has opened it since the lock lost its name, and will remove it.
            Err(PairError::Io { source, .. })
                if matches!(
                    source.kind(),
                    io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound
                ) =>
            {
                Ok(())
            }
            removed => removed,
        }
    }

    /// Removes the stage where that does not change the outcome: what stays is removed by the next run for the name.
    pub(super) fn remove_if_possible(self) {
        let _ = self.remove();
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    point()?;
    mode::file(0o600).create(true).truncate(false).open(path)
}

/// Whether others are kept out: in a directory like /tmp another user might have made it before us.
#[cfg(unix)]
fn is_private_directory(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    found.is_dir() && found.permissions().mode() & 0o077 == 0 && owner::is_ours(found)
}

#[cfg(not(unix))]
fn is_private_directory(found: &fs::Metadata) -> bool {
    found.is_dir()
}
