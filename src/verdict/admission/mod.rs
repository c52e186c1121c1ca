//! Whether a CRL may be installed: kept, and relied on later without another check.
//!
//! [`examine`] looks at the CRL alone, [`Candidate::against`] at the one that it would replace. Only both together
//! make an [`Admitted`], which is the proof that a CRL is whole, signed by a CA that is known and may sign CRLs,
//! covers what it was fetched for, is current, and is not older than the installed one. Where the CRL came from does not matter: it is signed,
//! so neither a mirror nor a proxy need be trusted. Nothing is read, fetched or written here.

mod authorities;
mod candidate;
mod refusal;
#[cfg(test)]
mod tests;

pub use authorities::Authorities;
pub use refusal::CrlRefusal;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::decode::crypto::Signature;
use crate::document::extension::{IssuingDistributionPoint, Scope};
use crate::document::{Certificate, CrlNumber, Flaw, Moment, Sha256Digest, sha256};
use crate::revocation::{
    CrlError, KEYS_TRIED, Scan, SearchableCrl, Serials, SignerStatus, SigningKey, Slot,
    check_signature, may_sign_crls, scope,
};
use crate::verdict::Code;

/// How far a CRL may be ahead of the clock, in seconds: five minutes, what Kerberos and Windows domains allow two
/// clocks to differ (RFC 4120 section 7.5.2). It applies only where no usable CRL would be replaced.
pub const SKEW: i64 = 5 * 60;

/// What a CRL is wanted for. A CRL that does not answer for it is refused, however genuine it is: it would be
/// another partition's, or another CA's, under the address that was asked.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Wanted<'w> {
    /// Certificates that name its source; it has to answer for at least one of them, and by itself: a delta
    /// does not.
    Certificates(&'w [Arc<Certificate>]),
    /// Certificates that name the source as that of the freshest CRL (freshestCRL, RFC 5280 section 4.2.1.15): the same,
    /// and a delta will do.
    Freshest(&'w [Arc<Certificate>]),
    /// The CA that must have issued it.
    Issuer(&'w Certificate),
    /// The [id](Slot::id) of the slot whose CRL it is to renew.
    Slot(&'w str),
}

/// Whether an older CRL may replace a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rollback {
    /// It may not: a CRL from before a revocation would make the revoked certificate good again.
    Refused,
    /// It may, and [`Admitted::notes`] says so.
    Allowed,
}

/// What is known of the installed CRL that the new one would replace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Installed {
    /// Its number.
    pub number: Option<CrlNumber>,
    /// When it was made.
    pub this_update: Moment,
    /// The last second of its time.
    pub next_update: Option<Moment>,
    /// How many certificates it contains.
    pub entries: u64,
    /// SHA-256 over its DER.
    pub sha256: Sha256Digest,
}

/// What installing a CRL changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// There was none of this CA and partition.
    First,
    /// It replaces an older one.
    Newer,
    /// It is the one that is installed, to the byte.
    Unchanged,
    /// It is older than the one that it replaces, as was allowed.
    RolledBack,
}

/// A note on a CRL that was admitted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Note {
    /// It was made before the one that it replaces, or has a lower number, and that was allowed.
    RolledBack {
        /// Why it would have been refused.
        instead_of: Box<CrlRefusal>,
    },
    /// It was issued later than the one that it replaces and has the same number, which RFC 5280 section 5.2.3 forbids.
    NumberReused {
        /// The number of both.
        number: CrlNumber,
        /// When the one that it replaces was made.
        installed: Moment,
    },
    /// Its signature is made with SHA-1.
    Sha1,
    /// It is a delta: it counts only together with its base CRL.
    Delta,
    /// It was issued this many seconds after the moment asked about.
    Ahead {
        /// How many, at most [`SKEW`].
        seconds: i64,
    },
}

/// A CRL that is good by itself; what it would replace has not been looked at.
#[derive(Debug)]
#[must_use]
pub struct Candidate<'l> {
    crl: &'l SearchableCrl<'l>,
    issuer: Arc<Certificate>,
    slot: Slot,
    entries: u64,
    sha256: Sha256Digest,
    next_update: Moment,
    at: Moment,
}

/// A CRL that may be installed: the proof that it was examined.
#[derive(Debug)]
#[must_use]
pub struct Admitted<'l> {
    candidate: Candidate<'l>,
    change: Change,
    notes: Vec<Note>,
}

/// Examines a CRL by itself, for the moment `at`: it reads to its end, its signature was made by one of the `authorities`
/// whose certificate allows that and whose path is valid, nothing critical in it is unknown, it is in time, and it
/// answers for what it is `wanted` for. One pass over the CRL, two where its algorithm cannot be checked from a digest.
///
/// Does not check whether its signer has been revoked: that is asked whenever the CRL is used.
///
/// # Errors
/// The first reason for which it may not be installed; RFC 5280 sections 5 and 6.3.3.
pub fn examine<'l>(
    crl: &'l SearchableCrl<'l>,
    authorities: &Authorities,
    wanted: Option<Wanted<'_>>,
    at: Moment,
) -> Result<Candidate<'l>, CrlRefusal> {
    let header = crl.header();
    let nobody = Serials::new([]);
    let (scan, sha256) = rayon::join(|| crl.scan(&nobody), || sha256(crl.der()));
    let scan = scan.map_err(|fault| CrlRefusal::Unreadable(Arc::new(fault)))?;
    let issuer = genuine(crl, &scan, authorities, at)?;
    answers(crl, &issuer, authorities, wanted, at)?;
    let slot = Slot::new(header, &issuer);
    if let Some(Wanted::Slot(wanted)) = wanted
        && wanted != slot.id()
    {
        return Err(CrlRefusal::OtherSlot);
    }
    let next_update = in_time(crl, at)?;
    Ok(Candidate {
        slot,
        entries: scan.entries_seen,
        crl,
        issuer,
        sha256,
        next_update,
        at,
    })
}

/// The certificate whose key made the CRL's signature, if the CRL may be relied on for what it says: its signer is one of the
/// `authorities`, may sign CRLs and has a valid path at the moment `at`, nothing critical in it is unknown, and it
/// answers for certificates at all. `scan` is a pass over this CRL.
///
/// Does not look at the CRL's dates, nor at which certificates it answers for.
///
/// # Errors
/// The first reason for which it may not be relied on.
pub fn genuine(
    crl: &SearchableCrl<'_>,
    scan: &Scan,
    authorities: &Authorities,
    at: Moment,
) -> Result<Arc<Certificate>, CrlRefusal> {
    let header = crl.header();
    let issuer = signer(crl, scan, authorities, at)?;
    let oids = [
        header.unknown_critical.as_slice(),
        scan.unknown_critical.as_slice(),
    ];
    if oids.iter().any(|oids| !oids.is_empty()) {
        let oids = oids.concat();
        return Err(CrlRefusal::UnknownCritical { oids });
    }
    let point = header.issuing_distribution_point.as_ref();
    if scan.names_issuers && !point.is_some_and(|point| point.indirect) {
        return Err(CrlRefusal::IndirectUnmarked);
    }
    let kind = point.map(|point: &IssuingDistributionPoint| point.scope);
    if let Some(scope @ (Scope::AttributeCertificates | Scope::Contradictory)) = kind {
        return Err(CrlRefusal::AnswersForNothing { scope });
    }
    Ok(issuer)
}

/// The certificate whose key made the CRL's signature and that may be relied on for that.
fn signer(
    crl: &SearchableCrl<'_>,
    scan: &Scan,
    authorities: &Authorities,
    at: Moment,
) -> Result<Arc<Certificate>, CrlRefusal> {
    let name = &crl.header().issuer;
    let mut known = authorities.certificates().iter();
    let header = crl.header();
    if let Some(flaw) = header.signature.flaw()
        && known.any(|issuer| issuer.subject.matches(name))
    {
        return Err(match flaw {
            Flaw::BrokenHash(hash) => CrlRefusal::BrokenHash { hash },
            Flaw::Unsupported => CrlRefusal::UnsupportedAlgorithm {
                algorithm: header.signature.name.to_string(),
            },
        });
    }
    let (mut tried, mut barred) = (Vec::new(), None);
    let mut unchecked = authorities.has_unchecked();
    let known = authorities.certificates().iter();
    let named = known.filter(|issuer| issuer.subject.matches(name));
    for issuer in named.take(KEYS_TRIED) {
        // Ed25519 and Ed448 cannot be checked from a digest.
        let checked = match scan.digest() {
            Some(_) => scan.check_signature(issuer),
            None => check_signature(crl, issuer),
        };
        match checked {
            Signature::Made => {}
            Signature::NotMade => {
                tried.push(issuer.sha256);
                continue;
            }
            Signature::Unchecked => {
                unchecked = true;
                continue;
            }
        }
        let (issuer, signer, certificate) = (name.short(), issuer.sha256, issuer);
        let refusal = match authorities.signer_status(certificate, at) {
            _ if !may_sign_crls(certificate) => CrlRefusal::MayNotSign { issuer, signer },
            SignerStatus::Good => return Ok(Arc::clone(certificate)),
            SignerStatus::NotValid { code } => CrlRefusal::SignerNotValid {
                issuer,
                signer,
                code,
            },
            SignerStatus::Revoked | SignerStatus::Undetermined => CrlRefusal::SignerNotValid {
                issuer,
                signer,
                code: Code::Revoked.as_str(),
            },
            SignerStatus::Unresolved => CrlRefusal::SignerNotValid {
                issuer,
                signer,
                code: Code::ChainUnresolved.as_str(),
            },
            SignerStatus::Unchecked => {
                unchecked = true;
                continue;
            }
        };
        barred = barred.or(Some(refusal));
    }
    Err(match barred {
        // What could not be checked may be what it is good by.
        _ if unchecked => CrlRefusal::SignatureUnchecked {
            issuer: name.short(),
        },
        Some(refusal) => refusal,
        None if tried.is_empty() => CrlRefusal::UnknownIssuer {
            issuer: name.to_string(),
        },
        None if crl.is_rewritten() => CrlRefusal::Unreadable(Arc::new(CrlError::Rewritten)),
        None => CrlRefusal::Signature {
            issuer: name.short(),
            tried,
        },
    })
}

/// Whether it answers for what it is wanted for, signed by the key of this certificate.
fn answers(
    crl: &SearchableCrl<'_>,
    signer: &Certificate,
    authorities: &Authorities,
    wanted: Option<Wanted<'_>>,
    at: Moment,
) -> Result<(), CrlRefusal> {
    let header = crl.header();
    let unchecked = || CrlRefusal::SignatureUnchecked {
        issuer: header.issuer.short(),
    };
    match wanted {
        None | Some(Wanted::Slot(_)) => Ok(()),
        Some(Wanted::Issuer(issuer)) if issuer.subject.matches(&header.issuer) => {
            match authorities.key_of(issuer, signer, header, at) {
                SigningKey::Own => Ok(()),
                SigningKey::Other => Err(CrlRefusal::other_key(issuer, signer)),
                SigningKey::Unchecked => Err(unchecked()),
            }
        }
        Some(Wanted::Issuer(issuer)) => Err(CrlRefusal::OtherIssuer {
            wanted: issuer.subject.short(),
            found: header.issuer.short(),
        }),
        Some(Wanted::Certificates(_)) if header.base_number.is_some() => {
            Err(CrlRefusal::DeltaInstead)
        }
        Some(Wanted::Certificates(certificates) | Wanted::Freshest(certificates)) => {
            let mut first = None;
            for certificate in certificates {
                let refusal = match scope(certificate, header) {
                    Ok(_) => match authorities.key_for(certificate, signer, header, at) {
                        SigningKey::Own => return Ok(()),
                        SigningKey::Other => CrlRefusal::other_key(certificate, signer),
                        SigningKey::Unchecked => return Err(unchecked()),
                    },
                    Err(why) => CrlRefusal::not_wanted(certificate, why),
                };
                first = first.or(Some(refusal));
            }
            first.map_or(Ok(()), Err)
        }
    }
}

/// The last second of its time, if it is in time. `nextUpdate` is inclusive, as everywhere in this product.
fn in_time(crl: &SearchableCrl<'_>, at: Moment) -> Result<Moment, CrlRefusal> {
    let header = crl.header();
    if ahead(header.this_update, at) > SKEW {
        return Err(CrlRefusal::NotYetValid {
            this_update: header.this_update,
            at,
        });
    }
    match header.next_update {
        None => Err(CrlRefusal::NoNextUpdate),
        Some(next_update) if next_update < at => Err(CrlRefusal::Expired { next_update, at }),
        Some(next_update) => Ok(next_update),
    }
}

/// How many seconds `later` is after `at`; none when it is not.
fn ahead(later: Moment, at: Moment) -> i64 {
    later.unix().saturating_sub(at.unix()).max(0)
}

impl<'l> Admitted<'l> {
    /// The CRL.
    pub fn crl(&self) -> &'l SearchableCrl<'l> {
        self.candidate.crl
    }

    /// The certificate whose key made its signature, and that may sign CRLs.
    pub fn issuer(&self) -> &Arc<Certificate> {
        &self.candidate.issuer
    }

    /// The slot that it is for.
    pub fn slot(&self) -> &Slot {
        &self.candidate.slot
    }

    /// How many certificates it contains.
    pub fn entries(&self) -> u64 {
        self.candidate.entries
    }

    /// SHA-256 over its DER.
    pub fn sha256(&self) -> Sha256Digest {
        self.candidate.sha256
    }

    /// The last second of its validity; an admitted CRL always has one.
    pub fn next_update(&self) -> Moment {
        self.candidate.next_update
    }

    /// What installing it changes.
    pub fn change(&self) -> Change {
        self.change
    }

    /// The notes on it.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}
