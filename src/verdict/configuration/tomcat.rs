//! Tomcat: connectors of `server.xml`, and the rules of its rewrite valve.

use roxmltree::{Document, Node, ParsingOptions};

use super::{ClientAdmission, ClientCheck, CrlCheck, Includes, Line, NamedFile, Site, Text};
use crate::verdict::plan::Server;

pub(super) fn sites(text: &Text, includes: &Includes<'_>) -> Vec<Site> {
    let whole = with_entities(text, includes);
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let Ok(document) = Document::parse_with_options(&whole, options) else {
        return Vec::new();
    };
    let has_valve = document.descendants().any(|node| {
        node.has_tag_name("Valve") && attribute(&node, "className").contains("RewriteValve")
    });
    let is_whole = document
        .descendants()
        .any(|node| node.has_tag_name("Engine"));
    let rules: Vec<Text> = ["Catalina/localhost/rewrite.config", "rewrite.config"]
        .iter()
        .flat_map(|name| includes(&text.file, name))
        .take(1)
        .collect();
    // A connector alone says nothing about the host that has the valve.
    let admission = match rules.first() {
        Some(rules) if has_valve || !is_whole => admission(&rules.text),
        _ => ClientAdmission::Everyone,
    };
    let mut sites = Vec::new();
    for connector in document
        .descendants()
        .filter(|node| node.has_tag_name("Connector"))
    {
        for host in connector
            .children()
            .filter(|node| node.has_tag_name("SSLHostConfig"))
        {
            let line = Line {
                file: text.file.clone(),
                number: line_of(&text.text, &whole, &connector),
            };
            let mut site = site(&connector, &host, line);
            site.admission = admission.clone();
            sites.push(site);
        }
    }
    sites
}

fn attribute<'a>(node: &Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_default()
}

/// The line in the file; that of the whole text where an entity was put in before it.
fn line_of(own: &str, whole: &str, node: &Node<'_, '_>) -> usize {
    let at = node.range().start;
    let text = match own == whole {
        true => own,
        false => whole,
    };
    1 + text
        .get(..at)
        .map_or(0, |before| before.matches('\n').count())
}

fn site(connector: &Node<'_, '_>, host: &Node<'_, '_>, line: Line) -> Site {
    let name = format!("connector on port {}", attribute(connector, "port"));
    let mut site = Site::new(Server::Java, name, line.clone());
    let named = |path: &str, password: &str| NamedFile {
        path: path.to_owned(),
        line: line.clone(),
        password: (!password.is_empty()).then(|| password.to_owned()),
    };
    for certificate in host
        .children()
        .filter(|node| node.has_tag_name("Certificate"))
    {
        let store = attribute(&certificate, "certificateKeystoreFile");
        let password = attribute(&certificate, "certificateKeystorePassword");
        if !store.is_empty() {
            site.chains.push(named(store, password));
            site.keys.push(named(store, password));
        }
        for name in ["certificateFile", "certificateChainFile"] {
            let file = attribute(&certificate, name);
            if !file.is_empty() {
                site.chains.push(named(file, ""));
            }
        }
        let key = attribute(&certificate, "certificateKeyFile");
        if !key.is_empty() {
            site.keys.push(named(
                key,
                attribute(&certificate, "certificateKeyPassword"),
            ));
        }
    }
    let trust = attribute(host, "truststoreFile");
    if !trust.is_empty() {
        site.trust
            .push(named(trust, attribute(host, "truststorePassword")));
    }
    let trust = attribute(host, "caCertificateFile");
    if !trust.is_empty() {
        site.trust.push(named(trust, ""));
    }
    let crls = attribute(host, "certificateRevocationListFile");
    if !crls.is_empty() {
        site.crls.push(named(crls, ""));
    }
    site.clients = match attribute(host, "certificateVerification")
        .to_ascii_lowercase()
        .as_str()
    {
        "required" | "true" | "yes" => ClientCheck::Required,
        "optional" | "want" | "optionalnoca" => ClientCheck::Optional,
        _ => ClientCheck::Off,
    };
    // With a file of CRLs, Tomcat checks whatever else is said.
    let enabled = attribute(host, "revocationEnabled").eq_ignore_ascii_case("true");
    site.crl_check = match enabled || !site.crls.is_empty() {
        true => CrlCheck::Chain,
        false => CrlCheck::Off,
    };
    site.depth = Some(
        attribute(host, "certificateVerificationDepth")
            .parse()
            .unwrap_or(10),
    );
    let versions = attribute(host, "protocols");
    if !versions.is_empty() {
        let split = versions.split(['+', ',']).map(str::trim);
        site.versions = Some(
            split
                .filter(|one| !one.is_empty())
                .map(str::to_owned)
                .collect(),
        );
    }
    let suites = attribute(host, "ciphers");
    if !suites.is_empty() {
        let list: Vec<String> = suites
            .split([',', ':'])
            .map(|one| one.trim().to_owned())
            .filter(|one| !one.is_empty())
            .collect();
        site.suites = Some(list);
    }
    let thirteen = attribute(host, "cipherSuites");
    if !thirteen.is_empty() {
        site.tls13 = Some(
            thirteen
                .split([',', ':'])
                .map(|one| one.trim().to_owned())
                .collect(),
        );
    }
    site
}

fn admission(rules: &str) -> ClientAdmission {
    let lines = || {
        rules
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with('#'))
    };
    let texts: Vec<String> = lines()
        .filter(|line| {
            line.starts_with("RewriteCond")
                && (line.contains("SSL_CLIENT_S_DN") || line.contains("SSL_CLIENT_SAN_DNS"))
        })
        .map(str::to_owned)
        .collect();
    let forbids = lines().any(|line| line.starts_with("RewriteRule") && line.contains("[F"));
    match forbids && !texts.is_empty() {
        true => ClientAdmission::Restricted { texts },
        false => ClientAdmission::Everyone,
    }
}

/// The text with external entities put in: `roxmltree` reads no file.
fn with_entities(text: &Text, includes: &Includes<'_>) -> String {
    let mut whole = text.text.clone();
    let mut entities: Vec<(String, String)> = Vec::new();
    for declaration in text.text.split("<!ENTITY").skip(1) {
        let declaration = declaration.split('>').next().unwrap_or_default();
        let mut words = declaration.split_whitespace();
        let (Some(name), Some("SYSTEM"), Some(place)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let path = place
            .trim_matches(['"', '\''])
            .trim_start_matches("file://");
        if let Some(found) = includes(&text.file, path).into_iter().next() {
            entities.push((name.to_owned(), found.text));
        }
    }
    if entities.is_empty() {
        return whole;
    }
    if let Some(start) = whole.find("<!DOCTYPE")
        && let Some(length) = whole.get(start..).and_then(|rest| rest.find("]>"))
    {
        whole.replace_range(start..start + length + 2, "");
    }
    for (name, value) in entities {
        whole = whole.replace(&format!("&{name};"), &value);
    }
    whole
}
