//! The words about lists that are, or are not, installed.

use super::facts::span;
use crate::verdict::admission::{Note, Refusal};

/// What to do about a CRL that was refused.
pub fn remedy(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Unreadable(_) => "fetch the list again; the installed one, if there is one, stays",
        Refusal::UnknownIssuer { .. } => {
            "if you trust that CA, give its certificate with --issuer CA, or a file that pins it with --facts FILE"
        }
        Refusal::Signature { .. } => {
            "get the list from its issuer again; if the CA has a new key, give its new certificate with --issuer CA"
        }
        Refusal::MayNotSign { .. } => {
            "ask the CA for a list signed with a key that may sign lists; no software would accept this one"
        }
        Refusal::SignerNotValid { .. } => {
            "get the CRL that the CA's current certificate signed; if the CA renewed its certificate, give the new one with --issuer CA"
        }
        Refusal::UnknownCritical { .. }
        | Refusal::IndirectUnmarked
        | Refusal::AnswersForNothing { .. }
        | Refusal::NoNextUpdate => {
            "ask the CA for a list as RFC 5280 has it; this one would not be relied on"
        }
        Refusal::OtherIssuer { .. }
        | Refusal::OtherSlot
        | Refusal::NotWanted { .. }
        | Refusal::DeltaInstead => {
            "another list stands at that address: tell whoever runs it, and bring the right one with ptl-cert crl import FILE"
        }
        Refusal::Expired { .. } => {
            "the place it came from is behind: get the current list; if this machine's clock is wrong, set it"
        }
        Refusal::NotYetMade { .. } => {
            "check this machine's clock (timedatectl, w32tm /query /status), then try again"
        }
        Refusal::Older { .. } | Refusal::LowerNumber { .. } => {
            "a mirror or a proxy that is behind looks like this, and so does an attack: get the list from its issuer; \
             if the CA says that it went back, add --allow-rollback"
        }
    }
}

/// What has to be said of a CRL that was admitted.
pub fn note(note: &Note) -> String {
    match note {
        Note::RolledBack { instead_of } => {
            format!("installed although {instead_of}, because --allow-rollback was given")
        }
        Note::Sha1 => {
            "it is signed with SHA-1; nginx, HAProxy and OpenSSL may refuse it at their usual security level".to_owned()
        }
        Note::Delta => "it is a delta: it answers only together with the list it builds on".to_owned(),
        Note::Ahead { seconds } => format!(
            "it was made {} after this machine's clock: check that clock",
            span(*seconds)
        ),
    }
}
