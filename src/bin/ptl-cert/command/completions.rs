//! `ptl-cert completions`: a completion script, derived from the arguments themselves.

use std::io::Write;

use clap::CommandFactory;

use crate::args::{CommandLine, Completions};
use crate::outcome::Outcome;
use crate::world::World;

/// Prints the script.
pub(crate) fn run(args: &Completions, world: &mut World) -> anyhow::Result<Outcome> {
    let mut command = CommandLine::command();
    // Into memory first: the generator panics when its stream fails.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "ptl-cert", &mut script);
    world.stdout().write_all(&script)?;
    Ok(Outcome::Good)
}
