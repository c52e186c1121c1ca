//! tar archives: each file opened as if it had been given by itself.
//!
//! Names in the archive are shown and never used as paths; links and devices are nothing to read.

use std::io::{Cursor, Read};

use tar::Archive;

use super::super::error::OpenError;
use super::super::open::Opening;
use super::super::{Container, Opened};
use super::files::Files;

/// Everything in an archive is filled up to a multiple of this.
const BLOCK: usize = 512;

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
    let (mut end, mut damage) = (0, None);
    for entry in archive.entries().map_err(damaged)? {
        let entry = match entry {
            Ok(entry) => entry,
            // Something else may follow the last entry.
            Err(error) if end > 0 && bytes.get(end..).is_some_and(|rest| !is(rest)) => {
                damage = Some(error);
                break;
            }
            Err(error) => return Err(damaged(error)),
        };
        let length = usize::try_from(entry.size()).unwrap_or(usize::MAX);
        let start = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX);
        end = start
            .saturating_add(length.div_ceil(BLOCK).saturating_mul(BLOCK))
            .min(bytes.len());
        opening.limits.files(Container::Tar, 1)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let said = entry.header().size().unwrap_or(0);
        let room = opening.limits.room();
        let mut unpacked = Vec::with_capacity(super::zip::capacity(said, bytes.len(), room));
        let read = entry.take(room + 1).read_to_end(&mut unpacked);
        let is_cut = said.min(room + 1) > unpacked.len() as u64;
        files.add(name, unpacked)?;
        let cut = match read {
            Err(error) => Some(error),
            Ok(_) if is_cut => Some(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => None,
        };
        if let Some(error) = cut {
            files.cut(error)?;
            return files.finish();
        }
    }
    // Blocks of zeros end an archive; another one, or anything else, may follow.
    let rest = bytes.get(end..).unwrap_or_default();
    let zeros = rest.iter().take_while(|byte| **byte == 0).count();
    let rest = rest.get(zeros..).unwrap_or_default();
    let before = files.objects();
    match is(rest) {
        true => files.add_archive(rest)?,
        false => files.add_rest(rest, end + zeros)?,
    }
    match damage {
        Some(error) if files.objects() == before => return Err(damaged(error)),
        _ => {}
    }
    files.finish()
}
