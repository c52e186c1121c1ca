//! CRLs made to break the reader.

use proptest::prelude::*;

use super::*;

fn searched(bytes: &[u8]) -> Result<Scan, CrlError> {
    let slice = scan_slice(bytes, &Serials::of([&[1][..]]));
    let stream = scan(bytes, &Serials::of([&[1][..]]));
    assert_eq!(slice.is_ok(), stream.is_ok());
    slice
}

fn sound() -> Draft {
    Draft::of(&["CA"])
        .entry(1, &[reason(1)])
        .entry(2, &[])
        .number(1)
}

#[test]
fn a_crl_cut_off_anywhere_is_refused() {
    let bytes = sound().signed(&new_key());
    for length in 0..bytes.len() {
        let cut = searched(&bytes[..length]);
        assert!(
            matches!(cut, Err(CrlError::Truncated { found, .. }) if found == length as u64),
            "{length}: {cut:?}"
        );
    }
}

#[test]
fn bytes_after_the_crl_are_refused() {
    let bytes = [sound().signed(&new_key()), vec![0]].concat();
    assert!(matches!(
        searched(&bytes),
        Err(CrlError::TrailingBytes { .. })
    ));
}

#[test]
fn an_entry_that_claims_more_than_the_entries_have_is_refused() {
    let mut draft = sound();
    draft.entries.push(vec![SEQUENCE, 0x7f, 2, 1, 1]);
    assert!(matches!(
        searched(&draft.sealed(&[0])),
        Err(CrlError::Malformed { .. })
    ));
}

#[test]
fn an_entry_of_another_number_whose_date_does_not_read_is_refused() {
    let with = |time: &[u8]| {
        let mut draft = sound();
        let contents = [&[2, 1, 9][..], &wrap(0x17, time)].concat();
        draft.entries.push(wrap(SEQUENCE, &contents));
        searched(&draft.sealed(&[0]))
    };
    for time in [&b"260131235959Z"[..], b"260131235959+0100", b"2601312359Z"] {
        assert!(with(time).is_ok(), "{time:?}");
    }
    for time in [
        &b"269901000000Z"[..],
        b"260230000000Z",
        b"260101240000Z",
        b"26010100000xZ",
    ] {
        assert!(
            matches!(with(time), Err(CrlError::Malformed { .. })),
            "{time:?}"
        );
    }
}

#[test]
fn an_entry_longer_than_the_limit_is_refused() {
    let mut draft = sound();
    draft.entries.push(entry(&vec![1; PART_LIMIT * 3], &[]));
    assert!(matches!(
        searched(&draft.sealed(&[0])),
        Err(CrlError::TooLong {
            part: Part::Entry,
            ..
        })
    ));
}

#[test]
fn an_issuer_longer_than_the_limit_is_refused() {
    let long = "x".repeat(PART_LIMIT * 3);
    let bytes = Draft::of(&[&long]).sealed(&[0]);
    assert!(matches!(
        searched(&bytes),
        Err(CrlError::TooLong {
            part: Part::Head,
            ..
        })
    ));
}

#[test]
fn extensions_longer_than_the_limit_are_refused() {
    let bytes = sound()
        .extension(extension(99, false, &vec![0; PART_LIMIT * 3]))
        .sealed(&[0]);
    assert!(matches!(
        searched(&bytes),
        Err(CrlError::TooLong {
            part: Part::Tail,
            ..
        })
    ));
}

#[test]
fn one_number_in_very_many_entries_is_refused() {
    let mut draft = sound();
    draft.entries = vec![entry(&[1], &[]); 1000];
    assert!(matches!(
        searched(&draft.sealed(&[0])),
        Err(CrlError::TooManyHits { .. })
    ));
}

#[test]
fn a_crl_with_two_numbers_is_refused() {
    assert!(read(sound().number(2).sealed(&[0])).is_err());
}

#[test]
fn an_algorithm_exchanged_outside_the_signed_part_is_refused() {
    let mut bytes = sound().sealed(&[0]);
    let place = bytes
        .windows(12)
        .rposition(|window| window == ECDSA_SHA256)
        .unwrap();
    bytes[place + 11] = 1;
    assert!(matches!(searched(&bytes), Err(CrlError::AlgorithmMismatch)));
    assert!(matches!(read(bytes), Err(CrlError::AlgorithmMismatch)));
}

#[test]
fn an_indefinite_length_is_refused() {
    let mut bytes = sound().sealed(&[0]);
    bytes[1] = 0x80;
    assert!(searched(&bytes).is_err());
}

#[test]
fn a_reader_that_fails_is_no_end_of_file() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
    }
    assert!(matches!(
        scan(Broken, &Serials::new([])),
        Err(CrlError::Read(_))
    ));
}

#[test]
fn a_byte_changed_anywhere_is_refused_by_the_scan_where_the_whole_reader_refuses_it() {
    let without_next_update = sound().times(NOW - HOUR, None);
    let without_entries = Draft::of(&["CA"]).number(1);
    for draft in [sound(), without_next_update, without_entries] {
        let bytes = draft.sealed(&[0; 70]);
        for place in 0..bytes.len() {
            // The identifiers that a CRL has, and values that no CRL has in most positions.
            for value in [0, 1, 2, 3, 0x17, 0x18, 0x30, 0x31, 0x80, 0xa0, 0xa1, 0xff] {
                let mut changed = bytes.clone();
                changed[place] = value;
                let refused = read(changed.clone()).is_err();
                let found = searched(&changed);
                assert!(found.is_err() || !refused, "{place}: {value:#x}: {found:?}");
            }
        }
    }
}

#[test]
fn entries_in_the_place_of_the_extensions_are_refused() {
    // With the extensions' identifier changed to that of the entries there are two sequences of entries.
    let mut bytes = sound().sealed(&[0; 70]);
    let place = bytes.iter().rposition(|octet| *octet == 0xa0).unwrap();
    bytes[place] = SEQUENCE;
    assert!(matches!(
        searched(&bytes),
        Err(CrlError::Malformed { offset }) if offset == place as u64
    ));
}

#[test]
fn a_time_after_the_entries_is_no_next_update() {
    let draft = sound().times(NOW - HOUR, None);
    let tbs = [
        &[2, 1, 1][..],
        ECDSA_SHA256,
        &name(&["CA"]),
        &time(NOW - HOUR),
        &wrap(SEQUENCE, &draft.entries.concat()),
        &time(NOW + DAY),
    ];
    let whole = [
        wrap(SEQUENCE, &tbs.concat()),
        ECDSA_SHA256.to_vec(),
        vec![3, 2, 0, 1],
    ];
    let bytes = wrap(SEQUENCE, &whole.concat());
    assert!(read(bytes.clone()).is_err());
    assert!(matches!(searched(&bytes), Err(CrlError::Malformed { .. })));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = sound().sealed(&[0; 70]);
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let found = searched(&bytes);
        // What the scan takes for a CRL, the whole header reader does too.
        if found.is_ok() {
            prop_assert!(read(bytes).is_ok());
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_crl(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(searched(&bytes).is_err());
    }
}
