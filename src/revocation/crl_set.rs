//! The CRLs that questions are answered by, findable by issuer.

use std::collections::HashMap;

use super::crl::SearchableCrl;
use super::scope::{crl_issuers, scope};
use super::serials::Serials;
use crate::chain::name_key;
use crate::document::{Certificate, Name, Serial};

/// CRLs of any number of issuers, made ready for many questions: what all questions share – whose each one is, which ones
/// are copies of another – is found out once, so that a question costs as much as the CRLs of its own issuers and no
/// more.
#[derive(Debug, Default)]
pub struct CrlSet<'a> {
    crls: Vec<&'a SearchableCrl<'a>>,
    by_issuer: HashMap<Vec<u8>, Vec<usize>>,
    /// For each copy, the first one of the same bytes.
    copies: HashMap<usize, usize>,
}

impl<'a> CrlSet<'a> {
    /// These CRLs, in any order; an answer names each by its place among them.
    pub fn new(crls: &[&'a SearchableCrl<'a>]) -> CrlSet<'a> {
        let mut set = CrlSet {
            crls: crls.to_vec(),
            ..CrlSet::default()
        };
        // Copies have the same signature; whole CRLs are compared only then.
        let mut by_signature: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (index, crl) in crls.iter().enumerate() {
            let issuer = name_key(&crl.header().issuer);
            set.by_issuer.entry(issuer).or_default().push(index);
            let alike = by_signature.entry(crl.signature()).or_default();
            let first = alike.iter().find(|first| {
                crls.get(**first)
                    .is_some_and(|first| first.der() == crl.der())
            });
            match first {
                Some(first) => {
                    set.copies.insert(index, *first);
                }
                None => alike.push(index),
            }
        }
        set
    }

    /// How many CRLs there are, copies included.
    pub fn len(&self) -> usize {
        self.crls.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.crls.is_empty()
    }

    /// The CRL at this place.
    pub fn get(&self, index: usize) -> Option<&'a SearchableCrl<'a>> {
        self.crls.get(index).copied()
    }

    /// Whether there is a CRL of this issuer.
    pub(crate) fn has_issuer(&self, issuer: &Name) -> bool {
        self.by_issuer.contains_key(&name_key(issuer))
    }

    /// The places of the CRLs of these issuers, in order.
    pub(super) fn of(&self, issuers: &[Name]) -> Vec<usize> {
        let mut places: Vec<usize> = issuers
            .iter()
            .filter_map(|issuer| self.by_issuer.get(&name_key(issuer)))
            .flatten()
            .copied()
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The place of the first CRL of which the one at this place is a copy.
    pub(super) fn copy_of(&self, index: usize) -> Option<usize> {
        self.copies.get(&index).copied()
    }

    /// Looks for many certificates at once: one pass over each CRL without an index that may answer for some of them,
    /// where each question would take a pass of its own.
    pub fn prepare<'c>(&self, certificates: impl IntoIterator<Item = &'c Certificate>) {
        let mut wanted: HashMap<usize, Vec<&'c Serial>> = HashMap::new();
        for certificate in certificates {
            for place in self.of(&crl_issuers(certificate)) {
                let answers = |crl: &SearchableCrl<'_>| scope(certificate, crl.header()).is_ok();
                if self.copy_of(place).is_none() && self.get(place).is_some_and(answers) {
                    let serials = wanted.entry(place).or_default();
                    serials.push(&certificate.serial);
                }
            }
        }
        for (place, serials) in wanted {
            if let Some(crl) = self.get(place) {
                // A CRL that cannot be searched says so to whoever asks it.
                let _ = crl.prepare(&Serials::new(serials));
            }
        }
    }
}
