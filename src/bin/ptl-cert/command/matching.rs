//! `ptl-cert match`.

use ptl_cert::document::Moment;
use ptl_cert::environment::Facts;
use ptl_cert::report::matching::Matching;
use ptl_cert::store::read::Depth;
use ptl_cert::verdict::{self, Policy};

use super::reading::{self, Inputs};
use crate::args::Match;
use crate::outcome::Outcome;
use crate::world::World;

/// Says which key, request and certificate belong together.
pub(crate) fn run(args: &Match, world: &mut World) -> anyhow::Result<Outcome> {
    let password = world.read_passphrase_of(args.password_file.as_deref())?;
    let depth = if args.recursive {
        Depth::Tree
    } else {
        Depth::Directory
    };
    let Inputs { loaded, mut unread } = Inputs::load(&args.paths, depth, world);
    let sifted = Inputs::sift(&loaded, &mut unread, password.as_ref(), world);
    let items = reading::items(&sifted.opened, password.as_ref(), &mut unread);
    // Only keys are compared: no CA need be known, and dates do not matter.
    let policy = Policy {
        at: Moment::new(world.now()),
        soon_days: 0,
    };
    let examination = verdict::examine(&items, &Facts::default(), policy);
    let mut matching = Matching::new(&items, &examination, unread.clone());
    matching.passed_over = sifted.passed_over;
    world.print(&matching, |width| matching.render(width))?;
    reading::mention(&matching.passed_over, world);
    reading::complain(&unread, world);
    let heaviest = matching
        .findings
        .iter()
        .map(|finding| finding.severity)
        .max();
    Ok(reading::conclude(&unread, heaviest, world))
}
