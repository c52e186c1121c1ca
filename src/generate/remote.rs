//! Requests for a key that is kept elsewhere: a hardware module, a cloud's key service, a TPM.
//!
//! Such a key never comes here. [`Unsigned`] hands out what is to be signed and takes the signature, so that whatever
//! comes in between – a session, a network, an `await` – is the caller's; [`request_with`] does both around a [`Signer`].

use std::cell::RefCell;

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use rcgen::{PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm, SigningKey};

use super::error::GenerateError;
use super::plan::Plan;
use super::read_back::read_back;
use super::request::{SigningRequest, parameters, suitable};
use crate::document::{PrivateKey, PublicKey, Sha256Digest, sha256};

/// A private key that is kept elsewhere.
pub trait Signer {
    /// Why it did not sign.
    type Error;

    /// Its public half.
    fn public_key(&self) -> &PublicKey;

    /// The signature on these bytes by sha256WithRSAEncryption (PKCS #1 version 1.5).
    ///
    /// # Errors
    /// Whatever keeps the key from signing.
    fn sign(&self, to_be_signed: &[u8]) -> Result<Vec<u8>, Self::Error>;
}

/// A local key can stand in for a remote one: in tests, and where a program accepts either.
impl Signer for PrivateKey {
    type Error = GenerateError;

    fn public_key(&self) -> &PublicKey {
        self.public_key()
    }

    fn sign(&self, to_be_signed: &[u8]) -> Result<Vec<u8>, GenerateError> {
        crate::decode::crypto::ready();
        openssl::sign::Signer::new(MessageDigest::sha256(), self.handle())
            .and_then(|mut signer| signer.sign_oneshot_to_vec(to_be_signed))
            .map_err(|source| GenerateError::OpenSsl {
                action: "sign",
                source: source.into(),
            })
    }
}

/// Why a request was not signed by a key that is kept elsewhere.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError<E: std::error::Error + 'static> {
    /// The request could not be made.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The key did not sign.
    #[error("the key did not sign")]
    Signer(#[source] E),
}

/// A request that is complete but for its signature.
#[derive(Clone, Debug)]
pub struct Unsigned {
    plan: Plan,
    key: PublicKey,
    pkcs1: Vec<u8>,
    to_be_signed: Vec<u8>,
}

/// Makes a request for `plan`, signed by a key that is kept elsewhere, and reads it back as [`super::request()`] does.
///
/// # Errors
/// Those of [`Unsigned::new`] and [`Unsigned::signed`], and what the signer says.
pub fn request_with<S>(signer: &S, plan: &Plan) -> Result<SigningRequest, RemoteError<S::Error>>
where
    S: Signer,
    S::Error: std::error::Error + 'static,
{
    let unsigned = Unsigned::new(plan.clone(), signer.public_key().clone())?;
    let signature = signer
        .sign(unsigned.to_be_signed())
        .map_err(RemoteError::Signer)?;
    Ok(unsigned.signed(&signature)?)
}

impl Unsigned {
    /// Builds the request that this key is to sign.
    ///
    /// # Errors
    /// [`GenerateError::UnsuitableKey`] and [`GenerateError::ImpossibleKey`] as [`super::request()`], and
    /// [`GenerateError::CommonNameTooLong`].
    pub fn new(plan: Plan, key: PublicKey) -> Result<Unsigned, GenerateError> {
        crate::decode::crypto::ready();
        plan.check()?;
        suitable(&key)?;
        let pkcs1 = PKey::public_key_from_der(key.info())
            .and_then(|key| key.rsa()?.public_key_to_der_pkcs1())
            .map_err(|source| GenerateError::OpenSsl {
                action: "write the public key",
                source: source.into(),
            })?;
        let recorder = Stand {
            public: &pkcs1,
            signature: &[],
            message: RefCell::default(),
        };
        parameters(&plan)
            .and_then(|made| made.serialize_request(&recorder))
            .map_err(GenerateError::build)?;
        Ok(Unsigned {
            to_be_signed: recorder.message.take(),
            plan,
            key,
            pkcs1,
        })
    }

    /// The DER that is to be signed, by sha256WithRSAEncryption.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// Its SHA-256, for keys that sign digests.
    pub fn digest(&self) -> Sha256Digest {
        sha256(&self.to_be_signed)
    }

    /// The request with its signature, read back and verified with the key in it.
    ///
    /// # Errors
    /// [`GenerateError::ReadBack`] when the signature is not by that key on [`Unsigned::to_be_signed`].
    pub fn signed(self, signature: &[u8]) -> Result<SigningRequest, GenerateError> {
        let stand = Stand {
            public: &self.pkcs1,
            signature,
            message: RefCell::default(),
        };
        let der = parameters(&self.plan)
            .and_then(|made| made.serialize_request(&stand))
            .map_err(GenerateError::build)?;
        let der = der.der().to_vec();
        read_back(&der, &self.key, &self.plan)?;
        SigningRequest::new(der)
    }
}

/// Stands in for the key while rcgen writes: remembers what was to be signed, and has the signature on it.
struct Stand<'s> {
    public: &'s [u8],
    signature: &'s [u8],
    message: RefCell<Vec<u8>>,
}

impl PublicKeyData for Stand<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl SigningKey for Stand<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.message.replace(message.to_vec());
        Ok(self.signature.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::fqdn::Fqdn;
    use crate::generate::{self, KeySize, Names, SubjectAttributes};

    struct Module(PrivateKey);

    impl Signer for Module {
        type Error = Infallible;

        fn public_key(&self) -> &PublicKey {
            self.0.public_key()
        }

        fn sign(&self, to_be_signed: &[u8]) -> Result<Vec<u8>, Infallible> {
            let key = self.0.handle();
            let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), key).unwrap();
            Ok(signer.sign_oneshot_to_vec(to_be_signed).unwrap())
        }
    }

    fn plan() -> Plan {
        let name = Fqdn::parse("gpc-int-a12345.supplier.thirdparty.nhs.uk").unwrap();
        Plan::new(Names::new(name), SubjectAttributes::default())
    }

    #[test]
    fn a_key_elsewhere_makes_the_very_request_that_it_would_make_here() {
        let key = generate::key(KeySize::Rsa2048).unwrap();
        let here = generate::request(&key, &plan()).unwrap();
        assert_eq!(request_with(&Module(key), &plan()).unwrap(), here);
    }

    #[test]
    fn a_signature_by_another_key_or_on_something_else_is_refused() {
        let (key, other) = (
            generate::key(KeySize::Rsa2048).unwrap(),
            Module(generate::key(KeySize::Rsa2048).unwrap()),
        );
        let unsigned = || Unsigned::new(plan(), key.public_key().clone()).unwrap();
        let refused = |signature: &[u8]| {
            let refused = unsigned().signed(signature);
            assert!(
                matches!(refused, Err(GenerateError::ReadBack { .. })),
                "{refused:?}"
            );
        };
        let Ok(by_another) = other.sign(unsigned().to_be_signed());
        refused(&by_another);
        let Ok(on_another) = Module(key.clone()).sign(b"something else");
        refused(&on_another);
        refused(&[]);
    }
}
