//! Writing an encrypted PKCS#8 key.
//!
//! OpenSSL's own writer is not used because it fixes the iteration count at 2048 (`PKCS5_DEFAULT_ITER`).

use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::pkey::{PKeyRef, Private};
use openssl::rand::rand_bytes;
use openssl::symm::{Cipher, encrypt};
use pem::{EncodeConfig, LineEnding, Pem};
use yasna::construct_der;
use yasna::models::ObjectIdentifier;
use zeroize::Zeroizing;

use super::KeyError;
use crate::decode::Password;

/// PBKDF2 iterations of the keys we encrypt: what the OWASP Password Storage Cheat Sheet asks of
/// PBKDF2-HMAC-SHA256 (600,000), far above the 1,000 that NIST SP 800-132 §5.2 sets as the least.
pub const PBKDF2_ITERATIONS: u32 = 600_000;

/// The longest password in bytes: OpenSSL's buffer for one (`PEM_BUFSIZE`); a longer one could not be given
/// to `openssl`, nor to the servers built on it.
pub const PASSWORD_LIMIT: usize = 1024;

/// NIST SP 800-132 §5.1 asks for at least 128 bits of salt.
const SALT_LENGTH: usize = 16;
const IV_LENGTH: usize = 16;
const KEY_LENGTH: usize = 32;

const PBES2: &[u64] = &[1, 2, 840, 113549, 1, 5, 13];
const PBKDF2: &[u64] = &[1, 2, 840, 113549, 1, 5, 12];
const HMAC_WITH_SHA256: &[u64] = &[1, 2, 840, 113549, 2, 9];
const AES_256_CBC: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 1, 42];

pub(super) fn seal(
    pkey: &PKeyRef<Private>,
    password: &Password,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    crate::decode::crypto::ready();
    let length = password.as_bytes().len();
    if length == 0 || length > PASSWORD_LIMIT {
        return Err(KeyError::UnusablePassword { length });
    }
    let mut salt = [0; SALT_LENGTH];
    let mut iv = [0; IV_LENGTH];
    rand_bytes(&mut salt)
        .and_then(|()| rand_bytes(&mut iv))
        .map_err(|source| KeyError::openssl("give random bytes", source))?;

    let ciphertext = {
        let clear = pkey
            .private_key_to_pkcs8()
            .map(Zeroizing::new)
            .map_err(|source| KeyError::openssl("write the private key", source))?;
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        pbkdf2_hmac(
            password.as_bytes(),
            &salt,
            PBKDF2_ITERATIONS as usize,
            MessageDigest::sha256(),
            key.as_mut_slice(),
        )
        .map_err(|source| KeyError::openssl("derive a key from the password", source))?;
        encrypt(Cipher::aes_256_cbc(), key.as_slice(), Some(&iv), &clear)
            .map_err(|source| KeyError::openssl("encrypt the private key", source))?
    };

    let pem = Pem::new("ENCRYPTED PRIVATE KEY", container(&salt, &iv, &ciphertext));
    let layout = EncodeConfig::new().set_line_ending(LineEnding::LF);
    Ok(Zeroizing::new(
        pem::encode_config(&pem, layout).into_bytes(),
    ))
}

/// `EncryptedPrivateKeyInfo` (RFC 5958 §3) with PBES2 parameters (RFC 8018 appendix A.4).
fn container(salt: &[u8], iv: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    construct_der(|writer| {
        writer.write_sequence(|info| {
            info.next().write_sequence(|algorithm| {
                algorithm
                    .next()
                    .write_oid(&ObjectIdentifier::from_slice(PBES2));
                algorithm.next().write_sequence(|parameters| {
                    parameters.next().write_sequence(|derivation| {
                        derivation
                            .next()
                            .write_oid(&ObjectIdentifier::from_slice(PBKDF2));
                        derivation.next().write_sequence(|pbkdf2| {
                            pbkdf2.next().write_bytes(salt);
                            pbkdf2.next().write_u32(PBKDF2_ITERATIONS);
                            pbkdf2.next().write_sequence(|prf| {
                                prf.next()
                                    .write_oid(&ObjectIdentifier::from_slice(HMAC_WITH_SHA256));
                                prf.next().write_null();
                            });
                        });
                    });
                    parameters.next().write_sequence(|encryption| {
                        encryption
                            .next()
                            .write_oid(&ObjectIdentifier::from_slice(AES_256_CBC));
                        encryption.next().write_bytes(iv);
                    });
                });
            });
            info.next().write_bytes(ciphertext);
        });
    })
}
