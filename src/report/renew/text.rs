//! The text.

use anstyle::{AnsiColor, Style};

use super::{HostReport, RenewReport, RenewStatus};
use crate::document::Moment;
use crate::report::layout::{Detail, Page};
use crate::wording::renew as words;

const STRONG: Style = Style::new().bold();

impl RenewReport {
    /// The text, for a terminal of this many columns, with ANSI colours: the answer alone, or what became of each host and
    /// what to do now.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        page.paragraph("", 0, &self.message);
        let is_brief = detail == Detail::Brief;
        for host in &self.hosts {
            if !is_brief || host.status == RenewStatus::Failed {
                page.gap();
                host.render(self.at, &mut page, detail);
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
}

impl HostReport {
    fn render(&self, at: Moment, page: &mut Page, detail: Detail) {
        let (sign, word, style) = sign(self.status);
        page.line(&format!(
            "{style}{sign}{style:#} {STRONG}{}{STRONG:#}  {word}",
            self.fqdn
        ));
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
        self.render_next(page, detail);
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
        RenewStatus::LeftAlone => ("–", "there already, left as it is", Style::new()),
        RenewStatus::Failed => ("✗", "failed", AnsiColor::Red.on_default()),
    }
}
