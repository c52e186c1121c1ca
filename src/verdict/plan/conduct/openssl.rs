//! What servers on OpenSSL do: asked of OpenSSL itself, with the CRLs that would be written.
//!
//! nginx, HAProxy and Apache check the whole chain (`X509_V_FLAG_CRL_CHECK_ALL`) and leave the rest to the library, whose
//! choice among CRLs depends on octets: key identifiers, how a time is written, the case of a host. Modelling that would
//! be a copy that ages; the CRLs are handed over as they are, without the entries that are not asked for. Their signatures
//! were checked when they were installed, so that OpenSSL's complaint about the ones that were cut is passed over, if the
//! key is the one that signed.

#![expect(
    unsafe_code,
    reason = "the openssl crate has no way to give a store a CRL, nor to hear which CRL was chosen"
)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_int;

use foreign_types::{ForeignType, ForeignTypeRef};
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509Crl, X509Ref, X509StoreContext};
use openssl_sys as ffi;

use crate::document::{Certificate, Moment, Sha256Digest};

unsafe extern "C" {
    fn X509_STORE_add_crl(store: *mut ffi::X509_STORE, crl: *mut ffi::X509_CRL) -> c_int;
    fn X509_STORE_CTX_set_verify_cb(
        context: *mut ffi::X509_STORE_CTX,
        callback: Option<unsafe extern "C" fn(c_int, *mut ffi::X509_STORE_CTX) -> c_int>,
    );
    fn X509_STORE_CTX_get0_current_crl(context: *mut ffi::X509_STORE_CTX) -> *mut ffi::X509_CRL;
    fn X509_STORE_CTX_get0_current_issuer(context: *mut ffi::X509_STORE_CTX) -> *mut ffi::X509;
}

/// X509_V_ERR_CERT_SIGNATURE_FAILURE.
const CERTIFICATE_SIGNATURE: c_int = 7;
/// X509_V_ERR_CRL_SIGNATURE_FAILURE.
pub(super) const CRL_SIGNATURE: c_int = 8;
/// X509_V_ERR_UNABLE_TO_GET_CRL.
pub(super) const NO_CRL: c_int = 3;
/// X509_V_ERR_CRL_NOT_YET_VALID and X509_V_ERR_CRL_HAS_EXPIRED.
pub(super) const OUT_OF_TIME: [c_int; 2] = [11, 12];
/// X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD and its sibling for nextUpdate.
pub(super) const TIME_FORM: [c_int; 2] = [15, 16];
/// X509_V_ERR_CERT_REVOKED.
pub(super) const REVOKED: c_int = 23;
/// X509_V_ERR_KEYUSAGE_NO_CRL_SIGN.
pub(super) const MAY_NOT_SIGN: c_int = 35;
/// X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION.
pub(super) const CRITICAL: c_int = 36;
/// X509_V_ERR_DIFFERENT_CRL_SCOPE.
pub(super) const SCOPE: c_int = 44;

/// What OpenSSL says about a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// It is admitted; the CRL that was looked into, by its index in the question, unless it is unknown.
    LetIn(Option<usize>),
    /// It is refused.
    Refused {
        /// X509_V_ERR_….
        code: c_int,
        /// OpenSSL's sentence.
        reason: String,
        /// How far above the certificate.
        depth: usize,
    },
}

/// A bundle and CRLs as a server on OpenSSL loads them.
pub(super) struct Loaded {
    store: X509Store,
    /// Each CRL as OpenSSL has it, its index, and the key that signed it, by its address.
    crls: HashMap<usize, (X509Crl, usize, Sha256Digest)>,
}

/// What the callback heard: the CRL and the certificate whose key was tried, for each signature of a cut CRL.
struct Heard {
    tried: Vec<(usize, Option<X509>, usize)>,
    /// Whether the certificate at the end of the chain is made up, so that its signature says nothing.
    made_up: bool,
}

thread_local! {
    static HEARD: RefCell<Heard> = const { RefCell::new(Heard { tried: Vec::new(), made_up: false }) };
}

/// Passes over what is wrong because the CRLs were cut and a client was made up, and notes it.
unsafe extern "C" fn hear(ok: c_int, context: *mut ffi::X509_STORE_CTX) -> c_int {
    if ok != 0 {
        return ok;
    }
    // SAFETY: OpenSSL calls this with the context that is being verified, which is alive during the call.
    let (code, depth) = unsafe {
        (
            ffi::X509_STORE_CTX_get_error(context),
            ffi::X509_STORE_CTX_get_error_depth(context),
        )
    };
    let depth = usize::try_from(depth).unwrap_or(usize::MAX);
    HEARD.with(|heard| {
        let Ok(mut heard) = heard.try_borrow_mut() else {
            return 0;
        };
        match code {
            CRL_SIGNATURE => {
                // SAFETY: as above; both pointers are null or belong to the context, and the issuer is kept by a
                // count of its own.
                let (crl, issuer) = unsafe {
                    let crl = X509_STORE_CTX_get0_current_crl(context);
                    let issuer = X509_STORE_CTX_get0_current_issuer(context);
                    let issuer = (!issuer.is_null()).then(|| X509Ref::from_ptr(issuer).to_owned());
                    (crl, issuer)
                };
                heard.tried.push((crl.addr(), issuer, depth));
                1
            }
            CERTIFICATE_SIGNATURE if heard.made_up && depth == 0 => 1,
            _ => 0,
        }
    })
}

impl Loaded {
    /// Loads CAs and CRLs, each of these with its index and the SHA-256 of its signer's key. The index of the first
    /// CRL that OpenSSL cannot read otherwise: a server then does not start.
    pub(super) fn load(
        bundle: &[&Certificate],
        crls: &[(usize, &[u8], Sha256Digest)],
        at: Moment,
    ) -> Result<Result<Loaded, (usize, String)>, ErrorStack> {
        crate::decode::crypto::ready();
        let mut parameters = X509VerifyParam::new()?;
        parameters.set_flags(
            X509VerifyFlags::CRL_CHECK
                | X509VerifyFlags::CRL_CHECK_ALL
                | X509VerifyFlags::TRUSTED_FIRST,
        )?;
        parameters.set_auth_level(0);
        parameters.set_time(at.unix());
        let mut store = X509StoreBuilder::new()?;
        store.set_param(&parameters)?;
        for certificate in bundle {
            // One that OpenSSL cannot read is refused by the server's configuration too, and is no matter of CRLs.
            store.add_cert(X509::from_der(certificate.der())?)?;
        }
        let mut loaded = HashMap::new();
        for (place, der, signer) in crls {
            let crl = match X509Crl::from_der(der) {
                Ok(crl) => crl,
                Err(error) => return Ok(Err((*place, first_reason(&error)))),
            };
            // SAFETY: both are alive, and the store takes a count of its own.
            if unsafe { X509_STORE_add_crl(store.as_ptr(), crl.as_ptr()) } != 1 {
                return Err(ErrorStack::get());
            }
            loaded.insert(crl.as_ptr().addr(), (crl, *place, *signer));
        }
        Ok(Ok(Loaded {
            store: store.build(),
            crls: loaded,
        }))
    }

    /// What is said about a certificate; of one that is made up, its own signature does not count.
    pub(super) fn ask(&self, certificate: &[u8], made_up: bool) -> Result<Word, ErrorStack> {
        let certificate = X509::from_der(certificate)?;
        let none: Stack<X509> = Stack::new()?;
        HEARD.with(|heard| {
            *heard.borrow_mut() = Heard {
                tried: Vec::new(),
                made_up,
            };
        });
        let word = X509StoreContext::new()?.init(&self.store, &certificate, &none, |context| {
            // SAFETY: the context is initialised and alive, and the callback is a function.
            unsafe { X509_STORE_CTX_set_verify_cb(context.as_ptr(), Some(hear)) };
            Ok(match context.verify_cert()? {
                true => Word::LetIn(None),
                false => Word::Refused {
                    code: context.error().as_raw(),
                    reason: context.error().error_string().to_owned(),
                    depth: usize::try_from(context.error_depth()).unwrap_or(usize::MAX),
                },
            })
        })?;
        let tried = HEARD.with(|heard| std::mem::take(&mut heard.borrow_mut().tried));
        let mut own = None;
        for (address, issuer, depth) in &tried {
            let known = self.crls.get(address);
            let key = issuer.as_ref().and_then(|issuer| key_sha256(issuer));
            match known {
                Some((_, place, signer)) if key == Some(*signer) => {
                    if *depth == 0 {
                        own = Some(*place);
                    }
                }
                // A CRL that another key signed than the one OpenSSL takes for its signer's.
                _ => {
                    return Ok(Word::Refused {
                        code: CRL_SIGNATURE,
                        reason: "CRL signature failure".to_owned(),
                        depth: *depth,
                    });
                }
            }
        }
        Ok(match word {
            Word::LetIn(_) => Word::LetIn(own),
            refused => refused,
        })
    }
}

fn key_sha256(certificate: &X509Ref) -> Option<Sha256Digest> {
    let der = certificate.to_der().ok()?;
    Some(Certificate::read(&der).ok()?.key.identity())
}

fn first_reason(error: &ErrorStack) -> String {
    let reason = error.errors().first().and_then(|error| error.reason());
    reason.unwrap_or("it cannot be read").to_owned()
}
