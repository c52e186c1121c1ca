//! What all cases together must show.

use std::fs;
use std::path::Path;

use ptl_cert::verdict::Code;

use super::case::Case;
use super::find;

/// Every case, with its path for messages.
fn cases() -> Vec<(String, Case)> {
    let mut files = Vec::new();
    find(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"),
        &mut files,
    );
    let read = |file: std::path::PathBuf| {
        let case = Case::read(&fs::read_to_string(&file).unwrap()).unwrap();
        (file.display().to_string(), case)
    };
    files.into_iter().map(read).collect()
}

/// Whether a case is a run in which this was found, in text or in JSON.
fn shows(case: &Case, code: Code) -> bool {
    let in_text = |line: &str| {
        let line = line.replace("␛[0m", "");
        ["✗", "!", "·"]
            .iter()
            .any(|sign| line.starts_with(&format!("{sign} {code}  ")))
    };
    // The deciding code stands on the first line of a verdict.
    let in_verdict = |line: &str| {
        line.contains(" VERIFIED  ") && line.contains(&format!("  {code}  exit "))
            || line.contains("NOT ") && line.contains(&format!("  {code}  exit "))
    };
    let in_json = format!("\"code\":\"{code}\"");
    matches!(
        case.args.first().map(String::as_str),
        Some("inspect" | "match" | "verify" | "accept" | "crl")
    ) && (case
        .expect
        .stdout
        .lines()
        .any(|line| in_text(line) || in_verdict(line))
        || case
            .expect
            .stdout
            .replace("\": \"", "\":\"")
            .contains(&in_json))
}

/// Whether a test of connections asserts this code.
fn is_in_a_table(code: Code) -> bool {
    const TABLES: [&str; 2] = [
        include_str!("../../src/ops/probe/tests.rs"),
        include_str!("../../src/verdict/connection/tests.rs"),
    ];
    let name = format!("Code::{code:?}");
    let asserts = |line: &str| {
        let end = line.find(&name).map(|at| at + name.len());
        // And not a longer name that begins in the same way.
        end.and_then(|end| line.as_bytes().get(end))
            .is_none_or(|next| !next.is_ascii_alphanumeric())
            && end.is_some()
    };
    ptl_cert::verdict::connection::CODES.contains(&code)
        && TABLES.iter().any(|table| table.lines().any(asserts))
}

/// What `export` alone says of the files that it wrote.
const EXPORTED: [Code; 4] = [
    Code::OwnRevocationUnknown,
    Code::ClientsUnknown,
    Code::ClientNotAdmitted,
    Code::CallerNotAdmitted,
];

#[test]
fn every_finding_has_a_case_that_shows_it() {
    let cases = cases();
    let without: Vec<&str> = Code::ALL
        .iter()
        // Those need a server that misbehaves, which a case cannot have: a test of the tables there names each.
        .filter(|code| !is_in_a_table(**code))
        // Those need a configuration with all its files: tests/serving/doctoring has each.
        .filter(|code| !ptl_cert::verdict::configuration::CODES.contains(code))
        // Those need everything that an export needs: src/report/server/mod.rs has each.
        .filter(|code| !EXPORTED.contains(code))
        // This needs an OpenSSL that does not work: tests/agreement/failing.rs has it.
        .filter(|code| **code != Code::OpensslFailed)
        .filter(|code| !cases.iter().any(|(_, case)| shows(case, **code)))
        .map(|code| code.as_str())
        .collect();
    assert!(without.is_empty(), "codes without a case: {without:?}");
}

#[test]
fn no_text_is_wider_than_a_terminal_of_80_columns() {
    let mut wide = Vec::new();
    for (path, case) in cases() {
        if !matches!(
            case.args.first().map(String::as_str),
            Some("inspect" | "inventory" | "renew" | "match" | "accept" | "explain")
        ) || case.args.iter().any(|argument| argument.ends_with("json") || argument == "--help")
            // Those are for programs.
            || case.args.iter().any(|argument| ["nagios", "prometheus"].contains(&argument.as_str()))
            // Help and refused arguments are told by clap, which does not fold its usage line.
            || case.expect.status == 2
        {
            continue;
        }
        let lines = case.expect.stdout.lines().chain(case.expect.stderr.lines());
        // Colours take no column, and no case with them is anywhere near the edge.
        wide.extend(
            lines
                .filter(|line| !line.contains('␛') && line.chars().count() > 80)
                // A command, a path and a URL are in one piece, so that they can be copied.
                .filter(|line| !line.starts_with("  next  ") && !line.contains('/'))
                .map(|line| format!("{path}: {line}")),
        );
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

#[test]
fn every_case_says_what_it_shows() {
    for (path, case) in cases() {
        assert!(!case.about.trim().is_empty(), "{path}");
    }
}
