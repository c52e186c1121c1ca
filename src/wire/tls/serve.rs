//! The server's side.

use std::net::SocketAddr;
use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::ssl::{NameType, SslAcceptor, SslMethod, SslRef, SslStream, SslVerifyMode};
use openssl::stack::Stack;
use openssl::x509::X509Name;

use super::{Identity, configure};
use crate::document::Certificate;
use crate::wire::host::{
    Event, Events, Exchange, Host, HostError, Limits, Listener, Question, Reply, Stream,
};
use crate::wire::socket::Socket;

/// Who called, as far as the handshake tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// From where.
    pub from: SocketAddr,
    /// The certificates that it sent, as DER, its own first; empty when it sent none. Nothing about them has been
    /// checked but that it holds the first one's key.
    pub chain: Vec<Vec<u8>>,
    /// The protocol, as OpenSSL names it: `TLSv1.2`.
    pub protocol: String,
    /// The cipher suite, by OpenSSL's name.
    pub cipher: String,
    /// The name that it asked for (SNI, RFC 6066), where it did.
    pub server_name: Option<String>,
}

/// A host over TLS 1.2 that asks every client for a certificate and takes any, or none.
///
/// `authorities` are the names, as DER, in its CertificateRequest: during a change of generations those of
/// both, because many clients choose their certificate by them. `answer` judges and answers.
///
/// # Errors
/// When the address cannot be listened on, or the TLS library does not take the identity or a name.
pub fn serve(
    bind: SocketAddr,
    identity: &Identity,
    authorities: &[Vec<u8>],
    limits: Limits,
    answer: impl Fn(&Caller, &Question) -> Reply + Send + Sync + 'static,
    events: impl Fn(Event) + Send + Sync + 'static,
) -> Result<Host, HostError> {
    crate::decode::crypto::ready();
    let refused = |what| {
        move |source: openssl::error::ErrorStack| HostError::Tls {
            what,
            source: source.into(),
        }
    };
    // Mozilla's settings bring parameters for the DHE suites; everything else is set again.
    let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls_server())
        .map_err(refused("its own settings"))?;
    configure(&mut acceptor, SslVerifyMode::PEER).map_err(refused("the settings"))?;
    identity
        .install(&mut acceptor)
        .map_err(refused("the identity"))?;
    acceptor.set_client_ca_list(names(authorities).map_err(refused("the authorities' names"))?);
    let acceptor = acceptor.build();

    let events: Arc<Events> = Arc::new(events);
    let told = Arc::clone(&events);
    let listener = Listener::start(bind, limits, events, move |socket, from, pause| {
        let stream = match acceptor.accept(socket) {
            Ok(stream) => stream,
            Err(error) => {
                let made_room = pause.made_room().map(|why| why.to_string());
                let reason = made_room.unwrap_or_else(|| error.to_string());
                return told(Event::Handshake { from, reason });
            }
        };
        pause.greeted();
        let caller = Caller::of(stream.ssl(), from);
        let exchange = Exchange {
            from,
            limits,
            pause,
            events: &*told,
        };
        exchange.run(stream, &|question| answer(&caller, question));
    })?;
    Ok(Host::over(listener))
}

pub(in crate::wire) fn names(authorities: &[Vec<u8>]) -> Result<Stack<X509Name>, ErrorStack> {
    let mut names = Stack::new()?;
    for der in authorities {
        names.push(X509Name::from_der(der)?)?;
    }
    Ok(names)
}

impl Caller {
    /// The certificates that the client sent, read; `None` for one that cannot be read.
    pub fn certificates(&self) -> impl Iterator<Item = Option<Certificate>> {
        self.chain.iter().map(|der| Certificate::read(der).ok())
    }

    pub(in crate::wire) fn of(ssl: &SslRef, from: SocketAddr) -> Caller {
        // A server's `peer_cert_chain` lacks the client's own certificate (SSL_get_peer_cert_chain(3)).
        let own = ssl.peer_certificate();
        let own = own.iter().filter_map(|own| own.to_der().ok());
        let above = ssl.peer_cert_chain().into_iter().flatten();
        Caller {
            from,
            chain: own
                .chain(above.filter_map(|above| above.to_der().ok()))
                .collect(),
            protocol: ssl.version_str().to_owned(),
            cipher: ssl
                .current_cipher()
                .map_or("", |cipher| cipher.name())
                .to_owned(),
            server_name: ssl.servername(NameType::HOST_NAME).map(str::to_owned),
        }
    }
}

impl Stream for SslStream<Socket> {
    fn socket(&mut self) -> &mut Socket {
        self.get_mut()
    }

    fn close(&mut self) {
        // Tells the client that the end is intended; if it has gone, that does not matter.
        let _ = self.shutdown();
    }
}
