//! A list of hosts, as people keep it: one name a line, or a spreadsheet saved as CSV.
//!
//! Each line is independent: a bad one is a [`HostFault`] with its line number beside the good ones.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::decode::FileContent;
use crate::fqdn::{Fqdn, FqdnError};
use crate::input::{excerpt, looks_secret};

mod lines;
mod quote;

use lines::LineCounter;
use quote::is_quote_open;

/// The columns that go into a request's subject, as the header names them.
const SUBJECT_COLUMNS: [&str; 5] = ["c", "st", "l", "o", "ou"];

/// The most lines of one list: more hosts than the whole NHS has endpoints, and few enough that a file given by
/// mistake is noticed before a million keys are made.
pub const HOST_LIMIT: usize = 100_000;

/// A list of hosts, in the file's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hosts {
    /// One for each line that has a host, good or bad.
    pub lines: Vec<HostLine>,
    /// The header's columns that are neither names nor subject attributes, and are not used.
    pub unused_columns: Vec<String>,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostLine {
    /// The line's number in the file, from 1.
    pub line: usize,
    /// The name as it is written there.
    pub given: String,
    /// The host, or what is wrong with the line.
    pub host: Result<Host, HostFault>,
}

/// What is wanted for one host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Host {
    /// The name.
    pub fqdn: Fqdn,
    /// Further names for the SAN.
    pub further_names: Vec<Fqdn>,
    /// Subject attributes from columns of that name: the type in upper case and the value, in the header's order.
    pub subject: Vec<(String, String)>,
}

/// Why a line is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostFault {
    /// A name is not a host name.
    #[error(transparent)]
    Name(#[from] FqdnError),
    /// The name stood on an earlier line.
    #[error("{fqdn} is already on line {first}")]
    Duplicate {
        /// The name.
        fqdn: Fqdn,
        /// The earlier line.
        first: usize,
    },
    /// The text is not UTF-8.
    #[error("the line is not UTF-8 text")]
    NotText,
    /// A quotation mark opens on the line and is never closed.
    #[error("a quotation mark on the line is not closed")]
    OpenQuote,
    /// There are several columns and no header to say what they are.
    #[error("the line has several columns but the file has no header")]
    NoHeader,
    /// The header is not the first line.
    #[error("the header of the columns is only on line {line}, below other lines")]
    HeaderBelow {
        /// The line of the header.
        line: usize,
    },
    /// The header calls the column of hosts by another name.
    #[error("the header has no column `fqdn`")]
    OtherHeader {
        /// What the column of hosts seems to be called.
        found: String,
    },
    /// A value is under no column of the header.
    #[error(
        "found {} in column {column}, which has no name in the header",
        excerpt(found)
    )]
    NoColumn {
        /// The column's number, from 1.
        column: usize,
        /// The value.
        found: String,
    },
    /// The line is wrong and may be part of a key or a password, so that it must not be repeated.
    #[error("the line is not a host; it may be part of a key or a password, so it is not shown")]
    Secret,
}

impl HostFault {
    /// What to do about it, as one clause without a full stop.
    pub fn remedy(&self) -> String {
        match self {
            HostFault::Name(error) => error.remedy(),
            HostFault::Duplicate { .. } => {
                "remove one of the two lines; you can merge their SAN names".to_owned()
            }
            HostFault::Secret => "check that you gave the list of hosts that you meant".to_owned(),
            HostFault::NotText => "save the file as UTF-8".to_owned(),
            HostFault::OpenQuote => {
                "close or remove it: only a value that contains the separator needs quotation marks"
                    .to_owned()
            }
            HostFault::NoHeader => "write `fqdn,san` on the first line".to_owned(),
            HostFault::HeaderBelow { line } => format!("remove what is above line {line}"),
            HostFault::OtherHeader { found } => format!("call the column `fqdn`, not `{found}`"),
            HostFault::NoColumn { .. } => {
                "separate several names for the SAN by spaces within the `san` column, or name the column in the header"
                    .to_owned()
            }
        }
    }
}

/// Why a list as a whole is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostsError {
    /// It is another file, which was given by mistake.
    #[error("the file holds {found}, not a list of hosts")]
    OtherContent {
        /// What it holds.
        found: FileContent,
    },
    /// There is not one host in it.
    #[error("there is no host name in the file")]
    Empty,
    /// There are too many.
    #[error("the file has more than {limit} lines with a host")]
    TooMany {
        /// The most there may be: [`HOST_LIMIT`].
        limit: usize,
    },
    /// The header has the column of hosts more than once.
    #[error("the header has {found} columns `fqdn`, expected one")]
    SeveralNameColumns {
        /// How many.
        found: usize,
    },
}

impl Hosts {
    /// Reads a list from the bytes of a file.
    ///
    /// Two forms are distinguished by the first line that is neither blank nor a comment. If one of its columns is called
    /// `fqdn`, in any position, it is the header of a CSV file (RFC 4180; separated by comma, semicolon or tab, or by
    /// what Excel's line `sep=` before it names), in which `san` holds further names, separated by white space, `;` or `,`, and `c`, `st`, `l`, `o` and `ou` hold
    /// subject attributes; all in any case. There may be several columns `san`, and one `fqdn`; a value that is under no
    /// name of the header is a fault of its line. Otherwise there is one name a line, and after it at most a comment.
    ///
    /// Blank lines and lines that begin with `#` are skipped. Line ends may be CRLF, or CR alone, as in Excel's CSV for
    /// the Macintosh; a byte-order mark is dropped; a file in UTF-16, as PowerShell writes it, is read too.
    ///
    /// # Errors
    /// [`HostsError`] when nothing can be done with the list as a whole. What is wrong with one line is in its
    /// [`HostLine::host`].
    pub fn read(bytes: &[u8]) -> Result<Hosts, HostsError> {
        if let Some(found) = FileContent::instead_of_lines(bytes) {
            return Err(HostsError::OtherContent { found });
        }
        let bytes = with_line_feeds(without_mark(bytes));
        let outline = Outline::of(&bytes);
        let mut hosts = match outline.separator {
            Some(separator) => columns(&bytes, outline.start, separator)?,
            None => Hosts {
                lines: plain(&bytes, outline.start),
                unused_columns: Vec::new(),
            },
        };
        match hosts.lines.len() {
            0 => return Err(HostsError::Empty),
            count if count > HOST_LIMIT => return Err(HostsError::TooMany { limit: HOST_LIMIT }),
            _ => {}
        }
        refuse_duplicates(&mut hosts.lines);
        hosts.lines.iter_mut().for_each(hide_secret);
        Ok(hosts)
    }
}

/// The text without its byte-order mark, from UTF-16 if the mark says so; other bytes stay as they are, for a line that is
/// not UTF-8 must not prevent the rest.
fn without_mark(bytes: &[u8]) -> Cow<'_, [u8]> {
    match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, mark)) if encoding == encoding_rs::UTF_8 => {
            Cow::Borrowed(bytes.get(mark..).unwrap_or_default())
        }
        Some((encoding, _)) => Cow::Owned(encoding.decode(bytes).0.into_owned().into_bytes()),
        // Without a mark: a name is ASCII, of which UTF-16 has every other octet zero.
        None => match bytes {
            [1..=255, 0, ..] => Cow::Owned(
                encoding_rs::UTF_16LE
                    .decode(bytes)
                    .0
                    .into_owned()
                    .into_bytes(),
            ),
            [0, 1..=255, ..] => Cow::Owned(
                encoding_rs::UTF_16BE
                    .decode(bytes)
                    .0
                    .into_owned()
                    .into_bytes(),
            ),
            _ => Cow::Borrowed(bytes),
        },
    }
}

/// The text with line feeds, where it has carriage returns instead.
fn with_line_feeds(mut bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if bytes.contains(&b'\r') && !bytes.contains(&b'\n') {
        let returns = bytes.to_mut().iter_mut().filter(|byte| **byte == b'\r');
        returns.for_each(|byte| *byte = b'\n');
    }
    bytes
}

/// Where the list begins, and how its columns are separated if it has any.
struct Outline {
    /// The offset of the first line that counts: the header, or the first name.
    start: usize,
    /// The separator, where there is a header.
    separator: Option<u8>,
}

/// The separators of columns, as programs and countries have them.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

impl Outline {
    /// Looks at the first line of substance, or at the first two where Excel wrote its own line before them.
    fn of(bytes: &[u8]) -> Outline {
        let (mut start, mut told) = (0, None);
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let text = line.trim_ascii();
            let is_blank = text.is_empty() || text.starts_with(b"#");
            if !is_blank {
                // Excel's line would be read as a name.
                match told.is_none().then(|| separator_line(text)).flatten() {
                    Some(separator) => told = Some(separator),
                    None => break,
                }
            }
            start += line.len();
        }
        let first = bytes.get(start..).unwrap_or_default();
        let first = first.split(|&byte| byte == b'\n').next();
        Outline {
            separator: header(first.unwrap_or_default(), told),
            start,
        }
    }
}

/// The separator that Excel's line `sep=;` names; other programs do not know it.
fn separator_line(line: &[u8]) -> Option<u8> {
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let (name, rest) = line.split_at_checked(b"sep=".len())?;
    match rest.strip_suffix(b"\"").unwrap_or(rest) {
        // A tab at the end of the line was trimmed away.
        [] if name.eq_ignore_ascii_case(b"sep=") => Some(b'\t'),
        [separator] if name.eq_ignore_ascii_case(b"sep=") => Some(*separator),
        _ => None,
    }
}

/// The separator, if the line is a header: one of its columns is called `fqdn`, in any position.
fn header(line: &[u8], told: Option<u8>) -> Option<u8> {
    let names_host = |name: &[u8]| {
        let name = name.trim_ascii();
        let name = name.strip_prefix(b"\"").unwrap_or(name);
        let name = name.strip_suffix(b"\"").unwrap_or(name);
        name.trim_ascii().eq_ignore_ascii_case(b"fqdn")
    };
    let told = told.into_iter().chain(SEPARATORS);
    told.into_iter()
        .find(|separator| line.split(|byte| byte == separator).any(names_host))
}

/// One name a line.
fn plain(bytes: &[u8], start: usize) -> Vec<HostLine> {
    let (before, bytes) = bytes.split_at_checked(start).unwrap_or((&[], bytes));
    let first = 1 + memchr::memchr_iter(b'\n', before).count();
    let mut lines = Vec::new();
    let several_columns = no_header(bytes, first);
    for (index, bytes) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let line = first + index;
        let text = String::from_utf8_lossy(bytes);
        let is_text = matches!(text, Cow::Borrowed(_));
        let given = before_comment(&text).trim();
        if given.is_empty() {
            continue;
        }
        let host = if !is_text {
            Err(HostFault::NotText)
        } else if given.contains([',', ';', '\t']) {
            Err(several_columns.clone())
        } else {
            one_host(given, "", Vec::new())
        };
        lines.push(HostLine {
            line,
            given: given.to_owned(),
            host,
        });
    }
    lines
}

/// Why lines have several columns where the first one is no header: what seems to be one is below it, or has another name for
/// the hosts.
fn no_header(bytes: &[u8], first: usize) -> HostFault {
    const NAMES: [&str; 9] = [
        "host",
        "hosts",
        "hostname",
        "host name",
        "name",
        "dns",
        "dns name",
        "domain",
        "server",
    ];
    let has_columns = |line: &[u8]| line.iter().any(|byte| SEPARATORS.contains(byte));
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let below = lines.position(|line| has_columns(line) && header(line, None).is_some());
    if let Some(below) = below {
        return HostFault::HeaderBelow {
            line: first + below,
        };
    }
    let top = bytes.split(|&byte| byte == b'\n').next();
    let top = String::from_utf8_lossy(top.unwrap_or_default());
    let mut columns = top
        .split([',', ';', '\t'])
        .map(|name| name.trim().trim_matches('"').trim());
    let found = columns.find(|name| NAMES.iter().any(|one| name.eq_ignore_ascii_case(one)));
    match found {
        Some(found) => HostFault::OtherHeader {
            found: found.to_owned(),
        },
        None => HostFault::NoHeader,
    }
}

/// The line up to a `#` that begins it or follows white space.
fn before_comment(line: &str) -> &str {
    let mut after_space = true;
    for (at, character) in line.char_indices() {
        if character == '#' && after_space {
            return line.get(..at).unwrap_or(line);
        }
        after_space = character.is_whitespace();
    }
    line
}

/// What a column of the header holds.
enum Column {
    Fqdn,
    San,
    Subject(String),
    Unused,
    /// The header has no name for it.
    Unnamed,
}

/// After so many quotation marks that nothing closes they count as characters like any other: each may precede the
/// rest of the file, which would have to be gone through for each.
const OPEN_QUOTE_LIMIT: usize = 100;

/// A CSV file with a header.
fn columns(bytes: &[u8], start: usize, separator: u8) -> Result<Hosts, HostsError> {
    let mut open_quotes = 0;
    let reader_from = |start: usize, open_quotes: usize| {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .quoting(open_quotes < OPEN_QUOTE_LIMIT)
            .flexible(true)
            .delimiter(separator)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(bytes.get(start..).unwrap_or_default())
    };
    let (mut start, mut reader) = (start, reader_from(start, 0));
    let mut hosts = Hosts::default();
    let mut columns: Option<Vec<Column>> = None;
    let mut lines = LineCounter::over(bytes);
    let mut record = csv::ByteRecord::new();
    // Reading from memory does not fail, and a flexible reader has no other error for raw records.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        if record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        let position = record.position().map_or(0, csv::Position::byte);
        let line = lines.at(start as u64 + position);
        // A value whose quotation mark is never closed takes in every line that follows; the csv crate does not mind.
        if open_quotes < OPEN_QUOTE_LIMIT && is_quote_open(lines.rest(), separator) {
            open_quotes += 1;
            let first_line = lines.rest().split(|&byte| byte == b'\n').next();
            let first_line = first_line.unwrap_or_default();
            hosts.lines.push(HostLine {
                line,
                given: String::from_utf8_lossy(first_line).trim().to_owned(),
                host: Err(HostFault::OpenQuote),
            });
            start = lines.offset() + first_line.len() + 1;
            reader = reader_from(start, open_quotes);
            continue;
        }
        match &columns {
            None => {
                let named: Vec<Column> = record
                    .iter()
                    .map(|name| column(name, &mut hosts.unused_columns))
                    .collect();
                let is_name = |column: &&Column| matches!(column, Column::Fqdn);
                let found = named.iter().filter(is_name).count();
                if found > 1 {
                    return Err(HostsError::SeveralNameColumns { found });
                }
                columns = Some(named);
            }
            Some(columns) => hosts.lines.push(row(&record, columns, line)),
        }
    }
    Ok(hosts)
}

fn column(name: &[u8], unused: &mut Vec<String>) -> Column {
    let name = String::from_utf8_lossy(name).into_owned();
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "fqdn" => Column::Fqdn,
        "san" | "sans" => Column::San,
        "" => Column::Unnamed,
        lower if SUBJECT_COLUMNS.contains(&lower) => Column::Subject(lower.to_ascii_uppercase()),
        _ => {
            unused.push(name);
            Column::Unused
        }
    }
}

fn row(record: &csv::ByteRecord, columns: &[Column], line: usize) -> HostLine {
    let mut given = "";
    let mut san = Vec::new();
    let mut subject = Vec::new();
    let mut fault = None;
    let columns = columns.iter().chain(std::iter::repeat(&Column::Unnamed));
    for (number, (field, column)) in (1..).zip(record.iter().zip(columns)) {
        let text = match (std::str::from_utf8(field), column) {
            (Ok(text), _) => text,
            (Err(_), Column::Unused) => continue,
            (Err(_), _) => {
                fault.get_or_insert(HostFault::NotText);
                continue;
            }
        };
        match column {
            Column::Fqdn => given = text,
            Column::San => san.push(text),
            Column::Subject(kind) if !text.is_empty() => {
                subject.push((kind.clone(), text.to_owned()))
            }
            // A name left out here would be missing from the certificate.
            Column::Unnamed if !text.is_empty() => {
                fault.get_or_insert(HostFault::NoColumn {
                    column: number,
                    found: text.to_owned(),
                });
            }
            Column::Subject(_) | Column::Unnamed | Column::Unused => {}
        }
    }
    let host = match fault {
        None => one_host(given, &san.join(" "), subject),
        Some(fault) => Err(fault),
    };
    HostLine {
        line,
        given: given.to_owned(),
        host,
    }
}

fn one_host(given: &str, san: &str, subject: Vec<(String, String)>) -> Result<Host, HostFault> {
    let fqdn = Fqdn::parse(given)?;
    let further_names = san
        .split(|character: char| character.is_whitespace() || matches!(character, ';' | ','))
        .filter(|name| !name.is_empty())
        .map(Fqdn::parse)
        .collect::<Result<_, _>>()?;
    Ok(Host {
        fqdn,
        further_names,
        subject,
    })
}

/// Has a wrong line that may be part of a secret say so, instead of a fault that quotes it.
fn hide_secret(line: &mut HostLine) {
    let Err(fault) = &line.host else { return };
    let quoted = match fault {
        HostFault::Name(error) => error.given.as_str(),
        HostFault::NoColumn { found, .. } => found,
        _ => "",
    };
    if looks_secret(&line.given) || looks_secret(quoted) {
        line.host = Err(HostFault::Secret);
    }
}

fn refuse_duplicates(lines: &mut [HostLine]) {
    let mut seen: HashMap<Fqdn, usize> = HashMap::new();
    for line in lines {
        let Ok(host) = &line.host else { continue };
        let fqdn = host.fqdn.clone();
        match seen.get(&fqdn) {
            Some(&first) => line.host = Err(HostFault::Duplicate { fqdn, first }),
            None => {
                seen.insert(fqdn, line.line);
            }
        }
    }
}

#[cfg(test)]
mod tests;
