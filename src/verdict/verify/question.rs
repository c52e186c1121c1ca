//! The question, and the evidence for it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Certificate, Moment, PublicKey, Request};
use crate::environment::{Environment, Facts};
use crate::fqdn::Fqdn;
use crate::input::{Origin, Source};
use crate::revocation::SearchableCrl;

/// Is this certificate good: for what, when, and on what terms?
///
/// ```
/// use ptl_cert::document::Moment;
/// use ptl_cert::fqdn::Fqdn;
/// use ptl_cert::verdict::verify::{Given, Purpose, Question};
///
/// # let pem = include_str!("../../../tests/data/pki/root.pem");
/// let certificate = Given::from(pem.parse::<ptl_cert::document::Certificate>()?);
/// let at: Moment = "2026-11-29T00:00:00Z".parse()?;
/// let question = Question::new(&certificate, at).purpose(Purpose::Client);
/// # assert_eq!(question.purposes, Purpose::Client.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Question<'a> {
    /// The certificate.
    pub certificate: &'a Given,
    /// What came with this certificate, in addition to [`Evidence::sent`]; the certificate itself may be among it.
    pub sent: &'a [Given],
    /// What it is to be used for, all of it with the same path.
    pub purposes: Purposes,
    /// The host it is to be for; `None` leaves names out of the question.
    pub fqdn: Option<&'a Fqdn>,
    /// The moment for which everything is judged.
    pub at: Moment,
    /// The environment it is to be for: its roots are the anchors then, and [`Evidence::anchors`] is not looked at.
    pub environment: Option<&'a Environment>,
    /// For which certificates revocation is checked.
    pub revocation: Revocation,
    /// What a CRL past its nextUpdate is worth.
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

impl<'a> Question<'a> {
    /// Asks about a certificate for this moment, with safe defaults: as a TLS server's, revocation status required for
    /// every certificate below the anchor, and no expired CRL, SHA-1 signature or weak key accepted.
    pub fn new(certificate: &'a Given, at: Moment) -> Question<'a> {
        Question {
            certificate,
            sent: &[],
            purposes: Purpose::Server.into(),
            fqdn: None,
            at,
            environment: None,
            revocation: Revocation::Chain,
            stale: StaleCrl::Refuse,
            sha1: Sha1::Refused,
            weak_keys: WeakKeys::Refused,
            profile: Profile::Reported,
            key: None,
            request: None,
        }
    }

    /// Adds what came with the certificate, such as the other certificates of a handshake.
    pub fn sent(mut self, sent: &'a [Given]) -> Question<'a> {
        self.sent = sent;
        self
    }

    /// Requires it to be usable for this.
    pub fn purpose(mut self, purpose: Purpose) -> Question<'a> {
        self.purposes = purpose.into();
        self
    }

    /// Requires it to be usable for all of these, with the same path.
    pub fn purposes(mut self, purposes: Purposes) -> Question<'a> {
        self.purposes = purposes;
        self
    }

    /// Requires it to be for this host.
    pub fn fqdn(mut self, fqdn: &'a Fqdn) -> Question<'a> {
        self.fqdn = Some(fqdn);
        self
    }

    /// Requires it to be for this environment, and trusts its roots.
    pub fn environment(mut self, environment: &'a Environment) -> Question<'a> {
        self.environment = Some(environment);
        self
    }

    /// Says for which certificates revocation has to be known.
    pub fn revocation(mut self, revocation: Revocation) -> Question<'a> {
        self.revocation = revocation;
        self
    }

    /// Says what a CRL past its nextUpdate is worth.
    pub fn stale(mut self, stale: StaleCrl) -> Question<'a> {
        self.stale = stale;
        self
    }

    /// Says whether SHA-1 signatures below the anchor are accepted.
    pub fn sha1(mut self, sha1: Sha1) -> Question<'a> {
        self.sha1 = sha1;
        self
    }

    /// Says whether keys of less than 112 bits of security are accepted.
    pub fn weak_keys(mut self, weak_keys: WeakKeys) -> Question<'a> {
        self.weak_keys = weak_keys;
        self
    }

    /// Says whether a breach of the rules for issuers refuses.
    pub fn profile(mut self, profile: Profile) -> Question<'a> {
        self.profile = profile;
        self
    }

    /// Requires it to have this key.
    pub fn key(mut self, key: &'a PublicKey) -> Question<'a> {
        self.key = Some(key);
        self
    }

    /// Requires it to answer this request.
    pub fn request(mut self, request: &'a Request) -> Question<'a> {
        self.request = Some(request);
        self
    }
}

/// What there is to judge by. Adding to it what has nothing to do with the certificate changes no verdict, unless
/// it is so much that a budget is spent; and then only from good to bad.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Evidence<'a> {
    /// What came with the certificate, itself included or not: what a peer would be sent.
    pub sent: &'a [Given],
    /// What completes chains.
    pub chain: &'a [Given],
    /// What is trusted, where the question names no environment.
    pub anchors: &'a [Given],
    /// What is known about environments and their CAs.
    pub facts: &'a Facts,
    /// CRLs, of any issuer and in any order.
    pub crls: &'a [&'a SearchableCrl<'a>],
}

impl<'a> Evidence<'a> {
    /// What is known about environments and their CAs, and nothing else.
    pub fn new(facts: &'a Facts) -> Evidence<'a> {
        Evidence {
            sent: &[],
            chain: &[],
            anchors: &[],
            facts,
            crls: &[],
        }
    }

    /// Adds what came with the certificates in question, themselves included or not.
    pub fn sent(mut self, sent: &'a [Given]) -> Evidence<'a> {
        self.sent = sent;
        self
    }

    /// Adds what completes chains.
    pub fn chain(mut self, chain: &'a [Given]) -> Evidence<'a> {
        self.chain = chain;
        self
    }

    /// Adds what is trusted where a question names no environment.
    pub fn anchors(mut self, anchors: &'a [Given]) -> Evidence<'a> {
        self.anchors = anchors;
        self
    }

    /// Adds CRLs.
    pub fn crls(mut self, crls: &'a [&'a SearchableCrl<'a>]) -> Evidence<'a> {
        self.crls = crls;
        self
    }
}

/// A certificate that a caller has in memory, which came from nowhere in particular.
impl From<Certificate> for Given {
    fn from(certificate: Certificate) -> Given {
        Given::from(Arc::new(certificate))
    }
}

/// A certificate that a caller has in memory, which came from nowhere in particular.
impl From<Arc<Certificate>> for Given {
    fn from(certificate: Arc<Certificate>) -> Given {
        Given {
            certificate,
            origin: Origin::whole(&Arc::new(Source::given("the certificate given"))),
        }
    }
}

/// A certificate, and where it is from.
#[derive(Clone, Debug)]
pub struct Given {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Where it is from.
    pub origin: Origin,
}

/// What a certificate is to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Purpose {
    /// A TLS server.
    Server,
    /// A TLS client.
    Client,
    /// Anything: purposes are not judged.
    Any,
}

/// What one path is to be good for: every purpose in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purposes {
    server: bool,
    client: bool,
}

impl Purposes {
    /// Both ends of mutual TLS.
    pub const BOTH_ENDS: Purposes = Purposes {
        server: true,
        client: true,
    };

    /// Each of them; none where purposes are not judged.
    pub fn iter(self) -> impl Iterator<Item = Purpose> {
        let server = self.server.then_some(Purpose::Server);
        let client = self.client.then_some(Purpose::Client);
        server.into_iter().chain(client)
    }
}

impl From<Purpose> for Purposes {
    fn from(purpose: Purpose) -> Purposes {
        Purposes {
            server: purpose == Purpose::Server,
            client: purpose == Purpose::Client,
        }
    }
}

/// For which certificates of the path revocation is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Revocation {
    /// For none; the verdict says so.
    Off,
    /// For the certificate itself. A CA above it that the CRLs revoke is refused anyway; one about which they say
    /// nothing is not.
    Leaf,
    /// For every certificate below the anchor.
    Chain,
}

/// What a CRL past its next update is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StaleCrl {
    /// Nothing: the question stays undecided.
    Refuse,
    /// As much as a fresh one, with a warning.
    Warn,
    /// As much as a fresh one, with a note.
    Accept,
}

/// Whether SHA-1 signatures are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sha1 {
    /// Only where the environment asked about says so.
    Refused,
    /// Below any anchor.
    Accepted,
}

/// Whether keys of less than 112 bits of security are accepted (NIST SP 800-57 part 1: RSA and DSA below 2048 bits, elliptic
/// curves below 224), anywhere in the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WeakKeys {
    /// Nowhere.
    Refused,
    /// Everywhere; each one is reported.
    Accepted,
}

/// What rules for issuers count that path validation does not enforce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Profile {
    /// A breach is said.
    Reported,
    /// A breach refuses.
    Strict,
}
