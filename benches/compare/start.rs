//! How a benchmark is started: by cargo, with what was typed, or by itself, for some work in a process of its own.

use std::env;
use std::process::Command;

/// What was typed after `cargo bench --bench NAME --`.
pub(crate) struct Asked {
    /// Tiny sizes, to show that everything runs.
    pub(crate) quick: bool,
    /// The report goes into the page.
    pub(crate) write: bool,
    /// What to run; everything where there are none.
    pub(crate) words: Vec<String>,
}

impl Asked {
    /// Reads the command line.
    pub(crate) fn read() -> Asked {
        let flags = ["--quick", "--write"];
        // cargo adds --bench of its own.
        let typed = env::args().skip(1).filter(|word| word != "--bench");
        let (given, words): (Vec<String>, Vec<String>) =
            typed.partition(|word| word.starts_with("--"));
        let unknown = given.iter().find(|flag| !flags.contains(&flag.as_str()));
        assert_eq!(unknown, None, "only {flags:?} are known");
        let [quick, write] = flags.map(|flag| given.iter().any(|one| one == flag));
        assert!(
            !write || !quick && words.is_empty(),
            "--write is for a full run"
        );
        Asked {
            quick,
            write,
            words,
        }
    }
}

/// The environment variable that says what work this program has started itself for.
pub(crate) const WORK: &str = "PTL_CERT_BENCH_INNER";

/// A command that starts this program for some work.
pub(crate) fn command(work: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env(WORK, work);
    command
}
