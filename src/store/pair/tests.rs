use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Command;
use std::sync::Barrier;

use tempfile::TempDir;
use time::macros::datetime;

use super::*;
use crate::store::fault::{self, Times};

mod crashing;
mod recovering;
mod interfering;

const NEW_KEY: &[u8] = b"the new key";
const NEW_REQUEST: &str = "the new request";
const OLD_KEY: &[u8] = b"the old key";
const OLD_REQUEST: &str = "the old request";
const STAMP: &str = "20261122T161500Z";
/// 2026-11-22T16:15:00Z
const REPLACE: Existing = Existing::Replace {
    stamp: Moment::of(datetime!(2026-11-22 16:15:00 UTC)),
};

/// More system calls than any run makes.
const MOST_STEPS: u32 = 100;

fn name() -> Fqdn {
    Fqdn::parse("a.thirdparty.nhs.uk").unwrap()
}

fn temporary() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Every entry of a directory, its stage's too, with its contents; sorted.
fn entries(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            let inner = entries(&entry.path());
            found.extend(
                inner
                    .into_iter()
                    .map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)),
            );
            found.push((name, Vec::new()));
        } else {
            found.push((name, fs::read(entry.path()).unwrap_or_default()));
        }
    }
    found.sort();
    found
}

fn names_of(directory: &Path) -> Vec<String> {
    entries(directory)
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

fn file(extension: &str) -> String {
    format!("{}.{extension}", name())
}

fn expect(files: &[(&str, &[u8])]) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = files
        .iter()
        .map(|(extension, bytes)| (file(extension), bytes.to_vec()))
        .collect();
    files.sort();
    files
}

fn new_pair() -> Vec<(String, Vec<u8>)> {
    expect(&[("key", NEW_KEY), ("csr", NEW_REQUEST.as_bytes())])
}

fn old_pair() -> Vec<(String, Vec<u8>)> {
    expect(&[("key", OLD_KEY), ("csr", OLD_REQUEST.as_bytes())])
}

fn replaced_pair() -> Vec<(String, Vec<u8>)> {
    expect(&[
        ("key", NEW_KEY),
        ("csr", NEW_REQUEST.as_bytes()),
        (&format!("key.{STAMP}"), OLD_KEY),
        (&format!("csr.{STAMP}"), OLD_REQUEST.as_bytes()),
    ])
}

fn write_new(directory: &Path, existing: Existing) -> Result<PairOutcome, PairError> {
    write_texts(directory, &name(), NEW_KEY, NEW_REQUEST, existing)
}

fn put_old(directory: &Path) {
    let _ = write_texts(directory, &name(), OLD_KEY, OLD_REQUEST, Existing::Refuse).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_pair_is_written_with_a_private_key_mode_and_nothing_else_is_left() {
    let directory = temporary();
    let outcome = write_new(directory.path(), Existing::Refuse).unwrap();
    let key = directory.path().join(file("key"));
    let request = directory.path().join(file("csr"));
    assert_eq!(entries(directory.path()), new_pair());
    assert_eq!(mode(&key), 0o600);
    assert_eq!(mode(&request) & 0o133, 0);
    let written = PairOutcome::Written {
        key: Some(key),
        request,
        aside: Vec::new(),
    };
    assert_eq!(outcome, written);
}

#[test]
fn a_second_write_is_refused_and_changes_nothing() {
    let directory = temporary();
    put_old(directory.path());
    let before = fs::metadata(directory.path()).unwrap().mtime_nsec();
    let error = write_new(directory.path(), Existing::Refuse).unwrap_err();
    assert!(matches!(error, PairError::Exists { path } if path.ends_with(file("key"))));
    assert_eq!(entries(directory.path()), old_pair());
    assert_eq!(fs::metadata(directory.path()).unwrap().mtime_nsec(), before);
}

#[test]
fn anything_of_either_name_is_in_the_way() {
    for extension in ["key", "csr"] {
        let directory = temporary();
        let path = directory.path().join(file(extension));
        symlink("nowhere", &path).unwrap();
        assert!(matches!(
            write_new(directory.path(), Existing::Refuse),
            Err(PairError::Exists { .. })
        ));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(matches!(
            write_new(directory.path(), Existing::Refuse),
            Err(PairError::Exists { .. })
        ));
        assert_eq!(names_of(directory.path()), [file(extension)]);
    }
}

#[test]
fn replacing_renames_the_old_pair_aside_in_utc() {
    let directory = temporary();
    put_old(directory.path());
    let PairOutcome::Written { aside, .. } = write_new(directory.path(), REPLACE).unwrap() else {
        panic!("nothing was written");
    };
    assert_eq!(entries(directory.path()), replaced_pair());
    let expected = ["key", "csr"]
        .map(|extension| directory.path().join(file(&format!("{extension}.{STAMP}"))));
    assert_eq!(aside, expected);
    assert_eq!(mode(&expected[0]), 0o600);
}

#[test]
fn replacing_twice_in_a_second_keeps_every_pair() {
    let directory = temporary();
    put_old(directory.path());
    let _ = write_new(directory.path(), REPLACE).unwrap();
    let _ = write_texts(directory.path(), &name(), b"third", "third", REPLACE).unwrap();
    let names = names_of(directory.path());
    assert!(
        names.contains(&file(&format!("key.{STAMP}-2")))
            && names.contains(&file(&format!("csr.{STAMP}-2")))
    );
    let kept = fs::read(directory.path().join(file(&format!("key.{STAMP}")))).unwrap();
    assert_eq!(kept, OLD_KEY);
}

#[test]
fn replacing_half_a_pair_keeps_that_half() {
    let directory = temporary();
    fs::write(directory.path().join(file("key")), OLD_KEY).unwrap();
    let _ = write_new(directory.path(), REPLACE).unwrap();
    let expected = [
        ("key", NEW_KEY),
        ("csr", NEW_REQUEST.as_bytes()),
        (&format!("key.{STAMP}"), OLD_KEY),
    ];
    assert_eq!(entries(directory.path()), expect(&expected));
}

#[test]
fn replacing_nothing_is_writing() {
    let directory = temporary();
    let _ = write_new(directory.path(), REPLACE).unwrap();
    assert_eq!(entries(directory.path()), new_pair());
}

#[test]
fn a_whole_pair_is_skipped_and_half_a_pair_is_refused() {
    let directory = temporary();
    put_old(directory.path());
    assert_eq!(
        write_new(directory.path(), Existing::Skip).unwrap(),
        PairOutcome::Skipped
    );
    assert_eq!(presence(directory.path(), &name()).unwrap(), Presence::Both);
    let request = directory.path().join(file("csr"));
    fs::remove_file(&request).unwrap();
    let error = write_new(directory.path(), Existing::Skip).unwrap_err();
    assert!(
        matches!(&error, PairError::KeyWithoutRequest { missing, .. } if *missing == request),
        "{error}"
    );
    assert_eq!(
        presence(directory.path(), &name()).unwrap(),
        Presence::KeyOnly
    );
    fs::rename(directory.path().join(file("key")), &request).unwrap();
    let error = write_new(directory.path(), Existing::Skip).unwrap_err();
    assert!(
        matches!(error, PairError::RequestWithoutKey { .. }),
        "{error}"
    );
    assert_eq!(
        presence(directory.path(), &name()).unwrap(),
        Presence::RequestOnly
    );
}

#[test]
fn a_request_alone_leaves_the_key_where_it_is() {
    let directory = temporary();
    fs::write(directory.path().join(file("key")), OLD_KEY).unwrap();
    let write = |text, existing| write_request_text(directory.path(), &name(), text, existing);
    let _ = write(OLD_REQUEST, Existing::Refuse).unwrap();
    assert_eq!(entries(directory.path()), old_pair());
    assert!(matches!(
        write(NEW_REQUEST, Existing::Refuse),
        Err(PairError::Exists { .. })
    ));
    assert_eq!(
        write(NEW_REQUEST, Existing::Skip).unwrap(),
        PairOutcome::Skipped
    );
    let _ = write(NEW_REQUEST, REPLACE).unwrap();
    let aside = format!("csr.{STAMP}");
    let expected = [
        ("key", OLD_KEY),
        ("csr", NEW_REQUEST.as_bytes()),
        (&aside, OLD_REQUEST.as_bytes()),
    ];
    assert_eq!(entries(directory.path()), expect(&expected));
}

#[test]
fn a_missing_directory_is_made_for_its_owner_alone() {
    let directory = temporary();
    let inner = directory.path().join("a/b");
    let _ = write_new(&inner, Existing::Refuse).unwrap();
    assert_eq!(entries(&inner), new_pair());
    assert_eq!(
        (mode(&inner), mode(&directory.path().join("a"))),
        (0o700, 0o700)
    );
}

#[test]
fn a_file_is_not_taken_for_a_directory() {
    let directory = temporary();
    let path = directory.path().join("file");
    fs::write(&path, "").unwrap();
    assert!(matches!(
        write_new(&path, Existing::Refuse),
        Err(PairError::NotADirectory { .. })
    ));
}
