//! What `crl export` writes, in the hands of those it is written for: OpenSSL, Java, nginx, HAProxy, Apache.
//!
//! These judges have their own clock, so that this is the one place where lists are made for the present moment.

mod models;
mod servers;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::SystemTime;

use ptl_cert::decode;
use ptl_cert::document::{Document, Item, Moment};
use ptl_cert::input::{Input, Source};
use ptl_cert::lab::{Generation, Keys, Lab, LabEnvironment, LabPlan, Party};
use ptl_cert::revocation::RevocationReason;
use tempfile::TempDir;

use crate::program::{is_installed, ptl_cert};

/// A practice PKI of three generations whose lists are in a cache, with a good and a revoked client of each.
pub(crate) struct Estate {
    folder: TempDir,
    /// The CRLs, each with its issuer's name.
    crls: Vec<(String, PathBuf)>,
}

/// The keys of all estates: they take seconds to make.
fn lab(now: Moment) -> Lab {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    let keys = KEYS.get_or_init(|| Keys::make().unwrap()).clone();
    Lab::create(keys, &LabPlan::new("http://127.0.0.1:9", now)).unwrap()
}

impl Estate {
    /// Makes everything but the cache.
    pub(crate) fn new() -> Estate {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let seconds = i64::try_from(since.unwrap().as_secs()).unwrap();
        let now = Moment::from_unix(seconds - 60).unwrap();
        let mut lab = lab(now);
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        std::fs::write(at.join("facts.toml"), lab.facts()).unwrap();
        let mut bundle = Vec::new();
        for (_, certificate) in lab.authorities() {
            bundle.extend(pem("CERTIFICATE", certificate.der()));
        }
        std::fs::write(at.join("bundle.pem"), bundle).unwrap();
        for generation in Generation::ALL {
            for (party, name) in [(Party::Caller, "good"), (Party::Proxy, "revoked")] {
                let identity = lab
                    .identity(party, LabEnvironment::Int, generation)
                    .unwrap();
                let mut chain = pem("CERTIFICATE", &identity.certificate);
                chain.extend(pem("CERTIFICATE", &identity.chain[0]));
                let stem = format!("{name}-{generation}");
                std::fs::write(at.join(format!("{stem}.pem")), &chain).unwrap();
                let key = identity.key.to_pkcs8_pem().unwrap();
                std::fs::write(at.join(format!("{stem}.key")), &*key).unwrap();
                // Some servers want both in one file.
                let both = [chain, key.to_vec()].concat();
                std::fs::write(at.join(format!("{stem}.both")), both).unwrap();
                if name == "revoked" {
                    let certificate = certificate(&identity.certificate);
                    lab.revoke(&certificate, RevocationReason::KeyCompromise, now)
                        .unwrap();
                }
            }
        }
        let crls = lab
            .published_crls()
            .iter()
            .enumerate()
            .map(|(number, place)| {
                let path = at.join(format!("{number}.crl"));
                std::fs::write(&path, lab.crl(place, now, &[]).unwrap()).unwrap();
                (place.issuer().to_owned(), path)
            })
            .collect();
        Estate { folder, crls }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Takes the CRLs into the cache whose issuer is wanted.
    pub(crate) fn import(&self, wanted: impl Fn(&str) -> bool) {
        let files = self
            .crls
            .iter()
            // One root of the lab has expired, and its CRL is refused.
            .filter(|(issuer, _)| wanted(issuer) && !issuer.contains("Expired"))
            .map(|(_, path)| path.to_str().unwrap());
        let mut words = vec!["crl", "import", "--facts", "facts.toml", "--cache", "cache"];
        words.extend(files);
        let output = self.run(&words);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }

    /// Runs `ptl-cert crl plan` or `export` for LAB INT and a client of each generation.
    pub(crate) fn crl(&self, command: &str, words: &[&str]) -> Output {
        let mut all = vec!["crl", command, "--env", "lab-int"];
        all.extend(["--facts", "facts.toml", "--cache", "cache"]);
        // Every partition is a client's: without one a set is not complete.
        let clients = Generation::ALL.map(|generation| format!("good-{generation}.pem"));
        for client in &clients {
            all.extend(["--client", client]);
        }
        all.extend(words);
        self.run(&all)
    }

    /// What probe says a server does with a client, in a word, and all that it says.
    pub(crate) fn probe(&self, port: u16, client: &str) -> (String, String) {
        let output = self.run(&[
            "probe",
            &format!("127.0.0.1:{port}"),
            "--cert",
            &format!("{client}.pem"),
            "--key",
            &format!("{client}.key"),
            "--trust",
            "bundle.pem",
            "--revocation",
            "off",
            "--format",
            "json",
        ]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let answer = &report["endpoints"][0]["answer"];
        let word = match (answer.get("refused"), answer.get("accepted")) {
            (Some(_), _) => "refused",
            (None, Some(proof)) if proof == "response" => "accepted",
            _ => "neither",
        };
        (word.to_owned(), report.to_string())
    }

    fn run(&self, words: &[&str]) -> Output {
        ptl_cert(self.folder.path()).args(words).output().unwrap()
    }

    /// Exports for a server into a folder of its name, which has to succeed.
    pub(crate) fn export(&self, server: &str, words: &[&str]) -> PathBuf {
        let mut all = vec!["--for", server, "--out-dir", server];
        all.extend(words);
        let output = self.crl("export", &all);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        self.path(server)
    }
}

fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    ptl_cert::export::crls::write_pem(&mut text, label, der).unwrap();
    text
}

fn certificate(der: &[u8]) -> std::sync::Arc<ptl_cert::document::Certificate> {
    let input = Input::new(Source::Stdin, der);
    let opened = decode::open(&input, None).unwrap();
    let item = Item::read(&opened.objects[0], opened.container, None).unwrap();
    match &item.document {
        Document::Certificate(certificate) => certificate.clone(),
        other => panic!("expected a certificate, found {other:?}"),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

#[test]
fn a_plan_is_complete_with_every_crl_and_names_the_one_that_is_missing() {
    let estate = Estate::new();
    assert_eq!(estate.crl("plan", &[]).status.code(), Some(1));
    let missing = estate.crls[0].0.clone();
    estate.import(|issuer| issuer != missing);
    let output = estate.crl("plan", &["--for", "java"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("✗ missing").count(), 1, "{text}");

    let refused = estate.crl("export", &["--for", "nginx", "--out-dir", "nginx"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(!estate.path("nginx").exists(), "nothing is made");

    estate.import(|issuer| issuer == missing);
    let output = estate.crl("plan", &["--for", "java", "good-g1.pem", "revoked-g2.pem"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // OpenSSL wants each root's list to answer for the root itself too.
    let output = estate.crl("plan", &["--for", "nginx"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn two_exports_of_the_same_crls_reload_once_and_a_failed_reload_is_repeated() {
    let estate = Estate::new();
    estate.import(|_| true);
    let count = || {
        let text = std::fs::read_to_string(estate.path("reloads")).unwrap_or_default();
        text.lines().count()
    };
    let reload = "echo x >> reloads; test ! -e broken";
    let words = ["--for", "java", "--out-dir", "out", "--on-change", reload];
    let status = || estate.crl("export", &words).status.code();
    assert_eq!((status(), count()), (Some(0), 1));
    assert_eq!((status(), count()), (Some(0), 1));
    std::fs::remove_file(estate.path("out/crl.pem")).unwrap();
    std::fs::write(estate.path("broken"), "").unwrap();
    assert_eq!((status(), count()), (Some(1), 2));
    // Nothing has changed since, but the server does not know yet.
    assert_eq!((status(), count()), (Some(1), 3));
    std::fs::remove_file(estate.path("broken")).unwrap();
    assert_eq!((status(), count()), (Some(0), 4));
    assert_eq!((status(), count()), (Some(0), 4));
}

#[test]
fn a_test_that_fails_brings_the_old_files_back_and_nothing_is_reloaded() {
    let estate = Estate::new();
    estate.import(|_| true);
    let out = estate.export("java", &[]);
    let file = out.join("crl.pem");
    let new = std::fs::read(&file).unwrap();
    std::fs::write(&file, "old").unwrap();
    let tried = format!("grep -q BEGIN '{}' && exit 3", file.display());
    let words = [
        "--for",
        "java",
        "--out-dir",
        "java",
        "--on-change",
        "touch reloaded",
    ];
    let failing = [&words[..], &["--test", &tried]].concat();
    let output = estate.crl("export", &failing);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("RESTORED") && text.contains("exit 3 exited with"),
        "{text}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), b"old");
    assert!(!estate.path("reloaded").exists());

    let passing = [&words[..], &["--test", "true"]].concat();
    assert_eq!(estate.crl("export", &passing).status.code(), Some(0));
    assert_eq!(std::fs::read(&file).unwrap(), new);
    assert!(estate.path("reloaded").exists());
}

#[test]
fn openssl_finds_the_crls_by_file_and_by_folder() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    estate.import(|_| true);
    let file = estate.export("nginx", &[]).join("crl.pem");
    let folder = estate.export("openssl-dir", &[]);
    let verify = |client: &str, extent: &str, crls: [&Path; 2]| {
        // The oldest generation is SHA-1, which OpenSSL takes at level 0 only.
        let output = Command::new("openssl")
            .args(["verify", extent, "-auth_level", "0", "-CAfile"])
            .arg(estate.path("bundle.pem"))
            .args(crls)
            .arg("-untrusted")
            .arg(estate.path(client))
            .arg(estate.path(client))
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    };
    for crls in [
        [Path::new("-CRLfile"), &file],
        [Path::new("-CApath"), &folder],
    ] {
        for generation in Generation::ALL {
            let good = format!("good-{generation}.pem");
            let (is_good, said) = verify(&good, "-crl_check", crls);
            assert!(is_good, "{said}");
            let revoked = format!("revoked-{generation}.pem");
            let (is_good, said) = verify(&revoked, "-crl_check", crls);
            assert!(!is_good && said.contains("certificate revoked"), "{said}");

            let (is_good, said) = verify(&good, "-crl_check_all", crls);
            assert!(is_good, "{said}");
        }
    }
}

#[test]
fn java_reads_every_crl_of_the_file() {
    if !is_installed("keytool", "-help") {
        return;
    }
    let estate = Estate::new();
    estate.import(|_| true);
    let file = estate.export("java", &[]).join("crl.pem");
    let blocks = std::fs::read_to_string(&file)
        .unwrap()
        .matches("BEGIN")
        .count();
    let output = Command::new("keytool")
        .args(["-J-Duser.language=en", "-printcrl", "-file"])
        .arg(&file)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text.matches("Issuer: ").count(), blocks, "{text}");
    assert!(blocks >= 6, "{blocks}");
}

#[test]
fn windows_gets_a_file_for_each_crl_and_a_script_that_loads_them() {
    let estate = Estate::new();
    estate.import(|_| true);
    let folder = estate.export("iis", &[]);
    let script = std::fs::read_to_string(folder.join("import-crl.ps1")).unwrap();
    let crls: Vec<String> = names(&folder)
        .into_iter()
        .filter(|name| name.ends_with(".crl"))
        .collect();
    assert!(crls.len() >= 6, "{crls:?}");
    for crl in crls {
        assert!(script.contains(&format!("'{crl}'")), "{crl}");
        let der = std::fs::read(folder.join(&crl)).unwrap();
        assert_eq!(der[0], 0x30, "{crl} is DER");
    }
}
