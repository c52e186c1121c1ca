//! A list of hosts, as people keep it: one name a line, or a spreadsheet saved as CSV.
//!
//! Each line stands alone: a bad one is a [`HostFault`] with its line number beside the good ones.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::fqdn::{Fqdn, FqdnError};

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
pub struct Hosts {
    /// One for each line that has a host, good or bad.
    pub lines: Vec<HostLine>,
    /// The header's columns that are neither names nor subject attributes, and are not used.
    pub unused_columns: Vec<String>,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    #[error("{fqdn} stands on line {first} already")]
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
    #[error("a quotation mark opens a value on the line and none closes it")]
    OpenQuote,
    /// There are several columns and no header to say what they are.
    #[error("the line has several columns, and the file has no header to name them")]
    NoHeader,
}

impl HostFault {
    /// What to do about it, as one clause without a full stop.
    pub fn remedy(&self) -> String {
        match self {
            HostFault::Name(error) => error.remedy(),
            HostFault::Duplicate { .. } => {
                "remove one of the two lines; their names for the SAN can be joined".to_owned()
            }
            HostFault::NotText => "save the file as UTF-8".to_owned(),
            HostFault::OpenQuote => {
                "close it, or take it away: only a value with the separator in it needs quotation marks"
                    .to_owned()
            }
            HostFault::NoHeader => "write `fqdn,san` on the first line".to_owned(),
        }
    }
}

/// Why a list as a whole is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostsError {
    /// There is not one host in it.
    #[error("there is no host name in the list")]
    Empty,
    /// There are too many.
    #[error("the list has more than {limit} lines with a host")]
    TooMany {
        /// The most there may be: [`HOST_LIMIT`].
        limit: usize,
    },
}

impl Hosts {
    /// Reads a list from the bytes of a file.
    ///
    /// Two forms are told apart by the first line that is neither blank nor a comment. Begins it with `fqdn`, it is
    /// the header of a CSV file (RFC 4180; separated by the character that follows `fqdn`: comma, semicolon or tab),
    /// in which `san` holds further names, separated by white space, `;` or `,`, and `c`, `st`, `l`, `o` and `ou` hold
    /// subject attributes; all in any case. Otherwise there is one name a line, and after it at most a comment.
    ///
    /// Blank lines and lines that begin with `#` are skipped. Line ends may be CRLF; a byte-order mark is dropped; a
    /// file in UTF-16 with such a mark, as PowerShell writes it, is read too.
    ///
    /// # Errors
    /// [`HostsError`] when nothing can be done with the list as a whole. What is wrong with one line is in its
    /// [`HostLine::host`].
    pub fn read(bytes: &[u8]) -> Result<Hosts, HostsError> {
        let bytes = without_mark(bytes);
        let mut hosts = match header(&bytes) {
            Some(separator) => columns(&bytes, separator),
            None => Hosts {
                lines: plain(&bytes),
                unused_columns: Vec::new(),
            },
        };
        match hosts.lines.len() {
            0 => return Err(HostsError::Empty),
            count if count > HOST_LIMIT => return Err(HostsError::TooMany { limit: HOST_LIMIT }),
            _ => {}
        }
        refuse_duplicates(&mut hosts.lines);
        Ok(hosts)
    }
}

/// The text without its byte-order mark, from UTF-16 if the mark says so; other bytes stay as they are, for a line that is
/// not UTF-8 must not spoil the rest.
fn without_mark(bytes: &[u8]) -> Cow<'_, [u8]> {
    match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, mark)) if encoding == encoding_rs::UTF_8 => {
            Cow::Borrowed(bytes.get(mark..).unwrap_or_default())
        }
        Some((encoding, _)) => Cow::Owned(encoding.decode(bytes).0.into_owned().into_bytes()),
        None => Cow::Borrowed(bytes),
    }
}

/// The header's separator, when the first line of substance is a header.
fn header(bytes: &[u8]) -> Option<u8> {
    let first = bytes
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty() && !line.starts_with(b"#"))?;
    let unquoted = first.strip_prefix(b"\"").unwrap_or(first);
    let (name, rest) = unquoted.split_at_checked(b"fqdn".len())?;
    if !name.eq_ignore_ascii_case(b"fqdn") {
        return None;
    }
    match rest
        .strip_prefix(b"\"")
        .unwrap_or(rest)
        .trim_ascii_start()
        .first()
    {
        None => Some(b','),
        Some(&separator @ (b',' | b';')) => Some(separator),
        // A tab is white space and trimmed away, so whatever follows it is the next column's name.
        Some(_) if rest.contains(&b'\t') => Some(b'\t'),
        Some(_) => None,
    }
}

/// One name a line.
fn plain(bytes: &[u8]) -> Vec<HostLine> {
    let mut lines = Vec::new();
    for (index, bytes) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let line = index + 1;
        let text = String::from_utf8_lossy(bytes);
        let is_text = matches!(text, Cow::Borrowed(_));
        let given = before_comment(&text).trim();
        if given.is_empty() {
            continue;
        }
        let host = if !is_text {
            Err(HostFault::NotText)
        } else if given.contains([',', ';', '\t']) {
            Err(HostFault::NoHeader)
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
}

/// A CSV file with a header.
fn columns(bytes: &[u8], separator: u8) -> Hosts {
    let reader_from = |start: usize| {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(bytes.get(start..).unwrap_or_default())
    };
    let (mut start, mut reader) = (0, reader_from(0));
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
        if is_quote_open(lines.rest(), separator) {
            let first_line = lines.rest().split(|&byte| byte == b'\n').next();
            let first_line = first_line.unwrap_or_default();
            hosts.lines.push(HostLine {
                line,
                given: String::from_utf8_lossy(first_line).trim().to_owned(),
                host: Err(HostFault::OpenQuote),
            });
            start = lines.offset() + first_line.len() + 1;
            reader = reader_from(start);
            continue;
        }
        match &columns {
            None => {
                columns = Some(
                    record
                        .iter()
                        .map(|name| column(name, &mut hosts.unused_columns))
                        .collect(),
                )
            }
            Some(columns) => hosts.lines.push(row(&record, columns, line)),
        }
    }
    hosts
}

fn column(name: &[u8], unused: &mut Vec<String>) -> Column {
    let name = String::from_utf8_lossy(name).into_owned();
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "fqdn" => Column::Fqdn,
        "san" | "sans" => Column::San,
        lower if SUBJECT_COLUMNS.contains(&lower) => Column::Subject(lower.to_ascii_uppercase()),
        _ => {
            unused.push(name);
            Column::Unused
        }
    }
}

fn row(record: &csv::ByteRecord, columns: &[Column], line: usize) -> HostLine {
    let mut given = "";
    let mut san = "";
    let mut subject = Vec::new();
    let mut is_text = true;
    for (field, column) in record.iter().zip(columns) {
        let text = match (std::str::from_utf8(field), column) {
            (Ok(text), _) => text,
            (Err(_), Column::Unused) => continue,
            (Err(_), _) => {
                is_text = false;
                continue;
            }
        };
        match column {
            Column::Fqdn => given = text,
            Column::San => san = text,
            Column::Subject(kind) if !text.is_empty() => {
                subject.push((kind.clone(), text.to_owned()))
            }
            Column::Subject(_) | Column::Unused => {}
        }
    }
    let host = if is_text {
        one_host(given, san, subject)
    } else {
        Err(HostFault::NotText)
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
