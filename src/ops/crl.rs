//! The cache of CRLs: what is fetched into it and imported, what a server needs of it, how fresh it is.

mod bundle;
pub mod check;
pub mod export;
pub mod import;
mod install;
mod known;
pub mod plan;
pub mod remove;
pub mod schedule;
pub mod status;
mod received;
pub mod update;

pub use bundle::TrustBundle;
pub(in crate::ops) use bundle::clients;
pub use install::{objects, read_crl};
pub use known::UnknownEnvironment;
pub use received::{CrlOutcome, Failure, ReceivedCrl};
// The types of its options and answers.
pub use crate::verdict::admission::Rollback;
pub use crate::verdict::freshness::{RefreshPolicy, Urgency};
pub use crate::verdict::plan::Server;

use crate::ops::Context;
use crate::store::crl_cache::{Cache, CacheError};
use crate::store::set::SetError;

/// Why an operation on CRLs failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no environment of this name.
    #[error(transparent)]
    Environment(#[from] UnknownEnvironment),
    /// Neither an environment nor a CA certificate was named.
    #[error("no CA is trusted yet")]
    NothingTrusted,
    /// A generation is to be left out that the environment does not have.
    #[error("there is no generation {asked:?} to leave out; the known ones are {}", known.join(", "))]
    NoSuchGeneration {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: Vec<String>,
    },
    /// There is no folder for a cache.
    #[error("there is no folder for the CRL cache")]
    NoCache,
    /// The cache cannot be read, or another run holds it.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The server's folder cannot be read or written.
    #[error(transparent)]
    Set(#[from] SetError),
    /// The CRLs cannot be written as the server reads them.
    #[error("the CRLs cannot be written")]
    Files(#[from] crate::export::crls::NameError),
    /// A job cannot be written for the scheduler.
    #[error(transparent)]
    Schedule(#[from] schedule::ScheduleProblem),
}

/// The cache that the context names.
fn cache(context: &Context<'_>) -> Result<Cache, Error> {
    let folder = context.cache.as_deref().ok_or(Error::NoCache)?;
    Ok(Cache::open(folder.to_owned()))
}
