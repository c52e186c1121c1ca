//! `ptl-cert lab call`.

use anyhow::Context;
use ptl_cert::document::{Certificate, Moment, Name};
use ptl_cert::fqdn::Fqdn;
use ptl_cert::lab::host::{Admission, Gate};
use ptl_cert::lab::{Lab, Party};
use ptl_cert::report::lab::{CALL, CallFault, CallingReport, RequestedReport};
use ptl_cert::store::lab as store;
use ptl_cert::wire::lab::{identity, names};
use ptl_cert::wire::tls::{
    self, Call, CallLimits, CertificateRequest, End, Outcome as CallOutcome, Response, Seen,
};

use super::endpoint::own;
use super::sign::generation;
use crate::args::LabCall;
use crate::outcome::Outcome;
use crate::world::World;

/// How much of a body is shown.
const SHOWN: usize = 2000;

/// Calls an endpoint, and says what was seen.
pub(super) fn run(args: &LabCall, world: &mut World) -> anyhow::Result<Outcome> {
    let at = world.moment(args.at);
    let lab = store::open(&args.folder.dir)?;
    let gate = Gate::new(&lab, args.env, at)?;
    let ours = match (&args.cert, &args.key) {
        (Some(cert), Some(key)) => Some(own(cert, key, args.password_file.as_deref(), world)?),
        _ if args.no_certificate => None,
        _ => {
            let generation = generation(args.generation);
            let host = Party::Caller.host(args.env).to_owned();
            Some((identity(&lab, Party::Caller, args.env, generation)?, host))
        }
    };
    let headers: Vec<(&str, &str)> = args
        .header
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let seen = tls::call(&Call {
        url: &args.url,
        at: args.connect,
        headers: &headers,
        identity: ours.as_ref().map(|(identity, _)| identity),
        limits: CallLimits {
            total: args.timeout,
            ..CallLimits::default()
        },
    })
    .context("the endpoint presented nothing to check")?;
    let shown = ours.map(|(_, name)| name);
    let report = report(args, &lab, &gate, &seen, shown, at);
    world.print(&report, |width| report.render(width))?;
    Ok(match report.good {
        true => Outcome::Good,
        false => Outcome::Bad,
    })
}

fn report(
    args: &LabCall,
    lab: &Lab,
    gate: &Gate,
    seen: &Seen,
    shown: Option<String>,
    at: Moment,
) -> CallingReport {
    let mut faults = Vec::new();
    if !seen.chain.is_empty()
        && let Admission::Refused(refusal) = gate.server(&seen.chain, host(&args.url).as_ref(), at)
    {
        faults.push(fault(&refusal.code, refusal.message, &refusal.remedy));
    }
    let requested = seen
        .request
        .as_ref()
        .map(|request| requested(lab, args, request));
    faults.extend(of_request(seen, requested.as_ref()));
    let mut report = CallingReport {
        schema: CALL,
        url: args.url.clone(),
        environment: args.env.id(),
        good: false,
        remote: seen.remote.map(|remote| remote.to_string()),
        shown,
        protocol: seen.protocol.clone(),
        cipher: seen.cipher.clone(),
        chain: seen.certificates().map(short).collect(),
        requested,
        status: None,
        body_length: None,
        body: None,
        alert: None,
        faults: Vec::new(),
    };
    faults.extend(of_outcome(&seen.outcome, args, &mut report));
    report.good = faults.is_empty();
    report.faults = faults;
    report
}

fn requested(lab: &Lab, args: &LabCall, request: &CertificateRequest) -> RequestedReport {
    let named: Vec<Option<Name>> = request.names().collect();
    let is_named = |wanted: &Name| named.iter().flatten().any(|name| name.matches(wanted));
    let wanted = names(lab, args.env);
    let missing = wanted
        .iter()
        .filter(|name| !named.is_empty() && !is_named(name));
    let short = |name: &Option<Name>| match name {
        Some(name) => name.short(),
        None => "unreadable".to_owned(),
    };
    RequestedReport {
        authorities: named.iter().map(short).collect(),
        missing: missing.map(Name::short).collect(),
    }
}

fn of_request(seen: &Seen, requested: Option<&RequestedReport>) -> Option<CallFault> {
    match requested {
        None if seen.protocol.is_some() => Some(fault(
            "no-request",
            "the endpoint asks for no client certificate".to_owned(),
            "every interaction needs mutual TLS: require a client certificate from the Spine's CAs",
        )),
        Some(requested) if !requested.missing.is_empty() => Some(fault(
            "authorities",
            format!(
                "the endpoint does not list {} among its accepted CAs",
                requested.missing.join(" | ")
            ),
            "put the CAs of every generation into its trust store; some clients choose their certificate by this CRL",
        )),
        _ => None,
    }
}

/// What the outcome means; and what of it is reported in any case.
fn of_outcome(
    outcome: &CallOutcome,
    args: &LabCall,
    report: &mut CallingReport,
) -> Option<CallFault> {
    match outcome {
        CallOutcome::Answered(Response {
            status, body, end, ..
        }) => {
            report.status = Some(*status);
            report.body_length = Some(body.len() as u64);
            let text = std::str::from_utf8(body).ok();
            report.body = text
                .filter(|text| !text.is_empty())
                .map(|text| text.chars().take(SHOWN).collect());
            match end {
                End::Broken(error) => Some(fault(
                    "no-answer",
                    error.to_string(),
                    "check the endpoint's own log",
                )),
                _ if args.no_certificate && (200..400).contains(status) => Some(fault(
                    "no-certificate",
                    "the endpoint answered a client without a certificate".to_owned(),
                    "require a client certificate instead of only requesting one",
                )),
                _ if *status >= 400 && !args.no_certificate => Some(fault(
                    "status",
                    format!("the endpoint answered with status {status}"),
                    "check the endpoint's own log; if it refuses the caller, does it trust this generation's CAs?",
                )),
                _ => None,
            }
        }
        CallOutcome::Refused(alert) => {
            report.alert = Some(alert.to_string());
            // Refused without a certificate is as it has to be.
            (!args.no_certificate).then(|| {
                fault(
                    "refused",
                    format!("the endpoint closed the connection: {alert}"),
                    "does it trust the CAs of this generation, and does it have their current CRLs?",
                )
            })
        }
        CallOutcome::NoHandshake(reason) => Some(fault(
            "no-tls",
            format!("no TLS 1.2: {reason}"),
            "does the endpoint accept TLS 1.2 with a permitted cipher suite on this port?",
        )),
        CallOutcome::Failed(error) => Some(fault(
            "no-answer",
            error.to_string(),
            "check the endpoint's own log",
        )),
        _ => None,
    }
}

fn fault(code: &str, message: String, remedy: &str) -> CallFault {
    CallFault {
        code: code.to_owned(),
        message,
        remedy: remedy.to_owned(),
    }
}

/// The host of a URL, where it is a name that a certificate can have.
fn host(url: &str) -> Option<Fqdn> {
    let authority = url.split("://").nth(1)?.split(['/', '?', '#']).next()?;
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    Fqdn::parse(host)
        .ok()
        .filter(|_| !host.eq_ignore_ascii_case("localhost"))
}

fn short(certificate: Option<Certificate>) -> String {
    certificate.map_or_else(|| "unreadable".to_owned(), |read| read.subject.short())
}
