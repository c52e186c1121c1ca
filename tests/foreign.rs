//! Programs that are not ours judge what we make.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::{is_installed, ptl_cert};

const NAME: &str = "gpc-int-a1b2c.supplier.thirdparty.nhs.uk";

/// Makes a pair in a folder with further arguments.
fn make(folder: &Path, arguments: &[&str]) {
    let output = ptl_cert(folder)
        .args(["csr", "--fqdn", NAME])
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What a foreign program says, on both streams; it must be content.
fn ask(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    said
}

fn files() -> (String, String) {
    (format!("{NAME}.key"), format!("{NAME}.csr"))
}

#[test]
fn openssl_verifies_the_request_and_reads_its_names() {
    if !is_installed("openssl", "version") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    make(
        home.path(),
        &[
            "--san",
            "b.supplier.thirdparty.nhs.uk",
            "--subject",
            "O=Supplier,C=GB",
        ],
    );
    let (_, csr) = files();
    let said = ask(
        home.path(),
        "openssl",
        &["req", "-verify", "-noout", "-text", "-in", &csr],
    );
    assert!(said.contains("verify OK"), "{said}");
    assert!(
        said.contains(&format!("DNS:{NAME}, DNS:b.supplier.thirdparty.nhs.uk")),
        "{said}"
    );
    assert!(said.contains("sha256WithRSAEncryption"), "{said}");
    assert!(said.contains("(2048 bit)"), "{said}");
    let subject = ask(
        home.path(),
        "openssl",
        &[
            "req", "-noout", "-subject", "-nameopt", "RFC2253", "-in", &csr,
        ],
    );
    assert_eq!(subject.trim(), format!("subject=CN={NAME},O=Supplier,C=GB"));
}

#[test]
fn openssl_finds_the_key_consistent_and_the_same_as_the_request_s() {
    if !is_installed("openssl", "version") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    make(home.path(), &[]);
    let (key, csr) = files();
    assert!(
        ask(
            home.path(),
            "openssl",
            &["pkey", "-check", "-noout", "-in", &key]
        )
        .contains("Key is valid")
    );
    let of_key = ask(home.path(), "openssl", &["pkey", "-pubout", "-in", &key]);
    let of_request = ask(
        home.path(),
        "openssl",
        &["req", "-pubkey", "-noout", "-in", &csr],
    );
    assert_eq!(of_key, of_request);
}

#[test]
fn openssl_opens_the_encrypted_key_with_the_passphrase_and_not_without() {
    if !is_installed("openssl", "version") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("phrase"), "correct horse\n").unwrap();
    make(home.path(), &["--passphrase-file", "phrase"]);
    let (key, _) = files();
    let text = fs::read_to_string(home.path().join(&key)).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    let check = ["pkey", "-check", "-noout", "-in", &key, "-passin"];
    assert!(
        ask(
            home.path(),
            "openssl",
            &[&check[..], &["pass:correct horse"]].concat()
        )
        .contains("Key is valid")
    );
    let wrong = Command::new("openssl")
        .args(check)
        .arg("pass:wrong")
        .current_dir(home.path())
        .output()
        .unwrap();
    assert!(!wrong.status.success());
}

#[test]
fn openssl_finds_no_alternative_name_where_only_the_cn_was_wanted() {
    if !is_installed("openssl", "version") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    make(home.path(), &["--cn-only"]);
    let (_, csr) = files();
    let said = ask(
        home.path(),
        "openssl",
        &["req", "-verify", "-noout", "-text", "-in", &csr],
    );
    assert!(said.contains("verify OK"), "{said}");
    assert!(!said.contains("Alternative Name"), "{said}");
}

#[test]
fn certtool_reads_the_request_and_finds_its_signature_good() {
    if !is_installed("certtool", "--version") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    make(home.path(), &[]);
    let (key, csr) = files();
    let said = ask(home.path(), "certtool", &["--crq-info", "--infile", &csr]);
    assert!(said.contains(&format!("DNSname: {NAME}")), "{said}");
    assert!(said.contains("Self signature: verified"), "{said}");
    let said = ask(home.path(), "certtool", &["--key-info", "--infile", &key]);
    assert!(said.contains("2048 bits"), "{said}");
}
