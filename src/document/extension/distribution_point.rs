//! Where a certificate's CRL is, and which certificates a CRL answers for (RFC 5280 sections
//! 4.2.1.13 and 5.2.5).
//!
//! Read from the DER directly, because a `nameRelativeToCRLIssuer` has to be put below its issuer's name
//! byte for byte before it can be compared or shown.

use std::fmt;
use std::hash::{Hash, Hasher};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use x509_parser::extensions::GeneralName as ParsedName;
use x509_parser::prelude::FromDer;

use super::GeneralName;
use crate::document::der::{self, Malformed};
use crate::document::{Hex, Name};

mod issuing;
#[cfg(test)]
mod tests;

pub use issuing::{IssuingDistributionPoint, Scope};

/// One distribution point: several sources of the same CRL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct DistributionPoint {
    /// Where the CRL is; `None` when only the issuer of the CRL is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PointName>,
    /// The reasons for revocation that the CRL covers; `None` means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<Reason>>,
    /// Who signs the CRL, when it is not the certificate's issuer (an indirect CRL).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub crl_issuer: Vec<GeneralName>,
}

/// The name of a distribution point.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PointName {
    /// `fullName`: alternatives, any of which leads to the CRL.
    Full {
        /// The sources.
        locations: Vec<Location>,
    },
    /// `nameRelativeToCRLIssuer`: a directory entry below the issuer of the CRL.
    RelativeToIssuer {
        /// The whole name, the issuer's with the relative part below it.
        #[schemars(with = "Name")]
        resolved: RelativeName,
    },
}

/// A name below another one, put together when it is asked for: a certificate may name one issuer in many points, and
/// its name should not be kept once for each.
#[derive(Clone)]
pub struct RelativeName {
    issuer: Name,
    /// The contents of the RelativeDistinguishedName's SET.
    set: Vec<u8>,
}

impl RelativeName {
    fn read(issuer: &Name, set: &[u8]) -> Result<RelativeName, Malformed> {
        if issuer.der().len() > ISSUER_LIMIT {
            return Err(Malformed);
        }
        issuer.extended(set)?;
        Ok(RelativeName {
            issuer: issuer.clone(),
            set: set.to_vec(),
        })
    }

    /// The whole name: the issuer's with the relative part below it (RFC 5280 section 4.2.1.13).
    pub fn resolved(&self) -> Name {
        // It was tried when it was read.
        let resolved = self.issuer.extended(&self.set);
        resolved.unwrap_or_else(|Malformed| Name::empty())
    }
}

impl PartialEq for RelativeName {
    fn eq(&self, other: &RelativeName) -> bool {
        (self.set == other.set && self.issuer == other.issuer)
            || self.resolved() == other.resolved()
    }
}

impl Eq for RelativeName {}

impl Hash for RelativeName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.resolved().hash(state);
    }
}

impl fmt::Display for RelativeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.resolved().fmt(f)
    }
}

impl fmt::Debug for RelativeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.resolved(), f)
    }
}

impl Serialize for RelativeName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.resolved().serialize(serializer)
    }
}

impl PointName {
    /// Its names, each as a reader would search for it, safe to print.
    pub fn sources(&self) -> Vec<String> {
        match self {
            PointName::Full { locations } => locations
                .iter()
                .map(|location| location.name.bare())
                .collect(),
            PointName::RelativeToIssuer { resolved } => vec![resolved.to_string()],
        }
    }
}

/// One source of a CRL, as a certificate or CRL names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Location {
    /// The source.
    pub name: GeneralName,
    /// What it takes to get the CRL from there.
    pub retrieval: Retrieval,
}

/// How a CRL can be fetched from its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Retrieval {
    /// An HTTP or HTTPS download.
    Http,
    /// A look-up at the LDAP server that the URI names.
    Ldap,
    /// An LDAP URI without a server: only a client that has a directory of its own can use it.
    LdapWithoutServer,
    /// An FTP download.
    Ftp,
    /// A directory entry with no server to ask: the CRL has to be imported manually.
    Directory,
    /// A kind of name or scheme with no known way to the CRL.
    Unknown,
}

/// A reason for revocation, as the flags of a distribution point name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the names are the standard's and say all there is to say"
)]
pub enum Reason {
    Unused,
    KeyCompromise,
    #[serde(rename = "cACompromise")]
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    PrivilegeWithdrawn,
    #[serde(rename = "aACompromise")]
    AaCompromise,
}

const SEQUENCE: u8 = 0x30;
/// A directoryName, in a GeneralName.
const DIRECTORY: u8 = 0xa4;

/// The most points of one extension that are read. Certificates have one to five; a CA of a thousand partitions may name them all,
/// and a file of a hundred thousand cannot make a report of gigabytes.
const POINT_LIMIT: usize = 1024;

/// The longest name that relative names are put below, in octets: RFC 5280's upper bounds (appendix A.1) leave a name
/// of ten parts below a kilobyte.
const ISSUER_LIMIT: usize = 2048;

/// The fields of a SEQUENCE, by their tags: each comes once, and in order.
#[derive(Default)]
pub(super) struct Fields(Option<u8>);

impl Fields {
    pub(super) fn next(&mut self, identifier: u8) -> Result<(), Malformed> {
        let tag = identifier & 0x1f;
        match self.0.replace(tag) {
            Some(before) if before >= tag => Err(Malformed),
            _ => Ok(()),
        }
    }
}

impl DistributionPoint {
    /// Reads the contents of a CRLDistributionPoints or FreshestCRL extension.
    pub(super) fn read_all(
        bytes: &[u8],
        issuer: &Name,
    ) -> Result<Vec<DistributionPoint>, Malformed> {
        let mut points = Vec::new();
        for element in der::elements(der::only(bytes, SEQUENCE)?) {
            if points.len() == POINT_LIMIT {
                return Err(Malformed);
            }
            points.push(DistributionPoint::read(element?, issuer)?);
        }
        match points.is_empty() {
            true => Err(Malformed),
            false => Ok(points),
        }
    }

    fn read(point: der::Element<'_>, issuer: &Name) -> Result<DistributionPoint, Malformed> {
        if point.identifier != SEQUENCE {
            return Err(Malformed);
        }
        let (mut name, mut reasons, mut crl_issuer) = (None, None, Vec::new());
        let mut fields = Fields::default();
        for element in der::elements(point.content) {
            let element = element?;
            fields.next(element.identifier)?;
            match element.identifier {
                0xa0 => name = Some(element.content),
                0x81 => reasons = Some(Reason::all_in(element.content)?),
                // At least one.
                0xa2 if element.content.is_empty() => return Err(Malformed),
                0xa2 => crl_issuer = general_names(element.content)?,
                _ => return Err(Malformed),
            }
        }
        // RFC 5280: a relative name is relative to cRLIssuer where there is one, else to the issuer.
        let named = crl_issuer.iter().find_map(|name| match name {
            GeneralName::DirectoryName(name) => Some(name),
            _ => None,
        });
        let name = name
            .map(|name| PointName::read(name, named.unwrap_or(issuer)))
            .transpose()?;
        Ok(DistributionPoint {
            name,
            reasons,
            crl_issuer,
        })
    }

    /// How many sources it has.
    pub(crate) fn count(&self) -> usize {
        match &self.name {
            None => 0,
            Some(PointName::Full { locations }) => locations.len(),
            Some(PointName::RelativeToIssuer { .. }) => 1,
        }
    }

    /// The sources, in the certificate's order; a relative name counts as the directory entry it resolves to.
    pub fn locations(&self) -> impl Iterator<Item = (GeneralName, Retrieval)> {
        let (listed, resolved) = match &self.name {
            None => (&[][..], None),
            Some(PointName::Full { locations }) => (locations.as_slice(), None),
            Some(PointName::RelativeToIssuer { resolved }) => (&[][..], Some(resolved)),
        };
        let listed = listed
            .iter()
            .map(|location| (location.name.clone(), location.retrieval));
        listed.chain(resolved.map(|resolved| {
            (
                GeneralName::DirectoryName(resolved.resolved()),
                Retrieval::Directory,
            )
        }))
    }
}

impl PointName {
    /// Reads the contents of the `[0]` around a DistributionPointName.
    fn read(bytes: &[u8], issuer: &Name) -> Result<PointName, Malformed> {
        let (element, []) = der::first(bytes)? else {
            return Err(Malformed);
        };
        match element.identifier {
            0xa0 => Ok(PointName::Full {
                locations: general_names(element.content)?
                    .into_iter()
                    .map(Location::from)
                    .collect(),
            }),
            0xa1 => Ok(PointName::RelativeToIssuer {
                resolved: RelativeName::read(issuer, element.content)?,
            }),
            _ => Err(Malformed),
        }
    }
}

impl From<GeneralName> for Location {
    fn from(name: GeneralName) -> Location {
        let retrieval = match &name {
            GeneralName::Uri(uri) => Retrieval::of_uri(uri),
            GeneralName::DirectoryName(_) => Retrieval::Directory,
            _ => Retrieval::Unknown,
        };
        Location { name, retrieval }
    }
}

impl Retrieval {
    fn of_uri(uri: &str) -> Retrieval {
        let Some((scheme, rest)) = uri.split_once(':') else {
            return Retrieval::Unknown;
        };
        let server = rest
            .strip_prefix("//")
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
        match (scheme.to_ascii_lowercase().as_str(), server) {
            ("http" | "https", true) => Retrieval::Http,
            ("ldap" | "ldaps", true) => Retrieval::Ldap,
            ("ldap" | "ldaps", false) => Retrieval::LdapWithoutServer,
            ("ftp" | "ftps", true) => Retrieval::Ftp,
            _ => Retrieval::Unknown,
        }
    }
}

impl fmt::Display for Retrieval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Retrieval::Http => "HTTP, fetchable",
            Retrieval::Ldap => "needs an LDAP client",
            Retrieval::LdapWithoutServer => "LDAP without a server: cannot be fetched",
            Retrieval::Ftp => "FTP, not supported",
            Retrieval::Directory => "directory name: cannot be fetched",
            Retrieval::Unknown => "no known way to fetch it",
        })
    }
}

impl Reason {
    /// All of them, in the order of their bits.
    pub const ALL: [Reason; 9] = [
        Reason::Unused,
        Reason::KeyCompromise,
        Reason::CaCompromise,
        Reason::AffiliationChanged,
        Reason::Superseded,
        Reason::CessationOfOperation,
        Reason::CertificateHold,
        Reason::PrivilegeWithdrawn,
        Reason::AaCompromise,
    ];

    /// The contents of a BIT STRING: a count of unused bits, then bits from the most significant.
    fn all_in(bits: &[u8]) -> Result<Vec<Reason>, Malformed> {
        let [unused, bits @ ..] = bits else {
            return Err(Malformed);
        };
        if *unused > 7 {
            return Err(Malformed);
        }
        let set = |index: usize| {
            bits.get(index / 8)
                .is_some_and(|byte| byte >> (7 - index % 8) & 1 == 1)
        };
        Ok(Reason::ALL
            .into_iter()
            .enumerate()
            .filter(|(index, _)| set(*index))
            .map(|(_, reason)| reason)
            .collect())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Unused => "unused",
            Reason::KeyCompromise => "keyCompromise",
            Reason::CaCompromise => "cACompromise",
            Reason::AffiliationChanged => "affiliationChanged",
            Reason::Superseded => "superseded",
            Reason::CessationOfOperation => "cessationOfOperation",
            Reason::CertificateHold => "certificateHold",
            Reason::PrivilegeWithdrawn => "privilegeWithdrawn",
            Reason::AaCompromise => "aACompromise",
        })
    }
}

pub(crate) fn general_names(content: &[u8]) -> Result<Vec<GeneralName>, Malformed> {
    der::elements(content)
        .map(|element| {
            let element = element?;
            // One name is in it, and nothing else.
            if element.identifier == DIRECTORY && der::only(element.content, SEQUENCE).is_err() {
                return Ok(GeneralName::Unread {
                    tag: u32::from(DIRECTORY & 0x1f),
                    der: Hex(element.content.to_vec()),
                });
            }
            match ParsedName::from_der(element.raw) {
                Ok(([], name)) => Ok(GeneralName::of_parsed(&name)),
                _ => Err(Malformed),
            }
        })
        .collect()
}
