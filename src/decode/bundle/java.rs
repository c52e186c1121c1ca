//! Java key stores (JKS, JCEKS): their certificates without a password, their keys as they are.
//!
//! The format is that of the JDK's `JavaKeyStore`: big-endian numbers, strings with two bytes of length. Its integrity
//! check is over the store's password, and is made with the one that is given; without one it is not, as `keytool` does
//! it. Keys are encrypted by a scheme of Sun's, with an EncryptedPrivateKeyInfo around it, and may have passwords of their
//! own; whoever reads the key opens that.

use openssl::error::ErrorStack;
use openssl::hash::{Hasher, MessageDigest};
use openssl::symm::{self, Cipher};
use zeroize::Zeroizing;

use super::super::bytes::Slice;
use super::super::crypto;
use super::super::der::{SEQUENCE, Walk};
use super::super::encoded_object::{Claim, Tags};
use super::super::error::{Damage, DerError, EncodedObjectError, OpenError, ProtectionError};
use super::super::open::{Opening, at_line};
use super::super::pbe::{INTEGER, OBJECT_IDENTIFIER, OCTET_STRING};
use super::super::{Container, EncodedObject, Label, Opened, stray};
use super::pkcs12::NAME_LIMIT;

/// The kinds of entries.
const PRIVATE_KEY: u32 = 1;
const TRUSTED_CERTIFICATE: u32 = 2;

/// The bytes of the check at the end, SHA-1.
const CHECK: usize = 20;

/// What the JDK hashes between the password and the contents of a store, "as a bit of whitewash".
const WHITENER: &[u8] = b"Mighty Aphrodite";

/// Opens a key store.
pub(in crate::decode) fn open<'a>(
    bytes: &Slice<'a>,
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    let mut store = Store {
        bytes,
        opening,
        at: 0,
        objects: Vec::new(),
    };
    // What was read before the damage is reported anyway.
    let answer = store.read();
    let end = store.at;
    if let Err(fault) = answer {
        if store.objects.is_empty() {
            return Err(OpenError::KeyStore(fault));
        }
        let error = EncodedObjectError::KeyStore(fault);
        store
            .objects
            .push(EncodedObject::broken(&opening.about, error));
        opening.limits.objects(1)?;
    } else {
        let length = bytes.as_slice().len().saturating_sub(end);
        let place = stray::Place {
            offset: end,
            line: None,
            orphan: false,
            scanned: false,
            is_page: false,
        };
        let behind = opening
            .inside(None)?
            .leftover(&bytes.part(end, length), place)?;
        store.objects.extend(behind);
    }
    if store.objects.is_empty() {
        return Err(OpenError::Nothing {
            container: Container::KeyStore,
        });
    }
    Ok(Opened {
        container: Container::KeyStore,
        damage: Vec::new(),
        objects: at_line(store.objects, 0),
        stray_text: None,
        left_out: Vec::new(),
    })
}

/// What is wrong with a key store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyStoreFault {
    /// It ends within an entry.
    #[error("the key store is truncated; ask for it again")]
    Truncated,
    /// A version other than 1 and 2.
    #[error("the key store has version {found}; versions 1 and 2 are read")]
    Version {
        /// The version.
        found: u32,
    },
    /// An entry whose end is not known, so that what follows is not either.
    #[error(
        "entry {number} of the key store and everything after it was not read: it is neither a certificate nor a private key; convert the store to PKCS#12 with keytool -importkeystore"
    )]
    Entry {
        /// Its number, from 1.
        number: u32,
    },
    /// More objects than are read.
    #[error("the key store holds too many objects")]
    TooMany,
}

struct Store<'s, 'a> {
    bytes: &'s Slice<'a>,
    opening: &'s Opening<'s>,
    at: usize,
    objects: Vec<EncodedObject<'a>>,
}

impl<'a> Store<'_, 'a> {
    fn read(&mut self) -> Result<(), KeyStoreFault> {
        // The magic number, which imported us here.
        self.number()?;
        let version = self.number()?;
        if !matches!(version, 1 | 2) {
            return Err(KeyStoreFault::Version { found: version });
        }
        let count = self.number()?;
        for number in 1..=count {
            let kind = self.number()?;
            let alias = self.text()?;
            let tags = Tags {
                name: Some(alias.into()),
                ..Tags::default()
            };
            // When it was made.
            self.take(8)?;
            match kind {
                PRIVATE_KEY => {
                    let key = self.sized()?;
                    self.push(key, Claim::EncryptedKey, &tags)?;
                    for _ in 0..self.number()? {
                        self.certificate(version, &tags)?;
                    }
                }
                TRUSTED_CERTIFICATE => self.certificate(version, &tags)?,
                _ => return Err(KeyStoreFault::Entry { number }),
            }
        }
        let contents = self.at;
        let check = self.take(CHECK)?.to_vec();
        if let Some(password) = self.opening.password
            && self
                .bytes
                .as_slice()
                .get(..contents)
                .is_some_and(|contents| {
                    is_of_another(contents, &check, password.of_store()).unwrap_or(false)
                })
        {
            self.warn();
        }
        Ok(())
    }

    /// Says of the first certificate, or of what there is, that the integrity check fails: certificates read without a password.
    fn warn(&mut self) {
        let is_certificate =
            |object: &EncodedObject<'_>| object.label() == Some(Label::Certificate);
        let place = self.objects.iter().position(is_certificate).unwrap_or(0);
        if place < self.objects.len() {
            let object = self.objects.remove(place);
            let object = object.with_damage(vec![Damage::IntegrityCheck]);
            self.objects.insert(place, object);
        }
    }

    fn certificate(&mut self, version: u32, tags: &Tags) -> Result<(), KeyStoreFault> {
        // The type, "X.509" but for oddities; version 1 has none.
        let claim = match version {
            1 => Claim::Certificate,
            _ => match self.text()?.as_str() {
                "X.509" | "X509" => Claim::Certificate,
                _ => Claim::Unknown,
            },
        };
        let certificate = self.sized()?;
        self.push(certificate, claim, tags)
    }

    fn push(
        &mut self,
        (from, length): (usize, usize),
        claim: Claim,
        tags: &Tags,
    ) -> Result<(), KeyStoreFault> {
        if self.opening.limits.objects(1).is_err() {
            return Err(KeyStoreFault::TooMany);
        }
        let part = self.bytes.part(from, length);
        let object = EncodedObject::der(&self.opening.about, part, claim);
        self.objects.push(object.tagged(tags.clone()));
        Ok(())
    }

    fn take(&mut self, count: usize) -> Result<&[u8], KeyStoreFault> {
        let bytes = self.bytes.as_slice();
        let end = self.at.checked_add(count).ok_or(KeyStoreFault::Truncated)?;
        let taken = bytes.get(self.at..end).ok_or(KeyStoreFault::Truncated)?;
        self.at = end;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, KeyStoreFault> {
        let octets = self.take(4)?;
        Ok(octets
            .iter()
            .fold(0, |sum, octet| sum << 8 | u32::from(*octet)))
    }

    /// Bytes with four bytes of length: where they begin, and how many there are.
    fn sized(&mut self) -> Result<(usize, usize), KeyStoreFault> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let from = self.at;
        self.take(length)?;
        Ok((from, length))
    }

    /// Text with two bytes of length, in Java's UTF-8.
    fn text(&mut self) -> Result<String, KeyStoreFault> {
        let length = self
            .take(2)?
            .iter()
            .fold(0, |sum, octet| sum << 8 | usize::from(*octet));
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        Ok(text.chars().take(NAME_LIMIT).collect())
    }
}

/// Whether the integrity check of a store is of another password, or of other contents: the JDK's `getPreKeyedHash`.
fn is_of_another(contents: &[u8], check: &[u8], password: &[u8]) -> Result<bool, ErrorStack> {
    let Ok(password) = std::str::from_utf8(password) else {
        return Ok(true);
    };
    crypto::ready();
    let mut hasher = Hasher::new(MessageDigest::sha1())?;
    hasher.update(&wide(password))?;
    hasher.update(WHITENER)?;
    hasher.update(contents)?;
    let found = hasher.finish()?;
    Ok(found.len() != check.len() || !openssl::memcmp::eq(&found, check))
}

/// A password as the JDK hashes it: two bytes for each `char`.
fn wide(password: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(password.encode_utf16().flat_map(u16::to_be_bytes).collect())
}

/// 1.3.6.1.4.1.42.2.17.1.1 and 1.3.6.1.4.1.42.2.19.1, Sun's schemes for keys in JKS and JCEKS.
const JKS: &[u8] = b"\x2b\x06\x01\x04\x01\x2a\x02\x11\x01\x01";
const JCEKS: &[u8] = b"\x2b\x06\x01\x04\x01\x2a\x02\x13\x01";

/// How a key of a key store is encrypted.
pub(in crate::decode) enum Protection<'d> {
    Jks,
    /// Triple DES, its key and vector made with MD5.
    Jceks {
        salt: &'d [u8],
        rounds: u64,
    },
}

impl<'d> Protection<'d> {
    /// Reads the inside of an AlgorithmIdentifier; `None` where it is another one's.
    pub(in crate::decode) fn read(
        mut algorithm: Walk<'d>,
    ) -> Result<Option<Protection<'d>>, ProtectionError> {
        let structure = ProtectionError::Structure;
        match algorithm
            .expect(OBJECT_IDENTIFIER)
            .map_err(structure)?
            .contents
        {
            JKS => Ok(Some(Protection::Jks)),
            JCEKS => {
                let mut parameters = algorithm.enter(SEQUENCE).map_err(structure)?;
                let salt = parameters.expect(OCTET_STRING).map_err(structure)?.contents;
                let rounds = parameters.expect(INTEGER).map_err(structure)?.contents;
                let rounds = rounds.iter().fold(0_u64, |sum, octet| {
                    sum.saturating_mul(256).saturating_add(u64::from(*octet))
                });
                match salt.len() {
                    8 => Ok(Some(Protection::Jceks { salt, rounds })),
                    _ => Err(ProtectionError::Parameters),
                }
            }
            _ => Ok(None),
        }
    }

    pub(in crate::decode) fn name(&self) -> &'static str {
        match self {
            Protection::Jks => "Java key store (JKS)",
            Protection::Jceks { .. } => "Java key store (JCEKS)",
        }
    }

    /// What opening it costs, in rounds of PBKDF2.
    pub(in crate::decode) fn cost(&self, length: usize) -> u64 {
        match self {
            Protection::Jks => (length / CHECK) as u64 + 1,
            Protection::Jceks { rounds, .. } => rounds.saturating_mul(2),
        }
    }

    /// Opens a key.
    pub(in crate::decode) fn open(
        &self,
        data: &[u8],
        password: &str,
    ) -> Result<Zeroizing<Vec<u8>>, ProtectionError> {
        crypto::ready();
        match self {
            Protection::Jks => open_jks(data, password),
            Protection::Jceks { salt, rounds } => open_jceks(data, password, salt, *rounds),
        }
    }
}

/// The JDK's `KeyProtector`: a salt, the key under a stream of SHA-1 over password and last digest, and SHA-1 over
/// password and key.
fn open_jks(data: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, ProtectionError> {
    let truncated = || {
        ProtectionError::Structure(DerError::Truncated {
            offset: 0,
            expected: 2 * CHECK as u64,
            found: data.len(),
        })
    };
    let (salt, rest) = data.split_at_checked(CHECK).ok_or_else(truncated)?;
    let length = rest.len().checked_sub(CHECK).ok_or_else(truncated)?;
    let (sealed, check) = rest.split_at_checked(length).ok_or_else(truncated)?;
    let password = wide(password);
    let open = || -> Result<(Zeroizing<Vec<u8>>, bool), ErrorStack> {
        let mut hasher = Hasher::new(MessageDigest::sha1())?;
        let mut stream = Zeroizing::new(salt.to_vec());
        let mut clear = Zeroizing::new(Vec::with_capacity(length));
        for part in sealed.chunks(CHECK) {
            hasher.update(&password)?;
            hasher.update(&stream)?;
            stream = Zeroizing::new(hasher.finish()?.to_vec());
            clear.extend(
                part.iter()
                    .zip(stream.iter())
                    .map(|(byte, with)| byte ^ with),
            );
        }
        hasher.update(&password)?;
        hasher.update(&clear)?;
        let found = hasher.finish()?;
        let fits = found.len() == check.len() && openssl::memcmp::eq(&found, check);
        Ok((clear, fits))
    };
    match open().map_err(ProtectionError::openssl)? {
        (clear, true) => Ok(clear),
        (_, false) => Err(ProtectionError::Password),
    }
}

/// The JDK's `PBES1Core` with MD5 and triple DES: each half of the salt is hashed with the password this many times over,
/// and both results together are key and vector. Equal halves are distinguished by swapping bytes of the first one.
fn open_jceks(
    data: &[u8],
    password: &str,
    salt: &[u8],
    rounds: u64,
) -> Result<Zeroizing<Vec<u8>>, ProtectionError> {
    // Java takes each character for a byte.
    let password: Option<Vec<u8>> = password.chars().map(|c| u8::try_from(c).ok()).collect();
    let password = Zeroizing::new(password.ok_or(ProtectionError::Password)?);
    let mut salt = salt.to_vec();
    let (first, second) = salt
        .split_at_mut_checked(4)
        .ok_or(ProtectionError::Parameters)?;
    if first == second {
        // As the JDK does it, the slip of a pen included.
        if let [a, b, _, d] = *first {
            first.copy_from_slice(&[d, a, b, d]);
        }
    }
    let derive = || -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
        let mut hasher = Hasher::new(MessageDigest::md5())?;
        let mut derived = Zeroizing::new(Vec::with_capacity(32));
        for half in salt.chunks(4) {
            let mut digest = Zeroizing::new(half.to_vec());
            for _ in 0..rounds {
                hasher.update(&digest)?;
                hasher.update(&password)?;
                digest = Zeroizing::new(hasher.finish()?.to_vec());
            }
            derived.extend_from_slice(&digest);
        }
        Ok(derived)
    };
    let derived = derive().map_err(ProtectionError::openssl)?;
    let parameters = || ProtectionError::Parameters;
    let (key, vector) = derived.split_at_checked(24).ok_or_else(parameters)?;
    match symm::decrypt(Cipher::des_ede3_cbc(), key, Some(vector), data) {
        Ok(clear) => Ok(Zeroizing::new(clear)),
        // The padding is wrong, which says no more.
        Err(_) => Err(ProtectionError::Password),
    }
}
