//! Rows of hexadecimal digits without offsets: with the same as text beside them, as certutil writes them; in groups of several
//! bytes, as routers show certificates; in words with the low byte first, as od writes them.

use super::{Content, Written, from_lines, object_length, unmarked};
use crate::decode::error::{ByteOrder, Damage};

/// The most digits of a group; more are a word of base64 as far as their characters tell, and are read as one.
const DIGITS: usize = 38;

/// All of them in a text.
pub(super) fn all(text: &[u8]) -> Vec<Written> {
    from_lines(text, |line, start| {
        let first = Row::of(line).filter(Row::may_begin)?;
        read(text, start, &first)
    })
}

/// A line of groups.
struct Row<'r> {
    /// How many digits the first group has.
    digits: usize,
    groups: Vec<&'r [u8]>,
    /// Something stands behind the groups.
    has_text: bool,
}

impl<'r> Row<'r> {
    /// Takes a line apart; `None` where it does not begin with a group.
    fn of(line: &'r [u8]) -> Option<Row<'r>> {
        let mut rest = unmarked(line).trim_ascii_end();
        // Most lines are no rows, and show it by their first character.
        if !rest.first().is_some_and(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut groups: Vec<&[u8]> = Vec::new();
        let mut digits = 0;
        loop {
            let is_digit = |byte: &&u8| byte.is_ascii_hexdigit();
            let length = rest.iter().take_while(is_digit).count();
            let (group, behind) = rest.split_at_checked(length)?;
            let is_first = groups.is_empty();
            let ends = behind
                .first()
                .is_none_or(|byte| matches!(byte, b' ' | b'\t'));
            let is_group = length % 2 == 0
                && (2..=DIGITS).contains(&length)
                && (is_first || length == digits || behind.is_empty() && length < digits);
            if !ends || !is_group {
                break;
            }
            if is_first {
                digits = length;
            }
            groups.push(group);
            let gap = behind
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            rest = behind.get(gap..)?;
            if gap > 2 || rest.is_empty() {
                break;
            }
        }
        (!groups.is_empty()).then_some(Row {
            digits,
            groups,
            has_text: !rest.is_empty(),
        })
    }

    /// Whether something may begin here. Single bytes alone are a list, which is read elsewhere.
    fn may_begin(&self) -> bool {
        self.digits > 2 || self.has_text
    }

    /// Its bytes, each group in this order.
    fn bytes(&self, order: ByteOrder) -> Vec<u8> {
        let mut bytes = Vec::new();
        for group in &self.groups {
            let octets = group.chunks_exact(2).filter_map(|pair| {
                let digits = std::str::from_utf8(pair).ok()?;
                u8::from_str_radix(digits, 16).ok()
            });
            match order {
                ByteOrder::BigEndian => bytes.extend(octets),
                ByteOrder::LittleEndian => {
                    let octets: Vec<u8> = octets.collect();
                    bytes.extend(octets.into_iter().rev());
                }
            }
        }
        bytes
    }
}

fn read(text: &[u8], start: usize, first: &Row<'_>) -> Option<Written> {
    let content = |order| {
        let mut head = first.bytes(order);
        let mut behind = text.get(start..)?.split(|byte| *byte == b'\n').skip(1);
        // Short rows show it together.
        while head.len() < Content::HEAD {
            let row = Row::of(behind.next()?)?;
            if row.digits != first.digits || row.groups.len() != first.groups.len() {
                return None;
            }
            head.extend(row.bytes(order));
        }
        Some((order, Content::of(&head)?))
    };
    // What is an object in one order is text in the other by accident.
    let (order, content) = match (
        content(ByteOrder::BigEndian),
        content(ByteOrder::LittleEndian),
    ) {
        (_, Some(little @ (_, Content::Object))) => little,
        (big, little) => big.or(little)?,
    };
    let mut bytes = Vec::new();
    let (mut at, mut end) = (start, start);
    let mut is_last = false;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty() && !is_last) {
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let Some(row) = rest.get(..length).and_then(Row::of) else {
            break;
        };
        // A short one is the last one.
        is_last = row.groups.len() < first.groups.len() || row.digits < first.digits;
        let is_like = row.digits == first.digits || is_last && row.digits < first.digits;
        if !is_like || row.groups.len() > first.groups.len() {
            break;
        }
        bytes.extend(row.bytes(order));
        end = at + length;
        at = end + 1;
    }
    let row = first.groups.len() * first.digits / 2;
    if let Some(length) = object_length(&bytes)
        && bytes.len() > length
        && bytes.len() - length < row
    {
        bytes.truncate(length);
    }
    let damage = match (order, first.digits / 2) {
        (ByteOrder::LittleEndian, width @ 2..) => Damage::Words {
            bytes: width,
            order,
        },
        _ => Damage::Hexadecimal,
    };
    content.is_long(&bytes).then_some(Written {
        start,
        end,
        bytes,
        damage,
        name: None,
        content,
    })
}
