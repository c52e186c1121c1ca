//! `ptl-cert lab init`.

use ptl_cert::environment::Facts;
use ptl_cert::ops::lab::{self, CreateOptions};
use ptl_cert::report::lab::LabInitReport;

use crate::args::LabInit;
use crate::outcome::Outcome;
use crate::world::World;

/// Creates a lab.
pub(super) fn run(args: &LabInit, world: &mut World) -> anyhow::Result<Outcome> {
    let folder = &args.folder.dir;
    let mut options = CreateOptions::new(folder);
    options.keys = args.keys.clone();
    options.base_url = args.base_url.clone();
    let console = world.console();
    let context = world.context(world.moment(args.at), Facts::default(), None, &console);
    let bar = world.progress(lab::keys(), "lab keys");
    let created = lab::create(&options, &context)?;
    drop(bar);
    let report = LabInitReport::new(&created, folder, world.voice());
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    Ok(Outcome::Good)
}
