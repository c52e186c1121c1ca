//! Real shells, a real terminal, a real Tab key: what the completion scripts offer below the top level.

use std::fs;
use std::process::Command;

use crate::program::{is_installed, ptl_cert, say_skipped};

/// What is typed before the Tab, and the word that has to appear.
const TYPED: [(&str, &str); 6] = [
    ("ptl-cert crl up", "update"),
    ("ptl-cert verify --env tra", "train"),
    ("ptl-cert explain cdp-not-f", "cdp-not-fetchable"),
    ("ptl-cert lab sign --defect sub-mis", "sub-missing"),
    ("ptl-cert crl plan --for ngi", "nginx"),
    ("ptl-cert csr --passphrase-f", "passphrase-file"),
];

fn completes(shell: &str) {
    if !is_installed(shell, "--version") || !is_installed("python3", "--version") {
        return say_skipped(&format!("{shell} and python3 to complete commands in"));
    }
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("completions");
    let printed = ptl_cert(folder.path())
        .args(["completions", shell])
        .output()
        .unwrap();
    assert!(printed.status.success());
    fs::write(&script, printed.stdout).unwrap();
    let drive = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/completions/drive.py");
    for (line, word) in TYPED {
        // For fish, clap_complete offers the values of options and not those of arguments.
        if shell == "fish" && line.contains("explain") {
            continue;
        }
        let shown = Command::new("python3")
            .args([drive, shell])
            .arg(&script)
            .args([line, word])
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&shown.stdout);
        assert!(
            shown.contains(&format!("{word}>")),
            "{shell}: {line}⇥ shows {shown:?}"
        );
    }
}

#[test]
fn bash_completes_commands_options_and_values() {
    completes("bash");
}

#[test]
fn zsh_completes_commands_options_and_values() {
    completes("zsh");
}

#[test]
fn fish_completes_commands_options_and_values() {
    completes("fish");
}
