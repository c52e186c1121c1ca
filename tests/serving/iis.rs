//! The kit for IIS as far as it can be examined without Windows: what its scripts name, and what the weekly task would run.

use super::{Estate, LAB, WITHOUT_CLIENTS};
use crate::program::is_installed;

/// A client of each generation, so that every partition is known.
const CLIENTS: [&str; 6] = [
    "--client",
    "good-g1-sha1.pem",
    "--client",
    "good-g1.pem",
    "--client",
    "good-g2.pem",
];

fn estate() -> Option<Estate> {
    is_installed("openssl", "version").then(Estate::new)
}

fn script(estate: &Estate, name: &str) -> String {
    std::fs::read_to_string(estate.path("iis").join(name)).unwrap()
}

fn is_powershell(source: &str) -> bool {
    let mut parser = tree_sitter::Parser::new();
    let language = tree_sitter_powershell::LANGUAGE;
    parser.set_language(&language.into()).unwrap();
    let tree = parser.parse(source.trim_start_matches('\u{feff}'), None);
    !tree.unwrap().root_node().has_error()
}

#[test]
fn the_weekly_task_has_every_crl_on_a_machine_whose_cache_is_empty() {
    let Some(estate) = estate() else { return };
    let folder = estate.export("iis", "iis", &CLIENTS);
    let clients = std::fs::read_to_string(folder.join("clients.pem")).unwrap();
    // Each file has the client and its sub CA.
    assert_eq!(clients.matches("BEGIN CERTIFICATE").count(), 6);
    let facts = std::fs::read(folder.join("facts.toml")).unwrap();
    assert_eq!(facts, std::fs::read(estate.path("facts.toml")).unwrap());
    // The steps of update-crl.ps1; nothing answers at the lab's addresses, so that the second one fetches nothing.
    let update = script(&estate, "update-crl.ps1");
    assert!(is_powershell(&update));
    let common = [
        "--env",
        LAB[1],
        "--cache",
        "new",
        "--facts",
        "iis/facts.toml",
    ];
    let crls: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".crl"))
        .map(|name| format!("iis/{name}"))
        .collect();
    let crls: Vec<&str> = crls.iter().map(String::as_str).collect();
    let import = [&["crl", "import", "-q"][..], &common, &crls].concat();
    let output = estate.run(&import);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let export = ["crl", "export", "--for", "iis", "--out-dir", "iis/crl"];
    let export = [&export[..], &common, &["--client", "iis/clients.pem"]].concat();
    let output = estate.run(&export);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // Under the same names, so that install.ps1 finds the newer one.
    for crl in crls {
        let name = crl.trim_start_matches("iis/");
        assert!(folder.join("crl").join(name).is_file(), "{name}");
    }
}

#[test]
fn without_clients_the_kit_says_that_the_task_cannot_know_their_partitions() {
    let Some(estate) = estate() else { return };
    let output = estate.try_export("iis", "iis", &[]);
    assert_eq!(output.status.code(), Some(WITHOUT_CLIENTS), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("cannot know the partitions"), "{said}");
    assert!(!estate.path("iis/clients.pem").exists());
}

#[test]
fn a_generation_that_is_left_out_is_named_to_be_removed_from_the_store() {
    let Some(estate) = estate() else { return };
    let left_out = |words: &[&str]| {
        estate.export("iis", "iis", words);
        let script = script(&estate, "install.ps1");
        assert!(is_powershell(&script), "{script}");
        let (_, rest) = script.split_once("$leftOut = @(").unwrap();
        let (list, _) = rest.split_once("\r\n)").unwrap();
        list.matches("Thumbprint = '").count()
    };
    assert_eq!(left_out(&[]), 0);
    // Its root and its sub CA.
    assert_eq!(left_out(&["--leave-out", "G1 SHA-1"]), 2);
}

#[test]
fn a_generation_with_typographic_quotes_leaves_the_scripts_readable() {
    let Some(estate) = estate() else { return };
    let facts = std::fs::read_to_string(estate.path("facts.toml")).unwrap();
    let facts = facts.replace("\"G1 SHA-1\"", "\"G1 \u{2018}old\u{2019}\"");
    std::fs::write(estate.path("facts.toml"), facts).unwrap();
    estate.export("iis", "iis", &["--leave-out", "G1 \u{2018}old\u{2019}"]);
    let update = script(&estate, "update-crl.ps1");
    let words = "'--leave-out', 'G1 \u{2018}\u{2018}old\u{2019}\u{2019}'";
    assert!(update.contains(words), "{update}");
    // Windows PowerShell 5.1 reads UTF-8 only with its mark.
    assert!(update.starts_with('\u{feff}'));
    assert!(script(&estate, "install.ps1").is_ascii());
}
