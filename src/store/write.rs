//! Writing files that may be made again at any time; pairs with a private key have a module of their own.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::fault::point;
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
}

/// Writes a file whole or not at all; one that is there already is replaced, and its readers see the old or the new.
///
/// Its mode is 0644 less the umask: not for private keys. The folder must exist, and no other user may be able to exchange
/// what is in it. A link is not followed, but for one that leads to a stream, such as `/dev/stdout`: what is a pipe or a
/// character device stays one and is written to.
///
/// # Errors
/// [`WriteError::Unsafe`] where another user could exchange the file; [`WriteError::NotAFile`] for a folder, a socket and a
/// block device; when the system refuses, and for a pipe that nothing reads from.
#[doc(hidden)]
pub fn file(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let failed = |source| WriteError::Io {
        path: path.to_owned(),
        source,
    };
    match Existing::at(path) {
        Existing::Replaceable => {}
        Existing::Stream => return stream(path, bytes).map_err(failed),
        Existing::Other => {
            return Err(WriteError::NotAFile {
                path: path.to_owned(),
            });
        }
    }
    owner::check_way(path.parent().unwrap_or(path))?;
    write(path, bytes).map_err(failed)
}

/// The content of a regular file that is no longer than this; `None` for what is missing, longer, or anything else.
#[doc(hidden)]
pub fn present(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let found = std::fs::symlink_metadata(path).ok()?;
    if !found.is_file() || found.len() > limit {
        return None;
    }
    std::fs::read(path).ok()
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
    /// A pipe or a character device.
    Stream,
    /// A folder, a socket, a block device.
    Other,
}

impl Existing {
    fn at(path: &Path) -> Existing {
        let Ok(own) = std::fs::symlink_metadata(path) else {
            return Existing::Replaceable;
        };
        let found = match own.is_symlink() {
            true => match std::fs::metadata(path) {
                Ok(led_to) => led_to,
                Err(_) => return Existing::Replaceable,
            },
            false => own,
        };
        match found.file_type() {
            kind if kind.is_file() => Existing::Replaceable,
            kind if is_stream(kind) => Existing::Stream,
            _ => Existing::Other,
        }
    }
}

#[cfg(unix)]
fn is_stream(kind: std::fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.is_fifo() || kind.is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_kind: std::fs::FileType) -> bool {
    false
}

/// Writes into what is there. To open a pipe that nothing reads from fails instead of waiting.
#[cfg(unix)]
fn stream(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    use std::os::unix::fs::OpenOptionsExt;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    // What does not fit into the pipe at once waits for its reader.
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    file.write_all(bytes)
}

#[cfg(not(unix))]
fn stream(path: &Path, bytes: &[u8]) -> io::Result<()> {
    std::fs::OpenOptions::new()
        .write(true)
        .open(path)?
        .write_all(bytes)
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

    #[cfg(unix)]
    fn made(folder: &Path, name: &str, arguments: &[&str]) -> Option<PathBuf> {
        let path = folder.join(name);
        let (program, rest) = arguments.split_first()?;
        let mut command = std::process::Command::new(program);
        let done = command.arg(&path).args(rest).output().ok()?;
        done.status.success().then_some(path)
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_stays_one_and_is_written_to_if_something_reads_from_it() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let pipe = made(folder.path(), "pipe", &["mkfifo"]).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for path in [&pipe, &link] {
            assert_eq!(present(path, 10), None);
            assert!(matches!(file(path, b"x"), Err(WriteError::Io { .. })));
            // Opened for both, it waits for no writer.
            let mut reader = std::fs::OpenOptions::new()
                .read(true)
                .write(true)
                .open(&pipe)
                .unwrap();
            file(path, b"text").unwrap();
            let mut read = [0; 4];
            io::Read::read_exact(&mut reader, &mut read).unwrap();
            assert_eq!(&read, b"text");
        }
        let kind = std::fs::symlink_metadata(&pipe).unwrap().file_type();
        assert!(kind.is_fifo());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        // Devices of the test's own, as /dev/null and /dev/zero: only root can make them.
        for (name, minor) in [("null", "3"), ("zero", "5")] {
            let Some(device) = made(folder.path(), name, &["mknod", "c", "1", minor]) else {
                return;
            };
            assert_eq!(present(&device, u64::MAX), None);
            // Where the file system allows no devices, opening fails; it stays one nevertheless.
            let _ = file(&device, b"text");
            let kind = std::fs::symlink_metadata(&device).unwrap().file_type();
            assert!(kind.is_char_device());
        }
        let below = folder.path().join("folder");
        std::fs::create_dir(&below).unwrap();
        assert!(matches!(
            file(&below, b"x"),
            Err(WriteError::NotAFile { .. })
        ));
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
