//! The lab's hosts, asked over the loopback network.

use std::net::Ipv4Addr;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::document::Certificate;
use crate::lab::tests::{HOST, created, lab, pair};
use crate::lab::{Defect, Generation, LabEnvironment, Party};
use crate::revocation::RevocationReason;
use crate::wire::fetch::{
    FetchAnswer, FetchError, FetchRequest, Html, Limits as FetchLimits, fetch,
};
use crate::wire::tls::{self, Call, CallLimits, Caller, Identity, Outcome, Seen, call};

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn later(seconds: i64) -> Moment {
    Moment::from_unix(created().unix() + seconds).unwrap()
}

/// A lab that stays as it is, a minute after its creation.
fn look(lab: Lab) -> Arc<Look> {
    let lab = Arc::new(lab);
    Arc::new(move || Ok((Arc::clone(&lab), later(60))))
}

fn silent() -> Arc<Notices> {
    Arc::new(|_| {})
}

fn got(host: &Host, path: &str, etag: Option<&str>) -> Result<(FetchAnswer, Vec<u8>), FetchError> {
    let url = format!("http://{}{path}", host.address());
    let request = FetchRequest {
        etag,
        limits: FetchLimits {
            total: Duration::from_secs(5),
            bytes: 1_000_000,
            ..FetchLimits::default()
        },
        ..FetchRequest::new(&url)
    };
    let mut body = Vec::new();
    fetch(&request, &mut body).map(|answer| (answer, body))
}

#[test]
fn a_crl_is_fetched_once_and_then_known() {
    let lab = lab();
    let place = lab.published_crls()[0].clone();
    let expected = lab.crl(&place, created(), &[]).unwrap();
    let host = crls(loopback(), Limits::default(), look(lab), &[], silent()).unwrap();
    let (answer, body) = got(&host, &place.path(), None).unwrap();
    let FetchAnswer::Received(received) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(body, expected);
    assert_eq!(
        received.content_type.as_deref(),
        Some("application/pkix-crl")
    );
    let again = got(&host, &place.path(), received.etag.as_deref()).unwrap();
    assert_eq!(again, (FetchAnswer::NotModified, Vec::new()));
    assert!(matches!(
        got(&host, "/nothing", None),
        Err(FetchError::Status { status: 404, .. })
    ));
}

#[test]
fn every_fault_of_a_host_is_the_error_that_it_is_meant_to_be() {
    let lab = lab();
    let path = lab.published_crls()[0].path();
    let look = look(lab);
    for &fault in Fault::OWN {
        let host = crls(
            loopback(),
            Limits::default(),
            Arc::clone(&look),
            &[fault],
            silent(),
        )
        .unwrap();
        let url = format!("http://{}{path}", host.address());
        let total = match fault {
            Fault::Drip | Fault::Silent => Duration::from_millis(300),
            _ => Duration::from_secs(20),
        };
        let limits = FetchLimits {
            total,
            bytes: 1_000_000,
            ..FetchLimits::default()
        };
        let request = FetchRequest {
            limits,
            encoding: match fault {
                Fault::GzipBomb => crate::wire::fetch::ContentEncoding::Gzip,
                _ => crate::wire::fetch::ContentEncoding::Identity,
            },
            ..FetchRequest::new(&url)
        };
        let result = fetch(&request, &mut Vec::new());
        let meant = match (fault, &result) {
            (Fault::NotFound, Err(FetchError::Status { status, .. })) => *status == 404,
            (Fault::ServerError, Err(FetchError::Status { status, .. })) => *status == 500,
            (Fault::Html, Ok(FetchAnswer::Received(received))) => received.html == Html::Seen,
            (Fault::Empty, Ok(FetchAnswer::Received(received))) => received.bytes == 0,
            (Fault::Truncated | Fault::WrongLength, Err(FetchError::Truncated { .. }))
            | (Fault::ShortLength, Err(FetchError::Surplus { .. }))
            | (Fault::Drip | Fault::Silent, Err(FetchError::TimedOut { .. }))
            | (
                Fault::Oversize | Fault::HugeLength | Fault::GzipBomb,
                Err(FetchError::TooLarge { .. }),
            )
            | (Fault::RedirectLoop, Err(FetchError::Redirects { .. }))
            | (Fault::RedirectFile, Err(FetchError::RedirectScheme { .. }))
            | (Fault::Gzip, Err(FetchError::Encoding { .. }))
            | (Fault::NotHttp, Err(FetchError::NotHttp { .. } | FetchError::Broken { .. })) => true,
            _ => false,
        };
        assert!(meant, "{fault}: {result:?}");
    }
}

#[test]
fn a_defect_of_crls_is_in_the_crl_and_nowhere_else() {
    let lab = lab();
    let place = lab.published_crls()[0].clone();
    let expected = lab.crl(&place, created(), &[Defect::CrlStale]).unwrap();
    let faults = [Fault::SearchableCrl(Defect::CrlStale)];
    let host = crls(loopback(), Limits::default(), look(lab), &faults, silent()).unwrap();
    assert_eq!(got(&host, &place.path(), None).unwrap().1, expected);
}

/// A supplier's identity for TLS.
fn supplier(lab: &mut Lab, generation: Generation, defects: &[Defect]) -> (Identity, Certificate) {
    let (key, request) = pair();
    let reply = lab
        .sign(request, LabEnvironment::Int, generation, defects, created())
        .unwrap();
    let mut chain: Vec<Vec<u8>> = reply.members().map(<[u8]>::to_vec).collect();
    chain.pop();
    let certificate = reply.certificate().clone();
    (Identity::new(&chain, key).unwrap(), certificate)
}

fn plan(provider: Option<SocketAddr>) -> ProxyPlan {
    ProxyPlan {
        environment: LabEnvironment::Int,
        generation: Generation::G2,
        provider,
        faults: Vec::new(),
        limits: Limits::default(),
    }
}

const HEADERS: [(&str, &str); 4] = [
    ("Ssp-TraceID", "09a01679-2564-0fb4-5129-aecc81ea2706"),
    ("Ssp-From", "200000000359"),
    ("Ssp-To", "200000000360"),
    (
        "Ssp-InteractionID",
        "urn:nhs:names:services:gpconnect:fhir:rest:read:metadata-1",
    ),
];

fn through(
    proxy: &Host,
    path: &str,
    identity: Option<&Identity>,
    headers: &[(&str, &str)],
) -> Seen {
    let url = format!("https://localhost:{}{path}", proxy.address().port());
    call(&Call {
        url: &url,
        at: Some(proxy.address()),
        headers,
        identity,
        limits: CallLimits::default(),
    })
    .unwrap()
}

/// Status, `Lab-Code` and body.
fn answered(seen: Seen) -> (u16, Option<String>, String) {
    let Outcome::Answered(response) = seen.outcome else {
        panic!("{seen:?}");
    };
    let code = response.headers.iter().find(|(name, _)| name == "lab-code");
    let code = code.map(|(_, value)| value.clone());
    (
        response.status,
        code,
        String::from_utf8_lossy(&response.body).into_owned(),
    )
}

/// A provider that repeats what it was asked.
fn provider(identity: &Identity) -> Host {
    let answer = |caller: &Caller, question: &Question| {
        let common = Certificate::read(&caller.chain[0]).unwrap().subject.short();
        let trace = question.header("ssp-traceid").unwrap_or("none");
        Reply::ok(
            "application/fhir+json",
            format!("{common} {} {trace}", question.target).into_bytes(),
        )
    };
    tls::serve(loopback(), identity, &[], Limits::default(), answer, |_| {}).unwrap()
}

#[test]
fn clients_of_every_generation_reach_their_provider_through_the_proxy() {
    let mut lab = lab();
    let identities = Generation::ALL.map(|generation| supplier(&mut lab, generation, &[]).0);
    let authorities: Vec<Vec<u8>> = names(&lab, LabEnvironment::Int)
        .iter()
        .map(|name| name.der().to_vec())
        .collect();
    assert!(authorities.len() >= 5, "three generations");
    let provider = provider(&identities[1]);
    let plan = plan(Some(provider.address()));
    let proxy = proxy(loopback(), &plan, look(lab), silent()).unwrap();
    for identity in &identities {
        let seen = through(
            &proxy,
            &format!("/https://{HOST}/a/b?c"),
            Some(identity),
            &HEADERS,
        );
        assert_eq!(seen.request.as_ref().unwrap().authorities, authorities);
        let (status, _, body) = answered(seen);
        assert_eq!(
            (status, body),
            (200, format!("proxy.int.lab.nhs.uk /a/b?c {}", HEADERS[0].1))
        );
    }
}

#[test]
fn a_client_that_is_refused_is_sent_the_code_and_the_observer_sees_it() {
    let mut lab = lab();
    let (revoked, certificate) = supplier(&mut lab, Generation::G1, &[]);
    lab.revoke(&certificate, RevocationReason::KeyCompromise, later(30))
        .unwrap();
    let (expired, _) = supplier(&mut lab, Generation::G2, &[Defect::Expired]);
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = Arc::clone(&told);
    let notices: Arc<Notices> = Arc::new(move |notice| {
        if let Notice::Refused { refusal, .. } = notice {
            notes.lock().unwrap().push(refusal.code);
        }
    });
    let proxy = proxy(loopback(), &plan(None), look(lab), notices).unwrap();
    for (identity, expected) in [
        (Some(&revoked), "revoked"),
        (Some(&expired), "expired"),
        (None, "no-certificate"),
    ] {
        let (status, code, body) =
            answered(through(&proxy, "/https://localhost/", identity, &HEADERS));
        assert_eq!((status, code.as_deref()), (403, Some(expected)));
        assert!(body.starts_with(&format!("{expected}: ")), "{body}");
    }
    assert_eq!(
        *told.lock().unwrap(),
        ["revoked", "expired", "no-certificate"]
    );
}

#[test]
fn a_request_that_the_proxy_would_not_pass_on_is_said_to_lack_what_it_lacks() {
    let mut lab = lab();
    let (identity, _) = supplier(&mut lab, Generation::G2, &[]);
    let proxy = proxy(loopback(), &plan(None), look(lab), silent()).unwrap();
    let (status, _, body) = answered(through(&proxy, "/path", Some(&identity), &HEADERS));
    assert!(
        status == 400 && body.contains("GET /https://provider/path"),
        "{body}"
    );
    let (status, _, body) = answered(through(
        &proxy,
        "/https://localhost/",
        Some(&identity),
        &HEADERS[..2],
    ));
    assert!(
        status == 400 && body.contains("lacks Ssp-To, Ssp-InteractionID"),
        "{body}"
    );
    let elsewhere = answered(through(
        &proxy,
        "/https://provider.example/",
        Some(&identity),
        &HEADERS,
    ));
    assert!(
        elsewhere.0 == 502 && elsewhere.2.contains("no address for provider.example"),
        "{}",
        elsewhere.2
    );
}

#[test]
fn a_provider_whose_certificate_is_bad_is_not_passed_on() {
    let mut lab = lab();
    let (good, _) = supplier(&mut lab, Generation::G2, &[]);
    let (bad, _) = supplier(&mut lab, Generation::G2, &[Defect::NoServerAuth]);
    let provider = provider(&bad);
    let plan = plan(Some(provider.address()));
    let proxy = proxy(loopback(), &plan, look(lab), silent()).unwrap();
    let (status, code, _) = answered(through(
        &proxy,
        &format!("/https://{HOST}/"),
        Some(&good),
        &HEADERS,
    ));
    assert_eq!((status, code.as_deref()), (502, Some("purpose-refused")));
    let (status, code, _) = answered(through(
        &proxy,
        "/https://other.thirdparty.nhs.uk/",
        Some(&good),
        &HEADERS,
    ));
    assert_eq!(status, 502);
    assert!(code.is_some());
}

#[test]
fn what_is_revoked_while_the_proxy_runs_is_refused_from_then_on() {
    let mut lab = lab();
    let (identity, certificate) = supplier(&mut lab, Generation::G2, &[]);
    let now = Arc::new(Mutex::new(Arc::new(lab)));
    let current = Arc::clone(&now);
    let look: Arc<Look> = Arc::new(move || Ok((Arc::clone(&current.lock().unwrap()), later(60))));
    let proxy = proxy(loopback(), &plan(None), look, silent()).unwrap();
    let status = || answered(through(&proxy, "/path", Some(&identity), &HEADERS)).0;
    assert_eq!(status(), 400);
    let mut after = Lab::open(
        crate::lab::tests::keys(),
        now.lock().unwrap().state().clone(),
    )
    .unwrap();
    after
        .revoke(&certificate, RevocationReason::Superseded, later(50))
        .unwrap();
    *now.lock().unwrap() = Arc::new(after);
    assert_eq!(status(), 403);
}

#[test]
fn the_proxy_is_itself_good_in_its_environment() {
    let lab = lab();
    let own = lab
        .identity(Party::Proxy, LabEnvironment::Int, Generation::G2)
        .unwrap();
    let proxy = proxy(loopback(), &plan(None), look(lab), silent()).unwrap();
    let seen = through(&proxy, "/", None, &[]);
    assert_eq!(seen.chain, [own.certificate, own.chain[0].clone()]);
    assert_eq!(seen.protocol.as_deref(), Some("TLSv1.2"));
}
