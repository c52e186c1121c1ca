//! What expires when, in words.

use super::{Voice, Words, count, found, say, span};
use crate::document::{Moment, Role};
use crate::fqdn::{Fqdn, NamingFault, naming_faults};
use crate::verdict::Problem;
use crate::verdict::inventory::{EntryKind, Expiry, InventoryEntry, Place};

/// What an entry of an inventory is, as a word: `endpoint`, `sub CA`, `CRL`.
pub fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Certificate(role) => super::role(role),
        EntryKind::Crl => "CRL",
    }
}

/// Where an entry was found: `fullchain.pem:1`, `a.nhs.uk:443`, `built in`.
pub fn place(place: &Place) -> String {
    match place {
        Place::Input(origin) => origin.to_string(),
        Place::Host(host) => host.clone(),
        Place::Known(known) => found(*known).to_owned(),
    }
}

/// `51 days left`, `expired 10 days ago`, `no nextUpdate`.
pub fn left(ends: Option<Moment>, at: Moment) -> String {
    match ends {
        None => "no nextUpdate".to_owned(),
        Some(end) if end < at => format!("expired {} ago", span(at.days_since(end))),
        Some(end) => format!("{} left", span(end.days_since(at))),
    }
}

/// What is wrong with an entry that is not current, and what to do about it; `newer` is the entry that may replace it.
/// `None` for one that is current.
pub fn due(
    entry: &InventoryEntry,
    newer: Option<&InventoryEntry>,
    at: Moment,
    voice: Voice,
) -> Option<Words> {
    let (message, usual) = match (entry.kind, entry.expiry, entry.ends) {
        (_, Expiry::Current, _) => return None,
        (EntryKind::Certificate(role), _, Some(not_after)) => {
            of_certificate(entry, role, not_after, at, voice)
        }
        (_, _, Some(next_update)) => of_crl(entry, next_update, at, voice),
        (_, _, None) => (
            "the CRL has no nextUpdate, so it does not count".to_owned(),
            "ask its CA for a CRL with a nextUpdate".to_owned(),
        ),
    };
    let remedy = newer.map_or(usual, |newer| replacement(newer, at));
    Some(Words { message, remedy })
}

fn of_certificate(
    entry: &InventoryEntry,
    role: Role,
    not_after: Moment,
    at: Moment,
    voice: Voice,
) -> (String, String) {
    let is_endpoint = matches!(role, Role::Endpoint | Role::SelfSignedEndpoint);
    let ca = !is_endpoint;
    let problem = match entry.expiry {
        Expiry::Expired => Problem::Expired {
            not_after,
            days: at.days_since(not_after),
            ca,
        },
        _ => Problem::ExpiresSoon {
            not_after,
            days: not_after.days_since(at),
            ca,
        },
    };
    let Words {
        mut message,
        remedy,
    } = say(&problem, voice);
    if let below @ 1.. = entry.outlived_by {
        let when = match entry.expiry {
            Expiry::Expired => "any more",
            _ => "after that",
        };
        let certificates = counted(below, 0);
        let below = match below {
            1 => "names it as its issuer and expires later; it",
            _ => "name it as their issuer and expire later; they",
        };
        message.push_str(&format!(
            ": {certificates} {below} cannot be verified {when}"
        ));
    }
    let request = match is_endpoint {
        true => request(&entry.hosts, voice),
        false => None,
    };
    let remedy = match (request, entry.expiry) {
        (Some(command), Expiry::Expired) => format!("request a new one: {command}"),
        (Some(command), _) => {
            format!("request the next one now, because NHS renewals take days to weeks: {command}")
        }
        (None, _) if entry.outlived_by > 0 => {
            "request certificates of the current generation, and install the CA certificates of that generation".to_owned()
        }
        (None, _) => remedy,
    };
    (message, remedy)
}

fn of_crl(
    entry: &InventoryEntry,
    next_update: Moment,
    at: Moment,
    voice: Voice,
) -> (String, String) {
    let renew = voice.pick(
        "get the current one with ptl-cert crl update or ptl-cert crl import FILE, and write it where this one is used with ptl-cert crl export",
        "get the current one, and put it where this one is used",
    );
    if entry.expiry == Expiry::Expired {
        let days = at.days_since(next_update);
        let Words { message, .. } = say(&Problem::CrlStale { next_update, days }, voice);
        let effect = "servers that check revocation refuse every client while it is expired";
        return (message, format!("{renew}; {effect}"));
    }
    let message = format!(
        "the CRL expires in {} ({})",
        span(next_update.days_since(at)),
        next_update.date()
    );
    (message, renew)
}

/// The command that makes the next request; `None` where it would be refused, or would leave out a name, and for a reader of
/// any program.
fn request(hosts: &[Fqdn], voice: Voice) -> Option<String> {
    let (first, rest) = hosts.split_first()?;
    let domain = match naming_faults(first).as_slice() {
        [] => String::new(),
        [NamingFault::NotNhsUk] => voice.pick_command(" --any-domain")?,
        _ => return None,
    };
    let names = rest
        .iter()
        .map(|name| voice.pick_command(&format!(" --san {name}")));
    let names = names.collect::<Option<String>>()?;
    voice.pick_command(&format!(
        "ptl-cert csr --fqdn {first}{names}{domain} --out-dir next"
    ))
}

/// What to do where there is a newer one.
fn replacement(newer: &InventoryEntry, at: Moment) -> String {
    let place = newer.places.first().map(place).unwrap_or_default();
    format!(
        "a newer one is in {place}, {}: install it wherever this one is used, then remove this one",
        left(newer.ends, at)
    )
}

/// `1 certificate and 2 CRLs`, without what there is none of.
pub(crate) fn counted(certificates: usize, crls: usize) -> String {
    let number = |number: usize, thing| count(i64::try_from(number).unwrap_or(i64::MAX), thing);
    match (certificates, crls) {
        (some, 0) => number(some, "certificate"),
        (0, some) => number(some, "CRL"),
        (some, others) => format!(
            "{} and {}",
            number(some, "certificate"),
            number(others, "CRL")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_request_has_every_name_and_is_none_that_csr_refuses() {
        let said = |names: &[&str]| {
            let hosts = names.iter().map(|name| Fqdn::parse(name).unwrap());
            let hosts: Vec<Fqdn> = hosts.collect();
            request(&hosts, Voice::CommandLine)
        };
        assert_eq!(
            said(&["a.thirdparty.nhs.uk", "b.thirdparty.nhs.uk"]).unwrap(),
            "ptl-cert csr --fqdn a.thirdparty.nhs.uk --san b.thirdparty.nhs.uk --out-dir next"
        );
        assert_eq!(
            said(&["www.example.com"]).unwrap(),
            "ptl-cert csr --fqdn www.example.com --any-domain --out-dir next"
        );
        // Too long for a common name.
        let long = format!("{}.thirdparty.nhs.uk", "a".repeat(60));
        assert_eq!(said(&[&long]), None);
        assert_eq!(said(&[]), None);
    }
}
