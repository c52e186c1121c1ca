//! The Path to Live checklist for one environment and one host: every check with what was observed, in parallel.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::Context;
use super::doctor;
use super::gather::{self, Named};
use super::peer::{self, IdentityFiles, Measure, Own};
use super::probe::{self, Endpoint, HttpQuestion, Options as ProbeOptions, Probed};
use crate::document::{Certificate, Moment};
use crate::environment::{AuthorityPurpose, AuthorityRole, Environment};
use crate::fqdn::{self, Fqdn};
use crate::input::Shown;
use crate::store::crl_cache::Cache;
use crate::verdict::connection::{
    AcceptanceProof, After, ConnectionAnswer, ConnectionProblem, DialOutcome, LookUpOutcome,
    Observation, http_date,
};
use crate::verdict::plan::{CrlPlan, Held, PlanQuestion, RequiredState};
use crate::verdict::preflight::{CheckOutcome, GivenInput, Observed, worst};
use crate::verdict::verify::{Decision, Purpose, Verdict};
use crate::verdict::{Finding, Problem, Subject};
// The types of its options.
pub use crate::verdict::preflight::CheckId;
use crate::wire::fetch::Proxy;
use crate::wire::probe::{ProbeLimits, Target, reach};
use crate::wording;

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

/// What all checks share.
struct Run<'r> {
    options: &'r Options,
    context: &'r Context<'r>,
    environment: &'r Environment,
    own: Option<&'r Result<Own, peer::OwnError>>,
    crls: &'r Crls,
}

impl Run<'_> {
    /// Makes one check, or reuses the result of the earlier run.
    fn made(&self, id: CheckId, observed: impl FnOnce() -> Vec<Observed>) -> Checked {
        // A pass with another certificate says nothing about this one.
        let own = self.own().and_then(Own::certificate);
        let own = own.map(|given| given.certificate.sha256.to_string());
        let same = |earlier: &&Resumed| id.is_remote() && earlier.certificate == own;
        if let Some(earlier) = self.options.earlier.get(&id).filter(same) {
            self.context.observer.step();
            return Checked {
                id,
                outcome: CheckOutcome::Pass,
                observed: Vec::new(),
                resumed: Some(earlier.clone()),
                took_ms: 0,
            };
        }
        let stopwatch = crate::wire::probe::Stopwatch::start();
        let observed = match self.context.observer.is_cancelled() {
            true => vec![Observed::NotMade {
                reason: "stopped before this check".to_owned(),
            }],
            false => observed(),
        };
        self.context.observer.step();
        Checked {
            id,
            outcome: worst(observed.iter().map(Observed::outcome)),
            observed,
            resumed: None,
            took_ms: stopwatch.milliseconds(),
        }
    }

    fn check(&self, id: CheckId) -> Checked {
        self.made(id, || match id {
            CheckId::NameRules => vec![self.name_rules()],
            CheckId::NameEnvironment => vec![self.name_environment()],
            CheckId::NameResolves => vec![self.name_resolves()],
            CheckId::KeyPair => vec![self.key_pair()],
            CheckId::ServerCertificate => self.certificate(Purpose::Server),
            CheckId::ClientCertificate => self.certificate(Purpose::Client),
            CheckId::Expiry => vec![self.expiry()],
            CheckId::Generations => vec![self.generations()],
            CheckId::TrustBundle => vec![self.bundle()],
            CheckId::SystemTrust => vec![self.system_store()],
            CheckId::Configuration => self.configuration(),
            CheckId::Crls => vec![self.crls.observed.clone()],
            CheckId::CrlHosts => self.crl_hosts(),
            CheckId::Inbound => vec![self.inbound()],
            // Made elsewhere, because they share a connection.
            CheckId::SpineProxy | CheckId::Endpoint | CheckId::Clock => Vec::new(),
        })
    }

    fn own(&self) -> Option<&Own> {
        self.own.and_then(|own| own.as_ref().ok())
    }

    fn name_rules(&self) -> Observed {
        let faults = fqdn::naming_faults(&self.options.fqdn);
        match faults.is_empty() {
            true => Observed::NameGood,
            false => Observed::NameFaults {
                rules: faults.iter().map(ToString::to_string).collect(),
            },
        }
    }

    fn name_environment(&self) -> Observed {
        match fqdn::environment_hint(&self.options.fqdn) {
            None => Observed::NameWithoutHint,
            Some(hint) => Observed::NameHints {
                hint: hint.to_owned(),
                // A lab's environments are named like the NHS's with a prefix.
                asked: match self.environment.title.rsplit(' ').next() {
                    Some(last) => last.to_owned(),
                    None => self.environment.title.clone(),
                },
            },
        }
    }

    fn name_resolves(&self) -> Observed {
        let none = Proxy::none();
        let host = self.options.fqdn.as_str();
        let observation = reach(&self.target(host, probe::PORT, &none), false);
        match observation.look_up.outcome {
            LookUpOutcome::Found(addresses) => Observed::Resolves { addresses },
            LookUpOutcome::NotFound(reason) => self.found(
                None,
                ConnectionProblem::DnsNotFound {
                    host: host.to_owned(),
                    reason,
                },
            ),
            _ => Observed::Open {
                host: None,
                finding: self.finding(ConnectionProblem::DnsTimedOut {
                    host: host.to_owned(),
                }),
            },
        }
    }

    fn target<'t>(&self, host: &'t str, port: u16, proxy: &'t Proxy) -> Target<'t> {
        let mut target = Target::new(host, port, proxy);
        target.limits = ProbeLimits::within(self.options.timeout);
        target
    }

    fn finding(&self, problem: ConnectionProblem) -> Box<Finding> {
        Box::new(Finding {
            subject: Subject {
                object: None,
                name: self.options.fqdn.to_string(),
                origin: crate::input::Origin::whole(&Arc::new(crate::input::Source::BuiltIn(
                    "handshake",
                ))),
            },
            problem: Problem::Connection(problem),
        })
    }

    fn found(&self, host: Option<String>, problem: ConnectionProblem) -> Observed {
        Observed::Found {
            host,
            finding: self.finding(problem),
        }
    }

    fn key_pair(&self) -> Observed {
        match self.own {
            None => Observed::not_given(GivenInput::Certificate),
            Some(Err(error)) => Observed::PairBad {
                reason: wording::sentence(error),
            },
            Some(Ok(own)) => match own.certificate() {
                None => Observed::not_given(GivenInput::Certificate),
                Some(given) => {
                    let certificate = &given.certificate;
                    let issuer = self.context.facts.authorities.iter().find(|authority| {
                        authority
                            .certificate()
                            .is_some_and(|known| known.subject.matches(&certificate.issuer))
                    });
                    Observed::PairGood {
                        subject: certificate.subject.short(),
                        issuer: certificate.issuer.short(),
                        generation: issuer.map(|issuer| issuer.generation.clone()),
                    }
                }
            },
        }
    }

    /// The verdict on our own certificate; `None` without one.
    fn verdict(&self, purpose: Purpose) -> Option<Result<Option<Verdict>, String>> {
        let own = self.own()?;
        let measure = Measure {
            purpose,
            fqdn: match purpose {
                Purpose::Server => Some(&self.options.fqdn),
                Purpose::Client | Purpose::Any => None,
            },
            environment: Some(self.environment),
            anchors: &[],
            crls: &[],
            revocation: None,
            at: self.context.at,
        };
        let judged = peer::judge(&own.chain, &measure, self.context);
        Some(
            judged
                .map(|(verdict, _)| verdict)
                .map_err(|error| wording::sentence(&error)),
        )
    }

    fn certificate(&self, purpose: Purpose) -> Vec<Observed> {
        let verdict = match self.verdict(purpose) {
            None => return vec![Observed::not_given(GivenInput::Certificate)],
            Some(Err(why)) => return vec![Observed::failed(why)],
            Some(Ok(None)) => return vec![Observed::not_given(GivenInput::Certificate)],
            Some(Ok(Some(verdict))) => verdict,
        };
        let issuer = verdict
            .path
            .get(1)
            .map_or_else(String::new, |link| link.certificate.subject.short());
        let mut observed: Vec<Observed> = match verdict.decision {
            Decision::Verified => vec![Observed::Verified {
                issuer,
                revocation: !verdict.revocation.is_empty(),
            }],
            Decision::NotVerified => verdict
                .reasons
                .iter()
                .take(1)
                .map(|reason| Observed::Found {
                    host: None,
                    finding: Box::new(reason.clone()),
                })
                .collect(),
            Decision::NotDecided => verdict
                .reasons
                .iter()
                .take(1)
                .map(|reason| Observed::Open {
                    host: None,
                    finding: Box::new(reason.clone()),
                })
                .collect(),
        };
        // Whatever the reason is: what is not verified does not pass.
        if verdict.decision == Decision::NotVerified
            && worst(observed.iter().map(Observed::outcome)) != CheckOutcome::Fail
        {
            observed.push(Observed::failed(
                "the certificate is not verified".to_owned(),
            ));
        }
        let sent = verdict
            .findings
            .iter()
            .filter(|finding| matches!(finding.problem, Problem::SubCaNotSent { .. }));
        observed.extend(sent.map(|finding| Observed::Found {
            host: None,
            finding: Box::new(finding.clone()),
        }));
        if observed.is_empty() {
            observed.push(Observed::failed(
                "the certificate could not be judged".to_owned(),
            ));
        }
        observed
    }

    fn expiry(&self) -> Observed {
        match self.own().and_then(Own::certificate) {
            None => Observed::not_given(GivenInput::Certificate),
            Some(given) => {
                let not_after = given.certificate.not_after;
                let days = not_after.days_since(self.context.at);
                Observed::Expires {
                    not_after,
                    // On the last day less than one day is left; the day after, it has expired.
                    days: match not_after < self.context.at {
                        true => days.min(-1),
                        false => days,
                    },
                }
            }
        }
    }

    /// The generations of the environment's hierarchy, each with its root and sub CA if they are known and valid.
    fn by_generation(&self) -> BTreeMap<String, (Option<String>, Option<String>)> {
        let mut generations: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
        for authority in &self.context.facts.authorities {
            let of_environment = match authority.role {
                AuthorityRole::Root => true,
                AuthorityRole::SubCa => {
                    authority.environments.contains(&self.environment.id)
                        && authority.purpose == AuthorityPurpose::Endpoint
                }
            };
            if authority.hierarchy != self.environment.hierarchy || !of_environment {
                continue;
            }
            let valid = authority.certificate().filter(|certificate| {
                certificate.not_before <= self.context.at
                    && self.context.at <= certificate.not_after
            });
            let known = generations.entry(authority.generation.clone()).or_default();
            let place = match authority.role {
                AuthorityRole::Root => &mut known.0,
                AuthorityRole::SubCa => &mut known.1,
            };
            if let Some(certificate) = valid {
                place.get_or_insert_with(|| certificate.subject.short());
            }
        }
        generations
    }

    fn generations(&self) -> Observed {
        let (mut known, mut lacking) = (Vec::new(), Vec::new());
        for (generation, authorities) in self.by_generation() {
            match authorities {
                (Some(root), Some(sub)) => known.push(format!("{generation}: {root}, {sub}")),
                // A generation that issues nothing for this environment, or has expired.
                (_, None) => {}
                (None, Some(sub)) => lacking.push(format!("{generation}: the root above {sub}")),
            }
        }
        if known.is_empty() {
            lacking.push("the root and sub CA of any generation".to_owned());
        }
        Observed::Generations { known, lacking }
    }

    fn bundle(&self) -> Observed {
        if self.options.bundle.is_empty() {
            return Observed::not_given(GivenInput::Bundle);
        }
        let found = gather::read(&self.options.bundle, None, self.context.observer);
        if let Some(unread) = found.unread.first() {
            return Observed::failed(unread.message());
        }
        let held = gather::certificates(&found.items);
        let lacking = self.context.facts.authorities.iter().filter(|authority| {
            authority.hierarchy == self.environment.hierarchy
                && match authority.role {
                    AuthorityRole::Root => true,
                    AuthorityRole::SubCa => {
                        authority.environments.contains(&self.environment.id)
                            && authority.purpose == AuthorityPurpose::Endpoint
                    }
                }
                && authority.certificate().is_some_and(|certificate| {
                    self.context.at <= certificate.not_after
                        && !held
                            .iter()
                            .any(|given| given.certificate.sha256 == certificate.sha256)
                })
        });
        Observed::Bundle {
            lacking: lacking.map(|authority| authority.name.clone()).collect(),
        }
    }

    /// Which roots of the environment's hierarchy the system trusts.
    fn system_store(&self) -> Observed {
        // Windows keeps its own in no file.
        let store = self.options.system_stores.iter().find_map(|path| {
            let named = [Named::file(path)];
            let found = gather::read(&named, None, &());
            (found.unread.is_empty() && !found.items.is_empty()).then_some(found)
        });
        let Some(store) = store else {
            return Observed::SystemStoreUnknown;
        };
        let trusted = gather::certificates(&store.items);
        let (mut held, mut lacking) = (Vec::new(), Vec::new());
        for authority in &self.context.facts.authorities {
            let of_hierarchy = authority.role == AuthorityRole::Root
                && authority.hierarchy == self.environment.hierarchy;
            let valid = authority
                .certificate()
                .filter(|certificate| of_hierarchy && self.context.at <= certificate.not_after);
            let Some(certificate) = valid else { continue };
            let is_held = trusted
                .iter()
                .any(|given| given.certificate.sha256 == certificate.sha256);
            let which = if is_held { &mut held } else { &mut lacking };
            which.push(authority.name.clone());
        }
        Observed::SystemStore { held, lacking }
    }

    /// What is wrong with the server's configuration.
    fn configuration(&self) -> Vec<Observed> {
        if self.options.configurations.is_empty() {
            return vec![Observed::not_given(GivenInput::Configuration)];
        }
        let mut options = doctor::Options::new(self.options.configurations.clone());
        options.environment = Some(self.environment.id.clone());
        let examined = match doctor::doctor(&options, None, &self.quiet()) {
            Ok(examined) => examined,
            Err(error) => return vec![Observed::failed(wording::sentence(&error))],
        };
        let unknown = examined
            .nothing_found
            .iter()
            .map(|path| Observed::ConfigurationUnknown {
                path: path.shown().to_string(),
            });
        let too_large = examined
            .too_large
            .iter()
            .map(|(path, limit)| Observed::failed(format!("{}: {limit}", path.shown())));
        let faults = examined
            .sites
            .iter()
            .flat_map(|site| &site.faults)
            .map(|fault| Observed::ConfigurationFault {
                fault: Box::new(fault.clone()),
            });
        let mut observed: Vec<Observed> = unknown.chain(too_large).chain(faults).collect();
        if observed.is_empty() {
            observed.push(Observed::ConfigurationGood {
                sites: examined.sites.len(),
            });
        }
        observed
    }

    /// Whether a listener's log has a call that was admitted.
    fn inbound(&self) -> Observed {
        let unknown = || Observed::InboundUnknown {
            caller: self
                .environment
                .caller
                .clone()
                .unwrap_or_else(|| "the NHS".to_owned()),
            port: probe::PORT,
        };
        let Some(log) = &self.options.listen_log else {
            return unknown();
        };
        let bytes = match crate::store::read::file(log) {
            Ok(bytes) => bytes,
            Err(error) => return Observed::failed(wording::sentence(&error)),
        };
        let lines = bytes.split(|byte| *byte == b'\n');
        let mut calls = lines.filter_map(|line| {
            let call: serde_json::Value = serde_json::from_slice(line).ok()?;
            let text = |field: &str| Some(call.get(field)?.as_str()?.to_owned());
            let admitted = call.get("admitted")?.as_bool()?;
            let caller = text("caller").filter(|caller| {
                let mut hosts = self.environment.ssp.iter().chain(&self.environment.caller);
                hosts.any(|host| host.eq_ignore_ascii_case(caller))
            })?;
            admitted.then_some((caller, text("at")?))
        });
        match calls.next_back() {
            Some((caller, at)) => Observed::CallerSeen { caller, at },
            None => unknown(),
        }
    }

    fn crl_hosts(&self) -> Vec<Observed> {
        let reached: Vec<(String, Observation)> = thread::scope(|scope| {
            let threads: Vec<_> = self
                .crls
                .hosts
                .iter()
                .map(|(host, port)| {
                    scope.spawn(move || {
                        let target = self.target(host, *port, &self.context.proxy);
                        (format!("{host}:{port}"), reach(&target, true))
                    })
                })
                .collect();
            threads.into_iter().map(joined).collect()
        });
        let mut good = Vec::new();
        let mut observed = Vec::new();
        for (host, observation) in reached {
            let open = observation
                .addresses
                .iter()
                .any(|dialled| dialled.outcome == DialOutcome::Open);
            if observation.look_up.outcome == LookUpOutcome::ByProxy {
                observed.push(Observed::BehindProxy { host });
                continue;
            }
            if open {
                good.push(host);
                continue;
            }
            let judgement = crate::verdict::connection::road(&observation);
            observed.extend(
                judgement
                    .into_iter()
                    .take(1)
                    .map(|finding| match finding.problem {
                        Problem::Connection(ConnectionProblem::DnsTimedOut { .. }) => {
                            Observed::Open {
                                host: Some(host.clone()),
                                finding: Box::new(finding),
                            }
                        }
                        _ => Observed::Found {
                            host: Some(host.clone()),
                            finding: Box::new(finding),
                        },
                    }),
            );
        }
        if !good.is_empty() {
            observed.push(Observed::HostsGood { hosts: good });
        }
        if observed.is_empty() {
            observed.push(Observed::failed("no CRL host is known".to_owned()));
        }
        observed
    }

    /// Connects to the Spine Secure Proxies, with the certificate if there is one.
    fn proxies(&self) -> (Option<Checked>, Vec<Probed>) {
        let wanted = self.options.wants(CheckId::SpineProxy) || self.options.wants(CheckId::Clock);
        if !wanted || self.environment.ssp.is_empty() {
            return (None, Vec::new());
        }
        let hosts = self.environment.ssp.iter().map(|host| Endpoint {
            host: host.clone(),
            port: probe::PORT,
        });
        let mut options = ProbeOptions::new(hosts.collect());
        if let Some(address) = self.options.proxy {
            options.endpoints.truncate(1);
            options.connect = Some(address);
        }
        options.environment = Some(self.environment.id.clone());
        options.own = match self.own {
            Some(Ok(_)) => self.options.own.clone(),
            _ => None,
        };
        options.ask = self.options.ask.clone();
        options.limits = ProbeLimits::within(self.options.timeout);
        let mut probed = Vec::new();
        let check = self.made(CheckId::SpineProxy, || {
            match probe::probe(&options, &self.quiet()) {
                Err(error) => vec![Observed::failed(wording::sentence(&error))],
                Ok(all) => {
                    // One route is enough: HSCN and internet names are alternatives.
                    let observed: Vec<Vec<Observed>> =
                        all.iter().map(|one| self.of_proxy(one)).collect();
                    probed = all;
                    let good = observed.iter().find(|observed| {
                        worst(observed.iter().map(Observed::outcome)) == CheckOutcome::Pass
                    });
                    match good {
                        Some(good) => good.clone(),
                        None => observed.into_iter().flatten().collect(),
                    }
                }
            }
        });
        let check = self.options.wants(CheckId::SpineProxy).then_some(check);
        (check, probed)
    }

    /// The context without its observer, which follows the checks and not their parts.
    fn quiet(&self) -> Context<'_> {
        Context {
            observer: &(),
            ..self.context.clone()
        }
    }

    fn of_proxy(&self, probed: &Probed) -> Vec<Observed> {
        let host = format!("{}:{}", probed.observation.host, probed.observation.port);
        let judgement = &probed.judgement;
        match (judgement.decision, &judgement.answer) {
            (Decision::Verified, ConnectionAnswer::Accepted(AcceptanceProof::Response)) => {
                vec![Observed::Connected {
                    host,
                    answer: judgement.answer.to_string(),
                }]
            }
            (Decision::Verified, _) if probed.client.is_none() => {
                vec![Observed::CertificateWanted { host }]
            }
            // A handshake is not an answer: servers such as nginx refuse in HTTP.
            (Decision::Verified, ConnectionAnswer::Accepted(_)) => vec![Observed::Open {
                host: Some(host),
                finding: self.finding(ConnectionProblem::AcceptanceUnproven {
                    closed: false,
                    status: None,
                    same: false,
                }),
            }],
            // Without mutual TLS it is not known whether this is the proxy.
            (Decision::Verified, _) => vec![Observed::Open {
                host: Some(host),
                finding: self.finding(ConnectionProblem::ClientCertNotRequested),
            }],
            (decision, _) => reasons(host, &judgement.reasons, decision),
        }
    }

    /// Connects to the supplier's own endpoint without a certificate: it has to refuse.
    fn endpoint(&self) -> (Option<Checked>, Vec<Probed>) {
        if !self.options.wants(CheckId::Endpoint) {
            return (None, Vec::new());
        }
        let mut options = ProbeOptions::new(vec![Endpoint {
            host: self.options.fqdn.to_string(),
            port: probe::PORT,
        }]);
        options.connect = self.options.endpoint;
        options.environment = Some(self.environment.id.clone());
        options.scan = true;
        options.proxy = probe::ProxyUse::Bypass;
        options.limits = ProbeLimits::within(self.options.timeout);
        let mut probed = Vec::new();
        let check = self.made(CheckId::Endpoint, || {
            match probe::probe(&options, &self.quiet()) {
                Err(error) => vec![Observed::failed(wording::sentence(&error))],
                Ok(all) => {
                    let observed = all.iter().flat_map(|one| self.of_endpoint(one)).collect();
                    probed = all;
                    observed
                }
            }
        });
        (Some(check), probed)
    }

    fn of_endpoint(&self, probed: &Probed) -> Vec<Observed> {
        let host = format!("{}:{}", probed.observation.host, probed.observation.port);
        let judgement = &probed.judgement;
        let mut observed = match (judgement.decision, &judgement.answer) {
            (Decision::Verified, ConnectionAnswer::Refused(_)) => vec![Observed::Connected {
                host: host.clone(),
                answer: format!("a client without a certificate is {}", judgement.answer),
            }],
            // It admits clients without a certificate.
            (Decision::Verified, _) => {
                let problem = ConnectionProblem::UnexpectedAnswer {
                    expected: "a client without a certificate to be refused".to_owned(),
                    found: judgement.answer.to_string(),
                };
                vec![self.found(Some(host.clone()), problem)]
            }
            (decision, _) => reasons(host.clone(), &judgement.reasons, decision),
        };
        let about_tls = judgement.findings.iter().filter(|finding| {
            matches!(
                finding.problem,
                Problem::Connection(
                    ConnectionProblem::AcceptsForbidden { .. }
                        | ConnectionProblem::GenerationNotNamed { .. }
                        | ConnectionProblem::TcpPartly { .. }
                )
            )
        });
        observed.extend(about_tls.map(|finding| Observed::Found {
            host: None,
            finding: Box::new(finding.clone()),
        }));
        observed
    }

    fn clock(&self, probed: &[Probed]) -> Checked {
        self.made(CheckId::Clock, || {
            let dates = probed.iter().filter_map(|probed| {
                let After::Response(response) = &probed.observation.best()?.after else {
                    return None;
                };
                response.header("date").and_then(http_date)
            });
            // The server with the least difference: any server's clock may be wrong.
            let skew = dates
                .filter_map(|date| self.context.at.unix().checked_sub(date))
                .min_by_key(|seconds| seconds.unsigned_abs());
            vec![match skew {
                None => Observed::ClockUnknown,
                Some(seconds) if seconds.unsigned_abs() < 60 => Observed::ClockGood { seconds },
                Some(seconds) => self.found(None, ConnectionProblem::ClockSkew { seconds }),
            }]
        })
    }
}

/// A rule that the firewall needs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct FirewallRule {
    /// `outbound` or `inbound`, as seen from the supplier.
    pub direction: &'static str,
    /// The source.
    pub source: String,
    /// The destination.
    pub destination: String,
    /// The TCP port.
    pub port: u16,
    /// The purpose.
    pub purpose: &'static str,
}

/// What an endpoint of an environment needs of a firewall: the environment's hosts and those of its CRLs.
///
/// # Errors
/// When there is no such environment.
pub fn firewall_rules(
    options: &Options,
    context: &Context<'_>,
) -> Result<Vec<FirewallRule>, PreflightError> {
    let id = options.environment.to_ascii_lowercase();
    let environment = context
        .facts
        .environment(&id)
        .ok_or_else(|| PreflightError::UnknownEnvironment(options.environment.clone()))?;
    let own = options
        .own
        .as_ref()
        .and_then(|files| Own::read(files, context).ok());
    let fqdn = options.fqdn.to_string();
    let outbound = |destination: &str, port: u16, purpose: &'static str| FirewallRule {
        direction: "outbound",
        source: fqdn.clone(),
        destination: destination.to_owned(),
        port,
        purpose,
    };
    let mut rules: Vec<FirewallRule> = Vec::new();
    for host in &environment.ssp {
        rules.push(outbound(
            host,
            probe::PORT,
            "requests through the Spine Secure Proxy",
        ));
    }
    if let Some(domain) = &environment.hscn_domain {
        rules.push(outbound(
            &format!("ldap.{domain}"),
            probe::LDAPS,
            "SDS look-ups (LDAP over TLS)",
        ));
        rules.push(outbound(
            &format!("msg.{domain}"),
            probe::PORT,
            "Spine messaging",
        ));
    }
    for (host, port) in crls(own.as_ref(), &options.clients, environment, context).hosts {
        rules.push(outbound(&host, port, "CRL downloads"));
    }
    for host in environment.ssp.iter().chain(&environment.caller) {
        rules.push(FirewallRule {
            direction: "inbound",
            source: host.clone(),
            destination: fqdn.clone(),
            port: probe::PORT,
            purpose: "calls to the endpoint (mutual TLS)",
        });
    }
    Ok(rules)
}

/// What decided against a connection.
fn reasons(host: String, reasons: &[Finding], decision: Decision) -> Vec<Observed> {
    let observed: Vec<Observed> = reasons
        .iter()
        .take(3)
        .map(|reason| {
            let (host, finding) = (Some(host.clone()), Box::new(reason.clone()));
            match decision {
                Decision::NotDecided => Observed::Open { host, finding },
                Decision::Verified | Decision::NotVerified => Observed::Found { host, finding },
            }
        })
        .collect();
    match observed.is_empty() {
        true => vec![Observed::failed(format!(
            "{host}: the result of the connection is unclear"
        ))],
        false
            if decision == Decision::NotVerified
                && worst(observed.iter().map(Observed::outcome)) != CheckOutcome::Fail =>
        {
            let mut observed = observed;
            observed.push(Observed::failed(format!(
                "{host} does not meet the requirements"
            )));
            observed
        }
        false => observed,
    }
}

/// The CRLs of the plan.
struct Crls {
    observed: Observed,
    held: Vec<(String, Moment, Option<Moment>)>,
    hosts: Vec<(String, u16)>,
}

/// Draws up the plan for the environment's CAs and the supplier's own certificate, from what the cache holds.
fn crls(
    own: Option<&Own>,
    clients: &[Named],
    environment: &Environment,
    context: &Context<'_>,
) -> Crls {
    let bundle: Vec<Arc<Certificate>> = context
        .facts
        .authorities
        .iter()
        .filter(|authority| {
            authority.hierarchy == environment.hierarchy
                && match authority.role {
                    AuthorityRole::Root => true,
                    AuthorityRole::SubCa => {
                        authority.environments.contains(&environment.id)
                            && authority.purpose == AuthorityPurpose::Endpoint
                    }
                }
        })
        .filter_map(|authority| authority.certificate().cloned())
        .filter(|certificate| context.at <= certificate.not_after)
        .collect();
    let mut failure = None;
    let mut certificates: Vec<Arc<Certificate>> = own
        .and_then(Own::certificate)
        .map(|given| Arc::clone(&given.certificate))
        .into_iter()
        .collect();
    if !clients.is_empty() {
        let mut unread = Vec::new();
        certificates.extend(super::crl::clients(clients, context, &mut unread));
        failure = unread.first().map(gather::Unread::message);
    }
    let cached = match &context.cache {
        None => Vec::new(),
        Some(folder) => match Cache::open(folder).crls() {
            Ok(crls) => crls.sound,
            Err(error) => {
                failure = Some(wording::sentence(&error));
                Vec::new()
            }
        },
    };
    let read: Vec<_> = cached
        .iter()
        .filter_map(|cached| Some((cached, cached.crl().ok()?)))
        .collect();
    let held: Vec<Held<'_>> = read
        .iter()
        .map(|(cached, crl)| Held::new(crl, cached.about().issuer_spki_sha256))
        .collect();
    let plan = CrlPlan::draw(&PlanQuestion {
        bundle: &bundle,
        certificates: &certificates,
        held: &held,
        unreadable: &[],
        server: None,
        facts: &context.facts,
        at: context.at,
    });
    let mut hosts = Vec::new();
    for fetch in plan.fetches() {
        if let Some(host) = crate::wire::fetch::host_of(fetch.url)
            && !hosts.contains(&host)
        {
            hosts.push(host);
        }
    }
    let (mut good, mut lacking, mut until) = (0, Vec::new(), None::<Moment>);
    for (authority, required) in plan.required() {
        let whose = authority.name.short();
        match &required.state {
            RequiredState::Available { until: ends } => {
                good += 1;
                until = match (until, *ends) {
                    (Some(first), Some(ends)) => Some(if ends < first { ends } else { first }),
                    (first, ends) => first.or(ends),
                };
            }
            RequiredState::Stale { since } => {
                lacking.push(format!("the CRL of {whose} expired on {since}"))
            }
            RequiredState::NotYetValid { from } => {
                lacking.push(format!("the CRL of {whose} is not valid until {from}"));
            }
            RequiredState::OtherPartition { .. } => {
                lacking.push(format!("the CRL of {whose} is for another partition"));
            }
            _ => lacking.push(format!("no usable CRL of {whose}")),
        }
    }
    let numbers = plan.crls();
    let held = numbers.into_iter().filter_map(|number| held.get(number));
    let held = held
        .map(|held| {
            let header = held.header();
            (
                header.issuer.short(),
                header.this_update,
                header.next_update,
            )
        })
        .collect();
    let observed = match (failure, lacking.is_empty(), good) {
        (Some(why), _, _) => Observed::failed(why),
        (None, false, _) => Observed::CrlsLacking { crls: lacking },
        (None, true, 0) => Observed::failed("no CRL is known to be needed".to_owned()),
        (None, true, number) if !plan.is_complete() => Observed::CrlsUnknown { number },
        (None, true, number) => Observed::CrlsGood { number, until },
    };
    Crls {
        observed,
        held,
        hosts,
    }
}
