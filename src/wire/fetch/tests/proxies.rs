//! Through a proxy.

use std::net::TcpListener;
use std::sync::mpsc;

use super::*;
use crate::wire::host::Pace;

fn through(proxy: &str) -> Proxy {
    let value = proxy.to_owned();
    Proxy::from_variables(|name| (name == "ALL_PROXY").then(|| value.clone())).unwrap()
}

#[test]
fn a_plain_request_goes_to_the_proxy_whole_and_no_name_is_looked_up() {
    let (tell, told) = mpsc::channel();
    let proxy = serve(move |question| {
        tell.send(question.clone()).unwrap();
        Reply::ok("application/pkix-crl", &b"list"[..])
    });
    let request = FetchRequest {
        proxy: through(&format!("http://na%40me:pass%20word@{}", proxy.address())),
        ..request("http://crl.lab.invalid:81/a/list.crl?x=1")
    };
    let (answer, body) = get(&request).unwrap();
    assert_eq!(body, b"list");
    let question = told.recv().unwrap();
    assert_eq!(question.target, "http://crl.lab.invalid:81/a/list.crl?x=1");
    assert_eq!(question.header("host"), Some("crl.lab.invalid:81"));
    // "na@me:pass word"
    assert_eq!(
        question.header("proxy-authorization"),
        Some("Basic bmFAbWU6cGFzcyB3b3Jk")
    );
    match answer {
        FetchAnswer::Received(received) => assert_eq!(received.final_url, request.url),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_secure_request_asks_the_proxy_for_a_tunnel() {
    let (tell, told) = mpsc::channel();
    let proxy = serve(move |question| {
        tell.send(question.clone()).unwrap();
        Reply::new(407)
    });
    let request = FetchRequest {
        proxy: through(&proxy.address().to_string()),
        ..request("https://crl.lab.invalid/list.crl")
    };
    let error = get(&request).unwrap_err();
    assert!(
        matches!(&error, FetchError::Tunnel { reason, .. } if reason.contains("407")),
        "{error:?}"
    );
    let question = told.recv().unwrap();
    assert_eq!(
        (question.method.as_str(), question.target.as_str()),
        ("CONNECT", "crl.lab.invalid:443")
    );
}

#[test]
fn a_proxy_that_answers_slowly_or_not_at_all_is_left_at_the_total_limit() {
    let drip = Pace::Drip {
        bytes: 1,
        every: Duration::from_millis(20),
    };
    for pace in [Pace::Silent, drip] {
        let proxy = serve(move |_| Reply {
            pace,
            ..Reply::new(200).with("X-Much", "a".repeat(4000))
        });
        let mut request = FetchRequest {
            proxy: through(&proxy.address().to_string()),
            ..request("https://crl.lab.invalid/list.crl")
        };
        request.limits.total = Duration::from_millis(500);
        match get(&request).unwrap_err() {
            FetchError::HandshakeTimedOut {
                silence: Silence::Tunnel { proxy: peer, .. },
                after,
            } => {
                assert_eq!(peer.to_string(), format!("the proxy {}", proxy.address()));
                assert_eq!(after, request.limits.total);
            }
            other => panic!("{pace:?}: {other:?}"),
        }
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named_as_the_proxy() {
    let listener = std::net::TcpListener::bind(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for url in ["http://crl.lab.invalid/", "https://crl.lab.invalid/"] {
        let request = FetchRequest {
            proxy: through(&address.to_string()),
            ..request(url)
        };
        match get(&request).unwrap_err() {
            FetchError::Refused { peer } => {
                assert_eq!(peer.to_string(), format!("the proxy {address}"));
            }
            other => panic!("{url}: {other:?}"),
        }
    }
}

#[test]
fn loopback_is_asked_directly() {
    let host = serve(|_| Reply::ok("text/plain", &b"direct"[..]));
    let request_url = url(&host);
    let request = FetchRequest {
        proxy: through("http://proxy.invalid:1"),
        ..request(&request_url)
    };
    assert_eq!(get(&request).unwrap().1, b"direct");
}

#[test]
fn a_proxy_that_takes_the_connection_and_makes_no_tunnel_is_said_to_be_silent() {
    // Nothing accepts the connection: the system makes it, and nothing follows.
    let listener = TcpListener::bind(loopback()).unwrap();
    let mut request = FetchRequest {
        proxy: through(&listener.local_addr().unwrap().to_string()),
        ..request("https://crl.lab.invalid/list.crl")
    };
    request.limits.connect = Duration::from_millis(300);
    let error = get(&request).unwrap_err();
    assert!(
        matches!(
            &error,
            FetchError::HandshakeTimedOut {
                silence: Silence::Tunnel { .. },
                ..
            }
        ),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(
        text.starts_with("connected to the proxy 127.0.0.1:"),
        "{text}"
    );
}

#[test]
fn a_server_that_is_silent_behind_a_tunnel_is_the_one_that_is_named() {
    use std::io::{Read, Write};
    let listener = TcpListener::bind(loopback()).unwrap();
    let mut request = FetchRequest {
        proxy: through(&listener.local_addr().unwrap().to_string()),
        ..request("https://crl.lab.invalid/list.crl")
    };
    request.limits.connect = Duration::from_millis(500);
    let proxy = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        // Until the other side goes away.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let error = get(&request).unwrap_err();
    proxy.join().unwrap();
    assert!(
        matches!(&error, FetchError::HandshakeTimedOut { silence: Silence::Tls { peer }, .. } if peer.host == "crl.lab.invalid"),
        "{error:?}"
    );
}

#[test]
fn a_redirect_from_elsewhere_to_this_machine_or_its_link_is_not_followed() {
    let inner = serve(|_| panic!("it was asked"));
    let port = inner.address().port();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
        "[fe80::1]",
    ] {
        let to = format!("http://{host}:{port}/latest/meta-data");
        // The first address is elsewhere: its name is the proxy's to look up. Those of the redirect are asked directly, and
        // through the proxy as well.
        for no_proxy in [host, "none.invalid"] {
            let to = to.clone();
            let proxy = serve(move |question| match question.target.as_str() {
                "http://crl.example/a.crl" => Reply::new(302).with("Location", to.clone()),
                other => panic!("{other} was asked"),
            });
            let address = format!("http://{}", proxy.address());
            let proxies = Proxy::from_variables(|name| match name {
                "HTTP_PROXY" | "http_proxy" => Some(address.clone()),
                "NO_PROXY" | "no_proxy" => Some(no_proxy.to_owned()),
                _ => None,
            });
            let request = FetchRequest {
                proxy: proxies.unwrap(),
                ..request("http://crl.example/a.crl")
            };
            let error = get(&request).unwrap_err();
            assert!(
                matches!(error, FetchError::RedirectInwards { .. }),
                "{host}, {no_proxy}: {error:?}"
            );
        }
    }
}

#[test]
fn a_redirect_within_this_machine_is_followed() {
    let inner = serve(|_| Reply::ok("application/pkix-crl", &b"list"[..]));
    let to = format!("http://localhost:{}/list.crl", inner.address().port());
    let outer = serve(move |_| Reply::new(302).with("Location", to.clone()));
    let (_, body) = get(&request(&url(&outer))).unwrap();
    assert_eq!(body, b"list");
}
