//! Searching a CRL, at once and in parts.

use std::io::Read;

use proptest::prelude::*;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use super::*;

/// A reader that gives at most this many bytes at a time.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let some = self.0.len().min(self.1).min(buffer.len());
        let (now, later) = self.0.split_at(some);
        buffer[..some].copy_from_slice(now);
        self.0 = later;
        Ok(some)
    }
}

/// One generated entry: serial octets, reason, whether it has an invalidity date, whether it has a
/// GeneralizedTime and an extension that makes its length take two octets, its certificate issuer.
pub(super) type Made = (Vec<u8>, Option<u8>, bool, bool, Option<u8>);

pub(super) fn made() -> impl Strategy<Value = Made> {
    let serial = prop_oneof![
        4 => proptest::collection::vec(0u8..0x80, 1..4),
        1 => proptest::collection::vec(1u8..0x80, 20),
    ];
    (
        serial,
        proptest::option::of(prop_oneof![0u8..7, 8u8..11]),
        any::<bool>(),
        proptest::bool::weighted(0.2),
        proptest::option::weighted(0.2, 0u8..3),
    )
}

pub(super) fn bytes_of(entries: &[Made], number: Option<u8>, key: &PKey<Private>) -> Vec<u8> {
    let mut draft = Draft::of(&["CA"]);
    for (serial, reason_code, dated, large, issuer) in entries {
        let mut extensions: Vec<Vec<u8>> = reason_code.iter().map(|code| reason(*code)).collect();
        if *dated {
            extensions.push(extension(24, false, &wrap(0x18, b"20240101000000Z")));
        }
        if let Some(issuer) = issuer {
            let names = wrap(SEQUENCE, &directory(&[&format!("CA {issuer}")]));
            extensions.push(extension(29, true, &names));
        }
        let mut revoked_at = NOW - 2 * DAY;
        if *large {
            revoked_at += 40 * 365 * DAY;
            extensions.push(extension(99, false, &[0; 150]));
        }
        draft
            .entries
            .push(entry_at(revoked_at, shortest_form(serial), &extensions));
    }
    if let Some(number) = number {
        draft = draft.number(number);
    }
    draft.signed(key)
}

fn shortest_form(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    &serial[zeros.min(serial.len() - 1)..]
}

/// The serial, date, reason and invalidity date of an entry.
pub(super) type Facts = (Vec<u8>, i64, Option<u8>, Option<i64>);

/// Every entry, as `x509-parser` has it.
pub(super) fn whole_parse(bytes: &[u8]) -> Vec<Facts> {
    let (rest, crl) = CertificateRevocationList::from_der(bytes).unwrap();
    assert!(rest.is_empty());
    crl.iter_revoked_certificates()
        .map(|entry| {
            (
                entry.raw_serial().to_vec(),
                entry.revocation_date.timestamp(),
                entry.reason_code().map(|(_, reason)| reason.0),
                entry.invalidity_date().map(|(_, date)| date.timestamp()),
            )
        })
        .collect()
}

fn number_of(reason: RevocationReason) -> u8 {
    (0..=255)
        .find(|number| {
            let bytes = Draft::of(&["CA"])
                .entry(1, &[super::reason(*number)])
                .sealed(&[0]);
            let scan = scan_slice(&bytes, &Serials::of([&[1][..]])).unwrap();
            scan.hits[0].reason == Some(reason)
        })
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_scan_agrees_with_the_whole_parse_for_every_chunk_size(
        entries in proptest::collection::vec(made(), 0..40),
        number in proptest::option::of(0u8..0x80),
    ) {
        let key = new_key();
        let bytes = bytes_of(&entries, number, &key);
        let expected = whole_parse(&bytes);
        let all: Vec<&[u8]> = expected.iter().map(|entry| entry.0.as_slice()).collect();
        let serials = Serials::of(all.iter().copied());
        let whole = scan_slice(&bytes, &serials).unwrap();
        prop_assert_eq!(whole.entries_seen, expected.len() as u64);
        let crl = read(bytes.clone()).unwrap();
        prop_assert_eq!(&whole.header, crl.header());
        let found: Vec<_> = whole.hits.iter().map(|hit| (
            hit.serial.as_octets().to_vec(),
            hit.revoked_at.unix(),
            hit.reason.map(number_of),
            hit.invalidity_date.map(Moment::unix),
        )).collect();
        prop_assert_eq!(found, expected);
        let mut issuer = None;
        for ((.., made), hit) in entries.iter().zip(&whole.hits) {
            issuer = made.or(issuer);
            let names = issuer.map(|issuer| format!("directory name CN=CA {issuer}"));
            let read = hit.certificate_issuer.as_ref().map(|names| names[0].to_string());
            prop_assert_eq!(read, names);
        }
        for size in (1..=bytes.len() + 1).filter(|size| *size < 70 || size % 97 == 0) {
            let dripped = scan(Drip(&bytes, size), &serials).unwrap();
            prop_assert_eq!(&dripped.hits, &whole.hits);
            prop_assert_eq!(dripped.entries_seen, whole.entries_seen);
            prop_assert_eq!(dripped.digest(), whole.digest());
            prop_assert_eq!(&dripped.header, &whole.header);
        }
    }
}

#[test]
fn entries_across_the_edges_of_the_window_are_found() {
    let ca = Ca::new("CA");
    let mut draft = Draft::of(&["CA"]);
    // 20,000 entries are several windows.
    draft.entries = (0u32..20_000)
        .map(|number| {
            let serial = (0x0100_0000 + number).to_be_bytes();
            entry(&serial, &[reason(1)][..usize::from(number % 3 == 0)])
        })
        .collect();
    let bytes = draft.signed(&ca.key);
    let wanted: Vec<_> = (0u32..20_000)
        .map(|number| (0x0100_0000 + number).to_be_bytes())
        .collect();
    let serials = Serials::of(wanted.iter().map(<[u8; 4]>::as_slice));
    for found in [
        scan_slice(&bytes, &serials),
        scan(bytes.as_slice(), &serials),
        scan(Drip(&bytes, 8191), &serials),
    ] {
        let found = found.unwrap();
        assert_eq!((found.hits.len(), found.entries_seen), (20_000, 20_000));
        assert!(found.signed_by(&ca.certificate));
    }
}

#[test]
fn an_entry_whose_date_does_not_read_is_refused_however_the_crl_is_searched() {
    let mut draft = Draft::of(&["CA"]).entry(1, &[]);
    let sound = draft.entries[0].clone();
    let date = sound.len() - 13;
    for (place, octet) in [
        (2, b'2'),
        (4, b'4'),
        (6, b'3'),
        (8, b'6'),
        (10, b'6'),
        (0, b'/'),
    ] {
        let mut entry = sound.clone();
        entry[date + place] = octet;
        // The last digit of the pair, so that the month is 29 and the day 49.
        if place > 0 {
            entry[date + place + 1] = b'9';
        }
        draft.entries = vec![sound.clone(), entry];
        let bytes = draft.sealed(&[0]);
        let malformed = |found: Result<Scan, CrlError>| {
            assert!(matches!(found, Err(CrlError::Malformed { .. })), "{place}");
        };
        malformed(scan_slice(&bytes, &Serials::new([])));
        malformed(scan(Drip(&bytes, 7), &Serials::new([])));
    }
}

#[test]
fn a_crl_without_entries_is_searched() {
    let bytes = Draft::of(&["CA"]).number(1).signed(&new_key());
    let found = scan_slice(&bytes, &Serials::of([&[1][..]])).unwrap();
    assert_eq!((found.entries_seen, found.hits.len()), (0, 0));
}

#[test]
fn the_digest_is_the_one_over_what_was_signed() {
    let crl = Draft::of(&["CA"]).entry(1, &[]).crl(&new_key());
    let found = crl.scan(&Serials::new([])).unwrap();
    let expected = openssl::sha::sha256(&crl.der()[crl.signed_range()]);
    assert_eq!(found.digest(), Some(&expected[..]));
}

#[test]
fn a_prepared_crl_answers_as_one_that_is_not() {
    let crl = Draft::of(&["CA"])
        .entry(1, &[reason(1)])
        .entry(2, &[])
        .crl(&new_key());
    crl.prepare(&Serials::of([&[1][..], &[2], &[3]])).unwrap();
    for serial in 1..5u8 {
        let fresh = crl.scan(&Serials::of([&[serial][..]])).unwrap().hits;
        assert_eq!(
            crl.look_up(&Serial::from_octets(&[serial])).unwrap().1,
            fresh,
            "{serial}"
        );
    }
}

#[test]
fn the_entries_range_holds_the_entries() {
    let draft = Draft::of(&["CA"]).entry(1, &[reason(1)]).entry(2, &[]);
    let crl = draft.crl(&new_key());
    assert_eq!(crl.der()[crl.entries_range()], draft.entries.concat());
}

#[test]
fn a_crl_may_be_asked_from_several_threads() {
    fn crosses_threads<T: Send + Sync>() {}
    crosses_threads::<SearchableCrl<'_>>();
}

#[test]
fn a_crl_of_version_1_is_searched() {
    let tbs = [
        ECDSA_SHA256,
        &name(&["CA"]),
        &time(NOW),
        &wrap(SEQUENCE, &entry(&[1], &[])),
    ]
    .concat();
    let whole = [
        wrap(SEQUENCE, &tbs),
        ECDSA_SHA256.to_vec(),
        vec![3, 2, 0, 1],
    ]
    .concat();
    let found = scan_slice(&wrap(SEQUENCE, &whole), &Serials::of([&[1][..]])).unwrap();
    assert_eq!((found.header.version, found.hits.len()), (1, 1));
}

#[test]
fn a_revoked_certificate_is_found_by_the_serial_number_it_shows() {
    // A leading zero octet, a negative number, and 16 octets of one: `entries_of` of the certificate's own number
    // finds each, and no number finds another's.
    let numbers: [&[u8]; 4] = [&[0, 0xff, 0x01], &[0xff, 0x01], &[0x80], &[0, 0x80]];
    let mut draft = Draft::of(&["CA"]);
    draft.entries = numbers.iter().map(|octets| entry(octets, &[])).collect();
    let crl = draft.crl(&new_key());
    for octets in numbers {
        let serial = Serial::from_octets(octets);
        let found = crl.entries_of(&serial).unwrap();
        assert_eq!(found.len(), 1, "{serial}");
        assert_eq!(found[0].serial, serial);
        let typed: Serial = serial.to_string().parse().unwrap();
        assert_eq!(crl.entries_of(&typed).unwrap(), found);
    }
}
