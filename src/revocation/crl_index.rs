//! Finds CRLs by what decides which certificates they may answer for: their issuer and their distribution point.

use std::collections::HashMap;

use super::scope::{PointKey, crl_issuers};
use crate::chain::name_key;
use crate::document::{Certificate, Crl, Name};

/// The indices of CRLs, by issuer and distribution point, so that a question costs as much as the CRLs that may answer it
/// and no more, of however many issuers and partitions there are.
#[derive(Debug, Default)]
pub(crate) struct CrlIndex {
    by_issuer: HashMap<Vec<u8>, OfIssuer>,
    /// Those that may contain certificates of other issuers.
    indirect: Vec<usize>,
}

/// The indices of one issuer's CRLs, in order.
#[derive(Debug, Default)]
struct OfIssuer {
    all: Vec<usize>,
    /// Those that name no distribution point, or one that does not read.
    of_any_point: Vec<usize>,
    /// The others, by each name of their point.
    by_point: HashMap<PointKey, Vec<usize>>,
}

impl CrlIndex {
    /// Adds the CRL with this index, which is greater than those of the CRLs added before.
    pub(crate) fn add(&mut self, place: usize, crl: &Crl) {
        let of_issuer = self.by_issuer.entry(name_key(&crl.issuer)).or_default();
        of_issuer.all.push(place);
        let point = crl.issuing_distribution_point.as_ref();
        if point.is_some_and(|point| point.indirect) {
            self.indirect.push(place);
        }
        match PointKey::of_crl(crl) {
            None => of_issuer.of_any_point.push(place),
            Some(keys) => {
                for key in keys {
                    of_issuer.by_point.entry(key).or_default().push(place);
                }
            }
        }
    }

    /// The indices of the CRLs of this issuer, in order.
    pub(crate) fn of_issuer(&self, issuer: &Name) -> &[usize] {
        let of_issuer = self.by_issuer.get(&name_key(issuer));
        of_issuer.map_or(&[], |of_issuer| of_issuer.all.as_slice())
    }

    /// The indices of the CRLs that may answer for certificates of this issuer, in order: its own, and indirect ones.
    pub(super) fn for_issuer(&self, issuer: &Name) -> Vec<usize> {
        let own = self.of_issuer(issuer).iter();
        let mut places: Vec<usize> = own.chain(&self.indirect).copied().collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The indices of the CRLs that may answer for the certificate, in order: those of its CRL issuers that name one of
    /// its distribution points, or none. Of the CRLs of the same issuers that name another point, which cannot answer, the
    /// first `others` are among them.
    pub(crate) fn for_certificate(&self, certificate: &Certificate, others: usize) -> Vec<usize> {
        let points = PointKey::of_certificate(certificate);
        let issuers = crl_issuers(certificate);
        let of_issuers: Vec<&OfIssuer> = issuers
            .iter()
            .filter_map(|issuer| self.by_issuer.get(&name_key(issuer)))
            .collect();
        let mut places = Vec::new();
        for of_issuer in &of_issuers {
            places.extend(&of_issuer.of_any_point);
            let of_point = points.iter().filter_map(|key| of_issuer.by_point.get(key));
            places.extend(of_point.flatten());
        }
        places.sort_unstable();
        places.dedup();
        if others > 0 {
            let mut more = Vec::new();
            for of_issuer in &of_issuers {
                let all = of_issuer.all.iter().copied();
                let others_of_issuer = all.filter(|place| places.binary_search(place).is_err());
                more.extend(others_of_issuer.take(others));
            }
            places.extend(more);
            places.sort_unstable();
            places.dedup();
        }
        places
    }
}
