//! Text from outside, made safe to show.

/// Whether a character would move the cursor, ring a bell or turn the reading direction.
pub(crate) fn disturbing(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text with every character that could disturb a terminal written as `\u{…}`.
pub fn printable(text: &str) -> String {
    if !text.chars().any(disturbing) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|c| {
            if disturbing(c) {
                c.escape_unicode().collect::<Vec<_>>()
            } else {
                vec![c]
            }
        })
        .collect()
}
