//! CRLs that a newer one has superseded.

use std::collections::{HashMap, HashSet};

use super::Held;
use crate::chain::name_key;
use crate::document::extension::{GeneralName, PointName, Scope};
use crate::document::{Crl, Moment, Sha256Digest};

/// The indices of the CRLs that a newer one by the same key has superseded, ascending: no server needs them, and it does not
/// matter when they run out. What they list permanently is revoked all the same, for as long as they are kept.
///
/// A CA that begins to write its name in another type of string, or begins or ceases to name a distribution point, leaves
/// an old CRL behind that is never renewed. It is superseded by a newer one in time that answers for all that it answered
/// for; an expired CRL that names no point, by any newer one that does, and one for all certificates by any newer one for
/// those of users or of CAs alone.
pub(crate) fn superseded(held: &[Held<'_>], at: Moment) -> Vec<usize> {
    let mut newest: HashMap<Series, Newest> = HashMap::new();
    for one in held.iter().filter(|one| may_supersede(one.header, at)) {
        let newest = newest
            .entry(Series::of(one, one.header.scope()))
            .or_default();
        newest.add(one.header);
    }
    let is_superseded = |older: &Held<'_>| {
        let point = older.header.issuing_distribution_point.as_ref();
        let scopes = match older.header.scope() {
            Scope::All if has_expired(older.header, at) => {
                vec![Scope::All, Scope::UserCertificates, Scope::CaCertificates]
            }
            Scope::All => vec![Scope::All],
            own => vec![Scope::All, own],
        };
        !point.is_some_and(|point| point.indirect)
            && scopes.into_iter().any(|scope| {
                let newest = newest.get(&Series::of(older, scope));
                newest.is_some_and(|newest| newest.supersedes(older.header, at))
            })
    };
    let numbered = held.iter().enumerate();
    let superseded = numbered.filter(|(_, older)| is_superseded(older));
    superseded.map(|(place, _)| place).collect()
}

/// Whether a CRL can supersede an older one at all: it is in time, and answers for all reasons and for its own CA.
fn may_supersede(newer: &Crl, at: Moment) -> bool {
    let point = newer.issuing_distribution_point.as_ref();
    newer.this_update <= at
        && newer.next_update.is_none_or(|end| at <= end)
        && point.is_none_or(|point| point.reasons.is_none() && !point.indirect)
}

fn has_expired(crl: &Crl, at: Moment) -> bool {
    crl.next_update.is_some_and(|end| end < at)
}

/// CRLs of one CA and key, for one kind of certificates, complete ones or deltas.
#[derive(PartialEq, Eq, Hash)]
struct Series {
    signer: Sha256Digest,
    issuer: Vec<u8>,
    is_delta: bool,
    scope: Scope,
}

impl Series {
    fn of(held: &Held<'_>, scope: Scope) -> Series {
        Series {
            signer: held.signer,
            issuer: name_key(&held.header.issuer),
            is_delta: held.header.base_number.is_some(),
            scope,
        }
    }
}

/// When the newest CRLs of a series were made.
#[derive(Default)]
struct Newest {
    /// Of those that name no point.
    of_any_point: Option<Moment>,
    /// Of those that name one.
    of_a_point: Option<Moment>,
    /// The same, by each name of the point.
    by_name: HashMap<NameKey, Moment>,
}

impl Newest {
    fn add(&mut self, crl: &Crl) {
        let made = crl.this_update;
        match names(crl) {
            None => self.of_any_point = self.of_any_point.max(Some(made)),
            Some(names) => {
                self.of_a_point = self.of_a_point.max(Some(made));
                for name in &names {
                    let newest = self.by_name.entry(NameKey::of(name)).or_insert(made);
                    *newest = made.max(*newest);
                }
            }
        }
    }

    fn supersedes(&self, older: &Crl, at: Moment) -> bool {
        let is_newer = |made: Moment| older.this_update < made;
        let by_point = match names(older) {
            None => has_expired(older, at) && self.of_a_point.is_some_and(is_newer),
            Some(names) => names.iter().any(|name| {
                let newest = self.by_name.get(&NameKey::of(name));
                newest.copied().is_some_and(is_newer)
            }),
        };
        by_point || self.of_any_point.is_some_and(is_newer)
    }
}

/// The names of the CRL's point, where it has any.
pub(super) fn names(crl: &Crl) -> Option<Vec<GeneralName>> {
    let name = crl.issuing_distribution_point.as_ref()?.name.as_ref()?;
    Some(names_of(name))
}

/// The names of a point.
pub(super) fn names_of(name: &PointName) -> Vec<GeneralName> {
    match name {
        PointName::Full { locations } => locations.iter().map(|at| at.name.clone()).collect(),
        PointName::RelativeToIssuer { resolved } => {
            vec![GeneralName::DirectoryName(resolved.resolved())]
        }
    }
}

/// Whether two points have a name in common.
pub(super) fn overlap(some: &[GeneralName], others: &[GeneralName]) -> bool {
    let others: HashSet<NameKey> = others.iter().map(NameKey::of).collect();
    some.iter().any(|one| others.contains(&NameKey::of(one)))
}

/// The form in which two names of one place are equal: of a URI scheme and host in lower case (RFC 5280 section 7.4) and the
/// rest as it is.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum NameKey {
    Directory(Vec<u8>),
    Uri(String),
    Other(GeneralName),
}

impl NameKey {
    pub(super) fn of(name: &GeneralName) -> NameKey {
        match name {
            GeneralName::DirectoryName(name) => NameKey::Directory(name_key(name)),
            GeneralName::Uri(uri) => {
                let start = uri.find("://").map_or(0, |scheme| scheme + 3);
                let rest = uri.get(start..).unwrap_or_default();
                let host = start + rest.find('/').unwrap_or(rest.len());
                let mut key = uri.clone();
                if let Some(host) = key.get_mut(..host) {
                    host.make_ascii_lowercase();
                }
                NameKey::Uri(key)
            }
            other => NameKey::Other(other.clone()),
        }
    }
}
