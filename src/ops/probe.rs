//! What the far end of a connection does: connects as a TLS client, and judges what it observed.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use super::Context;
use super::gather::{self, Named, Unread};
use super::peer::{self, IdentityFiles, Measure, Own, OwnError, Peer, environment_of};
use crate::document::Certificate;
use crate::environment::Environment;
use crate::fqdn::Fqdn;
use crate::input::{Origin, Source};
use crate::revocation::SearchableCrl;
use crate::store::crl_cache::CacheError;
use crate::verdict::connection::{self, Judgement, Observation, OwnCertificate};
use crate::verdict::verify::{Given, Purpose, Verdict};
// The types of its options.
pub use crate::verdict::connection::{Expected, Offer};
pub use crate::verdict::verify::Revocation;
use crate::wire::fetch::Proxy;
use crate::wire::probe::{BadRequest, ProbeLimits, Request, Target};

/// The port of endpoints (NHS: endpoints listen on 443).
pub const PORT: u16 = 443;
/// The port of SDS, LDAP over TLS.
pub const LDAPS: u16 = 636;
/// The most targets that are probed in parallel.
const SIDE_BY_SIDE: usize = 8;
/// How much of a body is read when none is to be shown: servers that refuse say so in it.
const GLANCE: usize = 4096;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// A name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// `a.nhs.uk:443`, `[::1]:443`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// A text that is not a host with an optional port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected HOST or HOST:PORT, such as proxy.int.spine2.ncrs.nhs.uk:443")]
pub struct NoEndpoint;

impl Endpoint {
    /// Reads `HOST`, `HOST:PORT`, `[IPv6]:PORT`, or a URL, of which host and port are used.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Endpoint, NoEndpoint> {
        let text = text.trim();
        let text = text.strip_prefix("https://").unwrap_or(text);
        let text = text.split('/').next().unwrap_or_default();
        let port = |text: &str| {
            text.parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or(NoEndpoint)
        };
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            match rest.split_once(']') {
                Some((host, "")) => (host, PORT),
                Some((host, rest)) => (host, port(rest.strip_prefix(':').ok_or(NoEndpoint)?)?),
                None => return Err(NoEndpoint),
            }
        } else if text.matches(':').count() > 1 {
            (text, PORT)
        } else {
            match text.split_once(':') {
                Some((host, number)) => (host, port(number)?),
                None => (text, PORT),
            }
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        match !host.is_empty() && host.len() <= 253 && host.bytes().all(plain) {
            true => Ok(Endpoint {
                host: host.to_owned(),
                port,
            }),
            false => Err(NoEndpoint),
        }
    }

    /// The hosts of an environment that a supplier connects to: its proxies, and on HSCN messaging and SDS.
    pub fn of(environment: &Environment) -> Vec<Endpoint> {
        let proxies = environment.ssp.iter().map(|host| (host.clone(), PORT));
        let domain = environment.hscn_domain.iter();
        let others = domain.flat_map(|domain| {
            [
                (format!("msg.{domain}"), PORT),
                (format!("ldap.{domain}"), LDAPS),
            ]
        });
        let all = proxies.chain(others);
        all.map(|(host, port)| Endpoint { host, port }).collect()
    }
}

/// What to ask for after the handshake.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum HttpQuestion {
    /// `/`, to see whether the server refuses in HTTP; nothing of LDAP servers.
    #[default]
    Glance,
    /// Nothing: the handshake only.
    Nothing,
    /// This.
    Request {
        /// The path.
        path: String,
        /// Additional headers.
        headers: Vec<(String, String)>,
        /// How much of the body is kept; 0 for none.
        body: usize,
    },
}

/// Whether a connection is made through the proxy of the [`Context`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyUse {
    /// As the proxy's settings say for the host.
    #[default]
    Use,
    /// It is not; the connection goes straight to the host.
    Bypass,
}

/// The headers of a request through the Spine Secure Proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SspHeaders {
    /// The ASID of the consumer.
    pub from: String,
    /// The ASID of the provider.
    pub to: String,
    /// The interaction.
    pub interaction: String,
}

impl SspHeaders {
    /// The four headers, with a trace ID of its own. `None` where the system has no random numbers.
    pub fn headers(&self) -> Option<Vec<(String, String)>> {
        let trace = trace_id()?;
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Some(vec![
            header("Ssp-TraceID", &trace),
            header("Ssp-From", &self.from),
            header("Ssp-To", &self.to),
            header("Ssp-InteractionID", &self.interaction),
        ])
    }
}

/// A random UUID (RFC 9562 section 5.4).
fn trace_id() -> Option<String> {
    crate::decode::crypto::ready();
    let mut bytes = [0_u8; 16];
    openssl::rand::rand_bytes(&mut bytes).ok()?;
    let mut number = u128::from_be_bytes(bytes);
    number = number & !(0xf << 76) | 4 << 76;
    number = number & !(0b11 << 62) | 0b10 << 62;
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    Some(format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    ))
}

/// What to probe, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What to connect to.
    pub endpoints: Vec<Endpoint>,
    /// The environment's id; without it the one that each host belongs to by its name.
    pub environment: Option<String>,
    /// Certificates to trust instead of the environment's roots.
    pub trust: Vec<Named>,
    /// The client certificate.
    pub own: Option<IdentityFiles>,
    /// Where to connect to instead of looking the host up.
    pub connect: Option<SocketAddr>,
    /// The name to send, and to judge by, instead of the host.
    pub server_name: Option<Fqdn>,
    /// What to offer.
    pub offer: Offer,
    /// Whether to try each version and suite.
    pub scan: bool,
    /// What to ask for.
    pub ask: HttpQuestion,
    /// The answer that is expected.
    pub expected: Option<Expected>,
    /// CRLs to use in addition to those of the cache, each with its source.
    pub crls: Vec<(Source, Vec<u8>)>,
    /// For which certificates revocation is checked; `None` for all if there is a cache, or a CRL was given.
    pub revocation: Option<Revocation>,
    /// Whether the proxy of the [`Context`] is used.
    pub proxy: ProxyUse,
    /// The limits.
    pub limits: ProbeLimits,
}

impl Options {
    /// Probes these, without a client certificate.
    pub fn new(endpoints: Vec<Endpoint>) -> Options {
        Options {
            endpoints,
            environment: None,
            trust: Vec::new(),
            own: None,
            connect: None,
            server_name: None,
            offer: Offer::Spine,
            scan: false,
            ask: HttpQuestion::Glance,
            expected: None,
            crls: Vec::new(),
            revocation: None,
            proxy: ProxyUse::Use,
            limits: ProbeLimits::default(),
        }
    }
}

/// Why nothing was probed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// There is no such environment.
    #[error("there is no environment {0:?}")]
    UnknownEnvironment(String),
    /// The environment has no host that is known.
    #[error("no host of the environment {0} is known")]
    NoHosts(String),
    /// A certificate to trust cannot be read.
    #[error("{}", .0.message())]
    Unread(Unread),
    /// The client certificate cannot be used.
    #[error(transparent)]
    Own(#[from] OwnError),
    /// The request cannot be sent.
    #[error(transparent)]
    Request(#[from] BadRequest),
    /// The cache's folder cannot be read.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// The client certificate that was offered, and the verdict on it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Client {
    /// The certificates, our own first.
    pub chain: Vec<Given>,
    /// The verdict on it as a client's for the environment.
    pub verdict: Option<Verdict>,
}

/// One endpoint that was probed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Probed {
    /// What was observed.
    pub observation: Observation,
    /// What it means.
    pub judgement: Judgement,
    /// The environment by which it was judged: id and title.
    pub environment: Option<(String, String)>,
    /// The name by which the server's certificate was judged.
    pub fqdn: Option<Fqdn>,
    /// The certificates that the server sent, as far as they can be read.
    pub certificates: Vec<Arc<Certificate>>,
    /// Where they are.
    pub origin: Origin,
    /// The verdict on the server's certificate.
    pub server: Option<Verdict>,
    /// CRLs of the cache that may have answered, and are damaged.
    pub unread: Vec<Unread>,
    /// The client certificate.
    pub client: Option<Arc<Client>>,
    /// How much of the body was asked for.
    pub body: usize,
}

/// Probes every endpoint, in parallel.
///
/// # Errors
/// When nothing could be probed: an environment that is not there, a certificate, key or request that cannot be used, a
/// cache that cannot be read.
pub fn probe(options: &Options, context: &Context<'_>) -> Result<Vec<Probed>, ProbeError> {
    let environment = match &options.environment {
        None => None,
        Some(id) => match context.facts.environment(&id.to_ascii_lowercase()) {
            None => return Err(ProbeError::UnknownEnvironment(id.clone())),
            known => known,
        },
    };
    let endpoints = match (options.endpoints.as_slice(), environment) {
        ([], Some(environment)) => Endpoint::of(environment),
        (endpoints, _) => endpoints.to_vec(),
    };
    if endpoints.is_empty() {
        let id = options.environment.clone().unwrap_or_default();
        return Err(ProbeError::NoHosts(id));
    }
    let own = match &options.own {
        Some(files) => Some(Own::read(files, context)?),
        None => None,
    };
    let trust = gather::read(&options.trust, None, context.observer);
    if let Some(unread) = trust.unread.into_iter().next() {
        return Err(ProbeError::Unread(unread));
    }
    let anchors = gather::certificates(&trust.items);
    let crls = options.crls.iter().filter_map(|(source, der)| {
        let origin = Origin::whole(&Arc::new(source.clone()));
        // A CRL that cannot be read covers nothing, and what needs it stays undecided.
        SearchableCrl::read(der.as_slice(), origin).ok()
    });
    let crls: Vec<SearchableCrl<'_>> = crls.collect();
    let run = Run {
        options,
        context,
        own: own.as_ref(),
        anchors: &anchors,
        crls: &crls,
    };
    side_by_side(&endpoints, context, |endpoint| {
        run.one(endpoint, environment)
    })
}

/// Asks every endpoint, several in parallel; the answers are in order, and fewer where the run is to stop before it has
/// come to the last.
///
/// # Errors
/// The first error of `ask`, after which no other endpoint is asked.
pub(super) fn side_by_side<T: Send, E: Send>(
    endpoints: &[Endpoint],
    context: &Context<'_>,
    ask: impl Fn(&Endpoint) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    context.observer.begin("probing", endpoints.len());
    let mut asked = Vec::with_capacity(endpoints.len());
    for some in endpoints.chunks(SIDE_BY_SIDE) {
        let answers: Vec<Result<T, E>> = thread::scope(|scope| {
            let ask = &ask;
            let threads: Vec<_> = some
                .iter()
                .map(|endpoint| scope.spawn(move || ask(endpoint)))
                .collect();
            let answers = threads.into_iter().map(|thread| {
                context.observer.step();
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            answers.collect()
        });
        for answer in answers {
            asked.push(answer?);
        }
        if context.observer.is_cancelled() {
            break;
        }
    }
    context.observer.end();
    Ok(asked)
}

/// What every endpoint of a run is probed with.
struct Run<'r> {
    options: &'r Options,
    context: &'r Context<'r>,
    own: Option<&'r Own>,
    anchors: &'r [Given],
    crls: &'r [SearchableCrl<'r>],
}

impl Run<'_> {
    fn one(
        &self,
        endpoint: &Endpoint,
        environment: Option<&Environment>,
    ) -> Result<Probed, ProbeError> {
        let Run {
            options, context, ..
        } = *self;
        let environment = environment.or_else(|| environment_of(&endpoint.host, &context.facts));
        let (request, body) = self.request(endpoint)?;
        let none = Proxy::none();
        let mut target = Target::new(
            &endpoint.host,
            endpoint.port,
            match options.proxy {
                ProxyUse::Use => &context.proxy,
                ProxyUse::Bypass => &none,
            },
        );
        target.connect = options.connect;
        target.server_name = options.server_name.as_ref().map(Fqdn::as_str);
        target.identity = self.own.map(|own| &own.identity);
        target.offer = options.offer;
        target.request = request.as_ref();
        target.scan = options.scan;
        target.limits = options.limits;
        let observation = crate::wire::probe::probe(&target);

        let fqdn = options
            .server_name
            .clone()
            .or_else(|| Fqdn::parse(&endpoint.host).ok());
        let chain = observation.best().map(|best| best.chain.as_slice());
        let measure = Measure {
            purpose: Purpose::Server,
            fqdn: fqdn.as_ref(),
            environment,
            anchors: self.anchors,
            crls: self.crls,
            revocation: options.revocation,
            at: context.at,
        };
        let peer = Peer::judge(chain.unwrap_or_default(), &measure, context)?;
        let client = match self.own {
            None => None,
            Some(own) => Some(Arc::new(Client {
                chain: own.chain.clone(),
                verdict: self.client(own, environment)?,
            })),
        };
        let above: Vec<Arc<Certificate>> = client
            .iter()
            .flat_map(|client| client.chain.iter().skip(1))
            .map(|given| Arc::clone(&given.certificate))
            .collect();
        let ours = client.as_ref().and_then(|client| {
            Some(OwnCertificate {
                certificate: &client.chain.first()?.certificate,
                above: &above,
                verdict: client.verdict.as_ref(),
            })
        });
        let judgement = connection::judge(
            &observation,
            &connection::ConnectionQuestion {
                at: context.at,
                facts: &context.facts,
                environment,
                fqdn: fqdn.as_ref(),
                sent: &peer.certificates,
                server: peer.verdict.as_ref(),
                ours,
                requested: matches!(options.ask, HttpQuestion::Request { .. }),
                expected: options.expected,
            },
        );
        Ok(Probed {
            observation,
            judgement,
            environment: environment.map(|known| (known.id.clone(), known.title.clone())),
            fqdn,
            certificates: peer.certificates,
            origin: peer.origin,
            server: peer.verdict,
            unread: peer.unread,
            client,
            body,
        })
    }

    /// What to send, and how much of the body is to be shown.
    fn request(&self, endpoint: &Endpoint) -> Result<(Option<Request>, usize), BadRequest> {
        match &self.options.ask {
            HttpQuestion::Nothing => Ok((None, 0)),
            HttpQuestion::Glance if endpoint.port == LDAPS => Ok((None, 0)),
            HttpQuestion::Glance => Ok((Some(Request::new("/", Vec::new(), GLANCE)?), 0)),
            HttpQuestion::Request {
                path,
                headers,
                body,
            } => {
                let keep = (*body).max(GLANCE);
                Ok((Some(Request::new(path, headers.clone(), keep)?), *body))
            }
        }
    }

    /// The verdict on our own certificate, where the environment is known.
    fn client(
        &self,
        own: &Own,
        environment: Option<&Environment>,
    ) -> Result<Option<Verdict>, CacheError> {
        if environment.is_none() && self.anchors.is_empty() {
            return Ok(None);
        }
        let measure = Measure {
            purpose: Purpose::Client,
            fqdn: None,
            environment,
            anchors: self.anchors,
            crls: self.crls,
            revocation: self.options.revocation,
            at: self.context.at,
        };
        let (verdict, _) = peer::judge(&own.chain, &measure, self.context)?;
        Ok(verdict)
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "the tests play servers on loopback and measure time"
)]
pub(crate) mod tests;

#[cfg(test)]
mod reading {
    use super::*;

    #[test]
    fn a_host_and_a_port_are_read_in_every_usual_form() {
        for (text, host, port) in [
            ("a.nhs.uk", "a.nhs.uk", 443),
            ("a.nhs.uk:636", "a.nhs.uk", 636),
            ("https://a.nhs.uk:8443/x", "a.nhs.uk", 8443),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("::1", "::1", 443),
            ("[::1]:444", "::1", 444),
        ] {
            let found = Endpoint::parse(text).unwrap();
            assert_eq!((found.host.as_str(), found.port), (host, port), "{text}");
            assert_eq!(Endpoint::parse(&found.to_string()), Ok(found), "{text}");
        }
        for text in [
            "",
            "a:b",
            "a:0",
            "a:70000",
            "[::1",
            "a b",
            "http://a.nhs.uk",
            "a\r\nb",
        ] {
            assert_eq!(Endpoint::parse(text), Err(NoEndpoint), "{text}");
        }
    }

    #[test]
    fn a_trace_id_is_a_random_uuid() {
        let (one, other) = (trace_id().unwrap(), trace_id().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 36);
        assert_eq!(one.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&one.as_bytes()[19]), "{one}");
    }
}
