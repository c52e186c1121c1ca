//! gzip files: one file each, whose name may be in the header.

use std::io::Read;

use flate2::bufread::GzDecoder;

use super::super::error::OpenError;
use super::super::open::Opening;
use super::super::{Container, Opened};
use super::files::Files;

/// How each member begins.
const MAGIC: &[u8] = b"\x1f\x8b";

/// Opens a gzip file.
pub(in crate::decode) fn open<'a>(
    bytes: &[u8],
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    opening.limits.files(Container::Gzip, 1)?;
    let mut files = Files::of(Container::Gzip, opening);
    let mut unpacked = Vec::new();
    let mut rest = bytes;
    let mut damage = None;
    // A file may have several members, which are one file together (RFC 1952 section 2.2).
    while rest.starts_with(MAGIC) {
        let room = opening.limits.room().saturating_sub(unpacked.len() as u64);
        unpacked.reserve(super::zip::capacity(u64::MAX, rest.len(), room));
        let mut member = GzDecoder::new(rest).take(room + 1);
        if let Err(error) = member.read_to_end(&mut unpacked) {
            if unpacked.is_empty() {
                return Err(OpenError::Gzip(error.into()));
            }
            // What came before the damage may be all that matters.
            damage = Some(error);
            break;
        }
        if unpacked.len() as u64 > opening.limits.room() {
            break;
        }
        rest = member.into_inner().into_inner();
    }
    files.add("gzip".to_owned(), unpacked)?;
    if let Some(error) = damage {
        files.cut(error)?;
        return files.finish();
    }
    // Tapes and disks fill up with zeros.
    files.add_rest(rest, bytes.len() - rest.len())?;
    files.finish()
}
