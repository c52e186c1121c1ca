//! `ptl-cert man`: one manual page a command, derived from the arguments themselves.

use std::io::Write;

use clap::CommandFactory;

use crate::args::{CommandLine, Man};
use crate::outcome::Outcome;
use crate::world::World;

/// Writes ptl-cert.1 and ptl-cert-COMMAND.1 into a folder.
pub(crate) fn run(args: &Man, world: &mut World) -> anyhow::Result<Outcome> {
    let mut root = CommandLine::command();
    root.build();
    let commands = root
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
        .cloned();
    for command in std::iter::once(root.clone()).chain(commands) {
        let page = clap_mangen::Man::new(command);
        let name = page.get_filename();
        let mut roff = Vec::new();
        page.render(&mut roff)?;
        ptl_cert::store::write::file(&args.directory.join(&name), &roff)?;
        if !world.is_quiet() {
            writeln!(world.stdout(), "{}", args.directory.join(&name).display())?;
        }
    }
    Ok(Outcome::Good)
}
