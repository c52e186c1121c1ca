//! The client's side of a connection, step by step: look-up, TCP, proxy, TLS, what comes afterwards. It records and does
//! not judge: [`crate::verdict::connection`] does.
//!
//! Every step has a limit of its own and all together have one; no step can take longer, whatever the other side does.
//! What is received is bounded as well.

mod dial;
mod http;
mod tap;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use self::dial::{Dialling, Tunnel};
pub use self::http::BadRequest;
#[doc(hidden)]
pub use self::http::Request;
use self::tls::{Client, Offered};
use super::deadline::Deadline;
use super::fetch::Proxy;
use super::tls::Identity;
use crate::verdict::connection::{
    After, Ending, Handshake, HttpMeaning, LookUp, LookUpOutcome, Observation, Offer, SPINE_SUITES,
    Scanned,
};

/// What to connect to, and how.
#[doc(hidden)]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Target<'t> {
    /// The host: a name, which is looked up and sent as SNI, or an address.
    pub host: &'t str,
    /// The port.
    pub port: u16,
    /// Where to connect to instead of looking the host up.
    pub connect: Option<SocketAddr>,
    /// The name to send instead of the host (SNI).
    pub server_name: Option<&'t str>,
    /// The client certificate to send when asked.
    pub identity: Option<&'t Identity>,
    /// The proxies of this machine.
    pub proxy: &'t Proxy,
    /// What to offer.
    pub offer: Offer,
    /// What to ask for after the handshake.
    pub request: Option<&'t Request>,
    /// Whether to try each version and suite.
    pub scan: bool,
    /// The limits.
    pub limits: ProbeLimits,
}

impl<'t> Target<'t> {
    /// A host without anything else.
    pub fn new(host: &'t str, port: u16, proxy: &'t Proxy) -> Target<'t> {
        Target {
            host,
            port,
            connect: None,
            server_name: None,
            identity: None,
            proxy,
            offer: Offer::Spine,
            request: None,
            scan: false,
            limits: ProbeLimits::default(),
        }
    }
}

/// The limits of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProbeLimits {
    /// For everything but a scan.
    pub total: Duration,
    /// For finding the host's addresses.
    pub look_up: Duration,
    /// For TCP connections, all addresses side by side.
    pub connect: Duration,
    /// For one handshake.
    pub handshake: Duration,
    /// For what comes after a handshake when nothing is requested.
    pub settle: Duration,
    /// For the answer to a request.
    pub response: Duration,
    /// For a scan, besides.
    pub scan: Duration,
}

impl Default for ProbeLimits {
    /// Ten seconds for everything, three for each step before the answer, five for a handshake and the answer.
    fn default() -> ProbeLimits {
        ProbeLimits {
            total: Duration::from_secs(10),
            look_up: Duration::from_secs(3),
            connect: Duration::from_secs(3),
            handshake: Duration::from_secs(5),
            settle: Duration::from_secs(3),
            response: Duration::from_secs(5),
            scan: Duration::from_secs(20),
        }
    }
}

impl ProbeLimits {
    /// Everything within this time; no step may take longer than it usually does, nor than all.
    pub fn within(total: Duration) -> ProbeLimits {
        let usual = ProbeLimits::default();
        let factor = total.as_secs_f64() / usual.total.as_secs_f64();
        let step = |usual: Duration| usual.mul_f64(factor.clamp(0.01, 60.0)).min(total);
        ProbeLimits {
            total,
            look_up: step(usual.look_up),
            connect: step(usual.connect),
            handshake: step(usual.handshake),
            settle: usual.settle.min(step(usual.settle)),
            response: step(usual.response),
            scan: step(usual.scan),
        }
    }
}

/// How long a scan waits before it offers something again that was not answered: the usual limits are so many connections
/// a second.
const AGAIN: Duration = Duration::from_millis(1100);

/// The most addresses of a name that are tried: no Spine name has more than a few, and each takes a thread.
const ADDRESSES: usize = 16;

/// Connects, and records what was seen on the way.
#[doc(hidden)]
pub fn probe(target: &Target<'_>) -> Observation {
    let start = Instant::now();
    let deadline = Deadline::start(target.limits.total);
    let mut observation = Observation::new(target.host, target.port);
    let client = Client { target, deadline };
    if let Some(tunnel) = Tunnel::of(target) {
        observation.look_up.outcome = LookUpOutcome::ByProxy;
        run(&client, &mut observation, &Road::Proxy(tunnel));
    } else {
        let addresses = look_up(target, deadline, &mut observation);
        let open = Dialling { target, deadline }.all(&addresses, &mut observation.addresses);
        if let Some((address, stream)) = open {
            let road = Road::Address(address, std::cell::Cell::new(Some(stream)));
            run(&client, &mut observation, &road);
        }
    }
    observation.took_ms = milliseconds(start);
    observation
}

/// Finds the addresses of a host, and connects to them if asked to, without TLS. Through no proxy: a proxy that would
/// come before it is only named.
#[doc(hidden)]
pub fn reach(target: &Target<'_>, connect: bool) -> Observation {
    let start = Instant::now();
    let deadline = Deadline::start(target.limits.total);
    let mut observation = Observation::new(target.host, target.port);
    if connect && Tunnel::of(target).is_some() {
        observation.look_up.outcome = LookUpOutcome::ByProxy;
        return observation;
    }
    let addresses = look_up(target, deadline, &mut observation);
    if connect {
        let dialling = Dialling { target, deadline };
        drop(dialling.all(&addresses, &mut observation.addresses));
    }
    observation.took_ms = milliseconds(start);
    observation
}

/// Measures how long something takes; it tells no time.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// The time since then.
    pub fn milliseconds(self) -> u64 {
        milliseconds(self.0)
    }
}

/// The way to the host.
enum Road {
    /// Its address, and a connection that has been made already.
    Address(SocketAddr, std::cell::Cell<Option<std::net::TcpStream>>),
    /// A proxy.
    Proxy(Tunnel),
}

impl Road {
    fn name(&self) -> String {
        match self {
            Road::Address(address, _) => address.to_string(),
            Road::Proxy(tunnel) => tunnel.address(),
        }
    }

    /// A TCP connection over which TLS can begin.
    fn open(&self, target: &Target<'_>, deadline: Deadline) -> Option<std::net::TcpStream> {
        match self {
            Road::Address(address, first) => first.take().or_else(|| {
                let left = deadline.left()?.min(target.limits.connect);
                std::net::TcpStream::connect_timeout(address, left).ok()
            }),
            Road::Proxy(tunnel) => tunnel.open(target, deadline).1,
        }
    }
}

fn run(client: &Client<'_>, observation: &mut Observation, road: &Road) {
    let target = client.target;
    let stream = match road {
        Road::Address(..) => road.open(target, client.deadline),
        Road::Proxy(tunnel) => {
            let (step, stream) = tunnel.open(target, client.deadline);
            observation.proxy = Some(step);
            stream
        }
    };
    let Some(stream) = stream else { return };
    let handshake = client.shake(stream, &road.name(), target.offer);
    let nothing_in_common = fails_on_offer(&handshake);
    observation.handshake = Some(handshake);
    if nothing_in_common
        && target.offer == Offer::Spine
        && let Some(stream) = road.open(target, client.deadline)
    {
        observation.permissive = Some(client.shake(stream, &road.name(), Offer::Everything));
    }
    if observation
        .handshake
        .as_ref()
        .is_some_and(calls_for_another)
    {
        let mut bare = target.clone();
        bare.identity = None;
        let client = Client {
            target: &bare,
            deadline: client.deadline,
        };
        let stream = road.open(&bare, client.deadline);
        observation.without_certificate =
            stream.map(|stream| client.shake(stream, &road.name(), bare.offer));
    }
    if target.scan {
        observation.scan = scan(target, road);
    }
}

/// Whether an answer came that says something about the client certificate if a client without one gets another.
fn calls_for_another(handshake: &Handshake) -> bool {
    let After::Response(response) = &handshake.after else {
        return false;
    };
    let tells = match HttpMeaning::of(response) {
        HttpMeaning::Served => true,
        HttpMeaning::Refused => false,
        HttpMeaning::Unknown => matches!(response.status, 401 | 403),
    };
    handshake.certificate_sent && tells
}

/// Whether the handshake failed before certificates in a way that another offer might change.
fn fails_on_offer(handshake: &Handshake) -> bool {
    handshake.chain.is_empty()
        && matches!(
            handshake.ending,
            Ending::Alert(_) | Ending::Closed | Ending::Reset | Ending::Malformed(_)
        )
}

fn look_up(
    target: &Target<'_>,
    deadline: Deadline,
    observation: &mut Observation,
) -> Vec<SocketAddr> {
    if let Some(address) = target.connect {
        observation.look_up.outcome = LookUpOutcome::Given;
        return vec![address];
    }
    let bare = target.host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return vec![SocketAddr::new(address, target.port)];
    }
    let start = Instant::now();
    let limit = deadline
        .left()
        .unwrap_or_default()
        .min(target.limits.look_up);
    let (outcome, addresses) = dial::resolve(target.host, target.port, limit);
    observation.look_up = LookUp {
        outcome,
        took_ms: milliseconds(start),
    };
    addresses.into_iter().take(ADDRESSES).collect()
}

/// Offers each version and suite alone, one connection each.
fn scan(target: &Target<'_>, road: &Road) -> Vec<Scanned> {
    let deadline = Deadline::start(target.limits.scan);
    let mut bare = target.clone();
    bare.identity = None;
    bare.request = None;
    let client = Client {
        target: &bare,
        deadline,
    };
    let permitted = SPINE_SUITES.iter().map(|suite| ("TLSv1.2", Some(*suite)));
    let rest = [
        ("TLSv1.3", None),
        ("TLSv1.2", Some(tls::OTHER_SUITES)),
        ("TLSv1.1", None),
        ("TLSv1", None),
    ];
    let offer = |(version, suite): (&str, Option<&str>)| match road.open(&bare, deadline) {
        None => Offered::Unknown,
        Some(stream) => client.offer(stream, version, suite),
    };
    let offers: Vec<(&str, Option<&str>)> = permitted.chain(rest).collect();
    let mut found: Vec<Offered> = offers.iter().map(|one| offer(*one)).collect();
    let is_accepted = |found: &Offered| matches!(found, Offered::Accepted(..));
    let accepted = found.iter().position(is_accepted);
    let accepted = accepted.and_then(|at| offers.get(at).copied());
    // Where the number of connections is limited, most are possible later.
    for (found, one) in found.iter_mut().zip(&offers) {
        if !matches!(found, Offered::Cut | Offered::Unknown) {
            continue;
        }
        let Some(left) = deadline.left() else { break };
        std::thread::sleep(AGAIN.min(left));
        *found = offer(*one);
        // Windows closes the connection instead of an alert. It is the offer, and no limit, if the next connection, at once,
        // with an offer that is known to be accepted, is answered.
        let answers = |known| is_accepted(&offer(known));
        if *found == Offered::Cut && accepted.is_some_and(answers) {
            *found = Offered::Refused;
        }
    }
    let scanned = offers.into_iter().zip(found);
    scanned
        .map(|((version, suite), found)| {
            let others = suite == Some(tls::OTHER_SUITES);
            let certain = matches!(found, Offered::Accepted(..) | Offered::Refused);
            let (chose, certificate) = match found {
                Offered::Accepted(suite, certificate) => (Some(suite), certificate),
                Offered::Refused | Offered::Cut | Offered::Unknown => (None, None),
            };
            Scanned {
                version: version.to_owned(),
                suite: match others {
                    true => Some("every other suite".to_owned()),
                    false => suite.map(str::to_owned),
                },
                permitted: !others && matches!(version, "TLSv1.2" | "TLSv1.3"),
                certain,
                chose,
                certificate,
            }
        })
        .collect()
}

fn milliseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
