//! The checks that ask other machines.

use std::thread;

use super::inbound::{Heard, Wanted, heard};
use super::run::Run;
use super::{CheckId, Checked, joined};
use crate::ops::Context;
use crate::ops::peer::Own;
use crate::ops::probe::{self, Endpoint, Options as ProbeOptions, Probed};
use crate::verdict::connection::{
    AcceptanceProof, After, ConnectionAnswer, ConnectionProblem, DialOutcome, LookUpOutcome,
    Observation, http_date,
};
use crate::verdict::preflight::{CheckOutcome, Observed, worst};
use crate::verdict::verify::Decision;
use crate::verdict::{Finding, Problem};
use crate::wire::probe::{ProbeLimits, reach};
use crate::wording;

impl Run<'_> {
    /// Whether a listener's log has a call that was admitted.
    pub(super) fn inbound(&self) -> Observed {
        let callers = self.environment.ssp.iter().chain(&self.environment.caller);
        let heard = match &self.options.listen_log {
            None => Heard::default(),
            Some(log) => match crate::store::read::file(log) {
                Err(error) => return Observed::failed(wording::sentence(&error)),
                Ok(bytes) => {
                    let own = self.own().and_then(Own::certificate);
                    let wanted = Wanted {
                        fqdn: self.options.fqdn.as_str(),
                        environment: &self.environment.id,
                        callers: callers.map(String::as_str).collect(),
                        not_before: own.map(|given| given.certificate.not_before),
                        at: self.context.at,
                    };
                    heard(&bytes, &wanted)
                }
            },
        };
        match heard.call {
            Some((caller, at)) => Observed::CallerSeen { caller, at },
            None => Observed::InboundUnknown {
                caller: self
                    .environment
                    .caller
                    .clone()
                    .unwrap_or_else(|| "the NHS".to_owned()),
                port: probe::PORT,
                passed_over: heard.passed_over,
            },
        }
    }

    pub(super) fn crl_hosts(&self) -> Vec<Observed> {
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
    pub(super) fn proxies(&self) -> (Option<Checked>, Vec<Probed>) {
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
    pub(super) fn quiet(&self) -> Context<'_> {
        Context {
            observer: &(),
            ..self.context.clone()
        }
    }

    pub(super) fn of_proxy(&self, probed: &Probed) -> Vec<Observed> {
        let host = format!("{}:{}", probed.observation.host, probed.observation.port);
        let judgement = &probed.judgement;
        match (judgement.decision, &judgement.answer) {
            (Decision::Verified, ConnectionAnswer::Accepted(AcceptanceProof::Response)) => {
                vec![Observed::Connected {
                    host,
                    answer: judgement.answer.to_string(),
                }]
            }
            (Decision::Verified, ConnectionAnswer::Refused(_)) if probed.client.is_none() => {
                vec![Observed::CertificateWanted { host }]
            }
            // A handshake is not an answer: servers such as nginx refuse in HTTP.
            (Decision::Verified, ConnectionAnswer::Accepted(_)) => vec![Observed::Open {
                host: Some(host),
                finding: self.finding(ConnectionProblem::AcceptanceUnproven {
                    closed: false,
                    status: None,
                    same: false,
                    certificate_sent: true,
                    without: None,
                }),
            }],
            // Without mutual TLS it is not known whether this is the proxy.
            (Decision::Verified, _) => {
                let optional = judgement.findings.iter().find(|finding| {
                    matches!(
                        finding.problem,
                        Problem::Connection(ConnectionProblem::ClientCertOptional)
                    )
                });
                let finding = match optional {
                    Some(optional) => Box::new(optional.clone()),
                    None => self.finding(ConnectionProblem::ClientCertNotRequested),
                };
                vec![Observed::Open {
                    host: Some(host),
                    finding,
                }]
            }
            (decision, _) => reasons(host, &judgement.reasons, decision),
        }
    }

    /// Connects to the supplier's own endpoint without a certificate: it has to refuse.
    pub(super) fn endpoint(&self) -> (Option<Checked>, Vec<Probed>) {
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

    pub(super) fn of_endpoint(&self, probed: &Probed) -> Vec<Observed> {
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
        observed.extend(self.presented(host, probed));
        observed.extend(about_tls.map(|finding| Observed::Found {
            host: None,
            finding: Box::new(finding.clone()),
        }));
        observed
    }

    /// What is to be said of the certificate that the endpoint presents, where that is good: one that was renewed is in use
    /// only once the server has been reloaded.
    fn presented(&self, host: String, probed: &Probed) -> Vec<Observed> {
        let Some(presented) = probed.certificates.first() else {
            return Vec::new();
        };
        let expires = self.expires(presented.not_after);
        let mut observed = Vec::new();
        if expires.outcome() == CheckOutcome::Warn {
            observed.push(expires);
        }
        let own = self.own().and_then(Own::certificate);
        if own.is_some_and(|own| own.certificate.sha256 != presented.sha256) {
            observed.push(Observed::OtherCertificate {
                host,
                serial: presented.serial.to_string(),
                not_after: presented.not_after,
            });
        }
        observed
    }

    pub(super) fn clock(&self, probed: &[Probed]) -> Checked {
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
