//! One CRL that is needed, and what is available of it.

use std::collections::HashSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Held, HeldCrl};
use crate::document::extension::{DistributionPoint, GeneralName, PointName, Reason, Retrieval};
use crate::document::{Certificate, Moment};
use crate::revocation::{OutOfScope, Reasons, first_point, scope};

/// A CRL that is needed, and what is available of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RequiredCrl {
    /// The certificates that it has to cover.
    pub covers: Covers,
    /// Its sources, as the certificates name them; none if they name none.
    pub sources: Vec<CrlSource>,
    /// What is available.
    pub state: RequiredState,
    /// The CRLs that serve it, by their index in [`PlanQuestion::held`](super::PlanQuestion::held).
    pub crls: Vec<usize>,
    /// The same CRLs, by number and dates.
    pub held: Vec<HeldCrl>,
}

/// The certificates that a CRL has to cover.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Covers {
    /// These certificates: sub CAs of the bundle, or certificates that were given.
    Certificates(Vec<Arc<Certificate>>),
    /// Clients that were not given, of a partition whose CRL is available.
    Partition,
    /// Clients that were not given, and no CRL of this CA is available: which CRLs they need is unknown, but none
    /// of them passes without one.
    Unknown,
}

/// A source of a CRL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CrlSource {
    /// The source.
    pub name: GeneralName,
    /// How the CRL can be fetched from there.
    pub retrieval: Retrieval,
}

/// What is available of a CRL that is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RequiredState {
    /// There is a current CRL.
    Available {
        /// Its nextUpdate; absent where it names none.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Moment>,
    },
    /// There is a CRL, but it has expired.
    Stale {
        /// Its nextUpdate.
        since: Moment,
    },
    /// There is a CRL, but it is not yet valid.
    NotYetValid {
        /// Its thisUpdate.
        from: Moment,
    },
    /// There are CRLs for some revocation reasons only, and not for these.
    Partial {
        /// The reasons for which there is no CRL.
        missing: Vec<Reason>,
    },
    /// There are only CRLs that this kind of server ignores: for some reasons, or of several issuers.
    Ignored,
    /// There are only CRLs of other partitions.
    OtherPartition {
        /// The names of the points of some of them.
        found: Vec<GeneralName>,
    },
    /// There is none.
    Missing,
}

impl RequiredState {
    /// Whether there is a current CRL.
    pub fn is_good(&self) -> bool {
        matches!(self, RequiredState::Available { .. })
    }

    /// Whether there are CRLs that cover it, current or not.
    pub fn has_crls(&self) -> bool {
        matches!(
            self,
            RequiredState::Available { .. }
                | RequiredState::Stale { .. }
                | RequiredState::NotYetValid { .. }
        )
    }
}

impl CrlSource {
    /// The sources of some distribution points, each once.
    pub(super) fn all_of(points: &[DistributionPoint]) -> Vec<CrlSource> {
        let mut seen = HashSet::new();
        let sources = points.iter().flat_map(DistributionPoint::locations);
        let sources = sources.map(|(name, retrieval)| CrlSource { name, retrieval });
        sources
            .filter(|source| seen.insert(source.clone()))
            .collect()
    }

    /// The sources that a CRL itself names as its partition.
    pub(super) fn of_crl(held: &Held<'_>) -> Vec<CrlSource> {
        let point = held.header.issuing_distribution_point.as_ref();
        let name = point.and_then(|point| point.name.clone());
        let point = |name: PointName| DistributionPoint {
            name: Some(name),
            reasons: None,
            crl_issuer: Vec::new(),
        };
        name.map_or_else(Vec::new, |name| CrlSource::all_of(&[point(name)]))
    }

    /// The URL, where the CRL can be fetched from there.
    pub fn url(&self) -> Option<&str> {
        match (&self.name, self.retrieval) {
            (GeneralName::Uri(url), Retrieval::Http) => Some(url),
            _ => None,
        }
    }
}

/// By whose rules a CRL answers for a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rules {
    /// RFC 5280's.
    Standard,
    /// OpenSSL's as servers set it up: no CRLs for some reasons, none of several issuers; of the certificate's points the
    /// first that fits, and a certificate without points has no partition.
    OpenSsl,
}

/// What is available for a certificate among its issuer's CRLs.
pub(super) fn state(
    certificate: &Certificate,
    held: &[(usize, Held<'_>)],
    rules: Rules,
    at: Moment,
) -> (RequiredState, Vec<usize>) {
    let extended = rules == Rules::Standard;
    let mut others = Vec::new();
    let mut answering: Vec<(usize, &Held<'_>, Reasons, bool)> = Vec::new();
    for (place, held) in held {
        match scope(certificate, held.header) {
            Ok(_) if !extended && first_point(certificate, held.header).is_none() => {
                others.extend(
                    CrlSource::of_crl(held)
                        .into_iter()
                        .map(|source| source.name),
                );
            }
            Ok(coverage) => {
                let all = |reasons: Reasons| reasons.is_all();
                let plain = coverage.reasons.is_all()
                    && first_point(certificate, held.header).is_none_or(all)
                    && !coverage.indirect;
                answering.push((*place, held, coverage.reasons, plain));
            }
            Err(OutOfScope::OtherPartition { found, .. }) => others.extend(found),
            Err(_) => {}
        }
    }
    let usable: Vec<_> = answering
        .iter()
        .filter(|(.., plain)| *plain || extended)
        .copied()
        .collect();
    let (fresh, late): (Vec<_>, Vec<_>) = usable
        .iter()
        .copied()
        .partition(|(_, held, ..)| state_of(held, at).is_good());
    let covered = |crls: &[(usize, &Held<'_>, Reasons, bool)]| {
        crls.iter()
            .fold(Reasons::NONE, |all, (_, _, reasons, _)| all.and(*reasons))
    };
    let places = |crls: &[(usize, &Held<'_>, Reasons, bool)]| -> Vec<usize> {
        crls.iter().map(|(place, ..)| *place).collect()
    };
    if covered(&fresh).is_all() {
        return (
            RequiredState::Available {
                until: until(&fresh),
            },
            places(&fresh),
        );
    }
    if covered(&usable).is_all() {
        // The last one to expire is the one that users know as the current CRL.
        let worst = late.iter().map(|(_, held, ..)| state_of(held, at));
        let state = worst.max_by_key(rank).unwrap_or(RequiredState::Missing);
        return (state, places(&usable));
    }
    match (usable.is_empty(), answering.is_empty()) {
        (false, _) => {
            let missing = covered(&usable).missing();
            (RequiredState::Partial { missing }, places(&usable))
        }
        (true, false) => (RequiredState::Ignored, Vec::new()),
        (true, true) if !others.is_empty() => {
            (RequiredState::OtherPartition { found: others }, Vec::new())
        }
        (true, true) => (RequiredState::Missing, Vec::new()),
    }
}

/// Until when current CRLs are enough: the latest nextUpdate among those that are enough by themselves, else the earliest.
fn until(fresh: &[(usize, &Held<'_>, Reasons, bool)]) -> Option<Moment> {
    let ends = |whole: bool| {
        fresh
            .iter()
            .filter(move |(_, _, reasons, _)| reasons.is_all() == whole)
            .map(|(_, held, ..)| held.header.next_update)
    };
    if ends(true).next().is_some() {
        // No end at all is the last one.
        return match ends(true).any(|end| end.is_none()) {
            true => None,
            false => ends(true).flatten().max(),
        };
    }
    ends(false).flatten().min()
}

/// What one CRL is worth at a moment. RFC 5280 section 5.1.2.5: nextUpdate is the date by which the next CRL is
/// there; at that second the CRL still counts, as it does with OpenSSL.
pub(super) fn state_of(held: &Held<'_>, at: Moment) -> RequiredState {
    match held.header.next_update {
        _ if at < held.header.this_update => RequiredState::NotYetValid {
            from: held.header.this_update,
        },
        Some(since) if since < at => RequiredState::Stale { since },
        until => RequiredState::Available { until },
    }
}

fn rank(state: &RequiredState) -> (u8, i64) {
    match state {
        RequiredState::Stale { since } => (2, since.unix()),
        RequiredState::NotYetValid { from } => (1, -from.unix()),
        _ => (0, 0),
    }
}
