//! What several CRLs say together about one certificate (RFC 5280 section 6.3.3).

mod evidence;
mod numbers;
mod question;
mod signer;
mod versions;

pub use numbers::{Hits, IssuerCrls, SerialStatus, together};
pub use question::{
    Exempt, Listed, NotListed, PassedOver, RevocationQuestion, SignerStatus, Signers, Stale,
    Status, UnusableCause, UnusableCrl,
};
pub(crate) use signer::{KEYS_TRIED, SigningKey, key_of, may_sign_crls};

use self::evidence::{Evidence, Freshness, Sorted};
use self::versions::{Delta, combined};
use super::entry::RevocationReason;
use super::scope::{Reasons, has_unread_name};
use crate::document::extension::ExtendedKeyUsage;
use crate::document::{Certificate, Moment};

/// Says whether the certificate has been revoked, by the CRLs of the question.
///
/// A CRL counts only if it is in scope, in time, free of what is not understood, and signed by a key that may sign it: that
/// of the certificate's issuer, or of a signer that [`Signers`] answers for. Does not check the path above the
/// certificate. The answer names every signer that was relied on.
///
/// A revocation that no later CRL can take back (everything but a hold) counts wherever a genuine CRL in scope
/// has it: in a stale CRL, in one that has been superseded, in one that has something critical that is not understood, in a delta whose base is missing, and in one that was made after
/// the moment asked for, if it was revoked before. A hold in a CRL that cannot be used, such as a delta that fits no base,
/// leaves the question open until a CRL that was made later does without it; and so do an entry in a CRL whose signer is not
/// known or whose signature cannot be checked, and a CRL that cannot be read and is newer than those that clear the certificate.
pub fn status(question: &RevocationQuestion<'_>) -> Status {
    if question.certificate.sha256 == question.issuer.sha256 {
        return Status::NotApplicable(Exempt::SelfSigned);
    }
    let Sorted {
        found,
        mut why_not,
        unproven,
    } = evidence::gather(question);
    if let Some(listed) = permanent(&found) {
        return Status::Listed(Box::new(listed));
    }
    let (odd, sound): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|evidence| evidence.defect.is_some());
    for evidence in &odd {
        why_not.extend(evidence.defect.clone().map(|cause| evidence.why_not(cause)));
    }
    let (deltas, bases): (Vec<_>, Vec<_>) = sound.into_iter().partition(Evidence::is_delta);
    let pairs = versions::paired(&bases, &deltas, question.at, question.stale, &mut why_not);

    let mut reasons = Reasons::NONE;
    let mut not_listed = NotListed::default();
    // What may mean that it has been revoked, and cannot be told.
    let mut open = None;
    for (base, delta) in &pairs {
        let newest = delta.unwrap_or(base);
        if newest.freshness != Freshness::Current && question.stale == Stale::Refuse {
            why_not.push(newest.why_not(newest.past(question.at)));
            continue;
        }
        let of_delta = delta.and_then(|delta| delta.entry.as_ref());
        let entry = combined(base.entry.as_ref(), of_delta);
        if entry.is_some_and(|entry| entry.reason == Some(RevocationReason::RemoveFromCrl)) {
            open = open.or_else(|| Some(base.why_not(UnusableCause::RemovedInComplete)));
            continue;
        }
        if let Some(entry) = entry {
            let lister = delta.filter(|delta| delta.entry.is_some()).unwrap_or(base);
            return Status::Listed(Box::new(lister.listing(entry)));
        }
        if let Some(cause) = newest.forgets(question.certificate) {
            why_not.push(newest.why_not(cause));
            continue;
        }
        let known = reasons;
        reasons = reasons.and(base.reasons());
        not_listed.add(base, *delta, reasons != known);
    }
    let rest = deltas.iter().chain(&odd);
    let held = versions::open_hold(rest, &pairs, |evidence| evidence.entry.as_ref());
    let held = held.map(|held| versions::cause_of(held, &pairs, question.at));
    // A CRL that could not be checked may be the one that revokes.
    let unchecked =
        |why_not: &&UnusableCrl| matches!(why_not.cause, UnusableCause::SignatureUnchecked);
    let unchecked = why_not.iter().find(unchecked).cloned();
    let unproven = unproven.into_iter().next();
    if let Some(why) = open.or(held).or(unproven).or(unchecked) {
        return Status::NoCrl(PassedOver::only(why));
    }
    let clearing = not_listed.newest.or(not_listed.this_update);
    if let Some(why) = evidence::unread(&why_not, clearing).cloned() {
        return Status::NoCrl(PassedOver::only(why));
    }
    if reasons.is_all() && are_points_known(question.certificate) {
        // Other partitions' CRLs could not have answered.
        why_not.retain(|why_not| !matches!(why_not.cause, UnusableCause::OutOfScope { .. }));
        not_listed.passed_over_more += evidence::thinned(&mut why_not);
        not_listed.passed_over = why_not;
        return Status::NotListed(Box::new(not_listed));
    }
    if let Some(exempt) = exempt(question.certificate)
        && are_points_known(question.certificate)
    {
        return Status::NotApplicable(exempt);
    }
    if !reasons.is_none() && !reasons.is_all() {
        let missing = reasons.missing();
        why_not.extend(not_listed.crls.into_iter().map(|crl| UnusableCrl {
            crl,
            cause: UnusableCause::ReasonsIncomplete {
                missing: missing.clone(),
            },
        }));
    }
    let passed_over_more = evidence::thinned(&mut why_not);
    Status::NoCrl(PassedOver {
        passed_over: why_not,
        passed_over_more,
    })
}

/// Whether it is known which distribution points the certificate has: where they or their names do not read, or stand there
/// twice, a CRL that none knows of may list it.
fn are_points_known(certificate: &Certificate) -> bool {
    const DISTRIBUTION_POINTS: &str = "2.5.29.31";
    let extensions = &certificate.extensions;
    let mut unread = extensions.others.iter().filter(|other| other.malformed);
    let points = extensions.crl_distribution_points.iter();
    let mut points = points.flat_map(|marked| &marked.value);
    unread.all(|other| other.oid != DISTRIBUTION_POINTS)
        && !points.any(has_unread_name)
        && extensions
            .repeated
            .iter()
            .all(|oid| oid != DISTRIBUTION_POINTS)
}

/// The revocation that holds whatever the other CRLs say.
fn permanent(found: &[Evidence<'_>]) -> Option<Listed> {
    let listing = |evidence: &Evidence<'_>| {
        let entry = evidence.entry.as_ref().filter(|entry| entry.is_permanent());
        entry.map(|entry| evidence.listing(entry))
    };
    // The newest CRL has the best information on date and reason.
    found
        .iter()
        .filter_map(listing)
        .max_by_key(|listed| listed.crl.this_update)
}

impl NotListed {
    /// Of many that say the same, a few are named and the others counted: `is_needed` where no other covers its reasons.
    fn add(&mut self, base: &Evidence<'_>, delta: Delta<'_, '_>, is_needed: bool) {
        let newest = delta.unwrap_or(base);
        let earlier = |known: Option<Moment>, new: Option<Moment>| match (known, new) {
            (Some(known), Some(new)) => Some(known.min(new)),
            (known, new) => known.or(new),
        };
        let header = newest.crl.header();
        if base.reasons().is_all() {
            self.newest = self.newest.max(Some(header.this_update));
        }
        self.this_update = earlier(self.this_update, Some(header.this_update));
        self.next_update = earlier(self.next_update, header.next_update);
        self.stale |= newest.freshness != Freshness::Current;
        for evidence in [Some(base), delta].into_iter().flatten() {
            // A base with two deltas of one number comes twice.
            if self.crls.iter().any(|crl| crl.index == evidence.index) {
                continue;
            }
            if !is_needed && self.crls.len() >= evidence::NAMED {
                self.passed_over_more += 1;
                continue;
            }
            self.crls.push(evidence.id());
            if !self.signers.contains(&evidence.signer) {
                self.signers.push(evidence.signer);
            }
        }
    }
}

/// Whether the certificate needs no CRL.
fn exempt(certificate: &Certificate) -> Option<Exempt> {
    let has = |oid: &str| {
        let mut others = certificate.extensions.others.iter();
        others.any(|extension| extension.oid == oid)
    };
    let is_ca = certificate.is_ca();
    // One that may do anything else is asked about for that.
    let responder = certificate
        .extensions
        .extended_key_usage
        .as_ref()
        .is_some_and(|usage| usage.value == [ExtendedKeyUsage::OcspSigning]);
    // RFC 9608 section 3: only for end entities, and not beside distribution points.
    let has_points = certificate.extensions.crl_distribution_points.is_some();
    match () {
        () if has("2.5.29.56") && !is_ca && !has_points => Some(Exempt::NoRevocationAvailable),
        () if has("1.3.6.1.5.5.7.48.1.5") && !is_ca && responder => Some(Exempt::OcspNoCheck),
        () => None,
    }
}
