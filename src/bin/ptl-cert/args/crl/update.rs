//! `ptl-cert crl update`, as typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::{Authorities, CacheFolder};
use crate::args::parse;

/// Fetch every list that can be fetched, and install those that are good
///
/// Asks every HTTP address that the environment's CAs and the given certificates name for their lists, several at
/// once, and only for what is newer than the cache. Points that no server answers for, such as directory names, are
/// said with the way out. CAs that have ended need no list, and are named as such. Run it from a scheduler; a failed run changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  All that INT needs, and the partition of my own certificate
    ptl-cert crl update --env int client.pem

  From a mirror on one's own network: the lists are signed, so the mirror need not be trusted
    ptl-cert crl update --env int client.pem --mirror https://mirror.supplier.example/nhs/

Proxies: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in either case, as curl reads them.

Exit status:
  0  every list is installed and current
  1  a list was refused: wrong CA, bad signature, another partition, older than the installed one
  3  something could not be fetched, or the cache is busy or cannot be written")]
pub(crate) struct Update {
    /// Certificates whose lists are wanted; CAs among them count only below a known CA
    #[arg(value_name = "CERT")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) authorities: Authorities,
    /// A CA whose lists are accepted besides those known; may be given several times
    #[arg(long, value_name = "CA")]
    pub(crate) issuer: Vec<PathBuf>,
    /// Fetch the same paths from below this address instead
    #[arg(long, value_name = "URL")]
    pub(crate) mirror: Option<String>,
    /// How long one list may take, from the first look-up to the last byte
    #[arg(long, value_name = "TIME", value_parser = parse::duration, default_value = "10s")]
    pub(crate) timeout: Duration,
    /// The most bytes of one list; more is an error
    #[arg(long, value_name = "SIZE", value_parser = parse::size, default_value = "256MiB")]
    pub(crate) max_size: u64,
    /// Let servers compress with gzip
    #[arg(long)]
    pub(crate) gzip: bool,
    #[command(flatten)]
    pub(crate) folder: CacheFolder,
    /// How long to wait for another run to finish
    #[arg(long, value_name = "TIME", value_parser = parse::duration, default_value = "30s")]
    pub(crate) wait: Duration,
    /// Install a list that is older than the installed one; only when its CA says that it went back
    #[arg(long)]
    pub(crate) allow_rollback: bool,
    /// Judge as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
}
