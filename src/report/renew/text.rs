//! The text.

use anstyle::{AnsiColor, Style};

use super::{RenewReport, RenewStatus, RenewedHost};
use crate::document::Moment;
use crate::report::layout::{Detail, Page};
use crate::report::table::{self, Row};
use crate::wording::renew as words;

const STRONG: Style = Style::new().bold();

impl RenewReport {
    /// The text, for a terminal of this many columns, with ANSI colours: the answer alone, or what became of each host and
    /// what to do now.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        page.paragraph("", 0, &self.message);
        let is_brief = detail == Detail::Brief;
        let is_table = detail == Detail::Usual && self.hosts.len() > 1;
        if is_table {
            self.render_table(&mut page, width);
        }
        for host in &self.hosts {
            let is_failed = host.status == RenewStatus::Failed;
            let is_shown = match (is_brief, is_table) {
                (true, _) => is_failed,
                (_, true) => is_failed || !host.notes.is_empty(),
                (false, false) => true,
            };
            if is_shown {
                page.gap();
                host.render(&mut page);
                if !is_table || is_failed {
                    host.render_current(self.at, &mut page, detail);
                }
                if !is_table {
                    host.render_next(&mut page, detail);
                }
                host.render_notes(&mut page);
            }
        }
        if !self.next.is_empty() && !is_brief {
            page.gap();
            page.line(&format!("{STRONG}next{STRONG:#}"));
            for (index, step) in self.next.iter().enumerate() {
                page.paragraph(&format!("  {}  ", index + 1), 5, &step.text);
                if let Some(command) = &step.command {
                    page.line(&format!("     {command}"));
                }
            }
        }
        page.into_text()
    }

    /// One row for each host: what is in use, and what became of the next pair.
    fn render_table(&self, page: &mut Page, width: usize) {
        let row = |host: &RenewedHost| {
            let (sign, word, style) = sign(host.status);
            let place = host.current.places.first();
            let place = place.and_then(|place| place.place.rsplit(['/', '\\']).next());
            let expires = host.current.expires;
            let date = expires.map(|end| end.date().to_string());
            Row {
                sign,
                style,
                cells: vec![
                    host.fqdn.clone(),
                    place.unwrap_or_default().to_owned(),
                    date.unwrap_or_default(),
                    word.to_owned(),
                ],
            }
        };
        let rows: Vec<Row> = self.hosts.iter().map(row).collect();
        let header = ["name", "in use", "expires", "next pair"];
        page.gap();
        table::write(page, &header, &rows, width);
        if self.failed < self.hosts.len() {
            page.gap();
            let pairs = words::where_pairs_are(&self.folder);
            page.paragraph("", 0, &pairs);
        }
    }
}

impl RenewedHost {
    /// What became of it.
    fn render(&self, page: &mut Page) {
        let (sign, word, style) = sign(self.status);
        page.line(&format!(
            "{style}{sign}{style:#} {STRONG}{}{STRONG:#}  {word}",
            self.fqdn
        ));
    }

    /// The certificate in use.
    fn render_current(&self, at: Moment, page: &mut Page, detail: Detail) {
        let current = &self.current;
        if let Some(place) = current.places.first() {
            page.labelled("current", &place.place);
        }
        page.labelled("", &words::current(current.expires, at));
        if detail == Detail::Full {
            page.labelled("issuer", &current.issuer.to_string());
            if let Some(serial) = &current.serial {
                page.labelled("serial", &serial.to_string());
            }
            if let Some(sha256) = &current.sha256 {
                page.labelled("sha-256", &sha256.to_string());
            }
        }
    }

    /// What is worth knowing, and why there is no next pair.
    fn render_notes(&self, page: &mut Page) {
        for note in &self.notes {
            let text = match &note.remedy {
                Some(remedy) => format!("{}; {remedy}", note.message),
                None => note.message.clone(),
            };
            page.labelled("note", &text);
        }
        if let Some(error) = &self.error {
            page.labelled("because", &error.message);
            for cause in &error.causes {
                page.labelled("", cause.trim_end());
            }
            if let Some(remedy) = &error.remedy {
                page.labelled("do", remedy);
            }
        }
    }

    /// The key and the request.
    fn render_next(&self, page: &mut Page, detail: Detail) {
        let Some(key) = &self.key else {
            return;
        };
        let file = key
            .file
            .as_deref()
            .unwrap_or("that of the current certificate");
        match key.reused {
            true => page.labelled("same key", file),
            false => page.labelled("new key", file),
        }
        page.labelled("", "private: it stays here; never send it");
        page.labelled("request", self.csr.as_deref().unwrap_or_default());
        if self.status == RenewStatus::LeftAlone {
            page.labelled("", "both are as they were");
        }
        if let Some(request) = &self.request {
            page.labelled("", "this is the file to send");
            page.labelled("subject", &request.subject);
            if let Some(from) = &self.subject_from {
                page.labelled("", &format!("as in {from}"));
            }
            let names = match request.names.is_empty() {
                true => "in the CN only, no subjectAltName".to_owned(),
                false => request.names.join(", "),
            };
            page.labelled("names", &names);
            let protection = match request.key_encrypted {
                true => ", encrypted",
                false => "",
            };
            page.labelled("public", &format!("{}{protection}", request.key_algorithm));
            if detail == Detail::Full {
                page.labelled("", &request.spki_sha256);
            }
        }
        if let Some(overlap) = &self.overlap {
            page.labelled("overlap", overlap);
        }
    }
}

/// The sign, the word and the colour of what became of a host.
fn sign(status: RenewStatus) -> (&'static str, &'static str, Style) {
    match status {
        RenewStatus::Created => ("✓", "created", AnsiColor::Green.on_default()),
        RenewStatus::LeftAlone => ("–", "there already", Style::new()),
        RenewStatus::Failed => ("✗", "failed", AnsiColor::Red.on_default()),
    }
}
