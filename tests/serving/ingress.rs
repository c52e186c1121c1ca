//! The condition of ingress-nginx on the client's CN, in nginx as the controller's template puts it there.

use std::process::Command;

use super::Estate;
use super::running::{Kind, call, start};

/// The annotation's value.
fn condition(estate: &Estate) -> String {
    let folder = estate.export("kubernetes", "kubernetes", &[]);
    let text = std::fs::read_to_string(folder.join("ingress.yaml")).unwrap();
    let line = text
        .lines()
        .find(|line| line.contains("auth-tls-match-cn:"));
    let value = line.unwrap().split_once(": ").unwrap().1;
    value
        .strip_prefix('\'')
        .unwrap()
        .strip_suffix('\'')
        .unwrap()
        .to_owned()
}

#[test]
fn ingress_nginx_admits_a_client_by_its_only_cn_and_no_other() {
    if !Kind::Nginx.is_installed() || !crate::program::is_installed("curl", "--version") {
        return;
    }
    let estate = Estate::new();
    estate.sign_odd_clients();
    let condition = condition(&estate);
    // CommonNameAnnotationValidator: this prefix, and behind it what Go's engine takes, which has no look-around.
    assert!(condition.starts_with("CN="), "{condition}");
    for look_around in ["(?=", "(?!", "(?<"] {
        assert!(!condition.contains(look_around), "{condition}");
    }
    // Quoted as Go quotes since 1.11.5, and before that not at all.
    let quoted = format!("\"{}\"", condition.replace('\\', "\\\\"));
    for value in [condition, quoted] {
        let running = start(Kind::Nginx, &estate, &[]);
        let config = running.kit.join("ptl-cert.conf");
        let text = std::fs::read_to_string(&config).unwrap();
        let (before, rest) = text.split_once("if ($ptl_cert").unwrap();
        let (_, after) = rest.split_once('{').unwrap();
        let own = format!("{before}if ( $ssl_client_s_dn !~ {value} ) {{{after}");
        std::fs::write(&config, own).unwrap();
        let status = Command::new("sh")
            .args(["-c", &running.test(Kind::Nginx)])
            .status();
        assert!(status.unwrap().success(), "{value}");
        running.restart_workers();
        for (client, expected) in [
            ("good-g1-sha1", "200"),
            ("good-g1", "200"),
            ("good-g2", "200"),
            ("cn-and-email", "200"),
            ("cn-and-ou", "200"),
            ("cn-in-capitals", "200"),
            ("cn-not-san", "200"),
            ("by-san", "403"),
            ("san-third", "403"),
            ("other-name", "403"),
            ("longer-name", "403"),
            ("longer-end", "403"),
            ("two-cns-first", "403"),
            ("two-cns-last", "403"),
            ("two-cns-at-once", "403"),
            ("name-in-o", "403"),
            ("kelvin", "403"),
            ("wildcard", "403"),
            ("expired", "400"),
            ("revoked-g2", "400"),
        ] {
            let came = call(&estate, &running, Some(client), &[]);
            assert_eq!(came, expected, "{client} with {value}");
        }
    }
}
