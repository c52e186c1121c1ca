//! The words about CRLs: which one is needed, why the one available does not answer, what to do.

use super::Voice;
use crate::document::extension::GeneralName;
use crate::revocation::{CrlId, NotListed};
use crate::verdict::verify::{CrlFault, CrlRequired};

/// `the CRL of NHS INT Level 1C for http://…`.
pub(crate) fn needed(required: &CrlRequired) -> String {
    let issuer = required.issuer.short();
    match required.distribution_points.as_slice() {
        [] => format!("the CRL of {issuer}"),
        points => {
            let mut points: Vec<String> = points.iter().map(GeneralName::source).collect();
            if required.more_points > 0 {
                points.push(format!("{} others", required.more_points));
            }
            format!("the CRL of {issuer} for {}", points.join(" or "))
        }
    }
}

/// Which CRL is available, and whether it has expired: `sub.crl, the CRL of NHS INT Level 1C, number 0a, current until …`.
pub(crate) fn have(crl: &CrlId, is_expired: bool) -> String {
    format!("{}, {}", crl.origin, called(crl, is_expired))
}

/// The same without where it is.
pub(crate) fn called(crl: &CrlId, is_expired: bool) -> String {
    let mut text = crl.by_issuer();
    if let Some(number) = &crl.number {
        text.push_str(&format!(", number {number}"));
    }
    if let Some(end) = crl.next_update {
        let word = if is_expired {
            "expired on"
        } else {
            "current until"
        };
        text.push_str(&format!(", {word} {end}"));
    }
    text
}

/// The CRLs that show that a certificate has not been revoked, as [`called`].
pub(crate) fn all_called(found: &NotListed) -> String {
    // What is said of all of them is when the first one expires.
    let is_expired = |crl: &CrlId| found.stale && crl.next_update <= found.next_update;
    let crls: Vec<String> = found
        .crls
        .iter()
        .map(|crl| called(crl, is_expired(crl)))
        .collect();
    crls.join(" and ")
}

/// Why a CRL does not answer, as a clause.
pub(crate) fn because(fault: &CrlFault) -> String {
    match fault {
        CrlFault::Issuer => "it is another issuer's".to_owned(),
        CrlFault::Scope => "it is for another partition or another kind of certificate".to_owned(),
        CrlFault::SignerMissing => {
            "no certificate of its issuer chains to the same trust anchor".to_owned()
        }
        CrlFault::Signature => "its signature does not match any key of its issuer".to_owned(),
        CrlFault::BrokenHash { hash } => {
            format!("its signature uses {hash}, which no longer proves anything")
        }
        CrlFault::UnsupportedAlgorithm { algorithm } => {
            format!("its signature uses {algorithm}, an algorithm that is not supported")
        }
        CrlFault::SignatureUnchecked => {
            "OpenSSL could not check its signature because of an internal error".to_owned()
        }
        CrlFault::SignerMayNot => "its signer's key usage lacks cRLSign".to_owned(),
        CrlFault::OtherKey => {
            "another key of that CA signed it, so it covers only what that key signed".to_owned()
        }
        CrlFault::SignerNotValid { code } => {
            format!("the certificate of its signer is not valid here ({code})")
        }
        CrlFault::SignerRevoked => "the certificate of its signer has been revoked".to_owned(),
        CrlFault::SignerUndetermined => {
            "the revocation status of its signer's certificate is unknown".to_owned()
        }
        CrlFault::CertificateExpired {
            not_after,
            this_update,
        } => format!(
            "it was issued on {this_update}, after the certificate expired on {not_after}, and a CRL need not keep expired certificates"
        ),
        CrlFault::RemovedInComplete => {
            "it lists the certificate with the reason removeFromCRL, which only a delta may use; software differs on whether that means revoked".to_owned()
        }
        CrlFault::NotYetValid { this_update } => {
            format!("it was issued later, at {this_update}")
        }
        CrlFault::Stale { next_update, days } => format!(
            "it expired at {next_update}, {} before",
            super::count(*days, "day")
        ),
        CrlFault::NoNextUpdate => "it has no nextUpdate".to_owned(),
        CrlFault::UnknownCritical { oids } => format!(
            "it has a critical extension that is not understood: {}",
            oids.join(", ")
        ),
        CrlFault::Indirect => {
            "its entries name other issuers, but it is not marked as indirect".to_owned()
        }
        CrlFault::Reasons { missing } => format!(
            "no CRL covers revocation for {}",
            missing
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ),
        CrlFault::Delta => "it is a delta CRL, and the CRL it builds on is not available".to_owned(),
        CrlFault::Unreadable { reason } => format!("it cannot be read: {reason}"),
    }
}

/// A remedy, and the option that does without it where the command that speaks has that.
pub(crate) fn or_give(remedy: String, what: &str, voice: Voice) -> String {
    if !voice.offers("crl") {
        return remedy;
    }
    let option = voice.pick(format!(", or give {what} with --crl"), "");
    format!("{remedy}{option}")
}

/// What to do.
pub(crate) fn remedy(required: &CrlRequired, fault: Option<&CrlFault>, voice: Voice) -> String {
    let get = match (required.fetchable, required.distribution_points.is_empty()) {
        (true, _) => or_give(
            voice.pick(
                "fetch it with ptl-cert crl update CERT",
                "fetch it, or supply the file",
            ),
            "the file",
            voice,
        ),
        (false, true) => or_give(
            voice.pick(
                "get it from its issuer, then ptl-cert crl import FILE",
                "get it from its issuer, then import it",
            ),
            "it",
            voice,
        ),
        (false, false) => or_give(
            voice.pick(
                "it cannot be fetched: download the file (the NHS's from its page on HSCN), then ptl-cert crl import FILE",
                "it cannot be fetched: download the file (the NHS's from its page on HSCN), then import it",
            ),
            "it",
            voice,
        ),
    };
    match fault {
        Some(CrlFault::Stale { .. } | CrlFault::NoNextUpdate) => {
            // Said by accept too, which takes no CRL expired.
            voice.pick(
                format!("get the current CRL ({get}); only ptl-cert verify CERT --stale-crl warn uses the old one"),
                format!("get the current CRL ({get}); the old one is used only where expired CRLs are accepted"),
            )
        }
        Some(CrlFault::SignerMissing) => {
            voice
                .pick(
                    "give the CRL issuer's certificate: with --chain for verify, as another REPLY for accept",
                    "give the certificate of the CRL's issuer with the others",
                )
        }
        Some(CrlFault::SignerUndetermined) => {
            "get the CRLs that cover its signer and the CAs above that".to_owned()
        }
        Some(CrlFault::CertificateExpired { .. }) => {
            "check as at a time when the certificate was valid, with a CRL from then, or ask its CA".to_owned()
        }
        Some(CrlFault::RemovedInComplete) => "ask its CA for a correct CRL".to_owned(),
        Some(CrlFault::NotYetValid { .. }) => {
            voice
                .pick(
                    "check this machine's clock, or give a later time with --at",
                    "check this machine's clock, or ask about a later time",
                )
        }
        _ => get.to_owned(),
    }
}
