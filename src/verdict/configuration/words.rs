//! The words of a line, as the server reads them that it is written for.

/// How a server reads quotes, backslashes and comments inside a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Quotes begin at the beginning of a word only.
    Apache,
    /// Quotes may begin anywhere, a backslash takes a space, a quote and the like as they are except in single quotes, and
    /// `#` begins a comment (HAProxy's configuration manual, section 2.2).
    Haproxy,
}

/// The words of a line, with quotes removed; those in quotes are one.
pub(super) fn words(line: &str, syntax: Syntax) -> Vec<String> {
    let haproxy = syntax == Syntax::Haproxy;
    let mut words = Vec::new();
    let mut word = String::new();
    let mut in_word = false;
    let mut quote: Option<char> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some('\''), c) => word.push(c),
            (_, '\\') if haproxy => {
                match characters.next() {
                    Some(c @ (' ' | '\\' | '#' | '"' | '\'' | '$')) => word.push(c),
                    Some('n') => word.push('\n'),
                    Some('r') => word.push('\r'),
                    Some('t') => word.push('\t'),
                    // Before other characters it is itself.
                    other => {
                        word.push('\\');
                        word.extend(other);
                    }
                }
                in_word = true;
            }
            (Some(_), c) => word.push(c),
            (None, '#') if haproxy => break,
            (None, '"' | '\'') if haproxy || !in_word => {
                quote = Some(c);
                in_word = true;
            }
            (None, c) if c.is_whitespace() => {
                if in_word {
                    words.push(std::mem::take(&mut word));
                }
                in_word = false;
            }
            (None, c) => {
                word.push(c);
                in_word = true;
            }
        }
    }
    if in_word {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_its_server_reads_it() {
        for (line, apache, haproxy) in [
            (
                r#" a "b c"  'd e' "#,
                &["a", "b c", "d e"][..],
                &["a", "b c", "d e"][..],
            ),
            (r#"a "" b"#, &["a", "", "b"], &["a", "", "b"]),
            (r#"a"b c" d"#, &["a\"b", "c\"", "d"], &["ab c", "d"]),
            ("a # b", &["a", "#", "b"], &["a"]),
            (r"a \ b", &["a", "\\", "b"], &["a", " b"]),
            (r"\#a 'b\'", &["\\#a", "b\\"], &["#a", "b\\"]),
            (r#""a\" b""#, &["a\\", "b\""], &["a\" b"]),
            (r"a\.b", &["a\\.b"], &["a\\.b"]),
        ] {
            assert_eq!(words(line, Syntax::Apache), apache, "{line}");
            assert_eq!(words(line, Syntax::Haproxy), haproxy, "{line}");
        }
    }
}
