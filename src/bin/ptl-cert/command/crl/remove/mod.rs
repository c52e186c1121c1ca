//! `ptl-cert crl remove`.

use ptl_cert::input::Shown;
use ptl_cert::report::crl::remove::{Removal, SCHEMA};
use ptl_cert::revocation::Slot;
use ptl_cert::store::crl_cache::{About, Crls, Damaged};

use super::{cache, kept, refuse};
use crate::args::Format;
use crate::args::crl::Remove;
use crate::outcome::Outcome;
use crate::world::World;

/// Takes the CRLs that are named out of the cache.
pub(crate) fn run(args: &Remove, world: &mut World) -> anyhow::Result<Outcome> {
    if world.format() == Format::Ndjson {
        return refuse(
            "remove",
            "crl remove has no --format ndjson; use --format json",
        );
    }
    let cache = cache(&args.folder, world)?;
    let mut writer = cache.lock(Some(args.wait))?;
    let mut removal = Removal {
        schema: SCHEMA,
        cache: cache.folder().shown().to_string(),
        removed: Vec::new(),
        damaged: Vec::new(),
        forgotten: Vec::new(),
        unknown: Vec::new(),
    };
    for name in &args.names {
        let Crls { sound, damaged, .. } = cache.crls()?;
        let sound = sound.iter().map(|crl| crl.about().clone());
        let sound: Vec<About> = sound.filter(|about| is_named(about, name)).collect();
        let damaged: Vec<Damaged> = damaged
            .into_iter()
            .filter(|damaged| {
                let about = damaged.about.as_deref();
                damaged.slot == *name || about.is_some_and(|about| is_named(about, name))
            })
            .collect();
        let gone: Vec<&About> = sound
            .iter()
            .chain(
                damaged
                    .iter()
                    .filter_map(|damaged| damaged.about.as_deref()),
            )
            .collect();
        // A source that failed once and is wanted by nobody would be told of for weeks.
        let forgotten = writer.forget(|source| {
            source.to_string() == *name || gone.iter().any(|about| about.source == *source)
        })?;
        if sound.is_empty() && damaged.is_empty() && forgotten.is_empty() {
            removal.unknown.push(name.clone());
        }
        let forgotten = forgotten.iter().map(ToString::to_string);
        removal.forgotten.extend(forgotten);
        let slots = sound.iter().map(|about| &about.slot);
        for slot in slots.chain(damaged.iter().map(|damaged| &damaged.slot)) {
            if let Some(slot) = Slot::parse(slot) {
                writer.remove(&slot)?;
            }
        }
        removal.removed.extend(sound.iter().map(kept));
        let paths = damaged
            .iter()
            .map(|damaged| damaged.path.shown().to_string());
        removal.damaged.extend(paths);
    }
    world.print(&removal, |width| removal.render(width))?;
    Ok(Outcome::of(removal.exit()))
}

/// Whether people know the CRL by this name.
fn is_named(about: &About, name: &str) -> bool {
    about.slot == name
        || about.source.to_string() == name
        || about.point.iter().any(|point| point == name)
}
