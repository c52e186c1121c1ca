//! `ptl-cert lab serve` and `ptl-cert lab call`, as typed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ptl_cert::lab::Environment;
use ptl_cert::lab::host::Fault;
use ptl_cert::verdict::connection::Expected;
use time::OffsetDateTime;

use super::{Generation, LabFolder, environment};
use crate::args::parse;
use crate::args::probe::expected;

/// Run the lab's hosts: CRLs and CA certificates, and a proxy
///
/// Over HTTP it serves every CRL and CA certificate where certificates say, and a page with the CRLs that are
/// downloaded by hand. The proxy is one like the Spine Secure Proxy: it lets clients in that show a good certificate
/// of the environment, and passes GET /https://PROVIDER/PATH on to the provider. Everything listens on this machine
/// only, until stopped (Ctrl-C).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ptl-cert lab serve

  Your endpoint behind the proxy
    ptl-cert lab serve --provider 127.0.0.1:443

  What does your CRL job do when the host is out of order?
    ptl-cert lab serve --fault truncated
    ptl-cert lab serve --fault bad-signature

Faults of a host:
  not-found, server-error, html, empty, truncated, wrong-length, short-length,
  drip, silent, oversize, huge-length, redirect-loop, redirect-file, gzip-bomb,
  gzip, not-http
Faults of its CRLs:
  wrong-ca, bad-signature, rollback, rollback-number, other-partition, expired,
  and what ptl-cert lab defects names for CRLs and for how files are written")]
pub(crate) struct LabServe {
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// The address to listen on; any but 127.0.0.1 lets others in
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) bind: IpAddr,
    /// The port for CRLs and certificates; 0 for a free one [default: that in the lab's base URL]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// The port of the proxy; 0 for a free one
    #[arg(long, value_name = "PORT", default_value_t = 8481)]
    pub(crate) proxy_port: u16,
    /// The environment that the proxy is of
    #[arg(long, value_name = "ENV", default_value = "lab-int", value_parser = environment)]
    pub(crate) env: Environment,
    /// The generation of the proxy's own certificate
    #[arg(long, value_enum, default_value_t, value_name = "GENERATION")]
    pub(crate) generation: Generation,
    /// Where the proxy finds every provider, such as 127.0.0.1:443; without it only providers on this machine
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) provider: Option<SocketAddr>,
    /// Something to do wrong, such as silent, truncated, gzip-bomb, bad-signature; may be given several times
    #[arg(long, value_name = "FAULT", value_parser = Fault::parse)]
    pub(crate) fault: Vec<Fault>,
    /// Serve as at this moment instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
}

/// Call a supplier's endpoint as the NHS does, and say what was seen
///
/// The same as probe with the certificate of the environment's caller, the lab's facts and the lab's CRLs. Names the
/// address that was connected to, and the CRL that the endpoint needs to admit the caller.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ptl-cert lab call https://NAME.thirdparty.nhs.uk/metadata --env lab-int \\
    --connect 127.0.0.1:443

  Does it admit a client without a certificate?
    ptl-cert lab call https://localhost:8443/ --env lab-int --no-certificate

  A client without the endpoint's current CRLs must be refused
    ptl-cert lab call https://localhost:8443/ --env lab-int --expect refused

  The other way, as a consumer through the lab's proxy
    ptl-cert lab call https://localhost:8481/https://NAME/metadata --env lab-int \\
      --cert NAME.fullchain.pem --key NAME.key --header 'Ssp-TraceID: …'

Exit status:
  0  the endpoint accepts the caller and is as it has to be; with
     --no-certificate it refuses; or it does what --expect says
  1  it is not
  3  it cannot be told, or nothing can be connected to")]
pub(crate) struct LabCall {
    /// The endpoint, and what to ask it for
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// The environment
    #[arg(long, value_name = "ENV", value_parser = environment)]
    pub(crate) env: Environment,
    /// The generation of the certificate that is shown
    #[arg(long, value_enum, default_value_t, value_name = "GENERATION")]
    pub(crate) generation: Generation,
    /// Show no certificate
    #[arg(long, conflicts_with = "generation")]
    pub(crate) no_certificate: bool,
    /// Show this certificate with its sub CA instead: call the proxy as your own system does
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with_all = ["generation", "no_certificate"])]
    pub(crate) cert: Option<PathBuf>,
    /// The private key of --cert
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the password of that key
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) password_file: Option<PathBuf>,
    /// Connect here, instead of looking the host up
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) connect: Option<SocketAddr>,
    /// A header to send, as NAME: VALUE; may be given several times
    #[arg(long, value_name = "HEADER", value_parser = parse::header)]
    pub(crate) header: Vec<(String, String)>,
    /// What the endpoint must answer: accepted, refused, or refused:ALERT [default: accepted; refused with
    /// --no-certificate]
    #[arg(long, value_name = "ANSWER", value_parser = expected)]
    pub(crate) expect: Option<Expected>,
    /// How long the call may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse::duration)]
    pub(crate) timeout: Duration,
    /// Judge as at this moment instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
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
