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
use ptl_cert::verdict::admission::Rollback;
use ptl_cert::wire::fetch::Limits;
use time::OffsetDateTime;

use super::parse;

/// Keep certificate revocation lists (CRLs): fetch, check and watch them, and hand them to servers
///
/// A CRL gets into the cache only after it was read whole and its signature, issuer, scope and dates were checked. It is
/// never replaced by an older one; the installed CRL stays until a newer, valid one arrives.
#[derive(Debug, Args)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "\
The cache is a folder: --cache DIR, else PTL_CERT_HOME/crl, else where the system keeps a program's
data. Who may write to it decides what counts as revoked: keep it to the user who runs the job."
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
    /// The folder of the cache [default: PTL_CERT_HOME/crl, or the system's folder for data]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
}

/// Which CAs.
#[derive(Clone, Debug, Args)]
pub(crate) struct Authorities {
    /// The environment whose CAs are meant: dev, int, dep, train, live, or one of --facts
    #[arg(long, value_name = "ENV")]
    pub(crate) env: Option<String>,
    /// A file with environments and CAs of your own, on top of those built in
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
}

/// Whose CRLs are accepted.
#[derive(Clone, Debug, Args)]
pub(crate) struct Signers {
    #[command(flatten)]
    pub(crate) authorities: Authorities,
    /// A CA whose CRLs are accepted besides those known; may be given several times
    #[arg(long, value_name = "CA")]
    pub(crate) issuer: Vec<PathBuf>,
}

/// How much one download may take.
#[derive(Clone, Debug, Args)]
pub(crate) struct Download {
    /// How long one download may take, from the first look-up to the last byte
    #[arg(long, value_name = "TIME", value_parser = parse::duration, default_value = "60s")]
    pub(crate) timeout: Duration,
    /// The most bytes of one download; more is an error
    #[arg(long, value_name = "SIZE", value_parser = parse::size, default_value = "256MiB")]
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
    #[arg(long, value_name = "TIME", value_parser = parse::duration, default_value = "30s")]
    pub(crate) wait: Duration,
    /// Install a CRL that is older than the installed one; only when its CA says that it went back
    #[arg(long)]
    allow_rollback: bool,
    /// Judge as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
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
