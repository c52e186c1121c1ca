//! The installed CRLs, found by what they may answer for.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::target::{For, Target};
use crate::document::{Certificate, Crl};
use crate::revocation::{CrlIndex, scope};
use crate::store::crl_cache::CachedCrl;
use crate::verdict::sources::NamedBy;

/// CRLs of the cache, each read once.
#[derive(Default)]
pub(super) struct Installed {
    crls: Vec<CachedCrl>,
    /// The header of each; `None` for one that can no longer be read.
    headers: Vec<Option<Crl>>,
    index: CrlIndex,
    by_slot: HashMap<String, usize>,
}

impl Installed {
    pub(super) fn of(crls: Vec<CachedCrl>) -> Installed {
        let header = |crl: &CachedCrl| Some(crl.crl().ok()?.header().clone());
        let headers: Vec<Option<Crl>> = crls.iter().map(header).collect();
        let mut installed = Installed::default();
        for (place, (crl, header)) in crls.iter().zip(&headers).enumerate() {
            installed.by_slot.insert(crl.about().slot.clone(), place);
            if let Some(header) = header {
                installed.index.add(place, header);
            }
        }
        Installed {
            crls,
            headers,
            ..installed
        }
    }

    pub(super) fn crls(&self) -> &[CachedCrl] {
        &self.crls
    }

    /// The indices of the CRLs that a target would replace, in order.
    pub(super) fn replaced_by(&self, target: &Target) -> Vec<usize> {
        match &target.wanted {
            For::Slot(slot) => self.by_slot.get(slot).copied().into_iter().collect(),
            For::Certificates(named_by, certificates) => {
                // A CRL that is not a delta may be at either source.
                let is_of_kind = |header: &Crl| {
                    *named_by != NamedBy::DistributionPoints || header.base_number.is_none()
                };
                self.answering(certificates, is_of_kind)
            }
        }
    }

    /// The indices of the CRLs accepted by `is_such` that answer for one of the certificates, by names and flags.
    fn answering(
        &self,
        certificates: &[Arc<Certificate>],
        is_such: impl Fn(&Crl) -> bool,
    ) -> Vec<usize> {
        let mut found = BTreeSet::new();
        for certificate in certificates {
            for place in self.index.for_certificate(certificate, 0) {
                let answers = |header: &Crl| is_such(header) && scope(certificate, header).is_ok();
                if !found.contains(&place) && self.header(place).is_some_and(answers) {
                    found.insert(place);
                }
            }
        }
        found.into_iter().collect()
    }

    /// The first CRL accepted by `is_such` among those that may answer for the certificate.
    pub(super) fn first_for(
        &self,
        certificate: &Certificate,
        is_such: impl Fn(&CachedCrl, &Crl) -> bool,
    ) -> Option<&CachedCrl> {
        let mut places = self.index.for_certificate(certificate, 0).into_iter();
        let found = places.find(|place| {
            let crl = self.crls.get(*place).zip(self.header(*place));
            crl.is_some_and(|(crl, header)| is_such(crl, header))
        });
        found.and_then(|place| self.crls.get(place))
    }

    fn header(&self, place: usize) -> Option<&Crl> {
        self.headers.get(place)?.as_ref()
    }
}
