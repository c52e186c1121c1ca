//! The base64 between BEGIN and END.
//!
//! The `pem` crate is not used for reading: it copies labels and headers, searches byte by byte, and
//! its errors have no line. `base64` is the crate that it, too, decodes with.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::HEADER_LIMIT;
use super::error::{Damage, EncodedObjectError};

/// The vector instructions of the machine it runs on, where `base64` knows them: five times as fast.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
type Decoder = base64::engine::Simd;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Decoder = base64::engine::GeneralPurpose;

static BASE64: LazyLock<Decoder> = LazyLock::new(|| {
    // Padding is counted by the caller, because its damage can be repaired.
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone);
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    return Decoder::standard(config);
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return Decoder::new(&base64::alphabet::STANDARD, config);
});

/// The most characters on a base64 line (RFC 2045 section 6.8); RFC 7468 writes 64.
const LINE_LIMIT: usize = 76;

/// What a body held.
pub(super) struct Body {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) dek_info: Option<String>,
    pub(super) damage: Vec<Damage>,
    /// Where a `=` at the end of a line was read as a soft line break of quoted-printable text.
    pub(super) soft_break: Option<(usize, usize)>,
}

/// Decodes a body as it should be: base64 lines of a sane length and nothing else.
///
/// `None` means that [`careful`] has to look; nothing is diagnosed here.
pub(super) fn clean(body: &[u8], compact: &mut Vec<u8>) -> Option<Vec<u8>> {
    compact.reserve_exact(body.len());
    let (mut start, mut lines) = (0, 0);
    for end in memchr::memchr_iter(b'\n', body).chain([body.len()]) {
        let line = body.get(start..end)?;
        let is_between = start > 0 && end < body.len();
        start = end + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // The lines of BEGIN and END have nothing else on them, and no other is blank.
        if line.len() > LINE_LIMIT || line.is_empty() == is_between {
            return None;
        }
        lines += usize::from(!line.is_empty());
        compact.extend_from_slice(line);
    }
    let padding = compact
        .iter()
        .rev()
        .take_while(|&&byte| byte == b'=')
        .count();
    if lines == 0 || padding > 2 || !compact.len().is_multiple_of(4) {
        return None;
    }
    BASE64.decode(compact.get(..compact.len() - padding)?).ok()
}

/// Decodes base64 without padding, whole groups of it, into a buffer of the right size.
pub(super) fn decode_into(characters: &[u8], place: &mut [u8]) -> Option<()> {
    let found = Zeroizing::new(BASE64.decode(characters).ok()?);
    (found.len() == place.len()).then(|| place.copy_from_slice(&found))
}

/// Decodes a body that is not as it should be: repairs what can be, and says where the rest is wrong.
///
/// `line` and `column` are where the body begins, from 1.
pub(super) fn careful(body: &[u8], line: usize, column: usize) -> Result<Body, EncodedObjectError> {
    let mut lines = Lines {
        rest: Some(body),
        line,
        column,
    };
    let dek_info = read_headers(&mut lines)?;
    let mut reading = Reading {
        text: Zeroizing::new(Vec::with_capacity(body.len())),
        ..Reading::default()
    };
    for text_line in lines {
        reading.take_line(&text_line)?;
    }
    reading.finish(line, dek_info)
}

/// One line, and where it begins.
#[derive(Clone, Copy)]
struct Line<'t> {
    text: &'t [u8],
    line: usize,
    column: usize,
    /// The line ends with an escaped line end: `\n` in two characters.
    escaped: bool,
}

#[derive(Clone, Copy)]
struct Lines<'t> {
    rest: Option<&'t [u8]>,
    line: usize,
    column: usize,
}

impl<'t> Iterator for Lines<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        let rest = self.rest.take()?;
        let (line, column) = (self.line, self.column);
        // A text that was quoted twice has two backslashes, and so on.
        let escape = |at: usize| {
            let escaped = rest.get(at..).unwrap_or_default();
            let slashes = backslashes(escaped);
            matches!(escaped.get(slashes), Some(b'n' | b'r')).then_some(slashes + 1)
        };
        let is_end = |at: &usize| rest.get(*at) != Some(&b'\\') || escape(*at).is_some();
        let end = memchr::memchr3_iter(b'\n', b'\r', b'\\', rest).find(is_end);
        let Some(end) = end else {
            return Some(Line {
                text: rest,
                line,
                column,
                escaped: false,
            });
        };
        let text = rest.get(..end).unwrap_or_default();
        let escaped = rest.get(end) == Some(&b'\\');
        let width = match rest.get(end..) {
            Some([b'\\', ..]) => escape(end).unwrap_or(1),
            Some([b'\r', b'\n', ..]) => 2,
            _ => 1,
        };
        self.rest = rest.get(end + width..);
        if escaped {
            self.column = column + String::from_utf8_lossy(text).chars().count() + width;
        } else {
            self.line += 1;
            self.column = 1;
        }
        Some(Line {
            text,
            line,
            column,
            escaped,
        })
    }
}

/// How many backslashes the bytes begin with, up to what three rounds of quoting make of one.
fn backslashes(bytes: &[u8]) -> usize {
    const ROUNDS: usize = 8;
    let is_backslash = |byte: &&u8| **byte == b'\\';
    bytes.iter().take(ROUNDS).take_while(is_backslash).count()
}

/// A character that is written as a number, as JSON, XML or URLs write it, and its length; `/` also as `\/`.
pub(super) fn written_as_number(bytes: &[u8]) -> Option<(char, usize)> {
    let code = |digits: &[u8], radix| {
        let digits = std::str::from_utf8(digits).ok()?;
        // `from_str_radix` takes a sign too.
        let number = digits.bytes().all(|digit| digit.is_ascii_alphanumeric());
        let number = number.then(|| u32::from_str_radix(digits, radix).ok())??;
        char::from_u32(number)
    };
    match bytes {
        [b'\\', ..] => {
            let slashes = backslashes(bytes);
            match bytes.get(slashes..)? {
                [b'/', ..] => Some(('/', slashes + 1)),
                // Java's properties.
                [b'=', ..] => Some(('=', slashes + 1)),
                [b'u' | b'U', rest @ ..] => Some((code(rest.get(..4)?, 16)?, slashes + 5)),
                _ => None,
            }
        }
        [b'%', rest @ ..] => Some((code(rest.get(..2)?, 16)?, 3)),
        [b'&', b'#', rest @ ..] => {
            let end = rest.iter().take(8).position(|byte| *byte == b';')?;
            let found = match rest.get(..end)? {
                [b'x' | b'X', digits @ ..] => code(digits, 16),
                digits => code(digits, 10),
            };
            Some((found?, end + 3))
        }
        _ => None,
    }
}

/// Takes white space and the marks of a mail reply from the start of a line.
fn unquoted(line: &[u8]) -> (&[u8], bool) {
    let start = line
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t' | b'>' | b'|'))
        .unwrap_or(line.len());
    let (marks, text) = line.split_at_checked(start).unwrap_or((&[], line));
    (text, marks.iter().any(|byte| matches!(byte, b'>' | b'|')))
}

/// Whether a line begins with the name of a field and a colon (RFC 1421 section 4.6, RFC 822 section 3.1.2), of which base64
/// has none, and tags have more.
fn is_field(line: &[u8]) -> bool {
    let colon = line.iter().position(|byte| *byte == b':');
    let name = colon
        .and_then(|colon| line.get(..colon))
        .unwrap_or_default();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b' ');
    !name.is_empty() && name.iter().all(is_name)
}

/// Reads RFC 1421 headers, which have a colon, and leaves `lines` on the first line that has none.
fn read_headers(lines: &mut Lines<'_>) -> Result<Option<String>, EncodedObjectError> {
    let mut dek_info = None;
    let mut found = 0;
    loop {
        let mut ahead = *lines;
        let Some(line) = ahead.next() else {
            return Ok(dek_info);
        };
        let (text, _) = unquoted(line.text);
        if !text.trim_ascii().is_empty() && !is_field(text) {
            return Ok(dek_info);
        }
        found += text.len();
        if found > HEADER_LIMIT {
            return Err(EncodedObjectError::HeaderTooLong {
                found,
                limit: HEADER_LIMIT,
            });
        }
        // Where line ends became spaces, all headers are on one line, followed by the body.
        const DEK_INFO: &[u8] = b"DEK-Info:";
        if let Some(at) = memchr::memmem::find(text, DEK_INFO) {
            let value = text.get(at + DEK_INFO.len()..).unwrap_or_default();
            let value = value.trim_ascii_start();
            let end = value
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(value.len());
            let (value, behind) = value.split_at_checked(end).unwrap_or((value, &[]));
            dek_info = Some(String::from_utf8_lossy(value).into_owned());
            let behind = behind.trim_ascii_start();
            if !behind.is_empty() {
                let passed = line.text.len() - behind.len();
                lines.rest = lines.rest.and_then(|rest| rest.get(passed..));
                lines.column += passed;
                return Ok(dek_info);
            }
        }
        *lines = ahead;
    }
}

/// Base64 text in the making, and what was met on the way.
#[derive(Default)]
struct Reading {
    text: Zeroizing<Vec<u8>>,
    padding: usize,
    /// Where the first `=` stood.
    padding_at: Option<(usize, usize)>,
    /// The last line finished with the only `=` so far: padding, or a soft line break of quoted-printable.
    ends_softly: bool,
    soft_break: Option<(usize, usize)>,
    lines: usize,
    longest: usize,
    invisible: usize,
    quoted: bool,
    escaped: bool,
    /// Characters were written as numbers.
    numbered: bool,
    quoted_printable: bool,
}

impl Reading {
    fn take_line(&mut self, line: &Line<'_>) -> Result<(), EncodedObjectError> {
        let (mut rest, quoted) = unquoted(line.text);
        self.quoted |= quoted;
        self.escaped |= line.escaped;
        let mut column = line.column + line.text.len() - rest.len();
        let before = self.text.len();
        while let Some(&byte) = rest.first() {
            let place = (line.line, column);
            let (bytes, columns) = match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {
                    self.take_character(byte, place)?;
                    (1, 1)
                }
                b' ' | b'\t' | b'\x0b' | b'\x0c' => (1, 1),
                b'=' => {
                    let taken = self.take_equals(rest, place);
                    (taken, taken)
                }
                b'\\' | b'%' | b'&' if let Some((character, length)) = written_as_number(rest) => {
                    self.take_number(character, place)?;
                    (length, length)
                }
                // A line that goes on in the next one, as shells and make write it.
                b'\\'
                    if rest
                        .get(1..)
                        .is_some_and(|rest| rest.trim_ascii().is_empty()) =>
                {
                    self.numbered = true;
                    (1, 1)
                }
                _ => {
                    let (character, bytes) = first_character(rest);
                    if !is_invisible(character) {
                        return Err(EncodedObjectError::Character {
                            line: place.0,
                            column,
                            found: character,
                        });
                    }
                    self.invisible += 1;
                    (bytes, 1)
                }
            };
            rest = rest.get(bytes..).unwrap_or_default();
            column += columns;
        }
        let taken = self.text.len() - before;
        self.lines += usize::from(taken > 0);
        self.longest = self.longest.max(taken);
        Ok(())
    }

    fn take_character(
        &mut self,
        byte: u8,
        place: (usize, usize),
    ) -> Result<(), EncodedObjectError> {
        if self.padding > 0 {
            let at = self.padding_at.unwrap_or(place);
            if !self.ends_softly || at.0 == place.0 {
                return Err(EncodedObjectError::PaddingInside {
                    line: at.0,
                    column: at.1,
                });
            }
            self.soft_break.get_or_insert(at);
            self.padding = 0;
            self.padding_at = None;
            self.ends_softly = false;
        }
        self.text.push(byte);
        Ok(())
    }

    /// Takes a character that was written as a number.
    fn take_number(
        &mut self,
        character: char,
        place: (usize, usize),
    ) -> Result<(), EncodedObjectError> {
        self.numbered = true;
        match character {
            '=' => {
                self.padding += 1;
                self.padding_at.get_or_insert(place);
                Ok(())
            }
            'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' => {
                self.take_character(u8::try_from(character).unwrap_or(b'/'), place)
            }
            _ if character.is_ascii_whitespace() || is_invisible(character) => Ok(()),
            found => Err(EncodedObjectError::Character {
                line: place.0,
                column: place.1,
                found,
            }),
        }
    }

    /// Takes a `=`: padding, a soft line break, or an octet of quoted-printable text. In base64 nothing
    /// but another `=` can follow a `=`, so that none of these can be mistaken for another.
    fn take_equals(&mut self, rest: &[u8], place: (usize, usize)) -> usize {
        let octet = rest.get(1..3).map(<[u8]>::to_ascii_uppercase);
        match octet.as_deref() {
            Some(b"3D") => {
                self.quoted_printable = true;
                self.padding += 1;
                self.padding_at.get_or_insert(place);
                3
            }
            Some(b"20" | b"09" | b"0D" | b"0A") => {
                self.quoted_printable = true;
                3
            }
            _ => {
                let ends_line = rest.get(1..).unwrap_or_default().trim_ascii().is_empty();
                self.ends_softly = ends_line && self.padding == 0;
                self.padding += 1;
                self.padding_at.get_or_insert(place);
                1
            }
        }
    }

    fn finish(self, line: usize, dek_info: Option<String>) -> Result<Body, EncodedObjectError> {
        let found = self.text.len();
        if found == 0 {
            return Err(EncodedObjectError::EmptyBody { line });
        }
        // Text that fails once a soft line break is removed had padding inside instead.
        let or_padding = |error| {
            self.soft_break
                .map_or(error, |(line, column)| EncodedObjectError::PaddingInside {
                    line,
                    column,
                })
        };
        if found % 4 == 1 {
            return Err(or_padding(EncodedObjectError::Length { found }));
        }
        let bytes = match BASE64.decode(&*self.text) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(base64::DecodeError::InvalidLastSymbol { symbol, .. }) => {
                let found = char::from(symbol);
                return Err(or_padding(EncodedObjectError::LastCharacter { found }));
            }
            Err(_) => return Err(or_padding(EncodedObjectError::Length { found })),
        };
        let expected = (4 - found % 4) % 4;
        let mut damage = Vec::new();
        let mut note = |is: bool, what: Damage| {
            if is {
                damage.push(what);
            }
        };
        note(self.quoted, Damage::MailQuoting);
        note(
            self.quoted_printable || self.soft_break.is_some(),
            Damage::QuotedPrintable,
        );
        note(self.escaped, Damage::EscapedLineEnds);
        note(self.numbered, Damage::Escapes);
        note(
            self.invisible > 0,
            Damage::InvisibleCharacters {
                count: self.invisible,
            },
        );
        note(
            self.padding != expected,
            Damage::Padding {
                found: self.padding,
                expected,
            },
        );
        let long = self.longest > LINE_LIMIT && !self.escaped && !self.numbered;
        note(long && self.lines == 1, Damage::LineEndsLost);
        note(
            long && self.lines > 1,
            Damage::LongLines {
                longest: self.longest,
            },
        );
        Ok(Body {
            bytes,
            dek_info,
            damage,
            soft_break: self.soft_break,
        })
    }
}

/// The first character of bytes that may not be UTF-8, and its length in bytes.
fn first_character(bytes: &[u8]) -> (char, usize) {
    let head = bytes.get(..4).unwrap_or(bytes);
    head.utf8_chunks()
        .next()
        .and_then(|chunk| chunk.valid().chars().next())
        .map_or((char::REPLACEMENT_CHARACTER, 1), |character| {
            (character, character.len_utf8())
        })
}

/// Characters that leave no mark on paper and that copying from web pages and documents adds.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{85}'
            | '\u{a0}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{1680}'
            | '\u{180e}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{3000}'
            | '\u{feff}'
    )
}
