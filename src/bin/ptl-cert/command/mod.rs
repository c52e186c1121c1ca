//! One file a command: resolve what was typed, call the library, render what it answers.

mod accept;
mod completions;
mod crl;
pub(crate) mod csr;
mod environments;
mod doctor;
mod evidence;
mod explain;
mod export;
mod inspect;
mod inventory;
mod lab;
mod listen;
mod man;
mod options;
mod matching;
mod preflight;
mod probe;
mod reading;
mod renew;
mod schema;
mod serve;
mod shell;
mod trust;
mod verify;

pub(crate) use self::listen::NoCaller;
use crate::args::Command;
use crate::outcome::Outcome;
use crate::world::World;

/// Runs the command that was typed.
pub(crate) fn run(command: &Command, world: &mut World) -> anyhow::Result<Outcome> {
    match command {
        Command::Csr(args) => csr::run(args, world),
        Command::Inspect(args) => inspect::run(args, world),
        Command::Match(args) => matching::run(args, world),
        Command::Inventory(args) => inventory::run(args, world),
        Command::Renew(args) => renew::run(args, world),
        Command::Accept(args) => accept::run(args, world),
        Command::Verify(args) => verify::run(args, world),
        Command::Crl(args) => crl::run(args, world),
        Command::Trust(args) => trust::run(args, world),
        Command::Export(args) => export::run(args, world),
        Command::Probe(args) => probe::run(args, world),
        Command::Preflight(args) => preflight::run(args, world),
        Command::Listen(args) => listen::run(args, world),
        Command::Doctor(args) => doctor::run(args, world),
        Command::Serve(args) => serve::run(args, world),
        Command::Lab(args) => lab::run(args, world),
        Command::Environments(args) => environments::run(args, world),
        Command::Explain(args) => explain::run(args, world),
        Command::Schema(args) => schema::run(args, world),
        Command::Completions(args) => completions::run(args, world),
        Command::Man(args) => man::run(args, world),
        Command::Options => options::run(world),
    }
}
