//! What prevented an answer, for a reader and for a program.

use std::collections::HashSet;
use std::io;

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decode::{EncodedObjectError, OpenError};
use crate::document::{ItemError, KeyError};
use crate::environment::FactsError;
use crate::export::server::ExportError;
use crate::fqdn::FqdnError;
use crate::generate::hosts::{HostFault, HostsError};
use crate::generate::{KeySizeError, SubjectError};
use crate::input::printable;
use crate::ops::accept::AcceptError;
use crate::ops::crl::update;
use crate::ops::csr::{CsrError, ExistingKeyError, ListError};
use crate::ops::gather::{FactsFileError, Unread, UnreadReason};
use crate::ops::lab::{RevokeError, SignError};
use crate::ops::listen::ListenError;
use crate::ops::peer::OwnError;
use crate::ops::probe::ProbeError;
use crate::ops::renew::RenewError;
use crate::ops::serve::SessionError;
use crate::ops::server::ServerExportError;
use crate::ops::trust::TrustOpError;
use crate::ops::verify::{UnknownEnvironment, VerifyError};
use crate::ops::{JudgeError, SnapshotError, Unanswered};
use crate::report::serve::QuestionError;
use crate::revocation::CrlError;
use crate::store::bundle::BundleError;
use crate::store::crl_cache::CacheError;
use crate::store::lab::StoreError;
use crate::store::pair::PairError;
use crate::store::read::ReadError;
use crate::store::set::SetError;
use crate::store::write::WriteError;
use crate::wire::fetch::FetchError;
use crate::wording::Voice;

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
                | CsrError::FurtherName { .. }
                | CsrError::Line(_)
                | CsrError::Subject(_) => Some(ErrorCode::Usage),
                CsrError::NoRequest { .. }
                | CsrError::ChangedRequest { .. }
                | CsrError::OtherRequest { .. }
                | CsrError::OtherNames { .. }
                | CsrError::OtherKey { .. } => Some(ErrorCode::Exists),
                CsrError::List { error, .. } => Some(match error {
                    ListError::Read(_) => ErrorCode::Unreadable,
                    ListError::Hosts(_) => ErrorCode::Malformed,
                }),
                _ => None,
            };
        }
        if let Some(error) = cause.downcast_ref::<RenewError>() {
            return match error {
                RenewError::Fqdn(_) => Some(ErrorCode::Usage),
                RenewError::Csr(error) => ErrorCode::of(error),
                RenewError::OtherKey { .. } => Some(ErrorCode::Malformed),
                RenewError::PairOfCurrent { .. } | RenewError::OtherNames { .. } => {
                    Some(ErrorCode::Exists)
                }
                RenewError::NoCertificate { .. }
                | RenewError::NamesUnknown { .. }
                | RenewError::SeveralCertificates { .. } => None,
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
        if let Some(error) = cause.downcast_ref::<AcceptError>() {
            return match error {
                AcceptError::Cache(_) => Some(ErrorCode::Cache),
                AcceptError::UnknownEnvironment(_) => Some(ErrorCode::Usage),
                AcceptError::Unread(_) | AcceptError::PartlyRead(_) => None,
            };
        }
        if let Some(error) = own_error(cause) {
            return match error {
                OwnError::Unread(unread) => ErrorCode::of_unread(&unread.reason),
                _ => Some(ErrorCode::Malformed),
            };
        }
        if let Some(error) = cause.downcast_ref::<TrustOpError>() {
            return match error {
                TrustOpError::Fetch(_) | TrustOpError::Page { .. } => Some(ErrorCode::Network),
                TrustOpError::Set(error) => ErrorCode::of(error),
                TrustOpError::Write(_) => Some(ErrorCode::Unreadable),
                TrustOpError::Environment { .. } | TrustOpError::Text { .. } => {
                    Some(ErrorCode::Usage)
                }
                // What was given can be read, and is not what it may be.
                _ => None,
            };
        }
        if let Some(error) = cause.downcast_ref::<StoreError>() {
            return match error {
                StoreError::Exists { .. }
                | StoreError::NotEmpty { .. }
                | StoreError::Differs { .. } => Some(ErrorCode::Exists),
                StoreError::State { .. } => Some(ErrorCode::Malformed),
                _ => None,
            };
        }
        if let Some(error) = cause.downcast_ref::<SignError>() {
            return match error {
                SignError::Store(error) => ErrorCode::of(error),
                _ => None,
            };
        }
        if let Some(error) = cause.downcast_ref::<FactsFileError>() {
            return match error {
                FactsFileError::Read(_) => Some(ErrorCode::Unreadable),
                _ => Some(ErrorCode::Malformed),
            };
        }
        if let Some(error) = cause.downcast_ref::<ServerExportError>() {
            match error {
                ServerExportError::Facts(error) => return ErrorCode::of(error),
                ServerExportError::Kit(
                    ExportError::Folder { .. }
                    | ExportError::Backend { .. }
                    | ExportError::Setting { .. },
                ) => return Some(ErrorCode::Usage),
                _ => {}
            }
        }
        if let Some(error) = cause.downcast_ref::<VerifyError>() {
            return match error {
                VerifyError::Cache(_) => Some(ErrorCode::Cache),
                VerifyError::NothingTrusted | VerifyError::UnknownEnvironment(_) => {
                    Some(ErrorCode::Usage)
                }
                VerifyError::Facts(_) => None,
            };
        }
        if let Some(error) = cause.downcast_ref::<JudgeError>() {
            return Some(match error {
                JudgeError::NothingTrusted | JudgeError::UnknownEnvironment(_) => ErrorCode::Usage,
                JudgeError::Facts(_) => ErrorCode::Malformed,
            });
        }
        if let Some(error) = cause.downcast_ref::<update::Error>() {
            return Some(match error {
                update::Error::Environment(_) | update::Error::NothingToAsk => ErrorCode::Usage,
                update::Error::NoCache | update::Error::Cache(_) => ErrorCode::Cache,
            });
        }
        if let Some(reason) = cause.downcast_ref::<UnreadReason>() {
            return ErrorCode::of_unread(reason);
        }
        let is_of_the_question = cause.is::<FqdnError>()
            || cause.is::<SubjectError>()
            || cause.is::<KeySizeError>()
            || cause.is::<UnknownEnvironment>();
        if is_of_the_question {
            return Some(ErrorCode::Usage);
        }
        if let Some(error) = cause.downcast_ref::<OpenError>() {
            return Some(ErrorCode::of_open(error));
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
        if cause.is::<CacheError>() || cause.is::<SnapshotError>() || cause.is::<Unanswered>() {
            return Some(ErrorCode::Cache);
        }
        if cause.is::<FetchError>() {
            return Some(ErrorCode::Network);
        }
        if cause.is::<QuestionError>() {
            return Some(ErrorCode::Usage);
        }
        let is_malformed = cause.is::<EncodedObjectError>()
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

    fn of_open(error: &OpenError) -> ErrorCode {
        match error {
            OpenError::PasswordNeeded { .. }
            | OpenError::WrongPassword { .. }
            | OpenError::PasswordNotText => ErrorCode::Password,
            _ => ErrorCode::Malformed,
        }
    }

    /// What kind of error it is that an input could not be used.
    pub fn of_input(unread: &Unread) -> ErrorCode {
        ErrorCode::of_unread(&unread.reason).unwrap_or(ErrorCode::Malformed)
    }

    /// What kept an input from being used. Its variants are the errors themselves, which are not in their own chain.
    fn of_unread(reason: &UnreadReason) -> Option<ErrorCode> {
        match reason {
            UnreadReason::Read(_) => Some(ErrorCode::Unreadable),
            UnreadReason::Open(error) => Some(ErrorCode::of_open(error)),
            UnreadReason::Locked { .. } => Some(ErrorCode::Password),
            UnreadReason::Cache(_) | UnreadReason::Damaged(_) | UnreadReason::Unanswered(_) => {
                Some(ErrorCode::Cache)
            }
            UnreadReason::SomethingElse(_) => None,
            _ => Some(ErrorCode::Malformed),
        }
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
    /// Reports an error of this library with its causes: those of its chain, and each input that could not be used. What to do
    /// is often a part of the message already; a program that knows more adds it as `remedy`.
    ///
    /// ```
    /// use ptl_cert::fqdn::Fqdn;
    /// use ptl_cert::report::problem::{ErrorCode, ProblemReport};
    ///
    /// let error = Fqdn::parse("gpc_int").unwrap_err();
    /// let problem = ProblemReport::new(&error);
    /// assert_eq!(problem.code, ErrorCode::Usage);
    /// println!("{}: {}", problem.message, problem.remedy.unwrap_or_default());
    /// ```
    pub fn new(error: &(dyn std::error::Error + 'static)) -> ProblemReport {
        ProblemReport::in_voice(error, Voice::Neutral)
    }

    /// [`ProblemReport::new`] with the remedy in this voice.
    pub fn in_voice(error: &(dyn std::error::Error + 'static), voice: Voice) -> ProblemReport {
        let chain = || std::iter::successors(Some(error), |error| error.source());
        let unread = chain().find_map(unread).unwrap_or_default();
        let of_unread = |one: &Unread| ErrorCode::of_unread(&one.reason);
        let code = chain().find_map(ErrorCode::of);
        let causes = chain().skip(1).map(ToString::to_string);
        // A file that is named for its certificate and for its key is one file.
        let mut said = HashSet::new();
        let causes = causes
            .chain(unread.iter().map(Unread::message))
            .filter(|cause| said.insert(cause.clone()));
        ProblemReport {
            code: code
                .or_else(|| unread.iter().find_map(of_unread))
                .unwrap_or(ErrorCode::NotDecided),
            message: error.to_string(),
            causes: causes.collect(),
            remedy: chain()
                .find_map(remedy)
                .or_else(|| unread.iter().find_map(|one| one.remedy(voice)))
                .or_else(|| match chain().find_map(own_error)? {
                    OwnError::Unread(unread) => unread.remedy(voice),
                    _ => None,
                }),
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

/// Why our own certificate and key cannot be used, also where it is what an operation failed with and so not in its chain.
fn own_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e OwnError> {
    if let Some(ListenError::Own(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(ProbeError::Own(error)) = error.downcast_ref() {
        return Some(error);
    }
    error.downcast_ref()
}

/// The inputs that an error says could not be used.
fn unread<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e [Unread]> {
    if let Some(AcceptError::Unread(unread) | AcceptError::PartlyRead(unread)) =
        error.downcast_ref()
    {
        return Some(unread);
    }
    if let Some(TrustOpError::Unread(unread)) = error.downcast_ref() {
        return Some(unread);
    }
    if let Some(SignError::Unread { unread, .. }) = error.downcast_ref() {
        return Some(unread);
    }
    if let Some(RevokeError::Unread(unread)) = error.downcast_ref() {
        return Some(unread);
    }
    if let Some(RenewError::NoCertificate { unread, .. }) = error.downcast_ref() {
        return Some(unread);
    }
    match error.downcast_ref() {
        Some(ServerExportError::Unread(unread)) => Some(unread),
        _ => None,
    }
}

/// What to do about a name, which needs no option to say it.
fn remedy(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<FqdnError>() {
        return Some(error.remedy());
    }
    let fault = error.downcast_ref::<HostFault>()?;
    Some(fault.remedy())
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
    fn a_name_that_is_refused_is_a_mistake_of_the_question_and_says_what_to_do() {
        let error = crate::fqdn::Fqdn::parse("gpc_int").unwrap_err();
        let report = ProblemReport::new(&error);
        assert_eq!(report.code, ErrorCode::Usage);
        assert_eq!(report.remedy, Some(error.remedy()));
        let unknown = UnknownEnvironment {
            id: "nowhere".to_owned(),
            known: vec!["int".to_owned()],
        };
        let report = ProblemReport::new(&JudgeError::from(unknown));
        assert_eq!(report.code, ErrorCode::Usage);
    }

    #[test]
    fn inputs_that_could_not_be_used_are_the_causes_of_the_error_that_counts_them() {
        let locked = include_bytes!("../../tests/data/pki/leaf.p12");
        let reading = crate::ops::gather::Reading::of("the reply", &locked[..], None);
        let unread = AcceptError::Unread(reading.unread);
        let report = ProblemReport::new(&unread);
        assert_eq!(report.code, ErrorCode::Password);
        assert_eq!(report.remedy.as_deref(), Some("give its password"));
        assert!(report.causes[0].starts_with("the reply: "), "{report:?}");
        let typed = ProblemReport::in_voice(&unread, Voice::CommandLine).remedy;
        assert!(typed.unwrap().contains("--password-file"));
    }

    #[test]
    fn an_input_that_is_named_twice_is_one_cause() {
        let locked = include_bytes!("../../tests/data/pki/leaf.p12");
        let reading = || crate::ops::gather::Reading::of("both.p12", &locked[..], None).unread;
        let unread = AcceptError::Unread([reading(), reading()].concat());
        assert_eq!(ProblemReport::new(&unread).causes.len(), 1);
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
