//! Many questions to one process: facts, CRLs and what is known about CAs stay in memory between them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::gather::CacheState;
use super::snapshot::{Snapshot, SnapshotError};
use super::verify::{self, Verification, VerifyError};
use super::{CacheUse, Context, Judge, JudgeError, Moment};
use crate::environment::Facts;

/// After this many seconds the cache is reopened, and the facts read again, so that what another process installed or removed
/// counts.
pub const REOPEN_SECONDS: i64 = 60;

/// What is kept between questions. Can be asked from several threads.
#[derive(Debug)]
pub struct Session {
    cache: Option<PathBuf>,
    cache_use: CacheUse,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    facts: Arc<Facts>,
    snapshot: Arc<Snapshot>,
    counts: CacheState,
    /// By environment.
    judges: HashMap<String, Arc<Judge>>,
    opened: Moment,
}

/// Why a question of a session was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The cache cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// There is no judge for the environment.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// The question cannot be answered.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl Session {
    /// Opens the cache, where there is one.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub fn open(
        facts: impl Into<Arc<Facts>>,
        cache: Option<&Path>,
        cache_use: CacheUse,
        now: Moment,
    ) -> Result<Session, SessionError> {
        let (snapshot, counts) = opened(cache, cache_use)?;
        Ok(Session {
            cache: cache.map(Path::to_owned),
            cache_use,
            state: Mutex::new(State {
                facts: facts.into(),
                snapshot,
                counts,
                judges: HashMap::new(),
                opened: now,
            }),
        })
    }

    /// The facts.
    pub fn facts(&self) -> Arc<Facts> {
        Arc::clone(&self.state().facts)
    }

    /// Whether it is [so long](REOPEN_SECONDS) since the facts and the cache were read that they should be read again.
    pub fn is_due(&self, now: Moment) -> bool {
        let opened = self.state().opened;
        now.unix() < opened.unix() || now.unix() - opened.unix() >= REOPEN_SECONDS
    }

    /// Takes facts that were read again, and opens the cache again; returns how many CRLs there are. A CA that the new facts no
    /// longer have is trusted no more.
    ///
    /// # Errors
    /// When the cache cannot be read; the earlier facts and CRLs then still count.
    pub fn reload(&self, facts: impl Into<Arc<Facts>>, now: Moment) -> Result<usize, SessionError> {
        let (snapshot, counts) = opened(self.cache.as_deref(), self.cache_use)?;
        let found = snapshot.len();
        *self.state() = State {
            facts: facts.into(),
            snapshot,
            counts,
            judges: HashMap::new(),
            opened: now,
        };
        Ok(found)
    }

    /// Answers as [`verify::verify`] does, from memory where nothing but certificates, a key and a request is given; `now` is
    /// the moment at which it is asked, which decides whether the cache is opened again. The facts stay those that were handed
    /// over last.
    ///
    /// # Errors
    /// When nothing is trusted, the environment is not known, or the cache cannot be read.
    pub fn verify(
        &self,
        options: &verify::Options,
        at: Moment,
        now: Moment,
    ) -> Result<Verification, SessionError> {
        if self.is_due(now) {
            self.reload(self.facts(), now)?;
        }
        let mut context = Context::new(at, self.facts());
        context.cache.clone_from(&self.cache);
        context.cache_use = self.cache_use;
        let has_own = !options.anchors.is_empty() || !options.chain.is_empty();
        let environment = options.environment.as_deref().filter(|_| !has_own);
        match environment {
            Some(id) if options.crls.is_empty() => {
                let (judge, counts) = self.judge(id)?;
                match verify::verify_by(&judge, counts, options, &context) {
                    Some(verification) => Ok(verification),
                    None => Ok(verify::verify(options, &context)?),
                }
            }
            _ => Ok(verify::verify(options, &context)?),
        }
    }

    /// The judge for an environment.
    fn judge(&self, id: &str) -> Result<(Arc<Judge>, CacheState), SessionError> {
        let mut state = self.state();
        let counts = state.counts;
        let id = id.to_ascii_lowercase();
        if let Some(judge) = state.judges.get(&id) {
            return Ok((Arc::clone(judge), counts));
        }
        let judge = Judge::of_environment(id.as_str())
            .facts(Arc::clone(&state.facts))
            .crls(Arc::clone(&state.snapshot))
            .build()?;
        let judge = Arc::new(judge);
        // As many as the facts have environments: an id that is not known builds none.
        state.judges.insert(id, Arc::clone(&judge));
        Ok((judge, counts))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The CRLs of a cache, and whether a missing CRL counts: as for one run of `verify`.
fn opened(
    cache: Option<&Path>,
    cache_use: CacheUse,
) -> Result<(Arc<Snapshot>, CacheState), SnapshotError> {
    let absent = || (Arc::new(Snapshot::empty()), CacheState::Absent);
    let Some(folder) = cache else {
        return Ok(absent());
    };
    let snapshot = match (Snapshot::of_cache(folder), cache_use) {
        (Err(SnapshotError::NoCache { .. }), CacheUse::IfPresent) => return Ok(absent()),
        (Err(SnapshotError::NoCache { .. }), CacheUse::Required) => Snapshot::empty(),
        (opened, _) => opened?,
    };
    let has_something = !snapshot.is_empty() || !snapshot.damaged().is_empty();
    let counts = match cache_use == CacheUse::Required || has_something {
        true => CacheState::Counts,
        false => CacheState::Absent,
    };
    Ok((Arc::new(snapshot), counts))
}
