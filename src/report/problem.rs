//! What prevented an answer, for a reader and for a program.

use std::io;

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decode::{EncodedObjectError, OpenError};
use crate::document::{ItemError, KeyError};
use crate::environment::FactsError;
use crate::generate::hosts::HostsError;
use crate::input::printable;
use crate::ops::SnapshotError;
use crate::ops::accept::AcceptError;
use crate::ops::csr::{CsrError, ExistingKeyError};
use crate::ops::serve::SessionError;
use crate::ops::verify::VerifyError;
use crate::report::serve::QuestionError;
use crate::revocation::CrlError;
use crate::store::bundle::BundleError;
use crate::store::crl_cache::CacheError;
use crate::store::pair::PairError;
use crate::store::read::ReadError;
use crate::store::set::SetError;
use crate::store::write::WriteError;
use crate::wire::fetch::FetchError;

/// The name of the JSON form of [`ErrorReport`].
pub const ERROR_SCHEMA: &str = "ptl-cert/error/1";

/// The style of the word that says something is wrong.
const BAD: Style = AnsiColor::Red.on_default().bold();

/// What kind of error it is. A code never changes its meaning; there may be more some day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The command line, a name on it or a question is not acceptable.
    Usage,
    /// A file is there already and was not overwritten.
    Exists,
    /// A file, a folder or a stream cannot be read or written.
    Unreadable,
    /// It was read, and is not what it should be.
    Malformed,
    /// A password is needed, or the one given is wrong.
    Password,
    /// A server was not reached, or did not answer as it must.
    Network,
    /// The CRL cache cannot be used.
    Cache,
    /// There is no answer, for another reason.
    NotDecided,
}

impl ErrorCode {
    /// What kind of error it is, where this one says so and not what caused it. Errors that wrap another one are not in its
    /// chain: they are opened.
    pub fn of(cause: &(dyn std::error::Error + 'static)) -> Option<ErrorCode> {
        if let Some(error) = cause.downcast_ref::<CsrError>() {
            return match error {
                CsrError::Pair(error) => ErrorCode::of(error),
                CsrError::Seal(error) => ErrorCode::of(error),
                CsrError::Key { error, .. } => ErrorCode::of(error),
                CsrError::Fqdn(_)
                | CsrError::Name { .. }
                | CsrError::Line(_)
                | CsrError::Subject(_) => Some(ErrorCode::Usage),
                CsrError::List { .. } => Some(ErrorCode::Malformed),
                _ => None,
            };
        }
        if let Some(error) = cause.downcast_ref::<PairError>() {
            return Some(match error {
                PairError::Exists { .. }
                | PairError::KeyWithoutRequest { .. }
                | PairError::RequestWithoutKey { .. } => ErrorCode::Exists,
                _ => ErrorCode::Unreadable,
            });
        }
        if let Some(error) = cause.downcast_ref::<SetError>() {
            return Some(match error {
                SetError::Foreign { .. } => ErrorCode::Exists,
                _ => ErrorCode::Unreadable,
            });
        }
        if let Some(error) = cause.downcast_ref::<BundleError>() {
            return Some(match error {
                BundleError::Exists { .. } => ErrorCode::Exists,
                _ => ErrorCode::Unreadable,
            });
        }
        if let Some(error) = cause.downcast_ref::<ExistingKeyError>() {
            return Some(match error {
                error if error.needs_password() => ErrorCode::Password,
                ExistingKeyError::Read(_) => ErrorCode::Unreadable,
                ExistingKeyError::Key(KeyError::WrongPassword { .. }) => ErrorCode::Password,
                _ => ErrorCode::Malformed,
            });
        }
        if let Some(error) = cause.downcast_ref::<KeyError>() {
            return Some(match error {
                KeyError::PasswordNeeded { .. }
                | KeyError::WrongPassword { .. }
                | KeyError::UnusablePassword { .. } => ErrorCode::Password,
                _ => ErrorCode::Malformed,
            });
        }
        if let Some(AcceptError::Cache(_)) = cause.downcast_ref() {
            return Some(ErrorCode::Cache);
        }
        if let Some(VerifyError::Cache(_)) = cause.downcast_ref() {
            return Some(ErrorCode::Cache);
        }
        if let Some(error) = cause.downcast_ref::<SessionError>() {
            return match error {
                SessionError::Snapshot(_) => Some(ErrorCode::Cache),
                // The environment that was asked for is not known.
                SessionError::Judge(_) => Some(ErrorCode::Usage),
                SessionError::Verify(VerifyError::Cache(_)) => Some(ErrorCode::Cache),
                SessionError::Verify(_) => Some(ErrorCode::Usage),
            };
        }
        if cause.is::<CacheError>() || cause.is::<SnapshotError>() {
            return Some(ErrorCode::Cache);
        }
        if cause.is::<FetchError>() {
            return Some(ErrorCode::Network);
        }
        if cause.is::<QuestionError>() {
            return Some(ErrorCode::Usage);
        }
        let is_malformed = cause.is::<OpenError>()
            || cause.is::<EncodedObjectError>()
            || cause.is::<ItemError>()
            || cause.is::<CrlError>()
            || cause.is::<HostsError>()
            || cause.is::<FactsError>();
        if is_malformed {
            return Some(ErrorCode::Malformed);
        }
        let is_unreadable =
            cause.is::<ReadError>() || cause.is::<WriteError>() || cause.is::<io::Error>();
        is_unreadable.then_some(ErrorCode::Unreadable)
    }
}

impl JsonSchema for ErrorCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ErrorCode".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        // Open: a version of this program may know more.
        schemars::json_schema!({ "type": "string", "examples": [
            "usage", "exists", "unreadable", "malformed", "password", "network", "cache", "not_decided"
        ] })
    }
}

/// An error with its causes and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProblemReport {
    /// What kind of error it is.
    pub code: ErrorCode,
    /// What could not be done.
    pub message: String,
    /// Why, from the nearest cause to the furthest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl ProblemReport {
    /// Reports an error of this library with its causes. What to do is often a part of the message already; a program that
    /// knows more adds it as `remedy`.
    pub fn new(error: &(dyn std::error::Error + 'static)) -> ProblemReport {
        let chain = || std::iter::successors(Some(error), |error| error.source());
        ProblemReport {
            code: chain()
                .find_map(ErrorCode::of)
                .unwrap_or(ErrorCode::NotDecided),
            message: error.to_string(),
            causes: chain().skip(1).map(ToString::to_string).collect(),
            remedy: None,
        }
    }

    /// The problem as indented sentences: the message, `because` for each cause, `do` for the remedy.
    ///
    /// `head` precedes the message, in red; lines are folded at `width` columns.
    pub fn render(&self, head: &str, width: usize) -> String {
        let mut text = fold(&format!("{head}: {}", self.message), "", "  ", width);
        if let Some(rest) = text.strip_prefix(head) {
            text = format!("{BAD}{head}{BAD:#}{rest}");
        }
        for cause in &self.causes {
            // An excerpt ends with its own line.
            text.push_str(&fold(cause.trim_end(), "  because  ", "           ", width));
        }
        if let Some(remedy) = &self.remedy {
            text.push_str(&fold(remedy, "  do       ", "           ", width));
        }
        text
    }
}

/// The JSON object of a run that was not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ErrorReport {
    /// Always `ptl-cert/error/1`.
    pub schema: &'static str,
    /// What went wrong.
    pub error: ProblemReport,
    /// The exit status of the program.
    pub exit: u8,
}

impl ErrorReport {
    /// Joins a problem with the exit status it leads to.
    pub fn new(error: ProblemReport, exit: u8) -> ErrorReport {
        ErrorReport {
            schema: ERROR_SCHEMA,
            error,
            exit,
        }
    }
}

/// Folds a sentence at spaces, never inside a word: a path or a command stays whole, to be copied.
pub(super) fn fold(text: &str, first: &str, rest: &str, width: usize) -> String {
    let options = textwrap::Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    // What the sentence repeats may be a stranger's; only the lines of an excerpt are lines.
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    let mut folded = textwrap::fill(&lines.join("\n"), options);
    folded.push('\n');
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> ProblemReport {
        ProblemReport {
            code: ErrorCode::Exists,
            message: "the key exists".to_owned(),
            causes: vec!["it was made before".to_owned()],
            remedy: Some("replace it with a very long command that does not fit".to_owned()),
        }
    }

    #[test]
    fn a_problem_reads_as_message_because_and_do() {
        let text = anstream_free(&problem().render("error", 40));
        assert_eq!(
            text,
            "error: the key exists\n  because  it was made before\n  do       replace it with a very long\n           command that does not fit\n"
        );
    }

    #[test]
    fn an_error_of_the_library_is_reported_with_its_code_and_its_causes() {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        let report = ProblemReport::new(&crate::store::crl_cache::CacheError::Disk {
            action: "read",
            path: "crls".into(),
            source: missing,
        });
        assert_eq!(report.code, ErrorCode::Cache);
        assert!(report.message.starts_with("cannot read crls"), "{report:?}");
        assert_eq!(report.causes.len(), 1);
        let unknown = ProblemReport::new(&std::fmt::Error);
        assert_eq!(unknown.code, ErrorCode::NotDecided);
    }

    #[test]
    fn an_error_report_says_its_schema_and_its_exit_status() {
        let json = serde_json::to_value(ErrorReport::new(problem(), 3)).unwrap();
        assert_eq!(json["schema"], ERROR_SCHEMA);
        assert_eq!(json["exit"], 3);
        assert_eq!(json["error"]["code"], "exists");
        assert_eq!(json["error"]["causes"][0], "it was made before");
    }

    fn anstream_free(text: &str) -> String {
        text.replace(&format!("{BAD}"), "")
            .replace(&format!("{BAD:#}"), "")
    }
}
