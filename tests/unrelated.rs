//! Evidence that has nothing to do with a certificate makes no bad verdict good.
//!
//! The questions are those of tests/cases/verify/cause, so that a new cause is asked about as soon as it has a case.
//! What is added is the practice PKI of tests/data/pki: its CAs bear the same names and have other keys, which is as
//! near as unrelated evidence comes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::sample::Index;
use ptl_cert::decode;
use ptl_cert::document::{Document, Item, Moment, Request};
use ptl_cert::environment::Facts;
use ptl_cert::input::{Input, Origin, Source};
use ptl_cert::revocation::SearchableCrl;
use ptl_cert::verdict::verify::{self, BorrowedJudge, Decision, Evidence, Given, Question};

use crate::golden::case::Case;
use crate::golden::find;

/// One run of `verify`, with what its files hold; lists as DER.
#[derive(Clone, Default)]
struct Asked {
    name: String,
    sent: Vec<Given>,
    anchors: Vec<Given>,
    chain: Vec<Given>,
    crls: Vec<Vec<u8>>,
    request: Option<Arc<Request>>,
}

/// What is as it should be, and nothing else.
static GOOD: LazyLock<Asked> = LazyLock::new(|| Asked {
    name: "good".to_owned(),
    sent: certificates(&data("verify/leaf.pem")),
    anchors: certificates(&data("verify/root.pem")),
    chain: certificates(&data("verify/sub.pem")),
    crls: [data("verify/root.crl"), data("verify/sub.crl")]
        .iter()
        .flat_map(|path| crls(path))
        .collect(),
    request: None,
});

/// A question for each cause.
static BAD: LazyLock<Vec<Asked>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/verify/cause");
    let mut files = Vec::new();
    find(&folder, &mut files);
    files.sort();
    files.iter().map(|file| asked(file)).collect()
});

/// The certificates of the other practice PKI, and its CRLs.
static UNRELATED: LazyLock<(Vec<Given>, Vec<Vec<u8>>)> = LazyLock::new(|| {
    let mut paths: Vec<PathBuf> = fs::read_dir(data("pki"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let ending = |ending: &'static str| {
        let has = move |path: &&PathBuf| path.extension().is_some_and(|found| found == ending);
        paths.iter().filter(has)
    };
    (
        ending("pem").flat_map(|path| certificates(path)).collect(),
        ending("crl").flat_map(|path| crls(path)).collect(),
    )
});

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(path)
}

fn nowhere() -> Origin {
    Origin::whole(&Arc::new(Source::Stdin))
}

/// The objects of a file that can be read.
fn items(path: &Path) -> Vec<Item> {
    let bytes = fs::read(path).unwrap();
    let input = Input::new(Source::Stdin, &bytes);
    let Ok(opened) = decode::open(&input, None) else {
        return Vec::new();
    };
    let objects = opened.objects.iter();
    objects
        .filter_map(|object| Item::read(object, opened.container, None).ok())
        .collect()
}

fn certificates(path: &Path) -> Vec<Given> {
    let given = |item: Item| match item.document {
        Document::Certificate(certificate) => Some(Given {
            certificate,
            origin: item.origin,
        }),
        _ => None,
    };
    items(path).into_iter().filter_map(given).collect()
}

fn request(path: &Path) -> Arc<Request> {
    let request = items(path)
        .into_iter()
        .find_map(|item| match item.document {
            Document::Request(request) => Some(request),
            _ => None,
        });
    Arc::from(request.unwrap())
}

/// The DER of the CRLs of a file, also of one that [`Item::read`] might refuse for its entries.
fn crls(path: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(path).unwrap();
    let opened = decode::open(&Input::new(Source::Stdin, &bytes), None).unwrap();
    let blobs = opened.objects.iter().map(|object| object.decode().unwrap());
    blobs.map(|blob| blob.bytes.to_vec()).collect()
}

/// The question that a case asks.
fn asked(file: &Path) -> Asked {
    let case = Case::read(&fs::read_to_string(file).unwrap()).unwrap();
    let mut asked = Asked {
        name: file.display().to_string(),
        ..Asked::default()
    };
    let mut arguments = case.args.iter().skip(1);
    while let Some(argument) = arguments.next() {
        let mut file = || {
            let name = arguments.next().unwrap();
            let file = data("verify").join(name);
            if file.exists() {
                file
            } else {
                data("pki").join(name)
            }
        };
        match argument.as_str() {
            "--trust" => asked.anchors.extend(certificates(&file())),
            "--chain" => asked.chain.extend(certificates(&file())),
            "--crl" => asked.crls.extend(crls(&file())),
            "--csr" => asked.request = Some(request(&file())),
            "--at" => assert_eq!(arguments.next().unwrap(), "2027-01-01T00:00:00Z"),
            other if other.starts_with('-') => panic!("{}: {other}", asked.name),
            certificate => asked
                .sent
                .extend(certificates(&data("verify").join(certificate))),
        }
    }
    asked
}

impl Asked {
    fn decision(&self) -> Decision {
        let crls: Vec<SearchableCrl<'_>> = self
            .crls
            .iter()
            .map(|der| SearchableCrl::read(der.as_slice(), nowhere()).unwrap())
            .collect();
        let at = Moment::new(time::macros::datetime!(2027-01-01 00:00 UTC));
        let mut question = Question::new(&self.sent[0], at);
        question.request = self.request.as_deref();
        let (facts, crls) = (Facts::default(), crls.iter().collect::<Vec<_>>());
        let evidence = Evidence::new(&facts)
            .sent(&self.sent)
            .chain(&self.chain)
            .anchors(&self.anchors)
            .crls(&crls);
        let decision = verify::judge(&question, &evidence).decision;
        // Nor does it matter what was asked about before.
        let judge = BorrowedJudge::new(evidence);
        for certificate in &self.sent {
            let mut question = question;
            question.certificate = certificate;
            let _ = judge.verdict(&question);
        }
        assert_eq!(judge.verdict(&question).decision, decision);
        decision
    }

    /// The same question with more evidence, each object at a place of its own.
    fn with(&self, more: &More) -> Asked {
        let mut asked = self.clone();
        let (certificates, crls) = &*UNRELATED;
        for (which, place, sent) in &more.certificates {
            let given = which.get(certificates).clone();
            if *sent {
                // The first one is what is asked about.
                let at = 1 + place.index(asked.sent.len());
                asked.sent.insert(at, given);
            } else {
                let at = place.index(asked.chain.len() + 1);
                asked.chain.insert(at, given);
            }
        }
        for (which, place) in &more.crls {
            let der = which.get(crls).clone();
            asked.crls.insert(place.index(asked.crls.len() + 1), der);
        }
        asked
    }
}

/// Which unrelated certificates and lists are added, and where; a certificate may be sent along or be available.
#[derive(Debug)]
struct More {
    certificates: Vec<(Index, Index, bool)>,
    crls: Vec<(Index, Index)>,
}

fn more() -> impl Strategy<Value = More> {
    (
        proptest::collection::vec(any::<(Index, Index, bool)>(), 0..6),
        proptest::collection::vec(any::<(Index, Index)>(), 0..4),
    )
        .prop_map(|(certificates, crls)| More { certificates, crls })
}

#[test]
fn the_questions_and_the_unrelated_evidence_are_there() {
    assert_eq!(GOOD.decision(), Decision::Verified);
    assert!(BAD.len() >= 19, "{}", BAD.len());
    for bad in BAD.iter() {
        assert_ne!(bad.decision(), Decision::Verified, "{}", bad.name);
    }
    let (certificates, crls) = &*UNRELATED;
    assert!(certificates.len() >= 20, "{}", certificates.len());
    assert!(crls.len() >= 4, "{}", crls.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unrelated_evidence_never_turns_a_bad_verdict_good(more in more()) {
        for bad in BAD.iter() {
            let decision = bad.with(&more).decision();
            prop_assert_ne!(decision, Decision::Verified, "{}", bad.name);
            prop_assert_eq!(decision, bad.decision(), "{}", bad.name);
        }
    }

    #[test]
    fn unrelated_evidence_leaves_a_good_verdict_good(more in more()) {
        prop_assert_eq!(GOOD.with(&more).decision(), Decision::Verified);
    }
}
