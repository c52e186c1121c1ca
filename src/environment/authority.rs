//! Certification authorities known by their pin.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Certificate, Sha256Digest};

/// A CA that the facts know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authority {
    /// Its common name.
    pub name: String,
    /// Root or sub CA.
    pub role: AuthorityRole,
    /// What its certificates are for.
    pub purpose: Purpose,
    /// The hierarchy it belongs to: `PTL` or `Live`.
    pub hierarchy: String,
    /// Its generation: `G1`, `G2`.
    pub generation: String,
    /// The environments it is known to issue for, by id; none for a root.
    pub environments: Vec<String>,
    /// SHA-256 over its certificate's DER.
    pub sha256: Sha256Digest,
    /// Its certificate, where the facts hold it.
    pub certificate: Option<Arc<Certificate>>,
}

/// Where in its hierarchy a CA stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorityRole {
    /// Signed by itself.
    Root,
    /// Signed by a root.
    Sub,
}

/// What a CA issues certificates for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// TLS endpoints: what this product is about.
    #[default]
    Endpoint,
    /// Message or prescription signatures; such a CA does not answer for an endpoint.
    Signing,
}
