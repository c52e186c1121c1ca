//! General names (RFC 5280 section 4.2.1.6): the names of subjects, issuers, CRLs and addresses.

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use x509_parser::extensions::GeneralName as Parsed;

use crate::document::der::{Malformed, dotted};
use crate::document::{Hex, HexBytes, Name, quoted};
use crate::input::shortened;

/// One name of any of the kinds RFC 5280 has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
#[non_exhaustive]
pub enum GeneralName {
    /// A host name.
    Dns(String),
    /// An e-mail address.
    Email(String),
    /// A URI.
    Uri(String),
    /// An IP address, or in name constraints an address with its mask.
    Ip(IpAddress),
    /// A distinguished name.
    DirectoryName(Name),
    /// An OID.
    RegisteredId(String),
    /// A name of a private kind, such as a Microsoft user principal name.
    OtherName {
        /// The kind's dotted OID.
        oid: String,
        /// Its value's DER.
        der: HexBytes,
    },
    /// X.400 address, EDI party name, or bytes that are not what their tag says.
    Unread {
        /// The context-specific tag number.
        tag: u32,
        /// The contents.
        der: HexBytes,
    },
}

impl GeneralName {
    pub(super) fn all_in(parsed: &[Parsed<'_>]) -> Vec<GeneralName> {
        parsed.iter().map(GeneralName::of_parsed).collect()
    }
}

/// The longest name, in octets, that is repeated in full for every certificate that something is said of.
const SHOWN_LIMIT: usize = 1024;

impl GeneralName {
    /// As it is shown where it is said of many certificates: a very long one shortened.
    #[must_use]
    pub(crate) fn shortened(self) -> GeneralName {
        let text = |text: String| match shortened(&text, SHOWN_LIMIT) {
            Cow::Borrowed(_) => text,
            Cow::Owned(shortened) => shortened,
        };
        let octets = |Hex(mut octets): HexBytes| {
            octets.truncate(SHOWN_LIMIT);
            Hex(octets)
        };
        match self {
            GeneralName::Dns(name) => GeneralName::Dns(text(name)),
            GeneralName::Email(name) => GeneralName::Email(text(name)),
            GeneralName::Uri(name) => GeneralName::Uri(text(name)),
            GeneralName::RegisteredId(oid) => GeneralName::RegisteredId(text(oid)),
            GeneralName::OtherName { oid, der } => GeneralName::OtherName {
                oid: text(oid),
                der: octets(der),
            },
            GeneralName::Unread { tag, der } => GeneralName::Unread {
                tag,
                der: octets(der),
            },
            // The text of a name ends somewhere.
            name @ (GeneralName::Ip(_) | GeneralName::DirectoryName(_)) => name,
        }
    }
}

impl GeneralName {
    pub(in crate::document) fn of_parsed(parsed: &Parsed<'_>) -> GeneralName {
        match parsed {
            Parsed::DNSName(text) => GeneralName::Dns((*text).to_owned()),
            Parsed::RFC822Name(text) => GeneralName::Email((*text).to_owned()),
            Parsed::URI(text) => GeneralName::Uri((*text).to_owned()),
            Parsed::IPAddress(bytes) => GeneralName::Ip(IpAddress(bytes.to_vec())),
            Parsed::DirectoryName(name) => match Name::read(name.as_raw()) {
                Ok(name) => GeneralName::DirectoryName(name),
                Err(Malformed) => GeneralName::Unread {
                    tag: 4,
                    der: Hex(name.as_raw().to_vec()),
                },
            },
            Parsed::RegisteredID(oid) => GeneralName::RegisteredId(dotted(oid.as_bytes())),
            Parsed::OtherName(oid, der) => GeneralName::OtherName {
                oid: dotted(oid.as_bytes()),
                der: Hex(der.to_vec()),
            },
            Parsed::X400Address(any) | Parsed::EDIPartyName(any) => GeneralName::Unread {
                tag: any.tag().0,
                der: Hex(any.data.to_vec()),
            },
            Parsed::Invalid(tag, der) => GeneralName::Unread {
                tag: tag.0,
                der: Hex(der.to_vec()),
            },
        }
    }
}

impl GeneralName {
    /// Whether its bytes are not what its kind says: an address of another length than 4 or 16 octets (RFC 5280
    /// section 4.2.1.6), or text with other characters than ASCII's.
    pub fn is_malformed(&self) -> bool {
        /// x400Address and ediPartyName, which are not read.
        const PASSED_OVER: [u32; 2] = [3, 5];
        match self {
            GeneralName::Ip(IpAddress(octets)) => !matches!(octets.len(), 4 | 16),
            GeneralName::Unread { tag, .. } => !PASSED_OVER.contains(tag),
            _ => false,
        }
    }
}

/// `DNS a.nhs.uk`, `URI http://…`: the kind and the value, safe for a terminal.
impl GeneralName {
    /// The name without the kind of name it is, safe to print, where a person can tell the kind from the name: a URI, a
    /// directory entry. Others as `Display` has them.
    pub fn bare(&self) -> String {
        match self {
            GeneralName::Uri(uri) => spaced(uri),
            GeneralName::DirectoryName(name) => name.to_string(),
            other => other.to_string(),
        }
    }

    /// The same where the name is a URI; `directory name O=…` of others.
    pub(crate) fn source(&self) -> String {
        match self {
            GeneralName::Uri(uri) => spaced(uri),
            other => other.to_string(),
        }
    }
}

/// The text; in double quotes where it has a space, which none of these kinds may have.
fn spaced(text: &str) -> String {
    match text.contains(' ') {
        true if text.trim() == text => format!("\"{}\"", quoted(text)),
        _ => quoted(text),
    }
}

impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GeneralName::Dns(text) => write!(f, "DNS {}", spaced(text)),
            GeneralName::Email(text) => write!(f, "e-mail {}", spaced(text)),
            GeneralName::Uri(text) => write!(f, "URI {}", spaced(text)),
            GeneralName::Ip(address) => write!(f, "IP {address}"),
            GeneralName::DirectoryName(name) => write!(f, "directory name {name}"),
            GeneralName::RegisteredId(oid) => write!(f, "registered ID {oid}"),
            GeneralName::OtherName { oid, der } => write!(f, "other name {oid} {der}"),
            GeneralName::Unread { tag, der } => write!(f, "unread name [{tag}] {der}"),
        }
    }
}

/// The 4 or 16 octets of an address, or 8 or 32 with a mask (RFC 5280 section 4.2.1.10); any other
/// length is kept and shown as hex.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IpAddress(pub Vec<u8>);

impl fmt::Display for IpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn text(bytes: &[u8]) -> Option<String> {
            if let Ok(four) = <[u8; 4]>::try_from(bytes) {
                return Some(Ipv4Addr::from(four).to_string());
            }
            <[u8; 16]>::try_from(bytes)
                .ok()
                .map(|sixteen| Ipv6Addr::from(sixteen).to_string())
        }
        let (address, mask) = self.0.split_at(match self.0.len() {
            8 => 4,
            32 => 16,
            other => other,
        });
        match (text(address), text(mask)) {
            (Some(address), None) if mask.is_empty() => f.write_str(&address),
            (Some(address), Some(mask)) => write!(f, "{address}/{mask}"),
            _ => write!(f, "#{}", Hex(&self.0)),
        }
    }
}

impl Serialize for IpAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for IpAddress {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "IpAddress".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_masks_and_odd_lengths_are_all_shown() {
        assert_eq!(IpAddress(vec![10, 0, 0, 1]).to_string(), "10.0.0.1");
        assert_eq!(
            IpAddress(vec![10, 0, 0, 0, 255, 0, 0, 0]).to_string(),
            "10.0.0.0/255.0.0.0"
        );
        assert_eq!(IpAddress(vec![1, 2, 3]).to_string(), "#010203");
    }

    #[test]
    fn a_registered_name_below_2_is_written_with_its_own_arcs() {
        let oid = x509_parser::asn1_rs::Oid::new((&[0x88, 0x37, 3]).into());
        assert_eq!(
            GeneralName::of_parsed(&Parsed::RegisteredID(oid)),
            GeneralName::RegisteredId("2.999.3".to_owned())
        );
    }
}
