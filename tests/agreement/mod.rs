//! One judge: `verify`, `crl check` for certificates and for serial numbers, and the library never contradict each other about
//! the same evidence, whatever subset of two practice PKIs it is: CAs with the same name, renewed keys, signers beside the CA,
//! partitions, deltas, indirect CRLs, revoked CAs; nor do they with `accept` and the lab's servers about practice PKIs with
//! defects. And `openssl verify`, Java and GnuTLS never have a justified "no" where we say "yes".

mod failing;
mod generated;
mod numbers;
mod openssl;
mod others;
mod rolled;

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use ptl_cert::decode;
use ptl_cert::document::{Document, Item, Moment};
use ptl_cert::environment::Facts;
use ptl_cert::input::{Input, Origin, Source};
use ptl_cert::ops::Context;
use ptl_cert::ops::crl::check::{self, AskedSerial, SerialOptions, SerialOutcome, UndecidedReason};
use ptl_cert::ops::gather::Named;
use ptl_cert::revocation::{SearchableCrl, Status};
use ptl_cert::verdict::verify::{
    BorrowedJudge, CrlAnswer, Decision, Evidence, Given, Question, Revocation, Sha1,
};

/// 2027-01-01, when everything that is not expired on purpose is good; a day after the CRLs' nextUpdate; and the
/// first day of 2037, when everything has expired.
const MOMENTS: [i64; 3] = [1_798_761_600, 1_799_500_000, 2_114_380_800];

/// One practice PKI: its certificates, and its CRLs as DER.
struct Pki {
    certificates: Vec<(String, Given)>,
    crls: Vec<(String, Vec<u8>)>,
}

static PKIS: LazyLock<[Pki; 3]> = LazyLock::new(|| [pki("judge"), pki("verify"), pki("numbers")]);

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn pki(name: &str) -> Pki {
    let mut files: Vec<_> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut pki = Pki {
        certificates: Vec::new(),
        crls: Vec::new(),
    };
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let called = file.file_name().unwrap().to_string_lossy().into_owned();
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("pem") => {
                let source = Source::File(file.clone());
                let opened = decode::open(&Input::new(source, &bytes), None).unwrap();
                let item = Item::read(&opened.objects[0], opened.container, None).unwrap();
                let Document::Certificate(certificate) = item.document else {
                    panic!("{called}");
                };
                let origin = item.origin;
                pki.certificates.push((
                    called,
                    Given {
                        certificate,
                        origin,
                    },
                ));
            }
            Some("crl") => pki.crls.push((called, bytes)),
            _ => {}
        }
    }
    pki
}

fn read(crls: &[(String, Vec<u8>)]) -> Vec<SearchableCrl<'_>> {
    let origin = |name: &str| Origin::whole(&Arc::new(Source::File(name.into())));
    crls.iter()
        .filter_map(|(name, der)| SearchableCrl::read(der.as_slice(), origin(name)).ok())
        .collect()
}

/// The members of a list that a number picks by its bits.
fn picked<T: Clone>(all: &[T], bits: u64) -> Vec<T> {
    let chosen = all.iter().enumerate();
    chosen
        .filter(|(number, _)| bits >> (number % 64) & 1 == 1)
        .map(|(_, one)| one.clone())
        .collect()
}

fn question(certificate: &Given, revocation: Revocation, at: Moment) -> Question<'_> {
    Question::new(certificate, at)
        .revocation(revocation)
        .sha1(Sha1::Accepted)
}

/// Whether `crl check` says that the certificate has not been revoked.
fn clears(answer: &CrlAnswer) -> bool {
    let cleared = matches!(
        answer.status,
        Status::NotListed(_) | Status::NotApplicable(_)
    );
    cleared && answer.obstacle.is_none()
}

/// Whether it says that it has been.
fn revokes(answer: &CrlAnswer) -> bool {
    matches!(answer.status, Status::Listed(_))
}

/// What is said of the certificate's serial number by one CRL.
fn told(leaf: &Given, crl: &[u8], issuers: &[Given], at: Moment) -> Option<SerialOutcome> {
    let named = |given: &Given| {
        let bytes = given.certificate.der().to_vec();
        Named::bytes(Source::File("issuer".into()), bytes)
    };
    let mut options = SerialOptions::new(issuers.iter().map(named));
    let serial = &leaf.certificate.serial;
    options.serials.push(AskedSerial {
        number: serial.clone(),
        octets: None,
    });
    options.crl = Some(Named::bytes(Source::File("crl".into()), crl.to_vec()));
    let context = Context::new(at, Facts::default());
    let answers = check::serials(&options, &context, |searcher| searcher.next_batch());
    let answers = answers.ok()??;
    answers.into_iter().next().map(|answer| answer.outcome)
}

#[test]
fn of_a_certificate_that_is_trusted_for_itself_nobody_can_say_that_it_has_not_been_revoked() {
    let Pki { certificates, crls } = &PKIS[0];
    let named = |name: &str| {
        &certificates
            .iter()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
    };
    let leaf = std::slice::from_ref(named("leaf.pem"));
    let chain = [named("sub.pem").clone(), named("root.pem").clone()];
    let read = read(crls);
    let read: Vec<&SearchableCrl<'_>> = read.iter().collect();
    let facts = Facts::default();
    let judge = BorrowedJudge::new(
        Evidence::new(&facts)
            .sent(leaf)
            .chain(&chain)
            .anchors(leaf)
            .crls(&read),
    );
    let at = Moment::from_unix(MOMENTS[0]).unwrap();
    let decision = |revocation| judge.verdict(&question(&leaf[0], revocation, at)).decision;
    assert_eq!(decision(Revocation::Off), Decision::Verified);
    assert_eq!(decision(Revocation::Leaf), Decision::NotDecided);
    assert!(!clears(&judge.revocation(&question(
        &leaf[0],
        Revocation::Leaf,
        at
    ))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn answers_about_the_same_evidence_fit_together(
        of in 0usize..3,
        leaf in any::<prop::sample::Index>(),
        chain in any::<u64>(),
        listed in any::<u64>(),
        moment in 0usize..3,
    ) {
        let Pki { certificates, crls } = &PKIS[of];
        let at = Moment::from_unix(MOMENTS[moment]).unwrap();
        let leaf = &certificates[leaf.index(certificates.len())].1;
        let root = &certificates.iter().find(|(name, _)| name == "root.pem").unwrap().1;
        let mut all = picked(certificates, chain);
        // Most of the time the usual issuer is there, so that something is good at all.
        if chain & 1 << 63 == 0 {
            all.extend(certificates.iter().filter(|(name, _)| name == "sub.pem").cloned());
        }
        let given: Vec<Given> = all.into_iter().map(|(_, given)| given).collect();
        let crls = picked(crls, listed);
        let read = read(&crls);
        let read: Vec<&SearchableCrl<'_>> = read.iter().collect();
        let facts = Facts::default();
        let evidence = Evidence::new(&facts).sent(std::slice::from_ref(leaf)).chain(&given).anchors(std::slice::from_ref(root)).crls(&read);
        let judge = BorrowedJudge::new(evidence);
        let verdict = |revocation| judge.verdict(&question(leaf, revocation, at));
        let (whole, own) = (verdict(Revocation::Chain), verdict(Revocation::Leaf));
        let answer = judge.revocation(&question(leaf, Revocation::Leaf, at));
        let verified = |decision| decision == Decision::Verified;
        prop_assert!(!verified(whole.decision) || verified(own.decision), "chain, not leaf");
        prop_assert!(!verified(own.decision) || clears(&answer), "verified, not cleared: {answer:#?}");
        prop_assert!(!(verified(own.decision) && revokes(&answer)), "verified and revoked");

        // A judge that prepares, and one that is asked again, say the same.
        let again = BorrowedJudge::new(evidence);
        again.prepare();
        let same = again.revocation(&question(leaf, Revocation::Leaf, at));
        prop_assert_eq!(format!("{:?}", same), format!("{:?}", answer));

        // By each CRL alone: the certificate and its serial number.
        let mut issuers = given.clone();
        issuers.retain(|one| one.certificate.is_ca());
        issuers.push(root.clone());
        for (name, crl) in &crls {
            let one = read_one(crl);
            let Some(one) = &one else { continue };
            let alone = [one];
            let judge = BorrowedJudge::new(evidence.crls(&alone).chain(&issuers));
            let answer = judge.revocation(&question(leaf, Revocation::Leaf, at));
            match told(leaf, crl, &issuers, at) {
                Some(SerialOutcome::NotRevoked(_)) => prop_assert!(!revokes(&answer), "{name}: number good, certificate revoked"),
                Some(SerialOutcome::Revoked(_)) => prop_assert!(!clears(&answer), "{name}: number revoked, certificate good"),
                _ => {}
            }
        }
    }
}

fn read_one(der: &[u8]) -> Option<SearchableCrl<'_>> {
    SearchableCrl::read(
        der,
        Origin::whole(&Arc::new(Source::File("one.crl".into()))),
    )
    .ok()
}
