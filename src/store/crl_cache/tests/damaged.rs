//! Files that are not what was written.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

use super::*;

/// A cache with a sound CRL in "two" and one in "one" that is about to be damaged.
fn prepared() -> (Bench, PathBuf) {
    let bench = Bench::new();
    bench.install("two", 1);
    bench.install("one", 1);
    let crl = bench.cache.crl(&bench.ca.slot("one")).unwrap().unwrap();
    let path = crl.path().to_owned();
    (bench, path)
}

/// What is reported about "one", after making sure that "two" is still there and that a new CRL heals it.
fn damage(bench: &Bench) -> Damaged {
    let mut crls = bench.cache.crls().unwrap();
    assert_eq!(crls.sound.len(), 1, "{crls:?}");
    assert_eq!(
        crls.sound[0].about().distribution_point,
        ["http://crl.example/two.crl"]
    );
    let damaged = crls.damaged.pop().unwrap();
    assert!(crls.damaged.is_empty());
    let slot = bench.ca.slot("one");
    assert_eq!(damaged.slot, slot.id());
    let error = bench.cache.crl(&slot).unwrap_err();
    assert!(matches!(error, CacheError::Damaged { .. }), "{error}");
    let writer = bench.writer();
    assert!(matches!(writer.slot_state(&slot), SlotState::Damaged(_)));
    drop(writer);
    bench.install("one", 2);
    assert_eq!(bench.seen("one"), Some(2));
    damaged
}

#[test]
fn a_crl_with_one_other_byte_is_never_used() {
    let (bench, path) = prepared();
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let damaged = damage(&bench);
    assert!(
        matches!(damaged.damage, CacheDamage::Digest { .. }),
        "{damaged:?}"
    );
    let text = damaged.to_string();
    assert!(
        text.ends_with("is damaged and is not used; fetch or import the CRL again"),
        "{text}"
    );
    assert_eq!(damaged.about.unwrap().entries, 1);
}

#[test]
fn a_crl_that_is_cut_off_or_gone_or_a_folder_is_never_used() {
    let (bench, path) = prepared();
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(damage(&bench).damage, CacheDamage::Length { .. }));

    let (bench, path) = prepared();
    fs::remove_file(&path).unwrap();
    assert!(matches!(damage(&bench).damage, CacheDamage::Missing));

    let (bench, path) = prepared();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(damage(&bench).damage, CacheDamage::NotAFile));
}

#[test]
fn the_same_crl_over_a_damaged_one_heals_it() {
    let (bench, path) = prepared();
    let der = fs::read(&path).unwrap();
    let sound = bench.cache.crl(&bench.ca.slot("one")).unwrap().unwrap();
    let about = sound.about().clone();
    drop(sound);
    fs::write(&path, "damaged").unwrap();
    let mut writer = bench.writer();
    assert!(matches!(
        writer.confirm(&bench.ca.slot("one"), moment(NOW)),
        Err(CacheError::Damaged { .. })
    ));
    let installed = writer.installed(&bench.ca.slot("one")).unwrap();
    assert_eq!(installed.as_ref(), Some(&about));
    let crl = read(&der);
    let admitted = bench
        .ca
        .admit(&bench.cache, &crl, Rollback::Refused)
        .unwrap();
    writer.install(&admitted, &from_url(NOW)).unwrap();
    assert_eq!(bench.seen("one"), Some(1));
}

#[test]
fn a_record_that_is_not_ours_is_an_error_of_its_slot_alone() {
    type Case = (fn(&str) -> String, fn(&CacheDamage) -> bool);
    let is_text: fn(&CacheDamage) -> bool = |damage| matches!(damage, CacheDamage::Text(_));
    let cases: [Case; 10] = [
        (|_| String::new(), is_text),
        (|_| "[".repeat(100_000), is_text),
        (
            |_| "{\"schema\": \"ptl-cert/cached-crl/1\"}".to_owned(),
            is_text,
        ),
        (|text| text[..text.len() / 2].to_owned(), is_text),
        (
            |text| text.replace("\"der\": \"30", "\"der\": \"31"),
            is_text,
        ),
        (
            |_| " ".repeat(300_000),
            |damage| matches!(damage, CacheDamage::TooLong { .. }),
        ),
        (
            |text| text.replace("cached-crl/1", "cached-list/2"),
            |damage| matches!(damage, CacheDamage::Schema { .. }),
        ),
        (
            |text| text.replace("\"slot\": \"", "\"slot\": \"../"),
            |damage| matches!(damage, CacheDamage::Slot { .. }),
        ),
        (
            |text| text.replace("\"entries\": 1", "\"entries\": 2"),
            |damage| {
                matches!(
                    damage,
                    CacheDamage::Fact {
                        fact: "number of entries"
                    }
                )
            },
        ),
        (
            |text| text.replace("2025-01-02T", "2025-01-03T"),
            |damage| matches!(damage, CacheDamage::Fact { fact: "thisUpdate" }),
        ),
    ];
    for (change, expected) in cases {
        let (bench, _) = prepared();
        let record = bench.slot_folder("one").join("current.json");
        let text = fs::read_to_string(&record).unwrap();
        fs::write(&record, change(&text)).unwrap();
        let crls = bench.cache.crls().unwrap();
        assert!(expected(&crls.damaged[0].damage), "{crls:?}");
        // Nothing that may be needed is removed while that is unknown.
        drop(bench.writer());
        assert_eq!(files(&bench.slot_folder("one")).len(), 3);
        damage(&bench);
    }
}

#[test]
fn a_copied_cache_is_used_and_its_files_are_recorded_by_the_next_writer() {
    let (bench, path) = prepared();
    for name in [&path, &path.with_extension("index")] {
        let bytes = fs::read(name).unwrap();
        fs::remove_file(name).unwrap();
        fs::write(name, bytes).unwrap();
    }
    assert_eq!(bench.seen("one"), Some(1));
    let slot = bench.ca.slot("one");
    let repaired = bench.writer().repair().unwrap();
    assert_eq!(repaired.recorded, [slot.id()]);
    assert!(repaired.indexes.is_empty() && repaired.failed.is_empty());
    assert_eq!(bench.seen("one"), Some(1));
    let repaired = bench.writer().repair().unwrap();
    assert!(repaired.recorded.is_empty(), "{repaired:?}");
}

#[test]
fn bytes_that_change_without_the_file_system_knowing_are_found_by_the_index() {
    let (bench, path) = prepared();
    let mut bytes = fs::read(&path).unwrap();
    // Within the issuer's name.
    let place = bytes.windows(2).position(|two| two == b"CA").unwrap();
    bytes[place] = b'D';
    fs::write(&path, bytes).unwrap();
    // As if it had happened below the file system: the record is made to know the file as it is now.
    let record = bench.slot_folder("one").join("current.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    let identity = disk::Identity::of(&fs::metadata(&path).unwrap());
    json["crl"] = serde_json::to_value(identity).unwrap();
    let der = json["about"]["issuer"]["der"].as_str().unwrap();
    json["about"]["issuer"]["der"] = der.replace("4341", "4441").into();
    fs::write(&record, json.to_string()).unwrap();
    let slot = bench.ca.slot("one");
    let found = bench.cache.crls().unwrap();
    assert_eq!(found.damaged.len(), 1);
    let confirmed = bench.writer().confirm(&slot, moment(NOW + 9 * DAY));
    assert!(matches!(confirmed, Err(CacheError::Damaged { .. })));
    let error = bench.cache.crl(&slot).unwrap_err();
    assert!(
        matches!(
            &error,
            CacheError::Damaged {
                source: CacheDamage::Digest { .. },
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn whatever_byte_is_changed_in_whatever_file_what_is_served_is_what_was_installed() {
    let (bench, path) = prepared();
    let sound = fs::read(&path).unwrap();
    let names = files(&bench.slot_folder("one"));
    let names = names.iter().map(|name| bench.slot_folder("one").join(name));
    let originals: Vec<_> = names.map(|path| (fs::read(&path).unwrap(), path)).collect();
    let change = (0..originals.len(), any::<Index>(), any::<u8>());
    let config = ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(&change, |(file, place, byte)| {
            let (original, path) = &originals[file];
            let mut bytes = original.clone();
            bytes[place.index(original.len())] = byte;
            fs::write(path, bytes).unwrap();
            let crls = bench.cache.crls().unwrap();
            assert_eq!(crls.sound.len() + crls.damaged.len(), 2);
            for cached in &crls.sound {
                let crl = cached.crl().unwrap();
                if cached.about().slot == bench.ca.slot("one").id() {
                    assert_eq!(crl.der(), sound);
                }
            }
            fs::write(path, original).unwrap();
            Ok(())
        })
        .unwrap();
    assert_eq!(bench.seen("one"), Some(1));
}

#[test]
fn an_index_that_is_damaged_or_gone_is_not_used_and_made_again() {
    for remove in [false, true] {
        let (bench, path) = prepared();
        let index = path.with_extension("index");
        let sound = fs::read(&index).unwrap();
        let mut damaged = sound.clone();
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        match remove {
            true => fs::remove_file(&index).unwrap(),
            false => fs::write(&index, damaged).unwrap(),
        }
        let slot = bench.ca.slot("one");
        let crl = bench.cache.crl(&slot).unwrap().unwrap();
        assert!(
            matches!(crl.without_index(), Some(NoIndex::Damaged(_))),
            "{crl:?}"
        );
        assert_eq!(bench.seen_or_unindexed("one"), Some(1));
        let mut writer = bench.writer();
        match remove {
            true => assert_eq!(writer.repair().unwrap().indexes, [slot.id()]),
            false => drop(writer.confirm(&slot, moment(NOW)).unwrap()),
        }
        assert_eq!(bench.seen("one"), Some(1));
        assert_eq!(fs::read(&index).unwrap(), sound);
    }
}

#[test]
fn what_is_none_of_ours_is_left_alone() {
    let (bench, _) = prepared();
    let crls = bench.cache.folder().join("crls");
    fs::create_dir(crls.join("lost+found")).unwrap();
    fs::write(crls.join("README"), "x").unwrap();
    fs::write(bench.slot_folder("one").join("notes.txt"), "x").unwrap();
    bench.install("one", 2);
    assert!(crls.join("README").exists());
    assert!(bench.slot_folder("one").join("notes.txt").exists());
    let slot = bench.ca.slot("one");
    bench.writer().remove(&slot).unwrap().unwrap();
    assert!(bench.slot_folder("one").join("notes.txt").exists());
    assert_eq!(bench.seen("one"), None);
}

#[test]
fn a_file_in_the_place_of_a_folder_is_named() {
    let bench = Bench::new();
    fs::write(bench.folder.path().join("a"), "x").unwrap();
    for error in [
        bench.cache.crls().map(drop).unwrap_err(),
        bench.cache.lock(None).map(drop).unwrap_err(),
    ] {
        assert!(
            error
                .to_string()
                .ends_with("is not a folder; give a folder as the CRL cache"),
            "{error}"
        );
    }
}

#[cfg(unix)]
mod others {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_cache_is_made_for_every_user_to_read_and_its_owner_to_write() {
        let (bench, path) = prepared();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        // The umask may take more away, and can add nothing.
        let top = bench.cache.folder();
        for folder in [
            top,
            top.parent().unwrap(),
            &top.join("crls"),
            path.parent().unwrap(),
        ] {
            assert_eq!(mode(folder) & 0o722, 0o700, "{}", folder.display());
        }
        assert_eq!(mode(&path) & 0o733, 0o600);
    }

    #[test]
    fn a_cache_that_others_may_write_to_is_refused_by_readers_and_writers() {
        let (bench, _) = prepared();
        for folder in [
            bench.cache.folder().to_owned(),
            bench.cache.folder().join("crls"),
        ] {
            for mode in [0o775, 0o757, 0o1777] {
                set_mode(&folder, mode);
                for error in [
                    bench.cache.crls().map(drop).unwrap_err(),
                    bench
                        .cache
                        .crl(&bench.ca.slot("one"))
                        .map(drop)
                        .unwrap_err(),
                    bench.cache.lock(None).map(drop).unwrap_err(),
                ] {
                    let CacheError::OpenToOthers { path, mode: found } = &error else {
                        panic!("{error}")
                    };
                    assert_eq!((path, *found), (&folder, mode));
                    assert!(error.to_string().contains("chmod go-w"), "{error}");
                }
            }
            set_mode(&folder, 0o755);
        }
        assert_eq!(bench.seen("one"), Some(1));
    }

    #[test]
    fn a_crl_that_others_may_write_to_is_damaged() {
        let (bench, path) = prepared();
        set_mode(&path, 0o664);
        assert!(matches!(
            damage(&bench).damage,
            CacheDamage::OpenToOthers { mode: 0o664 }
        ));

        let (bench, _) = prepared();
        set_mode(&bench.slot_folder("one"), 0o777);
        let crls = bench.cache.crls().unwrap();
        assert!(matches!(
            crls.damaged[0].damage,
            CacheDamage::OpenToOthers { .. }
        ));
        assert_eq!(crls.sound.len(), 1);
    }
}
