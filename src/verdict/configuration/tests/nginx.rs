//! Ways past a condition in nginx.

use super::super::TooLarge;
use super::{
    ClientAdmission, ConfigurationBudget, Included, Site, Text, UnexaminedKind, admitted, read,
    sites, unexamined,
};

const GOOD: &str = r#"if ($ssl_client_s_dn !~ "^CN=a\.nhs\.uk(,|$)") { return 403; }"#;
const VERIFIED: &str = "if ($ssl_client_verify != SUCCESS) { return 403; }";
const MAP: &str = r#"map $ssl_client_s_dn $m { default 0; "~^CN=a\.nhs\.uk," 1; }"#;
const BY_MAP: &str = "if ($m = 0) { return 403; }";

/// A configuration with this around its only server, and in it.
fn configuration(http: &str, server: &str) -> String {
    format!(
        "events {{}}\nhttp {{ {http}\nserver {{ listen 443 ssl; ssl_verify_client on; {server} }} }}\n"
    )
}

fn clients(http: &str, server: &str) -> &'static str {
    admitted(&configuration(http, server))
}

#[test]
fn a_page_for_refused_certificates_is_a_way_past_the_condition() {
    for (http, page, expected) in [
        ("", "error_page 495 496 = @login;", "unclear"),
        ("", "error_page 497 = @plain;", "unclear"),
        ("", "error_page 495 496 /err;", "unclear"),
        ("", "error_page 494 /err;", "unclear"),
        ("", "error_page 496 $page;", "unclear"),
        ("error_page 495 /err;", "", "unclear"),
        // A redirection leads to another request, and no client gets these statuses before its certificate is verified.
        ("", "error_page 497 https://$host$request_uri;", "named"),
        (
            "",
            "error_page 497 =301 https://$host$request_uri;",
            "named",
        ),
        ("", "error_page 404 500 502 503 504 /50x.html;", "named"),
    ] {
        let found = clients(http, &format!("{page} {GOOD}"));
        assert_eq!(found, expected, "{http} {page}");
        let found = clients(http, &format!("{page} location / {{ {GOOD} }}"));
        assert_eq!(found, expected, "{http} {page}");
    }
}

#[test]
fn a_page_for_what_nginx_refuses_before_it_asks_for_the_certificate_is_a_way_past_the_condition() {
    for status in [400, 405, 414, 421, 501, 505] {
        let page = format!("error_page {status} /err;");
        assert_eq!(clients("", &format!("{page} {GOOD}")), "unclear", "{page}");
    }
}

#[test]
fn a_server_that_refuses_what_was_not_verified_may_have_a_page_at_a_path() {
    for (page, before, after, expected) in [
        ("495 496 /err", VERIFIED, "", "named"),
        ("400 495 496 497 /err", VERIFIED, "", "named"),
        ("495 = @login", VERIFIED, "", "unclear"),
        ("495 $page", VERIFIED, "", "unclear"),
        ("495 /err", "", VERIFIED, "unclear"),
        (
            "495 /err",
            "if ($ssl_client_verify = SUCCESS) { return 403; }",
            "",
            "unclear",
        ),
        (
            "495 /err",
            "if ($ssl_client_verify != SUCCESS) { set $x 1; }",
            "",
            "unclear",
        ),
        // Its own refusal is answered.
        ("495 403 =200 /err", VERIFIED, "", "unclear"),
    ] {
        let found = clients("", &format!("error_page {page}; {before} {GOOD} {after}"));
        assert_eq!(found, expected, "{page} {before} {after}");
    }
    let with = |set: &str| clients("", &format!("error_page 495 /err; {set} {VERIFIED} {GOOD}"));
    assert_eq!(with("set $ssl_client_verify SUCCESS;"), "unclear");
}

#[test]
fn a_page_that_serves_unverified_clients_is_reported_where_every_client_is_admitted_too() {
    let found = sites(&configuration("", "error_page 496 = @login;"), &[]);
    assert_eq!(found[0].admission, ClientAdmission::Everyone);
    let page = [(UnexaminedKind::Condition, "error_page 496 = @login")];
    assert_eq!(unexamined(&found[0]), page);
}

#[test]
fn what_an_earlier_rule_refuses_may_be_answered_behind_the_condition() {
    let earlier = "if ($request_method = PUT) { return 409; }";
    for (page, expected) in [
        ("error_page 404 /a;", "named"),
        ("error_page 402 = @a;", "named"),
        ("error_page 409 = @a;", "unclear"),
        ("error_page 403 $page;", "unclear"),
    ] {
        let found = clients("", &format!("{page} {earlier} {GOOD}"));
        assert_eq!(found, expected, "{page}");
    }
}

#[test]
fn a_variable_that_anything_but_its_map_assigns_is_no_restriction() {
    for (http, server) in [
        ("geo $m { default 1; }", ""),
        ("geo $remote_addr $m { default 1; }", ""),
        ("split_clients $remote_addr $m { * 1; }", ""),
        ("js_set $m a.b;", ""),
        ("js_var $m 1;", ""),
        ("perl_set $m a;", ""),
        ("auth_request_set $m $x;", ""),
        ("keyval $remote_addr $m zone=a;", ""),
        ("geoip2 a.mmdb { $m default=1 a; }", ""),
        (r#"map $uri $x { "~(?<m>.)" 1; }"#, ""),
        (r#"map $uri $M { default 1; }"#, ""),
        ("map $uri $ssl_client_s_dn { default a; }", ""),
        ("server { listen 80; js_set $m a.b; }", ""),
        ("server { listen 80; location ~ (?<m>.) { } }", ""),
        ("", "set $m 1;"),
        ("", "set $M 1;"),
        ("", "if ($http_x) { set $m 1; }"),
        ("", "set $ssl_client_s_dn CN=a.nhs.uk,;"),
        ("", "location /a { set $m 1; }"),
        ("", "location / { if ($http_x) { set $m 1; } }"),
        ("", "set_by_lua_file $m a.lua;"),
        ("", "set_unescape_uri $m $arg_m;"),
        ("", r#"server_name "~^(?<m>.+)$";"#),
        ("", "location ~ ^/(?P<m>.) { }"),
        ("", "if ($uri ~ \"(?'m'.)\") { set $x 1; }"),
        ("", "location / { rewrite (?<m>.) /; }"),
    ] {
        let found = clients(&format!("{MAP} {http}"), &format!("{server} {BY_MAP}"));
        assert_eq!(found, "unclear", "{http} {server}");
    }
}

#[test]
fn what_assigns_another_variable_leaves_the_map_as_it_is() {
    for (http, server) in [
        ("geo $n { default 1; }", ""),
        ("map $m $n { default a; set b; }", ""),
        ("server { listen 80; set $m 1; }", ""),
        ("", r#"server_name "~^(?<n>.+)(?<=m>)$";"#),
        ("", "set $n $m; proxy_set_header X $m;"),
        ("set_real_ip_from 10.0.0.0/8;", ""),
    ] {
        let found = clients(&format!("{MAP} {http}"), &format!("{server} {BY_MAP}"));
        assert_eq!(found, "named", "{http} {server}");
    }
}

#[test]
fn a_condition_in_the_only_location_does_not_restrict_where_its_variable_is_set_there() {
    let server = format!("location / {{ if ($http_x) {{ set $m 1; }} {BY_MAP} }}");
    assert_eq!(clients(MAP, &server), "unclear");
}

#[test]
fn a_name_in_capitals_is_no_clients_where_case_counts() {
    for (map, rule, expected) in [
        (
            "",
            r#"if ($ssl_client_s_dn !~ "^CN=A\.nhs\.uk,") { return 403; }"#,
            "unclear",
        ),
        (
            "",
            r#"if ($ssl_client_s_dn != "CN=A.nhs.uk,O=nhs") { return 403; }"#,
            "unclear",
        ),
        (
            r#"map $ssl_client_s_dn $m { default 0; "~^CN=A\.nhs\.uk," 1; }"#,
            BY_MAP,
            "unclear",
        ),
        (
            "",
            r#"if ($ssl_client_s_dn !~* "^CN=a\.nhs\.uk,") { return 403; }"#,
            "named",
        ),
    ] {
        assert_eq!(clients(map, rule), expected, "{map} {rule}");
    }
}

#[test]
fn a_script_in_lua_among_the_rules_may_decide_otherwise() {
    for (http, server) in [
        ("", "server_rewrite_by_lua_file a.lua;"),
        ("rewrite_by_lua_file a.lua;", ""),
        ("", "location /a { content_by_lua_block { a } }"),
    ] {
        assert_eq!(
            clients(http, &format!("{server} {GOOD}")),
            "unclear",
            "{http} {server}"
        );
    }
}

#[test]
fn a_server_beside_one_with_tls_on_the_same_socket_has_tls_as_well() {
    let names = |first: &str, second: &str| -> Vec<String> {
        let text = format!(
            "events {{}}\nhttp {{ server {{ {first} server_name a; }} server {{ {second} server_name b; }} }}\n"
        );
        sites(&text, &[])
            .into_iter()
            .map(|site| site.name)
            .collect()
    };
    for (first, second, both) in [
        ("listen 443 ssl;", "listen 443;", true),
        ("listen *:443 quic;", "listen 0.0.0.0:443;", true),
        (
            "listen 0.0.0.0:443 ssl;",
            "listen 80; listen 443 default_server;",
            true,
        ),
        ("listen 127.0.0.1:443 ssl;", "listen localhost:443;", true),
        ("listen [::]:443 ssl;", "listen [0:0::0]:443;", true),
        ("listen 80 ssl;", "", true),
        ("listen a.nhs.uk ssl;", "listen A.nhs.uk:80;", true),
        ("listen unix:/a ssl;", "listen unix:/a;", true),
        ("listen 8440-8450 ssl;", "listen 8443;", true),
        ("listen 443; ssl on;", "listen 443;", true),
        ("listen 443 ssl;", "listen 80;", false),
        ("listen 443 ssl;", "listen [::]:443;", false),
        ("listen 443 ssl;", "listen 127.0.0.1:443;", false),
        ("listen 443 ssl;", "", false),
        ("listen unix:/a ssl;", "listen unix:/b;", false),
    ] {
        let expected: &[&str] = if both { &["a", "b"] } else { &["a"] };
        assert_eq!(names(first, second), expected, "{first} {second}");
    }
}

#[test]
fn pages_and_servers_that_multiply_each_other_are_too_much() {
    let pages = "error_page 404 /a;".repeat(1000);
    let with = |rule: &str, servers: usize| {
        let server = format!("server {{ listen 443 ssl; {rule} }}\n");
        let text = Text {
            file: "main".into(),
            text: format!("http {{ {pages}\n{} }}\n", server.repeat(servers)),
        };
        let budget = ConfigurationBudget::default();
        read(&text, &|_, _, _| Included::default(), &budget).map(|sites| sites.unwrap().len())
    };
    for rule in [GOOD, ""] {
        assert_eq!(with(rule, 10).unwrap(), 10, "{rule}");
        assert!(matches!(with(rule, 500), Err(TooLarge::Words)), "{rule}");
    }
}

#[test]
fn hundreds_of_servers_with_maps_of_their_own_are_not_too_much() {
    let mut text = "http {\n".to_owned();
    for number in 0..1000 {
        text.push_str(&format!(
            "map $ssl_client_s_dn $cn{number} {{ default 0; \"CN=a.nhs.uk,O=nhs\" 1; }}\n\
             map $cn{number} $let_in{number} {{ default 0; 1 1; }}\n\
             server {{ listen 443 ssl; if ($cn{number} = 0) {{ return 403; }} }}\n"
        ));
    }
    let found = sites(&format!("{text}}}"), &[]);
    assert_eq!(found.len(), 1000);
    let named = |site: &Site| matches!(site.admission, ClientAdmission::Restricted { .. });
    assert!(found.iter().all(named));
}

/// The names of the servers that check clients without a host name for each of these.
fn defaults(http: &str) -> Vec<Vec<String>> {
    let text = format!("events {{}}\nhttp {{ {http} }}\n");
    let all = sites(&text, &[]).into_iter();
    all.map(|site| site.defaults.iter().map(|one| one.name.clone()).collect())
        .collect()
}

#[test]
fn a_client_that_sends_no_host_name_is_checked_by_the_default_server_of_the_address() {
    let server = |listen: &str, name: &str| {
        format!(
            "server {{ listen {listen}; server_name {name}; ssl_verify_client on; ssl_client_certificate {name}.pem; }}"
        )
    };
    let none: Vec<String> = Vec::new();
    let a = vec!["a".to_owned()];
    for (servers, expected) in [
        (
            [server("443 ssl", "a"), server("443 ssl", "b")],
            [&none, &a],
        ),
        // However the address is written.
        (
            [server("443 ssl", "a"), server("0.0.0.0:443 ssl", "b")],
            [&none, &a],
        ),
        (
            [
                server("443 ssl", "b"),
                server("443 ssl default_server", "a"),
            ],
            [&a, &none],
        ),
        (
            [server("443 ssl", "b"), server("443 default ssl", "a")],
            [&a, &none],
        ),
        // An address of its own, and a port.
        (
            [server("127.0.0.1:443 ssl", "a"), server("443 ssl", "b")],
            [&none, &none],
        ),
        (
            [server("443 ssl", "a"), server("8443 ssl", "b")],
            [&none, &none],
        ),
    ] {
        let found = defaults(&servers.concat());
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{servers:?}");
    }
    // One that asks for no certificate, or answers no client, lets none past another.
    for first in [
        "ssl_verify_client off;",
        "ssl_verify_client on; ssl_reject_handshake on;",
    ] {
        let first = format!("server {{ listen 443 ssl; server_name a; {first} }}");
        let found = defaults(&(first + &server("443 ssl", "b")));
        assert!(found.iter().all(Vec::is_empty), "{found:?}");
    }
}

#[test]
fn the_default_server_of_an_address_says_which_versions_its_other_servers_speak() {
    let versions = |http: &str, other: &str, own: &str| {
        let text = format!(
            "http {{ {http}\nserver {{ listen 1.2.3.4:443 ssl default_server; {other} }}\n\
             server {{ server_name b; {own} }} }}"
        );
        sites(&text, &[]).pop().unwrap().versions
    };
    const HERE: &str = "listen 1.2.3.4:443 ssl;";
    const GOOD: &str = "ssl_protocols TLSv1.2 TLSv1.3;";
    const REJECTS: &str = "ssl_reject_handshake on;";
    let own = format!("{HERE} {GOOD}");
    let old = format!("{REJECTS} ssl_protocols TLSv1 TLSv1.2;");
    assert_eq!(versions("", &old, &own).unwrap(), ["TLSv1", "TLSv1.2"]);
    assert_eq!(versions("", REJECTS, &own), None);
    let good = versions(GOOD, REJECTS, &own).unwrap();
    assert_eq!(good, ["TLSv1.2", "TLSv1.3"]);
    let new = format!("{REJECTS} ssl_protocols TLSv1.3;");
    assert_eq!(versions("", &new, &own).unwrap(), ["TLSv1.3"]);
    let old = format!("{HERE} ssl_protocols TLSv1 TLSv1.2;");
    assert_eq!(versions("", GOOD, &old).unwrap(), ["TLSv1.2", "TLSv1.3"]);
    // On a socket of its own it is the default itself, and clients of either socket have to get in.
    let two = format!("listen 1.2.3.4:444 ssl; {own}");
    assert_eq!(versions("", &new, &two).unwrap(), ["TLSv1.3"]);
    let alone = format!("listen 1.2.3.4:444 ssl; {GOOD}");
    let alone = versions("", &new, &alone).unwrap();
    assert_eq!(alone, ["TLSv1.2", "TLSv1.3"]);
}
