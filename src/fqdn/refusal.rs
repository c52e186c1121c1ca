//! The refusals: what a text has that a host name may not have, and what to do.

use std::net::IpAddr;

use super::Fqdn;
use super::parse::{LABEL_LIMIT, NAME_LIMIT};

/// The most characters of a refused text that are repeated in an error.
const SHOWN_LIMIT: usize = 80;

/// A name of the shape the NHS gives out, for sentences that need one.
const EXAMPLE: &str = "gpc-int-a1b2c.acme.thirdparty.nhs.uk";

/// A text is not a host name.
///
/// [`Display`](std::fmt::Display) states the fault and its position, [`remedy`](FqdnError::remedy)
/// what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is not a host name: {}", fault.sentence(*position))]
#[non_exhaustive]
pub struct FqdnError {
    /// The refused text, safe to print: at most 80 of its characters (then `…`), with control and
    /// invisible characters, quotation marks and backslashes escaped as in Rust.
    pub given: String,
    /// Where the fault begins in the text as it was given, in characters from 1; absent where the
    /// text as a whole is at fault.
    pub position: Option<usize>,
    /// What is wrong.
    pub fault: FqdnFault,
    /// The name to use instead, where the text contains or resembles one. For
    /// [`Underscore`](FqdnFault::Underscore), [`Ampersand`](FqdnFault::Ampersand),
    /// [`EmptyLabel`](FqdnFault::EmptyLabel) and the two faults of hyphens it is another name, which
    /// may belong to another organisation or to none; otherwise it is the same host.
    pub offered: Option<Fqdn>,
}

/// What a text has that a host name may not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FqdnFault {
    /// There is nothing in it, or nothing visible.
    Empty,
    /// It is longer than [`NAME_LIMIT`].
    NameTooLong {
        /// Its length in characters.
        length: usize,
    },
    /// There is white space, or an invisible character, around or within it.
    Whitespace {
        /// The first of them.
        character: char,
    },
    /// It has a scheme, such as `https://`.
    Url,
    /// It is an IPv4 or IPv6 address, in brackets or not, perhaps with a port, prefix length or zone.
    IpAddress {
        /// The address.
        address: IpAddr,
    },
    /// It has an `@`.
    EmailAddress,
    /// It has a slash or a backslash.
    Path,
    /// It ends in a colon and a port number.
    Port,
    /// It has an asterisk.
    Wildcard,
    /// It has an underscore, which the NHS names as forbidden; RFC 1123 forbids it too.
    Underscore,
    /// It has an ampersand, which the NHS names as forbidden.
    Ampersand,
    /// It has a dash that only looks like the hyphen, as word processors put it in.
    Dash {
        /// The first of them.
        character: char,
    },
    /// It has a character outside ASCII, for which DNS and certificates use punycode (RFC 5890).
    NotAscii {
        /// The first of them.
        character: char,
    },
    /// It has another character that is neither letter, digit, hyphen nor dot.
    BadCharacter {
        /// The first of them.
        character: char,
    },
    /// It ends in the dot of the DNS root, which does not belong in a certificate (RFC 5280 §4.2.1.6
    /// wants the "preferred name syntax" of RFC 1034, which has none).
    TrailingDot,
    /// Two dots follow each other, or it begins with a dot.
    EmptyLabel,
    /// A label is longer than [`LABEL_LIMIT`].
    LabelTooLong {
        /// The label's length in characters.
        length: usize,
    },
    /// A label begins with a hyphen.
    LeadingHyphen,
    /// A label ends in a hyphen.
    TrailingHyphen,
    /// It has no dot, so that it is not fully qualified.
    SingleLabel,
    /// Its last label is a number (`1.2.3.400`), so that it is a mistyped address or would be read as
    /// one (RFC 3696 §2).
    NumericTopLevel,
}

impl FqdnError {
    pub(super) fn new(
        text: &str,
        fault: FqdnFault,
        position: Option<usize>,
        offered: Option<Fqdn>,
    ) -> FqdnError {
        FqdnError {
            given: shown(text),
            position,
            fault,
            offered,
        }
    }

    /// What to do instead, as one clause without a full stop; it names [`offered`](FqdnError::offered)
    /// if there is one.
    pub fn remedy(&self) -> String {
        match &self.offered {
            Some(name) => self.fault.remedy_with(name),
            None => self.fault.remedy_without(),
        }
    }
}

impl FqdnFault {
    /// What is wrong and where, to follow "… is not a host name:".
    fn sentence(self, position: Option<usize>) -> String {
        let place =
            position.map_or_else(|| "one character".to_owned(), |n| format!("character {n}"));
        match self {
            FqdnFault::Empty => "it is empty".to_owned(),
            FqdnFault::NameTooLong { length } => {
                format!("it has {length} characters; a name has at most {NAME_LIMIT}")
            }
            FqdnFault::Whitespace { character } => {
                format!(
                    "{place} is white space ({}), which a name cannot contain",
                    code_point(character)
                )
            }
            FqdnFault::Url => {
                format!("it is a URL ({place} begins \"://\"); a name has no scheme, port or path")
            }
            FqdnFault::IpAddress {
                address: IpAddr::V4(_),
            } => "it is an IPv4 address, expected a name".to_owned(),
            FqdnFault::IpAddress {
                address: IpAddr::V6(_),
            } => "it is an IPv6 address, expected a name".to_owned(),
            FqdnFault::EmailAddress => format!("it is an e-mail address ({place} is \"@\")"),
            FqdnFault::Path => format!("{place} begins a path, which is not part of a name"),
            FqdnFault::Port => format!("{place} begins a port, which is not part of a name"),
            FqdnFault::Wildcard => {
                format!("{place} is a wildcard; the NHS issues certificates for full names only")
            }
            FqdnFault::Underscore => format!(
                "{place} is an underscore; the NHS allows letters, digits and hyphens between the dots"
            ),
            FqdnFault::Ampersand => format!(
                "{place} is an ampersand; the NHS allows letters, digits and hyphens between the dots"
            ),
            FqdnFault::Dash { character } => {
                format!(
                    "{place} is a dash ({}), expected the hyphen \"-\"",
                    code_point(character)
                )
            }
            FqdnFault::NotAscii { character } => {
                format!(
                    "{place} is {}; a name in a certificate is ASCII",
                    quoted(character)
                )
            }
            FqdnFault::BadCharacter { character } => {
                format!(
                    "{place} is {}, expected letters, digits, hyphens and dots",
                    quoted(character)
                )
            }
            FqdnFault::TrailingDot => {
                format!("{place} is a trailing dot; a name in a certificate has none")
            }
            FqdnFault::EmptyLabel => format!("{place} is a dot with nothing before it"),
            FqdnFault::LabelTooLong { length } => format!(
                "a label has {length} characters, {place} is the first beyond the {LABEL_LIMIT} allowed"
            ),
            FqdnFault::LeadingHyphen => format!("{place} is a hyphen at the beginning of a label"),
            FqdnFault::TrailingHyphen => format!("{place} is a hyphen at the end of a label"),
            FqdnFault::SingleLabel => "it has no dot; a full name includes its domain".to_owned(),
            FqdnFault::NumericTopLevel => {
                format!("its last label, from {place}, is a number, as in an IP address")
            }
        }
    }

    fn remedy_with(self, name: &Fqdn) -> String {
        match self {
            FqdnFault::Underscore | FqdnFault::Ampersand => {
                format!("register a name without it, for example with a hyphen: {name}")
            }
            FqdnFault::EmptyLabel => format!("if there is one dot too many, give {name}"),
            FqdnFault::LeadingHyphen | FqdnFault::TrailingHyphen => {
                format!("if the hyphen is a typing error, give {name}")
            }
            FqdnFault::NotAscii { .. } if name.labels().any(|label| label.starts_with("xn--")) => {
                format!("use the punycode form {name}")
            }
            FqdnFault::Url => format!("give the host name in it: {name}"),
            FqdnFault::EmailAddress => format!("give the domain in it: {name}"),
            FqdnFault::Port => format!("give the host name without the port: {name}"),
            FqdnFault::Path => format!("give the host name without the path: {name}"),
            FqdnFault::TrailingDot => format!("remove the dot: {name}"),
            FqdnFault::Whitespace { .. } => format!("remove the white space: {name}"),
            _ => format!("give {name}"),
        }
    }

    fn remedy_without(self) -> String {
        match self {
            FqdnFault::Empty => format!("give a full host name, such as {EXAMPLE}"),
            FqdnFault::NameTooLong { .. } => {
                "register a shorter name; if it is several names, give one at a time".to_owned()
            }
            FqdnFault::Whitespace { .. }
            | FqdnFault::BadCharacter {
                character: ',' | ';',
            } => "give one name at a time, using only letters, digits, hyphens and dots".to_owned(),
            FqdnFault::Url | FqdnFault::Path | FqdnFault::Port => {
                format!("give only a full host name, such as {EXAMPLE}")
            }
            FqdnFault::IpAddress { .. } => {
                "give the name that DNS has for this address, or register one".to_owned()
            }
            FqdnFault::EmailAddress => {
                format!("give the full host name of the server, such as {EXAMPLE}")
            }
            FqdnFault::Wildcard => "give each host its own name and certificate".to_owned(),
            FqdnFault::Underscore
            | FqdnFault::Ampersand
            | FqdnFault::Dash { .. }
            | FqdnFault::NotAscii { .. }
            | FqdnFault::BadCharacter { .. } => {
                "use a name of ASCII letters, digits, hyphens and dots".to_owned()
            }
            FqdnFault::TrailingDot => "remove the dot".to_owned(),
            FqdnFault::EmptyLabel => "put one dot between labels and none at the ends".to_owned(),
            FqdnFault::LabelTooLong { .. } => "register a name with shorter labels".to_owned(),
            FqdnFault::LeadingHyphen | FqdnFault::TrailingHyphen => {
                "register a name whose labels begin and end with a letter or digit".to_owned()
            }
            FqdnFault::SingleLabel => format!("add the domain, as in {EXAMPLE}"),
            FqdnFault::NumericTopLevel => {
                "give the host's name, not its address; the last label has letters, such as uk"
                    .to_owned()
            }
        }
    }
}

/// A text made safe to print: bounded, and escaped.
fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_LIMIT)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(SHOWN_LIMIT).is_some() {
        shown.push('…');
    }
    shown
}

/// A character as a person would look for it: itself where it can be seen, and its code point where
/// it is not on every keyboard.
fn quoted(character: char) -> String {
    if character.is_ascii_graphic() {
        format!("'{character}'")
    } else if character.is_alphanumeric() {
        format!("'{character}' ({})", code_point(character))
    } else {
        code_point(character)
    }
}

fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}
