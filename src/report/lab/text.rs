//! The reports as text.

use anstyle::Style;

use super::{
    AuthorityReport, CrlReport, DefectReport, LabCrlsReport, LabDefectsReport, LabInitReport,
    LabRevokeReport, LabSignReport,
};
use crate::report::layout::{Detail, Page};
use crate::report::table::{self, Row};
use crate::wording::count;

/// So that none of this is mistaken for the NHS's.
pub(super) const PURPOSE: &str = "for rehearsal, trusted nowhere else";

impl LabInitReport {
    /// The report as text, for this many columns.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        page.heading(&self.folder, PURPOSE);
        if detail == Detail::Brief {
            return page.into_text();
        }
        page.labelled("created", &format!("{} UTC", self.created.to_minute()));
        page.labelled("base URL", &self.base_url);
        page.labelled("--env", &self.environments.join(", "));
        page.labelled("facts", &self.facts);
        let keys = match (self.keys_made, self.keys_reused) {
            (made, 0) => format!("{made} made"),
            (0, reused) => format!("{reused} reused"),
            (made, reused) => format!("{made} made, {reused} reused"),
        };
        page.labelled("keys", &keys);
        if detail == Detail::Full {
            page.gap();
            for authority in &self.authorities {
                authority.render(&mut page);
            }
        }
        if !self.next.is_empty() {
            page.gap();
            page.heading("next", "");
            for (number, step) in self.next.iter().enumerate() {
                page.paragraph(&format!("  {}  ", number + 1), 5, &step.text);
                if let Some(command) = &step.command {
                    page.line(&format!("     {command}"));
                }
            }
        }
        page.into_text()
    }
}

impl AuthorityReport {
    fn render(&self, page: &mut Page) {
        let role = if self.root { "root" } else { "sub CA" };
        let text = format!(
            "{} · {} · until {}",
            self.name,
            self.generation,
            self.not_after.date()
        );
        page.labelled(role, &text);
    }
}

impl LabSignReport {
    /// The report as text, for this many columns.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        for reply in &self.replies {
            let kind = format!("{} · {}", self.environment, self.generation);
            if detail == Detail::Brief {
                page.heading(&reply.name, &kind);
                continue;
            }
            page.gap();
            page.heading(&reply.name, &kind);
            page.labelled("reply", &reply.file);
            page.labelled("issuer", &reply.issuer);
            page.labelled("serial", &reply.serial);
            let validity = format!(
                "{} → {} UTC",
                reply.not_before.to_minute(),
                reply.not_after.to_minute()
            );
            page.labelled("valid", &validity);
            for crl in &reply.crls {
                page.labelled("CRL", crl);
            }
            render_defects(&self.defects, &mut page);
        }
        page.into_text()
    }
}

impl LabRevokeReport {
    /// The report as text, for this many columns.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        for revoked in &self.revoked {
            if detail == Detail::Brief {
                page.heading(&revoked.name, "revoked");
                continue;
            }
            page.gap();
            page.heading(&revoked.name, "revoked");
            page.labelled("issuer", &revoked.issuer);
            page.labelled("serial", &revoked.serial);
            let reason = format!("{}, {} UTC", self.reason, self.at.to_minute());
            page.labelled("reason", &reason);
            page.labelled("CRL", &format!("{}, from now on", revoked.crl));
        }
        page.into_text()
    }
}

impl LabCrlsReport {
    /// The report as text, for this many columns: a row for each CRL, or its whole path as well.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        let number = count(i64::try_from(self.crls.len()).unwrap_or(i64::MAX), "CRL");
        page.line(&match self.crls.first().map(CrlReport::folder) {
            Some(folder) => format!("{number} in {folder}"),
            None => number,
        });
        match detail {
            Detail::Brief => return page.into_text(),
            Detail::Usual => {
                page.gap();
                let rows: Vec<Row> = self.crls.iter().map(CrlReport::row).collect();
                let heads = ["CA", "file", "entries", "via"];
                table::write(&mut page, &heads, &rows, width);
            }
            Detail::Full => {
                for crl in &self.crls {
                    page.gap();
                    page.line(&crl.file);
                    page.labelled("CA", &crl.issuer);
                    page.labelled("entries", &crl.entries.to_string());
                    page.labelled("size", &format!("{} bytes", crl.length));
                    page.labelled("via", crl.via());
                }
            }
        }
        if !self.defects.is_empty() {
            page.gap();
            render_defects(&self.defects, &mut page);
        }
        page.into_text()
    }
}

impl CrlReport {
    /// The folder below which it was written.
    fn folder(&self) -> &str {
        let below = self.file.strip_suffix(self.path.trim_start_matches('/'));
        below.unwrap_or(&self.file).trim_end_matches(['/', '\\'])
    }

    fn row(&self) -> Row {
        let file = self.path.trim_start_matches('/').to_owned();
        Row {
            sign: " ",
            style: Style::new(),
            cells: vec![
                self.issuer.clone(),
                file,
                self.entries.to_string(),
                self.via().to_owned(),
            ],
        }
    }

    /// How it gets into a cache.
    fn via(&self) -> &'static str {
        match self.fetchable {
            true => "HTTP",
            false => "import",
        }
    }
}

impl LabDefectsReport {
    /// The report as text, for this many columns.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        let mut target = "";
        for defect in &self.defects {
            if defect.target != target {
                page.gap();
                page.heading(heading(defect.target), "");
                target = defect.target;
            }
            page.line(&format!("  {}", defect.defect));
            page.paragraph("      ", 6, defect.description);
        }
        page.into_text()
    }
}

fn heading(target: &str) -> &str {
    match target {
        "leaf" => "the certificate",
        "chain" => "the CAs above it",
        "reply" => "the contents of the reply",
        "crl" => "the CRL",
        "encoding" => "the encoding of a file",
        other => other,
    }
}

fn render_defects(defects: &[DefectReport], page: &mut Page) {
    for defect in defects {
        page.labelled(
            "defect",
            &format!("{}: {}", defect.defect, defect.description),
        );
    }
}
