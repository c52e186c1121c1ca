//! Folders of lab keys: one PKCS#8 PEM file a key, for its owner alone.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::StoreError;
use crate::decode;
use crate::document::PrivateKey;
use crate::input::{Input, Source};
use crate::lab::{KeyPlan, Keys};
use crate::store::fault::point;
use crate::store::{mode, owner, read};

/// The key of this name in a folder; `None` if it is not there.
///
/// # Errors
/// For a file that is not a private key, and when the system refuses.
pub fn known(folder: &Path, plan: &KeyPlan) -> Result<Option<PrivateKey>, StoreError> {
    let path = folder.join(format!("{}.key", plan.name));
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        _ => {}
    }
    let bytes = read::file(&path)?;
    let input = Input::new(Source::File(path.clone()), &bytes);
    let opened = decode::open(&input, None).map_err(|source| StoreError::KeyFile {
        path: path.clone(),
        source,
    })?;
    let [piece] = opened.objects.as_slice() else {
        let found = opened.objects.len();
        return Err(StoreError::KeyCount { path, found });
    };
    let blob = piece.decode().map_err(|source| StoreError::KeyDamaged {
        path: path.clone(),
        source,
    })?;
    PrivateKey::read(&blob, None)
        .map(Some)
        .map_err(|source| StoreError::Key { path, source })
}

/// Writes the keys that a folder has not yet; none that is there is touched. The folder is made if it is missing.
///
/// # Errors
/// When the system refuses. Then some may be there; the next call writes the others.
pub fn keep(folder: &Path, keys: &Keys) -> Result<(), StoreError> {
    owner::check(folder)?;
    point()
        .and_then(|()| mode::folder(0o700).recursive(true).create(folder))
        .map_err(StoreError::io("make", folder))?;
    // Another process may have been faster.
    owner::check(folder)?;
    for (name, key) in keys.iter() {
        let path = folder.join(format!("{name}.key"));
        if path.exists() {
            continue;
        }
        let pem = key.to_pkcs8_pem().map_err(|source| StoreError::Key {
            path: path.clone(),
            source,
        })?;
        let refused = StoreError::io("write", &path);
        // 0600 from its first byte.
        point().map_err(&refused)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(&refused)?;
        point().map_err(&refused)?;
        file.write_all(&pem).map_err(&refused)?;
        file.as_file().sync_all().map_err(&refused)?;
        point().map_err(&refused)?;
        match file.persist_noclobber(&path) {
            Ok(_) => {}
            // Another process made it meanwhile, and was first.
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(refused(error.error)),
        }
    }
    Ok(())
}
