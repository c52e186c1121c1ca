//! HAProxy: sections of lines.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::patterns::{in_lower_case, is_host, whole};
use super::words::{Syntax, words};
use super::{
    Admitted, AdmittedHosts, ClientCheck, Line, NamedFile, Reader, Site, Text, UnexaminedKind,
    single_names,
};
use crate::verdict::plan::Server;

/// A line in words, and where it is.
#[derive(Clone)]
struct Row {
    words: Vec<String>,
    line: Line,
}

impl Row {
    fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn text(&self) -> String {
        self.words.join(" ")
    }
}

/// A section: its first line, and what follows.
struct Section {
    head: Vec<String>,
    rows: Vec<Row>,
    /// Whether its mode is HTTP, as it says itself or as its defaults do.
    is_http: bool,
}

impl Section {
    fn is(&self, kind: &str) -> bool {
        self.head.first().is_some_and(|word| word == kind)
    }

    /// The mode that it says itself.
    fn says_http(&self) -> Option<bool> {
        let mut modes = self.rows.iter().filter(|row| row.name() == "mode");
        let is_http = |row: &Row| row.words.get(1).is_some_and(|mode| mode == "http");
        modes.next_back().map(is_http)
    }
}

/// Gives each section its mode: TCP where neither it nor its defaults say any. Those are the ones that it names with `from`, or
/// else the last before it, and they begin with nothing from the ones before them (HAProxy's configuration manual, section 4).
fn set_modes(sections: &mut [Section]) {
    let mut named: HashMap<String, bool> = HashMap::new();
    let mut before = false;
    for section in sections {
        let mut words = section.head.iter();
        let from = words.position(|word| word == "from").map(|_| words.next());
        let is_defaults = section.is("defaults");
        let inherited = match from {
            Some(name) => name.and_then(|name| named.get(name)).copied(),
            None => (!is_defaults).then_some(before),
        };
        section.is_http = section.says_http().or(inherited).unwrap_or(false);
        if is_defaults {
            before = section.is_http;
            if let Some(name) = section.head.get(1) {
                named.insert(name.clone(), before);
            }
        }
    }
}

/// The rows of the `global` sections.
struct Globals<'r>(HashMap<&'r str, Vec<&'r Row>>);

impl<'r> Globals<'r> {
    fn new(sections: &'r [Section]) -> Globals<'r> {
        let mut by_name: HashMap<&str, Vec<&Row>> = HashMap::new();
        for section in sections.iter().filter(|one| one.is("global")) {
            for row in &section.rows {
                by_name.entry(row.name()).or_default().push(row);
            }
        }
        Globals(by_name)
    }

    fn all(&self, name: &str) -> &[&'r Row] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value of a setting of which the last line counts.
    fn last(&self, name: &str) -> Option<&'r str> {
        let row = self.all(name).last()?;
        row.words.get(1).map(String::as_str)
    }

    /// A path, counted from a folder that a setting names.
    fn path(&self, base: &str, path: &str) -> String {
        match self.last(base) {
            Some(base) if !path.starts_with(['/', '@']) => format!("{base}/{path}"),
            _ => path.to_owned(),
        }
    }
}

pub(super) fn sites(text: &Text, reader: &Reader<'_>) -> Vec<Site> {
    let mut sections: Vec<Section> = Vec::new();
    let mut conditional: Option<Row> = None;
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
        match row.name() {
            "" => {}
            ".if" => conditional = conditional.or(Some(row)),
            "global" | "defaults" | "frontend" | "listen" | "backend" | "peers" | "resolvers"
            | "userlist" | "cache" | "program" | "mailers" | "ring" | "http-errors"
            | "fcgi-app" | "log-forward" => sections.push(Section {
                head: row.words,
                rows: Vec::new(),
                is_http: false,
            }),
            _ => {
                if let Some(section) = sections.last_mut() {
                    section.rows.push(row);
                }
            }
        }
    }
    set_modes(&mut sections);
    let globals = Globals::new(&sections);
    let elsewhere = Elsewhere::new(&sections);
    let mut sites = Vec::new();
    for section in &sections {
        if !section.is("frontend") && !section.is("listen") {
            continue;
        }
        let name = section.head.get(1).map_or("frontend", String::as_str);
        // Those of one section admit the same clients.
        let mut admitted: Option<Admitted> = None;
        for row in section
            .rows
            .iter()
            .filter(|row| row.name() == "bind" && row.words.iter().any(|word| word == "ssl"))
        {
            for bind in binds(row, &globals, text, reader) {
                let mut site = site(name, &bind, &globals);
                site.pid_file = globals
                    .all("pidfile")
                    .first()
                    .and_then(|row| row.words.get(1).cloned());
                if let Some(row) = &conditional {
                    site.leave(UnexaminedKind::Setting, &row.text(), &row.line);
                }
                site.admit(
                    admitted.get_or_insert_with(|| admission(section, &elsewhere, text, reader)),
                );
                reader.keep(site, &mut sites);
                if reader.budget.spent().is_some() {
                    return sites;
                }
            }
        }
    }
    sites
}

/// What a `bind` line stands for: itself, and each entry of its lists that has settings of its own.
fn binds(row: &Row, globals: &Globals<'_>, text: &Text, reader: &Reader<'_>) -> Vec<Row> {
    let mut own = row.clone();
    let mut more = Vec::new();
    let mut at = 0;
    while let Some(place) = own
        .words
        .iter()
        .skip(at)
        .position(|word| word == "crt-list")
    {
        let place = at + place;
        let Some(path) = own.words.get(place + 1).cloned() else {
            break;
        };
        let path = globals.path("crt-base", &path);
        let list = reader.included(&text.file, &path).into_iter().next();
        let Some(list) = list else {
            // It is said by its path.
            at = place + 2;
            continue;
        };
        own.words.drain(place..place + 2);
        for line in list.text.lines() {
            let words = words(
                &line.replace('[', " [ ").replace(']', " ] "),
                Syntax::Haproxy,
            );
            if !reader.budget.words(words.len() + row.words.len()) {
                return Vec::new();
            }
            let Some((file, rest)) = words.split_first() else {
                continue;
            };
            let certificate = ["crt".to_owned(), file.clone()];
            let options = rest
                .strip_prefix(&["[".to_owned()])
                .and_then(|rest| rest.split(|word| word == "]").next())
                .unwrap_or_default();
            match options {
                [] => own.words.extend(certificate),
                options => {
                    let mut entry = row.clone();
                    entry.words.drain(place..place + 2);
                    entry.words.extend(certificate);
                    entry.words.extend(options.iter().cloned());
                    more.push(entry);
                }
            }
        }
    }
    let has_certificate = own
        .words
        .iter()
        .any(|word| matches!(word.as_str(), "crt" | "crt-list"));
    if has_certificate || more.is_empty() {
        more.insert(0, own);
    }
    more
}

fn site(name: &str, bind: &Row, globals: &Globals<'_>) -> Site {
    // Of several the last counts, except for certificates.
    let value = |key: &str| {
        let place = bind.words.iter().rposition(|word| word == key)?;
        bind.words.get(place + 1).map(String::as_str)
    };
    let file = |key: &str, base: &str| -> Vec<NamedFile> {
        let path = value(key).map(|path| globals.path(base, path));
        path.iter()
            .map(|path| NamedFile::new(path, &bind.line))
            .collect()
    };
    let mut site = Site::new(Server::Haproxy, name, bind.line.clone());
    site.chains = bind
        .words
        .iter()
        .zip(bind.words.iter().skip(1))
        .filter(|(word, _)| *word == "crt")
        .map(|(_, path)| NamedFile::new(&globals.path("crt-base", path), &bind.line))
        .collect();
    // Chains for certificates whose files have none.
    if let Some(row) = globals.all("issuers-chain-path").last()
        && let Some(path) = row.words.get(1)
    {
        site.issuers.push(NamedFile::new(path, &row.line));
    }
    site.keys = site.chains.clone();
    site.trust = file("ca-file", "ca-base");
    // These are trusted, and not named to clients.
    let more = file("ca-verify-file", "ca-base");
    if bind.words.iter().any(|word| word == "no-ca-names") {
        site.named = Some(Vec::new());
    } else if !more.is_empty() {
        site.named = Some(site.trust.clone());
    }
    site.trust.extend(more);
    site.crls = file("crl-file", "ca-base");
    if let Some(list) = value("crt-list") {
        site.leave(UnexaminedKind::Include, list, &bind.line);
    }
    site.clients = match value("verify") {
        Some("required") => ClientCheck::Required,
        Some("optional") => ClientCheck::Optional,
        Some("none") | None => ClientCheck::Off,
        Some(other) => {
            let setting = format!("verify {other}");
            site.leave(UnexaminedKind::Setting, &setting, &bind.line);
            ClientCheck::Unclear
        }
    };
    /// OpenSSL's numbers for a CRL that is missing, not readable, not yet valid or expired, and for a certificate that was
    /// revoked.
    const REVOCATION: [&str; 10] = ["all", "3", "5", "8", "11", "12", "15", "16", "23", "33"];
    for key in ["crt-ignore-err", "ca-ignore-err"] {
        let Some(errors) = value(key) else { continue };
        let setting = format!("{key} {errors}");
        match errors
            .split(',')
            .any(|one| REVOCATION.contains(&one.trim()))
        {
            true => site.ignored_errors = Some((setting, bind.line.clone())),
            false => site.leave(UnexaminedKind::Setting, &setting, &bind.line),
        }
    }
    let mut words: Vec<&str> = Vec::new();
    for row in globals.all("ssl-default-bind-options") {
        words.extend(row.words.iter().skip(1).map(String::as_str));
    }
    words.extend(bind.words.iter().map(String::as_str));
    site.versions = Some(versions(&words));
    for word in ["ssl-min-ver", "ssl-max-ver", "ciphers", "ciphersuites"] {
        if let Some(other) = value(word).filter(|value| value.contains("${")) {
            let setting = format!("{word} {other}");
            site.leave(UnexaminedKind::Setting, &setting, &bind.line);
        }
    }
    if let Some(list) = value("ciphers").or_else(|| globals.last("ssl-default-bind-ciphers")) {
        site.offer(list);
    }
    site.tls13 = value("ciphersuites")
        .or_else(|| globals.last("ssl-default-bind-ciphersuites"))
        .map(single_names);
    site
}

/// The versions that some words permit, the later ones of them before the earlier; HAProxy 2.2 and later begin at TLS 1.2 by
/// themselves.
fn versions(words: &[&str]) -> Vec<String> {
    const ALL: [&str; 5] = ["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    const FLAGS: [&str; 5] = ["sslv3", "tlsv10", "tlsv11", "tlsv12", "tlsv13"];
    let bound = |key: &str| {
        let place = words.iter().rposition(|word| *word == key)?;
        let version = words.get(place + 1)?;
        ALL.iter().position(|name| name == version)
    };
    let mut range = (bound("ssl-min-ver"), bound("ssl-max-ver"));
    let forced = words.iter().rev().find_map(|word| {
        let flag = word.strip_prefix("force-")?;
        FLAGS.iter().position(|known| *known == flag)
    });
    if forced.is_some() {
        range = (forced, forced);
    }
    let left_out = |place: usize| {
        let flag = FLAGS.get(place).copied().unwrap_or_default();
        words
            .iter()
            .any(|word| word.strip_prefix("no-") == Some(flag))
    };
    let first = range.0.unwrap_or(3);
    let last = range.1.unwrap_or(ALL.len() - 1);
    ALL.iter()
        .enumerate()
        .filter(|(place, _)| (first..=last).contains(place) && !left_out(*place))
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

/// What the sections beside a frontend say that may concern its clients.
struct Elsewhere<'r> {
    /// The first rule of a `defaults` section: they come before the frontend's.
    rule: Option<&'r Row>,
    /// The first condition on a client's certificate in a `backend` section.
    condition: Option<&'r Row>,
    /// Whether a rule anywhere adds patterns to the file of a test.
    files_grow: bool,
}

impl<'r> Elsewhere<'r> {
    fn new(sections: &'r [Section]) -> Elsewhere<'r> {
        let defaults = || {
            let all = sections.iter().filter(|one| one.is("defaults"));
            all.flat_map(|one| &one.rows)
        };
        let backends = sections.iter().filter(|one| one.is("backend"));
        Elsewhere {
            rule: defaults().find(|row| {
                matches!(
                    row.name(),
                    "http-request" | "tcp-request" | "monitor-uri" | "acl"
                )
            }),
            files_grow: sections.iter().flat_map(|one| &one.rows).any(|row| {
                let mut words = row.words.iter();
                words.any(|word| word.starts_with("add-acl(") || word.starts_with("set-map("))
            }),
            condition: backends.flat_map(|one| &one.rows).find(|row| decides(row)),
        }
    }
}

/// Whether a line may decide by the client's certificate.
fn decides(row: &Row) -> bool {
    let passes_on = row
        .words
        .get(1)
        .is_some_and(|action| matches!(action.as_str(), "set-header" | "add-header"));
    let about = |word: &String| {
        ["ssl_c_", "ssl_fc_has_crt", "lua.", "use-service"]
            .iter()
            .any(|name| word.contains(name))
    };
    match row.name() {
        "bind" | "server" | "default-server" | "log-format" | "unique-id-format" | "capture" => {
            false
        }
        "filter" => row.words.iter().any(|word| word == "spoe"),
        _ => !passes_on && row.words.iter().any(about),
    }
}

/// The names of a condition's tests.
struct Tests<'r> {
    text: &'r Text,
    reader: &'r Reader<'r>,
    /// The lines of each named one.
    named: HashMap<&'r str, Vec<&'r Row>>,
    /// The hosts that tests of the CN name: those whose patterns over the certificate are known.
    common: Vec<String>,
    /// Those patterns, once they are wanted; `None` where there are none for these hosts.
    in_hex: OnceCell<Option<Vec<String>>>,
    /// Whether a rule adds patterns to files.
    files_grow: bool,
}

impl<'r> Tests<'r> {
    fn new(rows: &'r [Row], files_grow: bool, text: &'r Text, reader: &'r Reader<'r>) -> Tests<'r> {
        let mut tests = Tests {
            text,
            reader,
            named: HashMap::new(),
            common: Vec::new(),
            in_hex: OnceCell::new(),
            files_grow,
        };
        for row in rows.iter().filter(|row| row.name() == "acl") {
            if let Some(name) = row.words.get(1) {
                tests.named.entry(name).or_default().push(row);
                let rest = row.words.get(2..).unwrap_or_default();
                // A test over the certificate names no other hosts than those of the CN do.
                let is_subject = rest
                    .first()
                    .is_some_and(|sample| sample.to_ascii_lowercase().starts_with("ssl_c_s_dn"));
                if is_subject && let Some(names) = tests.expression(rest) {
                    tests.common.extend(names);
                }
            }
        }
        tests
    }

    /// The hosts of a test that only a client with one of their names passes; `None` for any other test.
    fn expression(&self, words: &[String]) -> Option<Vec<String>> {
        let (sample, rest) = words.split_first()?;
        let sample = sample.to_ascii_lowercase();
        let (sample, is_subject) = match sample.as_str() {
            "ssl_c_s_dn(cn)" | "ssl_c_s_dn(cn,1)" => ("", true),
            "ssl_c_s_dn(cn),lower" | "ssl_c_s_dn(cn,1),lower" => ("", true),
            other => (other, false),
        };
        if !is_subject && sample != "ssl_c_der,hex" {
            return None;
        }
        let Patterns { method, all } = self.patterns(rest)?;
        let mut names = Vec::new();
        match (is_subject, method) {
            (true, "str" | "reg") => {
                for (pattern, case) in all {
                    let hosts = match method {
                        "str" => is_host(&pattern).then_some(vec![pattern])?,
                        _ => whole(&pattern)?,
                    };
                    names.extend(match case {
                        Case::Counts => in_lower_case(hosts)?,
                        Case::Ignored => hosts,
                    });
                }
            }
            (false, "reg") => {
                let known = self.in_hex.get_or_init(|| {
                    let hosts = self.common.iter().map(|name| name.parse().ok());
                    let hosts: Option<Vec<_>> = hosts.collect();
                    Some(AdmittedHosts::new(hosts?)?.in_hex())
                });
                let known = known.as_ref()?;
                let are_known = all.iter().all(|(pattern, _)| known.contains(pattern));
                names = are_known.then(|| self.common.clone())?;
            }
            _ => return None,
        }
        Some(names)
    }

    /// What a test compares with: flags, and then patterns, at least one.
    fn patterns<'w>(&self, words: &'w [String]) -> Option<Patterns<'w>> {
        let mut method = "str";
        let mut case = Case::Counts;
        let mut all: Vec<(String, Case)> = Vec::new();
        let mut rest = words.iter();
        while let Some(flag) = rest.as_slice().first().filter(|word| word.starts_with('-')) {
            rest.next();
            match flag.as_str() {
                "--" => break,
                "-i" => case = Case::Ignored,
                "-m" => method = rest.next()?,
                // What a rule adds to the file while HAProxy runs is not in it.
                "-f" if self.files_grow => return None,
                "-f" => {
                    let path = rest.next()?;
                    let file = self.reader.included(&self.text.file, path);
                    let file = file.into_iter().next()?;
                    let lines = file.text.lines().filter(|line| !line.starts_with('#'));
                    let lines = lines.map(str::trim_start).filter(|line| !line.is_empty());
                    all.extend(lines.map(|line| (line.to_owned(), case)));
                }
                _ => return None,
            }
        }
        all.extend(rest.map(|word| (word.clone(), case)));
        (!all.is_empty()).then_some(Patterns { method, all })
    }

    /// The hosts of one term of a condition, a name or words in brackets; none where it is negated.
    fn term(&self, term: &Term<'_>) -> Option<Vec<String>> {
        match &term.words {
            Said::Named(name) => {
                let rows = self.named.get(*name)?;
                let mut names = Vec::new();
                for row in rows {
                    names.extend(self.expression(row.words.get(2..)?)?);
                }
                Some(names)
            }
            Said::Inline(words) => self.expression(words),
        }
    }

    /// Whether a term holds for some requests only, whatever the client.
    fn is_narrow(&self, term: &Term<'_>) -> bool {
        let narrow = |words: &[String]| {
            words.first().is_some_and(|sample| {
                ["path", "url", "method", "base", "hdr", "req.hdr"]
                    .iter()
                    .any(|name| sample.starts_with(name))
            })
        };
        match &term.words {
            Said::Named(name) => self.named.get(*name).is_some_and(|rows| {
                rows.iter()
                    .all(|row| narrow(row.words.get(2..).unwrap_or_default()))
            }),
            Said::Inline(words) => narrow(words),
        }
    }
}

/// Whether a capital differs from its small letter.
#[derive(Clone, Copy)]
enum Case {
    Counts,
    Ignored,
}

/// What a test compares with, and how.
struct Patterns<'w> {
    method: &'w str,
    all: Vec<(String, Case)>,
}

/// One test of a condition.
struct Term<'w> {
    negated: bool,
    words: Said<'w>,
}

enum Said<'w> {
    Named(&'w str),
    Inline(&'w [String]),
}

/// A condition as alternatives of tests that must all pass.
fn alternatives(words: &[String]) -> Option<Vec<Vec<Term<'_>>>> {
    let mut all: Vec<Vec<Term<'_>>> = vec![Vec::new()];
    let mut at = 0;
    let mut negated = false;
    while let Some(word) = words.get(at) {
        at += 1;
        match word.as_str() {
            "||" | "or" => {
                all.push(Vec::new());
                continue;
            }
            "!" => {
                negated = !negated;
                continue;
            }
            _ => {}
        }
        let (sign, word) = match word.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, word.as_str()),
        };
        let said = match word {
            "{" => {
                let length = words.iter().skip(at).position(|word| word == "}")?;
                let inner = words.get(at..at + length)?;
                at += length + 1;
                Said::Inline(inner)
            }
            name => Said::Named(name),
        };
        all.last_mut()?.push(Term {
            negated: sign != negated,
            words: said,
        });
        negated = false;
    }
    all.iter().all(|terms| !terms.is_empty()).then_some(all)
}

/// What is known of a rule that refuses.
enum Refusal {
    /// It refuses every client but those with some names.
    AllBut(Vec<String>),
    /// It refuses some requests or the named clients only, so that others pass.
    Narrow,
    /// Anything else: it refuses more than the rest of the rules.
    Other,
}

fn refusal(row: &Row, tests: &Tests<'_>) -> Refusal {
    let place = row
        .words
        .iter()
        .position(|word| word == "if" || word == "unless");
    let Some((is_if, condition)) = place.and_then(|place| {
        let is_if = row.words.get(place)? == "if";
        Some((is_if, row.words.get(place + 1..)?))
    }) else {
        return Refusal::Other;
    };
    let Some(all) = alternatives(condition) else {
        return Refusal::Other;
    };
    let names = match is_if {
        // Whoever fails one test that stands alone is refused.
        true => all.iter().find_map(|terms| match terms.as_slice() {
            [one] if one.negated => tests.term(one),
            _ => None,
        }),
        // Whoever passes has passed all tests of one alternative.
        false => all
            .iter()
            .map(|terms| {
                terms
                    .iter()
                    .filter(|one| !one.negated)
                    .find_map(|one| tests.term(one))
            })
            .collect::<Option<Vec<Vec<String>>>>()
            .map(|all| all.concat()),
    };
    // Other clients' other requests pass.
    let passes =
        |one: &Term<'_>| !one.negated && (tests.is_narrow(one) || tests.term(one).is_some());
    let narrow = is_if && all.iter().all(|terms| terms.iter().any(passes));
    match names {
        Some(mut names) => {
            names.sort_unstable();
            names.dedup();
            Refusal::AllBut(names)
        }
        None if narrow => Refusal::Narrow,
        None => Refusal::Other,
    }
}

fn admission(
    section: &Section,
    elsewhere: &Elsewhere<'_>,
    text: &Text,
    reader: &Reader<'_>,
) -> Admitted {
    let rows = &section.rows;
    let unclear = |row: &Row| Admitted::Unclear(row.text(), row.line.clone());
    if let Some(row) = elsewhere.rule {
        return unclear(row);
    }
    let tests = Tests::new(rows, elsewhere.files_grow, text, reader);
    // These are answered before any rule.
    let is_service = |row: &Row| {
        row.name() == "tcp-request" && row.words.iter().any(|word| word == "use-service")
    };
    let is_answered = rows
        .iter()
        .any(|row| row.name() == "monitor-uri" || is_service(row));
    let mut passed: BTreeSet<&Line> = BTreeSet::new();
    for row in rows.iter().filter(|row| row.name() == "http-request") {
        if !reader.budget.words(row.words.len()) {
            break;
        }
        let action = row.words.get(1).map_or("", String::as_str);
        let action = action.split('(').next().unwrap_or_default();
        match action {
            "deny" | "reject" | "silent-drop" | "tarpit" => match refusal(row, &tests) {
                Refusal::AllBut(names) if section.is_http && !is_answered => {
                    return Admitted::Named(names);
                }
                Refusal::Narrow => {
                    passed.insert(&row.line);
                }
                _ => {}
            },
            // A redirection shows nothing of what is behind it.
            "redirect" | "set-header" | "add-header" | "del-header" | "replace-header"
            | "replace-value" | "set-var" | "set-var-fmt" | "unset-var" | "set-log-level"
            | "set-nice" | "set-tos" | "set-mark" | "set-path" | "set-pathq" | "set-query"
            | "set-uri" | "set-method" | "replace-path" | "replace-pathq" | "replace-uri"
            | "normalize-uri" | "capture" | "track-sc0" | "track-sc1" | "track-sc2"
            | "wait-for-body" | "set-src" | "set-timeout" | "disable-l7-retry" | "early-hint" => {}
            // It may answer before a rule that refuses.
            _ => break,
        }
    }
    let narrow = |row: &Row| passed.contains(&row.line);
    let acls = |row: &Row| row.name() == "acl";
    fn named(row: &Row) -> impl Iterator<Item = &str> {
        row.words.iter().map(|word| word.trim_start_matches('!'))
    }
    // A named test counts where something else than a narrow rule refers to it.
    let used: HashSet<&str> = rows
        .iter()
        .filter(|row| !narrow(row) && !acls(row))
        .flat_map(named)
        .collect();
    let is_used = |acl: &Row| acl.words.get(1).is_some_and(|name| used.contains(&**name));
    // A rule that refers to such a test says more than the test.
    let deciding: HashSet<&str> = rows
        .iter()
        .filter(|row| acls(row) && decides(row))
        .filter_map(|acl| acl.words.get(1).map(String::as_str))
        .collect();
    let rule = rows.iter().find(|row| {
        row.name() == "http-request"
            && !narrow(row)
            && named(row).any(|name| deciding.contains(name))
    });
    let found = rows
        .iter()
        .find(|row| !narrow(row) && decides(row) && (!acls(row) || is_used(row)));
    match rule.or(found).or(elsewhere.condition) {
        Some(row) => unclear(row),
        None => Admitted::Everyone,
    }
}
