//! CRLs that a service keeps in memory and hands from thread to thread.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use self_cell::self_cell;

use crate::input::{Origin, Source};
use crate::ops::crl::{Failure, objects, read_crl};
use crate::revocation::SearchableCrl;
use crate::store::crl_cache::{Cache, CacheError, CachedCrl, Damaged};
use crate::store::read::FileBytes;

/// CRLs as they were at one moment, opened and owned: those of a cache, and those that a caller has. Nothing that is done to
/// the cache afterwards changes it, and nothing in it borrows; take a new one after each update.
///
/// Every CRL of the cache is in it, so that none is missing that may matter. A damaged one is in it as such, and a
/// [`Judge`](super::Judge) gives no answer to which that one might have contributed.
///
/// ```no_run
/// use ptl_cert::ops::Snapshot;
///
/// let snapshot = Snapshot::of_cache("/var/lib/ptl-cert/crls")?;
/// for crl in snapshot.crls() {
///     println!("{} until {:?}", crl.header().issuer, crl.header().next_update);
/// }
/// # Ok::<(), ptl_cert::ops::SnapshotError>(())
/// ```
pub struct Snapshot(Held);

self_cell!(
    /// What the CRLs are read from, and the CRLs.
    struct Held {
        owner: Bytes,
        #[covariant]
        dependent: Crls,
    }
);

type Crls<'a> = Vec<SearchableCrl<'a>>;

#[derive(Default)]
struct Bytes {
    cached: Vec<CachedCrl>,
    given: Vec<(Arc<Source>, FileBytes)>,
    damaged: Vec<Damaged>,
}

/// Why a snapshot could not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The cache cannot be read.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The folder of the cache does not exist: a service that was given the wrong one would answer without any CRL.
    #[error("there is no CRL cache in {}", crate::input::printable(&.folder.to_string_lossy()))]
    NoCache {
        /// The folder.
        folder: PathBuf,
    },
    /// Something that was given as a CRL cannot be read as one.
    #[error("{given} is not a CRL that can be used")]
    Given {
        /// What it is called.
        given: Source,
        /// Why not.
        #[source]
        source: Box<Failure>,
    },
}

impl Snapshot {
    /// No CRL: by itself, no certificate's revocation status can be decided.
    pub fn empty() -> Snapshot {
        Snapshot(Held::new(Bytes::default(), |_| Vec::new()))
    }

    /// The CRLs of the cache in a folder, as they are now.
    ///
    /// # Errors
    /// When there is no such folder, it cannot be read, or others may write to it. A CRL that is damaged is no error: see
    /// [`Snapshot::damaged`].
    pub fn of_cache(folder: impl Into<PathBuf>) -> Result<Snapshot, SnapshotError> {
        let cache = Cache::open(folder);
        // What is there and no folder is an error of its own.
        let crls = cache.crls()?;
        if !crate::store::configuration::is_folder(cache.folder()) {
            return Err(SnapshotError::NoCache {
                folder: cache.folder().to_owned(),
            });
        }
        let bytes = Bytes {
            cached: crls.sound,
            given: Vec::new(),
            damaged: crls.damaged,
        };
        Snapshot::read(bytes)
    }

    /// CRLs from bytes of any format; messages use the names.
    ///
    /// # Errors
    /// [`SnapshotError::Given`] for the first that holds anything but readable CRLs: each was given to count.
    pub fn of_bytes<N: Into<Cow<'static, str>>, B: Into<Vec<u8>>>(
        crls: impl IntoIterator<Item = (N, B)>,
    ) -> Result<Snapshot, SnapshotError> {
        let mut given = Vec::new();
        for (name, bytes) in crls {
            let source = Source::given(name);
            let bytes: Vec<u8> = bytes.into();
            let refused = |failure: Failure| SnapshotError::Given {
                given: source.clone(),
                source: Box::new(failure),
            };
            // Taken out of their containers once, so that nothing has to be borrowed from here.
            for blob in objects(&bytes, &source).map_err(refused)? {
                read_crl(&blob).map_err(refused)?;
                let der = FileBytes::from(blob.bytes.to_vec());
                given.push((Arc::clone(&blob.origin.source), der));
            }
        }
        Snapshot::read(Bytes {
            given,
            ..Bytes::default()
        })
    }

    fn read(bytes: Bytes) -> Result<Snapshot, SnapshotError> {
        let held = Held::try_new(bytes, |bytes| {
            let mut crls = Vec::with_capacity(bytes.cached.len() + bytes.given.len());
            for cached in &bytes.cached {
                crls.push(cached.crl()?);
            }
            for (source, der) in &bytes.given {
                let origin = Origin::whole(source);
                let crl = SearchableCrl::read(&der[..], origin);
                crls.push(crl.map_err(|error| SnapshotError::Given {
                    given: source.as_ref().clone(),
                    source: Box::new(Failure::from(error)),
                })?);
            }
            Ok::<_, SnapshotError>(crls)
        })?;
        Ok(Snapshot(held))
    }

    /// The CRLs.
    pub fn crls(&self) -> &[SearchableCrl<'_>] {
        self.0.borrow_dependent()
    }

    /// The CRLs of the cache that cannot be used.
    pub fn damaged(&self) -> &[Damaged] {
        &self.0.borrow_owner().damaged
    }

    /// How many CRLs there are.
    pub fn len(&self) -> usize {
        self.crls().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.crls().is_empty()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("crls", &self.len())
            .field("damaged", &self.damaged().len())
            .finish()
    }
}
