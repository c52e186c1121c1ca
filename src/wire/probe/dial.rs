//! From a name to a TCP connection: look-ups under a limit, all addresses side by side, tunnels through a proxy.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::{Target, milliseconds};
use crate::verdict::connection::{DialOutcome, Dialled, LookUpOutcome, ProxyOutcome, ProxyStep};
use crate::wire::deadline::Deadline;
use crate::wire::socket::Socket;

/// Asks the system's resolver, and waits for it no longer than this. A resolver that hangs keeps a thread until it gives
/// up by itself; the system offers no way to stop it.
pub(super) fn resolve(host: &str, port: u16, limit: Duration) -> (LookUpOutcome, Vec<SocketAddr>) {
    let (send, receive) = mpsc::channel();
    let asked = (host.to_owned(), port);
    let spawned = thread::Builder::new()
        .name("look-up".to_owned())
        .spawn(move || {
            let found = asked.to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            // Nothing waits any more: then nothing needs the answer.
            let _ = send.send(found);
        });
    if let Err(error) = spawned {
        return (LookUpOutcome::NotFound(error.to_string()), Vec::new());
    }
    match receive.recv_timeout(limit) {
        Err(_) => (LookUpOutcome::TimedOut, Vec::new()),
        Ok(Err(error)) => (LookUpOutcome::NotFound(plain(&error)), Vec::new()),
        Ok(Ok(addresses)) if addresses.is_empty() => (
            LookUpOutcome::NotFound("the name has no address".to_owned()),
            Vec::new(),
        ),
        Ok(Ok(mut addresses)) => {
            addresses.dedup();
            let ips = addresses.iter().map(|address| address.ip().to_string());
            (LookUpOutcome::Found(ips.collect()), addresses)
        }
    }
}

/// The resolver's words, without what the standard library puts before them.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.strip_prefix("failed to lookup address information: ") {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// Connects to addresses.
pub(super) struct Dialling<'d> {
    pub(super) target: &'d Target<'d>,
    pub(super) deadline: Deadline,
}

impl Dialling<'_> {
    /// Connects to all of them side by side and records each; the first in order that is open.
    pub(super) fn all(
        &self,
        addresses: &[SocketAddr],
        dialled: &mut Vec<Dialled>,
    ) -> Option<(SocketAddr, TcpStream)> {
        let limit = self.deadline.left()?.min(self.target.limits.connect);
        let results: Vec<(Dialled, Option<TcpStream>)> = thread::scope(|scope| {
            let running: Vec<_> = addresses
                .iter()
                .map(|address| scope.spawn(move || dial(address, limit)))
                .collect();
            let ended = running.into_iter().zip(addresses);
            ended
                .map(|(thread, address)| {
                    thread.join().unwrap_or_else(|_| {
                        (
                            outcome(address, Instant::now(), DialOutcome::Filtered),
                            None,
                        )
                    })
                })
                .collect()
        });
        let mut open = None;
        for ((record, stream), address) in results.into_iter().zip(addresses) {
            dialled.push(record);
            open = open.or(stream.map(|stream| (*address, stream)));
        }
        open
    }
}

fn dial(address: &SocketAddr, limit: Duration) -> (Dialled, Option<TcpStream>) {
    let start = Instant::now();
    match TcpStream::connect_timeout(address, limit) {
        Ok(stream) => (outcome(address, start, DialOutcome::Open), Some(stream)),
        Err(error) => {
            let why = match error.kind() {
                ErrorKind::ConnectionRefused => DialOutcome::Refused,
                ErrorKind::TimedOut | ErrorKind::WouldBlock => DialOutcome::Filtered,
                _ => DialOutcome::Unreachable(error.to_string()),
            };
            (outcome(address, start, why), None)
        }
    }
}

fn outcome(address: &SocketAddr, start: Instant, outcome: DialOutcome) -> Dialled {
    Dialled {
        address: address.to_string(),
        outcome,
        took_ms: milliseconds(start),
    }
}

/// An HTTP proxy that connects to the host (RFC 9110 section 9.3.6).
pub(super) struct Tunnel(Url);

/// The most that is read of a proxy's answer.
const ANSWER: usize = 16 * 1024;

impl Tunnel {
    /// The proxy before the host, if there is one. An address that was given is connected to directly.
    pub(super) fn of(target: &Target<'_>) -> Option<Tunnel> {
        if target.connect.is_some() {
            return None;
        }
        let host = match target.host.contains(':') && !target.host.starts_with('[') {
            true => format!("[{}]", target.host),
            false => target.host.to_owned(),
        };
        let url = Url::parse(&format!("https://{host}:{}/", target.port)).ok()?;
        target.proxy.before(&url).cloned().map(Tunnel)
    }

    /// Its host and port, without user and password.
    pub(super) fn address(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        let port = self.0.port_or_known_default().unwrap_or(80);
        format!("{host}:{port}")
    }

    /// Connects to the proxy and asks for the tunnel.
    pub(super) fn open(
        &self,
        target: &Target<'_>,
        deadline: Deadline,
    ) -> (ProxyStep, Option<TcpStream>) {
        let start = Instant::now();
        let (outcome, stream) = self.connect(target, deadline);
        let step = ProxyStep {
            address: self.address(),
            outcome,
            took_ms: milliseconds(start),
        };
        (step, stream)
    }

    fn connect(
        &self,
        target: &Target<'_>,
        deadline: Deadline,
    ) -> (ProxyOutcome, Option<TcpStream>) {
        if self.0.scheme() != "http" {
            return (ProxyOutcome::NotSupported, None);
        }
        let host = self.0.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = self.0.port_or_known_default().unwrap_or(80);
        let left = deadline.left().unwrap_or_default();
        let (found, addresses) = resolve(host, port, left.min(target.limits.look_up));
        let address = match (addresses.first(), found) {
            (Some(address), _) => *address,
            (None, LookUpOutcome::NotFound(why)) => return (ProxyOutcome::NotReached(why), None),
            (None, _) => {
                let why = "its name does not resolve in time".to_owned();
                return (ProxyOutcome::NotReached(why), None);
            }
        };
        let left = deadline.left().unwrap_or_default();
        let limit = left
            .min(target.limits.connect)
            .max(Duration::from_millis(1));
        let stream = match TcpStream::connect_timeout(&address, limit) {
            Ok(stream) => stream,
            Err(error) => return (ProxyOutcome::NotReached(error.to_string()), None),
        };
        match self.ask(&stream, target, deadline) {
            Some((status, _)) if (200..300).contains(&status) => {
                (ProxyOutcome::Tunnel, Some(stream))
            }
            Some((status, location)) => (ProxyOutcome::Answered { status, location }, None),
            None => (ProxyOutcome::NoAnswer, None),
        }
    }

    /// The status of the answer, and to where it redirects.
    fn ask(
        &self,
        stream: &TcpStream,
        target: &Target<'_>,
        deadline: Deadline,
    ) -> Option<(u16, Option<String>)> {
        let host = match target.host.contains(':') && !target.host.starts_with('[') {
            true => format!("[{}]:{}", target.host, target.port),
            false => format!("{}:{}", target.host, target.port),
        };
        let mut request = format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n");
        if !self.0.username().is_empty() {
            let secret = |text: &str| {
                let bytes = url::form_urlencoded::parse(text.replace('+', "%2B").as_bytes())
                    .map(|(key, _)| key.into_owned())
                    .next();
                bytes.unwrap_or_default()
            };
            let user = secret(self.0.username());
            let password = secret(self.0.password().unwrap_or_default());
            let pair = STANDARD.encode(format!("{user}:{password}"));
            request.push_str(&format!("Proxy-Authorization: Basic {pair}\r\n"));
        }
        request.push_str("\r\n");
        let within = Deadline::start(deadline.left()?.min(target.limits.connect));
        let mut socket = Socket::new(stream.try_clone().ok()?, within);
        socket.write_all(request.as_bytes()).ok()?;
        let mut head = Vec::new();
        // Byte by byte, because what follows the head belongs to TLS.
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= ANSWER || socket.read(&mut byte).ok()? == 0 {
                return None;
            }
            head.extend_from_slice(&byte);
        }
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        response.parse(&head).ok()?;
        let location = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("location"))
            .and_then(|header| std::str::from_utf8(header.value).ok());
        Some((response.code?, location.map(str::to_owned)))
    }
}
