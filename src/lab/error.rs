//! Why the lab did not do what was asked.

use openssl::error::ErrorStack;

use crate::input::Cause;

use super::Defect;
use crate::document::{KeyAlgorithm, KeyError, Moment};
use crate::fqdn::FqdnError;

/// Why the lab did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// OpenSSL could not do its part.
    #[error("OpenSSL cannot {action}")]
    OpenSsl {
        /// What it was asked to do.
        action: &'static str,
        /// What it said.
        source: Cause,
    },
    /// A lab key that cannot be used.
    #[error("the lab key {name} cannot be used")]
    Key {
        /// Its name: [`KeyPlan::name`](super::KeyPlan::name).
        name: &'static str,
        /// Why.
        source: KeyError,
    },
    /// A lab key of the wrong kind or size for its role.
    #[error(
        "the lab key {name} is {found}; expected RSA of {expected} bits; remove it and a new one will be made"
    )]
    KeyUnfit {
        /// Its name.
        name: &'static str,
        /// The bits expected.
        expected: u32,
        /// What it is.
        found: KeyAlgorithm,
    },
    /// A key is needed that is not among those given.
    #[error(
        "the lab key {name} is missing; give a folder with all of them, or no folder to have all of them made"
    )]
    KeyMissing {
        /// Its name.
        name: &'static str,
    },
    /// A base URL that nothing can be found under.
    #[error(
        "the base URL is {found:?}, expected http:// or https:// and a host, as in http://127.0.0.1:8480"
    )]
    BaseUrl {
        /// What was given.
        found: String,
    },
    /// The request is not signed with its own key.
    #[error("the request is not signed with the key in it; make a new one")]
    RequestSignature,
    /// The request has no name.
    #[error("the request has no common name; the NHS issues to the host that the CN names")]
    RequestName,
    /// The request names something that is not a host, and that no file can be named after.
    #[error("the request's common name {name:?} is not a host name; make a new one")]
    RequestHost {
        /// The common name.
        name: String,
        /// Why it is none.
        source: FqdnError,
    },
    /// The request's key is none that the NHS certifies.
    #[error("the request's key is {found}, expected RSA of 2048 bits or more; make a new one")]
    RequestKey {
        /// What it is.
        found: KeyAlgorithm,
    },
    /// A moment at which the CA is not valid.
    #[error(
        "{issuer} is valid from {not_before} to {not_after} and cannot sign at {at}; create a new lab; its CAs are valid for a year"
    )]
    OutsideValidity {
        /// The CA.
        issuer: String,
        /// The first second of its validity.
        not_before: Moment,
        /// The last.
        not_after: Moment,
        /// The moment asked for.
        at: Moment,
    },
    /// A defect that cannot be made here.
    #[error("the defect {defect} cannot be introduced here: {why}")]
    NotApplicable {
        /// The defect.
        defect: Defect,
        /// What it is for.
        why: &'static str,
    },
    /// A certificate that is none of the lab's.
    #[error(
        "{subject} was issued by {issuer}, which is not a CA of this lab; give a certificate that lab sign made"
    )]
    NotOurs {
        /// Whose certificate it is.
        subject: String,
        /// Who issued it.
        issuer: String,
    },
    /// A state of another version, or one that contradicts itself.
    #[error("the state of the lab names {found:?} as {what}, which this version does not know")]
    State {
        /// What it was to be.
        what: &'static str,
        /// What was found.
        found: String,
    },
    /// What was made cannot be read back, and is withheld.
    #[error("the new {what} cannot be read back; please report this bug in ptl-cert")]
    ReadBack {
        /// What was made.
        what: &'static str,
        /// What the reader said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The destination of a CRL accepted no more.
    #[error("the CRL cannot be written")]
    Write(#[from] std::io::Error),
    /// The archive could not be packed.
    #[error("the archive cannot be packed")]
    Archive(#[source] Cause),
}

impl LabError {
    /// For `map_err`: what was made.
    pub(super) fn read_back<E>(what: &'static str) -> impl Fn(E) -> LabError
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        move |source| LabError::ReadBack {
            what,
            source: Box::new(source),
        }
    }

    /// For `map_err`: what OpenSSL was asked to do.
    pub(super) fn archive(source: zip::result::ZipError) -> LabError {
        LabError::Archive(source.into())
    }

    pub(super) fn openssl(action: &'static str) -> impl Fn(ErrorStack) -> LabError {
        move |source| LabError::OpenSsl {
            action,
            source: source.into(),
        }
    }
}
