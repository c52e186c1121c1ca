//! Whether a key belongs to a certificate is answered whenever it is asked.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{is_installed, ptl_cert};

/// A folder with copies of the files of tests/data/pki.
fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki");
    for name in [
        "leaf.pem",
        "sub.pem",
        "p384.pem",
        "leaf.key",
        "leaf.pub",
        "leaf.p12",
        "leaf-encrypted.key",
        "other.key",
        "changed.csr",
        "needless-zero.pem",
    ] {
        let copy = folder.path().join(name);
        fs::copy(data.join(name), &copy).unwrap();
        fs::set_permissions(copy, fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

/// The exit status with `--fail-on error`, and the codes about keys and requests.
fn asked(folder: &Path, arguments: &str) -> (Option<i32>, Vec<String>) {
    let run = ptl_cert(folder)
        .args(arguments.split(' '))
        .args(["--fail-on", "error", "--format", "json"])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&run.stdout)
        .unwrap_or_else(|error| panic!("{error}: {arguments}: {run:?}"));
    let findings = report["findings"].as_array().unwrap();
    let mut codes: Vec<String> = findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .filter(|code| {
            ["key", "request", "openssl"]
                .iter()
                .any(|word| code.contains(word))
        })
        .collect();
    codes.dedup();
    (run.status.code(), codes)
}

#[test]
fn a_key_that_is_asked_about_is_compared_with_whatever_certificate_is_given() {
    let folder = folder();
    let moment = "--at 2027-01-01T00:00:00Z";
    let mismatched = (Some(1), vec!["mismatched-key".to_owned()]);
    let fine = (Some(0), Vec::new());
    for (arguments, expected) in [
        // A CA's, as `openssl req -x509` makes them of servers too.
        ("inspect sub.pem --key other.key", &mismatched),
        ("match sub.pem other.key", &mismatched),
        // The public half of a key in a device.
        ("inspect p384.pem --key leaf.pub", &mismatched),
        ("match p384.pem leaf.pub", &mismatched),
        ("inspect leaf.pem --key leaf.pub", &fine),
        ("match leaf.pem leaf.pub", &fine),
        // It belongs to one of them.
        ("inspect sub.pem leaf.pem --key leaf.key", &fine),
        ("match sub.pem leaf.pem leaf.key", &fine),
    ] {
        let arguments = match arguments.starts_with("inspect") {
            true => format!("{arguments} {moment}"),
            false => arguments.to_owned(),
        };
        assert_eq!(&asked(folder.path(), &arguments), expected, "{arguments}");
    }
    // What is beside the key in its own file is not what was asked about.
    let both = ["leaf.pem", "leaf.key"].map(|name| fs::read(folder.path().join(name)).unwrap());
    fs::write(folder.path().join("both.pem"), both.concat()).unwrap();
    let arguments = format!("inspect p384.pem --key both.pem {moment}");
    let (status, codes) = asked(folder.path(), &arguments);
    assert_eq!(status, Some(1));
    assert!(codes.contains(&"mismatched-key".to_owned()), "{codes:?}");
}

#[test]
fn a_file_without_a_key_answers_no_question_about_one() {
    let folder = folder();
    for file in ["leaf.pem", "sub.pem", "changed.csr", "leaf-encrypted.key"] {
        let arguments = format!("inspect leaf.pem --key {file} --at 2027-01-01T00:00:00Z");
        assert_eq!(asked(folder.path(), &arguments).0, Some(3), "{file}");
    }
}

#[test]
fn a_request_without_a_subject_is_compared_by_its_alternative_names() {
    if !is_installed("openssl", "version") {
        return;
    }
    let folder = folder();
    let made = std::process::Command::new("openssl")
        .current_dir(folder.path())
        .args(["req", "-new", "-key", "other.key", "-subj", "/"])
        .args([
            "-addext",
            "subjectAltName=DNS:gpc-int-a1b2c.supplier.thirdparty.nhs.uk",
        ])
        .args(["-out", "names.csr"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let found = asked(folder.path(), "match leaf.pem names.csr");
    assert_eq!(found, (Some(1), vec!["request-mismatch".to_owned()]));
}

#[test]
fn a_request_whose_signature_does_not_verify_is_an_error_of_match_too() {
    let folder = folder();
    let (status, codes) = asked(folder.path(), "match changed.csr leaf.key");
    assert_eq!(status, Some(1));
    assert!(codes.contains(&"request-signature".to_owned()), "{codes:?}");
}

#[test]
fn a_certificate_that_openssl_does_not_load_is_an_error_of_inspect_and_of_match() {
    let folder = folder();
    let unreadable = (Some(1), vec!["openssl-unreadable".to_owned()]);
    for arguments in [
        "match needless-zero.pem leaf.key",
        "inspect needless-zero.pem --at 2027-01-01T00:00:00Z",
    ] {
        assert_eq!(asked(folder.path(), arguments), unreadable, "{arguments}");
    }
}

#[test]
fn a_clear_key_in_an_archive_that_every_user_can_read_is_readable() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let archive = folder.path().join("keys.tar");
    let mut tar = tar::Builder::new(fs::File::create(&archive).unwrap());
    tar.append_path_with_name(folder.path().join("leaf.key"), "leaf.key")
        .unwrap();
    tar.finish().unwrap();
    for (mode, expected) in [
        (0o644, vec!["key-readable".to_owned()]),
        (0o600, Vec::new()),
    ] {
        fs::set_permissions(&archive, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(
            asked(folder.path(), "inspect keys.tar").1,
            expected,
            "{mode:o}"
        );
    }
    // The empty password protects nothing.
    if !is_installed("openssl", "version") {
        return;
    }
    fs::write(folder.path().join("own"), "own\n").unwrap();
    for (password, options, expected) in [
        ("pass:", "", vec!["key-readable".to_owned()]),
        ("pass:own", " --password-file own", Vec::new()),
    ] {
        let made = std::process::Command::new("openssl")
            .current_dir(folder.path())
            .args(["pkcs12", "-export", "-in", "leaf.pem", "-inkey", "leaf.key"])
            .args(["-passout", password, "-out", "made.p12"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let file = folder.path().join("made.p12");
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        let arguments = format!("inspect made.p12 --at 2027-01-01T00:00:00Z{options}");
        assert_eq!(asked(folder.path(), &arguments).1, expected, "{password}");
    }
}

#[test]
fn a_password_that_opens_nothing_leaves_the_question_open() {
    let folder = folder();
    fs::write(folder.path().join("wrong"), "another\n").unwrap();
    fs::write(folder.path().join("right"), "practice\n").unwrap();
    let status = |files: &str, password: &str| {
        let arguments = format!("match {files} --password-file {password}");
        asked(folder.path(), &arguments).0
    };
    assert_eq!(status("leaf.p12", "wrong"), Some(3));
    assert_eq!(status("leaf-encrypted.key leaf.pem", "wrong"), Some(3));
    assert_eq!(status("leaf-encrypted.key leaf.pem", "right"), Some(0));
    // The password is that of one of them: the other key has its own.
    if is_installed("openssl", "version") {
        let made = std::process::Command::new("openssl")
            .current_dir(folder.path())
            .args(["pkey", "-in", "leaf.key", "-aes256", "-passout", "pass:own"])
            .args(["-out", "own.key"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let both = "leaf-encrypted.key own.key leaf.pem";
        assert_eq!(status(both, "right"), Some(0));
        assert_eq!(status(both, "wrong"), Some(3));
    }
}
