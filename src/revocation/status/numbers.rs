//! What CRLs say about serial numbers of certificates that are not there.
//!
//! A number alone does not say which CRL is about it. So a CRL that answers for some certificates only – one partition's,
//! those of one kind, those that one of several keys signed, those of other CAs that say so – says "not revoked" under a
//! [`Condition`], which leaves the answer open unless the question says that it is met. Everything else is decided as for a
//! certificate: who may have signed the CRL, which delta builds on which base, which entry goes before which.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::evidence::{self, Evidence, Freshness, Issuing};
use super::question::{Listed, Signers, Stale, UnusableCause, UnusableCrl};
use super::versions::{self, combined};
use crate::chain::name_key;
use crate::document::{Certificate, Crl, Moment, Name, Serial, Sha256Digest};
use crate::revocation::crl::{CrlError, SearchableCrl};
use crate::revocation::crl_set::CrlSet;
use crate::revocation::entry::{Entry, RevocationReason};
use crate::revocation::scope::{Condition, OutOfScope, Reasons, Terms, is_of_point, terms};
use crate::revocation::serials::Serials;

/// The entries that several CRLs have with some serial numbers, whatever they are worth.
#[derive(Debug, Default)]
pub struct Hits {
    /// Each with the index of its CRL.
    by_serial: HashMap<Serial, Vec<(usize, Entry)>>,
    /// How many entries each CRL has.
    seen: HashMap<usize, u64>,
    /// The CRLs that could not be searched.
    failed: HashMap<usize, Arc<CrlError>>,
}

impl Hits {
    /// Looks for all of the numbers in all of the CRLs: one pass over each that has no index.
    pub fn search(crls: &CrlSet<'_>, serials: &Serials) -> Hits {
        let mut hits = Hits::default();
        for place in 0..crls.len() {
            let (Some(crl), None) = (crls.get(place), crls.copy_of(place)) else {
                continue;
            };
            match crl.scan(serials) {
                Ok(scan) => {
                    hits.seen.insert(place, scan.entries_seen);
                    for entry in scan.hits {
                        let of_serial = hits.by_serial.entry(entry.serial.clone()).or_default();
                        of_serial.push((place, entry));
                    }
                }
                Err(fault) => {
                    hits.failed.insert(place, Arc::new(fault));
                }
            }
        }
        hits
    }

    /// Whether any of the CRLs has an entry with this number.
    pub fn has(&self, serial: &Serial) -> bool {
        self.by_serial.contains_key(serial)
    }

    /// The indices of the CRLs that have an entry with this number, one an entry.
    pub(crate) fn places(&self, serial: &Serial) -> impl Iterator<Item = usize> {
        self.of(Some(serial)).iter().map(|(place, _)| *place)
    }

    /// How many entries the CRL with this index has.
    pub fn entries_seen(&self, place: usize) -> Option<u64> {
        self.seen.get(&place).copied()
    }

    fn of(&self, serial: Option<&Serial>) -> &[(usize, Entry)] {
        let hits = serial.and_then(|serial| self.by_serial.get(serial));
        hits.map_or(&[], Vec::as_slice)
    }
}

/// Whether the certificate with a serial number has been revoked, as far as the CRLs can tell.
#[derive(Clone, Debug)]
#[must_use]
#[non_exhaustive]
pub enum SerialStatus {
    /// It has been.
    Listed(Box<Listed>),
    /// It has not; under this condition, which the question says is met.
    NotListed(Option<Arc<Condition>>),
    /// It has not if the condition is met.
    Conditional(Arc<Condition>),
    /// Undetermined: for each CRL that may have answered, why it does not.
    NoCrl(Vec<UnusableCrl>),
}

/// The CRLs that may answer for the certificates of one CA: judged once, for any number of serial numbers.
#[derive(Debug)]
pub struct IssuerCrls<'a> {
    issuer: Name,
    key: Sha256Digest,
    at: Moment,
    bases: Vec<Evidence<'a>>,
    deltas: Vec<Evidence<'a>>,
    /// Genuine, but not understood: an entry counts, that there is none does not.
    odd: Vec<Evidence<'a>>,
    /// Which part each CRL is in, and where there, by its index among all.
    by_place: HashMap<usize, (Part, usize)>,
    /// Bases and the deltas on them, by their indices above.
    pairs: Vec<(usize, Option<usize>)>,
    /// Which certificates each CRL answers for, by its index among all.
    terms: HashMap<usize, Terms>,
    why_not: Vec<UnusableCrl>,
    /// The places of CRLs of which it is not known whether their signer may be relied on.
    unproven: HashSet<usize>,
    /// The indices of CRLs that name the distribution point asked about.
    of_point: HashSet<usize>,
    /// The places of CRLs that name the CA as their issuer.
    of_issuer: HashSet<usize>,
    /// The same CRLs, judged for other paths of the CA: what they list has been revoked.
    beside: Vec<IssuerCrls<'a>>,
}

/// What the CRLs of a CA are used for; of two that list a certificate alike the later one is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Base,
    Delta,
    Odd,
}

/// For which reasons a CRL, with its delta, answers that a number is not listed; for which certificates; and whether the
/// question says that the certificate is one of these.
struct Cover<'e> {
    reasons: Reasons,
    condition: &'e Option<Arc<Condition>>,
    is_met: bool,
}

impl<'a> IssuerCrls<'a> {
    /// Judges the CRLs for certificates that the key of `issuer` signed. `point` is the URL of a distribution point that they
    /// are known to name, as end-entity certificates do.
    ///
    /// Does not check the path above the issuer.
    pub fn new(
        issuer: &Certificate,
        crls: &CrlSet<'a>,
        signers: &dyn Signers,
        at: Moment,
        point: Option<&str>,
    ) -> IssuerCrls<'a> {
        let issuing = Issuing {
            issuer,
            signers,
            at,
        };
        let mut all = IssuerCrls {
            issuer: issuer.subject.clone(),
            key: issuer.key.identity(),
            at,
            bases: Vec::new(),
            deltas: Vec::new(),
            odd: Vec::new(),
            by_place: HashMap::new(),
            pairs: Vec::new(),
            terms: HashMap::new(),
            why_not: Vec::new(),
            unproven: HashSet::new(),
            of_point: HashSet::new(),
            of_issuer: HashSet::new(),
            beside: Vec::new(),
        };
        for place in crls.for_issuer(&issuer.subject) {
            let (Some(crl), None) = (crls.get(place), crls.copy_of(place)) else {
                continue;
            };
            if crl.header().issuer.matches(&issuer.subject) {
                all.of_issuer.insert(place);
            }
            if point.is_some_and(|point| names_point(crl.header(), point)) {
                all.of_point.insert(place);
            }
            match all.judge(issuing, place, crl, point) {
                // It is there for others.
                Ok(())
                | Err(UnusableCause::OutOfScope {
                    mismatch: OutOfScope::OtherIssuer { .. },
                }) => {}
                Err(cause) => {
                    if evidence::is_unproven(&cause) {
                        all.unproven.insert(place);
                    }
                    let crl = crl.id(place);
                    all.why_not.push(UnusableCrl { crl, cause });
                }
            }
        }
        all.pair();
        all
    }

    /// Adds what the same CRLs are worth on another path of the CA: it clears nothing more, but what is listed there has been
    /// revoked.
    pub(crate) fn beside(&mut self, other: IssuerCrls<'a>) {
        self.beside.push(other);
    }

    fn judge(
        &mut self,
        issuing: Issuing<'_>,
        place: usize,
        crl: &'a SearchableCrl<'a>,
        point: Option<&str>,
    ) -> Result<(), UnusableCause> {
        let terms = terms(&self.issuer, crl.header(), point)
            .map_err(|mismatch| UnusableCause::OutOfScope { mismatch })?;
        let look = || Ok((crl.pass()?, ()));
        let (evidence, ()) = evidence::genuine(issuing, place, crl, terms.coverage, look)?;
        self.terms.insert(place, terms);
        let (part, all) = match (&evidence.defect, evidence.is_delta()) {
            (Some(cause), _) => {
                self.why_not.push(evidence.why_not(cause.clone()));
                (Part::Odd, &mut self.odd)
            }
            (None, true) => (Part::Delta, &mut self.deltas),
            (None, false) => (Part::Base, &mut self.bases),
        };
        self.by_place.insert(place, (part, all.len()));
        all.push(evidence);
        Ok(())
    }

    fn pair(&mut self) {
        let (bases, deltas) = (&self.bases, &self.deltas);
        let by_place = &self.by_place;
        let place = |one: &Evidence<'a>| by_place.get(&one.index).map(|(_, place)| *place);
        let paired = versions::paired(bases, deltas, self.at, Stale::Refuse, &mut self.why_not);
        let pairs = paired
            .into_iter()
            .filter_map(|(base, delta)| Some((place(base)?, delta.and_then(place))));
        self.pairs = pairs.collect();
        evidence::thinned(&mut self.why_not);
    }

    /// The indices of the CRLs that may list a certificate of this CA, or keep it from being cleared by what they list.
    pub(crate) fn places(&self) -> Vec<usize> {
        let own = self.terms.keys().chain(&self.unproven).copied();
        let beside = self.beside.iter().flat_map(IssuerCrls::places);
        own.chain(beside).collect()
    }

    /// Whether the certificate with this number has been revoked; without one, what is said of every number that no CRL has.
    /// The hits are from a search for it in the same CRLs.
    pub fn status(&self, serial: Option<&Serial>, hits: &Hits) -> SerialStatus {
        let found = hits.of(serial);
        let is_own = |evidence: &Evidence<'_>, entry: &Entry| {
            evidence::is_about(entry, &self.issuer, evidence.crl.header())
        };
        let in_crl = |evidence: &Evidence<'_>| {
            let index = evidence.index;
            found.iter().filter(move |(place, _)| *place == index)
        };
        let entry = |evidence: &Evidence<'_>| {
            let entries = in_crl(evidence).map(|(_, entry)| entry);
            entries
                .filter(|entry| is_own(evidence, entry) && evidence.tells(entry))
                .min_by_key(|entry| evidence::order_of(entry))
        };
        let places: HashSet<usize> = found.iter().map(|(place, _)| *place).collect();
        if let Some(listed) = self.permanent(&places, entry) {
            return SerialStatus::Listed(Box::new(listed));
        }
        let mut beside = self.beside.iter().map(|other| other.status(serial, hits));
        if let Some(listed) = beside.find(|status| matches!(status, SerialStatus::Listed(_))) {
            return listed;
        }
        let mut why_not = self.why_not.clone();
        let mut covers = Vec::new();
        let mut open = None;
        // When the newest CRL for every reason was made that does not have it, and the oldest for some.
        let (mut clearing, mut oldest) = (None, None);
        let pairs = self.pairs.iter().filter_map(|(base, delta)| {
            let delta = delta.and_then(|delta| self.deltas.get(delta));
            Some((self.bases.get(*base)?, delta))
        });
        let pairs: Vec<_> = pairs.collect();
        for &(base, delta) in &pairs {
            let newest = delta.unwrap_or(base);
            let mut both = [Some(base), delta].into_iter().flatten();
            if let Some(fault) = both.find_map(|one| hits.failed.get(&one.index)) {
                let fault = Arc::clone(fault);
                why_not.push(newest.why_not(UnusableCause::Unreadable { fault }));
                continue;
            }
            if newest.freshness != Freshness::Current {
                why_not.push(newest.why_not(newest.past(self.at)));
                continue;
            }
            let of_delta = delta.and_then(entry);
            match combined(entry(base), of_delta) {
                Some(entry) if entry.reason == Some(RevocationReason::RemoveFromCrl) => {
                    open = open.or_else(|| Some(base.why_not(UnusableCause::RemovedInComplete)));
                    continue;
                }
                Some(entry) => {
                    let lister = delta.filter(|_| of_delta.is_some()).unwrap_or(base);
                    return SerialStatus::Listed(Box::new(lister.listing(entry)));
                }
                None => {}
            }
            let Some(terms) = self.terms.get(&base.index) else {
                continue;
            };
            // The same number of another CA's certificate: a number does not show which of the two is meant.
            let of_another = in_crl(base).any(|(_, entry)| !is_own(base, entry));
            let made = newest.crl.header().this_update;
            if base.reasons().is_all() {
                clearing = clearing.max(Some(made));
            }
            oldest = Some(oldest.map_or(made, |oldest: Moment| oldest.min(made)));
            covers.push(Cover {
                reasons: base.reasons(),
                condition: &terms.condition,
                is_met: terms.is_met && !of_another,
            });
        }
        let rest = self.deltas.iter().chain(&self.odd);
        let held = versions::open_hold(rest, &pairs, entry);
        let held = held.map(|held| versions::cause_of(held, &pairs, self.at));
        if let Some(why) = open.or(held) {
            return SerialStatus::NoCrl(vec![why]);
        }
        let unproven = found.iter().find(|(place, entry)| {
            let is_about = match &entry.certificate_issuer {
                None => self.of_issuer.contains(place),
                Some(names) => evidence::may_name(names, &self.issuer),
            };
            self.unproven.contains(place)
                && is_about
                && entry.reason != Some(RevocationReason::RemoveFromCrl)
        });
        if let Some((place, _)) = unproven {
            why_not.retain(|why| why.crl.index == *place);
            return SerialStatus::NoCrl(why_not);
        }
        if let Some(why) = evidence::unread(&why_not, clearing.or(oldest)) {
            return SerialStatus::NoCrl(vec![why.clone()]);
        }
        self.cleared(&covers, why_not)
    }

    /// What is reported about a number that none of the CRLs which answer has.
    fn cleared(&self, covers: &[Cover<'_>], mut why_not: Vec<UnusableCrl>) -> SerialStatus {
        let reasons_of = |chosen: &dyn Fn(&Cover<'_>) -> bool| {
            let chosen = covers.iter().filter(|cover| chosen(cover));
            chosen.fold(Reasons::NONE, |sum, cover| sum.and(cover.reasons))
        };
        // A CRL that could not be checked may be the one that revokes.
        let unchecked = |why: &UnusableCrl| matches!(why.cause, UnusableCause::SignatureUnchecked);
        if why_not.iter().any(unchecked) {
            return SerialStatus::NoCrl(why_not);
        }
        if reasons_of(&|cover| cover.is_met).is_all() {
            let met = covers.iter().filter(|cover| cover.is_met);
            // One without a condition says most.
            let condition = met
                .map(|cover| cover.condition)
                .min_by_key(|one| one.is_some());
            return SerialStatus::NotListed(condition.cloned().flatten());
        }
        // What keeps the CRL of the very point from answering is the reason, not that another point's does not.
        let of_point = |why: &UnusableCrl| self.of_point.contains(&why.crl.index);
        if why_not.iter().any(of_point) {
            why_not.retain(of_point);
            return SerialStatus::NoCrl(why_not);
        }
        for cover in covers.iter().filter(|cover| !cover.is_met) {
            let with = |other: &Cover<'_>| other.is_met || other.condition == cover.condition;
            if let (Some(condition), true) = (cover.condition, reasons_of(&with).is_all()) {
                return SerialStatus::Conditional(Arc::clone(condition));
            }
        }
        let missing = reasons_of(&|_| true).missing();
        let some = self.bases.iter().filter(|base| !base.reasons().is_all());
        why_not.extend(some.map(|base| {
            let missing = missing.clone();
            base.why_not(UnusableCause::ReasonsIncomplete { missing })
        }));
        SerialStatus::NoCrl(why_not)
    }

    /// The revocation that holds whatever other CRLs say, in those at these places; the newest CRL is decisive.
    fn permanent<'e>(
        &self,
        places: &HashSet<usize>,
        entry: impl Fn(&Evidence<'_>) -> Option<&'e Entry>,
    ) -> Option<Listed> {
        let mut places: Vec<&(Part, usize)> = places
            .iter()
            .filter_map(|place| self.by_place.get(place))
            .collect();
        places.sort_unstable();
        let listed = places.into_iter().filter_map(|(part, place)| {
            let part = match part {
                Part::Base => &self.bases,
                Part::Delta => &self.deltas,
                Part::Odd => &self.odd,
            };
            let evidence = part.get(*place)?;
            let entry = entry(evidence).filter(|entry| entry.is_permanent())?;
            Some(evidence.listing(entry))
        });
        listed.max_by_key(|listed| listed.crl.this_update)
    }
}

/// What the CRLs of several CAs say together, one of which issued the certificate, whichever that is: what one of them contains
/// has been revoked, and what one of them leaves open is open. CAs with the same name and key are one.
pub fn together<'s, 'a: 's>(
    of_each: impl IntoIterator<Item = (&'s IssuerCrls<'a>, SerialStatus)>,
) -> SerialStatus {
    let mut each: Vec<(&IssuerCrls<'a>, SerialStatus)> = Vec::new();
    let mut places: HashMap<(Sha256Digest, Vec<u8>), usize> = HashMap::new();
    for (crls, status) in of_each {
        if let SerialStatus::Listed(_) = status {
            return status;
        }
        let next = each.len();
        let place = places.entry((crls.key, name_key(&crls.issuer)));
        match each.get_mut(*place.or_insert(next)) {
            Some((_, known)) if rank(&status) < rank(known) => *known = status,
            Some(_) => {}
            None => each.push((crls, status)),
        }
    }
    let is_answered = each.iter().any(|(_, status)| rank(status) < 2);
    let of_signer = each.iter().find_map(|(_, status)| match status {
        SerialStatus::Conditional(condition) => Some(condition),
        _ => None,
    });
    let signers = LazyCell::new(|| signers(&each));
    let mut met = None;
    let mut open = None;
    let mut why_not: Option<Vec<UnusableCrl>> = None;
    for (_, status) in &each {
        match status {
            SerialStatus::NotListed(condition) => met = met.or_else(|| condition.clone()),
            SerialStatus::Conditional(condition) => open = open.or_else(|| Some(condition.clone())),
            SerialStatus::Listed(_) => {}
            SerialStatus::NoCrl(why) => match other_key(why, &signers) {
                // Another of the CAs is answered for by that key: it has one CRL for each key.
                Some(signer) if is_answered => {
                    let mut condition = of_signer
                        .map_or_else(Condition::default, |condition| condition.as_ref().clone());
                    condition.signed_by = Some(signer);
                    open = open.or_else(|| Some(Arc::new(condition)));
                }
                _ => {
                    why_not.get_or_insert_with(|| why.clone());
                }
            },
        }
    }
    match (why_not, open) {
        (Some(why_not), _) => SerialStatus::NoCrl(why_not),
        (None, _) if each.is_empty() => SerialStatus::NoCrl(Vec::new()),
        (None, Some(condition)) => SerialStatus::Conditional(condition),
        (None, None) => SerialStatus::NotListed(met),
    }
}

/// How much a status says.
fn rank(status: &SerialStatus) -> u8 {
    match status {
        SerialStatus::NotListed(_) => 0,
        SerialStatus::Conditional(_) => 1,
        SerialStatus::NoCrl(_) => 2,
        SerialStatus::Listed(_) => 3,
    }
}

/// The certificate of the key whose CRLs these are, where that none of them is of the issuer's own key is all that is the
/// matter.
fn other_key(
    why_not: &[UnusableCrl],
    signers: &HashMap<usize, Sha256Digest>,
) -> Option<Sha256Digest> {
    let signer = |why: &UnusableCrl| match why.cause {
        UnusableCause::OtherKey { signer } => Some(signer),
        // Below another trust anchor.
        UnusableCause::SignatureFails { .. } => signers.get(&why.crl.index).copied(),
        _ => None,
    };
    let all = why_not.iter().all(|why| signer(why).is_some());
    why_not.first().filter(|_| all).and_then(signer)
}

/// The certificate of the key that signed each CRL that answers for one of these CAs, by the CRL's index.
fn signers(all: &[(&IssuerCrls<'_>, SerialStatus)]) -> HashMap<usize, Sha256Digest> {
    let mut signers = HashMap::new();
    for (crls, _) in all {
        for evidence in crls.bases.iter().chain(&crls.deltas) {
            signers.entry(evidence.index).or_insert(evidence.signer);
        }
    }
    signers
}

/// Whether the CRL names this point, and is not one for every point.
fn names_point(crl: &Crl, url: &str) -> bool {
    let point = crl.issuing_distribution_point.as_ref();
    point.is_some_and(|point| point.name.is_some()) && is_of_point(crl, url)
}
