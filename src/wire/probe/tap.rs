//! A TCP connection under a limit, with what arrives during the handshake kept.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::wire::deadline::Deadline;
use crate::wire::tls::handshake::Record;

/// The most that is received before a handshake is complete: more than four times the largest message that OpenSSL
/// takes from a server (100 KiB).
const HANDSHAKE_LIMIT: u64 = 512 * 1024;

/// How many of the first bytes are kept: the head of a short HTTP response.
const FIRST: usize = 2048;

/// The connection. Reads end with [`ErrorKind::TimedOut`] when the limit is over and, while there is a slice, with
/// [`ErrorKind::WouldBlock`] when that is over before.
#[derive(Debug)]
pub(super) struct Tap {
    stream: TcpStream,
    deadline: Deadline,
    slice: Option<Deadline>,
    /// What arrived, until the handshake is over.
    pub(super) record: Record,
    /// The first bytes, which tell whether it is TLS at all.
    pub(super) first: Vec<u8>,
    pub(super) received: u64,
    complete: bool,
    headers: Headers,
    sent: Flights,
}

impl Tap {
    pub(super) fn new(stream: TcpStream, deadline: Deadline) -> Tap {
        // Refused, it is merely slower.
        let _ = stream.set_nodelay(true);
        Tap {
            stream,
            deadline,
            slice: None,
            record: Record::default(),
            first: Vec::new(),
            received: 0,
            complete: false,
            headers: Headers::default(),
            sent: Flights::default(),
        }
    }

    /// The handshake is complete: goes on under this deadline, and counts handshake records from here on.
    pub(super) fn complete(&mut self, deadline: Deadline) {
        self.deadline = deadline;
        self.complete = true;
    }

    /// Goes on under another deadline.
    pub(super) fn set_deadline(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    /// Ends reads after this time without failing them; `None` for the deadline only.
    pub(super) fn set_slice(&mut self, slice: Option<Duration>) {
        self.slice = slice.map(Deadline::start);
    }

    /// What is not TLS is read on for a moment, to say what it is.
    pub(super) fn read_on(&mut self) {
        const MOMENT: Duration = Duration::from_millis(300);
        self.slice = None;
        self.deadline = Deadline::start(MOMENT.min(self.deadline.left().unwrap_or_default()));
        let mut buffer = [0; FIRST];
        while self.first.len() < FIRST && matches!(self.read(&mut buffer), Ok(1..)) {}
    }

    /// Whether the server sent handshake records after the handshake.
    pub(super) fn renegotiated(&self) -> bool {
        self.headers.handshakes > 0
    }

    /// How many messages the client sent between its ClientHello and its ChangeCipherSpec, in the renegotiation that had
    /// the most: ClientKeyExchange is one; Certificate comes before it where the server asked for one, and
    /// CertificateVerify after it where that was not empty (RFC 5246 section 7.3).
    pub(super) fn renegotiated_with(&self) -> usize {
        self.sent.most
    }
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.left().ok_or(ErrorKind::TimedOut)?;
        let wait = match &self.slice {
            None => left,
            Some(slice) => left.min(slice.left().ok_or(ErrorKind::WouldBlock)?),
        };
        self.stream.set_read_timeout(Some(wait))?;
        let count = match self.stream.read(buffer) {
            Ok(count) => count,
            // Unix says `WouldBlock` when the time is over, Windows `TimedOut`.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Err(match self.deadline.left() {
                    Some(_) if self.slice.is_some() => ErrorKind::WouldBlock.into(),
                    _ => ErrorKind::TimedOut.into(),
                });
            }
            Err(error) => return Err(error),
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        self.received += count as u64;
        let room = FIRST.saturating_sub(self.first.len());
        self.first.extend(bytes.iter().take(room));
        let handshakes = &mut self.headers.handshakes;
        let complete = self.complete;
        self.headers.records.follow(bytes, |kind| {
            *handshakes += usize::from(complete && kind == HANDSHAKE)
        });
        if !self.complete {
            self.record.add(bytes);
            if self.received > HANDSHAKE_LIMIT {
                return Err(ErrorKind::InvalidData.into());
            }
        }
        Ok(count)
    }
}

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.deadline.left().ok_or(ErrorKind::TimedOut)?;
        self.stream.set_write_timeout(Some(left))?;
        let count = self
            .stream
            .write(bytes)
            .map_err(|error| match error.kind() {
                ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
                _ => error,
            })?;
        self.sent
            .follow(bytes.get(..count).unwrap_or_default(), self.complete);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The types of records that matter here (RFC 5246 section 6.2.1).
const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;

/// What the server sent.
#[derive(Debug, Default)]
struct Headers {
    records: Records,
    /// Handshake records after the handshake: in TLS 1.3 all records look like data.
    handshakes: usize,
}

/// What the client sent after the handshake. Its messages are encrypted; OpenSSL begins a record for each of them, so that
/// their number is known, and with it which they are.
#[derive(Debug, Default)]
struct Flights {
    records: Records,
    /// Messages of the renegotiation under way, the ClientHello included.
    current: usize,
    /// Whether a Finished is to come, which is no message of the next renegotiation.
    finishing: bool,
    most: usize,
}

impl Flights {
    fn follow(&mut self, bytes: &[u8], complete: bool) {
        let Flights {
            records,
            current,
            finishing,
            most,
        } = self;
        records.follow(bytes, |kind| match kind {
            _ if !complete => {}
            HANDSHAKE if *finishing => *finishing = false,
            HANDSHAKE => *current += 1,
            CHANGE_CIPHER_SPEC => {
                *most = (*most).max(current.saturating_sub(1));
                *current = 0;
                *finishing = true;
            }
            _ => {}
        });
    }
}

/// Follows the headers of TLS records, which are never encrypted, across reads and writes.
#[derive(Debug, Default)]
struct Records {
    header: Vec<u8>,
    body: usize,
}

impl Records {
    /// Calls `each` with the type of every record that begins in these bytes.
    fn follow(&mut self, mut bytes: &[u8], mut each: impl FnMut(u8)) {
        while let Some((byte, rest)) = bytes.split_first() {
            if self.body > 0 {
                let skipped = self.body.min(bytes.len());
                self.body -= skipped;
                bytes = bytes.get(skipped..).unwrap_or_default();
                continue;
            }
            self.header.push(*byte);
            bytes = rest;
            if let [kind, _, _, high, low] = *self.header.as_slice() {
                self.body = usize::from(u16::from_be_bytes([high, low]));
                each(kind);
                self.header.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records of these types, each with two bytes.
    fn records(kinds: &[u8]) -> Vec<u8> {
        let records = kinds.iter().map(|kind| [*kind, 3, 3, 0, 2, 22, 20]);
        records.flatten().collect()
    }

    /// How many messages a renegotiation has between ClientHello and ChangeCipherSpec, however it is cut.
    fn most(kinds: &[u8]) -> usize {
        let mut whole = Flights::default();
        whole.follow(&records(&[22, 22, 20, 22]), false);
        whole.follow(&records(kinds), true);
        let mut cut = Flights::default();
        for byte in records(kinds) {
            cut.follow(&[byte], true);
        }
        assert_eq!(whole.most, cut.most, "{kinds:?}");
        whole.most
    }

    #[test]
    fn the_messages_of_a_renegotiation_are_counted_and_no_others() {
        // The handshake itself, and data.
        assert_eq!(most(&[]), 0);
        assert_eq!(most(&[23, 23, 21]), 0);
        // Without a request for a certificate: ClientHello, ClientKeyExchange, ChangeCipherSpec, Finished.
        assert_eq!(most(&[23, 22, 22, 20, 22, 23]), 1);
        // With one: Certificate before it, and CertificateVerify after it where that was not empty.
        assert_eq!(most(&[22, 22, 22, 20, 22]), 2);
        assert_eq!(most(&[22, 22, 22, 22, 20, 22]), 3);
        // A resumed session.
        assert_eq!(most(&[22, 20, 22]), 0);
        // A second one does not take the first one's messages, nor its Finished.
        assert_eq!(most(&[22, 22, 22, 22, 20, 22, 22, 22, 20, 22]), 3);
        assert_eq!(most(&[22, 22, 20, 22, 22, 22, 20, 22]), 1);
        // One that is not complete.
        assert_eq!(most(&[22, 22, 22]), 0);
    }
}
