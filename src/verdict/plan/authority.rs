//! What is needed of each CA.

use std::cell::LazyCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::conduct::Set;
use super::issuer::{Authorities, Issuer, authorities, is_root};
use super::required::{self, Covers, CrlSource, RequiredCrl, RequiredState, Rules};
use super::superseded::superseded;
use super::{CrlPlan, Held, HeldCrl, PlanQuestion, Server};
use crate::chain::name_key;
use crate::document::extension::{DistributionPoint, GeneralName, Scope};
use crate::document::{Certificate, Moment, Name, Sha256Digest};
use crate::environment::AuthorityPurpose;
use crate::revocation::{CrlIndex, Reasons, crl_issuers};

/// What is needed of one CA.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthorityPlan {
    /// Its name.
    pub name: Name,
    /// Its certificate; `None` for an issuer that the bundle lacks. Of several certificates for one name and key
    /// the one that ends last.
    pub certificate: Option<Arc<Certificate>>,
    /// What it is in the bundle.
    pub role: BundleRole,
    /// `PTL` or `Live`, where the CA is known.
    pub hierarchy: Option<String>,
    /// `G1` or `G2`, where the CA is known.
    pub generation: Option<String>,
    /// The CRLs that are needed of it.
    pub required: Vec<RequiredCrl>,
    /// Whether it issues to clients, none of which was given, so that their partitions cannot be known beforehand.
    pub clients_unknown: bool,
    /// Whether a CRL of it names a distribution point: it partitions its CRLs.
    pub partitioned: bool,
}

/// What a CA is in the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "role", rename_all = "snake_case")]
#[non_exhaustive]
pub enum BundleRole {
    /// A CA that signed its own certificate.
    Root,
    /// A CA below another.
    SubCa,
    /// A CA whose certificate has expired: nothing below it is valid, so none of its CRLs is needed.
    Expired {
        /// The last second of its validity.
        #[serde(rename = "expired_at")]
        at: Moment,
    },
    /// An issuer that the bundle lacks; it is above the CAs that are there.
    Absent,
}

/// How many CRLs of other partitions are named where there is none of the required one.
const OTHERS: usize = 8;

pub(super) fn draw(question: &PlanQuestion<'_>) -> CrlPlan {
    let at = question.at;
    let authorities = authorities(question.bundle, at);
    let all = once_each(question);
    let has_ended = |one: &&&Arc<Certificate>| !one.is_ca() && one.not_after < at;
    let ended: Vec<Arc<Certificate>> = all
        .iter()
        .filter(has_ended)
        .map(|one| Arc::clone(one))
        .collect();
    let issuing: Vec<(&Arc<Certificate>, Option<usize>)> = all
        .into_iter()
        .filter(|certificate| !is_root(certificate) && certificate.not_after >= at)
        .map(|certificate| (certificate, authorities.issuer_of(certificate)))
        .collect();
    let Authorities { mut issuers, .. } = authorities;
    let mut unrelated = Vec::new();
    let mut absent = HashMap::new();
    for (certificate, place) in issuing {
        let place = match place {
            None if certificate.is_ca() => {
                Some(absent_issuer(&mut issuers, &mut absent, certificate))
            }
            place => place,
        };
        match place.and_then(|place| issuers.get_mut(place)) {
            Some(issuer) => issuer.issued.push(Arc::clone(certificate)),
            None => unrelated.push(Arc::clone(certificate)),
        }
    }
    let superseded = superseded(question.held, at);
    let passed: HashSet<usize> = superseded.iter().copied().collect();
    let base_crls = base_crls(question, &superseded);
    let clients: HashSet<Sha256Digest> = question
        .bundle
        .iter()
        .chain(question.certificates)
        .map(|one| one.sha256)
        .collect();
    let plans: Vec<AuthorityPlan> = issuers
        .iter()
        .map(|issuer| plan(issuer, question, &clients, &base_crls))
        .collect();
    let below_expired = below_expired(&issuers, at);
    let set = Set {
        question,
        issuers: &issuers,
        plans: &plans,
        below_expired: &below_expired,
        ended: &ended,
        superseded: &passed,
    };
    let faults = set.faults();
    // Names are only made comparable where there is something to compare them with.
    let concerned = LazyCell::new(|| -> HashSet<Vec<u8>> {
        let given = question.certificates.iter().chain(question.others);
        let named = given.flat_map(|one| crl_issuers(one));
        let named = named.map(|name| name_key(&name));
        let issuers = issuers.iter().map(|one| name_key(&one.name));
        issuers.chain(named).collect()
    });
    let concerns = |issuer: &Name| concerned.contains(&name_key(issuer));
    let mut unreadable = question.unreadable.iter();
    let unreadable = unreadable.any(|issuer| issuer.as_ref().is_none_or(concerns));
    CrlPlan {
        at,
        server: question.server,
        authorities: in_order(plans),
        unrelated,
        faults,
        superseded,
        unreadable,
    }
}

/// The complete CRLs that nothing has superseded. A delta CRL answers for no certificate by itself, and servers do not
/// use deltas unless configured to.
fn base_crls(question: &PlanQuestion<'_>, superseded: &[usize]) -> CrlIndex {
    let superseded: HashSet<usize> = superseded.iter().copied().collect();
    let mut index = CrlIndex::default();
    for (place, held) in question.held.iter().enumerate() {
        if held.header.base_number.is_none() && !superseded.contains(&place) {
            index.add(place, held.header);
        }
    }
    index
}

/// Clients whose CA leads nowhere any more, each with the CA that has expired.
fn below_expired(issuers: &[Issuer], at: Moment) -> Vec<(Arc<Certificate>, Arc<Certificate>)> {
    let expired = |ca: &Certificate| ca.not_after < at;
    let mut below = Vec::new();
    // The first CA of each name.
    let mut by_name: HashMap<Vec<u8>, &Arc<Certificate>> = HashMap::new();
    if issuers.iter().any(|issuer| issuer.expired) {
        let certificates = issuers
            .iter()
            .filter_map(|issuer| issuer.certificate.as_ref());
        for ca in certificates {
            by_name.entry(name_key(&ca.subject)).or_insert(ca);
        }
    }
    // What was found for the CAs on the way, so that each is passed once.
    let mut found: HashMap<Sha256Digest, &Arc<Certificate>> = HashMap::new();
    for issuer in issuers.iter().filter(|issuer| issuer.expired) {
        let Some(own) = &issuer.certificate else {
            continue;
        };
        let mut ca = own;
        let mut passed = Vec::new();
        while !expired(ca) {
            if let Some(known) = found.get(&ca.sha256) {
                ca = known;
                break;
            }
            // CAs that certify each other have no end: the way ends where one is met again.
            found.insert(ca.sha256, ca);
            passed.push(ca.sha256);
            match by_name.get(&name_key(&ca.issuer)) {
                Some(above) => ca = above,
                None => break,
            }
        }
        found.extend(passed.into_iter().map(|one| (one, ca)));
        let clients = issuer.issued.iter().filter(|issued| !issued.is_ca());
        below.extend(clients.map(|client| (Arc::clone(client), Arc::clone(ca))));
    }
    below
}

fn once_each<'q>(question: &PlanQuestion<'q>) -> Vec<&'q Arc<Certificate>> {
    let mut seen: HashSet<Sha256Digest> = HashSet::new();
    let given = question.certificates.iter().chain(question.others);
    let everything = question.bundle.iter().chain(given);
    everything.filter(|one| seen.insert(one.sha256)).collect()
}

/// The index of an issuer that the bundle lacks; it is added if it is new.
fn absent_issuer(
    issuers: &mut Vec<Issuer>,
    absent: &mut HashMap<Vec<u8>, usize>,
    certificate: &Certificate,
) -> usize {
    let name = &certificate.issuer;
    *absent.entry(name_key(name)).or_insert_with(|| {
        issuers.push(Issuer {
            name: name.clone(),
            certificate: None,
            issued: Vec::new(),
            expired: false,
        });
        issuers.len() - 1
    })
}

fn plan(
    issuer: &Issuer,
    question: &PlanQuestion<'_>,
    clients: &HashSet<Sha256Digest>,
    base_crls: &CrlIndex,
) -> AuthorityPlan {
    let known = issuer
        .certificate
        .as_ref()
        .and_then(|certificate| question.facts.recognise(&certificate.sha256));
    let role = match &issuer.certificate {
        None => BundleRole::Absent,
        Some(certificate) if issuer.expired => BundleRole::Expired {
            at: certificate.not_after,
        },
        Some(certificate) if is_root(certificate) => BundleRole::Root,
        Some(_) => BundleRole::SubCa,
    };
    let mut plan = AuthorityPlan {
        name: issuer.name.clone(),
        certificate: issuer.certificate.clone(),
        role,
        hierarchy: known.map(|known| known.hierarchy.clone()),
        generation: known.map(|known| known.generation.clone()),
        required: Vec::new(),
        clients_unknown: false,
        partitioned: false,
    };
    if issuer.expired {
        return plan;
    }
    let crls = crls_of(issuer, question, base_crls);
    let names_point = |held: &Held<'_>| {
        let point = held.header.issuing_distribution_point.as_ref();
        point.is_some_and(|point| point.name.is_some())
    };
    let behaviour = question.server.map(Server::behaviour);
    let rules = match behaviour {
        Some(behaviour) if !behaviour.extended_crls => Rules::OpenSsl,
        _ => Rules::Standard,
    };
    let mut subjects = issuer.issued.clone();
    // Where no CRL of the root is available, that is said of the sub CAs already.
    if behaviour.is_some_and(|behaviour| behaviour.checks_root)
        && role == BundleRole::Root
        && !crls.is_empty()
    {
        subjects.extend(issuer.certificate.clone());
    }
    for group in grouped(&subjects) {
        let Some(first) = group.first() else { continue };
        // With a few CRLs of other partitions, of which only the names are reported.
        let mut near = base_crls.for_certificate(first, OTHERS);
        near.retain(|place| crls.contains_key(place));
        let near: Vec<(usize, Held<'_>)> = near
            .iter()
            .filter_map(|place| Some((*place, *crls.get(place)?)))
            .collect();
        let (state, used) = required::state(first, &near, rules, question.at);
        let sources = CrlSource::all_of(points(first));
        if sources.is_empty()
            && is_root(first)
            && let Some(same) = same_crl(&mut plan.required, &state, &used)
        {
            same.extend(group);
            continue;
        }
        plan.required.push(with_held(
            Covers::Certificates(group),
            sources,
            state,
            used,
            question,
        ));
    }
    // A root that has sub CAs issues to nothing else; a sub CA is there for its clients, unless it signs only, or is there to
    // sign the CRLs of others.
    let signs_only = known.is_some_and(|known| known.purpose == AuthorityPurpose::Signing);
    let has_subs = issuer.issued.iter().any(|issued| issued.is_ca());
    let is_indirect = |held: &Held<'_>| {
        let point = held.header.issuing_distribution_point.as_ref();
        point.is_some_and(|point| point.indirect)
    };
    let signs_for_others =
        issuer.issued.is_empty() && !crls.is_empty() && crls.values().all(is_indirect);
    let is_for_clients = !has_subs && !signs_only && !signs_for_others;
    let serves_clients = issuer.certificate.is_some() && is_for_clients;
    let mut issued = issuer.issued.iter();
    let shown = issued.any(|issued| !issued.is_ca() && clients.contains(&issued.sha256));
    if serves_clients {
        plan.clients_unknown = !shown;
        plan.partitioned = crls.values().any(names_point);
        let served: HashSet<usize> = plan
            .required
            .iter()
            .flat_map(|required| required.crls.iter().copied())
            .collect();
        let of_clients =
            |held: &Held<'_>| matches!(held.header.scope(), Scope::All | Scope::UserCertificates);
        let reasons_of = |held: &Held<'_>| {
            let point = held.header.issuing_distribution_point.as_ref();
            Reasons::of(point.and_then(|point| point.reasons.as_deref()))
        };
        let of_clients: BTreeMap<_, _> = crls.iter().filter(|(_, held)| of_clients(held)).collect();
        let all = of_clients.values().map(|held| reasons_of(held));
        let covered = all.fold(Reasons::NONE, |all, reasons| all.and(reasons));
        for (place, held) in of_clients {
            if served.contains(place) {
                continue;
            }
            let state = match (covered.is_all(), required::state_of(held, question.at)) {
                (false, state) if state.is_good() => RequiredState::Partial {
                    missing: covered.missing(),
                },
                (_, state) => state,
            };
            plan.required.push(with_held(
                Covers::Partition,
                CrlSource::of_crl(held),
                state,
                vec![*place],
                question,
            ));
        }
        if plan.required.is_empty() {
            plan.required.push(with_held(
                Covers::Unknown,
                Vec::new(),
                RequiredState::Missing,
                Vec::new(),
                question,
            ));
        }
    }
    plan
}

/// Whose certificates those CRLs answer for already, and in the same state. A root's own certificate names no place: what it
/// needs is the CRL of its sub CAs, and no second one.
fn same_crl<'r>(
    required: &'r mut [RequiredCrl],
    state: &RequiredState,
    used: &[usize],
) -> Option<&'r mut Vec<Arc<Certificate>>> {
    required.iter_mut().find_map(|one| match &mut one.covers {
        Covers::Certificates(all)
            if !used.is_empty() && one.state == *state && one.crls == used =>
        {
            Some(all)
        }
        _ => None,
    })
}

fn with_held(
    covers: Covers,
    sources: Vec<CrlSource>,
    state: RequiredState,
    used: Vec<usize>,
    question: &PlanQuestion<'_>,
) -> RequiredCrl {
    let held = used
        .iter()
        .filter_map(|place| question.held.get(*place))
        .map(|held| HeldCrl::new(held.header))
        .collect();
    RequiredCrl {
        covers,
        sources,
        state,
        crls: used,
        held,
    }
}

/// The complete CRLs that may answer for what a CA issued, by index: those its own key signed, and indirect ones, whose issuer
/// is another CA.
fn crls_of<'q>(
    issuer: &Issuer,
    question: &PlanQuestion<'q>,
    base_crls: &CrlIndex,
) -> BTreeMap<usize, Held<'q>> {
    let own_key = issuer
        .certificate
        .as_ref()
        .map(|certificate| certificate.key.identity());
    let held = |place: &usize| Some((*place, *question.held.get(*place)?));
    let own = base_crls.of_issuer(&issuer.name).iter().filter_map(held);
    let own = own.filter(|(_, held)| own_key.is_none_or(|key| held.signer == key));
    let mut crls: BTreeMap<usize, Held<'q>> = own.collect();
    let signers = issuer.issued.iter().flat_map(|one| points(one));
    let signers = signers.flat_map(|point| &point.crl_issuer);
    let mut seen = HashSet::from([name_key(&issuer.name)]);
    for signer in signers {
        if let GeneralName::DirectoryName(name) = signer
            && seen.insert(name_key(name))
        {
            crls.extend(base_crls.of_issuer(name).iter().filter_map(held));
        }
    }
    crls
}

fn points(certificate: &Certificate) -> &[DistributionPoint] {
    certificate
        .extensions
        .crl_distribution_points
        .as_ref()
        .map_or(&[], |marked| marked.value.as_slice())
}

/// Certificates that any CRL answers for alike: of the same points, and of the same kind.
fn grouped(issued: &[Arc<Certificate>]) -> Vec<Vec<Arc<Certificate>>> {
    let mut groups: Vec<Vec<Arc<Certificate>>> = Vec::new();
    let mut places: HashMap<(bool, &[DistributionPoint]), usize> = HashMap::new();
    for certificate in issued {
        let alike = places
            .entry((certificate.is_ca(), points(certificate)))
            .or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
        if let Some(group) = groups.get_mut(*alike) {
            group.push(Arc::clone(certificate));
        }
    }
    groups
}

/// Each CA that has none above it, then those below it, by name.
fn in_order(authorities: Vec<AuthorityPlan>) -> Vec<AuthorityPlan> {
    let names: HashSet<Vec<u8>> = authorities.iter().map(|one| name_key(&one.name)).collect();
    let above = |one: &AuthorityPlan| {
        let certificate = one.certificate.as_ref()?;
        let is_below = !certificate.is_self_issued();
        Some(name_key(&certificate.issuer)).filter(|issuer| is_below && names.contains(issuer))
    };
    let count = authorities.len();
    let mut open = Vec::new();
    let mut waiting: HashMap<Vec<u8>, Vec<(usize, AuthorityPlan)>> = HashMap::new();
    for (place, one) in authorities.into_iter().enumerate() {
        match above(&one) {
            None => open.push((place, one)),
            Some(issuer) => waiting.entry(issuer).or_default().push((place, one)),
        }
    }
    open.reverse();
    let mut ordered = Vec::with_capacity(count);
    while let Some((_, next)) = open.pop() {
        let below = waiting.remove(&name_key(&next.name)).unwrap_or_default();
        open.extend(below.into_iter().rev());
        ordered.push(next);
    }
    // CAs that certify each other have no first one.
    let mut rest: Vec<(usize, AuthorityPlan)> = waiting.into_values().flatten().collect();
    rest.sort_by_key(|(place, _)| *place);
    ordered.extend(rest.into_iter().map(|(_, one)| one));
    ordered
}
