//! Everything that a person reads, as one text: the words that the product never uses do not occur in it.
//!
//! The text is also written to `target/tmp/words.txt`, to be read as a whole and for a spelling checker.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::golden::case::Case;

/// Words that a reader of English stumbles over, each with what is written instead. A word matches as a whole.
const NEVER: &[(&str, &str)] = &[
    ("laboratory", "lab"),
    ("laboratories", "labs"),
    ("armour", "PEM label"),
    ("namesake", "a CA with the same name"),
    ("namesakes", "CAs with the same name"),
    ("at hand", "available; in the cache"),
    ("by hand", "manually; imported"),
    ("brought", "imported"),
    ("turned away", "rejected"),
    ("told apart", "shown separately"),
    ("signed by itself", "self-signed"),
    ("way out", "what to do"),
    ("goes backwards", "is older than the installed CRL"),
    ("somebody", "the client; rewrite without a person"),
    ("nobody", "no client; rewrite without a person"),
    ("everybody", "every client"),
    ("whom", "rewrite without a person"),
    ("anew", "again"),
    ("past its end", "expired"),
    ("past its time", "expired"),
    ("not valid yet", "not yet valid"),
    ("before its beginning", "not yet valid"),
    ("the right answer", "the certificate matches your request"),
    ("practice PKI is created", "the lab is created"),
    ("spoiled", "damaged"),
    ("all the same", "anyway"),
    ("mend", "fix"),
    ("practice key", "lab key"),
    ("practice keys", "lab keys"),
    ("could not tell", "not decided"),
    ("taken up", "loaded"),
    ("ended by", "aborted by; stopped by"),
    ("is told", "gets; is reported"),
    ("are told", "get; are reported"),
    ("is the matter", "is wrong"),
    ("a object", "an object"),
];

/// Words of comments and doc comments, which are the documentation of the library, each with what is written instead.
const NEVER_IN_COMMENTS: &[(&str, &str)] = &[
    (
        "nobody",
        "no client, no user, no CA; rewrite without a person",
    ),
    (
        "somebody",
        "another user, the caller; rewrite without a person",
    ),
    ("everybody", "every client; rewrite without a person"),
    ("whom", "rewrite without a person"),
    ("namesake", "a CA with the same name"),
    ("namesakes", "CAs with the same name"),
    ("at hand", "available"),
    ("by hand", "manually"),
    ("brought", "imported"),
    ("turned away", "rejected"),
    ("told apart", "distinguished"),
    ("is told", "is reported; gets"),
    ("are told", "are reported; get"),
    ("where it stands", "where it is"),
    ("stands in it", "it contains"),
    ("spoiled", "damaged"),
    ("way out", "remedy"),
    ("practice key", "lab key"),
    ("practice keys", "lab keys"),
    ("practice pki", "lab PKI"),
    ("signed by itself", "self-signed"),
    ("past its time", "expired"),
    ("past its end", "expired"),
    ("a object", "an object"),
    ("a crl expired", "an expired CRL"),
];

/// Texts in which a word of the list is right, because another program, a document or a person says it.
const QUOTED: &[&str] = &["certificate revocation lists (CRLs)", "do not edit by hand"];

/// Where a sentence is, and the sentence.
struct Text {
    place: String,
    text: String,
}

#[test]
fn no_text_that_a_person_reads_has_a_word_that_the_product_never_uses() {
    let mut all = sources();
    all.extend(documents());
    all.extend(answers());
    let mut whole = String::new();
    let mut found = Vec::new();
    for Text { place, text } in &all {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(whole, "{place}\t{line}");
        let mut searched = line.clone();
        for quoted in QUOTED {
            searched = searched.replace(quoted, "");
        }
        let lower = searched.to_lowercase();
        for (never, always) in NEVER {
            if has_words(&lower, never) {
                found.push(format!("{place}: \"{never}\" (write: {always}) in: {line}"));
            }
        }
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("words.txt");
    fs::write(target, whole).unwrap();
    assert!(all.len() > 3000, "{} texts are not all", all.len());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_comment_has_a_word_that_the_product_never_uses() {
    let mut files = Vec::new();
    walk(&root().join("src"), "rs", &mut files);
    let (mut found, mut comments) = (Vec::new(), 0);
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        for (number, line) in source.lines().enumerate() {
            let Some(comment) = line.trim_start().strip_prefix("//") else {
                continue;
            };
            comments += 1;
            let lower = comment.to_lowercase();
            for (never, always) in NEVER_IN_COMMENTS {
                if has_words(&lower, never) {
                    let place = format!("{}:{}", named(&file), number + 1);
                    found.push(format!(
                        "{place}: \"{never}\" (write: {always}) in:{comment}"
                    ));
                }
            }
        }
    }
    assert!(comments > 10_000, "{comments} comments are not all");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Whether these words occur as whole words.
fn has_words(text: &str, words: &str) -> bool {
    let boundary =
        |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '@'));
    text.match_indices(words).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text
            .get(at + words.len()..)
            .and_then(|text| text.chars().next());
        boundary(before) && boundary(after)
    })
}

#[test]
fn a_word_is_found_as_a_whole_only() {
    assert!(has_words("mend it", "mend"));
    assert!(!has_words("recommend it", "mend"));
    assert!(!has_words("amendment", "mend"));
}

/// The literals of the product's sources that are sentences, and the help of its arguments.
fn sources() -> Vec<Text> {
    let mut files = Vec::new();
    walk(&root().join("src"), "rs", &mut files);
    let mut all = Vec::new();
    for file in files {
        let name = named(&file);
        // Tests speak to developers, and the table of symptoms quotes other programs.
        let tests =
            name.contains("/tests") || name.ends_with("_tests.rs") || name.ends_with("tests.rs");
        if tests || name.contains("wording/symptoms") {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        let help = name.contains("ptl-cert/args/");
        let tokens: TokenStream = source.parse().unwrap();
        literals(tokens, help, false, &mut |text| {
            all.push(Text {
                place: name.clone(),
                text,
            });
        });
    }
    all
}

/// Walks the literals outside of test modules; documentation counts where it is help.
fn literals(tokens: TokenStream, help: bool, doc: bool, found: &mut dyn FnMut(String)) {
    let mut test = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let inside = group.stream().to_string();
                if group.delimiter() == Delimiter::Bracket && inside.starts_with("cfg (test)")
                    || inside == "test"
                {
                    test = true;
                    continue;
                }
                let doc = group.delimiter() == Delimiter::Bracket && inside.starts_with("doc =");
                let skipped = test && group.delimiter() == Delimiter::Brace;
                if skipped {
                    test = false;
                } else if !doc || help {
                    literals(group.stream(), help, doc, found);
                }
            }
            TokenTree::Literal(literal) => {
                if let Some(text) = value(&literal.to_string())
                    && (doc || text.contains(' '))
                {
                    found(text);
                }
            }
            // `#[cfg(test)] mod tests;` ends without a body.
            TokenTree::Punct(punct) if punct.as_char() == ';' => test = false,
            TokenTree::Punct(_) | TokenTree::Ident(_) => {}
        }
    }
}

/// The text of a string literal, as written in a source: `"a\nb"`, `r#"a"#`.
pub(crate) fn value(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let raw = raw.trim_matches('#');
        return Some(raw.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let quoted = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut characters = quoted.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next()? {
            'n' | 'r' | 't' | '0' => text.push(' '),
            // The line goes on where the next one begins to say something.
            '\n' => while characters.next_if(|c| c.is_whitespace()).is_some() {},
            'u' => {
                let code: String = characters.by_ref().take_while(|c| *c != '}').collect();
                let code = u32::from_str_radix(code.trim_start_matches('{'), 16).ok()?;
                text.push(char::from_u32(code)?);
            }
            'x' => text.extend(characters.by_ref().take(2)),
            other => text.push(other),
        }
    }
    Some(text)
}

#[test]
fn a_literal_is_read_as_the_compiler_reads_it() {
    let source = "\"a\\\n     b \\u{2713} \\\"c\\\"\"";
    assert_eq!(value(source).unwrap(), "ab ✓ \"c\"");
    assert_eq!(value("r#\"a\\n\"#").unwrap(), "a\\n");
    assert!(value("12").is_none());
}

/// README.md, the pages of docs and the other pages at the top.
fn documents() -> Vec<Text> {
    let mut files = Vec::new();
    walk(&root().join("docs"), "md", &mut files);
    // The map of the code and the list of attacks speak to developers.
    files.retain(|file| !file.ends_with("architecture.md") && !file.ends_with("security-tests.md"));
    for name in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ] {
        files.push(root().join(name));
    }
    let mut all = Vec::new();
    for file in files {
        let name = named(&file);
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            all.push(Text {
                place: format!("{name}:{}", number + 1),
                text: line.to_owned(),
            });
        }
    }
    all
}

/// What the golden cases expect to be printed.
fn answers() -> Vec<Text> {
    let mut files = Vec::new();
    walk(&root().join("tests/cases"), "toml", &mut files);
    let mut all = Vec::new();
    for file in files {
        let name = named(&file);
        let case = Case::read(&fs::read_to_string(&file).unwrap()).unwrap();
        for text in [case.expect.stdout, case.expect.stderr] {
            all.push(Text {
                place: name.clone(),
                text,
            });
        }
    }
    all
}

/// The file's path below the project's folder.
pub(crate) fn named(file: &Path) -> String {
    let below = file.strip_prefix(root()).unwrap();
    below.to_string_lossy().into_owned()
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}
