//! Extensions (RFC 5280 sections 4.2 and 5.2).

use super::der;
use super::name::{Dn, relative};
use crate::document::{Moment, sha1};

/// One extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab) struct Extension {
    oid: &'static str,
    critical: bool,
    value: Vec<u8>,
}

/// Whether whoever does not understand an extension must refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lab) enum Critical {
    Yes,
    No,
}

/// A name in a distribution point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab) enum Point {
    /// A URL.
    Url(String),
    /// A directory name: nothing to fetch.
    Directory(Dn),
    /// A part below the issuer's name: nothing to fetch either.
    Relative(String),
}

/// An unknown extension: the number 32473 is reserved for documentation (RFC 5612).
const UNKNOWN: &str = "1.3.6.1.4.1.32473.1275.101.1";
/// What Entrust's CAs, such as the NHS's first generation, put into what they issue.
const ENTRUST_VERSION: &str = "1.2.840.113533.7.65.0";

impl Extension {
    pub(in crate::lab) fn new(oid: &'static str, critical: Critical, value: Vec<u8>) -> Extension {
        Extension {
            oid,
            critical: critical == Critical::Yes,
            value,
        }
    }

    fn plain(oid: &'static str, value: Vec<u8>) -> Extension {
        Extension::new(oid, Critical::No, value)
    }

    /// Its dotted number.
    pub(in crate::lab) fn oid(&self) -> &'static str {
        self.oid
    }

    pub(in crate::lab) fn der(&self) -> Vec<u8> {
        let critical = if self.critical {
            der::yes()
        } else {
            Vec::new()
        };
        der::sequence(&[der::oid(self.oid), critical, der::octets(&self.value)])
    }

    /// keyUsage by the numbers of its bits.
    pub(in crate::lab) fn key_usage(bits: &[u8], critical: Critical) -> Extension {
        Extension::new("2.5.29.15", critical, der::flags(bits))
    }

    /// extendedKeyUsage by the last arcs below id-kp: 1 is a server, 2 a client.
    pub(in crate::lab) fn extended_usage(usages: &[u8]) -> Extension {
        let usages: Vec<Vec<u8>> = usages
            .iter()
            .map(|usage| der::oid(&format!("1.3.6.1.5.5.7.3.{usage}")))
            .collect();
        Extension::plain("2.5.29.37", der::sequence(&usages))
    }

    pub(in crate::lab) fn authority(critical: Critical, path_length: Option<u64>) -> Extension {
        let length = path_length.map(der::natural).unwrap_or_default();
        Extension::new("2.5.29.19", critical, der::sequence(&[der::yes(), length]))
    }

    pub(in crate::lab) fn end_entity() -> Extension {
        Extension::plain("2.5.29.19", der::sequence(&[]))
    }

    /// One policy, with the address of a practice statement or without.
    pub(in crate::lab) fn policy(oid: &str, statement: Option<&str>) -> Extension {
        let statement = statement.map(|address| {
            let cps = der::oid("1.3.6.1.5.5.7.2.1");
            let address = der::wrap(0x16, address.as_bytes());
            der::sequence(&[der::sequence(&[cps, address])])
        });
        let policy = der::sequence(&[der::oid(oid), statement.unwrap_or_default()]);
        Extension::plain("2.5.29.32", der::sequence(&[policy]))
    }

    /// Every certificate below must be issued under a policy.
    pub(in crate::lab) fn policy_required() -> Extension {
        let at_once = der::implicit(0, &[0]);
        Extension::new("2.5.29.36", Critical::Yes, der::sequence(&[at_once]))
    }

    /// Only names below this one are allowed.
    pub(in crate::lab) fn names_below(name: &Dn) -> Extension {
        let subtree = der::sequence(&[der::context(4, &name.der())]);
        let permitted = der::context(0, &subtree);
        Extension::new("2.5.29.30", Critical::Yes, der::sequence(&[permitted]))
    }

    /// cRLDistributionPoints, one for each name.
    pub(in crate::lab) fn distribution_points(points: &[Point]) -> Extension {
        let points: Vec<Vec<u8>> = points
            .iter()
            .map(|point| der::sequence(&[der::context(0, &names(std::slice::from_ref(point)))]))
            .collect();
        Extension::plain("2.5.29.31", der::sequence(&points))
    }

    /// issuingDistributionPoint: the names, and the flags as they are.
    pub(in crate::lab) fn issuing_point(points: &[Point], flags: &[Vec<u8>]) -> Extension {
        let name = match points {
            [] => Vec::new(),
            points => der::context(0, &names(points)),
        };
        let value = der::sequence(&[name, flags.concat()]);
        Extension::new("2.5.29.28", Critical::Yes, value)
    }

    /// Where the issuer's certificate is, and who answers for it online.
    pub(in crate::lab) fn information(issuer: &str, responder: &str) -> Extension {
        let access = |method: &str, url: &str| {
            der::sequence(&[der::oid(method), der::implicit(6, url.as_bytes())])
        };
        let value = der::sequence(&[
            access("1.3.6.1.5.5.7.48.1", responder),
            access("1.3.6.1.5.5.7.48.2", issuer),
        ]);
        Extension::plain("1.3.6.1.5.5.7.1.1", value)
    }

    pub(in crate::lab) fn dns_names<'n>(names: impl IntoIterator<Item = &'n str>) -> Extension {
        let names: Vec<Vec<u8>> = names
            .into_iter()
            .map(|name| der::implicit(2, name.as_bytes()))
            .collect();
        Extension::plain("2.5.29.17", der::sequence(&names))
    }

    pub(in crate::lab) fn subject_key(key_info: &[u8]) -> Extension {
        Extension::plain("2.5.29.14", der::octets(&key_identifier(key_info)))
    }

    pub(in crate::lab) fn authority_key(key_info: &[u8]) -> Extension {
        let identifier = der::implicit(0, &key_identifier(key_info));
        Extension::plain("2.5.29.35", der::sequence(&[identifier]))
    }

    pub(in crate::lab) fn private_key_period(not_before: Moment, not_after: Moment) -> Extension {
        let value = der::sequence(&[
            der::generalized_time(0x80, not_before),
            der::generalized_time(0x81, not_after),
        ]);
        Extension::plain("2.5.29.16", value)
    }

    pub(in crate::lab) fn entrust_version() -> Extension {
        let version = der::wrap(0x1b, b"LAB");
        let value = der::sequence(&[version, der::wrap(0x03, &[3, 0xb0])]);
        Extension::plain(ENTRUST_VERSION, value)
    }

    /// One that no software understands, and that is critical.
    pub(in crate::lab) fn unknown() -> Extension {
        Extension::new(UNKNOWN, Critical::Yes, der::null())
    }

    /// A key usage that cannot be read.
    pub(in crate::lab) fn malformed() -> Extension {
        Extension::plain("2.5.29.37", vec![0x30, 0x05, 0x06])
    }

    pub(in crate::lab) fn number(value: u64) -> Extension {
        Extension::plain("2.5.29.20", der::natural(value))
    }

    /// The number of the CRL that a delta builds on.
    pub(in crate::lab) fn base_number(value: u64) -> Extension {
        Extension::new("2.5.29.27", Critical::Yes, der::natural(value))
    }
}

/// RFC 5280 section 4.2.1.2 method (1): SHA-1 over the key's bits.
fn key_identifier(key_info: &[u8]) -> Vec<u8> {
    let bits = crate::document::der::only(key_info, 0x30)
        .ok()
        .and_then(|content| crate::document::der::elements(content).nth(1)?.ok());
    // The first octet counts the unused bits of the last one.
    let bits = bits
        .and_then(|bits| bits.content.get(1..))
        .unwrap_or(key_info);
    sha1(bits).as_bytes().to_vec()
}

/// DistributionPointName: alternatives for one source.
fn names(points: &[Point]) -> Vec<u8> {
    if let [Point::Relative(part)] = points {
        return der::context(1, &relative(part));
    }
    let names: Vec<Vec<u8>> = points
        .iter()
        .map(|point| match point {
            Point::Url(url) => der::implicit(6, url.as_bytes()),
            Point::Directory(name) => der::context(4, &name.der()),
            // A relative name has no alternatives (section 4.2.1.13), and none is ever given one.
            Point::Relative(_) => Vec::new(),
        })
        .collect();
    der::context(0, &names.concat())
}
