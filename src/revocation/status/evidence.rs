//! What each CRL says, once it is known to be genuine and about this certificate.

use std::cell::Cell;
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use super::question::{
    Listed, RevocationQuestion, SignerStatus, Signers, Stale, UnusableCause, UnusableCrl,
};
use crate::chain;
use crate::decode::crypto::Signature;
use crate::document::extension::KeyUsage;
use crate::document::{Certificate, Crl, CrlNumber, Flaw, HexBytes, Moment, Name, Sha256Digest};
use crate::revocation::crl::{CrlError, CrlId, Pass, SearchableCrl};
use crate::revocation::entry::{Entry, RevocationReason};
use crate::revocation::scope::{Coverage, Reasons, directory_names, scope};

/// How many keys are tried on one CRL. Key rollover leaves two or three under one name; a pool made to waste
/// time could have thousands.
pub(crate) const KEYS_TRIED: usize = 32;

/// How many CRLs that do not answer for one reason – another partition's, copies, older versions – an answer names: enough to
/// see what is there, and a cache of thousands does not fill the page.
pub(super) const NAMED: usize = 8;

/// Whose certificates are asked about, and who may answer for them.
#[derive(Clone, Copy)]
pub(super) struct Issuing<'q> {
    /// The certificate whose key signed them.
    pub(super) issuer: &'q Certificate,
    pub(super) signers: &'q dyn Signers,
    pub(super) at: Moment,
}

/// A genuine CRL in scope, and what it says.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    pub(super) crl: &'a SearchableCrl<'a>,
    pub(super) index: usize,
    coverage: Coverage,
    pub(super) signer: Sha256Digest,
    key: Sha256Digest,
    pub(super) freshness: Freshness,
    /// The certificate's entry; `None` too where many serial numbers are asked about.
    pub(super) entry: Option<Entry>,
    /// Why it cannot show that the certificate is not listed.
    pub(super) defect: Option<UnusableCause>,
}

/// Whether a CRL is expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    Current,
    Past,
    Unlimited,
}

/// The delta applied to a base, if there is one.
pub(super) type Delta<'e, 'a> = Option<&'e Evidence<'a>>;

impl Freshness {
    /// `nextUpdate` is the last second of a CRL's time.
    fn of(header: &Crl, at: Moment) -> Freshness {
        match header.next_update {
            None => Freshness::Unlimited,
            Some(end) if end < at => Freshness::Past,
            Some(_) => Freshness::Current,
        }
    }
}

impl Evidence<'_> {
    pub(super) fn is_delta(&self) -> bool {
        self.crl.header().base_number.is_some()
    }

    pub(super) fn reasons(&self) -> Reasons {
        self.coverage.reasons
    }

    pub(super) fn id(&self) -> CrlId {
        self.crl.id(self.index)
    }

    /// Why it is not in time.
    pub(super) fn past(&self, at: Moment) -> UnusableCause {
        match self.crl.header().next_update {
            Some(next_update) => UnusableCause::Stale { next_update, at },
            None => UnusableCause::NoNextUpdate,
        }
    }

    /// Why it cannot show that this certificate is not listed although it does not have it: the CRL was made after the
    /// certificate had expired.
    pub(super) fn forgets(&self, certificate: &Certificate) -> Option<UnusableCause> {
        let header = self.crl.header();
        let (not_after, this_update) = (certificate.not_after, header.this_update);
        let keeps = header
            .keeps_expired_since
            .is_some_and(|since| since <= not_after);
        (not_after < this_update && !keeps).then_some(UnusableCause::CertificateExpired {
            not_after,
            this_update,
        })
    }

    pub(super) fn why_not(&self, cause: UnusableCause) -> UnusableCrl {
        UnusableCrl {
            crl: self.id(),
            cause,
        }
    }

    pub(super) fn listing(&self, entry: &Entry) -> Listed {
        Listed {
            entry: entry.clone(),
            crl: self.id(),
            signer: self.signer,
            stale: self.freshness != Freshness::Current,
            not_understood: matches!(
                self.defect,
                Some(
                    UnusableCause::UnknownCritical { .. }
                        | UnusableCause::UnknownCriticalEntry { .. }
                )
            ),
        }
    }

    /// Whether an entry of it counts: what a CRL that was made later says of the moment asked for is what it says had been
    /// revoked by then.
    pub(super) fn tells(&self, entry: &Entry) -> bool {
        match self.defect {
            Some(UnusableCause::NotYetValid { at, .. }) => entry.revoked_at <= at,
            _ => true,
        }
    }

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

/// The CRLs that may answer for a certificate.
pub(super) struct Sorted<'a> {
    /// Those that are genuine and about it.
    pub(super) found: Vec<Evidence<'a>>,
    /// Why the others do not answer.
    pub(super) why_not: Vec<UnusableCrl>,
    /// Those of the others that list it, and of which it is not known whether they may be relied on.
    pub(super) unproven: Vec<UnusableCrl>,
}

/// Sorts the CRLs of the certificate's CRL issuers into those that are genuine and about it, and the others.
pub(super) fn gather<'a>(question: &RevocationQuestion<'a>) -> Sorted<'a> {
    let (mut found, mut why_not, mut unproven) = (Vec::new(), Vec::new(), Vec::new());
    let places = question.crls.for_certificate(question.certificate, NAMED);
    let mut beside_the_point = 0;
    for index in &places {
        let Some(crl) = question.crls.get(*index) else {
            continue;
        };
        let weighed = match question.crls.copy_of(*index) {
            Some(of) => Err(UnusableCause::Duplicate { of }),
            None => weigh(question, *index, crl),
        };
        match weighed {
            Ok(evidence) => found.push(evidence),
            Err(cause) => {
                if let UnusableCause::Duplicate { .. } | UnusableCause::OutOfScope { .. } = cause {
                    beside_the_point += 1;
                    if beside_the_point > NAMED {
                        continue;
                    }
                }
                let why = UnusableCrl {
                    crl: crl.id(*index),
                    cause,
                };
                if is_unproven(&why.cause) && lists(question, crl) {
                    unproven.push(why.clone());
                }
                why_not.push(why);
            }
        }
    }
    if places.is_empty() {
        why_not.extend(of_others(question));
    }
    Sorted {
        found,
        why_not,
        unproven,
    }
}

/// Whether it is only not known that the signer of a CRL may be relied on: what such a CRL lists cannot be believed, and not be
/// passed over either.
pub(super) fn is_unproven(cause: &UnusableCause) -> bool {
    matches!(
        cause,
        UnusableCause::SignerMissing { .. } | UnusableCause::SignerUndetermined { .. }
    )
}

fn lists(question: &RevocationQuestion<'_>, crl: &SearchableCrl<'_>) -> bool {
    let certificate = question.certificate;
    let Ok((_, hits)) = crl.look_up(&certificate.serial) else {
        return false;
    };
    let mut hits = hits.iter();
    hits.any(|entry| {
        entry.reason != Some(RevocationReason::RemoveFromCrl)
            && is_about(entry, &certificate.issuer, crl.header())
    })
}

/// Why a CRL that cannot be read keeps others from clearing a certificate: it may be the one that revokes, unless one that
/// clears was made at the same time or later.
pub(super) fn unread(why_not: &[UnusableCrl], clearing: Option<Moment>) -> Option<&UnusableCrl> {
    why_not.iter().find(|why| {
        let is_later = || clearing.is_none_or(|clearing| why.crl.this_update > clearing);
        matches!(why.cause, UnusableCause::Unreadable { .. }) && is_later()
    })
}

/// Some CRLs of other issuers, for whoever gave the wrong one.
fn of_others(question: &RevocationQuestion<'_>) -> Vec<UnusableCrl> {
    let places = 0..question.crls.len().min(NAMED);
    places
        .filter_map(|index| {
            let crl = question.crls.get(index)?;
            let mismatch = scope(question.certificate, crl.header()).err()?;
            Some(UnusableCrl {
                crl: crl.id(index),
                cause: UnusableCause::OutOfScope { mismatch },
            })
        })
        .collect()
}

/// What one CRL says of the certificate, if it is in scope and genuine.
fn weigh<'a>(
    question: &RevocationQuestion<'a>,
    index: usize,
    crl: &'a SearchableCrl<'a>,
) -> Result<Evidence<'a>, UnusableCause> {
    let header = crl.header();
    let coverage = scope(question.certificate, header)
        .map_err(|mismatch| UnusableCause::OutOfScope { mismatch })?;
    let look_up = || crl.look_up(&question.certificate.serial);
    let (mut evidence, hits) = genuine(question.issuing(), index, crl, coverage, look_up)?;
    let own = hits.into_iter().filter(|entry| {
        is_about(entry, &question.certificate.issuer, header) && evidence.tells(entry)
    });
    evidence.entry = own.min_by_key(order_of);
    Ok(evidence)
}

/// Whether a CRL that covers certificates of the issuer is genuine: the cheap checks first; the pass over it, which is
/// `look`, and the signature last.
pub(super) fn genuine<'a, T>(
    issuing: Issuing<'_>,
    index: usize,
    crl: &'a SearchableCrl<'a>,
    coverage: Coverage,
    look: impl FnOnce() -> Result<(Pass, T), CrlError>,
) -> Result<(Evidence<'a>, T), UnusableCause> {
    let header = crl.header();
    let others = others(issuing, header);
    let candidates = candidates(issuing.issuer, header, &others);
    if candidates.is_empty() {
        return Err(UnusableCause::SignerMissing {
            issuer: header.issuer.clone(),
        });
    }
    if let Some(flaw) = header.signature.flaw() {
        return Err(match flaw {
            Flaw::BrokenHash(hash) => UnusableCause::BrokenHash { hash },
            Flaw::Unsupported => UnusableCause::UnsupportedAlgorithm {
                algorithm: header.signature.name.to_string(),
            },
        });
    }
    let (pass, found) = look().map_err(|fault| UnusableCause::Unreadable {
        fault: Arc::new(fault),
    })?;
    let (signer, key) = signer(issuing, crl, &candidates)?;
    if pass.names_issuers && !coverage.indirect {
        return Err(UnusableCause::IndirectUnmarked);
    }
    let defect = match (header.unknown_critical.is_empty(), pass.unknown_critical) {
        _ if header.this_update > issuing.at => Some(UnusableCause::NotYetValid {
            this_update: header.this_update,
            at: issuing.at,
        }),
        (false, _) => Some(UnusableCause::UnknownCritical {
            oids: header.unknown_critical.clone(),
        }),
        (true, oids) if !oids.is_empty() => Some(UnusableCause::UnknownCriticalEntry { oids }),
        (true, _) => None,
    };
    let evidence = Evidence {
        crl,
        index,
        coverage,
        signer,
        key,
        freshness: Freshness::of(header, issuing.at),
        entry: None,
        defect,
    };
    Ok((evidence, found))
}

/// Of several entries for one certificate the first is the one that cannot be lifted.
pub(super) fn order_of(entry: &Entry) -> (bool, bool) {
    (
        !entry.is_permanent(),
        entry.reason == Some(RevocationReason::RemoveFromCrl),
    )
}

/// Whether the entry is about a certificate of this issuer (RFC 5280 section 5.3.3).
pub(super) fn is_about(entry: &Entry, issuer: &Name, header: &Crl) -> bool {
    match &entry.certificate_issuer {
        None => header.issuer.matches(issuer),
        Some(names) => directory_names(names).any(|name| name.matches(issuer)),
    }
}

/// The signers that the question's [`Signers`] answers for.
fn others(issuing: Issuing<'_>, header: &Crl) -> Vec<Arc<Certificate>> {
    let key = header
        .authority_key_identifier
        .as_ref()
        .and_then(|identifier| identifier.key.as_ref());
    issuing.signers.signers(&header.issuer, key)
}

/// The certificates whose keys may have made the CRL's signature, the issuer of the certificate in question
/// first where it is one of them.
fn candidates<'e>(
    issuer: &'e Certificate,
    header: &Crl,
    others: &'e [Arc<Certificate>],
) -> Vec<&'e Certificate> {
    let others = others.iter().map(Arc::as_ref);
    let others = others.filter(|other| other.sha256 != issuer.sha256);
    let all = std::iter::once(issuer).chain(others);
    all.filter(|signer| signer.subject.matches(&header.issuer))
        .collect()
}

/// The certificate whose key made the signature and that may be relied on for that, and its key.
fn signer(
    issuing: Issuing<'_>,
    crl: &SearchableCrl<'_>,
    candidates: &[&Certificate],
) -> Result<(Sha256Digest, Sha256Digest), UnusableCause> {
    let (mut tried, mut keys, mut barred) = (Vec::new(), Vec::new(), None);
    for candidate in candidates {
        let key = candidate.key.identity();
        if !keys.contains(&key) {
            if keys.len() >= KEYS_TRIED {
                continue;
            }
            keys.push(key);
        }
        match crl.verifies(&candidate.key) {
            Signature::Made => {}
            Signature::NotMade => {
                tried.push(candidate.sha256);
                continue;
            }
            Signature::Unchecked => {
                barred = barred.or(Some(UnusableCause::SignatureUnchecked));
                continue;
            }
        }
        match objection(issuing, crl, candidate, candidates) {
            None => return Ok((candidate.sha256, key)),
            Some(cause) => barred = barred.or(Some(cause)),
        }
    }
    Err(barred.unwrap_or(UnusableCause::SignatureFails { tried }))
}

/// Why a certificate may not be relied on for a CRL that its key signed.
fn objection(
    issuing: Issuing<'_>,
    crl: &SearchableCrl<'_>,
    signer: &Certificate,
    candidates: &[&Certificate],
) -> Option<UnusableCause> {
    let issuer = issuing.issuer;
    if !may_sign_crls(signer) {
        return Some(UnusableCause::SignerMayNot {
            signer: signer.sha256,
        });
    }
    if signer.sha256 == issuer.sha256 {
        return None;
    }
    match key_of(issuer, crl.header(), signer, candidates) {
        SigningKey::Own => {}
        SigningKey::Unchecked => return Some(UnusableCause::SignatureUnchecked),
        SigningKey::Other => {
            return Some(UnusableCause::OtherKey {
                signer: signer.sha256,
            });
        }
    }
    match issuing.signers.signer_status(signer) {
        SignerStatus::Good => None,
        SignerStatus::NotValid { code } => Some(UnusableCause::SignerNotValid {
            signer: signer.sha256,
            code,
        }),
        SignerStatus::Revoked => Some(UnusableCause::SignerRevoked {
            signer: signer.sha256,
        }),
        SignerStatus::Undetermined => Some(UnusableCause::SignerUndetermined {
            signer: signer.sha256,
        }),
        SignerStatus::Unchecked => Some(UnusableCause::SignatureUnchecked),
    }
}

/// Whose key signed a CRL, seen from a CA of the CRL's issuer's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SigningKey {
    /// One that answers for what the CA's key signed.
    Own,
    /// Another one, which does not.
    Other,
    /// It could not be checked, because of an error of OpenSSL's own.
    Unchecked,
}

/// Whether the CRL is one of another key of the issuer's, which does not answer for what the issuer's own key signed: where
/// the issuer may sign CRLs itself, only its key's CRLs answer, and those of a key that self-issued certificates tie to it.
/// `candidates` are the certificates of the CRL's issuer.
pub(crate) fn key_of(
    issuer: &Certificate,
    header: &Crl,
    signer: &Certificate,
    candidates: &[&Certificate],
) -> SigningKey {
    // Not for indirect CRLs, whose signer has another name, nor where the issuer leaves CRLs to a key of their own.
    let signs_itself = header.issuer.matches(&issuer.subject) && may_sign_crls(issuer);
    match signs_itself {
        false => SigningKey::Own,
        true => tied(issuer, signer, candidates),
    }
}

/// Whether the signer has the issuer's key, or one that self-issued certificates tie to it (RFC 5280 section 3.2: key
/// rollover): the issuer vouches for it by its signature, or the issuer's own certificate is the tie. That some
/// certificate of the same name vouches for the issuer's key proves nothing: whoever has another CA's key can sign that.
fn tied(issuer: &Certificate, signer: &Certificate, candidates: &[&Certificate]) -> SigningKey {
    let key = |certificate: &Certificate| certificate.key.identity();
    if key(issuer) == key(signer) {
        return SigningKey::Own;
    }
    let unchecked = Cell::new(false);
    let signed_by = |one: &Certificate, by: &Certificate| {
        let checked = chain::check_signature(one, by);
        unchecked.set(unchecked.get() || checked == Signature::Unchecked);
        checked == Signature::Made
    };
    let mut vouching = vec![issuer];
    if issuer.is_self_issued() {
        let signers = candidates.iter().filter(|one| signed_by(issuer, one));
        vouching.extend(signers);
    }
    let mut open: Vec<&Certificate> = candidates
        .iter()
        .copied()
        .filter(|one| one.is_self_issued())
        .collect();
    loop {
        if vouching.iter().any(|one| key(one) == key(signer)) {
            return SigningKey::Own;
        }
        let before = vouching.len();
        open.retain(|one| {
            let known = vouching.iter().any(|by| key(by) == key(one));
            let vouched = !known && vouching.iter().any(|by| signed_by(one, by));
            if vouched {
                vouching.push(one);
            }
            !known && !vouched
        });
        if vouching.len() == before {
            return match unchecked.get() {
                true => SigningKey::Unchecked,
                false => SigningKey::Other,
            };
        }
    }
}

/// RFC 5280 section 6.3.3, step f: if a key usage is there, it has cRLSign. One that cannot be read has nothing.
pub(crate) fn may_sign_crls(signer: &Certificate) -> bool {
    const KEY_USAGE: &str = "2.5.29.15";
    let extensions = &signer.extensions;
    match &extensions.key_usage {
        Some(usage) => usage.value.contains(&KeyUsage::CrlSign),
        None => extensions.others.iter().all(|other| other.oid != KEY_USAGE),
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
    let mut pairs = Vec::new();
    for (base, newer) in bases.iter().zip(replacements(bases)) {
        if let Some(by) = newer {
            why_not.push(base.why_not(UnusableCause::Superseded { by }));
            continue;
        }
        let fitting = deltas
            .iter()
            .filter(|delta| delta.same_series(base) && builds_on(delta, base))
            .filter(usable);
        let newest = newest(fitting);
        if newest.is_empty() {
            pairs.push((base, None));
        }
        pairs.extend(newest.into_iter().map(|delta| (base, Some(delta))));
    }
    for delta in deltas {
        if pairs
            .iter()
            .any(|(_, used)| used.is_some_and(|used| used.index == delta.index))
        {
            continue;
        }
        why_not.push(delta.why_not(unused(delta, &pairs, at)));
    }
    pairs
}

/// The delta with the highest number, of these the one made last. A CA that gives one number to two deltas of one moment
/// (against RFC 5280 section 5.2.3) has both applied, each on its own: what one of them lists counts.
fn newest<'e, 'a>(deltas: impl Iterator<Item = &'e Evidence<'a>>) -> Vec<&'e Evidence<'a>> {
    let rank = |delta: &'e Evidence<'a>| (number(delta), delta.crl.header().this_update);
    let mut newest: Vec<&Evidence<'_>> = Vec::new();
    for delta in deltas {
        match newest.first().map(|first| rank(delta).cmp(&rank(first))) {
            Some(std::cmp::Ordering::Less) => {}
            Some(std::cmp::Ordering::Equal) => newest.push(delta),
            Some(std::cmp::Ordering::Greater) | None => newest = vec![delta],
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
    let mut by_key: HashMap<(Sha256Digest, Option<&HexBytes>), Vec<usize>> = HashMap::new();
    for (place, base) in bases.iter().enumerate() {
        let akid = base.crl.header().authority_key_identifier.as_ref();
        let akid = akid.and_then(|akid| akid.key.as_ref());
        let alike = by_key.entry((base.key, akid)).or_default();
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

/// Keeps a few of the CRLs that do not answer for the same kind of reason, the newest ones, and says how many were left out.
/// They are in index order then.
pub(super) fn thinned(why_not: &mut Vec<UnusableCrl>) -> usize {
    let all = why_not.len();
    // The newest first.
    why_not.sort_by_key(|one| (std::cmp::Reverse(one.crl.this_update), one.crl.index));
    let mut kinds: HashMap<Discriminant<UnusableCause>, usize> = HashMap::new();
    why_not.retain(|one| {
        let named = kinds.entry(discriminant(&one.cause)).or_default();
        *named += 1;
        *named <= NAMED
    });
    why_not.sort_by_key(|one| one.crl.index);
    all - why_not.len()
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
fn order(one: Option<&CrlNumber>, two: Option<&CrlNumber>) -> std::cmp::Ordering {
    one.cmp(&two)
}
