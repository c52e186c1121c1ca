//! Host names that are safe in a request, in a file name and in a handshake.
//!
//! An [`Fqdn`] is the proof that its text was checked against RFC 1035 and RFC 1123; code that holds one
//! need not check again. A text that is not a name is refused with its fault, its position and,
//! where the text contains or resembles a name, that name ([`FqdnError`]).
//!
//! What the NHS asks beyond that is a CRL of findings ([`naming_faults`]) and not a part of parsing,
//! so that an `Fqdn` can be any host on the internet. Nothing here looks a name up: an `Fqdn` need
//! not exist in DNS.

mod environment_hint;
mod naming;
mod parse;
#[cfg(test)]
mod properties;
mod refusal;
#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod wrapping_tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use environment_hint::environment_hint;
pub use naming::{
    COMMON_NAME_LIMIT, MESH_SUFFIX, NHS_SUFFIX, NamingFault, THIRD_PARTY_SUFFIX, naming_faults,
};
pub use parse::{LABEL_LIMIT, NAME_LIMIT};
pub use refusal::{FqdnError, FqdnFault};

/// A fully qualified host name, in lower case and without a dot at its end.
///
/// Guaranteed: ASCII; at most [`NAME_LIMIT`] characters; two labels or more, each of 1 to
/// [`LABEL_LIMIT`] letters, digits and hyphens, with no hyphen at either end; a last label that no
/// software reads as a number (RFC 1035 §2.3.4, RFC 1123 §2.1, RFC 3696 §2). It is therefore also a
/// safe file name on every system. Not guaranteed: that it exists, that it is under `nhs.uk`
/// ([`naming_faults`]), or that a label beginning with `xn--` is sound punycode.
///
/// Names are ordered as text, so that `a.nhs.uk` and `b.a.nhs.uk` need not be neighbours.
///
/// ```
/// use ptl_cert::fqdn::Fqdn;
///
/// let name = Fqdn::parse("INT.api.service.nhs.uk")?;
/// assert_eq!(name.as_str(), "int.api.service.nhs.uk");
///
/// let refusal = Fqdn::parse("https://int.api.service.nhs.uk:443/").unwrap_err();
/// assert_eq!(refusal.remedy(), "give the host name in it: int.api.service.nhs.uk");
/// # Ok::<(), ptl_cert::fqdn::FqdnError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fqdn(String);

impl Fqdn {
    /// Reads a host name, and lower-cases it (RFC 4343: DNS does not tell the cases apart).
    ///
    /// Nothing else is changed: a text that merely contains a name is refused, and the name is offered
    /// in [`FqdnError::offered`], because a certificate must hold only what the user wrote.
    ///
    /// # Errors
    /// [`FqdnError`] names the first fault of [`FqdnFault`] that the text has. Time and memory are
    /// bounded, however long the text is.
    pub fn parse(text: &str) -> Result<Fqdn, FqdnError> {
        match parse::judge(text) {
            Ok(()) => Ok(Fqdn(text.to_ascii_lowercase())),
            Err(refusal) => Err(FqdnError::new(
                text,
                refusal.fault,
                refusal.position,
                refusal.near.and_then(offer),
            )),
        }
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The labels from left to right: two or more, none of them empty.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// Whether the name is `suffix` itself or has it as its last labels, in any case of letters.
    ///
    /// Whole labels are compared (`mynhs.uk` is not under `nhs.uk`), as for a name constraint in
    /// RFC 5280 §4.2.1.10. `suffix` is written without a dot at either end; one that is empty or has
    /// such a dot has no name under it.
    pub fn is_under(&self, suffix: &str) -> bool {
        let mut labels = self.0.rsplit('.');
        suffix.rsplit('.').all(|wanted| {
            labels
                .next()
                .is_some_and(|label| label.eq_ignore_ascii_case(wanted))
        })
    }
}

/// The most wrappings removed from one text: quotation marks, a URL, a port, a final dot and
/// punycode can occur together; no real input has more.
const WRAPPING_LIMIT: usize = 8;

/// The name to offer for a refused text, when it is a name.
fn offer(near: parse::Near) -> Option<Fqdn> {
    let mut text = match near {
        parse::Near::Inside(text) => text,
        parse::Near::Another(text) => {
            return parse::judge(&text)
                .is_ok()
                .then(|| Fqdn(text.to_ascii_lowercase()));
        }
    };
    for _ in 0..WRAPPING_LIMIT {
        match parse::judge(&text) {
            Ok(()) => return Some(Fqdn(text.to_ascii_lowercase())),
            Err(parse::Refusal {
                near: Some(parse::Near::Inside(inner)),
                ..
            }) => text = inner,
            Err(_) => return None,
        }
    }
    None
}

impl fmt::Display for Fqdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Fqdn {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Fqdn {
    type Err = FqdnError;

    fn from_str(text: &str) -> Result<Fqdn, FqdnError> {
        Fqdn::parse(text)
    }
}

impl Serialize for Fqdn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Fqdn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Fqdn, D::Error> {
        let text = String::deserialize(deserializer)?;
        Fqdn::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Fqdn {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Fqdn".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "maxLength": NAME_LIMIT })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Fqdn {
        Fqdn::parse(text).unwrap()
    }

    #[test]
    fn a_supplier_s_endpoint_name_is_accepted() {
        assert_eq!(
            name("gpc-int-a1b2c.acme.thirdparty.nhs.uk").as_str(),
            "gpc-int-a1b2c.acme.thirdparty.nhs.uk"
        );
    }

    #[test]
    fn capitals_become_lower_case() {
        assert_eq!(
            name("INT.API.Service.NHS.uk").to_string(),
            "int.api.service.nhs.uk"
        );
    }

    #[test]
    fn a_label_may_begin_with_a_digit() {
        assert!(Fqdn::parse("3com.nhs.uk").is_ok());
    }

    #[test]
    fn a_punycode_name_is_accepted() {
        assert!(Fqdn::parse("xn--caf-dma.nhs.uk").is_ok());
    }

    #[test]
    fn a_host_outside_the_nhs_is_accepted() {
        assert!(Fqdn::parse("www.example.com").is_ok());
    }

    #[test]
    fn a_label_of_63_characters_is_accepted() {
        assert!(Fqdn::parse(&format!("{}.nhs.uk", "a".repeat(63))).is_ok());
    }

    #[test]
    fn a_name_of_253_characters_is_accepted() {
        let text = format!("{}aaaaaa.uk", "a123456789.".repeat(22) + "z");
        let text = format!("{}{text}", "b".repeat(253 - text.len()));
        assert_eq!(text.len(), 253);
        assert!(Fqdn::parse(&text).is_ok());
    }

    #[test]
    fn labels_come_from_left_to_right() {
        assert_eq!(
            name("a.b.nhs.uk").labels().collect::<Vec<_>>(),
            ["a", "b", "nhs", "uk"]
        );
    }

    #[test]
    fn a_name_is_under_its_parent() {
        assert!(name("a.thirdparty.nhs.uk").is_under("nhs.uk"));
    }

    #[test]
    fn a_name_is_under_itself() {
        assert!(name("nhs.uk").is_under("nhs.uk"));
    }

    #[test]
    fn a_suffix_is_compared_in_any_case() {
        assert!(name("a.nhs.uk").is_under("NHS.UK"));
    }

    #[test]
    fn a_suffix_ends_at_a_label() {
        assert!(!name("mynhs.uk").is_under("nhs.uk"));
    }

    #[test]
    fn a_name_is_not_under_its_child() {
        assert!(!name("nhs.uk").is_under("a.nhs.uk"));
    }

    #[test]
    fn nothing_is_under_the_empty_suffix() {
        assert!(!name("a.nhs.uk").is_under(""));
    }

    #[test]
    fn a_name_serialises_as_a_string() {
        assert_eq!(
            serde_json::to_string(&name("A.nhs.uk")).unwrap(),
            r#""a.nhs.uk""#
        );
    }

    #[test]
    fn a_name_keeps_to_a_column_s_width() {
        assert_eq!(format!("{:10}|", name("a.nhs.uk")), "a.nhs.uk  |");
    }
}
