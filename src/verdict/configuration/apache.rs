//! Apache httpd: directives line by line, in sections.

mod expression;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::words::{Syntax, words};
use super::{
    Admitted, ClientCheck, CrlCheck, Line, NamedFile, PlainAddress, Reader, Site, SiteSetting,
    Text, UnexaminedKind, single_names,
};
use crate::verdict::plan::Server;

#[derive(Clone, Debug)]
struct Directive {
    words: Vec<String>,
    text: String,
    line: Line,
    /// The virtual host that it is in, by number.
    host: Option<usize>,
    /// The innermost section that it is in, by number.
    section: Option<usize>,
    place: Place,
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

/// For which requests a directive holds, the narrower ones later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// For all of the host.
    Host,
    /// For every path of it: `<Location "/">`.
    EveryPath,
    /// For some paths.
    SomePaths,
    /// For files, methods or whatever else a section names.
    Elsewhere,
    /// If something is so that is not known here.
    Conditional,
    /// Wherever a macro is used.
    Macro,
    /// For requests that an expression chooses: these sections come after all others.
    Expression,
}

/// A section inside a host.
#[derive(Clone, Debug)]
struct Section {
    /// The one that it is in.
    within: Option<usize>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One that holds wherever TLS is.
    Open,
    Any,
    All,
    Limits(Place),
}

/// The directives of each virtual host, and of none, by their names in lower case: those that thousands of hosts have in
/// common are looked through once.
#[derive(Default)]
struct Index<'d> {
    /// Those that hold for all of the host.
    by_name: HashMap<(Option<usize>, String), Vec<&'d Directive>>,
    by_host: HashMap<Option<usize>, Vec<&'d Directive>>,
}

impl<'d> Index<'d> {
    fn new(all: &'d [Directive]) -> Index<'d> {
        let mut index = Index::default();
        for one in all {
            let name = one.words.first().map_or("", String::as_str);
            let key = (one.host, name.to_ascii_lowercase());
            if one.place == Place::Host {
                index.by_name.entry(key).or_default().push(one);
            }
            if is_telling(one) {
                index.by_host.entry(one.host).or_default().push(one);
            }
        }
        index
    }

    fn named(&self, name: &str, host: Option<usize>) -> &[&'d Directive] {
        let key = (host, name.to_ascii_lowercase());
        self.by_name.get(&key).map_or(&[], Vec::as_slice)
    }

    fn of(&self, host: Option<usize>) -> &[&'d Directive] {
        self.by_host.get(&host).map_or(&[], Vec::as_slice)
    }
}

/// How deeply sections may be nested; what is deeper is not understood.
const DEPTH: usize = 100;

/// The settings that decide which clients are admitted, and how.
const SETTINGS: [&str; 17] = [
    "SSLEngine",
    "SSLVerifyClient",
    "SSLVerifyDepth",
    "SSLProtocol",
    "SSLCipherSuite",
    "SSLOpenSSLConfCmd",
    "SSLCertificateFile",
    "SSLCertificateKeyFile",
    "SSLCertificateChainFile",
    "SSLCACertificateFile",
    "SSLCACertificatePath",
    "SSLCADNRequestFile",
    "SSLCADNRequestPath",
    "SSLCARevocationFile",
    "SSLCARevocationPath",
    "SSLCARevocationCheck",
    "SSLPolicy",
];

/// What a directive under a condition may set.
const MAY_SET: [(SiteSetting, &[&str]); 7] = [
    (
        SiteSetting::Chain,
        &["SSLCertificateFile", "SSLCertificateChainFile"],
    ),
    (
        SiteSetting::Key,
        &["SSLCertificateFile", "SSLCertificateKeyFile"],
    ),
    (
        SiteSetting::Trust,
        &["SSLCACertificateFile", "SSLCACertificatePath"],
    ),
    (
        SiteSetting::Named,
        &["SSLCADNRequestFile", "SSLCADNRequestPath"],
    ),
    (
        SiteSetting::Crls,
        &["SSLCARevocationFile", "SSLCARevocationPath"],
    ),
    (SiteSetting::Versions, &["SSLProtocol", "SSLPolicy"]),
    (SiteSetting::Suites, &["SSLCipherSuite", "SSLPolicy"]),
];

/// Whether a directive is looked at beside the settings of the whole host.
fn is_telling(one: &Directive) -> bool {
    const RULES: [&str; 11] = [
        "Require",
        "SSLRequire",
        "Satisfy",
        "AuthMerging",
        "RewriteCond",
        "SetEnvIf",
        "SetEnvIfExpr",
        "ProxyRequests",
        "ErrorDocument",
        "Use",
        "<If",
    ];
    RULES.iter().any(|name| one.is(name))
        || one.place != Place::Host && SETTINGS.iter().any(|name| one.is(name))
}

pub(super) fn sites(text: &Text, reader: &Reader<'_>) -> Vec<Site> {
    let mut found = Found::default();
    found.collect(text, reader);
    let Found {
        hosts,
        bound,
        certain,
        addresses,
        all,
        sections,
        root,
        ..
    } = found;
    let index = Index::new(&all);
    let pid_file = all
        .iter()
        .find(|one| one.is("PidFile"))
        .map(|one| one.argument().to_owned());
    let secured = secured(&all);
    let mut sites = Vec::new();
    let mut firsts: HashMap<(&str, &str), FirstHost> = HashMap::new();
    let mut levels: Vec<Option<usize>> = (0..hosts.len()).map(Some).collect();
    if levels.is_empty() || is_main_reached(&all, &addresses) {
        levels.push(None);
    }
    // Relative paths start from ServerRoot.
    let file = |one: &&Directive| {
        let path = one.argument();
        let path = match &root {
            Some(root) if !Path::new(path).is_absolute() && !path.starts_with('$') => {
                format!("{}/{path}", root.trim_end_matches('/'))
            }
            _ => path.to_owned(),
        };
        NamedFile::new(&path, &one.line)
    };
    for level in levels {
        if reader.budget.spent().is_some() {
            break;
        }
        let get = |name: &str| {
            let own = index.named(name, level).last();
            own.or_else(|| index.named(name, None).last())
        };
        let own = index.of(level);
        let main: &[&Directive] = match level {
            None => &[],
            Some(_) => index.of(None),
        };
        if !reader.budget.words(main.len()) {
            break;
        }
        let both = || main.iter().chain(own).copied();
        let has_macros = both().any(|one| one.is("Use"));
        let may_hold = |one: &Directive| match one.place {
            Place::Macro => has_macros,
            place => place == Place::Conditional,
        };
        let conditional = |name: &str| both().find(|one| may_hold(one) && one.is(name));
        let engine = get("SSLEngine");
        let says = |one: &Directive, word: &str| one.argument().eq_ignore_ascii_case(word);
        // TLS for clients that ask for it (RFC 2817), which newer versions no longer offer (AH10510).
        let optional = engine.filter(|one| says(one, "optional"));
        let places = level.and_then(|number| bound.get(number));
        let is_on = match (engine, places) {
            (Some(one), _) => says(one, "on") || optional.is_some(),
            (None, Some(places)) => {
                let pairs = secured.len().saturating_mul(places.len());
                if !reader.budget.words(pairs) {
                    break;
                }
                let is_here = |listened: &String| places.iter().any(|own| is_same(listened, own));
                secured.iter().any(is_here)
            }
            (None, None) => false,
        };
        let other = |one: &Directive| says(one, "on") != (is_on && optional.is_none());
        let is_known = optional.is_none() && !conditional("SSLEngine").is_some_and(other);
        let mut before = Vec::new();
        for own in places.into_iter().flatten() {
            let first = firsts.entry(place_of(own)).or_default();
            before.extend(first.without_tls().map(|(host, is_so)| (own, host, is_so)));
            let is_there = level.is_some_and(|number| certain.get(number) == Some(&true));
            first.meet(level, is_there, is_known.then_some(is_on));
        }
        if !is_on && !conditional("SSLEngine").is_some_and(|one| says(one, "on")) {
            continue;
        }
        let start = match level.and_then(|number| hosts.get(number)) {
            Some(line) => line.clone(),
            None => Line {
                file: text.file.clone(),
                number: 1,
            },
        };
        let unnamed = match level {
            Some(_) => "virtual host",
            None => "main server",
        };
        let name = get("ServerName").map_or(unnamed, |one| one.argument());
        let mut site = Site::new(Server::Apache, name, start);
        if let Some(one) = optional {
            site.leave(UnexaminedKind::Setting, &one.text, &one.line);
        }
        for (own, number, is_so) in before {
            let Some(line) = hosts.get(number) else {
                continue;
            };
            if !is_so {
                let opening = format!("<VirtualHost {own}>");
                site.leave(UnexaminedKind::Setting, &opening, line);
                continue;
            }
            let name = index.named("ServerName", Some(number)).last();
            site.plain.push(PlainAddress {
                address: own.clone(),
                first: name
                    .map_or("the virtual host", |one| one.argument())
                    .to_owned(),
                line: line.clone(),
            });
        }
        let aliases = index.named("ServerAlias", level).iter();
        let aliases = aliases.flat_map(|one| one.words.iter().skip(1));
        site.hosts = get("ServerName")
            .map(|one| host_of(one.argument()))
            .into_iter()
            .chain(aliases.map(String::as_str))
            .map(str::to_owned)
            .collect();
        // Only these add up; a host's replace as many of the main server's (modssl_ctx_cfg_merge_certkeys_array).
        let added = |name: &str| -> Vec<NamedFile> {
            let own = match level {
                None => &[],
                Some(_) => index.named(name, level),
            };
            let rest = index.named(name, None).iter().skip(own.len());
            own.iter().chain(rest).map(file).collect()
        };
        // Of all others, the last of a level replaces those before it.
        let last = |names: &[&str]| -> Vec<NamedFile> {
            let found = names.iter().filter_map(|name| get(name));
            found.map(file).collect()
        };
        site.chains = added("SSLCertificateFile");
        site.issuers = last(&["SSLCertificateChainFile"]);
        site.keys = added("SSLCertificateKeyFile");
        if site.keys.is_empty() {
            site.keys = added("SSLCertificateFile");
        }
        site.trust = last(&["SSLCACertificateFile", "SSLCACertificatePath"]);
        // What is named to clients in place of the trusted CAs.
        let requested = last(&["SSLCADNRequestFile", "SSLCADNRequestPath"]);
        site.named = (!requested.is_empty()).then_some(requested);
        site.crls = last(&["SSLCARevocationFile", "SSLCARevocationPath"]);
        let check = get("SSLVerifyClient");
        site.clients = match check
            .map(|one| one.argument().to_ascii_lowercase())
            .as_deref()
        {
            Some("require") => ClientCheck::Required,
            Some("optional") => ClientCheck::Optional,
            Some("optional_no_ca") => ClientCheck::Unverified,
            Some("none") | None => ClientCheck::Off,
            Some(_) => ClientCheck::Unclear,
        };
        if let (ClientCheck::Unclear, Some(one)) = (site.clients, check) {
            site.leave(UnexaminedKind::Setting, &one.text, &one.line);
        }
        if conditional("SSLVerifyClient").is_some() {
            site.clients = ClientCheck::Unclear;
        }
        let check = get("SSLCARevocationCheck").map(|one| {
            let mut words = one
                .words
                .iter()
                .skip(1)
                .map(|word| word.to_ascii_lowercase());
            (words.next(), words.any(|word| word == "no_crl_for_cert_ok"))
        });
        let (check, lack) = check.unwrap_or_default();
        site.crl_may_lack = lack;
        site.crl_check = match check.as_deref() {
            Some("chain") => CrlCheck::Chain,
            Some("leaf") => CrlCheck::Leaf,
            // It is said that the setting was not understood.
            _ if conditional("SSLCARevocationCheck").is_some() => CrlCheck::Chain,
            _ => CrlCheck::Off,
        };
        for one in both().filter(|one| may_hold(one)) {
            let settings = MAY_SET.iter();
            let settings = settings.filter(|(_, names)| names.iter().any(|name| one.is(name)));
            for (setting, _) in settings {
                if !site.may_be_set.contains(setting) {
                    site.may_be_set.push(*setting);
                }
            }
        }
        // mod_ssl's documentation: the default is 1.
        let depth = get("SSLVerifyDepth").and_then(|one| one.argument().parse().ok());
        site.depth = match conditional("SSLVerifyDepth") {
            Some(_) => None,
            None => Some(depth.unwrap_or(1)),
        };
        site.depth_counts_root = true;
        if let Some(one) = get("SSLProtocol") {
            let (on, known) = versions(&one.words);
            site.versions = Some(on);
            if !known {
                site.leave(UnexaminedKind::Setting, &one.text, &one.line);
            }
        }
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
        for one in index
            .named("SSLOpenSSLConfCmd", None)
            .iter()
            .chain(match level {
                None => &[],
                Some(_) => index.named("SSLOpenSSLConfCmd", level),
            })
        {
            const HARMLESS: [&str; 6] = [
                "options",
                "curves",
                "groups",
                "ecdhparameters",
                "dhparameters",
                "signaturealgorithms",
            ];
            let command = one.argument().to_ascii_lowercase();
            if !HARMLESS.contains(&command.as_str()) {
                site.leave(UnexaminedKind::Setting, &one.text, &one.line);
            }
        }
        for one in both().filter(|one| one.place != Place::Host) {
            if !reader.budget.words(1) {
                break;
            }
            if SETTINGS.iter().any(|name| one.is(name)) {
                site.leave(UnexaminedKind::Setting, &one.text, &one.line);
            }
        }
        site.admit(&admission(&sections, main, own, reader));
        site.pid_file.clone_from(&pid_file);
        reader.keep(site, &mut sites);
    }
    sites
}

/// What is known of the first virtual host of an address. Every connection begins with it, so that it decides whether the address
/// speaks TLS; only then the name that the client sends chooses among the others (run with Apache 2.4).
#[derive(Default)]
struct FirstHost {
    /// The host, and whether it speaks TLS, where that is known.
    known: Option<(usize, Option<bool>)>,
    /// One before it that may be there, and may speak no TLS.
    possible: Option<usize>,
}

impl FirstHost {
    /// The host before which TLS does not come, and whether that is certain.
    fn without_tls(&self) -> Option<(usize, bool)> {
        match (self.possible, self.known) {
            (_, Some((host, Some(false)))) => Some((host, true)),
            (Some(host), _) | (None, Some((host, None))) => Some((host, false)),
            (None, _) => None,
        }
    }

    /// Takes the next host of the address: whether it is there under no condition, and whether it speaks TLS.
    fn meet(&mut self, host: Option<usize>, is_there: bool, is_on: Option<bool>) {
        let Some(host) = host.filter(|_| self.known.is_none()) else {
            return;
        };
        if is_there {
            self.known = Some((host, is_on));
        } else if is_on != Some(true) {
            self.possible = self.possible.or(Some(host));
        }
    }
}

/// The host and the port of an address, the host the same for all that stand for every one.
fn place_of(bound: &str) -> (&str, &str) {
    let (host, port) = address(bound);
    match ANY.contains(&host) {
        true => ("*", port),
        false => (host, port),
    }
}

/// The addresses at which the server listens with the protocol https: a word after the port says so, and without one it is that
/// of port 443. A virtual host with the same address has TLS if `SSLEngine` does not say otherwise, the main server does not (run
/// with Apache 2.4).
fn secured(all: &[Directive]) -> Vec<String> {
    let is_https = |one: &&Directive| match one.words.get(2) {
        Some(protocol) => protocol.eq_ignore_ascii_case("https"),
        None => address(one.argument()).1 == "443",
    };
    all.iter()
        .filter(|one| one.is("Listen") && one.place == Place::Host)
        .filter(is_https)
        .map(|one| one.argument().to_ascii_lowercase())
        .collect()
}

/// Whether an address at which the server listens is that of a virtual host: one that stands for every host is not that of a
/// single one.
fn is_same(listened: &str, bound: &str) -> bool {
    let (one, other) = (address(listened), address(bound));
    let both_any = ANY.contains(&one.0) && ANY.contains(&other.0);
    one.1 == other.1 && (one.0 == other.0 || both_any)
}

/// Hosts of addresses that stand for every one.
const ANY: [&str; 4] = ["*", "_default_", "0.0.0.0", "[::]"];

/// Whether requests reach the main server though there are virtual hosts: at an address where it listens and none of them does.
fn is_main_reached(all: &[Directive], addresses: &[String]) -> bool {
    // There may be thousands of both.
    let hosts: HashSet<(&str, &str)> = addresses.iter().map(|one| address(one)).collect();
    let is_covered = |listened: &str| {
        let (own, port) = address(listened);
        let mut names = ANY.iter().chain([&own]);
        names.any(|name| hosts.contains(&(*name, port)) || hosts.contains(&(*name, "*")))
    };
    let mut listens = all.iter().filter(|one| one.is("Listen")).peekable();
    match listens.peek() {
        Some(_) => listens.any(|one| !is_covered(&one.argument().to_ascii_lowercase())),
        // Where it listens is set in another file.
        None => !hosts.iter().any(|(host, _)| ANY.contains(host)),
    }
}

/// The host of a `ServerName`, which may have a scheme and a port.
fn host_of(name: &str) -> &str {
    let name = name.split_once("://").map_or(name, |(_, rest)| rest);
    name.split(':').next().unwrap_or_default()
}

/// The host and the port of an address, each `*` where any is meant.
fn address(text: &str) -> (&str, &str) {
    let is_port = |text: &str| {
        text == "*" || text.starts_with('$') || text.bytes().all(|byte| byte.is_ascii_digit())
    };
    match text.rsplit_once(':') {
        Some((host, port)) if is_port(port) => (host, port),
        _ if is_port(text) && text != "*" => ("*", text),
        _ => (text, "*"),
    }
}

/// The versions that a list permits, and whether every word of it is known.
fn versions(words: &[String]) -> (Vec<String>, bool) {
    const ALL: [&str; 5] = ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    let mut on: Vec<&str> = Vec::new();
    let mut known = true;
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
        // mod_ssl takes its removal only.
        known &= !meant.is_empty() || name.eq_ignore_ascii_case("SSLv2");
        match sign {
            "-" => on.retain(|known| !meant.contains(known)),
            "+" => on.extend(meant),
            // mod_ssl: without a sign it "overrides already set parameter(s)".
            _ => on = meant,
        }
    }
    on.sort_unstable();
    on.dedup();
    (on.into_iter().map(str::to_owned).collect(), known)
}

/// What a rule, or several together, let through.
enum Passes {
    /// Clients with these names only.
    Named(Vec<String>),
    /// Every client.
    Everyone,
    /// Nothing that is known.
    Unknown,
}

fn admission(
    sections: &[Section],
    main: &[&Directive],
    own: &[&Directive],
    reader: &Reader<'_>,
) -> Admitted {
    let both = || main.iter().chain(own).copied();
    let unclear = |one: &Directive| Admitted::Unclear(one.text.clone(), one.line.clone());
    let is_rule = |one: &&Directive| one.is("Require");
    // Of several sections for every path the last one counts, the main server's before the host's.
    let rules: Vec<&Directive> = both()
        .filter(|one| one.place == Place::EveryPath && is_rule(one))
        .collect();
    let outermost = |one: &Directive| {
        let whole = |number: &usize| is_limited(*number, Place::EveryPath, sections);
        around(one.section, sections).filter(whole).last()
    };
    let whole = rules.last().and_then(|one| outermost(one));
    let passes = match whole {
        Some(whole) => {
            let rules: Vec<&Directive> = rules
                .iter()
                .copied()
                .filter(|one| outermost(one) == Some(whole))
                .collect();
            together(whole, Kind::Any, sections, &rules, reader)
        }
        None => Passes::Unknown,
    };
    // Rules of a later section for other requests replace those; a file's or folder's come before them, and the main server's
    // sections before the host's.
    let of = rules.last().map(|one| one.host);
    let replaced = both().find(|one| {
        let is_later = match (of, one.host) {
            (Some(Some(_)), None) => false,
            (Some(own), host) if own == host => one.section > whole,
            _ => true,
        };
        let narrower = match one.place {
            Place::SomePaths | Place::Conditional => is_later,
            place => matches!(place, Place::Macro | Place::Expression),
        };
        let is_second = |word: &String| word.eq_ignore_ascii_case("denied");
        // What is denied for some methods may leave the others open.
        let denies = || {
            one.argument().eq_ignore_ascii_case("all")
                && one.words.get(2).is_some_and(is_second)
                && !around(one.section, sections)
                    .take(DEPTH)
                    .any(|number| is_limited(number, Place::Elsewhere, sections))
        };
        is_rule(one) && narrower && !denies()
            || one.is("Satisfy")
            || one.is("AuthMerging")
            || one.is("Use")
            || one.is("ProxyRequests") && one.argument().eq_ignore_ascii_case("on")
    });
    let answered = both().find(|one| is_local_answer(one));
    match (passes, replaced) {
        (Passes::Named(names), None) => {
            return match answered {
                Some(one) => unclear(one),
                None => Admitted::Named(names),
            };
        }
        (Passes::Named(_), Some(one)) => return unclear(one),
        (Passes::Everyone, None) if !both().any(|one| !is_rule(&one) && is_about(one)) => {
            return Admitted::Everyone;
        }
        _ => {}
    }
    // What holds for some paths only leaves the others open.
    match both().find(|one| one.place != Place::SomePaths && is_about(one) || one.is("Use")) {
        Some(one) => unclear(one),
        None => Admitted::Everyone,
    }
}

/// Whether a refused client gets what is under a path of the server: an internal redirect asks for no authorisation. Where
/// `AuthType` is set, it is refused with 401.
fn is_local_answer(one: &Directive) -> bool {
    let answer = one.words.get(2).map_or("", String::as_str);
    one.is("ErrorDocument")
        && matches!(one.argument(), "401" | "403")
        && (answer.starts_with('/') || answer.contains("${"))
}

/// The sections that something is in, the innermost first.
fn around(section: Option<usize>, sections: &[Section]) -> impl Iterator<Item = usize> {
    std::iter::successors(section, |number| sections.get(*number)?.within)
}

fn is_limited(section: usize, place: Place, sections: &[Section]) -> bool {
    let section = sections.get(section);
    section.is_some_and(|section| section.kind == Kind::Limits(place))
}

/// Whether a rule may decide by the client's certificate.
fn is_about(one: &Directive) -> bool {
    const RULES: [&str; 6] = [
        "Require",
        "SSLRequire",
        "RewriteCond",
        "SetEnvIf",
        "SetEnvIfExpr",
        "<If",
    ];
    RULES.iter().any(|name| one.is(name))
        && ["SSL_CLIENT", "PeerExtList", "SSL_TLS_SNI", "REMOTE_USER"]
            .iter()
            .any(|name| one.text.contains(name))
}

/// What the rules of a section let through together.
fn together(
    section: usize,
    kind: Kind,
    sections: &[Section],
    rules: &[&Directive],
    reader: &Reader<'_>,
) -> Passes {
    // Each is gone over once for every section that it is in.
    if !reader.budget.words(rules.len()) {
        return Passes::Unknown;
    }
    let direct = rules
        .iter()
        .filter(|one| one.section == Some(section))
        .map(|one| of_rule(one));
    let mut children: BTreeMap<usize, Vec<&Directive>> = BTreeMap::new();
    for one in rules {
        if let Some(number) = child(one, section, sections) {
            children.entry(number).or_default().push(one);
        }
    }
    let inner = children.into_iter().map(|(number, rules)| {
        let kind = sections.get(number).map_or(Kind::Open, |one| one.kind);
        together(number, kind, sections, &rules, reader)
    });
    let all: Vec<Passes> = direct.chain(inner).collect();
    match kind {
        Kind::All => {
            let everyone = all.iter().all(|one| matches!(one, Passes::Everyone));
            let named = all.into_iter().find(|one| matches!(one, Passes::Named(_)));
            match named {
                Some(named) => named,
                None if everyone => Passes::Everyone,
                None => Passes::Unknown,
            }
        }
        Kind::Any | Kind::Open | Kind::Limits(Place::EveryPath) => {
            if all.iter().any(|one| matches!(one, Passes::Everyone)) {
                return Passes::Everyone;
            }
            let mut names: Vec<String> = Vec::new();
            for one in all {
                match one {
                    Passes::Named(more) => names.extend(more),
                    _ => return Passes::Unknown,
                }
            }
            names.sort_unstable();
            names.dedup();
            Passes::Named(names)
        }
        Kind::Limits(_) => Passes::Unknown,
    }
}

/// The section right inside another one that a rule is in.
fn child(one: &Directive, section: usize, sections: &[Section]) -> Option<usize> {
    let mut at = one.section?;
    loop {
        let within = sections.get(at)?.within?;
        if within == section {
            return Some(at);
        }
        at = within;
    }
}

fn of_rule(one: &Directive) -> Passes {
    let second = one.words.get(2).map_or("", String::as_str);
    match one.argument().to_ascii_lowercase().as_str() {
        "all" if second.eq_ignore_ascii_case("granted") => Passes::Everyone,
        "expr" => {
            let names = expression::names(expression_of(&one.text));
            names.map_or(Passes::Unknown, Passes::Named)
        }
        _ => Passes::Unknown,
    }
}

/// The expression of a rule, as the server takes it: to the end of the line, and without quotation marks around all of it.
fn expression_of(rule: &str) -> &str {
    let after_word = |text: &str| text.find(char::is_whitespace).unwrap_or(text.len());
    let mut text = rule;
    for _ in ["Require", "expr"] {
        text = text
            .get(after_word(text)..)
            .unwrap_or_default()
            .trim_start();
    }
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text)
}

/// What was found so far.
#[derive(Default)]
struct Found {
    /// Where each virtual host begins.
    hosts: Vec<Line>,
    /// The addresses of each.
    bound: Vec<Vec<String>>,
    /// Whether each is there under no condition.
    certain: Vec<bool>,
    /// The addresses of those that are.
    addresses: Vec<String>,
    all: Vec<Directive>,
    sections: Vec<Section>,
    /// The host and the section that are open.
    host: Option<usize>,
    section: Option<usize>,
    /// `ServerRoot`.
    root: Option<String>,
    /// What `Define` sets, by its name in lower case; `None` where it does so under a condition, or `UnDefine` took it back.
    defined: HashMap<String, Option<String>>,
}

impl Found {
    /// Reads a file, with its includes expanded in place.
    fn collect(&mut self, text: &Text, reader: &Reader<'_>) {
        reader.within(text, || self.lines(text, reader));
    }

    fn lines(&mut self, text: &Text, reader: &Reader<'_>) {
        let mut pending = String::new();
        let mut began = 0;
        // A backslash at the end of the file continues nothing.
        for (number, line) in text.text.lines().chain([""]).enumerate() {
            if pending.is_empty() {
                began = number + 1;
            }
            if let Some(open) = line.strip_suffix('\\') {
                pending.push_str(open);
                continue;
            }
            let whole = std::mem::take(&mut pending) + line;
            let trimmed = whole.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let Some(trimmed) = self.substituted(trimmed, reader) else {
                return;
            };
            let words = words(&trimmed, Syntax::Apache);
            if !reader.budget.words(words.len()) {
                return;
            }
            let line = Line {
                file: text.file.clone(),
                number: began,
            };
            let lower = trimmed.to_ascii_lowercase();
            if lower.starts_with("<virtualhost") {
                let addresses = words.iter().skip(1);
                let addresses = addresses.map(|one| one.trim_end_matches('>'));
                let addresses: Vec<String> = addresses.map(str::to_ascii_lowercase).collect();
                let is_there = self.place() == Place::Host;
                if is_there {
                    self.addresses.extend(addresses.iter().cloned());
                }
                self.certain.push(is_there);
                self.hosts.push(line);
                self.bound.push(addresses);
                self.host = Some(self.hosts.len() - 1);
                continue;
            }
            if lower.starts_with("</virtualhost") {
                self.host = None;
                continue;
            }
            if trimmed.starts_with("</") {
                let open = self.section.and_then(|number| self.sections.get(number));
                self.section = open.and_then(|section| section.within);
                continue;
            }
            if trimmed.starts_with('<') {
                self.sections.push(Section {
                    within: self.section,
                    kind: kind(&lower),
                });
                self.section = Some(self.sections.len() - 1);
                if lower.starts_with("<if ") || lower.starts_with("<elseif ") {
                    self.keep(vec!["<If".to_owned()], &trimmed, line);
                }
                continue;
            }
            let place = self.place();
            let is = |name: &str| {
                words
                    .first()
                    .is_some_and(|word| word.eq_ignore_ascii_case(name))
            };
            let argument = words.get(1).cloned().unwrap_or_default();
            // The table of these knows no case, and a name without a value has none to put in.
            if is("Define") {
                if let Some(value) = words.get(2).cloned() {
                    let value = (place == Place::Host).then_some(value);
                    self.defined.insert(argument.to_ascii_lowercase(), value);
                }
            } else if is("UnDefine") {
                self.defined.insert(argument.to_ascii_lowercase(), None);
            } else if is("ServerRoot") {
                self.root = Some(argument);
            } else if is("Include") || is("IncludeOptional") {
                let pattern = match &self.root {
                    Some(root) if !Path::new(&argument).is_absolute() => {
                        format!("{}/{argument}", root.trim_end_matches('/'))
                    }
                    _ => argument,
                };
                for included in reader.include(&line, &pattern) {
                    self.collect(&included, reader);
                }
            } else {
                self.keep(words, &trimmed, line);
            }
        }
    }

    fn keep(&mut self, words: Vec<String>, text: &str, line: Line) {
        self.all.push(Directive {
            words,
            text: text.to_owned(),
            line,
            host: self.host,
            section: self.section,
            place: self.place(),
        });
    }

    /// A line with the variables put in that `Define` sets; `None` where the budget does not last.
    fn substituted(&self, line: &str, reader: &Reader<'_>) -> Option<String> {
        let mut whole = String::new();
        let mut rest = line;
        while let Some((before, from)) = rest.split_once("${") {
            whole.push_str(before);
            let known = from.split_once('}').and_then(|(name, after)| {
                let value = self.defined.get(&name.to_ascii_lowercase())?.as_deref()?;
                Some((value, after))
            });
            match known {
                Some((value, after)) => {
                    if !reader.budget.bytes(value.len() as u64) {
                        return None;
                    }
                    whole.push_str(value);
                    rest = after;
                }
                None => {
                    whole.push_str("${");
                    rest = from;
                }
            }
        }
        whole.push_str(rest);
        Some(whole)
    }

    /// For which requests what comes next holds.
    fn place(&self) -> Place {
        let mut place = Place::Host;
        let mut of_location = None;
        for (depth, number) in around(self.section, &self.sections).enumerate() {
            if depth == DEPTH {
                return Place::Conditional;
            }
            let kind = self.sections.get(number).map(|section| section.kind);
            if let Some(Kind::Limits(narrower)) = kind {
                place = place.max(narrower);
                if matches!(narrower, Place::EveryPath | Place::SomePaths) {
                    of_location = of_location.max(Some(narrower));
                }
            }
        }
        match (place, of_location) {
            // `<Limit>` in a location comes when the location does.
            (Place::Elsewhere, Some(Place::EveryPath)) => Place::Conditional,
            (Place::Elsewhere, Some(location)) => location,
            _ => place,
        }
    }
}

/// What a section does to what is in it; its opening is in lower case.
fn kind(opening: &str) -> Kind {
    let inner = opening.trim_start_matches('<').trim_end_matches('>');
    let parts = words(inner, Syntax::Apache);
    let part = |number: usize| parts.get(number).map_or("", String::as_str);
    let (name, argument) = (part(0), part(1));
    const PRESENT: [&str; 4] = [
        "mod_ssl.c",
        "ssl_module",
        "mod_authz_core.c",
        "authz_core_module",
    ];
    // Regular expressions that some part of every path matches.
    const EVERY: [&str; 8] = ["^", "/", "^/", ".*", "^.*", "^.*$", "^/.*", "^/.*$"];
    let is_every = match name {
        "location" if argument == "~" => EVERY.contains(&part(2)),
        "location" => argument == "/",
        "locationmatch" => EVERY.contains(&argument),
        _ => false,
    };
    match name {
        // Every version that is read here.
        "ifversion" if [">=", ">"].contains(&argument) && matches!(part(2), "2.2" | "2.4") => {
            Kind::Open
        }
        "ifmodule" if PRESENT.contains(&argument) => Kind::Open,
        "requireany" => Kind::Any,
        "requireall" => Kind::All,
        _ if is_every => Kind::Limits(Place::EveryPath),
        "location" | "locationmatch" => Kind::Limits(Place::SomePaths),
        "directory" | "directorymatch" | "files" | "filesmatch" | "proxy" | "proxymatch"
        | "limit" | "limitexcept" => Kind::Limits(Place::Elsewhere),
        "macro" => Kind::Limits(Place::Macro),
        "if" | "elseif" | "else" => Kind::Limits(Place::Expression),
        _ => Kind::Limits(Place::Conditional),
    }
}
