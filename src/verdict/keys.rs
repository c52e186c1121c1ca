//! Which key, request and certificate belong together.

use std::collections::{HashMap, HashSet};

use super::finding::Problem;
use super::outline::Compared;
use crate::document::{Kind, Sha256Digest};

/// Objects that hold the same key, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyGroup {
    /// SHA-256 over the key's SubjectPublicKeyInfo in its usual form ([`PublicKey::identity`]).
    ///
    /// [`PublicKey::identity`]: crate::document::PublicKey::identity
    pub spki_sha256: Sha256Digest,
    /// The objects, in the input's order.
    pub members: Vec<usize>,
}

/// How many names a finding about a key that matches nothing has; a message shows three.
const OTHERS: usize = 3;

/// All objects with a key, grouped by key, in the order of each group's first member. Keys are compared by value,
/// however each object writes it.
pub(super) fn group(items: &[impl Compared]) -> Vec<KeyGroup> {
    let mut groups: Vec<KeyGroup> = Vec::new();
    let mut known: HashMap<Sha256Digest, usize> = HashMap::new();
    for (number, item) in items.iter().enumerate() {
        let Some(identity) = item.key() else {
            continue;
        };
        let group = *known.entry(identity).or_insert_with(|| {
            groups.push(KeyGroup {
                spki_sha256: identity,
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

/// Private keys that match nothing, and requests whose name a certificate with another key has. Takes time in
/// proportion to the number of objects.
pub(super) fn mismatches<C: Compared>(items: &[C], groups: &[KeyGroup]) -> Vec<(usize, Problem)> {
    let mut found = Vec::new();
    let is_asked = |item: &C| matches!(item.kind(), Kind::PrivateKey | Kind::Request);
    if !items.iter().any(is_asked) {
        return found;
    }
    let expected = Expected::among(items);
    let holds = |number: &usize, kind| items.get(*number).map(C::kind) == Some(kind);
    for group in groups {
        let mut members = group.members.iter();
        let answered = members.any(|number| holds(number, Kind::Certificate));
        let mut members = group.members.iter();
        // A CA's key has its certificate too, although no supplier's key is looked for among CAs.
        let fits = answered || members.any(|number| holds(number, Kind::Request));
        for &number in &group.members {
            let Some(item) = items.get(number) else {
                continue;
            };
            match item.kind() {
                Kind::PrivateKey if !fits && !expected.others.is_empty() => {
                    found.push((number, expected.mismatched()));
                }
                Kind::Request if !answered => {
                    let names = item.hosts().unwrap_or_default();
                    // None of them has this key: it would be in this group.
                    let other = names.first().and_then(|name| expected.certificate(name));
                    found.extend(other.map(|certificate| {
                        let certificate = certificate.origin().to_string();
                        (number, Problem::RequestMismatch { certificate })
                    }));
                }
                _ => {}
            }
        }
    }
    found
}

/// What a supplier's private key may belong to: requests and endpoint certificates. CA certificates in the same folder
/// belong to other keys.
struct Expected<'a, C> {
    /// The first of their names.
    others: Vec<String>,
    /// How many more there are.
    more: usize,
    /// The first endpoint certificate for each name, in lower case.
    by_name: HashMap<String, &'a C>,
}

impl<'a, C: Compared> Expected<'a, C> {
    fn among(items: &'a [C]) -> Expected<'a, C> {
        let mut names = HashSet::new();
        let mut expected = Expected {
            others: Vec::new(),
            more: 0,
            by_name: HashMap::new(),
        };
        for item in items {
            let Some(hosts) = item.hosts() else { continue };
            let name = item.name().into_owned();
            if names.insert(name.clone()) {
                match expected.others.len() < OTHERS {
                    true => expected.others.push(name),
                    false => expected.more += 1,
                }
            }
            if item.kind() == Kind::Certificate {
                for host in hosts {
                    let host = host.to_ascii_lowercase();
                    expected.by_name.entry(host).or_insert(item);
                }
            }
        }
        expected
    }

    fn mismatched(&self) -> Problem {
        Problem::MismatchedKey {
            others: self.others.clone(),
            more: self.more,
        }
    }

    fn certificate(&self, name: &str) -> Option<&'a C> {
        self.by_name.get(&name.to_ascii_lowercase()).copied()
    }
}
