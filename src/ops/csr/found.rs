//! What lies where a pair is to be written: whether it is the pair that is asked for.

use std::collections::BTreeSet;
use std::path::Path;

use super::{CsrError, Protection};
use crate::document::extension::GeneralName;
use crate::document::{Document, PublicKey, Request, Sha256Digest};
use crate::fqdn::Fqdn;
use crate::generate::Plan;
use crate::input::Source;
use crate::ops::gather::{self, Named};
use crate::store::pair;

/// A pair, or a request, that was there already and was left unchanged: it is for the names and the key that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftPair {
    /// The key that the request is for.
    pub key: Sha256Digest,
    /// How the key beside the request is kept; `None` where the key was named and lies anywhere.
    pub protection: Option<Protection>,
    /// Whether that key was to be encrypted, and is not.
    pub lacks_encryption: bool,
    /// Whether every user of this machine can read the key beside the request.
    pub is_open_to_all: bool,
}

/// A request in a file.
#[derive(Debug)]
pub(in crate::ops) struct FoundRequest {
    /// The key that it is for.
    pub(in crate::ops) key: Sha256Digest,
    names: Option<BTreeSet<Fqdn>>,
    signature_valid: bool,
}

impl FoundRequest {
    /// Whether it asks for these names, in any order.
    pub(in crate::ops) fn is_for<'n>(&self, hosts: impl IntoIterator<Item = &'n Fqdn>) -> bool {
        let hosts: BTreeSet<&Fqdn> = hosts.into_iter().collect();
        self.names
            .as_ref()
            .is_some_and(|names| names.iter().eq(hosts))
    }
}

/// The host names that a request asks for; `None` where it has others.
pub(in crate::ops) fn names(request: &Request) -> Option<BTreeSet<Fqdn>> {
    let alternatives = request.extensions.alternative_names();
    let are_hosts = alternatives
        .iter()
        .all(|name| matches!(name, GeneralName::Dns(_)));
    if !are_hosts || request.extensions.has_malformed_alternative_names() {
        return None;
    }
    let names = request
        .subject
        .values("CN")
        .chain(request.extensions.dns_names());
    names.map(|name| Fqdn::parse(name).ok()).collect()
}

/// The only request in a file.
pub(in crate::ops) fn request(csr: &Path) -> Option<FoundRequest> {
    if !pair::is_file(csr) {
        return None;
    }
    let reading = gather::read(&[Named::file(csr)], None, &());
    let request = gather::only_request(&reading.items).ok()?;
    Some(FoundRequest {
        key: request.key.identity(),
        names: names(request),
        signature_valid: request.signature_valid,
    })
}

/// Refuses a key that lies beside a request for another one, the key that was named.
pub(super) fn refuse_other_key(key: &Path, csr: &Path, named: &PublicKey) -> Result<(), CsrError> {
    match beside(key, named.identity()) {
        Some(_) => Ok(()),
        None => Err(CsrError::OtherKey {
            key: key.to_owned(),
            csr: csr.to_owned(),
        }),
    }
}

/// Examines what was left unchanged: a pair, or a request for the key that was named.
///
/// # Errors
/// When it is not what was asked for.
pub(super) fn examine(
    key: &Path,
    csr: &Path,
    plan: &Plan,
    named: Option<(&Source, &PublicKey)>,
) -> Result<LeftPair, CsrError> {
    let found = request(csr).ok_or_else(|| CsrError::NoRequest {
        csr: csr.to_owned(),
    })?;
    if !found.signature_valid {
        let csr = csr.to_owned();
        return Err(CsrError::ChangedRequest { csr });
    }
    if let Some((named, public)) = named
        && public.identity() != found.key
    {
        return Err(CsrError::OtherRequest {
            csr: csr.to_owned(),
            key: named.clone(),
        });
    }
    let names = plan.names();
    let asked = std::iter::once(names.common_name()).chain(names.dns_names());
    if !found.is_for(asked) {
        let csr = csr.to_owned();
        return Err(CsrError::OtherNames { csr });
    }
    let kept = match named {
        Some(_) => None,
        None => Some(beside(key, found.key).ok_or_else(|| CsrError::OtherKey {
            key: key.to_owned(),
            csr: csr.to_owned(),
        })?),
    };
    Ok(LeftPair {
        key: found.key,
        protection: kept.as_ref().map(|kept| kept.protection),
        lacks_encryption: false,
        is_open_to_all: kept.is_some_and(|kept| kept.is_open_to_all),
    })
}

/// How a key is kept.
struct Kept {
    protection: Protection,
    is_open_to_all: bool,
}

/// How the file of this private key is kept; `None` where it holds no such key. Of one that is encrypted nothing is known, and
/// it is taken for the key.
fn beside(file: &Path, identity: Sha256Digest) -> Option<Kept> {
    if !pair::is_file(file) {
        return None;
    }
    let reading = gather::read(&[Named::file(file)], None, &());
    let is_encrypted = reading.needs_password();
    let is_key = || {
        let mut keys = reading.keys();
        keys.any(|key| key.public_key().identity() == identity)
    };
    if !is_encrypted && !is_key() {
        return None;
    }
    let mut keys = reading.items.iter().filter(|item| {
        matches!(
            item.document,
            Document::PrivateKey(_) | Document::EncryptedKey(_)
        )
    });
    Some(Kept {
        protection: match is_encrypted {
            true => Protection::Encrypted,
            false => Protection::None,
        },
        is_open_to_all: keys.any(|item| item.is_open_to_all),
    })
}
