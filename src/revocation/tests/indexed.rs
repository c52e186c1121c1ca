//! CRLs with an index.

use proptest::prelude::*;

use super::searched::{bytes_of, made, whole_parse};
use super::*;
use crate::document::{Hex, Sha256Digest};

fn origin() -> Origin {
    Origin::whole(&Arc::new(Source::Stdin))
}

fn sha256(bytes: &[u8]) -> Sha256Digest {
    Hex(openssl::sha::sha256(bytes))
}

fn index_of(bytes: &[u8]) -> Result<Vec<u8>, IndexError> {
    let crl = SearchableCrl::read(bytes, origin())?;
    let mut index = Vec::new();
    Index::build(&crl, &sha256(bytes), &mut index)?;
    Ok(index)
}

fn with_index<'a>(bytes: &'a [u8], index: &'a [u8]) -> Result<SearchableCrl<'a>, IndexError> {
    let index = Index::read(index, bytes.len() as u64, &sha256(bytes))?;
    SearchableCrl::indexed(bytes, origin(), index)
}

/// A CRL with entries of every usual shape; the same bytes every time.
fn varied() -> Vec<u8> {
    let mut draft = Draft::of(&["CA"])
        .entry(1, &[reason(1)])
        .entry(2, &[])
        .entry(2, &[reason(6)])
        .entry(0xff, &[])
        .number(1);
    draft.entries.push(entry(&[0, 0xff], &[reason(3)]));
    draft.entries.push(entry(&[0x7f; 20], &[]));
    draft
        .entries
        .push(entry(&[5; 150], &[extension(99, true, &[1])]));
    for number in 0u32..50 {
        draft
            .entries
            .push(entry(&(0x0100_0000 + number).to_be_bytes(), &[]));
    }
    draft.sealed(&[7; 70])
}

/// Serials that the CRL has, and some that it has not.
fn asked_for(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut serials: Vec<Vec<u8>> = whole_parse(bytes)
        .into_iter()
        .map(|facts| facts.0)
        .collect();
    let absent = [
        &[3][..],
        &[0, 1],
        &[0xff, 0xff],
        &[0x7f; 19],
        &[1, 0, 1, 0xff],
        &[],
    ];
    serials.extend(absent.map(<[u8]>::to_vec));
    serials.sort();
    serials.dedup();
    serials
}

fn plain(bytes: &[u8]) -> SearchableCrl<'_> {
    SearchableCrl::read(bytes, origin()).unwrap()
}

#[test]
fn an_indexed_crl_answers_as_one_without_an_index() {
    let bytes = varied();
    let index = index_of(&bytes).unwrap();
    let (with, without) = (with_index(&bytes, &index).unwrap(), plain(&bytes));
    let asked = asked_for(&bytes);
    let serials = Serials::of(asked.iter().map(Vec::as_slice));
    let (one, other) = (
        with.scan(&serials).unwrap(),
        without.scan(&serials).unwrap(),
    );
    assert_eq!(one.hits, other.hits);
    assert_eq!(one.header, other.header);
    assert_eq!(one.entries_seen, other.entries_seen);
    assert_eq!(one.unknown_critical, other.unknown_critical);
    assert_eq!(one.digest(), other.digest());
    without.prepare(&serials).unwrap();
    for serial in &asked {
        let expected = without.entries_of(&Serial::from_octets(serial)).unwrap();
        assert_eq!(
            with.entries_of(&Serial::from_octets(serial)).unwrap(),
            expected,
            "{serial:x?}"
        );
        assert_eq!(
            with.look_up(&Serial::from_octets(serial)).unwrap().1,
            expected
        );
    }
    assert!(with.index_fault().is_none());
}

#[test]
fn as_many_numbers_as_several_threads_share_are_each_answered_in_their_place() {
    let bytes = varied();
    let index = index_of(&bytes).unwrap();
    let crl = with_index(&bytes, &index).unwrap();
    let asked = asked_for(&bytes);
    let asked: Vec<Serial> = asked
        .iter()
        .map(|octets| Serial::from_octets(octets))
        .collect();
    let many: Vec<&Serial> = asked.iter().cycle().take(30_001).collect();
    let expected: Vec<_> = asked
        .iter()
        .map(|serial| crl.entries_of(serial).unwrap())
        .cycle()
        .take(many.len())
        .collect();
    assert!(expected.iter().any(Vec::is_empty) && expected.iter().any(|found| found.len() == 2));
    assert_eq!(crl.entries_of_each(many.iter().copied()).unwrap(), expected);

    // Damage in any thread's part is noticed, and the whole answered by a pass.
    let mut damaged = index.clone();
    let end = damaged.len() - 1;
    damaged[end - 20] ^= 1;
    let crl = with_index(&bytes, &damaged).unwrap();
    assert_eq!(crl.entries_of_each(many.iter().copied()).unwrap(), expected);
    assert!(crl.index_fault().is_some());
}

#[test]
fn status_is_the_same_from_an_index() {
    let ca = Ca::new("CA");
    let bytes = Draft::of(&["CA"])
        .entry(2, &[reason(1)])
        .number(1)
        .signed(&ca.key);
    let index = index_of(&bytes).unwrap();
    let (with, without) = (with_index(&bytes, &index).unwrap(), plain(&bytes));
    for serial in [2, 3] {
        let leaf = ca.leaf(serial, &[]);
        let asked = |crl| {
            let status = status(&RevocationQuestion {
                certificate: &leaf,
                issuer: &ca.certificate,
                crls: &CrlSet::new(&[crl]),
                signers: &Known::default(),
                at: moment(NOW),
                stale: Stale::Refuse,
            });
            format!("{status:?}")
        };
        assert_eq!(asked(&with), asked(&without));
    }
    let forger = certificate("CA", &new_key(), ("CA", &ca.key), &[1], &[]);
    assert!(signed_by(&with, &ca.certificate) && !signed_by(&with, &forger));
}

#[test]
fn a_changed_byte_in_the_index_never_changes_an_answer() {
    let bytes = varied();
    let index = index_of(&bytes).unwrap();
    let asked = asked_for(&bytes);
    let without = plain(&bytes);
    let serials = Serials::of(asked.iter().map(Vec::as_slice));
    without.prepare(&serials).unwrap();
    let right: Vec<_> = asked
        .iter()
        .map(|serial| without.entries_of(&Serial::from_octets(serial)).unwrap())
        .collect();
    let digest = without.scan(&serials).unwrap().digest().map(<[u8]>::to_vec);
    let (mut refused, mut forgotten) = (0, 0);
    for place in 0..index.len() {
        for change in [0x01, 0xff] {
            let mut changed = index.clone();
            changed[place] ^= change;
            let Ok(crl) = with_index(&bytes, &changed) else {
                refused += 1;
                continue;
            };
            crl.prepare(&serials).unwrap();
            for (serial, right) in asked.iter().zip(&right) {
                assert_eq!(
                    &crl.entries_of(&Serial::from_octets(serial)).unwrap(),
                    right,
                    "{place}"
                );
            }
            let scan = crl.scan(&serials).unwrap();
            assert_eq!(scan.digest().map(<[u8]>::to_vec), digest);
            forgotten += usize::from(crl.index_fault().is_some());
        }
    }
    // Nothing is read of the checksum behind the last bucket, which is none's; every other change is noticed.
    assert_eq!(
        refused + forgotten,
        2 * (index.len() - 4),
        "{refused} {forgotten}"
    );
}

#[test]
fn an_index_cut_off_or_with_more_behind_it_is_refused() {
    let bytes = varied();
    let index = index_of(&bytes).unwrap();
    for length in 0..index.len() {
        assert!(with_index(&bytes, &index[..length]).is_err(), "{length}");
    }
    assert!(with_index(&bytes, &[&index[..], &[0]].concat()).is_err());
}

#[test]
fn a_crl_changed_under_its_index_is_answered_by_what_it_says_now() {
    let bytes = varied();
    let digest = sha256(&bytes);
    let index = index_of(&bytes).unwrap();
    let entries = plain(&bytes).entries_range();
    let asked = asked_for(&bytes);
    let serials = Serials::of(asked.iter().map(Vec::as_slice));
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 0x04;
        let index = Index::read(&index, bytes.len() as u64, &digest).unwrap();
        let Ok(crl) = SearchableCrl::indexed(&changed[..], origin(), index) else {
            continue;
        };
        assert!(
            entries.contains(&place),
            "{place}: seen only when it is used"
        );
        let answer = crl.scan(&serials);
        assert!(
            crl.index_fault().is_some(),
            "{place}: its entry was asked for"
        );
        let now = plain(&changed).scan(&serials);
        assert_eq!(answer.is_ok(), now.is_ok(), "{place}");
        if let (Ok(answer), Ok(now)) = (answer, now) {
            assert_eq!(answer.hits, now.hits, "{place}");
            assert_eq!(answer.digest(), now.digest(), "{place}");
        }
    }
}

#[test]
fn an_index_of_another_crl_is_refused() {
    let bytes = varied();
    let other = Draft::of(&["CA"]).entry(1, &[]).sealed(&[7; 70]);
    let index = index_of(&other).unwrap();
    assert!(matches!(
        with_index(&bytes, &index),
        Err(IndexError::OtherCrl { .. })
    ));
    let pretended = Index::read(&index, other.len() as u64, &sha256(&other)).unwrap();
    assert!(matches!(
        SearchableCrl::indexed(&bytes[..], origin(), pretended),
        Err(IndexError::CrlChanged { .. })
    ));
}

#[test]
fn what_is_no_index_or_of_another_version_is_reported() {
    let bytes = varied();
    let mut index = index_of(&bytes).unwrap();
    assert!(matches!(
        with_index(&bytes, b""),
        Err(IndexError::NotAnIndex)
    ));
    assert!(matches!(
        with_index(&bytes, &bytes),
        Err(IndexError::NotAnIndex)
    ));
    index[8] = 200;
    assert!(matches!(
        with_index(&bytes, &index),
        Err(IndexError::Version { found: 200, .. })
    ));
}

#[test]
fn an_indirect_crl_has_no_index() {
    let names = wrap(SEQUENCE, &directory(&["Other"]));
    let bytes = Draft::of(&["CA"])
        .entry(1, &[extension(29, true, &names)])
        .sealed(&[0]);
    assert!(matches!(index_of(&bytes), Err(IndexError::Indirect)));
}

#[test]
fn a_crl_with_one_number_in_very_many_entries_has_no_index() {
    let mut draft = Draft::of(&["CA"]);
    draft.entries = vec![entry(&[9], &[]); 1100];
    assert!(matches!(
        index_of(&draft.sealed(&[0])),
        Err(IndexError::TooManyAlike { .. })
    ));
    draft.entries.truncate(100);
    let bytes = draft.sealed(&[0]);
    let index = index_of(&bytes).unwrap();
    let crl = with_index(&bytes, &index).unwrap();
    assert!(matches!(
        crl.entries_of(&Serial::from_octets(&[9])),
        Err(CrlError::TooManyHits { .. })
    ));
    assert!(matches!(
        plain(&bytes).entries_of(&Serial::from_octets(&[9])),
        Err(CrlError::TooManyHits { .. })
    ));
}

#[test]
fn a_malformed_crl_has_no_index() {
    let mut draft = Draft::of(&["CA"]).entry(1, &[]);
    draft.entries.push(vec![SEQUENCE, 3, 2, 1, 1]);
    assert!(matches!(
        index_of(&draft.sealed(&[0])),
        Err(IndexError::SearchableCrl(_))
    ));
}

#[test]
fn a_crl_without_entries_has_an_index() {
    let bytes = Draft::of(&["CA"]).number(1).sealed(&[0]);
    let index = index_of(&bytes).unwrap();
    let crl = with_index(&bytes, &index).unwrap();
    assert!(
        crl.entries_of(&Serial::from_octets(&[1]))
            .unwrap()
            .is_empty()
    );
    assert_eq!(crl.scan(&Serials::new([])).unwrap().entries_seen, 0);
    assert!(crl.index_fault().is_none());
}

#[test]
fn rounds_and_threads_make_no_difference_to_the_index() {
    let mut draft = Draft::of(&["CA"]);
    let serials: Vec<[u8; 4]> = (0u32..50_000)
        .map(|number| (0x0100_0000 + number).to_be_bytes())
        .collect();
    draft.entries = serials.iter().map(|serial| entry(serial, &[])).collect();
    let bytes = draft.sealed(&[0]);
    let index = index_of(&bytes).unwrap();
    for round in [7_000, 30_000] {
        let mut other = Vec::new();
        super::super::index::build_in_rounds(&plain(&bytes), &sha256(&bytes), &mut other, round)
            .unwrap();
        assert!(index == other, "{round}");
    }
    let crl = with_index(&bytes, &index).unwrap();
    for serial in &serials {
        assert_eq!(
            crl.entries_of(&Serial::from_octets(serial)).unwrap().len(),
            1
        );
    }
    assert!(
        crl.entries_of(&Serial::from_octets(&[2, 0, 0, 0]))
            .unwrap()
            .is_empty()
    );
    assert!(crl.index_fault().is_none());
}

/// The index made with so many records in memory at a time.
fn index_in_rounds(bytes: &[u8], round: u64) -> Result<Vec<u8>, IndexError> {
    let mut index = Vec::new();
    let crl = plain(bytes);
    super::super::index::build_in_rounds(&crl, &sha256(bytes), &mut index, round)?;
    Ok(index)
}

#[test]
fn entries_that_do_not_fit_into_a_round_are_left_to_the_next() {
    let mut draft = Draft::of(&["CA"]);
    // Nearly all entries are in the first half of the bytes, where a round has room for fewer; each number twice.
    let short = (0u32..20_000).map(|number| {
        let serial = (0x0100_0000 + number / 2).to_be_bytes();
        entry(&serial, &[reason(1 + (number % 2) as u8)])
    });
    let long = (0u8..120).map(|number| entry(&[&[1, number][..], &[7; 8_000]].concat(), &[]));
    draft.entries = short.chain(long).collect();
    let bytes = draft.sealed(&[0]);
    let index = index_of(&bytes).unwrap();
    for round in [200, 3_000, 7_000, 20_000] {
        assert!(index_in_rounds(&bytes, round).unwrap() == index, "{round}");
    }
    let (with, without) = (with_index(&bytes, &index).unwrap(), plain(&bytes));
    let asked = asked_for(&bytes);
    let serials = Serials::of(asked.iter().map(Vec::as_slice));
    let one = with.scan(&serials).unwrap();
    assert_eq!(one.hits, without.scan(&serials).unwrap().hits);
    assert_eq!(one.hits.len(), 20_120);
    assert!(with.index_fault().is_none());
}

#[test]
fn as_many_entries_with_one_number_as_are_allowed_have_an_index_and_one_more_has_none() {
    let mut draft = Draft::of(&["CA"]);
    draft.entries = vec![entry(&[9], &[]); 1025];
    let bytes = draft.sealed(&[0]);
    for round in [1, 500, 10_000] {
        let built = index_in_rounds(&bytes, round);
        assert!(matches!(built, Err(IndexError::TooManyAlike { .. })));
    }
    draft.entries.truncate(1024);
    let bytes = draft.sealed(&[0]);
    let index = index_of(&bytes).unwrap();
    for round in [1, 500, 10_000] {
        assert!(index_in_rounds(&bytes, round).unwrap() == index, "{round}");
    }
}

#[test]
fn too_many_entries_with_one_number_are_noticed_where_memory_is_short() {
    let mut draft = Draft::of(&["CA"]);
    draft.entries = (0u32..30_000)
        .map(|number| match number % 3 {
            0 => entry(&[9], &[]),
            _ => entry(&(0x0100_0000 + number).to_be_bytes(), &[]),
        })
        .collect();
    let bytes = draft.sealed(&[0]);
    for round in [300, 4_000, 100_000] {
        let built = index_in_rounds(&bytes, round);
        assert!(matches!(built, Err(IndexError::TooManyAlike { .. })));
    }
}

#[test]
fn a_writer_that_fails_while_another_thread_sorts_is_an_error() {
    /// A disk with room for so many bytes.
    struct Filling(usize);
    impl std::io::Write for Filling {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(bytes.len())
                .ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut draft = Draft::of(&["CA"]);
    draft.entries = (0u32..50_000)
        .map(|number| entry(&(0x0100_0000 + number).to_be_bytes(), &[]))
        .collect();
    let bytes = draft.sealed(&[0]);
    let crl = plain(&bytes);
    let length = index_of(&bytes).unwrap().len();
    for room in [1_000, 100_000, 200_000, length - 1] {
        let built = Index::build(&crl, &sha256(&bytes), Filling(room));
        assert!(matches!(built, Err(IndexError::Write(_))), "{room}");
    }
    Index::build(&crl, &sha256(&bytes), Filling(length)).unwrap();
}

#[test]
fn a_writer_that_fails_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let bytes = varied();
    let built = Index::build(&plain(&bytes), &sha256(&bytes), &mut Full);
    assert!(matches!(built, Err(IndexError::Write(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_index_the_scan_and_the_whole_parse_agree(
        entries in proptest::collection::vec(made(), 0..120),
        long in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..60), 0..10),
        absent in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..6), 0..20),
    ) {
        let mut entries = entries;
        for made in &mut entries {
            made.4 = None;
        }
        entries.extend(long.into_iter().map(|serial| (serial, None, false, false, None)));
        let bytes = bytes_of(&entries, Some(1), &new_key());
        let expected = whole_parse(&bytes);
        let index = index_of(&bytes).unwrap();
        let (with, without) = (with_index(&bytes, &index).unwrap(), plain(&bytes));
        let mut asked: Vec<Vec<u8>> = expected.iter().map(|facts| facts.0.clone()).collect();
        asked.extend(absent);
        let serials = Serials::of(asked.iter().map(Vec::as_slice));
        let (one, other) = (with.scan(&serials).unwrap(), without.scan(&serials).unwrap());
        prop_assert_eq!(&one.hits, &other.hits);
        prop_assert_eq!(one.hits.len(), expected.len());
        without.prepare(&serials).unwrap();
        for serial in &asked {
            prop_assert_eq!(with.entries_of(&Serial::from_octets(serial)).unwrap(), without.entries_of(&Serial::from_octets(serial)).unwrap());
        }
        prop_assert_eq!(one.digest(), other.digest());
        prop_assert!(with.index_fault().is_none());
    }
}
