//! What every operation knows about the world.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::decode::Password;
use crate::document::Moment;
use crate::environment::Facts;
use crate::input::Source;
use crate::wire::fetch::Proxy;
use crate::wording::Voice;

/// Follows an operation: it is notified of progress, may stop the operation, and may supply a password.
///
/// Operations call it from several threads. Every method has a default, so that `()` is an observer that says nothing.
pub trait Observer: Sync {
    /// A stage of the operation begins, with this many steps; 0 if the number is unknown.
    fn begin(&self, stage: &'static str, steps: usize) {
        let _ = (stage, steps);
    }

    /// One step of the stage is done.
    fn step(&self) {}

    /// The stage is over.
    fn end(&self) {}

    /// Whether the operation should stop. It then stops at the next step, leaves nothing half-written, and returns what it
    /// has or an error that says so.
    fn is_cancelled(&self) -> bool {
        false
    }

    /// The password for this input; `None` if there is no prompt.
    fn password(&self, source: &Source) -> Option<Password> {
        let _ = source;
        None
    }
}

impl Observer for () {}

/// What it means when the folder of the CRL cache is missing or empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheUse {
    /// The folder was chosen explicitly, so revocation has to be checked: it stays undecided.
    Required,
    /// The folder is only the default one: there is no cache.
    IfPresent,
}

/// What every operation knows about the world: the moment, the facts, the folders, the proxy, the observer.
///
/// An operation reads nothing else from its surroundings: no clock, no environment variable, no home folder.
#[derive(Clone)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The moment for which everything is judged.
    pub at: Moment,
    /// What is known about the NHS: environments, CAs, hosts.
    pub facts: Arc<Facts>,
    /// The folder of the CRL cache; `None` where there is none.
    pub cache: Option<PathBuf>,
    /// What it means when that folder is empty.
    pub cache_use: CacheUse,
    /// The proxy for downloads.
    pub proxy: Proxy,
    /// The observer of the operation.
    pub observer: &'a dyn Observer,
    /// The voice of remedies that are part of a result; most results have facts only.
    pub voice: Voice,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("at", &self.at)
            .field("cache", &self.cache)
            .field("voice", &self.voice)
            .finish_non_exhaustive()
    }
}

impl<'a> Context<'a> {
    /// A context for this moment, without a cache, a proxy or an observer.
    pub fn new(at: Moment, facts: impl Into<Arc<Facts>>) -> Context<'a> {
        Context {
            at,
            facts: facts.into(),
            cache: None,
            cache_use: CacheUse::Required,
            proxy: Proxy::default(),
            observer: &(),
            voice: Voice::Neutral,
        }
    }

    /// Uses the CRL cache in this folder. It was chosen explicitly: what it does not know is undecided.
    pub fn cache(mut self, folder: &Path) -> Context<'a> {
        self.cache = Some(folder.to_owned());
        self.cache_use = CacheUse::Required;
        self
    }

    /// Uses the CRL cache in this folder if there is one: the default folder, which the user did not choose.
    pub fn usual_cache(mut self, folder: &Path) -> Context<'a> {
        self.cache = Some(folder.to_owned());
        self.cache_use = CacheUse::IfPresent;
        self
    }

    /// Sends downloads through this proxy.
    pub fn proxy(mut self, proxy: Proxy) -> Context<'a> {
        self.proxy = proxy;
        self
    }

    /// Words the remedies in a result in this voice.
    pub fn voice(mut self, voice: Voice) -> Context<'a> {
        self.voice = voice;
        self
    }

    /// Tells this observer how far operations have come.
    pub fn observer(mut self, observer: &'a dyn Observer) -> Context<'a> {
        self.observer = observer;
        self
    }
}
