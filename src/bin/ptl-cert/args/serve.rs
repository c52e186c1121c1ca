//! The arguments of `ptl-cert serve`.

use std::path::PathBuf;

use clap::Args;

/// Answer any number of questions in one process: one line of JSON each, for other programs
///
/// Reads one question a line and writes one answer a line, in the same order. Facts, CRLs and what is known of CAs stay in
/// memory, so that a verdict costs no new process. docs/json.md describes questions and answers.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Example:
  echo '{\"ask\":\"ping\"}' | ptl-cert serve --stdio")]
#[command(mut_args = crate::args::global::all_printed)]
pub(crate) struct Serve {
    /// Read questions from standard input and write answers to standard output
    #[arg(long, required = true)]
    pub(crate) stdio: bool,
    /// The folder of the CRL cache, if not the usual one
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) cache: Option<PathBuf>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
}
