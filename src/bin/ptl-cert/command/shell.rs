//! Commands of the user's, run with the system's shell.

use std::time::Duration;

use ptl_cert::ops::crl::export::{CommandOutcome, Runner};

use crate::process;
use crate::world::World;

/// The system's shell, for so long a command.
pub(crate) struct Shell<'w> {
    pub(crate) limit: Duration,
    pub(crate) world: &'w mut World,
}

impl Runner for Shell<'_> {
    fn run(&mut self, command: &str) -> CommandOutcome {
        // What was printed before comes first.
        self.world.stdout().show();
        process::run(command, self.limit)
    }
}
