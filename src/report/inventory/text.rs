//! The text.

use anstyle::{AnsiColor, Style};

use super::{EntryReport, InventoryReport};
use crate::document::Moment;
use crate::ops::inventory::Expiry;
use crate::report::layout::{Detail, Page, style};
use crate::report::table::{self, Row};
use crate::verdict::Severity;
use crate::wording::inventory as words;

/// Of so many entries that need attention everything is said; the table and the JSON have all. More than the endpoints of a
/// large supplier.
const EXPLAINED: usize = 100;

/// Of so many places of one entry the text has the names, unless it is to be full.
const PLACES: usize = 3;

impl InventoryReport {
    /// The text, for a terminal of this many columns, with ANSI colours: one row for each certificate and CRL, and what is to
    /// be done about those that have expired or expire soon; or everything about each.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        page.paragraph("", 0, &self.message);
        if detail == Detail::Brief || self.entries.is_empty() {
            return page.into_text();
        }
        page.gap();
        if detail == Detail::Full {
            for entry in &self.entries {
                page.gap();
                entry.render(self.at, &mut page, detail);
            }
            return page.into_text();
        }
        let rows: Vec<Row> = self
            .entries
            .iter()
            .map(|entry| entry.row(self.at))
            .collect();
        table::write(
            &mut page,
            &["name", "where", "what", "expires (UTC)"],
            &rows,
            width,
        );
        let due = || self.entries.iter().filter(|entry| !entry.expiry.is_good());
        for entry in due().take(EXPLAINED) {
            page.gap();
            entry.render(self.at, &mut page, detail);
        }
        if let more @ 1.. = due().count().saturating_sub(EXPLAINED) {
            page.gap();
            page.line(&format!("{more} more are marked in the table"));
        }
        if self.expiring > 0 {
            page.gap();
            page.line(&format!("to renew: {}", self.periods()));
        }
        page.into_text()
    }
}

impl EntryReport {
    fn row(&self, at: Moment) -> Row {
        let (sign, _, style) = sign(self.expiry);
        let expires = match self.expires {
            None => "none".to_owned(),
            Some(end) => {
                let left = words::left(self.expires, at);
                let left = left
                    .trim_start_matches("expired ")
                    .trim_end_matches(" left");
                match at < self.begins {
                    true => format!("{} (from {})", end.date(), self.begins.date()),
                    false => format!("{} ({left})", end.date()),
                }
            }
        };
        let places = self.places.len() + self.more_places;
        // The name of the file: the path is with what is said of each.
        let place = self.places.first().map(|first| first.place.as_str());
        let place = place.and_then(|place| place.rsplit(['/', '\\']).next());
        let place = place.unwrap_or_default();
        Row {
            sign,
            style,
            cells: vec![
                self.name.clone(),
                match places {
                    0 | 1 => place.to_owned(),
                    more => format!("{place} +{}", more - 1),
                },
                self.word.to_owned(),
                expires,
            ],
        }
    }

    fn render(&self, at: Moment, page: &mut Page, detail: Detail) {
        let (sign, word, style) = sign(self.expiry);
        page.line(&format!("{style}{sign} {word}{style:#}  {}", self.name));
        let is_full = detail == Detail::Full;
        if let Some(message) = &self.message {
            page.labelled("because", message);
        }
        if is_full {
            let kind = match self.private_key {
                true => format!("{}, its private key is in the input", self.word),
                false => self.word.to_owned(),
            };
            page.labelled("what", &kind);
            page.labelled("issuer", &self.issuer.to_string());
            if let Some(serial) = &self.serial {
                page.labelled("serial", &serial.to_string());
            }
            if let Some(sha256) = &self.sha256 {
                page.labelled("sha-256", &sha256.to_string());
            }
            let until = match self.expires {
                Some(end) => format!("{} → {} UTC", self.begins.to_minute(), end.to_minute()),
                None => format!("from {} UTC", self.begins.to_minute()),
            };
            let left = match at < self.begins {
                true => "not yet valid".to_owned(),
                false => words::left(self.expires, at),
            };
            page.labelled("valid", &format!("{until}, {left}"));
        }
        for point in &self.distribution_point {
            page.labelled("point", point);
        }
        let shown = match is_full {
            true => self.places.len(),
            false => PLACES,
        };
        for place in self.places.iter().take(shown) {
            page.labelled("where", &place.place);
        }
        if let more @ 1.. = self.places.len().saturating_sub(shown) + self.more_places {
            page.labelled("", &format!("and {more} more"));
        }
        if let Some(remedy) = &self.remedy {
            page.labelled("do", remedy);
        }
    }
}

/// The sign, the word and the colour of what is left.
fn sign(expiry: Expiry) -> (&'static str, &'static str, Style) {
    match expiry {
        Expiry::Current => ("✓", "current", AnsiColor::Green.on_default().bold()),
        Expiry::Upcoming => ("✓", "not yet valid", AnsiColor::Green.on_default().bold()),
        Expiry::Expiring => ("!", "expires soon", style(Severity::Warning)),
        Expiry::NotYetValid => ("✗", "not yet valid", style(Severity::Error)),
        Expiry::Undated => ("✗", "no nextUpdate", style(Severity::Error)),
        Expiry::Expired => ("✗", "expired", style(Severity::Error)),
    }
}
