//! After a revocation: the weekly job as `crl schedule` prints it, the server's reload, and what becomes of the clients
//! meanwhile.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ptl_cert::document::Moment;
use ptl_cert::lab::{Generation, LabEnvironment};
use serde_json::Value;

use super::running::{Kind, Running, call, came, curl, start};
use super::{Estate, SSP};
use crate::program::is_installed;

/// How long a server may take until it has read its files again; Tomcat starts again.
const PATIENCE: Duration = Duration::from_secs(120);

/// The words for a client of each generation, so that the partitions of all clients are known.
const CLIENTS: [&str; 6] = [
    "--client",
    "good-g1-sha1.pem",
    "--client",
    "good-g1.pem",
    "--client",
    "good-g2.pem",
];

/// The commands of the job that `crl schedule` makes for a server with these files.
fn job(estate: &Estate, kind: Kind, running: &Running, crls: &[String]) -> Vec<Vec<String>> {
    let server = match kind {
        Kind::Tomcat | Kind::Java => "java",
        other => other.target(),
    };
    let (kit, test, reload) = (
        running.kit.to_str().unwrap(),
        running.test(kind),
        running.reload(kind),
    );
    let mut words = vec!["--server", server, "--out-dir", kit];
    words.extend(["--test", &test, "--on-change", &reload]);
    words.extend(CLIENTS);
    let report = estate.schedule("systemd", crls, &words);
    let text = |word: &Value| word.as_str().unwrap().to_owned();
    let commands = report["commands"].as_array().unwrap().iter();
    commands
        .map(|command| command.as_array().unwrap().iter().map(text).collect())
        .collect()
}

/// Runs the job from another folder, as a scheduler does; each command whatever became of the one before.
fn run(commands: &[Vec<String>]) -> Vec<(Option<i32>, String)> {
    let run = |command: &Vec<String>| {
        let output = Command::new(&command[0])
            .args(&command[1..])
            .current_dir("/")
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .output()
            .unwrap();
        let both = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&both).into_owned();
        (output.status.code(), text)
    };
    commands.iter().map(run).collect()
}

/// Calls by a client that may, one connection after the other, until told to stop: what became of each.
fn keep_calling(
    estate: &Estate,
    port: u16,
    stop: &Arc<AtomicBool>,
) -> std::thread::JoinHandle<Vec<String>> {
    let folder = estate.path("");
    let stop = Arc::clone(stop);
    std::thread::spawn(move || {
        let mut all = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let output = curl(&|name| folder.join(name), port, "/", Some("good-g2")).output();
            all.push(came(&output.unwrap()));
        }
        all
    })
}

#[test]
fn after_a_revocation_the_weekly_job_has_each_server_refuse_the_client_and_drops_no_other() {
    if !is_installed("curl", "--version") || !is_installed("openssl", "version") {
        return;
    }
    let mut estate = Estate::new();
    let mut made = estate.now.unix();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let victim = format!("victim-{}", kind.target());
        let (int, g2) = (LabEnvironment::Int, Generation::G2);
        // Another request for each server: the lab answers the same one with the same serial number.
        let other = format!("{victim}.lab.nhs.uk");
        estate.sign(&victim, "client", SSP, &[&other], int, g2, &[]);
        let running = start(kind, &estate, &[]);
        assert_eq!(
            call(&estate, &running, Some(&victim), &[]),
            "200",
            "{kind:?}"
        );
        estate.revoke(&victim);
        made += 5;
        let crls = estate.make_int_crls(Moment::from_unix(made).unwrap());
        let commands = job(&estate, kind, &running, &crls);
        // A request that is under way when the server reloads.
        let graceful = kind != Kind::Tomcat;
        let folder = estate.path("");
        let port = running.port;
        let under_way = graceful.then(|| {
            let call = std::thread::spawn(move || {
                curl(&|name| folder.join(name), port, "/held", Some("good-g2")).output()
            });
            running.application.wait_for_held();
            call
        });
        let stop = Arc::new(AtomicBool::new(false));
        let callers = keep_calling(&estate, port, &stop);
        let ends = run(&commands);
        // No server answers for the lab's addresses; what was imported reaches the server anyway.
        let statuses: Vec<Option<i32>> = ends.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [Some(3), Some(0), Some(0)], "{kind:?}: {ends:?}");
        assert!(
            ends[2].1.contains("crl.pem (replaced)"),
            "{kind:?}: {ends:?}"
        );
        let since = Instant::now();
        // A worker that has not heard of the reload yet takes calls beside the new ones: none does once many in a row are
        // refused.
        let mut in_a_row = 0;
        while in_a_row < 20 {
            let is_refused = call(&estate, &running, Some(&victim), &[]) != "200";
            let is_settled =
                is_refused && (graceful || call(&estate, &running, Some("good-g2"), &[]) == "200");
            in_a_row = if is_settled { in_a_row + 1 } else { 0 };
            assert!(since.elapsed() < PATIENCE, "{kind:?} still lets it in");
        }
        stop.store(true, Ordering::Relaxed);
        let all = callers.join().unwrap();
        let dropped = all.iter().filter(|came| *came != "200").count();
        eprintln!(
            "{kind:?}: {} calls during job and reload, {dropped} not answered",
            all.len()
        );
        if graceful {
            assert_eq!(dropped, 0, "{kind:?}: {all:?}");
        }
        running.application.release();
        if let Some(under_way) = under_way {
            let output = under_way.join().unwrap().unwrap();
            assert_eq!(came(&output), "200", "{kind:?}: the request under way");
        }
        for good in ["good-g1-sha1", "good-g1", "good-g2"] {
            assert_eq!(
                call(&estate, &running, Some(good), &[]),
                "200",
                "{kind:?} {good}"
            );
        }
        let refused = call(&estate, &running, Some(&victim), &[]);
        assert!(refused != "200" && refused != "403", "{kind:?}: {refused}");
        // A second run finds nothing new, and leaves the server alone.
        let again = run(&commands[2..]);
        assert_eq!(again[0].0, Some(0), "{kind:?}: {again:?}");
        assert!(again[0].1.contains("UNCHANGED"), "{kind:?}: {again:?}");
        assert!(!again[0].1.contains("on change"), "{kind:?}: {again:?}");
    }
}

#[cfg(unix)]
#[test]
fn haproxy_takes_new_crls_through_its_runtime_api_without_a_reload() {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    if !Kind::Haproxy.is_installed() || !is_installed("curl", "--version") {
        return;
    }
    let mut estate = Estate::new();
    let running = start(Kind::Haproxy, &estate, &[]);
    assert_eq!(call(&estate, &running, Some("by-san"), &[]), "200");
    estate.revoke("by-san");
    let later = Moment::from_unix(estate.now.unix() + 30).unwrap();
    estate.import("cache", later, None);
    let kit = running.kit.to_str().unwrap();
    let output = estate.export_crls("haproxy", kit, &CLIENTS);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // The file alone changes nothing.
    assert_eq!(call(&estate, &running, Some("by-san"), &[]), "200");
    let tell = |command: String| {
        let mut socket = UnixStream::connect(running.run.join("admin.sock")).unwrap();
        socket.write_all(command.as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    };
    // As the note of `export` has it, of which socat is the other half.
    let path = format!("{kit}/crl.pem");
    let crls = std::fs::read_to_string(&path).unwrap();
    let answer = tell(format!("set ssl crl-file {path} <<\n{crls}\n"));
    assert!(answer.contains("transaction created"), "{answer}");
    let answer = tell(format!("commit ssl crl-file {path}\n"));
    assert!(answer.contains("Success!"), "{answer}");
    assert_eq!(
        call(&estate, &running, Some("by-san"), &[]),
        "refused in the handshake"
    );
    assert_eq!(call(&estate, &running, Some("good-g2"), &[]), "200");
}
