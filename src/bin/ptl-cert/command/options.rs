//! `ptl-cert options`: the options that every command has; `ptl-cert help options` prints the same.

use std::io::Write;

use clap::CommandFactory;

use crate::args::CommandLine;
use crate::outcome::Outcome;
use crate::world::World;

/// Prints them.
pub(crate) fn run(world: &mut World) -> anyhow::Result<Outcome> {
    let mut root = CommandLine::command();
    root.build();
    if let Some(options) = root.find_subcommand_mut("options") {
        let help = options.render_long_help();
        write!(world.stdout(), "{}", help.ansi())?;
    }
    Ok(Outcome::Good)
}
