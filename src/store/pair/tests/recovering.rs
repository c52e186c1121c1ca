//! What the next run makes of what a crash left.

use super::crashing::crashes;
use super::*;

/// A directory in which a writer died with the key in place and the request not.
fn half_published() -> TempDir {
    for step in 0..MOST_STEPS {
        let directory = temporary();
        assert!(crashes("write", step, directory.path()));
        if presence(directory.path(), &name()).unwrap() == Presence::KeyOnly {
            return directory;
        }
    }
    panic!("no step leaves a key alone");
}

#[test]
fn the_next_run_finishes_a_promised_pair_before_it_looks_for_one() {
    let directory = half_published();
    assert!(matches!(
        write_texts(directory.path(), &name(), b"x", "x", Existing::Refuse),
        Err(PairError::Exists { .. })
    ));
    assert_eq!(entries(directory.path()), new_pair());
    let directory = half_published();
    let outcome = write_texts(directory.path(), &name(), b"x", "x", Existing::Skip).unwrap();
    assert_eq!(outcome, PairOutcome::Skipped);
    assert_eq!(entries(directory.path()), new_pair());
}

#[test]
fn a_file_in_the_way_of_a_promised_pair_stops_its_recovery_and_loses_nothing() {
    let directory = half_published();
    let request = directory.path().join(file("csr"));
    fs::write(&request, "made by hand").unwrap();
    let before = entries(directory.path());
    let error = recover(directory.path(), &name()).unwrap_err();
    assert!(
        matches!(&error, PairError::Blocked { path, .. } if *path == request),
        "{error}"
    );
    assert_eq!(entries(directory.path()), before);
    fs::remove_file(request).unwrap();
    assert_eq!(
        recover(directory.path(), &name()).unwrap(),
        Recovered::Finished
    );
    assert_eq!(entries(directory.path()), new_pair());
}

#[test]
fn a_request_is_not_put_beside_a_key_it_was_not_made_with() {
    let directory = half_published();
    fs::write(directory.path().join(file("key")), "another key").unwrap();
    let _ = recover(directory.path(), &name()).unwrap();
    assert_eq!(
        entries(directory.path()),
        expect(&[("key", b"another key")])
    );
}

#[test]
fn a_marker_that_became_durable_before_the_request_promises_nothing() {
    for step in 0..MOST_STEPS {
        let directory = temporary();
        assert!(crashes("write", step, directory.path()));
        let stage = Place::new(directory.path(), &name()).stage();
        if !stage.join("commit").exists() {
            continue;
        }
        fs::remove_file(stage.join("csr")).unwrap();
        assert_eq!(
            recover(directory.path(), &name()).unwrap(),
            Recovered::Discarded
        );
        assert!(entries(directory.path()).is_empty());
        return;
    }
    panic!("no step leaves a marker");
}

#[test]
fn a_damaged_stage_is_left_for_a_person() {
    let directory = half_published();
    let stage = Place::new(directory.path(), &name()).stage();
    fs::write(stage.join("csr"), "").unwrap();
    let before = entries(directory.path());
    assert!(matches!(
        recover(directory.path(), &name()),
        Err(PairError::Damaged { .. })
    ));
    fs::write(stage.join("commit"), "ptl-cert pair 2\n").unwrap();
    assert!(matches!(
        recover(directory.path(), &name()),
        Err(PairError::Damaged { .. })
    ));
    assert_eq!(names_of(directory.path()).len(), before.len());
}

#[test]
fn two_names_of_one_file_left_by_a_rename_in_two_calls_become_one() {
    let directory = half_published();
    let stage = Place::new(directory.path(), &name()).stage();
    fs::hard_link(directory.path().join(file("key")), stage.join("key")).unwrap();
    assert_eq!(
        recover(directory.path(), &name()).unwrap(),
        Recovered::Finished
    );
    assert_eq!(entries(directory.path()), new_pair());
}

#[test]
fn every_name_in_a_directory_is_recovered_by_itself() {
    let directory = half_published();
    for entry in [
        ".b.nhs.uk.ptl-cert",
        ".Upper.nhs.uk.ptl-cert",
        "c.nhs.uk.ptl-cert",
    ] {
        let path = directory.path().join(entry);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }
    let recovered: Vec<_> = recover_all(directory.path())
        .unwrap()
        .into_iter()
        .map(|found| (found.name.to_string(), found.outcome.unwrap()))
        .collect();
    let expected = [
        (name().to_string(), Recovered::Finished),
        ("b.nhs.uk".to_owned(), Recovered::Discarded),
    ];
    assert_eq!(recovered, expected);
    assert!(
        recover_all(&directory.path().join("missing"))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_marker_reads_back_and_nothing_else_is_one() {
    let marker = Marker::new(Some(NEW_KEY), b"request", Some(format!("{STAMP}-2")));
    let text = marker.to_text();
    assert_eq!(Marker::parse(text.as_bytes()), Some(marker));
    for broken in [
        String::new(),
        text.replace("pair 1", "pair 2"),
        text.replace(STAMP, "../../etc"),
        text.replace("csr ", "csr 0"),
        text.trim_end().to_owned(),
        format!("{text}{text}"),
        format!("{text}more\n"),
    ] {
        assert_eq!(Marker::parse(broken.as_bytes()), None, "{broken}");
    }
}

#[test]
fn a_promise_that_was_only_half_taken_back_is_kept_whole_or_not_at_all() {
    for step in 0..5 {
        let directory = temporary();
        let place = Place::new(directory.path(), &name());
        let stage = Stage::open(&place, Opening::Make).unwrap().unwrap();
        stage.put(Member::Key, NEW_KEY).unwrap();
        stage.put(Member::Request, NEW_REQUEST.as_bytes()).unwrap();
        let marker = Marker::new(Some(NEW_KEY), NEW_REQUEST.as_bytes(), None);
        stage.commit(&marker, Vec::new()).unwrap();
        fault::after(step, Times::Once, || Err(io::ErrorKind::Other.into()));
        stage.remove_if_possible();
        assert!(!fault::disarm(), "{step}");
        let _ = recover(directory.path(), &name()).unwrap();
        let found = entries(directory.path());
        assert!(found.is_empty() || found == new_pair(), "{step}: {found:?}");
    }
}
