//! What a server sends in the clear while a TLS 1.2 handshake is under way (RFC 5246): its certificates, whom it asks
//! for, and the alert with which it hangs up.
//!
//! OpenSSL hands these over only once the handshake has succeeded, and the names of the authorities not at all through
//! its safe bindings; when a handshake fails they are what one wants to know.

use std::fmt;

use crate::document::Name;

/// The most bytes kept of a handshake: room for a CertificateRequest that names hundreds of authorities, in two
/// messages of 64 KiB at most, and a chain.
const LIMIT: usize = 256 * 1024;

/// An alert: why one side hung up (RFC 5246, 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The number of its description.
    pub code: u8,
}

impl Alert {
    /// The name in the RFC; `None` for one that it does not list.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.code {
            0 => "close_notify",
            10 => "unexpected_message",
            20 => "bad_record_mac",
            22 => "record_overflow",
            40 => "handshake_failure",
            41 => "no_certificate",
            42 => "bad_certificate",
            43 => "unsupported_certificate",
            44 => "certificate_revoked",
            45 => "certificate_expired",
            46 => "certificate_unknown",
            47 => "illegal_parameter",
            48 => "unknown_ca",
            49 => "access_denied",
            50 => "decode_error",
            51 => "decrypt_error",
            70 => "protocol_version",
            71 => "insufficient_security",
            80 => "internal_error",
            86 => "inappropriate_fallback",
            90 => "user_canceled",
            100 => "no_renegotiation",
            109 => "missing_extension",
            110 => "unsupported_extension",
            112 => "unrecognized_name",
            116 => "certificate_required",
            120 => "no_application_protocol",
            _ => return None,
        })
    }

    /// The alert in OpenSSL's error, where there is one: it adds 1000 to the number (`SSL_AD_REASON_OFFSET`).
    pub(super) fn of(stack: &openssl::error::ErrorStack) -> Option<Alert> {
        const OFFSET: i32 = 1000;
        let mut codes = stack
            .errors()
            .iter()
            .map(|error| error.reason_code() - OFFSET);
        codes
            .find_map(|code| u8::try_from(code).ok())
            .map(|code| Alert { code })
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.code),
            None => write!(f, "alert {}", self.code),
        }
    }
}

/// A server's wish for a certificate (RFC 5246, 7.4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    /// The names of the authorities that it takes, as DER; empty for any.
    pub authorities: Vec<Vec<u8>>,
}

impl CertificateRequest {
    /// The names, read; `None` for one that is none.
    pub fn names(&self) -> impl Iterator<Item = Option<Name>> {
        self.authorities.iter().map(|der| Name::read(der).ok())
    }
}

/// What was seen of a handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Handshake {
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) request: Option<CertificateRequest>,
    pub(super) alert: Option<Alert>,
}

/// The bytes that arrived, up to a limit.
#[derive(Debug, Default)]
pub(super) struct Record(Vec<u8>);

impl Record {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let room = LIMIT.saturating_sub(self.0.len());
        self.0.extend(bytes.iter().take(room));
    }

    /// Reads as far as the bytes make sense.
    pub(super) fn read(&self) -> Handshake {
        let mut handshake = Handshake::default();
        let mut bytes = self.0.as_slice();
        let mut messages = Vec::new();
        while let Some((kind, fragment)) = record(&mut bytes) {
            match kind {
                // ChangeCipherSpec: what follows is encrypted.
                20 => break,
                21 => {
                    if let [_, code] = *fragment {
                        handshake.alert = Some(Alert { code });
                    }
                }
                22 => messages.extend_from_slice(fragment),
                _ => break,
            }
        }
        let mut rest = messages.as_slice();
        while let Some((kind, body)) = message(&mut rest) {
            match kind {
                11 => handshake.chain = certificates(body).unwrap_or_default(),
                13 => handshake.request = certificate_request(body),
                _ => {}
            }
        }
        handshake
    }
}

fn record<'b>(bytes: &mut &'b [u8]) -> Option<(u8, &'b [u8])> {
    let [kind, _, _] = *take(bytes, 3)? else {
        return None;
    };
    Some((kind, vector(bytes, 2)?))
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

fn certificate_request(mut body: &[u8]) -> Option<CertificateRequest> {
    let _types = vector(&mut body, 1)?;
    let _algorithms = vector(&mut body, 2)?;
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
