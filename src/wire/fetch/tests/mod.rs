//! Fetching from a server that misbehaves.

mod bodies;
mod proxies;
mod statuses;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::*;
use crate::wire::host::{Host, Limits as HostLimits, Question, Reply};

pub(super) fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// A server that answers everything this way.
pub(super) fn serve(answer: impl Fn(&Question) -> Reply + Send + Sync + 'static) -> Host {
    Host::start(loopback(), HostLimits::default(), answer, |_| {}).unwrap()
}

pub(super) fn url(host: &Host) -> String {
    format!("http://{}/list.crl", host.address())
}

/// Short enough for a test, long enough for a busy machine.
pub(super) const LIMITS: Limits = Limits {
    total: Duration::from_secs(20),
    connect: Duration::from_secs(10),
    answer: Duration::from_secs(10),
    bytes: 1_000_000,
    redirects: 5,
};

pub(super) fn request(url: &str) -> FetchRequest<'_> {
    FetchRequest {
        limits: LIMITS,
        ..FetchRequest::new(url)
    }
}

/// What came, with the answer.
pub(super) fn get(request: &FetchRequest<'_>) -> Result<(FetchAnswer, Vec<u8>), FetchError> {
    let mut body = Vec::new();
    let answer = fetch(request, &mut body)?;
    Ok((answer, body))
}

/// The error that this answer leads to.
pub(super) fn failure(answer: impl Fn(&Question) -> Reply + Send + Sync + 'static) -> FetchError {
    let host = serve(answer);
    get(&request(&url(&host))).unwrap_err()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
