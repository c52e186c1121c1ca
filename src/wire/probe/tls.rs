//! One TLS connection, and what comes after its handshake.

use std::net::{IpAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use openssl::error::ErrorStack;
use openssl::ssl::{
    self, ErrorCode, HandshakeError, Ssl, SslContext, SslMethod, SslOptions, SslSessionCacheMode,
    SslStream, SslVerifyMode, SslVersion,
};
use zeroize::Zeroizing;

use super::http::{Progress, Receiving, Request, start};
use super::tap::Tap;
use super::{Target, milliseconds};
use crate::verdict::connection::{After, Banner, Ending, Handshake, Offer, SPINE_SUITES};
use crate::wire::deadline::Deadline;
use crate::wire::tls::handshake::{TLS13, alert_of};

/// Every suite of TLS 1.2 and before that is not on the Spine list, in OpenSSL's words.
pub(super) const OTHER_SUITES: &str = "ALL:!eNULL:!aNULL:!ECDHE-RSA-AES256-GCM-SHA384:!ECDHE-RSA-AES128-GCM-SHA256:\
     !DHE-RSA-AES256-GCM-SHA384:!DHE-RSA-AES128-GCM-SHA256:!ECDHE-RSA-AES256-SHA384:!DHE-RSA-AES256-SHA256:\
     !DHE-RSA-AES256-SHA:!ECDHE-RSA-AES256-SHA";

/// A client of one target.
pub(super) struct Client<'c> {
    pub(super) target: &'c Target<'c>,
    pub(super) deadline: Deadline,
}

/// What came of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Offered {
    /// The server chose this suite of it, and sent this certificate, where it can be read.
    Accepted(String, Option<Vec<u8>>),
    /// It accepts nothing of it.
    Refused,
    /// It closed the connection instead of an answer.
    Cut,
    /// It gave no answer, or one that says nothing of the offer.
    Unknown,
}

/// What the TLS library tells while it works.
#[derive(Clone, Default)]
struct Told {
    secret: Arc<Mutex<Option<Zeroizing<Vec<u8>>>>>,
    tickets: Arc<AtomicUsize>,
}

impl Client<'_> {
    /// Shakes hands, waits for what comes, asks what is to be asked.
    pub(super) fn shake(&self, stream: TcpStream, address: &str, offer: Offer) -> Handshake {
        let start = Instant::now();
        let mut seen = Handshake::new(address, offer);
        let told = Told::default();
        let tap = Tap::new(stream, self.within(self.target.limits.handshake));
        // A second connection that offers everything is for looking only.
        let with_identity = offer != Offer::Everything;
        let built = context(offer, &told, self.target, with_identity)
            .and_then(|context| self.ssl(&context, &mut seen));
        let ssl = match built {
            Ok(ssl) => ssl,
            Err(error) => {
                seen.ending = Ending::Malformed(reason(&error));
                return seen;
            }
        };
        match ssl.connect(tap) {
            Ok(mut stream) => {
                seen.ending = Ending::Complete;
                self.note(stream.get_ref(), &told, &mut seen);
                seen.version = Some(stream.ssl().version_str().to_owned());
                let suite = stream.ssl().current_cipher();
                seen.suite = suite.map(|suite| suite.name().to_owned());
                seen.took_ms = milliseconds(start);
                if seen.chain.is_empty() {
                    let sent = stream.ssl().peer_cert_chain().into_iter().flatten();
                    seen.chain = sent.filter_map(|sent| sent.to_der().ok()).collect();
                }
                seen.certificate_sent =
                    with_identity && seen.request.is_some() && self.target.identity.is_some();
                if offer != Offer::Everything {
                    seen.after = self.after(&mut stream, &told, &seen);
                }
                seen.tickets = told.tickets.load(Ordering::Acquire);
                seen.renegotiated = stream.get_ref().renegotiated();
                let messages = stream.get_ref().renegotiated_with();
                seen.requested_late = messages > 1;
                seen.certificate_sent |=
                    with_identity && messages > 2 && self.target.identity.is_some();
                seen.bytes = stream.get_ref().received;
                // A farewell; whoever is gone needs none.
                stream
                    .get_mut()
                    .set_deadline(Deadline::start(Duration::from_millis(100)));
                let _ = stream.shutdown();
            }
            Err(HandshakeError::SetupFailure(error)) => {
                seen.ending = Ending::Malformed(reason(&error));
            }
            Err(HandshakeError::Failure(mut failed) | HandshakeError::WouldBlock(mut failed)) => {
                if !may_be_tls(&failed.get_ref().first) {
                    failed.get_mut().read_on();
                }
                let alert = self.note(failed.get_ref(), &told, &mut seen);
                seen.took_ms = milliseconds(start);
                seen.bytes = failed.get_ref().received;
                seen.ending = match (banner(&failed.get_ref().first), alert) {
                    (Some(banner), _) => Ending::NotTls(banner),
                    (None, Some(alert)) => Ending::Alert(alert),
                    (None, None) => ending(failed.error(), seen.bytes),
                };
                // TLS 1.2 servers read the certificate before they complete the handshake.
                seen.certificate_sent =
                    with_identity && seen.request.is_some() && self.target.identity.is_some();
            }
        }
        seen
    }

    /// Offers one version and one suite, or several.
    pub(super) fn offer(&self, stream: TcpStream, offered: &str, suite: Option<&str>) -> Offered {
        let told = Told::default();
        let tap = Tap::new(stream, self.within(self.target.limits.handshake));
        let mut seen = Handshake::new("", Offer::Everything);
        let version = match offered {
            "TLSv1.3" => SslVersion::TLS1_3,
            "TLSv1.2" => SslVersion::TLS1_2,
            "TLSv1.1" => SslVersion::TLS1_1,
            _ => SslVersion::TLS1,
        };
        let suites = suite.unwrap_or("ALL:!eNULL:!aNULL");
        let built = base(&told, suites, version, version)
            .and_then(|context| self.ssl(&context.build(), &mut seen));
        let Ok(ssl) = built else {
            return Offered::Unknown;
        };
        match ssl.connect(tap) {
            Ok(stream) => {
                let suite = stream.ssl().current_cipher();
                let suite = suite.map_or("a suite", |suite| suite.name()).to_owned();
                let certificate = stream.ssl().peer_certificate();
                Offered::Accepted(suite, certificate.and_then(|one| one.to_der().ok()))
            }
            Err(HandshakeError::Failure(failed) | HandshakeError::WouldBlock(failed)) => {
                let known = failed.get_ref().record.read();
                match (known.hello, known.alert) {
                    // Whatever made it fail later, such as a missing client certificate: the offer was accepted.
                    (Some((chosen, suite)), _) if version_name(chosen) == offered => {
                        let name = failed.ssl().current_cipher().map(|suite| suite.name());
                        let name = name.map_or_else(|| suite_name(suite), str::to_owned);
                        Offered::Accepted(name, known.chain.into_iter().next())
                    }
                    // A version that was not offered is the server's way to accept none.
                    (Some(_), _) => Offered::Refused,
                    (None, Some(alert)) if refuses_offer(alert) => Offered::Refused,
                    (None, Some(_)) => Offered::Unknown,
                    (None, None) => match ending(failed.error(), failed.get_ref().received) {
                        Ending::Closed | Ending::Reset if failed.get_ref().received == 0 => {
                            Offered::Cut
                        }
                        _ => Offered::Unknown,
                    },
                }
            }
            Err(HandshakeError::SetupFailure(_)) => Offered::Unknown,
        }
    }

    /// So much time, or what is left of all.
    fn within(&self, limit: Duration) -> Deadline {
        Deadline::start(self.deadline.left().unwrap_or_default().min(limit))
    }

    fn ssl(&self, context: &SslContext, seen: &mut Handshake) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(context)?;
        let name = self.target.server_name.unwrap_or(self.target.host);
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        // RFC 6066 section 3: an address is no server name.
        if bare.parse::<IpAddr>().is_err() && !bare.is_empty() {
            ssl.set_hostname(bare)?;
            seen.server_name = Some(bare.to_owned());
        }
        Ok(ssl)
    }

    /// Reads what was sent in the handshake; the alert in it.
    fn note(
        &self,
        tap: &Tap,
        told: &Told,
        seen: &mut Handshake,
    ) -> Option<crate::verdict::connection::Alert> {
        let secret = told.secret.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tap
            .record
            .read_with(secret.as_ref().map(|secret| secret.as_slice()));
        if let Some((version, suite)) = known.hello {
            seen.version = Some(version_name(version));
            seen.suite.get_or_insert_with(|| suite_name(suite));
        }
        seen.chain = known.chain;
        seen.request = known.request;
        known.alert
    }

    /// What comes after the handshake.
    fn after(&self, stream: &mut SslStream<Tap>, told: &Told, seen: &Handshake) -> After {
        let Some(request) = self.target.request else {
            stream
                .get_mut()
                .complete(self.within(self.target.limits.settle));
            return wait(stream, told, seen);
        };
        if seen.is_tls13() && seen.request.is_some() {
            // The server has still to look at the certificate. What it says of it would be lost if the request
            // arrived at a connection that it has closed (RFC 9293 section 3.10.7: reset).
            let half = self.target.limits.settle.min(Duration::from_millis(1500));
            stream.get_mut().complete(self.within(half));
            match wait(stream, told, seen) {
                After::Silent | After::NotWaited => {}
                after => return after,
            }
        }
        stream
            .get_mut()
            .complete(self.within(self.target.limits.response));
        ask(stream, request, self.target)
    }
}

/// Whether an alert before anything else says that the server accepts nothing of the offer: `handshake_failure`,
/// `protocol_version`, `insufficient_security` (RFC 8446 sections 4.1.1 and 6.2), and `illegal_parameter`, with which some
/// servers answer a version. A server that is busy or broken sends others.
fn refuses_offer(alert: crate::verdict::connection::Alert) -> bool {
    matches!(alert.code, 40 | 47 | 70 | 71)
}

fn context(
    offer: Offer,
    told: &Told,
    target: &Target<'_>,
    with_identity: bool,
) -> Result<SslContext, ErrorStack> {
    crate::decode::crypto::ready();
    let spine = SPINE_SUITES.join(":");
    let mut context = match offer {
        Offer::Spine => base(told, &spine, SslVersion::TLS1_2, SslVersion::TLS1_3)?,
        Offer::Tls12 => base(told, &spine, SslVersion::TLS1_2, SslVersion::TLS1_2)?,
        Offer::Tls13 => base(told, &spine, SslVersion::TLS1_3, SslVersion::TLS1_3)?,
        Offer::Everything => base(
            told,
            "ALL:!eNULL:!aNULL",
            SslVersion::TLS1,
            SslVersion::TLS1_3,
        )?,
    };
    if let Some(identity) = target.identity.filter(|_| with_identity) {
        identity.install(&mut context)?;
    }
    Ok(context.build())
}

fn base(
    told: &Told,
    suites: &str,
    lowest: SslVersion,
    highest: SslVersion,
) -> Result<ssl::SslContextBuilder, ErrorStack> {
    const SECRET: &str = "SERVER_HANDSHAKE_TRAFFIC_SECRET";
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    // Old certificates and suites are findings here, and no reason to fail without a word.
    context.set_security_level(0);
    context.set_min_proto_version(Some(lowest))?;
    context.set_max_proto_version(Some(highest))?;
    context.set_cipher_list(suites)?;
    context.set_options(SslOptions::ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    // It records; the judgement comes later.
    context.set_verify(SslVerifyMode::NONE);
    // Client mode reports tickets; nothing is kept.
    context.set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL);
    let tickets = Arc::clone(&told.tickets);
    context.set_new_session_callback(move |_, _| {
        tickets.fetch_add(1, Ordering::AcqRel);
    });
    let secret = Arc::clone(&told.secret);
    context.set_keylog_callback(move |_, line| {
        let mut words = line.split_ascii_whitespace();
        if words.next() == Some(SECRET)
            && let Some(bytes) = words.nth(1).and_then(from_hex)
        {
            *secret.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
        }
    });
    Ok(context)
}

fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    bytes.map(Zeroizing::new)
}

/// Waits until the server says something, or the time is over. Once a server has sent a session ticket it has read the
/// client's certificate; it gets a moment more to say otherwise.
fn wait(stream: &mut SslStream<Tap>, told: &Told, seen: &Handshake) -> After {
    const SLICE: Duration = Duration::from_millis(50);
    /// After a ticket, and in TLS 1.2 after the handshake, which ends with the server's own message.
    const GRACE: Duration = Duration::from_millis(300);
    let mut since: Option<Deadline> = (!seen.is_tls13()).then(|| Deadline::start(GRACE));
    let mut buffer = [0; 4096];
    let after = loop {
        stream.get_mut().set_slice(Some(SLICE));
        match stream.ssl_read(&mut buffer) {
            Ok(0) => break After::Closed { notified: false },
            Ok(_) => break After::Data,
            Err(error) => match end(&error) {
                ReadEnd::Again => {
                    if since.is_none() && told.tickets.load(Ordering::Acquire) > 0 {
                        since = Some(Deadline::start(GRACE));
                    }
                    if since.is_some_and(|since| since.left().is_none()) {
                        break After::Silent;
                    }
                }
                ReadEnd::TimedOut => break After::Silent,
                end => break after(end),
            },
        }
    };
    stream.get_mut().set_slice(None);
    after
}

fn ask(stream: &mut SslStream<Tap>, request: &Request, target: &Target<'_>) -> After {
    let bytes = request.bytes(target.host, target.port);
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        match stream.ssl_write(rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            // The server is gone; what it said before is still to be read.
            Err(_) => break,
        }
    }
    let mut receiving = Receiving::new(request);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match stream.ssl_read(&mut buffer) {
            Ok(0) => return receiving.finish(true),
            Ok(count) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                if let Progress::Done(after) = receiving.take(bytes) {
                    return after;
                }
            }
            Err(error) => {
                return match end(&error) {
                    ReadEnd::TimedOut | ReadEnd::Again => receiving.finish(false),
                    ReadEnd::Closed { .. } if !receiving.is_empty() => receiving.finish(true),
                    end => after(end),
                };
            }
        }
    }
}

/// What an error of the TLS library comes from.
enum ReadEnd {
    Again,
    TimedOut,
    Closed { notified: bool },
    Reset,
    TooLarge,
    Alert(crate::verdict::connection::Alert),
    Broken(String),
}

fn end(error: &ssl::Error) -> ReadEnd {
    use std::io::ErrorKind;
    match error.code() {
        ErrorCode::ZERO_RETURN => return ReadEnd::Closed { notified: true },
        ErrorCode::WANT_READ | ErrorCode::WANT_WRITE => return ReadEnd::Again,
        _ => {}
    }
    if let Some(source) = error.io_error() {
        return match source.kind() {
            ErrorKind::TimedOut => ReadEnd::TimedOut,
            ErrorKind::WouldBlock => ReadEnd::Again,
            ErrorKind::InvalidData => ReadEnd::TooLarge,
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
                ReadEnd::Reset
            }
            _ => ReadEnd::Closed { notified: false },
        };
    }
    let Some(stack) = error.ssl_error() else {
        return ReadEnd::Closed { notified: false };
    };
    if let Some(alert) = alert_of(stack) {
        return ReadEnd::Alert(alert);
    }
    let says = |text: &str| {
        stack
            .errors()
            .iter()
            .any(|error| error.reason() == Some(text))
    };
    if says("unexpected eof while reading") {
        return ReadEnd::Closed { notified: false };
    }
    if says("excessive message size") {
        return ReadEnd::TooLarge;
    }
    ReadEnd::Broken(reason(stack))
}

fn ending(error: &ssl::Error, bytes: u64) -> Ending {
    match end(error) {
        ReadEnd::Again | ReadEnd::TimedOut if bytes == 0 => Ending::Silent,
        ReadEnd::Again | ReadEnd::TimedOut => Ending::Stalled,
        ReadEnd::Closed { .. } => Ending::Closed,
        ReadEnd::Reset => Ending::Reset,
        ReadEnd::TooLarge => Ending::TooLarge,
        ReadEnd::Alert(alert) => Ending::Alert(alert),
        ReadEnd::Broken(reason) => Ending::Malformed(reason),
    }
}

fn after(end: ReadEnd) -> After {
    match end {
        ReadEnd::Closed { notified } => After::Closed { notified },
        ReadEnd::Reset => After::Reset,
        ReadEnd::Alert(alert) => After::Alert(alert),
        ReadEnd::Again | ReadEnd::TimedOut => After::Silent,
        ReadEnd::TooLarge | ReadEnd::Broken(_) => After::Closed { notified: false },
    }
}

/// Whether bytes begin as a record of a handshake or an alert does, as far as there are any.
fn may_be_tls(first: &[u8]) -> bool {
    matches!(first, [] | [21 | 22] | [21 | 22, 3, ..])
}

/// What was received when that is no TLS: neither a handshake nor an alert.
fn banner(first: &[u8]) -> Option<Banner> {
    if may_be_tls(first) {
        return None;
    }
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let http = response.parse(first).is_ok() && response.code.is_some();
    let status = response.code.filter(|_| http);
    let location = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("location"))
        .and_then(|header| std::str::from_utf8(header.value).ok());
    Some(Banner {
        start: start(first),
        http_status: status,
        location: location.map(str::to_owned),
    })
}

/// The first reason that the TLS library gives.
fn reason(stack: &ErrorStack) -> String {
    let first = stack.errors().first();
    first
        .and_then(openssl::error::Error::reason)
        .unwrap_or("the TLS library gives no reason")
        .to_owned()
}

/// The version as OpenSSL names it.
fn version_name(version: u16) -> String {
    match version {
        TLS13 => "TLSv1.3".to_owned(),
        0x0303 => "TLSv1.2".to_owned(),
        0x0302 => "TLSv1.1".to_owned(),
        0x0301 => "TLSv1".to_owned(),
        0x0300 => "SSLv3".to_owned(),
        other => format!("0x{other:04x}"),
    }
}

/// The suite's name where it is one of those that Spine permits or TLS 1.3 has; its number otherwise (the IANA's list
/// of TLS parameters).
fn suite_name(suite: u16) -> String {
    let name = match suite {
        0xc030 => "ECDHE-RSA-AES256-GCM-SHA384",
        0xc02f => "ECDHE-RSA-AES128-GCM-SHA256",
        0x009f => "DHE-RSA-AES256-GCM-SHA384",
        0x009e => "DHE-RSA-AES128-GCM-SHA256",
        0xc028 => "ECDHE-RSA-AES256-SHA384",
        0x006b => "DHE-RSA-AES256-SHA256",
        0x0039 => "DHE-RSA-AES256-SHA",
        0xc014 => "ECDHE-RSA-AES256-SHA",
        0x1301 => "TLS_AES_128_GCM_SHA256",
        0x1302 => "TLS_AES_256_GCM_SHA384",
        0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        other => return format!("0x{other:04X}"),
    };
    name.to_owned()
}
