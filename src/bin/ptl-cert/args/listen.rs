//! `ptl-cert listen`, as typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::connecting::Basis;
use super::parse;

/// Stand in for your endpoint and show each caller's certificate
///
/// Shows each caller's address, TLS version and cipher suite, the certificates as sent, the verdict on them and the
/// CRLs it relies on. Only the hosts that call endpoints of the environment are admitted, with a valid certificate
/// that your cached CRLs do not revoke: they get status 200, all others 403 with the reason.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  Do the environment's calls reach this machine, and with which certificate?
    ptl-cert listen 0.0.0.0:443 --env int --cert NAME.fullchain.pem \\
      --key NAME.key --for 10m --save-clients clients

  Then: which CRLs does this caller need?
    ptl-cert crl plan --client clients/ --env int

  One caller, as JSON lines
    ptl-cert listen 127.0.0.1:8443 --env int --cert F --key F --once \\
      --format ndjson

Exit status:
  0  stopped, or --once and the caller was admitted
  1  --once and the caller was refused
  3  it could not listen, or no caller came before --for ended (with --once)")]
#[command(mut_args = crate::args::global::formats(&crate::args::global::STREAMING))]
#[command(mut_args = crate::args::global::all_printed)]
pub(crate) struct Listen {
    /// Where to listen: 0.0.0.0:443, [::]:443, 127.0.0.1:8443
    #[arg(value_name = "ADDRESS:PORT", value_parser = parse::socket_address)]
    pub(crate) address: SocketAddr,
    /// Your certificate with its sub CA, to present
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: PathBuf,
    /// Its private key [default: read from the --cert file]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the password for that key
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    /// The environment that will call
    #[arg(
        long,
        value_name = "ENV",
        value_parser = crate::args::parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) env: String,
    /// Stop after the first caller that completes the handshake
    #[arg(long)]
    pub(crate) once: bool,
    /// Stop after this time, e.g. 10m
    #[arg(long = "for", value_name = "TIME", value_parser = parse::time_limit)]
    pub(crate) duration: Option<Duration>,
    /// Save each client's certificates in this folder
    ///
    /// For crl plan; created if missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) save_clients: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) basis: Basis,
}
