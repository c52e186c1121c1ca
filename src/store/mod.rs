//! The only disk: what is read from it and written to it.
//!
//! Here live: bounded reading, and writing that leaves both files or neither. Here does not live: what
//! the bytes mean, the network, and opinions.

#![expect(
    clippy::disallowed_methods,
    reason = "this module is the disk; all others use it"
)]

pub mod bundle;
#[doc(hidden)]
pub mod configuration;
mod fault;
#[doc(hidden)]
pub mod lab;
pub mod crl_cache;
mod mode;
mod named;
mod owner;
pub use owner::UnsafeFolder;

pub mod pair;
/// Reading files, streams and directories, each with a limit.
pub mod read;
#[doc(hidden)]
pub mod scratch;
pub mod set;
#[cfg(unix)]
mod stream;
pub mod trust;
pub mod write;
