//! Disks that fill up, files that appear, and writers at the same time.

use super::*;

#[test]
fn of_writers_at_the_same_time_exactly_one_wins_with_both_files() {
    for _ in 0..20 {
        let directory = temporary();
        let barrier = Barrier::new(8);
        let wins: Vec<String> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8)
                .map(|number| {
                    let (barrier, directory) = (&barrier, directory.path());
                    scope.spawn(move || {
                        let text = format!("writer {number}");
                        barrier.wait();
                        match write_texts(
                            directory,
                            &name(),
                            text.as_bytes(),
                            &text,
                            Existing::Refuse,
                        ) {
                            Ok(_) => Some(text),
                            Err(PairError::Busy { .. } | PairError::Exists { .. }) => None,
                            Err(other) => panic!("{other:?}"),
                        }
                    })
                })
                .collect();
            writers
                .into_iter()
                .filter_map(|writer| writer.join().unwrap())
                .collect()
        });
        let [winner] = &wins[..] else {
            panic!("{wins:?} won")
        };
        let _ = recover(directory.path(), &name()).unwrap();
        let expected = [("key", winner.as_bytes()), ("csr", winner.as_bytes())];
        assert_eq!(entries(directory.path()), expect(&expected));
    }
}

/// Writes with something done before the system call after `skipped` others; `None` when there are not so many.
fn write_with(
    directory: &Path,
    existing: Existing,
    skipped: u32,
    action: impl FnMut() -> io::Result<()> + 'static,
) -> Option<Result<PairOutcome, PairError>> {
    fault::after(skipped, Times::Once, action);
    let outcome = write_new(directory, existing);
    (!fault::disarm()).then_some(outcome)
}

#[test]
fn a_full_disk_at_any_step_leaves_what_was_there_or_the_whole_pair() {
    for (existing, before, after) in [
        (Existing::Refuse, Vec::new(), new_pair()),
        (REPLACE, old_pair(), replaced_pair()),
    ] {
        let mut steps = 0..MOST_STEPS;
        for step in &mut steps {
            let directory = temporary();
            if !before.is_empty() {
                put_old(directory.path());
            }
            let full = || Err(io::ErrorKind::StorageFull.into());
            let Some(outcome) = write_with(directory.path(), existing, step, full) else {
                break;
            };
            let mut found = entries(directory.path());
            match outcome {
                Err(error) => {
                    assert!(matches!(error, PairError::Io { .. }), "{step}: {error:?}");
                    // The lock's name may stay where removing it failed.
                    found.retain(|(name, _)| !name.starts_with('.'));
                    assert_eq!(found, before, "{step}");
                    let _ = recover(directory.path(), &name()).unwrap();
                    assert_eq!(entries(directory.path()), before, "{step}");
                }
                Ok(_) => {
                    let _ = recover(directory.path(), &name()).unwrap();
                    assert_eq!(entries(directory.path()), after, "{step}");
                }
            }
        }
        assert!((15..MOST_STEPS).contains(&steps.start), "{steps:?}");
    }
}

#[test]
fn a_file_that_appears_at_any_step_is_not_overwritten_and_no_half_pair_is_left() {
    for extension in ["key", "csr"] {
        for step in 0..MOST_STEPS {
            let directory = temporary();
            let path = directory.path().join(file(extension));
            let appear = move || fs::write(&path, "foreign");
            // After both names are taken, writing "foreign" would be the test overwriting the pair.
            let there = Place::new(directory.path(), &name());
            let appear = move || match there.presence() {
                Ok(Presence::Neither) => appear(),
                Ok(Presence::KeyOnly) if extension == "csr" => appear(),
                _ => Ok(()),
            };
            let Some(outcome) = write_with(directory.path(), Existing::Refuse, step, appear) else {
                break;
            };
            match outcome {
                Ok(_) => {
                    let _ = recover(directory.path(), &name()).unwrap();
                    assert_eq!(entries(directory.path()), new_pair(), "{step}");
                }
                Err(PairError::Exists { .. }) => {
                    assert_eq!(
                        entries(directory.path()),
                        expect(&[(extension, b"foreign")]),
                        "{step}"
                    );
                }
                Err(other) => panic!("{step}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_live_writer_keeps_others_out_and_a_dead_one_does_not() {
    let directory = temporary();
    let place = Place::new(directory.path(), &name());
    let stage = Stage::open(&place, Opening::Make).unwrap().unwrap();
    let error = write_new(directory.path(), Existing::Refuse).unwrap_err();
    assert_eq!(
        error.to_string(),
        "another ptl-cert is writing a.thirdparty.nhs.uk; wait for it to finish, then run again"
    );
    assert!(matches!(
        recover(directory.path(), &name()),
        Err(PairError::Busy { .. })
    ));
    drop(stage);
    assert_eq!(
        recover(directory.path(), &name()).unwrap(),
        Recovered::Discarded
    );
    assert_eq!(
        recover(directory.path(), &name()).unwrap(),
        Recovered::Nothing
    );
    assert!(names_of(directory.path()).is_empty());
}

#[test]
fn a_stage_that_others_may_enter_is_not_used() {
    let directory = temporary();
    let stage = Place::new(directory.path(), &name()).stage();
    fs::create_dir(&stage).unwrap();
    fs::set_permissions(&stage, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(
        write_new(directory.path(), Existing::Refuse),
        Err(PairError::ForeignStage { .. })
    ));
    fs::remove_dir(&stage).unwrap();
    symlink(directory.path(), &stage).unwrap();
    assert!(matches!(
        write_new(directory.path(), Existing::Refuse),
        Err(PairError::ForeignStage { .. })
    ));
}

#[test]
fn a_stage_that_vanishes_while_it_is_opened_is_made_again() {
    for step in 0..3 {
        let directory = temporary();
        let stage = Place::new(directory.path(), &name()).stage();
        let vanish = move || match fs::remove_dir_all(&stage) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        let outcome = write_with(directory.path(), Existing::Refuse, step, vanish).unwrap();
        assert!(
            matches!(outcome, Ok(PairOutcome::Written { .. })),
            "{step}: {outcome:?}"
        );
        assert_eq!(entries(directory.path()), new_pair(), "{step}");
    }
}
