//! Apache httpd: directives line by line, in sections.

use std::collections::HashMap;

use super::words::{Syntax, words};
use super::{
    ClientAdmission, ClientCheck, CrlCheck, Line, NamedFile, Reader, Site, Text, single_names,
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

/// The directives of each virtual host, and of none, by their names in lower case: those that thousands of hosts have in
/// common are looked through once.
#[derive(Default)]
struct Index<'d> {
    by_name: HashMap<(Option<usize>, String), Vec<&'d Directive>>,
    by_host: HashMap<Option<usize>, Vec<&'d Directive>>,
}

impl<'d> Index<'d> {
    fn new(all: &'d [Directive]) -> Index<'d> {
        let mut index = Index::default();
        for one in all {
            let name = one.words.first().map_or("", String::as_str);
            let key = (one.host, name.to_ascii_lowercase());
            index.by_name.entry(key).or_default().push(one);
            index.by_host.entry(one.host).or_default().push(one);
        }
        index
    }

    fn named(&self, name: &str, host: Option<usize>) -> &[&'d Directive] {
        let key = (host, name.to_ascii_lowercase());
        self.by_name.get(&key).map_or(&[], Vec::as_slice)
    }
}

pub(super) fn sites(text: &Text, reader: &Reader<'_>) -> Vec<Site> {
    let mut found = Found::default();
    found.collect(text, reader, None);
    let Found { hosts, all } = found;
    let index = Index::new(&all);
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
        if reader.budget.spent().is_some() {
            break;
        }
        let get = |name: &str| {
            let own = index.named(name, level).last();
            own.or_else(|| index.named(name, None).last())
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
        let name = get("ServerName").map_or("virtual host", |one| one.argument());
        let mut site = Site::new(Server::Apache, name, start);
        let named = |name: &str| -> Vec<NamedFile> {
            let found = match index.named(name, level) {
                [] => index.named(name, None),
                own => own,
            };
            found
                .iter()
                .map(|one| NamedFile::new(one.argument(), &one.line))
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
            let of = |level| {
                let mut lists = index.named("SSLCipherSuite", level).iter().rev();
                lists.find(|one| one.argument().eq_ignore_ascii_case("TLSv1.3") == thirteen)
            };
            of(level).or_else(|| of(None))
        };
        if let Some(list) = suites(false) {
            let place = usize::from(list.argument().eq_ignore_ascii_case("SSL"));
            site.offer(list.words.get(1 + place).map_or("", String::as_str));
        }
        let list = suites(true).and_then(|one| one.words.get(2));
        site.tls13 = list.map(|list| single_names(list));
        let own = index.by_host.get(&level).map_or(&[][..], Vec::as_slice);
        site.admission = admission(own);
        site.pid_file.clone_from(&pid_file);
        reader.keep(site, &mut sites);
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

fn admission(of_it: &[&Directive]) -> ClientAdmission {
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

/// What was found so far.
#[derive(Default)]
struct Found {
    /// Where each virtual host begins.
    hosts: Vec<Line>,
    all: Vec<Directive>,
}

impl Found {
    /// Reads a file, with its includes expanded in place.
    fn collect(&mut self, text: &Text, reader: &Reader<'_>, host: Option<usize>) {
        reader.within(text, || self.lines(text, reader, host));
    }

    fn lines(&mut self, text: &Text, reader: &Reader<'_>, mut host: Option<usize>) {
        let mut sections: Vec<bool> = Vec::new();
        // How many of them are for some requests only.
        let mut narrow = 0usize;
        let mut pending = String::new();
        let mut began = 0;
        for (number, line) in text.text.lines().enumerate() {
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
            let words = words(trimmed, Syntax::Apache);
            if !reader.budget.words(words.len()) {
                return;
            }
            let line = Line {
                file: text.file.clone(),
                number: began,
            };
            let lower = trimmed.to_ascii_lowercase();
            if lower.starts_with("<virtualhost") {
                self.hosts.push(line);
                host = Some(self.hosts.len() - 1);
                continue;
            }
            if lower.starts_with("</virtualhost") {
                host = None;
                sections.clear();
                narrow = 0;
                continue;
            }
            if trimmed.starts_with("</") {
                narrow -= usize::from(sections.pop() == Some(false));
                continue;
            }
            if trimmed.starts_with('<') {
                let whole = is_for_everything(&lower);
                narrow += usize::from(!whole);
                sections.push(whole);
                continue;
            }
            let directive = Directive {
                words,
                text: trimmed.to_owned(),
                line,
                host,
                everywhere: narrow == 0,
            };
            if directive.is("Include") || directive.is("IncludeOptional") {
                for included in reader.included(&text.file, directive.argument()) {
                    self.collect(&included, reader, host);
                }
                continue;
            }
            self.all.push(directive);
        }
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
