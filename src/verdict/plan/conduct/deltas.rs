//! What only delta CRLs say. Costs one pass over each delta and complete CRL of a CA, however many of them there are.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::shape;
use crate::chain::name_key;
use crate::document::extension::GeneralName;
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
    /// The serial numbers that are revoked by it alone.
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

    /// What each delta says that no complete CRL in its scope does, in their order; those that a complete CRL replaces are
    /// left out.
    pub(super) fn said(&self, at: Moment) -> Vec<Said<'h>> {
        let mut shelves = Shelves::default();
        let mut newest: HashMap<usize, Newest<'h>> = HashMap::new();
        for held in self.complete.iter().chain(&self.deltas) {
            for shelf in shelves.holding(held.header) {
                newest.entry(shelf).or_default().add(held.header);
            }
        }
        let mut open = Vec::new();
        for delta in &self.deltas {
            let header = delta.header;
            let near = shelves.near(header);
            let found = || near.iter().filter_map(|shelf| newest.get(shelf));
            // A complete CRL that is as new has all that the delta has.
            if found().any(|newest| newest.is_as_new_as(header)) {
                continue;
            }
            let is_last = !found().any(|newest| newest.delta > header.number.as_ref());
            let in_time =
                header.this_update <= at && header.next_update.is_some_and(|end| end >= at);
            // One that cannot be read says nothing.
            let changes = delta.der.and_then(|der| shape::changes(der).ok());
            open.push(Open {
                changes: changes.unwrap_or_default(),
                lifts: is_last && in_time,
                header,
                near,
            });
        }
        let listed = Listed::among(&self.complete, &open, &mut shelves);
        open.iter().map(|delta| listed.said(delta)).collect()
    }
}

/// A delta that no complete CRL replaces.
struct Open<'h> {
    header: &'h Crl,
    /// The shelves with the CRLs for the same certificates.
    near: Vec<usize>,
    /// Its serial numbers, and whether it takes them off the CRL.
    changes: HashMap<&'h [u8], bool>,
    /// Whether it decides which holds are lifted.
    lifts: bool,
}

/// The newest CRLs of a shelf.
#[derive(Default)]
struct Newest<'h> {
    /// The highest number of a complete one.
    number: Option<&'h CrlNumber>,
    /// When the last complete one was made.
    made: Option<Moment>,
    /// When the last complete one without a number was made.
    made_unnumbered: Option<Moment>,
    /// The highest number of a delta.
    delta: Option<&'h CrlNumber>,
}

impl<'h> Newest<'h> {
    fn add(&mut self, crl: &'h Crl) {
        let number = crl.number.as_ref();
        if crl.base_number.is_some() {
            self.delta = self.delta.max(number);
            return;
        }
        let made = Some(crl.this_update);
        self.number = self.number.max(number);
        self.made = self.made.max(made);
        if number.is_none() {
            self.made_unnumbered = self.made_unnumbered.max(made);
        }
    }

    /// Whether a complete one is as new as a delta (RFC 5280 section 5.2.4: they share one sequence of numbers).
    fn is_as_new_as(&self, delta: &Crl) -> bool {
        let made = Some(delta.this_update);
        match &delta.number {
            Some(number) => self.number >= Some(number) || self.made_unnumbered >= made,
            None => self.made >= made,
        }
    }
}

/// The CRLs of a CA, sorted so that those for the same certificates, as far as their points say, are found without looking at
/// the others. A CRL that names no point is for all. Shelves are numbered as they come up.
#[derive(Default)]
struct Shelves(HashMap<Shelf, usize>);

#[derive(PartialEq, Eq, Hash)]
enum Shelf {
    /// Every CRL.
    Every,
    /// Those that name no point.
    Unnamed,
    /// Those whose point has this name.
    Named(NameKey),
}

impl Shelves {
    fn number(&mut self, shelf: Shelf) -> usize {
        let next = self.0.len();
        *self.0.entry(shelf).or_insert(next)
    }

    /// The shelves that hold a CRL.
    fn holding(&mut self, crl: &Crl) -> Vec<usize> {
        let own = match names(crl) {
            None => vec![Shelf::Unnamed],
            Some(names) => named(&names).collect(),
        };
        let all = std::iter::once(Shelf::Every).chain(own);
        all.map(|shelf| self.number(shelf)).collect()
    }

    /// The shelves that together hold the CRLs for the same certificates as a CRL.
    fn near(&mut self, crl: &Crl) -> Vec<usize> {
        let all = match names(crl) {
            None => vec![Shelf::Every],
            Some(names) => std::iter::once(Shelf::Unnamed)
                .chain(named(&names))
                .collect(),
        };
        all.into_iter().map(|shelf| self.number(shelf)).collect()
    }
}

fn named(names: &[GeneralName]) -> impl Iterator<Item = Shelf> {
    names.iter().map(|name| Shelf::Named(NameKey::of(name)))
}

/// What complete CRLs say about the serial numbers in open deltas.
#[derive(Default)]
struct Listed<'h> {
    /// The serial numbers that a CRL of each shelf has.
    serials: HashSet<(&'h [u8], usize)>,
    /// The numbers of the CRLs of each shelf that have a serial number on hold.
    holds: HashMap<(&'h [u8], usize), BTreeSet<&'h CrlNumber>>,
    /// Shelves with a CRL that cannot be read: it may have anything.
    unread: HashSet<usize>,
}

impl<'h> Listed<'h> {
    fn among(complete: &[&'h Held<'h>], open: &[Open<'h>], shelves: &mut Shelves) -> Listed<'h> {
        let mut listed = Listed::default();
        let wanted: HashSet<usize> = open.iter().flat_map(|one| &one.near).copied().collect();
        let serials = open.iter().flat_map(|one| one.changes.keys().copied());
        let serials: HashSet<&'h [u8]> = serials.collect();
        for held in complete {
            let mut own = shelves.holding(held.header);
            own.retain(|shelf| wanted.contains(shelf));
            let (Some(der), false) = (held.der, own.is_empty()) else {
                continue;
            };
            let Ok(found) = shape::found(der, &serials) else {
                listed.unread.extend(own);
                continue;
            };
            for (serial, on_hold) in found {
                let number = held.header.number.as_ref().filter(|_| on_hold);
                for shelf in &own {
                    let place = (serial, *shelf);
                    listed.serials.insert(place);
                    if let Some(number) = number {
                        listed.holds.entry(place).or_default().insert(number);
                    }
                }
            }
        }
        listed
    }

    fn said(&self, delta: &Open<'h>) -> Said<'h> {
        let chosen = |removes: bool| {
            let chosen = delta
                .changes
                .iter()
                .filter(move |(_, one)| **one == removes);
            chosen.map(|(serial, _)| *serial)
        };
        let near = |such: &dyn Fn(usize) -> bool| delta.near.iter().any(|shelf| such(*shelf));
        let mut said = Said::default();
        if !near(&|shelf| self.unread.contains(&shelf)) {
            let added = chosen(false)
                .filter(|serial| !near(&|shelf| self.serials.contains(&(*serial, shelf))));
            said.added = added.collect();
        }
        // RFC 5280 section 5.2.4, conditions c and d: what it builds on is not older than its base, and older than it.
        let numbers = (&delta.header.base_number, &delta.header.number);
        if let (Some(from), Some(to)) = numbers
            && delta.lifts
            && from < to
        {
            let is_lifted = |serial: &&'h [u8]| {
                near(&|shelf| {
                    let holds = self.holds.get(&(*serial, shelf));
                    holds.is_some_and(|numbers| {
                        numbers.range::<&CrlNumber, _>(from..to).next().is_some()
                    })
                })
            };
            said.lifted = chosen(true).filter(is_lifted).collect();
        }
        said
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
    use crate::document::extension::{IssuingDistributionPoint, PointName, Scope};

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
        let same_scope = |one: &Crl, other: &Crl| match (names(one), names(other)) {
            (Some(one), Some(other)) => one.iter().any(|name| other.contains(name)),
            _ => true,
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
            let bases: Vec<&&Made> = complete
                .iter()
                .filter(|base| same_scope(&base.header, header))
                .collect();
            let replaced = bases
                .iter()
                .any(|base| match (&base.header.number, &header.number) {
                    (Some(base), Some(delta)) => base >= delta,
                    _ => base.header.this_update >= header.this_update,
                });
            if replaced {
                continue;
            }
            let changes = last(delta).unwrap_or_default();
            let mut lifted = HashSet::new();
            let newer = |other: &&Made| {
                other.header.number > header.number && same_scope(&other.header, header)
            };
            let in_time = header.this_update <= at && header.next_update.unwrap() >= at;
            if in_time && !deltas.iter().any(newer) {
                let removed = of_kind(&changes, &|entry| entry == Entry::Remove);
                for base in &bases {
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
            for base in &bases {
                match last(base) {
                    Some(entries) => added.retain(|serial| !entries.contains_key(serial)),
                    None => added.clear(),
                }
            }
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
            assert_eq!(said, compared(&all, day(15)));
            additions += said.iter().filter(|(added, _)| !added.is_empty()).count();
            lifts += said.iter().filter(|(_, lifted)| !lifted.is_empty()).count();
        }
        assert!(
            additions > 500 && lifts > 10,
            "{additions} additions, {lifts} lifts"
        );
    }
}
