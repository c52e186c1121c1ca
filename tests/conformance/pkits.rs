//! NIST PKITS, with its default settings.

use std::fs;
use std::path::Path;

use ptl_cert::document::Moment;
use ptl_cert::environment::Facts;
use ptl_cert::revocation::SearchableCrl;
use ptl_cert::verdict::verify::{self, Evidence, Given, Purpose, Question, Sha1, WeakKeys};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Answer, Judged};

#[derive(Deserialize)]
struct Suite {
    trust_anchor: String,
    at: String,
    tests: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    title: String,
    ee: String,
    chain: Vec<String>,
    crls: Vec<String>,
    default: String,
    #[serde(default)]
    status_undetermined: bool,
}

/// Judges every test, with revocation of the whole chain.
pub(crate) fn judge(folder: &Path) -> Vec<Judged> {
    let folder = folder.join("pkits");
    let text = fs::read_to_string(folder.join("manifest.json")).unwrap();
    let suite: Suite = serde_json::from_str(&text).unwrap();
    let at = OffsetDateTime::parse(&suite.at, &Rfc3339).unwrap();
    let tests = suite.tests.iter();
    let judged = tests.map(|case| {
        let (actual, code) = answer(case, &folder, &suite.trust_anchor, at);
        Judged {
            id: case.id.clone(),
            class: case.title.clone(),
            expected: match case.default.as_str() {
                "valid" => Answer::Valid,
                _ => Answer::NotValid,
            },
            actual,
            may_stay_open: case.status_undetermined,
            code,
        }
    });
    judged.collect()
}

fn answer(case: &Case, folder: &Path, anchor: &str, at: OffsetDateTime) -> (Answer, String) {
    let certificate = |name: &String| -> Option<Given> {
        let bytes = fs::read(folder.join("certs").join(name)).unwrap();
        super::certificates(name, &bytes)?.pop()
    };
    let leaf = certificate(&case.ee);
    let chain: Option<Vec<Given>> = case.chain.iter().map(certificate).collect();
    let (Some(leaf), Some(chain)) = (leaf, chain) else {
        return (Answer::NotAnswered, "unreadable".to_owned());
    };
    let anchors = [certificate(&anchor.to_owned()).unwrap()];
    let facts = Facts::default();
    let crls: Vec<SearchableCrl<'_>> = case
        .crls
        .iter()
        .filter_map(|name| {
            let bytes = fs::read(folder.join("crls").join(name)).unwrap();
            SearchableCrl::read(bytes, super::origin(name)).ok()
        })
        .collect();
    let crls: Vec<&SearchableCrl<'_>> = crls.iter().collect();
    // The suite is about RFC 5280, which has no opinion on SHA-1; its DSA tests are signed with it.
    let question = Question::new(&leaf, Moment::new(at))
        .purpose(Purpose::Any)
        .sha1(Sha1::Accepted)
        .weak_keys(WeakKeys::Accepted);
    let evidence = Evidence::new(&facts)
        .sent(std::slice::from_ref(&leaf))
        .chain(&chain)
        .anchors(&anchors)
        .crls(&crls);
    super::told(&verify::judge(&question, &evidence))
}
