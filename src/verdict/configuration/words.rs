//! The words of a line, as the server reads them that it is written for.

use std::collections::HashMap;

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
    expanded(line, syntax, None).words
}

/// What is known of the variables of HAProxy's environment: the values that were set, and the names of those that were unset.
pub(super) type Variables = HashMap<String, Option<String>>;

/// Words, and which of them have a variable whose value is not known.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Expanded {
    /// The words; a variable whose value is not known stands in them as written.
    pub(super) words: Vec<String>,
    /// The places of the words that have one, in order.
    pub(super) unknown: Vec<usize>,
    /// Whether one of these may stand for any number of words.
    pub(super) is_loose: bool,
}

/// The words of a line of HAProxy's, with the variables in double quotes replaced by what is known of them.
pub(super) fn haproxy_words(line: &str, variables: &Variables) -> Expanded {
    expanded(line, Syntax::Haproxy, Some(variables))
}

/// The most bytes by which the values of variables may lengthen a line; HAProxy's own lines have 2048. Beyond it they count as
/// not known.
const VALUES_LIMIT: usize = 64 * 1024;

fn expanded(line: &str, syntax: Syntax, variables: Option<&Variables>) -> Expanded {
    let haproxy = syntax == Syntax::Haproxy;
    let mut found = Expanded::default();
    let words = &mut found.words;
    let mut spare = VALUES_LIMIT;
    let mut word = String::new();
    let mut in_word = false;
    let mut quote: Option<char> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some('\''), c) => word.push(c),
            (Some('"'), '$') if variables.is_some() => {
                let text = characters.as_str();
                let (variable, length) = Variable::read(text);
                let (written, rest) = text.split_at_checked(length).unwrap_or((text, ""));
                characters = rest.chars();
                let value = variable.zip(variables);
                let value = value.and_then(|(one, known)| one.value(known));
                let value = value.filter(|value| value.len() <= spare);
                spare -= value.map_or(0, str::len);
                match value {
                    Some(value) if variable.is_some_and(|one| one.is_list) => {
                        for c in value.chars() {
                            match c.is_ascii_whitespace() {
                                true if word.is_empty() => {}
                                true => words.push(std::mem::take(&mut word)),
                                false => word.push(c),
                            }
                        }
                        // Of an empty list there is no word.
                        in_word = !word.is_empty();
                    }
                    Some(value) => {
                        word.push_str(value);
                        in_word = true;
                    }
                    None => {
                        in_word = true;
                        word.push('$');
                        word.push_str(written);
                        if found.unknown.last() != Some(&words.len()) {
                            found.unknown.push(words.len());
                        }
                        found.is_loose |= variable.is_none_or(|one| one.is_list);
                    }
                }
            }
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
            (Some(_), c) => {
                word.push(c);
                in_word = true;
            }
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
    found
}

/// A variable as HAProxy writes it: `$NAME`, `${NAME}`, `${NAME-default}`, or `${NAME[*]}` for the words of its value.
#[derive(Clone, Copy)]
struct Variable<'t> {
    name: &'t str,
    is_list: bool,
    default: Option<&'t str>,
}

impl<'t> Variable<'t> {
    /// Reads one from what follows its sign, with how long it is; `None` for what is no variable, and one of those that
    /// HAProxy makes up itself.
    fn read(text: &'t str) -> (Option<Variable<'t>>, usize) {
        let (inner, length) = match text.strip_prefix('{') {
            Some(rest) => match rest.find(['}', '"']) {
                Some(end) if rest.as_bytes().get(end) == Some(&b'}') => {
                    (rest.get(..end).unwrap_or_default(), end + 2)
                }
                end => return (None, end.map_or(text.len(), |end| end + 1)),
            },
            None => {
                let end = text.find(|c: char| !is_of_name(c)).unwrap_or(text.len());
                (text.get(..end).unwrap_or_default(), end)
            }
        };
        let end = inner.find(|c| !is_of_name(c)).unwrap_or(inner.len());
        let (name, rest) = inner.split_at(end);
        let (is_list, rest) = match rest.strip_prefix("[*]") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let default = rest.strip_prefix('-');
        let is_whole = !name.is_empty() && (rest.is_empty() || default.is_some());
        let found = is_whole.then_some(Variable {
            name,
            is_list,
            default,
        });
        (found, length)
    }

    /// What it stands for, where that is known.
    fn value<'v>(self, known: &'v Variables) -> Option<&'v str>
    where
        't: 'v,
    {
        let value = known.get(self.name)?.as_deref();
        Some(value.or(self.default).unwrap_or_default())
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
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

    #[test]
    fn a_variable_of_haproxys_counts_in_double_quotes_alone() {
        let known = Variables::from([
            ("A".to_owned(), Some("x y".to_owned())),
            ("B".to_owned(), None),
        ]);
        for (line, expected, unknown, is_loose) in [
            (r#"a "$A" b"#, &["a", "x y", "b"][..], &[][..], false),
            (r#"a "${A}/z""#, &["a", "x y/z"], &[], false),
            (r#"a "${A[*]}" b"#, &["a", "x", "y", "b"], &[], false),
            (r#"a "1${A[*]}2""#, &["a", "1x", "y2"], &[], false),
            (r#"a "${B[*]}" b"#, &["a", "b"], &[], false),
            (r#"a "$B" b"#, &["a", "", "b"], &[], false),
            (r#"a "${B[*]}c" b"#, &["a", "c", "b"], &[], false),
            (r#"a "${B-z}""#, &["a", "z"], &[], false),
            (r#"a '$A' $A "\$A""#, &["a", "$A", "$A", "$A"], &[], false),
            (r#"a "${C-z}$C" b"#, &["a", "${C-z}$C", "b"], &[1], false),
            (
                r#"a "${C[*]}" "$D""#,
                &["a", "${C[*]}", "$D"],
                &[1, 2],
                true,
            ),
            (r#"a "$.LINE" "$"b"#, &["a", "$.LINE", "$b"], &[1, 2], true),
            (r#"a "${A"#, &["a", "${A"], &[1], true),
        ] {
            let found = haproxy_words(line, &known);
            assert_eq!(found.words, expected, "{line}");
            assert_eq!(found.unknown, unknown, "{line}");
            assert_eq!(found.is_loose, is_loose, "{line}");
        }
    }

    #[test]
    fn a_value_that_grows_without_end_is_not_put_in() {
        let known = Variables::from([("A".to_owned(), Some("x".repeat(VALUES_LIMIT / 2)))]);
        let found = haproxy_words(r#""$A" "$A" "$A""#, &known);
        assert_eq!(found.unknown, [2]);
        assert_eq!(found.words.get(2).unwrap(), "$A");
    }
}
