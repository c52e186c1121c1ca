//! Finding PEM armour in text: where each object begins and ends, decoding nothing.

use memchr::{memchr_iter, memchr2, memmem};

use super::{LABEL_LIMIT, Label, OpenError, PIECES_LIMIT, StrayText, text};

/// Where one armoured object stands in its text.
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
}

/// What a text holds.
#[derive(Default)]
pub(super) struct Scan {
    pub(super) sections: Vec<Section>,
    pub(super) stray: Option<StrayText>,
}

/// How many dashes are looked at on either side of BEGIN and END; five are right.
const DASHES_LIMIT: usize = 32;

/// Finds the armour.
///
/// The search is for dashes: base64 has none, so that whole bodies are passed over at memory speed, and
/// what word processors make of hyphens is found on the way.
pub(super) fn scan(bytes: &[u8]) -> Result<Scan, OpenError> {
    let mut scan = Scan::default();
    let mut lines = LineCounter::over(bytes);
    let mut open: Option<Mark> = None;
    let (mut from, mut after) = (0, 0);
    while let Some(mark) = Mark::next(bytes, from) {
        from = mark.end;
        match (mark.word, open.take()) {
            (Word::Begin, unfinished) => {
                if let Some(begin) = unfinished {
                    scan.push(&begin, mark.start, mark.start, &mut lines)?;
                    after = mark.start;
                }
                note_stray(&mut scan.stray, bytes, after, mark.start, &mut lines);
                open = Some(mark);
            }
            (Word::End, Some(begin)) => {
                scan.push(&begin, mark.start, mark.end, &mut lines)?;
                after = mark.end;
            }
            (Word::End, None) => {}
        }
    }
    if let Some(begin) = open {
        scan.push(&begin, bytes.len(), bytes.len(), &mut lines)?;
    } else if !scan.sections.is_empty() {
        note_stray(&mut scan.stray, bytes, after, bytes.len(), &mut lines);
    }
    Ok(scan)
}

impl Scan {
    fn push(
        &mut self,
        begin: &Mark,
        tail: usize,
        end: usize,
        lines: &mut LineCounter<'_>,
    ) -> Result<(), OpenError> {
        if self.sections.len() == PIECES_LIMIT {
            return Err(OpenError::TooManyPieces {
                limit: PIECES_LIMIT,
            });
        }
        self.sections.push(Section {
            start: begin.start,
            head: u16::try_from(begin.end - begin.start).unwrap_or(u16::MAX),
            tail: u16::try_from(end - tail).unwrap_or(u16::MAX),
            end,
            line: lines.line_of(begin.start),
        });
        Ok(())
    }
}

/// A BEGIN or END line, from its first dash to past its last.
struct Mark {
    word: Word,
    start: usize,
    end: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Begin,
    End,
}

impl Mark {
    /// Finds the next one.
    fn next(bytes: &[u8], mut from: usize) -> Option<Mark> {
        loop {
            // 0xe2 begins every dash of `OTHER_DASHES`.
            from += memchr2(b'-', 0xe2, bytes.get(from..)?)?;
            let mut at = from;
            while let Some(dash) = dash_length(bytes.get(at..)?) {
                at += dash;
            }
            if at == from {
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
        let text = after.strip_prefix(b" ").unwrap_or(after);
        let (word, rest) = match (text.strip_prefix(b"BEGIN "), text.strip_prefix(b"END ")) {
            (Some(rest), _) => (Word::Begin, rest),
            (_, Some(rest)) => (Word::End, rest),
            _ => return None,
        };
        let label_length = label_length(rest);
        let label = label_text(rest.get(..label_length)?)?;
        let dashes = rest.get(label_length..)?;
        let regular =
            before.ends_with(b"-----") && text.len() == after.len() && dashes.starts_with(b"-----");
        // A line that only resembles armour is armour when its label is one we know: prose is not.
        let known = || {
            !matches!(Label::from_armour(label), Label::Other(_))
                || text::foreign_label(label).is_some()
        };
        if !regular && !known() {
            return None;
        }
        // Ten dashes: an END line and a BEGIN line were joined; five belong to each.
        let left = match dashes_before(before) {
            10 if before.ends_with(b"----------") => 5,
            left => left,
        };
        let right = match dashes_after(dashes) {
            10 if dashes.starts_with(b"----------") => 5,
            right => right,
        };
        Some(Mark {
            word,
            start: at - left,
            end: bytes.len() - dashes.len() + right,
        })
    }
}

/// The label within a BEGIN or END line, from its first dash to its last.
pub(super) fn label_of<'t>(line: &'t [u8], word: &[u8]) -> &'t str {
    let regular = line
        .strip_prefix(b"-----")
        .and_then(|rest| rest.strip_prefix(word));
    regular
        .or_else(|| memmem::find(line, word).and_then(|at| line.get(at + word.len()..)))
        .and_then(|rest| label_text(rest.get(..label_length(rest))?))
        .unwrap_or_default()
}

/// Whether a BEGIN or END line has exactly five hyphens on each side.
pub(super) fn is_regular(line: &[u8], word: &[u8]) -> bool {
    line.strip_prefix(b"-----")
        .is_some_and(|rest| rest.starts_with(word))
        && line
            .strip_suffix(b"-----")
            .is_some_and(|rest| !rest.ends_with(b"-"))
}

/// The bytes of a label: up to two hyphens, another dash, the end of the line, or the limit.
fn label_length(rest: &[u8]) -> usize {
    let mut length = 0;
    for (at, &byte) in rest.iter().enumerate().take(LABEL_LIMIT) {
        let hyphen_ends = byte == b'-' && !rest.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
        if hyphen_ends || !(byte.is_ascii_graphic() || byte == b' ') || byte == b'\\' {
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
        b'-' => Some(1),
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
        match rest.strip_suffix(b"-").or_else(other) {
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

/// Counts what stands between objects; white space and the marks of a mail reply are nothing.
fn note_stray(
    stray: &mut Option<StrayText>,
    bytes: &[u8],
    from: usize,
    to: usize,
    lines: &mut LineCounter,
) {
    let gap = bytes.get(from..to).unwrap_or_default();
    let counts = |byte: &u8| !byte.is_ascii_whitespace() && !matches!(byte, b'>' | b'|');
    let Some(first) = gap.iter().position(counts) else {
        return;
    };
    let found = gap.iter().filter(|byte| counts(byte)).count();
    match stray {
        Some(stray) => stray.bytes += found,
        None => {
            *stray = Some(StrayText {
                bytes: found,
                first_line: lines.line_of(from + first) as usize,
            })
        }
    }
}

/// Counts lines forward through a text, each byte once. A line ends with LF, CR LF or a lone CR.
struct LineCounter<'t> {
    bytes: &'t [u8],
    counted: usize,
    line: u32,
}

impl<'t> LineCounter<'t> {
    fn over(bytes: &'t [u8]) -> LineCounter<'t> {
        LineCounter {
            bytes,
            counted: 0,
            line: 1,
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
