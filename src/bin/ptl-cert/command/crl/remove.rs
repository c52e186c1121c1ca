//! `ptl-cert crl remove`.

use ptl_cert::ops::crl::remove::{self, Options};
use ptl_cert::report::crl::remove::Removal;

use super::{failed, only_cache};
use crate::args::crl::Remove;
use crate::outcome::Outcome;
use crate::world::World;

/// Takes the CRLs that are named out of the cache.
pub(crate) fn run(args: &Remove, world: &mut World) -> anyhow::Result<Outcome> {
    let context = only_cache(&args.folder, world)?;
    let options = Options::new(args.names.clone(), args.wait);
    let removed = match remove::remove(&options, &context) {
        Ok(removed) => removed,
        Err(error) => return failed("remove", error),
    };
    let removal = Removal::from(&removed).in_voice(world.voice());
    world.print(&removal, |width| removal.render(width))?;
    Ok(Outcome::of(removal.exit()))
}
