//! Writing files that may be made again at any time; pairs with a private key have a module of their own.

use std::fs::Metadata;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::fault::point;
#[cfg(unix)]
use super::stream;
use super::{UnsafeFolder, mode, owner};
use crate::input::Shown;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The system refused.
    #[error("cannot write {}", path.shown())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others could exchange what is written there.
    #[error(transparent)]
    Unsafe(#[from] UnsafeFolder),
    /// Something that is neither a file nor a stream has its name.
    #[error("{} is not a regular file, a pipe or a character device; nothing was written", path.shown())]
    NotAFile {
        /// What is in the way.
        path: PathBuf,
    },
    /// A pipe or a device that another user could read from, or have named so that it is written to.
    #[error(
        "{} is a pipe or a device that belongs to another user (uid {owner}); nothing was written: give a file or a pipe of your own",
        path.shown()
    )]
    Foreign {
        /// The pipe or the device.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// A pipe or a device that is no longer the one whose owner was looked at.
    #[error("{} was replaced while it was being opened; nothing was written", path.shown())]
    Exchanged {
        /// The pipe or the device.
        path: PathBuf,
    },
    /// No program has the pipe open to read from it.
    #[error("no program reads from the pipe {}; nothing was written: start its reader first", path.shown())]
    NoReader {
        /// The pipe.
        path: PathBuf,
    },
    /// What reads from the pipe, or the device, stopped taking what is written.
    #[error(
        "the reader of {} took nothing for {seconds} seconds; what it has is not complete",
        path.shown()
    )]
    Stalled {
        /// The pipe or the device.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
}

/// Writes a file whole or not at all; one that is there already is replaced, and its readers see the old or the new.
///
/// Its mode is 0644 less the umask: not for private keys. The folder must exist, and no other user may be able to exchange
/// what is in it. A link is not followed, but for one that leads to a stream, such as `/dev/stdout`: what is a pipe or a
/// character device stays one and is written to, if it is this user's or root's and stands where a file would be written. A
/// descriptor that this process was given open, as `/dev/stdout` and `/dev/fd/63` are, is written to whatever it is.
///
/// # Errors
/// [`WriteError::Unsafe`] where another user could exchange the file, the pipe or the device; [`WriteError::Foreign`] for a
/// pipe or a device of another user; [`WriteError::NoReader`] for a pipe that nothing reads from, and
/// [`WriteError::Stalled`] for one whose reader takes nothing; [`WriteError::NotAFile`] for a folder, a socket and a block
/// device; when the system refuses.
#[doc(hidden)]
pub fn file(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    match Existing::at(path) {
        Existing::Replaceable => {}
        #[cfg(unix)]
        Existing::Stream(way) => return stream::write(path, &way, bytes),
        Existing::Other => {
            return Err(WriteError::NotAFile {
                path: path.to_owned(),
            });
        }
    }
    owner::check_way(path.parent().unwrap_or(path))?;
    write(path, bytes).map_err(|source| WriteError::Io {
        path: path.to_owned(),
        source,
    })
}

/// The content of a regular file that is no longer than this; `None` for what is missing, longer, or anything else.
#[doc(hidden)]
pub fn present(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let is_short_file = |found: &Metadata| found.is_file() && found.len() <= limit;
    // Opening a device may have effects of its own.
    let seen = std::fs::symlink_metadata(path).ok();
    seen.filter(is_short_file)?;
    let file = mode::reading().open(path).ok()?;
    // Something else may have been given the name meanwhile.
    let opened = file.metadata().ok();
    opened.filter(is_short_file)?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Makes a folder and those above it, unless they are there.
///
/// # Errors
/// [`WriteError::Unsafe`] where another user could exchange it; when the system refuses.
#[doc(hidden)]
pub fn folder(path: &Path) -> Result<(), WriteError> {
    owner::check_way(path)?;
    mode::make_folders(path).map_err(|source| WriteError::Io {
        path: path.to_owned(),
        source,
    })?;
    // Another user may have been faster.
    Ok(owner::check_way(path)?)
}

/// What has the name of a file that is to be written.
enum Existing {
    /// Nothing, a regular file, or a link to one or to nothing.
    Replaceable,
    /// A pipe or a character device, or a descriptor of this process.
    #[cfg(unix)]
    Stream(owner::Way),
    /// A folder, a socket, a block device.
    Other,
}

#[cfg(unix)]
impl Existing {
    fn at(path: &Path) -> Existing {
        use std::os::unix::fs::FileTypeExt;
        let way = owner::Way::of(path);
        if way.descriptor().is_some() {
            return Existing::Stream(way);
        }
        let Some(kind) = way.end().map(|(_, found)| found.file_type()) else {
            return Existing::Replaceable;
        };
        if kind.is_file() {
            Existing::Replaceable
        } else if kind.is_fifo() || kind.is_char_device() {
            Existing::Stream(way)
        } else {
            Existing::Other
        }
    }
}

#[cfg(not(unix))]
impl Existing {
    fn at(path: &Path) -> Existing {
        match std::fs::metadata(path) {
            Ok(found) if !found.is_file() => Existing::Other,
            _ => Existing::Replaceable,
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // tempfile's own error hides the system's words behind a made-up name.
    std::fs::metadata(folder)?;
    // The umask is still applied to what is asked for here.
    point()?;
    let mut temporary = mode::temporary(0o644)
        .tempfile_in(folder)
        .map_err(without_temporary_path)?;
    point()?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    point()?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// What the system said, without the name of a temporary file that means nothing to anyone.
fn without_temporary_path(error: io::Error) -> io::Error {
    io::Error::from(error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.1");
        file(&path, b"a longer first text").unwrap();
        file(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_can_be_read_by_those_whom_the_umask_allows() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, usual) = (folder.path().join("ours"), folder.path().join("usual"));
        file(&ours, b"x").unwrap();
        std::fs::write(&usual, b"x").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&usual));
    }

    #[test]
    fn a_folder_that_is_missing_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("page.1");
        assert!(
            file(&path, b"x")
                .unwrap_err()
                .to_string()
                .ends_with("page.1")
        );
    }
}
