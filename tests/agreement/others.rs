//! The same evidence put to Java's PKIX builder and to GnuTLS's certtool.

use std::io::Write;
use std::process::{Command, Stdio};

use super::openssl::{CHAINS, CRLS, LEAVES, compare};
use super::*;
use crate::program::is_installed;

#[test]
fn java_and_we_differ_about_nothing_but_the_exceptions() {
    if !is_installed("java", "-version") || !is_installed("javac", "-version") {
        return;
    }
    let folder = folder("judge");
    let mut lines = String::new();
    for leaf in LEAVES {
        for chain in CHAINS {
            for crls in CRLS {
                let (chain, crls) = (chain.join(","), crls.join(","));
                lines += &format!("{} root.pem {leaf} {chain} {crls}\n", MOMENTS[0]);
            }
        }
    }
    let judge = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreement/Judge.java");
    let mut java = Command::new("java")
        .arg(judge)
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    java.stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let said = String::from_utf8(java.wait_with_output().unwrap().stdout).unwrap();
    let mut said = said.lines();
    compare("java", |_, _, _| said.next().unwrap().starts_with("yes"));
    assert_eq!(said.next(), None);
}

#[test]
fn gnutls_and_we_differ_about_nothing_but_the_exceptions() {
    // certtool 3.7 cannot be told another moment.
    if !is_installed("certtool", "--version") || !is_installed("faketime", "--version") {
        return;
    }
    let folder = folder("judge");
    let temporary = tempfile::tempdir().unwrap();
    compare("gnutls", |leaf, chain, crls| {
        let files = std::iter::once(&leaf).chain(chain);
        let sent: String = files
            .map(|file| fs::read_to_string(folder.join(file)).unwrap())
            .collect();
        let layout = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        let crls: String = crls
            .iter()
            .map(|file| pem::Pem::new("X509 CRL", fs::read(folder.join(file)).unwrap()))
            .map(|crl| pem::encode_config(&crl, layout))
            .collect();
        let (sent_at, crls_at) = (temporary.path().join("sent"), temporary.path().join("crls"));
        fs::write(&sent_at, sent).unwrap();
        fs::write(&crls_at, crls).unwrap();
        let done = Command::new("faketime")
            .args(["2027-01-01 00:00:00", "certtool", "--verify"])
            .args([
                "--verify-purpose",
                "1.3.6.1.5.5.7.3.1",
                "--load-ca-certificate",
            ])
            .arg(folder.join("root.pem"))
            .arg("--load-crl")
            .arg(&crls_at)
            .arg("--infile")
            .arg(&sent_at)
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        done.unwrap().success()
    });
}
