//! Fetches CRLs into the cache: those that an environment and certificates name, and those that the cache has already.
//!
//! [`update`] does all of it over this crate's own HTTP client. [`Update`] is the same without a client: it says what to
//! ask for and takes what came, for a program that has a client of its own.
//!
//! Only addresses that a known CA put into a certificate are contacted: a CA of the facts, one given as an issuer, or
//! a CA below one of these. Any certificate could name an address in the machine's own network.

mod manual;
mod installed;
mod target;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::import::read_certificates;
use super::install::{Installer, place, with_downloaded};
use super::known::{self, UnknownEnvironment, authorities_of};
use super::received::{CrlOutcome, Failure, ReceivedCrl};
use crate::document::{Certificate, Moment};
use crate::input::Source;
use crate::ops::Context;
use crate::ops::gather::{Named, Unread, UnreadReason};
use crate::revocation::SearchableCrl;
use crate::store::crl_cache::{Cache, CacheError, CachedCrl, Provenance, ReceivedFile, Tried};
use crate::verdict::admission::{Authorities, Rollback};
use crate::verdict::plan::expired_authorities;
use crate::verdict::sources::{Sources, at_mirror, is_below, sources};
use crate::wire::fetch::{
    self, ContentEncoding, FetchAnswer, FetchError, FetchRequest, Html, Limits,
};

use installed::Installed;
pub use manual::{Manual, ManualReason};
use manual::{manual, overdue};
use target::{For, Target};

/// How many servers are contacted at a time: most of the time is waiting, and a CA's server must not be flooded.
const AT_ONCE: usize = 6;

/// The most distribution points of one certificate that are fetched: the NHS's have one or two.
pub const POINTS_LIMIT: usize = 16;

/// The most addresses of one distribution point that are tried.
pub const ADDRESSES_LIMIT: usize = 8;

/// The most CRLs that one run asks for: as many as the NHS's partitions that have been seen, ten times over, and fewer
/// than the sources that the cache remembers.
pub const TARGETS_LIMIT: usize = 5_000;

/// What is updated, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The environment whose CAs' CRLs are wanted.
    pub environment: Option<String>,
    /// Certificates whose CRLs are wanted.
    pub certificates: Vec<Named>,
    /// CAs whose CRLs are accepted besides those known.
    pub issuers: Vec<Named>,
    /// The mirror to fetch the same paths from.
    pub mirror: Option<String>,
    /// The limits of one download.
    pub limits: Limits,
    /// Whether servers may compress.
    pub encoding: ContentEncoding,
    /// How long to wait for another writer of the cache.
    pub wait: Duration,
    /// Whether an older CRL may replace a newer one.
    pub rollback: Rollback,
}

impl Options {
    /// Every CRL that the CAs of this environment name.
    pub fn of_environment(id: impl Into<String>) -> Options {
        Options {
            environment: Some(id.into()),
            ..Options::default()
        }
    }

    /// Every CRL that these certificates, and the known CAs above them, name.
    pub fn of_certificates(certificates: impl IntoIterator<Item = Named>) -> Options {
        Options::default().certificates(certificates)
    }

    /// Every CRL that these certificates name too.
    pub fn certificates(mut self, certificates: impl IntoIterator<Item = Named>) -> Options {
        self.certificates.extend(certificates);
        self
    }

    /// Accepts the CRLs of these CAs besides those known.
    pub fn issuers(mut self, issuers: impl IntoIterator<Item = Named>) -> Options {
        self.issuers.extend(issuers);
        self
    }

    /// Fetches the same paths from this server instead.
    pub fn mirror(mut self, url: impl Into<String>) -> Options {
        self.mirror = Some(url.into());
        self
    }

    /// Bounds each download.
    pub fn limits(mut self, limits: Limits) -> Options {
        self.limits = limits;
        self
    }

    /// Waits this long for another writer of the cache.
    pub fn wait(mut self, wait: Duration) -> Options {
        self.wait = wait;
        self
    }

    /// Says whether an older CRL may replace a newer one.
    pub fn rollback(mut self, rollback: Rollback) -> Options {
        self.rollback = rollback;
        self
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            environment: None,
            certificates: Vec::new(),
            issuers: Vec::new(),
            mirror: None,
            limits: Limits::default(),
            encoding: ContentEncoding::Identity,
            wait: Duration::ZERO,
            rollback: Rollback::Refused,
        }
    }
}

/// The outcome.
#[derive(Debug)]
#[non_exhaustive]
pub struct Updated {
    /// The moment for which everything was judged.
    pub at: Moment,
    /// The folder of the cache.
    pub cache: PathBuf,
    /// The outcome for each CRL.
    pub crls: Vec<ReceivedCrl>,
    /// The CRLs that cannot be fetched.
    pub manual: Vec<Manual>,
    /// The CAs whose CRLs were not fetched because they, or all CAs above them, have expired.
    pub expired: Vec<Arc<Certificate>>,
    /// The certificates whose addresses were not contacted.
    pub not_asked: Vec<NotAsked>,
    /// What could not be read. If it is a CA's certificate, nothing was fetched.
    pub unread: Vec<Unread>,
}

/// A certificate some or all of whose addresses were not contacted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NotAsked {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Why not.
    pub reason: NotAskedReason,
}

/// Why addresses were not contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotAskedReason {
    /// No known CA issued the certificate, so its addresses cannot be trusted.
    UnknownIssuer,
    /// It names more distribution points, or more addresses of one, than are tried.
    TooManyPoints,
    /// The run has reached its limit of CRLs.
    TooManyTargets,
}

/// Why nothing could be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The environment is not known.
    #[error(transparent)]
    Environment(#[from] UnknownEnvironment),
    /// Neither an environment nor certificates were given, and nothing in the cache came from an address.
    #[error(
        "nothing to fetch: no environment or certificate was given, and no cached CRL has a URL"
    )]
    NothingToAsk,
    /// The context has no cache.
    #[error("no folder for the CRL cache was given")]
    NoCache,
    /// The cache cannot be written.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// One request to make: a GET.
#[derive(Debug)]
#[must_use]
pub struct Ask {
    target: usize,
    address: usize,
    url: String,
    known: Option<Known>,
}

/// The installed CRL of the source asked, if it came from there and has not expired.
#[derive(Debug)]
struct Known {
    slot: String,
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Ask {
    /// The address: `http` or `https`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The entity tag to send as `If-None-Match`.
    pub fn etag(&self) -> Option<&str> {
        self.known.as_ref()?.etag.as_deref()
    }

    /// The date to send as `If-Modified-Since`.
    pub fn last_modified(&self) -> Option<&str> {
        self.known.as_ref()?.last_modified.as_deref()
    }
}

/// The result of an [`Ask`].
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpReply<'b> {
    /// Nothing newer (304).
    NotModified,
    /// A whole body (200).
    Whole {
        /// The body, in DER or PEM.
        bytes: &'b [u8],
        /// Its `ETag`.
        etag: Option<String>,
        /// Its `Last-Modified`.
        last_modified: Option<String>,
    },
    /// Nothing useful.
    Failed(Failure),
}

/// An update under way: [`Update::ask`] says what to fetch, [`Update::got`] takes the result, [`Update::finish`] sums up. Several
/// threads may do both at once.
///
/// ```no_run
/// use ptl_cert::ops::Context;
/// use ptl_cert::ops::crl::update::{HttpReply, Options, Update};
/// # fn my_client(url: &str) -> Vec<u8> { Vec::new() }
/// # fn run(options: &Options, context: &Context<'_>) -> Result<(), ptl_cert::ops::crl::update::Error> {
/// let update = Update::begin(options, context)?;
/// while let Some(ask) = update.ask() {
///     let bytes = my_client(ask.url());
///     update.got(ask, HttpReply::whole(&bytes));
/// }
/// let updated = update.finish()?;
/// assert!(updated.crls.iter().all(|installed| installed.is_current()));
/// # Ok(())
/// # }
/// ```
pub struct Update<'a> {
    context: Context<'a>,
    options: Options,
    installer: Installer,
    targets: Vec<Target>,
    found: Sources,
    expired: Vec<Arc<Certificate>>,
    not_asked: Vec<NotAsked>,
    unread: Vec<Unread>,
    /// Whether the CRLs to update were named; otherwise the whole cache is updated.
    is_named: bool,
    /// What was in the cache before.
    installed: Installed,
    state: Mutex<State>,
}

impl fmt::Debug for Update<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update")
            .field("options", &self.options)
            .field("targets", &self.targets.len())
            .finish_non_exhaustive()
    }
}

/// How far the targets are.
struct State {
    /// Targets, and which of their addresses is next.
    queue: VecDeque<(usize, usize)>,
    targets: Vec<Progress>,
    tried: Vec<Tried>,
}

/// How far one target is.
#[derive(Default)]
struct Progress {
    /// The outcome of the first address that failed.
    first: Option<ReceivedCrl>,
    done: Option<ReceivedCrl>,
}

/// Fetches every CRL that can be fetched, and installs those that are good.
///
/// # Errors
/// When there is nothing to fetch, or the cache cannot be used. A CRL that could not be fetched is not an error here: it is in the
/// result.
pub fn update(options: &Options, context: &Context<'_>) -> Result<Updated, Error> {
    let update = Update::begin(options, context)?;
    let targets = update.targets.len();
    context.observer.begin("CRLs", targets);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(targets) {
            scope.spawn(|| {
                while let Some(ask) = update.ask() {
                    update.fetch(ask);
                }
            });
        }
    });
    context.observer.end();
    update.finish()
}

impl<'b> HttpReply<'b> {
    /// Nothing of use, and why, such as the error of the HTTP client or another status.
    pub fn failed(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> HttpReply<'b> {
        HttpReply::Failed(Failure::Client(why.into()))
    }

    /// A whole body without validators.
    pub fn whole(bytes: &'b [u8]) -> HttpReply<'b> {
        HttpReply::Whole {
            bytes,
            etag: None,
            last_modified: None,
        }
    }
}

impl<'a> Update<'a> {
    /// Decides what to ask for. The cache is made where it is missing, and locked only for a moment.
    ///
    /// # Errors
    /// When there is nothing to ask for, or the cache cannot be used.
    pub fn begin(options: &Options, context: &Context<'a>) -> Result<Update<'a>, Error> {
        let facts = &context.facts;
        let environment = known::environment(options.environment.as_deref(), facts)?;
        let folder = context.cache.as_ref().ok_or(Error::NoCache)?;
        let cache = Cache::open(folder);
        let (issuers, unusable) = read_certificates(&options.issuers, context);
        let is_usable = unusable.is_empty();
        let (given, unread) = match is_usable {
            true => read_certificates(&options.certificates, context),
            // Without that CA, any answer about CRLs would only mislead.
            false => (Vec::new(), unusable),
        };
        let authorities = Authorities::new(facts, &issuers, &given);
        let mut not_asked = Vec::new();
        let mut asked =
            environment.map_or(Vec::new(), |environment| authorities_of(environment, facts));
        let (known, unknown): (Vec<_>, Vec<_>) = given
            .into_iter()
            .partition(|certificate| is_known(certificate, &authorities));
        not_asked.extend(unknown.into_iter().map(|certificate| NotAsked {
            certificate,
            reason: NotAskedReason::UnknownIssuer,
        }));
        asked.extend(with_issuers(&known, &authorities));
        let is_named = environment.is_some() || !options.certificates.is_empty();
        let expired = expired_authorities(&asked, context.at);
        let gone: HashSet<_> = expired.iter().map(|one| one.sha256).collect();
        asked.retain(|one| !gone.contains(&one.sha256));

        let found = sources(&asked);
        let mut targets: Vec<Target> = Vec::new();
        if is_usable {
            targets.extend(found.fetchable.iter().map(Target::of));
            // If a cache cannot be read, the writer says why.
            let crls = cache.crls().unwrap_or_default();
            let installed = Installed::of(crls.sound);
            let renewed = target::renewals(&installed, &crls.damaged, &targets);
            targets.extend(renewed);
        }
        bounded(&mut targets, &mut not_asked);
        if is_usable && !is_named && targets.is_empty() {
            return Err(Error::NothingToAsk);
        }
        let installer = Installer::begin(
            cache,
            authorities,
            context.at,
            options.rollback,
            options.wait,
        )?;
        let installed = Installed::of(installer.cache.crls()?.sound);
        Ok(Update {
            state: Mutex::new(State {
                queue: (0..targets.len()).map(|target| (target, 0)).collect(),
                targets: targets.iter().map(|_| Progress::default()).collect(),
                tried: Vec::new(),
            }),
            context: context.clone(),
            options: options.clone(),
            installer,
            targets,
            found,
            expired: once_each(expired),
            not_asked,
            unread,
            is_named,
            installed,
        })
    }

    /// What to fetch next; `None` once there is nothing left, or the observer has stopped the operation. A failure may
    /// add another address, so ask again after each result.
    pub fn ask(&self) -> Option<Ask> {
        if self.context.observer.is_cancelled() {
            return None;
        }
        let (target, address) = self.state().queue.pop_front()?;
        let wanted = self.targets.get(target)?;
        let named = wanted.urls.get(address)?;
        let url = self.asked(wanted, named);
        // Only a sound, current CRL is worth keeping when the server has nothing newer.
        let stands = self.replaced(wanted, &url).map(CachedCrl::about);
        let known = stands.filter(|about| {
            about.source.url() == Some(&url) && about.next_update >= Some(self.context.at)
        });
        let known = known.map(|about| Known {
            slot: about.slot.clone(),
            etag: about.etag.clone(),
            last_modified: about.last_modified.clone(),
        });
        Some(Ask {
            target,
            address,
            url,
            known,
        })
    }

    /// Takes a result: reads and examines it, and installs it if it is good. The cache is locked only for the last.
    pub fn got(&self, ask: Ask, reply: HttpReply<'_>) {
        let Some((target, named)) = self
            .targets
            .get(ask.target)
            .and_then(|target| Some((target, target.urls.get(ask.address)?)))
        else {
            return;
        };
        let stands = self.replaced(target, &ask.url).map(CachedCrl::about);
        let (outcome, notes) = match (reply, &ask.known) {
            (HttpReply::NotModified, Some(known)) => {
                (self.installer.confirm(&known.slot), Vec::new())
            }
            // No condition was sent.
            (HttpReply::NotModified, None) => (CrlOutcome::failed(Failure::Nothing), Vec::new()),
            (HttpReply::Failed(failure), _) => (CrlOutcome::failed(failure), Vec::new()),
            (
                HttpReply::Whole {
                    bytes,
                    etag,
                    last_modified,
                },
                _,
            ) => {
                let provenance = Provenance {
                    place: place(&ask.url),
                    at: self.context.at,
                    etag,
                    last_modified,
                };
                let one = |mut crls: Vec<Result<SearchableCrl<'_>, Failure>>| match (
                    crls.pop(),
                    crls.len(),
                ) {
                    (Some(Ok(crl)), 0) => {
                        self.installer
                            .install(&crl, Some(target.wanted()), &provenance, None)
                    }
                    (Some(Err(failure)), 0) => (CrlOutcome::failed(failure), Vec::new()),
                    (_, others) => (
                        CrlOutcome::failed(Failure::Several { found: others + 1 }),
                        Vec::new(),
                    ),
                };
                with_downloaded(bytes, &ask.url, one)
                    .unwrap_or_else(|failure| (CrlOutcome::failed(failure), Vec::new()))
            }
        };
        let mut taken = ReceivedCrl::new(place(named), outcome.beside(stands));
        taken.notes = notes;
        taken.fetched_from = (ask.url != *named).then(|| place(&ask.url));
        taken.required_for = target.certificates().to_vec();
        let tried = self.installer.tried(named, target.point(), &taken);
        let is_done = taken.is_current() || ask.address + 1 >= target.urls.len();
        let mut state = self.state();
        state.tried.push(tried);
        if !is_done {
            state.queue.push_front((ask.target, ask.address + 1));
        }
        let Some(progress) = state.targets.get_mut(ask.target) else {
            return;
        };
        match (taken.is_current(), is_done) {
            (true, _) => progress.done = Some(taken),
            // Of several addresses that failed the first is reported.
            (false, true) => progress.done = Some(progress.first.take().unwrap_or(taken)),
            (false, false) => {
                progress.first.get_or_insert(taken);
            }
        }
        drop(state);
        if is_done {
            self.context.observer.step();
        }
    }

    /// Sums up, and records the outcome of each source.
    ///
    /// # Errors
    /// When the cache cannot be read any more.
    pub fn finish(self) -> Result<Updated, Error> {
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut unread = self.unread;
        let folder = self.installer.cache.folder().to_owned();
        let mut miss = |error: CacheError| {
            let source = Source::File(folder.clone());
            unread.push(Unread::new(source, UnreadReason::from(error)));
        };
        if !state.tried.is_empty()
            && let Err(error) = self.installer.remember(state.tried)
        {
            miss(error);
        }
        let repaired = self
            .installer
            .turn()
            .and_then(|mut turn| turn.writer.repair());
        if let Err(error) = repaired {
            miss(error);
        }
        let now = self.installer.cache.crls()?;
        let at = self.context.at;
        let installed = Installed::of(now.sound);
        let mut manual = match self.is_named {
            true => manual(&self.found, &installed, &self.installer.authorities, at),
            false => manual::imported(installed.crls(), at),
        };
        if self.is_named {
            let overdue = overdue(installed.crls(), &manual, at);
            manual.extend(overdue);
        }
        // One that was imported from a URL is asked for there: it counts among the others.
        let asked: HashSet<&str> = self
            .targets
            .iter()
            .flat_map(|one| one.urls.iter().map(String::as_str))
            .collect();
        manual.retain(|one| {
            let url = one.crl.as_ref().and_then(|about| about.source.url());
            url.is_none_or(|url| !asked.contains(url))
        });
        let damaged = now.damaged.into_iter().filter(|damaged| {
            // Where the CRLs to update were named, other commands report the others.
            !self.is_named || damaged.about.is_none()
        });
        unread.extend(damaged.map(|damaged| {
            let source = Source::File(damaged.path.clone());
            Unread::new(source, UnreadReason::Damaged(Box::new(damaged)))
        }));
        let crls = state.targets.into_iter().zip(&self.targets);
        let crls = crls.map(|(progress, target)| {
            progress.done.or(progress.first).unwrap_or_else(|| {
                let named = target.urls.first().map(String::as_str).unwrap_or_default();
                ReceivedCrl {
                    required_for: target.certificates().to_vec(),
                    ..ReceivedCrl::new(place(named), CrlOutcome::failed(Failure::Cancelled))
                }
            })
        });
        Ok(Updated {
            at,
            cache: folder.clone(),
            crls: crls.collect(),
            manual,
            expired: self.expired,
            not_asked: self.not_asked,
            unread,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches with this crate's own client.
    fn fetch(&self, ask: Ask) {
        let conditions = (ask.etag(), ask.last_modified());
        let limits = self.options.limits;
        let encoding = self.options.encoding;
        let received = receive(
            &self.installer,
            ask.url(),
            conditions,
            limits,
            encoding,
            &self.context,
        );
        match received {
            Ok((FetchAnswer::Received(sent), _)) if sent.html == Html::Seen => {
                self.got(ask, HttpReply::Failed(Failure::Page));
            }
            Ok((FetchAnswer::Received(sent), Some(bytes))) => {
                let reply = HttpReply::Whole {
                    bytes: &bytes,
                    etag: sent.etag,
                    last_modified: sent.last_modified,
                };
                self.got(ask, reply);
            }
            Ok(_) => self.got(ask, HttpReply::NotModified),
            Err(failure) => self.got(ask, HttpReply::Failed(failure)),
        }
    }

    /// The address to fetch instead of this one, where there is a mirror.
    fn asked(&self, target: &Target, url: &str) -> String {
        let elsewhere = self
            .options
            .mirror
            .as_deref()
            .and_then(|mirror| match &target.wanted {
                // It came from this mirror, whose own path must not come before it twice.
                For::Slot(_) if is_below(url, mirror) => None,
                _ => at_mirror(url, mirror),
            });
        elsewhere.unwrap_or_else(|| url.to_owned())
    }

    /// The installed CRL that a target would replace. Of several that answer for the same certificates, such as a CRL
    /// and the delta on it, the one that came from the address that is asked: the server is asked about no other.
    fn replaced(&self, target: &Target, asked: &str) -> Option<&CachedCrl> {
        let places = self.installed.replaced_by(target).into_iter();
        let answering: Vec<&CachedCrl> = places
            .filter_map(|place| self.installed.crls().get(place))
            .collect();
        let from_there = answering
            .iter()
            .find(|crl| crl.about().source.url() == Some(asked));
        from_there.or(answering.first()).copied()
    }
}

/// Fetches into a temporary file of the cache; only what is newer, where there are validators.
pub(super) fn receive(
    installer: &Installer,
    url: &str,
    (etag, last_modified): (Option<&str>, Option<&str>),
    limits: Limits,
    encoding: ContentEncoding,
    context: &Context<'_>,
) -> Result<(FetchAnswer, Option<ReceivedFile>), Failure> {
    let request = FetchRequest {
        etag,
        last_modified,
        limits,
        proxy: context.proxy.clone(),
        encoding,
        ..FetchRequest::new(url)
    };
    let mut incoming = installer.cache.receive()?;
    match fetch::fetch(&request, &mut incoming) {
        Ok(FetchAnswer::Received(sent)) => {
            let bytes = incoming.finish()?;
            Ok((FetchAnswer::Received(sent), Some(bytes)))
        }
        Ok(answer) => Ok((answer, None)),
        Err(FetchError::Sink { source }) => Err(match incoming.refusal() {
            Some(refusal) => refusal.into(),
            None => FetchError::Sink { source }.into(),
        }),
        Err(error) => Err(error.into()),
    }
}

/// Whether a known CA vouches for what a certificate says: it issued it, or the certificate is a known CA's own.
fn is_known(certificate: &Certificate, authorities: &Authorities) -> bool {
    authorities.contains(certificate) || authorities.issuer_of(certificate).is_some()
}

/// The certificates, and the known CAs above them: a server that checks clients needs the CRLs of all.
fn with_issuers(given: &[Arc<Certificate>], authorities: &Authorities) -> Vec<Arc<Certificate>> {
    let mut all: Vec<Arc<Certificate>> = given.to_vec();
    let mut seen: HashSet<_> = all.iter().map(|one| one.sha256).collect();
    let mut next = 0;
    while let Some(certificate) = all.get(next).cloned() {
        next += 1;
        if let Some(issuer) = authorities.issuer_of(&certificate)
            && seen.insert(issuer.sha256)
        {
            all.push(Arc::clone(issuer));
        }
    }
    all
}

/// Leaves out what is beyond the limits, and says for which certificates.
fn bounded(targets: &mut Vec<Target>, not_asked: &mut Vec<NotAsked>) {
    let mut points: std::collections::HashMap<_, usize> = std::collections::HashMap::new();
    let mut left_out = Vec::new();
    let mut kept = 0;
    targets.retain_mut(|target| {
        let mut too_many = target.urls.len() > ADDRESSES_LIMIT;
        target.urls.truncate(ADDRESSES_LIMIT);
        let mut is_kept = target.certificates().is_empty();
        for certificate in target.certificates() {
            let points = points.entry(certificate.sha256).or_default();
            *points += 1;
            match *points > POINTS_LIMIT {
                true => too_many = true,
                false => is_kept = true,
            }
        }
        let why = match (is_kept && kept < TARGETS_LIMIT, too_many) {
            (true, false) => None,
            (false, false) => Some(NotAskedReason::TooManyTargets),
            (_, true) => Some(NotAskedReason::TooManyPoints),
        };
        if let Some(why) = why {
            left_out.extend(
                target
                    .certificates()
                    .iter()
                    .map(|one| (Arc::clone(one), why)),
            );
        }
        let is_kept = is_kept && kept < TARGETS_LIMIT;
        kept += usize::from(is_kept);
        is_kept
    });
    let mut seen = HashSet::new();
    for (certificate, why) in left_out {
        if seen.insert(certificate.sha256) {
            not_asked.push(NotAsked {
                certificate,
                reason: why,
            });
        }
    }
}

/// Certificates, however often they were given.
fn once_each(certificates: Vec<Arc<Certificate>>) -> Vec<Arc<Certificate>> {
    let mut seen = HashSet::new();
    let mut certificates = certificates;
    certificates.retain(|one| seen.insert(one.sha256));
    certificates
}
