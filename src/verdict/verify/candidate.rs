//! The paths that could be: from the certificate to the anchors of the question, and where they break off.

use std::sync::Arc;

use super::answer::{Decision, Link, PathEnd, Verdict};
use super::gathered::Gathered;
use super::path::Judgement;
use super::{Evidence, Purpose, Question};
use crate::chain::{self, Budget, End, Found, Pool, is_self_signed};
use crate::document::{Certificate, Kind, Name};
use crate::environment::AuthorityRole;
use crate::input::Source;
use crate::verdict::finding::first;
use crate::verdict::object::unsound;
use crate::verdict::{Finding, Problem, Sender, Subject};

/// How much one verdict may cost. PKITS' longest path has seven certificates and NHS paths three: twenty is room for
/// any real PKI. The pools of x509-limbo that are built to make paths multiply are answered within the signature
/// checks, which take some 25 ms.
pub(crate) const BUDGET: Budget = Budget {
    depth: 20,
    signatures: 500,
    paths: 64,
};

/// What the searches for all certificates of one run may cost together, in signature checks with a key of RSA 2048 (20 to
/// 60 µs each), shared between them before the first one begins: a verdict depends neither on the order of the questions nor
/// on the number of cores.
const COST_LIMIT: usize = 50_000;

/// What each of very many certificates may cost: a path of the NHS's takes three checks, and a CA that was renewed often
/// a few more.
const SIGNATURES_LEAST: usize = 50;

/// How much one verdict may cost among so many certificates.
fn budget(certificates: usize) -> Budget {
    let share = COST_LIMIT / certificates.max(1);
    Budget {
        signatures: share.clamp(SIGNATURES_LEAST, BUDGET.signatures),
        ..BUDGET
    }
}

/// The paths found.
pub(super) struct Candidates {
    /// Those that end at an anchor, shortest first.
    pub(super) trusted: Vec<Candidate>,
    /// The one that came nearest among the others, and why it is none.
    pub(super) unfinished: (Candidate, Option<(usize, Problem)>),
    /// Whether the search stopped before every path was tried, so that there may be a better one.
    pub(super) exhausted: bool,
}

/// One path.
pub(super) struct Candidate {
    pub(super) links: Vec<Link>,
    end: PathEnd,
    /// The links that were not sent, of whose CA another certificate was.
    otherwise_sent: Vec<usize>,
}

impl Candidates {
    /// Looks for them in everything there is, from the member `start` on, which is the certificate in question.
    pub(super) fn search(
        start: usize,
        gathered: &Gathered<'_>,
        question: &Question<'_>,
        evidence: &Evidence<'_>,
    ) -> Candidates {
        let pool = &gathered.pool;
        let anchors = gathered.anchors(question.environment);
        let budget = budget(evidence.sent.len());
        let found = chain::search_at(pool, start, &anchors, Some(question.at), budget);
        let draw = |path: &chain::Path| {
            let link = |number: &usize| {
                let member = pool.member(*number)?;
                let origin = match *number == start {
                    true => Some(&question.certificate.origin),
                    false => gathered.origins.get(*number),
                };
                Some(Link {
                    certificate: Arc::clone(&member.certificate),
                    found: member.found,
                    origin: origin?.clone(),
                    anchor: anchors.contains(number),
                    pinned: evidence
                        .facts
                        .recognise(&member.certificate.sha256)
                        .is_some(),
                })
            };
            let is_otherwise_sent = |number: &usize| {
                let is_sent = |number: &usize| {
                    let member = pool.member(*number);
                    member.is_some_and(|member| member.found == Found::Input)
                };
                let member = pool.member(*number).filter(|_| !is_sent(number));
                member.is_some_and(|one| pool.named(&one.certificate.subject).iter().any(is_sent))
            };
            let members = path.members.iter().enumerate().skip(1);
            let otherwise_sent = members.filter(|(_, number)| is_otherwise_sent(number));
            Candidate {
                links: path.members.iter().filter_map(link).collect(),
                end: end(path, pool),
                otherwise_sent: otherwise_sent.map(|(place, _)| place).collect(),
            }
        };
        let (trusted, others): (Vec<_>, Vec<_>) = found
            .complete
            .iter()
            .partition(|path| path.end == End::Anchor);
        let others: Vec<Candidate> = others
            .into_iter()
            .chain(&found.dead_ends)
            .map(draw)
            .collect();
        let is_of_anchor = |name: &Name| {
            let mut certificates = anchors
                .iter()
                .filter_map(|number| Some(&pool.member(*number)?.certificate));
            certificates.any(|anchor| anchor.subject.matches(name))
        };
        let trusted = trusted.into_iter().map(draw).collect();
        let unfinished = match found.exhausted {
            true => unresolved(others),
            false => unfinished(others, &is_of_anchor, question, evidence),
        };
        Candidates {
            trusted,
            unfinished,
            exhausted: found.exhausted,
        }
    }
}

/// Among paths that reach no anchor: one that ends at a known root of another environment says most, then one at any
/// root, then the longest.
fn unfinished(
    mut others: Vec<Candidate>,
    is_of_anchor: &dyn Fn(&Name) -> bool,
    question: &Question<'_>,
    evidence: &Evidence<'_>,
) -> (Candidate, Option<(usize, Problem)>) {
    let is_damaged = |link: &Link| evidence.facts.damaged(&link.certificate.sha256).is_some();
    let is_known = |link: &Link| link.pinned || is_damaged(link);
    let known = |candidate: &Candidate| candidate.links.iter().any(is_known);
    let best = others
        .iter()
        .position(known)
        .or((!others.is_empty()).then_some(0));
    let Some(best) = best else {
        return unresolved(others);
    };
    let candidate = others.swap_remove(best);
    let last = candidate.links.len().saturating_sub(1);
    let wrong = candidate.wrong_environment(question, evidence);
    let wrong = wrong.or_else(|| candidate.unknown_environment(question, evidence));
    let problem = match (&candidate.end, candidate.links.last()) {
        _ if wrong.is_some() => return (candidate, wrong),
        (PathEnd::Untrusted, Some(_)) if last == 0 => Problem::SelfSigned,
        (PathEnd::Untrusted, Some(root)) => {
            let subject = &root.certificate.subject;
            Problem::UntrustedRoot {
                root: subject.short(),
                same_name: is_of_anchor(subject),
            }
        }
        (PathEnd::IssuerMissing(issuer), _) => Problem::MissingIssuer {
            issuer: issuer.clone(),
            of: None,
        },
        (PathEnd::SignatureFails(issuer), at) => {
            // Whichever key made it: what cannot be checked is not said to be another key's.
            let signature = at.map(|last| &last.certificate.signature);
            let unsound = signature.and_then(|signature| unsound(signature, Kind::Certificate));
            unsound.unwrap_or_else(|| Problem::IssuerSignature {
                issuer: issuer.clone(),
            })
        }
        (PathEnd::NotCa(issuer), _) => Problem::IssuerNotCa {
            issuer: issuer.clone(),
        },
        _ => Problem::ChainUnresolved,
    };
    (candidate, Some((last, problem)))
}

/// What is said when the search was not carried to its end.
fn unresolved(others: Vec<Candidate>) -> (Candidate, Option<(usize, Problem)>) {
    let links = others
        .into_iter()
        .next()
        .map_or(Vec::new(), |other| other.links);
    let end = PathEnd::Unresolved;
    (
        Candidate {
            links,
            end,
            otherwise_sent: Vec::new(),
        },
        Some((0, Problem::ChainUnresolved)),
    )
}

fn end(path: &chain::Path, pool: &Pool) -> PathEnd {
    let last = path.members.last().and_then(|number| pool.member(*number));
    match (&path.end, last) {
        (End::Anchor, _) => PathEnd::Anchor,
        (End::SelfSigned, _) => PathEnd::Untrusted,
        (End::IssuerMissing { issuer }, _) => PathEnd::IssuerMissing(issuer.clone()),
        (End::SignatureFails { .. }, Some(last)) => {
            PathEnd::SignatureFails(last.certificate.issuer.clone())
        }
        (End::NotCa { .. }, Some(last)) => PathEnd::NotCa(last.certificate.issuer.clone()),
        _ => PathEnd::Unresolved,
    }
}

impl Candidate {
    /// The certificates, the end entity first.
    pub(super) fn certificates(&self) -> Vec<&Certificate> {
        self.links
            .iter()
            .map(|link| link.certificate.as_ref())
            .collect()
    }

    /// Where a known CA of the path does not issue for the environment asked about: one that is known to issue for
    /// others, or one of the other hierarchy.
    pub(super) fn wrong_environment(
        &self,
        question: &Question<'_>,
        evidence: &Evidence<'_>,
    ) -> Option<(usize, Problem)> {
        let asked = question.environment?;
        self.links.iter().find_map(|link| {
            let authority = evidence.facts.recognise(&link.certificate.sha256)?;
            let other_hierarchy = authority.hierarchy != asked.hierarchy;
            let other_environment = authority.role == AuthorityRole::SubCa
                && !authority.environments.contains(&asked.id);
            (other_hierarchy || other_environment).then(|| {
                let issued_for = evidence.facts.environments_of(authority);
                let (issued_for, _) = first(issued_for.iter().map(|one| one.title.clone()));
                let problem = Problem::WrongEnvironment {
                    asked: asked.title.clone(),
                    issued_for,
                    issuer: authority.name.clone(),
                };
                (0, problem)
            })
        })
    }

    /// Where the certificate chains to a root above several environments, and the CA that issued it is no known sub CA: then
    /// nothing says for which of them it is.
    pub(super) fn unchecked_environment(
        &self,
        question: &Question<'_>,
        evidence: &Evidence<'_>,
    ) -> Option<(usize, Problem)> {
        let asked = question.environment?;
        let facts = evidence.facts;
        let mut others = facts.environments.iter();
        others.find(|other| other.hierarchy == asked.hierarchy && other.id != asked.id)?;
        let known = |link: &Link| facts.recognise(&link.certificate.sha256);
        let issuer = self.links.get(1)?;
        let is_known_sub = known(issuer).is_some_and(|ca| ca.role == AuthorityRole::SubCa);
        // A known CA that is itself the one in question was compared already.
        if is_known_sub || self.links.first().is_some_and(|own| known(own).is_some()) {
            return None;
        }
        let problem = Problem::EnvironmentUnchecked {
            asked: asked.title.clone(),
            issuer: issuer.certificate.subject.short(),
        };
        Some((0, problem))
    }

    /// Where what says what a CA of the path issues for is damaged.
    pub(super) fn unknown_environment(
        &self,
        question: &Question<'_>,
        evidence: &Evidence<'_>,
    ) -> Option<(usize, Problem)> {
        let asked = question.environment?;
        self.links.iter().find_map(|link| {
            let entry = evidence.facts.damaged(&link.certificate.sha256)?;
            let problem = Problem::EnvironmentUnknown {
                asked: asked.title.clone(),
                issuer: link.certificate.subject.short(),
                entry: entry.to_string(),
            };
            Some((0, problem))
        })
    }

    /// The verdict on `of` as far as the path decides it.
    pub(super) fn into_verdict(self, question: &Question<'_>, judgement: Judgement) -> Verdict {
        let of = question.certificate;
        let mut purposes = question.purposes.iter();
        let sender = match (of.origin.source.as_ref(), purposes.next(), purposes.next()) {
            (Source::Handshake, Some(Purpose::Server), None) => Sender::Server,
            (Source::Handshake, Some(Purpose::Client), None) => Sender::Client,
            (Source::Handshake, ..) => Sender::Peer,
            _ => Sender::Input,
        };
        let finding = |(number, problem): (usize, Problem)| {
            let link = self.links.get(number);
            let (certificate, origin) = match link {
                Some(link) => (&link.certificate, &link.origin),
                None => (&of.certificate, &of.origin),
            };
            Finding {
                subject: Subject::certificate(certificate, origin),
                problem,
            }
        };
        let reasons = judgement.refusals.into_iter().map(finding).collect();
        // RFC 8446 section 4.4.2: all but the anchor has to be sent; whoever trusts the same has what was given as trusted.
        let not_sent = self
            .links
            .iter()
            .enumerate()
            .skip(1)
            .filter(|(_, link)| !link.anchor && !is_self_signed(&link.certificate))
            .filter(|(_, link)| !matches!(link.found, Found::Input | Found::Anchor))
            .map(|(place, link)| Problem::SubCaNotSent {
                issuer: link.certificate.subject.short(),
                sender,
                other: self.otherwise_sent.contains(&place),
            })
            .map(|problem| (0, problem));
        let remarks = not_sent.chain(judgement.remarks);
        let findings = remarks.map(finding).collect();
        Verdict {
            decision: Decision::NotDecided,
            code: None,
            path: self.links,
            end: self.end,
            revocation: Vec::new(),
            host: None,
            key_matches: None,
            matches_request: None,
            reasons,
            findings,
        }
    }
}
