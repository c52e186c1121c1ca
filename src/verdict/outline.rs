//! What objects are compared by with each other: of the objects themselves, or of what is kept of those that were read and
//! let go.

use std::borrow::Cow;

use super::examine::{CHAIN_LIMIT, duplicates};
use super::finding::Problem;
use super::keys::{self, AskedKeys, KeyGroup};
use crate::document::{Certificate, Document, Item, KeyAlgorithm, Kind, Sha256Digest};
use crate::input::Origin;

/// What an object is compared by.
pub(super) trait Compared {
    /// What it is.
    fn kind(&self) -> Kind;
    /// Where it is.
    fn origin(&self) -> &Origin;
    /// What to call it.
    fn name(&self) -> Cow<'_, str>;
    /// The digest of its DER, where it may occur again.
    fn digest(&self) -> Option<Sha256Digest>;
    /// SHA-256 over its key in the usual form.
    fn key(&self) -> Option<Sha256Digest>;
    /// Of a request or a certificate that is no CA's, to which a supplier's private key may belong, the hosts that it
    /// names; `None` of anything else.
    fn hosts(&self) -> Option<Vec<&str>>;
}

impl Compared for Item {
    fn kind(&self) -> Kind {
        self.document.kind()
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn name(&self) -> Cow<'_, str> {
        Cow::Owned(Item::name(self))
    }

    fn digest(&self) -> Option<Sha256Digest> {
        self.document.digest()
    }

    fn key(&self) -> Option<Sha256Digest> {
        self.document.public_key().map(|key| key.identity())
    }

    fn hosts(&self) -> Option<Vec<&str>> {
        match &self.document {
            Document::Request(request) => Some(match request.subject.common_name() {
                Some(name) if !name.trim().is_empty() => vec![name],
                // cert-manager and others leave the subject empty.
                _ => request.dns_names().collect(),
            }),
            Document::Certificate(certificate) if !certificate.is_ca() => {
                Some(hosts(certificate).collect())
            }
            _ => None,
        }
    }
}

fn hosts(certificate: &Certificate) -> impl Iterator<Item = &str> {
    let common_names = certificate.subject.values("CN");
    common_names.chain(certificate.dns_names())
}

/// What is kept of an object that was examined alone and let go: enough to compare it with others and to name it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outline {
    /// What it is.
    pub kind: Kind,
    /// What to call it.
    pub name: String,
    /// Where it is.
    pub origin: Origin,
    /// The digest of its DER, where it may occur again.
    pub sha256: Option<Sha256Digest>,
    /// Its key: SHA-256 over its usual form, kind and size.
    pub key: Option<(Sha256Digest, KeyAlgorithm)>,
    /// The hosts that it names, where it is a request or an endpoint's certificate.
    hosts: Option<Box<[Box<str>]>>,
}

impl Outline {
    /// That of an object.
    pub fn of(item: &Item) -> Outline {
        let key = item.document.public_key();
        let distinct = |mut hosts: Vec<&str>| {
            hosts.dedup();
            hosts.into_iter().map(Box::from).collect()
        };
        Outline {
            kind: Compared::kind(item),
            name: Item::name(item),
            origin: item.origin.clone(),
            sha256: Compared::digest(item),
            key: key.map(|key| (key.identity(), key.algorithm.clone())),
            hosts: Compared::hosts(item).map(distinct),
        }
    }
}

impl Compared for Outline {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn digest(&self) -> Option<Sha256Digest> {
        self.sha256
    }

    fn key(&self) -> Option<Sha256Digest> {
        self.key.as_ref().map(|(identity, _)| *identity)
    }

    fn hosts(&self) -> Option<Vec<&str>> {
        let hosts = self.hosts.as_deref()?;
        Some(hosts.iter().map(AsRef::as_ref).collect())
    }
}

/// Compares objects, too many for their chains to be drawn, that were each examined alone: adds what is wrong with them
/// together to the problems of each, and says which hold the same key. It is what [`examine`](super::examine) says of such
/// objects.
pub fn compare(outlines: &[Outline], problems: &mut [Vec<Problem>]) -> Vec<KeyGroup> {
    let mut tell = |number: usize, problem: Problem| {
        if let Some(own) = problems.get_mut(number) {
            own.push(problem);
        }
    };
    let (duplicates, groups) = rayon::join(|| duplicates(outlines), || keys::group(outlines));
    for (number, first) in duplicates {
        tell(number, Problem::Duplicate { first });
    }
    let is_certificate = |outline: &&Outline| outline.kind == Kind::Certificate;
    let certificates = outlines.iter().filter(is_certificate).count();
    let first = outlines
        .iter()
        .position(|outline| outline.kind == Kind::Certificate);
    if let Some(first) = first.filter(|_| certificates > CHAIN_LIMIT) {
        let limit = CHAIN_LIMIT;
        tell(
            first,
            Problem::ChainNotSearched {
                certificates,
                limit,
            },
        );
    }
    for (number, problem) in keys::mismatches(outlines, &groups, AskedKeys::Endpoints) {
        tell(number, problem);
    }
    groups
}
