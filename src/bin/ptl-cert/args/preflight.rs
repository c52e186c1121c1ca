//! `ptl-cert preflight`, as typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ptl_cert::fqdn::Fqdn;
use ptl_cert::verdict::preflight::CheckId;
use time::OffsetDateTime;

use super::parse;

/// Check everything that an endpoint needs to connect to an environment, and write the evidence
///
/// The Path to Live checklist: name and DNS, key and certificate, both CA generations, every CRL, the Spine Secure Proxy
/// with mutual TLS, the TLS rules of your own endpoint, calls from the NHS, the clock. Each check says what was seen, what to do,
/// whom to ask and the command that repeats it. Run it once per environment: int, dep, live.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Before anything is requested: names, DNS, firewall
    ptl-cert preflight --env int --fqdn NAME

  With the certificate, and the evidence for the SCAL
    ptl-cert preflight --env int --fqdn NAME --cert NAME.fullchain.pem \\
      --key NAME.key --report preflight.html

  The rules for the firewall team
    ptl-cert preflight --env int --fqdn NAME --firewall-rules csv > rules.csv

  After something was fixed: only what did not pass
    ptl-cert preflight --env int --fqdn NAME --format json > state.json
    ptl-cert preflight --env int --fqdn NAME --resume state.json

Checks: name-rules, name-environment, name-resolves, key-pair,
  server-certificate, client-certificate, expiry, generations, trust-bundle,
  system-trust, crls, crl-hosts, spine-proxy, endpoint, configuration, inbound,
  clock

Exit status:
  0  every check passed or does not apply
  1  a check failed
  3  nothing failed, and a check could not be made")]
pub(crate) struct Preflight {
    /// The environment: dev, int, dep, train, live, or one of --facts
    #[arg(long, value_name = "ENV")]
    pub(crate) env: String,
    /// The host name of your endpoint
    #[arg(long, value_name = "NAME")]
    pub(crate) fqdn: Fqdn,
    /// Its certificate with its sub CA
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// The private key [default: in the file of --cert]
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the password of that key
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) password_file: Option<PathBuf>,
    /// The CA certificates that your server trusts, to check that both generations are among them
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_bundle: Vec<PathBuf>,
    /// The configuration of your server, a file or folder, to examine as doctor does; may be given several times
    #[arg(long, value_name = "PATH")]
    pub(crate) config: Vec<PathBuf>,
    /// Make these checks only, separated by commas
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', value_parser = check)]
    pub(crate) only: Vec<CheckId>,
    /// Leave these checks out
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', value_parser = check)]
    pub(crate) skip: Vec<CheckId>,
    /// An earlier result (--format json): checks over the network that passed then, with the same certificate, are not made again
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,
    /// Write the evidence: .html, .md, .xml (JUnit) or .json
    #[arg(long, value_name = "FILE", value_parser = parse::report, help_heading = "Output")]
    pub(crate) report: Option<PathBuf>,
    /// Print the rules that the firewall needs, and check nothing
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) firewall_rules: Option<RulesFormat>,
    /// Write what the DNS, product, endpoint and firewall forms ask for, as far as it is known
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub(crate) request_pack: Option<PathBuf>,
    /// Where your endpoint listens, instead of looking NAME up
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "Connection")]
    pub(crate) endpoint: Option<SocketAddr>,
    /// Where the Spine Secure Proxy is, instead of looking it up
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "Connection")]
    pub(crate) spine_proxy: Option<SocketAddr>,
    /// What ptl-cert listen --format ndjson printed on the endpoint: proof that calls arrive
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub(crate) listen_log: Option<PathBuf>,
    /// How long a connection may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse::duration, help_heading = "Connection")]
    pub(crate) timeout: Duration,
    /// The folder of the CRL cache [default: PTL_CERT_HOME/crl, or the system's folder for data]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// A file with environments and CAs of your own, in addition to those built in
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
    /// Judge as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
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
#[error("there is no such check; ptl-cert preflight --help lists them")]
struct NoCheck;

fn check(text: &str) -> Result<CheckId, NoCheck> {
    CheckId::parse(text.trim()).ok_or(NoCheck)
}
