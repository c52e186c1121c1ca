//! `ptl-cert preflight`, as typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ptl_cert::fqdn::Fqdn;
use ptl_cert::verdict::preflight::CheckId;
use time::OffsetDateTime;

use super::parse;

/// Check everything an endpoint needs, and write the evidence
///
/// The Path to Live checklist: name and DNS, key and certificate, both CA generations, every CRL, the Spine Secure
/// Proxy with mutual TLS, the TLS rules of your own endpoint, calls from the NHS, the clock. Each check shows what
/// was found, what to do, which team to ask and the command that repeats it. Run it once per environment: int, dep,
/// live.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  Before requesting anything: names, DNS, firewall
    ptl-cert preflight --env int --fqdn a.nhs.uk

  With the certificate, and evidence for the SCAL
    ptl-cert preflight --env int --fqdn a.nhs.uk --cert a.nhs.uk.fullchain.pem \\
      --key a.nhs.uk.key --report preflight.html

  The rules for the firewall team
    ptl-cert preflight --env int --fqdn a.nhs.uk --firewall-rules csv

  After a fix: only the checks that did not pass
    ptl-cert preflight --env int --fqdn a.nhs.uk --format json > state.json
    ptl-cert preflight --env int --fqdn a.nhs.uk --resume state.json

Checks: name-rules, name-environment, name-resolves, key-pair,
  server-certificate, client-certificate, expiry, generations, trust-bundle,
  crls, crl-hosts, spine-proxy, endpoint, inbound, clock

Exit status:
  0  every check passed or does not apply
  1  a check failed
  3  nothing failed, but a check could not be completed")]
pub(crate) struct Preflight {
    /// The environment: dev, int, dep, train, live, or one from --facts
    #[arg(
        long,
        value_name = "ENV",
        value_parser = crate::args::parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) env: String,
    /// Your endpoint's host name
    #[arg(long, value_name = "NAME")]
    pub(crate) fqdn: Fqdn,
    /// Its certificate with its sub CA
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// The private key [default: read from the --cert file]
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the password for that key
    #[arg(long, value_name = "FILE", requires = "cert", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    /// The CA certificates your server trusts, to check that both generations are among them
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) ca_bundle: Vec<PathBuf>,
    /// Run only these checks, separated by commas
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', value_parser = check)]
    pub(crate) only: Vec<CheckId>,
    /// Skip these checks
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', value_parser = check)]
    pub(crate) skip: Vec<CheckId>,
    /// An earlier result (--format json): checks that passed are not repeated
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) resume: Option<PathBuf>,
    /// Write a report as evidence: .html, .md, .xml (JUnit) or .json
    #[arg(long, value_name = "FILE", value_parser = parse::report, help_heading = "Output")]
    pub(crate) report: Option<PathBuf>,
    /// Print the firewall rules needed, and check nothing
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) firewall_rules: Option<RulesFormat>,
    /// Write what the DNS, product, endpoint and firewall forms ask for, as far as known
    #[arg(
        long,
        value_name = "DIR",
        help_heading = "Output",
        hide_short_help = true
    )]
    pub(crate) request_pack: Option<PathBuf>,
    /// Where your endpoint listens [default: look NAME up]
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub(crate) endpoint: Option<SocketAddr>,
    /// Where the Spine Secure Proxy is [default: look it up]
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub(crate) spine_proxy: Option<SocketAddr>,
    /// The output of ptl-cert listen --format ndjson on the endpoint, as proof that calls arrive
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub(crate) listen_log: Option<PathBuf>,
    /// Time limit for a connection
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse::duration, help_heading = "Connection", hide_short_help = true)]
    pub(crate) timeout: Duration,
    /// The CRL cache [default: PTL_CERT_HOME/crl, or the system's data folder]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) cache: Option<PathBuf>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}

/// How firewall rules are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RulesFormat {
    /// For a spreadsheet
    Csv,
    /// A Markdown table
    Md,
}

/// A check that is not there.
#[derive(Debug, thiserror::Error)]
#[error("no such check; ptl-cert preflight --help lists them")]
struct NoCheck;

fn check(text: &str) -> Result<CheckId, NoCheck> {
    CheckId::parse(text.trim()).ok_or(NoCheck)
}
