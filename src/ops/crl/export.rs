//! The CRLs of a plan, written as a server reads them: all files or none, tested, and rolled back if the server rejects them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::Error;
use super::plan::{self, Gathered};
use crate::export::crls::{self, CrlInput, Setting};
use crate::ops::Context;
use crate::ops::gather::Unread;
use crate::ops::hand_over::{Hooks, hand_over};
use crate::revocation::SearchableCrl;
use crate::store::crl_cache::{CachedCrl, Damaged};
use crate::store::set::{ChangeKind, Content, Folder, Foreign};
use crate::verdict::plan::{Completeness, CrlPlan, Server};

/// What to write, where, and what to do then.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What the plan is drawn up for. Its kind of server is [`Options::server`].
    pub plan: plan::Options,
    /// The kind of server.
    pub server: Server,
    /// The folder to write to, which is made if it is missing.
    pub folder: PathBuf,
    /// Whether CRLs are written although the server would admit or refuse the wrong clients with them.
    pub incomplete: Incomplete,
    /// What to do about files with the same names that another program wrote.
    pub foreign: Foreign,
    /// A command that says whether the server accepts the new files.
    pub test: Option<String>,
    /// A command to run after the files have changed.
    pub on_change: Option<String>,
}

/// What to do about an incomplete set of CRLs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incomplete {
    /// It is not written. A set that is complete but expired is written, and is not a good answer: the server refuses the same clients with
    /// the old files.
    #[default]
    Refuse,
    /// It is written, and that is a good answer.
    Allow,
}

/// Runs one of the user's commands. `()` runs none: it is for exports without commands.
pub trait Runner {
    /// Runs it and returns its outcome.
    fn run(&mut self, command: &str) -> CommandOutcome;
}

impl Runner for () {
    fn run(&mut self, _: &str) -> CommandOutcome {
        CommandOutcome::NotStarted {
            reason: "this program runs no commands".to_owned(),
        }
    }
}

/// The outcome of an export.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exported {
    /// The plan.
    pub plan: CrlPlan,
    /// The result.
    pub outcome: ExportOutcome,
    /// How many CRLs were written.
    pub crls: usize,
    /// The files.
    pub files: Vec<(String, ChangeKind)>,
    /// What has to be set so that the server reads them.
    pub settings: Vec<Setting>,
    /// The outcome of the test, if it was run.
    pub test: Option<CommandOutcome>,
    /// The outcome of the command after the change, if it was run.
    pub on_change: Option<CommandOutcome>,
    /// CRLs of the cache that are damaged.
    pub damaged: Vec<Damaged>,
    /// What could not be read; then nothing is written.
    pub unread: Vec<Unread>,
    /// Whether everything is as requested: the files are in place, nothing is missing from them that was not
    /// allowed to be, and every command succeeded.
    pub is_good: bool,
}

/// The result of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExportOutcome {
    /// New files are in place.
    Written,
    /// The existing files already hold exactly this.
    Unchanged,
    /// CRLs are missing, the server would mishandle them, or there is none at all: nothing
    /// was changed.
    Incomplete,
    /// The test failed: the old files are back.
    PutBack,
}

/// The outcome of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CommandOutcome {
    /// By itself.
    Exited {
        /// Its exit status; 0 is good.
        status: i32,
    },
    /// By a signal.
    Killed,
    /// It took too long and was stopped.
    TimedOut {
        /// How long it was given.
        seconds: u64,
    },
    /// It could not be started.
    NotStarted {
        /// Why.
        reason: String,
    },
}

impl CommandOutcome {
    /// Whether it did what was asked.
    pub fn is_good(&self) -> bool {
        matches!(self, CommandOutcome::Exited { status: 0 })
    }
}

impl Options {
    /// Writes for this kind of server into this folder.
    pub fn new(plan: plan::Options, server: Server, folder: &Path) -> Options {
        Options {
            plan: plan.server(server),
            server,
            folder: folder.to_owned(),
            incomplete: Incomplete::default(),
            foreign: Foreign::Refuse,
            test: None,
            on_change: None,
        }
    }

    /// What to do about an incomplete set.
    pub fn incomplete(mut self, incomplete: Incomplete) -> Options {
        self.incomplete = incomplete;
        self
    }

    /// What to do about files with the same names that another program wrote.
    pub fn foreign(mut self, foreign: Foreign) -> Options {
        self.foreign = foreign;
        self
    }

    /// Tests the new files with this command.
    pub fn test(mut self, command: impl Into<String>) -> Options {
        self.test = Some(command.into());
        self
    }

    /// Runs this command after a change.
    pub fn on_change(mut self, command: impl Into<String>) -> Options {
        self.on_change = Some(command.into());
        self
    }
}

/// Writes what the plan finds. An expired CRL does not hold back those that are current.
///
/// # Errors
/// When no CA is named, the cache cannot be read, or the folder cannot be written.
pub fn export(
    options: &Options,
    runner: &mut dyn Runner,
    context: &Context<'_>,
) -> Result<Exported, Error> {
    let mut gathered = Gathered::load(&options.plan, context)?;
    let mut unread = std::mem::take(&mut gathered.unread);
    let cached = gathered.crls(&mut unread);
    let plan = gathered.plan(&cached, Some(options.server), context);
    let allowed = options.incomplete == Incomplete::Allow;
    // Without any CRL there is nothing that a server could start with, and the files that are there may be good.
    let some = !plan.crls().is_empty();
    let writes = allowed || plan.lacks_time_alone() && !plan.has_faults();
    let mut exported = Exported {
        outcome: ExportOutcome::Incomplete,
        crls: 0,
        files: Vec::new(),
        settings: Vec::new(),
        test: None,
        on_change: None,
        damaged: Vec::new(),
        is_good: false,
        plan,
        unread,
    };
    if exported.unread.is_empty() && some && writes {
        write(options, &cached, runner, &mut exported)?;
        // The server refuses some clients, and that was not permitted.
        let complete = exported.plan.completeness() == Completeness::Complete;
        exported.is_good &= complete || allowed;
    }
    exported.damaged = gathered.damaged;
    Ok(exported)
}

/// Writes, tests, keeps or rolls back, and reloads the server.
fn write(
    options: &Options,
    cached: &[(&CachedCrl, SearchableCrl<'_>)],
    runner: &mut dyn Runner,
    exported: &mut Exported,
) -> Result<(), Error> {
    let sources: Vec<CrlInput<'_>> = exported
        .plan
        .crls()
        .iter()
        .filter_map(|place| cached.get(*place))
        .map(|(cached, crl)| CrlInput {
            id: &cached.about().slot,
            issuer: &crl.header().issuer,
            der: crl.der(),
        })
        .collect();
    let files = crls::files(options.server, &sources)?;
    let writers: Vec<_> = files
        .iter()
        .map(|file| move |out: &mut dyn Write| -> io::Result<()> { file.write(out) })
        .collect();
    let contents = Content::each(files.iter().map(|file| file.name.as_str()), &writers);
    let folder = Folder::open(&options.folder)?;
    let staged = folder.stage(&contents, options.foreign)?;
    exported.crls = sources.len();
    exported.files = staged.changes().to_vec();
    // A server is not started where this was.
    let full = std::path::absolute(&options.folder).unwrap_or_else(|_| options.folder.clone());
    exported.settings = crls::settings(options.server, &full);
    let hooks = Hooks {
        test: options.test.as_deref(),
        on_change: options.on_change.as_deref(),
    };
    let handed = hand_over(&folder, staged, hooks, runner)?;
    exported.outcome = match (handed.put_back, handed.changed) {
        (true, _) => ExportOutcome::PutBack,
        (false, true) => ExportOutcome::Written,
        (false, false) => ExportOutcome::Unchanged,
    };
    exported.is_good = handed.is_good();
    exported.test = handed.test;
    exported.on_change = handed.on_change;
    Ok(())
}
