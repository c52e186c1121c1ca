//! Finding PEM blocks in text: where each object begins and ends, decoding nothing.

use memchr::{memchr_iter, memchr2, memmem};

use super::error::Damage;
use super::{LABEL_LIMIT, Label, OBJECTS_LIMIT, OpenError, StrayText, text};

/// Where one PEM object is in its text.
pub(super) struct Section {
    /// The first dash before BEGIN.
    pub(super) start: usize,
    /// The bytes of the BEGIN line, from its first dash to its last.
    pub(super) head: u16,
    /// The bytes of the END line, from its first dash to its last; 0 where it is missing.
    pub(super) tail: u16,
    /// Past the last dash of END, or the end of the text that may belong to the object.
    pub(super) end: usize,
    /// The line of BEGIN, from 1.
    pub(super) line: u32,
    /// What else is on the lines of BEGIN and END.
    pub(super) beside: Beside,
}

/// What else is on the lines of BEGIN and END, outside the object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// BEGIN is not at the start of its line.
    pub(super) before: bool,
    /// More than blanks follow END.
    pub(super) after: bool,
}

impl Beside {
    fn of(bytes: &[u8], start: usize, end: usize) -> Beside {
        let before = bytes.get(..start).unwrap_or_default();
        let after = bytes.get(end..).unwrap_or_default();
        let line_end = memchr2(b'\n', b'\r', after).unwrap_or(after.len());
        let after = after.get(..line_end).unwrap_or_default();
        Beside {
            before: !matches!(before.last(), None | Some(b'\n' | b'\r')),
            after: !after.trim_ascii().is_empty(),
        }
    }
}

/// Text that belongs to no section and is not blank.
pub(super) struct Gap {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Its first line that is not blank, from 1.
    pub(super) line: u32,
    /// It contains an END line without a BEGIN line.
    pub(super) orphan: bool,
    /// How many sections precede it.
    pub(super) before: usize,
}

/// What a text holds.
#[derive(Default)]
pub(super) struct Scan {
    pub(super) sections: Vec<Section>,
    pub(super) gaps: Vec<Gap>,
    pub(super) stray: Option<StrayText>,
}

/// How many dashes are looked at on either side of BEGIN and END; five are right.
const DASHES_LIMIT: usize = 32;

/// Finds the PEM blocks.
///
/// The search is for dashes: base64 has none, so that whole bodies are passed over at memory speed, and
/// what word processors make of hyphens is found on the way.
///
/// `first_line` is the number of the text's first line.
pub(super) fn scan(bytes: &[u8], first_line: u32) -> Result<Scan, OpenError> {
    let mut scan = Scan::default();
    let mut lines = LineCounter::over(bytes, first_line);
    let mut open: Option<Mark> = None;
    let mut orphan = false;
    let (mut from, mut after) = (0, 0);
    // Where the last line that was found ends.
    let mut floor = 0;
    // The dashes of Windows-1252; in UTF-8 the same bytes are parts of other characters.
    let narrow_dashes = memchr2(0x96, 0x97, bytes).is_some();
    while let Some(mut mark) = Mark::next(bytes, from, narrow_dashes) {
        mark.start = mark.start.max(floor);
        floor = mark.end;
        // Where the dashes of an END line are those of the BEGIN line too, they are looked at again.
        let rest = bytes.get(mark.end..).unwrap_or_default();
        from = match mark.word {
            Word::End if rest.starts_with(b"BEGIN ") => mark.end - mark.right,
            _ => mark.end,
        };
        match (mark.word, open.take()) {
            (Word::Begin, unfinished) => {
                if let Some(begin) = unfinished {
                    scan.push(&begin, mark.start, mark.start, &mut lines)?;
                    after = mark.start;
                }
                let orphan = std::mem::take(&mut orphan);
                scan.note_stray(bytes, (after, mark.start), orphan, &mut lines);
                open = Some(mark);
            }
            // What is around it is a gap of its own.
            (Word::End, Some(begin))
                if is_conjunction(bytes.get(begin.end..mark.start).unwrap_or_default()) =>
            {
                after = mark.end;
            }
            (Word::End, Some(begin)) => {
                scan.push(&begin, mark.start, mark.end, &mut lines)?;
                after = mark.end;
            }
            (Word::End, None) => orphan = true,
        }
    }
    if let Some(begin) = open {
        scan.push(&begin, bytes.len(), bytes.len(), &mut lines)?;
    } else {
        scan.note_stray(bytes, (after, bytes.len()), orphan, &mut lines);
    }
    Ok(scan)
}

/// Whether what is between a BEGIN and an END line is what a sentence about them has there: no object is "and".
fn is_conjunction(between: &[u8]) -> bool {
    /// Longer than what is looked for.
    const LONGEST: usize = 80;
    const WORDS: [&str; 34] = [
        "a",
        "all",
        "also",
        "and",
        "at",
        "both",
        "closing",
        "down",
        "end",
        "ending",
        "ends",
        "footer",
        "header",
        "including",
        "inclusive",
        "line",
        "lines",
        "marker",
        "markers",
        "or",
        "tag",
        "tags",
        "the",
        "through",
        "thru",
        "till",
        "to",
        "until",
        "up",
        "with",
        "und",
        "bis",
        "et",
        "finishing",
    ];
    if between.len() > LONGEST {
        return false;
    }
    let Ok(between) = std::str::from_utf8(between) else {
        return false;
    };
    let mut words = between
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let is_known = |word: &str| WORDS.iter().any(|known| known.eq_ignore_ascii_case(word));
    words.next().is_some_and(is_known) && words.all(is_known)
}

impl Scan {
    fn push(
        &mut self,
        begin: &Mark,
        tail: usize,
        end: usize,
        lines: &mut LineCounter<'_>,
    ) -> Result<(), OpenError> {
        if self.sections.len() == OBJECTS_LIMIT {
            return Err(OpenError::TooManyObjects {
                limit: OBJECTS_LIMIT,
            });
        }
        self.sections.push(Section {
            start: begin.start,
            head: u16::try_from(begin.end - begin.start).unwrap_or(u16::MAX),
            tail: u16::try_from(end - tail).unwrap_or(u16::MAX),
            end,
            line: lines.line_of(begin.start),
            beside: Beside::of(lines.bytes, begin.start, end),
        });
        Ok(())
    }

    /// Notes what is between objects; white space and the marks of a mail reply are nothing.
    fn note_stray(
        &mut self,
        bytes: &[u8],
        (from, to): (usize, usize),
        orphan: bool,
        lines: &mut LineCounter<'_>,
    ) {
        let gap = bytes.get(from..to).unwrap_or_default();
        let counts = |byte: &u8| !byte.is_ascii_whitespace() && !matches!(byte, b'>' | b'|');
        let Some(first) = gap.iter().position(counts) else {
            return;
        };
        let found = gap.iter().filter(|byte| counts(byte)).count();
        let line = lines.line_of(from + first);
        self.gaps.push(Gap {
            start: from,
            end: to,
            line,
            orphan,
            before: self.sections.len(),
        });
        match &mut self.stray {
            Some(stray) => stray.bytes += found,
            None => {
                self.stray = Some(StrayText {
                    bytes: found,
                    first_line: line as usize,
                })
            }
        }
    }
}

/// A BEGIN or END line, from its first dash to past its last.
struct Mark {
    word: Word,
    start: usize,
    end: usize,
    /// The length of the dashes at its end.
    right: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Begin,
    End,
}

impl Mark {
    /// Finds the next one.
    fn next(bytes: &[u8], mut from: usize, narrow_dashes: bool) -> Option<Mark> {
        loop {
            let rest = bytes.get(from..)?;
            // 0xe2 begins every dash of `OTHER_DASHES`.
            from += if narrow_dashes {
                let is_dash = |byte: &u8| matches!(byte, b'-' | 0xe2 | 0x96 | 0x97);
                rest.iter().position(is_dash)?
            } else {
                memchr2(b'-', 0xe2, rest)?
            };
            let mut at = from;
            while let Some(dash) = dash_length(bytes.get(at..)?) {
                at += dash;
            }
            // Within a character of UTF-8 it is no dash.
            let inside = from > 0
                && bytes
                    .get(from)
                    .is_some_and(|byte| matches!(byte, 0x96 | 0x97))
                && bytes.get(from - 1).is_some_and(|byte| *byte >= 0x80);
            if at == from || inside {
                from += 1;
                continue;
            }
            if let Some(mark) = Mark::after_dashes(bytes, at) {
                return Some(mark);
            }
            from = at;
        }
    }

    /// Reads the line whose first dashes end at `at`.
    fn after_dashes(bytes: &[u8], at: usize) -> Option<Mark> {
        let (before, after) = bytes.split_at_checked(at)?;
        let written = Written::read(after)?;
        let dashes = after.get(written.dashes..)?;
        let left = dashes_before(before);
        let right = dashes_after(dashes);
        let regular = before.ends_with(b"-----") && written.exact && dashes.starts_with(b"-----");
        // A line that only resembles PEM label is PEM label when its label is one we know: prose is not.
        let accepted = regular
            || (written.spelt && is_known(written.label))
            // Other spellings need more dashes: "- End certificate" may be the point of a list.
            || (!written.spelt && left >= 2 && right >= 1);
        if !accepted {
            return None;
        }
        // Ten dashes: an END line and a BEGIN line were joined; five belong to each.
        let left = match left {
            10 if before.ends_with(b"----------") => 5,
            left => left,
        };
        let right = match right {
            10 if dashes.starts_with(b"----------") => 5,
            right => right,
        };
        Some(Mark {
            word: written.word,
            start: at - left,
            end: bytes.len() - dashes.len() + right,
            right,
        })
    }
}

/// A label that we know, ours or not.
fn is_known(label: &str) -> bool {
    !matches!(Label::read(label), Label::Other(_)) || text::foreign_label(label).is_some()
}

/// The text between the dashes of a BEGIN or END line.
struct Written<'t> {
    word: Word,
    label: &'t str,
    /// As RFC 7468 writes it: capitals, single spaces and nothing else.
    exact: bool,
    /// As RFC 7468 writes it but for a space before the word.
    spelt: bool,
    /// Where the dashes after the label begin.
    dashes: usize,
}

/// Labels without their spaces, for lines in which the spaces were lost, doubled or replaced, or the letters are small.
const SQUASHED: &[(&str, &str)] = &[
    ("CERTIFICATE", "CERTIFICATE"),
    ("X509CERTIFICATE", "X509 CERTIFICATE"),
    ("X.509CERTIFICATE", "X.509 CERTIFICATE"),
    ("TRUSTEDCERTIFICATE", "TRUSTED CERTIFICATE"),
    ("CERTIFICATEREQUEST", "CERTIFICATE REQUEST"),
    ("NEWCERTIFICATEREQUEST", "NEW CERTIFICATE REQUEST"),
    ("X509CRL", "X509 CRL"),
    ("CRL", "CRL"),
    ("PRIVATEKEY", "PRIVATE KEY"),
    ("ENCRYPTEDPRIVATEKEY", "ENCRYPTED PRIVATE KEY"),
    ("RSAPRIVATEKEY", "RSA PRIVATE KEY"),
    ("ECPRIVATEKEY", "EC PRIVATE KEY"),
    ("DSAPRIVATEKEY", "DSA PRIVATE KEY"),
    ("PUBLICKEY", "PUBLIC KEY"),
    ("RSAPUBLICKEY", "RSA PUBLIC KEY"),
    ("PKCS7", "PKCS7"),
    ("PKCS#7SIGNEDDATA", "PKCS #7 SIGNED DATA"),
    ("CMS", "CMS"),
    ("PKCS12", "PKCS12"),
    ("DHPARAMETERS", "DH PARAMETERS"),
    ("ECPARAMETERS", "EC PARAMETERS"),
    ("OPENSSHPRIVATEKEY", "OPENSSH PRIVATE KEY"),
    ("SSH2PUBLICKEY", "SSH2 PUBLIC KEY"),
];

impl<'t> Written<'t> {
    /// Reads what follows the first dashes.
    fn read(after: &'t [u8]) -> Option<Written<'t>> {
        Written::read_spelt(after).or_else(|| Written::read_otherwise(after))
    }

    fn read_spelt(after: &'t [u8]) -> Option<Written<'t>> {
        let text = after.strip_prefix(b" ").unwrap_or(after);
        let (word, rest) = match (text.strip_prefix(b"BEGIN "), text.strip_prefix(b"END ")) {
            (Some(rest), _) => (Word::Begin, rest),
            (_, Some(rest)) => (Word::End, rest),
            _ => return None,
        };
        let length = label_length(rest);
        let label = label_text(rest.get(..length)?)?;
        let dashes = rest.get(length..)?;
        let exact = text.len() == after.len();
        // Other characters may hide within the label, or more spaces.
        let is_whole =
            dashes.starts_with(b"-----") || (is_known(label) && blank_length(dashes).is_none());
        let is_spelt = is_known(label) || !label.contains("  ");
        (is_whole && is_spelt).then_some(Written {
            word,
            label,
            exact,
            spelt: true,
            dashes: after.len() - dashes.len(),
        })
    }

    /// Reads a line with small letters, or with other or no spaces.
    fn read_otherwise(after: &[u8]) -> Option<Written<'t>> {
        let mut squashed = String::with_capacity(LABEL_LIMIT);
        let mut at = 0;
        while let Some(&byte) = after.get(at) {
            if let Some(blank) = after.get(at..).and_then(blank_length) {
                at += blank;
            } else if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'#') {
                squashed.push(char::from(byte.to_ascii_uppercase()));
                at += 1;
            } else {
                break;
            }
            // Every blank counts too, so that a line of them ends.
            if squashed.len() > LABEL_LIMIT || at > 4 * LABEL_LIMIT {
                return None;
            }
        }
        let (word, label) = match (squashed.strip_prefix("BEGIN"), squashed.strip_prefix("END")) {
            (Some(label), _) => (Word::Begin, label),
            (_, Some(label)) => (Word::End, label),
            _ => return None,
        };
        let (_, label) = SQUASHED.iter().find(|(squashed, _)| *squashed == label)?;
        Some(Written {
            word,
            label,
            exact: false,
            spelt: false,
            dashes: at,
        })
    }

    /// Reads a whole line, from its first dash to its last.
    fn of_line(line: &'t [u8]) -> Option<(Written<'t>, &'t [u8])> {
        let mut rest = line;
        while let Some(dash) = dash_length(rest) {
            rest = rest.get(dash..)?;
        }
        Some((Written::read(rest)?, rest))
    }
}

/// The length of a character that leaves no mark but a gap, in UTF-8 or Windows-1252.
fn blank_length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b' ' | b'\t' | b'_' | 0xa0, ..] => Some(1),
        [0xc2, 0xa0 | 0xad, ..] => Some(2),
        [0xe2, 0x80, 0x80..=0x8f | 0xa8..=0xaf, ..]
        | [0xe2, 0x81, 0x9f | 0xa0, ..]
        | [0xe1, 0x9a, 0x80, ..]
        | [0xe3, 0x80, 0x80, ..]
        | [0xef, 0xbb, 0xbf, ..] => Some(3),
        _ => None,
    }
}

/// The label within a BEGIN or END line, from its first dash to its last.
pub(super) fn label_of(line: &[u8]) -> &str {
    // Nearly all lines are written as they should be.
    let regular = line
        .strip_prefix(b"-----BEGIN ")
        .or_else(|| line.strip_prefix(b"-----END "))
        .and_then(|rest| rest.strip_suffix(b"-----"))
        .filter(|label| label_length(label) == label.len())
        .and_then(label_text)
        .filter(|label| !label.contains("  "));
    regular
        .or_else(|| Written::of_line(line).map(|(written, _)| written.label))
        .unwrap_or_default()
}

/// What is not as it should be in a BEGIN or END line, from its first dash to its last.
pub(super) fn oddity(line: &[u8], number: usize) -> Option<Damage> {
    let (written, rest) = Written::of_line(line)?;
    let dashes = line.len() - rest.len();
    let hyphens = line.starts_with(b"-----") && dashes == 5 && rest.ends_with(b"-----");
    let right = rest.get(written.dashes..).unwrap_or_default();
    // Spaces around the label are no part of it, but OpenSSL compares the whole line.
    let text = rest.get(..written.dashes).unwrap_or_default();
    let before = text.strip_suffix(written.label.as_bytes());
    let is_close = matches!(before, Some(b"BEGIN " | b"END "));
    if written.exact && is_close && hyphens && right.len() == 5 {
        return None;
    }
    if written.exact && !is_close {
        return Some(Damage::LineMisspelt { line: number });
    }
    if written.spelt {
        return Some(Damage::Dashes { line: number });
    }
    // With other spaces only, it is what mail programs and web pages make of a line.
    let text = String::from_utf8_lossy(text).replace(['\u{a0}', '\u{202f}', '\u{2007}'], " ");
    let same =
        Written::read_spelt(text.as_bytes()).is_some_and(|again| again.label == written.label);
    Some(if same {
        Damage::NoBreakSpaces
    } else {
        Damage::LineMisspelt { line: number }
    })
}

/// The bytes of a label: up to two hyphens, another dash, the end of the line, or the limit.
fn label_length(rest: &[u8]) -> usize {
    let mut length = 0;
    for (at, &byte) in rest.iter().enumerate().take(LABEL_LIMIT) {
        let hyphen_ends = byte == b'-' && !rest.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
        // No label has a backslash or the beginning of a tag.
        if hyphen_ends || !(byte.is_ascii_graphic() || byte == b' ') || matches!(byte, b'\\' | b'<')
        {
            break;
        }
        length = at + 1;
    }
    length
}

fn label_text(label: &[u8]) -> Option<&str> {
    std::str::from_utf8(label)
        .ok()
        .map(str::trim)
        .filter(|label| !label.is_empty())
}

/// Dashes other than the hyphen: U+2010 to U+2015 and the minus sign, in UTF-8.
const OTHER_DASHES: [&[u8]; 7] = [
    b"\xe2\x80\x90",
    b"\xe2\x80\x91",
    b"\xe2\x80\x92",
    b"\xe2\x80\x93",
    b"\xe2\x80\x94",
    b"\xe2\x80\x95",
    b"\xe2\x88\x92",
];

/// The length of the dash that the bytes begin with.
fn dash_length(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'-' | 0x96 | 0x97 => Some(1),
        0xe2 => OTHER_DASHES
            .iter()
            .find(|dash| bytes.starts_with(dash))
            .map(|dash| dash.len()),
        _ => None,
    }
}

/// Length in bytes of the dashes at the end of `before`, up to the limit.
fn dashes_before(before: &[u8]) -> usize {
    let mut rest = before;
    for _ in 0..DASHES_LIMIT {
        let other = || {
            OTHER_DASHES
                .iter()
                .find_map(|dash| rest.strip_suffix(*dash))
        };
        let narrow = || match rest.split_last() {
            Some((0x96 | 0x97, shorter)) => Some(shorter),
            _ => None,
        };
        match rest.strip_suffix(b"-").or_else(other).or_else(narrow) {
            Some(shorter) => rest = shorter,
            None => break,
        }
    }
    before.len() - rest.len()
}

/// Length in bytes of the dashes, and at most one space before them, at the start of `after`, up to the limit.
fn dashes_after(after: &[u8]) -> usize {
    let mut rest = after.strip_prefix(b" ").unwrap_or(after);
    let spaces = after.len() - rest.len();
    for _ in 0..DASHES_LIMIT {
        match dash_length(rest).and_then(|dash| rest.get(dash..)) {
            Some(shorter) => rest = shorter,
            None => break,
        }
    }
    // A space alone is no dash.
    match after.len() - rest.len() {
        length if length > spaces => length,
        _ => 0,
    }
}

/// Counts lines forward through a text, each byte once. A line ends with LF, CR LF or a lone CR.
struct LineCounter<'t> {
    bytes: &'t [u8],
    counted: usize,
    line: u32,
}

impl<'t> LineCounter<'t> {
    fn over(bytes: &'t [u8], line: u32) -> LineCounter<'t> {
        LineCounter {
            bytes,
            counted: 0,
            line,
        }
    }

    /// The line of an offset that is not before the last one asked for.
    fn line_of(&mut self, offset: usize) -> u32 {
        let passed = self.bytes.get(self.counted..offset).unwrap_or_default();
        let feeds = memchr_iter(b'\n', passed).count();
        let lone_return = |&at: &usize| self.bytes.get(self.counted + at + 1) != Some(&b'\n');
        let returns = memchr_iter(b'\r', passed).filter(lone_return).count();
        self.counted = self.counted.max(offset);
        self.line = self
            .line
            .saturating_add(u32::try_from(feeds + returns).unwrap_or(u32::MAX));
        self.line
    }
}

/// The text before its last line, where that is an END line.
pub(super) fn without_end(text: &[u8]) -> Option<&[u8]> {
    let (before, last) = text.split_at_checked(memmem::rfind(text, b"-----END ")?)?;
    let is_line = last.ends_with(b"-----") && !last.contains(&b'\n');
    is_line.then(|| before.trim_ascii_end())
}
