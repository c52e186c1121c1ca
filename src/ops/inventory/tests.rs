//! Files and hosts together, and hosts that misbehave.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::environment::Facts;
use crate::ops::Observer;
use crate::ops::probe::tests::{TLS12, TLS13, at, bench, insisting, over, reply, serve};
use crate::verdict::Code;

const LEAF: &[u8] = include_bytes!("../../../tests/data/pki/leaf.pem");

fn local(port: u16) -> Endpoint {
    Endpoint {
        host: "127.0.0.1".to_owned(),
        port,
    }
}

fn asked(options: &Options) -> Inventory {
    let facts = Facts::clone(&bench().facts);
    inventory(options, &Context::new(at(), facts))
}

fn on(port: u16) -> Options {
    let mut options = Options::new([]).endpoints([local(port)]);
    options.limits = ProbeLimits::within(Duration::from_secs(2));
    options
}

#[test]
fn a_host_that_refuses_us_is_listed_by_the_certificates_that_it_sends() {
    for versions in [TLS12, TLS13] {
        let port = over(insisting(versions, &[]), reply("x")).port();
        let found = asked(&on(port));
        assert!(found.is_complete(), "{found:?}");
        let here = Place::Host(format!("127.0.0.1:{port}"));
        let sent = found
            .entries
            .iter()
            .filter(|entry| entry.places == [here.clone()]);
        assert_eq!(sent.count(), bench().server.len());
        // The root, which is in the facts alone.
        assert_eq!(found.entries.len(), bench().server.len() + 1);
    }
}

#[test]
fn a_certificate_in_a_file_and_on_a_host_is_one_entry_with_two_places() {
    let port = over(insisting(TLS13, &[]), reply("x")).port();
    let mut options = on(port);
    options.named = vec![Named::given("server.der", bench().server[0].clone())];
    let found = asked(&options);
    let places: Vec<usize> = found
        .entries
        .iter()
        .map(|entry| entry.places.len())
        .collect();
    assert_eq!(
        places.iter().sum::<usize>(),
        bench().server.len() + 2,
        "{found:?}"
    );
    assert!(places.contains(&2), "{found:?}");
}

#[test]
fn a_host_that_sends_no_certificate_is_named_with_the_reason() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = closed.local_addr().unwrap().port();
    drop(closed);
    let plain = serve(|mut stream| {
        let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
    });
    let silent = serve(|stream| {
        std::thread::park_timeout(Duration::from_secs(4));
        drop(stream);
    });
    for (port, code) in [
        (free, Code::TcpRefused),
        (plain.port(), Code::NotTls),
        (silent.port(), Code::TlsSilent),
    ] {
        let found = asked(&on(port));
        assert!(!found.is_complete());
        let reasons = found.unreached.iter().flat_map(|one| &one.reasons);
        let codes: Vec<Code> = reasons.map(|finding| finding.problem.code()).collect();
        assert_eq!(codes, [code], "{found:?}");
    }
}

/// Stops the run at its first step.
#[derive(Default)]
struct Stopping(AtomicUsize);

impl Observer for Stopping {
    fn step(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

#[test]
fn hosts_that_a_stopped_run_did_not_ask_are_not_left_out() {
    let stopping = Stopping::default();
    let facts = Arc::clone(&bench().facts);
    let context = Context::new(at(), facts).observer(&stopping);
    let mut options = on(1);
    // None of them listens; each is refused at once.
    options.endpoints = (1..=20).map(local).collect();
    let found = inventory(&options, &context);
    let not_asked = found.unreached.iter().filter(|one| one.reasons.is_empty());
    assert_eq!((found.unreached.len(), not_asked.count()), (20, 12));
}

#[test]
fn a_host_named_twice_is_asked_once() {
    let mut options = on(1);
    options.endpoints = vec![local(1), local(1)];
    assert_eq!(asked(&options).unreached.len(), 1);
}

#[test]
fn what_a_host_sends_instead_of_a_certificate_is_not_opened() {
    let zip = include_bytes!("../../../tests/data/pki/reply.zip");
    let mut collection = Collection::default();
    let mut unread = Vec::new();
    for sent in [&zip[..], LEAF, b"", b"\x30\x03\x02\x01\x00"] {
        add_sent(sent, "a.nhs.uk:443", &mut collection, &mut unread);
    }
    assert!(collection.is_empty());
    assert_eq!(unread.len(), 4);
    assert!(
        unread[0].message().starts_with("a.nhs.uk:443: "),
        "{}",
        unread[0].message()
    );
}

#[test]
fn an_inventory_of_nothing_that_expires_is_not_complete() {
    let key = include_bytes!("../../../tests/data/pki/leaf.key");
    let nothing = asked(&Options::new([Named::given("key", &key[..])]));
    assert!(nothing.unread.is_empty() && nothing.entries.is_empty());
    assert!(!nothing.is_complete());
    let something = asked(&Options::new([Named::given("leaf", LEAF)]));
    assert!(something.is_complete());
}

#[test]
fn a_word_is_a_file_if_there_is_one_and_a_host_if_it_can_be_one() {
    let host = |host: &str, port| {
        Meant::Host(Endpoint {
            host: host.to_owned(),
            port,
        })
    };
    for (word, meant) in [
        (env!("CARGO_MANIFEST_DIR"), Meant::Path),
        ("a.nhs.uk", host("a.nhs.uk", 443)),
        ("a.nhs.uk:8443", host("a.nhs.uk", 8443)),
        ("localhost:8443", host("localhost", 8443)),
        ("https://a.nhs.uk/x", host("a.nhs.uk", 443)),
        ("10.0.0.1", host("10.0.0.1", 443)),
        ("[::1]:8443", host("::1", 8443)),
        ("missing.pem", Meant::Path),
        ("missing.CRL", Meant::Path),
        ("missing", Meant::Path),
        ("folder/a.nhs.uk", Meant::Path),
        ("C:\\keys\\a.pfx", Meant::Path),
        ("a b.nhs.uk", Meant::Path),
        ("-", Meant::Path),
    ] {
        assert_eq!(Meant::by(Path::new(word)), meant, "{word}");
    }
}
