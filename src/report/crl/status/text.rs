//! The text.

use anstyle::{AnsiColor, Style};

use super::{CrlStatus, MissingReport, StatusReport};
use crate::document::Moment;
use crate::report::crl::facts::span;
use crate::report::layout::{Detail, Page, style};
use crate::report::table::{self, Row};
use crate::verdict::Severity;
use crate::verdict::freshness::{FreshnessCause, Urgency};

fn sign(urgency: Urgency) -> (&'static str, &'static str, Style) {
    match urgency {
        Urgency::Fine => ("✓", "fresh", AnsiColor::Green.on_default().bold()),
        Urgency::Due => ("!", "due", style(Severity::Warning)),
        Urgency::Critical => ("✗", "critical", style(Severity::Error)),
    }
}

impl StatusReport {
    /// The text, for a terminal of this many columns, with ANSI colours: one row a CRL and what is to be done, or
    /// everything about each.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        match detail {
            Detail::Brief => {
                page.paragraph("", 0, &self.message);
                return page.into_text();
            }
            // What is wrong is said of each below.
            _ if self.urgency != Urgency::Fine && !self.is_empty() => page.line(&self.counts()),
            Detail::Usual | Detail::Full => page.paragraph("", 0, &self.message),
        }
        if !self.is_empty() {
            page.gap();
        }
        match detail {
            Detail::Full => self.full(&mut page),
            _ => self.table(&mut page, width),
        }
        let mut missing = self.missing.iter().peekable();
        while let Some(one) = missing.next() {
            let (sign, _, style) = sign(Urgency::Critical);
            page.line(&format!("{style}{sign} missing{style:#}  {}", one.what));
            let same =
                |next: &&MissingReport| (&next.reason, &next.remedy) == (&one.reason, &one.remedy);
            if missing.peek().is_none_or(|next| !same(next)) {
                page.labelled("because", &one.reason);
                page.labelled("do", &one.remedy);
            }
        }
        for source in &self.failing {
            let (sign, word, style) = match source.urgency {
                Urgency::Fine if source.instead.is_some() => {
                    ("·", "another source works", style(Severity::Note))
                }
                Urgency::Fine => ("·", "no longer tried", style(Severity::Note)),
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
            if let Some(remedy) = &source.remedy {
                page.labelled("do", remedy);
            }
        }
        if detail == Detail::Full {
            page.gap();
            page.line(&format!("cache {}", self.cache));
        }
        page.into_text()
    }

    /// Whether there is nothing of which anything could be said.
    fn is_empty(&self) -> bool {
        self.crls.is_empty() && self.missing.is_empty() && self.failing.is_empty()
    }

    fn table(&self, page: &mut Page, width: usize) {
        let rows: Vec<Row> = self.crls.iter().map(|crl| row(crl, self.at)).collect();
        table::write(page, &["CA", "CRL", "state", "next update"], &rows, width);
        let told = |crl: &&CrlStatus| crl.superseded || crl.freshness.urgency != Urgency::Fine;
        for status in self.crls.iter().filter(told) {
            page.gap();
            page.line(&status.crl.known.called());
            let (sign, word, _) = words(status);
            page.labelled(&format!("{sign} {word}"), &status.message);
            page.labelled("  source", &status.crl.source);
        }
        if !self.missing.is_empty() || !self.failing.is_empty() {
            page.gap();
        }
    }

    fn full(&self, page: &mut Page) {
        for status in &self.crls {
            let (sign, word, style) = words(status);
            let known = &status.crl.known;
            page.line(&format!(
                "{style}{sign} {word}{style:#}  {}",
                known.called()
            ));
            page.labelled("state", &status.message);
            page.labelled("CRL", &known.measured());
            page.labelled("age", &span(status.age_seconds));
            page.labelled("good", &known.until(self.at));
            page.labelled("due", &format!("{} UTC", status.freshness.due.to_minute()));
            let fetched = status.crl.fetched_at;
            let confirmed = status.crl.checked_at;
            let mut source = format!(
                "{}, installed {} UTC",
                status.crl.source,
                fetched.to_minute()
            );
            if confirmed != fetched {
                source.push_str(&format!(", confirmed {} UTC", confirmed.to_minute()));
            }
            page.labelled("source", &source);
        }
    }
}

/// The sign, the word and the colour of a CRL's state.
fn words(status: &CrlStatus) -> (&'static str, &'static str, Style) {
    let (sign, word, style) = sign(status.freshness.urgency);
    match status.freshness.cause {
        _ if status.superseded => ("–", "superseded", Style::new()),
        FreshnessCause::NotYetValid => (sign, "not yet valid", style),
        FreshnessCause::ClockSetBack => (sign, "clock set back", style),
        FreshnessCause::Stale => (sign, "expired", style),
        _ => (sign, word, style),
    }
}

fn row(status: &CrlStatus, at: Moment) -> Row {
    let (sign, word, style) = words(status);
    let known = &status.crl.known;
    Row {
        sign,
        style,
        cells: vec![
            known.issuer.short(),
            known.partition(),
            word.to_owned(),
            known.next_update_in_short(at),
        ],
    }
}
