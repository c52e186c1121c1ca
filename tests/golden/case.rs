//! The format of a case, and what it expects.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;

use super::pattern::{line_matches, text_matches};

/// The line at which what is expected begins; blessing rewrites everything from here on.
const EXPECT: &str = "[expect]";

/// The most characters of a written file that blessing repeats; longer ones are compared by name and mode.
const TEXT_LIMIT: usize = 600;

/// One run of the program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What the case shows, as a sentence.
    pub(crate) about: String,
    /// The arguments.
    pub(crate) args: Vec<String>,
    /// The standard input; without it, there is none.
    pub(crate) stdin: Option<String>,
    /// Environment variables; there are no others but HOME and PATH.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Runs of the program that make what the case needs; they must succeed.
    #[serde(default)]
    pub(crate) before: Vec<Vec<String>>,
    /// The files that are there before the run.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, Content>,
    /// What must come out.
    #[serde(default)]
    pub(crate) expect: Expectation,
}

/// What a file holds before the run.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Content {
    /// This text.
    Text { text: String, mode: Option<Mode> },
    /// These bytes.
    Hex { hex: String, mode: Option<Mode> },
    /// A file of tests/data.
    Copy {
        copy: String,
        mode: Option<Mode>,
        /// So many copies one after the other.
        times: Option<usize>,
    },
    /// A file of PTL_CERT_SHARED; the case is skipped where that is missing.
    Shared { shared: String, mode: Option<Mode> },
    /// Not a file: a folder of this mode.
    Folder { folder: Mode },
}

impl Content {
    pub(crate) fn mode(&self) -> Option<u32> {
        match self {
            Content::Text { mode, .. }
            | Content::Hex { mode, .. }
            | Content::Copy { mode, .. }
            | Content::Shared { mode, .. } => mode.as_ref().map(Mode::bits),
            Content::Folder { folder } => Some(folder.bits()),
        }
    }
}

/// Permissions in octal, such as "0600".
#[derive(Debug, Deserialize)]
pub(crate) struct Mode(String);

impl Mode {
    pub(crate) fn bits(&self) -> u32 {
        u32::from_str_radix(&self.0, 8).unwrap()
    }
}

/// What comes out of a run.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Expectation {
    /// The exit status.
    pub(crate) status: i32,
    /// The standard output.
    pub(crate) stdout: String,
    /// The standard error.
    pub(crate) stderr: String,
    /// The files that are new or changed, all of them.
    pub(crate) written: Vec<Written>,
    /// The files that have gone.
    pub(crate) lost: Vec<String>,
}

/// A file that is new or changed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    /// Where, from the case's folder; may have placeholders.
    pub(crate) path: String,
    /// Its permissions in octal.
    pub(crate) mode: String,
    /// What is in it; not compared if absent.
    pub(crate) text: Option<String>,
}

impl Case {
    pub(crate) fn read(text: &str) -> Result<Case, toml::de::Error> {
        toml::from_str(text)
    }
}

impl Expectation {
    /// How a run differs from what is expected; empty if it does not.
    pub(crate) fn compare(&self, actual: &Expectation) -> String {
        let mut how = String::new();
        if self.status != actual.status {
            let _ = writeln!(
                how,
                "status: expected {}, found {}",
                self.status, actual.status
            );
        }
        for (what, expected, found) in [
            ("stdout", &self.stdout, &actual.stdout),
            ("stderr", &self.stderr, &actual.stderr),
        ] {
            if !text_matches(expected, found) {
                let _ = writeln!(how, "{what}: expected\n{expected}\n{what}: found\n{found}");
            }
        }
        if self.lost != actual.lost {
            let _ = writeln!(
                how,
                "files gone: expected {:?}, found {:?}",
                self.lost, actual.lost
            );
        }
        let agree = self.written.len() == actual.written.len()
            && self
                .written
                .iter()
                .zip(&actual.written)
                .all(|(expected, found)| expected.is_met_by(found));
        if !agree {
            let crl = |files: &[Written]| {
                files
                    .iter()
                    .map(|file| {
                        format!(
                            "{} {}\n{}",
                            file.mode,
                            file.path,
                            file.text.as_deref().unwrap_or("")
                        )
                    })
                    .collect::<String>()
            };
            let _ = writeln!(
                how,
                "files: expected\n{}\nfiles: found\n{}",
                crl(&self.written),
                crl(&actual.written)
            );
        }
        how
    }

    /// The same with the placeholders of the old expectation wherever its lines still match.
    pub(crate) fn keeping_placeholders_of(&self, old: &Expectation) -> Expectation {
        let written = self
            .written
            .iter()
            .map(|found| {
                match old
                    .written
                    .iter()
                    .find(|old| line_matches(&old.path, &found.path))
                {
                    Some(old) if old.is_met_by(found) => old.clone(),
                    Some(old) => {
                        let text = match (&found.text, &old.text) {
                            (Some(found), Some(old)) => Some(keep(found, old)),
                            _ => None,
                        };
                        Written {
                            path: old.path.clone(),
                            mode: found.mode.clone(),
                            text,
                        }
                    }
                    None => found.clone(),
                }
            })
            .collect();
        Expectation {
            status: self.status,
            stdout: keep(&self.stdout, &old.stdout),
            stderr: keep(&self.stderr, &old.stderr),
            written,
            lost: self.lost.clone(),
        }
    }
}

impl Written {
    fn is_met_by(&self, found: &Written) -> bool {
        let text = match (&self.text, &found.text) {
            (None, _) => true,
            (Some(expected), Some(found)) => text_matches(expected, found),
            (Some(_), None) => false,
        };
        line_matches(&self.path, &found.path) && self.mode == found.mode && text
    }
}

fn keep(found: &str, old: &str) -> String {
    if text_matches(old, found) {
        return old.to_owned();
    }
    let patterns: Vec<&str> = old
        .split('\n')
        .filter(|line| line.contains("[..]"))
        .collect();
    let kept = found.split('\n').map(|line| {
        patterns
            .iter()
            .find(|pattern| line_matches(pattern, line))
            .copied()
            .unwrap_or(line)
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// The text of a case with what it expects rewritten.
pub(crate) fn with_expectation(text: &str, expect: &Expectation) -> String {
    let head = text
        .find(&format!("\n{EXPECT}"))
        .map_or(text, |at| &text[..at]);
    let mut text = format!(
        "{}\n\n{EXPECT}\nstatus = {}\n",
        head.trim_end(),
        expect.status
    );
    for (name, value) in [("stdout", &expect.stdout), ("stderr", &expect.stderr)] {
        if !value.is_empty() {
            let _ = writeln!(text, "{name} = {}", literal(value));
        }
    }
    if !expect.lost.is_empty() {
        let _ = writeln!(text, "lost = {:?}", expect.lost);
    }
    for file in &expect.written {
        let _ = write!(
            text,
            "\n[[expect.written]]\npath = \"{}\"\nmode = \"{}\"\n",
            file.path, file.mode
        );
        let content = file.text.as_deref().map(without_pem_bytes);
        if let Some(content) = content.filter(|content| content.len() <= TEXT_LIMIT) {
            let _ = writeln!(text, "text = {}", literal(&content));
        }
    }
    text
}

/// The text with a line `...` for the bytes of PEM objects: keys are new in every run.
fn without_pem_bytes(text: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        if line.starts_with("-----BEGIN ") {
            inside = true;
            kept.push_str(line);
            kept.push_str("...\n");
        } else {
            inside &= !line.starts_with("-----END ");
            if !inside {
                kept.push_str(line);
            }
        }
    }
    kept
}

fn literal(value: &str) -> String {
    if value.contains("'''") || value.contains('\u{0}') {
        return format!("{value:?}");
    }
    format!("'''\n{value}'''")
}

#[test]
fn blessing_keeps_the_head_of_a_case_and_its_placeholders() {
    let text =
        "about = \"x\"\nargs = []\n\n[expect]\nstatus = 0\nstdout = '''\nat [..]\nold\n'''\n";
    let case = Case::read(text).unwrap();
    let actual = Expectation {
        status: 1,
        stdout: "at 12:00\nnew\n".to_owned(),
        ..Expectation::default()
    };
    assert!(!case.expect.compare(&actual).is_empty());
    let blessed = with_expectation(text, &actual.keeping_placeholders_of(&case.expect));
    assert_eq!(
        blessed,
        "about = \"x\"\nargs = []\n\n[expect]\nstatus = 1\nstdout = '''\nat [..]\nnew\n'''\n"
    );
    assert!(
        Case::read(&blessed)
            .unwrap()
            .expect
            .compare(&actual)
            .is_empty()
    );
}
