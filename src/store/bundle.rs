//! Writing the four files of an accepted certificate.
//!
//! # The guarantee
//! All four are written completely, and made durable, under temporary names in their folder first; then each is
//! renamed into place, the receipt last. No rename replaces anything, whoever else writes to the folder meanwhile.
//! When [`write()`] returns an error, the files that it had put in place are removed again; if the disk fails in that
//! too, they stay. A process that is killed between two renames, a matter of microseconds, leaves the first of the
//! files without the receipt, and possibly temporary files beside them; there is no recovery, because everything can
//! be made again: remove what is there and run again. Whoever sees the receipt sees all four.
//!
//! The files are 0644 less the umask: there is no secret in them. On Windows they inherit the access list of their
//! folder.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::mode;
use super::named::sync_folder;
use crate::fqdn::Fqdn;
use crate::input::Shown;

/// What the four files hold.
#[derive(Clone, Copy, Debug)]
pub struct Bundle<'b> {
    /// `NAME.crt`: the certificate (PEM).
    pub certificate: &'b str,
    /// `NAME.fullchain.pem`: the certificate and the CAs below the root.
    pub full_chain: &'b str,
    /// `NAME.ca.pem`: those CAs and the root.
    pub authorities: &'b str,
    /// `NAME.receipt.json`: what was accepted, when and why.
    pub receipt: &'b str,
}

/// What follows the host's name, in the order in which the files are put in place.
pub const ENDINGS: [&str; 4] = ["crt", "fullchain.pem", "ca.pem", "receipt.json"];

/// Why a bundle was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Something of that name is there already.
    #[error(
        "{} exists and is never overwritten; nothing was written: move it away, or give another folder with --out-dir", path.shown()
    )]
    Exists {
        /// What is in the way.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot {doing} {}", path.shown())]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes the files of a host into `folder`, which is made if it is missing, and returns their paths in the order of
/// [`ENDINGS`].
///
/// # Errors
/// [`BundleError::Exists`] when any of the names is taken, by a dangling link too; [`BundleError::Io`] when the system
/// refuses. The [module](self) says what is guaranteed then.
pub fn write(folder: &Path, name: &Fqdn, bundle: &Bundle<'_>) -> Result<Vec<PathBuf>, BundleError> {
    let paths: Vec<PathBuf> = ENDINGS
        .iter()
        .map(|ending| folder.join(format!("{name}.{ending}")))
        .collect();
    std::fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
    for path in &paths {
        match std::fs::symlink_metadata(path) {
            Ok(_) => return Err(BundleError::Exists { path: path.clone() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed("look at", path)(error)),
        }
    }
    let texts = [
        bundle.certificate,
        bundle.full_chain,
        bundle.authorities,
        bundle.receipt,
    ];
    let staged: Vec<NamedTempFile> = paths
        .iter()
        .zip(texts)
        .map(|(path, text)| stage(folder, text).map_err(failed("write", path)))
        .collect::<Result<_, _>>()?;
    let mut placed: Vec<&PathBuf> = Vec::new();
    let put = |file: NamedTempFile, path: &PathBuf| match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(BundleError::Exists { path: path.clone() })
        }
        Err(refusal) => Err(failed("write", path)(refusal.error)),
    };
    for (file, path) in staged.into_iter().zip(&paths) {
        if let Err(error) = put(file, path) {
            for path in placed.iter().rev() {
                // The error that is returned is the one that matters.
                let _ = std::fs::remove_file(path);
            }
            return Err(error);
        }
        placed.push(path);
    }
    sync_folder(folder).map_err(failed("write to the disk the folder", folder))?;
    Ok(paths)
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BundleError {
    let path = path.to_owned();
    move |source| BundleError::Io {
        doing,
        path,
        source,
    }
}

/// A durable temporary file.
fn stage(folder: &Path, text: &str) -> io::Result<NamedTempFile> {
    let mut file = mode::temporary(0o644)
        .tempfile_in(folder)
        // tempfile's own error names a temporary file that means nothing to anyone.
        .map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: Bundle<'_> = Bundle {
        certificate: "leaf",
        full_chain: "leaf sub",
        authorities: "sub root",
        receipt: "{}",
    };

    fn name() -> Fqdn {
        Fqdn::parse("a.nhs.uk").unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn four_files_are_written_into_a_new_folder_and_nothing_else() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path().join("a/b");
        let paths = write(&folder, &name(), &BUNDLE).unwrap();
        assert_eq!(std::fs::read_to_string(&paths[2]).unwrap(), "sub root");
        assert_eq!(
            names(&folder),
            [
                "a.nhs.uk.ca.pem",
                "a.nhs.uk.crt",
                "a.nhs.uk.fullchain.pem",
                "a.nhs.uk.receipt.json"
            ]
        );
    }

    #[test]
    fn a_name_that_is_taken_refuses_all_and_is_named() {
        for ending in ENDINGS {
            let folder = tempfile::tempdir().unwrap();
            let taken = folder.path().join(format!("a.nhs.uk.{ending}"));
            std::fs::write(&taken, "old").unwrap();
            let error = write(folder.path(), &name(), &BUNDLE).unwrap_err();
            assert!(matches!(error, BundleError::Exists { path } if path == taken));
            assert_eq!(names(folder.path()).len(), 1);
            assert_eq!(std::fs::read_to_string(&taken).unwrap(), "old");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_dangling_link_is_in_the_way_too() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("a.nhs.uk.crt");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert!(matches!(
            write(folder.path(), &name(), &BUNDLE),
            Err(BundleError::Exists { .. })
        ));
    }
}
