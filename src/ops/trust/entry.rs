//! One trust entry as text, and back.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CaOrigin, TrustedCa};
use crate::chain::is_self_signed;
use crate::decode;
use crate::document::{Certificate, Document, Moment};
use crate::environment::{AuthorityPurpose, AuthorityRole, Facts, HostNames, TomlFault};
use crate::input::{Input, Source};
use crate::store::trust::StoredEntry;
use crate::wording::sentence;

/// Who added a CA, when, why, and on what proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Added {
    /// Who.
    pub by: String,
    /// When.
    pub at: Moment,
    /// Why.
    pub reason: String,
    /// Where the certificate came from.
    pub source: String,
    /// What showed that it is the right one.
    pub proof: Proof,
}

/// What showed that a certificate is the right one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Proof {
    /// Its SHA-256 was given beforehand.
    DigestGiven,
    /// Its SHA-256 was compared and part of it typed.
    DigestTyped,
    /// A trusted root signed it.
    SignedBy {
        /// The root.
        root: String,
    },
}

/// An entry whose certificate was read.
pub(super) struct Entry {
    pub(super) certificate: Arc<Certificate>,
    pub(super) role: AuthorityRole,
    pub(super) hierarchy: String,
    pub(super) generation: String,
    pub(super) environments: Vec<String>,
    pub(super) host_names: HostNames,
    pub(super) operator: Option<String>,
    pub(super) added: Added,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    by: String,
    at: String,
    reason: String,
    source: String,
    proof: Proof,
    role: AuthorityRole,
    hierarchy: String,
    generation: String,
    #[serde(default)]
    environments: Vec<String>,
    #[serde(default, skip_serializing_if = "is_usual")]
    host_names: HostNames,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    sha256: String,
    pem: String,
}

fn is_usual(host_names: &HostNames) -> bool {
    *host_names == HostNames::default()
}

/// The authority of a facts file.
#[derive(Serialize)]
struct FactsText<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<&'e str>,
    authority: [FactsAuthority<'e>; 1],
}

#[derive(Serialize)]
struct FactsAuthority<'e> {
    name: String,
    role: AuthorityRole,
    hierarchy: &'e str,
    generation: &'e str,
    environments: Vec<&'e str>,
    host_names: HostNames,
    sha256: String,
    pem: String,
}

impl Entry {
    /// The entry as a file.
    pub(super) fn text(&self) -> String {
        let written = Written {
            by: self.added.by.clone(),
            at: self.added.at.to_string(),
            reason: self.added.reason.clone(),
            source: self.added.source.clone(),
            proof: self.added.proof.clone(),
            role: self.role,
            hierarchy: self.hierarchy.clone(),
            generation: self.generation.clone(),
            environments: self.environments.clone(),
            host_names: self.host_names,
            operator: self.operator.clone(),
            sha256: self.certificate.sha256.to_string(),
            pem: self.certificate.pem(),
        };
        let body = toml::to_string(&written).unwrap_or_default();
        format!(
            "# A trust entry of ptl-cert: {}. Remove it with ptl-cert trust remove.\n{body}",
            self.certificate.subject.short()
        )
    }

    /// Adds this CA to the facts, which are left as they are where that fails.
    pub(super) fn add_to(&self, facts: &mut Facts, stored: &StoredEntry) -> Result<(), String> {
        let known = |id: &&String| facts.environment(id).is_some();
        let text = FactsText {
            operator: self.operator.as_deref(),
            authority: [FactsAuthority {
                name: self.certificate.subject.short(),
                role: self.role,
                hierarchy: &self.hierarchy,
                generation: &self.generation,
                environments: self
                    .environments
                    .iter()
                    .filter(known)
                    .map(String::as_str)
                    .collect(),
                host_names: self.host_names,
                sha256: self.certificate.sha256.to_string(),
                pem: self.certificate.pem(),
            }],
        };
        let text = toml::to_string(&text).map_err(|error| sentence(&error))?;
        facts
            .add_from(&text, Source::TrustEntry(stored.path.clone()))
            .map_err(|error| sentence(&error))
    }

    pub(super) fn trusted(&self, at: Moment) -> TrustedCa {
        TrustedCa {
            name: self.certificate.subject.short(),
            role: self.role,
            purpose: AuthorityPurpose::Endpoint,
            hierarchy: self.hierarchy.clone(),
            generation: self.generation.clone(),
            environments: self.environments.clone(),
            sha256: self.certificate.sha256,
            not_after: Some(self.certificate.not_after),
            expired: self.certificate.not_after < at,
            origin: CaOrigin::Added(self.added.clone()),
        }
    }
}

/// Reads an entry: `None` where its hierarchy is not known here, and the sentence why not where it is damaged.
pub(super) fn read(stored: &StoredEntry, facts: &Facts) -> Result<Option<Entry>, String> {
    let written: Written = toml::from_str(&stored.text)
        .map_err(|error| TomlFault::new(&error, &stored.text).to_string())?;
    let certificate = certificate(&written.pem)?;
    if certificate.sha256 != stored.sha256 || written.sha256 != stored.sha256.to_string() {
        return Err(format!(
            "its certificate has the SHA-256 {}, but its name pins {}",
            certificate.sha256, stored.sha256
        ));
    }
    if !certificate.is_ca() {
        return Err("its certificate is not a CA certificate".to_owned());
    }
    let is_root = is_self_signed(&certificate);
    if (written.role == AuthorityRole::Root) != is_root {
        return Err(match is_root {
            true => "it records a self-signed certificate as a sub CA".to_owned(),
            false => "it records a certificate that is not self-signed as a root".to_owned(),
        });
    }
    let at =
        time::OffsetDateTime::parse(&written.at, &time::format_description::well_known::Rfc3339)
            .map_err(|error| format!("its time cannot be read: {error}"))?;
    let known = facts
        .environments
        .iter()
        .any(|environment| environment.hierarchy == written.hierarchy);
    if !known {
        return Ok(None);
    }
    Ok(Some(Entry {
        certificate: Arc::new(certificate),
        role: written.role,
        hierarchy: written.hierarchy,
        generation: written.generation,
        environments: written.environments,
        host_names: written.host_names,
        operator: written.operator,
        added: Added {
            by: written.by,
            at: Moment::new(at),
            reason: written.reason,
            source: written.source,
            proof: written.proof,
        },
    }))
}

fn certificate(pem: &str) -> Result<Certificate, String> {
    let input = Input::new(Source::given("trust entry"), pem.as_bytes());
    let opened = decode::open(&input, None).map_err(|error| sentence(&error))?;
    let [object] = opened.objects.as_slice() else {
        return Err("it does not hold exactly one certificate".to_owned());
    };
    let blob = object.decode().map_err(|error| sentence(&error))?;
    match Document::read(&blob, None).map_err(|error| sentence(&error))? {
        Document::Certificate(certificate) => Ok(certificate.as_ref().clone()),
        _ => Err("it does not hold a certificate".to_owned()),
    }
}
