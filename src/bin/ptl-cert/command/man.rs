//! `ptl-cert man`: one manual page a command, derived from the arguments themselves.

use std::io::Write;

use clap::CommandFactory;

use crate::args::{CommandLine, Man};
use crate::outcome::Outcome;
use crate::world::World;

use ptl_cert::input::Shown;

/// Writes ptl-cert.1 and a page for every command and subcommand, such as ptl-cert-crl-update.1, into a folder.
pub(crate) fn run(args: &Man, world: &mut World) -> anyhow::Result<Outcome> {
    let mut root = CommandLine::command();
    root.build();
    let mut commands = vec![&root];
    let mut next = 0;
    while let Some(command) = commands.get(next) {
        next += 1;
        let below = command.get_subcommands();
        commands.extend(below.filter(|command| command.get_name() != "help"));
    }
    for command in commands {
        let page = clap_mangen::Man::new(command.clone());
        let name = page.get_filename();
        let mut roff = Vec::new();
        page.render(&mut roff)?;
        ptl_cert::store::write::file(&args.directory.join(&name), &roff)?;
        if !world.is_quiet() {
            writeln!(world.stdout(), "{}", args.directory.join(&name).shown())?;
        }
    }
    Ok(Outcome::Good)
}
