//! Who may read what is made here.

#[cfg(unix)]
pub(super) use by_its_mode::{file, folder, temporary};
#[cfg(not(unix))]
pub(super) use by_the_folder::{file, folder, temporary};

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
        options
    }

    /// What makes a temporary file with this mode; tempfile's own is 0600.
    pub(in crate::store) fn temporary(mode: u32) -> tempfile::Builder<'static, 'static> {
        let mut builder = tempfile::Builder::new();
        builder.permissions(Permissions::from_mode(mode));
        builder
    }
}

/// Windows: an access list, which what is made inherits from the folder that it is made in.
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

    pub(in crate::store) fn temporary(_mode: u32) -> tempfile::Builder<'static, 'static> {
        tempfile::Builder::new()
    }
}
