//! The hosts that the lab stands in for: the Spine Secure Proxy, and the caller of suppliers' endpoints.

use super::environment::{Environment, Generation};
use super::sign::{Names, leaf};
use super::{Lab, LabError};
use crate::document::PrivateKey;

/// A host of the NHS's that the lab plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// The Spine Secure Proxy: a server that suppliers call.
    Proxy,
    /// The host that calls suppliers' endpoints.
    Caller,
}

/// A host's key and certificate, and the CAs above it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its name.
    pub host: &'static str,
    /// Its private key.
    pub key: PrivateKey,
    /// Its certificate in DER.
    pub certificate: Vec<u8>,
    /// Its sub CA and its root in DER.
    pub chain: Vec<Vec<u8>>,
}

impl Party {
    /// Both.
    pub const ALL: [Party; 2] = [Party::Proxy, Party::Caller];

    /// Its host name in an environment. A certificate for it also names `localhost`.
    pub fn host(self, environment: Environment) -> &'static str {
        match (self, environment) {
            (Party::Proxy, Environment::Int) => "proxy.int.lab.nhs.uk",
            (Party::Proxy, Environment::Dep) => "proxy.dep.lab.nhs.uk",
            (Party::Proxy, Environment::Live) => "proxy.live.lab.nhs.uk",
            (Party::Caller, Environment::Int) => "msg-out.int.lab.nhs.uk",
            (Party::Caller, Environment::Dep) => "msg-out.dep.lab.nhs.uk",
            (Party::Caller, Environment::Live) => "msg-out.live.lab.nhs.uk",
        }
    }
}

/// The name of a host's practice key.
pub(super) fn key_name(party: Party, environment: Environment) -> &'static str {
    match (party, environment) {
        (Party::Proxy, Environment::Int) => "int-proxy",
        (Party::Proxy, Environment::Dep) => "dep-proxy",
        (Party::Proxy, Environment::Live) => "live-proxy",
        (Party::Caller, Environment::Int) => "int-caller",
        (Party::Caller, Environment::Dep) => "dep-caller",
        (Party::Caller, Environment::Live) => "live-caller",
    }
}

impl Lab {
    /// A host's identity, valid as long as the lab's CAs; the same every time. It is no part of
    /// [`Lab::state`], and can be revoked like any other certificate.
    ///
    /// # Errors
    /// [`LabError::OpenSsl`].
    pub fn identity(
        &self,
        party: Party,
        environment: Environment,
        generation: Generation,
    ) -> Result<Identity, LabError> {
        let host = party.host(environment);
        let key = self.keys().named(key_name(party, environment))?;
        let issuer = self.issuing(environment, generation, &[])?;
        let names = Names {
            common_name: host.to_owned(),
            alternative: vec![host.to_owned(), "localhost".to_owned()],
        };
        let certificate = leaf::of_host(&issuer, key, &names, self.founded(), self.base_url())?;
        Ok(Identity {
            host,
            key: key.clone(),
            certificate,
            chain: issuer
                .upwards()
                .map(|issuer| issuer.certificate.clone())
                .collect(),
        })
    }
}
