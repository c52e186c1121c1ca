//! What is put into `ureq`'s chain of connectors.
//!
//! One remembers whether a name or a connection failed, and how far a connection has come. One writes the absolute form of a request for a proxy (RFC 9112,
//! 3.2.2): `ureq` 3 tunnels everything through CONNECT, and proxies in their usual configuration allow CONNECT to port
//! 443 alone, while CRLs are published over plain http. And one holds the limit on time and sees bytes after the announced end
//! of a body.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use ureq::Timeout;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport, time,
};

use crate::wire::deadline::Deadline;

/// How far a connection has come; `ureq` has one time limit, and one error, for all of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Reached {
    /// No connection was made.
    Nothing,
    /// The server, or the proxy, took the connection.
    Connected,
    /// The proxy made a tunnel.
    Tunnelled,
    /// A request can be sent.
    Ready,
}

/// The same, as it is noted on the way.
#[derive(Debug, Default)]
pub(super) struct Progress(AtomicU8);

impl Progress {
    fn note(&self, reached: Reached) {
        self.0.store(reached as u8, Ordering::Release);
    }

    pub(super) fn reached(&self) -> Reached {
        match self.0.load(Ordering::Acquire) {
            0 => Reached::Nothing,
            1 => Reached::Connected,
            2 => Reached::Tunnelled,
            _ => Reached::Ready,
        }
    }
}

/// Which step failed; `ureq` passes both on as the same kind of error.
#[derive(Debug)]
pub(in crate::wire) enum Stage {
    LookUp {
        host: String,
        port: u16,
        source: io::Error,
    },
    Connect {
        host: String,
        port: u16,
        source: io::Error,
    },
    /// A redirect that leads to this machine or its link, from a server that is elsewhere.
    Inwards { address: IpAddr },
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stage::LookUp { host, .. } => write!(f, "cannot find {host}"),
            Stage::Connect { host, port, .. } => write!(f, "cannot connect to {host}:{port}"),
            Stage::Inwards { address } => write!(f, "{address} is not contacted"),
        }
    }
}

impl std::error::Error for Stage {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Stage::LookUp { source, .. } | Stage::Connect { source, .. } => Some(source),
            Stage::Inwards { .. } => None,
        }
    }
}

pub(in crate::wire) fn host_and_port(uri: &Uri) -> (String, u16) {
    let usual = if uri.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let host = uri.host().unwrap_or_default().to_owned();
    (host, uri.port_u16().unwrap_or(usual))
}

/// `ureq`'s resolver, whose failures say so.
#[derive(Debug, Default)]
pub(in crate::wire) struct LookUp {
    resolver: DefaultResolver,
    inwards: Inwards,
}

/// Whether an address may be of this machine or its link.
#[derive(Clone, Debug, Default)]
pub(super) struct Inwards {
    /// Whether it may not.
    pub(super) refused: bool,
    /// Whether one was.
    pub(super) seen: Arc<AtomicBool>,
}

/// Whether an address is this machine's own or one of its link, where services may trust any caller, such
/// as a cloud's metadata: loopback, link-local, unspecified.
pub(super) fn is_inwards(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_link_local() || address.octets()[0] == 0
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unicast_link_local() || address.is_unspecified()
        }
    }
}

impl LookUp {
    pub(super) fn noting(inwards: Inwards) -> LookUp {
        LookUp {
            resolver: DefaultResolver::default(),
            inwards,
        }
    }
}

impl Resolver for LookUp {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self
            .resolver
            .resolve(uri, config, timeout)
            .map_err(|error| match error {
                ureq::Error::Io(source) => {
                    let (host, port) = host_and_port(uri);
                    ureq::Error::Other(Box::new(Stage::LookUp { host, port, source }))
                }
                error => error,
            })?;
        let mut addresses = found.iter().map(|address| address.ip());
        if let Some(address) = addresses.find(|address| is_inwards(*address)) {
            if self.inwards.refused {
                return Err(ureq::Error::Other(Box::new(Stage::Inwards { address })));
            }
            self.inwards.seen.store(true, Ordering::Release);
        }
        Ok(found)
    }
}

/// `ureq`'s way to connect, whose failures say so.
#[derive(Debug)]
pub(super) struct Dial {
    connector: TcpConnector,
    progress: Arc<Progress>,
}

impl Dial {
    pub(super) fn new(progress: &Arc<Progress>) -> Dial {
        Dial {
            connector: TcpConnector::default(),
            progress: Arc::clone(progress),
        }
    }
}

impl<In: Transport> Connector<In> for Dial {
    type Out = <TcpConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        // What is chained is a proxy's tunnel.
        let reached = match chained {
            None => Reached::Connected,
            Some(_) => Reached::Tunnelled,
        };
        let connected = self
            .connector
            .connect(details, chained)
            .map_err(|error| match error {
                ureq::Error::Io(source) => {
                    let (host, port) = host_and_port(details.uri);
                    ureq::Error::Other(Box::new(Stage::Connect { host, port, source }))
                }
                error => error,
            })?;
        self.progress.note(reached);
        Ok(connected)
    }
}

/// Watches a connection for its time and for bytes after the body, and writes a proxy's request line.
#[derive(Debug)]
pub(super) struct Watch {
    /// `ureq` gives every read of a proxy's answer to CONNECT all the time that was left before the first, so that one
    /// that drips would be waited for without end.
    pub(super) deadline: Deadline,
    /// What the path in the request line is preceded by: `http://host`.
    pub(super) prefix: Option<String>,
    pub(super) surplus: Arc<AtomicBool>,
    pub(super) progress: Arc<Progress>,
    /// After which step a request can be sent; the connection to a proxy for a tunnel passes here too.
    pub(super) last: Reached,
}

impl<In: Transport> Connector<In> for Watch {
    type Out = Watched<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Watched<In>>, ureq::Error> {
        if self.progress.reached() == self.last {
            self.progress.note(Reached::Ready);
        }
        Ok(chained.map(|inner| Watched {
            inner,
            deadline: self.deadline,
            prefix: self.prefix.clone(),
            surplus: Arc::clone(&self.surplus),
        }))
    }
}

#[derive(Debug)]
pub(super) struct Watched<T: Transport> {
    inner: T,
    deadline: Deadline,
    /// What the first line's path is preceded by, until it is written.
    prefix: Option<String>,
    surplus: Arc<AtomicBool>,
}

impl<T: Transport> Watched<T> {
    /// No longer than there is time altogether.
    fn within(&self, timeout: NextTimeout) -> Result<NextTimeout, ureq::Error> {
        match self.deadline.left() {
            None => Err(ureq::Error::Timeout(Timeout::Global)),
            Some(left) if left < *timeout.after => Ok(NextTimeout {
                after: time::Duration::Exact(left),
                reason: Timeout::Global,
                ..timeout
            }),
            Some(_) => Ok(timeout),
        }
    }
}

impl<T: Transport> Transport for Watched<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        const METHOD: &[u8] = b"GET ";
        let timeout = self.within(timeout)?;
        let Some(prefix) = self.prefix.take() else {
            return self.inner.transmit_output(amount, timeout);
        };
        let longer = amount + prefix.len();
        let start = METHOD.len() + prefix.len();
        let output = self.inner.buffers().output();
        if !output.starts_with(METHOD) || longer > output.len() || amount < METHOD.len() {
            return Err(ureq::Error::LargeResponseHeader(longer, output.len()));
        }
        output.copy_within(METHOD.len()..amount, start);
        if let Some(place) = output.get_mut(METHOD.len()..start) {
            place.copy_from_slice(prefix.as_bytes());
        }
        self.inner.transmit_output(longer, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let timeout = self.within(timeout)?;
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        // Connections are not used again; the answer would read a byte that `drop` wants to see.
        false
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl<T: Transport> Drop for Watched<T> {
    fn drop(&mut self) {
        // What belongs to the announced body has been consumed by now.
        let timeout = NextTimeout {
            after: time::Duration::from_millis(1),
            reason: Timeout::RecvBody,
            per_read: None,
            per_write: None,
        };
        let surplus = !self.inner.buffers().input().is_empty()
            || matches!(self.inner.await_input(timeout), Ok(true));
        if surplus {
            self.surplus.store(true, Ordering::Release);
        }
    }
}
