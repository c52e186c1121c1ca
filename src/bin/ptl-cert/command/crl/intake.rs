//! From bytes to an installed list: what `crl update` and `crl import` share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ptl_cert::decode::{self, Blob, Foreign, OpenError};
use ptl_cert::document::{Kind, Moment};
use ptl_cert::input::{Input, LIST_LIMIT, Source};
use ptl_cert::report::inspection::Unread;
use ptl_cert::report::lists::intake::{Outcome, Taken};
use ptl_cert::report::lists::{KeptList, note, remedy};
use ptl_cert::revocation::{List, Slot};
use ptl_cert::store::lists::{
    CacheError, Outcome as TriedOutcome, Place, Provenance, Received, Tried, Writer,
};
use ptl_cert::store::read::ReadError;
use ptl_cert::verdict::admission::{Authorities, Change, Refusal, Rollback, Wanted, examine};
use ptl_cert::wire::fetch::{
    self, Answer, Encoding, FetchError, Html, Limits, Proxy, Received as Sent, Request,
};

use super::kept;
use crate::command::reading::sentence;

/// Where lists are taken in. Several threads may, one at a time installs.
pub(super) struct Intake<'a> {
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
    Whole(Received, Sent),
}

/// A list that was turned away, and the one that stands in its place.
pub(super) struct TurnedAway {
    failure: Failure,
    stays: Option<KeptList>,
}

/// Why nothing was installed.
pub(super) struct Failure {
    outcome: Outcome,
    code: String,
    pub(super) message: String,
    remedy: Option<String>,
}

impl<'a> Intake<'a> {
    pub(super) fn new(
        writer: Writer,
        authorities: &'a Authorities,
        at: Moment,
        rollback: Rollback,
    ) -> Intake<'a> {
        Intake {
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
    ) -> Intake<'a> {
        let usual = Limits::default();
        Intake {
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
                Ok(Fetched::Whole(bytes, sent))
            }
            Ok(_) => Ok(Fetched::NotModified),
            Err(FetchError::Sink { source }) => Err(match incoming.refusal() {
                Some(refusal) => Failure::cache(refusal),
                None => Failure::fetch(FetchError::Sink { source }),
            }),
            Err(error) => Err(Failure::fetch(error)),
        }
    }

    /// Examines a list and installs it.
    pub(super) fn install(
        &self,
        blob: &Blob<'_>,
        wanted: Option<Wanted<'_>>,
        provenance: &Provenance,
    ) -> Result<Taken, Box<TurnedAway>> {
        let list = read_list(blob).map_err(Failure::alone)?;
        let candidate = examine(&list, self.authorities.certificates(), wanted, self.at)
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
        Ok(Taken {
            list: Some(kept(&about)),
            notes: admitted.notes().iter().map(note).collect(),
            ..taken(&provenance.place, outcome)
        })
    }

    /// That a server has nothing newer than the list of this slot.
    pub(super) fn confirm(&self, slot: &str, place: &Place) -> Result<Taken, Failure> {
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
        Ok(Taken {
            list: Some(kept(&about)),
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

    /// What is remembered of a try.
    pub(super) fn tried(&self, url: &str, taken: &Taken) -> Tried {
        let slot = || {
            let list = taken.list.as_ref();
            list.map(|list| list.slot.clone()).unwrap_or_default()
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
            at: self.at,
            outcome,
        }
    }
}

/// An address as it is told and kept: without a user's name and password.
pub(super) fn place(url: &str) -> Place {
    Place::from(&Source::Url(url.to_owned()))
}

/// The objects of an input, each of which should be a list.
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

/// The list that an object is.
pub(super) fn read_list<'b>(blob: &'b Blob<'_>) -> Result<List<'b>, Failure> {
    match Kind::of(&blob.bytes) {
        Some(kind) if kind != Kind::RevocationList => Err(Failure::unreadable(anyhow::anyhow!(
            "this is a {kind}, expected a CRL"
        ))),
        _ => List::read(blob.bytes.as_ref(), blob.origin.clone())
            .map_err(|error| Failure::unreadable(error.into())),
    }
}

/// What became of a list, with nothing else known.
pub(super) fn taken(place: &Place, outcome: Outcome) -> Taken {
    Taken {
        source: place.to_string(),
        fetched_from: None,
        wanted_for: Vec::new(),
        outcome,
        code: None,
        message: None,
        remedy: None,
        list: None,
        notes: Vec::new(),
    }
}

impl TurnedAway {
    /// The same as what became of a list; `known` is the one that stays, where none was found in its place.
    pub(super) fn into_taken(self, place: &Place, known: Option<KeptList>) -> Taken {
        self.failure.into_taken(place, self.stays.or(known))
    }
}

impl Failure {
    /// Of a list of which it is not known what it would replace.
    pub(super) fn alone(self) -> Box<TurnedAway> {
        self.beside(None)
    }

    fn beside(self, stays: Option<KeptList>) -> Box<TurnedAway> {
        let failure = self;
        Box::new(TurnedAway { failure, stays })
    }

    /// The same as what became of a list, beside the one that stays.
    pub(super) fn into_taken(self, place: &Place, stays: Option<KeptList>) -> Taken {
        Taken {
            code: Some(self.code),
            message: Some(self.message),
            remedy: self.remedy,
            list: stays,
            ..taken(place, self.outcome)
        }
    }

    fn refused(refusal: &Refusal) -> Failure {
        let outcome = match refusal {
            // What is damaged was not received as it was made: it says nothing about the list.
            Refusal::Unreadable(_) => Outcome::Failed,
            _ => Outcome::Refused,
        };
        Failure {
            outcome,
            code: refusal.code().to_string(),
            message: sentence(&anyhow::Error::new(refusal.clone())),
            remedy: Some(remedy(refusal).to_owned()),
        }
    }

    /// What was received or given is no list.
    pub(super) fn unreadable(error: anyhow::Error) -> Failure {
        Failure {
            outcome: Outcome::Failed,
            code: "crl-unreadable".to_owned(),
            message: sentence(&error),
            remedy: Some(
                "fetch the list again; the installed one, if there is one, stays".to_owned(),
            ),
        }
    }

    fn page() -> Failure {
        Failure {
            outcome: Outcome::Failed,
            code: "crl-unreadable".to_owned(),
            message: "the answer is a web page (HTML), expected a CRL".to_owned(),
            remedy: Some(
                "a proxy, a captive portal or a login page answers like this: open the address in a browser on \
                 this machine, and set HTTP_PROXY if a proxy is needed"
                    .to_owned(),
            ),
        }
    }

    fn saved_page() -> Failure {
        Failure {
            outcome: Outcome::Failed,
            code: "crl-unreadable".to_owned(),
            message: "this is a web page (HTML), expected a CRL".to_owned(),
            remedy: Some(
                "a login, proxy or error page was saved instead of the list: download it again"
                    .to_owned(),
            ),
        }
    }

    /// A file that cannot be read.
    pub(super) fn file(error: ReadError) -> Failure {
        Failure {
            outcome: Outcome::Failed,
            code: "unreadable".to_owned(),
            message: sentence(&error.into()),
            remedy: None,
        }
    }

    fn fetch(error: FetchError) -> Failure {
        let remedy = match &error {
            FetchError::TimedOut { received, .. } if *received > 0 => {
                Some("give a large list on a slow line more time, such as --timeout 5m")
            }
            FetchError::TooLarge { limit, .. } if *limit < LIST_LIMIT => {
                Some("if the list is as large as that, allow it with --max-size, at most 1GiB")
            }
            FetchError::Unpacking { .. } => Some("leave out --gzip"),
            _ => None,
        };
        Failure {
            outcome: Outcome::Failed,
            code: "fetch".to_owned(),
            message: sentence(&error.into()),
            remedy: remedy.map(str::to_owned),
        }
    }

    pub(super) fn cache(error: CacheError) -> Failure {
        Failure {
            outcome: Outcome::Failed,
            code: "cache".to_owned(),
            message: sentence(&error.into()),
            remedy: None,
        }
    }
}
