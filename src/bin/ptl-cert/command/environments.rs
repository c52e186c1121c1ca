//! `ptl-cert environments`.

use ptl_cert::report::environments::EnvironmentsReport;

use super::reading;
use super::reading::evidence::{refuse, unknown};
use crate::args::Environments;
use crate::outcome::Outcome;
use crate::world::World;

/// Prints what is known about the environments, or about one of them.
pub(crate) fn run(args: &Environments, world: &mut World) -> anyhow::Result<Outcome> {
    let facts = reading::facts(args.facts.as_deref(), world)?;
    let wanted = match &args.id {
        None => facts.environments.iter().collect(),
        Some(id) => match facts.environment(&id.to_ascii_lowercase()) {
            None => return refuse("environments", &unknown(id, &facts)),
            Some(environment) => vec![environment],
        },
    };
    let report =
        EnvironmentsReport::new(&facts, wanted, world.moment(args.at)).in_voice(world.voice());
    world.print(&report, |width| report.render(width))?;
    Ok(Outcome::Good)
}
