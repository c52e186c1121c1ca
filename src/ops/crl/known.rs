//! Which CAs an environment has.

use std::sync::Arc;

use crate::document::Certificate;
use crate::environment::{AuthorityPurpose, AuthorityRole, Environment, Facts};
use crate::verdict::admission::Authorities;

/// There is no environment of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no environment {id:?}; the known ones are {}", known.join(", "))]
pub struct UnknownEnvironment {
    /// The name that was given.
    pub id: String,
    /// The names that there are.
    pub known: Vec<String>,
}

/// The environment of this name, where one is named.
pub(in crate::ops) fn environment<'f>(
    id: Option<&str>,
    facts: &'f Facts,
) -> Result<Option<&'f Environment>, UnknownEnvironment> {
    let Some(id) = id else { return Ok(None) };
    let found = facts.environment(&id.to_ascii_lowercase());
    found.map(Some).ok_or_else(|| UnknownEnvironment {
        id: id.to_owned(),
        known: facts
            .environments
            .iter()
            .map(|known| known.id.clone())
            .collect(),
    })
}

/// The CAs that issue for an environment's endpoints, and the roots above them.
pub(in crate::ops) fn authorities_of(
    environment: &Environment,
    facts: &Facts,
) -> Vec<Arc<Certificate>> {
    let of_it = facts.authorities.iter().filter(|authority| {
        let issues = authority.environments.contains(&environment.id);
        authority.hierarchy == environment.hierarchy
            && authority.purpose == AuthorityPurpose::Endpoint
            && (issues || authority.role == AuthorityRole::Root)
    });
    of_it
        .filter_map(|authority| authority.certificate().cloned())
        .collect()
}

/// The CAs that are known, with those that were given. Whoever names an environment wants the CRLs of no other one's.
pub(in crate::ops) fn authorities(
    environment: Option<&Environment>,
    facts: &Facts,
    issuers: &[Arc<Certificate>],
) -> Authorities {
    let Some(environment) = environment else {
        return Authorities::new(facts, issuers, &[]);
    };
    let mut known = authorities_of(environment, facts);
    known.extend(issuers.iter().cloned());
    Authorities::new(&Facts::default(), &known, &[])
}
