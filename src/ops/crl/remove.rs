//! CRLs removed from the cache because nothing needs them any more.

use std::path::PathBuf;
use std::time::Duration;

use super::{Error, cache};
use crate::ops::Context;
use crate::revocation::Slot;
use crate::store::crl_cache::{About, CrlOrigin, Crls, Damaged};

/// What is removed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What people call the CRLs: a source, a name of the distribution point, or a slot.
    pub names: Vec<String>,
    /// How long another run that holds the cache is waited for.
    pub wait: Duration,
}

/// What was removed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Removed {
    /// The folder of the cache.
    pub cache: PathBuf,
    /// The CRLs that are gone.
    pub removed: Vec<About>,
    /// The damaged CRLs that are gone.
    pub damaged: Vec<Damaged>,
    /// The sources of which nothing is remembered any more.
    pub forgotten: Vec<CrlOrigin>,
    /// What was asked for and is not in the cache.
    pub unknown: Vec<String>,
}

impl Options {
    /// Removes what is called so.
    pub fn new(names: Vec<String>, wait: Duration) -> Options {
        Options { names, wait }
    }
}

/// Removes CRLs, and what is remembered of their sources.
///
/// # Errors
/// When the cache does not read or write, or another run holds it for too long.
pub fn run(options: &Options, context: &Context<'_>) -> Result<Removed, Error> {
    let cache = cache(context)?;
    let mut writer = cache.lock(Some(options.wait))?;
    let mut removal = Removed {
        cache: cache.folder().to_owned(),
        removed: Vec::new(),
        damaged: Vec::new(),
        forgotten: Vec::new(),
        unknown: Vec::new(),
    };
    for name in &options.names {
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
        let known = damaged
            .iter()
            .filter_map(|damaged| damaged.about.as_deref());
        let gone: Vec<&About> = sound.iter().chain(known).collect();
        // A source that failed once and that nothing needs would be reported for weeks.
        let forgotten = writer.forget(|source| {
            source.to_string() == *name || gone.iter().any(|about| about.source == *source)
        })?;
        if sound.is_empty() && damaged.is_empty() && forgotten.is_empty() {
            removal.unknown.push(name.clone());
        }
        removal.forgotten.extend(forgotten);
        let slots = sound.iter().map(|about| &about.slot);
        for slot in slots.chain(damaged.iter().map(|damaged| &damaged.slot)) {
            if let Some(slot) = Slot::parse(slot) {
                writer.remove(&slot)?;
            }
        }
        removal.removed.extend(sound);
        removal.damaged.extend(damaged);
    }
    Ok(removal)
}

/// Whether people know the CRL by this name.
fn is_named(about: &About, name: &str) -> bool {
    about.slot == name
        || about.source.to_string() == name
        || about.point.iter().any(|point| point == name)
}
