//! Judges everything that was read together.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::drawing::{Chain, ChainEnd, ChainLink, Drawing, Identity};
use super::finding::{Finding, Problem, Subject};
use super::keys::{self, AskedKeys, KeyGroup};
use super::object::{examine_alone, unsound};
use super::order;
use super::outline::Compared;
use super::verify::Given;
use crate::document::{Document, Item, Kind, Moment, Sha256Digest};
use crate::environment::{AuthorityPurpose, Facts};
use crate::fqdn::{self, Fqdn};
use crate::input::Origin;

/// How many certificates one examination draws chains for: each costs signature checks of some 50 µs. Larger
/// inputs are read in full, without their chains, and a finding says so.
pub const CHAIN_LIMIT: usize = 1_000;

/// The terms of an examination.
#[derive(Clone, Copy, Debug)]
pub struct ExaminationPolicy {
    /// The moment for which dates are judged.
    pub at: Moment,
    /// Certificates that expire within this many days are reported. NHS renewals go by form and e-mail and take
    /// days to weeks: 60 is the default.
    pub soon_days: i64,
}

/// What an examination found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Examination {
    /// The chains, from every certificate that has nothing of the input below it.
    pub chains: Vec<Chain>,
    /// For each item, what the pinned CAs say it is.
    pub identities: Vec<Option<Identity>>,
    /// Which objects hold the same key.
    pub keys: Vec<KeyGroup>,
    /// What is wrong, in the input's order.
    pub findings: Vec<Finding>,
}

/// The certificates among the objects, each with what the pinned CAs say it is: its environments and its generation.
/// `None` if there is no pinned CA above it.
pub fn identify(items: &[Item], facts: &Facts) -> Vec<(Given, Option<Identity>)> {
    let identities = Drawing::of(items, facts).identities.into_iter();
    let identified = items.iter().zip(identities).filter_map(|(item, identity)| {
        let Document::Certificate(certificate) = &item.document else {
            return None;
        };
        let given = Given {
            certificate: Arc::clone(certificate),
            origin: item.origin.clone(),
        };
        Some((given, identity))
    });
    identified.collect()
}

/// The chains, from every certificate that has nothing of the objects below it, as far as they and the pinned CAs reach.
/// Signatures are checked; dates, usages and revocation are not.
pub fn chains(items: &[Item], facts: &Facts) -> Vec<Chain> {
    Drawing::of(items, facts).tops()
}

/// The objects that hold the same key, and what is wrong with them as keys: those that match nothing, requests that a
/// certificate does not answer, keys that were not opened. Needs no moment and no facts.
pub fn match_keys(items: &[Item]) -> (Vec<KeyGroup>, Vec<Finding>) {
    let groups = keys::group(items);
    let mut found: Vec<(usize, Problem)> = keys::mismatches(items, &groups, AskedKeys::All);
    let alone = each(items, |_, item| {
        let unreadable = super::object::unreadable_by_openssl(item);
        let more = super::object::unsigned(item).or_else(|| super::object::not_opened(item));
        [unreadable, more]
    });
    for (number, own) in alone.into_iter().enumerate() {
        found.extend(own.into_iter().flatten().map(|problem| (number, problem)));
    }
    found.sort_by_key(|(number, _)| *number);
    let findings = found.into_iter().filter_map(|(number, problem)| {
        Some(Finding {
            subject: Subject::of(number, items.get(number)?),
            problem,
        })
    });
    (groups, findings.collect())
}

/// Judges a collection of objects: each by itself, their chains, which belong together.
///
/// Signatures between certificates are checked. Revocation is not, nor is anything fetched, and a finding-free
/// result is not a verdict that a certificate is good.
pub fn examine(items: &[Item], facts: &Facts, policy: ExaminationPolicy) -> Examination {
    examine_with_keys(items, facts, policy, AskedKeys::Endpoints)
}

/// The same, with what is asked of keys.
pub(crate) fn examine_with_keys(
    items: &[Item],
    facts: &Facts,
    policy: ExaminationPolicy,
    asked: AskedKeys,
) -> Examination {
    let mut problems: Vec<Vec<Problem>> = each(items, |_, item| examine_alone(item, &policy));
    let mut tell = |number: usize, problem: Option<Problem>| {
        if let Some(crl) = problems.get_mut(number) {
            crl.extend(problem);
        }
    };
    for (number, first) in duplicates(items) {
        tell(number, Some(Problem::Duplicate { first }));
    }
    let drawing = Drawing::of(items, facts);
    if let Some((number, certificates)) = drawing.not_searched {
        tell(
            number,
            Some(Problem::ChainNotSearched {
                certificates,
                limit: CHAIN_LIMIT,
            }),
        );
    }
    let chains = drawing.tops();
    // Where a chain ends is reported once, for the certificate it starts from.
    for chain in &chains {
        tell(chain.of, chain_end(chain));
    }
    for (number, chain) in drawing.all.iter().enumerate() {
        let Some(chain) = chain else { continue };
        let identity = drawing.identities.get(number).and_then(Option::as_ref);
        for problem in of_chain(chain, identity, policy.at) {
            tell(number, Some(problem));
        }
    }
    let groups = keys::group(items);
    for (number, problem) in keys::mismatches(items, &groups, asked) {
        tell(number, Some(problem));
    }
    for (number, problem) in order::wrong(items, &chains) {
        tell(number, Some(problem));
    }
    for (number, chain) in drawing.all.iter().enumerate() {
        let links = chain.as_ref().map(|chain| chain.links.as_slice());
        let Some([own, issuer, ..]) = links else {
            continue;
        };
        let by_cn = super::object::by_common_name(&own.certificate, &issuer.certificate, facts);
        let no_san = |problem: &&mut Problem| matches!(problem, Problem::NoSan { .. });
        let said = problems.get_mut(number);
        let said = said.and_then(|problems| problems.iter_mut().find(no_san));
        if let (Some(by_cn), Some(said)) = (by_cn, said) {
            *said = by_cn;
        }
    }
    let subjects = each(items, |number, item| {
        let has_any = problems.get(number).is_some_and(|own| !own.is_empty());
        has_any.then(|| Subject::of(number, item))
    });
    let findings = subjects.into_iter().zip(problems);
    let findings = findings.flat_map(|(subject, problems)| {
        // One that has problems has a subject: as many are made as there are problems.
        let subjects = std::iter::repeat_n(subject, problems.len()).flatten();
        subjects
            .zip(problems)
            .map(|(subject, problem)| Finding { subject, problem })
    });
    Examination {
        findings: findings.collect(),
        chains,
        identities: drawing.identities,
        keys: groups,
    }
}

/// Below this many objects one core examines them all: starting threads costs more.
const FEW: usize = 32;

/// What `make` makes of each object and its number, in order; on all cores where there are many.
fn each<T: Send>(items: &[Item], make: impl Fn(usize, &Item) -> T + Sync) -> Vec<T> {
    match items.len() {
        0..FEW => {
            let numbered = items.iter().enumerate();
            numbered.map(|(number, item)| make(number, item)).collect()
        }
        _ => {
            let numbered = items.par_iter().enumerate();
            numbered.map(|(number, item)| make(number, item)).collect()
        }
    }
}

impl Subject {
    /// The object of this number.
    pub fn of(number: usize, item: &Item) -> Subject {
        Subject {
            object: Some(number),
            name: item.name(),
            origin: item.origin.clone(),
        }
    }
}

/// Objects that occur again, byte for byte, with where they are first.
pub(super) fn duplicates(items: &[impl Compared]) -> Vec<(usize, Origin)> {
    let mut first: HashMap<Sha256Digest, &Origin> = HashMap::new();
    let mut found = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let Some(digest) = item.digest() else {
            continue;
        };
        match first.get(&digest) {
            Some(origin) => found.push((number, (*origin).clone())),
            None => {
                first.insert(digest, item.origin());
            }
        }
    }
    found
}

/// What OpenSSL failed at, as the end of a sentence.
const UNCHECKED: &str = "it could not check a signature";

/// What is wrong with the end of a chain.
fn chain_end(chain: &Chain) -> Option<Problem> {
    let own = chain.links.first()?;
    let above = chain.links.get(1..).and_then(<[_]>::last);
    let above = above.map(|link| link.certificate.subject.short());
    match &chain.end {
        ChainEnd::NhsRoot | ChainEnd::KnownRoot => None,
        ChainEnd::OtherRoot if above.is_none() && !own.certificate.is_ca() => {
            Some(Problem::SelfSigned)
        }
        ChainEnd::OtherRoot => Some(Problem::NotNhsIssuer { root: above }),
        ChainEnd::IssuerMissing(issuer) => Some(Problem::MissingIssuer {
            issuer: issuer.clone(),
            of: above,
        }),
        // Of a signature that nothing can check is not known whose it is; that is said of the certificate that has it.
        ChainEnd::SignatureFails(_) if chain.links.last().is_some_and(is_unsound) => None,
        ChainEnd::SignatureFails(issuer) => Some(Problem::IssuerSignature {
            issuer: issuer.clone(),
        }),
        ChainEnd::NotCa(issuer) => Some(Problem::IssuerNotCa {
            issuer: issuer.clone(),
        }),
        ChainEnd::Unresolved => Some(Problem::ChainUnresolved),
        ChainEnd::Unchecked => Some(Problem::OpensslFailed {
            reason: UNCHECKED.to_owned(),
        }),
    }
}

fn is_unsound(link: &ChainLink) -> bool {
    unsound(&link.certificate.signature, Kind::Certificate).is_some()
}

/// What the certificates above one say about it.
fn of_chain(chain: &Chain, identity: Option<&Identity>, at: Moment) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(own) = chain.links.first() else {
        return problems;
    };
    if own.certificate.not_after >= at {
        let expired = chain
            .links
            .iter()
            .skip(1)
            .find(|link| link.certificate.not_after < at);
        problems.extend(expired.map(|link| Problem::IssuerExpired {
            issuer: link.certificate.subject.short(),
            not_after: link.certificate.not_after,
        }));
    }
    let Some(identity) = identity else {
        return problems;
    };
    if identity.purpose == AuthorityPurpose::Signing {
        let issuer = chain.links.get(if identity.pinned { 0 } else { 1 });
        let issuer = issuer
            .map(|link| link.certificate.subject.short())
            .unwrap_or_default();
        problems.push(Problem::SigningCa { issuer });
    }
    let hint = own
        .certificate
        .subject
        .common_name()
        .filter(|_| !own.certificate.is_ca())
        // The words are those of the NHS's environments; they mean nothing for another operator's.
        .filter(|_| identity.nhs);
    if let Some(hint) = hint
        .and_then(|name| Fqdn::parse(name).ok())
        .and_then(|name| fqdn::environment_hint(&name))
    {
        let known = !identity.environments.is_empty();
        if known
            && !identity
                .environments
                .iter()
                .any(|id| id.eq_ignore_ascii_case(hint))
        {
            let issued_for = identity.environment_titles.clone();
            problems.push(Problem::EnvironmentMismatch {
                hint: hint.to_ascii_uppercase(),
                issued_for,
            });
        }
    }
    problems
}
