//! `ptl-cert crl status`, as typed.

use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::{Authorities, CacheFolder};
use crate::args::parse;

/// Show how fresh the cached CRLs are and when each is due for renewal
///
/// A CRL is due once --every has passed since it was last fetched, or once its nextUpdate is less than --within away.
/// Past its nextUpdate it is critical, and so is a source from which nothing was ever fetched. A wrong clock is
/// noticed: a CRL issued in the future is critical, and one last fetched in the future is due.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  As a table
    ptl-cert crl status

  For Nagios, Icinga or Checkmk: one line and a plugin's exit status
    ptl-cert crl status --env int --format nagios

  For Prometheus' node_exporter; exit status 1 comes with metrics too
    ptl-cert crl status --format prometheus > crl.new; [ $? -le 1 ] && \\
      mv crl.new crl.prom

A CRL that is no longer needed, such as that of an unused partition, stays
critical until ptl-cert crl remove removes it.

Exit status:
  0  every CRL is current
  1  something is due or critical, or the cache is empty
  3  the cache cannot be read
With --format nagios they are those of Nagios: 0 OK, 1 WARNING, 2 CRITICAL,
3 UNKNOWN.")]
#[command(arg = crate::args::global::format(&crate::args::global::WATCHED))]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) authorities: Authorities,
    /// How long before its nextUpdate a CRL is due
    #[arg(long, value_name = "TIME", value_parser = parse::duration, default_value = "2d")]
    pub(crate) within: Duration,
    /// How often a CRL has to be fetched
    #[arg(long, value_name = "TIME", value_parser = parse::duration, default_value = "7d")]
    pub(crate) every: Duration,
    #[command(flatten)]
    pub(crate) folder: CacheFolder,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}
