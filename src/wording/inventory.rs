//! What expires when, in words.

use std::path::Path;

use super::{Voice, Words, count, found, say, shell_word, span};
use crate::document::{Moment, Role};
use crate::fqdn::{Fqdn, NamingFault, naming_faults};
use crate::input::{Shown, Source};
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

/// Where an entry was found, as it follows a verb: `in fullchain.pem:1`, `on a.nhs.uk:443`, `built in`.
fn found_at(entry: &InventoryEntry) -> String {
    let first = entry.places.first();
    let named = first.map(place).unwrap_or_default();
    match first {
        Some(Place::Host(_)) => format!("on {named}"),
        Some(Place::Known(_)) => named,
        _ => format!("in {named}"),
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
        (_, expiry, _) if expiry.is_good() => return None,
        (EntryKind::Certificate(_), Expiry::NotYetValid, _) => {
            let Words { message, remedy } = say(
                &Problem::NotYetValid {
                    not_before: entry.begins,
                    days: entry.begins.days_since(at),
                },
                voice,
            );
            (message, remedy)
        }
        (EntryKind::Crl, Expiry::NotYetValid, _) => {
            let this_update = entry.begins;
            let Words { message, remedy } = say(&Problem::CrlNotYetValid { this_update }, voice);
            (
                message,
                format!("{remedy}; if it is right, {}", current_crl(voice)),
            )
        }
        (EntryKind::Certificate(role), _, Some(not_after)) => {
            of_certificate(entry, role, not_after, at, voice)
        }
        (_, _, Some(next_update)) => of_crl(entry, next_update, at, voice),
        (_, _, None) => (
            "the CRL has no nextUpdate, so it does not count".to_owned(),
            "ask its CA for a CRL with a nextUpdate".to_owned(),
        ),
    };
    let remedy = match newer {
        None => usual,
        Some(newer) => replacement(entry, newer, &usual, at, voice),
    };
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
        true => next_pair(entry, voice),
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
    let renew = current_crl(voice);
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

fn current_crl(voice: Voice) -> String {
    voice.pick(
        "get the current one with ptl-cert crl update or ptl-cert crl import FILE, and write it where this one is used with ptl-cert crl export",
        "get the current one, and put it where this one is used",
    )
}

/// The command that makes the next request; `None` where it would be refused, or would leave out a name, and for a reader of
/// any program.
fn next_pair(entry: &InventoryEntry, voice: Voice) -> Option<String> {
    let (first, _) = entry.hosts.split_first()?;
    let domain = domain(first, voice)?;
    // A folder also has the request that the next one should be like. What opens only with a password is not found there
    // without it.
    let files = entry.places.iter().filter_map(|place| match place {
        Place::Input(origin) => match origin.source.file() {
            Source::File(path) => Some(path),
            _ => None,
        },
        _ => None,
    });
    let Some(file) = files.take(1).find(|_| !voice.repeats_password()) else {
        return request(&entry.hosts, voice);
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let folder = folder.strip_prefix(".").unwrap_or(folder);
    let from = match folder.as_os_str().is_empty() {
        true => String::new(),
        false => voice.pick_command(&format!(
            " --from {}",
            shell_word(&folder.shown().to_string())
        ))?,
    };
    voice.pick_command(&format!("ptl-cert renew {first}{from}{domain}"))
}

/// What a command needs to accept a name; `None` where none does.
fn domain(name: &Fqdn, voice: Voice) -> Option<String> {
    match naming_faults(name).as_slice() {
        [] => Some(String::new()),
        [NamingFault::NotNhsUk] => voice.pick_command(" --any-domain"),
        _ => None,
    }
}

/// The same for a certificate that is in no file.
fn request(hosts: &[Fqdn], voice: Voice) -> Option<String> {
    let (first, rest) = hosts.split_first()?;
    let domain = domain(first, voice)?;
    let names = rest
        .iter()
        .map(|name| voice.pick_command(&format!(" --san {name}")));
    let names = names.collect::<Option<String>>()?;
    voice.pick_command(&format!(
        "ptl-cert csr --fqdn {first}{names}{domain} --out-dir next"
    ))
}

/// What to do where there is a newer one, and `usual` where there is none. That it is good is not known.
fn replacement(
    entry: &InventoryEntry,
    newer: &InventoryEntry,
    usual: &str,
    at: Moment,
    voice: Voice,
) -> String {
    let found = found_at(newer);
    let is_crl = newer.kind == EntryKind::Crl;
    let check = voice.pick("check it with ptl-cert verify", "check that it is valid");
    if newer.begins <= at {
        let install = match is_crl {
            true => voice.pick(
                "import it with ptl-cert crl import FILE, which checks it, and write it where this one is used with ptl-cert crl export",
                "check that it is valid, and put it where this one is used",
            ),
            false => {
                format!("{check}, install it wherever this one is used, then remove this one")
            }
        };
        return format!(
            "a newer one is {found}, {}: {install}",
            left(newer.ends, at)
        );
    }
    let from = newer.begins.to_minute();
    match entry.ends.is_some_and(|end| end >= newer.begins) {
        true if !is_crl => format!(
            "a newer one is {found}, and is not valid until {from} UTC: {check}, install it then wherever this one is used, and remove this one"
        ),
        _ => format!("a newer one is {found}, and is not valid until {from} UTC: {usual}"),
    }
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
    use std::sync::Arc;

    use super::*;
    use crate::input::Origin;
    use crate::verdict::inventory::{Collection, Periods};

    /// A certificate that was found there, for these hosts.
    fn named(places: &[Place], names: &[&str]) -> InventoryEntry {
        let leaf = include_str!("../../tests/data/pki/leaf.pem");
        let mut collection = Collection::default();
        for place in places {
            collection.add_certificate(&leaf.parse().unwrap(), place.clone());
        }
        let periods = Periods {
            certificate_days: 60,
            crl_seconds: 0,
        };
        let at = "2028-12-01T00:00:00Z".parse().unwrap();
        let mut entry = collection.judged(at, periods).pop().unwrap();
        let hosts = names.iter().map(|name| Fqdn::parse(name).unwrap());
        entry.hosts = hosts.collect();
        entry
    }

    #[test]
    fn a_certificate_in_a_file_is_renewed_from_its_folder_and_one_of_a_host_by_a_request() {
        let file = |path: &str| Place::Input(Origin::whole(&Arc::new(Source::File(path.into()))));
        let host = Place::Host("a.nhs.uk:443".to_owned());
        let said =
            |places: &[Place], names: &[&str], voice| next_pair(&named(places, names), voice);
        let typed = |places: &[Place]| said(places, &["a.nhs.uk"], Voice::CommandLine).unwrap();
        for (place, command) in [
            (file("a.pem"), "ptl-cert renew a.nhs.uk"),
            (file("./a.pem"), "ptl-cert renew a.nhs.uk"),
            (
                file("/etc/x/a.pem"),
                "ptl-cert renew a.nhs.uk --from /etc/x",
            ),
            (
                file("my keys/a.pem"),
                "ptl-cert renew a.nhs.uk --from 'my keys'",
            ),
            (host.clone(), "ptl-cert csr --fqdn a.nhs.uk --out-dir next"),
        ] {
            assert_eq!(typed(&[place]), command);
        }
        // Wherever else it is.
        assert_eq!(
            typed(&[host, file("x/a.pem")]),
            "ptl-cert renew a.nhs.uk --from x"
        );
        let other = said(&[file("a.pem")], &["a.example"], Voice::CommandLine).unwrap();
        assert_eq!(other, "ptl-cert renew a.example --any-domain");
        assert_eq!(said(&[file("a.pem")], &["a.nhs.uk"], Voice::Neutral), None);
        // What was opened with a password is not found without it.
        let given = Box::leak(Box::new(crate::wording::Repeated {
            password_file: Some("pw".to_owned()),
            ..Default::default()
        }));
        let opened = said(&[file("a.p12")], &["a.nhs.uk"], Voice::Repeating(given)).unwrap();
        assert!(opened.starts_with("ptl-cert csr "), "{opened}");
    }

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

    const NOW: &str = "2028-12-01T00:00:00Z";

    /// An expiring certificate that was found there.
    fn entry(place: Place) -> InventoryEntry {
        use crate::verdict::inventory::{Collection, Periods};
        let old = include_str!("../../tests/data/renewed/old.pem");
        let mut collection = Collection::default();
        collection.add_certificate(&old.parse().unwrap(), place);
        let periods = Periods {
            certificate_days: 60,
            crl_seconds: 0,
        };
        collection.judged(NOW.parse().unwrap(), periods).remove(0)
    }

    /// What is said of an expiring certificate and one that begins so many days before or after its end.
    fn advice(days: i64, voice: Voice) -> String {
        use crate::input::{Origin, Source};
        const DAY: i64 = 86_400;
        let source = std::sync::Arc::new(Source::given("next.pem"));
        let entry = entry(Place::Input(Origin::whole(&source)));
        let at: Moment = NOW.parse().unwrap();
        let moved = |by: i64| {
            let end = entry.ends.unwrap().unix();
            Moment::from_unix(end + by * DAY).unwrap()
        };
        let mut newer = entry.clone();
        (newer.begins, newer.ends) = (moved(days), Some(moved(900)));
        due(&entry, Some(&newer), at, voice).unwrap().remedy
    }

    #[test]
    fn a_newer_certificate_is_to_be_installed_once_it_is_valid_and_bridged_until_then() {
        assert!(
            advice(-40, Voice::Neutral).contains(": check that it is valid, install it wherever"),
            "{}",
            advice(-40, Voice::Neutral)
        );
        let soon = advice(-9, Voice::CommandLine);
        assert!(
            soon.contains("is not valid until 2028-12-23 00:00 UTC: check it with ptl-cert verify, install it then"),
            "{soon}"
        );
        let gap = advice(9, Voice::CommandLine);
        assert!(
            gap.contains("is not valid until 2029-01-10 00:00 UTC: request the next one now"),
            "{gap}"
        );
        assert!(!gap.contains("install"), "{gap}");
    }

    #[test]
    fn where_a_newer_one_was_found_is_said_with_its_preposition() {
        use crate::chain::Found;
        for (place, said) in [
            (Place::Host("a.nhs.uk:443".to_owned()), "on a.nhs.uk:443"),
            (Place::Known(Found::BuiltIn), "built in"),
            (Place::Known(Found::Facts), "in the facts file"),
        ] {
            assert_eq!(found_at(&entry(place)), said);
        }
    }
}
