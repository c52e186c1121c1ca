//! Accepting connections, a bounded number at a time, until asked to stop.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Event, Events, HostError, Limits};
use crate::wire::deadline::Deadline;
use crate::wire::socket::Socket;

/// A listening socket with its threads. Dropped, it stops.
#[derive(Debug)]
pub(in crate::wire) struct Listener {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    next: u64,
    /// The open connections, to cut them when the host stops.
    open: BTreeMap<u64, TcpStream>,
}

/// Waits that end early when the host stops.
#[derive(Clone, Debug)]
pub(in crate::wire) struct Pause(Arc<Shared>);

/// Whether to go on after a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wire) enum Then {
    Continue,
    Stop,
}

impl Pause {
    pub(in crate::wire) fn wait(&self, time: Duration) -> Then {
        let state = self.0.lock();
        let waited = self
            .0
            .changed
            .wait_timeout_while(state, time, |state| !state.stopped);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.stopped {
            Then::Stop
        } else {
            Then::Continue
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here is left half changed by a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Listens and hands each connection to `session`, in a thread of its own.
    pub(in crate::wire) fn start(
        bind: SocketAddr,
        limits: Limits,
        events: Arc<Events>,
        session: impl Fn(Socket, SocketAddr, Pause) + Send + Sync + 'static,
    ) -> Result<Listener, HostError> {
        let refused = |source| HostError::Bind {
            address: bind,
            source,
        };
        let listener = TcpListener::bind(bind).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let shared = Arc::new(Shared::default());
        let acceptor = Acceptor {
            listener,
            limits,
            shared: Arc::clone(&shared),
            events,
            session: Arc::new(session),
        };
        let acceptor = thread::Builder::new()
            .name("host".to_owned())
            .spawn(move || acceptor.run())
            .map_err(|source| HostError::Thread { source })?;
        Ok(Listener {
            address,
            shared,
            acceptor: Some(acceptor),
        })
    }

    pub(in crate::wire) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.stopped = true;
        for stream in state.open.values() {
            // A connection that is gone already is what we want.
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        self.shared.changed.notify_all();
        let woken = wake(self.address);
        if let Some(acceptor) = self.acceptor.take()
            && (woken.is_ok() || acceptor.is_finished())
        {
            // An error would be a panic of that thread, which has been reported already.
            let _ = acceptor.join();
        }
        let state = self.shared.lock();
        let ended = self
            .shared
            .changed
            .wait_while(state, |state| !state.open.is_empty());
        drop(ended);
    }
}

/// Ends a blocked `accept` with a connection.
fn wake(listening: SocketAddr) -> io::Result<TcpStream> {
    let mut address = listening;
    // The unspecified address cannot be connected to on every system.
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    TcpStream::connect_timeout(&address, Duration::from_secs(1))
}

struct Acceptor<S> {
    listener: TcpListener,
    limits: Limits,
    shared: Arc<Shared>,
    events: Arc<Events>,
    session: Arc<S>,
}

impl<S: Fn(Socket, SocketAddr, Pause) + Send + Sync + 'static> Acceptor<S> {
    fn run(self) {
        let pause = Pause(Arc::clone(&self.shared));
        while self.has_room() {
            let result = match self.listener.accept() {
                Ok((stream, from)) => self.open(stream, from),
                Err(source) => Err(source),
            };
            if let Err(source) = result {
                (self.events)(Event::NotAccepted { source });
                // Out of file handles: asking again at once would only burn time.
                if pause.wait(Duration::from_millis(50)) == Then::Stop {
                    return;
                }
            }
        }
    }

    /// Waits for room; false when the host stops.
    fn has_room(&self) -> bool {
        let most = self.limits.connections.max(1);
        let state = self.shared.lock();
        let waited = self
            .shared
            .changed
            .wait_while(state, |state| !state.stopped && state.open.len() >= most);
        !waited.unwrap_or_else(PoisonError::into_inner).stopped
    }

    fn open(&self, stream: TcpStream, from: SocketAddr) -> io::Result<()> {
        let copy = stream.try_clone()?;
        let mut state = self.shared.lock();
        if state.stopped {
            return Ok(());
        }
        let number = state.next;
        state.next += 1;
        state.open.insert(number, copy);
        drop(state);
        let place = Place {
            shared: Arc::clone(&self.shared),
            number,
        };
        let socket = Socket::new(stream, Deadline::start(self.limits.request));
        let session = Arc::clone(&self.session);
        thread::Builder::new()
            .name("connection".to_owned())
            .spawn(move || {
                let pause = Pause(Arc::clone(&place.shared));
                session(socket, from, pause);
                drop(place);
            })
            .map(drop)
    }
}

/// A connection's slot among the open ones; given up when dropped, a panic included.
struct Place {
    shared: Arc<Shared>,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.lock().open.remove(&self.number);
        self.shared.changed.notify_all();
    }
}
