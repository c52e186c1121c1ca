//! `ptl-cert lab endpoint`.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use ptl_cert::environment::Facts;
use ptl_cert::input::Shown;
use ptl_cert::lab::host::{Admission, Gate, Refusal};
use ptl_cert::ops::Moment;
use ptl_cert::ops::lab::{self, OwnError};
use ptl_cert::report::inspection::Unread;
use ptl_cert::report::lab::{ENDPOINT, EndpointReport};
use ptl_cert::store::crl_cache::Cache;
use ptl_cert::store::lab as store;
use ptl_cert::wire::host::Limits;
use ptl_cert::wire::lab::{endpoint, names};
use ptl_cert::wire::tls::Identity;

use super::watch::Watch;
use crate::args::LabEndpoint;
use crate::command::reading;
use crate::outcome::Outcome;
use crate::world::World;

/// Stands in for the supplier's system until a signal says to stop.
pub(super) fn run(args: &LabEndpoint, world: &mut World) -> anyhow::Result<Outcome> {
    let lab = store::open(&args.folder.dir)?;
    let (identity, name) = own(&args.cert, &args.key, args.password_file.as_deref(), world)?;
    let facts = Facts::built_in()?.extended(&lab.facts())?;
    let cache = Cache::open(world.cache_folder(args.cache.as_deref())?);
    let folder = cache.folder().shown().to_string();
    let clock = world.clock();
    let fixed = args.at.map(Moment::new);
    let now = move || fixed.unwrap_or_else(|| Moment::new(clock()));

    let environment = args.env;
    let known = facts.environment(environment.id());
    let callers = known.map(|known| known.ssp.iter().chain(&known.caller).cloned().collect());
    let judge = move |shown: &[Vec<u8>]| match cache.search(|_| true) {
        // A damaged CRL answers for nobody, and who needs it is refused for want of one.
        Ok(crls) => {
            let named = crls.sound.iter();
            let crls = named.map(|crl| (crl.path().shown().to_string(), crl.der().to_vec()));
            Gate::of(facts.clone(), environment, crls.collect()).caller(shown, now())
        }
        Err(error) => Admission::Refused(Refusal {
            name: None,
            code: "no-cache".to_owned(),
            message: format!("no caller can be judged: {error}"),
            remedy: "check it with ptl-cert crl status".to_owned(),
        }),
    };
    let watch = Watch::new();
    let authorities: Vec<Vec<u8>> = names(&lab, environment)
        .iter()
        .map(|name| name.der().to_vec())
        .collect();
    let host = endpoint(
        SocketAddr::new(args.bind, args.port),
        &identity,
        &authorities,
        Limits::default(),
        Arc::new(judge),
        watch.notices("endpoint"),
    )
    .context("the endpoint cannot start")?;
    let report = EndpointReport {
        schema: ENDPOINT,
        name,
        address: host.address().to_string(),
        environment: environment.id(),
        callers: callers.unwrap_or_default(),
        cache: folder,
    };
    world.print(&report, |width| report.render(width))?;
    watch.until_stopped(now, world)?;
    host.stop();
    Ok(Outcome::Good)
}

/// A chain and its key from files, and the name in the first certificate.
pub(super) fn own(
    certificate: &std::path::Path,
    key: &std::path::Path,
    password_file: Option<&std::path::Path>,
    world: &mut World,
) -> anyhow::Result<(Identity, String)> {
    let password = world.read_passphrase_of(password_file)?;
    let console = world.console();
    let context = world.context(world.moment(None), Facts::default(), None, &console);
    let (chain, key) = (world.named_one(certificate)?, world.named_one(key)?);
    let own = lab::identity(&chain, &key, password.as_ref(), &context);
    own.map_err(|error| {
        if let OwnError::Unread(unread) = &error {
            reading::complain(&Unread::all(unread), world);
        }
        error.into()
    })
}
