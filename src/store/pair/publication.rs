//! Putting a committed pair in place: planned from what is there, so that a second process can go on where one died.

use std::path::{Path, PathBuf};

use super::Failure;
use super::disk;
use super::error::PairError;
use super::marker::Marker;
use super::place::{Member, Place};
use super::stage::Stage;

/// One change to the directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Renames an old file aside.
    PutAside { from: PathBuf, to: PathBuf },
    /// Makes the names aside durable before the old names are used again.
    SyncAside,
    /// Renames a staged file into place.
    Publish { from: PathBuf, to: PathBuf },
    /// Removes one of two names of the same bytes, left by a rename that was a link and an unlink, or a staged
    /// request whose key is gone.
    Drop { path: PathBuf },
}

/// Plans what is left to do for a committed stage.
///
/// The request is put aside first and put in place last, so that none is ever beside a key it was not made with.
pub(super) fn plan(place: &Place, stage: &Stage, marker: &Marker) -> Result<Vec<Step>, PairError> {
    let mut asides = Vec::new();
    let mut publishes = Vec::new();
    let mut is_key_there = true;
    for (member, promised) in marker.members() {
        let staged = stage.file(member);
        let target = place.file(member);
        let is_in_place = disk::digest(&target)? == Some(promised);
        if !disk::is_taken(&staged)? {
            is_key_there = member != Member::Key || is_in_place;
            continue;
        }
        if disk::digest(&staged)? != Some(promised) {
            return Err(PairError::Damaged {
                stage: stage.path().to_owned(),
            });
        }
        if is_in_place || !is_key_there {
            publishes.push(Step::Drop { path: staged });
            continue;
        }
        if disk::is_taken(&target)? {
            let suffix = marker.aside().ok_or_else(|| PairError::Exists {
                path: target.clone(),
            })?;
            asides.push(put_aside(&target, place.aside(member, suffix))?);
        }
        publishes.push(Step::Publish {
            from: staged,
            to: target,
        });
    }
    asides.reverse();
    if !asides.is_empty() {
        asides.push(Step::SyncAside);
    }
    asides.extend(publishes);
    Ok(asides)
}

fn put_aside(old: &Path, aside: PathBuf) -> Result<Step, PairError> {
    if !disk::is_taken(&aside)? {
        return Ok(Step::PutAside {
            from: old.to_owned(),
            to: aside,
        });
    }
    let is_same = match (disk::digest(old)?, disk::digest(&aside)?) {
        (Some(old), Some(aside)) => old == aside,
        _ => false,
    };
    if is_same {
        return Ok(Step::Drop {
            path: old.to_owned(),
        });
    }
    Err(PairError::Exists { path: aside })
}

/// Carries out the steps and makes them durable; returns the names of what was put aside, the key first.
///
/// After a step that fails, those before it are undone.
pub(super) fn carry_out(place: &Place, steps: &[Step]) -> Result<Vec<PathBuf>, Failure> {
    let mut done = Vec::new();
    let outcome = steps
        .iter()
        .try_for_each(|step| carry_out_one(place, step, &mut done))
        .and_then(|()| disk::sync_directory(place.directory()));
    match outcome {
        Ok(()) => {
            let aside = steps.iter().rev().filter_map(|step| match step {
                Step::PutAside { to, .. } => Some(to.clone()),
                _ => None,
            });
            Ok(aside.collect())
        }
        Err(error) => {
            let is_undone = done
                .iter()
                .rev()
                .all(|(from, to)| disk::rename(to, from).is_ok());
            // Whoever removes the stage next must not be faster on the disk than the renames that filled it again.
            let is_undone = is_undone && disk::sync_directory(place.directory()).is_ok();
            Err(Failure { error, is_undone })
        }
    }
}

fn carry_out_one<'s>(
    place: &Place,
    step: &'s Step,
    done: &mut Vec<(&'s Path, &'s Path)>,
) -> Result<(), PairError> {
    match step {
        Step::PutAside { from, to } | Step::Publish { from, to } => {
            disk::rename(from, to)?;
            done.push((from, to));
            Ok(())
        }
        Step::SyncAside => disk::sync_directory(place.directory()),
        Step::Drop { path } => disk::remove(path),
    }
}
