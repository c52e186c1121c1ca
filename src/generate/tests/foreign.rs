//! Programs that are not ours, asked about bytes on their standard input.

use std::io::{ErrorKind, Write};
use std::process::{Command, Output, Stdio};

/// What a program makes of the input; `None`, said out loud, where it is not installed.
pub(crate) fn ask(program: &str, arguments: &[&str], input: &[u8]) -> Option<Output> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("SKIPPED: {program} is not installed; it does not judge {arguments:?}");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A refusal may close the pipe before everything is written.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    Some(output)
}
