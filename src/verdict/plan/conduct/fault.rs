//! What a server does that it should not, as data.

use schemars::JsonSchema;
use serde::Serialize;

use crate::document::{Moment, Name};

/// Something that a kind of server does, with the CRLs of the plan, and should not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Fault {
    /// What the server does.
    pub effect: Consequence,
    /// Why.
    #[serde(flatten)]
    pub cause: FaultCause,
    /// Whose CRL it is about; of a CA that is expired or revoked, that CA.
    pub issuer: Name,
    /// The certificates it concerns, of those that are known; none where it concerns clients that were not given.
    pub certificates: Vec<String>,
    /// Whether the plan is complete anyway: nothing that was given is concerned.
    pub minor: bool,
}

/// What a server does that it should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Consequence {
    /// The server ignores the CRL, and refuses every certificate that it is for.
    Ignored,
    /// The server does not load the file: it does not start, or refuses everyone.
    RefusesAll,
    /// A revoked certificate is admitted.
    LetIn,
    /// Certificates are refused, whatever CRLs there are.
    Refused,
}

/// Why a server does what it should not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(tag = "cause", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultCause {
    /// The CRL's authority key identifier is not that of the CA's certificate.
    AuthorityKey,
    /// The CRL, or one of its entries, has an extension marked critical that the server does not know as such.
    CriticalExtension {
        /// Its OIDs.
        oids: Vec<String>,
    },
    /// thisUpdate or nextUpdate is not written as RFC 5280 section 5.1.2.4 has it.
    TimeForm,
    /// The CRL writes its issuer's name otherwise than the certificates do: other letter case, spaces, or types of string.
    IssuerForm,
    /// The CRL names its distribution point otherwise than the certificates do.
    PointForm,
    /// The server takes the CRL of another CA with the same name.
    SameName,
    /// A CRL lists the certificate that the server does not need, or does not use, for it.
    ListedElsewhere,
    /// The CRL does not say until when it is good.
    NoNextUpdate,
    /// A date of revocation lies in the future, and the server lets the certificate in until then.
    FutureDate {
        /// The date.
        date: Moment,
    },
    /// The certificates' distribution point names a CRL issuer, and the CRL does not say that it is indirect.
    CrlIssuer,
    /// The server's reader fails at something in the CRL.
    Unreadable {
        /// What.
        reason: String,
    },
    /// The CA's key usage lacks cRLSign.
    MayNotSign,
    /// A delta CRL revokes certificates, and the server does not read delta CRLs.
    Delta {
        /// How many certificates only the delta revokes.
        only: u64,
    },
    /// A delta CRL lifts the hold of certificates, and the server, which does not read delta CRLs, refuses them.
    HoldLifted {
        /// How many certificates the complete CRL still has on hold.
        only: u64,
    },
    /// The distribution points of the certificate, and the CRLs, do not cover every reason that the server asks for; Java
    /// counts the flag `unused` among them.
    Reasons,
    /// The CA has expired.
    CaExpired {
        /// The last second of its validity.
        #[serde(rename = "expired_at")]
        at: Moment,
    },
    /// The CA is revoked.
    CaRevoked,
    /// The certificate itself has expired.
    ClientExpired,
    /// The certificate is not yet valid.
    ClientNotYetValid {
        /// The first second of its validity.
        #[serde(rename = "valid_from")]
        from: Moment,
    },
    /// The extended key usage or key usage of the certificate, or of a CA above it, does not allow it to be a TLS client's.
    Purpose,
    /// The root's CRL has an entry with the root's own serial number, and the server looks the root up in it.
    RootListed,
    /// The server's library gives another reason.
    Other {
        /// Its sentence.
        reason: String,
    },
}
