//! Distinguished names.

use super::der;

/// A name, from its most general part to its most specific, each of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab) struct Dn(Vec<(&'static str, String)>);

const COUNTRY: &str = "2.5.4.6";
const ORGANISATION: &str = "2.5.4.10";
const UNIT: &str = "2.5.4.11";
const COMMON_NAME: &str = "2.5.4.3";

impl Dn {
    /// `O=…, OU=…, CN=…`, the shape of all NHS names, below a country in the second generation.
    pub(in crate::lab) fn new(
        country: Option<&str>,
        organisation: &str,
        unit: &str,
        common_name: &str,
    ) -> Dn {
        let country = country.map(|country| (COUNTRY, country.to_owned()));
        let others = [
            (ORGANISATION, organisation.to_owned()),
            (UNIT, unit.to_owned()),
            (COMMON_NAME, common_name.to_owned()),
        ];
        Dn(country.into_iter().chain(others).collect())
    }

    /// The name of an endpoint.
    pub(in crate::lab) fn device(common_name: &str) -> Dn {
        Dn::new(None, "lab", "Devices", common_name)
    }

    /// An empty name.
    pub(in crate::lab) fn empty() -> Dn {
        Dn(vec![
            (ORGANISATION, "lab".to_owned()),
            (UNIT, "Devices".to_owned()),
        ])
    }

    /// The name with one more part below it.
    pub(in crate::lab) fn below(&self, common_name: &str) -> Dn {
        let mut parts = self.0.clone();
        parts.push((COMMON_NAME, common_name.to_owned()));
        Dn(parts)
    }

    /// The name in DER.
    pub(in crate::lab) fn der(&self) -> Vec<u8> {
        let parts: Vec<Vec<u8>> = self
            .0
            .iter()
            .map(|(kind, value)| der::set(&attribute(kind, value)))
            .collect();
        der::sequence(&parts)
    }
}

/// An AttributeTypeAndValue that holds a common name: a whole relative name.
pub(super) fn relative(common_name: &str) -> Vec<u8> {
    attribute(COMMON_NAME, common_name)
}

/// RFC 5280 section 4.1.2.4: UTF8String, but a country is a PrintableString.
fn attribute(kind: &str, value: &str) -> Vec<u8> {
    let string = if kind == COUNTRY { 0x13 } else { 0x0c };
    der::sequence(&[der::oid(kind), der::wrap(string, value.as_bytes())])
}
