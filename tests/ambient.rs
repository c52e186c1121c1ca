//! Nothing of a process's surroundings changes an answer: no configuration of OpenSSL's, no folder of modules or trusted
//! certificates, no processor flag.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::program::{is_installed, ptl_cert};

const NAME: &str = "gpc-int-a1b2c.supplier.thirdparty.nhs.uk";
const AT: &str = "2027-01-01T00:00:00Z";

fn data(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    folder.join(name).display().to_string()
}

/// A file that OpenSSL would read: only algorithms that a FIPS module has, and no such module.
fn fips(folder: &Path) -> PathBuf {
    let path = folder.join("fips.cnf");
    let text = "openssl_conf = init\n[init]\nalg_section = algorithms\n\
                [algorithms]\ndefault_properties = fips=yes\n";
    fs::write(&path, text).unwrap();
    path
}

/// A file that OpenSSL cannot read, and gives up over.
fn broken(folder: &Path) -> PathBuf {
    let path = folder.join("broken.cnf");
    fs::write(&path, "openssl_conf = init\n[init\nproviders = = [\n").unwrap();
    path
}

/// Every surrounding that might matter, as variables.
fn surroundings(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let empty = folder.join("empty");
    fs::create_dir_all(&empty).unwrap();
    vec![
        ("OPENSSL_CONF", fips(folder)),
        ("OPENSSL_CONF", broken(folder)),
        ("OPENSSL_CONF", folder.join("missing.cnf")),
        ("OPENSSL_CONF", empty.clone()),
        ("OPENSSL_MODULES", empty.clone()),
        ("OPENSSL_ENGINES", empty.clone()),
        ("SSL_CERT_FILE", PathBuf::from(data("pki/root.pem"))),
        ("SSL_CERT_FILE", broken(folder)),
        ("SSL_CERT_DIR", empty),
        // Without AES-NI and PCLMULQDQ, as OPENSSL_ia32cap(3) has it.
        ("OPENSSL_ia32cap", PathBuf::from("~0x200000200000000")),
        ("OPENSSL_ia32cap", PathBuf::from("0x0:0x0")),
    ]
}

fn run(folder: &Path, arguments: &[String], variable: Option<&(&str, PathBuf)>) -> Output {
    let mut command = ptl_cert(folder);
    command.args(arguments);
    if let Some((name, value)) = variable {
        command.env(name, value);
    }
    command.output().unwrap()
}

/// Runs a command in every surrounding, and holds each against the same command without any.
fn unmoved(arguments: &[&str], status: i32) {
    let arguments: Vec<String> = arguments
        .iter()
        .map(|&argument| argument.to_owned())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let expected = run(folder.path(), &arguments, None);
    assert_eq!(expected.status.code(), Some(status), "{expected:?}");
    for variable in surroundings(folder.path()) {
        let found = run(folder.path(), &arguments, Some(&variable));
        assert_eq!(found, expected, "{variable:?} {arguments:?}");
    }
}

#[test]
fn openssl_itself_reads_the_files_that_must_not_count_here() {
    if !is_installed("openssl", "version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let digest = |configuration: &Path| {
        let mut command = Command::new("openssl");
        command.args(["dgst", "-sha256", &data("pki/root.pem")]);
        let output = command.env("OPENSSL_CONF", configuration).output();
        output.unwrap().status.success()
    };
    fs::write(folder.path().join("plain.cnf"), "").unwrap();
    assert!(digest(&folder.path().join("plain.cnf")));
    assert!(!digest(&fips(folder.path())));
}

#[test]
fn inspect_says_the_same_of_certificates_keys_and_old_containers() {
    let at = ["--at", AT, "--format", "json"];
    let chain = [
        data("pki/leaf.pem"),
        data("pki/sub.pem"),
        data("pki/root.pem"),
    ];
    let key = data("pki/leaf.key");
    let inspect = [
        "inspect",
        &chain[0],
        &chain[1],
        &chain[2],
        &key,
        &data("pki/leaf.csr"),
    ];
    unmoved(&[&inspect[..], &at].concat(), 0);
    let password = tempfile::NamedTempFile::new().unwrap();
    fs::write(password.path(), "practice\n").unwrap();
    let password = password.path().display().to_string();
    for container in ["pki/leaf.p12", "legacy-rc2.p12", "pki/leaf-traditional.key"] {
        let container = data(container);
        let inspect = ["inspect", &container, "--password-file", &password];
        unmoved(&[&inspect[..], &at].concat(), 0);
    }
}

#[test]
fn verify_gives_the_same_verdict_good_or_bad() {
    let (leaf, sub, root) = (
        data("pki/leaf.pem"),
        data("pki/sub.pem"),
        data("pki/root.pem"),
    );
    for (certificate, status) in [
        (leaf, 0),
        (data("pki/sha1.pem"), 1),
        (data("pki/forged-sub.pem"), 1),
    ] {
        let asked = ["verify", &certificate, "--chain", &sub, "--trust", &root];
        unmoved(
            &[&asked[..], &["--at", AT, "--format", "json"]].concat(),
            status,
        );
    }
}

#[test]
fn accept_takes_the_same_reply() {
    let folder = tempfile::tempdir().unwrap();
    let variables: Vec<_> = surroundings(folder.path()).into_iter().map(Some).collect();
    for (number, variable) in [None].into_iter().chain(variables).enumerate() {
        let out = folder.path().join(number.to_string());
        let arguments = [
            "accept",
            &data("pki/reply.zip"),
            "--csr",
            &data("pki/leaf.csr"),
            "--key",
            &data("pki/leaf.key"),
            "--env",
            "practice",
            "--facts",
            &data("pki/facts.toml"),
            "--at",
            AT,
            "--out-dir",
            &out.display().to_string(),
        ]
        .map(str::to_owned);
        let found = run(folder.path(), &arguments, variable.as_ref());
        assert_eq!(found.status.code(), Some(0), "{variable:?} {found:?}");
        assert!(out.join(format!("{NAME}.fullchain.pem")).is_file());
    }
}

#[test]
fn csr_makes_a_pair_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    for (number, variable) in surroundings(folder.path()).into_iter().enumerate() {
        let out = folder.path().join(number.to_string()).display().to_string();
        let arguments = ["csr", "--fqdn", NAME, "--out-dir", &out].map(str::to_owned);
        let made = run(folder.path(), &arguments, Some(&variable));
        assert_eq!(made.status.code(), Some(0), "{variable:?} {made:?}");
        let request = format!("{out}/{NAME}.csr");
        let key = format!("{out}/{NAME}.key");
        let arguments = ["inspect", &request, "--key", &key, "--at", AT].map(str::to_owned);
        let read = run(folder.path(), &arguments, Some(&variable));
        assert_eq!(read.status.code(), Some(0), "{variable:?} {read:?}");
    }
}

#[test]
fn crl_check_answers_the_same() {
    let (crl, sub) = (data("pki/list.crl"), data("pki/sub.pem"));
    let arguments = [
        "crl", "check", "--serial", "03", "--crl", &crl, "--issuer", &sub, "--at", AT,
    ];
    let folder = tempfile::tempdir().unwrap();
    let arguments = arguments.map(str::to_owned);
    let expected = run(folder.path(), &arguments, None);
    assert_ne!(expected.status.code(), Some(2), "{expected:?}");
    for variable in surroundings(folder.path()) {
        let found = run(folder.path(), &arguments, Some(&variable));
        assert_eq!(found, expected, "{variable:?}");
    }
}
