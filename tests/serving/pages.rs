//! nginx with what `export` wrote, in an http block with something that lets others in: a page for clients that are refused,
//! a default server with CAs of its own.

use super::running::{Kind, Running, call, start};
use super::{Estate, HOST, LAB, SSP};
use crate::program::{ask, is_installed};

/// One for every status that nginx gives before it looks at the client's certificate, or because of it.
const PAGE: &str = "error_page 400 405 414 421 494 495 496 497 501 505 /sorry.html;";

/// The rule that such a page leads to.
const RULE: &str = "    if ($ssl_client_verify != SUCCESS) {\n        return 403;\n    }\n";

/// What doctor's answer has about the kit in an http block with something before it.
fn doctor(estate: &Estate, kit: &std::path::Path, before: &str) -> (Option<i32>, String) {
    let config = kit.join("nginx.conf");
    let text = format!("events {{}}\nhttp {{\n  {before}\n  include ptl-cert.conf;\n}}\n");
    std::fs::write(&config, text).unwrap();
    let words = [&["doctor", config.to_str().unwrap()][..], &LAB].concat();
    let output = estate.run(&words);
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text)
}

/// An estate in which anyone calls themselves as the proxy is called, `self.pem`.
fn estate() -> Estate {
    let estate = Estate::new();
    let subject = format!("/CN={SSP}");
    estate.openssl(&[
        "req",
        "-x509",
        "-new",
        "-key",
        "client.key",
        "-subj",
        &subject,
        "-out",
        "self.pem",
    ]);
    estate
}

/// Puts directives into the http block before the kit's, and has nginx read them.
fn put_before(running: &Running, estate: &Estate, directives: &str) {
    // A signal before the first worker runs is lost.
    assert_eq!(call(estate, running, Some("good-g2"), &[]), "200");
    let main = running.run.join("nginx.conf");
    let text = std::fs::read_to_string(&main).unwrap();
    let text = text.replace("access_log off;", &format!("access_log off; {directives}"));
    std::fs::write(&main, text).unwrap();
    running.restart_workers();
}

#[test]
fn a_page_for_refused_clients_serves_none_of_them_in_nginx_and_without_our_rule_doctor_warns_of_it()
{
    if !is_installed("openssl", "version") || !is_installed("nginx", "-v") {
        return;
    }
    let estate = estate();
    let running = start(Kind::Nginx, &estate, &[]);
    put_before(&running, &estate, PAGE);

    let come = || {
        [&["-X", "GET"][..], &["-X", "TRACE"]]
            .map(|words| call(&estate, &running, Some("self"), words))
    };
    assert_eq!(come(), ["403", "403"]);
    assert_eq!(call(&estate, &running, Some("good-g2"), &[]), "200");
    let (status, text) = doctor(&estate, &running.kit, PAGE);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("NOTHING FOUND WRONG"), "{text}");

    let kit = running.kit.join("ptl-cert.conf");
    let right = std::fs::read_to_string(&kit).unwrap();
    assert!(right.contains(RULE));
    std::fs::write(&kit, right.replace(RULE, "")).unwrap();
    running.restart_workers();
    let come = come();
    assert!(come.iter().all(|status| status != "403"), "{come:?}");
    let (_, text) = doctor(&estate, &running.kit, PAGE);
    let rest = text.split_once("server-not-examined").unwrap().1;
    assert!(rest.contains("error_page 400 405"), "{text}");
}

#[test]
fn a_default_server_with_other_cas_lets_their_clients_into_nginx_and_doctor_says_so() {
    if !is_installed("openssl", "version") || !is_installed("nginx", "-v") {
        return;
    }
    let estate = estate();
    let running = start(Kind::Nginx, &estate, &[]);
    let kit = std::fs::read_to_string(running.kit.join("ptl-cert.conf")).unwrap();
    let line = |start: &str| {
        let mut lines = kit.lines().map(str::trim);
        lines.find(|line| line.starts_with(start)).unwrap()
    };
    let host = format!("Host: {HOST}");
    let own = [
        line("listen"),
        line("ssl_certificate "),
        line("ssl_certificate_key"),
    ]
    .concat();
    let trusts = |file: &str| {
        format!(
            "server {{ {own} server_name first; ssl_client_certificate {file}; ssl_verify_client on; }}"
        )
    };
    let other = trusts(estate.path("self.pem").to_str().unwrap());

    // curl sends no name with an address.
    let come = || call(&estate, &running, Some("self"), &["-H", &host]);
    assert_eq!(come(), "400");
    put_before(&running, &estate, &other);
    assert_eq!(come(), "200");
    let (_, text) = doctor(&estate, &running.kit, &other);
    let rest = text.split_once("server-other-ca").unwrap().1;
    let said: String = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("checked by the default server of the address, first, which also trusts"),
        "{text}"
    );
    assert!(text.contains("server-crl-unchecked"), "{text}");

    let rejects = format!(
        "server {{ {own} server_name first; ssl_reject_handshake on; ssl_protocols TLSv1.2 TLSv1.3; }}"
    );
    let (status, text) = doctor(&estate, &running.kit, &rejects);
    assert!(text.contains("NOTHING FOUND WRONG"), "{text}");
    assert_eq!(status, Some(0));
}

#[test]
fn a_default_server_that_rejects_handshakes_lets_old_versions_into_the_others_and_doctor_says_so() {
    if !is_installed("openssl", "version") || !is_installed("nginx", "-v") {
        return;
    }
    let estate = estate();
    let running = start(Kind::Nginx, &estate, &[]);
    let kit = std::fs::read_to_string(running.kit.join("ptl-cert.conf")).unwrap();
    let mut lines = kit.lines().map(str::trim);
    let listen = lines.find(|line| line.starts_with("listen")).unwrap();
    let rejects = |versions: &str| {
        format!(
            "server {{ {listen} server_name first; ssl_reject_handshake on; ssl_protocols {versions}; \
             ssl_ciphers ALL:@SECLEVEL=0; }}"
        )
    };
    let address = format!("127.0.0.1:{}", running.port);
    let comes_with_an_old_version = || {
        let words = [
            &["s_client", "-connect", &address, "-servername", HOST][..],
            &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-no_ign_eof"],
            &["-cert", "good-g2.pem", "-key", "client.key"],
        ];
        ask(&estate.path("."), "openssl", &words.concat()).0
    };
    assert!(!comes_with_an_old_version());
    put_before(&running, &estate, &rejects("TLSv1.1 TLSv1.2"));
    assert!(comes_with_an_old_version());
    let (status, text) = doctor(&estate, &running.kit, &rejects("TLSv1.1 TLSv1.2"));
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "TLSv1.1 is permitted by the default server of the address, first";
    assert!(said.contains(expected), "{text}");
    assert_eq!(status, Some(1));
    let (status, text) = doctor(&estate, &running.kit, &rejects("TLSv1.2 TLSv1.3"));
    assert!(text.contains("NOTHING FOUND WRONG"), "{text}");
    assert_eq!(status, Some(0));
}
