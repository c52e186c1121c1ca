//! TLS below `ureq`: connects with a certificate of ours, and keeps what the server shows.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openssl::ssl::{self, ErrorCode, HandshakeError, SslConnector, SslStream};
use ureq::Timeout;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

use super::handshake::{Handshake, Record, alert_of};
use crate::verdict::connection::Alert;
use crate::wire::deadline::Deadline;
use crate::wire::fetch::connect::{LookUp, Stage, host_and_port};
use crate::wire::socket::Socket;

/// What is known once a connection was made.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) remote: Option<SocketAddr>,
    pub(super) handshake: Handshake,
    pub(super) protocol: Option<String>,
    pub(super) cipher: Option<String>,
}

/// Why a connection is of no use although it was made; inside a [`ureq::Error::Other`].
#[derive(Debug)]
pub(super) enum Halt {
    /// The other side hung up with an alert.
    Alert(Alert),
    /// There was no handshake; what the TLS library said.
    Handshake(String),
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Halt::Alert(alert) => write!(f, "the server closed the connection: {alert}"),
            Halt::Handshake(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Halt {}

impl Halt {
    fn into_error(self) -> ureq::Error {
        ureq::Error::Other(Box::new(self))
    }
}

/// Looks names up, unless it is given an address.
#[derive(Debug)]
pub(super) struct Find(pub(super) Option<SocketAddr>);

impl Resolver for Find {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let Some(address) = self.0 else {
            return LookUp::default().resolve(uri, config, timeout);
        };
        let mut found = self.empty();
        found.push(address);
        Ok(found)
    }
}

/// Connects and shakes hands.
pub(super) struct Secure {
    pub(super) connector: SslConnector,
    pub(super) deadline: Deadline,
    pub(super) connect: Duration,
    pub(super) known: Arc<Mutex<Known>>,
}

impl fmt::Debug for Secure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secure").finish_non_exhaustive()
    }
}

impl<In: Transport> Connector<In> for Secure {
    type Out = Secured;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<In>,
    ) -> Result<Option<Secured>, ureq::Error> {
        let (host, port) = host_and_port(details.uri);
        let (stream, remote) = self
            .dial(&details.addrs)
            .map_err(|source| match source.kind() {
                io::ErrorKind::TimedOut => ureq::Error::Timeout(Timeout::Connect),
                _ => ureq::Error::Other(Box::new(Stage::Connect {
                    host: host.clone(),
                    port,
                    source,
                })),
            })?;
        self.known().remote = Some(remote);
        let tap = Tap {
            inner: Socket::new(stream, self.deadline),
            record: Some(Record::default()),
        };
        let setup =
            |error: openssl::error::ErrorStack| Halt::Handshake(error.to_string()).into_error();
        // The certificate is recorded, not judged: its name is for the caller to compare.
        let configured = self
            .connector
            .configure()
            .map_err(setup)?
            .verify_hostname(false);
        // Brackets are for URLs; without them OpenSSL sees an address, for which no name is sent.
        let name = host.trim_start_matches('[').trim_end_matches(']');
        match configured.connect(name, tap) {
            Ok(mut stream) => {
                let mut known = self.known();
                known.handshake = stream.get_mut().handshake();
                known.protocol = Some(stream.ssl().version_str().to_owned());
                known.cipher = stream
                    .ssl()
                    .current_cipher()
                    .map(|cipher| cipher.name().to_owned());
                let config = details.config;
                let buffers =
                    LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
                Ok(Some(Secured { stream, buffers }))
            }
            Err(HandshakeError::SetupFailure(error)) => Err(setup(error)),
            Err(HandshakeError::Failure(mut failed) | HandshakeError::WouldBlock(mut failed)) => {
                let handshake = failed.get_mut().handshake();
                let alert = handshake.alert;
                self.known().handshake = handshake;
                match (alert, meaning(failed.error())) {
                    (Some(alert), _) => Err(Halt::Alert(alert).into_error()),
                    (None, Meaning::Error(error)) => Err(error),
                    (None, Meaning::End) => Err(Halt::Handshake(
                        "the server closed the connection without an alert".to_owned(),
                    )
                    .into_error()),
                }
            }
        }
    }
}

impl Secure {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dial(&self, addresses: &[SocketAddr]) -> io::Result<(TcpStream, SocketAddr)> {
        let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
        let together = Deadline::start(self.connect);
        for address in addresses {
            let left = self.deadline.left().zip(together.left());
            let Some((whole, connect)) = left else {
                return Err(io::ErrorKind::TimedOut.into());
            };
            match TcpStream::connect_timeout(address, whole.min(connect)) {
                Ok(stream) => return Ok((stream, *address)),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

/// What an error of OpenSSL's comes from.
enum Meaning {
    End,
    Error(ureq::Error),
}

fn meaning(error: &ssl::Error) -> Meaning {
    if error.code() == ErrorCode::ZERO_RETURN {
        return Meaning::End;
    }
    if let Some(source) = error.io_error() {
        return match source.kind() {
            io::ErrorKind::TimedOut => Meaning::Error(ureq::Error::Timeout(Timeout::Global)),
            kind => Meaning::Error(ureq::Error::Io(kind.into())),
        };
    }
    let Some(stack) = error.ssl_error() else {
        // The connection was closed without a TLS close_notify.
        return Meaning::End;
    };
    match alert_of(stack) {
        Some(alert) => Meaning::Error(Halt::Alert(alert).into_error()),
        None if stack
            .errors()
            .iter()
            .any(|error| error.reason() == Some("unexpected eof while reading")) =>
        {
            Meaning::End
        }
        None => Meaning::Error(Halt::Handshake(stack.to_string()).into_error()),
    }
}

/// A connection after its handshake.
pub(super) struct Secured {
    stream: SslStream<Tap>,
    buffers: LazyBuffers,
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured").finish_non_exhaustive()
    }
}

impl Transport for Secured {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        let mut rest = self.buffers.output().get(..amount).unwrap_or_default();
        while !rest.is_empty() {
            match self.stream.ssl_write(rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) => {
                    return Err(match meaning(&error) {
                        Meaning::End => ureq::Error::Io(io::ErrorKind::UnexpectedEof.into()),
                        Meaning::Error(error) => error,
                    });
                }
            }
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let count = match self.stream.ssl_read(self.buffers.input_append_buf()) {
            Ok(count) => count,
            Err(error) => match meaning(&error) {
                Meaning::End => 0,
                Meaning::Error(error) => return Err(error),
            },
        };
        self.buffers.input_appended(count);
        Ok(count > 0)
    }

    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        true
    }
}

/// The socket, with what arrives through it kept until the handshake is over.
#[derive(Debug)]
struct Tap {
    inner: Socket,
    record: Option<Record>,
}

impl Tap {
    /// Reads what was kept, and keeps nothing more.
    fn handshake(&mut self) -> Handshake {
        self.record.take().unwrap_or_default().read()
    }
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(record) = &mut self.record {
            record.add(buffer.get(..count).unwrap_or_default());
        }
        Ok(count)
    }
}

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
