//! When each source was last tried, and the result of it.
//!
//! A distribution point may have several addresses, any of which will do (RFC 5280 section 4.2.1.13). So each try is
//! remembered with the point that it was made for, and an address of two points is remembered twice: what it has may be
//! right for one and wrong for the other.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::about::CrlOrigin;
use super::disk;
use super::error::{CacheDamage, CacheError};
use crate::document::{Hex, HexBytes, Moment, sha256};
use crate::input::without_userinfo;

pub(super) const FILE: &str = "attempts.json";

const SCHEMA: &str = "ptl-cert/attempts/1";

/// The most sources that are remembered; the NHS's partitions that have been seen number a few thousand.
pub const ATTEMPTS_LIMIT: usize = 10_000;

/// The longest sentence that is remembered of a failure, in bytes.
pub const SENTENCE_LIMIT: usize = 1000;

/// The longest name of a source that is remembered, in bytes: what browsers and proxies take for a URL.
const PLACE_LIMIT: usize = 2048;

/// The longest file that is read: every source at its longest.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// The result of trying a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// A CRL was installed.
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

/// Which addresses are alternatives of each other: a digest over all of them, in whatever order they are named.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Point(HexBytes);

impl Point {
    /// How much of the digest is kept, in bytes: that two points are not confused, as for a slot.
    const LENGTH: usize = 16;

    /// The point with these addresses; user names and passwords in them do not count.
    pub fn of<'u>(urls: impl IntoIterator<Item = &'u str>) -> Point {
        let mut urls: Vec<String> = urls.into_iter().map(without_userinfo).collect();
        urls.sort();
        urls.dedup();
        let mut digest = sha256(urls.join("\n").as_bytes()).0.to_vec();
        digest.truncate(Point::LENGTH);
        Point(Hex(digest))
    }
}

/// The last time that a source was tried for a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Attempt {
    /// The source.
    pub source: CrlOrigin,
    /// The point that it is an address of; absent where no other address is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// When it was tried.
    pub at: Moment,
    /// The result.
    #[serde(flatten)]
    pub outcome: AttemptOutcome,
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
    pub source: CrlOrigin,
    /// The point that it was tried for; `None` where that is not known, which counts for every point that it is known
    /// to be an address of.
    pub point: Option<Point>,
    /// When it was tried.
    pub at: Moment,
    /// The result.
    pub outcome: AttemptOutcome,
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
        Err(CacheDamage::Missing) => return Ok(Vec::new()),
        Err(damage) => return Err(damaged(damage)),
    };
    let file: File =
        serde_json::from_slice(&bytes).map_err(|error| damaged(CacheDamage::Text(error)))?;
    if file.schema != SCHEMA {
        return Err(damaged(CacheDamage::Schema {
            found: file.schema,
            expected: SCHEMA,
        }));
    }
    Ok(file.attempts)
}

/// The text of the file after these tries. Beyond the limit sources are forgotten: first those
/// that never had a CRL, then those that were tried longest ago.
pub(super) fn after(
    known: Vec<Attempt>,
    tried: impl IntoIterator<Item = Tried>,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut attempts: BTreeMap<Key, Attempt> = known
        .into_iter()
        .map(|attempt| ((attempt.source.clone(), attempt.point.clone()), attempt))
        .collect();
    for mut tried in tried {
        tried.source = bounded(tried.source);
        for key in keys(&attempts, &tried) {
            // What was remembered before the point was known is about this point as far as anybody can tell.
            let unknown = (key.0.clone(), None);
            let before = attempts.remove(&key).or_else(|| attempts.remove(&unknown));
            let next = next(key.clone(), tried.at, tried.outcome.clone(), before);
            attempts.insert(key, next);
        }
    }
    let mut attempts: Vec<Attempt> = attempts.into_values().collect();
    if attempts.len() > ATTEMPTS_LIMIT {
        // A source that ever had a CRL is not forgotten for addresses that never had one, however many are tried.
        attempts
            .sort_by_key(|attempt| std::cmp::Reverse((attempt.last_success.is_some(), attempt.at)));
        attempts.truncate(ATTEMPTS_LIMIT);
        attempts
            .sort_by(|one, other| (&one.source, &one.point).cmp(&(&other.source, &other.point)));
    }
    let schema = SCHEMA.to_owned();
    let mut text = serde_json::to_vec_pretty(&File { schema, attempts })?;
    text.push(b'\n');
    Ok(text)
}

/// What each is remembered under.
type Key = (CrlOrigin, Option<Point>);

/// What a try counts for.
fn keys(attempts: &BTreeMap<Key, Attempt>, tried: &Tried) -> Vec<Key> {
    let own = (tried.source.clone(), tried.point.clone());
    if tried.point.is_some() {
        return vec![own];
    }
    let all = attempts.range(own.clone()..);
    let points: Vec<Key> = all
        .map(|(key, _)| key)
        .take_while(|(source, _)| *source == tried.source)
        .filter(|(_, point)| point.is_some())
        .cloned()
        .collect();
    match points.is_empty() {
        true => vec![own],
        false => points,
    }
}

fn next(
    (source, point): Key,
    at: Moment,
    outcome: AttemptOutcome,
    before: Option<Attempt>,
) -> Attempt {
    let (failing_since, last_success) = before.map_or((None, None), |before| {
        (before.failing_since, before.last_success)
    });
    match outcome {
        AttemptOutcome::Failed { code, reason } => Attempt {
            source,
            point,
            at,
            outcome: AttemptOutcome::Failed {
                code: cut(code, SENTENCE_LIMIT),
                reason: cut(reason, SENTENCE_LIMIT),
            },
            failing_since: failing_since.or(Some(at)),
            last_success,
        },
        outcome => Attempt {
            source,
            point,
            at,
            outcome,
            failing_since: None,
            last_success: Some(at),
        },
    }
}

/// A source that may be kept: every user may read the cache, so a URL's password is removed, and it is no longer than it may
/// be.
fn bounded(place: CrlOrigin) -> CrlOrigin {
    match place {
        CrlOrigin::Url { url } => CrlOrigin::Url {
            url: cut(without_userinfo(&url), PLACE_LIMIT),
        },
        CrlOrigin::File { path } => CrlOrigin::File {
            path: cut(path, PLACE_LIMIT),
        },
        CrlOrigin::Stream { name } => CrlOrigin::Stream {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(url: String, at: i64, outcome: AttemptOutcome) -> Tried {
        Tried {
            source: CrlOrigin::Url { url },
            point: None,
            at: Moment::from_unix(at).unwrap(),
            outcome,
        }
    }

    #[test]
    fn a_source_that_ever_had_a_crl_is_not_forgotten_for_addresses_that_never_had_one() {
        let failed = || AttemptOutcome::Failed {
            code: "fetch".to_owned(),
            reason: "no".to_owned(),
        };
        let real = "http://crl.example/real.crl".to_owned();
        let slot = "slot".to_owned();
        let first = tried(real.clone(), 1, AttemptOutcome::Installed { slot });
        let others = (0..ATTEMPTS_LIMIT + 10)
            .map(|number| tried(format!("http://10.0.0.1/{number}"), 3, failed()));
        let then = tried(real.clone(), 2, failed());
        let text = after(Vec::new(), [first, then].into_iter().chain(others)).unwrap();
        let file: File = serde_json::from_slice(&text).unwrap();
        assert_eq!(file.attempts.len(), ATTEMPTS_LIMIT);
        let kept = file
            .attempts
            .iter()
            .find(|attempt| attempt.source == CrlOrigin::Url { url: real.clone() });
        assert!(kept.unwrap().failing_since.is_some());
    }
}
