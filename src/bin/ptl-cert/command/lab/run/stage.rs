//! Where a rehearsal takes place: a folder, this very program, and the servers that play the other side.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};

use super::step::{Act, Step};

/// The most that is kept of what one step says.
const ANSWER_LIMIT: u64 = 256 * 1024;

/// How often a step is asked again, and after what pause: nginx takes up a change within some milliseconds.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// How a server begins the line that says it is ready.
const READY: [&str; 2] = ["Running", "Waiting for callers"];

/// What a step said.
pub(super) struct Answer {
    /// Its exit status; `None` when a signal killed it.
    pub(super) status: Option<i32>,
    /// Standard output, then standard error.
    pub(super) text: String,
}

impl Answer {
    /// Whether it is what the step is to come to.
    pub(super) fn is_expected(&self, step: &Step) -> bool {
        let said = |words: &String| self.text.contains(words.as_str());
        self.status == Some(step.status.into()) && step.words.iter().all(said)
    }
}

pub(super) struct Stage {
    program: PathBuf,
    folder: PathBuf,
    servers: Vec<Child>,
    /// Commands that end what other programs left running.
    stops: Vec<(String, Vec<String>)>,
}

impl Stage {
    /// Steps run this program, in `folder`.
    pub(super) fn new(folder: &Path) -> anyhow::Result<Stage> {
        Ok(Stage {
            program: std::env::current_exe().context("the path of ptl-cert cannot be found")?,
            folder: std::path::absolute(folder)?,
            servers: Vec::new(),
            stops: Vec::new(),
        })
    }

    /// Takes one step and waits for its answer; a server is left running once it says that it is ready.
    pub(super) fn act(&mut self, step: &Step) -> anyhow::Result<Answer> {
        match step.act {
            Act::Ask => self.ask(step),
            Act::AskUntil => {
                let mut answer = self.ask(step)?;
                for _ in 0..TRIES {
                    if answer.is_expected(step) {
                        break;
                    }
                    std::thread::sleep(PAUSE);
                    answer = self.ask(step)?;
                }
                Ok(answer)
            }
            Act::Start => {
                let program = step.program.clone().unwrap_or_default();
                // Before it is started: whatever becomes of it, it is stopped.
                self.stops.push((program, step.stop.clone()));
                let mut command = self.command(step);
                // What stays would hold a pipe open.
                command.stdout(Stdio::null()).stderr(Stdio::null());
                let status = command.status().context("a program cannot be started")?;
                Ok(Answer {
                    status: status.code(),
                    text: "(it prints nothing)\n".to_owned(),
                })
            }
            Act::Serve => self.serve(&mut self.command(step)),
        }
    }

    fn command(&self, step: &Step) -> Command {
        let mut command = match &step.program {
            Some(program) => Command::new(program),
            None => Command::new(&self.program),
        };
        command
            .args(&step.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn ask(&self, step: &Step) -> anyhow::Result<Answer> {
        let mut command = self.command(step);
        let output = command.output().context("a program cannot be started")?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok(Answer {
            status: output.status.code(),
            text,
        })
    }

    /// A server says where it listens, and then that it runs.
    fn serve(&mut self, command: &mut Command) -> anyhow::Result<Answer> {
        let mut child = command.spawn().context("this program cannot be started")?;
        let Some(stdout) = child.stdout.take() else {
            bail!("a server's output cannot be read");
        };
        let mut text = String::new();
        let mut lines = BufReader::new(stdout.take(ANSWER_LIMIT));
        let ready = loop {
            let before = text.len();
            if lines.read_line(&mut text)? == 0 {
                break false;
            }
            if text
                .get(before..)
                .is_some_and(|line| READY.iter().any(|ready| line.starts_with(ready)))
            {
                break true;
            }
        };
        if !ready {
            if let Some(stderr) = child.stderr.take() {
                stderr.take(ANSWER_LIMIT).read_to_string(&mut text)?;
            }
            return Ok(Answer {
                status: child
                    .wait()?
                    .code()
                    .filter(|status| *status != 0)
                    .or(Some(3)),
                text,
            });
        }
        self.servers.push(child);
        Ok(Answer {
            status: Some(0),
            text,
        })
    }

    /// Ends the servers.
    pub(super) fn clear(&mut self) {
        for (program, arguments) in self.stops.drain(..) {
            // One that was never started cannot be stopped.
            let _ = Command::new(program)
                .args(arguments)
                .current_dir(&self.folder)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
        for server in &mut self.servers {
            // One that has exited already need not be stopped.
            let _ = server.kill();
            let _ = server.wait();
        }
        self.servers.clear();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.clear();
    }
}
