//! A CRL whose bytes are available.

mod error;
mod memory;

pub use error::{CrlError, Part};

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock};

use openssl::sha::Sha256;
use schemars::JsonSchema;
use serde::Serialize;

use self::memory::Memory;
pub(super) use self::memory::Pass;
use super::index::{Index, IndexError};
use super::signature::Seal;
use crate::document::extension::{IssuingDistributionPoint, PointName};
use crate::document::{Crl, CrlNumber, Hex, Moment, Name, Sha256Digest};
use crate::input::{Origin, Source};

/// A CRL: its header, and its entries as the bytes they are.
///
/// Remembers what was looked up and which keys were tried, so that many questions to one CRL cost one pass:
/// say them all beforehand with [`SearchableCrl::prepare`]. With an [`Index`] no pass is needed at all
/// ([`SearchableCrl::indexed`]). Nothing about it has been checked but its form.
pub struct SearchableCrl<'a> {
    bytes: Cow<'a, [u8]>,
    origin: Origin,
    header: Crl,
    signed: Range<usize>,
    entries: Range<usize>,
    signature: Range<usize>,
    memory: Mutex<Memory>,
    index: Option<Index<'a>>,
    /// Why the index is not used any more.
    fault: OnceLock<Arc<IndexError>>,
    /// Whether the bytes are a translation from BER.
    is_rewritten: bool,
}

/// Which CRL: enough to find it again and to see why another one is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CrlId {
    /// Its index among the CRLs of the question, from 0.
    pub index: usize,
    /// Where it was read.
    pub origin: Origin,
    /// Who signed it, as it says.
    pub issuer: Name,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<CrlNumber>,
    /// For a delta CRL: the number of the CRL it builds on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_number: Option<CrlNumber>,
    /// When it was made.
    pub this_update: Moment,
    /// By when there will be a newer one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Moment>,
    /// Which certificates it answers for; absent means all of its issuer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuing_distribution_point: Option<IssuingDistributionPoint>,
}

impl CrlId {
    /// What a sentence calls it: by its file where the user gave one, by its issuer and its distribution points where it is in
    /// the cache, whose paths say nothing to a reader.
    pub fn title(&self) -> String {
        if !matches!(*self.origin.source, Source::Cached(_)) {
            return format!("the CRL {}", self.origin);
        }
        self.by_issuer()
    }

    /// `the CRL of NHS INT Level 1C for http://…`, wherever it was read.
    pub(crate) fn by_issuer(&self) -> String {
        let point = self.issuing_distribution_point.as_ref();
        let point = match point.and_then(|point| point.name.as_ref()) {
            None => String::new(),
            Some(PointName::Full { locations }) => {
                let names: Vec<String> = locations.iter().map(|at| at.name.source()).collect();
                format!(" for {}", names.join(" or "))
            }
            Some(PointName::RelativeToIssuer { resolved }) => {
                format!(" for directory name {resolved}")
            }
        };
        format!("the CRL of {}{point}", self.issuer.short())
    }
}

impl<'a> SearchableCrl<'a> {
    /// Reads a DER CRL that fills `bytes` exactly; borrowed bytes, such as a mapped file, are not copied.
    ///
    /// The entries are stepped over: a fault inside them shows when the CRL is first searched.
    ///
    /// # Errors
    /// When the bytes are no CRL, or not only one.
    pub fn read(
        bytes: impl Into<Cow<'a, [u8]>>,
        origin: Origin,
    ) -> Result<SearchableCrl<'a>, CrlError> {
        let bytes = bytes.into();
        let (header, parts) =
            Crl::read_parts(&bytes).map_err(|misread| CrlError::of_whole(misread, &bytes))?;
        // Checks what can be checked without a digest.
        Seal::new(&parts, None)?;
        let range = |part: &[u8]| {
            let start = (part.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
            match part.is_empty() {
                true => 0..0,
                false => start..start + part.len(),
            }
        };
        let (signed, entries) = (range(parts.signed), range(parts.entries));
        let signature = range(parts.signature.get(1..).unwrap_or_default());
        Ok(SearchableCrl {
            signed,
            entries,
            signature,
            header,
            origin,
            memory: Mutex::default(),
            index: None,
            fault: OnceLock::new(),
            is_rewritten: false,
            bytes,
        })
    }

    /// The same CRL, of which these bytes are a translation of what its issuer made, from BER: a signature that does not
    /// fit them says nothing about it.
    #[must_use]
    pub fn rewritten(self, is_rewritten: bool) -> SearchableCrl<'a> {
        SearchableCrl {
            is_rewritten,
            ..self
        }
    }

    /// Whether the bytes are a translation.
    pub(crate) fn is_rewritten(&self) -> bool {
        self.is_rewritten
    }

    /// Reads a CRL that has an index: it answers as the same CRL without one does, but no question costs a
    /// pass over it, and neither does the check of its signature.
    ///
    /// Errors when the CRL is malformed, or is not the one that the index was made from as far as its length and
    /// everything but its entries can show; [`SearchableCrl::read`] then gives a CRL that makes its own pass. The entries are
    /// compared when they are used; see [`Index`] for what is promised. When one of them or the index turns out to be
    /// changed, the CRL forgets the index, answers by a pass, and says why in [`SearchableCrl::index_fault`].
    ///
    /// # Errors
    /// When the CRL is malformed, or is not the one that the index was made from.
    pub fn indexed(
        bytes: impl Into<Cow<'a, [u8]>>,
        origin: Origin,
        index: Index<'a>,
    ) -> Result<SearchableCrl<'a>, IndexError> {
        let mut crl = SearchableCrl::read(bytes, origin)?;
        let header = index.header();
        let entries = crl.entries.start as u64..crl.entries.end as u64;
        let expected =
            header.entries_start..header.entries_start.saturating_add(header.entries_length);
        if entries != expected || crl.frame_sha256() != header.frame_sha256 {
            return Err(IndexError::CrlChanged { offset: 0 });
        }
        crl.memory = Mutex::new(Memory::of(&crl, &index)?);
        crl.index = Some(index);
        Ok(crl)
    }

    /// Why the CRL no longer uses the index it was given; `None` while it does, and where it has none.
    ///
    /// What has been answered stays right. The index should be made again.
    pub fn index_fault(&self) -> Option<&IndexError> {
        self.fault.get().map(Arc::as_ref)
    }

    /// What the CRL says about itself.
    pub fn header(&self) -> &Crl {
        &self.header
    }

    /// Where it was read.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The whole CRL's DER.
    pub fn der(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the tbsCertList, which is what was signed, is in [`SearchableCrl::der`].
    pub fn signed_range(&self) -> Range<usize> {
        self.signed.clone()
    }

    /// Where the entries are in [`SearchableCrl::der`], without the header around them; empty where there are none.
    pub fn entries_range(&self) -> Range<usize> {
        self.entries.clone()
    }

    /// The signature's octets.
    pub fn signature(&self) -> &[u8] {
        self.bytes.get(self.signature.clone()).unwrap_or_default()
    }

    /// The SHA-256 of everything but the entries: what is read of a CRL when it has an index.
    pub(super) fn frame_sha256(&self) -> Sha256Digest {
        let mut digest = Sha256::new();
        digest.update(self.bytes.get(..self.entries.start).unwrap_or_default());
        digest.update(self.bytes.get(self.entries.end..).unwrap_or_default());
        Hex(digest.finish())
    }

    /// How an answer refers to the CRL; `index` is its position among the CRLs of the question.
    pub fn id(&self, index: usize) -> CrlId {
        CrlId {
            index,
            origin: self.origin.clone(),
            issuer: self.header.issuer.clone(),
            number: self.header.number.clone(),
            base_number: self.header.base_number.clone(),
            this_update: self.header.this_update,
            next_update: self.header.next_update,
            issuing_distribution_point: self.header.issuing_distribution_point.clone(),
        }
    }
}

impl fmt::Debug for SearchableCrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("origin", &self.origin)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}
