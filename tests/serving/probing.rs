//! What `probe` says of real servers: of none that refuses a client that it accepts it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::running::{Kind, start};
use super::{Estate, HOST, LAB};
use crate::program::free_port;

/// The exit status, and what is said of the endpoint.
fn probed(
    estate: &Estate,
    port: u16,
    client: Option<&str>,
    words: &[&str],
) -> (Option<i32>, Value) {
    let address = format!("127.0.0.1:{port}");
    let mut all = vec!["probe", HOST, "--connect", &address, "--format", "json"];
    all.extend(LAB);
    // Java takes its time with the first connections.
    all.extend(["--revocation", "off", "--timeout", "60s"]);
    let certificate = client.map(|client| format!("{client}.pem"));
    if let Some(certificate) = &certificate {
        all.extend(["--cert", certificate, "--key", "client.key"]);
    }
    all.extend(words);
    let output = estate.run(&all);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code(), report["endpoints"][0].clone())
}

#[test]
fn of_every_server_probe_says_what_it_does_with_each_client() {
    let estate = Estate::new();
    let mut wrong = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let running = start(kind, &estate, &[]);
        for version in ["1.2", "1.3"] {
            for (client, accepted) in [
                (Some("good-g2"), true),
                (Some("expired"), false),
                (Some("revoked-g2"), false),
                (Some("other-environment"), false),
                (Some("other-name"), false),
                (None, false),
            ] {
                let (status, said) = probed(&estate, running.port, client, &["--tls", version]);
                let answer = &said["answer"];
                let right = match accepted {
                    true => answer["accepted"] == "response" && status == Some(0),
                    // A page that is forbidden to this name is not known to be served to another.
                    false if answer["not_proven"]["status"] == 403 => {
                        client == Some("other-name") && status == Some(3)
                    }
                    // Without a certificate a refusal is as it has to be.
                    false => {
                        !answer["refused"].is_null() && status == Some(i32::from(client.is_some()))
                    }
                };
                if !right {
                    let what = format!("{kind:?}, TLS {version}, {client:?}: {status:?}");
                    wrong.push(format!("{what}: {answer}, {}", said["reasons"]));
                }
            }
        }
        let (status, said) = probed(&estate, running.port, None, &["--expect", "refused"]);
        if status != Some(0) {
            wrong.push(format!("{kind:?}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_client_refused_by_a_server_with_an_expired_crl_is_advised_to_look_there() {
    let estate = Estate::new();
    let moment = |days: i64| {
        ptl_cert::document::Moment::from_unix(estate.now.unix() - days * super::DAY).unwrap()
    };
    estate.import("stale", moment(8), Some(moment(7)));
    let at = moment(7).to_string();
    let mut wrong = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let running = start(kind, &estate, &["--cache", "stale", "--at", &at]);
        for version in ["1.2", "1.3"] {
            let (status, said) =
                probed(&estate, running.port, Some("good-g2"), &["--tls", version]);
            let reason = &said["reasons"][0];
            let text = format!("{} {}", reason["message"], reason["remedy"]);
            eprintln!("{kind:?} {version}: {text}");
            if said["answer"]["refused"].is_null() || status != Some(1) || !text.contains("CRL") {
                wrong.push(format!(
                    "{kind:?}, TLS {version}: {status:?} {}: {text}",
                    said["answer"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A program that is ended when it is dropped.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // Servers that are told to end take their workers along; one that is killed leaves them behind.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

impl Started {
    fn new(command: &mut Command, port: u16) -> Started {
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        let started = Started(quiet.spawn().unwrap());
        let since = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                since.elapsed() < Duration::from_secs(60),
                "it does not listen"
            );
            std::thread::yield_now();
        }
        started
    }
}

/// Makes a CA that none of the estate's clients is from.
fn foreign_ca(estate: &Estate) {
    let words = "req -x509 -newkey rsa:2048 -nodes -keyout foreign.key -out foreign.pem -days 2 -subj /CN=Foreign";
    let words: Vec<&str> = words.split(' ').collect();
    estate.openssl(&words);
}

#[test]
fn no_way_of_refusing_a_client_in_http_is_taken_for_acceptance_by_nginx() {
    if !Kind::Nginx.is_installed() {
        return;
    }
    let estate = Estate::new();
    foreign_ca(&estate);
    let folder = estate.path("");
    let folder = folder.display();
    let page = "location / { return 200 \"secret\"; }";
    // What nginx does with clients whose certificate it refuses, or that have none.
    let ways = [
        "ssl_verify_client on;",
        "ssl_verify_client on; error_page 495 496 =302 /login;",
        "ssl_verify_client on; error_page 495 496 =200 /sorry;",
        "ssl_verify_client on; error_page 495 496 =404 /nothing;",
        "ssl_verify_client on; error_page 495 496 =400 @plain; location @plain { return 400 \"no\"; }",
        "ssl_verify_client on; error_page 495 496 =401 @plain; location @plain { return 401 \"no\"; }",
        "ssl_verify_client on; error_page 495 496 =503 @plain; location @plain { return 503 \"no\"; }",
        "ssl_verify_client optional_no_ca;",
    ];
    let ports: Vec<u16> = ways.iter().map(|_| free_port()).collect();
    let servers: String = ways
        .iter()
        .zip(&ports)
        .map(|(way, port)| {
            format!(
                "server {{ listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {folder}/server.pem;
                 ssl_certificate_key {folder}/server.key; ssl_client_certificate {folder}/foreign.pem; {way} {page} }}\n"
            )
        })
        .collect();
    let config = estate.path("traps.conf");
    let text = format!(
        "daemon off; pid {folder}/traps.pid; error_log {folder}/traps.log; worker_processes 1; events {{ }}
http {{ access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;\n{servers} }}"
    );
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new("nginx");
    command
        .arg("-c")
        .arg(&config)
        .arg("-p")
        .arg(estate.path(""));
    let _running = Started::new(&mut command, ports[0]);
    let mut wrong = Vec::new();
    for (way, port) in ways.iter().zip(&ports) {
        for version in ["1.2", "1.3"] {
            let (status, said) = probed(&estate, *port, Some("good-g2"), &["--tls", version]);
            if status == Some(0) || !said["answer"]["accepted"].is_null() {
                wrong.push(format!(
                    "{way} TLS {version}: {status:?} {}",
                    said["answer"]
                ));
            }
            let expected = ["--tls", version, "--expect", "accepted"];
            let (status, said) = probed(&estate, *port, Some("good-g2"), &expected);
            if status == Some(0) {
                wrong.push(format!(
                    "{way} TLS {version}: accepted as expected: {}",
                    said["answer"]
                ));
            }
        }
    }
    // The signal that nginx's own processes end by.
    if let Ok(pid) = std::fs::read_to_string(estate.path("traps.pid")) {
        let _ = Command::new("kill").arg(pid.trim()).status();
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_way_of_refusing_a_client_in_http_is_taken_for_acceptance_by_haproxy() {
    if !Kind::Haproxy.is_installed() {
        return;
    }
    let estate = Estate::new();
    foreign_ca(&estate);
    let both = [estate.path("server.pem"), estate.path("server.key")]
        .map(|path| std::fs::read_to_string(path).unwrap());
    std::fs::write(estate.path("both.pem"), both.concat()).unwrap();
    let mut wrong = Vec::new();
    for status in [400, 401, 403, 404, 429, 500, 503] {
        let port = free_port();
        let config = format!(
            "global\n  maxconn 50\ndefaults\n  mode http\n  timeout client 9s\n  timeout connect 9s\n  timeout server 9s\nfrontend f\n  bind 127.0.0.1:{port} ssl crt both.pem ca-file foreign.pem verify required ca-ignore-err all crt-ignore-err all\n  http-request deny deny_status {status} if {{ ssl_c_verify gt 0 }}\n  http-request return status 200\n"
        );
        std::fs::write(estate.path("trap.cfg"), config).unwrap();
        let mut command = Command::new("haproxy");
        command
            .args(["-db", "-f", "trap.cfg"])
            .current_dir(estate.path(""));
        let _running = Started::new(&mut command, port);
        for version in ["1.2", "1.3"] {
            let words = ["--tls", version, "--expect", "accepted"];
            let (exit, said) = probed(&estate, port, Some("good-g2"), &words);
            if exit == Some(0) || !said["answer"]["accepted"].is_null() {
                wrong.push(format!(
                    "{status}, TLS {version}: {exit:?} {}",
                    said["answer"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn openssl_s_server_is_seen_through_where_its_own_client_says_ok() {
    if !crate::program::is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    foreign_ca(&estate);
    for (version, alert) in [("-tls1_2", 48), ("-tls1_3", 48)] {
        let port = free_port();
        let mut command = Command::new("openssl");
        command
            .args([
                "s_server",
                "-quiet",
                "-www",
                version,
                "-accept",
                &format!("127.0.0.1:{port}"),
            ])
            .args([
                "-cert",
                "server.pem",
                "-key",
                "server.key",
                "-cert_chain",
                "server.pem",
            ])
            .args([
                "-CAfile",
                "foreign.pem",
                "-Verify",
                "3",
                "-verify_return_error",
            ])
            .current_dir(estate.path(""))
            .stdin(Stdio::null());
        let _running = Started::new(&mut command, port);
        for _ in 0..20 {
            let words = ["--expect", "refused:unknown_ca"];
            let (status, said) = probed(&estate, port, Some("good-g2"), &words);
            assert_eq!(said["answer"]["refused"]["alert"]["code"], alert, "{said}");
            // The server sends its chain twice; only the answer matters here.
            assert_ne!(status, Some(3), "{said}");
            let other = ["--expect", "refused:certificate_expired"];
            let (status, _) = probed(&estate, port, Some("good-g2"), &other);
            assert_eq!(status, Some(1));
        }
    }
}

#[test]
fn a_server_that_renegotiates_is_named() {
    use std::io::{BufRead, BufReader, Write};
    if !crate::program::is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let port = free_port();
    let mut command = Command::new("openssl");
    command
        .args([
            "s_server",
            "-tls1_2",
            "-accept",
            &format!("127.0.0.1:{port}"),
        ])
        .args(["-cert", "server.pem", "-key", "server.key"])
        .current_dir(estate.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = Started(command.spawn().unwrap());
    let mut typed = running.0.stdin.take().unwrap();
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    // It says so once it listens.
    assert!(lines.any(|line| line.unwrap().starts_with("ACCEPT")));
    // Once a client is connected, "R" asks for a new handshake with a client certificate.
    let typing = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if line.starts_with("CIPHER is") && typed.write_all(b"R\n").is_err() {
                return;
            }
        }
    });
    let (_, said) = probed(&estate, port, None, &[]);
    let all = [&said["reasons"], &said["findings"]];
    let codes: Vec<&str> = all
        .iter()
        .flat_map(|some| some.as_array().unwrap())
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"renegotiates"), "{said:#}");
    drop(running);
    typing.join().unwrap();
}

/// Apache, which asks for a client certificate for a location only: in TLS 1.2 by a renegotiation, in TLS 1.3 by a request that
/// clients have to offer to take.
fn asking_late(estate: &Estate, port: u16) -> Started {
    let kit = estate.export("apache", "late", &[]);
    let folder = estate.path("");
    let folder = folder.display();
    let modules = super::running::apache_modules();
    let text = format!(
        "ServerRoot {folder}\nServerName localhost\nPidFile {folder}/late.pid\nErrorLog {folder}/late.log\nListen 127.0.0.1:{port}\n\
         {modules}LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so\nSSLSessionCache none\n\
         <VirtualHost *:{port}>\nSSLEngine on\nSSLCertificateFile {folder}/server.pem\nSSLCertificateKeyFile {folder}/server.key\n\
         SSLCACertificateFile {kit}/ca.pem\n\
         <Location />\nSSLVerifyClient require\nSSLVerifyDepth 3\nRedirect 204 /\n</Location>\n</VirtualHost>\n",
        kit = kit.display(),
    );
    let config = estate.path("late.conf");
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new("apache2");
    command.arg("-f").arg(&config).arg("-DFOREGROUND");
    Started::new(&mut command, port)
}

#[test]
fn what_apache_does_with_a_certificate_that_it_asks_for_late_is_seen() {
    if !Kind::Apache.is_installed() {
        return;
    }
    let estate = Estate::new();
    foreign_client(&estate);
    let port = free_port();
    let _running = asking_late(&estate, port);
    let words = ["--tls", "1.2"];
    let (status, said) = probed(&estate, port, Some("good-g2"), &words);
    assert_eq!(said["answer"]["accepted"], "response", "{said:#}");
    assert_eq!(status, Some(0), "{said:#}");
    let shook = &said["observed"]["handshake"];
    assert_eq!(shook["requested_late"], true, "{shook:#}");
    assert_eq!(shook["certificate_sent"], true, "{shook:#}");
    let (status, said) = probed(&estate, port, Some("foreign-client"), &words);
    assert_eq!(said["answer"]["refused"]["alert"]["code"], 48, "{said:#}");
    assert_eq!(
        (status, &said["code"]),
        (Some(1), &"certificate-refused".into())
    );
    let (status, said) = probed(
        &estate,
        port,
        None,
        &["--tls", "1.2", "--expect", "refused"],
    );
    assert_eq!(said["answer"]["refused"]["alert"]["code"], 40, "{said:#}");
    assert_eq!(status, Some(0), "{said:#}");
    let shook = &said["observed"]["handshake"];
    assert_eq!(shook["requested_late"], true, "{shook:#}");
    assert_eq!(shook["certificate_sent"], false, "{shook:#}");
    // In TLS 1.3 it cannot ask, and forbids the page.
    let (status, said) = probed(&estate, port, Some("good-g2"), &["--tls", "1.3"]);
    assert_eq!(said["answer"]["not_proven"]["status"], 403, "{said:#}");
    assert_eq!(status, Some(3), "{said:#}");
}

/// Makes a client's certificate of a CA that no server knows, for the estate's key.
fn foreign_client(estate: &Estate) {
    let words = "req -x509 -key client.key -out foreign-client.pem -days 2 -subj /CN=Foreign";
    let words: Vec<&str> = words.split(' ').collect();
    estate.openssl(&words);
}

/// The resident memory of a process in KiB.
fn resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status"));
    let line = status.ok()?;
    let line = line.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn two_hundred_bad_clients_at_once_do_not_make_a_listener_grow() {
    use std::io::{BufRead, BufReader, Read, Write};
    let estate = Estate::new();
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ptl-cert"));
    command
        .args(["listen", &address])
        .args(LAB)
        .args([
            "--cert",
            "server.pem",
            "--key",
            "server.key",
            "--cache",
            "cache",
        ])
        .args(["--format", "ndjson"])
        .current_dir(estate.path(""))
        .env_clear()
        .env("HOME", estate.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let listening = Started(child);
    // What it tells has to be read, or it would wait.
    let reading = std::thread::spawn(move || {
        let mut sink = Vec::new();
        let _ = lines.read_to_end(&mut sink);
    });
    let wave = || {
        let clients: Vec<_> = (0..200)
            .map(|number| {
                let address = address.clone();
                std::thread::spawn(move || {
                    let Ok(mut stream) = std::net::TcpStream::connect(address) else {
                        return;
                    };
                    let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
                    let bytes: Vec<u8> = match number % 4 {
                        0 => Vec::new(),
                        1 => b"GET / HTTP/1.1\r\n\r\n".to_vec(),
                        2 => [vec![0x16, 3, 1, 0xff, 0xff], vec![7; 60_000]].concat(),
                        _ => vec![0x16, 3, 1, 1, 0, 1, 0, 0, 0xfc, 3, 3],
                    };
                    let _ = stream.write_all(&bytes);
                    let _ = stream.read(&mut [0; 64]);
                })
            })
            .collect();
        for client in clients {
            client.join().unwrap();
        }
    };
    wave();
    let before = resident(listening.0.id());
    for _ in 0..4 {
        wave();
    }
    let after = resident(listening.0.id());
    // Somebody good is still served.
    let (_, said) = probed(&estate, port, Some("good-g2"), &[]);
    assert_eq!(said["answer"]["accepted"], "response", "{said}");
    drop(listening);
    reading.join().unwrap();
    if let (Some(before), Some(after)) = (before, after) {
        assert!(
            after < before + 16 * 1024,
            "{before} KiB became {after} KiB"
        );
    }
}
