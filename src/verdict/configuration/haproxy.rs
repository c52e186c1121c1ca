//! HAProxy: sections of lines.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::patterns::{in_lower_case, is_host, whole};
use super::words::{Syntax, Variables, haproxy_words, words};
use super::{
    Admitted, AdmittedHosts, ClientAdmission, ClientCheck, KeyPlace, Line, NamedFile, Reader, Site,
    SiteSetting, Text, UnexaminedKind, single_names,
};
use crate::verdict::plan::Server;

/// A line in words, and where it is.
#[derive(Clone)]
struct Row {
    words: Vec<String>,
    line: Line,
    /// The places of the words that have a variable whose value is not known.
    unknown: Vec<usize>,
    /// Whether one of these may stand for any number of words.
    is_loose: bool,
}

impl Row {
    fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn text(&self) -> String {
        self.words.join(" ")
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }

    /// Whether what sort of line it is depends on a variable.
    fn may_be_any(&self) -> bool {
        self.unknown.first() == Some(&0)
    }

    /// Whether a variable stands where a setting of a `bind` line may, not only where the value of one does.
    fn is_unclear_bind(&self) -> bool {
        const WITH_VALUE: [&str; 26] = [
            "crt",
            "crt-list",
            "ca-file",
            "ca-verify-file",
            "ca-sign-file",
            "crl-file",
            "verify",
            "ssl-min-ver",
            "ssl-max-ver",
            "ciphers",
            "ciphersuites",
            "crt-ignore-err",
            "ca-ignore-err",
            "alpn",
            "npn",
            "curves",
            "ecdhe",
            "name",
            "id",
            "interface",
            "maxconn",
            "backlog",
            "mode",
            "user",
            "group",
            "process",
        ];
        let is_value = |place: usize| {
            let before = place.checked_sub(1).and_then(|one| self.words.get(one));
            // The address, or the value of a setting.
            place == 1 || before.is_some_and(|word| WITH_VALUE.contains(&word.as_str()))
        };
        self.is_loose || !self.unknown.iter().all(|place| is_value(*place))
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

/// The rows of the `global` sections so far: HAProxy reads from top to bottom, and a `bind` line takes what is above it.
#[derive(Default)]
struct Globals<'r> {
    by_name: HashMap<&'r str, Vec<&'r Row>>,
    /// The first that may be any setting.
    unclear: Option<&'r Row>,
}

impl<'r> Globals<'r> {
    fn add(&mut self, section: &'r Section) {
        for row in &section.rows {
            self.by_name.entry(row.name()).or_default().push(row);
            if row.may_be_any() {
                self.unclear = self.unclear.or(Some(row));
            }
        }
    }

    fn all(&self, name: &str) -> &[&'r Row] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value of a setting of which the last line counts.
    fn last(&self, name: &str) -> Option<&'r str> {
        let row = self.all(name).last()?;
        row.words.get(1).map(String::as_str)
    }

    /// Where the key of a certificate is looked for: beside it as well, unless the files for that are others.
    fn key_place(&self) -> KeyPlace {
        let is_wanted = |word: &String| word == "key" || word == "all";
        let extra = self.all("ssl-load-extra-files").last();
        let words = extra.map(|row| row.words.get(1..).unwrap_or_default());
        if words.is_some_and(|words| !words.iter().any(is_wanted)) {
            return KeyPlace::Named;
        }
        match self.all("ssl-load-extra-del-ext").is_empty() {
            true => KeyPlace::Beside,
            false => KeyPlace::BesideInstead,
        }
    }

    /// A path, counted from a folder that a setting names.
    fn path(&self, base: &str, path: &str) -> String {
        match self.last(base) {
            Some(base) if !path.starts_with(['/', '@']) => format!("{base}/{path}"),
            _ => path.to_owned(),
        }
    }
}

/// The sections of a text, and the first line that makes part of it depend on something.
fn sections(text: &Text, reader: &Reader<'_>) -> Option<(Vec<Section>, Option<Row>)> {
    let mut sections: Vec<Section> = Vec::new();
    let mut conditional: Option<Row> = None;
    let mut depth: usize = 0;
    let mut variables = Variables::new();
    for (number, line) in text.text.lines().enumerate() {
        let found = haproxy_words(line, &variables);
        let length: usize = found.words.iter().map(String::len).sum();
        let longer = length.saturating_sub(line.len()) as u64;
        if !reader.budget.words(found.words.len()) || !reader.budget.bytes(longer) {
            return None;
        }
        let row = Row {
            line: Line {
                file: text.file.clone(),
                number: number + 1,
            },
            words: found.words,
            unknown: found.unknown,
            is_loose: found.is_loose,
        };
        match row.name() {
            "" => {}
            ".if" => {
                depth += 1;
                conditional = conditional.or(Some(row));
            }
            ".endif" => depth = depth.saturating_sub(1),
            "global" | "defaults" | "frontend" | "listen" | "backend" | "peers" | "resolvers"
            | "userlist" | "cache" | "program" | "mailers" | "ring" | "http-errors"
            | "fcgi-app" | "log-forward" => sections.push(Section {
                head: row.words,
                rows: Vec::new(),
                is_http: false,
            }),
            _ => {
                if let Some(section) = sections.last_mut() {
                    if section.is("global") {
                        assign(&row, depth > 0, &mut variables);
                    }
                    section.rows.push(row);
                }
            }
        }
    }
    set_modes(&mut sections);
    Some((sections, conditional))
}

/// Takes what a line of a `global` section says of variables. What the system gives HAProxy is not known, so that what
/// `presetenv` sets is not, either.
fn assign(row: &Row, is_conditional: bool, variables: &mut Variables) {
    let names = row.words.get(1..).unwrap_or_default();
    match (row.name(), names) {
        ("setenv", [name, value, ..]) => {
            match is_conditional || !row.unknown.is_empty() {
                true => variables.remove(name),
                false => variables.insert(name.clone(), Some(value.clone())),
            };
        }
        ("unsetenv", names) => {
            for name in names {
                match is_conditional {
                    true => variables.remove(name),
                    false => variables.insert(name.clone(), None),
                };
            }
        }
        ("presetenv", [name, ..]) if variables.get(name).is_some_and(Option::is_none) => {
            variables.remove(name);
        }
        ("resetenv", _) => variables.clear(),
        // It may be one of these.
        _ if row.may_be_any() => variables.clear(),
        _ => {}
    }
}

pub(super) fn sites(text: &Text, reader: &Reader<'_>) -> Vec<Site> {
    let Some((sections, conditional)) = sections(text, reader) else {
        return Vec::new();
    };
    let mut globals = Globals::default();
    let all_of_global = || sections.iter().filter(|one| one.is("global"));
    let pid_file = all_of_global()
        .flat_map(|one| &one.rows)
        .find(|row| row.name() == "pidfile")
        .and_then(|row| row.words.get(1).cloned());
    let elsewhere = Elsewhere::new(&sections);
    let mut sites = Vec::new();
    for section in &sections {
        if section.is("global") {
            globals.add(section);
        }
        if !section.is("frontend") && !section.is("listen") {
            continue;
        }
        let name = section.head.get(1).map_or("frontend", String::as_str);
        // Those of one section admit the same clients.
        let mut admitted: Option<Admitted> = None;
        for row in section.rows.iter().filter(|row| {
            row.name() == "bind" && (row.has("ssl") || row.is_unclear_bind()) || row.may_be_any()
        }) {
            for bind in binds(row, &globals, text, reader) {
                let mut site = site(name, &bind, &globals);
                site.pid_file.clone_from(&pid_file);
                if let Some(row) = &conditional {
                    site.leave(UnexaminedKind::Setting, &row.text(), &row.line);
                }
                if row.is_unclear_bind() {
                    leave_whole(&mut site, row);
                }
                match row.has("ssl") {
                    true => site.admit(
                        admitted
                            .get_or_insert_with(|| admission(section, &elsewhere, text, reader)),
                    ),
                    // Perhaps it accepts no TLS at all.
                    false => site.admission = ClientAdmission::Unclear,
                }
                reader.keep(site, &mut sites);
                if reader.budget.spent().is_some() {
                    return sites;
                }
            }
        }
    }
    sites
}

/// Leaves a line that may set anything.
fn leave_whole(site: &mut Site, row: &Row) {
    site.leave(UnexaminedKind::Setting, &row.text(), &row.line);
    site.clients = ClientCheck::Unclear;
    site.may_be_set = SiteSetting::ALL.to_vec();
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
    site.key_place = globals.key_place();
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
    transport(&mut site, bind, globals);
    if let Some(row) = globals.unclear {
        leave_whole(&mut site, row);
    }
    site
}

/// Versions and suites.
fn transport(site: &mut Site, bind: &Row, globals: &Globals<'_>) {
    let mut words: Vec<&str> = Vec::new();
    let defaults = globals.all("ssl-default-bind-options");
    for row in defaults {
        words.extend(row.words.iter().skip(1).map(String::as_str));
    }
    let versions = Versions::new(&words, bind);
    for row in defaults.iter().filter(|row| !row.unknown.is_empty()) {
        site.leave(UnexaminedKind::Setting, &row.text(), &row.line);
        site.may_be_set.push(SiteSetting::Versions);
    }
    for setting in &versions.not_understood {
        site.leave(UnexaminedKind::Setting, setting, &bind.line);
        site.may_be_set.push(SiteSetting::Versions);
    }
    site.versions = Some(versions.permitted());
    for (own, default) in [
        ("ciphers", "ssl-default-bind-ciphers"),
        ("ciphersuites", "ssl-default-bind-ciphersuites"),
    ] {
        let place = bind.words.iter().rposition(|word| word == own);
        let (list, setting, line) = match place {
            Some(place) => (bind.words.get(place + 1), own, &bind.line),
            None => match globals.all(default).last() {
                Some(row) => (row.words.get(1), default, &row.line),
                None => continue,
            },
        };
        let Some(list) = list else { continue };
        if list.contains('$') {
            site.leave(UnexaminedKind::Setting, &format!("{setting} {list}"), line);
            site.may_be_set.push(SiteSetting::Suites);
        } else if own == "ciphers" {
            site.offer(list);
        } else {
            site.tls13 = Some(single_names(list));
        }
    }
}

/// What words say of versions. Those of a `bind` line come after those that are the default for all.
#[derive(Default)]
struct Versions {
    first: Option<usize>,
    last: Option<usize>,
    left_out: Vec<usize>,
    /// The settings with no version that HAProxy knows: it does not start with them.
    not_understood: Vec<String>,
}

impl Versions {
    const ALL: [&str; 5] = ["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    const FLAGS: [&str; 5] = ["sslv3", "tlsv10", "tlsv11", "tlsv12", "tlsv13"];

    fn new(defaults: &[&str], bind: &Row) -> Versions {
        let mut found = Versions::default();
        let mut words = defaults
            .iter()
            .copied()
            .chain(bind.words.iter().map(String::as_str));
        while let Some(word) = words.next() {
            let flag = |prefix: &str| {
                let flag = word.strip_prefix(prefix)?;
                Versions::FLAGS.iter().position(|known| *known == flag)
            };
            if let "ssl-min-ver" | "ssl-max-ver" = word {
                let version = words.next().unwrap_or_default();
                let place = Versions::ALL.iter().position(|name| *name == version);
                match (place, word) {
                    (None, _) => found.not_understood.push(format!("{word} {version}")),
                    (place, "ssl-min-ver") => found.first = place,
                    (place, _) => found.last = place,
                }
            } else if let Some(forced) = flag("force-") {
                (found.first, found.last) = (Some(forced), Some(forced));
            } else if let Some(left_out) = flag("no-") {
                found.left_out.push(left_out);
            }
        }
        found
    }

    /// Those that are permitted. HAProxy 2.2 and later begin at TLS 1.2 by themselves, or at the last that is permitted where
    /// that is an older one, and where words bound the versions, it ignores the words that leave one out
    /// (`ssl_sock_prepare_all_ctx`).
    fn permitted(&self) -> Vec<String> {
        const DEFAULT: usize = 3;
        let is_bounded = self.first.is_some() || self.last.is_some();
        let last = self.last.unwrap_or(Versions::ALL.len() - 1);
        let first = self.first.unwrap_or(DEFAULT.min(last));
        Versions::ALL
            .iter()
            .enumerate()
            .filter(|(place, _)| (first..=last).contains(place))
            .filter(|(place, _)| is_bounded || !self.left_out.contains(place))
            .map(|(_, name)| (*name).to_owned())
            .collect()
    }
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
                let kinds = ["http-request", "tcp-request", "monitor-uri", "acl"];
                kinds.contains(&row.name()) || row.may_be_any()
            }),
            files_grow: sections.iter().flat_map(|one| &one.rows).any(|row| {
                let mut words = row.words.iter();
                words.any(|word| word.starts_with("add-acl(") || word.starts_with("set-map("))
            }),
            condition: backends.flat_map(|one| &one.rows).find(|row| decides(row)),
        }
    }
}

/// Whether a line has a variable by which it may be another rule than it seems.
fn is_unknown_rule(row: &Row) -> bool {
    let action = row.words.get(1).map_or("", String::as_str);
    let is_rule = ["acl", "http-request", "tcp-request", "monitor-uri"].contains(&row.name())
        && !["set-header", "add-header"].contains(&action);
    row.may_be_any() || is_rule && !row.unknown.is_empty()
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
    if let Some(row) = rows.iter().find(|row| is_unknown_rule(row)) {
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
