//! CRLs that a newer one has superseded.

use crate::document::extension::{GeneralName, PointName, Scope};
use crate::document::{Crl, Moment, Sha256Digest};

/// Whether `newer` supersedes `older`, a CRL by the same key: the older one is no longer needed, whatever
/// becomes of it.
///
/// A CA that begins to write its name in another type of string, or begins or ceases to name a distribution point, leaves
/// an old CRL behind that is never renewed. It is superseded by a newer one in time that answers for all that it answered
/// for; an expired CRL that names no point, by any newer one that does.
pub fn superseded(older: (&Crl, Sha256Digest), newer: (&Crl, Sha256Digest), at: Moment) -> bool {
    let ((older, old_key), (newer, new_key)) = (older, newer);
    let (old_point, new_point) = (
        older.issuing_distribution_point.as_ref(),
        newer.issuing_distribution_point.as_ref(),
    );
    let in_time = newer.this_update <= at && newer.next_update.is_none_or(|end| at <= end);
    let expired = older.next_update.is_some_and(|end| end < at);
    let whole = new_point.is_none_or(|point| point.reasons.is_none() && !point.indirect);
    let scope = |point: Option<&crate::document::extension::IssuingDistributionPoint>| {
        point.map_or(Scope::All, |point| point.scope)
    };
    let old_indirect = old_point.is_some_and(|point| point.indirect);
    let covers = scope(new_point) == Scope::All || scope(new_point) == scope(old_point);
    let same_kind = older.base_number.is_some() == newer.base_number.is_some();
    let points = match (names(older), names(newer)) {
        (_, None) => true,
        (None, Some(_)) => expired,
        (Some(old), Some(new)) => overlap(&old, &new),
    };
    old_key == new_key
        && older.issuer.matches(&newer.issuer)
        && older.this_update < newer.this_update
        && same_kind
        && in_time
        && whole
        && !old_indirect
        && covers
        && points
}

/// Whether two CRLs of one CA are for the same certificates, as far as their points say.
pub(super) fn same_scope(one: &Crl, other: &Crl) -> bool {
    match (names(one), names(other)) {
        (Some(one), Some(other)) => overlap(&one, &other),
        // One that names no point is for all.
        _ => true,
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
    some.iter()
        .any(|one| others.iter().any(|other| same(one, other)))
}

/// Scheme and host in any letter case (RFC 5280 section 7.4), the rest as it is.
fn same(one: &GeneralName, other: &GeneralName) -> bool {
    fn parted(uri: &str) -> (&str, &str) {
        let start = uri.find("://").map_or(0, |scheme| scheme + 3);
        let rest = uri.get(start..).unwrap_or_default();
        let host = start + rest.find('/').unwrap_or(rest.len());
        uri.split_at_checked(host).unwrap_or((uri, ""))
    }
    match (one, other) {
        (GeneralName::DirectoryName(one), GeneralName::DirectoryName(other)) => one.matches(other),
        (GeneralName::Uri(one), GeneralName::Uri(other)) => {
            let ((one, path), (other, other_path)) = (parted(one), parted(other));
            one.eq_ignore_ascii_case(other) && path == other_path
        }
        _ => one == other,
    }
}
