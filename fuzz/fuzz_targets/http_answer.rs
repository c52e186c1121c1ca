#![no_main]
//! Whatever a server answers, a download ends, keeps to its limit, and says how many bytes it took.
//!
//! `cargo +nightly fuzz run http_answer`; the input is all that the server sends. Redirects are not followed, so that
//! nothing leaves this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use ptl_cert::wire::fetch::{ContentEncoding, FetchAnswer, FetchRequest, Limits, fetch};
use ptl_cert::wire::host::{self, Host, Reply};

static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

static HOST: LazyLock<Host> = LazyLock::new(|| {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let answer = |_: &host::Question| Reply::raw(ANSWER.lock().unwrap().clone());
    Host::start(here, host::Limits::default(), answer, |_| {}).unwrap()
});

const LIMIT: u64 = 64 * 1024;

fuzz_target!(|bytes: &[u8]| {
    *ANSWER.lock().unwrap() = bytes.to_vec();
    let url = format!("http://{}/crl", HOST.address());
    let second = Duration::from_secs(1);
    let limits = Limits {
        total: second,
        connect: second,
        answer: second,
        bytes: LIMIT,
        redirects: 0,
    };
    let request = FetchRequest {
        limits,
        encoding: ContentEncoding::Gzip,
        etag: Some("\"1\""),
        ..FetchRequest::new(&url)
    };
    let mut sink = Vec::new();
    let answer = fetch(&request, &mut sink);
    assert!(sink.len() as u64 <= LIMIT);
    if let Ok(FetchAnswer::Received(received)) = answer {
        assert_eq!(received.bytes, sink.len() as u64);
    }
});
