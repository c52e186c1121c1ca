//! `ptl-cert lab run`, as typed.

use std::path::PathBuf;

use clap::Args;
use ptl_cert::fqdn::Fqdn;

/// Rehearse the whole journey on this machine: no network, no waiting
///
/// Creates a lab, makes a key and a request, has it signed by every generation, checks the reply, fetches and
/// imports the CRLs, connects both ways with mutual TLS, serves with nginx where it is installed, revokes the
/// certificate and sees it refused everywhere. Every step names the command you would type, and with -v prints it with its answer; the first
/// unexpected result stops the rehearsal.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  Watch it once
    ptl-cert lab run

  Keep everything, to look at and to continue from
    ptl-cert lab run --keep --dir rehearsal

Exit status:
  0  every step gave the expected result
  1  a step did not
  3  the rehearsal could not run")]
pub(crate) struct LabRun {
    /// The folder to rehearse in; it must not exist yet [default: a temporary one, or ptl-cert-rehearsal with --keep]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) dir: Option<PathBuf>,
    /// Keep the folder: the lab, keys, certificates, CRLs and the report
    #[arg(long)]
    pub(crate) keep: bool,
    /// The host to rehearse for
    #[arg(
        long,
        value_name = "NAME",
        default_value = "gpc-int-a1b2c.supplier.thirdparty.nhs.uk"
    )]
    pub(crate) fqdn: Fqdn,
    /// A folder of lab keys to reuse; missing ones are made and kept there
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) keys: Option<PathBuf>,
}
