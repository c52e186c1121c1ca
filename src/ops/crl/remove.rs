//! CRLs removed from the cache because nothing needs them any more.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use super::{Error, cache};
use crate::ops::Context;
use crate::revocation::Slot;
use crate::store::crl_cache::{About, Cache, CacheError, CrlOrigin, Crls, Damaged};

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
    let mut held = Held::read(&cache)?;
    let mut slots = Vec::new();
    for name in &options.names {
        let (sound, damaged) = held.take(name);
        let known = damaged
            .iter()
            .filter_map(|damaged| damaged.about.as_deref());
        let gone = sound.iter().chain(known).map(|about| &about.source);
        // A source that failed once and that nothing needs would be reported for weeks.
        let forgotten = held.forget(name, gone);
        if sound.is_empty() && damaged.is_empty() && forgotten.is_empty() {
            removal.unknown.push(name.clone());
        }
        removal.forgotten.extend(forgotten);
        let of_sound = sound.iter().map(|about| &about.slot);
        let of_damaged = damaged.iter().map(|damaged| &damaged.slot);
        slots.extend(of_sound.chain(of_damaged).filter_map(|id| Slot::parse(id)));
        removal.removed.extend(sound);
        removal.damaged.extend(damaged);
    }
    let forgotten: HashSet<&CrlOrigin> = removal.forgotten.iter().collect();
    if !forgotten.is_empty() {
        writer.forget(|source| forgotten.contains(source))?;
    }
    for slot in slots {
        writer.remove(&slot)?;
    }
    Ok(removal)
}

/// What the cache has, read once however many names there are: each name takes out what it means.
struct Held {
    sound: Vec<Option<About>>,
    damaged: Vec<Option<Damaged>>,
    /// The indices of the CRLs that can be used and of those that cannot, by each of their names.
    places: HashMap<String, (Vec<usize>, Vec<usize>)>,
    /// The sources whose history is kept, as they are written.
    tried: HashMap<String, Vec<CrlOrigin>>,
}

impl Held {
    fn read(cache: &Cache) -> Result<Held, Error> {
        let Crls { sound, damaged, .. } = cache.crls()?;
        let sound: Vec<About> = sound.iter().map(|crl| crl.about().clone()).collect();
        let mut places: HashMap<String, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for (place, about) in sound.iter().enumerate() {
            for name in names(about) {
                places.entry(name).or_default().0.push(place);
            }
        }
        for (place, one) in damaged.iter().enumerate() {
            let own = HashSet::from([one.slot.clone()]);
            let about = one.about.as_deref().map(names).unwrap_or_default();
            for name in own.into_iter().chain(about).collect::<HashSet<_>>() {
                places.entry(name).or_default().1.push(place);
            }
        }
        let attempts = match cache.attempts() {
            // Nothing is remembered there.
            Err(CacheError::Damaged { .. }) => Vec::new(),
            attempts => attempts?,
        };
        let mut tried: HashMap<String, Vec<CrlOrigin>> = HashMap::new();
        for attempt in attempts {
            let of_name = tried.entry(attempt.source.to_string()).or_default();
            // They are sorted: a source has an attempt for each of its points.
            if of_name.last() != Some(&attempt.source) {
                of_name.push(attempt.source);
            }
        }
        Ok(Held {
            sound: sound.into_iter().map(Some).collect(),
            damaged: damaged.into_iter().map(Some).collect(),
            places,
            tried,
        })
    }

    /// Takes out the CRLs of a name.
    fn take(&mut self, name: &str) -> (Vec<About>, Vec<Damaged>) {
        let (sound, damaged) = self.places.remove(name).unwrap_or_default();
        let take = |place: usize| self.sound.get_mut(place)?.take();
        let sound = sound.into_iter().filter_map(take).collect();
        let take = |place: usize| self.damaged.get_mut(place)?.take();
        (sound, damaged.into_iter().filter_map(take).collect())
    }

    /// Takes out the sources of a name and of the CRLs that are gone, sorted.
    fn forget<'g>(
        &mut self,
        name: &str,
        gone: impl Iterator<Item = &'g CrlOrigin>,
    ) -> Vec<CrlOrigin> {
        let mut forgotten = self.tried.remove(name).unwrap_or_default();
        for source in gone {
            if let Some(tried) = self.tried.get_mut(&source.to_string()) {
                forgotten.extend(tried.extract_if(.., |one| one == source));
            }
        }
        forgotten.sort();
        forgotten
    }
}

/// The CRL's names: its slot, its source and the names of its distribution point.
fn names(about: &About) -> HashSet<String> {
    let own = [about.slot.clone(), about.source.to_string()];
    let points = about.distribution_point.iter().map(ToString::to_string);
    own.into_iter().chain(points).collect()
}
