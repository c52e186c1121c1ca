//! Writers and readers at the same time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::*;

const PATIENCE: Option<Duration> = Some(Duration::from_secs(300));

#[test]
fn readers_see_a_whole_crl_that_only_gets_newer_while_two_writers_take_turns() {
    const LAST: u32 = 40;
    let bench = Bench::new();
    bench.install("one", 1);
    let finished = AtomicBool::new(false);
    let write = || {
        loop {
            let mut writer = bench.cache.lock(PATIENCE).unwrap();
            let day = writer.installed(&bench.ca.slot("one")).unwrap().unwrap();
            let day = u32::try_from(day.entries).unwrap();
            if day == LAST {
                return;
            }
            bench.try_install(&mut writer, "one", day + 1).unwrap();
        }
    };
    let read = || {
        let (mut newest, mut turns) = (0, 0);
        while !finished.load(Ordering::Relaxed) || turns == 0 {
            let crls = bench.cache.crls().unwrap();
            assert!(crls.damaged.is_empty(), "{crls:?}");
            let day = bench.seen("one").unwrap();
            assert!(day >= newest, "{day} after {newest}");
            (newest, turns) = (day, turns + 1);
        }
        assert_eq!(bench.seen("one"), Some(LAST));
    };
    thread::scope(|scope| {
        let readers = [scope.spawn(read), scope.spawn(read)];
        let writers = [scope.spawn(write), scope.spawn(write)];
        let wrote = writers.map(thread::ScopedJoinHandle::join);
        finished.store(true, Ordering::Relaxed);
        for done in wrote
            .into_iter()
            .chain(readers.map(thread::ScopedJoinHandle::join))
        {
            done.unwrap();
        }
    });
    assert_eq!(files(bench.cache.folder()).len(), 4);
}

#[test]
fn a_writer_keeps_others_out_and_is_named_to_them() {
    let bench = Bench::new();
    let writer = bench.writer();
    let error = bench.cache.lock(None).map(drop).unwrap_err();
    let expected = format!(
        "the CRL cache {} is being written by process {}; wait for it to finish, then run again",
        bench.cache.folder().display(),
        std::process::id()
    );
    assert_eq!(error.to_string(), expected);
    let wait = Some(Duration::from_millis(1));
    let error = bench.cache.lock(wait).map(drop).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(" and did not finish within 0.001 s; wait for it"),
        "{error}"
    );
    drop(writer);
    drop(bench.writer());
}

#[test]
fn a_process_that_was_killed_is_not_named_as_the_writer_for_ever() {
    let bench = Bench::new();
    drop(bench.writer());
    fs::write(
        bench.cache.folder().join("lock.pid"),
        "4294967296 is no process",
    )
    .unwrap();
    drop(bench.writer());
    assert!(!bench.cache.folder().join("lock.pid").exists());
}

#[test]
fn a_writer_waits_for_the_one_before() {
    let bench = Bench::new();
    let writer = bench.writer();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| bench.cache.lock(PATIENCE).map(drop));
        drop(writer);
        waiting.join().unwrap().unwrap();
    });
}

#[cfg(unix)]
#[test]
fn a_lock_whose_file_is_removed_each_time_is_no_ones() {
    let bench = Bench::new();
    fault::let_locks_vanish();
    let error = bench.cache.lock(None).map(drop).unwrap_err();
    assert!(matches!(error, CacheError::Busy { .. }), "{error}");
}
