//! One CRL that is to be fetched.

use std::sync::Arc;

use crate::document::Certificate;
use crate::revocation::{SearchableCrl, scope};
use crate::store::crl_cache::{About, CachedCrl, Crls, Point};
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

    /// Whether an installed CRL is the one that this target would replace.
    pub(super) fn is(&self, crl: &CachedCrl) -> bool {
        match &self.wanted {
            For::Slot(slot) => crl.about().slot == *slot,
            // A CRL that is not a delta may be at either source.
            For::Certificates(NamedBy::DistributionPoints, _)
                if crl.about().base_number.is_some() =>
            {
                false
            }
            For::Certificates(_, certificates) => crl
                .crl()
                .is_ok_and(|crl| answers_for_any(&crl, certificates)),
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

/// Whether a CRL answers for one of the certificates, by names and flags.
fn answers_for_any(crl: &SearchableCrl<'_>, certificates: &[Arc<Certificate>]) -> bool {
    certificates
        .iter()
        .any(|certificate| scope(certificate, crl.header()).is_ok())
}

/// The CRLs of the cache that came from an address, damaged ones too, unless one of the `targets` renews them anyway.
pub(super) fn renewals(crls: &Crls, targets: &[Target]) -> Vec<Target> {
    let of = |about: &About| {
        Some(Target {
            urls: vec![about.source.url()?.to_owned()],
            wanted: For::Slot(about.slot.clone()),
        })
    };
    let covered = |crl: &CachedCrl| targets.iter().any(|target| target.is(crl));
    let sound = crls.sound.iter().filter(|crl| !covered(crl));
    let sound = sound.map(CachedCrl::about);
    let damaged = crls.damaged.iter();
    let damaged = damaged.filter_map(|damaged| damaged.about.as_deref());
    // A damaged CRL cannot be asked what it answers for; its address can.
    let damaged = damaged.filter(|about| {
        about.source.url().is_none_or(|url| {
            !targets
                .iter()
                .any(|target| target.urls.iter().any(|named| named == url))
        })
    });
    sound.chain(damaged).filter_map(of).collect()
}
