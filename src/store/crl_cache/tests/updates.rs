//! Random updates with random faults: the cache always opens, and never steps back.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;

const PARTITIONS: [&str; 3] = ["one", "two", "three"];

#[derive(Clone, Copy, Debug)]
enum Action {
    /// Offers a CRL so many days newer (or older) than the newest that was ever offered.
    Offer {
        days: i32,
    },
    Confirm,
    Mend,
    Record,
    /// Damage to the index, which may not change any answer.
    DamageIndex,
}

#[derive(Clone, Copy, Debug)]
struct Update {
    partition: usize,
    action: Action,
    fault: Option<(u32, Fault)>,
}

fn update() -> impl Strategy<Value = Update> {
    let action = prop_oneof![
        6 => (-3..4i32).prop_map(|days| Action::Offer { days }),
        1 => Just(Action::Confirm),
        1 => Just(Action::Mend),
        1 => Just(Action::Record),
        1 => Just(Action::DamageIndex),
    ];
    let fault = prop_oneof![
        4 => Just(Fault::Kill),
        1 => Just(Fault::Full),
        1 => Just(Fault::Refuse(std::io::ErrorKind::PermissionDenied)),
        1 => Just(Fault::Refuse(std::io::ErrorKind::Other)),
    ];
    let fault = proptest::option::weighted(0.7, (0..45u32, fault));
    (0..PARTITIONS.len(), action, fault).prop_map(|(partition, action, fault)| Update {
        partition,
        action,
        fault,
    })
}

fn act(bench: &Bench, update: Update, newest: &mut u32) -> Result<Option<u32>, CacheError> {
    let partition = PARTITIONS[update.partition];
    let mut writer = bench.cache.lock(None)?;
    match update.action {
        Action::Offer { days } => {
            let day = newest.saturating_add_signed(days);
            *newest = day.max(*newest);
            let der = bench.ca.crl(partition, day, day);
            let crl = read(&der);
            if let Some(admitted) = bench.ca.admit(&bench.cache, &crl, Rollback::Refused) {
                writer.install(&admitted, &from_url(NOW))?;
                return Ok(Some(day));
            }
        }
        Action::Confirm => match writer.confirm(&bench.ca.slot(partition), moment(NOW)) {
            Err(CacheError::NotInstalled { .. }) => {}
            confirmed => drop(confirmed?),
        },
        Action::Mend => drop(writer.repair()?),
        Action::Record => {
            let source = from_url(NOW).place;
            let outcome = AttemptOutcome::Unchanged {
                slot: String::new(),
            };
            let at = moment(NOW);
            writer.record([Tried {
                point: None,
                source,
                at,
                outcome,
            }])?;
        }
        Action::DamageIndex => {
            if let Some(crl) = bench.cache.crl(&bench.ca.slot(partition))? {
                let _ = fs::write(crl.path().with_extension("index"), "damaged");
            }
        }
    }
    Ok(None)
}

fn check(bench: &Bench, updates: &[Update]) {
    let (mut before, mut newest) = ([None; PARTITIONS.len()], 1);
    for update in updates {
        fault::heal();
        if let Some((steps, fault)) = update.fault {
            fault::after(steps, fault);
        }
        let done = act(bench, *update, &mut newest);
        fault::heal();
        let crls = bench.cache.crls().unwrap();
        assert!(crls.damaged.is_empty(), "{crls:?}");
        bench.cache.attempts().unwrap();
        for (at, partition) in PARTITIONS.iter().enumerate() {
            let seen = bench.seen_or_unindexed(partition);
            assert!(
                seen >= before[at],
                "{seen:?} after {:?} by {update:?}",
                before[at]
            );
            if at != update.partition {
                assert_eq!(seen, before[at], "{update:?}");
            } else if let Ok(Some(day)) = &done {
                assert_eq!(seen, Some(*day), "{update:?}");
            }
            before[at] = seen;
        }
    }
    // A last undisturbed run puts everything in order.
    let _ = bench.writer().repair().unwrap();
    for (at, partition) in PARTITIONS.iter().enumerate() {
        assert_eq!(bench.seen(partition), before[at]);
    }
    let expected = before.iter().flatten().count() * 3;
    let found = files(&bench.cache.folder().join("crls"));
    assert_eq!(found.len(), expected, "{found:?}");
    assert!(files(&bench.cache.folder().join("drafts")).is_empty());
}

#[test]
fn whatever_is_killed_the_cache_opens_and_never_serves_an_older_or_unverified_crl() {
    fault::spare_the_disk();
    let config = ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let updates = proptest::collection::vec(update(), 1..24);
    TestRunner::new(config)
        .run(&updates, |updates| {
            check(&Bench::new(), &updates);
            Ok(())
        })
        .unwrap();
}
