//! Certificate extensions, one file for each family; what is not known here is kept, not dropped.

mod alternative_name;
mod constraint;
mod distribution_point;
mod information_access;
mod key_identifier;
mod policy;
mod private_key_period;
mod usage;

pub use alternative_name::{GeneralName, IpAddress};
pub use constraint::{BasicConstraints, NameConstraints, PolicyConstraints};
pub(crate) use distribution_point::general_names;
pub use distribution_point::{
    DistributionPoint, IssuingDistributionPoint, Location, PointName, Reason, RelativeName,
    Retrieval, Scope,
};
pub use information_access::{Access, AccessMethod};
pub use key_identifier::AuthorityKeyIdentifier;
pub use policy::{CertificatePolicy, PolicyMapping, Qualifier};
pub use private_key_period::PrivateKeyPeriod;
pub use usage::{ExtendedKeyUsage, KeyUsage};

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::extensions::{ParsedExtension, X509Extension, X509ExtensionParser};
use x509_parser::nom::Parser;
use x509_parser::prelude::FromDer;

use super::der::{self, Malformed, dotted};
use super::{HexBytes, Name};

/// An extension's value, and whether a reader that does not know it must refuse the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Marked<T> {
    /// Whether the extension is marked critical.
    pub critical: bool,
    /// The value.
    pub value: T,
}

/// All extensions of a certificate, or those asked for in a request.
///
/// Each field is `None` where the extension is absent. An extension whose value could not be read
/// as its definition says is in `others` with `known` and `malformed` set, and its field is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Extensions {
    /// RFC 5280 section 4.2.1.9.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic_constraints: Option<Marked<BasicConstraints>>,
    /// RFC 5280 section 4.2.1.3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_usage: Option<Marked<Vec<KeyUsage>>>,
    /// RFC 5280 section 4.2.1.12.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_key_usage: Option<Marked<Vec<ExtendedKeyUsage>>>,
    /// RFC 5280 section 4.2.1.6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_alternative_name: Option<Marked<Vec<GeneralName>>>,
    /// RFC 5280 section 4.2.1.7.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_alternative_name: Option<Marked<Vec<GeneralName>>>,
    /// RFC 5280 section 4.2.1.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_key_identifier: Option<Marked<HexBytes>>,
    /// RFC 5280 section 4.2.1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_key_identifier: Option<Marked<AuthorityKeyIdentifier>>,
    /// RFC 5280 section 4.2.1.13.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl_distribution_points: Option<Marked<Vec<DistributionPoint>>>,
    /// RFC 5280 section 4.2.1.15: where delta CRLs are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshest_crl: Option<Marked<Vec<DistributionPoint>>>,
    /// RFC 5280 section 4.2.2.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_information_access: Option<Marked<Vec<Access>>>,
    /// RFC 5280 section 4.2.2.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_information_access: Option<Marked<Vec<Access>>>,
    /// RFC 5280 section 4.2.1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_policies: Option<Marked<Vec<CertificatePolicy>>>,
    /// RFC 5280 section 4.2.1.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_mappings: Option<Marked<Vec<PolicyMapping>>>,
    /// RFC 5280 section 4.2.1.11.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_constraints: Option<Marked<PolicyConstraints>>,
    /// RFC 5280 section 4.2.1.14: how many further certificates may rely on `anyPolicy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inhibit_any_policy: Option<Marked<u32>>,
    /// RFC 5280 section 4.2.1.10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_constraints: Option<Marked<NameConstraints>>,
    /// RFC 3280 section 4.2.1.4: when the private key may sign, which may end before the certificate does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key_usage_period: Option<Marked<PrivateKeyPeriod>>,
    /// Every other extension, in the certificate's order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherExtension>,
    /// OIDs that occur more than once, which RFC 5280 section 4.2 forbids; the first occurrence was read. Of a request's
    /// alternative names every occurrence counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repeated: Vec<String>,
    /// OIDs of empty sequences, which must have at least one entry (RFC 5280 sections 4.2.1.6 and
    /// 4.2.1.12). Their fields are empty and not `None`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub empty: Vec<String>,
    /// OIDs of extensions that were read, although their encoding is not DER (RFC 5280 section 4.1): bytes follow the value, a
    /// length has more octets than it needs, or a BOOLEAN is neither `00` nor `ff`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_der: Vec<String>,
}

impl Extensions {
    /// Whether the Netscape certificate type allows to be a TLS server or client; `None` where there is none, or for
    /// other purposes. One that cannot be read allows nothing.
    pub(crate) fn netscape_type_allows(&self, purpose: &ExtendedKeyUsage) -> Option<bool> {
        // The first two bits, sslClient and sslServer; X509v3 extensions of Netscape, 1998.
        let bit = match purpose {
            ExtendedKeyUsage::ClientAuth => 0x80,
            ExtendedKeyUsage::ServerAuth => 0x40,
            _ => return None,
        };
        let mut others = self.others.iter();
        let found = others.find(|other| other.oid == NETSCAPE_CERTIFICATE_TYPE)?;
        Some(match der::first(found.value.as_bytes()) {
            Ok((element, [])) if element.identifier == BIT_STRING => match element.content {
                [_, types, ..] => types & bit != 0,
                _ => false,
            },
            _ => false,
        })
    }
}

/// Netscape's certificate type, which OpenSSL still looks at.
const NETSCAPE_CERTIFICATE_TYPE: &str = "2.16.840.1.113730.1.1";
const BIT_STRING: u8 = 0x03;

/// An extension kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct OtherExtension {
    /// The dotted OID.
    pub oid: String,
    /// What the OID is called, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    /// Whether the extension is marked critical.
    pub critical: bool,
    /// Whether this is an extension that should have been readable but was not.
    pub malformed: bool,
    /// The value's DER.
    pub value: HexBytes,
}

/// What an OID without a type of its own here is called; shown beside it so that a reader need not look it up.
fn known_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "1.2.840.113533.7.65.0" => "Entrust version",
        NETSCAPE_CERTIFICATE_TYPE => "Netscape certificate type",
        "2.16.840.1.113730.1.13" => "Netscape comment",
        "1.3.6.1.4.1.11129.2.4.2" => "signed certificate timestamps",
        "1.3.6.1.4.1.311.20.2" => "Microsoft certificate template name",
        "1.3.6.1.4.1.311.21.1" => "Microsoft CA version",
        "1.3.6.1.4.1.311.21.7" => "Microsoft certificate template",
        "1.3.6.1.4.1.311.21.10" => "Microsoft application policies",
        "1.3.6.1.5.5.7.1.3" => "qualified certificate statements",
        "1.3.6.1.5.5.7.1.24" => "TLS feature",
        "1.3.6.1.5.5.7.48.1.5" => "OCSP no check",
        "2.5.29.9" => "subject directory attributes",
        "2.5.29.14" => "subject key identifier",
        "2.5.29.15" => "key usage",
        "2.5.29.16" => "private key usage period",
        "2.5.29.17" => "subject alternative name",
        "2.5.29.18" => "issuer alternative name",
        "2.5.29.19" => "basic constraints",
        "2.5.29.30" => "name constraints",
        "2.5.29.31" => "CRL distribution points",
        "2.5.29.32" => "certificate policies",
        "2.5.29.33" => "policy mappings",
        "2.5.29.35" => "authority key identifier",
        "2.5.29.36" => "policy constraints",
        "2.5.29.37" => "extended key usage",
        "2.5.29.46" => "freshest CRL",
        "2.5.29.54" => "inhibit anyPolicy",
        "1.3.6.1.5.5.7.1.1" => "authority information access",
        "1.3.6.1.5.5.7.1.11" => "subject information access",
        _ => return None,
    })
}

const SEQUENCE: u8 = 0x30;
/// `id-ce-subjectAltName` (RFC 5280 section 4.2.1.6).
const SUBJECT_ALTERNATIVE_NAME: &str = "2.5.29.17";
/// `id-ce-issuerAltName` (section 4.2.1.7).
const ISSUER_ALTERNATIVE_NAME: &str = "2.5.29.18";
const PRIVATE_KEY_USAGE_PERIOD: &[u8] = &[0x55, 29, 16];
const CRL_DISTRIBUTION_POINTS: &[u8] = &[0x55, 29, 31];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 29, 30];
const CERTIFICATE_POLICIES: &[u8] = &[0x55, 29, 32];
const FRESHEST_CRL: &[u8] = &[0x55, 29, 46];

/// The extensions whose values are read here.
const OWN: [&[u8]; 3] = [
    PRIVATE_KEY_USAGE_PERIOD,
    CRL_DISTRIBUTION_POINTS,
    FRESHEST_CRL,
];

impl Extensions {
    /// Reads a DER `Extensions` that fills `bytes` exactly; `issuer` resolves names relative to it.
    pub(crate) fn read(bytes: &[u8], issuer: &Name) -> Result<Extensions, Malformed> {
        let mut extensions = Extensions::default();
        extensions.add(bytes, issuer, &mut HashMap::new())?;
        Ok(extensions)
    }

    /// Reads several of them as one, as a request may ask for them: alternative names count wherever they are, because
    /// a CA may use any of them. An attribute that cannot be read is skipped; the caller says so.
    pub(crate) fn read_all(lists: &[&[u8]], issuer: &Name) -> Extensions {
        let mut extensions = Extensions::default();
        let mut seen = HashMap::new();
        for list in lists {
            // What was read of a malformed one before its fault does no harm: the names in it were asked for.
            let _ = extensions.add(list, issuer, &mut seen);
        }
        if extensions
            .repeated
            .iter()
            .any(|oid| oid == SUBJECT_ALTERNATIVE_NAME)
        {
            extensions.join_names(lists);
        }
        extensions
    }

    /// `seen` counts how often each OID occurred.
    fn add<'b>(
        &mut self,
        bytes: &'b [u8],
        issuer: &Name,
        seen: &mut HashMap<&'b [u8], usize>,
    ) -> Result<(), Malformed> {
        for element in der::elements(der::only(bytes, SEQUENCE)?) {
            let der::Element { raw, content, .. } = element?;
            let (oid, _) = der::first(content)?;
            // What is read here need not be read by the library too.
            let is_own = OWN.contains(&oid.content);
            let mut parser = X509ExtensionParser::new().with_deep_parse_extensions(!is_own);
            let Ok(([], extension)) = parser.parse(raw) else {
                return Err(Malformed);
            };
            let times = seen.entry(oid.content).or_default();
            *times += 1;
            match *times {
                1 => {
                    let is_read = self.take(&extension, issuer);
                    if !is_read {
                        self.keep(&extension);
                    }
                    // The value of an extension that is not known may be anything.
                    let value = is_read.then_some(extension.value);
                    if ![Some(raw), value]
                        .into_iter()
                        .flatten()
                        .all(der::is_distinguished)
                    {
                        self.not_der.push(dotted(extension.oid.as_bytes()));
                    }
                }
                2 => self.repeated.push(dotted(extension.oid.as_bytes())),
                _ => {}
            }
        }
        Ok(())
    }

    /// The alternative names of every extension of that kind, each once.
    fn join_names(&mut self, lists: &[&[u8]]) {
        let Some(Marked { value: names, .. }) = &mut self.subject_alternative_name else {
            return;
        };
        let mut known: HashSet<String> = names.iter().map(ToString::to_string).collect();
        let lists = lists
            .iter()
            .filter_map(|list| der::only(list, SEQUENCE).ok());
        for element in lists.flat_map(der::elements).flatten() {
            let Ok((_, extension)) = X509Extension::from_der(element.raw) else {
                continue;
            };
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(value) => {
                    let further = GeneralName::all_in(&value.general_names).into_iter();
                    names.extend(further.filter(|name| known.insert(name.to_string())));
                }
                // One that cannot be read hides names; that the first one could is no comfort.
                _ if dotted(extension.oid.as_bytes()) == SUBJECT_ALTERNATIVE_NAME => {
                    self.others.push(OtherExtension {
                        oid: SUBJECT_ALTERNATIVE_NAME.to_owned(),
                        name: known_name(SUBJECT_ALTERNATIVE_NAME),
                        critical: extension.critical,
                        malformed: true,
                        value: super::Hex(extension.value.to_vec()),
                    });
                }
                _ => {}
            }
        }
    }

    /// Reads one extension into its field; false when it has none or cannot be read.
    fn take(&mut self, extension: &X509Extension<'_>, issuer: &Name) -> bool {
        let critical = extension.critical;
        fn set<T>(field: &mut Option<Marked<T>>, critical: bool, value: T) -> bool {
            *field = Some(Marked { critical, value });
            true
        }
        match extension.oid.as_bytes() {
            PRIVATE_KEY_USAGE_PERIOD => {
                return match PrivateKeyPeriod::read(extension.value) {
                    Ok(period) => set(&mut self.private_key_usage_period, critical, period),
                    Err(_) => false,
                };
            }
            CRL_DISTRIBUTION_POINTS | FRESHEST_CRL => {
                let field = match extension.oid.as_bytes() {
                    FRESHEST_CRL => &mut self.freshest_crl,
                    _ => &mut self.crl_distribution_points,
                };
                return match DistributionPoint::read_all(extension.value, issuer) {
                    Ok(points) => set(field, critical, points),
                    Err(_) => false,
                };
            }
            _ => {}
        }
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(value) => set(
                &mut self.basic_constraints,
                critical,
                BasicConstraints::of_parsed(value),
            ),
            ParsedExtension::KeyUsage(value) => {
                set(&mut self.key_usage, critical, KeyUsage::all_in(value))
            }
            ParsedExtension::ExtendedKeyUsage(value) => {
                let usages = ExtendedKeyUsage::all_in(value);
                self.note_empty(extension, usages.is_empty());
                set(&mut self.extended_key_usage, critical, usages)
            }
            ParsedExtension::SubjectAlternativeName(value) => {
                let names = GeneralName::all_in(&value.general_names);
                self.note_empty(extension, names.is_empty());
                set(&mut self.subject_alternative_name, critical, names)
            }
            ParsedExtension::IssuerAlternativeName(value) => set(
                &mut self.issuer_alternative_name,
                critical,
                GeneralName::all_in(&value.general_names),
            ),
            ParsedExtension::SubjectKeyIdentifier(value) => set(
                &mut self.subject_key_identifier,
                critical,
                super::Hex(value.0.to_vec()),
            ),
            ParsedExtension::AuthorityKeyIdentifier(value) => set(
                &mut self.authority_key_identifier,
                critical,
                AuthorityKeyIdentifier::of_parsed(value),
            ),
            ParsedExtension::AuthorityInfoAccess(value) => set(
                &mut self.authority_information_access,
                critical,
                Access::all_in(&value.accessdescs),
            ),
            ParsedExtension::SubjectInfoAccess(value) => set(
                &mut self.subject_information_access,
                critical,
                Access::all_in(&value.accessdescs),
            ),
            ParsedExtension::CertificatePolicies(value)
                if !value
                    .iter()
                    .all(|one| der::is_oid(one.policy_id.as_bytes())) =>
            {
                false
            }
            ParsedExtension::CertificatePolicies(value) => set(
                &mut self.certificate_policies,
                critical,
                value.iter().map(CertificatePolicy::of_parsed).collect(),
            ),
            ParsedExtension::PolicyMappings(value) => set(
                &mut self.policy_mappings,
                critical,
                value
                    .mappings
                    .iter()
                    .map(PolicyMapping::of_parsed)
                    .collect(),
            ),
            ParsedExtension::PolicyConstraints(value) => set(
                &mut self.policy_constraints,
                critical,
                PolicyConstraints::of_parsed(value),
            ),
            ParsedExtension::InhibitAnyPolicy(value) => {
                set(&mut self.inhibit_any_policy, critical, value.skip_certs)
            }
            // What cannot be read of it is no constraint less.
            ParsedExtension::NameConstraints(value)
                if !NameConstraints::is_all(value, extension.value) =>
            {
                false
            }
            ParsedExtension::NameConstraints(value) => set(
                &mut self.name_constraints,
                critical,
                NameConstraints::of_parsed(value),
            ),
            _ => false,
        }
    }

    fn note_empty(&mut self, extension: &X509Extension<'_>, is_empty: bool) {
        if is_empty {
            self.empty.push(dotted(extension.oid.as_bytes()));
        }
    }

    fn keep(&mut self, extension: &X509Extension<'_>) {
        let oid = dotted(extension.oid.as_bytes());
        let typed = matches!(
            extension.oid.as_bytes(),
            PRIVATE_KEY_USAGE_PERIOD
                | CRL_DISTRIBUTION_POINTS
                | FRESHEST_CRL
                | NAME_CONSTRAINTS
                | CERTIFICATE_POLICIES
        );
        self.others.push(OtherExtension {
            name: known_name(&oid),
            malformed: typed || extension.parsed_extension().error().is_some(),
            critical: extension.critical,
            value: super::Hex(extension.value.to_vec()),
            oid,
        });
    }

    /// The subject alternative names, none where the extension is absent.
    pub fn alternative_names(&self) -> &[GeneralName] {
        self.subject_alternative_name
            .as_ref()
            .map_or(&[], |marked| &marked.value)
    }

    /// The OIDs of extensions that do not read as their definitions say, those without anything in them and those with a
    /// name that does not read included.
    pub fn malformed(&self) -> Vec<String> {
        let unread = self.others.iter().filter(|other| other.malformed);
        let names = [
            (SUBJECT_ALTERNATIVE_NAME, &self.subject_alternative_name),
            (ISSUER_ALTERNATIVE_NAME, &self.issuer_alternative_name),
        ];
        let names = names.into_iter().filter(|(_, marked)| {
            let names = marked.iter().flat_map(|marked| &marked.value);
            names.into_iter().any(GeneralName::is_malformed)
        });
        unread
            .map(|other| other.oid.clone())
            .chain(self.empty.iter().cloned())
            .chain(names.map(|(oid, _)| oid.to_owned()))
            .collect()
    }

    /// Whether there is a subject alternative name extension, readable or not.
    pub fn names_alternatives(&self) -> bool {
        self.subject_alternative_name.is_some() || self.has_malformed_alternative_names()
    }

    /// Whether there is a subject alternative name extension that cannot be read.
    pub fn has_malformed_alternative_names(&self) -> bool {
        let mut others = self.others.iter();
        others.any(|other| other.malformed && other.oid == SUBJECT_ALTERNATIVE_NAME)
    }

    /// The host names among the subject alternative names.
    pub fn dns_names(&self) -> impl Iterator<Item = &str> {
        self.alternative_names()
            .iter()
            .filter_map(|name| match name {
                GeneralName::Dns(name) => Some(name.as_str()),
                _ => None,
            })
    }

    /// Whether there is no extension at all.
    pub fn is_empty(&self) -> bool {
        *self == Extensions::default()
    }
}
