//! How an environment that there is not is refused.

pub(crate) use super::refuse;
use ptl_cert::environment::Facts;
use ptl_cert::ops::verify;

/// Names the environments there are instead of one that there is not.
pub(crate) fn unknown(id: &str, facts: &Facts) -> String {
    match verify::environment(id, facts) {
        Ok(known) => known.id.clone(),
        Err(unknown) => unknown.to_string(),
    }
}
