//! `export`, and the weekly job as a whole, are killed at each system call that changes the disk: the server's folder then
//! holds the old set or the new one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Estate, LAB, WITHOUT_CLIENTS, export_words};
use crate::program::{can_trace, is_installed, ptl_cert};

/// The system calls that change a file system, as far as the program makes them.
const CALLS: [&str; 14] = [
    "write",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "fsync",
    "fdatasync",
    "fchmod",
    "chmod",
    "ftruncate",
];

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(status.unwrap().success());
}

#[test]
fn killing_export_at_any_step_leaves_the_old_set_or_the_new_one() {
    if !is_installed("openssl", "version") || !is_installed("strace", "-V") || !can_trace() {
        return;
    }
    let estate = Estate::new();
    let pristine = estate.export("nginx", "old", &[]);
    let old = files(&pristine);
    // Another key, another certificate, another admitted host: three files of the set change.
    let other = ["--cert", "by-san.pem", "--key", "client.key"];
    let words = export_words("nginx", "set", &other);
    let run = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    copy(&pristine, &estate.path("set"));
    let done = run(ptl_cert(&estate.path("")).args(&words)).unwrap();
    assert_eq!(done.code(), Some(WITHOUT_CLIENTS));
    let new = files(&estate.path("set"));
    assert_ne!(old, new);
    let known =
        |name: &str, bytes: &Vec<u8>| old.get(name) == Some(bytes) || new.get(name) == Some(bytes);
    let mut killed = 0;
    for call in CALLS {
        for step in 1.. {
            let folder = estate.path("set");
            std::fs::remove_dir_all(&folder).unwrap();
            copy(&pristine, &folder);
            let mut command = Command::new("strace");
            command
                .current_dir(estate.path(""))
                .env("HOME", estate.path(""))
                .args(["-f", "-o", "/dev/null"])
                .args(["-e", &format!("trace={call}")])
                .args(["-e", &format!("inject={call}:signal=KILL:when={step}")])
                .arg(env!("CARGO_BIN_EXE_ptl-cert"))
                .args(&words);
            let ended = run(&mut command).unwrap();
            // Each file is whole at every moment.
            for (name, bytes) in files(&folder) {
                assert!(
                    known(&name, &bytes),
                    "{call} {step}: {name} is neither old nor new"
                );
            }
            if ended.code() == Some(WITHOUT_CLIENTS) {
                assert_eq!(files(&folder), new);
                break;
            }
            killed += 1;
            // The next run first restores what was cut short; its own files are put back by the test that fails.
            let mut next = ptl_cert(&estate.path(""));
            let next = run(next.args(&words).args(["--test", "false"])).unwrap();
            let found = files(&folder);
            assert!(found == old || found == new, "{call} {step}: a mixture");
            // Where the new set is there whole, but nobody was told of it, the test is run again as well.
            assert!(matches!(next.code(), Some(0 | 1)), "{call} {step}: {next}");
        }
    }
    eprintln!("killed at {killed} steps");
    assert!(killed > 20, "{killed} steps only");
}

/// The line that `crl schedule` prints for cron, as cron hands it to the shell, without the random delay.
fn crontab_line(estate: &Estate, imports: &[String]) -> String {
    let (kit, loaded) = (estate.path("kit"), estate.path("loaded"));
    // In place of a server that reads its CRLs on a reload.
    let reload = format!(
        "cp {0}/crl.pem {1}.$$ && mv {1}.$$ {1}",
        kit.display(),
        loaded.display()
    );
    let test = format!("openssl crl -noout -in {}/crl.pem", kit.display());
    let mut words = vec!["--server", "nginx", "--out-dir", "kit", "--incomplete"];
    words.extend(["--client", "good-g2.pem", "--test", &test]);
    words.extend(["--on-change", &reload]);
    let report = estate.schedule("cron", imports, &words);
    let text = report["files"][0]["text"].as_str().unwrap();
    let line = text.trim_end().lines().last().unwrap();
    let command = line.splitn(6, ' ').nth(5).unwrap().replace("\\%", "%");
    let (wait, command) = command.split_once("; ").unwrap();
    assert!(wait.starts_with("sleep "), "{wait}");
    command.to_owned()
}

/// Runs a line by the shell in a process group of its own, until it ends or one of its processes is stopped; then all of
/// them are killed at once. Whether it had to be.
fn run_until_stopped(estate: &Estate, line: &str) -> bool {
    use std::os::unix::process::CommandExt;
    let log = estate.path("strace.log");
    let _ = std::fs::remove_file(&log);
    let mut job = Command::new("sh")
        .args(["-c", line])
        .current_dir("/")
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let since = std::time::Instant::now();
    loop {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        if said.contains("stopped by SIGSTOP") {
            let group = format!("-{}", job.id());
            let status = Command::new("kill").args(["-KILL", "--", &group]).status();
            assert!(status.unwrap().success());
            job.wait().unwrap();
            return true;
        }
        if job.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(since.elapsed().as_secs() < 60, "{line}: {said}");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[test]
fn killing_the_weekly_job_at_any_step_leaves_the_old_set_or_the_new_one_and_the_next_job_completes()
{
    if !is_installed("openssl", "version") || !is_installed("strace", "-V") || !can_trace() {
        return;
    }
    // In memory, if there is such a place: a disk takes its time to make things durable.
    let memory = Path::new("/dev/shm");
    let mut estate = match memory.is_dir() {
        true => Estate::new_in(memory),
        false => Estate::new(),
    };
    estate.export("nginx", "kit", &[]);
    std::fs::copy(estate.path("kit/crl.pem"), estate.path("loaded")).unwrap();
    for name in ["cache", "kit", "loaded"] {
        copy(&estate.path(name), &estate.path(&format!("old-{name}")));
    }
    let old = files(&estate.path("kit"));
    estate.revoke("by-san");
    let later = ptl_cert::document::Moment::from_unix(estate.now.unix() + 5).unwrap();
    // Few enough for the longest line that cron reads.
    let imports = estate.make_crls(later, "page", &|issuer| {
        issuer.contains("G2") && (issuer.contains("PTL") || issuer.contains("INT"))
    });
    let line = crontab_line(&estate, &imports);
    let start = |estate: &Estate| {
        for name in ["cache", "kit", "loaded"] {
            let path = estate.path(name);
            let gone = match path.is_dir() {
                true => std::fs::remove_dir_all(&path),
                false => std::fs::remove_file(&path),
            };
            gone.unwrap();
            copy(&estate.path(&format!("old-{name}")), &path);
        }
    };
    assert!(!run_until_stopped(&estate, &line));
    let new = files(&estate.path("kit"));
    assert_ne!(old["crl.pem"], new["crl.pem"]);
    let program = format!("{} crl ", env!("CARGO_BIN_EXE_ptl-cert"));
    let commands = line.matches(&program).count();
    assert_eq!(commands, 3, "{line}");
    let log = estate.path("strace.log");
    let mut killed = [0; 3];
    for (command, call) in (0..commands).flat_map(|one| CALLS.map(|call| (one, call))) {
        let mut step = 0;
        loop {
            // The export at every step; the others have steps of a kind by the dozen.
            step += match command {
                2 => 1,
                _ => 1 + step / 2,
            };
            start(&estate);
            let place = line.match_indices(&program).nth(command).unwrap().0;
            let (before, after) = line.split_at(place);
            let trace = format!(
                "strace -f -o {} -e trace={call} -e inject={call}:signal=STOP:when={step}",
                log.display()
            );
            let stopped = run_until_stopped(&estate, &format!("{before}{trace} {after}"));
            let at = format!("command {command}, {call} {step}");
            let found = files(&estate.path("kit"));
            assert!(found == old || found == new, "{at}: a mixture");
            let loaded = std::fs::read(estate.path("loaded")).unwrap();
            let whole = loaded == old["crl.pem"] || loaded == new["crl.pem"];
            assert!(whole, "{at}: the server has read half a set");
            if !stopped {
                assert_eq!(found, new);
                break;
            }
            killed[command] += 1;
            // The cache answers, by the old CRL or the new one.
            let words = ["verify", "by-san.pem", "--cache", "cache"];
            let verdict = estate.run(&[&words[..], &LAB].concat());
            assert!(
                matches!(verdict.status.code(), Some(0 | 1)),
                "{at}: {verdict:?}"
            );
            // The next job completes what this one began, the reload included.
            assert!(!run_until_stopped(&estate, &line));
            assert_eq!(files(&estate.path("kit")), new, "{at}");
            let loaded = std::fs::read(estate.path("loaded")).unwrap();
            assert!(loaded == new["crl.pem"], "{at}: nobody told the server");
        }
    }
    eprintln!("killed at {killed:?} steps");
    assert!(
        killed.iter().all(|steps| *steps > 5),
        "{killed:?} steps only"
    );
}
