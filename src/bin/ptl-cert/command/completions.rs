//! `ptl-cert completions`: a completion script, derived from the arguments themselves.

use std::io::Write;

use clap::CommandFactory;
use clap::builder::Resettable;
use clap_complete::Shell;

use crate::args::{CommandLine, Completions, global};
use crate::outcome::Outcome;
use crate::world::World;

/// The name that bash's functions are generated for. With a hyphen in it, clap_complete 4.6 names a command's case differently
/// from the word that selects it, so that nothing is offered below the top level.
const PLAIN: &str = "ptlcert";

/// Prints the script.
pub(crate) fn run(args: &Completions, world: &mut World) -> anyhow::Result<Outcome> {
    let mut command = offered();
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
            let mut command = with_all_formats(command);
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

/// The command line as it may be completed: clap_complete 4.6 offers hidden options and commands too, and takes no copy of a
/// command without them. What is offered is declared by each command itself, so that none inherits what it hides.
fn offered() -> clap::Command {
    let mut whole = CommandLine::command();
    whole.build();
    without_hidden(&whole)
}

fn without_hidden(command: &clap::Command) -> clap::Command {
    // clap takes no owned name; a run prints one script.
    let name: &'static str = command.get_name().to_owned().leak();
    let mut offered = clap::Command::new(name)
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true);
    if let Some(about) = command.get_about() {
        offered = offered.about(about.clone());
    }
    let hides = |id: &str| {
        command
            .get_arguments()
            .any(|argument| argument.get_id() == id && argument.is_hide_set())
    };
    for argument in command.get_arguments().filter(|one| !one.is_hide_set()) {
        let argument = argument.clone().global(false);
        offered = offered.arg(match argument.get_id() == "quiet" && hides("verbose") {
            true => argument.conflicts_with(Resettable::Reset),
            false => argument,
        });
    }
    let below = command.get_subcommands().filter(|one| !one.is_hide_set());
    offered.subcommands(below.map(without_hidden))
}

/// zsh completes the value of `--format` where the outermost command declares it, so that there every value has to be known.
fn with_all_formats(command: clap::Command) -> clap::Command {
    if !command.has_subcommands() {
        return command;
    }
    command
        .mut_args(global::formats(&global::ALL))
        .mut_subcommands(with_all_formats)
}

/// What clap_complete 4.6 gets wrong for fish: it offers no values of arguments without a name.
fn for_fish(script: &str, built: &clap::Command) -> String {
    let mut text = script.to_owned();
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
