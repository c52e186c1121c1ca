//! The kinds of objects that a judgement is made of.

use std::collections::HashSet;
use std::sync::Arc;

use super::inputs::{Inputs, OpenedInput, left_out};
use super::unread::{ExpectedContent, Unread, UnreadObjects, UnreadReason};
use crate::decode::{Blob, Damage};
use crate::document::{Document, Item, Kind, PrivateKey, PublicKey, Request};
use crate::input::Source;
use crate::ops::Observer;
use crate::revocation::SearchableCrl;
use crate::verdict::verify::Given;

/// The certificates among the objects, in order.
pub(in crate::ops) fn certificates(items: &[Item]) -> Vec<Given> {
    let given = |item: &Item| {
        Some(Given {
            certificate: Arc::clone(item.document.certificate()?),
            origin: item.origin.clone(),
        })
    };
    items.iter().filter_map(given).collect()
}

/// The public half of the only private key among the objects; where there is none, the only public key: the private one may be
/// kept where it cannot be read.
///
/// # Errors
/// How many there are instead of one; 0 where the only private key does not open.
pub(in crate::ops) fn only_key(items: &[Item]) -> Result<&PublicKey, usize> {
    if items.iter().any(is_private_key) {
        return only_key_pair(items).map(PrivateKey::public_key);
    }
    only(items, |item| match &item.document {
        Document::PublicKey(key) => Some(key),
        _ => None,
    })
}

/// The only private key among the objects. One that does not open counts beside one that does: either may be meant.
///
/// # Errors
/// How many there are instead of one; 0 where the only one does not open.
pub(in crate::ops) fn only_key_pair(items: &[Item]) -> Result<&PrivateKey, usize> {
    let only = only(items, |item| is_private_key(item).then_some(&item.document))?;
    match only {
        Document::PrivateKey(key) => Ok(key),
        _ => Err(0),
    }
}

fn is_private_key(item: &Item) -> bool {
    matches!(
        item.document,
        Document::PrivateKey(_) | Document::EncryptedKey(_)
    )
}

/// The only certificate signing request among the objects.
///
/// # Errors
/// How many there are instead of one.
pub(in crate::ops) fn only_request(items: &[Item]) -> Result<&Request, usize> {
    only(items, |item| match &item.document {
        Document::Request(request) => Some(request.as_ref()),
        _ => None,
    })
}

/// The only object that is wanted.
fn only<'i, T>(items: &'i [Item], wanted: impl Fn(&'i Item) -> Option<T>) -> Result<T, usize> {
    let mut found = items.iter().filter_map(wanted);
    match (found.next(), found.count()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(0),
        (Some(_), others) => Err(others + 1),
    }
}

/// Objects that are expected to be CRLs, still to be read.
#[derive(Debug, Default)]
pub(in crate::ops) struct CrlObjects<'a> {
    blobs: Vec<Blob<'a>>,
}

impl<'a> CrlObjects<'a> {
    /// Takes every object out of its container. What is damaged is added to `unread`.
    pub(in crate::ops) fn open(
        inputs: &'a Inputs,
        observer: &dyn Observer,
        unread: &mut Vec<Unread>,
    ) -> CrlObjects<'a> {
        let OpenedInput {
            opened,
            unread: missed,
            passed_over,
        } = inputs.open(None, observer);
        unread.extend(missed.into_iter().chain(passed_over));
        // It was given to count.
        unread.extend(left_out(&opened).filter(Unread::may_hide));
        let mut blobs = Vec::new();
        let mut unreadable = UnreadObjects::default();
        let objects = opened.iter().flat_map(|opened| {
            let objects = opened.objects.iter();
            objects.map(|object| (object, opened.damage.contains(&Damage::Ber)))
        });
        for (object, is_rewritten) in objects {
            match object.decode() {
                // What its whole file was is what it was.
                Ok(mut blob) => {
                    blob.damage.extend(is_rewritten.then_some(Damage::Ber));
                    blobs.push(blob);
                }
                Err(source) => {
                    let origin = object.origin();
                    let place = origin.source.as_ref().clone();
                    let origin = origin.clone();
                    let one = Unread::new(place, UnreadReason::Encoded { origin, source });
                    unreadable.add(one, unread);
                }
            }
        }
        unreadable.finish(unread);
        CrlObjects { blobs }
    }

    /// The CRLs, in order. What cannot be read is added to `unread`: it was given to count. So is what is not a CRL, unless there
    /// are CRLs in the same file, as in a PKCS#7 file that holds certificates too: then it is added to `passed_over`.
    pub(in crate::ops) fn crls(
        &self,
        unread: &mut Vec<Unread>,
        passed_over: &mut Vec<Unread>,
    ) -> Vec<SearchableCrl<'_>> {
        let mut crls = Vec::new();
        let is_crl = |blob: &Blob<'_>| Kind::of(&blob.bytes).is_none_or(|kind| kind == Kind::Crl);
        let with_crls: HashSet<&Source> = self
            .blobs
            .iter()
            .filter(|blob| is_crl(blob))
            .map(|blob| blob.origin.source.as_ref())
            .collect();
        let mut unreadable = UnreadObjects::default();
        for blob in &self.blobs {
            let origin = blob.origin.clone();
            let source = origin.source.as_ref().clone();
            if !is_crl(blob) {
                let beside = with_crls.contains(blob.origin.source.as_ref());
                let one = Unread::new(source, UnreadReason::NotACrl { origin });
                match beside {
                    true => passed_over.push(one),
                    false => unreadable.add(one, unread),
                }
                continue;
            }
            match SearchableCrl::read(blob.bytes.as_ref(), origin.clone()) {
                Ok(crl) => crls.push(crl.rewritten(blob.damage.contains(&Damage::Ber))),
                Err(source) => {
                    let place = origin.source.as_ref().clone();
                    let one = Unread::new(place, UnreadReason::Crl { origin, source });
                    unreadable.add(one, unread);
                }
            }
        }
        unreadable.finish(unread);
        crls
    }
}

/// Why a source is not the file of one private key: it has none, or several, or the one that it has does not open.
pub(in crate::ops) fn no_key<'i>(
    source: Source,
    items: impl IntoIterator<Item = &'i Item>,
    found: usize,
) -> Unread {
    let locked = items.into_iter().find_map(|item| match &item.document {
        Document::EncryptedKey(key) if found == 0 => Some(UnreadReason::Locked {
            scheme: key.scheme.clone(),
            tried: key.tried,
        }),
        _ => None,
    });
    match locked {
        Some(reason) => Unread::new(source, reason),
        None => Unread::expected(source, ExpectedContent::OneKey, found),
    }
}

/// Adds to `unread` that files do not hold what was expected, unless something else was unread already, which explains it.
pub(in crate::ops) fn expect(
    sources: impl IntoIterator<Item = Source>,
    expected: ExpectedContent,
    found: usize,
    unread: &mut Vec<Unread>,
) {
    if unread.is_empty() {
        let missed = sources.into_iter();
        unread.extend(missed.map(|source| Unread::expected(source, expected, found)));
    }
}
