//! Serial numbers and the certificates that have them, by the same cache and the same CAs: caches of one CRL and of many, renewed
//! keys and the certificates that tie them, signers beside the CA, indirect CRLs, partitions, deltas that fit no base.

use ptl_cert::ops::crl::import;
use ptl_cert::ops::verify;
use ptl_cert::verdict::Code;

use super::*;

const AT: i64 = MOMENTS[0];

/// When all CRLs are in time, those that are stale when they are asked included.
const INSTALLED: i64 = AT - 86_400;

/// Each certificate that is asked about, the CA that issued it, and the CAs that may sign CRLs for it beside that one.
const ASKED: [(&str, &str, &[&str]); 8] = [
    ("leaf.pem", "sub.pem", &["rollover.pem", "lister.pem"]),
    ("leaf.pem", "sub-certs.pem", &["signer.pem"]),
    ("leaf.pem", "sub.pem", &["sub-renewed.pem"]),
    ("leaf-one.pem", "sub.pem", &["lister.pem"]),
    ("leaf-lister.pem", "sub.pem", &["lister.pem"]),
    (
        "leaf-new.pem",
        "sub-renewed.pem",
        &["sub.pem", "rollover.pem"],
    ),
    ("leaf-new.pem", "rollover.pem", &["sub.pem"]),
    ("leaf-of-lister.pem", "lister.pem", &["sub.pem"]),
];

fn file(name: &str) -> Named {
    Named::file(folder("numbers").join(name))
}

fn given(name: &str) -> Given {
    let mut all = PKIS[2].certificates.iter();
    all.find(|(file, _)| file == name).unwrap().1.clone()
}

/// What each part says about one certificate by the CRLs of a cache.
#[derive(Debug)]
struct Said {
    number: Option<SerialOutcome>,
    answer: CrlAnswer,
    decision: Decision,
    code: Option<Code>,
}

/// Installs the CRLs, and asks about the certificate and its number; `named` are the CAs beside the root.
fn said(leaf: &str, named: &[&str], crls: &[&str], point: Option<&str>) -> Said {
    let temporary = tempfile::tempdir().unwrap();
    let cache = temporary.path().join("crl");
    let context = |at| Context::new(Moment::from_unix(at).unwrap(), Facts::default()).cache(&cache);
    let cas = || ["root.pem"].iter().chain(named).map(|name| file(name));
    for crl in crls {
        let mut options = import::Options::new([import::From::Named(file(crl))]);
        options.issuers = [
            "sub.pem",
            "sub-certs.pem",
            "sub-renewed.pem",
            "signer.pem",
            "lister.pem",
            "root.pem",
        ]
        .map(file)
        .to_vec();
        // One that is older than another of its kind is refused: the cache is what it is.
        import::import(&options, &context(INSTALLED)).unwrap();
    }
    let mut options = SerialOptions::new(cas());
    options.point = point.map(str::to_owned);
    options.serials.push(AskedSerial {
        number: given(leaf).certificate.serial.clone(),
        octets: None,
    });
    let number = check::serials(&options, &context(AT), |searcher| searcher.next_batch());
    let number = number.unwrap().unwrap().remove(0).outcome;
    let mut options = check::Options::new([file(leaf)]);
    options.issuers = cas().collect();
    let answer = check::check(&options, &context(AT)).unwrap();
    let answer = answer.answers.into_iter().next().unwrap().answer;
    let mut options = verify::Options::new([file(leaf)]);
    options.anchors = vec![file("root.pem")];
    options.chain = cas().skip(1).collect();
    options.revocation = Some(Revocation::Leaf);
    let verdict = verify::verify(&options, &context(AT)).unwrap();
    let verdict = verdict.answers.into_iter().next().unwrap().answer;
    Said {
        number: Some(number),
        answer,
        decision: verdict.decision,
        code: verdict.code,
    }
}

fn good(said: &Said) -> bool {
    matches!(said.number, Some(SerialOutcome::NotRevoked(_)))
}

fn revoked(said: &Said) -> bool {
    matches!(said.number, Some(SerialOutcome::Revoked(_)))
}

fn undecided(said: &Said) -> bool {
    !good(said) && !revoked(said)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_number_and_its_certificate_are_never_answered_against_each_other(
        asked in 0usize..ASKED.len(),
        beside in any::<u64>(),
        listed in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
        names_point in any::<bool>(),
    ) {
        let (leaf, ca, others) = ASKED[asked];
        let mut named = vec![ca];
        named.extend(picked(others, beside));
        let all: Vec<&str> = PKIS[2].crls.iter().map(|(name, _)| name.as_str()).collect();
        let crls: Vec<&str> = listed.iter().map(|one| all[one.index(all.len())]).collect();
        let point = (names_point && leaf == "leaf-one.pem").then_some("http://crl.numbers.example/p1.crl");
        let said = said(leaf, &named, &crls, point);
        let whole = format!("{leaf} by {named:?} and {crls:?}: {said:#?}");
        prop_assert!(!(revoked(&said) && clears(&said.answer)), "number revoked, cleared: {whole}");
        prop_assert!(!(revokes(&said.answer) && good(&said)), "revoked, number good: {whole}");
        prop_assert!(!good(&said) || clears(&said.answer), "number good, not cleared: {whole}");
        prop_assert!(!revoked(&said) || said.decision != Decision::Verified, "number revoked, verified: {whole}");
        prop_assert!(!good(&said) || said.code != Some(Code::Revoked), "number good, revoked: {whole}");
        prop_assert!(said.decision != Decision::Verified || clears(&said.answer), "verified, not cleared: {whole}");
    }
}

const SUB: &[&str] = &["sub.pem"];

#[test]
fn a_cache_with_only_the_crl_of_the_ca_above_says_nothing_about_a_number() {
    assert!(undecided(&said("leaf.pem", SUB, &["root.crl"], None)));
    assert!(undecided(&said("leaf.pem", SUB, &[], None)));
    assert!(good(&said("leaf.pem", SUB, &["root.crl", "sub.crl"], None)));
}

#[test]
fn a_certificate_that_ties_two_keys_is_no_root_of_its_own() {
    let named = ["sub.pem", "rollover.pem"];
    let crls = ["root.crl", "new.crl", "sub.crl"];
    let sound = said("leaf-new.pem", &named, &crls, None);
    assert!(good(&sound) && clears(&sound.answer) && sound.decision == Decision::Verified);
    for revoking in ["root-revokes-sub.crl", "sub-revokes-rollover.crl"] {
        let crls = ["root.crl", "new.crl", revoking];
        let said = said("leaf-new.pem", &named, &crls, None);
        assert!(undecided(&said) && !clears(&said.answer), "{said:#?}");
        assert_eq!(said.code, Some(Code::Revoked));
    }
    // Nor is it self-signed: whether it has been revoked can be told, alone and beside others.
    let said = said(
        "rollover.pem",
        &named,
        &["root.crl", "sub-revokes-rollover.crl"],
        None,
    );
    assert!(revokes(&said.answer) && revoked(&said));
}

#[test]
fn what_an_indirect_crl_lists_has_been_revoked_and_what_it_does_not_it_clears_for_those_that_name_it()
 {
    let named = ["sub.pem", "lister.pem"];
    for revoking in ["lister-revokes.crl", "lister-point-revokes.crl"] {
        let crls = ["root.crl", "sub.crl", revoking];
        assert!(revoked(&said("leaf-lister.pem", &named, &crls, None)));
        // Its signer is not known: the entry cannot be believed, and not be passed over.
        assert!(undecided(&said("leaf-lister.pem", SUB, &crls, None)));
    }
    // By itself it answers for those that name it as their CRL issuer, which no number shows.
    let alone = said("leaf-lister.pem", &named, &["lister-point.crl"], None);
    let Some(SerialOutcome::Conditional(condition)) = &alone.number else {
        panic!("{alone:#?}");
    };
    assert_eq!(
        condition.crl_issuer.as_ref().map(|name| name.short()),
        Some("Numbers Lister".to_owned())
    );
    assert!(clears(&alone.answer));
    // For its own certificates it answers as any CRL does, unless it has the same number of another CA's.
    assert!(good(&said(
        "leaf-of-lister.pem",
        &["lister.pem"],
        &["lister.crl"],
        None
    )));
}

#[test]
fn a_number_of_another_cas_certificate_in_the_same_indirect_crl_leaves_it_open_which_is_meant() {
    let crl = folder("numbers").join("lister-revokes.crl");
    let crl = fs::read(crl).unwrap();
    let leaf = given("leaf-lister.pem");
    let issuers = [given("lister.pem"), given("root.pem")];
    let at = Moment::from_unix(AT).unwrap();
    let Some(SerialOutcome::Conditional(condition)) = told(&leaf, &crl, &issuers, at) else {
        panic!("not conditional");
    };
    assert!(condition.issued_by.is_some());
    let issuers = [given("lister.pem"), given("sub.pem"), given("root.pem")];
    assert!(matches!(
        told(&leaf, &crl, &issuers, at),
        Some(SerialOutcome::Revoked(_))
    ));
}

#[test]
fn a_hold_in_a_delta_counts_only_on_its_base_and_is_never_passed_over() {
    let by = |crls: &[&str]| said("leaf.pem", SUB, crls, None);
    assert!(revoked(&by(&["sub.crl", "delta-holds.crl"])));
    assert!(good(&by(&["sub-holds.crl", "delta-lifts.crl"])));
    assert!(revoked(&by(&["sub-holds.crl"])));
    for unfit in ["delta-ahead.crl", "delta-same.crl", "delta-unnumbered.crl"] {
        assert!(undecided(&by(&["sub.crl", unfit])), "{unfit}");
        assert!(undecided(&by(&[unfit])), "{unfit}");
    }
    // The base is newer, and does without.
    assert!(good(&by(&["sub.crl", "delta-behind.crl"])));
}

#[test]
fn a_signer_beside_the_ca_answers_for_numbers_as_for_certificates() {
    let named = ["sub-certs.pem", "signer.pem"];
    let said_by = |crl| said("leaf.pem", &named, &["root.crl", crl], None);
    let cleared = said_by("signer.crl");
    assert!(good(&cleared) && clears(&cleared.answer), "{cleared:#?}");
    assert!(revoked(&said_by("signer-revokes.crl")));
    // A CA that signs its CRLs itself leaves them to nobody.
    let other = said(
        "leaf.pem",
        &["sub.pem", "signer.pem"],
        &["root.crl", "signer.crl"],
        None,
    );
    assert!(undecided(&other) && !clears(&other.answer), "{other:#?}");
}

#[test]
fn of_two_keys_a_crl_answers_for_its_own() {
    let both = ["sub.pem", "sub-renewed.pem"];
    let one = said("leaf.pem", &both, &["root.crl", "sub.crl"], None);
    let Some(SerialOutcome::Conditional(condition)) = &one.number else {
        panic!("{one:#?}");
    };
    assert_eq!(
        condition.signed_by,
        Some(given("sub.pem").certificate.sha256)
    );
    assert!(good(&said(
        "leaf.pem",
        &both,
        &["root.crl", "sub.crl", "new.crl"],
        None
    )));
    assert!(good(&said("leaf.pem", SUB, &["root.crl", "sub.crl"], None)));
}

#[test]
fn the_crl_of_the_point_that_is_named_is_asked_first() {
    let point = Some("http://crl.numbers.example/p1.crl");
    let by = |crls: &[&str]| said("leaf-one.pem", SUB, crls, point);
    assert!(good(&by(&["sub-one.crl", "sub-two.crl"])));
    assert!(revoked(&by(&["sub-one-revokes.crl", "sub-two.crl"])));
    let stale = by(&["sub-one-stale.crl", "sub-two.crl"]);
    let Some(SerialOutcome::Undecided(why)) = &stale.number else {
        panic!("{stale:#?}");
    };
    assert!(
        matches!(why.as_ref(), UndecidedReason::Stale { .. }),
        "{why}"
    );
    assert!(matches!(
        by(&["sub-two.crl"]).number,
        Some(SerialOutcome::OtherPartition { .. })
    ));
}

#[test]
fn a_crl_signed_with_md5_is_refused_for_that_whichever_key_made_it() {
    let crl = fs::read(folder("numbers").join("md5.crl")).unwrap();
    let leaf = given("leaf.pem");
    let issuers = [given("rsa.pem"), given("root.pem")];
    let told = told(&leaf, &crl, &issuers, Moment::from_unix(AT).unwrap());
    let Some(SerialOutcome::Undecided(why)) = told else {
        panic!("{told:?}");
    };
    assert_eq!(
        why.to_string(),
        "the CRL's signature uses MD5, which no longer proves anything"
    );
}
