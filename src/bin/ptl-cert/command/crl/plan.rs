//! `ptl-cert crl plan`.

use ptl_cert::ops::crl::Server;
use ptl_cert::ops::crl::{TrustBundle, plan};
use ptl_cert::report::crl::plan::{PlanReport, PlanSetting};
use ptl_cert::report::evidence::EvidenceReport;

use super::{context, failed};
use crate::args::crl::{self as args, Plan as Args};
use crate::command::evidence::{hashes, save};
use crate::command::reading;
use crate::outcome::Outcome;
use crate::world::World;

/// Says which CRLs are needed, and which of them are in the cache.
pub(crate) fn run(args: &Args, world: &mut World) -> anyhow::Result<Outcome> {
    let context = context(
        &args.bundle.authorities,
        &args.bundle.folder,
        args.at,
        world,
    )?;
    let options = options(&args.bundle, &args.targets, world)?;
    let mut options = options;
    options.server = args.server.map(Server::from);
    let planned = match plan::plan(&options, &context) {
        Ok(planned) => planned,
        Err(error) => return failed("plan", error),
    };
    let (words, import) = (
        words(&args.bundle, "--chain"),
        words(&args.bundle, "--issuer"),
    );
    let paths = joined(args.targets.paths.iter().map(|path| reading::typed(path)));
    let clients = args.targets.clients.iter();
    let clients = joined(clients.map(|path| format!("--client {}", reading::typed(path))));
    let asked = PlanSetting {
        bundle: &words,
        import: &import,
        certificates: &paths,
        clients: &clients,
        voice: world.voice(),
    };
    let report = PlanReport::in_voice(&planned, &asked);
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    if let Some(path) = &args.report {
        let mut page = EvidenceReport::of_plan(&report, &context.facts);
        let given = args.targets.paths.iter().chain(&args.targets.clients);
        page.files = hashes(given.chain(&args.bundle.chain), world);
        save(path, &page, &report)?;
    }
    reading::complain(&report.unread, world);
    Ok(Outcome::of(report.exit))
}

/// What a plan is drawn up for, as typed.
pub(super) fn options(
    bundle: &args::Bundle,
    targets: &args::Targets,
    world: &World,
) -> anyhow::Result<plan::Options> {
    let chain = world.named(&bundle.chain)?;
    let mut trusted = TrustBundle::of_cas(chain);
    trusted.environment.clone_from(&bundle.authorities.env);
    trusted.leave_out.clone_from(&bundle.leave_out);
    Ok(plan::Options::new(trusted)
        .certificates(world.named(&targets.paths)?)
        .clients(world.named(&targets.clients)?))
}

/// The options that name the bundle and the cache, to be typed again; CAs are `--chain` to some commands and `--issuer`
/// to others.
fn words(bundle: &args::Bundle, chain: &str) -> String {
    let mut words = Vec::new();
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.push(format!("{name} {value}"));
        }
    };
    option("--env", bundle.authorities.env.as_ref().map(reading::word));
    for path in &bundle.chain {
        option(chain, Some(reading::typed(path)));
    }
    // What is fetched and imported needs no generation to be left out.
    if chain == "--chain" {
        for generation in &bundle.leave_out {
            option("--leave-out", Some(reading::word(generation)));
        }
    }
    option(
        "--facts",
        bundle.authorities.facts.as_deref().map(reading::typed),
    );
    option(
        "--cache",
        bundle.folder.cache.as_deref().map(reading::typed),
    );
    joined(words.into_iter())
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}
