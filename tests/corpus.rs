//! Every CA certificate of this machine, in every container that the product writes, is found again byte for byte.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use openssl::x509::X509;
use serde_json::Value;

use crate::program::{ptl_cert, say_skipped};

/// Debian's package ca-certificates.
const CORPUS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Most of them are valid then; what has expired is not written.
const AT: &str = "2025-01-01T00:00:00Z";

fn digests(root: &Path, what: &str) -> BTreeSet<String> {
    let output = ptl_cert(root)
        .args(["inspect", what, "--format", "json", "--at", AT])
        .args(["--password-file", "password"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{what}: {output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let objects = report["objects"].as_array().unwrap();
    objects
        .iter()
        .map(|object| {
            let digest = &object["certificate"]["sha256"];
            digest.as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn every_ca_certificate_of_debian_comes_back_from_every_container_that_is_written() {
    let Ok(pem) = fs::read(CORPUS) else {
        say_skipped("the corpus of CA certificates: ca-certificates is not installed");
        return;
    };
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    fs::write(root.join("password"), "changeit").unwrap();
    let mut facts =
        "[[environment]]\nid = \"corpus\"\ntitle = \"CORPUS\"\nhierarchy = \"Corpus\"\n".to_owned();
    let mut all = BTreeSet::new();
    for (number, certificate) in X509::stack_from_pem(&pem).unwrap().iter().enumerate() {
        let sha256: String = openssl::sha::sha256(&certificate.to_der().unwrap())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let pem = String::from_utf8(certificate.to_pem().unwrap()).unwrap();
        write!(
            facts,
            "\n[[authority]]\nname = \"CA {number}\"\nrole = \"root\"\nhierarchy = \"Corpus\"\n\
             generation = \"C1\"\nsha256 = \"{sha256}\"\npem = \"\"\"\n{pem}\"\"\"\n"
        )
        .unwrap();
        all.insert(sha256);
    }
    fs::write(root.join("facts.toml"), facts).unwrap();
    assert_eq!(digests(root, CORPUS), all);
    let mut first: Option<BTreeSet<String>> = None;
    for form in ["pem", "der", "p7b", "jks", "pkcs12", "openssl-dir"] {
        let out = format!("out.{form}");
        let done = ptl_cert(root)
            .args([
                "trust",
                "export",
                "--env",
                "corpus",
                "--facts",
                "facts.toml",
            ])
            .args(["--format", form, "--out", &out, "--at", AT])
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(0), "{form}: {done:?}");
        let found = digests(root, &out);
        assert!(
            found.len() > 100 && found.is_subset(&all),
            "{form}: {}",
            found.len()
        );
        // Each form has the same ones.
        assert_eq!(*first.get_or_insert_with(|| found.clone()), found, "{form}");
    }
}
