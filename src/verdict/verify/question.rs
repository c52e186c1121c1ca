//! What is asked, and what there is to answer it with.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::document::{Certificate, Moment, PublicKey, Request};
use crate::environment::{Environment, Facts};
use crate::fqdn::Fqdn;
use crate::input::Origin;
use crate::revocation::SearchableCrl;

/// Is this certificate good – for what, when, and by which measure?
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The certificate.
    pub certificate: &'a Given,
    /// What it is to be used for.
    pub purpose: Purpose,
    /// The host it is to be for; `None` leaves names out of the question.
    pub fqdn: Option<&'a Fqdn>,
    /// The moment for which everything is judged.
    pub at: Moment,
    /// The environment it is to be for: its roots are the anchors then, and [`Evidence::anchors`] is not looked at.
    pub environment: Option<&'a Environment>,
    /// For which certificates revocation is asked.
    pub revocation: Revocation,
    /// What a CRL past its time is worth.
    pub stale: StaleCrl,
    /// Whether SHA-1 signatures below the anchor are accepted; an environment may say so too.
    pub sha1: Sha1,
    /// Whether keys of less than 112 bits of security are accepted.
    pub weak_keys: WeakKeys,
    /// Whether rules for issuers that path validation does not enforce refuse.
    pub profile: Profile,
    /// A key that the certificate must have.
    pub key: Option<&'a PublicKey>,
    /// A request that the certificate must answer.
    pub request: Option<&'a Request>,
}

/// What there is to judge by. Adding to it what has nothing to do with the certificate changes no verdict, unless
/// it is so much that a budget is spent; and then only from good to bad.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// What came with the certificate, itself included or not: what a peer would be sent.
    pub sent: &'a [Given],
    /// What completes chains.
    pub chain: &'a [Given],
    /// What is trusted, where the question names no environment.
    pub anchors: &'a [Given],
    /// What is known about environments and their CAs.
    pub facts: &'a Facts,
    /// Revocation lists, of any issuer and in any order.
    pub crls: &'a [&'a SearchableCrl<'a>],
}

/// A certificate, and where it stands.
#[derive(Clone, Debug)]
pub struct Given {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Where it stands.
    pub origin: Origin,
}

/// What a certificate is to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A TLS server.
    Server,
    /// A TLS client.
    Client,
    /// Anything: purposes are not judged.
    Any,
}

/// For which certificates of the path revocation is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// For none; the verdict says so.
    Off,
    /// For the certificate itself. A CA above it that the CRLs list is refused all the same; one about which they say
    /// nothing is not.
    Leaf,
    /// For every certificate below the anchor.
    Chain,
}

/// What a CRL past its next update is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaleCrl {
    /// Nothing: the question stays undecided.
    Refuse,
    /// As much as a fresh one, with a warning.
    Warn,
    /// As much as a fresh one, with a note.
    Accept,
}

/// Whether SHA-1 signatures are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sha1 {
    /// Only where the environment asked about says so.
    Refused,
    /// Below any anchor.
    Accepted,
}

/// Whether keys of less than 112 bits of security are accepted (NIST SP 800-57 part 1: RSA and DSA below 2048 bits, elliptic
/// curves below 224), wherever they stand in the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeakKeys {
    /// Nowhere.
    Refused,
    /// Everywhere; each one is reported.
    Accepted,
}

/// What rules for issuers count that path validation does not enforce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// A breach is said.
    Reported,
    /// A breach refuses.
    Strict,
}
