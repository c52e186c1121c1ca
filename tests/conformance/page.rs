//! The tests, and the page with the score.

use ptl_cert::verdict::verify::Profile;

use super::{Answer, Judged, complaints, limbo, pkits, suites};

/// Classes of x509-limbo whose results bind us; `profile` binds with `--strict` only, `cabf` never.
const BINDING: [&str; 2] = ["path", "names"];

#[test]
fn every_pkits_test_is_answered_as_nist_expects() {
    let Some(folder) = suites() else { return };
    let cases = pkits::judge(&folder);
    assert_agreement(&cases);
}

#[test]
fn every_limbo_case_about_paths_and_names_is_answered_as_expected() {
    let Some(folder) = suites() else { return };
    let mut cases = limbo::judge(&folder, Profile::Reported);
    cases.retain(|case| BINDING.contains(&case.class.as_str()));
    assert_agreement(&cases);
}

#[test]
fn every_limbo_case_about_rules_for_issuers_is_refused_when_strict() {
    let Some(folder) = suites() else { return };
    let mut cases = limbo::judge(&folder, Profile::Strict);
    cases.retain(|case| case.class == "profile");
    assert_agreement(&cases);
}

fn assert_agreement(cases: &[Judged]) {
    let complaints = complaints(cases);
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    let accepted = |case: &&Judged| case.actual == Answer::Valid && !case.agrees();
    let falsely: Vec<&str> = cases
        .iter()
        .filter(accepted)
        .map(|case| case.id.as_str())
        .collect();
    assert!(
        falsely.is_empty(),
        "false accepts have no excuse: {falsely:?}"
    );
}

#[test]
fn the_page_of_conformance_shows_the_score() {
    let Some(folder) = suites() else { return };
    let page = page(&folder);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/conformance.md");
    if std::env::var_os("PTL_CERT_BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "docs/conformance.md is not the score; renew it with PTL_CERT_BLESS=1 cargo test conformance"
    );
}

/// What `openssl verify` 3.0.19 scores on the same cases, by the adapter that comes with the suites: right answers, cases
/// scored, false accepts. Measured once with its runner; it answers cases about IP addresses as well.
const OPENSSL: [(&str, &str); 6] = [
    ("PKITS", "112 of 112, 0"),
    ("path", "52 of 58, 2"),
    ("names", "8 of 9, 1"),
    ("profile", "5 of 15, 10"),
    ("strict", "not measured"),
    ("cabf", "2 of 18, 16"),
];

fn page(folder: &std::path::Path) -> String {
    let limbo = |profile, class: &str| -> Vec<Judged> {
        let mut cases = limbo::judge(folder, profile);
        cases.retain(|case| case.class == class);
        cases
    };
    let rows = [
        (
            "PKITS",
            "NIST PKITS, revocation of the whole chain",
            pkits::judge(folder),
        ),
        (
            "path",
            "limbo, `path`: RFC 5280 section 6 and security",
            limbo(Profile::Reported, "path"),
        ),
        (
            "names",
            "limbo, `names`: host names",
            limbo(Profile::Reported, "names"),
        ),
        (
            "profile",
            "limbo, `profile`: rules for issuers",
            limbo(Profile::Reported, "profile"),
        ),
        (
            "strict",
            "the same with `--strict`",
            limbo(Profile::Strict, "profile"),
        ),
        (
            "cabf",
            "limbo, `cabf`: public web PKI only (informational)",
            limbo(Profile::Reported, "cabf"),
        ),
    ];
    let mut page = include_str!("page.md").to_owned();
    for (key, title, cases) in rows {
        let right = cases.iter().filter(|case| case.agrees()).count();
        let accepted = cases
            .iter()
            .filter(|case| case.actual == Answer::Valid && !case.agrees());
        let openssl = OPENSSL.iter().find(|(of, _)| *of == key).unwrap().1;
        page.push_str(&format!(
            "| {title} | {right} of {}, {} | {openssl} |\n",
            cases.len(),
            accepted.count()
        ));
    }
    page.push_str("\n## Differences\n\nFrom `tests/conformance/exceptions.toml`, where each must have its reason:\n\n");
    for (id, reason) in super::reasons() {
        page.push_str(&format!(
            "- `{id}`: {}\n",
            reason.split_whitespace().collect::<Vec<_>>().join(" ")
        ));
    }
    page
}
