//! What `crl update` and `crl import` report: what became of each CRL that was fetched or imported.

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use std::sync::Arc;

use super::facts::InstalledCrl;
use super::words;
use crate::document::{Certificate, Moment, Sha256Digest};
use crate::input::{Shown, printable};
use crate::ops::crl::update::NotAskedReason;
use crate::ops::crl::{CrlOutcome, ReceivedCrl, import, update};
use crate::report::inspection::UnreadReport;
use crate::report::layout::{Detail, Page, style};
use crate::report::table::{self, Row};
use crate::verdict::Severity;
use crate::wording::{Voice, count, sentence};

/// The schema's name for `crl update`.
pub const UPDATE_SCHEMA: &str = "ptl-cert/crl-update/1";

/// The schema's name for `crl import`.
pub const IMPORT_SCHEMA: &str = "ptl-cert/crl-import/1";

/// Everything one run of `crl update` or `crl import` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ImportReport {
    /// `ptl-cert/crl-update/1` or `ptl-cert/crl-import/1`.
    pub schema: &'static str,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// The folder of the cache.
    pub cache: String,
    /// The exit status that the CRLs lead to: 0, 1 when one was refused, 3 when one could not be had, the greatest of all.
    pub exit: u8,
    /// What became of each CRL, in the order of the command line and the certificates.
    pub crls: Vec<ImportedReport>,
    /// The CRLs that no server can be asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub manual_import: Vec<ManualImport>,
    /// The CAs about which no CRL was asked for, because they, or all CAs above them, have expired.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expired_authorities: Vec<ExpiredAuthority>,
    /// The certificates whose distribution points were not asked, or not all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<NotAskedReport>,
    /// What could not be read of what was given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<UnreadReport>,
    /// Files of folders and archives that hold something else than CRLs, and what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<UnreadReport>,
}

/// A certificate whose distribution points were not asked, or not all of them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct NotAskedReport {
    /// Its name.
    pub certificate: String,
    /// SHA-256 over it.
    pub sha256: Sha256Digest,
    /// Why not, as a word that does not change.
    pub code: NotAskedReason,
    /// The same in a sentence.
    pub reason: &'static str,
    /// What to do.
    pub remedy: String,
}

impl NotAskedReport {
    fn new(not_asked: &update::NotAsked, voice: Voice) -> NotAskedReport {
        let (reason, remedy) = words::not_asked(not_asked.reason, voice);
        NotAskedReport {
            certificate: not_asked.certificate.subject.short(),
            sha256: not_asked.certificate.sha256,
            code: not_asked.reason,
            reason,
            remedy,
        }
    }
}

impl NotAskedReport {
    fn render(&self, page: &mut Page) {
        let style = style(Severity::Error);
        page.line(&format!(
            "{style}✗ not fetched{style:#}  {}",
            self.certificate
        ));
        page.labelled("because", self.reason);
        page.labelled("do", &self.remedy);
    }
}

impl From<&update::Updated> for ImportReport {
    /// In the neutral voice.
    fn from(updated: &update::Updated) -> ImportReport {
        ImportReport::updated(updated, Voice::Neutral)
    }
}

impl From<&import::Imported> for ImportReport {
    /// In the neutral voice.
    fn from(imported: &import::Imported) -> ImportReport {
        ImportReport::imported(imported, Voice::Neutral)
    }
}

impl ImportReport {
    /// Reports an update, the remedies in this voice.
    pub fn updated(updated: &update::Updated, voice: Voice) -> ImportReport {
        ImportReport {
            schema: UPDATE_SCHEMA,
            at: updated.at,
            cache: updated.cache.shown().to_string(),
            exit: 0,
            crls: updated
                .crls
                .iter()
                .map(|taken| ImportedReport::new(taken, voice))
                .collect(),
            manual_import: updated
                .manual
                .iter()
                .map(|manual| ManualImport::new(manual, voice))
                .collect(),
            expired_authorities: updated
                .expired
                .iter()
                .map(|ca| ExpiredAuthority::new(ca))
                .collect(),
            not_asked: updated
                .not_asked
                .iter()
                .map(|one| NotAskedReport::new(one, voice))
                .collect(),
            unread: UnreadReport::all(&updated.unread, voice),
            passed_over: Vec::new(),
        }
        .concluded()
    }
}

impl ImportReport {
    /// Reports an import, the remedies in this voice.
    pub fn imported(imported: &import::Imported, voice: Voice) -> ImportReport {
        ImportReport {
            schema: IMPORT_SCHEMA,
            at: imported.at,
            cache: imported.cache.shown().to_string(),
            exit: 0,
            crls: imported
                .crls
                .iter()
                .map(|taken| ImportedReport::new(taken, voice))
                .collect(),
            manual_import: Vec::new(),
            expired_authorities: Vec::new(),
            not_asked: Vec::new(),
            unread: UnreadReport::all(&imported.unread, voice),
            passed_over: UnreadReport::all(&imported.passed_over, voice),
        }
        .concluded()
    }
}

impl ImportedReport {
    fn new(taken: &ReceivedCrl, voice: Voice) -> ImportedReport {
        let (outcome, crl) = match &taken.outcome {
            CrlOutcome::Installed(about) => (ImportOutcome::Installed, Some(about)),
            CrlOutcome::Unchanged(about) => (ImportOutcome::Unchanged, Some(about)),
            CrlOutcome::Refused { stays, .. } => (ImportOutcome::Refused, stays.as_ref()),
            CrlOutcome::Failed { stays, .. } => (ImportOutcome::Failed, stays.as_ref()),
        };
        let (code, facts, message, remedy) = match &taken.outcome {
            CrlOutcome::Refused { refusal, .. } => (
                Some(refusal.code().to_string()),
                refusal.facts(),
                Some(sentence(refusal.as_ref())),
                Some(words::remedy(refusal, voice)),
            ),
            CrlOutcome::Failed { failure, .. } => (
                Some(failure.code().to_owned()),
                failure.facts(),
                Some(sentence(failure)),
                words::remedy_of_failure(failure, voice),
            ),
            _ => (None, Map::new(), None, None),
        };
        ImportedReport {
            source: taken.source.to_string(),
            fetched_from: taken.fetched_from.as_ref().map(ToString::to_string),
            required_for: names(&taken.required_for),
            outcome,
            code,
            facts,
            message,
            remedy,
            crl: crl.map(|about| InstalledCrl::from(about.as_ref())),
            notes: taken
                .notes
                .iter()
                .map(|note| words::note(note, voice))
                .collect(),
        }
    }
}

impl ManualImport {
    fn new(manual: &update::Manual, voice: Voice) -> ManualImport {
        let (reason, remedy) = words::manual(&manual.reason, voice);
        ManualImport {
            required_for: names(&manual.required_for),
            issuer: manual.issuer.short(),
            sources: manual
                .sources
                .iter()
                .map(|source| printable(source))
                .collect(),
            code: manual.reason.as_str(),
            reason,
            remedy: manual.crl.is_none().then_some(remedy),
            crl: manual.crl.as_deref().map(InstalledCrl::from),
        }
    }
}

fn names(certificates: &[Arc<Certificate>]) -> Vec<String> {
    let names = certificates.iter().map(|one| one.subject.short());
    names.collect()
}

/// What became of one CRL.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ImportedReport {
    /// The address that certificates name, or what was given on the command line.
    pub source: String,
    /// The address that was asked instead, with a mirror.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched_from: Option<String>,
    /// Whose certificates name it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_for: Vec<String>,
    /// What became of it.
    pub outcome: ImportOutcome,
    /// Why it was refused or failed, as a stable code: one that `explain` has, `fetch`, `cache` or `unreadable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The facts of the case by name; which there are depends on the code.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub facts: Map<String, Value>,
    /// The same in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
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
pub enum ImportOutcome {
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
#[non_exhaustive]
pub struct ManualImport {
    /// The CA whose certificates need it; none if no CA's CRLs were asked for.
    pub required_for: Vec<String>,
    /// The CRL's issuer.
    pub issuer: String,
    /// The names that the certificates, or the CRL, give; none where they give no point at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Why it cannot be fetched, as a word that does not change.
    pub code: &'static str,
    /// The same in a sentence.
    pub reason: String,
    /// The CRL in the cache that answers, and is in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<InstalledCrl>,
    /// What to do; absent while a CRL answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// A CA that no longer needs a CRL.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ExpiredAuthority {
    /// Its name.
    pub name: String,
    /// The last second of its own validity, which may be still to come where the CAs above it have expired.
    pub not_after: Moment,
}

impl ExpiredAuthority {
    /// Of this CA.
    pub fn new(certificate: &Certificate) -> ExpiredAuthority {
        ExpiredAuthority {
            name: certificate.subject.short(),
            not_after: certificate.not_after,
        }
    }

    fn row(&self, at: Moment) -> Row {
        let (state, date) = match self.not_after < at {
            true => ("CA expired", self.not_after.date().to_string()),
            false => ("CAs above expired", String::new()),
        };
        let cells = vec![
            self.name.clone(),
            "none needed".to_owned(),
            state.to_owned(),
            date,
        ];
        Row {
            sign: "–",
            style: Style::new(),
            cells,
        }
    }

    fn render(&self, page: &mut Page, at: Moment) {
        page.line(&format!("– expired  {}", self.name));
        let because = match self.not_after < at {
            true => format!("it has expired ({})", self.not_after.date()),
            false => "all CAs above it have expired".to_owned(),
        };
        page.labelled("because", &format!("{because}: it needs no CRL"));
    }
}

impl ImportReport {
    /// With the exit status.
    fn concluded(mut self) -> ImportReport {
        let crls = self.crls.iter().map(|taken| match taken.outcome {
            ImportOutcome::Installed | ImportOutcome::Unchanged => 0,
            ImportOutcome::Refused => 1,
            ImportOutcome::Failed => 3,
        });
        let manual_import =
            self.manual_import
                .iter()
                .map(|manual_import| match manual_import.crl {
                    Some(_) => 0,
                    None => 3,
                });
        let not_asked = self.not_asked.iter().map(|_| 3);
        let unread = self.unread.iter().map(|_| 3);
        let all = crls.chain(manual_import).chain(not_asked).chain(unread);
        self.exit = all.max().unwrap_or(0);
        self
    }

    /// The text, for a terminal of this many columns, with ANSI colours: the answer, what went wrong, and a row for each other
    /// CRL, or everything about each. The brief one is empty where nothing went wrong, so that a job is silent while all is
    /// well.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        let brief = detail == Detail::Brief;
        // Where something had to be read first and could not be, no CRL was looked at.
        let looked = !self.crls.is_empty() || !self.manual_import.is_empty();
        if (looked || self.unread.is_empty()) && (!brief || self.exit != 0) {
            self.answer(&mut page);
        }
        let mut rest = Page::new(width);
        self.blocks(&mut rest, detail);
        if detail == Detail::Usual {
            self.table(&mut rest, width);
        }
        if !brief {
            self.render_passed_over(&mut rest, detail);
        }
        if !rest.is_empty() {
            page.gap();
            page.append(&rest);
        }
        page.into_text()
    }

    fn answer(&self, page: &mut Page) {
        let (sign, style) = match self.exit {
            0 => ("✓", AnsiColor::Green.on_default().bold()),
            _ => ("✗", style(Severity::Error)),
        };
        let answer = format!("{}  exit {}", self.summary(), self.exit);
        page.line(&format!("{style}{sign}{style:#} {answer}"));
    }

    /// What went wrong, or everything.
    fn blocks(&self, page: &mut Page, detail: Detail) {
        let full = detail == Detail::Full;
        for crl in &self.crls {
            if full || !crl.outcome.is_good() {
                crl.render(page, self.at, detail);
            }
        }
        for manual_import in &self.manual_import {
            if full || manual_import.crl.is_none() {
                manual_import.render(page, self.at);
            }
        }
        for not_asked in &self.not_asked {
            not_asked.render(page);
        }
        for expired in self.expired_authorities.iter().filter(|_| full) {
            expired.render(page, self.at);
        }
    }

    /// One row for each CRL that is installed, and for each CA that needs none.
    fn table(&self, page: &mut Page, width: usize) {
        let crls = self.crls.iter().filter_map(|crl| crl.row(self.at));
        let manual = self.manual_import.iter();
        let manual = manual.filter_map(|manual| manual.row(self.at));
        let expired = self.expired_authorities.iter();
        let expired = expired.map(|expired| expired.row(self.at));
        let rows: Vec<Row> = crls.chain(manual).chain(expired).collect();
        if rows.is_empty() {
            return;
        }
        page.gap();
        table::write(page, &["CA", "CRL", "state", "next update"], &rows, width);
        let good = self.crls.iter().filter(|crl| crl.outcome.is_good());
        for (crl, note) in good.flat_map(|crl| crl.notes.iter().map(move |note| (crl, note))) {
            page.labelled("note", &format!("{}: {note}", crl.source));
        }
    }

    /// How many files hold something else, and which.
    fn render_passed_over(&self, page: &mut Page, detail: Detail) {
        let number = self.passed_over.len();
        if number == 0 {
            return;
        }
        let files = count(i64::try_from(number).unwrap_or(i64::MAX), "file");
        let verb = if number == 1 { "holds" } else { "hold" };
        page.line(&format!("– passed over  {files} that {verb} no CRL"));
        if detail == Detail::Full {
            for one in &self.passed_over {
                page.labelled("", &one.message);
            }
        }
    }

    fn summary(&self) -> String {
        let with = |outcome| {
            let found = self.crls.iter().filter(|taken| taken.outcome == outcome);
            found.count()
        };
        let total = self.crls.len() + self.manual_import.len();
        let imported = self.manual_import.iter().filter(|one| one.crl.is_some());
        let missing = self.manual_import.iter().filter(|one| one.crl.is_none());
        let missing = missing.count();
        let mut parts = Vec::new();
        for (number, word) in [
            (with(ImportOutcome::Installed), "installed"),
            (with(ImportOutcome::Unchanged), "unchanged"),
            (with(ImportOutcome::Refused), "rejected"),
            (with(ImportOutcome::Failed), "failed"),
            (imported.count(), "imported"),
            (
                missing,
                match missing {
                    1 => "needs manual import",
                    _ => "need manual import",
                },
            ),
        ] {
            if number > 0 {
                parts.push(format!("{number} {word}"));
            }
        }
        let total = count(i64::try_from(total).unwrap_or(i64::MAX), "CRL");
        match (parts.is_empty(), self.not_asked.is_empty()) {
            (false, _) => format!("{total}: {}", parts.join(", ")),
            (true, true) => "no CRL needed".to_owned(),
            (true, false) => "no CRL fetched".to_owned(),
        }
    }
}

impl ImportOutcome {
    /// Whether the CRL is installed, now or before.
    fn is_good(self) -> bool {
        matches!(self, ImportOutcome::Installed | ImportOutcome::Unchanged)
    }

    fn sign(self) -> (&'static str, &'static str, Style) {
        match self {
            ImportOutcome::Installed => ("✓", "installed", AnsiColor::Green.on_default().bold()),
            ImportOutcome::Unchanged => ("✓", "unchanged", AnsiColor::Green.on_default().bold()),
            ImportOutcome::Refused => ("✗", "rejected", style(Severity::Error)),
            ImportOutcome::Failed => ("✗", "failed", style(Severity::Error)),
        }
    }
}

/// A row for an installed CRL, under the last part of the address or path that it has.
fn row(crl: &InstalledCrl, source: &str, state: &str, at: Moment) -> Row {
    let named = source.rsplit(['/', '\\']).find(|part| !part.is_empty());
    Row {
        sign: "✓",
        style: AnsiColor::Green.on_default().bold(),
        cells: vec![
            crl.known.issuer.short(),
            named.unwrap_or(source).to_owned(),
            state.to_owned(),
            crl.known.next_update_in_short(at),
        ],
    }
}

impl ImportedReport {
    fn row(&self, at: Moment) -> Option<Row> {
        let crl = self.crl.as_ref().filter(|_| self.outcome.is_good())?;
        let (_, state, _) = self.outcome.sign();
        Some(row(crl, &self.source, state, at))
    }

    fn render(&self, page: &mut Page, at: Moment, detail: Detail) {
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
            (None, ImportOutcome::Refused | ImportOutcome::Failed)
                if !self.required_for.is_empty() =>
            {
                page.labelled("installed", "none");
            }
            (None, _) => {}
            (Some(crl), ImportOutcome::Refused | ImportOutcome::Failed) => {
                let stays = format!("the installed CRL stays: {}", crl.known.measured());
                page.labelled("installed", &stays);
                page.labelled("good", &crl.known.until(at));
            }
            (Some(crl), _) => {
                page.labelled("CRL", &crl.known.called());
                if detail == Detail::Full {
                    page.labelled("", &crl.known.measured());
                }
                page.labelled("good", &crl.known.until(at));
            }
        }
        if !self.required_for.is_empty() && (detail == Detail::Full || !self.outcome.is_good()) {
            page.labelled("for", &crate::wording::some(&self.required_for));
        }
        for note in &self.notes {
            page.labelled("note", note);
        }
    }
}

impl ManualImport {
    fn row(&self, at: Moment) -> Option<Row> {
        let crl = self.crl.as_ref()?;
        Some(row(crl, &crl.source, "imported", at))
    }

    fn render(&self, page: &mut Page, at: Moment) {
        let (sign, style) = match self.crl {
            Some(_) => ("✓", AnsiColor::Green.on_default().bold()),
            None => ("✗", style(Severity::Error)),
        };
        page.line(&format!(
            "{style}{sign} manual import{style:#} the CRL of {}",
            self.issuer
        ));
        if !self.sources.is_empty() {
            page.labelled("named", &self.sources.join(" or "));
        }
        page.labelled("because", &self.reason);
        match &self.crl {
            Some(crl) => {
                page.labelled("installed", &crl.known.measured());
                page.labelled("good", &crl.known.until(at));
            }
            None => page.labelled("installed", "no current CRL"),
        }
        if let Some(remedy) = &self.remedy {
            page.labelled("do", remedy);
        }
        if !self.required_for.is_empty() {
            page.labelled("for", &crate::wording::some(&self.required_for));
        }
    }
}
