//! Running the program under test, and saying out loud what was skipped.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// The program, in a folder and with an environment that has nothing of the tester's own.
pub(crate) fn ptl_cert(directory: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        // The tester's umask would show in the modes of files.
        .args([
            "-c",
            "umask 022; exec \"$0\" \"$@\"",
            env!("CARGO_BIN_EXE_ptl-cert"),
        ])
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null());
    command
}

/// The folder of real NHS material, if this machine has it: `PTL_CERT_SHARED`, or `../shared`.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("PTL_CERT_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

/// Says what was not tested; on the real standard error, which the test harness does not capture.
pub(crate) fn say_skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

/// Whether a foreign program is installed; says so out loud if it is not.
pub(crate) fn is_installed(program: &str, argument: &str) -> bool {
    let found = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    if !found {
        say_skipped(&format!(
            "{program} is not installed, so it could not judge"
        ));
    }
    found
}

/// Whether this machine lets one process be traced by another; says so out loud if it does not.
#[cfg(unix)]
pub(crate) fn can_trace() -> bool {
    let status = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .stderr(Stdio::null())
        .status();
    let can = status.is_ok_and(|status| status.success());
    if !can {
        say_skipped(
            "strace cannot trace here, so nothing was seen of what a process asks the system for",
        );
    }
    can
}

/// What a foreign program says on both streams, and whether it is content.
pub(crate) fn ask(folder: &Path, program: &str, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), said)
}

/// A port for a server that a test starts, which no other test is given: below those that the system gives to whoever asks
/// for any, since a server that starts slowly would find it taken, and the test would talk to a stranger.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(port < 32_000, "no port is free");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
