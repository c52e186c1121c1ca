//! `ptl-cert inventory`.

use std::io::Write;
use std::path::PathBuf;

use ptl_cert::ops::inventory::{self, Meant, Options, Periods};
use ptl_cert::ops::probe::ProxyUse;
use ptl_cert::report::inventory::InventoryReport;
use ptl_cert::report::problem::{ErrorCode, ProblemReport as Complaint};
use ptl_cert::wire::probe::ProbeLimits;

use super::reading;
use crate::args::{Inventory, Monitor};
use crate::outcome::Outcome;
use crate::world::World;

/// Lists what expires when.
pub(crate) fn run(args: &Inventory, world: &mut World) -> anyhow::Result<Outcome> {
    let facts = reading::facts(args.facts.as_deref(), world)?;
    let proxy = world.proxy()?;
    let console = world.console();
    let context = world
        .context(world.moment(args.at), facts, None, &console)
        .proxy(proxy);
    let found = inventory::inventory(&options(args, world)?, &context);
    let report = InventoryReport::in_voice(&found, world.voice());
    let outcome = match world.monitor() {
        Some(Monitor::Nagios) => {
            world.stdout().write_all(report.nagios().as_bytes())?;
            Outcome::of(report.nagios_exit())
        }
        Some(Monitor::Prometheus) => {
            world.stdout().write_all(report.prometheus().as_bytes())?;
            Outcome::of(report.exit)
        }
        None => {
            let detail = world.detail();
            world.print(&report, |width| report.render(detail, width))?;
            Outcome::of(report.exit)
        }
    };
    reading::mention(&report.passed_over, world);
    reading::complain(&report.unread, world);
    complain_of_hosts(&report, world);
    Ok(outcome)
}

fn options(args: &Inventory, world: &mut World) -> anyhow::Result<Options> {
    let (mut paths, mut hosts): (Vec<PathBuf>, _) = (Vec::new(), Vec::new());
    for word in &args.targets {
        match Meant::by(word) {
            Meant::Host(endpoint) => hosts.push(endpoint),
            _ => paths.push(word.clone()),
        }
    }
    let mut options = Options::new(world.named(&paths)?).endpoints(hosts);
    options.depth = reading::depth(args.recursive);
    options.password = world.read_passphrase_of(args.password_file.as_deref())?;
    options.periods = Periods {
        certificate_days: args.within,
        crl_seconds: i64::try_from(args.crl_within.as_secs()).unwrap_or(i64::MAX),
    };
    if args.no_proxy {
        options.proxy = ProxyUse::Bypass;
    }
    options.limits = ProbeLimits::within(args.timeout);
    Ok(options)
}

/// Says which hosts sent no certificate, and why.
fn complain_of_hosts(report: &InventoryReport, world: &mut World) {
    for one in &report.unreached {
        let complaint = Complaint {
            code: ErrorCode::NotDecided,
            message: one.message.clone(),
            causes: Vec::new(),
            remedy: one.remedy().map(str::to_owned),
        };
        let text = complaint.render("error", world.width());
        world.complain(&text);
    }
}
