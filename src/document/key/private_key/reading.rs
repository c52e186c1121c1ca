//! Reading a private key in any of its forms.
//!
//! The DER itself identifies the form: the PEM label is often wrong, and bare DER has none.

use std::sync::OnceLock;

use openssl::asn1::Asn1Object;
use openssl::ec::EcKey;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs5::bytes_to_key;
use openssl::pkey::{PKey, Private};
use openssl::provider::Provider;
use openssl::rsa::Rsa;
use openssl::symm::{Cipher, decrypt};
use x509_parser::asn1_rs::{Any, FromDer, Oid, Tag};
use zeroize::Zeroizing;

use super::{KeyError, KeyFault, PASSWORD_LIMIT, bound};
use crate::decode::{Blob, Password, ProtectionError, pbe};
use crate::document::der::dotted;

/// The most key derivation iterations that are computed: some seconds of work. Real files have 2,048 to 600,000;
/// a hostile one may ask for 2³¹, twenty minutes.
pub const ITERATION_LIMIT: u64 = crate::decode::ROUNDS_LIMIT;

/// The longest RSA modulus in bits that is read: OpenSSL's own limit (`OPENSSL_RSA_MAX_MODULUS_BITS`).
pub const MODULUS_LIMIT: u32 = 16_384;

/// The form of a private key, by its outermost DER.
pub(super) enum Form {
    Pkcs8,
    Pkcs1,
    Sec1,
    /// `EncryptedPrivateKeyInfo`.
    Encrypted,
}

pub(super) fn read(
    blob: &Blob<'_>,
    password: Option<&Password>,
) -> Result<PKey<Private>, KeyError> {
    crate::decode::crypto::ready();
    let der: &[u8] = &blob.bytes;
    match &blob.dek_info {
        Some(header) => read_traditional(der, header, password),
        None => match form(der)? {
            Form::Encrypted => read_encrypted(der, password, blob),
            clear => read_clear(der, &clear),
        },
    }
}

fn read_clear(der: &[u8], form: &Form) -> Result<PKey<Private>, KeyError> {
    bound::check(der, form)?;
    let read = match form {
        Form::Pkcs1 => Rsa::private_key_from_der(der).and_then(PKey::from_rsa),
        Form::Sec1 => EcKey::private_key_from_der(der).and_then(PKey::from_ec_key),
        Form::Pkcs8 | Form::Encrypted => PKey::private_key_from_pkcs8(der),
    };
    read.map_err(|source| {
        if is_unsupported(&source) {
            KeyError::Unsupported {
                algorithm: pkcs8_algorithm(der).unwrap_or_else(|| "the key's algorithm".to_owned()),
            }
        } else {
            malformed(KeyFault::Contents, Some(source))
        }
    })
}

/// Opens an `EncryptedPrivateKeyInfo` (RFC 5958 section 3). Its structure is followed to its end first, because what
/// cannot be followed has no price; and it is paid for before anything is computed.
fn read_encrypted(
    der: &[u8],
    password: Option<&Password>,
    blob: &Blob<'_>,
) -> Result<PKey<Private>, KeyError> {
    let sealed = pbe::Sealed::read(der).map_err(refused)?;
    let scheme = sealed.name().to_owned();
    let limit = ITERATION_LIMIT;
    if sealed.cost() > limit {
        let count = sealed.cost();
        return Err(malformed(KeyFault::Iterations { count }, None));
    }
    let Some(password) = password else {
        return Err(KeyError::PasswordNeeded { scheme });
    };
    let password = password.as_bytes();
    if password.len() > PASSWORD_LIMIT {
        return Err(KeyError::WrongPassword { scheme });
    }
    blob.derivation
        .unwrap_or_else(|| blob.work.spend(sealed.cost()))
        .map_err(|work| KeyError::InputBudget { limit: work.limit })?;
    bound::check_length(der)?;
    let ciphertext = sealed.ciphertext().len();
    let clear = match sealed.open(password) {
        Err(ProtectionError::Password) if !sealed.is_whole_blocks() => {
            return Err(malformed(KeyFault::Ciphertext { length: ciphertext }, None));
        }
        Err(ProtectionError::Password) => return Err(KeyError::WrongPassword { scheme }),
        answer => answer.map_err(refused)?,
    };
    // One wrong password in 256 leaves padding that looks right; what is inside is then noise.
    match form(&clear) {
        Ok(Form::Pkcs8) => read_clear(&clear, &Form::Pkcs8),
        _ => Err(KeyError::WrongPassword { scheme }),
    }
}

fn refused(error: ProtectionError) -> KeyError {
    match error {
        ProtectionError::Unsupported { what } => KeyError::UnsupportedEncryption { scheme: what },
        ProtectionError::Work(work) => KeyError::InputBudget { limit: work.limit },
        ProtectionError::OpenSsl(source) => KeyError::OpenSsl {
            action: "undo the encryption of the private key",
            source: Box::new(source),
        },
        _ => malformed(KeyFault::Structure, None),
    }
}

/// Opens OpenSSL's traditional encryption: a cipher named in a PEM header, a key by `EVP_BytesToKey` with MD5 and one
/// iteration, salted with the first eight bytes of the initialisation vector (openssl-pem(3), "PEM encryption format").
///
/// Done in those two steps because OpenSSL's PEM reader reports a wrong password and an unknown cipher alike as
/// "unsupported".
fn read_traditional(
    ciphertext: &[u8],
    header: &str,
    password: Option<&Password>,
) -> Result<PKey<Private>, KeyError> {
    let broken = || malformed(KeyFault::EncryptionHeader, None);
    let (name, iv) = header.trim().split_once(',').ok_or_else(broken)?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(broken());
    }
    let iv = hex(iv.trim()).ok_or_else(broken)?;
    let salt = iv.get(..8).ok_or_else(broken)?;
    let scheme = format!("traditional PEM encryption, {name}");
    let unsupported = || KeyError::UnsupportedEncryption {
        scheme: scheme.clone(),
    };
    let cipher = Asn1Object::from_str(name)
        .ok()
        .and_then(|object| Cipher::from_nid(object.nid()))
        .ok_or_else(unsupported)?;
    if cipher.iv_len() != Some(iv.len()) {
        return Err(broken());
    }
    let length = ciphertext.len();
    if length == 0 || !length.is_multiple_of(cipher.block_size()) {
        return Err(malformed(KeyFault::Ciphertext { length }, None));
    }
    let Some(password) = password else {
        return Err(KeyError::PasswordNeeded { scheme });
    };
    if password.as_bytes().len() > PASSWORD_LIMIT {
        return Err(KeyError::WrongPassword { scheme });
    }
    let attempt = || {
        let derived = bytes_to_key(
            cipher,
            MessageDigest::md5(),
            password.as_bytes(),
            Some(salt),
            1,
        )?;
        let key = Zeroizing::new(derived.key);
        decrypt(cipher, &key, Some(&iv), ciphertext).map(Zeroizing::new)
    };
    let outcome = match attempt() {
        Err(refusal) if is_unsupported(&refusal) && legacy_is_loaded() => attempt(),
        outcome => outcome,
    };
    let clear = outcome.map_err(|source| {
        if is_unsupported(&source) {
            unsupported()
        } else {
            KeyError::WrongPassword {
                scheme: scheme.clone(),
            }
        }
    })?;
    // One wrong password in 256 leaves padding that looks right; what is inside is then noise.
    match form(&clear) {
        Ok(Form::Encrypted) | Err(KeyError::Malformed { .. }) => {
            Err(KeyError::WrongPassword { scheme })
        }
        Err(other) => Err(other),
        Ok(form) => read_clear(&clear, &form),
    }
}

/// Tells the form from the first two members of the outer sequence, which differ between all of them.
fn form(der: &[u8]) -> Result<Form, KeyError> {
    let structure = |_: x509_parser::nom::Err<_>| malformed(KeyFault::Structure, None);
    let (behind, outer) = Any::from_der(der).map_err(structure)?;
    if !behind.is_empty() {
        return Err(malformed(
            KeyFault::TrailingBytes {
                count: behind.len(),
            },
            None,
        ));
    }
    if outer.tag() != Tag::Sequence {
        return Err(malformed(KeyFault::NotAPrivateKey, None));
    }
    let (rest, first) = Any::from_der(outer.data).map_err(structure)?;
    let (rest, second) = Any::from_der(rest).map_err(structure)?;
    match (first.tag(), second.tag()) {
        (Tag::Integer, Tag::Sequence) if holds_octets(rest) => Ok(Form::Pkcs8),
        (Tag::Integer, Tag::OctetString) => Ok(Form::Sec1),
        (Tag::Sequence, Tag::OctetString) => Ok(Form::Encrypted),
        (Tag::Integer, Tag::Integer) => match integers(rest) + 2 {
            // RFC 8017 appendix A.1.2: version, n, e, d, p, q, two exponents, the coefficient.
            9 => Ok(Form::Pkcs1),
            // Version 1 has further primes behind those numbers.
            10 if first.data == [1] => Err(KeyError::Unsupported {
                algorithm: "an RSA private key with more than two primes".to_owned(),
            }),
            6 => Err(KeyError::Unsupported {
                algorithm: "a DSA private key in the traditional form".to_owned(),
            }),
            _ => Err(malformed(KeyFault::NotAPrivateKey, None)),
        },
        _ => Err(malformed(KeyFault::NotAPrivateKey, None)),
    }
}

fn holds_octets(der: &[u8]) -> bool {
    Any::from_der(der).is_ok_and(|(_, third)| third.tag() == Tag::OctetString)
}

fn integers(mut der: &[u8]) -> usize {
    let mut count = 0;
    while let Ok((rest, member)) = Any::from_der(der) {
        if member.tag() != Tag::Integer {
            break;
        }
        count += 1;
        der = rest;
    }
    count
}

fn member(mut der: &[u8], index: usize) -> Option<Any<'_>> {
    for _ in 0..index {
        der = Any::from_der(der).ok()?.0;
    }
    Any::from_der(der).ok().map(|(_, any)| any)
}

pub(super) fn pkcs8_algorithm(der: &[u8]) -> Option<String> {
    let outer = member(der, 0)?;
    let algorithm = member(outer.data, 1)?;
    let (_, oid) = Oid::from_der(algorithm.data).ok()?;
    Some(format!(
        "a private key of the algorithm {}",
        object_name(&oid)
    ))
}

fn object_name(oid: &Oid<'_>) -> String {
    let dotted = dotted(oid.as_bytes());
    match Asn1Object::from_str(&dotted) {
        Ok(object) if object.nid() != Nid::UNDEF => {
            object.nid().short_name().map_or(dotted, str::to_owned)
        }
        _ => dotted,
    }
}

/// Loads OpenSSL's legacy algorithms (DES, RC2, RC4) the first time an old key needs them. The default provider stays.
fn legacy_is_loaded() -> bool {
    static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();
    LEGACY
        .get_or_init(|| Provider::try_load(None, "legacy", true).ok())
        .is_some()
}

fn is_unsupported(refusal: &ErrorStack) -> bool {
    says(refusal, "unsupported") || says(refusal, "unknown")
}

fn says(refusal: &ErrorStack, words: &str) -> bool {
    refusal
        .errors()
        .iter()
        .any(|error| error.reason().is_some_and(|reason| reason.contains(words)))
}

pub(super) fn malformed(fault: KeyFault, source: Option<ErrorStack>) -> KeyError {
    KeyError::Malformed {
        fault,
        source: source.map(Into::into),
    }
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| char::from(digit).to_digit(16);
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(nibble(*high)? * 16 + nibble(*low)?).ok(),
            _ => None,
        })
        .collect()
}
