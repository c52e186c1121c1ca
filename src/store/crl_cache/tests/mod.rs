//! What the cache promises.

mod concurrent;
mod crashing;
mod damaged;
mod made;
mod remembered;
mod updates;

use std::fs;
use std::io::Write;
use std::path::Path;

use tempfile::TempDir;

use super::disk::fault::{self, Done, Fault};
use super::writer::Writer;
use super::*;
use crate::revocation::Serials;
use crate::verdict::admission::Rollback;
use made::{Ca, DAY, Kind, NOW, from_url, moment, read};

/// A cache in a folder that is not there yet, and a CA.
struct Bench {
    folder: TempDir,
    cache: Cache,
    ca: Ca,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        Bench {
            cache: Cache::open(folder.path().join("a/crl")),
            ca: Ca::new("CA"),
            folder,
        }
    }

    fn writer(&self) -> Writer {
        self.cache.lock(None).unwrap()
    }

    /// Installs the CRL of a day, with as many entries as days, unless it is older than the installed one.
    fn try_install(
        &self,
        writer: &mut Writer,
        partition: &str,
        day: u32,
    ) -> Result<About, CacheError> {
        let der = self.ca.crl(partition, day, day);
        let crl = read(&der);
        let admitted = self.ca.admit(&self.cache, &crl, Rollback::Refused);
        writer.install(&admitted.unwrap(), &from_url(NOW + i64::from(day) * DAY))
    }

    /// The same for a CRL that the cache has received.
    fn try_receive(
        &self,
        writer: &mut Writer,
        partition: &str,
        day: u32,
    ) -> Result<About, CacheError> {
        let mut incoming = self.cache.receive()?;
        let sent = incoming.write_all(&self.ca.crl(partition, day, day));
        if let Some(refusal) = incoming.refusal() {
            return Err(refusal);
        }
        sent.unwrap();
        let received = incoming.finish()?;
        let crl = read(&received);
        let admitted = self.ca.admit(&self.cache, &crl, Rollback::Refused);
        let provenance = from_url(NOW + i64::from(day) * DAY);
        writer.install_received(&admitted.unwrap(), &provenance, &received)
    }

    fn install(&self, partition: &str, day: u32) -> About {
        self.try_install(&mut self.writer(), partition, day)
            .unwrap()
    }

    /// Installs a CRL as fetched now; its slot.
    fn put(&self, der: &[u8]) -> Slot {
        let crl = read(der);
        let admitted = self.ca.admit(&self.cache, &crl, Rollback::Refused).unwrap();
        self.writer().install(&admitted, &from_url(NOW)).unwrap();
        admitted.slot().clone()
    }

    fn slot_folder(&self, partition: &str) -> PathBuf {
        let slot = self.ca.slot(partition);
        self.cache.folder().join("crls").join(slot.id())
    }

    /// The day of the CRL that a reader sees, after making sure that it is whole, signed and the only one;
    /// `None` where there is none.
    fn seen_or_unindexed(&self, partition: &str) -> Option<u32> {
        let cached = self.cache.crl(&self.ca.slot(partition)).unwrap()?;
        let crl = cached.crl().unwrap();
        assert!(crate::revocation::signed_by(&crl, &self.ca.certificate));
        let entries = crl.scan(&Serials::new([])).unwrap().entries_seen;
        assert_eq!(cached.about().entries, entries);
        assert_eq!(crl.header().this_update, cached.about().this_update);
        Some(u32::try_from(entries).unwrap())
    }

    /// The same, of a CRL with a sound index.
    fn seen(&self, partition: &str) -> Option<u32> {
        let day = self.seen_or_unindexed(partition);
        if let Some(cached) = self.cache.crl(&self.ca.slot(partition)).unwrap() {
            assert!(cached.without_index().is_none(), "{cached:?}");
        }
        day
    }
}

/// Every file below a folder, relative, sorted.
fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(&inner).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().display().to_string();
                    files.push(name.replace(std::path::MAIN_SEPARATOR, "/"));
                }
            }
        }
    }
    files.sort();
    files
}

#[test]
fn a_cache_that_was_never_written_is_empty() {
    let bench = Bench::new();
    let crls = bench.cache.crls().unwrap();
    assert!(crls.sound.is_empty() && crls.damaged.is_empty());
    assert!(bench.cache.attempts().unwrap().is_empty());
    assert!(bench.cache.crl(&bench.ca.slot("one")).unwrap().is_none());
    assert!(files(bench.folder.path()).is_empty());
}

/// A CRL of more than a mebibyte in a file outside the cache.
fn large(bench: &Bench) -> PathBuf {
    let path = bench.folder.path().join("large.crl");
    fs::write(&path, bench.ca.crl("one", 2, 50_000)).unwrap();
    path
}

fn install_received(bench: &Bench, received: &ReceivedFile) -> About {
    let crl = read(received);
    let admitted = bench.ca.admit(&bench.cache, &crl, Rollback::Refused);
    let provenance = from_url(NOW);
    let mut writer = bench.cache.lock_again(std::time::Duration::ZERO).unwrap();
    writer
        .install_received(&admitted.unwrap(), &provenance, received)
        .unwrap()
}

#[test]
fn a_large_file_is_received_once_and_installed_as_it_was_received() {
    let bench = Bench::new();
    let path = large(&bench);
    let received = bench.cache.receive_file(&path).unwrap().unwrap();
    // Whoever changes the file now changes nothing.
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, "something else").unwrap();
    let about = install_received(&bench, &received);
    assert_eq!(about.sha256, crate::document::sha256(&bytes));
    assert_eq!(bench.seen("one"), Some(50_000));
    drop(received);
    assert_eq!(files(bench.cache.folder()).len(), 4);
    // Not even the inode is another one than that which was examined.
    let copies = files(&bench.cache.folder().join("drafts"));
    assert!(copies.is_empty(), "{copies:?}");
}

#[test]
fn a_file_of_any_length_is_received_to_its_last_octet() {
    let bench = Bench::new();
    let path = bench.folder.path().join("large");
    let mebibyte = 1 << 20;
    for length in [mebibyte, mebibyte + 1, 4 * mebibyte, 9 * mebibyte - 1] {
        let mut bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        bytes[..7].copy_from_slice(&[0x30, 0x84, 1, 0, 0, 0, 0x30]);
        bytes[7..9].copy_from_slice(&[3, 2]);
        fs::write(&path, &bytes).unwrap();
        let received = bench.cache.receive_file(&path).unwrap().unwrap();
        assert!(received[..] == bytes[..], "{length}");
    }
}

#[test]
fn a_disk_that_is_full_while_a_file_is_received_is_an_error_and_leaves_nothing() {
    let bench = Bench::new();
    let path = large(&bench);
    drop(bench.writer());
    for steps in 0..20 {
        fault::after(steps, Fault::Full);
        let received = bench.cache.receive_file(&path);
        if !fault::heal() {
            assert!(steps > 2 && received.unwrap().is_some());
            return;
        }
        let error = received.unwrap_err();
        assert!(matches!(error, CacheError::Disk { .. }), "{error}");
        assert!(files(&bench.cache.folder().join("drafts")).is_empty());
    }
    panic!("the disk fails at every step");
}

#[test]
fn a_received_file_that_another_writer_cleared_away_is_written_again() {
    let bench = Bench::new();
    let received = bench.cache.receive_file(&large(&bench)).unwrap().unwrap();
    drop(bench.writer());
    assert!(files(&bench.cache.folder().join("drafts")).is_empty());
    install_received(&bench, &received);
    assert_eq!(bench.seen("one"), Some(50_000));
}

#[test]
fn a_crl_that_is_only_a_part_of_what_was_received_is_copied() {
    let bench = Bench::new();
    let received = bench.cache.receive_file(&large(&bench)).unwrap().unwrap();
    let part = received.to_vec();
    let crl = read(&part);
    let admitted = bench.ca.admit(&bench.cache, &crl, Rollback::Refused);
    let mut writer = bench.cache.lock_again(std::time::Duration::ZERO).unwrap();
    let installed = writer.install_received(&admitted.unwrap(), &from_url(NOW), &received);
    drop(writer);
    assert_eq!(installed.unwrap().sha256, crate::document::sha256(&part));
    assert_eq!(files(&bench.cache.folder().join("drafts")).len(), 1);
    assert_eq!(bench.seen("one"), Some(50_000));
}

#[test]
fn what_is_no_large_crl_in_der_is_not_received_but_read_where_it_is() {
    let bench = Bench::new();
    let path = bench.folder.path().join("file");
    let not_received = |path: &Path| bench.cache.receive_file(path).unwrap().is_none();
    assert!(not_received(&path) && not_received(bench.folder.path()));
    // Small, text, and what PKCS#12, PKCS#8 in clear and encrypted begin with.
    let begins: [&[u8]; 5] = [
        &bench.ca.crl("one", 2, 1),
        b"-----BEGIN X509 CRL-----",
        &[0x30, 0x83, 0x20, 0, 0, 2, 1, 3],
        &[0x30, 0x83, 0x20, 0, 0, 2, 1, 0],
        &[0x30, 0x83, 0x20, 0, 0, 0x30, 0x40, 6, 9],
    ];
    for (number, begin) in begins.into_iter().enumerate() {
        let mut bytes = begin.to_vec();
        if number > 0 {
            bytes.resize(2 << 20, 0);
        }
        fs::write(&path, bytes).unwrap();
        assert!(not_received(&path));
    }
    assert!(!bench.cache.folder().exists());
}

#[test]
fn a_crl_is_installed_with_its_index_and_its_record_and_nothing_else_is_left() {
    let bench = Bench::new();
    let about = bench.install("one", 3);
    let (slot, sha256) = (&about.slot, about.sha256);
    let mut expected = [
        format!("crls/{slot}/{sha256}.crl"),
        format!("crls/{slot}/{sha256}.index"),
        format!("crls/{slot}/current.json"),
        "lock".to_owned(),
    ];
    expected.sort();
    assert_eq!(files(bench.cache.folder()), expected);
    let crls = bench.cache.crls().unwrap();
    let [crl] = &crls.sound[..] else {
        panic!("{crls:?}")
    };
    assert_eq!(crl.about(), &about);
    assert_eq!(
        crl.der(),
        bench
            .cache
            .crl(&bench.ca.slot("one"))
            .unwrap()
            .unwrap()
            .der()
    );
    assert!(crl.without_index().is_none(), "{crl:?}");
    assert_eq!(
        crl.crl().unwrap().header().this_update,
        moment(NOW + 3 * DAY)
    );
    assert_eq!(about.entries, 3);
    assert_eq!(about.distribution_point, ["http://crl.example/one.crl"]);
}

#[test]
fn a_newer_crl_replaces_the_old_one_and_other_partitions_stay() {
    let bench = Bench::new();
    bench.install("one", 1);
    bench.install("two", 1);
    let newer = bench.install("one", 2);
    assert_eq!((bench.seen("one"), bench.seen("two")), (Some(2), Some(1)));
    let mut expected = [
        format!("{}.crl", newer.sha256),
        format!("{}.index", newer.sha256),
        "current.json".to_owned(),
    ];
    expected.sort();
    assert_eq!(files(&bench.slot_folder("one")), expected);
}

#[test]
fn a_crl_that_is_installed_already_is_not_written_again_and_its_source_is_renewed() {
    let bench = Bench::new();
    let first = bench.install("one", 1);
    let path = bench
        .cache
        .crl(&bench.ca.slot("one"))
        .unwrap()
        .unwrap()
        .path()
        .to_owned();
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    let der = fs::read(&path).unwrap();
    let crl = read(&der);
    let admitted = bench
        .ca
        .admit(&bench.cache, &crl, Rollback::Refused)
        .unwrap();
    let mut provenance = from_url(NOW + 5 * DAY);
    provenance.etag = Some("\"5\"".to_owned());
    provenance.last_modified = Some("x".repeat(VALIDATOR_LIMIT + 1));
    let about = bench.writer().install(&admitted, &provenance).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    assert_eq!(
        (about.sha256, about.fetched_at),
        (first.sha256, moment(NOW + 5 * DAY))
    );
    assert_eq!(
        (about.etag.as_deref(), about.last_modified),
        (Some("\"5\""), None)
    );
    assert_eq!(bench.seen("one"), Some(1));
}

#[test]
fn an_older_crl_is_not_installed_even_by_a_caller_that_did_not_look() {
    let bench = Bench::new();
    let der = bench.ca.crl("one", 1, 1);
    let crl = read(&der);
    let admit = |cache| bench.ca.admit(cache, &crl, Rollback::Refused).unwrap();
    let before = admit(&bench.cache);
    bench.install("one", 2);
    let error = bench.writer().install(&before, &from_url(NOW)).unwrap_err();
    assert!(matches!(error, CacheError::Older { .. }), "{error}");
    assert_eq!(bench.seen("one"), Some(2));
    let allowed = bench
        .ca
        .admit(&bench.cache, &crl, Rollback::Allowed)
        .unwrap();
    bench.writer().install(&allowed, &from_url(NOW)).unwrap();
    assert_eq!(bench.seen("one"), Some(1));
}

#[test]
fn a_crl_that_is_open_stays_readable_when_it_is_replaced_and_removed() {
    let bench = Bench::new();
    bench.install("one", 1);
    let opened = bench.cache.crl(&bench.ca.slot("one")).unwrap().unwrap();
    let before = opened.der().to_vec();
    bench.install("one", 2);
    let removed = bench.writer().remove(&bench.ca.slot("one")).unwrap();
    assert_eq!(removed.map(|about| about.entries), Some(2));
    assert_eq!(bench.seen("one"), None);
    assert_eq!(opened.der(), before);
    assert!(!bench.slot_folder("one").exists());
    assert!(
        bench
            .writer()
            .remove(&bench.ca.slot("one"))
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_crl_fetched_by_a_clock_that_was_ahead_was_fetched_no_later_than_it_is_confirmed() {
    let bench = Bench::new();
    bench.install("one", 1);
    let earlier = moment(NOW - 30 * DAY);
    let slot = bench.ca.slot("one");
    let about = bench.writer().confirm(&slot, earlier).unwrap();
    assert_eq!((about.fetched_at, about.checked_at), (earlier, earlier));
}

#[test]
fn a_source_that_had_nothing_newer_is_noted_and_a_crl_that_is_not_there_cannot_be() {
    let bench = Bench::new();
    let slot = bench.ca.slot("one");
    let error = bench.writer().confirm(&slot, moment(NOW)).unwrap_err();
    assert!(matches!(error, CacheError::NotInstalled { .. }), "{error}");
    bench.install("one", 1);
    let about = bench
        .writer()
        .confirm(&slot, moment(NOW + 7 * DAY))
        .unwrap();
    assert_eq!(about.checked_at, moment(NOW + 7 * DAY));
    assert_eq!(about.fetched_at, moment(NOW + DAY));
    let seen = bench.cache.crl(&slot).unwrap().unwrap();
    assert_eq!(seen.about(), &about);
}

#[test]
fn what_is_received_can_be_read_and_leaves_nothing_behind() {
    let bench = Bench::new();
    let writer = bench.writer();
    for length in [0, 5, 3 << 20] {
        let (mut one, two) = (writer.receive().unwrap(), writer.receive().unwrap());
        std::io::Write::write_all(&mut one, &vec![7; length]).unwrap();
        assert!(two.finish().unwrap().is_empty());
        let received = one.finish().unwrap();
        assert!(received.len() == length && received.iter().all(|byte| *byte == 7));
    }
    assert!(files(&bench.cache.folder().join("drafts")).is_empty());
}

#[test]
fn a_full_disk_under_what_is_received_is_reported_however_the_writing_went() {
    let bench = Bench::new();
    let writer = bench.writer();
    let mut incoming = writer.receive().unwrap();
    fault::after(0, Fault::Full);
    std::io::Write::write_all(&mut incoming, &[1; 10]).unwrap_err();
    fault::heal();
    let error = incoming.finish().unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
}

#[test]
fn a_large_crl_is_mapped_and_answers_from_its_index() {
    const ENTRIES: u32 = 60_000;
    let bench = Bench::new();
    let der = bench.ca.crl("one", 1, ENTRIES);
    assert!(der.len() as u64 > crate::store::read::MAP_THRESHOLD);
    let slot = bench.put(&der);
    let cached = bench.cache.crl(&slot).unwrap().unwrap();
    assert_eq!(cached.der(), der);
    let indexed = cached.crl().unwrap();
    let serial = [&[1][..], &ENTRIES.to_be_bytes()].concat();
    indexed.prepare(&Serials::of([&serial[..]])).unwrap();
    assert!(indexed.index_fault().is_none() && cached.without_index().is_none());
}

#[test]
fn a_crl_of_a_kind_that_has_no_index_is_installed_without_one() {
    let bench = Bench::new();
    let der = bench.ca.any_crl("one", 1, 3, Kind::Indirect);
    let slot = bench.put(&der);
    let cached = bench.cache.crl(&slot).unwrap().unwrap();
    assert!(
        matches!(cached.without_index(), Some(NoIndex::None)),
        "{cached:?}"
    );
    assert_eq!(cached.crl().unwrap().der(), der);
    let mut writer = bench.writer();
    let repaired = writer.repair().unwrap();
    assert!(
        repaired.indexes.is_empty() && repaired.recorded.is_empty(),
        "{repaired:?}"
    );
    writer.confirm(&slot, moment(NOW + 2 * DAY)).unwrap();
    assert!(bench.cache.crl(&slot).unwrap().is_some());
}

#[test]
fn a_password_in_a_url_is_not_kept_where_every_client_may_read_it() {
    for (given, kept) in [
        (
            "http://user:pass@crl.example/a@b.crl",
            "http://crl.example/a@b.crl",
        ),
        (
            "http://crl.example/a@b.crl?c@d",
            "http://crl.example/a@b.crl?c@d",
        ),
        ("https://p@ss:w@crl.example", "https://crl.example"),
        ("nonsense@", "nonsense@"),
    ] {
        let place = CrlOrigin::from(&crate::input::Source::Url(given.to_owned()));
        assert_eq!(place.url(), Some(kept));
    }
}
