//! The digest of a name by which OpenSSL finds files in a folder.

use openssl::error::ErrorStack;
use openssl::x509::{X509Builder, X509Name};

use crate::document::Name;
use crate::input::Cause;

/// What `openssl crl -hash` prints of a CRL of this issuer: the first four octets, the lowest first, of SHA-1 over the
/// name's canonical encoding.
///
/// The canonical encoding is OpenSSL's own matter, so that OpenSSL is asked. Its binding here hashes a certificate's
/// subject only: one is made of nothing but that.
///
/// # Errors
/// When OpenSSL cannot read the name.
pub fn name_hash(name: &Name) -> Result<u32, NameError> {
    crate::decode::crypto::ready();
    hash(name).map_err(|source| NameError(source.into()))
}

/// OpenSSL cannot read a name, which none that was read before brings about.
#[derive(Debug, thiserror::Error)]
#[error("OpenSSL cannot read the name")]
pub struct NameError(#[source] Cause);

fn hash(name: &Name) -> Result<u32, ErrorStack> {
    let mut bearer = X509Builder::new()?;
    let name = X509Name::from_der(name.der())?;
    bearer.set_subject_name(&name)?;
    Ok(bearer.build().subject_name_hash())
}
