//! A large input is read object by object, and none is kept; what is said of it is what would be said if all were.

use std::fs;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

use ptl_cert::decode::Password;
use ptl_cert::document::Moment;
use ptl_cert::environment::Facts;
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::inspect::{CHAIN_LIMIT, Comparing, Each, Options, Seen, each, inspect};
use ptl_cert::ops::{Context, Severity};
use ptl_cert::report::inspection::{
    InspectionReport, JsonParts, Layout, ObjectDetail, TextParts, TextSheet,
};
use ptl_cert::report::layout::Detail;
use ptl_cert::wording::Voice;

use crate::program::ptl_cert;

const WIDTH: usize = 80;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki")
}

/// Certificates that differ in their serial numbers.
fn numbered(numbers: Range<u32>) -> String {
    let leaf = fs::read(data().join("leaf.der")).unwrap();
    // An INTEGER of four octets, of which the first stays.
    let serial = leaf.windows(2).position(|pair| pair == [0x02, 0x04]);
    let serial = serial.unwrap() + 3;
    let one = |number: u32| {
        let mut der = leaf.clone();
        der[serial..serial + 3].copy_from_slice(&number.to_be_bytes()[1..]);
        pem::encode(&pem::Pem::new("CERTIFICATE", der))
    };
    numbers.map(one).collect()
}

/// What is said of a folder, as text and as JSON, and how much it weighs.
#[derive(PartialEq)]
struct Said {
    texts: Vec<String>,
    heaviest: Option<Severity>,
    unread: usize,
    passed_over: usize,
}

const ALL: [Detail; 3] = [Detail::Brief, Detail::Usual, Detail::Full];
const MEMBERS: [ObjectDetail; 2] = [ObjectDetail::Facts, ObjectDetail::WithPem];

fn together(options: &Options, context: &Context<'_>) -> Said {
    let inspected = inspect(options, context);
    let report = InspectionReport::new(&inspected);
    let mut texts = ALL.map(|detail| report.render(detail, WIDTH)).to_vec();
    for detail in MEMBERS {
        let mut report = report.clone();
        if detail == ObjectDetail::WithPem {
            report = report.with_pem();
        }
        let mut json = String::new();
        let add = |part: String| {
            json.push_str(&part);
            serde_json::Result::Ok(())
        };
        report.write_json(|part| part, add).unwrap();
        texts.push(json);
    }
    Said {
        texts,
        heaviest: report.heaviest(),
        unread: inspected.unread.len(),
        passed_over: inspected.passed_over.len(),
    }
}

/// The same object by object; `None` where there are few.
fn one_by_one(options: &Options, context: &Context<'_>) -> Option<Said> {
    let mut said = Said {
        texts: Vec::new(),
        heaviest: None,
        unread: 0,
        passed_over: 0,
    };
    for detail in ALL {
        let layout = Layout::new(context.at, detail, WIDTH);
        let mut parts = TextParts::new(layout, Voice::Neutral);
        let mut text = String::new();
        let mut add = |part: String| {
            text.push_str(&part);
            Ok::<_, ()>(())
        };
        let object = |seen: Seen<'_>, sheet: &mut TextSheet| {
            TextParts::object(layout, &seen, |part| part, sheet);
            Ok::<_, ()>(())
        };
        let sink = |sheet| {
            parts.take(sheet, |part| part, &mut add)?;
            Ok(ControlFlow::Continue(()))
        };
        let each = each(options, Comparing::Outlines, context, object, sink).unwrap();
        let Each::Alone(summary) = each else {
            return None;
        };
        parts.end(&summary, |part| part, &mut add).unwrap();
        said.texts.push(text);
        said.heaviest = summary.heaviest;
        said.unread = summary.unread.len();
        said.passed_over = summary.passed_over.len();
    }
    for detail in MEMBERS {
        let parts = JsonParts {
            at: context.at,
            detail,
            voice: Voice::Neutral,
        };
        let mut json = String::new();
        let mut add = |part: String| {
            json.push_str(&part);
            serde_json::Result::Ok(())
        };
        parts.begin(&mut add).unwrap();
        let object = |seen: Seen<'_>, text: &mut Vec<u8>| parts.object(&seen, text);
        let sink = |text: Vec<u8>| {
            add(String::from_utf8(text).unwrap())?;
            Ok(ControlFlow::Continue(()))
        };
        let each = each(options, Comparing::Outlines, context, object, sink).unwrap();
        let Each::Alone(summary) = each else {
            return None;
        };
        parts.end(&summary, |part| part, &mut add).unwrap();
        said.texts.push(json);
    }
    Some(said)
}

/// Reads a folder both ways; whether it was large.
fn agree(folder: &Path) -> bool {
    let at = Moment::new(time::macros::datetime!(2027-01-01 00:00 UTC));
    let context = Context::new(at, Facts::built_in().unwrap());
    let options = Options::new([Named::file(folder)]).password(Password::new("practice"));
    let Some(apart) = one_by_one(&options, &context) else {
        return false;
    };
    let whole = together(&options, &context);
    for (apart, whole) in apart.texts.iter().zip(&whole.texts) {
        let differ = apart
            .lines()
            .zip(whole.lines())
            .find(|(one, other)| one != other);
        assert_eq!(differ, None);
        assert_eq!(apart.len(), whole.len());
    }
    assert!(apart == whole);
    true
}

/// A folder with every sample, and these certificates.
fn with_samples(file: &str, certificates: Range<u32>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for sample in fs::read_dir(data()).unwrap() {
        let sample = sample.unwrap();
        fs::copy(sample.path(), folder.path().join(sample.file_name())).unwrap();
    }
    fs::write(folder.path().join("notes.txt"), "nothing of ours\n").unwrap();
    fs::write(folder.path().join(file), numbered(certificates)).unwrap();
    folder
}

#[test]
fn a_large_folder_is_reported_as_if_all_of_it_were_kept() {
    for file in ["a-bundle.pem", "m-bundle.pem", "z-bundle.pem"] {
        assert!(agree(with_samples(file, 0..1_100).path()), "{file}");
    }
}

#[test]
fn many_files_with_what_cannot_be_read_and_what_occurs_again_are_reported_alike() {
    let folder = tempfile::tempdir().unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    for number in 0..60 {
        let start = number * 20;
        let mut text = numbered(start..start + 22);
        text.insert_str(0, if number % 3 == 0 { broken } else { "" });
        if number % 7 == 0 {
            text += &fs::read_to_string(data().join("leaf.key")).unwrap();
            text += &fs::read_to_string(data().join("other-key.csr")).unwrap();
        }
        fs::write(folder.path().join(format!("{number:02}.pem")), text).unwrap();
    }
    assert!(agree(folder.path()));
}

#[test]
fn only_certificates_make_an_input_large() {
    let limit = u32::try_from(CHAIN_LIMIT).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let request = fs::read_to_string(data().join("leaf.csr")).unwrap();
    fs::write(folder.path().join("requests.pem"), request.repeat(2_000)).unwrap();
    let certificates = folder.path().join("certificates.pem");
    fs::write(&certificates, numbered(0..limit)).unwrap();
    assert!(!agree(folder.path()));
    fs::write(&certificates, numbered(0..limit + 1)).unwrap();
    assert!(agree(folder.path()));
}

#[test]
fn keys_that_are_opened_are_paid_for_once_whatever_is_beside_them() {
    let top = tempfile::tempdir().unwrap();
    fs::write(top.path().join("passphrase"), "practice").unwrap();
    let host = "a.thirdparty.nhs.uk";
    let made = ptl_cert(top.path())
        .args(["csr", "--fqdn", host, "--passphrase-file", "passphrase"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let key = fs::read_to_string(top.path().join(format!("{host}.key"))).unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    // Beyond the certificates that are kept, sheets of which each begins with one that cannot be read.
    let mut text = numbered(0..2_080);
    for start in (3_000..).step_by(30).take(9) {
        text += &(broken.to_owned() + &key + &numbered(start..start + 30));
    }
    let folder = top.path().join("in");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("all.pem"), text).unwrap();
    let at = Moment::new(time::macros::datetime!(2027-01-01 00:00 UTC));
    let context = Context::new(at, Facts::built_in().unwrap());
    let options = Options::new([Named::file(&folder)]).password(Password::new("practice"));
    let said = one_by_one(&options, &context).unwrap();
    assert_eq!(said.unread, 9);
}
