//! From bytes to an installed CRL: what `crl update` and `crl import` share.

mod failure;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ptl_cert::decode::{self, Blob, Foreign, OpenError};
use ptl_cert::document::{Kind, Moment};
use ptl_cert::input::{Input, Source};
use ptl_cert::report::crl::import::{Imported, Outcome};
use ptl_cert::report::crl::{InstalledCrl, note};
use ptl_cert::report::inspection::Unread;
use ptl_cert::revocation::{SearchableCrl, Slot};
use ptl_cert::store::crl_cache::{
    Outcome as TriedOutcome, Place, Point, Provenance, Received, Tried, Writer,
};
use ptl_cert::verdict::admission::{Authorities, Change, Rollback, Wanted, examine};
use ptl_cert::wire::fetch::{
    self, Answer, Encoding, FetchError, Html, Limits, Proxy, Received as Sent, Request,
};

pub(super) use failure::Failure;

use super::kept;
use crate::command::reading::sentence;

/// Where lists are taken in. Several threads may, one at a time installs.
pub(super) struct ImportReport<'a> {
    pub(super) authorities: &'a Authorities,
    pub(super) at: Moment,
    pub(super) rollback: Rollback,
    pub(super) limits: Limits,
    pub(super) proxy: Proxy,
    pub(super) encoding: Encoding,
    writer: Mutex<Writer>,
}

/// What a server sent.
pub(super) enum Fetched {
    NotModified,
    Whole(Box<Received>, Sent),
}

/// A CRL that was turned away, and the one that stands in its place.
pub(super) struct Rejected {
    failure: Failure,
    stays: Option<InstalledCrl>,
}

impl<'a> ImportReport<'a> {
    pub(super) fn new(
        writer: Writer,
        authorities: &'a Authorities,
        at: Moment,
        rollback: Rollback,
    ) -> ImportReport<'a> {
        ImportReport {
            authorities,
            at,
            rollback,
            limits: Limits::default(),
            proxy: Proxy::none(),
            encoding: Encoding::Identity,
            writer: Mutex::new(writer),
        }
    }

    /// The same, and how to fetch.
    pub(super) fn fetching(
        self,
        timeout: Duration,
        bytes: u64,
        proxy: Proxy,
        encoding: Encoding,
    ) -> ImportReport<'a> {
        let usual = Limits::default();
        ImportReport {
            limits: Limits {
                total: timeout,
                connect: usual.connect.min(timeout),
                bytes,
                ..usual
            },
            proxy,
            encoding,
            ..self
        }
    }

    /// The writer; a thread that panicked leaves nothing half done in it.
    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches into a temporary file of the cache; only what is newer, where `known` has validators.
    pub(super) fn fetch(
        &self,
        url: &str,
        known: Option<(Option<&str>, Option<&str>)>,
    ) -> Result<Fetched, Failure> {
        let (etag, last_modified) = known.unwrap_or_default();
        let request = Request {
            etag,
            last_modified,
            limits: self.limits,
            proxy: self.proxy.clone(),
            encoding: self.encoding,
            ..Request::new(url)
        };
        let mut incoming = self.writer().receive().map_err(Failure::cache)?;
        match fetch::fetch(&request, &mut incoming) {
            Ok(Answer::NotModified) => Ok(Fetched::NotModified),
            Ok(Answer::Received(sent)) => {
                let bytes = incoming.finish().map_err(Failure::cache)?;
                if sent.html == Html::Seen {
                    return Err(Failure::page());
                }
                Ok(Fetched::Whole(Box::new(bytes), sent))
            }
            Ok(_) => Ok(Fetched::NotModified),
            Err(FetchError::Sink { source }) => Err(match incoming.refusal() {
                Some(refusal) => Failure::cache(refusal),
                None => Failure::fetch(FetchError::Sink { source }),
            }),
            Err(error) => Err(Failure::fetch(error)),
        }
    }

    /// Examines a CRL and installs it.
    pub(super) fn install(
        &self,
        blob: &Blob<'_>,
        wanted: Option<Wanted<'_>>,
        provenance: &Provenance,
    ) -> Result<Imported, Box<Rejected>> {
        let crl = read_crl(blob).map_err(Failure::alone)?;
        let candidate = examine(&crl, self.authorities, wanted, self.at)
            .map_err(|refusal| Failure::refused(&refusal).alone())?;
        let mut writer = self.writer();
        let installed = writer
            .installed(candidate.slot())
            .map_err(|error| Failure::cache(error).alone())?;
        let before = installed.as_ref().map(kept);
        let installed = installed.map(|about| about.installed());
        let admitted = candidate
            .against(installed.as_ref(), self.rollback)
            .map_err(|refusal| Failure::refused(&refusal).beside(before.clone()))?;
        let about = writer
            .install(&admitted, provenance)
            .map_err(|error| Failure::cache(error).beside(before))?;
        let outcome = match admitted.change() {
            Change::Unchanged => Outcome::Unchanged,
            Change::First | Change::Newer | Change::RolledBack => Outcome::Installed,
        };
        Ok(Imported {
            crl: Some(kept(&about)),
            notes: admitted.notes().iter().map(note).collect(),
            ..taken(&provenance.place, outcome)
        })
    }

    /// That a server has nothing newer than the CRL of this slot.
    pub(super) fn confirm(&self, slot: &str, place: &Place) -> Result<Imported, Failure> {
        let slot = Slot::parse(slot).ok_or_else(|| Failure {
            outcome: Outcome::Failed,
            code: "cache".to_owned(),
            message: format!("the cache has no list {slot:?}"),
            remedy: None,
        })?;
        let about = self
            .writer()
            .confirm(&slot, self.at)
            .map_err(Failure::cache)?;
        Ok(Imported {
            crl: Some(kept(&about)),
            ..taken(place, Outcome::Unchanged)
        })
    }

    /// Remembers what came of tries. That this failed is told beside what was installed, and changes nothing of it.
    pub(super) fn remember(
        &self,
        tried: impl IntoIterator<Item = Tried>,
        unread: &mut Vec<Unread>,
    ) {
        let mut writer = self.writer();
        if let Err(error) = writer.record(tried) {
            unread.push(Unread {
                source: Source::File(writer.cache().folder().to_owned()),
                message: format!(
                    "what came of this run cannot be remembered: {}",
                    sentence(&error.into())
                ),
            });
        }
    }

    /// What is remembered of a try of an address of a point, as far as that is known.
    pub(super) fn tried(&self, url: &str, point: Option<Point>, taken: &Imported) -> Tried {
        let slot = || {
            let crl = taken.crl.as_ref();
            crl.map(|crl| crl.slot.clone()).unwrap_or_default()
        };
        let outcome = match taken.outcome {
            Outcome::Installed => TriedOutcome::Installed { slot: slot() },
            Outcome::Unchanged => TriedOutcome::Unchanged { slot: slot() },
            Outcome::Refused | Outcome::Failed => TriedOutcome::Failed {
                code: taken.code.clone().unwrap_or_default(),
                reason: taken.message.clone().unwrap_or_default(),
            },
        };
        Tried {
            source: place(url),
            point,
            at: self.at,
            outcome,
        }
    }
}

/// An address as it is told and kept: without a user's name and password.
pub(super) fn place(url: &str) -> Place {
    Place::from(&Source::Url(url.to_owned()))
}

/// The objects of an input, each of which should be a CRL.
pub(super) fn blobs<'b>(bytes: &'b [u8], source: &Source) -> Result<Vec<Blob<'b>>, Failure> {
    let opened =
        decode::open(&Input::new(source.clone(), bytes), None).map_err(|error| match error {
            OpenError::Foreign(Foreign::Html) => match source {
                Source::Url(_) => Failure::page(),
                _ => Failure::saved_page(),
            },
            error => Failure::unreadable(error.into()),
        })?;
    // A PKCS#7 file may be sound and hold nothing.
    if opened.pieces.is_empty() {
        let error = anyhow::anyhow!("there is nothing in it, expected a CRL");
        return Err(Failure::unreadable(error));
    }
    let blobs = opened.pieces.iter().map(|piece| {
        piece
            .decode()
            .map_err(|error| Failure::unreadable(error.into()))
    });
    blobs.collect()
}

/// What an object is instead of a CRL.
pub(super) fn other_kind(blob: &Blob<'_>) -> Option<Kind> {
    Kind::of(&blob.bytes).filter(|kind| *kind != Kind::Crl)
}

/// The CRL that an object is.
pub(super) fn read_crl<'b>(blob: &'b Blob<'_>) -> Result<SearchableCrl<'b>, Failure> {
    match other_kind(blob) {
        Some(kind) => Err(Failure::unreadable(anyhow::anyhow!(
            "this is a {kind}, expected a CRL"
        ))),
        None => SearchableCrl::read(blob.bytes.as_ref(), blob.origin.clone())
            .map_err(|error| Failure::unreadable(error.into())),
    }
}

/// What became of a CRL, with nothing else known.
pub(super) fn taken(place: &Place, outcome: Outcome) -> Imported {
    Imported {
        source: place.to_string(),
        fetched_from: None,
        wanted_for: Vec::new(),
        outcome,
        code: None,
        message: None,
        remedy: None,
        crl: None,
        notes: Vec::new(),
    }
}

impl Rejected {
    /// The same as what became of a CRL; `known` is the one that stays, where none was found in its place.
    pub(super) fn into_taken(self, place: &Place, known: Option<InstalledCrl>) -> Imported {
        self.failure.into_taken(place, self.stays.or(known))
    }
}
