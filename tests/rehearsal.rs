//! The whole journey, rehearsed through the program itself.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::ptl_cert;

/// Lab keys that were made before: making RSA-4096 ones takes seconds.
const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/lab/keys");

#[test]
fn every_step_of_the_journey_ends_as_expected() {
    let top = tempfile::tempdir().unwrap();
    let output = ptl_cert(top.path())
        .args(["lab", "run", "--dir", "here", "--keys", KEYS])
        .args(["--format", "json"])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!(report["as_expected"], true);
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(report["planned"], steps.len());
    assert!(steps.iter().all(|step| step["as_expected"] == true));
    // Nothing but an answer that was read makes a step good.
    assert!(
        steps
            .iter()
            .all(|step| !step["answer"].as_str().unwrap().is_empty())
    );
    let kept = fs::read(top.path().join("here/rehearsal.json")).unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!(kept, report);
    assert_private(&top.path().join("here/supplier"));
}

#[test]
fn a_rehearsal_stops_at_the_first_step_that_surprises_and_says_so() {
    let top = tempfile::tempdir().unwrap();
    fs::create_dir(top.path().join("keys")).unwrap();
    for key in fs::read_dir(KEYS).unwrap() {
        let name = key.unwrap().file_name();
        fs::write(top.path().join("keys").join(name), "no key").unwrap();
    }
    let output = ptl_cert(top.path())
        .args(["lab", "run", "--keys", "keys"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("expected 0"), "{text}");
    assert!(text.contains("0 of "), "{text}");
    assert!(!top.path().join("ptl-cert-rehearsal").exists());
}

#[test]
fn a_rehearsal_never_takes_place_in_a_folder_that_is_there() {
    let top = tempfile::tempdir().unwrap();
    fs::create_dir(top.path().join("here")).unwrap();
    let output = ptl_cert(top.path())
        .args(["lab", "run", "--dir", "here"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("here exists already"), "{error}");
    assert_eq!(fs::read_dir(top.path().join("here")).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_rehearsal_that_is_reported_to_stop_leaves_no_server_running_and_no_folder() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let top = tempfile::tempdir().unwrap();
    let mut child = ptl_cert(top.path())
        .args(["lab", "run", "--keys", KEYS])
        .env("TMPDIR", top.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let serving = lines.find(|line| line.as_ref().unwrap().ends_with("lab serve"));
    assert!(serving.is_some());
    let kill = format!("kill {}", child.id());
    let told = Command::new("sh").args(["-c", &kill]).status();
    assert!(told.unwrap().success());
    // The pipe ends when nobody holds it any more, the servers included.
    let _rest = lines.count();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("the rehearsal was interrupted"), "{error}");
    assert_eq!(fs::read_dir(top.path()).unwrap().count(), 0);
}

/// The supplier's key is its owner's alone.
fn assert_private(folder: &Path) {
    #[cfg(unix)]
    for entry in fs::read_dir(folder).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let entry = entry.unwrap();
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "key")
        {
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
