//! The long text of every finding, in one exhaustive match: a code without an explanation does not compile.
//!
//! The texts are in one file for each theme. [`super::say`] has the short sentences with the facts of
//! the case; here is what stays true in every case. Windows and IIS are spoken of only as Microsoft's
//! documentation does, because nothing here has been run on them.

mod connection;
mod content;
mod files;
mod issuer;
mod keys;
mod naming;
mod path;
mod revocation;
mod server;
mod strength;
mod validity;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::Voice;
use crate::verdict::Code;

/// What a kind of finding means, for an engineer who does this once in three years.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Explanation {
    /// What it is called: a noun phrase of at most 60 characters.
    pub title: &'static str,
    /// What it is, why it matters on the NHS Spine, who refuses it, and when it can be ignored: a few
    /// sentences of plain text.
    pub meaning: Cow<'static, str>,
    /// What to do: steps with server settings, and in the command line's voice with commands; replace
    /// words in capitals with your own names.
    pub remedy: Cow<'static, str>,
    /// Where the rule comes from: an RFC and its section, an NHS rule, or a limit of this program.
    pub source: &'static str,
}

/// What the manual has about a code, in both voices ([`Voice::of`]).
struct Entry {
    title: &'static str,
    meaning: &'static str,
    remedy: &'static str,
    source: &'static str,
}

/// Explains a code, what to do in this voice.
///
/// ```
/// use ptl_cert::wording::{Voice, explain};
/// use ptl_cert::verdict::Code;
///
/// let code: Code = "key-readable".parse()?;
/// let explanation = explain(code, Voice::Neutral);
/// assert_eq!(explanation.title, "Private key readable by every user");
/// assert!(explanation.remedy.ends_with("make a new pair and have the old certificate revoked."));
/// # Ok::<(), ptl_cert::verdict::UnknownCode>(())
/// ```
pub fn explain(code: Code, voice: Voice) -> Explanation {
    let entry = entry(code);
    Explanation {
        title: entry.title,
        meaning: voice.of(entry.meaning),
        remedy: voice.of(entry.remedy),
        source: entry.source,
    }
}

/// What a finding is called: a noun phrase of at most 60 characters.
pub fn title(code: Code) -> &'static str {
    entry(code).title
}

/// Where a finding's rule comes from: an RFC and its section, an NHS rule, or a limit of this program.
pub(crate) fn source(code: Code) -> &'static str {
    entry(code).source
}

fn entry(code: Code) -> Entry {
    match code {
        Code::Expired => validity::EXPIRED,
        Code::NotYetValid => validity::NOT_YET_VALID,
        Code::NeverValid => validity::NEVER_VALID,
        Code::OddTime => validity::ODD_TIME,
        Code::ExpiresSoon => validity::EXPIRES_SOON,
        Code::IssuerExpired => validity::ISSUER_EXPIRED,
        Code::PrivateKeyPeriodOver => validity::PRIVATE_KEY_PERIOD_OVER,
        Code::NoSan => naming::NO_SAN,
        Code::CnNotSan => naming::CN_NOT_SAN,
        Code::NoDnsName => naming::NO_DNS_NAME,
        Code::OddName => naming::ODD_NAME,
        Code::NoName => naming::NO_NAME,
        Code::NameRule => naming::NAME_RULE,
        Code::WildcardName => naming::WILDCARD_NAME,
        Code::WeakKey => strength::WEAK_KEY,
        Code::WeakKeyAccepted => strength::WEAK_KEY_ACCEPTED,
        Code::Sha1Signature => strength::SHA1_SIGNATURE,
        Code::BrokenSignature => strength::BROKEN_SIGNATURE,
        Code::KeyNotPermitted => strength::KEY_NOT_PERMITTED,
        Code::UnknownVersion => strength::UNKNOWN_VERSION,
        Code::UnsupportedAlgorithm => strength::UNSUPPORTED_ALGORITHM,
        Code::NotNhsIssuer => issuer::NOT_NHS_ISSUER,
        Code::SigningCa => issuer::SIGNING_CA,
        Code::SelfSigned => issuer::SELF_SIGNED,
        Code::EnvironmentMismatch => issuer::ENVIRONMENT_MISMATCH,
        Code::CdpDirectoryName => revocation::CDP_DIRECTORY_NAME,
        Code::CdpNotFetchable => revocation::CDP_NOT_FETCHABLE,
        Code::NoCdp => revocation::NO_CDP,
        Code::MissingIssuer => issuer::MISSING_ISSUER,
        Code::IssuerSignature => issuer::ISSUER_SIGNATURE,
        Code::IssuerNotCa => issuer::ISSUER_NOT_CA,
        Code::ChainUnresolved => issuer::CHAIN_UNRESOLVED,
        Code::ChainNotSearched => issuer::CHAIN_NOT_SEARCHED,
        Code::UsageMissing => content::USAGE_MISSING,
        Code::UnknownCritical => content::UNKNOWN_CRITICAL,
        Code::MalformedExtension => content::MALFORMED_EXTENSION,
        Code::RepeatedExtension => content::REPEATED_EXTENSION,
        Code::OddSerial => content::ODD_SERIAL,
        Code::SignatureMismatch => content::SIGNATURE_MISMATCH,
        Code::OpensslUnreadable => content::OPENSSL_UNREADABLE,
        Code::MismatchedKey => keys::MISMATCHED_KEY,
        Code::RequestMismatch => keys::REQUEST_MISMATCH,
        Code::KeyNotOpened => keys::KEY_NOT_OPENED,
        Code::KeyReadable => keys::KEY_READABLE,
        Code::EmailInSubject => naming::EMAIL_IN_SUBJECT,
        Code::RequestSignature => keys::REQUEST_SIGNATURE,
        Code::OddRequest => keys::ODD_REQUEST,
        Code::FieldUnread => content::FIELD_UNREAD,
        Code::ChallengePassword => keys::CHALLENGE_PASSWORD,
        Code::CrlStale => revocation::CRL_STALE,
        Code::CrlNotYetValid => revocation::CRL_NOT_YET_VALID,
        Code::Duplicate => files::DUPLICATE,
        Code::OrderWrong => files::ORDER_WRONG,
        Code::WrongLabel => files::WRONG_LABEL,
        Code::Repaired => files::REPAIRED,
        Code::UntrustedRoot => path::UNTRUSTED_ROOT,
        Code::WrongEnvironment => path::WRONG_ENVIRONMENT,
        Code::EnvironmentUnchecked => path::ENVIRONMENT_UNCHECKED,
        Code::SubCaNotSent => path::SUB_CA_NOT_SENT,
        Code::IssuerNotYetValid => path::ISSUER_NOT_YET_VALID,
        Code::IssuerMayNotSign => path::ISSUER_MAY_NOT_SIGN,
        Code::PathLength => path::PATH_LENGTH,
        Code::NameConstraint => path::NAME_CONSTRAINT,
        Code::PolicyRefused => path::POLICY_REFUSED,
        Code::PurposeRefused => path::PURPOSE_REFUSED,
        Code::AnyPurpose => path::ANY_PURPOSE,
        Code::AuthorityKeyMismatch => path::AUTHORITY_KEY_MISMATCH,
        Code::NameMismatch => naming::NAME_MISMATCH,
        Code::CnOnly => naming::CN_ONLY,
        Code::CaNamesByCn => naming::CA_NAMES_BY_CN,
        Code::Sha1Refused => path::SHA1_REFUSED,
        Code::PathRefused => path::PATH_REFUSED,
        Code::OpensslFailed => path::OPENSSL_FAILED,
        Code::Profile => path::PROFILE,
        Code::RequestNames => naming::REQUEST_NAMES,
        Code::NamesNotRequested => naming::NAMES_NOT_REQUESTED,
        Code::Revoked => revocation::REVOKED,
        Code::RevocationUnchecked => revocation::REVOCATION_UNCHECKED,
        Code::NoCrl => revocation::NO_CRL,
        Code::CrlIssuer => revocation::CRL_ISSUER,
        Code::CrlScope => revocation::CRL_SCOPE,
        Code::CrlSignerMissing => revocation::CRL_SIGNER_MISSING,
        Code::CrlSignature => revocation::CRL_SIGNATURE,
        Code::CrlSignerMayNot => revocation::CRL_SIGNER_MAY_NOT,
        Code::CrlOtherKey => revocation::CRL_OTHER_KEY,
        Code::CrlSignerNotValid => revocation::CRL_SIGNER_NOT_VALID,
        Code::CrlSignerRevoked => revocation::CRL_SIGNER_REVOKED,
        Code::CrlSignerUndetermined => revocation::CRL_SIGNER_UNDETERMINED,
        Code::CrlAfterExpiry => revocation::CRL_AFTER_EXPIRY,
        Code::CrlRemovedEntry => revocation::CRL_REMOVED_ENTRY,
        Code::CrlNoNextUpdate => revocation::CRL_NO_NEXT_UPDATE,
        Code::CrlUnknownCritical => revocation::CRL_UNKNOWN_CRITICAL,
        Code::CrlIndirect => revocation::CRL_INDIRECT,
        Code::CrlReasons => revocation::CRL_REASONS,
        Code::CrlDelta => revocation::CRL_DELTA,
        Code::CrlUnreadable => revocation::CRL_UNREADABLE,
        Code::CrlRollback => revocation::CRL_ROLLBACK,
        Code::CrlConflict => revocation::CRL_CONFLICT,
        Code::StaleCrlUsed => revocation::STALE_CRL_USED,
        Code::StaleCrlAccepted => revocation::STALE_CRL_ACCEPTED,
        Code::KeyInReply => keys::KEY_IN_REPLY,
        Code::NoEndpoint => files::NO_ENDPOINT,
        Code::SeveralEndpoints => files::SEVERAL_ENDPOINTS,
        Code::DnsNotFound => connection::DNS_NOT_FOUND,
        Code::DnsTimedOut => connection::DNS_TIMED_OUT,
        Code::TcpRefused => connection::TCP_REFUSED,
        Code::TcpFiltered => connection::TCP_FILTERED,
        Code::TcpPartly => connection::TCP_PARTLY,
        Code::ProxyFailed => connection::PROXY_FAILED,
        Code::NotTls => connection::NOT_TLS,
        Code::CaptivePortal => connection::CAPTIVE_PORTAL,
        Code::TlsSilent => connection::TLS_SILENT,
        Code::TlsCut => connection::TLS_CUT,
        Code::HandshakeRefused => connection::HANDSHAKE_REFUSED,
        Code::HandshakeBroken => connection::HANDSHAKE_BROKEN,
        Code::TlsVersion => connection::TLS_VERSION,
        Code::Tls12Missing => connection::TLS12_MISSING,
        Code::SuiteForbidden => connection::SUITE_FORBIDDEN,
        Code::AcceptsForbidden => connection::ACCEPTS_FORBIDDEN,
        Code::ScanIncomplete => connection::SCAN_INCOMPLETE,
        Code::CertificateDiffers => connection::CERTIFICATE_DIFFERS,
        Code::AcceptsUnverified => connection::ACCEPTS_UNVERIFIED,
        Code::Intercepted => connection::INTERCEPTED,
        Code::ServerNotJudged => connection::SERVER_NOT_JUDGED,
        Code::ClientCertNotRequested => connection::CLIENT_CERT_NOT_REQUESTED,
        Code::ClientCertOptional => connection::CLIENT_CERT_OPTIONAL,
        Code::OurCaNotNamed => connection::OUR_CA_NOT_NAMED,
        Code::GenerationNotNamed => connection::GENERATION_NOT_NAMED,
        Code::CertificateRequired => connection::CERTIFICATE_REQUIRED,
        Code::CertificateRefused => connection::CERTIFICATE_REFUSED,
        Code::RefusedByHttp => connection::REFUSED_BY_HTTP,
        Code::AcceptanceUnproven => connection::ACCEPTANCE_UNPROVEN,
        Code::NoResponse => connection::NO_RESPONSE,
        Code::NotHttp => connection::NOT_HTTP,
        Code::HttpStatus => connection::HTTP_STATUS,
        Code::Renegotiates => connection::RENEGOTIATES,
        Code::ClockSkew => connection::CLOCK_SKEW,
        Code::UnexpectedAnswer => connection::UNEXPECTED_ANSWER,
        Code::ServerTestFailed => server::TEST_FAILED,
        Code::ServerFileUnreadable => server::FILE_UNREADABLE,
        Code::ServerCertificateExpired => server::CERTIFICATE_EXPIRED,
        Code::ServerCertificateUnfit => server::CERTIFICATE_UNFIT,
        Code::ServerKeyMismatch => server::KEY_MISMATCH,
        Code::ServerKeyReadable => server::KEY_READABLE,
        Code::ServerSubCaUnsent => server::SUB_CA_UNSENT,
        Code::ServerClientsOptional => server::CLIENTS_OPTIONAL,
        Code::ServerAnyClient => server::ANY_CLIENT,
        Code::ServerGenerationMissing => server::GENERATION_MISSING,
        Code::ServerOtherCa => server::OTHER_CA,
        Code::ServerCrlUnchecked => server::CRL_UNCHECKED,
        Code::ServerCrlAbsent => server::CRL_ABSENT,
        Code::ServerCrlIncomplete => server::CRL_INCOMPLETE,
        Code::ServerCrlStale => server::CRL_EXPIRED,
        Code::ServerCrlNotLoaded => server::CRL_NOT_LOADED,
        Code::ServerDepth => server::DEPTH,
        Code::ServerVersion => server::VERSION,
        Code::ServerSuite => server::SUITE,
        Code::ServerSecurityLevel => server::SECURITY_LEVEL,
        Code::ServerNotExamined => server::NOT_EXAMINED,
        Code::OwnRevocationUnknown => server::OWN_REVOCATION_UNKNOWN,
        Code::ClientsUnknown => server::CLIENTS_UNKNOWN,
        Code::ClientNotAdmitted => server::CLIENT_NOT_ADMITTED,
        Code::CallerNotAdmitted => server::CALLER_NOT_ADMITTED,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn all() -> impl Iterator<Item = (Code, Explanation)> {
        [Voice::CommandLine, Voice::Neutral]
            .into_iter()
            .flat_map(|voice| {
                Code::ALL
                    .iter()
                    .map(move |code| (*code, explain(*code, voice)))
            })
    }

    fn texts(explanation: &Explanation) -> [&str; 4] {
        let Explanation {
            title,
            meaning,
            remedy,
            source,
        } = explanation;
        [title, meaning, remedy, source]
    }

    #[test]
    fn every_code_has_all_four_texts() {
        for (code, explanation) in all() {
            for text in texts(&explanation) {
                assert!(!text.trim().is_empty(), "{code}");
            }
        }
    }

    #[test]
    fn a_title_has_at_most_60_characters() {
        for (code, explanation) in all() {
            let length = explanation.title.chars().count();
            assert!(length <= 60, "{code}: {length}");
        }
    }

    #[test]
    fn no_two_codes_share_a_title_or_a_meaning() {
        let all = || Code::ALL.iter().map(|code| entry(*code));
        let titles: HashSet<&str> = all().map(|entry| entry.title).collect();
        let meanings: HashSet<&str> = all().map(|entry| entry.meaning).collect();
        assert_eq!(
            (titles.len(), meanings.len()),
            (Code::ALL.len(), Code::ALL.len())
        );
    }

    #[test]
    fn meaning_and_remedy_end_with_a_full_stop() {
        for (code, explanation) in all() {
            assert!(explanation.meaning.ends_with('.'), "{code}");
            assert!(explanation.remedy.ends_with('.'), "{code}");
        }
    }

    #[test]
    fn no_text_has_two_spaces_in_a_row_or_needs_escaping_in_markdown() {
        for (code, explanation) in all() {
            for text in texts(&explanation) {
                assert!(!text.contains("  "), "{code}: {text}");
                assert!(
                    !text.contains(['<', '*', '`', '|', '[', ']', '{', '}', '\n']),
                    "{code}: {text}"
                );
            }
        }
    }

    #[test]
    fn no_other_program_is_told_of_a_command_or_an_option() {
        for code in Code::ALL {
            for text in texts(&explain(*code, Voice::Neutral)) {
                assert!(!text.contains("ptl-cert"), "{code}: {text}");
                assert!(!text.contains(" --"), "{code}: {text}");
            }
        }
    }

    #[test]
    fn a_remedy_names_only_commands_that_exist() {
        for (code, explanation) in all() {
            for after in explanation.remedy.split("ptl-cert ").skip(1) {
                let command = after.split([' ', ',', '.', ':']).next();
                assert!(
                    matches!(
                        command,
                        Some(
                            "csr"
                                | "inspect"
                                | "match"
                                | "renew"
                                | "accept"
                                | "verify"
                                | "explain"
                                | "crl"
                                | "trust"
                                | "export"
                                | "doctor"
                                | "probe"
                                | "listen"
                                | "preflight"
                        )
                    ),
                    "{code}: {command:?}"
                );
            }
        }
    }
}
