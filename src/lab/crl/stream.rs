//! CRLs of any size, written as they are made.

use std::fmt;
use std::io::{BufWriter, Write};

use openssl::hash::Hasher;

use super::entry::Entries;
use crate::document::PrivateKey;
use crate::lab::LabError;
use crate::lab::write::{Digest, der};

/// What a CRL is made of (RFC 5280 section 5.1).
pub(super) struct Parts<'k> {
    /// The DER of everything in the signed part before the entries.
    pub(super) head: Vec<u8>,
    pub(super) entries: Entries,
    /// The DER of everything in it after them.
    pub(super) tail: Vec<u8>,
    pub(super) digest: Digest,
    pub(super) key: &'k PrivateKey,
    /// Whether one bit of the signature is to be wrong.
    pub(super) bad_signature: bool,
}

/// A CRL whose length is known, and which is made while it is written.
pub struct PreparedCrl<'k> {
    parts: Parts<'k>,
    /// The octets of the entries, without the header around them.
    entries: u64,
}

impl fmt::Debug for PreparedCrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedCrl")
            .field("length", &self.length())
            .finish_non_exhaustive()
    }
}

/// How much is handed to the hash and to the writer at once.
const BLOCK: usize = 64 * 1024;

impl<'k> PreparedCrl<'k> {
    pub(super) fn new(parts: Parts<'k>) -> Result<PreparedCrl<'k>, LabError> {
        let entries = parts.entries.length();
        Ok(PreparedCrl { parts, entries })
    }

    /// The length of the whole CRL in octets.
    pub fn length(&self) -> u64 {
        let content = self.signed_length() + self.signature_length();
        header(0x30, content).len() as u64 + content
    }

    /// Writes the CRL, in DER. Memory does not grow with the entries.
    ///
    /// # Errors
    /// [`LabError::Write`] when `out` takes no more, and [`LabError::OpenSsl`].
    pub fn write(&self, out: impl Write) -> Result<(), LabError> {
        let mut out = BufWriter::with_capacity(BLOCK, out);
        out.write_all(&header(
            0x30,
            self.signed_length() + self.signature_length(),
        ))?;
        let mut signed = Signed {
            out: &mut out,
            hasher: self.parts.digest.hasher()?,
            block: Vec::with_capacity(BLOCK),
        };
        signed.take(&header(0x30, self.signed_content_length()))?;
        signed.take(&self.parts.head)?;
        if !self.parts.entries.is_empty() {
            signed.take(&header(0x30, self.entries))?;
            self.parts.entries.each(|entry| signed.take(entry))?;
        }
        signed.take(&self.parts.tail)?;
        let digest = signed.finish()?;
        let mut signature = self.parts.digest.sign(&digest, self.parts.key)?;
        if let Some(last) = signature.last_mut().filter(|_| self.parts.bad_signature) {
            *last ^= 1;
        }
        out.write_all(&self.parts.digest.algorithm())?;
        out.write_all(&der::bits(&signature))?;
        out.flush()?;
        Ok(())
    }

    /// The CRL in DER, as one block.
    ///
    /// # Errors
    /// [`LabError::OpenSsl`].
    pub fn to_vec(&self) -> Result<Vec<u8>, LabError> {
        let mut bytes = Vec::new();
        self.write(&mut bytes)?;
        Ok(bytes)
    }

    fn signed_content_length(&self) -> u64 {
        let around = match self.parts.entries.is_empty() {
            true => 0,
            false => header(0x30, self.entries).len() as u64,
        };
        (self.parts.head.len() + self.parts.tail.len()) as u64 + around + self.entries
    }

    fn signed_length(&self) -> u64 {
        let content = self.signed_content_length();
        header(0x30, content).len() as u64 + content
    }

    /// The AlgorithmIdentifier and the BIT STRING. A signature is as long as its key's modulus.
    fn signature_length(&self) -> u64 {
        let signature = self.parts.key.handle().size() as u64 + 1;
        let algorithm = self.parts.digest.algorithm().len() as u64;
        algorithm + header(0x03, signature).len() as u64 + signature
    }
}

/// Writes what is signed, and hashes it in large blocks: an entry at a time would cost more than the hash.
struct Signed<'o, W: Write> {
    out: &'o mut W,
    hasher: Hasher,
    block: Vec<u8>,
}

impl<W: Write> Signed<'_, W> {
    fn take(&mut self, bytes: &[u8]) -> Result<(), LabError> {
        self.block.extend_from_slice(bytes);
        match self.block.len() < BLOCK - 1024 {
            true => Ok(()),
            false => self.pass_on(),
        }
    }

    fn pass_on(&mut self) -> Result<(), LabError> {
        self.hasher
            .update(&self.block)
            .map_err(LabError::openssl("hash a CRL"))?;
        self.out.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<u8>, LabError> {
        self.pass_on()?;
        let digest = self.hasher.finish();
        Ok(digest.map_err(LabError::openssl("hash a CRL"))?.to_vec())
    }
}

/// The identifier and length octets of an element.
fn header(identifier: u8, length: u64) -> Vec<u8> {
    let mut header = vec![identifier];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => header.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let zeros = length.leading_zeros() as usize / 8;
            let octets = octets.get(zeros..).unwrap_or_default();
            // At most eight.
            header.push(0x80 | octets.len() as u8);
            header.extend_from_slice(octets);
        }
    }
    header
}
