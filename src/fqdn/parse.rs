//! Whether a text is a host name, and what is wrong with it if not.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::refusal::FqdnFault;

/// The most characters in a name: RFC 1035 §2.3.4 allows 255 octets, which hold a length octet for
/// each label and one for the root.
pub const NAME_LIMIT: usize = 253;

/// The most characters in a label (RFC 1035 §2.3.4).
pub const LABEL_LIMIT: usize = 63;

/// The most bytes of text that are searched for a name: room for any URL a person pastes. A longer
/// text is refused for its length alone.
const TEXT_LIMIT: usize = 2048;

/// Marks that surround a name pasted from prose, a mail header, a CRL or source code.
const MARKS: [char; 14] = [
    '"', '\'', '`', '<', '>', '(', ')', ',', ';', '“', '”', '‘', '’', '…',
];

/// Why a text is not a name.
pub(super) struct Refusal {
    pub(super) fault: FqdnFault,
    /// From 1, in characters; absent where the text as a whole is at fault.
    pub(super) position: Option<usize>,
    pub(super) near: Option<Near>,
}

/// A text that may do instead of the refused one; it has not been judged.
pub(super) enum Near {
    /// The same host: the refused text with something removed, or spelt in ASCII.
    Inside(String),
    /// Another name, which its owner would have to register first.
    Another(String),
}

fn inside(text: &str) -> Option<Near> {
    Some(Near::Inside(text.to_owned()))
}

/// The first fault of a text, if it has one.
///
/// What a text *is* comes before what its characters are: a URL is called a URL, and not a name with
/// a bad character at the colon.
pub(super) fn judge(text: &str) -> Result<(), Refusal> {
    if text.len() > TEXT_LIMIT {
        return Err(too_long(text));
    }
    if text.chars().all(is_blank) {
        return Err(Refusal {
            fault: FqdnFault::Empty,
            position: None,
            near: None,
        });
    }
    refuse_wrapping(text)?;
    refuse_other_kinds(text)?;
    refuse_characters(text)?;
    refuse_lengths(text)?;
    refuse_labels(text)
}

fn too_long(text: &str) -> Refusal {
    let fault = FqdnFault::NameTooLong {
        length: text.chars().count(),
    };
    Refusal {
        fault,
        position: Some(NAME_LIMIT + 1),
        near: None,
    }
}

/// The refusal of what begins at a byte offset of the text.
fn at(text: &str, offset: usize, fault: FqdnFault, near: Option<Near>) -> Refusal {
    let before = text
        .get(..offset)
        .map_or(0, |before| before.chars().count());
    Refusal {
        fault,
        position: Some(before + 1),
        near,
    }
}

/// Whether a character leaves no mark on the page: white space, and the invisible ones that web pages
/// and spreadsheets put between words.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Blanks and marks around the text, and blanks within it.
fn refuse_wrapping(text: &str) -> Result<(), Refusal> {
    let trimmed = text.trim_matches(is_blank);
    let blank = text
        .char_indices()
        .find(|&(_, character)| is_blank(character));
    // A scheme makes a URL even of a text with blanks: they are usually in the path.
    if let Some((offset, character)) = blank
        && (trimmed.len() < text.len() || scheme_end(text).is_none())
    {
        let near = if trimmed.len() < text.len() {
            inside(trimmed)
        } else {
            None
        };
        return Err(at(text, offset, FqdnFault::Whitespace { character }, near));
    }
    let unmarked = text.trim_matches(MARKS);
    if unmarked.len() < text.len() {
        let offset = if text.starts_with(MARKS) {
            0
        } else {
            unmarked.len()
        };
        let character = text
            .get(offset..)
            .and_then(|rest| rest.chars().next())
            .unwrap_or_default();
        return Err(at(
            text,
            offset,
            FqdnFault::BadCharacter { character },
            inside(unmarked),
        ));
    }
    Ok(())
}

/// What is well formed, but something else: a URL, an address, an e-mail address, a path, a port.
fn refuse_other_kinds(text: &str) -> Result<(), Refusal> {
    if let Some(scheme_end) = scheme_end(text) {
        let rest = text
            .get(scheme_end..)
            .unwrap_or_default()
            .trim_start_matches([':', '/']);
        let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        return Err(at(text, scheme_end, FqdnFault::Url, inside(host)));
    }
    if let Some(address) = address(text) {
        return Err(Refusal {
            fault: FqdnFault::IpAddress { address },
            position: None,
            near: None,
        });
    }
    if let Some((before, after)) = text.rsplit_once('@') {
        return Err(at(
            text,
            before.len(),
            FqdnFault::EmailAddress,
            inside(after),
        ));
    }
    let separators = ['/', '\\'];
    if let Some(offset) = text.find(separators) {
        let host = text
            .trim_start_matches(separators)
            .split(separators)
            .next()
            .unwrap_or_default();
        return Err(at(text, offset, FqdnFault::Path, inside(host)));
    }
    if let Some((host, port)) = text.split_once(':')
        && port.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(at(text, host.len(), FqdnFault::Port, inside(host)));
    }
    if let Some(offset) = text.find('*') {
        return Err(at(text, offset, FqdnFault::Wildcard, None));
    }
    Ok(())
}

/// The offset of the `://` after a URL's scheme (RFC 3986 §3.1).
fn scheme_end(text: &str) -> Option<usize> {
    let (scheme, _) = text.split_once("://")?;
    let mut bytes = scheme.bytes();
    let begins = bytes.next()?.is_ascii_alphabetic();
    (begins && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)))
        .then_some(scheme.len())
}

/// The address that a text denotes, in any notation: bare, in brackets, with a port,
/// a prefix length (`/24`) or a zone (`%eth0`).
fn address(text: &str) -> Option<IpAddr> {
    let host = text.split('/').next()?;
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(socket) = host.parse::<SocketAddr>() {
        return Some(socket.ip());
    }
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    bare.split('%')
        .next()?
        .parse::<Ipv6Addr>()
        .ok()
        .map(IpAddr::V6)
}

fn refuse_characters(text: &str) -> Result<(), Refusal> {
    let allowed =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '.');
    let Some((offset, character)) = text
        .char_indices()
        .find(|&(_, character)| !allowed(character))
    else {
        return Ok(());
    };
    let (fault, near) = match character {
        '_' => (
            FqdnFault::Underscore,
            Some(Near::Another(text.replace('_', "-"))),
        ),
        '&' => (
            FqdnFault::Ampersand,
            Some(Near::Another(text.replace('&', "-"))),
        ),
        _ if is_dash(character) => (
            FqdnFault::Dash { character },
            Some(Near::Inside(text.replace(is_dash, "-"))),
        ),
        _ if character.is_ascii() => (FqdnFault::BadCharacter { character }, None),
        _ => (
            FqdnFault::NotAscii { character },
            punycode(text).map(Near::Inside),
        ),
    };
    Err(at(text, offset, fault, near))
}

/// Whether a character is a dash that word processors put where a hyphen was typed.
fn is_dash(character: char) -> bool {
    matches!(
        character,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}'
    )
}

/// A name's ASCII form by UTS 46, where it is one that DNS could hold.
fn punycode(text: &str) -> Option<String> {
    // UTS 46 encodes curly quotation marks and bullets too, but no registered name has them.
    let is_punctuation = |character| matches!(character, '\u{2000}'..='\u{206f}');
    if text.contains(is_punctuation) {
        return None;
    }
    idna::domain_to_ascii_strict(text).ok()
}

/// From here on every character is one byte.
fn refuse_lengths(text: &str) -> Result<(), Refusal> {
    if let Some(name) = text.strip_suffix('.')
        && !name.is_empty()
        && !name.ends_with('.')
    {
        return Err(at(text, name.len(), FqdnFault::TrailingDot, inside(name)));
    }
    if text.len() > NAME_LIMIT {
        return Err(too_long(text));
    }
    Ok(())
}

fn refuse_labels(text: &str) -> Result<(), Refusal> {
    let mut offset = 0;
    let mut last = "";
    for label in text.split('.') {
        let end = offset + label.len();
        if label.is_empty() {
            // The dot that has no label before it, or at the very end the one that has none after it.
            let dot = offset.min(text.len().saturating_sub(1));
            let labels: Vec<&str> = text.split('.').filter(|label| !label.is_empty()).collect();
            return Err(at(
                text,
                dot,
                FqdnFault::EmptyLabel,
                Some(Near::Another(labels.join("."))),
            ));
        }
        if label.len() > LABEL_LIMIT {
            let fault = FqdnFault::LabelTooLong {
                length: label.len(),
            };
            return Err(at(text, offset + LABEL_LIMIT, fault, None));
        }
        if label.starts_with('-') {
            return Err(at(
                text,
                offset,
                FqdnFault::LeadingHyphen,
                without_outer_hyphens(text),
            ));
        }
        if label.ends_with('-') {
            return Err(at(
                text,
                end - 1,
                FqdnFault::TrailingHyphen,
                without_outer_hyphens(text),
            ));
        }
        last = label;
        offset = end + 1;
    }
    if !text.contains('.') {
        return Err(Refusal {
            fault: FqdnFault::SingleLabel,
            position: None,
            near: None,
        });
    }
    if is_number(last) {
        return Err(at(
            text,
            text.len() - last.len(),
            FqdnFault::NumericTopLevel,
            None,
        ));
    }
    Ok(())
}

fn without_outer_hyphens(text: &str) -> Option<Near> {
    let labels: Vec<&str> = text
        .split('.')
        .map(|label| label.trim_matches('-'))
        .collect();
    Some(Near::Another(labels.join(".")))
}

/// Whether software that reads old-style IPv4 addresses (`127.1`, `0x7f.1`) would take a last label
/// for a number: all digits (RFC 3696 §2), or hexadecimal as `inet_aton` and the WHATWG URL standard
/// read it.
fn is_number(label: &str) -> bool {
    label.bytes().all(|byte| byte.is_ascii_digit())
        || label
            .strip_prefix("0x")
            .or_else(|| label.strip_prefix("0X"))
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
