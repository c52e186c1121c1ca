//! Runs that meet each other, a full disk, their own end, or a CRL they have already.

use std::io::Read;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use ptl_cert::lab::{Defect, Generation, LabEnvironment, Party};
use ptl_cert::store::crl_cache::Cache;
use ptl_cert::wire::host::{Body, Reply};

use super::rig::{DAY, NOW, Ran, Rig, digest, now};
use crate::program::{ptl_cert, say_skipped};

const CRL: &str = "application/pkix-crl";

/// A body that stops in the middle, says so, and goes on when it is told to.
struct Held {
    first: Vec<u8>,
    rest: Vec<u8>,
    reached: Sender<()>,
    go_on: Receiver<()>,
}

impl Read for Held {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.first.is_empty() && !self.rest.is_empty() {
            let _ = self.reached.send(());
            // Nobody there to tell means that the test is over.
            let _ = self.go_on.recv();
            self.first = std::mem::take(&mut self.rest);
        }
        let count = self.first.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.first[..count]);
        self.first.drain(..count);
        Ok(count)
    }
}

/// Lets the server stop in the middle of the CRL; once.
fn hold(rig: &Rig, crl: &[u8]) -> (Receiver<()>, Sender<()>) {
    let ((reached, when), (told, go_on)) = (channel(), channel());
    let (first, rest) = crl.split_at(crl.len() / 2);
    let held = Held {
        first: first.to_vec(),
        rest: rest.to_vec(),
        reached,
        go_on,
    };
    let (whole, length) = (crl.to_vec(), crl.len() as u64);
    let held = Mutex::new(Some(held));
    rig.answers(move |_| match held.lock().unwrap().take() {
        Some(held) => Reply {
            body: Body::Stream(Box::new(held), Some(length)),
            ..Reply::ok(CRL, &b""[..])
        },
        None => Reply::ok(CRL, whole.clone()),
    });
    (when, told)
}

#[test]
fn a_run_that_is_killed_in_the_middle_of_a_crl_changes_nothing_and_the_next_one_succeeds() {
    let rig = Rig::with_crls();
    let (before, crl) = (rig.installed(), rig.crl_now(&[]));
    let (reached, _go_on) = hold(&rig, &crl);
    let mut command = rig.command(&["update", "client.der", "--timeout", "60s"]);
    let mut run = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    reached.recv().unwrap();
    // SIGKILL; `sh` has made way for the program with `exec`.
    run.kill().unwrap();
    run.wait().unwrap();
    assert_eq!(rig.installed(), before);
    assert_eq!(rig.answer(), 0);
    rig.update(&[]).expect(0, &["installed"]);
    assert!(
        rig.installed()
            .values()
            .any(|sha256| *sha256 == digest(&crl))
    );
}

#[test]
fn a_download_that_is_slow_keeps_no_other_run_from_the_cache() {
    let rig = Rig::with_crls();
    let crl = rig.crl_now(&[]);
    let (reached, go_on) = hold(&rig, &crl);
    let mut command = rig.command(&["update", "client.der", "--timeout", "60s"]);
    let first = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    reached.recv().unwrap();
    // It waits for what the first one installs meanwhile, and the held download outlasts that wait.
    rig.update(&["--wait", "20s"]).expect(0, &["installed"]);
    assert_eq!(rig.answer(), 0);
    go_on.send(()).unwrap();
    // What the first one receives in the end is what the second one installed.
    Ran::of(&first.wait_with_output().unwrap()).expect(0, &["unchanged"]);
    assert!(
        rig.installed()
            .values()
            .any(|sha256| *sha256 == digest(&crl))
    );
}

#[test]
fn a_run_waits_for_the_writer_of_the_cache_or_says_who_it_is() {
    let rig = Rig::with_crls();
    let crl = rig.crl_now(&[]);
    rig.answers(move |_| Reply::ok(CRL, crl.clone()));
    let writer = Cache::open(rig.cache()).lock(None).unwrap();
    let busy = format!("is being written by process {}", std::process::id());
    rig.update(&["--wait", "0s"]).expect(3, &[&busy]);
    // Readers need not wait.
    assert_eq!(rig.answer(), 0);
    let mut command = rig.command(&["update", "client.der", "--wait", "60s"]);
    let waiting = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(writer);
    Ran::of(&waiting.wait_with_output().unwrap()).expect(0, &["installed"]);
}

#[test]
fn a_full_disk_is_named_and_the_old_crl_stays() {
    let rig = Rig::with_crls();
    let (before, crl) = (rig.installed(), rig.crl_now(&[]));
    rig.answers(move |_| Reply::ok(CRL, [crl.clone(), vec![0; 1 << 20]].concat()));
    // A limit on the size of files is what a full disk looks like to a program that ignores the signal.
    let mut limited = std::process::Command::new("/bin/sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_ptl-cert"))
        .args(["crl", "update", "client.der", "--cache", "cache"])
        .args(["--facts", "facts.toml", "--at", NOW])
        .current_dir(rig.folder())
        .env_clear();
    let ran = Ran::of(&limited.output().unwrap());
    ran.expect(
        3,
        &["failed", "cache", "cannot write", "the installed CRL stays"],
    );
    assert_eq!(rig.installed(), before);
    assert_eq!(rig.answer(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let rig = Rig::new();
    // Not even root may make folders there.
    let mut command = ptl_cert(rig.folder());
    command.args(["crl", "update", "client.der", "--facts", "facts.toml"]);
    command.args(["--at", NOW, "--cache", "/sys/ptl-cert"]);
    let ran = Ran::of(&command.output().unwrap());
    ran.expect(3, &["cannot make the folder /sys/ptl-cert"]);
}

#[cfg(unix)]
#[test]
fn a_cache_that_may_only_be_read_is_read_and_not_written() {
    use std::os::unix::fs::PermissionsExt;
    let rig = Rig::with_crls();
    let before = rig.installed();
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    let folders = [
        rig.cache().join("drafts"),
        rig.cache().join("crls"),
        rig.cache(),
    ];
    for folder in &folders {
        std::fs::set_permissions(folder, mode(0o555)).unwrap();
    }
    let probe = std::fs::write(rig.cache().join("drafts/probe"), b"");
    if probe.is_ok() {
        say_skipped("a read-only cache: this user may write everywhere");
    } else {
        rig.update(&[])
            .expect(3, &["give the user running this access to it"]);
        assert_eq!(rig.installed(), before);
        assert_eq!(rig.answer(), 0);
    }
    for folder in &folders {
        std::fs::set_permissions(folder, mode(0o755)).unwrap();
    }
}

#[test]
fn a_server_is_asked_only_for_what_is_newer() {
    let rig = Rig::new();
    let crl = rig.crl_now(&[]);
    let whole = crl.clone();
    rig.answers(move |question| match question.header("If-None-Match") {
        Some("\"seven\"") => Reply::new(304),
        _ => Reply::ok(CRL, whole.clone()).with("ETag", "\"seven\""),
    });
    rig.update(&[]).expect(0, &["2 installed"]);
    let before = rig.installed();
    rig.update(&[]).expect(0, &["2 unchanged"]);
    assert_eq!(rig.installed(), before);
}

#[test]
fn a_damaged_crl_is_fetched_whole_and_healed() {
    let rig = Rig::new();
    let crl = rig.crl_now(&[]);
    let whole = crl.clone();
    rig.answers(move |question| match question.header("If-None-Match") {
        Some(_) => Reply::new(304),
        None => Reply::ok(CRL, whole.clone()).with("ETag", "\"seven\""),
    });
    rig.update(&[]).expect(0, &["2 installed"]);
    let file = crl_file(&rig, &digest(&crl));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&file, bytes).unwrap();
    // What is damaged says nothing.
    rig.run(&["check", "client.der"])
        .expect(3, &["it is damaged"]);
    rig.update(&[]).expect(0, &[]);
    assert_eq!(rig.answer(), 0);
}

fn crl_file(rig: &Rig, sha256: &str) -> std::path::PathBuf {
    let slots = std::fs::read_dir(rig.cache().join("crls")).unwrap();
    let name = format!("{sha256}.crl");
    let mut files = slots.map(|slot| slot.unwrap().path().join(&name));
    files.find(|file| file.exists()).unwrap()
}

#[test]
fn a_mirror_has_the_same_paths_and_need_not_be_trusted() {
    let rig = Rig::new();
    let path = format!("/mirror{}", rig.place().path());
    let (good, bad) = (rig.crl_now(&[]), rig.crl_now(&[Defect::CrlSiblingKey]));
    let root = rig.other_crl(|place| place.issuer_id() == "ptl-g1-root");
    rig.answers_at("/mirror/ptl/rootca/arla1.crl", move |_| {
        Reply::ok(CRL, root.clone())
    });
    // The CA's own server is away.
    rig.answers(|_| Reply::new(503));
    rig.answers_at(&path, move |_| Reply::ok(CRL, bad.clone()));
    let mirror = format!("{}/mirror/", rig.base_url());
    rig.update(&["--mirror", &mirror])
        .expect(1, &["crl-signature", &path]);
    rig.answers_at(&path, move |_| Reply::ok(CRL, good.clone()));
    rig.update(&["--mirror", &mirror, "-v"])
        .expect(0, &["installed", &path]);
    assert_eq!(rig.answer(), 0);
    // What came from there is renewed from there, by whatever name: the mirror's own path occurs once.
    rig.run(&["update", "--mirror", &mirror])
        .expect(0, &["2 unchanged"]);
    rig.run(&["update"]).expect(0, &["2 unchanged"]);
}

#[test]
fn the_first_failure_of_a_source_is_critical_and_a_later_one_a_warning() {
    let rig = Rig::new();
    rig.answers(|_| Reply::new(404));
    rig.update(&[]).expect(3, &["404", "installed none"]);
    rig.run(&["status"]).expect(
        1,
        &[
            "never fetched",
            &rig.url(),
            &format!("ptl-cert crl remove --cache cache {}", rig.url()),
        ],
    );
    let nagios = rig.run(&["status", "--format", "nagios"]);
    nagios.expect(2, &["CRL CRITICAL", "has never been fetched"]);

    let crl = rig.crl_now(&[]);
    rig.answers(move |_| Reply::ok(CRL, crl.clone()));
    rig.update(&[]).expect(0, &[]);
    rig.run(&["status"]).expect(0, &["2 fresh"]);

    rig.answers(|_| Reply::new(404));
    rig.update(&[]).expect(3, &["the installed CRL stays"]);
    let nagios = rig.run(&["status", "--format", "nagios"]);
    nagios.expect(1, &["CRL WARNING", "has failed since"]);
}

#[test]
fn a_source_that_never_answered_is_a_warning_once_its_crl_was_imported() {
    let rig = Rig::new();
    rig.answers(|_| Reply::new(404));
    rig.update(&[]).expect(3, &["404", "installed none"]);
    std::fs::write(rig.folder().join("mine.crl"), rig.crl_now(&[])).unwrap();
    rig.run(&["import", "mine.crl"]).expect(0, &["installed"]);
    let nagios = rig.run(&["status", "--format", "nagios"]);
    nagios.expect(1, &["CRL WARNING", "has failed since"]);
}

#[test]
fn a_crl_that_no_server_has_is_said_with_the_remedy_until_it_was_imported() {
    let rig = Rig::new();
    let old = rig.identity(Party::Caller, LabEnvironment::Int, Generation::G1Sha1);
    std::fs::write(rig.folder().join("old.der"), &old).unwrap();
    let says = [
        "manual import",
        "cannot be fetched",
        "crl import --facts facts.toml --cache cache FILE",
    ];
    rig.run(&["update", "old.der"]).expect(3, &says);
    rig.run(&["check", "old.der"])
        .expect(3, &["cannot be fetched"]);
    for (number, crl) in rig.crls_manual_import().into_iter().enumerate() {
        let name = format!("brought-{number}.crl");
        std::fs::write(rig.folder().join(&name), crl).unwrap();
        rig.run(&["import", &name]).expect(0, &["installed"]);
    }
    rig.run(&["update", "old.der"]).expect(0, &["imported"]);
    rig.run(&["check", "old.der"]).expect(0, &["NOT REVOKED"]);
}

#[test]
fn what_is_revoked_is_said_with_its_date_and_reason_and_a_stale_crl_says_nothing_good() {
    let mut rig = Rig::new();
    rig.revoke_client(now().unix() - 2 * DAY);
    let crl = rig.crl_now(&[]);
    rig.answers(move |_| Reply::ok(CRL, crl.clone()));
    rig.update(&["-v"]).expect(0, &["1 entry"]);
    let says = [
        "REVOKED",
        "revoked on 2027-01-06T00:00:00Z, reason keyCompromise",
    ];
    rig.run(&["check", "client.der"]).expect(1, &says);

    let rig = Rig::with_crls();
    let mut later = ptl_cert(rig.folder());
    later.args(["crl", "check", "client.der", "--cache", "cache"]);
    later.args(["--facts", "facts.toml", "--at", "2027-03-01T00:00:00Z"]);
    let ran = Ran::of(&later.output().unwrap());
    ran.expect(3, &["NOT DECIDED", "it expired at", "crl update"]);
}

#[test]
fn verify_uses_the_crls_of_the_cache_for_the_whole_chain() {
    let mut rig = Rig::with_crls();
    let verify = |rig: &Rig, args: &[&str]| {
        let mut command = ptl_cert(rig.folder());
        command.args([
            "verify",
            "client.der",
            "--env",
            "lab-int",
            "--facts",
            "facts.toml",
        ]);
        command.args(["--purpose", "any", "--at", NOW]).args(args);
        Ran::of(&command.output().unwrap())
    };
    verify(&rig, &["--cache", "cache"]).expect(0, &["VERIFIED", "not revoked: "]);
    // A cache that was named and is empty does not turn revocation off.
    verify(&rig, &["--cache", "empty"]).expect(3, &["NOT DECIDED", "no-crl"]);
    let off = verify(&rig, &["--cache", "cache", "--revocation", "off"]);
    off.expect(0, &["revocation-unchecked"]);

    rig.revoke_client(now().unix() - DAY / 2);
    let crl = rig.crl_now(&[]);
    rig.answers(move |_| Reply::ok(CRL, crl.clone()));
    rig.update(&[]).expect(0, &[]);
    verify(&rig, &["--cache", "cache"]).expect(1, &["NOT VERIFIED"]);
}
