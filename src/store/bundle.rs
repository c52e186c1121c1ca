//! Writing the four files of an accepted certificate.
//!
//! # The guarantee
//! All four are written completely, and made durable, under temporary names in their folder first; then each is
//! renamed into place, the receipt last. No rename replaces anything, whoever else writes to the folder meanwhile.
//! When [`write()`] returns an error, the files that it had put in place are removed again; if the disk fails in that
//! too, they stay. A process that is killed between two renames, a matter of microseconds, leaves the first of the
//! files without the receipt, and possibly temporary files beside them: the next run with the same contents goes on where it
//! died, and removes those. Whoever sees the receipt sees all four.
//!
//! One run at a time writes the files of a host into a folder: it holds a lock, without which a second one would take the
//! first files of a living run for those of one that was killed. Where the file system has no locks, two runs at the same
//! time are not distinguished.
//!
//! The files are 0644 less the umask: there is no secret in them. On Windows they inherit the access control list of their
//! folder.

use std::fs::TryLockError;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::fault::point;
use super::named::{Locked, remove_abandoned, sync_folder};
use super::{UnsafeFolder, mode, owner};
use crate::fqdn::Fqdn;
use crate::input::Shown;

/// What the four files hold.
#[doc(hidden)]
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
#[doc(hidden)]
pub const ENDINGS: [&str; 4] = ["crt", "fullchain.pem", "ca.pem", "receipt.json"];

/// Why a bundle was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Something of that name is there already.
    #[error("{} exists and is never overwritten; nothing was written", path.shown())]
    Exists {
        /// What is in the way.
        path: PathBuf,
    },
    /// Another process is writing the files of this host.
    #[error("another run is writing the files of {name} to {}; nothing was written", folder.shown())]
    Busy {
        /// The host.
        name: Fqdn,
        /// The folder.
        folder: PathBuf,
    },
    /// Others could exchange what is written there.
    #[error(transparent)]
    Unsafe(#[from] UnsafeFolder),
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
/// [`BundleError::Exists`] when any of the names is taken, by a dangling link too; [`BundleError::Busy`] while another
/// process writes the files of this host there; [`BundleError::Io`] when the system refuses. The [module](self) says what is guaranteed then.
#[doc(hidden)]
pub fn write(folder: &Path, name: &Fqdn, bundle: &Bundle<'_>) -> Result<Vec<PathBuf>, BundleError> {
    let paths: Vec<PathBuf> = ENDINGS
        .iter()
        .map(|ending| folder.join(format!("{name}.{ending}")))
        .collect();
    owner::check(folder)?;
    mode::make_folders(folder).map_err(failed("make the folder", folder))?;
    // Another process may have been faster.
    owner::check(folder)?;
    let texts = [
        bundle.certificate,
        bundle.full_chain,
        bundle.authorities,
        bundle.receipt,
    ];
    let prefix = format!(".{name}.accept-");
    // Until everything is in place, or taken back.
    let _turn = Turn::take(folder, name, &prefix)?;
    // What a run that was killed had put in place already, and nothing after it.
    let mut begun = 0;
    for (number, (path, text)) in paths.iter().zip(texts).enumerate() {
        match std::fs::symlink_metadata(path) {
            Ok(found) if number == begun && is_the_same(path, &found, text) => begun += 1,
            Ok(_) => return Err(BundleError::Exists { path: path.clone() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed("examine", path)(error)),
        }
    }
    if begun == paths.len()
        && let Some(path) = paths.first()
    {
        // All four, to the byte: nothing was interrupted.
        return Err(BundleError::Exists { path: path.clone() });
    }
    remove_abandoned(folder, &prefix);
    let mut staged: Vec<Stage> = Vec::with_capacity(paths.len());
    for (path, text) in paths.iter().zip(texts).skip(begun) {
        staged.push(stage(folder, &prefix, text).map_err(failed("write", path))?);
    }
    let mut placed: Vec<&PathBuf> = Vec::new();
    let take_back = |placed: &[&PathBuf]| {
        for path in placed.iter().rev() {
            // The error that is returned is the one that matters.
            let _ = point().and_then(|()| std::fs::remove_file(path));
        }
    };
    let put = |file: Stage, path: &PathBuf| match point() {
        Err(error) => Err(failed("write", path)(error)),
        Ok(()) => file.place(path),
    };
    for (file, path) in staged.into_iter().zip(paths.iter().skip(begun)) {
        if let Err(error) = put(file, path) {
            take_back(&placed);
            return Err(error);
        }
        placed.push(path);
    }
    // A folder that may be written to and not read cannot be made durable, and not promised.
    if let Err(error) = point().and_then(|()| sync_folder(folder)) {
        take_back(&placed);
        return Err(failed("flush the folder", folder)(error));
    }
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

/// The right to write the files of a host into a folder, until it is dropped.
struct Turn {
    lock: PathBuf,
    _held: Locked,
}

impl Turn {
    /// Takes it; `None` where there can be no lock: in a folder that cannot be written to, and on a file system without any.
    fn take(folder: &Path, name: &Fqdn, prefix: &str) -> Result<Option<Turn>, BundleError> {
        let path = folder.join(format!("{prefix}lock"));
        loop {
            let mut options = mode::file(0o644);
            let opened = point().and_then(|()| options.create(true).truncate(false).open(&path));
            let file = match opened {
                Ok(file) => file,
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                    ) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(failed("write", &path)(error)),
            };
            match Locked::try_lock(file) {
                Ok(held) if held.is_still_named(&path) => {
                    return Ok(Some(Turn {
                        lock: path,
                        _held: held,
                    }));
                }
                // The run before has just ended, and taken its name away.
                Ok(_) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(BundleError::Busy {
                        name: name.clone(),
                        folder: folder.to_owned(),
                    });
                }
                Err(TryLockError::Error(_)) => {
                    let _ = std::fs::remove_file(&path);
                    return Ok(None);
                }
            }
        }
    }
}

/// While the lock is held: whoever opened the file before finds that it has no name any more.
impl Drop for Turn {
    fn drop(&mut self) {
        // What stays is empty, and the next run takes it.
        let _ = std::fs::remove_file(&self.lock);
    }
}

/// A durable temporary file, locked so that no other process treats it as abandoned.
struct Stage {
    file: NamedTempFile,
    _lock: Option<Locked>,
}

impl Stage {
    fn place(self, path: &Path) -> Result<(), BundleError> {
        match self.file.persist_noclobber(path) {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(BundleError::Exists {
                    path: path.to_owned(),
                })
            }
            Err(refusal) => Err(failed("write", path)(refusal.error)),
        }
    }
}

fn stage(folder: &Path, prefix: &str, text: &str) -> io::Result<Stage> {
    point()?;
    let mut file = mode::temporary(0o644)
        .prefix(prefix)
        .tempfile_in(folder)
        // tempfile's own error names a temporary file that means nothing to anyone.
        .map_err(|error| io::Error::from(error.kind()))?;
    let lock = Locked::hold(file.as_file());
    point()?;
    file.write_all(text.as_bytes())?;
    point()?;
    file.as_file().sync_all()?;
    Ok(Stage { file, _lock: lock })
}

/// Whether a file holds this text.
fn is_the_same(path: &Path, found: &std::fs::Metadata, text: &str) -> bool {
    found.is_file()
        && found.len() == text.len() as u64
        && std::fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes())
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

    #[test]
    fn an_acceptance_that_cannot_finish_leaves_nothing() {
        // Until nothing is left to fail.
        for step in 0..100 {
            let folder = tempfile::tempdir().unwrap();
            crate::store::fault::after(step, crate::store::fault::Times::Once, || {
                Err(io::ErrorKind::StorageFull.into())
            });
            let written = write(folder.path(), &name(), &BUNDLE);
            if crate::store::fault::disarm() {
                assert!(step > 10, "{step}");
                written.unwrap();
                return;
            }
            assert!(matches!(written, Err(BundleError::Io { .. })), "{step}");
            assert!(names(folder.path()).is_empty(), "{step}");
        }
        panic!("it never ends");
    }

    #[test]
    fn the_process_that_dies_while_it_writes_what_was_accepted() {
        // Not a test by itself: aborts before the system call that the environment names.
        let Ok(task) = std::env::var(TASK) else {
            return;
        };
        let (step, folder) = task.split_once(' ').unwrap();
        crate::store::fault::after(
            step.parse().unwrap(),
            crate::store::fault::Times::Once,
            || std::process::abort(),
        );
        write(Path::new(folder), &name(), &BUNDLE).unwrap();
    }

    const TASK: &str = "PTL_CERT_TEST_ACCEPT";
    const CHILD: &str =
        "store::bundle::tests::the_process_that_dies_while_it_writes_what_was_accepted";

    #[test]
    fn an_acceptance_killed_at_any_step_is_finished_by_the_next_run() {
        let mut steps = 0;
        loop {
            let folder = tempfile::tempdir().unwrap();
            let done = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", CHILD, "--quiet"])
                .env(TASK, format!("{steps} {}", folder.path().display()))
                .output()
                .unwrap();
            if done.status.success() {
                break;
            }
            // Whoever sees the receipt sees all four, and each is whole.
            let there: Vec<String> = names(folder.path())
                .into_iter()
                .filter(|name| !name.starts_with('.'))
                .collect();
            let has_receipt = there.iter().any(|name| name.ends_with("receipt.json"));
            assert!(!has_receipt || there.len() == 4, "{steps}: {there:?}");
            match (has_receipt, write(folder.path(), &name(), &BUNDLE)) {
                (true, Err(BundleError::Exists { .. })) => {}
                (false, Ok(paths)) => {
                    assert_eq!(std::fs::read_to_string(&paths[1]).unwrap(), "leaf sub");
                    // Nothing else is left.
                    assert_eq!(names(folder.path()).len(), 4, "{steps}");
                }
                (_, other) => panic!("{steps}: {other:?}"),
            }
            steps += 1;
        }
        assert!(steps > 15, "{steps}");
    }

    #[test]
    fn a_second_run_is_refused_while_the_first_is_writing() {
        // Before each step of the first.
        for step in 1..100 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().to_owned();
            crate::store::fault::after(step, crate::store::fault::Times::Once, move || {
                let path = path.clone();
                let second = std::thread::spawn(move || write(&path, &name(), &BUNDLE));
                let refused = second.join().unwrap();
                assert!(
                    matches!(refused, Err(BundleError::Busy { .. })),
                    "{refused:?}"
                );
                Ok(())
            });
            write(folder.path(), &name(), &BUNDLE).unwrap();
            assert_eq!(names(folder.path()).len(), 4, "{step}");
            if crate::store::fault::disarm() {
                assert!(step > 10, "{step}");
                return;
            }
        }
        panic!("it never ends");
    }

    #[test]
    fn an_acceptance_that_was_killed_is_finished_by_the_next_run() {
        for killed_after in 0..4 {
            let folder = tempfile::tempdir().unwrap();
            let all = write(folder.path(), &name(), &BUNDLE).unwrap();
            for path in all.iter().skip(killed_after) {
                std::fs::remove_file(path).unwrap();
            }
            // What it was about to put in place.
            std::fs::write(folder.path().join(".a.nhs.uk.accept-x1"), "part").unwrap();
            let again = write(folder.path(), &name(), &BUNDLE).unwrap();
            assert_eq!(again, all);
            assert_eq!(names(folder.path()).len(), 4);
            assert_eq!(std::fs::read_to_string(&all[3]).unwrap(), "{}");
        }
    }

    #[test]
    fn a_file_that_says_something_else_is_not_taken_for_the_beginning_of_a_killed_run() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &name(), &BUNDLE).unwrap();
        std::fs::remove_file(folder.path().join("a.nhs.uk.receipt.json")).unwrap();
        let other = Bundle {
            full_chain: "another",
            ..BUNDLE
        };
        assert!(matches!(
            write(folder.path(), &name(), &other),
            Err(BundleError::Exists { .. })
        ));
    }
}
