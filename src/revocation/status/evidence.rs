//! What each CRL says, once it is known to be genuine and about this certificate.

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use super::question::{Listed, RevocationQuestion, Signers, UnusableCause, UnusableCrl};
use super::signer;
use crate::document::extension::GeneralName;
use crate::document::{Certificate, Crl, Flaw, Moment, Name, Sha256Digest};
use crate::revocation::crl::{CrlError, CrlId, Pass, SearchableCrl};
use crate::revocation::entry::{Entry, RevocationReason};
use crate::revocation::scan::OIDS_KEPT;
use crate::revocation::scope::{Coverage, OutOfScope, Reasons, directory_names, scope};

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
    pub(super) key: Sha256Digest,
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

/// Whether it is only not known that a CRL is genuine, or that its signer may be relied on: what such a CRL lists cannot be
/// believed, and not be passed over either.
pub(super) fn is_unproven(cause: &UnusableCause) -> bool {
    matches!(
        cause,
        UnusableCause::SignerMissing { .. }
            | UnusableCause::SignerUndetermined { .. }
            | UnusableCause::UnsupportedAlgorithm { .. }
            | UnusableCause::BrokenHash { .. }
    )
}

fn is_indirect(header: &Crl) -> bool {
    let point = header.issuing_distribution_point.as_ref();
    point.is_some_and(|point| point.indirect)
}

/// Whether a CRL has an entry for the certificate, or may have: it does not read.
fn lists(question: &RevocationQuestion<'_>, crl: &SearchableCrl<'_>) -> bool {
    let certificate = question.certificate;
    let Ok((_, hits)) = crl.look_up(&certificate.serial) else {
        return true;
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
    let places = question.crls.given().iter();
    places
        .filter_map(|index| {
            let crl = question.crls.get(*index)?;
            let mismatch = scope(question.certificate, crl.header()).err()?;
            Some(UnusableCrl {
                crl: crl.id(*index),
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
    let coverage = match scope(question.certificate, header) {
        Err(mismatch) if mismatch.may_be_meant() && lists(question, crl) => match mismatch {
            // What is revoked for no reason that the certificate's point asks for has been revoked, and so has what is
            // revoked in a CRL that says it has no certificates.
            OutOfScope::NoCommonReason | OutOfScope::Contradictory => Coverage {
                reasons: Reasons::NONE,
                indirect: is_indirect(header),
            },
            _ => {
                let field = "its distribution point";
                let fault = Arc::new(CrlError::Field { field });
                return Err(UnusableCause::Unreadable { fault });
            }
        },
        coverage => coverage.map_err(|mismatch| UnusableCause::OutOfScope { mismatch })?,
    };
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
    let others = signer::others(issuing, header);
    let candidates = signer::candidates(issuing.issuer, header, &others);
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
    let (signer, key) = match signer::signer(issuing, crl, &candidates) {
        // What was signed may be what it was before it was rewritten.
        Err(UnusableCause::SignatureFails { .. }) if crl.is_rewritten() => {
            let fault = Arc::new(CrlError::Rewritten);
            return Err(UnusableCause::Unreadable { fault });
        }
        signer => signer?,
    };
    let is_unmarked = pass.names_issuers && !coverage.indirect;
    let defect = match (header.unknown_critical.is_empty(), pass.unknown_critical) {
        _ if header.this_update > issuing.at => Some(UnusableCause::NotYetValid {
            this_update: header.this_update,
            at: issuing.at,
        }),
        (false, _) => Some(UnusableCause::UnknownCritical {
            oids: header
                .unknown_critical
                .iter()
                .take(OIDS_KEPT)
                .cloned()
                .collect(),
        }),
        (true, oids) if !oids.is_empty() => Some(UnusableCause::UnknownCriticalEntry { oids }),
        (true, _) => is_unmarked.then_some(UnusableCause::IndirectUnmarked),
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
        Some(names) => may_name(names, issuer),
    }
}

/// Whether names that are there to name one issuer may name this one: they do, or none of them is the name of a directory entry
/// that reads and has a part.
pub(super) fn may_name(names: &[GeneralName], issuer: &Name) -> bool {
    /// The tag of the name of a directory entry.
    const DIRECTORY: u32 = 4;
    let is_unread = |name: &GeneralName| matches!(name, GeneralName::Unread { tag: DIRECTORY, .. });
    let directories = directory_names(names).filter(|name| !name.is_empty());
    let mut directories = directories.peekable();
    names.iter().any(is_unread)
        || directories.peek().is_none()
        || directories.any(|name| name.matches(issuer))
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
