//! What is one entry, in which order, and how much time it has.

use super::*;
use crate::decode;
use crate::environment::Facts;
use crate::input::{Input, Source};
use crate::verdict::freshness::{Dates, Freshness, RefreshPolicy, Urgency};
use crate::verdict::{Code, ExaminationPolicy, examine_alone};

const LEAF: &str = include_str!("../../../tests/data/pki/leaf.pem");
const KEY: &str = include_str!("../../../tests/data/pki/leaf.key");
const CRL: &str = include_str!("../../../tests/data/pki/list.crl");
const DAY: i64 = 86_400;
const NOW: i64 = 1_798_761_600;
const PERIODS: Periods = Periods {
    certificate_days: 60,
    crl_seconds: 2 * DAY,
};

fn at(seconds: i64) -> Moment {
    Moment::from_unix(NOW + seconds).unwrap()
}

fn items(text: &str) -> Vec<Item> {
    let input = Input::new(Source::Stdin, text.as_bytes());
    let opened = decode::open(&input, None).unwrap();
    let objects = opened.objects.iter();
    objects
        .map(|object| Item::read(object, opened.container, None).unwrap())
        .collect()
}

fn certificate(pem: &str) -> Certificate {
    pem.parse().unwrap()
}

fn place(name: &str) -> Place {
    Place::Host(name.to_owned())
}

/// The certificate as another one, with this end.
fn until(end: i64, number: u8) -> Certificate {
    let mut certificate = certificate(LEAF);
    certificate.not_after = at(end);
    certificate.sha256 = crate::document::Hex([number; 32]);
    certificate
}

fn judged(certificates: &[Certificate]) -> Vec<InventoryEntry> {
    let mut collection = Collection::default();
    for (number, certificate) in certificates.iter().enumerate() {
        collection.add_certificate(certificate, place(&number.to_string()));
    }
    collection.judged(at(0), PERIODS)
}

#[test]
fn a_certificate_expires_soon_exactly_when_inspect_says_so() {
    for end in [
        -DAY,
        -1,
        0,
        1,
        60 * DAY - 1,
        60 * DAY,
        60 * DAY + 1,
        61 * DAY,
    ] {
        let entry = judged(&[until(end, 1)]).remove(0);
        let mut item = items(LEAF).remove(0);
        item.document = Document::Certificate(std::sync::Arc::new(until(end, 1)));
        let policy = ExaminationPolicy {
            at: at(0),
            soon_days: 60,
        };
        let problems = examine_alone(&item, &policy);
        let has = |code| problems.iter().any(|problem| problem.code() == code);
        let said = match (has(Code::Expired), has(Code::ExpiresSoon)) {
            (true, _) => Expiry::Expired,
            (_, true) => Expiry::Expiring,
            _ => Expiry::Current,
        };
        assert_eq!(entry.expiry, said, "{end}");
        assert_eq!(entry.expiry == Expiry::Current, end >= 60 * DAY, "{end}");
    }
}

#[test]
fn a_crl_is_due_exactly_when_crl_status_says_so_of_one_just_fetched() {
    let policy = RefreshPolicy {
        every: 365 * DAY,
        within: 2 * DAY,
    };
    for end in [-1, 0, 1, 2 * DAY, 2 * DAY + 1] {
        let dates = Dates {
            this_update: at(-DAY),
            next_update: Some(at(end)),
            checked_at: at(0),
        };
        let urgency = match Expiry::of_crl(Some(at(end)), at(0), 2 * DAY) {
            Expiry::Current => Urgency::Fine,
            Expiry::Expiring => Urgency::Due,
            _ => Urgency::Critical,
        };
        assert_eq!(
            Freshness::of(&dates, &policy, at(0)).urgency,
            urgency,
            "{end}"
        );
    }
    assert_eq!(Expiry::of_crl(None, at(0), 0), Expiry::Undated);
}

#[test]
fn the_same_certificate_in_many_places_is_one_entry_and_of_the_places_sixteen_are_kept() {
    let mut collection = Collection::default();
    for number in 0..20 {
        collection.add_certificate(&certificate(LEAF), place(&number.to_string()));
    }
    let entry = collection.judged(at(0), PERIODS).remove(0);
    assert_eq!((entry.places.len(), entry.more_places), (PLACES_LIMIT, 4));
    assert_eq!(entry.places[0], place("0"));
}

#[test]
fn copies_of_a_crl_are_one_entry_and_another_one_is_not() {
    let mut collection = Collection::default();
    for _ in 0..2 {
        collection.add(&items(CRL)[0]);
    }
    let mut other = items(CRL).remove(0);
    let Document::Crl(crl) = &mut other.document else {
        panic!("a CRL")
    };
    crl.next_update = crl
        .next_update
        .map(|end| Moment::from_unix(end.unix() + 1).unwrap());
    collection.add(&other);
    assert_eq!(collection.len(), 2);
}

#[test]
fn what_ends_first_comes_first_and_what_has_no_end_before_that() {
    let mut collection = Collection::default();
    for (end, number) in [(90 * DAY, 1), (-DAY, 2), (30 * DAY, 3)] {
        collection.add_certificate(&until(end, number), place("x"));
    }
    let mut undated = items(CRL).remove(0);
    if let Document::Crl(crl) = &mut undated.document {
        crl.next_update = None;
    }
    collection.add(&undated);
    let order: Vec<Expiry> = collection
        .judged(at(0), PERIODS)
        .iter()
        .map(|entry| entry.expiry)
        .collect();
    assert_eq!(
        order,
        [
            Expiry::Undated,
            Expiry::Expired,
            Expiry::Expiring,
            Expiry::Current
        ]
    );
}

#[test]
fn a_newer_certificate_for_the_same_names_is_named_and_changes_no_judgement() {
    let entries = judged(&[until(-DAY, 1), until(90 * DAY, 2), until(30 * DAY, 3)]);
    let found: Vec<_> = entries
        .iter()
        .map(|entry| (entry.expiry, entry.newer))
        .collect();
    assert_eq!(
        found,
        [
            (Expiry::Expired, Some(2)),
            (Expiry::Expiring, Some(2)),
            (Expiry::Current, None)
        ]
    );
    // Of another issuer anyone can make one.
    let mut foreign = until(90 * DAY, 2);
    foreign.issuer = foreign.subject.clone();
    assert_eq!(judged(&[until(-DAY, 1), foreign])[0].newer, None);
    // What has expired replaces nothing.
    assert_eq!(judged(&[until(-9 * DAY, 1), until(-DAY, 2)])[0].newer, None);
}

/// A certificate and the CA above it, with these ends; another one of the CA may come with it.
fn outlived(leaf: i64, ca: i64, renewed: Option<i64>) -> Vec<usize> {
    let mut sub = certificate(include_str!("../../../tests/data/pki/sub.pem"));
    sub.not_after = at(ca);
    let mut all = vec![until(leaf, 1), sub.clone()];
    if let Some(end) = renewed {
        sub.not_after = at(end);
        sub.sha256 = crate::document::Hex([2; 32]);
        all.push(sub);
    }
    judged(&all).iter().map(|entry| entry.outlived_by).collect()
}

#[test]
fn a_ca_that_expires_before_what_it_issued_says_how_many_that_are() {
    assert_eq!(outlived(90 * DAY, 30 * DAY, None), [1, 0]);
    assert_eq!(outlived(90 * DAY, -DAY, None), [1, 0]);
    // The certificate expires first, or has.
    assert_eq!(outlived(20 * DAY, 30 * DAY, None), [0, 0]);
    assert_eq!(outlived(-DAY, -2 * DAY, None), [0, 0]);
    // The CA is not due.
    assert_eq!(outlived(300 * DAY, 90 * DAY, None), [0, 0]);
    // The CA's certificate has been renewed.
    assert_eq!(outlived(90 * DAY, 30 * DAY, Some(300 * DAY)), [0, 0, 0]);
}

#[test]
fn a_certificate_whose_key_is_in_the_input_says_so() {
    for (key, has_key) in [
        (KEY, true),
        (include_str!("../../../tests/data/pki/other.key"), false),
    ] {
        let mut collection = Collection::default();
        for item in items(key).iter().chain(&items(LEAF)) {
            collection.add(item);
        }
        let entries = collection.judged(at(0), PERIODS);
        assert_eq!((entries.len(), entries[0].has_key), (1, has_key));
    }
}

#[test]
fn a_certificate_with_a_name_that_is_no_host_has_no_next_request() {
    let hosts = |pem: &str| hosts(&certificate(pem)).len();
    assert_eq!(hosts(LEAF), 1);
    assert_eq!(hosts(include_str!("../../../tests/data/pki/escape.pem")), 0);
    assert_eq!(hosts(include_str!("../../../tests/data/pki/root.pem")), 0);
}

#[test]
fn known_cas_above_a_certificate_are_listed_up_to_the_root() {
    let real = include_str!("../../../tests/data/readme/int.api.service.nhs.uk.pem");
    let facts = Facts::built_in().unwrap();
    let mut collection = Collection::default();
    collection.add_certificate(&certificate(real), place("x"));
    collection.add_known_above(&facts);
    let mut names: Vec<(String, Place)> = collection
        .judged(at(0), PERIODS)
        .into_iter()
        .map(|mut entry| (entry.name, entry.places.remove(0)))
        .collect();
    names.sort_by(|one, other| one.0.cmp(&other.0));
    let known = |name: &str| (name.to_owned(), Place::Known(Found::BuiltIn));
    assert_eq!(
        names,
        [
            known("NHS INT Level 1C"),
            known("NHS PTL Root Authority"),
            ("int.api.service.nhs.uk".to_owned(), place("x")),
        ]
    );
}

#[test]
fn no_known_ca_is_listed_above_certificates_that_name_none() {
    let mut collection = Collection::default();
    collection.add_certificate(&certificate(LEAF), place("x"));
    collection.add_known_above(&Facts::built_in().unwrap());
    assert_eq!(collection.len(), 1);
}
