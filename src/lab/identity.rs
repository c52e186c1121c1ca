//! The hosts that the lab impersonates: the Spine Secure Proxy, and the caller of suppliers' endpoints.

use super::environment::{Generation, LabEnvironment};
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
#[non_exhaustive]
pub struct LabIdentity {
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
    pub fn host(self, environment: LabEnvironment) -> &'static str {
        match (self, environment) {
            (Party::Proxy, LabEnvironment::Int) => "proxy.int.lab.nhs.uk",
            (Party::Proxy, LabEnvironment::Dep) => "proxy.dep.lab.nhs.uk",
            (Party::Proxy, LabEnvironment::Live) => "proxy.live.lab.nhs.uk",
            (Party::Caller, LabEnvironment::Int) => "msg-out.int.lab.nhs.uk",
            (Party::Caller, LabEnvironment::Dep) => "msg-out.dep.lab.nhs.uk",
            (Party::Caller, LabEnvironment::Live) => "msg-out.live.lab.nhs.uk",
        }
    }
}

/// The name of a host's lab key.
pub(super) fn key_name(party: Party, environment: LabEnvironment) -> &'static str {
    match (party, environment) {
        (Party::Proxy, LabEnvironment::Int) => "int-proxy",
        (Party::Proxy, LabEnvironment::Dep) => "dep-proxy",
        (Party::Proxy, LabEnvironment::Live) => "live-proxy",
        (Party::Caller, LabEnvironment::Int) => "int-caller",
        (Party::Caller, LabEnvironment::Dep) => "dep-caller",
        (Party::Caller, LabEnvironment::Live) => "live-caller",
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
        environment: LabEnvironment,
        generation: Generation,
    ) -> Result<LabIdentity, LabError> {
        let host = party.host(environment);
        let key = self.keys().named(key_name(party, environment))?;
        let issuer = self.issuing(environment, generation, &[])?;
        let names = Names {
            common_name: host.to_owned(),
            alternative: vec![host.to_owned(), "localhost".to_owned()],
        };
        let certificate = leaf::of_host(&issuer, key, &names, self.created(), self.base_url())?;
        Ok(LabIdentity {
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
