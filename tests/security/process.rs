//! Signals: a file that gets shorter while it is read, and a run that is asked to end.

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::program::ptl_cert;

#[test]
fn a_file_that_gets_shorter_while_it_is_read_ends_in_a_sentence() {
    let top = tempfile::tempdir().unwrap();
    let mut child = ptl_cert(top.path())
        .args(["inspect", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than a pipe holds: when all of it is written, the program has begun to read.
    stdin.write_all(&vec![b'x'; 1 << 20]).unwrap();
    // The signal that the system sends for it.
    let sent = Command::new("kill")
        .args(["-s", "BUS", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let status = child.wait().unwrap();
    drop(stdin);
    let mut said = String::new();
    child.stderr.unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.contains("was truncated while being read"), "{said}");
}

#[test]
fn a_command_after_a_change_ends_with_the_run_that_started_it() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    for name in ["root.pem", "sub.pem", "root.crl", "sub.crl", "leaf.pem"] {
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/verify/");
        fs::copy(format!("{data}{name}"), root.join(name)).unwrap();
    }
    let imported = ptl_cert(root)
        .args([
            "crl",
            "import",
            "root.crl",
            "sub.crl",
            "--issuer",
            "root.pem",
            "--issuer",
            "sub.pem",
            "--cache",
            "cache",
            "--at",
            "2027-01-02T00:00:00Z",
        ])
        .output()
        .unwrap();
    assert!(imported.status.success(), "{imported:?}");
    let fifo = root.join("begun");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let child = ptl_cert(root)
        .args([
            "crl",
            "export",
            "--for",
            "haproxy",
            "--out-dir",
            "out",
            "--chain",
            "root.pem",
            "--chain",
            "sub.pem",
            "--cache",
            "cache",
            "leaf.pem",
            "--at",
            "2027-01-02T00:00:00Z",
            "--on-change",
            "echo $$ > begun; sleep 600; touch outlived",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Opening it waits for the command, which writes its own number.
    let number = fs::read_to_string(&fifo).unwrap();
    let number = number.trim();
    let sent = Command::new("kill")
        .args(["-s", "TERM", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let done = child.wait_with_output().unwrap();
    // It ended in order, and says what became of the change.
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    // And with it all that it started: each would hold the pipe open that was just read to its end.
    assert!(!number.is_empty());
    assert!(!root.join("outlived").exists());
}
