//! The certificates among which issuers are looked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::Serialize;

use super::signature::{IssuerKey, signed_by_key};
use crate::document::{Certificate, Name, Sha256Digest};
use crate::input::Source;

/// Where a certificate of a pool was found. What the far end sent and what we had ourselves must stay apart:
/// a chain that only we can complete is broken for everybody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Found {
    /// In the input.
    Input,
    /// In a file given to complete chains with.
    Chain,
    /// In a file given as trusted.
    Anchor,
    /// Built into the product, as a known CA of an environment.
    BuiltIn,
    /// In the user's facts, as a known CA of an environment.
    Facts,
}

impl Found {
    /// Where the certificate of a known CA was found, which stands in `source`.
    pub fn known(source: &Source) -> Found {
        match source {
            Source::BuiltIn(_) => Found::BuiltIn,
            _ => Found::Facts,
        }
    }
}

/// A certificate of a pool.
#[derive(Clone, Debug)]
pub struct Member {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Where it was found.
    pub found: Found,
}

/// Certificates in any order, each one once, findable by subject. Remembers which signatures among them were checked,
/// so that searches for many certificates check those of the CAs above them once.
#[derive(Debug, Default)]
pub struct Pool {
    members: Vec<Member>,
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
    by_digest: HashMap<Sha256Digest, usize>,
    signatures: Mutex<Signatures>,
}

/// What was checked; by number, because members are only ever added and so keep theirs.
#[derive(Clone, Debug, Default)]
struct Signatures {
    /// The answers, by (subject, issuer).
    checked: HashMap<(usize, usize), bool>,
    /// The issuers' keys.
    keys: HashMap<usize, Arc<IssuerKey>>,
    /// What the checks cost, in such with a key of RSA 2048.
    cost: usize,
}

impl Clone for Pool {
    fn clone(&self) -> Pool {
        Pool {
            members: self.members.clone(),
            by_subject: self.by_subject.clone(),
            by_digest: self.by_digest.clone(),
            signatures: Mutex::new(self.signatures().clone()),
        }
    }
}

impl Pool {
    /// A pool with nothing in it.
    pub fn new() -> Pool {
        Pool::default()
    }

    /// Adds a certificate and returns its number. One that is there already keeps its number and where it was
    /// first found; add what was sent before what is known.
    pub fn add(&mut self, certificate: Arc<Certificate>, found: Found) -> usize {
        if let Some(number) = self.by_digest.get(&certificate.sha256) {
            return *number;
        }
        let number = self.members.len();
        self.by_subject
            .entry(key(&certificate.subject))
            .or_default()
            .push(number);
        self.by_digest.insert(certificate.sha256, number);
        self.members.push(Member { certificate, found });
        number
    }

    /// Says that a member was sent along, wherever it was found first.
    pub(crate) fn mark_sent(&mut self, number: usize) {
        if let Some(member) = self.members.get_mut(number) {
            member.found = Found::Input;
        }
    }

    /// Remembers what was checked in `other`, a copy with further members, about the members that both have.
    pub(crate) fn learn(&self, other: &Pool) {
        let theirs = other.signatures();
        let mut ours = self.signatures();
        let is_ours = |number: &usize| *number < self.members.len();
        for (pair, signed) in &theirs.checked {
            if is_ours(&pair.0) && is_ours(&pair.1) {
                ours.checked.entry(*pair).or_insert(*signed);
            }
        }
        for (number, key) in theirs.keys.iter().filter(|(number, _)| is_ours(number)) {
            ours.keys.entry(*number).or_insert_with(|| Arc::clone(key));
        }
    }

    /// The member of this number.
    pub fn member(&self, number: usize) -> Option<&Member> {
        self.members.get(number)
    }

    /// The number of the member with this SHA-256.
    pub fn number(&self, sha256: &Sha256Digest) -> Option<usize> {
        self.by_digest.get(sha256).copied()
    }

    /// Whether the second member's key made the signature on the first one ([`signed_by`](super::signed_by)).
    pub(super) fn signed(&self, subject: usize, issuer: usize) -> bool {
        let pair = (subject, issuer);
        if let Some(known) = self.signatures().checked.get(&pair) {
            return *known;
        }
        // The lock is not held while numbers are crunched: searches go side by side.
        let signed = match (self.member(subject), self.issuer_key(issuer)) {
            (Some(subject), Some(key)) => signed_by_key(&subject.certificate, &key),
            _ => false,
        };
        let cost = self
            .member(issuer)
            .map_or(1, |issuer| issuer.certificate.key.cost());
        let mut signatures = self.signatures();
        signatures.checked.insert(pair, signed);
        signatures.cost = signatures.cost.saturating_add(cost);
        signed
    }

    /// What all signature checks in it cost so far, in such with a key of RSA 2048.
    pub fn cost(&self) -> usize {
        self.signatures().cost
    }

    fn issuer_key(&self, issuer: usize) -> Option<Arc<IssuerKey>> {
        let certificate = &self.member(issuer)?.certificate;
        let mut signatures = self.signatures();
        let key = signatures
            .keys
            .entry(issuer)
            .or_insert_with(|| Arc::new(IssuerKey::of(certificate)));
        Some(Arc::clone(key))
    }

    fn signatures(&self) -> MutexGuard<'_, Signatures> {
        // A panic elsewhere leaves at worst less remembered.
        self.signatures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// How many certificates there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members whose subject is this name, in the order they were added.
    pub fn named(&self, subject: &Name) -> &[usize] {
        self.by_subject
            .get(&key(subject))
            .map_or(&[], Vec::as_slice)
    }
}

/// Matching names have equal keys. The parts are length-prefixed, so that two different names never share one.
pub(crate) fn key(name: &Name) -> Vec<u8> {
    let mut key = Vec::new();
    for part in name.canonical() {
        key.extend(part.len().to_be_bytes());
        for (kind, value) in part {
            for piece in [kind.as_bytes(), &value] {
                key.extend(piece.len().to_be_bytes());
                key.extend_from_slice(piece);
            }
        }
    }
    key
}
