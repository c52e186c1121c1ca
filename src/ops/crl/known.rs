//! Which CAs an environment has.

use std::sync::Arc;

use crate::document::Certificate;
use crate::environment::{Environment, Facts};
use crate::ops::verify;
pub use crate::ops::verify::UnknownEnvironment;
use crate::verdict::admission::Authorities;

/// The environment of this name, where one is named.
pub(in crate::ops) fn environment<'f>(
    id: Option<&str>,
    facts: &'f Facts,
) -> Result<Option<&'f Environment>, UnknownEnvironment> {
    id.map(|id| verify::environment(id, facts)).transpose()
}

/// The CAs that issue for an environment's endpoints, and the roots above them.
pub(in crate::ops) fn authorities_of(
    environment: &Environment,
    facts: &Facts,
) -> Vec<Arc<Certificate>> {
    let all = facts.authorities.iter();
    all.filter(|authority| authority.serves(environment))
        .filter_map(|authority| authority.certificate().cloned())
        .collect()
}

/// The CAs that are known, with those that were given. If an environment is named, the CRLs of other environments are not wanted.
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
