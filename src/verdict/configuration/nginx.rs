//! nginx: directives in blocks.

mod assigned;
mod pages;
mod sockets;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use self::assigned::Assigned;
use self::sockets::Sockets;
use super::patterns::{in_lower_case, of_subject, of_whole_subject};
use super::{
    Admitted, AdmittedHosts, ClientCheck, DefaultServer, EXTENSIONS_GROUP, INCLUDE_DEPTH, Line,
    NamedFile, Reader, Site, Text, UnexaminedKind, alternative_names_in_base64,
    extensions_in_base64, single_names,
};
use crate::input::printable;
use crate::verdict::plan::Server;

/// A directive with its block.
#[derive(Clone, Debug)]
struct Directive {
    words: Vec<String>,
    line: Line,
    block: Vec<Directive>,
}

impl Directive {
    fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn argument(&self) -> &str {
        self.words.get(1).map_or("", String::as_str)
    }

    fn text(&self) -> String {
        let body: Vec<String> = self.block.iter().map(Directive::text).collect();
        match body.is_empty() {
            true => self.words.join(" "),
            false => format!("{} {{ {}; }}", self.words.join(" "), body.join("; ")),
        }
    }
}

pub(super) fn sites(text: &Text, reader: &Reader<'_>) -> Vec<Site> {
    let is_http = |(name, is_block): (&str, bool)| name == "http" && is_block;
    reader.is_main.set(names(&text.text).any(is_http));
    let all = parse(text, reader, 0);
    let pid_file = all
        .iter()
        .find(|one| one.name() == "pid")
        .map(|one| one.argument().to_owned());
    let mut sites = Vec::new();
    let http: Vec<&Directive> = all
        .iter()
        .filter(|one| matches!(one.name(), "http" | "stream"))
        .collect();
    // A file that is included into the http block has its directives at the top.
    let levels: Vec<&[Directive]> = match http.as_slice() {
        [] => vec![&all],
        some => some.iter().map(|one| one.block.as_slice()).collect(),
    };
    for level in levels {
        let mut above = Level::new(level);
        above.about = about(above.named("map"), reader);
        above.maps = by_variable(above.named("map"));
        above.assigned = Assigned::above(level);
        above.lua = level.iter().find(|one| rewrites_in_lua(one));
        above.sockets = Sockets::new(above.named("server"), reader);
        let mut meanings = HashMap::new();
        let servers = above.named("server");
        let mut defaults: HashMap<usize, Option<Arc<DefaultServer>>> = HashMap::new();
        let mut permitted: HashMap<usize, Option<Vec<String>>> = HashMap::new();
        for (number, server) in servers.iter().enumerate() {
            if reader.budget.spent().is_some() {
                break;
            }
            if let Some(mut site) = site(server, &above, &mut meanings, reader) {
                site.pid_file.clone_from(&pid_file);
                let before = above.sockets.defaults_of(server, reader);
                if !before.is_empty() {
                    let of_default = |default: &usize| {
                        let known = permitted.entry(*default).or_insert_with(|| {
                            let own = Level::new(&servers.get(*default)?.block);
                            versions(&own, &above)
                        });
                        known.clone()
                    };
                    let versions = common(before.iter().map(of_default));
                    if versions != site.versions {
                        let others = before.iter().filter(|default| **default != number);
                        let other = others.filter_map(|other| servers.get(*other)).next();
                        let level = other.map(|other| Level::new(&other.block));
                        site.versions_by = level.map(|own| printable(name(&own, &above)));
                    }
                    site.versions = versions;
                }
                for other in before.into_iter().filter(|default| *default != number) {
                    let other = defaults
                        .entry(other)
                        .or_insert_with(|| default_server(servers.get(other)?, &above));
                    site.defaults.extend(other.clone());
                }
                reader.keep(site, &mut sites);
            }
        }
    }
    sites
}

/// The directives of a block by their names, in order: those above thousands of servers are looked through once.
struct Level<'d> {
    by_name: HashMap<&'d str, Vec<&'d Directive>>,
    /// The variables that say something about the client, in lower case.
    about: HashSet<String>,
    /// The map for each variable, in lower case; `None` where there are several.
    maps: HashMap<String, Option<&'d Directive>>,
    /// The variables that something other than a map assigns.
    assigned: Assigned<'d>,
    /// A script that may run among the rules of its servers.
    lua: Option<&'d Directive>,
    sockets: Sockets,
}

impl<'d> Level<'d> {
    fn new(directives: &'d [Directive]) -> Level<'d> {
        let mut by_name: HashMap<&str, Vec<&Directive>> = HashMap::new();
        for one in directives {
            by_name.entry(one.name()).or_default().push(one);
        }
        Level {
            by_name,
            about: HashSet::new(),
            maps: HashMap::new(),
            assigned: Assigned::default(),
            lua: None,
            sockets: Sockets::default(),
        }
    }

    fn named(&self, name: &str) -> &[&'d Directive] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The directive of a name that counts for a server: its own, or that of the level above.
fn setting<'d>(name: &str, server: &Level<'d>, above: &Level<'d>) -> Option<&'d Directive> {
    let own = server.named(name).last();
    own.or_else(|| above.named(name).last()).copied()
}

/// The files that directives of a name name: several of them are side by side on one level.
fn files(name: &str, server: &Level<'_>, above: &Level<'_>) -> Vec<NamedFile> {
    let all = match server.named(name) {
        [] => above.named(name),
        own => own,
    };
    all.iter()
        .map(|one| NamedFile::new(one.argument(), &one.line))
        .collect()
}

/// The CAs that are trusted: those named to clients, and others.
fn trusted(server: &Level<'_>, above: &Level<'_>) -> (Vec<NamedFile>, Vec<NamedFile>) {
    (
        files("ssl_client_certificate", server, above),
        files("ssl_trusted_certificate", server, above),
    )
}

fn client_check(server: &Level<'_>, above: &Level<'_>) -> ClientCheck {
    match setting("ssl_verify_client", server, above).map(Directive::argument) {
        Some("on") => ClientCheck::Required,
        Some("optional") => ClientCheck::Optional,
        Some("optional_no_ca") => ClientCheck::Unverified,
        _ => ClientCheck::Off,
    }
}

/// It answers no client at all.
fn rejects_all(server: &Level<'_>, above: &Level<'_>) -> bool {
    setting("ssl_reject_handshake", server, above).is_some_and(|one| one.argument() == "on")
}

/// What an address's default server checks of clients that send no host name. nginx then admits them to every server of the
/// address that wants a certificate, if it found nothing wrong with theirs; where it asked for none, to none of these.
fn default_server(server: &Directive, above: &Level<'_>) -> Option<Arc<DefaultServer>> {
    let own = Level::new(&server.block);
    if rejects_all(&own, above) || client_check(&own, above) == ClientCheck::Off {
        return None;
    }
    let (mut trust, more) = trusted(&own, above);
    trust.extend(more);
    Some(Arc::new(DefaultServer {
        name: printable(name(&own, above)),
        trust,
        crls: files("ssl_crl", &own, above),
    }))
}

/// The versions of TLS that a server sets. Several directives on one level add to each other.
fn versions(server: &Level<'_>, above: &Level<'_>) -> Option<Vec<String>> {
    let all = match server.named("ssl_protocols") {
        [] => above.named("ssl_protocols"),
        own => own,
    };
    let mut versions = all
        .iter()
        .flat_map(|one| one.words.iter().skip(1).cloned())
        .peekable();
    versions.peek()?;
    Some(versions.collect())
}

/// The versions of a server on several sockets: OpenSSL chooses one before it looks at the host name, by what the default server
/// of the socket permits. TLS 1.2 is permitted where every one permits it, any other where one does; the default of nginx
/// counts where one sets none.
fn common(all: impl Iterator<Item = Option<Vec<String>>>) -> Option<Vec<String>> {
    const WANTED: &str = "TLSv1.2";
    let all: Vec<Vec<String>> = all.collect::<Option<_>>()?;
    let is_wanted = |version: &String| version.eq_ignore_ascii_case(WANTED);
    let is_common = all.iter().all(|versions| versions.iter().any(is_wanted));
    let mut versions: Vec<String> = Vec::new();
    for version in all.into_iter().flatten() {
        if !versions.contains(&version) && (is_common || !is_wanted(&version)) {
            versions.push(version);
        }
    }
    Some(versions)
}

fn name<'d>(server: &Level<'d>, above: &Level<'d>) -> &'d str {
    setting("server_name", server, above).map_or("server", Directive::argument)
}

fn site<'d>(
    server: &'d Directive,
    above: &Level<'d>,
    meanings: &mut Meanings<'d>,
    reader: &Reader<'_>,
) -> Option<Site> {
    let own = Level::new(&server.block);
    let get = |name: &str| setting(name, &own, above);
    let is_on = get("ssl").is_some_and(|one| one.argument() == "on");
    if !is_on && !above.sockets.accept_tls(server, reader) {
        return None;
    }
    if rejects_all(&own, above) {
        return None;
    }
    let mut site = Site::new(Server::Nginx, name(&own, above), server.line.clone());
    site.hosts = own
        .named("server_name")
        .iter()
        .flat_map(|one| one.words.iter().skip(1).cloned())
        .collect();
    site.chains = files("ssl_certificate", &own, above);
    site.keys = files("ssl_certificate_key", &own, above);
    let passwords = get("ssl_password_file").into_iter();
    site.passwords = passwords
        .map(|one| NamedFile::new(one.argument(), &one.line))
        .collect();
    let more;
    (site.trust, more) = trusted(&own, above);
    if !more.is_empty() {
        site.named = Some(site.trust.clone());
        site.trust.extend(more);
    }
    site.crls = files("ssl_crl", &own, above);
    site.parameters = files("ssl_dhparam", &own, above);
    site.clients = client_check(&own, above);
    // nginx's documentation: the default is 1.
    let depth = get("ssl_verify_depth").and_then(|one| one.argument().parse().ok());
    site.depth = Some(depth.unwrap_or(1));
    let of = |name: &str| match own.named(name) {
        [] => above.named(name),
        own => own,
    };
    site.versions = versions(&own, above);
    if let Some(suites) = get("ssl_ciphers") {
        site.offer(suites.argument());
    }
    // A block that has one of its own inherits none, and they count after the other directives.
    for command in of("ssl_conf_command") {
        let value = command.words.get(2).map_or("", String::as_str);
        match command.argument().to_ascii_lowercase().as_str() {
            "ciphersuites" => site.tls13 = Some(single_names(value)),
            "cipherstring" => site.offer(value),
            "options" | "curves" | "groups" | "dhparameters" | "signaturealgorithms" => {}
            _ => site.leave(UnexaminedKind::Setting, &command.text(), &command.line),
        }
    }
    admit(&mut site, server, &own, above, meanings, reader);
    Some(site)
}

/// Variables that say something about the client that not every client of the same CA has.
fn is_about_client(text: &str) -> bool {
    [
        "$ssl_client_s_dn",
        "$ssl_client_cert",
        "$ssl_client_raw_cert",
        "$ssl_client_escaped_cert",
        "$ssl_client_fingerprint",
        "$ssl_client_serial",
    ]
    .iter()
    .any(|name| text.contains(name))
}

/// A text as nginx looks for variables in it: their names are the same in capitals, and in brackets.
fn folded(text: &str) -> String {
    text.to_ascii_lowercase().replace("${", "$")
}

/// The variables of maps over one that is about the client, and of maps over those.
fn about(maps: &[&Directive], reader: &Reader<'_>) -> HashSet<String> {
    let mut about: HashSet<String> = HashSet::new();
    // One value for every client says nothing about any.
    let is_constant = |map: &Directive| map.block.iter().all(|one| one.name() == "default");
    let mut rest: Vec<(String, String)> = maps
        .iter()
        .filter(|map| !is_constant(map))
        .filter_map(|map| Some((folded(map.argument()), folded(map.words.get(2)?))))
        .collect();
    // Until a pass over the others finds no more.
    loop {
        let before = rest.len();
        if !reader.budget.words(before) {
            return HashSet::new();
        }
        rest.retain(|(source, target)| {
            let from = is_about_client(source) || mentions(source, &about);
            if from {
                about.insert(target.clone());
            }
            !from
        });
        if rest.len() == before {
            return about;
        }
    }
}

/// Whether a folded text has one of these variables.
fn mentions(text: &str, variables: &HashSet<String>) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices('$').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let name = text.get(at..at + 1 + end).unwrap_or_default();
        variables.contains(name)
    })
}

/// The value of a variable for clients with some names, and for all others.
#[derive(Clone)]
struct Meaning {
    clients: Clients,
    yes: String,
    no: String,
}

/// The clients that pass a condition.
#[derive(Clone)]
struct Clients {
    names: Vec<String>,
    /// The variables by which that is decided, in lower case.
    by: Vec<String>,
}

impl Clients {
    fn new(names: Vec<String>, variable: &str) -> Clients {
        Clients {
            names,
            by: vec![folded(variable)],
        }
    }
}

/// What is known of the variables of maps: each is looked into once.
type Meanings<'d> = HashMap<&'d str, Option<Meaning>>;

/// The map for each variable; `None` where there are several.
fn by_variable<'d>(maps: &[&'d Directive]) -> HashMap<String, Option<&'d Directive>> {
    let mut all: HashMap<String, Option<&Directive>> = HashMap::new();
    for map in maps {
        if let Some(variable) = map.words.get(2) {
            all.entry(variable.to_ascii_lowercase())
                .and_modify(|known| *known = None)
                .or_insert(Some(map));
        }
    }
    all
}

/// The only map for a variable.
fn map_of<'d>(variable: &str, above: &Level<'d>) -> Option<&'d Directive> {
    *above.maps.get(&variable.to_ascii_lowercase())?
}

/// The default of a map, and its other entries.
fn entries(map: &Directive) -> Option<(&str, Vec<(&str, &str)>)> {
    let mut default = "";
    let mut others = Vec::new();
    for one in &map.block {
        match (one.name(), one.words.as_slice()) {
            ("volatile", [_]) => {}
            ("hostnames" | "include", _) => return None,
            ("default", [_, value]) => default = value,
            (key, [_, value]) => others.push((key, value.as_str())),
            _ => return None,
        }
    }
    Some((default, others))
}

fn meaning<'d>(
    variable: &'d str,
    above: &Level<'d>,
    meanings: &mut Meanings<'d>,
    reader: &Reader<'_>,
) -> Option<Meaning> {
    if let Some(known) = meanings.get(variable) {
        return known.clone();
    }
    if !reader.budget.words(1) {
        return None;
    }
    let found = map_of(variable, above).and_then(|map| {
        let mut meaning = match map.argument() {
            "$ssl_client_s_dn" => of_subjects(map),
            source => of_export(map, source, above),
        }?;
        meaning.clients.by.push(folded(variable));
        Some(meaning)
    });
    meanings.insert(variable, found.clone());
    found
}

/// A map of subjects: every entry but the default has names that are understood, and all the same value.
fn of_subjects(map: &Directive) -> Option<Meaning> {
    let (no, entries) = entries(map)?;
    let yes = entries.first()?.1;
    let mut names = Vec::new();
    for (key, value) in &entries {
        names.extend(match (key.strip_prefix("~*"), key.strip_prefix('~')) {
            (Some(pattern), _) => of_subject(pattern)?,
            (None, Some(pattern)) => in_lower_case(of_subject(pattern)?)?,
            (None, None) => of_whole_subject(key)?,
        });
        if *value != yes {
            return None;
        }
    }
    let plain = !yes.contains('$') && !no.contains('$') && yes != no;
    plain.then(|| Meaning {
        clients: Clients::new(names, "$ssl_client_s_dn"),
        yes: yes.to_owned(),
        no: no.to_owned(),
    })
}

/// The map that `export` writes over three others: the CN, whether there is a subjectAltName, and the subjectAltName.
fn of_export(map: &Directive, source: &str, above: &Level<'_>) -> Option<Meaning> {
    let is = |map: &Directive, default: &str, expected: &[(&str, &str)]| {
        entries(map).is_some_and(|(no, entries)| no == default && entries == expected)
    };
    let by_certificate = |variable: &str| {
        map_of(variable, above).filter(|map| map.argument() == "$ssl_client_escaped_cert")
    };
    let mut parts = source.split('$').skip(1).map(|name| format!("${name}"));
    let (cn, any, san) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !is(map, "0", &[("~^(?:10.|..1)$", "1")]) {
        return None;
    }
    let subjects = map_of(&cn, above).filter(|map| map.argument() == "$ssl_client_s_dn")?;
    let mut meaning = of_subjects(subjects).filter(|one| (&*one.yes, &*one.no) == ("1", "0"))?;
    let identifier = format!("~{}", alternative_names_in_base64());
    if !is(by_certificate(&any)?, "0", &[(&identifier, "1")]) {
        return None;
    }
    let names = map_of(&san, above)?;
    let group = format!("${EXTENSIONS_GROUP}");
    let extensions = format!("~{}", extensions_in_base64());
    if !is(
        by_certificate(names.argument())?,
        "",
        &[(&extensions, &group)],
    ) {
        return None;
    }
    let hosts = meaning.clients.names.iter().map(|name| name.parse().ok());
    let hosts: Option<Vec<_>> = hosts.collect();
    let known: Vec<String> = AdmittedHosts::new(hosts?)?
        .in_base64()
        .iter()
        .map(|pattern| format!("~{pattern}"))
        .collect();
    let (no, entries) = entries(names)?;
    let understood = no == "0"
        && entries
            .iter()
            .all(|(key, value)| *value == "1" && known.iter().any(|known| known == key));
    let by = [
        &cn,
        &any,
        &san,
        names.argument(),
        "$ssl_client_escaped_cert",
    ];
    meaning
        .clients
        .by
        .extend(by.iter().map(|name| folded(name)));
    understood.then_some(meaning)
}

/// The words of a condition, without its brackets.
fn test(condition: &Directive) -> Option<Vec<&str>> {
    let (first, last) = (condition.words.get(1)?, condition.words.last()?);
    let begin = first.strip_prefix('(')?;
    let mut words: Vec<&str> = vec![match condition.words.len() {
        2 => begin.strip_suffix(')')?,
        _ => begin,
    }];
    if let Some(middle) = condition.words.get(2..condition.words.len() - 1) {
        words.extend(middle.iter().map(String::as_str));
    }
    if condition.words.len() > 2 {
        words.push(last.strip_suffix(')')?);
    }
    words.retain(|word| !word.is_empty());
    Some(words)
}

/// The clients for which a condition does not hold; `None` for one that was not understood.
fn all_but<'d>(
    condition: &'d Directive,
    above: &Level<'d>,
    meanings: &mut Meanings<'d>,
    reader: &Reader<'_>,
) -> Option<Clients> {
    match test(condition)?.as_slice() {
        [subject @ "$ssl_client_s_dn", operator, value] => {
            let names = match *operator {
                "!~*" => of_subject(value)?,
                "!~" => in_lower_case(of_subject(value)?)?,
                "!=" => in_lower_case(of_whole_subject(value)?)?,
                _ => return None,
            };
            Some(Clients::new(names, subject))
        }
        [variable, rest @ ..] => {
            let meaning = meaning(variable, above, meanings, reader)?;
            let holds = |value: &str| {
                Some(match rest {
                    [] => !value.is_empty() && value != "0",
                    ["=", wanted] if !wanted.contains('$') => value == *wanted,
                    ["!=", unwanted] if !unwanted.contains('$') => value != *unwanted,
                    _ => return None,
                })
            };
            (holds(&meaning.no)? && !holds(&meaning.yes)?).then_some(meaning.clients)
        }
        [] => None,
    }
}

/// What the directives of a block that decide about a request come to, in their order.
enum Order {
    /// There is one that lets none but some clients pass.
    Refuses(Clients),
    /// One may answer before any that refuses.
    Answers,
    /// Neither.
    Neither,
}

/// What is refused or redirected, up to the rule that lets none but some clients pass.
#[derive(Default)]
struct Refused<'d> {
    /// The statuses.
    statuses: Vec<&'d str>,
    /// Whether every client is refused whose certificate was not verified.
    unverified: bool,
}

impl Refused<'_> {
    /// Whether a page answers some of it with something else.
    fn is_answered(&self, pages: &[&Directive], reader: &Reader<'_>) -> bool {
        !reader
            .budget
            .words(pages::words(pages) * self.statuses.len())
            || self
                .statuses
                .iter()
                .any(|status| pages::answers(status, pages))
    }
}

fn order<'d>(
    block: &'d [Directive],
    above: &Level<'d>,
    meanings: &mut Meanings<'d>,
    refused: &mut Refused<'d>,
    reader: &Reader<'_>,
) -> Order {
    for one in block {
        match one.name() {
            "if" => match one.block.as_slice() {
                [answer] if answer.name() == "return" => {
                    let status = answer.argument();
                    let is = |class: char| status.len() == 3 && status.starts_with(class);
                    // What only refuses or redirects lets no client in.
                    if !is('3') && !is('4') && !is('5') {
                        return Order::Answers;
                    }
                    refused.statuses.push(status);
                    let unverified = ["$ssl_client_verify", "!=", "SUCCESS"];
                    refused.unverified |=
                        !is('3') && test(one).is_some_and(|words| words == unverified);
                    if is('4')
                        && let Some(clients) = all_but(one, above, meanings, reader)
                    {
                        return Order::Refuses(clients);
                    }
                }
                body if body.iter().all(|one| one.name() == "set") => {}
                _ => return Order::Answers,
            },
            "return" | "rewrite" | "break" => return Order::Answers,
            _ => {}
        }
    }
    Order::Neither
}

/// The clients that the rules of a server let pass, where they are understood.
fn clients<'d>(
    server: &'d Directive,
    own: &Level<'d>,
    pages: &[&'d Directive],
    above: &Level<'d>,
    meanings: &mut Meanings<'d>,
    refused: &mut Refused<'d>,
    reader: &Reader<'_>,
) -> Option<Clients> {
    match order(&server.block, above, meanings, refused, reader) {
        Order::Refuses(clients) => (!refused.is_answered(pages, reader)).then_some(clients),
        Order::Neither => match own.named("location") {
            // One location for every request, with nothing in it that another location answers.
            [only] if matches!(only.words.as_slice(), [_, path] if path == "/") => {
                let inner = Level::new(&only.block);
                let pages = [pages, inner.named("error_page")].concat();
                match order(&only.block, above, meanings, refused, reader) {
                    Order::Refuses(clients) if inner.named("location").is_empty() => {
                        (!refused.is_answered(&pages, reader)).then_some(clients)
                    }
                    _ => None,
                }
            }
            _ => None,
        },
        Order::Answers => None,
    }
}

/// Takes what is known of the clients that a server admits.
fn admit<'d>(
    site: &mut Site,
    server: &'d Directive,
    own: &Level<'d>,
    above: &Level<'d>,
    meanings: &mut Meanings<'d>,
    reader: &Reader<'_>,
) {
    let pages: Vec<&Directive> = [own.named("error_page"), above.named("error_page")].concat();
    if !reader.budget.words(pages::words(&pages)) {
        return;
    }
    let mut refused = Refused::default();
    let clients = clients(server, own, &pages, above, meanings, &mut refused, reader);
    let assigned = Assigned::by_server(&server.block);
    let is_assigned = |by: &[String]| assigned.any(by).or_else(|| above.assigned.any(by));
    let verify = ["$ssl_client_verify".to_owned()];
    let unverified = refused.unverified && is_assigned(&verify).is_none();
    let page = pages::serving_unverified(&pages, unverified);
    let unclear = |one: &Directive| Admitted::Unclear(one.text(), one.line.clone());
    let Some(clients) = clients else {
        let decides = condition(&server.block, &server.block, &above.about, reader);
        site.admit(&decides.map_or(Admitted::Everyone, unclear));
        // It also serves clients of other CAs.
        if let Some(page) = page.filter(|_| site.clients != ClientCheck::Off) {
            site.leave(UnexaminedKind::Condition, &page.text(), &page.line);
        }
        return;
    };
    let meddles = page
        .or_else(|| is_assigned(&clients.by))
        .or_else(|| server.block.iter().find_map(lua))
        .or(above.lua);
    site.admit(&meddles.map_or(Admitted::Named(clients.names), unclear));
}

/// The first script in Lua that may run among a server's rules, or that has a syntax of its own, so that what is around it
/// may be something else than it seems.
fn lua(one: &Directive) -> Option<&Directive> {
    let is_lua = rewrites_in_lua(one) || one.name().ends_with("_by_lua_block");
    match is_lua {
        true => Some(one),
        false => one.block.iter().find_map(lua),
    }
}

fn rewrites_in_lua(one: &Directive) -> bool {
    one.name().contains("rewrite_by_lua")
}

/// The first directive that may decide by the client's certificate, in a block or in one inside it.
fn condition<'d>(
    block: &'d [Directive],
    server: &[Directive],
    about: &HashSet<String>,
    reader: &Reader<'_>,
) -> Option<&'d Directive> {
    block.iter().find_map(|one| {
        let name = one.name();
        if !reader.budget.words(1) {
            return None;
        }
        let text = || folded(&one.words.join(" "));
        let decides = match name {
            "if" if sets_nothing_that_counts(one, server, reader) => return None,
            "if" | "set" | "return" | "rewrite" | "geo" | "split_clients" => {
                let text = text();
                is_about_client(&text) || mentions(&text, about)
            }
            "auth_request" | "auth_jwt" | "perl" => true,
            name => name.contains("_by_lua") || name.starts_with("js_"),
        };
        match decides {
            true => Some(one),
            false => condition(&one.block, server, about, reader),
        }
    })
}

/// Whether a condition only sets variables that nothing else reads.
fn sets_nothing_that_counts(
    condition: &Directive,
    server: &[Directive],
    reader: &Reader<'_>,
) -> bool {
    fn reads(block: &[Directive], variable: &str) -> bool {
        block.iter().any(|one| {
            let skipped = match one.name() {
                "set" if one.argument() == variable => 2,
                _ => 0,
            };
            one.words
                .iter()
                .skip(skipped)
                .any(|word| word.contains(variable))
                || reads(&one.block, variable)
        })
    }
    condition.block.iter().all(|one| {
        one.name() == "set" && reader.budget.words(server.len()) && !reads(server, one.argument())
    })
}

/// Reads directives, with includes expanded in place.
fn parse(text: &Text, reader: &Reader<'_>, depth: usize) -> Vec<Directive> {
    let tokens = tokens(&text.text, reader);
    let mut rest = tokens.as_slice();
    reader.within(text, || block(&mut rest, &text.file, reader, depth))
}

/// The first words of what may be directives, and whether each has a block; what is quoted is not looked at.
pub(super) fn names(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let lines = text.lines().map(|line| {
        let comment = line
            .match_indices('#')
            .map(|(at, _)| line.split_at_checked(at).unwrap_or((line, "")).0)
            .find(|before| before.is_empty() || before.ends_with([' ', '\t', ';', '{', '}']));
        comment.unwrap_or(line)
    });
    // A directive may have its block on a line after its name.
    let mut open: Option<&str> = None;
    let mut found: Vec<(&str, bool)> = Vec::new();
    for part in lines.flat_map(|line| line.split_inclusive([';', '{', '}'])) {
        let end = part.chars().next_back().filter(|c| ";{}".contains(*c));
        let words = part.trim_end_matches([';', '{', '}']);
        let name = open.or_else(|| words.split_whitespace().next());
        open = match (end, name) {
            (None, name) => name,
            (Some(end), Some(name)) => {
                found.push((name, end == '{'));
                None
            }
            (Some(_), None) => None,
        };
    }
    found.into_iter()
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String, usize),
    Open,
    Close,
    End,
}

fn tokens(text: &str, reader: &Reader<'_>) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut in_word = false;
    let mut line = 1;
    let mut quote: Option<char> = None;
    let mut comment = false;
    let mut characters = text.chars().peekable();
    let mut began = 1;
    let mut counted = 0;
    while let Some(c) = characters.next() {
        if !reader.budget.words(tokens.len() - counted) {
            return Vec::new();
        }
        counted = tokens.len();
        if c == '\n' {
            line += 1;
        }
        if comment {
            comment = c != '\n';
            continue;
        }
        if let Some(end) = quote {
            match c {
                '\\' => escaped(&mut word, characters.next()),
                c if c == end => quote = None,
                c => word.push(c),
            }
            continue;
        }
        let ends = c.is_whitespace()
            || c == ';'
            || (c == '}' && !in_word)
            || (c == '{' && !in_variable(&word));
        if ends && in_word {
            tokens.push(Token::Word(std::mem::take(&mut word), began));
            in_word = false;
        }
        match c {
            c if c.is_whitespace() => {}
            ';' => tokens.push(Token::End),
            '{' if ends => tokens.push(Token::Open),
            '}' if ends => tokens.push(Token::Close),
            '#' if !in_word => comment = true,
            '\\' => {
                if !in_word {
                    began = line;
                }
                in_word = true;
                escaped(&mut word, characters.next());
            }
            '"' | '\'' if !in_word => {
                quote = Some(c);
                in_word = true;
                began = line;
            }
            c => {
                if !in_word {
                    began = line;
                }
                in_word = true;
                word.push(c);
            }
        }
    }
    if in_word {
        tokens.push(Token::Word(word, began));
    }
    tokens
}

/// What a backslash and the character after it are (`ngx_conf_read_token`).
fn escaped(word: &mut String, next: Option<char>) {
    match next {
        Some(c @ ('"' | '\'' | '\\')) => word.push(c),
        Some('t') => word.push('\t'),
        Some('r') => word.push('\r'),
        Some('n') => word.push('\n'),
        other => {
            word.push('\\');
            word.extend(other);
        }
    }
}

/// `${name}` and `x{2}` of a pattern are no block.
fn in_variable(word: &str) -> bool {
    word.ends_with('$')
}

fn block(rest: &mut &[Token], file: &Path, reader: &Reader<'_>, depth: usize) -> Vec<Directive> {
    let mut directives = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut line = 0;
    while let Some((token, after)) = rest.split_first() {
        *rest = after;
        if reader.budget.spent().is_some() {
            break;
        }
        match token {
            Token::Word(word, at) => {
                if words.is_empty() {
                    line = *at;
                }
                words.push(word.clone());
            }
            Token::Close => break,
            Token::End | Token::Open => {
                let inner = match token {
                    Token::Open if depth < 10 * INCLUDE_DEPTH => {
                        block(rest, file, reader, depth + 1)
                    }
                    _ => Vec::new(),
                };
                let directive = Directive {
                    words: std::mem::take(&mut words),
                    line: Line {
                        file: file.to_owned(),
                        number: line,
                    },
                    block: inner,
                };
                if directive.name() == "include" {
                    // Beside the http block there are modules, which say nothing about its servers.
                    let texts = match depth == 0 && reader.is_main.get() {
                        true => reader.included(file, directive.argument()),
                        false => reader.include(&directive.line, directive.argument()),
                    };
                    for text in texts {
                        directives.extend(parse(&text, reader, depth + 1));
                    }
                } else if !directive.words.is_empty() {
                    directives.push(directive);
                }
            }
        }
    }
    directives
}
