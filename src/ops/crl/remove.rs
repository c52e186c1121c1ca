//! CRLs removed from the cache because nothing needs them any more.

use std::path::PathBuf;
use std::time::Duration;

use super::{Error, cache};
use crate::ops::Context;
use crate::revocation::Slot;
use crate::store::crl_cache::{About, CrlOrigin, Crls, Damaged};

/// What to remove.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The CRLs, by source, by a name of the distribution point, or by slot.
    pub names: Vec<String>,
    /// How long to wait for another run that holds the cache.
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
    /// The sources whose history was removed.
    pub forgotten: Vec<CrlOrigin>,
    /// What was asked for and is not in the cache.
    pub unknown: Vec<String>,
}

impl Options {
    /// Removes these.
    pub fn new(names: Vec<String>, wait: Duration) -> Options {
        Options { names, wait }
    }
}

/// Removes CRLs, and the history of their sources.
///
/// # Errors
/// When the cache cannot be read or written, or another run holds it for too long.
pub fn remove(options: &Options, context: &Context<'_>) -> Result<Removed, Error> {
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

/// Whether this is one of the CRL's names.
fn is_named(about: &About, name: &str) -> bool {
    about.slot == name
        || about.source.to_string() == name
        || about.distribution_point.iter().any(|point| point == name)
}
