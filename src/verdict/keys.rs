//! Which key, request and certificate belong together.

use std::collections::HashMap;

use super::finding::Problem;
use crate::document::{Certificate, Document, Item, Role, Sha256Digest};

/// Objects that hold the same key, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGroup {
    /// SHA-256 over the key's SubjectPublicKeyInfo.
    pub spki_sha256: Sha256Digest,
    /// The objects, in the input's order.
    pub members: Vec<usize>,
}

/// All objects with a key, grouped by key, in the order of each group's first member. Keys are compared as whole
/// SubjectPublicKeyInfo, not by modulus.
pub(super) fn group(items: &[Item]) -> Vec<KeyGroup> {
    let mut groups: Vec<KeyGroup> = Vec::new();
    let mut known: HashMap<Sha256Digest, usize> = HashMap::new();
    for (number, item) in items.iter().enumerate() {
        let Some(key) = item.document.public_key() else {
            continue;
        };
        let group = *known.entry(key.spki_sha256).or_insert_with(|| {
            groups.push(KeyGroup {
                spki_sha256: key.spki_sha256,
                members: Vec::new(),
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(group) {
            group.members.push(number);
        }
    }
    groups
}

/// Private keys that fit nothing, and requests that a certificate of the same name does not answer.
pub(super) fn mismatches(items: &[Item], groups: &[KeyGroup]) -> Vec<(usize, Problem)> {
    let mut found = Vec::new();
    let bearers: Vec<usize> = (0..items.len())
        .filter(|number| items.get(*number).is_some_and(bears_a_key))
        .collect();
    for group in groups {
        let fits = group.members.iter().any(|number| bearers.contains(number));
        for &number in &group.members {
            let Some(item) = items.get(number) else {
                continue;
            };
            if matches!(item.document, Document::PrivateKey(_)) && !fits && !bearers.is_empty() {
                let mut others: Vec<String> = Vec::new();
                for name in bearers
                    .iter()
                    .filter_map(|number| items.get(*number))
                    .map(Item::name)
                {
                    if !others.contains(&name) {
                        others.push(name);
                    }
                }
                found.push((number, Problem::MismatchedKey { others }));
            }
            if let Document::Request(request) = &item.document {
                let answered = |other: &&Item| match &other.document {
                    Document::Certificate(certificate) => {
                        bears_a_key(other)
                            && request
                                .subject
                                .common_name()
                                .is_some_and(|name| is_for(certificate, name))
                            && certificate.key != request.key
                    }
                    _ => false,
                };
                let fits = group.members.iter().any(|number| {
                    items
                        .get(*number)
                        .is_some_and(|item| matches!(item.document, Document::Certificate(_)))
                });
                if let Some(other) = items.iter().find(answered).filter(|_| !fits) {
                    found.push((
                        number,
                        Problem::RequestMismatch {
                            certificate: other.origin.to_string(),
                        },
                    ));
                }
            }
        }
    }
    found
}

/// Requests and endpoint certificates: what a supplier's private key must belong to. CA certificates in the
/// same folder belong to other people's keys.
fn bears_a_key(item: &Item) -> bool {
    match &item.document {
        Document::Request(_) => true,
        Document::Certificate(certificate) => {
            matches!(
                certificate.role(),
                Role::Endpoint | Role::SelfSignedEndpoint
            )
        }
        _ => false,
    }
}

fn is_for(certificate: &Certificate, name: &str) -> bool {
    let common_name = certificate.subject.common_name();
    common_name
        .into_iter()
        .chain(certificate.dns_names())
        .any(|known| known.eq_ignore_ascii_case(name))
}
