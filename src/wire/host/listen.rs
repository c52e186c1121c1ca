//! Accepting connections, a bounded number at a time, until asked to stop.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

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
    /// The open connections, to cut them when the host stops or one of them has to make room.
    open: BTreeMap<u64, Open>,
}

/// An open connection.
#[derive(Debug)]
struct Open {
    stream: TcpStream,
    peer: IpAddr,
    since: Instant,
    stage: Stage,
    /// It was cut to make room for another, and its thread has not ended yet.
    makes_room: bool,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// It is open, and nothing more.
    Connected,
    /// The TLS handshake is complete.
    Greeted,
    /// The request is here: it keeps its place until it is answered.
    Asked,
}

/// How long a connection keeps its place without a request where others wait for one: many times what a handshake and a request
/// take. Without this, idle connections keep every client out for the whole time that a request may take.
const GRACE: Duration = Duration::from_secs(1);

/// Why a connection was cut.
#[derive(Debug, thiserror::Error)]
#[error(
    "the connection was closed to make room for others: it had sent no request, and all {most} connections were in use"
)]
pub(in crate::wire) struct MadeRoom {
    most: usize,
}

/// A connection's view of its host: waits that end early when the host stops, and how far the connection has come.
#[derive(Clone, Debug)]
pub(in crate::wire) struct Pause {
    shared: Arc<Shared>,
    /// The connection; the acceptor has none.
    number: Option<u64>,
    most: usize,
}

/// Whether to go on after a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wire) enum Then {
    Continue,
    Stop,
}

impl Pause {
    pub(in crate::wire) fn wait(&self, time: Duration) -> Then {
        let state = self.shared.lock();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, time, |state| !state.stopped);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.stopped {
            Then::Stop
        } else {
            Then::Continue
        }
    }

    /// Notes that the TLS handshake is complete.
    pub(in crate::wire) fn greeted(&self) {
        self.reach(Stage::Greeted);
    }

    /// Notes that the request is here, or will never be.
    pub(in crate::wire) fn asked(&self) {
        self.reach(Stage::Asked);
    }

    fn reach(&self, stage: Stage) {
        let mut state = self.shared.lock();
        let open = self.number.and_then(|number| state.open.get_mut(&number));
        if let Some(open) = open {
            open.stage = stage;
        }
    }

    /// Why the connection was cut from this side, if it was.
    pub(in crate::wire) fn made_room(&self) -> Option<MadeRoom> {
        let state = self.shared.lock();
        let open = state.open.get(&self.number?)?;
        open.makes_room.then_some(MadeRoom { most: self.most })
    }
}

impl State {
    /// Cuts a connection that has sent no request for long enough: of those that have come least far the oldest one of the
    /// peer with the most connections, so that one peer does not keep others out. Says how long to wait for what follows.
    fn make_room(&mut self) -> Duration {
        if self.open.values().any(|open| open.makes_room) {
            return GRACE;
        }
        let mut of_peer: HashMap<IpAddr, usize> = HashMap::new();
        for open in self.open.values() {
            *of_peer.entry(open.peer).or_default() += 1;
        }
        let idle = self.open.iter_mut();
        let idle = idle.filter(|(_, open)| open.stage < Stage::Asked);
        let mut oldest = Duration::ZERO;
        let chosen = idle
            .filter(|(_, open)| {
                let age = open.since.elapsed();
                oldest = oldest.max(age);
                age >= GRACE
            })
            .min_by_key(|(number, open)| (open.stage, Reverse(of_peer.get(&open.peer)), **number));
        match chosen {
            Some((_, open)) => {
                open.makes_room = true;
                // A connection that is gone already is what we want.
                let _ = open.stream.shutdown(Shutdown::Both);
                GRACE
            }
            None => GRACE.saturating_sub(oldest),
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
        for open in state.open.values() {
            // A connection that is gone already is what we want.
            let _ = open.stream.shutdown(Shutdown::Both);
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
        let pause = self.pause(None);
        loop {
            let result = match self.listener.accept() {
                Ok((stream, from)) => match self.has_room() {
                    true => self.open(stream, from),
                    false => return,
                },
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

    fn most(&self) -> usize {
        self.limits.connections.max(1)
    }

    fn pause(&self, number: Option<u64>) -> Pause {
        Pause {
            shared: Arc::clone(&self.shared),
            number,
            most: self.most(),
        }
    }

    /// Waits for room for the connection that was accepted, and makes it where connections are idle; false when the host
    /// stops.
    fn has_room(&self) -> bool {
        let mut state = self.shared.lock();
        while !state.stopped {
            if state.open.len() < self.most() {
                return true;
            }
            let time = state.make_room();
            let waited = self.shared.changed.wait_timeout(state, time);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        false
    }

    fn open(&self, stream: TcpStream, from: SocketAddr) -> io::Result<()> {
        let copy = stream.try_clone()?;
        let mut state = self.shared.lock();
        if state.stopped {
            return Ok(());
        }
        let number = state.next;
        state.next += 1;
        let open = Open {
            stream: copy,
            peer: from.ip(),
            since: Instant::now(),
            stage: Stage::Connected,
            makes_room: false,
        };
        state.open.insert(number, open);
        drop(state);
        let place = Place {
            shared: Arc::clone(&self.shared),
            number,
        };
        let socket = Socket::new(stream, Deadline::start(self.limits.request));
        let session = Arc::clone(&self.session);
        let pause = self.pause(Some(number));
        thread::Builder::new()
            .name("connection".to_owned())
            .spawn(move || {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_by_the_peer_with_the_most_connections_and_by_none_that_has_asked() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let mut state = State::default();
        for (number, last, stage, age) in [
            (0, 1, Stage::Connected, 9),
            (1, 2, Stage::Asked, 8),
            (2, 2, Stage::Greeted, 7),
            (3, 2, Stage::Connected, 6),
            (4, 2, Stage::Connected, 5),
            (5, 2, Stage::Connected, 0),
        ] {
            let open = Open {
                stream: TcpStream::connect(address).unwrap(),
                peer: Ipv4Addr::new(192, 0, 2, last).into(),
                since: Instant::now() - GRACE * age,
                stage,
                makes_room: false,
            };
            state.open.insert(number, open);
        }
        // Those that have come least far, of them the busy peer's first; never what has asked, nor what came a moment ago.
        for expected in [Some(3), Some(4), Some(0), Some(2), None] {
            let time = state.make_room();
            assert!(time <= GRACE);
            let cut = state.open.iter().find(|(_, open)| open.makes_room);
            let cut = cut.map(|(number, _)| *number);
            assert_eq!(cut, expected);
            cut.map(|number| state.open.remove(&number));
        }
        assert_eq!(state.open.keys().collect::<Vec<_>>(), [&1, &5]);
    }
}
