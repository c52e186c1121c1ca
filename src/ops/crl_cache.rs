//! The cache of CRLs as a service keeps it: open, import, update, look up.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::crl::{import, update};
use super::gather::Named;
use super::snapshot::{Snapshot, SnapshotError};
use super::{Context, Moment};
use crate::environment::Facts;
use crate::input::Source;

/// A folder with CRLs, each verified before it was installed, and how a service fills and reads it. Cheap to clone; several
/// threads and several processes may use one folder.
///
/// Downloads are made by [`CrlCache::update`] with this crate's own client, or by the caller's: [`CrlCache::begin`] hands
/// out what to request and takes the responses, without a socket of its own.
///
/// ```no_run
/// use std::time::SystemTime;
/// use ptl_cert::ops::crl::update::{HttpReply, Options};
/// use ptl_cert::ops::{CrlCache, Judge};
/// # fn my_client(url: &str) -> Vec<u8> { Vec::new() }
///
/// let cache = CrlCache::open("/var/lib/my-service/crls")?;
/// let update = cache.begin(&Options::of_environment("int"), SystemTime::now().into())?;
/// while let Some(ask) = update.ask() {
///     let body = my_client(ask.url());
///     update.got(ask, HttpReply::whole(&body));
/// }
/// update.finish()?;
/// let judge = Judge::of_environment("int").crls(cache.snapshot()?).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CrlCache {
    folder: PathBuf,
    facts: Arc<Facts>,
    issuers: Vec<Named>,
}

impl CrlCache {
    /// The cache in this folder, which the first import or update makes, for the CAs of the built-in facts.
    ///
    /// # Errors
    /// When the built-in facts cannot be read.
    pub fn open(folder: impl Into<PathBuf>) -> Result<CrlCache, crate::environment::FactsError> {
        Ok(CrlCache {
            folder: folder.into(),
            facts: Arc::new(Facts::built_in()?),
            issuers: Vec::new(),
        })
    }

    /// Accepts the CRLs of the CAs of these facts instead.
    pub fn facts(mut self, facts: impl Into<Arc<Facts>>) -> CrlCache {
        self.facts = facts.into();
        self
    }

    /// Also accepts the CRLs of these CAs: certificates that the caller vouches for.
    pub fn issuers(mut self, issuers: impl IntoIterator<Item = Named>) -> CrlCache {
        self.issuers.extend(issuers);
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Installs a CRL that the caller has, if it is good; the outcome is in the result. Messages call it `name`.
    ///
    /// # Errors
    /// When the cache cannot be written.
    pub fn import(
        &self,
        name: impl Into<Cow<'static, str>>,
        crl: impl Into<Vec<u8>>,
        at: Moment,
    ) -> Result<import::Imported, import::Error> {
        let named = Named::bytes(Source::given(name), crl.into());
        let mut options = import::Options::new([import::From::Named(named)]);
        options.issuers.clone_from(&self.issuers);
        import::import(&options, &self.context(at))
    }

    /// Fetches what is due with this crate's own client, and installs what is good.
    ///
    /// # Errors
    /// When there is nothing to fetch, or the cache cannot be written. A CRL that could not be fetched is in the result.
    pub fn update(
        &self,
        options: &update::Options,
        at: Moment,
    ) -> Result<update::Updated, update::Error> {
        update::update(&self.with_issuers(options), &self.context(at))
    }

    /// Begins an update through the caller's own client, for which these rules are the caller's to keep: send
    /// [`Ask::etag`](update::Ask::etag) and [`Ask::last_modified`](update::Ask::last_modified) where there are any, follow no
    /// redirect to another scheme, set a time limit, and read no more than [`CRL_LIMIT`](crate::input::CRL_LIMIT) octets.
    /// What came is checked here, whoever sent it.
    ///
    /// Several threads may ask and hand over at once. [`ImportReport`](crate::report::crl::import::ImportReport) shows what
    /// became of it, and [`status`](super::crl::status::status) when the next update is due.
    ///
    /// # Errors
    /// When there is nothing to fetch, or the cache cannot be written.
    pub fn begin(
        &self,
        options: &update::Options,
        at: Moment,
    ) -> Result<update::Update<'static>, update::Error> {
        update::Update::begin(&self.with_issuers(options), &self.context(at))
    }

    /// Every CRL as it is now, for a [`Judge`](super::Judge).
    ///
    /// # Errors
    /// When there is no such folder, or it cannot be read.
    pub fn snapshot(&self) -> Result<Snapshot, SnapshotError> {
        Snapshot::of_cache(&self.folder)
    }

    fn with_issuers(&self, options: &update::Options) -> update::Options {
        let mut options = options.clone();
        options.issuers.extend(self.issuers.iter().cloned());
        options
    }

    fn context(&self, at: Moment) -> Context<'static> {
        Context::new(at, Arc::clone(&self.facts)).cache(&self.folder)
    }
}
