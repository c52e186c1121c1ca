//! A CRL with its index, and what an input changes in the index.

use std::sync::Arc;

use ptl_cert::document::{Hex, Sha256Digest};
use ptl_cert::input::{Origin, Source};
use ptl_cert::revocation::{Index, SearchableCrl};

/// A CRL as DER, the index made of it, and its SHA-256.
pub struct Indexed {
    pub crl: Vec<u8>,
    pub index: Vec<u8>,
    pub sha256: Sha256Digest,
}

impl Indexed {
    /// Makes the index.
    pub fn new(crl: Vec<u8>) -> Indexed {
        let sha256 = Hex(openssl::sha::sha256(&crl));
        let mut index = Vec::new();
        let plain = SearchableCrl::read(&crl[..], origin()).unwrap();
        Index::build(&plain, &sha256, &mut index).unwrap();
        drop(plain);
        Indexed { crl, index, sha256 }
    }

    /// The index after the changes of an input: triples of a place (two bytes) and what that byte becomes.
    pub fn changed(&self, input: &[u8]) -> Vec<u8> {
        let mut index = self.index.clone();
        for change in input.chunks_exact(3) {
            let place = usize::from(u16::from_be_bytes([change[0], change[1]])) % index.len();
            index[place] = change[2];
        }
        index
    }

    /// The CRL with such an index, where that is not refused.
    pub fn with<'a>(&'a self, index: &'a [u8]) -> Option<SearchableCrl<'a>> {
        let index = Index::read(index, self.crl.len() as u64, &self.sha256).ok()?;
        SearchableCrl::indexed(&self.crl[..], origin(), index).ok()
    }
}

/// Where a CRL of a fuzzer is from.
pub fn origin() -> Origin {
    Origin::whole(&Arc::new(Source::Stdin))
}
