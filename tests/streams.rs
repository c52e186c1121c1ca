//! Streams that end early or fail.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use crate::program::ptl_cert;

#[test]
fn a_reader_that_goes_away_is_no_error_and_no_panic() {
    let home = tempfile::tempdir().unwrap();
    let mut child = ptl_cert(home.path())
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut complaint = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut complaint)
        .unwrap();
    assert_eq!(complaint, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_not_answered() {
    let home = tempfile::tempdir().unwrap();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = ptl_cert(home.path())
        .args(["completions", "zsh"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("No space left on device"), "{complaint}");
    assert!(!complaint.contains("panicked"), "{complaint}");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_not_answered_where_something_went_to_the_other_stream_first() {
    let home = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki");
    std::fs::create_dir(home.path().join("files")).unwrap();
    for name in ["leaf.pem", "leaf.key"] {
        let copy = home.path().join("files").join(name);
        std::fs::copy(data.join(name), copy).unwrap();
    }
    std::fs::write(home.path().join("files/notes.txt"), "no certificate\n").unwrap();
    for args in [
        &["inspect", "files"][..],
        &["match", "files"],
        &["inventory", "files"],
        &["renew", "--due", "60d", "--from", "files"],
        &["crl", "schedule", "--for", "cron", "--env", "int"],
        &["--help"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = ptl_cert(home.path());
        let output = command.args(args).stdout(full).output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{args:?}: {complaint}");
        assert!(complaint.contains("No space left on device"), "{complaint}");
    }
}

#[test]
fn a_list_from_a_pipe_that_is_closed_at_once_is_an_empty_list() {
    let home = tempfile::tempdir().unwrap();
    let output = ptl_cert(home.path())
        .args(["csr", "--hosts", "-"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn ca_certificates_on_the_standard_output_are_the_bytes_of_the_file() {
    let home = tempfile::tempdir().unwrap();
    let export = |form: &str, more: &[&str]| {
        let output = ptl_cert(home.path())
            .args(["trust", "export", "--env", "int", "--format", form])
            .args(more)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        output.stdout
    };
    for form in ["pem", "der", "p7b"] {
        let printed = export(form, &[]);
        export(form, &["--out", form]);
        let file = std::fs::read(home.path().join(form)).unwrap();
        assert!(!file.is_empty() && printed == file, "{form}");
    }
}

/// Runs `crl check` for so many serial numbers on standard input; what it wrote, and its status.
fn check_serials(count: u32, format: &str) -> (Option<i32>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/crl");
    for name in ["ca.pem", "newer.crl"] {
        std::fs::copy(data.join(name), folder.path().join(name)).unwrap();
    }
    let mut command = ptl_cert(folder.path());
    command.args(["crl", "check", "--crl", "newer.crl", "--issuer", "ca.pem"]);
    command.args(["--serials", "-", "--at", "2027-01-01T00:00:00Z"]);
    let mut child = command
        .args(["--format", format])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = std::io::BufWriter::new(child.stdin.take().unwrap());
    let feed = std::thread::spawn(move || {
        // One that is revoked, 2002, is among the first, and again after the first batch.
        for number in 0..count {
            writeln!(stdin, "{:x}", 0x2000 + number % 100_000).unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    feed.join().unwrap();
    (output.status.code(), output.stdout)
}

#[test]
fn answers_that_are_streamed_are_those_that_are_collected() {
    let (status, json) = check_serials(140_000, "json");
    let (streamed_status, lines) = check_serials(140_000, "ndjson");
    assert_eq!((status, streamed_status), (Some(1), Some(1)));
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let collected = json["answers"].as_array().unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let mut streamed = lines.lines();
    for answer in collected {
        let mut line: serde_json::Value = serde_json::from_str(streamed.next().unwrap()).unwrap();
        let fields = line.as_object_mut().unwrap();
        assert_eq!(
            fields.remove("schema").unwrap(),
            "ptl-cert/crl-check-ndjson/1"
        );
        assert_eq!(fields.remove("record").unwrap(), "answer");
        assert_eq!(line, *answer);
    }
    let summary: serde_json::Value = serde_json::from_str(streamed.next().unwrap()).unwrap();
    assert_eq!(
        (&summary["record"], &summary["answers"]),
        (&"summary".into(), &140_000.into())
    );
    assert_eq!((&summary["exit"], streamed.next()), (&1.into(), None));
    let revoked = collected
        .iter()
        .filter(|answer| answer["answer"] == "revoked");
    assert_eq!((collected.len(), revoked.count()), (140_000, 2));
}
