//! What `crl status` reports: how fresh the CRLs of the cache are.

mod nagios;
mod prometheus;
#[cfg(test)]
mod tests;
mod text;

use std::cmp::Reverse;

use schemars::JsonSchema;
use serde::Serialize;

use super::facts::{InstalledCrl, span};
use crate::chain::is_self_signed;
use crate::document::Moment;
use crate::input::Shown;
use crate::ops::crl::status::{self as ops, Failing, Kept};
use crate::verdict::Code;
use crate::verdict::freshness::{Freshness, FreshnessCause, Urgency};
use crate::wording::{Voice, sentence};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/crl-status/1";

/// Everything one run of `crl status` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct StatusReport {
    /// `ptl-cert/crl-status/1`.
    pub schema: &'static str,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// The folder of the cache.
    pub cache: String,
    /// How often a CRL has to be fetched, in seconds.
    pub every_seconds: i64,
    /// How long before its nextUpdate a CRL is due, in seconds.
    pub within_seconds: i64,
    /// The worst of everything below.
    pub urgency: Urgency,
    /// The exit status that it leads to; that of the format of Nagios is another.
    pub exit: u8,
    /// The worst in a sentence.
    pub message: String,
    /// The CRLs: the most urgent first, those that a newer one has superseded last, otherwise by CA and distribution point.
    pub crls: Vec<CrlStatus>,
    /// The sources whose last try failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<FailingSource>,
    /// What is missing or cannot be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingReport>,
}

/// How fresh one CRL is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CrlStatus {
    /// The CRL.
    #[serde(flatten)]
    pub crl: InstalledCrl,
    /// How urgent its renewal is, why, and when it is due.
    #[serde(flatten)]
    pub freshness: Freshness,
    /// Whether a newer CRL of the same CA has superseded it: it is never renewed. What it lists is revoked all the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
    /// Seconds since it was made; negative before that.
    pub age_seconds: i64,
    /// Seconds to the end of its time; negative after it. Absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<i64>,
    /// The freshness in a sentence.
    pub message: String,
}

/// A source whose last try failed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct FailingSource {
    /// The address or file.
    pub source: String,
    /// When it was last tried.
    pub at: Moment,
    /// Since when every try has failed.
    pub since: Moment,
    /// When a try last succeeded; absent where none ever did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Moment>,
    /// Why, as a stable code.
    pub code: String,
    /// Why.
    pub reason: String,
    /// Another address of the same distribution point that has answered since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
    /// What to do; absent where nothing has to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// How urgent that is: critical where no try of any address of its distribution point ever succeeded, else due;
    /// fine where another one answers, and where it is no longer tried.
    pub urgency: Urgency,
}

/// A CRL that should be there and is not, or cannot be used.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct MissingReport {
    /// What is missing, or which file is damaged.
    pub what: String,
    /// Why.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

impl CrlStatus {
    /// What the clocks say of a CRL.
    pub(super) fn new(
        crl: InstalledCrl,
        freshness: Freshness,
        at: Moment,
        voice: Voice,
    ) -> CrlStatus {
        let renew = voice.pick(
            "run ptl-cert crl update or ptl-cert crl import FILE",
            "fetch or import it",
        );
        let left = crl.known.next_update.map(|end| end.unix() - at.unix());
        let since = span(at.unix() - crl.checked_at.unix());
        let until = crl.known.until(at);
        let message = match freshness.cause {
            FreshnessCause::Current => {
                format!("fresh, due in {}", span(freshness.due.unix() - at.unix()))
            }
            FreshnessCause::NotRefreshed => {
                format!("not refreshed for {since}: {renew}")
            }
            FreshnessCause::StaleSoon => format!("expires soon, {until}: {renew} now"),
            FreshnessCause::Stale => {
                format!("{until}: clients are refused until it is renewed; {renew} now")
            }
            FreshnessCause::ClockSetBack => format!(
                "the clock is {} before the last fetch ({} UTC), so it is wrong now or was wrong then: set it, then {renew}",
                span(crl.checked_at.unix() - at.unix()),
                crl.checked_at.to_minute()
            ),
            FreshnessCause::NotYetValid => format!(
                "issued in the future ({} UTC, in {}): clients are refused until then; check this machine's clock, which is probably slow",
                crl.known.this_update.to_minute(),
                span(crl.known.this_update.unix() - at.unix())
            ),
            FreshnessCause::NoNextUpdate => "it has no nextUpdate, so it does not count".to_owned(),
        };
        CrlStatus {
            superseded: false,
            age_seconds: at.unix() - crl.known.this_update.unix(),
            seconds_left: left,
            crl,
            freshness,
            message,
        }
    }
}

impl From<&Kept> for InstalledCrl {
    fn from(kept: &Kept) -> InstalledCrl {
        InstalledCrl::from(&kept.about)
    }
}

impl FailingSource {
    fn new(failing: &Failing, voice: Voice) -> FailingSource {
        let attempt = &failing.attempt;
        let remedy = || {
            let unneeded = voice.pick(
                format!(
                    "if nothing needs it any more: ptl-cert crl remove {}",
                    attempt.source
                ),
                "if nothing needs it any more, remove it",
            );
            format!("{}; {unneeded}", retry(&failing.code, voice))
        };
        FailingSource {
            source: attempt.source.to_string(),
            at: attempt.at,
            since: attempt.failing_since.unwrap_or(attempt.at),
            last_success: attempt.last_success,
            code: failing.code.clone(),
            reason: failing.reason.clone(),
            instead: failing
                .instead
                .as_ref()
                .map(|other| other.source.to_string()),
            remedy: (failing.urgency > Urgency::Fine).then(remedy),
            urgency: failing.urgency,
        }
    }
}

/// What to do about a source, by the code of its last failure.
fn retry(code: &str, voice: Voice) -> String {
    match code {
        "fetch" => voice.pick(
            "check that this machine can reach it, then run ptl-cert crl update",
            "check that this machine can reach it",
        ),
        "cache" | "cancelled" => voice.pick("run ptl-cert crl update again", "fetch it again"),
        _ if code == Code::CrlRollback.as_str() => voice.pick(
            "the source answered, but with an older CRL than the installed one: get the current one from the CA, then ptl-cert crl import FILE",
            "the source answered, but with an older CRL than the installed one: get the current one from the CA, then import it",
        ),
        _ => voice.pick(
            "the source answered, but not with a CRL that can be installed: tell its operator, or get the CRL from the CA, then ptl-cert crl import FILE",
            "the source answered, but not with a CRL that can be installed: tell its operator, or get the CRL from the CA, then import it",
        ),
    }
}

impl MissingReport {
    fn new(missing: &ops::Missing, voice: Voice) -> MissingReport {
        match missing {
            ops::Missing::Damaged(damaged) => {
                let path = damaged.path.shown();
                let (what, reason) = match &damaged.about {
                    Some(about) => (
                        format!("the CRL of {}", about.issuer.short()),
                        format!("{path}: {}", damaged.damage),
                    ),
                    None => (path.to_string(), damaged.damage.to_string()),
                };
                MissingReport {
                    what,
                    reason,
                    remedy: damaged.damage.remedy().to_owned(),
                }
            }
            ops::Missing::Record { path, damage } => MissingReport {
                what: "the download history".to_owned(),
                reason: format!("{}: {}", path.shown(), sentence(damage)),
                remedy: voice
                    .pick(
                        "run ptl-cert crl update, which starts a new history",
                        "update the CRLs, which starts a new history",
                    ),
            },
            ops::Missing::Crl {
                authority,
                environment: id,
                retrieval,
            } => MissingReport {
                what: format!("the CRL of {}", authority.subject.short()),
                reason: "none of its CRLs is in the cache".to_owned(),
                remedy: match is_self_signed(authority) {
                    _ if *retrieval == ops::MissingRetrieval::Manual => voice.pick(
                        format!(
                            "it cannot be fetched: download the file (the NHS's from its page on HSCN), then ptl-cert crl import --env {id} FILE"
                        ),
                        "it cannot be fetched: download the file (the NHS's from its page on HSCN), then import it".to_owned(),
                    ),
                    // Its sub CAs name it.
                    true => voice.pick(
                        format!("ptl-cert crl update --env {id}, or ptl-cert crl import FILE"),
                        "fetch or import it".to_owned(),
                    ),
                    false => voice.pick(
                        format!(
                            "ptl-cert crl update --env {id} CERT, with the certificates that it issued to you and your partners; \
                             or ptl-cert crl import FILE"
                        ),
                        "fetch it using the certificates that it issued to you and your partners, or import it".to_owned(),
                    ),
                },
            },
        }
    }
}

impl From<&ops::CacheStatus> for StatusReport {
    /// In the neutral voice.
    fn from(status: &ops::CacheStatus) -> StatusReport {
        StatusReport::in_voice(status, Voice::Neutral)
    }
}

impl StatusReport {
    /// Reports the state of the cache, the remedies in this voice.
    pub fn in_voice(status: &ops::CacheStatus, voice: Voice) -> StatusReport {
        let crls = status.crls.iter().map(|kept| {
            let crl = CrlStatus::new(InstalledCrl::from(kept), kept.freshness, status.at, voice);
            match kept.superseded {
                false => crl,
                true => crl.superseded(voice),
            }
        });
        StatusReport::joined(
            status.at,
            status.cache.shown().to_string(),
            (status.policy.every, status.policy.within),
            crls.collect(),
            status
                .failing
                .iter()
                .map(|failing| FailingSource::new(failing, voice))
                .collect(),
            status
                .missing
                .iter()
                .map(|missing| MissingReport::new(missing, voice))
                .collect(),
            voice,
        )
    }
}

impl CrlStatus {
    /// The same CRL where a newer one has superseded it.
    fn superseded(mut self, voice: Voice) -> CrlStatus {
        self.superseded = true;
        self.freshness.urgency = Urgency::Fine;
        let remedy = voice.pick(
            format!(
                "remove it once the certificates that only it lists have expired: ptl-cert crl remove {}",
                self.crl.slot
            ),
            "remove it once the certificates that only it lists have expired".to_owned(),
        );
        self.message = format!("superseded by a newer CRL of the same CA; {remedy}");
        self
    }
}

/// What CRLs are sorted by. Numbers within names count as numbers: `crlc10` follows `crlc9`.
fn order(crl: &CrlStatus) -> (Reverse<Urgency>, bool, Vec<NamePart>, Vec<NamePart>) {
    let known = &crl.crl.known;
    (
        Reverse(crl.freshness.urgency),
        crl.superseded,
        parts(&known.issuer.short()),
        parts(&known.distribution_point.join(" ")),
    )
}

/// A part of a name that is all digits, or has none: digits without leading zeros are compared by their number first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum NamePart {
    Number(usize, String),
    Text(String),
}

fn parts(name: &str) -> Vec<NamePart> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit);
        let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
        parts.push(match is_digit {
            true => {
                let digits = part.trim_start_matches('0').to_owned();
                NamePart::Number(digits.len(), digits)
            }
            false => NamePart::Text(part.to_owned()),
        });
        rest = after;
    }
    parts
}

impl StatusReport {
    /// Joins what is known, finds the worst, and sorts.
    pub(super) fn joined(
        at: Moment,
        cache: String,
        (every, within): (i64, i64),
        mut crls: Vec<CrlStatus>,
        failing: Vec<FailingSource>,
        missing: Vec<MissingReport>,
        voice: Voice,
    ) -> StatusReport {
        crls.sort_by_cached_key(order);
        let urgencies = crls.iter().map(|crl| crl.freshness.urgency);
        let urgencies = urgencies.chain(failing.iter().map(|source| source.urgency));
        let urgencies = urgencies.chain(missing.iter().map(|_| Urgency::Critical));
        let nothing = crls.is_empty().then_some(Urgency::Critical);
        let urgency = urgencies.chain(nothing).max().unwrap_or(Urgency::Fine);
        let mut report = StatusReport {
            schema: SCHEMA,
            at,
            cache,
            every_seconds: every,
            within_seconds: within,
            urgency,
            exit: u8::from(urgency > Urgency::Fine),
            message: String::new(),
            crls,
            failing,
            missing,
        };
        report.message = report.summary(voice);
        report
    }

    /// How many CRLs are so urgent.
    fn with(&self, urgency: Urgency) -> usize {
        let crls = self.crls.iter();
        crls.filter(|crl| crl.freshness.urgency == urgency).count()
    }

    /// How many sources have never been fetched and are critical for it.
    fn never_fetched(&self) -> usize {
        let failing = self.failing.iter();
        failing
            .filter(|source| source.urgency == Urgency::Critical)
            .count()
    }

    /// The worst first, in one line and without line breaks.
    fn summary(&self, voice: Voice) -> String {
        let of = |urgency| {
            let crl = self
                .crls
                .iter()
                .find(|crl| crl.freshness.urgency == urgency);
            crl.map(|crl| format!("{}: {}", crl.crl.known.called(), crl.message))
        };
        let failing = |urgency| {
            let source = self.failing.iter().find(|source| source.urgency == urgency);
            source.map(|source| match source.urgency {
                Urgency::Critical => format!("{} has never been fetched", source.source),
                Urgency::Fine | Urgency::Due => format!(
                    "fetching {} has failed since {}",
                    source.source, source.since
                ),
            })
        };
        let missing = self.missing.first();
        let missing = missing.map(|missing| format!("{}: {}", missing.what, missing.reason));
        let worst = match self.urgency {
            Urgency::Critical if self.crls.is_empty() && missing.is_none() => {
                let remedy = voice.pick(
                    "use ptl-cert crl update --env ENV CERT or ptl-cert crl import --env ENV FILE",
                    "fetch or import them",
                );
                Some(format!("no CRL is installed; {remedy}"))
            }
            Urgency::Critical => of(Urgency::Critical)
                .or(missing)
                .or_else(|| failing(Urgency::Critical)),
            Urgency::Due => of(Urgency::Due).or_else(|| failing(Urgency::Due)),
            Urgency::Fine => {
                let current = self.crls.iter().filter(|crl| !crl.superseded);
                let next = current.map(|crl| crl.freshness.due).min();
                next.map(|due| format!("the next is due at {due}"))
            }
        };
        if self.crls.is_empty() && self.missing.is_empty() && self.failing.is_empty() {
            return worst.unwrap_or_default();
        }
        let mut text = self.counts();
        if let Some(worst) = worst {
            text.push_str(&format!("; {worst}"));
        }
        text
    }

    /// How many CRLs there are, and of each urgency.
    fn counts(&self) -> String {
        let total = match self.crls.len() {
            1 => "1 CRL".to_owned(),
            several => format!("{several} CRLs"),
        };
        let mut text = format!(
            "{total}, {} fresh, {} due, {} critical",
            self.with(Urgency::Fine),
            self.with(Urgency::Due),
            self.with(Urgency::Critical)
        );
        if !self.missing.is_empty() {
            text.push_str(&format!(", {} missing", self.missing.len()));
        }
        if let never @ 1.. = self.never_fetched() {
            text.push_str(&format!(", {never} never fetched"));
        }
        text
    }
}
