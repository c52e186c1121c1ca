//! The CRLs that need manual import.

use std::collections::HashSet;
use std::sync::Arc;

use super::installed::Installed;
use crate::chain::name_key;
use crate::document::extension::Retrieval;
use crate::document::{Certificate, Crl, Moment, Name};
use crate::revocation::scope;
use crate::store::crl_cache::{About, CachedCrl, CrlOrigin};
use crate::verdict::admission::Authorities;
use crate::verdict::sources::{ManualImport, Sources};

/// A CRL that no server can be asked for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Manual {
    /// The certificates that need it; none if no certificates were given.
    pub required_for: Vec<Arc<Certificate>>,
    /// Its issuer.
    pub issuer: Name,
    /// The names that the certificates, or the CRL, give; none where they give no point at all.
    pub sources: Vec<String>,
    /// Why it cannot be fetched.
    pub reason: ManualReason,
    /// The CRL in the cache that answers and is in time.
    pub crl: Option<Box<About>>,
}

/// Why a CRL cannot be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManualReason {
    /// The certificate names no source.
    NoPoint,
    /// The extension that names the sources cannot be read.
    Unreadable,
    /// It names an address that is no web address: of another scheme, or of none.
    NoWebAddress,
    /// It names sources with protocols other than HTTP.
    OtherProtocol,
    /// It names an entry of a directory.
    Directory,
    /// It was imported, from here.
    Imported(CrlOrigin),
}

impl ManualReason {
    /// The word for it in JSON, which does not change.
    pub fn as_str(&self) -> &'static str {
        match self {
            ManualReason::NoPoint => "no_point",
            ManualReason::Unreadable => "unreadable",
            ManualReason::NoWebAddress => "no_web_address",
            ManualReason::OtherProtocol => "other_protocol",
            ManualReason::Directory => "directory",
            ManualReason::Imported(_) => "imported",
        }
    }
}

/// The CRLs that no server can be asked for, and whether one in the cache answers.
pub(super) fn manual(
    found: &Sources,
    installed: &Installed,
    authorities: &Authorities,
    at: Moment,
) -> Vec<Manual> {
    let answers = |certificate: &Arc<Certificate>, crl: &CachedCrl, header: &Crl| {
        is_in_time(crl.about(), at)
            && header.base_number.is_none()
            && scope(certificate, header).is_ok()
            && !is_of_other_key(certificate, crl, authorities)
    };
    let one = |manual: &ManualImport| {
        let crl = manual.certificates.first().and_then(|first| {
            installed.first_for(first, |crl, header| {
                let mut certificates = manual.certificates.iter();
                certificates.all(|certificate| answers(certificate, crl, header))
            })
        });
        let ways: Vec<Retrieval> = manual.places.iter().map(|(_, way)| *way).collect();
        let sources = manual.places.iter().map(|(name, _)| name.to_string());
        Manual {
            required_for: manual.certificates.clone(),
            issuer: manual.issuer.clone(),
            sources: sources.collect(),
            reason: match manual.certificates.iter().any(|one| hides_points(one)) {
                true if ways.is_empty() => ManualReason::Unreadable,
                _ => why(&ways),
            },
            crl: crl.map(|crl| Box::new(crl.about().clone())),
        }
    };
    found.manual_import.iter().map(one).collect()
}

/// The CRLs of the cache that came from no address: they can only be imported manually.
pub(super) fn imported(crls: &[CachedCrl], at: Moment) -> Vec<Manual> {
    let imported = crls.iter().map(CachedCrl::about);
    let imported = imported.filter(|about| about.source.url().is_none());
    let one = |about: &About| Manual {
        required_for: Vec::new(),
        issuer: about.issuer.clone(),
        sources: about.distribution_point.clone(),
        reason: ManualReason::Imported(about.source.clone()),
        crl: is_in_time(about, at).then(|| Box::new(about.clone())),
    };
    imported.map(one).collect()
}

/// Those of them that have expired and that `told` does not mention yet.
pub(super) fn overdue(crls: &[CachedCrl], told: &[Manual], at: Moment) -> Vec<Manual> {
    let told: HashSet<Vec<u8>> = told.iter().map(|told| name_key(&told.issuer)).collect();
    let is_told = |one: &Manual| told.contains(&name_key(&one.issuer));
    let mut overdue = imported(crls, at);
    overdue.retain(|one| one.crl.is_none() && !is_told(one));
    overdue
}

fn is_in_time(about: &About, at: Moment) -> bool {
    about.this_update <= at && about.next_update >= Some(at)
}

/// Whether the CRL is of a CA that has the issuer's name and not its key.
fn is_of_other_key(certificate: &Certificate, crl: &CachedCrl, authorities: &Authorities) -> bool {
    let about = crl.about();
    let issuer = authorities.issuer_of(certificate);
    issuer.is_some_and(|issuer| {
        issuer.subject.matches(&about.issuer) && issuer.key.identity() != about.issuer_spki_sha256
    })
}

/// Whether there is an extension with distribution points that cannot be read.
fn hides_points(certificate: &Certificate) -> bool {
    let mut malformed = certificate.extensions.malformed().into_iter();
    malformed.any(|oid| oid == CRL_DISTRIBUTION_POINTS)
}

/// `id-ce-cRLDistributionPoints` (RFC 5280 section 4.2.1.13).
const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";

fn why(ways: &[Retrieval]) -> ManualReason {
    let any = |wanted: &[Retrieval]| ways.iter().any(|way| wanted.contains(way));
    if ways.is_empty() {
        ManualReason::NoPoint
    } else if any(&[Retrieval::Ldap, Retrieval::Ftp]) {
        ManualReason::OtherProtocol
    } else if !any(&[Retrieval::Directory, Retrieval::LdapWithoutServer]) {
        ManualReason::NoWebAddress
    } else {
        ManualReason::Directory
    }
}
