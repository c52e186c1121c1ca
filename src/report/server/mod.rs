//! What `export` reports: what was proved, what was written, and what is left for the administrator to do.

mod words;

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::crl::export::words as ended;
use super::crl::plan;
use super::layout::{Detail, Page, style};
use crate::document::Moment;
use crate::export::server::{
    FileKind, GenerationTrust, LeftOutAuthority, ProofNote, ServerRefusal, Target,
};
use crate::fqdn::Fqdn;
use crate::input::Shown;
use crate::ops::crl::export::CommandOutcome;
use crate::ops::server::{Options, Refused, ServerExported, Written};
use crate::store::set::ChangeKind;
use crate::verdict::{Code, Problem, Severity};
use crate::wording::{Voice, Words};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/export/1";

/// Everything one run of `export` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ServerReport {
    /// `ptl-cert/export/1`.
    pub schema: &'static str,
    /// What the files are for.
    pub target: Target,
    /// The moment for which everything was proved.
    pub at: Moment,
    /// The result.
    pub result: ServerResult,
    /// The exit status that it leads to.
    pub exit: u8,
    /// The severity from which on a note alone makes the exit status 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<Severity>,
    /// The folder, absolute where something was made.
    pub folder: String,
    /// What was made; absent where nothing was.
    #[serde(flatten)]
    pub made: Option<MadeFiles>,
    /// Why nothing was made, the deciding reason first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Remark>,
    /// The CRLs that are missing, each as a sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// CRLs of the cache that are damaged, each as a sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// What else is to be said of the evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Remark>,
}

/// The result of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServerResult {
    /// New files are in place.
    Written,
    /// The files that are there say the same.
    Unchanged,
    /// The test did not accept the new files: the old ones are back.
    PutBack,
    /// Nothing was written: this is what would be.
    DryRun,
    /// A server with these files would not work or not be safe: nothing was written.
    Refused,
}

/// What was made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct MadeFiles {
    /// The host that the certificate is for.
    pub host: Fqdn,
    /// The id of the environment.
    pub environment: String,
    /// What people call it.
    pub environment_title: String,
    /// The last second at which the certificate and every CA sent with it is valid.
    pub not_after: Moment,
    /// The clients that are admitted, by CN or subjectAltName.
    pub admitted: Vec<String>,
    /// The generations that are trusted.
    pub generations: Vec<GenerationTrust>,
    /// The CAs of the environment that are not.
    pub left_out: Vec<LeftOutAuthority>,
    /// How many CRLs the server gets.
    pub crl_count: usize,
    /// Why SHA-1 signatures are let through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha1: Option<String>,
    /// Why the files are not for use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_for_use: Option<String>,
    /// Whether a CA partitions its CRLs and none of its clients was given, so that CRLs may be missing.
    pub partitions_unknown: bool,
    /// The files.
    pub files: Vec<ServerFile>,
    /// The result of `--test`, where it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<ServerHook>,
    /// The result of `--on-change`, where it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_change: Option<ServerHook>,
    /// How the server is made to use the configuration, once.
    pub include: Vec<String>,
    /// What makes the server read it, now and after each change.
    pub reload: Vec<String>,
    /// What the administrator has to know of this server.
    pub remarks: Vec<String>,
}

impl MadeFiles {
    /// Whether a command of the user's failed.
    fn failed(&self) -> bool {
        let commands = [&self.test, &self.on_change];
        commands
            .into_iter()
            .flatten()
            .any(|hook| !hook.end.is_good())
    }
}

/// One file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ServerFile {
    /// Its name in the folder.
    pub name: String,
    /// What kind of content it has.
    pub kind: FileKind,
    /// What has become of it, or would.
    pub change: ServerFileChange,
    /// How its text differs, in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// The result of a command of the user's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ServerHook {
    /// The command.
    pub command: String,
    /// Its outcome.
    #[serde(flatten)]
    pub end: CommandOutcome,
}

/// What has become of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerFileChange {
    /// It is new.
    Added,
    /// It holds something else than before.
    Replaced,
    /// It says what it said.
    Unchanged,
    /// It was written by an earlier run and is not needed any more.
    Removed,
}

/// Something to be said, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Remark {
    /// The finding's code, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// The facts of the case by name, where it is a finding; which there are depends on the code.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub facts: serde_json::Map<String, serde_json::Value>,
}

impl Remark {
    fn of_note(note: &ProofNote, voice: Voice) -> Remark {
        let words = words::note(note, voice);
        Remark {
            code: Some(note.code()),
            severity: note.severity(),
            message: words.message,
            remedy: words.remedy,
            facts: note.facts(),
        }
    }

    fn new(problem: Option<&Problem>, severity: Severity, words: Words) -> Remark {
        Remark {
            code: problem.map(Problem::code),
            severity,
            message: words.message,
            remedy: words.remedy,
            facts: problem.map(Problem::facts).unwrap_or_default(),
        }
    }
}

impl ServerReport {
    /// Of what was made.
    pub fn made(exported: &ServerExported, options: &Options, voice: Voice) -> ServerReport {
        let hook = |command: &Option<String>, end: &Option<CommandOutcome>| {
            let (command, end) = command.clone().zip(end.clone())?;
            Some(ServerHook { command, end })
        };
        let files = exported.files.iter().map(|file| ServerFile {
            name: file.name.clone(),
            kind: file.kind,
            change: match file.change {
                ChangeKind::Added => ServerFileChange::Added,
                ChangeKind::Replaced => ServerFileChange::Replaced,
                ChangeKind::Unchanged => ServerFileChange::Unchanged,
                ChangeKind::Removed => ServerFileChange::Removed,
            },
            diff: file.diff.clone(),
        });
        let notes = exported.notes.iter();
        let notes = notes.map(|note| Remark::of_note(note, voice));
        let made = MadeFiles {
            host: exported.host.clone(),
            environment: exported.environment_id.clone(),
            environment_title: exported.environment.clone(),
            not_after: exported.not_after,
            admitted: exported.admitted.clone(),
            generations: exported.generations.clone(),
            left_out: exported.left_out.clone(),
            crl_count: exported.crls,
            sha1: exported.sha1.clone(),
            not_for_use: exported.not_for_use.clone(),
            partitions_unknown: exported.partitions_unknown,
            files: files.collect(),
            test: hook(&options.test, &exported.test),
            on_change: hook(&options.on_change, &exported.on_change),
            include: exported.include.clone(),
            reload: exported.reload.clone(),
            remarks: exported.remarks.clone(),
        };
        ServerReport {
            schema: SCHEMA,
            target: exported.target,
            at: exported.at,
            result: match exported.outcome {
                Written::Written => ServerResult::Written,
                Written::Unchanged => ServerResult::Unchanged,
                Written::PutBack => ServerResult::PutBack,
                Written::DryRun => ServerResult::DryRun,
            },
            // What is not for use is no good answer, although it was asked for.
            exit: u8::from(made.not_for_use.is_some() || made.failed() || made.partitions_unknown),
            fail_on: None,
            folder: exported.folder.shown().to_string(),
            notes: notes.collect(),
            made: Some(made),
            reasons: Vec::new(),
            missing: Vec::new(),
            damaged: Vec::new(),
        }
    }

    /// Of what was refused.
    pub fn refused(
        target: Target,
        at: Moment,
        folder: &str,
        refused: &Refused,
        voice: Voice,
    ) -> ServerReport {
        let mut reasons = Vec::new();
        let mut missing = Vec::new();
        for refusal in &refused.refusals {
            let problems: Vec<&Problem> = match refusal {
                ServerRefusal::Certificate { reasons } => {
                    reasons.iter().map(|reason| &reason.problem).collect()
                }
                _ => Vec::new(),
            };
            for (number, words) in words::sentences(refusal, voice).into_iter().enumerate() {
                let problem = problems.get(number).copied();
                reasons.push(Remark::new(problem, Severity::Error, words));
            }
            if let ServerRefusal::Crls(plan) = refusal {
                missing.extend(plan::missing_crls(plan));
            }
        }
        ServerReport {
            schema: SCHEMA,
            target,
            at,
            result: ServerResult::Refused,
            exit: 1,
            fail_on: None,
            folder: folder.to_owned(),
            made: None,
            reasons,
            missing,
            damaged: refused.damaged.clone(),
            notes: Vec::new(),
        }
    }

    /// The same, with the exit status 1 if a note has this severity or a higher one. What was written stays: its findings are
    /// about the certificate and the clients, and a server without the files would be no safer.
    pub fn failing_on(mut self, severity: Option<Severity>) -> ServerReport {
        let fails = |note: &Remark| severity.is_some_and(|least| note.severity >= least);
        if self.exit == 0 && self.notes.iter().any(fails) {
            self.exit = 1;
            self.fail_on = severity;
        }
        self
    }

    /// Renders for a terminal of this many columns, with ANSI colours. In brief it has the answer, and what is wrong.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        let bold = Style::new().bold();
        let made = self.made.as_ref();
        let unknown = made.is_some_and(|made| made.partitions_unknown);
        let warning = style(Severity::Warning);
        let (word, style) = match (self.result, self.exit) {
            (ServerResult::Refused, _) => ("NOT WRITTEN", style(Severity::Error)),
            (ServerResult::PutBack, _) => ("PUT BACK", style(Severity::Error)),
            (_, 1..) if !self.is_for_use() => ("NOT FOR USE", style(Severity::Error)),
            (ServerResult::Unchanged, 1..) if made.is_some_and(|made| made.failed()) => {
                ("UNCHANGED, COMMAND FAILED", style(Severity::Error))
            }
            (_, 1..) if made.is_some_and(|made| made.failed()) => {
                ("WRITTEN, COMMAND FAILED", style(Severity::Error))
            }
            (ServerResult::Written, _) if unknown => ("WRITTEN, PARTITIONS UNKNOWN", warning),
            (ServerResult::Unchanged, _) if unknown => ("UNCHANGED, PARTITIONS UNKNOWN", warning),
            (ServerResult::DryRun, _) if unknown => ("DRY RUN, PARTITIONS UNKNOWN", warning),
            (ServerResult::Written, _) => ("WRITTEN", bold),
            (ServerResult::Unchanged, _) => ("UNCHANGED", bold),
            (ServerResult::DryRun, _) => ("DRY RUN", bold),
        };
        let because = self
            .fail_on
            .map(|least| format!(", by a finding: --fail-on {least}"));
        let title = self.target.title();
        let host = self.made.as_ref().map(|made| format!("{} for ", made.host));
        page.line(&format!(
            "{}{title}  {style}{word}{style:#}  exit {}{}",
            host.unwrap_or_default(),
            self.exit,
            because.unwrap_or_default()
        ));
        if let Some(made) = &self.made
            && detail != Detail::Brief
        {
            self.render_made(made, &mut page);
        }
        for (number, missing) in self.missing.iter().enumerate() {
            page.labelled(if number == 0 { "✗ missing" } else { "" }, missing);
        }
        for damaged in &self.damaged {
            page.labelled("✗ damaged", damaged);
        }
        for remark in self.reasons.iter().chain(&self.notes) {
            if detail == Detail::Brief && remark.severity < Severity::Error {
                continue;
            }
            let (sign, word) = match remark.severity {
                Severity::Error => ('✗', "error"),
                Severity::Warning => ('!', "warning"),
                Severity::Note => ('·', "note"),
            };
            page.gap();
            page.labelled(&format!("{sign} {word}"), &remark.message);
            if detail != Detail::Brief {
                page.labelled("  do", &remark.remedy);
            }
        }
        page.into_text()
    }

    fn is_for_use(&self) -> bool {
        self.made
            .as_ref()
            .is_some_and(|made| made.not_for_use.is_none())
    }

    fn render_hooks(&self, made: &MadeFiles, page: &mut Page) {
        for (label, hook) in [("test", &made.test), ("on change", &made.on_change)] {
            if let Some(hook) = hook {
                let sign = if hook.end.is_good() { '✓' } else { '✗' };
                let words = format!("{} {}", hook.command, ended(&hook.end));
                page.labelled(&format!("{sign} {label}"), &words);
            }
        }
        match self.result {
            ServerResult::PutBack => page.labelled(
                "because",
                "the test rejected the new files; the old files were restored and nothing was reloaded",
            ),
            _ if made.failed() => page.labelled(
                "  do",
                "fix the error the command reported and run this again; it is repeated until it succeeds",
            ),
            _ => {}
        }
    }

    fn render_made(&self, made: &MadeFiles, page: &mut Page) {
        page.labelled("environment", &made.environment_title);
        page.labelled("expires", &made.not_after.date().to_string());
        for generation in &made.generations {
            let all: Vec<&str> = generation
                .roots
                .iter()
                .chain(&generation.sub_cas)
                .map(String::as_str)
                .collect();
            page.labelled(
                "trusts",
                &format!("{}: {}", generation.generation, all.join(", ")),
            );
        }
        for left_out in &made.left_out {
            page.labelled("not trusted", &words::left_out(left_out));
        }
        if !made.admitted.is_empty() {
            page.labelled("admits", &made.admitted.join(", "));
        }
        page.labelled("CRLs", &made.crl_count.to_string());
        if let Some(reason) = &made.sha1 {
            page.labelled("SHA-1", &format!("allowed: {reason}"));
        }
        if let Some(reason) = &made.not_for_use {
            page.labelled("✗ expired", reason);
        }
        page.labelled("folder", &self.folder);
        for file in &made.files {
            let change = match file.change {
                ServerFileChange::Unchanged => "unchanged",
                _ if self.result == ServerResult::PutBack => "put back as it was",
                ServerFileChange::Added => "new",
                ServerFileChange::Replaced => "replaced",
                ServerFileChange::Removed => "removed",
            };
            let private = match file.kind {
                FileKind::Secret | FileKind::Keystore => ", readable by its owner only",
                _ => "",
            };
            page.labelled("file", &format!("{} ({change}{private})", file.name));
        }
        self.render_hooks(made, page);
        for file in &made.files {
            if let Some(diff) = &file.diff {
                page.gap();
                for line in diff.lines() {
                    page.line(line);
                }
            }
        }
        if self.result == ServerResult::PutBack {
            return;
        }
        page.gap();
        for (number, line) in made.include.iter().enumerate() {
            page.labelled(if number == 0 { "once" } else { "" }, line);
        }
        let reloaded = made.on_change.as_ref().is_some_and(|one| one.end.is_good());
        for line in made.reload.iter().filter(|_| !reloaded) {
            page.labelled("reload", line);
        }
        for line in &made.remarks {
            page.labelled("note", line);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_note_has_a_code_of_its_severity_and_its_facts() {
        let name = || "a.nhs.uk".to_owned();
        for (note, code, facts) in [
            (
                ProofNote::OwnRevocationUnknown,
                Code::OwnRevocationUnknown,
                json!({}),
            ),
            (
                ProofNote::ClientsUnknown {
                    authorities: vec!["NHS INT Level 1C".to_owned()],
                },
                Code::ClientsUnknown,
                json!({ "authorities": ["NHS INT Level 1C"] }),
            ),
            (
                ProofNote::ClientNotAdmitted { name: name() },
                Code::ClientNotAdmitted,
                json!({ "name": "a.nhs.uk" }),
            ),
            (
                ProofNote::CallerNotAdmitted { host: name() },
                Code::CallerNotAdmitted,
                json!({ "host": "a.nhs.uk" }),
            ),
        ] {
            let remark = Remark::of_note(&note, Voice::Neutral);
            assert_eq!(remark.code, Some(code));
            assert_eq!(remark.severity, code.severity());
            assert_eq!(serde_json::Value::Object(remark.facts), facts);
        }
    }
}
