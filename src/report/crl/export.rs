//! What `crl export` reports: what was written for a server, and what came of trying it.

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::plan::lacking;
use crate::document::Moment;
use crate::report::inspection::Unread;
use crate::report::layout::{Page, style};
use crate::verdict::Severity;
use crate::verdict::plan::{Plan, Server};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/crl-export/1";

/// Everything one run of `crl export` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExportReport<'a> {
    /// `ptl-cert/crl-export/1`.
    pub schema: &'static str,
    /// The moment for which it was planned.
    pub at: Moment,
    /// The kind of server.
    pub server: Server,
    /// The folder.
    pub folder: &'a str,
    /// What came of it.
    pub result: Exported,
    /// The exit status that it leads to.
    pub exit: u8,
    /// Whether the plan was complete.
    pub complete: bool,
    /// What is missing from it, each as a sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacking: Vec<String>,
    /// Whether clients' partitions may be needed that nobody has shown.
    pub clients_unknown: bool,
    /// How many CRLs were written.
    pub crls: usize,
    /// How many CRLs are at hand that the plan has a use for.
    #[serde(skip)]
    pub at_hand: usize,
    /// The files.
    pub files: Vec<FileReport>,
    /// What came of `--test`, where it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<HookReport<'a>>,
    /// What came of `--on-change`, where it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_change: Option<HookReport<'a>>,
    /// What has to be set so that the server reads the files.
    pub settings: Vec<SettingReport>,
    /// What makes the server take up new lists.
    pub reload: &'static str,
    /// Lists of the cache that are damaged, each as a sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
}

/// What came of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Exported {
    /// New files are in place.
    Written,
    /// The files that are in place hold just this.
    Unchanged,
    /// Lists are missing, or there is none at all: nothing was changed.
    Incomplete,
    /// The test failed: the old files are back.
    PutBack,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileReport {
    /// Its name in the folder.
    pub name: String,
    /// What has become of it; with `put_back`, what would have.
    pub change: FileChange,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
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
pub struct SettingReport {
    /// Where it belongs.
    pub place: &'static str,
    /// The line.
    pub line: String,
}

/// What came of a command of the user's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HookReport<'a> {
    /// The command.
    pub command: &'a str,
    /// How it ended.
    #[serde(flatten)]
    pub end: HookEnd,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "end", rename_all = "snake_case")]
#[non_exhaustive]
pub enum HookEnd {
    /// By itself.
    Exited {
        /// Its exit status; 0 is good.
        status: i32,
    },
    /// By a signal.
    Killed,
    /// It took too long and was ended.
    TimedOut {
        /// How long it was given.
        seconds: u64,
    },
    /// It could not be started.
    NotStarted {
        /// Why.
        why: String,
    },
}

impl HookEnd {
    /// Whether it did what was asked.
    pub fn is_good(&self) -> bool {
        matches!(self, HookEnd::Exited { status: 0 })
    }

    /// How it ended, to finish the sentence "the command …".
    pub fn words(&self) -> String {
        match self {
            HookEnd::Exited { status: 0 } => "succeeded".to_owned(),
            HookEnd::Exited { status } => format!("ended with status {status}"),
            HookEnd::Killed => "was ended by a signal".to_owned(),
            HookEnd::TimedOut { seconds } => {
                format!("took longer than {seconds} s and was ended")
            }
            HookEnd::NotStarted { why } => format!("could not be started: {why}"),
        }
    }
}

impl<'a> ExportReport<'a> {
    /// What there is to say before anything is written.
    pub fn new(plan: &Plan, server: Server, folder: &'a str) -> ExportReport<'a> {
        ExportReport {
            schema: SCHEMA,
            at: plan.at,
            server,
            folder,
            result: Exported::Incomplete,
            exit: 1,
            complete: plan.is_complete(),
            lacking: lacking(plan),
            clients_unknown: !plan.knows_all_partitions(),
            crls: 0,
            at_hand: plan.crls().len(),
            files: Vec::new(),
            test: None,
            on_change: None,
            settings: Vec::new(),
            reload: server.behaviour().reload,
            damaged: Vec::new(),
            unread: Vec::new(),
        }
    }
}

/// Renders the report for a terminal of so many columns, with ANSI colours.
pub fn render(report: &ExportReport<'_>, width: usize) -> String {
    let mut page = Page::new(width);
    let hook_failed = [&report.test, &report.on_change]
        .into_iter()
        .flatten()
        .any(|hook| !hook.end.is_good());
    let bold = Style::new().bold();
    let short = report.exit != 0 && !report.complete;
    let (word, style) = match (report.result, hook_failed) {
        (Exported::Written, false) if short => ("WRITTEN, NOT ALL IN TIME", style(Severity::Error)),
        (Exported::Unchanged, false) if short => {
            ("UNCHANGED, NOT ALL IN TIME", style(Severity::Error))
        }
        (Exported::Written, false) => ("WRITTEN", bold),
        (Exported::Unchanged, false) => ("UNCHANGED", bold),
        (Exported::Written, true) => ("WRITTEN, NOT TAKEN UP", style(Severity::Error)),
        (Exported::Unchanged, true) => ("UNCHANGED, NOT TAKEN UP", style(Severity::Error)),
        (Exported::Incomplete, _) => ("NOT WRITTEN", style(Severity::Error)),
        (Exported::PutBack, _) => ("PUT BACK", style(Severity::Error)),
    };
    let behaviour = report.server.behaviour();
    page.line(&format!(
        "CRLs for {}  {style}{word}{style:#}  exit {}",
        behaviour.title, report.exit
    ));
    page.labelled("folder", report.folder);
    for file in &report.files {
        let change = match file.change {
            FileChange::Added => "new",
            FileChange::Replaced => "replaced",
            FileChange::Unchanged => "unchanged",
            FileChange::Removed => "removed",
        };
        page.labelled("file", &format!("{} ({change})", file.name));
    }
    for (number, lacking) in report.lacking.iter().enumerate() {
        page.labelled(if number == 0 { "✗ missing" } else { "" }, lacking);
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
                &format!("{} {}", hook.command, hook.end.words()),
            );
        }
    }
    if hook_failed && report.result != Exported::PutBack {
        page.labelled(
            "  do",
            "mend what the command complained of and run this again: it is repeated until it succeeds",
        );
    }
    if report.result == Exported::Written && report.on_change.is_none() {
        page.labelled("reload", report.reload);
    }
    if !report.settings.is_empty() {
        page.gap();
        for setting in &report.settings {
            page.labelled("set", setting.place);
            page.line(&format!("    {}", setting.line));
        }
    }
    page.into_text()
}

fn consequence(page: &mut Page, report: &ExportReport<'_>) {
    let title = report.server.behaviour().title;
    if !report.complete {
        let words =
            format!("{title} refuses every client whose chain passes a CA without a list in time");
        match report.result {
            Exported::Incomplete if report.at_hand == 0 => {
                page.labelled(
                    "because",
                    &format!(
                        "there is no list to write: with none at all {title} refuses everybody, or does not start; nothing was changed"
                    ),
                );
                page.labelled("do", "ptl-cert crl plan says where the lists come from");
            }
            Exported::Incomplete => {
                page.labelled("because", &format!("{words}; nothing was changed"));
                page.labelled(
                    "do",
                    "ptl-cert crl plan says where the lists come from; to write what is there all the same, add --incomplete",
                );
            }
            _ => {
                page.labelled("! warning", &words);
                if report.exit != 0 {
                    page.labelled("do", "ptl-cert crl plan says where the lists come from");
                }
            }
        }
    }
    if report.clients_unknown && report.result != Exported::Incomplete {
        page.labelled(
            "! unknown",
            "no client was shown of some CAs: a client whose partition is not among these lists is refused. Give clients' certificates, or bring all partitions into the cache",
        );
    }
    if report.result == Exported::PutBack {
        page.labelled(
            "because",
            "the test did not accept the new files; the files that were there before are back, and nothing was reloaded",
        );
    }
}
