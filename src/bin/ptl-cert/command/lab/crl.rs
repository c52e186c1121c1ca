//! `ptl-cert lab crl`.

use ptl_cert::environment::Facts;
use ptl_cert::input::Shown;
use ptl_cert::ops::lab::{self, CrlOptions};
use ptl_cert::report::lab::{CRL, CrlReport, DefectReport, LabCrlsReport};

use crate::args::LabCrl;
use crate::outcome::Outcome;
use crate::world::World;

/// Writes CRLs.
pub(super) fn run(args: &LabCrl, world: &mut World) -> anyhow::Result<Outcome> {
    let mut options = CrlOptions::new(&args.folder.dir);
    options.environment = args.env;
    options.path = args.crl.clone();
    options.entries = args.entries;
    options.defects = args.defect.clone();
    options.folder = args.out_dir.clone();
    let at = world.moment(args.at);
    let console = world.console();
    let context = world.context(at, Facts::default(), None, &console);
    let written = lab::write_crls(&options, &context)?;
    let report = LabCrlsReport {
        schema: CRL,
        folder: args.folder.dir.shown().to_string(),
        at,
        defects: DefectReport::all(&args.defect),
        crls: written.iter().map(CrlReport::new).collect(),
    };
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    Ok(Outcome::Good)
}
