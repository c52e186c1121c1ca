//! `trust`: a new generation without a release, and what is never taken for a root.

use std::process::Command;

use super::Estate;
use crate::program::is_installed;

/// A root and a sub CA of a third generation, in `g3-root.pem` and `g3-sub.pem`.
fn third_generation(estate: &Estate) {
    estate.openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "g3-root.key",
        "-out",
        "g3-root.pem",
        "-days",
        "300",
        "-subj",
        "/O=lab/OU=CA/CN=LAB PTL Root Authority G3",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    ]);
    estate.openssl(&[
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "g3-sub.key",
        "-out",
        "g3-sub.csr",
        "-subj",
        "/O=lab/OU=CA/CN=LAB INT Authentication G3",
    ]);
    std::fs::write(
        estate.path("g3.ext"),
        "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n",
    )
    .unwrap();
    estate.openssl(&[
        "x509",
        "-req",
        "-in",
        "g3-sub.csr",
        "-CA",
        "g3-root.pem",
        "-CAkey",
        "g3-root.key",
        "-CAcreateserial",
        "-days",
        "200",
        "-extfile",
        "g3.ext",
        "-out",
        "g3-sub.pem",
    ]);
}

fn sha256(estate: &Estate, file: &str) -> String {
    let output = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in", file])
        .current_dir(estate.path(""))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_once('=').unwrap().1.trim().to_owned()
}

fn trust(estate: &Estate, words: &[&str]) -> (Option<i32>, String) {
    let mut all = vec!["trust"];
    all.extend(words);
    all.extend(["--facts", "facts.toml", "--trust-dir", "trust"]);
    let output = estate.run(&all);
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

const ADD: [&str; 8] = [
    "--env",
    "lab-int",
    "--generation",
    "G3",
    "--why",
    "a test",
    "--by",
    "tester",
];

#[test]
fn a_new_generation_is_added_listed_exported_and_removed() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    third_generation(&estate);
    let add = |words: &[&str]| {
        let mut all = vec!["add"];
        all.extend(words);
        all.extend(ADD);
        trust(&estate, &all)
    };
    let (status, said) = add(&["g3-root.pem"]);
    assert_eq!(status, Some(1), "a root without its digest: {said}");
    let (status, said) = add(&["g3-sub.pem"]);
    assert_eq!(status, Some(1), "a sub CA without its root: {said}");
    let other = "00".repeat(32);
    let (status, said) = add(&["g3-root.pem", "--sha256", &other]);
    assert_eq!(status, Some(1), "another digest: {said}");
    assert!(!estate.path("trust").exists());

    let digest = sha256(&estate, "g3-root.pem");
    let (status, said) = add(&["g3-sub.pem", "g3-root.pem", "--sha256", &digest]);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = add(&["g3-root.pem"]);
    assert!(status == Some(0) && said.contains("KNOWN"), "{said}");

    let (status, said) = trust(&estate, &["list", "--env", "lab-int", "-v"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("added by tester") && said.contains("a test"),
        "{said}"
    );
    assert!(
        said.contains("signed by LAB PTL Root Authority G3"),
        "{said}"
    );

    let (status, said) = trust(&estate, &["export", "--env", "lab-int", "--out", "ca.pem"]);
    assert_eq!(status, Some(0), "{said}");
    let pem = std::fs::read_to_string(estate.path("ca.pem")).unwrap();
    assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 8);

    let (status, said) = trust(&estate, &["remove", "LAB INT Authentication G3"]);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = trust(&estate, &["remove", "LAB PTL Root Authority"]);
    assert_eq!(status, Some(1), "one that is built in: {said}");
    let (_, said) = trust(&estate, &["list", "--env", "lab-int", "-v"]);
    assert!(!said.contains("Authentication G3"), "{said}");
}

#[test]
fn a_damaged_entry_is_named_and_the_others_count() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    third_generation(&estate);
    let digest = sha256(&estate, "g3-root.pem");
    let mut words = vec!["add", "g3-root.pem", "g3-sub.pem", "--sha256", &digest];
    words.extend(ADD);
    assert_eq!(trust(&estate, &words).0, Some(0));
    let name = digest.replace(':', "").to_ascii_lowercase();
    let root = estate.path("trust").join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&root).unwrap();
    for broken in [
        "",
        "nonsense",
        &text.replace("role = \"root\"", "role = \"sub_ca\""),
        &text.replace("MII", "MIJ"),
    ] {
        std::fs::write(&root, broken).unwrap();
        let (status, said) = trust(&estate, &["list", "--env", "lab-int", "-v"]);
        assert_eq!(status, Some(3), "{said}");
        assert!(
            said.contains(&name) && said.contains("Authentication G3"),
            "{said}"
        );
    }
}

#[test]
fn every_form_is_read_by_its_readers() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let export = |form: &str, out: &str| {
        let (status, said) = trust(
            &estate,
            &["export", "--env", "lab-int", "--format", form, "--out", out],
        );
        assert_eq!(status, Some(0), "{form}: {said}");
        let (_, again) = trust(
            &estate,
            &["export", "--env", "lab-int", "--format", form, "--out", out],
        );
        assert!(again.contains("UNCHANGED"), "{form}: {again}");
    };
    export("p7b", "ca.p7b");
    let output = Command::new("openssl")
        .args(["pkcs7", "-inform", "DER", "-in", "ca.p7b", "-print_certs"])
        .current_dir(estate.path(""))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 6, "{text}");
    export("openssl-dir", "hashed");
    let output = Command::new("openssl")
        .args([
            "verify",
            "-auth_level",
            "0",
            "-CApath",
            "hashed",
            "-untrusted",
            "good-g2.pem",
            "good-g2.pem",
        ])
        .current_dir(estate.path(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    export("der", "ca.der");
    assert_eq!(std::fs::read(estate.path("ca.der")).unwrap()[0], 0x30);
    if !is_installed("keytool", "-help") {
        return;
    }
    for (form, file) in [("jks", "ca.jks"), ("pkcs12", "ca.p12")] {
        export(form, file);
        let text = estate.keytool_list(file, ["-storepass", "changeit"]);
        assert_eq!(
            text.matches("trustedCertEntry").count(),
            6,
            "{form}: {text}"
        );
    }
}

/// A download page on loopback that has one file, until the test ends.
fn page(bytes: Vec<u8>) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                bytes.len()
            );
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&bytes);
        }
    });
    format!("http://127.0.0.1:{port}/g3-root.pem")
}

#[test]
fn a_root_from_a_download_page_is_added_only_with_its_digest() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    third_generation(&estate);
    let url = page(std::fs::read(estate.path("g3-root.pem")).unwrap());
    let fetch = |words: &[&str]| {
        let mut all = vec!["fetch", &url];
        all.extend(words);
        all.extend(ADD);
        trust(&estate, &all)
    };
    let (status, said) = fetch(&[]);
    let digest = sha256(&estate, "g3-root.pem");
    let hex = digest.replace(':', "").to_lowercase();
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains(&hex), "{said}");
    assert!(!estate.path("trust").exists());
    let (status, said) = fetch(&["--sha256", &digest]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("its SHA-256 was given"), "{said}");
    let entry = std::fs::read_dir(estate.path("trust")).unwrap().count();
    assert!(entry > 0);
    let (status, said) = trust(
        &estate,
        &[
            "fetch",
            "http://127.0.0.1:9/a.pem",
            "--env",
            "lab-int",
            "--why",
            "a test",
        ],
    );
    assert_eq!(status, Some(3), "a page that does not answer: {said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_root_is_added_when_the_beginning_of_its_digest_is_typed_and_not_when_something_else_is() {
    use std::io::Write;
    use std::process::Stdio;
    if !is_installed("openssl", "version") || !is_installed("script", "--version") {
        return;
    }
    let estate = Estate::new();
    third_generation(&estate);
    let digest = sha256(&estate, "g3-root.pem").replace(':', "");
    for (typed, status) in [("00000000", 1), (&digest[..8], 0)] {
        let command = format!(
            "{} trust add g3-root.pem --env lab-int --generation G3 --why test --facts facts.toml --trust-dir typed",
            env!("CARGO_BIN_EXE_ptl-cert")
        );
        // A terminal, which is what a question is put to.
        let mut child = Command::new("script")
            .args(["-q", "-e", "-c", &command, "/dev/null"])
            .current_dir(estate.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(format!("{typed}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains("type its first 8 digits"), "{said}");
        assert_eq!(estate.path("typed").exists(), status == 0, "{said}");
    }
}
