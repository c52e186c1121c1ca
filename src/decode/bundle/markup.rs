//! HTML, and the XML of text documents: the text that a reader sees, and what stands beside it.
//!
//! Line ends are kept where a browser would show spaces: people paste PEM into pages that say nothing of its lines.

use super::super::stray;

/// What the elements mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// HTML.
    Html,
    /// XML whose paragraphs hold their text, as OpenDocument has it (OASIS OpenDocument 1.3 part 3, sections 5 and 6).
    Paragraphs,
    /// XML in which text is what elements called `t` hold, as Word, Excel and PowerPoint write it (ECMA-376 part 1,
    /// section 17.3.3).
    Runs,
    /// The same with a NUL, which XML cannot have, behind each string of a workbook.
    Strings,
}

impl Dialect {
    fn has_runs(self) -> bool {
        matches!(self, Dialect::Runs | Dialect::Strings)
    }
}

/// What a page holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The text.
    pub(super) text: String,
    /// Attributes of tags, comments, scripts and style sheets, one a line.
    pub(super) beside: String,
}

/// Elements that begin or end a line.
const BLOCKS: [&str; 20] = [
    "address",
    "blockquote",
    "br",
    "center",
    "dd",
    "div",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "p",
    "pre",
    "table",
    "title",
    "tr",
];

/// Elements that a browser shows within a line: what is on both sides of their tags may be one word. Anything else is an
/// element of XML, whose content is a value of its own.
const WITHIN: [&str; 36] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font",
    "i", "img", "ins", "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike",
    "strong", "sub", "sup", "tt", "u", "var", "wbr", "td", "th", "shy",
];

/// What the names of the elements begin with by which Office writes HTML.
const OFFICE: [&str; 4] = ["o:", "st1:", "w:", "v:"];

/// Elements of text documents that begin or end a line, without their prefixes.
const LINES: [&str; 13] = [
    "br",
    "cr",
    "h",
    "is",
    "line-break",
    "list-item",
    "p",
    "row",
    "si",
    "table-cell",
    "table-row",
    "title",
    "tr",
];

/// Elements in which white space is text.
const PREFORMATTED: [&str; 3] = ["pre", "textarea", "xmp"];

/// Elements whose content is not a text.
const HIDDEN: [&str; 2] = ["script", "style"];

/// Characters with names that texts and tools write so.
const ENTITIES: [(&str, char); 22] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("shy", '\u{ad}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("ndash", '\u{2013}'),
    ("mdash", '\u{2014}'),
    ("dash", '\u{2010}'),
    ("hyphen", '\u{2010}'),
    ("plus", '+'),
    ("sol", '/'),
    ("equals", '='),
    ("colon", ':'),
    ("NewLine", '\n'),
    ("Tab", '\t'),
];

/// Takes a page apart.
pub(super) fn read(source: &str, dialect: Dialect) -> Page {
    let mut reading = Reading {
        page: Page::default(),
        dialect,
        line_start: 0,
        preformatted: 0,
    };
    let mut rest = source;
    // What nothing closes hides nothing, and is looked for once.
    let mut ends = Ends::default();
    while let Some(at) = rest.find(['<', '&']) {
        let (plain, marked) = rest.split_at_checked(at).unwrap_or((rest, ""));
        reading.text(plain);
        if let Some(behind) = marked.strip_prefix('&') {
            let (character, length) = entity(behind).unwrap_or(('&', 0));
            match reading.is_beside() {
                true => reading.page.beside.push(character),
                false => reading.character(character),
            }
            rest = behind.get(length..).unwrap_or_default();
            continue;
        }
        if let Some(data) = marked.strip_prefix("<![CDATA[") {
            let (data, behind) = ends.data.before(data, "]]>");
            reading.text(data);
            rest = behind;
            continue;
        }
        if let Some(comment) = marked.strip_prefix("<!--") {
            let (comment, behind) = ends.comments.before(comment, "-->");
            reading.comment(comment);
            rest = behind;
            continue;
        }
        let behind = marked.strip_prefix('<').unwrap_or(marked);
        if !begins_tag(behind) {
            reading.text("<");
            rest = behind;
            continue;
        }
        let end = tag_end(behind);
        let (tag, after) = behind.split_at_checked(end).unwrap_or((behind, ""));
        rest = after.strip_prefix('>').unwrap_or(after);
        let name = reading.tag(tag);
        if dialect == Dialect::Html && HIDDEN.contains(&name.as_str()) {
            let (content, behind) = ends.of(&name).before(rest, &format!("</{name}"));
            reading.beside(content);
            rest = behind;
        } else if dialect == Dialect::Html && stray::is_known_name(local(&name)) {
            // A signature is no text, and its element, which says so, is none either.
            let length = rest.find('<').unwrap_or(rest.len());
            let (content, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
            reading.beside(content);
            rest = behind;
        }
    }
    reading.text(rest);
    reading.page
}

/// Whether there is still an end of what hides text.
#[derive(Default)]
struct Ends {
    data: End,
    comments: End,
    scripts: End,
    styles: End,
}

impl Ends {
    fn of(&mut self, name: &str) -> &mut End {
        match name {
            "script" => &mut self.scripts,
            _ => &mut self.styles,
        }
    }
}

#[derive(Default)]
struct End {
    is_missing: bool,
}

impl End {
    /// What is before the next end, and what follows it, from the name of an element on; nothing where there is none.
    fn before<'s>(&mut self, text: &'s str, end: &str) -> (&'s str, &'s str) {
        let found = (!self.is_missing).then(|| find_ignoring_case(text, end));
        let Some(at) = found.flatten() else {
            self.is_missing = true;
            return ("", text);
        };
        let (before, behind) = text.split_at_checked(at).unwrap_or((text, ""));
        match end.starts_with("</") {
            true => (before, behind),
            false => (before, behind.get(end.len()..).unwrap_or_default()),
        }
    }
}

struct Reading {
    page: Page,
    dialect: Dialect,
    /// Where the last line of the text begins.
    line_start: usize,
    /// How many elements are open in which white space is text.
    preformatted: usize,
}

impl Reading {
    fn text(&mut self, text: &str) {
        if self.is_beside() {
            return self.beside(text);
        }
        for character in text.chars() {
            self.character(character);
        }
    }

    /// Whether text is none that a reader sees.
    fn is_beside(&self) -> bool {
        self.dialect.has_runs() && self.preformatted == 0
    }

    fn character(&mut self, character: char) {
        let text = &mut self.page.text;
        let is_blank = character.is_ascii_whitespace();
        if self.preformatted == 0 && is_blank && text.ends_with(['\n', ' ']) {
            return;
        }
        match character {
            '\r' if self.preformatted == 0 => {}
            '\n' if self.preformatted == 0 && is_open_line(text.get(self.line_start..)) => {
                text.push(' ');
            }
            '\n' => self.new_line(),
            other => text.push(other),
        }
    }

    fn new_line(&mut self) {
        self.page.text.push('\n');
        self.line_start = self.page.text.len();
    }

    fn beside(&mut self, text: &str) {
        let mut rest = text.trim();
        if rest.is_empty() {
            return;
        }
        let beside = &mut self.page.beside;
        while let Some((plain, behind)) = rest.split_once('&') {
            let (character, length) = entity(behind).unwrap_or(('&', 0));
            beside.push_str(plain);
            beside.push(character);
            rest = behind.get(length..).unwrap_or_default();
        }
        beside.push_str(rest);
        beside.push('\n');
    }

    /// Takes a comment, in which there may be a part of a page: a mail program's, or one that another comment should have
    /// ended before.
    fn comment(&mut self, comment: &str) {
        match comment.contains('<') && self.dialect == Dialect::Html {
            true => {
                let page = read(comment, self.dialect);
                self.page.beside.push_str(&page.text);
                self.page.beside.push('\n');
                self.page.beside.push_str(&page.beside);
            }
            false => self.beside(comment),
        }
    }

    /// Takes a tag without its brackets, and returns the name of an element that begins.
    fn tag(&mut self, tag: &str) -> String {
        let (closes, tag) = match tag.strip_prefix('/') {
            Some(tag) => (true, tag),
            None => (false, tag),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.');
        let length = tag.find(|c| !is_name(c)).unwrap_or(tag.len());
        let (name, attributes) = tag.split_at_checked(length).unwrap_or((tag, ""));
        let is_empty = attributes.ends_with('/');
        self.beside(attributes.trim_end_matches('/'));
        match self.dialect {
            Dialect::Html => self.html(name, closes),
            _ => {
                self.element(local(name), closes, is_empty);
                String::new()
            }
        }
    }

    fn html(&mut self, written: &str, closes: bool) -> String {
        let name = written.to_ascii_lowercase();
        // One letter in capitals is a name in XML, such as PowerShell writes.
        let is_letter = name.len() == 1 && name != written;
        let is_within = WITHIN.contains(&name.as_str()) && !is_letter
            || name.is_empty()
            || OFFICE.iter().any(|prefix| name.starts_with(prefix));
        let ends_line = match BLOCKS.contains(&name.as_str()) {
            true => name == "br" || !self.page.text.ends_with('\n'),
            // The tags of a BEGIN line that an editor coloured.
            false => {
                let line = self.page.text.get(self.line_start..);
                !is_within && !self.page.text.ends_with('\n') && !is_open_line(line)
            }
        };
        if ends_line {
            self.new_line();
        } else if matches!(name.as_str(), "td" | "th") {
            self.character(' ');
        }
        if PREFORMATTED.contains(&name.as_str()) {
            self.preformatted = match closes {
                true => self.preformatted.saturating_sub(1),
                false => self.preformatted.saturating_add(1),
            };
        }
        match closes {
            true => String::new(),
            false => name,
        }
    }

    /// Takes an element of a text document by its name without prefix.
    fn element(&mut self, name: &str, closes: bool, is_empty: bool) {
        match name {
            // Elements called so do not nest.
            "t" if self.dialect.has_runs() => {
                self.preformatted = usize::from(!closes && !is_empty);
            }
            "si" if self.dialect == Dialect::Strings && (closes || is_empty) => {
                self.page.text.push('\0');
            }
            "si" if self.dialect == Dialect::Strings => {}
            "noBreakHyphen" => self.page.text.push('-'),
            "tab" | "s" if !closes => self.page.text.push(' '),
            _ if LINES.contains(&name) && !self.page.text.ends_with('\n') => self.new_line(),
            _ => {}
        }
    }
}

/// Whether a line is a BEGIN or END line without its last dashes: a line end in it is where an editor wrapped the page.
fn is_open_line(line: Option<&str>) -> bool {
    /// Longer than any BEGIN line, so that a long line is not looked at for each of its line ends.
    const LONGEST: usize = 120;
    line.is_some_and(|line| {
        let after_dash = |word: &str| {
            let before = line.find(word).and_then(|at| line.get(..at));
            before.is_some_and(|before| before.trim_end().ends_with(['-', '\u{2013}', '\u{2014}']))
        };
        line.len() <= LONGEST
            && !line.trim_end().ends_with(['-', '\u{2013}', '\u{2014}'])
            && (after_dash("BEGIN") || after_dash("END"))
    })
}

/// The name of an element without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Where a tag ends: the first `>` outside quotation marks. Where another tag begins before that, something is missing: the first
/// `>` of all, or that tag.
fn tag_end(tag: &str) -> usize {
    let (mut quote, mut quoted) = (None, None);
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (_, b'<') if begins_tag(tag.get(at + 1..).unwrap_or_default()) => {
                return quoted.unwrap_or(at);
            }
            (Some(open), byte) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return at,
            (Some(_), b'>') if quoted.is_none() => quoted = Some(at),
            _ => {}
        }
    }
    quoted.unwrap_or(tag.len())
}

/// Whether a tag begins, behind its `<`.
fn begins_tag(behind: &str) -> bool {
    behind.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
}

/// The character that an entity denotes, without its `&`, and its length.
fn entity(behind: &str) -> Option<(char, usize)> {
    /// Longer than any name or number that is looked for.
    const LONGEST: usize = 10;
    let head = behind.as_bytes().get(..LONGEST.min(behind.len()))?;
    let end = head.iter().position(|byte| *byte == b';')?;
    let name = behind.get(..end)?;
    let character = match name.strip_prefix('#') {
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1,
        Some(number) => {
            let (digits, radix) = match number.strip_prefix(['x', 'X']) {
                Some(digits) => (digits, 16),
                None => (number, 10),
            };
            let is_number = digits.bytes().all(|digit| digit.is_ascii_alphanumeric());
            let number = is_number.then(|| u32::from_str_radix(digits, radix).ok());
            char::from_u32(number.flatten()?)?
        }
    };
    Some((character, end + 1))
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    let is_here = |window: &[u8]| window.eq_ignore_ascii_case(wanted.as_bytes());
    text.as_bytes().windows(wanted.len()).position(is_here)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        read(html, Dialect::Html).text.trim().to_owned()
    }

    #[test]
    fn the_lines_of_a_page_stay_lines_however_they_are_marked() {
        for html in [
            "<pre>a\nb</pre>",
            "a<br>b",
            "a<BR/>\n  b",
            "<p>a</p>\n<p class=\"x>y\">b</p>",
            "<div>a</div><div>b</div>",
            "<p>a\nb</p>",
            "<tr><td>a</td></tr><tr><td>b</td></tr>",
            "<span>a</span><br/>\r\nb",
        ] {
            let text = text(html);
            let lines: Vec<&str> = text
                .lines()
                .map(str::trim)
                .filter(|l| !l.is_empty())
                .collect();
            assert_eq!(lines, ["a", "b"], "{html}");
        }
    }

    #[test]
    fn a_begin_line_that_an_editor_wrapped_is_one_line() {
        for html in [
            "-----BEGIN\n   CERTIFICATE-----<br>MII",
            "<p>-----BEGIN CERTIFICATE-----\nMII",
            "&#45;----BEGIN&nbsp;CERTIFICATE-----<br>MII",
        ] {
            assert_eq!(text(html), "-----BEGIN CERTIFICATE-----\nMII", "{html}");
        }
    }

    #[test]
    fn what_is_not_shown_stands_beside_the_text() {
        let page = read(
            "<a href=\"data:,x&amp;y\" title='a>b'>link</a><!-- note --><style>p{}</style>5 &lt; 6<script>s()</script>",
            Dialect::Html,
        );
        assert_eq!(page.text.replace('\n', ""), "link5 < 6");
        let lines: Vec<&str> = page.beside.lines().collect();
        assert_eq!(
            lines,
            ["href=\"data:,x&y\" title='a>b'", "note", "p{}", "s()"]
        );
    }

    #[test]
    fn what_nothing_closes_hides_nothing() {
        for (html, shown) in [
            ("<style>p{}</sty<p>a</p>", "p{}\na"),
            ("<script>a<p>b</p>", "a\nb"),
            ("<!-- a <p>b</p>", "a \nb"),
            ("<![CDATA[a<p>b</p>", "a\nb"),
            ("<p class=\"x>a</p><p class=\"y\">b</p>", "a\nb"),
            ("<p class=x a</p>", "\n"),
        ] {
            let text = text(html);
            let lines = |text: &str| -> Vec<String> {
                let lines = text.lines().map(|line| line.trim().to_owned());
                lines.filter(|line| !line.is_empty()).collect()
            };
            assert_eq!(lines(&text), lines(shown), "{html}");
        }
    }

    #[test]
    fn a_part_of_a_page_in_a_comment_stands_beside_the_text() {
        let page = read("a<!--[if mso]><p>b</p><![endif]-->c", Dialect::Html);
        assert_eq!(page.text, "ac");
        assert!(page.beside.contains("\nb\n"), "{page:?}");
    }

    #[test]
    fn a_signature_stands_beside_the_text() {
        let page = read(
            "<ds:SignatureValue>a</ds:SignatureValue><x:b>c",
            Dialect::Html,
        );
        assert_eq!((page.text.trim(), page.beside.trim()), ("c", "a"));
    }

    #[test]
    fn no_character_of_a_broken_page_is_lost() {
        for html in [
            "a <b",
            "a < b",
            "a & b",
            "a &#xzz; b",
            "<p title=\"a>b",
            "a&",
            "<",
            "a<!-- b",
        ] {
            let page = read(html, Dialect::Html);
            let all = format!("{}{}", page.text, page.beside);
            for letter in html.chars().filter(|c| matches!(c, 'a' | 'z')) {
                assert!(all.contains(letter), "{html}: {page:?}");
            }
        }
    }

    #[test]
    fn quotation_marks_that_nothing_closes_cost_no_more_than_the_length() {
        let html = "<p a=\"><p b='>x".repeat(50_000);
        assert!(read(&html, Dialect::Html).text.contains('x'));
    }

    #[test]
    fn the_runs_of_a_paragraph_are_one_line_and_what_is_no_text_stands_beside_it() {
        let page = read(
            "<w:p>\n <w:r>\n  <w:t xml:space=\"preserve\">-----BEGIN </w:t>\n </w:r>\n <w:r><w:rPr><w:b/></w:rPr><w:t>CERTIFICATE-----</w:t><w:br/><w:t>MII&amp;</w:t></w:r></w:p><w:p><w:r><w:delText>gone</w:delText><w:noBreakHyphen/><w:t/></w:r></w:p>",
            Dialect::Runs,
        );
        assert_eq!(page.text.trim(), "-----BEGIN CERTIFICATE-----\nMII&\n-");
        assert_eq!(page.beside, "xml:space=\"preserve\"\ngone\n");
    }

    #[test]
    fn values_of_neighbouring_elements_are_parted_and_what_is_within_a_line_is_not() {
        for (xml, expected) in [
            ("<k><name>a</name><value>b</value></k>", &["a", "b"][..]),
            (
                "<ds:KeyName>a</ds:KeyName><ds:X509Data>b</ds:X509Data>",
                &["a", "b"],
            ),
            ("<Obj><S N=\"x\">a</S><BA N=\"y\">b</BA></Obj>", &["a", "b"]),
            ("<p><d>a</d><e>b</e></p>", &["a", "b"]),
            (
                "<p>a<span>b</span><i>c</i><wbr/>d<o:p></o:p></p>",
                &["abcd"],
            ),
            (
                "-----BEGIN <hl>CERTIFICATE</hl>-----",
                &["-----BEGIN CERTIFICATE-----"],
            ),
        ] {
            let text = text(xml);
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            assert_eq!(lines.collect::<Vec<_>>(), expected, "{xml}");
        }
    }

    #[test]
    fn the_cells_of_a_sheet_are_parted() {
        let sheet = "<c t=\"inlineStr\"><is><t>a</t></is></c><c><is><r><t>b</t></r><r><t>c</t></r></is></c>";
        let page = read(sheet, Dialect::Runs);
        assert_eq!(
            page.text.split_whitespace().collect::<Vec<_>>(),
            ["a", "bc"]
        );
        let row = "<table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell>b</table:table-cell>";
        let page = read(row, Dialect::Paragraphs);
        assert_eq!(page.text.split_whitespace().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn the_spans_of_a_paragraph_are_one_line() {
        let page = read(
            "<office:text><text:p>-----BEGIN<text:s/><text:span text:style-name=\"T1\">CERTIFICATE-----</text:span><text:line-break/>MII</text:p><text:h><![CDATA[<b>]]></text:h></office:text>",
            Dialect::Paragraphs,
        );
        assert_eq!(page.text.trim(), "-----BEGIN CERTIFICATE-----\nMII\n<b>");
    }
}
