//! Making and writing the key and the request of one host.

use std::path::PathBuf;

use super::existing_key::ExistingKey;
use super::found::{self, LeftPair};
use super::{Alternatives, Asks, CsrError, Existing, HostPair, Options, Protection};
use crate::decode::Password;
use crate::document::{PrivateKey, PrivateKeyPem};
use crate::fqdn::naming_faults;
use crate::generate::hosts::Host;
use crate::generate::{self, AlternativeNames, Names, Plan, SigningRequest};
use crate::input::Source;
use crate::store::pair::{self, PairError, PairOutcome, Presence};

/// What was made for a host and is to be written. Not `Debug`: it holds a key.
#[derive(Default)]
pub(super) struct Ready {
    /// The key as PEM; `None` where it is there already.
    key: Option<PrivateKeyPem>,
    /// The request.
    request: Option<SigningRequest>,
    /// What the request asks for; `None` where nothing was made because the host has what it needs.
    asks: Option<Asks>,
    /// What the host has already.
    left: Option<LeftPair>,
}

/// Everything that is the same for all hosts of a run.
pub(super) struct Maker<'o> {
    options: &'o Options,
    key: Option<ExistingKey>,
    encrypt: Option<Password>,
}

impl<'o> Maker<'o> {
    pub(super) fn new(
        options: &'o Options,
        key: Option<ExistingKey>,
        encrypt: Option<Password>,
    ) -> Maker<'o> {
        Maker {
            options,
            key,
            encrypt,
        }
    }

    /// Makes what one host needs, unless it has it and that is to be left alone. Writes nothing new, so that what the
    /// processor does and what the disk does can be done at the same time; only what a crash left is put in order.
    pub(super) fn make(&self, host: &Host) -> Result<Ready, CsrError> {
        let plan = self.plan(host)?;
        let (file, csr) = (self.beside(host, "key"), self.beside(host, "csr"));
        if let Some(existing) = &self.key {
            let named = existing.key.public_key();
            match pair::presence(&self.options.folder, &host.fqdn)? {
                Presence::Both | Presence::KeyOnly => {
                    found::refuse_other_key(&file, &csr, named)?;
                }
                Presence::Neither | Presence::RequestOnly => {}
            }
            let request = generate::request(&existing.key, &plan)?;
            return Ok(Ready {
                key: None,
                request: Some(request),
                asks: Some(asks(&plan, &existing.key, existing.is_encrypted)),
                left: None,
            });
        }
        // Before the key is made, which takes longer than everything else together.
        pair::recover(&self.options.folder, &host.fqdn)?;
        if self.is_left_alone(host)? {
            return Ok(Ready {
                left: Some(self.examine(host, &plan)?),
                ..Ready::default()
            });
        }
        let pair = generate::pair(&plan, self.options.size)?;
        let key = match &self.encrypt {
            Some(password) => pair.key.to_encrypted_pem(password)?,
            None => pair.key.to_pkcs8_pem()?,
        };
        Ok(Ready {
            key: Some(key),
            request: Some(pair.request),
            asks: Some(asks(&plan, &pair.key, self.encrypt.is_some())),
            left: None,
        })
    }

    /// Writes what was made for a host.
    pub(super) fn write(&self, host: &Host, ready: Ready) -> Result<HostPair, CsrError> {
        let Options {
            folder, existing, ..
        } = self.options;
        let written = match (&ready.request, &ready.key) {
            (None, _) => PairOutcome::Skipped,
            (Some(request), Some(key)) => {
                pair::write_pair(folder, &host.fqdn, key, request, *existing)?
            }
            (Some(request), None) => {
                pair::write_request_only(folder, &host.fqdn, request, *existing)?
            }
        };
        let (file, csr) = (self.beside(host, "key"), self.beside(host, "csr"));
        let (replaced, request, pem, left) = match (written, &self.key) {
            (PairOutcome::Written { aside, .. }, _) => {
                let pem = ready.request.as_ref().map(SigningRequest::pem);
                (aside, ready.asks, pem, None)
            }
            (PairOutcome::Skipped, None) => (Vec::new(), None, None, ready.left),
            (PairOutcome::Skipped, Some(_)) => {
                let left = self.examine(host, &self.plan(host)?)?;
                (Vec::new(), None, None, Some(left))
            }
        };
        Ok(HostPair {
            fqdn: host.fqdn.clone(),
            key: match &self.key {
                Some(existing) => existing.source.clone(),
                None => Source::File(file),
            },
            csr,
            replaced,
            request,
            pem,
            left,
            faults: naming_faults(&host.fqdn),
        })
    }

    /// Whether the host has its pair and is to be skipped; an error if what it has is in the way.
    fn is_left_alone(&self, host: &Host) -> Result<bool, PairError> {
        let Options {
            folder, existing, ..
        } = self.options;
        let path = |extension: &str| self.beside(host, extension);
        match (pair::presence(folder, &host.fqdn)?, existing) {
            (Presence::Neither, _) | (_, Existing::Replace { .. }) => Ok(false),
            (Presence::Both, Existing::Skip) => Ok(true),
            (Presence::Both, Existing::Refuse) => Err(PairError::Exists { path: path("key") }),
            (Presence::KeyOnly, _) => Err(PairError::KeyWithoutRequest {
                present: path("key"),
                missing: path("csr"),
            }),
            (Presence::RequestOnly, _) => Err(PairError::RequestWithoutKey {
                present: path("csr"),
                missing: path("key"),
            }),
        }
    }

    /// Examines what a host has already.
    fn examine(&self, host: &Host, plan: &Plan) -> Result<LeftPair, CsrError> {
        let named = self.key.as_ref();
        let named = named.map(|existing| (&existing.source, existing.key.public_key()));
        let (key, csr) = (self.beside(host, "key"), self.beside(host, "csr"));
        let mut left = found::examine(&key, &csr, plan, named)?;
        left.lacks_encryption = self.encrypt.is_some() && left.protection == Some(Protection::None);
        Ok(left)
    }

    /// The key or the request of a host.
    fn beside(&self, host: &Host, extension: &str) -> PathBuf {
        self.options
            .folder
            .join(format!("{}.{extension}", host.fqdn))
    }

    fn plan(&self, host: &Host) -> Result<Plan, CsrError> {
        let mut subject = self.options.subject.clone();
        for (kind, value) in &host.subject {
            subject = subject.with(kind, value)?;
        }
        let mut further = host.further_names.iter();
        if self.options.alternatives == Alternatives::CommonNameOnly
            && let Some(name) = further.find(|name| **name != host.fqdn)
        {
            return Err(CsrError::FurtherName {
                fqdn: host.fqdn.clone(),
                name: name.clone(),
            });
        }
        let alternative = match self.options.alternatives {
            Alternatives::CommonNameOnly => AlternativeNames::CommonNameOnly,
            Alternatives::Listed => AlternativeNames::Listed(host.further_names.clone()),
        };
        let names = Names::new(host.fqdn.clone()).with_alternatives(alternative);
        Ok(Plan::new(names, subject))
    }
}

fn asks(plan: &Plan, key: &PrivateKey, is_encrypted: bool) -> Asks {
    let names = plan.names();
    Asks {
        common_name: names.common_name().clone(),
        subject: plan.subject().clone(),
        dns_names: names.dns_names().into_iter().cloned().collect(),
        algorithm: key.algorithm().clone(),
        spki_sha256: key.public_key().spki_sha256,
        protection: match is_encrypted {
            true => Protection::Encrypted,
            false => Protection::None,
        },
    }
}
