//! What may replace what is due.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Collected, Expiry};
use crate::chain::check_signature;
use crate::decode::crypto::Signature;
use crate::document::name::Canonical;
use crate::document::{Certificate, HexBytes, Moment, Sha256Digest};

/// CAs of one name are asked for a signature if they have so many keys at the most. No CA of the NHS has more than three.
const KEYS_LIMIT: usize = 4;

/// The most signatures that are checked: some seconds' work, and more than a large supplier has certificates to renew.
const SIGNATURES_LIMIT: usize = 5_000;

/// Finds what may replace each entry that runs out or counts for no time. They come in the order of their ends.
pub(super) fn find(collected: &mut [Collected], at: Moment) {
    let mut groups: HashMap<Sha256Digest, Vec<(usize, &Collected)>> = HashMap::new();
    for (number, one) in collected.iter().enumerate() {
        let group = groups.entry(one.successors).or_default();
        group.push((number, one));
    }
    let is_wanted = |group: &Vec<(usize, &Collected)>| {
        group.len() > 1 && group.iter().any(|(_, one)| is_due(one))
    };
    let mut groups: Vec<_> = groups.into_values().filter(is_wanted).collect();
    // So that each run checks the same signatures.
    groups.sort_unstable_by_key(|group| group.first().map(|(number, _)| *number));
    let mut signatures = match groups.is_empty() {
        true => return,
        false => Signatures::by(collected),
    };
    let among = |group| replacements(group, at, &mut signatures);
    let found: Vec<(usize, usize)> = groups.into_iter().flat_map(among).collect();
    for (number, newer) in found {
        if let Some(one) = collected.get_mut(number) {
            one.entry.newer = Some(newer);
        }
    }
}

/// Whether something else is needed in its place.
fn is_due(one: &Collected) -> bool {
    matches!(
        one.entry.expiry,
        Expiry::Expiring | Expiry::Undated | Expiry::Expired
    )
}

/// Among certificates with the same names, those of a CA for the same key, or CRLs of the same scope: each one that is due, and what may replace it. Whatever
/// begins later has been looked at before it.
fn replacements(
    mut group: Vec<(usize, &Collected)>,
    at: Moment,
    signatures: &mut Signatures<'_>,
) -> Vec<(usize, usize)> {
    group.sort_by_key(|(_, one)| Reverse(one.entry.begins));
    let (mut valid, mut upcoming) = (Latest::default(), Latest::default());
    let mut found = Vec::new();
    for same in group.chunk_by(|(_, one), (_, other)| one.entry.begins == other.entry.begins) {
        for (number, one) in same.iter().filter(|(_, one)| is_due(one)) {
            let newer = valid.after(one).or_else(|| upcoming.after(one));
            found.extend(newer.map(|newer| (*number, newer)));
        }
        for (number, one) in same {
            let latest = match at < one.entry.begins {
                true => &mut upcoming,
                false => &mut valid,
            };
            latest.add(*number, one, signatures);
        }
    }
    found
}

/// What ends last, of each key of the issuer.
#[derive(Default)]
struct Latest<'c> {
    by_key: HashMap<Option<&'c HexBytes>, Candidate<'c>>,
    of_any: Option<Candidate<'c>>,
}

#[derive(Clone, Copy)]
struct Candidate<'c> {
    ends: Moment,
    number: usize,
    one: &'c Collected,
}

impl<'c> Latest<'c> {
    fn add(&mut self, number: usize, one: &'c Collected, signatures: &mut Signatures<'_>) {
        let lasts =
            |ends: &Moment| *ends >= one.entry.begins && one.entry.expiry != Expiry::Expired;
        let Some(ends) = one.entry.ends.filter(lasts) else {
            return;
        };
        let key = key_of(one);
        let is_last = |known: Option<&Candidate<'_>>| known.is_none_or(|known| ends > known.ends);
        if !is_last(self.by_key.get(&key)) || signatures.exclude(one) {
            return;
        }
        let candidate = Candidate { ends, number, one };
        self.by_key.insert(key, candidate);
        if is_last(self.of_any.as_ref()) {
            self.of_any = Some(candidate);
        }
    }

    /// The number of the one that ends last, if it ends after this one. Where both name the key of their issuer, it is the
    /// same.
    fn after(&self, one: &Collected) -> Option<usize> {
        let candidates = match key_of(one) {
            None => [self.of_any.as_ref(), None],
            key => [self.by_key.get(&key), self.by_key.get(&None)],
        };
        let last = candidates
            .into_iter()
            .flatten()
            .max_by_key(|last| last.ends)?;
        // RFC 5280 section 5.2.3: a later CRL has a higher number.
        let is_later = match (&one.number, &last.one.number) {
            (Some(own), Some(number)) => number > own,
            _ => true,
        };
        let lasts_longer = one.entry.ends.is_none_or(|ends| last.ends > ends);
        (is_later && lasts_longer).then_some(last.number)
    }
}

fn key_of(one: &Collected) -> Option<&HexBytes> {
    one.issuer.as_ref()?.key.as_ref()
}

/// The CAs that can tell whether a certificate is theirs.
struct Signatures<'c> {
    /// By their names.
    authorities: HashMap<Canonical, Vec<AuthorityKey<'c>>>,
    /// How many signatures may still be checked.
    left: usize,
}

/// A key of a CA.
struct AuthorityKey<'c> {
    identity: Sha256Digest,
    /// A certificate of it, where that was kept.
    certificate: Option<&'c [u8]>,
}

impl<'c> Signatures<'c> {
    fn by(collected: &'c [Collected]) -> Signatures<'c> {
        let mut authorities: HashMap<_, Vec<AuthorityKey<'_>>> = HashMap::new();
        for one in collected {
            let identity = one.entry.key.as_ref().map(|key| key.identity);
            if let (Some(authority), Some(identity)) = (&one.authority, identity) {
                let keys = authorities.entry(authority.name.canonical()).or_default();
                let is_new = keys.iter().all(|known| known.identity != identity);
                if keys.len() <= KEYS_LIMIT && is_new {
                    let certificate = one.der.as_deref();
                    keys.push(AuthorityKey {
                        identity,
                        certificate,
                    });
                }
            }
        }
        Signatures {
            authorities,
            left: SIGNATURES_LIMIT,
        }
    }

    /// Whether CAs of the issuer's name are there, and none of their keys made the signature. Of a CRL, or where it could not
    /// be checked, that is not known.
    fn exclude(&mut self, one: &Collected) -> bool {
        let Some(whole) = one.der.as_deref() else {
            return false;
        };
        let keys = self.authorities.get(&one.entry.issuer.canonical());
        let keys = keys.map(Vec::as_slice).unwrap_or_default();
        if keys.is_empty() || keys.len() > KEYS_LIMIT || self.left < keys.len() {
            return false;
        }
        self.left -= keys.len();
        let Ok(certificate) = Certificate::read(whole) else {
            return false;
        };
        let is_anothers = |key: &AuthorityKey<'_>| {
            let authority = key
                .certificate
                .and_then(|whole| Certificate::read(whole).ok());
            authority.is_some_and(|authority| {
                check_signature(&certificate, &authority) == Signature::NotMade
            })
        };
        keys.iter().all(is_anothers)
    }
}
