//! Findings with their words: the same in every command that has any.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::layout::{Detail, Page, style};
use crate::verdict::{Code, Finding, Problem, Severity};
use crate::wording::{self, Voice};

/// A finding with its words.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct FindingReport {
    /// Its stable code; `ptl-cert explain CODE` says more.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub subject: String,
    /// The number of the object it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// The facts of the case by name; which there are depends on the code.
    pub facts: serde_json::Map<String, serde_json::Value>,
    /// The rule: an RFC's section or an NHS requirement.
    pub source: &'static str,
    /// Where the object is; in JSON the object itself says so.
    #[serde(skip)]
    pub(in crate::report) place: String,
}

/// The names of objects, and how often each occurs.
pub(crate) type Names<'a> = HashMap<&'a str, usize>;

/// Counts names.
pub(crate) fn names<'a>(all: impl Iterator<Item = &'a str>) -> Names<'a> {
    let mut names = Names::new();
    for name in all {
        *names.entry(name).or_default() += 1;
    }
    names
}

impl FindingReport {
    /// Says a finding in this voice.
    pub fn new(finding: &Finding, voice: Voice) -> FindingReport {
        let Finding { subject, problem } = finding;
        let place = subject.origin.to_string();
        FindingReport::of(problem, voice, (subject.object, &subject.name), place)
    }

    /// Says what is wrong with the object of this number, this name and this place.
    pub(super) fn of(
        problem: &Problem,
        voice: Voice,
        (object, name): (Option<usize>, &str),
        place: String,
    ) -> FindingReport {
        let words = wording::say(problem, voice);
        let code = problem.code();
        FindingReport {
            code,
            severity: code.severity(),
            subject: name.to_owned(),
            object,
            message: words.message,
            remedy: words.remedy,
            facts: problem.facts(),
            source: wording::source(code),
            place,
        }
    }

    /// Says a finding that decides: it weighs as an error, whatever it weighs elsewhere.
    pub(in crate::report) fn decisive(finding: &Finding, voice: Voice) -> FindingReport {
        FindingReport {
            severity: Severity::Error,
            ..FindingReport::new(finding, voice)
        }
    }

    /// Says findings in this voice.
    pub(in crate::report) fn all(findings: &[Finding], voice: Voice) -> Vec<FindingReport> {
        findings
            .iter()
            .map(|finding| FindingReport::new(finding, voice))
            .collect()
    }

    /// The words before its sentence that say whose it is: none where it is this certificate's own, or where the sentence begins
    /// with the name.
    pub(in crate::report) fn about(&self, own: Option<&str>) -> String {
        match own == Some(self.subject.as_str()) || self.message.starts_with(&self.subject) {
            true => String::new(),
            false => format!("{}: ", self.subject),
        }
    }

    /// A sign, the code, the sentence, what to do below it: `✗ expired  the certificate expired …`. `names`
    /// are those of all objects, with how often each occurs: the subject is named where there are several, and its
    /// location where its name alone does not distinguish it from another. In brief there is no advice, and in full the rule is named.
    pub(crate) fn render(&self, page: &mut Page, names: &Names<'_>, detail: Detail) {
        let namesakes = names.get(self.subject.as_str()).copied().unwrap_or(0);
        let subject = match (names.len(), namesakes) {
            (_, 2..) => format!("{} ({}): ", self.subject, self.place),
            (2.., _) => format!("{}: ", self.subject),
            _ => String::new(),
        };
        match detail {
            Detail::Brief => self.render_alone(page, &subject),
            Detail::Usual => self.render_about(page, &subject),
            Detail::Full => {
                self.render_about(page, &subject);
                page.paragraph("    ", 4, &format!("rule: {}", self.source));
            }
        }
    }

    /// The same with these words before the sentence, such as `a.nhs.uk: `.
    pub(crate) fn render_about(&self, page: &mut Page, subject: &str) {
        self.render_alone(page, subject);
        // Nothing is to be done about it.
        if self.code != Code::Duplicate {
            page.paragraph("    ", 4, &format!("→ {}", self.remedy));
        }
    }

    /// The same without the remedy, for a note that asks for nothing.
    pub(crate) fn render_alone(&self, page: &mut Page, subject: &str) {
        let sign = match self.severity {
            Severity::Error => "✗",
            Severity::Warning => "!",
            Severity::Note => "·",
        };
        let style = style(self.severity);
        let prefix = format!("{style}{sign} {}{style:#}  ", self.code);
        let lead = 4 + self.code.as_str().len();
        page.paragraph_after(&prefix, lead, 4, &format!("{subject}{}", self.message));
    }
}
