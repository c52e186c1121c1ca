//! `ptl-cert preflight`, as typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ptl_cert::fqdn::Fqdn;
use ptl_cert::ops::preflight::CheckId;

use super::connecting::{Basis, Own, Request};
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

  A call, to prove that the Spine Secure Proxy accepts the certificate
    ptl-cert preflight --env int --fqdn a.nhs.uk --cert F --key F \\
      --request /https://PROVIDER/metadata --ssp-from ASID --ssp-to ASID \\
      --interaction urn:nhs:names:services:gpconnect:fhir:rest:read:metadata-1

  The rules for the firewall team
    ptl-cert preflight --env int --fqdn a.nhs.uk --firewall-rules csv

  After a fix: only the checks that did not pass
    ptl-cert preflight --env int --fqdn a.nhs.uk --format json > state.json
    ptl-cert preflight --env int --fqdn a.nhs.uk --resume state.json

Checks: name-rules, name-environment, name-resolves, key-pair,
  server-certificate, client-certificate, expiry, generations, trust-bundle,
  system-trust, crls, crl-hosts, spine-proxy, endpoint, configuration, inbound,
  clock

Exit status:
  0  every check passed or does not apply
  1  a check failed
  3  nothing failed, but a check could not be completed")]
pub(crate) struct Preflight {
    /// The environment: dev, int, dep, train or live
    ///
    /// A facts file may define others.
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
    #[command(flatten)]
    pub(crate) own: Own,
    /// The CA certificates your server trusts, to check that both generations are among them
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) ca_bundle: Vec<PathBuf>,
    /// A client's certificate, or a folder of them; repeatable
    ///
    /// Their CRLs are checked too. listen --save-clients saves them.
    #[arg(long = "client", value_name = "CERT|DIR")]
    pub(crate) clients: Vec<PathBuf>,
    /// Your server's configuration, checked as doctor does
    ///
    /// A file or a folder; repeatable.
    #[arg(long, value_name = "PATH")]
    pub(crate) config: Vec<PathBuf>,
    /// Run only these checks, separated by commas
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', value_parser = check)]
    pub(crate) only: Vec<CheckId>,
    /// Skip these checks
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', value_parser = check)]
    pub(crate) skip: Vec<CheckId>,
    /// An earlier result (--format json); network checks that passed then, with the same certificate, are not repeated
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) resume: Option<PathBuf>,
    /// Write a report as evidence: .html, .md, .xml or .json
    ///
    /// .xml is JUnit's format.
    #[arg(long, value_name = "FILE", value_parser = parse::report)]
    pub(crate) report: Option<PathBuf>,
    /// Print the firewall rules needed, and check nothing
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        help_heading = "Output",
        hide_short_help = true
    )]
    pub(crate) firewall_rules: Option<RulesFormat>,
    /// Write the details for the DNS, product, endpoint and firewall forms, as far as known
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
        value_parser = parse::socket_address,
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub(crate) endpoint: Option<SocketAddr>,
    /// Where the Spine Secure Proxy is [default: look it up]
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        value_parser = parse::socket_address,
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub(crate) spine_proxy: Option<SocketAddr>,
    /// The output of ptl-cert listen --format ndjson on the endpoint, as proof that calls arrive
    ///
    /// A call counts if it was admitted, to this host in this environment, in the last 30 days and not before your
    /// certificate's first day.
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub(crate) listen_log: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) request: Request,
    /// Time limit for a connection
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse::time_limit, help_heading = "Connection", hide_short_help = true)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) basis: Basis,
    #[command(flatten)]
    pub(crate) findings: crate::args::global::Findings,
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
