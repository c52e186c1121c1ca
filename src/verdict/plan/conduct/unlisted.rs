//! Clients that were not given: what a newer CRL lists that the server does not take for them.
//!
//! Of clients that are given it is known which of them have been revoked. Of the others only serial numbers are known, and a
//! server that answers for every client from one CRL admits those which only a newer one lists: one for some reasons or of a
//! distribution point, which it ignores or need not take.

use std::collections::{HashMap, HashSet};

use super::{Faults, Set, shape};
use crate::chain::name_key;
use crate::document::extension::Scope;
use crate::document::{Certificate, Sha256Digest, shortest};
use crate::verdict::plan::Held;
use crate::verdict::plan::conduct::fault::{Consequence, FaultCause};
use crate::verdict::plan::issuer::Issuer;

/// What a server takes for the clients of one CA, by the indices of the CRLs.
#[derive(Default)]
pub(super) struct Taken {
    /// For a client that names no distribution point, or one of which there is no CRL: one of these, whichever it is.
    pub(super) for_any: Vec<usize>,
    /// For some client: what these list is found.
    pub(super) for_some: HashSet<usize>,
}

/// Goes through the CAs, given what is taken for the clients of each.
pub(super) fn judge(set: &Set<'_>, taken: &HashMap<Sha256Digest, Taken>, faults: &mut Faults) {
    for issuer in set.issuers {
        let taken = issuer
            .certificate
            .as_ref()
            .and_then(|ca| taken.get(&ca.sha256));
        if let Some(taken) = taken {
            of_ca(set, issuer, taken, faults);
        }
    }
}

/// Whether clients of the CA are admitted that only a CRL lists which is as new as one that the server takes for every client.
fn of_ca(set: &Set<'_>, issuer: &Issuer, taken: &Taken, faults: &mut Faults) {
    let Some(ca) = &issuer.certificate else {
        return;
    };
    let held = |place: &usize| set.question.held.get(*place);
    let for_any = taken.for_any.iter().filter_map(held);
    let Some(oldest) = for_any.min_by_key(|held| held.header.this_update) else {
        return;
    };
    let newer: Vec<&Held<'_>> = set
        .question
        .held
        .iter()
        .enumerate()
        .filter(|(place, held)| {
            held.header.this_update >= oldest.header.this_update
                && !taken.for_some.contains(place)
                && !taken.for_any.contains(place)
                && !set.superseded.contains(place)
                && is_for_clients(held, ca)
                && held.header.this_update <= set.question.at
        })
        .map(|(_, held)| held)
        .collect();
    if newer.is_empty() {
        return;
    }
    let mut missed: HashSet<&[u8]> = HashSet::new();
    for held in newer {
        let changes = held.der.and_then(|der| shape::changes(der).ok());
        let revoked = changes
            .into_iter()
            .flatten()
            .filter(|(_, removes)| !removes);
        missed.extend(revoked.map(|(serial, _)| serial));
    }
    for given in &issuer.issued {
        missed.remove(shortest(given.serial.as_octets()));
    }
    // Of several, any may be taken: what the oldest lists too is found.
    let found = taken.for_some.iter().filter_map(held);
    for held in found.chain([oldest]) {
        let listed = held.der.and_then(|der| shape::found(der, &missed).ok());
        for serial in listed.into_iter().flatten().map(|(serial, _)| serial) {
            missed.remove(serial);
        }
    }
    if !missed.is_empty() {
        let cause = FaultCause::ListedElsewhere;
        faults.add(Consequence::LetIn, cause, &issuer.name, None);
    }
}

/// Whether it is a complete CRL of the CA's own for certificates of clients, if not for all of them.
fn is_for_clients(held: &Held<'_>, ca: &Certificate) -> bool {
    let point = held.header.issuing_distribution_point.as_ref();
    held.header.base_number.is_none()
        && held.signer == ca.key.identity()
        && name_key(&held.header.issuer) == name_key(&ca.subject)
        && matches!(held.header.scope(), Scope::All | Scope::UserCertificates)
        && !point.is_some_and(|point| point.indirect)
}
