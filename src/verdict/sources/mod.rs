//! The sources that certificates name for their CRLs, sorted by how they can be fetched.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::chain::{is_self_signed, name_key};
use crate::document::extension::{DistributionPoint, GeneralName, Retrieval};
use crate::document::{Certificate, Name, Sha256Digest};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    let mut sorted = Sorted::default();
    let mut seen: HashSet<Sha256Digest> = HashSet::new();
    // Once, however often it was given.
    let distinct = certificates.iter().filter(|one| seen.insert(one.sha256));
    for certificate in distinct {
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
            sorted.add_fetchable(named_by, urls, certificate);
        }
        if !found && !is_self_signed(certificate) {
            sorted.add_manual_import(certificate);
        }
    }
    sorted.sources
}

fn addresses(point: &DistributionPoint) -> Vec<String> {
    let locations = point.locations();
    let urls = locations.filter_map(|(name, retrieval)| match (name, retrieval) {
        (GeneralName::Uri(uri), Retrieval::Http) => Some(uri),
        _ => None,
    });
    urls.collect()
}

/// The issuer's name and the sources that its certificates name: what one manual import answers for.
type ManualKey = (Vec<u8>, Vec<(GeneralName, Retrieval)>);

/// The sources found so far, and the index of each among them.
#[derive(Default)]
struct Sorted {
    sources: Sources,
    fetchable: HashMap<(NamedBy, Vec<String>), usize>,
    manual_import: HashMap<ManualKey, usize>,
}

impl Sorted {
    fn add_fetchable(
        &mut self,
        named_by: NamedBy,
        urls: Vec<String>,
        certificate: &Arc<Certificate>,
    ) {
        let all = &mut self.sources.fetchable;
        let place = self.fetchable.entry((named_by, urls));
        let place = place.or_insert_with_key(|(named_by, urls)| {
            all.push(Fetchable {
                urls: urls.clone(),
                named_by: *named_by,
                certificates: Vec::new(),
            });
            all.len() - 1
        });
        if let Some(known) = all.get_mut(*place) {
            add(&mut known.certificates, certificate);
        }
    }

    fn add_manual_import(&mut self, certificate: &Arc<Certificate>) {
        let points = certificate.extensions.crl_distribution_points.as_ref();
        let places: Vec<_> = points
            .iter()
            .flat_map(|marked| &marked.value)
            .flat_map(DistributionPoint::locations)
            .collect();
        let all = &mut self.sources.manual_import;
        let place = self
            .manual_import
            .entry((name_key(&certificate.issuer), places));
        let place = place.or_insert_with_key(|(_, places)| {
            all.push(ManualImport {
                issuer: certificate.issuer.clone(),
                places: places.clone(),
                certificates: Vec::new(),
            });
            all.len() - 1
        });
        if let Some(known) = all.get_mut(*place) {
            add(&mut known.certificates, certificate);
        }
    }
}

/// Once, in however many of its points the certificate names it: those come one after the other.
fn add(certificates: &mut Vec<Arc<Certificate>>, certificate: &Arc<Certificate>) {
    let last = certificates.last();
    if last.is_none_or(|last| last.sha256 != certificate.sha256) {
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
