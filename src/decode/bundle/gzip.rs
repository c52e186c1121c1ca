//! gzip files: one file each, whose name may stand in the header.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::super::error::OpenError;
use super::super::open::Opening;
use super::super::{Container, Opened};
use super::files::Files;

/// Opens a gzip file.
pub(in crate::decode) fn open<'a>(
    bytes: &[u8],
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    opening.limits.files(Container::Gzip, 1)?;
    let room = opening.limits.room();
    let mut unpacked = Vec::with_capacity(super::zip::capacity(u64::MAX, bytes.len(), room));
    MultiGzDecoder::new(bytes)
        .take(room + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| OpenError::Gzip(error.into()))?;
    let mut files = Files::of(Container::Gzip, opening);
    files.add("gzip".to_owned(), unpacked)?;
    files.finish()
}
