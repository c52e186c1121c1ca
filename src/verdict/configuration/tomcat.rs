//! Tomcat: connectors of `server.xml`, and the rules of its rewrite valve.

use std::collections::HashMap;

use roxmltree::{Document, Node, ParsingOptions};

use super::{
    ClientAdmission, ClientCheck, CrlCheck, INCLUDE_DEPTH, Line, NamedFile, Reader, Site, Text,
    TooLarge, WORDS_LIMIT,
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
    let has_valve = document.descendants().any(|node| {
        node.has_tag_name("Valve") && attribute(&node, "className").contains("RewriteValve")
    });
    let is_whole = document
        .descendants()
        .any(|node| node.has_tag_name("Engine"));
    let rules: Vec<Text> = ["Catalina/localhost/rewrite.config", "rewrite.config"]
        .iter()
        .flat_map(|name| reader.included(&text.file, name))
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
                // That of the whole text where an entity was put in before it.
                number: 1 + lines.partition_point(|end| *end < connector.range().start),
            };
            let mut site = site(&connector, &host, line);
            site.admission = admission.clone();
            reader.keep(site, &mut sites);
            if reader.budget.spent().is_some() {
                return sites;
            }
        }
    }
    sites
}

fn attribute<'a>(node: &Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_default()
}

fn site(connector: &Node<'_, '_>, host: &Node<'_, '_>, line: Line) -> Site {
    let name = format!("connector on port {}", attribute(connector, "port"));
    let mut site = Site::new(Server::Java, &name, line.clone());
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

/// The text with its entities put in and without its document type: `roxmltree` reads no file, and bounds what an entity
/// expands to by depth alone. `None` where the budget does not last.
fn with_entities(text: &Text, reader: &Reader<'_>) -> Option<String> {
    let (before, declared, after) = document_type(&text.text);
    let mut entities: HashMap<&str, String> = HashMap::new();
    for declaration in declared.split("<!ENTITY").skip(1) {
        let declaration = declaration.trim_start();
        let Some((name, rest)) = declaration.split_once(char::is_whitespace) else {
            continue;
        };
        let rest = rest.trim_start();
        let is_external = rest.starts_with("SYSTEM");
        let place = rest.trim_start_matches("SYSTEM").trim_start();
        let Some(quote) = place.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            continue;
        };
        let value = place.split(quote).nth(1).unwrap_or_default();
        let value = match is_external {
            false => value.to_owned(),
            true => {
                let path = value.trim_start_matches("file://");
                let found = reader.included(&text.file, path).into_iter().next();
                match found {
                    Some(found) => found.text,
                    None => continue,
                }
            }
        };
        // XML 1.0 section 4.2: of several declarations the first counts.
        entities.entry(name).or_insert(value);
    }
    // Lines keep their numbers.
    let mut whole = before.to_owned();
    whole.extend(declared.matches('\n'));
    expand(after, &entities, 0, reader, &mut whole).then_some(whole)
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
    let mut comment = false;
    for (offset, c) in rest(start).char_indices() {
        let at = start + offset;
        match (quote, c) {
            _ if comment => {
                comment = !(c == '>' && text.get(..at).is_some_and(|so| so.ends_with("--")))
            }
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '<') if rest(at).starts_with("<!--") => comment = true,
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
    entities: &HashMap<&str, String>,
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
