//! Installs CRLs that were downloaded already, or that are at a URL that no certificate names.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::install::{Installer, objects, place, read_crl, with_downloaded};
use super::known::{self, UnknownEnvironment};
use super::received::{CrlOutcome, Failure, ReceivedCrl};
use super::update::receive;
use crate::document::{Certificate, Kind, Moment};
use crate::input::Source;
use crate::ops::Context;
use crate::ops::gather::{
    ExpectedContent, Named, Unread, UnreadReason, certificates, expect, read,
};
use crate::revocation::SearchableCrl;
use crate::store::crl_cache::{Cache, CacheError, CrlOrigin, Provenance, ReceivedFile, Tried};
use crate::store::read::{self as disk, FileBytes};
use crate::verdict::admission::Rollback;
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
    /// A file, or bytes.
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
        imported.crls.extend(match from {
            From::Url(url) => download(&installer, url, options.limits, context, &mut tried),
            From::Named(named) => file(&installer, named),
        });
        context.observer.step();
    }
    context.observer.end();
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
                for crl in crls {
                    match crl {
                        Ok(crl) => taken.push(one(installer, &crl, &provenance, Some(&bytes))),
                        Err(Failure::NotACrl { kinds: of, .. }) => kinds.extend(of),
                        Err(failure) => {
                            taken
                                .push(ReceivedCrl::new(place.clone(), CrlOutcome::failed(failure)));
                        }
                    }
                }
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

/// Every CRL of a file. What became of it is reported and not recorded: a user is there to see it.
fn file(installer: &Installer, named: &Named) -> Vec<ReceivedCrl> {
    let source = named.source();
    let provenance = Provenance::new(&source, installer.at);
    let failed = |failure: Failure| {
        vec![ReceivedCrl::new(
            provenance.place.clone(),
            CrlOutcome::failed(failure),
        )]
    };
    let (read, received): (Option<FileBytes>, Option<ReceivedFile>) = match named {
        Named::Bytes(..) => (None, None),
        Named::File(path) => match installer.cache.receive_file(path) {
            Ok(Some(received)) => (None, Some(received)),
            Ok(None) => match disk::crl(path) {
                Ok(bytes) => (Some(bytes), None),
                Err(error) => return failed(error.into()),
            },
            Err(error) => return failed(error.into()),
        },
    };
    let bytes: &[u8] = match (named, &read, &received) {
        (Named::Bytes(_, bytes), ..) => bytes,
        (_, Some(bytes), _) => bytes,
        (_, _, Some(bytes)) => bytes,
        _ => &[],
    };
    let blobs = match objects(bytes, &source) {
        Ok(blobs) => blobs,
        Err(failure) => return failed(failure),
    };
    let (mut taken, mut kinds) = (Vec::new(), Vec::new());
    for blob in &blobs {
        match read_crl(blob) {
            Ok(crl) => taken.push(one(installer, &crl, &provenance, received.as_ref())),
            Err(Failure::NotACrl { kinds: of, .. }) => kinds.extend(of),
            Err(failure) => taken.extend(failed(failure)),
        }
    }
    others(kinds, &mut taken, &provenance.place);
    taken
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
