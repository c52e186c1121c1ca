//! What is the same for every server, and what of each server's conditions is understood.

mod apache;
mod haproxy;
mod nginx;
mod tomcat;

use std::path::Path;

use super::{
    ClientAdmission, ClientCheck, ConfigurationBudget, Included, Line, NamedFile, Site,
    SiteSetting, Text, UnexaminedKind, read,
};
use crate::verdict::plan::Server;

#[test]
fn the_password_of_a_key_store_is_not_shown() {
    let file = NamedFile {
        path: "a.p12".to_owned(),
        line: Line {
            file: "server.xml".into(),
            number: 1,
        },
        password: Some("secret".to_owned()),
        key_password: Some("secret too".to_owned()),
        format: super::ConfiguredFormat::KeyStore,
    };
    assert!(!format!("{file:?}").contains("secret"));
}

/// The sites of a text; other files are these.
fn sites(text: &str, others: &[(&str, &str)]) -> Vec<Site> {
    let text = Text {
        file: "main".into(),
        text: text.to_owned(),
    };
    let includes = |_: &Path, name: &str, _: &ConfigurationBudget| {
        let named = others.iter().filter(|(known, _)| *known == name);
        Included {
            texts: named
                .map(|(name, text)| Text {
                    file: name.into(),
                    text: (*text).to_owned(),
                })
                .collect(),
            left_out: false,
        }
    };
    read(&text, &includes, &ConfigurationBudget::default())
        .unwrap()
        .unwrap_or_default()
}

/// The clients that a configuration's only site admits.
fn admitted(text: &str) -> &'static str {
    let sites = sites(text, &[]);
    let [site] = sites.as_slice() else {
        panic!("{} sites: {text}", sites.len());
    };
    match &site.admission {
        ClientAdmission::Everyone => "everyone",
        ClientAdmission::Unclear => "unclear",
        ClientAdmission::Restricted { names } => {
            assert_eq!(names, &["a.nhs.uk"], "{text}");
            "named"
        }
    }
}

fn unexamined(site: &Site) -> Vec<(UnexaminedKind, &str)> {
    let parts = site.unexamined.iter();
    parts.map(|one| (one.kind, one.text.as_str())).collect()
}

#[test]
fn nginx_restricts_clients_only_where_all_of_it_is_understood() {
    const GOOD: &str = r#"if ($ssl_client_s_dn !~ "^CN=a\.nhs\.uk(,|$)") { return 403; }"#;
    let good = |before: &str, after: &str| format!("{before} {GOOD} {after}");
    for (map, body, clients) in [
        ("", good("", "location / { }"), "named"),
        ("", good("set $x 1;", "error_page 403 /403.html;"), "named"),
        (
            "",
            format!("location / {{ {GOOD} proxy_pass http://b; }}"),
            "named",
        ),
        (
            r#"map $ssl_client_s_dn $m { default 0; "~^CN=a\.nhs\.uk," 1; }"#,
            "if ($m = 0) { return 403; }".to_owned(),
            "named",
        ),
        (
            r#"map $ssl_client_s_dn $m { default deny; "CN=a.nhs.uk,O=nhs" ok; }"#,
            "if ($m != ok) { return 403; }".to_owned(),
            "named",
        ),
        // Each of these lets another client of the same CA in, or may.
        ("", good("return 200;", ""), "unclear"),
        (
            "",
            good("if ($request_method = POST) { return 200; }", ""),
            "unclear",
        ),
        (
            "",
            good("", "error_page 403 = @a; location @a { }"),
            "unclear",
        ),
        ("", GOOD.replace("!~", "~"), "unclear"),
        ("", GOOD.replace("^CN", "CN"), "unclear"),
        ("", format!("location /api {{ {GOOD} }}"), "unclear"),
        (
            "",
            format!("location / {{ {GOOD} location /b {{ }} }}"),
            "unclear",
        ),
        (
            "",
            format!("location / {{ {GOOD} }} location /b {{ }}"),
            "unclear",
        ),
        (
            r#"map $ssl_client_s_dn $m { default 0; "~^CN=a\.nhs\.uk," 1; "~." 1; }"#,
            "if ($m = 0) { return 403; }".to_owned(),
            "unclear",
        ),
        (
            r#"map $ssl_client_s_dn $m { default 0; "~^CN=a\.nhs\.uk," 1; }"#,
            "if ($m) { return 403; }".to_owned(),
            "unclear",
        ),
        (
            r#"map $ssl_client_s_dn $m { default 0; "~^CN=a\.nhs\.uk," 1; }"#,
            "set $m 1; if ($m = 0) { return 403; }".to_owned(),
            "unclear",
        ),
        (
            "",
            r"set $no 1; if ($ssl_client_s_dn ~ a) { set $no 0; } if ($no) { return 403; }"
                .to_owned(),
            "unclear",
        ),
        (
            "",
            "location / { access_by_lua_file a.lua; }".to_owned(),
            "unclear",
        ),
        (
            "",
            "location / { proxy_set_header X $ssl_client_s_dn; }".to_owned(),
            "everyone",
        ),
    ] {
        let text = format!("events {{}} http {{ {map} server {{ listen 443 ssl; {body} }} }}");
        let text = text.replace("events", "\nevents");
        assert_eq!(admitted(&text), clients, "{text}");
    }
}

#[test]
fn haproxy_restricts_clients_only_where_all_of_it_is_understood() {
    const GOOD: &str = "http-request deny unless { ssl_c_s_dn(cn) -i a.nhs.uk }";
    for (defaults, rules, clients) in [
        ("", format!("http-request redirect scheme https unless {{ ssl_fc }}\n{GOOD}"), "named"),
        ("", GOOD.to_owned(), "named"),
        ("", format!("http-request set-header X y\n{GOOD}"), "named"),
        ("", "acl a ssl_c_s_dn(CN,1) -m str a.nhs.uk\nhttp-request deny if !a".to_owned(), "named"),
        ("", "acl a ssl_c_s_dn(CN,1) -m reg ^a\\.nhs\\.uk$\nhttp-request deny unless a { path /x }".to_owned(), "named"),
        ("", format!("http-request return status 200 if {{ path /a }}\n{GOOD}"), "unclear"),
        ("", format!("http-request allow if {{ path /a }}\n{GOOD}"), "unclear"),
        ("", format!("monitor-uri /alive\n{GOOD}"), "unclear"),
        ("http-request return status 200", GOOD.to_owned(), "unclear"),
        ("", "acl a ssl_c_s_dn(cn) a.nhs.uk\nacl a src 10.0.0.0/8\nhttp-request deny unless a".to_owned(), "unclear"),
        ("", "acl a ssl_c_s_dn(cn) a.nhs.uk\nacl b path /b\nhttp-request deny unless a or b".to_owned(), "unclear"),
        ("", "http-request deny unless { ssl_c_s_dn(cn) -m sub a.nhs.uk }".to_owned(), "unclear"),
        ("", "http-request deny unless { ssl_c_s_dn(cn) -m str -f names.txt }".to_owned(), "unclear"),
        ("", "http-request set-var(txn.a) ssl_c_s_dn(cn)\nhttp-request deny unless { var(txn.a) a.nhs.uk }".to_owned(), "unclear"),
        ("", GOOD.replace("unless", "if"), "everyone"),
        ("", "http-request deny if { path_beg /a } !{ ssl_c_s_dn(cn) a.nhs.uk }".to_owned(), "everyone"),
        ("", "http-request set-header X %[ssl_c_s_dn]".to_owned(), "everyone"),
    ] {
        let text = format!("defaults\nmode http\n{defaults}\nfrontend f\nbind :443 ssl crt a.pem\n{rules}\n");
        assert_eq!(admitted(&text), clients, "{text}");
    }
    let tcp = format!("frontend f\nbind :443 ssl crt a.pem\n{GOOD}\n");
    assert_eq!(
        admitted(&tcp),
        "unclear",
        "in TCP mode the rule does nothing"
    );
}

#[test]
fn apache_restricts_clients_only_where_all_of_it_is_understood() {
    const GOOD: &str = "Require expr \"%{SSL_CLIENT_S_DN_CN} =~ m#^a\\.nhs\\.uk\\z#i\"";
    let root = |rules: &str| format!("<Location \"/\">\n{rules}\n</Location>");
    for (main, host, clients) in [
        (
            "<IfModule mod_status.c>\n<Location /server-status>\nRequire local\n</Location>\n</IfModule>",
            root(GOOD),
            "named",
        ),
        (
            "",
            "<Location \"/api\">\nRequire method GET\n</Location>\n".to_owned() + &root(GOOD),
            "named",
        ),
        (
            "<If \"true\">\nRequire all granted\n</If>",
            root(GOOD),
            "unclear",
        ),
        (
            "<Location \"/api\">\nRequire all granted\n</Location>",
            String::new(),
            "everyone",
        ),
        ("", root(GOOD), "named"),
        (
            "",
            root("Require expr \"%{SSL_CLIENT_SAN_DNS_0} == 'a.nhs.uk'\""),
            "named",
        ),
        (
            "",
            root(&format!(
                "<RequireAll>\nRequire all granted\n{GOOD}\n</RequireAll>"
            )),
            "named",
        ),
        (&*root(GOOD), String::new(), "named"),
        (
            "<Directory \"/\">\nRequire all granted\n</Directory>",
            root(GOOD),
            "named",
        ),
        (
            "",
            root(&format!("{GOOD}\nRequire ip 127.0.0.1")),
            "unclear",
        ),
        (
            "",
            root(GOOD) + "\n<Location \"/api\">\nRequire method GET\n</Location>",
            "unclear",
        ),
        ("", root(GOOD) + "\nProxyRequests On", "unclear"),
        ("", root(&format!("{GOOD}\nSatisfy any")), "unclear"),
        ("", root(&GOOD.replace("=~", "!~")), "unclear"),
        ("", root(&GOOD.replace('^', "")), "unclear"),
        ("", root(&GOOD.replace("z#i", "z#i || true")), "unclear"),
        (
            "",
            root(&format!("<RequireNone>\n{GOOD}\n</RequireNone>")),
            "unclear",
        ),
        (
            "",
            root(&format!("<IfDefine A>\n{GOOD}\n</IfDefine>")),
            "unclear",
        ),
        (
            "",
            format!("<Directory \"/\">\n{GOOD}\n</Directory>"),
            "unclear",
        ),
        (
            "",
            "RewriteCond %{SSL:SSL_CLIENT_S_DN_CN} !^a$\nRewriteRule ^ - [F]".to_owned(),
            "unclear",
        ),
        (
            "",
            root(&format!("Require all granted\n{GOOD}")),
            "everyone",
        ),
        (
            "",
            format!("<Location \"/api\">\n{GOOD}\n</Location>"),
            "everyone",
        ),
    ] {
        let text = format!("{main}\n<VirtualHost *:443>\nSSLEngine on\n{host}\n</VirtualHost>\n");
        assert_eq!(admitted(&text), clients, "{text}");
    }
}

#[test]
fn tomcat_restricts_clients_only_where_all_of_it_is_understood() {
    const SAN: &str = "RewriteCond %{SSL:SSL_CLIENT_SAN_DNS_0} !^a\\.nhs\\.uk$ [NC]\n";
    const FORBID: &str = "RewriteRule .* - [F]\n";
    let server = r#"<Server ><Service ><Connector port="1"><SSLHostConfig/></Connector>
        <Engine name="E"><Host name="h"><Valve className="org.apache.catalina.valves.rewrite.RewriteValve"/></Host></Engine>
        </Service></Server>"#;
    for (rules, named, unclear) in [
        (format!("# a\n{SAN}{FORBID}"), true, false),
        (
            format!("RewriteRule ^/api - [L]\n{SAN}{FORBID}"),
            false,
            true,
        ),
        (format!("{SAN}RewriteRule ^/admin - [F]\n"), false, true),
        (format!("{}{FORBID}", SAN.replace('!', "")), false, true),
        (
            format!("{}{FORBID}", SAN.replace("[NC]", "[NC,OR]")),
            false,
            true,
        ),
        (FORBID.to_owned(), false, false),
    ] {
        let sites = sites(server, &[("E/h/rewrite.config", &rules)]);
        let admission = &sites[0].admission;
        let is_named = matches!(admission, ClientAdmission::Restricted { .. });
        assert_eq!(is_named, named, "{rules}");
        assert_eq!(*admission == ClientAdmission::Unclear, unclear, "{rules}");
    }
}

#[test]
fn a_setting_counts_where_it_holds_and_the_last_of_two() {
    let host =
        |inner: &str| format!("<VirtualHost *:443>\nSSLEngine on\n{inner}\n</VirtualHost>\n");
    let apache = |inner: &str| sites(&host(inner), &[]).remove(0);
    let site = apache("<Location \"/a\">\nSSLVerifyClient require\n</Location>");
    assert_eq!(site.clients, ClientCheck::Off);
    let setting = [(UnexaminedKind::Setting, "SSLVerifyClient require")];
    assert_eq!(unexamined(&site), setting);
    let site = apache("<IfModule !mod_ssl.c>\nSSLVerifyClient require\n</IfModule>");
    assert_eq!(site.clients, ClientCheck::Unclear);
    assert_eq!(unexamined(&site), setting);
    let site = apache("<IfModule mod_ssl.c>\nSSLVerifyClient require\n</IfModule>");
    assert_eq!(site.clients, ClientCheck::Required);
    let site = apache(
        "ServerRoot /srv\nDefine D tls\nSSLCertificateFile ${D}/a.pem\nSSLCARevocationFile ${E}/b.pem",
    );
    assert_eq!(site.chains[0].path, "/srv/tls/a.pem");
    assert_eq!(site.crls[0].path, "${E}/b.pem");

    let haproxy = |global: &str, bind: &str| {
        let text = format!(
            "global\n{global}\nlisten l\nbind :443 ssl {bind}\nuse_backend a if {{ path /a }}\n"
        );
        sites(&text, &[("list", "b.pem [verify none] *.b\nc.pem")])
    };
    let two = "ssl-default-bind-options ssl-min-ver TLSv1.2\nssl-default-bind-options ssl-min-ver TLSv1.0";
    let site = haproxy(two, "crt a.pem verify none verify required").remove(0);
    assert_eq!(site.versions.unwrap()[0], "TLSv1.0");
    assert_eq!(site.clients, ClientCheck::Required);
    let site = haproxy("crt-base /c\nca-base /ca", "crt a.pem crl-file b.pem").remove(0);
    assert_eq!(site.chains[0].path, "/c/a.pem");
    assert_eq!(site.crls[0].path, "/ca/b.pem");
    let site = haproxy("", r#"crt a.pem verify "${V-required}""#).remove(0);
    assert_eq!(site.clients, ClientCheck::Unclear);
    assert_eq!(unexamined(&site)[0].0, UnexaminedKind::Setting);
    let found = haproxy("", "crt-list list verify required");
    assert_eq!(found[0].clients, ClientCheck::Required);
    assert_eq!(found[0].chains[0].path, "c.pem");
    assert_eq!(found[1].clients, ClientCheck::Off);
    assert_eq!(found[1].chains[0].path, "b.pem");
    let site = haproxy("", "crt-list other verify required").remove(0);
    assert_eq!(unexamined(&site), [(UnexaminedKind::Include, "other")]);
    let site = haproxy("", "crt a.pem crt-ignore-err 23,10").remove(0);
    assert!(site.ignored_errors.is_some());

    let nginx = |http: &str, server: &str| {
        let text = format!("http {{ {http}\nserver {{ listen 443 ssl; {server} }} }}");
        sites(&text, &[]).remove(0)
    };
    let above = "ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384;";
    assert!(nginx(above, "").tls13.is_some());
    assert!(
        nginx(above, "ssl_conf_command Options -SessionTicket;")
            .tls13
            .is_none()
    );
    let site = nginx("", "ssl_ciphers A; ssl_conf_command CipherString B;");
    assert_eq!(site.suites.unwrap(), ["B"]);
    let site = nginx("", "ssl_conf_command Protocol ALL;");
    assert_eq!(unexamined(&site)[0].0, UnexaminedKind::Setting);
    assert_eq!(
        nginx("", "ssl_verify_client optional_no_ca;").clients,
        ClientCheck::Unverified
    );
    let site = nginx("", "include missing.conf; include none/*.conf;");
    assert_eq!(
        unexamined(&site),
        [(UnexaminedKind::Include, "missing.conf")]
    );

    let main = "include modules/a.conf;\nhttp {\ninclude b.conf;\nserver { listen 443 ssl; }\n}\n";
    let found = sites(main, &[]);
    assert_eq!(unexamined(&found[0]), [(UnexaminedKind::Include, "b.conf")]);

    let tomcat = |settings: &str| {
        let text = format!(
            "<Server ><Connector port=\"1\"><SSLHostConfig {settings}/></Connector></Server>"
        );
        sites(&text, &[]).remove(0)
    };
    let site =
        tomcat(r#"protocols="all,-TLSv1,-TLSv1.1" ciphers="A:!aNULL:TLS_AES_256_GCM_SHA384""#);
    assert_eq!(site.versions.unwrap(), ["TLSv1.2", "TLSv1.3"]);
    assert_eq!(site.suites.unwrap(), ["A", "TLS_AES_256_GCM_SHA384"]);
    assert_eq!(site.tls13, None);
}

#[test]
fn haproxys_listen_section_with_brackets_is_haproxys() {
    let text = "listen l\n bind :443 ssl crt a.pem\n http-request deny unless { ssl_c_s_dn(cn) a.nhs.uk }\n";
    assert_eq!(sites(text, &[]).len(), 1);
}

#[test]
fn joined_keywords_of_suites_are_in_no_order() {
    for permitted in ["EECDH+AESGCM", "aesgcm+eecdh", "EDH+AES256"] {
        assert!(super::examine::is_permitted(permitted), "{permitted}");
    }
    for other in ["EECDH", "AESGCM", "EECDH+AES", "EECDH+AESGCM+aRSA"] {
        assert!(!super::examine::is_permitted(other), "{other}");
    }
}

#[test]
fn whose_configuration_a_text_is_does_not_depend_on_comments_capitals_or_lines() {
    const HAPROXY: &str = "frontend f\nbind :443 ssl crt a.pem\n";
    const NGINX: &str = "worker_processes 1; events{} http{server{listen 443 ssl;}}";
    let comment = "# in front of the <Connector port=\"1\"> of Tomcat, LoadModule, http {";
    let apache = "<virtualhost *:443>\nsslengine on\n</virtualhost>";
    let tomcat =
        "<!-- LoadModule -->\n<Server><Connector port=\"1\" SSLEnabled=\"true\"/></Server>";
    for (text, server) in [
        (format!("{comment}\n{HAPROXY}"), Server::Haproxy),
        (format!("{comment}\n{NGINX}"), Server::Nginx),
        (format!("{NGINX} {comment}"), Server::Nginx),
        (
            "http\n{\n  server\n  {\n listen 443 ssl;\n}\n}\n".to_owned(),
            Server::Nginx,
        ),
        (format!("{comment}\n{apache}"), Server::Apache),
        (tomcat.to_owned(), Server::Java),
    ] {
        let found = sites(&text, &[]);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].server, server, "{text}");
    }
    assert!(sites(comment, &[]).is_empty());
    assert!(sites("<!-- <Connector port=\"1\"/> -->", &[]).is_empty());
}

#[test]
fn a_byte_order_mark_before_a_text_is_said_where_the_server_refuses_it() {
    const PART: &str = "a byte order mark (U+FEFF) at the beginning of the file";
    for text in [
        "frontend f\nbind :443 ssl crt a.pem\n",
        "events {}\nhttp { server { listen 443 ssl; } }\n",
    ] {
        assert!(unexamined(&sites(text, &[])[0]).is_empty(), "{text}");
        let found = sites(&format!("\u{feff}{text}"), &[]);
        assert_eq!(unexamined(&found[0]), [(UnexaminedKind::Setting, PART)]);
    }
}
