//! Text from outside in what is written for others: evidence, tables for a spreadsheet, findings.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use ptl_cert::input::disturbing;

use crate::journey::{self, Answered};
use crate::program::ptl_cert;

const NAME: &str = "gpc-int-a1b2c.supplier.thirdparty.nhs.uk";
/// The name of a file that would be a heading, a script and a screen's command.
const EVIL: &str = "evil\n\n# APPROVED\n<script>x\u{1b}[2J\u{202e}`.pem";

#[test]
fn the_name_of_a_file_is_no_markup_in_any_evidence() {
    let top = tempfile::tempdir().unwrap();
    let leaf = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pki/leaf.pem");
    fs::copy(leaf, top.path().join(EVIL)).unwrap();
    for ending in ["html", "md", "xml", "json"] {
        let report = format!("r.{ending}");
        let done = ptl_cert(top.path())
            .args(["preflight", "--env", "int", "--fqdn", NAME, "--cert", EVIL])
            .args(["--only", "name-rules,key-pair,server-certificate"])
            .args(["--report", &report])
            .output()
            .unwrap();
        let written = fs::read_to_string(top.path().join(&report)).unwrap();
        let printed = String::from_utf8(done.stdout).unwrap();
        for text in [&written, &printed] {
            assert!(text.contains("APPROVED"), "{text}");
            let bad = |c: char| c != '\n' && disturbing(c);
            assert!(!text.chars().any(bad), "{report}: {text:?}");
            let begins = |line: &str| line.trim_start().starts_with("# APPROVED");
            assert!(!text.lines().any(begins), "{report}: {text}");
        }
        if ending != "json" {
            let begins = |line: &str| line.trim_start().starts_with("<script>x");
            assert!(!written.lines().any(begins), "{report}: {written}");
        }
    }
}

#[test]
fn a_table_of_firewall_rules_has_no_formula_and_no_cell_of_its_own() {
    let top = tempfile::tempdir().unwrap();
    for host in ["=cmd|' /c calc'!A1,evil", "a|b\\u202e\\u001b[2J"] {
        let facts = format!(
            "[[environment]]\nid = \"x\"\ntitle = \"X\"\nhierarchy = \"ptl\"\nssp = [\"{host}\"]\n"
        );
        fs::write(top.path().join("f.toml"), facts).unwrap();
        for form in ["csv", "md"] {
            let done = ptl_cert(top.path())
                .args(["preflight", "--env", "x", "--facts", "f.toml", "--fqdn"])
                .args([NAME, "--firewall-rules", form])
                .output()
                .unwrap();
            assert_eq!(done.status.code(), Some(3), "{done:?}");
            assert!(done.stdout.is_empty(), "{done:?}");
            let said = String::from_utf8(done.stderr).unwrap();
            assert!(said.contains("a host name"), "{said}");
        }
    }
}

#[test]
fn the_name_of_a_server_is_on_one_line() {
    let top = tempfile::tempdir().unwrap();
    fs::write(
        top.path().join("nginx.conf"),
        "events {}\nhttp { server { listen 443 ssl; server_name \"a\n✓ all is well\"; } }\n",
    )
    .unwrap();
    for form in ["text", "json"] {
        let done = ptl_cert(top.path())
            .args(["doctor", "nginx.conf", "--format", form])
            .output()
            .unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        assert!(text.contains("all is well"), "{text}");
        assert!(!text.lines().any(|line| line.starts_with('✓')), "{text}");
    }
}

/// Every file and folder below a folder.
fn everything(folder: &Path) -> BTreeSet<PathBuf> {
    let mut seen = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            seen.insert(path);
        }
    }
    seen
}

/// A tar archive of one file whose name is written as it is.
fn tar_of(name: &str, contents: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(contents.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let mut archive = tar::Builder::new(Vec::new());
    archive.append(&header, contents).unwrap();
    archive.into_inner().unwrap()
}

#[test]
fn the_name_of_an_archives_member_is_never_a_path_and_is_shown_as_escapes() {
    const NAMES: [&str; 4] = [
        "../../outside.pem",
        "/tmp/ptl-cert-outside.pem",
        "..\\..\\outside.pem",
        "x\u{1b}[2J\u{202e}/../../mep.pem",
    ];
    let top = tempfile::tempdir().unwrap();
    let inside = top.path().join("far/inside");
    fs::create_dir_all(&inside).unwrap();
    let csr = format!("{NAME}.csr");
    let request = vec!["csr", "--fqdn", NAME];
    let sign = journey::sign(&csr, "lab", "reply");
    journey::go(&inside, &[journey::init("lab"), request, sign]);
    let reply = journey::only_file(&inside.join("reply"));
    let mut members = Vec::new();
    let mut sound = zip::ZipArchive::new(fs::File::open(inside.join(&reply)).unwrap()).unwrap();
    for number in 0..sound.len() {
        let mut contents = Vec::new();
        let mut member = sound.by_index(number).unwrap();
        member.read_to_end(&mut contents).unwrap();
        members.push(contents);
    }
    for (number, name) in NAMES.into_iter().enumerate() {
        let mut hostile = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (number, contents) in members.iter().enumerate() {
            let name = name.replace(".pem", &format!("{number}.pem"));
            hostile.start_file(name, options).unwrap();
            hostile.write_all(contents).unwrap();
        }
        let zipped = hostile.finish().unwrap().into_inner();
        let leaf = members.first().unwrap();
        fs::write(inside.join("hostile.zip"), zipped).unwrap();
        fs::write(inside.join("hostile.tar"), tar_of(name, leaf)).unwrap();
        let before = everything(top.path());
        for file in ["hostile.zip", "hostile.tar"] {
            let done = ptl_cert(&inside).args(["inspect", file]).output().unwrap();
            let text = String::from_utf8(done.stdout).unwrap();
            assert!(
                text.contains(file) && text.contains("1 certificate"),
                "{text}"
            );
            assert!(
                !text.chars().any(|c| c != '\n' && disturbing(c)),
                "{text:?}"
            );
        }
        assert_eq!(everything(top.path()), before);
        let out = format!("accepted-{number}");
        let answered = Answered {
            reply: "hostile.zip",
            csr: &csr,
            key: &format!("{NAME}.key"),
        };
        let words = journey::accept(&answered, "lab/facts.toml", &out);
        let done = ptl_cert(&inside).args(&words).output().unwrap();
        assert!(done.status.success(), "{name:?}: {done:?}");
        let after = everything(top.path());
        let made: Vec<&PathBuf> = after.difference(&before).collect();
        assert!(made.len() > 2, "{made:?}");
        assert!(
            made.iter().all(|path| path.starts_with(inside.join(&out))),
            "{made:?}"
        );
    }
    assert!(!Path::new("/tmp/ptl-cert-outside.pem").exists());
}

#[test]
fn a_file_with_a_secret_that_is_given_by_mistake_is_not_printed() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let key = openssl::rsa::Rsa::generate(2048).unwrap();
    let pem = key.private_key_to_pem().unwrap();
    let pem = String::from_utf8(pem).unwrap();
    let body: Vec<&str> = pem.lines().filter(|line| !line.contains("---")).collect();
    let json = format!("{{\"kty\":\"RSA\",\"d\":\"{}\"}}\n", body[..4].concat());
    let password = "PFX_PASSWORD=hunter2-hunter2\n";
    let files = [
        ("k.key", pem.clone()),
        ("hyphens", pem.replace("-----", "")),
        ("body", body.join("\n")),
        ("line", body.join(",")),
        ("json", json),
        ("env", password.to_owned()),
    ];
    let leaf = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pki/leaf.pem");
    let der = key.private_key_to_der().unwrap();
    fs::write(root.join("der"), der).unwrap();
    for (name, text) in &files {
        fs::write(root.join(name), text).unwrap();
    }
    let names = files.iter().map(|(name, _)| *name).chain(["der"]);
    for name in names {
        let commands: [(&[&str], &str); 4] = [
            (
                &["csr", "--hosts", name, "--out-dir", "o"],
                "a list of hosts",
            ),
            (
                &[
                    "crl",
                    "check",
                    "--crl",
                    leaf,
                    "--issuer",
                    leaf,
                    "--serials",
                    name,
                ],
                "a list of serial numbers",
            ),
            (&["environments", "--facts", name], "facts in TOML"),
            (
                &["environments", "--facts", name, "--format", "json"],
                "facts in TOML",
            ),
        ];
        for (words, expected) in commands {
            let done = ptl_cert(root).args(words).output().unwrap();
            assert!(!done.status.success(), "{words:?}: {done:?}");
            let said = [&done.stdout[..], &done.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            assert!(!said.contains("hunter2"), "{words:?}: {said}");
            let flat: String = said.split_whitespace().collect();
            for line in &body {
                let part = line.get(..24).unwrap_or(line);
                assert!(!flat.contains(part), "{words:?}: {said}");
            }
            if matches!(name, "k.key" | "hyphens") {
                let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
                let says = format!("holds a private key, not {expected}");
                assert!(flat.contains(&says), "{words:?}: {said}");
            }
        }
    }
}

#[test]
fn a_trust_store_with_too_many_entries_can_be_listed_and_emptied() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let trust = root.join("home/trust");
    fs::create_dir_all(&trust).unwrap();
    let digest = |number: usize| format!("{number:08x}{}", "0".repeat(56));
    for number in 0..=1000 {
        fs::write(trust.join(format!("{}.toml", digest(number))), "x").unwrap();
    }
    let leaf = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pki/leaf.pem");
    let run = |words: &[&str]| {
        let mut command = ptl_cert(root);
        command.env("PTL_CERT_HOME", root.join("home")).args(words);
        let done = command.output().unwrap();
        let said = [&done.stdout[..], &done.stderr].concat();
        (done.status.code(), String::from_utf8(said).unwrap())
    };
    let many = "holds more than 1000 entries";
    let (status, said) = run(&["inspect", leaf]);
    assert_eq!(status, Some(3), "{said}");
    assert!(said.replace('\n', " ").contains("trust remove"), "{said}");
    let (_, said) = run(&["trust", "list"]);
    assert!(
        !said.contains(many) && said.contains("NHS INT Level 1C"),
        "{said}"
    );
    let (status, said) = run(&["trust", "remove", &digest(7)]);
    assert_eq!(status, Some(0), "{said}");
    assert!(!trust.join(format!("{}.toml", digest(7))).exists());
    let (_, said) = run(&["inspect", leaf]);
    assert!(!said.contains(many), "{said}");
}
