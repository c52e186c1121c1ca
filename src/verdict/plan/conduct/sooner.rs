//! Which CRLs OpenSSL is shown first for a certificate: those that can be in its scope.
//!
//! OpenSSL goes through all CRLs of an issuer for each certificate, so that a thousand clients with a thousand partitions
//! cost a million looks. It looks at the CRLs of the question before those of the store, and at the store only where none
//! of them is in scope, in time and without an unknown critical extension; one without these three never outranks one that
//! has them. What is shown first holds every CRL that can be in scope, so that the choice is the same as from all of them.

use std::collections::{HashMap, HashSet};

use crate::chain::name_key;
use crate::document::extension::{GeneralName, PointName};
use crate::document::{Certificate, Crl, Moment};

/// The CRLs of a set by the places that they are for.
#[derive(Default)]
pub(super) struct Sooner {
    /// By each URI that their issuing distribution point names, where it names nothing else.
    of_place: HashMap<String, Vec<usize>>,
    /// Those that can be in any certificate's scope, and those that a CA above can name.
    of_all: Vec<usize>,
    /// Issuer and thisUpdate of each: of two that agree in both, OpenSSL takes the one it meets first.
    issued: Vec<(Vec<u8>, Moment)>,
    /// Whether nothing can be said of a CA of the chain.
    unclear: bool,
}

impl Sooner {
    /// Of CRLs, by their order, below these CAs.
    pub(super) fn new(crls: &[&Crl], bundle: &[&Certificate]) -> Sooner {
        let mut sooner = Sooner::default();
        let mut above = HashSet::new();
        for ca in bundle {
            match places_of(ca) {
                Some(places) => above.extend(places),
                None => sooner.unclear = true,
            }
        }
        for (number, crl) in crls.iter().enumerate() {
            sooner.issued.push((name_key(&crl.issuer), crl.this_update));
            let point = crl.issuing_distribution_point.as_ref();
            let name = point.and_then(|point| point.name.as_ref());
            match name.and_then(uris) {
                Some(places) if !places.iter().any(|place| above.contains(place)) => {
                    for place in places {
                        let crls = sooner.of_place.entry(place.to_owned()).or_default();
                        crls.push(number);
                    }
                }
                _ => sooner.of_all.push(number),
            }
        }
        sooner
    }

    /// The CRLs to show first for a certificate, in their order; none where OpenSSL's choice could be another for it.
    pub(super) fn of(&self, certificate: &Certificate) -> Vec<usize> {
        let Some(places) = places_of(certificate).filter(|_| !self.unclear) else {
            return Vec::new();
        };
        let named = places.iter().filter_map(|place| self.of_place.get(*place));
        let mut first = self.of_all.clone();
        first.extend(named.flatten());
        first.sort_unstable();
        first.dedup();
        let issued: Vec<_> = first.iter().map(|crl| self.issued.get(*crl)).collect();
        let different: HashSet<_> = issued.iter().collect();
        match different.len() == issued.len() {
            true => first,
            false => Vec::new(),
        }
    }
}

/// The URIs that a certificate's distribution points name; `None` where one of them names anything else, or nothing, and where they
/// do not read.
fn places_of(certificate: &Certificate) -> Option<Vec<&str>> {
    const POINTS: &str = "2.5.29.31";
    if certificate
        .extensions
        .malformed()
        .iter()
        .any(|oid| oid == POINTS)
    {
        return None;
    }
    let points = certificate.distribution_points().iter();
    let places = points.map(|point| point.name.as_ref().and_then(uris));
    Some(places.collect::<Option<Vec<_>>>()?.concat())
}

/// The URIs of a name that has nothing else.
fn uris(name: &PointName) -> Option<Vec<&str>> {
    let PointName::Full { locations } = name else {
        return None;
    };
    let uris = locations.iter().map(|location| match &location.name {
        GeneralName::Uri(uri) => Some(uri.as_str()),
        _ => None,
    });
    let uris: Option<Vec<&str>> = uris.collect();
    uris.filter(|uris| !uris.is_empty())
}
