//! `ptl-cert crl status`, as typed.

use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::{Authorities, CacheFolder};
use crate::args::parse;

/// Say how fresh the CRLs in the cache are, and when each has to be renewed
///
/// A CRL is due at the earlier of two moments: so long after it was last fetched (--every), and so long before its
/// nextUpdate (--within). Past nextUpdate it is critical, whatever the last download did, and so is an address from
/// which nothing was ever fetched. A clock that was set back would keep CRLs for ever: a CRL made later than now is
/// critical, and one last fetched later than now is due.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  For people
    ptl-cert crl status

  For Nagios, Icinga, Checkmk: one line and the exit status of a plugin
    ptl-cert crl status --env int --format nagios

  For Prometheus' node_exporter; status 1 has metrics too, and those matter
    ptl-cert crl status --format prometheus > crl.new; [ $? -le 1 ] && \\
      mv crl.new crl.prom

What is no longer needed, such as the CRL of a partition that its last
client has left, is critical until ptl-cert crl remove takes it away.

Formats: beside text and json this command has prometheus and nagios.

Exit status:
  0  every CRL is current
  1  something is due or critical, or there is no CRL at all
  3  the cache cannot be read
With --format nagios, and only then, they are Nagios' own: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.")]
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
    /// Judge as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
}
