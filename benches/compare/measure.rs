//! Turns, times, memory.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// Someone who takes part in a contest.
pub(crate) struct Contestant {
    pub(crate) name: String,
    /// The command of one turn, by the turn's number; `None` where the program is not installed.
    command: Option<Box<dyn Fn(usize) -> Command>>,
}

impl Contestant {
    /// A contestant that is there.
    pub(crate) fn new(
        name: impl Into<String>,
        command: impl Fn(usize) -> Command + 'static,
    ) -> Contestant {
        Contestant {
            name: name.into(),
            command: Some(Box::new(command)),
        }
    }

    /// A contestant that is there if `program` can be started.
    pub(crate) fn installed(
        program: &str,
        name: impl Into<String>,
        command: impl Fn(usize) -> Command + 'static,
    ) -> Contestant {
        let there = Command::new(program)
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok();
        let contestant = Contestant::new(name, command);
        Contestant {
            command: contestant.command.filter(|_| there),
            ..contestant
        }
    }
}

/// One process, from before it was started until after it was waited for.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) wall: Duration,
    /// Of the process and the processes it waited for.
    pub(crate) cpu: Duration,
    /// Peak resident memory in bytes; of the largest process where it started several. A process never has less
    /// than this program had when it started it (Linux counts from before `exec`): `true` shows how much that is.
    pub(crate) peak: u64,
}

/// What one contestant did: a sample a turn, none where it is not installed.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) samples: Vec<Sample>,
}

/// Lets the contestants take turns. Who begins rotates, so that nobody always runs after the same one.
pub(crate) fn race(turns: usize, contestants: &[Contestant]) -> Vec<Series> {
    let mut all: Vec<Series> = contestants
        .iter()
        .map(|contestant| Series {
            name: contestant.name.clone(),
            samples: Vec::new(),
        })
        .collect();
    // One turn that does not count brings programs and inputs into memory.
    for turn in 0..=turns {
        for place in 0..contestants.len() {
            let place = (place + turn) % contestants.len();
            let Some(command) = &contestants[place].command else {
                continue;
            };
            let sample = run(command(turn), &contestants[place].name);
            if turn > 0 {
                all[place].samples.push(sample);
            }
        }
    }
    all
}

/// Runs one process to its end. Its output goes nowhere, which costs every contestant the same.
fn run(mut command: Command, name: &str) -> Sample {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let used = child
        .wait4()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let wall = start.elapsed();
    // Of the serial numbers some are revoked, a configuration has faults, and no CRL has a name: that is an answer.
    let answers_no = ["--serials", "doctor", "crl remove"]
        .iter()
        .any(|command| name.contains(command));
    // CAs that certify each other have no chain to an end.
    let is_open = name.contains("certify each other") && used.status.code() == Some(3);
    let answered = answers_no && used.status.code() == Some(1) || is_open;
    assert!(
        used.status.success() || answered,
        "{name}: {} ({command:?})",
        used.status
    );
    Sample {
        wall,
        cpu: used.rusage.utime + used.rusage.stime,
        peak: used.rusage.maxrss,
    }
}

impl Series {
    /// Wall times in milliseconds, in the order of the turns.
    pub(crate) fn walls(&self) -> Vec<f64> {
        self.samples
            .iter()
            .map(|sample| sample.wall.as_secs_f64() * 1e3)
            .collect()
    }

    /// Processor times in milliseconds.
    pub(crate) fn cpus(&self) -> Vec<f64> {
        self.samples
            .iter()
            .map(|sample| sample.cpu.as_secs_f64() * 1e3)
            .collect()
    }

    /// The median peak in MiB.
    pub(crate) fn peak(&self) -> f64 {
        let peaks: Vec<f64> = self
            .samples
            .iter()
            .map(|sample| sample.peak as f64 / (1024.0 * 1024.0))
            .collect();
        median(&peaks)
    }

    /// The median, over the turns, of this contestant's time divided by the other's in the same turn.
    pub(crate) fn ratio(&self, other: &Series) -> f64 {
        let ratios: Vec<f64> = self
            .walls()
            .iter()
            .zip(other.walls())
            .map(|(own, other)| own / other)
            .collect();
        median(&ratios)
    }
}

/// The middle one; the mean of the two middle ones of an even number.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[length / 2],
        length => f64::midpoint(sorted[length / 2 - 1], sorted[length / 2]),
    }
}

/// The arithmetic mean.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
