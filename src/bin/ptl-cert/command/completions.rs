//! `ptl-cert completions`: a completion script, derived from the arguments themselves.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::{CommandLine, Completions, global};
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
        Shell::Fish => {
            clap_complete::generate(Shell::Fish, &mut command, "ptl-cert", &mut script);
            let text = String::from_utf8_lossy(&script);
            world
                .stdout()
                .write_all(for_fish(&text, &command).as_bytes())?;
        }
        Shell::Zsh => {
            let mut command = for_zsh(command);
            clap_complete::generate(Shell::Zsh, &mut command, "ptl-cert", &mut script);
            world.stdout().write_all(&script)?;
        }
        shell => {
            clap_complete::generate(shell, &mut command, "ptl-cert", &mut script);
            world.stdout().write_all(&script)?;
        }
    }
    Ok(Outcome::Good)
}

/// zsh completes the value of `--format` where the outermost command declares it, so that there every value has to be known.
fn for_zsh(mut command: clap::Command) -> clap::Command {
    command.build();
    with_all_formats(command)
}

fn with_all_formats(command: clap::Command) -> clap::Command {
    if !command.has_subcommands() {
        return command;
    }
    command
        .mut_args(global::formats(&global::ALL))
        .mut_subcommands(with_all_formats)
}

/// What clap_complete 4.6 gets wrong for fish: it offers hidden commands, and no values of arguments without a name.
fn for_fish(script: &str, built: &clap::Command) -> String {
    let hidden: Vec<String> = built
        .get_subcommands()
        .filter(|command| command.is_hide_set())
        .map(|command| format!(" -f -a \"{}\" -d ", command.get_name()))
        .collect();
    let mut text = String::with_capacity(script.len());
    for line in script.lines() {
        if !hidden.iter().any(|hidden| line.contains(hidden)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    for command in built.get_subcommands() {
        let values: Vec<String> = command
            .get_positionals()
            .flat_map(clap::Arg::get_possible_values)
            .filter(|value| !value.is_hide_set())
            .map(|value| value.get_name().to_owned())
            .collect();
        if !values.is_empty() && command.get_name() != "help" {
            text.push_str(&format!(
                "complete -c ptl-cert -n \"__fish_ptl_cert_using_subcommand {}\" -f -a \"{}\"\n",
                command.get_name(),
                values.join(" ")
            ));
        }
    }
    text
}
