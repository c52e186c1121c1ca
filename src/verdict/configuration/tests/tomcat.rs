//! What of Tomcat's connectors and valves is understood, and what is kept because it is not.

use super::{ClientAdmission, ClientCheck, Site, UnexaminedKind, sites, unexamined};

const TLS: &str = r#"port="1" SSLEnabled="true""#;

/// A server with a connector and a rewrite valve, whose rules admit one client.
fn server(connector: &str, valve: &str) -> Vec<Site> {
    const RULES: &str =
        "RewriteCond %{SSL:SSL_CLIENT_SAN_DNS_0} !^a\\.nhs\\.uk$ [NC]\nRewriteRule .* - [F]\n";
    let text = format!(
        r#"<Server ><Service >{connector}<Engine name="E"><Host name="h">
        <Valve {valve}/></Host></Engine></Service></Server>"#
    );
    sites(&text, &[("E/h/rewrite.config", RULES)])
}

fn site(connector: &str, host: &str) -> Site {
    let connector = format!("<Connector {connector}><SSLHostConfig {host}</Connector>");
    server(&connector, "").remove(0)
}

#[test]
fn a_rewrite_valve_of_tomcat_restricts_only_if_it_is_on_and_as_it_comes() {
    const CLASS: &str = "org.apache.catalina.valves.rewrite.RewriteValve";
    let connector = format!("<Connector {TLS}><SSLHostConfig/></Connector>");
    for (valve, is_named, is_unclear) in [
        (format!("className=\"{CLASS}\""), true, false),
        (
            format!("className=\"{CLASS}\" enabled=\"True\""),
            true,
            false,
        ),
        (
            format!("className=\"{CLASS}\" enabled=\"false\""),
            false,
            false,
        ),
        (format!("className=\"{CLASS}\" enabled=\"\""), false, false),
        (
            format!("className=\"{CLASS}\" enabled=\"${{on}}\""),
            false,
            true,
        ),
        (
            format!("className=\"{CLASS}\" asyncSupported=\"true\""),
            false,
            true,
        ),
        (
            "className=\"com.example.RewriteValve\"".to_owned(),
            false,
            true,
        ),
    ] {
        let found = server(&connector, &valve).remove(0);
        let named = matches!(found.admission, ClientAdmission::Restricted { .. });
        assert_eq!(named, is_named, "{valve}");
        let unclear = found.admission == ClientAdmission::Unclear;
        assert_eq!(unclear, is_unclear, "{valve}");
    }
}

#[test]
fn a_trust_manager_of_its_own_leaves_open_whether_tomcat_verifies_clients() {
    let required = "certificateVerification=\"required\"";
    let own = "trustManagerClassName=\"TrustAll\"";
    let found = site(TLS, &format!("{required} {own}/>"));
    assert_eq!(found.clients, ClientCheck::Unclear);
    assert_eq!(unexamined(&found), [(UnexaminedKind::Setting, own)]);
    let commands =
        "<OpenSSLConf><OpenSSLConfCmd name=\"VerifyMode\" value=\"Peer\"/></OpenSSLConf>";
    let found = site(TLS, &format!("{required}>{commands}</SSLHostConfig>"));
    assert_eq!(found.clients, ClientCheck::Unclear);
    assert_eq!(unexamined(&found), [(UnexaminedKind::Setting, commands)]);
    let found = site(TLS, &format!("{required}/>"));
    assert_eq!(found.clients, ClientCheck::Required);
}

#[test]
fn a_setting_of_tomcats_tls_that_is_not_known_is_kept_without_a_password() {
    let found = site(
        TLS,
        r#"hostName="a" truststoreAlgorithm="SunX509" certificateKeystorePassword="secret">
        <Certificate type="RSA" certificateKeyAlias="a" certificateKeystoreTypo="b"/></SSLHostConfig>"#,
    );
    assert_eq!(
        unexamined(&found),
        [
            (UnexaminedKind::Setting, "truststoreAlgorithm=\"SunX509\""),
            (UnexaminedKind::Setting, "certificateKeystorePassword=\"…\""),
            (UnexaminedKind::Setting, "certificateKeystoreTypo=\"b\""),
        ]
    );
}

#[test]
fn a_tomcat_connector_without_sslenabled_is_not_said_to_verify_clients() {
    let required = "certificateVerification=\"required\"/>";
    for (connector, setting) in [
        (r#"port="1""#, r#"Connector port="1" without SSLEnabled"#),
        (
            r#"port="1" SSLEnabled="yes""#,
            r#"Connector port="1" SSLEnabled="yes""#,
        ),
    ] {
        let found = site(connector, required);
        assert_eq!(found.clients, ClientCheck::Unclear);
        assert_eq!(unexamined(&found), [(UnexaminedKind::Setting, setting)]);
    }
    assert!(unexamined(&site(TLS, required)).is_empty());
}

#[test]
fn a_tomcat_connector_that_has_the_settings_of_tls_itself_is_a_site() {
    let old = r#"<Connector port="2" SSLEnabled="true" clientAuth="true" keystoreFile="k.p12" keystorePass="secret"
        truststoreFile="t.p12" sslEnabledProtocols="TLSv1.2"/><Connector port="3"/>"#;
    let found = server(old, "");
    let [site] = found.as_slice() else {
        panic!("{} sites", found.len());
    };
    assert_eq!(site.name, "connector on port 2");
    assert_eq!(site.clients, ClientCheck::Unclear);
    let setting = r#"SSLEnabled="true" clientAuth="true""#;
    assert_eq!(unexamined(site), [(UnexaminedKind::Setting, setting)]);
    assert_eq!(site.keys[0].path, "k.p12");
    assert_eq!(site.keys[0].password.as_deref(), Some("secret"));
    assert_eq!(site.trust[0].path, "t.p12");
    assert_eq!(site.versions.as_deref(), Some(&["TLSv1.2".to_owned()][..]));
}

#[test]
fn tomcats_file_of_cas_counts_with_openssl_and_without_a_trust_store_only() {
    const CAS: &str = "caCertificateFile=\"ca.pem\"";
    const OPENSSL: &str =
        "sslImplementationName=\"org.apache.tomcat.util.net.openssl.OpenSSLImplementation\"";
    const JSSE: &str =
        "sslImplementationName=\"org.apache.tomcat.util.net.jsse.JSSEImplementation\"";
    const LISTENER: &str =
        "<Listener className=\"org.apache.catalina.core.AprLifecycleListener\"/>";
    let both = format!("truststoreFile=\"t.p12\" {CAS}");
    for (listener, connector, host, trust, is_known) in [
        ("", "", CAS, &[][..], true),
        ("", JSSE, CAS, &[], true),
        (LISTENER, JSSE, CAS, &[], true),
        ("", OPENSSL, CAS, &["ca.pem"], true),
        (
            "",
            "protocol=\"org.apache.coyote.http11.Http11AprProtocol\"",
            CAS,
            &["ca.pem"],
            true,
        ),
        // Whether Tomcat Native is installed decides.
        (LISTENER, "", CAS, &[], false),
        ("", "", &both, &["t.p12"], true),
        (LISTENER, "", &both, &["t.p12"], true),
        ("", OPENSSL, &both, &["t.p12"], true),
    ] {
        let text =
            format!("{listener}<Connector {TLS} {connector}><SSLHostConfig {host}/></Connector>");
        let found = server(&text, "").remove(0);
        let paths: Vec<&str> = found.trust.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(paths, trust, "{text}");
        assert_eq!(unexamined(&found).is_empty(), is_known, "{text}");
        assert_eq!(found.may_be_set.is_empty(), is_known, "{text}");
    }
    // Part of a configuration does not show the listeners.
    let part = format!("<Connector {TLS}><SSLHostConfig {CAS}/></Connector>");
    assert!(!unexamined(&sites(&part, &[])[0]).is_empty());
    let own = "sslImplementationName=\"com.example.Tls\"";
    let found = site(
        &format!("{TLS} {own}"),
        "certificateVerification=\"required\"/>",
    );
    assert_eq!(unexamined(&found), [(UnexaminedKind::Setting, own)]);
    assert_eq!(found.clients, ClientCheck::Unclear);
}

#[test]
fn every_value_of_tomcats_for_the_verification_of_clients_is_known() {
    for (value, clients) in [
        ("required", ClientCheck::Required),
        ("require", ClientCheck::Required),
        ("TRUE", ClientCheck::Required),
        ("yes", ClientCheck::Required),
        ("optional", ClientCheck::Optional),
        ("want", ClientCheck::Optional),
        ("optionalNoCA", ClientCheck::Unverified),
        ("optional_no_ca", ClientCheck::Unverified),
        ("none", ClientCheck::Off),
        ("false", ClientCheck::Off),
        ("no", ClientCheck::Off),
        ("perhaps", ClientCheck::Unclear),
    ] {
        let found = site(TLS, &format!("certificateVerification=\"{value}\"/>"));
        assert_eq!(found.clients, clients, "{value}");
    }
}

#[test]
fn tomcats_suites_of_tls_1_3_are_those_of_an_attribute_of_their_own() {
    let own = "cipherSuites=\"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256\"";
    let list = "ciphers=\"TLS_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\"";
    let thirteen = |host: &str| site(TLS, &format!("{host}/>")).tls13;
    assert_eq!(thirteen(list), None);
    let both = thirteen(&format!("{list} {own}")).unwrap();
    assert_eq!(both, ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"]);
}

#[test]
fn only_what_a_document_type_declares_is_put_in() {
    const REQUIRED: &str = "<!ENTITY v 'required'>";
    const NONE: &str = "<!ENTITY v 'none'>";
    let clients = |declared: &str| {
        let text = format!(
            "<!DOCTYPE Server {declared}>\n<Server ><Connector {TLS}><SSLHostConfig certificateVerification=\"&v;\"/></Connector></Server>"
        );
        let others = [
            ("required.ent", "<?xml version='1.0'?>required"),
            ("required.dtd", REQUIRED),
            ("default.dtd", "<!ATTLIST SSLHostConfig a CDATA 'b'>"),
        ];
        sites(&text, &others).first().map(|site| site.clients)
    };
    let own = |declared: &str| clients(&format!("[\n{declared}\n]"));
    for (declared, expected) in [
        (REQUIRED.to_owned(), Some(ClientCheck::Required)),
        (format!("<!-- {REQUIRED} -->{NONE}"), Some(ClientCheck::Off)),
        (format!("<?a {REQUIRED} ?>{NONE}"), Some(ClientCheck::Off)),
        (format!("<?a ' ?>{NONE}"), Some(ClientCheck::Off)),
        (format!("<!-- ' -->{NONE}"), Some(ClientCheck::Off)),
        // XML 1.0 section 4.2: the first counts.
        (format!("{REQUIRED}{NONE}"), Some(ClientCheck::Required)),
        // In another entity it is declared where that is named.
        (
            format!("<!ENTITY w \"{REQUIRED}\">{NONE}"),
            Some(ClientCheck::Off),
        ),
        (
            format!("<!ENTITY % p \"{REQUIRED}\">{NONE}"),
            Some(ClientCheck::Off),
        ),
        (
            format!("<!ENTITY % p \"{REQUIRED}\">%p;{NONE}"),
            Some(ClientCheck::Required),
        ),
        (
            format!("<!ENTITY % p \"{REQUIRED}\"> <!-- %p; -->{NONE}"),
            Some(ClientCheck::Off),
        ),
        (
            format!("<!ENTITY % p SYSTEM 'required.dtd'> %p; {NONE}"),
            Some(ClientCheck::Required),
        ),
        (
            "<!ENTITY v SYSTEM \"required.ent\">".to_owned(),
            Some(ClientCheck::Required),
        ),
        (
            "<!ENTITY v PUBLIC 'a' 'required.ent'>".to_owned(),
            Some(ClientCheck::Required),
        ),
        (
            format!("<!ELEMENT Server ANY><!NOTATION a SYSTEM '>'>{NONE}"),
            Some(ClientCheck::Off),
        ),
        // What these come to is not known.
        (
            format!("<!ENTITY % p SYSTEM 'missing.dtd'> %p; {NONE}"),
            Some(ClientCheck::Unclear),
        ),
        (
            "<!ENTITY v SYSTEM 'missing.ent'>".to_owned(),
            Some(ClientCheck::Unclear),
        ),
        (
            format!("<!ENTITY w SYSTEM 'missing.ent'>{NONE}"),
            Some(ClientCheck::Off),
        ),
        (
            format!("{NONE}<!ATTLIST Connector SSLEnabled CDATA 'true'>"),
            None,
        ),
        (format!("<!ENTITY % p '%p;'>%p;{NONE}"), None),
        (format!("{NONE}<!ENTITY w"), None),
    ] {
        assert_eq!(own(&declared), expected, "{declared}");
    }
    assert_eq!(
        clients("SYSTEM 'required.dtd'"),
        Some(ClientCheck::Required)
    );
    let both = format!("SYSTEM 'required.dtd' [{NONE}]");
    assert_eq!(clients(&both), Some(ClientCheck::Off));
    for (outside, expected) in [
        ("missing.dtd", Some(ClientCheck::Unclear)),
        ("default.dtd", None),
    ] {
        let found = clients(&format!("SYSTEM '{outside}' [{REQUIRED}]"));
        assert_eq!(found, expected, "{outside}");
    }
}

#[test]
fn a_connector_in_an_entity_that_was_not_read_is_a_site_of_which_nothing_is_known() {
    let text = r#"<?xml version="1.0"?>
<!DOCTYPE server-xml [
<!ENTITY ptl-cert SYSTEM "file:///etc/ptl-cert/connector.xml">]>
<Server port="-1"><Service name="Catalina">&ptl-cert;</Service></Server>"#;
    let found = sites(text, &[]);
    assert_eq!(found.len(), 1);
    let path = "/etc/ptl-cert/connector.xml";
    assert_eq!(unexamined(&found[0]), [(UnexaminedKind::Include, path)]);
    assert_eq!(found[0].line.number, 3);
    assert_eq!(found[0].clients, ClientCheck::Unclear);
    // One that nothing refers to, and one that was read and configures no TLS.
    assert!(sites(&text.replace("&ptl-cert;", ""), &[]).is_empty());
    assert!(sites(text, &[(path, "<Connector port=\"80\"/>")]).is_empty());
}

#[test]
fn the_key_in_a_key_store_of_tomcats_opens_with_its_own_password_or_with_the_stores() {
    let of = |found: &Site| {
        let store = &found.keys[0];
        (store.password.clone(), store.key_password.clone())
    };
    let some = |text: &str| Some(text.to_owned());
    for (settings, expected) in [
        (r#"certificateKeystorePassword="a""#, (some("a"), some("a"))),
        (
            r#"certificateKeystorePassword="a" certificateKeyPassword="b""#,
            (some("a"), some("b")),
        ),
        // What another file holds, or a property of the running server, is not known.
        (
            r#"certificateKeystorePassword="a" certificateKeyPasswordFile="f""#,
            (some("a"), None),
        ),
        (
            r#"certificateKeystorePassword="a" certificateKeyPassword="${b}""#,
            (some("a"), None),
        ),
        (
            r#"certificateKeystorePassword="${a}" certificateKeyPassword="b""#,
            (some("${a}"), some("b")),
        ),
    ] {
        let inner =
            format!(r#"><Certificate certificateKeystoreFile="k" {settings}/></SSLHostConfig>"#);
        assert_eq!(of(&site(TLS, &inner)), expected, "{settings}");
    }
    let old =
        r#"<Connector port="2" SSLEnabled="true" keystoreFile="k" keystorePass="a" keyPass="b"/>"#;
    assert_eq!(of(&server(old, "")[0]), (some("a"), some("b")));
}
