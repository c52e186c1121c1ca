//! What an inventory finds is what inspect finds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::ptl_cert;

/// A copy of the samples with folders inside, and what the program says of it as JSON.
fn said(folder: &Path, words: &[&str]) -> (Option<i32>, Value) {
    let output = ptl_cert(folder)
        .args(words)
        .args(["--at", "2027-01-01T00:00:00Z", "--format", "json"])
        .output()
        .unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code(), report)
}

fn texts<'v>(values: impl IntoIterator<Item = &'v Value>) -> BTreeSet<String> {
    let texts = values.into_iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn list<'v>(report: &'v Value, name: &str) -> &'v [Value] {
    report[name].as_array().unwrap()
}

#[test]
fn every_certificate_and_every_unread_file_that_inspect_names_is_in_the_inventory() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki");
    fs::create_dir_all(folder.join("a/b")).unwrap();
    for entry in fs::read_dir(samples).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.join("a/b").join(path.file_name().unwrap())).unwrap();
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(folder, folder.join("a/loop")).unwrap();
        symlink(folder.join("gone"), folder.join("a/nowhere.pem")).unwrap();
    }
    let (_, inspected) = said(folder, &["inspect", "-r", "a"]);
    let (status, inventory) = said(folder, &["inventory", "-r", "a"]);
    let objects = list(&inspected, "objects").iter();
    let certificates = texts(objects.map(|object| &object["certificate"]["sha256"]));
    let entries = list(&inventory, "entries");
    let listed = texts(entries.iter().map(|entry| &entry["sha256"]));
    assert!(certificates.len() > 30, "{inspected:#}");
    assert_eq!(listed, certificates);
    let named =
        |report, list_name| texts(list(report, list_name).iter().map(|one| &one["message"]));
    let (mut unread, mut passed_over) = (
        named(&inspected, "unread"),
        named(&inspected, "passed_over"),
    );
    assert!(!unread.is_empty());
    // For a complete answer what is behind the link is missing.
    let is_link = |message: &String| message.ends_with(": the link to a folder was not followed");
    let links: Vec<String> = passed_over
        .iter()
        .filter(|one| is_link(one))
        .cloned()
        .collect();
    assert_eq!(links.len(), usize::from(cfg!(unix)), "{passed_over:?}");
    unread.extend(links);
    passed_over.retain(|one| !is_link(one));
    assert_eq!(named(&inventory, "unread"), unread);
    assert_eq!(named(&inventory, "passed_over"), passed_over);
    assert_eq!(status, Some(3));
    // No key is printed, nor where one is.
    assert!(!inventory["entries"].to_string().contains(".key"));
    let ends: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry["expires"].as_str())
        .collect();
    assert!(ends.is_sorted(), "{ends:?}");
}

#[cfg(unix)]
#[test]
fn what_of_a_folder_was_not_looked_into_is_named_in_every_command_that_lists_files() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    fs::create_dir_all(folder.join("a/sub")).unwrap();
    fs::create_dir(folder.join("b")).unwrap();
    let leaf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki/leaf.pem");
    fs::copy(leaf, folder.join("a/leaf.pem")).unwrap();
    symlink(folder.join("b"), folder.join("a/link")).unwrap();
    let _socket = UnixListener::bind(folder.join("a/socket")).unwrap();
    for command in ["inspect", "match", "inventory"] {
        let output = ptl_cert(folder)
            .args([command, "a"])
            .args((command != "match").then_some("--at=2027-01-01T00:00:00Z"))
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            said,
            "note: links to folders not followed, name the folders to read them: a/link\n\
             note: pipes, sockets and devices not read: a/socket\n\
             note: subfolders not searched, -r includes them: a/sub\n",
            "{command}"
        );
        assert_eq!(output.status.code(), Some(0), "{command}");
    }
}
