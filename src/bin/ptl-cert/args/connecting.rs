//! What the commands that connect or listen have in common, as typed.

use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;

use super::parse;

/// One's own certificate and key.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Own {
    /// Your certificate with its sub CA
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// Its private key [default: in the file of --cert]
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the password of that key
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) password_file: Option<PathBuf>,
}

/// One HTTP request.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Request")]
pub(crate) struct Request {
    /// Send GET PATH and judge the answer; through the Spine Secure Proxy /https://PROVIDER/PATH
    #[arg(long, value_name = "PATH")]
    pub(crate) request: Option<String>,
    /// A header to send, as NAME: VALUE; may be given several times
    #[arg(long, value_name = "HEADER", value_parser = parse::header, requires = "request")]
    pub(crate) header: Vec<(String, String)>,
    /// Send the Ssp headers: the ASID of the consumer
    #[arg(long, value_name = "ASID", requires_all = ["request", "ssp_to", "interaction"])]
    pub(crate) ssp_from: Option<String>,
    /// The ASID of the provider
    #[arg(long, value_name = "ASID", requires = "ssp_from")]
    pub(crate) ssp_to: Option<String>,
    /// The interaction ID
    #[arg(long, value_name = "ID", requires = "ssp_from")]
    pub(crate) interaction: Option<String>,
}

/// By what is judged.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Basis {
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
