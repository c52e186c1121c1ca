//! Healing what a crash left.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use super::error::PairError;
use super::place::Place;
use super::publication;
use super::stage::{Opening, Stage};
use crate::fqdn::Fqdn;
use crate::store::owner;

/// What a recovery found and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recovered {
    /// No crash left anything.
    Nothing,
    /// A promised pair is in place now.
    Finished,
    /// Files that were never promised are removed; neither name has changed.
    Discarded,
}

/// What became of one name of a directory.
#[derive(Debug)]
#[non_exhaustive]
pub struct RecoveredName {
    /// The host name.
    pub name: Fqdn,
    /// What was done for it, or why nothing could be.
    pub outcome: Result<Recovered, PairError>,
}

/// Finishes or removes what a crash left of one name's pair.
///
/// [`write_pair`](super::write_pair) and [`write_request_only`](super::write_request_only) do it by themselves.
///
/// # Errors
/// [`PairError::Busy`] if the name's writer is alive; [`PairError::Blocked`] if something is in the pair's way now, and
/// [`PairError::Damaged`] if the stage is not as it was written: neither loses anything.
pub fn recover(directory: &Path, name: &Fqdn) -> Result<Recovered, PairError> {
    let place = Place::new(directory, name);
    // A stage planted by another user would put their key in place as ours.
    owner::check(directory)?;
    match Stage::open(&place, Opening::OnlyIfThere)? {
        None => Ok(Recovered::Nothing),
        Some(stage) => {
            let recovered = settle(&place, &stage)?;
            stage.remove()?;
            Ok(recovered)
        }
    }
}

/// Recovers every name that has something left in a directory, in the order of the names; each is independent.
///
/// # Errors
/// [`PairError::Io`] when the directory cannot be listed. A missing directory has nothing to recover.
pub fn recover_all(directory: &Path) -> Result<Vec<RecoveredName>, PairError> {
    let here = Path::new(".");
    let directory = if directory.as_os_str().is_empty() {
        here
    } else {
        directory
    };
    let failed = || PairError::io("list the directory", directory);
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed()(error)),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(failed())?.file_name();
        names.extend(entry.to_str().and_then(Place::staged_name));
    }
    Ok(names
        .into_iter()
        .map(|name| RecoveredName {
            outcome: recover(directory, &name),
            name,
        })
        .collect())
}

/// Brings a stage that was just locked to an end, and leaves it empty.
pub(super) fn settle(place: &Place, stage: &Stage) -> Result<Recovered, PairError> {
    let marker = match stage.marker()? {
        Some(marker) if !stage.lacks_a_file(&marker)? => marker,
        _ => {
            stage.clear()?;
            return Ok(Recovered::Discarded);
        }
    };
    let blocked = |error| match error {
        PairError::Exists { path } => PairError::Blocked {
            path,
            stage: stage.path().to_owned(),
        },
        other => other,
    };
    let steps = publication::plan(place, stage, &marker).map_err(blocked)?;
    publication::carry_out(place, &steps).map_err(|failure| blocked(failure.error))?;
    stage.clear()?;
    Ok(Recovered::Finished)
}
