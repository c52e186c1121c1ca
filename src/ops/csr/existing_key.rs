//! The key that is to be used: found in its file, and opened.

use super::CsrError;
use crate::decode::{self, EncodedObjectError, Label, OpenError, Password};
use crate::document::{KeyError, Kind, PrivateKey};
use crate::input::{Input, Source};
use crate::ops::Context;
use crate::ops::gather::Named;
use crate::store::read::{self, ReadError};

/// The key, and how it is kept. Not `Debug`: it holds a key.
pub(super) struct ExistingKey {
    pub(super) source: Source,
    pub(super) key: PrivateKey,
    /// Whether its file opens with a password only.
    pub(super) is_encrypted: bool,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExistingKeyError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The key cannot be extracted from it.
    #[error(transparent)]
    Encoded(#[from] EncodedObjectError),
    /// The key cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The file holds no key.
    #[error("there is no private key in it")]
    NoKey,
    /// The file holds more than one.
    #[error("there are {found} private keys in it, expected one")]
    SeveralKeys {
        /// How many, those that do not open among them.
        found: usize,
    },
    /// Something beside the key is not understood, and may be the key that is meant.
    #[error("a part of it cannot be read and may be another private key")]
    Unclear(#[source] Box<ExistingKeyError>),
}

impl ExistingKeyError {
    /// Whether a password would help.
    pub fn needs_password(&self) -> bool {
        matches!(
            self,
            ExistingKeyError::Key(KeyError::PasswordNeeded { .. })
                | ExistingKeyError::Open(OpenError::PasswordNeeded { .. })
        )
    }
}

/// Reads the key, and asks for its password if it needs one that was not given.
pub(super) fn read(
    named: &Named,
    password: Option<&Password>,
    context: &Context<'_>,
) -> Result<ExistingKey, CsrError> {
    let source = named.source();
    match open(named, password, context) {
        Ok((key, is_encrypted)) => Ok(ExistingKey {
            source,
            key,
            is_encrypted,
        }),
        Err(error) => Err(CsrError::Key { key: source, error }),
    }
}

fn open(
    named: &Named,
    password: Option<&Password>,
    context: &Context<'_>,
) -> Result<(PrivateKey, bool), ExistingKeyError> {
    let read;
    let bytes = match named {
        Named::Bytes(_, bytes) => bytes.as_ref(),
        Named::File(path) => {
            read = read::file(path)?;
            &read
        }
    };
    let source = named.source();
    // Without a password first: one that is not needed says nothing of the key, and one that was given would hide it.
    match find(&source, bytes, None) {
        Err(error) if error.needs_password() => {
            let asked;
            let password = match password {
                Some(password) => password,
                None => {
                    asked = context.observer.password(&source).ok_or(error)?;
                    &asked
                }
            };
            Ok((find(&source, bytes, Some(password))?, true))
        }
        found => Ok((found?, false)),
    }
}

/// The only private key among whatever the file holds. A key that does not open counts: it may be the one that is meant.
fn find(
    source: &Source,
    bytes: &[u8],
    password: Option<&Password>,
) -> Result<PrivateKey, ExistingKeyError> {
    let opened = decode::open(&Input::new(source.clone(), bytes), password)?;
    let mut keys = Vec::new();
    let (mut locked, mut unclear): (Vec<ExistingKeyError>, Vec<ExistingKeyError>) =
        Default::default();
    for object in &opened.objects {
        let label = object.label();
        let blob = match (object.decode(), &label) {
            (Ok(blob), _) => blob,
            (Err(error), Some(label)) if label.is_secret() => {
                locked.push(error.into());
                continue;
            }
            (Err(error), None | Some(Label::Other(_))) => {
                if !matches!(error, EncodedObjectError::UnsupportedFormat(_)) {
                    unclear.push(error.into());
                }
                continue;
            }
            // A damaged certificate is nothing that could be meant.
            (Err(_), Some(_)) => continue,
        };
        // The label is a claim: a key may be under any.
        let is_key = match Kind::of(&blob.bytes) {
            _ if blob.dek_info.is_some() => Some(true),
            Some(kind) => Some(matches!(kind, Kind::PrivateKey | Kind::EncryptedPrivateKey)),
            None => label.map(|label| label.is_secret()),
        };
        if is_key == Some(false) {
            continue;
        }
        match PrivateKey::read(&blob, password) {
            Ok(key) => keys.push(key),
            Err(error) if is_key.is_some() => locked.push(error.into()),
            Err(error) => unclear.push(error.into()),
        }
    }
    let mut unclear = unclear.into_iter();
    match (keys.len() + locked.len(), keys.pop()) {
        (0, _) => Err(unclear.next().unwrap_or(ExistingKeyError::NoKey)),
        (1, Some(key)) => match unclear.next() {
            None => Ok(key),
            Some(error) => Err(ExistingKeyError::Unclear(Box::new(error))),
        },
        (1, None) => Err(locked.pop().unwrap_or(ExistingKeyError::NoKey)),
        (found, _) => Err(ExistingKeyError::SeveralKeys { found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../../../tests/data/pki/leaf.key");
    const LOCKED: &str = include_str!("../../../tests/data/pki/leaf-encrypted.key");
    const CERTIFICATE: &str = include_str!("../../../tests/data/pki/leaf.pem");

    fn found(bytes: &[u8], password: Option<&str>) -> Result<(), ExistingKeyError> {
        let password = password.map(Password::new);
        find(&Source::Stdin, bytes, password.as_ref()).map(drop)
    }

    fn several(text: &str, password: Option<&str>) -> Option<usize> {
        match found(text.as_bytes(), password) {
            Err(ExistingKeyError::SeveralKeys { found }) => Some(found),
            _ => None,
        }
    }

    fn der(pem: &str) -> Vec<u8> {
        let input = Input::new(Source::Stdin, pem.as_bytes());
        let opened = decode::open(&input, None).unwrap();
        opened.objects[0].decode().unwrap().bytes.to_vec()
    }

    #[test]
    fn a_key_that_does_not_open_counts_beside_one_that_does() {
        for text in [
            format!("{LOCKED}{KEY}"),
            format!("{KEY}{CERTIFICATE}{LOCKED}"),
        ] {
            for password in [None, Some("practice"), Some("wrong")] {
                assert_eq!(several(&text, password), Some(2), "{password:?}");
            }
        }
        let three = format!("{LOCKED}{LOCKED}{KEY}");
        assert_eq!(several(&three, Some("practice")), Some(3));
    }

    #[test]
    fn a_damaged_key_counts_beside_a_whole_one() {
        let mut lines: Vec<&str> = KEY.lines().collect();
        lines[1] = "!!!!";
        let damaged = lines.join("\n");
        assert_eq!(several(&format!("{KEY}{damaged}"), None), Some(2));
        assert_eq!(several(&format!("{damaged}\n{KEY}"), None), Some(2));
    }

    #[test]
    fn a_key_counts_under_whatever_label_it_stands() {
        let labelled = KEY.replace("PRIVATE KEY", "CERTIFICATE");
        assert_eq!(several(&format!("{labelled}{KEY}"), None), Some(2));
        assert!(found(labelled.as_bytes(), None).is_ok());
    }

    #[test]
    fn what_is_not_understood_beside_a_key_may_be_another_one() {
        let mut lines: Vec<&str> = KEY.lines().collect();
        lines[2] = "!!!!";
        let damaged = lines.join("\n");
        for other in [
            lines[1..lines.len() - 1].join("\n"),
            damaged.replace("PRIVATE", "PRIVAT"),
        ] {
            let text = format!("{KEY}\n{other}");
            let error = found(text.as_bytes(), None).unwrap_err();
            assert!(matches!(error, ExistingKeyError::Unclear(_)), "{error}");
        }
    }

    #[test]
    fn certificates_and_prose_beside_a_key_are_nothing_to_ask_about() {
        let damaged = CERTIFICATE.replacen("\nM", "\n!M", 1);
        for text in [
            format!("The key:\n{KEY}"),
            format!("{CERTIFICATE}{KEY}{CERTIFICATE}"),
            format!("{KEY}{damaged}"),
        ] {
            assert!(found(text.as_bytes(), None).is_ok());
        }
        assert!(found(LOCKED.as_bytes(), Some("practice")).is_ok());
    }

    #[test]
    fn a_java_key_store_with_two_keys_is_asked_about_whichever_password_is_given() {
        let store = |count: u32| {
            let mut store = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
            store.extend(count.to_be_bytes());
            let key = der(LOCKED);
            for number in 0..count {
                store.extend([0, 0, 0, 1, 0, 1, b'a' + u8::try_from(number).unwrap()]);
                store.extend([0; 8]);
                store.extend(u32::try_from(key.len()).unwrap().to_be_bytes());
                store.extend(&key);
                store.extend([0; 4]);
            }
            store.extend([0; 20]);
            store
        };
        assert!(found(&store(1), Some("practice")).is_ok());
        assert!(found(&store(1), None).unwrap_err().needs_password());
        for password in [None, Some("practice"), Some("wrong")] {
            let error = found(&store(2), password).unwrap_err();
            let is_two = matches!(error, ExistingKeyError::SeveralKeys { found: 2 });
            assert!(is_two, "{error}");
        }
    }
}
