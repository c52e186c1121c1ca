//! Distinguished names.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::der::{self, Malformed};
use super::quoted;
use crate::input::{beginning, disturbing};

/// A distinguished name: its DER, and its parts as text.
///
/// Two names are equal when their bytes are. [`Name::matches`] compares as path validation does.
#[derive(Clone)]
pub struct Name(Arc<Read>);

/// What was read of a name; shared, because findings, chains and distribution points repeat it.
struct Read {
    der: Vec<u8>,
    attributes: Vec<Attribute>,
    /// Where each part ends among the attributes, where any part has not just one.
    ends: Option<Vec<usize>>,
}

/// One attribute of a name, such as `CN=a.nhs.uk`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attribute {
    /// The attribute's short name where RFC 4514 or common use has one (`CN`, `O`), else its dotted OID.
    pub kind: Cow<'static, str>,
    /// The value.
    pub value: Value,
    /// Whether the value has characters that its string type does not have, and was read as Latin-1 or UTF-8 instead.
    pub misencoded: bool,
    /// Whether the value is a VisibleString, which no attribute of a name may be (RFC 5280 appendix A.1), and which OpenSSL
    /// refuses.
    pub visible_string: bool,
}

/// An attribute's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// One of ASN.1's character strings, as Unicode.
    Text(String),
    /// Anything else, or a string with characters its type does not have: the value's DER.
    Der(Vec<u8>),
}

/// The parts of a name in the form in which equal names are equal: the attributes of each, by their OID.
pub(crate) type Canonical = Vec<Vec<(Cow<'static, str>, Vec<u8>)>>;

impl Name {
    /// Reads a DER `Name` that fills `bytes` exactly (RFC 5280 section 4.1.2.4).
    ///
    /// A part without attributes, which the standard forbids, is kept as what it is.
    pub(crate) fn read(bytes: &[u8]) -> Result<Name, Malformed> {
        let parts = der::only(bytes, SEQUENCE)?;
        let (mut attributes, mut ends, mut is_usual) = (Vec::new(), Vec::new(), true);
        for part in der::elements(parts) {
            let part = part?;
            if part.identifier != SET {
                return Err(Malformed);
            }
            let start = attributes.len();
            for attribute in der::elements(part.content) {
                attributes.push(Attribute::read(attribute?)?);
            }
            is_usual &= attributes.len() == start + 1;
            ends.push(attributes.len());
        }
        Ok(Name(Arc::new(Read {
            der: bytes.to_vec(),
            attributes,
            ends: (!is_usual).then_some(ends),
        })))
    }

    /// The name without any part.
    pub(crate) fn empty() -> Name {
        Name(Arc::new(Read {
            der: vec![SEQUENCE, 0],
            attributes: Vec::new(),
            ends: None,
        }))
    }

    /// This name with one more relative name below it: how `nameRelativeToCRLIssuer` is resolved (RFC 5280
    /// section 4.2.1.13). `set` is the contents of the RelativeDistinguishedName's SET.
    pub(crate) fn extended(&self, set: &[u8]) -> Result<Name, Malformed> {
        let mut content = der::only(self.der(), 0x30)?.to_vec();
        content.extend(der::wrap(0x31, set));
        Name::read(&der::wrap(0x30, &content))
    }

    /// The name's DER.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The name's relative names, outermost (such as `C` or `O`) first; most hold one attribute.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &[Attribute]> + ExactSizeIterator {
        let Read {
            attributes, ends, ..
        } = self.0.as_ref();
        let count = ends.as_ref().map_or(attributes.len(), Vec::len);
        let end = move |part: usize| match ends {
            None => part + 1,
            Some(ends) => ends.get(part).copied().unwrap_or(0),
        };
        (0..count).map(move |part| {
            let start = part.checked_sub(1).map_or(0, end);
            attributes.get(start..end(part)).unwrap_or_default()
        })
    }

    /// All attributes in the certificate's order.
    pub fn attributes(&self) -> impl DoubleEndedIterator<Item = &Attribute> {
        self.0.attributes.iter()
    }

    /// The text values of one kind of attribute, such as `"CN"`, in the certificate's order.
    pub fn values<'a>(&'a self, kind: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.attributes()
            .filter(move |attribute| attribute.kind == kind)
            .filter_map(|attribute| match &attribute.value {
                Value::Text(text) => Some(text.as_str()),
                Value::Der(_) => None,
            })
    }

    /// The most specific common name: the last `CN`.
    pub fn common_name(&self) -> Option<&str> {
        self.values("CN").next_back()
    }

    /// A short way to call the bearer: its common name, or the whole name where there is none.
    pub fn short(&self) -> String {
        match self.common_name() {
            Some(name) => ended(quoted(looked_at(name))),
            None if self.is_empty() => "(empty name)".to_owned(),
            None => self.to_string(),
        }
    }

    /// Whether the name has no attributes at all.
    pub fn is_empty(&self) -> bool {
        self.0.attributes.is_empty()
    }

    /// Whether both are the same name as path validation compares them: string type, letter case and runs of
    /// spaces do not count (RFC 5280 section 7.1; ASCII case only, as OpenSSL does).
    pub fn matches(&self, other: &Name) -> bool {
        if self.der() == other.der() {
            return true;
        }
        // Names that differ mostly do so in their number of parts, or in the last one.
        let (own, other) = (self.parts(), other.parts());
        own.len() == other.len()
            && own
                .zip(other)
                .rev()
                .all(|(own, other)| parts_match(own, other))
    }

    /// The form in which two matching names are equal.
    pub(crate) fn canonical(&self) -> Canonical {
        self.parts().map(canonical_part).collect()
    }

    /// The name as RFC 4514 writes it: most specific part first, `CN=a.nhs.uk,OU=Devices,O=nhs`.
    pub fn rfc4514(&self) -> String {
        self.join(self.parts().rev(), ",")
    }

    fn join<'a>(&self, parts: impl Iterator<Item = &'a [Attribute]>, separator: &str) -> String {
        // The DER has three octets of an OID and four of headers for `CN=` and a comma.
        let mut text = String::with_capacity(self.der().len().min(2 * TEXT_LIMIT));
        for (i, part) in parts.enumerate() {
            if i > 0 {
                text.push_str(separator);
            }
            if part.is_empty() {
                text.push_str("(empty)");
            }
            for (j, attribute) in part.iter().enumerate() {
                if j > 0 {
                    text.push('+');
                }
                attribute.write(&mut text);
                if text.len() > TEXT_LIMIT {
                    return ended(text);
                }
            }
        }
        text
    }
}

/// The longest text of a name, in octets. The upper bounds of RFC 5280 (appendix A.1) leave a name of ten parts below a
/// kilobyte; a longer one is shortened, because a CA's is repeated for each certificate below it.
const TEXT_LIMIT: usize = 2 * 1024;

/// As much of a text of a stranger's as is looked at for that.
fn looked_at(text: &str) -> &str {
    beginning(text, 2 * TEXT_LIMIT)
}

/// A text that is no longer than the limit; it is seen where it was.
fn ended(mut text: String) -> String {
    if text.len() > TEXT_LIMIT {
        text.truncate(beginning(&text, TEXT_LIMIT).len());
        text.push('…');
    }
    text
}

/// The name in the certificate's own order, `O=nhs, OU=Devices, CN=a.nhs.uk`, with RFC 4514 escapes.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.join(self.parts(), ", "))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.der() == other.der()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.der().hash(state);
    }
}

/// JSON has the RFC 4514 text.
impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc4514())
    }
}

impl schemars::JsonSchema for Name {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Name".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "a distinguished name as RFC 4514 text, of at most 2,048 octets; one that is longer ends in …" })
    }
}

impl Attribute {
    /// Reads an AttributeTypeAndValue.
    fn read(pair: der::Element<'_>) -> Result<Attribute, Malformed> {
        let mut fields = der::elements(pair.content);
        let mut field = || fields.next().ok_or(Malformed)?;
        let (oid, value) = (field()?, field()?);
        if pair.identifier != SEQUENCE || oid.identifier != 0x06 || fields.next().is_some() {
            return Err(Malformed);
        }
        if !der::is_oid(oid.content) {
            return Err(Malformed);
        }
        let visible_string = value.identifier == VISIBLE_STRING;
        let (value, misencoded) = value_of(value);
        Ok(Attribute {
            kind: kind(oid.content, || der::dotted(oid.content)),
            value,
            misencoded,
            visible_string,
        })
    }

    /// Appends `CN=value` with RFC 4514 section 2.4 escapes; control characters, and characters that
    /// reorder text on a terminal, are escaped as well.
    fn write(&self, text: &mut String) {
        text.push_str(looked_at(&self.kind));
        text.push('=');
        match &self.value {
            Value::Der(der) => {
                let der = der.get(..TEXT_LIMIT).unwrap_or(der);
                text.push('#');
                text.push_str(&super::Hex(der).to_string());
            }
            Value::Text(value) if is_plain(looked_at(value)) => text.push_str(looked_at(value)),
            Value::Text(value) => {
                let value = looked_at(value);
                let last = value.chars().count().saturating_sub(1);
                for (i, c) in value.chars().enumerate() {
                    match c {
                        ',' | '+' | '"' | '\\' | '<' | '>' | ';' => text.extend(['\\', c]),
                        '#' if i == 0 => text.push_str("\\#"),
                        ' ' if i == 0 || i == last => text.push_str("\\ "),
                        c if disturbing(c) => {
                            let mut utf8 = [0; 4];
                            for byte in c.encode_utf8(&mut utf8).bytes() {
                                text.push_str(&format!("\\{byte:02X}"));
                            }
                        }
                        c => text.push(c),
                    }
                }
            }
        }
    }
}

/// Whether two parts are equal in [`Name::canonical`], without making it: it is asked of every certificate whether
/// its issuer is itself.
fn parts_match(own: &[Attribute], other: &[Attribute]) -> bool {
    match (own, other) {
        ([own], [other]) if own.kind != other.kind => false,
        (
            [
                Attribute {
                    value: Value::Text(own),
                    ..
                },
            ],
            [
                Attribute {
                    value: Value::Text(other),
                    ..
                },
            ],
        ) => {
            let mut others = other.split_ascii_whitespace();
            own.split_ascii_whitespace().all(|word| {
                others
                    .next()
                    .is_some_and(|other| word.eq_ignore_ascii_case(other))
            }) && others.next().is_none()
        }
        _ => canonical_part(own) == canonical_part(other),
    }
}

/// One part of [`Name::canonical`].
fn canonical_part(part: &[Attribute]) -> Vec<(Cow<'static, str>, Vec<u8>)> {
    let canonical = |attribute: &Attribute| {
        let value = match &attribute.value {
            Value::Text(text) => {
                let words: Vec<&str> = text.split_ascii_whitespace().collect();
                words.join(" ").to_ascii_lowercase().into_bytes()
            }
            Value::Der(der) => der.clone(),
        };
        (attribute.kind.clone(), value)
    };
    let mut attributes: Vec<_> = part.iter().map(canonical).collect();
    attributes.sort();
    attributes
}

/// Whether a value has nothing in it that could want an escape, as nearly all have.
fn is_plain(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    match value.as_bytes() {
        [] => true,
        [first, inner @ .., last] => {
            plain(*first) && plain(*last) && inner.iter().all(|byte| plain(*byte) || *byte == b' ')
        }
        [only] => plain(*only),
    }
}

/// The name of an attribute type: RFC 4514 section 3, and what OpenSSL calls the other common ones.
fn kind(oid: &[u8], dotted: impl FnOnce() -> String) -> Cow<'static, str> {
    let name = match oid {
        [0x55, 4, 3] => "CN",
        [0x55, 4, 4] => "SN",
        [0x55, 4, 5] => "serialNumber",
        [0x55, 4, 6] => "C",
        [0x55, 4, 7] => "L",
        [0x55, 4, 8] => "ST",
        [0x55, 4, 9] => "street",
        [0x55, 4, 10] => "O",
        [0x55, 4, 11] => "OU",
        [0x55, 4, 12] => "title",
        [0x55, 4, 42] => "GN",
        [0x55, 4, 97] => "organizationIdentifier",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1] => "UID",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25] => "DC",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1] => "emailAddress",
        _ => return Cow::Owned(dotted()),
    };
    Cow::Borrowed(name)
}

/// The value as Unicode, and whether its string type does not have the characters that are in it. Such a value is read
/// as UTF-8 where it is that, else as Latin-1: tools that put what was typed into a PrintableString are common, and a
/// name that cannot be shown is of no use.
fn value_of(element: der::Element<'_>) -> (Value, bool) {
    let bytes = element.content;
    let latin_1 = || bytes.iter().copied().map(char::from).collect::<String>();
    let utf_8 = || std::str::from_utf8(bytes).map_or_else(|_| latin_1(), str::to_owned);
    let text = match element.identifier {
        UTF8_STRING => {
            let sound = std::str::from_utf8(bytes).is_ok();
            return (Value::Text(utf_8()), !sound);
        }
        PRINTABLE_STRING | NUMERIC_STRING | IA5_STRING | VISIBLE_STRING => {
            return (Value::Text(utf_8()), !bytes.is_ascii());
        }
        // T.61 is Latin-1 in every certificate that uses it.
        TELETEX_STRING => Some(latin_1()),
        BMP_STRING if bytes.len().is_multiple_of(2) => {
            let units = bytes
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units)
                .collect::<Result<String, _>>()
                .ok()
        }
        UNIVERSAL_STRING if bytes.len().is_multiple_of(4) => bytes
            .chunks_exact(4)
            .map(|four| char::from_u32(u32::from_be_bytes([four[0], four[1], four[2], four[3]])))
            .collect(),
        _ => None,
    };
    match text {
        Some(text) => (Value::Text(text), false),
        None => (Value::Der(element.raw.to_vec()), false),
    }
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const UTF8_STRING: u8 = 0x0c;
const NUMERIC_STRING: u8 = 0x12;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const VISIBLE_STRING: u8 = 0x1a;
const UNIVERSAL_STRING: u8 = 0x1c;
const BMP_STRING: u8 = 0x1e;

#[cfg(test)]
mod tests;
