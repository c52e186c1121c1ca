//! OpenSSL's word on a path: trust is decided here and nowhere else.

use std::collections::{HashMap, HashSet};
use std::ffi::c_int;
use std::sync::{Mutex, PoisonError};

use foreign_types::{ForeignType, ForeignTypeRef};
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
    /// The CAs above an end entity, from its issuer to the anchor, that OpenSSL has found valid with all of their signatures.
    above: Mutex<HashSet<Vec<Sha256Digest>>>,
}

/// Whose signatures OpenSSL checks while it validates a path.
#[derive(Clone, Copy, PartialEq)]
enum Signatures {
    /// Everyone's.
    All,
    /// None, because it has checked each of them before.
    Known,
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

    fn are_checked(&self, above: &[Sha256Digest]) -> bool {
        let all = self.above.lock().unwrap_or_else(PoisonError::into_inner);
        all.contains(above)
    }

    fn checked(&self, above: Vec<Sha256Digest>) {
        let mut all = self.above.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(above);
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
    let above: Vec<Sha256Digest> = path.iter().skip(1).map(|ca| ca.sha256).collect();
    if known.are_checked(&above) && is_valid_below(&parsed) {
        return Word::Valid;
    }
    // Everything was read: what fails now is no matter of the certificates.
    let word = validate(&parsed, Signatures::All).unwrap_or_else(|error| Word::Failed {
        reason: failure(&error).unwrap_or_else(|| sentence(&error)),
    });
    if word == Word::Valid && above.len() > 1 {
        known.checked(above);
    }
    word
}

/// Whether OpenSSL finds a path valid whose CAs it has seen in the same order: it checks the one signature that is new, and
/// then everything else about the whole path as ever. The signatures above would take it half of the time of a verdict, each
/// time with the same outcome. "No" means that it is asked again in full, so that it says why.
fn is_valid_below(path: &[X509]) -> bool {
    let made = || {
        let (Some(end_entity), Some(issuer)) = (path.first(), path.get(1)) else {
            return Ok(false);
        };
        let key = issuer.public_key()?;
        let is_signed = end_entity.verify(&key)?;
        Ok::<bool, ErrorStack>(is_signed && validate(path, Signatures::Known)? == Word::Valid)
    };
    let is_valid = made().unwrap_or(false);
    drop(ErrorStack::get());
    is_valid
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

fn validate(path: &[X509], signatures: Signatures) -> Result<Word, ErrorStack> {
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
    if signatures == Signatures::Known {
        leave_out_signatures(&mut store);
    }
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
        // The same objects in the same order: of another path no signature has been checked.
        let is_path = context.chain().is_some_and(|chain| {
            let built = chain.iter().map(ForeignTypeRef::as_ptr);
            built.eq(path.iter().map(ForeignType::as_ptr))
        });
        Ok(match is_path && context.error() == X509VerifyResult::OK {
            true => Word::Valid,
            false => Word::Refused {
                reason: "OpenSSL chose another path".to_owned(),
                number: 0,
            },
        })
    })
}

/// What OpenSSL calls in place of its own check of signatures and times (`internal_verify`), of which times are left out as it
/// is. The keyCertSign of the CAs, which belongs to the same check, was looked at when they were seen before.
extern "C" fn checked_before(_: *mut openssl_sys::X509_STORE_CTX) -> c_int {
    1
}

#[expect(
    unsafe_code,
    reason = "X509_STORE_set_verify is C, and the openssl crate does not wrap it"
)]
fn leave_out_signatures(store: &mut X509StoreBuilder) {
    unsafe extern "C" {
        /// Since OpenSSL 1.1.0 (openssl/x509_vfy.h); the openssl crate has no name for it.
        fn X509_STORE_set_verify(
            store: *mut openssl_sys::X509_STORE,
            verify: Option<extern "C" fn(*mut openssl_sys::X509_STORE_CTX) -> c_int>,
        );
    }
    // SAFETY: the store lives, and is not shared yet; the function it keeps is static, and uses nothing of its argument.
    unsafe { X509_STORE_set_verify(store.as_ptr(), Some(checked_before)) };
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
    use openssl::asn1::{Asn1Integer, Asn1Time};
    use openssl::bn::BigNum;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::{PKey, Private};
    use openssl::x509::extension::{BasicConstraints, KeyUsage};
    use openssl::x509::{X509Extension, X509Name};

    use super::*;

    fn key() -> PKey<Private> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    }

    /// A certificate with these names for a key, signed by another; a CA's with this key usage.
    fn issue(
        [subject, issuer]: [&str; 2],
        of: &PKey<Private>,
        by: &PKey<Private>,
        usage: Option<X509Extension>,
    ) -> Certificate {
        let name = |text: &str| {
            let mut name = X509Name::builder().unwrap();
            name.append_entry_by_text("CN", text).unwrap();
            name.build()
        };
        let mut made = X509::builder().unwrap();
        made.set_version(2).unwrap();
        let serial = BigNum::from_u32(7).unwrap();
        made.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap())
            .unwrap();
        made.set_subject_name(&name(subject)).unwrap();
        made.set_issuer_name(&name(issuer)).unwrap();
        made.set_pubkey(of).unwrap();
        made.set_not_before(&Asn1Time::from_unix(0).unwrap())
            .unwrap();
        made.set_not_after(&Asn1Time::from_unix(86_400).unwrap())
            .unwrap();
        if let Some(usage) = usage {
            let ca = BasicConstraints::new().critical().ca().build().unwrap();
            made.append_extension(ca).unwrap();
            made.append_extension(usage).unwrap();
        }
        made.sign(by, MessageDigest::sha256()).unwrap();
        Certificate::read(&made.build().to_der().unwrap()).unwrap()
    }

    #[test]
    fn below_cas_that_were_seen_a_leaf_is_judged_as_by_a_judge_that_saw_nothing() {
        let (of_root, of_sub, of_leaf) = (key(), key(), key());
        let signs = || KeyUsage::new().key_cert_sign().build().ok();
        let root = issue(["Root", "Root"], &of_root, &of_root, signs());
        let sub = issue(["Sub", "Root"], &of_sub, &of_root, signs());
        let leaf = |by| issue(["leaf", "Sub"], &of_leaf, by, None);
        let (first, second, forged) = (leaf(&of_sub), leaf(&of_sub), leaf(&of_leaf));
        let known = KnownCas::default();
        // Before anything was seen, too.
        for leaf in [&forged, &first, &second, &forged, &first] {
            let path = [leaf, &sub, &root];
            let fresh = ask(&path, &KnownCas::default());
            assert_eq!(ask(&path, &known), fresh);
            let is_forged = leaf.sha256 == forged.sha256;
            assert_eq!(fresh == Word::Valid, !is_forged, "{fresh:?}");
        }
        assert_eq!(known.above.lock().unwrap().len(), 1);
        // Another certificate of a CA of the same name and key, which the root did not sign.
        let false_sub = issue(["Sub", "Root"], &of_sub, &of_sub, signs());
        let path = [&first, &false_sub, &root];
        let fresh = ask(&path, &KnownCas::default());
        assert!(
            matches!(fresh, Word::Refused { number: 1, .. }),
            "{fresh:?}"
        );
        assert_eq!(ask(&path, &known), fresh);
        // With a CA that may not sign certificates nothing is seen.
        let idle = issue(
            ["Sub", "Root"],
            &of_sub,
            &of_root,
            KeyUsage::new().crl_sign().build().ok(),
        );
        for _ in 0..2 {
            let word = ask(&[&first, &idle, &root], &known);
            assert!(matches!(word, Word::Refused { .. }), "{word:?}");
        }
    }

    #[test]
    fn without_signatures_openssl_still_says_which_path_it_took() {
        let (of_root, of_sub, of_leaf) = (key(), key(), key());
        let signs = || KeyUsage::new().key_cert_sign().build().ok();
        let root = issue(["Root", "Root"], &of_root, &of_root, signs());
        let sub = issue(["Sub", "Root"], &of_sub, &of_root, signs());
        let other = issue(["Other", "Root"], &of_sub, &of_root, signs());
        let leaf = issue(["leaf", "Sub"], &of_leaf, &of_sub, None);
        let read = |certificate: &Certificate| X509::from_der(certificate.der()).unwrap();
        let [root, sub, other, leaf] = [&root, &sub, &other, &leaf].map(read);
        let ask = |path: &[X509]| validate(path, Signatures::Known).unwrap();
        let direct = [leaf.clone(), sub.clone(), root.clone()];
        assert_eq!(ask(&direct), Word::Valid);
        for path in [
            vec![leaf.clone(), sub.clone(), other.clone(), root.clone()],
            vec![leaf.clone(), other.clone(), sub.clone(), root.clone()],
            vec![leaf, other, root],
        ] {
            assert!(matches!(ask(&path), Word::Refused { .. }), "{path:?}");
        }
    }

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
