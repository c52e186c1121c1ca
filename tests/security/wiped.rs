//! Key bytes and passphrases are wiped before their memory is freed, by every command and on every road: a C shim that is
//! preloaded keeps what is freed, and the key is looked for in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::PKey;
use openssl::symm::Cipher;
use openssl::x509::X509;

use crate::journey::{self, Answered, NAME};
use crate::program::{is_installed, say_skipped};

const PASSPHRASE: &str = "correct horse battery staple";

/// Builds the shim; `None` where no compiler is installed.
fn shim(folder: &Path) -> Option<PathBuf> {
    if !is_installed("gcc", "--version") {
        return None;
    }
    let (source, built) = (folder.join("free.c"), folder.join("free.so"));
    fs::write(&source, include_str!("free.c")).unwrap();
    let done = Command::new("gcc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&built, &source])
        .arg("-ldl")
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    Some(built)
}

/// What a run freed without wiping it.
fn freed(root: &Path, shim: &Path, words: &[&str]) -> Vec<u8> {
    let kept = root.join("freed");
    let _ = fs::remove_file(&kept);
    let done = Command::new(env!("CARGO_BIN_EXE_ptl-cert"))
        .args(words)
        .current_dir(root)
        .env_clear()
        .env("HOME", root)
        .env("LD_PRELOAD", shim)
        .env("FREED", &kept)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(0), "{words:?}: {done:?}");
    fs::read(&kept).unwrap_or_default()
}

/// What must not be found of a key: octets of its private part, as they are and in the forms in which it is pasted.
fn traces(key: &PKey<openssl::pkey::Private>) -> Vec<(String, Vec<u8>)> {
    let rsa = key.rsa().unwrap();
    let mut traces = Vec::new();
    for (name, number) in [
        ("d", rsa.d()),
        ("p", rsa.p().unwrap()),
        ("q", rsa.q().unwrap()),
    ] {
        let octets = number.to_vec();
        traces.push((format!("{name} as octets"), octets[8..40].to_vec()));
        // OpenSSL's numbers, least significant word first.
        traces.push((
            format!("{name} as words"),
            octets.iter().rev().copied().skip(8).take(32).collect(),
        ));
    }
    let pem = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let line = pem.lines().nth(12).unwrap();
    traces.push((
        "a line of its PEM".to_owned(),
        line.as_bytes()[8..40].to_vec(),
    ));
    traces.push((
        "a line of its PEM in UTF-16".to_owned(),
        line.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .skip(16)
            .take(64)
            .collect(),
    ));
    traces
}

fn holds(bytes: &[u8], trace: &[u8]) -> bool {
    bytes.windows(trace.len()).any(|window| window == trace)
}

#[test]
fn the_shim_finds_what_is_freed_without_being_wiped() {
    let top = tempfile::tempdir().unwrap();
    let Some(shim) = shim(top.path()) else { return };
    // A program that wipes nothing: the test below can fail.
    let kept = top.path().join("freed");
    let source = top.path().join("leak.c");
    fs::write(
        &source,
        "#include <stdlib.h>\n#include <string.h>\nint main(int n, char **v) { char *s = strdup(v[1]); volatile char c = s[0]; (void)n; (void)c; free(s); return 0; }",
    )
    .unwrap();
    let program = top.path().join("leak");
    let done = Command::new("gcc")
        .arg("-O0")
        .arg("-o")
        .args([&program, &source])
        .status();
    assert!(done.unwrap().success());
    let done = Command::new(&program)
        .arg("a secret of thirty-two octets....")
        .env("LD_PRELOAD", &shim)
        .env("FREED", &kept)
        .status();
    assert!(done.unwrap().success());
    assert!(holds(
        &fs::read(kept).unwrap(),
        b"a secret of thirty-two octets"
    ));
}

#[test]
fn no_command_frees_key_bytes_without_wiping_them() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let Some(shim) = shim(root) else {
        say_skipped("whether key bytes are wiped");
        return;
    };
    let run = |words: &[&str]| freed(root, &shim, words);
    let mut faults = Vec::new();
    let mut look = |what: &str, bytes: &[u8], traces: &[(String, Vec<u8>)]| {
        for (name, trace) in traces {
            if holds(bytes, trace) {
                faults.push(format!("{what}: {name}"));
            }
        }
    };
    // The road on which a key is made.
    let made = run(&["csr", "--fqdn", NAME]);
    let pem = fs::read(root.join(format!("{NAME}.key"))).unwrap();
    let key = PKey::private_key_from_pem(&pem).unwrap();
    let traces = traces(&key);
    look("csr", &made, &traces);
    // Those on which it is read.
    let text = String::from_utf8(pem.clone()).unwrap();
    let der = key.private_key_to_pkcs8().unwrap();
    let rsa = key.rsa().unwrap();
    let sealed = key
        .private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), PASSPHRASE.as_bytes())
        .unwrap();
    let old = rsa
        .private_key_to_pem_passphrase(Cipher::aes_256_cbc(), PASSPHRASE.as_bytes())
        .unwrap();
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(root.join("passphrase"), PASSPHRASE).unwrap();
    for (file, bytes) in [
        ("pkcs8.pem", pem.clone()),
        ("pkcs8.der", der.clone()),
        ("pkcs1.pem", rsa.private_key_to_pem().unwrap()),
        ("pkcs1.der", rsa.private_key_to_der().unwrap()),
        ("utf16.key", utf16),
        ("crlf.key", text.replace('\n', "\r\n").into_bytes()),
        ("bare.txt", STANDARD.encode(&der).into_bytes()),
        (
            "label.key",
            text.replace("PRIVATE KEY", "CERTIFICATE").into_bytes(),
        ),
        ("quoted.eml", text.replace('=', "=3D").into_bytes()),
        ("indented.key", text.replace('\n', "\n    ").into_bytes()),
        ("archive.zip", zip(&pem)),
    ] {
        fs::write(root.join(file), bytes).unwrap();
        look(
            &format!("inspect {file}"),
            &run(&["inspect", file]),
            &traces,
        );
        look(
            &format!("inspect {file} as JSON"),
            &run(&["inspect", file, "--format", "json"]),
            &traces,
        );
        look(&format!("match {file}"), &run(&["match", file]), &traces);
    }
    let secrets: Vec<(String, Vec<u8>)> = traces
        .iter()
        .cloned()
        .chain([(
            "the passphrase".to_owned(),
            PASSPHRASE.as_bytes()[..24].to_vec(),
        )])
        .collect();
    for (file, bytes) in [("sealed.pem", sealed), ("old.pem", old)] {
        fs::write(root.join(file), bytes).unwrap();
        let words = ["inspect", file, "--password-file", "passphrase"];
        look(&format!("inspect {file}"), &run(&words), &secrets);
    }
    for (words, what) in [
        (
            &[
                "csr",
                "--fqdn",
                "b.supplier.thirdparty.nhs.uk",
                "--key",
                "pkcs8.pem",
            ] as &[&str],
            "csr --key",
        ),
        (
            &[
                "csr",
                "--fqdn",
                "c.supplier.thirdparty.nhs.uk",
                "--key",
                "pkcs1.der",
            ],
            "csr --key of PKCS#1",
        ),
        (
            &[
                "csr",
                "--fqdn",
                "d.supplier.thirdparty.nhs.uk",
                "--key",
                "sealed.pem",
                "--passphrase-file",
                "passphrase",
            ],
            "csr --key of an encrypted one",
        ),
    ] {
        look(what, &run(words), &secrets);
    }
    // Writing an encrypted key.
    let written = run(&[
        "csr",
        "--fqdn",
        "e.supplier.thirdparty.nhs.uk",
        "--passphrase-file",
        "passphrase",
    ]);
    let pem = fs::read(root.join("e.supplier.thirdparty.nhs.uk.key")).unwrap();
    let encrypted = PKey::private_key_from_pem_passphrase(&pem, PASSPHRASE.as_bytes()).unwrap();
    look(
        "csr of an encrypted key",
        &written,
        &self::traces(&encrypted),
    );
    // What the lab answers, and what is made of it.
    let (request, own) = (format!("{NAME}.csr"), format!("{NAME}.key"));
    run(&journey::init("lab"));
    run(&journey::sign(&request, "lab", "reply"));
    let answered = Answered {
        reply: &journey::only_file(&root.join("reply")),
        csr: &request,
        key: &own,
    };
    let accept = journey::accept(&answered, "lab/facts.toml", "accepted");
    look("accept", &run(&accept), &traces);
    let leaf = fs::read(root.join(format!("accepted/{NAME}.crt"))).unwrap();
    let leaf = X509::from_pem(&leaf).unwrap();
    let mut builder = Pkcs12::builder();
    let pfx = builder.pkey(&key).cert(&leaf).build2(PASSPHRASE).unwrap();
    fs::write(root.join("pair.pfx"), pfx.to_der().unwrap()).unwrap();
    let valid: &[&str] = &["--at", "2030-01-10T00:00:00Z"];
    for (command, at) in [("inspect", &[][..]), ("match", &[]), ("inventory", valid)] {
        let words = [&[command, "pair.pfx", "--password-file", "passphrase"], at].concat();
        look(&format!("{command} pair.pfx"), &run(&words), &secrets);
    }
    // Renewing it, with a new key and with its own.
    let from = ["--from", "pair.pfx", "--password-file", "passphrase"];
    for (what, more) in [
        (
            "renew",
            ["--passphrase-file", "passphrase", "--out-dir", "next"],
        ),
        (
            "renew with the key",
            ["--reuse-key", &own, "--out-dir", "same"],
        ),
    ] {
        let words = [&["renew", NAME][..], &from, &more].concat();
        look(what, &run(&words), &secrets);
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// A ZIP archive with the key as a deflated member.
fn zip(key: &[u8]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut zip = zip::ZipWriter::new(&mut bytes);
    zip.start_file("mail.key", zip::write::SimpleFileOptions::default())
        .unwrap();
    std::io::Write::write_all(&mut zip, key).unwrap();
    zip.finish().unwrap();
    bytes.into_inner()
}
