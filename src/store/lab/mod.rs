//! A lab on the disk: one folder that holds all of it.
//!
//! ```text
//! lab/
//!   state.json       how it was created, what it issued, what it revoked
//!   facts.toml       what makes the product know it: --facts lab/facts.toml
//!   ca/*.pem         its CAs' certificates
//!   keys/*.key       its lab keys, for their owner alone
//!   lock             held by whoever changes it
//! ```
//!
//! It is made beside its final folder and renamed in one step, so that it is whole or not there. Afterwards only `state.json`
//! changes, which is replaced as a whole: readers take no lock. Two writers take turns.

mod error;
mod keys;
#[cfg(test)]
mod tests;

pub use error::StoreError;
pub use keys::{keep, known};

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fault::point;
use super::named::{Locked, remove_abandoned};
use super::{mode, owner, read, write};
use crate::lab::{Keys, Lab, LabPlan, LabState};

const STATE: &str = "state.json";
const FACTS: &str = "facts.toml";
const AUTHORITIES: &str = "ca";
const KEYS: &str = "keys";
const LOCK: &str = "lock";

/// How often a lock that another process holds is asked for, and how long is waited in between: ten seconds in all.
/// Signing takes a few milliseconds.
const ATTEMPTS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// Where the facts of the lab in this folder are: what `--facts` takes.
pub fn facts(folder: &Path) -> PathBuf {
    folder.join(FACTS)
}

/// Founds a lab in a folder that is not there yet, or empty.
///
/// # Errors
/// [`StoreError::Exists`] and [`StoreError::NotEmpty`] where there is something, which is left as it is; those of
/// [`Lab::create`], and when the system refuses. Then nothing is there.
pub fn found(folder: &Path, keys: Keys, plan: &LabPlan) -> Result<Lab, StoreError> {
    vacant(folder)?;
    let lab = Lab::create(keys, plan)?;
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    owner::check(parent)?;
    point()
        .and_then(|()| mode::make_folders(parent))
        .map_err(StoreError::io("make", parent))?;
    // Another process may have been faster.
    owner::check(parent)?;
    point().map_err(StoreError::io("make a folder in", parent))?;
    let stage = mode::temporary_folder(0o755)
        .prefix(".ptl-cert-lab-")
        .tempdir_in(parent)
        .map_err(StoreError::io("make a folder in", parent))?;
    fill(stage.path(), &lab)?;
    // Renaming replaces an empty folder by another on Unix and nowhere else.
    if let Err(error) = point().and_then(|()| fs::remove_dir(folder))
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(StoreError::io("create the lab in", folder)(error));
    }
    point()
        .and_then(|()| fs::rename(stage.path(), folder))
        .map_err(StoreError::io("create the lab in", folder))?;
    // What was staged is the lab now.
    let _ = stage.keep();
    Ok(lab)
}

/// Whether a lab may be created in a folder: it is not there, or empty, and what is above it can be written to.
///
/// # Errors
/// [`StoreError::Exists`] and [`StoreError::NotEmpty`] otherwise, and when the system refuses.
pub fn vacant(folder: &Path) -> Result<(), StoreError> {
    let path = || folder.to_owned();
    if folder.join(STATE).exists() {
        return Err(StoreError::Exists { path: path() });
    }
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => writable(folder),
            Some(_) => Err(StoreError::NotEmpty { path: path() }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => writable(folder),
        Err(error) => Err(StoreError::io("examine", folder)(error)),
    }
}

/// Tries it, as no permission says so for certain, and leaves nothing.
fn writable(folder: &Path) -> Result<(), StoreError> {
    let above = folder.ancestors().skip(1).find(|above| above.is_dir());
    let above = above.unwrap_or(Path::new("."));
    let tried = tempfile::Builder::new()
        .prefix(".ptl-cert-lab-")
        .tempdir_in(above);
    tried
        .map(drop)
        .map_err(StoreError::io("make a folder in", above))
}

fn fill(folder: &Path, lab: &Lab) -> Result<(), StoreError> {
    let authorities = folder.join(AUTHORITIES);
    point()
        .and_then(|()| mode::make_folders(&authorities))
        .map_err(StoreError::io("make", &authorities))?;
    for (authority, certificate) in lab.authorities() {
        let name = format!("{}.pem", authority.common_name.replace(' ', "-"));
        write::file(&authorities.join(name), certificate.pem().as_bytes())?;
    }
    keys::keep(&folder.join(KEYS), lab.keys())?;
    write::file(&folder.join(FACTS), lab.facts().as_bytes())?;
    let lock = folder.join(LOCK);
    point()
        .and_then(|()| mode::file(0o644).create_new(true).open(&lock))
        .map_err(StoreError::io("make", &lock))?;
    save(folder, lab.state())
}

fn save(folder: &Path, state: &LabState) -> Result<(), StoreError> {
    let path = folder.join(STATE);
    let mut json = serde_json::to_vec_pretty(state).map_err(|source| StoreError::State {
        path: path.clone(),
        source,
    })?;
    json.push(b'\n');
    write::file(&path, &json)?;
    Ok(())
}

/// The state of the lab in a folder as it is written down: other bytes once anything has changed.
///
/// # Errors
/// [`StoreError::NotALab`] where there is none, and when the system refuses.
pub fn state(folder: &Path) -> Result<Vec<u8>, StoreError> {
    let path = folder.join(STATE);
    if !path.exists() {
        return Err(StoreError::NotALab {
            path: folder.to_owned(),
        });
    }
    Ok(read::file(&path)?.to_vec())
}

/// Opens the lab in a folder as it is now, to read it.
///
/// # Errors
/// [`StoreError::NotALab`] where there is none, [`StoreError::State`] and [`StoreError::Lab`] for one of another version, and
/// those of reading its keys.
pub fn open(folder: &Path) -> Result<Lab, StoreError> {
    let path = folder.join(STATE);
    if !path.exists() {
        return Err(StoreError::NotALab {
            path: folder.to_owned(),
        });
    }
    let bytes = read::file(&path)?;
    let state: LabState =
        serde_json::from_slice(&bytes).map_err(|source| StoreError::State { path, source })?;
    let folder = folder.join(KEYS);
    let keys = Keys::read(|plan| known(&folder, plan))?;
    Ok(Lab::open(keys, state)?)
}

/// A lab that no other process changes meanwhile.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    lab: Lab,
    // Held, and never asked.
    _lock: Locked,
}

impl Writer {
    /// Opens a lab to change it; waits up to ten seconds for another process that does.
    ///
    /// # Errors
    /// [`StoreError::Busy`] after that, and those of [`open`].
    pub fn open(folder: &Path) -> Result<Writer, StoreError> {
        let path = folder.join(LOCK);
        if !folder.join(STATE).exists() {
            return Err(StoreError::NotALab {
                path: folder.to_owned(),
            });
        }
        owner::check(folder)?;
        Ok(Writer {
            _lock: acquire(&path)?,
            lab: open(folder)?,
            folder: folder.to_owned(),
        })
    }

    /// The lab.
    pub fn lab(&mut self) -> &mut Lab {
        &mut self.lab
    }

    /// Keeps what was changed: from now on everyone who opens it sees it.
    ///
    /// # Errors
    /// When the system refuses; then nothing has changed.
    pub fn save(&self) -> Result<(), StoreError> {
        save(&self.folder, self.lab.state())
    }
}

fn acquire(path: &Path) -> Result<Locked, StoreError> {
    for _ in 0..ATTEMPTS {
        let file = mode::file(0o644)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(StoreError::io("open", path))?;
        match Locked::try_lock(file) {
            Ok(lock) => return Ok(lock),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", path)(error)),
        }
    }
    Err(StoreError::Busy {
        path: path.to_owned(),
    })
}

/// Writes a new file; one that is there already is left alone, and is an error unless it says the same.
///
/// # Errors
/// [`StoreError::Differs`], and when the system refuses.
pub fn new_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, StoreError> {
    owner::check(folder)?;
    mode::make_folders(folder).map_err(StoreError::io("make", folder))?;
    owner::check(folder)?;
    let path = folder.join(name);
    let refused = StoreError::io("write", &path);
    let mut temporary = builder().tempfile_in(folder).map_err(&refused)?;
    temporary.write_all(bytes).map_err(&refused)?;
    temporary.as_file().sync_all().map_err(&refused)?;
    match temporary.persist_noclobber(&path) {
        Ok(_) => Ok(path),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            match read::file(&path)?.to_vec() == bytes {
                true => Ok(path),
                false => Err(StoreError::Differs { path }),
            }
        }
        Err(error) => Err(refused(error.error)),
    }
}

/// tempfile makes 0600 files; what is written here is for everyone, and the umask is still applied to it.
fn builder() -> tempfile::Builder<'static, 'static> {
    mode::temporary(0o644)
}

/// Writes a CRL of any length as it is made; the file is whole or as it was. What a run leaves that is killed meanwhile, the next
/// one for the same file removes.
///
/// # Errors
/// When the CRL cannot be made or the system refuses.
pub fn crl(
    path: &Path,
    make: impl FnOnce(&mut File) -> Result<(), crate::lab::LabError>,
) -> Result<(), StoreError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    owner::check(folder)?;
    mode::make_folders(folder).map_err(StoreError::io("make", folder))?;
    owner::check(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{name}.lab-crl-");
    remove_abandoned(folder, &prefix);
    let mut temporary = builder()
        .prefix(&prefix)
        .tempfile_in(folder)
        .map_err(StoreError::io("make a file in", folder))?;
    let _held = Locked::hold(temporary.as_file());
    make(temporary.as_file_mut())?;
    let refused = StoreError::io("write", path);
    temporary.as_file().sync_all().map_err(&refused)?;
    temporary
        .persist(path)
        .map_err(|error| refused(error.error))?;
    Ok(())
}
