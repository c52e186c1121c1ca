//! What is needed of each CA.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::conduct::Set;
use super::issuer::{Issuer, authorities, is_root};
use super::required::{self, Covers, CrlSource, RequiredCrl, RequiredState, Rules};
use super::superseded::superseded;
use super::{CrlPlan, Held, HeldCrl, PlanQuestion, Server};
use crate::chain::signed_by;
use crate::document::extension::{DistributionPoint, GeneralName};
use crate::document::{Certificate, Moment, Name};
use crate::environment::AuthorityPurpose;

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

pub(super) fn draw(question: &PlanQuestion<'_>) -> CrlPlan {
    let at = question.at;
    let mut issuers = authorities(question.bundle, at);
    let mut unrelated = Vec::new();
    let everything: Vec<&Arc<Certificate>> = once_each(question);
    for certificate in everything {
        if is_root(certificate) || certificate.not_after < at {
            continue;
        }
        let place = issuers.iter().position(|issuer| {
            issuer.certificate.as_ref().is_some_and(|issuer| {
                issuer.subject.matches(&certificate.issuer) && signed_by(certificate, issuer)
            })
        });
        match place.and_then(|place| issuers.get_mut(place)) {
            Some(issuer) => issuer.issued.push(Arc::clone(certificate)),
            None if certificate.is_ca() => absent(&mut issuers, certificate),
            None => unrelated.push(Arc::clone(certificate)),
        }
    }
    let superseded = superseded_of(question);
    let plans: Vec<AuthorityPlan> = issuers
        .iter()
        .map(|issuer| plan(issuer, question, &superseded))
        .collect();
    let below_expired = below_expired(&issuers, at);
    let set = Set {
        question,
        issuers: &issuers,
        plans: &plans,
        below_expired: &below_expired,
    };
    let faults = set.faults();
    CrlPlan {
        at,
        server: question.server,
        authorities: in_order(plans),
        unrelated,
        faults,
        superseded,
    }
}

/// The indices of CRLs that another one has superseded.
fn superseded_of(question: &PlanQuestion<'_>) -> Vec<usize> {
    let held = || question.held.iter().enumerate();
    let is_superseded = |older: &Held<'_>| {
        held().any(|(_, newer)| {
            superseded(
                (older.header, older.signer),
                (newer.header, newer.signer),
                question.at,
            )
        })
    };
    held()
        .filter(|(_, older)| is_superseded(older))
        .map(|(place, _)| place)
        .collect()
}

/// Clients whose CA leads nowhere any more, each with the CA that has expired.
fn below_expired(issuers: &[Issuer], at: Moment) -> Vec<(Arc<Certificate>, Arc<Certificate>)> {
    let expired = |ca: &Certificate| ca.not_after < at;
    let mut below = Vec::new();
    for issuer in issuers.iter().filter(|issuer| issuer.expired) {
        let Some(own) = &issuer.certificate else {
            continue;
        };
        let mut ca = own;
        // As many steps as there are CAs.
        for _ in issuers {
            if expired(ca) {
                break;
            }
            let above = issuers
                .iter()
                .filter_map(|issuer| issuer.certificate.as_ref());
            match above
                .into_iter()
                .find(|above| above.subject.matches(&ca.issuer))
            {
                Some(above) => ca = above,
                None => break,
            }
        }
        let clients = issuer.issued.iter().filter(|issued| !issued.is_ca());
        below.extend(clients.map(|client| (Arc::clone(client), Arc::clone(ca))));
    }
    below
}

fn once_each<'q>(question: &PlanQuestion<'q>) -> Vec<&'q Arc<Certificate>> {
    let mut seen: Vec<&Arc<Certificate>> = Vec::new();
    for certificate in question.bundle.iter().chain(question.certificates) {
        if !seen.iter().any(|known| known.sha256 == certificate.sha256) {
            seen.push(certificate);
        }
    }
    seen
}

/// Notes what an issuer issued that the bundle lacks.
fn absent(issuers: &mut Vec<Issuer>, certificate: &Arc<Certificate>) {
    let name = &certificate.issuer;
    let issued = Arc::clone(certificate);
    match issuers
        .iter_mut()
        .find(|issuer| issuer.certificate.is_none() && issuer.name.matches(name))
    {
        Some(known) => known.issued.push(issued),
        None => issuers.push(Issuer {
            name: name.clone(),
            certificate: None,
            issued: vec![issued],
            expired: false,
        }),
    }
}

fn plan(issuer: &Issuer, question: &PlanQuestion<'_>, superseded: &[usize]) -> AuthorityPlan {
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
    let crls = crls_of(issuer, question, superseded);
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
        let (state, used) = required::state(first, &crls, rules, question.at);
        let sources = CrlSource::all_of(points(first));
        plan.required.push(with_held(
            Covers::Certificates(group),
            sources,
            state,
            used,
            &crls,
        ));
    }
    // A root that has sub CAs issues to nothing else; a sub CA is there for its clients, unless it signs only.
    let signs_only = known.is_some_and(|known| known.purpose == AuthorityPurpose::Signing);
    let has_subs = issuer.issued.iter().any(|issued| issued.is_ca());
    let serves_clients = issuer.certificate.is_some() && !has_subs && !signs_only;
    let shown = issuer.issued.iter().any(|issued| !issued.is_ca());
    if serves_clients {
        plan.clients_unknown = !shown;
        plan.partitioned = crls.iter().any(|(_, held)| names_point(held));
        let served: Vec<usize> = plan
            .required
            .iter()
            .flat_map(|required| required.crls.iter().copied())
            .collect();
        for (place, held) in crls.iter().filter(|(place, _)| !served.contains(place)) {
            plan.required.push(with_held(
                Covers::Partition,
                CrlSource::of_crl(held),
                required::state_of(held, question.at),
                vec![*place],
                &crls,
            ));
        }
        if plan.required.is_empty() {
            plan.required.push(with_held(
                Covers::Unknown,
                Vec::new(),
                RequiredState::Missing,
                Vec::new(),
                &crls,
            ));
        }
    }
    plan
}

fn with_held(
    covers: Covers,
    sources: Vec<CrlSource>,
    state: RequiredState,
    used: Vec<usize>,
    crls: &[(usize, Held<'_>)],
) -> RequiredCrl {
    let held = crls
        .iter()
        .filter(|(place, _)| used.contains(place))
        .map(|(_, held)| HeldCrl::new(held.header))
        .collect();
    RequiredCrl {
        covers,
        sources,
        state,
        crls: used,
        held,
    }
}

/// The base CRLs that may answer for what a CA issued: those its own key signed, and indirect ones, whose issuer is
/// another CA. A delta CRL answers for no certificate by itself, and servers do not use deltas unless configured to.
fn crls_of<'q>(
    issuer: &Issuer,
    question: &PlanQuestion<'q>,
    superseded: &[usize],
) -> Vec<(usize, Held<'q>)> {
    let own_key = issuer
        .certificate
        .as_ref()
        .map(|certificate| certificate.key.identity());
    let may_answer = |held: &Held<'_>| {
        let same_name = held.header.issuer.matches(&issuer.name);
        match own_key {
            Some(key) if same_name => held.signer == key,
            _ if same_name => true,
            _ => names_signer(&issuer.issued, &held.header.issuer),
        }
    };
    question
        .held
        .iter()
        .enumerate()
        .filter(|(place, _)| !superseded.contains(place))
        .filter(|(_, held)| held.header.base_number.is_none() && may_answer(held))
        .map(|(place, held)| (place, *held))
        .collect()
}

fn names_signer(issued: &[Arc<Certificate>], signer: &Name) -> bool {
    issued.iter().any(|certificate| {
        points(certificate)
            .iter()
            .flat_map(|point| &point.crl_issuer)
            .any(|name| matches!(name, GeneralName::DirectoryName(name) if name.matches(signer)))
    })
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
    for certificate in issued {
        let alike = groups.iter_mut().find(|group| {
            group.first().is_some_and(|first| {
                first.is_ca() == certificate.is_ca() && points(first) == points(certificate)
            })
        });
        match alike {
            Some(group) => group.push(Arc::clone(certificate)),
            None => groups.push(vec![Arc::clone(certificate)]),
        }
    }
    groups
}

/// Each CA that has none above it, then those below it, by name.
fn in_order(authorities: Vec<AuthorityPlan>) -> Vec<AuthorityPlan> {
    let names: Vec<Name> = authorities.iter().map(|one| one.name.clone()).collect();
    fn above(one: &AuthorityPlan) -> Option<&Name> {
        let certificate = one.certificate.as_ref()?;
        Some(&certificate.issuer).filter(|_| !certificate.is_self_issued())
    }
    let has_above = |one: &AuthorityPlan| {
        above(one).is_some_and(|issuer| names.iter().any(|name| name.matches(issuer)))
    };
    let (mut waiting, mut open): (Vec<_>, Vec<_>) = authorities.into_iter().partition(has_above);
    open.reverse();
    let mut ordered = Vec::with_capacity(names.len());
    while let Some(next) = open.pop() {
        let (below, rest): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|one| above(one).is_some_and(|issuer| issuer.matches(&next.name)));
        waiting = rest;
        open.extend(below.into_iter().rev());
        ordered.push(next);
    }
    // CAs that certify each other have no first one.
    ordered.extend(waiting);
    ordered
}
