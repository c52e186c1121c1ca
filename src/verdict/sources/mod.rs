//! The sources that certificates name for their CRLs, sorted by how they can be fetched.

use std::sync::Arc;

use crate::chain::is_self_signed;
use crate::document::extension::{DistributionPoint, GeneralName, Retrieval};
use crate::document::{Certificate, Name};

/// The sources of the CRLs of some certificates.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Sources {
    /// The CRLs that can be fetched over HTTP, in the certificates' order.
    pub fetchable: Vec<Fetchable>,
    /// The CRLs that need manual import.
    pub manual_import: Vec<ManualImport>,
}

/// One CRL that can be fetched from a web server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fetchable {
    /// Its addresses: `http` or `https`, any of which will do.
    pub urls: Vec<String>,
    /// Which extension names them.
    pub named_by: NamedBy,
    /// The certificates that name it.
    pub certificates: Vec<Arc<Certificate>>,
}

/// The extension of a certificate that names a point, and so what is to be found there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// cRLDistributionPoints (RFC 5280 section 4.2.1.13): a whole CRL.
    DistributionPoints,
    /// freshestCRL (section 4.2.1.15): a delta on that CRL.
    FreshestCrl,
}

/// One CRL that cannot be fetched from a web server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ManualImport {
    /// The issuer of the certificates.
    pub issuer: Name,
    /// What they name instead of a URL, and how it could be fetched; nothing if they have no distribution point.
    pub places: Vec<(GeneralName, Retrieval)>,
    /// The certificates that need it.
    pub certificates: Vec<Arc<Certificate>>,
}

/// Sorts the distribution points of certificates (RFC 5280 sections 4.2.1.13 and 4.2.1.15).
///
/// Each point with a web address counts by itself, a delta's too; the names within a point are alternatives. A
/// certificate without any web address needs a CRL imported manually, unless it is self-issued: a root cannot revoke
/// itself.
pub fn sources(certificates: &[Arc<Certificate>]) -> Sources {
    let mut sources = Sources::default();
    for certificate in certificates {
        let extensions = &certificate.extensions;
        let points = [
            (
                NamedBy::DistributionPoints,
                &extensions.crl_distribution_points,
            ),
            (NamedBy::FreshestCrl, &extensions.freshest_crl),
        ];
        let points = points.into_iter().flat_map(|(named_by, marked)| {
            let points = marked.iter().flat_map(|marked| &marked.value);
            points.map(move |point| (named_by, addresses(point)))
        });
        let mut found = false;
        for (named_by, urls) in points.filter(|(_, urls)| !urls.is_empty()) {
            found = true;
            sources.add_fetchable(named_by, urls, certificate);
        }
        if !found && !is_self_signed(certificate) {
            sources.add_manual_import(certificate);
        }
    }
    sources
}

fn addresses(point: &DistributionPoint) -> Vec<String> {
    let locations = point.locations();
    let urls = locations.filter_map(|(name, retrieval)| match (name, retrieval) {
        (GeneralName::Uri(uri), Retrieval::Http) => Some(uri),
        _ => None,
    });
    urls.collect()
}

impl Sources {
    fn add_fetchable(
        &mut self,
        named_by: NamedBy,
        urls: Vec<String>,
        certificate: &Arc<Certificate>,
    ) {
        let known = self
            .fetchable
            .iter_mut()
            .find(|known| known.named_by == named_by && known.urls == urls);
        let certificates = match known {
            Some(known) => &mut known.certificates,
            None => {
                let certificates = vec![Arc::clone(certificate)];
                self.fetchable.push(Fetchable {
                    urls,
                    named_by,
                    certificates,
                });
                return;
            }
        };
        add(certificates, certificate);
    }

    fn add_manual_import(&mut self, certificate: &Arc<Certificate>) {
        let points = certificate.extensions.crl_distribution_points.as_ref();
        let places: Vec<_> = points
            .iter()
            .flat_map(|marked| &marked.value)
            .flat_map(DistributionPoint::locations)
            .collect();
        let known = self
            .manual_import
            .iter_mut()
            .find(|known| known.issuer.matches(&certificate.issuer) && known.places == places);
        match known {
            Some(known) => add(&mut known.certificates, certificate),
            None => self.manual_import.push(ManualImport {
                issuer: certificate.issuer.clone(),
                places,
                certificates: vec![Arc::clone(certificate)],
            }),
        }
    }
}

/// Once, however often it was given.
fn add(certificates: &mut Vec<Arc<Certificate>>, certificate: &Arc<Certificate>) {
    if certificates
        .iter()
        .all(|known| known.sha256 != certificate.sha256)
    {
        certificates.push(Arc::clone(certificate));
    }
}

/// The address at a mirror: the path and query of `url` below `mirror`, whose scheme and host replace those of the
/// original ones. `None` where `url` has no host.
///
/// A CRL is signed, so that a mirror need not be trusted; two servers with the same path are not distinguished there.
pub fn at_mirror(url: &str, mirror: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let path = rest.find('/').and_then(|slash| rest.get(slash..));
    Some(format!(
        "{}{}",
        mirror.trim_end_matches('/'),
        path.unwrap_or("/")
    ))
}

/// Whether an address is one that [`at_mirror`] makes for this mirror.
pub fn is_below(url: &str, mirror: &str) -> bool {
    let path = url.strip_prefix(mirror.trim_end_matches('/'));
    path.is_some_and(|path| path.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Input, Source};

    macro_rules! certificate {
        ($name:literal) => {{
            let pem = include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/data/pki/",
                $name
            ));
            let opened =
                crate::decode::open(&Input::new(Source::BuiltIn("test"), pem), None).unwrap();
            Arc::new(Certificate::read(&opened.objects[0].decode().unwrap().bytes).unwrap())
        }};
    }

    #[test]
    fn a_certificate_with_a_directory_name_and_an_address_can_be_fetched_for() {
        let both = certificate!("cdp-directory-and-http.pem");
        let found = sources(&[both.clone(), both]);
        assert_eq!(found.fetchable.len(), 1);
        assert_eq!(found.fetchable[0].certificates.len(), 1);
        assert!(found.manual_import.is_empty());
    }

    #[test]
    fn certificates_without_an_address_need_a_manual_import() {
        for certificate in [
            certificate!("cdp-directory.pem"),
            certificate!("cdp-relative.pem"),
            certificate!("cdp-ldap-ftp.pem"),
            certificate!("no-cdp.pem"),
        ] {
            let found = sources(&[certificate]);
            assert!(found.fetchable.is_empty());
            assert_eq!(found.manual_import.len(), 1);
        }
        assert!(
            sources(&[certificate!("root.pem")])
                .manual_import
                .is_empty()
        );
    }

    #[test]
    fn a_mirror_keeps_the_path_and_replaces_the_rest() {
        let at = |url| at_mirror(url, "https://mirror.example/nhs/").unwrap();
        assert_eq!(
            at("http://crl.nhs.uk/int/1c/crlc7.crl"),
            "https://mirror.example/nhs/int/1c/crlc7.crl"
        );
        assert_eq!(at("http://crl.nhs.uk"), "https://mirror.example/nhs/");
        assert_eq!(at_mirror("crl.nhs.uk/a.crl", "http://m"), None);
    }

    #[test]
    fn what_came_from_a_mirror_is_known_by_its_address() {
        let is_below = |mirror| is_below("https://mirror.example/nhs/int/1c/crlc7.crl", mirror);
        assert!(is_below("https://mirror.example/nhs/"));
        assert!(is_below("https://mirror.example/nhs"));
        assert!(!is_below("https://mirror.example/n"));
        assert!(!is_below("https://mirror.example/other"));
    }
}
