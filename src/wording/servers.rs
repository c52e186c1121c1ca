//! The words about what servers do with CRLs.

use super::{Voice, count, some};
use crate::verdict::plan::{Consequence, Fault, FaultCause, Server};

/// What a server does that it should not, and why, as one sentence.
pub(crate) fn fault(fault: &Fault, server: Option<Server>) -> String {
    let title = server.map_or("a server", |server| server.behaviour().title);
    let issuer = fault.issuer.short();
    let certificates = match fault.certificates.as_slice() {
        [] => None,
        names => Some(some(names)),
    };
    let of = |what: &str| match &certificates {
        Some(names) => format!("{what} {names}"),
        None => format!("{what} certificates of {issuer}"),
    };
    let effect = match fault.effect {
        Consequence::Ignored => format!(
            "{title} ignores the CRL of {issuer} and refuses {}",
            certificates
                .as_deref()
                .unwrap_or("every certificate it covers")
        ),
        Consequence::RefusesAll => {
            format!("{title} cannot load the file and refuses every client")
        }
        Consequence::LetIn if fault.cause == FaultCause::CaRevoked => format!(
            "{title} wrongly admits {}",
            certificates.unwrap_or_else(|| format!("every client of {issuer}"))
        ),
        Consequence::LetIn => format!("{title} wrongly admits {}", of("revoked")),
        Consequence::Refused if matches!(fault.cause, FaultCause::HoldLifted { .. }) => format!(
            "{title} wrongly refuses {}",
            certificates.unwrap_or_else(|| format!("certificates of {issuer}"))
        ),
        Consequence::Refused => format!(
            "{title} refuses {}",
            certificates.unwrap_or_else(|| format!("every client of {issuer}"))
        ),
    };
    format!("{effect}: {}", because(&fault.cause, &issuer))
}

fn because(cause: &FaultCause, issuer: &str) -> String {
    match cause {
        FaultCause::AuthorityKey => format!(
            "the CRL's authority key identifier is not that of the certificate of {issuer}"
        ),
        FaultCause::CriticalExtension { oids } if oids.is_empty() => {
            "it has a critical extension that this server does not know".to_owned()
        }
        FaultCause::CriticalExtension { oids } => format!(
            "it marks extension {} as critical, which this server does not accept",
            oids.join(", ")
        ),
        FaultCause::TimeForm => {
            "its thisUpdate or nextUpdate has a fraction, an offset or no seconds (RFC 5280 section 5.1.2.4 forbids that)".to_owned()
        }
        FaultCause::IssuerForm => {
            "its issuer name differs from the certificates' in letter case, spaces or string types".to_owned()
        }
        FaultCause::PointForm => {
            "its distribution point and the certificate's are written differently".to_owned()
        }
        FaultCause::SameName => format!(
            "several CAs are called {issuer}, and the server may take the CRL of another one"
        ),
        FaultCause::ListedElsewhere => format!(
            "a CRL that the server does not use for it lists it: one of {issuer}, or of another issuer of CRLs for it"
        ),
        FaultCause::NoNextUpdate => "it has no nextUpdate".to_owned(),
        FaultCause::FutureDate { date } => format!(
            "a revocation date in the CRL of {issuer} is in the future ({date}), and counts only from then on"
        ),
        FaultCause::CrlIssuer => {
            "the certificate's distribution point names a CRL issuer, and the CRL is not marked as indirect".to_owned()
        }
        FaultCause::Unreadable { reason } => format!("the CRL of {issuer} cannot be read: {reason}"),
        FaultCause::MayNotSign => {
            format!("the key usage of {issuer} does not allow it to sign CRLs (cRLSign is missing)")
        }
        FaultCause::Delta { only } => format!(
            "a delta CRL of {issuer} revokes {} that the complete CRL does not have, and delta CRLs are not read",
            count(i64::try_from(*only).unwrap_or(i64::MAX), "certificate")
        ),
        FaultCause::HoldLifted { only } => format!(
            "a delta CRL of {issuer} lifts the hold of {} that the complete CRL still has, and delta CRLs are not read",
            count(i64::try_from(*only).unwrap_or(i64::MAX), "certificate")
        ),
        FaultCause::Reasons => {
            "its distribution points and the CRLs do not cover every reason for revocation (the flag \"unused\" included)".to_owned()
        }
        FaultCause::CaExpired { at } => format!("its CA {issuer} expired at {at}"),
        FaultCause::CaRevoked => format!("{issuer}, or a CA above it, is revoked"),
        FaultCause::ClientExpired => "the certificate has expired".to_owned(),
        FaultCause::ClientNotYetValid { from } => {
            format!("the certificate is not valid before {from}")
        }
        FaultCause::Purpose => {
            "the key usage or extended key usage of its certificate, or of a CA above it, does not allow TLS clients".to_owned()
        }
        FaultCause::RootListed => {
            format!("the CRL of {issuer} lists the serial number of {issuer} itself, and the server looks that up too")
        }
        FaultCause::Other { reason } => format!("it reports \"{reason}\""),
    }
}

/// What to do about it.
pub(crate) fn remedy(fault: &Fault, voice: Voice) -> String {
    let remedy = match fault.cause {
        FaultCause::Delta { .. } => {
            "import the CA's next complete CRL as soon as it is published, and until then block these certificates at the server"
        }
        FaultCause::HoldLifted { .. } => {
            "import the CA's next complete CRL as soon as it is published; until then nothing on this server can help these clients"
        }
        FaultCause::ListedElsewhere => {
            "block the certificate at the server, and ask the CA why the CRL that its certificates name does not list it"
        }
        FaultCause::Reasons => {
            "ask the CA for a CRL, and for certificates, that name no reasons; nothing on this server can help the client"
        }
        FaultCause::CriticalExtension { .. } if fault.effect == Consequence::Refused => {
            "ask for a certificate that does not mark the extension as critical; nothing on this server can help the client"
        }
        FaultCause::ClientExpired => {
            "plan for the client's new certificate, whose partition may be another one; if there is none, leave the old one out"
        }
        FaultCause::ClientNotYetValid { .. } => {
            "wait until then; nothing on this server can help the client"
        }
        FaultCause::Purpose => {
            "ask for a certificate with clientAuth in its extended key usage, from a CA that may issue such certificates; nothing on this server can help the client"
        }
        FaultCause::CaRevoked if fault.effect == Consequence::LetIn => {
            return voice.pick(
                "take the certificate of that CA out of what the server trusts: leave it out of --chain, or leave its generation out (--leave-out GENERATION)",
                "take the certificate of that CA out of what the server trusts",
            );
        }
        FaultCause::RootListed => {
            "ask the CA for a CRL without that entry: it is probably that of another certificate to which the CA gave the number again; nothing on this server can help its clients"
        }
        FaultCause::CaExpired { .. } | FaultCause::CaRevoked => {
            "ask for a certificate from a CA that is valid; nothing on this server can help the client"
        }
        FaultCause::SameName => {
            return voice.pick(
                "leave the CA that is no longer used out of the bundle (export: --leave-out GENERATION), and remove its CRL from the cache: ptl-cert crl remove SOURCE, with the source that ptl-cert crl status shows",
                "leave the CA that is no longer used out of the bundle, and remove its CRL",
            );
        }
        FaultCause::FutureDate { .. } => {
            "block the certificate at the server until that date, or ask the CA to date the entry in the past"
        }
        FaultCause::MayNotSign | FaultCause::AuthorityKey => {
            "install the CA's current certificate if the one in the bundle is an old one; otherwise ask the CA"
        }
        _ => "report it to the CA: its CRL must follow RFC 5280",
    };
    remedy.to_owned()
}
