//! How fresh the CRLs of the cache are, and what is missing.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::known::{authorities_of, environment};
use super::{Error, cache};
use crate::chain::is_self_signed;
use crate::document::{Certificate, Moment, Sha256Digest};
use crate::ops::Context;
use crate::revocation::SearchableCrl;
use crate::store::crl_cache::{
    About, Attempt, AttemptOutcome as Tried, CacheDamage, CacheError, CachedCrl, CrlOrigin, Crls,
    Damaged, Point,
};
use crate::verdict::freshness::{Dates, Freshness, Urgency};
use crate::verdict::plan::{Held, expired_authorities, superseded};
use crate::verdict::verify::CrlRequired;

pub use crate::verdict::freshness::RefreshPolicy;

/// What to check.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// The environment whose CAs count; all CAs of the cache without one.
    pub environment: Option<String>,
    /// How often CRLs are renewed, and how long before their nextUpdate at the latest.
    pub policy: RefreshPolicy,
}

/// How fresh the cache is.
#[derive(Debug)]
#[non_exhaustive]
pub struct CacheStatus {
    /// The moment for which everything was judged.
    pub at: Moment,
    /// The folder of the cache.
    pub cache: PathBuf,
    /// How often CRLs are renewed.
    pub policy: RefreshPolicy,
    /// The CRLs.
    pub crls: Vec<Kept>,
    /// The sources whose last attempt failed.
    pub failing: Vec<Failing>,
    /// What is missing or cannot be used.
    pub missing: Vec<Missing>,
}

/// A CRL of the cache.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Kept {
    /// What is known of it.
    pub about: About,
    /// How fresh it is.
    pub freshness: Freshness,
    /// Whether a newer CRL of the same CA has superseded it, so that it is never renewed. What it lists is revoked all the same.
    pub superseded: bool,
}

/// A source whose last attempt failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failing {
    /// The outcome of the attempts.
    pub attempt: Attempt,
    /// Why, as a stable code.
    pub code: String,
    /// Why.
    pub reason: String,
    /// Another address of the same distribution point that has answered since.
    pub instead: Option<Attempt>,
    /// How urgent that is.
    pub urgency: Urgency,
}

/// What is missing or cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum Missing {
    /// A CRL that is damaged.
    Damaged(Damaged),
    /// The download history cannot be read.
    Record {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        damage: CacheDamage,
    },
    /// There is no CRL of a CA.
    Crl {
        /// The CA.
        authority: Arc<Certificate>,
        /// The environment that it is wanted for.
        environment: String,
        /// Whether it can be fetched, as far as the CAs of the environment show.
        retrieval: MissingRetrieval,
    },
}

/// How a CRL that is missing can be got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingRetrieval {
    /// A distribution point of its own has an HTTP URL, or none is known.
    Fetch,
    /// Every distribution point that is known is a directory name, which cannot be fetched.
    Manual,
}

impl Options {
    /// Asks about every CRL of the cache, by the usual policy.
    pub fn new() -> Options {
        Options::default()
    }

    /// Asks about the CAs of this environment, and about those of them of which there is no CRL.
    pub fn environment(mut self, id: impl Into<String>) -> Options {
        self.environment = Some(id.into());
        self
    }

    /// Judges by this policy.
    pub fn policy(mut self, policy: RefreshPolicy) -> Options {
        self.policy = policy;
        self
    }
}

/// Judges every CRL of the cache, or those of an environment's CAs.
///
/// # Errors
/// When the environment is not known or the cache cannot be read.
pub fn status(options: &Options, context: &Context<'_>) -> Result<CacheStatus, Error> {
    let (facts, at, policy) = (&context.facts, context.at, options.policy);
    let environment = environment(options.environment.as_deref(), facts)?;
    let cas = environment.map(|environment| authorities_of(environment, facts));
    let keys: Option<HashSet<Sha256Digest>> = cas
        .as_ref()
        .map(|cas| cas.iter().map(|ca| ca.key.identity()).collect());
    let cache = cache(context)?;
    let Crls { sound, damaged, .. } = cache.search(|about| {
        keys.as_ref()
            .is_none_or(|keys| keys.contains(&about.issuer_spki_sha256))
    })?;
    let mut missing: Vec<Missing> = damaged.into_iter().map(Missing::Damaged).collect();
    let attempts = match cache.attempts() {
        Ok(attempts) => attempts,
        Err(CacheError::Damaged { path, source }) => {
            missing.push(Missing::Record {
                path,
                damage: source,
            });
            Vec::new()
        }
        Err(error) => return Err(error.into()),
    };
    if let (Some(environment), Some(cas)) = (environment, &cas) {
        let expired = expired_authorities(cas, at);
        let alive = cas.iter().filter(|ca| !expired.contains(ca));
        let without = alive.filter(|ca| is_without_crl(ca, &sound));
        missing.extend(without.map(|ca| Missing::Crl {
            authority: Arc::clone(ca),
            environment: environment.id.clone(),
            retrieval: retrieval(ca, cas),
        }));
    }
    let mut by_point: HashMap<&Point, Vec<&Attempt>> = HashMap::new();
    for attempt in &attempts {
        if let Some(point) = &attempt.point {
            by_point.entry(point).or_default().push(attempt);
        }
    }
    let others = |attempt: &Attempt| {
        let point = attempt.point.as_ref();
        let others = point.and_then(|point| by_point.get(point));
        others.map_or(&[][..], Vec::as_slice)
    };
    let named = sound.iter().flat_map(|crl| &crl.about().distribution_point);
    let named: HashSet<&str> = named.map(String::as_str).collect();
    let is_here = |attempt: &Attempt| match &attempt.source {
        CrlOrigin::Url { url } => named.contains(url.as_str()),
        CrlOrigin::File { .. } | CrlOrigin::Stream { .. } => false,
    };
    let failing = attempts
        .iter()
        .filter_map(|attempt| {
            let is_here = is_here(attempt);
            failing(attempt, others(attempt), is_here, &policy, at)
        })
        .collect();
    Ok(CacheStatus {
        at,
        cache: cache.folder().to_owned(),
        policy,
        crls: kept(&sound, &policy, at),
        failing,
        missing,
    })
}

fn kept(sound: &[CachedCrl], policy: &RefreshPolicy, at: Moment) -> Vec<Kept> {
    let read: Vec<Option<SearchableCrl<'_>>> =
        sound.iter().map(|cached| cached.crl().ok()).collect();
    let (places, held): (Vec<usize>, Vec<Held<'_>>) = read
        .iter()
        .zip(sound)
        .enumerate()
        .filter_map(|(place, (crl, cached))| {
            let signer = cached.about().issuer_spki_sha256;
            Some((place, Held::new(crl.as_ref()?, signer)))
        })
        .unzip();
    let superseded: HashSet<usize> = superseded(&held, at)
        .into_iter()
        .filter_map(|number| places.get(number).copied())
        .collect();
    let kept = |(place, cached): (usize, &CachedCrl)| {
        let about = cached.about();
        let dates = Dates {
            this_update: about.this_update,
            next_update: about.next_update,
            checked_at: about.checked_at,
        };
        Kept {
            freshness: Freshness::of(&dates, policy, at),
            superseded: superseded.contains(&place),
            about: about.clone(),
        }
    };
    sound.iter().enumerate().map(kept).collect()
}

/// A source whose last attempt failed. What counts is its distribution point: an address that fails is no loss while another
/// one of the same point has answered since. One that has not been tried for two periods is no longer needed; if it is,
/// its CRL says so by not being refreshed.
///
/// `others` are those of its distribution point, itself among them. `is_here` says that the CRL of that address is in the
/// cache all the same, because it was imported: the dates of that CRL say how urgent a newer one is.
fn failing(
    attempt: &Attempt,
    others: &[&Attempt],
    is_here: bool,
    policy: &RefreshPolicy,
    at: Moment,
) -> Option<Failing> {
    let Tried::Failed { code, reason } = &attempt.outcome else {
        return None;
    };
    let idle = at.unix().saturating_sub(attempt.at.unix());
    let last = others
        .iter()
        .map(|other| other.last_success)
        .max()
        .flatten();
    let answers =
        |other: &Attempt| !matches!(other.outcome, Tried::Failed { .. }) && other.at >= attempt.at;
    let instead = others.iter().copied().find(|other| answers(other));
    let urgency = match last.max(attempt.last_success) {
        _ if instead.is_some() => Urgency::Fine,
        _ if idle > policy.every.saturating_mul(2) => Urgency::Fine,
        None if !is_here => Urgency::Critical,
        None | Some(_) => Urgency::Due,
    };
    Some(Failing {
        code: code.clone(),
        reason: reason.clone(),
        instead: instead.cloned(),
        attempt: attempt.clone(),
        urgency,
    })
}

/// How the CRL of a CA can be got: its sub CAs name it.
fn retrieval(ca: &Certificate, cas: &[Arc<Certificate>]) -> MissingRetrieval {
    let below = cas
        .iter()
        .filter(|one| !is_self_signed(one) && one.issuer.matches(&ca.subject));
    let mut required = below.map(|one| CrlRequired::of(one)).peekable();
    match required.peek().is_some() && required.all(|one| !one.fetchable) {
        true => MissingRetrieval::Manual,
        false => MissingRetrieval::Fetch,
    }
}

/// Whether there is no CRL at all of a CA; a delta is none, as it answers for nothing by itself.
fn is_without_crl(ca: &Certificate, crls: &[CachedCrl]) -> bool {
    let has = |crl: &CachedCrl| {
        let about = crl.about();
        about.issuer_spki_sha256 == ca.key.identity() && about.base_number.is_none()
    };
    !crls.iter().any(has)
}
