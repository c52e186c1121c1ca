//! `ptl-cert listen`, as typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::connecting::Basis;
use super::parse;

/// Listen as a mutual TLS server in your endpoint's place, and say who calls with which certificate
///
/// Shows for every caller its address, TLS version and suite, the certificates as sent, the verdict on them and the CRLs
/// that decide. Only the hosts that call endpoints of the environment are admitted, with a certificate that is verified
/// and not revoked by the CRLs of your cache: they get status 200, all others 403 with the reason.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Does the environment's call reach this machine, and with which certificate?
    ptl-cert listen 0.0.0.0:443 --env int --cert NAME.fullchain.pem \\
      --key NAME.key --for 10m --save-clients clients

  Then the CRLs that this caller needs
    ptl-cert crl plan clients/*.pem --env int

  One caller, as JSON lines
    ptl-cert listen 127.0.0.1:8443 --env int --cert F --key F --once \\
      --format ndjson

Exit status:
  0  stopped, or --once and the caller was admitted
  1  --once and the caller was refused
  3  it could not listen, or --for ended before --once saw a caller")]
pub(crate) struct Listen {
    /// Where to listen: 0.0.0.0:443, [::]:443, 127.0.0.1:8443
    #[arg(value_name = "ADDRESS:PORT")]
    pub(crate) address: SocketAddr,
    /// Your certificate with its sub CA, to show
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: PathBuf,
    /// Its private key [default: in the file of --cert]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the password of that key
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// The environment whose calls are expected
    #[arg(long, value_name = "ENV")]
    pub(crate) env: String,
    /// Stop after the first caller that completes the handshake
    #[arg(long)]
    pub(crate) once: bool,
    /// Stop after this time, such as 10m
    #[arg(long = "for", value_name = "TIME", value_parser = parse::duration)]
    pub(crate) duration: Option<Duration>,
    /// Save the certificates of each client here, to give them to crl plan; the folder is made
    #[arg(long, value_name = "DIR")]
    pub(crate) save_clients: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) basis: Basis,
}
