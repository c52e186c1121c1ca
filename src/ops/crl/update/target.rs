//! One CRL that is to be fetched.

use std::collections::HashSet;
use std::sync::Arc;

use super::installed::Installed;
use crate::document::Certificate;
use crate::store::crl_cache::{About, Damaged, Point};
use crate::verdict::admission::Wanted;
use crate::verdict::sources::{Fetchable, NamedBy};

/// One CRL that is to be fetched.
pub(super) struct Target {
    /// Its addresses, any of which will do.
    pub(super) urls: Vec<String>,
    pub(super) wanted: For,
}

/// What it is fetched for.
pub(super) enum For {
    /// Certificates that name it, by this extension.
    Certificates(NamedBy, Vec<Arc<Certificate>>),
    /// The slot whose CRL it is to renew.
    Slot(String),
}

impl Target {
    pub(super) fn of(fetchable: &Fetchable) -> Target {
        Target {
            urls: fetchable.urls.clone(),
            wanted: For::Certificates(fetchable.named_by, fetchable.certificates.clone()),
        }
    }

    pub(super) fn wanted(&self) -> Wanted<'_> {
        match &self.wanted {
            For::Certificates(NamedBy::DistributionPoints, certificates) => {
                Wanted::Certificates(certificates)
            }
            For::Certificates(NamedBy::FreshestCrl, certificates) => Wanted::Freshest(certificates),
            For::Slot(slot) => Wanted::Slot(slot),
        }
    }

    /// The point; a slot's CRL may have other addresses than the one that it came from.
    pub(super) fn point(&self) -> Option<Point> {
        match &self.wanted {
            For::Slot(_) => None,
            For::Certificates(..) => Some(Point::of(self.urls.iter().map(String::as_str))),
        }
    }

    /// The certificates that name it.
    pub(super) fn certificates(&self) -> &[Arc<Certificate>] {
        match &self.wanted {
            For::Slot(_) => &[],
            For::Certificates(_, certificates) => certificates,
        }
    }
}

/// The CRLs of the cache that came from an address, damaged ones too, unless one of the `targets` renews them anyway.
pub(super) fn renewals(
    installed: &Installed,
    damaged: &[Damaged],
    targets: &[Target],
) -> Vec<Target> {
    let of = |about: &About| {
        Some(Target {
            urls: vec![about.source.url()?.to_owned()],
            wanted: For::Slot(about.slot.clone()),
        })
    };
    let covered: HashSet<usize> = targets
        .iter()
        .flat_map(|target| installed.replaced_by(target))
        .collect();
    let urls: HashSet<&str> = targets
        .iter()
        .flat_map(|target| target.urls.iter().map(String::as_str))
        .collect();
    let sound = installed.crls().iter().enumerate();
    let sound = sound.filter(|(place, _)| !covered.contains(place));
    let sound = sound.map(|(_, crl)| crl.about());
    let damaged = damaged
        .iter()
        .filter_map(|damaged| damaged.about.as_deref());
    // A damaged CRL cannot be asked what it answers for; its address can.
    let damaged = damaged.filter(|about| about.source.url().is_none_or(|url| !urls.contains(url)));
    sound.chain(damaged).filter_map(of).collect()
}
