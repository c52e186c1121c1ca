//! Whether a CRL that is kept is being renewed in time.
//!
//! Two clocks run: the job's ("every seven days") and the CRL's own (nextUpdate). A CRL is due at the earlier of the
//! two, and past nextUpdate it is critical whatever the last download did: nginx, HAProxy and Apache refuse every
//! client then. Both need a third clock, this machine's, to be right: a clock that is behind what has already happened
//! is reported, because with it a CRL could be kept for ever. Only dates are looked at.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::document::Moment;
use crate::verdict::admission::SKEW;

/// How CRLs are kept current. Durations in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshPolicy {
    /// How often a CRL is to be fetched or confirmed.
    pub every: i64,
    /// How long before its nextUpdate a CRL is due, at the latest.
    pub within: i64,
}

impl RefreshPolicy {
    /// Fetched or confirmed so often, and renewed at the latest so long before the nextUpdate.
    pub fn new(every: Duration, within: Duration) -> RefreshPolicy {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        RefreshPolicy {
            every: seconds(every),
            within: seconds(within),
        }
    }
}

impl Default for RefreshPolicy {
    /// Every seven days, and two days before the nextUpdate.
    fn default() -> RefreshPolicy {
        const DAY: i64 = 24 * 60 * 60;
        RefreshPolicy {
            every: 7 * DAY,
            within: 2 * DAY,
        }
    }
}

/// The dates of a CRL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dates {
    /// When it was made.
    pub this_update: Moment,
    /// The last second of its time.
    pub next_update: Option<Moment>,
    /// When it was fetched, imported, or last confirmed to be the current one.
    pub checked_at: Moment,
}

/// How urgent a renewal is, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Nothing to do.
    Fine,
    /// It should be renewed now; it still counts.
    Due,
    /// It does not count, or was never there: clients are refused until it is renewed.
    Critical,
}

/// Why a renewal is as urgent as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FreshnessCause {
    /// It is current by both clocks.
    Current,
    /// This machine's clock is more than [`SKEW`] before the moment at which the CRL was last fetched or
    /// confirmed: it was set back, or a snapshot of the machine was restored, or it was ahead then.
    ClockSetBack,
    /// It has not been fetched for as long as the policy allows.
    NotRefreshed,
    /// Its nextUpdate is near.
    StaleSoon,
    /// It is past its nextUpdate.
    Stale,
    /// It has no nextUpdate, so it is unknown for how long it counts (RFC 5280 section 5.1.2.5).
    NoNextUpdate,
    /// It was issued later than now: no software accepts it until then. This machine's clock is behind.
    NotYetValid,
}

/// What the clocks say of one CRL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Freshness {
    /// How urgent its renewal is.
    pub urgency: Urgency,
    /// Why.
    pub cause: FreshnessCause,
    /// When it is, or was, to be renewed: the earlier of the job's clock and the CRL's; not later than now where this
    /// machine's clock cannot be right.
    pub due: Moment,
}

impl Freshness {
    /// What the clocks say at `at`. A CRL is in time to its last second, and due from the first second of its due
    /// moment on.
    pub fn of(dates: &Dates, policy: &RefreshPolicy, at: Moment) -> Freshness {
        let by_job = after(dates.checked_at, policy.every);
        let by_crl = dates.next_update.map(|end| after(end, -policy.within));
        let due = by_crl.map_or(by_job, |by_crl| by_crl.min(by_job));
        let ahead = |moment: Moment| moment.unix().saturating_sub(at.unix());
        let (urgency, cause) = match dates.next_update {
            // Not even by a second: OpenSSL gives no grace either ("CRL is not yet valid").
            _ if ahead(dates.this_update) > 0 => (Urgency::Critical, FreshnessCause::NotYetValid),
            None => (Urgency::Critical, FreshnessCause::NoNextUpdate),
            Some(end) if end < at => (Urgency::Critical, FreshnessCause::Stale),
            // Machines that share a cache differ by that much.
            Some(_) if ahead(dates.checked_at) > SKEW => {
                (Urgency::Due, FreshnessCause::ClockSetBack)
            }
            Some(_) if by_crl.is_some_and(|by_crl| by_crl <= at) => {
                (Urgency::Due, FreshnessCause::StaleSoon)
            }
            Some(_) if by_job <= at => (Urgency::Due, FreshnessCause::NotRefreshed),
            Some(_) => (Urgency::Fine, FreshnessCause::Current),
        };
        let due = match cause {
            FreshnessCause::NotYetValid | FreshnessCause::ClockSetBack => due.min(at),
            _ => due,
        };
        Freshness {
            urgency,
            cause,
            due,
        }
    }
}

/// The moment this many seconds later; the moment itself if that is out of range.
fn after(moment: Moment, seconds: i64) -> Moment {
    Moment::from_unix(moment.unix().saturating_add(seconds)).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;
    /// The NHS's own rule: refresh at least weekly; a warning two days before the end.
    const WEEKLY: RefreshPolicy = RefreshPolicy {
        every: 7 * DAY,
        within: 2 * DAY,
    };

    fn at(seconds: i64) -> Moment {
        Moment::from_unix(1_798_761_600 + seconds).unwrap()
    }

    /// Of a CRL fetched at 0 that ends then, at that moment.
    fn freshness(ends: Option<i64>, moment: i64) -> (Urgency, FreshnessCause, i64) {
        let dates = Dates {
            this_update: at(-DAY),
            next_update: ends.map(at),
            checked_at: at(0),
        };
        let found = Freshness::of(&dates, &WEEKLY, at(moment));
        (found.urgency, found.cause, found.due.unix() - at(0).unix())
    }

    #[test]
    fn a_crl_that_lives_long_is_due_a_week_after_it_was_fetched() {
        let long = Some(30 * DAY);
        let fine = (Urgency::Fine, FreshnessCause::Current, 7 * DAY);
        assert_eq!(freshness(long, 7 * DAY - 1), fine);
        let due = (Urgency::Due, FreshnessCause::NotRefreshed, 7 * DAY);
        assert_eq!(freshness(long, 7 * DAY), due);
    }

    #[test]
    fn a_crl_that_lives_short_is_due_the_margin_before_its_end() {
        let short = Some(4 * DAY);
        let fine = (Urgency::Fine, FreshnessCause::Current, 2 * DAY);
        assert_eq!(freshness(short, 2 * DAY - 1), fine);
        let due = (Urgency::Due, FreshnessCause::StaleSoon, 2 * DAY);
        assert_eq!(freshness(short, 2 * DAY), due);
    }

    #[test]
    fn an_expired_crl_is_critical_even_if_it_was_fetched_a_second_ago() {
        assert_eq!(freshness(Some(0), 0).0, Urgency::Due);
        assert_eq!(
            freshness(Some(0), 1),
            (Urgency::Critical, FreshnessCause::Stale, -2 * DAY)
        );
    }

    #[test]
    fn a_crl_without_next_update_is_critical() {
        assert_eq!(
            freshness(None, 0),
            (Urgency::Critical, FreshnessCause::NoNextUpdate, 7 * DAY)
        );
    }

    #[test]
    fn a_crl_that_is_not_yet_valid_is_critical() {
        let later = |moment| (Urgency::Critical, FreshnessCause::NotYetValid, moment);
        assert_eq!(freshness(Some(30 * DAY), -DAY - 1), later(-DAY - 1));
        assert_eq!(freshness(None, -2 * DAY), later(-2 * DAY));
    }

    #[test]
    fn a_clock_set_back_before_the_last_fetch_keeps_no_crl_fresh() {
        let back = (Urgency::Due, FreshnessCause::ClockSetBack, -SKEW - 1);
        assert_eq!(freshness(Some(30 * DAY), -SKEW - 1), back);
    }

    #[test]
    fn machines_that_share_a_cache_may_differ_by_minutes() {
        let fine = (Urgency::Fine, FreshnessCause::Current, 7 * DAY);
        assert_eq!(freshness(Some(30 * DAY), -SKEW), fine);
    }

    #[test]
    fn an_expired_crl_is_critical_even_if_the_clock_was_ahead_when_it_was_fetched() {
        let (urgency, cause, _) = freshness(Some(-60 * 60), -30 * 60);
        assert_eq!((urgency, cause), (Urgency::Critical, FreshnessCause::Stale));
    }
}
