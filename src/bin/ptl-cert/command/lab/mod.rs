//! `ptl-cert lab`.

mod call;
mod crl;
mod endpoint;
mod init;
mod revoke;
mod run;
mod serve;
mod sign;
mod watch;

use ptl_cert::lab::Defect;
use ptl_cert::report::lab::{DEFECTS, DefectReport, LabDefectsReport};

use crate::args::{Lab, LabCommand};
use crate::outcome::Outcome;
use crate::world::World;

/// Runs the command that was typed after `lab`.
pub(crate) fn run(args: &Lab, world: &mut World) -> anyhow::Result<Outcome> {
    match &args.command {
        LabCommand::Init(args) => init::run(args, world),
        LabCommand::Sign(args) => sign::run(args, world),
        LabCommand::Revoke(args) => revoke::run(args, world),
        LabCommand::Crl(args) => crl::run(args, world),
        LabCommand::Serve(args) => serve::run(args, world),
        LabCommand::Call(args) => call::run(args, world),
        LabCommand::Endpoint(args) => endpoint::run(args, world),
        LabCommand::Run(args) => run::run(args, world),
        LabCommand::Defects(_) => {
            let report = LabDefectsReport {
                schema: DEFECTS,
                defects: DefectReport::all(Defect::ALL),
            };
            world.print(&report, |width| report.render(width))?;
            Ok(Outcome::Good)
        }
    }
}
