//! `ptl-cert crl update`.

use ptl_cert::ops::crl::update::{self, Error, Options};
use ptl_cert::report::crl::import::ImportReport;
use ptl_cert::wire::fetch::ContentEncoding;

use super::import::say;
use crate::args::crl::Update;
use crate::command::reading;
use crate::outcome::Outcome;
use crate::world::World;

/// Fetches every CRL that can be fetched and installs those that are good.
pub(crate) fn run(args: &Update, world: &mut World) -> anyhow::Result<Outcome> {
    let facts = reading::facts(args.signers.authorities.facts.as_deref(), world)?;
    let mut options = Options::default();
    options.environment = args.signers.authorities.env.clone();
    options.certificates = world.named(&args.paths)?;
    options.issuers = world.named(&args.signers.issuer)?;
    options.mirror = args.mirror.clone();
    options.limits = args.download.limits();
    options.encoding = match args.gzip {
        true => ContentEncoding::Gzip,
        false => ContentEncoding::Identity,
    };
    options.wait = args.installing.wait;
    options.rollback = args.installing.rollback();
    let cache = world.cache_folder(args.installing.folder.cache.as_deref())?;
    let console = world.console();
    let at = world.moment(args.installing.at);
    let context = world.context(at, facts, Some(&cache), &console);
    let context = context.proxy(world.proxy()?);
    let updated = match update::update(&options, &context) {
        Ok(updated) => updated,
        Err(Error::Environment(unknown)) => return super::refuse("update", &unknown.to_string()),
        Err(Error::NothingToAsk) => {
            return super::refuse(
                "update",
                "nothing to fetch: give the environment with --env, or certificates; no cached CRL has a URL either",
            );
        }
        Err(error) => return Err(error.into()),
    };
    say(&ImportReport::updated(&updated, world.voice()), world)
}
