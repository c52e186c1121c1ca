//! CAs with what they issued, and those of them that have expired.

use std::sync::Arc;

use crate::chain::{is_self_signed, signed_by};
use crate::document::{Certificate, Moment, Name};

/// A CA with what it issued.
pub(super) struct Issuer {
    pub(super) name: Name,
    pub(super) certificate: Option<Arc<Certificate>>,
    pub(super) issued: Vec<Arc<Certificate>>,
    pub(super) expired: bool,
}

/// The CAs among some certificates that no longer need a CRL, in their order: those that have expired, and
/// those whose issuers have all expired.
///
/// An end-entity certificate is never among them: a question about one that has expired is about the past. Of
/// several certificates for one name and key the one that expires last counts for what is below.
pub fn expired_authorities(certificates: &[Arc<Certificate>], at: Moment) -> Vec<Arc<Certificate>> {
    let issuers = authorities(certificates, at);
    let is_over = |certificate: &Certificate| {
        certificate.not_after < at
            || issuers
                .iter()
                .filter(|issuer| issuer.expired)
                .any(|issuer| {
                    let expired = issuer.certificate.as_ref();
                    expired.is_some_and(|expired| expired.sha256 == certificate.sha256)
                })
    };
    let authorities = certificates
        .iter()
        .filter(|certificate| certificate.is_ca());
    authorities
        .filter(|certificate| is_over(certificate))
        .cloned()
        .collect()
}

/// The bundle's CAs, one for each name and key.
pub(super) fn authorities(bundle: &[Arc<Certificate>], at: Moment) -> Vec<Issuer> {
    let mut issuers: Vec<Issuer> = Vec::new();
    for certificate in bundle.iter().filter(|certificate| certificate.is_ca()) {
        let same = issuers.iter_mut().find(|known| {
            known.name.matches(&certificate.subject)
                && known
                    .certificate
                    .as_ref()
                    .is_some_and(|known| known.key == certificate.key)
        });
        let expired = certificate.not_after < at;
        match same {
            Some(known) => {
                let longer = known
                    .certificate
                    .as_ref()
                    .is_some_and(|known| known.not_after < certificate.not_after);
                if longer {
                    known.certificate = Some(Arc::clone(certificate));
                    known.expired = expired;
                }
            }
            None => issuers.push(Issuer {
                name: certificate.subject.clone(),
                certificate: Some(Arc::clone(certificate)),
                issued: Vec::new(),
                expired,
            }),
        }
    }
    // A CA below an expired one leads nowhere; chains are short, so a few rounds settle it.
    loop {
        let expired: Vec<Arc<Certificate>> = issuers
            .iter()
            .filter(|issuer| issuer.expired)
            .filter_map(|issuer| issuer.certificate.clone())
            .collect();
        let alive: Vec<Arc<Certificate>> = issuers
            .iter()
            .filter(|issuer| !issuer.expired)
            .filter_map(|issuer| issuer.certificate.clone())
            .collect();
        let below = |certificate: &Certificate, above: &[Arc<Certificate>]| {
            above.iter().any(|issuer| {
                issuer.subject.matches(&certificate.issuer) && signed_by(certificate, issuer)
            })
        };
        let mut changed = false;
        for issuer in issuers.iter_mut().filter(|issuer| !issuer.expired) {
            if let Some(certificate) = &issuer.certificate
                && !is_root(certificate)
                && below(certificate, &expired)
                && !below(certificate, &alive)
            {
                issuer.expired = true;
                changed = true;
            }
        }
        if !changed {
            return issuers;
        }
    }
}

pub(super) fn is_root(certificate: &Certificate) -> bool {
    certificate.is_ca() && is_self_signed(certificate)
}
