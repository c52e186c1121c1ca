//! The user's own facts file is read without being named, unless another user could have written it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::program::ptl_cert;

const FACTS: &str =
    "[[environment]]\nid = \"bench\"\ntitle = \"Test bench\"\nhierarchy = \"bench\"\nssp = []\n";

fn shown(home: &std::path::Path, more: &[&str]) -> (Option<i32>, String) {
    let run = ptl_cert(home)
        .env("PTL_CERT_HOME", home)
        .args(["environments", "bench"])
        .args(more)
        .output()
        .unwrap();
    let text = [run.stdout, run.stderr].concat();
    (run.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_facts_file_in_the_home_of_the_program_counts_and_one_that_is_named_counts_instead() {
    let home = tempfile::tempdir().unwrap();
    let (without, _) = shown(home.path(), &[]);
    assert_eq!(without, Some(2));
    fs::write(home.path().join("facts.toml"), FACTS).unwrap();
    let (with, text) = shown(home.path(), &[]);
    assert_eq!(with, Some(0), "{text}");
    assert!(text.contains("Test bench"), "{text}");
    fs::write(home.path().join("other.toml"), "").unwrap();
    let (instead, text) = shown(home.path(), &["--facts", "other.toml"]);
    assert_eq!(instead, Some(2), "{text}");
}

#[test]
fn what_is_in_the_place_of_the_facts_file_and_is_none_is_refused_and_not_passed_over() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("facts.toml");
    std::os::unix::fs::symlink("/nonexistent/facts.toml", &file).unwrap();
    let (status, text) = shown(home.path(), &[]);
    assert_eq!(status, Some(3), "{text}");
    assert!(text.contains("cannot read"), "{text}");
    fs::remove_file(&file).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    assert!(made.unwrap().success());
    let (status, text) = shown(home.path(), &[]);
    assert_eq!(status, Some(3), "{text}");
    assert!(text.contains("is not a regular file"), "{text}");
}

#[test]
fn a_facts_file_that_others_may_write_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("facts.toml");
    fs::write(&file, FACTS).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let (status, text) = shown(home.path(), &[]);
    assert_eq!(status, Some(3), "{text}");
    assert!(text.contains("facts.toml has mode 0666"), "{text}");
}
