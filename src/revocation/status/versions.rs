//! Which of several versions of a CRL counts, and which deltas complete it (RFC 5280 section 5.2.4).

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::evidence::{Evidence, Freshness};
use super::question::{Stale, UnusableCause, UnusableCrl};
use crate::document::extension::Reason;
use crate::document::{CrlNumber, HexBytes, Moment, Sha256Digest};
use crate::revocation::entry::{Entry, RevocationReason};
use crate::revocation::scope::PointKey;

/// The delta applied to a base, if there is one.
pub(super) type Delta<'e, 'a> = Option<&'e Evidence<'a>>;

impl Evidence<'_> {
    /// Whether it was made later than `other`, and so shows what was lifted that the other puts on hold.
    fn is_later_than(&self, other: &Evidence<'_>) -> bool {
        let made = |evidence: &Evidence<'_>| evidence.crl.header().this_update;
        let numbered_lower = self.same_series(other) && order(number(self), number(other)).is_lt();
        overtakes(self, other) || made(self) > made(other) && !numbered_lower
    }

    /// Whether both are lists of one series: same issuer, same scope, same key (RFC 5280 section 6.3.3, step c).
    fn same_series(&self, other: &Evidence<'_>) -> bool {
        let (one, two) = (self.crl.header(), other.crl.header());
        one.issuer.matches(&two.issuer)
            && one.issuing_distribution_point == two.issuing_distribution_point
            && one.authority_key_identifier == two.authority_key_identifier
            && self.key == other.key
    }
}

/// Puts deltas on their bases and drops bases that newer ones replace. What is left over is said in `why_not`.
pub(super) fn paired<'e, 'a>(
    bases: &'e [Evidence<'a>],
    deltas: &'e [Evidence<'a>],
    at: Moment,
    stale: Stale,
    why_not: &mut Vec<UnusableCrl>,
) -> Vec<(&'e Evidence<'a>, Delta<'e, 'a>)> {
    let usable =
        |delta: &&Evidence<'_>| delta.freshness == Freshness::Current || stale == Stale::Consider;
    let mut alike: HashMap<Alike<'e>, Vec<&'e Evidence<'a>>> = HashMap::new();
    for delta in deltas {
        alike.entry(Alike::of(delta)).or_default().push(delta);
    }
    let mut pairs = Vec::new();
    for (base, newer) in bases.iter().zip(replacements(bases)) {
        if let Some(by) = newer {
            why_not.push(base.why_not(UnusableCause::Superseded { by }));
            continue;
        }
        let near = alike.get(&Alike::of(base)).into_iter().flatten().copied();
        let fitting = near
            .filter(|delta| delta.same_series(base) && builds_on(delta, base))
            .filter(usable);
        let newest = newest(fitting);
        if newest.is_empty() {
            pairs.push((base, None));
        }
        pairs.extend(newest.into_iter().map(|delta| (base, Some(delta))));
    }
    let used = pairs.iter().filter_map(|(_, delta)| delta.as_ref());
    let used: HashSet<usize> = used.map(|delta| delta.index).collect();
    let mut near: HashMap<Alike<'e>, Vec<(&'e Evidence<'a>, Delta<'e, 'a>)>> = HashMap::new();
    for pair in &pairs {
        near.entry(Alike::of(pair.0)).or_default().push(*pair);
    }
    for delta in deltas.iter().filter(|delta| !used.contains(&delta.index)) {
        let near = near.get(&Alike::of(delta)).map_or(&[][..], Vec::as_slice);
        why_not.push(delta.why_not(unused(delta, near, at)));
    }
    pairs
}

/// What all CRLs of one series have in common, to find them by: the key that signed them, the key identifier, the point.
#[derive(PartialEq, Eq, Hash)]
struct Alike<'e> {
    key: Sha256Digest,
    identifier: Option<&'e HexBytes>,
    points: Option<Vec<PointKey>>,
}

impl<'e> Alike<'e> {
    fn of(evidence: &'e Evidence<'_>) -> Alike<'e> {
        let header = evidence.crl.header();
        let identifier = header.authority_key_identifier.as_ref();
        Alike {
            key: evidence.key,
            identifier: identifier.and_then(|identifier| identifier.key.as_ref()),
            points: PointKey::of_crl(header),
        }
    }
}

/// The delta with the highest number, of these the one made last. A CA that gives one number to two deltas of one moment
/// (against RFC 5280 section 5.2.3) has both applied, each on its own: what one of them lists counts.
fn newest<'e, 'a>(deltas: impl Iterator<Item = &'e Evidence<'a>>) -> Vec<&'e Evidence<'a>> {
    let rank = |delta: &'e Evidence<'a>| (number(delta), delta.crl.header().this_update);
    let mut newest: Vec<&Evidence<'_>> = Vec::new();
    for delta in deltas {
        match newest.first().map(|first| rank(delta).cmp(&rank(first))) {
            Some(Ordering::Less) => {}
            Some(Ordering::Equal) => newest.push(delta),
            Some(Ordering::Greater) | None => newest = vec![delta],
        }
    }
    newest
}

/// The CRL whose hold leaves the question open: it is genuine and about the certificate, and cannot be used – a delta whose
/// base is not there (RFC 5280 section 5.2.4), an expired CRL, one that is not understood – so that
/// it does not say that the certificate is on hold; but nor is it passed over. It counts until a CRL that was made later
/// does without the entry. `rest` are the deltas and what is not understood, `entry` is what each CRL has for the certificate.
pub(super) fn open_hold<'e, 'a, 'n>(
    rest: impl IntoIterator<Item = &'e Evidence<'a>>,
    pairs: &[(&'e Evidence<'a>, Delta<'e, 'a>)],
    entry: impl Fn(&'e Evidence<'a>) -> Option<&'n Entry>,
) -> Option<&'e Evidence<'a>> {
    let lacking: Vec<&Evidence<'_>> = pairs
        .iter()
        .filter(|(base, delta)| combined(entry(base), delta.and_then(&entry)).is_none())
        // One for other reasons never has a hold.
        .filter(|(base, _)| base.reasons().includes(Reason::CertificateHold))
        .map(|(base, delta)| delta.unwrap_or(base))
        .collect();
    let is_hold = |entry: &Entry| entry.reason == Some(RevocationReason::CertificateHold);
    // One that a newer CRL of its series replaces is no reason: that one is.
    let bases = pairs.iter().map(|(base, _)| *base);
    bases.chain(rest).find(|one| {
        entry(one).is_some_and(is_hold) && !lacking.iter().any(|later| later.is_later_than(one))
    })
}

/// Steps i to k: what the delta says goes before what its base says.
pub(super) fn combined<'e>(
    of_base: Option<&'e Entry>,
    of_delta: Option<&'e Entry>,
) -> Option<&'e Entry> {
    match of_delta {
        Some(entry) if entry.reason == Some(RevocationReason::RemoveFromCrl) => None,
        Some(entry) => Some(entry),
        None => of_base,
    }
}

/// Why a CRL that was not used does not answer.
pub(super) fn cause_of(
    evidence: &Evidence<'_>,
    pairs: &[(&Evidence<'_>, Delta<'_, '_>)],
    at: Moment,
) -> UnusableCrl {
    let of_pair = pairs.iter().find(|(base, delta)| {
        base.index == evidence.index || delta.is_some_and(|delta| delta.index == evidence.index)
    });
    match (&evidence.defect, of_pair) {
        (Some(cause), _) => evidence.why_not(cause.clone()),
        (None, Some((base, delta))) => {
            let newest = delta.unwrap_or(base);
            newest.why_not(newest.past(at))
        }
        (None, None) => evidence.why_not(unused(evidence, pairs, at)),
    }
}

/// Why a delta was not applied.
fn unused(
    delta: &Evidence<'_>,
    pairs: &[(&Evidence<'_>, Delta<'_, '_>)],
    at: Moment,
) -> UnusableCause {
    let header = delta.crl.header();
    let base_number = header.base_number.clone().unwrap_or_default();
    let series: Vec<_> = pairs
        .iter()
        .filter(|(base, _)| base.same_series(delta))
        .collect();
    let fitting = series.iter().find(|(base, _)| builds_on(delta, base));
    match (fitting, series.first()) {
        (Some((_, Some(newer))), _) => UnusableCause::Superseded { by: newer.index },
        (Some((_, None)), _) => delta.past(at),
        (None, Some((base, _))) => UnusableCause::DeltaMismatch {
            base_number,
            number: header.number.clone(),
            available: base.crl.header().number.clone(),
        },
        (None, None) => UnusableCause::DeltaWithoutBase { base_number },
    }
}

/// RFC 5280 section 5.2.4, conditions c and d: the base is not older than the one the delta was made for, and
/// older than the delta.
fn builds_on(delta: &Evidence<'_>, base: &Evidence<'_>) -> bool {
    let (Some(from), Some(have), Some(to)) =
        (&delta.crl.header().base_number, number(base), number(delta))
    else {
        return false;
    };
    order(Some(from), Some(have)).is_le() && order(Some(have), Some(to)).is_lt()
}

/// For each CRL the index of one that makes it obsolete, in as much time as it takes to sort them: archives have hundreds of
/// versions of one CRL.
fn replacements(bases: &[Evidence<'_>]) -> Vec<Option<usize>> {
    // One of each series; CRLs of several series answer for one certificate only where scopes overlap, or keys changed.
    let mut series: Vec<Vec<usize>> = Vec::new();
    let mut by_key: HashMap<Alike<'_>, Vec<usize>> = HashMap::new();
    for (place, base) in bases.iter().enumerate() {
        let alike = by_key.entry(Alike::of(base)).or_default();
        let known = alike.iter().find(|number| {
            let first = series.get(**number).and_then(|places| places.first());
            first
                .and_then(|first| bases.get(*first))
                .is_some_and(|first| base.same_series(first))
        });
        match known.and_then(|number| series.get_mut(*number)) {
            Some(places) => places.push(place),
            None => {
                alike.push(series.len());
                series.push(vec![place]);
            }
        }
    }
    let mut found = vec![None; bases.len()];
    for mut places in series {
        let made = |place: &usize| bases.get(*place).map(|base| base.crl.header().this_update);
        // The newest first.
        places.sort_by_key(|place| std::cmp::Reverse(made(place)));
        // Of those made later than the one that is looked at, the one with the highest number.
        let mut best: Option<&Evidence<'_>> = None;
        let mut at_once: Vec<&Evidence<'_>> = Vec::new();
        for place in places {
            let Some(base) = bases.get(place) else {
                continue;
            };
            let is_later =
                |one: &Evidence<'_>| one.crl.header().this_update > base.crl.header().this_update;
            if at_once.first().is_some_and(|one| is_later(one)) {
                for one in at_once.drain(..) {
                    if best.is_none_or(|best| order(number(one), number(best)).is_gt()) {
                        best = Some(one);
                    }
                }
            }
            if let (Some(best), Some(found)) = (best, found.get_mut(place))
                && replaces(best, base)
            {
                *found = Some(best.index);
            }
            at_once.push(base);
        }
    }
    found
}

/// Whether `newer` makes `older` obsolete: same series, made later, and not numbered lower.
fn replaces(newer: &Evidence<'_>, older: &Evidence<'_>) -> bool {
    newer.same_series(older)
        && newer.crl.header().this_update > older.crl.header().this_update
        && order(number(newer), number(older)).is_ge()
}

/// Whether the base has everything that the delta has: same series, and a higher number.
fn overtakes(base: &Evidence<'_>, delta: &Evidence<'_>) -> bool {
    number(delta).is_some() && base.same_series(delta) && order(number(base), number(delta)).is_gt()
}

fn number<'e>(evidence: &'e Evidence<'_>) -> Option<&'e CrlNumber> {
    evidence.crl.header().number.as_ref()
}

/// Compares numbers by value; no number comes before every number.
fn order(one: Option<&CrlNumber>, two: Option<&CrlNumber>) -> Ordering {
    one.cmp(&two)
}
