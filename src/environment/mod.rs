//! The NHS facts, as data: environments, their hosts, their hierarchies and the pinned CAs of each generation.
//!
//! Nothing outside the data files knows an environment by name. A user's own file ([`Facts::extended`]) can
//! correct or extend what is built in, so a new generation needs no new program.

mod authority;
mod built_in;
mod facts;
mod toml_fault;

#[cfg(test)]
mod page_tests;

pub use authority::{Authority, AuthorityPurpose, AuthorityRole, HostNames, NHS};
pub(crate) use toml_fault::TomlFault;

pub use facts::{Environment, Facts, FactsError};
