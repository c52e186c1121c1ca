//! nginx with what `export` wrote, in an http block that has a page for clients that are refused.

use super::running::{Kind, call, start};
use super::{Estate, LAB, SSP};
use crate::program::is_installed;

/// One for every status that nginx gives before it looks at the client's certificate, or because of it.
const PAGE: &str = "error_page 400 405 414 421 494 495 496 497 501 505 /sorry.html;";

/// The rule that such a page leads to.
const RULE: &str = "    if ($ssl_client_verify != SUCCESS) {\n        return 403;\n    }\n";

/// What doctor's answer has about the kit in such an http block.
fn doctor(estate: &Estate, kit: &std::path::Path) -> (Option<i32>, String) {
    let config = kit.join("nginx.conf");
    let text = format!("events {{}}\nhttp {{\n  {PAGE}\n  include ptl-cert.conf;\n}}\n");
    std::fs::write(&config, text).unwrap();
    let words = [&["doctor", config.to_str().unwrap()][..], &LAB].concat();
    let output = estate.run(&words);
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text)
}

#[test]
fn a_page_for_refused_clients_serves_none_of_them_in_nginx_and_without_our_rule_doctor_warns_of_it()
{
    if !is_installed("openssl", "version") || !is_installed("nginx", "-v") {
        return;
    }
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
    let running = start(Kind::Nginx, &estate, &[]);
    // A signal before the first worker runs is lost.
    assert_eq!(call(&estate, &running, Some("good-g2"), &[]), "200");
    let main = running.run.join("nginx.conf");
    let text = std::fs::read_to_string(&main).unwrap();
    let text = text.replace("access_log off;", &format!("access_log off; {PAGE}"));
    std::fs::write(&main, text).unwrap();
    running.restart_workers();

    let come = || {
        [&["-X", "GET"][..], &["-X", "TRACE"]]
            .map(|words| call(&estate, &running, Some("self"), words))
    };
    assert_eq!(come(), ["403", "403"]);
    assert_eq!(call(&estate, &running, Some("good-g2"), &[]), "200");
    let (status, text) = doctor(&estate, &running.kit);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("NOTHING FOUND WRONG"), "{text}");

    let kit = running.kit.join("ptl-cert.conf");
    let right = std::fs::read_to_string(&kit).unwrap();
    assert!(right.contains(RULE));
    std::fs::write(&kit, right.replace(RULE, "")).unwrap();
    running.restart_workers();
    let come = come();
    assert!(come.iter().all(|status| status != "403"), "{come:?}");
    let (_, text) = doctor(&estate, &running.kit);
    let rest = text.split_once("server-not-examined").unwrap().1;
    assert!(rest.contains("error_page 400 405"), "{text}");
}
