//! nginx: directives in blocks.

use std::path::Path;

use super::{
    ClientAdmission, ClientCheck, DIRECTIVES_LIMIT, INCLUDE_DEPTH, Includes, Line, NamedFile, Site,
    Text,
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

pub(super) fn sites(text: &Text, includes: &Includes<'_>) -> Vec<Site> {
    let mut budget = DIRECTIVES_LIMIT;
    let all = parse(text, includes, 0, &mut budget);
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
        for server in level.iter().filter(|one| one.name() == "server") {
            if let Some(mut site) = site(server, level) {
                site.pid_file.clone_from(&pid_file);
                sites.push(site);
            }
        }
    }
    sites
}

/// The directive of a name that counts for a server: its own, or that of the level above.
fn setting<'d>(name: &str, server: &'d Directive, above: &'d [Directive]) -> Option<&'d Directive> {
    let own = server.block.iter().rev().find(|one| one.name() == name);
    own.or_else(|| above.iter().rev().find(|one| one.name() == name))
}

fn site(server: &Directive, above: &[Directive]) -> Option<Site> {
    let get = |name: &str| setting(name, server, above);
    let listens_with_tls = server.block.iter().any(|one| {
        one.name() == "listen" && one.words.iter().any(|word| word == "ssl" || word == "quic")
    });
    let is_tls = listens_with_tls || get("ssl").is_some_and(|one| one.argument() == "on");
    if !is_tls {
        return None;
    }
    let name = get("server_name").map_or("server", Directive::argument);
    let mut site = Site::new(Server::Nginx, name.to_owned(), server.line.clone());
    let named = |name: &str| -> Vec<NamedFile> {
        // Several certificates stand side by side on one level.
        let own: Vec<&Directive> = server
            .block
            .iter()
            .filter(|one| one.name() == name)
            .collect();
        let all = match own.is_empty() {
            true => above.iter().filter(|one| one.name() == name).collect(),
            false => own,
        };
        all.into_iter()
            .map(|one| NamedFile {
                path: one.argument().to_owned(),
                line: one.line.clone(),
                password: None,
            })
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
        let (suites, level) = super::examine::openssl_list(suites.argument());
        site.suites = Some(suites);
        site.level = level;
    }
    site.tls13 = server
        .block
        .iter()
        .chain(above)
        .find(|one| {
            one.name() == "ssl_conf_command" && one.argument().eq_ignore_ascii_case("Ciphersuites")
        })
        .and_then(|one| one.words.get(2))
        .map(|list| list.split(':').map(str::to_owned).collect());
    site.admission = admission(server, above);
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

fn admission(server: &Directive, above: &[Directive]) -> ClientAdmission {
    // Maps over such a variable, and maps over those.
    let maps: Vec<&Directive> = above.iter().filter(|one| one.name() == "map").collect();
    let mut about: Vec<&str> = Vec::new();
    for _ in 0..=maps.len().min(INCLUDE_DEPTH) {
        for map in &maps {
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
    let refuses = |block: &[Directive]| {
        block.iter().any(|one| {
            one.name() == "return" && (one.argument().starts_with('4') && one.argument().len() == 3)
        })
    };
    let conditions = |level: &Directive| -> Vec<String> {
        let all = level.block.iter().filter(|one| one.name() == "if");
        all.filter(|one| refuses(&one.block))
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
    for map in maps {
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

/// Reads directives, with what they include in their place.
fn parse(text: &Text, includes: &Includes<'_>, depth: usize, budget: &mut usize) -> Vec<Directive> {
    let tokens = tokens(&text.text);
    let mut rest = tokens.as_slice();
    block(&mut rest, &text.file, includes, depth, budget)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String, usize),
    Open,
    Close,
    End,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut in_word = false;
    let mut line = 1;
    let mut quote: Option<char> = None;
    let mut comment = false;
    let mut characters = text.chars().peekable();
    let mut began = 1;
    while let Some(c) = characters.next() {
        if c == '\n' {
            line += 1;
        }
        if comment {
            comment = c != '\n';
            continue;
        }
        if let Some(end) = quote {
            match c {
                // A backslash quotes the quote and itself only; before others it stands for itself.
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

fn block(
    rest: &mut &[Token],
    file: &Path,
    includes: &Includes<'_>,
    depth: usize,
    budget: &mut usize,
) -> Vec<Directive> {
    let mut directives = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut line = 0;
    while let Some((token, after)) = rest.split_first() {
        *rest = after;
        if *budget == 0 {
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
                *budget -= 1;
                let inner = match token {
                    Token::Open if depth < 10 * INCLUDE_DEPTH => {
                        block(rest, file, includes, depth + 1, budget)
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
                if directive.name() == "include" && depth < INCLUDE_DEPTH {
                    for text in includes(file, directive.argument()) {
                        directives.extend(parse(&text, includes, depth + 1, budget));
                    }
                } else if !directive.words.is_empty() {
                    directives.push(directive);
                }
            }
        }
    }
    directives
}
