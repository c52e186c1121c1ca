//! The lab, by its command line and by its library, judged by programs that are not ours.

mod commands;
mod java;
mod judges;
mod size;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;

use ptl_cert::decode;
use ptl_cert::document::{Document, Moment, Request};
use ptl_cert::input::{Input, Source};
use ptl_cert::lab::{Generation, Keys, Lab, LabEnvironment, LabPlan};
use ptl_cert::store::lab as store;

use crate::program::ptl_cert;

/// 2027-01-15 08:00 UTC.
const AT: i64 = 1_800_000_000;
const AT_TEXT: &str = "2027-01-15T08:00:00Z";
const HOST: &str = "gpc-int-a1b2c.supplier.thirdparty.nhs.uk";

fn at() -> Moment {
    Moment::from_unix(AT).unwrap()
}

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(path)
}

/// The lab of the practice keys in `tests/data`, read once.
fn lab() -> Lab {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        let folder = data("lab/keys");
        Keys::read(|plan| store::known(&folder, plan)).unwrap()
    });
    Lab::create(keys.clone(), &LabPlan::new(LabPlan::BASE_URL, at())).unwrap()
}

/// The request of `tests/data/lab`, for [`HOST`].
fn request() -> Request {
    let bytes = fs::read(data("lab/host.csr")).unwrap();
    let input = Input::new(Source::BuiltIn("request"), &bytes);
    let opened = decode::open(&input, None).unwrap();
    let blob = opened.objects[0].decode().unwrap();
    match Document::read(&blob, None).unwrap() {
        Document::Request(request) => *request,
        other => panic!("{other:?}"),
    }
}

fn everywhere() -> impl Iterator<Item = (LabEnvironment, Generation)> {
    LabEnvironment::ALL
        .into_iter()
        .flat_map(|environment| Generation::ALL.map(|generation| (environment, generation)))
}

/// Runs `ptl-cert` with these arguments, separated by spaces.
fn run(folder: &Path, line: &str) -> Output {
    ptl_cert(folder).args(line.split(' ')).output().unwrap()
}

/// The same; it must succeed.
fn must(folder: &Path, line: &str) -> String {
    let output = run(folder, line);
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A certificate or a CRL as PEM.
fn pem(label: &str, der: &[u8]) -> String {
    let layout = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), layout)
}
