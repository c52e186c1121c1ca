//! `ptl-cert lab serve` and `ptl-cert lab call`, as typed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ptl_cert::lab::LabEnvironment;
use ptl_cert::lab::host::Fault;
use ptl_cert::ops::probe::Expected;
use time::OffsetDateTime;

use super::{Generation, LabFolder, environment};
use crate::args::parse;
use crate::args::probe::expected;

/// Run the lab's hosts: CRLs and CA certificates, and a proxy
///
/// Serves every CRL and CA certificate over HTTP at the URLs the certificates name, with a download page for the CRLs
/// that cannot be fetched. The proxy behaves like the Spine Secure Proxy: it admits clients with a valid certificate
/// of the environment and forwards GET /https://PROVIDER/PATH to the provider. Everything listens on this machine
/// only, until stopped (Ctrl-C).
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  ptl-cert lab serve

  Your endpoint behind the proxy
    ptl-cert lab serve --provider 127.0.0.1:443

  How does your CRL job cope with a faulty host?
    ptl-cert lab serve --fault truncated
    ptl-cert lab serve --fault bad-signature

Faults of a host:
  not-found, server-error, html, empty, truncated, wrong-length, short-length,
  drip, silent, oversize, huge-length, redirect-loop, redirect-file, gzip-bomb,
  gzip, not-http
Faults of its CRLs:
  wrong-ca, bad-signature, rollback, rollback-number, other-partition, expired,
  and what ptl-cert lab defects lists for CRLs and for file formats")]
#[command(arg = crate::args::global::format(&crate::args::global::STREAMING))]
#[command(arg = crate::args::global::not_verbose())]
pub(crate) struct LabServe {
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// The address to listen on
    ///
    /// Any but 127.0.0.1 is reachable from other machines.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) bind: IpAddr,
    /// The port for CRLs and certificates; 0: a free one
    ///
    /// Default: that in the lab's base URL.
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// The port for the proxy; 0: a free one
    #[arg(long, value_name = "PORT", default_value_t = 8481)]
    pub(crate) proxy_port: u16,
    /// The proxy's environment
    #[arg(long, value_name = "ENV", default_value = "lab-int", value_parser = environment)]
    pub(crate) env: LabEnvironment,
    /// The generation of the proxy's certificate
    #[arg(long, value_enum, default_value_t, value_name = "GEN")]
    pub(crate) generation: Generation,
    /// Where the proxy connects to, e.g. 127.0.0.1:443
    ///
    /// For every provider. Default: providers on this machine only.
    #[arg(long, value_name = "ADDRESS", value_parser = parse::socket_address)]
    pub(crate) provider: Option<SocketAddr>,
    /// A fault to introduce, e.g. truncated; repeatable
    #[arg(long, value_name = "FAULT", value_parser = crate::args::parse::fault)]
    pub(crate) fault: Vec<Fault>,
    /// Serve as at this time instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}

/// Call a supplier's endpoint as the NHS does and show the result
///
/// The same as probe with the certificate of the environment's caller, the lab's facts and the lab's CRLs. Shows the
/// address it connected to, and the CRL that the endpoint needs to admit the caller.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  ptl-cert lab call https://NAME.thirdparty.nhs.uk/metadata --env lab-int \\
    --connect 127.0.0.1:443

  Does it admit a client without a certificate?
    ptl-cert lab call https://localhost:8443/ --env lab-int --no-certificate

  A client without the endpoint's current CRLs must be refused
    ptl-cert lab call https://localhost:8443/ --env lab-int --expect refused

  The other direction, as a consumer through the lab's proxy
    ptl-cert lab call https://localhost:8481/https://NAME/metadata \\
      --env lab-int \\
      --cert NAME.fullchain.pem --key NAME.key --header 'Ssp-TraceID: …'

Exit status:
  0  the endpoint accepts the caller and nothing is wrong; with
     --no-certificate it refuses; or it does what --expect says
  1  it does not, something is wrong, or it cannot be reached
  3  undecided, e.g. because a CRL is missing")]
pub(crate) struct LabCall {
    /// The URL to request from the endpoint
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// The environment
    #[arg(long, value_name = "ENV", value_parser = environment)]
    pub(crate) env: LabEnvironment,
    /// The generation of the certificate
    #[arg(long, value_enum, default_value_t, value_name = "GEN")]
    pub(crate) generation: Generation,
    /// Present no certificate
    #[arg(long, conflicts_with = "generation")]
    pub(crate) no_certificate: bool,
    /// Present this certificate with its sub CA instead
    ///
    /// To call the proxy as your own system does.
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with_all = ["generation", "no_certificate"])]
    pub(crate) cert: Option<PathBuf>,
    /// The private key for --cert
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the password for that key
    #[arg(long, value_name = "FILE", requires = "key", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    /// Connect to this ADDRESS:PORT instead of looking the host up
    #[arg(long, value_name = "ADDRESS", value_parser = parse::socket_address)]
    pub(crate) connect: Option<SocketAddr>,
    /// A header to send, as NAME: VALUE; repeatable
    #[arg(long, value_name = "HEADER", value_parser = parse::header, hide_short_help = true)]
    pub(crate) header: Vec<(String, String)>,
    /// The expected result: accepted, refused or refused:ALERT
    ///
    /// Default: accepted; with --no-certificate, refused.
    #[arg(long, value_name = "ANSWER", value_parser = expected)]
    pub(crate) expect: Option<Expected>,
    /// Time limit for the call
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse::time_limit, hide_short_help = true)]
    pub(crate) timeout: Duration,
    /// Check as at this time instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use ptl_cert::lab::host::Fault;

    #[test]
    fn the_help_lists_every_fault_of_a_host() {
        let mut program = crate::args::CommandLine::command();
        program.build();
        let lab = program.find_subcommand_mut("lab").unwrap();
        let help = lab.find_subcommand_mut("serve").unwrap().render_long_help();
        let help = help.to_string();
        for fault in Fault::OWN {
            let listed = help
                .split([',', '\n'])
                .any(|word| word.trim() == fault.as_str());
            assert!(listed, "{fault}");
        }
    }
}
