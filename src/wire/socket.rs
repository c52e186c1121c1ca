//! A TCP connection under a limit on time.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::deadline::Deadline;

/// A connection whose every read and write ends with the deadline, as [`io::ErrorKind::TimedOut`].
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    deadline: Deadline,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, deadline: Deadline) -> Socket {
        // Answers are written whole; waiting for more to send only delays them. Refused, it is merely slower.
        let _ = stream.set_nodelay(true);
        Socket { stream, deadline }
    }

    /// Goes on under another deadline.
    pub(crate) fn set_deadline(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    /// Says that nothing more is sent, and waits a little for the other side to be done as well: closing at once would
    /// reset the connection where something of the request is unread, and destroy the answer on its way.
    pub(crate) fn finish(&mut self) {
        const LINGER: Duration = Duration::from_secs(1);
        const UNREAD: u64 = 1024 * 1024;
        if self.stream.shutdown(Shutdown::Write).is_ok() {
            let left = self.deadline.left().unwrap_or_default();
            self.deadline = Deadline::start(left.min(LINGER));
            // Whatever happens here, the connection is over.
            let _ = io::copy(&mut self.take(UNREAD), &mut io::sink());
        }
    }

    fn left(&self) -> io::Result<Duration> {
        self.deadline
            .left()
            .ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

/// Unix says `WouldBlock` when the time is over, Windows `TimedOut`.
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer).map_err(timed_out)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes).map_err(timed_out)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
