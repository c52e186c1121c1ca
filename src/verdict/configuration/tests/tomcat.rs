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
