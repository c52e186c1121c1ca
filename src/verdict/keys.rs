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

/// Of which keys it is asked what they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskedKeys {
    /// Of private keys beside requests and endpoint certificates: a supplier's key is not looked for among CAs.
    Endpoints,
    /// Besides, of the objects from this number on, which were given as the key of the others, whatever those are.
    From(usize),
    /// Of all keys, public ones too, and where there are no other certificates, beside those of CAs.
    All,
}

/// Keys that match nothing, and requests whose name a certificate with another key has. Takes time in proportion to the number
/// of objects.
pub(super) fn mismatches<C: Compared>(
    items: &[C],
    groups: &[KeyGroup],
    asked: AskedKeys,
) -> Vec<(usize, Problem)> {
    let mut found = Vec::new();
    let is_key = |item: &C| matches!(item.kind(), Kind::PrivateKey | Kind::PublicKey);
    let is_asked = |item: &C| is_key(item) || item.kind() == Kind::Request;
    if !items.iter().any(is_asked) {
        return found;
    }
    let from = match asked {
        AskedKeys::From(number) => number,
        AskedKeys::Endpoints | AskedKeys::All => items.len(),
    };
    let (compared, given) = items.split_at_checked(from).unwrap_or((items, &[]));
    let expected = match asked {
        AskedKeys::All => Expected::or_cas(items),
        _ => Expected::among(items, endpoint_hosts),
    };
    let of_given = given.iter().any(is_key).then(|| Expected::or_cas(compared));
    let holds = |number: &usize, kind| items.get(*number).map(C::kind) == Some(kind);
    for group in groups {
        let answers =
            |number: &usize| holds(number, Kind::Certificate) || holds(number, Kind::Request);
        let answered = group
            .members
            .iter()
            .any(|number| holds(number, Kind::Certificate));
        // A CA's key has its certificate too, although no supplier's key is looked for among CAs.
        let fits = group.members.iter().any(answers);
        // What lies beside a key in its own file says nothing about the others.
        let fits_others = |number: &usize| *number < from && answers(number);
        let fits_others = group.members.iter().any(fits_others);
        let is_private = group
            .members
            .iter()
            .any(|number| holds(number, Kind::PrivateKey));
        for &number in &group.members {
            let Some(item) = items.get(number) else {
                continue;
            };
            let kind = item.kind();
            let is_given = number >= from;
            match kind {
                Kind::PrivateKey | Kind::PublicKey if is_given && fits_others => {}
                Kind::PrivateKey | Kind::PublicKey if is_given => {
                    found.extend(
                        of_given
                            .as_ref()
                            .and_then(|expected| Some((number, expected.mismatched(kind)?))),
                    );
                }
                Kind::PrivateKey if !fits => {
                    found.extend(expected.mismatched(kind).map(|problem| (number, problem)));
                }
                Kind::PublicKey if !fits && !is_private && asked == AskedKeys::All => {
                    found.extend(expected.mismatched(kind).map(|problem| (number, problem)));
                }
                Kind::Request if !answered => {
                    let names = item.hosts().unwrap_or_default();
                    // None of them has this key: it would be in this group.
                    let mut others = names.iter().filter_map(|name| expected.certificate(name));
                    found.extend(others.next().map(|certificate| {
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

/// The hosts of what a supplier's key may belong to.
fn endpoint_hosts<C: Compared>(item: &C) -> Option<Vec<&str>> {
    item.hosts()
}

/// Every certificate, a CA's too.
fn any_certificate<C: Compared>(item: &C) -> Option<Vec<&str>> {
    (item.kind() == Kind::Certificate).then(Vec::new)
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
    /// Those of which `hosts` says what they name.
    fn among(items: &'a [C], hosts: impl Fn(&'a C) -> Option<Vec<&'a str>>) -> Expected<'a, C> {
        let mut names = HashSet::new();
        let mut expected = Expected {
            others: Vec::new(),
            more: 0,
            by_name: HashMap::new(),
        };
        for item in items {
            let Some(hosts) = hosts(item) else { continue };
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

    /// The same, and the certificates of CAs where there is nothing else.
    fn or_cas(items: &'a [C]) -> Expected<'a, C> {
        let endpoints = Expected::among(items, endpoint_hosts);
        match endpoints.others.is_empty() {
            true => Expected::among(items, any_certificate),
            false => endpoints,
        }
    }

    /// That a key belongs to none of them, where there are any.
    fn mismatched(&self, kind: Kind) -> Option<Problem> {
        let (others, more) = (self.others.clone(), self.more);
        match kind {
            _ if others.is_empty() => None,
            Kind::PublicKey => Some(Problem::MismatchedPublicKey { others, more }),
            _ => Some(Problem::MismatchedKey { others, more }),
        }
    }

    fn certificate(&self, name: &str) -> Option<&'a C> {
        self.by_name.get(&name.to_ascii_lowercase()).copied()
    }
}
