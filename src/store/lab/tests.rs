use super::*;
use crate::document::Moment;
use crate::lab::tests::{created, keys, pair};
use crate::lab::{Generation, LabEnvironment, LabError};

fn plan() -> LabPlan {
    LabPlan::new(LabPlan::BASE_URL, created())
}

fn later() -> Moment {
    Moment::from_unix(created().unix() + 60).unwrap()
}

/// A lab that has signed a certificate, which is not saved yet.
fn signed(path: &Path) -> Writer {
    found(path, keys(), &plan()).unwrap();
    let mut writer = Writer::open(path).unwrap();
    writer
        .lab()
        .sign(&pair().1, LabEnvironment::Int, Generation::G1, &[], later())
        .unwrap();
    writer
}

#[test]
fn a_laboratory_is_opened_as_it_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("lab");
    let mut writer = signed(&path);
    writer.save().unwrap();
    let state = writer.lab().state().clone();
    drop(writer);
    let again = open(&path).unwrap();
    assert_eq!((again.state(), state.issued().len()), (&state, 1));
    assert_eq!(fs::read_to_string(facts(&path)).unwrap(), again.facts());
    assert_eq!(fs::read_dir(path.join("ca")).unwrap().count(), 16);
}

#[test]
fn what_was_not_saved_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab");
    drop(signed(&path));
    assert!(open(&path).unwrap().state().issued().is_empty());
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab");
    found(&path, keys(), &plan()).unwrap();
    let before = fs::read(path.join("state.json")).unwrap();
    let other = LabPlan::new("http://127.0.0.1:9", later());
    assert!(matches!(
        found(&path, keys(), &other),
        Err(StoreError::Exists { .. })
    ));
    assert_eq!(fs::read(path.join("state.json")).unwrap(), before);
    assert!(matches!(
        found(folder.path(), keys(), &other),
        Err(StoreError::NotEmpty { .. })
    ));
}

#[test]
fn an_empty_folder_is_taken_and_a_failed_founding_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab");
    fs::create_dir(&path).unwrap();
    let bad = LabPlan::new("nowhere", created());
    assert!(matches!(
        found(&path, keys(), &bad),
        Err(StoreError::Lab(LabError::BaseUrl { .. }))
    ));
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    found(&path, keys(), &plan()).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn two_writers_take_turns_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab");
    found(&path, keys(), &plan()).unwrap();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let at = Moment::from_unix(created().unix() + number).unwrap();
                let mut writer = Writer::open(path).unwrap();
                writer
                    .lab()
                    .sign(&pair().1, LabEnvironment::Int, Generation::G1, &[], at)
                    .unwrap();
                writer.save().unwrap();
            });
        }
    });
    assert_eq!(open(&path).unwrap().state().issued().len(), 4);
}

#[cfg(unix)]
#[test]
fn lab_keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    keep(folder.path(), &keys()).unwrap();
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(files.len(), Keys::plans().len());
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn keys_that_were_kept_are_the_keys_that_are_known() {
    let folder = tempfile::tempdir().unwrap();
    keep(folder.path(), &keys()).unwrap();
    let (again, made) = Keys::completed(|plan| known(folder.path(), plan)).unwrap();
    assert!(made.is_empty());
    let infos = |keys: &Keys| -> Vec<Vec<u8>> {
        let info = |(_, key): (_, &crate::document::PrivateKey)| key.public_key().info().to_vec();
        keys.iter().map(info).collect()
    };
    assert_eq!(infos(&again), infos(&keys()));
}

#[test]
fn a_file_that_is_no_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("int-g1.key"), "not a key").unwrap();
    let error = Keys::completed(|plan| known(folder.path(), plan)).unwrap_err();
    assert!(error.to_string().contains("int-g1.key"), "{error}");
}

#[test]
fn a_folder_without_a_lab_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for error in [
        open(folder.path()).unwrap_err(),
        Writer::open(folder.path()).unwrap_err(),
    ] {
        assert!(
            matches!(&error, StoreError::NotALab { path } if path == folder.path()),
            "{error}"
        );
    }
}

const CHILD: &str = "store::lab::tests::the_process_that_dies_while_it_makes_a_lab";
const TASK: &str = "PTL_CERT_TEST_LAB";

/// Not a test by itself: makes or changes a lab, and aborts before the system call that the environment names.
#[test]
fn the_process_that_dies_while_it_makes_a_lab() {
    let Ok(task) = std::env::var(TASK) else {
        return;
    };
    let (step, path) = task.split_once(' ').unwrap();
    let path = Path::new(path);
    crate::store::fault::after(
        step.parse().unwrap(),
        crate::store::fault::Times::Once,
        || std::process::abort(),
    );
    if path.join(STATE).exists() {
        let mut writer = Writer::open(path).unwrap();
        let lab = writer.lab();
        lab.sign(&pair().1, LabEnvironment::Int, Generation::G1, &[], later())
            .unwrap();
        writer.save().unwrap();
    } else {
        found(path, keys(), &plan()).unwrap();
    }
}

/// Whether the process dies before this step; it has no such step otherwise.
fn dies(step: u32, path: &Path) -> bool {
    let done = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--quiet"])
        .env(TASK, format!("{step} {}", path.display()))
        .output()
        .unwrap();
    !done.status.success()
}

#[test]
fn a_lab_whose_making_is_killed_anywhere_is_whole_or_not_there() {
    // The steps of a folder, an authority's file and a key's file, and some of each: between those it is the same again.
    let mut last = 0;
    let mut step = 0;
    loop {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab");
        if !dies(step, &path) {
            break;
        }
        last = step;
        match path.exists() {
            true => assert_eq!(open(&path).unwrap().state().issued().len(), 0),
            false => {
                // What is left beside it does not stop it from being made.
                found(&path, keys(), &plan()).unwrap();
            }
        }
        step += match step {
            0..12 => 1,
            _ => 7,
        };
    }
    assert!(last > 60, "{last}");
}

#[test]
fn a_lab_whose_change_is_killed_anywhere_is_as_it_was_or_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab");
    found(&path, keys(), &plan()).unwrap();
    let mut steps = 0;
    while dies(steps, &path) {
        assert!(open(&path).unwrap().state().issued().is_empty(), "{steps}");
        steps += 1;
    }
    assert!(steps >= 3, "{steps}");
    assert_eq!(open(&path).unwrap().state().issued().len(), 1);
}

#[cfg(unix)]
#[test]
fn a_lab_in_a_folder_of_another_user_is_not_changed() {
    use std::os::unix::fs::chown;
    if !rustix::process::geteuid().is_root() {
        // Only root can give a folder away.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab");
    found(&path, keys(), &plan()).unwrap();
    chown(&path, Some(1000), Some(1000)).unwrap();
    assert!(matches!(
        Writer::open(&path),
        Err(StoreError::Unsafe { .. })
    ));
}

#[test]
fn what_a_killed_run_left_of_a_crl_is_removed_by_the_next_one_and_not_what_a_living_one_writes() {
    let top = tempfile::tempdir().unwrap();
    let path = top.path().join("int.crl");
    let left = top.path().join(".int.crl.lab-crl-x1");
    fs::write(&left, "part").unwrap();
    let other = top.path().join(".dep.crl.lab-crl-x1");
    fs::write(&other, "part").unwrap();
    super::crl(&path, |file| {
        assert!(!left.exists());
        // Another run for the same file, while this one writes.
        super::crl(&path, |_| Ok(())).unwrap();
        let beside = fs::read_dir(top.path()).unwrap().count();
        // The other CRL's, this one's part, and the one that was written meanwhile.
        assert_eq!(beside, 3);
        file.write_all(b"whole").unwrap();
        Ok(())
    })
    .unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"whole");
    assert!(other.exists());
}
