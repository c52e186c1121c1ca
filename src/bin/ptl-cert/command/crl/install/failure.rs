//! Why a CRL was not installed.

use ptl_cert::document::Kind;
use ptl_cert::input::LIST_LIMIT;
use ptl_cert::report::crl::import::{Imported, Outcome};
use ptl_cert::report::crl::{InstalledCrl, remedy};
use ptl_cert::store::crl_cache::{CacheError, Place};
use ptl_cert::store::read::ReadError;
use ptl_cert::verdict::admission::Refusal;
use ptl_cert::wire::fetch::FetchError;

use super::{Rejected, taken};
use crate::command::reading::sentence;

/// Why nothing was installed.
pub(in super::super) struct Failure {
    pub(super) outcome: Outcome,
    pub(super) code: String,
    pub(in super::super) message: String,
    pub(super) remedy: Option<String>,
}

impl Failure {
    /// Of a CRL of which it is not known what it would replace.
    pub(in super::super) fn alone(self) -> Box<Rejected> {
        self.beside(None)
    }

    pub(super) fn beside(self, stays: Option<InstalledCrl>) -> Box<Rejected> {
        let failure = self;
        Box::new(Rejected { failure, stays })
    }

    /// The same as what became of a CRL, beside the one that stays.
    pub(in super::super) fn into_taken(
        self,
        place: &Place,
        stays: Option<InstalledCrl>,
    ) -> Imported {
        Imported {
            code: Some(self.code),
            message: Some(self.message),
            remedy: self.remedy,
            crl: stays,
            ..taken(place, self.outcome)
        }
    }

    pub(super) fn refused(refusal: &Refusal) -> Failure {
        let outcome = match refusal {
            // What is damaged was not received as it was made: it says nothing about the CRL.
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

    /// What was received or given is no CRL.
    pub(in super::super) fn unreadable(error: anyhow::Error) -> Failure {
        Failure {
            outcome: Outcome::Failed,
            code: "crl-unreadable".to_owned(),
            message: sentence(&error),
            remedy: Some(
                "fetch the list again; the installed one, if there is one, stays".to_owned(),
            ),
        }
    }

    /// Objects of these kinds were given as lists, beside so many CRLs.
    pub(in super::super) fn no_crl(kinds: &[Kind], crls: usize) -> Failure {
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
        let message = match (crls, kinds) {
            (0, [kind]) => format!("this is a {kind}, expected a CRL"),
            (0, _) => format!("these are {}, expected a CRL", named.join(" and ")),
            (_, _) => format!(
                "beside {crls} CRL{} there {} {}, expected CRLs only",
                if crls == 1 { "" } else { "s" },
                if kinds.len() == 1 { "is" } else { "are" },
                named.join(" and ")
            ),
        };
        let remedy = match kinds.contains(&Kind::Certificate) {
            true => "give the file of the list; a CA whose list it is goes after --issuer",
            false => "give the file of the list",
        };
        Failure {
            outcome: Outcome::Failed,
            code: "crl-unreadable".to_owned(),
            message,
            remedy: Some(remedy.to_owned()),
        }
    }

    pub(super) fn page() -> Failure {
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

    pub(super) fn saved_page() -> Failure {
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
    pub(in super::super) fn file(error: ReadError) -> Failure {
        Failure {
            outcome: Outcome::Failed,
            code: "unreadable".to_owned(),
            message: sentence(&error.into()),
            remedy: None,
        }
    }

    pub(super) fn fetch(error: FetchError) -> Failure {
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

    pub(in super::super) fn cache(error: CacheError) -> Failure {
        Failure {
            outcome: Outcome::Failed,
            code: "cache".to_owned(),
            message: sentence(&error.into()),
            remedy: None,
        }
    }
}
