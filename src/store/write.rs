//! Writing files that may be made again at any time; pairs with a private key have a module of their own.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::fault::point;
use super::mode;

use crate::input::Shown;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.shown())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Writes a file whole or not at all; one that is there already is replaced, and its readers see the old or the new.
///
/// Its mode is 0644 less the umask: not for private keys. The folder must exist.
///
/// # Errors
/// When the system refuses.
pub fn file(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write(path, bytes).map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
}

/// Makes a folder and those above it, unless they are there.
///
/// # Errors
/// When the system refuses.
pub fn folder(path: &Path) -> Result<(), WriteError> {
    mode::make_folders(path).map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
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
