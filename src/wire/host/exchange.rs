//! One question and its answer on one connection.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::SocketAddr;

use super::listen::{Pause, Then};
use super::question::{self, Question, Silence};
use super::reply::{Body, Length, Pace, Reply};
use super::{Event, Events, Limits};
use crate::wire::deadline::Deadline;
use crate::wire::socket::Socket;

/// What an exchange runs over: TCP, or TLS over it.
pub(in crate::wire) trait Stream: Read + Write {
    /// The connection below.
    fn socket(&mut self) -> &mut Socket;
    /// Finishes the layers between this and the connection.
    fn close(&mut self) {}
}

impl Stream for Socket {
    fn socket(&mut self) -> &mut Socket {
        self
    }
}

/// The circumstances of one exchange.
pub(in crate::wire) struct Exchange<'e> {
    pub(in crate::wire) from: SocketAddr,
    pub(in crate::wire) limits: Limits,
    pub(in crate::wire) pause: Pause,
    pub(in crate::wire) events: &'e Events,
}

impl Exchange<'_> {
    /// Reads a question, has it answered, sends the answer.
    pub(in crate::wire) fn run(
        &self,
        mut stream: impl Stream,
        answer: &dyn Fn(&Question) -> Reply,
    ) {
        let read = question::read(&mut stream, self.from, self.limits.head);
        if let Some(why) = self.pause.made_room() {
            return self.broken(io::Error::other(why));
        }
        self.pause.asked();
        stream
            .socket()
            .set_deadline(Deadline::start(self.limits.reply));
        let (question, reply) = match read {
            Ok(question) => {
                let reply = answer(&question);
                (Some(question), reply)
            }
            Err(Silence::Problem(problem)) => {
                self.tell(Event::Refused {
                    from: self.from,
                    problem,
                });
                let body = format!("{problem}\n").into_bytes();
                (
                    None,
                    Reply {
                        status: problem.status(),
                        ..Reply::ok("text/plain", body)
                    },
                )
            }
            Err(Silence::Broken(source)) => return self.broken(source),
        };
        let status = reply.status;
        let head_only = question
            .as_ref()
            .is_some_and(|question| question.method == "HEAD");
        let mut sent = 0;
        let result = self.send(&mut stream, reply, head_only, &mut sent);
        if let Some(question) = question {
            self.tell(Event::Answered {
                from: self.from,
                method: question.method,
                target: question.target,
                status,
                bytes: sent,
            });
        }
        match result {
            Ok(Sent::Whole) => {
                stream.close();
                stream.socket().finish();
            }
            Ok(Sent::Cut) => {}
            Err(source) => self.broken(source),
        }
    }

    fn tell(&self, event: Event) {
        (self.events)(event);
    }

    fn broken(&self, source: io::Error) {
        self.tell(Event::Broken {
            from: self.from,
            source,
        });
    }

    fn send(
        &self,
        stream: &mut impl Stream,
        reply: Reply,
        head_only: bool,
        sent: &mut u64,
    ) -> io::Result<Sent> {
        if reply.pace == Pace::Silent {
            // Until the client gives up, the time is over, or the host stops.
            io::copy(stream, &mut io::sink())?;
            return Ok(Sent::Cut);
        }
        let mut out = Paced {
            stream,
            pace: reply.pace,
            pause: &self.pause,
            pending: head(&reply).into_bytes(),
        };
        let mut left = reply.cut.unwrap_or(u64::MAX);
        let chunked = reply.length == Length::Chunked && reply.status != 0;
        let mut reader: Box<dyn Read + '_> = match reply.body {
            _ if head_only => Box::new(io::empty()),
            Body::Bytes(ref bytes) => Box::new(&bytes[..]),
            Body::Shared(ref bytes) => Box::new(&bytes[..]),
            Body::Stream(reader, _) => reader,
        };
        let mut buffer = vec![0; 64 * 1024];
        while left > 0 {
            let most = usize::try_from(left)
                .unwrap_or(usize::MAX)
                .min(buffer.len());
            let count = reader.read(buffer.get_mut(..most).unwrap_or_default())?;
            let bytes = buffer.get(..count).unwrap_or_default();
            if chunked && !head_only {
                out.write_all(format!("{count:x}\r\n").as_bytes())?;
                out.write_all(bytes)?;
                out.write_all(b"\r\n")?;
            } else {
                out.write_all(bytes)?;
            }
            if count == 0 {
                out.flush()?;
                return Ok(Sent::Whole);
            }
            *sent += count as u64;
            left -= count as u64;
        }
        out.flush()?;
        Ok(Sent::Cut)
    }
}

enum Sent {
    Whole,
    Cut,
}

fn head(reply: &Reply) -> String {
    if reply.status == 0 {
        return String::new();
    }
    let reason = ureq::http::StatusCode::from_u16(reply.status).ok();
    let reason = reason
        .and_then(|status| status.canonical_reason())
        .unwrap_or("");
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", reply.status);
    // Writing to a string does not fail.
    let _ = match (reply.length, reply.body.length()) {
        (Length::Claimed(length), _) | (Length::True, Some(length)) => {
            // RFC 9110, 8.6: no length where there cannot be a body.
            match reply.status {
                204 | 304 => Ok(()),
                _ => write!(head, "Content-Length: {length}\r\n"),
            }
        }
        (Length::Chunked, _) => write!(head, "Transfer-Encoding: chunked\r\n"),
        (Length::Unsaid, _) | (Length::True, None) => Ok(()),
    };
    let broken = |text: &str| text.contains(['\r', '\n', '\0']);
    for (name, value) in &reply.headers {
        if !broken(name) && !broken(value) {
            let _ = write!(head, "{name}: {value}\r\n");
        }
    }
    head.push_str("Connection: close\r\n\r\n");
    head
}

/// Collects small writes, and sends at the pace that is asked for.
struct Paced<'p, S: Stream> {
    stream: &'p mut S,
    pace: Pace,
    pause: &'p Pause,
    pending: Vec<u8>,
}

impl<S: Stream> Write for Paced<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        const ENOUGH: usize = 64 * 1024;
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= ENOUGH {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        let Pace::Drip { bytes, every } = self.pace else {
            self.stream.write_all(&pending)?;
            return self.stream.flush();
        };
        for drop in pending.chunks(bytes.max(1)) {
            self.stream.write_all(drop)?;
            self.stream.flush()?;
            if self.pause.wait(every) == Then::Stop {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
        Ok(())
    }
}
