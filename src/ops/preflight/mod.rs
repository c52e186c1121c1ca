//! The Path to Live checklist for one environment and one host: every check with what was observed, in parallel.

mod crls;
mod firewall;
mod inbound;
mod remote;
mod run;

pub use self::firewall::{FirewallRule, firewall_rules};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use self::crls::crls;
use self::run::Run;
use super::Context;
use super::gather::Named;
use super::peer::{IdentityFiles, Own};
use super::probe::{HttpQuestion, Probed};
use crate::document::{Certificate, Moment};
use crate::fqdn::Fqdn;
// The types of its options.
pub use crate::verdict::preflight::CheckId;
use crate::verdict::preflight::{CheckOutcome, Observed};
use crate::verdict::verify::{Purpose, Verdict};

/// Where systems keep the CA certificates that they trust, as one file: Debian and Alpine, Red Hat, SUSE, the BSDs and
/// macOS.
const SYSTEM_STORES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// What to check.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The environment's id.
    pub environment: String,
    /// The endpoint's name.
    pub fqdn: Fqdn,
    /// The endpoint's certificate.
    pub own: Option<IdentityFiles>,
    /// Certificates of clients that call: files and folders.
    pub clients: Vec<Named>,
    /// What to request through the Spine Secure Proxy: only the response to a forwarded request proves that it accepts the
    /// certificate.
    pub ask: HttpQuestion,
    /// The CA certificates that the server trusts.
    pub bundle: Vec<Named>,
    /// The configurations of the server: files and folders.
    pub configurations: Vec<PathBuf>,
    /// Files that may hold the trust store of the system; the first that can be read counts.
    pub system_stores: Vec<PathBuf>,
    /// Where the endpoint listens, where its name does not resolve to it here.
    pub endpoint: Option<SocketAddr>,
    /// Where the Spine Secure Proxy is, instead of its name.
    pub proxy: Option<SocketAddr>,
    /// What a listener on the endpoint printed as NDJSON: a call that it admitted proves that calls arrive.
    pub listen_log: Option<PathBuf>,
    /// The checks to make; empty for all.
    pub only: Vec<CheckId>,
    /// The checks to leave out.
    pub skip: Vec<CheckId>,
    /// The results of an earlier run: what passed is not checked again.
    pub earlier: BTreeMap<CheckId, Resumed>,
    /// How long a connection may take.
    pub timeout: Duration,
}

/// A check that passed before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// When.
    pub at: Moment,
    /// What was observed, in words.
    pub seen: String,
    /// The SHA-256 of the certificate that it was made with, in hex; `None` without one.
    pub certificate: Option<String>,
}

impl Options {
    /// Checks everything that can be checked without a certificate.
    pub fn new(environment: &str, fqdn: Fqdn) -> Options {
        Options {
            environment: environment.to_owned(),
            fqdn,
            own: None,
            clients: Vec::new(),
            ask: HttpQuestion::Glance,
            bundle: Vec::new(),
            configurations: Vec::new(),
            system_stores: SYSTEM_STORES.iter().map(PathBuf::from).collect(),
            endpoint: None,
            proxy: None,
            listen_log: None,
            only: Vec::new(),
            skip: Vec::new(),
            earlier: BTreeMap::new(),
            timeout: Duration::from_secs(10),
        }
    }

    fn wants(&self, id: CheckId) -> bool {
        (self.only.is_empty() || self.only.contains(&id)) && !self.skip.contains(&id)
    }
}

/// Why nothing was checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreflightError {
    /// There is no such environment.
    #[error("there is no environment {0:?}")]
    UnknownEnvironment(String),
}

/// A check that was made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Checked {
    /// Which.
    pub id: CheckId,
    /// Its outcome.
    pub outcome: CheckOutcome,
    /// What was observed; several where there are several hosts.
    pub observed: Vec<Observed>,
    /// Where it passed in an earlier run, and was not made again.
    pub resumed: Option<Resumed>,
    /// How long it took.
    pub took_ms: u64,
}

/// The whole checklist.
#[derive(Debug)]
#[non_exhaustive]
pub struct Preflight {
    /// The environment: id and title.
    pub environment: (String, String),
    /// The checks, in the order of the checklist.
    pub checks: Vec<Checked>,
    /// The endpoint's certificate with what was sent along.
    pub chain: Vec<Arc<Certificate>>,
    /// The verdict on it as a server's.
    pub verdict: Option<Verdict>,
    /// The available CRLs of the plan: issuer and expiry.
    pub crls: Vec<(String, Moment, Option<Moment>)>,
    /// Where the CRLs are fetched from: host and port.
    pub crl_hosts: Vec<(String, u16)>,
    /// The hosts connected to.
    pub probed: Vec<Probed>,
}

/// Makes the checks, those over the network in parallel.
///
/// # Errors
/// When there is no such environment.
pub fn preflight(options: &Options, context: &Context<'_>) -> Result<Preflight, PreflightError> {
    let id = options.environment.to_ascii_lowercase();
    let environment = context
        .facts
        .environment(&id)
        .ok_or_else(|| PreflightError::UnknownEnvironment(options.environment.clone()))?;
    let wanted: Vec<CheckId> = CheckId::ALL
        .into_iter()
        .filter(|id| options.wants(*id))
        .collect();
    context.observer.begin("checking", wanted.len());
    let own = options.own.as_ref().map(|files| Own::read(files, context));
    let crls = crls(
        own.as_ref().and_then(|own| own.as_ref().ok()),
        &options.clients,
        environment,
        context,
    );
    let run = Run {
        options,
        context,
        environment,
        own: own.as_ref(),
        crls: &crls,
    };
    // The proxy's answer serves two checks.
    let (mut checks, probed) = thread::scope(|scope| {
        let run = &run;
        let proxies = scope.spawn(move || run.proxies());
        let endpoint = scope.spawn(move || run.endpoint());
        let others: Vec<_> = wanted
            .iter()
            .filter(|id| !matches!(id, CheckId::SpineProxy | CheckId::Clock | CheckId::Endpoint))
            .map(|id| scope.spawn(move || run.check(*id)))
            .collect();
        let mut checks: Vec<Checked> = others.into_iter().map(joined).collect();
        let (proxy, mut probed) = joined(proxies);
        let (endpoint, of_endpoint) = joined(endpoint);
        if run.options.wants(CheckId::Clock) {
            checks.push(run.clock(&probed));
        }
        checks.extend(proxy.into_iter().chain(endpoint));
        probed.extend(of_endpoint);
        (checks, probed)
    });
    checks.sort_by_key(|check| check.id);
    context.observer.end();
    let chain = match &own {
        Some(Ok(own)) => own
            .chain
            .iter()
            .map(|given| Arc::clone(&given.certificate))
            .collect(),
        _ => Vec::new(),
    };
    let verdict = run
        .verdict(Purpose::Server)
        .and_then(|verdict| verdict.ok().flatten());
    Ok(Preflight {
        environment: (environment.id.clone(), environment.title.clone()),
        checks,
        chain,
        verdict,
        crl_hosts: crls.hosts.clone(),
        crls: crls.held,
        probed,
    })
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests;
