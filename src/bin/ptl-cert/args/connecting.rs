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
    /// Its private key [default: read from the --cert file]
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the password for that key
    #[arg(long, value_name = "FILE", requires = "cert", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
}

/// One HTTP request.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Request")]
pub(crate) struct Request {
    /// Send GET PATH and judge the response
    ///
    /// Through the Spine Secure Proxy PATH is /https://PROVIDER/PATH.
    #[arg(long, value_name = "PATH")]
    pub(crate) request: Option<String>,
    /// A header to send, as NAME: VALUE; repeatable
    #[arg(long, value_name = "HEADER", value_parser = parse::header, requires = "request", hide_short_help = true)]
    pub(crate) header: Vec<(String, String)>,
    /// Send the Ssp headers, with this consumer ASID
    #[arg(long, value_name = "ASID", requires_all = ["request", "ssp_to", "interaction"], hide_short_help = true)]
    pub(crate) ssp_from: Option<String>,
    /// The provider ASID
    #[arg(
        long,
        value_name = "ASID",
        requires = "ssp_from",
        hide_short_help = true
    )]
    pub(crate) ssp_to: Option<String>,
    /// The interaction ID
    #[arg(long, value_name = "ID", requires = "ssp_from", hide_short_help = true)]
    pub(crate) interaction: Option<String>,
}

/// By what is judged.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Basis {
    /// The CRL cache [default: PTL_CERT_HOME/crl, or the system's data folder]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) cache: Option<PathBuf>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}
