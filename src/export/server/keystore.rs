//! PKCS#12 files for Windows and Java.

use p12_keystore::{
    Certificate as Entry, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm,
    Pkcs12ImportPolicy, PrivateKey, PrivateKeyChain,
};
use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

use super::Bundle;
use crate::document::Certificate;
use crate::input::Cause;

/// How a PKCS#12 file is encrypted, by who has to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum KeystoreProfile {
    /// Windows Server 2016 and Windows 10 before 1709: 3DES and SHA-1. A file with AES they refuse with "the password is
    /// incorrect".
    Windows2016,
    /// Windows Server 2019 and later: AES-256 and SHA-256.
    Windows2019,
    /// Java 8 before 8u301: 3DES and SHA-1.
    Java8,
    /// Java 17 and every later one: AES-256 and SHA-256.
    Java17,
}

impl KeystoreProfile {
    /// The word by which the command line names it.
    pub fn id(self) -> &'static str {
        match self {
            KeystoreProfile::Windows2016 => "windows-2016",
            KeystoreProfile::Windows2019 => "windows-2019",
            KeystoreProfile::Java8 => "java8",
            KeystoreProfile::Java17 => "java17",
        }
    }

    fn is_old(self) -> bool {
        matches!(self, KeystoreProfile::Windows2016 | KeystoreProfile::Java8)
    }
}

/// Rounds of key derivation: what Java writes, and more than Windows does.
const ROUNDS: u32 = 10_000;

/// pbeWithSHAAnd3-KeyTripleDES-CBC, and PBES2 (RFC 7292 appendix C, RFC 8018 section 6.2), as DER has them.
const TRIPLE_DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03];
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];

/// Why a key store could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeystoreError {
    /// The library refused.
    #[error("the key store cannot be written")]
    Write(#[source] Cause),
    /// The key cannot be put into the key store.
    #[error("the private key cannot be written as PKCS#8")]
    Key(#[source] Cause),
}

fn refused(source: p12_keystore::error::Error) -> KeystoreError {
    KeystoreError::Write(source.into())
}

/// The key with its certificate and the CAs above it, root included where `with_root` says so.
pub(super) fn key_store(
    bundle: &Bundle<'_>,
    with_root: bool,
    profile: KeystoreProfile,
    password: &str,
) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    let der = Zeroizing::new(
        bundle
            .key()
            .handle()
            .private_key_to_pkcs8()
            .map_err(|source| KeystoreError::Key(source.into()))?,
    );
    let key = PrivateKey::from_der(&der).map_err(refused)?;
    let mut chain: Vec<Entry> = Vec::new();
    for certificate in bundle.chain() {
        chain.push(Entry::from_der(certificate.der()).map_err(refused)?);
    }
    if with_root {
        let root = bundle.own_root();
        chain.push(Entry::from_der(root.der()).map_err(refused)?);
    }
    let id = bundle
        .chain()
        .first()
        .map(|leaf| leaf.sha1.as_bytes().to_vec())
        .unwrap_or_default();
    let mut store = KeyStore::new();
    store.add_entry(
        bundle.host().as_str(),
        KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(id, key, chain)),
    );
    write(&store, profile, password)
}

/// CA certificates that Java treats as trusted: each has the attribute 2.16.840.1.113894.746875.1.1.
pub(crate) fn trust_store<'c>(
    certificates: impl Iterator<Item = &'c Certificate>,
    profile: KeystoreProfile,
    password: &str,
) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    let mut store = KeyStore::new();
    for certificate in certificates {
        store.add_entry(
            &alias(certificate),
            KeyStoreEntry::Certificate(Entry::from_der(certificate.der()).map_err(refused)?),
        );
    }
    write(&store, profile, password)
}

/// A name for an entry: the CA's, and what tells it from one of the same name.
pub(crate) fn alias(certificate: &Certificate) -> String {
    let name = certificate.subject.short().to_lowercase();
    let plain: String = name
        .chars()
        .map(|c| match c.is_ascii_alphanumeric() {
            true => c,
            false => '-',
        })
        .collect();
    let digest = certificate.sha256.to_string();
    format!("{plain}-{}", digest.get(..8).unwrap_or(&digest))
}

fn write(
    store: &KeyStore,
    profile: KeystoreProfile,
    password: &str,
) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    let (encryption, mac) = match profile.is_old() {
        true => (
            EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
            MacAlgorithm::HmacSha1,
        ),
        false => (
            EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
            MacAlgorithm::HmacSha256,
        ),
    };
    let written = store
        .writer(password)
        .encryption_algorithm(encryption)
        .encryption_iterations(ROUNDS)
        .mac_algorithm(mac)
        .mac_iterations(ROUNDS)
        .write()
        .map_err(refused)?;
    Ok(Zeroizing::new(written))
}

/// Whether two files open with the password, hold the same entries and are encrypted alike.
pub(crate) fn same(one: &[u8], other: &[u8], password: &str) -> bool {
    let open =
        |bytes: &[u8]| KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Strict).ok();
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let alike = [TRIPLE_DES, PBES2]
        .iter()
        .all(|part| has(one, part) == has(other, part));
    // The file there may be anything; what is not a key store of ours is not worth the rounds that it asks for.
    if !alike || other.len() > 2 * one.len() {
        return false;
    }
    match (open(one), open(other)) {
        (Some(one), Some(other)) => {
            one.entries_len() == other.entries_len()
                && one
                    .entries()
                    .all(|(alias, entry)| other.entry(alias) == Some(entry))
        }
        _ => false,
    }
}
