//! NIST PKITS and x509-limbo, judged through the library.
//!
//! The suites are not part of the repository: without PTL_CERT_SHARED they are skipped, out loud. Every difference
//! stands in exceptions.toml with a reason; an exception that no longer holds fails. The score is printed in
//! docs/conformance.md, which `PTL_CERT_BLESS=1 cargo test conformance` renews.

mod limbo;
mod page;
mod pkits;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ptl_cert::decode;
use ptl_cert::document::{Document, Item};
use ptl_cert::input::{Input, Origin, Source};
use ptl_cert::verdict::verify::{Decision, Given, Verdict};
use serde::Deserialize;

use crate::program::{say_skipped, shared};

/// What came of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// Exit status 0.
    Valid,
    /// Exit status 1.
    NotValid,
    /// Exit status 3.
    NotAnswered,
}

/// One case, judged.
pub(crate) struct Judged {
    pub(crate) id: String,
    pub(crate) class: String,
    pub(crate) expected: Answer,
    pub(crate) actual: Answer,
    /// Whether "not answered" is as right as "not valid": malformed input, and no usable list.
    pub(crate) may_stay_open: bool,
    /// The deciding code, for the eye.
    pub(crate) code: String,
}

impl Judged {
    pub(crate) fn agrees(&self) -> bool {
        self.expected == self.actual
            || self.may_stay_open
                && self.expected == Answer::NotValid
                && self.actual == Answer::NotAnswered
    }
}

/// A difference that is known and has a reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    id: String,
    expected: Answer,
    actual: Answer,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    exception: Vec<Exception>,
}

/// The folder of the suites; says out loud when it is not there.
pub(crate) fn suites() -> Option<PathBuf> {
    let folder = shared().map(|shared| shared.join("conformance"));
    let folder = folder.filter(|folder| folder.join("limbo/limbo.json").is_file());
    if folder.is_none() {
        say_skipped("PKITS and x509-limbo need PTL_CERT_SHARED/conformance, which is not here");
    }
    folder
}

/// Compares the cases with what is expected and with the exceptions; returns the complaints.
pub(crate) fn complaints(cases: &[Judged]) -> Vec<String> {
    let text = include_str!("exceptions.toml");
    let exceptions: Exceptions = toml::from_str(text).unwrap();
    let mut by_id: BTreeMap<&str, &Exception> = BTreeMap::new();
    for exception in &exceptions.exception {
        assert!(!exception.reason.trim().is_empty(), "{}", exception.id);
        assert!(
            by_id.insert(&exception.id, exception).is_none(),
            "{} stands twice",
            exception.id
        );
    }
    let mut complaints = Vec::new();
    for case in cases {
        let exception = by_id.get(case.id.as_str());
        let Judged {
            id,
            class,
            expected,
            actual,
            code,
            ..
        } = case;
        match (case.agrees(), exception) {
            (true, None) => {}
            (true, Some(_)) => complaints.push(format!("{id}: the exception is stale")),
            (false, Some(known)) if known.expected == *expected && known.actual == *actual => {}
            (false, Some(known)) => complaints.push(format!(
                "{id}: {actual:?} ({code}) where {expected:?} is expected; the exception says {:?} and {:?}",
                known.actual, known.expected
            )),
            (false, None) => complaints.push(format!(
                "{id} [{class}]: {actual:?} ({code}) where {expected:?} is expected"
            )),
        }
    }
    complaints
}

/// The certificates of some bytes, PEM or DER; `None` when anything in it does not read.
pub(crate) fn certificates(name: &str, bytes: &[u8]) -> Option<Vec<Given>> {
    let source = Source::File(Path::new(name).to_owned());
    let opened = decode::open(&Input::new(source, bytes), None).ok()?;
    let given = |object: &decode::EncodedObject<'_>| {
        let item = Item::read(object, opened.container, None).ok()?;
        let origin: Origin = item.origin.clone();
        match item.document {
            Document::Certificate(certificate) => Some(Given {
                certificate: Arc::clone(&certificate),
                origin,
            }),
            _ => None,
        }
    };
    opened.objects.iter().map(given).collect()
}

/// A verdict as an answer, and its code.
fn told(verdict: &Verdict) -> (Answer, String) {
    let answer = match verdict.decision {
        Decision::Verified => Answer::Valid,
        Decision::NotVerified => Answer::NotValid,
        Decision::NotDecided => Answer::NotAnswered,
    };
    let code = verdict.code.map(|code| code.to_string());
    (answer, code.unwrap_or_default())
}

/// The whole of a file.
fn origin(name: &str) -> Origin {
    Origin::whole(&Arc::new(Source::File(Path::new(name).to_owned())))
}

/// The exceptions with their reasons.
fn reasons() -> Vec<(String, String)> {
    let exceptions: Exceptions = toml::from_str(include_str!("exceptions.toml")).unwrap();
    let reasons = exceptions.exception.into_iter();
    reasons.map(|known| (known.id, known.reason)).collect()
}
