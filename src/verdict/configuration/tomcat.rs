//! Tomcat: connectors of `server.xml`, and the rules of its rewrite valve.

use std::collections::HashMap;

use roxmltree::{Document, Node, ParsingOptions};

use super::examine::openssl_list;
use super::patterns::{of_subject, whole};
use super::{
    Admitted, ClientCheck, ConfiguredFormat, CrlCheck, INCLUDE_DEPTH, Line, NamedFile, Reader,
    Site, SiteSetting, Text, TooLarge, UnexaminedKind, WORDS_LIMIT,
};
use crate::verdict::plan::Server;

pub(super) fn sites(text: &Text, reader: &Reader<'_>) -> Vec<Site> {
    let Some(whole) = reader.within(text, || with_entities(text, reader)) else {
        return Vec::new();
    };
    let options = ParsingOptions {
        nodes_limit: u32::try_from(WORDS_LIMIT).unwrap_or(u32::MAX),
        ..ParsingOptions::default()
    };
    let document = match Document::parse_with_options(&whole, options) {
        Ok(document) => document,
        Err(roxmltree::Error::NodesLimitReached) => {
            reader.budget.over(TooLarge::Words);
            return Vec::new();
        }
        Err(_) => return Vec::new(),
    };
    let lines: Vec<usize> = whole.match_indices('\n').map(|(at, _)| at).collect();
    let admission = admission(&document, text, &lines, reader);
    let mut sites = Vec::new();
    for connector in document
        .descendants()
        .filter(|node| node.has_tag_name("Connector"))
    {
        let line = Line {
            file: text.file.clone(),
            number: number(&lines, &connector),
        };
        let is_tls = attribute(&connector, "SSLEnabled").eq_ignore_ascii_case("true");
        let mut hosts = connector
            .children()
            .filter(|node| node.has_tag_name("SSLHostConfig"))
            .map(Some)
            .peekable();
        let own = (is_tls && hosts.peek().is_none()).then_some(None);
        for host in hosts.chain(own) {
            let mut site = site(&Part { connector, host }, &line);
            if !is_tls {
                doubt(&mut site, &without_tls(&connector), &line);
            }
            site.admit(&admission);
            reader.keep(site, &mut sites);
            if reader.budget.spent().is_some() {
                return sites;
            }
        }
    }
    sites
}

/// The line of an element, that of the whole text where an entity was put in before it.
fn number(lines: &[usize], node: &Node<'_, '_>) -> usize {
    1 + lines.partition_point(|end| *end < node.range().start)
}

fn attribute<'a>(node: &Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_default()
}

/// What a site is made of.
struct Part<'a, 'i> {
    connector: Node<'a, 'i>,
    /// `None` where the connector itself has the settings, as until Tomcat 9.
    host: Option<Node<'a, 'i>>,
}

impl<'a, 'i> Part<'a, 'i> {
    fn certificates(&self) -> Vec<Node<'a, 'i>> {
        match self.host {
            Some(host) => host
                .children()
                .filter(|node| node.has_tag_name("Certificate"))
                .collect(),
            None => vec![self.connector],
        }
    }

    fn setting(&self, name: &str) -> &'a str {
        self.of(self.host.as_ref().unwrap_or(&self.connector), name)
    }

    /// The password of a certificate's key store; empty where another file has it.
    fn store_password(&self, certificate: &Node<'a, 'i>) -> &'a str {
        let in_file = self.of(certificate, "certificateKeystorePasswordFile");
        match in_file.is_empty() {
            true => self.of(certificate, "certificateKeystorePassword"),
            false => "",
        }
    }

    /// The password of the key in a key store with this one, which is its own where a setting says so.
    fn key_password(&self, certificate: &Node<'a, 'i>, of_store: &str) -> Option<String> {
        let own = match self.host {
            Some(_) => self.of(certificate, "certificateKeyPassword"),
            None => attribute(certificate, "keyPass"),
        };
        let in_file = self.of(certificate, "certificateKeyPasswordFile");
        let password = match own.is_empty() {
            true => of_store,
            false => own,
        };
        let is_known = in_file.is_empty() && !password.is_empty() && !password.contains("${");
        is_known.then(|| password.to_owned())
    }

    /// A setting of a node of it.
    fn of(&self, node: &Node<'a, 'i>, name: &str) -> &'a str {
        match self.host {
            Some(_) => attribute(node, name),
            None => old_name(name).map_or("", |name| attribute(node, name)),
        }
    }
}

/// What an attribute was called when the connector had it (Tomcat 8.0's documentation, "The HTTP Connector").
fn old_name(name: &str) -> Option<&'static str> {
    const OLD: [(&str, &str); 13] = [
        ("certificateVerificationDepth", "trustMaxCertLength"),
        ("protocols", "sslEnabledProtocols"),
        ("ciphers", "ciphers"),
        ("truststoreFile", "truststoreFile"),
        ("truststorePassword", "truststorePass"),
        ("certificateRevocationListFile", "crlFile"),
        ("certificateKeystoreFile", "keystoreFile"),
        ("certificateKeystorePassword", "keystorePass"),
        ("certificateFile", "SSLCertificateFile"),
        ("certificateChainFile", "SSLCertificateChainFile"),
        ("certificateKeyFile", "SSLCertificateKeyFile"),
        ("certificateKeyPassword", "SSLPassword"),
        ("caCertificateFile", "SSLCACertificateFile"),
    ];
    let found = OLD.iter().find(|(known, _)| *known == name);
    found.map(|(_, old)| *old)
}

/// Keeps a setting on which it depends whether clients are verified.
fn doubt(site: &mut Site, setting: &str, line: &Line) {
    site.leave(UnexaminedKind::Setting, setting, line);
    if site.clients != ClientCheck::Off {
        site.clients = ClientCheck::Unclear;
    }
}

/// A connector that does not speak TLS, whatever is in it.
fn without_tls(connector: &Node<'_, '_>) -> String {
    let port = attribute(connector, "port");
    match connector.attribute("SSLEnabled") {
        Some(value) => format!("Connector port=\"{port}\" SSLEnabled=\"{value}\""),
        None => format!("Connector port=\"{port}\" without SSLEnabled"),
    }
}

/// Keeps what is not known of the settings of TLS.
fn leave_unknown(part: &Part<'_, '_>, site: &mut Site, line: &Line) {
    let Some(host) = part.host else {
        // Tomcat 10 does not start such a connector.
        site.clients = ClientCheck::Unclear;
        let set = ["SSLEnabled", "clientAuth", "SSLVerifyClient"]
            .iter()
            .filter_map(|name| Some(shown(name, part.connector.attribute(*name)?)))
            .collect::<Vec<_>>();
        site.leave(UnexaminedKind::Setting, &set.join(" "), line);
        return;
    };
    let named = attribute(&part.connector, IMPLEMENTATION);
    if !named.is_empty()
        && named != JSSE
        && !named.starts_with("org.apache.tomcat.util.net.openssl.")
    {
        doubt(site, &shown(IMPLEMENTATION, named), line);
    }
    for one in host.attributes() {
        let setting = shown(one.name(), one.value());
        match one.name() {
            "trustManagerClassName" => doubt(site, &setting, line),
            name if HOST_SETTINGS.contains(&name) => {}
            _ => site.leave(UnexaminedKind::Setting, &setting, line),
        }
    }
    for inner in host.children().filter(Node::is_element) {
        if !inner.has_tag_name("Certificate") {
            // Commands for OpenSSL, which may change how clients are verified.
            let text = inner.document().input_text().get(inner.range());
            doubt(site, text.unwrap_or_default(), line);
            continue;
        }
        for one in inner.attributes() {
            if !CERTIFICATE_SETTINGS.contains(&one.name()) {
                let setting = shown(one.name(), one.value());
                site.leave(UnexaminedKind::Setting, &setting, line);
            }
        }
    }
}

/// A setting as written, without a password.
fn shown(name: &str, value: &str) -> String {
    match name.to_ascii_lowercase().contains("pass") {
        true => format!("{name}=\"…\""),
        false => format!("{name}=\"{value}\""),
    }
}

/// The attributes of `SSLHostConfig` that are read, and those that change neither which clients are verified nor how
/// (Tomcat 10.1's documentation, "SSL Support - SSLHostConfig").
const HOST_SETTINGS: [&str; 21] = [
    "caCertificateFile",
    "certificateRevocationListFile",
    "certificateVerification",
    "certificateVerificationDepth",
    "cipherSuites",
    "ciphers",
    "disableCompression",
    "disableSessionTickets",
    "groups",
    "honorCipherOrder",
    "hostName",
    "insecureRenegotiation",
    "keyManagerAlgorithm",
    "protocols",
    "revocationEnabled",
    "sessionCacheSize",
    "sessionTimeout",
    "sslProtocol",
    "truststoreFile",
    "truststorePassword",
    "truststoreType",
];

/// The attributes of `Certificate` ("SSL Support - Certificate"), all of which are about the server's own.
const CERTIFICATE_SETTINGS: [&str; 12] = [
    "certificateChainFile",
    "certificateFile",
    "certificateKeyAlias",
    "certificateKeyFile",
    "certificateKeyPassword",
    "certificateKeyPasswordFile",
    "certificateKeystoreFile",
    "certificateKeystorePassword",
    "certificateKeystorePasswordFile",
    "certificateKeystoreProvider",
    "certificateKeystoreType",
    "type",
];

fn site(part: &Part<'_, '_>, line: &Line) -> Site {
    let name = format!("connector on port {}", attribute(&part.connector, "port"));
    let mut site = Site::new(Server::Java, &name, line.clone());
    let named = |path: &str, password: &str| NamedFile {
        password: (!password.is_empty()).then(|| password.to_owned()),
        ..NamedFile::new(path, line)
    };
    let store = |path: &str, password: &str, kind: &str| NamedFile {
        // `KeyStore` reads either of its own types under the name of the other.
        format: match kind.to_ascii_uppercase().as_str() {
            "" | "JKS" | "PKCS12" => ConfiguredFormat::KeyStore,
            _ => ConfiguredFormat::Other,
        },
        ..named(path, password)
    };
    for certificate in part.certificates() {
        let keystore = part.of(&certificate, "certificateKeystoreFile");
        if !keystore.is_empty() {
            let kind = part.of(&certificate, "certificateKeystoreType");
            let password = part.store_password(&certificate);
            let keystore = NamedFile {
                key_password: part.key_password(&certificate, password),
                ..store(keystore, password, kind)
            };
            site.chains.push(keystore.clone());
            site.keys.push(keystore);
        }
        let files = &mut site.chains;
        for (name, files) in [
            ("certificateFile", files),
            ("certificateChainFile", &mut site.issuers),
        ] {
            let file = part.of(&certificate, name);
            if !file.is_empty() {
                files.push(named(file, ""));
            }
        }
        let key = part.of(&certificate, "certificateKeyFile");
        if !key.is_empty() {
            let password = part.of(&certificate, "certificateKeyPassword");
            site.keys.push(named(key, password));
        }
    }
    let trust = part.setting("truststoreFile");
    let cas = part.setting("caCertificateFile");
    if !trust.is_empty() {
        // With a trust store, the file of CAs is ignored (run with Tomcat 10.1).
        let password = part.setting("truststorePassword");
        site.trust
            .push(store(trust, password, part.setting("truststoreType")));
    } else if !cas.is_empty() {
        match library(part) {
            Library::OpenSsl => site.trust.push(named(cas, "")),
            // Java ignores the file and trusts the CAs of its installation.
            Library::Java => {}
            Library::Either => {
                site.may_be_set.push(SiteSetting::Trust);
                let setting = shown("caCertificateFile", cas);
                site.leave(UnexaminedKind::Setting, &setting, line);
            }
        }
    }
    let crls = part.setting("certificateRevocationListFile");
    if !crls.is_empty() {
        site.crls.push(named(crls, ""));
    }
    site.clients = match part
        .setting("certificateVerification")
        .to_ascii_lowercase()
        .as_str()
    {
        "required" | "require" | "true" | "yes" => ClientCheck::Required,
        "optional" | "want" => ClientCheck::Optional,
        "optionalnoca" | "optional_no_ca" => ClientCheck::Unverified,
        "" | "none" | "false" | "no" => ClientCheck::Off,
        _ => ClientCheck::Unclear,
    };
    if site.clients == ClientCheck::Unclear {
        let value = part.setting("certificateVerification");
        let setting = format!("certificateVerification=\"{value}\"");
        site.leave(UnexaminedKind::Setting, &setting, line);
    }
    // With a file of CRLs, Tomcat checks whatever else is said.
    let enabled = part
        .setting("revocationEnabled")
        .eq_ignore_ascii_case("true");
    site.crl_check = match enabled || !site.crls.is_empty() {
        true => CrlCheck::Chain,
        false => CrlCheck::Off,
    };
    // A chain ends at the first CA that is trusted: the sub CAs of the trust store need no depth.
    site.depth = None;
    let protocols = part.setting("protocols");
    if !protocols.is_empty() {
        site.versions = Some(versions(protocols));
    }
    let suites = part.setting("ciphers");
    let mut thirteen: Vec<String> = Vec::new();
    if !suites.is_empty() {
        let (list, _) = openssl_list(suites);
        // Versions that have `cipherSuites` add these to the default list of TLS 1.3 (run with Tomcat 10.1).
        if part.host.is_none() {
            let of_list = list.iter().filter(|one| is_thirteen(one));
            thirteen = of_list.cloned().collect();
        }
        site.suites = Some(list);
    }
    let own = part.setting("cipherSuites");
    if !own.is_empty() {
        thirteen = own
            .split([',', ':'])
            .map(|one| one.trim().to_owned())
            .collect();
    }
    site.tls13 = (!thirteen.is_empty()).then_some(thirteen);
    for name in ["protocols", "ciphers", "cipherSuites"] {
        let value = part.setting(name);
        if value.contains("${") {
            site.leave(
                UnexaminedKind::Setting,
                &format!("{name}=\"{value}\""),
                line,
            );
        }
    }
    leave_unknown(part, &mut site, line);
    site
}

/// What speaks TLS for a connector.
enum Library {
    Java,
    OpenSsl,
    /// Whether Tomcat finds OpenSSL decides.
    Either,
}

/// The library of a connector: OpenSSL where a setting says so, or a listener has loaded Tomcat Native and nothing says otherwise
/// (`Connector.initInternal`).
fn library(part: &Part<'_, '_>) -> Library {
    let named = attribute(&part.connector, IMPLEMENTATION);
    if named.contains("OpenSSLImplementation")
        || attribute(&part.connector, "protocol").contains("Apr")
    {
        return Library::OpenSsl;
    }
    // The connector of old settings may be any version's, and part of a configuration does not show the listeners.
    let document = part.connector.document();
    let is_whole = part.host.is_some() && document.root_element().has_tag_name("Server");
    let loads = |node: Node<'_, '_>| {
        let class = attribute(&node, "className");
        node.has_tag_name("Listener")
            && ["AprLifecycle", "OpenSSLLifecycle"]
                .iter()
                .any(|name| class.contains(name))
    };
    match named {
        "" if !is_whole || document.descendants().any(loads) => Library::Either,
        "" | JSSE => Library::Java,
        _ => Library::Either,
    }
}

/// The attribute of a connector that names what speaks TLS, and Java's own.
const IMPLEMENTATION: &str = "sslImplementationName";
const JSSE: &str = "org.apache.tomcat.util.net.jsse.JSSEImplementation";

/// Whether a suite is one of TLS 1.3: its name has no key exchange.
fn is_thirteen(suite: &str) -> bool {
    suite.starts_with("TLS_") && !suite.contains("_WITH_")
}

/// The versions of a list in which a plus sign adds and a minus sign removes (`SSLHostConfig`).
fn versions(list: &str) -> Vec<String> {
    const ALL: [&str; 4] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    let mut on: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut removes = false;
    for c in list.chars().chain([',']) {
        match c {
            '+' | '-' | ',' => {
                let name = std::mem::take(&mut word);
                let name = name.trim();
                let meant: Vec<String> = match name.eq_ignore_ascii_case("all") {
                    true => ALL.iter().map(|one| (*one).to_owned()).collect(),
                    false if name.is_empty() => Vec::new(),
                    false => vec![name.to_owned()],
                };
                for one in meant {
                    on.retain(|known| *known != one);
                    if !removes {
                        on.push(one);
                    }
                }
                if !name.is_empty() || c != ',' {
                    removes = c == '-';
                }
            }
            c => word.push(c),
        }
    }
    on
}

fn admission(
    document: &Document<'_>,
    text: &Text,
    lines: &[usize],
    reader: &Reader<'_>,
) -> Admitted {
    let unclear = |node: &Node<'_, '_>, what: String| {
        let line = Line {
            file: text.file.clone(),
            number: number(lines, node),
        };
        Admitted::Unclear(what, line)
    };
    let all = |name: &'static str| {
        document
            .descendants()
            .filter(move |one| one.has_tag_name(name))
    };
    let engine = all("Engine").next();
    let hosts: Vec<_> = all("Host").collect();
    let mut rewrites = all("Valve").filter(|one| {
        attribute(one, "className").contains("RewriteValve") && !is_switched_off(one)
    });
    let valve = rewrites.next();
    // A connector alone says nothing about the host that has the valve.
    let folder = match (engine, valve) {
        (None, _) => None,
        (Some(_), None) => {
            let other = all("Valve").find(|one| {
                ["SSLValve", "Authenticator", "SSLAuth"]
                    .iter()
                    .any(|name| attribute(one, "className").contains(name))
            });
            return match other {
                Some(valve) => unclear(&valve, attribute(&valve, "className").to_owned()),
                None => Admitted::Everyone,
            };
        }
        (Some(engine), Some(valve)) => {
            let within = valve.parent().filter(|one| one.has_tag_name("Host"));
            match (within, hosts.as_slice(), rewrites.next()) {
                _ if !is_usual(&valve) => return unclear(&valve, attributes(&valve)),
                (Some(host), [_], None) => {
                    Some((attribute(&engine, "name"), attribute(&host, "name")))
                }
                _ => return unclear(&valve, attribute(&valve, "className").to_owned()),
            }
        }
    };
    let beside = "rewrite.config".to_owned();
    let places = match folder {
        // What `export` writes is one folder.
        None => vec!["Catalina/localhost/rewrite.config".to_owned(), beside],
        Some((engine, host)) => vec![format!("{engine}/{host}/rewrite.config")],
    };
    let found = places
        .iter()
        .find_map(|name| reader.included(&text.file, name).into_iter().next());
    match found {
        Some(rules) => of_rules(&rules),
        None => Admitted::Everyone,
    }
}

fn attributes(node: &Node<'_, '_>) -> String {
    let all = node.attributes().map(|one| shown(one.name(), one.value()));
    all.collect::<Vec<_>>().join(" ")
}

/// Whether a valve is Tomcat's own with nothing set that is not understood.
fn is_usual(valve: &Node<'_, '_>) -> bool {
    const CLASS: &str = "org.apache.catalina.valves.rewrite.RewriteValve";
    valve.attributes().all(|one| match one.name() {
        "className" => one.value() == CLASS,
        "enabled" => one.value().eq_ignore_ascii_case("true"),
        _ => false,
    })
}

/// Whether a valve does nothing: every value but `true` is false, and a property's is not known.
fn is_switched_off(valve: &Node<'_, '_>) -> bool {
    let value = valve.attribute("enabled").unwrap_or("true");
    !value.eq_ignore_ascii_case("true") && !value.contains("${")
}

/// What the rules of a rewrite valve let through.
fn of_rules(rules: &Text) -> Admitted {
    let rows = || {
        let lines = rules.text.lines().enumerate();
        lines
            .map(|(number, line)| (number + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    };
    if let Some(names) = first_rule(&rows().map(|(_, line)| line).collect::<Vec<_>>()) {
        return Admitted::Named(names);
    }
    let found = rows().find(|(_, line)| line.contains("SSL_CLIENT") || line.contains("%{SSL:"));
    match found {
        None => Admitted::Everyone,
        Some((number, line)) => Admitted::Unclear(
            line.to_owned(),
            Line {
                file: rules.file.clone(),
                number,
            },
        ),
    }
}

/// The names of the clients that the first rule lets pass, where it forbids every request of all others.
///
/// Its conditions are alternatives in groups, all of which have to hold: whoever passes has failed one group whole, and so has
/// one of the names of a condition in it.
fn first_rule(rows: &[&str]) -> Option<Vec<String>> {
    let conditions = rows
        .iter()
        .take_while(|row| row.starts_with("RewriteCond "));
    let conditions: Vec<&str> = conditions.copied().collect();
    let rule: Vec<&str> = rows.get(conditions.len())?.split_whitespace().collect();
    match rule.as_slice() {
        [
            "RewriteRule",
            ".*" | "^.*$" | "^.*",
            "-",
            "[F]" | "[F,L]" | "[L,F]",
        ] => {}
        _ => return None,
    }
    if conditions.is_empty() {
        return None;
    }
    let mut names = Vec::new();
    let mut group: Option<Vec<String>> = None;
    for row in conditions {
        let mut words = row.split_whitespace().skip(1);
        let (subject, pattern) = (words.next()?, words.next()?);
        let flags = words.next().unwrap_or_default();
        if words.next().is_some() {
            return None;
        }
        let of_it = negated(subject, pattern);
        group = group.or(of_it);
        let flags = flags
            .trim_start_matches('[')
            .trim_end_matches(']')
            .split(',');
        let mut is_or = false;
        for flag in flags {
            match flag {
                "OR" | "ornext" => is_or = true,
                "" | "NC" | "nocase" => {}
                _ => return None,
            }
        }
        if !is_or {
            names.extend(std::mem::take(&mut group)?);
        }
    }
    match group {
        None => {
            names.sort_unstable();
            names.dedup();
            Some(names)
        }
        Some(_) => None,
    }
}

/// The names that fail a condition, which begins with an exclamation mark.
fn negated(subject: &str, pattern: &str) -> Option<Vec<String>> {
    let pattern = pattern.strip_prefix('!')?;
    let variable = subject.strip_prefix("%{SSL:")?.strip_suffix('}')?;
    match variable.strip_prefix("SSL_CLIENT_SAN_DNS_") {
        Some(number) => {
            number.parse::<u32>().ok()?;
            whole(pattern)
        }
        None if variable == "SSL_CLIENT_S_DN" => of_subject(pattern),
        None => None,
    }
}

/// The text with its entities put in and without its document type: `roxmltree` reads no file, and bounds what an entity
/// expands to by depth alone. `None` where the budget does not last, or the type is not understood.
fn with_entities(text: &Text, reader: &Reader<'_>) -> Option<String> {
    let (before, declared, after) = document_type(&text.text);
    let mut declarations = Declarations {
        text,
        reader,
        entities: HashMap::new(),
        parameters: HashMap::new(),
    };
    if !declarations.of_type(declared) {
        return None;
    }
    let entities = declarations.entities;
    // Lines keep their numbers.
    let mut whole = before.to_owned();
    whole.extend(declared.matches('\n'));
    expand(after, &entities, 0, reader, &mut whole).then_some(whole)
}

/// What a document type declares.
struct Declarations<'r> {
    text: &'r Text,
    reader: &'r Reader<'r>,
    entities: HashMap<String, String>,
    /// The entities of the document type alone, which hold more declarations.
    parameters: HashMap<String, String>,
}

impl Declarations<'_> {
    /// Takes a document type; false where it is not understood.
    fn of_type(&mut self, declared: &str) -> bool {
        let Some(rest) = declared.strip_prefix("<!DOCTYPE") else {
            return true;
        };
        let (parts, rest) = parts(rest);
        let own = match rest.strip_prefix('[') {
            None => "",
            Some(rest) => rest.rsplit_once(']').map_or("", |(own, _)| own),
        };
        // What the file itself declares comes before another's.
        self.take(own, 0)
            && match external(parts.get(1..).unwrap_or_default()) {
                None => true,
                Some(path) => {
                    let more = self.file(path, true);
                    more.is_some_and(|more| self.take(&more, 0))
                }
            }
    }

    /// Takes declarations; false where they are not understood: what sets attributes by default among them.
    fn take(&mut self, declared: &str, depth: usize) -> bool {
        let after = |text: &'_ str, end: &str| text.find(end).map(|at| at + end.len());
        let mut rest = declared;
        while let Some(at) = rest.find(['<', '%']) {
            let here = rest.get(at..).unwrap_or_default();
            let length = if here.starts_with("<!--") {
                here.get(4..)
                    .and_then(|text| after(text, "-->"))
                    .map(|length| 4 + length)
            } else if here.starts_with("<?") {
                after(here, "?>")
            } else if here.starts_with('%') {
                let end = here.find(';');
                let name = end.and_then(|end| here.get(1..end)).unwrap_or_default();
                let Some(value) = self.parameters.get(name).cloned() else {
                    return false;
                };
                let is_affordable = self.reader.budget.bytes(value.len() as u64);
                if depth == INCLUDE_DEPTH || !is_affordable || !self.take(&value, depth + 1) {
                    return false;
                }
                end.map(|end| end + 1)
            } else {
                let name = ["<!ENTITY", "<!ELEMENT", "<!NOTATION"]
                    .into_iter()
                    .find(|name| here.starts_with(name));
                let (parts, left) = parts(here.get(name.map_or(0, str::len)..).unwrap_or_default());
                let is_known = match name {
                    Some("<!ENTITY") => self.entity(&parts),
                    Some(_) => true,
                    None => false,
                };
                let end = left.starts_with('>') && is_known;
                end.then(|| here.len() - left.len() + 1)
            };
            match length.and_then(|length| here.get(length..)) {
                Some(left) => rest = left,
                None => return false,
            }
        }
        true
    }

    /// Takes the parts of a declaration; false where they are not understood.
    fn entity(&mut self, parts: &[Piece<'_>]) -> bool {
        let (known, parts) = match parts {
            [Piece::Word("%"), rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let [Piece::Word(name), rest @ ..] = parts else {
            return false;
        };
        // One that is declared and not used sets nothing.
        let used = match known {
            true => format!("%{name};"),
            false => format!("&{name};"),
        };
        let value = match rest {
            [Piece::Literal(value)] => Some((*value).to_owned()),
            rest => match external(rest) {
                Some(path) => self.file(path, self.text.text.contains(&used)),
                None => return false,
            },
        };
        let kept = match known {
            true => &mut self.parameters,
            false => &mut self.entities,
        };
        // XML 1.0 section 4.2: of several declarations the first counts.
        if let Some(value) = value {
            kept.entry((*name).to_owned()).or_insert(value);
        }
        true
    }

    /// What a file holds that is named, without the declaration that XML begins with; of one that is used it is kept that it was
    /// not read.
    fn file(&self, path: &str, is_used: bool) -> Option<String> {
        let text = &self.text.text;
        let before = text
            .get(..text.find(path).unwrap_or_default())
            .unwrap_or_default();
        let line = Line {
            file: self.text.file.clone(),
            number: before.matches('\n').count() + 1,
        };
        let path = path.trim_start_matches("file://");
        let found = match is_used {
            true => self.reader.include(&line, path),
            false => self.reader.included(&self.text.file, path),
        };
        let found = found.into_iter().next()?;
        let whole = found
            .text
            .strip_prefix("<?xml")
            .and_then(|rest| rest.split_once("?>"));
        Some(match whole {
            Some((_, rest)) => rest.to_owned(),
            None => found.text,
        })
    }
}

/// A part of a declaration.
enum Piece<'t> {
    Word(&'t str),
    /// What is in quotation marks.
    Literal(&'t str),
}

/// The parts of a declaration, and what follows from its end or from a bracket.
fn parts(text: &str) -> (Vec<Piece<'_>>, &str) {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let end_of = |rest: &str| rest.find(|c: char| c.is_whitespace() || "\"'>[".contains(c));
        match rest.chars().next() {
            None | Some('>' | '[') => return (found, rest),
            Some(quote @ ('"' | '\'')) => {
                let inner = rest.get(1..).unwrap_or_default();
                let Some((value, left)) = inner.split_once(quote) else {
                    return (found, "");
                };
                found.push(Piece::Literal(value));
                rest = left.trim_start();
            }
            Some(_) => {
                let (word, left) = rest.split_at(end_of(rest).unwrap_or(rest.len()));
                found.push(Piece::Word(word));
                rest = left.trim_start();
            }
        }
    }
}

/// The file that a declaration names.
fn external<'t>(parts: &[Piece<'t>]) -> Option<&'t str> {
    match parts {
        [Piece::Word("SYSTEM"), Piece::Literal(path), ..]
        | [
            Piece::Word("PUBLIC"),
            Piece::Literal(_),
            Piece::Literal(path),
            ..,
        ] => Some(path),
        _ => None,
    }
}

/// What precedes the document type, the type itself, and what follows it.
fn document_type(text: &str) -> (&str, &str, &str) {
    let mut at = 0;
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    let start = loop {
        let Some(next) = rest(at).find('<') else {
            return ("", "", text);
        };
        at += next;
        let here = rest(at);
        let skipped = match here {
            _ if here.starts_with("<!DOCTYPE") => break at,
            _ if here.starts_with("<!--") => here.find("-->"),
            _ if here.starts_with("<?") => here.find("?>"),
            // The root element.
            _ => None,
        };
        match skipped {
            Some(length) => at += length,
            None => return ("", "", text),
        }
    };
    let mut quote: Option<char> = None;
    let mut brackets = 0usize;
    // A comment or a processing instruction: its end, and from where that may be.
    let mut aside: Option<(&str, usize)> = None;
    for (offset, c) in rest(start).char_indices() {
        let at = start + offset;
        if let Some((end, from)) = aside {
            let inner = text.get(from..=at).unwrap_or_default();
            aside = aside.filter(|_| !inner.ends_with(end));
            continue;
        }
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '<') if rest(at).starts_with("<!--") => aside = Some(("-->", at + 4)),
            (None, '<') if rest(at).starts_with("<?") => aside = Some(("?>", at + 2)),
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => brackets += 1,
            (None, ']') => brackets = brackets.saturating_sub(1),
            (None, '>') if brackets == 0 => {
                let of = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
                return (of(0, start), of(start, at + 1), rest(at + 1));
            }
            (None, _) => {}
        }
    }
    ("", "", text)
}

/// Appends a text with its entities put in; false where the budget does not last.
fn expand(
    text: &str,
    entities: &HashMap<String, String>,
    depth: usize,
    reader: &Reader<'_>,
    whole: &mut String,
) -> bool {
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('&') {
        let in_name = |c: char| c.is_alphanumeric() || "._-:".contains(c);
        let length = from.find(|c| !in_name(c)).unwrap_or(from.len());
        let known = from
            .split_at_checked(length)
            .and_then(|(name, after)| Some((entities.get(name)?, after.strip_prefix(';')?)));
        whole.push_str(before);
        match known {
            Some((value, after)) => {
                rest = after;
                if !reader.budget.bytes(value.len() as u64) {
                    return false;
                }
                // An entity that holds itself is no XML.
                if depth < INCLUDE_DEPTH && !expand(value, entities, depth + 1, reader, whole) {
                    return false;
                }
            }
            None => {
                whole.push('&');
                rest = from;
            }
        }
    }
    whole.push_str(rest);
    true
}
