//! The client, against servers that do not let it in; and fetching over TLS.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use openssl::ssl::{SslAcceptor, SslMethod, SslVerifyMode};

use super::*;
use crate::wire::fetch::{FetchError, FetchRequest, Roots, fetch};
use crate::wire::host::Pace;

/// A server of OpenSSL's that demands a certificate of an authority that it does not name in its store.
fn strict(connections: usize) -> SocketAddr {
    let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls_server()).unwrap();
    acceptor.set_security_level(0);
    identity("strict.lab.invalid")
        .install(&mut acceptor)
        .unwrap();
    acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    let ca = certificate("LAB CA", "LAB Root", MessageDigest::sha256());
    acceptor.add_client_ca(&ca).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().take(connections) {
            let _ = acceptor.accept(stream.unwrap());
        }
    });
    address
}

#[test]
fn a_refusal_is_reported_with_its_alert_and_what_was_seen_before() {
    let address = strict(2);
    let url = format!("https://{address}/");
    let ours = identity("ssp.lab.invalid");
    for (identity, alerts) in [(None, [40, 116]), (Some(&ours), [48, 46])] {
        let seen = call(&Call {
            identity,
            ..plain(&url)
        })
        .unwrap();
        assert_eq!(seen.chain, old_chain("strict.lab.invalid"));
        assert_eq!(
            seen.request.unwrap().authorities,
            [name("LAB CA").to_der().unwrap()]
        );
        assert_eq!(seen.protocol, None);
        match seen.outcome {
            Outcome::Refused(alert) => assert!(alerts.contains(&alert.code), "{alert}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_server_without_tls_is_no_handshake() {
    let limits = Limits::default();
    let host = Host::start(loopback(), limits, |_| Reply::new(204), |_| {}).unwrap();
    let url = call_to(&host);
    let seen = call(&plain(&url)).unwrap();
    assert!(matches!(seen.outcome, Outcome::NoHandshake(_)), "{seen:?}");
    assert!(seen.chain.is_empty() && seen.request.is_none());
}

#[test]
fn a_server_that_never_shakes_hands_ends_with_the_limit() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let mut silent = plain(&url);
    silent.limits.total = Duration::from_millis(300);
    let seen = call(&silent).unwrap();
    assert!(
        matches!(seen.outcome, Outcome::Failed(FetchError::TimedOut { .. })),
        "{seen:?}"
    );
}

#[test]
fn a_server_that_never_answers_ends_with_the_limit_and_its_chain_is_known() {
    let answer = |_: &Caller, _: &Question| Reply {
        pace: Pace::Silent,
        ..Reply::new(200)
    };
    let ours = identity("provider.lab.invalid");
    let host = serve(loopback(), &ours, &[], Limits::default(), answer, |_| {}).unwrap();
    let url = call_to(&host);
    let mut silent = plain(&url);
    silent.limits.total = Duration::from_secs(3);
    let seen = call(&silent).unwrap();
    assert!(
        matches!(seen.outcome, Outcome::Failed(FetchError::TimedOut { .. })),
        "{seen:?}"
    );
    assert_eq!(seen.chain.len(), 2);
    assert_eq!(seen.request.unwrap().authorities, Vec::<Vec<u8>>::new());
}

#[test]
fn a_large_body_is_kept_up_to_the_limit() {
    let answer = |_: &Caller, _: &Question| Reply::ok("text/plain", vec![7; 100_000]);
    let ours = identity("provider.lab.invalid");
    let host = serve(loopback(), &ours, &[], Limits::default(), answer, |_| {}).unwrap();
    let url = call_to(&host);
    for (limit, whole) in [(100_000, true), (99_999, false)] {
        let mut bounded = plain(&url);
        bounded.limits.body = limit;
        match call(&bounded).unwrap().outcome {
            Outcome::Answered(Response {
                body,
                end: End::Whole,
                ..
            }) if whole => assert_eq!(body.len(), limit),
            Outcome::Answered(Response {
                body,
                end: End::Limit,
                ..
            }) if !whole => assert_eq!(body.len(), limit),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_call_that_cannot_connect_is_an_error() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert!(matches!(
        call(&plain(&format!("https://{address}/"))),
        Err(FetchError::Refused { .. })
    ));
    assert!(matches!(
        call(&plain("http://127.0.0.1/")),
        Err(FetchError::Url { .. })
    ));
}

#[test]
fn fetching_over_tls_wants_a_certificate_under_a_known_root() {
    let own = certificate("127.0.0.1", "LAB Root", MessageDigest::sha256());
    let root = certificate("LAB Root", "LAB Root", MessageDigest::sha256());
    let [own, root] = [own, root].map(|certificate| certificate.to_der().unwrap());
    let ours = Identity::of(&[own], key()).unwrap();
    let answer = |_: &Caller, _: &Question| Reply::ok("application/pkix-crl", &b"list"[..]);
    let host = serve(loopback(), &ours, &[], Limits::default(), answer, |_| {}).unwrap();
    let url = call_to(&host);
    let mut body = Vec::new();
    let trusting = FetchRequest {
        roots: Roots::Only(vec![root]),
        ..FetchRequest::new(&url)
    };
    fetch(&trusting, &mut body).unwrap();
    assert_eq!(body, b"list");
    let error = fetch(&FetchRequest::new(&url), &mut body).unwrap_err();
    assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
}
