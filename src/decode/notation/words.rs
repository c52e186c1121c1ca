//! Dumps of words: of hexdump and od, which take several bytes for one number in the machine's byte order, and write it in
//! hexadecimal, octal or decimal; and dumps of bytes in octal or decimal.
//!
//! The byte order is that in which the bytes begin like an object: of two that do, the one whose object is as long as it
//! says.

use super::{Content, LEAST, Written, from_lines, object_length, offset, unmarked};
use crate::decode::error::{ByteOrder, Damage};
use crate::decode::text;

/// The most bytes of a line; hexdump and od write 16.
const WIDTH: u64 = 64;

/// How a word is written.
#[derive(Clone, Copy)]
struct Form {
    radix: u32,
    /// Its bytes.
    width: usize,
    /// Its digits: so many, or in decimal so many at the most.
    digits: usize,
}

const fn form(radix: u32, width: usize, digits: usize) -> Form {
    Form {
        radix,
        width,
        digits,
    }
}

impl Form {
    /// How it is called.
    fn damage(self, order: ByteOrder) -> Damage {
        match (self.width, self.radix) {
            (1, 8) => Damage::Octal,
            (1, 10) => Damage::DecimalBytes,
            (1, 16) => Damage::Hexadecimal,
            (1, _) => Damage::Escapes,
            (_, 16) if order == ByteOrder::BigEndian => Damage::Hexadecimal,
            (bytes, _) => Damage::Words { bytes, order },
        }
    }
}

/// What `hexdump`, `hexdump -b`, `hexdump -d`, `hexdump -o`, `od` with `-t` and a letter and `xxd -e` write.
const FORMS: [Form; 11] = [
    form(16, 2, 4),
    form(16, 4, 8),
    form(16, 8, 16),
    form(8, 1, 3),
    form(8, 2, 6),
    form(8, 4, 11),
    form(10, 2, 6),
    form(10, 1, 4),
    form(16, 1, 2),
    form(2, 1, 8),
    CHARACTERS,
];

/// What `od -c` and `hexdump -c` write: characters as they are, others in octal, in columns of four.
const CHARACTERS: Form = form(0, 1, 4);

impl Form {
    /// What bytes in this form begin like; `None` where that is not looked for. Text in words is text in either order.
    fn content(self, bytes: &[u8]) -> Option<Content> {
        let is_file =
            || text::foreign_binary(bytes).is_some_and(text::UnsupportedFormat::is_container);
        Content::of(bytes)
            .filter(|content| *content == Content::Object || self.width == 1 || is_file())
    }
}

/// All of them in a text.
pub(super) fn all(source: &[u8]) -> Vec<Written> {
    from_lines(source, |line, start| {
        is_first(line).then(|| read(source, start)).flatten()
    })
}

/// Whether a line begins with an offset of zero.
fn is_first(line: &[u8]) -> bool {
    let line = unmarked(line);
    let zeros = line.iter().take_while(|byte| **byte == b'0').count();
    let behind = line.get(zeros..).unwrap_or_default();
    let behind = behind.strip_prefix(b":").unwrap_or(behind);
    (4..=16).contains(&zeros) && matches!(behind.first(), Some(b' ' | b'\t'))
}

/// Reads the dump whose first line begins at `start`, in the form in which it begins like an object.
fn read(text: &[u8], start: usize) -> Option<Written> {
    let mut best: Option<(bool, Written)> = None;
    for form in FORMS {
        for order in [ByteOrder::LittleEndian, ByteOrder::BigEndian] {
            // Bytes have no order.
            if order == ByteOrder::BigEndian && form.width == 1 {
                continue;
            }
            for radix in [16, 8, 10] {
                let Some(written) = read_as(text, start, form, order, radix) else {
                    continue;
                };
                let is_whole = object_length(&written.bytes) == Some(written.bytes.len());
                let rank = |is_whole: bool, written: &Written| {
                    (
                        is_whole,
                        written.content == Content::Object,
                        written.bytes.len(),
                    )
                };
                let is_better = best.as_ref().is_none_or(|(is_best_whole, best)| {
                    rank(is_whole, &written) > rank(*is_best_whole, best)
                });
                if is_better {
                    best = Some((is_whole, written));
                }
            }
        }
    }
    best.map(|(_, written)| written)
}

/// Reads it in one form, with offsets of this radix.
fn read_as(text: &[u8], start: usize, form: Form, order: ByteOrder, radix: u32) -> Option<Written> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut content = Content::Object;
    let (mut at, mut end) = (start, start);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..length)?;
        let Some((found, columns)) = columns(line, radix) else {
            // The same once more in another form, as od writes it below.
            let is_below = line.starts_with(b"        ") && !bytes.is_empty();
            if is_below {
                at += length + 1;
                continue;
            }
            break;
        };
        if found != bytes.len() as u64 {
            break;
        }
        end = at + length;
        at = end + 1;
        // The next line says how many bytes this one has.
        let behind = rest.get(length + 1..).unwrap_or_default();
        let next_length = memchr::memchr(b'\n', behind).unwrap_or(behind.len());
        let next = behind
            .get(..next_length)
            .and_then(|line| self::columns(line, radix));
        let promised = next.and_then(|(next, _)| next.checked_sub(found));
        let promised = promised.filter(|promised| (1..=WIDTH).contains(promised));
        let before = bytes.len();
        if form.radix == CHARACTERS.radix {
            let most = promised.and_then(|promised| usize::try_from(promised).ok());
            let characters = columns.chunks(4).take(most.unwrap_or(16));
            bytes.extend(characters.map_while(character));
        }
        for word in columns
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty() && form.radix != CHARACTERS.radix)
        {
            let taken = bytes.len() - before;
            if taken as u64 >= promised.unwrap_or(WIDTH) {
                break;
            }
            let Some(value) = value(word, form) else {
                // The last word may be a part of one.
                bytes.extend(part(word, form, order));
                break;
            };
            append(&mut bytes, value, form, order)?;
        }
        // Half a word at the end is filled up.
        if let Some(promised) = promised.and_then(|promised| usize::try_from(promised).ok()) {
            bytes.truncate(before + promised);
        }
        if bytes.len() >= Content::HEAD {
            content = form.content(&bytes)?;
        }
        if bytes.len() == before {
            break;
        }
    }
    if let Some(length) = object_length(&bytes)
        && bytes.len() > length
        && ((bytes.len() - length) as u64) < WIDTH
    {
        bytes.truncate(length);
    }
    content.is_long(&bytes).then_some(Written {
        start,
        end,
        bytes,
        damage: form.damage(order),
        name: None,
        content,
    })
}

/// Dumps that begin with no object, whole or in part: so many lines in a row whose offsets rise by what is written on each. Offsets of
/// fewer digits stand in printouts of certificates and of connections, beside keys and tickets.
pub(super) fn unknown(text: &[u8]) -> Vec<Written> {
    const OFFSET_DIGITS: usize = 7;
    from_lines(text, |line, start| {
        let line = unmarked(line);
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit());
        let behind = |digits| line.get(digits);
        let count = digits.count();
        let is_begun = count >= OFFSET_DIGITS && matches!(behind(count), Some(b' ' | b'\t' | b':'));
        let forms = FORMS.iter().filter(|form| form.radix != CHARACTERS.radix);
        let mut ways = forms.flat_map(|form| [16, 8, 10].map(|radix| (*form, radix)));
        is_begun
            .then(|| ways.find_map(|(form, radix)| unknown_as(text, start, form, radix)))
            .flatten()
    })
}

/// Reads such a dump in one form, with offsets of this radix.
fn unknown_as(text: &[u8], start: usize, form: Form, radix: u32) -> Option<Written> {
    /// So many lines are no accident.
    const LINES: usize = 3;
    let line = |at: usize| {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (offset, columns) = columns(rest.get(..length)?, radix)?;
        Some((offset, columns, at + length))
    };
    // xxd writes the bytes as they are, and a colon behind the offset.
    let head = unmarked(text.get(start..)?);
    let is_xxd = head.iter().find(|byte| !byte.is_ascii_hexdigit()) == Some(&b':');
    let order = match is_xxd {
        true => ByteOrder::BigEndian,
        false => ByteOrder::LittleEndian,
    };
    let mut bytes: Vec<u8> = Vec::new();
    let (mut next, mut end, mut lines) = (line(start), start, 0);
    while let Some((offset, columns, ends)) = next {
        next = line(ends + 1);
        let promised = next.and_then(|(behind, ..)| behind.checked_sub(offset));
        let promised = promised.filter(|promised| (1..=WIDTH).contains(promised));
        let most = usize::try_from(promised.unwrap_or(WIDTH))
            .ok()?
            .div_ceil(form.width);
        let words = columns.split(u8::is_ascii_whitespace);
        let words = words.filter(|word| !word.is_empty()).take(most);
        let values: Vec<u64> = words.map_while(|word| value(word, form)).collect();
        if values.is_empty() || promised.is_some() && values.len() < most {
            break;
        }
        let before = bytes.len();
        for value in values {
            append(&mut bytes, value, form, order)?;
        }
        // Half a word at the end is filled up.
        if let Some(promised) = promised.and_then(|promised| usize::try_from(promised).ok()) {
            bytes.truncate(before + promised);
        }
        (end, lines) = (ends, lines + 1);
        if promised.is_none() {
            break;
        }
    }
    (lines >= LINES && bytes.len() >= LEAST).then_some(Written {
        start,
        end,
        bytes,
        damage: form.damage(order),
        name: None,
        content: Content::Unknown,
    })
}

/// The offset with which a line begins, and the words behind it.
fn columns(line: &[u8], radix: u32) -> Option<(u64, &[u8])> {
    let line = unmarked(line).trim_ascii_end();
    let is_end = |byte: &u8| byte.is_ascii_whitespace();
    let length = line.iter().position(is_end).unwrap_or(line.len());
    let (written, columns) = line.split_at_checked(length)?;
    Some((offset(written, radix)?, columns))
}

/// The bytes of a part of a word, which is written with fewer digits.
fn part(word: &[u8], form: Form, order: ByteOrder) -> Vec<u8> {
    let width = word.len() / 2;
    let is_part = form.radix == 16 && word.len().is_multiple_of(2) && width < form.width;
    let shorter = self::form(16, width, word.len());
    let octets = value(word, shorter).filter(|_| is_part && width > 0);
    let octets = octets.map(u64::to_le_bytes).unwrap_or_default();
    let octets = octets.get(..if is_part { width } else { 0 });
    let mut octets = octets.unwrap_or_default().to_vec();
    if order == ByteOrder::BigEndian {
        octets.reverse();
    }
    octets
}

/// The byte of a column of four characters.
fn character(column: &[u8]) -> Option<u8> {
    match column.trim_ascii() {
        // A line that was cut at its end has lost the blanks.
        [] => (column.len() == 4).then_some(b' '),
        [b'\\', letter] => Some(match letter {
            b'0' => 0,
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 0x0b,
            b'f' => 0x0c,
            b'r' => b'\r',
            b'\\' => b'\\',
            _ => return None,
        }),
        [only] => Some(*only),
        digits => u8::try_from(value(digits, form(8, 1, 3))?).ok(),
    }
}

/// Appends the octets of a word.
fn append(bytes: &mut Vec<u8>, value: u64, form: Form, order: ByteOrder) -> Option<()> {
    let octets = value.to_le_bytes();
    let octets = octets.get(..form.width)?;
    match order {
        ByteOrder::LittleEndian => bytes.extend(octets),
        ByteOrder::BigEndian => bytes.extend(octets.iter().rev()),
    }
    Some(())
}

/// The number that a word stands for.
fn value(word: &[u8], form: Form) -> Option<u64> {
    let (is_negative, digits) = match word {
        [b'-', digits @ ..] if form.radix == 10 => (true, digits),
        digits => (false, digits),
    };
    let is_length = match form.radix {
        0 => false,
        10 => (1..=form.digits).contains(&digits.len()),
        _ => digits.len() == form.digits,
    };
    let is_number = digits
        .iter()
        .all(|digit| char::from(*digit).is_digit(form.radix));
    if !is_length || !is_number {
        return None;
    }
    let value = u64::from_str_radix(std::str::from_utf8(digits).ok()?, form.radix).ok()?;
    let bits = 8 * u32::try_from(form.width).ok()?;
    if bits < 64 && value >> bits != 0 {
        return None;
    }
    Some(if is_negative {
        value.wrapping_neg()
    } else {
        value
    })
}
