//! Streams that end early or fail.

use std::fs::OpenOptions;
use std::io::Read;
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

#[test]
fn a_list_from_a_pipe_that_is_closed_at_once_is_an_empty_list() {
    let home = tempfile::tempdir().unwrap();
    let output = ptl_cert(home.path())
        .args(["csr", "--hosts", "-"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
}
