//! The commands that take many things, each with what it is given.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::input;

/// The built product.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_ptl-cert");

/// The command of a turn, by the turn's number.
type Turn = Box<dyn Fn(usize) -> Command>;

/// One command.
pub(crate) struct Row {
    /// As it is typed.
    pub(crate) command: &'static str,
    /// What there are so many of.
    pub(crate) what: &'static str,
    pub(crate) full: &'static [usize],
    pub(crate) quick: &'static [usize],
    /// Makes the input for a number of things, and says what is run with it.
    pub(crate) make: Box<dyn Fn(usize) -> Turn>,
}

const TINY: &[usize] = &[4, 12];

fn row(
    command: &'static str,
    what: &'static str,
    full: &'static [usize],
    make: impl Fn(usize) -> Turn + 'static,
) -> Row {
    Row {
        command,
        what,
        full,
        quick: TINY,
        make: Box::new(make),
    }
}

/// The same every turn.
fn same(arguments: Vec<String>) -> Turn {
    Box::new(move |_| {
        let mut command = Command::new(PROGRAM);
        command.args(&arguments);
        command
    })
}

/// The same every turn, with a folder of its own to write to.
fn into_new(arguments: Vec<String>, out: PathBuf) -> Turn {
    Box::new(move |turn| {
        let out = out.join(turn.to_string());
        remove(&out);
        let mut command = Command::new(PROGRAM);
        command.args(&arguments).arg("--out-dir").arg(out);
        command
    })
}

/// Options, and then paths.
fn with(options: &str, paths: &[&Path]) -> Vec<String> {
    let options = options.split_whitespace().map(str::to_owned);
    let paths = paths.iter().map(|path| path.display().to_string());
    options.chain(paths).collect()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Beyond the thousand for which chains are drawn, so that all sizes do the same.
const FILES: &[usize] = &[2_000, 8_000, 32_000];
const BUNDLE: &[usize] = &[2_000, 10_000, 50_000];

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for command in [
        "inspect FOLDER",
        "inspect FOLDER --format json",
        "inspect FOLDER --format ndjson",
    ] {
        let options = command.replace("FOLDER", "");
        rows.push(row(command, "certificates, a file each", FILES, move |n| {
            same(with(&options, &[&input::certificate_files(n)]))
        }));
    }
    for command in [
        "inspect FILE",
        "inspect FILE --format json",
        "inspect FILE --format ndjson",
    ] {
        let options = command.replace("FILE", "");
        rows.push(row(command, "certificates", BUNDLE, move |n| {
            same(with(&options, &[&input::certificates(n)]))
        }));
    }
    for command in ["inventory FOLDER", "inventory FOLDER --format json"] {
        let options = command.replace("FOLDER", "");
        rows.push(row(command, "certificates, a file each", FILES, move |n| {
            same(with(&options, &[&input::certificate_files(n)]))
        }));
    }
    rows.push(row(
        "inspect FILE",
        "CAs that certify each other",
        &[100, 300, 1_000],
        |n| same(with("inspect", &[&input::cross_certified(n)])),
    ));
    rows.push(row(
        "match FILE",
        "certificates, and as many keys that fit none",
        &[1_000, 4_000, 16_000],
        |n| same(with("match", &[&input::foreign_keys(n)])),
    ));
    rows.push(row(
        "match FILE",
        "requests, and as many certificates that answer none",
        &[1_000, 4_000, 16_000],
        |n| same(with("match", &[&input::unanswered(n)])),
    ));
    rows.push(row(
        "match FILE",
        "requests, and the certificates that answer them",
        &[1_000, 4_000, 16_000],
        |n| same(with("match", &[&input::answered(n)])),
    ));
    rows.push(row(
        "doctor FILE",
        "servers in a configuration of nginx",
        &[250, 1_000, 4_000],
        |n| same(with("doctor", &[&input::configuration(n)])),
    ));
    rows.push(row(
        "trust list --trust-dir FOLDER",
        "CAs of the user's own",
        &[100, 300, 900],
        |n| {
            let made = input::authorities(n);
            let arguments = with("trust list --facts", &[&made.facts]);
            same([arguments, with("--trust-dir", &[&made.entries])].concat())
        },
    ));
    rows.push(row(
        "trust export --trust-dir FOLDER",
        "CAs of the user's own",
        &[100, 300, 900],
        |n| {
            let made = input::authorities(n);
            let options = "trust export --env growth --at 2026-06-01T00:00:00Z --facts";
            let arguments = with(options, &[&made.facts]);
            same([arguments, with("--trust-dir", &[&made.entries])].concat())
        },
    ));
    rows.push(row(
        "accept FILE",
        "sub CAs in the reply",
        &[250, 1_000, 4_000],
        |n| {
            let made = input::authorities(n);
            let mut arguments = with(
                "accept --env growth --at 2026-06-01T00:00:00Z",
                &[&made.reply],
            );
            for (option, path) in [
                ("--facts", &made.facts),
                ("--csr", &made.request),
                ("--key", &made.key),
            ] {
                arguments.extend([option.to_owned(), shown(path)]);
            }
            Box::new(move |turn| {
                let out = made.folder.join(format!("accepted-{turn}"));
                remove(&out);
                let mut command = Command::new(PROGRAM);
                command.args(&arguments).arg("--out-dir").arg(out);
                // Nothing of the user's own: a cache would have to have the CRLs.
                command.env_remove("PTL_CERT_HOME");
                command.env("XDG_DATA_HOME", &made.folder);
                command
            })
        },
    ));
    rows.push(row(
        "serve --stdio",
        "questions about one certificate",
        &[1_000, 4_000, 16_000],
        |n| {
            let made = input::authorities(n);
            let ask = "exec \"$0\" serve --stdio --facts \"$1\" <\"$2\"";
            Box::new(move |_| {
                let mut command = Command::new("sh");
                command.args(["-c", ask, PROGRAM]);
                command.args([&made.facts, &made.questions]);
                command
            })
        },
    ));
    for command in [
        "verify FILE --crl FOLDER",
        "verify FILE --crl FOLDER --format json",
    ] {
        rows.push(row(
            command,
            "endpoints, and as many CRLs of their CA, one for each",
            &[250, 1_000, 4_000],
            move |n| {
                let made = input::partitions(n);
                let mut arguments = with("verify --at 2026-06-01T00:00:00Z", &[&made.endpoints]);
                arguments.extend(made.trust());
                arguments.extend(["--crl".to_owned(), shown(&made.crls)]);
                arguments.extend(["--crl".to_owned(), shown(&made.root_crl)]);
                if command.contains("json") {
                    arguments.extend(with("--format json", &[]));
                }
                same(arguments)
            },
        ));
    }
    rows.push(row(
        "verify FILE --revocation off",
        "endpoints",
        &[250, 1_000, 4_000],
        |n| {
            let made = input::partitions(n);
            let options = "verify --revocation off --at 2026-06-01T00:00:00Z";
            let mut arguments = with(options, &[&made.endpoints]);
            arguments.extend(made.trust());
            same(arguments)
        },
    ));
    rows.push(row(
        "crl import FILE… --cache FOLDER",
        "CRLs with one entry each",
        &[50, 150, 450],
        |n| {
            let made = input::partitions(n);
            let arguments = import(&made);
            let cache = made.folder.join("imported");
            Box::new(move |turn| {
                // A cache of its own each time: everything is new in it.
                let cache = cache.join(turn.to_string());
                remove(&cache);
                let mut command = Command::new(PROGRAM);
                command.args(&arguments).arg("--cache").arg(cache);
                command
            })
        },
    ));
    for command in ["crl check FILE --cache FOLDER", "crl status --cache FOLDER"] {
        rows.push(row(
            command,
            "CRLs in the cache, and as many certificates",
            &[50, 150, 450],
            move |n| {
                let made = input::partitions(n);
                let cache = cached(&made);
                let mut arguments: Vec<String> = match command.contains("check") {
                    true => with("crl check", &[&made.endpoints]),
                    false => with("crl status", &[]),
                };
                if command.contains("check") {
                    arguments.extend(["--issuer".to_owned(), shown(&made.root)]);
                    arguments.extend(["--issuer".to_owned(), shown(&made.sub)]);
                }
                arguments.extend(["--cache".to_owned(), shown(&cache)]);
                arguments.extend(with("--at 2026-06-01T00:00:00Z", &[]));
                same(arguments)
            },
        ));
    }
    for command in [
        "crl plan FILE --cache FOLDER",
        "crl plan FILE --cache FOLDER --for java",
        "crl plan FILE --cache FOLDER --for nginx",
    ] {
        rows.push(row(
            command,
            "clients, each with a CRL of its own in the cache",
            &[100, 300, 900],
            move |n| {
                let made = input::partitions(n);
                let mut arguments = planned(&made, "crl plan", &cached(&made));
                if let Some((_, server)) = command.split_once("--for ") {
                    arguments.extend(["--for".to_owned(), server.to_owned()]);
                }
                same(arguments)
            },
        ));
    }
    rows.push(row(
        "crl plan FILE --cache FOLDER",
        "clients, each with a CRL of its own and a delta on it in the cache",
        &[50, 150, 450],
        |n| {
            let made = input::partitions(n);
            let mut import = import(&made);
            import.extend(files(&made.deltas));
            let cache = filled(&made.folder.join("cache-with-deltas"), import);
            same(planned(&made, "crl plan", &cache))
        },
    ));
    rows.push(row(
        "export --for nginx --client FILE --cache FOLDER",
        "clients, each with a CRL of its own in the cache",
        &[50, 150, 450],
        |n| {
            let made = input::partitions(n);
            let mut arguments = with(
                "export --for nginx --env growth --admit client.growth.thirdparty.nhs.uk --at 2026-06-01T00:00:00Z",
                &[],
            );
            for (option, path) in [
                ("--facts", &made.facts),
                ("--cert", &made.server),
                ("--key", &made.server_key),
                ("--client", &made.endpoints),
                ("--cache", &cached(&made)),
            ] {
                arguments.extend([option.to_owned(), shown(path)]);
            }
            into_new(arguments, made.folder.join("served"))
        },
    ));
    rows.push(row(
        "crl remove NAME… --cache FOLDER",
        "CRLs in the cache, and as many names that fit none",
        &[50, 150, 450],
        |n| {
            let made = input::partitions(n);
            let cache = cached(&made);
            let mut arguments = with("crl remove --cache", &[&cache]);
            arguments.extend((0..n).map(|n| format!("http://other.nhs.uk/{n}.crl")));
            same(arguments)
        },
    ));
    rows.push(row(
        "crl check --serials FILE --issuer FILE --cache FOLDER",
        "CAs, each with a CRL in the cache, and a serial number of each",
        &[50, 150, 450],
        |n| {
            let made = input::issuers(n);
            let mut import = with("crl import --at 2026-06-01T00:00:00Z", &[]);
            import.extend(files(&made.crls));
            import.extend(["--issuer".to_owned(), shown(&made.issuers)]);
            let cache = filled(&made.folder.join("cache"), import);
            let mut arguments = with("crl check --at 2026-06-01T00:00:00Z", &[]);
            for (option, path) in [
                ("--serials", &made.serials),
                ("--issuer", &made.issuers),
                ("--cache", &cache),
            ] {
                arguments.extend([option.to_owned(), shown(path)]);
            }
            same(arguments)
        },
    ));
    rows.push(row(
        "crl export FILE --cache FOLDER --for java",
        "clients, each with a CRL of its own in the cache",
        &[50, 150, 450],
        |n| {
            let made = input::partitions(n);
            let arguments = planned(&made, "crl export --for java", &cached(&made));
            into_new(arguments, made.folder.join("exported"))
        },
    ));
    rows.push(row(
        "crl import FILE --cache FOLDER",
        "entries in one CRL",
        &[30_000, 200_000, 1_000_000],
        |n| {
            let made = input::list(n);
            let arguments = with("crl import --at 2026-06-01T00:00:00Z", &[&made.crl]);
            let cache = made.folder.join("imported");
            Box::new(move |turn| {
                let cache = cache.join(turn.to_string());
                remove(&cache);
                let mut command = Command::new(PROGRAM);
                command.args(&arguments).arg("--issuer").arg(&made.ca);
                command.arg("--cache").arg(cache);
                command
            })
        },
    ));
    for command in [
        "crl check --crl FILE --serials FILE",
        "crl check --crl FILE --serials FILE --format json",
        "crl check --crl FILE --serials FILE --format ndjson",
    ] {
        rows.push(row(
            command,
            "serial numbers, and as many entries in the CRL",
            &[10_000, 100_000, 500_000],
            move |n| {
                let made = input::list(n);
                let mut arguments = with("crl check --at 2026-06-01T00:00:00Z", &[]);
                for (option, path) in [
                    ("--crl", &made.crl),
                    ("--issuer", &made.ca),
                    ("--serials", &made.serials),
                ] {
                    arguments.extend([option.to_owned(), shown(path)]);
                }
                if let Some((_, format)) = command.split_once("--format ") {
                    arguments.extend(["--format".to_owned(), format.to_owned()]);
                }
                same(arguments)
            },
        ));
    }
    rows.push(row(
        "csr --hosts FILE --skip-existing",
        "hosts that have their pair",
        &[1_000, 4_000, 16_000],
        |n| {
            let folder = input::hosts(n, true);
            let mut arguments = with("csr --skip-existing --hosts", &[&folder.join("hosts.csv")]);
            arguments.extend(["--out-dir".to_owned(), shown(&folder.join("pairs"))]);
            same(arguments)
        },
    ));
    let mut batch = row("csr --hosts FILE", "hosts", &[10, 40, 160], |n| {
        let folder = input::hosts(n, false);
        let hosts = folder.join("hosts.csv");
        Box::new(move |turn| {
            let out = folder.join("made").join(turn.to_string());
            remove(&out);
            let mut command = Command::new(PROGRAM);
            command.args(["csr", "--hosts"]).arg(&hosts);
            command.arg("--out-dir").arg(out);
            command
        })
    });
    batch.quick = &[1, 2];
    rows.push(batch);
    rows
}

/// A command about the CRLs that a server needs for these clients.
fn planned(made: &input::Partitions, command: &str, cache: &Path) -> Vec<String> {
    let mut arguments = with(command, &[&made.endpoints]);
    for ca in [&made.root, &made.sub] {
        arguments.extend(["--chain".to_owned(), shown(ca)]);
    }
    arguments.extend(["--cache".to_owned(), shown(cache)]);
    arguments.extend(with("--at 2026-06-01T00:00:00Z", &[]));
    arguments
}

fn import(made: &input::Partitions) -> Vec<String> {
    let mut arguments = with("crl import --at 2026-06-01T00:00:00Z", &[]);
    arguments.extend(files(&made.crls));
    arguments.push(shown(&made.root_crl));
    for ca in [&made.root, &made.sub] {
        arguments.extend(["--issuer".to_owned(), shown(ca)]);
    }
    arguments
}

fn files(folder: &Path) -> impl Iterator<Item = String> {
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| shown(&file.unwrap().path()))
}

/// The CRLs of all partitions in a cache, made once.
fn cached(made: &input::Partitions) -> PathBuf {
    filled(&made.folder.join("cache"), import(made))
}

/// A cache with what a command imports, made once.
fn filled(cache: &Path, import: Vec<String>) -> PathBuf {
    let done = cache.with_extension("done");
    if !done.exists() {
        remove(cache);
        let mut command = Command::new(PROGRAM);
        command.args(import).arg("--cache").arg(cache);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        fs::write(done, "").unwrap();
    }
    cache.to_owned()
}

fn remove(folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
}
