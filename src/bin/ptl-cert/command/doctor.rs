//! `ptl-cert doctor`.

use ptl_cert::ops::{Context, doctor};
use ptl_cert::report::doctor::DoctorReport;

use super::reading::{self, evidence::refuse};
use crate::args::{Doctor, Format};
use crate::outcome::Outcome;
use crate::world::World;

/// Has the configurations examined.
pub(crate) fn run(args: &Doctor, world: &mut World) -> anyhow::Result<Outcome> {
    if world.format() == Format::Ndjson {
        return refuse("doctor", "doctor has no --format ndjson; use --format json");
    }
    let facts = reading::facts(args.facts.as_deref(), world)?;
    let context = Context::new(world.moment(args.at), facts);
    let mut options = doctor::Doctor::new(args.paths.clone());
    options.environment.clone_from(&args.env);
    options.pid = args.pid;
    let examined = match doctor::doctor(&options, &context) {
        Ok(examined) => examined,
        Err(error) => return refuse("doctor", &error.to_string()),
    };
    let report = DoctorReport::new(&examined);
    world.print(&report, |width| report.render(width))?;
    let fails = reading::fails(report.worst(), world);
    Ok(match Outcome::of(report.exit) {
        Outcome::Good if fails => Outcome::Bad,
        outcome => outcome,
    })
}
