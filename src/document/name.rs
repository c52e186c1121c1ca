//! Distinguished names.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};
use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::der::{self, Malformed};
use super::value::{disturbing, printable};

/// A distinguished name: its DER, and its parts as text.
///
/// Two names are equal when their bytes are. [`Name::matches`] compares as path validation does.
#[derive(Clone)]
pub struct Name {
    der: Vec<u8>,
    parts: Vec<Vec<Attribute>>,
}

/// One attribute of a name, such as `CN=a.nhs.uk`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The attribute's short name where RFC 4514 or common use has one (`CN`, `O`), else its dotted OID.
    pub kind: Cow<'static, str>,
    /// The value.
    pub value: Value,
}

/// An attribute's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// One of ASN.1's character strings, as Unicode.
    Text(String),
    /// Anything else, or a string with characters its type does not have: the value's DER.
    Der(Vec<u8>),
}

impl Name {
    /// Reads a DER `Name` that fills `bytes` exactly.
    pub(crate) fn read(bytes: &[u8]) -> Result<Name, Malformed> {
        match X509Name::from_der(bytes) {
            Ok(([], name)) => Ok(Name::from_parsed(&name)),
            _ => Err(Malformed),
        }
    }

    /// Takes over what `x509-parser` has read.
    pub(crate) fn from_parsed(name: &X509Name<'_>) -> Name {
        let parts = name
            .iter_rdn()
            .map(|set| {
                set.iter()
                    .map(|pair| Attribute {
                        kind: kind(pair.attr_type().as_bytes(), || {
                            pair.attr_type().to_id_string()
                        }),
                        value: value(pair.attr_value()),
                    })
                    .collect()
            })
            .collect();
        Name {
            der: name.as_raw().to_vec(),
            parts,
        }
    }

    /// This name with one more relative name below it: how `nameRelativeToCRLIssuer` is resolved (RFC 5280
    /// section 4.2.1.13). `set` is the contents of the RelativeDistinguishedName's SET.
    pub(crate) fn extended(&self, set: &[u8]) -> Result<Name, Malformed> {
        let mut content = der::only(&self.der, 0x30)?.to_vec();
        content.extend(der::wrap(0x31, set));
        Name::read(&der::wrap(0x30, &content))
    }

    /// The name's DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The name's relative names, outermost (such as `C` or `O`) first; most hold one attribute.
    pub fn parts(&self) -> &[Vec<Attribute>] {
        &self.parts
    }

    /// All attributes in the certificate's order.
    pub fn attributes(&self) -> impl DoubleEndedIterator<Item = &Attribute> {
        self.parts.iter().flatten()
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
            Some(name) => printable(name),
            None if self.is_empty() => "(empty name)".to_owned(),
            None => self.to_string(),
        }
    }

    /// Whether the name has no attributes at all.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether both are the same name as path validation compares them: string type, letter case and runs of
    /// spaces do not count (RFC 5280 section 7.1; ASCII case only, as OpenSSL does).
    pub fn matches(&self, other: &Name) -> bool {
        if self.der == other.der {
            return true;
        }
        // Names that differ mostly do so in their number of parts, or in the last one.
        self.parts.len() == other.parts.len()
            && self
                .parts
                .iter()
                .zip(&other.parts)
                .rev()
                .all(|(own, other)| canonical_part(own) == canonical_part(other))
    }

    /// The form in which two matching names are equal.
    pub(crate) fn canonical(&self) -> Vec<Vec<(Cow<'static, str>, Vec<u8>)>> {
        self.parts.iter().map(|part| canonical_part(part)).collect()
    }

    /// The name as RFC 4514 writes it: most specific part first, `CN=a.nhs.uk,OU=Devices,O=nhs`.
    pub fn rfc4514(&self) -> String {
        self.join(self.parts.iter().rev(), ",")
    }

    fn join<'a>(&self, parts: impl Iterator<Item = &'a Vec<Attribute>>, separator: &str) -> String {
        let mut text = String::new();
        for (i, part) in parts.enumerate() {
            if i > 0 {
                text.push_str(separator);
            }
            for (j, attribute) in part.iter().enumerate() {
                if j > 0 {
                    text.push('+');
                }
                attribute.write(&mut text);
            }
        }
        text
    }
}

/// The name in the certificate's own order, `O=nhs, OU=Devices, CN=a.nhs.uk`, with RFC 4514 escapes.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.join(self.parts.iter(), ", "))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.der == other.der
    }
}

impl Eq for Name {}

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
        schemars::json_schema!({ "type": "string", "description": "a distinguished name as RFC 4514 text" })
    }
}

impl Attribute {
    /// Appends `CN=value` with RFC 4514 section 2.4 escapes; control characters, and characters that
    /// reorder text on a terminal, are escaped as well.
    fn write(&self, text: &mut String) {
        text.push_str(&self.kind);
        text.push('=');
        match &self.value {
            Value::Der(der) => {
                text.push('#');
                text.push_str(&super::Hex(der).to_string());
            }
            Value::Text(value) if is_plain(value) => text.push_str(value),
            Value::Text(value) => {
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

/// The value as Unicode where its string type allows it.
fn value(any: &Any<'_>) -> Value {
    let bytes = any.data;
    let text = match any.header.tag() {
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::NumericString
        | Tag::Ia5String
        | Tag::VisibleString => std::str::from_utf8(bytes).ok().map(str::to_owned),
        // T.61 is Latin-1 in every certificate that uses it.
        Tag::TeletexString => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString if bytes.len().is_multiple_of(2) => {
            let units = bytes
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units)
                .collect::<Result<String, _>>()
                .ok()
        }
        Tag::UniversalString if bytes.len().is_multiple_of(4) => bytes
            .chunks_exact(4)
            .map(|four| char::from_u32(u32::from_be_bytes([four[0], four[1], four[2], four[3]])))
            .collect(),
        _ => None,
    };
    match text {
        Some(text) => Value::Text(text),
        None => {
            let identifier = u8::try_from(any.header.tag().0).unwrap_or(0x1f) & 0x1f;
            let constructed = if any.header.is_constructed() { 0x20 } else { 0 };
            let class = (any.header.class() as u8) << 6;
            Value::Der(der::wrap(class | constructed | identifier, bytes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name of one-attribute parts, from (last OID octet under 2.5.4, string tag, bytes).
    fn name(parts: &[(u8, u8, &[u8])]) -> Name {
        let parts: Vec<u8> = parts
            .iter()
            .flat_map(|(oid, tag, bytes)| {
                let pair = [vec![6, 3, 0x55, 4, *oid], der::wrap(*tag, bytes)].concat();
                der::wrap(0x31, &der::wrap(0x30, &pair))
            })
            .collect();
        Name::read(&der::wrap(0x30, &parts)).unwrap()
    }

    #[test]
    fn rfc_4514_text_begins_with_the_most_specific_part() {
        let name = name(&[
            (10, 12, b"nhs"),
            (11, 12, b"CA"),
            (3, 12, b"NHS INT Level 1C"),
        ]);
        assert_eq!(name.rfc4514(), "CN=NHS INT Level 1C,OU=CA,O=nhs");
        assert_eq!(name.to_string(), "O=nhs, OU=CA, CN=NHS INT Level 1C");
    }

    #[test]
    fn special_and_control_characters_are_escaped() {
        let name = name(&[(10, 12, b"#a, b\\c\x1b[31m ")]);
        assert_eq!(name.rfc4514(), "O=\\#a\\, b\\\\c\\1B[31m\\ ");
    }

    #[test]
    fn string_type_case_and_spaces_do_not_count_in_matching_but_do_in_equality() {
        let utf8 = name(&[(10, 12, b"NHS  Root")]);
        let printable = name(&[(10, 19, b" nhs root")]);
        assert!(utf8.matches(&printable));
        assert_ne!(utf8, printable);
    }

    #[test]
    fn a_bmp_string_is_read_as_utf_16() {
        assert_eq!(
            name(&[(3, 30, &[0, b'a', 0x20, 0xac])]).common_name(),
            Some("a€")
        );
    }

    #[test]
    fn a_value_that_is_no_string_is_kept_as_der() {
        assert_eq!(name(&[(3, 2, &[5])]).rfc4514(), "CN=#020105");
    }

    #[test]
    fn a_relative_name_is_put_below_the_issuer() {
        let issuer = name(&[(10, 12, b"nhs"), (3, 12, b"CA")]);
        let whole = name(&[(10, 12, b"nhs"), (3, 12, b"CA"), (3, 12, b"CRL1")]);
        let pair = [vec![6, 3, 0x55, 4, 3], der::wrap(12, b"CRL1")].concat();
        assert_eq!(issuer.extended(&der::wrap(0x30, &pair)).unwrap(), whole);
    }
}
