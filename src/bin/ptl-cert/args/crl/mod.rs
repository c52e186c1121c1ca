//! `ptl-cert crl`, as typed.

mod check;
mod export;
mod import;
mod plan;
mod remove;
mod schedule;
mod status;
mod update;

pub(crate) use check::Check;
pub(crate) use export::Export;
pub(crate) use import::Import;
pub(crate) use plan::{Bundle, Plan, Targets};
pub(crate) use remove::Remove;
pub(crate) use schedule::Schedule;
pub(crate) use status::Status;
pub(crate) use update::Update;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use ptl_cert::ops::crl::Rollback;
use ptl_cert::wire::fetch::Limits;
use time::OffsetDateTime;

use super::parse;

/// Fetch, check, monitor and export revocation lists (CRLs)
///
/// A CRL is installed only once it has been read in full and its signature, issuer, scope and dates have been
/// checked. It is never replaced by an older one; the installed CRL stays until a newer, valid one arrives.
#[derive(Debug, Args)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = crate::args::MORE,
    after_long_help = "\
The cache is a folder: --cache DIR, else PTL_CERT_HOME/crl, else the system's
data folder. Anyone who can write to it decides what counts as revoked, so only
the user that runs the job should be able to."
)]
pub(crate) struct Crl {
    #[command(subcommand)]
    pub(crate) command: CrlCommand,
}

/// What to do with CRLs.
#[derive(Debug, Subcommand)]
pub(crate) enum CrlCommand {
    Plan(Plan),
    Update(Box<Update>),
    Import(Import),
    Status(Status),
    Check(Box<Check>),
    Export(Box<Export>),
    Schedule(Box<Schedule>),
    Remove(Remove),
}

/// Which cache.
#[derive(Clone, Debug, Args)]
pub(crate) struct CacheFolder {
    /// The cache folder [default: PTL_CERT_HOME/crl, or the system's data folder]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) cache: Option<PathBuf>,
}

/// Which CAs.
#[derive(Clone, Debug, Args)]
pub(crate) struct Authorities {
    /// The environment: dev, int, dep, train or live
    ///
    /// Its CAs are used; a facts file may define other environments.
    #[arg(
        long,
        value_name = "ENV",
        value_parser = crate::args::parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) env: Option<String>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
}

/// Whose CRLs are accepted.
#[derive(Clone, Debug, Args)]
pub(crate) struct Signers {
    #[command(flatten)]
    pub(crate) authorities: Authorities,
    /// Another CA to accept CRLs from; repeatable
    #[arg(long, value_name = "CA")]
    pub(crate) issuer: Vec<PathBuf>,
}

/// How much one download may take.
#[derive(Clone, Debug, Args)]
pub(crate) struct Download {
    /// Time limit for one download, from DNS look-up to last byte
    #[arg(long, value_name = "TIME", value_parser = parse::time_limit, default_value = "60s", hide_short_help = true)]
    pub(crate) timeout: Duration,
    /// Size limit for one download
    #[arg(long, value_name = "SIZE", value_parser = parse::size, default_value = "256MiB", hide_short_help = true)]
    pub(crate) max_size: u64,
}

impl Download {
    /// The limits of one download; a server that says nothing is given up before that.
    pub(crate) fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            total: self.timeout,
            connect: usual.connect.min(self.timeout),
            answer: usual.answer.min(self.timeout),
            bytes: self.max_size,
            ..usual
        }
    }
}

/// How CRLs get into the cache.
#[derive(Clone, Debug, Args)]
pub(crate) struct Installing {
    #[command(flatten)]
    pub(crate) folder: CacheFolder,
    /// How long to wait for another run to finish
    #[arg(long, value_name = "TIME", value_parser = parse::duration, default_value = "30s", hide_short_help = true)]
    pub(crate) wait: Duration,
    /// Allow a CRL older than the installed one; use only if its CA confirms the rollback
    #[arg(long)]
    allow_rollback: bool,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}

impl Installing {
    /// Whether a CRL may be installed that is older than the installed one.
    pub(crate) fn rollback(&self) -> Rollback {
        match self.allow_rollback {
            true => Rollback::Allowed,
            false => Rollback::Refused,
        }
    }
}
