//! Which revocation list is needed, and why the one at hand does not answer, in the terms of findings.

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Link;
use crate::document::extension::{DistributionPoint, GeneralName, Reason, Retrieval};
use crate::document::{Certificate, Moment, Name};
use crate::revocation::{Cause, ListId, OutOfScope, WhyNot};
use crate::verdict::Code;

/// Why a list at hand does not answer, in the terms of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the fields are what their names say; the variants are documented at revocation::Cause"
)]
pub enum ListFault {
    Issuer,
    Scope,
    SignerMissing,
    Signature,
    SignerMayNot,
    NotYetValid { this_update: Moment },
    Stale { next_update: Moment, days: i64 },
    NoNextUpdate,
    UnknownCritical { oids: Vec<String> },
    Indirect,
    Reasons { missing: Vec<Reason> },
    Delta,
    Unreadable { why: String },
}

impl ListFault {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            ListFault::Issuer => Code::CrlIssuer,
            ListFault::Scope => Code::CrlScope,
            ListFault::SignerMissing => Code::CrlSignerMissing,
            ListFault::Signature => Code::CrlSignature,
            ListFault::SignerMayNot => Code::CrlSignerMayNot,
            ListFault::NotYetValid { .. } => Code::CrlNotYetValid,
            ListFault::Stale { .. } => Code::CrlStale,
            ListFault::NoNextUpdate => Code::CrlNoNextUpdate,
            ListFault::UnknownCritical { .. } => Code::CrlUnknownCritical,
            ListFault::Indirect => Code::CrlIndirect,
            ListFault::Reasons { .. } => Code::CrlReasons,
            ListFault::Delta => Code::CrlDelta,
            ListFault::Unreadable { .. } => Code::CrlUnreadable,
        }
    }

    /// What a cause comes to; `None` for a list that another one stands in for.
    pub fn of(cause: &Cause) -> Option<ListFault> {
        Some(match cause {
            Cause::Duplicate { .. } | Cause::Superseded { .. } => return None,
            Cause::OutOfScope {
                why: OutOfScope::OtherIssuer { .. },
            } => ListFault::Issuer,
            Cause::OutOfScope { .. } => ListFault::Scope,
            Cause::SignerMissing { .. } => ListFault::SignerMissing,
            Cause::SignatureFails { .. } => ListFault::Signature,
            Cause::SignerMayNot { .. } => ListFault::SignerMayNot,
            Cause::NotYetValid { this_update, .. } => ListFault::NotYetValid {
                this_update: *this_update,
            },
            Cause::Stale { next_update, at } => ListFault::Stale {
                next_update: *next_update,
                days: at.days_since(*next_update),
            },
            Cause::NoNextUpdate => ListFault::NoNextUpdate,
            Cause::UnknownCritical { oids } | Cause::UnknownCriticalEntry { oids } => {
                ListFault::UnknownCritical { oids: oids.clone() }
            }
            Cause::IndirectUnmarked => ListFault::Indirect,
            Cause::ReasonsIncomplete { missing } => ListFault::Reasons {
                missing: missing.clone(),
            },
            Cause::DeltaWithoutBase { .. } | Cause::DeltaMismatch { .. } => ListFault::Delta,
            Cause::Unreadable { fault } => ListFault::Unreadable {
                why: fault.to_string(),
            },
        })
    }

    /// The list that came nearest to answering, and what keeps it from doing so. The lists of the path's other
    /// issuers are there for those and no failed answer.
    pub fn nearest<'a>(why_not: &'a [WhyNot], path: &[Link]) -> Option<(ListFault, &'a ListId)> {
        let is_for_another = |why: &&WhyNot| {
            let other = |link: &Link| link.certificate.issuer.matches(&why.list.issuer);
            ListFault::of(&why.cause) == Some(ListFault::Issuer) && path.iter().any(other)
        };
        why_not
            .iter()
            .filter(|why| !is_for_another(why))
            .filter_map(|why| Some((ListFault::of(&why.cause)?, &why.list)))
            .max_by_key(|(fault, _)| fault.nearness())
    }

    /// How near a list with this fault came to answering: the nearest is the one to tell of.
    fn nearness(&self) -> u8 {
        match self {
            ListFault::Issuer => 0,
            ListFault::Scope => 1,
            ListFault::SignerMissing => 2,
            ListFault::Signature => 3,
            ListFault::SignerMayNot | ListFault::Indirect | ListFault::Unreadable { .. } => 4,
            ListFault::NotYetValid { .. } | ListFault::Delta => 5,
            ListFault::NoNextUpdate | ListFault::Stale { .. } => 6,
            ListFault::UnknownCritical { .. } => 7,
            ListFault::Reasons { .. } => 8,
        }
    }
}

/// Which list would answer for a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListNeeded {
    /// Whose list.
    pub issuer: Name,
    /// Where the certificate says that it is; any of them will do. Empty: its issuer's one list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<GeneralName>,
    /// Whether one of the places can be fetched from.
    pub fetchable: bool,
}

impl ListNeeded {
    /// The list for this certificate.
    pub fn of(certificate: &Certificate) -> ListNeeded {
        let points = certificate.extensions.crl_distribution_points.as_ref();
        let places: Vec<_> = points
            .iter()
            .flat_map(|marked| &marked.value)
            .flat_map(DistributionPoint::locations)
            .collect();
        ListNeeded {
            issuer: certificate.issuer.clone(),
            fetchable: places.iter().any(|(_, way)| *way == Retrieval::Http),
            points: places.into_iter().map(|(name, _)| name).collect(),
        }
    }
}
