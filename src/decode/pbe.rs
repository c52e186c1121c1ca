//! Encryption under a password, as PKCS#12 and PKCS#8 use it: what it costs, and undoing it.
//!
//! The structure is followed strictly and to its end before anything is computed: what cannot be followed is refused,
//! because its price is not known.

use std::sync::OnceLock;

use openssl::asn1::Asn1Object;
use openssl::error::ErrorStack;
use openssl::hash::{Hasher, MessageDigest};
use openssl::nid::Nid;
use openssl::pkcs5;
use openssl::provider::Provider;
use openssl::symm::{self, Cipher};
use zeroize::Zeroizing;

use super::bundle::java;
use super::crypto;
use super::der::{self, SEQUENCE, Walk};
use super::error::{DerError, ProtectionError};

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;

/// 1.2.840.113549.1.5.13 and .14, PBES2 and PBMAC1; .12, PBKDF2 (RFC 8018 appendix A).
const PBES2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
pub(super) const PBMAC1: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e";
const PBKDF2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
/// 1.3.6.1.4.1.11591.4.11, scrypt (RFC 7914 section 7).
const SCRYPT: &[u8] = b"\x2b\x06\x01\x04\x01\xda\x47\x04\x0b";
/// 1.2.840.113549.1.12.1, the schemes of PKCS#12 (RFC 7292 appendix C), but for the last number.
const PKCS12_SCHEMES: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01";
/// 1.2.840.113549.1.5, the schemes of PKCS#5 version 1.5 (RFC 8018 appendix A.3), but for the last number.
const PKCS5_SCHEMES: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05";

/// The most memory that scrypt may take: twice what OpenSSL allows by itself.
const SCRYPT_MEMORY: u64 = 64 * 1024 * 1024;

/// A digest of more than this many bytes takes about twice as long a round.
const SHORT_DIGEST: usize = 32;

/// A password in the forms that key derivation takes it in.
pub(crate) struct Secret {
    /// As PBKDF2 and scrypt take it (RFC 8018: "an octet string").
    octets: Zeroizing<Vec<u8>>,
    /// As PKCS#12 takes it: UTF-16 with a zero unit behind it (RFC 7292 appendix B.1).
    wide: Zeroizing<Vec<u8>>,
}

impl Secret {
    /// Whether it is the empty password or none.
    pub(crate) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    pub(crate) fn text(text: &str) -> Secret {
        let units = text.encode_utf16().chain([0]);
        Secret {
            octets: Zeroizing::new(text.as_bytes().to_vec()),
            wide: Zeroizing::new(units.flat_map(u16::to_be_bytes).collect()),
        }
    }

    /// No password at all, which PKCS#12 tells from an empty one.
    pub(crate) fn absent() -> Secret {
        Secret {
            octets: Zeroizing::default(),
            wide: Zeroizing::default(),
        }
    }

    /// Bytes that old programs took for characters, one each.
    pub(crate) fn narrow(bytes: &[u8]) -> Secret {
        let units = bytes.iter().map(|byte| u16::from(*byte)).chain([0]);
        Secret {
            octets: Zeroizing::new(bytes.to_vec()),
            wide: Zeroizing::new(units.flat_map(u16::to_be_bytes).collect()),
        }
    }
}

/// How a key is made of a password.
enum Derivation<'d> {
    Pbkdf2 {
        salt: &'d [u8],
        rounds: u64,
        /// The pseudo-random function's digest; HMAC with SHA-1 where none is named.
        digest: MessageDigest,
    },
    Scrypt {
        salt: &'d [u8],
        n: u64,
        r: u64,
        p: u64,
    },
    Pkcs12 {
        salt: &'d [u8],
        rounds: u64,
    },
    /// PBKDF1 (RFC 8018 section 5.1), of which the first half is the key and the second one the vector.
    Pkcs5 {
        salt: &'d [u8],
        rounds: u64,
        digest: MessageDigest,
    },
}

/// The cipher of a scheme.
#[derive(Debug)]
enum Encryption<'d> {
    /// With its initialisation vector.
    Given { nid: Nid, iv: &'d [u8] },
    /// Its vector is derived too. Two-key triple DES has 16 bytes of key.
    Derived { nid: Nid, key: usize, iv: usize },
    /// Named and not read.
    Other,
}

/// One encryption under a password: an AlgorithmIdentifier, read whole.
pub(crate) struct Scheme<'d> {
    pub(crate) name: String,
    derivation: Derivation<'d>,
    encryption: Encryption<'d>,
}

impl<'d> Scheme<'d> {
    /// Reads the inside of an AlgorithmIdentifier.
    ///
    /// # Errors
    /// When it cannot be followed to its end, so that its cost is not known.
    pub(crate) fn read(mut algorithm: Walk<'d>) -> Result<Scheme<'d>, ProtectionError> {
        let scheme = expect(&mut algorithm, OBJECT_IDENTIFIER)?;
        if scheme == PBES2 {
            return Scheme::read_pbes2(algorithm);
        }
        let unsupported = || ProtectionError::Unsupported { what: name(scheme) };
        let kind = scheme.split_last().map(|(last, arc)| (arc, *last));
        let encryption = match kind {
            Some((PKCS12_SCHEMES, 1)) => Encryption::Derived {
                nid: Nid::RC4,
                key: 16,
                iv: 0,
            },
            Some((PKCS12_SCHEMES, 2)) => Encryption::Derived {
                nid: Nid::RC4_40,
                key: 5,
                iv: 0,
            },
            Some((PKCS12_SCHEMES, 3)) => Encryption::Derived {
                nid: Nid::DES_EDE3_CBC,
                key: 24,
                iv: 8,
            },
            Some((PKCS12_SCHEMES, 4)) => Encryption::Derived {
                nid: Nid::DES_EDE3_CBC,
                key: 16,
                iv: 8,
            },
            Some((PKCS12_SCHEMES, 5)) => Encryption::Derived {
                nid: Nid::RC2_CBC,
                key: 16,
                iv: 8,
            },
            Some((PKCS12_SCHEMES, 6)) => Encryption::Derived {
                nid: Nid::RC2_40_CBC,
                key: 5,
                iv: 8,
            },
            Some((PKCS5_SCHEMES, 3 | 10)) => Encryption::Derived {
                nid: Nid::DES_CBC,
                key: 8,
                iv: 8,
            },
            Some((PKCS5_SCHEMES, 6 | 11)) => Encryption::Derived {
                nid: Nid::RC2_64_CBC,
                key: 8,
                iv: 8,
            },
            _ => return Err(unsupported()),
        };
        let mut parameters = enter(&mut algorithm)?;
        let salt = expect(&mut parameters, OCTET_STRING)?;
        let rounds = number(expect(&mut parameters, INTEGER)?);
        finish(&parameters)?;
        finish(&algorithm)?;
        let derivation = match kind {
            Some((PKCS5_SCHEMES, last)) => Derivation::Pkcs5 {
                salt,
                rounds,
                digest: match last {
                    3 | 6 => MessageDigest::md5(),
                    _ => MessageDigest::sha1(),
                },
            },
            _ => Derivation::Pkcs12 { salt, rounds },
        };
        Ok(Scheme {
            name: name(scheme),
            derivation,
            encryption,
        })
    }

    fn read_pbes2(mut algorithm: Walk<'d>) -> Result<Scheme<'d>, ProtectionError> {
        let mut parameters = enter(&mut algorithm)?;
        let (derivation, said) = Derivation::read(enter(&mut parameters)?)?;
        let mut cipher = enter(&mut parameters)?;
        finish(&parameters)?;
        finish(&algorithm)?;
        let oid = expect(&mut cipher, OBJECT_IDENTIFIER)?;
        let nid = nid(oid);
        let encryption = match (nid, cipher.peek()) {
            (Some(nid), Some(OCTET_STRING)) => Encryption::Given {
                nid,
                iv: expect(&mut cipher, OCTET_STRING)?,
            },
            _ => Encryption::Other,
        };
        Ok(Scheme {
            name: format!("PBES2 ({said}, {})", name(oid)),
            derivation,
            encryption,
        })
    }

    /// What undoing it costs, in rounds of PBKDF2.
    pub(crate) fn cost(&self) -> u64 {
        let length = match &self.encryption {
            Encryption::Given { nid, .. } => {
                Cipher::from_nid(*nid).map_or(32, |cipher| cipher.key_len())
            }
            Encryption::Derived { key, .. } => *key,
            Encryption::Other => 32,
        };
        let vector = match &self.encryption {
            Encryption::Derived { iv, .. } => *iv,
            _ => 0,
        };
        self.derivation.cost(length, vector)
    }

    /// Undoes it. The work must have been paid for.
    ///
    /// # Errors
    /// [`ProtectionError::Password`] where the password does not fit.
    pub(crate) fn decrypt(
        &self,
        ciphertext: &[u8],
        secret: &Secret,
    ) -> Result<Zeroizing<Vec<u8>>, ProtectionError> {
        crypto::ready();
        let unsupported = || ProtectionError::Unsupported {
            what: self.name.clone(),
        };
        let (nid, length) = match &self.encryption {
            Encryption::Given { nid, .. } => (*nid, None),
            Encryption::Derived { nid, key, .. } => (*nid, Some(*key)),
            Encryption::Other => return Err(unsupported()),
        };
        let cipher = Cipher::from_nid(nid).ok_or_else(unsupported)?;
        let mut key = Zeroizing::new(vec![0; length.unwrap_or_else(|| cipher.key_len())]);
        let mut vector = Zeroizing::new(Vec::new());
        match &self.encryption {
            Encryption::Given { iv, .. } => {
                if cipher.iv_len() != Some(iv.len()) {
                    return Err(ProtectionError::Parameters);
                }
                vector.extend_from_slice(iv);
                self.derivation.derive(secret, 1, &mut key)?;
            }
            Encryption::Derived { iv, .. } => {
                vector.resize(*iv, 0);
                self.derivation.derive(secret, 1, &mut key)?;
                self.derivation.derive(secret, 2, &mut vector)?;
            }
            Encryption::Other => {}
        }
        // Two-key triple DES: the first key is the third one again.
        if nid == Nid::DES_EDE3_CBC && key.len() == 16 {
            let first = Zeroizing::new(key.get(..8).unwrap_or_default().to_vec());
            let mut whole = Zeroizing::new(Vec::with_capacity(24));
            whole.extend_from_slice(&key);
            whole.extend_from_slice(&first);
            key = whole;
        }
        let iv = (!vector.is_empty()).then_some(vector.as_slice());
        let attempt = || symm::decrypt(cipher, &key, iv, ciphertext).map(Zeroizing::new);
        let answer = match attempt() {
            Err(refusal) if is_unsupported(&refusal) && legacy_is_loaded() => attempt(),
            answer => answer,
        };
        answer.map_err(|refusal| match is_unsupported(&refusal) {
            true => unsupported(),
            false => ProtectionError::Password,
        })
    }
}

impl<'d> Derivation<'d> {
    /// Reads the inside of a key derivation's AlgorithmIdentifier, and what to call it.
    fn read(mut algorithm: Walk<'d>) -> Result<(Derivation<'d>, String), ProtectionError> {
        let function = expect(&mut algorithm, OBJECT_IDENTIFIER)?;
        let mut said = name(function);
        let mut parameters = enter(&mut algorithm)?;
        finish(&algorithm)?;
        let derivation = match function {
            PBKDF2 => {
                let salt = expect(&mut parameters, OCTET_STRING)?;
                let rounds = number(expect(&mut parameters, INTEGER)?);
                // The key's length, which the cipher says too.
                if parameters.peek() == Some(INTEGER) {
                    expect(&mut parameters, INTEGER)?;
                }
                let mut digest = Some(MessageDigest::sha1());
                if parameters.peek() == Some(SEQUENCE) {
                    let mut function = enter(&mut parameters)?;
                    let oid = expect(&mut function, OBJECT_IDENTIFIER)?;
                    said = format!("{said} with {}", name(oid));
                    digest = hmac_digest(oid);
                }
                let unsupported = || ProtectionError::Unsupported { what: said.clone() };
                Derivation::Pbkdf2 {
                    salt,
                    rounds,
                    digest: digest.ok_or_else(unsupported)?,
                }
            }
            SCRYPT => {
                let salt = expect(&mut parameters, OCTET_STRING)?;
                let mut next = || expect(&mut parameters, INTEGER).map(number);
                let (n, r, p) = (next()?, next()?, next()?);
                if parameters.peek() == Some(INTEGER) {
                    expect(&mut parameters, INTEGER)?;
                }
                Derivation::Scrypt { salt, n, r, p }
            }
            _ => return Err(ProtectionError::Unsupported { what: said }),
        };
        finish(&parameters)?;
        Ok((derivation, said))
    }

    fn cost(&self, key: usize, vector: usize) -> u64 {
        match self {
            Derivation::Pbkdf2 { rounds, digest, .. } => price(*rounds, *digest, key),
            // One of PBKDF2's rounds takes about as long as scrypt's work on 128 bytes.
            Derivation::Scrypt { n, r, p, .. } => n.saturating_mul(*r).saturating_mul(*p),
            Derivation::Pkcs12 { rounds, .. } => {
                let sha1 = MessageDigest::sha1();
                price(*rounds, sha1, key).saturating_add(price(*rounds, sha1, vector))
            }
            Derivation::Pkcs5 { rounds, .. } => rounds.saturating_mul(2),
        }
    }

    /// Makes a key (`purpose` 1) or an initialisation vector (2) of a password.
    fn derive(
        &self,
        secret: &Secret,
        purpose: u8,
        place: &mut [u8],
    ) -> Result<(), ProtectionError> {
        match self {
            Derivation::Pbkdf2 {
                salt,
                rounds,
                digest,
            } => {
                let rounds = count(*rounds)?;
                pkcs5::pbkdf2_hmac(&secret.octets, salt, rounds, *digest, place)
                    .map_err(ProtectionError::openssl)
            }
            Derivation::Scrypt { salt, n, r, p } => {
                let memory = 128_u64.saturating_mul(*n).saturating_mul(*r);
                let lanes = 128_u64.saturating_mul(*r).saturating_mul(*p);
                if memory.saturating_add(lanes) > SCRYPT_MEMORY {
                    return Err(ProtectionError::Parameters);
                }
                // A few blocks more than the table itself are counted.
                pkcs5::scrypt(&secret.octets, salt, *n, *r, *p, 2 * SCRYPT_MEMORY, place)
                    .map_err(ProtectionError::openssl)
            }
            Derivation::Pkcs12 { salt, rounds } => pkcs12_key(
                MessageDigest::sha1(),
                &secret.wide,
                salt,
                *rounds,
                purpose,
                place,
            ),
            Derivation::Pkcs5 {
                salt,
                rounds,
                digest,
            } => {
                let rounds = count(*rounds)?;
                let derive = || -> Result<Vec<u8>, ErrorStack> {
                    let mut hasher = Hasher::new(*digest)?;
                    hasher.update(&secret.octets)?;
                    hasher.update(salt)?;
                    let mut key = hasher.finish()?;
                    for _ in 1..rounds {
                        hasher.update(&key)?;
                        key = hasher.finish()?;
                    }
                    Ok(key.to_vec())
                };
                let key = Zeroizing::new(derive().map_err(ProtectionError::openssl)?);
                let half = if purpose == 1 {
                    key.get(..8)
                } else {
                    key.get(8..16)
                };
                match half.filter(|half| half.len() == place.len()) {
                    Some(half) => place.copy_from_slice(half),
                    None => return Err(ProtectionError::Parameters),
                }
                Ok(())
            }
        }
    }
}

/// An EncryptedPrivateKeyInfo (RFC 5958 section 3), read whole.
pub(crate) struct Sealed<'d> {
    algorithm: Algorithm<'d>,
    ciphertext: &'d [u8],
}

enum Algorithm<'d> {
    Scheme(Scheme<'d>),
    Java(java::Protection<'d>),
}

impl<'d> Sealed<'d> {
    /// Reads it, decrypting nothing.
    ///
    /// # Errors
    /// When it cannot be followed to its end, or is encrypted in a way that is not read.
    pub(crate) fn read(der: &'d [u8]) -> Result<Sealed<'d>, ProtectionError> {
        let mut whole = Walk::over(der);
        let mut info = enter(&mut whole)?;
        finish(&whole)?;
        let algorithm = enter(&mut info)?;
        let ciphertext = expect(&mut info, OCTET_STRING)?;
        finish(&info)?;
        let algorithm = match java::Protection::read(algorithm)? {
            Some(protection) => Algorithm::Java(protection),
            None => Algorithm::Scheme(Scheme::read(algorithm)?),
        };
        Ok(Sealed {
            algorithm,
            ciphertext,
        })
    }

    /// How it is encrypted.
    pub(crate) fn name(&self) -> &str {
        match &self.algorithm {
            Algorithm::Scheme(scheme) => &scheme.name,
            Algorithm::Java(protection) => protection.name(),
        }
    }

    /// What opening it costs, in rounds of PBKDF2.
    pub(crate) fn cost(&self) -> u64 {
        match &self.algorithm {
            Algorithm::Scheme(scheme) => scheme.cost(),
            Algorithm::Java(protection) => protection.cost(self.ciphertext.len()),
        }
    }

    /// The ciphertext.
    pub(crate) fn ciphertext(&self) -> &'d [u8] {
        self.ciphertext
    }

    /// Whether the ciphertext can be one at all: whole blocks of its cipher.
    pub(crate) fn is_whole_blocks(&self) -> bool {
        let nid = match &self.algorithm {
            Algorithm::Scheme(scheme) => match &scheme.encryption {
                Encryption::Given { nid, .. } | Encryption::Derived { nid, .. } => *nid,
                Encryption::Other => return true,
            },
            Algorithm::Java(_) => return true,
        };
        let block = Cipher::from_nid(nid).map_or(1, |cipher| cipher.block_size());
        !self.ciphertext.is_empty() && self.ciphertext.len().is_multiple_of(block)
    }

    /// Opens it with a password in bytes, as text where they are text. The work must have been paid for.
    ///
    /// # Errors
    /// [`ProtectionError::Password`] where the password does not fit.
    pub(crate) fn open(&self, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, ProtectionError> {
        let text = std::str::from_utf8(password).ok();
        match &self.algorithm {
            Algorithm::Java(protection) => match text {
                Some(text) => protection.open(self.ciphertext, text),
                None => Err(ProtectionError::Password),
            },
            Algorithm::Scheme(scheme) => {
                let secret = text.map_or_else(|| Secret::narrow(password), Secret::text);
                scheme.decrypt(self.ciphertext, &secret)
            }
        }
    }
}

/// The integrity check of a PKCS#12 file.
pub(super) struct Mac<'d> {
    pub(super) name: String,
    value: &'d [u8],
    digest: Option<MessageDigest>,
    key: MacKey<'d>,
}

enum MacKey<'d> {
    Pkcs12 {
        salt: &'d [u8],
        rounds: u64,
    },
    /// PBMAC1 (RFC 9579).
    Derived(Derivation<'d>),
}

impl<'d> Mac<'d> {
    /// Reads the inside of MacData (RFC 7292 section 4).
    pub(super) fn read(mut data: Walk<'d>) -> Result<Mac<'d>, ProtectionError> {
        let mut info = enter(&mut data)?;
        let mut algorithm = enter(&mut info)?;
        let value = expect(&mut info, OCTET_STRING)?;
        let oid = expect(&mut algorithm, OBJECT_IDENTIFIER)?;
        if oid == PBMAC1 {
            let mut parameters = enter(&mut algorithm)?;
            let (derivation, _) = Derivation::read(enter(&mut parameters)?)?;
            let scheme = expect(&mut enter(&mut parameters)?, OBJECT_IDENTIFIER)?;
            return Ok(Mac {
                name: name(oid),
                value,
                digest: hmac_digest(scheme),
                key: MacKey::Derived(derivation),
            });
        }
        let salt = expect(&mut data, OCTET_STRING)?;
        let rounds = match data.is_done() {
            true => 1,
            false => number(expect(&mut data, INTEGER)?),
        };
        finish(&data)?;
        Ok(Mac {
            name: name(oid),
            value,
            digest: nid(oid).and_then(MessageDigest::from_nid),
            key: MacKey::Pkcs12 { salt, rounds },
        })
    }

    /// What checking it with one password costs, in rounds of PBKDF2.
    pub(super) fn cost(&self) -> u64 {
        match (&self.key, self.digest) {
            (_, None) => 0,
            (MacKey::Pkcs12 { rounds, .. }, Some(digest)) => price(*rounds, digest, digest.size()),
            (MacKey::Derived(derivation), Some(digest)) => derivation.cost(digest.size(), 0),
        }
    }

    /// Whether the contents are what was written with this password.
    pub(super) fn fits(&self, contents: &[u8], secret: &Secret) -> Result<bool, ProtectionError> {
        crypto::ready();
        let digest = self.digest.ok_or_else(|| ProtectionError::Unsupported {
            what: format!("the integrity check with {}", self.name),
        })?;
        let mut key = Zeroizing::new(vec![0; digest.size()]);
        match &self.key {
            MacKey::Pkcs12 { salt, rounds } => {
                pkcs12_key(digest, &secret.wide, salt, *rounds, 3, &mut key)?;
            }
            MacKey::Derived(derivation) => derivation.derive(secret, 3, &mut key)?,
        }
        let found = hmac(digest, &key, contents)?;
        Ok(found.len() == self.value.len() && openssl::memcmp::eq(&found, self.value))
    }
}

/// HMAC (RFC 2104), with the key in the open: OpenSSL's own wants it in a `PKey`, of which none may be empty.
fn hmac(digest: MessageDigest, key: &[u8], data: &[u8]) -> Result<Vec<u8>, ProtectionError> {
    let block = block_size(digest);
    let hash = || -> Result<Vec<u8>, ErrorStack> {
        let mut inner = Hasher::new(digest)?;
        let pad = |with: u8| -> Zeroizing<Vec<u8>> {
            let padded = key.iter().copied().chain(std::iter::repeat(0)).take(block);
            Zeroizing::new(padded.map(|byte| byte ^ with).collect())
        };
        inner.update(&pad(0x36))?;
        inner.update(data)?;
        let first = inner.finish()?;
        inner.update(&pad(0x5c))?;
        inner.update(&first)?;
        Ok(inner.finish()?.to_vec())
    };
    // Keys are made as long as the digest, which is shorter than a block.
    hash().map_err(ProtectionError::openssl)
}

/// The key derivation of PKCS#12 (RFC 7292 appendix B.2). `purpose` is the ID byte: 1 for keys, 2 for initialisation
/// vectors, 3 for integrity checks.
fn pkcs12_key(
    digest: MessageDigest,
    password: &[u8],
    salt: &[u8],
    rounds: u64,
    purpose: u8,
    place: &mut [u8],
) -> Result<(), ProtectionError> {
    let block = block_size(digest);
    let rounds = count(rounds)?;
    let repeated = |bytes: &[u8]| -> Vec<u8> {
        let length = bytes.len().div_ceil(block) * block;
        bytes.iter().copied().cycle().take(length).collect()
    };
    let mut input = Zeroizing::new(repeated(salt));
    input.extend(Zeroizing::new(repeated(password)).iter());
    let diversifier = vec![purpose; block];
    let mut derive = || -> Result<(), ErrorStack> {
        let mut hasher = Hasher::new(digest)?;
        for part in place.chunks_mut(digest.size()) {
            hasher.update(&diversifier)?;
            hasher.update(&input)?;
            let mut key = hasher.finish()?;
            for _ in 1..rounds {
                hasher.update(&key)?;
                key = hasher.finish()?;
            }
            let length = part.len();
            part.copy_from_slice(key.get(..length).unwrap_or_default());
            // Each block of the input becomes itself and the key's bytes and one more, as large numbers.
            for chunk in input.chunks_mut(block) {
                let mut carry = 1_u16;
                let added: Vec<u8> = key.iter().copied().cycle().take(block).collect();
                for (byte, add) in chunk.iter_mut().zip(&added).rev() {
                    let sum = u16::from(*byte) + u16::from(*add) + carry;
                    let [high, low] = sum.to_be_bytes();
                    *byte = low;
                    carry = u16::from(high);
                }
            }
        }
        Ok(())
    };
    derive().map_err(ProtectionError::openssl)
}

/// The bytes that a digest works on at a time.
fn block_size(digest: MessageDigest) -> usize {
    if digest.size() > SHORT_DIGEST {
        128
    } else {
        64
    }
}

/// What so many rounds for a key of that length cost, in rounds of PBKDF2 with a short digest.
fn price(rounds: u64, digest: MessageDigest, length: usize) -> u64 {
    let size = digest.size().max(1);
    let blocks = length.div_ceil(size) as u64;
    let weight = if size > SHORT_DIGEST { 2 } else { 1 };
    rounds.saturating_mul(blocks).saturating_mul(weight)
}

/// The rounds as a number that a loop counts to; they have been paid for.
fn count(rounds: u64) -> Result<usize, ProtectionError> {
    match usize::try_from(rounds) {
        Ok(rounds @ 1..) => Ok(rounds),
        _ => Err(ProtectionError::Parameters),
    }
}

/// An INTEGER; one over 64 bits, or a negative one, counts as the largest.
fn number(integer: &[u8]) -> u64 {
    if integer.first().is_none_or(|first| *first >= 0x80) {
        return u64::MAX;
    }
    integer.iter().fold(0_u64, |sum, &byte| {
        sum.saturating_mul(256).saturating_add(byte.into())
    })
}

fn hmac_digest(oid: &[u8]) -> Option<MessageDigest> {
    // 1.2.840.113549.2, RSA's digests.
    let kind = oid.strip_prefix(b"\x2a\x86\x48\x86\xf7\x0d\x02")?;
    match kind {
        [7] => Some(MessageDigest::sha1()),
        [8] => Some(MessageDigest::sha224()),
        [9] => Some(MessageDigest::sha256()),
        [10] => Some(MessageDigest::sha384()),
        [11] => Some(MessageDigest::sha512()),
        _ => None,
    }
}

fn structure(error: DerError) -> ProtectionError {
    ProtectionError::Structure(error)
}

fn expect<'d>(walk: &mut Walk<'d>, tag: u8) -> Result<&'d [u8], ProtectionError> {
    walk.expect(tag)
        .map(|element| element.contents)
        .map_err(structure)
}

fn enter<'d>(walk: &mut Walk<'d>) -> Result<Walk<'d>, ProtectionError> {
    walk.enter(SEQUENCE).map_err(structure)
}

/// Nothing may follow: it might be what another reader goes by.
fn finish(walk: &Walk<'_>) -> Result<(), ProtectionError> {
    match walk.is_done() {
        true => Ok(()),
        false => Err(structure(DerError::TrailingBytes {
            offset: walk.offset(),
            extra: walk.rest().len(),
        })),
    }
}

fn nid(oid: &[u8]) -> Option<Nid> {
    crypto::ready();
    let object = Asn1Object::from_str(&der::dotted(oid)).ok()?;
    (object.nid() != Nid::UNDEF).then(|| object.nid())
}

/// The name of an algorithm as OpenSSL writes it, or its dotted number.
pub(crate) fn name(object_identifier: &[u8]) -> String {
    crypto::ready();
    let dotted = der::dotted(object_identifier);
    match Asn1Object::from_str(&dotted).and_then(|object| object.nid().long_name()) {
        Ok(name) if name != "undefined" => name.to_owned(),
        _ => dotted,
    }
}

fn is_unsupported(refusal: &ErrorStack) -> bool {
    refusal.errors().iter().any(|error| {
        error.reason().is_some_and(|reason| {
            reason.contains("unsupported") || reason.contains("initialization")
        })
    })
}

/// Loads OpenSSL's legacy algorithms, RC2 among them, for the rest of the process; `false` where the
/// OpenSSL in use was built or installed without them. The built-in OpenSSL has them.
fn legacy_is_loaded() -> bool {
    static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();
    LEGACY
        .get_or_init(|| Provider::try_load(None, "legacy", true).ok())
        .is_some()
}
