//! `ptl-cert preflight`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use ptl_cert::input::Shown;
use ptl_cert::ops::Moment;
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::preflight::CheckId;
use ptl_cert::ops::preflight::{self, Options, PreflightError, Resumed};
use ptl_cert::report::evidence::EvidenceReport;
use ptl_cert::report::preflight::{PreflightReport, csv, markdown, request_pack};
use ptl_cert::store::write;
use ptl_cert::wording::preflight::PreflightSetting;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::evidence::save;
use super::reading::{self, evidence};
use crate::args::preflight::{Preflight, RulesFormat};
use crate::outcome::Outcome;
use crate::world::World;

/// Makes the checks, says what was seen, writes the evidence.
pub(crate) fn run(args: &Preflight, world: &mut World) -> anyhow::Result<Outcome> {
    let at = world.moment(args.basis.at);
    let facts = reading::facts(args.basis.facts.as_deref(), world)?;
    let proxy = world.proxy()?;
    let console = world.console();
    let context = world
        .context(at, facts, args.basis.cache.as_deref(), &console)
        .proxy(proxy);
    let mut options = options(args, world)?;
    let unknown = |id: &str| reading::refuse("preflight", &evidence::unknown(id, &context.facts));
    let rules = match preflight::firewall_rules(&options, &context) {
        Err(PreflightError::UnknownEnvironment(id)) => return unknown(&id),
        rules => rules?,
    };
    if let Some(format) = args.firewall_rules {
        let text = match format {
            RulesFormat::Csv => csv(&rules),
            RulesFormat::Md => markdown(&rules),
        };
        world.stdout().write_applied(&text)?;
        return Ok(Outcome::Good);
    }
    if let Some(path) = &args.resume {
        options.earlier = earlier(path, args, world)?;
    }
    let done = preflight::preflight(&options, &context)?;
    let setting = setting(args, &context.facts);
    let report = PreflightReport::for_command_line(
        &done,
        &options.fqdn,
        at,
        &setting,
        args.findings.severity(),
        world.voice(),
    );
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    let mut written = Vec::new();
    if let Some(path) = &args.report {
        let mut page = EvidenceReport::of_preflight(&report, &done, &context.facts);
        page.files = super::evidence::hashes(
            args.own
                .cert
                .iter()
                .chain(&args.ca_bundle)
                .chain(&args.config)
                .chain(&args.clients)
                .chain(&args.basis.facts),
            world,
        );
        save(path, &page, &report)?;
        written.push(path.shown().to_string());
    }
    if let Some(folder) = &args.request_pack {
        write::folder(folder)?;
        for (name, text) in request_pack(&report, &done, &rules) {
            let path = folder.join(name);
            write::file(&path, text.as_bytes())?;
            written.push(path.shown().to_string());
        }
    }
    if !written.is_empty() && !world.is_quiet() {
        // Standard output is the report.
        world.complain(&format!("written: {}\n", written.join(", ")));
    }
    Ok(Outcome::of(report.exit))
}

fn options(args: &Preflight, world: &mut World) -> anyhow::Result<Options> {
    let mut options = Options::new(&args.env, args.fqdn.clone());
    options.own = super::probe::own(&args.own, world)?;
    options.clients = args.clients.iter().cloned().map(Named::file).collect();
    options.ask = super::probe::ask(&args.request, 0)?;
    options.bundle = args.ca_bundle.iter().cloned().map(Named::file).collect();
    options.configurations.clone_from(&args.config);
    options.endpoint = args.endpoint;
    options.proxy = args.spine_proxy;
    options.listen_log.clone_from(&args.listen_log);
    options.only.clone_from(&args.only);
    options.skip.clone_from(&args.skip);
    options.timeout = args.timeout;
    Ok(options)
}

/// What passed in an earlier run for the same environment and host.
fn earlier(
    path: &Path,
    args: &Preflight,
    world: &World,
) -> anyhow::Result<BTreeMap<CheckId, Resumed>> {
    let bytes = world.read(path)?;
    let not_one = || {
        format!(
            "{} is not a result of preflight --format json",
            path.shown()
        )
    };
    let value: serde_json::Value = serde_json::from_slice(&bytes).with_context(not_one)?;
    let text = |value: &serde_json::Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    if text(&value, "schema").as_deref() != Some("ptl-cert/preflight/1") {
        bail!(not_one());
    }
    let same = text(&value, "environment").is_some_and(|env| env.eq_ignore_ascii_case(&args.env))
        && text(&value, "fqdn").as_deref() == Some(args.fqdn.as_str());
    if !same {
        bail!(
            "{} is for another environment or host; expected {} in {}",
            path.shown(),
            args.fqdn,
            args.env
        );
    }
    let moment = |text: String| OffsetDateTime::parse(&text, &Rfc3339).ok().map(Moment::new);
    let at = text(&value, "at").and_then(moment).with_context(not_one)?;
    let certificate = text(&value, "certificate");
    let checks = value.get("checks").and_then(serde_json::Value::as_array);
    let passed = checks.into_iter().flatten().filter_map(|check| {
        if text(check, "outcome")? != "pass" {
            return None;
        }
        let id = CheckId::parse(&text(check, "id")?)?;
        let seen = check.get("seen")?.as_array()?;
        let seen = seen.iter().filter_map(|one| one.as_str());
        Some((
            id,
            Resumed {
                at: text(check, "resumed").and_then(moment).unwrap_or(at),
                seen: seen.collect::<Vec<_>>().join("; "),
                certificate: certificate.clone(),
            },
        ))
    });
    Ok(passed.collect())
}

fn setting(args: &Preflight, facts: &ptl_cert::environment::Facts) -> PreflightSetting {
    let typed = |path: &std::path::PathBuf| reading::typed(path);
    let known = facts.environment(&args.env.to_ascii_lowercase());
    PreflightSetting {
        env: reading::word(&args.env),
        fqdn: args.fqdn.to_string(),
        cert: args.own.cert.as_ref().map(typed),
        key: args.own.key.as_ref().map(typed),
        password_file: args.own.password_file.as_ref().map(typed),
        bundle: args.ca_bundle.first().map(typed),
        configurations: args.config.iter().map(typed).collect(),
        facts: args.basis.facts.as_ref().map(typed),
        cache: args.basis.cache.as_ref().map(typed),
        clients: args.clients.iter().map(typed).collect(),
        request: args.request.request.as_deref().map(reading::word),
        endpoint: args.endpoint.map(|address| address.to_string()),
        proxy: args.spine_proxy.map(|address| address.to_string()),
        proxies: known.map_or_else(Vec::new, |known| known.ssp.clone()),
    }
}
