//! Which CRL is needed, and why the available one cannot be used, in the terms of findings.

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Link;
use crate::document::extension::{DistributionPoint, GeneralName, Reason, Retrieval};
use crate::document::{Certificate, Hash, Moment, Name};
use crate::revocation::{CrlId, OutOfScope, UnusableCause, UnusableCrl};
use crate::verdict::Code;
use crate::verdict::finding::{NAMED_LIMIT, is_zero};

/// Why an available CRL cannot be used, in the terms of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CrlFault {
    /// CRL of another issuer.
    Issuer,
    /// CRL of another partition or kind.
    Scope,
    /// CRL signer not available.
    SignerMissing,
    /// CRL signature does not verify.
    Signature,
    /// CRL signed with MD2 or MD5.
    BrokenHash {
        /// The hash.
        hash: Hash,
    },
    /// CRL's signature algorithm not supported.
    UnsupportedAlgorithm {
        /// The algorithm, by name or dotted OID.
        algorithm: String,
    },
    /// OpenSSL failed to check the CRL's signature.
    SignatureUnchecked,
    /// CRL signer lacks cRLSign.
    SignerMayNot,
    /// CRL signed with another key of the CA.
    OtherKey,
    /// CRL signer has no valid path.
    SignerNotValid {
        /// The code of the reason.
        code: &'static str,
    },
    /// CRL signer revoked.
    SignerRevoked,
    /// CRL signer's revocation status unknown.
    SignerUndetermined,
    /// CRL issued after the certificate expired.
    CertificateExpired {
        /// The last second of the validity.
        not_after: Moment,
        /// When the CRL was issued.
        this_update: Moment,
    },
    /// Complete CRL has a removeFromCRL entry.
    RemovedInComplete,
    /// CRL not yet valid.
    NotYetValid {
        /// When the CRL was issued.
        this_update: Moment,
    },
    /// CRL expired.
    Stale {
        /// When the CRL expires, or expired.
        next_update: Moment,
        /// How many whole days ago.
        days: i64,
    },
    /// CRL has no nextUpdate.
    NoNextUpdate,
    /// CRL has an unknown critical extension.
    UnknownCritical {
        /// The OIDs of the extensions, dotted.
        oids: Vec<String>,
    },
    /// CRL names other issuers without being indirect.
    Indirect,
    /// CRLs cover some reasons only.
    Reasons {
        /// The reasons that no CRL covers.
        missing: Vec<Reason>,
    },
    /// Delta CRL lacks its base CRL.
    Delta,
    /// CRL unreadable.
    Unreadable {
        /// Why.
        reason: String,
    },
}

impl CrlFault {
    /// Whether the CRL has expired.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(self, CrlFault::Stale { .. })
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            CrlFault::Issuer => Code::CrlIssuer,
            CrlFault::Scope => Code::CrlScope,
            CrlFault::SignerMissing => Code::CrlSignerMissing,
            CrlFault::Signature => Code::CrlSignature,
            CrlFault::BrokenHash { .. } => Code::BrokenSignature,
            CrlFault::UnsupportedAlgorithm { .. } => Code::UnsupportedAlgorithm,
            CrlFault::SignatureUnchecked => Code::OpensslFailed,
            CrlFault::SignerMayNot => Code::CrlSignerMayNot,
            CrlFault::OtherKey => Code::CrlOtherKey,
            CrlFault::SignerNotValid { .. } => Code::CrlSignerNotValid,
            CrlFault::SignerRevoked => Code::CrlSignerRevoked,
            CrlFault::SignerUndetermined => Code::CrlSignerUndetermined,
            CrlFault::CertificateExpired { .. } => Code::CrlAfterExpiry,
            CrlFault::RemovedInComplete => Code::CrlRemovedEntry,
            CrlFault::NotYetValid { .. } => Code::CrlNotYetValid,
            CrlFault::Stale { .. } => Code::CrlStale,
            CrlFault::NoNextUpdate => Code::CrlNoNextUpdate,
            CrlFault::UnknownCritical { .. } => Code::CrlUnknownCritical,
            CrlFault::Indirect => Code::CrlIndirect,
            CrlFault::Reasons { .. } => Code::CrlReasons,
            CrlFault::Delta => Code::CrlDelta,
            CrlFault::Unreadable { .. } => Code::CrlUnreadable,
        }
    }

    /// What a cause comes to; `None` for a CRL that another one replaces.
    pub fn of(cause: &UnusableCause) -> Option<CrlFault> {
        Some(match cause {
            UnusableCause::Duplicate { .. } | UnusableCause::Superseded { .. } => return None,
            UnusableCause::OutOfScope {
                mismatch: OutOfScope::OtherIssuer { .. },
            } => CrlFault::Issuer,
            UnusableCause::OutOfScope { .. } => CrlFault::Scope,
            UnusableCause::SignerMissing { .. } => CrlFault::SignerMissing,
            UnusableCause::SignatureFails { .. } => CrlFault::Signature,
            UnusableCause::BrokenHash { hash } => CrlFault::BrokenHash { hash: *hash },
            UnusableCause::UnsupportedAlgorithm { algorithm } => CrlFault::UnsupportedAlgorithm {
                algorithm: algorithm.clone(),
            },
            UnusableCause::SignatureUnchecked => CrlFault::SignatureUnchecked,
            UnusableCause::SignerMayNot { .. } => CrlFault::SignerMayNot,
            UnusableCause::OtherKey { .. } => CrlFault::OtherKey,
            UnusableCause::SignerNotValid { code, .. } => CrlFault::SignerNotValid { code },
            UnusableCause::SignerRevoked { .. } => CrlFault::SignerRevoked,
            UnusableCause::SignerUndetermined { .. } => CrlFault::SignerUndetermined,
            UnusableCause::CertificateExpired {
                not_after,
                this_update,
            } => CrlFault::CertificateExpired {
                not_after: *not_after,
                this_update: *this_update,
            },
            UnusableCause::RemovedInComplete => CrlFault::RemovedInComplete,
            UnusableCause::NotYetValid { this_update, .. } => CrlFault::NotYetValid {
                this_update: *this_update,
            },
            UnusableCause::Stale { next_update, at } => CrlFault::Stale {
                next_update: *next_update,
                days: at.days_since(*next_update),
            },
            UnusableCause::NoNextUpdate => CrlFault::NoNextUpdate,
            UnusableCause::UnknownCritical { oids }
            | UnusableCause::UnknownCriticalEntry { oids } => {
                CrlFault::UnknownCritical { oids: oids.clone() }
            }
            UnusableCause::IndirectUnmarked => CrlFault::Indirect,
            UnusableCause::ReasonsIncomplete { missing } => CrlFault::Reasons {
                missing: missing.clone(),
            },
            UnusableCause::DeltaWithoutBase { .. } | UnusableCause::DeltaMismatch { .. } => {
                CrlFault::Delta
            }
            UnusableCause::Unreadable { fault } => CrlFault::Unreadable {
                reason: fault.to_string(),
            },
        })
    }

    /// The CRL that came nearest to answering, and what keeps it from doing so. The CRLs of the path's other
    /// issuers are there for those and no failed answer.
    pub fn nearest<'a>(why_not: &'a [UnusableCrl], path: &[Link]) -> Option<(CrlFault, &'a CrlId)> {
        let is_for_another = |why: &&UnusableCrl| {
            let other = |link: &Link| link.certificate.issuer.matches(&why.crl.issuer);
            CrlFault::of(&why.cause) == Some(CrlFault::Issuer) && path.iter().any(other)
        };
        why_not
            .iter()
            .filter(|why| !is_for_another(why))
            .filter_map(|why| Some((CrlFault::of(&why.cause)?, &why.crl)))
            .max_by_key(|(fault, _)| fault.nearness())
    }

    /// How near a CRL with this fault came to answering: the nearest is the one to report.
    fn nearness(&self) -> u8 {
        match self {
            CrlFault::Issuer => 0,
            CrlFault::Scope => 1,
            CrlFault::SignerMissing => 2,
            CrlFault::Signature => 3,
            CrlFault::BrokenHash { .. }
            | CrlFault::UnsupportedAlgorithm { .. }
            | CrlFault::SignerMayNot
            | CrlFault::OtherKey
            | CrlFault::SignerNotValid { .. }
            | CrlFault::Indirect
            | CrlFault::Unreadable { .. } => 4,
            CrlFault::SignerRevoked | CrlFault::SignerUndetermined => 5,
            CrlFault::NotYetValid { .. } | CrlFault::Delta => 6,
            CrlFault::NoNextUpdate | CrlFault::Stale { .. } => 7,
            CrlFault::UnknownCritical { .. } => 8,
            CrlFault::Reasons { .. } => 9,
            CrlFault::CertificateExpired { .. } | CrlFault::RemovedInComplete => 10,
            CrlFault::SignatureUnchecked => 11,
        }
    }
}

/// Which CRL would answer for a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CrlRequired {
    /// Its issuer.
    pub issuer: Name,
    /// The distribution points that the certificate names, at most 16 and very long ones
    /// shortened; any of them will do. Empty: its issuer's one CRL.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distribution_points: Vec<GeneralName>,
    /// How many more it names.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_points: usize,
    /// Whether one of the sources can be fetched.
    pub fetchable: bool,
}

impl CrlRequired {
    /// The CRL for this certificate.
    pub fn of(certificate: &Certificate) -> CrlRequired {
        let points = certificate.extensions.crl_distribution_points.as_ref();
        let places = || {
            let points = points.iter().flat_map(|marked| &marked.value);
            points.flat_map(DistributionPoint::locations)
        };
        let all = points.iter().flat_map(|marked| &marked.value);
        let count: usize = all.map(DistributionPoint::count).sum();
        let shown: Vec<GeneralName> = places()
            .take(NAMED_LIMIT)
            .map(|(name, _)| name.shortened())
            .collect();
        CrlRequired {
            issuer: certificate.issuer.clone(),
            fetchable: places().any(|(_, way)| way == Retrieval::Http),
            more_points: count - shown.len(),
            distribution_points: shown,
        }
    }
}
