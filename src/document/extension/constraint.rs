//! What a CA certificate may be used for: basic, name and policy constraints.

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::extensions as parsed;

use super::GeneralName;
use crate::document::der;

/// Whether the subject is a CA, and how many CAs may follow it (RFC 5280 section 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct BasicConstraints {
    /// Whether the subject may issue certificates.
    pub ca: bool,
    /// How many further CA certificates may follow below this one, self-issued ones not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_length: Option<u32>,
}

impl BasicConstraints {
    pub(in crate::document) fn of_parsed(parsed: &parsed::BasicConstraints) -> BasicConstraints {
        BasicConstraints {
            ca: parsed.ca,
            path_length: parsed.path_len_constraint,
        }
    }
}

/// Which names the certificates below a CA may have (RFC 5280 section 4.2.1.10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct NameConstraints {
    /// The subtrees that names must be in, kind by kind.
    pub permitted: Vec<GeneralName>,
    /// The subtrees that names must not be in.
    pub excluded: Vec<GeneralName>,
}

impl NameConstraints {
    /// Whether every subtree of the extension's value was read.
    pub(in crate::document) fn is_all(parsed: &parsed::NameConstraints<'_>, value: &[u8]) -> bool {
        let count =
            |trees: &Option<Vec<parsed::GeneralSubtree<'_>>>| trees.iter().flatten().count();
        let read = count(&parsed.permitted_subtrees) + count(&parsed.excluded_subtrees);
        let lists = der::only(value, 0x30).map(der::elements);
        let found = lists.into_iter().flatten().flatten();
        let found = found.flat_map(|list| der::elements(list.content)).count();
        read == found
    }

    pub(in crate::document) fn of_parsed(parsed: &parsed::NameConstraints<'_>) -> NameConstraints {
        let names = |trees: &Option<Vec<parsed::GeneralSubtree<'_>>>| {
            trees
                .iter()
                .flatten()
                .map(|tree| GeneralName::of_parsed(&tree.base))
                .collect()
        };
        NameConstraints {
            permitted: names(&parsed.permitted_subtrees),
            excluded: names(&parsed.excluded_subtrees),
        }
    }
}

/// After how many further certificates policies must be explicit or may not be mapped (RFC 5280 section 4.2.1.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct PolicyConstraints {
    /// Further certificates until an explicit policy is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_explicit_policy: Option<u32>,
    /// Further certificates until mapping is forbidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inhibit_policy_mapping: Option<u32>,
}

impl PolicyConstraints {
    pub(in crate::document) fn of_parsed(parsed: &parsed::PolicyConstraints) -> PolicyConstraints {
        PolicyConstraints {
            require_explicit_policy: parsed.require_explicit_policy,
            inhibit_policy_mapping: parsed.inhibit_policy_mapping,
        }
    }
}
