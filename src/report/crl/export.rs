//! What `crl export` reports: what was written for a server, and the result of trying it.

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::plan::{damaged, missing};
use crate::document::Moment;
use crate::ops::crl::export::{CommandOutcome, ExportOutcome, Exported, Options};
use crate::report::inspection::UnreadReport;
use crate::report::layout::{Detail, Page, style};
use crate::store::set::ChangeKind;
use crate::verdict::Severity;
use crate::verdict::plan::{Completeness, Server};
use crate::wording::{Voice, servers};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/crl-export/1";

/// Everything one run of `crl export` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ExportReport<'a> {
    /// `ptl-cert/crl-export/1`.
    pub schema: &'static str,
    /// The moment for which it was planned.
    pub at: Moment,
    /// The kind of server.
    pub server: Server,
    /// The folder.
    pub folder: &'a str,
    /// The result.
    pub result: ExportOutcome,
    /// The exit status that it leads to.
    pub exit: u8,
    /// Whether the plan was complete.
    pub complete: bool,
    /// What the plan comes to.
    pub plan: Completeness,
    /// What the server does with these CRLs and should not, each as a sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// What is missing from it, each as a sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Whether clients may need partitions that no certificate names.
    pub clients_unknown: bool,
    /// How many CRLs were written.
    pub crl_count: usize,
    /// How many CRLs the plan has a use for.
    #[serde(skip)]
    pub available: usize,
    /// The files.
    pub files: Vec<FileReport>,
    /// The result of `--test`, where it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<HookReport<'a>>,
    /// The result of `--on-change`, where it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_change: Option<HookReport<'a>>,
    /// What has to be set so that the server reads the files.
    pub settings: Vec<SettingReport>,
    /// What makes the server take up new CRLs.
    pub reload: &'static str,
    /// CRLs of the cache that are damaged, each as a sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<UnreadReport>,
    /// The voice of the text.
    #[serde(skip)]
    voice: Voice,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct FileReport {
    /// Its name in the folder.
    pub name: String,
    /// What has become of it; with `put_back`, what would have.
    pub change: CrlFileChange,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CrlFileChange {
    /// It is new.
    Added,
    /// It holds something else than before.
    Replaced,
    /// It holds what it held.
    Unchanged,
    /// It was written by an earlier run and is not needed any more.
    Removed,
}

/// A line of configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct SettingReport {
    /// Where it belongs.
    pub context: &'static str,
    /// The line.
    pub line: String,
}

/// The result of a command of the user's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct HookReport<'a> {
    /// The command.
    pub command: &'a str,
    /// Its outcome.
    #[serde(flatten)]
    pub end: CommandOutcome,
}

/// The outcome of a command, to finish the sentence "the command …".
pub(in crate::report) fn words(end: &CommandOutcome) -> String {
    match end {
        CommandOutcome::Exited { status: 0 } => "succeeded".to_owned(),
        CommandOutcome::Exited { status } => format!("exited with status {status}"),
        CommandOutcome::Killed => "was stopped by a signal".to_owned(),
        CommandOutcome::TimedOut { seconds } => {
            format!("took longer than {seconds} s and was stopped")
        }
        CommandOutcome::NotStarted { reason } => format!("could not be started: {reason}"),
    }
}

impl<'a> ExportReport<'a> {
    /// What there is to say of an export into this folder, with these commands.
    pub fn new(exported: &'a Exported, options: &'a Options, folder: &'a str) -> ExportReport<'a> {
        ExportReport::in_voice(exported, options, folder, Voice::Neutral)
    }

    /// The same, the remedies in this voice.
    pub fn in_voice(
        exported: &'a Exported,
        options: &'a Options,
        folder: &'a str,
        voice: Voice,
    ) -> ExportReport<'a> {
        let plan = &exported.plan;
        let hook = |command: &'a Option<String>, end: &Option<CommandOutcome>| {
            let (command, end) = command.as_deref().zip(end.clone())?;
            Some(HookReport { command, end })
        };
        ExportReport {
            schema: SCHEMA,
            at: plan.at,
            server: options.server,
            folder,
            result: exported.outcome,
            exit: match (exported.unread.is_empty(), exported.is_good) {
                (false, _) => 3,
                (true, good) => u8::from(!good),
            },
            complete: plan.is_complete(),
            plan: plan.completeness(),
            missing: missing(plan),
            faults: plan
                .faults
                .iter()
                .map(|fault| servers::fault(fault, plan.server))
                .collect(),
            clients_unknown: !plan.knows_all_partitions(),
            crl_count: exported.crls,
            available: plan.crls().len(),
            files: exported.files.iter().map(FileReport::new).collect(),
            test: hook(&options.test, &exported.test),
            on_change: hook(&options.on_change, &exported.on_change),
            settings: exported
                .settings
                .iter()
                .map(|setting| SettingReport {
                    context: setting.place,
                    line: setting.line.clone(),
                })
                .collect(),
            reload: options.server.behaviour().reload,
            damaged: exported.damaged.iter().map(damaged).collect(),
            unread: UnreadReport::all(&exported.unread, voice),
            voice,
        }
    }
}

impl FileReport {
    fn new((name, change): &(String, ChangeKind)) -> FileReport {
        FileReport {
            name: name.clone(),
            change: match change {
                ChangeKind::Added => CrlFileChange::Added,
                ChangeKind::Replaced => CrlFileChange::Replaced,
                ChangeKind::Unchanged => CrlFileChange::Unchanged,
                ChangeKind::Removed => CrlFileChange::Removed,
            },
        }
    }
}

impl ExportReport<'_> {
    /// The text, for a terminal of this many columns, with ANSI colours.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        whole(self, detail, width)
    }
}

fn whole(report: &ExportReport<'_>, detail: Detail, width: usize) -> String {
    let mut page = Page::new(width);
    let hook_failed = [&report.test, &report.on_change]
        .into_iter()
        .flatten()
        .any(|hook| !hook.end.is_good());
    let bold = Style::new().bold();
    let short = report.exit != 0 && !report.complete;
    let unknown = report.plan == Completeness::PartitionsUnknown;
    let (word, style) = match (report.result, hook_failed) {
        (ExportOutcome::Written, false) if short && unknown => {
            ("WRITTEN, PARTITIONS UNKNOWN", style(Severity::Warning))
        }
        (ExportOutcome::Unchanged, false) if short && unknown => {
            ("UNCHANGED, PARTITIONS UNKNOWN", style(Severity::Warning))
        }
        _ if report.exit == 3 => ("NOT WRITTEN", style(Severity::Error)),
        (ExportOutcome::Written, false) if short => {
            ("WRITTEN, NOT ALL CURRENT", style(Severity::Error))
        }
        (ExportOutcome::Unchanged, false) if short => {
            ("UNCHANGED, NOT ALL CURRENT", style(Severity::Error))
        }
        (ExportOutcome::Written, false) => ("WRITTEN", bold),
        (ExportOutcome::Unchanged, false) => ("UNCHANGED", bold),
        (ExportOutcome::Written, true) => ("WRITTEN, COMMAND FAILED", style(Severity::Error)),
        (ExportOutcome::Unchanged, true) => ("UNCHANGED, COMMAND FAILED", style(Severity::Error)),
        (ExportOutcome::Incomplete, _) => ("NOT WRITTEN", style(Severity::Error)),
        (ExportOutcome::PutBack, _) => ("RESTORED", style(Severity::Error)),
    };
    let behaviour = report.server.behaviour();
    page.line(&format!(
        "CRLs for {}  {style}{word}{style:#}  exit {}",
        behaviour.title, report.exit
    ));
    if detail == Detail::Brief {
        return match report.exit {
            0 => String::new(),
            _ => page.into_text(),
        };
    }
    page.labelled("folder", report.folder);
    for file in &report.files {
        let change = match file.change {
            CrlFileChange::Added => "new",
            CrlFileChange::Replaced => "replaced",
            CrlFileChange::Unchanged => "unchanged",
            CrlFileChange::Removed => "removed",
        };
        page.labelled("file", &format!("{} ({change})", file.name));
    }
    for (number, missing) in report.missing.iter().enumerate() {
        page.labelled(if number == 0 { "✗ missing" } else { "" }, missing);
    }
    for fault in &report.faults {
        page.labelled("✗ server", fault);
    }
    for damaged in &report.damaged {
        page.labelled("✗ damaged", damaged);
    }
    consequence(&mut page, report);
    for (label, hook) in [("test", &report.test), ("on change", &report.on_change)] {
        if let Some(hook) = hook {
            let sign = if hook.end.is_good() { '✓' } else { '✗' };
            page.labelled(
                &format!("{sign} {label}"),
                &format!("{} {}", hook.command, words(&hook.end)),
            );
        }
    }
    if hook_failed && report.result != ExportOutcome::PutBack {
        page.labelled(
            "  do",
            "fix the error the command reported and run this again; it is repeated until it succeeds",
        );
    }
    if report.result == ExportOutcome::Written && report.on_change.is_none() {
        page.labelled("reload", report.reload);
    }
    if !report.settings.is_empty() {
        page.gap();
        for setting in &report.settings {
            page.labelled("set", setting.context);
            page.line(&format!("    {}", setting.line));
        }
    }
    page.into_text()
}

fn consequence(page: &mut Page, report: &ExportReport<'_>) {
    let title = report.server.behaviour().title;
    let written = report.result != ExportOutcome::Incomplete;
    if report.exit == 3 {
        page.labelled(
            "because",
            "some input could not be read; nothing was changed",
        );
        return;
    }
    let words =
        format!("{title} refuses every client whose chain includes a CA without a current CRL");
    match (report.missing.is_empty(), written) {
        (_, false) if report.available == 0 => page.labelled(
            "because",
            &format!(
                "there is no CRL to write, and without any {title} refuses every client or does not start; nothing was changed"
            ),
        ),
        (false, false) => page.labelled("because", &format!("{words}; nothing was changed")),
        (true, false) => page.labelled(
            "because",
            "the server would not handle these CRLs correctly; nothing was changed",
        ),
        (false, true) => page.labelled("! warning", &words),
        (true, true) => {}
    }
    let some = report.available > 0;
    match (report.complete || report.exit == 0, written) {
        (true, _) => {}
        (false, false) if some => page.labelled(
            "do",
            &report.voice.pick(
                "ptl-cert crl plan shows what to do about each; to write the available CRLs anyway, add --allow-incomplete",
                "the CRL plan shows what to do about each; the available ones are written only if an incomplete set is allowed",
            ),
        ),
        (false, _) if !report.missing.is_empty() => {
            let remedy = report.voice.pick(
                "ptl-cert crl plan shows where the CRLs come from",
                "the CRL plan shows where they come from",
            );
            page.labelled("do", &remedy);
        }
        (false, _) => {}
    }
    if report.clients_unknown && written {
        page.labelled(
            "! unknown",
            &report.voice.pick(
                "no client certificate was given for some CAs; clients whose partition's CRL is missing will be refused. Give them with --client CERT, which may be a folder",
                "no client certificate was given for some CAs; clients whose partition's CRL is missing will be refused",
            ),
        );
    }
    if report.result == ExportOutcome::PutBack {
        page.labelled(
            "because",
            "the test rejected the new files; the old files were restored and nothing was reloaded",
        );
    }
}
