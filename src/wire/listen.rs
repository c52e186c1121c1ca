//! The server's side of mutual TLS: records who calls and with what, lets the caller decide, and answers one request.
//!
//! Every caller's certificate is accepted, or none; the code that listens decides whether it is good. Callers are bounded in
//! number, time and size, so that slow, silent, huge and senseless ones cost no more than their slot.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use openssl::error::ErrorStack;
use openssl::ssl::{
    HandshakeError, NameType, SslAcceptor, SslMethod, SslOptions, SslSessionCacheMode,
    SslVerifyMode, SslVersion,
};

use super::host::{
    Event, Events, Exchange, Host, HostError, Limits, Listener, MadeRoom, Question, Reply,
};
use super::tls::handshake::alert_of;
use super::tls::{Caller, Identity, names};
use crate::verdict::connection::{Alert, SPINE_SUITES};

/// The most callers at a time; further ones wait, or take the place of one that sends nothing. Each has a thread.
const CALLERS: usize = 256;

/// The limits of a listener: the callers above, ten seconds for handshake and request, ten for the answer.
pub fn limits() -> Limits {
    Limits {
        connections: CALLERS,
        request: Duration::from_secs(10),
        reply: Duration::from_secs(10),
        ..Limits::default()
    }
}

/// What happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Heard<D> {
    /// A client called and completed the handshake.
    Call {
        /// Who, with what.
        caller: Caller,
        /// What was decided.
        decision: D,
        /// Method and target of the request; `None` where none came.
        asked: Option<(String, String)>,
        /// The status that was answered; `None` where nothing was.
        status: Option<u16>,
        /// From the connection to the answer.
        took_ms: u64,
    },
    /// A client called and did not complete the handshake.
    NoHandshake {
        /// From where.
        from: SocketAddr,
        /// The name that was asked for, where it came that far.
        server_name: Option<String>,
        /// The alert with which the caller closed it.
        alert: Option<Alert>,
        /// What the TLS library said.
        reason: String,
    },
    /// No connection could be accepted; the listener goes on.
    NotAccepted(std::io::Error),
}

/// Listens over TLS 1.2 and 1.3 with the suites of the Spine list, asks every caller for a certificate of these CAs (names
/// as DER) and accepts any, or none. `decide` decides, `reply` answers, `heard` is called with what happened.
///
/// # Errors
/// When the address cannot be listened on, or the TLS library does not take the identity or a name.
pub fn listen<D: Send + 'static>(
    bind: SocketAddr,
    identity: &Identity,
    authorities: &[Vec<u8>],
    limits: Limits,
    decide: impl Fn(&Caller) -> D + Send + Sync + 'static,
    reply: impl Fn(&Caller, &D, &Question) -> Reply + Send + Sync + 'static,
    heard: impl Fn(Heard<D>) + Send + Sync + 'static,
) -> Result<Host, HostError> {
    let refused = |what| {
        move |source: openssl::error::ErrorStack| HostError::Tls {
            what,
            source: source.into(),
        }
    };
    let mut acceptor = acceptor().map_err(refused("the settings"))?;
    identity
        .install(&mut acceptor)
        .map_err(refused("the certificate and key"))?;
    acceptor.set_client_ca_list(names(authorities).map_err(refused("the names of the CAs"))?);
    let acceptor = acceptor.build();
    let heard = Arc::new(heard);
    let told = Arc::clone(&heard);
    let events: Arc<Events> = Arc::new(move |event| {
        if let Event::NotAccepted { source } = event {
            told(Heard::NotAccepted(source));
        }
    });
    let listener = Listener::start(bind, limits, events, move |socket, from, pause| {
        let start = Instant::now();
        let stream = match acceptor.accept(socket) {
            Ok(stream) => stream,
            Err(error) => return heard(no_handshake(from, error, pause.made_room())),
        };
        pause.greeted();
        let caller = Caller::of(stream.ssl(), from);
        let decision = decide(&caller);
        let asked = Mutex::new(None);
        let quiet: Box<Events> = Box::new(|_| {});
        let exchange = Exchange {
            from,
            limits,
            pause,
            events: &*quiet,
        };
        exchange.run(stream, &|question| {
            let reply = reply(&caller, &decision, question);
            let known = (question.method.clone(), question.target.clone());
            *asked.lock().unwrap_or_else(PoisonError::into_inner) = Some((known, reply.status));
            reply
        });
        let asked = asked.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (asked, status) = asked.unzip();
        heard(Heard::Call {
            caller,
            decision,
            asked,
            status,
            took_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    })?;
    Ok(Host::over(listener))
}

fn acceptor() -> Result<openssl::ssl::SslAcceptorBuilder, ErrorStack> {
    crate::decode::crypto::ready();
    // Mozilla's settings bring parameters for the DHE suites; everything else is set again.
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    // First, because it decides which certificates are accepted.
    acceptor.set_security_level(0);
    acceptor.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    acceptor.set_max_proto_version(Some(SslVersion::TLS1_3))?;
    acceptor.set_cipher_list(&SPINE_SUITES.join(":"))?;
    // Every connection shows its certificates again.
    acceptor.set_session_cache_mode(SslSessionCacheMode::OFF);
    acceptor.set_options(
        SslOptions::NO_TICKET | SslOptions::NO_RENEGOTIATION | SslOptions::CIPHER_SERVER_PREFERENCE,
    );
    acceptor.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
    Ok(acceptor)
}

fn no_handshake<D>(
    from: SocketAddr,
    error: HandshakeError<super::socket::Socket>,
    made_room: Option<MadeRoom>,
) -> Heard<D> {
    match error {
        HandshakeError::SetupFailure(error) => Heard::NoHandshake {
            from,
            server_name: None,
            alert: None,
            reason: error.to_string(),
        },
        HandshakeError::Failure(failed) | HandshakeError::WouldBlock(failed) => {
            let error = failed.error();
            let reason = match (error.io_error(), error.ssl_error()) {
                _ if let Some(why) = made_room => why.to_string(),
                (Some(source), _) if source.kind() == std::io::ErrorKind::TimedOut => {
                    "the caller did not complete the handshake in time".to_owned()
                }
                (Some(source), _) => format!("the connection broke: {source}"),
                (None, Some(stack)) => {
                    let first = stack.errors().first();
                    let reason = first.and_then(openssl::error::Error::reason);
                    reason
                        .unwrap_or("the TLS library gives no reason")
                        .to_owned()
                }
                (None, None) => "the caller closed the connection".to_owned(),
            };
            Heard::NoHandshake {
                from,
                server_name: failed
                    .ssl()
                    .servername(NameType::HOST_NAME)
                    .map(str::to_owned),
                alert: error.ssl_error().and_then(alert_of),
                reason,
            }
        }
    }
}
