//! `ptl-cert crl status`.

use std::io::Write;
use std::time::Duration;

use ptl_cert::document::{Certificate, Moment};
use ptl_cert::environment::Environment;
use ptl_cert::input::Shown;
use ptl_cert::report::crl::status::{CrlStatus, FailingSource, Missing, StatusReport};
use ptl_cert::store::crl_cache::{Attempt, CacheError, CachedCrl, Crls, Damaged, Outcome as Tried};
use ptl_cert::verdict::freshness::{Dates, Freshness, Policy, Urgency};
use ptl_cert::verdict::plan::ended;

use super::{authorities_of, cache, environment, kept};
use crate::args::crl::Status;
use crate::args::{Format, Monitor};
use crate::command::reading::{self, sentence};
use crate::outcome::Outcome;
use crate::world::World;

/// Says how fresh the CRLs of the cache are.
pub(crate) fn run(args: &Status, world: &mut World) -> anyhow::Result<Outcome> {
    if world.format() == Format::Ndjson {
        return super::refuse(
            "status",
            "crl status has no --format ndjson; use json, prometheus or nagios",
        );
    }
    let facts = reading::facts(args.authorities.facts.as_deref(), world)?;
    let environment = match environment(args.authorities.env.as_ref(), &facts) {
        Ok(environment) => environment,
        Err(message) => return super::refuse("status", &message),
    };
    let cas = environment.map(|environment| authorities_of(environment, &facts));
    let cache = cache(&args.folder, world)?;
    let at = world.moment(args.at);
    let policy = Policy {
        every: seconds(args.every),
        within: seconds(args.within),
    };
    let Crls { sound, damaged, .. } = cache.search(|about| {
        cas.as_ref().is_none_or(|cas| {
            cas.iter()
                .any(|ca| ca.key.spki_sha256 == about.issuer_spki_sha256)
        })
    })?;
    let mut missing: Vec<Missing> = damaged.iter().map(unusable).collect();
    let attempts = match cache.attempts() {
        Ok(attempts) => attempts,
        Err(CacheError::Damaged { path, source }) => {
            missing.push(Missing {
                what: "what came of earlier tries".to_owned(),
                because: format!("{}: {}", path.shown(), sentence(&source.into())),
                remedy: "run ptl-cert crl update, which begins a new record".to_owned(),
            });
            Vec::new()
        }
        Err(error) => return Err(error.into()),
    };
    if let (Some(environment), Some(cas)) = (environment, &cas) {
        let ended = ended(cas, at);
        let alive = cas.iter().filter(|ca| !ended.contains(ca));
        let without = alive.filter(|ca| is_without_list(ca, &sound));
        missing.extend(without.map(|ca| no_crl(ca, environment)));
    }
    let crls = sound.iter().map(|crl| fresh(crl, &policy, at)).collect();
    let failing = attempts
        .iter()
        .filter_map(|attempt| failing(attempt, &attempts, &policy, at))
        .collect();
    let folder = cache.folder().shown().to_string();
    let terms = (policy.every, policy.within);
    let report = StatusReport::new(at, folder, terms, crls, failing, missing);
    match world.monitor() {
        Some(Monitor::Nagios) => {
            let line = report.nagios();
            world.stdout().write_all(line.as_bytes())?;
            return Ok(match report.nagios_exit() {
                0 => Outcome::Good,
                1 => Outcome::Bad,
                _ => Outcome::NAGIOS_CRITICAL,
            });
        }
        Some(Monitor::Prometheus) => {
            let metrics = report.prometheus();
            world.stdout().write_all(metrics.as_bytes())?;
        }
        None => world.print(&report, |width| report.render(width))?,
    }
    Ok(match report.urgency {
        Urgency::Fine => Outcome::Good,
        Urgency::Due | Urgency::Critical => Outcome::Bad,
    })
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

fn fresh(crl: &CachedCrl, policy: &Policy, at: Moment) -> CrlStatus {
    let about = crl.about();
    let dates = Dates {
        this_update: about.this_update,
        next_update: about.next_update,
        checked_at: about.checked_at,
    };
    CrlStatus::new(kept(about), Freshness::of(&dates, policy, at), at)
}

/// A source whose last try failed. What counts is its point: an address that fails is no loss while another one of the
/// same point has answered since. One that has not been tried for two periods is no longer wanted by anybody; if
/// it is, its CRL says so by not being refreshed.
fn failing(
    attempt: &Attempt,
    attempts: &[Attempt],
    policy: &Policy,
    at: Moment,
) -> Option<FailingSource> {
    let Tried::Failed { code, reason } = &attempt.outcome else {
        return None;
    };
    let idle = at.unix().saturating_sub(attempt.at.unix());
    let others = attempts
        .iter()
        .filter(|other| attempt.point.is_some() && other.point == attempt.point);
    let last = others
        .clone()
        .map(|other| other.last_success)
        .max()
        .flatten();
    let answers =
        |other: &&Attempt| !matches!(other.outcome, Tried::Failed { .. }) && other.at >= attempt.at;
    let instead = others.clone().find(answers);
    let urgency = match last.max(attempt.last_success) {
        _ if instead.is_some() => Urgency::Fine,
        _ if idle > policy.every.saturating_mul(2) => Urgency::Fine,
        None => Urgency::Critical,
        Some(_) => Urgency::Due,
    };
    Some(FailingSource {
        source: attempt.source.to_string(),
        at: attempt.at,
        since: attempt.failing_since.unwrap_or(attempt.at),
        last_success: attempt.last_success,
        code: code.clone(),
        reason: reason.clone(),
        instead: instead.map(|other| other.source.to_string()),
        urgency,
    })
}

fn unusable(damaged: &Damaged) -> Missing {
    let path = damaged.path.shown();
    let (what, because) = match &damaged.about {
        Some(about) => (
            format!("the CRL of {}", about.issuer.short()),
            format!("{path}: {}", damaged.damage),
        ),
        None => (path.to_string(), damaged.damage.to_string()),
    };
    Missing {
        what,
        because,
        remedy: damaged.damage.way_out().to_owned(),
    }
}

/// Whether there is no CRL at all of a CA; a delta is none, as it answers for nobody by itself.
fn is_without_list(ca: &Certificate, crls: &[CachedCrl]) -> bool {
    let has = |crl: &CachedCrl| {
        let about = crl.about();
        about.issuer_spki_sha256 == ca.key.spki_sha256 && about.base_number.is_none()
    };
    !crls.iter().any(has)
}

fn no_crl(ca: &Certificate, environment: &Environment) -> Missing {
    let id = &environment.id;
    let remedy = match ca.is_self_issued() {
        // Its sub CAs name it.
        true => format!("ptl-cert crl update --env {id}, or ptl-cert crl import FILE"),
        false => format!(
            "ptl-cert crl update --env {id} CERT, with the certificates that it issued to you and your partners; or \
             ptl-cert crl import FILE"
        ),
    };
    Missing {
        what: format!("the CRL of {}", ca.subject.short()),
        because: "none of its lists is in the cache".to_owned(),
        remedy,
    }
}
