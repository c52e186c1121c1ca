//! What runs: each contest with its contestants, and what it shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::measure::{Contestant, mean, median, race};
use crate::page::table;
use crate::{Scale, input, start};

/// The built product, copied as an installer copies it and as every peer was. What a linker has just written lies in the page
/// cache in small pieces, and each start of it takes up to a fifth more page faults.
fn program() -> &'static str {
    static COPY: OnceLock<String> = OnceLock::new();
    COPY.get_or_init(|| {
        let copy = input::folder().join("ptl-cert");
        fs::copy(env!("CARGO_BIN_EXE_ptl-cert"), &copy).unwrap();
        copy.display().to_string()
    })
}

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// A contestant that does the same every turn.
fn same(program: &'static str, name: &str, arguments: Vec<String>) -> Contestant {
    Contestant::installed(program, name, move |_| {
        let mut command = Command::new(program);
        command.args(&arguments);
        command
    })
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// One certificate: what starting up costs.
pub(crate) fn one(scale: Scale) -> String {
    let real = input::real().display().to_string();
    let made = input::bundle(1).display().to_string();
    let parse = format!("parse {real}");
    let all = race(
        scale.short_turns,
        &[
            same(
                program(),
                "ptl-cert inspect",
                vec!["inspect".to_owned(), real.clone()],
            ),
            same(
                program(),
                "ptl-cert inspect, issuer unknown",
                vec!["inspect".to_owned(), made],
            ),
            same(
                program(),
                "ptl-cert inspect, endpoint",
                vec!["inspect".to_owned(), input::issued().display().to_string()],
            ),
            same(
                program(),
                "ptl-cert explain no-san",
                words("explain no-san"),
            ),
            same("true", "`true`", Vec::new()),
            Contestant::new("bare x509-parser, nothing printed", move |_| {
                start::command(&parse)
            }),
            same(
                "certtool",
                "certtool -i",
                words(&format!("-i --infile {real}")),
            ),
            same(
                "openssl",
                "openssl x509 -text",
                words(&format!("x509 -noout -text -in {real}")),
            ),
        ],
    );
    format!(
        "### One certificate ({} turns)\n\nA built-in NHS CA, whose chain is drawn and whose signatures are checked. The \
         endpoint has such a CA above it; certtool and openssl draw no chain and check nothing.\n\n{}",
        scale.short_turns,
        table(&all)
    )
}

/// Many certificates: what reading costs, and whether memory grows.
pub(crate) fn bundle(scale: Scale) -> String {
    let count = scale.certificates;
    let (path, larger) = (input::bundle(count), input::bundle(count * 4));
    let shown = path.display().to_string();
    let inspect_as = |path: &Path, format: &str| {
        let path = path.display();
        words(&format!("inspect --format {format} {path}"))
    };
    let parse = format!("parse {shown}");
    let one_core = inspect_as(&path, "ndjson");
    let all = race(
        scale.long_turns,
        &[
            same(
                program(),
                "ptl-cert inspect --format ndjson",
                inspect_as(&path, "ndjson"),
            ),
            same(program(), "ptl-cert inspect", inspect_as(&path, "text")),
            same(
                program(),
                "ptl-cert inspect --format json",
                inspect_as(&path, "json"),
            ),
            Contestant::new("ptl-cert inspect --format ndjson, on one core", move |_| {
                let mut command = Command::new(program());
                command.args(&one_core).env("RAYON_NUM_THREADS", "1");
                command
            }),
            Contestant::new("bare x509-parser on one core, nothing printed", move |_| {
                start::command(&parse)
            }),
            same(
                "openssl",
                "openssl storeutl -certs -text",
                words(&format!("storeutl -certs -noout -text {shown}")),
            ),
            same(
                "certtool",
                "certtool -i",
                words(&format!("-i --infile {shown}")),
            ),
        ],
    );
    let formats = ["ndjson", "json", "text"];
    let both = formats.iter().flat_map(|format| {
        let of = |path: &Path| same(program(), format, inspect_as(path, format));
        [of(&path), of(&larger)]
    });
    let growth = race(scale.long_turns.div_ceil(3), &both.collect::<Vec<_>>());
    let size = |path: &PathBuf| fs::metadata(path).unwrap().len() as f64 / (1024.0 * 1024.0);
    let rows = formats.iter().zip(growth.chunks_exact(2));
    let rows = rows.map(|(format, pair)| {
        let small = pair[0].peak() - size(&path);
        let large = pair[1].peak() - size(&larger);
        format!("| {format} | {small:.1} | {large:.1} |\n")
    });
    format!(
        "### {count} certificates in one PEM file ({} turns)\n\n{}\n\
         Peak memory in MiB, without the mapped input:\n\n\
         | format | {count} certificates | {} |\n|---|--:|--:|\n{}",
        scale.long_turns,
        table(&all),
        count * 4,
        rows.collect::<String>()
    )
}

/// One key and its request.
pub(crate) fn pair(scale: Scale) -> String {
    let folder = fresh("pair");
    let key = folder.join("existing.key");
    let made = command(
        program(),
        &[
            "csr",
            "--fqdn",
            "existing.thirdparty.nhs.uk",
            "--quiet",
            "--out-dir",
        ],
    )
    .arg(&folder)
    .output()
    .unwrap();
    assert!(made.status.success());
    fs::rename(folder.join("existing.thirdparty.nhs.uk.key"), &key).unwrap();
    let template = folder.join("template");
    fs::write(
        &template,
        "cn = a.thirdparty.nhs.uk\ndns_name = a.thirdparty.nhs.uk\n",
    )
    .unwrap();

    // Every turn has a folder of its own: nothing is in the way, nothing is replaced.
    let turn_folder = {
        let folder = folder.clone();
        move |name: &str, turn: usize| {
            let folder = folder.join(format!("{name}-{turn}"));
            fs::create_dir_all(&folder).unwrap();
            folder
        }
    };
    let (for_pair, for_key, for_openssl, for_certtool) = (
        turn_folder.clone(),
        turn_folder.clone(),
        turn_folder.clone(),
        turn_folder,
    );
    let csr = |folder: PathBuf, more: &[&str]| {
        let mut command = command(program(), &["csr", "--fqdn", "a.thirdparty.nhs.uk"]);
        command.args(more).arg("--out-dir").arg(folder);
        command
    };
    let existing = key.display().to_string();
    let inspected = existing.clone();
    let all = race(
        scale.key_turns,
        &[
            Contestant::new("ptl-cert csr", move |turn| csr(for_pair("pair", turn), &[])),
            Contestant::new("ptl-cert csr --key: all but the generation", move |turn| {
                csr(for_key("key", turn), &["--key", &existing])
            }),
            Contestant::new("ptl-cert inspect of that key", move |_| {
                command(program(), &["inspect", &inspected])
            }),
            Contestant::new("bare generation, the same OpenSSL", |_| {
                start::command("keys 1")
            }),
            Contestant::new("the benchmark started, nothing generated", |_| {
                start::command("keys 0")
            }),
            Contestant::installed("openssl", "openssl req -newkey rsa:2048", move |turn| {
                let folder = for_openssl("openssl", turn);
                let mut command = command(
                    "openssl",
                    &[
                        "req",
                        "-newkey",
                        "rsa:2048",
                        "-nodes",
                        "-subj",
                        "/CN=a.thirdparty.nhs.uk",
                    ],
                );
                command.args(["-addext", "subjectAltName=DNS:a.thirdparty.nhs.uk"]);
                command
                    .current_dir(folder)
                    .args(["-keyout", "a.key", "-out", "a.csr"]);
                command
            }),
            Contestant::installed("certtool", "certtool, key then request", move |turn| {
                let script = "certtool --generate-privkey --key-type rsa --bits 2048 --outfile a.key && \
                              certtool --generate-request --load-privkey a.key --template \"$1\" --outfile a.csr";
                let mut command = command("sh", &["-c", script, "sh"]);
                command
                    .arg(&template)
                    .current_dir(for_certtool("certtool", turn));
                command
            }),
        ],
    );
    let generation = mean(&all[3].cpus()) - median(&all[4].cpus());
    let beside = median(&all[1].cpus()) - median(&all[2].cpus());
    let waiting = median(&all[1].walls()) - median(&all[1].cpus());
    let text = format!(
        "### One key and its request ({} turns)\n\n{}\n\
         Generation varies with luck, so that means of so few turns differ by chance: what `csr` adds to it is measured \
         without it. `csr --key` does everything but the generation, and besides reads and checks the key that it is given, \
         which is no part of making one; `inspect` of that key starts, reads and checks it and no more. Between \
         the two lie signing, reading back and writing: {beside:.1} ms of the processor, {:.1} % of the mean generation's \
         {generation:.1} ms (wanted: 5). Waiting for the disk (fsync) and for other processes takes `csr --key` {waiting:.1} ms \
         more.\n",
        scale.key_turns,
        table(&all),
        beside / generation * 100.0,
    );
    fs::remove_dir_all(folder).unwrap();
    text
}

/// A list of hosts.
pub(crate) fn batch(scale: Scale) -> String {
    let folder = fresh("batch");
    let hosts = folder.join("hosts");
    let names: Vec<String> = (0..scale.hosts)
        .map(|number| format!("host-{number}.thirdparty.nhs.uk\n"))
        .collect();
    fs::write(&hosts, names.concat()).unwrap();
    let csr = |name: &'static str, threads: &'static str| {
        let (folder, hosts) = (folder.clone(), hosts.clone());
        move |turn: usize| {
            let mut command = command(program(), &["csr", "--hosts"]);
            command
                .arg(&hosts)
                .arg("--out-dir")
                .arg(folder.join(format!("{name}-{turn}")));
            command.env("RAYON_NUM_THREADS", threads);
            command
        }
    };
    let keys = format!("keys {}", scale.hosts);
    let all = race(
        scale.batch_turns,
        &[
            Contestant::new("ptl-cert csr --hosts, 2 threads", csr("two", "2")),
            Contestant::new("ptl-cert csr --hosts, 1 thread", csr("one", "1")),
            Contestant::new("bare generation, the same OpenSSL, 2 threads", move |_| {
                let mut command = start::command(&keys);
                command.env("RAYON_NUM_THREADS", "2");
                command
            }),
            Contestant::installed("openssl", "openssl req under xargs -P2", {
                let (folder, hosts) = (folder.clone(), hosts.clone());
                move |turn| {
                    let folder = folder.join(format!("openssl-{turn}"));
                    fs::create_dir_all(&folder).unwrap();
                    let script = "xargs -P2 -I{} openssl req -newkey rsa:2048 -nodes -subj /CN={} \
                                  -addext subjectAltName=DNS:{} -keyout {}.key -out {}.csr < \"$1\"";
                    let mut command = command("sh", &["-c", script, "sh"]);
                    command.arg(&hosts).current_dir(folder);
                    command
                }
            }),
        ],
    );
    let busy: Vec<f64> = all[0]
        .cpus()
        .iter()
        .zip(all[0].walls())
        .map(|(cpu, wall)| cpu / wall)
        .collect();
    let text = format!(
        "### {} hosts ({} turns)\n\n{}\n\
         On two threads {:.2} times as fast as on one, paired median; {:.2} cores busy on average, which does not \
         depend on how lucky the primes were (wanted: 1.9).\n",
        scale.hosts,
        scale.batch_turns,
        table(&all),
        all[1].ratio(&all[0]),
        median(&busy)
    );
    fs::remove_dir_all(folder).unwrap();
    text
}

/// An empty folder of this contest.
fn fresh(name: &str) -> PathBuf {
    let folder = input::folder().join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}
