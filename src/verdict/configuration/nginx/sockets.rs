//! The addresses and ports that servers listen on: whether one accepts TLS is a matter of the socket, not of the server, and
//! of the servers on one a client that sends no host name gets the default.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::Ipv6Addr;

use super::super::Reader;
use super::Directive;

/// An address and a port, however they are written.
type Socket = (String, u16);

/// The sockets of one level.
#[derive(Default)]
pub(super) struct Sockets {
    /// Those that accept TLS, because one of the servers says so.
    tls: HashSet<Socket>,
    /// The number of each one's default server.
    defaults: HashMap<Socket, usize>,
}

impl Sockets {
    /// Those of these servers.
    pub(super) fn new(servers: &[&Directive], reader: &Reader<'_>) -> Sockets {
        let mut all = Sockets::default();
        for (number, server) in servers.iter().enumerate() {
            let mut own = server.block.iter();
            let is_on = own.any(|one| one.name() == "ssl" && one.argument() == "on");
            for listen in listens(server) {
                let found = sockets(listen.argument(), reader);
                if is_on || says_tls(listen) {
                    all.tls.extend(found.iter().cloned());
                }
                for socket in found {
                    // The one that says so, or the first.
                    let first = *all.defaults.entry(socket.clone()).or_insert(number);
                    if first != number && says_default(listen) {
                        all.defaults.insert(socket, number);
                    }
                }
            }
        }
        all
    }

    /// The numbers of the servers whose settings count for a client of this one before it is known which server it wants, or
    /// where it sends no host name.
    pub(super) fn defaults_of(&self, server: &Directive, reader: &Reader<'_>) -> BTreeSet<usize> {
        let own = listens(server).flat_map(|listen| sockets(listen.argument(), reader));
        let tls = own.filter(|socket| self.tls.contains(socket));
        tls.filter_map(|socket| self.defaults.get(&socket).copied())
            .collect()
    }

    /// Whether a server listens on one of them.
    pub(super) fn accept_tls(&self, server: &Directive, reader: &Reader<'_>) -> bool {
        let is_tls = |address: &str| {
            let all = sockets(address, reader);
            all.iter().any(|socket| self.tls.contains(socket))
        };
        let mut listens = listens(server).peekable();
        match listens.peek() {
            None => is_tls("80"),
            Some(_) => listens.any(|one| says_tls(one) || is_tls(one.argument())),
        }
    }
}

fn listens(server: &Directive) -> impl Iterator<Item = &Directive> {
    server.block.iter().filter(|one| one.name() == "listen")
}

fn says_tls(listen: &Directive) -> bool {
    let mut words = listen.words.iter();
    words.any(|word| word == "ssl" || word == "quic")
}

fn says_default(listen: &Directive) -> bool {
    let mut words = listen.words.iter();
    // The older word for it.
    words.any(|word| word == "default_server" || word == "default")
}

/// The sockets that an argument of `listen` names: one, or those of a range of ports.
fn sockets(argument: &str, reader: &Reader<'_>) -> Vec<Socket> {
    let is_port = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    let (address, ports) = if argument.starts_with("unix:") {
        (argument, "0")
    } else if is_port(argument) {
        ("*", argument)
    } else {
        match argument.rsplit_once(':') {
            Some((address, ports)) if is_port(ports) => (address, ports),
            _ => (argument, "80"),
        }
    };
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else {
        return Vec::new();
    };
    if !reader.budget.words(usize::from(last.saturating_sub(first))) {
        return Vec::new();
    }
    let address = address_of(address);
    (first..=last).map(|port| (address.clone(), port)).collect()
}

/// An address in one form of those that it has.
fn address_of(text: &str) -> String {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Some(Ok(address)) = inner.map(str::parse::<Ipv6Addr>) {
        return format!("[{address}]");
    }
    // nginx takes octets with zeros before them.
    let octets: Option<Vec<u8>> = text.split('.').map(|octet| octet.parse().ok()).collect();
    match octets.as_deref() {
        Some([0, 0, 0, 0]) => "*".to_owned(),
        Some([a, b, c, d]) => format!("{a}.{b}.{c}.{d}"),
        _ if text.eq_ignore_ascii_case("localhost") => "127.0.0.1".to_owned(),
        _ => text.to_ascii_lowercase(),
    }
}
