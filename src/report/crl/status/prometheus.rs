//! The text exposition format of Prometheus (version 0.0.4), as node_exporter's textfile collector reads it.
//!
//! Moments are values in seconds since 1970. Samples have no timestamps of their own: the collector refuses those.

use std::collections::BTreeMap;

use super::{CrlStatus, StatusReport};
use crate::report::monitor::{escaped, family};
use crate::verdict::freshness::{FreshnessCause, Urgency};

impl StatusReport {
    /// The metrics of every CRL, every failing source, and the whole.
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        let crls = &self.crls;
        let mut of_crls = |name: &str, help: &str, value: &dyn Fn(&CrlStatus) -> Option<i64>| {
            let samples = crls
                .iter()
                .filter_map(|crl| Some((labels(crl), value(crl)?)));
            family(&mut text, name, help, samples);
        };
        of_crls(
            "ptl_crl_this_update_seconds",
            "When the CRL was issued (thisUpdate), in seconds since 1970.",
            &|crl| Some(crl.crl.known.this_update.unix()),
        );
        of_crls(
            "ptl_crl_next_update_seconds",
            "When the CRL expires (nextUpdate), in seconds since 1970.",
            &|crl| crl.crl.known.next_update.map(|end| end.unix()),
        );
        of_crls(
            "ptl_crl_due_seconds",
            "When the CRL is due for renewal, in seconds since 1970.",
            &|crl| Some(crl.freshness.due.unix()),
        );
        of_crls(
            "ptl_crl_checked_seconds",
            "When the CRL was last fetched or confirmed, in seconds since 1970.",
            &|crl| Some(crl.crl.checked_at.unix()),
        );
        of_crls("ptl_crl_entries", "How many entries the CRL has.", &|crl| {
            i64::try_from(crl.crl.known.entries).ok()
        });
        of_crls("ptl_crl_bytes", "The length of the CRL in bytes.", &|crl| {
            i64::try_from(crl.crl.known.length).ok()
        });
        of_crls(
            "ptl_crl_urgency",
            "How urgent the renewal of the CRL is: 0 fresh, 1 due, 2 critical.",
            &|crl| Some(number(crl.freshness.urgency)),
        );
        let causes = crls.iter().map(|crl| {
            let cause = format!("cause=\"{}\"", cause(crl.freshness.cause));
            (labels_and(crl, &cause), 1)
        });
        family(
            &mut text,
            "ptl_crl_cause",
            "Why the renewal of the CRL is that urgent, as a label; always 1.",
            causes,
        );
        // An address of two points is remembered twice; two samples with the same labels would cost the collector the
        // whole file.
        let mut failing: BTreeMap<String, i64> = BTreeMap::new();
        for source in &self.failing {
            let labels = format!("{{source=\"{}\"}}", escaped(&source.source));
            let since = source.since.unix();
            let first = failing.entry(labels).or_insert(since);
            *first = since.min(*first);
        }
        family(
            &mut text,
            "ptl_crl_source_failing_since_seconds",
            "Since when every download from the source has failed, in seconds since 1970.",
            failing.into_iter(),
        );
        for (name, help, value) in [
            (
                "ptl_crl_missing",
                "How many CRLs are missing or damaged.",
                i64::try_from(self.missing.len()).unwrap_or(i64::MAX),
            ),
            (
                "ptl_crl_worst_urgency",
                "The worst of all: 0 fresh, 1 due, 2 critical.",
                number(self.urgency),
            ),
            (
                "ptl_crl_status_seconds",
                "The time of this check, in seconds since 1970.",
                self.at.unix(),
            ),
        ] {
            family(&mut text, name, help, [(String::new(), value)].into_iter());
        }
        text
    }
}

fn number(urgency: Urgency) -> i64 {
    match urgency {
        Urgency::Fine => 0,
        Urgency::Due => 1,
        Urgency::Critical => 2,
    }
}

/// As JSON has it.
fn cause(cause: FreshnessCause) -> &'static str {
    match cause {
        FreshnessCause::Current => "current",
        FreshnessCause::ClockSetBack => "clock_set_back",
        FreshnessCause::NotRefreshed => "not_refreshed",
        FreshnessCause::StaleSoon => "stale_soon",
        FreshnessCause::Stale => "stale",
        FreshnessCause::NoNextUpdate => "no_next_update",
        FreshnessCause::NotYetValid => "not_yet_valid",
    }
}

/// The slot distinguishes CRLs whatever their names.
fn labels(status: &CrlStatus) -> String {
    format!("{{{}}}", pairs(status))
}

fn labels_and(status: &CrlStatus, pair: &str) -> String {
    format!("{{{},{pair}}}", pairs(status))
}

fn pairs(status: &CrlStatus) -> String {
    let known = &status.crl.known;
    format!(
        "issuer=\"{}\",point=\"{}\",delta=\"{}\",slot=\"{}\"",
        escaped(&known.issuer.rfc4514()),
        escaped(&known.distribution_point.join(" ")),
        known.base_number.is_some(),
        escaped(&status.crl.slot)
    )
}
