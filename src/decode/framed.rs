//! Base64 whose lines stand between something else: comment signs, line numbers, times of a log, quotation marks and commas of
//! a program, marks of a mail reply with a name.
//!
//! What stands between two lines is taken from the first place at which it stands, between the BEGIN line and the first line of
//! base64; everywhere else it has to be the same but for its numbers and white space. The result counts only if it is one
//! object.

use zeroize::Zeroizing;

/// The longest text between two lines: the time, the host and the program of a log.
const LONGEST: usize = 200;

/// How many beginnings are tried.
const ATTEMPTS: usize = 16;

/// The base64 of a body, of which every line has something in front of it or behind it; `None` where that is not so, or it is
/// white space alone.
///
/// The body stands between a BEGIN line and an END line, or the end of the text.
pub(super) fn unframed(body: &[u8]) -> Option<Vec<Zeroizing<Vec<u8>>>> {
    let uncoloured = uncoloured(body);
    let body = uncoloured.as_ref().map_or(body, |plain| plain.as_slice());
    // Every object begins with a SEQUENCE, and so its base64 with an M.
    let head = body.get(..LONGEST.min(body.len()))?;
    let starts = memchr::memchr_iter(b'M', head).take(ATTEMPTS);
    let found = starts.filter_map(|at| Frame::of(body.get(..at)?)?.strip(body));
    // OpenPGP puts a dash before each line that begins with one (RFC 9580 section 7.2), the END line too.
    let undashed = body
        .strip_suffix(b"\n- ")
        .map(|body| Zeroizing::new(body.to_vec()));
    let found: Vec<_> = found.chain(uncoloured.clone()).chain(undashed).collect();
    (!found.is_empty()).then_some(found)
}

/// The body without the sequences by which a terminal changes its colours (ECMA-48 section 8.3.117); `None` where it has none.
fn uncoloured(body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    const BEGIN: &[u8] = b"\x1b[";
    memchr::memmem::find(body, BEGIN)?;
    let mut plain = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut rest = body;
    while let Some(at) = memchr::memmem::find(rest, BEGIN) {
        let (before, sequence) = rest.split_at_checked(at)?;
        plain.extend_from_slice(before);
        let parameters = sequence.get(BEGIN.len()..)?;
        let is_parameter = |byte: &&u8| matches!(byte, b'0'..=b'?' | b' '..=b'/');
        let length = parameters.iter().take_while(is_parameter).count();
        rest = parameters.get(length + 1..).unwrap_or_default();
    }
    plain.extend_from_slice(rest);
    Some(plain)
}

/// What stands between two lines.
struct Frame<'f> {
    tokens: Vec<Token<'f>>,
}

#[derive(Clone, Copy)]
enum Token<'f> {
    /// White space, of any length and kind.
    Blank,
    /// A number.
    Number,
    /// Anything else, as it is.
    Other(&'f [u8]),
}

impl<'f> Frame<'f> {
    fn of(text: &'f [u8]) -> Option<Frame<'f>> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.first() {
            let same = |byte: &u8| class(*byte) == class(*first);
            let length = rest.iter().take_while(|byte| same(byte)).count();
            let (token, behind) = rest.split_at_checked(length)?;
            tokens.push(match class(*first) {
                Class::Blank => Token::Blank,
                Class::Digit => Token::Number,
                Class::Other => Token::Other(token),
            });
            rest = behind;
        }
        let is_other = |token: &Token<'_>| !matches!(token, Token::Blank);
        let ends = match tokens.last()? {
            // Digits may be base64, and so may letters.
            Token::Number => false,
            // A patch: what it adds or takes away is not what is there, and a plus may be base64 itself.
            Token::Other(b"+" | b"-") => false,
            Token::Other(text) => text
                .last()
                .is_some_and(|byte| !byte.is_ascii_alphanumeric()),
            Token::Blank => true,
        };
        (ends && tokens.iter().any(is_other)).then_some(Frame { tokens })
    }

    /// How many bytes of the text are this once more; of a beginning of it where the text ends.
    fn length(&self, text: &[u8], may_end: bool) -> Option<usize> {
        let mut at = 0;
        for (number, token) in self.tokens.iter().enumerate() {
            let rest = text.get(at..)?;
            if rest.is_empty() && may_end {
                return Some(at);
            }
            let run = |wanted: Class| {
                let is = |byte: &&u8| class(**byte) == wanted;
                // Digits are base64 too, and looked at for each place where a line may end.
                let most = match wanted {
                    Class::Digit => LONGEST,
                    _ => rest.len(),
                };
                rest.iter().take(most).take_while(is).count()
            };
            at += match token {
                // A column of blanks may be empty where a line is as long as it can be.
                Token::Blank if number == 0 => run(Class::Blank),
                Token::Blank => Some(run(Class::Blank)).filter(|length| *length > 0)?,
                Token::Number => Some(run(Class::Digit)).filter(|length| *length > 0)?,
                Token::Other(wanted) if rest.starts_with(wanted) => wanted.len(),
                Token::Other(wanted) if may_end && wanted.starts_with(rest) => rest.len(),
                Token::Other(_) => return None,
            };
        }
        Some(at)
    }

    /// Takes it out wherever it stands; `None` where something else stands between two lines.
    fn strip(&self, body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut base64 = Zeroizing::new(Vec::with_capacity(body.len()));
        let mut at = self.length(body, false)?;
        let mut lines = 0;
        while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
            let is_base64 =
                |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
            let most = rest.iter().take_while(is_base64).count();
            // What stands behind a line may begin as base64 does.
            let least = most.saturating_sub(LONGEST).max(1);
            let ends_at = |length: usize, may_end: bool| {
                let behind = rest.get(length..)?;
                let frame = self.length(behind, may_end)?;
                // Two lines side by side would be one.
                let is_apart = frame > 0 || behind.is_empty();
                is_apart.then_some((length, frame))
            };
            let lengths = || (least..=most).rev();
            let whole = lengths().find_map(|length| ends_at(length, false));
            let (line, frame) =
                whole.or_else(|| lengths().find_map(|length| ends_at(length, true)))?;
            base64.extend_from_slice(rest.get(..line)?);
            base64.push(b'\n');
            lines += 1;
            at += line + frame;
        }
        (lines > 0).then_some(base64)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Blank,
    Digit,
    Other,
}

fn class(byte: u8) -> Class {
    match byte {
        byte if byte.is_ascii_whitespace() => Class::Blank,
        b'0'..=b'9' => Class::Digit,
        _ => Class::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(body: &str) -> Option<String> {
        let found = unframed(body.as_bytes())?;
        let first = found.into_iter().next();
        first.map(|found| String::from_utf8(found.to_vec()).unwrap())
    }

    #[test]
    fn what_stands_around_each_line_is_taken_out() {
        for body in [
            "\n# MIIB\n# AA==\n# ",
            "\nJS> MIIB\nJS> AA==\nJS> ",
            "\n  9\tMIIB\n 10\tAA==\n 11\t",
            "\n9: MIIB\n10: AA==\n11: ",
            "\\n\" +\n  \"MIIB\\n\" +\n  \"AA==\\n\" +\n  \"",
            "\",\"MIIB\",\"AA==\",\"",
            "   +\n MIIB   +\n AA==+\n ",
            "\n2026-01-02T03:04:05Z a: MIIB\n2026-01-02T03:04:06Z a: AA==\n2026-01-02T03:04:07Z a: ",
            "\" >> c.pem\necho \"MIIB\" >> c.pem\necho \"AA==\" >> c.pem\necho \"",
            "\u{1b}[0m\n\u{1b}[32m# MIIB\u{1b}[0m\n\u{1b}[32m# AA==\u{1b}[0m\n\u{1b}[32m# ",
        ] {
            assert_eq!(lines(body).as_deref(), Some("MIIB\nAA==\n"), "{body}");
        }
    }

    #[test]
    fn what_stands_between_some_lines_only_is_not_taken_out() {
        for body in [
            "\nMIIB\nAA==\n",
            "\n# MIIB\nAA==\n# ",
            "\n# MIIB\n// AA==\n# ",
            "\n1MIIB\n2AA==\n3",
            // A patch.
            "\n+MIIB\n+AA==\n+",
            "\n-MIIB\n-AA==\n",
            "",
            "M",
        ] {
            assert_eq!(lines(body), None, "{body}");
        }
    }

    #[test]
    fn the_dash_that_openpgp_puts_before_an_end_line_is_taken_out() {
        assert_eq!(lines("\nMIIB\nAA==\n- ").as_deref(), Some("\nMIIB\nAA=="));
    }

    #[test]
    fn a_long_body_costs_no_more_than_its_length() {
        let body = format!("\n# {}", "MMMM".repeat(100_000));
        assert!(unframed(body.as_bytes()).is_some());
        let body = "\n# M".repeat(100_000);
        assert!(unframed(body.as_bytes()).is_some());
        let body = format!("\n+M{}", "+".repeat(200_000));
        let _ = unframed(body.as_bytes());
    }
}
