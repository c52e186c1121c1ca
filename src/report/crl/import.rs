//! What `crl update` and `crl import` report: what became of each CRL that was fetched or brought.

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;

use super::facts::InstalledCrl;
use crate::document::{Certificate, Moment};
use crate::report::inspection::Unread;
use crate::report::layout::{Page, style};
use crate::verdict::Severity;
use crate::wording::count;

/// The schema's name for `crl update`.
pub const UPDATE_SCHEMA: &str = "ptl-cert/crl-update/1";

/// The schema's name for `crl import`.
pub const IMPORT_SCHEMA: &str = "ptl-cert/crl-import/1";

/// Everything one run of `crl update` or `crl import` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ImportReport {
    /// `ptl-cert/crl-update/1` or `ptl-cert/crl-import/1`.
    pub schema: &'static str,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// The folder of the cache.
    pub cache: String,
    /// What became of each CRL, in the order of the command line and the certificates.
    pub crls: Vec<Imported>,
    /// The CRLs that no server can be asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub manual_import: Vec<ManualImport>,
    /// The CAs about which no CRL was asked for, because they, or all CAs above them, have ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Ended>,
    /// What could not be read of what was given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
}

/// What became of one CRL.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Imported {
    /// The address that certificates name, or what was given on the command line.
    pub source: String,
    /// The address that was asked instead, with a mirror.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched_from: Option<String>,
    /// Whose certificates name it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wanted_for: Vec<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was refused or failed, as a stable code: one that `explain` has, `fetch`, `cache` or `unreadable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What to do about it.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The CRL that is installed now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<InstalledCrl>,
    /// What else there is to say of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What became of a CRL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was installed.
    Installed,
    /// It is the one that is installed.
    Unchanged,
    /// It was looked at and may not be installed.
    Refused,
    /// It could not be had, or not be kept.
    Failed,
}

/// A CRL that no server can be asked for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ManualImport {
    /// Whose certificates need it; none where nobody said whose lists are wanted.
    pub wanted_for: Vec<String>,
    /// Whose list it is.
    pub issuer: String,
    /// The names that the certificates, or the CRL, give; none where they give no point at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// Why nobody can be asked.
    pub because: String,
    /// The CRL in the cache that answers, and is in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<InstalledCrl>,
    /// What to do; absent while a CRL answers.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// A CA about which nobody needs a CRL any more.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Ended {
    /// Its name.
    pub name: String,
    /// The last second of its own validity, which may be still to come where the CAs above it have ended.
    pub not_after: Moment,
}

impl Ended {
    /// Of this CA.
    pub fn new(certificate: &Certificate) -> Ended {
        Ended {
            name: certificate.subject.short(),
            not_after: certificate.not_after,
        }
    }

    fn render(&self, page: &mut Page, at: Moment) {
        page.line(&format!("– ended  {}", self.name));
        let because = match self.not_after < at {
            true => format!("it has ended ({})", self.not_after.date()),
            false => "all CAs above it have ended".to_owned(),
        };
        page.labelled("because", &format!("{because}: no list about it is needed"));
    }
}

impl ImportReport {
    /// The exit status that the CRLs lead to: 0, 1 when one was refused, 3 when one could not be had, the greatest of
    /// all.
    pub fn exit(&self) -> u8 {
        let crls = self.crls.iter().map(|taken| match taken.outcome {
            Outcome::Installed | Outcome::Unchanged => 0,
            Outcome::Refused => 1,
            Outcome::Failed => 3,
        });
        let manual_import =
            self.manual_import
                .iter()
                .map(|manual_import| match manual_import.crl {
                    Some(_) => 0,
                    None => 3,
                });
        let unread = self.unread.iter().map(|_| 3);
        crls.chain(manual_import).chain(unread).max().unwrap_or(0)
    }

    /// The text, for a terminal of so many columns, with ANSI colours.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        for taken in &self.crls {
            taken.render(&mut page, self.at);
        }
        for manual_import in &self.manual_import {
            manual_import.render(&mut page, self.at);
        }
        for ended in &self.ended {
            ended.render(&mut page, self.at);
        }
        // Where something had to be read first and could not be, no CRL was looked at.
        if !self.crls.is_empty() || !self.manual_import.is_empty() || self.unread.is_empty() {
            page.gap();
            page.line(&self.summary());
        }
        page.into_text()
    }

    fn summary(&self) -> String {
        let with = |outcome| {
            let found = self.crls.iter().filter(|taken| taken.outcome == outcome);
            found.count()
        };
        let total = self.crls.len() + self.manual_import.len();
        let brought = self.manual_import.iter().filter(|one| one.crl.is_some());
        let to_bring = self.manual_import.iter().filter(|one| one.crl.is_none());
        let mut parts = Vec::new();
        for (number, word) in [
            (with(Outcome::Installed), "installed"),
            (with(Outcome::Unchanged), "unchanged"),
            (with(Outcome::Refused), "refused"),
            (with(Outcome::Failed), "failed"),
            (brought.count(), "brought by hand"),
            (to_bring.count(), "to be brought by hand"),
        ] {
            if number > 0 {
                parts.push(format!("{number} {word}"));
            }
        }
        let total = count(i64::try_from(total).unwrap_or(i64::MAX), "list");
        match parts.is_empty() {
            true => format!("{total}, nothing done"),
            false => format!("{total}: {}", parts.join(", ")),
        }
    }
}

impl Outcome {
    fn sign(self) -> (&'static str, &'static str, Style) {
        match self {
            Outcome::Installed => ("✓", "installed", AnsiColor::Green.on_default().bold()),
            Outcome::Unchanged => ("✓", "unchanged", AnsiColor::Green.on_default().bold()),
            Outcome::Refused => ("✗", "refused", style(Severity::Error)),
            Outcome::Failed => ("✗", "failed", style(Severity::Error)),
        }
    }
}

impl Imported {
    fn render(&self, page: &mut Page, at: Moment) {
        let (sign, word, style) = self.outcome.sign();
        let code = match &self.code {
            Some(code) => format!("  {code}"),
            None => String::new(),
        };
        page.line(&format!(
            "{style}{sign} {word}{style:#}  {}{code}",
            self.source
        ));
        if let Some(from) = &self.fetched_from {
            page.labelled("from", from);
        }
        if let Some(message) = &self.message {
            page.labelled("because", message);
        }
        if let Some(remedy) = &self.remedy {
            page.labelled("do", remedy);
        }
        match (&self.crl, self.outcome) {
            // Of a CRL that certificates want it is known whether there is an older one.
            (None, Outcome::Refused | Outcome::Failed) if !self.wanted_for.is_empty() => {
                page.labelled("installed", "none");
            }
            (None, _) => {}
            (Some(crl), Outcome::Refused | Outcome::Failed) => {
                let stays = format!("the old list stays: {}", crl.known.measured());
                page.labelled("installed", &stays);
                page.labelled("good", &crl.known.until(at));
            }
            (Some(crl), _) => {
                page.labelled("list", &crl.known.called());
                page.labelled("", &crl.known.measured());
                page.labelled("good", &crl.known.until(at));
            }
        }
        if !self.wanted_for.is_empty() {
            page.labelled("for", &crate::wording::some(&self.wanted_for));
        }
        for note in &self.notes {
            page.labelled("note", note);
        }
    }
}

impl ManualImport {
    fn render(&self, page: &mut Page, at: Moment) {
        let (sign, style) = match self.crl {
            Some(_) => ("✓", AnsiColor::Green.on_default().bold()),
            None => ("✗", style(Severity::Error)),
        };
        page.line(&format!(
            "{style}{sign} by hand{style:#}  the CRL of {}",
            self.issuer
        ));
        if !self.places.is_empty() {
            page.labelled("named", &self.places.join(" or "));
        }
        page.labelled("because", &self.because);
        match &self.crl {
            Some(crl) => {
                page.labelled("installed", &crl.known.measured());
                page.labelled("good", &crl.known.until(at));
            }
            None => page.labelled("installed", "none that is in time"),
        }
        if let Some(remedy) = &self.remedy {
            page.labelled("do", remedy);
        }
        if !self.wanted_for.is_empty() {
            page.labelled("for", &crate::wording::some(&self.wanted_for));
        }
    }
}
