//! The text.

use anstyle::{AnsiColor, Style};

use super::StatusReport;
use crate::report::crl::facts::span;
use crate::report::layout::{Page, style};
use crate::verdict::Severity;
use crate::verdict::freshness::{Cause, Urgency};

fn sign(urgency: Urgency) -> (&'static str, &'static str, Style) {
    match urgency {
        Urgency::Fine => ("✓", "fresh", AnsiColor::Green.on_default().bold()),
        Urgency::Due => ("!", "due", style(Severity::Warning)),
        Urgency::Critical => ("✗", "critical", style(Severity::Error)),
    }
}

impl StatusReport {
    /// The text, for a terminal of so many columns, with ANSI colours.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        for status in &self.crls {
            let (sign, word, style) = sign(status.freshness.urgency);
            let word = match status.freshness.cause {
                Cause::NotYetMade => "not made yet",
                Cause::ClockSetBack => "clock set back",
                _ => word,
            };
            let known = &status.crl.known;
            page.line(&format!(
                "{style}{sign} {word}{style:#}  {}",
                known.called()
            ));
            page.labelled("state", &status.message);
            page.labelled("list", &known.measured());
            page.labelled("age", &span(status.age));
            page.labelled("good", &known.until(self.at));
            page.labelled("due", &format!("{} UTC", status.freshness.due.to_minute()));
            let fetched = status.crl.fetched_at;
            let confirmed = status.crl.checked_at;
            let mut source = format!("{}, taken {} UTC", status.crl.source, fetched.to_minute());
            if confirmed != fetched {
                source.push_str(&format!(", confirmed {} UTC", confirmed.to_minute()));
            }
            page.labelled("source", &source);
        }
        for missing in &self.missing {
            let (sign, _, style) = sign(Urgency::Critical);
            page.line(&format!("{style}{sign} missing{style:#}  {}", missing.what));
            page.labelled("because", &missing.because);
            page.labelled("do", &missing.remedy);
        }
        for source in &self.failing {
            let (sign, word, style) = match source.urgency {
                Urgency::Fine if source.instead.is_some() => {
                    ("·", "another address answers", style(Severity::Note))
                }
                Urgency::Fine => ("·", "not tried any more", style(Severity::Note)),
                Urgency::Due => ("!", "failing", style(Severity::Warning)),
                Urgency::Critical => ("✗", "never fetched", style(Severity::Error)),
            };
            page.line(&format!("{style}{sign} {word}{style:#}  {}", source.source));
            page.labelled("because", &source.reason);
            if let Some(instead) = &source.instead {
                page.labelled("instead", instead);
            }
            let tried = format!("{} UTC", source.at.to_minute());
            let since = match source.since == source.at {
                true => tried,
                false => format!("{} UTC, last tried {tried}", source.since.to_minute()),
            };
            page.labelled("since", &since);
            let last = match source.last_success {
                Some(last) => format!("{} UTC", last.to_minute()),
                None => "never".to_owned(),
            };
            page.labelled("succeeded", &last);
        }
        page.gap();
        page.line(&format!("cache {}", self.cache));
        page.paragraph("", 0, &self.message);
        page.into_text()
    }
}
