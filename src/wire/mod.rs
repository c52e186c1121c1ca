//! The only network: downloads, a host for the lab, TLS with both sides authenticated; each with limits on time
//! and size.
//!
//! Everything that goes over a socket lives here. It records and does not judge; the disk and decisions about trust do
//! not live here.

#![expect(
    clippy::disallowed_methods,
    reason = "this module is the network, and limits on time need a monotonic clock, which is not the time of day"
)]

mod deadline;
pub mod fetch;
pub mod host;
#[doc(hidden)]
pub mod lab;
#[doc(hidden)]
pub mod listen;
pub mod probe;
mod socket;
pub mod tls;
