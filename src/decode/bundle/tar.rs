//! tar archives: each file opened as if it had been given by itself.
//!
//! Names in the archive are shown and never used as paths; links and devices are nothing to read.

use std::io::{Cursor, Read};

use tar::Archive;

use super::super::error::OpenError;
use super::super::open::Opening;
use super::super::{Container, Opened};
use super::files::Files;

/// Whether the bytes begin like a tar archive (POSIX.1-1988 and later, GNU too).
pub(in crate::decode) fn is(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

/// Opens an archive.
pub(in crate::decode) fn open<'a>(
    bytes: &[u8],
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    let damaged = |error: std::io::Error| OpenError::Tar(error.into());
    let mut archive = Archive::new(Cursor::new(bytes));
    let mut files = Files::of(Container::Tar, opening);
    for entry in archive.entries().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        opening.limits.files(Container::Tar, 1)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let said = entry.header().size().unwrap_or(0);
        if said > bytes.len() as u64 {
            return Err(damaged(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let room = opening.limits.room();
        let mut unpacked = Vec::with_capacity(super::zip::capacity(said, bytes.len(), room));
        entry
            .take(room + 1)
            .read_to_end(&mut unpacked)
            .map_err(damaged)?;
        files.add(name, unpacked)?;
    }
    files.finish()
}
