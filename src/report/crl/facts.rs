//! A CRL as it is reported.

use schemars::JsonSchema;
use serde::Serialize;

use crate::document::extension::Scope;
use crate::document::{Crl, CrlNumber, Moment, Name, OddTime, Sha256Digest};
use crate::store::crl_cache::About;
use crate::verdict::Problem;
use crate::wording::{Voice, count, say};

/// What is known of a CRL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Known {
    /// Who signed it.
    pub issuer: Name,
    /// The names of its issuing distribution point; none where it answers for all of its issuer's certificates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distribution_point: Vec<String>,
    /// Which kind of certificates it answers for.
    pub scope: Scope,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<CrlNumber>,
    /// For a delta CRL: the number of the CRL it builds on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_number: Option<CrlNumber>,
    /// When it was made.
    pub this_update: Moment,
    /// The last second of its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Moment>,
    /// How many certificates it contains.
    pub entries: u64,
    /// Its length in bytes, as DER.
    pub length: u64,
    /// SHA-256 over its DER; absent where it was not computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
    /// Why OpenSSL, and servers made with it, refuse it, each as a sentence; where the CRL itself was looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A CRL of the cache, and how it got there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct InstalledCrl {
    /// Its place in the cache: the name of its folder below `crls`.
    pub slot: String,
    /// What is known of it.
    #[serde(flatten)]
    pub known: Known,
    /// The address or file it came from.
    pub source: String,
    /// When it was fetched or imported.
    pub fetched_at: Moment,
    /// When its source was last seen to have nothing newer.
    pub checked_at: Moment,
}

impl From<&About> for InstalledCrl {
    fn from(about: &About) -> InstalledCrl {
        InstalledCrl {
            slot: about.slot.clone(),
            known: Known {
                issuer: about.issuer.clone(),
                distribution_point: about.distribution_point.clone(),
                scope: about.scope,
                number: about.number.clone(),
                base_number: about.base_number.clone(),
                this_update: about.this_update,
                next_update: about.next_update,
                entries: about.entries,
                length: about.length,
                sha256: Some(about.sha256),
                warnings: Vec::new(),
            },
            source: about.source.to_string(),
            fetched_at: about.fetched_at,
            checked_at: about.checked_at,
        }
    }
}

impl Known {
    /// What a CRL says of itself, and how many entries were found in it; its digest is not computed.
    pub fn of(header: &Crl, entries: u64) -> Known {
        Known {
            issuer: header.issuer.clone(),
            distribution_point: header.point_names(),
            scope: header.scope(),
            number: header.number.clone(),
            base_number: header.base_number.clone(),
            this_update: header.this_update,
            next_update: header.next_update,
            entries,
            length: header.length as u64,
            sha256: None,
            warnings: header.odd_times.iter().map(odd).collect(),
        }
    }

    /// `NHS INT Level 1C for http://…`: its issuer and its partition.
    pub(super) fn called(&self) -> String {
        let mut text = self.issuer.short();
        if !self.distribution_point.is_empty() {
            text.push_str(&format!(" for {}", self.distribution_point.join(" or ")));
        }
        let kind = match self.scope {
            Scope::All => "",
            Scope::UserCertificates => ", end-entity certificates only",
            Scope::CaCertificates => ", CA certificates only",
            Scope::AttributeCertificates => ", attribute certificates only",
            Scope::Contradictory => ", contradictory",
        };
        text.push_str(kind);
        if let Some(base) = &self.base_number {
            text.push_str(&format!(", a delta on number {base}"));
        }
        text
    }

    /// `number 0a, made 2026-12-31 00:00, 1 entry, 261 bytes`.
    pub(super) fn measured(&self) -> String {
        let number = match &self.number {
            Some(number) => format!("number {number}, "),
            None => String::new(),
        };
        let entries = match self.entries {
            1 => "1 entry".to_owned(),
            several => format!("{several} entries"),
        };
        format!(
            "{number}issued {} UTC, {entries}, {} bytes",
            self.this_update.to_minute(),
            self.length,
        )
    }

    /// `crlc7.crl`: the end of its distribution point, which tells partitions apart, for a table.
    pub(super) fn partition(&self) -> String {
        let end = |point: &str| match point.contains("://") {
            true => point
                .rsplit('/')
                .find(|part| !part.is_empty())
                .map(str::to_owned),
            false => point.rsplit_once("CN=").map(|(_, name)| name.to_owned()),
        };
        let mut text = match self.distribution_point.first() {
            Some(point) => end(point).unwrap_or_else(|| point.clone()),
            None => "complete".to_owned(),
        };
        if self.base_number.is_some() {
            text.push_str(", delta");
        }
        text
    }

    /// `2027-01-08 (7 days)`, for a table.
    pub(super) fn next_update_in_short(&self, at: Moment) -> String {
        let Some(end) = self.next_update else {
            return "none".to_owned();
        };
        match end.unix() - at.unix() {
            left if left < 0 => format!("{} ({} ago)", end.date(), span(-left)),
            left => format!("{} ({})", end.date(), span(left)),
        }
    }

    /// `until 2027-01-08 00:00 UTC, 7 days left`.
    pub(super) fn until(&self, at: Moment) -> String {
        let Some(end) = self.next_update else {
            return "no nextUpdate".to_owned();
        };
        let until = end.to_minute();
        match end < at {
            true => format!("expired {until} UTC, {} ago", span(at.unix() - end.unix())),
            false => format!("until {until} UTC, {} left", span(end.unix() - at.unix())),
        }
    }
}

/// What is wrong with a time, as a sentence.
fn odd(time: &OddTime) -> String {
    say(&Problem::OddTime { time: time.clone() }, Voice::Neutral).message
}

/// A length of time in its two greatest units that matter: `7 days`, `1 day 3 hours`, `5 minutes`.
pub(in crate::report) fn span(seconds: i64) -> String {
    const UNITS: [(i64, &str); 4] = [
        (24 * 60 * 60, "day"),
        (60 * 60, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let seconds = seconds.max(0);
    let first = UNITS.iter().position(|(unit, _)| seconds >= *unit);
    let Some((unit, name)) = first.and_then(|first| UNITS.get(first)) else {
        return "no time".to_owned();
    };
    let whole = seconds / unit;
    let rest = seconds % unit;
    let next = first.and_then(|first| UNITS.get(first + 1));
    match next {
        // Hours count beside a day or two only.
        Some((next, next_name)) if whole < 3 && rest / next > 0 => {
            format!("{} {}", count(whole, name), count(rest / next, next_name))
        }
        _ => count(whole, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_said_as_people_do() {
        for (seconds, said) in [
            (-5, "no time"),
            (0, "no time"),
            (1, "1 second"),
            (59, "59 seconds"),
            (61, "1 minute 1 second"),
            (3 * 60 + 5, "3 minutes"),
            (3600, "1 hour"),
            (86_400 + 3 * 3600, "1 day 3 hours"),
            (7 * 86_400 + 3600, "7 days"),
        ] {
            assert_eq!(span(seconds), said);
        }
    }
}
