//! Whose a folder is. What is written to another user's folder, or to one that others may write to, can be exchanged
//! by them: a link planted in it makes this program write elsewhere, and a key planted in it passes for ours.
//!
//! The folder itself has to belong to the user who runs this, or to root, and no other user may write to it. Of the folders
//! above it, whose owners could replace it, the owner has to be one of the two as well, and everyone
//! may write only where the sticky bit keeps them from renaming what is not theirs, as in /tmp. That the group may write to a
//! folder above is accepted: on some systems every user has a group of their own. Access control lists, Windows' included, are not
//! looked at.
//!
//! This is why files may be opened by their paths, and need not be opened relative to a folder that is held open. What stands
//! between the check and the use can be changed by no other user:
//! - A component of the path is exchanged by renaming it or removing it, which takes the right to write to the folder that it
//!   stands in. That folder was found safe before, from the root down; where everyone may write to it, the sticky bit keeps them
//!   from renaming what is ours.
//! - The owner of a component could widen its mode or rename it. The owner is the user who runs this, or root: whoever is
//!   either can do all of this anyway.
//! - A link is followed component by component as its target is, and its owner counts, because only the owner can replace it.
//!   A relative target is resolved from the folder that the link stands in.
//! - Of a path that is missing the folders above it are checked. Another user may create it before this program does, in `/tmp`
//!   for instance. So whoever makes a folder checks it once more afterwards, before anything is written to it; and files, links
//!   and folders that are made in a safe one are made with `O_EXCL`, or put in place by a rename.
//! - A bind mount, and a folder that the group may write to, are the system's administration, and outside of this.

use std::path::PathBuf;

use crate::input::Shown;

/// A folder in which another user could replace what is written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnsafeFolder {
    /// It belongs to another user.
    #[error(
        "{} belongs to another user (uid {owner}), who could replace what is written there; use your own folder, or run this as that user",
        path.shown()
    )]
    Owner {
        /// The folder, or one above it.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// A link on the way to it belongs to another user.
    #[error(
        "{} is a link that belongs to another user (uid {owner}), who could redirect it; give the folder itself",
        path.shown()
    )]
    Link {
        /// The link.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Others may write to it.
    #[error(
        "{} has mode {mode:04o}, so other users could replace what is written there; remove that permission (chmod go-w), or give another folder",
        path.shown()
    )]
    Mode {
        /// The folder, or one above it.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

#[cfg(unix)]
pub(super) use by_its_mode::{Way, check, check_own, check_way, is_ours};

#[cfg(unix)]
mod by_its_mode {
    use std::ffi::OsString;
    use std::fs::{self, Metadata};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::path::{Path, PathBuf};

    use super::UnsafeFolder;

    const GROUP_AND_OTHERS: u32 = 0o022;
    const OTHERS: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    const ROOT: u32 = 0;
    /// The owner that the kernel names where the owner has no number in this user namespace, as of a container's root folder.
    const UNMAPPED: u32 = 65_534;

    /// Whether something belongs to the user who runs this, or to root.
    pub(in crate::store) fn is_ours(facts: &Metadata) -> bool {
        let owner = facts.uid();
        owner == rustix::process::geteuid().as_raw() || owner == ROOT
    }

    /// Refuses a folder in which others could exchange what is written; of one that is missing, the folders above it
    /// count.
    pub(in crate::store) fn check(folder: &Path) -> Result<(), UnsafeFolder> {
        let folder = match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        };
        if let Ok(facts) = fs::metadata(folder)
            && facts.is_dir()
        {
            check_own(folder, &facts)?;
        }
        check_way(folder)
    }

    /// Refuses a folder in which others could exchange what is put there whole, by one rename: that the group may write to it
    /// is accepted, and that everyone may where the sticky bit keeps them from renaming what is not theirs, as in /tmp.
    pub(in crate::store) fn check_way(folder: &Path) -> Result<(), UnsafeFolder> {
        let folder = match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        };
        Way::of(folder).check()
    }

    /// Where a path leads when every link is followed, and all that is passed on the way: folders, links, and what is at the
    /// end, from the root down, each looked at without being followed; up to where nothing is there.
    ///
    /// Each is checked after the folder that contains it: once that one is known to be safe, no other user can put another
    /// one in its place, and the answer stays true as if all had been opened one relative to the other.
    pub(in crate::store) struct Way {
        passed: Vec<(PathBuf, Metadata)>,
        /// The number of this process's own descriptor that the path names, and how many were passed before it.
        descriptor: Option<(u32, usize)>,
        /// Whether something is at its end.
        is_whole: bool,
    }

    impl Way {
        /// Follows a path. Nothing is refused yet.
        pub(in crate::store) fn of(path: &Path) -> Way {
            /// As Linux has it.
            const LINKS: usize = 40;
            let mut way = Way {
                passed: Vec::new(),
                descriptor: None,
                is_whole: false,
            };
            let Ok(path) = std::path::absolute(path) else {
                return way;
            };
            let names = |path: &Path| -> Vec<OsString> {
                let names = path.components().rev();
                names.map(|name| name.as_os_str().to_owned()).collect()
            };
            // The next one last.
            let mut left = names(&path);
            let mut at = PathBuf::new();
            let mut links = 0;
            while let Some(name) = left.pop() {
                if name == "." {
                    continue;
                }
                if name == ".." {
                    at.pop();
                    continue;
                }
                let next = at.join(&name);
                let Ok(facts) = fs::symlink_metadata(&next) else {
                    return way;
                };
                if left.is_empty() && way.descriptor.is_none() {
                    way.descriptor = descriptor(&next).map(|number| (number, way.passed.len()));
                }
                let is_link = facts.is_symlink();
                way.passed.push((next.clone(), facts));
                if is_link {
                    links += 1;
                    let Some(target) = fs::read_link(&next).ok().filter(|_| links <= LINKS) else {
                        return way;
                    };
                    left.extend(names(&target));
                } else {
                    at = next;
                }
            }
            way.is_whole = true;
            way
        }

        /// Refuses a way on which another user could exchange something. Whose the thing at its end is, unless that is a
        /// folder, is left to [`Way::is_known`].
        pub(in crate::store) fn check(&self) -> Result<(), UnsafeFolder> {
            // Where a descriptor leads was decided by whoever started this process.
            let passed = match self.descriptor {
                Some((_, before)) => before,
                None => self.passed.len(),
            };
            for (above, facts) in self.passed.iter().take(passed) {
                if facts.is_symlink() {
                    // Whoever owns a link can have it lead elsewhere tomorrow.
                    if !self.is_known(facts) {
                        return Err(UnsafeFolder::Link {
                            path: above.clone(),
                            owner: facts.uid(),
                        });
                    }
                    continue;
                }
                // Nothing can be exchanged in what is no folder, and the system refuses to go on there: a device keeps
                // the permissions that it needs.
                if !facts.is_dir() {
                    break;
                }
                let mode = facts.permissions().mode() & 0o7777;
                if !self.is_known(facts) {
                    return Err(UnsafeFolder::Owner {
                        path: above.clone(),
                        owner: facts.uid(),
                    });
                }
                if mode & OTHERS != 0 && mode & STICKY == 0 {
                    return Err(UnsafeFolder::Mode {
                        path: above.clone(),
                        mode,
                    });
                }
            }
            Ok(())
        }

        /// Whether something on the way belongs to the user who runs this, or to root, and not to another user.
        pub(in crate::store) fn is_known(&self, facts: &Metadata) -> bool {
            // Where the owner of everything of the system's has no number here, no other user has that one.
            let root = self.passed.first();
            let is_unmapped = root.is_some_and(|(_, root)| root.uid() == UNMAPPED);
            is_ours(facts) || is_unmapped && facts.uid() == UNMAPPED
        }

        /// The descriptor of this process that the path names, as `/dev/stdout` and `/dev/fd/63` do, and its own name.
        pub(in crate::store) fn descriptor(&self) -> Option<(u32, &Path)> {
            let (number, before) = self.descriptor?;
            let (path, _) = self.passed.get(before)?;
            Some((number, path))
        }

        /// What is at the end, by its own name.
        pub(in crate::store) fn end(&self) -> Option<(&Path, &Metadata)> {
            let (path, facts) = self.passed.last().filter(|_| self.is_whole)?;
            Some((path, facts))
        }
    }

    /// The number of the descriptor of this process that has this name, on which no link is left but the last.
    fn descriptor(path: &Path) -> Option<u32> {
        let number = path.file_name()?.to_str()?.parse().ok()?;
        let folder = path.parent()?;
        let of_process = Path::new("/proc").join(std::process::id().to_string());
        let is_own = folder == Path::new("/dev/fd")
            || folder == of_process.join("fd")
            || folder.ends_with("fd") && folder.starts_with(of_process.join("task"));
        is_own.then_some(number)
    }

    /// Refuses a folder that belongs to another user, or that others may write to, whatever is above it.
    pub(in crate::store) fn check_own(folder: &Path, facts: &Metadata) -> Result<(), UnsafeFolder> {
        let mode = facts.permissions().mode() & 0o7777;
        if !is_ours(facts) {
            return Err(UnsafeFolder::Owner {
                path: folder.to_owned(),
                owner: facts.uid(),
            });
        }
        if mode & GROUP_AND_OTHERS != 0 {
            return Err(UnsafeFolder::Mode {
                path: folder.to_owned(),
                mode,
            });
        }
        Ok(())
    }
}

#[cfg(not(unix))]
pub(super) fn check(_folder: &std::path::Path) -> Result<(), UnsafeFolder> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn check_way(_folder: &std::path::Path) -> Result<(), UnsafeFolder> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn check_own(
    _folder: &std::path::Path,
    _facts: &std::fs::Metadata,
) -> Result<(), UnsafeFolder> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn is_ours(_facts: &std::fs::Metadata) -> bool {
    true
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::path::Path;

    use super::*;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_folder_of_ones_own_is_taken_and_one_that_is_missing_too() {
        let top = tempfile::tempdir().unwrap();
        check(top.path()).unwrap();
        check(&top.path().join("a/b/c")).unwrap();
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path().join("shared");
        fs::create_dir(&folder).unwrap();
        for bits in [0o777, 0o775, 0o1777, 0o757] {
            mode(&folder, bits);
            assert!(matches!(check(&folder), Err(UnsafeFolder::Mode { .. })));
        }
        // Below it, all but the sticky one and the group's are.
        mode(&folder, 0o777);
        let below = folder.join("mine");
        fs::create_dir(&below).unwrap();
        mode(&below, 0o755);
        assert!(
            matches!(check(&below), Err(UnsafeFolder::Mode { path, .. }) if path.ends_with("shared"))
        );
        mode(&folder, 0o1777);
        check(&below).unwrap();
    }

    #[test]
    fn a_link_of_another_user_on_the_way_to_a_folder_is_refused() {
        use std::os::unix::fs::{lchown, symlink};
        let top = tempfile::tempdir().unwrap();
        let (safe, shared) = (top.path().join("safe"), top.path().join("shared"));
        fs::create_dir(&safe).unwrap();
        fs::create_dir(&shared).unwrap();
        mode(&shared, 0o1777);
        let link = shared.join("link");
        symlink("../safe", &link).unwrap();
        check(&link).unwrap();
        check(&link.join("below")).unwrap();
        // One link leads to the next.
        symlink(&link, top.path().join("first")).unwrap();
        check(&top.path().join("first")).unwrap();
        if !rustix::process::geteuid().is_root() {
            // Only root can give a link away.
            return;
        }
        lchown(&link, Some(1000), Some(1000)).unwrap();
        for folder in [&link, &link.join("below"), &top.path().join("first/x")] {
            assert!(matches!(
                check(folder),
                Err(UnsafeFolder::Link { owner: 1000, .. })
            ));
        }
    }

    #[test]
    fn a_folder_of_another_user_is_refused_and_so_is_one_below_it() {
        if !rustix::process::geteuid().is_root() {
            // Only root can give a folder away.
            return;
        }
        let top = tempfile::tempdir().unwrap();
        let theirs = top.path().join("theirs");
        let below = theirs.join("ours");
        fs::create_dir_all(&below).unwrap();
        chown(&theirs, Some(1000), Some(1000)).unwrap();
        for folder in [&theirs, &below, &below.join("missing")] {
            assert!(matches!(
                check(folder),
                Err(UnsafeFolder::Owner { owner: 1000, .. })
            ));
        }
    }
}
