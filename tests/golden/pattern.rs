//! Expected text with placeholders: `[..]` stands for any characters of one line, a line `...` for any lines.

/// Whether the whole text is as the pattern says.
pub(crate) fn text_matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('\n').collect();
    let text: Vec<&str> = text.split('\n').collect();
    lines_match(&pattern, &text)
}

fn lines_match(pattern: &[&str], text: &[&str]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((&"...", rest)) => (0..=text.len()).any(|skipped| lines_match(rest, &text[skipped..])),
        Some((first, rest)) => text
            .split_first()
            .is_some_and(|(line, text)| line_matches(first, line) && lines_match(rest, text)),
    }
}

/// Whether one line is as the pattern says.
pub(crate) fn line_matches(pattern: &str, line: &str) -> bool {
    let Some((before, rest)) = pattern.split_once("[..]") else {
        return pattern == line;
    };
    let Some(line) = line.strip_prefix(before) else {
        return false;
    };
    (0..=line.len())
        .filter(|&at| line.is_char_boundary(at))
        .any(|at| line_matches(rest, &line[at..]))
}

#[test]
fn a_placeholder_stands_for_any_characters_of_a_line() {
    assert!(line_matches("took [..] s", "took 12 s"));
    assert!(line_matches("[..]", ""));
    assert!(!line_matches("took [..] s", "took 12"));
}

#[test]
fn three_dots_stand_for_any_lines() {
    assert!(text_matches("a\n...\nz\n", "a\nb\nc\nz\n"));
    assert!(text_matches("a\n...\nz\n", "a\nz\n"));
    assert!(!text_matches("a\n...\nz\n", "a\nb\n"));
}

#[test]
fn a_missing_line_end_is_a_difference() {
    assert!(!text_matches("a\n", "a"));
}
