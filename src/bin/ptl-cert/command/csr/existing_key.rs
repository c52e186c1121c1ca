//! The key of `--key`: found in its file, and opened.

use std::path::{Path, PathBuf};

use anyhow::Context;
use ptl_cert::decode::{self, Password};
use ptl_cert::document::{KeyError, PrivateKey};
use ptl_cert::input::{Input, Shown, Source};

use super::CsrError;
use crate::args::Csr;
use crate::world::World;

/// The key, and how it is kept. Not `Debug`: it holds a key.
pub(super) struct ExistingKey {
    pub(super) path: PathBuf,
    pub(super) key: PrivateKey,
    /// Whether its file opens with a passphrase only.
    pub(super) is_encrypted: bool,
    /// Whether a passphrase was given that it has no use for.
    pub(super) is_passphrase_unused: bool,
}

/// Reads the key, and asks for its passphrase if it has one that was not given.
pub(super) fn read(path: &Path, args: &Csr, world: &mut World) -> anyhow::Result<ExistingKey> {
    let unusable = || CsrError::Key {
        path: path.to_owned(),
    };
    let bytes = world.read(path).with_context(unusable)?;
    let given = world.read_passphrase_of(args.passphrase_file.as_deref())?;
    let existing = |key, is_encrypted| ExistingKey {
        path: path.to_owned(),
        key,
        is_encrypted,
        is_passphrase_unused: !is_encrypted && (given.is_some() || args.passphrase),
    };
    // Without a passphrase first: one that is not needed says nothing of the key, and one that was given would hide it.
    match find(path, &bytes, None) {
        Err(error) if needs_password(&error) => {
            let password = match &given {
                Some(password) => password,
                None => &world.ask_passphrase(&path.shown().to_string())?,
            };
            let key = find(path, &bytes, Some(password)).with_context(unusable)?;
            Ok(existing(key, true))
        }
        found => Ok(existing(found.with_context(unusable)?, false)),
    }
}

fn needs_password(error: &anyhow::Error) -> bool {
    let of_key = matches!(error.downcast_ref(), Some(KeyError::PasswordNeeded { .. }));
    of_key
        || matches!(
            error.downcast_ref(),
            Some(decode::OpenError::PasswordNeeded { .. })
        )
}

/// The only private key among whatever the file holds.
fn find(path: &Path, bytes: &[u8], password: Option<&Password>) -> anyhow::Result<PrivateKey> {
    let opened = decode::open(&Input::new(Source::File(path.to_owned()), bytes), password)?;
    let mut keys = Vec::new();
    let mut refusal = None;
    for piece in &opened.pieces {
        // Bare DER has no label: whether it is a key is known once it is read.
        if piece.label().is_some_and(|label| !label.is_secret()) {
            continue;
        }
        let read = piece.decode().map_err(anyhow::Error::new);
        match read.and_then(|blob| Ok(PrivateKey::read(&blob, password)?)) {
            Ok(key) => keys.push(key),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    match (keys.len(), refusal) {
        (0, Some(error)) => Err(error),
        (0, None) => Err(CsrError::NoKey.into()),
        (1, _) => keys.pop().ok_or_else(|| CsrError::NoKey.into()),
        (found, _) => Err(CsrError::SeveralKeys { found }.into()),
    }
}
