//! What holds of `inspect`'s road for any input: decode, read, judge, render.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use ptl_cert::decode::{self, Password};
use ptl_cert::document::{Item, Moment};
use ptl_cert::environment::Facts;
use ptl_cert::input::{Input, Source};
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::{Context, inspect, matching};
use ptl_cert::report::inspection::InspectionReport;
use ptl_cert::report::layout::Detail;
use ptl_cert::report::matching::MatchingReport;
use ptl_cert::verdict::{self, Code, Examination, ExaminationPolicy};

static FACTS: LazyLock<Arc<Facts>> = LazyLock::new(|| Arc::new(Facts::built_in().unwrap()));

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki")
}

fn at() -> Moment {
    Moment::new(time::macros::datetime!(2027-01-01 00:00 UTC))
}

/// The objects of some bytes that can be read.
fn items(bytes: &[u8], password: Option<&Password>) -> Vec<Item> {
    let input = Input::new(Source::File("input".into()), bytes);
    match decode::open(&input, password) {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Vec::new()
        }
        Ok(opened) => opened
            .objects
            .iter()
            .filter_map(|object| Item::read(object, opened.container, password).ok())
            .collect(),
    }
}

fn examine(items: &[Item], facts: &Facts) -> Examination {
    let policy = ExaminationPolicy {
        at: at(),
        soon_days: 60,
    };
    verdict::examine(items, facts, policy)
}

/// Goes the whole road with some bytes; what comes out is well formed, whatever went in.
fn travel(bytes: &[u8], width: usize) {
    let password = Password::new("practice");
    let named = || [Named::bytes(Source::File("input".into()), bytes.to_vec())];
    let context = Context::new(at(), Arc::clone(&FACTS));
    let options = inspect::Options::new(named()).password(password.clone());
    let inspected = inspect::inspect(&options, &context);
    let report = InspectionReport::new(&inspected);
    presentable(&report.render(Detail::Usual, width), width);
    let options = matching::Options::new(named()).password(password);
    let matched = matching::matching(&options, &context);
    let matching = MatchingReport::new(&matched);
    presentable(&matching.render(Detail::Usual, width), width);
    serde_json::to_string(&report).unwrap();
    serde_json::to_string(&matching).unwrap();
    for record in report.records() {
        assert!(!serde_json::to_string(&record).unwrap().contains('\n'));
    }
}

/// No line runs past the edge, and nothing in it makes a terminal do anything.
fn presentable(text: &str, width: usize) {
    let plain = anstream::adapter::strip_str(text).to_string();
    for line in plain.lines() {
        // A path, a member of an archive and a URL are in one object, so that they can be copied.
        let copied = line.contains(['/', '\\', '!']);
        assert!(
            copied || line.chars().count() <= width,
            "wider than {width}: {line}"
        );
    }
    let control = plain
        .chars()
        .find(|character| character.is_control() && *character != '\n');
    assert_eq!(control, None, "{plain}");
}

/// Every file of the practice PKI.
static SAMPLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut paths: Vec<PathBuf> = fs::read_dir(data())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // Opening a PKCS#12 file takes thousands of rounds of hashing; the bundles' own properties have it.
        .filter(|path| path.extension().is_none_or(|extension| extension != "p12"))
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
});

/// The sample that an index stands for.
fn picked(index: prop::sample::Index) -> &'static [u8] {
    &SAMPLES[index.index(SAMPLES.len())]
}

/// The DER in a sample, so that changed bytes reach the readers and do not stop at the base64.
fn der(sample: &[u8]) -> Vec<u8> {
    let input = Input::new(Source::Stdin, sample);
    let Ok(opened) = decode::open(&input, None) else {
        return sample.to_vec();
    };
    let first = opened
        .objects
        .first()
        .and_then(|object| object.decode().ok());
    first.map_or_else(|| sample.to_vec(), |blob| blob.bytes.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), width in 40usize..=120) {
        travel(&bytes, width);
    }

    #[test]
    fn noise_between_pem_lines_never_panics(body in "[A-Za-z0-9+/=\\-\n ]{0,400}", width in 40usize..=120) {
        travel(format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n").as_bytes(), width);
    }

    #[test]
    fn changed_bytes_never_panic(
        sample in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        width in 40usize..=120,
    ) {
        let mut bytes = der(picked(sample));
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        travel(&bytes, width);
    }

    #[test]
    fn input_cut_short_never_panics(sample in any::<prop::sample::Index>(), length in any::<prop::sample::Index>(), width in 40usize..=120) {
        let sample = picked(sample);
        travel(&sample[..length.index(sample.len())], width);
        let bytes = der(sample);
        travel(&bytes[..length.index(bytes.len())], width);
    }

    #[test]
    fn spliced_input_never_panics(
        one in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        width in 40usize..=120,
    ) {
        let (one, other) = (der(picked(one)), der(picked(other)));
        let cut = cut.index(one.len().min(other.len()));
        travel(&[&one[..cut], &other[cut..]].concat(), width);
    }
}

#[test]
fn every_sample_is_presentable_at_every_width() {
    for sample in SAMPLES.iter() {
        for width in [40, 41, 55, 60, 79, 80, 120] {
            travel(sample, width);
        }
    }
}

#[test]
fn a_name_of_one_environment_from_the_issuer_of_another_is_reported() {
    let read = |file: &str| fs::read(data().join(file)).unwrap();
    let (sub, root) = (
        items(&read("sub.pem"), None),
        items(&read("root.pem"), None),
    );
    let authority = |item: &Item, role: &str, environments: &str| {
        let certificate = item.document.certificate().unwrap();
        format!(
            "[[authority]]\nname = \"{}\"\nrole = \"{role}\"\nhierarchy = \"PTL\"\ngeneration = \"G1\"\n\
             environments = [{environments}]\nsha256 = \"{}\"\n",
            item.name(),
            certificate.sha256
        )
    };
    let entries = format!(
        "{}{}",
        authority(&root[0], "root", ""),
        authority(&sub[0], "sub_ca", "\"dep\"")
    );
    let facts = FACTS.extended(&format!("operator = \"NHS\"\n{entries}"));
    let facts = facts.unwrap();
    let of_another = FACTS.extended(&entries).unwrap();
    let all = [read("leaf.pem"), read("sub.pem"), read("root.pem")].concat();
    let told = |facts: &Facts| {
        let items = items(&all, None);
        let findings = examine(&items, facts).findings;
        findings
            .iter()
            .any(|finding| finding.problem.code() == Code::EnvironmentMismatch)
    };
    assert!(told(&facts));
    assert!(!told(&of_another), "the words are the NHS's");
    assert!(!told(&FACTS), "an issuer that is not known tells nothing");
}
