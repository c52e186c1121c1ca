//! `ptl-cert lab call`: `probe` with the certificate and the CRLs of the lab.

use anyhow::anyhow;
use ptl_cert::environment::Facts;
use ptl_cert::ops::lab::{self, Caller};
use ptl_cert::ops::probe::Expected;
use ptl_cert::ops::probe::{self, Endpoint, HttpQuestion, Options, ProxyUse};
use ptl_cert::report::lab::LabCallReport;
use ptl_cert::store::lab as store;
use ptl_cert::wire::probe::ProbeLimits;

use super::sign::generation;
use crate::args::LabCall;
use crate::args::connecting::Own;
use crate::command::{probe as probing, reading};
use crate::outcome::Outcome;
use crate::world::World;

/// How much of a body is shown.
const SHOWN: usize = 2000;

/// Calls an endpoint, and says what was seen.
pub(super) fn run(args: &LabCall, world: &mut World) -> anyhow::Result<Outcome> {
    let Some((endpoint, path)) = target(&args.url) else {
        return reading::refuse("lab call", "expected a URL such as https://NAME/metadata");
    };
    let at = world.moment(args.at);
    let lab = store::open(&args.folder.dir)?;
    let facts = Facts::built_in()?.extended(&lab.facts())?;
    let console = world.console();
    let context = world.context(at, facts, None, &console);
    let mut options = Options::new(vec![endpoint]);
    options.environment = Some(args.env.id().to_owned());
    options.connect = args.connect;
    options.proxy = ProxyUse::Bypass;
    options.limits = ProbeLimits::within(args.timeout);
    options.crls = lab::crls(&lab, at)?;
    // Without a certificate an endpoint has to refuse, and with one it has to accept.
    options.expected = Some(args.expect.unwrap_or(match args.no_certificate {
        true => Expected::Refused(None),
        false => Expected::Accepted,
    }));
    options.ask = HttpQuestion::Request {
        path,
        headers: args.header.clone(),
        body: SHOWN,
    };
    let (own, shown) = match (&args.cert, args.no_certificate) {
        (_, true) => (None, None),
        (Some(_), false) => {
            let own = Own {
                cert: args.cert.clone(),
                key: args.key.clone(),
                password_file: args.password_file.clone(),
            };
            (probing::own(&own, world)?, None)
        }
        (None, false) => {
            let Caller { files, shown, .. } =
                lab::caller(&lab, args.env, generation(args.generation))?;
            (Some(files), Some(shown))
        }
    };
    options.own = own;
    let probed = probe::probe(&options, &context)?;
    let probed = probed
        .first()
        .ok_or_else(|| anyhow!("nothing was called"))?;
    let known = reading::typed(&args.folder.dir.join("facts.toml"));
    let shown = shown.as_ref();
    let report = LabCallReport::new(&args.url, args.env.id(), probed, shown, &known, at);
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    Ok(Outcome::of(report.exit))
}

/// The endpoint of a URL, and what it asks for.
fn target(url: &str) -> Option<(Endpoint, String)> {
    let rest = url.strip_prefix("https://")?;
    let (authority, path) = match rest.split_once('/') {
        Some((authority, path)) => (authority, format!("/{path}")),
        None => (rest, "/".to_owned()),
    };
    Some((Endpoint::parse(authority).ok()?, path))
}
