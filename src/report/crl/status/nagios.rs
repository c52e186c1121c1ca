//! The one line of a Nagios plugin (Monitoring Plugins Development Guidelines, sections 2 and 2.6).

use super::StatusReport;
use crate::report::monitor::one_line;
use crate::verdict::freshness::Urgency;

impl StatusReport {
    /// One line: the state, a sentence, and after `|` the performance data. Its exit status is that of a plugin:
    /// [`StatusReport::nagios_exit`].
    pub fn nagios(&self) -> String {
        let word = match self.urgency {
            Urgency::Fine => "OK",
            Urgency::Due => "WARNING",
            Urgency::Critical => "CRITICAL",
        };
        let mut data = vec![
            format!("crls={};;;0", self.crls.len()),
            format!("due={};;;0", self.with(Urgency::Due)),
            // A source that was never fetched is critical as well: its CRL is in no other number.
            format!(
                "critical={};;;0",
                self.with(Urgency::Critical) + self.never_fetched()
            ),
            format!("missing={};;;0", self.missing.len()),
            format!("failing={};;;0", self.failing.len()),
        ];
        // Seconds to the end of the CRL that ends first, with the thresholds by which a CRL is due and critical.
        if let Some(left) = self.crls.iter().filter_map(|crl| crl.seconds_left).min() {
            data.push(format!("left={left}s;{}:;0:", self.within_seconds));
        }
        format!(
            "CRL {word} - {} | {}\n",
            one_line(&self.message),
            data.join(" ")
        )
    }

    /// 0 OK, 1 WARNING, 2 CRITICAL.
    pub fn nagios_exit(&self) -> u8 {
        match self.urgency {
            Urgency::Fine => 0,
            Urgency::Due => 1,
            Urgency::Critical => 2,
        }
    }
}
