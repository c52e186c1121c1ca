//! What of Apache's conditions and settings is understood, and what is kept because it is not.

use super::{
    ClientCheck, NamedFile, Site, SiteSetting, UnexaminedKind, admitted, sites, unexamined,
};

const GOOD: &str = "Require expr \"%{SSL_CLIENT_S_DN_CN} =~ m#^a\\.nhs\\.uk\\z#i\"";

/// A virtual host that accepts TLS.
fn host(inner: &str) -> String {
    format!("<VirtualHost *:443>\nSSLEngine on\n{inner}\n</VirtualHost>\n")
}

fn every_path(rules: &str) -> String {
    format!("<Location \"/\">\n{rules}\n</Location>\n")
}

#[test]
fn an_apache_expression_restricts_only_where_the_comparison_has_to_hold() {
    const EQUAL: &str = "%{SSL_CLIENT_S_DN_CN} == 'a.nhs.uk'";
    for (expression, clients) in [
        (EQUAL.to_owned(), "named"),
        (format!("\"{EQUAL}\""), "named"),
        (format!("\"-n %{{HTTPS}} && {EQUAL}\""), "named"),
        // Integers are compared, and every name is 0.
        (EQUAL.replace("==", "eq"), "unclear"),
        (
            format!("\"! ( -n %{{HTTPS}} && {EQUAL} && -n %{{HTTPS}} )\""),
            "unclear",
        ),
        (
            format!("\"{EQUAL} && true\tor\t%{{HTTPS}} == 'on'\""),
            "unclear",
        ),
        // A line goes on without a space.
        (format!("\"{EQUAL} && true o\\\nr true\""), "unclear"),
    ] {
        let text = host(&every_path(&format!("Require expr {expression}")));
        assert_eq!(admitted(&text), clients, "{text}");
    }
}

#[test]
fn an_apache_rule_for_some_methods_or_in_a_macro_does_not_go_unseen() {
    const OPEN: &str = "Require all granted";
    let limit = |rule: &str| format!("<Limit GET POST>\n{rule}\n</Limit>");
    let except = format!("<LimitExcept OPTIONS>\n{OPEN}\n</LimitExcept>");
    let public = |rules: &str| format!("<Location \"/pub\">\n{rules}\n</Location>\n");
    let good = every_path(GOOD);
    const MACRO: &str =
        "<Macro Open $path>\n<Location \"$path\">\nRequire all granted\n</Location>\n</Macro>\n";
    for (main, inner, clients) in [
        ("", good.clone() + &public(&limit(OPEN)), "unclear"),
        ("", good.clone() + &public(&except), "unclear"),
        (
            "",
            good.clone() + &public(&limit("Require all denied")),
            "unclear",
        ),
        ("", every_path(&(limit(OPEN) + "\n" + GOOD)), "unclear"),
        ("", every_path(&(except.clone() + "\n" + GOOD)), "unclear"),
        ("", every_path(&limit(GOOD)), "unclear"),
        (MACRO, good.clone() + "Use Open /pub\n", "unclear"),
        ("", good.clone() + "Use Open /pub\n", "unclear"),
        (MACRO, good.clone(), "unclear"),
        ("", "Use Restricted\n".to_owned(), "unclear"),
        // A later section replaces what comes before it.
        ("", public(&limit(OPEN)) + &good, "named"),
        ("", limit(OPEN) + "\n" + &good, "named"),
        ("", good.clone() + &public("Require all denied"), "named"),
        // Other paths are open.
        ("", public(&limit(GOOD)), "everyone"),
    ] {
        let text = format!("{main}{}", host(&inner));
        assert_eq!(admitted(&text), clients, "{text}");
    }
}

#[test]
fn a_setting_in_a_macro_that_is_used_may_hold() {
    let with = "<Macro Tls>\nSSLEngine on\nSSLVerifyClient none\n</Macro>\n";
    let found = |inner: &str| {
        let text = format!(
            "{with}<VirtualHost *:443>\nSSLVerifyClient require\n{inner}\n</VirtualHost>\n"
        );
        sites(&text, &[])
    };
    assert!(found("").is_empty());
    assert_eq!(found("Use Tls")[0].clients, ClientCheck::Unclear);
}

#[test]
fn an_apache_location_that_is_every_path_is_understood_however_it_is_written() {
    for (opening, clients) in [
        ("<LocationMatch \"^/\">", "named"),
        ("<LocationMatch ^/.*>", "named"),
        ("<LocationMatch .*>", "named"),
        ("<LocationMatch \"/\">", "named"),
        ("<Location ~ '^/'>", "named"),
        ("<Location '/'>", "named"),
        ("<Location />", "named"),
        ("<LocationMatch \"^/.+\">", "everyone"),
        ("<Location \"^/\">", "everyone"),
        ("<Location ~ '/a'>", "everyone"),
    ] {
        let text = host(&format!("{opening}\n{GOOD}\n</Location>"));
        assert_eq!(admitted(&text), clients, "{text}");
    }
}

#[test]
fn an_apache_error_page_from_a_path_of_the_server_is_not_restricted() {
    for (answer, clients) in [
        ("403 /index.html", "unclear"),
        ("401 /index.html", "unclear"),
        ("403 \"/index.html\"", "unclear"),
        ("403 ${PAGE}", "unclear"),
        ("404 /index.html", "named"),
        ("403 https://a.nhs.uk/403", "named"),
        ("403 \"Not / you\"", "named"),
    ] {
        let page = format!("ErrorDocument {answer}\n");
        let text = host(&(page.clone() + &every_path(GOOD)));
        assert_eq!(admitted(&text), clients, "{text}");
        let text = page + &host(&every_path(GOOD));
        assert_eq!(admitted(&text), clients, "{text}");
    }
    let open = host(&format!(
        "ErrorDocument 403 /a\n{}",
        every_path("Require all granted")
    ));
    assert_eq!(admitted(&open), "everyone");
}

#[test]
fn the_main_server_of_apache_is_a_site_where_it_listens_and_no_virtual_host_does() {
    let names = |main: &str, address: &str| {
        let text = format!(
            "ServerName main\n{main}\n<VirtualHost {address}>\nServerName host\nSSLEngine on\n</VirtualHost>\n"
        );
        let found = sites(&text, &[]).into_iter();
        found.map(|site| site.name).collect::<Vec<_>>()
    };
    for (listens, address) in [
        (
            "Listen 127.0.0.1:443\nListen 127.0.0.1:444",
            "127.0.0.1:443",
        ),
        ("Listen 443\nListen 444", "*:443"),
        ("Listen 443", "127.0.0.1:443"),
        ("Listen 127.0.0.1:443", "127.0.0.2:443 127.0.0.1:444"),
        ("Listen [::1]:443 https", "[::2]:443"),
        ("", "127.0.0.1:443"),
    ] {
        let main = format!("SSLEngine on\n{listens}");
        assert_eq!(names(&main, address), ["host", "main"], "{main}, {address}");
        assert_eq!(names(listens, address), ["host"], "{listens}, {address}");
    }
    for (listens, address) in [
        ("Listen 443", "*:443"),
        ("Listen 443 https", "_default_:443"),
        ("Listen 127.0.0.1:443\nListen 444", "*"),
        ("Listen 443\nListen 444", "*:443 *:444"),
        ("Listen 127.0.0.1:443", "127.0.0.1:443"),
        ("Listen [::1]:443", "[::1]:*"),
        ("Listen ${PORT}", "*:${PORT}"),
        ("", "*:443"),
    ] {
        let main = format!("SSLEngine on\n{listens}");
        assert_eq!(names(&main, address), ["host"], "{main}, {address}");
    }
    // A host that may not be there covers nothing.
    let text = "Listen 443\nSSLEngine on\n<IfDefine A>\n<VirtualHost *:443>\nSSLEngine off\n</VirtualHost>\n</IfDefine>\n";
    let found = sites(text, &[]);
    let found: Vec<&str> = found.iter().map(|site| site.name.as_str()).collect();
    assert_eq!(found, ["virtual host", "main server"]);
}

#[test]
fn an_apache_version_without_a_sign_replaces_all_before_it() {
    for (list, expected) in [
        ("TLSv1.2 TLSv1.3", &["TLSv1.3"][..]),
        ("all TLSv1.2", &["TLSv1.2"]),
        ("-all +TLSv1.2 +TLSv1.3", &["TLSv1.2", "TLSv1.3"]),
        ("all -SSLv2 -TLSv1 -TLSv1.1", &["TLSv1.2", "TLSv1.3"]),
        ("TLSv1.2 +TLSv1.3", &["TLSv1.2", "TLSv1.3"]),
    ] {
        let site = sites(&host(&format!("SSLProtocol {list}")), &[]).remove(0);
        assert_eq!(site.versions.as_deref().unwrap(), expected, "{list}");
        assert!(unexamined(&site).is_empty(), "{list}");
    }
    let site = sites(&host("SSLProtocol TLSv1.2 ${MORE}"), &[]).remove(0);
    let setting = (UnexaminedKind::Setting, "SSLProtocol TLSv1.2 ${MORE}");
    assert_eq!(unexamined(&site), [setting]);
}

#[test]
fn debians_main_configuration_is_apaches() {
    let main =
        "Mutex file:${APACHE_LOCK_DIR} default\nUser ${APACHE_RUN_USER}\nIncludeOptional sites\n";
    let site = "<VirtualHost *:443>\nSSLEngine on\n</VirtualHost>\n";
    assert_eq!(sites(main, &[("sites", site)]).len(), 1);
}

#[test]
fn a_section_for_the_versions_of_apache_that_are_read_holds() {
    let protocol = |section: &str| {
        let host = format!(
            "<VirtualHost *:443>\nSSLEngine on\n<{section}>\nSSLProtocol TLSv1.2\n</IfVersion>\n</VirtualHost>\n"
        );
        sites(&host, &[]).remove(0).versions
    };
    let known = Some(vec!["TLSv1.2".to_owned()]);
    assert_eq!(protocol("IfVersion >= 2.4"), known);
    assert_eq!(protocol("IfVersion < 2.4"), None);
}

#[test]
fn a_virtual_host_of_apache_is_a_site_where_its_address_has_the_protocol_https() {
    let found = |listen: &str, address: &str, engine: &str| {
        let text = format!(
            "{listen}\n<VirtualHost {address}>\n{engine}\n</VirtualHost>\nSSLProtocol all\n"
        );
        sites(&text, &[]).len()
    };
    for (listen, address) in [
        ("Listen 8443 https", "*:8443"),
        ("Listen 8443 HTTPS", "_default_:8443"),
        ("Listen 443", "*:443"),
        ("Listen 127.0.0.1:443", "127.0.0.1:443"),
        ("Listen 80\nListen [::1]:8443 https", "[::1]:80 [::1]:8443"),
    ] {
        assert_eq!(found(listen, address, ""), 1, "{listen}, {address}");
        assert_eq!(
            found(listen, address, "SSLEngine off"),
            0,
            "{listen}, {address}"
        );
    }
    for (listen, address) in [
        ("Listen 8443", "*:8443"),
        ("Listen 443 http", "*:443"),
        ("Listen 8443 https", "127.0.0.1:8443"),
        ("Listen 127.0.0.1:8443 https", "*:8443"),
        ("Listen 8443 https", "*:9443"),
        ("", "*:443"),
    ] {
        assert_eq!(found(listen, address, ""), 0, "{listen}, {address}");
    }
}

#[test]
fn a_virtual_host_of_apache_with_optional_tls_is_a_site_and_that_is_kept() {
    let text = "<VirtualHost *:443>\nSSLEngine optional\n</VirtualHost>\n";
    let [site] = &sites(text, &[])[..] else {
        panic!("no site");
    };
    assert_eq!(
        unexamined(site),
        [(UnexaminedKind::Setting, "SSLEngine optional")]
    );
}

#[test]
fn what_a_condition_may_set_is_kept_as_that() {
    let site = |inside: &str| {
        let text = format!(
            "<VirtualHost *:443>\nSSLEngine on\n<IfDefine A>\n{inside}\n</IfDefine>\n</VirtualHost>\n"
        );
        sites(&text, &[]).remove(0)
    };
    assert_eq!(site("").may_be_set, []);
    assert_eq!(
        site("SSLProtocol -all +TLSv1.2").may_be_set,
        [SiteSetting::Versions]
    );
    assert_eq!(
        site("SSLCARevocationPath /crls").may_be_set,
        [SiteSetting::Crls]
    );
    assert_eq!(
        site("SSLCertificateFile a.pem").may_be_set,
        [SiteSetting::Chain, SiteSetting::Key]
    );
    let depth = |inside: &str| site(inside).depth;
    assert_eq!((depth(""), depth("SSLVerifyDepth 3")), (Some(1), None));
}

#[test]
fn of_several_files_of_one_level_apache_takes_the_last() {
    type Files = fn(&Site) -> Vec<String>;
    let of: [(&str, Files); 7] = [
        ("SSLCACertificateFile", |site| site_paths(&site.trust)),
        ("SSLCACertificatePath", |site| site_paths(&site.trust)),
        ("SSLCARevocationFile", |site| site_paths(&site.crls)),
        ("SSLCARevocationPath", |site| site_paths(&site.crls)),
        ("SSLCertificateChainFile", |site| site_paths(&site.issuers)),
        ("SSLCADNRequestFile", |site| {
            site_paths(site.named.as_deref().unwrap_or_default())
        }),
        ("SSLCADNRequestPath", |site| {
            site_paths(site.named.as_deref().unwrap_or_default())
        }),
    ];
    for (name, files) in of {
        let main = format!("{name} main\n");
        let own = host(&format!("{name} first\n{name} last"));
        assert_eq!(files(&sites(&own, &[])[0]), ["last"], "{name}");
        assert_eq!(files(&sites(&(main.clone() + &own), &[])[0]), ["last"]);
        assert_eq!(files(&sites(&(main + &host("")), &[])[0]), ["main"]);
    }
    let both = host("SSLCACertificateFile file\nSSLCACertificatePath folder");
    assert_eq!(site_paths(&sites(&both, &[])[0].trust), ["file", "folder"]);
}

fn site_paths(files: &[NamedFile]) -> Vec<String> {
    files.iter().map(|one| one.path.clone()).collect()
}

#[test]
fn certificates_and_keys_of_apache_add_up_and_a_hosts_replace_as_many_of_the_main_servers() {
    let main = "SSLCertificateFile m1\nSSLCertificateFile m2\nSSLCertificateKeyFile k1\nSSLCertificateKeyFile k2\n";
    let found = |inner: &str| {
        let site = sites(&format!("{main}{}", host(inner)), &[]).remove(0);
        (site_paths(&site.chains), site_paths(&site.keys))
    };
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|one| (*one).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(""), (names(&["m1", "m2"]), names(&["k1", "k2"])));
    let one = "SSLCertificateFile a\nSSLCertificateKeyFile b";
    assert_eq!(found(one), (names(&["a", "m2"]), names(&["b", "k2"])));
    let three = "SSLCertificateFile a\nSSLCertificateFile b\nSSLCertificateFile c";
    assert_eq!(
        found(three),
        (names(&["a", "b", "c"]), names(&["k1", "k2"]))
    );
}

#[test]
fn the_first_virtual_host_of_an_address_of_apache_decides_whether_it_speaks_tls() {
    let plain = |address: &str, inner: &str| {
        format!("<VirtualHost {address}>\nServerName first\n{inner}\n</VirtualHost>\n")
    };
    let found = |text: &str| {
        let site = sites(text, &[]).pop().unwrap();
        let first = site.plain.first().map(|one| one.first.clone());
        (first, !unexamined(&site).is_empty())
    };
    let certain = (Some("first".to_owned()), false);
    let (possible, none) = ((None, true), (None, false));
    let tls = host("ServerName last");
    for (before, expected) in [
        (plain("*:443", "SSLEngine off"), &certain),
        (plain("*:443", ""), &certain),
        (plain("_default_:443", ""), &certain),
        (plain("10.0.0.1:443 *:443", ""), &certain),
        (plain("*:80", ""), &none),
        (plain("10.0.0.1:443", ""), &none),
        (plain("*", ""), &none),
        (plain("*:443", "SSLEngine on"), &none),
        // The first decides, and so the second does not.
        (
            plain("*:443", "SSLEngine on") + &plain("*:443", "SSLEngine off"),
            &none,
        ),
        ("Listen 443\n".to_owned() + &plain("*:443", ""), &none),
        ("SSLEngine on\n".to_owned() + &plain("*:443", ""), &none),
        (plain("*:443", "SSLEngine optional"), &possible),
        (
            plain(
                "*:443",
                "SSLEngine on\n<IfDefine A>\nSSLEngine off\n</IfDefine>",
            ),
            &possible,
        ),
        (
            format!("<IfDefine A>\n{}</IfDefine>\n", plain("*:443", "")),
            &possible,
        ),
        (
            format!(
                "<IfDefine A>\n{}</IfDefine>\n",
                plain("*:443", "SSLEngine on")
            ),
            &possible,
        ),
    ] {
        let text = format!("{before}{tls}");
        assert_eq!(&found(&text), expected, "{text}");
        let text = format!("{}{before}", host("SSLEngine on"));
        let site = sites(&text, &[]).remove(0);
        assert_eq!(site.plain, [], "{text}");
    }
}

#[test]
fn what_apache_undefines_is_not_put_in_and_no_case_counts() {
    let clients = |before: &str, value: &str| {
        let text = format!("{before}\n{}", host(&format!("SSLVerifyClient {value}")));
        sites(&text, &[]).remove(0).clients
    };
    for (before, value, expected) in [
        ("Define V require", "${V}", ClientCheck::Required),
        (
            "Define V none\nDefine v require",
            "${V}",
            ClientCheck::Required,
        ),
        ("Define V require\nUnDefine V", "${V}", ClientCheck::Unclear),
        ("Define V require\nUnDefine v", "${V}", ClientCheck::Unclear),
        (
            "Define V require\n<IfDefine A>\nUnDefine V\n</IfDefine>",
            "${V}",
            ClientCheck::Unclear,
        ),
        // It has no value, and the one that it had stays.
        ("Define V", "${V}", ClientCheck::Unclear),
        ("Define V require\nDefine V", "${V}", ClientCheck::Required),
    ] {
        assert_eq!(clients(before, value), expected, "{before}");
    }
}
