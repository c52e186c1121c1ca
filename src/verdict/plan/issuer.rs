//! CAs with what they issued, and those of them that have expired.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::chain::{is_self_signed, name_key, signed_by};
use crate::document::{Certificate, Moment, Name, Sha256Digest};

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
    let issuers = authorities(certificates, at).issuers;
    let expired: HashSet<Sha256Digest> = issuers
        .iter()
        .filter(|issuer| issuer.expired)
        .filter_map(|issuer| Some(issuer.certificate.as_ref()?.sha256))
        .collect();
    let is_over = |certificate: &Certificate| {
        certificate.not_after < at || expired.contains(&certificate.sha256)
    };
    let authorities = certificates
        .iter()
        .filter(|certificate| certificate.is_ca());
    authorities
        .filter(|certificate| is_over(certificate))
        .cloned()
        .collect()
}

/// The CAs of a bundle, and their indices by name.
pub(super) struct Authorities {
    pub(super) issuers: Vec<Issuer>,
    by_name: HashMap<Vec<u8>, Vec<usize>>,
}

impl Authorities {
    /// The indices of the CAs with the name of the issuer, first those with the key that the certificate names: a hint that saves
    /// signature checks (RFC 5280 section 4.2.1.1), and no more.
    fn named(&self, certificate: &Certificate) -> Vec<usize> {
        let named = self.by_name.get(&name_key(&certificate.issuer));
        let mut named = named.cloned().unwrap_or_default();
        let meant = certificate.extensions.authority_key_identifier.as_ref();
        let meant = meant.and_then(|marked| marked.value.key.as_ref());
        if meant.is_some() && named.len() > 1 {
            let is_meant = |place: &usize| {
                let own = self.issuers.get(*place)?.certificate.as_ref()?;
                let own = own.extensions.subject_key_identifier.as_ref();
                Some(own.map(|marked| &marked.value) == meant)
            };
            named.sort_by_key(|place| is_meant(place) != Some(true));
        }
        named
    }

    fn has_signed(&self, place: usize, certificate: &Certificate) -> bool {
        let issuer = self.issuers.get(place);
        let issuer = issuer.and_then(|issuer| issuer.certificate.as_ref());
        issuer.is_some_and(|issuer| signed_by(certificate, issuer))
    }

    /// The index of the CA whose key signed the certificate.
    pub(super) fn issuer_of(&self, certificate: &Certificate) -> Option<usize> {
        let mut named = self.named(certificate).into_iter();
        named.find(|place| self.has_signed(*place, certificate))
    }
}

/// The bundle's CAs, one for each name and key.
pub(super) fn authorities(bundle: &[Arc<Certificate>], at: Moment) -> Authorities {
    let mut all = Authorities {
        issuers: Vec::new(),
        by_name: HashMap::new(),
    };
    let mut places: HashMap<(Vec<u8>, Sha256Digest), usize> = HashMap::new();
    for certificate in bundle.iter().filter(|certificate| certificate.is_ca()) {
        let expired = certificate.not_after < at;
        let name = name_key(&certificate.subject);
        let key = (name.clone(), certificate.key.identity());
        let known = places
            .get(&key)
            .and_then(|place| all.issuers.get_mut(*place));
        match known {
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
            None => {
                let place = all.issuers.len();
                places.insert(key, place);
                all.by_name.entry(name).or_default().push(place);
                all.issuers.push(Issuer {
                    name: certificate.subject.clone(),
                    certificate: Some(Arc::clone(certificate)),
                    issued: Vec::new(),
                    expired,
                });
            }
        }
    }
    let is_expired =
        |issuers: &[Issuer], place: usize| issuers.get(place).is_some_and(|issuer| issuer.expired);
    if !all.issuers.iter().any(|issuer| issuer.expired) {
        return all;
    }
    // A CA below an expired one leads nowhere. Which key made which signature is found out once.
    let signers: Vec<Vec<usize>> = all
        .issuers
        .iter()
        .map(|issuer| match &issuer.certificate {
            Some(ca) if !issuer.expired && !is_root(ca) => {
                let mut signers = all.named(ca);
                signers.retain(|place| all.has_signed(*place, ca));
                signers
            }
            _ => Vec::new(),
        })
        .collect();
    // By each CA the CAs below it, so that only those are looked at when it turns out to lead nowhere.
    let mut below: HashMap<usize, Vec<usize>> = HashMap::new();
    for (place, signers) in signers.iter().enumerate() {
        for signer in signers {
            below.entry(*signer).or_default().push(place);
        }
    }
    let mut newly_expired: Vec<usize> = (0..all.issuers.len())
        .filter(|place| is_expired(&all.issuers, *place))
        .collect();
    while let Some(expired) = newly_expired.pop() {
        for place in below.get(&expired).into_iter().flatten() {
            let signers = signers.get(*place).map_or(&[][..], Vec::as_slice);
            let leads_nowhere = signers
                .iter()
                .all(|signer| is_expired(&all.issuers, *signer));
            if let Some(issuer) = all.issuers.get_mut(*place)
                && leads_nowhere
                && !issuer.expired
            {
                issuer.expired = true;
                newly_expired.push(*place);
            }
        }
    }
    all
}

pub(super) fn is_root(certificate: &Certificate) -> bool {
    certificate.is_ca() && is_self_signed(certificate)
}
