//! What became of the keys and requests that were asked for.

pub(super) mod next;
mod text;

use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::problem::ProblemReport;
use crate::input::{Shown, Source, looks_secret, printable};
use crate::ops::csr::{Asks, CsrError, HostMade, HostPair, LeftPair, Made, Protection};
use crate::wording::{Voice, shell_word};

/// The name of the JSON form of [`CsrReport`].
pub const SCHEMA: &str = "ptl-cert/csr/1";

/// The JSON Schema (2020-12) of [`CsrReport`] as it is written: what is left out when empty is not required.
pub fn schema() -> schemars::Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<CsrReport>()
}

/// The result of one run: every host, made or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CsrReport {
    /// Always `ptl-cert/csr/1`.
    pub schema: &'static str,
    /// How many hosts came to which end.
    pub summary: CsrSummary,
    /// Every host, in the order in which they were given.
    pub hosts: Vec<HostReport>,
    /// What is worth knowing about the run as a whole.
    pub notes: Vec<CsrNote>,
    /// What to do now; empty when nothing was made.
    pub next: Vec<Step>,
}

/// How many hosts came to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CsrSummary {
    /// A new request was written.
    pub created: usize,
    /// There was a pair already, and it was left alone as asked.
    pub skipped: usize,
    /// Nothing was written.
    pub failed: usize,
}

/// The end a host came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HostStatus {
    /// A new request was written, and a new key unless one was given.
    Created,
    /// There was a pair already, and it was left alone as asked.
    Skipped,
    /// Nothing was written.
    Failed,
}

/// One host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct HostReport {
    /// The name; as it was given, if it is not a host name.
    pub fqdn: String,
    /// What happened.
    pub status: HostStatus,
    /// The line of the list on which the host is, from 1; absent for a host of the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The private key and the request; absent if the host failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<PairFiles>,
    /// What the request asks for; absent unless it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestReport>,
    /// The request as PEM; absent unless it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csr_pem: Option<String>,
    /// What is worth knowing, although it did not stop anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<CsrNote>,
    /// Why the host failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ProblemReport>,
}

/// Where the pair is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct PairFiles {
    /// The private key. It stays where it is.
    pub key: String,
    /// The request. It is what is sent.
    pub csr: String,
    /// Where the pair that stood here before is now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
}

/// What a request asks for, read back from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct RequestReport {
    /// The subject (RFC 4514).
    pub subject: String,
    /// The DNS names of the subjectAltName; empty if there is none.
    pub names: Vec<String>,
    /// The key's algorithm and size, such as `RSA 2048`.
    pub key_algorithm: String,
    /// The SHA-256 digest of the SubjectPublicKeyInfo, lower-case hex: the same in the key, the request and the
    /// certificate that comes back.
    pub spki_sha256: String,
    /// Whether the key file is encrypted.
    pub key_encrypted: bool,
}

/// Something worth knowing, which is not an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CsrNote {
    /// What it is.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// One thing to do now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Step {
    /// In words.
    pub text: String,
    /// The command that does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl CsrReport {
    /// Lays out what was made.
    pub fn new(made: &Made) -> CsrReport {
        CsrReport::in_voice(made, Voice::Neutral, |error| ProblemReport::new(error))
    }

    /// Lays out what was made, what to do in this voice; `explain` says why a host has nothing.
    pub fn in_voice(
        made: &Made,
        voice: Voice,
        explain: impl Fn(&CsrError) -> ProblemReport,
    ) -> CsrReport {
        let hosts = made
            .hosts
            .iter()
            .map(|host| HostReport::new(host, &explain));
        let columns = made.unused_columns.iter().map(|column| CsrNote {
            message: format!("the column `{column}` of the list is not used"),
            remedy: None,
        });
        let unused = made.password_unused_for.as_ref().map(|key| CsrNote {
            message: format!(
                "the key {} is not encrypted and was left as it is; the passphrase was not used",
                place(key)
            ),
            remedy: Some(
                voice
                    .pick(
                        "leave --key out for a new key that is encrypted, or encrypt this one with openssl pkey -aes256 -in OLD -out NEW",
                        "have a new key made, which is encrypted, or encrypt this one with openssl pkey -aes256 -in OLD -out NEW",
                    )
                    .to_owned(),
            ),
        });
        CsrReport::of(
            hosts.collect(),
            columns.chain(unused).collect(),
            next::steps(made, voice),
        )
    }

    /// Joins the hosts' reports and counts them.
    fn of(hosts: Vec<HostReport>, notes: Vec<CsrNote>, next: Vec<Step>) -> CsrReport {
        let count = |status| hosts.iter().filter(|host| host.status == status).count();
        let summary = CsrSummary {
            created: count(HostStatus::Created),
            skipped: count(HostStatus::Skipped),
            failed: count(HostStatus::Failed),
        };
        CsrReport {
            schema: SCHEMA,
            summary,
            hosts,
            notes,
            next,
        }
    }

    /// Whether there is a note, on a host or on the run.
    pub fn has_notes(&self) -> bool {
        !self.notes.is_empty() || self.hosts.iter().any(|host| !host.notes.is_empty())
    }
}

impl HostReport {
    fn new(host: &HostMade, explain: impl Fn(&CsrError) -> ProblemReport) -> HostReport {
        let pair = match &host.pair {
            Ok(pair) => pair,
            Err(error) => {
                return HostReport {
                    fqdn: cut_short(&host.given),
                    status: HostStatus::Failed,
                    line: host.line,
                    files: None,
                    request: None,
                    csr_pem: None,
                    notes: Vec::new(),
                    error: Some(explain(error)),
                };
            }
        };
        let faults = pair.faults.iter().map(|fault| CsrNote {
            message: fault.to_string(),
            remedy: Some(fault.remedy()),
        });
        let left = pair.left.iter();
        let left = left.flat_map(|left| of_left(left, &pair.key));
        let notes = faults.chain(left);
        HostReport {
            fqdn: pair.fqdn.to_string(),
            status: match pair.request {
                Some(_) => HostStatus::Created,
                None => HostStatus::Skipped,
            },
            line: host.line,
            files: Some(PairFiles::new(pair)),
            request: pair.request.as_ref().map(RequestReport::new),
            csr_pem: pair.pem.clone(),
            notes: notes.collect(),
            error: None,
        }
    }
}

impl PairFiles {
    fn new(pair: &HostPair) -> PairFiles {
        PairFiles {
            key: place(&pair.key),
            csr: shown(&pair.csr),
            replaced: pair.replaced.iter().map(|path| shown(path)).collect(),
        }
    }
}

impl RequestReport {
    pub(super) fn new(asks: &Asks) -> RequestReport {
        // RFC 4514 writes the attributes in the reverse of their order in the request.
        let mut subject = vec![format!("CN={}", asks.common_name)];
        let others: Vec<_> = asks.subject.iter().collect();
        let others = others.into_iter().rev();
        subject.extend(others.map(|(kind, value)| format!("{}={}", kind.key(), escaped(value))));
        RequestReport {
            subject: subject.join(","),
            names: asks.dns_names.iter().map(ToString::to_string).collect(),
            key_algorithm: asks.algorithm.to_string(),
            spki_sha256: asks.spki_sha256.to_string(),
            key_encrypted: asks.protection == Protection::Encrypted,
        }
    }
}

/// What is worth knowing of a key that was there already.
pub(super) fn of_left(left: &LeftPair, key: &Source) -> Vec<CsrNote> {
    let mut notes = Vec::new();
    let key = place(key);
    if left.is_open_to_all {
        notes.push(CsrNote {
            message: format!("every user of this machine can read the private key {key}"),
            remedy: Some(format!(
                "restrict it to its owner: chmod 600 {}; if others had access, make a new pair",
                shell_word(&key)
            )),
        });
    }
    if left.lacks_encryption {
        notes.push(CsrNote {
            message: format!(
                "the key {key} was there already and is not encrypted; the passphrase was not used"
            ),
            remedy: Some(
                "encrypt it with openssl pkey -aes256 -in OLD -out NEW, or make a new pair"
                    .to_owned(),
            ),
        });
    }
    notes
}

/// A path as the user would write it.
pub(super) fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).shown().to_string()
}

/// Where a key is.
pub(super) fn place(source: &Source) -> String {
    match source {
        Source::File(path) => shown(path),
        other => other.to_string(),
    }
}

/// The text of a bad line, cut short and without what a terminal would obey; nothing of one that may be part of a secret.
fn cut_short(given: &str) -> String {
    const SHOWN_LIMIT: usize = 80;
    if looks_secret(given) {
        return "(not shown)".to_owned();
    }
    let end = given.char_indices().nth(SHOWN_LIMIT).map(|(end, _)| end);
    let mut shown = printable(given.get(..end.unwrap_or(given.len())).unwrap_or_default());
    if end.is_some() {
        shown.push('…');
    }
    shown
}

/// A value as RFC 4514 writes it.
fn escaped(value: &str) -> String {
    let special = |c: char| matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' | '#');
    let mut text = String::new();
    for character in value.chars() {
        if special(character) {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(fqdn: &str, status: HostStatus) -> HostReport {
        HostReport {
            fqdn: fqdn.to_owned(),
            status,
            line: None,
            files: None,
            request: None,
            csr_pem: None,
            notes: Vec::new(),
            error: None,
        }
    }

    fn plain(report: &CsrReport, detail: crate::report::layout::Detail) -> String {
        anstream::adapter::strip_str(&report.render(detail, 80)).to_string()
    }

    #[test]
    fn the_json_form_is_as_its_schema_says() {
        let mut made = host("a.nhs.uk", HostStatus::Created);
        made.line = Some(2);
        made.files = Some(PairFiles {
            key: "a.nhs.uk.key".into(),
            csr: "a.nhs.uk.csr".into(),
            replaced: vec!["old".into()],
        });
        made.request = Some(RequestReport {
            subject: "CN=a.nhs.uk".into(),
            names: vec!["a.nhs.uk".into()],
            key_algorithm: "RSA 2048".into(),
            spki_sha256: "00".repeat(32),
            key_encrypted: false,
        });
        let mut failed = host("b.nhs.uk", HostStatus::Failed);
        failed.error = Some(ProblemReport {
            code: super::super::problem::ErrorCode::NotDecided,
            message: "no".into(),
            causes: vec!["because".into()],
            remedy: None,
        });
        let note = CsrNote {
            message: "a note".into(),
            remedy: Some("do".into()),
        };
        let step = Step {
            text: "send it".into(),
            command: Some("inspect REPLY".into()),
        };
        let report = CsrReport::of(vec![made, failed], vec![note], vec![step]);
        let schema = serde_json::to_value(schema()).unwrap();
        let json = serde_json::to_value(&report).unwrap();
        assert!(jsonschema::is_valid(&schema, &json), "{json}");
        assert_eq!(json["summary"]["failed"], 1);
    }

    #[test]
    fn a_brief_report_of_several_hosts_names_only_those_that_failed() {
        let hosts = vec![
            host("a.nhs.uk", HostStatus::Created),
            host("b.nhs.uk", HostStatus::Failed),
        ];
        let text = plain(
            &CsrReport::of(hosts, Vec::new(), Vec::new()),
            crate::report::layout::Detail::Brief,
        );
        assert!(
            text.contains("b.nhs.uk") && !text.contains("a.nhs.uk"),
            "{text}"
        );
    }

    #[test]
    fn a_brief_report_of_one_host_is_one_line() {
        let mut made = host("a.nhs.uk", HostStatus::Created);
        made.files = Some(PairFiles {
            key: "a.nhs.uk.key".into(),
            csr: "a.nhs.uk.csr".into(),
            replaced: vec!["old".into()],
        });
        let text = plain(
            &CsrReport::of(vec![made], Vec::new(), Vec::new()),
            crate::report::layout::Detail::Brief,
        );
        assert_eq!(text, "✓ a.nhs.uk  created\n");
    }

    #[test]
    fn an_empty_report_counts_nothing() {
        let report = CsrReport::of(Vec::new(), Vec::new(), Vec::new());
        assert_eq!(
            plain(&report, crate::report::layout::Detail::Usual),
            "0 hosts: 0 created, 0 skipped, 0 failed\n"
        );
    }
}
