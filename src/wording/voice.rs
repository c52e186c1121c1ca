//! The voice of remedies, and what a user's commands have to repeat.

use std::borrow::Cow;

/// The reader that a remedy is worded for: of any program, or of the command line.
///
/// A program that shows findings to people of its own wants [`Voice::Neutral`], in which no command and no option of
/// `ptl-cert` occurs.
///
/// ```
/// use ptl_cert::verdict::Problem;
/// use ptl_cert::wording::{Voice, say};
///
/// let words = |voice| say(&Problem::RequestSignature, voice).remedy;
/// assert_eq!(words(Voice::Neutral), "the file was damaged or changed; make the request again");
/// assert_eq!(words(Voice::CommandLine), "the file was damaged or changed; make the request again with ptl-cert csr --fqdn NAME");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Voice {
    /// Says what to do, and not by which program.
    #[default]
    Neutral,
    /// Names the commands and options of `ptl-cert`.
    CommandLine,
    /// The same, and each command repeats what the user gave, so that it answers about the same environment, facts and cache.
    Repeating(&'static Repeated),
}

impl Voice {
    /// A text of the manual in this voice: `{A|B}` in it is A for the command line and B for any program.
    pub(crate) fn of(self, manual: &'static str) -> Cow<'static, str> {
        if !manual.contains('{') {
            return manual.into();
        }
        let mut text = String::new();
        let mut rest = manual;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (both, behind) = after.split_once('}').unwrap_or((after, ""));
            let (command_line, neutral) = both.split_once('|').unwrap_or((both, both));
            text.push_str(&self.pick(command_line, neutral));
            rest = behind;
        }
        text.push_str(rest);
        text.into()
    }

    /// The text for this voice. Only the first of the two may name a command or an option; a test reads the sources.
    pub(crate) fn pick(
        self,
        command_line: impl Into<String>,
        neutral: impl Into<String>,
    ) -> String {
        match self {
            Voice::CommandLine => command_line.into(),
            Voice::Repeating(given) => given.complete(&command_line.into()),
            Voice::Neutral => neutral.into(),
        }
    }

    /// A command to type, as this voice says it; `None` for a reader of any program. What is put in may name commands and
    /// options, as the first text of [`Voice::pick`].
    pub(crate) fn pick_command(self, command: &str) -> Option<String> {
        self.names_commands().then(|| self.complete(command))
    }

    /// Whether it names commands.
    pub(crate) fn names_commands(self) -> bool {
        self != Voice::Neutral
    }

    /// The command that speaks, where it is known.
    pub fn speaker(self) -> Option<&'static str> {
        match self {
            Voice::Repeating(given) => given.command.as_deref(),
            Voice::CommandLine | Voice::Neutral => None,
        }
    }

    /// Whether the user gave the file of a password: what it opened, a command without it cannot read.
    pub(crate) fn repeats_password(self) -> bool {
        match self {
            Voice::Repeating(given) => given.password_file.is_some(),
            Voice::CommandLine | Voice::Neutral => false,
        }
    }

    /// Whether the command that speaks has this option of [`OFFERS`], so that a remedy may name it. The manual speaks for
    /// every command.
    pub(crate) fn offers(self, option: &str) -> bool {
        self.speaker().is_none_or(|command| {
            let offers = OFFERS.iter().find(|(offered, _)| *offered == option);
            offers.is_none_or(|(_, commands)| commands.contains(&command))
        })
    }

    /// A text that is for the command line alone, as this voice says it.
    pub fn complete(self, text: &str) -> String {
        match self {
            Voice::Repeating(given) => given.complete(text),
            Voice::CommandLine | Voice::Neutral => text.to_owned(),
        }
    }
}

/// What the user gave a command that decides which environment, facts and cache it is about, each as the user's shell takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repeated {
    /// The environment.
    pub env: Option<String>,
    /// The facts file.
    pub facts: Option<String>,
    /// The folder of the CRL cache.
    pub cache: Option<String>,
    /// The file with the password of the key.
    pub password_file: Option<String>,
    /// The files of roots that are trusted instead of an environment's.
    pub trust: Vec<String>,
    /// The files of other CAs.
    pub chain: Vec<String>,
    /// The generations of the environment's CAs that are left out.
    pub leave_out: Vec<String>,
    /// The command that speaks, after the program's name.
    pub command: Option<String>,
}

/// Which of the three options a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Takes {
    /// The command's name, after the program's.
    pub command: &'static str,
    /// Whether it takes an environment.
    pub env: bool,
    /// Whether it takes a facts file.
    pub facts: bool,
    /// Whether it takes a cache.
    pub cache: bool,
}

const fn takes(command: &'static str, env: bool, facts: bool, cache: bool) -> Takes {
    Takes {
        command,
        env,
        facts,
        cache,
    }
}

/// The commands that take at least one of them.
pub const TAKES: &[Takes] = &[
    takes("inspect", false, true, false),
    takes("inventory", false, true, false),
    takes("accept", true, true, true),
    takes("verify", true, true, true),
    takes("crl plan", true, true, true),
    takes("crl update", true, true, true),
    takes("crl import", true, true, true),
    takes("crl status", true, true, true),
    takes("crl check", true, true, true),
    takes("crl export", true, true, true),
    takes("crl schedule", true, true, true),
    takes("crl remove", false, false, true),
    takes("trust list", true, true, false),
    takes("trust add", true, true, false),
    takes("trust fetch", true, true, false),
    takes("trust remove", false, true, false),
    takes("trust export", true, true, false),
    takes("export", true, true, true),
    takes("doctor", true, true, false),
    takes("probe", true, true, true),
    takes("listen", true, true, true),
    takes("preflight", true, true, true),
    takes("serve", false, true, true),
    takes("environments", false, true, false),
];

/// The options that a remedy names for the command that speaks, and the commands that have them.
pub const OFFERS: &[(&str, &[&str])] = &[
    ("crl", &["accept", "crl check", "verify"]),
    ("trust", &["probe", "verify"]),
    ("purpose", &["verify"]),
];

/// The commands that name CAs with `--issuer`.
const TAKES_ISSUERS: [&str; 3] = ["crl update", "crl import", "crl check"];

/// The commands that name CAs with `--chain`.
const TAKES_CHAIN: [&str; 3] = ["crl plan", "crl export", "crl schedule"];

/// The commands that leave a generation out with `--leave-out`.
const TAKES_LEAVE_OUT: [&str; 4] = ["crl plan", "crl export", "crl schedule", "export"];

/// The commands that open a key with `--password-file`.
const TAKES_KEYS: [&str; 5] = ["inspect", "accept", "export", "probe", "listen"];

/// How every command begins.
const PROGRAM: &str = "ptl-cert ";

impl Repeated {
    /// The text with the options after the name of each command in it that takes them and does not have them yet; one that
    /// leaves the environment open gets it.
    ///
    /// They come first because only a reader knows where in a sentence a command ends.
    pub fn complete(&self, text: &str) -> String {
        if *self == Repeated::default() {
            return text.to_owned();
        }
        let mut said = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(PROGRAM) {
            let (before, from) = rest.split_at(at + PROGRAM.len());
            said.push_str(before);
            rest = from;
            let is_word = |takes: &&Takes| {
                from.strip_prefix(takes.command).is_some_and(|after| {
                    !after.starts_with(|c: char| c.is_alphanumeric() || c == '-')
                })
            };
            let Some(takes) = TAKES.iter().find(is_word) else {
                continue;
            };
            let (name, after) = from.split_at(takes.command.len());
            let (words, later) = after.split_at(one_command(after).len());
            said.push_str(name);
            said.push_str(&self.options(takes, words));
            match &self.env {
                Some(env) => said.push_str(&words.replace(" --env ENV", &format!(" --env {env}"))),
                None => said.push_str(words),
            }
            rest = later;
        }
        said.push_str(rest);
        said
    }

    /// The options that a command takes and that are not among its words.
    fn options(&self, takes: &Takes, words: &str) -> String {
        let mut options = String::new();
        for (taken, name, value) in [
            (takes.env, "--env", &self.env),
            (takes.facts, "--facts", &self.facts),
            (takes.cache, "--cache", &self.cache),
        ] {
            if let (true, Some(value)) = (taken, value)
                && !words.split_whitespace().any(|word| word == name)
            {
                options.push_str(&format!(" {name} {value}"));
            }
        }
        if let Some(file) = &self.password_file
            && words.contains(" --key ")
            && TAKES_KEYS.contains(&takes.command)
            && !words.contains(" --password-file ")
        {
            options.push_str(&format!(" --password-file {file}"));
        }
        options.push_str(&self.authorities(takes, words));
        if TAKES_LEAVE_OUT.contains(&takes.command) && !words.contains(" --leave-out ") {
            let left_out = self.leave_out.iter();
            options.extend(left_out.map(|generation| format!(" --leave-out {generation}")));
        }
        options
    }

    /// The options that name the CAs, as the command calls them.
    fn authorities(&self, takes: &Takes, words: &str) -> String {
        let (trust, chain) = match takes.command {
            command if TAKES_ISSUERS.contains(&command) => ("--issuer", "--issuer"),
            command if TAKES_CHAIN.contains(&command) => ("--chain", "--chain"),
            "verify" if !self.trust.is_empty() => ("--trust", "--chain"),
            _ => return String::new(),
        };
        let mut given = words.split_whitespace();
        if given.any(|word| word == trust || word == chain) {
            return String::new();
        }
        let trust = self.trust.iter().map(|file| format!(" {trust} {file}"));
        trust
            .chain(self.chain.iter().map(|file| format!(" {chain} {file}")))
            .collect()
    }
}

/// What of a sentence may belong to the command that it goes on with.
fn one_command(text: &str) -> &str {
    let next = text.find(PROGRAM).unwrap_or(text.len());
    let mut end = next;
    for (at, mark) in text.match_indices([',', ';', ':', '.', ')']) {
        let after = text.get(at + mark.len()..).unwrap_or_default();
        if after.is_empty() || after.starts_with(' ') {
            end = end.min(at);
            break;
        }
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_the_manual_has_a_part_for_each_voice() {
        let manual = "Inspect it{ with ptl-cert inspect FILE|}, {then run|and verify} it.";
        assert_eq!(
            Voice::CommandLine.of(manual),
            "Inspect it with ptl-cert inspect FILE, then run it."
        );
        assert_eq!(Voice::Neutral.of(manual), "Inspect it, and verify it.");
        assert_eq!(Voice::Neutral.of("As it is."), "As it is.");
    }

    fn given() -> Repeated {
        Repeated {
            env: Some("int".to_owned()),
            facts: Some("'my facts.toml'".to_owned()),
            cache: Some("crls".to_owned()),
            ..Repeated::default()
        }
    }

    #[test]
    fn a_command_in_a_sentence_repeats_what_it_takes_of_what_was_given() {
        assert_eq!(
            given().complete("fetch it with ptl-cert crl update CERT, or give the file with --crl"),
            "fetch it with ptl-cert crl update --env int --facts 'my facts.toml' --cache crls CERT, or give the file with --crl"
        );
        assert_eq!(
            given().complete("ptl-cert crl remove X. ptl-cert doctor -; ptl-cert match F"),
            "ptl-cert crl remove --cache crls X. ptl-cert doctor --env int --facts 'my facts.toml' -; ptl-cert match F"
        );
    }

    #[test]
    fn a_command_that_has_an_option_keeps_its_own() {
        let text = "ptl-cert crl update --env dep CERT, or ptl-cert crl status";
        let said = given().complete(text);
        assert_eq!(said.matches("--env").count(), 2, "{said}");
        assert!(said.contains("--cache crls --env dep CERT, or"), "{said}");
        assert_eq!(given().complete(&said), said);
    }

    #[test]
    fn a_command_with_an_encrypted_key_repeats_the_file_of_its_password() {
        let given = Repeated {
            password_file: Some("pw".to_owned()),
            ..Repeated::default()
        };
        assert_eq!(
            given.complete("ptl-cert accept REPLY --key N.key; ptl-cert inspect REPLY"),
            "ptl-cert accept --password-file pw REPLY --key N.key; ptl-cert inspect REPLY"
        );
    }

    #[test]
    fn cas_that_were_given_are_repeated_under_the_name_that_a_command_has_for_them() {
        let given = Repeated {
            trust: vec!["root.pem".to_owned()],
            chain: vec!["sub.pem".to_owned()],
            ..Repeated::default()
        };
        let said = |text: &str| given.complete(text);
        assert_eq!(
            said("ptl-cert crl update CERT; ptl-cert crl status"),
            "ptl-cert crl update --issuer root.pem --issuer sub.pem CERT; ptl-cert crl status"
        );
        assert_eq!(
            said("ptl-cert crl plan lists them"),
            "ptl-cert crl plan --chain root.pem --chain sub.pem lists them"
        );
        assert_eq!(
            said("ptl-cert verify CERT"),
            "ptl-cert verify --trust root.pem --chain sub.pem CERT"
        );
        let own = "ptl-cert crl import FILE --issuer CA";
        assert_eq!(said(own), own);
    }

    #[test]
    fn a_generation_that_was_left_out_stays_left_out_in_the_commands_that_take_that() {
        let given = Repeated {
            leave_out: vec!["'G1 SHA-1'".to_owned()],
            ..Repeated::default()
        };
        assert_eq!(
            given.complete("ptl-cert crl update CERT; ptl-cert crl plan --for nginx lists them"),
            "ptl-cert crl update CERT; ptl-cert crl plan --leave-out 'G1 SHA-1' --for nginx lists them"
        );
        let own = "ptl-cert export --leave-out G2";
        assert_eq!(given.complete(own), own);
    }

    #[test]
    fn only_the_owner_of_a_weak_key_is_advised_to_make_a_new_one() {
        let bits = crate::document::KeyAlgorithm::Rsa {
            bits: 1024,
            exponent: Some(65537),
            pss: false,
        };
        let remedy = |ca: bool| {
            let algorithm = bits.clone();
            let weak = crate::verdict::Problem::WeakKey { algorithm, ca };
            crate::wording::say(&weak, Voice::CommandLine).remedy
        };
        assert!(remedy(false).contains("ptl-cert csr"));
        assert!(!remedy(true).contains("ptl-cert csr"), "{}", remedy(true));
    }

    #[test]
    fn a_remedy_offers_the_options_of_the_command_that_speaks() {
        let speaks = |command: &str| -> Voice {
            Voice::Repeating(Box::leak(Box::new(Repeated {
                command: Some(command.to_owned()),
                ..Repeated::default()
            })))
        };
        assert!(speaks("verify").offers("trust"));
        assert!(!speaks("accept").offers("trust"));
        assert!(speaks("accept").offers("crl"));
        assert!(!speaks("listen").offers("crl"));
        assert!(Voice::CommandLine.offers("crl"));
    }

    #[test]
    fn an_environment_that_was_left_open_is_filled_in() {
        let given = Repeated {
            env: Some("int".to_owned()),
            ..Repeated::default()
        };
        assert_eq!(
            given.complete(
                "use ptl-cert trust export --env ENV --out ca.pem, and reload; --env ENV"
            ),
            "use ptl-cert trust export --env int --out ca.pem, and reload; --env ENV"
        );
    }

    #[test]
    fn a_sentence_is_left_alone_where_nothing_was_given_or_the_command_takes_nothing() {
        let text = "ptl-cert crl update CERT; another ptl-cert is running; ptl-cert verifying";
        assert_eq!(Repeated::default().complete(text), text);
        let alone = "another ptl-cert is running; ptl-cert verifying; ptl-cert csr --fqdn NAME";
        assert_eq!(given().complete(alone), alone);
    }

    #[test]
    fn an_option_of_another_part_of_the_sentence_is_not_the_commands() {
        assert_eq!(
            given().complete("add it with ptl-cert trust add, or give --facts"),
            "add it with ptl-cert trust add --env int --facts 'my facts.toml', or give --facts"
        );
    }
}
