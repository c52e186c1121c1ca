//! The cache of CRLs: what is fetched into it and imported.

pub mod check;
pub mod import;
mod install;
mod known;
mod taken;
pub mod update;

pub use install::{objects, read_crl};
pub use known::UnknownEnvironment;
pub use taken::{Became, Failure, Taken};
