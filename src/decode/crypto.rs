//! OpenSSL, made ready without anything of the surroundings.
//!
//! OpenSSL reads a configuration file the first time it is used: the one that `OPENSSL_CONF` names, or one of the machine.
//! That file can forbid algorithms, so that a good chain is "not valid" on one machine and valid on the next, and can load
//! foreign code. [`ready`] uses OpenSSL for the first time and says that no file is to be read; everything that uses it later
//! finds it in that state.

use std::ptr;
use std::sync::Once;

/// `OPENSSL_INIT_LOAD_SSL_STRINGS` (openssl/ssl.h), which the `openssl` crate asks for as well.
const LOAD_SSL_STRINGS: u64 = 0x0020_0000;
/// `OPENSSL_INIT_NO_LOAD_CONFIG` (openssl/crypto.h).
const NO_LOAD_CONFIG: u64 = 0x0000_0080;
/// `OPENSSL_INIT_NO_ATEXIT` (openssl/crypto.h), as the `openssl` crate asks: other threads may still use it at the end.
const NO_ATEXIT: u64 = 0x0008_0000;

static READY: Once = Once::new();

/// Makes sure that OpenSSL has been initialised, without its configuration. Costs nothing from the second call on.
///
/// Everything of the library that uses more of OpenSSL than the contexts of single digests calls this first
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
