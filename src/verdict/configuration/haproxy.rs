//! HAProxy: sections of lines.

use std::collections::{HashMap, HashSet};

use super::words::{Syntax, words};
use super::{ClientAdmission, ClientCheck, Line, NamedFile, Reader, Site, Text, single_names};
use crate::verdict::plan::Server;

/// A line in words, and where it is.
struct Row {
    words: Vec<String>,
    line: Line,
}

pub(super) fn sites(text: &Text, reader: &Reader<'_>) -> Vec<Site> {
    let mut sections: Vec<(Vec<String>, Vec<Row>)> = Vec::new();
    for (number, line) in text.text.lines().enumerate() {
        let words = words(line, Syntax::Haproxy);
        if !reader.budget.words(words.len()) {
            return Vec::new();
        }
        let row = Row {
            line: Line {
                file: text.file.clone(),
                number: number + 1,
            },
            words,
        };
        match row.words.first().map(String::as_str) {
            None => {}
            Some(
                "global" | "defaults" | "frontend" | "listen" | "backend" | "peers" | "resolvers"
                | "userlist" | "cache" | "program",
            ) => sections.push((row.words, Vec::new())),
            Some(_) => {
                if let Some((_, rows)) = sections.last_mut() {
                    rows.push(row);
                }
            }
        }
    }
    let mut globals: HashMap<&str, &Row> = HashMap::new();
    for (_, rows) in sections
        .iter()
        .filter(|(head, _)| head.first().is_some_and(|word| word == "global"))
    {
        for row in rows {
            let name = row.words.first().map_or("", String::as_str);
            globals.entry(name).or_insert(row);
        }
    }
    let global = |name: &str| globals.get(name);
    let mut sites = Vec::new();
    for (head, rows) in &sections {
        if !head
            .first()
            .is_some_and(|word| word == "frontend" || word == "listen")
        {
            continue;
        }
        let name = head
            .get(1)
            .cloned()
            .unwrap_or_else(|| "frontend".to_owned());
        // Those of one section admit the same clients.
        let mut admitted: Option<ClientAdmission> = None;
        for bind in rows.iter().filter(|row| {
            row.words.first().is_some_and(|word| word == "bind")
                && row.words.iter().any(|word| word == "ssl")
        }) {
            let mut site = site(&name, bind);
            if site.versions.is_none() {
                site.versions =
                    global("ssl-default-bind-options").and_then(|row| versions(&row.words));
            }
            if site.suites.is_none()
                && let Some(list) =
                    global("ssl-default-bind-ciphers").and_then(|row| row.words.get(1))
            {
                site.offer(list);
            }
            if site.tls13.is_none() {
                site.tls13 = global("ssl-default-bind-ciphersuites")
                    .and_then(|row| row.words.get(1))
                    .map(|list| single_names(list));
            }
            site.pid_file = global("pidfile").and_then(|row| row.words.get(1).cloned());
            site.admission = admitted.get_or_insert_with(|| admission(rows)).clone();
            reader.keep(site, &mut sites);
            if reader.budget.spent().is_some() {
                return sites;
            }
        }
    }
    sites
}

fn site(name: &str, bind: &Row) -> Site {
    let value = |key: &str| {
        let place = bind.words.iter().position(|word| word == key)?;
        bind.words.get(place + 1).cloned()
    };
    let named = |key: &str| -> Vec<NamedFile> {
        bind.words
            .iter()
            .enumerate()
            .filter(|(_, word)| *word == key)
            .filter_map(|(place, _)| bind.words.get(place + 1))
            .map(|path| NamedFile::new(path, &bind.line))
            .collect()
    };
    let mut site = Site::new(Server::Haproxy, name, bind.line.clone());
    site.chains = named("crt");
    site.keys = named("crt");
    site.trust = named("ca-file");
    site.crls = named("crl-file");
    site.clients = match value("verify").as_deref() {
        Some("required") => ClientCheck::Required,
        Some("optional") => ClientCheck::Optional,
        _ => ClientCheck::Off,
    };
    site.versions = versions(&bind.words);
    if let Some(list) = value("ciphers") {
        site.offer(&list);
    }
    site.tls13 = value("ciphersuites").map(|list| single_names(&list));
    site
}

/// The versions that some words permit; `None` where they say nothing about versions. HAProxy 2.2 and later begin at TLS
/// 1.2 by themselves.
fn versions(words: &[String]) -> Option<Vec<String>> {
    const ALL: [&str; 5] = ["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    let mut said = false;
    let mut first = 3;
    if let Some(place) = words.iter().position(|word| word == "ssl-min-ver") {
        let least = words.get(place + 1)?;
        first = ALL.iter().position(|name| name == least)?;
        said = true;
    }
    let mut versions: Vec<String> = ALL
        .iter()
        .skip(first)
        .map(|name| (*name).to_owned())
        .collect();
    for (forced, name) in [
        ("force-sslv3", "SSLv3"),
        ("force-tlsv10", "TLSv1.0"),
        ("force-tlsv11", "TLSv1.1"),
        ("force-tlsv12", "TLSv1.2"),
        ("force-tlsv13", "TLSv1.3"),
    ] {
        if words.iter().any(|word| word == forced) {
            versions = vec![name.to_owned()];
            said = true;
        }
    }
    said.then_some(versions)
}

fn admission(rows: &[Row]) -> ClientAdmission {
    let about = |text: &str| {
        [
            "ssl_c_s_dn",
            "ssl_c_der",
            "ssl_c_sha1",
            "ssl_c_serial",
            "ssl_c_key_alg",
        ]
        .iter()
        .take(4)
        .any(|name| text.contains(name))
    };
    let mut texts = Vec::new();
    let mut names: HashSet<&str> = HashSet::new();
    for row in rows {
        if row.words.first().is_some_and(|word| word == "acl")
            && let Some(name) = row.words.get(1)
        {
            let text = row.words.join(" ");
            if about(&text) {
                names.insert(name);
                texts.push(text);
            }
        }
    }
    // A rule with any other condition leaves requests alone that this one should refuse.
    let denies = rows.iter().any(|row| {
        let is_rule = row
            .words
            .first()
            .is_some_and(|word| word == "http-request" || word == "tcp-request");
        let denies = row
            .words
            .iter()
            .any(|word| matches!(word.as_str(), "deny" | "reject" | "silent-drop"));
        let condition = row
            .words
            .iter()
            .position(|word| word == "if" || word == "unless")
            .and_then(|place| row.words.get(place + 1..))
            .unwrap_or_default();
        let mut inline: Option<bool> = None;
        let mut others = false;
        let mut counts = false;
        for word in condition {
            match (inline, word.as_str()) {
                (None, "{" | "!{") => inline = Some(false),
                (Some(is_about), "}") => {
                    counts |= is_about;
                    others |= !is_about;
                    inline = None;
                }
                (Some(is_about), word) => inline = Some(is_about || about(word)),
                (None, "||" | "or" | "!" | "&&" | "and") => {}
                (None, word) => match names.contains(word.trim_start_matches('!')) {
                    true => counts = true,
                    false => others = true,
                },
            }
        }
        is_rule && denies && counts && !others
    });
    match denies {
        true => {
            let rules = rows.iter().filter(|row| {
                row.words
                    .iter()
                    .any(|word| word == "deny" || word == "reject")
            });
            texts.extend(rules.map(|row| row.words.join(" ")));
            ClientAdmission::Restricted { texts }
        }
        false => ClientAdmission::Everyone,
    }
}
