//! The system calls, one function each, every one a point at which the tests can crash or fail.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use super::{Access, SetError};
use crate::document::sha256;
use crate::store::fault::point;
use crate::store::mode;
use crate::store::named::{self, Locked};
use crate::store::owner;

/// How much of a file is in memory at a time.
const BUFFER: usize = 1 << 16;

pub(super) fn make_folder(path: &Path) -> Result<(), SetError> {
    point()
        .and_then(|()| mode::make_folders(path))
        .map_err(SetError::io("make the folder", path))
}

/// Refuses a link, or another user's folder, where we prepare what is written.
pub(super) fn check_work(path: &Path) -> Result<(), SetError> {
    let facts = fs::symlink_metadata(path).map_err(SetError::io("examine", path))?;
    match facts.is_dir() && owner::is_ours(&facts) {
        true => Ok(()),
        false => Err(SetError::ForeignWork {
            path: path.to_owned(),
        }),
    }
}

/// Makes a folder without anything in it.
pub(super) fn empty_folder(path: &Path) -> Result<(), SetError> {
    match point().and_then(|()| fs::remove_dir_all(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(SetError::io("clear the folder", path)(error));
        }
        _ => {}
    }
    make_folder(path)
}

/// Takes the lock.
pub(super) fn lock(path: &Path, folder: &Path) -> Result<Locked, SetError> {
    let mut options = mode::file(0o644);
    let file = options
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(SetError::io("open", path))?;
    match Locked::try_lock(file) {
        Ok(lock) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(SetError::Busy {
            folder: folder.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(SetError::io("lock", path)(error)),
    }
}

/// Whether anything has this name, a dangling symbolic link included.
pub(super) fn exists(path: &Path) -> Result<bool, SetError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(SetError::io("examine", path)(error)),
    }
}

/// Writes a new file, complete and durable. One for its owner alone takes over that the group may read the file that it
/// is to replace.
pub(super) fn write_new(
    path: &Path,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
    access: Access,
    replaced: &Path,
) -> Result<(), SetError> {
    let written = point().and_then(|()| {
        let file = match access {
            Access::Everyone => mode::file(0o644).create_new(true).open(path)?,
            Access::Owner => {
                let file = mode::file(0o600).create_new(true).open(path)?;
                take_over_group(&file, replaced)?;
                file
            }
        };
        let mut out = BufWriter::with_capacity(BUFFER, file);
        write(&mut out)?;
        point()?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()
    });
    written.map_err(SetError::io("write", path))
}

#[cfg(unix)]
fn take_over_group(file: &File, replaced: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let Ok(found) = fs::symlink_metadata(replaced) else {
        return Ok(());
    };
    if found.is_file() && found.mode() & 0o040 != 0 && found.mode() & 0o007 == 0 {
        fchown(file, None, Some(found.gid()))?;
        file.set_permissions(fs::Permissions::from_mode(0o640))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn take_over_group(_file: &File, _replaced: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether more than the owner and a group may read a file, or a group may write to it.
#[cfg(unix)]
pub(super) fn is_open_to_others(path: &Path) -> Result<bool, SetError> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::symlink_metadata(path).map_err(SetError::io("examine", path))?;
    Ok(found.mode() & 0o027 != 0)
}

/// Windows: the folder's access control list says who may read.
#[cfg(not(unix))]
pub(super) fn is_open_to_others(_path: &Path) -> Result<bool, SetError> {
    Ok(false)
}

/// Keeps a private key that is about to be replaced, under a name that says which it is; one that is kept already
/// stays.
pub(super) fn keep_key(old: &Path, keys: &Path, name: &str) -> Result<(), SetError> {
    if !keys.is_dir() {
        point()
            .and_then(|()| mode::folder(0o700).create(keys))
            .map_err(SetError::io("make the folder", keys))?;
    }
    let bytes = read_bytes(old)?.map(zeroize::Zeroizing::new);
    let Some(bytes) = bytes else { return Ok(()) };
    let digest = sha256(&bytes).to_string();
    let short = digest.get(..12).unwrap_or(&digest);
    let kept = keys.join(format!("{short}.{name}"));
    if exists(&kept)? {
        return Ok(());
    }
    keep(old, &kept)?;
    sync_folder(keys)
}

/// A whole file, or `None` where there is no regular one: to open a pipe waits for its writer.
pub(super) fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, SetError> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Ok(None);
    }
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SetError::io("read", path)(error)),
    }
}

/// Whether two files hold the same bytes; anything but a regular file is different from everything.
pub(super) fn same(one: &Path, other: &Path) -> Result<bool, SetError> {
    let length = |path: &Path| match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(Some(found.len())),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SetError::io("examine", path)(error)),
    };
    match (length(one)?, length(other)?) {
        (Some(one), Some(other)) if one == other => {}
        _ => return Ok(false),
    }
    let open = |path: &Path| {
        File::open(path)
            .map(|file| BufReader::with_capacity(BUFFER, file))
            .map_err(SetError::io("read", path))
    };
    let (mut left, mut right) = (open(one)?, open(other)?);
    let (mut ours, mut theirs) = (vec![0; BUFFER], vec![0; BUFFER]);
    loop {
        let length = left.read(&mut ours).map_err(SetError::io("read", one))?;
        let (Some(ours), Some(theirs)) = (ours.get(..length), theirs.get_mut(..length)) else {
            return Ok(false);
        };
        match right.read_exact(theirs) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(SetError::io("read", other)(error)),
            Ok(()) if ours != theirs => return Ok(false),
            Ok(()) if length == 0 => return Ok(true),
            Ok(()) => {}
        }
    }
}

/// Gives a file a second name, so that it can be put back by one rename; where the file system has no second names,
/// it is copied.
pub(super) fn keep(path: &Path, kept: &Path) -> Result<(), SetError> {
    let linked = point().and_then(|()| fs::hard_link(path, kept));
    linked
        .or_else(|_| {
            point()?;
            fs::copy(path, kept)?;
            // Windows makes only those files durable that are open to be written.
            OpenOptions::new().write(true).open(kept)?.sync_all()
        })
        .map_err(SetError::io("keep a copy of", path))
}

/// Renames a file over another.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), SetError> {
    point()
        .and_then(|()| named::replace(from, to))
        .map_err(SetError::io("replace", to))
}

/// Removes a file that may be missing.
pub(super) fn remove(path: &Path) -> Result<(), SetError> {
    match point().and_then(|()| fs::remove_file(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(SetError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// A small text, or `None` where there is none.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, SetError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SetError::io("read", path)(error)),
    }
}

/// Writes a small text, durable, in place of the one that was there.
pub(super) fn replace_text(path: &Path, text: &str) -> Result<(), SetError> {
    let next = path.with_extension("next");
    let written = point().and_then(|()| {
        let mut file = mode::file(0o644).create(true).truncate(true).open(&next)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        point()?;
        named::replace(&next, path)
    });
    written.map_err(SetError::io("write", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), SetError> {
    point()
        .and_then(|()| named::sync_folder(path))
        .map_err(SetError::io("flush the folder", path))
}
