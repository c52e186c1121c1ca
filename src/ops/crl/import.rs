//! Installs CRLs that were downloaded already, or that are at a URL that no certificate names.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::install::{Installer, decoded, opened, place, read_crl, with_downloaded};
use super::known::{self, UnknownEnvironment};
use super::received::{CrlOutcome, Failure, ReceivedCrl};
use super::update::receive;
use crate::decode::Blob;
use crate::document::{Certificate, Kind, Moment};
use crate::environment::{Environment, Facts};
use crate::input::Source;
use crate::ops::Context;
use crate::ops::gather::{
    ExpectedContent, Named, UNREADABLE_LIMIT, Unread, UnreadReason, certificates, expect, left_out,
    read,
};
use crate::revocation::SearchableCrl;
use crate::store::configuration::is_folder;
use crate::store::crl_cache::{Cache, CacheError, CrlOrigin, Provenance, ReceivedFile, Tried};
use crate::store::read::{self as disk, Depth, FileBytes};
use crate::verdict::admission::{CrlRefusal, Rollback};
use crate::wire::fetch::{ContentEncoding, FetchAnswer, Html, Limits};

/// What is imported, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The CRLs.
    pub crls: Vec<From>,
    /// The environment whose CAs' CRLs are accepted; those of all known CAs otherwise.
    pub environment: Option<String>,
    /// CAs whose CRLs are accepted besides those known.
    pub issuers: Vec<Named>,
    /// The limits of one download.
    pub limits: Limits,
    /// How long to wait for another writer of the cache.
    pub wait: Duration,
    /// Whether an older CRL may replace a newer one.
    pub rollback: Rollback,
}

/// Where a CRL is imported from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum From {
    /// A file, a folder of files, or bytes. In a folder what is no CRL is passed over.
    Named(Named),
    /// An address.
    Url(String),
}

impl Options {
    /// Imports these, with the default limits.
    pub fn new(crls: impl IntoIterator<Item = From>) -> Options {
        Options {
            crls: crls.into_iter().collect(),
            environment: None,
            issuers: Vec::new(),
            limits: Limits::default(),
            wait: Duration::ZERO,
            rollback: Rollback::Refused,
        }
    }
}

/// The outcome.
#[derive(Debug)]
#[non_exhaustive]
pub struct Imported {
    /// The moment for which everything was judged.
    pub at: Moment,
    /// The folder of the cache.
    pub cache: PathBuf,
    /// The outcome for each CRL, in order.
    pub crls: Vec<ReceivedCrl>,
    /// What could not be read beside the CRLs. Where it is a CA's certificate, nothing was imported.
    pub unread: Vec<Unread>,
    /// Files of folders and archives that hold something else.
    pub passed_over: Vec<Unread>,
}

/// Why nothing could be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The environment is not known.
    #[error(transparent)]
    Environment(#[from] UnknownEnvironment),
    /// The context has no cache.
    #[error("no folder for the CRL cache was given")]
    NoCache,
    /// The cache cannot be written.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// Installs CRLs: each is read whole, and its signature, signer, scope and dates are checked.
///
/// # Errors
/// When the cache cannot be used. A CRL that cannot be installed is no error here: it is in the result.
pub fn import(options: &Options, context: &Context<'_>) -> Result<Imported, Error> {
    let environment = known::environment(options.environment.as_deref(), &context.facts)?;
    let folder = context.cache.as_ref().ok_or(Error::NoCache)?;
    let mut imported = Imported {
        at: context.at,
        cache: folder.clone(),
        crls: Vec::new(),
        unread: Vec::new(),
        passed_over: Vec::new(),
    };
    let (issuers, unread) = read_certificates(&options.issuers, context);
    if !unread.is_empty() {
        // Without that CA, any answer about CRLs would only mislead.
        imported.unread = unread;
        return Ok(imported);
    }
    let authorities = known::authorities(environment, &context.facts, &issuers);
    let installer = Installer::begin(
        Cache::open(folder),
        authorities,
        context.at,
        options.rollback,
        options.wait,
    )?;
    let mut tried = Vec::new();
    context.observer.begin("CRLs", options.crls.len());
    for from in &options.crls {
        if context.observer.is_cancelled() {
            break;
        }
        match from {
            From::Url(url) => {
                let taken = download(&installer, url, options.limits, context, &mut tried);
                imported.crls.extend(taken);
            }
            From::Named(Named::File(path)) if is_folder(path) => {
                of_folder(&installer, path, context, &mut imported);
            }
            From::Named(named) => {
                let found = file(&installer, named);
                imported.passed_over.extend(found.left_out);
                imported.crls.extend(found.taken);
                let failed =
                    |failure| ReceivedCrl::new(found.place.clone(), CrlOutcome::failed(failure));
                imported.crls.extend(found.failure.map(failed));
            }
        }
        context.observer.step();
    }
    context.observer.end();
    if let Some(environment) = environment {
        for received in &mut imported.crls {
            if let CrlOutcome::Refused { refusal, .. } = &mut received.outcome {
                of_another(&mut *refusal, environment, &context.facts);
            }
        }
    }
    if !tried.is_empty()
        && let Err(error) = installer.remember(tried)
    {
        let source = Source::File(folder.clone());
        imported
            .unread
            .push(Unread::new(source, UnreadReason::from(error)));
    }
    Ok(imported)
}

/// Says of an issuer that another environment's CAs include that it is theirs.
fn of_another(refusal: &mut CrlRefusal, environment: &Environment, facts: &Facts) {
    let CrlRefusal::UnknownIssuer { issuer } = refusal else {
        return;
    };
    let mut others: Vec<String> = Vec::new();
    for authority in &facts.authorities {
        let is_it = authority
            .certificate()
            .is_some_and(|certificate| certificate.subject.to_string() == *issuer);
        if !is_it {
            continue;
        }
        let of_hierarchy = facts
            .environments
            .iter()
            .filter(|one| one.hierarchy == authority.hierarchy)
            .map(|one| &one.id);
        let named = authority.environments.iter();
        for id in match authority.environments.is_empty() {
            true => of_hierarchy.collect::<Vec<_>>(),
            false => named.collect(),
        } {
            if *id != environment.id && !others.contains(id) {
                others.push(id.clone());
            }
        }
    }
    if !others.is_empty() {
        *refusal = CrlRefusal::OtherEnvironment {
            issuer: issuer.clone(),
            environment: environment.id.clone(),
            others,
        };
    }
}

/// The certificates of some files, and what was not read or holds none.
pub(super) fn read_certificates(
    named: &[Named],
    context: &Context<'_>,
) -> (Vec<Arc<Certificate>>, Vec<Unread>) {
    let found = read(named, None, context.observer);
    let mut unread = found.unread;
    let given = certificates(&found.items);
    if given.is_empty() {
        expect(
            named.iter().map(Named::source),
            ExpectedContent::Certificate,
            0,
            &mut unread,
        );
    }
    let given = given.into_iter().map(|given| given.certificate).collect();
    (given, unread)
}

/// Every CRL of a download.
fn download(
    installer: &Installer,
    url: &str,
    limits: Limits,
    context: &Context<'_>,
    tried: &mut Vec<Tried>,
) -> Vec<ReceivedCrl> {
    let place = place(url);
    let failed =
        |failure: Failure| vec![ReceivedCrl::new(place.clone(), CrlOutcome::failed(failure))];
    let taken = match receive(
        installer,
        url,
        (None, None),
        limits,
        ContentEncoding::Identity,
        context,
    ) {
        Err(failure) => failed(failure),
        Ok((FetchAnswer::Received(sent), Some(bytes))) if sent.html != Html::Seen => {
            let provenance = Provenance {
                place: place.clone(),
                at: installer.at,
                etag: sent.etag,
                last_modified: sent.last_modified,
            };
            let all = |crls: Vec<Result<SearchableCrl<'_>, Failure>>| {
                let (mut taken, mut kinds) = (Vec::new(), Vec::new());
                let mut failed = Failed::new(&place);
                for crl in crls {
                    match crl {
                        Ok(crl) => taken.push(one(installer, &crl, &provenance, Some(&bytes))),
                        Err(Failure::NotACrl { kinds: of, .. }) => kinds.extend(of),
                        Err(failure) => failed.add(failure, &mut taken),
                    }
                }
                failed.finish(&mut taken);
                others(kinds, &mut taken, &place);
                taken
            };
            with_downloaded(&bytes, url, all).unwrap_or_else(failed)
        }
        Ok(_) => failed(Failure::Page),
    };
    // The worst of several CRLs is what the next attempt has to fix.
    let worst = taken.iter().max_by_key(|taken| match taken.outcome {
        CrlOutcome::Installed(_) | CrlOutcome::Unchanged(_) => 0,
        CrlOutcome::Refused { .. } => 1,
        CrlOutcome::Failed { .. } => 2,
    });
    tried.extend(worst.map(|worst| installer.tried(url, None, worst)));
    taken
}

/// Every CRL of a folder's files, one file at a time.
fn of_folder(installer: &Installer, path: &Path, context: &Context<'_>, imported: &mut Imported) {
    let files = match disk::files(path, Depth::Directory, disk::FILES_LIMIT) {
        Ok(files) => files,
        Err(error) => {
            let source = Source::File(path.to_owned());
            return imported.unread.push(Unread::new(source, error));
        }
    };
    let (mut read, mut crls) = (0, 0);
    for next in files.into_iter().flatten() {
        if context.observer.is_cancelled() {
            return;
        }
        let next = match next {
            Ok(next) => next,
            Err(error) => {
                let source = Source::File(error.path().unwrap_or(path).to_owned());
                imported.unread.push(Unread::new(source, error));
                continue;
            }
        };
        read += 1;
        let named = Named::file(next);
        let mut found = file(installer, &named);
        crls += found.taken.len();
        imported.passed_over.append(&mut found.left_out);
        imported.crls.append(&mut found.taken);
        match found.failure {
            None => {}
            Some(failure) if failure.is_something_else() => {
                let reason = UnreadReason::SomethingElse(Box::new(failure));
                imported
                    .passed_over
                    .push(Unread::new(named.source(), reason));
            }
            // It may be a CRL.
            Some(failure) => {
                crls += 1;
                imported
                    .crls
                    .push(ReceivedCrl::new(found.place, CrlOutcome::failed(failure)));
            }
        }
    }
    if crls == 0 {
        let source = Source::File(path.to_owned());
        let reason = match read {
            0 => UnreadReason::EmptyFolder {
                depth: Depth::Directory,
            },
            files => UnreadReason::NoCrl { files },
        };
        imported.unread.push(Unread::new(source, reason));
    }
}

/// What a file holds.
struct Found {
    /// Where it is.
    place: CrlOrigin,
    /// What became of each CRL in it.
    taken: Vec<ReceivedCrl>,
    /// Why there are none, or what else there is.
    failure: Option<Failure>,
    /// Files of archives in which nothing was recognised.
    left_out: Vec<Unread>,
}

/// Every CRL of a file. What became of it is reported and not recorded: a user is there to see it.
fn file(installer: &Installer, named: &Named) -> Found {
    let source = named.source();
    let provenance = Provenance::new(&source, installer.at);
    let mut found = Found {
        place: provenance.place.clone(),
        taken: Vec::new(),
        failure: None,
        left_out: Vec::new(),
    };
    found.failure = take(installer, named, &source, &provenance, &mut found).err();
    found
}

/// Installs them; what is wrong with the file as a whole is an error.
fn take(
    installer: &Installer,
    named: &Named,
    source: &Source,
    provenance: &Provenance,
    found: &mut Found,
) -> Result<(), Failure> {
    let (read, received): (Option<FileBytes>, Option<ReceivedFile>) = match named {
        Named::Bytes(..) => (None, None),
        Named::File(path) => match installer.cache.receive_file(path)? {
            Some(received) => (None, Some(received)),
            None => (Some(disk::crl(path)?), None),
        },
    };
    let bytes: &[u8] = match (named, &read, &received) {
        (Named::Bytes(_, bytes), ..) => bytes,
        (_, Some(bytes), _) => bytes,
        (_, _, Some(bytes)) => bytes,
        _ => &[],
    };
    let opened = opened(bytes, source)?;
    let mut kinds = Vec::new();
    let blobs: Vec<Blob<'_>> = decoded(&opened)?;
    let mut failed = Failed::new(&provenance.place);
    for blob in &blobs {
        match read_crl(blob) {
            Ok(crl) => {
                let taken = one(installer, &crl, provenance, received.as_ref());
                found.taken.push(taken);
            }
            Err(Failure::NotACrl { kinds: of, .. }) => kinds.extend(of),
            Err(failure) => failed.add(failure, &mut found.taken),
        }
    }
    failed.finish(&mut found.taken);
    found.left_out = left_out(std::slice::from_ref(&opened)).collect();
    match kinds.is_empty() {
        true => Ok(()),
        false => Err(Failure::NotACrl {
            kinds,
            crls: found.taken.len(),
        }),
    }
}

/// The objects of one file that are no CRLs that can be read: the first ones each, and how many more there are.
struct Failed<'p> {
    place: &'p CrlOrigin,
    count: usize,
}

impl<'p> Failed<'p> {
    fn new(place: &'p CrlOrigin) -> Failed<'p> {
        Failed { place, count: 0 }
    }

    fn add(&mut self, failure: Failure, taken: &mut Vec<ReceivedCrl>) {
        self.count += 1;
        if self.count <= UNREADABLE_LIMIT {
            self.push(failure, taken);
        }
    }

    fn finish(self, taken: &mut Vec<ReceivedCrl>) {
        if let Some(more) = self.count.checked_sub(UNREADABLE_LIMIT)
            && more > 0
        {
            self.push(Failure::More { more }, taken);
        }
    }

    fn push(&self, failure: Failure, taken: &mut Vec<ReceivedCrl>) {
        let failed = CrlOutcome::failed(failure);
        taken.push(ReceivedCrl::new(self.place.clone(), failed));
    }
}

fn one(
    installer: &Installer,
    crl: &SearchableCrl<'_>,
    provenance: &Provenance,
    received: Option<&ReceivedFile>,
) -> ReceivedCrl {
    let (outcome, notes) = installer.install(crl, None, provenance, received);
    ReceivedCrl {
        notes,
        ..ReceivedCrl::new(provenance.place.clone(), outcome)
    }
}

/// What was given instead, reported as one mistake.
fn others(kinds: Vec<Kind>, taken: &mut Vec<ReceivedCrl>, place: &CrlOrigin) {
    if !kinds.is_empty() {
        let crls = taken.len();
        let failure = Failure::NotACrl { kinds, crls };
        taken.push(ReceivedCrl::new(place.clone(), CrlOutcome::failed(failure)));
    }
}
