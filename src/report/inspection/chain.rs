//! Chains, as data.

use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::{Found, role};
use crate::document::{Name, Role, Sha256Digest};
use crate::verdict::{Chain, ChainEnd};

/// A chain as drawn.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ChainReport<'a> {
    /// The number of the object it starts from.
    pub of: usize,
    /// From that object upwards.
    pub certificates: Vec<ChainLinkReport<'a>>,
    /// How it ends.
    pub end: EndReport,
    /// The name of the issuer that could not be reached, where it ends short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_issuer: Option<&'a Name>,
    /// How many other complete paths there are.
    pub alternatives: usize,
}

/// How a chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReport {
    /// At a known NHS root.
    NhsRoot,
    /// At a root of the facts file that is not said to be the NHS's.
    KnownRoot,
    /// At another self-signed certificate.
    OtherRoot,
    /// The issuer is not here.
    IssuerMissing,
    /// The issuer's name is here, but not the key that made the signature.
    SignatureFails,
    /// The signer is not a CA.
    NotCa,
    /// In a circle, too deep, or too costly to check.
    Unresolved,
    /// Where OpenSSL could not check a signature: it does not know the algorithm, or failed.
    Unchecked,
}

/// One certificate of a chain.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ChainLinkReport<'a> {
    /// Whose it is.
    pub name: String,
    /// Whether it was in the input, is built in, or is in the facts file.
    pub found: Found,
    /// The number of the object, where it was in the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<usize>,
    /// Whether it is a known CA by its SHA-256.
    pub pinned: bool,
    /// Who runs this known CA, where the facts say; `NHS` for those built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<&'a str>,
    /// Its role.
    pub role: Role,
    /// How it was signed.
    pub signature: &'a str,
    /// The family of the hash in that signature: `SHA-1`, `SHA-2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash_family: Option<&'static str>,
    /// Its SHA-256.
    pub sha256: Sha256Digest,
}

/// Whether the last certificate is signed with an algorithm of which OpenSSL cannot say whose signature it is.
fn is_unchecked(chain: &Chain) -> bool {
    let last = chain.links.last();
    last.is_some_and(|last| !last.certificate.signature.is_checkable())
}

impl<'a> ChainReport<'a> {
    pub(super) fn new(chain: &'a Chain) -> ChainReport<'a> {
        let (end, missing_issuer) = match &chain.end {
            ChainEnd::NhsRoot => (EndReport::NhsRoot, None),
            ChainEnd::KnownRoot => (EndReport::KnownRoot, None),
            ChainEnd::OtherRoot => (EndReport::OtherRoot, None),
            ChainEnd::IssuerMissing(issuer) => (EndReport::IssuerMissing, Some(issuer)),
            ChainEnd::SignatureFails(_) if is_unchecked(chain) => (EndReport::Unchecked, None),
            ChainEnd::SignatureFails(issuer) => (EndReport::SignatureFails, Some(issuer)),
            ChainEnd::NotCa(issuer) => (EndReport::NotCa, Some(issuer)),
            ChainEnd::Unresolved => (EndReport::Unresolved, None),
            ChainEnd::Unchecked => (EndReport::Unchecked, None),
        };
        let links = chain.links.iter().map(|link| ChainLinkReport {
            name: link.certificate.subject.short(),
            found: link.found,
            object: link.object,
            pinned: link.pinned,
            operator: link.operator.as_deref(),
            role: role(&link.certificate),
            signature: &link.certificate.signature.name,
            hash_family: link
                .certificate
                .signature
                .hash
                .map(crate::document::Hash::family),
            sha256: link.certificate.sha256,
        });
        ChainReport {
            of: chain.of,
            certificates: links.collect(),
            end,
            missing_issuer,
            alternatives: chain.alternatives,
        }
    }
}
