//! What a server sends while a handshake is under way (RFC 5246, RFC 8446): its version and suite, its certificates, the
//! client certificates that it asks for, and the alert with which it ends the connection. In TLS 1.3 most of that is
//! encrypted, and read with the secret that the TLS library logs.
//!
//! OpenSSL hands these over only once the handshake has succeeded, and the names of the authorities not at all through
//! its safe bindings; when a handshake fails they are what one wants to know.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt_aead};

use crate::verdict::connection::{Alert, CertificateRequest};

/// The most bytes kept of a handshake: room for a CertificateRequest that names hundreds of authorities, in two
/// messages of 64 KiB at most, and a chain.
const LIMIT: usize = 256 * 1024;

/// The alert in OpenSSL's error, where there is one: it adds 1000 to the number (`SSL_AD_REASON_OFFSET`).
pub(in crate::wire) fn alert_of(stack: &openssl::error::ErrorStack) -> Option<Alert> {
    const OFFSET: i32 = 1000;
    let mut codes = stack
        .errors()
        .iter()
        .map(|error| error.reason_code() - OFFSET);
    codes
        .find_map(|code| u8::try_from(code).ok())
        .map(|code| Alert { code })
}

/// What was seen of a handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::wire) struct Handshake {
    /// The version that the server chose, as on the wire, and the suite's number.
    pub(in crate::wire) hello: Option<(u16, u16)>,
    pub(in crate::wire) chain: Vec<Vec<u8>>,
    pub(in crate::wire) request: Option<CertificateRequest>,
    pub(in crate::wire) alert: Option<Alert>,
}

/// The bytes that arrived, up to a limit.
#[derive(Debug, Default)]
pub(in crate::wire) struct Record(Vec<u8>);

impl Record {
    pub(in crate::wire) fn add(&mut self, bytes: &[u8]) {
        let room = LIMIT.saturating_sub(self.0.len());
        self.0.extend(bytes.iter().take(room));
    }

    /// Reads as far as the bytes make sense and are in the clear.
    pub(in crate::wire) fn read(&self) -> Handshake {
        self.read_with(None)
    }

    /// The same, and in TLS 1.3 what the server's handshake traffic secret decrypts (RFC 8446 section 7.1).
    pub(in crate::wire) fn read_with(&self, secret: Option<&[u8]>) -> Handshake {
        let mut handshake = Handshake::default();
        let mut bytes = self.0.as_slice();
        let mut messages = Messages::default();
        let mut opener: Option<Opener> = None;
        while let Some((kind, header, fragment)) = record(&mut bytes) {
            match kind {
                // In TLS 1.2 what follows ChangeCipherSpec is encrypted; in TLS 1.3 the record means nothing.
                20 if is_tls13(&handshake) => {}
                20 => break,
                21 => note_alert(fragment, &mut handshake),
                22 => {
                    messages.add(fragment);
                    messages.read(&mut handshake);
                }
                23 if is_tls13(&handshake) => {
                    if opener.is_none() {
                        let suite = handshake.hello.map_or(0, |(_, suite)| suite);
                        opener = secret.and_then(|secret| Opener::new(suite, secret));
                        messages = Messages::default();
                    }
                    let opened = opener.as_mut().map(|opener| opener.open(header, fragment));
                    match opened.flatten() {
                        Some((22, plain)) => {
                            messages.add(&plain);
                            messages.read(&mut handshake);
                        }
                        Some((21, plain)) => note_alert(&plain, &mut handshake),
                        // What comes after Finished is encrypted with other keys.
                        _ => break,
                    }
                }
                _ => break,
            }
        }
        handshake
    }
}

fn is_tls13(handshake: &Handshake) -> bool {
    handshake.hello.is_some_and(|(version, _)| version == TLS13)
}

/// TLS 1.2 on the wire.
const TLS12: u16 = 0x0303;
/// TLS 1.3 on the wire.
pub(in crate::wire) const TLS13: u16 = 0x0304;

fn note_alert(fragment: &[u8], handshake: &mut Handshake) {
    if let [_, code] = *fragment {
        handshake.alert = Some(Alert { code });
    }
}

/// Handshake messages, which go across records.
#[derive(Default)]
struct Messages(Vec<u8>);

impl Messages {
    fn add(&mut self, fragment: &[u8]) {
        self.0.extend_from_slice(fragment);
    }

    /// Reads every message that is whole.
    fn read(&mut self, handshake: &mut Handshake) {
        let all = std::mem::take(&mut self.0);
        let mut rest = all.as_slice();
        loop {
            let mut ahead = rest;
            let Some((kind, body)) = message(&mut ahead) else {
                break;
            };
            rest = ahead;
            let tls13 = is_tls13(handshake);
            match kind {
                2 => handshake.hello = server_hello(body).or(handshake.hello),
                11 if tls13 => handshake.chain = certificates13(body).unwrap_or_default(),
                11 => handshake.chain = certificates(body).unwrap_or_default(),
                13 if tls13 => handshake.request = certificate_request13(body),
                13 => handshake.request = certificate_request(body, handshake.hello),
                _ => {}
            }
        }
        self.0 = rest.to_vec();
    }
}

/// Decrypts the records that a TLS 1.3 server sends during the handshake (RFC 8446 section 5.2).
struct Opener {
    cipher: Cipher,
    key: Vec<u8>,
    iv: Vec<u8>,
    sequence: u64,
}

impl Opener {
    fn new(suite: u16, secret: &[u8]) -> Option<Opener> {
        let (cipher, digest) = match suite {
            0x1301 => (Cipher::aes_128_gcm(), MessageDigest::sha256()),
            0x1302 => (Cipher::aes_256_gcm(), MessageDigest::sha384()),
            0x1303 => (Cipher::chacha20_poly1305(), MessageDigest::sha256()),
            _ => return None,
        };
        Some(Opener {
            cipher,
            key: expand(digest, secret, b"key", cipher.key_len())?,
            iv: expand(digest, secret, b"iv", 12)?,
            sequence: 0,
        })
    }

    /// The inner type and the content; `None` for what these keys do not open.
    fn open(&mut self, header: &[u8], fragment: &[u8]) -> Option<(u8, Vec<u8>)> {
        const TAG: usize = 16;
        let (sealed, tag) = fragment.split_at_checked(fragment.len().checked_sub(TAG)?)?;
        let mut nonce = self.iv.clone();
        let sequence = self.sequence.to_be_bytes();
        let tail = nonce.iter_mut().rev().zip(sequence.iter().rev());
        tail.for_each(|(nonce, sequence)| *nonce ^= sequence);
        let nonce = Some(nonce.as_slice());
        let mut plain = decrypt_aead(self.cipher, &self.key, nonce, header, sealed, tag).ok()?;
        self.sequence += 1;
        while plain.last() == Some(&0) {
            plain.pop();
        }
        let kind = plain.pop()?;
        Some((kind, plain))
    }
}

/// HKDF-Expand-Label without a context (RFC 8446 section 7.1); one block of the hash is enough for a key or an IV.
fn expand(digest: MessageDigest, secret: &[u8], label: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut info = u16::try_from(length).ok()?.to_be_bytes().to_vec();
    info.push(u8::try_from(6 + label.len()).ok()?);
    info.extend_from_slice(b"tls13 ");
    info.extend_from_slice(label);
    info.extend_from_slice(&[0, 1]);
    let key = PKey::hmac(secret).ok()?;
    let mut block = Signer::new(digest, &key)
        .ok()?
        .sign_oneshot_to_vec(&info)
        .ok()?;
    block.truncate(length);
    (block.len() == length).then_some(block)
}

/// A record: its type, its header, its content.
fn record<'b>(bytes: &mut &'b [u8]) -> Option<(u8, &'b [u8], &'b [u8])> {
    let header = bytes.get(..5)?;
    let [kind, _, _] = *take(bytes, 3)? else {
        return None;
    };
    Some((kind, header, vector(bytes, 2)?))
}

fn number(bytes: &mut &[u8]) -> Option<u16> {
    match *take(bytes, 2)? {
        [high, low] => Some(u16::from_be_bytes([high, low])),
        _ => None,
    }
}

/// The version and the suite of a ServerHello (RFC 8446 section 4.1.3); nothing for a request to try again.
fn server_hello(mut body: &[u8]) -> Option<(u16, u16)> {
    const RETRY: [u8; 4] = [0xcf, 0x21, 0xad, 0x74];
    let version = number(&mut body)?;
    if take(&mut body, 32)?.starts_with(&RETRY) {
        return None;
    }
    vector(&mut body, 1)?;
    let suite = number(&mut body)?;
    take(&mut body, 1)?;
    let mut extensions = vector(&mut body, 2).unwrap_or_default();
    while let (Some(kind), Some(mut data)) = (number(&mut extensions), vector(&mut extensions, 2)) {
        if kind == 43 {
            return Some((number(&mut data)?, suite));
        }
    }
    Some((version, suite))
}

fn certificates13(mut body: &[u8]) -> Option<Vec<Vec<u8>>> {
    vector(&mut body, 1)?;
    let mut entries = vector(&mut body, 3)?;
    let mut found = Vec::new();
    while !entries.is_empty() {
        found.push(vector(&mut entries, 3)?.to_vec());
        vector(&mut entries, 2)?;
    }
    Some(found)
}

fn certificate_request13(mut body: &[u8]) -> Option<CertificateRequest> {
    vector(&mut body, 1)?;
    let mut extensions = vector(&mut body, 2)?;
    let mut authorities = Vec::new();
    while !extensions.is_empty() {
        let (kind, mut data) = (number(&mut extensions)?, vector(&mut extensions, 2)?);
        if kind == 47 {
            authorities = all(vector(&mut data, 2)?, 2)?;
        }
    }
    Some(CertificateRequest { authorities })
}

fn message<'b>(bytes: &mut &'b [u8]) -> Option<(u8, &'b [u8])> {
    let [kind] = *take(bytes, 1)? else {
        return None;
    };
    Some((kind, vector(bytes, 3)?))
}

fn certificates(mut body: &[u8]) -> Option<Vec<Vec<u8>>> {
    all(vector(&mut body, 3)?, 3)
}

fn certificate_request(mut body: &[u8], hello: Option<(u16, u16)>) -> Option<CertificateRequest> {
    let _types = vector(&mut body, 1)?;
    // TLS 1.0 and 1.1 have none (RFC 4346 section 7.4.4).
    if hello.is_none_or(|(version, _)| version >= TLS12) {
        let _algorithms = vector(&mut body, 2)?;
    }
    let authorities = all(vector(&mut body, 2)?, 2)?;
    Some(CertificateRequest { authorities })
}

/// A CRL of vectors that fills the bytes.
fn all(mut bytes: &[u8], width: usize) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        found.push(vector(&mut bytes, width)?.to_vec());
    }
    Some(found)
}

/// A vector after its length (RFC 5246, 4.3).
fn vector<'b>(bytes: &mut &'b [u8], width: usize) -> Option<&'b [u8]> {
    let length = take(bytes, width)?
        .iter()
        .fold(0, |length, byte| length << 8 | usize::from(*byte));
    take(bytes, length)
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(bytes: &[u8]) -> Handshake {
        let mut record = Record::default();
        record.add(bytes);
        record.read()
    }

    #[test]
    fn messages_are_read_across_records_and_two_in_one() {
        // Certificate with one "certificate" of two bytes, cut in two records; the second begins a CertificateRequest.
        let bytes = b"\x16\x03\x03\x00\x05\x0b\x00\x00\x08\x00\
                      \x16\x03\x03\x00\x14\x00\x05\x00\x00\x02\xab\xcd\
                      \x0d\x00\x00\x0a\x00\x00\x00\x00\x05\x00\x03\x30\x01\
                      \x16\x03\x03\x00\x01\x05\
                      \x15\x03\x03\x00\x02\x02\x30";
        let handshake = of(bytes);
        assert_eq!(handshake.chain, [vec![0xab, 0xcd]]);
        assert_eq!(handshake.request.unwrap().authorities, [vec![0x30, 1, 5]]);
        assert_eq!(handshake.alert.unwrap().to_string(), "unknown_ca (48)");
    }

    #[test]
    fn what_comes_after_the_change_to_encryption_is_not_read() {
        let handshake = of(b"\x14\x03\x03\x00\x01\x01\x15\x03\x03\x00\x02\x02\x28");
        assert_eq!(handshake, Handshake::default());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            of(&bytes);
            let mut framed = vec![0x16, 3, 3, (bytes.len() >> 8) as u8, bytes.len() as u8];
            framed.extend(&bytes);
            of(&framed);
        }
    }
}
