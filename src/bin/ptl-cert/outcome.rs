//! From an answer, or from what kept us from one, to words and an exit status.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use ptl_cert::decode::OpenError;
use ptl_cert::document::KeyError;
use ptl_cert::export::schedule::ScheduleError;
use ptl_cert::export::server::ExportError;
use ptl_cert::fqdn::{FqdnError, NamingFault};
use ptl_cert::generate::SubjectError;
use ptl_cert::generate::hosts::{HostFault, HostsError};
use ptl_cert::input::{OutputForm, guarded};
use ptl_cert::lab::LabError;
use ptl_cert::ops::csr::{CsrError, ExistingKeyError, ListError};
use ptl_cert::ops::lab::{CrlError, ServeError};
use ptl_cert::ops::renew::RenewError;
use ptl_cert::ops::server::ServerExportError;
use ptl_cert::ops::{Code, UnknownCode};
use ptl_cert::report::problem::{ErrorCode, ErrorReport, ProblemReport};
use ptl_cert::store::bundle::BundleError;
use ptl_cert::store::lab::StoreError;
use ptl_cert::store::pair::PairError;
use ptl_cert::store::scratch::ScratchError;
use ptl_cert::store::set::SetError;
use ptl_cert::store::trust::TrustError;
use ptl_cert::wording::Voice;

use crate::args::{Format, Monitor};
use crate::command::NoCaller;
use crate::quoted::typed;
use crate::world::{NoCacheFolder, PassphraseError, World};

/// The outcome of a run. The numbers are part of the product's contract and never change; the greater is the
/// worse, and the worst of several wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[must_use]
#[repr(u8)]
pub(crate) enum Outcome {
    /// Answered, and good.
    Good = 0,
    /// Answered, and bad.
    Bad = 1,
    /// The command line, or a name on it, is not acceptable; nothing was done.
    Refused = 2,
    /// Not answered: something could not be read, written or understood.
    NotAnswered = 3,
}

impl Outcome {
    /// What Nagios calls critical. It has the number of a command line that is not acceptable; `--format nagios` has
    /// the exit statuses of a plugin.
    pub(crate) const NAGIOS_CRITICAL: Outcome = Outcome::Refused;

    /// The outcome of this number.
    pub(crate) fn of(exit: u8) -> Outcome {
        match exit {
            0 => Outcome::Good,
            1 => Outcome::Bad,
            2 => Outcome::Refused,
            _ => Outcome::NotAnswered,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(outcome as u8)
    }
}

/// Prints what clap has to say: help and version are answers, everything else is a refusal.
pub(crate) fn usage(error: &clap::Error, format: Format) -> Outcome {
    // It repeats what was typed, in which a tab may be; its own text has none.
    let said = error.render().ansi().to_string().replace('\t', "\\t");
    let safe = guarded(said.as_bytes(), OutputForm::Text);
    let said = safe.as_deref().unwrap_or(said.as_bytes());
    // A closed stream means that the reader has gone.
    if error.use_stderr() {
        let _ = anstream::stderr().write_all(said);
        if format != Format::Text {
            let report = ErrorReport::new(usage_problem(said), Outcome::Refused as u8);
            if let Ok(json) = serde_json::to_string(&report) {
                let _ = writeln!(anstream::stdout(), "{json}");
            }
        }
        Outcome::Refused
    } else {
        let mut stdout = anstream::stdout();
        match stdout.write_all(said).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                let _ = writeln!(
                    anstream::stderr(),
                    "error: the output cannot be written: {error}"
                );
                Outcome::NotAnswered
            }
            _ => Outcome::Good,
        }
    }
}

/// The format that a command line asks for that was not understood, as far as its words show.
pub(crate) fn asked_format(words: impl Iterator<Item = OsString>) -> Format {
    let words: Vec<OsString> = words.collect();
    let values = words.iter().zip(words.iter().skip(1));
    let apart = values.filter_map(|(word, value)| (word == "--format").then(|| value.to_str())?);
    let joined = words
        .iter()
        .filter_map(|word| word.to_str()?.strip_prefix("--format="));
    match apart.chain(joined).last() {
        Some("json") => Format::Json,
        Some("ndjson") => Format::Ndjson,
        _ => Format::Text,
    }
}

/// What clap says, as a problem: its first paragraph is the message, what it advises the remedy.
fn usage_problem(said: &[u8]) -> ProblemReport {
    let text = anstream::adapter::strip_bytes(said).into_vec();
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let is_advice = |line: &&str| line.starts_with("tip:") || line.starts_with("For more");
    let is_usage = |line: &&str| !line.starts_with("Usage:");
    let rest: Vec<&str> = lines
        .clone()
        .take_while(is_usage)
        .filter(|line| !is_advice(line))
        .collect();
    let mut message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    for line in rest {
        message.push(' ');
        message.push_str(line);
    }
    let tip = lines.find_map(|line| line.strip_prefix("tip: "));
    ProblemReport {
        code: ErrorCode::Usage,
        message,
        causes: Vec::new(),
        remedy: Some(
            tip.unwrap_or("see --help for what each command takes")
                .trim()
                .to_owned(),
        ),
    }
}

/// Ends a run: prints the error if there is one, lets go of the output, and names the exit status.
pub(crate) fn conclude(result: anyhow::Result<Outcome>, world: &mut World) -> Outcome {
    let outcome = result.unwrap_or_else(|error| report(&error, world));
    match world.stdout().flush() {
        Ok(()) => outcome,
        Err(error) => report(&anyhow::Error::new(error), world),
    }
}

fn report(error: &anyhow::Error, world: &mut World) -> Outcome {
    // A command that refuses an option beside others speaks with clap's voice.
    if let Some(clap) = error.downcast_ref::<clap::Error>() {
        return usage(clap, world.format());
    }
    let (mut problem, outcome) = explain(error);
    problem.remedy = problem.remedy.map(|text| world.voice().complete(&text));
    world.complain(&problem.render("error", world.width()));
    // Prometheus gets nothing: half a set of metrics would pass for all of them.
    if world.monitor() == Some(Monitor::Nagios) {
        let line = problem.message.replace(['|', '\n'], " ");
        let service = match world.voice().speaker() {
            Some("inventory") => "CERT",
            _ => "CRL",
        };
        let _ = writeln!(world.stdout(), "{service} UNKNOWN - {line}");
    }
    if world.format() != Format::Text {
        let report = ErrorReport::new(problem, outcome as u8);
        if let Ok(json) = serde_json::to_string(&report) {
            let _ = writeln!(world.stdout(), "{json}");
        }
    }
    outcome
}

/// The words for an error, and the exit status it means when it ends a run.
pub(crate) fn explain(error: &anyhow::Error) -> (ProblemReport, Outcome) {
    explain_error(error.as_ref())
}

/// The same for an error of the library.
pub(crate) fn explain_error(error: &(dyn std::error::Error + 'static)) -> (ProblemReport, Outcome) {
    let chain = || std::iter::successors(Some(error), |error| error.source());
    let advice = chain().find_map(advise).unwrap_or(Advice {
        remedy: None,
        outcome: Outcome::NotAnswered,
    });
    let mut report = ProblemReport::in_voice(error, Voice::CommandLine);
    report.remedy = advice.remedy.or(report.remedy);
    report.code = match advice.outcome {
        Outcome::Refused => ErrorCode::Usage,
        _ if chain().any(|cause| cause.is::<NoCacheFolder>()) => ErrorCode::Cache,
        _ if chain().any(is_unread_passphrase) => ErrorCode::Unreadable,
        _ if chain().any(|cause| cause.is::<PassphraseError>()) => ErrorCode::Password,
        _ => report.code,
    };
    (report, advice.outcome)
}

/// Whether the file of a passphrase, or the terminal, cannot be read.
fn is_unread_passphrase(cause: &(dyn std::error::Error + 'static)) -> bool {
    matches!(
        cause.downcast_ref(),
        Some(PassphraseError::File { .. } | PassphraseError::Terminal(_))
    )
}

/// What to tell the user to do, and how the run ends.
struct Advice {
    remedy: Option<String>,
    outcome: Outcome,
}

impl Advice {
    fn refused(remedy: impl Into<String>) -> Advice {
        Advice {
            remedy: Some(remedy.into()),
            outcome: Outcome::Refused,
        }
    }

    fn not_answered(remedy: impl Into<String>) -> Advice {
        Advice {
            remedy: Some(remedy.into()),
            outcome: Outcome::NotAnswered,
        }
    }
}

/// Knows every error for which the command line has a what to do. Options are named here and not in the library,
/// which has none.
fn advise(cause: &(dyn std::error::Error + 'static)) -> Option<Advice> {
    if let Some(error) = cause.downcast_ref::<FqdnError>() {
        return Some(Advice::refused(error.remedy()));
    }
    if let Some(error) = cause.downcast_ref::<HostFault>() {
        return Some(Advice::refused(error.remedy()));
    }
    if let Some(error) = cause.downcast_ref::<CsrError>() {
        return advise_csr(error);
    }
    if let Some(error) = cause.downcast_ref::<RenewError>() {
        return advise_renew(error);
    }
    if let Some(ListError::Hosts(error)) = cause.downcast_ref() {
        return advise(error);
    }
    if let Some(ServerExportError::Kit(error)) = cause.downcast_ref() {
        return advise_kit(error);
    }
    if let Some(error) = cause.downcast_ref::<ExistingKeyError>() {
        return error.needs_password().then(needs_passphrase);
    }
    if cause.is::<SubjectError>() {
        // Its own message says what to do.
        return Some(Advice {
            remedy: None,
            outcome: Outcome::Refused,
        });
    }
    if let Some(KeyError::PasswordNeeded { .. }) = cause.downcast_ref() {
        return Some(needs_passphrase());
    }
    if let Some(error) = cause.downcast_ref::<PairError>() {
        return advise_pair(error);
    }
    if let Some(OpenError::PasswordNeeded { .. }) = cause.downcast_ref() {
        return Some(Advice::not_answered(
            "give its password with --password-file",
        ));
    }
    if let Some(BundleError::Exists { .. }) = cause.downcast_ref() {
        return Some(Advice::not_answered(
            "move it, or give another folder with --out-dir",
        ));
    }
    if let Some(BundleError::Busy { .. }) = cause.downcast_ref() {
        return Some(Advice::not_answered(
            "wait for it to finish and look at what it says; to write a second copy, give another folder with --out-dir",
        ));
    }
    if let Some(BundleError::Io { .. }) = cause.downcast_ref() {
        // Network file systems may know neither a rename that replaces nothing nor a second name for a file.
        return Some(Advice::not_answered(
            "give another folder with --out-dir: one that you may write to, on a local disk",
        ));
    }
    if let Some(ScratchError::Exists { .. }) = cause.downcast_ref() {
        return Some(Advice::not_answered(
            "give another folder with --dir, or move it away",
        ));
    }
    if let Some(StoreError::NotALab { .. }) = cause.downcast_ref() {
        return Some(Advice::not_answered("create one with ptl-cert lab init"));
    }
    if let Some(
        LabError::RequestSignature | LabError::RequestHost { .. } | LabError::RequestKey { .. },
    ) = cause.downcast_ref()
    {
        return Some(Advice::not_answered(
            "make one with ptl-cert csr --fqdn NAME",
        ));
    }
    if let Some(ServeError::Store(error)) = cause.downcast_ref() {
        return advise(error);
    }
    match cause.downcast_ref::<CrlError>() {
        Some(CrlError::Store(error)) => return advise(error),
        Some(CrlError::NotOfCrls { .. }) => {
            return Some(Advice::not_answered("use it with ptl-cert lab sign"));
        }
        Some(CrlError::NoSuchCrl { .. }) => {
            return Some(Advice::not_answered("write all of them: leave out --crl"));
        }
        _ => {}
    }
    if let Some(ScheduleError::TooLong { .. }) = cause.downcast_ref() {
        return Some(Advice::not_answered("give the script with --command"));
    }
    match cause.downcast_ref::<SetError>() {
        Some(SetError::Foreign { .. }) => {
            return Some(Advice::not_answered(
                "give another folder with --out-dir, or add --replace if the file may be replaced",
            ));
        }
        Some(SetError::Io { source, .. }) if source.kind() == ErrorKind::PermissionDenied => {
            return Some(Advice::not_answered(
                "give a folder that you may write to with --out-dir",
            ));
        }
        _ => {}
    }
    if let Some(TrustError::TooMany { .. }) = cause.downcast_ref() {
        return Some(Advice::not_answered(
            "list them with ptl-cert trust list and remove some with ptl-cert trust remove",
        ));
    }
    if cause.is::<NoCaller>() {
        return Some(Advice::not_answered(
            "check that calls reach this address: the firewall, address translation and the port that the caller uses",
        ));
    }
    if cause.is::<NoCacheFolder>() {
        return Some(Advice::not_answered(
            "give a folder with --cache DIR, or set PTL_CERT_HOME",
        ));
    }
    if let Some(UnknownCode(text)) = cause.downcast_ref() {
        return Some(Advice::refused(code_meant(text)));
    }
    match cause.downcast_ref::<HostsError>() {
        Some(HostsError::Empty) => {
            return Some(Advice::not_answered(
                "write one name per line, or a CSV file that begins with `fqdn,san`",
            ));
        }
        Some(HostsError::TooMany { .. }) => return Some(Advice::not_answered("split the file")),
        Some(HostsError::SeveralNameColumns { .. }) => {
            return Some(Advice::not_answered(
                "put each host on a line of its own, or call the second column `san`",
            ));
        }
        _ => {}
    }
    match cause.downcast_ref::<PassphraseError>()? {
        PassphraseError::NoTerminal { .. } => Some(Advice::not_answered(
            "give it in a file: --passphrase-file FILE",
        )),
        PassphraseError::Empty | PassphraseError::Differ => {
            Some(Advice::not_answered("nothing was written; try again"))
        }
        _ => None,
    }
}

/// What to do where a pair was not written.
fn advise_pair(error: &PairError) -> Option<Advice> {
    let remedy = match error {
        PairError::Exists { .. } => {
            "rename the old pair with --replace, or keep it with --skip-existing".to_owned()
        }
        PairError::KeyWithoutRequest { present, .. } => {
            let folder = present.parent().unwrap_or(Path::new(""));
            let folder = match folder.to_str() {
                Some("" | ".") => String::new(),
                _ => format!(" --out-dir {}", typed(folder)),
            };
            format!(
                "make the request for the existing key with --key {}{folder}",
                typed(present)
            )
        }
        PairError::RequestWithoutKey { .. } => {
            "restore the key, or make a new pair with --replace".to_owned()
        }
        PairError::Io { source, .. } => match source.kind() {
            ErrorKind::NotADirectory => "give a folder with --out-dir".to_owned(),
            ErrorKind::PermissionDenied => {
                "give a folder that you may write to with --out-dir".to_owned()
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(Advice::not_answered(remedy))
}

/// What the kit of a server cannot hold is in the options; everything else is not.
fn advise_kit(error: &ExportError) -> Option<Advice> {
    match error {
        ExportError::Folder { .. } => Some(Advice::refused("give another folder with --out-dir")),
        ExportError::Backend { .. } => Some(Advice::refused("give it with --backend URL")),
        ExportError::Setting { .. } => Some(Advice {
            remedy: None,
            outcome: Outcome::Refused,
        }),
        _ => None,
    }
}

/// What to do of an error of `csr`; that of what it wraps where it adds nothing.
fn advise_csr(error: &CsrError) -> Option<Advice> {
    match error {
        CsrError::Name { fault, .. } => {
            let way_round = match fault {
                NamingFault::NotNhsUk => {
                    "; for a host that needs no NHS certificate, add --any-domain"
                }
                _ => "",
            };
            Some(Advice::refused(format!("{}{way_round}", fault.remedy())))
        }
        CsrError::FurtherName { .. } => Some(Advice::refused(
            "leave out --cn-only, or remove the name from the list",
        )),
        CsrError::Fqdn(error) => advise(error),
        CsrError::Line(error) => advise(error),
        CsrError::Subject(error) => advise(error),
        CsrError::Seal(error) => advise(error),
        CsrError::Pair(error) => advise(error),
        CsrError::OtherNames { .. } | CsrError::ChangedRequest { .. } => Some(
            Advice::not_answered("make a new pair with --replace, which renames the old one"),
        ),
        CsrError::NoRequest { .. } | CsrError::OtherRequest { .. } | CsrError::OtherKey { .. } => {
            Some(Advice::not_answered(
                "move it away, or give another folder with --out-dir",
            ))
        }
        _ => None,
    }
}

/// What to do where a certificate was not renewed.
fn advise_renew(error: &RenewError) -> Option<Advice> {
    let remedy = match error {
        RenewError::Fqdn(error) => return advise(error),
        RenewError::NoCertificate { name, .. } => format!(
            "name the files or folders that hold it with --from (-r includes subfolders), or make a first pair with ptl-cert csr --fqdn {name}"
        ),
        RenewError::NamesUnknown { .. } => {
            "make the request with ptl-cert csr --fqdn NAME, with --san for each further name"
                .to_owned()
        }
        RenewError::OtherKey { .. } => {
            "name the key of the current certificate, or leave --reuse-key out for a new key"
                .to_owned()
        }
        RenewError::PairOfCurrent { .. } => {
            "move that pair away, or give another folder with --out-dir; to use its key again, name it with --reuse-key and give another folder"
                .to_owned()
        }
        RenewError::SeveralCertificates { .. } => {
            "give only the files of the certificate in use with --from, or make one request for all names with ptl-cert csr --fqdn NAME, with --san for each further name"
                .to_owned()
        }
        RenewError::OtherNames { .. }
        | RenewError::Csr(
            CsrError::NoRequest { .. }
            | CsrError::ChangedRequest { .. }
            | CsrError::OtherRequest { .. }
            | CsrError::OtherKey { .. }
            | CsrError::Pair(
                PairError::KeyWithoutRequest { .. } | PairError::RequestWithoutKey { .. },
            ),
        ) => "move it away, or give another folder with --out-dir".to_owned(),
        RenewError::Csr(CsrError::Key { error, .. }) => return advise(error),
        RenewError::Csr(error) => return advise_csr(error),
        _ => return None,
    };
    Some(Advice::not_answered(remedy))
}

fn needs_passphrase() -> Advice {
    Advice::not_answered("give the passphrase in a file: --passphrase-file FILE")
}

/// The codes that look like what was typed, and where all of them are.
fn code_meant(text: &str) -> String {
    let typed = text.trim().to_lowercase();
    let mut near: Vec<(f64, &str)> = Code::ALL
        .iter()
        .map(|code| (strsim::jaro_winkler(&typed, code.as_str()), code.as_str()))
        // By trial: below this the offers have nothing to do with what was typed.
        .filter(|(likeness, code)| *likeness > 0.75 || typed.len() > 2 && code.contains(&typed))
        .collect();
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let near: Vec<&str> = near.iter().take(3).map(|(_, code)| *code).collect();
    let all = "ptl-cert explain without a code lists all of them";
    match near.as_slice() {
        [] => all.to_owned(),
        _ => format!("did you mean {}? {all}", near.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_outcome_is_the_greatest() {
        assert!(Outcome::Good < Outcome::Bad);
        assert!(Outcome::Bad < Outcome::Refused);
        assert!(Outcome::Refused < Outcome::NotAnswered);
    }

    #[test]
    fn an_error_without_advice_is_not_answered_and_keeps_its_causes() {
        let error = anyhow::Error::new(std::io::Error::other("disk on fire"))
            .context("the key cannot be written");
        let (problem, outcome) = explain(&error);
        assert_eq!(outcome, Outcome::NotAnswered);
        assert_eq!(problem.message, "the key cannot be written");
        assert_eq!(problem.causes, ["disk on fire"]);
        assert_eq!(problem.remedy, None);
    }
}
