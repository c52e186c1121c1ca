//! Rich Text documents (RTF 1.9.1): the text that a reader sees, what stands beside it, and the files that were put into it;
//! and how Outlook packs them ([MS-OXRTFCP]).

use super::super::error::OpenError;
use super::super::open::Opening;
use super::super::{Container, Opened, UnsupportedFormat};
use super::files::Files;
use super::ole::{counted, number, package};

/// How deep groups are followed; Word nests a dozen.
const GROUPS: usize = 1_000;

/// Destinations whose content is data of the program that wrote them: pictures, themes.
const DATA: [&str; 5] = [
    "pict",
    "themedata",
    "colorschememapping",
    "datastore",
    "blipuid",
];

/// Destinations that a reader does not see.
const UNSEEN: [&str; 9] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "fldinst",
    "filetbl",
    "revtbl",
    "listtable",
    "template",
];

/// Destinations that are marked as ones that may be passed over, and hold what a reader sees.
const SEEN: [&str; 3] = ["shppict", "shpinst", "shptxt"];

/// Whether a text is a part of a document without its beginning.
pub(in crate::decode) fn is_part(text: &[u8]) -> bool {
    const PARAGRAPH: &[u8] = b"\\par";
    let ends = |at: usize| {
        let behind = text.get(at + PARAGRAPH.len());
        behind.is_none_or(|byte| !byte.is_ascii_alphanumeric())
    };
    // Nearly all texts have none.
    let has = |mark: &[u8]| memchr::memmem::find(text, mark).is_some();
    memchr::memmem::find_iter(text, PARAGRAPH).any(ends) && has(b"{\\") && !has(b"{\\rtf1")
}

/// Opens a document.
pub(in crate::decode) fn open<'a>(
    bytes: &[u8],
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    let mut files = Files::of(Container::RichText, opening);
    add(bytes, &mut files)?;
    files.finish()
}

/// Reads the text of a document and the files in it.
pub(super) fn add(bytes: &[u8], files: &mut Files<'_, '_>) -> Result<(), OpenError> {
    let document = Reading::of(bytes);
    files.add_prose("text", document.text.into_bytes())?;
    files.add_beside(Some("text"), document.beside.as_bytes(), 0, 1)?;
    files.count(document.objects.len())?;
    for (number, object) in (1..).zip(document.objects) {
        let name = format!("embedded file {number}");
        match embedded(&object) {
            Some((label, data)) => files.add(label.unwrap_or(name), data.to_vec())?,
            None => files.leave_out(name, UnsupportedFormat::OutlookOrWord)?,
        }
    }
    match document.pictures {
        0 => Ok(()),
        1 => files.leave_out("picture".to_owned(), UnsupportedFormat::Picture),
        several => files.leave_out(format!("{several} pictures"), UnsupportedFormat::Picture),
    }
}

/// The name and the content of a file in the document ([MS-OLEDS] section 2.2.5): three texts, and the data.
fn embedded(object: &[u8]) -> Option<(Option<String>, &[u8])> {
    /// The format of an object that is in the document and not linked.
    const EMBEDDED: u32 = 2;
    if number(object, 4)? != EMBEDDED {
        return None;
    }
    let mut rest = object.get(8..)?;
    for _ in 0..3 {
        (_, rest) = counted(rest)?;
    }
    let (data, _) = counted(rest)?;
    Some(match package(data) {
        Some((label, data)) => (Some(label), data),
        None => (None, data),
    })
}

/// What a group's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Text,
    Beside,
    Data,
    /// An embedded object in hexadecimal digits.
    Object,
}

#[derive(Clone, Copy)]
struct Group {
    content: Content,
    /// How many characters stand behind one in Unicode for those who do not know it.
    instead: usize,
}

#[derive(Default)]
struct Reading {
    text: String,
    beside: String,
    objects: Vec<Vec<u8>>,
    pictures: usize,
}

/// A document while it is read.
struct Reader<'r> {
    rest: &'r [u8],
    reading: Reading,
    groups: Vec<Group>,
    group: Group,
    /// How many groups are open beyond those that are followed.
    deeper: usize,
    /// The next word is the name of a destination that may be passed over.
    is_marked: bool,
    /// How many characters are still to be passed over.
    instead: usize,
    /// The first half of a character of two units.
    high: Option<u16>,
    /// The first of two digits of an embedded object.
    digit: Option<u8>,
    /// Characters of one octet, not yet decoded.
    narrow: Vec<u8>,
}

impl Reading {
    fn of(bytes: &[u8]) -> Reading {
        let mut reader = Reader {
            rest: bytes,
            reading: Reading::default(),
            groups: Vec::new(),
            group: Group {
                content: Content::Text,
                instead: 1,
            },
            deeper: 0,
            is_marked: false,
            instead: 0,
            high: None,
            digit: None,
            narrow: Vec::new(),
        };
        while let Some((&byte, rest)) = reader.rest.split_first() {
            reader.rest = rest;
            match byte {
                b'{' => reader.begin(),
                b'}' => reader.end(),
                b'\\' => reader.control(),
                b'\r' | b'\n' => {}
                byte => reader.octet(byte),
            }
        }
        reader.flush();
        reader.reading
    }
}

impl Reader<'_> {
    fn begin(&mut self) {
        self.flush();
        match self.groups.len() < GROUPS {
            true => self.groups.push(self.group),
            false => self.deeper += 1,
        }
        self.instead = 0;
        self.is_marked = false;
    }

    fn end(&mut self) {
        self.flush();
        self.instead = 0;
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(group) = self.groups.pop() {
            let was = self.group.content;
            self.group = group;
            match (was, group.content) {
                (Content::Beside, Content::Text) => self.reading.beside.push('\n'),
                (Content::Object, content) if content != Content::Object => self.digit = None,
                _ => {}
            }
        }
    }

    /// Takes what follows a backslash.
    fn control(&mut self) {
        let letters = self
            .rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic());
        let (word, rest) = self.rest.split_at(letters.count());
        if word.is_empty() {
            return self.symbol();
        }
        let is_negative = rest.first() == Some(&b'-');
        let rest = rest.get(usize::from(is_negative)..).unwrap_or_default();
        let digits = rest
            .iter()
            .take(10)
            .take_while(|byte| byte.is_ascii_digit());
        let (digits, rest) = rest.split_at(digits.count());
        self.rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let value = digits
            .iter()
            .fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        let value = if is_negative { -value } else { value };
        let value = (!digits.is_empty()).then_some(value);
        let word = std::str::from_utf8(word).unwrap_or_default();
        self.word(word, value);
    }

    /// A control symbol: one character.
    fn symbol(&mut self) {
        let Some((&symbol, rest)) = self.rest.split_first() else {
            return;
        };
        self.rest = rest;
        match symbol {
            b'\'' => {
                let octet = rest.get(..2).and_then(|digits| {
                    let digit = |byte: &u8| char::from(*byte).to_digit(16);
                    match digits {
                        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
                        _ => None,
                    }
                });
                if let Some(octet) = octet {
                    self.rest = rest.get(2..).unwrap_or_default();
                    self.octet(octet);
                }
            }
            b'*' => self.is_marked = true,
            b'~' => self.character(' '),
            b'_' => self.character('-'),
            b'\r' | b'\n' => self.character('\n'),
            b'\\' | b'{' | b'}' => self.octet(symbol),
            // A hyphen that shows where the line breaks only, and marks of an index.
            _ => {}
        }
    }

    /// A control word.
    fn word(&mut self, word: &str, value: Option<i64>) {
        let is_marked = std::mem::take(&mut self.is_marked);
        let content = self.group.content;
        match word {
            "objdata" if content != Content::Data => {
                self.flush();
                self.reading.objects.push(Vec::new());
                self.group.content = Content::Object;
                self.digit = None;
            }
            "bin" => {
                let length = usize::try_from(value.unwrap_or(0)).unwrap_or(0);
                let length = length.min(self.rest.len());
                let (bytes, rest) = self.rest.split_at(length);
                self.rest = rest;
                if content == Content::Object
                    && let Some(object) = self.reading.objects.last_mut()
                {
                    object.extend_from_slice(bytes);
                }
            }
            _ if DATA.contains(&word) => {
                self.flush();
                if word == "pict" && content != Content::Data {
                    self.reading.pictures += 1;
                }
                self.group.content = Content::Data;
            }
            _ if content != Content::Text && content != Content::Beside => {}
            _ if UNSEEN.contains(&word) || is_marked && !SEEN.contains(&word) => {
                self.flush();
                self.group.content = Content::Beside;
            }
            "uc" => self.group.instead = usize::try_from(value.unwrap_or(1)).unwrap_or(1),
            "u" => self.unicode(value.unwrap_or(0)),
            "par" | "line" | "sect" | "page" | "row" | "nestrow" | "softline" | "cell"
            | "nestcell" => self.character('\n'),
            "tab" | "emspace" | "enspace" | "qmspace" => self.character(' '),
            "emdash" => self.character('\u{2014}'),
            "endash" => self.character('\u{2013}'),
            "lquote" | "rquote" => self.character('\''),
            "ldblquote" | "rdblquote" => self.character('"'),
            _ => {}
        }
    }

    /// A unit of UTF-16, written as a signed number.
    fn unicode(&mut self, value: i64) {
        self.flush();
        let unit = u16::try_from(value.rem_euclid(0x1_0000)).unwrap_or(0);
        match (self.high.take(), unit) {
            (_, 0xd800..=0xdbff) => self.high = Some(unit),
            (Some(high), 0xdc00..=0xdfff) => {
                let decoded = char::decode_utf16([high, unit]).next();
                self.character(decoded.and_then(Result::ok).unwrap_or('\u{fffd}'));
            }
            _ => self.character(char::from_u32(u32::from(unit)).unwrap_or('\u{fffd}')),
        }
        self.instead = self.group.instead;
    }

    /// A character of one octet; where one in Unicode stands before it, it is passed over.
    fn octet(&mut self, octet: u8) {
        if self.instead > 0 {
            self.instead -= 1;
            return;
        }
        match self.group.content {
            Content::Text | Content::Beside => self.narrow.push(octet),
            Content::Data => {}
            Content::Object => {
                let Some(digit) = char::from(octet).to_digit(16) else {
                    return;
                };
                let digit = u8::try_from(digit).unwrap_or(0);
                match self.digit.take() {
                    None => self.digit = Some(digit),
                    Some(high) => {
                        if let Some(object) = self.reading.objects.last_mut() {
                            object.push(high << 4 | digit);
                        }
                    }
                }
            }
        }
    }

    fn character(&mut self, character: char) {
        self.flush();
        match self.group.content {
            Content::Text => self.reading.text.push(character),
            Content::Beside => self.reading.beside.push(character),
            Content::Data | Content::Object => {}
        }
    }

    /// Decodes the characters of one octet, in what nearly all documents use for them.
    fn flush(&mut self) {
        if self.narrow.is_empty() {
            return;
        }
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&self.narrow);
        match self.group.content {
            Content::Text => self.reading.text.push_str(&text),
            _ => self.reading.beside.push_str(&text),
        }
        self.narrow.clear();
    }
}

/// A document as Outlook packs it, unpacked ([MS-OXRTFCP] section 3); `None` where it is damaged, or larger than `room`.
pub(super) fn unpacked(packed: &[u8], room: u64) -> Option<Vec<u8>> {
    const PLAIN: &[u8] = b"MELA";
    const PACKED: &[u8] = b"LZFu";
    /// What a document may begin with is known before it begins ([MS-OXRTFCP] section 2.1.3.1.4).
    const KNOWN: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
    const WINDOW: usize = 4096;
    let length = usize::try_from(number(packed, 4)?).ok()?;
    if length as u64 > room {
        return None;
    }
    let (kind, content) = (packed.get(8..12)?, packed.get(16..)?);
    if kind == PLAIN {
        return content.get(..length).map(<[u8]>::to_vec);
    }
    if kind != PACKED {
        return None;
    }
    let mut window = [0_u8; WINDOW];
    window.get_mut(..KNOWN.len())?.copy_from_slice(KNOWN);
    let mut at = KNOWN.len();
    let mut text = Vec::new();
    let mut take = |byte: u8, at: &mut usize, window: &mut [u8; WINDOW]| {
        text.push(byte);
        if let Some(place) = window.get_mut(*at) {
            *place = byte;
        }
        *at = (*at + 1) % WINDOW;
        text.len() >= length
    };
    let mut octets = content.iter().copied();
    if length == 0 {
        return Some(text);
    }
    while let Some(control) = octets.next() {
        for bit in 0..8 {
            let first = octets.next()?;
            if control >> bit & 1 == 0 {
                if take(first, &mut at, &mut window) {
                    return Some(text);
                }
                continue;
            }
            let reference = u16::from_be_bytes([first, octets.next()?]);
            let from = usize::from(reference >> 4);
            // The end is where nothing was written yet.
            if from == at {
                return Some(text);
            }
            for step in 0..usize::from(reference & 0xf) + 2 {
                let byte = window.get((from + step) % WINDOW).copied()?;
                if take(byte, &mut at, &mut window) {
                    return Some(text);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str) -> String {
        Reading::of(source.as_bytes()).text
    }

    #[test]
    fn paragraphs_lines_and_characters_are_read_as_they_are_seen() {
        for (source, seen) in [
            ("{\\rtf1\\ansi a\\par b\\line\r\n c}", "a\nb\n c"),
            ("{\\rtf1 a\\'96\\endash\\u8211?-\\_\\~b}", "a–––-- b"),
            ("{\\rtf1\\uc2\\u8211??{\\uc0\\u8212}-x}", "–—-x"),
            (
                "{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\*\\generator Word;}a}",
                "a",
            ),
            ("{\\rtf1\\u-10179?\\u-8704?}", "\u{1f600}"),
            ("{\\rtf1 \\{a\\}\\\\}", "{a}\\"),
            (
                "{\\rtf1{\\pict 3082}{\\*\\shppict{\\pict\\bin3 }}}}}b}",
                "b",
            ),
            ("{\\rtf1 a", "a"),
            ("{\\rtf1 a}}}b", "ab"),
        ] {
            assert_eq!(text(source), seen, "{source}");
        }
    }

    #[test]
    fn what_is_not_seen_stands_beside_the_text() {
        let reading = Reading::of(b"{\\rtf1{\\info{\\title t}}{\\*\\x y}z}");
        assert_eq!(reading.text, "z");
        assert_eq!(reading.beside, "t\ny\n");
    }

    #[test]
    fn groups_without_end_cost_no_more_than_their_length() {
        let source = format!("{}a{}b", "{".repeat(100_000), "}".repeat(100_000));
        assert_eq!(text(&source), "ab");
    }

    #[test]
    fn a_packed_document_is_unpacked_and_a_damaged_one_is_none() {
        // The example of [MS-OXRTFCP] section 3.1.1.
        const PACKED: &[u8] = &[
            0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0,
            0x0a, 0, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68,
            0x65, 0x6c, 0x09, 0, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f,
            0xa0,
        ];
        let document = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
        assert_eq!(unpacked(PACKED, 1000).unwrap(), document);
        assert_eq!(unpacked(PACKED, 10), None);
        for length in 0..40 {
            assert_eq!(unpacked(&PACKED[..length], 1000), None, "{length}");
        }
        let plain = [b"\x12\0\0\0\x06\0\0\0MELA\0\0\0\0", &b"{\\rtf}"[..]].concat();
        assert_eq!(unpacked(&plain, 1000).unwrap(), b"{\\rtf}");
    }
}
