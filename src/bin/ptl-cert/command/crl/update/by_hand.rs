//! The lists that somebody has to bring for certificates.

use std::sync::Arc;

use ptl_cert::document::extension::Retrieval;
use ptl_cert::document::{Certificate, Moment};
use ptl_cert::report::lists::intake as report;
use ptl_cert::store::lists::CachedList;
use ptl_cert::verdict::admission::Authorities;
use ptl_cert::verdict::sources::{self, Sources};

use crate::command::crl::kept;

/// The lists that no server can be asked for, and whether one in the cache answers.
pub(super) fn by_hand(
    found: &Sources,
    lists: &[CachedList],
    authorities: &Authorities,
    at: Moment,
) -> Vec<report::ByHand> {
    let answers = |certificate: &Arc<Certificate>, list: &CachedList| {
        !is_a_namesakes(certificate, list, authorities)
            && list.about().this_update <= at
            && list.about().next_update >= Some(at)
            && list.list().is_ok_and(|list| {
                list.header().base_number.is_none()
                    && ptl_cert::revocation::scope(certificate, list.header()).is_ok()
            })
    };
    let one = |by_hand: &sources::ByHand| {
        let list = lists.iter().find(|list| {
            let mut certificates = by_hand.certificates.iter();
            certificates.all(|certificate| answers(certificate, list))
        });
        let ways: Vec<Retrieval> = by_hand.places.iter().map(|(_, way)| *way).collect();
        let (because, remedy) = why(&ways);
        report::ByHand {
            wanted_for: by_hand
                .certificates
                .iter()
                .map(|certificate| certificate.subject.short())
                .collect(),
            issuer: by_hand.issuer.short(),
            places: by_hand
                .places
                .iter()
                .map(|(name, _)| name.to_string())
                .collect(),
            because: because.to_owned(),
            remedy: list.is_none().then(|| remedy.to_owned()),
            list: list.map(|list| kept(list.about())),
        }
    };
    found.by_hand.iter().map(one).collect()
}

/// Whether the list is of a CA that has the issuer's name and not its key.
fn is_a_namesakes(certificate: &Certificate, list: &CachedList, authorities: &Authorities) -> bool {
    let about = list.about();
    let issuer = authorities.issuer_of(certificate);
    issuer.is_some_and(|issuer| {
        issuer.subject.matches(&about.issuer) && issuer.key.spki_sha256 != about.issuer_spki_sha256
    })
}

/// Why nobody can be asked, and the way out.
fn why(ways: &[Retrieval]) -> (&'static str, &'static str) {
    let any = |wanted: &[Retrieval]| ways.iter().any(|way| wanted.contains(way));
    if ways.is_empty() {
        return (
            "the certificate does not say where its list is",
            "get the list from its issuer, then ptl-cert crl import FILE",
        );
    }
    if any(&[Retrieval::Ldap, Retrieval::Ftp]) {
        return (
            "only http and https are asked here",
            "fetch it with an LDAP or FTP client, then ptl-cert crl import FILE",
        );
    }
    (
        "that is a directory entry, and no server can look it up",
        "download the file by hand or by a job, for the NHS's SHA-1 PKI from its CRL page on HSCN, then ptl-cert crl \
         import FILE",
    )
}
