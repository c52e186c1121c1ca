//! Processes: commands of the user's that we start, and where our own program is.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ptl_cert::ops::crl::export::CommandOutcome;

/// How often a running command is looked at.
const PAUSE: Duration = Duration::from_millis(20);
/// How long a command has to end by itself after it was asked to.
const GRACE: Duration = Duration::from_secs(2);

/// Whether we were asked to end while a command was running.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Runs a command line with the system's shell and waits for it, for so long at the most.
///
/// It gets no input. What it prints goes to standard error, because standard output may carry our own JSON. When its
/// time is over, it and what it started are asked to end, and then made to; on Windows only the shell itself is. The same
/// when we are asked to end ourselves (SIGTERM, Ctrl-C): it was started for what we do, and does not outlive it.
pub(crate) fn run(line: &str, limit: Duration) -> CommandOutcome {
    let mut command = shell(line);
    command.stdin(Stdio::null()).stdout(io::stderr());
    let not_started = |error: io::Error| CommandOutcome::NotStarted {
        reason: error.to_string(),
    };
    match start(&mut command).and_then(|started| started.finish(limit)) {
        Ok(Waited::Exited(status)) => outcome_of(status),
        Ok(Waited::Stopped) => CommandOutcome::Killed,
        Ok(Waited::TooLong) => CommandOutcome::TimedOut {
            seconds: limit.as_secs(),
        },
        Err(error) => not_started(error),
    }
}

/// How it came to the end of a command's time.
enum Waited {
    /// It exited by itself.
    Exited(ExitStatus),
    /// It took too long, and was stopped.
    TooLong,
    /// We were asked to stop, and stopped it.
    Stopped,
}

/// A command that was started, in a group of its own, so that all of it can be stopped.
struct Started {
    child: Child,
    /// Ends the group when we end in a way that lets us do nothing more, as by SIGKILL: a shell that waits for a line from us,
    /// and gets the end of its input instead. It leads the group, so that nothing else has its number while it is there.
    watcher: Option<Child>,
}

/// Starts a command that ends with us, also when we are asked to end.
#[cfg(unix)]
fn start(command: &mut Command) -> io::Result<Started> {
    use std::os::unix::process::CommandExt;
    const SCRIPT: &str =
        "trap '' TERM; read -r line && exit; kill -s TERM 0; sleep 2; kill -s KILL 0";
    // A handler that is there already has the same end in view.
    let _ = ctrlc::set_handler(|| STOPPED.store(true, Ordering::Release));
    let watcher = Command::new("sh")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    let mut watcher = watcher.ok();
    // Without a watcher the command is still stopped wherever we can.
    let group = watcher
        .as_ref()
        .and_then(|watcher| i32::try_from(watcher.id()).ok());
    match command.process_group(group.unwrap_or(0)).spawn() {
        Ok(child) => Ok(Started { child, watcher }),
        Err(error) => {
            dismiss(&mut watcher);
            Err(error)
        }
    }
}

/// Windows ends what we started only where a job says so.
#[cfg(not(unix))]
fn start(command: &mut Command) -> io::Result<Started> {
    let _ = ctrlc::set_handler(|| STOPPED.store(true, Ordering::Release));
    let child = command.spawn()?;
    Ok(Started {
        child,
        watcher: None,
    })
}

/// Tells the watcher that there is nothing to end any more.
fn dismiss(watcher: &mut Option<Child>) {
    if let Some(watcher) = watcher {
        if let Some(mut line) = watcher.stdin.take() {
            let _ = line.write_all(b"\n");
        }
        let _ = watcher.wait();
    }
}

impl Started {
    /// Waits for it, for so long at the most; whatever comes of it, it has exited then, and if we stopped it, what it started as
    /// well.
    fn finish(mut self, limit: Duration) -> io::Result<Waited> {
        let waited = match wait(&mut self.child, limit) {
            Ok(Some(status)) => Ok(Waited::Exited(status)),
            other => {
                let group = self.watcher.as_ref().unwrap_or(&self.child).id();
                end(&mut self.child, group);
                other.map(|_| match STOPPED.load(Ordering::Acquire) {
                    true => Waited::Stopped,
                    false => Waited::TooLong,
                })
            }
        };
        dismiss(&mut self.watcher);
        waited
    }
}

/// Where a program is looked for: in PATH, and where servers are installed, which is in few people's PATH.
const PROGRAM_FOLDERS: [&str; 3] = ["", "/usr/sbin/", "/usr/local/sbin/"];

/// The most that is kept of what a program prints.
const SAID_LIMIT: u64 = 64 * 1024;

/// The result of [asking](ask) a program.
pub(crate) enum Asked {
    /// Whether it succeeded, and what it printed.
    Said(bool, String),
    /// We were asked to end before it did.
    Stopped,
}

/// Runs a program and waits for it, for so long at the most. `None` where it cannot be started.
///
/// It ends with us and with its time, as a command of [`run`] does.
pub(crate) fn ask(program: &str, arguments: &[&OsStr], limit: Duration) -> Option<Asked> {
    let mut started = PROGRAM_FOLDERS.iter().find_map(|folder| {
        let mut command = Command::new(format!("{folder}{program}"));
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        start(&mut command).ok()
    })?;
    let reader = started.child.stderr.take().map(|stderr| {
        thread::spawn(move || {
            let mut said = Vec::new();
            let _ = stderr.take(SAID_LIMIT).read_to_end(&mut said);
            String::from_utf8_lossy(&said).into_owned()
        })
    });
    match started.finish(limit) {
        Ok(Waited::Exited(status)) => {
            let said = reader.and_then(|reader| reader.join().ok());
            Some(Asked::Said(status.success(), said.unwrap_or_default()))
        }
        Ok(Waited::Stopped) => Some(Asked::Stopped),
        // What it started may hold the pipe, so that its end is not waited for.
        Ok(Waited::TooLong) => Some(Asked::Said(
            false,
            format!("it took longer than {} s", limit.as_secs()),
        )),
        Err(error) => Some(Asked::Said(false, error.to_string())),
    }
}

/// The path by which a program can be started; `None` where it is not installed. It is asked for its version.
pub(crate) fn find(program: &str, version: &str) -> Option<String> {
    let paths = PROGRAM_FOLDERS.iter();
    let mut paths = paths.map(|folder| format!("{folder}{program}"));
    paths.find(|path| {
        let status = Command::new(path)
            .arg(version)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    })
}

/// Ends the program with a sentence where a file that is read in place gets shorter meanwhile, or its disk fails: the
/// system says so with a signal, for which there is no error to return.
#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "a signal's handler may only make system calls; this one writes and exits"
)]
pub(crate) fn guard_maps() {
    const SAID: &[u8] = b"error: a file was truncated while being read, or its disk failed; nothing was decided. Run again when the file is complete\n";
    const NOT_ANSWERED: i32 = 3;
    let guard = || {
        let _ = rustix::io::write(rustix::stdio::stderr(), SAID);
        signal_hook::low_level::exit(NOT_ANSWERED);
    };
    // SAFETY: `write` and `exit` are system calls and allowed in a handler (signal-safety(7)); nothing is allocated, locked
    // or returned to. Where it cannot be registered, the signal ends the program as it always did.
    let _ = unsafe { signal_hook::low_level::register(signal_hook::consts::SIGBUS, guard) };
}

/// Windows raises an exception that ends the program.
#[cfg(not(unix))]
pub(crate) fn guard_maps() {}

/// Where this program is, if the system says so.
pub(crate) fn own_path() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

fn outcome_of(status: ExitStatus) -> CommandOutcome {
    match status.code() {
        Some(status) => CommandOutcome::Exited { status },
        None => CommandOutcome::Killed,
    }
}

/// Waits for a while; `None` when it is over. The pauses are what is counted, so that no clock is needed.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if waited >= limit || STOPPED.load(Ordering::Acquire) && limit > GRACE {
            return Ok(None);
        }
        thread::sleep(PAUSE);
        waited += PAUSE;
    }
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> Command {
    use std::os::windows::process::CommandExt;
    let mut command = Command::new("cmd");
    // cmd has rules of its own for quotes: with /S it takes off the outer ones and leaves the rest alone.
    command.raw_arg("/D /S /C").raw_arg(format!("\"{line}\""));
    command
}

/// Ends a command that took too long, with everything in its group.
#[cfg(unix)]
fn end(child: &mut Child, group: u32) {
    for signal in ["TERM", "KILL"] {
        // sh has `kill` built in; the standard library knows no groups.
        let _ = Command::new("sh")
            .args(["-c", &format!("kill -s {signal} -- -{group}")])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if signal == "TERM" && matches!(wait(child, GRACE), Ok(None)) {
            continue;
        }
    }
    let _ = child.wait();
}

#[cfg(windows)]
fn end(child: &mut Child, _group: u32) {
    let _ = child.kill();
    let _ = wait(child, GRACE);
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_command_says_how_it_ended() {
        assert_eq!(run("exit 0", LONG), CommandOutcome::Exited { status: 0 });
        assert_eq!(run("exit 7", LONG), CommandOutcome::Exited { status: 7 });
        assert_eq!(run("kill -9 $$", LONG), CommandOutcome::Killed);
    }

    #[test]
    fn a_command_that_takes_too_long_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let marker = folder.path().join("marker");
        let line = format!("(sleep 3; touch '{}') & wait", marker.to_string_lossy());
        let end = run(&line, Duration::from_millis(100));
        assert_eq!(end, CommandOutcome::TimedOut { seconds: 0 });
        thread::sleep(Duration::from_millis(3500));
        assert!(!marker.exists());
    }
}
