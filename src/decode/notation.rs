//! Binary data written as text in notations other than base64: bytes in hexadecimal or decimal, dumps, escapes,
//! uuencode.
//!
//! What is looked for begins like a DER object, or like a file or a text in which there may be one, so that fingerprints, moduli
//! and signatures in printouts are prose. An object is found by its first bytes, and extends as far as the notation does.

mod rows;
mod words;

use memchr::{memchr_iter, memmem};

use super::error::Damage;
use super::text;

/// Data in some notation.
pub(super) struct Written {
    /// Where it begins and ends in the text.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The bytes that it denotes.
    pub(super) bytes: Vec<u8>,
    /// The notation.
    pub(super) damage: Damage,
    /// A name that is given with it.
    pub(super) name: Option<String>,
    /// What it begins like.
    pub(super) content: Content,
}

/// What data begins like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// An object, or PEM.
    Object,
    /// A file or a text, which may be anything.
    File,
    /// Nothing that is looked for: a dump of something else, or of what is damaged.
    Unknown,
}

impl Content {
    /// Tells it by the first [`Content::HEAD`] bytes; `None` where it is not looked for.
    pub(super) fn of(head: &[u8]) -> Option<Content> {
        if is_object_head(head) || head.starts_with(b"-----BEG") {
            return Some(Content::Object);
        }
        // Blank bytes before an object are passed over.
        let begun = head.trim_ascii_start();
        let is_begun = matches!(
            begun,
            [0x30, 0x81, _, 0x30 | 0x02 | 0x06, ..] | [0x30, 0x82, _, _, 0x30 | 0x02 | 0x06, ..]
        );
        if begun.len() < head.len() && is_begun {
            return Some(Content::File);
        }
        // In UTF-16 every other byte is zero.
        let head = head.get(..Content::HEAD).unwrap_or(head);
        let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
        let is_text = head.iter().all(is_text) || {
            let (marked, rest) = match head {
                [0xff, 0xfe, rest @ ..]
                | [0xfe, 0xff, rest @ ..]
                | [0xef, 0xbb, 0xbf, rest @ ..] => (true, rest),
                all => (false, all),
            };
            let has_letter = rest.iter().any(is_text);
            has_letter
                && rest.iter().all(|byte| *byte == 0 || is_text(byte))
                && (marked || rest.iter().filter(|byte| **byte == 0).count() >= Content::HEAD / 2)
        };
        let is_file = text::foreign_binary(head).is_some_and(text::UnsupportedFormat::is_container);
        (is_text || is_file).then_some(Content::File)
    }

    /// So many bytes show what it is.
    pub(super) const HEAD: usize = 8;

    /// Whether there are so many bytes of it that they are no accident.
    fn is_long(self, bytes: &[u8]) -> bool {
        bytes.len()
            >= if self == Content::File {
                FILE_LEAST
            } else {
                LEAST
            }
    }
}

/// The fewest bytes that are no accident: serial numbers and key identifiers have at most 20.
const LEAST: usize = 32;

/// The fewest bytes of a file or a text in which there is an object: PEM of the shortest key has more.
const FILE_LEAST: usize = 100;

/// All data of a text, in order.
pub(super) fn all(text: &[u8]) -> Vec<Written> {
    let mut found: Vec<Written> = Vec::new();
    let mut end = 0;
    for at in heads(text) {
        if at >= end
            && let Some(written) = read(text, at)
        {
            end = written.end;
            found.push(written);
        }
    }
    let mut others = uuencoded(text);
    others.extend(words::all(text));
    others.extend(rows::all(text));
    add(&mut found, others);
    // What is read elsewhere begins in the middle of these.
    let mut unknown = words::unknown(text);
    unknown.retain(|dump| {
        let is_apart = |known: &Written| known.end <= dump.start || dump.end <= known.start;
        let first = found.partition_point(|known| known.end <= dump.start);
        found.get(first).is_none_or(is_apart)
    });
    add(&mut found, unknown);
    found
}

/// Adds data to others, in order, without what begins within them.
fn add(found: &mut Vec<Written>, others: Vec<Written>) {
    if others.is_empty() {
        return;
    }
    found.extend(others);
    found.sort_by_key(|written| written.start);
    let mut end = 0;
    found.retain(|written| {
        let is_apart = written.start >= end;
        end = end.max(written.end);
        is_apart
    });
}

/// The data that begin with a line of a text: `begun` reads what begins with a line at a position, and the next line looked at is
/// the one behind it.
fn from_lines(text: &[u8], mut begun: impl FnMut(&[u8], usize) -> Option<Written>) -> Vec<Written> {
    let mut found: Vec<Written> = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..length).unwrap_or_default();
        let written = begun(line, start);
        start = match &written {
            Some(written) => written.end,
            None => start + length + 1,
        };
        found.extend(written);
    }
    found
}

/// Whether a text has such data.
pub(super) fn is_in(text: &[u8]) -> bool {
    heads(text).any(|at| read(text, at).is_some())
        || !uuencoded(text).is_empty()
        || !words::all(text).is_empty()
        || !words::unknown(text).is_empty()
        || !rows::all(text).is_empty()
}

/// The positions at which a number of two digits or more may be the first byte of something, and the digit 0 before an escape.
fn heads(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let is_begin = |at: &usize| {
        let behind = text.get(at + 1);
        let before = at.checked_sub(1).and_then(|at| text.get(at));
        match text.get(*at) {
            Some(b'0') if matches!(behind, Some(b'\\' | b'%')) => true,
            Some(byte) if byte.is_ascii_hexdigit() => {
                let is_number = behind.is_some_and(u8::is_ascii_hexdigit);
                // A word goes on, but for what precedes the digits of a byte.
                is_number
                    && before.is_none_or(|before| {
                        !is_word(*before) || matches!(before, b'x' | b'X' | b'H')
                    })
            }
            _ => false,
        }
    };
    (0..text.len()).filter(is_begin)
}

/// Reads what begins with the byte at `at`.
fn read(text: &[u8], at: usize) -> Option<Written> {
    let rest = text.get(at..)?;
    let before = text.get(..at)?;
    if matches!(rest, [b'0', b'\\' | b'%', ..]) {
        return escaped(text, at);
    }
    let prefix = PREFIXES.iter().find(|prefix| before.ends_with(prefix));
    let prefix = prefix.copied().unwrap_or_default();
    let start = at - prefix.len();
    // Digits in the middle of a word begin nothing.
    if prefix.is_empty() && before.last().is_some_and(|byte| is_word(*byte)) {
        return None;
    }
    if rest.starts_with(b"30") {
        // Offsets are mostly hexadecimal; od writes them in octal or decimal.
        let dump = [16, 8, 10]
            .into_iter()
            .find_map(|radix| dump(text, at, radix));
        if dump.is_some() {
            return dump;
        }
    }
    // Other bytes may appear unescaped between the escapes.
    if matches!(prefix, b"\\x" | b"%") {
        return escaped(text, start);
    }
    let bases: &[Base] = match prefix {
        b"" => &[Base::Hexadecimal, Base::Decimal],
        _ => &[Base::Hexadecimal],
    };
    let mut lists = bases.iter().filter_map(|base| {
        let list = List {
            base: *base,
            prefix,
        };
        let (bytes, length, content) = list.read(rest)?;
        Some(Written {
            start,
            end: at + length,
            bytes,
            damage: base.damage(),
            name: None,
            content,
        })
    });
    // What is an object in one base is text in the other by accident.
    let first = lists.next()?;
    match first.content {
        Content::Object => Some(first),
        _ => Some(
            lists
                .find(|other| other.content == Content::Object)
                .unwrap_or(first),
        ),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What precedes the digits of a byte.
const PREFIXES: [&[u8]; 7] = [b"(byte)0x", b"(byte) 0x", b"0x", b"0X", b"\\x", b"%", b"&H"];

#[derive(Clone, Copy)]
enum Base {
    Hexadecimal,
    Decimal,
}

impl Base {
    fn damage(self) -> Damage {
        match self {
            Base::Hexadecimal => Damage::Hexadecimal,
            Base::Decimal => Damage::DecimalBytes,
        }
    }
}

/// Bytes that are parted from each other.
#[derive(Clone, Copy)]
struct List {
    base: Base,
    /// What precedes each of them.
    prefix: &'static [u8],
}

impl List {
    /// Reads the bytes, the first one without its prefix, and says how long the text of them is.
    fn read(self, text: &[u8]) -> Option<(Vec<u8>, usize, Content)> {
        let mut bytes = Vec::new();
        let (mut at, mut end) = (0, 0);
        let mut delimiter = None;
        let mut began_line = false;
        let mut content = Content::Unknown;
        while let Some((byte, length)) = text.get(at..).and_then(|rest| self.byte(rest)) {
            let behind = text.get(at + length..)?;
            let gap = self.gap(behind);
            let found = behind.get(..gap)?;
            let mark = found.iter().find(|byte| b",;:-".contains(byte)).copied();
            let is_line_end = found.contains(&b'\n');
            let delimiter = *delimiter.get_or_insert(mark);
            // The name of what follows is no byte, though `ca` may look like one.
            let is_key = began_line && !is_line_end && found.ends_with(b" ");
            let is_name = mark == Some(b':') && (delimiter != mark || is_key)
                || behind.get(gap) == Some(&b'=');
            if is_name && self.prefix.is_empty() {
                break;
            }
            bytes.push(byte);
            end = at + length;
            if bytes.len() == Content::HEAD {
                content = Content::of(&bytes)?;
            }
            if gap == 0 || (mark != delimiter && !(mark.is_none() && is_line_end)) {
                break;
            }
            let Some(next) = behind
                .get(gap..)
                .and_then(|rest| rest.strip_prefix(self.prefix))
            else {
                break;
            };
            began_line = is_line_end;
            at = text.len() - next.len();
        }
        content.is_long(&bytes).then_some((bytes, end, content))
    }

    /// The length of the separator between two bytes.
    fn gap(self, text: &[u8]) -> usize {
        let is_gap = |byte: &&u8| {
            byte.is_ascii_whitespace()
                || matches!(byte, b',' | b';' | b':' | b'\\')
                || **byte == b'-' && matches!(self.base, Base::Hexadecimal)
                || !self.prefix.is_empty() && matches!(byte, b'"' | b'\'' | b'{' | b'}')
        };
        text.iter().take_while(is_gap).count()
    }

    /// One byte, and the length of its digits.
    fn byte(self, text: &[u8]) -> Option<(u8, usize)> {
        let (radix, most) = match self.base {
            Base::Hexadecimal => (16, 2),
            Base::Decimal => (10, 3),
        };
        // Java's bytes have a sign.
        if let (Base::Decimal, [b'-', digits @ ..]) = (self.base, text) {
            let (byte, length) = self.byte(digits).filter(|_| !digits.starts_with(b"-"))?;
            return Some((byte.wrapping_neg(), length + 1));
        }
        let digits = text.iter().take(most);
        let digit = |byte: &u8| char::from(*byte).to_digit(radix);
        let digits: Vec<u32> = digits.map_while(digit).collect();
        let is_short = matches!(self.base, Base::Hexadecimal) && self.prefix.is_empty();
        if digits.is_empty() || is_short && digits.len() < most {
            return None;
        }
        // What goes on as a word is none of these.
        let ends = text.get(digits.len()).is_none_or(|byte| !is_word(*byte));
        let value = digits.iter().fold(0, |sum, digit| sum * radix + digit);
        let byte = u8::try_from(value).ok().filter(|_| ends)?;
        Some((byte, digits.len()))
    }
}

/// Whether bytes begin like an object of ours, and not like a signature of two numbers. DER has no length with a zero in front.
pub(super) fn is_object_head(bytes: &[u8]) -> bool {
    let inside = match bytes {
        // Keys on curves are short, and so are CRLs without entries whose issuer's name is.
        [0x30, 0x20..0x80, 0x02, 1, 0..=2, ..]
        | [0x30, 0x20..0x80, 0x30, _, 0x06, ..]
        | [0x30, 0x20..0x80, 0x30, _, 0x30, _, 0x06, ..]
        | [0x30, 0x20..0x80, 0x30, _, 0x02, 1, 0..=2, ..] => {
            return true;
        }
        // PKCS#7 and PKCS#12 in BER.
        [0x30, 0x80, 0x06, 9, ..] | [0x30, 0x80, 0x02, 1, 3, ..] => return true,
        [0x30, 0x81, 0x80..=0xff, inside @ ..]
        | [0x30, 0x82, 1..=0xff, _, inside @ ..]
        | [0x30, 0x83, 1..=0xff, _, _, inside @ ..]
        | [0x30, 0x84, 1..=0xff, _, _, _, inside @ ..] => inside,
        _ => return false,
    };
    match inside {
        [0x30 | 0x06, ..] => true,
        [0x02, length, ..] => !(0x10..0x80).contains(length),
        _ => false,
    }
}

/// Bytes of which some are written as escapes (`\x82`, `%82`, `\u0082`) and the others as they are.
fn escaped(text: &[u8], start: usize) -> Option<Written> {
    let rest = text.get(start..)?;
    let is_percent = rest.starts_with(b"%") || rest.starts_with(b"0%");
    let opened = start.checked_sub(1).and_then(|before| text.get(before));
    let is_doubled = opened == Some(&b'\\') && rest.starts_with(b"\\x");
    let opened = opened.filter(|byte| matches!(byte, b'"' | b'\'')).copied();
    let hexadecimal = |digits: Option<&[u8]>| {
        let digits = std::str::from_utf8(digits?).ok()?;
        let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_number
            .then(|| u8::from_str_radix(digits, 16).ok())
            .flatten()
    };
    let mut bytes = Vec::new();
    let mut at = 0;
    let mut content = Content::Object;
    // Enough to know whether it is one; most are not.
    while let Some(byte) = rest.get(at) {
        let behind = rest.get(at + 1..).unwrap_or_default();
        let (found, length) = match (byte, behind) {
            // A text within a text has each of them twice.
            (b'\\', [b'\\', ..]) if is_doubled => {
                at += 1;
                continue;
            }
            (b'%', digits) if is_percent => (hexadecimal(digits.get(..2)), 3),
            (b'\\', [b'x', digits @ ..]) if !is_percent => (hexadecimal(digits.get(..2)), 4),
            (b'\\', [b'u', b'0', b'0', digits @ ..]) if !is_percent => {
                (hexadecimal(digits.get(..2)), 6)
            }
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..]) if !is_percent => {
                let digits = [a, b, c].map(|digit| digit - b'0');
                let value = digits.iter().fold(0_u8, |sum, digit| sum << 3 | digit);
                (Some(value), 4)
            }
            (b'\\', [letter, ..]) if !is_percent => {
                let found = match letter {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'f' => 12,
                    b'v' => 11,
                    b'a' => 7,
                    b'0' => 0,
                    other => *other,
                };
                (Some(found), 2)
            }
            (b'"' | b'\'' | b'&' | b'<', _) if is_percent => (None, 0),
            (quote, behind) if Some(*quote) == opened => match continued(behind, *quote) {
                // A string that goes on in another one.
                Some(length) => {
                    at += 1 + length;
                    continue;
                }
                None => (None, 0),
            },
            (b'"' | b'\'', _) if opened.is_none() => (None, 0),
            (byte, _) if byte.is_ascii_graphic() || (*byte == b' ' && !is_percent) => {
                (Some(*byte), 1)
            }
            _ => (None, 0),
        };
        let Some(found) = found else { break };
        bytes.push(found);
        at += length;
        if bytes.len() == LEAST {
            content = Content::of(&bytes)?;
            // Digits behind one escape for all of them are no text.
            if content == Content::File && at < 2 * bytes.len() {
                return None;
            }
        }
    }
    content.is_long(&bytes).then_some(Written {
        start,
        end: start + at,
        bytes,
        damage: Damage::Escapes,
        name: None,
        content,
    })
}

/// How long it is from the end of a string to past the quotation mark of the next one that is joined to it.
fn continued(text: &[u8], quote: u8) -> Option<usize> {
    let is_join =
        |byte: &&u8| byte.is_ascii_whitespace() || matches!(byte, b'+' | b'.' | b'&' | b'\\');
    let gap = text.iter().take(80).take_while(is_join).count();
    let is_next = gap > 0 && text.get(gap) == Some(&quote);
    is_next.then_some(gap + 1)
}

/// A dump, whose lines have an offset, the bytes, and mostly the same as text: of xxd, hexdump, certutil and others. Its
/// first byte is at `at`.
fn dump(text: &[u8], at: usize, radix: u32) -> Option<Written> {
    /// The most bytes of a line.
    const WIDTH: usize = 64;
    // Far enough back for an offset and its indent.
    let look = at.saturating_sub(64);
    let feed = memchr::memrchr(b'\n', text.get(look..at)?).map(|feed| look + feed + 1);
    let line_start = match feed {
        Some(start) => start,
        None if look == 0 => 0,
        None => return None,
    };
    offset(text.get(line_start..at)?, radix)?;
    let mut bytes: Vec<u8> = Vec::new();
    let mut first_offset = None;
    let (mut start, mut end) = (line_start, line_start);
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..length)?.trim_ascii_end();
        let Some((found, columns)) = offset_of_line(line, radix) else {
            break;
        };
        let expected = *first_offset.get_or_insert(found);
        if found != expected + bytes.len() as u64 {
            break;
        }
        // The next line says how many bytes this one has.
        let behind = rest.get(length + 1..).unwrap_or_default();
        let next_length = memchr::memchr(b'\n', behind).unwrap_or(behind.len());
        let next = behind
            .get(..next_length)
            .and_then(|line| offset_of_line(line, radix));
        let width = next.and_then(|(next, _)| usize::try_from(next.checked_sub(found)?).ok());
        let width = width.filter(|width| (1..=WIDTH).contains(width));
        let read = bytes_of_line(columns, width.unwrap_or(WIDTH));
        if read.is_empty() {
            break;
        }
        bytes.extend(read);
        if !is_object_head(&bytes) {
            return None;
        }
        end = start + length;
        start += length + 1;
    }
    // In the last line the text may look like more bytes.
    if let Some(length) = object_length(&bytes)
        && bytes.len() > length
        && bytes.len() - length < WIDTH
    {
        bytes.truncate(length);
    }
    (bytes.len() >= LEAST).then_some(Written {
        start: line_start,
        end,
        bytes,
        damage: Damage::Hexadecimal,
        name: None,
        content: Content::Object,
    })
}

/// The length of an object by its head.
fn object_length(bytes: &[u8]) -> Option<usize> {
    let (count, rest) = match bytes {
        [0x30, length @ ..=0x7f, ..] => return Some(2 + usize::from(*length)),
        [0x30, count @ 0x81..=0x84, rest @ ..] => (usize::from(count - 0x80), rest),
        _ => return None,
    };
    let octets = rest.get(..count)?;
    let length = octets
        .iter()
        .fold(0, |sum, octet| sum << 8 | usize::from(*octet));
    Some(2 + count + length)
}

/// The offset with which a line of a dump begins, and the rest of the line.
fn offset_of_line(line: &[u8], radix: u32) -> Option<(u64, &[u8])> {
    let line = unmarked(line);
    let digits = line
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let (found, rest) = line.split_at_checked(digits)?;
    let found = offset(found, radix)?;
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    rest.first()
        .is_some_and(|byte| matches!(byte, b' ' | b'\t'))
        .then_some((found, rest))
}

/// A line without its indent and the marks of a mail reply.
fn unmarked(line: &[u8]) -> &[u8] {
    let is_mark = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'|');
    let start = line.iter().position(|byte| !is_mark(byte));
    line.get(start.unwrap_or(line.len())..).unwrap_or_default()
}

/// The offset of a dump's line; `None` where it is none.
fn offset(written: &[u8], radix: u32) -> Option<u64> {
    let written = unmarked(written).trim_ascii();
    let digits = written.strip_suffix(b":").unwrap_or(written);
    if !(4..=16).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

/// The bytes of a dump's line behind its offset, up to the text beside them.
fn bytes_of_line(columns: &[u8], width: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = columns.trim_ascii_start();
    while bytes.len() < width {
        let digits = rest
            .iter()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count();
        let (word, behind) = rest.split_at_checked(digits).unwrap_or((rest, &[]));
        let is_group = matches!(digits, 2 | 4 | 8 | 16)
            && behind
                .first()
                .is_none_or(|byte| matches!(byte, b' ' | b'-' | b'\t'));
        if !is_group {
            break;
        }
        bytes.extend(word.chunks_exact(2).filter_map(|pair| {
            let digits = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(digits, 16).ok()
        }));
        let gap = behind
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'-' | b'\t'))
            .count();
        // So many were promised, and more follow: the offsets are of another kind. Text beside them may begin like one more.
        let ahead = behind.get(gap..).unwrap_or_default();
        let mut more = ahead.split(u8::is_ascii_whitespace).take(2);
        let is_more = |word: &[u8]| word.len() == digits && word.iter().all(u8::is_ascii_hexdigit);
        if bytes.len() == width && gap == 1 && more.all(is_more) && !ahead.is_empty() {
            return Vec::new();
        }
        // A wider gap precedes the text; the middle has two blanks as well.
        if gap == 0 || gap > 2 || (gap == 2 && !bytes.len().is_multiple_of(8)) {
            break;
        }
        rest = behind.get(gap..).unwrap_or_default();
    }
    bytes
}

/// The files in uuencode (POSIX.1 uuencode, the historical encoding).
fn uuencoded(text: &[u8]) -> Vec<Written> {
    const BEGIN: &[u8] = b"begin ";
    let mut found: Vec<Written> = Vec::new();
    for start in memmem::find_iter(text, BEGIN) {
        let is_line_start = start == 0 || text.get(start - 1) == Some(&b'\n');
        if is_line_start && found.last().is_none_or(|last| start >= last.end) {
            found.extend(uuencoded_at(text, start, start + BEGIN.len()));
        }
    }
    found
}

fn uuencoded_at(text: &[u8], start: usize, mode: usize) -> Option<Written> {
    /// A file's name and mode are no longer.
    const HEAD: usize = 300;
    let rest = text.get(mode..)?;
    let length = memchr::memchr(b'\n', rest.get(..HEAD).unwrap_or(rest))?;
    let line = rest.get(..length)?.trim_ascii_end();
    let (digits, name) = line.split_at_checked(line.iter().position(|byte| *byte == b' ')?)?;
    if !(3..=4).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut bytes = Vec::new();
    let body = mode + length + 1;
    let mut at = body;
    for feed in memchr_iter(b'\n', text.get(body..)?).map(|feed| body + feed) {
        let line = text.get(at..feed)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match uuencoded_line(line) {
            Some(octets) if !octets.is_empty() => bytes.extend(octets),
            // The line without bytes is the last one.
            Some(_) => {
                at = feed + 1;
                break;
            }
            None => break,
        }
        at = feed + 1;
    }
    (bytes.len() >= LEAST).then(|| Written {
        start,
        end: at,
        bytes,
        damage: Damage::Uuencoded,
        name: Some(String::from_utf8_lossy(name).trim().to_owned()),
        content: Content::Object,
    })
}

/// The bytes of a line of uuencode.
fn uuencoded_line(line: &[u8]) -> Option<Vec<u8>> {
    let value = |byte: u8| match byte {
        b' '..=b'`' => Some((byte - b' ') & 0x3f),
        _ => None,
    };
    let (first, characters) = line.split_first()?;
    let count = usize::from(value(*first)?);
    let mut bytes = Vec::with_capacity(count + 3);
    for group in characters.chunks(4) {
        // Blanks at the end of a line get lost.
        let mut bits = 0_u32;
        for place in 0..4 {
            let six = group.get(place).map_or(Some(0), |byte| value(*byte))?;
            bits = bits << 6 | u32::from(six);
        }
        let [_, octets @ ..] = bits.to_be_bytes();
        bytes.extend(octets);
    }
    if bytes.len() < count {
        return None;
    }
    bytes.truncate(count);
    Some(bytes)
}
