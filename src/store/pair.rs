//! Writing `NAME.key` and `NAME.csr` so that a crash leaves both or neither, and nothing is ever overwritten.
//!
//! # The guarantee
//! Two directory entries cannot appear in one system call. Both files are therefore first written completely, and made
//! durable, in a hidden directory `.NAME.ptl-cert` beside their final names; then a commit marker is made durable there; then
//! they are renamed into place, the key first. From that follows, for a process that is killed or a machine that loses power
//! at any instant:
//!
//! - Before the marker nothing is visible under either name. The staged files were never promised to anybody and the next
//!   run removes them.
//! - After the marker the pair is promised: the next [`write_pair`], [`write_request_only`] or [`recover`] for the name
//!   puts in place what is not there yet. Between a crash in the microseconds of the renames and that next run, the key may
//!   be alone. The request is never without its key.
//! - With [`Existing::Replace`] the old files are renamed aside first. Between a crash and the next run they are found under
//!   the old or the new names; they are never deleted.
//! - When [`write_pair`] returns, both names are durable.
//!
//! No rename replaces anything, whoever else writes to the directory meanwhile. A file that another process puts in the way of a
//! promised pair after a crash stops its recovery, with an error that says so; it is not touched. The guarantee is that
//! of the file system: it must keep changes of names in order and what was synced, as ext4, XFS, Btrfs, ZFS, APFS and
//! NTFS do.
//!
//! # Modes
//! On Unix the key is 0600 from its first byte, the request 0644 less the umask, and the staging directory 0700; a missing
//! output directory is made 0700 with its parents, because keys will be in it. On Windows all of them inherit the
//! access control list of the folder they are in: keep keys in a folder that only its user can read.
//!
//! Two processes that write one name exclude each other by a lock that ends with its process.

use std::path::{Path, PathBuf};

use crate::document::{Moment, PrivateKeyPem};
use crate::fqdn::Fqdn;
use crate::generate::SigningRequest;

mod disk;
mod error;
mod marker;
mod place;
mod publication;
mod recovery;
mod stage;
#[cfg(test)]
#[cfg(unix)]
mod tests;

pub use disk::is_file;
pub use error::PairError;
pub use place::Presence;
pub use recovery::{Recovered, RecoveredName, recover, recover_all};

use marker::Marker;
use place::{Member, Place};
use stage::{Opening, Stage};

/// The most pairs put aside in one second under one name; beyond it something runs in a circle.
const ASIDE_LIMIT: u32 = 1000;

/// What to do about files that are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Existing {
    /// Refuse, and change nothing.
    Refuse,
    /// Rename the old files aside, to `NAME.key.20261122T161500Z` and `NAME.csr.20261122T161500Z`, or the same with
    /// `-2`, `-3`, … where either is taken.
    Replace {
        /// The moment in the new names, to the second; it is written in UTC.
        stamp: Moment,
    },
    /// Leave a complete pair as it is; refuse half a pair.
    Skip,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum PairOutcome {
    /// The files are in place and durable.
    Written {
        /// The key; `None` from [`write_request_only`].
        key: Option<PathBuf>,
        /// The request.
        request: PathBuf,
        /// Where the old files are now, the key first. An old file with the very bytes of the new one stays in place.
        aside: Vec<PathBuf>,
    },
    /// Everything was there already and nothing was changed.
    Skipped,
}

/// Returns which of the two names are taken, by anything, a dangling symbolic link included.
///
/// Does not recover: call [`recover`] first to heal what a crash left.
///
/// # Errors
/// [`PairError::Io`] when the directory cannot be searched. A missing directory has neither.
pub fn presence(directory: &Path, name: &Fqdn) -> Result<Presence, PairError> {
    Place::new(directory, name).presence()
}

/// Writes a key and its request as `NAME.key` and `NAME.csr` into `directory`, which is made if it is missing.
///
/// Recovers first what a crash left of an earlier run for the name. The [module](self) says what is guaranteed.
///
/// # Errors
/// [`PairError::Exists`], [`PairError::KeyWithoutRequest`] or [`PairError::RequestWithoutKey`] as `existing` asks for; [`PairError::Busy`] while another process writes
/// the name; [`PairError::Io`] with path and cause otherwise. After an error neither name has changed, unless the disk
/// fails even in taking a step back; the next run then goes forward.
pub fn write_pair(
    directory: &Path,
    name: &Fqdn,
    key: &PrivateKeyPem,
    request: &SigningRequest,
    existing: Existing,
) -> Result<PairOutcome, PairError> {
    write_texts(directory, name, key, &request.pem(), existing)
}

fn write_texts(
    directory: &Path,
    name: &Fqdn,
    key_pem: &[u8],
    request_pem: &str,
    existing: Existing,
) -> Result<PairOutcome, PairError> {
    let contents = Contents {
        key: Some(key_pem),
        request: request_pem.as_bytes(),
    };
    write(&Place::new(directory, name), &contents, existing)
}

/// Writes a request alone as `NAME.csr`, for a key that is kept elsewhere or is there already.
///
/// The key is neither read nor copied nor moved, and no `NAME.key` is looked for: whether one that is there belongs to the
/// request is for the caller to know. `existing` is about the request only.
///
/// # Errors
/// Those of [`write_pair`], except those about half a pair.
pub fn write_request_only(
    directory: &Path,
    name: &Fqdn,
    request: &SigningRequest,
    existing: Existing,
) -> Result<PairOutcome, PairError> {
    write_request_text(directory, name, &request.pem(), existing)
}

fn write_request_text(
    directory: &Path,
    name: &Fqdn,
    request_pem: &str,
    existing: Existing,
) -> Result<PairOutcome, PairError> {
    let contents = Contents {
        key: None,
        request: request_pem.as_bytes(),
    };
    write(&Place::new(directory, name), &contents, existing)
}

/// What is to be written. Not `Debug`: it holds a key.
struct Contents<'c> {
    key: Option<&'c [u8]>,
    request: &'c [u8],
}

impl Contents<'_> {
    /// The members in the order in which they are put in place.
    fn members(&self) -> impl Iterator<Item = (Member, &[u8])> {
        let key = self.key.map(|bytes| (Member::Key, bytes));
        key.into_iter().chain([(Member::Request, self.request)])
    }
}

fn write(
    place: &Place,
    contents: &Contents<'_>,
    existing: Existing,
) -> Result<PairOutcome, PairError> {
    place.prepare_directory()?;
    // Without anything to recover, a refusal or a skip need not touch the directory at all.
    if !disk::is_taken(&place.stage())? && decide(place, contents, existing)? == Decision::Skip {
        return Ok(PairOutcome::Skipped);
    }
    let Some(stage) = Stage::open(place, Opening::Make)? else {
        return Err(PairError::Busy {
            name: place.name().to_owned(),
        });
    };
    recovery::settle(place, &stage)?;
    match decide(place, contents, existing) {
        Ok(Decision::Write) => {}
        Ok(Decision::Skip) => {
            stage.remove_if_possible();
            return Ok(PairOutcome::Skipped);
        }
        Err(refusal) => {
            stage.remove_if_possible();
            return Err(refusal);
        }
    }
    let written = stage_and_publish(place, &stage, contents, existing);
    match &written {
        Err(Failure {
            is_undone: false, ..
        }) => {}
        // The pair is durable, or never was: what is left of the stage is removed by the next run if not by this one.
        Ok(_) | Err(_) => stage.remove_if_possible(),
    }
    written.map_err(|failure| failure.error)
}

/// An error, and whether everything is as it was before.
struct Failure {
    error: PairError,
    is_undone: bool,
}

fn stage_and_publish(
    place: &Place,
    stage: &Stage,
    contents: &Contents<'_>,
    existing: Existing,
) -> Result<PairOutcome, Failure> {
    let nothing_done = |error| Failure {
        error,
        is_undone: true,
    };
    let aside = match existing {
        Existing::Replace { stamp } => {
            Some(free_suffix(place, contents, stamp).map_err(nothing_done)?)
        }
        Existing::Refuse | Existing::Skip => None,
    };
    let mut files = Vec::with_capacity(2);
    for (member, bytes) in contents.members() {
        files.push(stage.put(member, bytes).map_err(nothing_done)?);
    }
    let marker = Marker::new(contents.key, contents.request, aside);
    stage.commit(&marker, files).map_err(nothing_done)?;
    let steps = publication::plan(place, stage, &marker).map_err(nothing_done)?;
    let aside = publication::carry_out(place, &steps)?;
    Ok(PairOutcome::Written {
        key: contents.key.map(|_| place.file(Member::Key)),
        request: place.file(Member::Request),
        aside,
    })
}

#[derive(PartialEq, Eq)]
enum Decision {
    Write,
    Skip,
}

fn decide(
    place: &Place,
    contents: &Contents<'_>,
    existing: Existing,
) -> Result<Decision, PairError> {
    let mut taken = Vec::new();
    let mut missing = Vec::new();
    for (member, _) in contents.members() {
        let path = place.file(member);
        if disk::is_taken(&path)? {
            taken.push((member, path));
        } else {
            missing.push(path);
        }
    }
    match (
        existing,
        taken.into_iter().next(),
        missing.into_iter().next(),
    ) {
        (_, None, _) | (Existing::Replace { .. }, ..) => Ok(Decision::Write),
        (Existing::Refuse, Some((_, path)), _) => Err(PairError::Exists { path }),
        (Existing::Skip, Some(_), None) => Ok(Decision::Skip),
        (Existing::Skip, Some((Member::Key, present)), Some(missing)) => {
            Err(PairError::KeyWithoutRequest { present, missing })
        }
        (Existing::Skip, Some((Member::Request, present)), Some(missing)) => {
            Err(PairError::RequestWithoutKey { present, missing })
        }
    }
}

/// A suffix under which no member's name is taken.
fn free_suffix(place: &Place, contents: &Contents<'_>, stamp: Moment) -> Result<String, PairError> {
    let utc = stamp.date_time();
    let stamp = format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        utc.year(),
        u8::from(utc.month()),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second()
    );
    for count in 1..=ASIDE_LIMIT {
        let suffix = match count {
            1 => stamp.clone(),
            _ => format!("{stamp}-{count}"),
        };
        let mut is_free = true;
        for (member, _) in contents.members() {
            is_free &= !disk::is_taken(&place.aside(member, &suffix))?;
        }
        if is_free {
            return Ok(suffix);
        }
    }
    Err(PairError::Exists {
        path: place.aside(Member::Request, &stamp),
    })
}
