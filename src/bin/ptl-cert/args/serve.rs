//! The arguments of `ptl-cert serve`.

use std::path::PathBuf;

use clap::Args;

/// Answer another program's questions, one line of JSON each
///
/// Reads one question per line and writes one answer per line, in the same order, in one process. Facts, CRLs and what was worked out
/// about CAs stay in memory, so a verdict needs no new process. docs/json.md describes questions and answers.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Example:
  echo '{\"ask\":\"ping\"}' | ptl-cert serve --stdio")]
#[command(mut_args = crate::args::global::all_printed)]
pub(crate) struct Serve {
    /// Read questions from standard input and write answers to standard output
    #[arg(long, required = true)]
    pub(crate) stdio: bool,
    /// The CRL cache [default: PTL_CERT_HOME/crl, or the system's data folder]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) cache: Option<PathBuf>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
}
