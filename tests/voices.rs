//! What the library says names no command and no option of the program, but where the command line's voice was asked for.
//!
//! The sources are read, so that every sentence is there and not only those that a test happens to provoke.

use std::fs;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::words::{named, root, value, walk};

/// What speaks to users of the command line only, and why.
const COMMAND_LINE: &[(&str, &str)] = &[
    (
        "src/ops/crl/schedule.rs",
        "the words of the command that a job runs",
    ),
    (
        "src/export/",
        "what is written into files and run: other programs' options, and jobs of ours",
    ),
    (
        "src/report/crl/plan/words.rs: next",
        "what to type next; a neutral report leaves it out",
    ),
    (
        "src/wording/voice.rs",
        "the options that a command repeats of the one that printed it",
    ),
    (
        "src/wording/preflight.rs: repeat",
        "the command that repeats a check: a field of its own",
    ),
    (
        "src/report/evidence/source.rs: probe",
        "the command that repeats a probe: a field of its own",
    ),
    ("src/wording/findings_page.rs", "docs/findings.md"),
    (
        "src/report/lab/text.rs",
        "the option that takes the environments of the lab: lab init is for the command line",
    ),
    (
        "src/report/lab/calling.rs",
        "the report of lab call, which is no part of the library's interface",
    ),
    (
        "src/report/rehearsal/",
        "the report of lab run, which is no part of the library's interface",
    ),
    (
        "src/report/verification/text.rs: fail_on",
        "the option that made the exit status",
    ),
    (
        "src/report/acceptance.rs",
        "the option that made the exit status",
    ),
    (
        "src/report/server/mod.rs",
        "the option that made the exit status",
    ),
    (
        "src/lab/host/client_auth.rs",
        "the lab's server, which a terminal shows",
    ),
    (
        "src/lab/lab_state/facts.rs",
        "a comment in a file of the lab's: it is a ptl-cert lab",
    ),
    (
        "src/ops/trust/entry.rs",
        "a comment in a file of the user's, which says how to take it away",
    ),
];

/// The commands of the program.
const COMMANDS: &[&str] = &[
    "csr",
    "inspect",
    "match",
    "inventory",
    "renew",
    "accept",
    "verify",
    "crl",
    "trust",
    "export",
    "doctor",
    "probe",
    "listen",
    "preflight",
    "lab",
    "explain",
    "environments",
    "serve",
    "completions",
    "man",
    "schema",
];

#[test]
fn no_error_and_no_finding_names_an_option_or_a_command_but_in_the_voice_of_the_command_line() {
    let mut files = Vec::new();
    walk(&root().join("src"), "rs", &mut files);
    let (mut found, mut read, mut voiced) = (Vec::new(), 0, 0);
    let mut used = vec![false; COMMAND_LINE.len()];
    for file in files {
        let name = named(&file);
        if name.starts_with("src/bin/") || name.contains("/tests") || name.ends_with("tests.rs") {
            continue;
        }
        let tokens: TokenStream = fs::read_to_string(&file).unwrap().parse().unwrap();
        let mut sentences = Sentences::default();
        sentences.walk(tokens);
        read += sentences.all.len();
        voiced += sentences.voiced;
        for text in sentences
            .all
            .iter()
            .filter(|text| is_of_the_command_line(text))
        {
            let reason = COMMAND_LINE.iter().position(|(place, _)| {
                let path = place.split(": ").next().unwrap_or(place);
                name.starts_with(path)
            });
            match reason {
                Some(number) => used[number] = true,
                None => found.push(format!("{name}: {text}")),
            }
        }
    }
    assert!(read > 3000, "{read} sentences are not all");
    assert!(voiced > 250, "only {voiced} sentences have two voices");
    assert!(
        found.is_empty(),
        "{} sentences:\n{}",
        found.len(),
        found.join("\n")
    );
    let stale: Vec<&str> = COMMAND_LINE
        .iter()
        .zip(used)
        .filter(|(_, used)| !used)
        .map(|((place, _), _)| *place)
        .collect();
    assert!(
        stale.is_empty(),
        "these exceptions are not needed: {stale:?}"
    );
}

/// Whether a text names an option, or a command of the program.
fn is_of_the_command_line(text: &str) -> bool {
    let is_start = |at: usize| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '-')
    };
    let is_letter = |c: char| c.is_ascii_lowercase();
    let option = text.match_indices("--").any(|(at, _)| {
        is_start(at)
            && text
                .get(at + 2..)
                .is_some_and(|rest| rest.starts_with(is_letter))
    });
    let command = text.match_indices("ptl-cert ").any(|(at, program)| {
        let rest = text.get(at + program.len()..).unwrap_or_default();
        let word: String = rest.chars().take_while(|c| is_letter(*c)).collect();
        is_start(at) && COMMANDS.contains(&word.as_str())
    });
    option || command
}

#[test]
fn an_option_and_a_command_are_distinguished_from_other_words() {
    assert!(is_of_the_command_line("give it with --crl"));
    assert!(is_of_the_command_line("run ptl-cert csr again"));
    assert!(!is_of_the_command_line("another ptl-cert is running"));
    assert!(!is_of_the_command_line("-----BEGIN CERTIFICATE-----"));
    assert!(!is_of_the_command_line("a -- b"));
}

/// The literals outside of tests and documentation, without what only the command line says: the first of the two of
/// `pick`, all of `pick_command`, and in the manual the first half of each `{A|B}`.
#[derive(Default)]
struct Sentences {
    all: Vec<String>,
    voiced: usize,
}

impl Sentences {
    fn walk(&mut self, tokens: TokenStream) {
        let mut picks = false;
        let mut test = false;
        for token in tokens {
            match token {
                TokenTree::Group(group) => {
                    let text = group.stream().to_string();
                    let attribute = group.delimiter() == Delimiter::Bracket;
                    if attribute && (text.starts_with("cfg (test)") || text == "test") {
                        test = true;
                    } else if test && group.delimiter() == Delimiter::Brace {
                        test = false;
                    } else if attribute && text.starts_with("doc =") {
                    } else if picks && group.delimiter() == Delimiter::Parenthesis {
                        self.voiced += 1;
                        self.walk(after_first(group.stream()));
                    } else {
                        self.walk(group.stream());
                    }
                    picks = false;
                }
                TokenTree::Ident(ident) => picks = ident == "pick" || ident == "pick_command",
                TokenTree::Literal(literal) => {
                    picks = false;
                    let text = value(&literal.to_string());
                    let (text, halves) = text.map(neutral).unzip();
                    self.all.extend(text);
                    self.voiced += halves.unwrap_or(0);
                }
                TokenTree::Punct(punct) => {
                    picks = false;
                    test = test && punct.as_char() != ';';
                }
            }
        }
    }
}

/// A text of the manual without the halves for the command line, and how many those are.
fn neutral(text: String) -> (String, usize) {
    let (mut said, mut halves) = (String::new(), 0);
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        said.push_str(before);
        let (both, behind) = after.split_once('}').unwrap_or((after, ""));
        halves += usize::from(both.contains('|'));
        said.push_str(both.split_once('|').map_or(both, |(_, neutral)| neutral));
        rest = behind;
    }
    said.push_str(rest);
    (said, halves)
}

/// What follows the first argument.
fn after_first(arguments: TokenStream) -> TokenStream {
    let is_comma =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    arguments
        .into_iter()
        .skip_while(|token| !is_comma(token))
        .collect()
}

#[test]
fn only_the_first_voice_may_name_an_option() {
    let said = |source: &str| {
        let mut sentences = Sentences::default();
        sentences.walk(source.parse().unwrap());
        sentences.all
    };
    assert_eq!(said(r#"voice.pick("with --crl", "with it")"#), ["with it"]);
    assert_eq!(said(r#"voice.pick_command("ptl-cert lab run")"#), [""; 0]);
    assert_eq!(
        said(r#"voice.pick(format!("a {b}", c), format!("d"))"#),
        ["d"]
    );
    assert_eq!(
        said(r#"remedy: "Inspect it{ with ptl-cert inspect FILE|} or {use --crl|give the CRL}.""#),
        ["Inspect it or give the CRL."]
    );
    assert_eq!(
        said(r#""give {name} with --crl""#),
        ["give name with --crl"]
    );
    assert_eq!(
        said(r#"#[error("give --crl")] struct A; #[cfg(test)] mod tests { "x" }"#),
        ["give --crl"]
    );
}
