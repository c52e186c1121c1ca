//! Names and a profile → a key and a certificate signing request, read back and checked before it is returned.
//!
//! Here live what a request asks for ([`Plan`]), making its key and building it. Here may not live writing
//! files ([`crate::store`] does that) and opinions about host names ([`crate::fqdn`] has those).
//!
//! ```
//! use ptl_cert::fqdn::Fqdn;
//! use ptl_cert::generate::{self, KeySize, Names, Plan, SubjectAttributes};
//!
//! let name = Fqdn::parse("gpc-int-a12345.supplier.thirdparty.nhs.uk")?;
//! let subject = SubjectAttributes::parse("O=A Supplier Ltd,C=GB")?;
//! let pair = generate::pair(&Plan::new(Names::new(name), subject), KeySize::default())?;
//! assert!(pair.request.pem().starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
pub mod hosts;
mod plan;
mod read_back;
mod remote;
mod request;
mod subject;
#[cfg(test)]
pub(crate) mod tests;

use openssl::pkey::PKey;
use openssl::rsa::Rsa;

use crate::document::PrivateKey;

pub use error::{GenerateError, KeySizeError, Mismatch};
pub use plan::{AlternativeNames, COMMON_NAME_LIMIT, KeySize, Names, Plan};
pub use remote::{RemoteError, Signer, Unsigned, request_with};
pub use request::{SigningRequest, request};
pub use subject::{SubjectAttribute, SubjectAttributes, SubjectError, SubjectFault};

/// A new key and the request made with it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pair {
    /// The private key, for the supplier alone.
    pub key: PrivateKey,
    /// The request, for the NHS.
    pub request: SigningRequest,
}

/// Makes a new RSA key with the public exponent 65537.
///
/// # Errors
/// [`GenerateError::OpenSsl`] when OpenSSL has no randomness.
pub fn key(size: KeySize) -> Result<PrivateKey, GenerateError> {
    crate::decode::crypto::ready();
    let pkey = Rsa::generate(size.bits())
        .and_then(PKey::from_rsa)
        .map_err(|source| GenerateError::OpenSsl {
            action: "make an RSA key",
            source: source.into(),
        })?;
    Ok(PrivateKey::of(pkey)?)
}

/// Makes a new key and a request for `plan` with it.
///
/// # Errors
/// Those of [`request`], found before the key is made wherever they can be, and those of [`key`].
pub fn pair(plan: &Plan, size: KeySize) -> Result<Pair, GenerateError> {
    crate::decode::crypto::ready();
    plan.check()?;
    let key = key(size)?;
    let request = request(&key, plan)?;
    Ok(Pair { key, request })
}
