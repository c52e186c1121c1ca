//! Removing what no record names: what killed writers left, and CRLs that newer ones replaced.

use std::fs;
use std::io;

use super::Writer;
use crate::store::crl_cache::disk;
use crate::store::crl_cache::error::CacheError;
use crate::store::crl_cache::record::{Name, SlotFolder};

impl Writer {
    /// Removes what killed writers left.
    pub(in crate::store::crl_cache) fn clean(&self) -> Result<(), CacheError> {
        let drafts = self.cache.drafts_folder();
        let names = disk::names(&drafts).map_err(CacheError::disk("list the folder", &drafts))?;
        for name in names.iter().filter(|name| name.ends_with(".part")) {
            // What stays costs room and nothing else.
            let _ = disk::remove(&drafts.join(name));
        }
        // A writer that was killed may have made folders whose names are not durable yet.
        disk::sync_folder(self.cache.folder())?;
        disk::sync_folder(&self.cache.crls_folder())?;
        for folder in self.cache.slots()? {
            self.prune(&folder);
        }
        Ok(())
    }

    /// Removes the CRLs and indexes of a slot that its record does not name; its folder too where it has no record.
    ///
    /// Fails silently: what stays is tried again by the next writer. A CRL that a process has mapped cannot be
    /// removed on Windows.
    pub(super) fn prune(&self, folder: &SlotFolder) {
        let kept = match folder.read() {
            Ok(Some(record)) => Some(record.about.sha256),
            Ok(None) if is_absent(folder) => None,
            // Nothing is known about what is needed.
            Ok(None) | Err(_) => return,
        };
        let Ok(names) = disk::names(folder.path()) else {
            return;
        };
        let mut superfluous = names
            .iter()
            .filter(|name| match SlotFolder::name(name) {
                Some(Name::SearchableCrl(sha256) | Name::Index(sha256)) => Some(sha256) != kept,
                Some(Name::Record) | None => false,
            })
            .peekable();
        // The record that names other files has to be durable before these are gone.
        if superfluous.peek().is_some() && disk::sync_folder(folder.path()).is_err() {
            return;
        }
        for name in superfluous {
            let _ = disk::remove(&folder.path().join(name));
        }
        if kept.is_none() {
            // Not where it has anything that is none of ours.
            let _ = disk::remove_folder(folder.path());
        }
    }
}

/// Whether there certainly is no record.
fn is_absent(folder: &SlotFolder) -> bool {
    fs::symlink_metadata(folder.record())
        .is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}
