//! Which key, request and certificate belong together.

use std::collections::{HashMap, HashSet};

use super::finding::Problem;
use crate::document::{Certificate, Document, Item, Sha256Digest};

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
pub(super) fn group(items: &[Item]) -> Vec<KeyGroup> {
    let mut groups: Vec<KeyGroup> = Vec::new();
    let mut known: HashMap<Sha256Digest, usize> = HashMap::new();
    for (number, item) in items.iter().enumerate() {
        let Some(key) = item.document.public_key() else {
            continue;
        };
        let identity = key.identity();
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
pub(super) fn mismatches(items: &[Item], groups: &[KeyGroup]) -> Vec<(usize, Problem)> {
    let mut found = Vec::new();
    let is_asked = |item: &Item| {
        matches!(
            item.document,
            Document::PrivateKey(_) | Document::Request(_)
        )
    };
    if !items.iter().any(is_asked) {
        return found;
    }
    let expected = Expected::among(items);
    let holds = |number: &usize, wanted: fn(&Document) -> bool| {
        items
            .get(*number)
            .is_some_and(|item| wanted(&item.document))
    };
    for group in groups {
        let mut members = group.members.iter();
        let answered = members.any(|number| holds(number, is_certificate));
        // A CA's key has its certificate too, although no supplier's key is looked for among CAs.
        let fits = answered || group.members.iter().any(|number| holds(number, is_request));
        for &number in &group.members {
            match items.get(number).map(|item| &item.document) {
                Some(Document::PrivateKey(_)) if !fits && !expected.others.is_empty() => {
                    found.push((number, expected.mismatched()));
                }
                Some(Document::Request(request)) if !answered => {
                    let common_name = request.subject.common_name();
                    // None of them has this key: it would be in this group.
                    let other = common_name.and_then(|name| expected.certificate(name));
                    found.extend(other.map(|certificate| {
                        let certificate = certificate.origin.to_string();
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
struct Expected<'a> {
    /// The first of their names.
    others: Vec<String>,
    /// How many more there are.
    more: usize,
    /// The first endpoint certificate for each name, in lower case.
    by_name: HashMap<String, &'a Item>,
}

impl<'a> Expected<'a> {
    fn among(items: &'a [Item]) -> Expected<'a> {
        let mut names = HashSet::new();
        let mut expected = Expected {
            others: Vec::new(),
            more: 0,
            by_name: HashMap::new(),
        };
        for item in items.iter().filter(|item| bears_a_key(item)) {
            let name = item.name();
            if names.insert(name.clone()) {
                match expected.others.len() < OTHERS {
                    true => expected.others.push(name),
                    false => expected.more += 1,
                }
            }
            if let Document::Certificate(certificate) = &item.document {
                for name in hosts(certificate) {
                    expected
                        .by_name
                        .entry(name.to_ascii_lowercase())
                        .or_insert(item);
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

    fn certificate(&self, name: &str) -> Option<&'a Item> {
        self.by_name.get(&name.to_ascii_lowercase()).copied()
    }
}

fn bears_a_key(item: &Item) -> bool {
    match &item.document {
        Document::Request(_) => true,
        Document::Certificate(certificate) => !certificate.is_ca(),
        _ => false,
    }
}

fn is_certificate(document: &Document) -> bool {
    matches!(document, Document::Certificate(_))
}

fn is_request(document: &Document) -> bool {
    matches!(document, Document::Request(_))
}

fn hosts(certificate: &Certificate) -> impl Iterator<Item = &str> {
    let common_names = certificate.subject.values("CN");
    common_names.chain(certificate.dns_names())
}
