//! The words about CRLs that are, or are not, installed.

use super::facts::span;
use crate::document::Kind;
use crate::input::CRL_LIMIT;
use crate::ops::crl::Failure;
use crate::ops::crl::update::{ManualReason, NotAskedReason};
use crate::verdict::admission::{CrlRefusal, Note};
use crate::wire::fetch::FetchError;
use crate::wording::Voice;

/// What to do about a CRL that was refused.
pub fn remedy(refusal: &CrlRefusal, voice: Voice) -> String {
    match refusal {
        CrlRefusal::Unreadable(_) => "fetch the CRL again; an installed one stays".to_owned(),
        CrlRefusal::UnknownIssuer { .. } => voice.pick(
            "if you trust that CA, give its certificate with --issuer CA, or a file that pins it with --facts FILE",
            "if you trust that CA, give its certificate, or pin it in the facts",
        ),
        CrlRefusal::OtherEnvironment { others, .. } => {
            let other = others.first().map_or("", String::as_str);
            voice.pick(
                format!("if it is needed, import it for its own environment: ptl-cert crl import FILE --env {other}"),
                "if it is needed, import it for its own environment".to_owned(),
            )
        }
        CrlRefusal::Signature { .. } => voice.pick(
            "get the CRL from its issuer again; if the CA has a new key, give its new certificate with --issuer CA",
            "get the CRL from its issuer again; if the CA has a new key, give its new certificate",
        ),
        CrlRefusal::SignatureUnchecked { .. } => {
            "try again; if it persists, report it: this says nothing about the CRL".to_owned()
        }
        CrlRefusal::UnsupportedAlgorithm { .. } => "ask the CA for a CRL signed with SHA-256".to_owned(),
        CrlRefusal::BrokenHash { .. } => {
            "ask the CA for a CRL signed with SHA-256; no software should accept this one".to_owned()
        }
        CrlRefusal::MayNotSign { .. } => {
            "ask the CA for a CRL signed with a key that may sign CRLs; no software would accept this one".to_owned()
        }
        CrlRefusal::SignerNotValid { .. } => voice.pick(
            "get the CRL that the CA's current certificate signed; if the CA renewed its certificate, give the new one with --issuer CA",
            "get the CRL that the CA's current certificate signed; if the CA renewed its certificate, give the new one",
        ),
        CrlRefusal::UnknownCritical { .. }
        | CrlRefusal::IndirectUnmarked
        | CrlRefusal::AnswersForNothing { .. }
        | CrlRefusal::NoNextUpdate => {
            "ask the CA for a CRL that follows RFC 5280; software would not rely on this one".to_owned()
        }
        CrlRefusal::OtherIssuer { .. }
        | CrlRefusal::OtherKey { .. }
        | CrlRefusal::OtherSlot
        | CrlRefusal::NotWanted { .. }
        | CrlRefusal::DeltaInstead => voice.pick(
            "that URL serves another CRL: tell its operator, and import the right one with ptl-cert crl import FILE",
            "that URL serves another CRL: tell its operator, and import the right one",
        ),
        CrlRefusal::Expired { .. } => {
            "the source is serving an outdated CRL: get the current one; if this machine's clock is wrong, set it".to_owned()
        }
        CrlRefusal::NotYetValid { .. } => {
            "check this machine's clock (timedatectl, w32tm /query /status), then try again".to_owned()
        }
        CrlRefusal::Conflict { .. } | CrlRefusal::FewerEntries { .. } => voice.pick(
            "ask the CA which of the two is genuine, and check certificates by both with ptl-cert verify CERT --env ENV --crl FILE until you know; if it is this one, add --allow-rollback",
            "ask the CA which of the two is genuine, and check certificates by both until you know",
        ),
        CrlRefusal::Older { .. } | CrlRefusal::LowerNumber { .. } => voice.pick(
            "an outdated mirror or proxy causes this, and so does an attack: get the CRL from its issuer; if the CA confirms that it issued an older CRL, add --allow-rollback",
            "an outdated mirror or proxy looks like this, and so does an attack: get the CRL from its issuer; install it only if the CA confirms that it issued an older CRL",
        ),
    }
}

/// What to do about a CRL that was not received, not read or not written.
pub(super) fn remedy_of_failure(failure: &Failure, voice: Voice) -> Option<String> {
    match failure {
        Failure::Fetch(FetchError::TimedOut { received, .. }) if *received > 0 => Some(voice.pick(
            "for a large CRL on a slow line allow more time, e.g. --timeout 5m",
            "for a large CRL on a slow line allow more time",
        )),
        Failure::Fetch(FetchError::TooLarge { limit, .. }) if *limit < CRL_LIMIT => {
            Some(voice.pick(
                "if the CRL really is that large, raise --max-size, at most to 1GiB",
                "if the CRL really is that large, raise the limit, at most to 1 GiB",
            ))
        }
        Failure::Fetch(FetchError::Unpacking { .. }) => {
            Some(voice.pick("leave out --gzip", "ask for it without compression"))
        }
        Failure::Page => Some(
            "a download page, proxy, captive portal or login page answered: open the URL in a browser on this machine, give the URL of the CRL file itself, and set HTTP_PROXY if a proxy is needed".to_owned(),
        ),
        Failure::SavedPage => {
            Some("a login, proxy or error page was saved instead of the CRL: download it again".to_owned())
        }
        Failure::NotACrl { kinds, .. } if kinds.contains(&Kind::Certificate) => Some(voice.pick(
            "give the CRL file, and the CA that issued it with --issuer CA",
            "give the CRL file; this is a certificate",
        )),
        Failure::NotACrl { .. } => Some("give the CRL file".to_owned()),
        Failure::Unchecked(refusal) => Some(remedy(refusal, voice)),
        Failure::Fetch(_)
        | Failure::Client(_)
        | Failure::Cache(_)
        | Failure::Read(_)
        | Failure::Cancelled => None,
        _ => Some("fetch the CRL again; an installed one stays".to_owned()),
    }
}

/// Why a certificate's distribution points were not asked, and what to do.
pub(super) fn not_asked(why: NotAskedReason, voice: Voice) -> (&'static str, String) {
    match why {
        NotAskedReason::UnknownIssuer => (
            "no known CA issued it, and an unverified certificate could name any address in your network",
            voice.pick(
                "name its environment with --env, pin its CA with --facts FILE, or give the CA's certificate with --issuer CA",
                "name its environment, pin its CA in the facts, or give the CA's certificate",
            ),
        ),
        NotAskedReason::TooManyPoints => (
            "it names too many distribution points",
            voice.pick(
                "download the CRLs you need, then ptl-cert crl import FILE",
                "download the CRLs you need, then import them",
            ),
        ),
        NotAskedReason::TooManyTargets => (
            "this run has reached its limit of CRLs",
            "give the certificates in several runs".to_owned(),
        ),
    }
}

/// Why a CRL cannot be fetched, and what to do.
pub(super) fn manual(why: &ManualReason, voice: Voice) -> (String, String) {
    let (reason, remedy) = match why {
        ManualReason::NoPoint => (
            "the certificate names no CRL distribution point",
            voice.pick(
                "get the CRL from its issuer, then ptl-cert crl import FILE",
                "get the CRL from its issuer, then import it",
            ),
        ),
        ManualReason::OtherProtocol => (
            "only http and https are supported",
            voice.pick(
                "fetch it with an LDAP or FTP client, then ptl-cert crl import FILE",
                "fetch it with an LDAP or FTP client, then import it",
            ),
        ),
        ManualReason::Unreadable => (
            "the extension that names the certificate's CRL distribution points cannot be read",
            voice.pick(
                "get the CRL from its issuer, then ptl-cert crl import FILE; ask the issuer for a corrected certificate",
                "get the CRL from its issuer, then import it; ask the issuer for a corrected certificate",
            ),
        ),
        ManualReason::NoWebAddress => (
            "that is not an http:// or https:// URL",
            voice.pick(
                "get the CRL from its issuer, then ptl-cert crl import FILE",
                "get the CRL from its issuer, then import it",
            ),
        ),
        ManualReason::Imported(place) => {
            return (
                format!("it was imported from {place}"),
                voice.pick(
                    "download the current one, then ptl-cert crl import FILE; if it is no longer needed, ptl-cert crl remove SOURCE",
                    "download the current one, then import it; if it is no longer needed, remove it",
                ),
            );
        }
        _ => (
            "that is a directory name, which cannot be fetched",
            voice.pick(
                "download the file, for the NHS's SHA-1 PKI from its CRL page on HSCN, then ptl-cert crl \
                 import FILE",
                "download the file, for the NHS's SHA-1 PKI from its CRL page on HSCN, then import it",
            ),
        ),
    };
    (reason.to_owned(), remedy)
}

/// What has to be said of a CRL that was admitted.
pub fn note(note: &Note, voice: Voice) -> String {
    match note {
        Note::RolledBack { instead_of } => {
            let because = voice.pick("--allow-rollback was given", "a rollback was allowed");
            format!("installed although {instead_of}, because {because}")
        }
        Note::NumberReused { number, installed } => format!(
            "it has number {number}, as the CRL that it replaces, which was issued at {installed}: a CA must give each CRL a \
             number of its own; ask the CA whether a revocation was lost"
        ),
        Note::Sha1 => {
            "it is signed with SHA-1; nginx, HAProxy and OpenSSL may refuse it at their usual security level".to_owned()
        }
        Note::Delta => "it is a delta CRL: it answers only together with the CRL it builds on".to_owned(),
        Note::Ahead { seconds } => format!(
            "it was issued {} later than this machine's time: check the clock",
            span(*seconds)
        ),
    }
}
