//! `ptl-cert crl import`, as typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::{Authorities, CacheFolder};
use crate::args::parse;

/// Install lists that were downloaded by hand or by a job
///
/// For the lists whose address is a directory entry that no server answers for. Takes them as they come: DER, PEM with
/// any line ends, base64 without BEGIN and END. The issuer is found among the CAs that are built in, in --facts and
/// given with --issuer.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  The file from the NHS page on HSCN
    ptl-cert crl import CRL1.crl

  From one's own server, for a CA that is not built in
    ptl-cert crl import https://files.supplier.example/old.crl --issuer old-ca.pem

Exit status:
  0  installed, or installed already
  1  refused: unknown or wrong CA, bad signature, past its time, older than the installed one
  3  not readable, not fetched, or the cache is busy or cannot be written")]
pub(crate) struct Import {
    /// Lists: files, http or https addresses, or - for standard input
    #[arg(value_name = "FILE|URL", required = true)]
    pub(crate) lists: Vec<String>,
    #[command(flatten)]
    pub(crate) authorities: Authorities,
    /// A CA whose lists are accepted besides those known; may be given several times
    #[arg(long, value_name = "CA")]
    pub(crate) issuer: Vec<PathBuf>,
    /// How long one download may take
    #[arg(long, value_name = "TIME", value_parser = parse::duration, default_value = "60s")]
    pub(crate) timeout: Duration,
    /// The most bytes of one download; more is an error
    #[arg(long, value_name = "SIZE", value_parser = parse::size, default_value = "256MiB")]
    pub(crate) max_size: u64,
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
