//! Chains as they are shown, and what the pinned CAs in them say about a certificate.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::examine::CHAIN_LIMIT;
use crate::chain::{self, Budget, End, Found, Pool};
use crate::document::{Certificate, Item, Name, Sha256Digest};
use crate::environment::{Authority, AuthorityPurpose, Facts};

/// A chain as shown.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Chain {
    /// The number of the object it starts from.
    pub of: usize,
    /// From that object upwards.
    pub links: Vec<ChainLink>,
    /// How it ends.
    pub end: ChainEnd,
    /// How many other complete paths there are.
    pub alternatives: usize,
}

/// One certificate of a chain.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChainLink {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Whether it was in the input or is a known CA's.
    pub found: Found,
    /// The number of the object, where it was in the input.
    pub object: Option<usize>,
    /// Whether it is a known CA by its pin.
    pub pinned: bool,
    /// The operator of that CA, where the facts name one.
    pub operator: Option<String>,
}

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainEnd {
    /// At a pinned root of the NHS.
    NhsRoot,
    /// At a pinned root that a facts file does not call the NHS's.
    KnownRoot,
    /// At a self-signed certificate that is not the NHS's.
    OtherRoot,
    /// The issuer is not available.
    IssuerMissing(Name),
    /// Certificates with the issuer's name are available, but none of their keys made the signature.
    SignatureFails(Name),
    /// The signer says that it is not a CA.
    NotCa(Name),
    /// It loops, is too long, or is too costly to check.
    Unresolved,
    /// Where OpenSSL could not check a signature, because of an error of its own.
    Unchecked,
}

/// What the pinned CAs say about a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// `PTL` or `Live`.
    pub hierarchy: String,
    /// `G1`, `G2`.
    pub generation: String,
    /// The operator of its CA, where the facts name one.
    pub operator: Option<String>,
    /// Whether that is the NHS.
    pub nhs: bool,
    /// The ids of the environments it may be for, by which a judge is asked for; several where CAs are shared.
    pub environments: Vec<String>,
    /// What people call these environments, in the same order.
    pub environment_titles: Vec<String>,
    /// What its issuer's certificates are for.
    pub purpose: AuthorityPurpose,
    /// Whether it is itself a pinned CA.
    pub pinned: bool,
}

/// The chains of a collection.
pub(super) struct Drawing {
    /// For each item the best chain from it, where it is a certificate.
    pub(super) all: Vec<Option<Chain>>,
    pub(super) identities: Vec<Option<Identity>>,
    /// The first certificate and the count, when there were too many.
    pub(super) not_searched: Option<(usize, usize)>,
}

impl Drawing {
    pub(super) fn of(items: &[Item], facts: &Facts) -> Drawing {
        let certificates: Vec<(usize, &Arc<Certificate>)> = items
            .iter()
            .enumerate()
            .filter_map(|(number, item)| Some((number, item.document.certificate()?)))
            .collect();
        let mut drawing = Drawing {
            all: items.iter().map(|_| None).collect(),
            identities: items.iter().map(|_| None).collect(),
            not_searched: None,
        };
        let searched = certificates.len() <= CHAIN_LIMIT;
        if !searched {
            drawing.not_searched = certificates
                .first()
                .map(|(number, _)| (*number, certificates.len()));
        }
        let mut pool = Pool::new();
        let mut objects: HashMap<usize, usize> = HashMap::new();
        if searched {
            for (number, certificate) in &certificates {
                objects
                    .entry(pool.add(Arc::clone(certificate), Found::Input))
                    .or_insert(*number);
            }
            let issuers = certificates
                .iter()
                .map(|(_, certificate)| &certificate.issuer);
            for authority in facts.authorities_above(issuers) {
                if let (Some(certificate), Some(source)) =
                    (authority.certificate(), authority.source())
                {
                    pool.add(Arc::clone(certificate), Found::known(source));
                }
            }
        }
        let chains = match searched {
            true => draw_all(&pool, &objects, &certificates, facts),
            false => certificates.iter().map(|_| None).collect(),
        };
        for ((number, certificate), chain) in certificates.iter().zip(chains) {
            let authority = match &chain {
                Some(chain) => chain
                    .links
                    .iter()
                    .find_map(|link| facts.recognise(&link.certificate.sha256)),
                None => facts.recognise(&certificate.sha256),
            };
            if let Some(identity) = drawing.identities.get_mut(*number) {
                *identity = authority.map(|authority| Identity::of(authority, certificate, facts));
            }
            if let Some(place) = drawing.all.get_mut(*number) {
                *place = chain;
            }
        }
        drawing
    }

    /// The chains that are not part of a longer one.
    pub(super) fn tops(&self) -> Vec<Chain> {
        let inner: HashSet<Sha256Digest> = self
            .all
            .iter()
            .flatten()
            .flat_map(|chain| {
                chain
                    .links
                    .iter()
                    .skip(1)
                    .map(|link| link.certificate.sha256)
            })
            .collect();
        let mut drawn: HashSet<Sha256Digest> = HashSet::new();
        let mut tops = Vec::new();
        for chain in self.all.iter().flatten() {
            let Some(own) = chain.links.first().map(|link| link.certificate.sha256) else {
                continue;
            };
            if !inner.contains(&own) && drawn.insert(own) {
                tops.push(chain.clone());
            }
        }
        // In a circle everything is above something: the first of it that no chain shows starts one.
        let digests = |chain: &Chain| -> Vec<Sha256Digest> {
            let links = chain.links.iter();
            links.map(|link| link.certificate.sha256).collect()
        };
        let mut shown: HashSet<Sha256Digest> = tops.iter().flat_map(digests).collect();
        for chain in self.all.iter().flatten() {
            let own = chain.links.first().map(|link| &link.certificate.sha256);
            if own.is_some_and(|own| inner.contains(own) && !shown.contains(own)) {
                shown.extend(digests(chain));
                tops.push(chain.clone());
            }
        }
        tops
    }
}

/// What the signature checks of one examination may cost before no search is resumed that a short one did not
/// finish, in checks with a key of RSA 2048 (20 to 60 µs each): a thousand certificates that a real PKI issued need three
/// each.
const COST_LIMIT: usize = 10_000;

/// What the first search from a certificate may cost: enough for a chain in which every issuer is who it seems to be, and
/// some that are not.
const SIGNATURES_FIRST: usize = 12;

/// How many searches are resumed before the cost is checked: it must not depend on how many cores there are.
const ROUND: usize = 16;

/// Below this many certificates one core makes all chains: starting threads costs more.
const FEW: usize = 16;

/// The best chain from each certificate, on all cores. All get a short search, and those that it did not finish a long one
/// as far as the limit of all goes, in order: what comes out depends on the certificates alone.
fn draw_all(
    pool: &Pool,
    objects: &HashMap<usize, usize>,
    certificates: &[(usize, &Arc<Certificate>)],
    facts: &Facts,
) -> Vec<Option<Chain>> {
    let search = |certificate: &Certificate, signatures| {
        let start = pool.number(&certificate.sha256)?;
        let budget = Budget {
            signatures,
            ..Budget::default()
        };
        Some((start, chain::search(pool, start, budget)))
    };
    let first = |(_, certificate): &(usize, &Arc<Certificate>)| {
        search(certificate.as_ref(), SIGNATURES_FIRST)
    };
    let mut searches: Vec<_> = match certificates.len() {
        0..FEW => certificates.iter().map(first).collect(),
        _ => certificates.par_iter().map(first).collect(),
    };
    let all = Budget::default().signatures;
    let unfinished: Vec<usize> = (0..searches.len())
        .filter(|at| matches!(searches.get(*at), Some(Some((_, found))) if found.exhausted))
        .collect();
    for round in unfinished.chunks(ROUND) {
        if pool.cost() >= COST_LIMIT {
            break;
        }
        let again = |at: &usize| {
            let (_, certificate) = certificates.get(*at)?;
            Some((*at, search(certificate.as_ref(), all)))
        };
        let again: Vec<_> = match certificates.len() {
            0..FEW => round.iter().filter_map(again).collect(),
            _ => round.par_iter().filter_map(again).collect(),
        };
        for (at, found) in again {
            if let Some(place) = searches.get_mut(at) {
                *place = found;
            }
        }
    }
    let drawn = certificates.iter().zip(searches);
    drawn
        .map(|((number, _), search)| {
            let (start, search) = search?;
            draw(pool, objects, *number, start, &search, facts)
        })
        .collect()
}

/// The best chain of those found from one certificate: a pinned root before another, a shorter path before a longer one.
fn draw(
    pool: &Pool,
    objects: &HashMap<usize, usize>,
    number: usize,
    start: usize,
    search: &chain::Search,
    facts: &Facts,
) -> Option<Chain> {
    let root = |path: &chain::Path| {
        let last = path.members.last().and_then(|number| pool.member(*number));
        last.and_then(|member| facts.recognise(&member.certificate.sha256))
    };
    let alternatives = search.complete.len().saturating_sub(1);
    let best = search
        .complete
        .iter()
        .find(|path| root(path).is_some())
        .or(search.complete.first());
    let best = best.or(search.dead_ends.first())?;
    let end = match (
        &best.end,
        best.members.last().and_then(|number| pool.member(*number)),
    ) {
        (End::SelfSigned, _) => match root(best) {
            Some(authority) if authority.is_nhs() => ChainEnd::NhsRoot,
            Some(_) => ChainEnd::KnownRoot,
            None => ChainEnd::OtherRoot,
        },
        // What is missing may be what could not be checked.
        _ if pool.has_unchecked() => ChainEnd::Unchecked,
        (End::IssuerMissing { issuer }, _) => ChainEnd::IssuerMissing(issuer.clone()),
        (End::SignatureFails { .. }, Some(last)) => {
            ChainEnd::SignatureFails(last.certificate.issuer.clone())
        }
        (End::NotCa { .. }, Some(last)) => ChainEnd::NotCa(last.certificate.issuer.clone()),
        _ => ChainEnd::Unresolved,
    };
    let link = |&member: &usize| {
        let found = pool.member(member)?;
        let authority = facts.recognise(&found.certificate.sha256);
        Some(ChainLink {
            certificate: Arc::clone(&found.certificate),
            found: found.found,
            object: if member == start {
                Some(number)
            } else {
                objects.get(&member).copied()
            },
            pinned: authority.is_some(),
            operator: authority.and_then(|authority| authority.operator.clone()),
        })
    };
    Some(Chain {
        of: number,
        links: best.members.iter().filter_map(link).collect(),
        end,
        alternatives,
    })
}

impl Identity {
    fn of(authority: &Authority, certificate: &Certificate, facts: &Facts) -> Identity {
        let environments = facts.environments_of(authority);
        Identity {
            hierarchy: authority.hierarchy.clone(),
            generation: authority.generation.clone(),
            operator: authority.operator.clone(),
            nhs: authority.is_nhs(),
            environments: environments.iter().map(|one| one.id.clone()).collect(),
            environment_titles: environments.iter().map(|one| one.title.clone()).collect(),
            purpose: authority.purpose,
            pinned: authority.sha256 == certificate.sha256,
        }
    }
}

/// What a certificate is by its own pin, without looking at its chain; `None` for all but the known CAs.
pub fn identity_alone(item: &Item, facts: &Facts) -> Option<Identity> {
    let certificate = item.document.certificate()?;
    facts
        .recognise(&certificate.sha256)
        .map(|authority| Identity::of(authority, certificate, facts))
}
