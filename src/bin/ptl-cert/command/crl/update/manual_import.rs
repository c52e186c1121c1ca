//! The CRLs that somebody has to bring for certificates.

use std::sync::Arc;

use ptl_cert::document::extension::Retrieval;
use ptl_cert::document::{Certificate, Moment};
use ptl_cert::report::crl::import as report;
use ptl_cert::store::crl_cache::CachedCrl;
use ptl_cert::verdict::admission::Authorities;
use ptl_cert::verdict::sources::{self, Sources};

use crate::command::crl::kept;

/// The CRLs that no server can be asked for, and whether one in the cache answers.
pub(super) fn manual_import(
    found: &Sources,
    crls: &[CachedCrl],
    authorities: &Authorities,
    at: Moment,
) -> Vec<report::ManualImport> {
    let answers = |certificate: &Arc<Certificate>, crl: &CachedCrl| {
        !is_a_namesakes(certificate, crl, authorities)
            && crl.about().this_update <= at
            && crl.about().next_update >= Some(at)
            && crl.crl().is_ok_and(|crl| {
                crl.header().base_number.is_none()
                    && ptl_cert::revocation::scope(certificate, crl.header()).is_ok()
            })
    };
    let one = |manual_import: &sources::ManualImport| {
        let crl = crls.iter().find(|crl| {
            let mut certificates = manual_import.certificates.iter();
            certificates.all(|certificate| answers(certificate, crl))
        });
        let ways: Vec<Retrieval> = manual_import.places.iter().map(|(_, way)| *way).collect();
        let (because, remedy) = why(&ways);
        report::ManualImport {
            wanted_for: manual_import
                .certificates
                .iter()
                .map(|certificate| certificate.subject.short())
                .collect(),
            issuer: manual_import.issuer.short(),
            places: manual_import
                .places
                .iter()
                .map(|(name, _)| name.to_string())
                .collect(),
            because: because.to_owned(),
            remedy: crl.is_none().then(|| remedy.to_owned()),
            crl: crl.map(|crl| kept(crl.about())),
        }
    };
    found.manual_import.iter().map(one).collect()
}

/// Whether the CRL is of a CA that has the issuer's name and not its key.
fn is_a_namesakes(certificate: &Certificate, crl: &CachedCrl, authorities: &Authorities) -> bool {
    let about = crl.about();
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
