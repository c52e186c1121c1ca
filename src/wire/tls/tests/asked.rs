//! The server, asked by our client and by OpenSSL's.

use std::net::TcpStream;
use std::sync::mpsc;

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};

use super::*;
use crate::wire::host::Event;

#[test]
fn both_sides_show_old_chains_and_each_reports_the_others() {
    let (tell, told) = mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let answer = move |caller: &Caller, question: &Question| {
        tell.lock()
            .unwrap()
            .send((caller.clone(), question.clone()))
            .unwrap();
        Reply::ok("text/plain", &b"good"[..])
    };
    let ours = identity("provider.lab.invalid");
    let host = serve(
        loopback(),
        &ours,
        &authorities(),
        Limits::default(),
        answer,
        |_| {},
    )
    .unwrap();
    let theirs = identity("ssp.lab.invalid");
    let url = format!(
        "https://provider.lab.invalid:{}/https://x/y?z",
        host.address().port()
    );
    let seen = call(&Call {
        at: Some(host.address()),
        headers: &[("Ssp-TraceID", "7")],
        identity: Some(&theirs),
        ..plain(&url)
    })
    .unwrap();

    assert_eq!(seen.remote, Some(host.address()));
    assert_eq!(seen.chain, old_chain("provider.lab.invalid"));
    assert_eq!(seen.request.unwrap().authorities, authorities());
    assert_eq!(seen.protocol.as_deref(), Some("TLSv1.2"));
    assert_eq!(seen.cipher.as_deref(), Some(CIPHERS[0]));
    match seen.outcome {
        Outcome::Answered(Response {
            status: 200,
            body,
            end: End::Whole,
            ..
        }) => assert_eq!(body, b"good"),
        other => panic!("{other:?}"),
    }
    let (caller, question) = told.recv().unwrap();
    assert_eq!(caller.chain, old_chain("ssp.lab.invalid"));
    assert_eq!(caller.protocol, "TLSv1.2");
    assert_eq!(caller.cipher, CIPHERS[0]);
    assert_eq!(caller.server_name.as_deref(), Some("provider.lab.invalid"));
    assert_eq!(question.target, "/https://x/y?z");
    assert_eq!(question.header("ssp-traceid"), Some("7"));
}

#[test]
fn a_client_without_a_certificate_is_reported_as_one() {
    let host = server();
    let url = call_to(&host);
    let seen = call(&plain(&url)).unwrap();
    assert!(matches!(
        seen.outcome,
        Outcome::Answered(Response { status: 403, .. })
    ));
}

/// Whether OpenSSL's client gets through with these settings, and by which suite.
fn shakes(host: &Host, version: SslVersion, ciphers: &str) -> Option<String> {
    let mut client = SslConnector::builder(SslMethod::tls_client()).unwrap();
    client.set_verify(SslVerifyMode::NONE);
    client.set_security_level(0);
    client.set_min_proto_version(Some(version)).unwrap();
    client.set_max_proto_version(Some(version)).unwrap();
    if version != SslVersion::TLS1_3 {
        client.set_cipher_list(ciphers).unwrap();
    }
    let stream = TcpStream::connect(host.address()).unwrap();
    let stream = client
        .build()
        .connect("provider.lab.invalid", stream)
        .ok()?;
    Some(stream.ssl().current_cipher()?.name().to_owned())
}

#[test]
fn only_tls_1_2_is_spoken() {
    let host = server();
    assert!(shakes(&host, SslVersion::TLS1_2, "ALL").is_some());
    for refused in [SslVersion::TLS1, SslVersion::TLS1_1, SslVersion::TLS1_3] {
        assert_eq!(shakes(&host, refused, "ALL"), None, "{refused:?}");
    }
}

#[test]
fn every_permitted_suite_is_spoken_and_no_other() {
    let host = server();
    for cipher in CIPHERS {
        assert_eq!(
            shakes(&host, SslVersion::TLS1_2, cipher).as_deref(),
            Some(cipher)
        );
    }
    for refused in [
        "AES256-GCM-SHA384",
        "ECDHE-RSA-AES128-SHA",
        "ECDHE-RSA-CHACHA20-POLY1305",
    ] {
        assert_eq!(shakes(&host, SslVersion::TLS1_2, refused), None);
    }
}

#[test]
fn the_servers_order_of_suites_decides() {
    let host = server();
    let backwards: Vec<&str> = CIPHERS.into_iter().rev().collect();
    assert_eq!(
        shakes(&host, SslVersion::TLS1_2, &backwards.join(":")).as_deref(),
        Some(CIPHERS[0])
    );
}

#[test]
fn a_failed_handshake_is_reported() {
    let (tell, told) = mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let events = move |event: Event| {
        if let Event::Handshake { reason, .. } = event {
            tell.lock().unwrap().send(reason).unwrap();
        }
    };
    let answer = |_: &Caller, _: &Question| Reply::new(204);
    let host = serve(
        loopback(),
        &identity("a"),
        &[],
        Limits::default(),
        answer,
        events,
    )
    .unwrap();
    assert_eq!(shakes(&host, SslVersion::TLS1_1, "ALL"), None);
    assert!(!told.recv().unwrap().is_empty());
}
