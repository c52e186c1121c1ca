//! What is asked, and what the head of an answer leads to.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

use super::*;

fn asked(request: impl Fn(&mut FetchRequest<'_>)) -> Question {
    let (tell, told) = mpsc::channel();
    let host = serve(move |question| {
        tell.send(question.clone()).unwrap();
        Reply::ok("application/pkix-crl", &b"list"[..])
    });
    let url = url(&host);
    let mut asked = super::request(&url);
    request(&mut asked);
    get(&asked).unwrap();
    told.recv().unwrap()
}

fn names(question: &Question) -> Vec<&str> {
    let names = question.headers.iter().map(|(name, _)| name.as_str());
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}

#[test]
fn nothing_is_sent_but_the_host_and_the_products_name() {
    let question = asked(|_| {});
    assert_eq!(names(&question), ["host", "user-agent"]);
    assert_eq!(question.header("user-agent"), Some(USER_AGENT));
    assert_eq!(
        (question.method.as_str(), question.target.as_str()),
        ("GET", "/list.crl")
    );
}

#[test]
fn conditions_and_compression_are_sent_when_asked_for() {
    let question = asked(|request| {
        request.etag = Some("\"7\"");
        request.last_modified = Some("Sat, 21 Nov 2026 10:00:00 GMT");
        request.encoding = ContentEncoding::Gzip;
    });
    assert_eq!(question.header("if-none-match"), Some("\"7\""));
    assert_eq!(
        question.header("if-modified-since"),
        Some("Sat, 21 Nov 2026 10:00:00 GMT")
    );
    assert_eq!(question.header("accept-encoding"), Some("gzip"));
}

#[test]
fn a_condition_that_is_no_header_is_not_sent() {
    let question = asked(|request| request.etag = Some("\"7\"\r\nEvil: yes"));
    assert_eq!(names(&question), ["host", "user-agent"]);
}

#[test]
fn not_modified_is_an_answer_to_a_condition_alone() {
    let host = serve(|_| Reply::new(304));
    let url = url(&host);
    let conditional = FetchRequest {
        etag: Some("\"7\""),
        ..request(&url)
    };
    assert_eq!(get(&conditional).unwrap().0, FetchAnswer::NotModified);
    assert!(matches!(
        get(&request(&url)),
        Err(FetchError::Status { status: 304, .. })
    ));
}

#[test]
fn every_status_but_200_is_an_error_with_its_number() {
    for status in [204, 206, 300, 404, 403, 407, 410, 500, 503, 511] {
        let error = failure(move |_| Reply {
            body: crate::wire::host::Body::Bytes(b"<html>oh no</html>"[..].into()),
            ..Reply::new(status)
        });
        match error {
            FetchError::Status { status: found, .. } => assert_eq!(found, status),
            other => panic!("{status}: {other}"),
        }
    }
}

#[test]
fn the_sentence_for_a_status_names_the_remedy() {
    let error = failure(|_| Reply::new(404)).to_string();
    assert!(
        error.contains("404 (Not Found), expected 200; check the address"),
        "{error}"
    );
    let error = failure(|_| Reply::new(500)).to_string();
    assert!(error.contains("try again later"), "{error}");
}

#[test]
fn redirects_are_followed_up_to_the_limit() {
    for (redirects, good) in [(5, true), (6, false)] {
        let left = Arc::new(AtomicU32::new(redirects));
        let host = serve(move |_| match left.load(Ordering::SeqCst) {
            0 => Reply::ok("application/pkix-crl", &b"list"[..]),
            more => {
                left.store(more - 1, Ordering::SeqCst);
                Reply::new(302).with("Location", format!("next{more}"))
            }
        });
        match get(&request(&url(&host))) {
            Ok((FetchAnswer::Received(received), body)) if good => {
                assert_eq!(body, b"list");
                assert_eq!(
                    received.final_url,
                    format!("http://{}/next1", host.address())
                );
            }
            Err(FetchError::Redirects { limit: 5, .. }) if !good => {}
            other => panic!("{redirects}: {other:?}"),
        }
    }
}

#[test]
fn a_redirect_loop_ends() {
    let error = failure(|_| Reply::new(301).with("Location", "/list.crl"));
    assert!(matches!(error, FetchError::Redirects { .. }), "{error}");
}

#[test]
fn a_redirect_to_a_file_is_refused_and_named() {
    let error = failure(|_| Reply::new(302).with("Location", "file:///etc/passwd"));
    assert!(matches!(&error, FetchError::RedirectScheme { to, .. } if to == "file:///etc/passwd"));
}

#[test]
fn a_redirect_without_a_place_is_refused() {
    let error = failure(|_| Reply::new(302));
    assert!(matches!(
        error,
        FetchError::RedirectNowhere { status: 302, .. }
    ));
}

#[test]
fn a_silent_server_ends_with_the_total_limit() {
    let host = serve(|_| Reply {
        pace: crate::wire::host::Pace::Silent,
        ..Reply::new(200)
    });
    let url = url(&host);
    let mut request = request(&url);
    request.limits.total = Duration::from_millis(300);
    match get(&request) {
        Err(FetchError::TimedOut {
            after, received: 0, ..
        }) => {
            assert_eq!(after, Duration::from_millis(300));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_says_nothing_in_the_handshake_ends_with_the_limit_for_connecting() {
    // Nothing accepts the connection: the system makes it, and nothing follows.
    let listener = TcpListener::bind(loopback()).unwrap();
    let url = format!("https://{}/list.crl", listener.local_addr().unwrap());
    let mut request = request(&url);
    request.limits.connect = Duration::from_millis(300);
    match get(&request).unwrap_err() {
        error @ FetchError::HandshakeTimedOut { after, .. } => {
            assert_eq!(after, request.limits.connect);
            let text = error.to_string();
            assert!(text.starts_with("connected to 127.0.0.1:"), "{text}");
            assert!(text.contains("did not finish the TLS handshake within 0.3 s"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refused_port_is_named() {
    // A port that was free a moment ago, and that no other program is given while it is bound and not listened on, has no
    // portable form; a listener that is closed comes closest.
    let listener = TcpListener::bind(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = get(&request(&format!("http://{address}/"))).unwrap_err();
    match &error {
        FetchError::Refused { peer } => assert_eq!(peer.port, address.port()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_that_does_not_exist_is_named() {
    // Longer than a label may be: no resolver asks the network for it.
    let name = "a".repeat(64);
    let error = get(&request(&format!("http://{name}.invalid/"))).unwrap_err();
    assert!(
        matches!(&error, FetchError::NoSuchHost { peer, .. } if peer.host.starts_with(&name)),
        "{error:?}"
    );
}

#[test]
fn what_is_no_http_is_said_to_be_none() {
    for answer in [
        &b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x0a",
    ] {
        let error = failure(move |_| Reply::raw(answer));
        assert!(
            matches!(
                error,
                FetchError::NotHttp { .. } | FetchError::Broken { .. }
            ),
            "{error:?}"
        );
    }
}

#[test]
fn an_endless_head_is_refused() {
    let error = failure(|_| {
        let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
        head.resize(200_000, b'a');
        Reply::raw(head)
    });
    assert!(matches!(error, FetchError::NotHttp { .. }), "{error:?}");
}
