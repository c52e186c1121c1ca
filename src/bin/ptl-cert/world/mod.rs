//! The world outside: the only clock, the streams, the terminal, the questions put to a person.
//!
//! Everything else is passed what it needs to know. Nothing is read from the world before a command
//! asks for it.

mod console;
mod stdout;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anstream::AutoStream;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use ptl_cert::environment::Facts;
use ptl_cert::input::{OutputForm, SIZE_LIMIT, Shown, Source, guarded};
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::{Context, Moment, Password};
use ptl_cert::report::layout::Detail;
use ptl_cert::store;
use ptl_cert::store::read::{FileBytes, ReadError};
use ptl_cert::wire::fetch::{Proxy, ProxyError};
use ptl_cert::wording::{Repeated, Voice};
use serde::Serialize;
use thiserror::Error;
use time::OffsetDateTime;
use zeroize::Zeroizing;

pub(crate) use self::console::Console;
use self::stdout::choice;
pub(crate) use self::stdout::{Colours, Guarded, Stdout, guarded_json};
use crate::args::{Format, Global, Monitor};

/// The narrowest text: that of half a classic terminal. Names and digests take as many columns.
const NARROWEST: u16 = 40;
/// The widest: beyond this lines are hard to follow.
const WIDEST: u16 = 120;
/// The width where there is no terminal to ask.
const USUAL: u16 = 80;
/// How often a progress bar is drawn, so that a slow key does not look like a hang.
const REDRAW: Duration = Duration::from_millis(200);

/// The longest passphrase: that of OpenSSL's own prompt (`PEM_BUFSIZE`), so that every key can be opened there too.
const PASSPHRASE_LIMIT: usize = 1024;

/// What keeps a passphrase from being known.
#[derive(Debug, Error)]
pub(crate) enum PassphraseError {
    /// A prompt that no user would see.
    #[error("a passphrase is needed for {what}, but there is no terminal to prompt on")]
    NoTerminal { what: String },
    /// The two answers differ.
    #[error("the two passphrases differ")]
    Differ,
    /// Nothing was typed.
    #[error("the passphrase is empty")]
    Empty,
    /// The terminal failed.
    #[error("the terminal cannot be read")]
    Terminal(#[source] io::Error),
    /// The file cannot be read.
    #[error("the passphrase file {} cannot be used", path.shown())]
    File { path: PathBuf, source: ReadError },
    /// The file holds nothing.
    #[error("the passphrase file {} is empty", path.shown())]
    EmptyFile { path: PathBuf },
    /// The file is something else.
    #[error("the passphrase file {} has several lines or more than {PASSPHRASE_LIMIT} bytes, expected one line", path.shown())]
    NotAPassphrase { path: PathBuf },
    /// The file begins with a byte order mark, which could not be typed.
    #[error("the passphrase file {} begins with a byte order mark, which would become part of the passphrase; save it as plain text without one (ASCII, or UTF-8 without BOM)", path.shown())]
    MarkedFile { path: PathBuf },
}

/// A system that does not say where a program's data belongs.
#[derive(Debug, Error)]
#[error("there is no folder for the CRL cache: the system has no data folder")]
pub(crate) struct NoCacheFolder;

/// The world as one run of the program meets it.
pub(crate) struct World {
    global: Global,
    voice: Voice,
    stdout: Stdout,
}

impl World {
    /// Takes hold of the standard output; printed commands repeat what was given.
    pub(crate) fn new(global: &Global, given: Repeated) -> World {
        World {
            global: *global,
            // There is one world in a run, and it lasts as long.
            voice: Voice::Repeating(Box::leak(Box::new(given))),
            stdout: Stdout::lock(global.format.format(), global.color),
        }
    }

    /// How results are to be printed.
    pub(crate) fn format(&self) -> Format {
        self.global.format.format()
    }

    /// The monitor that they are printed for, where that was asked.
    pub(crate) fn monitor(&self) -> Option<Monitor> {
        self.global.format.monitor()
    }

    /// The form of CA certificates that `--format` names.
    pub(crate) fn form(&self) -> Option<ptl_cert::ops::trust::Form> {
        self.global.format.form()
    }

    /// The voice of everything that is printed here.
    pub(crate) fn voice(&self) -> Voice {
        self.voice
    }

    /// Whether advice and progress are unwanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.global.quiet
    }

    /// How much of a report its text has.
    pub(crate) fn detail(&self) -> Detail {
        match (self.global.quiet, self.global.verbose) {
            (true, _) => Detail::Brief,
            (_, true) => Detail::Full,
            _ => Detail::Usual,
        }
    }

    /// The buffered standard output; text may carry ANSI colours, which are stripped where unwanted.
    pub(crate) fn stdout(&mut self) -> &mut Stdout {
        &mut self.stdout
    }

    /// What becomes of colours on the standard output.
    pub(crate) fn colours(&self) -> Colours {
        self.stdout.colours()
    }

    /// Prints one report in the form that was asked for; its text has to fit this many columns.
    pub(crate) fn print(
        &mut self,
        report: &impl Serialize,
        text: impl FnOnce(usize) -> String,
    ) -> anyhow::Result<()> {
        match self.format() {
            Format::Text => {
                let text = self.colours().applied(text(self.width()));
                Ok(self.stdout.write_applied(&text)?)
            }
            Format::Json | Format::Ndjson => self.print_data(report),
        }
    }

    /// Prints one report as JSON: on one line for `--format ndjson`, else to be read by people too.
    pub(crate) fn print_data(&mut self, report: &impl Serialize) -> anyhow::Result<()> {
        match self.format() {
            Format::Ndjson => serde_json::to_writer(&mut self.stdout, report)?,
            Format::Text | Format::Json => serde_json::to_writer_pretty(&mut self.stdout, report)?,
        }
        writeln!(self.stdout)?;
        Ok(())
    }

    /// Prints on the standard error, with colours stripped where unwanted; a closed stream is no error.
    pub(crate) fn complain(&mut self, text: &str) {
        // What was printed before comes first where both streams are one terminal.
        self.stdout.show();
        let stderr = io::stderr();
        let choice = choice(self.global.color, &stderr);
        let safe = guarded(text.as_bytes(), OutputForm::Text);
        let text = safe.as_deref().unwrap_or(text.as_bytes());
        let _ = AutoStream::new(stderr.lock(), choice).write_all(text);
    }

    /// How many columns text may take: the terminal's, between 40 and 120, or 80 where there is none.
    pub(crate) fn width(&self) -> usize {
        let columns = if io::stdout().is_terminal() {
            terminal_size::terminal_size()
        } else {
            None
        };
        columns
            .map_or(USUAL, |(width, _)| width.0)
            .clamp(NARROWEST, WIDEST)
            .into()
    }

    /// Whether a person sees the standard output as it is written.
    pub(crate) fn prints_on_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// The moment now, in UTC. The only clock of the product.
    #[expect(clippy::disallowed_methods, reason = "this is where the clock lives")]
    pub(crate) fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    /// The moment that is asked about: the one that was typed, or now.
    pub(crate) fn moment(&self, typed: Option<OffsetDateTime>) -> Moment {
        Moment::new(typed.unwrap_or_else(|| self.now()))
    }

    /// The folder of the user's trust entries: the one that was given, else `PTL_CERT_HOME/trust`, else the system's
    /// folder for data.
    pub(crate) fn trust_folder(&self, given: Option<&Path>) -> Result<PathBuf, NoCacheFolder> {
        if let Some(given) = given {
            return Ok(given.to_owned());
        }
        if let Some(home) = home() {
            return Ok(home.join("trust"));
        }
        let data = dirs::data_local_dir().ok_or(NoCacheFolder)?;
        Ok(data.join("ptl-cert").join("trust"))
    }

    /// What this machine calls the person at it.
    pub(crate) fn user(&self) -> String {
        let named = ["SUDO_USER", "USER", "LOGNAME", "USERNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
        named.unwrap_or_else(|| "unknown".to_owned())
    }

    /// Asks a question on the terminal and reads the answer with echo; `None` where no user can answer.
    pub(crate) fn ask_line(&mut self, question: &str) -> Option<String> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        self.complain(question);
        let mut line = String::new();
        io::stdin().read_line(&mut line).ok()?;
        Some(line)
    }

    /// Prints on the standard error, with colours stripped where unwanted, while the standard output is in use.
    pub(crate) fn warn(&self, text: &str) {
        let stderr = io::stderr();
        let choice = choice(self.global.color, &stderr);
        let _ = AutoStream::new(stderr.lock(), choice).write_all(text.as_bytes());
    }

    /// The folder of the cache of CRLs: the one that was given, else `PTL_CERT_HOME/crl`, else the system's
    /// folder for a program's data.
    pub(crate) fn cache_folder(&self, given: Option<&Path>) -> Result<PathBuf, NoCacheFolder> {
        if let Some(given) = given {
            return Ok(given.to_owned());
        }
        if let Some(home) = home() {
            return Ok(home.join("crl"));
        }
        let data = dirs::data_local_dir().ok_or(NoCacheFolder)?;
        Ok(data.join("ptl-cert").join("crl"))
    }

    /// The user's own facts file, where no --facts is given: `PTL_CERT_HOME/facts.toml`, else `ptl-cert/facts.toml` in the
    /// system's folder for configuration. It need not exist.
    pub(crate) fn facts_file(&self) -> Option<PathBuf> {
        if let Some(home) = home() {
            return Some(home.join("facts.toml"));
        }
        Some(dirs::config_dir()?.join("ptl-cert").join("facts.toml"))
    }

    /// The proxies of this machine, by the usual environment variables.
    pub(crate) fn proxy(&self) -> Result<Proxy, ProxyError> {
        // Not Unicode is not unset: it has to be refused, and a host's name never has what it becomes here.
        Proxy::from_variables(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
    }

    /// The same as a function, for what answers others while the run goes on.
    #[expect(clippy::disallowed_methods, reason = "this is where the clock lives")]
    pub(crate) fn clock(&self) -> fn() -> OffsetDateTime {
        OffsetDateTime::now_utc
    }

    /// All bytes of a file, or of the standard input for `-`.
    pub(crate) fn read(&self, path: &Path) -> Result<FileBytes, ReadError> {
        if path == Path::new("-") {
            store::read::stream(io::stdin().lock(), SIZE_LIMIT)
        } else {
            store::read::file(path)
        }
    }

    /// The passphrase with which new keys are encrypted: that of a file, or one that is asked for; none where neither is wanted.
    pub(crate) fn passphrase_of_new_keys(
        &mut self,
        file: Option<&Path>,
        is_asked: bool,
    ) -> anyhow::Result<Option<Password>> {
        Ok(match file {
            Some(path) => Some(self.read_passphrase(path)?),
            None if is_asked => Some(self.ask_new_passphrase("the new keys")?),
            None => None,
        })
    }

    /// The passphrase that a file holds as its only line, without the line's end.
    pub(crate) fn read_passphrase(&self, path: &Path) -> Result<Password, PassphraseError> {
        let path = || path.to_owned();
        let bytes = self.read(&path()).map_err(|source| PassphraseError::File {
            path: path(),
            source,
        })?;
        // Windows programs write it (PowerShell's > does, with UTF-16), and a key locked with it is locked for ever.
        const MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
        if MARKS.iter().any(|mark| bytes.starts_with(mark)) {
            return Err(PassphraseError::MarkedFile { path: path() });
        }
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Err(PassphraseError::EmptyFile { path: path() });
        }
        if line.len() > PASSPHRASE_LIMIT || line.contains(&b'\n') {
            return Err(PassphraseError::NotAPassphrase { path: path() });
        }
        Ok(Password::new(line))
    }

    /// The same, where a file was named.
    pub(crate) fn read_passphrase_of(
        &self,
        path: Option<&Path>,
    ) -> Result<Option<Password>, PassphraseError> {
        path.map(|path| self.read_passphrase(path)).transpose()
    }

    /// A progress bar on the standard error; hidden unless that is a terminal and the run is not quiet.
    ///
    /// The bar removes itself when it is dropped. It never hides the cursor, so that an interrupted run
    /// leaves the terminal as it was.
    pub(crate) fn progress(&self, length: usize, what: &'static str) -> ProgressBar {
        progress(self.is_quiet(), length, what)
    }

    /// Asks twice, so that a slip of the finger does not lock a new key for ever.
    pub(crate) fn ask_new_passphrase(&mut self, what: &str) -> Result<Password, PassphraseError> {
        let first = self.ask(&format!("New passphrase for {what}: "), what)?;
        let second = self.ask("Repeat it: ", what)?;
        if first != second {
            return Err(PassphraseError::Differ);
        }
        if first.is_empty() {
            return Err(PassphraseError::Empty);
        }
        Ok(into_password(first))
    }

    fn ask(&mut self, prompt: &str, what: &str) -> Result<Zeroizing<String>, PassphraseError> {
        self.stdout.show();
        console::ask(prompt, what)
    }

    /// What was named, with standard input for `-`.
    pub(crate) fn named(&self, paths: &[PathBuf]) -> Result<Vec<Named>, ReadError> {
        paths.iter().map(|path| self.named_one(path)).collect()
    }

    /// A file, or standard input for `-`.
    pub(crate) fn named_one(&self, path: &Path) -> Result<Named, ReadError> {
        match path == Path::new("-") {
            true => Ok(Named::Bytes(Source::Stdin, Arc::new(self.read(path)?))),
            false => Ok(Named::file(path)),
        }
    }

    /// Who follows an operation: this terminal.
    pub(crate) fn console(&self) -> Console {
        Console::new(self.is_quiet())
    }

    /// Whether the standard output is a terminal.
    pub(crate) fn is_shown(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// What operations know about the world, with the CRL cache that is meant.
    pub(crate) fn context<'c>(
        &self,
        at: Moment,
        facts: Facts,
        cache: Option<&Path>,
        console: &'c Console,
    ) -> Context<'c> {
        let context = Context::new(at, facts).observer(console).voice(self.voice);
        let is_chosen = cache.is_some() || home().is_some();
        match self.cache_folder(cache) {
            Ok(folder) if is_chosen => context.cache(&folder),
            Ok(folder) => context.usual_cache(&folder),
            // No cache was asked for, and there is no default folder.
            Err(NoCacheFolder) => context,
        }
    }
}

/// The folder that the user keeps everything of ours in, if one is named.
fn home() -> Option<PathBuf> {
    let home = std::env::var_os("PTL_CERT_HOME").filter(|home| !home.is_empty());
    home.map(PathBuf::from)
}

fn into_password(text: Zeroizing<String>) -> Password {
    Password::new(text.as_bytes())
}

fn progress(is_quiet: bool, length: usize, what: &'static str) -> ProgressBar {
    if is_quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stderr())
        .with_finish(ProgressFinish::AndClear)
        .with_message(what);
    let template = match length {
        0 => "{spinner} {pos} {msg}, {per_sec}",
        _ => "{bar:30} {pos}/{len} {msg}, {eta} left",
    };
    if length == 0 {
        bar.unset_length();
    }
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(REDRAW);
    bar
}
