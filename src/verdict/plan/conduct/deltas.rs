//! What only delta CRLs say. Costs one pass over each delta and complete CRL of a CA, however many of them there are.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::shape;
use crate::chain::name_key;
use crate::document::extension::{Reason, Scope};
use crate::document::{Certificate, Crl, CrlNumber, Moment, Sha256Digest, shortest};
use crate::verdict::plan::Held;
use crate::verdict::plan::superseded::{NameKey, names};

/// The CRLs that one key signed under one name.
#[derive(Debug, Default)]
pub(super) struct OfCa<'h> {
    deltas: Vec<&'h Held<'h>>,
    complete: Vec<&'h Held<'h>>,
}

/// What one delta says that no complete CRL does.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said<'h> {
    /// The serial numbers that are revoked by it alone, as far as servers see.
    pub(super) added: HashSet<&'h [u8]>,
    /// The serial numbers that a complete CRL it builds on has on hold, and it no longer; only of the newest delta in time.
    pub(super) lifted: HashSet<&'h [u8]>,
}

impl<'h> OfCa<'h> {
    /// The CRLs by the key that signed them and the [key](name_key) of their issuer's name.
    pub(super) fn all(held: &'h [Held<'h>]) -> HashMap<(Sha256Digest, Vec<u8>), OfCa<'h>> {
        let mut all: HashMap<_, OfCa<'h>> = HashMap::new();
        for held in held {
            let ca = (held.signer, name_key(&held.header.issuer));
            let of_ca = all.entry(ca).or_default();
            match held.header.base_number {
                Some(_) => of_ca.deltas.push(held),
                None => of_ca.complete.push(held),
            }
        }
        all
    }

    /// What each delta says that the newest complete CRLs for the same certificates do not, in their order; those that a complete CRL
    /// replaces are left out.
    pub(super) fn said(&self, at: Moment) -> Vec<Said<'h>> {
        let mut shelves: HashMap<ScopeKey, Shelf<'h>> = HashMap::new();
        for held in &self.complete {
            let shelf = shelves.entry(ScopeKey::of(held.header)).or_default();
            shelf.complete.push(held);
        }
        for delta in &self.deltas {
            let shelf = shelves.entry(ScopeKey::of(delta.header)).or_default();
            shelf.delta = shelf.delta.max(delta.header.number.as_ref());
        }
        // One that cannot be read says nothing.
        let read = |delta: &&Held<'h>| delta.der.and_then(|der| shape::changes(der).ok());
        let changes = self
            .deltas
            .iter()
            .map(|delta| read(delta).unwrap_or_default());
        let changes: Vec<HashMap<&'h [u8], bool>> = changes.collect();
        let wanted: HashSet<&'h [u8]> = changes.iter().flatten().map(|(one, _)| *one).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let scopes: HashSet<ScopeKey> = self
            .deltas
            .iter()
            .map(|one| ScopeKey::of(one.header))
            .collect();
        for (scope, shelf) in &mut shelves {
            if scopes.contains(scope) || *scope == ScopeKey::ALL {
                shelf.look_for(&wanted);
            }
        }
        let mut said = Vec::new();
        for (delta, changes) in self.deltas.iter().zip(&changes) {
            let scope = ScopeKey::of(delta.header);
            let Some(own) = shelves.get(&scope) else {
                continue;
            };
            let of_all = shelves
                .get(&ScopeKey::ALL)
                .filter(|_| scope != ScopeKey::ALL);
            let near: Vec<&Shelf<'h>> = std::iter::once(own).chain(of_all).collect();
            if !near.iter().any(|shelf| shelf.replaces(delta.header)) {
                said.push(Said {
                    added: added(changes, &near),
                    lifted: own.lifted(delta.header, changes, at),
                });
            }
        }
        said
    }
}

/// The serial numbers that a delta revokes and that a server does not find in each of the complete CRLs it may take.
fn added<'h>(changes: &HashMap<&'h [u8], bool>, near: &[&Shelf<'h>]) -> HashSet<&'h [u8]> {
    let holding: Vec<&&Shelf<'_>> = near.iter().filter(|shelf| shelf.newest > 0).collect();
    let is_added =
        |serial: &&'h [u8]| holding.is_empty() || !holding.iter().all(|shelf| shelf.lists(serial));
    let revoked = changes.iter().filter(|(_, removes)| !**removes);
    revoked
        .map(|(serial, _)| *serial)
        .filter(is_added)
        .collect()
}

/// Which certificates and reasons a CRL is for, as its issuing distribution point says. A delta builds on CRLs for exactly the same
/// (RFC 5280 section 5.2.4).
#[derive(PartialEq, Eq, Hash)]
struct ScopeKey {
    names: Option<Vec<NameKey>>,
    kind: Scope,
    reasons: Option<Vec<Reason>>,
    indirect: bool,
}

impl ScopeKey {
    /// That of a CRL for all certificates of its issuer and all reasons: it has what a CRL for some of them has.
    const ALL: ScopeKey = ScopeKey {
        names: None,
        kind: Scope::All,
        reasons: None,
        indirect: false,
    };

    fn of(crl: &Crl) -> ScopeKey {
        let point = crl.issuing_distribution_point.as_ref();
        let names = names(crl).map(|names| names.iter().map(NameKey::of).collect());
        ScopeKey {
            names,
            kind: crl.scope(),
            reasons: point.and_then(|point| point.reasons.clone()),
            indirect: point.is_some_and(|point| point.indirect),
        }
    }
}

/// The CRLs of a CA for the same certificates and reasons, and what the complete ones say about the serial numbers in deltas.
#[derive(Default)]
struct Shelf<'h> {
    complete: Vec<&'h Held<'h>>,
    /// The highest number of a delta.
    delta: Option<&'h CrlNumber>,
    /// When the newest of the complete ones were made: a server takes one of these.
    made: Option<Moment>,
    /// How many were made then.
    newest: usize,
    /// The highest number of these.
    number: Option<&'h CrlNumber>,
    /// Whether one of these has none.
    unnumbered: bool,
    /// How many of these have a serial number.
    listed: HashMap<&'h [u8], usize>,
    /// The numbers of the CRLs that have a serial number on hold.
    holds: HashMap<&'h [u8], BTreeSet<&'h CrlNumber>>,
    /// How many of the newest cannot be read: they may have anything.
    unread: usize,
}

impl<'h> Shelf<'h> {
    /// Notes which complete CRLs are the newest, and what all of them say about these serial numbers.
    fn look_for(&mut self, serials: &HashSet<&'h [u8]>) {
        self.made = self
            .complete
            .iter()
            .map(|held| held.header.this_update)
            .max();
        for held in &self.complete {
            let number = held.header.number.as_ref();
            let is_newest = Some(held.header.this_update) == self.made;
            if is_newest {
                self.newest += 1;
                self.number = self.number.max(number);
                self.unnumbered |= number.is_none();
            }
            let Some(der) = held.der else { continue };
            let Ok(found) = shape::found(der, serials) else {
                self.unread += usize::from(is_newest);
                continue;
            };
            for (serial, on_hold) in found {
                *self.listed.entry(serial).or_default() += usize::from(is_newest);
                if let Some(number) = number.filter(|_| on_hold) {
                    self.holds.entry(serial).or_default().insert(number);
                }
            }
        }
    }

    /// Whether all of the newest have a serial number.
    fn lists(&self, serial: &[u8]) -> bool {
        let listed = self.listed.get(serial).copied().unwrap_or_default();
        listed + self.unread == self.newest
    }

    /// Whether one of the newest is as new as a delta, and so has all that the delta has (RFC 5280 section 5.2.4: they share one
    /// sequence of numbers).
    fn replaces(&self, delta: &Crl) -> bool {
        let is_numbered_lower = !self.unnumbered && self.number < delta.number.as_ref();
        self.made >= Some(delta.this_update) && !is_numbered_lower
    }

    /// The serial numbers that a complete CRL on which the delta builds has on hold and the delta takes off, if it is the newest
    /// and in time.
    fn lifted(
        &self,
        delta: &Crl,
        changes: &HashMap<&'h [u8], bool>,
        at: Moment,
    ) -> HashSet<&'h [u8]> {
        let is_last = self.delta <= delta.number.as_ref();
        let in_time = delta.this_update <= at && delta.next_update.is_some_and(|end| end >= at);
        // RFC 5280 section 5.2.4, conditions c and d: what it builds on is not older than its base, and older than it.
        let (Some(from), Some(to)) = (&delta.base_number, &delta.number) else {
            return HashSet::new();
        };
        if !is_last || !in_time || from >= to {
            return HashSet::new();
        }
        let is_lifted = |serial: &&'h [u8]| {
            let holds = self.holds.get(serial);
            holds.is_some_and(|numbers| numbers.range::<&CrlNumber, _>(from..to).next().is_some())
        };
        let removed = changes.iter().filter(|(_, removes)| **removes);
        removed
            .map(|(serial, _)| *serial)
            .filter(is_lifted)
            .collect()
    }
}

/// The places of certificates among those that a CA issued, by serial number.
pub(super) fn by_serial(issued: &[Arc<Certificate>]) -> HashMap<&[u8], Vec<usize>> {
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (place, certificate) in issued.iter().enumerate() {
        let serial = shortest(certificate.serial.as_octets());
        places.entry(serial).or_default().push(place);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::der;
    use crate::document::extension::{GeneralName, IssuingDistributionPoint, PointName};

    const ALGORITHM: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    const NAME: &[u8] = b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02CA";

    /// What an entry says.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Entry {
        Revoked,
        Hold,
        Remove,
    }

    /// A CRL with entries of one octet each; without them, one that cannot be read.
    struct Made {
        der: Vec<u8>,
        entries: Option<Vec<(u8, Entry)>>,
        header: Crl,
    }

    fn day(day: u64) -> Moment {
        Moment::from_unix(1_790_000_000 + 86_400 * day as i64).unwrap()
    }

    fn crl(entries: &[(u8, Entry)]) -> Vec<u8> {
        let entry = |(serial, entry): &(u8, Entry)| {
            let reason = match entry {
                Entry::Revoked => 1,
                Entry::Hold => 6,
                Entry::Remove => 8,
            };
            let reason = der::wrap(0x04, &der::wrap(0x0a, &[reason]));
            let reason = der::wrap(0x30, &[b"\x06\x03\x55\x1d\x15", &reason[..]].concat());
            let serial = der::wrap(0x02, &[*serial]);
            let time = b"\x17\x0d260101000000Z";
            der::wrap(
                0x30,
                &[&serial[..], time, &der::wrap(0x30, &reason)].concat(),
            )
        };
        let entries: Vec<u8> = entries.iter().flat_map(entry).collect();
        let times = b"\x17\x0d260101000000Z\x17\x0d270101000000Z";
        let tbs = [
            b"\x02\x01\x01",
            ALGORITHM,
            NAME,
            times,
            &der::wrap(0x30, &entries),
        ];
        let tbs = der::wrap(0x30, &tbs.concat());
        der::wrap(0x30, &[&tbs[..], ALGORITHM, b"\x03\x02\x00\x01"].concat())
    }

    /// The same, each CRL compared with each.
    fn compared(all: &[Made], at: Moment) -> Vec<(HashSet<u8>, HashSet<u8>)> {
        let (deltas, complete): (Vec<&Made>, Vec<&Made>) =
            all.iter().partition(|one| one.header.base_number.is_some());
        let point = |made: &Made| made.header.issuing_distribution_point.clone();
        let is_for_all = |made: &Made| {
            point(made).is_none_or(|point| point.name.is_none() && point.scope == Scope::All)
        };
        let same = |one: &Made, other: &Made| {
            point(one) == point(other) || is_for_all(one) && is_for_all(other)
        };
        let last = |made: &Made| -> Option<HashMap<u8, Entry>> {
            Some(made.entries.as_ref()?.iter().copied().collect())
        };
        let of_kind = |entries: &HashMap<u8, Entry>, such: &dyn Fn(Entry) -> bool| {
            let such = entries.iter().filter(|(_, entry)| such(**entry));
            such.map(|(serial, _)| *serial).collect::<HashSet<u8>>()
        };
        let mut said = Vec::new();
        for delta in &deltas {
            let header = &delta.header;
            let newest_of = |such: &dyn Fn(&Made) -> bool| -> Vec<&Made> {
                let such: Vec<&Made> = complete.iter().copied().filter(|one| such(one)).collect();
                let made = such.iter().map(|one| one.header.this_update).max();
                let newest = such.into_iter();
                newest
                    .filter(|one| Some(one.header.this_update) == made)
                    .collect()
            };
            let newest = [newest_of(&|one| same(one, delta)), newest_of(&is_for_all)].concat();
            let is_as_new = |base: &&Made| {
                let later = base.header.this_update >= header.this_update;
                later
                    && match (&base.header.number, &header.number) {
                        (Some(base), Some(delta)) => base >= delta,
                        _ => true,
                    }
            };
            if newest.iter().any(is_as_new) {
                continue;
            }
            let changes = last(delta).unwrap_or_default();
            let mut lifted = HashSet::new();
            let newer = |other: &&Made| other.header.number > header.number && same(other, delta);
            let in_time = header.this_update <= at && header.next_update.unwrap() >= at;
            if in_time && !deltas.iter().any(newer) {
                let removed = of_kind(&changes, &|entry| entry == Entry::Remove);
                for base in complete.iter().filter(|base| same(base, delta)) {
                    let numbers = (&header.base_number, &base.header.number, &header.number);
                    if let (Some(from), Some(have), Some(to)) = numbers
                        && from <= have
                        && have < to
                        && let Some(entries) = last(base)
                    {
                        let held = of_kind(&entries, &|entry| entry == Entry::Hold);
                        lifted.extend(removed.intersection(&held).copied());
                    }
                }
            }
            let mut added = of_kind(&changes, &|entry| entry != Entry::Remove);
            let lists = |base: &&Made, serial: u8| {
                let entries = last(base);
                entries.is_none_or(|entries| {
                    entries
                        .get(&serial)
                        .is_some_and(|entry| *entry != Entry::Remove)
                })
            };
            added.retain(|serial| {
                newest.is_empty() || !newest.iter().all(|base| lists(base, *serial))
            });
            said.push((added, lifted));
        }
        said
    }

    #[test]
    fn what_deltas_alone_say_is_the_same_as_when_each_is_compared_with_each_complete_crl() {
        let mut state = 7u64;
        let mut one_of = |count: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % count
        };
        let number = |number: u64| -> CrlNumber { number.to_string().parse().unwrap() };
        let plain = crl(&[]);
        let (mut additions, mut lifts) = (0, 0);
        for _ in 0..2000 {
            let made = |_| {
                let mut header = Crl::read(&plain).unwrap();
                header.this_update = day(one_of(20));
                header.next_update = Some(day(10 + one_of(20)));
                header.number = (one_of(5) > 0).then(|| number(one_of(12)));
                header.base_number = (one_of(2) == 0).then(|| number(one_of(8)));
                if one_of(3) > 0 {
                    let count = one_of(3);
                    let url =
                        |_| GeneralName::Uri(format!("http://a.nhs.uk/{}.crl", one_of(3))).into();
                    let locations = (0..count).map(url).collect();
                    header.issuing_distribution_point = Some(IssuingDistributionPoint {
                        name: (count > 0).then_some(PointName::Full { locations }),
                        scope: Scope::All,
                        reasons: None,
                        indirect: false,
                    });
                }
                let entries: Vec<(u8, Entry)> = (0..one_of(5))
                    .map(|_| {
                        let all = [Entry::Revoked, Entry::Hold, Entry::Remove];
                        (1 + one_of(6) as u8, all[one_of(3) as usize])
                    })
                    .collect();
                match one_of(20) {
                    0 => Made {
                        der: b"\x30\x03\x02\x01".to_vec(),
                        entries: None,
                        header,
                    },
                    _ => Made {
                        der: crl(&entries),
                        entries: Some(entries),
                        header,
                    },
                }
            };
            let all: Vec<Made> = (0..6).map(made).collect();
            let held: Vec<Held<'_>> = all
                .iter()
                .map(|made| Held {
                    header: &made.header,
                    signer: crate::document::sha256(b"key"),
                    der: Some(&made.der),
                    crl: None,
                })
                .collect();
            let of_ca = OfCa::all(&held);
            let said = of_ca.values().flat_map(|crls| crls.said(day(15)));
            let octets = |serials: &HashSet<&[u8]>| -> HashSet<u8> {
                serials.iter().map(|serial| serial[0]).collect()
            };
            let said: Vec<_> = said
                .map(|said| (octets(&said.added), octets(&said.lifted)))
                .collect();
            assert_eq!(of_ca.len(), 1);
            let says = |(added, lifted): &(HashSet<u8>, HashSet<u8>)| {
                !added.is_empty() || !lifted.is_empty()
            };
            let said: Vec<_> = said.into_iter().filter(says).collect();
            let mut compared = compared(&all, day(15));
            compared.retain(says);
            assert_eq!(said, compared);
            additions += said.iter().filter(|(added, _)| !added.is_empty()).count();
            lifts += said.iter().filter(|(_, lifted)| !lifted.is_empty()).count();
        }
        assert!(
            additions > 500 && lifts > 10,
            "{additions} additions, {lifts} lifts"
        );
    }
}
