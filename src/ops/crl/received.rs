//! The outcome for one CRL.

use std::error::Error;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::decode::{EncodedObjectError, NoCrl, OpenError};
use crate::document::{Certificate, Kind};
use crate::input::Shown;
use crate::revocation::CrlError;
use crate::store::crl_cache::{About, CacheError, CrlOrigin};
use crate::store::read::ReadError;
use crate::verdict::Code;
use crate::verdict::admission::{CrlRefusal, Note};
use crate::wire::fetch::FetchError;

/// A CRL that was fetched or imported, and the outcome.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReceivedCrl {
    /// The address that certificates name, or what was given.
    pub source: CrlOrigin,
    /// The address that was asked instead, with a mirror.
    pub fetched_from: Option<CrlOrigin>,
    /// The certificates that name it.
    pub required_for: Vec<Arc<Certificate>>,
    /// The outcome.
    pub outcome: CrlOutcome,
    /// Notes on a CRL that was admitted.
    pub notes: Vec<Note>,
}

impl ReceivedCrl {
    pub(super) fn new(source: CrlOrigin, outcome: CrlOutcome) -> ReceivedCrl {
        ReceivedCrl {
            source,
            fetched_from: None,
            required_for: Vec::new(),
            outcome,
            notes: Vec::new(),
        }
    }

    /// Whether the CRL is in the cache now, newly or as before.
    pub fn is_current(&self) -> bool {
        matches!(
            self.outcome,
            CrlOutcome::Installed(_) | CrlOutcome::Unchanged(_)
        )
    }
}

/// The outcome for a CRL; `stays` is the installed CRL that it would have replaced.
#[derive(Debug)]
#[non_exhaustive]
pub enum CrlOutcome {
    /// It was installed.
    Installed(Box<About>),
    /// It is the one that is installed already.
    Unchanged(Box<About>),
    /// It was read and may not be installed.
    Refused {
        /// Why.
        refusal: Box<CrlRefusal>,
        /// The CRL that stays.
        stays: Option<Box<About>>,
    },
    /// It was not received, not read, or not written.
    Failed {
        /// Why.
        failure: Failure,
        /// The CRL that stays.
        stays: Option<Box<About>>,
    },
}

impl CrlOutcome {
    pub(super) fn failed(failure: impl Into<Failure>) -> CrlOutcome {
        CrlOutcome::Failed {
            failure: failure.into(),
            stays: None,
        }
    }

    pub(super) fn refused(refusal: CrlRefusal, stays: Option<Box<About>>) -> CrlOutcome {
        match refusal {
            // A damaged file was not received as it was made: it says nothing about the CRL.
            CrlRefusal::Unreadable(_) => CrlOutcome::Failed {
                failure: Failure::Damaged(Box::new(refusal)),
                stays,
            },
            CrlRefusal::SignatureUnchecked { .. } => CrlOutcome::Failed {
                failure: Failure::Unchecked(Box::new(refusal)),
                stays,
            },
            refusal => CrlOutcome::Refused {
                refusal: Box::new(refusal),
                stays,
            },
        }
    }

    /// The same, with the CRL that stays where none is known yet.
    pub(super) fn beside(mut self, about: Option<&About>) -> CrlOutcome {
        if let CrlOutcome::Refused { stays, .. } | CrlOutcome::Failed { stays, .. } = &mut self
            && stays.is_none()
        {
            *stays = about.cloned().map(Box::new);
        }
        self
    }
}

/// Why a CRL was not received, not read, or not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// It was not fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The caller's own client did not fetch it.
    #[error("it was not fetched")]
    Client(#[source] Box<dyn Error + Send + Sync>),
    /// A web page came instead.
    #[error("the answer is a web page (HTML), expected a CRL")]
    Page,
    /// A web page was given as a CRL.
    #[error("this is a web page (HTML), expected a CRL")]
    SavedPage,
    /// Something that is neither DER nor PEM came instead.
    #[error(transparent)]
    NoCrl(#[from] NoCrl),
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file is no container that is known.
    #[error(transparent)]
    Open(OpenError),
    /// An object in the file cannot be extracted.
    #[error(transparent)]
    Encoded(#[from] EncodedObjectError),
    /// It cannot be read as a CRL.
    #[error(transparent)]
    Crl(#[from] CrlError),
    /// It is a CRL that cannot be read to its end.
    #[error(transparent)]
    Damaged(Box<CrlRefusal>),
    /// OpenSSL could not check its signature, because of an error of its own.
    #[error(transparent)]
    Unchecked(Box<CrlRefusal>),
    /// There is nothing in it.
    #[error("it is empty, expected a CRL")]
    Nothing,
    /// There are several objects where one CRL was expected.
    #[error("found {found} objects, expected one CRL")]
    Several {
        /// How many.
        found: usize,
    },
    /// Other objects were given as CRLs, beside this many CRLs.
    #[error("{}", no_crl(kinds, *crls))]
    NotACrl {
        /// What they are.
        kinds: Vec<Kind>,
        /// How many CRLs there were.
        crls: usize,
    },
    /// More objects that could not be read as CRLs than are reported one by one.
    #[error("{}", match more {
        1 => "1 more object could not be read as a CRL".to_owned(),
        more => format!("{more} more objects could not be read as CRLs"),
    })]
    More {
        /// How many.
        more: usize,
    },
    /// The cache refused.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The operation was stopped before.
    #[error("it was not fetched, because the run was stopped")]
    Cancelled,
}

impl Failure {
    /// Whether a file was understood and is not a CRL's: it holds certificates, a text or a page, or has a password.
    pub(super) fn is_something_else(&self) -> bool {
        match self {
            Failure::Open(OpenError::PasswordNeeded { .. }) => true,
            Failure::Open(error) => error.is_something_else(),
            Failure::NotACrl { .. } | Failure::SavedPage | Failure::Nothing => true,
            _ => false,
        }
    }

    /// The facts of the case, by their names in JSON; none where the sentence is all there is.
    pub fn facts(&self) -> Map<String, Value> {
        let facts = match self {
            Failure::Fetch(error) => return error.facts(),
            Failure::Damaged(refusal) => return refusal.facts(),
            Failure::More { more } => json!({ "more": more }),
            Failure::Several { found } => json!({ "found": found }),
            Failure::NotACrl { kinds, crls } => json!({ "kinds": kinds, "crls": crls }),
            Failure::Read(error) => match error.path() {
                Some(path) => json!({ "file": path.shown().to_string() }),
                None => return Map::new(),
            },
            _ => return Map::new(),
        };
        match facts {
            Value::Object(facts) => facts,
            _ => Map::new(),
        }
    }

    /// The stable code: that of a finding, or `fetch`, `cache`, `unreadable`, `cancelled`.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Fetch(_) | Failure::Client(_) => "fetch",
            Failure::Cache(_) => "cache",
            Failure::Read(_) => "unreadable",
            Failure::Cancelled => "cancelled",
            Failure::Unchecked(refusal) => refusal.code().as_str(),
            _ => Code::CrlUnreadable.as_str(),
        }
    }
}

/// Says what was given instead of CRLs: a bundle of certificates is one mistake, however many there are.
fn no_crl(kinds: &[Kind], crls: usize) -> String {
    let mut known: Vec<(Kind, usize)> = Vec::new();
    for kind in kinds {
        match known.iter_mut().find(|(known, _)| known == kind) {
            Some((_, number)) => *number += 1,
            None => known.push((*kind, 1)),
        }
    }
    let named: Vec<String> = known
        .iter()
        .map(|(kind, number)| format!("{number} {kind}{}", if *number == 1 { "" } else { "s" }))
        .collect();
    match (crls, kinds) {
        (0, [kind]) => format!("this is a {kind}, expected a CRL"),
        (0, _) => format!("these are {}, expected a CRL", named.join(" and ")),
        (_, _) => format!(
            "found {} besides {crls} CRL{}, expected CRLs only",
            named.join(" and "),
            if crls == 1 { "" } else { "s" },
        ),
    }
}
