//! A small HTTP host for the lab: every answer comes from the caller, and may misbehave on purpose.
//!
//! One exchange a connection, HTTP/1.0 and 1.1, one thread each, with limits on their number, on the size of a request
//! and on time. A request's body is not read. It writes no log: what happens is passed to a callback.

mod exchange;
mod listen;
mod question;
mod reply;

#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

pub(super) use self::exchange::{Exchange, Stream};
pub(super) use self::listen::{Listener, MadeRoom};

#[doc(hidden)]
pub use self::question::{Question, QuestionProblem};
#[doc(hidden)]
pub use self::reply::{Body, Length, Pace, Reply};

/// The limits of a host.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most connections at a time; further ones wait, or take the place of one that has sent no request for a second.
    pub connections: usize,
    /// The longest head of a request, in bytes.
    pub head: usize,
    /// From the connection to the end of the request's head, a TLS handshake included.
    pub request: Duration,
    /// For the answer.
    pub reply: Duration,
}

impl Default for Limits {
    /// 64 connections, heads of 16 KiB, ten seconds for the request, ten minutes for the answer: a large CRL over a
    /// slow line.
    fn default() -> Limits {
        Limits {
            connections: 64,
            head: 16 * 1024,
            request: Duration::from_secs(10),
            reply: Duration::from_secs(600),
        }
    }
}

/// What happened on one connection.
#[doc(hidden)]
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A question was answered, as far as this side knows.
    Answered {
        /// Who asked.
        from: SocketAddr,
        /// The method.
        method: String,
        /// The target, as it stood in the request line.
        target: String,
        /// The status; 0 where none was sent.
        status: u16,
        /// The bytes of the body that were sent.
        bytes: u64,
    },
    /// The request was not understood, and refused.
    Refused {
        /// Who asked.
        from: SocketAddr,
        /// Why.
        problem: QuestionProblem,
    },
    /// The TLS handshake failed.
    Handshake {
        /// Who called.
        from: SocketAddr,
        /// What the TLS library said.
        reason: String,
    },
    /// The connection broke, or took longer than allowed.
    Broken {
        /// The peer.
        from: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No connection could be accepted; the host goes on.
    NotAccepted {
        /// What the system said.
        source: io::Error,
    },
}

/// Why a host cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}; another program may be using the port, or the address is not this machine's"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system gives no thread.
    #[error("cannot start a thread for the host")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
    /// The TLS library does not take the identity or a setting.
    #[error("the TLS library rejects {what}")]
    Tls {
        /// What was set.
        what: &'static str,
        /// What it said.
        source: crate::input::Cause,
    },
}

/// Ports of this machine's loopback address that no program listens on at the moment. Another program may take one before
/// the caller does.
///
/// # Errors
/// When the system has none.
#[doc(hidden)]
pub fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    // All are held until the last is known, so that they differ.
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// A running host. Dropped, it stops.
#[doc(hidden)]
#[derive(Debug)]
pub struct Host(Listener);

impl Host {
    /// Listens, and answers until it is stopped. Port 0 lets the system choose; see [`Host::address`].
    ///
    /// `answer` is called from several threads, once for each question; `events` likewise.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn start(
        bind: SocketAddr,
        limits: Limits,
        answer: impl Fn(&Question) -> Reply + Send + Sync + 'static,
        events: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Host, HostError> {
        let events: Arc<Events> = Arc::new(events);
        let told = Arc::clone(&events);
        let listener = Listener::start(bind, limits, events, move |socket, from, pause| {
            let exchange = Exchange {
                from,
                limits,
                pause,
                events: &*told,
            };
            exchange.run(socket, &answer);
        })?;
        Ok(Host(listener))
    }

    pub(super) fn over(listener: Listener) -> Host {
        Host(listener)
    }

    /// Where it listens, with the port that was chosen.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Stops: open connections are cut, and when this returns every thread of the host has finished. An answer that is
    /// just being made is waited for.
    pub fn stop(self) {
        drop(self);
    }
}

/// The observer of what happens.
pub(super) type Events = dyn Fn(Event) + Send + Sync;
