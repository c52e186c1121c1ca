//! The certificates among which issuers are looked for.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::Serialize;

use super::signature::{IssuerKey, is_self_signed, signed_by_key};
use crate::decode::crypto::Signature;
use crate::document::{Certificate, Name, Sha256Digest};
use crate::input::Source;

/// Where a certificate of a pool was found. What the far end sent and what we had ourselves must stay apart:
/// a chain that only we can complete is broken for everyone else.
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
    /// In the user's trust store, as a known CA of an environment.
    TrustStore,
}

impl Found {
    /// Where the certificate of a known CA, which is in `source`, was found.
    pub fn known(source: &Source) -> Found {
        match source {
            Source::BuiltIn(_) => Found::BuiltIn,
            Source::TrustEntry(_) => Found::TrustStore,
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
    /// The number of each different name, of subjects and issuers.
    names: HashMap<Vec<u8>, usize>,
    /// The members whose subject is the name of this number.
    by_subject: Vec<Vec<usize>>,
    /// The numbers of the members' issuers' names: a name is long in hostile input, and asked for by everything below it.
    issuers: Vec<usize>,
    by_digest: HashMap<Sha256Digest, usize>,
    /// The number of each different key.
    by_key: HashMap<Sha256Digest, usize>,
    /// The numbers of the members' keys.
    keys: Vec<usize>,
    signatures: Mutex<Signatures>,
}

/// What was checked; by number, because members are only ever added and so keep theirs.
#[derive(Clone, Debug, Default)]
struct Signatures {
    /// The answers, by the subject's number and the key's: a CA that is certified many times has one key.
    checked: HashMap<(usize, usize), bool>,
    /// The keys, made ready.
    keys: HashMap<usize, Arc<IssuerKey>>,
    /// What the checks cost, in such with a key of RSA 2048.
    cost: usize,
    /// Whether one of them could not be made.
    unchecked: bool,
}

impl Clone for Pool {
    fn clone(&self) -> Pool {
        Pool {
            members: self.members.clone(),
            names: self.names.clone(),
            by_subject: self.by_subject.clone(),
            issuers: self.issuers.clone(),
            by_digest: self.by_digest.clone(),
            by_key: self.by_key.clone(),
            keys: self.keys.clone(),
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
        let issuer = self.name_number(&certificate.issuer);
        self.issuers.push(issuer);
        let subject = match certificate.is_self_issued() {
            true => issuer,
            false => self.name_number(&certificate.subject),
        };
        if let Some(named) = self.by_subject.get_mut(subject) {
            named.push(number);
        }
        self.by_digest.insert(certificate.sha256, number);
        let key = self.by_key.len();
        let key = self
            .by_key
            .entry(certificate.key.spki_sha256)
            .or_insert(key);
        self.keys.push(*key);
        self.members.push(Member { certificate, found });
        number
    }

    /// The number of a name, a new one for one that was not there.
    fn name_number(&mut self, name: &Name) -> usize {
        let next = self.by_subject.len();
        let number = *self.names.entry(key(name)).or_insert(next);
        if number == next {
            self.by_subject.push(Vec::new());
        }
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
        // Of the further members' keys each copy makes numbers of its own.
        let is_ours = |key: &usize| *key < self.by_key.len();
        for (pair, signed) in &theirs.checked {
            if pair.0 < self.members.len() && is_ours(&pair.1) {
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

    /// The number of a member's key, the same for members with the same one.
    pub(super) fn key_number(&self, number: usize) -> Option<usize> {
        self.keys.get(number).copied()
    }

    /// Whether the second member's key made the signature on the first one ([`signed_by`](super::signed_by)).
    pub(super) fn signed(&self, subject: usize, issuer: usize) -> bool {
        let (Some(certificate), Some(by)) = (self.member(subject), self.member(issuer)) else {
            return false;
        };
        let Some(key_number) = self.key_number(issuer) else {
            return false;
        };
        let pair = (subject, key_number);
        let key = {
            let mut signatures = self.signatures();
            if let Some(known) = signatures.checked.get(&pair) {
                return *known;
            }
            let of_issuer = || Arc::new(IssuerKey::of(&by.certificate));
            let key = signatures.keys.entry(key_number).or_insert_with(of_issuer);
            Arc::clone(key)
        };
        // The lock is not held while numbers are crunched: searches go side by side.
        let check = || signed_by_key(&certificate.certificate, &key);
        let signed = match self.key_number(subject) == Some(key_number) {
            true => certificate.certificate.signs_itself(check),
            false => check(),
        };
        let cost = by.certificate.key.cost();
        let mut signatures = self.signatures();
        signatures.cost = signatures.cost.saturating_add(match signed {
            Signature::Unchecked => {
                signatures.unchecked = true;
                cost
            }
            // Another search may have been faster; what was found out is counted once.
            _ => match signatures.checked.insert(pair, signed == Signature::Made) {
                None => cost,
                Some(_) => 0,
            },
        });
        signed == Signature::Made
    }

    /// Those of the `trusted` members that paths may end at: all but those that another trusted one is above, which lead on to
    /// it like any other CA (RFC 5280 section 6.1: what is above decides about what is below; OpenSSL without
    /// `-partial_chain`). Trusted members that are only below each other are all of them ends.
    pub(crate) fn ends(&self, trusted: HashSet<usize>) -> HashSet<usize> {
        let is_root = |number: usize| {
            let member = self.member(number);
            member.is_none_or(|member| is_self_signed(&member.certificate))
        };
        let before = self.cost();
        let above = |number: usize| -> Vec<usize> {
            let named = self.issuers(number).iter().copied();
            let others = named.filter(|issuer| *issuer != number && trusted.contains(issuer));
            let mut others = others.peekable();
            if others.peek().is_none() || is_root(number) {
                return Vec::new();
            }
            // What was not checked, or could not be, may be above.
            let may_be = |issuer: &usize| {
                self.cost().saturating_sub(before) >= ENDS_LIMIT
                    || self.signed(number, *issuer)
                    || self.has_unchecked()
            };
            others.filter(may_be).collect()
        };
        let mut below: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut leading: Vec<usize> = Vec::new();
        for &number in &trusted {
            let above = above(number);
            if above.is_empty() {
                leading.push(number);
            }
            for issuer in above {
                below.entry(issuer).or_default().push(number);
            }
        }
        // What leads to one that nothing is above is no end itself.
        let mut ends = trusted.clone();
        let mut seen: HashSet<usize> = leading.iter().copied().collect();
        while let Some(number) = leading.pop() {
            for &lower in below.get(&number).into_iter().flatten() {
                ends.remove(&lower);
                if seen.insert(lower) {
                    leading.push(lower);
                }
            }
        }
        ends
    }

    /// The same, with the answer that it could not be checked.
    pub(crate) fn check_signature(&self, subject: usize, issuer: usize) -> Signature {
        if self.signed(subject, issuer) {
            return Signature::Made;
        }
        let key = self.key_number(issuer);
        let pair = key.map(|key| (subject, key));
        let checked = pair.is_none_or(|pair| self.signatures().checked.contains_key(&pair));
        match checked {
            true => Signature::NotMade,
            false => Signature::Unchecked,
        }
    }

    /// Whether OpenSSL could not check one of the signatures, because of an error of its own: a path that was not found
    /// may be there.
    pub(crate) fn has_unchecked(&self) -> bool {
        self.signatures().unchecked
    }

    /// What all signature checks in it cost so far, in such with a key of RSA 2048.
    pub fn cost(&self) -> usize {
        self.signatures().cost
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
        let number = self.names.get(&key(subject));
        self.with_name(number.copied())
    }

    /// The members whose subject is the issuer of the member of this number, in the order they were added.
    pub(super) fn issuers(&self, number: usize) -> &[usize] {
        self.with_name(self.issuers.get(number).copied())
    }

    fn with_name(&self, number: Option<usize>) -> &[usize] {
        let members = number.and_then(|number| self.by_subject.get(number));
        members.map_or(&[], Vec::as_slice)
    }
}

/// What finding out which trusted certificates are below others may cost, in signature checks with a key of RSA 2048: what
/// people trust has one or two CAs of a name.
const ENDS_LIMIT: usize = 10_000;

/// Matching names have equal keys. The parts are length-prefixed, so that two different names never share one.
pub(crate) fn key(name: &Name) -> Vec<u8> {
    let mut key = Vec::new();
    for part in name.canonical() {
        key.extend(part.len().to_be_bytes());
        for (kind, value) in part {
            for object in [kind.as_bytes(), &value] {
                key.extend(object.len().to_be_bytes());
                key.extend_from_slice(object);
            }
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use openssl::asn1::{Asn1Integer, Asn1Time};
    use openssl::bn::BigNum;
    use openssl::hash::MessageDigest;
    use openssl::pkey::{PKey, Private};
    use openssl::rsa::Rsa;
    use openssl::x509::extension::BasicConstraints;
    use openssl::x509::{X509Builder, X509Name};

    use super::*;
    use crate::chain::{Budget, End, search};

    fn key() -> PKey<Private> {
        PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
    }

    fn certificate(
        [subject, issuer]: [&str; 2],
        serial: u32,
        key: &PKey<Private>,
        by: &PKey<Private>,
    ) -> Arc<Certificate> {
        let name = |text: &str| {
            let mut name = X509Name::builder().unwrap();
            name.append_entry_by_text("CN", text).unwrap();
            name.build()
        };
        let mut builder = X509Builder::new().unwrap();
        let day = |seconds| Asn1Time::from_unix(seconds).unwrap();
        let serial = Asn1Integer::from_bn(&BigNum::from_u32(serial).unwrap()).unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&serial).unwrap();
        builder.set_subject_name(&name(subject)).unwrap();
        builder.set_issuer_name(&name(issuer)).unwrap();
        builder.set_not_before(&day(0)).unwrap();
        builder.set_not_after(&day(86_400)).unwrap();
        builder.set_pubkey(key).unwrap();
        let ca = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(ca).unwrap();
        builder.sign(by, MessageDigest::sha256()).unwrap();
        Arc::new(Certificate::read(&builder.build().to_der().unwrap()).unwrap())
    }

    #[test]
    fn a_ca_that_is_certified_many_times_has_one_key_to_check_a_signature_with() {
        let (ca, other, leaf) = (key(), key(), key());
        let mut pool = Pool::new();
        let start = pool.add(certificate(["leaf", "CA"], 1, &leaf, &ca), Found::Input);
        for serial in 0..40 {
            let of_ca = certificate(["CA", "Other"], serial, &ca, &other);
            pool.add(of_ca, Found::Input);
        }
        let budget = Budget {
            signatures: 1,
            paths: 100,
            ..Budget::default()
        };
        let found = search(&pool, start, budget);
        assert_eq!(pool.cost(), 1);
        assert_eq!(found.dead_ends.len(), 2, "{found:?}");
        let budget = Budget {
            signatures: 100,
            paths: 100,
            ..Budget::default()
        };
        let found = search(&pool, start, budget);
        assert_eq!(pool.cost(), 1);
        assert_eq!(found.dead_ends.len(), 40);
        let missing = |path: &crate::chain::Path| matches!(path.end, End::IssuerMissing { .. });
        assert!(found.dead_ends.iter().all(missing));
    }

    #[test]
    fn beyond_the_budget_the_same_paths_are_found_in_whatever_order_cas_were_added() {
        let (ca, other, leaf) = (key(), key(), key());
        let leaf = certificate(["leaf", "CA"], 1, &leaf, &ca);
        let cas: Vec<_> = (0..40)
            .map(|serial| certificate(["CA", "Other"], serial, &ca, &other))
            .collect();
        let found = |cas: &mut dyn Iterator<Item = &Arc<Certificate>>, paths: usize| {
            let mut pool = Pool::new();
            let start = pool.add(Arc::clone(&leaf), Found::Input);
            for ca in cas {
                pool.add(Arc::clone(ca), Found::Input);
            }
            let budget = Budget {
                paths,
                ..Budget::default()
            };
            let found = search(&pool, start, budget);
            let ends = found
                .dead_ends
                .iter()
                .filter_map(|path| path.members.last());
            let ends = ends.map(|number| pool.member(*number).unwrap().certificate.sha256);
            (found.exhausted, ends.collect::<Vec<_>>())
        };
        let forwards = found(&mut cas.iter(), 5);
        assert!(forwards.0 && forwards.1.len() == 5);
        assert_eq!(forwards, found(&mut cas.iter().rev(), 5));
        // Within it they are found as they were added.
        let all = found(&mut cas.iter(), 100);
        let added: Vec<_> = cas.iter().map(|ca| ca.sha256).collect();
        assert_eq!(all, (false, added));
    }

    #[test]
    fn another_key_of_the_same_name_is_checked_by_itself() {
        let (ca, renewed, leaf) = (key(), key(), key());
        let mut pool = Pool::new();
        let start = pool.add(certificate(["leaf", "CA"], 1, &leaf, &ca), Found::Input);
        let wrong = pool.add(
            certificate(["CA", "CA"], 2, &renewed, &renewed),
            Found::Input,
        );
        let right = pool.add(certificate(["CA", "CA"], 3, &ca, &ca), Found::Input);
        assert!(pool.signed(start, right) && !pool.signed(start, wrong));
        assert_eq!(pool.cost(), 2);
        let found = search(&pool, start, Budget::default());
        assert_eq!(found.complete.len(), 1);
        assert_eq!(found.complete[0].members, [start, right]);
    }

    #[test]
    fn what_one_copy_learnt_of_a_key_is_not_said_of_the_key_of_another_copy() {
        let (own, first, second) = (key(), key(), key());
        let mut pool = Pool::new();
        // More members than keys: the next key's number is that of a member.
        let leaf = certificate(["leaf", "CA"], 1, &own, &second);
        let below = pool.add(leaf, Found::Input);
        pool.add(certificate(["leaf", "CA"], 2, &own, &own), Found::Input);
        let mut copy = pool.clone();
        let added = copy.add(certificate(["CA", "CA"], 3, &first, &first), Found::Input);
        assert!(!copy.signed(below, added));
        pool.learn(&copy);
        let mut copy = pool.clone();
        let added = copy.add(certificate(["CA", "CA"], 4, &second, &second), Found::Input);
        assert!(copy.signed(below, added));
    }
}
