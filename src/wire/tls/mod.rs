//! TLS in which both sides show a certificate (TLS-MA): a server and a client that record and do not judge.
//!
//! Both take whatever certificate the other side shows, and report it: whether it is good is a matter of
//! [`crate::verdict`], and of the caller. So neither is fit to protect anything by itself.
//!
//! Both speak TLS 1.2 and nothing else, with the cipher suites that Spine endpoints are permitted, in that order. Old
//! certificates must load and old chains must be read, hence OpenSSL's security level 0: signatures with SHA-1 are a
//! finding here, and not a reason to fail without a word.

mod call;
pub(in crate::wire) mod handshake;
mod serve;
mod transport;

#[cfg(test)]
mod tests;

use std::fmt;

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslContextBuilder, SslOptions, SslSessionCacheMode, SslVerifyMode, SslVersion};
use openssl::x509::X509;

#[doc(hidden)]
pub use self::call::{Call, CallLimits, End, Outcome, Response, Seen, call};
pub use self::serve::Caller;
pub(in crate::wire) use self::serve::names;
#[doc(hidden)]
pub use self::serve::serve;
use crate::document::PrivateKey;
#[doc(hidden)]
pub use crate::verdict::connection::{Alert, CertificateRequest, SPINE_SUITES as CIPHERS};

/// A certificate chain and the key of its first certificate.
#[doc(hidden)]
#[derive(Clone)]
pub struct Identity {
    chain: Vec<X509>,
    key: PKey<Private>,
}

/// Why a chain and a key are no identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// There is no certificate.
    #[error("no certificate was given")]
    Empty,
    /// The TLS library cannot read a certificate.
    #[error("the TLS library cannot read certificate {number} of the chain")]
    Certificate {
        /// Its position, from 1.
        number: usize,
        /// What it said.
        source: crate::input::Cause,
    },
    /// The key is not that of the first certificate.
    #[error(
        "the key does not match the first certificate of the chain; give the key its CSR was made with"
    )]
    Key,
}

impl Identity {
    /// How many certificates are sent.
    pub fn length(&self) -> usize {
        self.chain.len()
    }

    /// Joins a chain, as DER and its own certificate first, with the key of that certificate.
    ///
    /// # Errors
    /// When a certificate cannot be read, and for a key that belongs to another one.
    pub fn new(chain: &[Vec<u8>], key: &PrivateKey) -> Result<Identity, IdentityError> {
        Identity::of(chain, key.handle().to_owned())
    }

    pub(in crate::wire) fn of(
        chain: &[Vec<u8>],
        key: PKey<Private>,
    ) -> Result<Identity, IdentityError> {
        crate::decode::crypto::ready();
        let mut read = Vec::with_capacity(chain.len());
        for (at, der) in chain.iter().enumerate() {
            read.push(
                X509::from_der(der).map_err(|source| IdentityError::Certificate {
                    number: at + 1,
                    source: source.into(),
                })?,
            );
        }
        let own = read.first().ok_or(IdentityError::Empty)?;
        let public = own
            .public_key()
            .map_err(|source| IdentityError::Certificate {
                number: 1,
                source: source.into(),
            })?;
        if !public.public_eq(&key) {
            return Err(IdentityError::Key);
        }
        Ok(Identity { chain: read, key })
    }

    pub(in crate::wire) fn install(
        &self,
        context: &mut SslContextBuilder,
    ) -> Result<(), ErrorStack> {
        let mut chain = self.chain.iter();
        if let Some(own) = chain.next() {
            context.set_certificate(own)?;
        }
        for above in chain {
            context.add_extra_chain_cert(above.clone())?;
        }
        context.set_private_key(&self.key)?;
        context.check_private_key()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("certificates", &self.chain.len())
            .finish_non_exhaustive()
    }
}

/// What both sides have in common.
fn configure(context: &mut SslContextBuilder, mode: SslVerifyMode) -> Result<(), ErrorStack> {
    // First, because it decides which certificates are accepted.
    context.set_security_level(0);
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_max_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_cipher_list(&CIPHERS.join(":"))?;
    // Every connection shows its certificates again.
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context.set_options(SslOptions::NO_TICKET | SslOptions::NO_RENEGOTIATION);
    context.set_verify_callback(mode, |_, _| true);
    Ok(())
}
