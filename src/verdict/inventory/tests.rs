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

/// The certificate as another one, which is valid from here to there.
fn between(begin: i64, end: i64, number: u8) -> Certificate {
    let mut certificate = until(end, number);
    certificate.not_before = at(begin);
    certificate
}

fn newer(certificates: &[Certificate]) -> Vec<Option<usize>> {
    judged(certificates).iter().map(|one| one.newer).collect()
}

#[test]
fn a_newer_certificate_for_the_same_names_is_named_and_changes_no_judgement() {
    let entries = judged(&[
        between(-90 * DAY, -DAY, 1),
        between(-9 * DAY, 90 * DAY, 2),
        between(-60 * DAY, 30 * DAY, 3),
    ]);
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
    let mut foreign = between(-9 * DAY, 90 * DAY, 2);
    foreign.issuer = foreign.subject.clone();
    assert_eq!(newer(&[between(-90 * DAY, -DAY, 1), foreign])[0], None);
    // What has expired replaces nothing.
    let both = [between(-90 * DAY, -9 * DAY, 1), between(-60 * DAY, -DAY, 2)];
    assert_eq!(newer(&both)[0], None);
}

#[test]
fn a_certificate_that_was_issued_earlier_is_no_newer_one_however_long_it_lasts() {
    let old = between(-60 * DAY, 30 * DAY, 1);
    for begin in [-90 * DAY, -60 * DAY] {
        let longer = between(begin, 400 * DAY, 2);
        assert_eq!(newer(&[old.clone(), longer]), [None, None], "{begin}");
    }
    // Of those that were issued later, whichever lasts longest.
    let all = [
        old,
        between(-90 * DAY, 400 * DAY, 2),
        between(-50 * DAY, 300 * DAY, 3),
        between(-10 * DAY, 200 * DAY, 4),
    ];
    assert_eq!(newer(&all)[0], Some(2));
}

#[test]
fn a_certificate_that_names_another_key_of_the_issuer_is_no_newer_one() {
    let old = between(-60 * DAY, 30 * DAY, 1);
    let mut other = between(-9 * DAY, 90 * DAY, 2);
    let key = other.extensions.authority_key_identifier.as_mut().unwrap();
    key.value.key = Some(crate::document::Hex(vec![7; 20]));
    assert_eq!(newer(&[old.clone(), other.clone()])[0], None);
    // Where one of the two names none, it may be the same.
    let mut unnamed = other.clone();
    unnamed.extensions.authority_key_identifier = None;
    assert_eq!(newer(&[old.clone(), unnamed])[0], Some(1));
    let mut old = old;
    old.extensions.authority_key_identifier = None;
    assert_eq!(newer(&[old, other])[0], Some(1));
}

/// The certificate with another signature.
fn forged() -> Certificate {
    let mut der = certificate(LEAF).der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    Certificate::read(&der).unwrap()
}

#[test]
fn a_certificate_that_no_key_of_its_issuer_made_is_no_newer_one() {
    let sub = certificate(include_str!("../../../tests/data/pki/sub.pem"));
    let other = certificate(include_str!("../../../tests/data/pki/forged-sub.pem"));
    // LEAF is valid from 2026 to 2028.
    let old = between(-400 * DAY, 30 * DAY, 1);
    let found = |newer: Certificate, above: &[&Certificate]| {
        let mut all = vec![old.clone(), newer];
        all.extend(above.iter().copied().cloned());
        judged(&all)[0].newer
    };
    for above in [&[&sub][..], &[&sub, &other], &[]] {
        assert_eq!(found(certificate(LEAF), above), Some(1), "{above:?}");
    }
    for above in [&[&sub][..], &[&sub, &other], &[&other]] {
        assert_eq!(found(forged(), above), None, "{above:?}");
    }
    // Whose it is cannot be known without a CA of the name.
    assert_eq!(found(forged(), &[]), Some(1));
}

/// A CRL with these dates and this number.
fn crl(begin: i64, end: i64, number: Option<u8>) -> Item {
    let mut item = items(CRL).remove(0);
    if let Document::Crl(crl) = &mut item.document {
        crl.this_update = at(begin);
        crl.next_update = Some(at(end));
        crl.number = number.map(|number| CrlNumber::from_octets(&[number]));
    }
    item
}

fn judged_crls(crls: &[Item]) -> Vec<(Expiry, Option<usize>)> {
    let mut collection = Collection::default();
    crls.iter().for_each(|crl| collection.add(crl));
    let judged = collection.judged(at(0), PERIODS);
    judged.iter().map(|one| (one.expiry, one.newer)).collect()
}

#[test]
fn a_crl_that_was_issued_earlier_or_has_a_lower_number_is_no_newer_one() {
    let old = || crl(-DAY, DAY, Some(6));
    for (other, newer) in [
        (crl(-20 * DAY, 30 * DAY, Some(5)), None),
        (crl(-20 * DAY, 30 * DAY, None), None),
        (crl(-9, 30 * DAY, Some(5)), None),
        (crl(-9, 30 * DAY, Some(6)), None),
        (crl(-9, 30 * DAY, Some(7)), Some(1)),
        (crl(-9, 30 * DAY, None), Some(1)),
    ] {
        let about = format!("{:?}", other.document);
        let found = judged_crls(&[old(), other]);
        assert_eq!(found[0], (Expiry::Expiring, newer), "{about}");
    }
}

#[test]
fn what_is_not_yet_valid_is_not_current() {
    let early = || between(30 * DAY, 400 * DAY, 1);
    let valid = |end| between(-400 * DAY, end, 2);
    let expiry = |all: &[Certificate]| judged(all).pop().unwrap().expiry;
    assert_eq!(expiry(&[early()]), Expiry::NotYetValid);
    assert!(!Expiry::NotYetValid.is_good());
    // Dates count to the second.
    assert_eq!(expiry(&[between(1, 400 * DAY, 1)]), Expiry::NotYetValid);
    assert_eq!(expiry(&[between(0, 400 * DAY, 1)]), Expiry::Current);
    // What has expired does not stand in for it.
    assert_eq!(expiry(&[early(), valid(-1)]), Expiry::NotYetValid);
    let mut foreign = valid(90 * DAY);
    foreign.subject = foreign.issuer.clone();
    assert_eq!(expiry(&[early(), foreign]), Expiry::NotYetValid);

    let crl_until = |end| crl(-9 * DAY, end, None);
    let crl_early = || crl(DAY, 30 * DAY, None);
    assert_eq!(judged_crls(&[crl_early()])[0].0, Expiry::NotYetValid);
    let both = judged_crls(&[crl_until(-1), crl_early()]);
    assert_eq!(both[1].0, Expiry::NotYetValid);
}

#[test]
fn what_is_not_yet_valid_is_upcoming_beside_what_is_valid_unless_a_server_sends_it() {
    let input = || Place::Input(items(LEAF)[0].origin.clone());
    let early = between(30 * DAY, 400 * DAY, 1);
    for (place, end, expiry) in [
        (input(), 90 * DAY, Expiry::Upcoming),
        (input(), 9 * DAY, Expiry::Upcoming),
        (place("host"), 90 * DAY, Expiry::NotYetValid),
    ] {
        let mut collection = Collection::default();
        collection.add_certificate(&early, input());
        collection.add_certificate(&between(-400 * DAY, end, 2), input());
        collection.add_certificate(&early, place.clone());
        let found = collection.judged(at(0), PERIODS).pop().unwrap().expiry;
        assert_eq!(found, expiry, "{place:?}");
    }
    assert!(Expiry::Upcoming.is_good());
    let both = judged_crls(&[crl(-9 * DAY, DAY, None), crl(1, 30 * DAY, None)]);
    assert_eq!(
        both,
        [(Expiry::Expiring, Some(1)), (Expiry::Upcoming, None)]
    );
}

#[test]
fn what_is_valid_already_is_named_before_what_will_be() {
    let old = between(-400 * DAY, 30 * DAY, 1);
    let early = between(20 * DAY, 800 * DAY, 2);
    let valid = between(-9 * DAY, 90 * DAY, 3);
    assert_eq!(newer(&[old.clone(), early.clone(), valid])[0], Some(1));
    let entries = judged(&[old, early]);
    let newer = entries[0].newer.map(|number| entries[number].begins);
    assert_eq!(newer, Some(at(20 * DAY)));
}

#[test]
fn a_known_ca_that_was_renewed_with_its_key_is_not_listed_once_it_runs_out() {
    let ca = |end, number| {
        let mut ca = certificate(include_str!("../../../tests/data/pki/sub.pem"));
        ca.not_after = at(end);
        ca.sha256 = crate::document::Hex([number; 32]);
        ca
    };
    let known = || Place::Known(Found::Facts);
    let listed = |old: Certificate, old_place, new: Certificate, new_place| {
        let mut collection = Collection::default();
        collection.add_certificate(&old, old_place);
        collection.add_certificate(&new, new_place);
        let judged = collection.judged(at(0), PERIODS);
        judged.iter().map(|one| one.expiry).collect::<Vec<_>>()
    };
    let renewed = || ca(900 * DAY, 2);
    for end in [-DAY, DAY] {
        let only = [Expiry::Current];
        assert_eq!(listed(ca(end, 1), known(), renewed(), known()), only);
        assert_eq!(listed(ca(end, 1), known(), renewed(), place("x")), only);
        // What is in use is listed.
        assert_eq!(listed(ca(end, 1), place("x"), renewed(), known()).len(), 2);
        // And what no other one stands in for.
        let mut other = renewed();
        other.key = certificate(LEAF).key;
        assert_eq!(listed(ca(end, 1), known(), other, known()).len(), 2);
    }
    // Of what is in use the one that replaces it is named, wherever that is.
    for (new_place, issuer, newer) in [
        (place("y"), None, Some(1)),
        (known(), None, Some(1)),
        (known(), Some(certificate(LEAF).subject), None),
    ] {
        let mut new = renewed();
        new.not_before = at(-9);
        new.issuer = issuer.unwrap_or(new.issuer);
        let mut collection = Collection::default();
        collection.add_certificate(&ca(-DAY, 1), place("x"));
        collection.add_certificate(&new, new_place);
        assert_eq!(collection.judged(at(0), PERIODS)[0].newer, newer);
    }
    // Neither of them is valid any more.
    let both = listed(ca(-9 * DAY, 1), known(), ca(-DAY, 2), known());
    assert_eq!(both, [Expiry::Expired, Expiry::Expired]);
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
    // Its only alternative name is an address, which the next request would lack.
    let addressed = include_str!("../../../tests/data/pki/san-of-addresses.pem");
    assert_eq!(hosts(addressed), 0);
}

#[test]
fn the_next_request_has_both_common_names() {
    let tlv = |tag: u8, body: &[u8]| {
        let length = u8::try_from(body.len()).unwrap();
        [&[tag, length], body].concat()
    };
    let named = |cn: &str| {
        let pair = [tlv(0x06, &[0x55, 4, 3]), tlv(0x0c, cn.as_bytes())].concat();
        tlv(0x31, &tlv(0x30, &pair))
    };
    let names = [named("first.nhs.uk"), named("second.nhs.uk")].concat();
    let der = tlv(0x30, &names);
    let mut two = certificate(LEAF);
    two.subject = Name::read(&der).unwrap();
    let hosts = hosts(&two);
    let hosts: Vec<&str> = hosts.iter().map(Fqdn::as_str).collect();
    assert_eq!(hosts[..2], ["second.nhs.uk", "first.nhs.uk"]);
    assert_eq!(hosts.len(), 3);
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
