//! What is admitted, and for each refusal a CRL with this one fault.

use super::*;
use crate::environment::Facts;
use crate::input::{Input, Origin, Source};
use crate::verdict::Code;

/// 2027-01-01: the CRLs of tests/data/verify are good from 2026-12-31 to 2027-01-08.
const AT: i64 = 1_798_761_600;
const DAY: i64 = 86_400;

macro_rules! data {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/verify/",
            $name
        ))
    };
}

fn at(seconds: i64) -> Moment {
    Moment::from_unix(seconds).unwrap()
}

fn certificate(pem: &'static [u8]) -> Arc<Certificate> {
    let input = Input::new(Source::BuiltIn("test"), pem);
    let opened = crate::decode::open(&input, None).unwrap();
    let blob = opened.objects[0].decode().unwrap();
    Arc::new(Certificate::read(&blob.bytes).unwrap())
}

fn crl(der: &'static [u8]) -> SearchableCrl<'static> {
    SearchableCrl::read(der, Origin::whole(&Arc::new(Source::BuiltIn("test.crl")))).unwrap()
}

fn cas() -> Vec<Arc<Certificate>> {
    vec![
        certificate(data!("root.pem")),
        certificate(data!("sub.pem")),
    ]
}

/// What a person names, the CAs above it not known unless they are among them.
fn trusting(certificates: &[Arc<Certificate>]) -> Authorities {
    Authorities::new(&Facts::default(), certificates, &[])
}

fn refused(der: &'static [u8], issuers: &[Arc<Certificate>], moment: i64) -> CrlRefusal {
    let crl = crl(der);
    examine(&crl, &trusting(issuers), None, at(moment))
        .map(drop)
        .unwrap_err()
}

/// What the cache would remember of a CRL with these facts.
fn installed(number: &[u8], this_update: i64) -> Installed {
    Installed {
        number: Some(crate::document::Serial::from_octets(number)),
        this_update: at(this_update),
        next_update: Some(at(AT + DAY)),
        entries: 1,
        sha256: crate::document::Hex([7; 32]),
    }
}

#[test]
fn a_whole_crl_of_a_known_ca_in_its_time_is_admitted() {
    let crl = crl(data!("sub.crl"));
    let candidate = examine(&crl, &trusting(&cas()), None, at(AT)).unwrap();
    assert_eq!(candidate.issuer().subject.short(), "Practice Sub CA");
    let admitted = candidate.against(None, Rollback::Refused).unwrap();
    assert_eq!((admitted.change(), admitted.entries()), (Change::First, 1));
    assert_eq!(admitted.sha256(), sha256(crl.der()));
    assert!(admitted.notes().is_empty());
}

#[test]
fn a_crl_is_refused_for_each_fault_by_its_own_code() {
    let only = |pem| vec![certificate(pem)];
    let known = cas();
    let no_crls = only(data!("sub-no-lists.pem"));
    let cases: [(&'static [u8], &[_], Code); 8] = [
        (data!("unreadable.crl"), &known, Code::CrlUnreadable),
        (data!("other-issuer.crl"), &known, Code::CrlSignerMissing),
        (data!("other-key.crl"), &known, Code::CrlSignature),
        (data!("sub.crl"), &no_crls, Code::CrlSignerMayNot),
        (
            data!("unknown-critical.crl"),
            &known,
            Code::CrlUnknownCritical,
        ),
        (data!("indirect-unmarked.crl"), &known, Code::CrlIndirect),
        (data!("no-next-update.crl"), &known, Code::CrlNoNextUpdate),
        (data!("sub.crl"), &[], Code::CrlSignerMissing),
    ];
    for (der, issuers, code) in cases {
        assert_eq!(refused(der, issuers, AT).code(), code);
    }
}

#[test]
fn a_crl_is_good_to_the_last_second_of_its_time_and_not_after() {
    let end = crl(data!("sub.crl")).header().next_update.unwrap().unix();
    let crl = crl(data!("sub.crl"));
    assert!(examine(&crl, &trusting(&cas()), None, at(end)).is_ok());
    let refusal = refused(data!("sub.crl"), &cas(), end + 1);
    assert_eq!(refusal.code(), Code::CrlStale);
    assert!(
        refusal.to_string().contains("expired at 2027-01-08"),
        "{refusal}"
    );
}

#[test]
fn a_crl_ahead_of_the_clock_is_admitted_within_the_skew_where_it_replaces_nothing_usable() {
    let made = crl(data!("sub.crl")).header().this_update.unix();
    let crl = crl(data!("sub.crl"));
    assert_eq!(
        refused(data!("sub.crl"), &cas(), made - SKEW - 1).code(),
        Code::CrlNotYetValid
    );
    let candidate = || examine(&crl, &trusting(&cas()), None, at(made - SKEW)).unwrap();
    let admitted = candidate().against(None, Rollback::Refused).unwrap();
    assert!(matches!(admitted.notes(), [Note::Ahead { seconds: SKEW }]));
    let usable = installed(&[1], made - DAY);
    let refusal = candidate().against(Some(&usable), Rollback::Refused);
    assert_eq!(refusal.unwrap_err().code(), Code::CrlNotYetValid);
}

#[test]
fn a_crl_that_answers_for_none_of_the_certificates_it_is_wanted_for_is_refused() {
    let (root, sub) = (crl(data!("root.crl")), crl(data!("sub.crl")));
    let leaf = [certificate(data!("leaf.pem"))];
    let wanted = Some(Wanted::Certificates(&leaf));
    assert!(examine(&sub, &trusting(&cas()), wanted, at(AT)).is_ok());
    let refusal = examine(&root, &trusting(&cas()), wanted, at(AT)).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "this is Practice Root's CRL; Practice Sub CA's was expected"
    );
    let root_ca = &cas()[0];
    let refusal = examine(
        &sub,
        &trusting(&cas()),
        Some(Wanted::Issuer(root_ca)),
        at(AT),
    )
    .unwrap_err();
    assert_eq!(refusal.code(), Code::CrlIssuer);
}

#[test]
fn the_same_crl_again_is_unchanged_even_where_rollback_is_allowed() {
    let crl = crl(data!("sub.crl"));
    let same = Installed {
        sha256: sha256(crl.der()),
        ..installed(&[9], AT)
    };
    for rollback in [Rollback::Refused, Rollback::Allowed] {
        let candidate = examine(&crl, &trusting(&cas()), None, at(AT)).unwrap();
        let admitted = candidate.against(Some(&same), rollback).unwrap();
        assert_eq!(admitted.change(), Change::Unchanged);
    }
}

#[test]
fn another_crl_of_the_same_number_and_time_is_refused_because_it_contradicts_the_installed_one() {
    // The CRL has number 7.
    let crl = crl(data!("sub.crl"));
    let candidate = || examine(&crl, &trusting(&cas()), None, at(AT)).unwrap();
    let before = installed(&[7], crl.header().this_update.unix());
    let refusal = candidate().against(Some(&before), Rollback::Refused);
    assert_eq!(refusal.unwrap_err().code(), Code::CrlConflict);
    let admitted = candidate().against(Some(&before), Rollback::Allowed);
    assert_eq!(admitted.unwrap().change(), Change::RolledBack);
}

#[test]
fn two_crls_of_one_time_without_numbers_contradict_each_other_too() {
    // The OID of the number is made one that is not known.
    let mut der = data!("sub.crl").to_vec();
    let number = der.windows(3).position(|oid| oid == [0x55, 0x1d, 0x14]);
    der[number.unwrap() + 2] = 0x7f;
    let origin = Origin::whole(&Arc::new(Source::BuiltIn("test.crl")));
    let unnumbered = SearchableCrl::read(&der, origin).unwrap();
    let before = Installed {
        number: None,
        ..installed(&[], unnumbered.header().this_update.unix())
    };
    let numbered = crl(data!("sub.crl"));
    let candidate = Candidate {
        crl: &unnumbered,
        ..examine(&numbered, &trusting(&cas()), None, at(AT)).unwrap()
    };
    let refusal = candidate.against(Some(&before), Rollback::Refused);
    assert_eq!(
        refusal.unwrap_err().to_string(),
        "the CRL contradicts the installed one: both have no number and were issued at 2026-12-31T00:00:00Z, and they differ"
    );
}

#[test]
fn a_later_crl_that_repeats_the_number_is_admitted_and_that_is_said() {
    // The CRL has number 7 and one entry.
    let crl = crl(data!("sub.crl"));
    let candidate = || examine(&crl, &trusting(&cas()), None, at(AT)).unwrap();
    let before = installed(&[7], crl.header().this_update.unix() - DAY);
    let admitted = candidate()
        .against(Some(&before), Rollback::Refused)
        .unwrap();
    assert_eq!(admitted.change(), Change::Newer);
    assert!(matches!(admitted.notes(), [Note::NumberReused { .. }]));
    let before = installed(&[6], crl.header().this_update.unix() - DAY);
    let admitted = candidate()
        .against(Some(&before), Rollback::Refused)
        .unwrap();
    assert!(admitted.notes().is_empty());
}

#[test]
fn a_later_crl_that_repeats_the_number_and_lost_an_entry_waits_until_the_installed_one_has_expired()
{
    let crl = crl(data!("sub.crl"));
    let candidate = || examine(&crl, &trusting(&cas()), None, at(AT)).unwrap();
    let before = |next_update: i64| Installed {
        entries: 2,
        next_update: Some(at(next_update)),
        ..installed(&[7], crl.header().this_update.unix() - DAY)
    };
    let refusal = candidate()
        .against(Some(&before(AT)), Rollback::Refused)
        .unwrap_err();
    assert_eq!(refusal.code(), Code::CrlConflict);
    assert!(
        refusal
            .to_string()
            .contains("lists 1 certificate, the installed one 2"),
        "{refusal}"
    );
    let admitted = candidate().against(Some(&before(AT)), Rollback::Allowed);
    assert_eq!(admitted.unwrap().change(), Change::RolledBack);
    let admitted = candidate().against(Some(&before(AT - 1)), Rollback::Refused);
    assert!(matches!(
        admitted.unwrap().notes(),
        [Note::NumberReused { .. }]
    ));
    // A CRL with a number of its own may drop what has expired.
    let counted = Installed {
        number: installed(&[6], 0).number,
        ..before(AT)
    };
    let admitted = candidate().against(Some(&counted), Rollback::Refused);
    assert_eq!(admitted.unwrap().change(), Change::Newer);
}

#[test]
fn neither_date_nor_number_goes_backwards_unless_that_is_allowed_and_then_it_is_said() {
    // The CRL has number 7 and was made a day before.
    let crl = crl(data!("sub.crl"));
    let candidate = || examine(&crl, &trusting(&cas()), None, at(AT)).unwrap();
    let made = crl.header().this_update.unix();
    let cases = [
        (installed(&[7], made + 1), "issued at 2026-12-31T00:00:00Z"),
        (installed(&[8], made - DAY), "number 07"),
        (installed(&[1, 0], made - DAY), "number 0100"),
    ];
    for (before, words) in cases {
        let refusal = candidate()
            .against(Some(&before), Rollback::Refused)
            .unwrap_err();
        assert_eq!(refusal.code(), Code::CrlRollback);
        assert!(refusal.to_string().contains(words), "{refusal}");
        let admitted = candidate()
            .against(Some(&before), Rollback::Allowed)
            .unwrap();
        assert_eq!(admitted.change(), Change::RolledBack);
        assert!(matches!(admitted.notes(), [Note::RolledBack { .. }]));
    }
    for before in [
        installed(&[7], made - DAY),
        installed(&[0, 6], made),
        installed(&[], made),
    ] {
        let admitted = candidate()
            .against(Some(&before), Rollback::Refused)
            .unwrap();
        assert_eq!(admitted.change(), Change::Newer);
    }
}

#[test]
fn a_delta_is_admitted_and_said_to_be_one() {
    let crl = crl(data!("delta.crl"));
    let candidate = examine(&crl, &trusting(&cas()), None, at(AT)).unwrap();
    let complete = self::crl(data!("sub.crl"));
    let other = examine(&complete, &trusting(&cas()), None, at(AT)).unwrap();
    assert_ne!(candidate.slot(), other.slot());
    let admitted = candidate.against(None, Rollback::Refused).unwrap();
    assert!(matches!(admitted.notes(), [Note::Delta]));
}

#[test]
fn a_ca_that_was_found_counts_only_below_one_that_is_known() {
    let facts = Facts::default();
    let (root, sub) = (
        certificate(data!("root.pem")),
        certificate(data!("sub.pem")),
    );
    let issuing = certificate(data!("issuing.pem"));
    let last = certificate(data!("sub-last.pem"));
    let leaf = certificate(data!("leaf.pem"));
    let forged = certificate(data!("forged-sub.pem"));
    let digests = |certificates: &[Arc<Certificate>]| -> Vec<_> {
        certificates.iter().map(|one| one.sha256).collect()
    };
    let found = [issuing.clone(), last.clone(), leaf, forged.clone()];
    let known = Authorities::new(&facts, std::slice::from_ref(&root), &found);
    assert_eq!(
        digests(known.certificates()),
        [root.sha256, last.sha256, issuing.sha256]
    );
    let nobody = Authorities::new(&facts, &[], &[root, sub]);
    assert!(nobody.certificates().is_empty());
}

#[test]
fn a_ca_whose_path_is_not_valid_signs_no_crl_that_is_admitted() {
    // The sub CA is good until long after its CRL; once it has expired its CRL is worth nothing.
    let sub = certificate(data!("sub.pem"));
    let after = at(sub.not_after.unix() + 1);
    let crl = crl(data!("sub.crl"));
    let scan = crl.scan(&Serials::new([])).unwrap();
    let known = trusting(&cas());
    assert!(genuine(&crl, &scan, &known, at(AT)).is_ok());
    let refusal = genuine(&crl, &scan, &known, after).unwrap_err();
    assert!(
        matches!(
            refusal,
            CrlRefusal::SignerNotValid {
                code: "expired",
                ..
            }
        ),
        "{refusal:?}"
    );
    assert_eq!(refusal.code(), Code::CrlSignerNotValid);
}

#[test]
fn a_ca_that_a_person_names_is_trusted_by_itself_only_where_the_ca_above_it_is_unknown() {
    let (root, sub) = (
        certificate(data!("root.pem")),
        certificate(data!("sub.pem")),
    );
    let digests = |all: &[Arc<Certificate>]| all.iter().map(|one| one.sha256).collect::<Vec<_>>();
    let (anchors, others) = trusting(&[sub.clone(), root.clone()]).anchors_and_others();
    assert_eq!(
        (digests(&anchors), digests(&others)),
        (vec![root.sha256], vec![sub.sha256])
    );
    let (anchors, others) = trusting(std::slice::from_ref(&sub)).anchors_and_others();
    assert_eq!((digests(&anchors), others.len()), (vec![sub.sha256], 0));
}

#[test]
fn a_crl_by_another_key_of_the_ca_answers_for_nothing_that_its_own_key_signed() {
    macro_rules! numbers {
        ($name:literal) => {
            include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/data/numbers/",
                $name
            ))
        };
    }
    let root = certificate(numbers!("root.pem"));
    let (sub, renewed) = (
        certificate(numbers!("sub.pem")),
        certificate(numbers!("sub-renewed.pem")),
    );
    let rollover = certificate(numbers!("rollover.pem"));
    let (leaf, of_renewed) = (
        [certificate(numbers!("leaf.pem"))],
        [certificate(numbers!("leaf-new.pem"))],
    );
    let renewed_crl = crl(numbers!("new.crl"));
    let refused = |known: &[Arc<Certificate>], wanted| {
        examine(&renewed_crl, &trusting(known), Some(wanted), at(AT)).err()
    };
    let both = [root.clone(), sub.clone(), renewed.clone()];
    for wanted in [Wanted::Certificates(&leaf), Wanted::Issuer(&sub)] {
        let refusal = refused(&both, wanted).unwrap();
        assert_eq!(refusal.code(), Code::CrlOtherKey, "{refusal}");
    }
    assert!(refused(&both, Wanted::Certificates(&of_renewed)).is_none());
    assert!(refused(&both, Wanted::Issuer(&renewed)).is_none());
    // It answers for one of several, and where a self-issued certificate ties the keys together.
    let several = [leaf[0].clone(), of_renewed[0].clone()];
    assert!(refused(&both, Wanted::Certificates(&several)).is_none());
    let tied = [root.clone(), sub.clone(), rollover];
    assert!(refused(&tied, Wanted::Certificates(&leaf)).is_none());
    let rsa = certificate(numbers!("rsa.pem"));
    let md5 = crl(numbers!("md5.crl"));
    let refusal = examine(&md5, &trusting(&[root, rsa]), None, at(AT)).unwrap_err();
    assert!(
        matches!(refusal, CrlRefusal::BrokenHash { .. }),
        "{refusal}"
    );
}
