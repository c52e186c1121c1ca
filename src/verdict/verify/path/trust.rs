//! OpenSSL's word on a path: the one place where trust is decided.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509StoreContext, X509VerifyResult};

use crate::document::{Certificate, Sha256Digest};

/// Longer than any path that is handed over ([`super::super::BUDGET`]).
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
}

/// CA certificates as OpenSSL has read them, each once: most paths go over the same few, and reading one costs as much
/// as checking a signature.
#[derive(Default)]
pub(in super::super) struct Parsed(Mutex<HashMap<Sha256Digest, X509>>);

impl Parsed {
    fn read(&self, number: usize, certificate: &Certificate) -> Result<X509, ErrorStack> {
        if number == 0 {
            return X509::from_der(certificate.der());
        }
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(parsed) = known().get(&certificate.sha256) {
            return Ok(parsed.clone());
        }
        let parsed = X509::from_der(certificate.der())?;
        Ok(known().entry(certificate.sha256).or_insert(parsed).clone())
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
pub(super) fn ask(path: &[&Certificate], known: &Parsed) -> Word {
    crate::decode::crypto::ready();
    match validate(path, known) {
        Ok(word) => word,
        Err(error) => Word::Refused {
            reason: error
                .errors()
                .first()
                .and_then(|error| error.reason())
                .unwrap_or("a certificate cannot be used")
                .to_owned(),
            number: 0,
        },
    }
}

fn validate(path: &[&Certificate], known: &Parsed) -> Result<Word, ErrorStack> {
    let parsed = path
        .iter()
        .enumerate()
        .map(|(number, certificate)| known.read(number, certificate))
        .collect::<Result<Vec<_>, _>>()?;
    let (Some(end_entity), Some(anchor)) = (parsed.first(), parsed.last()) else {
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
    for certificate in parsed.iter().skip(1).rev().skip(1).rev() {
        between.push(certificate.clone())?;
    }
    X509StoreContext::new()?.init(&store, end_entity, &between, |context| {
        if !context.verify_cert()? {
            return Ok(Word::Refused {
                reason: context.error().error_string().to_owned(),
                number: usize::try_from(context.error_depth()).unwrap_or(usize::MAX),
            });
        }
        let built = context.chain().map_or(0, |chain| chain.len());
        Ok(
            match built == parsed.len() && context.error() == X509VerifyResult::OK {
                true => Word::Valid,
                false => Word::Refused {
                    reason: "OpenSSL took another path".to_owned(),
                    number: 0,
                },
            },
        )
    })
}
