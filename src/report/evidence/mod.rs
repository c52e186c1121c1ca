//! Evidence to hand in: one page in HTML, the same in Markdown, and JUnit XML for pipelines.
//!
//! Every command that judges makes an [`EvidenceReport`] of its report, and everything that is shown comes from there. The HTML
//! page is complete in itself: it loads nothing and runs nothing. Private keys, passwords and bodies of responses have no
//! place in the model.

mod picture;
mod source;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use askama::Template;

use self::picture::{chain_picture, timeline_picture};
use crate::document::{Hex, Moment, printable};
use crate::environment::Facts;
use crate::input::{Cause, OutputForm, Shown, guarded};

/// How something came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mark {
    /// As it has to be.
    Pass,
    /// With a warning.
    Warn,
    /// Not as it has to be.
    Fail,
    /// It could not be determined.
    Open,
    /// It does not apply, or is only said.
    None,
}

impl Mark {
    fn class(self) -> &'static str {
        match self {
            Mark::Pass => "pass",
            Mark::Warn => "warn",
            Mark::Fail => "fail",
            Mark::Open => "open",
            Mark::None => "none",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Mark::Pass => "Pass",
            Mark::Warn => "Warning",
            Mark::Fail => "Fail",
            Mark::Open => "Not decided",
            Mark::None => "Not applicable",
        }
    }
}

/// The page cannot be rendered, which no content should cause.
#[derive(Debug, thiserror::Error)]
#[error("the page cannot be rendered")]
pub struct HtmlError(#[source] Cause);

/// What is handed in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EvidenceReport {
    /// What kind of evidence: `Path to Live preflight`.
    pub title: String,
    /// What it is about: a host, a certificate.
    pub subject: String,
    /// How it came out.
    pub mark: Mark,
    /// That in one or two words.
    pub headline: String,
    /// That in a sentence.
    pub summary: String,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// Names and values at the top.
    pub facts: Vec<(String, String)>,
    /// Chains, each with a caption.
    pub chains: Vec<(String, Vec<ChainBox>)>,
    /// What expires when.
    pub spans: Vec<TimeSpan>,
    /// The checks.
    pub groups: Vec<EvidenceGroup>,
    /// The files that were looked at.
    pub files: Vec<FileHash>,
    /// When the facts about the NHS were last reviewed.
    pub reviewed: String,
}

/// Checks that belong together.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EvidenceGroup {
    /// What they are about.
    pub title: String,
    /// What they are evidence for in the supplier's assessment.
    pub scal: Option<String>,
    /// The checks.
    pub checks: Vec<EvidenceCheck>,
}

/// One check.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EvidenceCheck {
    /// What it is called.
    pub title: String,
    /// How it came out.
    pub mark: Mark,
    /// What was seen.
    pub seen: Vec<String>,
    /// What to do.
    pub remedy: Vec<String>,
    /// The team to ask.
    pub ask: Option<String>,
    /// Codes of findings.
    pub codes: Vec<String>,
    /// The command that repeats it.
    pub repeat: Option<String>,
    /// How long it took.
    pub took_ms: Option<u64>,
}

/// One certificate of a chain, as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainBox {
    /// Its name.
    pub name: String,
    /// Where it was found, and whether it is trusted: `sent with it`.
    pub notes: String,
    /// How it was signed: `SHA-2 (sha256WithRSAEncryption)`.
    pub signature: String,
    /// Its expiry and revocation.
    pub state: String,
    /// Whether it is trusted.
    pub anchor: bool,
    /// Whether something is wrong with it.
    pub bad: bool,
}

/// From when to when something is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimeSpan {
    /// What it is.
    pub name: String,
    /// From when on.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
    /// This many days before that it is soon.
    pub warn_days: i64,
}

/// A file that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileHash {
    /// Its name as it was given.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hex.
    pub sha256: String,
}

impl FileHash {
    /// Of a file with this content. Not for private keys.
    pub fn of(name: &str, content: &[u8]) -> FileHash {
        crate::decode::crypto::ready();
        FileHash {
            name: name.to_owned(),
            bytes: content.len() as u64,
            sha256: Hex(&openssl::sha::sha256(content)).to_string(),
        }
    }
}

/// A drawing and what it shows in words.
struct Picture {
    caption: String,
    svg: String,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Html<'e> {
    title: &'e str,
    subject: &'e str,
    class: &'static str,
    headline: &'e str,
    summary: &'e str,
    at: String,
    tool: &'static str,
    reviewed: &'e str,
    facts: &'e [(String, String)],
    pictures: Vec<Picture>,
    timeline: Option<Picture>,
    attention: Vec<HtmlCheck<'e>>,
    groups: Vec<HtmlGroup<'e>>,
    files: &'e [FileHash],
}

struct HtmlGroup<'e> {
    title: &'e str,
    scal: &'e Option<String>,
    checks: Vec<HtmlCheck<'e>>,
}

#[derive(Clone)]
struct HtmlCheck<'e> {
    id: String,
    title: &'e str,
    class: &'static str,
    word: &'static str,
    took_ms: Option<u64>,
    seen: &'e [String],
    remedy: &'e [String],
    ask: &'e Option<String>,
    codes: &'e [String],
    repeat: &'e Option<String>,
}

/// This program's version.
const TOOL: &str = env!("CARGO_PKG_VERSION");

impl EvidenceReport {
    /// An empty page about something.
    pub fn new(title: &str, subject: &str, at: Moment, facts: &Facts) -> EvidenceReport {
        EvidenceReport {
            title: title.to_owned(),
            subject: printable(subject).to_string(),
            mark: Mark::Open,
            headline: String::new(),
            summary: String::new(),
            at,
            facts: vec![
                ("Checked for".to_owned(), at.to_string()),
                ("Made by".to_owned(), format!("ptl-cert {TOOL}")),
                (
                    "NHS facts".to_owned(),
                    format!("reviewed {}", facts.reviewed),
                ),
            ],
            chains: Vec::new(),
            spans: Vec::new(),
            groups: Vec::new(),
            files: Vec::new(),
            reviewed: facts.reviewed.clone(),
        }
    }

    /// The page in HTML.
    ///
    /// # Errors
    /// When the template cannot be filled, which no content should cause.
    pub fn html(&self) -> Result<String, HtmlError> {
        let pictures = self.chains.iter().map(|(caption, boxes)| Picture {
            caption: caption.clone(),
            svg: chain_picture(boxes),
        });
        let groups = self
            .groups
            .iter()
            .enumerate()
            .map(|(number, group)| HtmlGroup {
                title: &group.title,
                scal: &group.scal,
                checks: group
                    .checks
                    .iter()
                    .enumerate()
                    .map(|(place, check)| HtmlCheck {
                        id: format!("check-{}-{}", number + 1, place + 1),
                        title: &check.title,
                        class: check.mark.class(),
                        word: check.mark.word(),
                        took_ms: check.took_ms,
                        seen: &check.seen,
                        remedy: &check.remedy,
                        ask: &check.ask,
                        codes: &check.codes,
                        repeat: &check.repeat,
                    })
                    .collect(),
            });
        let groups: Vec<HtmlGroup<'_>> = groups.collect();
        // The gravest first: what failed, what is open, what will not last.
        let of = |class: &'static str| {
            let all = groups.iter().flat_map(|group| &group.checks);
            all.filter(move |check| check.class == class).cloned()
        };
        let attention: Vec<HtmlCheck<'_>> = [Mark::Fail, Mark::Open, Mark::Warn]
            .into_iter()
            .flat_map(|mark| of(mark.class()))
            .collect();
        let page = Html {
            title: &self.title,
            subject: &self.subject,
            class: self.mark.class(),
            headline: &self.headline,
            summary: &self.summary,
            at: self.at.to_string(),
            tool: TOOL,
            reviewed: &self.reviewed,
            facts: &self.facts,
            pictures: pictures.collect(),
            timeline: (!self.spans.is_empty()).then(|| Picture {
                caption: format!(
                    "The dashed line is the time of the check, {}.",
                    self.at.date()
                ),
                svg: timeline_picture(&self.spans, self.at),
            }),
            attention,
            groups,
            files: &self.files,
        };
        page.render()
            .map(guarded_page)
            .map_err(|error| HtmlError(error.into()))
    }

    /// The same in Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "# {}: {}\n\n**{}** {}\n\n",
            plain(&self.title),
            plain(&self.subject),
            plain(&self.headline),
            plain(&self.summary)
        );
        for (name, value) in &self.facts {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "- {}: {}", plain(name), plain(value));
        }
        for (caption, boxes) in &self.chains {
            let _ = write!(text, "\n## Certificate chain\n\n{}\n\n", plain(caption));
            for one in boxes {
                let _ = writeln!(
                    text,
                    "- {} ({}, {}): {}",
                    plain(&one.name),
                    plain(&one.notes),
                    plain(&one.signature),
                    plain(&one.state)
                );
            }
        }
        if !self.spans.is_empty() {
            text.push_str(
                "\n## Expiry of certificates and CRLs\n\n| what | from | until |\n|---|---|---|\n",
            );
            for span in &self.spans {
                let _ = writeln!(
                    text,
                    "| {} | {} | {} |",
                    plain(&span.name),
                    span.from,
                    span.until
                );
            }
        }
        for group in &self.groups {
            let _ = write!(text, "\n## {}\n\n", plain(&group.title));
            if let Some(scal) = &group.scal {
                let _ = write!(text, "Evidence for SCAL: {}\n\n", plain(scal));
            }
            for check in &group.checks {
                let _ = writeln!(text, "- **{}** {}", check.mark.word(), plain(&check.title));
                for line in &check.seen {
                    let _ = writeln!(text, "  - {}", plain(line));
                }
                for line in &check.remedy {
                    let _ = writeln!(text, "  - to do: {}", plain(line));
                }
                if let Some(ask) = &check.ask {
                    let _ = writeln!(text, "  - ask {}", plain(ask));
                }
                if let Some(repeat) = &check.repeat {
                    let _ = writeln!(text, "  - repeat: {}", code(repeat));
                }
            }
        }
        if !self.files.is_empty() {
            text.push_str("\n## Files examined\n\n| file | bytes | SHA-256 |\n|---|---|---|\n");
            for file in &self.files {
                let _ = writeln!(
                    text,
                    "| {} | {} | {} |",
                    plain(&file.name),
                    file.bytes,
                    file.sha256
                );
            }
        }
        let _ = write!(
            text,
            "\nMade by ptl-cert {TOOL} for {}; NHS facts reviewed {}.\n",
            self.at, self.reviewed
        );
        guarded_page(text)
    }

    /// The checks as JUnit XML: a suite a group, a case a check. What could not be determined is an error, a warning passes with
    /// its words.
    pub fn junit(&self) -> String {
        let all = self.groups.iter().flat_map(|group| &group.checks);
        let count = |marks: &[Mark]| {
            all.clone()
                .filter(|check| marks.contains(&check.mark))
                .count()
        };
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
            escaped(&format!("{}: {}", self.title, self.subject)),
            all.clone().count(),
            count(&[Mark::Fail]),
            count(&[Mark::Open])
        );
        for group in &self.groups {
            let count = |mark: Mark| {
                group
                    .checks
                    .iter()
                    .filter(|check| check.mark == mark)
                    .count()
            };
            let time: u64 = group.checks.iter().filter_map(|check| check.took_ms).sum();
            let _ = writeln!(
                xml,
                "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\" timestamp=\"{}\">",
                escaped(&group.title),
                group.checks.len(),
                count(Mark::Fail),
                count(Mark::Open),
                count(Mark::None),
                seconds(time),
                self.at.to_string().trim_end_matches('Z')
            );
            for check in &group.checks {
                let _ = write!(
                    xml,
                    "    <testcase name=\"{}\" classname=\"{}\" time=\"{}\"",
                    escaped(&check.title),
                    escaped(&group.title),
                    seconds(check.took_ms.unwrap_or(0))
                );
                let mut detail = check.seen.clone();
                detail.extend(check.remedy.iter().map(|line| format!("to do: {line}")));
                let kind = check.codes.first().map_or("check", String::as_str);
                let message = check
                    .seen
                    .first()
                    .map_or(check.title.as_str(), String::as_str);
                let detail = escaped(&detail.join("\n"));
                let _ = match check.mark {
                    Mark::Fail | Mark::Open => {
                        let element = if check.mark == Mark::Fail {
                            "failure"
                        } else {
                            "error"
                        };
                        writeln!(
                            xml,
                            ">\n      <{element} message=\"{}\" type=\"{}\">{detail}</{element}>\n    </testcase>",
                            escaped(message),
                            escaped(kind)
                        )
                    }
                    Mark::None => writeln!(xml, ">\n      <skipped/>\n    </testcase>"),
                    Mark::Pass | Mark::Warn if !detail.is_empty() => writeln!(
                        xml,
                        ">\n      <system-out>{detail}</system-out>\n    </testcase>"
                    ),
                    Mark::Pass | Mark::Warn => writeln!(xml, "/>"),
                };
            }
            xml.push_str("  </testsuite>\n");
        }
        xml.push_str("</testsuites>\n");
        guarded_page(xml)
    }
}

/// Seconds with three digits.
fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// Text for XML: escaped, and without what XML forbids (XML 1.0 section 2.2).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(one),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            one if one.is_control() => out.push('\u{fffd}'),
            one => out.push(one),
        }
    }
    out
}

/// A span of code for Markdown, on one line: its fence is longer than any run of backticks in it (CommonMark 0.31, 6.1).
fn code(text: &str) -> String {
    let text = text.shown().to_string();
    let runs = text.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(1 + runs.max().unwrap_or(0));
    match text.contains('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// A whole page with no disturbing character in it, for what was not escaped where it was put into a sentence.
fn guarded_page(page: String) -> String {
    match guarded(page.as_bytes(), OutputForm::Page) {
        Some(safe) => String::from_utf8_lossy(&safe).into_owned(),
        None => page,
    }
}

/// Text for Markdown: on one line, and nothing in it is markup.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '\n' | '\r' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' => {
                out.push('\\');
                out.push(one);
            }
            one if one.is_control() => out.push('\u{fffd}'),
            one => out.push(one),
        }
    }
    out
}
