//! Candidate paths from a certificate to the CAs above it, out of a pool in any order.
//!
//! Every link is made from a checked signature, never from names or identifiers alone. What does not lead on
//! is kept as a dead end with its reason. Dates, usages and revocation are not looked at here: that a path
//! exists does not mean that it is good.

mod pool;
mod search;
mod signature;

pub use pool::Found;
pub(crate) use pool::key as name_key;
#[doc(hidden)]
pub use pool::{Member, Pool};
#[doc(hidden)]
pub use search::{Budget, End, Path, Search, search, search_at};
pub(crate) use signature::check_signature;
pub use signature::{is_self_signed, role, signed_by};
