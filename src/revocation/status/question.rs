//! What is asked, and the answers there are.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::evidence::Issuing;
use crate::chain;
use crate::decode::crypto::Signature;
use crate::document::extension::Reason;
use crate::document::{Certificate, CrlNumber, Hash, HexBytes, Moment, Name, Sha256Digest};
use crate::revocation::crl::{CrlError, CrlId};
use crate::revocation::crl_set::CrlSet;
use crate::revocation::entry::Entry;
use crate::revocation::scope::OutOfScope;

/// Has this certificate been revoked?
#[derive(Clone, Copy)]
pub struct RevocationQuestion<'a> {
    /// The certificate in question.
    pub certificate: &'a Certificate,
    /// The certificate whose key signed it.
    pub issuer: &'a Certificate,
    /// The CRLs there are; those that do not matter do no harm and cost nothing.
    pub crls: &'a CrlSet<'a>,
    /// Who else may have signed them.
    pub signers: &'a dyn Signers,
    /// The moment for which it is asked.
    pub at: Moment,
    /// What to do with CRLs past their time.
    pub stale: Stale,
}

impl fmt::Debug for RevocationQuestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationQuestion")
            .field("certificate", &self.certificate.subject)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl<'a> RevocationQuestion<'a> {
    pub(super) fn issuing(&self) -> Issuing<'a> {
        Issuing {
            issuer: self.issuer,
            signers: self.signers,
            at: self.at,
        }
    }
}

/// Where certificates are looked for that may sign CRLs.
pub trait Signers {
    /// The certificates of this name that chain to the same anchor as the certificate in question, whether or not they
    /// are good for anything.
    ///
    /// `akid` is the key identifier in the CRL, a hint for the order and no more. Only the first 32 different
    /// keys are tried.
    fn signers(&self, issuer: &Name, akid: Option<&HexBytes>) -> Vec<Arc<Certificate>>;

    /// Whether [`Signers::signers`] gives all certificates of this name that there are, and has left none out because of their
    /// number.
    fn are_all(&self, issuer: &Name) -> bool {
        let _ = issuer;
        true
    }

    /// Whether a certificate whose key signed a CRL may be relied on: whether a path from it to that anchor is valid (RFC
    /// 5280 section 6.3.3, step f). Not asked of the certificate's own issuer, whose path is the certificate's.
    fn signer_status(&self, signer: &Certificate) -> SignerStatus {
        let _ = signer;
        SignerStatus::Good
    }

    /// Whether the key of `by` made the signature of `subject`; `None` where that could not be checked, because of an error of
    /// OpenSSL's own. Whoever is asked often may remember it.
    fn signed(&self, subject: &Certificate, by: &Certificate) -> Option<bool> {
        match chain::check_signature(subject, by) {
            Signature::Made => Some(true),
            Signature::NotMade => Some(false),
            Signature::Unchecked => None,
        }
    }
}

/// Whether the signer of a CRL may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerStatus {
    /// A path from it to the anchor is valid.
    Good,
    /// No path is: what is wrong with the best one, by its stable code.
    NotValid {
        /// The code.
        code: &'static str,
    },
    /// It, or a CA above it, has been revoked.
    Revoked,
    /// Whether it, or a CA above it, has been revoked could not be determined.
    Undetermined,
    /// Whether a path is valid could not be checked, because of an error of OpenSSL's own.
    Unchecked,
    /// Whether a path is valid was not found out, because it would have cost too much.
    Unresolved,
}

/// What to do with CRLs past their nextUpdate, and with CRLs that have none. Either way the answer says that
/// they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stale {
    /// They cannot show that a certificate is not listed, or still on hold.
    Refuse,
    /// They count as if they were in time.
    Consider,
}

/// Whether a certificate has been revoked, as far as the CRLs available can tell.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "status", content = "evidence", rename_all = "snake_case")]
#[must_use]
pub enum Status {
    /// It has been.
    Listed(Box<Listed>),
    /// Genuine, current CRLs that together cover every reason do not contain it.
    NotListed(Box<NotListed>),
    /// There is nothing to look for.
    NotApplicable(Exempt),
    /// Undetermined: no available CRL answers, and this is why.
    NoCrl(PassedOver),
}

/// Why no CRL answers; empty where none is available.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct PassedOver {
    /// The CRLs that could not be used: of each kind of reason the newest eight.
    pub passed_over: Vec<UnusableCrl>,
    /// How many more there are; absent for none.
    #[serde(skip_serializing_if = "is_none")]
    pub passed_over_more: usize,
}

impl PassedOver {
    /// The one CRL that keeps the answer open.
    pub(super) fn only(crl: UnusableCrl) -> PassedOver {
        PassedOver {
            passed_over: vec![crl],
            passed_over_more: 0,
        }
    }
}

/// That a certificate has been revoked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Listed {
    /// Its entry.
    pub entry: Entry,
    /// The CRL that has it.
    pub crl: CrlId,
    /// The certificate whose key made that CRL's signature.
    pub signer: Sha256Digest,
    /// Whether that CRL is expired, or has none.
    pub stale: bool,
    /// Whether the CRL has something critical that is not understood. The entry counts anyway: X.509
    /// section 7.3 has a reader assume, at a minimum, that the certificate has been revoked.
    pub not_understood: bool,
}

/// That a certificate has not been revoked, and how that is known.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct NotListed {
    /// The CRLs that say so, deltas after their bases; of many that say the same, eight.
    pub crls: Vec<CrlId>,
    /// The certificates whose keys made those CRLs' signatures.
    pub signers: Vec<Sha256Digest>,
    /// When the oldest of them was made; for a CRL with a delta, when the delta was.
    pub this_update: Option<Moment>,
    /// When the newest of those that cover every reason was made.
    #[serde(skip)]
    pub(super) newest: Option<Moment>,
    /// By when the first of them will have been replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Moment>,
    /// Whether one of them is expired, or has none; only with [`Stale::Consider`].
    pub stale: bool,
    /// The CRLs that were not needed or could not be used: of each kind of reason the newest eight.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<UnusableCrl>,
    /// How many more there are, that say the same or were passed over; absent for none.
    #[serde(skip_serializing_if = "is_none")]
    pub passed_over_more: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Why no CRL is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Exempt {
    /// The certificate signed itself: an anchor is trusted or not, it cannot revoke itself.
    SelfSigned,
    /// An OCSP responder's certificate that asks not to be checked (RFC 6960 section 4.2.2.2.1).
    OcspNoCheck,
    /// An end entity's certificate whose issuer publishes no revocations (RFC 9608).
    NoRevocationAvailable,
}

/// Why one CRL does not answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct UnusableCrl {
    /// Which CRL.
    pub crl: CrlId,
    /// Why.
    pub cause: UnusableCause,
}

/// Why a CRL does not answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "cause", rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnusableCause {
    /// It is not about this certificate.
    OutOfScope {
        /// In what way.
        mismatch: OutOfScope,
    },
    /// The same bytes are among the CRLs already.
    Duplicate {
        /// The index of the first copy among the CRLs of the question.
        of: usize,
    },
    /// No certificate of the CRL's issuer is available that leads to the same anchor, or there are so many of its name that not all
    /// were looked at.
    SignerMissing {
        /// The issuer of the CRL.
        issuer: Name,
    },
    /// None of the keys of the CRL's issuer made its signature.
    SignatureFails {
        /// The certificates whose keys were tried.
        tried: Vec<Sha256Digest>,
    },
    /// Its signature is made with a hash that proves nothing any more, whichever key made it.
    BrokenHash {
        /// The hash.
        hash: Hash,
    },
    /// Its signature is made by an algorithm that is not supported, so that it proves nothing, whichever key made it.
    UnsupportedAlgorithm {
        /// The algorithm, by name or dotted OID.
        algorithm: String,
    },
    /// OpenSSL could not check its signature, because of an error of its own.
    SignatureUnchecked,
    /// The key that made the signature may not sign CRLs: its certificate has a key usage without cRLSign
    /// (RFC 5280 section 6.3.3, step f).
    SignerMayNot {
        /// That certificate.
        signer: Sha256Digest,
    },
    /// The signature was made by another key of the certificate's issuer. Where the certificate that issued may sign CRLs
    /// itself, only CRLs by its own key answer, or by one that a self-issued certificate ties to it: a CA that renews its
    /// key keeps one CRL for each key.
    OtherKey {
        /// The certificate with that key.
        signer: Sha256Digest,
    },
    /// The certificate whose key made the signature has no valid path (RFC 5280 section 6.3.3, step f).
    SignerNotValid {
        /// That certificate.
        signer: Sha256Digest,
        /// What is wrong with its path, by its stable code.
        code: &'static str,
    },
    /// The certificate whose key made the signature, or a CA above it, has been revoked.
    SignerRevoked {
        /// That certificate.
        signer: Sha256Digest,
    },
    /// Whether the certificate whose key made the signature has been revoked could not be determined.
    SignerUndetermined {
        /// That certificate.
        signer: Sha256Digest,
    },
    /// It was made after the certificate had expired, and CAs take expired certificates off their CRLs (RFC 5280 section
    /// 3.3); it does not say that it keeps them (expiredCertsOnCRL).
    CertificateExpired {
        /// The last second of the certificate's validity.
        not_after: Moment,
        /// When the CRL was made.
        this_update: Moment,
    },
    /// It is a complete CRL and has the certificate with the reason removeFromCRL, which only a delta may have (section
    /// 5.3.1): software differs in whether that means revoked.
    RemovedInComplete,
    /// It had not been made yet.
    NotYetValid {
        /// When it was made.
        this_update: Moment,
        /// The moment asked for.
        at: Moment,
    },
    /// It is expired.
    Stale {
        /// The last second of its time.
        next_update: Moment,
        /// The moment asked for.
        at: Moment,
    },
    /// It does not say how long it is good, which RFC 5280 section 5.1.2.5 requires.
    NoNextUpdate,
    /// It has critical extensions that are not understood.
    UnknownCritical {
        /// Their OIDs, at most 16.
        oids: Vec<String>,
    },
    /// Some of its entries have critical extensions that are not understood.
    UnknownCriticalEntry {
        /// Their OIDs, at most 16.
        oids: Vec<String>,
    },
    /// Its entries name certificate issuers, but it does not say that it is indirect.
    IndirectUnmarked,
    /// It covers some reasons for revocation only, and no other CRL covers the rest.
    ReasonsIncomplete {
        /// The reasons not covered by any CRL.
        missing: Vec<Reason>,
    },
    /// It is a delta and none of the CRLs that it could build on is available and usable.
    DeltaWithoutBase {
        /// The number of the CRL it builds on.
        base_number: CrlNumber,
    },
    /// It is a delta, and the complete CRL available is too old for it, or not older than it.
    DeltaMismatch {
        /// The number of the oldest CRL it can build on.
        base_number: CrlNumber,
        /// The delta's own number.
        #[serde(skip_serializing_if = "Option::is_none")]
        number: Option<CrlNumber>,
        /// The complete CRL's number.
        #[serde(skip_serializing_if = "Option::is_none")]
        available: Option<CrlNumber>,
    },
    /// A newer CRL of the same issuer, scope and key is available.
    Superseded {
        /// The index of the newer one among the CRLs of the question.
        by: usize,
    },
    /// It cannot be read to its end.
    Unreadable {
        /// What is wrong with it.
        #[serde(serialize_with = "text")]
        #[schemars(with = "String")]
        fault: Arc<CrlError>,
    },
}

fn text<S: Serializer>(fault: &Arc<CrlError>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(fault)
}
