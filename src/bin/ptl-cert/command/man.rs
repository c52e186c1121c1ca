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
    ptl_cert::store::write::folder(&args.directory)?;
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
        render(&page, command, &mut roff)?;
        ptl_cert::store::write::file(&args.directory.join(&name), &roff)?;
        if !world.is_quiet() {
            writeln!(world.stdout(), "{}", args.directory.join(&name).shown())?;
        }
    }
    Ok(Outcome::Good)
}

/// The page, with a synopsis that has the values of options and says which may be repeated; clap_mangen's names the options
/// only.
fn render(
    page: &clap_mangen::Man,
    command: &clap::Command,
    roff: &mut Vec<u8>,
) -> std::io::Result<()> {
    page.render_title(roff)?;
    page.render_name_section(roff)?;
    writeln!(roff, ".SH SYNOPSIS\n{}", synopsis(command))?;
    page.render_description_section(roff)?;
    page.render_options_section(roff)?;
    if command.has_subcommands() {
        page.render_subcommands_section(roff)?;
    }
    page.render_extra_section(roff)?;
    page.render_version_section(roff)
}

/// The command with its arguments: `ptl-cert verify [--env ENV] [--trust FILE]… CERT…`.
fn synopsis(command: &clap::Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let mut words = vec![format!("\\fB{}\\fR", escaped(name))];
    for argument in command.get_arguments() {
        if argument.is_hide_set() || argument.is_global_set() || argument.get_id() == "help" {
            continue;
        }
        let repeated = matches!(argument.get_action(), clap::ArgAction::Append);
        let takes_value = argument.get_action().takes_values();
        let value = argument
            .get_value_names()
            .and_then(|names| names.first())
            .filter(|_| takes_value)
            .map(|name| format!("\\fI{}\\fR", escaped(name)));
        let option = argument
            .get_long()
            .map(|long| format!("\\fB{}\\fR", escaped(&format!("--{long}"))));
        let word: Vec<String> = option.into_iter().chain(value).collect();
        let word = word.join(" ");
        let more = if repeated { "\\[u2026]" } else { "" };
        words.push(match argument.is_required_set() {
            true => format!("{word}{more}"),
            false => format!("[{word}]{more}"),
        });
    }
    if command.has_subcommands() {
        words.push("\\fICOMMAND\\fR".to_owned());
    }
    words.join(" ")
}

/// A hyphen that may be copied.
fn escaped(text: &str) -> String {
    text.replace('-', "\\-")
}
