//! Real shells, a real terminal, a real Tab key: what the completion scripts offer below the top level.

use std::fs;
use std::process::Command;

use crate::program::{is_installed, ptl_cert, say_skipped};

/// What is typed before the Tab, and the word that has to appear.
const TYPED: [(&str, &str); 10] = [
    ("ptl-cert crl up", "update"),
    ("ptl-cert verify --env tra", "train"),
    ("ptl-cert explain cdp-not-f", "cdp-not-fetchable"),
    ("ptl-cert environments tra", "train"),
    ("ptl-cert crl status --format pro", "prometheus"),
    ("ptl-cert lab sign --defect sub-mis", "sub-missing"),
    ("ptl-cert crl plan --for ngi", "nginx"),
    ("ptl-cert csr --passphrase-f", "passphrase-file"),
    ("ptl-cert verify --verb", "--verbose"),
    // It has no --verbose: nothing is added to what was typed.
    ("ptl-cert explain --verb", "--verb"),
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

#[test]
fn the_script_for_powershell_is_powershell() {
    let folder = tempfile::tempdir().unwrap();
    let printed = ptl_cert(folder.path())
        .args(["completions", "powershell"])
        .output()
        .unwrap();
    assert!(printed.status.success());
    // The grammar does not know `.Where{ }`, which PowerShell has had since version 4.
    let script = String::from_utf8(printed.stdout).unwrap();
    let script = script
        .replace(".Where{", ".Where({")
        .replace("*\" } |", "*\" }) |");
    let mut parser = tree_sitter::Parser::new();
    let language = tree_sitter_powershell::LANGUAGE;
    parser.set_language(&language.into()).unwrap();
    let tree = parser.parse(&script, None).unwrap();
    assert!(
        !tree.root_node().has_error(),
        "{}",
        faults(tree.root_node(), &script)
    );
    for word in [
        "'ptl-cert;crl;plan'",
        "'--passphrase-file'",
        "Register-ArgumentCompleter",
    ] {
        assert!(script.contains(word), "{word}");
    }
    let broken = parser
        .parse(script.replacen("-Native", "-Native (", 1), None)
        .unwrap();
    assert!(broken.root_node().has_error(), "the judge takes everything");
}

#[test]
fn fish_is_offered_no_hidden_command() {
    let folder = tempfile::tempdir().unwrap();
    let printed = ptl_cert(folder.path())
        .args(["completions", "fish"])
        .output()
        .unwrap();
    let script = String::from_utf8(printed.stdout).unwrap();
    assert!(!script.contains("-a \"options\""), "{script}");
}

/// What the grammar does not understand, by line.
fn faults(node: tree_sitter::Node<'_>, script: &str) -> String {
    let mut cursor = node.walk();
    let below: String = node
        .children(&mut cursor)
        .filter(tree_sitter::Node::has_error)
        .map(|child| faults(child, script))
        .collect();
    match below.is_empty() {
        true => format!(
            "{}: {}\n",
            node.start_position(),
            &script[node.byte_range()]
        ),
        false => below,
    }
}
