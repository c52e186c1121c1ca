//! `lab serve` and `lab call` as processes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::OnceLock;

use ptl_cert::document::PrivateKey;
use ptl_cert::lab::{Generation, LabEnvironment, Party};
use ptl_cert::store::lab as store;
use ptl_cert::wire::host::{Host, Limits, Question, Reply};
use ptl_cert::wire::tls::{Caller, Identity, serve};
use serde_json::Value;

use crate::journey;
use crate::program::ptl_cert;

/// A moment in the lab's validity.
const AT: &str = "2027-01-15T09:00:00Z";
const HOST: &str = "gpc-int-a12345.supplier.thirdparty.nhs.uk";

/// A lab with a supplier's key and answer, created once; nobody changes it.
fn laboratory() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // Left to the system's own tidying: a static is never dropped.
        let folder = tempfile::tempdir().unwrap().keep();
        journey::supplied(&folder, HOST, &[]);
        folder
    })
}

/// `lab serve` while it runs; ended when dropped.
struct Serving {
    child: Child,
    out: BufReader<ChildStdout>,
    report: Value,
}

impl Serving {
    fn start(more: &[&str]) -> Serving {
        let mut child = ptl_cert(laboratory())
            .args([
                "lab",
                "serve",
                "--port",
                "0",
                "--proxy-port",
                "0",
                "--at",
                AT,
                "--format",
                "ndjson",
            ])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let report = line(&mut out);
        Serving { child, out, report }
    }

    fn address(&self, host: &str) -> SocketAddr {
        self.report[host].as_str().unwrap().parse().unwrap()
    }

    /// What the lists' host sends back.
    fn got(&self, path: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address("crls")).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(out: &mut impl BufRead) -> Value {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

/// Judges a value by the schema that the program publishes.
fn is_as_described(output: &str, value: &Value) {
    let schema = ptl_cert(Path::new("/"))
        .args(["schema", output])
        .output()
        .unwrap();
    let schema = serde_json::from_slice(&schema.stdout).unwrap();
    jsonschema::validate(&schema, value).unwrap();
}

#[test]
fn the_hosts_tell_where_they_are_serve_and_tell_what_they_did() {
    let mut serving = Serving::start(&[]);
    is_as_described("lab-serve", &serving.report);
    assert!(
        serving.address("crls").ip().is_loopback() && serving.address("proxy").ip().is_loopback()
    );
    assert!(
        serving.report["warning"]
            .as_str()
            .unwrap()
            .contains("http://127.0.0.1:8480")
    );
    assert!(serving.got("/").starts_with(b"HTTP/1.1 200 OK\r\n"));
    let notice = line(&mut serving.out);
    is_as_described("lab-serve-notice", &notice);
    assert_eq!(
        (&notice["event"], &notice["target"]),
        (&"answered".into(), &"GET /".into())
    );
}

#[cfg(unix)]
#[test]
fn a_signal_stops_the_hosts_in_order_although_a_client_is_connected() {
    for signal in ["-TERM", "-INT"] {
        let mut serving = Serving::start(&["--fault", "silent"]);
        let mut waiting = TcpStream::connect(serving.address("crls")).unwrap();
        waiting.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        // The shell's own, because a program of that name is not everywhere.
        let kill = format!("kill {signal} {}", serving.child.id());
        let told = std::process::Command::new("sh")
            .args(["-c", &kill])
            .status();
        assert!(told.unwrap().success());
        let status = serving.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{signal}");
    }
}

#[test]
fn a_fault_is_said_and_done() {
    let serving = Serving::start(&["--fault", "not-found", "--fault", "expired"]);
    let faults = serving.report["faults"].as_array().unwrap();
    let names: Vec<&str> = faults
        .iter()
        .map(|fault| fault["fault"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["not-found", "crl-expired"]);
    assert!(serving.got("/").starts_with(b"HTTP/1.1 404 "));
}

#[test]
fn a_port_that_is_taken_is_named_and_nothing_runs() {
    let serving = Serving::start(&[]);
    let port = serving.address("crls").port().to_string();
    let output = ptl_cert(laboratory())
        .args([
            "lab",
            "serve",
            "--port",
            &port,
            "--proxy-port",
            "0",
            "--at",
            AT,
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.contains(&format!("127.0.0.1:{port}")),
        "{complaint}"
    );
}

/// The supplier's certificate and key.
fn identity() -> Identity {
    let pem = std::fs::read(laboratory().join(format!("{HOST}.pem"))).unwrap();
    let chain = openssl::x509::X509::stack_from_pem(&pem).unwrap();
    let chain: Vec<Vec<u8>> = chain.iter().map(|one| one.to_der().unwrap()).collect();
    let key = std::fs::read(laboratory().join(format!("{HOST}.key"))).unwrap();
    let key = PrivateKey::from_bytes(&key, None).unwrap();
    Identity::new(&chain, &key).unwrap()
}

/// A supplier's endpoint, which names these CAs and answers 200 to whoever shows a certificate.
/// A page that says what is refused.
fn refusal() -> Reply {
    Reply {
        status: 403,
        ..Reply::ok("text/plain", &b"client certificate refused"[..])
    }
}

fn endpoint(authorities: &[Vec<u8>]) -> Host {
    let identity = identity();
    let answer = |caller: &Caller, _: &Question| match caller.chain.is_empty() {
        true => refusal(),
        false => Reply::ok("application/fhir+json", &b"{}"[..]),
    };
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    serve(
        anywhere,
        &identity,
        authorities,
        Limits::default(),
        answer,
        |_| {},
    )
    .unwrap()
}

fn called(host: &Host, more: &[&str]) -> (Option<i32>, Value) {
    let output = ptl_cert(laboratory())
        .args([
            "lab",
            "call",
            &format!("https://{HOST}/metadata"),
            "--env",
            "lab-int",
            "--at",
            AT,
        ])
        .args(["--connect", &host.address().to_string(), "--format", "json"])
        .args(more)
        .output()
        .unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code(), report)
}

fn authorities() -> Vec<Vec<u8>> {
    let lab = store::open(&laboratory().join("lab")).unwrap();
    let names = ptl_cert::wire::lab::names(&lab, LabEnvironment::Int);
    names.iter().map(|name| name.der().to_vec()).collect()
}

#[test]
fn an_endpoint_that_is_as_it_has_to_be_is_good() {
    let host = endpoint(&authorities());
    for generation in Generation::ALL {
        let (status, report) = called(&host, &["--generation", generation.id()]);
        is_as_described("lab-call", &report);
        assert_eq!(status, Some(0), "{report}");
        assert_eq!(report["shown"], Party::Caller.host(LabEnvironment::Int));
        assert_eq!(report["remote"], host.address().to_string());
        let endpoint = &report["endpoint"];
        assert_eq!(endpoint["answer"]["accepted"], "response", "{endpoint}");
        assert_eq!(endpoint["body"], "{}");
        // The CRL of the caller's partition, which the endpoint needs.
        let crl = report["crl"].as_str().unwrap();
        assert!(crl.starts_with("the CRL of LAB INT"), "{crl}");
        assert!(report["hint"].is_null(), "{report}");
    }
    let (status, report) = called(&host, &["--no-certificate"]);
    assert_eq!(status, Some(0), "{report}");
    assert_eq!(report["endpoint"]["answer"]["refused"]["http"], 403);
    // It is a good endpoint, so that what is expected of a bad one is not met.
    let (status, _) = called(&host, &["--expect", "refused"]);
    assert_eq!(status, Some(1));
}

#[test]
fn an_endpoint_that_refuses_the_caller_is_asked_about_its_partition() {
    let identity = identity();
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let none = |_: &Caller, _: &Question| refusal();
    let host = serve(anywhere, &identity, &[], Limits::default(), none, |_| {}).unwrap();
    let (status, report) = called(&host, &[]);
    assert_eq!(status, Some(1), "{report}");
    assert!(
        report["hint"]
            .as_str()
            .unwrap()
            .contains("another partition")
    );
    let (status, report) = called(&host, &["--expect", "refused"]);
    assert_eq!(status, Some(0), "{report}");
}

#[test]
fn an_endpoint_that_forbids_the_page_to_every_client_is_not_decided() {
    let identity = identity();
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let forbidden = |_: &Caller, _: &Question| Reply::new(403);
    let host = serve(
        anywhere,
        &identity,
        &[],
        Limits::default(),
        forbidden,
        |_| {},
    )
    .unwrap();
    for more in [&[][..], &["--no-certificate"], &["--expect", "refused"]] {
        let (status, report) = called(&host, more);
        assert_eq!(status, Some(3), "{report}");
        assert_eq!(report["endpoint"]["code"], "acceptance-unproven");
    }
}

#[test]
fn an_endpoint_that_lets_strangers_in_is_not_good() {
    let identity = identity();
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let everybody = |_: &Caller, _: &Question| Reply::ok("text/plain", &b"hello"[..]);
    let host = serve(
        anywhere,
        &identity,
        &[],
        Limits::default(),
        everybody,
        |_| {},
    )
    .unwrap();
    let (status, report) = called(&host, &["--no-certificate"]);
    assert_eq!(status, Some(1), "{report}");
    assert_eq!(report["endpoint"]["code"], "unexpected-answer");
}

#[test]
fn an_endpoint_that_names_one_generation_only_is_said_to_do_so() {
    let all = authorities();
    let (_, report) = called(&endpoint(&all[..1]), &[]);
    let findings = report["endpoint"]["findings"].as_array().unwrap();
    let codes: Vec<&str> = findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"generation-not-named"), "{report}");
}

#[test]
fn an_endpoint_that_is_not_there_is_an_answer_about_the_network() {
    let host = endpoint(&[]);
    let address = host.address().to_string();
    host.stop();
    let output = ptl_cert(laboratory())
        .args([
            "lab",
            "call",
            &format!("https://{HOST}/"),
            "--env",
            "lab-int",
            "--connect",
            &address,
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("tcp-refused"), "{text}");
}

#[test]
fn an_inventory_lists_what_a_live_host_sends_beside_the_files() {
    let host = endpoint(&[]);
    let address = host.address().to_string();
    let (chain, key) = (format!("{HOST}.pem"), format!("{HOST}.key"));
    let asked = |words: &[&str], at: &str| {
        let output = ptl_cert(laboratory())
            .args(["inventory", &address])
            .args(words)
            .args(["--facts", "lab/facts.toml", "--at", at])
            .args(["--format", "json"])
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), report)
    };
    let (status, report) = asked(&[&chain, &key], AT);
    is_as_described("inventory", &report);
    assert_eq!(status, Some(0), "{report:#}");
    let entries = report["entries"].as_array().unwrap();
    let own: Vec<&Value> = entries
        .iter()
        .filter(|entry| entry["name"] == HOST)
        .collect();
    assert_eq!(own.len(), 1, "{report:#}");
    assert_eq!(own[0]["private_key"], true);
    let places = own[0]["places"].as_array().unwrap();
    let places: Vec<&str> = places
        .iter()
        .map(|one| one["place"].as_str().unwrap())
        .collect();
    assert_eq!(places, [format!("{chain}:1"), address.clone()]);
    let (status, report) = asked(&[], "2035-01-01T00:00:00Z");
    assert_eq!(status, Some(1), "{report:#}");
    assert_eq!(report["current"], 0, "{report:#}");
}
