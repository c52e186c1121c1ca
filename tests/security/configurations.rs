//! Configurations of servers from a stranger: what reading them costs, and whose each finding is.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bounded::{certificate, cost_grows_no_faster, many, named, pem, wrap};
use crate::program::ptl_cert;

fn doctor(folder: &Path, file: &str) -> (Option<i32>, Value) {
    doctor_with(folder, &[file])
}

fn doctor_with(folder: &Path, words: &[&str]) -> (Option<i32>, Value) {
    let mut command = ptl_cert(folder);
    let command = command.arg("doctor").args(words);
    let output = command.args(["--format", "json"]).output().unwrap();
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code(), report)
}

fn codes(site: &Value) -> Vec<&str> {
    let findings = site["findings"].as_array().unwrap().iter();
    findings.map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn findings_of_two_servers_on_one_line_are_each_ones_own() {
    let top = tempfile::tempdir().unwrap();
    let server = |name: &str, more: &str| {
        format!("server {{ server_name {name}; ssl_ciphers AES256+EECDH; {more} }}")
    };
    let good = server(
        "good",
        "listen 443 ssl; ssl_verify_client on; ssl_protocols TLSv1.2 TLSv1.3;",
    );
    // At an address of its own: the default server decides which versions are spoken.
    let bad = server(
        "bad",
        "listen 444 ssl; ssl_verify_client off; ssl_protocols TLSv1;",
    );
    let text = format!("events {{}}\nhttp {{ {good} {bad} }}\n");
    fs::write(top.path().join("nginx.conf"), text).unwrap();
    let (_, report) = doctor(top.path(), "nginx.conf");
    let sites = report["sites"].as_array().unwrap();
    assert_eq!(
        codes(&sites[0]),
        [
            "server-any-client",
            "server-suite",
            "server-crl-absent",
            "server-generation-missing"
        ],
        "{report}"
    );
    assert_eq!(
        codes(&sites[1]),
        [
            "server-clients-optional",
            "server-version",
            "server-version"
        ],
        "{report}"
    );
}

#[test]
fn of_very_many_cas_that_a_server_trusts_some_are_named_and_the_others_counted() {
    let top = tempfile::tempdir().unwrap();
    let is_ca = wrap(0x30, b"\x06\x03\x55\x1d\x13\x04\x05\x30\x03\x01\x01\xff");
    let ca = |number: usize| {
        let subject = named(&format!("Own CA {number}"));
        pem("CERTIFICATE", &certificate(&subject, &is_ca))
    };
    fs::write(top.path().join("cas.pem"), many(20, ca)).unwrap();
    let server = "listen 443 ssl; ssl_verify_client on; ssl_client_certificate cas.pem;";
    let text = format!("events {{}}\nhttp {{ server {{ {server} }} }}\n");
    fs::write(top.path().join("nginx.conf"), text).unwrap();
    let (_, report) = doctor_with(top.path(), &["nginx.conf", "--env", "int"]);
    let findings = report["sites"][0]["findings"].as_array().unwrap().iter();
    let others: Vec<&Value> = findings
        .filter(|one| one["code"] == "server-other-ca")
        .collect();
    assert_eq!(others.len(), 16, "{report}");
    let last = others[15]["message"].as_str().unwrap();
    assert!(last.contains("Own CA 15 and 4 more"), "{last}");
}

#[test]
fn what_a_chain_of_very_many_cas_costs_does_not_multiply_with_the_servers_that_send_it() {
    let top = tempfile::tempdir().unwrap();
    let is_ca = wrap(0x30, b"\x06\x03\x55\x1d\x13\x04\x05\x30\x03\x01\x01\xff");
    // Every CA has the name that the first certificate's issuer has, and has expired.
    let chain = |n: usize| {
        let ca = |_: usize| pem("CERTIFICATE", &certificate(&named("CA"), &is_ca));
        let own = pem("CERTIFICATE", &certificate(&named("own"), &[]));
        [own, many(n, ca)].concat()
    };
    for (size, n) in [("small", 100), ("large", 800)] {
        let folder = top.path().join(size);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("chain.pem"), chain(n)).unwrap();
        let mut text = "events {}\nhttp {\n".to_owned();
        for number in 0..n {
            writeln!(
                text,
                "server {{ listen 443 ssl; server_name a{number}; ssl_certificate chain.pem; ssl_client_certificate chain.pem; ssl_verify_client on; }}"
            )
            .unwrap();
        }
        fs::write(folder.join("nginx.conf"), text + "}\n").unwrap();
    }
    let later = ["--at", "2029-01-01T00:00:00Z"];
    let words = |file| [&["doctor", file][..], &later].concat();
    let (_, report) = doctor_with(top.path(), &words("small/nginx.conf")[1..]);
    let findings = report["sites"][0]["findings"].as_array().unwrap().iter();
    let expired: Vec<&Value> = findings
        .filter(|one| one["code"] == "server-certificate-expired")
        .collect();
    assert_eq!(expired.len(), 16, "{report}");
    let found = cost_grows_no_faster(
        top.path(),
        "chain",
        &words("small/nginx.conf"),
        &words("large/nginx.conf"),
    );
    assert_eq!(found, None);
}

#[test]
fn a_configuration_that_includes_itself_is_read_once() {
    let top = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(top.path().join(name), text).unwrap();
    put(
        "a.conf",
        "LoadModule ssl_module x\nSSLEngine on\nInclude b.conf\n",
    );
    put("b.conf", &"Include b.conf\n".repeat(10));
    put(
        "nginx.conf",
        &format!(
            "events {{}}\nserver {{ listen 443 ssl; }}\n{}",
            "include nginx.conf;\n".repeat(10)
        ),
    );
    for file in ["a.conf", "nginx.conf"] {
        let (_, report) = doctor(top.path(), file);
        assert_eq!(report["sites"].as_array().unwrap().len(), 1, "{report}");
    }
}

#[test]
fn a_configuration_that_multiplies_itself_is_refused_and_not_half_examined() {
    let top = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(top.path().join(name), text).unwrap();
    // Each file includes the next one ten times.
    put(
        "a.conf",
        "LoadModule ssl_module x\n<VirtualHost *:443>\nSSLEngine on\n</VirtualHost>\nInclude a0\n",
    );
    put(
        "nginx.conf",
        "events {}\nhttp {\nserver { listen 443 ssl; }\ninclude n0;\n}\n",
    );
    let mut entities = String::new();
    for level in 0..9 {
        let next = level + 1;
        put(
            &format!("a{level}"),
            &format!("Include a{next}\n").repeat(10),
        );
        put(
            &format!("n{level}"),
            &format!("include n{next};\n").repeat(10),
        );
        put(
            &format!("e{level}"),
            &format!("&e{next};{}", " ".repeat(50)).repeat(10),
        );
        writeln!(entities, "<!ENTITY e{level} SYSTEM \"e{level}\">").unwrap();
    }
    let host = "<Connector port=\"1\"><SSLHostConfig/></Connector>";
    let server = |entities: &str, more: &str| {
        format!("<!DOCTYPE s [\n{entities}]>\n<Server ><Service >{host}{more}</Service></Server>\n")
    };
    put("server.xml", &server(&entities, "&e0;"));
    let long = format!("<!ENTITY a \"{}\">\n", "x".repeat(1_000_000));
    put("internal.xml", &server(&long, &"&a;".repeat(100_000)));
    put(
        "words.conf",
        &format!("events {{}}\n{}", "a;".repeat(1_000_000)),
    );
    for file in [
        "a.conf",
        "nginx.conf",
        "server.xml",
        "internal.xml",
        "words.conf",
    ] {
        let (status, report) = doctor(top.path(), file);
        assert_eq!(status, Some(3), "{file}: {report}");
        assert_eq!(report["too_large"][0]["path"], file, "{report}");
        assert_eq!(report["sites"].as_array().unwrap().len(), 0, "{report}");
    }
}

#[test]
fn what_a_configuration_costs_grows_with_the_number_of_its_servers() {
    let top = tempfile::tempdir().unwrap();
    let servers = |n: usize| {
        let mut text = "events {}\nhttp {\n".to_owned();
        for number in 0..n {
            writeln!(
                text,
                "server {{ listen 443 ssl; server_name a{number}; ssl_certificate c.pem; }}"
            )
            .unwrap();
        }
        text + "}\n"
    };
    let hosts = |n: usize| {
        let mut text = "ServerRoot /x\n".to_owned();
        for number in 0..n {
            writeln!(
                text,
                "<VirtualHost *:443>\nServerName a{number}\nSSLEngine on\n</VirtualHost>"
            )
            .unwrap();
        }
        text
    };
    let connectors = |n: usize| {
        let one = "<Connector port=\"1\"><SSLHostConfig/></Connector>\n";
        format!(
            "<Server ><Service >\n{}</Service></Server>\n",
            one.repeat(n)
        )
    };
    let frontends = |n: usize| {
        let mut text = "global\n".to_owned();
        for number in 0..n {
            writeln!(text, "frontend f{number}\n  bind :443 ssl crt c.pem").unwrap();
        }
        text
    };
    let acls = |n: usize| {
        let mut text = "frontend f\n  mode http\n  bind :443 ssl crt c.pem\n".to_owned();
        for number in 0..n {
            writeln!(
                text,
                "  acl a{number} ssl_c_s_dn(CN) -m str a{number}.nhs.uk\n  acl b{number} ssl_c_der,hex -m reg x\n  use_backend b if a{number}"
            )
            .unwrap();
        }
        text
    };
    let rules = |n: usize| {
        let rule =
            "<RequireAll>\nRequire expr \"%{SSL_CLIENT_S_DN_CN} == 'a.nhs.uk'\"\n</RequireAll>\n";
        format!(
            "<VirtualHost *:443>\nSSLEngine on\n<Location \"/\">\n{}</Location>\n</VirtualHost>\n",
            rule.repeat(n)
        )
    };
    let kinds: [(&str, &dyn Fn(usize) -> String); 6] = [
        ("acls.cfg", &acls),
        ("rules.conf", &rules),
        ("nginx.conf", &servers),
        ("httpd.conf", &hosts),
        ("server.xml", &connectors),
        ("haproxy.cfg", &frontends),
    ];
    for (file, text) in kinds {
        let path = |size: &str| format!("{size}/{file}");
        for (size, n) in [("small", 1000), ("large", 8000)] {
            fs::create_dir_all(top.path().join(size)).unwrap();
            fs::write(top.path().join(path(size)), text(n)).unwrap();
        }
        let found = cost_grows_no_faster(
            top.path(),
            file,
            &["doctor", &path("small")],
            &["doctor", &path("large")],
        );
        assert_eq!(found, None);
    }
}

#[test]
fn a_pipe_that_a_configuration_names_is_not_opened() {
    let top = tempfile::tempdir().unwrap();
    let pipe = top.path().join("p.pem");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    fs::write(
        top.path().join("nginx.conf"),
        "events {}\nserver { listen 443 ssl; ssl_certificate p.pem; ssl_crl p.pem; }\npid p.pem;\n",
    )
    .unwrap();
    let (_, report) = doctor(top.path(), "nginx.conf");
    let site = &report["sites"][0];
    assert!(codes(site).contains(&"server-file-unreadable"), "{report}");
    let text = report.to_string();
    assert!(
        text.contains("p.pem cannot be used: it is not a regular file"),
        "{text}"
    );
}
