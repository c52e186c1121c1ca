//! Processes that die at every step, and what they leave.

use super::*;

const CHILD: &str = "store::pair::tests::crashing::the_process_that_the_other_tests_crash";

const TASK: &str = "PTL_CERT_TEST_TASK";

/// Not a test by itself: does what the environment says, and aborts before the system call it names.
#[test]
fn the_process_that_the_other_tests_crash() {
    let Ok(task) = std::env::var(TASK) else {
        return;
    };
    let mut words = task.splitn(3, ' ');
    let mut word = || words.next().unwrap().to_owned();
    let (what, step, directory) = (word(), word(), word());
    fault::after(step.parse().unwrap(), Times::Once, || std::process::abort());
    let directory = Path::new(&directory);
    match what.as_str() {
        "write" => drop(write_new(directory, Existing::Refuse).unwrap()),
        "replace" => drop(write_new(directory, REPLACE).unwrap()),
        "request" => drop(write_request_text(directory, &name(), NEW_REQUEST, REPLACE).unwrap()),
        "recover" => drop(recover(directory, &name()).unwrap()),
        _ => panic!("{what}"),
    }
}

/// Runs a task in a process that dies before the step; false when it has no such step.
pub(super) fn crashes(what: &str, step: u32, directory: &Path) -> bool {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--quiet"])
        .env(TASK, format!("{what} {step} {}", directory.display()))
        .output()
        .unwrap()
        .status;
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    assert!(
        status.success() || signal.is_some(),
        "{what} {step}: {status}"
    );
    !status.success()
}

/// Nothing of the old or new pair is lost, no request is without its key, and every key is private.
fn assert_sound(directory: &Path, had_old: bool, context: &str) {
    let found = entries(directory);
    let holds = |name: &str, bytes: &[u8]| {
        found
            .iter()
            .any(|(found, content)| found == name && content == bytes)
    };
    for (name, content) in &found {
        if content == NEW_KEY || content == OLD_KEY || name.ends_with(".key") {
            assert_eq!(mode(&directory.join(name)), 0o600, "{context}: {name}");
        }
    }
    let (key, request) = (file("key"), file("csr"));
    if holds(&request, NEW_REQUEST.as_bytes()) {
        assert!(
            holds(&key, NEW_KEY),
            "{context}: a request without its key in {found:?}"
        );
    }
    if had_old {
        let aside = |extension| file(&format!("{extension}.{STAMP}"));
        assert!(
            holds(&key, OLD_KEY) || holds(&aside("key"), OLD_KEY),
            "{context}: {found:?}"
        );
        let old = OLD_REQUEST.as_bytes();
        assert!(
            holds(&request, old) || holds(&aside("csr"), old),
            "{context}: {found:?}"
        );
    }
}

fn crash_everywhere(what: &str, before: &[(String, Vec<u8>)], after: &[(String, Vec<u8>)]) {
    let had_old = !before.is_empty();
    let (mut untouched, mut finished) = (0, 0);
    for step in 0..MOST_STEPS {
        let directory = temporary();
        if had_old {
            put_old(directory.path());
        }
        if !crashes(what, step, directory.path()) {
            break;
        }
        assert_sound(directory.path(), had_old, &format!("{what} {step}"));
        // And the process that recovers may die as well, at its second step, and then each later one.
        let mut died = 0;
        while crashes("recover", 1 + died, directory.path()) {
            assert_sound(
                directory.path(),
                had_old,
                &format!("{what} {step}, recovery {died}"),
            );
            died += 1;
        }
        assert_eq!(
            recover(directory.path(), &name()).unwrap(),
            Recovered::Nothing
        );
        let found = entries(directory.path());
        if found == after {
            finished += 1;
        } else {
            assert_eq!(found, before, "{what} {step}");
            assert_eq!(finished, 0, "{what} {step}: a promised pair is gone");
            untouched += 1;
        }
    }
    assert!(
        untouched > 5 && finished > 5,
        "{what}: {untouched} untouched, {finished} finished"
    );
}

#[test]
fn a_crash_at_any_step_of_writing_leaves_both_files_or_neither() {
    crash_everywhere("write", &[], &new_pair());
}

#[test]
fn a_crash_at_any_step_of_replacing_leaves_the_old_pair_or_both() {
    crash_everywhere("replace", &old_pair(), &replaced_pair());
}

#[test]
fn a_crash_at_any_step_of_writing_a_request_alone_leaves_the_key() {
    let aside = format!("csr.{STAMP}");
    let after = [
        ("key", OLD_KEY),
        ("csr", NEW_REQUEST.as_bytes()),
        (&aside, OLD_REQUEST.as_bytes()),
    ];
    for step in 0..MOST_STEPS {
        let directory = temporary();
        put_old(directory.path());
        if !crashes("request", step, directory.path()) {
            break;
        }
        let _ = recover(directory.path(), &name()).unwrap();
        let found = entries(directory.path());
        assert!(
            found == old_pair() || found == expect(&after),
            "{step}: {found:?}"
        );
    }
}
