//! `ptl-cert crl import`.

use std::path::Path;

use ptl_cert::ops::crl::import::{self, Error, From, Options};
use ptl_cert::report::crl::import::ImportReport;

use crate::args::crl::Import;
use crate::command::reading;
use crate::outcome::Outcome;
use crate::world::World;

/// Installs CRLs that were downloaded.
pub(crate) fn run(args: &Import, world: &mut World) -> anyhow::Result<Outcome> {
    let facts = reading::facts(args.signers.authorities.facts.as_deref(), world)?;
    let mut crls = Vec::new();
    for given in &args.crls {
        crls.push(match is_url(given) {
            true => From::Url(given.clone()),
            false => From::Named(world.named_one(Path::new(given))?),
        });
    }
    let mut options = Options::new(crls);
    options.environment = args.signers.authorities.env.clone();
    options.issuers = world.named(&args.signers.issuer)?;
    options.limits = args.download.limits();
    options.wait = args.installing.wait;
    options.rollback = args.installing.rollback();
    let cache = world.cache_folder(args.installing.folder.cache.as_deref())?;
    let console = world.console();
    let at = world.moment(args.installing.at);
    let context = world.context(at, facts, Some(&cache), &console);
    let context = context.proxy(world.proxy()?);
    match import::import(&options, &context) {
        Ok(imported) => say(&ImportReport::imported(&imported, world.voice()), world),
        Err(Error::Environment(unknown)) => super::refuse("import", &unknown.to_string()),
        Err(error) => Err(error.into()),
    }
}

/// Prints what became of the CRLs of an update or an import.
pub(super) fn say(report: &ImportReport, world: &mut World) -> anyhow::Result<Outcome> {
    let detail = world.detail();
    world.print(report, |width| report.render(detail, width))?;
    reading::complain(&report.unread, world);
    Ok(Outcome::of(report.exit))
}

fn is_url(given: &str) -> bool {
    let scheme = given.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        ["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    })
}
