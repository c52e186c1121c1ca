//! The standard output.

use std::io::{self, BufWriter, Write};

use anstream::adapter::StripBytes;
use anstream::{AutoStream, ColorChoice};
use ptl_cert::input::{OutputForm, guarded};
use thiserror::Error;

use crate::args::{Color, Format};

/// What is written at a time.
const PIECE: usize = 64 * 1024;

/// What becomes of the colours of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colours {
    Kept,
    Stripped,
}

impl Colours {
    /// The text as it is to be shown, with nothing in it that a terminal would obey; on any thread, because this takes
    /// longer than writing it.
    pub(crate) fn applied(self, text: String) -> String {
        let text = match guarded(text.as_bytes(), OutputForm::Text) {
            Some(safe) => utf8(safe),
            None => text,
        };
        match self {
            Colours::Kept => text,
            Colours::Stripped => without_colours(&text),
        }
    }
}

/// Text that has no escape sequences but colours, without them.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split('\u{1b}');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (_, shown) = part.split_once('m').unwrap_or_default();
        plain.push_str(shown);
    }
    plain
}

/// The text that it was before something in it was escaped.
fn utf8(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// JSON with nothing in it that a terminal would obey; on any thread, as [`Colours::applied`].
pub(crate) fn guarded_json(text: String) -> String {
    match guarded(text.as_bytes(), OutputForm::Json) {
        Some(safe) => utf8(safe),
        None => text,
    }
}

/// Pieces of JSON with nothing in them that a terminal would obey.
#[derive(Debug, Default)]
pub(crate) struct Guarded(Vec<u8>);

impl Guarded {
    /// Adds what `write` writes.
    pub(crate) fn add<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.0.len();
        write(&mut self.0)?;
        let added = self.0.get(start..).unwrap_or_default();
        if let Some(safe) = guarded(added, OutputForm::Json) {
            self.0.truncate(start);
            self.0.extend_from_slice(&safe);
        }
        Ok(())
    }
}

/// The standard output. Once its reader has gone, as `head` does, writing succeeds and does nothing,
/// so that the exit status is still that of the answer.
pub(crate) struct Stdout {
    stream: BufWriter<Box<dyn Write>>,
    colours: Colours,
    form: OutputForm,
    /// Where in an escape sequence the last text stopped.
    stripping: StripBytes,
    /// Whether what is written goes nowhere: the reader has gone, or the disk is full.
    closed: bool,
    /// Why writing failed while there was nothing to return it to.
    unreported: Option<io::Error>,
}

impl Stdout {
    /// Takes hold of it.
    pub(super) fn lock(format: Format, color: Color) -> Stdout {
        let lock = io::stdout().lock();
        let (stream, colours): (Box<dyn Write>, _) = match format {
            Format::Text => match choice(color, &io::stdout()) {
                ColorChoice::Never => (Box::new(lock), Colours::Stripped),
                choice => (Box::new(AutoStream::new(lock, choice)), Colours::Kept),
            },
            // Data has no colours to strip.
            Format::Json | Format::Ndjson => (Box::new(lock), Colours::Kept),
        };
        Stdout {
            stream: BufWriter::with_capacity(PIECE, stream),
            colours,
            form: match format {
                Format::Text => OutputForm::Text,
                Format::Json | Format::Ndjson => OutputForm::Json,
            },
            stripping: StripBytes::new(),
            closed: false,
            unreported: None,
        }
    }

    /// What becomes of colours here.
    pub(super) fn colours(&self) -> Colours {
        self.colours
    }

    /// Whether the reader has gone, so that long work may stop early.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Lets what was written so far be seen before something on another stream is. Why it cannot be written is what the next
    /// flush returns, at the latest that at the end of the run.
    pub(crate) fn show(&mut self) {
        if let Err(error) = self.flush() {
            self.unreported = Some(error);
        }
    }

    /// Writes text to which [`Colours::applied`] was put before, or JSON to which [`guarded_json`] was.
    pub(crate) fn write_applied(&mut self, text: &str) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.stream.write_all(text.as_bytes());
        self.forgive(result, ())
    }

    /// Writes pieces of JSON.
    pub(crate) fn write_guarded(&mut self, Guarded(json): &Guarded) -> io::Result<()> {
        self.write_file(json)
    }

    /// Writes a file's bytes as they are, which need not be text.
    pub(crate) fn write_file(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.stream.write_all(bytes);
        self.forgive(result, ())
    }

    fn forgive<T>(&mut self, result: io::Result<T>, otherwise: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(otherwise)
            }
            // Said once: what is written after it goes nowhere, as after a reader that has gone.
            Err(error) => {
                self.closed = true;
                Err(io::Error::new(error.kind(), NotWritten(error)))
            }
            Ok(done) => Ok(done),
        }
    }
}

/// Why the output ends early.
#[derive(Debug, Error)]
#[error("the output cannot be written")]
struct NotWritten(#[source] io::Error);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let safe = guarded(bytes, self.form);
        let shown = safe.as_deref().unwrap_or(bytes);
        let result = match self.colours {
            Colours::Kept => self.stream.write_all(shown),
            Colours::Stripped => self
                .stripping
                .strip_next(shown)
                .try_for_each(|object| self.stream.write_all(object)),
        };
        self.forgive(result, ())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(error) = self.unreported.take() {
            return Err(error);
        }
        if self.closed {
            return Ok(());
        }
        let result = self.stream.flush();
        self.forgive(result, ())
    }
}

/// Whether a stream shows colours.
pub(super) fn choice<S: anstream::stream::RawStream>(color: Color, stream: &S) -> ColorChoice {
    match color {
        Color::Auto => AutoStream::choice(stream),
        Color::Always => ColorChoice::AlwaysAnsi,
        Color::Never => ColorChoice::Never,
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn colours_are_taken_out_as_a_terminal_would_take_them() {
        for text in [
            "",
            "plain\n",
            "\u{1b}[1mbold\u{1b}[0m  and → \u{1b}[1;31mred\u{1b}[0m",
            "\u{1b}[0m",
            "an m, \u{1b}[32mm\u{1b}[0mm",
        ] {
            assert_eq!(without_colours(text), strip_str(text).to_string());
        }
        let hostile = "\u{1b}]0;title\u{7}\u{1b}[8mhidden\u{1b}[2J\u{1b}";
        let shown = Colours::Stripped.applied(hostile.to_owned());
        assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown}");
        assert!(
            shown.contains("title") && shown.contains("hidden"),
            "{shown}"
        );
    }
}
