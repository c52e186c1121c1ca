//! `ptl-cert completions`: a completion script, derived from the arguments themselves.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::{CommandLine, Completions};
use crate::outcome::Outcome;
use crate::world::World;

/// The name that bash's functions are generated for. With a hyphen in it, clap_complete 4.6 names a command's case differently
/// from the word that selects it, so that nothing is offered below the top level.
const PLAIN: &str = "ptlcert";

/// Prints the script.
pub(crate) fn run(args: &Completions, world: &mut World) -> anyhow::Result<Outcome> {
    let mut command = CommandLine::command();
    // Into memory first: the generator panics when its stream fails.
    let mut script = Vec::new();
    match args.shell {
        Shell::Bash => {
            clap_complete::generate(Shell::Bash, &mut command, PLAIN, &mut script);
            let text = String::from_utf8_lossy(&script);
            let registered = text.replace(&format!(" {PLAIN}\n"), " ptl-cert\n");
            world.stdout().write_all(registered.as_bytes())?;
        }
        shell => {
            clap_complete::generate(shell, &mut command, "ptl-cert", &mut script);
            world.stdout().write_all(&script)?;
        }
    }
    Ok(Outcome::Good)
}
