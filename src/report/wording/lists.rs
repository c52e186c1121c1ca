//! The words about revocation lists: which one is needed, why the one at hand does not answer, what to do.

use crate::document::extension::PointName;
use crate::revocation::ListId;
use crate::verdict::verify::{ListFault, ListNeeded};

/// `the CRL of NHS INT Level 1C for http://…`.
pub(in crate::report) fn needed(needs: &ListNeeded) -> String {
    let issuer = needs.issuer.short();
    match needs.points.as_slice() {
        [] => format!("the CRL of {issuer}"),
        points => {
            let points: Vec<String> = points.iter().map(ToString::to_string).collect();
            format!("the CRL of {issuer} for {}", points.join(" or "))
        }
    }
}

/// Which list is at hand: `sub.crl, the CRL of NHS INT Level 1C, number 0a, good until …`.
pub(in crate::report) fn have(list: &ListId) -> String {
    format!("{}, {}", list.origin, called(list))
}

/// The same without where it stands.
pub(in crate::report) fn called(list: &ListId) -> String {
    let mut text = format!("the CRL of {}", list.issuer.short());
    let point = list.issuing_distribution_point.as_ref();
    match point.and_then(|point| point.name.as_ref()) {
        None => {}
        Some(PointName::Full { locations }) => {
            let names: Vec<String> = locations.iter().map(|at| at.name.to_string()).collect();
            text.push_str(&format!(" for {}", names.join(" or ")));
        }
        Some(PointName::RelativeToIssuer { resolved }) => {
            text.push_str(&format!(" for directory name {resolved}"));
        }
    }
    if let Some(number) = &list.number {
        text.push_str(&format!(", number {number}"));
    }
    if let Some(end) = list.next_update {
        text.push_str(&format!(", good until {end}"));
    }
    text
}

/// Why a list does not answer, as a clause.
pub(in crate::report) fn because(fault: &ListFault) -> String {
    match fault {
        ListFault::Issuer => "it is another issuer's".to_owned(),
        ListFault::Scope => "it is for another partition or another kind of certificate".to_owned(),
        ListFault::SignerMissing => {
            "no certificate of its issuer is here that leads to the same anchor".to_owned()
        }
        ListFault::Signature => "no key of its issuer made its signature".to_owned(),
        ListFault::SignerMayNot => "its signer's key usage has no cRLSign".to_owned(),
        ListFault::NotYetValid { this_update } => {
            format!("it was made only later, at {this_update}")
        }
        ListFault::Stale { next_update, days } => format!(
            "it should have been replaced by {next_update}, {} before",
            super::count(*days, "day")
        ),
        ListFault::NoNextUpdate => "it does not say how long it is good".to_owned(),
        ListFault::UnknownCritical { oids } => format!(
            "it has a critical extension that is not understood: {}",
            oids.join(", ")
        ),
        ListFault::Indirect => {
            "its entries name other issuers, but it does not say that it is indirect".to_owned()
        }
        ListFault::Reasons { missing } => format!(
            "no list covers revocation for {}",
            missing
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ),
        ListFault::Delta => "it is a delta, and the list it builds on is not here".to_owned(),
        ListFault::Unreadable { why } => format!("it cannot be read: {why}"),
    }
}

/// What to do.
pub(in crate::report) fn way_out(needs: &ListNeeded, fault: Option<&ListFault>) -> String {
    let get = match (needs.fetchable, needs.points.is_empty()) {
        (true, _) => "fetch it with ptl-cert crl update CERT, or give the file with --crl",
        (false, true) => {
            "get it from its issuer, then ptl-cert crl import FILE, or give it with --crl"
        }
        (false, false) => {
            "no server can look that up: download the file by hand (the NHS's from its page on HSCN), then ptl-cert crl import FILE, or give it with --crl"
        }
    };
    match fault {
        Some(ListFault::Stale { .. } | ListFault::NoNextUpdate) => {
            // Said by accept too, which takes no list past its time.
            format!("get the current list ({get}); only ptl-cert verify CERT --stale-crl warn uses the old one")
        }
        Some(ListFault::SignerMissing) => {
            "give the certificate of the list's issuer: to verify with --chain, to accept as one more REPLY".to_owned()
        }
        Some(ListFault::NotYetValid { .. }) => {
            "check this machine's clock, or ask for a moment after it with --at".to_owned()
        }
        _ => get.to_owned(),
    }
}
