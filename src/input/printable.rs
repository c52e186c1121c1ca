//! Text from outside, made safe to show: the one function for it.
//!
//! File names, the members of archives, URLs, headers, names in certificates and titles in facts files are written by
//! others. Whatever of them reaches a person goes through here: a terminal obeys control characters, and marks of
//! reading direction make a text read as another one.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::path::Path;

/// Whether a character would move the cursor, ring a bell, turn the reading direction, or not be seen at all.
///
/// Control characters (Unicode's Cc), line and paragraph separators (Zl, Zp), and the format characters (Cf) that
/// are invisible or change the direction; the joiners that some scripts and emoji need are among them, because in a
/// host name or file name they hide a difference.
pub fn disturbing(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text with every [`disturbing`] character written as `\u{…}`; line breaks and tabs are among them.
pub fn printable(text: &str) -> String {
    text.shown().to_string()
}

/// What can be shown to a person with its disturbing characters escaped.
pub trait Shown {
    /// The value as text that is safe on a terminal, on one line.
    fn shown(&self) -> Printable<'_>;
}

impl Shown for str {
    fn shown(&self) -> Printable<'_> {
        Printable(self.as_bytes())
    }
}

impl Shown for Path {
    fn shown(&self) -> Printable<'_> {
        Printable(self.as_os_str().as_encoded_bytes())
    }
}

/// Text that is escaped while it is written; what is not UTF-8 is written as `\x…`.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(&'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nearly every text is plain, and there are many of them.
        if self.0.iter().all(|byte| (b' '..=b'~').contains(byte))
            && let Ok(plain) = str::from_utf8(self.0)
        {
            return f.write_str(plain);
        }
        for chunk in self.0.utf8_chunks() {
            let mut rest = chunk.valid();
            while let Some((at, c)) = rest.char_indices().find(|(_, c)| disturbing(*c)) {
                f.write_str(rest.get(..at).unwrap_or_default())?;
                write!(f, "{}", c.escape_unicode())?;
                rest = rest.get(at + c.len_utf8()..).unwrap_or_default();
            }
            f.write_str(rest)?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// A text of a stranger's for a sentence, of at most so many octets: of a longer one its beginning and its end, and how long
/// it is. What is said of each of many objects names a file, a CA or another object, and must not grow with that name.
pub(crate) fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    let head = beginning(text, limit * 3 / 4);
    let end = text.len() - limit / 8;
    let is_boundary = |at: &usize| text.is_char_boundary(*at);
    let end = (end..=text.len()).find(is_boundary).unwrap_or(end);
    let tail = text.get(end..).unwrap_or_default();
    Cow::Owned(format!(
        "{head}… ({} characters) …{tail}",
        text.chars().count()
    ))
}

/// The characters of a text that end within so many octets.
pub(crate) fn beginning(text: &str, octets: usize) -> &str {
    let is_boundary = |at: &usize| text.is_char_boundary(*at);
    let end = (0..=text.len().min(octets)).rev().find(is_boundary);
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// What a report is written as, for [`guarded`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputForm {
    /// Text for people, with line breaks, tabs and the colours of our own.
    Text,
    /// Text for a file that people read, with line breaks and tabs.
    Page,
    /// JSON, in which an escaped character is the same character.
    Json,
}

/// Bytes for a terminal or a pipe without a disturbing character in them, or `None` if they had none: the guard at
/// the door, for what was not escaped where it was put into a sentence.
///
/// In text, line breaks, tabs and the colours that reports use stay; other escape sequences do not, and in a page no colours. In JSON the
/// characters become `\uXXXX`, which says the same.
pub fn guarded(bytes: &[u8], form: OutputForm) -> Option<Vec<u8>> {
    if !bytes.chunks(CHUNK).any(is_suspect) {
        return None;
    }
    let text = match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    };
    let rest = |from: usize| text.get(from..).unwrap_or_default();
    let (mut safe, mut copied, mut at) = (String::new(), 0, 0);
    let unwanted = |c: char| !matches!(c, '\n' | '\t') && disturbing(c);
    while let Some((here, c)) = next_suspect(&text, at) {
        if !unwanted(c) {
            at = here + c.len_utf8();
            continue;
        }
        let ours = match form {
            OutputForm::Text if c == '\u{1b}' => colour(rest(here)),
            _ => None,
        };
        at = here + ours.unwrap_or(c.len_utf8());
        if ours.is_none() {
            safe.push_str(text.get(copied..here).unwrap_or_default());
            escape(c, form, &mut safe);
            copied = at;
        }
    }
    if copied == 0 && matches!(text, Cow::Borrowed(_)) {
        return None;
    }
    safe.push_str(rest(copied));
    Some(safe.into_bytes())
}

/// How many bytes are looked at together, so that the compiler can use vector instructions.
const CHUNK: usize = 64;

/// Whether there is anything but ASCII's printable characters and line breaks.
fn is_suspect(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |suspect, byte| {
        suspect | ((byte.wrapping_sub(b' ') > b'~' - b' ') & (*byte != b'\n'))
    })
}

/// The first character from `at` on, which is at a character's start, that is neither one of ASCII's printable ones nor a line break;
/// most of a report is, and is passed over many bytes at a time.
fn next_suspect(text: &str, at: usize) -> Option<(usize, char)> {
    let bytes = text.as_bytes().get(at..)?;
    let chunk = bytes.chunks(CHUNK).position(is_suspect)? * CHUNK;
    let inside = bytes.get(chunk..)?.chunks(1).position(is_suspect)?;
    // Before the first byte of a character that is not ASCII there are only bytes of ASCII.
    let here = at + chunk + inside;
    Some((here, text.get(here..)?.chars().next()?))
}

/// The length of the colour or severity that a text begins with. Hidden, inverse and background colours, which could
/// conceal a text, are not among those that reports use.
fn colour(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\u{1b}[")?;
    let (parameters, _) = body.split_once('m')?;
    parameters
        .split(';')
        .all(|parameter| {
            matches!(
                parameter,
                "" | "0" | "1" | "2" | "3" | "4" | "31" | "32" | "33" | "34" | "35" | "36"
            )
        })
        .then_some("\u{1b}[m".len() + parameters.len())
}

fn escape(c: char, form: OutputForm, safe: &mut String) {
    // Writing to a string cannot fail.
    let _ = match form {
        OutputForm::Text | OutputForm::Page => write!(safe, "{}", c.escape_unicode()),
        OutputForm::Json => c
            .encode_utf16(&mut [0; 2])
            .iter()
            .try_for_each(|unit| write!(safe, "\\u{unit:04x}")),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_are_shown_as_escapes() {
        for (text, shown) in [
            ("plain é ✓", "plain é ✓"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}"),
            ("gpj.\u{202e}exe", "gpj.\\u{202e}exe"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\u{61c}\u{ad}\u{2060}", "a\\u{61c}\\u{ad}\\u{2060}"),
            ("\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(printable(text), shown);
            assert_eq!(Path::new(text).shown().to_string(), shown);
        }
    }

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end() {
        let text = format!("{}.pem", "é→✓".repeat(100));
        for limit in 16..600 {
            let short = shortened(&text, limit);
            assert_eq!(shortened(&text, text.len()), text);
            assert!(short.starts_with('é'), "{short}");
            assert!(short.contains("(304 characters)"), "{short}");
            assert!(short.len() <= limit + 40, "{short}");
            assert!(limit < 40 || short.ends_with(".pem"), "{short}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_name_that_is_not_utf_8_is_shown_octet_by_octet() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"a\x9b\xffb"));
        assert_eq!(path.shown().to_string(), "a\\x9b\\xffb");
    }

    #[test]
    fn the_guard_lets_our_own_colours_through_and_nothing_else() {
        let guard = |text: &str| {
            guarded(text.as_bytes(), OutputForm::Text).map(|safe| String::from_utf8(safe).unwrap())
        };
        assert_eq!(guard("\u{1b}[1m\u{1b}[31mno\u{1b}[0m ✓\n"), None);
        assert_eq!(
            guard("\u{1b}[8mhidden").as_deref(),
            Some("\\u{1b}[8mhidden")
        );
        assert_eq!(
            guard("\u{1b}]0;t\u{7}").as_deref(),
            Some("\\u{1b}]0;t\\u{7}")
        );
        assert_eq!(guard("a\rb\u{202e}").as_deref(), Some("a\\u{d}b\\u{202e}"));
    }

    #[test]
    fn json_says_the_same_after_the_guard() {
        let text = "a\u{7f}\u{85}\u{202e}\u{e0041}é";
        let json = serde_json::to_string(text).unwrap();
        let safe = guarded(json.as_bytes(), OutputForm::Json).unwrap();
        assert!(!String::from_utf8_lossy(&safe).chars().any(disturbing));
        assert_eq!(serde_json::from_slice::<String>(&safe).unwrap(), text);
    }

    #[test]
    fn octets_that_are_no_text_do_not_reach_a_terminal() {
        let safe = guarded(b"a\x9b1mb", OutputForm::Text).unwrap();
        assert_eq!(String::from_utf8(safe).unwrap(), "a\u{fffd}1mb");
    }
}
