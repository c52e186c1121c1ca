//! Programs that are not ours judge what we make.

use std::fs;

use tempfile::TempDir;

use crate::journey::{self, NAME};
use crate::program::{ask, is_installed};

/// A key and a request in a folder of their own.
struct Pair {
    home: TempDir,
    key: String,
    csr: String,
}

impl Pair {
    /// Makes them with further arguments.
    fn new(arguments: &[&str]) -> Pair {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("phrase"), "correct horse\n").unwrap();
        let csr = [&["csr", "--fqdn", NAME][..], arguments].concat();
        journey::go(home.path(), &[csr]);
        let (key, csr) = (format!("{NAME}.key"), format!("{NAME}.csr"));
        Pair { home, key, csr }
    }

    /// What a foreign program says of them; it must be content.
    fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let (good, said) = ask(self.home.path(), program, arguments);
        assert!(good, "{program} {arguments:?}: {said}");
        said
    }

    /// What openssl says of the request, which it must find good.
    fn request(&self) -> String {
        let words = ["req", "-verify", "-noout", "-text", "-in", &self.csr];
        let said = self.ask("openssl", &words);
        assert!(said.contains("verify OK"), "{said}");
        said
    }
}

#[test]
fn openssl_verifies_the_request_and_reads_its_names() {
    if !is_installed("openssl", "version") {
        return;
    }
    let other = "b.supplier.thirdparty.nhs.uk";
    let pair = Pair::new(&["--san", other, "--subject", "O=Supplier,C=GB"]);
    let said = pair.request();
    assert!(said.contains(&format!("DNS:{NAME}, DNS:{other}")), "{said}");
    assert!(said.contains("sha256WithRSAEncryption"), "{said}");
    assert!(said.contains("(2048 bit)"), "{said}");
    let names = ["-subject", "-nameopt", "RFC2253", "-in", &pair.csr];
    let subject = pair.ask("openssl", &[&["req", "-noout"], &names[..]].concat());
    assert_eq!(subject.trim(), format!("subject=CN={NAME},O=Supplier,C=GB"));
}

#[test]
fn openssl_finds_the_key_consistent_and_the_same_as_the_request_s() {
    if !is_installed("openssl", "version") {
        return;
    }
    let pair = Pair::new(&[]);
    let said = pair.ask("openssl", &["pkey", "-check", "-noout", "-in", &pair.key]);
    assert!(said.contains("Key is valid"), "{said}");
    let of_key = pair.ask("openssl", &["pkey", "-pubout", "-in", &pair.key]);
    let words = ["req", "-pubkey", "-noout", "-in", &pair.csr];
    assert_eq!(of_key, pair.ask("openssl", &words));
}

#[test]
fn openssl_opens_the_encrypted_key_with_the_passphrase_and_not_without() {
    if !is_installed("openssl", "version") {
        return;
    }
    let pair = Pair::new(&["--passphrase-file", "phrase"]);
    let text = fs::read_to_string(pair.home.path().join(&pair.key)).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    let check = |phrase: &str| {
        let words = ["pkey", "-check", "-noout", "-in", &pair.key];
        let words = [&words[..], &["-passin", phrase]].concat();
        ask(pair.home.path(), "openssl", &words)
    };
    let (good, said) = check("pass:correct horse");
    assert!(good && said.contains("Key is valid"), "{said}");
    let (good, said) = check("pass:wrong");
    assert!(!good, "{said}");
}

#[test]
fn openssl_finds_no_alternative_name_where_only_the_cn_was_wanted() {
    if !is_installed("openssl", "version") {
        return;
    }
    let said = Pair::new(&["--cn-only"]).request();
    assert!(!said.contains("Alternative Name"), "{said}");
}

#[test]
fn certtool_reads_the_request_and_finds_its_signature_good() {
    if !is_installed("certtool", "--version") {
        return;
    }
    let pair = Pair::new(&[]);
    let said = pair.ask("certtool", &["--crq-info", "--infile", &pair.csr]);
    assert!(said.contains(&format!("DNSname: {NAME}")), "{said}");
    assert!(said.contains("Self signature: verified"), "{said}");
    let said = pair.ask("certtool", &["--key-info", "--infile", &pair.key]);
    assert!(said.contains("2048 bits"), "{said}");
}
