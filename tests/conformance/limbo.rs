//! C2SP x509-limbo.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use ptl_cert::document::Moment;
use ptl_cert::environment::Facts;
use ptl_cert::fqdn::Fqdn;
use ptl_cert::revocation::SearchableCrl;
use ptl_cert::verdict::verify::{self, Evidence, Profile, Purpose, Question, Revocation};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Answer, Judged};

#[derive(Deserialize)]
struct Suite {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    validation_kind: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    expected_result: String,
    expected_peer_name: Option<PeerName>,
    max_chain_depth: Option<u32>,
    crls: Vec<String>,
}

#[derive(Deserialize)]
struct PeerName {
    kind: String,
    value: String,
}

#[derive(Deserialize)]
struct Classes {
    classes: HashMap<String, String>,
    malformed: Vec<String>,
}

/// Judges the cases of the suite; the rules for issuers refuse only where `profile` says so. Left out: cases that
/// limit the depth, which no option of ours does, and cases about an IP address's own match, which `--fqdn` does not
/// take; where an address is only beside the point, the case is judged without a name.
pub(crate) fn judge(folder: &Path, profile: Profile) -> Vec<Judged> {
    let read = |name: &str| fs::read_to_string(folder.join("limbo").join(name)).unwrap();
    let suite: Suite = serde_json::from_str(&read("limbo.json")).unwrap();
    let classes: Classes = serde_json::from_str(&read("classes.json")).unwrap();
    let mut judged = Vec::new();
    for case in suite.testcases {
        let class = classes.classes.get(&case.id).unwrap().clone();
        let ip = case
            .expected_peer_name
            .as_ref()
            .is_some_and(|name| name.kind == "IP");
        if case.max_chain_depth.is_some() || ip && matches!(class.as_str(), "names" | "cabf") {
            continue;
        }
        let (actual, code) = answer(&case, profile);
        judged.push(Judged {
            expected: match case.expected_result.as_str() {
                "SUCCESS" => Answer::Valid,
                _ => Answer::NotValid,
            },
            actual,
            code,
            may_stay_open: classes.malformed.contains(&case.id),
            class,
            id: case.id,
        });
    }
    judged
}

fn answer(case: &Case, profile: Profile) -> (Answer, String) {
    let all = |texts: &[String], name: &str| {
        let text = texts.join("\n");
        match text.is_empty() {
            true => Some(Vec::new()),
            false => super::certificates(name, text.as_bytes()),
        }
    };
    let leaf = all(std::slice::from_ref(&case.peer_certificate), "leaf");
    let anchors = all(&case.trusted_certs, "trust");
    let chain = all(&case.untrusted_intermediates, "chain");
    let (Some(leaf), Some(anchors), Some(chain)) = (leaf, anchors, chain) else {
        return (Answer::NotAnswered, "unreadable".to_owned());
    };
    let fqdn = match &case.expected_peer_name {
        Some(name) if name.kind == "DNS" => match Fqdn::parse(&name.value) {
            Ok(name) => Some(name),
            Err(error) => return (Answer::NotAnswered, error.to_string()),
        },
        _ => None,
    };
    let at = match &case.validation_time {
        Some(text) => OffsetDateTime::parse(text, &Rfc3339).unwrap(),
        None => OffsetDateTime::now_utc(),
    };
    let revocation = match case.crls.is_empty() {
        true => Revocation::Off,
        false => Revocation::Chain,
    };
    let facts = Facts::default();
    let crls: Vec<SearchableCrl<'_>> = case
        .crls
        .iter()
        .filter_map(|text| {
            let der = pem::parse(text).unwrap().into_contents();
            SearchableCrl::read(der, super::origin("crl")).ok()
        })
        .collect();
    let crls: Vec<&SearchableCrl<'_>> = crls.iter().collect();
    let purpose = match case.validation_kind.as_str() {
        "SERVER" => Purpose::Server,
        _ => Purpose::Client,
    };
    let mut question = Question::new(leaf.first().unwrap(), Moment::new(at))
        .purpose(purpose)
        .revocation(revocation)
        .profile(profile);
    question.fqdn = fqdn.as_ref();
    let evidence = Evidence::new(&facts)
        .sent(&leaf)
        .chain(&chain)
        .anchors(&anchors)
        .crls(&crls);
    super::told(&verify::judge(&question, &evidence))
}
