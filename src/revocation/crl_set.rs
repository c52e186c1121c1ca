//! The CRLs that questions are answered by, findable by issuer.

use std::collections::HashMap;

use rayon::prelude::*;

use super::crl::SearchableCrl;
use super::crl_index::CrlIndex;
use super::scope::scope;
use super::serials::Serials;
use crate::document::{Certificate, Name, Serial};
use crate::input::Source;

/// Below this many CRLs one core looks through them all: starting threads costs more.
const FEW: usize = 32;

/// So many of the CRLs that were given are named where none of them is the certificate's.
const GIVEN: usize = 8;

/// CRLs of any number of issuers, made ready for many questions: what all questions share – whose each one is, which
/// distribution point it answers for, which ones are copies of another – is found out once, so that a question costs as
/// much as the CRLs that may answer it and no more, of however many issuers and partitions there are.
#[derive(Debug, Default)]
pub struct CrlSet<'a> {
    crls: Vec<&'a SearchableCrl<'a>>,
    index: CrlIndex,
    /// For each copy, the first one of the same bytes.
    copies: HashMap<usize, usize>,
    /// The first few that were given for the question, and are not there because a cache has them.
    given: Vec<usize>,
}

impl<'a> CrlSet<'a> {
    /// These CRLs, in any order; an answer refers to each by its index among them.
    pub fn new(crls: &[&'a SearchableCrl<'a>]) -> CrlSet<'a> {
        let mut set = CrlSet {
            crls: crls.to_vec(),
            ..CrlSet::default()
        };
        // Copies have the same signature; whole CRLs are compared only then.
        let mut by_signature: HashMap<&[u8], Vec<usize>> = HashMap::new();
        let is_given = |crl: &SearchableCrl<'_>| !matches!(*crl.origin().source, Source::Cached(_));
        let given = crls.iter().enumerate().filter(|(_, crl)| is_given(crl));
        set.given = given.map(|(index, _)| index).take(GIVEN).collect();
        for (index, crl) in crls.iter().enumerate() {
            set.index.add(index, crl.header());
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

    /// The CRL with this index.
    pub fn get(&self, index: usize) -> Option<&'a SearchableCrl<'a>> {
        self.crls.get(index).copied()
    }

    /// Whether there is a CRL of this issuer.
    pub(crate) fn has_issuer(&self, issuer: &Name) -> bool {
        !self.index.of_issuer(issuer).is_empty()
    }

    /// The indices of the CRLs that may answer for the certificate, in order: those of its CRL issuers that name one of
    /// its distribution points, or none. Of the CRLs of the same issuers that name another point, which cannot answer, the
    /// first `others` are among them.
    pub(super) fn for_certificate(&self, certificate: &Certificate, others: usize) -> Vec<usize> {
        self.index.for_certificate(certificate, others)
    }

    /// The indices of some CRLs that were given for the question, whoever issued them. What a cache has of other issuers is there
    /// for other certificates.
    pub(super) fn given(&self) -> &[usize] {
        &self.given
    }

    /// The indices of the CRLs that may answer for certificates of this issuer, in order: its own, and indirect ones.
    pub(super) fn for_issuer(&self, issuer: &Name) -> Vec<usize> {
        self.index.for_issuer(issuer)
    }

    /// The index of the first CRL of which the one with this index is a copy.
    pub(super) fn copy_of(&self, index: usize) -> Option<usize> {
        self.copies.get(&index).copied()
    }

    /// Looks for many certificates at once: one pass over each CRL without an index that may answer for some of them,
    /// where each question would take a pass of its own.
    pub fn prepare<'c>(&self, certificates: impl IntoIterator<Item = &'c Certificate>) {
        let mut wanted: HashMap<usize, Vec<&'c Serial>> = HashMap::new();
        for certificate in certificates {
            for place in self.for_certificate(certificate, 0) {
                let answers = |crl: &SearchableCrl<'_>| {
                    let mismatch = scope(certificate, crl.header()).err();
                    mismatch.is_none_or(|mismatch| mismatch.may_be_meant())
                };
                if self.copy_of(place).is_none() && self.get(place).is_some_and(answers) {
                    let serials = wanted.entry(place).or_default();
                    serials.push(&certificate.serial);
                }
            }
        }
        let prepare = |(place, serials): (usize, Vec<&Serial>)| {
            if let Some(crl) = self.get(place) {
                // A CRL that cannot be searched says so to whoever asks it.
                let _ = crl.prepare(&Serials::new(serials));
            }
        };
        match wanted.len() {
            0..FEW => wanted.into_iter().for_each(prepare),
            _ => wanted.into_par_iter().for_each(prepare),
        }
    }
}
