//! What a rehearsal of the whole journey reports: every command as it would be typed, what it was expected to say and
//! what it said.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::layout::{Detail, Page, columns, style};
use crate::verdict::Severity;

#[cfg(test)]
mod tests;

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/lab-run/1";

/// One rehearsal from the first step to the last that was run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Rehearsal {
    /// `ptl-cert/lab-run/1`.
    pub schema: &'static str,
    /// The host whose certificate was rehearsed.
    pub fqdn: String,
    /// The lab's environment.
    pub environment: String,
    /// Where everything was left; absent when nothing was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The steps, in the order in which they were run.
    pub steps: Vec<StepReport>,
    /// How many steps there are, run or not.
    pub planned: usize,
    /// Parts of the journey for which there is no command yet.
    pub left_out: Vec<&'static str>,
    /// Whether every step was run and answered as expected.
    pub as_expected: bool,
}

/// One step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StepReport {
    /// The part of the journey that it belongs to.
    pub stage: &'static str,
    /// What it does and who does it, as a sentence without a full stop.
    pub title: String,
    /// The command as it would be typed, in the rehearsal's folder.
    pub command: String,
    /// The exit status expected.
    pub expected_status: u8,
    /// What the answer was expected to speak of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expected_words: Vec<String>,
    /// The exit status; absent when a signal killed the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// What it said, on either stream.
    pub answer: String,
    /// Whether it exited and answered as expected.
    pub as_expected: bool,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

impl StepReport {
    /// Renders one step for a terminal of this many columns; `before` is the step before. An expected answer is one line, and
    /// none where the step before said the same or in brief; in full it has the command and what it said, as a surprise always
    /// has.
    pub fn render(&self, before: Option<&StepReport>, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        let is_short = self.as_expected && detail != Detail::Full;
        let is_said = before.is_some_and(|before| before.title == self.title);
        if is_short && (detail == Detail::Brief || is_said) {
            return page.into_text();
        }
        if before.map(|before| before.stage) != Some(self.stage) {
            page.heading(self.stage, "");
        }
        let (sign, style) = match self.as_expected {
            true => ("✓", style(Severity::Note)),
            false => ("✗", style(Severity::Error)),
        };
        let sign = format!("{style}{sign}{style:#} ");
        if is_short {
            let (command, used) = (self.name(), columns(&self.title) + 2);
            match width
                .checked_sub(used + columns(&command))
                .filter(|space| *space >= 2)
            {
                Some(space) => page.line(&format!("{sign}{}{:space$}{command}", self.title, "")),
                None => page.paragraph(&sign, 2, &self.title),
            }
            return page.into_text();
        }
        page.paragraph(&sign, 2, &self.title);
        // In one object, so that it can be copied.
        page.line(&format!("  $ {}", self.command));
        for line in self.answer.lines().filter(|line| !line.trim().is_empty()) {
            page.line(&format!("    {line}"));
        }
        if !self.as_expected {
            page.paragraph("    ", 4, &self.surprise());
        }
        page.into_text()
    }

    /// The command's name: `crl plan` of `ptl-cert crl plan --env lab-int`.
    fn name(&self) -> String {
        let command = self.command.strip_prefix("ptl-cert ");
        let words = command.unwrap_or(&self.command).split(' ');
        let mut words = words.take_while(|word| !word.starts_with('-'));
        match (words.next(), words.next()) {
            (Some(group @ ("crl" | "lab")), Some(name)) => format!("{group} {name}"),
            (name, _) => name.unwrap_or_default().to_owned(),
        }
    }

    fn surprise(&self) -> String {
        let found = match self.status {
            Some(status) => format!("exit status {status}"),
            None => "stopped by a signal".to_owned(),
        };
        let words = match self.expected_words.as_slice() {
            [] => String::new(),
            words => format!(" and output containing {}", words.join(" and ")),
        };
        format!(
            "{found}; expected {}{words}. The steps after this one were not run.",
            self.expected_status
        )
    }
}

impl Rehearsal {
    /// Renders the end: what all of it proved, and where it is. With the `detail` of the steps.
    pub fn render_end(&self, took: Duration, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        page.line("");
        let (sign, style) = match self.as_expected {
            true => ("✓", style(Severity::Note)),
            false => ("✗", style(Severity::Error)),
        };
        let taken = self.steps.len();
        let sound = self.steps.iter().filter(|step| step.as_expected).count();
        page.paragraph(
            &format!("{style}{sign}{style:#} "),
            2,
            &format!(
                "{sound} of {} steps gave the expected result, in {:.1} seconds{}",
                self.planned,
                took.as_secs_f64(),
                match taken == self.planned {
                    true => "",
                    false => "; the others were not run",
                }
            ),
        );
        match &self.folder {
            Some(folder) => page.labelled("kept in", folder),
            None => page.labelled(
                "kept",
                "nothing; --keep keeps the folder, so that you can inspect it and continue from it",
            ),
        }
        if detail == Detail::Usual {
            page.labelled(
                "commands",
                "-v prints each command in full, with its output",
            );
        }
        for part in &self.left_out {
            page.labelled("left out", part);
        }
        page.into_text()
    }
}
