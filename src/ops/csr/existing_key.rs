//! The key that is to be used: found in its file, and opened.

use super::CsrError;
use crate::decode::{self, OpenError, Password, PieceError};
use crate::document::{KeyError, PrivateKey};
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
    /// The file does not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The key cannot be taken out of it.
    #[error(transparent)]
    Piece(#[from] PieceError),
    /// The key does not read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The file holds no key.
    #[error("there is no private key in it")]
    NoKey,
    /// The file holds more than one.
    #[error("there are {found} private keys in it, expected one")]
    SeveralKeys {
        /// How many.
        found: usize,
    },
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

/// The only private key among whatever the file holds.
fn find(
    source: &Source,
    bytes: &[u8],
    password: Option<&Password>,
) -> Result<PrivateKey, ExistingKeyError> {
    let opened = decode::open(&Input::new(source.clone(), bytes), password)?;
    let mut keys = Vec::new();
    let mut refusal = None;
    for piece in &opened.pieces {
        // Bare DER has no label: whether it is a key is known once it is read.
        if piece.label().is_some_and(|label| !label.is_secret()) {
            continue;
        }
        let read = piece.decode().map_err(ExistingKeyError::from);
        match read.and_then(|blob| Ok(PrivateKey::read(&blob, password)?)) {
            Ok(key) => keys.push(key),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    match (keys.len(), refusal) {
        (0, Some(error)) => Err(error),
        (0, None) => Err(ExistingKeyError::NoKey),
        (1, _) => keys.pop().ok_or(ExistingKeyError::NoKey),
        (found, _) => Err(ExistingKeyError::SeveralKeys { found }),
    }
}
