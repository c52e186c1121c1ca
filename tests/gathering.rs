//! What counts as evidence is decided once: a caller of the library gets the verdict that the command gives.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ptl_cert::environment::Facts;
use ptl_cert::input::Source;
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::verify::{Decision, Options, Revocation, Verification, verify};
use ptl_cert::ops::{Context, Moment};

use crate::program::ptl_cert;

const AT: &str = "2027-01-01T00:00:00Z";

fn data(name: &str) -> String {
    let pki = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki");
    pki.join(name).display().to_string()
}

fn text(name: &str) -> Vec<u8> {
    fs::read(data(name)).unwrap()
}

fn context() -> Context<'static> {
    let at = Moment::new(time::macros::datetime!(2027-01-01 00:00 UTC));
    Context::new(at, Arc::new(Facts::default()))
}

/// Asks about some bytes below the practice root.
fn ask(bytes: Vec<u8>, context: &Context<'_>) -> Verification {
    let sent = Named::bytes(Source::given("what was sent"), bytes);
    let options = Options::new([sent])
        .chain([Named::file(data("sub.pem"))])
        .anchors([Named::file(data("root.pem"))]);
    verify(&options, context).unwrap()
}

fn status(arguments: &[&str], home: &Path) -> Option<i32> {
    let chain = [
        "--chain",
        &data("sub.pem"),
        "--trust",
        &data("root.pem"),
        "--at",
        AT,
    ];
    let mut command = ptl_cert(home);
    command.args(["verify"]).args(arguments).args(chain);
    command.status().unwrap().code()
}

#[test]
fn a_cache_that_was_chosen_and_holds_nothing_leaves_revocation_undecided() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let found = ask(text("leaf.pem"), &context().cache(&missing));
    assert_eq!(found.terms.revocation, Revocation::Chain);
    assert_eq!(found.decision(), Decision::NotDecided);
    let cache = missing.display().to_string();
    assert_eq!(
        status(&[&data("leaf.pem"), "--cache", &cache], folder.path()),
        Some(3)
    );
    fs::create_dir(&missing).unwrap();
    assert_eq!(
        ask(text("leaf.pem"), &context().cache(&missing)).decision(),
        Decision::NotDecided
    );
    assert_eq!(
        status(&[&data("leaf.pem"), "--cache", &cache], folder.path()),
        Some(3)
    );
}

#[test]
fn the_usual_cache_that_nobody_chose_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let found = ask(
        text("leaf.pem"),
        &context().usual_cache(&folder.path().join("missing")),
    );
    assert_eq!(found.terms.revocation, Revocation::Off);
    assert_eq!(found.decision(), Decision::Verified);
    assert_eq!(
        ask(text("leaf.pem"), &context()).decision(),
        Decision::Verified
    );
    assert_eq!(status(&[&data("leaf.pem")], folder.path()), Some(0));
}

#[test]
fn a_home_that_was_chosen_counts_as_a_cache_that_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = ptl_cert(folder.path());
    command.env("PTL_CERT_HOME", folder.path());
    command.args(["verify", &data("leaf.pem"), "--chain", &data("sub.pem")]);
    command.args(["--trust", &data("root.pem"), "--at", AT]);
    assert_eq!(command.status().unwrap().code(), Some(3));
}

#[test]
fn a_ca_is_not_judged_in_the_stead_of_a_leaf_that_does_not_read() {
    let leaf = String::from_utf8(text("leaf.pem")).unwrap();
    let (head, rest) = leaf.split_at(leaf.find("CERTIFICATE-----\n").unwrap() + 17);
    let (first, rest) = rest.split_at(rest.find('\n').unwrap());
    let unreadable = format!("{head}{}{rest}", first.replace(|_: char| true, "A"));
    let sub = String::from_utf8(text("sub.pem")).unwrap();
    let found = ask(format!("{unreadable}{sub}").into_bytes(), &context());
    assert!(found.answers.is_empty(), "{:?}", found.answers);
    assert_eq!(found.unread.len(), 1);
    assert_eq!(found.decision(), Decision::NotDecided);
    // The same CA alone is what is asked about.
    let found = ask(sub.into_bytes(), &context());
    assert_eq!(found.answers.len(), 1);
    // A leaf that reads is judged beside an object that does not.
    let found = ask(format!("{unreadable}{leaf}").into_bytes(), &context());
    assert_eq!(found.answers.len(), 1);
    assert_eq!(found.decision(), Decision::NotDecided);
}

#[test]
fn evidence_that_does_not_read_leaves_everything_undecided() {
    let options = Options::new([Named::file(data("leaf.pem"))])
        .chain([Named::file(data("sub.pem"))])
        .anchors([Named::file(data("root.pem"))])
        .crls([Named::bytes(Source::given("a CRL"), b"no CRL".to_vec())]);
    let found = verify(&options, &context()).unwrap();
    assert!(found.answers.is_empty());
    assert_eq!(found.decision(), Decision::NotDecided);
}

#[test]
fn an_expired_crl_that_lists_the_certificate_is_not_called_current_or_accepted() {
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/judge");
    let file = |name: &str| judge.join(name).display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let mut command = ptl_cert(folder.path());
    command.args(["verify", &file("leaf.pem"), "--chain", &file("sub.pem")]);
    command.args(["--trust", &file("root.pem"), "--crl", &file("root.crl")]);
    command.args(["--crl", &file("sub-revokes.crl"), "--revocation", "leaf"]);
    let output = command.args(["--at", "2027-02-01T00:00:00Z"]).output();
    let said = String::from_utf8(output.unwrap().stdout).unwrap();
    let words: Vec<&str> = said.split_whitespace().collect();
    let said = words.join(" ");
    assert!(said.contains("revoked exit 1"), "{said}");
    assert!(said.contains("expired on 2027-01-08"), "{said}");
    assert!(said.contains("what it lists as revoked counts"), "{said}");
    assert!(!said.contains("accepted because"), "{said}");
    assert!(!said.contains("current until 2027-01-08"), "{said}");
}
