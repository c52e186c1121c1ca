//! The fault table of `crl update`: each row a real server on loopback that misbehaves in one way.
//!
//! Whatever the server does, the run ends in time with a status that a scheduler can act on, a sentence that names the
//! cause, and the CRLs that were installed before.

mod alternates;
mod answers;
mod bodies;
#[cfg(unix)]
mod damaged;
mod deltas;
mod crls;
mod hostile;
mod renewals;
mod rig;
mod runs;
