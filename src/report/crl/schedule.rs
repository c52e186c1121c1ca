//! What `crl schedule` reports: a job's files, and what to do with them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::crl::schedule::Scheduled;

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/crl-schedule/1";

/// Everything one run of `crl schedule` has to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ScheduleReport {
    /// `ptl-cert/crl-schedule/1`.
    pub schema: &'static str,
    /// The scheduler: `systemd`, `cron`, `windows-task` or `kubernetes`.
    pub scheduler: &'static str,
    /// How often the job runs: `daily` or `weekly`.
    pub every: String,
    /// The commands, each the program and its arguments; each is run, whatever
    /// became of the one before, and the scheduler sees that one of them failed.
    pub commands: Vec<Vec<String>>,
    /// The files.
    pub files: Vec<JobText>,
    /// What to do with them, in order.
    pub steps: Vec<String>,
}

/// One file of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct JobText {
    /// Its name, without a folder.
    pub name: String,
    /// All of it.
    pub text: String,
}

impl From<&Scheduled> for ScheduleReport {
    fn from(scheduled: &Scheduled) -> ScheduleReport {
        let files = scheduled.files.iter().map(|file| JobText {
            name: file.name.clone(),
            text: file.text.clone(),
        });
        ScheduleReport {
            schema: SCHEMA,
            scheduler: scheduled.scheduler.id(),
            every: scheduled.job.every.to_string(),
            commands: scheduled.job.commands.clone(),
            files: files.collect(),
            steps: scheduled.steps.clone(),
        }
    }
}

impl ScheduleReport {
    /// The files as text: one alone as it is, so that it can be redirected into a file; of several each below a comment
    /// with its name.
    pub fn render(&self) -> String {
        match self.files.as_slice() {
            [only] => only.text.clone(),
            several => {
                let parts: Vec<String> = several
                    .iter()
                    .map(|file| format!("# ---- {} ----\n{}", file.name, file.text))
                    .collect();
                parts.join("\n")
            }
        }
    }

    /// What to do with the files, for people; said beside them and not among them.
    pub fn render_steps(&self) -> String {
        let lines = self.steps.iter().enumerate().map(|(number, line)| {
            let label = if number == 0 { "next" } else { "" };
            format!("  {label:<8}{line}\n")
        });
        lines.collect()
    }
}
