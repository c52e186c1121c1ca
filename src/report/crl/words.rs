//! The words about lists that are, or are not, installed.

use super::facts::span;
use crate::document::Kind;
use crate::input::LIST_LIMIT;
use crate::ops::crl::Failure;
use crate::ops::crl::update::{Why, WhyNot};
use crate::verdict::admission::{Note, Refusal};
use crate::wire::fetch::FetchError;

/// What to do about a CRL that was refused.
pub fn remedy(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Unreadable(_) => "fetch the CRL again; an installed one stays",
        Refusal::UnknownIssuer { .. } => {
            "if you trust that CA, give its certificate with --issuer CA, or a file that pins it with --facts FILE"
        }
        Refusal::Signature { .. } => {
            "get the CRL from its issuer again; if the CA has a new key, give its new certificate with --issuer CA"
        }
        Refusal::MayNotSign { .. } => {
            "ask the CA for a CRL signed with a key that may sign CRLs; no software would accept this one"
        }
        Refusal::SignerNotValid { .. } => {
            "get the CRL that the CA's current certificate signed; if the CA renewed its certificate, give the new one with --issuer CA"
        }
        Refusal::UnknownCritical { .. }
        | Refusal::IndirectUnmarked
        | Refusal::AnswersForNothing { .. }
        | Refusal::NoNextUpdate => {
            "ask the CA for a CRL that follows RFC 5280; this one would not be relied on"
        }
        Refusal::OtherIssuer { .. }
        | Refusal::OtherSlot
        | Refusal::NotWanted { .. }
        | Refusal::DeltaInstead => {
            "that URL serves another CRL: tell its operator, and import the right one with ptl-cert crl import FILE"
        }
        Refusal::Expired { .. } => {
            "the source is serving an outdated CRL: get the current one; if this machine's clock is wrong, set it"
        }
        Refusal::NotYetMade { .. } => {
            "check this machine's clock (timedatectl, w32tm /query /status), then try again"
        }
        Refusal::Older { .. } | Refusal::LowerNumber { .. } => {
            "an outdated mirror or proxy looks like this, and so does an attack: get the CRL from its issuer; if the CA confirms that it went back, add --allow-rollback"
        }
    }
}

/// What to do about a CRL that was not received, not read or not written.
pub(super) fn remedy_of_failure(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::Fetch(FetchError::TimedOut { received, .. }) if *received > 0 => {
            Some("for a large CRL on a slow line allow more time, e.g. --timeout 5m")
        }
        Failure::Fetch(FetchError::TooLarge { limit, .. }) if *limit < LIST_LIMIT => {
            Some("if the CRL really is that large, raise --max-size, at most to 1GiB")
        }
        Failure::Fetch(FetchError::Unpacking { .. }) => Some("leave out --gzip"),
        Failure::Page => Some(
            "this is typical of a proxy, captive portal or login page: open the URL in a browser on this machine, and set HTTP_PROXY if a proxy is needed",
        ),
        Failure::SavedPage => {
            Some("a login, proxy or error page was saved instead of the CRL: download it again")
        }
        Failure::NotACrl { kinds, .. } if kinds.contains(&Kind::Certificate) => {
            Some("give the CRL file; the CA that issued it goes after --issuer")
        }
        Failure::NotACrl { .. } => Some("give the CRL file"),
        Failure::Fetch(_)
        | Failure::Client(_)
        | Failure::Cache(_)
        | Failure::Read(_)
        | Failure::Cancelled => None,
        _ => Some("fetch the CRL again; an installed one stays"),
    }
}

/// Why a certificate's distribution points were not asked, and what to do.
pub(super) fn not_asked(why: WhyNot) -> (&'static str, &'static str) {
    match why {
        WhyNot::UnknownIssuer => (
            "no known CA issued it, and an unverified certificate could name any address in your network",
            "name its environment with --env, pin its CA with --facts FILE, or give the CA's certificate with --issuer CA",
        ),
        WhyNot::TooManyPoints => (
            "it names too many distribution points",
            "download the CRLs you need, then ptl-cert crl import FILE",
        ),
        WhyNot::TooManyTargets => (
            "this run has reached its limit of CRLs",
            "give the certificates in several runs",
        ),
    }
}

/// Why nobody can be asked for a CRL, and what to do.
pub(super) fn manual(why: &Why) -> (String, &'static str) {
    let (because, remedy) = match why {
        Why::NoPoint => (
            "the certificate names no CRL distribution point",
            "get the CRL from its issuer, then ptl-cert crl import FILE",
        ),
        Why::OtherProtocol => (
            "only http and https are supported",
            "fetch it with an LDAP or FTP client, then ptl-cert crl import FILE",
        ),
        Why::Unreadable => (
            "the extension that names the certificate's CRL distribution points cannot be read",
            "get the CRL from its issuer, then ptl-cert crl import FILE; ask the issuer for a corrected certificate",
        ),
        Why::NoWebAddress => (
            "that is not an http:// or https:// URL",
            "get the CRL from its issuer, then ptl-cert crl import FILE",
        ),
        Why::Imported(place) => {
            return (
                format!("it was imported from {place}"),
                "download the current one, then ptl-cert crl import FILE; if it is no longer needed, ptl-cert crl remove",
            );
        }
        _ => (
            "that is a directory name, which cannot be fetched",
            "download the file, for the NHS's SHA-1 PKI from its CRL page on HSCN, then ptl-cert crl \
             import FILE",
        ),
    };
    (because.to_owned(), remedy)
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
        Note::Delta => "it is a delta CRL: it answers only together with the CRL it builds on".to_owned(),
        Note::Ahead { seconds } => format!(
            "it was issued {} after this machine's time: check the clock",
            span(*seconds)
        ),
    }
}
