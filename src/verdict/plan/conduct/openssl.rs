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
use std::marker::PhantomData;

use foreign_types::{ForeignType, ForeignTypeRef};
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509Crl, X509Ref, X509StoreContext};
use openssl_sys as ffi;

use super::sooner::Sooner;
use crate::document::{Certificate, Crl, Moment, Sha256Digest};

unsafe extern "C" {
    fn X509_STORE_add_crl(store: *mut ffi::X509_STORE, crl: *mut ffi::X509_CRL) -> c_int;
    fn X509_STORE_CTX_set_verify_cb(
        context: *mut ffi::X509_STORE_CTX,
        callback: Option<unsafe extern "C" fn(c_int, *mut ffi::X509_STORE_CTX) -> c_int>,
    );
    fn X509_STORE_CTX_set0_crls(
        context: *mut ffi::X509_STORE_CTX,
        crls: *mut ffi::stack_st_X509_CRL,
    );
    fn X509_STORE_CTX_set_purpose(context: *mut ffi::X509_STORE_CTX, purpose: c_int) -> c_int;
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
/// X509_V_ERR_CERT_NOT_YET_VALID.
pub(super) const NOT_YET_VALID: c_int = 9;
/// X509_V_ERR_INVALID_PURPOSE.
pub(super) const PURPOSE: c_int = 26;
/// X509_PURPOSE_SSL_CLIENT, for which servers check clients and the CAs above them.
const SSL_CLIENT: c_int = 1;
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
        /// The CRL that was looked into for the certificate itself, by its index in the question.
        crl: Option<usize>,
    },
}

impl Word {
    /// The CRL that was looked into for the certificate itself, by its index in the question.
    pub(super) fn crl(&self) -> Option<usize> {
        match self {
            Word::LetIn(crl) | Word::Refused { crl, .. } => *crl,
        }
    }
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A client.
    Client,
    /// A CA, which need not be one of clients.
    Authority,
    /// A client that is made up: its own signature does not count.
    MadeUp,
}

/// A CRL to load.
pub(super) struct Loadable<'a> {
    /// Its index in the question.
    pub(super) place: usize,
    /// What it says about itself.
    pub(super) header: &'a Crl,
    /// What OpenSSL is given of it.
    pub(super) der: &'a [u8],
    /// The SHA-256 of the key that signed it.
    pub(super) signer: Sha256Digest,
}

/// A bundle and CRLs as a server on OpenSSL loads them.
pub(super) struct Loaded {
    store: X509Store,
    /// Each CRL as OpenSSL has it, its index, and the key that signed it.
    crls: Vec<(X509Crl, usize, Sha256Digest)>,
    /// Their places among these by their addresses.
    of_address: HashMap<usize, usize>,
    sooner: Sooner,
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

/// CRLs that a question brings along, borrowed.
struct Shown<'a> {
    stack: *mut ffi::stack_st_X509_CRL,
    crls: PhantomData<&'a X509Crl>,
}

impl<'a> Shown<'a> {
    fn new(
        crls: impl Iterator<Item = &'a (X509Crl, usize, Sha256Digest)>,
    ) -> Result<Shown<'a>, ErrorStack> {
        // SAFETY: it makes a stack, or null.
        let stack = unsafe { ffi::OPENSSL_sk_new_null() };
        if stack.is_null() {
            return Err(ErrorStack::get());
        }
        let shown = Shown {
            stack: stack.cast(),
            crls: PhantomData,
        };
        for (crl, ..) in crls {
            // SAFETY: the stack is alive, and does not own what is in it.
            if unsafe { ffi::OPENSSL_sk_push(stack, crl.as_ptr().cast()) } == 0 {
                return Err(ErrorStack::get());
            }
        }
        Ok(shown)
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        // SAFETY: it was made by `new` and is freed once, without the CRLs.
        unsafe { ffi::OPENSSL_sk_free(self.stack.cast()) }
    }
}

impl Loaded {
    /// Loads CAs and CRLs. The index of the first CRL that OpenSSL cannot read otherwise: a server then does not start.
    pub(super) fn load(
        bundle: &[&Certificate],
        crls: &[Loadable<'_>],
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
        let mut loaded = Vec::new();
        let mut of_address = HashMap::new();
        for loadable in crls {
            let crl = match X509Crl::from_der(loadable.der) {
                Ok(crl) => crl,
                Err(error) => return Ok(Err((loadable.place, first_reason(&error)))),
            };
            // SAFETY: both are alive, and the store takes a count of its own.
            if unsafe { X509_STORE_add_crl(store.as_ptr(), crl.as_ptr()) } != 1 {
                return Err(ErrorStack::get());
            }
            of_address.insert(crl.as_ptr().addr(), loaded.len());
            loaded.push((crl, loadable.place, loadable.signer));
        }
        let headers: Vec<&Crl> = crls.iter().map(|crl| crl.header).collect();
        Ok(Ok(Loaded {
            store: store.build(),
            crls: loaded,
            of_address,
            sooner: Sooner::new(&headers, bundle),
        }))
    }

    /// What is said about a certificate.
    pub(super) fn ask(&self, certificate: &Certificate, asked: Asked) -> Result<Word, ErrorStack> {
        self.ask_first(&self.sooner.of(certificate), certificate, asked)
    }

    /// The same with these CRLs looked at before the others.
    fn ask_first(
        &self,
        first: &[usize],
        certificate: &Certificate,
        asked: Asked,
    ) -> Result<Word, ErrorStack> {
        let certificate = X509::from_der(certificate.der())?;
        let shown = Shown::new(first.iter().filter_map(|crl| self.crls.get(*crl)))?;
        let none: Stack<X509> = Stack::new()?;
        HEARD.with(|heard| {
            *heard.borrow_mut() = Heard {
                tried: Vec::new(),
                made_up: asked == Asked::MadeUp,
            };
        });
        let word = X509StoreContext::new()?.init(&self.store, &certificate, &none, |context| {
            // SAFETY: the context is initialised and alive, the callback is a function, and the CRLs, which the context
            // only borrows, live longer than it.
            unsafe {
                X509_STORE_CTX_set_verify_cb(context.as_ptr(), Some(hear));
                X509_STORE_CTX_set0_crls(context.as_ptr(), shown.stack);
                if asked != Asked::Authority
                    && X509_STORE_CTX_set_purpose(context.as_ptr(), SSL_CLIENT) != 1
                {
                    return Err(ErrorStack::get());
                }
            }
            Ok(match context.verify_cert()? {
                true => Word::LetIn(None),
                false => Word::Refused {
                    code: context.error().as_raw(),
                    reason: context.error().error_string().to_owned(),
                    depth: usize::try_from(context.error_depth()).unwrap_or(usize::MAX),
                    crl: None,
                },
            })
        })?;
        let tried = HEARD.with(|heard| std::mem::take(&mut heard.borrow_mut().tried));
        let mut own = None;
        for (address, issuer, depth) in &tried {
            let known = self.of_address.get(address);
            let known = known.and_then(|place| self.crls.get(*place));
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
                        crl: None,
                    });
                }
            }
        }
        Ok(match word {
            Word::LetIn(_) => Word::LetIn(own),
            Word::Refused {
                code,
                reason,
                depth,
                ..
            } => Word::Refused {
                code,
                reason,
                depth,
                crl: own,
            },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::der;

    /// ECDSA with SHA-256, as the CA signs.
    const ALGORITHM: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";

    /// The numbers of a sequence that looks random, each below a bound.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, bound: u8) -> u8 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (self.0 >> 33) as u8 % bound
        }

        fn one_in(&mut self, count: u8) -> bool {
            self.below(count) == 0
        }

        /// A few names of places, seldom one that is no URI.
        fn names(&mut self) -> Vec<u8> {
            let count = 1 + self.below(2);
            let name = |_| match self.one_in(12) {
                true => der::wrap(0x82, b"a.nhs.uk"),
                false => {
                    let uri = format!("http://a.nhs.uk/{}", self.below(4));
                    der::wrap(0x86, uri.as_bytes())
                }
            };
            der::wrap(
                0xa0,
                &der::wrap(0xa0, &(0..count).flat_map(name).collect::<Vec<_>>()),
            )
        }
    }

    fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
        let critical = if critical { &b"\x01\x01\xff"[..] } else { &[] };
        let content = [&der::wrap(0x06, oid), critical, &der::wrap(0x04, value)[..]];
        der::wrap(0x30, &content.concat())
    }

    fn signed(tbs: &[u8]) -> Vec<u8> {
        let signature = der::wrap(0x03, &[0; 65]);
        der::wrap(
            0x30,
            &[&der::wrap(0x30, tbs), ALGORITHM, &signature].concat(),
        )
    }

    /// A CRL of one day of June, with some of four serial numbers.
    fn crl(ca: &Certificate, numbers: &mut Numbers) -> Vec<u8> {
        let day = |day: u8| der::wrap(0x17, format!("2606{day:02}000000Z").as_bytes());
        let entries: Vec<u8> = (1..5)
            .filter(|_| numbers.one_in(3))
            .flat_map(|serial| der::wrap(0x30, &[&[2, 1, serial], &day(1)[..]].concat()))
            .collect();
        let entries = match entries.is_empty() {
            true => Vec::new(),
            false => der::wrap(0x30, &entries),
        };
        let mut extensions = Vec::new();
        if !numbers.one_in(5) {
            let mut point = numbers.names();
            // onlyContainsUserCerts and onlyContainsCACerts.
            match numbers.below(8) {
                0 => point.extend(b"\x81\x01\xff"),
                1 => point.extend(b"\x82\x01\xff"),
                _ => {}
            }
            extensions.extend(extension(b"\x55\x1d\x1c", true, &der::wrap(0x30, &point)));
        }
        if numbers.one_in(6) {
            extensions.extend(extension(b"\x55\x1d\x09", true, &[5, 0]));
        }
        if numbers.one_in(6) {
            let other = der::wrap(0x30, &der::wrap(0x80, b"another key"));
            extensions.extend(extension(b"\x55\x1d\x23", false, &other));
        }
        let extensions = match extensions.is_empty() {
            true => extensions,
            false => der::wrap(0xa0, &der::wrap(0x30, &extensions)),
        };
        let ends = match numbers.one_in(5) {
            true => 14,
            false => 30,
        };
        let times = [day(1 + numbers.below(12)), day(ends)].concat();
        signed(
            &[
                &[2, 1, 1],
                ALGORITHM,
                ca.subject.der(),
                &times,
                &entries,
                &extensions,
            ]
            .concat(),
        )
    }

    /// A client of the CA with one of four serial numbers and some distribution points.
    fn client(ca: &Certificate, numbers: &mut Numbers) -> Certificate {
        let mut extensions = Vec::new();
        if !numbers.one_in(5) {
            let count = 1 + numbers.below(2);
            let point = |_| match numbers.one_in(12) {
                // A point of another CA's CRLs, without a place.
                true => der::wrap(0x30, &der::wrap(0xa2, &der::wrap(0xa4, ca.subject.der()))),
                false => der::wrap(0x30, &numbers.names()),
            };
            let points: Vec<u8> = (0..count).flat_map(point).collect();
            extensions.extend(extension(b"\x55\x1d\x1f", false, &der::wrap(0x30, &points)));
        }
        if numbers.one_in(12) {
            extensions = extension(b"\x55\x1d\x1f", false, &[5, 0]);
        }
        let extensions = match extensions.is_empty() {
            true => extensions,
            false => der::wrap(0xa3, &der::wrap(0x30, &extensions)),
        };
        let times = der::wrap(0x30, b"\x17\x0d260101000000Z\x17\x0d270101000000Z");
        let (signed_by_ca, _) = ca.signed().unwrap();
        let fields = der::elements(der::only(signed_by_ca, 0x30).unwrap());
        let key = fields.map(Result::unwrap).nth(6).unwrap().raw;
        let serial = [2, 1, 1 + numbers.below(4)];
        let tbs = [
            b"\xa0\x03\x02\x01\x02",
            &serial[..],
            ALGORITHM,
            ca.subject.der(),
            &times,
            b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02me",
            key,
            &extensions,
        ];
        Certificate::read(&signed(&tbs.concat())).unwrap()
    }

    #[test]
    fn openssl_chooses_the_same_crl_whether_it_is_shown_those_in_scope_first_or_all_at_once() {
        let pem = include_str!("../../../../tests/data/verify/root.pem");
        let root = Certificate::read(pem::parse(pem).unwrap().contents()).unwrap();
        let at = Moment::from_unix(1_781_524_800).unwrap();
        let mut numbers = Numbers(1);
        let (mut shown, mut let_in, mut revoked, mut otherwise) = (0, 0, 0, 0);
        for _ in 0..500 {
            let crls: Vec<Vec<u8>> = (0..1 + numbers.below(8))
                .map(|_| crl(&root, &mut numbers))
                .collect();
            let headers: Vec<Crl> = crls.iter().map(|crl| Crl::read(crl).unwrap()).collect();
            let loadable: Vec<Loadable<'_>> = headers
                .iter()
                .zip(&crls)
                .enumerate()
                .map(|(place, (header, der))| Loadable {
                    place,
                    header,
                    der,
                    signer: root.key.identity(),
                })
                .collect();
            let loaded = Loaded::load(&[&root], &loadable, at).unwrap().ok().unwrap();
            for _ in 0..8 {
                let client = client(&root, &mut numbers);
                let all = loaded.ask_first(&[], &client, Asked::MadeUp).unwrap();
                assert_eq!(loaded.ask(&client, Asked::MadeUp).unwrap(), all);
                shown += usize::from(!loaded.sooner.of(&client).is_empty());
                match all {
                    Word::LetIn(_) => let_in += 1,
                    Word::Refused { code: REVOKED, .. } => revoked += 1,
                    Word::Refused { .. } => otherwise += 1,
                }
            }
        }
        assert!(
            shown > 1000 && let_in > 300 && revoked > 100 && otherwise > 300,
            "{shown} shown some first, {let_in} let in, {revoked} revoked, {otherwise} else"
        );
    }
}
