//! The host itself: stopping, limits, requests that are none.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use super::*;

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn hello(limits: Limits) -> Host {
    Host::start(
        loopback(),
        limits,
        |_| Reply::ok("text/plain", &b"hello"[..]),
        |_| {},
    )
    .unwrap()
}

/// What the host sends back for these bytes.
fn said(host: &Host, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(host.address()).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // A host that closes while something is unread may reset the connection after its answer.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn an_answer_has_a_head_a_body_and_an_end() {
    let host = hello(Limits::default());
    assert_eq!(
        said(&host, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nhello"
    );
    assert!(said(&host, b"HEAD / HTTP/1.0\r\n\r\n").ends_with("\r\n\r\n"));
}

#[test]
fn a_request_that_is_none_is_refused_with_its_status() {
    let limits = Limits {
        head: 1000,
        request: Duration::from_secs(1),
        ..Limits::default()
    };
    let host = hello(limits);
    assert!(said(&host, b"\x16\x03\x01 hello?\r\n\r\n").starts_with("HTTP/1.1 400 "));
    let long = format!("GET / HTTP/1.1\r\nA: {}", "x".repeat(5000));
    assert!(said(&host, long.as_bytes()).starts_with("HTTP/1.1 431 "));
    assert!(said(&host, b"GET / HTT").starts_with("HTTP/1.1 408 "));
}

#[test]
fn a_header_with_a_line_break_is_left_out() {
    let answer = |_: &Question| Reply::new(200).with("A", "b\r\nEvil: yes").with("C", "d");
    let host = Host::start(loopback(), Limits::default(), answer, |_| {}).unwrap();
    let answer = said(&host, b"GET / HTTP/1.1\r\n\r\n");
    assert!(
        answer.contains("C: d") && !answer.contains("Evil"),
        "{answer}"
    );
}

#[test]
fn what_happened_is_reported() {
    let (tell, told) = mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let events = move |event: Event| tell.lock().unwrap().send(format!("{event:?}")).unwrap();
    let answer = |_: &Question| Reply::ok("text/plain", &b"hello"[..]);
    let host = Host::start(loopback(), Limits::default(), answer, events).unwrap();
    said(&host, b"GET /a?b HTTP/1.1\r\n\r\n");
    let event = told.recv().unwrap();
    assert!(
        event.contains("\"/a?b\"") && event.contains("bytes: 5"),
        "{event}"
    );
    said(&host, b"nonsense\r\n\r\n");
    assert!(told.recv().unwrap().contains("Malformed"));
}

#[test]
fn a_host_stops_although_nobody_calls_and_its_port_is_free_again() {
    let host = hello(Limits::default());
    let address = host.address();
    host.stop();
    let again = Host::start(address, Limits::default(), |_| Reply::new(204), |_| {});
    assert!(again.is_ok());
}

#[test]
fn a_host_stops_although_a_client_waits_for_a_silent_answer() {
    let silent = |_: &Question| Reply {
        pace: Pace::Silent,
        ..Reply::new(200)
    };
    let drip = |_: &Question| Reply {
        pace: Pace::Drip {
            bytes: 1,
            every: Duration::from_secs(3600),
        },
        ..Reply::new(200)
    };
    for answer in [silent as fn(&Question) -> Reply, drip] {
        let (tell, told) = mpsc::channel();
        let asked = move |question: &Question| {
            tell.send(()).unwrap();
            answer(question)
        };
        let host = Host::start(loopback(), Limits::default(), asked, |_| {}).unwrap();
        let mut waiting = TcpStream::connect(host.address()).unwrap();
        waiting.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        told.recv().unwrap();
        host.stop();
        let mut rest = Vec::new();
        let _ = waiting.read_to_end(&mut rest);
        assert!(rest.len() <= 1);
    }
}

#[test]
fn more_clients_than_places_are_served_one_after_the_other() {
    let host = hello(Limits {
        connections: 1,
        ..Limits::default()
    });
    let address = host.address();
    let clients: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                answer.ends_with("hello")
            })
        })
        .collect();
    assert!(clients.into_iter().all(|client| client.join().unwrap()));
}

#[test]
fn idle_connections_make_room_for_a_client_that_asks_and_are_reported() {
    let (tell, told) = mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let events = move |event: Event| {
        if let Event::Broken { source, .. } = event {
            let _ = tell.lock().unwrap().send(source.to_string());
        }
    };
    let limits = Limits {
        connections: 16,
        request: Duration::from_secs(600),
        ..Limits::default()
    };
    let answer = |_: &Question| Reply::ok("text/plain", &b"hello"[..]);
    let host = Host::start(loopback(), limits, answer, events).unwrap();
    let idle = || TcpStream::connect(host.address()).unwrap();
    let idle: Vec<TcpStream> = (0..40).map(|_| idle()).collect();
    let mut client = TcpStream::connect(host.address()).unwrap();
    client
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    assert!(said.ends_with("hello"), "{said}");
    let reason = told.recv().unwrap();
    assert!(
        reason.contains("to make room for others") && reason.contains("all 16 connections"),
        "{reason}"
    );
    drop(idle);
}

#[test]
fn an_address_that_is_taken_is_an_error_that_names_it() {
    let host = hello(Limits::default());
    let error = Host::start(
        host.address(),
        Limits::default(),
        |_| Reply::new(204),
        |_| {},
    );
    match error {
        Err(HostError::Bind { address, .. }) => assert_eq!(address, host.address()),
        other => panic!("{other:?}"),
    }
}
