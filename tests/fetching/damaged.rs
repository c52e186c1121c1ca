//! A CRL that the disk has changed below the file system is damaged, whatever is asked of it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::rig::Ran;
use crate::program::ptl_cert;

fn run(folder: &Path, args: &[&str]) -> Ran {
    let mut command = ptl_cert(folder);
    command.arg("crl").args(args);
    command.args(["--cache", "cache", "--at", "2027-01-01T00:00:00Z"]);
    Ran::of(&command.output().unwrap())
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let crls = folder.join("cache/crls");
    let slots = fs::read_dir(crls).unwrap().map(|slot| slot.unwrap().path());
    let all = slots.flat_map(|slot| fs::read_dir(slot).unwrap());
    let paths = all.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

/// A cache with one CRL whose last byte is another one, and whose record knows the file as it is now.
fn damaged() -> TempDir {
    let folder = TempDir::new().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/crl");
    for name in ["ca.pem", "client.pem", "newer.crl"] {
        fs::copy(data.join(name), folder.path().join(name)).unwrap();
    }
    run(
        folder.path(),
        &["import", "newer.crl", "--issuer", "ca.pem"],
    )
    .expect(0, &["installed"]);
    let crl = files(folder.path(), "crl").remove(0);
    let mut bytes = fs::read(&crl).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&crl, bytes).unwrap();
    let record = files(folder.path(), "json").remove(0);
    let mut text: Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    let facts = fs::metadata(&crl).unwrap();
    text["crl"]["modified"] = json!([facts.mtime(), facts.mtime_nsec()]);
    text["crl"]["inode"] = json!([facts.ino(), facts.ctime(), facts.ctime_nsec()]);
    fs::write(&record, text.to_string()).unwrap();
    folder
}

#[test]
fn a_crl_that_the_disk_has_changed_is_called_damaged_by_every_command_with_its_remedy() {
    let folder = damaged();
    let says = ["its SHA-256 is", "fetch or import the CRL again"];
    let issuer = ["--issuer", "ca.pem"];
    for (status, args) in [
        (3, [&["check", "client.pem"], &issuer[..]].concat()),
        (3, [&["check", "--serial", "2001"], &issuer[..]].concat()),
        (1, vec!["plan", "--chain", "ca.pem", "client.pem"]),
        (
            1,
            vec![
                "export",
                "--for",
                "nginx",
                "--out-dir",
                "out",
                "--chain",
                "ca.pem",
                "client.pem",
            ],
        ),
        (1, vec!["status"]),
    ] {
        let ran = run(folder.path(), &args);
        ran.expect(status, &says);
    }
    run(
        folder.path(),
        &["import", "newer.crl", "--issuer", "ca.pem"],
    )
    .expect(0, &[]);
    run(
        folder.path(),
        &["check", "client.pem", "--issuer", "ca.pem"],
    )
    .expect(0, &[]);
}
