//! nginx: directives in blocks.

use std::collections::HashMap;
use std::path::Path;

use super::{
    ClientAdmission, ClientCheck, INCLUDE_DEPTH, Line, NamedFile, Reader, Site, Text, single_names,
};
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
}

pub(super) fn sites(text: &Text, reader: &Reader<'_>) -> Vec<Site> {
    let all = parse(text, reader, 0);
    let pid_file = all
        .iter()
        .find(|one| one.name() == "pid")
        .map(|one| one.argument().to_owned());
    let mut sites = Vec::new();
    let http: Vec<&Directive> = all.iter().filter(|one| one.name() == "http").collect();
    // A file that is included into the http block has its directives at the top.
    let levels: Vec<&[Directive]> = match http.as_slice() {
        [] => vec![&all],
        some => some.iter().map(|one| one.block.as_slice()).collect(),
    };
    for level in levels {
        let mut above = Level::new(level);
        above.about = about(above.named("map"), reader);
        for server in above.named("server") {
            if reader.budget.spent().is_some() {
                break;
            }
            if let Some(mut site) = site(server, &above, reader) {
                site.pid_file.clone_from(&pid_file);
                reader.keep(site, &mut sites);
            }
        }
    }
    sites
}

/// The directives of a block by their names, in order: those above thousands of servers are looked through once.
struct Level<'d> {
    by_name: HashMap<&'d str, Vec<&'d Directive>>,
    /// The variables that say something about the client.
    about: Vec<&'d str>,
}

impl<'d> Level<'d> {
    fn new(directives: &'d [Directive]) -> Level<'d> {
        let mut by_name: HashMap<&str, Vec<&Directive>> = HashMap::new();
        for one in directives {
            by_name.entry(one.name()).or_default().push(one);
        }
        Level {
            by_name,
            about: Vec::new(),
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

fn site(server: &Directive, above: &Level<'_>, reader: &Reader<'_>) -> Option<Site> {
    let own = Level::new(&server.block);
    let get = |name: &str| setting(name, &own, above);
    let listens_with_tls = own
        .named("listen")
        .iter()
        .any(|one| one.words.iter().any(|word| word == "ssl" || word == "quic"));
    let is_tls = listens_with_tls || get("ssl").is_some_and(|one| one.argument() == "on");
    if !is_tls {
        return None;
    }
    let name = get("server_name").map_or("server", Directive::argument);
    let mut site = Site::new(Server::Nginx, name, server.line.clone());
    let named = |name: &str| -> Vec<NamedFile> {
        // Several certificates are side by side on one level.
        let all = match own.named(name) {
            [] => above.named(name),
            own => own,
        };
        all.iter()
            .map(|one| NamedFile::new(one.argument(), &one.line))
            .collect()
    };
    site.chains = named("ssl_certificate");
    site.keys = named("ssl_certificate_key");
    site.trust = named("ssl_client_certificate");
    site.trust.extend(named("ssl_trusted_certificate"));
    site.crls = named("ssl_crl");
    site.clients = match get("ssl_verify_client").map(Directive::argument) {
        Some("on") => ClientCheck::Required,
        Some("optional" | "optional_no_ca") => ClientCheck::Optional,
        _ => ClientCheck::Off,
    };
    // nginx's documentation: the default is 1.
    let depth = get("ssl_verify_depth").and_then(|one| one.argument().parse().ok());
    site.depth = Some(depth.unwrap_or(1));
    site.versions = get("ssl_protocols").map(|one| one.words.iter().skip(1).cloned().collect());
    if let Some(suites) = get("ssl_ciphers") {
        site.offer(suites.argument());
    }
    site.tls13 = own
        .named("ssl_conf_command")
        .iter()
        .chain(above.named("ssl_conf_command"))
        .find(|one| one.argument().eq_ignore_ascii_case("Ciphersuites"))
        .and_then(|one| one.words.get(2))
        .map(|list| single_names(list));
    site.admission = admission(server, above, reader);
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

/// The variables of maps over one that is about the client, and of maps over those.
fn about<'d>(maps: &[&'d Directive], reader: &Reader<'_>) -> Vec<&'d str> {
    let mut about: Vec<&str> = Vec::new();
    for _ in 0..=maps.len().min(INCLUDE_DEPTH) {
        for map in maps {
            if !reader.budget.words(about.len()) {
                return Vec::new();
            }
            let source = map.argument();
            let from = is_about_client(source) || about.iter().any(|known| source.contains(known));
            let open = map
                .block
                .iter()
                .any(|one| one.name() == "default" && !matches!(one.argument(), "0" | "" | "no"));
            if let Some(target) = map.words.get(2)
                && from
                && !open
                && !about.contains(&target.as_str())
            {
                about.push(target);
            }
        }
    }
    about
}

fn admission(server: &Directive, above: &Level<'_>, reader: &Reader<'_>) -> ClientAdmission {
    let about = &above.about;
    let refuses = |block: &[Directive]| {
        block.iter().any(|one| {
            one.name() == "return" && (one.argument().starts_with('4') && one.argument().len() == 3)
        })
    };
    let conditions = |level: &Directive| -> Vec<String> {
        let all = level.block.iter().filter(|one| one.name() == "if");
        all.filter(|one| refuses(&one.block) && reader.budget.words(about.len()))
            .map(|one| one.words.join(" "))
            .filter(|text| is_about_client(text) || about.iter().any(|name| text.contains(name)))
            .collect()
    };
    let mut texts = conditions(server);
    if texts.is_empty() {
        // Of locations each one has to refuse: one that does not lets everyone in.
        let locations = server.block.iter().filter(|one| one.name() == "location");
        let each: Vec<Vec<String>> = locations.map(conditions).collect();
        if each.iter().all(|texts| !texts.is_empty()) {
            texts = each.into_iter().flatten().collect();
        }
    }
    if texts.is_empty() {
        return ClientAdmission::Everyone;
    }
    for map in above.named("map") {
        if map
            .words
            .get(2)
            .is_some_and(|target| about.contains(&target.as_str()))
        {
            texts.extend(
                map.block
                    .iter()
                    .filter(|one| !matches!(one.argument(), "0" | ""))
                    .map(|one| one.name().to_owned()),
            );
        }
    }
    ClientAdmission::Restricted { texts }
}

/// Reads directives, with includes expanded in place.
fn parse(text: &Text, reader: &Reader<'_>, depth: usize) -> Vec<Directive> {
    let tokens = tokens(&text.text, reader);
    let mut rest = tokens.as_slice();
    reader.within(text, || block(&mut rest, &text.file, reader, depth))
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
                // A backslash quotes the quote and itself only; before others it is itself.
                '\\' if characters.peek().is_some_and(|next| *next == end) => {
                    word.extend(characters.next());
                }
                c if c == end => quote = None,
                c => word.push(c),
            }
            continue;
        }
        let ends = c.is_whitespace() || matches!(c, ';' | '}') || (c == '{' && !in_variable(&word));
        if ends && in_word {
            tokens.push(Token::Word(std::mem::take(&mut word), began));
            in_word = false;
        }
        match c {
            c if c.is_whitespace() => {}
            ';' => tokens.push(Token::End),
            '{' if ends => tokens.push(Token::Open),
            '}' => tokens.push(Token::Close),
            '#' if !in_word => comment = true,
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
                    for text in reader.included(file, directive.argument()) {
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
