//! The answer.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::host::HostMatch;
use super::revoked::Revoked;
use crate::chain::Found;
use crate::document::{Certificate, Name};
use crate::input::Origin;
use crate::verdict::{Code, Finding};

/// Whether a certificate is good, and why.
#[derive(Clone, Debug)]
#[must_use]
#[non_exhaustive]
pub struct Verdict {
    /// Good, bad, or undetermined.
    pub decision: Decision,
    /// What decided; `None` when everything asked about is good.
    pub code: Option<Code>,
    /// The path, the certificate first: the valid one, or the one that came nearest.
    pub path: Vec<Link>,
    /// How it ends.
    pub end: PathEnd,
    /// Whether the certificates asked about have been revoked, in the path's order.
    pub revocation: Vec<Revoked>,
    /// How the host asked about is named; `None` when none was asked about.
    pub host: Option<HostMatch>,
    /// Whether the certificate has the key asked about; `None` when none was.
    pub key_matches: Option<bool>,
    /// Whether it answers the request asked about: the key and every name; `None` when none was.
    pub matches_request: Option<bool>,
    /// What decided against the certificate, or kept it undecided, the deciding reason first. Each counts as an error,
    /// whatever its severity elsewhere.
    pub reasons: Vec<Finding>,
    /// The other findings.
    pub findings: Vec<Finding>,
}

/// Good, bad, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Everything asked about holds.
    Verified,
    /// Something asked about does not hold.
    NotVerified,
    /// It could not be determined.
    NotDecided,
}

/// One certificate of a path.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Link {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Whether it was sent or found elsewhere.
    pub found: Found,
    /// Where it is.
    pub origin: Origin,
    /// Whether it is trusted for this question.
    pub anchor: bool,
    /// Whether it is a known NHS CA by its SHA-256.
    pub pinned: bool,
}

/// How a path ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathEnd {
    /// At a certificate that is trusted for this question.
    Anchor,
    /// At a self-signed certificate that is not.
    Untrusted,
    /// The issuer is not available.
    IssuerMissing(Name),
    /// Certificates with the issuer's name are available, but none of their keys made the signature.
    SignatureFails(Name),
    /// The signer says that it is not a CA.
    NotCa(Name),
    /// It loops, is too long, or is too costly to check.
    Unresolved,
}
