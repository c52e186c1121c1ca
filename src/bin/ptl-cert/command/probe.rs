//! `ptl-cert probe`.

use ptl_cert::ops::gather::Named;
use ptl_cert::ops::peer::IdentityFiles;
use ptl_cert::ops::probe::{self, HttpQuestion, Offer, Options, ProbeError, ProxyUse, SspHeaders};
use ptl_cert::report::evidence::EvidenceReport;
use ptl_cert::report::probe::ProbeReport;
use ptl_cert::wire::probe::ProbeLimits;

use super::reading::{self, evidence};
use crate::args::Revocation;
use crate::args::connecting::{Own, Request};
use crate::args::probe::{Probe, TlsVersion};
use crate::outcome::Outcome;
use crate::world::World;

/// The most of a body that is shown.
const BODY: usize = 64 * 1024;

/// Connects, judges, and says what was seen.
pub(crate) fn run(args: &Probe, world: &mut World) -> anyhow::Result<Outcome> {
    let at = world.moment(args.basis.at);
    let facts = reading::facts(args.basis.facts.as_deref(), world)?;
    let proxy = world.proxy()?;
    let console = world.console();
    let context = world
        .context(at, facts, args.basis.cache.as_deref(), &console)
        .proxy(proxy);
    let options = options(args, world)?;
    let probed = match probe::probe(&options, &context) {
        Err(ProbeError::UnknownEnvironment(id)) => {
            return reading::refuse("probe", &evidence::unknown(&id, &context.facts));
        }
        probed => probed?,
    };
    let report = ProbeReport::in_voice(
        &probed,
        at,
        options.expected,
        args.findings.severity(),
        world.voice(),
    );
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    let exit = report.exit;
    if let Some(path) = &args.report {
        let report = report.without_content();
        let mut page = EvidenceReport::of_probe(&report, &given(args), &context.facts);
        page.files = super::evidence::hashes(
            args.own
                .cert
                .iter()
                .chain(&args.trust)
                .chain(&args.basis.facts),
            world,
        );
        super::evidence::save(path, &page, &report)?;
    }
    Ok(Outcome::of(exit))
}

/// The options that a repetition needs, as a shell takes them; never those that may hold secrets or patient data.
fn given(args: &Probe) -> String {
    let files = [
        ("cert", &args.own.cert),
        ("key", &args.own.key),
        ("password-file", &args.own.password_file),
        ("facts", &args.basis.facts),
        ("cache", &args.basis.cache),
    ];
    let files = files.into_iter().filter_map(|(name, path)| {
        let path = path.as_ref()?;
        Some((name, reading::typed(path)))
    });
    let others = [
        ("env", args.env.clone()),
        ("connect", args.connect.map(|address| address.to_string())),
        ("sni", args.sni.as_ref().map(ToString::to_string)),
    ];
    let others = others
        .into_iter()
        .filter_map(|(name, value)| Some((name, reading::word(value?))));
    let trust = args
        .trust
        .iter()
        .map(|path| ("trust", reading::typed(path)));
    let mut text = String::new();
    for (name, value) in files.chain(others).chain(trust) {
        text.push_str(&format!(" --{name} {value}"));
    }
    for (name, wanted) in [
        ("scan", args.scan),
        ("no-proxy", args.no_proxy),
        ("handshake-only", args.handshake_only),
    ] {
        if wanted {
            text.push_str(&format!(" --{name}"));
        }
    }
    text
}

/// The files of one's own certificate.
pub(crate) fn own(args: &Own, world: &mut World) -> anyhow::Result<Option<IdentityFiles>> {
    let Some(cert) = &args.cert else {
        return Ok(None);
    };
    let password = world.read_passphrase_of(args.password_file.as_deref())?;
    let key = args.key.as_deref().map(Named::from);
    Ok(Some(
        IdentityFiles::new(Named::from(cert.as_path()), key).password(password),
    ))
}

fn options(args: &Probe, world: &mut World) -> anyhow::Result<Options> {
    let mut options = Options::new(args.hosts.clone());
    options.environment.clone_from(&args.env);
    options.trust = args.trust.iter().cloned().map(Named::file).collect();
    options.own = own(&args.own, world)?;
    options.connect = args.connect;
    options.server_name.clone_from(&args.sni);
    options.offer = match args.tls {
        None => Offer::Spine,
        Some(TlsVersion::Tls12) => Offer::Tls12,
        Some(TlsVersion::Tls13) => Offer::Tls13,
    };
    options.scan = args.scan;
    options.expected = args.expect;
    if args.no_proxy {
        options.proxy = ProxyUse::Bypass;
    }
    options.limits = ProbeLimits::within(args.timeout);
    options.revocation = args.revocation.map(|extent| match extent {
        Revocation::Off => probe::Revocation::Off,
        Revocation::Leaf => probe::Revocation::Leaf,
        Revocation::Chain => probe::Revocation::Chain,
    });
    options.ask = match args.handshake_only {
        true => HttpQuestion::Nothing,
        false => ask(&args.request, if args.body { BODY } else { 0 })?,
    };
    Ok(options)
}

/// What to ask for; so much of the body is shown.
pub(crate) fn ask(args: &Request, body: usize) -> anyhow::Result<HttpQuestion> {
    let Some(path) = &args.request else {
        return Ok(HttpQuestion::Glance);
    };
    let mut headers = Vec::new();
    if let (Some(from), Some(to), Some(interaction)) =
        (&args.ssp_from, &args.ssp_to, &args.interaction)
    {
        let ssp = SspHeaders {
            from: from.clone(),
            to: to.clone(),
            interaction: interaction.clone(),
        };
        headers = ssp
            .headers()
            .ok_or_else(|| anyhow::anyhow!("no random numbers are available for a trace ID"))?;
    }
    headers.extend(args.header.iter().cloned());
    Ok(HttpQuestion::Request {
        path: path.clone(),
        headers,
        body,
    })
}
