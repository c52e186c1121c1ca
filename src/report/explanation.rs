//! What `explain` reports: the long text of findings.

use schemars::JsonSchema;
use serde::Serialize;

use super::layout::Page;
use crate::verdict::{Code, Severity};
use crate::wording::{Explanation, explain};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/explain/1";

/// The findings asked for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explanations {
    /// `ptl-cert/explain/1`.
    pub schema: &'static str,
    /// Each finding with its texts.
    pub findings: Vec<Explained>,
}

/// One finding with its texts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explained {
    /// The code.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// The texts.
    #[serde(flatten)]
    pub explanation: Explanation,
}

impl Explanations {
    /// The texts of these codes.
    pub fn of(codes: &[Code]) -> Explanations {
        let explained = |code: &Code| Explained {
            code: *code,
            severity: code.severity(),
            explanation: explain(*code),
        };
        Explanations {
            schema: SCHEMA,
            findings: codes.iter().map(explained).collect(),
        }
    }
}

/// One finding as a page of text, so many columns wide.
pub fn render(code: Code, width: usize) -> String {
    let explanation = explain(code);
    let mut page = Page::new(width);
    page.heading(
        &format!("{code} – {}", explanation.title),
        &code.severity().to_string(),
    );
    page.gap();
    page.paragraph("  ", 2, explanation.meaning);
    page.gap();
    page.labelled("what to do", explanation.remedy);
    page.labelled("source", explanation.source);
    page.into_text()
}

/// All findings, a line each.
pub fn crl(width: usize) -> String {
    let mut page = Page::new(width);
    for code in Code::ALL {
        page.paragraph(&format!("{:<24}", code.as_str()), 24, explain(*code).title);
    }
    page.into_text()
}
