//! Does the reply match the request, and may it be installed?
//!
//! [`accept`] is pure, as [`judge`] is: it finds the endpoint certificate in a reply and checks everything that
//! a reply to the request must satisfy.

use std::collections::HashSet;

use super::verify::{
    Decision, Evidence, Given, Link, Profile, Purposes, Question, Revocation, Sha1, StaleCrl,
    Verdict, WeakKeys, judge,
};
use super::{Code, Finding, Problem, Subject};
use crate::document::{Moment, PublicKey, Request};
use crate::environment::{Authority, AuthorityPurpose, Environment, Facts};
use crate::fqdn::{Fqdn, FqdnError};
use crate::input::Origin;
use crate::revocation::SearchableCrl;

/// What a reply must satisfy.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedReply<'a> {
    /// The request that was sent.
    pub request: &'a Request,
    /// The host that it is for: [`host`] of it.
    pub fqdn: &'a Fqdn,
    /// The public half of the private key that the certificate will be used with.
    pub key: &'a PublicKey,
    /// The environment that the certificate was requested for.
    pub environment: &'a Environment,
    /// The moment for which everything is judged.
    pub at: Moment,
}

/// The reply, and the other evidence.
#[derive(Clone, Copy, Debug)]
pub struct ReplyEvidence<'a> {
    /// Every certificate in it.
    pub certificates: &'a [Given],
    /// Where the reply as a whole is.
    pub origin: &'a Origin,
    /// What is known about environments and their CAs.
    pub facts: &'a Facts,
    /// CRLs.
    pub crls: &'a [&'a SearchableCrl<'a>],
    /// For which certificates revocation is checked; with [`Revocation::Off`] a finding says so.
    pub revocation: Revocation,
}

/// Whether a reply matches the request, and why not.
#[derive(Clone, Debug)]
#[must_use]
#[non_exhaustive]
pub struct ReplyVerdict {
    /// [`Decision::Verified`]: it matches, and is good. Nothing else may be installed.
    pub decision: Decision,
    /// What decided; `None` when it was accepted.
    pub code: Option<Code>,
    /// The endpoint certificates in the reply, without repetition: one, unless that is the reason for the refusal.
    pub candidates: Vec<Given>,
    /// What path, dates, names, key and revocation say of the one candidate, as a server's and a client's
    /// certificate; its path is what is installed. Its reasons and findings are in this acceptance as well.
    pub verdict: Option<Verdict>,
    /// The generation of the CA that issued the certificate, where it is known.
    pub generation: Option<String>,
    /// What decided against the reply, or kept it undecided, the deciding reason first.
    pub reasons: Vec<Finding>,
    /// The other findings.
    pub findings: Vec<Finding>,
}

/// Why it is not known which host a request is for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoHost {
    /// Its CN is not a host name.
    #[error("the request's CN does not name a host")]
    CommonName(#[source] FqdnError),
    /// It has no CN, and its only DNS name is not a host name.
    #[error("the request has no CN, and its only DNS name does not name a host")]
    OnlyName(#[source] FqdnError),
    /// It has no CN, and not exactly one DNS name.
    #[error("{}", match names {
        0 => "the request has neither a CN nor a DNS name".to_owned(),
        names => format!("the request has no CN and {names} DNS names, so it is not known which host it is for"),
    })]
    Unnamed {
        /// How many DNS names it has.
        names: usize,
    },
}

/// The host that a request is for: its CN, or its only DNS name where there is no CN.
///
/// # Errors
/// When neither is a host name.
pub fn host(request: &Request) -> Result<Fqdn, NoHost> {
    let names: Vec<&str> = request.dns_names().collect();
    match (request.subject.common_name(), names.as_slice()) {
        (Some(common_name), _) => Fqdn::parse(common_name).map_err(NoHost::CommonName),
        (None, [only]) => Fqdn::parse(only).map_err(NoHost::OnlyName),
        (None, names) => Err(NoHost::Unnamed { names: names.len() }),
    }
}

/// Judges a reply.
///
/// Checked: that it holds exactly one endpoint certificate; that this has the request's and the private key's key, the
/// CN and every host name that was asked for; that it chains by verified signatures to a pinned root of the
/// environment, through no CA of another environment or for signatures; everything else that [`judge`] checks, for
/// both ends of mutual TLS; and revocation of the whole chain if there are CRLs. A sub CA that the reply left out is
/// added from the facts, with a finding. Not checked: that the private key's bytes are sound, and all that [`judge`]
/// leaves out.
pub fn accept(expected: &ExpectedReply<'_>, reply: &ReplyEvidence<'_>) -> ReplyVerdict {
    let mut seen = HashSet::new();
    let endpoints = reply.certificates.iter();
    let candidates: Vec<Given> = endpoints
        .filter(|given| !given.certificate.is_ca() && seen.insert(given.certificate.sha256))
        .cloned()
        .collect();
    let [leaf] = candidates.as_slice() else {
        return ambiguous(candidates, expected, reply);
    };
    let verdict = judge_both_ways(leaf, expected, reply);
    let generation = issuer(&verdict.path, reply.facts).map(|ca| ca.generation.clone());
    ReplyVerdict {
        decision: verdict.decision,
        code: verdict.code,
        generation,
        reasons: verdict.reasons.clone(),
        findings: verdict.findings.clone(),
        verdict: Some(verdict),
        candidates,
    }
}

/// None, or more than one.
fn ambiguous(
    candidates: Vec<Given>,
    expected: &ExpectedReply<'_>,
    reply: &ReplyEvidence<'_>,
) -> ReplyVerdict {
    let problem = if candidates.is_empty() {
        let authorities = reply.certificates.iter();
        Problem::NoEndpoint {
            authorities: authorities
                .map(|given| given.certificate.subject.short())
                .collect(),
        }
    } else {
        let name = |given: &Given| {
            let fits = given.certificate.key == expected.request.key;
            let key = if fits { ", has the request's key" } else { "" };
            let name = given.certificate.subject.short();
            format!("{name} ({}{key})", given.origin)
        };
        Problem::SeveralEndpoints {
            names: candidates.iter().map(name).collect(),
        }
    };
    let reason = Finding {
        subject: Subject {
            object: None,
            name: expected.fqdn.to_string(),
            origin: reply.origin.clone(),
        },
        problem,
    };
    ReplyVerdict {
        decision: Decision::NotVerified,
        code: Some(reason.problem.code()),
        candidates,
        verdict: None,
        generation: None,
        reasons: vec![reason],
        findings: Vec::new(),
    }
}

/// The NHS asks for one certificate that serves and calls: a reason against either end is a reason against it, and the
/// path that is installed has to be good for both.
fn judge_both_ways(
    leaf: &Given,
    expected: &ExpectedReply<'_>,
    reply: &ReplyEvidence<'_>,
) -> Verdict {
    let evidence = Evidence {
        sent: reply.certificates,
        chain: &[],
        anchors: &[],
        facts: reply.facts,
        crls: reply.crls,
    };
    let question = Question {
        certificate: leaf,
        sent: &[],
        purposes: Purposes::BOTH_ENDS,
        fqdn: Some(expected.fqdn),
        at: expected.at,
        environment: Some(expected.environment),
        revocation: reply.revocation,
        stale: StaleCrl::Refuse,
        sha1: Sha1::Refused,
        weak_keys: WeakKeys::Refused,
        profile: Profile::Reported,
        key: Some(expected.key),
        request: Some(expected.request),
    };
    let mut verdict = judge(&question, &evidence);
    add_own_reasons(leaf, reply, &mut verdict);
    conclude(&mut verdict);
    verdict
}

/// What is required of a reply and not of every certificate.
fn add_own_reasons(leaf: &Given, reply: &ReplyEvidence<'_>, verdict: &mut Verdict) {
    let certificate = leaf.certificate.as_ref();
    let issuer = issuer(&verdict.path, reply.facts);
    if let Some(issuer) = issuer.filter(|issuer| issuer.purpose == AuthorityPurpose::Signing) {
        verdict.reasons.push(Finding {
            subject: Subject {
                object: None,
                name: certificate.subject.short(),
                origin: leaf.origin.clone(),
            },
            problem: Problem::SigningCa {
                issuer: issuer.name.clone(),
            },
        });
    }
}

/// The known CA right above the certificate.
fn issuer<'f>(path: &[Link], facts: &'f Facts) -> Option<&'f Authority> {
    facts.recognise(&path.get(1)?.certificate.sha256)
}

/// Decides again after reasons were added: what is bad outranks what is open.
fn conclude(verdict: &mut Verdict) {
    let is_open = |reason: &Finding| reason.problem.is_open();
    verdict.reasons.sort_by_key(is_open);
    let Some(first) = verdict.reasons.first() else {
        return;
    };
    verdict.code = Some(first.problem.code());
    verdict.decision = match is_open(first) {
        true => Decision::NotDecided,
        false => Decision::NotVerified,
    };
}
