//! `ptl-cert csr`: keys and requests, for one host or for a list of them.

mod batch;
mod existing_key;
mod hosts;
mod make;
mod next;

use std::io::Write;
use std::path::PathBuf;

use clap::CommandFactory;
use clap::error::ErrorKind;
use ptl_cert::fqdn::{Fqdn, NamingFault};
use ptl_cert::input::Shown;
use ptl_cert::report::csr::{CsrReport, Detail};
use thiserror::Error;

use self::hosts::Asked;
use self::make::Maker;
use crate::args::{CommandLine, Csr, FailOn, Format};
use crate::outcome::Outcome;
use crate::world::World;

/// What the command itself refuses.
#[derive(Debug, Error)]
pub(crate) enum CsrError {
    /// A host name that is sound, but not for an NHS certificate.
    #[error("{fqdn} is not acceptable: {fault}")]
    Name { fqdn: Fqdn, fault: NamingFault },
    /// The list cannot be used.
    #[error("the list of hosts {} cannot be used", path.shown())]
    SearchableCrl { path: PathBuf },
    /// The key of `--key` cannot be used.
    #[error("the key {} cannot be used", path.shown())]
    Key { path: PathBuf },
    /// The file of `--key` holds no key.
    #[error("there is no private key in it")]
    NoKey,
    /// The file of `--key` holds more than one.
    #[error("there are {found} private keys in it, expected one")]
    SeveralKeys { found: usize },
}

/// Makes every pair that was asked for, and says what became of each.
pub(crate) fn run(args: &Csr, world: &mut World) -> anyhow::Result<Outcome> {
    refuse_combinations(args, world)?;
    let (asked, mut notes) = hosts::resolve(args, world)?;
    let maker = Maker::prepare(args, world)?;
    notes.extend(maker.note());
    if let (
        [
            Asked {
                line: None,
                host: Ok(host),
                ..
            },
        ],
        None,
    ) = (asked.as_slice(), &args.hosts)
    {
        let report = maker.write(host, maker.make(host)?)?;
        return conclude(args, CsrReport::new(vec![report], notes, Vec::new()), world);
    }
    let bar = world.progress(asked.len(), "hosts");
    let hosts = batch::run(&maker, asked, &bar);
    bar.finish_and_clear();
    conclude(args, CsrReport::new(hosts, notes, Vec::new()), world)
}

fn conclude(args: &Csr, mut report: CsrReport, world: &mut World) -> anyhow::Result<Outcome> {
    report.next = next::steps(args, &report);
    match world.format() {
        Format::Text => {
            let detail = match (world.is_quiet(), world.is_verbose()) {
                (true, _) => Detail::Brief,
                (false, true) => Detail::Full,
                (false, false) => Detail::Usual,
            };
            let text = report.render(detail, world.width());
            world.stdout().write_all(text.as_bytes())?;
        }
        Format::Json | Format::Ndjson => {
            serde_json::to_writer(world.stdout(), &report)?;
            writeln!(world.stdout())?;
        }
    }
    let warned = world.fail_on() == Some(FailOn::Warning) && report.has_notes();
    Ok(if report.summary.failed > 0 || warned {
        Outcome::Bad
    } else {
        Outcome::Good
    })
}

/// What clap cannot see by itself.
fn refuse_combinations(args: &Csr, world: &World) -> anyhow::Result<()> {
    let refuse = |message: &str| {
        let mut command = CommandLine::command();
        command.build();
        let error = match command.find_subcommand_mut("csr") {
            Some(csr) => csr.error(ErrorKind::ArgumentConflict, message),
            None => command.error(ErrorKind::ArgumentConflict, message),
        };
        Err(error.into())
    };
    if world.format() == Format::Ndjson {
        return refuse("csr has no --format ndjson; use --format json");
    }
    if args.fqdn.len() > 1 && !args.san.is_empty() {
        return refuse(
            "--san is for one --fqdn; for several hosts use --hosts with a `san` column",
        );
    }
    if args.fqdn.len() > 1 && args.key.is_some() {
        return refuse("--key is for one --fqdn; each host needs a key of its own");
    }
    Ok(())
}
