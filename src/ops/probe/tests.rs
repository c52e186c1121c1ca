//! Servers that misbehave, each with what is said of it; every one within its limit of time.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use openssl::pkey::{PKey, Private};
use openssl::ssl::{
    SniError, Ssl, SslContext, SslContextBuilder, SslMethod, SslSessionCacheMode, SslStream,
    SslVerifyMode, SslVersion,
};
use openssl::stack::Stack;
use openssl::x509::{X509, X509Name, X509VerifyResult};

use super::*;
use crate::document::Moment;
use crate::environment::Facts;
use crate::lab::tests::{HOST, created, facts, lab, pair, signed};
use crate::lab::{Defect, Generation, Lab, LabEnvironment, Party};
use crate::verdict::Code;
use crate::verdict::connection::{AcceptanceProof, Alert, ConnectionAnswer, ConnectionRefusal};
use crate::verdict::verify::Decision;

/// What everything in here shares: a lab, its facts, certificates of it.
pub(crate) struct Bench {
    pub(crate) facts: Arc<Facts>,
    /// For [`HOST`], with its CAs.
    pub(crate) server: Vec<Vec<u8>>,
    key: PKey<Private>,
    /// A client's chain and key, as PEM.
    client: Named,
    client_chain: Vec<Vec<u8>>,
    expired: Vec<Vec<u8>>,
    pub(crate) expiring: Vec<Vec<u8>>,
    other_name: Vec<Vec<u8>>,
    proxy: (Vec<Vec<u8>>, PKey<Private>),
}

impl Bench {
    /// The server's chain and key.
    pub(crate) fn own(&self) -> Named {
        self.with_key(&self.server, "server")
    }

    /// A client's chain and key.
    pub(crate) fn client(&self) -> Named {
        self.client.clone()
    }

    /// A chain with the server's key.
    fn with_key(&self, chain: &[Vec<u8>], name: &'static str) -> Named {
        let mut pem = Vec::new();
        for der in chain {
            pem.extend(X509::from_der(der).unwrap().to_pem().unwrap());
        }
        pem.extend(self.key.private_key_to_pem_pkcs8().unwrap());
        Named::bytes(crate::input::Source::BuiltIn(name), pem)
    }
}

pub(crate) fn at() -> Moment {
    Moment::from_unix(created().unix() + 3600).unwrap()
}

/// What the supplier's server sends: its certificate with the CAs that are not self-issued.
fn chain(lab: &mut Lab, defects: &[Defect]) -> Vec<Vec<u8>> {
    let reply = signed(lab, Generation::G2, defects);
    let own = reply.certificate();
    let mut chain = vec![own.der().to_vec()];
    chain.extend(
        reply
            .certificates()
            .filter(|one| one.sha256 != own.sha256 && !one.is_self_issued())
            .map(|one| one.der().to_vec()),
    );
    chain
}

pub(crate) fn bench() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    BENCH.get_or_init(|| {
        let mut lab = lab();
        let server = chain(&mut lab, &[]);
        let expired = chain(&mut lab, &[Defect::Expired]);
        let expiring = chain(&mut lab, &[Defect::ExpiresSoon]);
        let proxy = lab
            .identity(Party::Proxy, LabEnvironment::Int, Generation::G2)
            .unwrap();
        let caller = lab
            .identity(Party::Caller, LabEnvironment::Int, Generation::G2)
            .unwrap();
        assert_ne!(proxy.host, HOST);
        let sub = server[1].clone();
        let client_chain = vec![caller.certificate.clone(), sub.clone()];
        let mut pem = Vec::new();
        for der in &client_chain {
            pem.extend(X509::from_der(der).unwrap().to_pem().unwrap());
        }
        pem.extend(caller.key.handle().private_key_to_pem_pkcs8().unwrap());
        let source = crate::input::Source::BuiltIn("client");
        Bench {
            facts: Arc::new(facts(&lab)),
            server,
            key: pair().0.handle().to_owned(),
            client: Named::bytes(source, pem),
            client_chain,
            expired,
            expiring,
            proxy: (
                vec![proxy.certificate.clone(), sub.clone()],
                proxy.key.handle().to_owned(),
            ),
            other_name: vec![chain(&mut lab, &[Defect::WrongName])[0].clone(), sub],
        }
    })
}

/// Runs a server for one probe and a few connections; its address.
pub(crate) fn serve(each: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    serve_on((Ipv4Addr::LOCALHOST, 0).into(), each).unwrap()
}

fn serve_on(
    bind: SocketAddr,
    each: impl Fn(TcpStream) + Send + Sync + 'static,
) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(bind)?;
    let address = listener.local_addr()?;
    let each = Arc::new(each);
    // It ends with the test program.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            stream
                .set_read_timeout(Some(Duration::from_secs(10)))
                .unwrap();
            let each = Arc::clone(&each);
            thread::spawn(move || each(stream));
        }
    });
    Ok(address)
}

/// A good server on IPv6, where there is IPv6.
fn serve_ipv6() -> std::io::Result<SocketAddr> {
    let context = tls(&bench().server, TLS13).build();
    let each = move |stream| {
        let _ = Ssl::new(&context)
            .unwrap()
            .accept(stream)
            .map(|mut stream| reply(OK)(&mut stream));
    };
    serve_on((Ipv6Addr::LOCALHOST, 0).into(), each)
}

/// A TLS server's settings.
fn tls(chain: &[Vec<u8>], versions: (SslVersion, SslVersion)) -> SslContextBuilder {
    tls_with(chain, &bench().key, versions)
}

/// Those of the lab's proxy.
pub(crate) fn as_proxy(versions: (SslVersion, SslVersion)) -> SslContextBuilder {
    let (chain, key) = &bench().proxy;
    tls_with(chain, key, versions)
}

fn tls_with(
    chain: &[Vec<u8>],
    key: &PKey<Private>,
    versions: (SslVersion, SslVersion),
) -> SslContextBuilder {
    let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
    context.set_security_level(0);
    context.set_min_proto_version(Some(versions.0)).unwrap();
    context.set_max_proto_version(Some(versions.1)).unwrap();
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context
        .set_certificate(&X509::from_der(&chain[0]).unwrap())
        .unwrap();
    for above in &chain[1..] {
        context
            .add_extra_chain_cert(X509::from_der(above).unwrap())
            .unwrap();
    }
    context.set_private_key(key).unwrap();
    context
}

pub(crate) const TLS12: (SslVersion, SslVersion) = (SslVersion::TLS1_2, SslVersion::TLS1_2);
pub(crate) const TLS13: (SslVersion, SslVersion) = (SslVersion::TLS1_3, SslVersion::TLS1_3);
const TLS10: (SslVersion, SslVersion) = (SslVersion::TLS1, SslVersion::TLS1);

/// Requires a certificate and fails its verification for this reason.
fn refusing(versions: (SslVersion, SslVersion), why: X509VerifyResult) -> SslContextBuilder {
    let mut context = tls(&bench().server, versions);
    let mode = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
    context.set_verify_callback(mode, move |_, store| {
        store.set_error(why);
        false
    });
    context
}

/// Requires a certificate and takes any.
pub(crate) fn insisting(
    versions: (SslVersion, SslVersion),
    names: &[X509Name],
) -> SslContextBuilder {
    required(asking(versions, names))
}

/// The same with this certificate.
pub(crate) fn insisting_as(chain: &[Vec<u8>]) -> SslContextBuilder {
    required(tls(chain, TLS12))
}

pub(crate) fn required(mut context: SslContextBuilder) -> SslContextBuilder {
    let mode = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
    context.set_verify_callback(mode, |_, _| true);
    context
}

/// Asks for a certificate and takes any, or none.
pub(crate) fn asking(versions: (SslVersion, SslVersion), names: &[X509Name]) -> SslContextBuilder {
    let mut context = tls(&bench().server, versions);
    context.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
    let mut list = Stack::new().unwrap();
    for name in names {
        let der = name.to_der().unwrap();
        list.push(X509Name::from_der(&der).unwrap()).unwrap();
    }
    context.set_client_ca_list(list);
    context
}

fn names(chain: &[Vec<u8>]) -> Vec<X509Name> {
    let certificates = chain.iter().skip(1).map(|der| X509::from_der(der).unwrap());
    certificates
        .map(|one| X509Name::from_der(&one.subject_name().to_der().unwrap()).unwrap())
        .collect()
}

fn other_name(number: usize) -> X509Name {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("O", "somebody else").unwrap();
    name.append_entry_by_text("CN", &format!("Certification Authority number {number}"))
        .unwrap();
    name.build()
}

/// Shakes hands and goes on with what is said.
pub(crate) fn over(
    context: SslContextBuilder,
    then: impl Fn(&mut SslStream<TcpStream>) + Send + Sync + 'static,
) -> SocketAddr {
    let context = context.build();
    serve(move |stream| {
        if let Ok(mut stream) = Ssl::new(&context).unwrap().accept(stream) {
            then(&mut stream);
            // What the client still sends is read, so that closing does not reset the connection.
            let _ = stream.shutdown();
            let _ = stream.get_ref().shutdown(Shutdown::Write);
            let _ = std::io::copy(&mut stream.get_ref(), &mut std::io::sink());
        }
    })
}

pub(crate) fn reply(
    text: &'static str,
) -> impl Fn(&mut SslStream<TcpStream>) + Send + Sync + 'static {
    move |stream| {
        let mut buffer = [0; 4096];
        if stream.read(&mut buffer).is_ok() {
            let _ = stream.write_all(text.as_bytes());
        }
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn idle(_: &mut SslStream<TcpStream>) {
    thread::park_timeout(Duration::from_secs(5));
}

/// Reads something and answers with the settings frame with which HTTP/2 begins.
fn http2(stream: &mut SslStream<TcpStream>) {
    let _ = stream.read(&mut [0; 4096]);
    let _ = stream.write_all(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64");
}

/// The limits under which everything here has to end.
const LIMIT: Duration = Duration::from_secs(2);

fn options(address: SocketAddr) -> Options {
    let mut options = Options::new(vec![Endpoint {
        host: HOST.to_owned(),
        port: 443,
    }]);
    options.connect = Some(address);
    options.environment = Some("lab-int".to_owned());
    options.limits = ProbeLimits::within(LIMIT);
    options
}

pub(crate) fn with_client(address: SocketAddr) -> Options {
    let mut options = options(address);
    options.own = Some(IdentityFiles::new(bench().client.clone(), None));
    options
}

/// The same with a request, of whose answer at most so much of the body is read.
fn requesting(address: SocketAddr, body: usize) -> Options {
    let mut options = with_client(address);
    options.ask = HttpQuestion::Request {
        path: "/metadata".to_owned(),
        headers: Vec::new(),
        body,
    };
    options
}

pub(crate) fn probed(options: &Options) -> Probed {
    let context = Context::new(at(), Arc::clone(&bench().facts));
    let start = Instant::now();
    let mut probed = probe(options, &context).unwrap();
    let took = start.elapsed();
    assert!(took < LIMIT + Duration::from_secs(2), "{took:?}");
    probed.remove(0)
}

/// What decides, and all codes.
#[track_caller]
fn assert_found(options: &Options, code: Code) -> Probed {
    let probed = probed(options);
    let judgement = &probed.judgement;
    let all = judgement.reasons.iter().chain(&judgement.findings);
    let codes: Vec<Code> = all.map(|finding| finding.problem.code()).collect();
    assert!(
        codes.contains(&code),
        "{code}: {codes:?} {:#?}",
        probed.observation
    );
    let decides = code.severity() == crate::verdict::Severity::Error;
    if decides {
        assert_ne!(judgement.decision, Decision::Verified, "{code}");
        assert!(
            !matches!(
                judgement.answer,
                ConnectionAnswer::Accepted(AcceptanceProof::Response)
            ) || judgement.code.is_some()
        );
    }
    probed
}

fn unproven(closed: bool, status: Option<u16>) -> ConnectionAnswer {
    ConnectionAnswer::NotProven { closed, status }
}

#[test]
fn a_good_server_that_takes_the_certificate_is_accepted_in_both_versions() {
    for versions in [TLS12, TLS13] {
        let context = insisting(versions, &names(&bench().client_chain));
        let mut options = with_client(over(context, reply(OK)));
        options.expected = Some(Expected::Accepted);
        let probed = probed(&options);
        let judgement = &probed.judgement;
        assert_eq!(
            judgement.answer,
            ConnectionAnswer::Accepted(AcceptanceProof::Response),
            "{judgement:#?}"
        );
        assert_eq!(judgement.decision, Decision::Verified, "{judgement:#?}");
        let best = probed.observation.best().unwrap();
        assert_eq!(best.chain, bench().server);
        assert_eq!(best.request.as_ref().unwrap().names().flatten().count(), 1);
    }
}

#[test]
fn a_port_where_nothing_listens_is_refused() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_found(&options(address), Code::TcpRefused);
}

#[test]
fn a_server_that_accepts_no_more_connections_is_filtered() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        waiting.push(stream);
        assert!(waiting.len() < 10_000);
    }
    assert_found(&options(address), Code::TcpFiltered);
}

#[test]
fn a_name_that_does_not_resolve_is_not_found() {
    let mut options = options((Ipv4Addr::LOCALHOST, 1).into());
    options.connect = None;
    options.endpoints[0].host = "no-such-host.invalid".to_owned();
    let probed = probed(&options);
    let code = probed.judgement.code;
    assert!(
        matches!(code, Some(Code::DnsNotFound | Code::DnsTimedOut)),
        "{code:?}"
    );
}

#[test]
fn a_server_that_stays_silent_or_stops_in_the_middle_is_named() {
    let silent = serve(|_stream| thread::park_timeout(Duration::from_secs(5)));
    assert_found(&options(silent), Code::TlsSilent);
    let hello = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        thread::park_timeout(Duration::from_secs(5));
    });
    assert_found(&options(hello), Code::TlsSilent);
    let drip = serve(|mut stream| {
        // A ServerHello that never ends.
        let start = [0x16, 3, 3, 0x10, 0, 2, 0, 0x0f, 0xfc, 3, 3];
        for byte in start.into_iter().chain(std::iter::repeat_n(0, 400)) {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            thread::park_timeout(Duration::from_millis(20));
        }
    });
    assert_found(&options(drip), Code::TlsSilent);
}

#[test]
fn a_connection_that_is_cut_is_distinguished_from_one_that_is_refused() {
    let closed = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
    });
    assert_found(&options(closed), Code::TlsCut);
    let reset = serve(|stream| {
        // Closed with something unread, a connection is reset.
        let _ = stream.peek(&mut [0; 1]);
        drop(stream);
    });
    assert_found(&options(reset), Code::TlsCut);
    let half = serve(|mut stream| {
        let _ = stream.shutdown(Shutdown::Write);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    assert_found(&options(half), Code::TlsCut);
}

#[test]
fn a_port_that_speaks_something_else_is_named() {
    let says = |text: &'static str| {
        serve(move |mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(text.as_bytes());
            let _ = stream.shutdown(Shutdown::Write);
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        })
    };
    let http = says("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    assert_found(&options(http), Code::NotTls);
    let banner = says("SSH-2.0-OpenSSH_9.2p1\r\n");
    assert_found(&options(banner), Code::NotTls);
    let portal = says("HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n");
    assert_found(&options(portal), Code::CaptivePortal);
    let garbage = says("\u{16}\u{3}\u{3}\0\u{5}garbage garbage garbage");
    assert_found(&options(garbage), Code::HandshakeBroken);
}

#[test]
fn old_versions_and_other_suites_are_found_by_a_second_offer() {
    let mut old = tls(&bench().server, TLS10);
    old.set_cipher_list("ALL").unwrap();
    let found = assert_found(&options(over(old, idle)), Code::TlsVersion);
    assert_eq!(found.judgement.answer, ConnectionAnswer::Connected);
    let mut suite = tls(&bench().server, TLS12);
    suite.set_cipher_list("AES128-SHA256").unwrap();
    let found = assert_found(&options(over(suite, idle)), Code::SuiteForbidden);
    let permissive = found.observation.permissive.unwrap();
    assert_eq!(permissive.suite.as_deref(), Some("AES128-SHA256"));
    let mut options = options(over(tls(&bench().server, TLS13), idle));
    options.offer = Offer::Tls12;
    assert_found(&options, Code::HandshakeRefused);
}

#[test]
fn a_forbidden_version_is_said_of_a_server_that_refuses_clients_without_a_certificate_too() {
    let mut old = required(tls(&bench().server, TLS10));
    old.set_cipher_list("ALL").unwrap();
    let old = over(old, idle);
    let mut suite = insisting(TLS12, &[]);
    suite.set_cipher_list("AES128-SHA256").unwrap();
    let suite = over(suite, idle);
    for (address, code) in [(old, Code::TlsVersion), (suite, Code::SuiteForbidden)] {
        // The second offer, which looks only, sends no certificate.
        for mut options in [options(address), with_client(address)] {
            for expected in [None, Some(Expected::Refused(None))] {
                options.expected = expected;
                assert_found(&options, code);
            }
        }
    }
}

#[test]
fn a_client_whose_certificate_was_not_sent_is_not_refused_as_expected() {
    let mut suite = insisting(TLS12, &[]);
    suite.set_cipher_list("AES128-SHA256").unwrap();
    let address = over(suite, idle);
    assert_found(&with_client(address), Code::AcceptanceUnproven);
    let bare = probed(&options(address));
    let mut codes = bare.judgement.reasons.iter();
    assert!(codes.all(|reason| reason.problem.code() != Code::AcceptanceUnproven));
}

#[test]
fn the_servers_certificate_is_judged_as_it_was_sent() {
    let bench = bench();
    let with = |chain: &[Vec<u8>]| options(over(tls(chain, TLS13), reply(OK)));
    assert_found(&with(&bench.expired), Code::Expired);
    assert_found(&with(&bench.other_name), Code::NameMismatch);
    assert_found(&with(&bench.server[..1]), Code::SubCaNotSent);
}

#[test]
fn a_certificate_of_a_foreign_ca_for_the_right_name_is_an_interception() {
    let foreign = foreign_chain();
    let context = tls(&foreign, TLS12);
    assert_found(&options(over(context, reply(OK))), Code::Intercepted);
}

/// A certificate for the host by an unknown CA.
fn foreign_chain() -> Vec<Vec<u8>> {
    use openssl::asn1::Asn1Time;
    use openssl::bn::BigNum;
    use openssl::hash::MessageDigest;
    use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
    let key = &bench().key;
    let made = |subject: &X509Name, issuer: &X509Name, ca: bool| {
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let serial = BigNum::from_u32(9).unwrap().to_asn1_integer().unwrap();
        builder.set_serial_number(&serial).unwrap();
        builder.set_subject_name(subject).unwrap();
        builder.set_issuer_name(issuer).unwrap();
        let time = |seconds| Asn1Time::from_unix(seconds).unwrap();
        builder.set_not_before(&time(at().unix() - 1000)).unwrap();
        builder
            .set_not_after(&time(at().unix() + 10_000_000))
            .unwrap();
        builder.set_pubkey(key).unwrap();
        if ca {
            let constraints = BasicConstraints::new().critical().ca().build().unwrap();
            builder.append_extension(constraints).unwrap();
        } else {
            let context = builder.x509v3_context(None, None);
            let names = SubjectAlternativeName::new()
                .dns(HOST)
                .build(&context)
                .unwrap();
            builder.append_extension(names).unwrap();
        }
        builder.sign(key, MessageDigest::sha256()).unwrap();
        builder.build().to_der().unwrap()
    };
    let mut own = X509Name::builder().unwrap();
    own.append_entry_by_text("CN", HOST).unwrap();
    let root = other_name(1);
    vec![made(&own.build(), &root, false), made(&root, &root, true)]
}

#[test]
fn a_refused_certificate_is_refused_100_of_100_times_with_the_alert_that_was_sent() {
    for versions in [TLS12, TLS13] {
        let context = refusing(versions, X509VerifyResult::from_raw_test(20));
        let options = with_client(over(context, idle));
        for _ in 0..100 {
            let probed = probed(&options);
            let refused = ConnectionAnswer::Refused(ConnectionRefusal::Alert(Alert { code: 48 }));
            assert_eq!(
                probed.judgement.answer, refused,
                "{:#?}",
                probed.observation
            );
            assert_eq!(probed.judgement.code, Some(Code::CertificateRefused));
        }
    }
}

#[test]
fn alerts_are_reported_from_both_sides() {
    // X509_V_ERR_CRL_HAS_EXPIRED becomes certificate_expired, CERT_REVOKED certificate_revoked,
    // CERT_HAS_EXPIRED certificate_expired, UNABLE_TO_GET_CRL unknown_ca.
    for (why, alert, words) in [
        (
            12,
            45,
            "their CRL of LAB INT Authentication G2 has probably expired",
        ),
        (23, 44, "do not revoke your certificate"),
        (3, 48, "lacks a CRL"),
    ] {
        let context = refusing(TLS13, X509VerifyResult::from_raw_test(why));
        let probed = assert_found(&with_client(over(context, idle)), Code::CertificateRefused);
        let refused = ConnectionAnswer::Refused(ConnectionRefusal::Alert(Alert { code: alert }));
        assert_eq!(probed.judgement.answer, refused);
        let said = crate::wording::say(
            &probed.judgement.reasons[0].problem,
            crate::wording::Voice::CommandLine,
        );
        assert!(said.remedy.contains(words), "{said:?}");
    }
}

#[test]
fn an_expired_certificate_of_ours_is_blamed_itself() {
    let context = refusing(TLS13, X509VerifyResult::from_raw_test(10));
    let options = with_client(over(context, idle));
    let later = Moment::from_unix(at().unix() + 5 * 365 * 86_400).unwrap();
    let context = Context::new(later, Arc::clone(&bench().facts));
    let probed = probe(&options, &context).unwrap().remove(0);
    let refusal = probed
        .judgement
        .reasons
        .iter()
        .find(|reason| reason.problem.code() == Code::CertificateRefused)
        .unwrap();
    let said = crate::wording::say(&refusal.problem, crate::wording::Voice::CommandLine);
    assert!(said.remedy.contains("your certificate expired"), "{said:?}");
    assert!(!said.remedy.contains("CRL"), "{said:?}");
}

#[test]
fn a_server_that_requires_a_certificate_is_as_it_should_be_without_one() {
    for (versions, alert) in [(TLS12, 40), (TLS13, 116)] {
        let context = refusing(versions, X509VerifyResult::OK);
        let mut options = options(over(context, idle));
        let probed = assert_found(&options, Code::CertificateRequired);
        let refused = ConnectionAnswer::Refused(ConnectionRefusal::Alert(Alert { code: alert }));
        assert_eq!(probed.judgement.answer, refused);
        assert_eq!(
            probed.judgement.decision,
            Decision::Verified,
            "{:#?}",
            probed.judgement
        );
        options.expected = Some(Expected::Refused(Some(Alert { code: alert })));
        assert_eq!(
            self::probed(&options).judgement.decision,
            Decision::Verified
        );
        options.expected = Some(Expected::Refused(Some(Alert { code: 48 })));
        assert_found(&options, Code::UnexpectedAnswer);
        options.expected = Some(Expected::Accepted);
        assert_found(&options, Code::UnexpectedAnswer);
    }
}

#[test]
fn a_server_that_asks_and_does_not_insist_is_named() {
    let context = asking(TLS12, &[]);
    assert_found(&options(over(context, reply(OK))), Code::ClientCertOptional);
    let context = tls(&bench().server, TLS13);
    let found = assert_found(
        &with_client(over(context, reply(OK))),
        Code::ClientCertNotRequested,
    );
    assert_eq!(found.judgement.answer, ConnectionAnswer::Connected);
}

#[test]
fn a_list_of_cas_without_ours_is_said_however_long_it_is() {
    let few = asking(TLS12, &[other_name(1)]);
    assert_found(&with_client(over(few, reply(OK))), Code::OurCaNotNamed);
    let many: Vec<X509Name> = (0..600).map(other_name).collect();
    let many = asking(TLS13, &many);
    let found = assert_found(&with_client(over(many, reply(OK))), Code::OurCaNotNamed);
    let request = found.observation.best().unwrap().request.clone().unwrap();
    assert_eq!(request.authorities.len(), 600);
}

#[test]
fn a_message_without_end_is_not_read_to_its_end() {
    let endless = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        // A ServerHello of TLS 1.2 with ECDHE-RSA-AES256-GCM-SHA384, then a Certificate of 16 MiB.
        let mut hello = vec![0x16, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3];
        hello.extend([7; 32]);
        hello.extend([0, 0xc0, 0x30, 0]);
        let _ = stream.write_all(&hello);
        let _ = stream.write_all(&[0x16, 3, 3, 0x40, 0, 11, 0xff, 0xff, 0xff]);
        let block = [0; 16 * 1024];
        for _ in 0..2048 {
            if stream.write_all(&block).is_err() {
                return;
            }
        }
    });
    let found = assert_found(&options(endless), Code::HandshakeBroken);
    assert!(found.observation.best().unwrap().bytes < 1024 * 1024);
}

#[test]
fn a_name_that_the_server_does_not_serve_is_said() {
    let mut context = tls(&bench().server, TLS13);
    context.set_servername_callback(|_, alert| {
        *alert = openssl::ssl::SslAlert::UNRECOGNIZED_NAME;
        Err(SniError::ALERT_FATAL)
    });
    let found = assert_found(&options(over(context, idle)), Code::HandshakeRefused);
    let said = crate::wording::say(
        &found.judgement.reasons[0].problem,
        crate::wording::Voice::CommandLine,
    );
    assert!(said.message.contains("unrecognized_name"), "{said:?}");
}

#[test]
fn what_nginx_refuses_in_http_is_not_accepted() {
    let page = "HTTP/1.1 400 Bad Request\r\nContent-Length: 37\r\n\r\n<h1>The SSL certificate error</h1>\r\n\r\n";
    let context = asking(TLS12, &[]);
    let found = assert_found(
        &with_client(over(context, reply(page))),
        Code::RefusedByHttp,
    );
    assert_eq!(
        found.judgement.answer,
        ConnectionAnswer::Refused(ConnectionRefusal::Http(400))
    );
    let forbidden =
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 28\r\n\r\nclient certificate not known";
    let context = asking(TLS13, &[]);
    let mut options = with_client(over(context, reply(forbidden)));
    options.expected = Some(Expected::Accepted);
    assert_found(&options, Code::RefusedByHttp);
    assert_found(&options, Code::UnexpectedAnswer);
}

pub(crate) const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_page_that_is_forbidden_to_every_client_says_nothing_of_certificates() {
    for versions in [TLS12, TLS13] {
        let address = over(asking(versions, &[]), reply(FORBIDDEN));
        for mut options in [options(address), with_client(address)] {
            for expected in [
                None,
                Some(Expected::Refused(None)),
                Some(Expected::Accepted),
            ] {
                options.expected = expected;
                let found = assert_found(&options, Code::AcceptanceUnproven);
                assert_eq!(found.judgement.decision, Decision::NotDecided);
            }
        }
        // A server that requires a certificate may forbid the page to a client that it accepts.
        let mut options = with_client(over(insisting(versions, &[]), reply(FORBIDDEN)));
        options.expected = Some(Expected::Refused(None));
        let found = assert_found(&options, Code::AcceptanceUnproven);
        assert_eq!(found.judgement.decision, Decision::NotDecided);
    }
}

#[test]
fn a_page_for_which_a_certificate_was_not_asked_is_not_taken_for_a_connection_as_required() {
    let address = over(tls(&bench().server, TLS13), reply(FORBIDDEN));
    let found = assert_found(&with_client(address), Code::AcceptanceUnproven);
    assert_eq!(found.judgement.answer, unproven(false, Some(403)));
    assert_eq!(
        probed(&options(address)).judgement.answer,
        ConnectionAnswer::Connected
    );
}

/// A server that asks for a certificate and takes any, or none; every second connection gets something else.
fn moody(other: impl Fn(TcpStream, &SslContext) + Send + Sync + 'static) -> SocketAddr {
    let context = asking(TLS13, &[]).build();
    let count = std::sync::atomic::AtomicUsize::new(0);
    serve(
        move |stream| match count.fetch_add(1, std::sync::atomic::Ordering::AcqRel) % 2 {
            0 => talk(stream, &context, OK),
            _ => other(stream, &context),
        },
    )
}

fn talk(stream: TcpStream, context: &SslContext, text: &'static str) {
    if let Ok(mut stream) = Ssl::new(context).unwrap().accept(stream) {
        reply(text)(&mut stream);
        let _ = stream.shutdown();
        let _ = stream.get_ref().shutdown(Shutdown::Write);
        let _ = std::io::copy(&mut stream.get_ref(), &mut std::io::sink());
    }
}

#[test]
fn a_second_connection_that_meets_a_busy_server_proves_no_acceptance() {
    let busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
    let many = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n";
    for address in [
        moody(|_, _| {}),
        moody(move |stream, context| talk(stream, context, busy)),
        moody(move |stream, context| talk(stream, context, many)),
        moody(|stream, context| {
            let _silent = Ssl::new(context)
                .unwrap()
                .accept(stream)
                .map(|mut stream| idle(&mut stream));
        }),
    ] {
        let mut options = with_client(address);
        options.expected = Some(Expected::Accepted);
        let found = assert_found(&options, Code::AcceptanceUnproven);
        assert_eq!(found.judgement.answer, unproven(false, Some(200)));
        assert_eq!(found.judgement.decision, Decision::NotDecided);
    }
}

#[test]
fn a_server_that_does_not_answer_a_request_has_not_accepted_the_certificate() {
    for versions in [TLS12, TLS13] {
        let found = assert_found(
            &with_client(over(insisting(versions, &[]), idle)),
            Code::AcceptanceUnproven,
        );
        assert_eq!(found.judgement.answer, unproven(false, None));
    }
}

/// A server that answers this many connections and closes the others at once.
pub(crate) fn limited(context: SslContextBuilder, answered: usize) -> SocketAddr {
    let context = context.build();
    let count = std::sync::atomic::AtomicUsize::new(0);
    serve(move |stream| {
        if count.fetch_add(1, std::sync::atomic::Ordering::AcqRel) < answered {
            talk(stream, &context, OK);
        }
    })
}

/// Scans a server that answers this many connections.
fn scanned(answered: usize) -> Probed {
    let mut context = tls(&bench().server, (SslVersion::TLS1, SslVersion::TLS1_3));
    context.set_cipher_list("ALL").unwrap();
    let mut options = options(limited(context, answered));
    options.scan = true;
    options.limits.scan = Duration::from_secs(3);
    let context = Context::new(at(), Arc::clone(&bench().facts));
    probe(&options, &context).unwrap().remove(0)
}

/// Whether a ClientHello offers TLS 1.3, by the beginning of its list of versions (RFC 8446 section 4.2.1).
fn offers_tls13(hello: &[u8]) -> bool {
    let list = |window: &[u8]| matches!(window, [0, 43, 0, 3, 2, 3, 4] | [0, 43, 0, 5, 4, 3, 4]);
    hello.windows(7).any(list)
}

#[test]
fn a_certificate_that_only_clients_with_tls_1_2_get_is_not_passed_over() {
    let new = insisting((SslVersion::TLS1_2, SslVersion::TLS1_3), &[]).build();
    let old = insisting_as(&bench().expired).build();
    let address = serve(move |stream| {
        let mut hello = [0; 2048];
        let count = stream.peek(&mut hello).unwrap_or_default();
        match offers_tls13(&hello[..count]) {
            true => talk(stream, &new, OK),
            false => talk(stream, &old, OK),
        }
    });
    let mut options = options(address);
    options.scan = true;
    options.limits.scan = Duration::from_secs(10);
    let context = Context::new(at(), Arc::clone(&bench().facts));
    let found = probe(&options, &context).unwrap().remove(0);
    let judgement = &found.judgement;
    assert_eq!(
        judgement.code,
        Some(Code::CertificateDiffers),
        "{judgement:#?}"
    );
    assert_eq!(judgement.decision, Decision::NotDecided);
}

#[test]
fn a_server_that_accepts_a_certificate_which_is_not_of_the_environment_is_named() {
    let address = over(insisting(TLS13, &[]), reply(OK));
    let mut options = with_client(address);
    let expired = bench().with_key(&bench().expired, "expired");
    options.own = Some(IdentityFiles::new(expired, None));
    let found = assert_found(&options, Code::AcceptsUnverified);
    let accepted = ConnectionAnswer::Accepted(AcceptanceProof::Response);
    assert_eq!(found.judgement.answer, accepted);
    let good = probed(&with_client(address));
    let mut codes = good.judgement.findings.iter();
    assert!(codes.all(|finding| finding.problem.code() != Code::AcceptsUnverified));
}

#[test]
fn a_scan_of_a_server_that_limits_connections_is_not_decided() {
    let found = scanned(4);
    let judgement = &found.judgement;
    assert_eq!(judgement.code, Some(Code::ScanIncomplete), "{judgement:#?}");
    assert_eq!(judgement.decision, Decision::NotDecided);
    let whole = scanned(usize::MAX);
    let codes = whole.judgement.reasons.iter();
    let codes: Vec<Code> = codes.map(|reason| reason.problem.code()).collect();
    assert!(!codes.contains(&Code::ScanIncomplete), "{codes:?}");
}

#[test]
fn silence_and_closing_after_a_tls_1_3_handshake_prove_nothing() {
    let mut context = asking(TLS13, &[]);
    context.set_num_tickets(0).unwrap();
    let mut options = with_client(over(context, idle));
    options.ask = HttpQuestion::Nothing;
    let found = assert_found(&options, Code::AcceptanceUnproven);
    assert_eq!(found.judgement.decision, Decision::NotDecided);
    let mut context = asking(TLS13, &[]);
    context.set_num_tickets(0).unwrap();
    let found = assert_found(
        &with_client(over(context, |_| {})),
        Code::AcceptanceUnproven,
    );
    assert_eq!(found.judgement.answer, unproven(true, None));
}

#[test]
fn an_answer_that_drips_or_never_ends_is_left_within_the_limit() {
    // One byte at a time, and then a header without end.
    let drip = over(asking(TLS12, &[]), |stream| {
        let _ = stream.read(&mut [0; 4096]);
        let start = b"HTTP/1.1 200 OK\r\nX: ".iter().copied();
        for byte in start.chain(std::iter::repeat_n(b'x', 400)) {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            thread::park_timeout(Duration::from_millis(20));
        }
    });
    let found = assert_found(&requesting(drip, 1000), Code::NoResponse);
    assert_ne!(
        found.judgement.answer,
        ConnectionAnswer::Accepted(AcceptanceProof::Response)
    );
    let endless = over(asking(TLS13, &[]), |stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let block = [b'x'; 16 * 1024];
        for _ in 0..2048 {
            if stream.write_all(&block).is_err() {
                return;
            }
        }
    });
    let found = probed(&requesting(endless, 1000));
    assert!(found.observation.best().unwrap().bytes < 1024 * 1024);
}

#[test]
fn a_request_without_a_usable_answer_is_named() {
    let silent = over(asking(TLS12, &[]), idle);
    assert_found(&requesting(silent, 0), Code::NoResponse);
    let http2 = over(asking(TLS12, &[]), http2);
    assert_found(&requesting(http2, 0), Code::NotHttp);
    let missing = over(
        tls(&bench().server, TLS12),
        reply("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    );
    assert_found(&requesting(missing, 0), Code::HttpStatus);
}

#[test]
fn an_ipv6_address_is_connected_to() {
    // Where there is no IPv6 there is nothing to show.
    if let Ok(address) = serve_ipv6() {
        assert_eq!(
            probed(&options(address)).judgement.answer,
            ConnectionAnswer::Connected
        );
    }
}

#[test]
fn a_proxy_that_makes_no_tunnel_is_named_and_its_password_is_not() {
    let says = |text: &'static str| {
        serve(move |mut stream| {
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).unwrap();
            let asked = String::from_utf8_lossy(&buffer[..count]).into_owned();
            assert!(
                asked.starts_with(&format!("CONNECT {HOST}:443 HTTP/1.1\r\n")),
                "{asked}"
            );
            assert!(
                asked.contains("Proxy-Authorization: Basic dTpzZWNyZXQ="),
                "{asked}"
            );
            let _ = stream.write_all(text.as_bytes());
        })
    };
    for (text, code) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            Code::ProxyFailed,
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n",
            Code::CaptivePortal,
        ),
        ("what?\r\n\r\n", Code::ProxyFailed),
        // It says that there is a tunnel, and shows its page in it.
        (
            "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\nlog in",
            Code::CaptivePortal,
        ),
    ] {
        let address = says(text);
        let variable =
            |name: &str| (name == "https_proxy").then(|| format!("http://u:secret@{address}"));
        let proxy = Proxy::from_variables(variable).unwrap();
        let mut options = options(address);
        options.connect = None;
        let context = Context::new(at(), Arc::clone(&bench().facts)).proxy(proxy);
        let probed = probe(&options, &context).unwrap().remove(0);
        assert_eq!(
            probed.judgement.code,
            Some(code),
            "{:?}",
            probed.observation
        );
        assert!(!format!("{probed:?}").contains("secret"));
    }
}

/// A verification result by its number in OpenSSL's header.
trait FromNumber {
    fn from_raw_test(number: i32) -> X509VerifyResult;
}

impl FromNumber for X509VerifyResult {
    #[expect(
        unsafe_code,
        reason = "any number is a result; openssl's binding marks it unsafe"
    )]
    fn from_raw_test(number: i32) -> X509VerifyResult {
        // SAFETY: the number is only stored.
        unsafe { X509VerifyResult::from_raw(number) }
    }
}

#[test]
fn a_scan_tells_what_is_permitted_and_what_else_is_taken() {
    let mut context = tls(&bench().server, (SslVersion::TLS1_1, SslVersion::TLS1_3));
    context
        .set_cipher_list("ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA")
        .unwrap();
    let mut options = options(over(context, reply(OK)));
    options.scan = true;
    options.limits = ProbeLimits::within(Duration::from_secs(8));
    let context = Context::new(at(), Arc::clone(&bench().facts));
    let probed = probe(&options, &context).unwrap().remove(0);
    let taken: Vec<(&str, bool)> = probed
        .observation
        .scan
        .iter()
        .filter_map(|one| Some((one.chose.as_deref()?, one.permitted)))
        .collect();
    assert_eq!(
        taken,
        [
            ("ECDHE-RSA-AES256-GCM-SHA384", true),
            ("TLS_AES_256_GCM_SHA384", true),
            ("AES128-SHA", false),
            ("AES128-SHA", false),
        ]
    );
    let codes = probed
        .judgement
        .findings
        .iter()
        .map(|one| one.problem.code());
    assert!(codes.into_iter().any(|code| code == Code::AcceptsForbidden));
    assert!(probed.observation.scan.iter().all(|one| one.certain));
}

#[test]
fn a_server_that_closes_the_connection_instead_of_an_alert_is_known_to_refuse_the_offer() {
    use openssl::ssl::ClientHelloResponse;
    // Windows does so. That it is no limit shows in the next connection, which is answered at once.
    let mut context = tls(&bench().server, (SslVersion::TLS1, SslVersion::TLS1_3));
    context.set_client_hello_callback(|ssl, _| {
        let version = ssl.client_hello_legacy_version();
        let old = [SslVersion::TLS1, SslVersion::TLS1_1]
            .map(Some)
            .contains(&version);
        match old {
            // It is not answered, and the test's server drops the connection.
            true => Ok(ClientHelloResponse::RETRY),
            false => Ok(ClientHelloResponse::SUCCESS),
        }
    });
    let mut options = options(over(context, reply(OK)));
    options.scan = true;
    options.limits.scan = Duration::from_secs(10);
    let context = Context::new(at(), Arc::clone(&bench().facts));
    let probed = probe(&options, &context).unwrap().remove(0);
    let old = probed
        .observation
        .scan
        .iter()
        .filter(|one| one.version.as_str() < "TLSv1.2");
    let old: Vec<(bool, bool)> = old.map(|one| (one.chose.is_some(), one.certain)).collect();
    assert_eq!(old, [(false, true), (false, true)]);
}

#[test]
fn an_answer_that_every_client_gets_proves_no_acceptance() {
    for versions in [TLS12, TLS13] {
        let mut options = with_client(over(asking(versions, &[]), reply(OK)));
        options.expected = Some(Expected::Accepted);
        let found = assert_found(&options, Code::AcceptanceUnproven);
        assert_eq!(found.judgement.answer, unproven(false, Some(200)));
        assert_eq!(found.judgement.decision, Decision::NotDecided);
    }
}

#[test]
fn a_status_that_refused_clients_get_too_proves_no_acceptance() {
    for answer in [
        "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\noops",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
    ] {
        for versions in [TLS12, TLS13] {
            let mut options = with_client(over(insisting(versions, &[]), reply(answer)));
            let found = assert_found(&options, Code::AcceptanceUnproven);
            assert_eq!(found.judgement.decision, Decision::NotDecided, "{answer}");
            // Neither expectation is met by it.
            for expected in [Expected::Accepted, Expected::Refused(None)] {
                options.expected = Some(expected);
                let decision = probed(&options).judgement.decision;
                assert_eq!(decision, Decision::NotDecided, "{answer}");
            }
        }
    }
}

#[test]
fn a_default_host_that_answers_for_an_unknown_name_is_a_wrong_name() {
    // It has the right certificate for one name only, and everyone else gets that of its default host.
    let right = tls(&bench().server, TLS13).build();
    let mut context = tls(&bench().other_name, TLS13);
    context.set_servername_callback(move |ssl, _| {
        if ssl.servername(openssl::ssl::NameType::HOST_NAME) == Some("known.nhs.uk") {
            ssl.set_ssl_context(&right)
                .map_err(|_unknown| SniError::ALERT_FATAL)?;
        }
        Ok(())
    });
    assert_found(&options(over(context, reply(OK))), Code::NameMismatch);
}

#[test]
fn a_server_that_speaks_http_2_only_is_named_without_a_request_too() {
    let http2 = over(insisting(TLS12, &[]), http2);
    let found = assert_found(&with_client(http2), Code::NotHttp);
    assert_ne!(
        found.judgement.answer,
        ConnectionAnswer::Accepted(AcceptanceProof::Response)
    );
}

#[test]
fn a_host_that_listens_on_ipv6_only_is_reached_and_its_other_address_is_named() {
    // Where there is no IPv6, or localhost has no such address, there is nothing to show.
    let Ok(address) = serve_ipv6() else {
        return;
    };
    let mut options = options(address);
    options.connect = None;
    options.endpoints = vec![Endpoint {
        host: "localhost".to_owned(),
        port: address.port(),
    }];
    options.server_name = Some(Fqdn::parse(HOST).unwrap());
    let found = probed(&options);
    let tried = &found.observation.addresses;
    if tried.iter().any(|one| one.address.starts_with("[::1]")) {
        assert_eq!(
            found.judgement.answer,
            ConnectionAnswer::Connected,
            "{tried:?}"
        );
        let partly = found
            .judgement
            .findings
            .iter()
            .any(|finding| finding.problem.code() == Code::TcpPartly);
        assert_eq!(partly, tried.len() > 1, "{tried:?}");
    }
}

#[test]
fn a_server_that_names_one_generation_only_leaves_the_other_out() {
    let context = insisting(TLS13, &names(&bench().client_chain));
    assert_found(
        &with_client(over(context, reply(OK))),
        Code::GenerationNotNamed,
    );
}

#[test]
fn the_largest_request_for_certificates_there_can_be_is_read() {
    // Its list of names has a length of two octets (RFC 8446 section 4.2.4).
    let many: Vec<X509Name> = (0..890).map(other_name).collect();
    let length: usize = many
        .iter()
        .map(|name| name.to_der().unwrap().len() + 2)
        .sum();
    assert!((60_000..65_536).contains(&length), "{length}");
    for versions in [TLS12, TLS13] {
        let context = insisting(versions, &many);
        let found = assert_found(&with_client(over(context, reply(OK))), Code::OurCaNotNamed);
        let request = found.observation.best().unwrap().request.clone().unwrap();
        assert_eq!(request.authorities.len(), 890);
    }
}

#[test]
fn a_client_without_a_certificate_is_refused_100_of_100_times_with_the_alert_that_was_sent() {
    for (versions, code) in [(TLS12, 40), (TLS13, 116)] {
        let options = options(over(insisting(versions, &[]), reply(OK)));
        let refused = ConnectionAnswer::Refused(ConnectionRefusal::Alert(Alert { code }));
        for _ in 0..100 {
            assert_eq!(probed(&options).judgement.answer, refused);
        }
    }
}
