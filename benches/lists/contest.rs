//! What runs: the contest of one size, and what the sizes show together.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use crate::input::Files;
use crate::measure::{Contestant, Series, median, race};
use crate::page::table;
use crate::{inner, start};

/// Beyond this size the peers that read a CRL whole need minutes or gigabytes.
const WHOLE: u64 = 1_000_000;

/// Medians of one size, for the table of all.
pub(crate) struct Line {
    entries: u64,
    length: u64,
    scan: f64,
    many: f64,
    import: f64,
    look_up: f64,
    each: f64,
}

/// Our own code as a process.
fn own(work: &str, name: &str, entries: u64) -> Contestant {
    let work = format!("{work} {entries}");
    Contestant::new(name, move |_| start::command(&work))
}

/// The product, doing the same every turn.
fn ptl_cert(name: &str, arguments: &[&str]) -> Contestant {
    let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
    Contestant::new(name, move |_| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ptl-cert"));
        command.args(&arguments);
        command
    })
}

/// When the CRLs are in time.
const AT: &str = "2026-06-01T00:00:00Z";

/// A number that is not in the list, so that the answer is good.
fn check_list(files: &Files, entries: u64) -> Contestant {
    let shown = |path: &std::path::Path| path.display().to_string();
    let serial = crate::input::serial(entries + 1);
    let serial: String = serial.iter().map(|octet| format!("{octet:02x}")).collect();
    let (crl, ca) = (shown(&files.crl), shown(&files.ca));
    let arguments = ["crl", "check", "--crl", &crl, "--issuer", &ca];
    let more = ["--serial", &serial, "--at", AT];
    ptl_cert(
        "ptl-cert crl check --crl FILE --serial HEX",
        &[&arguments[..], &more].concat(),
    )
}

/// Into a cache of its own each turn: everything is new in it.
fn import(files: &Files, entries: u64) -> Contestant {
    let (crl, ca) = (files.crl.clone(), files.ca.clone());
    Contestant::new("ptl-cert crl import FILE", move |_| {
        let cache = cache(entries).with_extension("new");
        if cache.exists() {
            fs::remove_dir_all(&cache).unwrap();
        }
        importing(&crl, &ca, &cache)
    })
}

fn importing(crl: &std::path::Path, ca: &std::path::Path, cache: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ptl-cert"));
    command.args(["crl", "import", "--at", AT]).arg(crl);
    command.arg("--issuer").arg(ca).arg("--cache").arg(cache);
    command
}

fn cache(entries: u64) -> std::path::PathBuf {
    crate::input::folder().join(format!("{entries}.cache"))
}

/// One certificate that the list does not have, from a cache in which the list is.
fn check_cached(files: &Files, entries: u64) -> Contestant {
    let cache = cache(entries);
    let output = importing(&files.crl, &files.ca, &cache).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let shown = |path: &std::path::Path| path.display().to_string();
    let (leaf, ca, cache) = (shown(&files.leaf), shown(&files.ca), shown(&cache));
    let arguments = ["crl", "check", &leaf, "--issuer", &ca, "--cache", &cache];
    ptl_cert(
        "ptl-cert crl check CERT --cache FOLDER",
        &[&arguments[..], &["--at", AT]].concat(),
    )
}

/// The contest, and its line in the table of all sizes.
pub(crate) fn size(entries: u64, quick: bool) -> (String, Line) {
    let files = Files::made(entries);
    let turns = match entries {
        _ if quick => 1,
        0..=100_000 => 30,
        100_001..=1_000_000 => 11,
        _ => 5,
    };
    let mut contestants = vec![
        own("scan", "library: verified scan for one number", entries),
        own(
            "sha256",
            "one SHA-256 pass over the file, the same OpenSSL",
            entries,
        ),
        own(
            "scan-many",
            "library: verified scan for 10,000 numbers",
            entries,
        ),
        own("index", "library: verified and an index made", entries),
        own(
            "look-up",
            "library: signature and look-up from the index",
            entries,
        ),
        own("nothing", "the benchmark started, nothing done", entries),
        check_list(&files, entries),
        import(&files, entries),
        check_cached(&files, entries),
        ptl_cert(
            "ptl-cert explain no-san: nothing done",
            &["explain", "no-san"],
        ),
        own("webpki", "rustls-webpki, borrowed list", entries),
    ];
    if entries <= WHOLE {
        contestants.push(own(
            "x509-parser",
            "x509-parser whole and a HashSet, signature not checked",
            entries,
        ));
        contestants.push(openssl(&files));
    }
    let all = race(turns, &contestants);
    let length = fs::metadata(&files.crl).unwrap().len();
    let index = fs::metadata(&files.index).unwrap().len();
    let mebibytes = |bytes: u64| bytes as f64 / (1024.0 * 1024.0);

    let mut text = format!(
        "### {entries} entries ({turns} turns)\n\nThe list has {:.1} MiB, its index {:.1} MiB.\n\n{}\n",
        mebibytes(length),
        mebibytes(index),
        table(&all)
    );
    let cpu = |one: &Series, other: &Series| {
        let ratios: Vec<f64> = one
            .cpus()
            .iter()
            .zip(other.cpus())
            .map(|(one, other)| one / other)
            .collect();
        median(&ratios)
    };
    let started = all[9].peak();
    let mapped = mebibytes(length);
    writeln!(
        text,
        "`crl check --crl` beside the SHA-256 pass, paired medians: {:.2} of its CPU time and {:.2} of its wall-clock time; less \
         what each process takes that does nothing, {:.2} of the CPU time (wanted: 1.25). It has {:.1} MiB of memory beyond the \
         mapped file (wanted: 16).\n\
         `crl import` takes {:.2} of the time of `crl check --crl` (wanted: 2.5) and {:.1} MiB beyond the mapped file and its \
         index (wanted: 64).\n\
         `crl check --cache` of one certificate takes {:.2} ms and {:.1} MiB (wanted: 5 ms, 10 MiB); a process that does nothing \
         has {started:.1} MiB.",
        cpu(&all[6], &all[1]),
        all[6].ratio(&all[1]),
        (median(&all[6].cpus()) - median(&all[9].cpus()))
            / (median(&all[1].cpus()) - median(&all[5].cpus())),
        (all[6].peak() - mapped).max(0.0),
        all[7].ratio(&all[6]),
        (all[7].peak() - mapped - mebibytes(index)).max(0.0),
        median(&all[8].walls()),
        all[8].peak(),
    )
    .unwrap();
    writeln!(
        text,
        "Of the library by itself: the verified scan takes {:.2} of the CPU time of the SHA-256 pass; making the index takes {:.2} \
         of the time of the verified scan that it begins with (wanted: 2).",
        cpu(&all[0], &all[1]),
        all[3].ratio(&all[0]),
    )
    .unwrap();
    let each = each("look-ups", entries, turns);
    let sets = (entries <= WHOLE).then(|| self::each("x509-parser", entries, turns.min(3)));
    write!(
        text,
        "From the index by the library: {:.2} ms and {:.1} MiB for a process that starts, checks the signature and looks one \
         number up. {} look-ups at once: {:.0} ns each in a process \
         that has not touched the files yet, {:.0} ns in one that has, {:.1} million a second (wanted: 2.5)",
        median(&all[4].walls()),
        all[4].peak(),
        inner::MANY,
        each[0],
        each[1],
        1e3 / each[1],
    )
    .unwrap();
    match sets {
        Some(set) => writeln!(
            text,
            "; from a HashSet, once it is there, {:.0} ns.",
            set[0]
        )
        .unwrap(),
        None => writeln!(text, ".").unwrap(),
    }
    let line = Line {
        entries,
        length,
        scan: median(&all[6].walls()),
        many: median(&all[2].walls()),
        import: median(&all[7].walls()),
        look_up: median(&all[8].walls()),
        each: each[1],
    };
    (text, line)
}

/// The medians of what the process says of itself, line by line.
fn each(work: &str, entries: u64, turns: usize) -> Vec<f64> {
    let mut lines: Vec<Vec<f64>> = Vec::new();
    for _ in 0..turns {
        let output = start::command(&format!("{work} {entries}"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{work}");
        let text = String::from_utf8(output.stdout).unwrap();
        for (place, figure) in text.lines().enumerate() {
            if lines.len() == place {
                lines.push(Vec::new());
            }
            lines[place].push(figure.parse().unwrap());
        }
    }
    lines.iter().map(|figures| median(figures)).collect()
}

fn openssl(files: &Files) -> Contestant {
    let path = |path: &std::path::Path| path.display().to_string();
    let arguments = ["verify", "-crl_check", "-no-CApath", "-CAfile"].map(str::to_owned);
    let files = [
        path(&files.ca),
        "-CRLfile".to_owned(),
        path(&files.crl),
        path(&files.leaf),
    ];
    Contestant::installed("openssl", "openssl verify -crl_check", move |_| {
        let mut command = Command::new("openssl");
        command.args(&arguments).args(&files);
        command
    })
}

/// How the cost grows.
pub(crate) fn growth(lines: &[Line]) -> String {
    let mut text = String::from(
        "### How it grows\n\nMedian wall-clock times of whole processes.\n\n\
         | entries | MiB | `crl check --crl` ms | ns an entry | 10,000 numbers, library ms | `crl import` ms | `crl check --cache` ms | each of 10,000, library ns |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for line in lines {
        writeln!(
            text,
            "| {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2} | {:.0} |",
            line.entries,
            line.length as f64 / (1024.0 * 1024.0),
            line.scan,
            line.scan * 1e6 / line.entries as f64,
            line.many,
            line.import,
            line.look_up,
            line.each,
        )
        .unwrap();
    }
    text
}
