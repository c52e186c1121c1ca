//! Text laid out for a terminal: wrapped, with labels, with colour that is never the only sign.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};

use crate::verdict::Severity;

/// Where the values of labelled lines begin.
const INDENT: usize = 14;

/// How much of a report its text has; JSON always has all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// The answer alone: no advice, and of many hosts only those that failed.
    Brief,
    /// What most people need: one screen, a row for each of many.
    #[default]
    Usual,
    /// Everything about each.
    Full,
}

/// Text being written for a given width.
#[doc(hidden)]
#[derive(Debug)]
pub struct Page {
    text: String,
    width: usize,
}

/// How a span of text is highlighted. The stream that shows it decides whether colours are kept.
pub(crate) fn style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}

impl Page {
    /// An empty page; `width` in columns, 40 at the least.
    pub fn new(width: usize) -> Page {
        Page {
            text: String::new(),
            width: width.max(40),
        }
    }

    /// An empty page with room for a text of usual length, of which many are made.
    pub(crate) fn roomy(width: usize) -> Page {
        Page {
            text: String::with_capacity(2 * 1024),
            ..Page::new(width)
        }
    }

    /// What was written, with ANSI escapes.
    pub fn into_text(self) -> String {
        self.text
    }

    /// An empty line, unless the page is empty or ends with one.
    pub fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// An empty line, unless the page is empty or is an empty line only: one that goes on from another page begins with
    /// that.
    pub(crate) fn gap_unless_begun(&mut self) {
        if self.text != "\n" {
            self.gap();
        }
    }

    /// Whether nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// A heading, with what it is at the right where both fit on one line.
    pub fn heading(&mut self, left: &str, right: &str) {
        let bold = Style::new().bold();
        let space = self.width.saturating_sub(columns(left) + columns(right));
        if !right.is_empty() && space >= 2 {
            self.text
                .push_str(&format!("{bold}{left}{bold:#}{:space$}{right}\n", ""));
            return;
        }
        for line in wrap(left, self.width) {
            self.text.push_str(&format!("{bold}{line}{bold:#}\n"));
        }
        if !right.is_empty() {
            self.labelled("", right);
        }
    }

    /// A label and its value, wrapped beside it, or below it where the label leaves no space.
    pub fn labelled(&mut self, label: &str, value: &str) {
        let is_long = columns(label) > INDENT - 3;
        if is_long {
            self.line(&format!("  {label}"));
        }
        let label = if is_long { "" } else { label };
        let width = self.width.saturating_sub(INDENT);
        if is_line(value, width) {
            return self.beside(label, value);
        }
        for (number, line) in wrap(value, width).iter().enumerate() {
            self.beside(if number == 0 { label } else { "" }, line);
        }
    }

    /// One line beside a label.
    fn beside(&mut self, label: &str, line: &str) {
        const SPACES: &str = "            ";
        let line = line.trim_end();
        let (_, filling) = SPACES.split_at(columns(label).min(SPACES.len()));
        match line {
            "" => self.text.push_str(format!("  {label}").trim_end()),
            line => {
                let parts = ["  ", label, filling, line];
                parts.iter().for_each(|part| self.text.push_str(part));
            }
        }
        self.text.push('\n');
    }

    /// A paragraph after a prefix of as many columns as the other lines are indented.
    pub fn paragraph(&mut self, prefix: &str, indent: usize, text: &str) {
        self.paragraph_after(prefix, indent, indent, text);
    }

    /// A paragraph after a prefix that takes `lead` columns; the other lines are indented by `indent`.
    pub fn paragraph_after(&mut self, prefix: &str, lead: usize, indent: usize, text: &str) {
        // The first line is shorter by what the prefix takes more than the indent: a placeholder takes its room.
        let held = "\u{0}".repeat(lead.saturating_sub(indent));
        let text = format!("{held}{text}");
        let lines = wrap(&text, self.width.saturating_sub(indent));
        for (number, line) in lines.iter().enumerate() {
            match number {
                0 => self.text.push_str(prefix),
                _ => self.text.push_str(&" ".repeat(indent)),
            }
            self.text.push_str(line.trim_start_matches('\0'));
            self.text.push('\n');
        }
    }

    /// Everything of another page, as it is.
    pub fn append(&mut self, page: &Page) {
        self.text.push_str(&page.text);
    }

    /// A line as it is.
    pub fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// Columns as a terminal counts them, near enough: one for each character.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().count()
}

/// Lines of at most `width` columns; spaces and the branch of a tree before the text indent all of them. Breaks between words.
/// A word that is longer by itself is broken where the line ends, so that nothing runs past the edge; a path or a URL is not,
/// because it is there to be copied.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<Cow<'_, str>> {
    let width = width.max(8);
    if is_line(text, width) {
        return vec![Cow::Borrowed(text)];
    }
    match plain_lines(text, width) {
        Some(lines) => lines,
        None => any_lines(text, width).into_iter().map(Cow::Owned).collect(),
    }
}

/// The lines of a text that are parts of it as it is, as those of most texts are: `None` where it is indented, has more than
/// one space anywhere, or has quotes or a word that is broken.
fn plain_lines(text: &str, width: usize) -> Option<Vec<Cow<'_, str>>> {
    let mut lines = Vec::new();
    // Where the line begins, where its last word ends, and how wide it is.
    let (mut start, mut end, mut used) = (0, 0, 0);
    let mut at = 0;
    for word in text.split(' ') {
        let length = columns(word);
        let is_broken = length > width && !is_copied(word);
        if word.is_empty() || is_broken || word.contains(['\'', '"', '└']) {
            return None;
        }
        if at > 0 && used + 1 + length > width {
            lines.push(Cow::Borrowed(text.get(start..end)?));
            (start, used) = (at, length);
        } else {
            used += usize::from(at > 0) + length;
        }
        end = at + word.len();
        at = end + 1;
    }
    lines.push(Cow::Borrowed(text.get(start..end)?));
    Some(lines)
}

/// The lines of any text.
fn any_lines(text: &str, width: usize) -> Vec<String> {
    let body = text.trim_start_matches([' ', '└']);
    let (hang, _) = text.split_at(text.len() - body.len());
    let hung = columns(hang);
    // What a text is indented by, its continuation is too, unless that leaves no room.
    let indent = " ".repeat(if hung * 2 > width { 0 } else { hung });
    let mut lines = Vec::new();
    let (mut line, mut used) = (hang.to_owned(), hung);
    let mut begun = false;
    for word in words(body) {
        let (mut word, mut length) = (word, columns(word));
        if begun && used + 1 + length > width {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            (used, begun) = (indent.len(), false);
        }
        if begun {
            line.push(' ');
            used += 1;
        }
        // Asked once: of a word without end each line would ask for all that is left of it.
        let is_broken = !is_copied(word);
        while used + length > width && is_broken {
            let room = width.saturating_sub(used).max(1);
            let at = word
                .char_indices()
                .nth(room)
                .map_or(word.len(), |(at, _)| at);
            let (head, tail) = word.split_at(at);
            line.push_str(head);
            lines.push(std::mem::replace(&mut line, indent.clone()));
            used = indent.len();
            (word, length) = (tail, length.saturating_sub(room));
        }
        line.push_str(word);
        used += length;
        begun = true;
    }
    if begun || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Whether a text is one line as it is, as most are: no wider, even if each byte were a column, and with single spaces.
fn is_line(text: &str, width: usize) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= width
        && bytes.first() != Some(&b' ')
        && bytes.last() != Some(&b' ')
        && !bytes.windows(2).any(|pair| matches!(pair, b"  "))
}

/// The words of a text. What a shell takes as one word, because it is in quotes, is one: it is there to be copied.
fn words(text: &str) -> Vec<&str> {
    /// More words are a quotation, or its end is missing.
    const QUOTED: usize = 8;
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let ends = rest.match_indices(' ').map(|(at, _)| at);
        let ends = ends.chain([rest.len()]).take(QUOTED);
        let upto = |end: usize| rest.get(..end).unwrap_or(rest);
        let quote = rest
            .chars()
            .next()
            .filter(|first| matches!(first, '\'' | '"'));
        let mut ends = ends.filter(|end| match quote {
            None => true,
            Some(quote) => {
                let word = upto(*end);
                is_copied(word) && word.matches(quote).count() % 2 == 0
            }
        });
        let first = rest.find(' ').unwrap_or(rest.len());
        let end = ends.next().unwrap_or(first);
        if end > 0 {
            words.push(upto(end));
        }
        rest = rest.get(end..).unwrap_or_default().trim_start_matches(' ');
    }
    words
}

/// Whether a word is a path, a member of an archive or a URL.
fn is_copied(word: &str) -> bool {
    word.contains(['/', '\\', '!'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_asked() {
        let text = format!("a few words then {} and more", "x".repeat(100));
        assert!(wrap(&text, 20).iter().all(|line| columns(line) <= 20));
        assert_eq!(
            wrap(&text, 20).concat().replace(' ', ""),
            text.replace(' ', "")
        );
    }

    #[test]
    fn a_path_or_a_url_is_never_broken() {
        let url = format!("http://crl.nhs.uk/{}.crl", "x".repeat(90));
        assert_eq!(wrap(&format!("see {url} now"), 20), ["see", &url, "now"]);
    }

    #[test]
    fn a_quoted_path_is_one_word_and_a_quoted_sentence_is_not() {
        assert_eq!(
            wrap("--facts 'my lab/facts.toml', or 'the list of' it's", 22),
            ["--facts", "'my lab/facts.toml',", "or 'the list of' it's"]
        );
        assert_eq!(
            wrap("'a b c d e f/g h i j k", 9),
            ["'a b c d", "e f/g h i", "j k"]
        );
    }

    #[test]
    fn a_heading_longer_than_a_line_is_wrapped() {
        let mut page = Page::new(40);
        page.heading(&"x".repeat(90), "endpoint");
        let text = without_style(&page.into_text());
        assert!(text.lines().all(|line| columns(line) <= 40), "{text}");
        assert!(text.ends_with("  endpoint\n"));
    }

    fn without_style(text: &str) -> String {
        let bold = Style::new().bold();
        text.replace(&format!("{bold}"), "")
            .replace(&format!("{bold:#}"), "")
    }

    #[test]
    fn plain_texts_are_wrapped_as_any_text_is() {
        let words = [
            "a",
            "of",
            "words",
            "é→✓",
            "certificate",
            "/a/path",
            "https://h/x",
            "-",
        ];
        let mut state: u32 = 1;
        let mut next = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize % below
        };
        let mut plain = 0;
        for _ in 0..2_000 {
            let count = 1 + next(30);
            let text: Vec<&str> = (0..count).map(|_| words[next(words.len())]).collect();
            let (text, width) = (text.join(" "), 8 + next(40));
            if let Some(lines) = plain_lines(&text, width) {
                assert_eq!(lines, any_lines(&text, width), "{text} {width}");
                plain += 1;
            }
        }
        assert!(plain > 1_000);
        for text in [
            "a  b",
            " a",
            "a ",
            "└ a",
            "'a b' c",
            "a \"b",
            &"x".repeat(20),
        ] {
            assert_eq!(plain_lines(text, 10), None, "{text}");
        }
    }

    #[test]
    fn an_empty_text_is_one_empty_line() {
        assert_eq!(wrap("", 20), [""]);
    }
}
