//! The command line: resolves what was typed, calls the library, renders what it answers.

mod args;
mod command;
mod outcome;
mod process;
mod world;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let typed = match args::CommandLine::try_parse() {
        Ok(typed) => typed,
        Err(usage) => return outcome::usage(&usage).into(),
    };
    let mut world = world::World::new(&typed.global);
    let result = command::run(&typed.command, &mut world);
    outcome::conclude(result, &mut world).into()
}
