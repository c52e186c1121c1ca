//! The line of a Nagios plugin, and the metrics of Prometheus; the formats are those of `crl status`.

use std::collections::BTreeMap;

use super::{EntryReport, InventoryReport, KindReport};
use crate::ops::inventory::Expiry;
use crate::report::monitor::{escaped, family, one_line};

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

impl InventoryReport {
    /// One line: the state, a sentence, and after `|` the performance data. Its exit status is that of a plugin:
    /// [`InventoryReport::nagios_exit`].
    pub fn nagios(&self) -> String {
        let word = match self.nagios_exit() {
            0 => "OK",
            1 => "WARNING",
            2 => "CRITICAL",
            _ => "UNKNOWN",
        };
        let mut data = vec![
            format!("found={};;;0", self.entries.len()),
            format!("expired={};;;0", self.expired),
            format!("undated={};;;0", self.undated),
            format!("not_yet_valid={};;;0", self.not_yet_valid),
            format!("expiring={};;;0", self.expiring),
            format!("unread={};;;0", self.unread.len()),
            format!("unreached={};;;0", self.unreached.len()),
        ];
        // Seconds to the end of what ends first, with the thresholds by which it is to be renewed and has expired.
        for (name, kind, within) in [
            (
                "left",
                KindReport::Certificate,
                i64::from(self.within_days) * DAY,
            ),
            ("crl_left", KindReport::Crl, self.crl_within_seconds),
        ] {
            let ends = self.of(kind).filter_map(|entry| entry.expires);
            if let Some(end) = ends.min() {
                let left = end.unix().saturating_sub(self.at.unix());
                data.push(format!("{name}={left}s;{within}:;0:"));
            }
        }
        format!(
            "CERT {word} - {} | {}\n",
            one_line(&self.message),
            data.join(" ")
        )
    }

    /// 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. What has expired, is not yet valid or has no nextUpdate is critical
    /// even if something else was not read.
    pub fn nagios_exit(&self) -> u8 {
        let is_critical = |entry: &EntryReport| entry.expiry >= Expiry::NotYetValid;
        match self.exit {
            _ if self.entries.iter().any(is_critical) => 2,
            exit => exit,
        }
    }

    /// The metrics of every certificate and CRL, and of the whole, in the text exposition format of Prometheus (version
    /// 0.0.4). Moments are values in seconds since 1970.
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        for (name, help, kind) in [
            (
                "ptl_certificate_not_after_seconds",
                "When the certificate expires (notAfter), in seconds since 1970.",
                KindReport::Certificate,
            ),
            (
                "ptl_crl_file_next_update_seconds",
                "When the CRL expires (nextUpdate), in seconds since 1970.",
                KindReport::Crl,
            ),
        ] {
            // Two samples with the same labels would cost the collector the whole file.
            let mut samples: BTreeMap<String, i64> = BTreeMap::new();
            for entry in self.of(kind) {
                if let Some(end) = entry.expires {
                    let first = samples.entry(entry.labels()).or_insert(end.unix());
                    *first = end.unix().min(*first);
                }
            }
            family(&mut text, name, help, samples.into_iter());
        }
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        for (name, help, value) in [
            (
                "ptl_inventory_expired",
                "How many certificates and CRLs have expired.",
                number(self.expired),
            ),
            (
                "ptl_inventory_undated",
                "How many CRLs have no nextUpdate.",
                number(self.undated),
            ),
            (
                "ptl_inventory_not_yet_valid",
                "How many are not yet valid, with nothing in their place that is.",
                number(self.not_yet_valid),
            ),
            (
                "ptl_inventory_expiring",
                "How many are to be renewed now.",
                number(self.expiring),
            ),
            (
                "ptl_inventory_current",
                "How many expire later.",
                number(self.current),
            ),
            (
                "ptl_inventory_upcoming",
                "How many are not yet valid and need not be.",
                number(self.upcoming),
            ),
            (
                "ptl_inventory_unread",
                "How many files and objects could not be read.",
                number(self.unread.len()),
            ),
            (
                "ptl_inventory_unreached",
                "How many hosts sent no certificate.",
                number(self.unreached.len()),
            ),
            (
                "ptl_inventory_seconds",
                "The time of this inventory, in seconds since 1970.",
                self.at.unix(),
            ),
        ] {
            family(&mut text, name, help, [(String::new(), value)].into_iter());
        }
        text
    }
}

impl EntryReport {
    /// The digest, or the place of a CRL, tells two of one name apart.
    fn labels(&self) -> String {
        let place = self.places.first().map(|first| first.place.as_str());
        let place = escaped(place.unwrap_or_default());
        let issuer = escaped(&self.issuer.rfc4514());
        match (&self.sha256, &self.serial) {
            (Some(sha256), Some(serial)) => format!(
                "{{name=\"{}\",role=\"{}\",issuer=\"{issuer}\",serial=\"{serial}\",sha256=\"{sha256}\",place=\"{place}\"}}",
                escaped(&self.name),
                self.word,
            ),
            _ => format!(
                "{{issuer=\"{issuer}\",point=\"{}\",place=\"{place}\"}}",
                escaped(&self.distribution_point.join(" ")),
            ),
        }
    }
}
