//! `ptl-cert lab endpoint`, as typed.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::Args;
use ptl_cert::lab::LabEnvironment;
use time::OffsetDateTime;

use super::{LabFolder, environment};
use crate::args::parse;

/// Stand in for your own system: present its certificate and admit only the callers it should
///
/// The same as listen with the lab's facts: mutual TLS, as every provider on Spine must use. It admits only the
/// environment's proxy and caller, with a valid certificate that your cached CRLs do not revoke, and shows why every other
/// client was refused. Listens on this machine only, until stopped (Ctrl-C).
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Example:
  ptl-cert lab endpoint --cert NAME.fullchain.pem --key NAME.key --env lab-int")]
#[command(arg = crate::args::global::format(&crate::args::global::STREAMING))]
#[command(arg = crate::args::global::not_verbose())]
pub(crate) struct LabEndpoint {
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// The certificate with its sub CA, as a server sends them
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: PathBuf,
    /// Its private key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// A file with the password for the key
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    /// The environment
    #[arg(long, value_name = "ENV", value_parser = environment)]
    pub(crate) env: LabEnvironment,
    /// Save each client's certificates in this folder, for crl plan; created if missing
    #[arg(long, value_name = "DIR")]
    pub(crate) save_clients: Option<PathBuf>,
    /// The CRL cache to check callers against [default: PTL_CERT_HOME/crl, or the system's data folder]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) cache: Option<PathBuf>,
    /// The address to listen on; any but 127.0.0.1 is reachable from other machines
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) bind: IpAddr,
    /// The port; 0 for a free one
    #[arg(long, value_name = "PORT", default_value_t = 8443)]
    pub(crate) port: u16,
    /// Check as at this time instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}
