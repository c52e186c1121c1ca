//! What a server sent where a CRL was expected.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::der::{SEQUENCE, Walk};
use crate::input::{Cause, SIZE_LIMIT};

/// Why a download holds nothing that could be a CRL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoCrl {
    /// There is nothing in it.
    #[error("the answer is empty, expected a CRL")]
    Empty,
    /// It is neither DER nor PEM.
    #[error("the answer is neither DER nor PEM, expected a CRL")]
    Unknown,
    /// It is PEM, and damaged.
    #[error("the answer is damaged PEM, expected a CRL")]
    Pem(#[source] Cause),
}

/// The DER of each object of a download, without deciding what it is.
///
/// Takes DER and PEM and nothing else: not the containers that [`open`](super::open) opens for a person who named a file.
/// A server, or an impostor answering over plain HTTP, could make their key derivations and compressions cost any
/// amount of time; this is one pass over the bytes. The text may be UTF-16, and its BEGIN and END lines may be missing.
///
/// # Errors
/// When there is neither.
pub fn downloaded(bytes: &[u8]) -> Result<Vec<Cow<'_, [u8]>>, NoCrl> {
    if bytes.is_empty() {
        return Err(NoCrl::Empty);
    }
    // Scripts that serve CRLs leave line ends before and after them.
    if let Some(der) = der_between_line_ends(bytes) {
        return Ok(vec![Cow::Borrowed(der)]);
    }
    let short = bytes.len() as u64 <= SIZE_LIMIT;
    let text: Cow<'_, [u8]> = match encoding_rs::Encoding::for_bom(bytes) {
        // A base64 text may begin with the character that is DER's SEQUENCE: `0`.
        None if bytes.first() == Some(&SEQUENCE) && !bytes.is_ascii() => {
            return Ok(vec![Cow::Borrowed(bytes)]);
        }
        // What has to be copied has a limit of its own.
        _ if !short => return Err(NoCrl::Unknown),
        None => Cow::Borrowed(bytes),
        Some((encoding, mark)) => {
            let rest = bytes.get(mark..).unwrap_or_default();
            let (text, _) = encoding.decode_without_bom_handling(rest);
            Cow::Owned(text.into_owned().into_bytes())
        }
    };
    if memchr::memmem::find(&text, b"-----BEGIN").is_some() {
        let blocks = pem::parse_many(&text).map_err(|error| NoCrl::Pem(error.into()))?;
        let objects: Vec<_> = blocks
            .into_iter()
            .map(|block| Cow::Owned(block.into_contents()))
            .collect();
        return match objects.is_empty() {
            true => Err(NoCrl::Unknown),
            false => Ok(objects),
        };
    }
    let bare: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    match STANDARD.decode(&bare) {
        Ok(der) if der.first() == Some(&SEQUENCE) => Ok(vec![Cow::Owned(der)]),
        _ => Err(NoCrl::Unknown),
    }
}

/// The one DER element that there is besides spaces and line ends.
fn der_between_line_ends(bytes: &[u8]) -> Option<&[u8]> {
    let mut walk = Walk::over(bytes.trim_ascii_start());
    let element = walk.any().ok().filter(|element| element.tag == SEQUENCE)?;
    // A base64 text may begin so, and have a length that fits.
    let is_text = element.whole.is_ascii();
    (!is_text && walk.rest().trim_ascii().is_empty()).then_some(element.whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DER: &[u8] = b"\x30\x03\x02\x01\x80";

    #[test]
    fn der_pem_and_base64_are_taken_in_any_text_encoding() {
        let pem = pem::encode(&pem::Pem::new("X509 CRL", DER));
        let utf16: Vec<u8> = std::iter::once(0xfeff)
            .chain(pem.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let base64 = STANDARD.encode(DER);
        let apart = [b"\r\n", DER, b"\r\n"].concat();
        for bytes in [DER, pem.as_bytes(), &utf16, base64.as_bytes(), &apart] {
            assert_eq!(downloaded(bytes).unwrap(), [Cow::Borrowed(DER)]);
        }
    }

    #[test]
    fn what_is_neither_is_reported_at_once() {
        assert!(matches!(downloaded(b""), Err(NoCrl::Empty)));
        for bytes in [&b"PK\x03\x04"[..], b"<html>", b"\x1f\x8b\x08", b"{}"] {
            assert!(matches!(downloaded(bytes), Err(NoCrl::Unknown)));
        }
        assert!(downloaded(b"-----BEGIN X509 CRL-----\nMA").is_err());
        // What follows is for whoever reads the CRL to refuse.
        let followed = [DER, b"\n", DER].concat();
        assert_eq!(
            downloaded(&followed).unwrap(),
            [Cow::Borrowed(&followed[..])]
        );
    }
}
