//! A set of files that belong together, such as what a server reads: written whole, all of them or none, and put back
//! when the server does not like them.
//!
//! # The guarantee
//! Whoever reads a file of the set sees the old or the new one, never a part and never nothing in between. A set is
//! written in three steps: [`Folder::stage`] writes the new files beside the old ones, [`Staged::place`] renames them
//! into place and keeps the old ones, [`Placed::keep`] lets go of the old ones. Between the last two, the caller may
//! try the new files; [`Placed::put_back`], or dropping what is placed, restores the old ones. A process that is killed
//! before `keep` leaves a journal behind, and the next [`Folder::open`] restores the old ones by it.
//!
//! A file that is in the folder already and was not written by this module is never replaced unless the caller
//! says so. One process at a time writes to a folder; a second one is refused at once.
//!
//! Everything that this needs to know is in the folder `.ptl-cert-set` inside it. The files are 0666 less the umask;
//! those that hold a private key ([`Folder::stage_private`]) are 0600 from their first byte, or keep the group that the
//! replaced file could be read by. The key that a new one replaces is kept in `.ptl-cert-set/keys`: no key is lost.
//!
//! Two kinds of set ([`Owner`]) may share a folder: neither removes the files of the other.

mod disk;
mod error;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use error::SetError;

use super::named::Locked;
use super::owner;

/// The folder inside the folder, for what is being written, what is kept and what is known.
const WORK: &str = ".ptl-cert-set";
/// Who writes.
const LOCK: &str = "lock";
/// The new files before they are in place.
const NEW: &str = "new";
/// The old files while the new ones are tried.
const OLD: &str = "old";
/// What to put back; there only between `place` and `keep`.
const JOURNAL: &str = "journal";
/// The names of the files that this module wrote.
const OWNED: &str = "files";
/// Present until the server that reads the files has loaded the change.
const DUE: &str = "due";
/// The names of files that hold, or held, a private key.
const PRIVATE: &str = "private";
/// Private keys that were replaced or removed.
const KEYS: &str = "keys";

/// Which command a set belongs to.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// CRLs alone, written again whenever one of them changes.
    #[default]
    Crls,
    /// Everything that a server needs: its key, its certificates, its configuration, and CRLs.
    Server,
}

impl Owner {
    const ALL: [Owner; 2] = [Owner::Crls, Owner::Server];

    /// Where the names are kept.
    fn file(self) -> &'static str {
        match self {
            Owner::Crls => OWNED,
            Owner::Server => "files-server",
        }
    }
}

/// What one file is to hold.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Content<'c> {
    /// Its name, without a folder.
    pub name: &'c str,
    /// Writes all of it; asked once.
    pub write: &'c dyn Fn(&mut dyn Write) -> io::Result<()>,
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<'c> Content<'c> {
    /// What several files are to hold: each name with what writes it.
    pub(crate) fn each<W: Fn(&mut dyn Write) -> io::Result<()>>(
        names: impl IntoIterator<Item = &'c str>,
        writers: &'c [W],
    ) -> Vec<Content<'c>> {
        let content = |(name, write): (&'c str, &'c W)| Content { name, write };
        names.into_iter().zip(writers).map(content).collect()
    }
}

/// What to do about a file of the name that this module did not write and that holds something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// [`SetError::Foreign`].
    Refuse,
    /// Replace it.
    Replace,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It holds something else than before.
    Replaced,
    /// It holds what it held.
    Unchanged,
    /// It was written earlier and is no longer part of the set.
    Removed,
}

/// A folder that this process may write sets to; no other process can until it is dropped.
#[doc(hidden)]
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    owner: Owner,
    // Held, and never asked.
    _lock: Locked,
}

/// New files, complete and durable, beside the old ones; dropped, they are gone.
#[doc(hidden)]
#[derive(Debug)]
pub struct Staged<'f> {
    folder: &'f Folder,
    changes: Vec<(String, ChangeKind)>,
}

/// New files in place and the old ones kept; dropped, the old ones are put back.
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "dropping it puts the old files back"]
pub struct Placed<'f> {
    folder: &'f Folder,
    changes: Vec<(String, ChangeKind)>,
    settled: bool,
}

impl Folder {
    /// Takes hold of a folder, which is made if it is missing, and finishes what a killed process left undone.
    ///
    /// # Errors
    /// [`SetError::Busy`] while another process has hold of it; [`SetError::Io`].
    pub fn open(path: &Path) -> Result<Folder, SetError> {
        Folder::open_as(path, Owner::Crls)
    }

    /// [`Folder::open`] for a set of another kind.
    ///
    /// # Errors
    /// Those of [`Folder::open`].
    pub fn open_as(path: &Path, owner: Owner) -> Result<Folder, SetError> {
        let path = match path.as_os_str().is_empty() {
            true => Path::new("."),
            false => path,
        };
        // First by the name that the caller knows.
        owner::check(path)?;
        disk::make_folder(path)?;
        // Another process may have been faster.
        owner::check(path)?;
        disk::make_folder(&path.join(WORK))?;
        disk::check_work(&path.join(WORK))?;
        let folder = Folder {
            _lock: disk::lock(&path.join(WORK).join(LOCK), path)?,
            path: path.to_owned(),
            owner,
        };
        if let Some(journal) = disk::read_text(&folder.work(JOURNAL))? {
            folder.restore(&journal)?;
        }
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a change was kept that has not been [settled](Folder::settle): whoever reads the files may still have
    /// the old ones.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn is_due(&self) -> Result<bool, SetError> {
        disk::exists(&self.work(DUE))
    }

    /// Notes that the server that reads the files has loaded the last change.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn settle(&self) -> Result<(), SetError> {
        disk::remove(&self.work(DUE))
    }

    /// Writes the new files beside the old ones, which are not touched, and compares them.
    ///
    /// # Errors
    /// [`SetError::Foreign`] where a file is in the way, [`SetError::Name`], [`SetError::Io`]; nothing has changed
    /// then.
    pub fn stage(&self, files: &[Content<'_>], foreign: Foreign) -> Result<Staged<'_>, SetError> {
        self.stage_private(files, &[], foreign)
    }

    /// [`Folder::stage`] of files of which those named in `private` hold a private key or a password.
    ///
    /// # Errors
    /// Those of [`Folder::stage`].
    pub fn stage_private(
        &self,
        files: &[Content<'_>],
        private: &[&str],
        foreign: Foreign,
    ) -> Result<Staged<'_>, SetError> {
        let owned = self.owned()?;
        let replaceable = self.owned_by_any()?;
        disk::empty_folder(&self.work(NEW))?;
        let mut staged = Staged {
            folder: self,
            changes: Vec::with_capacity(files.len()),
        };
        for Content { name, write } in files {
            let twice = staged.changes.iter().any(|(known, _)| known == name);
            if twice || !is_sound(name) {
                return Err(SetError::Name {
                    name: (*name).to_owned(),
                });
            }
            let (new, current) = (self.work(NEW).join(name), self.path.join(name));
            let access = match private.contains(name) {
                true => Access::Owner,
                false => Access::Everyone,
            };
            disk::write_new(&new, *write, access, &current)?;
            let same = disk::same(&new, &current)?;
            let is_closed =
                !same || access == Access::Everyone || !disk::is_open_to_others(&current)?;
            let may_replace = replaceable.contains(*name) || foreign == Foreign::Replace;
            let change = match (disk::exists(&current)?, same) {
                (false, _) => ChangeKind::Added,
                (true, true) if is_closed => ChangeKind::Unchanged,
                // Of a file of another program with the same content only who may read it changes.
                (true, true) => ChangeKind::Replaced,
                (true, false) if may_replace => ChangeKind::Replaced,
                (true, false) => return Err(SetError::Foreign { path: current }),
            };
            staged.changes.push(((*name).to_owned(), change));
        }
        for name in owned {
            let wanted = staged.changes.iter().any(|(known, _)| *known == name);
            if !wanted && disk::exists(&self.path.join(&name))? {
                staged.changes.push((name, ChangeKind::Removed));
            }
        }
        if !private.is_empty() {
            let mut names = self.names_in(PRIVATE)?;
            names.extend(private.iter().map(|name| (*name).to_owned()));
            self.write_names(PRIVATE, names.iter().map(String::as_str))?;
        }
        Ok(staged)
    }

    fn work(&self, name: &str) -> PathBuf {
        self.path.join(WORK).join(name)
    }

    fn owned(&self) -> Result<BTreeSet<String>, SetError> {
        self.names_in(self.owner.file())
    }

    fn owned_by_any(&self) -> Result<BTreeSet<String>, SetError> {
        let mut all = BTreeSet::new();
        for owner in Owner::ALL {
            all.append(&mut self.names_in(owner.file())?);
        }
        Ok(all)
    }

    fn names_in(&self, file: &str) -> Result<BTreeSet<String>, SetError> {
        let text = disk::read_text(&self.work(file))?.unwrap_or_default();
        Ok(text
            .lines()
            .filter(|name| is_sound(name))
            .map(str::to_owned)
            .collect())
    }

    fn own<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<(), SetError> {
        self.write_names(self.owner.file(), names)
    }

    fn write_names<'n>(
        &self,
        file: &str,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<(), SetError> {
        let names: BTreeSet<&str> = names.collect();
        let text: String = names.iter().map(|name| format!("{name}\n")).collect();
        disk::replace_text(&self.work(file), &text)
    }

    /// Puts back what a journal says was there. Can be broken off and begun again at any point.
    fn restore(&self, journal: &str) -> Result<(), SetError> {
        let mut absent: Vec<&str> = Vec::new();
        for line in journal.lines() {
            match line.split_once(' ') {
                Some(("kept", name)) if is_sound(name) => {
                    let old = self.work(OLD).join(name);
                    if disk::exists(&old)? {
                        disk::rename(&old, &self.path.join(name))?;
                    }
                }
                Some(("absent", name)) if is_sound(name) => {
                    disk::remove(&self.path.join(name))?;
                    absent.push(name);
                }
                _ => {}
            }
        }
        disk::sync_folder(&self.path)?;
        // The process that died may have written a set of the other kind.
        for owner in Owner::ALL {
            let owned = self.names_in(owner.file())?;
            if owned.iter().any(|name| absent.contains(&name.as_str())) {
                let left = owned.iter().map(String::as_str);
                self.write_names(owner.file(), left.filter(|name| !absent.contains(name)))?;
            }
        }
        self.forget()
    }

    /// Ends a change: without its journal there is nothing to put back.
    fn forget(&self) -> Result<(), SetError> {
        disk::remove(&self.work(JOURNAL))?;
        disk::sync_folder(&self.path.join(WORK))?;
        disk::empty_folder(&self.work(OLD))?;
        disk::empty_folder(&self.work(NEW))
    }
}

impl<'f> Staged<'f> {
    /// What would become of each file, the new set's first.
    pub fn changes(&self) -> &[(String, ChangeKind)] {
        &self.changes
    }

    /// Whether any file would be another than before.
    pub fn is_changed(&self) -> bool {
        self.changes
            .iter()
            .any(|(_, change)| *change != ChangeKind::Unchanged)
    }

    /// Puts the new files in place, each by one rename, and keeps the old ones.
    ///
    /// # Errors
    /// [`SetError::Io`]; the old files are in place then.
    pub fn place(self) -> Result<Placed<'f>, SetError> {
        let folder = self.folder;
        let changes = self.changes.clone();
        disk::empty_folder(&folder.work(OLD))?;
        let private = folder.names_in(PRIVATE)?;
        let mut journal = String::new();
        for (name, change) in &changes {
            match change {
                ChangeKind::Unchanged => {}
                ChangeKind::Added => journal.push_str(&format!("absent {name}\n")),
                ChangeKind::Replaced | ChangeKind::Removed => {
                    disk::keep(&folder.path.join(name), &folder.work(OLD).join(name))?;
                    if private.contains(name) {
                        disk::keep_key(&folder.work(OLD).join(name), &folder.work(KEYS), name)?;
                    }
                    journal.push_str(&format!("kept {name}\n"));
                }
            }
        }
        disk::sync_folder(&folder.work(OLD))?;
        let owned = folder.owned()?;
        let names = changes.iter().map(|(name, _)| name.as_str());
        folder.own(owned.iter().map(String::as_str).chain(names))?;
        disk::replace_text(&folder.work(JOURNAL), &journal)?;
        // From here on a process that dies, or a step that fails, leads back to the old files.
        let placed = Placed {
            folder,
            changes,
            settled: false,
        };
        for (name, change) in &placed.changes {
            let path = folder.path.join(name);
            match change {
                ChangeKind::Unchanged => {}
                ChangeKind::Added | ChangeKind::Replaced => {
                    disk::rename(&folder.work(NEW).join(name), &path)?;
                }
                ChangeKind::Removed => disk::remove(&path)?,
            }
        }
        disk::sync_folder(&folder.path)?;
        Ok(placed)
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        // Files that are left are removed by the next run.
        if !matches!(disk::exists(&self.folder.work(JOURNAL)), Ok(true)) {
            let _ = disk::empty_folder(&self.folder.work(NEW));
        }
    }
}

impl Placed<'_> {
    /// What has become of each file.
    pub fn changes(&self) -> &[(String, ChangeKind)] {
        &self.changes
    }

    /// Lets go of the old files. If anything changed, the folder is [due](Folder::is_due) until it is settled.
    ///
    /// # Errors
    /// [`SetError::Io`]; the old files are put back then.
    pub fn keep(mut self) -> Result<(), SetError> {
        let changed = self
            .changes
            .iter()
            .any(|(_, one)| *one != ChangeKind::Unchanged);
        if changed {
            disk::replace_text(&self.folder.work(DUE), "")?;
        }
        disk::remove(&self.folder.work(JOURNAL))?;
        self.settled = true;
        // The change is made; what follows is tidying, which the next run can do as well.
        let present = self
            .changes
            .iter()
            .filter(|(_, change)| *change != ChangeKind::Removed);
        let _ = self.folder.own(present.map(|(name, _)| name.as_str()));
        let _ = self.folder.forget();
        Ok(())
    }

    /// Puts the old files back.
    ///
    /// # Errors
    /// [`SetError::Io`]; the next [`Folder::open`] tries again then.
    pub fn put_back(mut self) -> Result<(), SetError> {
        self.settled = true;
        self.undo()
    }

    fn undo(&self) -> Result<(), SetError> {
        match disk::read_text(&self.folder.work(JOURNAL))? {
            Some(journal) => self.folder.restore(&journal),
            None => Ok(()),
        }
    }
}

impl Drop for Placed<'_> {
    fn drop(&mut self) {
        if !self.settled {
            // The journal stays where this fails, and the next run tries again.
            let _ = self.undo();
        }
    }
}

/// The files of a folder as they are, or would be found by a set, without writing anything: a dry run.
///
/// # Errors
/// [`SetError::Io`] when a file that is there cannot be read.
#[doc(hidden)]
pub fn present(path: &Path, names: &[&str]) -> Result<Vec<Option<Vec<u8>>>, SetError> {
    names
        .iter()
        .map(|name| disk::read_bytes(&path.join(name)))
        .collect()
}

/// The names of the files that were written to a folder for one kind of set; none where nothing was.
///
/// # Errors
/// [`SetError::Io`] when the record cannot be read.
#[doc(hidden)]
pub fn owned(path: &Path, owner: Owner) -> Result<Vec<String>, SetError> {
    let text = disk::read_text(&path.join(WORK).join(owner.file()))?.unwrap_or_default();
    Ok(text
        .lines()
        .filter(|name| is_sound(name))
        .map(str::to_owned)
        .collect())
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// As the umask says.
    Everyone,
    /// Its owner, and the group that could read the file before.
    Owner,
}

/// Whether a name is one that this module may write: a plain file of this folder, on every system.
fn is_sound(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}
