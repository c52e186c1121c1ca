//! `export` is killed before each system call that changes the disk: its folder then holds the old set or the new one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Estate;
use crate::program::{is_installed, ptl_cert};

/// The system calls that change a file system, as far as the program makes them.
const CALLS: [&str; 14] = [
    "write",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "fsync",
    "fdatasync",
    "fchmod",
    "chmod",
    "ftruncate",
];

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(status.unwrap().success());
}

/// Whether this machine lets one process be traced by another.
fn can_trace() -> bool {
    let status = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .stderr(Stdio::null())
        .status();
    let can = status.is_ok_and(|status| status.success());
    if !can {
        crate::program::say_skipped("strace cannot trace here, so nothing was killed");
    }
    can
}

#[test]
fn killing_export_at_any_step_leaves_the_old_set_or_the_new_one() {
    if !is_installed("openssl", "version") || !is_installed("strace", "-V") || !can_trace() {
        return;
    }
    let estate = Estate::new();
    let pristine = estate.export("nginx", "old", &[]);
    let old = files(&pristine);
    // Another key, another certificate, another admitted host: three files of the set change.
    let words = |folder: &str| -> Vec<String> {
        [
            "export",
            "--for",
            "nginx",
            "--env",
            "lab-int",
            "--facts",
            "facts.toml",
            "--cache",
            "cache",
            "--cert",
            "by-san.pem",
            "--key",
            "client.key",
            "--out-dir",
            folder,
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let run = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    copy(&pristine, &estate.path("set"));
    let done = run(ptl_cert(&estate.path("")).args(words("set"))).unwrap();
    assert!(done.success());
    let new = files(&estate.path("set"));
    assert_ne!(old, new);
    let known =
        |name: &str, bytes: &Vec<u8>| old.get(name) == Some(bytes) || new.get(name) == Some(bytes);
    let mut killed = 0;
    for call in CALLS {
        for step in 1.. {
            let folder = estate.path("set");
            std::fs::remove_dir_all(&folder).unwrap();
            copy(&pristine, &folder);
            let mut command = Command::new("strace");
            command
                .current_dir(estate.path(""))
                .env("HOME", estate.path(""))
                .args(["-f", "-o", "/dev/null"])
                .args(["-e", &format!("trace={call}")])
                .args(["-e", &format!("inject={call}:signal=KILL:when={step}")])
                .arg(env!("CARGO_BIN_EXE_ptl-cert"))
                .args(words("set"));
            let ended = run(&mut command).unwrap();
            // Each file is whole at every moment.
            for (name, bytes) in files(&folder) {
                assert!(
                    known(&name, &bytes),
                    "{call} {step}: {name} is neither old nor new"
                );
            }
            if ended.success() {
                assert_eq!(files(&folder), new);
                break;
            }
            killed += 1;
            // The next run first restores what was cut short; its own files are put back by the test that fails.
            let mut next = words("set");
            next.extend(["--test", "false"].map(str::to_owned));
            let next = run(ptl_cert(&estate.path("")).args(next)).unwrap();
            let found = files(&folder);
            assert!(found == old || found == new, "{call} {step}: a mixture");
            // Where the new set is there whole, but nobody was told of it, the test is run again as well.
            assert!(matches!(next.code(), Some(0 | 1)), "{call} {step}: {next}");
        }
    }
    eprintln!("killed at {killed} steps");
    assert!(killed > 20, "{killed} steps only");
}
