//! `ptl-cert preflight`, as typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ptl_cert::fqdn::Fqdn;
use ptl_cert::verdict::preflight::CheckId;

use super::connecting::{Basis, Own, Request};
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

  That the Spine Secure Proxy accepts the certificate, only a call proves
    ptl-cert preflight --env int --fqdn NAME --cert F --key F \
      --request /https://PROVIDER/metadata --ssp-from ASID --ssp-to ASID \
      --interaction urn:nhs:names:services:gpconnect:fhir:rest:read:metadata-1

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
    #[command(flatten)]
    pub(crate) own: Own,
    /// The CA certificates that your server trusts, to check that both generations are among them
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_bundle: Vec<PathBuf>,
    /// The certificate of a client that calls you, or a folder of them as listen saves it: its CRLs are checked too
    #[arg(long = "client", value_name = "CERT|DIR")]
    pub(crate) clients: Vec<PathBuf>,
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
    #[command(flatten)]
    pub(crate) request: Request,
    /// How long a connection may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse::duration, help_heading = "Connection")]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) basis: Basis,
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
