//! One exchange over `ureq`, and what its errors mean.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use ureq::config::Config;
use ureq::http::{HeaderValue, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, NativeTlsConnector};
use ureq::{Agent, Timeout};
use url::Url;

use super::connect::{Dial, Inwards, LookUp, Progress, Reached, Stage, Watch, is_inwards};
use super::error::{FetchError, FetchPeer, PeerRole, Silence, UrlFault, UrlProblem};
use super::proxy::Proxy;
use super::{ContentEncoding, FetchRequest, Limits, Roots, USER_AGENT};
use crate::wire::deadline::Deadline;

/// The longest head of an answer, in bytes: several times what servers send.
pub(in crate::wire) const HEAD_LIMIT: usize = 32 * 1024;

/// The way to one server.
pub(in crate::wire) struct Route<'p> {
    target: FetchPeer,
    proxy: Option<(&'p Url, FetchPeer)>,
    surplus: Arc<AtomicBool>,
    progress: Arc<Progress>,
    inwards: Inwards,
}

impl<'p> Route<'p> {
    /// The way that the proxies available leave.
    pub(in crate::wire) fn of(url: &Url, proxies: &'p Proxy) -> Result<Route<'p>, FetchError> {
        let proxy = proxies.before(url);
        Ok(Route {
            target: peer(url, PeerRole::Server)?,
            proxy: match proxy {
                Some(proxy) => Some((proxy, peer(proxy, PeerRole::Proxy)?)),
                None => None,
            },
            surplus: Arc::default(),
            progress: Arc::default(),
            inwards: Inwards::default(),
        })
    }

    /// The same way as one that a redirect leads, from a server that is not on this machine or its link to one that is
    /// neither.
    pub(super) fn outwards(mut self) -> Route<'p> {
        self.inwards.refused = true;
        self
    }

    /// Whether it led to this machine or its link. Where a proxy looks up names, names say nothing.
    pub(super) fn led_inwards(&self) -> bool {
        self.inwards.seen.load(Ordering::Acquire) || self.literally_inwards().is_some()
    }

    /// The address that the target is named by, where it is of this machine or its link.
    fn literally_inwards(&self) -> Option<IpAddr> {
        let host = self
            .target
            .host
            .trim_start_matches('[')
            .trim_end_matches(']');
        let is_name = host.eq_ignore_ascii_case("localhost") && self.proxy.is_some();
        let address = match is_name {
            true => IpAddr::V4(Ipv4Addr::LOCALHOST),
            false => host.parse().ok()?,
        };
        is_inwards(address).then_some(address)
    }

    /// Whether bytes came after the end of the body.
    pub(super) fn has_surplus(&self) -> bool {
        self.surplus.load(Ordering::Acquire)
    }

    /// Who took the connection and has not answered since, and what; `None` before that and after it.
    fn silence(&self) -> Option<Silence> {
        let target = self.target.clone();
        match (self.progress.reached(), &self.proxy) {
            (Reached::Nothing | Reached::Ready, _) => None,
            (Reached::Connected, Some((_, proxy))) => Some(Silence::Tunnel {
                proxy: proxy.clone(),
                target,
            }),
            (Reached::Connected, None) | (Reached::Tunnelled, _) => {
                Some(Silence::Tls { peer: target })
            }
        }
    }

    /// Who is spoken to first.
    pub(in crate::wire) fn first(&self) -> &FetchPeer {
        self.proxy.as_ref().map_or(&self.target, |(_, peer)| peer)
    }
}

fn peer(url: &Url, role: PeerRole) -> Result<FetchPeer, FetchError> {
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => Ok(FetchPeer {
            host: host.to_owned(),
            port,
            role,
        }),
        _ => Err(FetchError::Url {
            url: url.to_string(),
            problem: UrlProblem::Malformed(UrlFault::of(url::ParseError::EmptyHost)),
        }),
    }
}

/// Whether a condition is sent; one that is no header's value is not.
pub(super) fn is_conditional(request: &FetchRequest<'_>) -> bool {
    conditions(request).next().is_some()
}

fn conditions(
    request: &FetchRequest<'_>,
) -> impl Iterator<Item = (header::HeaderName, HeaderValue)> {
    let etag = request.etag.map(|etag| (header::IF_NONE_MATCH, etag));
    let date = request
        .last_modified
        .map(|date| (header::IF_MODIFIED_SINCE, date));
    etag.into_iter()
        .chain(date)
        .filter_map(|(name, value)| Some((name, HeaderValue::from_str(value).ok()?)))
}

/// Asks once; redirects are the caller's matter.
pub(super) fn ask(
    request: &FetchRequest<'_>,
    url: &Url,
    route: &Route<'_>,
    deadline: &Deadline,
) -> Result<ureq::http::Response<ureq::Body>, FetchError> {
    crate::decode::crypto::ready();
    if route.inwards.refused
        && let Some(address) = route.literally_inwards()
    {
        return Err(FetchError::RedirectInwards {
            to: url.to_string(),
            address,
        });
    }
    let Some(left) = deadline.left() else {
        return Err(FetchError::TimedOut {
            peer: route.first().clone(),
            after: deadline.limit(),
            received: 0,
        });
    };
    let roots = match &request.roots {
        Roots::System => RootCerts::PlatformVerifier,
        Roots::Only(roots) => RootCerts::Specific(Arc::new(
            roots
                .iter()
                .map(|der| Certificate::from_der(der).to_owned())
                .collect(),
        )),
    };
    let proxy = match &route.proxy {
        Some((proxy, _)) => Some(
            ureq::Proxy::new(proxy.as_str())
                .map_err(|error| broken(error, route, &request.limits, 0, None))?,
        ),
        None => None,
    };
    let last = match (url.scheme(), &proxy) {
        ("https", Some(_)) => Reached::Tunnelled,
        _ => Reached::Connected,
    };
    let tunnel = proxy.clone().filter(|_| url.scheme() == "https");
    // A plain request to a proxy is one to the proxy's own address, until its first line is written.
    let plain = proxy.filter(|_| url.scheme() == "http");
    let config = Config::builder()
        .tls_config(
            TlsConfig::builder()
                .provider(TlsProvider::NativeTls)
                .root_certs(roots)
                .build(),
        )
        .proxy(tunnel)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(USER_AGENT)
        .accept("")
        .accept_encoding(match request.encoding {
            ContentEncoding::Identity => "",
            ContentEncoding::Gzip => "gzip",
        })
        .max_response_header_size(HEAD_LIMIT)
        .max_idle_connections(0)
        .timeout_global(Some(left))
        .timeout_resolve(Some(request.limits.connect))
        .timeout_connect(Some(request.limits.connect))
        .timeout_recv_response(Some(request.limits.answer))
        .build();
    let connector =
        ().chain(ConnectProxyConnector::default())
            .chain(Dial::new(&route.progress))
            .chain(NativeTlsConnector::default())
            .chain(Watch {
                deadline: *deadline,
                prefix: plain.as_ref().map(|_| origin(url)),
                surplus: Arc::clone(&route.surplus),
                progress: Arc::clone(&route.progress),
                last,
            });
    let agent = Agent::with_parts(
        config,
        connector,
        match route.proxy {
            // What is looked up is the proxy.
            Some(_) => LookUp::default(),
            None => LookUp::noting(route.inwards.clone()),
        },
    );
    let asked = match &route.proxy {
        Some((proxy, _)) if plain.is_some() => format!("{}{}", origin(proxy), path(url)),
        _ => url.to_string(),
    };
    let mut call = agent.get(asked);
    if let Some(proxy) = &plain {
        call = call.header(header::HOST, authority(url));
        if proxy.username().is_some() || proxy.password().is_some() {
            call = call.header(header::PROXY_AUTHORIZATION, credentials(proxy));
        }
    }
    for (name, value) in conditions(request) {
        call = call.header(name, value);
    }
    call.call()
        .map_err(|error| broken(error, route, &request.limits, 0, None))
}

/// `http://host:port`, the port only where it is not the usual one.
fn origin(url: &Url) -> String {
    format!("{}://{}", url.scheme(), authority(url))
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn path(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// RFC 7617; `ureq` decodes what is percent-encoded in the proxy's URL.
fn credentials(proxy: &ureq::Proxy) -> String {
    let name = proxy.username().unwrap_or_default();
    let password = proxy.password().unwrap_or_default();
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
    format!("Basic {pair}")
}

/// What an error of `ureq` means.
pub(in crate::wire) fn broken(
    error: ureq::Error,
    route: &Route<'_>,
    limits: &Limits,
    received: u64,
    announced: Option<u64>,
) -> FetchError {
    let peer = route.first().clone();
    let named = |host: &str, port| {
        let known = [
            Some(&route.target),
            route.proxy.as_ref().map(|(_, peer)| peer),
        ];
        let found = known
            .into_iter()
            .flatten()
            .find(|peer| peer.host == host && peer.port == port);
        found.unwrap_or(&peer).clone()
    };
    if let ureq::Error::Timeout(limit) = &error
        && let Some(silence) = route.silence()
    {
        let after = match limit {
            Timeout::Connect => limits.connect,
            _ => limits.total,
        };
        return FetchError::HandshakeTimedOut { silence, after };
    }
    match error {
        ureq::Error::Timeout(Timeout::Resolve) => FetchError::LookupTimedOut {
            peer,
            after: limits.connect,
        },
        ureq::Error::Timeout(Timeout::Connect) => FetchError::ConnectTimedOut {
            peer,
            after: limits.connect,
        },
        ureq::Error::Timeout(Timeout::RecvResponse) => FetchError::NoAnswer {
            peer,
            after: limits.answer,
        },
        ureq::Error::Timeout(_) => FetchError::TimedOut {
            peer,
            after: limits.total,
            received,
        },
        ureq::Error::HostNotFound => FetchError::NoSuchHost { peer, source: None },
        ureq::Error::ConnectProxyFailed(reason) => FetchError::Tunnel {
            proxy: peer,
            target: route.target.clone(),
            reason: reason.escape_debug().to_string(),
        },
        ureq::Error::NativeTls(source) => FetchError::Tls {
            peer: route.target.clone(),
            // Its own source says the same words again.
            source: source.to_string().into(),
        },
        ureq::Error::Io(source) => match announced {
            Some(announced) if source.kind() == io::ErrorKind::UnexpectedEof => {
                FetchError::Truncated {
                    received,
                    announced,
                }
            }
            _ => FetchError::Broken {
                peer,
                received,
                source,
            },
        },
        ureq::Error::Other(other) => match other.downcast::<Stage>() {
            Ok(stage) => match *stage {
                Stage::LookUp { host, port, source } => FetchError::NoSuchHost {
                    peer: named(&host, port),
                    source: Some(source),
                },
                Stage::Inwards { address } => FetchError::RedirectInwards {
                    to: format!("{}:{}", route.target.host, route.target.port),
                    address,
                },
                Stage::Connect { host, port, source } => {
                    let peer = named(&host, port);
                    match source.kind() {
                        io::ErrorKind::ConnectionRefused => FetchError::Refused { peer },
                        _ => FetchError::Unreachable { peer, source },
                    }
                }
            },
            // What else is put in as `Other` comes from TLS.
            Err(source) => FetchError::Tls {
                peer: route.target.clone(),
                source,
            },
        },
        source => FetchError::NotHttp {
            peer,
            source: Box::new(source),
        },
    }
}
