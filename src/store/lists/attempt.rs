//! When each source was last tried, and what came of it.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::about::Place;
use super::disk;
use super::error::{CacheError, Damage};
use crate::document::Moment;
use crate::input::without_userinfo;

pub(super) const FILE: &str = "attempts.json";

const SCHEMA: &str = "ptl-cert/attempts/1";

/// The most sources that are remembered; the NHS's partitions that have been seen number some thousands.
pub const ATTEMPTS_LIMIT: usize = 10_000;

/// The longest sentence that is remembered of a failure, in bytes.
pub const SENTENCE_LIMIT: usize = 1000;

/// The longest name of a source that is remembered, in bytes: what browsers and proxies take for a URL.
const PLACE_LIMIT: usize = 2048;

/// The longest file that is read: every source at its longest.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// What came of trying a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// A list was installed.
    Installed {
        /// The slot's id.
        slot: String,
    },
    /// There was nothing new.
    Unchanged {
        /// The slot's id.
        slot: String,
    },
    /// Nothing was installed.
    Failed {
        /// What kind of failure, as a stable code.
        code: String,
        /// Why, in a sentence; cut off after [`SENTENCE_LIMIT`] bytes.
        reason: String,
    },
}

/// The last time that a source was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Attempt {
    /// The source.
    pub source: Place,
    /// When it was tried.
    pub at: Moment,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Since when every try has failed; absent when the last one did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Moment>,
    /// When a try last did not fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Moment>,
}

/// A try that is to be remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The source.
    pub source: Place,
    /// When it was tried.
    pub at: Moment,
    /// What came of it.
    pub outcome: Outcome,
}

#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    attempts: Vec<Attempt>,
}

/// What is remembered, sorted by source; nothing where nothing was ever tried.
pub(super) fn read(folder: &Path) -> Result<Vec<Attempt>, CacheError> {
    let path = folder.join(FILE);
    let damaged = |source| CacheError::Damaged {
        path: path.clone(),
        source,
    };
    let bytes = match disk::read_small(&path, FILE_LIMIT) {
        Ok(bytes) => bytes,
        Err(Damage::Missing) => return Ok(Vec::new()),
        Err(damage) => return Err(damaged(damage)),
    };
    let file: File =
        serde_json::from_slice(&bytes).map_err(|error| damaged(Damage::Text(error)))?;
    if file.schema != SCHEMA {
        return Err(damaged(Damage::Schema {
            found: file.schema,
            expected: SCHEMA,
        }));
    }
    Ok(file.attempts)
}

/// The text of the file after these tries. Beyond the limit the sources that were tried longest ago are forgotten.
pub(super) fn after(
    known: Vec<Attempt>,
    tried: impl IntoIterator<Item = Tried>,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut attempts: BTreeMap<Place, Attempt> = known
        .into_iter()
        .map(|attempt| (attempt.source.clone(), attempt))
        .collect();
    for tried in tried {
        let source = bounded(tried.source);
        let before = attempts.remove(&source);
        attempts.insert(
            source.clone(),
            next(source, tried.at, tried.outcome, before),
        );
    }
    let mut attempts: Vec<Attempt> = attempts.into_values().collect();
    if attempts.len() > ATTEMPTS_LIMIT {
        attempts.sort_by_key(|attempt| std::cmp::Reverse(attempt.at));
        attempts.truncate(ATTEMPTS_LIMIT);
        attempts.sort_by(|one, other| one.source.cmp(&other.source));
    }
    let schema = SCHEMA.to_owned();
    let mut text = serde_json::to_vec_pretty(&File { schema, attempts })?;
    text.push(b'\n');
    Ok(text)
}

fn next(source: Place, at: Moment, outcome: Outcome, before: Option<Attempt>) -> Attempt {
    let (failing_since, last_success) = before.map_or((None, None), |before| {
        (before.failing_since, before.last_success)
    });
    match outcome {
        Outcome::Failed { code, reason } => Attempt {
            source,
            at,
            outcome: Outcome::Failed {
                code: cut(code, SENTENCE_LIMIT),
                reason: cut(reason, SENTENCE_LIMIT),
            },
            failing_since: failing_since.or(Some(at)),
            last_success,
        },
        outcome => Attempt {
            source,
            at,
            outcome,
            failing_since: None,
            last_success: Some(at),
        },
    }
}

/// A place that may be kept: everybody may read the cache, so that a URL's password goes, and it is no longer than it may
/// be.
fn bounded(place: Place) -> Place {
    match place {
        Place::Url { url } => Place::Url {
            url: cut(without_userinfo(&url), PLACE_LIMIT),
        },
        Place::File { path } => Place::File {
            path: cut(path, PLACE_LIMIT),
        },
        Place::Stream { name } => Place::Stream {
            name: cut(name, PLACE_LIMIT),
        },
    }
}

fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let mut end = limit;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text
}
