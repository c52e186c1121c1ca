//! Why a CRL may not be installed.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::document::extension::{GeneralName, Scope};
use crate::document::{Certificate, CrlNumber, Hash, Moment, Sha256Digest};
use crate::revocation::{CrlError, OutOfScope};
use crate::verdict::Code;
use crate::verdict::finding::facts;

/// Why a CRL may not be installed: what was found, and what was expected.
///
/// `Serialize` writes the facts alone, as fields of an object; [`CrlRefusal::code`] says what they are about.
#[derive(Clone, Debug, Serialize, thiserror::Error)]
#[serde(untagged)]
#[non_exhaustive]
pub enum CrlRefusal {
    /// It cannot be read to its end.
    #[error("the CRL cannot be read")]
    Unreadable(
        #[source]
        #[serde(serialize_with = "why")]
        Arc<CrlError>,
    ),
    /// No certificate of its issuer is known.
    #[error("the CRL names {issuer} as its issuer, and no CA with that name is known")]
    UnknownIssuer {
        /// Who signed it, as it says.
        issuer: String,
    },
    /// Its issuer is a CA of other environments, and not of the one that was named.
    #[error(
        "the CRL names {issuer} as its issuer, which is a CA of {}, not of {environment}",
        others.join(", ")
    )]
    OtherEnvironment {
        /// Who signed it, as it says.
        issuer: String,
        /// The environment that was named, by id.
        environment: String,
        /// Those that the CA is known for, by id.
        others: Vec<String>,
    },
    /// None of the keys of its issuer made its signature.
    #[error(
        "the CRL's signature does not match any key of {issuer}: {} known certificate{} of that name {} tried",
        tried.len(),
        if tried.len() == 1 { "" } else { "s" },
        if tried.len() == 1 { "was" } else { "were" }
    )]
    Signature {
        /// Who signed it, as it says.
        issuer: String,
        /// The certificates whose keys were tried.
        tried: Vec<Sha256Digest>,
    },
    /// OpenSSL could not check its signature, or that of a CA, because of an error of its own: nothing is known of the CRL.
    #[error(
        "OpenSSL could not check the signature of {issuer}'s CRL, because of an error of its own"
    )]
    SignatureUnchecked {
        /// Who signed it, as it says.
        issuer: String,
    },
    /// Its signature is made with a hash that proves nothing any more, whichever key made it.
    #[error("the CRL's signature uses {hash}, which no longer proves anything")]
    BrokenHash {
        /// The hash.
        hash: Hash,
    },
    /// Its signature is made by an algorithm that is not supported, so that it proves nothing, whichever key made it.
    #[error("the CRL's signature uses {algorithm}, an algorithm that is not supported")]
    UnsupportedAlgorithm {
        /// The algorithm, by name or dotted OID.
        algorithm: String,
    },
    /// Another key of the CA made its signature than the one that signed what it is wanted for (section 6.3.3, step f).
    #[error("the CRL does not cover {certificate}: another key of {issuer} signed it")]
    OtherKey {
        /// Who signed it.
        issuer: String,
        /// The certificate that it was wanted for.
        certificate: String,
        /// The certificate of the key that signed it.
        signer: Sha256Digest,
    },
    /// The key usage of its signer has no cRLSign (RFC 5280 section 6.3.3, step f).
    #[error("{issuer} signed the CRL, but its certificate's key usage lacks cRLSign")]
    MayNotSign {
        /// The signer.
        issuer: String,
        /// Its certificate.
        signer: Sha256Digest,
    },
    /// No path from its signer to a trusted CA is valid (RFC 5280 section 6.3.3, step f).
    #[error("{issuer} signed the CRL, but its own certificate is not valid here ({code})")]
    SignerNotValid {
        /// The signer.
        issuer: String,
        /// Its certificate.
        signer: Sha256Digest,
        /// What is wrong with its path, by its stable code.
        code: &'static str,
    },
    /// It has critical extensions that are not understood, so that it may not be relied on (section 5.2).
    #[error("the CRL has critical extensions that are not understood: {}", oids.join(", "))]
    UnknownCritical {
        /// Their OIDs.
        oids: Vec<String>,
    },
    /// Its entries name other issuers, but it does not say that it is indirect (section 5.3.3).
    #[error("entries of the CRL name other issuers, but it is not marked as indirect")]
    IndirectUnmarked,
    /// It covers no certificate of the kinds used here.
    #[error(
        "the CRL covers no certificate: {}",
        match scope { Scope::AttributeCertificates => "it covers attribute certificates only", _ => "it contradicts itself" }
    )]
    AnswersForNothing {
        /// What it says it answers for.
        scope: Scope,
    },
    /// It is the CRL of a CA other than the one expected.
    #[error("this is {found}'s CRL; {wanted}'s was expected")]
    OtherIssuer {
        /// The issuer whose CRL was expected.
        wanted: String,
        /// The issuer of the CRL.
        found: String,
    },
    /// It is another CA's or partition's CRL than the one that it was to renew.
    #[error("the CRL does not replace the installed one: it has another key or partition")]
    OtherSlot,
    /// It is another partition's CRL, or about another kind of certificate.
    #[error("the CRL does not cover {certificate}: {}", in_words(why))]
    NotWanted {
        /// The certificate that it was wanted for.
        certificate: String,
        /// Why it does not cover it.
        why: Box<OutOfScope>,
    },
    /// It is a delta from a source where the certificates expect the complete CRL.
    #[error(
        "this is a delta CRL, which covers no certificate by itself; a complete CRL was expected"
    )]
    DeltaInstead,
    /// It has no nextUpdate (section 5.1.2.5).
    #[error("the CRL has no nextUpdate, which RFC 5280 requires")]
    NoNextUpdate,
    /// It has expired.
    #[error("the CRL expired at {next_update}; it is now {at}")]
    Expired {
        /// The last second of its time.
        next_update: Moment,
        /// The moment asked for.
        at: Moment,
    },
    /// It is not yet valid.
    #[error("the CRL is not yet valid: it was issued at {this_update}; it is now {at}")]
    NotYetValid {
        /// When it was made.
        this_update: Moment,
        /// The moment asked for.
        at: Moment,
    },
    /// It was made before the one that is installed.
    #[error(
        "the CRL is older than the installed one: it was issued at {this_update}, the installed one at {installed}"
    )]
    Older {
        /// When it was made.
        this_update: Moment,
        /// When the installed one was.
        installed: Moment,
    },
    /// Its number is lower than that of the one that is installed, or it has none.
    #[error(
        "the CRL is older than the installed one: it has {}, the installed one has number {installed}",
        in_number(number.as_ref())
    )]
    LowerNumber {
        /// Its number.
        number: Option<CrlNumber>,
        /// That of the installed one.
        installed: CrlNumber,
    },
    /// It has the number and the time of the one that is installed, and is another CRL (RFC 5280 section 5.2.3).
    #[error(
        "the CRL contradicts the installed one: both have {} and were issued at {this_update}, and they differ",
        in_number(number.as_ref())
    )]
    Conflict {
        /// The number of both, where they have one.
        #[serde(skip_serializing_if = "Option::is_none")]
        number: Option<CrlNumber>,
        /// When both were made.
        this_update: Moment,
    },
    /// It has the number of the one that is installed, was made later, and contains fewer certificates (RFC 5280
    /// section 5.2.3).
    #[error(
        "the CRL contradicts the installed one: both have number {number}, and this one lists {entries} certificate{}, the installed one {installed}",
        if *entries == 1 { "" } else { "s" }
    )]
    FewerEntries {
        /// The number of both.
        number: CrlNumber,
        /// How many certificates it contains.
        entries: u64,
        /// How many the installed one contains.
        installed: u64,
    },
}

impl CrlRefusal {
    pub(super) fn not_wanted(certificate: &Certificate, why: OutOfScope) -> CrlRefusal {
        match why {
            OutOfScope::OtherIssuer { found, .. } => CrlRefusal::OtherIssuer {
                wanted: certificate.issuer.short(),
                found: found.short(),
            },
            why => CrlRefusal::NotWanted {
                certificate: certificate.subject.short(),
                why: Box::new(why),
            },
        }
    }

    pub(super) fn other_key(certificate: &Certificate, signer: &Certificate) -> CrlRefusal {
        CrlRefusal::OtherKey {
            issuer: signer.subject.short(),
            certificate: certificate.subject.short(),
            signer: signer.sha256,
        }
    }

    /// The facts of the case, by their names in JSON.
    pub fn facts(&self) -> Map<String, Value> {
        facts(self)
    }

    /// The stable code, which `explain` has at length.
    pub fn code(&self) -> Code {
        match self {
            CrlRefusal::Unreadable(_) => Code::CrlUnreadable,
            CrlRefusal::UnknownIssuer { .. } | CrlRefusal::OtherEnvironment { .. } => {
                Code::CrlSignerMissing
            }
            CrlRefusal::Signature { .. } => Code::CrlSignature,
            CrlRefusal::SignatureUnchecked { .. } => Code::OpensslFailed,
            CrlRefusal::BrokenHash { .. } => Code::BrokenSignature,
            CrlRefusal::UnsupportedAlgorithm { .. } => Code::UnsupportedAlgorithm,
            CrlRefusal::OtherKey { .. } => Code::CrlOtherKey,
            CrlRefusal::MayNotSign { .. } => Code::CrlSignerMayNot,
            CrlRefusal::SignerNotValid { .. } => Code::CrlSignerNotValid,
            CrlRefusal::UnknownCritical { .. } => Code::CrlUnknownCritical,
            CrlRefusal::IndirectUnmarked => Code::CrlIndirect,
            CrlRefusal::OtherIssuer { .. } => Code::CrlIssuer,
            CrlRefusal::DeltaInstead => Code::CrlDelta,
            CrlRefusal::AnswersForNothing { .. }
            | CrlRefusal::OtherSlot
            | CrlRefusal::NotWanted { .. } => Code::CrlScope,
            CrlRefusal::NoNextUpdate => Code::CrlNoNextUpdate,
            CrlRefusal::Expired { .. } => Code::CrlStale,
            CrlRefusal::NotYetValid { .. } => Code::CrlNotYetValid,
            CrlRefusal::Older { .. } | CrlRefusal::LowerNumber { .. } => Code::CrlRollback,
            CrlRefusal::Conflict { .. } | CrlRefusal::FewerEntries { .. } => Code::CrlConflict,
        }
    }
}

/// `{"why": "…"}`: what reading a CRL says has no fields that mean anything without their sentence.
fn why<S: Serializer>(error: &Arc<CrlError>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([("why", error.to_string())])
}

fn in_number(number: Option<&CrlNumber>) -> String {
    number.map_or_else(
        || "no number".to_owned(),
        |number| format!("number {number}"),
    )
}

fn in_words(why: &OutOfScope) -> String {
    match why {
        OutOfScope::OtherPartition { expected, found } => format!(
            "it is the partition of {}; that of {} is needed",
            listed(found),
            listed(expected)
        ),
        OutOfScope::CaOnly => "it covers CA certificates only".to_owned(),
        OutOfScope::UserOnly => "it covers endpoint certificates only".to_owned(),
        OutOfScope::AttributeOnly => "it covers attribute certificates only".to_owned(),
        OutOfScope::Contradictory => "it contradicts itself".to_owned(),
        OutOfScope::OtherIssuer { found, .. } => format!("it is the CRL of {}", found.short()),
        OutOfScope::NotIndirect { issuer } => format!(
            "{} is named as the signer, but the CRL is not marked as indirect",
            issuer.short()
        ),
        OutOfScope::NoCommonReason => {
            "it covers other reasons for revocation than the certificate's distribution point"
                .to_owned()
        }
    }
}

fn listed(names: &[GeneralName]) -> String {
    match names {
        [] => "no name".to_owned(),
        names => {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            names.join(" or ")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_facts_of_a_refusal_are_its_fields() {
        let facts = |refusal: CrlRefusal| Value::Object(refusal.facts());
        let moment = |text: &str| text.parse::<Moment>().unwrap();
        let older = CrlRefusal::Older {
            this_update: moment("2027-01-01T00:00:00Z"),
            installed: moment("2027-01-08T00:00:00Z"),
        };
        assert_eq!(
            facts(older),
            json!({ "this_update": "2027-01-01T00:00:00Z", "installed": "2027-01-08T00:00:00Z" })
        );
        let not_wanted = CrlRefusal::NotWanted {
            certificate: "a.nhs.uk".to_owned(),
            why: Box::new(OutOfScope::CaOnly),
        };
        assert_eq!(
            facts(not_wanted),
            json!({ "certificate": "a.nhs.uk", "why": { "kind": "ca_only" } })
        );
        assert_eq!(facts(CrlRefusal::DeltaInstead), json!({}));
        let error = CrlError::TrailingBytes { expected: 1 };
        let why = error.to_string();
        let unreadable = CrlRefusal::Unreadable(Arc::new(error));
        assert_eq!(facts(unreadable), json!({ "why": why }));
    }
}
