//! Which CRL answers for which certificate.

use super::*;
use crate::document::extension::GeneralName;

/// Every case is one of the set of CRLs, too, which has to find each that is in scope.
fn judged(certificate: &Certificate, draft: &Draft) -> Result<Coverage, OutOfScope> {
    let crl = read(draft.sealed(&[0])).unwrap();
    let judged = scope(certificate, crl.header());
    let set = CrlSet::new(&[&crl]);
    let found = set.for_certificate(certificate, 0);
    assert!(judged.is_err() || found == [0], "{judged:?} {found:?}");
    judged
}

#[test]
fn of_many_partitions_the_certificates_own_is_found_and_a_few_of_the_others() {
    let ca = Ca::new("CA");
    let mut drafts: Vec<Draft> = (0..40)
        .map(|number| Draft::of(&["CA"]).scope(&partition(number)))
        .collect();
    drafts.push(Draft::of(&["CA"]));
    drafts.push(Draft::of(&["Other"]).scope(&partition(7)));
    let crls: Vec<_> = drafts
        .iter()
        .map(|draft| read(draft.sealed(&[0])).unwrap())
        .collect();
    let crls: Vec<_> = crls.iter().collect();
    let set = CrlSet::new(&crls);
    let leaf = ca.leaf(2, &[partition(7)]);
    assert_eq!(set.for_certificate(&leaf, 0), [7, 40]);
    assert_eq!(set.for_certificate(&leaf, 3), [0, 1, 2, 7, 40]);
    assert_eq!(set.for_certificate(&leaf, 100).len(), 41);
    assert_eq!(set.for_certificate(&ca.leaf(2, &[]), 0), [40]);
}

#[test]
fn a_point_is_found_in_whatever_form_its_url_is_written() {
    let leaf = Ca::new("CA").leaf(2, &[full_name(&uri("HTTP://CRL.example:80/%63"))]);
    let draft = Draft::of(&["CA"]).scope(&full_name(&uri("http://crl.example/c")));
    assert!(judged(&leaf, &draft).is_ok());
}

fn partition(number: u8) -> Vec<u8> {
    full_name(&uri(&format!("http://crl.example/c{number}.crl")))
}

#[test]
fn a_crl_without_scope_answers_for_every_certificate_of_its_issuer() {
    let ca = Ca::new("CA");
    for points in [vec![], vec![partition(7)]] {
        let covered = judged(&ca.leaf(2, &points), &Draft::of(&["CA"])).unwrap();
        assert!(covered.reasons.is_all() && !covered.indirect);
    }
}

#[test]
fn partition_8_does_not_answer_for_partition_7_and_both_are_named() {
    let leaf = Ca::new("CA").leaf(2, &[partition(7)]);
    let names = |number| {
        vec![GeneralName::Uri(format!(
            "http://crl.example/c{number}.crl"
        ))]
    };
    assert_eq!(
        judged(&leaf, &Draft::of(&["CA"]).scope(&partition(8))),
        Err(OutOfScope::OtherPartition {
            expected: names(7),
            found: names(8)
        })
    );
    assert!(judged(&leaf, &Draft::of(&["CA"]).scope(&partition(7))).is_ok());
}

#[test]
fn a_partition_does_not_answer_for_a_certificate_without_points() {
    let judged = judged(
        &Ca::new("CA").leaf(2, &[]),
        &Draft::of(&["CA"]).scope(&partition(8)),
    );
    assert!(matches!(
        judged,
        Err(OutOfScope::OtherPartition { expected, .. })
            if matches!(expected.as_slice(), [GeneralName::DirectoryName(name)] if name.short() == "CA")
    ));
}

#[test]
fn the_last_of_several_points_counts_as_much_as_the_first() {
    let points = [full_name(&directory(&["CA", "CRL1"])), partition(7)];
    let leaf = Ca::new("CA").leaf(2, &points);
    for point in &points {
        assert!(judged(&leaf, &Draft::of(&["CA"]).scope(point)).is_ok());
    }
}

#[test]
fn a_relative_name_and_the_whole_name_are_the_same_place() {
    let pair = wrap(
        SEQUENCE,
        &[vec![6, 3, 0x55, 4, 3], wrap(12, b"CRL1")].concat(),
    );
    let relative = wrap(0xa0, &wrap(0xa1, &pair));
    let whole = full_name(&directory(&["CA", "CRL1"]));
    let ca = Ca::new("CA");
    assert!(
        judged(
            &ca.leaf(2, std::slice::from_ref(&relative)),
            &Draft::of(&["CA"]).scope(&whole)
        )
        .is_ok()
    );
    assert!(
        judged(
            &ca.leaf(2, std::slice::from_ref(&whole)),
            &Draft::of(&["CA"]).scope(&relative)
        )
        .is_ok()
    );
    assert!(
        judged(
            &ca.leaf(2, &[whole]),
            &Draft::of(&["CA"]).scope(&full_name(&directory(&["CA", "CRL2"])))
        )
        .is_err()
    );
}

#[test]
fn the_case_of_a_host_does_not_count_but_that_of_a_path_does() {
    let leaf = Ca::new("CA").leaf(2, &[full_name(&uri("http://crl.example/A.crl"))]);
    let of = |text| judged(&leaf, &Draft::of(&["CA"]).scope(&full_name(&uri(text))));
    assert!(of("HTTP://CRL.Example/A.crl").is_ok());
    assert!(of("http://crl.example/a.crl").is_err());
}

#[test]
fn the_crl_of_another_issuer_does_not_answer() {
    let judged = judged(&Ca::new("CA").leaf(2, &[]), &Draft::of(&["Other"]));
    assert!(matches!(
        judged,
        Err(OutOfScope::OtherIssuer { expected, found })
            if expected.len() == 1 && expected[0].short() == "CA" && found.short() == "Other"
    ));
}

#[test]
fn flags_for_kinds_of_certificate_are_obeyed() {
    let ca = Ca::new("CA");
    let leaf = ca.leaf(2, &[]);
    let flag = |tag: u8| Draft::of(&["CA"]).scope(&[tag, 1, 0xff]);
    assert!(judged(&leaf, &flag(0x81)).is_ok());
    assert_eq!(
        judged(&ca.certificate, &flag(0x81)),
        Err(OutOfScope::UserOnly)
    );
    assert!(judged(&ca.certificate, &flag(0x82)).is_ok());
    assert_eq!(judged(&leaf, &flag(0x82)), Err(OutOfScope::CaOnly));
    assert_eq!(judged(&leaf, &flag(0x85)), Err(OutOfScope::AttributeOnly));
    let both = Draft::of(&["CA"]).scope(&[0x81, 1, 0xff, 0x82, 1, 0xff]);
    assert_eq!(judged(&leaf, &both), Err(OutOfScope::Contradictory));
}

#[test]
fn another_issuers_crl_answers_only_if_the_certificate_names_it_and_it_is_indirect() {
    let point = [partition(7), wrap(0xa2, &directory(&["Lister"]))].concat();
    let leaf = Ca::new("CA").leaf(2, &[point]);
    let indirect = [partition(7), vec![0x84, 1, 0xff]].concat();
    assert!(
        judged(&leaf, &Draft::of(&["Lister"]).scope(&indirect))
            .unwrap()
            .indirect
    );
    assert!(matches!(
        judged(&leaf, &Draft::of(&["Lister"]).scope(&partition(7))),
        Err(OutOfScope::NotIndirect { .. })
    ));
    assert!(matches!(
        judged(
            &Ca::new("CA").leaf(2, &[]),
            &Draft::of(&["Lister"]).scope(&indirect)
        ),
        Err(OutOfScope::OtherIssuer { .. })
    ));
}

#[test]
fn a_point_without_a_name_is_met_by_the_name_of_its_issuer() {
    let leaf = Ca::new("CA").leaf(2, &[wrap(0xa2, &directory(&["Lister"]))]);
    let named = |parts: &[&str]| {
        let content = [full_name(&directory(parts)), vec![0x84, 1, 0xff]].concat();
        judged(&leaf, &Draft::of(&["Lister"]).scope(&content))
    };
    assert!(named(&["Lister"]).is_ok());
    assert!(named(&["Lister", "2"]).is_err());
}

#[test]
fn only_reasons_that_both_point_and_crl_have_are_covered() {
    // keyCompromise and cACompromise; superseded.
    let (compromise, superseded) = ([5, 0b0110_0000], [3, 0b0000_1000]);
    let point = [partition(7), wrap(0x81, &compromise)].concat();
    let leaf = Ca::new("CA").leaf(2, &[point]);
    let crl = |reasons: &[u8]| {
        let content = [partition(7), wrap(0x83, reasons)].concat();
        judged(&leaf, &Draft::of(&["CA"]).scope(&content))
    };
    assert_eq!(crl(&compromise).unwrap().reasons.missing().len(), 6);
    assert_eq!(crl(&superseded), Err(OutOfScope::NoCommonReason));
}

#[test]
fn whose_crl_it_is_is_reported_before_which_kind_of_certificate_it_is_for() {
    let flag = |issuer: &[&str], tag: u8| Draft::of(issuer).scope(&[tag, 1, 0xff]);
    let leaf = Ca::new("CA").leaf(2, &[]);
    for tag in [0x81, 0x82, 0x85] {
        assert!(matches!(
            judged(&leaf, &flag(&["Root"], tag)),
            Err(OutOfScope::OtherIssuer { found, .. }) if found.short() == "Root"
        ));
    }
    let point = [partition(7), wrap(0xa2, &directory(&["Lister"]))].concat();
    assert!(matches!(
        judged(&Ca::new("CA").leaf(2, &[point]), &flag(&["Lister"], 0x82)),
        Err(OutOfScope::NotIndirect { .. })
    ));
}
