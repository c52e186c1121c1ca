//! OpenSSL, made ready without anything of the surroundings.
//!
//! OpenSSL reads a configuration file the first time it is used: the one that `OPENSSL_CONF` names, or one of the machine.
//! That file can forbid algorithms, so that a good chain is "not valid" on one machine and valid on the next, and can load
//! foreign code. [`ready`] uses OpenSSL for the first time and says that no file is to be read; everything that uses it later
//! finds it in that state.

use std::ffi::c_int;
use std::ptr;
use std::sync::Once;

use foreign_types::ForeignType;
use openssl::bn::BigNum;
use openssl::error::{Error, ErrorStack};
use openssl::x509::X509;

/// `OPENSSL_INIT_LOAD_SSL_STRINGS` (openssl/ssl.h), which the `openssl` crate asks for as well.
const LOAD_SSL_STRINGS: u64 = 0x0020_0000;
/// `OPENSSL_INIT_NO_LOAD_CONFIG` (openssl/crypto.h).
const NO_LOAD_CONFIG: u64 = 0x0000_0080;
/// `OPENSSL_INIT_NO_ATEXIT` (openssl/crypto.h), as the `openssl` crate asks: other threads may still use it at the end.
const NO_ATEXIT: u64 = 0x0008_0000;

static READY: Once = Once::new();

#[expect(
    unsafe_code,
    reason = "openssl-sys declares only OPENSSL_init_ssl, which registers every algorithm"
)]
unsafe extern "C" {
    /// openssl/crypto.h, in every OpenSSL since 1.1.0.
    fn OPENSSL_init_crypto(
        options: u64,
        settings: *const openssl_sys::OPENSSL_INIT_SETTINGS,
    ) -> c_int;
}

/// Makes sure that OpenSSL has been initialised, without its configuration. Costs nothing from the second call on.
///
/// Everything of the library that uses more of OpenSSL than the contexts of single digests and [`number`]s calls this first
/// (`tests/rooms.rs` holds that). Where the calling program has used OpenSSL before, its configuration has been read and
/// counts.
pub(crate) fn ready() {
    #[expect(
        unsafe_code,
        reason = "OpenSSL's initialisation is C, and the openssl crate offers only the one that reads a configuration"
    )]
    READY.call_once(|| {
        // SAFETY: the function may be called at any time, from any thread, and as often as one likes; no settings are passed.
        let _ = unsafe {
            openssl_sys::OPENSSL_init_ssl(
                LOAD_SSL_STRINGS | NO_LOAD_CONFIG | NO_ATEXIT,
                ptr::null(),
            )
        };
    });
}

/// The number of these octets, most significant first; for arithmetic only, as checking an RSA signature is.
///
/// [`BigNum::from_slice`] begins with the whole of [`ready`], and registering the algorithms takes more instructions than
/// checking a signature. Here OpenSSL is only told that it has no business at the end of the process ([`NO_ATEXIT`]).
///
/// # Errors
/// When there is no memory, or the octets are more than a C `int` counts.
pub(crate) fn number(octets: &[u8]) -> Result<BigNum, ErrorStack> {
    let Ok(length) = c_int::try_from(octets.len()) else {
        return Err(ErrorStack::get());
    };
    #[expect(
        unsafe_code,
        reason = "every constructor of the openssl crate initialises all of OpenSSL"
    )]
    // SAFETY: for the first call see `ready`. `length` octets can be read at the pointer; the function is given no number
    // to fill, so it makes one, which is ours alone.
    unsafe {
        OPENSSL_init_crypto(NO_LOAD_CONFIG | NO_ATEXIT, ptr::null());
        let number = openssl_sys::BN_bin2bn(octets.as_ptr(), length, ptr::null_mut());
        match number.is_null() {
            true => Err(ErrorStack::get()),
            false => Ok(BigNum::from_ptr(number)),
        }
    }
}

/// Whether a key made a signature, as far as OpenSSL could tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// It did.
    Made,
    /// It did not.
    NotMade,
    /// OpenSSL could not check it, because of an error of its own.
    Unchecked,
}

impl Signature {
    /// What a check by OpenSSL came to. A failure counts against the signature only where OpenSSL can check one that is
    /// known to be good: an algorithm that it does not find is no fault of whoever signed.
    pub(crate) fn of(checked: Result<bool, ErrorStack>) -> Signature {
        match checked {
            Ok(true) => Signature::Made,
            Err(error) if failure(&error).is_some() => Signature::Unchecked,
            Ok(false) | Err(_) if works() => Signature::NotMade,
            Ok(false) | Err(_) => Signature::Unchecked,
        }
    }
}

/// A certificate for a key of P-256 that signed itself, made with OpenSSL for this purpose. Its private key is not kept.
const KNOWN_ANSWER: &[u8] = include_bytes!("known-answer.der");

/// `ERR_LIB_SYS` (openssl/err.h): the operating system refused something.
const LIBRARY_SYSTEM: i32 = 2;
/// `ERR_LIB_EVP` (openssl/err.h), the part of OpenSSL that finds algorithms.
const LIBRARY_ALGORITHMS: i32 = 6;
/// The reasons of openssl/err.h that are never about what OpenSSL was given: `ERR_R_MALLOC_FAILURE`, `ERR_R_INTERNAL_ERROR`
/// and `ERR_R_INIT_FAIL`, without their flags.
const OWN_REASONS: [i32; 3] = [256, 259, 261];
/// `ERR_R_UNSUPPORTED` and `ERR_R_FETCH_FAILED` of openssl/err.h: an algorithm is not there.
const NOT_FOUND: [i32; 2] = [268, 269];
/// The flags above a reason (`ERR_RFLAGS_OFFSET` of openssl/err.h).
const REASON: i32 = (1 << 18) - 1;

/// Whether OpenSSL checks a signature that is known to be good. Takes some 0.1 ms.
pub(crate) fn works() -> bool {
    ready();
    let known = X509::from_der(KNOWN_ANSWER);
    known
        .and_then(|known| {
            let key = known.public_key()?;
            known.verify(&key)
        })
        .unwrap_or(false)
}

/// The one of several errors that is OpenSSL's own, whatever it was given.
pub(crate) fn own(error: &ErrorStack) -> Option<&Error> {
    error.errors().iter().find(|error| {
        let reason = error.reason_code() & REASON;
        let library = error.library_code();
        library == LIBRARY_SYSTEM
            || OWN_REASONS.contains(&reason)
            || library == LIBRARY_ALGORITHMS && NOT_FOUND.contains(&reason)
    })
}

/// Why an error is OpenSSL's own, as the end of a sentence; `None` where it may be about what OpenSSL was given.
pub(crate) fn failure(error: &ErrorStack) -> Option<String> {
    match own(error) {
        Some(own) => Some(own.reason().unwrap_or("an internal error").to_owned()),
        None => {
            (!works()).then(|| "it does not check a signature that is known to be good".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_answer_is_good_and_a_wrong_signature_is_no_failure_of_openssl() {
        assert!(works());
        assert_eq!(Signature::of(Ok(false)), Signature::NotMade);
        let known = X509::from_der(KNOWN_ANSWER).unwrap();
        assert_eq!(
            Signature::of(known.verify(&known.public_key().unwrap())),
            Signature::Made
        );
        let malformed = X509::from_der(b"0").unwrap_err();
        assert_eq!(failure(&malformed), None);
        assert_eq!(Signature::of(Err(malformed)), Signature::NotMade);
    }
}
