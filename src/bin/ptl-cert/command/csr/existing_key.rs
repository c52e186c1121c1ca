//! The key of `--key`: found in its file, and opened.

use std::path::Path;

use anyhow::Context;
use ptl_cert::decode::{self, Password};
use ptl_cert::document::{KeyError, PrivateKey};
use ptl_cert::input::{Input, Source};

use super::CsrError;
use crate::args::Csr;
use crate::world::World;

/// Reads the key, and asks for its passphrase if it has one that was not given.
pub(super) fn read(path: &Path, args: &Csr, world: &mut World) -> anyhow::Result<PrivateKey> {
    let unusable = || CsrError::Key {
        path: path.to_owned(),
    };
    let bytes = world.read(path).with_context(unusable)?;
    let mut password = world.read_passphrase_of(args.passphrase_file.as_deref())?;
    if args.passphrase {
        password = Some(world.ask_passphrase(&path.display().to_string())?);
    }
    match find(path, &bytes, password.as_ref()) {
        Err(error) if password.is_none() && needs_password(&error) => {
            let password = world.ask_passphrase(&path.display().to_string())?;
            find(path, &bytes, Some(&password)).with_context(unusable)
        }
        found => found.with_context(unusable),
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
