//! Certification authorities known by their pin.

use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::facts::Environment;
use crate::decode;
use crate::document::{Certificate, Name, Sha256Digest};
use crate::input::{Input, Source};

/// The operator of the CAs that are built in: what a facts file has to call them to count as the NHS's.
pub const NHS: &str = "NHS";

/// A CA that the facts know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authority {
    /// Its common name.
    pub name: String,
    /// Root or sub CA.
    pub role: AuthorityRole,
    /// What its certificates are for.
    pub purpose: AuthorityPurpose,
    /// The hierarchy it belongs to: `PTL` or `Live`.
    pub hierarchy: String,
    /// Its generation: `G1`, `G2`.
    pub generation: String,
    /// Who runs it, as the facts file that names it says of all its CAs: `NHS` for those built in; `None` where the file
    /// does not say.
    pub operator: Option<String>,
    /// The environments it is known to issue for, by id; none for a root.
    pub environments: Vec<String>,
    /// How its certificates name a host.
    pub host_names: HostNames,
    /// SHA-256 over its certificate's DER.
    pub sha256: Sha256Digest,
    pub(super) held: Held,
}

/// Where the certificates of a CA name a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HostNames {
    /// In the subjectAltName, as RFC 9525 wants it, or in a way that is not known.
    #[default]
    AlternativeName,
    /// In the common name only: the NHS's first generation.
    CommonName,
}

/// The certificate of a CA.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// Where it is; `None` if it is not held.
    pub(super) source: Option<Arc<Source>>,
    /// Built in, and read when it is first wanted: most runs want one or two of them.
    pub(super) unread: Option<&'static str>,
    pub(super) read: Arc<OnceLock<Option<Arc<Certificate>>>>,
}

/// The authority's pin says which certificate it is, read or not.
impl PartialEq for Held {
    fn eq(&self, other: &Held) -> bool {
        self.source == other.source
    }
}

impl Eq for Held {}

impl Authority {
    /// Whether it issues for an environment's endpoints, or is a root of its hierarchy, whatever that root is for.
    pub(crate) fn is_of(&self, environment: &Environment) -> bool {
        self.hierarchy == environment.hierarchy
            && match self.role {
                AuthorityRole::Root => true,
                AuthorityRole::SubCa => {
                    self.environments.contains(&environment.id)
                        && self.purpose == AuthorityPurpose::Endpoint
                }
            }
    }

    /// Whether it issues for an environment's endpoints, or is above those that do.
    pub(crate) fn serves(&self, environment: &Environment) -> bool {
        self.purpose == AuthorityPurpose::Endpoint && self.is_of(environment)
    }

    /// Whether it is a CA of the NHS: what a facts file does not say to be the NHS's is not called so.
    pub fn is_nhs(&self) -> bool {
        self.operator.as_deref() == Some(NHS)
    }

    /// Its certificate, where the facts hold it: always the very one that [`Authority::sha256`] pins.
    pub fn certificate(&self) -> Option<&Arc<Certificate>> {
        let pem = self.held.unread;
        let read = || {
            let certificate = certificate_in(pem?)?;
            (certificate.sha256 == self.sha256).then(|| Arc::new(certificate))
        };
        self.held.read.get_or_init(read).as_ref()
    }

    /// Where [`Authority::certificate`] is from: [`Source::BuiltIn`], or the facts that a user gave. `None` where the
    /// facts do not hold it.
    pub fn source(&self) -> Option<&Arc<Source>> {
        self.held.source.as_ref()
    }

    /// Whether it may be the bearer of a name. A certificate not read yet is judged by the authority's name alone,
    /// which may say yes where its whole name says no, and never the other way.
    pub(super) fn may_be_called(&self, name: &Name) -> bool {
        match self.held.read.get() {
            Some(Some(certificate)) => certificate.subject.matches(name),
            Some(None) => false,
            None => {
                let own = self.name.split_ascii_whitespace();
                self.held.unread.is_some()
                    && name.values("CN").any(|value| {
                        let given = value.split_ascii_whitespace();
                        own.clone()
                            .map(str::to_ascii_lowercase)
                            .eq(given.map(str::to_ascii_lowercase))
                    })
            }
        }
    }
}

/// The certificate of a PEM text that holds nothing else.
pub(super) fn certificate_in(pem: &str) -> Option<Certificate> {
    let input = Input::new(Source::BuiltIn("facts"), pem.as_bytes());
    let opened = decode::open(&input, None).ok()?;
    let [piece] = opened.objects.as_slice() else {
        return None;
    };
    Certificate::read(&piece.decode().ok()?.bytes).ok()
}

/// A CA's position in its hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorityRole {
    /// Self-signed.
    Root,
    /// Signed by a root.
    SubCa,
}

/// What a CA issues certificates for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuthorityPurpose {
    /// TLS endpoints: what this product is about.
    #[default]
    Endpoint,
    /// Message or prescription signatures; such a CA does not answer for an endpoint.
    Signing,
}
