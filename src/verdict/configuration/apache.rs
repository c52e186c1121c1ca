//! Apache httpd: directives line by line, in sections.

use super::{
    ClientAdmission, ClientCheck, CrlCheck, DIRECTIVES_LIMIT, INCLUDE_DEPTH, Includes, Line,
    NamedFile, Site, Text,
};
use crate::verdict::plan::Server;

#[derive(Clone, Debug)]
struct Directive {
    words: Vec<String>,
    text: String,
    line: Line,
    /// The virtual host that it is in, by number.
    host: Option<usize>,
    /// Whether it holds for every request: outside sections for some paths or methods.
    everywhere: bool,
}

impl Directive {
    fn is(&self, name: &str) -> bool {
        self.words
            .first()
            .is_some_and(|word| word.eq_ignore_ascii_case(name))
    }

    fn argument(&self) -> &str {
        self.words.get(1).map_or("", String::as_str)
    }
}

pub(super) fn sites(text: &Text, includes: &Includes<'_>) -> Vec<Site> {
    let mut all = Vec::new();
    let mut hosts: Vec<Line> = Vec::new();
    collect(text, includes, 0, None, &mut hosts, &mut all);
    let pid_file = all
        .iter()
        .find(|one| one.is("PidFile"))
        .map(|one| one.argument().to_owned());
    let mut sites = Vec::new();
    let mut levels: Vec<Option<usize>> = (0..hosts.len()).map(Some).collect();
    if levels.is_empty() {
        levels.push(None);
    }
    for level in levels {
        let get = |name: &str| {
            let own = all
                .iter()
                .rev()
                .find(|one| one.host == level && one.is(name));
            own.or_else(|| {
                all.iter()
                    .rev()
                    .find(|one| one.host.is_none() && one.is(name))
            })
        };
        if !get("SSLEngine").is_some_and(|one| one.argument().eq_ignore_ascii_case("on")) {
            continue;
        }
        let start = match level.and_then(|number| hosts.get(number)) {
            Some(line) => line.clone(),
            None => Line {
                file: text.file.clone(),
                number: 1,
            },
        };
        let name = get("ServerName").map_or("virtual host", Directive::argument);
        let mut site = Site::new(Server::Apache, name.to_owned(), start);
        let named = |name: &str| -> Vec<NamedFile> {
            let own: Vec<&Directive> = all
                .iter()
                .filter(|one| one.host == level && one.is(name))
                .collect();
            let found = match own.is_empty() {
                true => all
                    .iter()
                    .filter(|one| one.host.is_none() && one.is(name))
                    .collect(),
                false => own,
            };
            found
                .into_iter()
                .map(|one| NamedFile {
                    path: one.argument().to_owned(),
                    line: one.line.clone(),
                    password: None,
                })
                .collect()
        };
        site.chains = named("SSLCertificateFile");
        site.chains.extend(named("SSLCertificateChainFile"));
        site.keys = named("SSLCertificateKeyFile");
        if site.keys.is_empty() {
            site.keys = named("SSLCertificateFile");
        }
        site.trust = named("SSLCACertificateFile");
        site.trust.extend(named("SSLCACertificatePath"));
        site.crls = named("SSLCARevocationFile");
        site.crls.extend(named("SSLCARevocationPath"));
        site.clients = match get("SSLVerifyClient").map(|one| one.argument().to_ascii_lowercase()) {
            Some(word) if word == "require" => ClientCheck::Required,
            Some(word) if word.starts_with("optional") => ClientCheck::Optional,
            _ => ClientCheck::Off,
        };
        site.crl_check =
            match get("SSLCARevocationCheck").map(|one| one.argument().to_ascii_lowercase()) {
                Some(word) if word == "chain" => CrlCheck::Chain,
                Some(word) if word == "leaf" => CrlCheck::Leaf,
                _ => CrlCheck::Off,
            };
        // mod_ssl's documentation: the default is 1.
        let depth = get("SSLVerifyDepth").and_then(|one| one.argument().parse().ok());
        site.depth = Some(depth.unwrap_or(1));
        site.depth_counts_root = true;
        site.versions = get("SSLProtocol").map(|one| versions(&one.words));
        let suites = |thirteen: bool| {
            let lists = all.iter().filter(|one| one.is("SSLCipherSuite"));
            let fits = |one: &&Directive| {
                one.argument().eq_ignore_ascii_case("TLSv1.3") == thirteen
                    && (one.host == level || one.host.is_none())
            };
            lists.rev().filter(fits).max_by_key(|one| one.host == level)
        };
        if let Some(list) = suites(false) {
            let place = usize::from(list.argument().eq_ignore_ascii_case("SSL"));
            let (suites, level) =
                super::examine::openssl_list(list.words.get(1 + place).map_or("", String::as_str));
            site.suites = Some(suites);
            site.level = level;
        }
        site.tls13 = suites(true)
            .and_then(|one| one.words.get(2))
            .map(|list| list.split(':').map(str::to_owned).collect());
        site.admission = admission(&all, level);
        site.pid_file.clone_from(&pid_file);
        sites.push(site);
    }
    sites
}

fn versions(words: &[String]) -> Vec<String> {
    const ALL: [&str; 5] = ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    let mut on: Vec<&str> = Vec::new();
    for word in words.iter().skip(1) {
        let (sign, name) = match word.split_at_checked(1) {
            Some((sign @ ("+" | "-"), name)) => (sign, name),
            _ => ("", word.as_str()),
        };
        let meant: Vec<&str> = match name.eq_ignore_ascii_case("all") {
            // What "all" means: everything but SSLv3.
            true => ALL.iter().skip(1).copied().collect(),
            false => ALL
                .iter()
                .copied()
                .filter(|known| known.eq_ignore_ascii_case(name))
                .collect(),
        };
        match sign {
            "-" => on.retain(|known| !meant.contains(known)),
            _ => on.extend(meant),
        }
    }
    on.sort_unstable();
    on.dedup();
    on.into_iter().map(str::to_owned).collect()
}

fn admission(all: &[Directive], level: Option<usize>) -> ClientAdmission {
    let of_it: Vec<&Directive> = all.iter().filter(|one| one.host == level).collect();
    let about = |text: &str| {
        [
            "SSL_CLIENT_S_DN",
            "SSL_CLIENT_SAN_DNS",
            "SSL_CLIENT_CERT",
            "SSL_CLIENT_M_SERIAL",
            "PeerExtList",
        ]
        .iter()
        .any(|name| text.contains(name))
    };
    let granted = of_it.iter().any(|one| {
        one.is("Require")
            && one.argument().eq_ignore_ascii_case("all")
            && one.text.to_ascii_lowercase().ends_with("granted")
    });
    let texts: Vec<String> = of_it
        .iter()
        .filter(|one| {
            (one.is("Require") || one.is("SSLRequire")) && one.everywhere && about(&one.text)
        })
        .map(|one| one.text.clone())
        .collect();
    match texts.is_empty() || granted {
        true => ClientAdmission::Everyone,
        false => ClientAdmission::Restricted { texts },
    }
}

/// Reads a file, with what it includes in its place.
fn collect(
    text: &Text,
    includes: &Includes<'_>,
    depth: usize,
    host: Option<usize>,
    hosts: &mut Vec<Line>,
    all: &mut Vec<Directive>,
) {
    let mut host = host;
    let mut sections: Vec<bool> = Vec::new();
    let mut pending = String::new();
    let mut began = 0;
    for (number, line) in text.text.lines().enumerate() {
        if all.len() >= DIRECTIVES_LIMIT {
            return;
        }
        if pending.is_empty() {
            began = number + 1;
        }
        if let Some(open) = line.strip_suffix('\\') {
            pending.push_str(open);
            pending.push(' ');
            continue;
        }
        let whole = std::mem::take(&mut pending) + line;
        let trimmed = whole.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let line = Line {
            file: text.file.clone(),
            number: began,
        };
        let lower = trimmed.to_ascii_lowercase();
        if lower.starts_with("<virtualhost") {
            hosts.push(line);
            host = Some(hosts.len() - 1);
            continue;
        }
        if lower.starts_with("</virtualhost") {
            host = None;
            sections.clear();
            continue;
        }
        if trimmed.starts_with("</") {
            sections.pop();
            continue;
        }
        if trimmed.starts_with('<') {
            sections.push(is_for_everything(&lower));
            continue;
        }
        let directive = Directive {
            words: words(trimmed),
            text: trimmed.to_owned(),
            line,
            host,
            everywhere: sections.iter().all(|whole| *whole),
        };
        if directive.is("Include") || directive.is("IncludeOptional") {
            if depth < INCLUDE_DEPTH {
                for included in includes(&text.file, directive.argument()) {
                    collect(&included, includes, depth + 1, host, hosts, all);
                }
            }
            continue;
        }
        all.push(directive);
    }
}

/// Whether what is in a section holds for every request.
fn is_for_everything(opening: &str) -> bool {
    let inner = opening.trim_start_matches('<').trim_end_matches('>');
    let (name, argument) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    let argument = argument.trim().trim_matches('"');
    match name {
        "location" | "directory" => argument == "/",
        "proxy" => argument == "*",
        "locationmatch" | "directorymatch" => matches!(argument, "^/" | "^/.*" | ".*"),
        "requireany" | "requireall" | "ifmodule" | "ifversion" => true,
        _ => false,
    }
}

/// The words of a line; those in quotes are one.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut in_word = false;
    let mut quote: Option<char> = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), c) => word.push(c),
            (None, '"' | '\'') if !in_word => {
                quote = Some(c);
                in_word = true;
            }
            (None, c) if c.is_whitespace() => {
                if in_word {
                    words.push(std::mem::take(&mut word));
                }
                in_word = false;
            }
            (None, c) => {
                word.push(c);
                in_word = true;
            }
        }
    }
    if in_word {
        words.push(word);
    }
    words
}
