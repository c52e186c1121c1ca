//! The command line: resolves what was typed, calls the library, renders what it answers.

mod args;
mod command;
mod memory;
mod outcome;
mod process;
mod quoted;
mod world;

use std::process::ExitCode;

fn main() -> ExitCode {
    memory::wipe_openssl();
    process::guard_maps();
    let typed = match args::CommandLine::read(arguments()) {
        Ok(typed) => typed,
        Err(usage) => {
            let format = outcome::asked_format(arguments());
            return outcome::usage(&usage, format).into();
        }
    };
    let mut world = world::World::new(&typed.global, typed.given);
    let result = command::run(&typed.command, &mut world);
    outcome::conclude(result, &mut world).into()
}

/// The words of the command line.
#[cfg(not(windows))]
fn arguments() -> std::env::ArgsOs {
    std::env::args_os()
}

/// The words of the command line; Windows' shells leave it to programs to find the files that `*.cer` means.
#[cfg(windows)]
fn arguments() -> wild::ArgsOs {
    wild::args_os()
}
