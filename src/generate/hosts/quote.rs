//! Quotation marks that are never closed.

/// Whether the first record of the text has a quotation mark that is never closed (RFC 4180 section 2): there is no other
/// one, or the next one on a later line opens a value of its own.
///
/// The `csv` crate takes such a value as it is, and with it the lines that follow.
pub(super) fn is_quote_open(text: &[u8], separator: u8) -> bool {
    let ends_value = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r') || *byte == separator;
    let mut is_field_start = true;
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'"' if is_field_start => {
                let Some((value, after)) = split_quoted(rest) else {
                    return true;
                };
                if value.contains(&b'\n') && !after.first().is_none_or(ends_value) {
                    return true;
                }
                rest = after;
                is_field_start = false;
            }
            b'\n' | b'\r' => return false,
            byte => is_field_start = *byte == separator,
        }
    }
    false
}

/// Splits at the closing quotation mark, without it; two in a row are one of the value's own.
fn split_quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(b'"', text.get(from..)?)?;
        let after = text.get(at + 1..).unwrap_or_default();
        if after.first() != Some(&b'"') {
            return Some((text.get(..at)?, after));
        }
        from = at + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mark_that_begins_a_value_opens_one() {
        let open = |text: &str| is_quote_open(text.as_bytes(), b',');
        for text in [
            "a,5\" pipe",
            "\"a\nb\",c",
            "\"a\"\"\",b",
            "a\n\"b",
            "",
            "a,\"\"\n",
        ] {
            assert!(!open(text), "{text:?}");
        }
        for text in ["\"a\nb", "a,\"b\nc,\"d\"", "a,\"b", "a,\"b\"\"\n", "\""] {
            assert!(open(text), "{text:?}");
        }
    }
}
