//! What OpenSSL's own PEM reader makes of a file: nginx, Apache httpd and HAProxy read theirs with it, and it takes much less
//! than [`open`](super::open) does.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem};
use openssl::dh::Dh;
use openssl::error::{Error, ErrorStack};
use openssl::pkey::PKey;
use openssl::x509::{X509, X509Crl};
use zeroize::Zeroizing;

use super::{Label, Password, der};

/// The longest block of PEM of which OpenSSL also reads the DER: it makes several times as much of a CRL with a million
/// entries. Of longer ones it undoes the base64 only.
const DER_LIMIT: usize = 16 * 1024 * 1024;

/// What is said where OpenSSL says nothing.
const UNNAMED: &str = "it cannot be decoded";

/// What OpenSSL reads of a file before it stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenSslReading {
    /// How many objects of the kind asked for.
    pub(crate) count: usize,
    /// Why it stopped before the end.
    pub(crate) refusal: Option<OpenSslRefusal>,
}

/// What OpenSSL refuses in a file of PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenSslRefusal {
    /// The lines of the block, from 1, where it is one of several.
    pub(crate) lines: Option<Range<usize>>,
    /// OpenSSL's words.
    pub(crate) reason: String,
}

/// The certificates that OpenSSL reads one after the other, as servers do: until there is no further BEGIN line.
pub(crate) fn certificates(text: &[u8]) -> OpenSslReading {
    each(text, |block| {
        // With trust settings after the certificate; what reads CAs and the first certificate of a server takes both.
        let plain = match memmem::find(block, b"-----BEGIN TRUSTED CERTIFICATE-----") {
            Some(_) => Cow::Owned(without_word(block)),
            None => Cow::Borrowed(block),
        };
        X509::from_pem(&plain).map(|_| 1)
    })
}

/// The CRLs, likewise.
pub(crate) fn crls(text: &[u8]) -> OpenSslReading {
    each(text, |block| match block.len() {
        length if length <= DER_LIMIT => X509Crl::from_pem(block).map(|_| 1),
        // OpenSSL undoes the base64 of every block that it passes over.
        _ => match X509::from_pem(block) {
            Err(error) if has_no_start(&error) => {
                let is_start = |line: &[u8]| line.trim_ascii_end() == b"-----BEGIN X509 CRL-----";
                Ok(usize::from(
                    block.split(|byte| *byte == b'\n').any(is_start),
                ))
            }
            Err(error) => Err(error),
            Ok(_) => Ok(0),
        },
    })
}

/// Whether OpenSSL reads a private key from the file, one in the clear or with this password: the first, which is all that
/// servers read.
pub(crate) fn private_key(text: &[u8], password: Option<&Password>) -> OpenSslReading {
    super::crypto::ready();
    // Without a password nothing is asked for.
    let read = PKey::private_key_from_pem_callback(text, |room| {
        let password = password.map(Password::as_bytes).unwrap_or_default();
        Ok(match room.get_mut(..password.len()) {
            Some(room) => {
                room.copy_from_slice(password);
                password.len()
            }
            None => 0,
        })
    });
    OpenSslReading {
        count: usize::from(read.is_ok()),
        refusal: read.err().map(|error| OpenSslRefusal {
            lines: None,
            reason: reason(&error),
        }),
    }
}

/// Whether OpenSSL refuses a key in the clear under this label, because the label is of another format than the key: it reads
/// SEC 1 under EC PRIVATE KEY, PKCS#1 under RSA PRIVATE KEY and PKCS#8 under PRIVATE KEY.
pub(crate) fn refuses_key(label: &Label, der: &[u8]) -> bool {
    let promised: &[u8] = match label {
        // Their second members (RFC 5958 section 2, RFC 8017 appendix A.1.2, RFC 5915 section 3).
        Label::PrivateKey => &[der::SEQUENCE],
        Label::RsaPrivateKey => &[0x02],
        Label::EcPrivateKey => &[0x04],
        Label::EncryptedPrivateKey => &[],
        _ => return false,
    };
    let second = || {
        let mut inside = der::Walk::over(der).enter(der::SEQUENCE).ok()?;
        inside.any().ok()?;
        Some(inside.any().ok()?.tag)
    };
    // An encrypted one was opened.
    let is_encrypted = der::begins_with_algorithm(der);
    if is_encrypted || second().is_some_and(|second| promised.contains(&second)) {
        return false;
    }
    let body = Zeroizing::new(openssl::base64::encode_block(der));
    let lines = body.as_bytes().chunks(64).collect::<Vec<_>>();
    let body = Zeroizing::new(lines.join(&b'\n'));
    let (begin, end) = (
        format!("-----BEGIN {label}-----\n"),
        format!("\n-----END {label}-----\n"),
    );
    let block = Zeroizing::new([begin.as_bytes(), &body, end.as_bytes()].concat());
    private_key(&block, None).refusal.is_some()
}

/// Whether OpenSSL reads Diffie-Hellman parameters from the file.
pub(crate) fn parameters(text: &[u8]) -> OpenSslReading {
    super::crypto::ready();
    let read = Dh::params_from_pem(text);
    OpenSslReading {
        count: usize::from(read.is_ok()),
        refusal: read.err().map(|error| OpenSslRefusal {
            lines: None,
            reason: reason(&error),
        }),
    }
}

/// Why OpenSSL does not undo the base64 of a block with this body, which begins behind the dashes of BEGIN and ends in front of
/// those of END; `None` where it does, and of what is encrypted, of which it would ask for a password.
pub(super) fn refusal_of_body(body: &[u8]) -> Option<String> {
    super::crypto::ready();
    if memmem::find(body, b"ENCRYPTED").is_some() {
        return None;
    }
    // Whatever the block is, under this label OpenSSL comes as far as the DER.
    let begin = b"-----BEGIN CERTIFICATE-----".as_slice();
    let end = b"-----END CERTIFICATE-----\n".as_slice();
    let block = Zeroizing::new([begin, body, end].concat());
    let error = X509::from_pem(&block).err()?;
    let is_of_pem = |error: &&Error| {
        error.library() == Some("PEM routines") && error.reason() != Some("ASN1 lib")
    };
    match error.errors().iter().find(is_of_pem) {
        Some(error) => Some(error.reason().unwrap_or(UNNAMED).to_owned()),
        // Of some headers OpenSSL says nothing.
        None => error.errors().is_empty().then(|| UNNAMED.to_owned()),
    }
}

/// Has OpenSSL read block for block. What OpenSSL reads ends with an END line, so that what it makes of a file is what it
/// makes of the parts that end with those, until it refuses one.
fn each(text: &[u8], read: impl Fn(&[u8]) -> Result<usize, ErrorStack>) -> OpenSslReading {
    super::crypto::ready();
    let mut reading = OpenSslReading {
        count: 0,
        refusal: None,
    };
    let (mut from, mut line) = (0, 1);
    while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
        let (block, _) = rest
            .split_at_checked(block_length(rest))
            .unwrap_or((rest, &[]));
        let answer = match memmem::find(block, b"ENCRYPTED") {
            // OpenSSL would ask the terminal for a password. Nothing that is counted here is encrypted.
            Some(_) => Ok(0),
            None => read(block),
        };
        match answer {
            Ok(count) => reading.count += count,
            Err(error) if has_no_start(&error) => {}
            Err(error) => {
                reading.refusal = Some(OpenSslRefusal {
                    lines: Some(line..line + lines(block)),
                    reason: reason(&error),
                });
                break;
            }
        }
        line += memchr_iter(b'\n', block).count();
        from += block.len();
    }
    reading
}

/// The bytes up to the end of the first line that begins as an END line does, or all.
fn block_length(text: &[u8]) -> usize {
    const END: &[u8] = b"-----END ";
    let start = match text.starts_with(END) {
        true => Some(0),
        false => memmem::find(text, b"\n-----END ").map(|at| at + 1),
    };
    let end = start.and_then(|start| {
        let line = text.get(start..)?;
        memchr(b'\n', line).map(|length| start + length + 1)
    });
    end.unwrap_or(text.len())
}

fn lines(text: &[u8]) -> usize {
    text.trim_ascii_end().split(|byte| *byte == b'\n').count()
}

/// A block with the word TRUSTED removed from its lines.
fn without_word(block: &[u8]) -> Vec<u8> {
    const WORD: &[u8] = b" TRUSTED CERTIFICATE-----";
    let mut plain = Vec::with_capacity(block.len());
    let mut from = 0;
    for at in memmem::find_iter(block, WORD) {
        plain.extend_from_slice(block.get(from..at).unwrap_or_default());
        plain.extend_from_slice(b" CERTIFICATE-----");
        from = at + WORD.len();
    }
    plain.extend_from_slice(block.get(from..).unwrap_or_default());
    plain
}

/// Whether OpenSSL found no BEGIN line of the kind, which is how it finds the end of a file.
fn has_no_start(error: &ErrorStack) -> bool {
    let last = error.errors().last();
    last.and_then(|error| error.reason()) == Some("no start line")
}

fn reason(error: &ErrorStack) -> String {
    let first = error.errors().iter().find_map(|error| error.reason());
    first.unwrap_or(UNNAMED).to_owned()
}
