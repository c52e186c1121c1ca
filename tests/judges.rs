//! Programs that are not ours read the same certificates and requests and find the same facts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::{is_installed, ptl_cert, shared};

/// Files that foreign programs cannot read, because the damage is what they are for.
const DAMAGED: [&str; 3] = ["one-line.pem", "utf-16.pem", "cut-short.pem"];

/// The text files with exactly one object of a kind, and what we say of each.
fn read(kind: &str) -> Vec<(PathBuf, Value)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki")];
    let nhs = shared().map(|shared| shared.join("nhs"));
    folders.extend(
        ["ca", "endpoint", "signing"]
            .into_iter()
            .filter_map(|name| Some(nhs.as_ref()?.join(name))),
    );
    let mut found = Vec::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path().canonicalize().unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !(name.ends_with(".pem") || name.ends_with(".csr")) || DAMAGED.contains(&&*name) {
                continue;
            }
            let output = ptl_cert(folder)
                .args([
                    "inspect",
                    "--format",
                    "json",
                    "--at",
                    "2027-01-01T00:00:00Z",
                ])
                .arg(&path)
                .output()
                .unwrap();
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let objects = report["objects"].as_array().unwrap();
            let mislabelled = report["findings"]
                .as_array()
                .unwrap()
                .iter()
                .any(|finding| finding["code"] == "wrong-label");
            if let [object] = objects.as_slice()
                && object["kind"] == kind
                && !mislabelled
            {
                found.push((path, object[kind].clone()));
            }
        }
    }
    found
}

/// What a foreign program prints; `None` where it refuses.
fn ask(program: &str, arguments: &[&str], file: &Path) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .arg(file)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

/// What stands after the first occurrence of a label, to the end of the line.
fn after<'t>(text: &'t str, label: &str) -> &'t str {
    let rest = text
        .split_once(label)
        .unwrap_or_else(|| panic!("no {label} in {text}"))
        .1;
    rest.lines().next().unwrap_or_default().trim()
}

fn plain_hex(text: &str) -> String {
    text.replace(':', "").to_lowercase()
}

/// SHA-256 over the public key that a foreign program printed.
fn spki_digest(text: &str) -> String {
    let begin = text.find("-----BEGIN PUBLIC KEY").unwrap();
    let key = openssl::pkey::PKey::public_key_from_pem(&text.as_bytes()[begin..]).unwrap();
    let digest = openssl::sha::sha256(&key.public_key_to_der().unwrap());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A moment as openssl's ISO 8601 has it.
fn spaced(moment: &Value) -> String {
    moment.as_str().unwrap().replace('T', " ")
}

/// A sample that OpenSSL does not load.
const UNREADABLE: &str = "needless-zero.pem";

#[test]
fn openssl_reads_the_same_facts_in_every_certificate() {
    if !is_installed("openssl", "version") {
        return;
    }
    let certificates = read("certificate");
    assert!(
        certificates.len() > 30,
        "only {} certificates",
        certificates.len()
    );
    for (path, ours) in certificates {
        let file = path.display();
        let arguments = "x509 -noout -serial -subject -issuer -nameopt RFC2253 -dates -dateopt iso_8601 -pubkey -in";
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let Some(said) = ask("openssl", &arguments, &path) else {
            // The one of which the product says so itself.
            assert!(path.ends_with(UNREADABLE), "{file}");
            continue;
        };
        let serial = after(&said, "serial=").to_lowercase();
        // openssl writes -05 where we keep the octet that stands there, fb.
        if !serial.starts_with('-') {
            assert_eq!(ours["serial"], serial, "{file}");
        }
        // openssl leaves an empty RDN out, we show it.
        let subject = ours["subject"].as_str().unwrap().replace("(empty),", "");
        assert_eq!(subject, after(&said, "subject="), "{file}");
        assert_eq!(ours["issuer"], after(&said, "issuer="), "{file}");
        assert_eq!(
            spaced(&ours["not_before"]),
            after(&said, "notBefore="),
            "{file}"
        );
        // openssl shows fractions of a second, which no certificate may have; they are cut off here, and reported.
        let ending = after(&said, "notAfter=").replace(".5Z", "Z");
        assert_eq!(spaced(&ours["not_after"]), ending, "{file}");
        assert_eq!(ours["key"]["spki_sha256"], spki_digest(&said), "{file}");
        for (digest, field) in [("-sha1", "sha1"), ("-sha256", "sha256")] {
            let said = ask(
                "openssl",
                &["x509", "-noout", "-fingerprint", digest, "-in"],
                &path,
            )
            .unwrap();
            assert_eq!(
                ours[field],
                plain_hex(after(&said, "ingerprint=")),
                "{file}"
            );
        }
    }
}

#[test]
fn openssl_reads_the_same_facts_in_every_request() {
    if !is_installed("openssl", "version") {
        return;
    }
    let requests = read("request");
    assert!(requests.len() > 5, "only {} requests", requests.len());
    for (path, ours) in requests {
        let file = path.display();
        let arguments = "req -noout -subject -nameopt RFC2253 -pubkey -in";
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let said = ask("openssl", &arguments, &path).unwrap_or_else(|| panic!("{file}"));
        assert_eq!(ours["subject"], after(&said, "subject="), "{file}");
        assert_eq!(ours["key"]["spki_sha256"], spki_digest(&said), "{file}");
        let said = Command::new("openssl")
            .args(["req", "-verify", "-noout", "-in"])
            .arg(&path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(
            ours["signature_valid"],
            said.contains("verify OK"),
            "{file}: {said}"
        );
    }
}

#[test]
fn certtool_reads_the_same_facts_in_every_certificate_that_it_accepts() {
    if !is_installed("certtool", "--version") {
        return;
    }
    let certificates = read("certificate");
    let mut judged = 0;
    for (path, ours) in &certificates {
        let file = path.display();
        let Some(said) = ask("certtool", &["--certificate-info", "--infile"], path) else {
            continue;
        };
        judged += 1;
        // certtool shows the octets of a negative number, we its sign; and a needless zero before another.
        let is_usual = !ours["serial"].as_str().unwrap().starts_with('-');
        if is_usual && !path.ends_with(UNREADABLE) {
            assert_eq!(
                ours["serial"],
                after(&said, "Serial Number (hex):"),
                "{file}"
            );
        }
        let fingerprints = said.split_once("Fingerprint:").unwrap().1;
        assert_eq!(ours["sha1"], after(fingerprints, "sha1:"), "{file}");
        assert_eq!(ours["sha256"], after(fingerprints, "sha256:"), "{file}");
    }
    // It refuses an extension that occurs twice, algorithms that differ and the like.
    assert!(
        judged + 6 >= certificates.len(),
        "certtool read {judged} of {}",
        certificates.len()
    );
}
