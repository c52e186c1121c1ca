//! `ptl-cert inventory`, as typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::parse;

/// List what expires when, in files and on hosts, soonest first
///
/// Lists endpoint certificates, sub CAs, roots and CRLs in files and folders, in every format that inspect reads; the
/// certificates that hosts send; and the known CAs above them. The same certificate in several places is listed once,
/// with its places. A word is a file or folder if there is one of that name, else a host if it has a port or a dot.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  Everything below a folder, and two hosts
    ptl-cert inventory -r /etc/pki/nhs a.thirdparty.nhs.uk 10.1.2.3:8443

  What has to be renewed in the next 90 days?
    ptl-cert inventory -r /etc/pki/nhs --within 90d

  For Nagios, Icinga or Checkmk: one line and a plugin's exit status
    ptl-cert inventory -r /etc/pki/nhs --format nagios

  For Prometheus' node_exporter; exit statuses 1 and 3 come with metrics too
    ptl-cert inventory -r /etc/pki/nhs --format prometheus > cert.new; \\
      [ $? -ne 2 ] && mv cert.new cert.prom

Only dates decide: verify says whether a certificate is good, and crl status
how fresh the CRLs of the cache are. Of a host, one address is asked: name each
address of a host that has several. Hosts are reached as probe reaches them.
With -r, links to files are followed and links to folders are not: name the
folders too.

Exit status:
  0  everything is valid, and expires later than within the periods; what is
     not yet valid has something valid in its place
  1  something has expired, expires within the periods, or is not yet valid,
     or a CRL has no nextUpdate
  3  a file or, with -r, a link to a folder was not read, a host sent no
     certificate, or nothing that expires was found (this outranks 1: what is
     missing may have expired)
With --format nagios they are those of Nagios: 0 OK, 1 WARNING, 2 CRITICAL if
something has expired or is not yet valid, or a CRL has no nextUpdate, 3 UNKNOWN.")]
#[command(mut_args = crate::args::global::formats(&crate::args::global::WATCHED))]
pub(crate) struct Inventory {
    /// Files, folders, hosts, or - for standard input [default port: 443]
    #[arg(value_name = "PATH|HOST[:PORT]", required = true)]
    pub(crate) targets: Vec<PathBuf>,
    /// Include subfolders
    #[arg(short, long)]
    pub(crate) recursive: bool,
    /// Report certificates that expire within this time
    #[arg(long, value_name = "DAYS", default_value = "60d", value_parser = parse::days)]
    pub(crate) within: u32,
    /// Report CRLs that expire within this time
    #[arg(long, value_name = "TIME", default_value = "2d", value_parser = parse::duration)]
    pub(crate) crl_within: Duration,
    /// A file with the password for PKCS#12 files and key stores
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    /// Connect directly, whatever HTTPS_PROXY says
    #[arg(long, hide_short_help = true)]
    pub(crate) no_proxy: bool,
    /// Time limit for one host
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse::time_limit, hide_short_help = true)]
    pub(crate) timeout: Duration,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
}
