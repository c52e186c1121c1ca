//! `ptl-cert probe`, as typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ptl_cert::fqdn::Fqdn;
use ptl_cert::ops::probe::Expected;
use ptl_cert::ops::probe::{Endpoint, NoEndpoint};

use super::connecting::{Basis, Own, Request};
use super::{Revocation, parse};

/// Connect to a TLS server and report what it does and why
///
/// Shows every step: DNS, TCP to each address, the HTTP proxy, TLS version and cipher suite, the certificates as
/// sent, which client certificates the server requests and, with --cert, whether it really accepts yours. In TLS 1.3
/// a completed handshake proves nothing, so probe sends GET / (nothing on port 636) and waits for an answer or an
/// alert.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  Can I reach the Spine Secure Proxy of INT, and does it accept my certificate?
    ptl-cert probe proxy.int.spine2.ncrs.nhs.uk --cert NAME.fullchain.pem \\
      --key NAME.key

  Every host of an environment
    ptl-cert probe --env int

  A request through the proxy to a provider
    ptl-cert probe proxy.int.spine2.ncrs.nhs.uk --cert F --key F --body \\
      --request /https://PROVIDER/metadata --ssp-from ASID --ssp-to ASID \\
      --interaction urn:nhs:names:services:gpconnect:fhir:rest:read:metadata-1

  My own endpoint, before it is in DNS; and which suites it accepts
    ptl-cert probe NAME --connect 127.0.0.1:443 --env int --scan

  For monitoring: a client without a certificate must be refused
    ptl-cert probe NAME --expect refused

Exit status:
  0  nothing is wrong, or the result is the one --expect names
  1  something is wrong: unreachable, untrusted, not permitted, refused
  3  undecided, e.g. because a CRL is missing, or the scan is incomplete")]
pub(crate) struct Probe {
    /// The hosts, each with an optional port [default port: 443]
    #[arg(value_name = "HOST[:PORT]", value_parser = endpoint, required_unless_present = "env")]
    pub(crate) hosts: Vec<Endpoint>,
    /// The environment; without HOST, all its hosts are probed
    ///
    /// dev, int, dep, train, live, or one from --facts. Without --env, the host name decides.
    #[arg(
        long,
        value_name = "ENV",
        value_parser = crate::args::parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) env: Option<String>,
    #[command(flatten)]
    pub(crate) own: Own,
    /// The expected result: accepted, refused, or refused:ALERT such as refused:unknown_ca
    #[arg(long, value_name = "ANSWER", value_parser = expected)]
    pub(crate) expect: Option<Expected>,
    /// Also try each permitted suite and each forbidden version, one connection each
    #[arg(long)]
    pub(crate) scan: bool,
    #[command(flatten)]
    pub(crate) request: Request,
    /// Also show the response body, up to 64 KiB; it may contain patient data
    #[arg(
        long,
        requires = "request",
        help_heading = "Request",
        hide_short_help = true
    )]
    pub(crate) body: bool,
    /// Send no request: check the handshake only
    #[arg(long, conflicts_with = "request", help_heading = "Request")]
    pub(crate) handshake_only: bool,
    /// Also write a report: .html, .md, .xml (JUnit) or .json; never includes the body
    #[arg(help_heading = "Output", long, value_name = "FILE", value_parser = parse::report, hide_short_help = true)]
    pub(crate) report: Option<PathBuf>,
    /// Connect to this address instead of looking the host up
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        value_parser = parse::socket_address,
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub(crate) connect: Option<SocketAddr>,
    /// The name to send (SNI) and to expect in the certificate, instead of HOST
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub(crate) sni: Option<Fqdn>,
    /// Offer this TLS version only
    #[arg(
        long,
        value_enum,
        value_name = "VERSION",
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub(crate) tls: Option<TlsVersion>,
    /// Connect directly, whatever HTTPS_PROXY says
    #[arg(long, help_heading = "Connection", hide_short_help = true)]
    pub(crate) no_proxy: bool,
    /// Time limit for one host; --scan may take as long again
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse::time_limit, help_heading = "Connection", hide_short_help = true)]
    pub(crate) timeout: Duration,
    /// A certificate to trust instead of the environment's roots; repeatable
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) trust: Vec<PathBuf>,
    /// Which certificates to check for revocation [default: chain with a cache that --cache or PTL_CERT_HOME names, or where the usual cache has CRLs of its CAs; else off]
    #[arg(long, value_enum, value_name = "EXTENT", hide_short_help = true)]
    pub(crate) revocation: Option<Revocation>,
    #[command(flatten)]
    pub(crate) basis: Basis,
    #[command(flatten)]
    pub(crate) findings: crate::args::global::Findings,
}

/// A TLS version to offer alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TlsVersion {
    /// TLS 1.2
    #[value(name = "1.2")]
    Tls12,
    /// TLS 1.3
    #[value(name = "1.3")]
    Tls13,
}

fn endpoint(text: &str) -> Result<Endpoint, NoEndpoint> {
    Endpoint::parse(text)
}

/// An answer is not written as one.
#[derive(Debug, thiserror::Error)]
#[error("expected accepted, refused or refused:ALERT, such as refused:certificate_required")]
pub(crate) struct NoAnswer;

/// What a server has to answer.
pub(crate) fn expected(text: &str) -> Result<Expected, NoAnswer> {
    Expected::parse(text).ok_or(NoAnswer)
}
