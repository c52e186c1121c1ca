//! Every command that the product prints, parsed as a shell and clap parse it.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads the pages that it judges, and fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use ptl_cert::ops::Code;
use ptl_cert::wording::{OFFERS, TAKES};

use super::CommandLine;

/// A command and where it is printed.
struct Printed {
    place: String,
    command: String,
}

#[test]
fn every_command_of_help_and_documents_is_accepted() {
    let mut printed = Vec::new();
    let mut root = CommandLine::command();
    root.build();
    help(&root, &mut printed);
    let mut pages = Vec::new();
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    walk(&top.join("docs"), "md", &mut pages);
    pages.push(top.join("README.md"));
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        fenced(&page.to_string_lossy(), &text, &mut printed);
        indented(&page.to_string_lossy(), &text, &mut printed);
    }
    assert!(
        printed.len() > 100,
        "{} commands are not all",
        printed.len()
    );
    let refused: Vec<String> = printed.iter().filter_map(refused).collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn the_journey_uses_no_folder_of_clients_before_it_is_collected_and_renews_what_the_server_reads() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/journey.md");
    let mut printed = Vec::new();
    indented("", &fs::read_to_string(page).unwrap(), &mut printed);
    let commands: Vec<Vec<String>> = printed
        .iter()
        .map(|one| shlex::split(&one.command).unwrap())
        .collect();
    let value = |command: &[String], option: &str| -> Option<String> {
        let at = command.iter().position(|word| word == option)?;
        command.get(at + 1).cloned()
    };
    let (mut collected, mut used) = (None, 0);
    for command in &commands {
        collected = value(command, "--save-clients").or(collected);
        if let Some(clients) = value(command, "--client") {
            used += 1;
            assert_eq!(Some(clients), collected, "{}", command.join(" "));
        }
    }
    assert!(used > 2, "{used} commands about clients are not all");
    let named = |name: &str| {
        let mut all = commands.iter();
        all.find(|command| command.windows(2).any(|two| two.join(" ") == name))
    };
    let job = named("crl schedule").unwrap();
    assert!(value(job, "--server").is_some());
    assert_eq!(
        value(job, "--out-dir"),
        value(named("ptl-cert export").unwrap(), "--out-dir")
    );
    // The job has a cache of its own where it is given none.
    let own = Some("/var/lib/ptl-cert/crl".to_owned());
    assert_eq!(value(named("crl status").unwrap(), "--cache"), own);
}

/// Sentences have commands in them whose end only a reader sees: their words are looked at one by one.
#[test]
fn every_command_in_a_sentence_exists_and_has_the_options_it_is_given() {
    let mut root = CommandLine::command();
    root.build();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (place, text) in sentences() {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for (at, _) in text.match_indices("ptl-cert ") {
            let Some(after) = text.get(at + "ptl-cert ".len()..) else {
                continue;
            };
            let after = after.split("ptl-cert ").next().unwrap_or_default();
            seen += 1;
            if let Some(fault) = fault(&root, after) {
                wrong.push(format!("{place}: {fault}: ptl-cert {after:.70}"));
            }
        }
    }
    assert!(seen > 200, "{seen} commands are not all");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What commands cannot do without, which the command line leaves to them: one of these options, or a word that is no option.
const NEEDS: [(&str, &[&str]); 7] = [
    ("crl plan", &["--env", "--chain"]),
    ("verify", &["--env", "--trust"]),
    ("crl import", &[""]),
    ("renew", &["", "--due"]),
    ("crl schedule", &["--for"]),
    ("preflight", &["--env"]),
    ("preflight", &["--fqdn"]),
];

/// A command that is named alone is no command to type; one with an option or a word in capitals is.
#[test]
fn every_command_in_a_sentence_has_what_it_cannot_do_without() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    // What was measured, and how a command flows: nothing to type.
    let is_narrative =
        |place: &str| place.ends_with("performance.md") || place.ends_with("architecture.md");
    for (place, text) in sentences() {
        if is_narrative(&place) {
            continue;
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for after in text.split("ptl-cert ").skip(1) {
            for (command, needs) in NEEDS {
                let Some(words) = after.strip_prefix(command) else {
                    continue;
                };
                let words = typed(words);
                if words.is_empty() || words.contains(&"--help") {
                    continue;
                }
                seen += 1;
                let has = |option: &&str| match *option {
                    "" => has_argument(&words),
                    option => words.contains(&option),
                };
                if !needs.iter().any(has) {
                    wrong.push(format!("{place}: ptl-cert {command} {}", words.join(" ")));
                }
            }
        }
    }
    assert!(seen > 50, "{seen} commands are not all");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The words of a command as far as the sentence shows them: from its first option or word in capitals to the first mark.
fn typed(text: &str) -> Vec<&str> {
    let is_placeholder = |word: &str| {
        let bare = word.trim_end_matches([',', ';', '.', ':', ')', '`', '"']);
        bare.len() > 1 && bare.chars().all(|c| c.is_ascii_uppercase() || c == '-')
    };
    let mut words = Vec::new();
    for word in text.trim_start().split(' ') {
        let begins = word.starts_with("--") || is_placeholder(word);
        if words.is_empty() && !begins {
            break;
        }
        let bare = word.trim_end_matches([',', ';', '.', ':', ')', '`', '"']);
        words.push(bare);
        if bare != word {
            break;
        }
    }
    words
}

/// Whether there is a word besides the options and their values.
fn has_argument(words: &[&str]) -> bool {
    let mut value = false;
    words.iter().any(|word| {
        let is_option = word.starts_with("--");
        let is_argument = !is_option && !value;
        value = is_option;
        is_argument
    })
}

/// The options that a command repeats of the one that printed it.
const REPEATED: [&str; 3] = ["env", "facts", "cache"];

#[test]
fn the_options_that_commands_repeat_are_those_that_they_take() {
    fn walk(command: &Command, path: &str, all: &mut Vec<(String, [bool; 3])>) {
        let takes = |id: &str| {
            command
                .get_arguments()
                .any(|one| one.get_long() == Some(id))
        };
        let takes = REPEATED.map(takes);
        if takes.contains(&true) {
            all.push((path.to_owned(), takes));
        }
        for below in command.get_subcommands() {
            // What a lab is asked for is in its own folder and has its own environments.
            if !["help", "lab"].contains(&below.get_name()) {
                let path = format!("{path} {}", below.get_name());
                walk(below, path.trim_start(), all);
            }
        }
    }
    let mut root = CommandLine::command();
    root.build();
    let mut typed = Vec::new();
    walk(&root, "", &mut typed);
    typed.sort();
    let known = TAKES.iter();
    let mut known: Vec<(String, [bool; 3])> = known
        .map(|one| (one.command.to_owned(), [one.env, one.facts, one.cache]))
        .collect();
    known.sort();
    assert_eq!(known, typed);
}

#[test]
fn the_options_that_remedies_offer_are_those_of_the_commands_that_speak() {
    fn walk(command: &Command, path: &str, option: &str, all: &mut Vec<String>) {
        let mut arguments = command.get_arguments();
        if arguments.any(|one| one.get_long() == Some(option)) {
            all.push(path.to_owned());
        }
        for below in command.get_subcommands() {
            // No remedy of these offers an option of a lab's or of the trust entries.
            if !["help", "lab", "trust"].contains(&below.get_name()) {
                let path = format!("{path} {}", below.get_name());
                walk(below, path.trim_start(), option, all);
            }
        }
    }
    let mut root = CommandLine::command();
    root.build();
    for (option, commands) in OFFERS {
        let mut typed = Vec::new();
        walk(&root, "", option, &mut typed);
        typed.sort();
        assert_eq!(*commands, typed, "--{option}");
    }
}

/// A case as far as it is read here.
#[derive(serde::Deserialize)]
struct Case {
    args: Vec<String>,
    expect: Expected,
}

#[derive(serde::Deserialize)]
struct Expected {
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
}

#[test]
fn every_printed_command_is_about_the_environment_facts_and_cache_that_were_given() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&top.join("tests/cases"), "toml", &mut files);
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for file in files {
        let case: Case = toml::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let given = REPEATED.map(|name| {
            let at = case
                .args
                .iter()
                .position(|word| *word == format!("--{name}"))?;
            let value = crate::quoted::word(case.args.get(at + 1)?);
            Some(format!("--{name} {value}"))
        });
        // The manual and the lab's own folder know nothing of what was given.
        let is_of_lab = case.args.first().is_some_and(|first| first == "lab");
        if given.iter().all(Option::is_none) || is_of_lab {
            continue;
        }
        let said = format!("{} {}", case.expect.stdout, case.expect.stderr);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for after in said.split("ptl-cert ").skip(1) {
            let takes = TAKES.iter().find(|one| after.starts_with(one.command));
            // The usage of a command line that was refused is no command.
            let Some(takes) = takes.filter(|_| !said.contains("try '--help'")) else {
                continue;
            };
            let taken = [takes.env, takes.facts, takes.cache];
            for (option, _) in given.iter().zip(taken).filter(|(_, taken)| *taken) {
                let Some(option) = option else { continue };
                seen += 1;
                // What belongs to another environment is to be given to a command about that one.
                let names_another = option.starts_with("--env ") && after.contains("--env ");
                if !after.contains(option) && !names_another {
                    wrong.push(format!("{}: {after:.70}", file.to_string_lossy()));
                }
            }
        }
    }
    assert!(seen > 50, "{seen} options are not all");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a command at the beginning of this text.
fn fault(root: &Command, text: &str) -> Option<String> {
    let mut command = root;
    let mut begun = false;
    for word in text.split(' ') {
        let ends = word.ends_with([',', ';', '.', ':', ')']) && word.len() > 1;
        let word = word.trim_matches(['`', '\'', '"', ',', ';', '.', ':', ')', '(', '’']);
        if let Some(below) = command
            .find_subcommand(word)
            .filter(|_| !begun || command.has_subcommands())
        {
            command = below;
            begun = true;
        } else if let Some(option) = word.strip_prefix("--") {
            let name = option.split('=').next().unwrap_or(option);
            let known = command.get_arguments().any(|argument| {
                argument.get_long() == Some(name)
                    || argument
                        .get_all_aliases()
                        .is_some_and(|all| all.contains(&name))
            });
            if !known && !name.is_empty() {
                return Some(format!("{} has no --{name}", command.get_name()));
            }
        } else if !begun {
            // "ptl-cert is", "ptl-cert makes": not a command but the program.
            return None;
        }
        if ends {
            return None;
        }
    }
    None
}

/// The explanations, the golden answers and the pages.
fn sentences() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for &code in Code::ALL {
        let explanation = ptl_cert::wording::explain(code, ptl_cert::wording::Voice::CommandLine);
        all.push((code.to_string(), explanation.meaning.into_owned()));
        all.push((code.to_string(), explanation.remedy.into_owned()));
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&top.join("tests/cases"), "toml", &mut files);
    walk(&top.join("docs"), "md", &mut files);
    files.push(top.join("README.md"));
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // Blocks of commands are looked at as such.
        let text = match file.extension().is_some_and(|extension| extension == "md") {
            true => text.split("```").step_by(2).collect(),
            false => text,
        };
        // A case that shows a refused command line prints it.
        let paragraphs = text
            .split("\n\n")
            .filter(|text| !text.contains("unexpected argument"));
        all.extend(paragraphs.map(|text| (file.to_string_lossy().into_owned(), text.to_owned())));
    }
    all
}

/// Collects the commands of a command's help, and of those below it.
fn help(command: &Command, printed: &mut Vec<Printed>) {
    let place = format!("{} --help", command.get_name());
    let text = command.get_after_long_help().map(ToString::to_string);
    commands(&place, &text.unwrap_or_default(), printed);
    for below in command.get_subcommands() {
        help(below, printed);
    }
}

/// Collects the commands of fenced blocks.
fn fenced(place: &str, text: &str, printed: &mut Vec<Printed>) {
    for block in text.split("```").skip(1).step_by(2) {
        commands(place, block, printed);
    }
}

/// Collects the commands of indented blocks, in which NAME stands for a host.
fn indented(place: &str, text: &str, printed: &mut Vec<Printed>) {
    let outside: String = text.split("```").step_by(2).collect();
    let lines = outside.lines().filter_map(|line| line.strip_prefix("    "));
    let block = lines.collect::<Vec<_>>().join("\n");
    commands(place, &block.replace("NAME", "a.nhs.uk"), printed);
}

/// Collects the lines that begin with the program's name, with those that they go on in.
fn commands(place: &str, text: &str, printed: &mut Vec<Printed>) {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim().trim_start_matches("$ ");
        // "ptl-cert = …" is a line of Cargo.toml.
        if !line.starts_with("ptl-cert ") || line.starts_with("ptl-cert =") {
            continue;
        }
        let mut command = line.to_owned();
        while let Some(begun) = command.strip_suffix('\\') {
            command = format!("{begun} {}", lines.next().unwrap_or_default().trim());
        }
        printed.push(Printed {
            place: place.to_owned(),
            command,
        });
    }
}

/// Why a command is not accepted.
fn refused(printed: &Printed) -> Option<String> {
    let Printed { place, command } = printed;
    // The first command of a line, without what the shell does with its output.
    let words: Vec<String> = shlex::split(command)?
        .into_iter()
        .take_while(|word| !matches!(word.as_str(), "|" | ">" | "&&" | ";" | "#"))
        .filter(|word| word != "…" && word != "...")
        .collect();
    let error = CommandLine::command().try_get_matches_from(words).err()?;
    match error.kind() {
        clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion => None,
        _ => Some(format!(
            "{place}: {command}\n  {}",
            error.to_string().lines().next().unwrap_or_default()
        )),
    }
}

fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}
