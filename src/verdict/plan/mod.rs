//! Which CRLs a trust bundle and a kind of server require, and which of them are available.
//!
//! A server that checks the whole chain asks, for every certificate below a root, for a CRL that answers for it:
//! the root's CRL for the sub CAs, and a sub CA's CRL for its clients. Where a CA partitions its CRLs,
//! each certificate names its own one (RFC 5280 section 4.2.1.13), so that the partitions of clients that were not
//! shown cannot be known; the plan then says so instead of calling itself complete for them.
//!
//! Here live what is needed, what is available and until when, and how servers behave, as data. Reading a cache or a
//! clock does not. Whether a CRL was verified is for the caller to say.

mod authority;
mod conduct;
mod issuer;
mod required;
mod server;
mod superseded;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

pub use authority::{AuthorityPlan, BundleRole};
pub use conduct::{Consequence, Fault, FaultCause};
pub use issuer::expired_authorities;
pub use required::{Covers, CrlSource, RequiredCrl, RequiredState};
pub use server::{Behaviour, BehaviourSource, Effect, Server};
pub(crate) use superseded::superseded;

use crate::document::{Certificate, Crl, CrlNumber, Moment, Name, Sha256Digest};
use crate::environment::Facts;
use crate::revocation::SearchableCrl;

/// An available CRL, verified by the caller.
#[derive(Clone, Copy)]
pub struct Held<'h> {
    header: &'h Crl,
    signer: Sha256Digest,
    /// Its bytes; where only its header is known, no server is tried.
    der: Option<&'h [u8]>,
    /// The CRL itself, to look certificates up in.
    crl: Option<&'h SearchableCrl<'h>>,
}

impl<'h> Held<'h> {
    /// A CRL, and what its signature was verified with: the [identity](crate::document::PublicKey::identity) of that key.
    pub fn new(crl: &'h SearchableCrl<'h>, signer: Sha256Digest) -> Held<'h> {
        Held {
            header: crl.header(),
            signer,
            der: Some(crl.der()),
            crl: Some(crl),
        }
    }

    /// A CRL of which only the header is known: a plan says what is needed and lacking, and no server is tried.
    #[cfg(test)]
    fn of_header(header: &'h Crl, signer: Sha256Digest) -> Held<'h> {
        Held {
            header,
            signer,
            der: None,
            crl: None,
        }
    }

    /// What it says about itself.
    pub fn header(&self) -> &'h Crl {
        self.header
    }
}

impl fmt::Debug for Held<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held")
            .field("header", self.header)
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

/// What a plan is drawn up from.
#[derive(Clone, Copy, Debug)]
pub struct PlanQuestion<'q> {
    /// The trust bundle: roots and sub CAs in any order. Certificates in it that are not a CA's count as clients.
    pub bundle: &'q [Arc<Certificate>],
    /// Certificates of clients that will have to be judged.
    pub certificates: &'q [Arc<Certificate>],
    /// Other certificates whose CRLs are needed: the server's own, or those of servers that it calls. They say nothing about
    /// the partitions of clients.
    pub others: &'q [Arc<Certificate>],
    /// The CRLs available.
    pub held: &'q [Held<'q>],
    /// The issuers of CRLs that are there and cannot be read; `None` where not even the issuer is known.
    pub unreadable: &'q [Option<Name>],
    /// The kind of server; without one, what every kind can use.
    pub server: Option<Server>,
    /// What is known of the NHS: generations and environments.
    pub facts: &'q Facts,
    /// The moment that the plan is for.
    pub at: Moment,
}

/// The complete set of CRLs that is needed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CrlPlan {
    /// The moment for which it was drawn up.
    pub at: Moment,
    /// The kind of server it is for.
    pub server: Option<Server>,
    /// The CAs of the bundle, roots before the sub CAs below them, and issuers that the bundle lacks.
    pub authorities: Vec<AuthorityPlan>,
    /// Certificates that no CA of the bundle issued: whatever CRLs there are, a server with this bundle refuses them.
    pub unrelated: Vec<Arc<Certificate>>,
    /// What this kind of server does with the CRLs that it should not.
    pub faults: Vec<Fault>,
    /// The indices in [`PlanQuestion::held`] of CRLs that a newer one of the same CA has superseded: no server needs them.
    pub superseded: Vec<usize>,
    /// Whether a CRL of these CAs is there and cannot be read: it may have an entry that no other has.
    pub unreadable: bool,
}

/// The result of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Completeness {
    /// Everything that is needed is available and in time, and the server handles it correctly.
    Complete,
    /// A CA partitions its CRLs and no client of it was given: which of its CRLs are needed is unknown. The server's own
    /// certificate is no client.
    PartitionsUnknown,
    /// A CRL is missing or expired, or the server admits or refuses the wrong clients.
    Incomplete,
}

/// A CRL that can be fetched, for the certificates that need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Fetch<'p> {
    /// Where it is: an `http` or `https` URL.
    pub url: &'p str,
    /// SHA-256 over the certificate of the CA that issued it, if the bundle has that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<Sha256Digest>,
    /// Whether a CRL from there is available and in time.
    pub installed: bool,
}

impl CrlPlan {
    /// Draws up the plan. Costs one signature check for each certificate and CA of its issuer's name.
    pub fn draw(question: &PlanQuestion<'_>) -> CrlPlan {
        authority::draw(question)
    }

    /// The result of the plan.
    pub fn completeness(&self) -> Completeness {
        let met = self.unrelated.is_empty()
            && !self.unreadable
            && !self.has_expired()
            && self.faults.iter().all(|fault| fault.minor)
            && self
                .required()
                .all(|(_, required)| required.state.is_good());
        let unknown = |one: &AuthorityPlan| one.clients_unknown && one.partitioned;
        match (met, self.authorities.iter().any(unknown)) {
            (false, _) => Completeness::Incomplete,
            (true, true) => Completeness::PartitionsUnknown,
            (true, false) => Completeness::Complete,
        }
    }

    /// Whether everything that is needed is available and in time, the server does with it what it should, and every
    /// certificate belongs below the bundle's CAs, of which at least one has not expired.
    pub fn is_complete(&self) -> bool {
        self.completeness() == Completeness::Complete
    }

    /// Whether a server does something with these CRLs that it should not, for what was given.
    pub fn has_faults(&self) -> bool {
        self.faults.iter().any(|fault| !fault.minor)
    }

    /// Whether every CA of the bundle has expired: no CRL is needed, and a server with this bundle refuses everyone.
    pub fn has_expired(&self) -> bool {
        let expired = |one: &AuthorityPlan| matches!(one.role, BundleRole::Expired { .. });
        self.authorities.iter().all(expired)
    }

    /// Whether of everything that is needed there is a CRL that is in time or was, as far as the certificates have a
    /// position below the bundle's CAs. A server may be given such CRLs: the server refuses an expired CRL, and
    /// the others are as good as before.
    pub fn lacks_time_alone(&self) -> bool {
        let held = |state: &RequiredState| {
            matches!(
                state,
                RequiredState::Available { .. } | RequiredState::Stale { .. }
            )
        };
        self.unrelated.is_empty()
            && !self.unreadable
            && self.required().all(|(_, required)| held(&required.state))
    }

    /// Whether a required CRL is not available at all, current or not.
    pub fn lacks_crls(&self) -> bool {
        self.required()
            .any(|(_, required)| !required.state.has_crls())
    }

    /// Whether the partitions of some CA's clients are unknown because no such client was given.
    pub fn knows_all_partitions(&self) -> bool {
        !self
            .authorities
            .iter()
            .any(|authority| authority.clients_unknown)
    }

    /// All required CRLs, each with its CA.
    pub fn required(&self) -> impl Iterator<Item = (&AuthorityPlan, &RequiredCrl)> {
        self.authorities.iter().flat_map(|authority| {
            authority
                .required
                .iter()
                .map(move |required| (authority, required))
        })
    }

    /// The indices in [`PlanQuestion::held`] of the CRLs that the plan uses, ascending, each once.
    pub fn crls(&self) -> Vec<usize> {
        let mut crls: Vec<usize> = self
            .required()
            .flat_map(|(_, required)| required.crls.iter().copied())
            .collect();
        crls.sort_unstable();
        crls.dedup();
        crls
    }

    /// Every CRL that can be fetched, each URL once, in the plan's order.
    pub fn fetches(&self) -> Vec<Fetch<'_>> {
        let mut fetches: Vec<Fetch<'_>> = Vec::new();
        let mut seen = HashSet::new();
        for (authority, required) in self.required() {
            for url in required.sources.iter().filter_map(CrlSource::url) {
                if !seen.insert(url) {
                    continue;
                }
                fetches.push(Fetch {
                    url,
                    authority: authority
                        .certificate
                        .as_ref()
                        .map(|certificate| certificate.sha256),
                    installed: required.state.is_good(),
                });
            }
        }
        fetches
    }
}

/// A CRL that a plan uses, for a reader who looks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct HeldCrl {
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<CrlNumber>,
    /// When it was issued.
    pub this_update: Moment,
    /// When a newer one is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Moment>,
}

impl HeldCrl {
    /// Of a CRL.
    pub fn new(header: &Crl) -> HeldCrl {
        HeldCrl {
            number: header.number.clone(),
            this_update: header.this_update,
            next_update: header.next_update,
        }
    }
}
