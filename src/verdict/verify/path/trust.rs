//! OpenSSL's word on a path: trust is decided here and nowhere else.

use std::collections::HashMap;
use std::sync::Mutex;

use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509StoreContext, X509VerifyResult};

use crate::chain::is_self_signed;
use crate::decode::crypto::{failure, works};
use crate::document::{Certificate, Sha256Digest};
use crate::verdict::verify::revoked::{known, remember};

/// Longer than any path that is handed over ([`super::super::candidate::BUDGET`]).
const DEPTH: i32 = 100;

/// What OpenSSL said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The path is valid, exactly as it was handed over.
    Valid,
    /// It is not: why, and at which certificate of the path.
    Refused {
        /// OpenSSL's sentence.
        reason: String,
        /// The number in the path.
        number: usize,
    },
    /// It could not tell, because of an error of its own.
    Failed {
        /// Why.
        reason: String,
    },
}

/// What has been found out about CA certificates, each time once: most paths go over the same few, and reading one costs as much
/// as checking a signature.
#[derive(Default)]
pub(in super::super) struct KnownCas {
    /// As OpenSSL has read them.
    parsed: Mutex<HashMap<Sha256Digest, X509>>,
    self_signed: Mutex<HashMap<Sha256Digest, bool>>,
}

impl KnownCas {
    fn read(&self, number: usize, certificate: &Certificate) -> Result<X509, ErrorStack> {
        if number == 0 {
            return X509::from_der(certificate.der());
        }
        if let Some(parsed) = known(&self.parsed, &certificate.sha256) {
            return Ok(parsed);
        }
        let parsed = X509::from_der(certificate.der())?;
        remember(&self.parsed, certificate.sha256, parsed.clone());
        Ok(parsed)
    }

    pub(super) fn is_self_signed(&self, certificate: &Certificate) -> bool {
        if let Some(is_self_signed) = known(&self.self_signed, &certificate.sha256) {
            return is_self_signed;
        }
        let is_self_signed = is_self_signed(certificate);
        remember(&self.self_signed, certificate.sha256, is_self_signed);
        is_self_signed
    }
}

/// Asks OpenSSL to validate `path`, the end entity first and the anchor last.
///
/// The anchor alone is trusted and the certificates between are all that is there, so that OpenSSL can build no
/// other path; should it leave one out, that is a refusal, because our own checks were of this path. Left out:
/// - time: OpenSSL treats the last second of validity as over (`X509_cmp_time` never says equal), which RFC 5280
///   section 4.1.2.5 does not; dates are judged by [`super::dates`];
/// - security level 0: whether SHA-1 will do is a question with an answer of its own;
/// - purposes: OpenSSL refuses a leaf that is a CA as well as a server, which no standard forbids;
/// - CRLs: `revocation` is the judge of these.
pub(super) fn ask(path: &[&Certificate], known: &KnownCas) -> Word {
    crate::decode::crypto::ready();
    // What an earlier call left behind is no reason for this one.
    drop(ErrorStack::get());
    let mut parsed = Vec::with_capacity(path.len());
    for (number, certificate) in path.iter().enumerate() {
        match known.read(number, certificate) {
            Ok(certificate) => parsed.push(certificate),
            Err(error) => return unreadable(&error, number),
        }
    }
    // Everything was read: what fails now is no matter of the certificates.
    validate(&parsed).unwrap_or_else(|error| Word::Failed {
        reason: failure(&error).unwrap_or_else(|| sentence(&error)),
    })
}

/// OpenSSL does not read a certificate of the path that we do read.
fn unreadable(error: &ErrorStack, number: usize) -> Word {
    match failure(error) {
        Some(reason) => Word::Failed { reason },
        None => Word::Refused {
            reason: sentence(error),
            number,
        },
    }
}

fn sentence(error: &ErrorStack) -> String {
    let first = error.errors().first().and_then(|error| error.reason());
    first.unwrap_or("a certificate cannot be used").to_owned()
}

fn validate(path: &[X509]) -> Result<Word, ErrorStack> {
    let (Some(end_entity), Some(anchor)) = (path.first(), path.last()) else {
        return Ok(Word::Refused {
            reason: "the path is empty".to_owned(),
            number: 0,
        });
    };
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_flags(
        X509VerifyFlags::PARTIAL_CHAIN
            | X509VerifyFlags::NO_CHECK_TIME
            | X509VerifyFlags::TRUSTED_FIRST,
    )?;
    parameters.set_auth_level(0);
    parameters.set_depth(DEPTH);
    let mut store = X509StoreBuilder::new()?;
    store.set_param(&parameters)?;
    store.add_cert(anchor.clone())?;
    let store = store.build();
    let mut between = Stack::new()?;
    for certificate in path.iter().skip(1).rev().skip(1).rev() {
        between.push(certificate.clone())?;
    }
    X509StoreContext::new()?.init(&store, end_entity, &between, |context| {
        if !context.verify_cert()? {
            let error = context.error();
            return Ok(match own(error.as_raw(), error.error_string()) {
                Some(reason) => Word::Failed { reason },
                None => Word::Refused {
                    reason: error.error_string().to_owned(),
                    number: usize::try_from(context.error_depth()).unwrap_or(usize::MAX),
                },
            });
        }
        let built = context.chain().map_or(0, |chain| chain.len());
        Ok(
            match built == path.len() && context.error() == X509VerifyResult::OK {
                true => Word::Valid,
                false => Word::Refused {
                    reason: "OpenSSL chose another path".to_owned(),
                    number: 0,
                },
            },
        )
    })
}

/// Why a refusal is an error of OpenSSL's own and says nothing about the path.
fn own(refusal: i32, said: &str) -> Option<String> {
    match refusal {
        openssl_sys::X509_V_ERR_UNSPECIFIED
        | openssl_sys::X509_V_ERR_OUT_OF_MEM
        | openssl_sys::X509_V_ERR_INVALID_CALL
        | openssl_sys::X509_V_ERR_STORE_LOOKUP => Some(said.to_owned()),
        // Each of these signatures was checked when the path was found. OpenSSL says the same where it does not find the
        // algorithm.
        openssl_sys::X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE
        | openssl_sys::X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY
        | openssl_sys::X509_V_ERR_CERT_SIGNATURE_FAILURE => {
            failure(&ErrorStack::get()).map(|reason| format!("{said}: {reason}"))
        }
        // Without its digests it finds no issuer, for one.
        _ => (!works()).then(|| said.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_openssl_says_of_itself_is_distinguished_from_what_it_says_of_a_path() {
        let own = |code| own(code, "why").is_some();
        for code in [
            openssl_sys::X509_V_ERR_UNSPECIFIED,
            openssl_sys::X509_V_ERR_OUT_OF_MEM,
            openssl_sys::X509_V_ERR_INVALID_CALL,
            openssl_sys::X509_V_ERR_STORE_LOOKUP,
        ] {
            assert!(own(code), "{code}");
        }
        for code in [
            openssl_sys::X509_V_ERR_CERT_SIGNATURE_FAILURE,
            openssl_sys::X509_V_ERR_CERT_HAS_EXPIRED,
            openssl_sys::X509_V_ERR_INVALID_CA,
        ] {
            assert!(!own(code), "{code}");
        }
    }
}
