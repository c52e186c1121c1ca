//! Files and hosts together, and hosts that misbehave.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openssl::pkey::PKey;
use openssl::x509::X509;

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
    let sent = [&zip[..], LEAF, b"", b"\x30\x03\x02\x01\x00"];
    for (number, sent) in (1..).zip(sent) {
        add_sent(number, sent, "a.nhs.uk:443", &mut collection, &mut unread);
    }
    assert!(collection.is_empty());
    assert_eq!(unread.len(), 4);
    assert_eq!(
        unread[2].message(),
        "a.nhs.uk:443: number 3 of the certificates that the server sent is damaged, or is no certificate"
    );
}

#[test]
fn of_a_server_with_an_ecdsa_certificate_the_one_for_rsa_is_listed_too() {
    let (certificate, key) = (
        include_bytes!("../../../tests/data/pki/p384.pem"),
        include_bytes!("../../../tests/data/pki/p384.key"),
    );
    let both = (TLS12.0, TLS13.1);
    let mut context = insisting(both, &[]);
    let certificate = X509::from_pem(certificate).unwrap();
    context.set_certificate(&certificate).unwrap();
    let key = PKey::private_key_from_pem(key).unwrap();
    context.set_private_key(&key).unwrap();
    let port = over(context, reply("x")).port();
    let found = asked(&on(port));
    let own = found.entries.iter().filter(|one| !one.hosts.is_empty());
    assert_eq!(own.count(), 2, "{found:?}");
    // Each with the host once.
    let here = [Place::Host(format!("127.0.0.1:{port}"))];
    let sent = |one: &&InventoryEntry| !matches!(one.places[0], Place::Known(_));
    let mut entries = found.entries.iter().filter(sent);
    assert!(entries.all(|one| one.places == here), "{found:?}");
}

#[cfg(unix)]
#[test]
fn a_folder_behind_a_link_is_missing_where_everything_below_is_wanted_and_it_was_not_named() {
    use std::fs;
    use std::os::unix::fs::symlink;
    let directory = tempfile::tempdir().unwrap();
    let (top, other) = (directory.path().join("top"), directory.path().join("other"));
    fs::create_dir_all(top.join("sub")).unwrap();
    fs::create_dir(&other).unwrap();
    fs::write(top.join("a.pem"), LEAF).unwrap();
    symlink(&other, top.join("link")).unwrap();
    symlink(top.join("sub"), top.join("inside")).unwrap();
    let found = |named: &[&Path], depth| {
        let named = named.iter().map(|path| Named::file(*path));
        let found = asked(&Options::new(named).depth(depth));
        let names = |unread: &[Unread]| -> Vec<String> {
            let name = |one: &Unread| one.source.to_string();
            let names = unread.iter().map(name);
            names
                .map(|name| name.rsplit('/').next().unwrap().to_owned())
                .collect()
        };
        (names(&found.unread), names(&found.passed_over))
    };
    let all = |names: &[&str]| -> Vec<String> { names.iter().map(ToString::to_string).collect() };
    assert_eq!(found(&[&top], Depth::Tree), (all(&["link"]), all(&[])));
    assert_eq!(
        found(&[&top], Depth::Directory),
        (all(&[]), all(&["inside", "link", "sub"]))
    );
    // It has a file, so that nothing is wrong with it.
    fs::write(other.join("b.pem"), LEAF).unwrap();
    assert_eq!(found(&[&top, &other], Depth::Tree), (all(&[]), all(&[])));
    assert_eq!(
        found(&[&top, &other], Depth::Directory),
        (all(&[]), all(&["inside", "sub"]))
    );
}

#[test]
fn a_file_that_is_named_for_a_certificate_and_holds_none_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(directory.path().join(name), bytes).unwrap();
    };
    write("good.pem", LEAF);
    write("README", b"");
    write("notes.txt", b"hello");
    write(
        "dh.pem",
        b"-----BEGIN DH PARAMETERS-----\nMEYCQQChrOhyq4K3F0ZlIKRB5wnXLpeT3zzoY00J7c2d2ra7NHdK6NMntuUSMzHBEwtSpk1dUJoCbgzjZ+j8TbgvXBOPAgEC\n-----END DH PARAMETERS-----\n",
    );
    let unread = || {
        let found = asked(&Options::new([Named::file(directory.path())]));
        found.unread.len()
    };
    assert_eq!(unread(), 0);
    for (name, bytes) in [
        ("empty.crt", &b""[..]),
        ("zero.CER", &[0; 1000]),
        ("page.pem", b"<html><body>login</body></html>"),
        ("text.crl", b"hello"),
    ] {
        write(name, bytes);
        assert_eq!(unread(), 1, "{name}");
        std::fs::remove_file(directory.path().join(name)).unwrap();
    }
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
