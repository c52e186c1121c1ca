//! Which CRLs there are, and where.

use super::url;
use crate::lab::authority::{CrlScope, Crls, IssuerId, Named, PARTITIONS};
use crate::lab::write::{Dn, Point};

/// One CRL of the lab: whose it is, which part, and where it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedCrl {
    pub(in crate::lab) issuer: IssuerId,
    title: String,
    name: Dn,
    crls: Crls,
    partition: Option<u32>,
}

/// How a CRL can be got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reach {
    /// Certificates name its URL.
    Http,
    /// Certificates name a directory entry; the file is on the page for downloads manually.
    ManualImport,
}

/// A part of a CRL that no certificate names.
const NO_PARTITION: u32 = 99;
/// What the entry of an issuer's CRL is called below the issuer.
const ENTRY: &str = "CRL1";

impl PublishedCrl {
    /// The CRL that an issuer has for certificates of this serial number; the first for none.
    pub(in crate::lab) fn of(issuer: &IssuerId, serial: Option<&[u8]>) -> PublishedCrl {
        let partition = serial.map_or(1, partition_of);
        let mut place = PublishedCrl {
            issuer: issuer.clone(),
            title: issuer.title(),
            name: issuer.name(),
            crls: issuer.authority().crls,
            partition: None,
        };
        if place.issuer.is_sound() {
            if let Crls::Partitioned { .. } = place.crls {
                place.partition = Some(partition);
            }
        } else if !matches!(place.crls, Crls::ManualImport { .. }) {
            // What was made for a defect has one CRL for everything, and none of a sound CA's.
            place.crls = Crls::Whole {
                path: "",
                also_directory: false,
                scope: CrlScope::Point,
            };
        }
        place
    }

    /// All CRLs of an issuer.
    pub(in crate::lab) fn all_of(issuer: &IssuerId) -> Vec<PublishedCrl> {
        let place = PublishedCrl::of(issuer, None);
        match place.partition {
            None => vec![place],
            Some(_) => (1..=PARTITIONS)
                .map(|partition| PublishedCrl {
                    partition: Some(partition),
                    ..place.clone()
                })
                .collect(),
        }
    }

    /// Whether a certificate of this serial number would be on it.
    pub(in crate::lab) fn has(&self, serial: &[u8]) -> bool {
        self.partition
            .is_none_or(|partition| partition == partition_of(serial))
    }

    /// What the lab calls the CA: `int-g1`, `ptl-g2-root`; a CA made for a defect has its name added.
    pub fn issuer_id(&self) -> String {
        self.issuer.to_string()
    }

    /// The CA's common name.
    pub fn issuer(&self) -> &str {
        &self.title
    }

    /// Its number among the CA's CRLs, from 1; `None` where the CA has one CRL.
    pub fn partition(&self) -> Option<u32> {
        self.partition
    }

    /// How it can be got.
    pub fn reach(&self) -> Reach {
        match self.crls {
            Crls::ManualImport { .. } => Reach::ManualImport,
            _ => Reach::Http,
        }
    }

    /// Where it is served, below the base URL: `/int/1c/crlc7.crl`. Unique among the lab's CRLs.
    pub fn path(&self) -> String {
        self.path_of(self.partition)
    }

    fn path_of(&self, partition: Option<u32>) -> String {
        match self.crls {
            _ if !self.issuer.is_sound() => match partition {
                Some(partition) => format!("/defect/{}.{partition}.crl", self.issuer),
                None => format!("/defect/{}.crl", self.issuer),
            },
            Crls::ManualImport { path, .. } => path.to_owned(),
            Crls::Whole { path, .. } => match partition {
                Some(partition) => path.replace(".crl", &format!("-{partition}.crl")),
                None => path.to_owned(),
            },
            Crls::Partitioned { prefix } => format!("{prefix}{}.crl", partition.unwrap_or(1)),
        }
    }

    pub(in crate::lab) fn scope(&self) -> CrlScope {
        match self.crls {
            Crls::Whole { scope, .. } => scope,
            _ => CrlScope::Point,
        }
    }

    /// What certificates say of it: one distribution point for each.
    pub(in crate::lab) fn points_in_certificates(&self, base_url: &str) -> Vec<Point> {
        match self.crls {
            Crls::ManualImport {
                named: Named::RelativeToIssuer,
                ..
            } => vec![Point::Relative(ENTRY.to_owned())],
            _ => self.points_in_list(base_url),
        }
    }

    /// What it says of itself.
    pub(in crate::lab) fn points_in_list(&self, base_url: &str) -> Vec<Point> {
        self.points(base_url, self.partition, ENTRY)
    }

    /// What a CRL of the same CA would say of itself that no certificate names.
    pub(in crate::lab) fn points_of_no_certificate(&self, base_url: &str) -> Vec<Point> {
        self.points(base_url, Some(NO_PARTITION), "CRL99")
    }

    fn points(&self, base_url: &str, partition: Option<u32>, entry: &str) -> Vec<Point> {
        let directory = || Point::Directory(self.name.below(entry));
        let http = || url(base_url, &self.path_of(partition));
        match self.crls {
            Crls::ManualImport { .. } => vec![directory()],
            Crls::Whole {
                also_directory: true,
                ..
            } => vec![directory(), http()],
            _ => vec![http()],
        }
    }
}

/// Which of its issuer's CRLs covers a certificate.
fn partition_of(serial: &[u8]) -> u32 {
    serial
        .last()
        .map_or(1, |last| u32::from(*last) % PARTITIONS + 1)
}
