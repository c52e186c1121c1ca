//! From bytes to an installed CRL: what an update and an import share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::received::{CrlOutcome, Failure, ReceivedCrl};
use crate::decode::{self, Blob, Damage, OpenError, Opened, UnsupportedFormat};
use crate::document::{Kind, Moment};
use crate::input::{Input, Origin, Source};
use crate::revocation::{SearchableCrl, Slot};
use crate::store::crl_cache::{
    AttemptOutcome as TriedOutcome, Cache, CacheError, CrlOrigin, Point, Provenance, ReceivedFile,
    Tried, Writer,
};
use crate::verdict::admission::{Authorities, Change, Note, Rollback, Wanted, examine};

/// Installs CRLs. Several threads may read and examine; the cache is locked only while one installs.
pub(super) struct Installer {
    pub(super) authorities: Authorities,
    pub(super) at: Moment,
    pub(super) rollback: Rollback,
    pub(super) cache: Cache,
    /// How long to wait for the writer of another process.
    pub(super) wait: Duration,
    /// Our own threads wait for each other without a limit.
    turn: Mutex<()>,
}

/// The right to change the cache.
pub(super) struct Turn<'i> {
    pub(super) writer: Writer,
    _turn: MutexGuard<'i, ()>,
}

impl Installer {
    /// Creates the folder of the cache if it is missing, and removes what killed writers left.
    pub(super) fn begin(
        cache: Cache,
        authorities: Authorities,
        at: Moment,
        rollback: Rollback,
        wait: Duration,
    ) -> Result<Installer, CacheError> {
        drop(cache.lock(Some(wait))?);
        Ok(Installer {
            authorities,
            at,
            rollback,
            cache,
            wait,
            turn: Mutex::new(()),
        })
    }

    pub(super) fn turn(&self) -> Result<Turn<'_>, CacheError> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Turn {
            writer: self.cache.lock_again(self.wait)?,
            _turn: turn,
        })
    }

    /// Examines a CRL and installs it; as the file in which it was received, where it is all that is in one.
    pub(super) fn install(
        &self,
        crl: &SearchableCrl<'_>,
        wanted: Option<Wanted<'_>>,
        provenance: &Provenance,
        received: Option<&ReceivedFile>,
    ) -> (CrlOutcome, Vec<Note>) {
        match self.try_install(crl, wanted, provenance, received) {
            Ok(done) => done,
            Err(outcome) => (outcome, Vec::new()),
        }
    }

    fn try_install(
        &self,
        crl: &SearchableCrl<'_>,
        wanted: Option<Wanted<'_>>,
        provenance: &Provenance,
        received: Option<&ReceivedFile>,
    ) -> Result<(CrlOutcome, Vec<Note>), CrlOutcome> {
        let candidate = examine(crl, &self.authorities, wanted, self.at)
            .map_err(|refusal| CrlOutcome::refused(refusal, None))?;
        let mut turn = self.turn().map_err(CrlOutcome::failed)?;
        let before = turn
            .writer
            .installed(candidate.slot())
            .map_err(CrlOutcome::failed)?;
        let installed = before.as_ref().map(|about| about.installed());
        let admitted = candidate
            .against(installed.as_ref(), self.rollback)
            .map_err(|refusal| CrlOutcome::refused(refusal, before.clone().map(Box::new)))?;
        let installed = match received {
            Some(received) => turn
                .writer
                .install_received(&admitted, provenance, received),
            None => turn.writer.install(&admitted, provenance),
        };
        let about = installed.map_err(|error| CrlOutcome::failed(error).beside(before.as_ref()))?;
        let about = Box::new(about);
        let outcome = match admitted.change() {
            Change::Unchanged => CrlOutcome::Unchanged(about),
            Change::First | Change::Newer | Change::RolledBack => CrlOutcome::Installed(about),
        };
        Ok((outcome, admitted.notes().to_vec()))
    }

    /// Notes that a server has nothing newer than the CRL of this slot.
    pub(super) fn confirm(&self, slot: &str) -> CrlOutcome {
        // Only slots that were read from the cache get here.
        let Some(slot) = Slot::parse(slot) else {
            return CrlOutcome::failed(Failure::Nothing);
        };
        let confirmed = self
            .turn()
            .and_then(|mut turn| turn.writer.confirm(&slot, self.at));
        match confirmed {
            Ok(about) => CrlOutcome::Unchanged(Box::new(about)),
            Err(error) => CrlOutcome::failed(error),
        }
    }

    /// Records the outcome of attempts.
    pub(super) fn remember(
        &self,
        tried: impl IntoIterator<Item = Tried>,
    ) -> Result<(), CacheError> {
        self.turn()?.writer.record(tried)
    }

    /// What is recorded about an attempt to fetch an address of a distribution point.
    pub(super) fn tried(&self, url: &str, point: Option<Point>, taken: &ReceivedCrl) -> Tried {
        let failed = |code: &str, error: &dyn std::error::Error| TriedOutcome::Failed {
            code: code.to_owned(),
            reason: crate::wording::sentence(error),
        };
        Tried {
            source: place(url),
            point,
            at: self.at,
            outcome: match &taken.outcome {
                CrlOutcome::Installed(about) => TriedOutcome::Installed {
                    slot: about.slot.clone(),
                },
                CrlOutcome::Unchanged(about) => TriedOutcome::Unchanged {
                    slot: about.slot.clone(),
                },
                CrlOutcome::Refused { refusal, .. } => {
                    failed(refusal.code().as_str(), refusal.as_ref())
                }
                CrlOutcome::Failed { failure, .. } => failed(failure.code(), failure),
            },
        }
    }
}

/// An address as it is reported and kept: without a user's name and password.
pub(super) fn place(url: &str) -> CrlOrigin {
    CrlOrigin::from(&Source::Url(url.to_owned()))
}

/// Every object of a download, read as a CRL: DER and PEM are read, and nothing else is opened.
pub(super) fn with_downloaded<T>(
    bytes: &[u8],
    url: &str,
    act: impl FnOnce(Vec<Result<SearchableCrl<'_>, Failure>>) -> T,
) -> Result<T, Failure> {
    let objects = decode::downloaded(bytes)?;
    let origin = Origin::whole(&Arc::new(Source::Url(url.to_owned())));
    let crls: Vec<_> = objects.iter().map(|der| read_der(der, &origin)).collect();
    Ok(act(crls))
}

/// The objects of a file that was given, each of which should be a CRL.
///
/// # Errors
/// When it cannot be decoded, or is empty.
pub fn objects<'b>(bytes: &'b [u8], source: &Source) -> Result<Vec<Blob<'b>>, Failure> {
    decoded(&opened(bytes, source)?)
}

/// The file taken apart.
pub(super) fn opened<'b>(bytes: &'b [u8], source: &Source) -> Result<Opened<'b>, Failure> {
    match decode::open(&Input::new(source.clone(), bytes), None) {
        // A PKCS#7 file may be sound and hold nothing.
        Ok(opened) if opened.objects.is_empty() => Err(Failure::Nothing),
        Ok(opened) => Ok(opened),
        Err(OpenError::UnsupportedFormat(UnsupportedFormat::Html)) => Err(Failure::SavedPage),
        Err(error) => Err(Failure::Open(error)),
    }
}

/// Its objects.
pub(super) fn decoded<'b>(opened: &Opened<'b>) -> Result<Vec<Blob<'b>>, Failure> {
    let blobs = opened.objects.iter().map(|object| Ok(object.decode()?));
    blobs.collect()
}

/// The CRL that an object is.
///
/// # Errors
/// When it is something else, or cannot be read.
pub fn read_crl<'b>(blob: &'b Blob<'_>) -> Result<SearchableCrl<'b>, Failure> {
    let is_rewritten = blob.damage.contains(&Damage::Ber);
    Ok(read_der(&blob.bytes, &blob.origin)?.rewritten(is_rewritten))
}

fn read_der<'b>(der: &'b [u8], origin: &Origin) -> Result<SearchableCrl<'b>, Failure> {
    match Kind::of(der) {
        Some(kind) if kind != Kind::Crl => Err(Failure::NotACrl {
            kinds: vec![kind],
            crls: 0,
        }),
        _ => Ok(SearchableCrl::read(der, origin.clone())?),
    }
}
