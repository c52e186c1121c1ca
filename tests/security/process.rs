//! Signals: a file that gets shorter while it is read, and a run that is asked to end.

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

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
    let done = stopped_while_a_command_runs("TERM");
    // It ended in order, and says what became of the change.
    assert_eq!(done.status.code(), Some(1), "{done:?}");
}

#[test]
fn a_command_after_a_change_does_not_outlive_a_run_that_is_killed() {
    let done = stopped_while_a_command_runs("KILL");
    assert_eq!(done.status.code(), None, "{done:?}");
}

fn stopped_while_a_command_runs(signal: &str) -> Output {
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
        .args(["-s", signal, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let done = child.wait_with_output().unwrap();
    // And with it all that it started: each would hold the pipe open that was just read to its end.
    assert!(!number.is_empty());
    assert!(!root.join("outlived").exists());
    done
}

#[test]
fn a_servers_own_test_ends_with_the_run_that_started_it() {
    use std::os::unix::fs::PermissionsExt;
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let fifo = root.join("begun");
    let made = Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    let program = root.join("nginx");
    let script = format!("#!/bin/sh\necho $$ > '{}'\nsleep 600\n", fifo.display());
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(
        root.join("nginx.conf"),
        "events {}\nhttp { server { listen 443 ssl; } }\n",
    )
    .unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    for signal in ["TERM", "KILL"] {
        let child = ptl_cert(root)
            .env("PATH", format!("{}:{path}", root.display()))
            .args(["doctor", "nginx.conf", "--run-test"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let number = fs::read_to_string(&fifo).unwrap();
        let sent = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let done = child.wait_with_output().unwrap();
        let ended = match signal {
            "TERM" => Some(3),
            _ => None,
        };
        assert_eq!(done.status.code(), ended, "{done:?}");
        // After SIGKILL it is another process that ends the test, a moment later.
        let number: u32 = number.trim().parse().unwrap();
        let is_there = || {
            let state = fs::read_to_string(format!("/proc/{number}/stat"));
            state.is_ok_and(|state| !state.contains(") Z "))
        };
        let begun = Instant::now();
        while is_there() && begun.elapsed() < Duration::from_secs(60) {
            std::thread::yield_now();
        }
        assert!(!is_there(), "{signal}: {number} is still there");
    }
}
