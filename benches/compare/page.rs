//! Tables, and the page they go into.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

use time::OffsetDateTime;

use crate::measure::{Series, mean, median};
use crate::start::Asked;

/// Two lines of the page between which a program writes, and nobody else.
pub(crate) type Place = [&'static str; 2];

/// Where this benchmark writes. Both programs have both, and each uses its own.
#[allow(dead_code, reason = "one of the two programs writes here")]
pub(crate) const COMPARED: Place = ["<!-- measured: begin -->", "<!-- measured: end -->"];
#[allow(dead_code, reason = "the other one writes here")]
pub(crate) const LISTS: Place = ["<!-- lists: begin -->", "<!-- lists: end -->"];

/// When and on what it was measured.
pub(crate) fn circumstances() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    let mut text = String::new();
    let lines = [
        ("date", OffsetDateTime::now_utc().date().to_string()),
        (
            "machine",
            format!(
                "{} cores, {}, {} {}; load {load} at the start",
                available_parallelism().map_or(0, usize::from),
                processor.as_deref().unwrap_or("processor unknown"),
                std::env::consts::OS,
                std::env::consts::ARCH,
            ),
        ),
        (
            "ptl-cert",
            format!(
                "{} with {}",
                env!("CARGO_PKG_VERSION"),
                openssl::version::version()
            ),
        ),
        ("x509-parser", locked_version("x509-parser")),
        ("openssl", version("openssl", "version")),
        ("certtool", version("certtool", "--version")),
    ];
    for (what, found) in lines {
        writeln!(text, "- {what}: {found}").unwrap();
    }
    text
}

fn version(program: &str, argument: &str) -> String {
    match Command::new(program).arg(argument).output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
        Err(_) => "**not installed**".to_owned(),
    }
}

/// The version of a dependency in Cargo.lock.
pub(crate) fn locked_version(name: &str) -> String {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"));
    let lock = lock.unwrap_or_default();
    let after = lock.split_once(&format!("name = \"{name}\"\nversion = \""));
    let version = after.and_then(|(_, rest)| rest.split('"').next());
    version.unwrap_or("unknown").to_owned()
}

/// What each contestant took, and how the first compares with it.
pub(crate) fn table(all: &[Series]) -> String {
    let mut text = String::from(
        "| | median ms | mean | min | max | CPU ms | peak MiB | first ÷ this |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for series in all {
        if series.samples.is_empty() {
            writeln!(text, "| {} | **not installed** | | | | | | |", series.name).unwrap();
            continue;
        }
        let walls = series.walls();
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {:.1} | {:.2} |",
            series.name,
            milliseconds(median(&walls)),
            milliseconds(mean(&walls)),
            milliseconds(walls.iter().copied().fold(f64::INFINITY, f64::min)),
            milliseconds(walls.iter().copied().fold(0.0, f64::max)),
            milliseconds(median(&series.cpus())),
            series.peak(),
            all.first().map_or(f64::NAN, |first| first.ratio(series)),
        )
        .unwrap();
    }
    text
}

/// Two figures after the point below ten, one below a hundred, none above: what the noise leaves.
fn milliseconds(value: f64) -> String {
    match value {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// What a benchmark says when it ran with tiny sizes.
pub(crate) const QUICK: &str = "--quick: everything ran; the figures mean nothing";

/// What goes into the page, printed as it comes.
pub(crate) struct Report(String);

impl Report {
    /// Begins with when and on what it was measured.
    pub(crate) fn new(circumstances: String) -> Report {
        println!("{circumstances}");
        Report(circumstances)
    }

    pub(crate) fn add(&mut self, section: &str) {
        println!("{section}");
        self.0.push('\n');
        self.0.push_str(section);
    }

    /// Writes it, where that was asked for.
    pub(crate) fn end(&self, asked: &Asked, place: Place) {
        if asked.write {
            write(place, &self.0);
        }
        if asked.quick {
            println!("{QUICK}");
        }
    }
}

/// Puts the report between the page's markers.
pub(crate) fn write([begin, end]: Place, report: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    fs::write(&path, format!("{before}{begin}\n{report}{end}{after}")).unwrap();
    println!("written to {}", path.display());
}
