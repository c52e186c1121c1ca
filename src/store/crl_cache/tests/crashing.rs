//! Disks that fail and processes that die at every step, and what they leave.

use std::process::Command;

use super::*;

/// More steps than any of the actions takes.
const MOST_STEPS: u32 = 200;

/// What is done to a cache that has the CRL of day 1, and which days a reader may see afterwards.
const ACTIONS: [(&str, [Option<u32>; 2]); 5] = [
    ("install", [Some(1), Some(2)]),
    ("receive", [Some(1), Some(2)]),
    ("confirm", [Some(1), Some(1)]),
    ("remove", [Some(1), None]),
    ("mend", [Some(1), Some(1)]),
];

/// Ends with an error where any part of it failed.
fn act(bench: &Bench, what: &str) -> Result<(), CacheError> {
    let slot = bench.ca.slot("one");
    let mut writer = bench.cache.lock(None)?;
    match what {
        "first" | "install" => drop(bench.try_install(&mut writer, "one", 2)?),
        "receive" => drop(bench.try_receive(&mut writer, "one", 2)?),
        "confirm" => drop(writer.confirm(&slot, moment(NOW + 9 * DAY))?),
        "remove" => drop(writer.remove(&slot)?),
        "mend" => {
            if let Some((_, error)) = writer.repair()?.failed.pop() {
                return Err(error);
            }
        }
        _ => panic!("{what}"),
    }
    Ok(())
}

fn prepared(what: &str) -> Bench {
    let bench = Bench::new();
    if what != "first" {
        bench.install("one", 1);
    }
    if what == "mend" {
        let about = bench.cache.crl(&bench.ca.slot("one")).unwrap().unwrap();
        fs::remove_file(about.path().with_extension("index")).unwrap();
    }
    bench
}

/// The next run works, and leaves what a run that was never disturbed leaves.
fn assert_healed(bench: &Bench, context: &str) {
    drop(bench.writer());
    assert!(
        files(&bench.cache.folder().join("drafts")).is_empty(),
        "{context}"
    );
    let before = bench.seen_or_unindexed("one");
    let count = if before.is_some() { 4 } else { 1 };
    let found = cached_files(bench);
    assert!(found.len() <= count, "{context}: {found:?}");
    let _ = bench.writer().repair().unwrap();
    assert_eq!(bench.seen("one"), before, "{context}");
    bench.install("one", 3);
    assert_eq!(bench.seen("one"), Some(3), "{context}");
    assert_eq!(cached_files(bench).len(), 4, "{context}");
}

/// The lock, and for a CRL its three files.
fn cached_files(bench: &Bench) -> Vec<String> {
    let mut files = files(bench.cache.folder());
    files.retain(|name| name != "attempts.json");
    files
}

/// Lets an action fail at each of its steps; returns how many there are.
fn fail_everywhere(what: &str, days: [Option<u32>; 2], fault: Fault) -> u32 {
    for step in 0..MOST_STEPS {
        let context = format!("{what}, {fault:?} at step {step}");
        let bench = prepared(what);
        fault::journal();
        fault::after(step, fault);
        let done = act(&bench, what);
        let struck = fault::heal();
        if !struck {
            done.unwrap();
            return step;
        }
        let committed = fault::journal().iter().any(|done| match done {
            Done::Rename(_, to) | Done::Remove(to) => to.ends_with("current.json"),
            _ => false,
        });
        let seen = bench.seen_or_unindexed("one");
        match done {
            Ok(()) => assert_eq!(seen, days[1], "{context}"),
            Err(CacheError::Disk { .. } | CacheError::Index { .. }) if committed => {
                assert_eq!(seen, days[1], "{context}");
            }
            Err(error @ CacheError::Disk { .. }) => {
                assert_eq!(seen, days[0], "{context}");
                if fault == Fault::Full {
                    assert!(
                        error
                            .to_string()
                            .contains("the disk is full: free some space"),
                        "{error}"
                    );
                }
            }
            Err(other) => panic!("{context}: {other:?}"),
        }
        assert_healed(&bench, &context);
    }
    panic!("{what} has more than {MOST_STEPS} steps")
}

#[test]
fn a_disk_that_fails_at_any_step_leaves_the_old_crl_or_the_new_one() {
    fault::spare_the_disk();
    let faults = [
        Fault::Kill,
        Fault::Full,
        Fault::Refuse(std::io::ErrorKind::PermissionDenied),
    ];
    for fault in faults {
        assert!(fail_everywhere("first", [None, Some(2)], fault) > 15);
        for (what, days) in ACTIONS {
            assert!(fail_everywhere(what, days, fault) > 4, "{what}");
        }
    }
}

#[test]
fn a_folder_that_may_not_be_written_to_is_named_with_the_remedy() {
    let bench = Bench::new();
    bench.install("one", 1);
    fault::after(0, Fault::Refuse(std::io::ErrorKind::ReadOnlyFilesystem));
    let error = act(&bench, "install").unwrap_err();
    fault::heal();
    let expected = format!(
        "cannot open the lock {}; the disk is read-only: make it writable, or use another folder",
        bench.cache.folder().join("lock").display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(bench.seen("one"), Some(1));
}

#[test]
fn everything_is_durable_before_the_record_names_it_and_removed_only_after_that_is_durable() {
    for what in ["first", "install", "receive", "confirm", "mend"] {
        let bench = prepared(what);
        fault::journal();
        act(&bench, what).unwrap();
        let journal = fault::journal();
        // Files whose bytes, and folders whose names, a loss of power could take away at this moment.
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        let mut commits = 0;
        for done in &journal {
            let folder = |path: &Path| path.parent().unwrap().to_owned();
            match done {
                Done::MakeFolder(path) => folders.push(folder(path)),
                Done::Write(path) => files.push(path.clone()),
                Done::Sync(path) => files.retain(|file| file != path),
                Done::SyncFolder(path) => folders.retain(|folder| folder != path),
                Done::Rename(from, to) => {
                    assert!(!files.contains(from), "{what}: {from:?} in {journal:?}");
                    if to.ends_with("current.json") {
                        assert!(folders.is_empty(), "{what}: {folders:?} in {journal:?}");
                        commits += 1;
                    }
                    folders.push(folder(to));
                }
                Done::Remove(path) => {
                    let folder = folder(path);
                    assert!(
                        !folders.contains(&folder),
                        "{what}: {path:?} in {journal:?}"
                    );
                }
            }
        }
        assert_eq!(commits, 1, "{what}");
        assert!(folders.is_empty(), "{what}: {folders:?}");
    }
}

const CHILD: &str = "store::crl_cache::tests::crashing::the_process_that_the_other_test_crashes";

const TASK: &str = "PTL_CERT_TEST_CACHE_TASK";

/// Not a test by itself: confirms and repairs the cache that the environment names, and aborts before a step.
#[test]
fn the_process_that_the_other_test_crashes() {
    let Ok(task) = std::env::var(TASK) else {
        return;
    };
    let (step, folder) = task.split_once(' ').unwrap();
    fault::after(step.parse().unwrap(), Fault::Abort);
    let mut writer = Cache::open(folder).lock(None).unwrap();
    let source = CrlOrigin::Url {
        url: "http://crl.example/one.crl".to_owned(),
    };
    let outcome = AttemptOutcome::Unchanged {
        slot: String::new(),
    };
    let at = moment(NOW);
    writer
        .record([Tried {
            point: None,
            source,
            at,
            outcome,
        }])
        .unwrap();
    let _ = writer.repair().unwrap();
}

#[test]
fn a_process_that_dies_holding_the_lock_keeps_nobody_out() {
    let mut died = 0;
    for step in 0..MOST_STEPS {
        let bench = prepared("mend");
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", CHILD, "--quiet"])
            .env(TASK, format!("{step} {}", bench.cache.folder().display()))
            .output()
            .unwrap()
            .status;
        assert_eq!(bench.seen_or_unindexed("one"), Some(1), "{step}");
        assert_healed(&bench, &format!("aborted at step {step}"));
        if status.success() {
            break;
        }
        died += 1;
    }
    assert!((10..MOST_STEPS).contains(&died), "{died}");
}
