//! Who may read what is made here.

use std::io::ErrorKind;

#[cfg(unix)]
pub(super) use by_its_mode::{file, folder, reading, temporary, temporary_folder};
#[cfg(not(unix))]
pub(super) use by_the_folder::{file, folder, reading, temporary, temporary_folder};

/// Makes a folder and those above it where they are missing: everyone may read them, only their owner may write,
/// whatever the umask says.
pub(super) fn make_folders(path: &std::path::Path) -> std::io::Result<()> {
    match path.as_os_str().is_empty() {
        true => Ok(()),
        false => {
            let made = folder(0o755).recursive(true).create(path);
            // A folder that is there is no error: something else has its name.
            made.map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => ErrorKind::NotADirectory.into(),
                _ => error,
            })
        }
    }
}

/// Unix: a mode from the first byte, less what the umask takes away.
#[cfg(unix)]
mod by_its_mode {
    use std::fs::{DirBuilder, OpenOptions, Permissions};
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};

    /// What makes a folder with this mode.
    pub(in crate::store) fn folder(mode: u32) -> DirBuilder {
        let mut builder = DirBuilder::new();
        builder.mode(mode);
        builder
    }

    /// What opens a file to be written, with this mode if that makes it.
    pub(in crate::store) fn file(mode: u32) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.write(true).mode(mode);
        // A link planted by another user leads to a file of theirs, or of someone else's.
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        options
    }

    /// What opens a file to be read: no link is followed, and no pipe's writer waited for.
    pub(in crate::store) fn reading() -> OpenOptions {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(flags.bits().cast_signed());
        options
    }

    /// What makes a temporary folder with this mode; tempfile's own is that of any folder.
    pub(in crate::store) fn temporary_folder(mode: u32) -> tempfile::Builder<'static, 'static> {
        temporary(mode)
    }

    /// What makes a temporary file with this mode; tempfile's own is 0600.
    pub(in crate::store) fn temporary(mode: u32) -> tempfile::Builder<'static, 'static> {
        let mut builder = tempfile::Builder::new();
        builder.permissions(Permissions::from_mode(mode));
        builder
    }
}

/// Windows: an access control list, which a new file inherits from its folder.
#[cfg(not(unix))]
mod by_the_folder {
    use std::fs::{DirBuilder, OpenOptions};

    pub(in crate::store) fn folder(_mode: u32) -> DirBuilder {
        DirBuilder::new()
    }

    pub(in crate::store) fn file(_mode: u32) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.write(true);
        options
    }

    pub(in crate::store) fn reading() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(true);
        options
    }

    pub(in crate::store) fn temporary_folder(_mode: u32) -> tempfile::Builder<'static, 'static> {
        tempfile::Builder::new()
    }

    pub(in crate::store) fn temporary(_mode: u32) -> tempfile::Builder<'static, 'static> {
        tempfile::Builder::new()
    }
}
