//! New files for a server: tried by its own test, kept or rolled back, and the server reloaded.

use crate::store::set::{Folder, SetError, Staged};

use super::crl::export::{CommandOutcome, Runner};

/// The user's commands that go with a set of files.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hooks<'h> {
    /// Says whether the server accepts the new files.
    pub(super) test: Option<&'h str>,
    /// Makes the server load them.
    pub(super) on_change: Option<&'h str>,
}

/// The result.
#[derive(Debug)]
pub(super) struct HandedOver {
    /// Whether the files differ from those that were there.
    pub(super) changed: bool,
    /// Whether the old files are back.
    pub(super) put_back: bool,
    /// The outcome of the test, if it was run.
    pub(super) test: Option<CommandOutcome>,
    /// The outcome of the command after the change, if it was run.
    pub(super) on_change: Option<CommandOutcome>,
}

impl HandedOver {
    /// Whether every command that was run did what was asked.
    pub(super) fn is_good(&self) -> bool {
        [&self.test, &self.on_change]
            .into_iter()
            .flatten()
            .all(CommandOutcome::is_good)
    }
}

/// Places a set, has it tested, keeps it or restores the old one, and reloads the server.
///
/// A change that the server has not loaded yet is tried again, also when nothing has changed since.
pub(super) fn hand_over(
    folder: &Folder,
    staged: Staged<'_>,
    hooks: Hooks<'_>,
    runner: &mut dyn Runner,
) -> Result<HandedOver, SetError> {
    let mut handed = HandedOver {
        changed: staged.is_changed(),
        put_back: false,
        test: None,
        on_change: None,
    };
    let was_due = folder.is_due()?;
    let placed = staged.place()?;
    let mut hook = |command: Option<&str>| Some(runner.run(command?));
    if handed.changed || was_due {
        handed.test = hook(hooks.test);
        if handed.test.as_ref().is_some_and(|end| !end.is_good()) {
            placed.put_back()?;
            handed.put_back = handed.changed;
            return Ok(handed);
        }
    }
    placed.keep()?;
    if folder.is_due()? {
        handed.on_change = hook(hooks.on_change);
        match &handed.on_change {
            Some(end) if !end.is_good() => {}
            // A run without a command does not complete what an earlier one with a command could not.
            None if was_due => {}
            _ => folder.settle()?,
        }
    }
    Ok(handed)
}
