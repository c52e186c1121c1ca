//! Installing a CRL, and making its index again where it has none that is sound.

use std::io::{self, Write};
use std::path::Path;

use openssl::sha::Sha256;

use super::{ReceivedFile, Writer};
use crate::document::{Hex, Sha256Digest};
use crate::revocation::{Index, IndexError, SearchableCrl};
use crate::store::crl_cache::about::{About, Provenance};
use crate::store::crl_cache::disk::{self, Draft, Identity};
use crate::store::crl_cache::error::CacheError;
use crate::store::crl_cache::reading::{CachedCrl, NoIndex, Seen};
use crate::store::crl_cache::record::{IndexFile, Record, SlotFolder};
use crate::verdict::admission::{Admitted, Change};

/// How much of a CRL is written at a time, in bytes: 1 MiB, so that hashing finds it in the processor's cache.
const CHUNK: usize = 1024 * 1024;

/// After how many bytes of an index the system begins to make them durable while the rest is made: 16 MiB, so that few are left
/// to wait for at the end.
const SYNC_AHEAD: usize = 16 * 1024 * 1024;

/// What [`Writer::repair`] did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Repaired {
    /// The slots whose index was made again.
    pub indexes: Vec<String>,
    /// The slots whose files were other ones than recorded, with the same bytes, and are recorded now.
    pub recorded: Vec<String>,
    /// The slots for which that could not be done, and why: their CRLs are used, only slower.
    pub failed: Vec<(String, CacheError)>,
}

impl Writer {
    /// Installs a CRL instead of the slot's old one, with its index; durable when this returns.
    ///
    /// The bytes that are written are hashed, so that what is installed is what was admitted. A CRL that is installed
    /// already is not written again; what is known of it is.
    ///
    /// # Errors
    /// [`CacheError::Older`] where a CRL of the slot has been installed that is newer, unless the CRL was admitted as
    /// one that is [rolled back](Change::RolledBack) to; [`CacheError::Changed`] when the bytes changed since they were
    /// admitted; [`CacheError::Disk`] with path and cause when the disk refuses, among others. The old CRL stays,
    /// unless the disk failed in its very last step, after which the new one is there whole.
    pub fn install(
        &mut self,
        admitted: &Admitted<'_>,
        provenance: &Provenance,
    ) -> Result<About, CacheError> {
        self.install_or_move(admitted, provenance, None)
    }

    /// The same for a CRL that was received by this cache. Where it is all that was received, the received file, which
    /// no other process changes and which was hashed when the CRL was examined, is installed as it is: nothing is copied or hashed
    /// again.
    ///
    /// # Errors
    /// Those of [`Writer::install`].
    pub fn install_received(
        &mut self,
        admitted: &Admitted<'_>,
        provenance: &Provenance,
        received: &ReceivedFile,
    ) -> Result<About, CacheError> {
        self.install_or_move(admitted, provenance, Some(received))
    }

    fn install_or_move(
        &mut self,
        admitted: &Admitted<'_>,
        provenance: &Provenance,
        received: Option<&ReceivedFile>,
    ) -> Result<About, CacheError> {
        let about = About::new(admitted, provenance);
        let folder = self.folder(admitted.slot());
        if let Ok(Some(record)) = folder.read()
            && about.this_update < record.about.this_update
            && admitted.change() != Change::RolledBack
        {
            return Err(CacheError::Older {
                installed: record.about.this_update,
                found: about.this_update,
            });
        }
        let installed = self.put(&folder, admitted.crl(), about, received);
        // What the old record named; or after a failure, what was written in vain.
        self.prune(&folder);
        installed
    }

    fn put(
        &self,
        folder: &SlotFolder,
        crl: &SearchableCrl<'_>,
        about: About,
        received: Option<&ReceivedFile>,
    ) -> Result<About, CacheError> {
        disk::make_folder(folder.path())?;
        if let Ok(Some(mut record)) = folder.read()
            && record.about.sha256 == about.sha256
            && let Ok((installed, _)) = CachedCrl::open_recorded(folder, &record)
        {
            record.about = about;
            self.adopt(folder, &installed, &record)?;
            return Ok(record.about);
        }
        let path = folder.crl(&about.sha256);
        if let Some(draft) = received.and_then(|received| received.take_if_all_is(crl.der())) {
            draft.publish(&path)?;
            let mut record = Record::new(about, identity(&path)?, None);
            // The bytes that were examined are those of the installed file, and the pass over them is remembered.
            record.index = self.build_index(folder, crl, &record.about.sha256)?;
            disk::sync_folder(folder.path())?;
            self.commit(folder, &record)?;
            return Ok(record.about);
        }
        let mut draft = self.draft()?;
        let found = write(crl.der(), &mut draft).map_err(CacheError::disk("write", &path))?;
        if found != about.sha256 {
            return Err(CacheError::Changed {
                expected: about.sha256,
                found,
            });
        }
        draft.publish(&path)?;
        let mut record = Record::new(about, identity(&path)?, None);
        // The index is made of the file that is installed, which no other process changes.
        let (installed, _) = CachedCrl::open_recorded(folder, &record)
            .map_err(|source| CacheError::Damaged { path, source })?;
        record.index = self.build_index(folder, &installed.plain()?, &record.about.sha256)?;
        disk::sync_folder(folder.path())?;
        self.commit(folder, &record)?;
        Ok(record.about)
    }

    /// Makes the index of every CRL again that has none that is sound, and records the files of a cache that was
    /// copied, so that its readers need not hash them each time.
    ///
    /// Damaged CRLs are left as they are: they have to be fetched again.
    ///
    /// # Errors
    /// Those of [`Cache::crls`](super::Cache::crls); a failure over one CRL is in [`Repaired::failed`].
    pub fn repair(&mut self) -> Result<Repaired, CacheError> {
        let mut repaired = Repaired::default();
        for folder in self.cache.slots()? {
            let Ok(Some(record)) = folder.read() else {
                continue;
            };
            let Ok((crl, seen)) = CachedCrl::open_recorded(&folder, &record) else {
                continue;
            };
            let done = match (crl.without_index(), seen) {
                (None | Some(NoIndex::None), Seen::Recorded) => continue,
                (None | Some(NoIndex::None), Seen::Copied) => &mut repaired.recorded,
                (Some(_), _) => &mut repaired.indexes,
            };
            let slot = folder.id().to_owned();
            match self.adopt(&folder, &crl, &record) {
                Ok(()) => done.push(slot),
                Err(error) => repaired.failed.push((slot, error)),
            }
        }
        Ok(repaired)
    }

    /// Writes the record of a CRL that is there already, with the files as they are now, and its index again
    /// where it has none that is sound.
    pub(super) fn adopt(
        &self,
        folder: &SlotFolder,
        crl: &CachedCrl,
        record: &Record,
    ) -> Result<(), CacheError> {
        let about = &record.about;
        let index = match (crl.without_index(), record.index) {
            (None, Some(index)) => Some(IndexFile {
                identity: identity(&folder.index(&about.sha256))?,
                ..index
            }),
            (Some(NoIndex::None), _) | (None, None) => None,
            (Some(_), _) => {
                // An index vouches for the CRL that it was made from.
                crl.check_digest()?;
                let index = self.build_index(folder, &crl.plain()?, &about.sha256)?;
                disk::sync_folder(folder.path())?;
                index
            }
        };
        let crl = identity(&folder.crl(&about.sha256))?;
        self.commit(folder, &Record::new(about.clone(), crl, index))
    }

    /// Builds the index of a CRL in its final file; `None` for a CRL that cannot have one. The name of the index is not
    /// yet durable.
    fn build_index(
        &self,
        folder: &SlotFolder,
        crl: &SearchableCrl<'_>,
        list_sha256: &Sha256Digest,
    ) -> Result<Option<IndexFile>, CacheError> {
        let path = folder.index(list_sha256);
        let mut out = Hashed::new(self.draft()?);
        let built = Index::build_in_large_rounds(crl, list_sha256, &mut out);
        let (mut draft, sha256) = out.finish();
        match built {
            Ok(()) => {}
            Err(IndexError::Indirect | IndexError::TooManyAlike { .. }) => return Ok(None),
            Err(source) => {
                return Err(match draft.take_refusal() {
                    Some(refusal) => CacheError::disk("write", &path)(refusal),
                    None => CacheError::Index { path, source },
                });
            }
        }
        draft.publish(&path)?;
        Ok(Some(IndexFile {
            sha256,
            identity: identity(&path)?,
        }))
    }
}

/// A file on its way into the cache, hashed while it is written and another core makes what comes next: hashed afterwards it
/// would be the only work.
struct Hashed {
    draft: Draft,
    digest: Sha256,
    /// How many bytes were written since the system last began to make them durable.
    unsynced: usize,
}

impl Hashed {
    fn new(draft: Draft) -> Hashed {
        Hashed {
            draft,
            digest: Sha256::new(),
            unsynced: 0,
        }
    }

    /// The file, and the SHA-256 of what was written to it.
    fn finish(self) -> (Draft, Sha256Digest) {
        (self.draft, Hex(self.digest.finish()))
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.draft.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or(bytes));
        self.unsynced += written;
        if self.unsynced >= SYNC_AHEAD {
            self.unsynced = 0;
            self.draft.begin_to_sync();
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}

/// Writes a CRL and returns the SHA-256 of what was written.
fn write(der: &[u8], draft: &mut Draft) -> io::Result<Sha256Digest> {
    let mut digest = Sha256::new();
    let mut copy = Vec::new();
    for chunk in der.chunks(CHUNK) {
        // A copy, so that what is hashed is what is written, even if a mapped file changes in between.
        copy.clear();
        copy.extend_from_slice(chunk);
        digest.update(&copy);
        draft.write_all(&copy)?;
    }
    Ok(Hex(digest.finish()))
}

/// Which file now has a name.
fn identity(path: &Path) -> Result<Identity, CacheError> {
    let (_, facts) = disk::open(path).map_err(|source| CacheError::Damaged {
        path: path.to_owned(),
        source,
    })?;
    Ok(Identity::of(&facts))
}
