//! What `accept` writes, as others judge it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::program::ptl_cert;

const NAME: &str = "gpc-int-a1b2c.supplier.thirdparty.nhs.uk";

fn data(name: &str) -> String {
    let pki = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki");
    pki.join(name).display().to_string()
}

/// A folder with the four files of an accepted reply.
fn accepted(replies: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut command = ptl_cert(folder.path());
    command
        .arg("accept")
        .args(replies.iter().map(|reply| data(reply)));
    command.args(["--csr", &data("leaf.csr"), "--key", &data("leaf.key")]);
    command.args(["--env", "practice", "--facts", &data("facts.toml")]);
    command.args(["--at", "2027-01-01T00:00:00Z", "--out-dir"]);
    let output = command.arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    folder
}

fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn openssl_verifies_the_full_chain_below_the_authorities_as_server_and_client() {
    // However much of the chain the reply held.
    for replies in [&["chain.p7b"][..], &["reply.zip"], &["leaf.pem"]] {
        let folder = accepted(replies);
        let (ca, full) = (format!("{NAME}.ca.pem"), format!("{NAME}.fullchain.pem"));
        for purpose in ["sslserver", "sslclient"] {
            let arguments = [
                "verify",
                "-attime",
                "1798761600",
                "-purpose",
                purpose,
                "-verify_hostname",
                NAME,
                "-CAfile",
                &ca,
                &full,
            ];
            let said = openssl(folder.path(), &arguments);
            assert!(said.trim_end().ends_with("OK"), "{replies:?}: {said}");
        }
    }
}

#[test]
fn the_certificate_is_the_one_that_was_sent_and_the_receipt_has_its_digest() {
    let folder = accepted(&["reply.zip"]);
    let certificate = format!("{NAME}.crt");
    let arguments = [
        "x509",
        "-in",
        &certificate,
        "-noout",
        "-fingerprint",
        "-sha256",
    ];
    let said = openssl(folder.path(), &arguments)
        .replace(':', "")
        .to_lowercase();
    let receipt = fs::read(folder.path().join(format!("{NAME}.receipt.json"))).unwrap();
    let receipt: serde_json::Value = serde_json::from_slice(&receipt).unwrap();
    let digest = receipt["endpoints"][0]["sha256"].as_str().unwrap();
    assert!(said.trim_end().ends_with(digest), "{said}");
}

#[test]
fn a_damaged_crl_in_the_cache_never_leads_to_an_accepted_reply() {
    const AT: &str = "2026-12-02T00:00:00Z";
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = ptl_cert(folder.path());
        let output = command.args(arguments).args(["--at", AT]).output().unwrap();
        (output.status.code(), format!("{output:?}"))
    };
    let (crl, facts, issuer) = (data("list.crl"), data("facts.toml"), data("sub.pem"));
    let imported = run(&[
        "crl", "import", &crl, "--issuer", &issuer, "--cache", "cache",
    ]);
    assert_eq!(imported.0, Some(0), "{}", imported.1);
    let crls = folder.path().join("cache/crls");
    let kept = fs::read_dir(fs::read_dir(crls).unwrap().next().unwrap().unwrap().path()).unwrap();
    let files: Vec<_> = kept.map(|entry| entry.unwrap().path()).collect();
    let (leaf, request, key) = (data("leaf.pem"), data("leaf.csr"), data("leaf.key"));
    let accept = [
        "accept",
        &leaf,
        &issuer,
        "--csr",
        &request,
        "--key",
        &key,
        "--env",
        "practice",
        "--facts",
        &facts,
        "--out-dir",
        "out",
        "--cache",
        "cache",
    ];
    // The CRL cut short, and the record that says whose list it is.
    for ending in ["crl", "json"] {
        let mut of_ending = files.iter();
        let file = of_ending.find(|file| file.extension().is_some_and(|own| own == ending));
        let file = file.unwrap();
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
        let (status, said) = run(&accept);
        assert_eq!(status, Some(3), "{said}");
        assert!(said.contains("cache"), "{said}");
        assert!(!folder.path().join("out").exists(), "{said}");
        fs::write(file, bytes).unwrap();
    }
}
