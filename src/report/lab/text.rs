//! The reports as text.

use super::{
    AuthorityReport, DefectReport, LabCrlsReport, LabDefectsReport, LabInitReport, LabRevokeReport,
    LabSignReport,
};

use crate::report::layout::Detail;
use crate::report::layout::Page;

/// So that none of this is mistaken for the NHS's.
pub(super) const PURPOSE: &str = "for rehearsal, trusted nowhere else";

impl LabInitReport {
    /// The report as text, for this many columns.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        page.heading(&self.folder, PURPOSE);
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
        if detail != Detail::Brief && !self.next.is_empty() {
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
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        for reply in &self.replies {
            page.gap();
            let kind = format!("{} · {}", self.environment, self.generation);
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
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        for revoked in &self.revoked {
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
    /// The report as text, for this many columns: a line for each CRL.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        for crl in &self.crls {
            page.heading(&crl.file, "");
            let way = match crl.fetchable {
                true => "by HTTP",
                false => "by import",
            };
            let entries = match crl.entries {
                0 => "nothing revoked".to_owned(),
                1 => "1 entry".to_owned(),
                entries => format!("{entries} entries"),
            };
            page.labelled("", &format!("{} · {entries} · {way}", crl.issuer));
        }
        render_defects(&self.defects, &mut page);
        page.into_text()
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
        "reply" => "what the reply holds",
        "crl" => "the CRL",
        "encoding" => "how a file is written down",
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
