//! What `explain` reports: the long text of findings, and what other programs' messages mean.

use schemars::JsonSchema;
use serde::Serialize;

use super::layout::Page;
use crate::verdict::{Code, Severity};
use crate::wording::{Explanation, Symptom, Voice, explain, title};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/explain/1";

/// The findings asked for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Explanations {
    /// `ptl-cert/explain/1`.
    pub schema: &'static str,
    /// Each finding with its texts.
    pub findings: Vec<Explained>,
    /// What another program says, where that was asked about: the best match first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub symptoms: Vec<Symptom>,
}

/// One finding with its texts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
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
    /// The texts of these codes, what to do in this voice.
    pub fn new(codes: &[Code], voice: Voice) -> Explanations {
        let explained = |code: &Code| Explained {
            code: *code,
            severity: code.severity(),
            explanation: explain(*code, voice),
        };
        Explanations {
            schema: SCHEMA,
            findings: codes.iter().map(explained).collect(),
            symptoms: Vec::new(),
        }
    }

    /// The meaning of another program's message, with the findings that the best match leads to, what to do in this voice.
    pub fn of_symptoms(symptoms: Vec<Symptom>, voice: Voice) -> Explanations {
        let findings = symptoms.first().map_or(&[][..], |best| best.findings);
        Explanations {
            symptoms,
            ..Explanations::new(findings, voice)
        }
    }
}

/// The meaning of another program's message as a page of text, this many columns wide: the best match whole, the others by name.
pub fn render_symptoms(symptoms: &[Symptom], width: usize) -> String {
    let mut page = Page::new(width);
    let Some((best, others)) = symptoms.split_first() else {
        return page.into_text();
    };
    page.heading(best.messages.first().unwrap_or(&""), best.printed_by);
    page.gap();
    page.paragraph("  ", 2, &best.meaning);
    page.gap();
    page.labelled("what to do", &best.remedy);
    for (number, code) in best.findings.iter().enumerate() {
        let label = if number == 0 { "see also" } else { "" };
        page.labelled(label, &format!("{code}: {}", title(*code)));
    }
    for (number, other) in others.iter().enumerate() {
        let label = if number == 0 { "or" } else { "" };
        let says = other.messages.first().unwrap_or(&"");
        page.labelled(label, &format!("{says} ({})", other.printed_by));
    }
    page.into_text()
}

/// One finding as a page of text in this voice, this many columns wide.
pub fn render(code: Code, voice: Voice, width: usize) -> String {
    let explanation = explain(code, voice);
    let mut page = Page::new(width);
    page.heading(
        &format!("{code} – {}", explanation.title),
        &code.severity().to_string(),
    );
    page.gap();
    page.paragraph("  ", 2, &explanation.meaning);
    page.gap();
    page.labelled("what to do", &explanation.remedy);
    page.labelled("source", explanation.source);
    page.into_text()
}

/// All findings, a line each.
pub fn index(width: usize) -> String {
    let mut page = Page::new(width);
    let longest = Code::ALL.iter().map(|code| code.as_str().len()).max();
    let indent = longest.unwrap_or(0) + 2;
    for code in Code::ALL {
        page.paragraph(&format!("{:<indent$}", code.as_str()), indent, title(*code));
    }
    page.into_text()
}
