//! Names whose ends cannot be seen, made visible.

use crate::input::printable;

/// The text as [`printable`] has it; in double quotes where it is empty or has spaces that a reader would not see, at
/// its ends or of another kind than the usual one. Those of another kind are escaped.
pub(crate) fn quoted(text: &str) -> String {
    let hidden = |c: char| c.is_whitespace() && c != ' ';
    let is_plain = !text.is_empty() && text.trim() == text && !text.chars().any(hidden);
    if is_plain {
        return printable(text);
    }
    let mut shown = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        match hidden(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    format!("\"{}\"", printable(&shown))
}

/// Whether a host name, e-mail address or URI has a space of any kind, or a character that is not seen, in it.
pub(crate) fn has_unseen(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_whitespace() || crate::input::disturbing(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_at_the_ends_and_of_other_kinds_are_seen() {
        for (text, shown) in [
            ("a.nhs.uk", "a.nhs.uk"),
            ("a.nhs.uk ", "\"a.nhs.uk \""),
            (" a", "\" a\""),
            ("NHS INT", "NHS INT"),
            ("NHS\u{a0}INT", "\"NHS\\u{a0}INT\""),
            ("", "\"\""),
            ("a\u{200b}b", "a\\u{200b}b"),
        ] {
            assert_eq!(quoted(text), shown);
        }
    }
}
