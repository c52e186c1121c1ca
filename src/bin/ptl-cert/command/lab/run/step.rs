//! One step of a rehearsal.

use crate::command::reading::word;

/// What is done with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Its end is waited for.
    Ask,
    /// It stays, as the other side of what follows.
    Serve,
    /// Its end is waited for; the other command stops what it leaves running.
    Start,
    /// It is asked again until it answers as expected, because a server takes up a change a moment later.
    AskUntil,
}

/// One step.
pub(super) struct Step {
    pub(super) stage: &'static str,
    pub(super) title: String,
    pub(super) act: Act,
    /// The program, where it is not this one.
    pub(super) program: Option<String>,
    /// What ends what [`Act::Start`] leaves running.
    pub(super) stop: Vec<String>,
    pub(super) arguments: Vec<String>,
    /// The exit status that it must end with.
    pub(super) status: u8,
    /// What its answer must speak of.
    pub(super) words: Vec<String>,
}

impl Step {
    /// The command as it would be typed.
    pub(super) fn command(&self) -> String {
        let typed = self.arguments.iter().map(word);
        let typed: Vec<String> = typed.collect();
        let program = self.program.as_deref().unwrap_or("ptl-cert");
        format!("{program} {}", typed.join(" "))
    }

    pub(super) fn expecting(mut self, status: u8, words: &[&str]) -> Step {
        self.status = status;
        self.words = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    pub(super) fn with<'t>(mut self, arguments: impl IntoIterator<Item = &'t String>) -> Step {
        self.arguments.extend(arguments.into_iter().cloned());
        self
    }

    /// Another program's command.
    pub(super) fn of(mut self, program: &str) -> Step {
        self.program = Some(program.to_owned());
        self
    }

    pub(super) fn starting(mut self, stop: &[&str]) -> Step {
        self.act = Act::Start;
        self.stop = stop.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    pub(super) fn until_expected(mut self) -> Step {
        self.act = Act::AskUntil;
        self
    }

    pub(super) fn serving(mut self) -> Step {
        self.act = Act::Serve;
        self
    }
}

/// A step that has to end well.
pub(super) fn step(stage: &'static str, title: impl Into<String>, typed: &str) -> Step {
    Step {
        stage,
        title: title.into(),
        act: Act::Ask,
        program: None,
        stop: Vec::new(),
        // No argument of a step has a space in it, unless it is put there by `with`.
        arguments: typed.split_whitespace().map(str::to_owned).collect(),
        status: 0,
        words: Vec::new(),
    }
}
