//! The checks that need no other machine.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::crls::Crls;
use super::{CheckId, Checked, Options, Resumed};
use crate::document::Moment;
use crate::environment::{AuthorityRole, Environment};
use crate::fqdn;
use crate::input::Shown;
use crate::ops::gather::{self, Named};
use crate::ops::peer::{self, Measure, Own};
use crate::ops::{Context, doctor, probe};
use crate::verdict::connection::{ConnectionProblem, LookUpOutcome};
use crate::verdict::preflight::{CheckOutcome, GivenInput, Observed, worst};
use crate::verdict::verify::{Decision, Purpose, Verdict};
use crate::verdict::{Finding, Problem, Subject};
use crate::wire::fetch::Proxy;
use crate::wire::probe::{ProbeLimits, Target, reach};
use crate::wording;

/// What all checks share.
pub(super) struct Run<'r> {
    pub(super) options: &'r Options,
    pub(super) context: &'r Context<'r>,
    pub(super) environment: &'r Environment,
    pub(super) own: Option<&'r Result<Own, peer::OwnError>>,
    pub(super) crls: &'r Crls,
}

impl Run<'_> {
    /// Makes one check, or reuses the result of the earlier run.
    pub(super) fn made(&self, id: CheckId, observed: impl FnOnce() -> Vec<Observed>) -> Checked {
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

    pub(super) fn check(&self, id: CheckId) -> Checked {
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

    pub(super) fn own(&self) -> Option<&Own> {
        self.own.and_then(|own| own.as_ref().ok())
    }

    pub(super) fn name_rules(&self) -> Observed {
        let faults = fqdn::naming_faults(&self.options.fqdn);
        match faults.is_empty() {
            true => Observed::NameGood,
            false => Observed::NameFaults {
                rules: faults.iter().map(ToString::to_string).collect(),
            },
        }
    }

    pub(super) fn name_environment(&self) -> Observed {
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

    pub(super) fn name_resolves(&self) -> Observed {
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

    pub(super) fn target<'t>(&self, host: &'t str, port: u16, proxy: &'t Proxy) -> Target<'t> {
        let mut target = Target::new(host, port, proxy);
        target.limits = ProbeLimits::within(self.options.timeout);
        target
    }

    pub(super) fn finding(&self, problem: ConnectionProblem) -> Box<Finding> {
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

    pub(super) fn found(&self, host: Option<String>, problem: ConnectionProblem) -> Observed {
        Observed::Found {
            host,
            finding: self.finding(problem),
        }
    }

    pub(super) fn key_pair(&self) -> Observed {
        match self.own {
            None => Observed::not_given(GivenInput::Certificate),
            // A file that is not there says nothing about the key.
            Some(Err(error @ peer::OwnError::Unread(_))) => Observed::NotMade {
                reason: wording::sentence(error),
            },
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
    pub(super) fn verdict(&self, purpose: Purpose) -> Option<Result<Option<Verdict>, String>> {
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

    pub(super) fn certificate(&self, purpose: Purpose) -> Vec<Observed> {
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
        // What its peers may refuse although the chain is good.
        let doubts = verdict.findings.iter().filter(|finding| {
            matches!(
                finding.problem,
                Problem::SubCaNotSent { .. } | Problem::EnvironmentUnchecked { .. }
            )
        });
        observed.extend(doubts.map(|finding| Observed::Found {
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

    pub(super) fn expiry(&self) -> Observed {
        match self.own().and_then(Own::certificate) {
            None => Observed::not_given(GivenInput::Certificate),
            Some(given) => self.expires(given.certificate.not_after),
        }
    }

    /// When a certificate expires.
    pub(super) fn expires(&self, not_after: Moment) -> Observed {
        Observed::Expires {
            not_after,
            days: not_after.days_left(self.context.at),
        }
    }

    /// The generations of the environment's hierarchy, each with its root and sub CA if they are known and valid.
    pub(super) fn by_generation(&self) -> BTreeMap<String, (Option<String>, Option<String>)> {
        let mut generations: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
        for authority in &self.context.facts.authorities {
            if !authority.is_of(self.environment) {
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

    pub(super) fn generations(&self) -> Observed {
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

    pub(super) fn bundle(&self) -> Observed {
        if self.options.bundle.is_empty() {
            return Observed::not_given(GivenInput::Bundle);
        }
        let found = gather::read(&self.options.bundle, None, self.context.observer);
        if let Some(unread) = found.unread.first() {
            return Observed::NotMade {
                reason: unread.message(),
            };
        }
        let held = gather::certificates(&found.items);
        let lacking = self.context.facts.authorities.iter().filter(|authority| {
            authority.is_of(self.environment)
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
    pub(super) fn system_store(&self) -> Observed {
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
    pub(super) fn configuration(&self) -> Vec<Observed> {
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
}
