//! Which clients the lab's proxy admits, and which provider it forwards to.

use std::sync::Arc;

use crate::document::{Certificate, Moment};
use crate::environment::{Facts, FactsError};
use crate::fqdn::Fqdn;
use crate::input::{Origin, Source};
use crate::lab::{Lab, LabEnvironment, LabError};
use crate::revocation::SearchableCrl;
use crate::verdict::verify::{self, Decision, Evidence, Given, Purpose, Question};
use crate::wording;

/// The judgement of the lab's hosts: a chain is good when the product's own `verify` says so, for one
/// environment, with all CRLs of the lab as they are at the moment.
#[derive(Debug)]
pub struct ClientAuth {
    facts: Facts,
    environment: LabEnvironment,
    /// Each with its URL.
    crls: Vec<(String, Vec<u8>)>,
}

/// Whether a client is admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes; with the certificate's name.
    Admitted {
        /// The common name.
        name: String,
    },
    /// No.
    Refused(Refusal),
}

/// Why a client is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The certificate's common name, where one was shown that can be read.
    pub name: Option<String>,
    /// The finding's code; `no-certificate` where none was shown, and `unreadable` for one that cannot be read.
    pub code: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// Why there is no client_auth.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientAuthError {
    /// The lab cannot make its CRLs.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// Its facts cannot be read.
    #[error("the lab's own facts cannot be read")]
    Facts(#[from] FactsError),
}

impl ClientAuth {
    /// A client_auth of an environment, with the CRLs of the edition that is served at a moment. Making it means signing all
    /// of them; it may be asked any number of times until there is another edition ([`Lab::edition`]).
    ///
    /// # Errors
    /// When the lab cannot make its CRLs.
    pub fn new(
        lab: &Lab,
        environment: LabEnvironment,
        at: Moment,
    ) -> Result<ClientAuth, ClientAuthError> {
        let edition = lab.edition(at);
        let crls: Result<Vec<_>, LabError> = lab
            .published_crls()
            .iter()
            .map(|place| {
                let url = format!("{}{}", lab.base_url(), place.path());
                Ok((url, lab.crl(place, edition, &[])?))
            })
            .collect();
        Ok(ClientAuth {
            facts: Facts::built_in()?.extended(&lab.facts())?,
            environment,
            crls: crls?,
        })
    }

    /// With facts and CRLs from elsewhere, each CRL with its source: what a supplier's own system knows.
    pub fn of(
        facts: Facts,
        environment: LabEnvironment,
        crls: Vec<(String, Vec<u8>)>,
    ) -> ClientAuth {
        ClientAuth {
            facts,
            environment,
            crls,
        }
    }

    /// Judges a client by the certificates that it showed, as DER and its own first.
    pub fn client(&self, shown: &[Vec<u8>], at: Moment) -> Admission {
        self.judge(shown, Purpose::Client, None, at)
    }

    /// Judges a server of this name by the certificates that it showed, as DER and its own first.
    pub fn server(&self, shown: &[Vec<u8>], host: Option<&Fqdn>, at: Moment) -> Admission {
        self.judge(shown, Purpose::Server, host, at)
    }

    fn judge(
        &self,
        shown: &[Vec<u8>],
        purpose: Purpose,
        fqdn: Option<&Fqdn>,
        at: Moment,
    ) -> Admission {
        let Some(own) = shown.first() else {
            return refused(
                None,
                "no-certificate",
                "no certificate was presented".to_owned(),
                "configure the certificate and its key; in mutual TLS both sides present one"
                    .to_owned(),
            );
        };
        let origin = Origin::whole(&Arc::new(Source::Handshake));
        let certificate = match Certificate::read(own) {
            Ok(certificate) => Arc::new(certificate),
            Err(error) => {
                return refused(
                    None,
                    "unreadable",
                    format!("the certificate cannot be read: {error}"),
                    "ask for a new one".to_owned(),
                );
            }
        };
        let given = |certificate: &Arc<Certificate>| Given {
            certificate: Arc::clone(certificate),
            origin: origin.clone(),
        };
        let name = certificate.subject.short();
        let own = given(&certificate);
        let sent = shown
            .iter()
            .skip(1)
            .filter_map(|der| Certificate::read(der).ok());
        let sent: Vec<Given> = sent
            .map(|certificate| given(&Arc::new(certificate)))
            .collect();
        let crls = self.crls.iter().map(|(url, crl)| {
            let origin = Origin::whole(&Arc::new(Source::Url(url.clone())));
            SearchableCrl::read(crl.as_slice(), origin)
        });
        let crls: Vec<SearchableCrl<'_>> = crls.filter_map(Result::ok).collect();
        let crls: Vec<&SearchableCrl<'_>> = crls.iter().collect();
        let question = Question {
            purposes: purpose.into(),
            fqdn,
            environment: self.facts.environment(self.environment.id()),
            ..Question::new(&own, at)
        };
        let evidence = Evidence {
            sent: &sent,
            chain: &[],
            anchors: &[],
            facts: &self.facts,
            crls: &crls,
        };
        let verdict = verify::judge(&question, &evidence);
        match (verdict.decision, verdict.reasons.first()) {
            (Decision::Verified, _) => Admission::Admitted { name },
            (_, Some(reason)) => {
                let words = wording::say(&reason.problem, wording::Voice::CommandLine);
                let code = reason.problem.code().as_str();
                refused(Some(name), code, words.message, words.remedy)
            }
            (_, None) => refused(
                Some(name),
                "undecided",
                "the certificate could not be checked in full".to_owned(),
                "check it with ptl-cert verify".to_owned(),
            ),
        }
    }
}

fn refused(name: Option<String>, code: &str, message: String, remedy: String) -> Admission {
    Admission::Refused(Refusal {
        name,
        code: code.to_owned(),
        message,
        remedy,
    })
}
