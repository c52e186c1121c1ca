//! Distribution points in words.

use crate::document::extension::{DistributionPoint, GeneralName, Retrieval};

pub(crate) fn not_fetchable(points: &[DistributionPoint]) -> String {
    let directory = points
        .iter()
        .flat_map(|point| point.locations())
        .find(|(_, way)| *way == Retrieval::Directory);
    match (
        directory,
        // An LDAP server that could be asked is the best that is left.
        points
            .iter()
            .flat_map(|point| point.locations())
            .min_by_key(|(_, way)| *way != Retrieval::Ldap),
    ) {
        (Some((name, _)), _) => format!(
            "its CRL is named only by a directory name, which cannot be fetched ({})",
            bare(&name)
        ),
        (None, Some((name, way))) => {
            format!(
                "its CRL cannot be fetched over HTTP: {} ({way})",
                bare(&name)
            )
        }
        (None, None) => "its CRL distribution point names no source".to_owned(),
    }
}

/// A source without its kind of name, which the sentence says already.
pub(crate) fn bare(name: &GeneralName) -> String {
    name.bare()
}

pub(crate) fn cdp_remedy(points: &[DistributionPoint]) -> String {
    let ldap = points
        .iter()
        .flat_map(|point| point.locations())
        .any(|(_, way)| way == Retrieval::Ldap);
    match ldap {
        true => "fetch the CRL with an LDAP client and give it to your server as a file".to_owned(),
        false => "download the CRL file for your environment from the NHS page on HSCN, manually or with a weekly job, and set your server to use the local copy".to_owned(),
    }
}
