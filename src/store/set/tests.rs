use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::store::fault::{self, Times};

type Files = Vec<(&'static str, &'static str)>;

fn old() -> Files {
    vec![("a.pem", "old a"), ("b.pem", "old b"), ("c.pem", "old c")]
}

/// One file as before, one with other content, one that is new; one of the old ones is gone.
fn new() -> Files {
    vec![("a.pem", "old a"), ("b.pem", "new b"), ("d.pem", "new d")]
}

fn stage<'f>(folder: &'f Folder, files: &Files) -> Result<Staged<'f>, SetError> {
    let writers: Vec<_> = files
        .iter()
        .map(|(_, text)| move |out: &mut dyn Write| out.write_all(text.as_bytes()))
        .collect();
    let contents = Content::each(files.iter().map(|(name, _)| *name), &writers);
    folder.stage(&contents, Foreign::Refuse)
}

fn write(path: &Path, files: &Files) -> Result<(), SetError> {
    let folder = Folder::open(path)?;
    stage(&folder, files)?.place()?.keep()
}

fn on_fire() -> std::io::Result<()> {
    Err(std::io::Error::other("the disk is on fire"))
}

fn there(path: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn are(found: &[(String, String)], files: &Files) -> bool {
    found
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .eq(files.iter().copied())
}

fn with_old() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &old()).unwrap();
    folder
}

#[test]
fn a_set_takes_the_place_of_another_and_what_is_no_longer_in_it_goes() {
    let top = with_old();
    {
        let folder = Folder::open(top.path()).unwrap();
        let staged = stage(&folder, &new()).unwrap();
        let changes: Vec<ChangeKind> = staged.changes().iter().map(|(_, change)| *change).collect();
        use ChangeKind::{Added, Removed, Replaced, Unchanged};
        assert_eq!(changes, [Unchanged, Replaced, Added, Removed]);
        assert!(are(&there(top.path()), &old()));
        staged.place().unwrap().keep().unwrap();
    }
    assert!(are(&there(top.path()), &new()));
}

#[test]
fn a_change_is_due_until_it_is_settled_and_no_change_is_not() {
    let top = with_old();
    let folder = Folder::open(top.path()).unwrap();
    assert!(folder.is_due().unwrap());
    folder.settle().unwrap();
    let staged = stage(&folder, &old()).unwrap();
    assert!(!staged.is_changed());
    staged.place().unwrap().keep().unwrap();
    assert!(!folder.is_due().unwrap());
}

#[test]
fn what_is_put_back_is_as_it_was() {
    let top = with_old();
    let folder = Folder::open(top.path()).unwrap();
    folder.settle().unwrap();
    let placed = stage(&folder, &new()).unwrap().place().unwrap();
    assert!(are(&there(top.path()), &new()));
    placed.put_back().unwrap();
    assert!(are(&there(top.path()), &old()));
    assert!(!folder.is_due().unwrap());
    // What was put back is still this module's own.
    stage(&folder, &new())
        .unwrap()
        .place()
        .unwrap()
        .keep()
        .unwrap();
}

#[test]
fn a_file_of_another_user_is_refused_unless_it_holds_the_same() {
    let top = tempfile::tempdir().unwrap();
    std::fs::write(top.path().join("b.pem"), "by hand").unwrap();
    let error = write(top.path(), &old()).unwrap_err();
    assert!(matches!(error, SetError::Foreign { path } if path.ends_with("b.pem")));
    assert_eq!(there(top.path()).len(), 1);
    std::fs::write(top.path().join("b.pem"), "old b").unwrap();
    write(top.path(), &old()).unwrap();
    write(top.path(), &new()).unwrap();
    assert!(are(&there(top.path()), &new()));
}

#[cfg(unix)]
#[test]
fn a_password_of_another_program_that_others_can_read_is_closed_where_it_is_the_same() {
    use std::os::unix::fs::PermissionsExt;
    let top = tempfile::tempdir().unwrap();
    let path = top.path().join("keystore.password");
    let write = |text: &'static str| {
        let folder = Folder::open(top.path()).unwrap();
        let write = |out: &mut dyn Write| out.write_all(text.as_bytes());
        let contents = Content::each(["keystore.password"], std::slice::from_ref(&write));
        let staged = folder.stage_private(&contents, &["keystore.password"], Foreign::Refuse)?;
        staged.place()?.keep()
    };
    std::fs::write(&path, "one\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(write("other\n"), Err(SetError::Foreign { .. })));
    write("one\n").unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_second_writer_is_refused_at_once() {
    let top = with_old();
    let first = Folder::open(top.path()).unwrap();
    assert!(matches!(
        Folder::open(top.path()),
        Err(SetError::Busy { .. })
    ));
    drop(first);
    Folder::open(top.path()).unwrap();
}

#[test]
fn names_that_lead_elsewhere_or_come_twice_are_refused() {
    let top = tempfile::tempdir().unwrap();
    let folder = Folder::open(top.path()).unwrap();
    for files in [
        vec![("../a", "")],
        vec![("", "")],
        vec![(".ptl-cert-set", "")],
        vec![("a\\b", "")],
        vec![("a", "1"), ("a", "2")],
    ] {
        assert!(matches!(stage(&folder, &files), Err(SetError::Name { .. })));
    }
}

#[test]
fn a_process_that_dies_anywhere_leaves_whole_files_and_the_next_run_completes() {
    for skipped in 0.. {
        let top = with_old();
        fault::after(skipped, Times::FromThenOn, on_fire);
        let finished = write(top.path(), &new()).is_ok();
        let survived = fault::disarm();
        for (name, text) in there(top.path()) {
            let known = old().into_iter().chain(new());
            assert!(
                known
                    .clone()
                    .any(|known| known == (name.as_str(), text.as_str())),
                "step {skipped}: {name} holds {text:?}"
            );
        }
        // A file of both sets is there at every moment.
        assert!(top.path().join("b.pem").exists(), "step {skipped}");
        drop(Folder::open(top.path()).unwrap());
        let found = there(top.path());
        match finished {
            true => assert!(are(&found, &new()), "step {skipped}: {found:?}"),
            false => assert!(
                are(&found, &old()) || are(&found, &new()),
                "step {skipped}: {found:?}"
            ),
        }
        write(top.path(), &new()).unwrap();
        assert!(are(&there(top.path()), &new()), "step {skipped}");
        if survived {
            assert!(skipped > 20, "too few steps were tried");
            return;
        }
    }
}

#[test]
fn a_disk_that_refuses_once_leaves_all_old_files_or_all_new_ones() {
    for skipped in 0.. {
        let top = with_old();
        fault::after(skipped, Times::Once, on_fire);
        let written = write(top.path(), &new());
        let survived = fault::disarm();
        let found = there(top.path());
        match written {
            Ok(()) => assert!(are(&found, &new()), "step {skipped}: {found:?}"),
            Err(_) => assert!(are(&found, &old()), "step {skipped}: {found:?}"),
        }
        if survived {
            return;
        }
    }
}

#[test]
fn a_test_that_is_cut_short_leads_back_to_the_old_files() {
    let top = with_old();
    let folder = Folder::open(top.path()).unwrap();
    let placed = stage(&folder, &new()).unwrap().place().unwrap();
    // The process ends without a word while the new files are being tried.
    std::mem::forget(placed);
    drop(folder);
    assert!(are(&there(top.path()), &new()));
    drop(Folder::open(top.path()).unwrap());
    assert!(are(&there(top.path()), &old()));
}

/// Writes a key and a certificate as a server's set.
fn write_server(path: &Path, key: &'static str, certificate: &'static str) -> Result<(), SetError> {
    let folder = Folder::open_as(path, Owner::Server)?;
    let texts = [("key.pem", key), ("cert.pem", certificate)];
    let writers = texts.map(|(_, text)| {
        move |out: &mut dyn Write| -> std::io::Result<()> { out.write_all(text.as_bytes()) }
    });
    let contents: Vec<Content<'_>> = texts
        .iter()
        .zip(&writers)
        .map(|((name, _), write)| Content { name, write })
        .collect();
    folder
        .stage_private(&contents, &["key.pem"], Foreign::Refuse)?
        .place()?
        .keep()
}

fn kept_keys(path: &Path) -> Vec<String> {
    let Ok(kept) = std::fs::read_dir(path.join(WORK).join(KEYS)) else {
        return Vec::new();
    };
    kept.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect()
}

#[test]
fn killing_the_writer_of_a_key_anywhere_leaves_the_old_pair_or_the_new_one_and_loses_no_key() {
    for skipped in 0.. {
        let top = tempfile::tempdir().unwrap();
        write_server(top.path(), "old key", "old certificate").unwrap();
        fault::after(skipped, Times::FromThenOn, on_fire);
        let _ = write_server(top.path(), "new key", "new certificate");
        let survived = fault::disarm();
        drop(Folder::open_as(top.path(), Owner::Server).unwrap());
        let found = there(top.path());
        let pair = |key: &'static str, certificate: &'static str| {
            vec![("cert.pem", certificate), ("key.pem", key)]
        };
        let is_old = are(&found, &pair("old key", "old certificate"));
        let is_new = are(&found, &pair("new key", "new certificate"));
        assert!(is_old || is_new, "step {skipped}: {found:?}");
        if is_new {
            assert_eq!(kept_keys(top.path()), ["old key"], "step {skipped}");
        }
        if survived {
            assert!(skipped > 20, "too few steps were tried");
            return;
        }
    }
}

#[cfg(unix)]
#[test]
fn a_private_file_is_for_its_owner_and_keeps_the_group_that_could_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let top = tempfile::tempdir().unwrap();
    let mode = || {
        let found = std::fs::metadata(top.path().join("key.pem")).unwrap();
        found.permissions().mode() & 0o777
    };
    let set = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(top.path().join("key.pem"), permissions).unwrap();
    };
    write_server(top.path(), "key", "certificate").unwrap();
    assert_eq!(mode(), 0o600);
    set(0o640);
    write_server(top.path(), "key", "certificate").unwrap();
    assert_eq!(mode(), 0o640, "unchanged");
    write_server(top.path(), "new key", "certificate").unwrap();
    assert_eq!(mode(), 0o640, "replaced");
    set(0o644);
    write_server(top.path(), "new key", "certificate").unwrap();
    assert_eq!(mode(), 0o600, "open to others");
}

#[test]
fn a_set_of_one_kind_removes_no_file_of_the_other() {
    let top = tempfile::tempdir().unwrap();
    write_server(top.path(), "key", "certificate").unwrap();
    write(top.path(), &vec![("crl.pem", "crl")]).unwrap();
    write(top.path(), &vec![("other.pem", "crl")]).unwrap();
    let names: Vec<String> = there(top.path())
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["cert.pem", "key.pem", "other.pem"]);
    // What the other kind wrote may be replaced, because it is ours.
    write(top.path(), &vec![("cert.pem", "another")]).unwrap();
    assert_eq!(there(top.path())[0].1, "another");
}
